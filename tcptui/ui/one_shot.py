"""A timer that calls once, and does call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.timer import Timer


def call_after(owner: MessagePump, seconds: float, callback: Callable[[], object]) -> Timer:
    """As ``owner.set_timer``, but never lost.

    Textual's timers skip a tick that they are late for, also the only one: where another thread held the interpreter
    for ``seconds`` between two statements of the timer's start, nothing was ever called.
    """
    timer = owner.set_timer(seconds, callback)
    timer._skip = False  # its task has not begun
    return timer
