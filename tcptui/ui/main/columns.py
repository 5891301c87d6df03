"""The table of the connection list's columns, from which its widths, headings, cells and sort orders are made.

A new column needs a member of `Column` in `column_names`, a row of `COLUMNS`, its heading ``screen.column.<id>`` and,
where the list can be sorted by it, a member of `SortKey` with ``screen.sort.<id>``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.finding import Severity
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.model.units import NS_PER_MS, NS_PER_US
from tcptui.session.rates import rates_of
from tcptui.ui.cell_text import amount, brief, fit, fit_endpoint, span
from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.state_text import is_open
from tcptui.ui.main.traffic_cells import BARS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32
    from tcptui.session.rates import Rates
    from tcptui.ui.theme import Glyphs, Palette

I64 = NDArray[np.int64]

#: Bits of the seconds lost (in microseconds: 12 days) and of the troubled packets in what `_problems` sorts by.
_LOST_BITS: Final = 40
_TROUBLED_BITS: Final = 21
#: A lost time that somebody may have noticed.
_NOTICED_NS: Final = 10 * NS_PER_MS
_MOST_LOST_US: Final = 2**_LOST_BITS - 1
_MOST_TROUBLED: Final = 2**_TROUBLED_BITS - 1


class CellFormat(Enum):
    """How a text is fitted into a column's width."""

    MARK = auto()
    """Over the full width, without a blank behind it and without a heading."""
    ENDPOINT = auto()
    """Left-aligned; where it is too long, the address is cut, not the port."""
    TEXT = auto()
    """Left-aligned."""
    NUMBER = auto()
    """Right-aligned; never cut with an ellipsis."""
    BARS = auto()
    """As wide as its bars; it says nothing in words."""
    REST = auto()
    """Left-aligned after a blank: the last column."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One connection, with all that the cells of its row are made from."""

    streams: StreamTable
    stream: int
    client: str
    server: str
    states: str
    client_state: int
    server_state: int
    severity: int
    lost_ns: int
    """Nanoseconds that warnings and errors cost it, at least."""
    rates: Rates
    diagnosis: str
    """Its headline finding; empty without one above a note."""
    verdict: str
    """What stands in the place of a diagnosis that there is not: the leading problem verdict, or nothing."""
    palette: Palette
    glyphs: Glyphs
    matched: int | None = None
    """How many of its packets match the display filter; None: none is on."""
    noted: str = ""
    """Its mark and note."""
    owner: str = ""
    """Whose it is, as far as known."""
    traffic: str = ""
    """Its traffic over its life, as bars."""

    @property
    def payload(self) -> tuple[int, int]:
        """Payload bytes that client and server sent."""
        is_b = int(self.streams.client_is_b[self.stream])
        sent = (int(self.streams.payload_a[self.stream]), int(self.streams.payload_b[self.stream]))
        return sent[is_b], sent[1 - is_b]


Cell = tuple[str, "Style"]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column."""

    id: Column
    shape: CellFormat
    cell: Callable[[ListRow], Cell]
    width: int = 0
    """Cells, its blank included; 0: sized by its texts, the last column by what is left."""
    is_optional: bool = False
    """Whether it is shown only while the note keeps enough room; columns earlier in the table come first."""
    is_joined: bool = False
    """Whether an arrow to the next column stands in the place of the blank behind it."""
    only_with: Column | None = None
    """The column without which it is left out, because it alone would mislead."""
    sort: SortKey | None = None
    """The sort key of this column; its heading is marked while the list is sorted by it."""
    comes_with: SortKey | None = None
    """Of a column that nothing is sorted by: the key of those that it comes after, where there is room."""
    values: Callable[[JudgedCapture, I32], I64] | None = None
    """Returns the values by which the streams are sorted, the largest first."""
    zero_is_unknown: bool = False
    """Whether 0 among those values means that nothing was measured: it comes last in either direction."""

    @property
    def heading(self) -> str:
        """Catalogue key of the heading."""
        return f"screen.column.{self.id.value}"

    def fitted(self, text: str, width: int, glyphs: Glyphs) -> str:
        """``text`` in exactly ``width`` cells."""
        ellipsis = glyphs.ellipsis
        match self.shape:
            case CellFormat.MARK:
                return fit(text, width, "")
            case CellFormat.ENDPOINT:
                return fit_endpoint(text, width - 1, ellipsis) + (glyphs.right[-1] if self.is_joined else " ")
            case CellFormat.TEXT | CellFormat.BARS:
                return fit(text, width - 1, ellipsis) + " "
            case CellFormat.NUMBER:
                return fit(text, width - 1, "", right=True) + " "
            case CellFormat.REST:
                return " " + fit(text, width - 1, ellipsis)

    def fitted_heading(self, text: str, width: int, ellipsis: str, sign: str = " ") -> str:
        """The heading ``text`` in exactly ``width`` cells, aligned as `fitted` aligns the cells.

        ``sign`` is one cell that says how the list is sorted by this column.  A blank follows it, for which
        `tcptui.ui.main.column_widths` leaves room; it never costs the heading a letter.
        """
        if self.shape is CellFormat.MARK:
            return fit(sign, width, "")
        if self.shape is CellFormat.REST:
            return sign + fit(text, width - 1, ellipsis)
        return fit(text + sign.strip(), width - 1, ellipsis, self.shape is CellFormat.NUMBER) + " "


def _mark(row: ListRow) -> Cell:
    troubled = int(row.streams.troubled[row.stream])
    severity = _severity_shown(row.severity, troubled)
    sign = row.glyphs.severity(severity)
    return sign + brief(troubled) if severity and troubled else sign, row.palette.severity(severity)


def _severity_shown(severity: int, troubled: int) -> int:
    """The `Severity` that the list shows, which does not change because somebody looks at the connection.

    Notes of most connections are found only then, so they do not count; troubled packets are known of all.
    """
    return severity if severity >= Severity.WARNING else Severity.NOTE if troubled else 0


def _states(row: ListRow) -> Cell:
    client, server = row.client_state, row.server_state
    if is_open(client, server):
        return row.states, row.palette.good
    if client & STATE_MASK == server & STATE_MASK == TcpState.CLOSED and row.severity < Severity.WARNING:
        return row.states, row.palette.faint
    return row.states, row.palette.plain


def _packets(row: ListRow) -> Cell:
    packets = amount(int(row.streams.packets[row.stream]))
    return packets if row.matched is None else f"{amount(row.matched)}/{packets}", row.palette.plain


def _round_trip(row: ListRow) -> Cell:
    streams, stream = row.streams, row.stream
    halves = int(streams.min_rtt_ns_a[stream]) + int(streams.min_rtt_ns_b[stream])
    rtt = int(streams.irtt_ns[stream]) or halves
    return span(rtt, row.glyphs.micro) if rtt else "", row.palette.plain


def _lasted(row: ListRow) -> Cell:
    lasted = int(row.streams.latest_ns[row.stream]) - int(row.streams.began_ns[row.stream])
    return span(lasted, row.glyphs.micro), row.palette.faint


def _lost(row: ListRow) -> Cell:
    """In the colour of the trouble only where somebody may have noticed the time: an error may cost a round trip."""
    style = row.palette.severity(row.severity) if row.lost_ns >= _NOTICED_NS else row.palette.plain
    return span(row.lost_ns, row.glyphs.micro) if row.lost_ns else "", style


def _rate(row: ListRow, rate_of: Callable[[I32], I64]) -> Cell:
    per_second = int(rate_of(np.array([row.stream], np.int32))[0])
    return amount(per_second) if per_second else "", row.palette.plain


def _note(row: ListRow) -> Cell:
    if row.noted:
        return f"{row.noted}  {row.diagnosis or row.verdict}".rstrip(), row.palette.key
    if row.diagnosis:
        return row.diagnosis, row.palette.severity(row.severity)
    return row.verdict, row.palette.faint


def _judged(column: NDArray[np.integer], chosen: I32) -> I64:
    """``column`` for the streams ``chosen``; 0 for those that came after it was read."""
    values = np.zeros(len(chosen), np.int64)
    inside = chosen < len(column)
    values[inside] = column[chosen[inside]]
    return values


def _problems(capture: JudgedCapture, chosen: I32) -> I64:
    """Severity, lost microseconds and troubled packets, in this order of weight, in the bits of one number each."""
    lost_us = np.minimum(_judged(capture.lost_ns, chosen) // NS_PER_US, _MOST_LOST_US)
    troubled = np.minimum(capture.streams.troubled[chosen].astype(np.int64), _MOST_TROUBLED)
    severity = _judged(capture.severity, chosen)
    severity[severity < Severity.WARNING] = 0  # see `_severity_shown`
    weight = (severity << _LOST_BITS) + lost_us
    return (weight << _TROUBLED_BITS) + troubled


def _payload(capture: JudgedCapture, chosen: I32) -> I64:
    return capture.streams.payload_a[chosen] + capture.streams.payload_b[chosen]


def _round_trips(capture: JudgedCapture, chosen: I32) -> I64:
    """Round-trip times in ns as `_round_trip` shows them: of the handshake, else the sum of both directions' minima.

    0 is unknown.
    """
    streams = capture.streams
    first = streams.irtt_ns[chosen]
    return np.where(first > 0, first, streams.min_rtt_ns_a[chosen] + streams.min_rtt_ns_b[chosen])


#: From left to right.
COLUMNS: Final = (
    ListColumn(Column.MARK, CellFormat.MARK, _mark, sort=SortKey.PROBLEMS, values=_problems),
    ListColumn(Column.CLIENT, CellFormat.ENDPOINT, lambda row: (row.client, row.palette.client), is_joined=True),
    ListColumn(Column.SERVER, CellFormat.ENDPOINT, lambda row: (row.server, row.palette.server)),
    ListColumn(Column.STATE, CellFormat.TEXT, _states),
    # Only where somebody is known; then it is worth more than a number.
    ListColumn(
        Column.OWNER, CellFormat.TEXT, lambda row: (row.owner, row.palette.plain), 21, is_optional=True,
        comes_with=SortKey.PACKETS,
    ),
    # The first to come of those that give way: it stays where there is room for one.
    ListColumn(
        Column.LOST, CellFormat.NUMBER, _lost, 10, is_optional=True, sort=SortKey.LOST,
        values=lambda capture, chosen: _judged(capture.lost_ns, chosen),
    ),
    ListColumn(
        Column.PACKETS, CellFormat.NUMBER, _packets, 8, is_optional=True, sort=SortKey.PACKETS,
        values=lambda capture, chosen: capture.streams.packets[chosen].astype(np.int64),
    ),
    ListColumn(
        Column.SENT, CellFormat.NUMBER, lambda row: (amount(row.payload[0]), row.palette.plain), 8,
        is_optional=True, only_with=Column.RECEIVED, sort=SortKey.BYTES, values=_payload,
    ),
    ListColumn(
        Column.RECEIVED, CellFormat.NUMBER, lambda row: (amount(row.payload[1]), row.palette.plain), 8,
        is_optional=True, sort=SortKey.BYTES, values=_payload,
    ),
    ListColumn(
        Column.RTT, CellFormat.NUMBER, _round_trip, 8, is_optional=True, sort=SortKey.RTT, values=_round_trips,
        zero_is_unknown=True,
    ),
    ListColumn(
        Column.DURATION, CellFormat.NUMBER, _lasted, 8, is_optional=True, sort=SortKey.DURATION,
        values=lambda capture, chosen: capture.streams.latest_ns[chosen] - capture.streams.began_ns[chosen],
    ),
    ListColumn(
        Column.TRAFFIC, CellFormat.BARS, lambda row: (row.traffic, row.palette.note), BARS + 1, is_optional=True,
        comes_with=SortKey.DURATION,
    ),
    ListColumn(
        Column.RATE, CellFormat.NUMBER, lambda row: _rate(row, row.rates.bits), 8, is_optional=True, sort=SortKey.RATE,
        values=lambda capture, chosen: rates_of(capture).bits(chosen),
    ),
    ListColumn(
        Column.PACKET_RATE, CellFormat.NUMBER, lambda row: _rate(row, row.rates.packets), 8, is_optional=True,
        sort=SortKey.PACKET_RATE, values=lambda capture, chosen: rates_of(capture).packets(chosen),
    ),
    ListColumn(Column.NOTE, CellFormat.REST, _note),
)  # fmt: skip
#: By sort key, the column whose values it sorts by; one of two where both show a part of these values.
_SORTING: Final = {column.sort: column for column in COLUMNS if column.sort}
#: The sort keys in the order in which the key `s` cycles through them: by start, then by the columns, left to right.
SORT_KEYS: Final = (SortKey.START, *_SORTING)


#: The sort keys by which an order changes while no packets come.
RATES: Final = (SortKey.RATE, SortKey.PACKET_RATE)


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order of the list."""

    key: SortKey = SortKey.START
    is_reversed: bool = False
    """Whether the smallest come first, and by start the latest."""
    expression: str = ""
    """The text of the user's column that it is by, instead of by ``key``."""

    @property
    def is_natural(self) -> bool:
        """Whether it is the order of the streams' numbers, which needs no sorting and only grows."""
        return self.key is SortKey.START and not self.is_reversed and not self.expression

    @staticmethod
    def offered(expressions: Sequence[str] = ()) -> list[Sorting]:
        """All orders, not reversed: by the sort keys, then by the user's columns ``expressions``."""
        return [*map(Sorting, SORT_KEYS), *(Sorting(expression=text) for text in expressions)]

    def is_by_same(self, other: Sorting) -> bool:
        """Whether it is ``other``, or that reversed."""
        return (self.key, self.expression) == (other.key, other.expression)

    def following(self, expressions: Sequence[str] = ()) -> Sorting:
        """By the next sort key, cyclically; behind the last by the user's columns ``expressions``."""
        orders = self.offered(expressions)
        now = replace(self, is_reversed=False)
        return orders[(orders.index(now) + 1) % len(orders)] if now in orders else orders[0]

    def chosen(self, key: SortKey, expression: str = "") -> Sorting:
        """The order after a heading was chosen: its own, and reversed when it is chosen again."""
        is_again = (key, expression) == (self.key, self.expression)
        return Sorting(key, is_again and not self.is_reversed, expression)


def sort_order(capture: JudgedCapture, chosen: I32, sorting: Sorting) -> I32:
    """``chosen`` (ascending stream numbers) in the order of ``sorting``; ties by start."""
    if sorting.key is SortKey.START or not len(chosen):
        return chosen[::-1] if sorting.is_reversed else chosen
    column = _SORTING[sorting.key]
    assert column.values is not None
    values = column.values(capture, chosen)
    if not sorting.is_reversed:
        return chosen[np.argsort(-values, kind="stable")]
    if column.zero_is_unknown:
        values = np.where(values == 0, np.iinfo(np.int64).max, values)
    return chosen[np.argsort(values, kind="stable")]
