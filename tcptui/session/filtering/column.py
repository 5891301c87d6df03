"""A column of one's own: a field or an expression of a display filter, of packets and of whole connections.

What is written is a filter.  A field or something computed of fields (``tcp.len * 8``) is a column of its values;
a condition (``tcp.len > 1000``) of whether packets pass it, and of how many packets of a connection do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.compile import Cost, compile_filter
from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.dfilter.expression import CallValue, Exists, FieldValue, Nonzero, SliceValue
from tcptui.dfilter.operators import Function
from tcptui.model.field import FieldType as T
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.session.filtering.cancelling import Cancelled, never
from tcptui.session.filtering.evaluator import passing
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.occurrences import OBJECTS, Occurrences
from tcptui.session.filtering.operands import evaluated
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import is_readable
from tcptui.session.filtering.texts import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.dfilter.expression import Value
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: What stands in the cell of a packet that passes a condition.
YES: Final = "1"
#: Characters of a value, at most: a cell shows fewer.
_LONGEST: Final = 200
#: Values of one packet or connection that are told.
_VALUES: Final = 4
#: Packets of a connection that are asked for the cell of a list, by what asking costs; then there is a + behind it.
_PACKETS_EVALUATED: Final = {Cost.COLUMNS: 1 << 20, Cost.TABLES: 1 << 18, Cost.PACKETS: 1 << 9}
#: Packets at once.
_BLOCK: Final = {Cost.COLUMNS: 1 << 16, Cost.TABLES: 1 << 14, Cost.PACKETS: 1 << 8}
#: Fields that say something of a connection as a whole, or how it stands: its last packet is asked.
_OF_CONNECTION: Final = frozenset(
    f"tcptui.{name}" for name in (
        "stream", "client", "server", "client.port", "server.port", "client.state", "server.state",
        "client.state_known", "server.state_known", "packets", "bytes", "duration", "network", "server_think",
        "client_think", "recovery", "idle",
    )
) | {"tcp.stream", "tcp.completeness"}  # fmt: skip


class Over(Enum):
    """The aggregate of its packets' values that is the value of a connection."""

    LAST = auto()
    """The value that its last packet has."""
    VALUES = auto()
    """The different values, the first of them first."""
    GREATEST = auto()
    LEAST = auto()
    SUM = auto()
    PASSING = auto()
    """How many pass."""


@dataclass(frozen=True, slots=True)
class ColumnExpression:
    """A column; ``value``: None for a condition."""

    compiled: Compiled
    value: Value | None
    over: Over

    @property
    def text(self) -> str:
        """As it was typed."""
        return self.compiled.text

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers or times, which stand at the right of a column."""
        return self.value is None or _is_number(self.value)

    @classmethod
    def of(cls, text: str) -> ColumnExpression:
        """The column ``text``.  Raises FilterError, also for nothing and for a field that nothing reads."""
        compiled = compile_filter(text.strip())
        test = compiled.test
        if test is None:
            raise FilterError(Mistake.NOT_A_FIELD, Span(0, 0), text="")
        for field in compiled.fields:
            if not is_readable(field):
                raise FilterError(Mistake.UNREAD_FIELD, Span(0, len(text)), name=field.name)
        is_protocol = isinstance(test, Exists) and types.type_of(test.value.field) is T.PROTOCOL
        value = test.value if isinstance(test, Exists | Nonzero) and not is_protocol else None
        return cls(compiled, value, _over(compiled, value))


def _is_number(value: Value) -> bool:
    match value:
        case FieldValue():
            return not value.is_raw and types.type_of(value.field) not in OBJECTS | {T.IPV4, T.ABSOLUTE_TIME}
        case CallValue():
            if value.function in (Function.MAX, Function.MIN):
                return _is_number(value.arguments[0])
            return value.function not in (Function.LOWER, Function.UPPER, Function.STRING)
        case _:
            return not isinstance(value, SliceValue)


def _over(compiled: Compiled, value: Value | None) -> Over:
    if value is None:
        return Over.PASSING
    if all(field.name in _OF_CONNECTION for field in compiled.fields):
        return Over.LAST
    if not isinstance(value, CallValue):
        return Over.VALUES
    return {Function.MAX: Over.GREATEST, Function.MIN: Over.LEAST, Function.COUNT: Over.SUM}.get(
        value.function, Over.VALUES
    )


class ColumnReader:
    """Reads one column of a session; for one thread at a time.

    Its methods raise Cancelled, OSError, and FilterError where a regular expression takes too long.
    """

    def __init__(self, session: FilteredCapture, column: ColumnExpression) -> None:
        self.column = column
        self._session = session
        self._cancelled: Callable[[], bool] = never
        self._reader = FieldReader(session)
        self._reader.trees.want(field.name for field in column.compiled.fields)
        value = column.value
        is_plain = isinstance(value, FieldValue) and value.layers is None and not value.is_raw
        self._printer = FieldPrinter(session, [value.field]) if is_plain and isinstance(value, FieldValue) else None
        self._all = FieldPrinter(session, column.compiled.fields)
        self._sums = _Sums(np.zeros(0, np.int64), np.zeros(0, np.bool_), False)
        self._summed_to = -1
        self._summed_at = -1

    # ---- packets

    def of_packets(self, rows: I32, cancelled: Callable[[], bool] = never) -> list[str]:
        """The text of each of ``rows`` (ascending, none evicted); empty where there is no value."""
        self._begin(cancelled, rows)
        return [_joined(texts) for texts in self._texts(rows)]

    def _begin(self, cancelled: Callable[[], bool], rows: I32 | None = None) -> None:
        self._cancelled = self._reader.trees.cancelled = cancelled
        self._reader.forget(rows)  # what is concluded of packets may have changed

    def _texts(self, rows: I32) -> list[list[str]]:
        if self.column.value is None:
            assert self.column.compiled.test is not None
            mask = passing(self.column.compiled.test, Rows.of(rows), self._reader)
            return [[YES] if passes else [] for passes in mask.tolist()]
        if self._printer is not None:
            texts = self._printer.texts(rows)[0]
            if types.type_of(self.column.compiled.fields[0]) is T.RELATIVE_TIME:
                texts = [[_shorter(text) for text in each] for each in texts]
            return texts
        found = self._values(Rows.of(rows))
        made: list[list[str]] = [[] for _ in range(len(rows))]
        for place, value in zip(found.places.tolist(), found.values.tolist(), strict=True):
            text = value_text(found.type, value, None)
            made[place].append(_shorter(text) if found.type is T.RELATIVE_TIME else text)
        if found.type in (T.STRING, T.BYTES):  # a part of a secret tells some of it
            hidden = self._all.hide_some(rows)
            made = [[LEFT_OUT] if hides and texts else texts for hides, texts in zip(hidden, made, strict=True)]
        return made

    def _values(self, rows: Rows) -> Occurrences:
        assert self.column.value is not None
        return evaluated(self.column.value, rows, self._reader)

    # ---- connections

    def of_connection(self, stream: int, cancelled: Callable[[], bool] = never) -> str:
        """The text of a connection; with a + behind it where not all of its packets could be asked."""
        rows, over = self._session.rows_of(stream), self.column.over
        rows = rows[rows >= self._session.store.first]
        if over is Over.LAST:
            rows = rows[-1:]
        asked = rows[: _PACKETS_EVALUATED[self.column.compiled.cost]]
        self._begin(cancelled, asked)
        more = "+" if len(asked) < len(rows) else ""
        if over in (Over.LAST, Over.VALUES):
            return _joined(self._distinct(asked))
        total = self._totalled(asked)
        if total is None:
            return ""
        kind, number = total
        return value_text(kind, number, None) + more if number or over is not Over.PASSING else ""

    def _distinct(self, rows: I32) -> list[str]:
        """The different values in ``rows``, as many as are told and one more."""
        seen: dict[str, None] = {}
        for part in self._parts(rows):
            for texts in self._texts(part):
                seen |= dict.fromkeys(texts)
            if len(seen) > _VALUES:
                break
        return list(seen)

    def _totalled(self, rows: I32) -> tuple[T, Any] | None:
        """What `Over` makes of all values in ``rows``; None: there is none."""
        best: Any = None
        kind = T.UINT64
        for part in self._parts(rows):
            if self.column.value is None:
                best = (best or 0) + sum(map(bool, self._texts(part)))
                continue
            found = self._values(Rows.of(part))
            values = found.values.tolist()
            if not values:
                continue
            kind = found.type
            match self.column.over:
                case Over.SUM:
                    best = (best or 0) + sum(values)
                case Over.LEAST:
                    best = min(values) if best is None else min(best, *values)
                case _:
                    best = max(values) if best is None else max(best, *values)
        return None if best is None else (kind, best)

    def _parts(self, rows: I32) -> list[I32]:
        if self._cancelled():
            raise Cancelled
        size = _BLOCK[self.column.compiled.cost]
        return [rows[begin : begin + size] for begin in range(0, len(rows), size)]

    # ---- the order of connections

    def order(
        self, streams: I32, cancelled: Callable[[], bool] = never, *, is_reversed: bool = False
    ) -> I32:  # fmt: skip
        """``streams`` (ascending), the largest value first, texts by the alphabet, or reversed; without one last.

        Of a capture that grows, packets are asked once; of one that is complete, all again when something is new.
        """
        self._begin(cancelled)
        sums = self._last_values(streams) if self.column.over is Over.LAST else self._sums_now()
        values, known = sums.of(streams)
        rank = np.argsort(values if is_reversed else -values, kind="stable")
        return streams[np.concatenate((rank[known[rank]], np.flatnonzero(~known)))]

    def _last_values(self, streams: I32) -> _Sums:
        """The value of each of ``streams`` in its last packet."""
        last = self._session.streams.last_row[streams].astype(np.int64)
        kept = last >= self._session.store.first
        rows, which = np.unique(last[kept], return_index=True)
        owners = streams[kept][which]
        sums = _Sums.empty(Over.VALUES)
        size = _BLOCK[self.column.compiled.cost]
        for begin in range(0, len(rows), size):
            if self._cancelled():
                raise Cancelled
            part = rows[begin : begin + size].astype(np.int32)
            found = self._values(Rows.of(part))
            sums.add(Over.VALUES, owners[begin + found.places], found.values, found.type)
        return sums

    def _sums_now(self) -> _Sums:
        """What the packets of each connection have together, by now."""
        session, store, over = self._session, self._session.store, self.column.over
        revision, growing = session.revision, session.progress.growing
        begin = self._summed_to
        if begin < 0 or not (growing or revision == self._summed_at):
            begin, self._sums = store.first, _Sums.empty(over)
        stop, size = store.count, _BLOCK[self.column.compiled.cost]
        begin = max(begin, store.first)
        self._summed_to = -1  # where this is cancelled, the next one begins anew
        for start in range(begin, stop, size):
            if self._cancelled():
                raise Cancelled
            rows = Rows.between(start, min(start + size, stop))
            owners = store.stream[rows.index]
            if self.column.value is None:
                assert self.column.compiled.test is not None
                passed = np.flatnonzero(passing(self.column.compiled.test, rows, self._reader) & (owners >= 0))
                self._sums.add(over, owners[passed], np.ones(len(passed), np.int64), T.UINT64)
                continue
            found = self._values(rows)
            places = found.places
            inside = owners[places] >= 0
            self._sums.add(over, owners[places[inside]], found.values[inside], found.type)
        self._summed_to, self._summed_at = stop, revision
        return self._sums


@dataclass(slots=True)
class _Sums:
    """One value of each connection, by its number."""

    values: NDArray[Any]
    known: NDArray[np.bool_]
    is_text: bool

    @classmethod
    def empty(cls, over: Over) -> _Sums:
        """The sums of no connection."""
        dtype = np.int64 if over in (Over.SUM, Over.PASSING) else np.float64
        return cls(np.zeros(0, dtype), np.zeros(0, np.bool_), False)

    def add(self, over: Over, owners: NDArray[Any], values: NDArray[Any], kind: T) -> None:
        """Take ``values`` of the connections ``owners``, in the order of packets."""
        if not len(owners):
            return
        if kind in OBJECTS and not self.is_text:
            self.values, self.is_text = self.values.astype(object), True
        self._grow(int(owners.max()) + 1)
        if self.is_text or over is Over.VALUES:
            found, first = np.unique(owners, return_index=True)
            new = ~self.known[found]
            taken = values[first[new]]
            self.values[found[new]] = taken if self.is_text else taken.astype(np.float64)
        elif over in (Over.SUM, Over.PASSING):
            np.add.at(self.values, owners, values.astype(np.int64))
        else:
            worst = -np.inf if over is Over.GREATEST else np.inf
            self.values[np.unique(owners[~self.known[owners]])] = worst
            (np.maximum if over is Over.GREATEST else np.minimum).at(self.values, owners, values.astype(np.float64))
        self.known[owners] = True

    def _grow(self, count: int) -> None:
        lacking = count - len(self.known)
        if lacking > 0:
            lacking += len(self.known)
            self.values = np.concatenate((self.values, np.zeros(lacking, self.values.dtype)))
            self.known = np.concatenate((self.known, np.zeros(lacking, np.bool_)))

    def of(self, streams: I32) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """A number for each of ``streams`` by which they are sorted, the largest first, and whether it is known."""
        inside = streams < len(self.known)
        known = np.zeros(len(streams), np.bool_)
        known[inside] = self.known[streams[inside]]
        numbers = np.zeros(len(streams), np.float64)
        held = self.values[streams[known]]
        if self.is_text and len(held):
            texts = sorted(set(held.tolist()))
            rank = {text: -place for place, text in enumerate(texts)}
            numbers[known] = [rank[text] for text in held.tolist()]
        else:
            numbers[known] = held
        return numbers, known


def _joined(texts: list[str]) -> str:
    told = ",".join(text[:_LONGEST] for text in texts[:_VALUES])
    return told + ",+" if len(texts) > _VALUES else told


def _shorter(seconds: str) -> str:
    """Seconds without the zeros at their end."""
    return seconds.rstrip("0").removesuffix(".")
