"""Challenge ACKs: an end that is asked to believe something odd asks back (rules/findings.md#challenge-ack)."""

from __future__ import annotations

from typing import Final

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CHALLENGED, RESET
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, RST, SYN

#: Plain ACKs answer within a round trip; later ones answer something else.
ANSWER_NS: Final = 1_000_000_000


def challenge_ack(reading: ConnectionFacts) -> Finding | None:
    """`challenge-ack`: a plain ACK to a SYN on a connection that its sender still has, or to a RST with a wrong number.

    RFC 5961, 4 and 3.2: neither ends the connection; whoever really lost it answers the
    challenge with a RST of the right number.
    """
    return _to_syn(reading) or _to_reset(reading)


def challenged_syn(reading: ConnectionFacts) -> tuple[int, int] | None:
    """The SYN that was answered by a plain ACK before any SYN-ACK, and that ACK."""
    if not reading.signs & CHALLENGED or not reading.syns or not reading.is_pure_syn(reading.syns[0]):
        return None
    syn = reading.syns[0]
    side = reading.side[syn]
    answer = next((i for i in range(syn + 1, reading.count) if reading.side[i] != side), -1)
    if answer < 0 or reading.flags[answer] & (SYN | RST) or not reading.flags[answer] & ACK or reading.length[answer]:
        return None
    if reading.ack[answer] == reading.end[syn]:
        return None  # it acknowledges this SYN: a handshake in four or five steps
    return syn, answer


def _to_syn(reading: ConnectionFacts) -> Finding | None:
    found = challenged_syn(reading)
    if found is None:
        return None
    syn, answer = found
    side = reading.side[syn]
    rst = next((i for i in reading.rsts if i > answer and reading.side[i] == side), -1)
    again = next((i for i in reading.syns if i > answer and reading.side[i] == side), -1)
    granted = next((i for i in reading.syns if i > again >= 0 and reading.side[i] != side), -1)
    return reading.finding(
        FindingId.CHALLENGE_ACK,
        (syn, answer, rst, again, granted),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("time-wait", "nat-port", "crashed"),
        shape="resolved" if granted >= 0 else "syn",
        sender=SIDES[1 - side],
        other=SIDES[side],
        syn_frame=reading.frame[syn],
        answer_frame=reading.frame[answer],
        rst_frame=reading.frame[rst] if rst >= 0 else 0,
        again_frame=reading.frame[again] if again >= 0 else 0,
        granted_frame=reading.frame[granted] if granted >= 0 else 0,
        answer_s=reading.seconds(syn, answer),
        delay_s=reading.seconds(syn, granted) if granted >= 0 else 0.0,
        port=(reading.view.server if side else reading.view.client).port,
    )


def _to_reset(reading: ConnectionFacts) -> Finding | None:
    """A RST beside the number that its receiver expects, answered by a plain ACK; and the connection goes on."""
    for rst in reading.rsts:
        side = reading.side[rst]
        answer = next((i for i in range(rst + 1, reading.count) if reading.side[i] != side), -1)
        if answer < 0 or reading.time[answer] - reading.time[rst] > ANSWER_NS:
            continue
        if reading.flags[answer] & (SYN | RST | ACK) != ACK or reading.length[answer]:
            continue
        before = next((i for i in range(rst - 1, -1, -1) if reading.side[i] != side), -1)
        expected = reading.ack[before]
        if before < 0 or reading.ack[answer] != expected or ahead(reading.seq[rst], expected) <= 0:
            continue
        on = next(
            (
                i
                for i in range(answer + 1, reading.count)
                if reading.side[i] == side and reading.flags[i] & ACK and not reading.flags[i] & (SYN | RST)
            ),
            -1,
        )
        if on < 0:
            continue
        return reading.finding(
            FindingId.CHALLENGE_ACK,
            (before, rst, answer, on),
            Severity.NOTE,
            Confidence.CERTAIN if reading.at_sender(1 - side) else Confidence.LIKELY,
            ("rst-injected", "missed-packets"),
            shape="reset",
            sender=SIDES[1 - side],
            other=SIDES[side],
            rst_frame=reading.frame[rst],
            answer_frame=reading.frame[answer],
            later_frame=reading.frame[on],
            answer_s=reading.seconds(rst, answer),
            off_bytes=abs(ahead(reading.seq[rst], expected)),
        )
    return None


RULES: Final = ((CHALLENGED | RESET, challenge_ack),)
