"""An app whose keys are handled in the order in which they were typed, wherever the focus goes meanwhile.

Textual hands a key to the widget that has the focus when it arrives; what that widget cannot use climbs through its
parents' queues up to the app, which looks for a binding.  A key that moves the focus leaves those behind it on their
way, and later ones, handed to the new widget at once, overtake them: of ``w``, a path and Enter, typed fast, Enter came
first and saved under half the name.  So while keys are on their way, later ones are sent after them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from textual import events
from textual.app import App, ReturnType
from textual.message import Message

if TYPE_CHECKING:
    from textual.widget import Widget


class KeysPassed(Message):
    """Climbs behind keys; when it reaches the app, so has every key that was sent the same way before it."""

    def __init__(self, keys: int) -> None:
        super().__init__()
        self.keys = keys
        """Of the app's keys so far, how many were ahead of it."""


class KeyOrder(App[ReturnType], Generic[ReturnType]):
    """Sends keys one way at a time."""

    _way: Widget | None = None
    """The widget that got the keys now on their way; None when there are none."""
    _keys_sent = 0

    async def on_event(self, event: events.Event) -> None:
        """As ever, but a key goes where those went that have not arrived."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        way, target = self._way, self.focused or self.screen
        if way is not None and (not way.is_attached or way.screen not in self.screen_stack):
            way = self._way = None  # its keys went with it
        self._keys_sent += 1
        if way is None or way is target:
            await super().on_event(event)
        elif not await self._check_bindings(event.key, priority=True):
            way._forward_event(event)
        if way is None:
            self._way = target
            target.post_message(KeysPassed(self._keys_sent))

    def on_keys_passed(self, event: KeysPassed) -> None:
        """The way is free, or others have been sent since."""
        if self._way is None:
            return
        if event.keys == self._keys_sent:
            self._way = None
        else:
            self._way.post_message(KeysPassed(self._keys_sent))
