"""Top line of a screen that shows one of several kinds: all kinds, the present one marked, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.style import Style

from tcptui.ui.cell_text import fit
from tcptui.ui.widgets.one_line import Cells, OneLine, action_style

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells between the kinds and what was found.
_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """The contents of the line."""

    title: str = ""
    kinds: tuple[str, ...] = ()
    chosen: int = 0
    """Which of ``kinds`` is shown."""
    found: tuple[str, ...] = ("",)
    """What was found, in words: the longest form first."""


class ChoiceBar(OneLine):
    """The line; a click on a kind performs ``action`` with the steps to it from the present one, as Tab does."""

    def __init__(self, glyphs: Glyphs, words: Words, action: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self._action = action
        self._choice = Choice()

    def show(self, choice: Choice) -> None:
        """Show ``choice``; repaints only when it has changed."""
        if choice != self._choice:
            self._choice = choice
            self.refresh()

    def cells(self, width: int) -> Cells:
        """What fits: a short form of what was found goes before the title, the title before the other kinds."""
        choice, bar = self._choice, self.palette.bar
        title = f" {choice.title} "
        kinds = [f" {kind} " for kind in choice.kinds]
        every, present = range(len(kinds)), range(choice.chosen, choice.chosen + 1)
        forms = [(title, every, found) for found in choice.found]
        forms += [(lead, shown, choice.found[-1]) for shown in (every, present) for lead in (title, "")]
        for lead, shown, found in forms:
            used = cell_len(lead) + sum(cell_len(kinds[place]) for place in shown if place < len(kinds))
            if used + _GAP + cell_len(found) + 1 <= width:
                break
        else:
            lead, shown, found = forms[-1]
            used = sum(cell_len(kinds[place]) for place in shown if place < len(kinds))
        marked = self.palette.strong + Style(reverse=True)
        line: Cells = [(lead, bar)]
        for place in shown:
            if place < len(kinds):
                action = f"{self._action}({place - choice.chosen})" if place != choice.chosen else ""
                line.append((kinds[place], action_style(marked if place == choice.chosen else bar, action)))
        room = max(0, width - used - 1)
        text = fit(found, min(cell_len(found), max(0, room - _GAP)), self.glyphs.ellipsis)
        return [*line, (" " * (room - cell_len(text)) + text + " ", bar)]
