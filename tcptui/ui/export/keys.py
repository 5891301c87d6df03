"""The table of the export screen's commands, from which its bindings, help, hints and palette are made."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="export")

EXPORT_KEYS: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("packet", "enter,right,l", "Enter → l", "packet", KeyArea.MOVE),
    _key("back", "escape,left,h,q,x", "Esc ← h q x", "back", KeyArea.MOVE),
    _key("overview", "0", "0", "overview", KeyArea.FIND),
    _key("narrow", "slash", "/", "narrow", KeyArea.FIND),
    _key("scope", "s", "s", "scope", KeyArea.FIND),
    _key("again", "r", "r", "again", KeyArea.FIND),
    _key("scroll", "space,ctrl+d", "Space", "scroll_preview(1)", KeyArea.SHOW),
    _key("scroll_back", "b,ctrl+u", "b", "scroll_preview(-1)", KeyArea.SHOW),
    _key("write", "w", "w", "write", KeyArea.PROGRAM),
    _key("all", "W", "W", "write_all", KeyArea.PROGRAM),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
#: Names of the commands on the bottom line; their catalogue keys are ``export.hint.<name>``.
_HINTED: Final = ("packet", "back", "narrow", "scope", "write", "all")
#: Those that need a file under the cursor, and those that need any file.
_OF_A_FILE: Final = ("packet", "write", "all")


def hints(*, has_file: bool, has_any: bool, has_stream: bool) -> tuple[Hint, ...]:
    """The hints of the bottom line: of what can be done with or without a file under the cursor, or any at all.

    ``has_stream``: whether there is a connection to take the files of.
    """
    useless = {
        *(() if has_file else _OF_A_FILE),
        *(() if has_any else ("narrow",)),
        *(() if has_stream else ("scope",)),
    }
    shown = [
        Hint(key.shown.split()[0], f"export.hint.{key.name}", f"screen.{key.action}")
        for key in EXPORT_KEYS
        if key.name in _HINTED and key.name not in useless
    ]
    return (Hint("?", "screen.hint.help", "screen.help"), *shown)
