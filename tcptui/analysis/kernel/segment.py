"""The engine's inner loop: streams, verdicts, timing and states, one segment at a time.

One source, run by numba or as plain Python (see `wire.compiled`): integers in
preallocated arrays or lists, no objects, no allocation.  Section numbers in comments
are those of rules/tcp-analysis.md, which states the rules of Wireshark 4.0.17.

State that outlives a batch lies in tables (`kernel_tables`): a row of `HALF` integers per direction, of `STREAM`
integers per stream, in slots that are used again, and a pool of unacknowledged segments chained oldest first.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Any, Final

from tcptui.analysis.kernel.transitions import Event
from tcptui.analysis.stream.table import Completeness, StreamMark
from tcptui.model.packet_store import OptionBit, RowKind, RowMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import STATE_KNOWN, TcpState
from tcptui.model.verdict import Verdict

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


class Half(IntEnum):
    """Columns of one direction's state."""

    BASE = 0
    NEXT_SEQ = auto()
    NEXT_TIME = auto()
    NEXT_ROW = auto()
    MAX_TO_ACK = auto()
    LAST_ACK = auto()
    LAST_ACK_TIME = auto()
    NONDUP_ROW = auto()
    DUPLICATES = auto()
    LAST_VERDICT = auto()
    WINDOW = auto()
    SCALE = auto()
    FLIGHT_VALID = auto()
    PUSH_BYTES = auto()
    PUSHED = auto()
    ONLY_SYNS = auto()
    SACKED = auto()
    OLDEST = auto()
    NEWEST = auto()
    UNACKED = auto()
    SORTED = auto()
    LOWEST = auto()
    HIGHEST = auto()
    # States of the end that sends in this direction.
    STATE = auto()
    KNOWN = auto()
    SYN_END = auto()
    FIN_END = auto()
    FIN_ACKS = auto()
    GOT_FIN = auto()
    PASSIVE = auto()
    BEFORE_RST = auto()
    SENT_END = auto()
    OPEN_END = auto()
    EARLY = auto()
    # Sums.
    PAYLOAD = auto()
    MIN_RTT = auto()


class Stream(IntEnum):
    """Columns of one stream's state."""

    FLOW = 0
    NUMBER = auto()
    FIRST_ROW = auto()
    LAST_ROW = auto()
    LAST_TIME = auto()
    PACKETS = auto()
    WIRE = auto()
    COMPLETENESS = auto()
    COMPLETENESS_FIRST = auto()
    MARKS = auto()
    VERDICTS = auto()
    TROUBLED = auto()
    IRTT = auto()
    SYN_TIME = auto()
    CLIENT = auto()
    FAST_OPEN = auto()
    SYN_ACK_TIME = auto()
    SERVER_WAIT = auto()
    CLIENT_WAIT = auto()


HALF: Final = len(Half)
STREAM: Final = len(Stream)
EVENTS: Final = len(Event)

#: Row flags passed beside `RowKind`.
CUT_HEADER: Final = 1
"""Only 16 to 19 bytes of the TCP header captured: counted, but nothing is said of the frame."""
NO_ROOM: Final = 4
"""The header is longer than the IP payload: stream and times only."""
SHORT_HEADER: Final = 8
"""Data offset below five words: analysed, then dropped."""
OTHER_USES: Final = 512
"""MPTCP has been used otherwise since this endpoint's last segment: a repeated ACK says nothing (section 5, step 8)."""
#: Row flags that `analysis.hindsight` passes to have states judged once more.
UNTAKEN: Final = 16
"""The other end had not got this packet, or made nothing of it, when it next spoke."""
FILLS: Final = 32
"""With this segment the other end had all bytes before a FIN that had come early."""
CLOSES: Final = 64
"""The other end had no socket (any more) for this segment."""
STALE: Final = 128
"""A copy, or a packet that was overtaken: says nothing new about its sender."""
OLDER: Final = 256
"""The other end answered out of a connection from before this stream."""

# numba freezes module constants as plain integers, so the enums are spelled out here.
_SYN, _FIN, _RST, _PSH, _ACK = (int(f) for f in (TcpFlag.SYN, TcpFlag.FIN, TcpFlag.RST, TcpFlag.PSH, TcpFlag.ACK))
_SF: Final = _SYN | _FIN
_SFR: Final = _SYN | _FIN | _RST
_M: Final = 0xFFFF_FFFF
_H: Final = 0x8000_0000
_TCP, _QUOTE = int(RowKind.TCP), int(RowKind.ICMP_QUOTE)
_ANALYSED, _REBASED = int(RowMark.ANALYSED), int(RowMark.REBASED)
_OPT_SCALE, _OPT_COOKIE, _OPT_UNREADABLE, _OPT_EMPTY_SACK = (
    int(o) for o in (OptionBit.WINDOW_SCALE, OptionBit.COOKIE, OptionBit.UNREADABLE, OptionBit.EMPTY_SACK)
)  # fmt: skip

(
    _RETRANSMISSION, _FAST, _SPURIOUS, _OUT_OF_ORDER, _LOST, _ACK_LOST, _DUP_ACK, _KEEP_ALIVE, _KEEP_ALIVE_ACK,
    _ZERO_WINDOW, _ZERO_PROBE, _ZERO_PROBE_ACK, _WINDOW_FULL, _WINDOW_UPDATE, _REUSED, _TFO_SYN, _TFO_ACK, _TFO_IGNORED,
) = (int(v) for v in Verdict)  # fmt: skip
#: Verdicts that mean trouble on the wire, for `StreamTable.troubled`.
TROUBLE: Final = (
    _RETRANSMISSION | _FAST | _SPURIOUS | _OUT_OF_ORDER | _LOST | _ACK_LOST | _DUP_ACK
    | _ZERO_WINDOW | _ZERO_PROBE | _WINDOW_FULL
)  # fmt: skip

(
    _BASE, _NEXT_SEQ, _NEXT_TIME, _NEXT_ROW, _MAX_TO_ACK, _LAST_ACK, _LAST_ACK_TIME, _NONDUP_ROW, _DUPLICATES,
    _LAST_VERDICT, _WINDOW, _SCALE, _FLIGHT_VALID, _PUSH_BYTES, _PUSHED, _ONLY_SYNS, _SACKED, _OLDEST, _NEWEST,
    _UNACKED, _SORTED, _LOWEST, _HIGHEST, _STATE, _KNOWN, _SYN_END, _FIN_END, _FIN_ACKS, _GOT_FIN, _PASSIVE,
    _BEFORE_RST, _SENT_END, _OPEN_END, _EARLY, _PAYLOAD, _MIN_RTT,
) = (int(h) for h in Half)  # fmt: skip
(
    _FLOW, _NUMBER, _FIRST_ROW, _LAST_ROW, _LAST_TIME, _PACKETS, _WIRE, _COMPLETENESS, _COMPLETENESS_FIRST, _MARKS,
    _VERDICTS, _TROUBLED, _IRTT, _SYN_TIME, _CLIENT, _FAST_OPEN, _SYN_ACK_TIME, _SERVER_WAIT, _CLIENT_WAIT,
) = (int(s) for s in Stream)  # fmt: skip
_N_EVENTS: Final = int(EVENTS)
_C_SYN, _C_SYN_ACK, _C_ACK, _C_DATA, _C_FIN, _C_RST = (int(c) for c in Completeness)
_M_SYN_A, _M_FIN_A, _M_RST_A, _M_DATA_A = (
    int(m) for m in (StreamMark.SYN_A, StreamMark.FIN_A, StreamMark.RST_A, StreamMark.DATA_A)
)  # fmt: skip
_M_SYN_REPEATED, _M_QUOTED, _M_TIME_BACK, _M_REUSED, _M_CHALLENGED, _M_CONTRADICTED = (
    int(m)
    for m in (
        StreamMark.SYN_REPEATED, StreamMark.ICMP_QUOTED, StreamMark.TIME_WENT_BACK, StreamMark.PORT_REUSED,
        StreamMark.SYN_CHALLENGED, StreamMark.CONTRADICTED,
    )
)  # fmt: skip
(
    _E_SYN, _E_SYN_ACK, _E_FIN, _E_RST, _E_GOT_SYN, _E_GOT_SYN_ACK, _E_GOT_ACK_OF_SYN, _E_GOT_FIN, _E_GOT_ACK_OF_FIN,
    _E_GOT_RST, _, _,
) = (int(e) for e in Event)  # fmt: skip
(
    _UNSEEN, _CLOSED, _LISTEN, _SYN_SENT, _SYN_RECEIVED, _ESTABLISHED, _FIN_WAIT_1, _FIN_WAIT_2, _CLOSE_WAIT,
    _CLOSING, _LAST_ACK_STATE, _TIME_WAIT,
) = (int(s) for s in TcpState)  # fmt: skip
_KNOWN_BIT: Final = int(STATE_KNOWN)
_CUT_HEADER: Final = CUT_HEADER
_NO_ROOM: Final = NO_ROOM
_SHORT_HEADER: Final = SHORT_HEADER
_OTHER_USES: Final = OTHER_USES
_UNTAKEN: Final = UNTAKEN
_FILLS: Final = FILLS
_CLOSES: Final = CLOSES
_STALE: Final = STALE
_OLDER: Final = OLDER
_TROUBLE: Final = TROUBLE


def analyse(
    n: int, first_row: int,
    kind: Any, quirk: Any, time: Any, flow: Any, from_b: Any, seq_in: Any, ack_in: Any, flags_in: Any, window_in: Any,
    length_in: Any, wire: Any, options: Any, shift_in: Any, sack_in: Any,
    out_stream: Any, out_previous: Any, out_verdict: Any, out_dup: Any, out_refers: Any, out_acked: Any,
    out_flight: Any, out_push: Any, out_marks: Any, out_state_a: Any, out_state_b: Any,
    flow_slot: Any, streams: Any, halves: Any, free_slots: Any, slots_left: int, made: Any, stream_count: int,
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
        if k != _TCP and k != _QUOTE:
            continue
        now = time[i]
        seq = seq_in[i]
        ack = ack_in[i]
        flags = flags_in[i]
        side = from_b[i]
        q = quirk[i]
        is_syn = flags & _SYN != 0
        is_ack = flags & _ACK != 0
        verdict = 0

        # Section 2: find or make the stream.
        fl = flow[i]
        slot = flow_slot[fl]
        fresh = slot < 0
        if not fresh and is_syn and not is_ack:
            fh = halves[2 * slot + side]
            if fh[_BASE] >= 0:
                if seq != fh[_BASE]:
                    fresh = True
                    verdict |= _REUSED
                else:
                    fh[_NEXT_SEQ] = fh[_MAX_TO_ACK]
                    if k == _TCP:
                        streams[slot][_MARKS] |= _M_SYN_REPEATED
                    out_marks[i] |= _ANALYSED
        if fresh:
            slots_left -= 1
            slot = free_slots[slots_left]
            flow_slot[fl] = slot
            made[stream_count - began] = slot
            st = streams[slot]
            st[_NUMBER] = stream_count
            stream_count += 1
            st[_FLOW] = fl
            st[_FIRST_ROW] = row
            st[_LAST_ROW] = -1
            st[_LAST_TIME] = now
            st[_CLIENT] = -1
            if verdict != 0:
                st[_MARKS] = _M_REUSED
            for d in range(2):
                h = halves[2 * slot + d]
                h[_BASE] = -1
                h[_WINDOW] = _M
                h[_SCALE] = -1
                h[_FLIGHT_VALID] = 1
                h[_NONDUP_ROW] = -1
                h[_NEXT_ROW] = -1
                h[_OLDEST] = -1
                h[_NEWEST] = -1
                h[_SORTED] = 1
                h[_SYN_END] = -1
                h[_FIN_END] = -1
                h[_SENT_END] = -1
        st = streams[slot]
        fh = halves[2 * slot + side]
        rh = halves[2 * slot + 1 - side]
        out_stream[i] = st[_NUMBER]
        out_previous[i] = st[_LAST_ROW]
        if now < st[_LAST_TIME]:
            st[_MARKS] |= _M_TIME_BACK
        st[_LAST_ROW] = row
        st[_LAST_TIME] = now
        # What a quoted segment carried counts for nothing, however much of it is quoted.
        length = length_in[i] if k == _TCP else 0

        # Section 6.1: completeness, by the rule for every packet but a stream's first.
        bits = 0
        if is_syn and is_ack:
            bits = _C_SYN_ACK
        elif is_syn:
            bits = _C_SYN if k == _TCP or fresh else 0
        elif is_ack:
            bits = _C_DATA if length > 0 else _C_ACK
        if flags & (_FIN | _ACK) == (_FIN | _ACK):
            bits |= _C_FIN
        if flags & _RST != 0:
            bits |= _C_RST
        if is_syn and not is_ack and length > 0 and fresh and verdict == 0:
            bits |= _C_DATA
        if q & _SHORT_HEADER == 0:
            st[_COMPLETENESS] |= bits
            # Shown on the stream's first frame: of its own bits only a SYN's (and its data's), and no later SYN's.
            if not fresh:
                st[_COMPLETENESS_FIRST] |= bits & ~_C_SYN
            elif verdict != 0:
                st[_COMPLETENESS_FIRST] |= bits  # a port used anew has its stream before its bits are looked at
            elif bits & _C_SYN != 0:
                st[_COMPLETENESS_FIRST] |= bits & (_C_SYN | _C_DATA)
        elif verdict != 0:
            st[_COMPLETENESS] |= _C_SYN  # a port used anew: noted before tshark looks at the header's length
            st[_COMPLETENESS_FIRST] |= _C_SYN
        if is_syn and is_ack and fh[_BASE] >= 0:
            if seq != fh[_BASE]:
                fh[_BASE] = seq
                verdict |= _REUSED
                out_marks[i] |= _REBASED
                st[_VERDICTS] |= _REUSED  # where the frame itself does not show it, too: the base has moved
                # Differences in flight are measured from the base, so they move with it.
                fh[_SORTED] = 0
                fh[_LOWEST] = _M
                fh[_HIGHEST] = 0
                entry = fh[_OLDEST]
                while entry >= 0:
                    fh[_LOWEST] = min(fh[_LOWEST], (pool_seq[entry] - seq) & _M)
                    fh[_HIGHEST] = max(fh[_HIGHEST], (pool_end[entry] - seq) & _M)
                    entry = pool_next[entry]
            else:
                st[_MARKS] |= _M_SYN_REPEATED
        if k == _QUOTE:
            st[_MARKS] |= _M_QUOTED
            # tshark treats a quoted segment like any other here (rules/quirks.md#icmp-quotes-take-stream-numbers).
            quoted_sack = sack_in[i]
            fh[_SACKED] = quoted_sack
            quoted_scale = min(shift_in[i], MAX_SHIFT) if options[i] & _OPT_SCALE else fh[_SCALE]
            fh[_SCALE] = quoted_scale
            if is_syn:
                if not is_ack:
                    st[_SYN_TIME] = now
                fh[_ONLY_SYNS] = 1
                if q & _CUT_HEADER == 0:
                    if fh[_SCALE] == -1:
                        fh[_SCALE] = -2
                        rh[_SCALE] = -2
                    elif is_ack and rh[_SCALE] == -2:
                        fh[_SCALE] = -2
            elif is_ack:
                if st[_SYN_TIME] != 0 and st[_IRTT] == 0:
                    st[_IRTT] = now - st[_SYN_TIME]
                fh[_ONLY_SYNS] = 0
            out_state_a[i] = halves[2 * slot][_STATE] | halves[2 * slot][_KNOWN]
            out_state_b[i] = halves[2 * slot + 1][_STATE] | halves[2 * slot + 1][_KNOWN]
            continue
        st[_PACKETS] += 1
        st[_WIRE] += wire[i]
        if st[_CLIENT] < 0 and is_syn:
            st[_CLIENT] = 1 - side if is_ack else side
        if q & _NO_ROOM != 0:
            length = 0
            out_marks[i] &= _REBASED
            if fresh:
                verdict = 0  # that the port is reused is shown on the next frame with room, or never
            if q & _CUT_HEADER != 0:
                fh[_SACKED] = 0
        else:
            fh[_SACKED] = 0
            # Section 3: where relative numbers count from.
            if fh[_BASE] < 0:
                fh[_BASE] = seq if is_syn else (seq - 1) & _M
            if rh[_BASE] < 0 and is_ack:
                rh[_BASE] = (ack - 1) & _M

            window = window_in[i]
            end = (seq + length) & _M
            plain = flags & _SFR == 0
            next_seq = fh[_NEXT_SEQ]
            at_next = seq == next_seq
            settled = False  # a check that ends the list was hit
            if is_ack:
                rh[_FLIGHT_VALID] = 1

            # Section 5, 1: zero window probe.
            if length == 1 and at_next and rh[_WINDOW] == 0:
                verdict |= _ZERO_PROBE
                settled = True
            if not settled:
                # 2: zero window.
                if window == 0 and plain:
                    verdict |= _ZERO_WINDOW
                # 3: previous segment not captured.
                if next_seq != 0 and ((next_seq - seq) & _M) >= _H and flags & _RST == 0:
                    verdict |= _LOST
                    fh[_FLIGHT_VALID] = 0
                # 4: keep-alive.
                if length <= 1 and plain and seq == (next_seq - 1) & _M:
                    verdict |= _KEEP_ALIVE
                same_ack = at_next and ack == fh[_LAST_ACK] and length == 0 and plain
                # 5: window update.
                if same_ack and window != 0 and window != fh[_WINDOW]:
                    verdict |= _WINDOW_UPDATE
                # 6: window full.
                if length > 0 and plain and rh[_SCALE] != -1:
                    scale = rh[_SCALE]
                    if scale == -2 or rh[_ONLY_SYNS] != 0:
                        scale = 0
                    if end == (rh[_LAST_ACK] + (rh[_WINDOW] << scale)) & _M:
                        verdict |= _WINDOW_FULL
                if same_ack and window == fh[_WINDOW]:
                    peer = rh[_LAST_VERDICT]
                    if window != 0:
                        # 7: keep-alive ACK; 8: duplicate ACK.
                        if peer & _KEEP_ALIVE != 0:
                            verdict |= _KEEP_ALIVE_ACK
                        elif q & _OTHER_USES == 0:
                            count = fh[_DUPLICATES]
                            count = 1 if count == DUPLICATES_RESET else count + 1
                            fh[_DUPLICATES] = count
                            verdict |= _DUP_ACK
                            out_dup[i] = count
                            out_refers[i] = fh[_NONDUP_ROW]
                    elif peer & _ZERO_PROBE != 0:
                        verdict |= _ZERO_PROBE_ACK
            # 9: a new acknowledgment number.
            if ack != fh[_LAST_ACK]:
                fh[_NONDUP_ROW] = row
                fh[_DUPLICATES] = 0
            # 10: ACKed unseen segment.
            max_to_ack = rh[_MAX_TO_ACK]
            if is_ack and max_to_ack != 0 and ((max_to_ack - ack) & _M) >= _H:
                if ((max_to_ack - rh[_NEXT_SEQ]) & _M) >= _H:
                    verdict |= _ACK_LOST
                    rh[_MAX_TO_ACK] = rh[_NEXT_SEQ]
                else:
                    if rh[_DUPLICATES] == 0:
                        verdict |= _ACK_LOST
                    else:
                        out_marks[i] |= _ANALYSED
                    rh[_DUPLICATES] = DUPLICATES_RESET
            # 11: sent again, or out of order?
            carries = length > 0 or flags & _SF != 0
            if carries and verdict & _KEEP_ALIVE == 0:
                behind = next_seq != 0 and ((seq - next_seq) & _M) >= _H
                if length > 1 and seq == (next_seq - 1) & _M:
                    behind = False
                last_ack = rh[_LAST_ACK]
                # Exactly half the number space apart counts as acknowledged (and as beyond, in 3 and 10).
                acknowledged = end == last_ack or ((end - last_ack) & _M) >= _H
                if length > 0 and last_ack != 0 and acknowledged:
                    verdict |= _SPURIOUS | _RETRANSMISSION
                elif behind:
                    since_ack = now - rh[_LAST_ACK_TIME]
                    limit = st[_IRTT]
                    if limit == 0:
                        limit = OUT_OF_ORDER_NS
                    age = now - fh[_NEXT_TIME]
                    # Wireshark compares the two as unsigned 64-bit numbers.
                    young = limit < 0 or 0 <= age < limit
                    if limit < 0 and age < 0:
                        young = age < limit
                    phantom = 1 if flags & _SF != 0 else 0
                    if rh[_DUPLICATES] >= FAST_DUPLICATES and last_ack == seq and 0 <= since_ack < FAST_RETRANSMIT_NS:
                        verdict |= _FAST | _RETRANSMISSION
                    elif young and next_seq != (end + phantom) & _M:
                        verdict |= _OUT_OF_ORDER
                    else:
                        verdict |= _RETRANSMISSION
                        oldest = fh[_OLDEST]
                        out_refers[i] = pool_row[oldest] if oldest >= 0 else fh[_NEXT_ROW]
            # 12: what is remembered.
            nxt = end
            rel_base = fh[_BASE]
            if carries and fh[_UNACKED] < MAX_UNACKED:
                if flags & _SF != 0:
                    nxt = (nxt + 1) & _M
                entry = pool_free
                pool_free = pool_next[entry]
                pool_left -= 1
                pool_row[entry] = row
                pool_seq[entry] = seq
                pool_end[entry] = nxt
                pool_time[entry] = now
                pool_next[entry] = -1
                low = (seq - rel_base) & _M
                high = (nxt - rel_base) & _M
                newest = fh[_NEWEST]
                if newest < 0:
                    fh[_OLDEST] = entry
                    fh[_SORTED] = 1 if low <= high else 0
                    fh[_LOWEST] = low
                    fh[_HIGHEST] = high
                else:
                    pool_next[newest] = entry
                    if low > high or low < ((pool_end[newest] - rel_base) & _M):
                        fh[_SORTED] = 0
                    if low < fh[_LOWEST]:
                        fh[_LOWEST] = low
                    if high > fh[_HIGHEST]:
                        fh[_HIGHEST] = high
                fh[_NEWEST] = entry
                fh[_UNACKED] += 1
            if verdict & _ZERO_PROBE == 0:
                if next_seq == 0 or ((next_seq - nxt) & _M) >= _H:
                    fh[_NEXT_SEQ] = nxt
                    fh[_NEXT_ROW] = row
                    fh[_NEXT_TIME] = now
                if fh[_MAX_TO_ACK] == 0 or seq == fh[_MAX_TO_ACK]:
                    fh[_MAX_TO_ACK] = fh[_NEXT_SEQ]
            fh[_WINDOW] = window
            fh[_LAST_ACK] = ack
            fh[_LAST_ACK_TIME] = now
            fh[_LAST_VERDICT] = verdict
            # 13: which segment this acknowledges.
            entry = rh[_OLDEST]
            if entry >= 0:
                newest = rh[_NEWEST]
                # A sorted list that lies wholly beyond the ACK from some entry on needs no further look.
                stop_early = rh[_SORTED] != 0 and ((pool_end[newest] - pool_seq[entry]) & _M) < _H and (
                    ((ack - pool_end[newest]) & _M) >= _H
                )  # fmt: skip
                peer_base = rh[_BASE]
                before = -1
                lowest = _M
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
                            if rtt > 0 and (rh[_MIN_RTT] == 0 or rtt < rh[_MIN_RTT]):
                                rh[_MIN_RTT] = rtt
                            matched = True
                        keep = False
                    elif ((e_seq - ack) & _M) >= _H and not ((e_end - ack) & _M) >= _H:
                        pool_seq[entry] = ack
                        e_seq = ack
                    elif not ((ack - e_end) & _M) >= _H:
                        keep = False
                    if keep:
                        low = (e_seq - peer_base) & _M
                        high = (e_end - peer_base) & _M
                        if low < lowest:
                            lowest = low
                        if high > highest:
                            highest = high
                        if low > high or low < last_high:
                            in_order = 0
                        last_high = high
                        before = entry
                        if stop_early and ((ack - e_end) & _M) >= _H:
                            highest = (pool_end[newest] - peer_base) & _M
                            break
                    else:
                        if before >= 0:
                            pool_next[before] = following
                        else:
                            rh[_OLDEST] = following
                        if entry == rh[_NEWEST]:
                            rh[_NEWEST] = before
                        pool_next[entry] = pool_free
                        pool_free = entry
                        pool_left += 1
                        rh[_UNACKED] -= 1
                    entry = following
                rh[_LOWEST] = lowest
                rh[_HIGHEST] = highest
                rh[_SORTED] = in_order
            # 14: bytes in flight.
            if length > 0 and fh[_OLDEST] >= 0 and fh[_FLIGHT_VALID] != 0:
                flight = (fh[_HIGHEST] - fh[_LOWEST] - rh[_SACKED]) & _M
                out_marks[i] |= _ANALYSED
                if fh[_PUSHED] != 0:
                    fh[_PUSH_BYTES] = length
                    fh[_PUSHED] = 1 if flags & _PSH != 0 else 0
                else:
                    fh[_PUSH_BYTES] += length
                    if flags & _PSH != 0:
                        fh[_PUSHED] = 1
                if 0 < flight < MAX_IN_FLIGHT:
                    if flags & _SF != 0:
                        flight -= 1
                    out_flight[i] = flight
                    if flight > 0:
                        out_push[i] = fh[_PUSH_BYTES]

        # Where tshark gives the frame up amid its options; section 9 says when a SACK makes it do so.
        shown_ack = ack if q & _NO_ROOM != 0 or not is_ack else (ack - rh[_BASE]) & _M
        given_up = options[i] & _OPT_UNREADABLE != 0
        if options[i] & _OPT_EMPTY_SACK != 0 and shown_ack <= _H:
            given_up = True

        # Section 11a: Fast Open.
        if is_syn and not is_ack and options[i] & _OPT_COOKIE != 0:
            verdict |= _TFO_SYN
            if length > 0:
                st[_FAST_OPEN] = 1
        elif is_syn and is_ack:
            if shown_ack > 1:
                verdict |= _TFO_ACK
            elif st[_FAST_OPEN] != 0:
                verdict |= _TFO_IGNORED

        # Section 6, 2 and 3: initial round-trip time.
        if q & _SHORT_HEADER != 0:
            pass  # tshark is done with such a frame before it comes here
        elif is_syn:
            if not is_ack:
                st[_SYN_TIME] = now
            fh[_ONLY_SYNS] = 1
        elif is_ack:
            if st[_SYN_TIME] != 0 and st[_IRTT] == 0:
                st[_IRTT] = now - st[_SYN_TIME]
            fh[_ONLY_SYNS] = 0

        # Section 9: options, in force from the next packet on.
        if q & (_CUT_HEADER | _SHORT_HEADER) == 0:
            if options[i] & _OPT_SCALE != 0:
                fh[_SCALE] = shift_in[i] if shift_in[i] < MAX_SHIFT else MAX_SHIFT
            if is_syn and not given_up:
                if fh[_SCALE] == -1:
                    fh[_SCALE] = -2
                    rh[_SCALE] = -2
                elif is_ack and rh[_SCALE] == -2:
                    fh[_SCALE] = -2
            fh[_SACKED] = sack_in[i]

        # States of both ends (RFC 9293; `tcp_state.TRANSITIONS`).  What is proved is never taken back by an older
        # packet; what was only assumed gives way to what its end sends, and then `analysis.hindsight` looks back.
        own = fh[_STATE]
        own_known = fh[_KNOWN]
        peer_state = rh[_STATE]
        peer_known = rh[_KNOWN]
        arrives = q & _UNTAKEN == 0
        covers_fin = is_ack and rh[_FIN_END] >= 0 and ((ack - rh[_FIN_END]) & _M) < _H
        if flags & _RST != 0:
            refused = 0
            if not is_ack and fh[_SYN_END] >= 0 and own in (_SYN_SENT, _SYN_RECEIVED):
                # Before it is synchronised, an end answers an impossible ACK by a RST and stays (3.10.7.3, 3.10.7.4).
                refused = 1 if seq != fh[_SYN_END] else 0
            if not is_ack and own not in (_UNSEEN, _LISTEN, _CLOSED):
                st[_MARKS] |= _M_CONTRADICTED  # what it answers may have found no socket
            if q & _STALE == 0 and refused == 0:
                if own != _CLOSED:
                    fh[_BEFORE_RST] = own
                own = _CLOSED
                # A number that its sender has not reached is hardly its own (RFC 5961, 3.1).
                ahead = (seq - fh[_SENT_END]) & _M if fh[_SENT_END] >= 0 else 0
                own_known = 0 if 0 < ahead < _H and seq != rh[_LAST_ACK] else _KNOWN_BIT
            if arrives and peer_state == _UNSEEN and not is_ack and fh[_SYN_END] >= 0 and seq == rh[_LAST_ACK]:
                peer_state = _CLOSED  # it ends the older connection that had answered the SYN (RFC 9293, 3.5.1)
                peer_known = 0
            elif arrives and peer_state != _LISTEN and peer_state != _UNSEEN and peer_state != _CLOSED:
                # Only a RST with the very next number counts (RFC 5961, 3.2); one without ACK takes its number from the
                # segment that it answers.  In SYN-SENT it must acknowledge the SYN (RFC 9293, 3.10.7.3).
                counts = seq == fh[_SENT_END] or seq == rh[_LAST_ACK] or fh[_SENT_END] < 0
                if fh[_FIN_END] >= 0 and ((seq + 1) & _M) == fh[_FIN_END]:
                    counts = True
                if peer_state == _SYN_SENT:
                    counts = is_ack and (rh[_SYN_END] < 0 or ((ack - rh[_SYN_END]) & _M) < _H)
                elif peer_state == _SYN_RECEIVED:
                    counts = True
                if counts:
                    rh[_BEFORE_RST] = peer_state
                    peer_state = next_state[peer_state * _N_EVENTS + _E_GOT_RST]
                    if peer_state == _LISTEN and rh[_PASSIVE] == 0:
                        peer_state = _CLOSED
                if peer_state != _SYN_SENT:
                    peer_known = 0
        elif is_syn:
            if q & _STALE == 0:
                if own == _UNSEEN or (own == _CLOSED and is_ack):
                    own = _LISTEN if is_ack else _CLOSED
                if is_ack:
                    if own in (_LISTEN, _SYN_SENT, _SYN_RECEIVED):
                        own = _SYN_RECEIVED
                    elif own_known == 0 and fh[_FIN_END] < 0:
                        own = _SYN_RECEIVED  # it asks again, so it never got the third packet, nor what came after it
                        fh[_GOT_FIN] = 0
                        st[_MARKS] |= _M_CONTRADICTED
                else:
                    if own_known == 0 and own != _CLOSED and own != _LISTEN:
                        if fh[_SYN_END] >= 0:
                            st[_MARKS] |= _M_CONTRADICTED
                        own = _CLOSED  # it asks without an answer, so what was sent to it had not arrived
                        fh[_GOT_FIN] = 0
                    own = next_state[own * _N_EVENTS + _E_SYN]
                    if fh[_SYN_END] >= 0 and rh[_SYN_END] < 0:
                        st[_MARKS] |= _M_CONTRADICTED
                own_known = _KNOWN_BIT
                fh[_SYN_END] = (seq + 1) & _M
            if is_ack and st[_SYN_ACK_TIME] == 0 and st[_SYN_TIME] != 0:
                st[_SYN_ACK_TIME] = now
                st[_SERVER_WAIT] = now - st[_SYN_TIME]
            if peer_state == _UNSEEN:
                peer_state = _SYN_SENT if is_ack else _LISTEN
                peer_known = _KNOWN_BIT if is_ack else 0  # a SYN-ACK proves that a SYN was sent
                if is_ack:
                    rh[_SYN_END] = ack
            if is_ack:
                if rh[_SYN_END] >= 0 and ack != rh[_SYN_END] and ((ack - rh[_SYN_END]) & _M) < _H:
                    fh[_EARLY] = 1  # it took the SYN's data: it may talk before the third packet (RFC 7413, 4.2)
                if arrives and (rh[_SYN_END] < 0 or ((ack - rh[_SYN_END]) & _M) < _H):
                    moved = next_state[peer_state * _N_EVENTS + _E_GOT_SYN_ACK]
                    if moved != peer_state:
                        peer_state = moved
                        peer_known = 0
            elif arrives:
                if peer_state == _CLOSED and (rh[_PASSIVE] != 0 or rh[_SYN_END] < 0):
                    peer_state = _LISTEN  # a listener outlives its connections
                moved = next_state[peer_state * _N_EVENTS + _E_GOT_SYN]
                if moved != peer_state:
                    rh[_PASSIVE] = 1 if peer_state == _LISTEN else 0
                    peer_state = moved
                    peer_known = 0
        else:
            repeats = verdict & (_RETRANSMISSION | _FAST | _SPURIOUS | _OUT_OF_ORDER) != 0
            if rh[_SYN_END] >= 0 and fh[_SYN_END] < 0:
                st[_MARKS] |= _M_CHALLENGED
                if is_ack and ((ack - rh[_SYN_END]) & _M) >= _H:
                    st[_MARKS] |= _M_CONTRADICTED
                    if own in (_LISTEN, _SYN_RECEIVED, _CLOSED):
                        own = _UNSEEN  # it answers out of an older connection (RFC 5961, 4)
                        own_known = 0
            if repeats and length > 0 and rh[_ONLY_SYNS] != 0 and peer_known == 0:
                st[_MARKS] |= _M_CONTRADICTED  # data go unanswered: the third packet may not have been taken
            behind = seq - fh[_SENT_END] if fh[_SENT_END] >= 0 else 0
            missing = behind & _M if length == 0 and flags & _FIN == 0 and verdict & _LOST != 0 else 0
            if is_ack and st[_CLIENT_WAIT] == 0 and st[_SYN_ACK_TIME] != 0 and st[_CLIENT] == side:
                st[_CLIENT_WAIT] = now - st[_SYN_ACK_TIME]
            if q & _STALE == 0:
                # Evidence of what the sender had received.
                if own == _CLOSED and fh[_BEFORE_RST] != 0 and is_ack and not (repeats and own_known != 0):
                    own = fh[_BEFORE_RST]  # it goes on talking: that reset did not end it
                    fh[_BEFORE_RST] = 0
                    own_known = _KNOWN_BIT
                    st[_MARKS] |= _M_CONTRADICTED
                early = fh[_EARLY] != 0 and (not is_ack or ((rh[_OPEN_END] - ack) & _M) < _H)
                if is_ack and own == _SYN_SENT:
                    own = _ESTABLISHED
                    if rh[_SYN_END] < 0 and length == 0:
                        rh[_SYN_END] = ack  # the SYN-ACK was not captured
                elif own == _SYN_RECEIVED and flags & _FIN == 0 and not early:
                    own = _ESTABLISHED
                if own == _ESTABLISHED and not early:
                    own_known = _KNOWN_BIT
                if is_ack and not covers_fin and fh[_GOT_FIN] != 0 and own_known == 0 and own != _CLOSED:
                    # The peer's FIN had not reached it.
                    fh[_GOT_FIN] = 0
                    st[_MARKS] |= _M_CONTRADICTED
                    if own == _CLOSE_WAIT:
                        own = _ESTABLISHED
                        own_known = _KNOWN_BIT
                    elif own == _CLOSING:
                        own = _FIN_WAIT_1
                    elif own == _TIME_WAIT:
                        own = _FIN_WAIT_2
                if covers_fin:
                    if fh[_GOT_FIN] == 0:
                        fh[_GOT_FIN] = 1
                        own = next_state[own * _N_EVENTS + _E_GOT_FIN]
                    if own in (_CLOSE_WAIT, _CLOSING) or (
                        own == _TIME_WAIT and ((rh[_FIN_ACKS] - fh[_FIN_END]) & _M) < _H
                    ):  # fmt: skip
                        own_known = _KNOWN_BIT
                if own == _UNSEEN and length > 0:
                    talked = st[_MARKS] & (_M_DATA_A << (1 - side))
                    if talked != 0 and fh[_FIN_END] < 0 and rh[_FIN_END] < 0:
                        # Both ends sent data while we watched, so neither had closed before.
                        own = _ESTABLISHED
                        own_known = _KNOWN_BIT
                        if peer_state == _UNSEEN:
                            peer_state = _ESTABLISHED
                            peer_known = _KNOWN_BIT
                if missing != 0 and fh[_FIN_END] < 0 and own != _UNSEEN:
                    # It has sent more than was seen; a single number that no data followed was its FIN.
                    if missing == 1:
                        fh[_FIN_END] = seq
                        fh[_FIN_ACKS] = ack
                        own = next_state[own * _N_EVENTS + _E_FIN]
                    own_known = 0
                elif length > 0 and fh[_FIN_END] >= 0 and seq == fh[_FIN_END]:
                    fh[_FIN_END] = -1  # data follow: that number was no FIN
                    own = _CLOSE_WAIT if fh[_GOT_FIN] != 0 else _ESTABLISHED
                    own_known = _KNOWN_BIT
                unseen = rh[_SENT_END] < 0 or ((rh[_SENT_END] - ack) & _M) >= _H
                if is_ack and unseen and own != _ESTABLISHED and flags & _FIN == 0:
                    own_known = 0  # it has had packets that were not seen here
                    if own in (_FIN_WAIT_1, _FIN_WAIT_2) and length == 0 and ack == ((fh[_FIN_ACKS] + 1) & _M):
                        fh[_GOT_FIN] = 1  # a single number after its own FIN: that was the peer's
                        own = _TIME_WAIT
            whole = fh[_MAX_TO_ACK] == fh[_NEXT_SEQ] and verdict & _LOST == 0
            if arrives:
                # What was in flight to the peer before this packet arrives before it.
                if rh[_GOT_FIN] == 0 and fh[_FIN_END] >= 0 and seq == fh[_FIN_END] and whole:
                    rh[_GOT_FIN] = 1
                    moved = next_state[peer_state * _N_EVENTS + _E_GOT_FIN]
                    if moved != peer_state:
                        peer_state = moved
                        peer_known = 0
                if is_ack:
                    if peer_state == _SYN_RECEIVED and rh[_SYN_END] >= 0 and ((ack - rh[_SYN_END]) & _M) < _H:
                        peer_state = next_state[peer_state * _N_EVENTS + _E_GOT_ACK_OF_SYN]
                        peer_known = 0
                    if covers_fin:
                        moved = next_state[peer_state * _N_EVENTS + _E_GOT_ACK_OF_FIN]
                        if moved != peer_state:
                            peer_state = moved
                            peer_known = 0
            if flags & _FIN != 0:
                if fh[_FIN_END] < 0:
                    if own == _UNSEEN:
                        own = _LAST_ACK_STATE if covers_fin else _FIN_WAIT_1
                        own_known = _KNOWN_BIT if covers_fin else 0
                    elif own != _CLOSED:  # else it had left before what closed its sender came
                        own = next_state[own * _N_EVENTS + _E_FIN]
                        own_known = _KNOWN_BIT
                    fh[_FIN_END] = (seq + length + 1) & _M
                    fh[_FIN_ACKS] = ack
                else:
                    st[_MARKS] |= _M_CONTRADICTED
                    if own_known == 0 and q & _STALE == 0 and own in (_FIN_WAIT_2, _TIME_WAIT, _CLOSED):
                        # It sends its FIN again: no acknowledgment of it had come.
                        unanswered = _CLOSING if fh[_GOT_FIN] != 0 else _FIN_WAIT_1
                        own = _LAST_ACK_STATE if own == _CLOSED else unanswered
                        own_known = _KNOWN_BIT
                    fh[_FIN_ACKS] = ack
                if arrives and rh[_GOT_FIN] == 0:
                    if whole:
                        rh[_GOT_FIN] = 1
                        moved = next_state[peer_state * _N_EVENTS + _E_GOT_FIN]
                        if moved != peer_state:
                            peer_state = moved
                            peer_known = 0
                    else:
                        peer_known = 0
                        st[_MARKS] |= _M_CONTRADICTED
            if q & _FILLS != 0 and rh[_GOT_FIN] == 0 and fh[_FIN_END] >= 0:
                rh[_GOT_FIN] = 1
                peer_state = next_state[peer_state * _N_EVENTS + _E_GOT_FIN]
                peer_known = 0
        if q & _OLDER != 0:
            peer_state = _UNSEEN
            peer_known = 0
        if q & _CLOSES != 0:
            peer_state = _CLOSED
            peer_known = 0
        if flags & _RST == 0:
            # What this end has sent, RSTs apart.
            phantom = (1 if is_syn else 0) + (1 if flags & _FIN != 0 else 0)
            sent_end = (seq + length + phantom) & _M
            if fh[_SENT_END] < 0 or ((sent_end - fh[_SENT_END]) & _M) < _H:
                fh[_SENT_END] = sent_end
            if is_syn and not is_ack:
                fh[_OPEN_END] = sent_end
        fh[_STATE] = own
        fh[_KNOWN] = own_known
        rh[_STATE] = peer_state
        rh[_KNOWN] = peer_known
        if side == 0:
            out_state_a[i] = own | own_known
            out_state_b[i] = peer_state | peer_known
        else:
            out_state_b[i] = own | own_known
            out_state_a[i] = peer_state | peer_known

        # Sums for the connection list.
        marks = 0
        if is_syn:
            marks |= _M_SYN_A << side
        if flags & _FIN != 0:
            marks |= _M_FIN_A << side
        if flags & _RST != 0:
            marks |= _M_RST_A << side
        if length > 0:
            marks |= _M_DATA_A << side
            fh[_PAYLOAD] += length
        st[_MARKS] |= marks
        if q & (_CUT_HEADER | _SHORT_HEADER) != 0 or given_up:
            # Counted, but Wireshark shows no SEQ/ACK block on this frame.
            if q & _SHORT_HEADER == 0:
                out_verdict[i] = verdict & (_TFO_SYN | _TFO_ACK | _TFO_IGNORED)
                st[_VERDICTS] |= out_verdict[i]
            out_dup[i] = 0
            out_refers[i] = -1
            out_acked[i] = -1
            out_flight[i] = 0
            out_push[i] = 0
            out_marks[i] &= _REBASED
        else:
            out_verdict[i] = verdict
            st[_VERDICTS] |= verdict
            if verdict & _TROUBLE != 0:
                st[_TROUBLED] += 1
    return stream_count, slots_left, pool_free, pool_left
