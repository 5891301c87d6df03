"""Resets in hindsight: which ended nothing, which somebody else sent, and which say that there is no connection."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.capture_point import NEAR_NS
from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.evidence import StreamEvidence
from tcptui.analysis.kernel.columns import CLOSES, NOT_RECEIVED, STALE
from tcptui.analysis.path_distance import from_other_distance
from tcptui.model.arrays import MaximumTree, sorted_unique
from tcptui.model.batched import Batched, NumberDict, integer, largest
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Segments closer together than this had been waiting at the interface together.
BURST_NS: Final = 1_000_000
#: Of the segments behind a RST no more are taken for sent before it: paths do not hold back more.
OVERTAKEN_MOST: Final = 1_024
#: This many packets show what a sender's TTL is.
TTL_SAMPLES: Final = 3


def resets_taken(look: StreamEvidence, side: int) -> None:
    """A RST ended nothing where its receiver, or even its apparent sender, goes on sending (RFC 5961, 3.2)."""
    resets = look.sent(side, RST, RST)
    if not len(resets):
        return
    view = look.view
    talk = look.sent(1 - side, RST | SYN, 0)
    talk = talk[(talk > resets[0]) & ~look.stale[talk] & ((look.kind[talk] & ACK) != 0)]
    way = look.loop[1 - side] or view.irtt_ns
    limit = way * 5 // 4 + NEAR_NS if way >= NEAR_NS else 0
    ignored: NumberDict[int] = NumberDict()
    talk_ns, unheard = MaximumTree(look.time[talk]), len(talk)
    for reset, begin in zip(resets.tolist(), talk.searchsorted(resets, side="right").tolist(), strict=True):
        late = talk_ns.next_above(begin, look.time.item(reset) + limit - 1)
        if late >= 0:
            ignored[integer(view.seq[reset])] = int(talk[late])
            look.note(reset, 1 - side, NOT_RECEIVED, Reason.TALKED_ON, int(talk[late]))
        elif (witness := ignored.get(integer(view.seq[reset]), -1)) >= 0:  # as the same RST before it (RFC 1337)
            look.note(reset, 1 - side, NOT_RECEIVED, Reason.TALKED_ON, witness)
        elif not (look.kind[reset] & SYN):
            unheard = min(unheard, begin)
    look.flags[talk[unheard:]] |= STALE  # they were sent before the RST could arrive
    own = look.sent(side, RST | SYN, 0)
    own = own[~look.stale[own]]
    ends, route = MaximumTree(look.space.end[own]), _Route(look, side)
    for reset, begin in zip(resets.tolist(), own.searchsorted(resets, side="right").tolist(), strict=True):
        beyond = ends.next_above(begin, integer(look.space.seq[reset]))
        if beyond >= 0:
            look.note(reset, side, STALE, Reason.FOREIGN, int(own[beyond]))
        elif route.is_foreign(reset):
            look.note(reset, side, STALE, Reason.FOREIGN, reset)
        elif begin < len(own) and not look.is_near(side):
            later = own[begin : begin + OVERTAKEN_MOST]
            look.flags[_overtaken(look, side, reset, later)] |= STALE


def _overtaken(look: StreamEvidence, side: int, reset: int, later: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of the segments ``later`` than their sender's RST it may have overtaken: soon after it, and nothing new."""
    is_new = look.space.ack[later] > look.space.acknowledged[1 - side][reset]
    if look.kind[reset] & ACK:
        beyond = (look.view.ack[later].astype(np.int64) - look.view.ack.item(reset)) & SEQ_MASK
        is_new &= (beyond > 0) & (beyond < SEQ_HALF)
    soon = look.time[later] - look.time[reset] <= largest(look.loop[side] or look.view.irtt_ns, NEAR_NS)
    overtaken: NDArray[np.int64] = later[~is_new & soon]
    return overtaken


class _Route:
    """By which route, and how soon, RSTs of one end come (rules/findings.md#rst-injected)."""

    def __init__(self, look: StreamEvidence, side: int) -> None:
        self._look, self._side = look, side
        others = look.sent(side, RST, 0)
        self._count = len(others)
        known = look.view.ttl[others]
        self._one_place = self._count > 0 and not from_other_distance(known.max(), known.min())
        self._known = known if isinstance(known, Batched) else sorted_unique(known)

    @cached_property
    def _asked(self) -> NumberDict[int]:
        """The other end's first segment that acknowledges a number, by that number."""
        look, found = self._look, NumberDict[int]()
        asked = look.sent(1 - self._side, RST | ACK, ACK)
        for index, number in zip(asked[::-1].tolist(), look.view.ack[asked[::-1]].tolist(), strict=True):
            found[number] = index
        return found

    def is_foreign(self, reset: int) -> bool:
        """Whether a RST came by another route than its sender's packets, or too soon.

        One sign is enough when it is clear, two when they are not.
        """
        look, side = self._look, self._side
        other_way = self._one_place and bool(from_other_distance(self._known, look.view.ttl[reset]).all())
        if other_way and self._count >= TTL_SAMPLES:
            return True
        loop = look.loop[side]
        if look.kind[reset] & ACK or loop < NEAR_NS:
            return False
        # It answers a segment that acknowledges its number: could any of those have reached its sender yet?
        asked = self._asked.get(integer(look.view.seq[reset]), -1)
        waited = look.time.item(reset) - look.time.item(asked) if 0 <= asked < reset else loop
        return waited < loop // 2 or (other_way and waited < loop * 9 // 10)


def no_socket(look: StreamEvidence, side: int) -> None:
    """A RST without ACK takes its number from the segment that found no connection (RFC 9293, 3.10.7.1).

    The same holds for an end that has closed and waits for the peer's FIN, since data ends it (RFC 9293, 3.6.1).
    """
    resets = look.sent(side, RST | ACK, RST)
    if not len(resets) or look.flags[resets[0]] & STALE:
        return
    view, first = look.view, int(resets[0])
    alive = look.sent(side, RST, 0)
    alive = alive[alive < first]
    opening = len(alive) > 0 and not ((look.kind[alive] & (SYN | ACK)) != SYN).any()
    if opening and integer(view.seq[first]) != 1:
        return  # in SYN-SENT: it refuses an impossible ACK and goes on asking (RFC 9293, 3.10.7.3)
    asked = look.between(1 - side, int(alive[-1]) if len(alive) else -1, first)
    asked = asked[((look.kind[asked] & (RST | ACK)) == ACK) & (view.ack[asked] == view.seq[first])]
    asked = asked[look.time[asked] <= look.time[first] - largest(0, look.loop[side] * 4 // 5 - NEAR_NS)]
    if not len(asked):
        return
    chosen = len(asked) - 1
    while chosen and look.time[asked[chosen]] - look.time[asked[chosen - 1]] < BURST_NS:
        chosen -= 1
    # Each segment that found no connection draws a RST of its own: segments before these were still accepted.
    drawn = np.count_nonzero((resets > asked[-1]) & (look.time[resets] - look.time[first] < BURST_NS))
    for segment in asked[max(chosen, len(asked) - int(drawn)) :].tolist():
        look.note(segment, side, CLOSES, Reason.NO_SOCKET, first)
