"""Measures the rate of the link to the terminal, and limits how much may be in flight on it.

Between this program and the user's eye there are buffers whose fill nobody can read: the pseudo-terminal's, sshd's
window (up to 2 MB), the network's.  All that is in them is drawn before the answer to the next key.  So every
frame ends with a question that each terminal since the VT100 answers (DSR 6, ECMA-48 8.3.35: where is the
cursor?), and its answer says that the frame has been drawn.  Frames that are not answered yet are in flight.

For a terminal that never answers, only the frames that the writer thread has not yet written count.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: When this many frames wait for the writer thread, the next one is dropped.
_FRAMES_WAITING: Final = 2
#: Bytes in flight may take this long to arrive (seconds): a key pressed now is answered that much later.
_IN_FLIGHT_S: Final = 0.25
#: … but this many may always be in flight: the redraw of one line under the cursor.
_LEAST_IN_FLIGHT: Final = 1024
#: Assumed rate (bytes per second) until an answer gives a better one.
_FIRST_RATE: Final = 100_000.0
#: The rate is lowered only by an answer that covers at least this many bytes: for fewer, the time is mostly the round
#: trip to the terminal.
_MIN_RATE_SAMPLE: Final = 4096
#: A terminal that answered before is taken to answer no more after this silence (seconds), plus the time that the
#: bytes in flight take at the slowest rate (bytes per second).
_PATIENCE_S: Final = 2.0
_SLOWEST: Final = 1000.0
#: After a busy period the link is left idle for as long as that lasted, but at most this (seconds).
_LONGEST_REST_S: Final = 5.0
#: A terminal that left this many questions unanswered is not asked any more.
_QUESTIONS: Final = 32
#: So many last times at which more had been drawn are remembered.
_TIMES: Final = 256


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame whose question is not answered yet."""

    end: int
    """Bytes submitted so far, up to the end of this frame."""
    sent: float
    delivered: int
    """Bytes that were known to have been drawn when this frame was sent."""


class LinkRate:
    """Counts the bytes submitted, written and answered; called from the event loop, the writer and the input thread.

    The driver passes lengths of text, so what is called bytes here are characters: in UTF-8 they may take up to four
    bytes each.  ``clock`` is monotonic, in seconds.
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
        """Ends, as byte counts, of the frames that were submitted but not yet written."""
        self._drawn: deque[tuple[int, float]] = deque(maxlen=_TIMES)
        """How many bytes had been drawn, and since when, oldest first."""
        self._busy_since: float | None = None
        self._rest_until = 0.0

    # -- events ------------------------------------------------------------------------
    def submit(self, size: int) -> None:
        """Count ``size`` bytes that were queued for the writer thread."""
        with self._lock:
            self._submitted += size

    def asks(self) -> bool:
        """Whether the next frame should end with the question."""
        with self._lock:
            return self._answers or len(self._asked) < _QUESTIONS

    def end_frame(self, *, asked: bool) -> None:
        """Record that all of a frame was submitted, with the question behind it if ``asked``."""
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
        """Count ``size`` bytes that were written to the terminal, or could not be."""
        with self._lock:
            self._written += size
            while self._unwritten and self._unwritten[0] <= self._written:
                self._unwritten.popleft()
            now = self._clock()
            self._see_drawn(now)
            self._see_idle(now)

    def answer(self) -> None:
        """Record the terminal's answer to the oldest question, and estimate the rate by it."""
        with self._lock:
            if not self._asked:
                return
            now, frame = self._clock(), self._asked.popleft()
            self._answers = True
            self._delivered = frame.end
            brought, took = frame.end - frame.delivered, max(now - frame.sent, 1e-6)
            rate = brought / took
            if brought >= _MIN_RATE_SAMPLE or rate > self._rate:
                self._rate = rate
            self._see_drawn(now)
            self._see_idle(now)

    def forget(self) -> None:
        """Drop the questions under way: another program had the terminal and they will not be answered any more."""
        with self._lock:
            self._give_up()

    # -- conclusions -------------------------------------------------------------------
    @property
    def in_flight(self) -> int:
        """Bytes of frames that the terminal has not yet confirmed to have been drawn."""
        with self._lock:
            return self._in_flight()

    @property
    def submitted(self) -> int:
        """Bytes that were queued so far."""
        with self._lock:
            return self._submitted

    def drawn_at(self, submitted: int) -> float | None:
        """When the first ``submitted`` bytes had been drawn; None: they have not.

        Of a terminal that does not answer: when they had been written to it.
        """
        with self._lock:
            self._check_timeout(self._clock())
            return next((since for drawn, since in self._drawn if drawn >= submitted), None)

    @property
    def waits(self) -> bool:
        """Whether answers are still expected, which the next program on this terminal would read as typed keys."""
        with self._lock:
            return self._answers and bool(self._asked)

    def is_behind(self) -> bool:
        """Whether a frame sent now would arrive late, so that it is better dropped and the later state drawn later."""
        with self._lock:
            if len(self._unwritten) >= _FRAMES_WAITING:
                return True
            self._check_timeout(self._clock())
            return self._answers and self._in_flight() > max(_LEAST_IN_FLIGHT, self._rate * _IN_FLIGHT_S)

    def is_free(self) -> bool:
        """Whether the link is idle and has rested, so that a redraw that no key asked for may be sent.

        The rest is as long as the busy period before it, which leaves half of the time for answers to keys.
        """
        with self._lock:
            now = self._clock()
            self._check_timeout(now)
            return self._busy_since is None and now >= self._rest_until

    def _in_flight(self) -> int:
        return self._asked[-1].end - self._delivered if self._asked else 0

    def _see_idle(self, now: float) -> None:
        if self._busy_since is not None and not (self._asked if self._answers else self._unwritten):
            self._rest_until = now + min(now - self._busy_since, _LONGEST_REST_S)
            self._busy_since = None

    def _see_drawn(self, now: float) -> None:
        drawn = self._delivered if self._answers else max(self._delivered, self._written)
        if not self._drawn or drawn > self._drawn[-1][0]:
            self._drawn.append((drawn, now))

    def _check_timeout(self, now: float) -> None:
        if self._answers and self._asked and now - self._asked[0].sent > _PATIENCE_S + self._in_flight() / _SLOWEST:
            self._give_up()

    def _give_up(self) -> None:
        self._asked.clear()
        self._answers = False
        self._delivered = self._submitted
        self._see_drawn(self._clock())
        if not self._unwritten:
            self._busy_since = None
