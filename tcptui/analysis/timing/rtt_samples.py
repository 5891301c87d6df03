"""Round-trip samples from a stream's acknowledgments: how long the round trip was at a given moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import chunks, flatnonzero32, indexes_of

if TYPE_CHECKING:
    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, I64

#: A message is a transfer from this many new segments before its last one on.
TRANSFER_SEGMENTS: Final = 8


class RttSamples:
    """Acknowledgments that measured a round trip, without those that are ambiguous because of a resend."""

    def __init__(self, view: StreamView, clock: I64, resends: tuple[Resend, ...], fresh: I32) -> None:
        """``fresh``: the segments with new payload; ``clock``: the segments' times, never going back."""
        self._view, self._clock, self._fresh = view, clock, fresh
        measured = view.acked >= 0
        if resends:
            resent = np.array([resend.index for resend in resends], np.int64)
            for part in chunks(len(view)):
                acking = indexes_of(measured[part]) + part.start
                doubtful = resent.searchsorted(self._source(acking)) != resent.searchsorted(acking)
                measured[acking[doubtful]] = False
        self._acking = flatnonzero32(measured)
        speaker = view.from_server[fresh]
        #: Places in ``fresh`` where the sender changes.
        self._messages = flatnonzero32(speaker[1:] != speaker[:-1]) + np.int32(1)

    def _source(self, acking: I32 | I64) -> I64:
        """The segments that ``acking`` acknowledge."""
        source: I64 = self._view.rows.searchsorted(self._view.acked[acking])
        return source

    def latest(self, last: I32, answer: I32) -> I64:
        """The newest round trip (ns) measured before each ``answer`` in a transfer that ends at ``last``; else 0.

        A transfer fills the queues on its way: its last byte takes longer than the first one did.  The
        acknowledgment of the last segment itself does not count, for it may have been delayed.
        """
        longest = np.zeros(len(last), np.int64)
        acking, fresh, sent_by = self._acking, self._fresh, self._view.from_server
        if not len(acking):
            return longest
        place = acking.searchsorted(answer) - 1
        source = self._source(acking[np.maximum(place, 0)])
        place = np.where((place > 0) & (source >= last), place - 1, place)
        known = place >= 0
        newest = acking[np.maximum(place, 0)]
        source = self._source(newest)
        run = fresh.searchsorted(last)
        first = np.maximum(run - TRANSFER_SEGMENTS, 0)
        # All of these segments are of the same end, with none of the other's in between.
        messages = self._messages
        alone = messages.searchsorted(first.astype(np.int32), "right")
        alone -= messages.searchsorted(run.astype(np.int32), "right")
        known &= (run >= TRANSFER_SEGMENTS) & (alone == 0)
        known &= (source >= fresh[first]) & (source < last) & (sent_by[source] == sent_by[last])
        return np.where(known, self._clock[newest] - self._clock[source], longest)
