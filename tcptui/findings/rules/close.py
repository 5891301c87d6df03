"""Rules about connections that were closed by FINs, or not at all (rules/findings.md#closing)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CLOSED, NOT_CLOSED
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import SEQ_MASK, seq_after
from tcptui.model.tcp_flags import ACK, SYN


@dataclass(frozen=True, slots=True)
class _Fins:
    """Indexes of the first FIN of each side and of the ACKs of them; -1 when not captured."""

    first: int
    second: int
    """The first FIN of the side that closed second."""
    first_acknowledged: int
    """First segment of the other side that acknowledges the first FIN; may be the second FIN."""
    second_acknowledged: int


def _fins(connection: ConnectionFacts) -> _Fins | None:
    """The FINs of both sides; None unless both sent one.  A retransmitted FIN is no second FIN."""
    if not connection.fins:
        return None
    first = connection.fins[0]
    side = connection.side[first]
    second = next((i for i in connection.fins if connection.side[i] != side), -1)
    if second < 0:
        return None
    acknowledged = connection.first_acknowledging(1 - side, connection.end[first], first)
    return _Fins(first, second, acknowledged, connection.first_acknowledging(side, connection.end[second], second))


def orderly_close(connection: ConnectionFacts) -> Finding | None:
    """`four-packet-close`, `three-packet-close`, `simultaneous-close` (RFC 9293, 3.6).

    Four: the first FIN is acknowledged before the second FIN.  Three: the second FIN
    carries that ACK.  Simultaneous: neither FIN acknowledges the other, judged by
    acknowledgment numbers and not by time.  Without the last ACK the finding is only likely.
    """
    fins = _fins(connection)
    if fins is None:
        return None
    first, second, acknowledged, last = fins.first, fins.second, fins.first_acknowledged, fins.second_acknowledged
    crossed = not connection.acknowledges(second, connection.end[first])
    if crossed and acknowledged < 0:
        return None  # the second FIN may have been sent long after the first; nothing shows that they crossed
    if crossed:
        finding = FindingId.SIMULTANEOUS_CLOSE
    elif acknowledged == second:
        finding = FindingId.THREE_PACKET_CLOSE
    else:
        finding = FindingId.FOUR_PACKET_CLOSE
    complete = last >= 0
    side = connection.side[first]
    return connection.finding(
        finding,
        (first, acknowledged, second, last),
        Severity.NOTE,
        Confidence.CERTAIN if complete else Confidence.LIKELY,
        () if complete else ("last-ack-unseen", "closed-by-reset"),
        shape="" if complete else "no-last-ack",
        closer=SIDES[side],
        other=SIDES[1 - side],
        fin_frame=connection.frame[first],
        ack_frame=connection.frame[acknowledged],
        second_frame=connection.frame[second],
        last_frame=connection.frame[last] if complete else 0,
        gap_s=connection.seconds(first, second),
        took_s=connection.seconds(first, last if complete else second),
    )


def still_open(connection: ConnectionFacts) -> Finding | None:
    """`still-open`: neither FIN nor RST by the end of the capture; never a fault by itself.

    Where every segment has a SYN, nothing shows that it was ever opened (RFC 9293, 3.5).
    """
    if connection.fins or connection.rsts or connection.count < 2:
        return None
    if not any(connection.flags[i] & ACK for i in (0, connection.count - 1)):
        return None
    last = connection.count - 1
    ended = "" if connection.watched_after(last) else "to-the-end"
    return connection.finding(
        FindingId.STILL_OPEN,
        (last,),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape="unopened" if all(flags & SYN for flags in connection.flags) else ended,
        last_frame=connection.frame[last],
        age_s=connection.seconds(0, last),
        silent_s=connection.watched_after(last) / 1e9,
        packets=connection.count,
    )


def both_closed(connection: ConnectionFacts, before: int) -> bool:
    """Whether both FINs had been acknowledged before segment ``before``."""
    fins = _fins(connection)
    return fins is not None and 0 <= fins.first_acknowledged < before and 0 <= fins.second_acknowledged < before


def new_bytes_after(connection: ConnectionFacts, side: int, start: int, end: int) -> tuple[int, list[int]]:
    """How many payload bytes ``side`` first sent in segments ``start`` to ``end`` - 1, and the indexes of those."""
    highest = -1
    found, total = [], 0
    for i in range(start):
        if connection.side[i] == side and (highest < 0 or seq_after(connection.end[i], highest)):
            highest = connection.end[i]
    for i in range(start, end):
        if connection.side[i] != side or not connection.length[i]:
            continue
        tail = (connection.seq[i] + connection.length[i]) & SEQ_MASK
        if highest < 0 or seq_after(tail, highest):
            fresh = min(connection.length[i], (tail - highest) & SEQ_MASK) if highest >= 0 else connection.length[i]
            total += fresh
            highest = tail
            found.append(i)
    return total, found


RULES: Final = (
    (CLOSED, orderly_close),
    (NOT_CLOSED, still_open),
)
