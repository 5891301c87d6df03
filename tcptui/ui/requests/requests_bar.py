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
        self._title = ""
        self._states: tuple[str, ...] = ("",)

    def show(self, title: str, *states: str) -> None:
        """Show ``title`` and, of ``states``, the first that the line has room for, else the last."""
        if (title, states) != (self._title, self._states):
            self._title, self._states = title, states
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The title, and at the right the state."""
        title = f" {self._title} "
        room = width - cell_len(title) - 1
        state = next((state for state in self._states if cell_len(state) <= room), self._states[-1])
        state = fit(state, max(min(cell_len(state), room), 0), self.glyphs.ellipsis)
        gap = " " * max(width - cell_len(title) - cell_len(state) - 1, 0)
        return [(title, self.palette.bar), (gap + state + " ", self.palette.bar)]
