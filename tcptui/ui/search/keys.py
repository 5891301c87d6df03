"""The table of the commands of the search screen: bindings, help, hints and palette."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea
from tcptui.ui.search.highlights import MOST

_key: Final = partial(Command, screen="search")

SEARCH_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("open", "enter,right,l", "Enter → l", "open", KeyArea.MOVE),
    _key("edit", "slash,ctrl+f", "/ Ctrl+F", "edit", KeyArea.FIND),
    _key("next_place", "tab", "Tab", "place(1)", KeyArea.FIND),
    _key("previous_place", "shift+tab", "Shift+Tab", "place(-1)", KeyArea.FIND),
    *(
        _key(f"front_{number}", str(number), str(number), f"front({number})", KeyArea.FIND)
        for number in range(1, MOST + 1)
    ),
    _key("remove", "delete,backspace", "Del", "remove", KeyArea.FIND),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("close", "escape,q", "Esc q", "close", KeyArea.MOVE),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
#: Keys of the hints that need a hit.
_OF_A_HIT: Final = frozenset({"Enter", "y"})
_HINTS: Final = (
    Hint("Enter", "search.hint.open", "screen.open"),
    Hint("Tab", "search.hint.place", "screen.place(1)"),
    Hint("/", "search.hint.edit", "screen.edit"),
    Hint(f"1-{MOST}", "search.hint.front"),
    Hint("Del", "search.hint.remove", "screen.remove"),
    Hint("Esc", "screen.hint.back", "screen.close"),
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("y", "screen.hint.copy", "screen.copy"),
)


def hints(*, has_hit: bool) -> tuple[Hint, ...]:
    """The hints of the bottom line, without those that need a hit where there is none."""
    return tuple(hint for hint in _HINTS if has_hit or hint.key not in _OF_A_HIT)
