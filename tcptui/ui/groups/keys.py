"""The table of the commands of the screen of grouped connections: bindings, help, hints and palette."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="groups")

GROUPS_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("narrow", "enter", "Enter", "narrow", KeyArea.MOVE),
    _key("next_by", "tab,right,l", "Tab → l", "by(1)", KeyArea.SHOW),
    _key("previous_by", "shift+tab,left,h", "Shift+Tab ← h", "by(-1)", KeyArea.SHOW),
    _key("sort", "s", "s", "sort", KeyArea.SHOW),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("overview", "0", "0", "overview", KeyArea.FIND),
    _key("close", "escape,q,b", "Esc q b", "close", KeyArea.MOVE),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
#: Keys of the hints that need a group.
_OF_A_GROUP: Final = frozenset({"Enter", "s", "y"})
_HINTS: Final = (
    Hint("Enter", "groups.hint.narrow", "screen.narrow"),
    Hint("Tab", "groups.hint.by", "screen.by(1)"),
    Hint("s", "groups.hint.sort", "screen.sort"),
    Hint("Esc", "screen.hint.back", "screen.close"),
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("y", "groups.hint.copy", "screen.copy"),
)


def hints(*, has_group: bool) -> tuple[Hint, ...]:
    """The hints of the bottom line, without those that need a group where there is none."""
    return tuple(hint for hint in _HINTS if has_group or hint.key not in _OF_A_GROUP)
