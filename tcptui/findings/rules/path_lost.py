"""Rules about paths that stop delivering packets, or deliver no large ones (rules/findings.md#liveness)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.path_distance import from_other_distance
from tcptui.analysis.resend.resend import Resend
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import RESET, SUSPECT
from tcptui.findings.icmp_quote import first_quote
from tcptui.findings.life_signs import heard_after, served_meanwhile, silent_but_syn_ack, silent_since_syn_ack
from tcptui.model.arrays import chunks, indexes_of
from tcptui.model.batched import integer, largest, places_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_HALF
from tcptui.model.tcp_flags import ACK, SYN

if TYPE_CHECKING:
    from tcptui.analysis.stream.same_server import Sibling
    from tcptui.model.packet_store import I64

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
#: Payload of the 576-byte datagram that every IPv4 host accepts (RFC 791): only larger segments are suspected.
SMALL_BYTES: Final = 536

#: Fewest retransmissions by timer of one large segment that may be a black hole without a smaller one that passed.
UNHEALED: Final = 3
#: A peer that is heard this soon after a try has probably received it (or within two round trips, if longer).
AT_ONCE_NS: Final = 100_000_000

_BY_TIMER: Final = frozenset({ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN})


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
            and r.cause in _BY_TIMER
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
    tries = _last_tries(connection, resends)
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
            if connection.side[r.index] == side and r.cause in _BY_TIMER and r.previous >= 0
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


def path_mtu_blackhole(connection: ConnectionFacts) -> Finding | None:
    """`path-mtu-blackhole`: large segments are lost repeatedly; the same bytes in smaller segments arrive.

    Likely for a capture at the sender when the smaller segment was acknowledged at once, else possible.  With
    a router's ICMP error *packet too big* (RFC 1191, RFC 8201) it is no black hole.  Likely, as shape ``sacked``,
    where what the peer reports by SACK and what is missing differ by their size; possible, as ``unhealed``, where no
    smaller one is reported and the peer can still be heard.
    """
    if first_quote(connection, lambda error: error.too_big) is not None:
        return None
    for side in (0, 1):
        timed = [
            r
            for r in connection.resends
            if r.cause is ResendCause.RTO and connection.side[r.index] == side and connection.length[r.index]
        ]
        found = (
            _swallowed(connection, side, timed)
            or _only_small_arrive(connection, side, timed)
            or _never_smaller(connection, side, timed)
        )
        if found is not None:
            return found
    return None


def _swallowed(connection: ConnectionFacts, side: int, timed: list[Resend]) -> Finding | None:
    """The ordinary shape, from the data that ``side`` sent again by its timer."""
    large = [r for r in timed if connection.length[r.index] > SMALL_BYTES and r.previous >= 0]
    if len(timed) < 2 or not large:
        return None
    hole = connection.seq[large[0].index]
    size = connection.length[large[0].index]
    tries = [r.index for r in large if connection.seq[r.index] == hole and connection.length[r.index] == size]
    previous = large[0].previous
    smaller = [
        r.index
        for r in timed
        if connection.seq[r.index] == hole and connection.length[r.index] < size and r.index > tries[-1]
    ]
    passed = _largest_acknowledged(connection, side, until=tries[-1])
    if passed >= size or not smaller:
        return None
    cover = places_of(connection.space.acknowledged[side], integer(connection.space.end[smaller[0]]), side="left")
    if int(cover) >= connection.count:
        return None
    healed = int(cover)
    prompt = connection.time[healed] - connection.time[smaller[0]] <= largest(2 * connection.rtt_ns, AT_ONCE_NS)
    mute = not side and silent_but_syn_ack(connection, tries[-1])
    return connection.finding(
        FindingId.PATH_MTU_BLACKHOLE,
        [previous, *tries, smaller[0], healed],
        Severity.WARNING,
        Confidence.LIKELY if connection.at_sender(side) and prompt and not mute else Confidence.POSSIBLE,
        ("accept-queue-full", "loss-by-chance", "mtu-lowered") if mute else ("loss-by-chance", "mtu-lowered"),
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(tries),
        large_bytes=size,
        small_bytes=connection.length[smaller[0]],
        original_frame=connection.frame[previous],
        first_frame=connection.frame[tries[0]],
        last_frame=connection.frame[tries[-1]],
        small_frame=connection.frame[smaller[0]],
        healed_frame=connection.frame[healed],
        lasted_s=connection.seconds(previous, healed),
        address=(connection.view.client if side else connection.view.server).host,
    )


def _last_tries(connection: ConnectionFacts, resends: list[Resend]) -> list[int]:
    """Indexes of those of ``resends`` that are copies of the segment that the last of them is a copy of."""
    return [r.index for r in resends if connection.seq[r.index] == connection.seq[resends[-1].index]]


def _unhealed_tries(connection: ConnectionFacts, side: int, timed: list[Resend]) -> list[int]:
    """The last tries of ``side``, `UNHEALED` at least, of a segment that was never acknowledged; else none.

    None at the receiver, either, which these tries did reach.
    """
    tries = [] if connection.at_receiver(side) else _last_tries(connection, timed)
    if len(tries) < UNHEALED:
        return []
    acknowledged, end = connection.space.acknowledged[side][-1], connection.space.end[tries[0]]
    return [] if integer(acknowledged) >= integer(end) else tries


def _never_smaller(connection: ConnectionFacts, side: int, timed: list[Resend]) -> Finding | None:
    """Shape ``unhealed``: nothing as large was ever acknowledged, and the peer is heard amid the tries and after.

    Not where the peer answers the tries at once (they arrive, and are ignored), nor where small segments of the peer
    come again (then the small ACKs of ``side`` get lost, too).
    """
    tries = _unhealed_tries(connection, side, timed)
    if not tries:
        return None
    first, last = tries[0], tries[-1]
    size = connection.length[first]
    if timed[-len(tries)].previous < 0 or not too_large_so_far(connection, side, connection.count - 1, size):
        return None
    heard = heard_after(connection, side, first)
    if heard >= 0 and connection.flags[heard] & SYN:
        return None  # the server repeats its SYN-ACK: it has not taken the handshake, so size is not the question
    if heard < 0 or _answered_at_once(connection, side, tries) or _small_again(connection, side, first):
        return None
    previous = timed[-len(tries)].previous
    if _small_ones_missing(connection, side, previous):
        return None
    patient = connection.watched_after(last) >= 2 * (connection.time[last] - connection.time[tries[-2]])
    return connection.finding(
        FindingId.PATH_MTU_BLACKHOLE,
        [previous, *tries, heard],
        Severity.ERROR if patient and not connection.context.live else Severity.WARNING,
        Confidence.POSSIBLE,
        ("one-way-lost", "loss-by-chance", "input-filter"),
        shape="unhealed",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(tries),
        large_bytes=size,
        passed_bytes=_largest_acknowledged(connection, side, until=connection.count - 1),
        original_frame=connection.frame[previous],
        first_frame=connection.frame[first],
        last_frame=connection.frame[last],
        heard_frame=connection.frame[heard],
        lasted_s=connection.seconds(previous, last),
        address=(connection.view.client if side else connection.view.server).host,
    )


def _only_small_arrive(connection: ConnectionFacts, side: int, timed: list[Resend]) -> Finding | None:
    """Shape ``sacked``: from one segment on all large ones of ``side`` vanish, and a smaller one is SACKed.

    It may be amid a transfer of segments as large: a path can change.  Every segment that the peer has had time to
    report counts; one large that arrives, or one small that does not, and size is not what tells them apart.
    """
    tries = _unhealed_tries(connection, side, timed)
    if not tries:
        return None
    first, last = tries[0], tries[-1]
    size = connection.length[first]
    if size <= SMALL_BYTES:
        return None
    view = connection.view
    mine = (view.from_server == bool(side)) & (view.length > 0)
    original = int(indexes_of(mine & (view.seq == connection.seq[first]))[0])
    arrived, missing = _reported(connection, side, original)
    if not len(arrived) or not len(missing):
        return None
    largest_arrived = int(arrived[view.length[arrived].argmax()])
    passed = connection.length[largest_arrived]
    if passed >= int(view.length[missing].min()):
        return None
    if _answered_at_once(connection, side, tries) or _small_again(connection, side, first):
        return None
    by_sack = (view.from_server != bool(side)) & (view.sack_left <= view.seq[largest_arrived])
    by_sack &= view.sack_right >= view.end[largest_arrived]
    sacked = int(indexes_of(by_sack)[0])
    patient = connection.watched_after(last) >= 2 * (connection.time[last] - connection.time[tries[-2]])
    return connection.finding(
        FindingId.PATH_MTU_BLACKHOLE,
        [original, *tries, largest_arrived, sacked],
        Severity.ERROR if patient and not connection.context.live else Severity.WARNING,
        Confidence.LIKELY,
        ("loss-by-chance", "mtu-lowered"),
        shape="sacked",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(tries),
        missing=len(missing),
        large_bytes=size,
        small_bytes=passed,
        original_frame=connection.frame[original],
        first_frame=connection.frame[first],
        last_frame=connection.frame[last],
        small_frame=connection.frame[largest_arrived],
        sack_frame=connection.frame[sacked],
        lasted_s=connection.seconds(original, last),
        address=(connection.view.client if side else connection.view.server).host,
    )


def _reported(connection: ConnectionFacts, side: int, original: int) -> tuple[I64, I64]:
    """Segments with data of ``side`` from ``original`` on: those that the peer reports by SACK, and those it does not.

    Left out are those which the peer, as far as it was heard, may not have had the time to report.
    """
    view, space = connection.view, connection.space
    none = np.zeros(0, np.int64)
    theirs = view.from_server != bool(side)
    heard = int(space.latest[1 - side][-1])
    blocks = theirs & (view.sack_right > view.sack_left) & (view.sack_left >= view.seq[original])
    if heard < original or int(view.end.max()) >= SEQ_HALF or not blocks.any():
        return none, none
    left, right = view.sack_left[blocks].astype(np.int64), view.sack_right[blocks].astype(np.int64)
    order = np.argsort(left)
    left, right = left[order], np.maximum.accumulate(right[order])
    mine = indexes_of(~theirs & (view.length > 0))
    mine = mine[mine >= original]
    mine = mine[view.time_ns[mine] <= view.time_ns[heard] - connection.path_rtt_ns]
    at = np.searchsorted(left, view.seq[mine].astype(np.int64), "right") - 1
    in_block = (at >= 0) & (right[np.maximum(at, 0)] >= view.end[mine])
    return mine[in_block], mine[~in_block]


def _small_ones_missing(connection: ConnectionFacts, side: int, original: int) -> bool:
    """Whether small segments of ``side``, sent behind ``original``, are missing, too: then nothing passed, of any size.

    The peer would report them by SACK, had both ends agreed on it.
    """
    view = connection.view
    agreed = [i for i in connection.syns if int(view.options[i]) & OptionBit.SACK_PERMITTED]
    if len({connection.side[i] for i in agreed}) < 2:
        return False
    heard = int(connection.space.latest[1 - side][-1])
    if heard < 0:
        return False
    small = (view.from_server == bool(side)) & (view.length > 0) & (view.length <= SMALL_BYTES)
    sent = indexes_of(small)
    sent = sent[(sent > original) & (view.time_ns[sent] <= view.time_ns[heard] - connection.path_rtt_ns)]
    beyond = sent[view.seq[sent] > view.seq[original]]
    arrived, _missing = _reported(connection, side, original)
    return bool(np.setdiff1d(beyond, arrived).size)


def _answered_at_once(connection: ConnectionFacts, side: int, tries: list[int]) -> bool:
    """Whether the peer sent something right after each of two or more tries: then those arrived."""
    soon = largest(2 * connection.rtt_ns, AT_ONCE_NS)
    prompt = 0
    for i in tries:
        heard = heard_after(connection, side, i)
        prompt += heard >= 0 and connection.time[heard] - connection.time[i] <= soon
    return prompt > 1


def _small_again(connection: ConnectionFacts, side: int, first: int) -> bool:
    """Whether the peer sent a small segment, data or FIN, again after ``first``: an ACK for it got lost, or itself.

    So it is with a larger one that had been acknowledged here: then it was the ACK.
    """
    acknowledged = connection.space.acknowledged[1 - side]
    return any(
        r.index > first
        and connection.side[r.index] != side
        and r.cause in _BY_TIMER
        and connection.consumes_numbers(r.index)
        and (
            connection.length[r.index] <= SMALL_BYTES
            or integer(acknowledged[r.index - 1]) >= integer(connection.space.end[r.index])
        )
        for r in connection.resends
    )


def too_large_so_far(connection: ConnectionFacts, side: int, i: int, size: int = 0) -> bool:
    """Whether nothing as large as segment ``i`` (or ``size`` bytes) had been reported as received by then.

    A SACK block counts as a segment of its length.  False for segments that every path carries (`SMALL_BYTES`).
    """
    size = size or connection.length[i]
    if size <= SMALL_BYTES or _largest_acknowledged(connection, side, until=i) >= size:
        return False
    view = connection.view
    blocks = (view.sack_right[: i + 1] - view.sack_left[: i + 1])[view.from_server[: i + 1] != bool(side)]
    return int(blocks.max(initial=0)) < size


def _largest_acknowledged(connection: ConnectionFacts, side: int, until: int) -> int:
    """Payload bytes of the longest segment of ``side`` that was acknowledged by segment ``until``; 0 without one."""
    space = connection.space
    covered = integer(space.acknowledged[side][until])
    longest = 0
    for part in chunks(until + 1):
        mine = (connection.view.from_server[part] == bool(side)) & (space.end[part] <= covered)
        longest = max(longest, integer(connection.view.length[part][mine].max(initial=0)))
    return longest


RULES: Final = (
    (SUSPECT, path_lost),
    (SUSPECT | RESET, idle_connection_dropped),
    (SUSPECT, path_mtu_blackhole),
)
