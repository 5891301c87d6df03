"""The table of the commands of the graphs, from which their bindings, help, hints and palette are made."""

from __future__ import annotations

from functools import partial
from typing import Final

from textual.binding import Binding

from tcptui.charts.kind import ChartKind
from tcptui.ui.hint import Hint
from tcptui.ui.keymap import Command, KeyArea

_key: Final = partial(Command, screen="graph")

GRAPH_KEYS: Final = (
    _key("columns", "", "← → h l", "", KeyArea.MOVE, in_palette=False),
    _key("packets", "", ", .", "", KeyArea.MOVE, in_palette=False),
    _key("ends", "", "g G Home End", "", KeyArea.MOVE, in_palette=False),
    _key("packet", "enter", "Enter", "choose", KeyArea.MOVE),
    _key("close", "escape,q,t", "Esc q t", "close", KeyArea.MOVE),
    _key("next_mark", "n", "n", "mark(1)", KeyArea.FIND),
    _key("previous_mark", "N", "N", "mark(-1)", KeyArea.FIND),
    _key("overview", "0", "0", "overview", KeyArea.FIND),
    *(
        _key(kind.value, str(number), str(number), f"kind('{kind.value}')", KeyArea.SHOW)
        for number, kind in enumerate(ChartKind, 1)
    ),
    _key("next_kind", "tab", "Tab", "next_kind(1)", KeyArea.SHOW),
    _key("previous_kind", "shift+tab", "Shift+Tab", "next_kind(-1)", KeyArea.SHOW),
    _key("side", "s", "s", "side", KeyArea.SHOW),
    _key("zoom_in", "plus,equals_sign,up,k", "+ ↑ k", "zoom(1)", KeyArea.SHOW),
    _key("zoom_out", "minus,down,j", "- ↓ j", "zoom(-1)", KeyArea.SHOW),
    _key("whole", "z", "z", "whole", KeyArea.SHOW),
    _key("log", "L", "L", "log", KeyArea.SHOW),
    _key("pan_left", "left_square_bracket,pageup", "[ PgUp", "pan(-1)", KeyArea.SHOW),
    _key("pan_right", "right_square_bracket,pagedown", "] PgDn", "pan(1)", KeyArea.SHOW),
    _key("newest", "f", "f", "newest", KeyArea.SHOW),
    _key("copy", "y", "y", "copy", KeyArea.SHOW),
    _key("help", "question_mark,f1", "?", "help", KeyArea.PROGRAM),
)
#: Keys of the cursor, which the help tells of together.
MOVES: Final = (
    Binding("left,h", "column(-1)", show=False),
    Binding("right,l", "column(1)", show=False),
    Binding("comma", "packet(-1)", show=False),
    Binding("full_stop", "packet(1)", show=False),
    Binding("home,g", "first", show=False),
    Binding("end,G", "last", show=False),
)
HINTS: Final = (
    Hint("Tab", "graph.hint.kind", "screen.next_kind(1)"),
    Hint("n N", "graph.hint.mark", "screen.mark(1)"),
    Hint("+ -", "graph.hint.zoom", "screen.zoom(1)"),
    Hint("s", "graph.hint.side", "screen.side"),
    Hint("Esc", "screen.hint.back", "screen.close"),
    Hint("?", "screen.hint.help", "screen.help"),
    Hint("Enter", "graph.hint.packet", "screen.choose"),
    Hint("z", "graph.hint.whole", "screen.whole"),
)
LOG: Final = Hint("L", "graph.hint.log", "screen.log")
NEWEST: Final = Hint("f", "graph.hint.newest", "screen.newest")
