"""What a stream has, as bits of one integer: a rule names the signs without which it has nothing to say.

`annotate` runs on every stream of a capture, and nearly all of them are healthy: a few
tests of bits decide which rules need to look at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.resend import SUSPICIOUS
from tcptui.analysis.stream_table import StreamMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from tcptui.explain.reading import Reading

# The flags as plain integers: operations on enum members cost ten times as much.
FIN: Final = int(TcpFlag.FIN)
SYN: Final = int(TcpFlag.SYN)
RST: Final = int(TcpFlag.RST)
ACK: Final = int(TcpFlag.ACK)

OPENED: Final = 1 << 0
"""A SYN and something beside it."""
REOPENED: Final = 1 << 1
"""Other SYNs than one and its SYN-ACK."""
CLOSED: Final = 1 << 2
"""A FIN."""
RESET: Final = 1 << 3
"""A RST."""
UNENDED: Final = 1 << 4
"""Neither FIN nor RST."""
BEGUN_BEFORE: Final = 1 << 5
"""No SYN."""
ONE_SIDED: Final = 1 << 6
"""All packets come from one end."""
DATALESS: Final = 1 << 7
"""No payload."""
SUSPECT: Final = 1 << 8
"""A segment that may have come again (`tcptui.analysis.cause.SUSPICIOUS`)."""
HOLES: Final = 1 << 9
"""Bytes that the capture did not see."""
SHUT: Final = 1 << 10
"""A window of 0."""
QUOTED: Final = 1 << 11
"""An ICMP error that quotes it."""
REUSED: Final = 1 << 12
"""Addresses and ports of an earlier stream."""
SLOW: Final = 1 << 24
"""Something to wait for: a pause before data, or data over some time."""

_BY_VERDICT: Final = (
    (SUSPICIOUS, SUSPECT),
    (int(Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT), HOLES),
    (int(Verdict.ZERO_WINDOW), SHUT),
)
#: Rules about speed begin at this; an acknowledgment in between may take a part of it.
SLOW_NS: Final = 200_000_000
PAUSE_NS: Final = 100_000_000
#: So many segments with data may have waited often.
TRANSFER: Final = 4
_PORT_REUSED: Final = int(StreamMark.PORT_REUSED)


def signs_of(reading: Reading) -> int:
    """The signs of the stream that ``reading`` has taken apart."""
    syns, flags, length = reading.syns, reading.flags, reading.length
    signs = 0
    if not syns:
        signs |= BEGUN_BEFORE
    elif reading.count > 1:
        signs |= OPENED
        if len(syns) > 2 or (len(syns) == 2 and (flags[syns[0]] & ACK or not flags[syns[1]] & ACK)):
            signs |= REOPENED
    if reading.fins:
        signs |= CLOSED
    if reading.rsts:
        signs |= RESET
    elif not reading.fins:
        signs |= UNENDED
    if not all(reading.packets_by_side):
        signs |= ONE_SIDED
    if not (any(length) if isinstance(length, list) else reading.view.length.any()):
        signs |= DATALESS
    if reading.verdicts:
        for verdicts, sign in _BY_VERDICT:
            if reading.verdicts & verdicts:
                signs |= sign
    if len(reading.view.quotes):
        signs |= QUOTED
    if reading.view.marks & _PORT_REUSED:
        signs |= REUSED
    if _is_slow(reading):
        signs |= SLOW
    return signs


def _is_slow(reading: Reading) -> bool:
    """Whether anything about speed can be said: findings begin at 200 ms, in one pause or in several."""
    count, time, length = reading.count, reading.time, reading.length
    if count < 3 or time[count - 1] - time[0] < SLOW_NS:
        return False
    if isinstance(time, list):
        segments = 0
        for i in range(1, count):
            if length[i]:
                segments += 1
                if segments >= TRANSFER or time[i] - time[i - 1] >= PAUSE_NS:
                    return True
        return False
    return bool(reading.view.length.any())
