"""An app that acts on keys one at a time: several that arrive in one read do what they do when typed slowly.

Over a slow link, or when a key repeats, one read of the terminal brings many keys.  Textual sends all of them to the
widget that has the focus then, and looks for their bindings on the screen that is in front by then: a second Enter is
for a dialogue that the first one has closed, and a letter for an input line that is not open yet.  So a key is sent
when the one before has come to rest: it and every message that followed from it have been handled, and the screen that
it opened, if any, is mounted.  Until then keys wait, in order; a paste waits with them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Generic
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App, ReturnType

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.message_pump import MessagePump
    from textual.screen import Screen

#: Turns of the event loop in which it is looked again at once; after that, the pause (seconds) between two looks.
_AT_ONCE: Final = 100
_PAUSE_S: Final = 0.005
#: So many looks keys wait for messages to be handled, half a second at least: where widgets go on sending some, it is
#: left to the screens what a key does (`GuardedScreen`).  A machine that stood still for a second was no loop that
#: turned.  A screen that is not mounted gets no key however long that takes.
_LOOKS: Final = _AT_ONCE + 100


class KeyOrder(App[ReturnType], Generic[ReturnType]):
    """Sends a key or a paste when the one before has come to rest."""

    def __init__(self, driver_class: type[Driver] | None = None, *, ansi_color: bool | None = None) -> None:
        super().__init__(driver_class, ansi_color=ansi_color)
        self._typed_ahead: deque[events.Key | events.Paste] = deque()
        """What was typed and has not been sent, oldest first."""
        self._came_back = 0
        """How many of these, the oldest, have been sent once, to a screen that is no longer in front."""
        self._sent_to: WeakKeyDictionary[events.Key | events.Paste, Screen[object]] = WeakKeyDictionary()
        """The screen that was in front when each was sent."""
        self._looks = 0
        """Looks since the last key was sent; 0 while nobody looks."""
        self.keys_sent = 0
        """Keys and pastes that have been acted on, or are."""

    @property
    def has_typed_ahead(self) -> bool:
        """Whether keys wait for the one before."""
        return bool(self._typed_ahead)

    @property
    def keys_typed(self) -> int:
        """Keys and pastes that have come, those that wait included."""
        return self.keys_sent + len(self._typed_ahead)

    async def on_event(self, event: events.Event) -> None:
        """As in Textual, but keys and pastes wait for their turn."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._typed_ahead.append(event)
            await self._send_typed()
        elif isinstance(event, events.Key):  # it comes back from the widget that had the focus, which did not use it
            if self._sent_to.get(event) in self.screen_stack[-1:]:
                await self.act_on(event)
            else:  # another screen, which may not be mounted, was opened meanwhile: the key has its turn there
                self.keys_sent -= 1
                self._typed_ahead.insert(self._came_back, events.Key(event.key, event.character))
                self._came_back += 1
                await self._send_typed()
        else:
            await super().on_event(event)

    async def act_on(self, event: events.Key | events.Paste) -> None:
        """Do what ``event`` is for; for subclasses."""
        await super().on_event(event)

    async def _send_typed(self, *, anyway: bool = False) -> None:
        """Send keys until one has to wait; ``anyway``: the first has waited long enough for messages to be handled."""
        while self._typed_ahead and (self._is_at_rest or (anyway and self._takes_keys)):
            anyway = False
            self.keys_sent += 1
            self._came_back = max(0, self._came_back - 1)
            event = self._typed_ahead.popleft()
            self._sent_to[event] = self.screen
            await self.act_on(event)
        if self._typed_ahead and not self._looks:
            self._look()

    def _look(self) -> None:
        """Have the next key sent once the last one has come to rest."""
        self._looks += 1
        has_waited = self._looks > _LOOKS and self._takes_keys
        if has_waited or not self.is_running or self._is_at_rest:
            self._looks = 0
            self.call_later(self._send_typed, anyway=has_waited)
        elif self._looks < _AT_ONCE:
            asyncio.get_running_loop().call_soon(self._look)
        else:
            asyncio.get_running_loop().call_later(_PAUSE_S, self._look)

    @property
    def _takes_keys(self) -> bool:
        return bool(self.screen_stack) and self.screen.is_mounted

    @property
    def _is_at_rest(self) -> bool:
        return self._takes_keys and not has_messages(self) and not any(map(is_busy, self._registry))


def has_messages(node: MessagePump) -> bool:
    """Whether ``node`` has messages that it has not handled."""
    return node.message_queue_size > 0 or node._pending_message is not None


def is_busy(node: MessagePump) -> bool:
    """Whether ``node`` has messages, or is amid one: else it waits for the next."""
    return node.is_running and (has_messages(node) or not node._message_queue.ready_event._waiters)
