"""The engine's inner loop: finds each segment's stream and gives it verdicts and timing.

One source, compiled by numba or run as plain Python (see `wire.numba_compile`): integers in preallocated arrays or
lists, no objects, no allocation.  Section numbers in comments are those of rules/tcp-analysis.md: the
rules of Wireshark 4.0.17.

State that outlives a batch lies in tables (`kernel.tables`): a row of `StreamColumn` per stream and one of
`DirectionColumn` per direction, in slots that are reused, and a pool of unacknowledged segments, per direction a linked
list, oldest first.
"""

from __future__ import annotations

from typing import Any, Final

# isort: off
from tcptui.analysis.kernel.columns import (
    ACK, ACK_LOST, ANALYSED, BASE, CLIENT, COMPLETENESS, COMPLETENESS_FIRST, CUT_HEADER, DUPLICATES, DUP_ACK,
    FAST, FAST_OPEN, FIN, FIN_END, FIRST_ROW, FLIGHT_VALID, FLOW, HIGHEST, IRTT, KEEP_ALIVE, KEEP_ALIVE_ACK,
    KNOWN, LAST_ACK, LAST_ACK_TIME, LAST_ROW, LAST_TIME, LAST_VERDICT, LOST, LOWEST, MARKS, MARK_DATA_A,
    MARK_FIN_A, MARK_QUOTED, MARK_REUSED, MARK_RST_A, MARK_SYN_A, MARK_SYN_REPEATED, MARK_TIME_BACK, MAX_TO_ACK,
    MIN_RTT, NEWEST, NEXT_ROW, NEXT_SEQ, NEXT_TIME, NONDUP_ROW, NO_ROOM, NUMBER, OLDEST, ONLY_SYNS, OPT_COOKIE, PADDED,
    OPT_EMPTY_SACK, OPT_SCALE, OPT_UNREADABLE, MPTCP_USE_CHANGED, OUT_OF_ORDER, PACKETS, PART_ACK, PART_DATA, PART_FIN,
    PART_RST, PART_SYN, PART_SYN_ACK, PAYLOAD, PSH, PUSHED, PUSH_BYTES, QUOTE, REBASED, RETRANSMISSION, REUSED,
    RST, SACKED, SCALE, SENT_END, SF, SFR, SHORT_HEADER, SORTED, SPURIOUS, STATE, SYN, SYN_END, SYN_TIME, TCP,
    TFO_ACK, TFO_IGNORED, TFO_SYN, TROUBLE, TROUBLED, UNACKED, VERDICTS, WINDOW, WINDOW_FULL, WINDOW_UPDATE,
    WIRE, ZERO_PROBE, ZERO_PROBE_ACK, ZERO_WINDOW,
)  # fmt: skip

# isort: on
from tcptui.analysis.kernel.states import follow_states
from tcptui.model.seq import SEQ_HALF, SEQ_MASK

FAST_RETRANSMIT_NS: Final = 20_000_000
"""A resend later than this after the ACK is not *fast* (Wireshark; section 5, 11b)."""
OUT_OF_ORDER_NS: Final = 3_000_000
"""Late segments younger than this are reordered, when no initial RTT is known (11c)."""
FAST_DUPLICATES: Final = 2
"""Duplicate ACKs before a fast retransmission (Wireshark marks from two; RFC 5681 says three)."""
MAX_UNACKED: Final = 10_000
"""Unacknowledged segments remembered per direction (section 5, step 12)."""
MAX_IN_FLIGHT: Final = 2_000_000_000
"""A larger difference is a wrapped number, not bytes in flight (section 5, step 14)."""
MAX_SHIFT: Final = 14
"""Largest window scale (RFC 7323, 2.3)."""
DUPLICATES_RESET: Final = 0xFFFF_FFFF
"""The duplicate-ACK counter's "-1", kept unsigned as Wireshark does (section 5, step 10)."""


def analyse(
    n: int, first_row: int,
    kind: Any, row_flags_in: Any, time: Any, flow: Any, from_b: Any, seq_in: Any, ack_in: Any, flags_in: Any,
    window_in: Any, length_in: Any, wire: Any, options: Any, shift_in: Any, sack_in: Any,
    out_stream: Any, out_previous: Any, out_verdict: Any, out_dup: Any, out_refers: Any, out_acked: Any,
    out_flight: Any, out_push: Any, out_marks: Any, out_state_a: Any, out_state_b: Any,
    flow_slot: Any, streams: Any, directions: Any, free_slots: Any, slots_left: int, made: Any, stream_count: int,
    pool_row: Any, pool_seq: Any, pool_end: Any, pool_time: Any, pool_next: Any, pool_free: int, pool_left: int,
    next_state: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Analyse ``n`` rows; returns the new stream count, how many slots are free, the pool's free list, its length.

    Columns are those of `PacketStore` for the batch (times ns, numbers raw).  ``out_*`` come
    filled with what holds for rows that are neither TCP nor quotes: -1 for streams and rows, else 0.  There must
    be ``n`` free slots (rows of zeros for a stream's state) and ``n`` free pool entries.  ``made`` gets the slots
    of new streams.
    """
    began = stream_count
    for i in range(n):
        row = first_row + i
        k = kind[i]
        if k != TCP and k != QUOTE:
            continue
        now = time[i]
        seq = seq_in[i]
        ack = ack_in[i]
        flags = flags_in[i]
        side = from_b[i]
        row_flags = row_flags_in[i]
        is_syn = flags & SYN != 0
        is_ack = flags & ACK != 0
        verdict = 0

        # Section 2: find or make the stream.
        flow_number = flow[i]
        slot = flow_slot[flow_number]
        fresh = slot < 0
        if not fresh and is_syn and not is_ack:
            fwd = directions[2 * slot + side]
            if fwd[BASE] >= 0:
                if seq != fwd[BASE]:
                    fresh = True
                    verdict |= REUSED
                else:
                    fwd[NEXT_SEQ] = fwd[MAX_TO_ACK]
                    if k == TCP:
                        streams[slot][MARKS] |= MARK_SYN_REPEATED
                    out_marks[i] |= ANALYSED
        if fresh:
            slots_left -= 1
            slot = free_slots[slots_left]
            flow_slot[flow_number] = slot
            made[stream_count - began] = slot
            stream = streams[slot]
            stream[NUMBER] = stream_count
            stream_count += 1
            stream[FLOW] = flow_number
            stream[FIRST_ROW] = row
            stream[LAST_ROW] = -1
            stream[LAST_TIME] = now
            stream[CLIENT] = -1
            if verdict != 0:
                stream[MARKS] = MARK_REUSED
            for d in range(2):
                h = directions[2 * slot + d]
                h[BASE] = -1
                h[WINDOW] = SEQ_MASK
                h[SCALE] = -1
                h[FLIGHT_VALID] = 1
                h[NONDUP_ROW] = -1
                h[NEXT_ROW] = -1
                h[OLDEST] = -1
                h[NEWEST] = -1
                h[SORTED] = 1
                h[SYN_END] = -1
                h[FIN_END] = -1
                h[SENT_END] = -1
        stream = streams[slot]
        fwd = directions[2 * slot + side]
        rev = directions[2 * slot + 1 - side]
        out_stream[i] = stream[NUMBER]
        out_previous[i] = stream[LAST_ROW]
        if now < stream[LAST_TIME]:
            stream[MARKS] |= MARK_TIME_BACK
        stream[LAST_ROW] = row
        stream[LAST_TIME] = now
        # What a quoted segment carried counts for nothing, however much of it is quoted.
        length = length_in[i] if k == TCP else 0

        # Section 6.1: completeness, by the rule for every packet but a stream's first.
        bits = 0
        if is_syn and is_ack:
            bits = PART_SYN_ACK
        elif is_syn:
            bits = PART_SYN if k == TCP or fresh else 0
        elif is_ack:
            bits = PART_DATA if length > 0 else PART_ACK
        if flags & (FIN | ACK) == (FIN | ACK):
            bits |= PART_FIN
        if flags & RST != 0:
            bits |= PART_RST
        if is_syn and not is_ack and length > 0 and fresh and verdict == 0:
            bits |= PART_DATA
        if row_flags & SHORT_HEADER == 0:
            stream[COMPLETENESS] |= bits
            # What the first frame shows: of its own bits only a SYN's (and its data's), of later frames all but SYN.
            if not fresh:
                stream[COMPLETENESS_FIRST] |= bits & ~PART_SYN
            elif verdict != 0:
                stream[COMPLETENESS_FIRST] |= bits  # reused ports: the stream is made before its bits are looked at
            elif bits & PART_SYN != 0:
                stream[COMPLETENESS_FIRST] |= bits & (PART_SYN | PART_DATA)
        elif verdict != 0:
            stream[COMPLETENESS] |= PART_SYN  # reused ports: tshark notes the SYN before it checks the header's length
            stream[COMPLETENESS_FIRST] |= PART_SYN
        if is_syn and is_ack and fwd[BASE] >= 0:
            if seq != fwd[BASE]:
                fwd[BASE] = seq
                verdict |= REUSED
                out_marks[i] |= REBASED
                stream[VERDICTS] |= REUSED  # the base has moved, even if the frame itself will not show the verdict
                # Differences in flight are measured from the base, so they move with it.
                fwd[SORTED] = 0
                fwd[LOWEST] = SEQ_MASK
                fwd[HIGHEST] = 0
                entry = fwd[OLDEST]
                while entry >= 0:
                    fwd[LOWEST] = min(fwd[LOWEST], (pool_seq[entry] - seq) & SEQ_MASK)
                    fwd[HIGHEST] = max(fwd[HIGHEST], (pool_end[entry] - seq) & SEQ_MASK)
                    entry = pool_next[entry]
            else:
                stream[MARKS] |= MARK_SYN_REPEATED
        if k == QUOTE:
            stream[MARKS] |= MARK_QUOTED
            # tshark treats a quoted segment like any other here (rules/quirks.md#icmp-quotes-take-stream-numbers).
            quoted_sack = sack_in[i]
            fwd[SACKED] = quoted_sack
            quoted_scale = min(shift_in[i], MAX_SHIFT) if options[i] & OPT_SCALE else fwd[SCALE]
            fwd[SCALE] = quoted_scale
            if is_syn:
                if not is_ack:
                    stream[SYN_TIME] = now
                fwd[ONLY_SYNS] = 1
                if row_flags & CUT_HEADER == 0:
                    if fwd[SCALE] == -1:
                        fwd[SCALE] = -2
                        rev[SCALE] = -2
                    elif is_ack and rev[SCALE] == -2:
                        fwd[SCALE] = -2
            elif is_ack:
                if stream[SYN_TIME] != 0 and stream[IRTT] == 0:
                    stream[IRTT] = now - stream[SYN_TIME]
                fwd[ONLY_SYNS] = 0
            out_state_a[i] = directions[2 * slot][STATE] | directions[2 * slot][KNOWN]
            out_state_b[i] = directions[2 * slot + 1][STATE] | directions[2 * slot + 1][KNOWN]
            continue
        stream[PACKETS] += 1
        stream[WIRE] += wire[i]
        if stream[CLIENT] < 0 and is_syn:
            stream[CLIENT] = 1 - side if is_ack else side
        if row_flags & NO_ROOM != 0:
            length = 0
            out_marks[i] &= REBASED
            if fresh:
                verdict = 0  # tshark shows reused ports on the next frame with room, or never
            if row_flags & CUT_HEADER != 0:
                fwd[SACKED] = 0
        else:
            fwd[SACKED] = 0
            # Section 3: where relative numbers count from.
            if fwd[BASE] < 0:
                fwd[BASE] = seq if is_syn else (seq - 1) & SEQ_MASK
            if rev[BASE] < 0 and is_ack:
                rev[BASE] = (ack - 1) & SEQ_MASK

            window = window_in[i]
            end = (seq + length) & SEQ_MASK
            plain = flags & SFR == 0
            next_seq = fwd[NEXT_SEQ]
            at_next = seq == next_seq
            settled = False  # whether the checks go on with step 9
            if is_ack:
                rev[FLIGHT_VALID] = 1

            # Section 5, 1: zero window probe.
            if length == 1 and at_next and rev[WINDOW] == 0:
                verdict |= ZERO_PROBE
                settled = True
            if not settled:
                # 2: zero window.
                if window == 0 and plain:
                    verdict |= ZERO_WINDOW
                # 3: previous segment not captured.
                if next_seq != 0 and ((next_seq - seq) & SEQ_MASK) >= SEQ_HALF and flags & RST == 0:
                    verdict |= LOST
                    fwd[FLIGHT_VALID] = 0
                # 4: keep-alive.
                if length <= 1 and plain and seq == (next_seq - 1) & SEQ_MASK:
                    verdict |= KEEP_ALIVE
                same_ack = at_next and ack == fwd[LAST_ACK] and length == 0 and plain
                # 5: window update.
                if same_ack and window != 0 and window != fwd[WINDOW]:
                    verdict |= WINDOW_UPDATE
                # 6: window full.
                if length > 0 and plain and rev[SCALE] != -1:
                    scale = rev[SCALE]
                    if scale == -2 or rev[ONLY_SYNS] != 0:
                        scale = 0
                    if end == (rev[LAST_ACK] + (rev[WINDOW] << scale)) & SEQ_MASK:
                        verdict |= WINDOW_FULL
                if same_ack and window == fwd[WINDOW]:
                    peer = rev[LAST_VERDICT]
                    if window != 0:
                        # 7: keep-alive ACK; 8: duplicate ACK.
                        if peer & KEEP_ALIVE != 0:
                            verdict |= KEEP_ALIVE_ACK
                        elif row_flags & MPTCP_USE_CHANGED == 0:
                            count = fwd[DUPLICATES]
                            count = 1 if count == DUPLICATES_RESET else count + 1
                            fwd[DUPLICATES] = count
                            verdict |= DUP_ACK
                            out_dup[i] = count
                            out_refers[i] = fwd[NONDUP_ROW]
                    elif peer & ZERO_PROBE != 0:
                        verdict |= ZERO_PROBE_ACK
            # 9: a new acknowledgment number.
            if ack != fwd[LAST_ACK]:
                fwd[NONDUP_ROW] = row
                fwd[DUPLICATES] = 0
            # 10: ACKed unseen segment.
            max_to_ack = rev[MAX_TO_ACK]
            if is_ack and max_to_ack != 0 and ((max_to_ack - ack) & SEQ_MASK) >= SEQ_HALF:
                if ((max_to_ack - rev[NEXT_SEQ]) & SEQ_MASK) >= SEQ_HALF:
                    verdict |= ACK_LOST
                    rev[MAX_TO_ACK] = rev[NEXT_SEQ]
                else:
                    if rev[DUPLICATES] == 0:
                        verdict |= ACK_LOST
                    else:
                        out_marks[i] |= ANALYSED
                    rev[DUPLICATES] = DUPLICATES_RESET
            # 11: sent again, or out of order?
            carries = length > 0 or flags & SF != 0
            if carries and verdict & KEEP_ALIVE == 0:
                behind = next_seq != 0 and ((seq - next_seq) & SEQ_MASK) >= SEQ_HALF
                if length > 1 and seq == (next_seq - 1) & SEQ_MASK:
                    behind = False
                last_ack = rev[LAST_ACK]
                # Exactly half the number space apart counts as acknowledged (and as beyond, in 3 and 10).
                acknowledged = end == last_ack or ((end - last_ack) & SEQ_MASK) >= SEQ_HALF
                if length > 0 and last_ack != 0 and acknowledged:
                    verdict |= SPURIOUS | RETRANSMISSION
                elif behind:
                    since_ack = now - rev[LAST_ACK_TIME]
                    limit = stream[IRTT]
                    if limit == 0:
                        limit = OUT_OF_ORDER_NS
                    age = now - fwd[NEXT_TIME]
                    # Wireshark compares the two as unsigned 64-bit numbers.
                    young = limit < 0 or 0 <= age < limit
                    if limit < 0 and age < 0:
                        young = age < limit
                    phantom = 1 if flags & SF != 0 else 0
                    if rev[DUPLICATES] >= FAST_DUPLICATES and last_ack == seq and 0 <= since_ack < FAST_RETRANSMIT_NS:
                        verdict |= FAST | RETRANSMISSION
                    elif young and next_seq != (end + phantom) & SEQ_MASK:
                        verdict |= OUT_OF_ORDER
                    else:
                        verdict |= RETRANSMISSION
                        oldest = fwd[OLDEST]
                        out_refers[i] = pool_row[oldest] if oldest >= 0 else fwd[NEXT_ROW]
            # 12: what is remembered of this segment.
            nxt = end
            rel_base = fwd[BASE]
            if carries and fwd[UNACKED] < MAX_UNACKED:
                if flags & SF != 0:
                    nxt = (nxt + 1) & SEQ_MASK
                entry = pool_free
                pool_free = pool_next[entry]
                pool_left -= 1
                pool_row[entry] = row
                pool_seq[entry] = seq
                pool_end[entry] = nxt
                pool_time[entry] = now
                pool_next[entry] = -1
                low = (seq - rel_base) & SEQ_MASK
                high = (nxt - rel_base) & SEQ_MASK
                newest = fwd[NEWEST]
                if newest < 0:
                    fwd[OLDEST] = entry
                    fwd[SORTED] = 1 if low <= high else 0
                    fwd[LOWEST] = low
                    fwd[HIGHEST] = high
                else:
                    pool_next[newest] = entry
                    if low > high or low < ((pool_end[newest] - rel_base) & SEQ_MASK):
                        fwd[SORTED] = 0
                    if low < fwd[LOWEST]:
                        fwd[LOWEST] = low
                    if high > fwd[HIGHEST]:
                        fwd[HIGHEST] = high
                fwd[NEWEST] = entry
                fwd[UNACKED] += 1
            if verdict & ZERO_PROBE == 0:
                if next_seq == 0 or ((next_seq - nxt) & SEQ_MASK) >= SEQ_HALF:
                    fwd[NEXT_SEQ] = nxt
                    fwd[NEXT_ROW] = row
                    fwd[NEXT_TIME] = now
                if fwd[MAX_TO_ACK] == 0 or seq == fwd[MAX_TO_ACK]:
                    fwd[MAX_TO_ACK] = fwd[NEXT_SEQ]
            fwd[WINDOW] = window
            fwd[LAST_ACK] = ack
            fwd[LAST_ACK_TIME] = now
            fwd[LAST_VERDICT] = verdict
            # 13: which segment this acknowledges.
            entry = rev[OLDEST]
            if entry >= 0:
                newest = rev[NEWEST]
                # In a sorted list, all entries after one that lies wholly beyond the ACK do so, too: stop there.
                stop_early = rev[SORTED] != 0 and ((pool_end[newest] - pool_seq[entry]) & SEQ_MASK) < SEQ_HALF and (
                    ((ack - pool_end[newest]) & SEQ_MASK) >= SEQ_HALF
                )  # fmt: skip
                peer_base = rev[BASE]
                before = -1
                lowest = SEQ_MASK
                highest = 0
                in_order = 1
                last_high = 0
                matched = False
                while entry >= 0:
                    following = pool_next[entry]
                    e_seq = pool_seq[entry]
                    e_end = pool_end[entry]
                    keep = True
                    if e_end == ack:
                        if not matched:
                            out_acked[i] = pool_row[entry]
                            rtt = now - pool_time[entry]
                            if rtt > 0 and (rev[MIN_RTT] == 0 or rtt < rev[MIN_RTT]):
                                rev[MIN_RTT] = rtt
                            matched = True
                        keep = False
                    elif ((e_seq - ack) & SEQ_MASK) >= SEQ_HALF and not ((e_end - ack) & SEQ_MASK) >= SEQ_HALF:
                        pool_seq[entry] = ack
                        e_seq = ack
                    elif not ((ack - e_end) & SEQ_MASK) >= SEQ_HALF:
                        keep = False
                    if keep:
                        low = (e_seq - peer_base) & SEQ_MASK
                        high = (e_end - peer_base) & SEQ_MASK
                        if low < lowest:
                            lowest = low
                        if high > highest:
                            highest = high
                        if low > high or low < last_high:
                            in_order = 0
                        last_high = high
                        before = entry
                        if stop_early and ((ack - e_end) & SEQ_MASK) >= SEQ_HALF:
                            highest = (pool_end[newest] - peer_base) & SEQ_MASK
                            break
                    else:
                        if before >= 0:
                            pool_next[before] = following
                        else:
                            rev[OLDEST] = following
                        if entry == rev[NEWEST]:
                            rev[NEWEST] = before
                        pool_next[entry] = pool_free
                        pool_free = entry
                        pool_left += 1
                        rev[UNACKED] -= 1
                    entry = following
                rev[LOWEST] = lowest
                rev[HIGHEST] = highest
                rev[SORTED] = in_order
            # 14: bytes in flight.
            if length > 0 and fwd[OLDEST] >= 0 and fwd[FLIGHT_VALID] != 0:
                flight = (fwd[HIGHEST] - fwd[LOWEST] - rev[SACKED]) & SEQ_MASK
                out_marks[i] |= ANALYSED
                if fwd[PUSHED] != 0:
                    fwd[PUSH_BYTES] = length
                    fwd[PUSHED] = 1 if flags & PSH != 0 else 0
                else:
                    fwd[PUSH_BYTES] += length
                    if flags & PSH != 0:
                        fwd[PUSHED] = 1
                if 0 < flight < MAX_IN_FLIGHT:
                    if flags & SF != 0:
                        flight -= 1
                    out_flight[i] = flight
                    if flight > 0:
                        out_push[i] = fwd[PUSH_BYTES]

        # Whether tshark stops dissecting the frame within its options; section 9 says when a SACK makes it stop.
        shown_ack = ack if row_flags & NO_ROOM != 0 or not is_ack else (ack - rev[BASE]) & SEQ_MASK
        given_up = options[i] & OPT_UNREADABLE != 0
        if options[i] & OPT_EMPTY_SACK != 0 and shown_ack <= SEQ_HALF:
            given_up = True

        # Section 11a: Fast Open.
        if is_syn and not is_ack and options[i] & OPT_COOKIE != 0:
            verdict |= TFO_SYN
            if length > 0:
                stream[FAST_OPEN] = 1
        elif is_syn and is_ack:
            if shown_ack > 1:
                verdict |= TFO_ACK
            elif stream[FAST_OPEN] != 0:
                verdict |= TFO_IGNORED

        # Section 6, 2 and 3: initial round-trip time.
        if row_flags & SHORT_HEADER != 0:
            pass  # tshark is done with such a frame before it comes here
        elif is_syn:
            if not is_ack:
                stream[SYN_TIME] = now
            fwd[ONLY_SYNS] = 1
        elif is_ack:
            if stream[SYN_TIME] != 0 and stream[IRTT] == 0:
                stream[IRTT] = now - stream[SYN_TIME]
            fwd[ONLY_SYNS] = 0

        # Section 9: options, in force from the next packet on.
        if row_flags & (CUT_HEADER | SHORT_HEADER) == 0:
            if options[i] & OPT_SCALE != 0:
                fwd[SCALE] = shift_in[i] if shift_in[i] < MAX_SHIFT else MAX_SHIFT
            if is_syn and not given_up:
                if fwd[SCALE] == -1:
                    fwd[SCALE] = -2
                    rev[SCALE] = -2
                elif is_ack and rev[SCALE] == -2:
                    fwd[SCALE] = -2
            fwd[SACKED] = sack_in[i]

        carried = 0 if row_flags & PADDED != 0 else length
        state, peer_state = follow_states(
            stream, fwd, rev, side, now, seq, ack, flags, is_syn, is_ack, carried, verdict, row_flags, next_state
        )
        out_state_a[i] = peer_state if side else state
        out_state_b[i] = state if side else peer_state

        # Sums for the connection list.
        marks = 0
        if is_syn:
            marks |= MARK_SYN_A << side
        if flags & FIN != 0:
            marks |= MARK_FIN_A << side
        if flags & RST != 0:
            marks |= MARK_RST_A << side
        if length > 0:
            marks |= MARK_DATA_A << side
            fwd[PAYLOAD] += length
        stream[MARKS] |= marks
        if row_flags & (CUT_HEADER | SHORT_HEADER) != 0 or given_up:
            # Counted, but Wireshark shows no SEQ/ACK block on this frame.
            if row_flags & SHORT_HEADER == 0:
                out_verdict[i] = verdict & (TFO_SYN | TFO_ACK | TFO_IGNORED)
                stream[VERDICTS] |= out_verdict[i]
            out_dup[i] = 0
            out_refers[i] = -1
            out_acked[i] = -1
            out_flight[i] = 0
            out_push[i] = 0
            out_marks[i] &= REBASED
        else:
            out_verdict[i] = verdict
            stream[VERDICTS] |= verdict
            if verdict & TROUBLE != 0:
                stream[TROUBLED] += 1
    return stream_count, slots_left, pool_free, pool_left
