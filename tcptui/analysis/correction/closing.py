"""How connections closed, in hindsight: when FINs and their acknowledgments had arrived."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np

from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.evidence import ACK_DELAY_NS, REPEATS, StreamEvidence
from tcptui.analysis.correction.refuted import refuted_ends
from tcptui.analysis.kernel.columns import FILLS, FORGED_FIN, NOT_RECEIVED
from tcptui.analysis.resend.resend import RTO_MIN_NS
from tcptui.model.batched import integer
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, FIN, RST


def fins_taken(look: StreamEvidence, side: int) -> None:
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


def fins_refuted(look: StreamEvidence, side: int) -> None:
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


def fins_again(look: StreamEvidence, side: int) -> None:
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
