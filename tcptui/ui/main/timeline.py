"""Pane 2: the packets of one connection between its two ends, one line each.

How the timeline divides its width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tcptui.analysis.stream.table import NO_BASE
from tcptui.model.finding import Severity
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import I32, RowKind
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.model.verdict import Verdict, leading_verdict
from tcptui.session.stream_rows import place_of
from tcptui.ui.cell_text import clock, fit, fit_endpoint, span, stamp
from tcptui.ui.main.arrow_text import arrow, arrow_text, segment_at
from tcptui.ui.main.corrections import ShownCorrections
from tcptui.ui.main.packet_severity import is_problem, packet_severity
from tcptui.ui.main.payload_preview import preview
from tcptui.ui.main.state_text import LONG_WIDTH, SHORT_WIDTH, is_known, state_text
from tcptui.ui.view_options import TimeBase, ViewOptions
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.binding import BindingType

    from tcptui.session.session import Session
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words
    from tcptui.words.correction_text import RowCorrection

_PREVIEWS: Final = 512
_CHUNK: Final = 65536


def _segments(parts: tuple[str, str, str], style: Style) -> list[Segment]:
    """Shaft, label, shaft.

    The label's style differs in nothing that is seen: so it stays a run of its own and
    a picture of the screen puts what follows wide characters where it belongs.
    """
    before, label, after = parts
    return [Segment(before, style), Segment(label, style + Style(strike=False)), Segment(after, style)]


class Timeline(VirtualList, inherit_bindings=False):
    """The rows of one stream; ICMP errors about it are rows of their own."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str = "timeline") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.options = options
        self.session: Session | None = None
        self.stream = -1
        self.rows: I32 = np.zeros(0, np.int32)
        self.raw_numbers = False
        self.ends = ("", "")
        self._raised: Mapping[int, Severity] = {}
        self._steps: frozenset[int] = frozenset()
        self._hidden_from: int | None = None
        self._masked_row = -1
        self._previews: LruCache[int, str] = LruCache(_PREVIEWS)
        self._columns = TimelineColumns(0, 0, 0, 0, 0, 0)
        self._columns_for: tuple[object, ...] = ()
        self._corrections = ShownCorrections()

    # -- contents ------------------------------------------------------------------
    def show(self, session: Session, stream: int, ends: tuple[str, str]) -> None:
        """Show ``stream`` from its first packet; ``ends`` are client and server as text."""
        self.session, self.stream, self.ends = session, stream, ends
        self._raised, self._hidden_from, self._masked_row = {}, None, -1
        self.rows = session.rows_of(stream)
        self.cursor = 0
        self.set_row_count(len(self.rows))
        self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    def clear(self) -> None:
        """Show nothing: no connection is selected."""
        self.stream, self.ends, self._raised = -1, ("", ""), {}
        self.rows = self.rows[:0]
        self.set_row_count(0)
        self.refresh()

    def grow(self) -> bool:
        """Take in rows that came since, and let go of those that have left; whether there were any.

        The cursor stays on its packet, or goes to the oldest one that is kept.
        """
        if self.session is None or self.stream < 0:
            return False
        rows = self.session.rows_of(self.stream)
        left = place_of(self.rows, self.session.store.first)
        grown = left > 0 or len(rows) != len(self.rows)
        self.rows = rows
        if left:
            self.cursor = max(self.cursor - left, 0)
            top = max(int(self.scroll_offset.y) - left, 0)
        if grown:  # whoever asks draws what changed in the rows that were there
            self._count_rows()
        if left:
            self.scroll_to(y=top, animate=False, immediate=True)
            self.refresh()
        return grown

    def conceal(self, hidden_from: int | None, masked_row: int = -1) -> None:
        """Show only what precedes the store's row ``hidden_from``, and of ``masked_row`` no state and no verdict.

        None shows everything again.
        """
        self._hidden_from, self._masked_row = hidden_from, masked_row
        self._count_rows()
        self.refresh()

    @property
    def conceals(self) -> bool:
        """Whether something is kept back for a prediction."""
        return self._hidden_from is not None or self._masked_row >= 0

    def _count_rows(self) -> None:
        hidden = self._hidden_from
        self.set_row_count(len(self.rows) if hidden is None else place_of(self.rows, hidden))

    def raise_rows(self, raised: Mapping[int, Severity]) -> None:
        """Draw rows as loudly as the findings that rest on them."""
        if raised != self._raised:
            self._raised = raised
            self.refresh()

    def highlight(self, rows: frozenset[int]) -> None:
        """Mark the rows that a lesson's step points at."""
        if rows != self._steps:
            self._steps = rows
            self.refresh()

    def set_options(self, options: ViewOptions) -> None:
        """Show times otherwise."""
        self.options = options
        self.refresh()

    def toggle_raw(self) -> None:
        """Between relative and raw sequence numbers."""
        self.raw_numbers = not self.raw_numbers
        self.refresh()

    @property
    def raised(self) -> Mapping[int, Severity]:
        """What findings say about single rows."""
        return self._raised

    @property
    def packet_row(self) -> int:
        """The store's row under the cursor, or -1; also for one that has left a moment ago."""
        row = int(self.rows[self.cursor]) if self.cursor < len(self.rows) else -1
        return row if self.session is not None and row >= self.session.store.first else -1

    def put_on_row(self, row: int, *, by_user: bool = False) -> bool:
        """Cursor to the store's ``row`` if this connection has it."""
        position = place_of(self.rows, row)
        if position >= len(self.rows) or int(self.rows[position]) != row:
            return False
        self.put_cursor(position, by_user=by_user)
        return True

    def next_problem(self, step: int, start: int | None = None) -> int:
        """The nearest position after (before) ``start`` that is a warning or worse, or -1."""
        if self.session is None:
            return -1
        store = self.session.store
        position = self.cursor if start is None else start
        loud = np.array([row for row, level in self._raised.items() if level >= Severity.WARNING], np.int32)
        raised = np.searchsorted(self.rows, loud)
        raised = raised[np.isin(loud, self.rows[raised[raised < len(self.rows)]])]  # some are of other connections
        ahead = raised[raised > position] if step > 0 else raised[raised < position]
        nearest = -1 if not len(ahead) else int(ahead.min() if step > 0 else ahead.max())
        end = len(self.rows) if nearest < 0 else nearest
        remaining = self.rows[position + 1 : end] if step > 0 else self.rows[nearest + 1 : max(0, position)][::-1]
        for begin in range(0, len(remaining), _CHUNK):
            found = np.flatnonzero(is_problem(store, remaining[begin : begin + _CHUNK]))
            if len(found):
                distance = begin + int(found[0]) + 1
                return position + distance if step > 0 else position - distance
        return nearest

    # -- drawing ---------------------------------------------------------------------
    def overlay(self, position: int) -> Style | None:
        """Rows of the current step stand out."""
        return self.palette.step if self._steps and int(self.rows[position]) in self._steps else None

    def columns(self, width: int) -> TimelineColumns:
        """The column widths for this connection."""
        wanted = (width, self.stream, len(self.rows), self.options)
        if wanted != self._columns_for and self.session is not None and len(self.rows):
            digits = max(2, len(str(int(self.session.store.frame[self.rows[-1]]))))
            time = 0 if self.options.hide_times else len(self._time(int(self.rows[-1]))) + 1
            self._columns = ladder_columns(width, digits, time)
            self._columns_for = wanted
        return self._columns

    def _time(self, row: int) -> str:
        assert self.session is not None
        times = self.session.store.time_ns
        ns = int(times[row])
        if self.options.time_base is TimeBase.CLOCK:
            return clock(ns)
        first = int(self.rows[0]) if self.options.time_base is TimeBase.CONNECTION else 0
        return stamp(ns - int(times[first]))

    def heading(self, width: int) -> list[Segment]:
        """Titles, and the two ends above their lanes."""
        palette, words, ellipsis = self.palette, self.words, self.glyphs.ellipsis
        if not len(self.rows) or self.session is None:
            has_left = self.stream >= 0 and self.session is not None and self.session.store.first > 0
            text = words("screen.ladder.left" if has_left else "screen.ladder.empty")
            return [Segment(fit("  " + text, width, ellipsis), palette.faint)]
        columns = self.columns(width)
        cells = [Segment(" " * MARKS, palette.head)]
        if columns.frame:
            cells.append(Segment(fit("#", columns.frame - 1, ellipsis, right=True) + " ", palette.head))
        if columns.time:
            cells.append(Segment(fit(words("screen.column.time"), columns.time, ellipsis), palette.head))
        if columns.delta:
            cells.append(Segment(fit(self.glyphs.delta, columns.delta - 1, ellipsis, right=True) + " ", palette.head))
        # Each end's text begins over its states and reaches into the lane: both get the same share.
        half = columns.state + columns.lane // 2 - 1
        client, server = (end if len(end) <= half else fit_endpoint(end, half, ellipsis) for end in self.ends)
        named = (f"{words('screen.column.client')} {client}", f"{server} {words('screen.column.server')}")
        if max(map(cell_len, named)) <= half:
            client, server = named
        gap = 2 * columns.state + columns.lane - cell_len(client) - cell_len(server)
        cells.append(Segment(client, palette.client))
        cells.append(Segment(" " * max(1, gap), palette.head))
        cells.append(Segment(server, palette.server))
        if columns.note:
            cells.append(Segment(" " + fit(words("screen.column.note"), columns.note - 1, ellipsis), palette.head))
        return cells

    def row(self, position: int, width: int) -> list[Segment]:
        """One packet."""
        session = self.session
        assert session is not None
        store, palette, columns, glyphs = session.store, self.palette, self.columns(width), self.glyphs
        row = int(self.rows[position])
        masked = row == self._masked_row
        severity = 0 if masked else int(packet_severity(store, row, self._raised) or 0)
        concealing = self._hidden_from is not None or masked  # a correction tells of later packets
        correction = None if concealing else self._corrections.at(session, self.stream, len(self.rows), row)
        if correction is not None:
            severity = max(severity, int(Severity.NOTE))
        is_cursor = position == self.cursor
        loud = palette.severity(severity)
        cells = [Segment((glyphs.cursor if is_cursor else " ") + glyphs.severity(severity) + " ", loud)]
        if columns.frame:
            cells.append(
                Segment(fit(str(int(store.frame[row])), columns.frame - 1, "", right=True) + " ", palette.faint)
            )
        if columns.time:
            cells.append(Segment(fit(self._time(row), columns.time, ""), palette.faint))
        if columns.delta:
            cells.append(Segment(self._delta(position, columns.delta), palette.faint))
        from_server = bool(store.from_b[row]) != bool(session.streams.client_is_b[self.stream])
        client, server = self._states(position, is_cursor, columns, correction)
        name = self._problem(row) or self._corrected(correction)
        cells += [client, Segment(glyphs.lane, palette.client)]
        cells += self._arrow(row, from_server, severity, "" if columns.note else name, columns.lane - 2)
        cells += [Segment(glyphs.lane, palette.server), server]
        if columns.note:
            cells += self._note(row, name, severity, columns.note)
        return cells

    def _delta(self, position: int, width: int) -> str:
        assert self.session is not None
        times = self.session.store.time_ns
        text = ""
        if position:
            passed = int(times[self.rows[position]]) - int(times[self.rows[position - 1]])
            text = span(passed, self.glyphs.micro)
        return fit(text, width - 1, "", right=True) + " "

    def _states(
        self, position: int, is_cursor: bool, columns: TimelineColumns, correction: RowCorrection | None
    ) -> tuple[Segment, Segment]:
        """Both ends' states where they change or were corrected, and always under the cursor."""
        assert self.session is not None
        store = self.session.store
        row = int(self.rows[position])
        if row == self._masked_row:
            left, right = (fit("?", columns.state - 1, "", right=is_left) for is_left in (True, False))
            return Segment(left + " ", self.palette.warning), Segment(" " + right, self.palette.warning)
        now = (int(store.state_a[row]), int(store.state_b[row]))
        before = (0, 0)
        if position:
            earlier = int(self.rows[position - 1])
            before = (int(store.state_a[earlier]), int(store.state_b[earlier]))
        is_b = int(self.session.streams.client_is_b[self.stream])
        cells = []
        for end, style, is_left in ((is_b, self.palette.client, True), (1 - is_b, self.palette.server, False)):
            corrected = correction is not None and (correction.side == 0) == is_left
            changed = corrected or (now[end] != before[end] and store.kind[row] == RowKind.TCP)
            text = ""
            if (changed or is_cursor) and now[end] & STATE_MASK != TcpState.UNSEEN:
                text = state_text(now[end], not columns.long_states, corrected)
            if not changed:
                style = self.palette.faint
            elif not is_known(now[end]):
                style = style + self.palette.assumed
            shown = fit(text, columns.state - 1, self.glyphs.ellipsis, right=is_left)
            cells.append(Segment(shown + " " if is_left else " " + shown, style))
        return cells[0], cells[1]

    def _problem(self, row: int) -> str:
        """What is special about the packet, in words; empty for an ordinary one."""
        assert self.session is not None
        store = self.session.store
        if row == self._masked_row:
            return ""
        if store.kind[row] == RowKind.ICMP_QUOTE:
            return self.words("screen.ladder.icmp")
        verdict = leading_verdict(int(store.verdict[row]))
        return "" if verdict is None else self.words(f"screen.verdict.{verdict.field_name}")

    def _corrected(self, correction: RowCorrection | None) -> str:
        """What later packets say of the packet, in a few words; empty for nearly every one."""
        if correction is None:
            return ""
        from tcptui.words.correction_text import short_text  # see `tcptui.ui.behind`

        return short_text(correction, self.words)

    def _arrow(self, row: int, from_server: bool, severity: int, name: str, width: int) -> list[Segment]:
        assert self.session is not None
        store, glyphs, palette = self.session.store, self.glyphs, self.palette
        heads = (glyphs.to_left, glyphs.to_right)
        style = palette.severity(severity) if severity >= Severity.WARNING else palette.side(from_server)
        if store.kind[row] == RowKind.ICMP_QUOTE:
            # It goes to the end whose packet it quotes, and comes from somewhere between or beyond.
            text = fit(self.words("screen.ladder.icmp"), width - 6, glyphs.ellipsis).rstrip()
            return _segments(arrow(text, width, from_server, glyphs.line_warning, heads), style)
        segment = segment_at(store, self.session.streams, row, self._bases(row))
        if row == self._masked_row or leading_verdict(int(store.verdict[row])) is not Verdict.DUPLICATE_ACK:
            segment = replace(segment, dup_ack_number=0)  # counted, but not what the packet is about
        label = arrow_text(segment, name.upper(), width - 4, glyphs.ellipsis)
        return _segments(arrow(label, width, not from_server, glyphs.arrow_line(severity), heads), style)

    def _bases(self, row: int) -> tuple[int, int]:
        """What the numbers of ``row`` and of its acknowledgment count from."""
        session = self.session
        assert session is not None
        if self.raw_numbers:
            return NO_BASE, NO_BASE
        from_b = bool(session.store.from_b[row])
        own, peer = (session.base(self.stream, row, of_b) for of_b in (from_b, not from_b))
        return own, peer

    def _note(self, row: int, name: str, severity: int, width: int) -> list[Segment]:
        palette, glyphs = self.palette, self.glyphs
        if name:
            store = self.session.store if self.session is not None else None
            is_dup = store is not None and leading_verdict(int(store.verdict[row])) is Verdict.DUPLICATE_ACK
            number = int(store.dup_ack_number[row]) if store is not None and is_dup else 0
            text = f"{glyphs.severity(severity)} {name}" + (f" #{number}" if number else "")
            return [Segment(" " + fit(text, width - 1, glyphs.ellipsis), palette.severity(severity))]
        return [Segment(" " + fit(self._preview(row, width - 3), width - 1, glyphs.ellipsis), palette.faint)]

    def _preview(self, row: int, width: int) -> str:
        assert self.session is not None
        store = self.session.store
        if int(store.length[row]) <= 0 or store.kind[row] != RowKind.TCP:
            return ""
        text = self._previews.get(row)
        if text is None or len(text) > width:
            start = int(store.transport_offset[row]) + int(store.header_length[row])
            payload = self.session.packet(row).data[start : start + int(store.length[row])]
            text = "  " + preview(payload, width - 2)
            self._previews.put(row, text)
        return text


#: Cells for the cursor's and the severity's glyph and a blank.
MARKS: Final = 3
_DELTA: Final = 8
#: The lane keeps this width before anything optional gets a column.
_LANE_COMFORT: Final = 38
#: Room for a problem's name and its bytes.
_LANE_LEAST: Final = 30
_LANE_ROOMY: Final = 44
_NOTE_LEAST: Final = 24
_NOTE_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class TimelineColumns:
    """Widths in cells, blanks included; 0 for a column that does not fit."""

    frame: int
    time: int
    delta: int
    state: int
    """Of each end's state."""
    lane: int
    note: int

    @property
    def long_states(self) -> bool:
        """Whether states are written in full."""
        return self.state > LONG_WIDTH


def ladder_columns(width: int, frame_digits: int, time_width: int) -> TimelineColumns:
    """Divide ``width`` cells; ``time_width`` is 0 when times are hidden."""
    state = SHORT_WIDTH + 1
    lane = width - MARKS - time_width - 2 * state
    delta = frame = note = 0
    if lane - frame_digits - 1 >= _LANE_LEAST:  # explanations name packets by their number
        frame, lane = frame_digits + 1, lane - frame_digits - 1
    if time_width and lane - _DELTA >= _LANE_COMFORT:
        delta, lane = _DELTA, lane - _DELTA
    if lane - _NOTE_LEAST >= _LANE_COMFORT:
        note, lane = _NOTE_LEAST, lane - _NOTE_LEAST
    longer = 2 * (LONG_WIDTH - SHORT_WIDTH)
    if lane - longer >= _LANE_ROOMY:
        state, lane = LONG_WIDTH + 1, lane - longer
    if note and lane > _LANE_ROOMY:
        more = min((lane - _LANE_ROOMY) * 2 // 3, _NOTE_MOST - note)
        note, lane = note + more, lane - more
    return TimelineColumns(frame, time_width, delta, state, lane, note)
