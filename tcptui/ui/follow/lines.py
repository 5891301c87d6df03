"""The rows of a conversation of any size, of which only the blocks on screen are laid out, and the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from textual.message import Message

from tcptui.model.lru import LruCache
from tcptui.ui.follow.marks import NO_MARKS
from tcptui.ui.follow.rows import Character, Row, RowKind, hex_cells, hex_rows, text_cells, text_rows
from tcptui.ui.widgets.painted_lines import PaintedLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.ui.follow.source import Block, FollowSource, Found
    from tcptui.ui.theme import Glyphs

#: LRU size: blocks whose rows are cached.
_LAID_OUT: Final = 64
#: Cells in front of the text, for the side's mark; the server's text is indented further.
GUTTER: Final = 2
_INDENT: Final = 4
_HEX_INDENT: Final = 2
"""Smaller, so that sixteen bytes fit in 80 columns."""
#: Cells behind the text, for the scroll bar.
BAR: Final = 1


class Form(Enum):
    """How bytes are shown."""

    TEXT = "text"
    HEX = "hex"
    DECODED = "decoded"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The position of a row: its block, and its index within that block."""

    block: int = 0
    row: int = 0


class FollowLines(PaintedLines, can_focus=True):
    """The rows of a `FollowSource`, with a cursor on one byte; subclasses draw them and handle keys."""

    DEFAULT_CSS = """
    FollowLines { height: 1fr; width: 1fr; overflow: hidden; }
    """

    @dataclass
    class Moved(Message):
        """The cursor has moved to another byte; ``by_user``: by a key or click."""

        view: FollowLines
        by_user: bool

    def __init__(self, glyphs: Glyphs, head_text: Callable[[Block], str], gap_text: Callable[[Block], str]) -> None:
        super().__init__(id="follow")
        self.glyphs = glyphs
        self.form = Form.TEXT
        self.source: FollowSource | None = None
        self.cursor = Place()
        self.byte = 0
        """Offset of the byte under the cursor, in the source's own counting."""
        self.match: Found | None = None
        self.marks = (NO_MARKS, NO_MARKS)
        """What searches of the whole capture have found in what each side sent."""
        self.empty_text = ""
        self._head_text = head_text
        self._gap_text = gap_text
        self.top = Place()
        self._has_size = False
        self._rows: LruCache[int, tuple[list[Row], bytes]] = LruCache(_LAID_OUT)
        self._viewport: list[tuple[Place, Row]] | None = None

    # -- what is shown ---------------------------------------------------------------------
    @property
    def page_rows(self) -> int:
        """Rows of the viewport."""
        return max(1, self.size.height)

    @property
    def text_width(self) -> int:
        """Cells for the text of a row."""
        return max(2, self.size.width - GUTTER - self.server_indent - BAR)

    @property
    def server_indent(self) -> int:
        """Cells by which the server's text is indented."""
        return _HEX_INDENT if self.form is Form.HEX else _INDENT

    def show(self, source: FollowSource, form: Form) -> None:
        """Show ``source`` in ``form``; the cursor stays on its byte, and on its line of the viewport."""
        before, row = self.source, self.row
        line = self._line_of_cursor()
        origin = None
        if before is not None and row is not None:
            origin = before.origin(self.cursor.block, self.byte)
        if form is not self.form:
            self.match = None
        self.source, self.form = source, form
        self._rows.clear()
        self.cursor, self.byte, self.top = Place(), 0, Place()
        if origin is not None and row is not None:
            index = source.index_of(*origin)
            if index >= 0:
                self.cursor, self.byte = self.place_at(index, source.place_of(index, origin[1]), row.kind)
                self.top = self.moved(self.cursor, -line)
        self._changed()

    def _line_of_cursor(self) -> int:
        """The line of the viewport that the cursor is on."""
        return next((y for y, (place, _) in enumerate(self.viewport()) if place == self.cursor), 0)

    def place_at(self, block: int, offset: int, kind: RowKind) -> tuple[Place, int]:
        """The row of ``block`` that shows the byte ``offset``, and the offset of the nearest byte on that row.

        ``kind`` is that of the row where the cursor was: from a heading it goes to the block's heading.
        """
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
        """Lay out for the new width; the cursor stays on its byte, and if possible on its line of the viewport."""
        line = self._line_of_cursor() if self._has_size else 0
        row = self.row
        self._rows.clear()
        self._viewport = None
        if self.source is not None and row is not None:
            self.cursor, self.byte = self.place_at(self.cursor.block, self.byte, row.kind)
            self.top = self.moved(self.cursor, -min(line, self.page_rows - 1)) if self._has_size else Place()
            self._show_cursor()
        self._has_size = True
        self._changed()

    def rows_of(self, block: int) -> list[Row]:
        """The rows of a block, its heading first."""
        return self._laid_out(block)[0]

    def _laid_out(self, index: int) -> tuple[list[Row], bytes]:
        known = self._rows.get(index)
        if known is not None:
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
        if not rows:  # the spool was truncated: the block exists, its bytes do not
            rows.append(Row(RowKind.DATA, block.side, block.start, block.stop, ""))
        self._rows.put(index, (rows, data))
        return rows, data

    def row_count(self, most: int) -> int:
        """How many rows there are; those after the first ``most`` are not counted."""
        count = 0
        for block in range(len(self.source) if self.source is not None else 0):
            if count >= most:
                break
            count += len(self.rows_of(block))
        return min(count, most)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        if self.source is None or not len(self.source):
            return None
        rows = self.rows_of(self.cursor.block)
        return rows[min(self.cursor.row, len(rows) - 1)]

    # -- moving ----------------------------------------------------------------------------
    def moved(self, place: Place, rows: int) -> Place:
        """The place ``rows`` rows after ``place`` (before it when negative), clamped to the conversation."""
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
    def last(self) -> Place:
        """The last row."""
        block = len(self.source) - 1 if self.source is not None else 0
        return Place(block, len(self.rows_of(block)) - 1)

    def put(self, place: Place, offset: int | None = None, *, by_user: bool = False) -> None:
        """Put the cursor on the row at ``place``, on the byte ``offset`` or the row's first one, and scroll to it."""
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
        if self.cursor < self.top:
            near = self.moved(self.cursor, height // 2) >= self.top
            self.top = self.moved(self.cursor, 0 if near else -(height // 3))
        elif self.moved(self.top, height - 1) < self.cursor:
            near = self.moved(self.top, height + height // 2) >= self.cursor
            self.top = self.moved(self.cursor, 1 - height if near else -(height // 3))
        # Scroll no further than to where the last row is at the bottom of the viewport.
        self.top = min(self.top, self.moved(self.last, 1 - height))

    def go_to(self, block: int, offset: int) -> None:
        """Put the cursor on the byte ``offset`` of ``block``."""
        if self.source is None or not len(self.source):
            return
        block = max(0, min(block, len(self.source) - 1))
        place, offset = self.place_at(block, offset, RowKind.DATA)
        self.put(place, offset)

    def show_match(self, found: Found) -> None:
        """Mark a match and put the cursor on it."""
        self.match = found
        self.go_to(found.index, found.start)

    # -- text for the clipboard ------------------------------------------------------------
    @property
    def at_end(self) -> bool:
        """Whether the cursor is on the last row."""
        return self.row is not None and self.cursor == self.last

    def line_text(self) -> str:
        """The row under the cursor."""
        row = self.row
        return "" if row is None else row.text

    def turn_text(self, limit: int) -> str:
        """The text of the turn under the cursor, at most ``limit`` characters.

        A turn is what one side sends before the other one sends again, or one decoded part.
        """
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

    # -- the viewport ----------------------------------------------------------------------
    def viewport(self) -> list[tuple[Place, Row]]:
        """The rows of the viewport."""
        if self._viewport is None:
            found: list[tuple[Place, Row]] = []
            block, first = self.top.block, self.top.row
            count = len(self.source) if self.source is not None else 0
            while len(found) < self.page_rows and block < count:
                rows = self.rows_of(block)
                found += [(Place(block, at), rows[at]) for at in range(first, len(rows))]
                block, first = block + 1, 0
            self._viewport = found[: self.page_rows]
        return self._viewport

    def indent(self, row: Row) -> int:
        """Cells in front of a row's text."""
        return GUTTER + (self.server_indent if row.side else 0)

    def cells_of(self, place: Place, row: Row) -> list[Character]:
        """The characters of a data row with their cells within its text, in hex form its bytes; else empty."""
        if row.kind is not RowKind.DATA:
            return []
        if self.form is Form.HEX:
            return hex_cells(row, self.text_width)
        block = self._laid_out(place.block)
        origin = next((other.start for other in block[0] if other.kind is RowKind.DATA), row.start)
        return text_cells(row, block[1][row.start - origin : row.stop - origin])
