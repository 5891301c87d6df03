"""Data that a program hands over piece by piece (rules/findings.md#where-the-time-went).

A segment that is pushed and no whole one took all that there was; nor did anything wait between two pushed segments
that hold one piece each, for what waits is sent in whole segments (RFC 9293, 3.9.1.2).  Then the next one left when its
program handed it over, whatever acknowledgment came shortly before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.pushes import ends_data
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import Batched, NotBatchableError
from tcptui.model.packet_store import I32, I64
from tcptui.model.tcp_flags import PSH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.timing.segments import Segments

#: With so many pieces, also those that followed one another as in a burst are the program's …
PIECES: Final = 20
#: … if they are further apart than this, in which a program wakes up.
SHORT_NS: Final = 100_000
#: What leaves upon an acknowledgment leaves within this.
UPON_NS: Final = 1_000_000

_BURST: Final = np.uint8(SendGapReason.BURST)
_CLOCKED: Final = np.uint8(SendGapReason.CLOCKED)
_PAUSE: Final = np.uint8(SendGapReason.PAUSE)
_JUDGED: Final = _BURST | _CLOCKED | _PAUSE


def handed_over(segments: Segments, whole: list[int], pushes: list[bool], before: I32, after: I32) -> NDArray[np.bool_]:
    """True for pairs that have nothing that waited between them.

    Of each stream, ``whole``: bytes of a whole segment; ``pushes``: see `pushes_each`.
    """
    length, flags = segments.length, segments.flags
    size = segments.of(whole, before)
    pushed = ends_data(flags[before], length[before], size, segments.of(pushes, before))
    alone = ((flags[after] & PSH) != 0) & (length[after] <= size)
    nothing: NDArray[np.bool_] = pushed & (alone | (length[before] % size != 0))
    return nothing


class Pieces:
    """Judges again the pairs of one side between which nothing waited."""

    def __init__(self, segments: Segments, gaps: SendGaps, advanced: I32, excess: I64, pairs: I32) -> None:
        """``pairs``: those that are `HANDED_OVER`; ``excess``: how long after its newest ACK each later one left.

        ``advanced``: for each segment the newest one that acknowledged something new.
        """
        self._segments, self._gaps, self._advanced = segments, gaps, advanced
        self._excess, self._pairs = excess, pairs

    def judge(self) -> None:
        """Mark what was the program's as a pause, and nothing else as both a pause and part of a burst."""
        gaps, place = self._gaps, np.arange(len(self._pairs))
        for number, own in self._segments.groups(place, gaps.afters(self._pairs)):
            pairs = self._pairs[own]
            marks = gaps.marks[pairs]
            clocked = (marks & _CLOCKED) != 0
            if not (clocked.any() and self._released(number, own)):
                marks[clocked] ^= _CLOCKED | _PAUSE
                marks[(marks & _JUDGED) == 0] |= _PAUSE
            both = (marks & (_BURST | _PAUSE)) == _BURST | _PAUSE
            marks[both] ^= _BURST if len(own) >= PIECES else _PAUSE
            gaps.marks[pairs] = marks

    def _released(self, number: int, own: I64) -> bool:
        """Whether the later segments left upon acknowledgments, more often than by chance: a send buffer let them go.

        Each acknowledgment that frees enough of it wakes the program up.
        """
        excess = self._excess
        if isinstance(excess, Batched) or isinstance(self._segments.clock, Batched):
            raise NotBatchableError
        release = self._gaps.release[self._pairs[own]]
        upon = float(np.mean((release >= 0) & (excess[own] <= UPON_NS)))
        member = self._segments.members[number]
        places = np.arange(member.start, member.stop, dtype=np.int32)
        heard = self._segments.clock[indexes_of(self._advanced[member.start : member.stop] == places) + member.start]
        if len(heard) < 2 or heard[-1] <= heard[0]:
            return upon > 0
        near = int(np.minimum(np.diff(heard), UPON_NS).sum()) / int(heard[-1] - heard[0])
        return upon * 2 > 1 + near
