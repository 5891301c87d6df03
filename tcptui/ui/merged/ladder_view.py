"""The ladder of one connection at two capture points: a lane for each, a line for each packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tcptui.model.finding import Severity
from tcptui.model.verdict import leading_verdict
from tcptui.points.fates import Fate
from tcptui.points.ladder import ABSENT
from tcptui.ui.cell_text import clock, fit, span, stamp
from tcptui.ui.main.arrow_text import arrow_text, segment_at
from tcptui.ui.merged.ladder_columns import MARKS, LadderColumns, ladder_columns
from tcptui.ui.merged.lanes import Way, drawn, lacking_side, room_for, way_of
from tcptui.ui.view_options import TimeBase
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList
from tcptui.words.merged_packet import fate_word

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.strip import Strip

    from tcptui.points.ladder import Ladder
    from tcptui.ui.merged.merging import Merged
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

_SEVERITY: Final = {
    Way.WHOLE: 0, Way.DIES: Severity.ERROR, Way.MISSED: Severity.WARNING, Way.BEGINS: Severity.WARNING,
    Way.OPEN: Severity.WARNING, Way.OUTSIDE: Severity.NOTE,
}  # fmt: skip


class LadderView(VirtualList, inherit_bindings=False):
    """Draws a `Ladder`; only the rows on screen are made into text."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, merged: Merged, glyphs: Glyphs, words: Words, options: ViewOptions) -> None:
        super().__init__(glyphs, id="merged-ladder")
        self.words, self.options = words, options
        self._merged = merged
        self.pair = ABSENT
        self.ladder: Ladder | None = None
        self.empty_text = ""
        """Why there is nothing to draw."""
        self._columns: tuple[int, LadderColumns] | None = None
        self._own_shift = 0

    # -- contents ------------------------------------------------------------------
    def show(self, merged: Merged, pair: int, empty_text: str) -> None:
        """Show the packets of ``pair`` from its first one on; where it has none, ``empty_text``."""
        self._merged, self.pair, self.empty_text, self._columns = merged, pair, empty_text, None
        self.ladder = None if pair < 0 else merged.ladders.of(pair)
        self._own_shift = 0 if self.ladder is None else self._shift(self.ladder)
        self.cursor = 0
        self.set_row_count(0 if self.ladder is None else len(self.ladder))
        self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    @property
    def row_shown(self) -> int:
        """The row of the ladder under the cursor; -1: it has none."""
        return self.cursor if self.cursor < self.row_count else -1

    def next_trouble(self, step: int) -> int:
        """The nearest row after (``step`` 1) or before (-1) the cursor of a packet that did not just pass; -1: none."""
        ladder = self.ladder
        if ladder is None:
            return -1
        found = np.flatnonzero((ladder.fate != Fate.SEEN) & ~ladder.is_outside | ladder.is_late)
        place = int(np.searchsorted(found, self.cursor, "right" if step > 0 else "left"))
        place = place if step > 0 else place - 1
        return int(found[place]) if 0 <= place < len(found) else -1

    def packet_at(self, point: int, row: int) -> int:
        """The row of a capture's store in which a row's packet is; -1: that capture does not have it."""
        ladder = self.ladder
        index = ABSENT if ladder is None or row < 0 else int((ladder.in_b if point else ladder.in_a)[row])
        side = self._merged.hop.sides[point]
        return -1 if index == ABSENT else int(side.segments.rows[side.places[index]])

    # -- drawing -------------------------------------------------------------------
    def columns(self, width: int) -> LadderColumns:
        """The column widths in ``width`` cells."""
        ladder = self.ladder
        if self._columns is None or self._columns[0] != width:
            digits, time = [2, 2], 0
            if ladder is not None and len(ladder):
                for point, (side, index) in enumerate(
                    zip(self._merged.hop.sides, (ladder.in_a, ladder.in_b), strict=True)
                ):
                    kept = index[index != ABSENT]
                    if len(kept):
                        digits[point] = max(2, len(str(side.cell("frame", int(kept.max())))))
                time = 0 if self.options.hide_times else cell_len(self._time(int(ladder.time_ns[-1]))) + 1
            self._columns = width, ladder_columns(width, (digits[0], digits[1]), time)
        return self._columns[1]

    def _time(self, ns: int) -> str:
        assert self.ladder is not None
        if self.options.time_base is TimeBase.CLOCK:
            return clock(ns)
        return stamp(ns - int(self.ladder.time_ns[0]))

    def heading(self, width: int) -> list[Segment]:
        """The titles of the columns, and the points above their lanes."""
        if not self.row_count:
            return []
        columns, words, ellipsis, head = self.columns(width), self.words, self.glyphs.ellipsis, self.palette.head
        time = words("merged.column.time")
        cells = [" " * MARKS, fit("#", columns.frame_a - 1, ellipsis, right=True) + " "]
        if columns.time_a:
            cells.append(fit(time, columns.time_a - 1, ellipsis, right=True) + " ")
        cells.append("A" + " " * (columns.lane - 2) + "B")
        if columns.time_b:
            cells.append(" " + fit(time, columns.time_b - 1, ellipsis))
        cells.append(" " + fit("#", columns.frame_b - 1, ellipsis))
        if columns.delay:
            key = "merged.column.delay" if self._merged.hop.is_symmetric else "merged.column.over"
            cells.append(fit(words(key), columns.delay, ellipsis, right=True))
        if columns.note:
            cells.append("  " + fit(words("merged.column.note"), columns.note - 2, ellipsis))
        return [Segment("".join(cells), head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One packet."""
        ladder, palette, glyphs = self.ladder, self.palette, self.glyphs
        assert ladder is not None
        columns, way = self.columns(width), way_of(ladder, position)
        severity = int(_SEVERITY[way]) or (int(Severity.WARNING) if ladder.is_late[position] else 0)
        mark = glyphs.cursor if position == self.cursor else " "
        cells = [Segment(f"{mark}{glyphs.severity(severity)} ", palette.severity(severity))]
        cells += self._place(0, position, columns.frame_a, columns.time_a)
        cells.append(Segment(glyphs.lane, palette.plain))
        cells += self._arrow(position, way, severity, columns)
        cells.append(Segment(glyphs.lane, palette.plain))
        cells += self._place(1, position, columns.frame_b, columns.time_b)
        if columns.delay:
            text, style = self._delay(position, way), palette.severity(severity)
            cells.append(Segment(fit(text, columns.delay, glyphs.ellipsis, right=True), style))
        if columns.note:
            text = fit(self._note(position), columns.note - 2, glyphs.ellipsis)
            cells.append(Segment("  " + text, palette.severity(severity)))
        return cells

    def _place(self, point: int, position: int, frame_width: int, time_width: int) -> list[Segment]:
        """Number and time of the packet at a point; blank where that does not have it."""
        ladder, hop, faint = self.ladder, self._merged.hop, self.palette.faint
        assert ladder is not None
        index = int((ladder.in_b if point else ladder.in_a)[position])
        frame = time = ""
        if index != ABSENT:
            side = hop.sides[point]
            frame = str(side.cell("frame", index))
            when = side.time_ns[index : index + 1]
            if point and hop.clocks is not None:
                when = hop.clocks.on_a(when)
            # With a clock of its own, B's times count from what B saw first of this connection.
            shift = self._own_shift if point else 0
            time = self._time(int(when[0]) + shift)
        if point == 0:
            texts = [fit(frame, frame_width - 1, "", right=True) + " "]
            texts += [fit(time, time_width - 1, "", right=True) + " "] if time_width else []
        else:
            texts = [" " + fit(time, time_width - 1, "")] if time_width else []
            texts += [" " + fit(frame, frame_width - 1, "")]
        return [Segment("".join(texts), faint)]

    def _shift(self, ladder: Ladder) -> int:
        """What makes times of B's own clock count from B's first packet; nothing where times of day are shown."""
        if self._merged.hop.clocks is not None or self.options.time_base is TimeBase.CLOCK:
            return 0
        kept = ladder.in_b[ladder.in_b != ABSENT]
        return int(ladder.time_ns[0]) - int(self._merged.hop.sides[1].time_ns[kept[0]]) if len(kept) else 0

    def _arrow(self, position: int, way: Way, severity: int, columns: LadderColumns) -> list[Segment]:
        ladder, glyphs, palette = self.ladder, self.glyphs, self.palette
        assert ladder is not None
        to_right, lane = bool(ladder.travels_ab[position]), columns.lane - 2
        point, row = self._first_seen(position)
        capture = (self._merged.hop.a, self._merged.hop.b)[point]
        store, stream = capture.store, int(capture.store.stream[row])
        from_b = bool(store.from_b[row])
        bases = tuple(capture.reader.landmarks.base(stream, row, side) for side in (from_b, not from_b))
        segment = segment_at(store, capture.streams, row, (bases[0], bases[1]))
        name = "" if columns.note else self._verdict(position).upper()
        text = arrow_text(segment, name, room_for(way, lane), glyphs.ellipsis).rstrip()
        lacking = lacking_side(ladder, position)
        before, label, after = drawn(
            text, lane, way, to_right=to_right, lacking=lacking, glyphs=glyphs, has_heads=ladder.is_placed
        )
        from_server = from_b != bool(capture.streams.client_is_b[stream])
        style = palette.severity(severity) if severity >= Severity.WARNING else palette.side(from_server)
        # A style of its own without a visible effect keeps the label a run of its own (`timeline`).
        return [Segment(before, style), Segment(label, style + Style(strike=False)), Segment(after, style)]

    def _first_seen(self, position: int) -> tuple[int, int]:
        """The point that a packet passed first, of those that have it, and its row there."""
        ladder = self.ladder
        assert ladder is not None
        point = 1 - int(ladder.travels_ab[position])
        lacking = lacking_side(ladder, position)
        point = point if lacking < 0 else 1 - lacking
        return point, self.packet_at(point, position)

    def _verdict(self, position: int) -> str:
        """What the first point that has the packet calls it; empty for an ordinary one."""
        point, row = self._first_seen(position)
        store = (self._merged.hop.a, self._merged.hop.b)[point].store
        verdict = leading_verdict(int(store.verdict[row]))
        return "" if verdict is None else self.words(f"screen.verdict.{verdict.field_name}")

    def _delay(self, position: int, way: Way) -> str:
        ladder = self.ladder
        assert ladder is not None
        if way is not Way.WHOLE:
            return self.words(f"merged.short.{fate_word(ladder, position)}")
        delay = float(ladder.delay_ns[position])
        sign = "" if self._merged.hop.is_symmetric else "+"
        return sign + span(round(delay), self.glyphs.micro) if np.isfinite(delay) else ""

    def _note(self, position: int) -> str:
        """What became of the packet, and what its capture calls it."""
        ladder, words = self.ladder, self.words
        assert ladder is not None
        parts = []
        lacking = lacking_side(ladder, position)
        if lacking >= 0:
            facts = {"here": "BA"[lacking], "there": "AB"[lacking]}
            parts.append(words(f"merged.note.{fate_word(ladder, position)}", **facts))
        if ladder.is_late[position]:
            parts.append(words("merged.note.late"))
        if not ladder.is_whole[position]:
            parts.append(words("merged.note.piece"))
        verdict = self._verdict(position)
        return words("merged.join").join((*parts, verdict) if verdict else parts)

    def paint_line(self, y: int) -> Strip:
        """A line of the ladder; without packets, the first ones say why there are none."""
        if y >= HEADING and not self.row_count:
            return self.empty_line(self.empty_text, y)
        return super().paint_line(y)
