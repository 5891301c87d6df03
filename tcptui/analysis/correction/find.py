"""Finds the packets of a stream that did not have the effect assumed of them, by what later packets show.

The kernel judges each packet when it comes: what an end sent is proof, what was sent to it is
assumed to arrive.  What that end sends later may contradict that.  Here a whole stream is examined:
`hindsight` finds the packets that had no effect (lost, late, ignored, sent by somebody else), and with
`Hindsight.flags` the kernel judges the states again, by the same rules.

Only streams that the kernel marked `StreamMark.CONTRADICTED` or `SYN_REPEATED`, whose opening was not
answered, or in which an end never sent data can have something to correct (`may_need`), so healthy
streams cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.capture_point import NEAR_NS
from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.evidence import ACK_DELAY_NS, REPEATS, StreamEvidence
from tcptui.analysis.correction.opening import silent_end, silent_server, syn_acks_again, syns_again
from tcptui.analysis.correction.refuted import refuted_ends
from tcptui.analysis.kernel.columns import CLOSES, FILLS, FORGED_FIN, NOT_RECEIVED, STALE
from tcptui.analysis.path_distance import from_other_distance
from tcptui.analysis.resend.resend import RTO_MIN_NS
from tcptui.analysis.stream.table import Completeness, StreamMark, blocks
from tcptui.model.arrays import MaximumTree, sorted_unique
from tcptui.model.batched import Batched, NumberDict, integer, largest
from tcptui.model.packet_store import I32, I64, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK, ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.correction.correction import Correction
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView


#: Segments closer together than this had been waiting at the interface together.
BURST_NS: Final = 1_000_000
#: Of the segments behind a RST no more are taken for sent before it: paths do not hold back more.
OVERTAKEN_MOST: Final = 1_024
#: This many packets show what a sender's TTL is.
TTL_SAMPLES: Final = 3


def _resets_taken(look: StreamEvidence, side: int) -> None:
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


def _no_socket(look: StreamEvidence, side: int) -> None:
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


def _fins_taken(look: StreamEvidence, side: int) -> None:
    """When the other end had received this side's FIN, by what it acknowledges (RFC 9293, 3.10.7.4, eighth)."""
    fins = look.sent(side, FIN | RST, FIN)
    fins = fins[~look.stale[fins] & ((look.flags[fins] & FORGED_FIN) == 0)]
    if not len(fins):
        return
    edge = integer(look.space.end[fins[0]])
    said = look.sent(1 - side, RST | ACK, ACK)
    said = said[(said > fins[0]) & ~look.stale[said]]
    covers = said[look.space.ack[said] >= edge]
    covering = int(covers[0]) if len(covers) else len(look.view)
    early = said[said < covering]
    last_early = int(early[-1]) if len(early) else -1
    for place, fin in enumerate(fins.tolist()):
        again = int(fins[place + 1]) if place + 1 < len(fins) else -1
        if fin < last_early:
            shown = int(early[np.searchsorted(early, fin)])
            lost = 0 <= again < covering and not _answers(look, fin, again)
            look.note(fin, 1 - side, NOT_RECEIVED, Reason.FIN_LOST if lost else Reason.CROSSED, shown)
        elif 0 <= again < covering and _fin_was_lost(look, side, fin, again, covering):
            look.note(fin, 1 - side, NOT_RECEIVED, Reason.FIN_LOST, again)
    if last_early > fins[0] and covering < len(look.view):
        _fills(look, side, int(fins[0]), last_early, covering)


def _fins_refuted(look: StreamEvidence, side: int) -> None:
    """A FIN ended nothing where its apparent sender sends on under its number, and is acknowledged."""
    for refuted in refuted_ends(look.view):
        index = refuted.at
        if look.kind[index] & FIN and bool(look.view.from_server[index]) == bool(side):
            look.note(index, side, FORGED_FIN, Reason.FOREIGN_FIN, refuted.witness)


def _fin_was_lost(look: StreamEvidence, side: int, fin: int, again: int, covering: int) -> bool:
    """Whether a FIN that was sent again, without an acknowledgment seen between, had not arrived.

    An end that had received it shows that: by D-SACK (RFC 2883), in TIME-WAIT by an old timestamp echo,
    and at once when the capture was made there.
    """
    view = look.view
    if covering >= len(view):
        return look.is_near(1 - side)
    if int(view.options[covering]) & OptionBit.DSACK or _answers(look, fin, again):
        return False
    echoes = look.echoes(covering, fin), look.echoes(covering, again)
    if echoes[0] is not echoes[1]:
        return echoes[1]
    if look.is_near(1 - side):
        return True
    sack = int(view.options[look.sent(1 - side, 0, 0)[0]]) & OptionBit.SACK_PERMITTED
    return bool(sack) and look.time.item(again) - look.time.item(fin) >= ACK_DELAY_NS


def _answers(look: StreamEvidence, fin: int, again: int) -> bool:
    """Whether a FIN comes again only because its sender acknowledges something new, as BSD stacks do."""
    soon = look.time[again] - look.time[fin] < RTO_MIN_NS
    return bool(soon and look.space.ack[again] > look.space.ack[fin])


def _fills(look: StreamEvidence, side: int, fin: int, last_early: int, covering: int) -> None:
    """Flag the segment with which everything before a FIN that came out of order had arrived."""
    space = look.space
    edge = integer(space.ack[last_early])
    segments = look.sent(side, RST, 0)
    segments = segments[(segments < covering) & (space.end[segments] > edge)]
    waiting = [(integer(space.seq[i]), integer(space.end[i])) for i in segments[segments <= last_early].tolist()]
    heapify(waiting)
    for segment in segments[segments > last_early].tolist():
        if not look.flags[segment] & NOT_RECEIVED and integer(space.seq[segment]) <= edge < integer(space.end[segment]):
            reached = integer(space.end[segment])
            while waiting and waiting[0][0] <= reached:
                reached = max(reached, heappop(waiting)[1])
            if reached >= integer(space.end[fin]):
                look.flags[segment] |= FILLS
                return
            edge = reached
        else:
            heappush(waiting, (integer(space.seq[segment]), integer(space.end[segment])))


def _fins_again(look: StreamEvidence, side: int) -> None:
    """A FIN was repeated: no acknowledgment of it had arrived (RFC 6298, 5)."""
    fins = look.sent(side, FIN | RST, FIN)
    fins = fins[(look.flags[fins] & FORGED_FIN) == 0]
    for again in fins[1 : REPEATS + 1].tolist():
        if look.stale[again]:
            continue
        edge = integer(look.space.end[fins[0]])
        acks = look.between(1 - side, int(fins[0]), again)
        acks = acks[(look.space.ack[acks] >= edge) & ((look.kind[acks] & RST) == 0)]
        if not any(_had(look, again, ack) for ack in acks.tolist()):
            look.untaken(acks, side, Reason.ACK_LOST, again)


def _had(look: StreamEvidence, speaker: int, packet: int) -> bool:
    """Whether the segment ``speaker`` proves that its sender had received the other end's ``packet``."""
    view, space = look.view, look.space
    if space.end[packet] > space.seq[packet] and space.ack[speaker] >= space.end[packet]:
        return True
    if not int(view.options[speaker]) & int(view.options[packet]) & OptionBit.TIMESTAMPS:
        return False
    age = ahead(view.ts_echo.item(speaker), view.ts_value.item(packet))
    earlier = look.between(int(view.from_server[packet]), -1, packet)
    first = not len(earlier) or view.ts_value.item(earlier[-1]) != view.ts_value.item(packet)
    return age > 0 or (age == 0 and first)


#: The rules applied to each side, in this order: later ones use what earlier ones found.  Each is listed with the flag
#: that the side must have sent once, else the rule finds nothing; 0: none.
_RULES: Final = (
    (RST, _resets_taken),
    (SYN, syns_again),
    (SYN, syn_acks_again),
    (FIN, _fins_refuted),
    (FIN, _fins_taken),
    (FIN, _fins_again),
    (RST, _no_socket),
    (SYN, silent_server),
    (0, silent_end),
)


_SIGNS: Final = int(StreamMark.CONTRADICTED | StreamMark.SYN_REPEATED)
_SYN: Final = int(Completeness.SYN)
_ANSWERED: Final = int(Completeness.SYN_ACK)
_OPENING: Final = _SYN | _ANSWERED
_DATA: Final = int(Completeness.DATA)


@dataclass(frozen=True)
class Hindsight:
    """The result of looking back at one stream."""

    flags: I64
    """Row flags for the kernel, one per segment."""
    corrections: tuple[Correction, ...]

    def __bool__(self) -> bool:
        return bool(self.flags.any())


def may_need(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    """Mask of the streams ``rows`` that can have anything to correct, by the stream table alone."""
    parts = [_may_need(streams, part) for part in blocks(rows)]
    return np.concatenate(parts) if parts else np.zeros(0, np.bool_)


def _may_need(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    seen = streams.completeness[rows]
    # Such streams may be corrected because of silence, so that a longer capture can change the result.
    unanswered = ((seen & _OPENING) == _SYN) | ((seen & _OPENING) == _ANSWERED)
    # Say the server sent only SYN-ACKs although the client sent data: not accepted, or lost after the capture point.
    # A longer capture can change the result here, too.
    mute: NDArray[np.bool_] = (streams.payload_a[rows] == 0) | (streams.payload_b[rows] == 0)
    mute &= ((seen & _DATA) != 0) & ((seen & _OPENING) == _OPENING)
    shown: NDArray[np.bool_] = unanswered | mute | ((streams.marks[rows] & _SIGNS) != 0)
    return shown


def hindsight(view: StreamView) -> Hindsight:
    """Apply all rules to ``view``, once; the result depends on what was captured only, not on states given so far."""
    if hindsight not in view.kept:
        view.kept[hindsight] = _looked_back(view)
    looked: Hindsight = view.kept[hindsight]
    return looked


def _looked_back(view: StreamView) -> Hindsight:
    look = StreamEvidence(view)
    for side in (0, 1):
        for flag, rule in _RULES:
            if not flag or look.flags_of[side] & flag:
                rule(look, side)
    found = tuple(look.found[index] for index in sorted(look.found))
    return Hindsight(look.flags, found)
