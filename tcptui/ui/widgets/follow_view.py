"""The text of a conversation: any size, laid out only where it is looked at."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tcptui.ui.follow_rows import (
    Character,
    Row,
    RowKind,
    hex_cells,
    hex_character_cell,
    hex_rows,
    text_cells,
    text_rows,
)
from tcptui.ui.widgets.painted_lines import PaintedLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events

    from tcptui.ui.follow_source import Block, FollowSource, Found
    from tcptui.ui.theme import Glyphs

#: Blocks whose rows are kept.
_LAID_OUT: Final = 64
#: Cells in front of the text: the side's mark; the server's text is indented further.
_GUTTER: Final = 2
_INDENT: Final = 4
_HEX_INDENT: Final = 2
"""Sixteen bytes fit in 80 columns."""
#: Cells behind it: where in the whole one is.
_BAR: Final = 1
_REVERSE: Final = Style(reverse=True)
_THUMB: Final = "█"


class Form(Enum):
    """How bytes are shown."""

    TEXT = "text"
    HEX = "hex"
    DECODED = "decoded"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row: the block, and the row within it."""

    block: int = 0
    row: int = 0


class FollowView(PaintedLines, can_focus=True):
    """Rows of a `FollowSource` with a cursor on one byte."""

    DEFAULT_CSS = """
    FollowView { height: 1fr; width: 1fr; overflow: hidden; }
    """
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
    class Moved(Message):
        """The cursor is on another byte; ``by_user`` when a key or click did it."""

        view: FollowView
        by_user: bool

    @dataclass
    class Chosen(Message):
        """The packet of the byte under the cursor was asked for."""

        view: FollowView

    def __init__(self, glyphs: Glyphs, head_text: Callable[[Block], str], gap_text: Callable[[Block], str]) -> None:
        super().__init__(id="follow")
        self.glyphs = glyphs
        self.form = Form.TEXT
        self.source: FollowSource | None = None
        self.cursor = Place()
        self.byte = 0
        """Of the byte under the cursor, as its block counts."""
        self.match: Found | None = None
        self.empty_text = ""
        self._head_text = head_text
        self._gap_text = gap_text
        self._top = Place()
        self._has_size = False
        self._rows: OrderedDict[int, tuple[list[Row], bytes]] = OrderedDict()
        self._viewport: list[tuple[Place, Row]] | None = None

    # -- what is shown ---------------------------------------------------------------------
    @property
    def page_rows(self) -> int:
        """Rows that fit."""
        return max(1, self.size.height)

    @property
    def text_width(self) -> int:
        """Cells for the text of a row."""
        return max(2, self.size.width - _GUTTER - self._server_indent - _BAR)

    @property
    def _server_indent(self) -> int:
        return _HEX_INDENT if self.form is Form.HEX else _INDENT

    def show(self, source: FollowSource, form: Form) -> None:
        """Show ``source``: another form, or the same when it grew; the cursor stays on its byte, and in its line."""
        before, row = self.source, self.row
        line = self._line_of_cursor()
        origin = None
        if before is not None and row is not None:
            origin = before.origin(self.cursor.block, self.byte)
        if form is not self.form:
            self.match = None
        self.source, self.form = source, form
        self._rows.clear()
        self.cursor, self.byte, self._top = Place(), 0, Place()
        if origin is not None and row is not None:
            index = source.index_of(*origin)
            if index >= 0:
                self.cursor, self.byte = self._place_of(index, source.place_of(index, origin[1]), row.kind)
                self._top = self.moved(self.cursor, -line)
        self._changed()

    def _line_of_cursor(self) -> int:
        """The line of the viewport that the cursor is on."""
        return next((y for y, (place, _) in enumerate(self._visible()) if place == self.cursor), 0)

    def _place_of(self, block: int, offset: int, kind: RowKind) -> tuple[Place, int]:
        """The row of a block that shows the byte, its heading when that was meant; and the byte that it shows."""
        rows = self.rows_of(block)
        if kind is RowKind.HEAD and rows[0].kind is RowKind.HEAD:
            return Place(block, 0), rows[0].start
        at = next((at for at, row in enumerate(rows) if row.kind is not RowKind.HEAD and offset < row.stop), None)
        place = Place(block, len(rows) - 1 if at is None else at)
        row = rows[place.row]
        return place, max(row.start, min(offset, max(row.start, row.stop - 1)))

    def _changed(self) -> None:
        self._viewport = None
        self.refresh()

    def on_resize(self) -> None:
        """Other widths need other rows; the cursor stays on its byte, and in its line as far as that goes."""
        line = self._line_of_cursor() if self._has_size else 0
        row = self.row
        self._rows.clear()
        self._viewport = None
        if self.source is not None and row is not None:
            self.cursor, self.byte = self._place_of(self.cursor.block, self.byte, row.kind)
            self._top = self.moved(self.cursor, -min(line, self.page_rows - 1)) if self._has_size else Place()
            self._show_cursor()
        self._has_size = True
        self._changed()

    def rows_of(self, block: int) -> list[Row]:
        """The rows of a block, its heading first."""
        return self._laid_out(block)[0]

    def _laid_out(self, index: int) -> tuple[list[Row], bytes]:
        known = self._rows.get(index)
        if known is not None:
            self._rows.move_to_end(index)
            return known
        source = self.source
        if source is None:
            return [], b""
        block = source.block(index)
        rows, data = [], b""
        if block.opens:
            rows.append(Row(RowKind.HEAD, block.side, block.start, block.start, self._head_text(block)))
        if block.gap is not None:
            rows.append(Row(RowKind.GAP, block.side, block.start, block.stop, self._gap_text(block)))
        else:
            data = source.data(index)
            lay_out = hex_rows if self.form is Form.HEX else text_rows
            rows += lay_out(data, block.side, block.start, self.text_width)
        if not rows:  # the spool was cut: the place exists, its bytes do not
            rows.append(Row(RowKind.DATA, block.side, block.start, block.stop, ""))
        self._rows[index] = rows, data
        if len(self._rows) > _LAID_OUT:
            self._rows.popitem(last=False)
        return rows, data

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        if self.source is None or not len(self.source):
            return None
        rows = self.rows_of(self.cursor.block)
        return rows[min(self.cursor.row, len(rows) - 1)]

    # -- moving ----------------------------------------------------------------------------
    def moved(self, place: Place, rows: int) -> Place:
        """The place so many rows further on (back, when negative), within the conversation."""
        block, row = place.block, place.row + rows
        count = len(self.source) if self.source is not None else 0
        while row < 0 and block > 0:
            block -= 1
            row += len(self.rows_of(block))
        if row < 0 or not count:
            return Place()
        while block < count - 1 and row >= len(self.rows_of(block)):
            row -= len(self.rows_of(block))
            block += 1
        return Place(block, min(row, len(self.rows_of(block)) - 1))

    @property
    def _last(self) -> Place:
        block = len(self.source) - 1 if self.source is not None else 0
        return Place(block, len(self.rows_of(block)) - 1)

    def _put(self, place: Place, offset: int | None = None, *, by_user: bool = False) -> None:
        self.cursor = place
        row = self.row
        if row is not None:
            last = max(row.start, row.stop - 1)
            self.byte = row.start if offset is None else max(row.start, min(offset, last))
        self._show_cursor()
        self._changed()
        self.post_message(self.Moved(self, by_user))

    def _show_cursor(self) -> None:
        height = self.page_rows
        if self.cursor < self._top:
            near = self.moved(self.cursor, height // 2) >= self._top
            self._top = self.moved(self.cursor, 0 if near else -(height // 3))
        elif self.moved(self._top, height - 1) < self.cursor:
            near = self.moved(self._top, height + height // 2) >= self.cursor
            self._top = self.moved(self.cursor, 1 - height if near else -(height // 3))
        # Nothing is shown below the end while there is something above.
        self._top = min(self._top, self.moved(self._last, 1 - height))

    def go_to(self, block: int, offset: int) -> None:
        """Put the cursor on the byte ``offset`` of ``block``."""
        if self.source is None or not len(self.source):
            return
        block = max(0, min(block, len(self.source) - 1))
        place, offset = self._place_of(block, offset, RowKind.DATA)
        self._put(place, offset)

    def show_match(self, found: Found) -> None:
        """Mark a match and put the cursor on it."""
        self.match = found
        self.go_to(found.index, found.start)

    def action_move(self, rows: int) -> None:
        """Cursor up or down, in the same column as far as there is one."""
        row = self.row
        if row is None:
            return
        column = self.byte - row.start if row.kind is RowKind.DATA else 0
        place = self.moved(self.cursor, rows)
        self._put(place, self.rows_of(place.block)[place.row].start + column, by_user=True)

    def action_step(self, step: int) -> None:
        """Cursor to the next or previous character."""
        row = self.row
        if row is None:
            return
        cells = self._cells(self.cursor, row)
        at = next((i for i, char in enumerate(cells) if char.start <= self.byte < char.stop), None)
        if at is not None and 0 <= at + step < len(cells):
            self._put(self.cursor, cells[at + step].start, by_user=True)
            return
        place = self.moved(self.cursor, step)
        if place != self.cursor:
            other = self.rows_of(place.block)[place.row]
            self._put(place, other.start if step > 0 else other.stop - 1, by_user=True)

    def action_page(self, pages: int) -> None:
        """Cursor and viewport by a page."""
        if self.source is None or not len(self.source):
            return
        rows = pages * max(1, self.page_rows - 1)
        self._top = min(self.moved(self._top, rows), self.moved(self._last, 1 - self.page_rows))
        self._put(self.moved(self.cursor, rows), by_user=True)

    def action_first(self) -> None:
        """To the beginning."""
        if self.row is not None:
            self._put(Place(), by_user=True)

    def action_last(self) -> None:
        """To the end, at once."""
        if self.row is not None:
            last = self._last
            self._top = last
            self._put(last, self.rows_of(last.block)[last.row].stop - 1, by_user=True)

    def action_turn(self, step: int) -> None:
        """To where the other side begins to speak, next or before."""
        source = self.source
        if source is None or not len(source):
            return
        # From within a turn, back is to its own beginning.
        block = self.cursor.block if step < 0 < self.cursor.row else self.cursor.block + step
        block = source.turn(block, step)
        if block >= 0:
            self._put(Place(block, 0), by_user=True)

    def action_choose(self) -> None:
        """Ask for the packet."""
        if self.row is not None:
            self.post_message(self.Chosen(self))

    # -- text for the clipboard ------------------------------------------------------------
    @property
    def at_end(self) -> bool:
        """Whether the cursor is on the last row."""
        return self.row is not None and self.cursor == self._last

    def line_text(self) -> str:
        """The row under the cursor."""
        row = self.row
        return "" if row is None else row.text

    def turn_text(self, limit: int) -> str:
        """What this side says from its beginning to the next one's, up to about ``limit`` characters."""
        source = self.source
        if source is None or not len(source):
            return ""
        first = max(source.turn(self.cursor.block, -1), 0)
        after = source.turn(self.cursor.block + 1, 1)
        lines: list[str] = []
        size = 0
        for block in range(first, len(source) if after < 0 else after):
            for row in self.rows_of(block):
                if row.kind is not RowKind.HEAD:
                    lines.append(row.text)
                    size += len(row.text) + 1
            if size >= limit:
                break
        return "\n".join(lines)[:limit]

    # -- mouse -----------------------------------------------------------------------------
    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows on."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows back."""
        event.stop()
        self.action_move(-3)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a byte, a second one asks for its packet; the bar at the right goes far."""
        source = self.source
        if source is None or not len(source):
            return
        if event.x >= self.size.width - _BAR:
            block = source.at_share(event.y / self.page_rows)
            self.go_to(block, source.block(block).start)
            self.post_message(self.Moved(self, by_user=True))
            return
        viewport = self._visible()
        if event.y >= len(viewport):
            return
        place, row = viewport[event.y]
        x = event.x - self._indent(row)
        cells = self._cells(place, row)
        hit = next((char for char in cells if char.cell <= x < char.cell + char.cells), cells[-1] if cells else None)
        self._put(place, hit.start if hit else None, by_user=True)
        if event.chain > 1:
            self.action_choose()

    # -- drawing ---------------------------------------------------------------------------
    def _visible(self) -> list[tuple[Place, Row]]:
        """The rows of the viewport."""
        if self._viewport is None:
            found: list[tuple[Place, Row]] = []
            block, first = self._top.block, self._top.row
            count = len(self.source) if self.source is not None else 0
            while len(found) < self.page_rows and block < count:
                rows = self.rows_of(block)
                found += [(Place(block, at), rows[at]) for at in range(first, len(rows))]
                block, first = block + 1, 0
            self._viewport = found[: self.page_rows]
        return self._viewport

    def _indent(self, row: Row) -> int:
        return _GUTTER + (self._server_indent if row.side else 0)

    def _cells(self, place: Place, row: Row) -> list[Character]:
        if row.kind is not RowKind.DATA:
            return []
        if self.form is Form.HEX:
            return hex_cells(row, self.text_width)
        block = self._laid_out(place.block)
        origin = next((other.start for other in block[0] if other.kind is RowKind.DATA), row.start)
        return text_cells(row, block[1][row.start - origin : row.stop - origin])

    def paint_line(self, y: int) -> Strip:
        """One row with its side's mark."""
        width, plain = self.size.width, self.palette.plain
        viewport = self._visible()
        if y >= len(viewport):
            text = f" {self.empty_text}" if y == 0 and not viewport else ""
            return Strip([Segment(text, self.palette.faint)]).adjust_cell_length(width, plain)
        place, row = viewport[y]
        side = self.palette.side(bool(row.side))
        mark = (self.glyphs.to_left if row.side else self.glyphs.to_right) + " "
        if row.kind is RowKind.HEAD:
            text = f"{self.glyphs.rule * 2} {mark}{row.text} "
            cells = [Segment(text, side)]
            rest = width - _BAR - Segment(text).cell_length
            cells.append(Segment(self.glyphs.rule * max(0, rest), self.palette.edge))
        else:
            style = self.palette.warning if row.kind is RowKind.GAP else plain
            indent = " " * (self._indent(row) - _GUTTER)
            cells = [Segment(indent, plain), Segment(mark, side), Segment(row.text, style)]
        if place == self.cursor:
            cells = [Segment(text, (style or plain) + self.palette.cursor) for text, style, _ in cells]
            plain = plain + self.palette.cursor
        strip = Strip(cells).adjust_cell_length(width - _BAR, plain)
        strip = self._marked(strip, place, row)
        return Strip([*strip, self._bar(y)])

    def _marked(self, strip: Strip, place: Place, row: Row) -> Strip:
        """``strip`` with the match and the byte under the cursor marked."""
        match = self.match
        on_match = (
            match is not None and match.side == row.side and match.start < row.stop and row.start < match.stop
        )  # fmt: skip
        on_cursor = place == self.cursor and row.kind is RowKind.DATA
        if not on_match and not on_cursor:
            return strip
        origin = self._indent(row)
        for index, char in enumerate(self._cells(place, row)):
            style: Style | None = None
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
        """The cell of the bar at the right: full where the viewport is in the whole."""
        source = self.source
        palette, viewport = self.palette, self._visible()
        if source is None or not viewport or (viewport[0][0] == Place() and viewport[-1][0] == self._last):
            return Segment(" ", palette.plain)
        height = self.page_rows
        first, last = int(self._share_of(viewport[0][0]) * height), int(self._share_of(viewport[-1][0]) * height)
        if viewport[-1][0] == self._last:
            last = height - 1
            first = min(first, last)
        inside = first <= y <= max(first, last)
        return Segment(_THUMB if inside else self.glyphs.lane, palette.faint if inside else palette.edge)

    def _share_of(self, place: Place) -> float:
        """How much of everything stands above a row."""
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
