"""What let a sender go on, pair by pair of the segments it sent: the table that `send_gaps` fills."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import flatnonzero32

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64, U8


class SendGapReason(IntFlag):
    """What is known of a gap between two successive new segments."""

    BLOCKED = 1
    """The peer's window had no room for the later segment when the earlier one left."""
    CLOCKED = 2
    """An acknowledgment freed part of a full flight, and the later segment left upon it."""
    PAUSE = 4
    """Neither, and it took too long to be one burst."""
    BURST = 8
    """Both left in one go, though the way may have parted them."""
    LOST = 16
    """Packets of the sender are missing in between, by their IP numbers: it had sent, and they never came here."""
    DRAINED = 32
    """Everything sent was acknowledged, as far as the sender knew, when the later segment left."""


class SendGaps:
    """One entry per pair of successive new segments of one side; of long streams ask for a `piece` at a time.

    The properties are arrays of all pairs, made anew each time.
    """

    def __init__(self, events: I32, which: I32) -> None:
        """The pairs begin with the ``events`` at ``which``, and end with the next ones."""
        self._events = events
        self.which = which
        """Places among `Waits`."""
        self.marks: U8 = np.zeros(len(which), np.uint8)
        """`SendGapReason` bits."""
        self.release: I32 = np.empty(len(which), np.int32)
        """Index of the newest acknowledgment that the sender had, where it came after the earlier segment; else -1."""
        self.flight: I32 | I64 = np.empty(len(which), np.int32)
        """Bytes outstanding when the earlier segment had left, as far as the sender knew."""

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
        """There was no room (`SendGapReason.BLOCKED`)."""
        return self._marked(SendGapReason.BLOCKED)

    @property
    def clocked(self) -> NDArray[np.bool_]:
        """An acknowledgment let it leave (`SendGapReason.CLOCKED`)."""
        return self._marked(SendGapReason.CLOCKED)

    @property
    def pause(self) -> NDArray[np.bool_]:
        """The sender had nothing to send (`SendGapReason.PAUSE`)."""
        return self._marked(SendGapReason.PAUSE)

    @property
    def burst(self) -> NDArray[np.bool_]:
        """Both left in one go (`SendGapReason.BURST`)."""
        return self._marked(SendGapReason.BURST)

    @property
    def lost(self) -> NDArray[np.bool_]:
        """What left in between never came here (`SendGapReason.LOST`)."""
        return self._marked(SendGapReason.LOST)

    @property
    def drained(self) -> NDArray[np.bool_]:
        """Nothing was under way (`SendGapReason.DRAINED`)."""
        return self._marked(SendGapReason.DRAINED)

    def _marked(self, mark: SendGapReason) -> NDArray[np.bool_]:
        marked: NDArray[np.bool_] = (self.marks & int(mark)) != 0
        return marked

    def keep(self, pairs: slice, marks: U8, release: I32, flight: I64) -> None:
        """Note what was found of ``pairs``."""
        self.marks[pairs], self.release[pairs] = marks, release
        if self.flight.dtype == np.int32 and int(flight.max(initial=0)) > np.iinfo(np.int32).max:
            self.flight = self.flight.astype(np.int64)
        self.flight[pairs] = flight
