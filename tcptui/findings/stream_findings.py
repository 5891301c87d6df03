"""`StreamFindings`: the findings of many streams; those of streams that are alike are made when they are asked for.

Of a capture in trouble most findings are those of some hundred kinds of streams (`findings.batch_evaluation`).  Kept as
objects they would take more memory than the packets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import numpy as np

from tcptui.model.arrays import indexes_of
from tcptui.model.batched import UNABLE, Batched, DivergedError
from tcptui.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.model.packet_store import I32, I64

#: Streams looked for together: the objects that stand for them live no longer than that.
_AT_ONCE: Final = 1 << 16
#: Of a kind with up to so many members for each one that is asked for, something is made of all at once.
_WORTH_ALL: Final = 16
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SameShapeFindings:
    """The findings of streams that are alike."""

    streams: I64
    """Which streams, member by member."""
    places: I64
    """Their places in the block, ascending."""
    findings: tuple[Finding, ...]
    """Those of each; stream, frame numbers and facts that differ are `Batched`."""
    lost: Any
    """`connection_seconds_lost` of each: a float or `Batched`."""
    parts: tuple[Any, ...]
    """`TimeBudget.parts` of each: integers or `Batched`."""
    hangs_on_end: bool
    """`StreamView.hangs_on_end` of each."""

    def __len__(self) -> int:
        return len(self.streams)

    def each(self) -> Iterator[tuple[Finding, ...]]:
        """The findings of each member as objects."""
        count = len(self)
        findings = [_each(finding, count) for finding in self.findings]
        return zip(*findings, strict=True) if findings else repeat((), count)

    def alone(self) -> SameShapeFindings:
        """These findings without the columns of which the number of each member is a row."""
        return self._each_value(_alone)

    def cut(self, begin: int, end: int) -> SameShapeFindings:
        """The findings of the streams at the places from ``begin`` up to ``end``, which then count from 0."""
        first, stop = self.places.searchsorted((begin, end)).tolist()
        found = self._each_value(partial(_of_members, members=slice(first, stop)))
        return replace(found, streams=self.streams[first:stop], places=self.places[first:stop] - begin)

    def _each_value(self, change: Callable[[Any], Any]) -> SameShapeFindings:
        """These findings with what ``change`` makes of each value that may differ by member."""
        kept = tuple([
            replace(
                finding, stream=change(finding.stream), packets=change(finding.packets),
                facts={name: change(value) for name, value in finding.facts.items()},
            )
            for finding in self.findings
        ])  # fmt: skip
        return replace(self, findings=kept, lost=change(self.lost), parts=change(self.parts))

    def only(self, findings: Iterable[Finding]) -> SameShapeFindings:
        """With only those ``findings`` of each stream, to be kept."""
        return SameShapeFindings(
            self.streams, self.places[:0].copy(), tuple(findings), self.lost, (), self.hangs_on_end
        )

    def of_each(self, make: Callable[[tuple[Finding, ...]], _T]) -> list[_T]:
        """``make(findings)`` of each member; made once where that is possible."""
        try:
            result: Any = make(self.findings)
        except (DivergedError, *UNABLE):
            return [make(findings) for findings in self.each()]
        return list(cells(result, len(self)))


class DeferredFindings(NamedTuple):
    """The findings of one of several streams that are alike, not yet made."""

    kind: SameShapeFindings
    at: int
    """Which member it is."""

    @property
    def lost(self) -> float:
        """Their `connection_seconds_lost`."""
        lost: float = _in_member(self.kind.lost, self.at)
        return lost

    def findings(self) -> tuple[Finding, ...]:
        """The findings, as objects."""
        return tuple(_of_member(finding, self.at) for finding in self.kind.findings)


@dataclass(frozen=True, slots=True)
class BatchFindings:
    """The findings of a batch of streams."""

    streams: I64
    """Stream numbers, ascending."""
    parts: I64
    """`TimeBudget.parts` of each stream, one row a stream."""
    kinds: list[SameShapeFindings]
    """The findings of streams that are alike."""
    others: dict[int, tuple[Finding, ...]]
    """The findings of each other stream, by its position in ``streams``."""

    def each(self) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream with its findings as objects."""
        found = dict(self.others)
        for kind in self.kinds:
            found.update(zip(kind.places.tolist(), kind.each(), strict=True))
        for place, stream in enumerate(self.streams.tolist()):
            yield stream, found.pop(place)

    def parts_of(self, most: int) -> Iterator[BatchFindings]:
        """This batch in parts of at most ``most`` streams, about as many in each."""
        parts = -(-len(self.streams) // most)
        for part in range(parts):
            yield self._cut(*(len(self.streams) * edge // parts for edge in (part, part + 1)))

    def _cut(self, begin: int, end: int) -> BatchFindings:
        return BatchFindings(
            self.streams[begin:end],
            self.parts[begin:end],
            [same for kind in self.kinds if len(same := kind.cut(begin, end))],
            {place - begin: findings for place, findings in self.others.items() if begin <= place < end},
        )


def cells(value: Any, count: int) -> Iterable[Any]:
    """``value`` in each of ``count`` members."""
    if isinstance(value, Batched):
        found: list[Any] = value.each.tolist()
        return found
    if isinstance(value, tuple) and _differs(value):
        return zip(*(cells(part, count) for part in value), strict=True)
    return repeat(value, count)


def _differs(value: Any) -> bool:
    """Whether ``value`` is not the same in each member."""
    return isinstance(value, Batched) or (isinstance(value, tuple) and any(map(_differs, value)))


def _alone(value: Any) -> Any:
    """``value`` without the column that it is a part of."""
    if isinstance(value, Batched):
        return value.copy()
    return tuple(map(_alone, value)) if isinstance(value, tuple) else value


def _of_members(value: Any, members: slice) -> Any:
    """``value`` in each of some ``members``."""
    if isinstance(value, Batched):
        return Batched(value.each[..., members], plain=value.plain)
    return tuple([_of_members(part, members) for part in value]) if isinstance(value, tuple) else value


def _in_member(value: Any, at: int) -> Any:
    """``value`` in the member ``at``."""
    if isinstance(value, Batched):
        return value.each.item(at)
    if isinstance(value, tuple):
        return tuple([_in_member(part, at) for part in value])
    return value


def _of_member(finding: Finding, at: int) -> Finding:
    """``finding`` of the member ``at``."""
    stream, packets = _in_member(finding.stream, at), _in_member(finding.packets, at)
    facts = {name: _in_member(value, at) for name, value in finding.facts.items()}
    return Finding(finding.id, stream, packets, finding.severity, finding.confidence, facts, finding.alternatives)


def _each(finding: Finding, count: int) -> Iterator[Finding]:
    """``finding`` of each of so many members."""
    names = tuple(finding.facts)
    columns = [cells(value, count) for value in finding.facts.values()]
    values = zip(*columns, strict=True) if columns else repeat((), count)
    for stream, packets, facts in zip(cells(finding.stream, count), cells(finding.packets, count), values, strict=True):
        told = dict(zip(names, facts, strict=True))
        yield Finding(finding.id, stream, packets, finding.severity, finding.confidence, told, finding.alternatives)


#: The findings of a stream, made or not.
MaybeDeferred = tuple[Finding, ...] | DeferredFindings


def as_objects(findings: MaybeDeferred) -> tuple[Finding, ...]:
    """``findings`` as objects."""
    return findings.findings() if isinstance(findings, DeferredFindings) else findings


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the findings of streams of several kinds are, by stream: 16 bytes of each."""

    streams: I64
    """Ascending."""
    kind: I32
    """Which of the kinds it is of."""
    member: I32

    @classmethod
    def of(cls, kinds: list[SameShapeFindings]) -> _Places:
        """The places of the streams of ``kinds``."""
        sizes = [len(kind) for kind in kinds]
        streams = np.concatenate([kind.streams for kind in kinds])
        order = np.argsort(streams, kind="stable")
        member = np.concatenate([np.arange(size, dtype=np.int32) for size in sizes])
        return cls(streams[order], np.repeat(np.arange(len(kinds), dtype=np.int32), sizes)[order], member[order])

    def of_some(self, streams: list[int]) -> tuple[I32, I32]:
        """The kind of each of ``streams``, -1 where it is of none, and its member."""
        at = np.minimum(np.searchsorted(self.streams, streams), len(self.streams) - 1)
        return np.where(self.streams[at] == streams, self.kind[at], np.int32(-1)), self.member[at]


class StreamFindings(MutableMapping[int, "tuple[Finding, ...]"]):
    """Findings by stream."""

    __slots__ = ("_kinds", "_known", "_placed")

    def __init__(self, held: Iterable[tuple[int, MaybeDeferred]] = ()) -> None:
        self._known = dict(held)
        self._kinds: list[SameShapeFindings] = []
        """Those of further streams: an object for each of them takes memory, and time to send."""
        self._placed: _Places | None = None
        """Where the streams of all `_kinds` are, once somebody looked."""

    @property
    def _places(self) -> _Places:
        if self._placed is None:
            self._placed = _Places.of(self._kinds)
        return self._placed

    @property
    def _held(self) -> dict[int, MaybeDeferred]:
        """All of them, to be changed one by one."""
        for kind in self._kinds:
            self._known.update(each_deferred(kind))
        self._kinds, self._placed = [], None
        return self._known

    def __getitem__(self, stream: int) -> tuple[Finding, ...]:
        if (found := self._find(stream)) is None:
            raise KeyError(stream)
        return as_objects(found)

    def __setitem__(self, stream: int, findings: tuple[Finding, ...]) -> None:
        self._held[stream] = findings

    def __delitem__(self, stream: int) -> None:
        del self._held[stream]

    def __contains__(self, stream: object) -> bool:
        return isinstance(stream, int) and self._find(stream) is not None

    def __iter__(self) -> Iterator[int]:
        return chain(self._known, self._places.streams.tolist()) if self._kinds else iter(self._known)

    def __len__(self) -> int:
        return len(self._known) + sum(map(len, self._kinds))

    def __bool__(self) -> bool:
        return bool(self._kinds or self._known)

    def _find(self, stream: int) -> MaybeDeferred | None:
        return self._known.get(stream) if not self._kinds else next(self._each([stream]))

    def _each(self, streams: Iterable[int]) -> Iterator[MaybeDeferred | None]:
        """What is held of each of ``streams``."""
        if not self._kinds:
            yield from map(self._known.get, streams)
            return
        numbers, kinds = iter(streams), self._kinds
        while some := list(islice(numbers, _AT_ONCE)):
            kind_member = (column.tolist() for column in self._places.of_some(some))
            for stream, kind, member in zip(some, *kind_member, strict=True):
                yield self._known.get(stream) if kind < 0 else DeferredFindings(kinds[kind], member)

    def held(self, stream: int) -> MaybeDeferred:
        """The findings of ``stream``, made or not; none where nothing is known of it."""
        return self._find(stream) or ()

    def hold(self, stream: int, findings: MaybeDeferred) -> None:
        """Set the findings of ``stream``, made or not."""
        self._held[stream] = findings

    def add_batch(self, kind: SameShapeFindings) -> None:
        """Set the findings of the streams of ``kind``, of which nothing is known yet."""
        self._kinds.append(kind)
        self._placed = None

    def some(self, streams: Iterable[int]) -> StreamFindings:
        """The ``streams`` that have any findings, in that order."""
        chosen = list(streams)
        return StreamFindings((stream, held) for stream, held in zip(chosen, self._each(chosen), strict=True) if held)

    def join(self, others: StreamFindings) -> None:
        """Take those of other streams."""
        self._known |= others._known
        self._kinds += others._kinds
        self._placed = None

    def of_each(self, make: Callable[[tuple[Finding, ...]], _T], streams: Iterable[int]) -> Iterator[_T]:
        """``make(findings)`` of each of ``streams``; made once for those that are alike, where that is possible."""
        numbers, values = iter(streams), _OfKinds(make)
        while some := list(islice(numbers, _AT_ONCE)):
            yield from self._of_some(values, some) if self._kinds else values.of_held(map(self._known.get, some))

    def groups(self, make: Callable[[tuple[Finding, ...]], _T]) -> Iterator[tuple[_T, I64]]:
        """What ``make(findings)`` is of all streams, and of which, ascending; several groups may have the same value.

        It is hashable, and hangs on nothing in which streams that are alike differ.
        """
        for kind in self._kinds:
            yield make(kind.findings), kind.streams
        found: dict[_T, list[int]] = {}
        of_kind: dict[int, _T] = {}
        for stream in sorted(self._known):
            held = self._known[stream]
            if not isinstance(held, DeferredFindings):
                value = make(held)
            elif id(held.kind) in of_kind:
                value = of_kind[id(held.kind)]
            else:
                value = of_kind[id(held.kind)] = make(held.kind.findings)
            found.setdefault(value, []).append(stream)
        for value, streams in found.items():
            yield value, np.array(streams, np.int64)

    def _of_some(self, values: _OfKinds[_T], streams: list[int]) -> list[_T]:
        """``values`` of each of ``streams``, kind by kind: an object for each stream would take longer than they do."""
        kind, member = self._places.of_some(streams)
        order = np.argsort(kind, kind="stable")
        found = np.empty(len(streams), object)
        for same in np.split(order, indexes_of(np.diff(kind[order])) + 1):
            which = int(kind[same[0]])
            some = (
                values.of_members(self._kinds[which], member[same].tolist())
                if which >= 0
                else values.of_held(self._known.get(streams[at]) for at in same.tolist())
            )
            found[same] = np.fromiter(some, object, len(same))
        numbers: list[_T] = found.tolist()
        return numbers


class _OfKinds(Generic[_T]):
    """``make(findings)`` of streams that are alike: of all of a kind at once, where many of them are asked for."""

    def __init__(self, make: Callable[[tuple[Finding, ...]], _T]) -> None:
        self._make = make
        self._known: dict[int, tuple[SameShapeFindings, list[_T]]] = {}
        """By `id` of the kind, which is held for its sake: of each of its members."""

    def of_members(self, kind: SameShapeFindings, members: list[int]) -> list[_T]:
        """``make(findings)`` of each of ``members`` of ``kind``."""
        self._ask(kind, len(members))
        known = self._known.get(id(kind))
        if known is None:
            return [self._make(DeferredFindings(kind, at).findings()) for at in members]
        return list(map(known[1].__getitem__, members))

    def of_held(self, held: Iterable[MaybeDeferred | None]) -> Iterator[_T]:
        """``make(findings)`` of each entry of ``held``."""
        some = list(held)
        kinds = {id(one.kind): one.kind for one in some if isinstance(one, DeferredFindings)}
        for key, count in Counter(id(one.kind) for one in some if isinstance(one, DeferredFindings)).items():
            self._ask(kinds[key], count)
        for one in some:
            known = self._known.get(id(one.kind)) if isinstance(one, DeferredFindings) else None
            yield (
                self._make(as_objects(one or ()))
                if known is None or not isinstance(one, DeferredFindings)
                else known[1][one.at]
            )

    def _ask(self, kind: SameShapeFindings, count: int) -> None:
        """Make the values of all of ``kind`` where ``count`` of its members, which will be looked up, are many."""
        if id(kind) not in self._known and count * _WORTH_ALL >= len(kind):
            self._known[id(kind)] = kind, kind.of_each(self._make)


def each_deferred(kind: SameShapeFindings) -> Iterator[tuple[int, DeferredFindings]]:
    """The streams of ``kind``, each with its findings."""
    return zip(kind.streams.tolist(), (DeferredFindings(kind, at) for at in range(len(kind))), strict=True)
