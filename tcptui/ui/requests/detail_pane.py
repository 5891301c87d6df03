"""The pane below the waterfall that tells of the selected request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from tcptui.ui.requests.detail import detail_parts, whole_parts
from tcptui.ui.widgets.painted_lines import PaintedLines

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.request import Request
    from tcptui.ui.requests.detail import Run
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


class RequestDetail(PaintedLines):
    """Draws `detail_parts`; what does not fit whole is left out."""

    def __init__(self, session: OpenCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(id="request-detail")
        self._session, self._glyphs, self._words = session, glyphs, words
        self._request: Request | None = None
        self._lines: tuple[tuple[int, int], list[list[Run]]] = ((-1, -1), [])
        """The width and height that they are for, and the lines."""

    def show(self, request: Request | None) -> None:
        """Tell of ``request``; of none, nothing."""
        self._request, self._lines = request, ((-1, -1), [])
        self.refresh()

    def needed(self, most: int) -> int:
        """Lines that the words about the request fill, of ``most``."""
        width = self.scrollable_content_region.width or self.app.size.width
        return min(sum(map(len, self._parts(width, most))), most)

    def _parts(self, width: int, height: int) -> list[list[list[Run]]]:
        if self._request is None:
            return []
        return detail_parts(self._request, self._session, max(width - 2, 1), height, self._glyphs, self._words)

    def paint_line(self, y: int) -> Strip:
        """A line, with a blank cell at either end."""
        width, height = self.scrollable_content_region.size
        plain = self.palette.plain
        if self._lines[0] != (width, height):
            self._lines = (width, height), whole_parts(self._parts(width, height), height)
        lines = self._lines[1]
        if y >= len(lines):
            return Strip.blank(width, plain)
        cells = [Segment(" ", plain), *(Segment(text, getattr(self.palette, name)) for text, name in lines[y])]
        return Strip(cells).adjust_cell_length(width, plain)
