"""Rules about how a connection ended in order, or did not end (rules/findings.md#closing)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CLOSED, UNENDED
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import SEQ_MASK, seq_after
from tcptui.model.tcp_flags import ACK


@dataclass(frozen=True, slots=True)
class _Fins:
    """The first FIN of each side and the ACKs of them; -1 when not captured."""

    first: int
    second: int
    first_acknowledged: int
    """First segment of the other side that acknowledges the first FIN; may be the second FIN."""
    second_acknowledged: int


def _fins(reading: ConnectionFacts) -> _Fins | None:
    """FIN retransmissions are not second FINs; None unless both sides sent one."""
    if not reading.fins:
        return None
    first = reading.fins[0]
    side = reading.side[first]
    second = next((i for i in reading.fins if reading.side[i] != side), -1)
    if second < 0:
        return None
    acknowledged = reading.first_acknowledging(1 - side, reading.end[first], first)
    return _Fins(first, second, acknowledged, reading.first_acknowledging(side, reading.end[second], second))


def orderly_close(reading: ConnectionFacts) -> Finding | None:
    """`four-packet-close`, `three-packet-close`, `simultaneous-close` (RFC 9293, 3.6).

    Four: the first FIN is acknowledged before the second FIN.  Three: the second FIN
    carries that ACK.  Simultaneous: neither FIN acknowledges the other, judged by
    acknowledgment numbers and not by time.  A missing last ACK leaves the end assumed.
    """
    fins = _fins(reading)
    if fins is None:
        return None
    first, second, acknowledged, last = fins.first, fins.second, fins.first_acknowledged, fins.second_acknowledged
    crossed = not reading.acknowledges(second, reading.end[first]) and (acknowledged < 0 or acknowledged > second)
    if crossed and acknowledged < 0:
        return None  # the second FIN may have come long after; nothing shows that they crossed
    if crossed:
        finding = FindingId.SIMULTANEOUS_CLOSE
    elif acknowledged == second:
        finding = FindingId.THREE_PACKET_CLOSE
    else:
        finding = FindingId.FOUR_PACKET_CLOSE
    complete = last >= 0
    side = reading.side[first]
    return reading.finding(
        finding,
        (first, acknowledged, second, last),
        Severity.NOTE,
        Confidence.CERTAIN if complete else Confidence.LIKELY,
        () if complete else ("last-ack-unseen", "closed-by-reset"),
        shape="" if complete else "no-last-ack",
        closer=SIDES[side],
        other=SIDES[1 - side],
        fin_frame=reading.frame[first],
        ack_frame=reading.frame[acknowledged],
        second_frame=reading.frame[second],
        last_frame=reading.frame[last] if complete else 0,
        gap_s=reading.seconds(first, second),
        took_s=reading.seconds(first, last if complete else second),
    )


def still_open(reading: ConnectionFacts) -> Finding | None:
    """`still-open`: neither FIN nor RST by the end of the capture; a fact, never a fault by itself."""
    if reading.fins or reading.rsts or reading.count < 2:
        return None
    if not any(reading.flags[i] & ACK for i in (0, reading.count - 1)):
        return None
    last = reading.count - 1
    return reading.finding(
        FindingId.STILL_OPEN,
        (last,),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape="" if reading.watched_after(last) else "to-the-end",
        last_frame=reading.frame[last],
        age_s=reading.seconds(0, last),
        silent_s=reading.watched_after(last) / 1e9,
        packets=reading.count,
    )


def both_closed(reading: ConnectionFacts, before: int) -> bool:
    """Whether both FINs had been acknowledged before segment ``before``."""
    fins = _fins(reading)
    return fins is not None and 0 <= fins.first_acknowledged < before and 0 <= fins.second_acknowledged < before


def new_bytes_after(reading: ConnectionFacts, side: int, start: int, end: int) -> tuple[int, list[int]]:
    """Payload bytes that ``side`` sent for the first time in segments ``start`` … ``end`` - 1, and where."""
    highest = -1
    found, total = [], 0
    for i in range(start):
        if reading.side[i] == side and (highest < 0 or seq_after(reading.end[i], highest)):
            highest = reading.end[i]
    for i in range(start, end):
        if reading.side[i] != side or not reading.length[i]:
            continue
        tail = (reading.seq[i] + reading.length[i]) & SEQ_MASK
        if highest < 0 or seq_after(tail, highest):
            fresh = min(reading.length[i], (tail - highest) & SEQ_MASK) if highest >= 0 else reading.length[i]
            total += fresh
            highest = tail
            found.append(i)
    return total, found


RULES: Final = (
    (CLOSED, orderly_close),
    (UNENDED, still_open),
)
