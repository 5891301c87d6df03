"""What a sender waited for between each pair of its successive segments: the table that `send_gaps` fills."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import flatnonzero32
from tcptui.model.batched import put

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64, U8


class SendGapReason(IntFlag):
    """What is known of the gap between two successive new segments of one end."""

    BLOCKED = 1
    """The peer's window had no room for the later segment when the earlier one was sent."""
    CLOCKED = 2
    """An acknowledgment freed part of a full flight, and the later segment was sent upon it."""
    PAUSE = 4
    """Neither, and the gap is too long for one burst."""
    BURST = 8
    """Both were sent in one burst, although the path may have spread them."""
    LOST = 16
    """Packets of the sender are missing in between, by their IP numbers: they were sent, and not captured."""
    DRAINED = 32
    """Everything sent was acknowledged, as far as the sender knew, when the later segment was sent."""
    SPREAD = 64
    """The sender had more to send: one segment behind the other, as fast as the way, or its pace, lets them."""
    HANDED_OVER = 128
    """Nothing waited to be sent behind the earlier segment: the later one is what the program handed over next."""


class SendGaps:
    """One entry per pair of successive new segments of one side.

    The properties are arrays of all pairs, made anew each time: for long streams use `befores` and `afters` with a part
    of the pairs.
    """

    def __init__(self, events: I32, which: I32) -> None:
        """The earlier segments of the pairs are the ``events`` at ``which``, the later ones the events after these."""
        self._events = events
        self.which = which
        """Places of the pairs among the stretches of `Waits`."""
        self.marks: U8 = np.zeros(len(which), np.uint8)
        """`SendGapReason` bits."""
        self.release: I32 = np.empty(len(which), np.int32)
        """Index of the newest acknowledgment that the sender had, where it came after the earlier segment; else -1."""
        self.flight: I32 | I64 = np.empty(len(which), np.int32)
        """Bytes in flight after the earlier segment was sent, as far as the sender knew."""

    @classmethod
    def judged(cls, events: I32, which: I32, marks: U8, release: I32, flight: I32 | I64) -> SendGaps:
        """Gaps of which all is known."""
        gaps = cls.__new__(cls)
        gaps._events, gaps.which, gaps.marks, gaps.release = events, which, marks, release
        gaps.flight = flight if _is_wide(flight) else flight.astype(np.int32, copy=False)
        return gaps

    def __len__(self) -> int:
        return len(self.which)

    @property
    def before(self) -> I32:
        """Indexes of the earlier segments."""
        return self.befores(slice(None))

    @property
    def after(self) -> I32:
        """Indexes of the later segments."""
        return self.afters(slice(None))

    def befores(self, pairs: slice | I32 | I64) -> I32:
        """Indexes of the earlier segments of ``pairs``."""
        found: I32 = self._events[self.which[pairs]]
        return found

    def afters(self, pairs: slice | I32 | I64) -> I32:
        """Indexes of the later segments of ``pairs``."""
        found: I32 = self._events[self.which[pairs] + np.int32(1)]
        return found

    def having(self, marks: SendGapReason) -> I32:
        """The pairs that have all of ``marks``."""
        return flatnonzero32((self.marks & int(marks)) == int(marks))

    @property
    def blocked(self) -> NDArray[np.bool_]:
        """Which pairs waited for room in the peer's window (`SendGapReason.BLOCKED`)."""
        return self._marked(SendGapReason.BLOCKED)

    @property
    def clocked(self) -> NDArray[np.bool_]:
        """Which pairs waited for an acknowledgment (`SendGapReason.CLOCKED`)."""
        return self._marked(SendGapReason.CLOCKED)

    @property
    def pause(self) -> NDArray[np.bool_]:
        """Between which pairs the sender had nothing to send (`SendGapReason.PAUSE`)."""
        return self._marked(SendGapReason.PAUSE)

    @property
    def burst(self) -> NDArray[np.bool_]:
        """Which pairs were sent in one burst (`SendGapReason.BURST`)."""
        return self._marked(SendGapReason.BURST)

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Between which pairs packets were sent and not captured (`SendGapReason.LOST`)."""
        return self._marked(SendGapReason.LOST)

    @property
    def drained(self) -> NDArray[np.bool_]:
        """Between which pairs everything sent was acknowledged (`SendGapReason.DRAINED`)."""
        return self._marked(SendGapReason.DRAINED)

    def _marked(self, mark: SendGapReason) -> NDArray[np.bool_]:
        marked: NDArray[np.bool_] = (self.marks & int(mark)) != 0
        return marked

    def keep(self, pairs: slice, marks: U8, release: I32, flight: I64) -> None:
        """Store what was found of ``pairs``; `flight` becomes 64 bits wide when it must."""
        self.marks = put(self.marks, pairs, marks)
        self.release = put(self.release, pairs, release)
        if self.flight.dtype == np.int32 and _is_wide(flight):
            self.flight = self.flight.astype(np.int64)
        self.flight = put(self.flight, pairs, flight)


def _is_wide(flight: I32 | I64) -> bool:
    """Whether it has numbers that 32 bits cannot hold."""
    return flight.dtype != np.int32 and bool(flight.max(initial=0) > np.iinfo(np.int32).max)
