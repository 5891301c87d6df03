"""How connections opened, in hindsight: which SYNs, SYN-ACKs and third packets had no effect."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.evidence import ACK_DELAY_NS, StreamEvidence
from tcptui.analysis.kernel.columns import CLOSES, NOT_RECEIVED, OLDER
from tcptui.analysis.resend.sender_view import sack_agreed
from tcptui.model.batched import integer, largest
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A listening host answers a SYN at once, and repeats its answer after 1 s (RFC 6298, 2.1): after longer silence there
#: was no answer.
ANSWER_NS: Final = 1_000_000_000
#: This many packets one way and none the other are no accident (rules/findings.md#one-sided-capture).
ONE_SIDED: Final = 3
#: Larger than every number.
NEVER: Final = 1 << 62


def syn_acks_again(look: StreamEvidence, side: int) -> None:
    """A SYN-ACK was repeated: no packet that would have ended SYN-RECEIVED had arrived (RFC 9293, 3.10.7.4)."""
    answers = look.sent(side, SYN | RST | ACK, SYN | ACK)
    if len(answers) < 2:
        return
    early = integer(look.space.ack[answers[0]]) > 1
    talk = look.sent(side, SYN | RST, 0)
    noted = int(answers[0])
    for again in answers[1:].tolist():
        if look.stale[again] or (len(talk) and talk[0] < again and not early):
            continue
        between = look.between(1 - side, noted, again)
        look.untaken(between, side, Reason.NO_THIRD_PACKET, again)
        noted = again


def syns_again(look: StreamEvidence, side: int) -> None:
    """A SYN was repeated: no answer had arrived; also finds which SYN the other end answered (RFC 7323, 4.3)."""
    syns = look.sent(side, SYN | RST | ACK, SYN).tolist()
    peer_syns = look.sent(1 - side, SYN | RST, SYN).tolist()
    answers = look.sent(1 - side, SYN | RST | ACK, SYN | ACK)
    noted = -1
    for again in syns[1:]:
        if not look.stale[again]:
            answered = look.between(1 - side, noted, again)
            noted = again
            if len(answered):
                refusals = (look.kind[answered] & RST) != 0
                look.untaken(answered[refusals], side, Reason.ASKED_AGAIN, again)
                look.untaken(answered[~refusals], side, Reason.NO_ANSWER, again)
    unanswered = len(look.view.quotes) > 0
    # Without any SYN-ACK in the capture, what its receiver acknowledges shows that there was one.
    confirming = look.sent(side, SYN | RST | ACK, ACK) if not len(answers) else answers[:0]
    for syn, following in pairwise([*syns, len(look.view)]):
        crossed = bisect_right(peer_syns, syn) < bisect_left(peer_syns, following)
        if crossed or (peer_syns and peer_syns[0] < syn):
            refusal = look.between(1 - side, syn, following)[:1]
            if len(refusal) and _knows_no_connection(look, answers, int(refusal[0])):
                look.note(syn, 1 - side, CLOSES, Reason.NO_SOCKET, int(refusal[0]))
            continue
        if len(confirming) and confirming.searchsorted(syn) < confirming.searchsorted(following):
            continue
        reply = look.between(1 - side, syn, following)
        resets = (look.kind[reply] & RST) != 0
        if len(reply) and not resets.all():
            challenge = int(reply[int(resets.argmin())])
            look.note(syn, 1 - side, NOT_RECEIVED | OLDER, Reason.OLDER_CONNECTION, challenge)
        elif len(reply):
            look.note(syn, 1 - side, NOT_RECEIVED, Reason.REFUSED, int(reply[0]))
        elif len(answers) and look.echoes(int(answers[0]), syn):
            continue
        elif len(confirming) and confirming[-1] > syn:
            continue  # nobody knows which of the SYNs the answer that was not captured was for
        elif following < len(look.view):
            look.note(syn, 1 - side, NOT_RECEIVED, Reason.UNANSWERED, following)
            unanswered = True
        elif unanswered or look.view.capture_end_ns - look.time.item(syn) >= ANSWER_NS:
            look.note(syn, 1 - side, NOT_RECEIVED, Reason.UNANSWERED, -1)


def _knows_no_connection(look: StreamEvidence, answers: NDArray[np.int64], packet: int) -> bool:
    """Whether ``packet``, sent by an end that had answered a SYN, is a RST that is not of that half connection.

    Where there is no connection any more, the RST has number 0, not the one behind the SYN-ACK (RFC 9293, 3.10.7.1).
    """
    if (look.kind[packet] & (RST | ACK)) != RST | ACK or not len(answers) or answers[0] > packet:
        return False
    return bool(look.space.seq[packet] != look.space.end[answers[0]])


def silent_server(look: StreamEvidence, side: int) -> None:
    """In a capture at the server: what the server never acknowledges was not accepted.

    The cause is a full accept queue, or a filter behind its interface.  A single segment before the server's first word
    may have been damaged (its checksum is not read here): that says nothing of the third packet.
    """
    answers = look.sent(side, SYN | RST | ACK, SYN | ACK)
    if not len(answers) or not look.is_near(side):
        return
    talk = look.sent(side, SYN | RST, 0)
    until = int(talk[0]) if len(talk) else len(look.view)
    end = look.time.item(until) if len(talk) else largest(look.time.item(-1), look.view.capture_end_ns)
    came = look.between(1 - side, int(answers[0]), until)
    came = came[~look.stale[came]]
    unknown = look.sent(side, RST | ACK, RST)
    if not len(talk) and len(unknown):
        # It sent nothing but SYN-ACKs, then a RST that knows of no connection: there never was one.
        look.untaken(came[came < unknown[0]], side, Reason.NOT_ACCEPTED, int(unknown[0]))
        return
    waiting = end - look.time[came] >= ACK_DELAY_NS
    if len(talk) and sack_agreed(look.view) and not int(look.view.options[until]) & OptionBit.DSACK:
        # Had it accepted one of several copies, it would now report the next one as a duplicate (RFC 2883, 4).
        starts = np.where(look.view.length[came] > 0, look.space.seq[came], NEVER)
        waiting |= starts >= np.append(np.minimum.accumulate(starts[::-1])[::-1][1:], NEVER)
    data = came[(look.view.length[came] > 0) & waiting]
    if len(data) > bool(len(talk)):
        # Its first data or ACK answers what came last; where it never sends any, nothing was accepted.
        ignored = came[came <= data[-1]] if len(talk) else came
        look.untaken(ignored, side, Reason.NOT_ACCEPTED, until if len(talk) else -1)


def silent_end(look: StreamEvidence, side: int) -> None:
    """An end of which nothing was captured, though the other acknowledges it, gets no states.

    See rules/findings.md#capture-quality.
    """
    if look.of[side].any():
        return
    heard = look.sent(1 - side, RST, 0)
    if len(heard) >= ONE_SIDED and (look.kind[heard] & ACK).any():
        look.flags[look.of[1 - side]] |= OLDER
