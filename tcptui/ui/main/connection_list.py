"""Pane 1: every connection, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.segment import Segment

from tcptui.model.finding import Severity
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.ui.cell_text import amount, brief, fit, fit_endpoint, span
from tcptui.ui.main.connection_index import ConnectionIndex, SortKey, problem_name
from tcptui.ui.main.state_text import is_open, pair_text
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList
from tcptui.words.finding_text import finding_short

if TYPE_CHECKING:
    from rich.style import Style
    from textual.binding import BindingType

    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session
    from tcptui.ui.endpoint_names import EndpointNames
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_MARK_WIDTH: Final = 5
_STATE_WIDTH: Final = 18
_STATE_NARROW: Final = 15
_NARROW: Final = 100
#: A column is shown only while the note keeps this many cells.
_NOTE_LEAST: Final = 28
#: With less than this for the note, addresses are cut.
_NOTE_CRAMPED: Final = 20
#: Endpoints take what they need, up to an IPv4 address, or more where there is room.
_ENDPOINT_NARROW: Final = 21
_ENDPOINT_WIDE: Final = 47


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells, 0 for a column that does not fit; each includes its blank."""

    mark: int
    client: int
    server: int
    state: int
    packets: int
    sent: int
    received: int
    rtt: int
    duration: int
    note: int


def columns_for(width: int, client: int, server: int, state: int) -> Columns:
    """Divide ``width`` cells; ``client``, ``server``, ``state`` are the widths their texts want."""
    narrow = width < _NARROW
    most = _ENDPOINT_NARROW if narrow else (_ENDPOINT_WIDE if width >= 150 else 30)
    mark = _MARK_WIDTH
    ends = [min(client, most) + 1, min(server, most) + 1]
    states = min(state, _STATE_NARROW if narrow else _STATE_WIDTH) + 1
    room = width - mark - sum(ends) - states
    if room < _NOTE_CRAMPED:
        # What happened matters more than the middle of an address.
        spare = min(_NOTE_CRAMPED - room, sum(ends) - 2 * 17)
        if spare > 0:
            ends = [max(17, ends[0] - (spare + 1) // 2), max(17, ends[1] - spare // 2)]
            room = width - mark - sum(ends) - states
    optional = {"packets": 8, "sent": 8, "received": 8, "rtt": 8, "duration": 8}
    given = dict.fromkeys(optional, 0)
    for name in ("packets", "sent", "received", "rtt", "duration"):
        if room - optional[name] >= _NOTE_LEAST:
            given[name] = optional[name]
            room -= optional[name]
    if not given["received"] and given["sent"]:
        room += given["sent"]  # one direction alone would mislead
        given["sent"] = 0
    return Columns(mark, ends[0], ends[1], states, note=max(0, room), **given)


class ConnectionList(VirtualList, inherit_bindings=False):
    """The connections of a session in the order of a `ConnectionIndex`."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "connections") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.index = ConnectionIndex()
        self.empty_text = ""
        """What stands there while nothing is listed."""
        self.session: Session | None = None
        self._names: EndpointNames | None = None
        self._widest = [14, 14, 9]
        """High-water marks of the client's, server's and state's text: columns only ever grow."""
        self._columns: Columns | None = None
        self._columns_for = (0, 0, 0, 0)

    def attach(self, session: Session, names: EndpointNames) -> None:
        """Show the connections of ``session``."""
        self.session = session
        self._names = names
        self.index = ConnectionIndex()
        self.cursor = 0
        self.set_row_count(0)

    # -- which one ----------------------------------------------------------------
    @property
    def stream(self) -> int:
        """The connection under the cursor, or -1 when none is listed."""
        order = self.index.order
        return int(order[self.cursor]) if self.cursor < len(order) else -1

    def put_on_stream(self, stream: int, *, by_user: bool = False) -> bool:
        """Cursor to ``stream`` if it is listed."""
        position = self.index.position_of(stream)
        if position < 0:
            return False
        self.put_cursor(position, by_user=by_user)
        return True

    def replace_order(self, order: I32) -> None:
        """List other streams, or in another order; the cursor stays on its connection where it can."""
        stream = self.stream
        self.index.order = order
        self.set_row_count(len(order))
        position = self.index.position_of(stream)
        self.cursor = max(0, position)
        self.show_row(self.cursor)
        self.refresh()
        if position < 0:
            self.post_message(self.Highlighted(self, self.cursor, by_user=False))

    # -- drawing ----------------------------------------------------------------------
    def columns(self, width: int) -> Columns:
        """The column widths now in force."""
        wanted = (width, *self._widest)
        if self._columns is None or wanted != self._columns_for:
            self._columns = columns_for(*wanted)
            self._columns_for = wanted  # type: ignore[assignment]
        return self._columns

    def _measure(self) -> None:
        """Let the columns grow to what is on screen now."""
        first = self.scroll_offset.y
        for position in range(first, min(first + self.page_rows, len(self.index))):
            stream = int(self.index.order[position])
            client, server = self._endpoints(stream)
            widths = (len(client), len(server), len(self._states(stream)[0]))
            self._widest = [max(old, new) for old, new in zip(self._widest, widths, strict=True)]

    def _endpoints(self, stream: int) -> tuple[str, str]:
        assert self.session is not None
        assert self._names is not None
        streams = self.session.streams
        flow, is_b = int(streams.flow[stream]), int(streams.client_is_b[stream])
        return self._names.text(flow, is_b, False), self._names.text(flow, 1 - is_b, True)

    def _states(self, stream: int) -> tuple[str, int, int]:
        assert self.session is not None
        streams, store = self.session.streams, self.session.store
        row = int(streams.last_row[stream])
        if row < store.first or store.kind[row] == RowKind.ICMP_QUOTE:
            columns = streams.last_states(store, np.array([stream]))
            states = (int(columns[0][0]), int(columns[1][0]))
        else:
            states = (int(store.state_a[row]), int(store.state_b[row]))
        is_b = int(streams.client_is_b[stream])
        client, server = states[is_b], states[1 - is_b]
        return pair_text(client, server, int(streams.marks[stream])), client, server

    def heading(self, width: int) -> list[Segment]:
        """Column titles; the sorted one is marked."""
        self._measure()
        if not self.row_count:
            return [Segment(fit("  " + self.empty_text, width, self.glyphs.ellipsis), self.palette.faint)]
        columns, words, glyphs = self.columns(width), self.words, self.glyphs
        head, marked = self.palette.head, self.palette.strong
        cells = [Segment(" " * columns.mark, marked if self.index.key is SortKey.PROBLEMS else head)]
        titles = (
            ("client", columns.client, False, SortKey.START),
            ("server", columns.server, False, None),
            ("state", columns.state, False, None),
            ("packets", columns.packets, True, SortKey.PACKETS),
            ("sent", columns.sent, True, SortKey.BYTES),
            ("received", columns.received, True, SortKey.BYTES),
            ("rtt", columns.rtt, True, SortKey.RTT),
            ("duration", columns.duration, True, SortKey.DURATION),
        )
        for name, size, right, key in titles:
            if not size:
                continue
            text = words(f"screen.column.{name}", right=glyphs.right, left=glyphs.left)
            is_sorted = key is self.index.key and key is not SortKey.START
            if is_sorted:
                text = glyphs.descending + text
            cells.append(Segment(fit(text, size - 1, glyphs.ellipsis, right) + " ", marked if is_sorted else head))
        if columns.note:
            cells.append(Segment(" " + fit(words("screen.column.note"), columns.note - 1, glyphs.ellipsis), head))
        return cells

    def note(self, stream: int) -> str:
        """What a reader should know first: the headline finding, else the leading trouble."""
        if self.session is None:
            return ""
        severity = self.session.severity
        if stream < len(severity) and severity[stream] >= Severity.WARNING:
            headline = self.session.headline(stream)
            if headline is not None:
                return finding_short(headline, self.words)
        streams = self.session.streams
        if int(streams.troubled[stream]):
            return self.trouble(int(streams.verdicts[stream]))
        return ""

    def trouble(self, bits: int) -> str:
        """The leading trouble among verdict ``bits`` by name."""
        return problem_name(bits, lambda name: self.words(f"screen.verdict.{name}"))

    def row(self, position: int, width: int) -> list[Segment]:
        """One connection."""
        session = self.session
        assert session is not None
        stream = int(self.index.order[position])
        streams, palette, columns, glyphs = session.streams, self.palette, self.columns(width), self.glyphs
        severity = int(session.severity[stream]) if stream < len(session.severity) else 0
        loud = palette.severity(severity)
        client, server = self._endpoints(stream)
        state, client_state, server_state = self._states(stream)
        mark = glyphs.severity(severity)
        troubled = int(streams.troubled[stream])
        if severity and troubled:
            mark += brief(troubled)
        cells = [
            Segment(fit(mark, columns.mark, ""), loud),
            Segment(fit_endpoint(client, columns.client - 1, glyphs.ellipsis) + " ", palette.client),
            Segment(fit_endpoint(server, columns.server - 1, glyphs.ellipsis) + " ", palette.server),
            Segment(
                fit(state, columns.state - 1, glyphs.ellipsis) + " ",
                self._state_style(client_state, server_state, severity),
            ),
        ]
        cells += self._numbers(stream, columns)
        if columns.note:
            note = fit(self.note(stream), columns.note - 1, glyphs.ellipsis)
            cells.append(Segment(" " + note, loud if severity else palette.faint))
        return cells

    def _state_style(self, client: int, server: int, severity: int) -> Style:
        if is_open(client, server):
            return self.palette.good
        if client & STATE_MASK == server & STATE_MASK == TcpState.CLOSED and severity < Severity.WARNING:
            return self.palette.faint
        return self.palette.plain

    def _numbers(self, stream: int, columns: Columns) -> list[Segment]:
        assert self.session is not None
        streams, palette = self.session.streams, self.palette
        is_b = int(streams.client_is_b[stream])
        payload = (int(streams.payload_a[stream]), int(streams.payload_b[stream]))
        values = [
            (columns.packets, amount(int(streams.packets[stream])), palette.plain),
            (columns.sent, amount(payload[is_b]), palette.plain),
            (columns.received, amount(payload[1 - is_b]), palette.plain),
        ]
        if columns.rtt:
            halves = int(streams.min_rtt_ns_a[stream]) + int(streams.min_rtt_ns_b[stream])
            rtt = int(streams.irtt_ns[stream]) or halves
            values.append((columns.rtt, span(rtt, self.glyphs.micro) if rtt else "", palette.plain))
        if columns.duration:
            lasted = int(streams.latest_ns[stream]) - int(streams.began_ns[stream])
            values.append((columns.duration, span(lasted, self.glyphs.micro), palette.faint))
        return [Segment(fit(text, size - 1, "", right=True) + " ", style) for size, text, style in values if size]
