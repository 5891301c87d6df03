"""TCP states of both ends of an observed connection, one segment at a time (RFC 9293, 3.3.2 and 3.10).

One source, compiled by numba or run as plain Python (see `wire.numba_compile`).  Moves between states follow
`transitions.TRANSITIONS`; what is decided here without the table is listed in `direct_decisions.DIRECT_DECISIONS`.
"""

from __future__ import annotations

from typing import Any

# isort: off
from tcptui.analysis.kernel.columns import (
    BEFORE_RST, CLIENT, CLIENT_WAIT, CLOSED, CLOSES, CLOSE_WAIT, CLOSING, EARLY, ESTABLISHED, EVENTS,
    EVENT_FIN, EVENT_GOT_ACK_OF_FIN, EVENT_GOT_ACK_OF_SYN, EVENT_GOT_FIN, EVENT_GOT_RST, EVENT_GOT_SYN,
    EVENT_GOT_SYN_ACK, EVENT_SYN, FAST, FILLS, FIN, FIN_ACKS, FIN_END, FIN_WAIT_1, FIN_WAIT_2, GOT_FIN, KNOWN,
    LAST_ACK, LAST_ACK_STATE, LISTEN, LOST, MARKS, MARK_CHALLENGED, MARK_CONTRADICTED, MARK_DATA_A, MAX_TO_ACK,
    NEXT_SEQ, OLDER, ONLY_SYNS, OPEN_END, OUT_OF_ORDER, PASSIVE, RETRANSMISSION, RST, SENT_END, SERVER_WAIT,
    SPURIOUS, STALE, STATE, SYN_ACK_TIME, SYN_END, SYN_RECEIVED, SYN_SENT, SYN_TIME, TIME_WAIT, UNSEEN,
    NOT_RECEIVED, ZERO_FILLED,
)  # fmt: skip

# isort: on
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_state import STATE_PROVED


def follow_states(
    stream: Any, fwd: Any, rev: Any, side: int, now: int, seq: int, ack: int, flags: int, is_syn: bool, is_ack: bool,
    carried: int, verdict: int, row_flags: int, next_state: Any,
) -> tuple[int, int]:  # fmt: skip
    """Move both ends' states by one segment; returns the cells (state, `STATE_PROVED` bit) of sender and receiver.

    ``stream`` is the stream's row of `StreamColumn`, ``fwd`` and ``rev`` the rows of `DirectionColumn` of the sender's
    direction and of the other one, all updated in place.  ``side`` is 1 when endpoint *b* sent it, ``now`` in ns,
    ``carried`` the payload bytes, ``next_state`` the flat table of `transitions.transition_row`.

    A proved state is never revoked by an older packet.  An assumed state is revoked by what its end sends, and
    `analysis.correction` then has the earlier rows judged again.
    """
    sender = fwd[STATE]
    sender_known = fwd[KNOWN]
    receiver = rev[STATE]
    receiver_known = rev[KNOWN]
    arrives = row_flags & NOT_RECEIVED == 0
    if row_flags & ZERO_FILLED != 0:
        stream[MARKS] |= MARK_CONTRADICTED
    covers_fin = is_ack and rev[FIN_END] >= 0 and ((ack - rev[FIN_END]) & SEQ_MASK) < SEQ_HALF
    if flags & RST != 0:
        refused = 0
        if not is_ack and fwd[SYN_END] >= 0 and sender in (SYN_SENT, SYN_RECEIVED):
            # Before it is synchronised, an end answers an impossible ACK by a RST and stays (3.10.7.3, 3.10.7.4).
            refused = 1 if seq != fwd[SYN_END] else 0
        if not is_ack and sender not in (UNSEEN, LISTEN, CLOSED):
            stream[MARKS] |= MARK_CONTRADICTED  # the segment that this RST answers may have found no socket
        if row_flags & STALE == 0 and refused == 0:
            if sender != CLOSED:
                fwd[BEFORE_RST] = sender
            sender = CLOSED
            # A RST with a number that its sender has not reached is hardly its own (RFC 5961, 3.1).
            ahead = (seq - fwd[SENT_END]) & SEQ_MASK if fwd[SENT_END] >= 0 else 0
            sender_known = 0 if 0 < ahead < SEQ_HALF and seq != rev[LAST_ACK] else STATE_PROVED
        if arrives and receiver == UNSEEN and not is_ack and fwd[SYN_END] >= 0 and seq == rev[LAST_ACK]:
            receiver = CLOSED  # the RST ends the older connection that had answered the SYN (RFC 9293, 3.5.1)
            receiver_known = 0
        elif arrives and receiver != LISTEN and receiver != UNSEEN and receiver != CLOSED:
            # Only a RST with the very next number counts (RFC 5961, 3.2); one without ACK takes its number from the
            # segment that it answers.  In SYN-SENT it must acknowledge the SYN (RFC 9293, 3.10.7.3).
            counts = seq == fwd[SENT_END] or seq == rev[LAST_ACK] or fwd[SENT_END] < 0
            if fwd[FIN_END] >= 0 and ((seq + 1) & SEQ_MASK) == fwd[FIN_END]:
                counts = True
            if receiver == SYN_SENT:
                counts = is_ack and (rev[SYN_END] < 0 or ((ack - rev[SYN_END]) & SEQ_MASK) < SEQ_HALF)
            elif receiver == SYN_RECEIVED:
                counts = True
            if counts:
                rev[BEFORE_RST] = receiver
                receiver = next_state[receiver * EVENTS + EVENT_GOT_RST]
                if receiver == LISTEN and rev[PASSIVE] == 0:
                    receiver = CLOSED
            if receiver != SYN_SENT:
                receiver_known = 0
    elif is_syn:
        if row_flags & STALE == 0:
            if sender == UNSEEN or (sender == CLOSED and is_ack):
                sender = LISTEN if is_ack else CLOSED
            if is_ack:
                if sender in (LISTEN, SYN_SENT, SYN_RECEIVED):
                    sender = SYN_RECEIVED
                elif sender_known == 0 and fwd[FIN_END] < 0:
                    sender = SYN_RECEIVED  # SYN-ACK repeated: the third packet had not arrived, nor what came after it
                    fwd[GOT_FIN] = 0
                    stream[MARKS] |= MARK_CONTRADICTED
            else:
                if sender_known == 0 and sender != CLOSED and sender != LISTEN:
                    if fwd[SYN_END] >= 0:
                        stream[MARKS] |= MARK_CONTRADICTED
                    sender = CLOSED  # SYN repeated: what was sent to its sender had not arrived
                    fwd[GOT_FIN] = 0
                sender = next_state[sender * EVENTS + EVENT_SYN]
                if fwd[SYN_END] >= 0 and rev[SYN_END] < 0:
                    stream[MARKS] |= MARK_CONTRADICTED
            sender_known = STATE_PROVED
            fwd[SYN_END] = (seq + 1) & SEQ_MASK
        if is_ack and stream[SYN_ACK_TIME] == 0 and stream[SYN_TIME] != 0:
            stream[SYN_ACK_TIME] = now
            stream[SERVER_WAIT] = now - stream[SYN_TIME]
        if receiver == UNSEEN:
            receiver = SYN_SENT if is_ack else LISTEN
            receiver_known = STATE_PROVED if is_ack else 0  # a SYN-ACK proves that a SYN was sent
            if is_ack:
                rev[SYN_END] = ack
        if is_ack:
            if rev[SYN_END] >= 0 and ack != rev[SYN_END] and ((ack - rev[SYN_END]) & SEQ_MASK) < SEQ_HALF:
                fwd[EARLY] = 1  # it accepted the SYN's data: it may send before the third packet (RFC 7413, 4.2)
            if arrives and (rev[SYN_END] < 0 or ((ack - rev[SYN_END]) & SEQ_MASK) < SEQ_HALF):
                moved = next_state[receiver * EVENTS + EVENT_GOT_SYN_ACK]
                if moved != receiver:
                    receiver = moved
                    receiver_known = 0
        elif arrives:
            if receiver == CLOSED and (rev[PASSIVE] != 0 or rev[SYN_END] < 0):
                receiver = LISTEN  # a listener outlives its connections
            moved = next_state[receiver * EVENTS + EVENT_GOT_SYN]
            if moved != receiver:
                rev[PASSIVE] = 1 if receiver == LISTEN else 0
                receiver = moved
                receiver_known = 0
    else:
        repeats = verdict & (RETRANSMISSION | FAST | SPURIOUS | OUT_OF_ORDER) != 0
        if rev[SYN_END] >= 0 and fwd[SYN_END] < 0:
            stream[MARKS] |= MARK_CHALLENGED
            if is_ack and ((ack - rev[SYN_END]) & SEQ_MASK) >= SEQ_HALF:
                stream[MARKS] |= MARK_CONTRADICTED
                if sender in (LISTEN, SYN_RECEIVED, CLOSED):
                    sender = UNSEEN  # its ACK answers the SYN out of an older connection (RFC 5961, 4)
                    sender_known = 0
        if repeats and carried > 0 and rev[ONLY_SYNS] != 0 and receiver_known == 0:
            stream[MARKS] |= MARK_CONTRADICTED  # data go unanswered: the third packet may not have been accepted
        behind = seq - fwd[SENT_END] if fwd[SENT_END] >= 0 else 0
        missing = behind & SEQ_MASK if carried == 0 and flags & FIN == 0 and verdict & LOST != 0 else 0
        if is_ack and stream[CLIENT_WAIT] == 0 and stream[SYN_ACK_TIME] != 0 and stream[CLIENT] == side:
            stream[CLIENT_WAIT] = now - stream[SYN_ACK_TIME]
        if row_flags & STALE == 0:
            # Evidence of what the sender had received.
            if sender == CLOSED and fwd[BEFORE_RST] != 0 and is_ack and not (repeats and sender_known != 0):
                sender = fwd[BEFORE_RST]  # it goes on sending: its RST did not end the connection
                fwd[BEFORE_RST] = 0
                sender_known = STATE_PROVED
                stream[MARKS] |= MARK_CONTRADICTED
            early = fwd[EARLY] != 0 and (not is_ack or ((rev[OPEN_END] - ack) & SEQ_MASK) < SEQ_HALF)
            if is_ack and sender == SYN_SENT:
                sender = ESTABLISHED
                if rev[SYN_END] < 0 and carried == 0:
                    rev[SYN_END] = ack  # the SYN-ACK was not captured
            elif sender == SYN_RECEIVED and flags & FIN == 0 and not early:
                sender = ESTABLISHED
            if sender == ESTABLISHED and not early:
                sender_known = STATE_PROVED
            if is_ack and not covers_fin and fwd[GOT_FIN] != 0 and sender_known == 0 and sender != CLOSED:
                # The peer's FIN had not reached it.
                fwd[GOT_FIN] = 0
                stream[MARKS] |= MARK_CONTRADICTED
                if sender == CLOSE_WAIT:
                    sender = ESTABLISHED
                    sender_known = STATE_PROVED
                elif sender == CLOSING:
                    sender = FIN_WAIT_1
                elif sender == TIME_WAIT:
                    sender = FIN_WAIT_2
            if covers_fin:
                if fwd[GOT_FIN] == 0:
                    fwd[GOT_FIN] = 1
                    sender = next_state[sender * EVENTS + EVENT_GOT_FIN]
                    if sender == CLOSING and ((rev[FIN_ACKS] - fwd[FIN_END]) & SEQ_MASK) < SEQ_HALF:
                        sender = next_state[CLOSING * EVENTS + EVENT_GOT_ACK_OF_FIN]  # it was in that FIN's segment
                if sender in (CLOSE_WAIT, CLOSING) or (
                    sender == TIME_WAIT and ((rev[FIN_ACKS] - fwd[FIN_END]) & SEQ_MASK) < SEQ_HALF
                ):  # fmt: skip
                    sender_known = STATE_PROVED
            if sender == UNSEEN and carried > 0:
                talked = stream[MARKS] & (MARK_DATA_A << (1 - side))
                if talked != 0 and fwd[FIN_END] < 0 and rev[FIN_END] < 0:
                    # Both ends have sent data since the capture began, so neither had closed before.
                    sender = ESTABLISHED
                    sender_known = STATE_PROVED
                    if receiver == UNSEEN:
                        receiver = ESTABLISHED
                        receiver_known = STATE_PROVED
            if missing != 0 and fwd[FIN_END] < 0 and sender != UNSEEN:
                # It has sent more than was captured; a single missing number that no data follow was its FIN.
                if missing == 1:
                    fwd[FIN_END] = seq
                    fwd[FIN_ACKS] = ack
                    sender = next_state[sender * EVENTS + EVENT_FIN]
                sender_known = 0
            elif carried > 0 and fwd[FIN_END] >= 0 and seq == fwd[FIN_END]:
                fwd[FIN_END] = -1  # data follow: that number was no FIN
                sender = CLOSE_WAIT if fwd[GOT_FIN] != 0 else ESTABLISHED
                sender_known = STATE_PROVED
            unseen = rev[SENT_END] < 0 or ((rev[SENT_END] - ack) & SEQ_MASK) >= SEQ_HALF
            if is_ack and unseen and sender != ESTABLISHED and flags & FIN == 0:
                sender_known = 0  # it has received packets that were not captured
                if sender in (FIN_WAIT_1, FIN_WAIT_2) and carried == 0 and ack == ((fwd[FIN_ACKS] + 1) & SEQ_MASK):
                    fwd[GOT_FIN] = 1  # it acknowledges one number more than with its own FIN: that was the peer's FIN
                    sender = TIME_WAIT
        whole = fwd[MAX_TO_ACK] == fwd[NEXT_SEQ] and verdict & LOST == 0
        if arrives:
            # What was sent to the peer before this packet is assumed to arrive before it.
            if rev[GOT_FIN] == 0 and fwd[FIN_END] >= 0 and seq == fwd[FIN_END] and whole:
                rev[GOT_FIN] = 1
                moved = next_state[receiver * EVENTS + EVENT_GOT_FIN]
                if moved != receiver:
                    receiver = moved
                    receiver_known = 0
            if is_ack:
                if receiver == SYN_RECEIVED and rev[SYN_END] >= 0 and ((ack - rev[SYN_END]) & SEQ_MASK) < SEQ_HALF:
                    receiver = next_state[receiver * EVENTS + EVENT_GOT_ACK_OF_SYN]
                    receiver_known = 0
                if covers_fin:
                    moved = next_state[receiver * EVENTS + EVENT_GOT_ACK_OF_FIN]
                    if moved != receiver:
                        receiver = moved
                        receiver_known = 0
        if flags & FIN != 0:
            if fwd[FIN_END] < 0:
                if sender == UNSEEN:
                    sender = LAST_ACK_STATE if covers_fin else FIN_WAIT_1
                    sender_known = STATE_PROVED if covers_fin else 0
                elif sender != CLOSED:  # else it was sent before what closed its sender arrived there
                    sender = next_state[sender * EVENTS + EVENT_FIN]
                    sender_known = STATE_PROVED
                fwd[FIN_END] = (seq + carried + 1) & SEQ_MASK
                fwd[FIN_ACKS] = ack
            else:
                stream[MARKS] |= MARK_CONTRADICTED
                if sender_known == 0 and row_flags & STALE == 0 and sender in (FIN_WAIT_2, TIME_WAIT, CLOSED):
                    # It sends its FIN again: no acknowledgment of it had come.
                    if sender == CLOSED:
                        sender = LAST_ACK_STATE
                    elif fwd[GOT_FIN] != 0:
                        sender = CLOSING
                    else:
                        sender = FIN_WAIT_1
                    sender_known = STATE_PROVED
                fwd[FIN_ACKS] = ack
            if arrives and rev[GOT_FIN] == 0:
                if whole:
                    rev[GOT_FIN] = 1
                    moved = next_state[receiver * EVENTS + EVENT_GOT_FIN]
                    if moved != receiver:
                        receiver = moved
                        receiver_known = 0
                else:
                    receiver_known = 0
                    stream[MARKS] |= MARK_CONTRADICTED
        if row_flags & FILLS != 0 and rev[GOT_FIN] == 0 and fwd[FIN_END] >= 0:
            rev[GOT_FIN] = 1
            receiver = next_state[receiver * EVENTS + EVENT_GOT_FIN]
            receiver_known = 0
    if row_flags & OLDER != 0:
        receiver = UNSEEN
        receiver_known = 0
    if row_flags & CLOSES != 0:
        receiver = CLOSED
        receiver_known = 0
    if flags & RST == 0:
        # How far this end has sent (SND.NXT), RSTs apart.
        phantom = (1 if is_syn else 0) + (1 if flags & FIN != 0 else 0)
        sent_end = (seq + carried + phantom) & SEQ_MASK
        if fwd[SENT_END] < 0 or ((sent_end - fwd[SENT_END]) & SEQ_MASK) < SEQ_HALF:
            fwd[SENT_END] = sent_end
        if is_syn and not is_ack:
            fwd[OPEN_END] = sent_end
    fwd[STATE] = sender
    fwd[KNOWN] = sender_known
    rev[STATE] = receiver
    rev[KNOWN] = receiver_known
    return sender | sender_known, receiver | receiver_known
