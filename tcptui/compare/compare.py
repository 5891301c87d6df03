"""``compare``: two sides in, differences with their intervals out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.compare.cautions import (
    FEWEST_CONNECTIONS,
    MIXED,
    NOT_COMPARABLE,
    Caution,
    Doubt,
    Mixture,
    cautions_of,
    mixture_of,
)
from tcptui.compare.clusters import Clusters, clusters_of
from tcptui.compare.differences import (
    FEWEST_VALUES,
    MOST_STREAMS,
    Effect,
    Estimate,
    estimate,
    streams_behind,
    worse_side,
)
from tcptui.compare.intervals import RATE, selected
from tcptui.compare.measures import Kind, Measure, Scale, Values, measures_of
from tcptui.compare.side import TcpOption
from tcptui.model.finding import FindingId, OwnId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.compare.side import Side
    from tcptui.model.finding import AnyId
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]
    #: The group of each connection, as text.
    Groups = tuple[NDArray[np.object_], NDArray[np.object_]]

#: Groups that are compared: those of which the smaller side has most connections.
MOST_GROUPS: Final = 50


class Group(NamedTuple):
    """Connections that have a field in common."""

    field: str
    value: str


@dataclass(frozen=True)
class Difference:
    """A measure in which both sides differ, or one (of `Comparison.unchanged`) in which no difference can be told."""

    measure: Measure
    group: Group | None
    a: float
    """Value on side A: seconds, bytes a second, or of 1,000; as `b`."""
    b: float
    effect: Effect
    worse: str
    """``a``, ``b`` or ``unclear``."""
    streams_a: tuple[int, ...]
    """Connections to look at, at most `MOST_STREAMS`."""
    streams_b: tuple[int, ...]
    adjusted: Effect | None = None
    """The same with one mixture of servers on both sides; None: the mixtures are alike, or cannot be made so."""

    @property
    def is_of_mixture(self) -> bool:
        """True if nothing, or the opposite, is left of it with one mixture of servers."""
        if self.adjusted is None:
            return False
        none = 1.0 if self.measure.scale is Scale.RATIO else 0.0
        adjusted = self.adjusted
        if adjusted.low <= none <= adjusted.high:
            return True
        return (adjusted.estimate > none) != (self.effect.estimate > none)

    @property
    def least(self) -> float:
        """How large it is at the least, to sort by: as a logarithm of a ratio."""
        low, high = self.effect.low, self.effect.high
        if self.measure.scale is Scale.RATIO:
            return min(abs(math.log(max(end, 1e-300))) for end in (low, high))
        # A millisecond, or one of 1,000, is nothing much.
        small = 1.0 if self.measure.scale is Scale.PER_1000 else 1e-3
        bound = low if self.effect.estimate > 0 else high
        return abs(math.log((max(self.a + bound, 0.0) + small) / (self.a + small)))


@dataclass(frozen=True)
class Only:
    """Something that one side alone has."""

    kind: str
    """``finding``, ``option``, ``server``, ``statement`` or ``group``."""
    name: str
    count: int
    """Connections; of a statement requests."""
    of: int
    """Connections or requests that `count` is of."""
    streams: tuple[int, ...]
    is_sure: bool | None
    """True if so many are no chance; None: that is not asked of this kind."""
    finding: AnyId | None = None


@dataclass(frozen=True)
class Comparison:
    """The differences of two sides."""

    a: Side
    b: Side
    cautions: tuple[Caution, ...]
    differences: tuple[Difference, ...]
    """The worse ones first, the largest first."""
    unchanged: tuple[Difference, ...]
    """Measures of all connections that show no difference, with an interval each of 95 %."""
    undecided: tuple[Difference, ...]
    """In place of both where clients are too few: their intervals are of these clients in these hours alone."""
    only_in_a: tuple[Only, ...]
    only_in_b: tuple[Only, ...]
    compared: int
    """How many comparisons were made."""
    confidence: float
    """Confidence of each interval of a difference: higher the fewer of all that were compared differ."""

    @property
    def is_comparable(self) -> bool:
        """True if no caution says that the difference may be how both were captured."""
        return not any(caution.doubt in NOT_COMPARABLE for caution in self.cautions)


class Candidate(NamedTuple):
    """A measure of both sides, before it is known whether its difference counts among all."""

    measure: Measure
    group: Group | None
    sides: tuple[Side, Side]
    values: tuple[Values, Values]
    clusters: Clusters
    found: Estimate


#: What is told where it does not differ.
_ALWAYS_TOLD: Final = frozenset({Kind.HANDSHAKE, Kind.RTT, Kind.LOSS, Kind.THINK, Kind.THROUGHPUT})


def compare(
    a: Side, b: Side, *, by: str = "", groups: Groups | None = None, noticed: Sequence[Caution] = ()
) -> Comparison:  # fmt: skip
    """Compare two sides.

    ``groups``: what group each connection is in, compared group by group; ``by``: the field that they have in common.
    ``noticed``: what the caller has noticed when it made the sides.
    """
    clusters = clusters_of(a, b) if min(len(a), len(b)) >= FEWEST_CONNECTIONS else None
    mixture = mixture_of(a, b) if groups is None else None
    cautions = [*noticed, *cautions_of(a, b, clusters, mixture)]
    candidates: list[Candidate] = []
    if clusters is not None:
        parts = [(None, a, b, clusters)] if groups is None else _groups(a, b, by, groups, clusters)
        each = [list(candidates_of(*part)) for part in parts]
        candidates = [one for part in each for one in part]
        if groups is not None and (left_out := len({*groups[0].tolist(), *groups[1].tolist()}) - sum(map(bool, each))):
            cautions.append(Caution(Doubt.GROUPS, left_out))
    counts, level = selected([one.found.doubt for one in candidates])
    is_decided = clusters is not None and not clusters.are_pieces
    level = level if is_decided else RATE
    weights = _weights(cautions, mixture)
    told = [_difference(one, level, weights) for one, is_told in zip(candidates, counts, strict=True) if is_told]
    quiet = [
        _difference(one, RATE, None)
        for one, is_told in zip(candidates, counts, strict=True)
        if not is_told and one.group is None and _is_headline(one.measure)
    ]
    told.sort(key=_order)
    sure = {one.measure.name for one in told} if is_decided else set()
    other_way = None if groups is None else (groups[1], groups[0])
    return Comparison(
        a, b, tuple(cautions),
        differences=tuple(told) if is_decided else (),
        unchanged=tuple(quiet) if is_decided else (),
        undecided=() if is_decided else (*told, *quiet),
        only_in_a=tuple(_only_in(a, b, sure, groups)),
        only_in_b=tuple(_only_in(b, a, sure, other_way)),
        compared=len(candidates),
        confidence=1 - level,
    )  # fmt: skip


def _is_headline(measure: Measure) -> bool:
    return measure.kind in _ALWAYS_TOLD and not measure.detail and not measure.is_tail


def _order(one: Difference) -> tuple[bool, float, str, str]:
    return one.worse == "unclear", -one.least, one.measure.name, one.group.value if one.group else ""


def _weights(cautions: Iterable[Caution], mixture: Mixture | None) -> tuple[F64, F64] | None:
    if mixture is None or mixture.distance <= MIXED:
        return None
    return mixture.weights if any(one.doubt in (Doubt.MIXTURE, Doubt.SERVERS) for one in cautions) else None


def _groups(
    a: Side, b: Side, by: str, groups: Groups, clusters: Clusters
) -> Iterator[tuple[Group | None, Side, Side, Clusters]]:
    """The groups that both sides have enough of, as sides of their own."""
    counts = Counter(groups[0].tolist()), Counter(groups[1].tolist())
    least = {name: min(count, counts[1][name]) for name, count in counts[0].items()}
    enough = sorted((name for name in least if least[name] >= FEWEST_VALUES), key=lambda name: (-least[name], name))
    for name in enough[:MOST_GROUPS]:
        chosen = groups[0] == name, groups[1] == name
        part = replace(clusters, of_a=clusters.of_a[chosen[0]], of_b=clusters.of_b[chosen[1]])
        yield Group(by, name), a.of(chosen[0]), b.of(chosen[1]), part


def candidates_of(group: Group | None, a: Side, b: Side, clusters: Clusters) -> Iterator[Candidate]:
    """All that two sides (of a group) can be compared by."""
    for measure, of_a, of_b in measures_of(a, b):
        found = estimate(measure, of_a, of_b, clusters)
        if found is not None:
            yield Candidate(measure, group, (a, b), (of_a, of_b), clusters, found)


def _difference(one: Candidate, level: float, weights: tuple[F64, F64] | None) -> Difference:
    measure, found = one.measure, one.found
    adjusted = None if weights is None else estimate(measure, *one.values, one.clusters, weights)
    behind_a, behind_b = (
        tuple(streams_behind(measure, side, values, usual))
        for side, values, usual in zip(one.sides, one.values, (found.a, found.b), strict=True)
    )
    return Difference(
        measure, one.group, found.a, found.b, found.effect(level), worse_side(measure, found), behind_a, behind_b,
        None if adjusted is None else adjusted.effect(level),
    )  # fmt: skip


def _only_in(here: Side, there: Side, sure: set[str], groups: Groups | None) -> Iterator[Only]:
    """The things ``here`` and not ``there``, by kind, those that most connections have first.

    ``sure``: names of the measures in which both differ; ``groups``: those of here and of there.
    """
    found_there = {there.found.names[place] for place in np.unique(there.found.name).tolist()}
    found = {
        name: here.found.row[here.found.name == place]
        for place, name in enumerate(here.found.names)
        if name not in found_there
    }
    for only in _told("finding", found.items(), here):
        yield replace(only, is_sure=f"{Kind.FINDING.value}:{only.name}" in sure)
    if there.opened.any():
        for only in _told("option", _options_only(here, there).items(), here):
            yield replace(only, is_sure=f"{Kind.OPTION.value}:{only.name}" in sure)
    yield from _told("server", _places(here.server, there.server).items(), here)
    if groups is not None:
        yield from _told("group", _places(*groups).items(), here)
    asked, asked_there = here.requests, there.requests
    names = {asked_there.names[place] for place in np.unique(asked_there.name).tolist()}
    statements = {name: asked.row[asked.name == place] for place, name in enumerate(asked.names) if name not in names}
    yield from _told("statement", statements.items(), here, of=len(asked.row))


def _options_only(here: Side, there: Side) -> dict[str, I64]:
    return {
        option.value: np.flatnonzero(here.agreed[:, place])
        for place, option in enumerate(TcpOption)
        if not there.agreed[:, place].any()
    }


def _places(here: NDArray[np.object_], there: NDArray[np.object_]) -> dict[str, I64]:
    """The rows of each text that is ``here`` and not ``there``."""
    names, which = np.unique(here.astype(str), return_inverse=True)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(names))
    ends = np.cumsum(counts)
    known = set(there.tolist())
    parts = zip(names.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True)
    return {name: np.sort(order[begin:end]) for name, begin, end in parts if name not in known}


def _told(kind: str, found: Iterable[tuple[str, I64]], side: Side, of: int | None = None) -> Iterator[Only]:
    for name, rows in sorted(found, key=lambda one: (-len(one[1]), one[0])):
        if len(rows):
            streams = side.streams[list(dict.fromkeys(rows.tolist()))[:MOST_STREAMS]].tolist()
            finding = name if isinstance(name, (FindingId, OwnId)) else None
            yield Only(kind, str(name), len(rows), len(side) if of is None else of, tuple(streams), None, finding)
