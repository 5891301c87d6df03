"""Segments that look sent again (suspicious ones), and those of them that are only old: copies, overtaken segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.resend.ip_id import number_step
from tcptui.analysis.resend.resend import SUSPICIOUS, Resend
from tcptui.analysis.resend.sender_view import timestamp_tick_ns
from tcptui.analysis.stream.unwrapped_seq import NOTHING, sent_before
from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.batched import integer, largest, smallest
from tcptui.model.packet_store import DecodeIssue, OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
    from tcptui.analysis.stream.view import StreamView

#: Wireshark's age limit for reordering while no RTT is known (rules/findings.md#out-of-order).
REORDERING_DEFAULT_NS: Final = 3_000_000
#: A copy that took another path (another TTL) may come this late: the counter of packet numbers has not wrapped yet.
COPY_WINDOW_NS: Final = 1_000_000_000
#: The network's copies come within a round trip, and this: later is a resend by a stack that keeps the packet number,
#: or by a load balancer that sends the packet it has kept.  Below the shortest time-out in use (`RTO_MIN_NS`).
COPY_LATEST_NS: Final = 100_000_000
#: Copies closer than one tick of a microsecond clock are the recorder's: on a wire the second follows the first.
RECORDED_TWICE_NS: Final = 1_000
#: Copies without packet number and timestamp come sooner than this, and than a round trip: no timer is that short, and
#: what the first one set off has not come back.
UNMARKED_NS: Final = 1_000_000
#: Slowest timestamp clock that tells a resend from a copy: 10 ms, as old stacks had (RFC 7323, 5.4 allows up to 1 s).
SLOWEST_TICK_NS: Final = 10_000_000
#: An empty segment's original is searched this many of its sender's segments back: a copy comes soon.
COPY_REACH: Final = 16
#: A D-SACK that reports a copy is looked for this many packets ahead.
REPORT_REACH: Final = 32
#: IP packet numbers this close are neighbours of one counter (rules/findings.md#ip-packet-numbers).
NUMBER_REACH: Final = 1024
_SYN_ACK: Final = SYN | ACK
_STAMPED: Final = int(OptionBit.TIMESTAMPS)
_CUT: Final = int(DecodeIssue.HEADER_CUT)


def suspicious_segments(view: StreamView, space: SequenceSpace) -> list[int]:
    """Indexes of suspicious segments: by tshark's verdict; of cut ones, which have none, those that repeat numbers.

    A RST is none of them: what follows its header is text, which tshark takes for data (RFC 9293, 3.5.3).
    """
    asked = (view.verdict & SUSPICIOUS) != 0
    asked &= (view.flags & RST) == 0
    silent = (view.issues & _CUT) != 0
    silent &= view.end != view.seq
    for part in chunks(len(view), 1) if silent.any() else ():
        asked[part] |= silent[part] & (space.end[part] <= sent_before(view.from_server, space, part))
    found: list[int] = flatnonzero32(asked).tolist()
    return found


def network_copy(view: StreamView, i: int, previous: int, rtt_ns: int) -> Resend | None:
    """The `Resend` of a copy made by capture or network: same packet number, timestamps and bytes; None for others."""
    if previous < 0:
        return None
    acks = (view.ack,) if int(view.flags[i]) & ACK else ()
    header = (view.seq, view.end, *acks, view.flags, view.window, view.options, view.ts_value, view.ip_id)
    if any(column.item(i) != column.item(previous) for column in header):
        return None
    if _answers_another_syn(view, i):
        return None
    elapsed = view.time_ns.item(i) - view.time_ns.item(previous)
    latest = largest(smallest(rtt_ns or COPY_LATEST_NS, COPY_LATEST_NS), REORDERING_DEFAULT_NS)
    if view.ip_id.item(i):
        elsewhere = integer(view.ttl[i]) != integer(view.ttl[previous])
        # With a timestamp at any distance: its clock ticks at least once a second (RFC 7323, 5.4).
        stamped = bool(int(view.options[i]) & _STAMPED)
        certain = stamped or abs(elapsed) < (COPY_WINDOW_NS if elsewhere else latest)
    else:
        # IPv6, or a stack without packet numbers: the timestamp must agree, and it must be too soon for a resend.
        # Or so much later than one tick of the timestamp clock that a resend would have another timestamp.
        stamped = bool(int(view.options[i]) & _STAMPED)
        # With another TTL it was recorded on two parts of its way.
        unmarked = not stamped
        tick = timestamp_tick_ns(view, int(view.from_server[i]))
        apart = largest(rtt_ns, abs(elapsed)) >= 2 * tick and 0 < tick <= SLOWEST_TICK_NS
        soon = abs(elapsed) < smallest(rtt_ns or REORDERING_DEFAULT_NS, REORDERING_DEFAULT_NS)
        at_once = abs(elapsed) < smallest(rtt_ns or UNMARKED_NS, UNMARKED_NS)
        certain = (stamped and (apart or soon)) or (unmarked and at_once)
    return _copy(view, i, previous) if certain else None


def _copy(view: StreamView, i: int, previous: int) -> Resend:
    """What is said of a copy: the recorder made it, or capture or network."""
    elapsed = view.time_ns.item(i) - view.time_ns.item(previous)
    recorder = abs(elapsed) < RECORDED_TWICE_NS and not _reported(view, i)
    return Resend(i, ResendCause.NONE if recorder else ResendCause.NETWORK_DUPLICATE, previous, copy=True)


def _answers_another_syn(view: StreamView, i: int) -> bool:
    """Whether ``i`` is a SYN-ACK without packet number after several SYNs: its timer sends one, a repeated SYN another.

    Copies of one SYN have its packet number and timestamp and are no other SYN.
    """
    if view.ip_id.item(i) or int(view.flags[i]) & _SYN_ACK != _SYN_ACK:
        return False
    key = _answers_another_syn, not view.from_server[i]
    if key not in view.kept:
        view.kept[key] = _second_syn(view, key[1])
    second: int = view.kept[key]
    return 0 <= second < i


def _second_syn(view: StreamView, from_server: bool) -> int:
    """Index of the first SYN of that end which is no copy of its first one; -1 without one."""
    asked = (view.flags & _SYN_ACK) == SYN
    asked &= view.from_server == from_server
    syns = flatnonzero32(asked).tolist()
    marks = ((view.ip_id.item(at), view.ts_value.item(at)) for at in syns)
    first = next(marks, None)
    return next((at for at, mark in zip(syns[1:], marks, strict=True) if mark != first), -1)


def _reported(view: StreamView, i: int) -> bool:
    """Whether a D-SACK follows soon (RFC 2883): both copies arrived, so the recorder made neither."""
    after = slice(i + 1, i + 1 + REPORT_REACH)
    reports = (view.options[after] & OptionBit.DSACK) != 0
    reports &= view.from_server[after] != view.from_server[i]
    return bool(reports.any())


def empty_copy(view: StreamView, space: SequenceSpace, i: int, side: int, rtt_ns: int) -> Resend | None:
    """`network_copy` for a segment without payload, searching its original in its sender's last `COPY_REACH` ones."""
    earlier = int(space.latest[side][i - 1])
    for _ in range(COPY_REACH):
        if earlier < 0:
            return None
        if found := network_copy(view, i, earlier, rtt_ns):
            return found
        earlier = int(space.latest[side][earlier - 1]) if earlier else -1
    return None


def overtaken(view: StreamView, space: SequenceSpace, i: int, side: int, previous: int) -> Resend | None:
    """The `Resend` of a segment that was sent before the sender's previous one here, else None.

    Its acknowledgment number or timestamp is older; a sender's never go back.  But a stack, or a balancer, may send a
    kept packet again with the acknowledgment number of then; its packet number is newer.  ``previous``: its last copy.
    """
    newest = int(space.latest[side][i - 1])
    if newest < 0 or int(view.flags[i]) & RST:
        return None
    stamped = int(view.options[i]) & int(view.options[newest]) & _STAMPED
    age = ahead(view.ts_value.item(i), view.ts_value.item(newest))
    older_ack = NOTHING < integer(space.ack[i]) < integer(space.acknowledged[1 - side][i - 1])
    if previous >= 0 and not stamped:
        numbers = view.ip_id.item(newest), view.ip_id.item(i)
        older_ack &= not (all(numbers) and 0 < (numbers[1] - numbers[0]) & 0xFFFF < NUMBER_REACH)
    if older_ack or (stamped and age < 0):
        return Resend(i, ResendCause.NONE, previous, trigger=newest, proved=True)
    return None


def number_missing(view: StreamView, space: SequenceSpace, side: int, index: int) -> bool:
    """Whether IP packet numbers show that a packet of ``side`` just before ``index`` did not pass here."""
    before = int(space.latest[side][index - 1]) if index > 0 else -1
    if before < 0:
        return False
    numbers = view.ip_id.item(before), view.ip_id.item(index)
    return all(numbers) and 1 < number_step(*numbers) < NUMBER_REACH
