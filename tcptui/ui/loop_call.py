"""How a worker thread hands over what it has found: by a call on the event loop, to whoever is still on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.ui.textual_private import is_being_removed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget


def call_on_loop(owner: Widget, function: Callable[..., object], *facts: object) -> None:
    """From a worker thread: call ``function(*facts)`` on the event loop, and wait for it.

    Nothing is called once ``owner`` is being removed: its children go first, and ``function`` would miss them.
    Textual cancels the threads of a widget after that, so that a thread cannot know it either.  A widget that is
    gone has no app any more.
    """
    try:
        app = owner.app
    except RuntimeError:  # NoActiveAppError, which Textual keeps in a private module
        return

    def call() -> None:
        if not is_being_removed(owner):
            function(*facts)

    app.call_from_thread(call)
