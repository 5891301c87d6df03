"""The keys of *follow stream*, once: bindings, help, hints and palette are drawn from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from tcptui.ui.help_pages import HelpKey, KeyGroup
from tcptui.ui.keymap import KeyArea
from tcptui.ui.palette_entry import PaletteEntry

if TYPE_CHECKING:
    from tcptui.explain.words import Words


@dataclass(frozen=True, slots=True)
class FollowKey:
    """One command; its words are ``follow.key.<name>``."""

    name: str
    keys: str
    """As Textual spells them; empty where the text itself listens."""
    shown: str
    action: str
    area: KeyArea
    in_palette: bool = True

    @property
    def word(self) -> str:
        """Catalogue key of what it does."""
        return f"follow.key.{self.name}"


FOLLOW_KEYS: Final = (
    FollowKey("move", "", "↑ ↓ ← → h j k l", "", KeyArea.MOVE, in_palette=False),
    FollowKey("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    FollowKey("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    FollowKey("turn", "", "] [", "", KeyArea.MOVE, in_palette=False),
    FollowKey("packet", "", "Enter", "", KeyArea.MOVE, in_palette=False),
    FollowKey("back", "escape,q,F", "Esc q F", "back", KeyArea.MOVE),
    FollowKey("find", "slash", "/", "find", KeyArea.FIND),
    FollowKey("next", "n", "n", "find_again(1)", KeyArea.FIND),
    FollowKey("previous", "N", "N", "find_again(-1)", KeyArea.FIND),
    FollowKey("go_to", "colon", ":", "go_to", KeyArea.FIND),
    FollowKey("text", "t,1", "t 1", "form('text')", KeyArea.SHOW),
    FollowKey("hex", "x,2", "x 2", "form('hex')", KeyArea.SHOW),
    FollowKey("decoded", "d,3", "d 3", "form('decoded')", KeyArea.SHOW),
    FollowKey("side", "s", "s", "side", KeyArea.SHOW),
    FollowKey("newest", "f", "f", "newest", KeyArea.SHOW),
    FollowKey("copy", "y", "y", "copy", KeyArea.SHOW),
    FollowKey("copy_turn", "Y", "Y", "copy_turn", KeyArea.SHOW),
    FollowKey("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)


def bindings() -> list[Binding]:
    """The screen's bindings."""
    return [Binding(key.keys, key.action, show=False, id=f"follow.{key.name}") for key in FOLLOW_KEYS if key.keys]


def help_keys(words: Words) -> list[KeyGroup]:
    """The keys for the help, by group."""
    groups = []
    for area in KeyArea:
        members = tuple(HelpKey(key.shown, words(key.word)) for key in FOLLOW_KEYS if key.area is area)
        if members:
            groups.append(KeyGroup(words(f"screen.keys.{area.value}"), members))
    return groups


def palette_entries(words: Words) -> list[PaletteEntry]:
    """The commands for the palette."""
    return [
        PaletteEntry(words(key.word), f"{key.shown}  {words(f'screen.keys.{key.area.value}')}", key.action)
        for key in FOLLOW_KEYS
        if key.in_palette
    ]
