"""A key that no widget used comes back to the app; another screen may have been opened meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.screen import Screen
from textual.widgets import Static

from tcptui.ui.terminal.key_order import KeyOrder
from tests.ui.conftest import until

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class Holder(Static, can_focus=True):
    """Uses no key, and sends each back to the app once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go = asyncio.Event()

    async def on_key(self, event: events.Key) -> None:
        await self.may_go.wait()
        event.stop()
        self.app.post_message(event)


class Noting(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("a", "note('a')"), ("b", "note('b')"), ("c", "note('c')")]

    def __init__(self) -> None:
        super().__init__()
        self.holder = Holder()
        self.noted: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.holder

    def action_note(self, key: str) -> None:
        self.noted.append(key if self.is_mounted else f"{key} too early")


async def test_keys_that_come_back_to_another_screen_act_on_it_once_it_is_mounted_and_in_order() -> None:
    """As when a worker opens a screen while a key is back in the queue of the app, which has not looked there yet."""
    app: KeyOrder[None] = KeyOrder()
    async with app.run_test():
        first, second = Noting(), Noting()
        second.holder.may_go.set()
        await app.push_screen(first)
        await until(lambda: app.focused is first.holder)
        back = asyncio.Event()
        post = app.post_message

        def posted(message: events.Event) -> bool:
            if isinstance(message, events.Key) and message.is_forwarded and not back.is_set():
                back.set()
                sent = post(message)
                app.push_screen(second)
                return sent
            return post(message)

        for key in "abc":  # the next one is sent, too, after `_LOOKS`
            app.post_message(events.Key(key, key))
        await until(lambda: first.holder.message_queue_size == 2)
        app.post_message = posted  # type: ignore[method-assign, assignment]
        first.holder.may_go.set()
        await until(lambda: len(first.noted + second.noted) == 3 or app._exception is not None)

        assert (first.noted, second.noted) == ([], ["a", "b", "c"])
        assert (app.keys_sent, app.keys_typed) == (3, 3)
