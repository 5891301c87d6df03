"""A list of any length that draws only the lines on screen.

The first line of the viewport is a heading that does not scroll.  Time and memory per
key do not depend on the number of rows; a cursor move repaints two lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tcptui.ui.widgets.painted_lines import PaintedLines
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual import events

    from tcptui.ui.theme import Glyphs

#: Lines of the fixed heading above the rows.
HEADING: Final = 1
#: When the cursor leaves the viewport, the list scrolls further by a page divided by this, so that
#: not every key repaints the pane and the reader sees what comes next.
_AHEAD: Final = 4
#: Cells beside the words that stand where there are no rows.
_MARGIN: Final = 2

#: Bindings for lists whose screen handles Enter itself.
MOVING_KEYS: Final[tuple[BindingType, ...]] = (
    Binding("up,k", "move(-1)", show=False),
    Binding("down,j", "move(1)", show=False),
    Binding("pageup", "page(-1)", show=False),
    Binding("pagedown", "page(1)", show=False),
    Binding("g,home", "first", show=False),
    Binding("G,end", "last", show=False),
)


class VirtualList(PaintedLines, can_focus=True):
    """Rows 0 … `row_count` - 1 with a cursor; subclasses draw the heading and the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS, Binding("enter,right,l", "choose", show=False)]

    @dataclass
    class Highlighted(Message):
        """The cursor has moved to another row; ``by_user``: by a key or click."""

        list: VirtualList
        position: int
        by_user: bool

        @property
        def control(self) -> VirtualList:
            """The list, for selectors."""
            return self.list

    @dataclass
    class Chosen(Message):
        """The row under the cursor was chosen, by Enter or a double click."""

        list: VirtualList
        position: int

        @property
        def control(self) -> VirtualList:
            """The list, for selectors."""
            return self.list

    @dataclass
    class EndWanted(Message):
        """The user went to the last row with the key for it."""

        list: VirtualList

        @property
        def control(self) -> VirtualList:
            """The list, for selectors."""
            return self.list

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.row_count = 0
        self.cursor = 0
        self.left_end: Callable[[], None] = lambda: None
        """Called, before the next message, when the user goes to a row that is not the last, or to the first."""
        self._page_shown = 0
        """Rows that fitted before the size changed last."""

    # -- what subclasses draw ------------------------------------------------------
    def heading(self, width: int) -> list[Segment]:
        """The fixed first line."""
        return [Segment(" " * width, self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:  # noqa: ARG002 - for those that override it
        """The cells of one row."""
        return [Segment(" " * width, self.palette.plain)]

    def overlay(self, position: int) -> Style | None:  # noqa: ARG002 - for those that override it
        """A style laid over the cells of a row, below the cursor's own; None for none."""
        return None

    # -- geometry --------------------------------------------------------------------
    @property
    def page_rows(self) -> int:
        """Rows that fit below the heading."""
        return max(1, self.scrollable_content_region.height - HEADING)

    def set_row_count(self, rows: int) -> None:
        """Set the number of rows; repaints nothing when the list only grew below the viewport."""
        before, self.row_count = self.row_count, rows
        self.set_line_count(rows + HEADING)
        if rows < before:
            self.cursor = max(0, min(self.cursor, rows - 1))
        if min(rows, before) < self.scroll_offset.y + self.page_rows:
            self.refresh()

    def refresh_row(self, position: int) -> None:
        """Repaint one row if it is on screen."""
        first = self.scroll_offset.y
        if first <= position < first + self.page_rows:
            self.refresh_line(position + HEADING)

    def show_row(self, position: int) -> None:
        """Scroll until row ``position`` is in the viewport, with some rows beyond it; a far jump centres it."""
        first, page = self.scroll_offset.y, self.page_rows
        if first <= position < first + page:
            return
        ahead = page // _AHEAD
        top = position - ahead if position < first else position - page + 1 + ahead
        if abs(position - first) > 2 * page:
            top = position - page // 2
        self.scroll_to(y=max(0, min(top, self.row_count - page)), animate=False, immediate=True)

    def on_resize(self) -> None:
        """Keep the cursor in the viewport when rows at the end no longer fit."""
        before, self._page_shown = self._page_shown, self.page_rows
        if self.scroll_offset.y <= self.cursor < self.scroll_offset.y + before:
            self.show_row(self.cursor)

    # -- cursor ----------------------------------------------------------------------
    def put_cursor(self, position: int, *, by_user: bool = False, show: bool = True) -> None:
        """Move the cursor to row ``position``, repainting only the two rows concerned; ``show`` scrolls to it."""
        position = max(0, min(position, self.row_count - 1))
        if by_user and position < self.row_count - 1:
            self.left_end()
        if position != self.cursor:
            old, self.cursor = self.cursor, position
            self.refresh_row(old)
            self.refresh_row(position)
            self.post_message(self.Highlighted(self, position, by_user))
        if show:
            self.show_row(position)

    def action_move(self, rows: int) -> None:
        """Move the cursor by ``rows``."""
        self.put_cursor(self.cursor + rows, by_user=True)

    def action_page(self, pages: int) -> None:
        """Move cursor and viewport by ``pages``."""
        step = pages * max(1, self.page_rows - 1)
        self.scroll_to(y=max(0, self.scroll_offset.y + step), animate=False, immediate=True)
        self.put_cursor(self.cursor + step, by_user=True)

    def action_first(self) -> None:
        """Move the cursor to the first row, which may be the only one, or still to come."""
        self.left_end()
        self.put_cursor(0, by_user=True)

    def action_last(self) -> None:
        """Move the cursor to the last row, and post `EndWanted`."""
        self.put_cursor(self.row_count - 1, by_user=True)
        self.post_message(self.EndWanted(self))

    def action_choose(self) -> None:
        """Post `Chosen` for the row under the cursor."""
        if self.row_count:
            self.post_message(self.Chosen(self, self.cursor))

    def lines_instead(self, text: str) -> list[str]:
        """``text`` in the lines in which it stands instead of rows."""
        return wrap(text, max(self.scrollable_content_region.width - 2 * _MARGIN, 1))

    def empty_line(self, text: str, y: int) -> Strip:
        """Line ``y`` of the viewport where ``text``, in as many lines as it takes, stands instead of rows."""
        width, plain = self.scrollable_content_region.width, self.palette.plain
        lines = self.lines_instead(text)
        said = lines[y - HEADING] if 0 <= y - HEADING < len(lines) else ""
        return Strip([Segment(" " * _MARGIN + said, self.palette.faint)]).adjust_cell_length(width, plain)

    def heading_clicked(self, x: int) -> None:
        """Called for a click on cell ``x`` of the heading."""

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one on the same row chooses it."""
        if event.y < HEADING:
            self.heading_clicked(event.x)
            return
        position = self.scroll_offset.y + event.y - HEADING
        if position >= self.row_count:
            return
        self.put_cursor(position, by_user=True, show=False)
        if event.chain > 1:
            self.post_message(self.Chosen(self, position))

    # -- drawing -----------------------------------------------------------------------
    def paint_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.scrollable_content_region.width
        if y < HEADING:
            return Strip(self.heading(width)).adjust_cell_length(width, self.palette.head)
        position = self.scroll_offset.y + y - HEADING
        plain = self.palette.plain
        if position >= self.row_count:
            return Strip.blank(width, plain)
        cells = self.row(position, width)
        over = self.overlay(position)
        if position == self.cursor:
            mark = self.palette.cursor if self.has_focus else self.palette.away
            over = mark if over is None else over + mark
        if over is not None:
            cells = [Segment(text, self._laid(over, style or plain)) for text, style, _ in cells]
            plain = plain + over
        return Strip(cells).adjust_cell_length(width, plain)

    def _laid(self, over: Style, style: Style) -> Style:
        """``style`` with a row's highlight; a mark with a background of its own keeps it, else it cannot be read."""
        return style + over if style.bgcolor == self.palette.plain.bgcolor else over + style
