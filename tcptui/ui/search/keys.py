"""The table of the commands of the search screen: bindings, help, hints and palette."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea
from tcptui.ui.search.highlights import MOST

if TYPE_CHECKING:
    from collections.abc import Iterable

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
#: Keys of the hints that need a hit, and those that need a search that is kept.
_OF_A_HIT: Final = frozenset({"Enter", "y"})
_OF_A_SEARCH: Final = frozenset({"Del"})
#: Stands for the numbers of the searches that are kept.
_NUMBERS: Final = ""
_HINTS: Final = (
    Hint("Enter", "search.hint.open", "screen.open"),
    Hint("Tab", "search.hint.place", "screen.place(1)"),
    Hint("/", "search.hint.edit", "screen.edit"),
    Hint(_NUMBERS, "search.hint.front"),
    Hint("Del", "search.hint.remove", "screen.remove"),
    Hint("Esc", "screen.hint.back", "screen.close"),
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("y", "screen.hint.copy", "screen.copy"),
)


def hints(kept: Iterable[int], *, has_hit: bool) -> tuple[Hint, ...]:
    """The hints of the bottom line, without those that nothing would answer to; ``kept``: the searches there are."""
    numbers = tuple(map(str, kept))
    idle = (frozenset() if has_hit else _OF_A_HIT) | (frozenset() if numbers else _OF_A_SEARCH)
    told = [hint for hint in _HINTS if hint.key not in idle and (hint.key != _NUMBERS or len(numbers) > 1)]
    return tuple(replace(hint, key=hint.key or " ".join(numbers)) for hint in told)
