"""Gaps behind segments of a sender that had more to send, seen away from it (rules/findings.md#where-the-time-went).

A whole segment without PSH is not the last of what a program had handed over (RFC 9293, 3.9.1.2).  What the next one
waited for does not show: the line, if both came as close as the others did or a round trip explains it.  A longer
wait may also be that of a program which hands over without pushing (sendfile, a cork) and waited for its disk: that is
told only where the sender is seen to have been left with nothing under way for longer than the way explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.pushes import ends_data
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.sender_knowledge import pause_ns
from tcptui.model.arrays import flatnonzero32
from tcptui.model.batched import Batched, NotBatchableError, largest, smallest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.analysis.timing.segments import Segments
    from tcptui.analysis.timing.sender_knowledge import SenderKnowledge
    from tcptui.model.packet_store import I32

#: Segments of a sender that had more to send come no further apart than this on any line; longer waits are for a timer
#: or an outage (RFC 6298, 2.4, and the least time-out of Linux).
SPREAD_NS: Final = 200_000_000
#: A line sets segments apart by at most so many times what a quarter of them is apart at most.
SPREAD_TIMES: Final = 3
#: Flights are a round trip apart: a silence of so many times that is none of theirs.
ALONE_TIMES: Final = 2
#: That is taken from so many of them at most.
LOOKED_AT: Final = 4_096

_PAUSE: Final = np.uint8(SendGapReason.PAUSE)
_SPREAD: Final = np.uint8(SendGapReason.SPREAD)
_LEFT_ALONE: Final = np.uint8(SendGapReason.PAUSE | SendGapReason.DRAINED)


def had_more(segments: Segments, whole: Sequence[int], pushes: Sequence[bool], before: I32) -> NDArray[np.bool_]:
    """At which of the segments ``before`` more was waiting behind it to be sent.

    Of each stream, ``whole``: the MSS; ``pushes``: see `pushes_each`.
    """
    length, size = segments.length[before], segments.of(whole, before)
    more: NDArray[np.bool_] = length >= size
    more &= ~ends_data(segments.flags[before], length, size, segments.of(pushes, before))
    return more


def judge_spread(
    segments: Segments,
    gaps: SendGaps,
    knowledge: SenderKnowledge,
    whole: Sequence[int],
    pushes: Sequence[bool],
    scaled: Sequence[bool],
) -> None:
    """Take `SPREAD` from gaps that no line explains, and `PAUSE` from those that are not shown to be the program's.

    Of each stream, ``whole``: the MSS; ``pushes``: see `pushes_each`; ``scaled``: whether the scale of the peer's
    window is known.  Where it is not, that window may have been what segments of one flight waited for, a round trip
    apart.  At the sender, where what it waited for shows, only what comes at one pace is left to judge.  Where PSH
    says nothing and that scale is known, a sender of which everything was acknowledged, and that is silent for
    `ALONE_TIMES` what the way explains, had nothing to send.
    """
    spread, clock = flatnonzero32((gaps.marks & _SPREAD) != 0), segments.clock
    if isinstance(clock, Batched) and len(spread):
        raise NotBatchableError
    for number, pairs in segments.groups(spread, gaps.afters(spread)):
        line_ns = SPREAD_TIMES * _usual_ns(segments, gaps, pairs, whole, pushes)
        after, rtt_ns = gaps.afters(pairs), knowledge.round_trips_ns[number]
        way_ns = largest(rtt_ns, pause_ns(rtt_ns), line_ns)
        gap = clock[after] - clock[gaps.befores(pairs)]
        explained = gap <= smallest(line_ns if knowledge.at_hand[number] or not scaled[number] else way_ns, SPREAD_NS)
        marks, release = gaps.marks[pairs], gaps.release[pairs]
        paused = ((marks & _LEFT_ALONE) == _LEFT_ALONE) & ~explained & (release >= 0)
        paused &= knowledge.by_echo[number] & (knowledge.excess_ns(after, release) > way_ns)
        if pushes[number] and scaled[number]:
            paused |= ((marks & _LEFT_ALONE) == _LEFT_ALONE) & (release >= 0) & (gap > ALONE_TIMES * way_ns)
        marks[~paused] &= ~_PAUSE
        marks[~explained] &= ~_SPREAD
        gaps.marks[pairs] = marks


def _usual_ns(segments: Segments, gaps: SendGaps, pairs: I32, whole: Sequence[int], pushes: Sequence[bool]) -> int:
    """The distance of segments behind which more waited, from the first of ``pairs`` on: their lower quartile."""
    first, last = int(pairs[0]), int(pairs[-1]) + 1
    some = np.arange(first, last, max((last - first) // LOOKED_AT, 1), dtype=np.int32)
    some = some[had_more(segments, whole, pushes, gaps.befores(some))]
    return int(np.quantile(segments.clock[gaps.afters(some)] - segments.clock[gaps.befores(some)], 0.25))
