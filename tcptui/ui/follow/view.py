"""The widget that draws a conversation and handles the keys and clicks that move in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tcptui.ui.cell_text import fit
from tcptui.ui.follow.lines import BAR, GUTTER, FollowLines, Form, Place
from tcptui.ui.follow.marks import marks_on
from tcptui.ui.follow.rows import Row, RowKind, hex_character_cell
from tcptui.words.follow_text import without_time
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from textual import events

_REVERSE: Final = Style(reverse=True)
_THUMB: Final = "█"


class FollowView(FollowLines):
    """Draws the rows with the marks of their sides, and moves the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("left,h", "step(-1)", show=False),
        Binding("right,l", "step(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("g,home", "first", show=False),
        Binding("G,end", "last", show=False),
        Binding("right_square_bracket", "turn(1)", show=False),
        Binding("left_square_bracket", "turn(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The user asked for the packet that carried the byte under the cursor."""

        view: FollowView

    # -- keys ------------------------------------------------------------------------------
    def action_move(self, rows: int) -> None:
        """Move the cursor by ``rows``, to the byte with the same index in its row if that row has it."""
        row = self.row
        if row is None:
            return
        column = self.byte - row.start if row.kind is RowKind.DATA else 0
        place = self.moved(self.cursor, rows)
        self.put(place, self.rows_of(place.block)[place.row].start + column, by_user=True)

    def action_step(self, step: int) -> None:
        """Move the cursor to the next (``step`` 1) or previous (-1) character."""
        row = self.row
        if row is None:
            return
        cells = self.cells_of(self.cursor, row)
        at = next((i for i, char in enumerate(cells) if char.start <= self.byte < char.stop), None)
        if at is not None and 0 <= at + step < len(cells):
            self.put(self.cursor, cells[at + step].start, by_user=True)
            return
        place = self.moved(self.cursor, step)
        if place != self.cursor:
            other = self.rows_of(place.block)[place.row]
            self.put(place, other.start if step > 0 else other.stop - 1, by_user=True)

    def action_page(self, pages: int) -> None:
        """Move cursor and viewport by ``pages``."""
        if self.source is None or not len(self.source):
            return
        rows = pages * max(1, self.page_rows - 1)
        self.top = min(self.moved(self.top, rows), self.moved(self.last, 1 - self.page_rows))
        self.put(self.moved(self.cursor, rows), by_user=True)

    def action_first(self) -> None:
        """Move the cursor to the beginning."""
        if self.row is not None:
            self.put(Place(), by_user=True)

    def action_last(self) -> None:
        """Move the cursor to the end, without laying out what is before."""
        if self.row is not None:
            last = self.last
            self.top = last
            self.put(last, self.rows_of(last.block)[last.row].stop - 1, by_user=True)

    def action_turn(self, step: int) -> None:
        """Move the cursor to the heading of the next (``step`` 1) or previous (-1) turn."""
        source = self.source
        if source is None or not len(source):
            return
        # From within a turn, the previous heading is the turn's own.
        block = self.cursor.block if step < 0 < self.cursor.row else self.cursor.block + step
        block = source.turn(block, step)
        if block >= 0:
            self.put(Place(block, 0), by_user=True)

    def action_choose(self) -> None:
        """Post `Chosen`."""
        if self.row is not None:
            self.post_message(self.Chosen(self))

    # -- mouse -----------------------------------------------------------------------------
    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the cursor three rows down."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the cursor three rows up."""
        event.stop()
        self.action_move(-3)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the byte under the pointer; a double click asks for its packet.

        A click on the scroll bar goes to that share of the conversation.
        """
        source = self.source
        if source is None or not len(source):
            return
        if event.x >= self.size.width - BAR:
            block = source.at_share(event.y / self.page_rows)
            self.go_to(block, source.block(block).start)
            self.post_message(self.Moved(self, by_user=True))
            return
        viewport = self.viewport()
        if event.y >= len(viewport):
            return
        place, row = viewport[event.y]
        x = event.x - self.indent(row)
        cells = self.cells_of(place, row)
        hit = next((char for char in cells if char.cell <= x < char.cell + char.cells), cells[-1] if cells else None)
        self.put(place, hit.start if hit else None, by_user=True)
        if event.chain > 1:
            self.action_choose()

    # -- drawing ---------------------------------------------------------------------------
    @property
    def empty_lines(self) -> list[str]:
        """The lines that stand here while there is nothing to show."""
        return wrap(self.empty_text, max(self.size.width - 2, 1))

    def paint_line(self, y: int) -> Strip:
        """One row with its side's mark."""
        width, plain = self.size.width, self.palette.plain
        viewport = self.viewport()
        if y >= len(viewport):
            said = [] if viewport else self.empty_lines
            text = f" {said[y]}" if y < len(said) else ""
            return Strip([Segment(text, self.palette.faint)]).adjust_cell_length(width, plain)
        place, row = viewport[y]
        side = self.palette.side(bool(row.side))
        mark = (self.glyphs.to_left if row.side else self.glyphs.to_right) + " "
        if row.kind is RowKind.HEAD:
            lead, room = f"{self.glyphs.rule * 2} {mark}", width - BAR - 1
            text = lead + (row.text if cell_len(lead + row.text) <= room else without_time(row.text))
            text = fit(text, min(cell_len(text), room), self.glyphs.ellipsis) + " "
            cells = [Segment(text, side)]
            rest = width - BAR - cell_len(text)
            cells.append(Segment(self.glyphs.rule * max(0, rest), self.palette.edge))
        else:
            style = self.palette.warning if row.kind is RowKind.GAP else plain
            indent = " " * (self.indent(row) - GUTTER)
            cells = [Segment(indent, plain), Segment(mark, side), Segment(row.text, style)]
        if place == self.cursor:
            cells = [Segment(text, (style or plain) + self.palette.cursor) for text, style, _ in cells]
            plain = plain + self.palette.cursor
        strip = Strip(cells).adjust_cell_length(width - BAR, plain)
        strip = self._marked(strip, place, row)
        return Strip([*strip, self._bar(y)])

    def _marked(self, strip: Strip, place: Place, row: Row) -> Strip:
        """``strip`` with the match and the byte under the cursor marked."""
        match = self.match
        on_match = (
            match is not None and match.side == row.side and match.start < row.stop and row.start < match.stop
        )  # fmt: skip
        is_data = row.kind is RowKind.DATA
        marks = marks_on(self.marks[row.side], row.start, row.stop) if is_data else []
        on_cursor = place == self.cursor and is_data
        if not on_match and not on_cursor and not marks:
            return strip
        origin = self.indent(row)
        for index, char in enumerate(self.cells_of(place, row)):
            style: Style | None = None
            for start, stop, number in marks:
                if start < char.stop and char.start < stop:
                    style = self.palette.hit(number)
            if on_match and match is not None and match.start < char.stop and char.start < match.stop:
                style = self.palette.field
            if on_cursor and char.start <= self.byte < char.stop:
                style = self.palette.strong + _REVERSE
            if style is None:
                continue
            strip = _restyled(strip, origin + char.cell, char.cells, style)
            if self.form is Form.HEX:
                strip = _restyled(strip, origin + hex_character_cell(index, self.text_width), 1, style)
        return strip

    def _bar(self, y: int) -> Segment:
        """The cell of the scroll bar on line ``y``; blank when everything is in the viewport."""
        source = self.source
        palette, viewport = self.palette, self.viewport()
        if source is None or not viewport or (viewport[0][0] == Place() and viewport[-1][0] == self.last):
            return Segment(" ", palette.plain)
        height = self.page_rows
        first, last = int(self._share_of(viewport[0][0]) * height), int(self._share_of(viewport[-1][0]) * height)
        if viewport[-1][0] == self.last:
            last = height - 1
            first = min(first, last)
        inside = first <= y <= max(first, last)
        return Segment(_THUMB if inside else self.glyphs.lane, palette.faint if inside else palette.edge)

    def _share_of(self, place: Place) -> float:
        """The share of the conversation that is above a row, 0 … 1."""
        source = self.source
        if source is None:
            return 0.0
        begin = source.share(place.block)
        end = source.share(place.block + 1) if place.block + 1 < len(source) else 1.0
        return begin + (end - begin) * place.row / len(self.rows_of(place.block))


def _restyled(strip: Strip, cell: int, cells: int, style: Style) -> Strip:
    """``strip`` with ``style`` laid over ``cells`` cells from ``cell`` on."""
    width = strip.cell_length
    if cells <= 0 or cell >= width:
        return strip
    stop = min(cell + cells, width)
    before, middle, after = strip.crop(0, cell), strip.crop(cell, stop), strip.crop(stop, width)
    return Strip([*before, *(Segment(text, (own or style) + style) for text, own, _ in middle), *after])
