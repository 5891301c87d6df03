"""A page of text that scrolls by keys and wheel and draws only the lines on screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tcptui.ui.prose import Block, Heading, Line, lay_out, text_of
from tcptui.ui.widgets.painted_lines import PaletteMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events


class Document(ScrollView, PaletteMixin, can_focus=True):
    """Shows blocks of `prose`, which are laid out again when the width changes."""

    ALLOW_SELECT = False
    MARGIN: ClassVar[int] = 1
    """Empty cells on each side of the text."""
    DEFAULT_CSS = """
    Document { scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", show=False),
        Binding("down,j", "scroll_down", show=False),
        Binding("pageup,ctrl+b", "page_up", show=False),
        Binding("pagedown,ctrl+f", "page_down", show=False),
        Binding("g,home", "scroll_home", show=False),
        Binding("G,end", "scroll_end", show=False),
    ]

    @dataclass
    class LinkChosen(Message):
        """A span with a link was clicked."""

        document: Document
        link: str

        @property
        def control(self) -> Document:
            """The document, for selectors."""
            return self.document

    def __init__(self, blocks: Sequence[Block] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._blocks = tuple(blocks)
        self._lines: list[Line] = []
        self._starts: list[int] = []
        self._laid_out_for = Size(0, 0)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks that are shown."""
        return self._blocks

    @property
    def shown_text(self) -> list[str]:
        """Every line of the page as text."""
        return text_of(self._lines)

    def show(self, blocks: Sequence[Block], *, keep_place: bool = False) -> None:
        """Replace the page and scroll to its top, or with ``keep_place`` leave the scroll position."""
        self._blocks = tuple(blocks)
        self._laid_out_for = Size(0, 0)
        self._lay_out()
        if not keep_place:
            self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    def show_block(self, index: int) -> None:
        """Scroll so that block ``index`` is at the top, or as near as the page's end allows."""
        self._lay_out()
        if 0 <= index < len(self._starts):
            self.scroll_to(y=self._starts[index], animate=False, immediate=True)

    def show_anchor(self, anchor: str) -> None:
        """Scroll to the heading with this anchor, if there is one."""
        for index, block in enumerate(self._blocks):
            if isinstance(block, Heading) and block.anchor == anchor:
                self.show_block(index)
                return

    def _start_of(self, anchor: str) -> int:
        """The line of the heading with this anchor; 0 without one."""
        starts = zip(self._blocks, self._starts, strict=False)
        return next((start for block, start in starts if isinstance(block, Heading) and block.anchor == anchor), 0)

    def anchor_on_screen(self) -> str:
        """The anchor of the section at the top of the viewport; empty when there is none."""
        top, found = self.scroll_offset.y, ""
        for block, start in zip(self._blocks, self._starts, strict=False):  # `_starts` is empty before the first layout
            if start > top:
                break
            if isinstance(block, Heading) and block.anchor:
                found = block.anchor
        return found

    def page_for(self, size: Size) -> tuple[Block, ...]:  # noqa: ARG002 - for those whose page depends on it
        """The blocks to show in ``size`` cells, margins left out."""
        return self._blocks

    def _lay_out(self) -> None:
        # Room for the scroll bar is reserved even when it is hidden, so that the text does not move when it appears.
        shown = self.scrollable_content_region
        bar = 0 if self.show_vertical_scrollbar else self.styles.scrollbar_size_vertical
        size = Size(shown.width - bar - 2 * self.MARGIN, shown.height)
        if size == self._laid_out_for or size.width < 1:
            return
        self._laid_out_for = size
        self._blocks = self.page_for(size)
        self._lines, self._starts = lay_out(self._blocks, size.width)
        # Blank lines below the text let even a short last section be scrolled to the top.
        anchors = [
            start
            for block, start in zip(self._blocks, self._starts, strict=True)
            if isinstance(block, Heading) and block.anchor
        ]
        height = max(len(self._lines), anchors[-1] + size.height) if len(anchors) > 1 else len(self._lines)
        self.virtual_size = Size(0, height)

    def on_resize(self) -> None:
        """Lay the text out for the new width; the section that is on screen stays there."""
        anchor, before = self.anchor_on_screen(), len(self._lines)
        below = self.scroll_offset.y - self._start_of(anchor)
        self._lay_out()
        if anchor and before:
            y = self._start_of(anchor) + below * len(self._lines) // before
            self.scroll_to(y=y, animate=False, immediate=True)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Follow the link under the pointer."""
        place = event.get_content_offset(self)
        if place is None or (number := self.scroll_offset.y + place.y) >= len(self._lines):
            return
        x = place.x - self.MARGIN
        for span in self._lines[number]:
            x -= Segment(span.text).cell_length
            if x < 0:
                if span.link:
                    self.post_message(self.LinkChosen(self, span.link))
                return

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.scrollable_content_region.width
        plain = self.palette.plain
        number = self.scroll_offset.y + y
        if number >= len(self._lines):
            return Strip.blank(width, plain)
        cells = [Segment(span.text, self._style(span.style)) for span in self._lines[number]]
        return Strip([Segment(" " * self.MARGIN, plain), *cells]).adjust_cell_length(width, plain)

    def _style(self, name: str) -> Style:
        style: Style = getattr(self.palette, name)
        return style
