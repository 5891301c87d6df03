"""What screens and widgets need of Textual's private names, with one function for each purpose.

What draws frames, reads keys and reports crashes overrides Textual's own steps: that is in `tcptui.ui.terminal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from textual.app import App
    from textual.binding import Binding
    from textual.dom import DOMNode
    from textual.filter import LineFilter
    from textual.timer import Timer
    from textual.widget import Widget


def is_being_removed(widget: Widget) -> bool:
    """Whether ``widget`` is gone, or being taken apart: its children go first."""
    return not widget.is_attached or widget._pruning


def forget_arrangement(widget: Widget) -> None:
    """Have ``widget`` place its children anew: Textual keeps where they were by size alone, other sizes, too."""
    widget._clear_arrangement_cache()


def unskipped(timer: Timer) -> Timer:
    """``timer``, whose task has not begun, such that it calls even where it is late."""
    timer._skip = False
    return timer


def bindings_of(widget: Widget, key: str) -> Sequence[Binding]:
    """The bindings of ``widget`` itself for ``key``."""
    return widget._bindings.key_to_bindings.get(key, ())


def belong_to(node: DOMNode, widget: Widget) -> None:
    """Have ``node``, which is never mounted, be styled as a part of ``widget``."""
    node._attach(widget)


def filter_lines(app: App[Any], line_filter: LineFilter) -> None:
    """Have every line that ``app`` draws go through ``line_filter``, too."""
    app._filters.append(line_filter)


def keep_for_pasting(app: App[Any], text: str) -> None:
    """Have ``text`` be what our own prompts paste."""
    app._clipboard = text


def write_to_terminal(app: App[Any], sequence: str) -> None:
    """Write ``sequence`` to the terminal where the bytes of frames go."""
    if app._driver is not None:
        app._driver.write(sequence)
