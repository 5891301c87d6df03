"""The table of the commands of the screen of packets that are not TCP: bindings, help, hints and palette."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="other")

OTHER_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("drill", "enter,right,l", "Enter → l", "drill", KeyArea.MOVE, in_palette=False),
    _key("back", "escape,left,h", "Esc ← h", "back", KeyArea.MOVE, in_palette=False),
    _key("next_list", "tab", "Tab", "next_list", KeyArea.MOVE, in_palette=False),
    _key("quoted", "c", "c", "quoted", KeyArea.MOVE),
    _key("overview", "0", "0", "overview", KeyArea.FIND),
    _key("go_to", "colon", ":", "go_to", KeyArea.FIND),
    _key("find", "slash", "/", "find", KeyArea.FIND),
    _key("find_next", "n", "n", "find_again(1)", KeyArea.FIND),
    _key("find_previous", "N", "N", "find_again(-1)", KeyArea.FIND),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("close", "q,u", "q u", "close", KeyArea.PROGRAM),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
_BACK: Final = Hint("Esc", "screen.hint.back", "screen.back")
_GO_TO: Final = Hint(":", "other.hint.go_to", "screen.go_to")
_FIND: Final = Hint("/", "other.hint.find", "screen.find")
_QUOTED: Final = Hint("c", "other.hint.quoted", "screen.quoted")
_REST: Final = (
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("q", "other.hint.close", "screen.close"),
    Hint("y", "screen.hint.copy", "screen.copy"),
)
#: The hints where no packet is listed.
NO_PACKET_HINTS: Final = (_BACK, *_REST[:2])
#: The hints of each level, from the protocols down.
LEVEL_HINTS: Final = (
    (Hint("Enter", "other.hint.conversations", "screen.drill"), _BACK, _FIND, _GO_TO, *_REST),
    (Hint("Enter", "other.hint.packets", "screen.drill"), _BACK, _FIND, _GO_TO, *_REST),
    (Hint("Enter", "other.hint.packet", "screen.drill"), _BACK, _FIND, _GO_TO, *_REST),
    (_BACK, _FIND, _GO_TO, *_REST),
)


def hints_at(level: int, *, quotes: bool) -> tuple[Hint, ...]:
    """The hints at ``level``; ``quotes``: the packet is an ICMP error whose quoted conversation is known."""
    hints = LEVEL_HINTS[level]
    return (_QUOTED, *hints) if quotes else hints
