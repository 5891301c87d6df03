"""How fast the line to the terminal takes what is drawn, and so how much may be drawn on it.

Between this program and the eye lie buffers that nobody can look into: the pseudo-terminal's, sshd's window (up
to 2 MB), the network's.  Whatever is poured into them is drawn before the answer to the next key.  So every
frame ends with a question that each terminal since the VT100 answers (DSR 6, ECMA-48 8.3.35: where is the
cursor?), and its answer says that the frame has been drawn.  What is not answered yet is in flight.

A terminal that never answers is paced by its descriptor alone: by frames that the writing thread could not
yet get rid of.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Frames that may wait for the writing thread before the next one is left out.
_FRAMES_WAITING: Final = 2
#: What is in flight may take this long to arrive (seconds): a key pressed now is answered that much later.
_IN_FLIGHT_S: Final = 0.25
#: … but so much may always be: one line under the cursor (bytes).
_LEAST_IN_FLIGHT: Final = 1024
#: Until a long frame tells better: bytes a second.
_FIRST_RATE: Final = 100_000.0
#: Only an answer about so many bytes tells the rate; a shorter one tells how far away the terminal is.
_TELLING: Final = 4096
#: A terminal that answered before is given up after this long (seconds), and a second more for so many bytes.
_PATIENCE_S: Final = 2.0
_SLOWEST: Final = 1000.0
#: After what took long to arrive the line is left free as long, at most this (seconds).
_LONGEST_REST_S: Final = 5.0
#: A terminal that let so many questions go by does not answer.
_QUESTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame whose question is not answered yet."""

    end: int
    """Bytes submitted up to its end."""
    sent: float
    delivered: int
    """Bytes known to have been drawn when it was sent."""


class LinkRate:
    """Counts what is submitted, written and answered; called from the loop, the writing and the reading thread.

    ``clock`` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._submitted = 0
        self._written = 0
        self._delivered = 0
        self._rate = _FIRST_RATE
        self._answers = False
        self._asked: deque[_Frame] = deque()
        self._unwritten: deque[int] = deque()
        """Where frames end that were submitted but not yet written."""
        self._busy_since: float | None = None
        self._rest_until = 0.0

    # -- what happens ------------------------------------------------------------------
    def submit(self, size: int) -> None:
        """``size`` bytes were handed to the writing thread."""
        with self._lock:
            self._submitted += size

    def asks(self) -> bool:
        """Whether the next frame should end with the question."""
        with self._lock:
            return self._answers or len(self._asked) < _QUESTIONS

    def end_frame(self, *, asked: bool) -> None:
        """All of a frame was submitted, the question with it if ``asked``."""
        with self._lock:
            now = self._clock()
            if self._written < self._submitted:
                self._unwritten.append(self._submitted)
            if asked:
                self._asked.append(_Frame(self._submitted, now, self._delivered))
            if self._busy_since is None:
                self._busy_since = now
            self._see_idle(now)

    def wrote(self, size: int) -> None:
        """``size`` bytes left for the terminal, or never will."""
        with self._lock:
            self._written += size
            while self._unwritten and self._unwritten[0] <= self._written:
                self._unwritten.popleft()
            self._see_idle(self._clock())

    def answer(self) -> None:
        """The terminal answered the oldest question."""
        with self._lock:
            if not self._asked:
                return
            now, frame = self._clock(), self._asked.popleft()
            self._answers = True
            self._delivered = frame.end
            brought, took = frame.end - frame.delivered, max(now - frame.sent, 1e-6)
            rate = brought / took
            if brought >= _TELLING or rate > self._rate:
                self._rate = rate
            self._see_idle(now)

    def forget(self) -> None:
        """Another program had the terminal: what was asked will not be answered any more."""
        with self._lock:
            self._give_up()

    # -- what follows ------------------------------------------------------------------
    @property
    def in_flight(self) -> int:
        """Bytes that are not known to have been drawn."""
        with self._lock:
            return self._in_flight()

    @property
    def waits(self) -> bool:
        """Whether an answer is on its way that the next program on this terminal had better not read."""
        with self._lock:
            return self._answers and bool(self._asked)

    def is_behind(self) -> bool:
        """Whether a frame drawn now would come late: better to leave it out, and draw the state that is true then."""
        with self._lock:
            if len(self._unwritten) >= _FRAMES_WAITING:
                return True
            self._see_silence(self._clock())
            return self._answers and self._in_flight() > max(_LEAST_IN_FLIGHT, self._rate * _IN_FLIGHT_S)

    def is_free(self) -> bool:
        """Whether something may be drawn that nobody asked for just now: half of the time belongs to keys."""
        with self._lock:
            now = self._clock()
            self._see_silence(now)
            return self._busy_since is None and now >= self._rest_until

    def _in_flight(self) -> int:
        return self._asked[-1].end - self._delivered if self._asked else 0

    def _see_idle(self, now: float) -> None:
        if self._busy_since is not None and not (self._asked if self._answers else self._unwritten):
            self._rest_until = now + min(now - self._busy_since, _LONGEST_REST_S)
            self._busy_since = None

    def _see_silence(self, now: float) -> None:
        if self._answers and self._asked and now - self._asked[0].sent > _PATIENCE_S + self._in_flight() / _SLOWEST:
            self._give_up()

    def _give_up(self) -> None:
        self._asked.clear()
        self._answers = False
        self._delivered = self._submitted
        if not self._unwritten:
            self._busy_since = None
