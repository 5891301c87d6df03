"""Keys of commands that a person has chosen: which commands may have one, and which keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.ui.keymap import COMMANDS, PANE_KEYS
from tcptui.ui.settings.problem import QUOTED, Fault, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.ui.keymap import Command

Keys = tuple[tuple[str, str], ...]

#: One visible character but a comma, which separates keys in Textual, or a function key.
_KEY: Final = re.compile(r"[!-+\--~]|f[1-9]|f1[0-2]")
_SPACE: Final = "space"


def _own_key(command: Command) -> str:
    """The one key of ``command`` as it is written in the file; empty where it has several, or one that must stay."""
    if command.keys == _SPACE:
        return _SPACE
    return command.shown if command.keys and len(command.shown) == 1 and not command.shown.isdigit() else ""


#: Commands of the main screen that may have another key, and their own.
OWN_KEYS: Final = {command.name: key for command in COMMANDS if (key := _own_key(command))}
#: Keys of panes, numbers and commands that keep theirs.
_FIXED_KEYS: Final = frozenset(
    key for command in (*COMMANDS, *PANE_KEYS) if command.name not in OWN_KEYS for key in command.shown.split()
)


def chosen_keys(written: Mapping[str, object]) -> tuple[Keys, list[Problem]]:
    """The table ``keys`` of the file: command and key, without the entries that are wrong."""
    problems: list[Problem] = []
    wanted: dict[str, str] = {}
    for name, key in written.items():
        quoted = (("name", safe_text(name, QUOTED)), ("value", safe_text(str(key), QUOTED)))
        if name not in OWN_KEYS:
            problems.append(Problem(Fault.NO_COMMAND, quoted))
        elif not isinstance(key, str) or (key != _SPACE and not _KEY.fullmatch(key)):
            problems.append(Problem(Fault.NO_KEY, quoted))
        elif key in _FIXED_KEYS:
            problems.append(Problem(Fault.KEY_TAKEN, quoted))
        else:
            wanted[name] = key
    while (clash := _clash(wanted)) is not None:
        problems.append(Problem(Fault.KEY_TAKEN, (("name", clash), ("value", wanted.pop(clash)))))
    return tuple(wanted.items()), problems


def _clash(wanted: Mapping[str, str]) -> str | None:
    """The first command whose wanted key another command has."""
    now = {**OWN_KEYS, **wanted}
    for name, key in wanted.items():
        if any(key == other for command, other in now.items() if command != name):
            return name
    return None
