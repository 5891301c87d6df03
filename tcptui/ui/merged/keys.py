"""The tables of the commands of both screens about two capture points: bindings, help, hints and palette."""

from __future__ import annotations

from functools import partial
from typing import Final

from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="merged")
_MOVING: Final = (
    _key("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    _key("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
)
_SHOWING: Final = (
    _key("open_a", "a", "a", "open_point(0)", KeyArea.SHOW),
    _key("open_b", "b", "b", "open_point(1)", KeyArea.SHOW),
    _key("other_pane", "tab,shift+tab", "Tab", "other_pane", KeyArea.MOVE, in_palette=False),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
)
MERGED_KEYS: Final = (
    *_MOVING,
    _key("ladder", "enter,right,l", "Enter → l", "ladder", KeyArea.MOVE),
    *_SHOWING,
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
    _key("quit", "q", "q", "app.quit", KeyArea.PROGRAM),
)
LADDER_KEYS: Final = (
    *_MOVING,
    _key("open", "enter,right,l", "Enter → l", "open", KeyArea.MOVE),
    *_SHOWING,
    _key("next_trouble", "n", "n", "trouble(1)", KeyArea.FIND),
    _key("previous_trouble", "N", "N", "trouble(-1)", KeyArea.FIND),
    _key("next_connection", "J", "J", "connection(1)", KeyArea.MOVE),
    _key("previous_connection", "K", "K", "connection(-1)", KeyArea.MOVE),
    _key("close", "escape,q,left,h", "Esc q ← h", "close", KeyArea.MOVE),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
_OPEN: Final = (
    Hint("a", "merged.hint.open-a", "screen.open_point(0)"),
    Hint("b", "merged.hint.open-b", "screen.open_point(1)"),
)
_HELP: Final = Hint("?", "screen.hint.help", "screen.help")
_COPY: Final = Hint("y", "screen.hint.copy", "screen.copy")
_QUIT: Final = Hint("q", "screen.hint.quit", "app.quit")
#: The hints while there is nothing to be shown yet.
WAITING_HINTS: Final = (Hint("q", "merged.hint.stop", "app.quit"), _HELP)


def list_hints(*, on_list: bool) -> tuple[Hint, ...]:
    """The hints of the list of connections; ``on_list``: it has the focus, not the explanation."""
    other = Hint("Tab", "merged.hint.explanation" if on_list else "merged.hint.list", "screen.other_pane")
    return (Hint("Enter", "merged.hint.ladder", "screen.ladder"), *_OPEN, _HELP, _QUIT, other, _COPY)


def ladder_hints(*, on_list: bool) -> tuple[Hint, ...]:
    """The hints of a ladder; ``on_list``: it has the focus, not the explanation."""
    other = Hint("Tab", "merged.hint.explanation" if on_list else "merged.hint.list", "screen.other_pane")
    return (
        Hint("n N", "merged.hint.trouble", "screen.trouble(1)"), *_OPEN,
        Hint("Esc", "screen.hint.back", "screen.close"), _HELP, other,
        Hint("J K", "merged.hint.connection", "screen.connection(1)"), _COPY,
    )  # fmt: skip
