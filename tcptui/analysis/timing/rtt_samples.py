"""Round-trip samples from acknowledgments: how long the round trip was at a given moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import chunks, flatnonzero32, indexes_of

if TYPE_CHECKING:
    from tcptui.analysis.timing.segments import Segments
    from tcptui.model.packet_store import I32, I64

#: A message is a transfer from this many new segments before its last one on.
TRANSFER_SEGMENTS: Final = 8


class RttSamples:
    """Acknowledgments that measured a round trip, without those that are ambiguous because of a resend."""

    def __init__(self, segments: Segments, fresh: I32, fresh_at: list[int]) -> None:
        """``fresh``: those with new payload; ``fresh_at``: where those of each stream begin in it."""
        self._segments, self._fresh, self._fresh_at = segments, fresh, fresh_at
        measured = segments.acked >= 0
        resent = np.array(
            [member.start + resend.index for member in segments.members for resend in member.resends], np.int64
        )
        for part in chunks(len(segments)) if len(resent) else ():
            acking = indexes_of(measured[part]) + part.start
            doubtful = resent.searchsorted(self._source(acking)) != resent.searchsorted(acking)
            measured[acking[doubtful]] = False
        self._acking = flatnonzero32(measured)
        speaker = segments.from_server[fresh]
        #: Places in ``fresh`` where the sender changes.
        self._messages = flatnonzero32(speaker[1:] != speaker[:-1]) + np.int32(1)

    def _source(self, acking: I32 | I64) -> I64:
        """The segments that ``acking`` acknowledge."""
        source: I64 = self._segments.of_rows(self._segments.acked[acking], acking)
        return source

    def latest(self, last: I32, answer: I32) -> I64:
        """The newest round trip (ns) measured before each ``answer`` in a transfer that ends at ``last``; else 0.

        A transfer fills the queues on its way: its last byte takes longer than the first one did.  The
        acknowledgment of the last segment itself does not count, for it may have been delayed.
        """
        segments, clock, sent_by = self._segments, self._segments.clock, self._segments.from_server
        longest = np.zeros(len(last), np.int64)
        acking, fresh = self._acking, self._fresh
        if not len(acking):
            return longest
        # What another stream's acknowledgment acknowledges lies before this one's first segment, and does not count.
        place = acking.searchsorted(answer) - 1
        source = self._source(acking[np.maximum(place, 0)])
        place = np.where((place > 0) & (source >= last), place - 1, place)
        known = place >= 0
        newest = acking[np.maximum(place, 0)]
        source = self._source(newest)
        run = fresh.searchsorted(last)
        begun = segments.of(self._fresh_at[:-1], last)
        first = np.maximum(run - TRANSFER_SEGMENTS, begun)
        # All of these segments are of the same end, with none of the other's in between.
        messages = self._messages
        alone = messages.searchsorted(first.astype(np.int32), "right")
        alone -= messages.searchsorted(run.astype(np.int32), "right")
        known &= (run - begun >= TRANSFER_SEGMENTS) & (alone == 0)
        known &= (source >= fresh[first]) & (source < last) & (sent_by[source] == sent_by[last])
        return np.where(known, clock[newest] - clock[source], longest)
