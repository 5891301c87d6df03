"""The line above the list of files: which stream they are from, how many, their size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.one_line import Cells, OneLine

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class ExportStatus:
    """The contents of the line."""

    title: str = ""
    counts: str = ""


class ExportBar(OneLine):
    """Title on the left, counts on the right."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "export-bar") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self._status = ExportStatus()

    def show(self, status: ExportStatus) -> None:
        """Show ``status``; repaints only when it has changed."""
        if status != self._status:
            self._status = status
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The line."""
        palette = self.palette
        counts = f"{self._status.counts} " if self._status.counts else ""
        room = max(0, width - cell_len(counts))
        title = fit(f" {self._status.title}", room, self.glyphs.ellipsis)
        return [(title, palette.key + Style(bgcolor=palette.bar.bgcolor)), (counts, palette.bar)]
