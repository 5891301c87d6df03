"""Help entries and palette entries made from a table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.ui.help_pages import HelpKey, KeyGroup
from tcptui.ui.keymap import Command, KeyArea
from tcptui.ui.palette_entry import PaletteEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.words.catalogue import Words


def help_keys(words: Words, commands: Iterable[Command]) -> list[KeyGroup]:
    """The keys for the help screen, by group; empty groups are left out."""
    listed = [command for command in commands if command.shown]
    groups = []
    for area in KeyArea:
        members = tuple(HelpKey(each.shown, words(each.word)) for each in listed if each.area is area)
        if members:
            groups.append(KeyGroup(words(f"screen.keys.{area.value}"), members))
    return groups


def palette_entries(words: Words, commands: Iterable[Command]) -> list[PaletteEntry]:
    """The commands that can be chosen by name, each with its key (if it has one) and its group."""
    entries = []
    for command in commands:
        if command.in_palette:
            group = words(f"screen.keys.{command.area.value}")
            key = command.shown.partition(" ")[0]
            also = words(f"guide.palette.also.{command.also}") if command.also else ""
            entries.append(PaletteEntry(words(command.word), group, command.action, key, also=also))
    return entries
