"""The line above the key hints that shows a hint of the tour; hidden when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.one_line import OneLine, action_style

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words

_KEY_ALONE: Final = "  Del "


class TourLine(OneLine):
    """Has a row of its own, so that it covers nothing; a click dismisses the hint, as its key does."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "tour") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self.text = ""
        self._key = ""

    def show(self, text: str, key: str = "") -> None:
        """Show ``text``, in which ``key`` is marked; an empty one hides the line."""
        if text != self.text:
            self.text, self._key = text, key
            self.set_class(bool(text), "-shown")
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The sentence, and at the right end what puts it away: the key alone where there is no room for its name."""
        palette, words = self.palette, self.words
        lead = f" {words('tour.lead')} "
        dismiss = f"  {words('tour.dismiss')} "
        if cell_len(lead) + cell_len(self.text) + cell_len(dismiss) > width:
            dismiss = _KEY_ALONE
        room = width - cell_len(lead) - cell_len(dismiss)
        before, key, after = fit(self.text, room, self.glyphs.ellipsis).partition(self._key or " ")
        action = "screen.tour_dismiss"
        return [
            (lead, palette.head),
            (before, palette.plain),
            (key, palette.key),
            (after, palette.plain),
            (dismiss, action_style(palette.faint, action)),
        ]
