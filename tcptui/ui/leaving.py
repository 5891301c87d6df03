"""Asks before packets or notes are given up that are in no file; each way to do so has a confirmation of its own.

A confirmation is the same request once more on the same screen, with no other key in between, while the question is
shown.  A key that was typed before the question was drawn confirms nothing: of keys that came in one read, or while the
link was behind, only the first asks.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.model.errors import TcptuiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events

    from tcptui.access.notes.notebook import Notebook
    from tcptui.session.session import Session

#: Keys remembered between two requests.  Only whether there were any others matters, so the oldest may be dropped.
_KEYS_REMEMBERED: Final = 64


class Way(Enum):
    """A way to give up a capture; the value is the catalogue key of the question about packets."""

    QUIT = "screen.notice.quit_again"
    CHOOSE = "screen.notice.choose_again"
    CLEAR = "screen.notice.clear_again"


#: What follows the key of a `Way` where it is about notes, or about packets and notes.
_NOTES: Final = ".notes"
_BOTH: Final = ".both"
#: What follows it while packets are being copied to a file.
_COPYING: Final = ".copying"


def _not_yet() -> None:
    return None


class Leaving:
    """What would be lost of ``session``, and which request for it waits to be confirmed."""

    def __init__(self, session: Session | None) -> None:
        self.session = session
        self._unwritten: list[Notebook] = []
        """Notes that could not be written, also those of cases that have been closed."""
        self._asked: tuple[str, object] | None = None
        """The question that waits for its answer (its catalogue key), and the screen on which it stands."""
        self._asked_by: events.Key | None = None
        """The key that made that request."""
        self._drawn_at: Callable[[], float | None] = _not_yet
        """Says when that question had been drawn (`time.monotonic`, as `events.Key.time`); None: it has not."""
        self._typed: deque[events.Key] = deque(maxlen=_KEYS_REMEMBERED)
        """Keys since the last request, oldest first."""
        self.key: events.Key | None = None
        """The key that is being acted on; None while it is something else: a click, the palette."""

    @property
    def has_unsaved(self) -> bool:
        """Whether there are packets that would be lost."""
        return self.session is not None and self.session.has_unsaved

    @property
    def has_unwritten_notes(self) -> bool:
        """Whether there are notes that could not be written."""
        return any(notebook.has_unsaved for notebook in self._unwritten)

    def unwritten(self, notebook: Notebook) -> None:
        """Remember that the changes in ``notebook`` could not be written."""
        if notebook not in self._unwritten:
            self._unwritten.append(notebook)

    def write_notes(self) -> None:
        """Try once more to write what could not be written."""
        for notebook in self._unwritten:
            with suppress(TcptuiError):  # told when it was tried first
                notebook.save()
        self._unwritten = [notebook for notebook in self._unwritten if notebook.has_unsaved]

    def typed(self, key: events.Key) -> None:
        """Note that ``key`` was typed, whatever comes of it."""
        self._typed.append(key)

    def question(self, way: Way, screen: object) -> str | None:
        """The catalogue key of what to ask before the capture is given up in this ``way``; None: nothing would be lost,
        or this request confirms the last one.
        """
        others, asked = self._others(), self._asked
        question = self._question(way)
        is_asked = question is not None and not others and asked == (question, screen)
        if is_asked and not self._has_seen_the_question:
            return question
        self.forget()
        return None if is_asked else question

    @property
    def is_drawn(self) -> bool:
        """Whether the question that waits for its answer can have been read."""
        return self._drawn_at() is not None

    @property
    def _has_seen_the_question(self) -> bool:
        """Whether what is acted on was done when the question had been drawn."""
        drawn_at = self._drawn_at()
        return drawn_at is not None and (self.key is None or self.key.time >= drawn_at)

    def _question(self, way: Way) -> str | None:
        """What to ask where nothing was asked before."""
        key: str = way.value
        if self.session is not None and self.session.copying.is_running and way is not Way.CLEAR:  # nor a copy
            return key + _COPYING
        if self.has_unwritten_notes and way is not Way.CLEAR:  # it ends no program, so notes stay
            return key + (_BOTH if self.has_unsaved else _NOTES)
        return key if self.has_unsaved else None

    def asked(self, question: str, screen: object) -> None:
        """Note that ``question`` stands on ``screen``."""
        if self._asked != (question, screen):
            self._asked, self._drawn_at = (question, screen), _not_yet
        self._asked_by = self.key

    def stands(self, question: str, screen: object) -> bool:
        """Whether ``question`` stands on ``screen`` already."""
        return self._asked == (question, screen)

    def drawn(self, question: str, when: Callable[[], float | None]) -> None:
        """Note that ``when`` says when ``question`` had been drawn (`time.monotonic`), and None before."""
        if self._asked is not None and self._asked[0] == question and self._drawn_at is _not_yet:
            self._drawn_at = when

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
        self._asked, self._drawn_at = None, _not_yet

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
