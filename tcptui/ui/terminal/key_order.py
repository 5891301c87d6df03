"""An app whose keys are handled in the order in which they were typed, even when the focus moves meanwhile.

Textual gives a key to the widget that has the focus when the key arrives; a key that this widget does not use bubbles
through the message queues of its parents up to the app, which looks for a binding.  After the focus has moved, keys
that are still bubbling from the old widget are overtaken by later ones, which go to the new widget at once: of ``w``,
a path and Enter, typed fast, Enter came first and saved under half the name.  So while keys are bubbling, later ones
are sent to the same widget behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from textual import events
from textual.app import App, ReturnType
from textual.message import Message

if TYPE_CHECKING:
    from textual.widget import Widget


class KeysDelivered(Message):
    """Bubbles behind keys: when it reaches the app, so has every key that was sent to the same widget before it."""

    def __init__(self, keys: int) -> None:
        super().__init__()
        self.keys = keys
        """How many keys the app had sent when this message was posted."""


class KeyOrder(App[ReturnType], Generic[ReturnType]):
    """Sends a key to another widget only when no earlier key is still bubbling from the one before."""

    _bubbling_from: Widget | None = None
    """The widget from which keys are now bubbling; None when there are none."""
    _keys_sent = 0

    async def on_event(self, event: events.Event) -> None:
        """As in Textual, but while earlier keys are still bubbling a key goes to the same widget as they did."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        way, target = self._bubbling_from, self.focused or self.screen
        if way is not None and (not way.is_attached or way.screen not in self.screen_stack):
            way = self._bubbling_from = None  # that widget has been removed, and its keys with it
        self._keys_sent += 1
        if way is None or way is target:
            await super().on_event(event)
        elif not await self._check_bindings(event.key, priority=True):
            way._forward_event(event)
        if way is None:
            self._bubbling_from = target
            target.post_message(KeysDelivered(self._keys_sent))

    def on_keys_delivered(self, event: KeysDelivered) -> None:
        """No key is bubbling any more; where others have been sent since, post another `KeysDelivered` behind them."""
        if self._bubbling_from is None:
            return
        if event.keys == self._keys_sent:
            self._bubbling_from = None
        else:
            self._bubbling_from.post_message(KeysDelivered(self._keys_sent))
