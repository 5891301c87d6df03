"""The table of the commands of *follow stream*, from which its bindings, help and palette are made."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="follow")

FOLLOW_KEYS: Final = (
    _key("move", "", "↑ ↓ ← → h j k l", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("turn", "", "] [", "", KeyArea.MOVE, in_palette=False),
    _key("packet", "", "Enter", "", KeyArea.MOVE, in_palette=False),
    _key("back", "escape,q,F", "Esc q F", "back", KeyArea.MOVE),
    _key("find", "slash", "/", "find", KeyArea.FIND),
    _key("next", "n", "n", "find_again(1)", KeyArea.FIND),
    _key("previous", "N", "N", "find_again(-1)", KeyArea.FIND),
    _key("overview", "0", "0", "overview", KeyArea.FIND),
    _key("go_to", "colon", ":", "go_to", KeyArea.FIND),
    _key("text", "t,1", "t 1", "form('text')", KeyArea.SHOW),
    _key("hex", "x,2", "x 2", "form('hex')", KeyArea.SHOW),
    _key("decoded", "d,3", "d 3", "form('decoded')", KeyArea.SHOW),
    _key("only", "o", "o", "only", KeyArea.SHOW),
    _key("side", "s", "s", "side", KeyArea.SHOW),
    _key("newest", "f", "f", "newest", KeyArea.SHOW),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("copy_turn", "Y", "Y", "copy_turn", KeyArea.SHOW),
    _key("files", "w", "w", "files", KeyArea.PROGRAM),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
