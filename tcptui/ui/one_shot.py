"""Timers that call once, and do call.

Textual's timers skip a tick that they are late for, also the only one: where another thread held the interpreter for
the timer's time between two statements of its start, nothing was ever called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from textual.app import App, ReturnType

from tcptui.ui.textual_private import unskipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.timer import Timer, TimerCallback


def call_after(owner: MessagePump, seconds: float, callback: Callable[[], object]) -> Timer:
    """As ``owner.set_timer``, but never lost."""
    return unskipped(owner.set_timer(seconds, callback))


class PunctualApp(App[ReturnType], Generic[ReturnType]):
    """An app that acts on every resize.

    Textual waits for one with a timer of 8 ms, and begins no other while it waits: were it lost, no later size of the
    terminal would ever be drawn.
    """

    def set_timer(
        self, delay: float, callback: TimerCallback | None = None, *, name: str | None = None, pause: bool = False
    ) -> Timer:
        """As in Textual, but never lost: those that Textual sets itself neither."""
        return unskipped(super().set_timer(delay, callback, name=name, pause=pause))
