"""Rules about paths that stop delivering packets (rules/findings.md#liveness)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tcptui.analysis.path_distance import from_other_distance
from tcptui.analysis.resend.resend import Resend
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import RESET, SUSPECT
from tcptui.findings.life_signs import served_meanwhile, silent_since_syn_ack
from tcptui.findings.rules.path_mtu import BY_TIMER, last_tries, too_large_so_far
from tcptui.model.batched import integer, largest, places_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import ACK

if TYPE_CHECKING:
    from tcptui.analysis.stream.same_server import Sibling

#: rules/findings.md#path-lost: fewest retransmissions by timer without any packet of the peer …
REPEATS: Final = 3
#: … and least silence, in multiples of the wait before the first of them.
SILENT_WAITS: Final = 3
#: Least ratio of last to first wait that shows a timer's backoff (RFC 6298, 5.5: it doubles; a probe's does not).
BACKED_OFF: Final = 1.3
#: A middlebox drops the state of a connection only while it is idle, for at least this long …
IDLE_NS: Final = 1_000_000_000
#: … or, where no other connection proves that the server is alive, this long (the shortest idle time-out in the field).
LONG_IDLE_NS: Final = 30_000_000_000
#: A host that died, or what takes over its address, serves again after this long at the earliest.
COMES_BACK_NS: Final = 30_000_000_000


@dataclass(frozen=True, slots=True)
class _Outage:
    """Retransmissions of one end, with no packet of the other end since the segment that began them."""

    side: int
    original: int
    """Index of the first segment with data or FIN after the other end's last packet."""
    tries: list[int]
    """Indexes of the retransmissions."""
    silent_ns: int
    """Time from `original` to the end of the capture."""


def _outage(connection: ConnectionFacts) -> _Outage | None:
    """The unanswered retransmissions at the end of the stream, if there are enough, with growing waits; else None."""
    for side in (0, 1):
        heard = int(connection.space.latest[1 - side][-1])
        late = [
            r
            for r in connection.resends
            if r.index > heard
            and connection.side[r.index] == side
            and r.cause in BY_TIMER
            and connection.consumes_numbers(r.index)
        ]
        found = _backed_off(connection, side, late, heard)
        if found is not None:
            return found
    return None


def _backed_off(connection: ConnectionFacts, side: int, resends: list[Resend], heard: int) -> _Outage | None:
    """The outage that ``resends`` of ``side`` show, with growing waits and silence since index ``heard``; or None.

    Told are the tries of one segment, that of the last of them.  Where its first copy left before the peer's last
    packet, the first try after that packet begins the outage.
    """
    tries = last_tries(connection, resends)
    if heard < 0 or not tries:
        return None
    before = range(heard + 1, tries[0])
    start = next(
        (
            i
            for i in before
            if connection.side[i] == side
            and connection.seq[i] == connection.seq[tries[0]]
            and connection.consumes_numbers(i)
        ),
        -1,
    )
    if start < 0:
        start, tries = tries[0], tries[1:]
    if len(tries) < REPEATS:
        return None
    gaps = [connection.time[b] - connection.time[a] for a, b in pairwise(tries)]
    if gaps[-1] < BACKED_OFF * gaps[0] or any(after < before for before, after in pairwise(gaps)):
        return None
    first_wait = connection.time[tries[0]] - connection.time[start]
    silent = connection.view.capture_end_ns - connection.time[start]
    if silent < SILENT_WAITS * first_wait or _ignored_before(connection, side, tries[0], heard):
        return None
    return _Outage(side, start, tries, silent)


def _ignored_before(connection: ConnectionFacts, side: int, first: int, heard: int) -> bool:
    """Whether the timer had sent the segment ``first`` before the peer's last packet ``heard``, which ignores it.

    Then it went missing while the peer could still be heard: the path had not ended with the peer's last packet.
    """
    return any(
        r.index < heard
        and r.cause is ResendCause.RTO
        and connection.side[r.index] == side
        and connection.seq[r.index] == connection.seq[first]
        for r in connection.resends
    )


def _idle_ns(connection: ConnectionFacts, outage: _Outage) -> int:
    """How long neither end had sent anything when the first unanswered segment was sent (nanoseconds)."""
    before = outage.original - 1  # there is one: the peer was heard (`_backed_off`)
    return connection.time[outage.original] - connection.time[before]


def path_lost(connection: ConnectionFacts) -> Finding | None:
    """`path-lost`: data retransmitted three times or more, with growing waits, and no packet of the peer since.

    Linux gives up without a RST (ETIMEDOUT).  Likely for a capture at the sender, else possible.  No finding
    for a capture at the peer: the retransmissions do arrive there, and the host itself does not answer.
    `_answers_lost` is the case in which the peer's answers are captured.  That a NAT dropped the connection
    is an alternative only after `LONG_IDLE_NS` without a packet.  Shapes ``alone`` and ``fin-alone``: the server
    answers another connection meanwhile, so neither the host nor the whole path is gone.
    """
    if not all(connection.packets_by_side):
        return None
    outage = _outage(connection)
    if outage is None:
        return _answers_lost(connection)
    side, tries = outage.side, outage.tries
    if connection.at_receiver(side):
        return None  # the retransmissions do arrive: it is this host that does not answer
    only_fin = not any(connection.length[i] for i in tries)
    beside = -1 if side else served_meanwhile(connection, [outage.original, *tries])
    alternatives: tuple[str, ...] = ("peer-dead", "one-sided")
    if beside >= 0:
        alternatives = ("nat-forgot", "balanced-host", "input-filter")
    elif _idle_ns(connection, outage) >= LONG_IDLE_NS:
        alternatives = ("peer-dead", "nat-forgot", "one-sided")
    large = too_large_so_far(connection, side, tries[0])
    if large:
        alternatives += ("path-mtu",)
    mute = not side and silent_since_syn_ack(connection)
    if mute:
        alternatives += ("accept-queue-full",)
    sure = connection.at_sender(side) and beside < 0 and not large and not mute
    shape = (("fin", only_fin), ("alone", beside >= 0))
    return connection.finding(
        FindingId.PATH_LOST,
        [outage.original, *tries],
        Severity.NOTE if only_fin or not _outlasts(connection, outage) else Severity.ERROR,
        Confidence.LIKELY if sure else Confidence.POSSIBLE,
        alternatives,
        shape="-".join(part for part, true in shape if true),
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(tries),
        first_frame=connection.frame[outage.original],
        last_frame=connection.frame[tries[-1]],
        intervals=connection.intervals([outage.original, *tries]),
        silent_s=outage.silent_ns / 1e9,
        tried_s=connection.seconds(outage.original, tries[-1]),
        address=(connection.view.client if side else connection.view.server).host,
        position=connection.position.value,
        **({"beside_stream": beside} if beside >= 0 else {}),
    )


def _outlasts(connection: ConnectionFacts, outage: _Outage) -> bool:
    """Whether there were more than `REPEATS` tries, or silence after the last one for twice the last wait."""
    last_wait = connection.time[outage.tries[-1]] - connection.time[outage.tries[-2]]
    return len(outage.tries) > REPEATS or connection.watched_after(outage.tries[-1]) >= 2 * last_wait


def _answers_lost(connection: ConnectionFacts) -> Finding | None:
    """`path-lost` (shape ``answers``), captured at the peer: it answers, but no answer reaches the sender.

    The sender would echo the newest timestamp that it received (RFC 7323, 4.3), and never echoes an answer's.  Of a
    FIN nothing follows whether the last answer arrived or not.
    """
    view = connection.view
    for side in (0, 1):
        again = [
            r
            for r in connection.resends
            if connection.side[r.index] == side and r.cause in BY_TIMER and r.previous >= 0
        ]
        tail = [
            r
            for r in again
            if connection.seq[r.index] == connection.seq[again[-1].index] and connection.consumes_numbers(r.index)
        ]
        if len(tail) < REPEATS or int(connection.space.latest[side][-1]) != tail[-1].index:
            continue
        first, last = tail[0].index, tail[-1].index
        covered = places_of(connection.space.acknowledged[side], integer(connection.space.end[first]), side="left")
        answers = [i for i in range(int(covered), connection.count) if connection.side[i] != side]
        if not answers or answers[0] > first or not connection.at_receiver(side):
            continue
        echoes = {view.ts_echo.item(r.index) for r in tail if int(view.options[r.index]) & OptionBit.TIMESTAMPS}
        if len(echoes) != 1 or echoes & {view.ts_value.item(i) for i in answers}:
            continue
        only_fin = not any(connection.length[r.index] for r in tail)
        return connection.finding(
            FindingId.PATH_LOST,
            [answers[0], *(r.index for r in tail), *(i for i in answers if i > first)][:12],
            Severity.NOTE if only_fin else Severity.ERROR,
            Confidence.POSSIBLE if only_fin else Confidence.LIKELY,
            ("answers-other-way", "input-filter"),
            shape="answers",
            sender=SIDES[side],
            other=SIDES[1 - side],
            count=len(tail),
            first_frame=connection.frame[first],
            last_frame=connection.frame[last],
            intervals=connection.intervals([r.index for r in tail]),
            silent_s=connection.seconds(answers[0], last),
            tried_s=connection.seconds(first, last),
            answer_frame=connection.frame[answers[0]],
            address=(connection.view.server if side else connection.view.client).host,
            position=connection.position.value,
        )
    return None


def idle_connection_dropped(connection: ConnectionFacts) -> Finding | None:
    """`idle-connection-dropped`: no answer after an idle time, while a new connection to the same server works.

    The most frequent fault of its class: a NAT, firewall or load balancer dropped the state of the flow.
    The new connection, begun before the next try was due or a host can have come back, excludes a dead server and a
    dead path, so a second of idle time is enough.
    Without one, only thirty seconds and more make it a possible cause, which `path_lost` names.
    Where the device sends a RST, a TTL other than the server's gives it away.
    """
    return _mute_after_idle(connection) or reset_after_idle(connection)


def _mute_after_idle(connection: ConnectionFacts) -> Finding | None:
    outage = _outage(connection)
    if outage is None or outage.side or not all(connection.packets_by_side):
        return None
    idle = _idle_ns(connection, outage)
    if idle < IDLE_NS or not connection.length[outage.original] or connection.fins:
        return None  # an unanswered close does no harm
    last, before = outage.tries[-1], outage.tries[-2]
    # What began later does not show that the host was well while the tries went unanswered.
    until_ns = connection.time[last] + largest(connection.time[last] - connection.time[before], COMES_BACK_NS)
    stream, began_ns = connection.of_siblings(_first_served, connection.time[outage.original], until_ns)
    if stream < 0:
        return None
    return connection.finding(
        FindingId.IDLE_CONNECTION_DROPPED,
        [outage.original - 1, outage.original, *outage.tries],
        Severity.ERROR,
        Confidence.LIKELY,
        ("server-forgot", "path-lost"),
        shape="mute",
        sender=SIDES[outage.side],
        other=SIDES[1 - outage.side],
        count=len(outage.tries),
        idle_s=idle / 1e9,
        last_good_frame=connection.frame[outage.original - 1],
        first_frame=connection.frame[outage.original],
        last_frame=connection.frame[outage.tries[-1]],
        new_stream=stream,
        later_s=(began_ns - connection.time[outage.original]) / 1e9,
        silent_s=outage.silent_ns / 1e9,
        tried_s=connection.seconds(outage.original, outage.tries[-1]),
        address=connection.view.server.host,
    )


def _first_served(siblings: list[Sibling], after_ns: int, until_ns: int) -> tuple[int, int]:
    """The first of ``siblings`` to begin between these times in which bytes were answered, and when; -1: none."""
    served = (one for one in siblings if one.answered_bytes and after_ns < one.began_ns <= until_ns)
    return next(((one.stream, one.began_ns) for one in served), (-1, 0))


def reset_after_idle(connection: ConnectionFacts) -> Finding | None:
    """`idle-connection-dropped` (shape ``reset``): a RST without ACK answers the first data after an idle time.

    It came from another distance than its alleged sender's packets.
    """
    rst = connection.first_reset
    if rst < 0 or not all(connection.packets_by_side):
        return None
    side = connection.side[rst]
    asked = int(connection.space.latest[1 - side][rst])
    before = int(connection.space.latest[side][rst - 1]) if rst else -1
    if asked < 1 or before < 0 or connection.flags[rst] & ACK or any(i < rst for i in connection.fins):
        return None
    start = next(
        (i for i in range(before + 1, asked + 1) if connection.side[i] != side and connection.length[i]), asked
    )
    idle = connection.time[start] - connection.time[start - 1] if start else 0
    usual, found = integer(connection.view.ttl[before]), integer(connection.view.ttl[rst])
    if (
        idle < IDLE_NS
        or not from_other_distance(connection.view.ttl[rst], connection.view.ttl[before])
        or any(i > rst and connection.side[i] == side for i in range(connection.count))
    ):
        return None
    return connection.finding(
        FindingId.IDLE_CONNECTION_DROPPED,
        (start - 1, start, rst),
        Severity.ERROR,
        Confidence.LIKELY,
        ("restarted", "rst-injected"),
        shape="reset",
        sender=SIDES[1 - side],
        other=SIDES[side],
        idle_s=idle / 1e9,
        last_good_frame=connection.frame[start - 1],
        first_frame=connection.frame[start],
        rst_frame=connection.frame[rst],
        ttl=found,
        usual_ttl=usual,
        answer_s=connection.seconds(asked, rst),
        address=(connection.view.server if side else connection.view.client).host,
    )


RULES: Final = (
    (SUSPECT, path_lost),
    (SUSPECT | RESET, idle_connection_dropped),
)
