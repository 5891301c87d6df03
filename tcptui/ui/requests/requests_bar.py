"""The top line of the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.one_line import OneLine

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words


class RequestsBar(OneLine):
    """Top line: whose requests, how many, in which order, narrowed to what."""

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, words, id="requests-bar")
        self._title = self._state = ""

    def show(self, title: str, state: str) -> None:
        """Show both texts."""
        if (title, state) != (self._title, self._state):
            self._title, self._state = title, state
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The title, and at the right the state."""
        title = f" {self._title} "
        state = fit(self._state, max(min(cell_len(self._state), width - cell_len(title) - 1), 0), self.glyphs.ellipsis)
        gap = " " * max(width - cell_len(title) - cell_len(state) - 1, 0)
        return [(title, self.palette.bar), (gap + state + " ", self.palette.bar)]
