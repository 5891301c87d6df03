"""Pane 1: every connection, one line each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message

from tcptui.access.owners import owners_of
from tcptui.model.finding import Severity
from tcptui.model.notes import NO_NOTE, Note
from tcptui.model.packet_store import RowKind
from tcptui.model.safe_text import safe_text
from tcptui.session.rates import rates_of
from tcptui.ui.cell_text import fit, left_out, shared_beginning, shared_network
from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.column_widths import NARROW, OPTIONAL, Needs, Widths, column_widths
from tcptui.ui.main.columns import COLUMNS, CellFormat, ListColumn, ListRow
from tcptui.ui.main.connection_index import ConnectionIndex, problem_name
from tcptui.ui.main.own_cells import OwnCells, of_connections
from tcptui.ui.main.state_text import StateWord, pair_text, state_word
from tcptui.ui.main.traffic_cells import TrafficCells
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList
from tcptui.words.finding_text import finding_short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from tcptui.access.notes.notebook import Notebook
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.packet_store import I32
    from tcptui.ui.endpoint_names import EndpointNames
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells of the packets' column while a display filter is on: ``1.2k/9.9M``.
_MATCHED_WIDTH: Final = 12
#: Columns of the user's own leave at least so many cells, but have this part of the list where it is narrow.
_LEAST_BESIDE: Final = 64
_OWN_SHARE: Final = 7
#: Initial widths in cells of the columns that grow with their texts.
_FIRST_WIDTHS: Final = {Column.MARK: 2, Column.CLIENT: 14, Column.SERVER: 14, Column.STATE: 9, Column.NOTE: 0}
_ENDS: Final = (Column.CLIENT, Column.SERVER)


class ConnectionList(VirtualList, inherit_bindings=False):
    """The connections of a session in the order of a `ConnectionIndex`."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    @dataclass
    class SortWanted(Message):
        """A heading was clicked."""

        list: ConnectionList
        key: SortKey | None
        """The sort key of its column; None: the list cannot be sorted by it."""
        expression: str = ""
        """The text of its column, if that is one of the user's own."""

        @property
        def control(self) -> ConnectionList:
            """The list, for selectors."""
            return self.list

    def __init__(
        self, glyphs: Glyphs, words: Words, shown: Sequence[SortKey] = OPTIONAL, *, id: str = "connections",  # noqa: A002 - Textual's name
    ) -> None:  # fmt: skip
        super().__init__(glyphs, id=id)
        self.words = words
        self._shown = shown
        """The columns that are there where there is room, by their sort keys."""
        self.index = ConnectionIndex()
        self.empty_text = ""
        """The text that is shown while nothing is listed."""
        self.session: JudgedCapture | None = None
        self.touched = False
        """Whether the user has moved the cursor or sorted: from then on the order and the cursor are the user's."""
        self.concealed = -1
        """The connection of which a prediction asks: its row shows nothing but its ends, which tell no answer."""
        self.notebook: Notebook | None = None
        """The marks and notes of the capture."""
        self.cells = OwnCells(self, of_connections)
        self.traffic = TrafficCells(self, ascii_only=glyphs.line.isascii())
        """The columns of the user's own."""
        self._names: EndpointNames | None = None
        self._wanted = dict(_FIRST_WIDTHS)
        """Cells of the widest text so far in each column that grows with its texts; columns never shrink."""
        self._shared: dict[Column, str | None] = dict.fromkeys(_ENDS)
        """What the addresses so far begin with; None before the first."""
        self._dropped = dict.fromkeys(_ENDS, "")
        """The part of that which the rows leave out; empty where there is room for it."""
        self._has_lost = False
        """Whether some connection lost time: the column is not there for nothing."""
        self._widths: Widths = {}
        self._widths_for: tuple[object, ...] = ()
        self.state_words = {word: words(f"screen.state.{word.value}") for word in StateWord}
        """What a narrow list shows of both ends' states."""

    def attach(self, session: JudgedCapture, names: EndpointNames) -> None:
        """Show the connections of ``session``, in the order and the narrowing that were chosen before."""
        self.session = session
        self._names = names
        self.traffic.close()
        before, self.index = self.index, ConnectionIndex()
        self.index.sorting, self.index.narrowing = before.sorting, before.narrowing
        self.touched = False
        self._has_lost = False
        self.cursor = 0
        self.set_row_count(0)

    # -- cursor -------------------------------------------------------------------
    @property
    def stream(self) -> int:
        """The connection under the cursor, or -1 when none is listed."""
        order = self.index.order
        return int(order[self.cursor]) if self.cursor < len(order) else -1

    def put_cursor(self, position: int, *, by_user: bool = False, show: bool = True) -> None:
        """Move the cursor to row ``position``, as `VirtualList.put_cursor` does."""
        self.touched |= by_user and bool(self.row_count)  # a key that comes before the first row moves nothing
        super().put_cursor(position, by_user=by_user, show=show)

    def put_on_stream(self, stream: int, *, by_user: bool = False) -> bool:
        """Move the cursor to ``stream``; returns whether it is listed."""
        position = self.index.position_of(stream)
        if position < 0:
            return False
        self.put_cursor(position, by_user=by_user)
        return True

    def replace_order(self, order: I32) -> None:
        """List the streams of ``order``; the cursor stays on its connection, or goes to the first row."""
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
    def on_resize(self) -> None:
        """Measure anew: the columns are as wide as if the list had been opened in this size."""
        self._wanted = dict(_FIRST_WIDTHS)
        self._shared = dict.fromkeys(_ENDS)
        self.refresh()

    def widths(self, width: int) -> Widths:
        """The current widths of the columns of the table, in a list of ``width`` cells."""
        width -= sum(self._own_widths(width))
        key = self.index.sorting.key
        shared = {end: shared_network(self._shared[end] or "") for end in _ENDS}
        packets = 0 if self.index.narrowing.matching is None else _MATCHED_WIDTH
        has_owners = self.session is not None and bool(owners_of(self.session))
        wanted = (width, key, packets, self._has_lost, has_owners, *self._wanted.values(), *shared.values())
        if wanted != self._widths_for:
            mark, client, server, state, note = (self._wanted[column] for column in _FIRST_WIDTHS)
            ellipsis = self.glyphs.ellipsis
            saved = {end: len(network) - len(left_out(network, ellipsis)) for end, network in shared.items()}
            if width < NARROW:
                state = max(map(cell_len, self.state_words.values()))
            short = (client - saved[Column.CLIENT], server - saved[Column.SERVER])
            marked = [cell_len(self._title(column)) + 1 for column in COLUMNS if column.sort is key]
            needs = Needs(mark, client, server, *short, state, note, has_owners, packets, max(marked, default=0))
            shown = [name for name in self._shown if name is not SortKey.LOST or self._has_lost]
            self._widths, is_short = column_widths(width, needs, key, shown)
            self._dropped = shared if is_short else dict.fromkeys(_ENDS, "")
            self._widths_for = wanted
        return self._widths

    def shows_newest_column(self, hidden: int) -> bool:
        """Whether there is room for the column of the user's own added last; ``hidden``: its width if not shown."""
        widths = self._own_widths(self.scrollable_content_region.width or hidden)
        return bool(widths) and widths[-1] > 0

    def _own_widths(self, width: int) -> list[int]:
        return self.cells.widths(max(width // _OWN_SHARE, width - _LEAST_BESIDE))

    def _own_heading(self, width: int) -> list[Segment]:
        """The headings of the user's columns, with a mark at the one that the list is sorted by."""
        cells, sorting, glyphs = [], self.index.sorting, self.glyphs
        for place, (column, size) in enumerate(zip(self.cells.columns, self._own_widths(width), strict=True)):
            if size:
                is_key = column.text == sorting.expression
                sign = (glyphs.ascending if sorting.is_reversed else glyphs.descending) if is_key else " "
                text = self.cells.heading(place, size, glyphs.ellipsis)[:-1] + sign
                cells.append(Segment(text, self.palette.strong if is_key else self.palette.head))
        return cells

    def _own_row(self, stream: int, width: int) -> list[Segment]:
        """The cells of the user's columns."""
        return [
            Segment(
                self.cells.fitted(
                    place,
                    "" if stream == self.concealed else self.cells.text(place, stream),
                    size,
                    self.glyphs.ellipsis,
                ),
                self.palette.plain,
            )
            for place, size in enumerate(self._own_widths(width))
            if size
        ]

    def forget_widths(self) -> None:
        """Size the columns anew: their texts are others now."""
        self._wanted = dict(_FIRST_WIDTHS)

    def _measure(self) -> None:
        """Widen the columns for the rows that are on screen now."""
        if self.session is not None and not self._has_lost:
            self._has_lost = bool(self.session.lost_ns.any())
        first = self.scroll_offset.y
        self.cells.want(self.index.order[first : first + self.page_rows].tolist())
        for position in range(first, min(first + self.page_rows, len(self.index))):
            row = self._list_row(int(self.index.order[position]))
            if row.noted:  # a long note on one row must not take a column from all
                row = replace(row, noted=self.glyphs.marked)
            for column in COLUMNS:
                if column.id in self._wanted:
                    text = column.cell(row)[0]
                    self._wanted[column.id] = max(self._wanted[column.id], cell_len(text))
            for end, text in ((Column.CLIENT, row.client), (Column.SERVER, row.server)):
                host, before = text.rpartition(":")[0], self._shared[end]
                self._shared[end] = host if before is None else shared_beginning(before, host)

    def _endpoints(self, stream: int) -> tuple[str, str]:
        assert self.session is not None
        assert self._names is not None
        streams = self.session.streams
        flow, is_b = int(streams.flow[stream]), int(streams.client_is_b[stream])
        row = int(streams.first_row[stream])
        names = self._names
        return names.name(flow, is_b, False, row, stream), names.name(flow, 1 - is_b, True, row, stream)

    def ends(self, stream: int) -> str:
        """Client and server of ``stream`` in one line."""
        return f" {self.glyphs.right} ".join(self._endpoints(stream))

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
        """The column titles, with a mark at the one that the list is sorted by."""
        self._measure()  # here, because the heading is painted before the rows
        if not self.row_count:
            return [Segment(fit("  " + self.empty_text, width, self.glyphs.ellipsis), self.palette.faint)]
        widths, glyphs, sorting = self.widths(width), self.glyphs, self.index.sorting
        if widths[Column.TRAFFIC] and self.session is not None:
            first = self.scroll_offset.y
            self.traffic.want(self.session, self.index.order[first : first + self.page_rows].tolist())
        cells = []
        for column in COLUMNS:
            size = widths[column.id]
            if not size:
                continue
            if column.id is Column.NOTE:
                cells += self._own_heading(width)
            sign, style = " ", self.palette.head
            if column.sort is sorting.key:
                sign, style = glyphs.ascending if sorting.is_reversed else glyphs.descending, self.palette.strong
            cells.append(Segment(column.fitted_heading(self._title(column), size, glyphs.ellipsis, sign), style))
        return cells

    def _title(self, column: ListColumn) -> str:
        """The heading of ``column``, without a mark."""
        if column.shape is CellFormat.MARK:
            return ""
        return self.words(column.heading, right=self.glyphs.right, left=self.glyphs.left)

    def heading_clicked(self, x: int) -> None:
        """Ask for the order of the column whose heading is at cell ``x``."""
        width = self.scrollable_content_region.width
        widths = self.widths(width)
        right = 0
        for column in COLUMNS:
            if column.id is Column.NOTE:
                for own, size in zip(self.cells.columns, self._own_widths(width), strict=True):
                    right += size
                    if x < right:
                        self.post_message(self.SortWanted(self, None, own.text))
                        return
            right += widths[column.id]
            if x < right:
                self.post_message(self.SortWanted(self, column.sort))
                return

    def note(self, stream: int) -> str:
        """The note of a connection: its headline finding, else its leading problem verdict; empty without either."""
        return self._diagnosis(stream) or self._verdict(stream)

    def _diagnosis(self, stream: int) -> str:
        """The headline finding of a connection; empty without a warning or error."""
        session = self.session
        if session is None or stream >= len(session.severity) or session.severity[stream] < Severity.WARNING:
            return ""
        headline = session.headline(stream)
        return "" if headline is None else finding_short(headline, self.words)

    def _verdict(self, stream: int) -> str:
        """The leading problem verdict of a connection as `trouble` says it; empty without one."""
        if self.session is None or not int(self.session.streams.troubled[stream]):
            return ""
        return self.trouble(int(self.session.streams.verdicts[stream]))

    def trouble(self, bits: int) -> str:
        """The name of the leading verdict among ``bits``, marked so that nobody takes it for a diagnosis."""
        name = problem_name(bits, lambda name: self.words(f"screen.verdict.{name}"))
        return self.words("screen.list.verdict", verdict=name) if name else ""

    def row(self, position: int, width: int) -> list[Segment]:
        """One connection."""
        row, widths = self._list_row(int(self.index.order[position])), self.widths(width)
        cells = []
        for column in COLUMNS:
            size = widths[column.id]
            if column.id is Column.NOTE:
                cells += self._own_row(row.stream, width)
            if size:
                text, style = column.cell(row)
                if row.stream == self.concealed and column.shape is not CellFormat.ENDPOINT:
                    text = ""
                elif column.id is Column.STATE and width - sum(self._own_widths(width)) < NARROW:
                    text = self._state_word(row)
                elif dropped := self._dropped.get(column.id):
                    text = left_out(dropped, self.glyphs.ellipsis) + text.removeprefix(dropped)
                cells.append(Segment(column.fitted(text, size, self.glyphs), style))
        return cells

    def _state_word(self, row: ListRow) -> str:
        marks = int(row.streams.marks[row.stream])
        return self.state_words[state_word(row.client_state, row.server_state, marks)]

    def summary(self) -> str:
        """The connection under the cursor but for its ends: every column that has a text, uncut, behind its title."""
        row = self._list_row(self.stream)
        glyphs = self.glyphs
        told = []
        for column in COLUMNS:
            text, _ = column.cell(row)
            if text and column.shape not in (CellFormat.MARK, CellFormat.ENDPOINT, CellFormat.BARS):
                told.append(f"{self.words(column.heading, right=glyphs.right, left=glyphs.left)} {text}")
        for place, own in enumerate(self.cells.columns):
            if text := self.cells.text(place, row.stream):
                told.append(f"{safe_text(own.text)} {text}")
        return ", ".join(told)

    def note_of(self, stream: int) -> Note:
        """The mark and note of a connection."""
        if self.notebook is None or self.session is None:
            return NO_NOTE
        return self.notebook.connection(int(self.session.store.frame[self.session.streams.first_row[stream]]))

    def _noted(self, stream: int) -> str:
        note = self.note_of(stream)
        return f"{self.glyphs.marked} {safe_text(note.text)}".rstrip() if note else ""

    def _owner(self, stream: int) -> str:
        """The owners of both ends, one where they are the same or the other is not known."""
        if self.session is None:
            return ""
        names = dict.fromkeys(owner.name for owner in owners_of(self.session).of(stream) if owner is not None)
        return f" {self.glyphs.right} ".join(name for name in names if name)

    def _list_row(self, stream: int) -> ListRow:
        session = self.session
        assert session is not None
        client, server = self._endpoints(stream)
        states, client_state, server_state = self._states(stream)
        severity, lost_ns = session.severity, session.lost_ns
        diagnosis = self._diagnosis(stream)
        matching = self.index.narrowing.matching
        return ListRow(
            session.streams, stream, client, server, states, client_state, server_state,
            severity=int(severity[stream]) if stream < len(severity) else 0,
            lost_ns=int(lost_ns[stream]) if stream < len(lost_ns) else 0,
            rates=rates_of(session),
            diagnosis=diagnosis,
            verdict="" if diagnosis else self._verdict(stream),
            palette=self.palette,
            glyphs=self.glyphs,
            matched=None if matching is None else matching.count_of(stream),
            noted=self._noted(stream),
            owner=self._owner(stream),
            traffic=self.traffic.text(stream),
        )  # fmt: skip
