"""The table of the overview's commands, from which its bindings, help and palette are made."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="overview")

OVERVIEW_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("narrow", "enter,right,l", "Enter → l", "narrow", KeyArea.MOVE),
    _key("explanation", "tab,shift+tab", "Tab", "other_pane", KeyArea.MOVE, in_palette=False),
    _key("other", "u", "u", "other", KeyArea.MOVE),
    _key("requests", "R", "R", "requests", KeyArea.MOVE),
    _key("groups", "b", "b", "groups", KeyArea.MOVE),
    _key("filter", "slash", "/", "filter", KeyArea.FIND),
    _key("search", "ctrl+f", "Ctrl+F", "search", KeyArea.FIND),
    _key("close", "escape,q,0", "Esc q 0", "close", KeyArea.MOVE),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
_HELP: Final = Hint("?", "screen.hint.help", "screen.help")
_COPY: Final = Hint("y", "screen.hint.copy", "screen.copy")
_CLOSE: Final = Hint("Esc", "screen.hint.back", "screen.close")
_ONWARD: Final = (
    Hint("/", "screen.hint.narrow", "screen.filter"),
    Hint("R", "overview.hint.requests", "screen.requests"),
    Hint("b", "overview.hint.grouped", "screen.groups"),
)
#: The hints while the groups have the focus.
GROUP_HINTS: Final = (
    Hint("Enter", "overview.hint.narrow", "screen.narrow"),
    Hint("Tab", "overview.hint.explanation", "screen.other_pane"),
    _CLOSE,
    _HELP,
    *_ONWARD,
    _COPY,
)
#: The hints where there is no group.
QUIET_HINTS: Final = (_CLOSE, _HELP, *_ONWARD, _COPY)
#: The hints where there is no connection either, but other packets.
WITHOUT_TCP_HINTS: Final = (_CLOSE, _HELP, Hint("u", "screen.hint.other", "screen.other"), _COPY)
#: The hints while the explanation has the focus.
EXPLANATION_HINTS: Final = (
    Hint("Enter", "screen.hint.evidence"),
    Hint("Tab", "overview.hint.groups", "screen.other_pane"),
    _CLOSE,
    _HELP,
    *_ONWARD,
    _COPY,
)
