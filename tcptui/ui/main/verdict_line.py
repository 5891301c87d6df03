"""The line below the status bar: the verdict on the whole capture, and the key that opens the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.one_line import OneLine, action_style

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words


class VerdictLine(OneLine):
    """Hidden while there is no trouble, so that it takes no row."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "verdict") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.text = ""
        self._severity = 0

    def show(self, text: str, severity: int = 0) -> None:
        """Show ``text``, drawn by the worst ``severity`` (a `Severity`); an empty text hides the line."""
        if (text, severity) != (self.text, self._severity):
            self.text, self._severity = text, severity
            self.set_class(bool(text), "-shown")
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The sentence, cut at its end where it is too long, and the key."""
        palette = self.palette
        label = f" {self.words('screen.hint.overview')} "
        sign = f" {self.glyphs.severity(self._severity)} "
        room = width - cell_len(sign) - cell_len(label) - 2
        action = "screen.overview"
        return [
            (sign, palette.severity(self._severity)),
            (fit(self.text, room, self.glyphs.ellipsis), palette.severity(self._severity)),
            (" 0", action_style(palette.key, action)),
            (label, action_style(palette.faint, action)),
        ]
