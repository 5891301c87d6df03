"""The keys of the list of files, once: bindings, help, hints and palette are drawn from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from tcptui.ui.help_pages import HelpKey, KeyGroup
from tcptui.ui.keymap import KeyArea
from tcptui.ui.palette_entry import PaletteEntry
from tcptui.ui.widgets.one_line import Hint

if TYPE_CHECKING:
    from tcptui.explain.words import Words


@dataclass(frozen=True, slots=True)
class ExportKey:
    """One command; its words are ``export.key.<name>``, on the bottom line ``export.hint.<name>``."""

    name: str
    keys: str
    """As Textual spells them; empty where the list itself listens."""
    shown: str
    action: str
    area: KeyArea
    hinted: bool = False


EXPORT_KEYS: Final = (
    ExportKey("move", "", "↑ ↓ k j PgUp PgDn g G", "", KeyArea.MOVE),
    ExportKey("packet", "enter,right,l", "Enter → l", "packet", KeyArea.MOVE, hinted=True),
    ExportKey("back", "escape,left,h,q,x", "Esc ← h q x", "back", KeyArea.MOVE, hinted=True),
    ExportKey("scope", "s", "s", "scope", KeyArea.FIND, hinted=True),
    ExportKey("again", "r", "r", "again", KeyArea.FIND),
    ExportKey("scroll", "space,ctrl+d", "Space", "scroll_preview(1)", KeyArea.SHOW),
    ExportKey("scroll_back", "b,ctrl+u", "b", "scroll_preview(-1)", KeyArea.SHOW),
    ExportKey("write", "w", "w", "write", KeyArea.PROGRAM, hinted=True),
    ExportKey("all", "W", "W", "write_all", KeyArea.PROGRAM, hinted=True),
    ExportKey("copy", "y", "y", "copy", KeyArea.SHOW),
    ExportKey("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)


def bindings() -> list[Binding]:
    """The screen's bindings."""
    return [Binding(key.keys, key.action, show=False, id=f"export.{key.name}") for key in EXPORT_KEYS if key.keys]


def hints() -> tuple[Hint, ...]:
    """The bottom line."""
    shown = [
        Hint(key.shown.split()[0], f"export.hint.{key.name}", f"screen.{key.action}")
        for key in EXPORT_KEYS
        if key.hinted
    ]
    return (Hint("?", "screen.hint.help", "screen.help"), *shown)


def help_keys(words: Words) -> list[KeyGroup]:
    """The keys for the help, by group."""
    groups = []
    for area in KeyArea:
        members = tuple(HelpKey(key.shown, words(f"export.key.{key.name}")) for key in EXPORT_KEYS if key.area is area)
        if members:
            groups.append(KeyGroup(words(f"screen.keys.{area.value}"), members))
    return groups


def palette_entries(words: Words) -> list[PaletteEntry]:
    """The commands for the palette."""
    return [
        PaletteEntry(
            words(f"export.key.{key.name}"), f"{key.shown}  {words(f'screen.keys.{key.area.value}')}", key.action
        )
        for key in EXPORT_KEYS
        if key.action
    ]
