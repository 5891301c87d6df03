"""The table of the commands of the search screen: bindings, help, hints and palette."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="search")

SEARCH_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("open", "enter,right,l", "Enter → l", "open", KeyArea.MOVE),
    _key("edit", "slash,ctrl+f", "/ Ctrl+F", "edit", KeyArea.FIND),
    _key("next_place", "tab", "Tab", "place(1)", KeyArea.FIND),
    _key("previous_place", "shift+tab", "Shift+Tab", "place(-1)", KeyArea.FIND),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("close", "escape,q", "Esc q", "close", KeyArea.MOVE),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
HINTS: Final = (
    Hint("Enter", "search.hint.open", "screen.open"),
    Hint("Tab", "search.hint.place", "screen.place(1)"),
    Hint("/", "search.hint.edit", "screen.edit"),
    Hint("Esc", "screen.hint.back", "screen.close"),
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("y", "screen.hint.copy", "screen.copy"),
)
