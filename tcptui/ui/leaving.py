"""Asks before a capture is given up that is in no file; each way to give it up has a confirmation of its own.

A confirmation is the same request once more on the same screen, with no other key in between, while the question is
shown.  Keys are compared in the order in which they were typed, also where the second was typed before the first was
acted on.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual import events

    from tcptui.session.session import Session

#: Keys remembered between two requests.  Only whether there were any others matters, so the oldest may be dropped.
_KEYS_REMEMBERED: Final = 64


class Way(Enum):
    """A way to give up a capture; the value is the catalogue key of the question."""

    QUIT = "screen.notice.quit_again"
    CHOOSE = "screen.notice.choose_again"
    CLEAR = "screen.notice.clear_again"


class Leaving:
    """What would be lost of ``session``, and which request for it waits to be confirmed.

    ``kept``: whether its packets are in a file that outlives the program.
    """

    def __init__(self, session: Session | None, *, kept: bool) -> None:
        self.session = session
        self._kept = kept
        self._asked: tuple[Way, object] | None = None
        """The request that waits to be confirmed, and the screen on which the question stands."""
        self._asked_by: events.Key | None = None
        """The key that made that request."""
        self._typed: deque[events.Key] = deque(maxlen=_KEYS_REMEMBERED)
        """Keys since the last request, oldest first."""
        self.key: events.Key | None = None
        """The key that is being acted on; None while it is something else: a click, the palette."""

    @property
    def is_kept(self) -> bool:
        """Whether every packet is in a file that outlives the program."""
        return self._kept

    @property
    def has_unsaved(self) -> bool:
        """Whether there are packets that would be lost."""
        return not self._kept and self.session is not None and self.session.has_unsaved

    def typed(self, key: events.Key) -> None:
        """Note that ``key`` was typed, whatever comes of it."""
        self._typed.append(key)

    def must_ask(self, way: Way, screen: object) -> bool:
        """Whether to ask before the capture is given up in this ``way``: something would be lost, and this request
        does not confirm the last one.
        """
        others, asked = self._others(), self._asked
        self._asked = None
        return self.has_unsaved and (others or asked != (way, screen))

    def asked(self, way: Way, screen: object) -> None:
        """Note that the question stands on ``screen``."""
        self._asked, self._asked_by = (way, screen), self.key

    @property
    def is_asking(self) -> bool:
        """Whether a question waits for its answer."""
        return self._asked is not None

    @property
    def is_refused(self) -> bool:
        """Whether the key that is being acted on leaves a question without an answer."""
        return self._asked is not None and self.key is not self._asked_by

    def forget(self) -> None:
        """Note that the question is no longer on the screen."""
        self._asked = None

    def _others(self) -> bool:
        """Whether other keys were typed between the last request and this one; forgets them."""
        if self.key is None or self.key not in self._typed:
            others = bool(self._typed)
            self._typed.clear()
            return others
        others = self._typed[0] is not self.key
        while self._typed.popleft() is not self.key:
            continue
        return others
