"""The small menu of the user's columns: Enter or Del removes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType

from tcptui.ui.hint import Hint
from tcptui.ui.main.filter_menu import SmallMenu
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_HINTS: Final = (
    Hint("Enter", "screen.column.menu.remove", "screen.remove"),
    Hint("Esc", "screen.hint.back", "screen.dismiss"),
)


class ColumnMenu(SmallMenu["str | None"]):
    """Offers the columns; closes with the one to remove."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left,h", "dismiss", show=False),
        Binding("delete,backspace,minus", "remove", show=False),
    ]

    def __init__(self, columns: Sequence[str], words: Words, glyphs: Glyphs) -> None:
        super().__init__(columns, words("screen.column.menu.title"), _HINTS, words, glyphs)

    @on(VirtualList.Chosen)
    def action_remove(self) -> None:
        """Close with the column under the cursor."""
        self.dismiss(self.chosen)
