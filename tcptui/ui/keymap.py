"""The table of the main screen's commands, from which its key bindings, help and palette are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from tcptui.ui.main.pane_specs import NUMBERED, SPEC_OF
from tcptui.ui.view_options import TimeBase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.ui.hint import Hint


class KeyArea(Enum):
    """Groups of keys on the help screen; the catalogue key of a group's title is ``screen.keys.<value>``."""

    MOVE = "move"
    FIND = "find"
    SHOW = "show"
    CASE = "case"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: ``keys`` in Textual's spelling (empty where a widget binds them), ``shown`` as displayed."""

    name: str
    keys: str
    shown: str
    action: str
    area: KeyArea
    in_palette: bool = True
    """Whether the palette lists it: for a cursor movement, for example, that makes no sense."""
    screen: str = "screen"
    """Prefix of the catalogue keys of the screen that it belongs to; ``screen`` is the main screen."""
    also: str = ""
    """Last part of the catalogue key of other words that the palette finds it by; empty without any."""

    @property
    def word(self) -> str:
        """Catalogue key of its description."""
        return f"{self.screen}.key.{self.name}"

    def binding(self) -> Binding:
        """The command as a Textual `Binding`."""
        return Binding(self.keys, self.action, show=False, id=f"{self.screen}.{self.name}")


#: Keys that the panes themselves handle; listed for the help only.
PANE_KEYS: Final = (
    Command("arrows", "", "↑ ↓ k j", "", KeyArea.MOVE, in_palette=False),
    Command("page", "", "PgUp PgDn", "", KeyArea.MOVE, in_palette=False),
    Command("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
)
COMMANDS: Final = (
    Command("drill", "enter,right,l", "Enter → l", "drill", KeyArea.MOVE, in_palette=False),
    Command("back", "escape,left,h", "Esc ← h", "back", KeyArea.MOVE, in_palette=False),
    *(
        Command(SPEC_OF[pane].command, str(number), str(number), f"pane({number})", KeyArea.MOVE)
        for number, pane in enumerate(NUMBERED, 1)
    ),
    Command("next_pane", "tab", "Tab", "next_pane(1)", KeyArea.MOVE, in_palette=False),
    Command("previous_pane", "shift+tab", "Shift+Tab", "next_pane(-1)", KeyArea.MOVE, in_palette=False),
    Command("next_connection", "J", "J", "connection(1)", KeyArea.MOVE),
    Command("previous_connection", "K", "K", "connection(-1)", KeyArea.MOVE),
    Command("overview", "0", "0", "overview", KeyArea.FIND, also="overview"),
    Command("groups", "b", "b", "groups", KeyArea.FIND, also="groups"),
    Command("other", "u", "u", "other", KeyArea.FIND, also="other"),
    Command("next_problem", "n", "n", "problem(1)", KeyArea.FIND, also="next_problem"),
    Command("previous_problem", "N", "N", "problem(-1)", KeyArea.FIND),
    Command("longest_gap", "L", "L", "longest_gap", KeyArea.FIND, also="longest_gap"),
    Command("narrow", "slash", "/", "narrow", KeyArea.FIND, also="narrow"),
    Command("filter_by", "equals_sign", "=", "filter_by", KeyArea.FIND),
    Command("lift", "backslash", "\\", "lift", KeyArea.FIND),
    Command("filter_form", "", "", "filter_form", KeyArea.FIND),
    Command("keep_filter", "", "", "keep_filter", KeyArea.FIND),
    Command("context", "v", "v", "context", KeyArea.FIND),
    Command("search", "ctrl+f", "Ctrl+F", "search", KeyArea.FIND, also="search"),
    Command("drop_highlights", "", "", "drop_highlights", KeyArea.FIND),
    Command("go_to", "colon", ":", "go_to", KeyArea.FIND, also="go_to"),
    Command("sort", "s", "s", "sort", KeyArea.FIND, also="sort"),
    Command("sort_menu", "O", "O", "sort_menu", KeyArea.FIND, also="sort"),
    Command("reverse", "S", "S", "reverse", KeyArea.FIND),
    Command("explain", "e", "e", "explain", KeyArea.SHOW),
    Command("zoom", "z", "z", "zoom", KeyArea.SHOW),
    Command("add_column", "plus", "+", "add_column", KeyArea.SHOW, also="add_column"),
    Command("remove_column", "minus", "-", "remove_column", KeyArea.SHOW),
    Command("follow", "f", "f", "follow", KeyArea.SHOW, also="follow"),
    Command("stream", "F", "F", "follow_stream", KeyArea.SHOW, also="stream"),
    Command("graph", "t", "t", "graph", KeyArea.SHOW, also="graph"),
    Command("requests", "R", "R", "requests", KeyArea.SHOW, also="requests"),
    Command("export", "x", "x", "export", KeyArea.SHOW, also="export"),
    Command("pause", "space", "Space", "pause", KeyArea.SHOW, also="pause"),
    Command("raw", "number_sign", "#", "raw_numbers", KeyArea.SHOW),
    *(
        Command(f"times_{base.value}", "", "", f"time_base('{base.value}')", KeyArea.SHOW, also="time_base")
        for base in TimeBase
    ),
    Command("names", "a", "a", "names", KeyArea.SHOW, also="names"),
    Command("kernel", "o", "o", "kernel", KeyArea.SHOW, also="kernel"),
    Command("mark", "m", "m", "mark", KeyArea.SHOW, also="mark"),
    Command("note", "M", "M", "note", KeyArea.SHOW, also="note"),
    Command("copy", "y", "y", "copy", KeyArea.SHOW, also="copy"),
    Command("copy_markdown", "", "", "copy_markdown", KeyArea.SHOW),
    Command("copy_capture", "Y", "Y", "copy_capture", KeyArea.SHOW),
    Command("next_step", "right_square_bracket", "]", "step(1)", KeyArea.CASE),
    Command("previous_step", "left_square_bracket", "[", "step(-1)", KeyArea.CASE),
    Command("next_case", "right_curly_bracket", "}", "other_case(1)", KeyArea.CASE, also="next_case"),
    Command("previous_case", "left_curly_bracket", "{", "other_case(-1)", KeyArea.CASE),
    Command("twin", "T", "T", "twin", KeyArea.CASE),
    Command("reveal", "r", "r", "reveal", KeyArea.CASE),
    Command("predict", "p", "p", "predict", KeyArea.CASE),
    Command("teach", "c", "c", "teach", KeyArea.CASE, also="teach"),
    Command("save", "w", "w", "save", KeyArea.PROGRAM, also="save"),
    Command("save_matching", "W", "W", "save_matching", KeyArea.PROGRAM, also="save"),
    Command("clear", "C", "C", "app.capture_anew", KeyArea.PROGRAM, also="clear"),
    Command("choose", "i", "i", "app.choose_again", KeyArea.PROGRAM, also="choose"),
    Command("help", "question_mark", "?", "help", KeyArea.PROGRAM, also="help"),
    Command(
        "tour_dismiss", "delete,backspace", "Del", "tour_dismiss", KeyArea.PROGRAM, in_palette=False, screen="tour"
    ),
    Command("tour", "", "", "tour", KeyArea.PROGRAM, screen="tour"),
    Command("palette", "ctrl+p", "Ctrl+P", "app.command_palette", KeyArea.PROGRAM, in_palette=False),
    Command("redraw", "ctrl+l", "Ctrl+L", "app.redraw", KeyArea.PROGRAM),
    Command("suspend", "ctrl+z", "Ctrl+Z", "app.suspend_process", KeyArea.PROGRAM),
    Command("quit", "q", "q", "leave", KeyArea.PROGRAM, also="quit"),
)


def with_keys(keys: Iterable[tuple[str, str]], commands: Iterable[Command] = COMMANDS) -> list[Command]:
    """``commands`` as they are shown when some, by name, have another key (`tcptui.ui.settings.key_choice`)."""
    chosen = dict(keys)
    return [
        replace(command, shown=_shown(chosen[command.name])) if command.name in chosen else command
        for command in commands
    ]


def _shown(key: str) -> str:
    """``key`` of the settings file as it is displayed."""
    return key if len(key) == 1 else key.capitalize()


def shown_now(hint: Hint, keys: Iterable[tuple[str, str]]) -> Hint:
    """``hint`` with the keys that its commands have now."""
    own = {command.shown: command.name for command in COMMANDS if command.keys}
    chosen = dict(keys)
    parts = [_shown(chosen[own[part]]) if own.get(part) in chosen else part for part in hint.key.split()]
    return replace(hint, key=" ".join(parts))


def bindings(commands: Iterable[Command] = COMMANDS) -> list[Binding]:
    """The key bindings of a screen.  Ctrl+C is not among them: the app binds it."""
    return [command.binding() for command in commands if command.keys]
