"""The line below the status bar: the verdict on the whole capture, and the key that opens the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.one_line import OneLine, action_style
from tcptui.words.quantities import NO_BREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.theme import Glyphs
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words


class VerdictLine(OneLine):
    """Hidden while there is no trouble, so that it takes no row."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "verdict") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self._forms: Sequence[str] = ()
        self._severity = 0

    @property
    def text(self) -> str:
        """The verdict in its longest form; empty while the line is hidden."""
        return self._forms[0] if self._forms else ""

    def show(self, forms: Sequence[str], severity: int = 0) -> None:
        """Show the first of ``forms`` (the longest first) that fits; without any the line is hidden.

        ``severity``: the worst, a `Severity`, by which it is drawn.
        """
        if (forms, severity) != (self._forms, self._severity):
            self._forms, self._severity = forms, severity
            self.set_class(bool(forms), "-shown")
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The sentence in the longest form that fits, the last one cut if need be, and the key."""
        palette = self.palette
        label = f" {self.words('screen.hint.overview')} "
        sign = f" {self.glyphs.severity(self._severity)} "
        room = width - cell_len(sign) - cell_len(label) - 2
        text = next((form for form in self._forms if cell_len(form) <= room), "")
        text = text or (self._forms[-1] if self._forms else "")
        action = "screen.overview"
        return [
            (sign, palette.severity(self._severity)),
            (fit(text.replace(NO_BREAK, " "), room, self.glyphs.ellipsis), palette.severity(self._severity)),
            (" 0", action_style(palette.key, action)),
            (label, action_style(palette.faint, action)),
        ]
