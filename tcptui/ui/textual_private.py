"""What the screens need of Textual's private names, with one function for each purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
