"""Rules about TCP keep-alives, answered and unanswered (rules/findings.md#liveness)."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import SUSPECT
from tcptui.model.batched import integer, largest, upper_median
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

#: rules/findings.md#keep-alive: silence before a keep-alive.
IDLE_NS: Final = 1_000_000_000
#: So many answers that all come from another distance than their end's other segments …
ANSWERS_LEAST: Final = 2
#: … by at least so many hops: a route that changes adds or takes one.
APART_HOPS: Final = 2
#: So many segments may have crossed a keep-alive on their way.
_CROSSING: Final = 64
#: Unanswered keep-alives are equally spaced when no interval differs from the median by more than this share of it.
SPACING_TOLERANCE: Final = 0.2


def _probes(connection: ConnectionFacts) -> list[int]:
    return [resend.index for resend in connection.resends if resend.cause is ResendCause.KEEP_ALIVE]


def _unanswered_tail(connection: ConnectionFacts, probes: list[int]) -> list[int]:
    """The ``probes`` that the last prober sent after its peer's last packet: unanswered keep-alives."""
    tail: list[int] = []
    if not probes:
        return tail
    side = connection.side[probes[-1]]
    silent_from = int(connection.space.latest[1 - side][-1])
    return [i for i in probes if i > silent_from and connection.side[i] == side]


def keep_alive(connection: ConnectionFacts) -> Finding | None:
    """`keep-alive`: segments one below the next number, nothing in flight, after silence (RFC 1122, 4.2.3.6)."""
    if not connection.verdicts & Verdict.KEEP_ALIVE:
        return None
    probes = _probes(connection)
    tail = set(_unanswered_tail(connection, probes))
    answered = [i for i in probes if i not in tail and _answer(connection, i) >= 0 and not _refused(connection, i)]
    waits = [_silent_ns(connection, i) for i in answered]
    if not waits or largest(*waits) < IDLE_NS or _answers_lost(connection, probes) is not None:
        return None
    side = connection.side[answered[0]]
    answers = [_answer(connection, i) for i in answered]
    both = any(connection.side[i] != side for i in answered)
    evidence = [index for pair in zip(answered, answers, strict=True) for index in pair]
    own_ttl, answer_ttl = (0, 0) if both else _distances(connection, 1 - side, answers)
    proxied = own_ttl != answer_ttl
    unheard = proxied and integer(connection.space.acknowledged[side][-1]) < integer(connection.space.sent[side][-1])
    return connection.finding(
        FindingId.KEEP_ALIVE,
        evidence,
        Severity.WARNING if unheard else Severity.NOTE,
        Confidence.CERTAIN,
        ("answers-for-it", "path-changed") if proxied else (),
        shape="both" if both else "proxied" if proxied else "",
        own_ttl=own_ttl,
        answer_ttl=answer_ttl,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(answered),
        interval_s=upper_median(waits) / 1e9,
        first_frame=connection.frame[answered[0]],
        answer_frame=connection.frame[answers[0]] if answers[0] >= 0 else 0,
        probe_bytes=connection.length[answered[0]],
        probe_seq=connection.seq[answered[0]],
        next_seq=connection.end[answered[0]]
        if connection.length[answered[0]]
        else (connection.seq[answered[0]] + 1) & SEQ_MASK,
    )


def _distances(connection: ConnectionFacts, side: int, answers: list[int]) -> tuple[int, int]:
    """The TTL of what the programs of ``side`` said, and another one that all ``answers`` have; 0 twice without that.

    A bare ACK may be anybody's in that end's name; SYN-ACK, data and FIN are its own.
    """
    view = connection.view
    own = [
        view.ttl.item(i)
        for i in range(connection.count)
        if connection.side[i] == side and (connection.length[i] or connection.flags[i] & (SYN | FIN))
    ]
    theirs = [view.ttl.item(i) for i in answers]
    if len(answers) < ANSWERS_LEAST or not own or any(ttl != own[0] for ttl in own):
        return 0, 0
    one, other = own[0], theirs[0]
    if any(ttl != other for ttl in theirs):
        return 0, 0
    return (one, other) if abs(one - other) >= APART_HOPS else (0, 0)


def _silent_ns(connection: ConnectionFacts, probe: int) -> int:
    """How long before ``probe`` nothing came that its sender had sent, or acknowledges: more may have crossed it."""
    side, acknowledged = connection.side[probe], integer(connection.space.ack[probe])
    for i in range(probe - 1, max(probe - _CROSSING, 0) - 1, -1):
        if connection.side[i] == side or integer(connection.space.end[i]) <= acknowledged:
            return connection.time[probe] - connection.time[i]
    return connection.time[probe] - connection.time[max(probe - 1, 0)]


def _answer(connection: ConnectionFacts, probe: int) -> int:
    """Index of the peer's first packet among the next seven after ``probe``; -1 without one."""
    side = connection.side[probe]
    return next((i for i in range(probe + 1, min(probe + 8, connection.count)) if connection.side[i] != side), -1)


def _refused(connection: ConnectionFacts, probe: int) -> bool:
    """Whether a RST is all that answered ``probe``: that host knows no such connection any more."""
    answer = _answer(connection, probe)
    return answer >= 0 and bool(connection.flags[answer] & RST)


def keep_alive_timeout(connection: ConnectionFacts) -> Finding | None:
    """`keep-alive-timeout`: two or more equally spaced keep-alives unanswered, then RST|ACK or silence."""
    if not connection.verdicts & Verdict.KEEP_ALIVE:
        return None
    probes = _probes(connection)
    tail = _unanswered_tail(connection, probes)
    if len(tail) < 2:
        return _answers_lost(connection, probes)
    gaps = [connection.time[b] - connection.time[a] for a, b in pairwise(tail)]
    middle = upper_median(gaps)
    if middle < IDLE_NS // 2 or any(abs(gap - middle) > SPACING_TOLERANCE * middle for gap in gaps):
        return None
    side = connection.side[tail[-1]]
    rst = next((i for i in connection.rsts if i > tail[-1] and connection.side[i] == side), -1)
    if rst < 0 and connection.watched_after(tail[-1]) < middle:
        return None
    return connection.finding(
        FindingId.KEEP_ALIVE_TIMEOUT,
        (*tail, rst),
        Severity.ERROR,
        _sure_of_silence(connection, side, rst),
        # At the prober nothing is lost behind this point, only on its way here.
        ("peer-dead", "nat-expired", "path-lost")
        if connection.at_sender(side)
        else ("peer-dead", "nat-expired", "answers-lost"),
        shape="reset" if rst >= 0 else "silence",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(tail),
        interval_s=middle / 1e9,
        first_frame=connection.frame[tail[0]],
        last_frame=connection.frame[tail[-1]],
        rst_frame=connection.frame[rst] if rst >= 0 else 0,
        silent_s=connection.seconds(max(0, tail[0] - 1), tail[-1]),
    )


def _sure_of_silence(connection: ConnectionFacts, side: int, rst: int) -> Confidence:
    """The confidence that no answer came.

    At the prober its RST proves it.  Near the other end the answers may merely not have been captured.
    """
    if connection.at_receiver(side):
        return Confidence.POSSIBLE
    return Confidence.CERTAIN if rst >= 0 and connection.at_sender(side) else Confidence.LIKELY


def _answers_lost(connection: ConnectionFacts, probes: list[int]) -> Finding | None:
    """`keep-alive-timeout` (shape ``answers-lost``): each probe was answered, but no answer reached the prober.

    The timestamps that the prober echoes, in its final RST as well, are never those of an answer.  A segment
    echoes the newest timestamp that its sender has received (RFC 7323, 4.3).  Answers are bare ACKs: of data that come
    again no timestamp is taken.  At the prober all that passes here has arrived.
    """
    view = connection.view
    rst = next((i for i in connection.rsts if probes and i > probes[-1]), -1)
    if rst < 0 or connection.side[rst] != connection.side[probes[-1]] or not connection.flags[rst] & ACK:
        return None
    side = connection.side[rst]
    tail = [i for i in probes if connection.side[i] == side]
    answers = [_answer(connection, i) for i in tail]
    stamped = [i for i in (*tail, rst) if int(view.options[i]) & OptionBit.TIMESTAMPS]
    echoes = {view.ts_echo.item(i) for i in stamped}
    if connection.at_sender(side) or any(connection.length[i] for i in answers):
        return None
    if len(tail) < 2 or min(answers) < 0 or len(stamped) <= len(tail) or len(echoes) != 1:
        return None
    if echoes & {view.ts_value.item(i) for i in answers}:
        return None
    gaps = [connection.time[b] - connection.time[a] for a, b in pairwise([*tail, rst])]
    return connection.finding(
        FindingId.KEEP_ALIVE_TIMEOUT,
        (*(i for pair in zip(tail, answers, strict=True) for i in pair), rst),
        Severity.ERROR,
        Confidence.LIKELY,
        ("answers-other-way",),
        shape="answers-lost",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(tail),
        interval_s=upper_median(gaps) / 1e9,
        first_frame=connection.frame[tail[0]],
        last_frame=connection.frame[tail[-1]],
        rst_frame=connection.frame[rst],
        answer_frame=connection.frame[answers[0]],
        silent_s=connection.seconds(max(0, tail[0] - 1), tail[-1]),
    )


RULES: Final = (
    (SUSPECT, keep_alive),
    (SUSPECT, keep_alive_timeout),
)
