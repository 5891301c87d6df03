"""The base class of all screens: only the one in front acts, and is left once."""

from __future__ import annotations

import asyncio
from typing import Generic

from textual import events
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.screen import Screen, ScreenResultType


class GuardedScreen(Screen[ScreenResultType], Generic[ScreenResultType]):
    """A screen that, once it is being left, takes no key, does no command and is not left again.

    A second Enter, a worker thread or a timer may come to it then.  Textual would take the screen beneath off the stack
    in its place.
    """

    _resumed: asyncio.Event | None = None
    """Set when this screen gets the keys again, for those who wait for that; None: nobody does."""

    @property
    def is_in_front(self) -> bool:
        """Whether this screen is the one that gets the keys."""
        stack = self.app.screen_stack
        return bool(stack) and stack[-1] is self

    async def comes_to_front(self) -> bool:
        """Wait until this screen gets the keys, where another one covers it; False: it has been left instead.

        For whoever puts another screen in the place of this one, or above it, after something else was waited for.
        """
        while self in self.app.screen_stack:
            if self.is_in_front:
                return True
            self._resumed = self._resumed or asyncio.Event()
            await self._resumed.wait()
        return False

    def on_screen_resume(self) -> None:
        """Get the keys again."""
        if self._resumed is not None:
            self._resumed.set()
            self._resumed = None

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """As in Textual; nothing where another screen is in front."""
        return super().dismiss(result) if self.is_in_front else AwaitComplete()

    def check_message_enabled(self, message: Message) -> bool:
        """As in Textual, but no key, click or paste reaches a screen that is not in front."""
        is_input = isinstance(message, events.InputEvent | events.Paste)
        return super().check_message_enabled(message) and (not is_input or self.is_in_front)
