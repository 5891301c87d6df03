"""Pane 2: the packets of one connection between its two ends, one line each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.access.stream_rows import place_of
from tcptui.analysis.stream.table import NO_BASE
from tcptui.model.finding import Severity
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind
from tcptui.model.safe_text import safe_text
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.model.verdict import Verdict, leading_verdict
from tcptui.protocols.summaries import summary_of
from tcptui.ui.cell_text import clock, fit, fit_endpoint, span, stamp
from tcptui.ui.main.arrow_text import arrow, arrow_text, segment_at
from tcptui.ui.main.corrections import ShownCorrections
from tcptui.ui.main.own_cells import OwnCells, of_packets
from tcptui.ui.main.packet_severity import packet_severity
from tcptui.ui.main.state_text import is_proved, state_text
from tcptui.ui.main.timeline_columns import LEAST_BESIDE, MARKS, TimelineColumns, timeline_columns
from tcptui.ui.main.timeline_rows import TimelineRows
from tcptui.ui.view_options import TimeBase, ViewOptions

if TYPE_CHECKING:
    from tcptui.ui.main.request_lines import RequestLine
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words
    from tcptui.words.correction_text import RowCorrection

_PREVIEWS: Final = 512
#: Cells of an arrow's text that is not drawn.
_UNCUT: Final = 10_000
#: Cells of an arrow beside its text: a blank on each side, its head, and of its shaft what shows that it is one.
_AROUND: Final = 4

_LOOKED_AT: Final = 64
#: A payload is shown as text when at least this share (percent) of its first `_LOOKED_AT` bytes is printable.
_TEXT_SHARE: Final = 85
#: The beginning of a text is looked for in so many bytes.
_SKIPPED: Final = 1024


def _segments(parts: tuple[str, str, str], style: Style) -> list[Segment]:
    """Shaft, label, shaft.

    The label's style differs without a visible effect, so that it stays a run of its own:
    then a screenshot places correctly what follows wide characters.
    """
    before, label, after = parts
    return [Segment(before, style), Segment(label, style + Style(strike=False)), Segment(after, style)]


class Timeline(TimelineRows):
    """Draws the rows of one stream."""

    def __init__(self, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str = "timeline") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, options, id=id)
        self._previews: LruCache[tuple[int, int], str] = LruCache(_PREVIEWS)
        self._columns = TimelineColumns(0, 0, 0, 0, 0, 0)
        self._columns_for: tuple[object, ...] = ()
        self._corrections = ShownCorrections(self)
        self.cells = OwnCells(self, of_packets, glyphs.bullet)
        """The columns of the user's own."""

    def overlay(self, position: int) -> Style | None:
        """The highlight of rows that the current step of a lesson points at."""
        return self.palette.step if self._steps and int(self.rows[position]) in self._steps else None

    def columns(self, width: int) -> TimelineColumns:
        """The column widths for this connection in ``width`` cells."""
        own = sum(self._own_widths(width))
        wanted = (width, self.stream, len(self.all_rows), self.options, self._found_width, own)
        if wanted != self._columns_for and self.session is not None and len(self.all_rows):
            digits = max(2, len(str(int(self.session.store.frame[self.all_rows[-1]]))))
            time = 0 if self.options.hide_times else len(self._time(int(self.all_rows[-1]))) + 1
            self._columns = timeline_columns(width - self._found_width - own, digits, time)
            self._columns_for = wanted
        return self._columns

    def shows_newest_column(self, hidden: int) -> bool:
        """Whether there is room for the column of the user's own added last; ``hidden``: its width if not shown."""
        widths = self._own_widths(self.scrollable_content_region.width or hidden)
        return bool(widths) and widths[-1] > 0

    def _own_widths(self, width: int) -> list[int]:
        return self.cells.widths(max(0, width - LEAST_BESIDE))

    def _own(self, row: int, width: int) -> list[Segment]:
        """The cells of the user's columns; empty while something is concealed that they could tell."""
        return [
            Segment(
                self.cells.fitted(
                    place, "" if self.conceals else self.cells.text(place, row), size, self.glyphs.ellipsis
                ),
                self.palette.plain,
            )
            for place, size in enumerate(self._own_widths(width))
            if size
        ]

    @property
    def _found_width(self) -> int:
        """Cells for the number of the search that has found something in the row, and a blank."""
        return 2 if self.highlights is not None and self.highlights.kept else 0

    def _found(self, row: int) -> list[Segment]:
        """That number; of several the one that is followed."""
        if not self._found_width or self.highlights is None:
            return []
        numbers = () if self.conceals else self.highlights.at(row)
        if not numbers:
            return [Segment("  ", self.palette.plain)]
        hit = self.palette.plain + self.palette.hit(numbers[0])
        return [Segment(str(numbers[0]), hit), Segment(" ", self.palette.plain)]

    def _time(self, row: int) -> str:
        assert self.session is not None
        times = self.session.store.time_ns
        ns = int(times[row])
        if self.options.time_base is TimeBase.CLOCK:
            return clock(ns)
        first = int(self.all_rows[0]) if self.options.time_base is TimeBase.CONNECTION else 0
        return stamp(ns - int(times[first]))

    def heading(self, width: int) -> list[Segment]:
        """The column titles, and the two ends above their lanes."""
        palette, words, ellipsis = self.palette, self.words, self.glyphs.ellipsis
        if not len(self.rows) or self.session is None:
            was_evicted = self.stream >= 0 and self.session is not None and self.session.store.first > 0
            text = words("screen.ladder.left") if was_evicted else self.empty_text or words("screen.ladder.empty")
            if len(self.all_rows):
                text = words("screen.filter.none_here")
            return [Segment(fit("  " + text, width, ellipsis), palette.faint)]
        top = int(self.scroll_offset.y)
        self.cells.want(self.rows[top : top + self.page_rows].tolist())
        columns = self.columns(width)
        before = [(" " * (MARKS + self._found_width), palette.head)]
        if columns.frame:
            before.append((fit("#", columns.frame - 1, ellipsis, right=True) + " ", palette.head))
        if columns.time:
            # Not aligned right as the times are: the client's name comes right behind.
            before.append((fit(words("screen.column.time"), columns.time, ellipsis), palette.head))
        if columns.delta:
            before.append((fit(self.glyphs.delta, columns.delta - 1, ellipsis, right=True) + " ", palette.head))
        cells = [
            Segment(self.cells.heading(place, size, ellipsis), palette.head)
            for place, size in enumerate(self._own_widths(width))
            if size
        ]
        # The client's text begins above its states, the server's ends above its own; a long one gets what the other
        # leaves of the lane.
        room = 2 * columns.state + columns.lane - 1
        client, server = self.ends
        note = columns.note
        if note and cell_len(client) + cell_len(server) > room:  # its heading gives way: what it says is seen
            beyond = min(cell_len(client) + cell_len(server) - room, note)
            room, note = room + beyond, note - beyond
        while not cells and len(before) > 1 and cell_len(client) + cell_len(server) > room:
            room += cell_len(before.pop()[0])  # so do those of numbers that speak for themselves
        cells = [*(Segment(text, style) for text, style in before), *cells]
        if cell_len(client) + cell_len(server) > room:
            client = _within(client, max(room // 2, room - cell_len(server)), ellipsis)
            server = _within(server, room - cell_len(client), ellipsis)
        named = (f"{words('screen.column.client')} {client}", f"{server} {words('screen.column.server')}")
        if sum(map(cell_len, named)) <= room:
            client, server = named
        gap = room + 1 - cell_len(client) - cell_len(server)
        cells.append(Segment(client, palette.client))
        cells.append(Segment(" " * max(1, gap), palette.head))
        cells.append(Segment(server, palette.server))
        if note > cell_len(words("screen.column.note")):
            cells.append(Segment(" " + fit(words("screen.column.note"), note - 1, ellipsis), palette.head))
        elif note:
            cells.append(Segment(" " * note, palette.head))
        return cells

    def row(self, position: int, width: int) -> list[Segment]:
        """One packet."""
        session = self.session
        assert session is not None
        store, palette, columns, glyphs = session.store, self.palette, self.columns(width), self.glyphs
        row = int(self.rows[position])
        masked = row == self._masked_row
        severity = 0 if masked else int(packet_severity(store, row, self._raised) or 0)
        concealing = self._hidden_from is not None or masked  # a correction would give later packets away
        correction = None if concealing else self._corrections.at(session, self.stream, len(self.all_rows), row)
        if correction is not None:
            severity = max(severity, int(Severity.NOTE))
        is_cursor = position == self.cursor
        above_note = palette.severity(severity)
        cells = [Segment((glyphs.cursor if is_cursor else " ") + glyphs.severity(severity), above_note)]
        note = self.note_of(row)
        cells.append(Segment(glyphs.marked if note else " ", palette.key))
        found = self._found(row)
        cells += found
        if columns.frame:
            cells.append(
                Segment(fit(str(int(store.frame[row])), columns.frame - 1, "", right=True) + " ", palette.faint)
            )
        if columns.time:
            cells.append(Segment(fit(self._time(row), columns.time - 1, "", right=True) + " ", palette.faint))
        if columns.delta:
            cells.append(Segment(self._delta(position, columns.delta), palette.faint))
        cells += self._own(row, width)
        from_server = bool(store.from_b[row]) != bool(session.streams.client_is_b[self.stream])
        client, server = self._states(position, is_cursor, columns, correction)
        room = columns.note or columns.lane - 2
        name = self._problem(row) or self._corrected(correction, room - _AROUND)
        if not concealing:
            name = self._with_kernel(row, name)
        cells += [client, Segment(glyphs.lane, palette.client)]
        # An answer comes in later packets, too.
        request = None if name or concealing else self._requests.get(int(store.frame[row]))
        in_lane = None if columns.note else request
        cells += self._arrow(row, from_server, severity, "" if columns.note else name, in_lane, columns.lane - 2)
        cells += [Segment(glyphs.lane, palette.server), server]
        if columns.note and note.text:
            text = fit(f"{glyphs.marked} {safe_text(note.text)}", columns.note - 1, glyphs.ellipsis)
            cells.append(Segment(f" {text}", palette.key))
        elif columns.note:
            cells += self._note(row, name, severity, request, columns.note)
        if self.is_context(row):
            return [cell if cell in found else Segment(cell.text, palette.faint) for cell in cells]
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
        """Both ends' states, shown where they change or were corrected, and in the row under the cursor."""
        assert self.session is not None
        store = self.session.store
        row = int(self.rows[position])
        if row == self._masked_row:
            left, right = (fit("?", columns.state - 1, "", right=is_left) for is_left in (True, False))
            return Segment(left + " ", self.palette.warning), Segment(" " + right, self.palette.warning)
        now = (int(store.state_a[row]), int(store.state_b[row]))
        before = (0, 0)
        place = place_of(self.all_rows, row)
        if place:
            earlier = int(self.all_rows[place - 1])
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
            elif not is_proved(now[end]):
                style = style + self.palette.assumed
            shown = fit(text, columns.state - 1, self.glyphs.ellipsis, right=is_left)
            cells.append(Segment(shown + " " if is_left else " " + shown, style))
        return cells[0], cells[1]

    def _problem(self, row: int) -> str:
        """The name of the packet's leading verdict, or of an ICMP error; empty for an ordinary packet."""
        assert self.session is not None
        store = self.session.store
        if row == self._masked_row:
            return ""
        if store.kind[row] == RowKind.ICMP_QUOTE:
            return self.words("screen.ladder.icmp")
        verdict = leading_verdict(int(store.verdict[row]))
        return "" if verdict is None else self.words(f"screen.verdict.{verdict.field_name}")

    def _with_kernel(self, row: int, name: str) -> str:
        """``name`` with what this host's kernel said about the packet, where it did."""
        if self.session is None or KernelEvents.of(self.session).log is None:
            return name
        from tcptui.words.kernel_text import short_lines  # see `tcptui.ui.preload`

        said = short_lines(self.session, row, self.words)
        return self.words("narrative.join").join([*([name] if name else []), *said])

    def _corrected(self, correction: RowCorrection | None, room: int) -> str:
        """What later packets corrected about the packet, in a few words; empty without a correction.

        The packet that shows it is named where ``room`` cells hold that: half of its number would be another's.
        """
        if correction is None:
            return ""
        from tcptui.words.correction_text import short_text  # see `tcptui.ui.preload`

        whole = short_text(correction, self.words)
        return whole if cell_len(whole) <= room else short_text(replace(correction, proof_frame=0), self.words)

    def _arrow(
        self, row: int, from_server: bool, severity: int, name: str, request: RequestLine | None, width: int
    ) -> list[Segment]:
        assert self.session is not None
        store, glyphs, palette = self.session.store, self.glyphs, self.palette
        heads = (glyphs.to_left, glyphs.to_right)
        style = palette.severity(severity) if severity >= Severity.WARNING else palette.side(from_server)
        if store.kind[row] == RowKind.ICMP_QUOTE:
            # An ICMP error goes to the end whose packet it quotes, and comes from a node on or beyond the path.
            text = fit(self.words("screen.ladder.icmp"), width - 6, glyphs.ellipsis).rstrip()
            return _segments(arrow(text, width, from_server, glyphs.line_warning, heads), style)
        segment = segment_at(store, self.session.streams, row, self._bases(row))
        if row == self._masked_row or leading_verdict(int(store.verdict[row])) is not Verdict.DUPLICATE_ACK:
            segment = replace(segment, dup_ack_number=0)  # it is counted, but it is not the packet's leading verdict
        if request is None:
            label = arrow_text(segment, name.upper(), width - _AROUND, glyphs.ellipsis)
        else:
            label = request.fitted(width - _AROUND, glyphs.ellipsis)
        return _segments(arrow(label, width, not from_server, glyphs.arrow_line(severity), heads), style)

    def summary(self) -> str:
        """The packet under the cursor on one line: who sent it, the problem's name, and all that its arrow may say."""
        session, row = self.session, self.packet_row
        if session is None or row < 0:
            return ""
        name = self._problem(row)
        if session.store.kind[row] == RowKind.ICMP_QUOTE:
            return name
        from_server = bool(session.store.from_b[row]) != bool(session.streams.client_is_b[self.stream])
        sender, receiver = reversed(self.ends) if from_server else self.ends
        segment = segment_at(session.store, session.streams, row, self._bases(row))
        label = arrow_text(segment, name, _UNCUT, "")
        return f"{sender} {self.glyphs.right} {receiver}: {label}"

    def _bases(self, row: int) -> tuple[int, int]:
        """The bases of relative numbers at ``row``: of its sequence number, of its acknowledgment number."""
        session = self.session
        assert session is not None
        if self.raw_numbers:
            return NO_BASE, NO_BASE
        from_b = bool(session.store.from_b[row])
        own, peer = (session.reader.landmarks.base(self.stream, row, of_b) for of_b in (from_b, not from_b))
        return own, peer

    def _note(self, row: int, name: str, severity: int, request: RequestLine | None, width: int) -> list[Segment]:
        palette, glyphs = self.palette, self.glyphs
        if name:
            store = self.session.store if self.session is not None else None
            is_dup = store is not None and leading_verdict(int(store.verdict[row])) is Verdict.DUPLICATE_ACK
            number = int(store.dup_ack_number[row]) if store is not None and is_dup else 0
            text = f"{glyphs.severity(severity)} {name}" + (f" #{number}" if number else "")
            return [Segment(" " + fit(text, width - 1, glyphs.ellipsis), palette.severity(severity))]
        if request is not None:
            text = "   " + request.fitted(width - _AROUND, glyphs.ellipsis)
            return [Segment(fit(text, width, glyphs.ellipsis), palette.plain)]
        return [Segment(" " + fit(self._preview(row, width - 1), width - 1, glyphs.ellipsis), palette.faint)]

    def _preview(self, row: int, width: int) -> str:
        assert self.session is not None
        store = self.session.store
        if int(store.length[row]) <= 0 or store.kind[row] != RowKind.TCP:
            return ""
        text = self._previews.get((row, width))
        if text is None or len(text) > width:
            start = int(store.header_length[row])
            payload = self.session.reader.packet(row).from_transport[start : start + int(store.length[row])]
            text = "  " + preview(payload, width - 2, self.glyphs.ellipsis)
            self._previews.put((row, width), text)
        return text


def _within(endpoint: str, width: int, ellipsis: str) -> str:
    """``endpoint`` in at most ``width`` cells."""
    return endpoint if cell_len(endpoint) <= width else fit_endpoint(endpoint, width, ellipsis)


def preview(payload: bytes, width: int, ellipsis: str = "…") -> str:
    """What a protocol says of it, the beginning of a text, or the first bytes in hexadecimal, in ``width`` characters.

    Of a text blank space before it is left out, and any other stands for one blank; ``ellipsis`` ends what is cut.
    """
    head = payload[:_LOOKED_AT]
    if not head or width < 4:
        return ""
    summary = summary_of(payload)
    if summary:
        return _fitted(safe_text(summary, width + 1), width, ellipsis)
    words = payload[:_SKIPPED].split()
    printable = sum(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in head)
    if words and printable * 100 >= _TEXT_SHARE * len(head):
        return _fitted(safe_text(b" ".join(words), width + 1), width, ellipsis)
    whole = head.hex(" ")
    if len(payload) == len(head) and len(whole) <= width:
        return whole
    return head[: max(1, (width - len(ellipsis)) // 3)].hex(" ") + " " + ellipsis


def _fitted(text: str, width: int, ellipsis: str) -> str:
    return text if len(text) <= width else text[: width - len(ellipsis)].rstrip() + ellipsis
