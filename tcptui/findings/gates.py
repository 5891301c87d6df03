"""What a stream contains, as a bitmask: each rule is listed with the bits (signs) of which it needs at least one.

`annotate` runs on every stream of a capture, and nearly all of them are healthy: testing
a few bits decides which rules have to run at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.ip_id import may_skip
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.table import StreamMark
from tcptui.analysis.timing.stretches import SHORT_LEAST_NS
from tcptui.model.batched import integer
from tcptui.model.packet_store import DecodeIssue, OptionBit
from tcptui.model.tcp_flags import ACK
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.stream_columns import StreamColumns


OPENED: Final = 1 << 0
"""A SYN, and at least one other segment."""
REOPENED: Final = 1 << 1
"""Two or more SYNs, other than one SYN followed by one SYN-ACK."""
CLOSED: Final = 1 << 2
"""A FIN."""
RESET: Final = 1 << 3
"""A RST."""
NOT_CLOSED: Final = 1 << 4
"""Neither FIN nor RST."""
MID_STREAM: Final = 1 << 5
"""No SYN: the stream began before the capture."""
ONE_SIDED: Final = 1 << 6
"""All packets come from one end."""
DATALESS: Final = 1 << 7
"""No payload."""
SUSPECT: Final = 1 << 8
"""A segment that looks resent, late, or a probe (`SUSPICIOUS`), or has no verdict because its header was cut."""
HOLES: Final = 1 << 9
"""Bytes that were not captured (Wireshark: *previous segment not captured*, *ACKed unseen segment*)."""
WINDOW_CLOSED: Final = 1 << 10
"""A zero window."""
QUOTED: Final = 1 << 11
"""An ICMP error that quotes the stream."""
REUSED: Final = 1 << 12
"""The stream has the addresses and ports of an earlier stream."""
OPTION_REFUSED: Final = 1 << 13
"""An option of `NEGOTIATED` is in the first SYN but not in the second; in longer streams also: not in the first."""
CONGESTED: Final = 1 << 14
"""A segment with ECE or CWR, including the SYNs that negotiate ECN (RFC 3168)."""
CHALLENGED: Final = 1 << 15
"""A SYN whose receiver sent a segment without ever having sent a SYN of its own (RFC 5961, 4)."""
REPORTED_TWICE: Final = 1 << 16
"""A D-SACK (RFC 2883)."""
SKIPPED: Final = 1 << 17
"""The IP identification numbers of one end may have gaps (`tcptui.analysis.resend.ip_id`)."""
OVERSIZED: Final = 1 << 18
"""Frames larger than `ORDINARY_FRAME`, in a capture that has offloaded segments."""
CUT: Final = 1 << 19
"""Frames with fewer bytes captured than were on the wire, whether the file says so or only the IP header."""
CLOCK: Final = 1 << 20
"""A packet older than the one captured before it."""
DROPPED: Final = 1 << 21
"""The capture as a whole reports dropped packets."""
SLOW: Final = 1 << 24
"""The stream lasts long enough for a finding about speed, and pauses before data or sends several data segments."""
UNANSWERED: Final = 1 << 22
"""Nothing but SYNs, all from one end."""
PADDED: Final = 1 << 23
"""Segments whose payload may be Ethernet padding."""
FILTERED: Final = 1 << 25
"""The capture as a whole lacks the acknowledgments without data, of which every connection has some."""
HOLE_REPORTED: Final = 1 << 26
"""A SACK block (RFC 2018)."""
FRAGMENTS_DIFFER: Final = 1 << 27
"""A segment whose IP fragments have different bytes at the same place."""

_BY_VERDICT: Final = (
    (SUSPICIOUS, SUSPECT),
    (int(Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT), HOLES),
    (int(Verdict.ZERO_WINDOW), WINDOW_CLOSED),
)
_BY_MARK: Final = (
    (int(StreamMark.PORT_REUSED), REUSED),
    (int(StreamMark.SYN_CHALLENGED), CHALLENGED),
    (int(StreamMark.TIME_WENT_BACK), CLOCK),
    (int(StreamMark.DATA_HEADER_CUT), SUSPECT),
    (int(StreamMark.FRAGMENTS_DIFFER), FRAGMENTS_DIFFER),
)
_MARKED: Final = int(
    StreamMark.PORT_REUSED
    | StreamMark.SYN_CHALLENGED
    | StreamMark.TIME_WENT_BACK
    | StreamMark.DATA_HEADER_CUT
    | StreamMark.FRAGMENTS_DIFFER
)
#: Options that take effect only when both ends send them (RFC 7323, RFC 2018).
NEGOTIATED: Final = int(OptionBit.WINDOW_SCALE | OptionBit.SACK_PERMITTED | OptionBit.TIMESTAMPS)
_SHORTENED: Final = int(DecodeIssue.TRUNCATED | DecodeIssue.LENGTH_FORGOTTEN)
_ZERO_FILLED: Final = int(DecodeIssue.ZERO_FILLED)
#: Bytes of an Ethernet frame with the usual MTU of 1,500, its header and a VLAN tag.
ORDINARY_FRAME: Final = 1_518
_DSACK: Final = int(OptionBit.DSACK)
_SACK: Final = int(OptionBit.SACK)
#: Duration of a connection from which on rules about speed may apply to it.
SLOW_NS: Final = SHORT_LEAST_NS
#: They may with a gap this long before data.  It is shorter than `SLOW_NS`, because an acknowledgment in between may
#: split a wait.
PAUSE_NS: Final = 100_000_000
#: So they may with this many segments with data, which may have waited often.
TRANSFER: Final = 4
#: Streams of no more segments than this are too short to gain by an option or to show how an end numbers its packets.
LONG_ENOUGH: Final = 24


def gate_bits(columns: StreamColumns, quality: CaptureQuality) -> int:
    """The bitmask of signs of a stream in a capture of that quality."""
    syns, flags, length = columns.syns, columns.flags, columns.length
    signs = 0
    if not syns:
        signs |= MID_STREAM
    elif columns.count > 1:
        signs |= OPENED
        if len(syns) > 2 or (len(syns) == 2 and (flags[syns[0]] & ACK or not flags[syns[1]] & ACK)):
            signs |= REOPENED
        answer = next((i for i in syns if flags[i] & ACK), syns[0])
        if answer != syns[0]:
            options = columns.view.options
            asked, agreed = int(options[syns[0]]) & NEGOTIATED, int(options[answer]) & NEGOTIATED
            if asked & ~agreed or (asked != NEGOTIATED and columns.count > LONG_ENOUGH):
                signs |= OPTION_REFUSED
    if columns.fins:
        signs |= CLOSED
    if columns.rsts:
        signs |= RESET
    elif not columns.fins:
        signs |= NOT_CLOSED
    if not all(columns.packets_by_side):
        signs |= ONE_SIDED
        if len(syns) == columns.count:
            signs |= UNANSWERED
    if not (any(length) if isinstance(length, list) else columns.view.length.any()):
        signs |= DATALESS
    if columns.verdicts:
        for verdicts, sign in _BY_VERDICT:
            if columns.verdicts & verdicts:
                signs |= sign
    if len(columns.view.quotes):
        signs |= QUOTED
    if columns.view.marks & _MARKED:
        for mark, sign in _BY_MARK:
            if columns.view.marks & mark:
                signs |= sign
    return signs | _of_columns(columns) | _of_capture(columns.view, quality)


def _is_slow(columns: StreamColumns) -> bool:
    """Whether a finding about speed is possible: those need at least 200 ms, in one pause or in several."""
    count, length, times = columns.count, columns.length, columns.view.time_ns
    if count < 3 or times.item(count - 1) - times.item(0) < SLOW_NS:
        return False
    if isinstance(time := columns.time, list):
        segments = 0
        for i in range(1, count):
            if length[i]:
                segments += 1
                if segments >= TRANSFER or time[i] - time[i - 1] >= PAUSE_NS:
                    return True
        return False
    return bool(columns.view.length.any())


def _of_columns(columns: StreamColumns) -> int:
    """Signs that need a pass over a whole column."""
    view = columns.view
    signs = 0
    if columns.congestion_flags:
        signs |= CONGESTED
    if _is_slow(columns):
        signs |= SLOW
    options = int(np.bitwise_or.reduce(view.options))
    if options & _DSACK:
        signs |= REPORTED_TWICE
    if options & _SACK:
        signs |= HOLE_REPORTED
    if columns.count > LONG_ENOUGH and any(may_skip(view, side) for side in (0, 1)):
        signs |= SKIPPED
    return signs


def _of_capture(view: StreamView, quality: CaptureQuality) -> int:
    """Signs that depend on the quality of the whole capture; most captures have none of them."""
    signs = DROPPED if quality.kernel_dropped else 0
    if quality.offloaded and integer(view.wire_length.max()) > ORDINARY_FRAME:
        signs |= OVERSIZED
    if quality.truncated + quality.forgotten and int(np.bitwise_or.reduce(view.issues)) & _SHORTENED:
        signs |= CUT
    if quality.kinds.lacks_bare_acks:
        signs |= FILTERED
    if quality.zero_filled and int(np.bitwise_or.reduce(view.issues)) & _ZERO_FILLED:
        signs |= PADDED
    return signs
