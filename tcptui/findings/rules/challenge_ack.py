"""Challenge ACKs: the answer to a SYN or RST that does not fit the connection (rules/findings.md#challenge-ack)."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CHALLENGED, MID_STREAM, OPENED, RESET
from tcptui.model.arrays import first_after, indexes_of, last_before
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

#: Longest time from a RST to its challenge ACK: they are a round trip apart; a later plain ACK answers something else.
ANSWER_NS: Final = 1_000_000_000
#: Largest window of a SYN-ACK (never scaled: RFC 7323, 2.2): the first flight ends within it.
UNSCALED: Final = 65_535
#: An ACK at most so far beyond a SYN acknowledges bytes that the capture lacks.  Numbers of an older connection between
#: the same ports lie behind (RFC 6528), and of random ones one in 256 lies there.
UNSEEN_BYTES: Final = 16_777_216

#: So many ACKs, each the answer to the one before it, are a loop.
LOOP_LEAST: Final = 20
#: A loop that ends sooner does no harm (ns).
LOOP_NS: Final = 100_000_000
#: Each comes within this time of the one before: keep-alives and window probes are seconds apart.
LOOP_GAP_NS: Final = 500_000_000
#: A keep-alive, or a probe of a closed window, is numbered one below what its receiver expects (RFC 9293, 3.8.4).
_PROBE: Final = 1

_DUPLICATE: Final = int(Verdict.DUPLICATE_ACK)
_BARE: Final = SYN | FIN | RST | ACK


def challenge_ack(connection: ConnectionFacts) -> Finding | None:
    """`challenge-ack`: a plain ACK to a SYN on a connection that its receiver still has, or to a RST out of sequence.

    RFC 5961, 4 and 3.2: neither ends the connection; an end that really lost it answers the
    challenge with a RST of the right number.
    """
    found = _to_syn(connection) or _to_reset(connection) if connection.signs & (CHALLENGED | RESET) else None
    return found or _ack_loop(connection)


def challenged_syn(connection: ConnectionFacts) -> tuple[int, int] | None:
    """Indexes of the first SYN and of the plain ACK that answered it before any SYN-ACK; None without such an ACK."""
    if not connection.signs & CHALLENGED or not connection.syns or not connection.is_pure_syn(connection.syns[0]):
        return None
    syn = connection.syns[0]
    side = connection.side[syn]
    answer = next((i for i in range(syn + 1, connection.count) if connection.side[i] != side), -1)
    if (
        answer < 0
        or connection.flags[answer] & (SYN | FIN | RST)
        or not connection.flags[answer] & ACK
        or connection.length[answer]
    ):
        return None
    if connection.ack[answer] == connection.end[syn]:
        return None  # it acknowledges this SYN: a handshake in four or five steps
    if any(_goes_on(connection, syn, i, answer) for i in range(syn + 1, answer)):
        return None  # the handshake was completed: the SYN-ACK was not captured
    if 0 < ahead(connection.ack[answer], connection.end[syn]) <= UNSEEN_BYTES:
        return None  # it acknowledges what this connection sent: the capture lacks that, and the SYN-ACK
    return syn, answer


def _goes_on(connection: ConnectionFacts, syn: int, i: int, answer: int) -> bool:
    """Whether ``i`` continues the connection that ``syn`` opens, and ``answer`` acknowledges up to ``i`` at most."""
    if connection.flags[i] & (SYN | RST | ACK) != ACK:
        return False
    opened = connection.end[syn]
    return 0 <= ahead(connection.seq[i], opened) <= UNSCALED and (
        0 <= ahead(connection.ack[answer], opened) <= ahead(connection.end[i], opened)
    )


def _to_syn(connection: ConnectionFacts) -> Finding | None:
    found = challenged_syn(connection)
    if found is None:
        return None
    syn, answer = found
    side = connection.side[syn]
    rst = first_after(connection.rsts_by_side[side], answer)
    again = first_after(connection.syns_by_side[side], answer)
    granted = first_after(connection.syns_by_side[1 - side], again) if again >= 0 else -1
    return connection.finding(
        FindingId.CHALLENGE_ACK,
        (syn, answer, rst, again, granted),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("time-wait", "nat-port", "crashed"),
        shape="resolved" if granted >= 0 else "syn",
        sender=SIDES[1 - side],
        other=SIDES[side],
        syn_frame=connection.frame[syn],
        answer_frame=connection.frame[answer],
        rst_frame=connection.frame[rst] if rst >= 0 else 0,
        again_frame=connection.frame[again] if again >= 0 else 0,
        granted_frame=connection.frame[granted] if granted >= 0 else 0,
        answer_s=connection.seconds(syn, answer),
        delay_s=connection.seconds(syn, granted) if granted >= 0 else 0.0,
        port=(connection.view.server if side else connection.view.client).port,
    )


def _to_reset(connection: ConnectionFacts) -> Finding | None:
    """A RST above the number that its receiver expects, answered by a plain ACK, after which the connection goes on."""
    for rst in connection.rsts:
        side = connection.side[rst]
        answer = first_after(connection.segments(1 - side), rst)
        if answer < 0 or connection.time[answer] - connection.time[rst] > ANSWER_NS:
            continue
        if connection.flags[answer] & (SYN | RST | ACK) != ACK or connection.length[answer]:
            continue
        before = last_before(connection.segments(1 - side), rst)
        expected = connection.ack[before]
        if before < 0 or connection.ack[answer] != expected or ahead(connection.seq[rst], expected) <= 0:
            continue
        on = first_after(connection.segments(side, SYN | RST | ACK, ACK), answer)
        if on < 0:
            continue
        return connection.finding(
            FindingId.CHALLENGE_ACK,
            (before, rst, answer, on),
            Severity.NOTE,
            Confidence.CERTAIN if connection.at_sender(1 - side) else Confidence.LIKELY,
            ("rst-injected", "missed-packets"),
            shape="reset",
            sender=SIDES[1 - side],
            other=SIDES[side],
            rst_frame=connection.frame[rst],
            answer_frame=connection.frame[answer],
            later_frame=connection.frame[on],
            answer_s=connection.seconds(rst, answer),
            off_bytes=abs(ahead(connection.seq[rst], expected)),
        )
    return None


RULES: Final = ((OPENED | MID_STREAM, challenge_ack),)


def _ack_loop(connection: ConnectionFacts) -> Finding | None:
    """An end answers what it cannot accept with an ACK (RFC 9293, 3.10.7.4); where neither can, that never ends."""
    if connection.count < LOOP_LEAST or not connection.verdicts & _DUPLICATE:
        return None
    view = connection.view
    answers = np.zeros(len(view), np.bool_)
    bare = ((view.flags & _BARE) == ACK) & (view.length == 0)
    repeated = bare[2:] & bare[1:-1] & bare[:-2] & (view.from_server[2:] != view.from_server[1:-1])
    repeated &= (view.from_server[2:] == view.from_server[:-2]) & (view.seq[2:] == view.seq[:-2])
    repeated &= (view.ack[2:] == view.ack[:-2]) & (view.time_ns[2:] - view.time_ns[1:-1] <= LOOP_GAP_NS)
    answers[2:] = repeated
    ends = indexes_of(np.diff(answers.astype(np.int8), append=0, prepend=0))
    begins, stops = ends[::2], ends[1::2]
    if not len(begins):
        return None
    longest = int(np.argmax(stops - begins))
    first, last = int(begins[longest]) - 2, int(stops[longest]) - 1
    count = last - first + 1
    if count < LOOP_LEAST or connection.time[last] - connection.time[first] < LOOP_NS:
        return None
    off = [ahead(connection.seq[i], connection.ack[i + 1]) for i in (first, first + 1)]
    if all(abs(each) <= _PROBE for each in off):
        return None
    beyond = first if abs(off[0]) >= abs(off[1]) else first + 1
    side = connection.side[beyond]
    return connection.finding(
        FindingId.CHALLENGE_ACK,
        range(first, last + 1),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("numbers-rewritten", "data-injected", "missed-packets"),
        shape="loop",
        sender=SIDES[1 - side],
        other=SIDES[side],
        count=count,
        first_frame=connection.frame[first],
        last_frame=connection.frame[last],
        delay_s=connection.seconds(first, last),
        off_bytes=max(map(abs, off)),
        rate=round(count / connection.seconds(first, last)),
    )
