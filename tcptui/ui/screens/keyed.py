"""Base class of the screens above the main screen that have a table of commands: bindings, help and palette show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic

from textual.screen import ScreenResultType

from tcptui.ui.key_help import help_keys, palette_entries
from tcptui.ui.screens.noticing import NoticingScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.keymap import Command
    from tcptui.ui.palette_entry import PaletteEntry


class KeyedScreen(NoticingScreen[ScreenResultType], Generic[ScreenResultType]):
    """A screen whose commands are `KEYS`."""

    KEYS: ClassVar[Sequence[Command]] = ()

    def help_term(self) -> str | None:
        """The term that the help explains first; for subclasses."""
        return None

    def action_help(self) -> None:
        """Open the help, with the keys of this screen and the term under the cursor first."""
        from tcptui.ui.screens.help import HelpScreen

        keys = help_keys(self.words, self.KEYS)
        self.app.push_screen(HelpScreen(self.words, self.glyphs, keys, self.help_term()))

    def palette_entries(self) -> Sequence[PaletteEntry]:
        """The commands of this screen for the palette."""
        return palette_entries(self.words, self.KEYS)

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)
