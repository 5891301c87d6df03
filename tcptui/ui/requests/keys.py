"""The table of the commands of the waterfall: bindings, help, hints and palette."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="requests")

REQUESTS_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("open", "enter,right,l", "Enter → l", "open", KeyArea.MOVE),
    _key("scope", "tab,shift+tab", "Tab", "scope", KeyArea.SHOW),
    _key("group", "b", "b", "group", KeyArea.SHOW),
    _key("sort", "s", "s", "sort", KeyArea.SHOW),
    _key("reverse", "S", "S", "reverse", KeyArea.SHOW),
    _key("axis", "a", "a", "axis", KeyArea.SHOW),
    _key("narrow", "slash", "/", "narrow", KeyArea.FIND),
    _key("follow", "F", "F", "follow", KeyArea.SHOW),
    _key("files", "x", "x", "files", KeyArea.SHOW),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("write", "w", "w", "write", KeyArea.PROGRAM),
    _key("write_all", "W", "W", "write_all", KeyArea.PROGRAM),
    _key("overview", "0", "0", "overview", KeyArea.FIND),
    _key("back", "escape", "Esc", "back", KeyArea.MOVE, in_palette=False),
    _key("close", "q,R", "q R", "close", KeyArea.MOVE),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
_HINTS: Final = (
    Hint("Enter", "requests.hint.open", "screen.open"),
    Hint("Tab", "requests.hint.scope", "screen.scope"),
    Hint("b", "requests.hint.group", "screen.group"),
    Hint("s", "requests.hint.sort", "screen.sort"),
    Hint("/", "requests.hint.narrow", "screen.narrow"),
    Hint("Esc", "screen.hint.back", "screen.back"),
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("a", "requests.hint.axis", "screen.axis"),
    Hint("F", "requests.hint.follow", "screen.follow"),
    Hint("x", "requests.hint.files", "screen.files"),
    Hint("y", "screen.hint.copy", "screen.copy"),
    Hint("w", "requests.hint.write", "screen.write"),
)
#: What stands in their place while statements are listed.
_HINTS_OF_STATEMENTS: Final = (
    Hint("Enter", "requests.hint.of-statement", "screen.open"),
    Hint("Tab", "requests.hint.scope", "screen.scope"),
    Hint("b", "requests.hint.ungroup", "screen.group"),
    *(hint for hint in _HINTS if hint.key not in ("Enter", "Tab", "b", "a", "F", "x")),
)
#: Keys that need a request, and those that need a connection to begin with.
_OF_A_REQUEST: Final = frozenset({"Enter", "b", "s", "/", "a", "F", "x", "y"})
_OF_A_CONNECTION: Final = frozenset({"Tab"})


_OF_ROWS: Final = frozenset({"w"})


def hints(*, has_request: bool, of_one: bool, grouped: bool = False, has_rows: bool = False) -> tuple[Hint, ...]:
    """The hints of the bottom line, without those that nothing would answer to.

    ``has_rows``: the answer has rows, which can be written to a file.
    """
    idle = (frozenset() if has_request else _OF_A_REQUEST) | (frozenset() if of_one else _OF_A_CONNECTION)
    idle |= frozenset() if has_rows else _OF_ROWS
    return tuple(hint for hint in (_HINTS_OF_STATEMENTS if grouped else _HINTS) if hint.key not in idle)
