"""Rules about what limits a transfer: the sending program, its send buffer, the path (rules/findings.md#speed)."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.analysis.resend.ip_id import PacketNumbers
from tcptui.analysis.timing.budget_parts import Part
from tcptui.analysis.timing.pushes import ends_data, pushes_each
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import NO_LIMIT_NS, largest_segment, window_edges
from tcptui.findings.arrival_rate import ArrivalRate, arrival_rate
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import HOLES, SLOW
from tcptui.findings.rtt_vs_flight import RttVersusFlight, round_trips
from tcptui.findings.rules.nagle import delayed_segments
from tcptui.findings.rules.receive_window import sent_bytes, transfer_ns
from tcptui.findings.rules.retransmission import fast_retransmission
from tcptui.findings.window_restart import RESTARTS, Restart, restarts
from tcptui.model.arrays import chunks, flatnonzero32, indexes_of, top_k
from tcptui.model.batched import in_each, integer, largest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32, I64
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import ECE, SYN

#: A transfer is limited by what takes more than this share (percent) of it …
LIMITED_PERCENT: Final = 50
#: … and at least this time …
TRANSFER_NS: Final = 200_000_000
#: … and this many round trips: shorter transfers are limited by their first round trips alone.
TRANSFER_RTTS: Final = 5
#: `sender-application-limited`: at least this many pauses …
PAUSES: Final = 3
#: … each longer than a round trip and than this.
PAUSE_NS: Final = 20_000_000
#: `send-buffer-limited`: at least this many full flights …
FLIGHTS: Final = 10
#: … that differ by at most this (percent) …
SIMILAR_PERCENT: Final = 20
#: … and are smaller than this share (percent) of the window.
BELOW_WINDOW_PERCENT: Final = 80
#: `path-limited`: fewest losses, more than a round trip apart, that are a sign of the path's limit.
LOSSES: Final = 2
#: `queueing-delay`: round trips grow to at least this many times the lowest …
QUEUE_TIMES: Final = 2
#: … and by at least this much.
QUEUE_NS: Final = 20_000_000
#: A queue that delays everybody else: round trips of at least this many times the lowest …
COSTLY_QUEUE_TIMES: Final = 4
#: … and longer than that by at least this.
COSTLY_QUEUE_NS: Final = 200_000_000
#: Without a queue, round trips stay below this (percent of the lowest).
STEADY_PERCENT: Final = 150


def _confidence(connection: ConnectionFacts, side: int, at_sender: Confidence, elsewhere: Confidence) -> Confidence:
    if connection.signs & HOLES:
        return Confidence.POSSIBLE
    return at_sender if connection.at_sender(side) else elsewhere


def _clocked_ns(connection: ConnectionFacts, side: int) -> int:
    """Total time in ns that ``side`` waited for ACKs of full flights, without recovery; computed once a view."""
    kept = connection.view.kept
    if (_clocked_ns, side) not in kept:
        gaps = connection.budget.sends[side]
        clocked = np.zeros(0, np.int32) if gaps is None else gaps.which[gaps.having(SendGapReason.CLOCKED)]
        kept[_clocked_ns, side] = connection.budget.waits.own_sum(clocked)
    return integer(kept[_clocked_ns, side])


def _rate(connection: ConnectionFacts, gaps: SendGaps, side: int) -> int:
    """Bytes per second in the transfers of ``side``."""
    return sent_bytes(connection, gaps) * 1_000_000_000 // largest(transfer_ns(connection, side), 1)


def _long_enough(connection: ConnectionFacts, spent_ns: int) -> bool:
    return spent_ns >= largest(TRANSFER_NS, TRANSFER_RTTS * connection.rtt_ns)


def sender_application_limited(connection: ConnectionFacts) -> Finding | None:
    """`sender-application-limited`: neither window nor ACKs held the sender back; its program had nothing to send."""
    if connection.budget[Part.SENDER] < TRANSFER_NS:
        return None
    for side in (0, 1):
        gaps = connection.budget.sends[side]
        if gaps is None:
            continue
        spent = transfer_ns(connection, side)
        paused = gaps.having(SendGapReason.PAUSE | SendGapReason.DRAINED)
        own = connection.budget.waits.own(gaps.which[paused])
        segment, before = largest_segment(connection.view, side), gaps.befores(paused)
        length, flags = connection.view.length[before], connection.view.flags[before]
        # Without the handshake a silence of a pushed segment may be that of a full window.
        each = connection.mid_stream and pushes_each(connection.view, side, segment)
        chosen = (length < segment) | ends_data(flags, length, segment, each)
        chosen &= own > largest(PAUSE_NS, connection.rtt_ns)
        chosen &= ~np.isin(paused, delayed_segments(connection, side))
        paused, own = paused[chosen], own[chosen]
        total = integer(own.sum())
        if len(paused) < PAUSES or total * 100 <= LIMITED_PERCENT * spent or not _long_enough(connection, total):
            continue
        return _paused(connection, side, gaps, paused, own)
    return None


def _paused(connection: ConnectionFacts, side: int, gaps: SendGaps, chosen: I32, own: I64) -> Finding:
    worst = int(np.argmax(own))
    before, after = _ends(gaps, chosen[worst : worst + 1])
    total = integer(own.sum())
    return connection.finding(
        FindingId.SENDER_APPLICATION_LIMITED,
        [before, after, *_ends(gaps, chosen[:6])],
        Severity.NOTE,
        _confidence(connection, side, Confidence.LIKELY, Confidence.POSSIBLE),
        ("sender-busy", "sender-buffer"),
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=len(chosen),
        first_frame=connection.frame[before],
        next_frame=connection.frame[after],
        worst_s=integer(own[worst]) / 1e9,
        usual_s=in_each(_median_s, own),
        total_s=total / 1e9,
        percent=100 * total // largest(transfer_ns(connection, side), 1),
    )


def _median_s(times_ns: I64 | list[int]) -> float:
    return int(np.median(times_ns)) / 1e9


def send_buffer_limited(connection: ConnectionFacts) -> Finding | None:
    """`send-buffer-limited`: every flight ends at the same size, below the window, and nothing is lost.

    A clamped congestion window and a traffic shaper look the same: never more than possible.
    """
    if connection.budget[Part.NETWORK_LIMITED] < TRANSFER_NS:
        return None
    for side in (0, 1):
        gaps = connection.budget.sends[side]
        if gaps is None or _losses(connection, side):
            continue
        flights = _full_flights(connection, side, gaps)
        if flights is None or not _flat(flights, largest_segment(connection.view, side)):
            continue
        plateau, window = int(np.median(flights)), int(np.median(_room(connection, side, gaps)))
        trips = round_trips(connection, side)
        low, high = trips.spread(connection.budget.delays.rtt_ns)
        if window >= NO_LIMIT_NS // 2 or plateau * 100 >= BELOW_WINDOW_PERCENT * window or _grows(low, high):
            continue
        shown = _ends(gaps, gaps.having(SendGapReason.CLOCKED)[-6:])
        return connection.finding(
            FindingId.SEND_BUFFER_LIMITED,
            shown,
            Severity.NOTE,
            Confidence.POSSIBLE,
            ("window-clamped", "shaper"),
            sender=SIDES[side],
            receiver=SIDES[1 - side],
            plateau_bytes=plateau,
            window_bytes=window,
            flights=len(flights),
            rtt_s=connection.path_rtt_ns / 1e9,
            rate_bytes=_rate(connection, gaps, side),
            first_frame=connection.frame[shown[0]],
            next_frame=connection.frame[shown[1]],
        )
    return None


def _ends(gaps: SendGaps, pairs: I32 | I64) -> list[int]:
    """Indexes of both segments of each of ``pairs``, one after the other."""
    return np.stack((gaps.befores(pairs), gaps.afters(pairs)), 1).reshape(-1).tolist()


def _room(connection: ConnectionFacts, side: int, gaps: SendGaps) -> I64:
    """Room in the peer's window, in bytes, at the earlier segment of each pair, by the ACKs captured before it."""
    view, space = connection.view, connection.space
    room = np.empty(len(gaps), np.int64)
    for part in chunks(len(gaps)):
        before = gaps.befores(part)
        heard = space.latest[1 - side][before]
        edges = np.where(heard >= 0, window_edges(view, space, np.maximum(heard, 0)), NO_LIMIT_NS)
        room[part] = edges - space.acknowledged[side][before]
    return room


def _full_flights(connection: ConnectionFacts, side: int, gaps: SendGaps) -> I64 | None:
    """Bytes in flight at each wait for an ACK, without the first third; None unless such waits limit the transfer."""
    total, spent = _clocked_ns(connection, side), transfer_ns(connection, side)
    if total * 100 <= LIMITED_PERCENT * spent or not _long_enough(connection, total):
        return None
    clocked = gaps.having(SendGapReason.CLOCKED)
    long = np.zeros(len(clocked), np.bool_)
    for part in chunks(len(clocked)):
        long[part] = connection.budget.waits.own(gaps.which[clocked[part]]) > connection.rtt_ns // 4
    waited = clocked[long]
    if len(waited) < FLIGHTS:
        return None
    flights: I64 = gaps.flight[waited[len(waited) // 3 :]].astype(np.int64)
    return flights


def _flat(flights: I64, segment: int) -> bool:
    """Whether the flights are all about the same size."""
    low, high = np.quantile(flights, (0.1, 0.9))
    return float(high - low) <= largest(2 * segment, SIMILAR_PERCENT * float(high) / 100)


def _grows(low: int, high: int) -> bool:
    return low > 0 and high * 100 > STEADY_PERCENT * low


def _losses(connection: ConnectionFacts, side: int, rtt_ns: int = 0) -> list[int]:
    """Indexes of resends of ``side`` that each begin a recovery: more than a round trip after the one before.

    ``rtt_ns``: how long round trips are then; 0: as long as in the opening.
    """
    rtt_ns = rtt_ns or connection.rtt_ns
    found: list[int] = []
    for resend in connection.resends:
        if connection.side[resend.index] == side and resend.cause in (ResendCause.FAST_RECOVERY, ResendCause.RTO):
            apart = connection.time[resend.index] - connection.time[found[-1]] if found else rtt_ns + 1
            if apart > rtt_ns:
                found.append(resend.index)
    return found


def path_limited(connection: ConnectionFacts) -> Finding | None:
    """`path-limited`: the transfer waits for ACKs of full flights, and there is a sign that the path is the reason.

    The congestion window is not on the wire: without a sign (repeated loss, round trips that grow with the flight, ECN,
    an initial window again behind each pause, away from the sender one rate of arrival) there is no finding.
    """
    if connection.budget[Part.NETWORK_LIMITED] < TRANSFER_NS:
        return None
    for side in (0, 1):
        gaps = connection.budget.sends[side]
        if gaps is None:
            continue
        # Time in recovery counts as part of the transfer here: an outage is no limit of the path.
        times = connection.view.time_ns
        spent = sum(integer((times[gaps.afters(part)] - times[gaps.befores(part)]).sum()) for part in chunks(len(gaps)))
        waited = _path_limited_pairs(gaps)
        total = connection.budget.waits.own_sum(gaps.which[waited])
        losses = _losses(connection, side)
        if total * 100 <= LIMITED_PERCENT * spent or not _long_enough(connection, total):
            continue
        trips = round_trips(connection, side)
        shape = _sign(connection, side, losses, trips)
        small = [] if shape else restarts(connection, side, gaps)
        if len(small) >= RESTARTS:
            return _small_again(connection, side, gaps, small, total)
        arrived = None if shape else arrival_rate(connection, side, gaps, spent)
        if arrived is not None:
            return _at_one_rate(connection, side, gaps, arrived, spent)
        if not shape:
            continue
        low, high = trips.spread(connection.budget.delays.rtt_ns)
        shown = _ends(gaps, waited[top_k(connection.budget.waits.own(gaps.which[waited]), 4)])
        return connection.finding(
            FindingId.PATH_LIMITED,
            [*shown, *losses[:8]],
            Severity.NOTE,
            _confidence(connection, side, Confidence.LIKELY, Confidence.POSSIBLE),
            ("window-clamped", "sender-buffer") if shape == "queue" else ("other-traffic", "window-clamped"),
            shape=shape,
            sender=SIDES[side],
            receiver=SIDES[1 - side],
            percent=100 * total // largest(spent, 1),
            limited_s=total / 1e9,
            flight_bytes=int(gaps.flight[waited].max()),
            rate_bytes=_rate(connection, gaps, side),
            losses=len(losses),
            loss_frame=connection.frame[losses[0]] if losses else 0,
            low_s=low / 1e9,
            high_s=high / 1e9,
            rtt_s=connection.path_rtt_ns / 1e9,
            first_frame=connection.frame[shown[0]],
            next_frame=connection.frame[shown[1]],
        )
    return None


def _path_limited_pairs(gaps: SendGaps) -> I32:
    """The pairs that waited for an ACK of a full flight, or that the path set apart."""
    held: I32 = flatnonzero32((gaps.marks & int(SendGapReason.CLOCKED | SendGapReason.SPREAD)) != 0)
    return held


def _small_again(
    connection: ConnectionFacts, side: int, gaps: SendGaps, small: list[Restart], waited_ns: int
) -> Finding:
    """`path-limited` by an initial window behind each pause."""
    first = small[0]
    index = np.searchsorted(connection.view.frame, [one.frame for one in small[:8]]).tolist()
    return connection.finding(
        FindingId.PATH_LIMITED,
        index,
        Severity.NOTE,
        _confidence(connection, side, Confidence.LIKELY, Confidence.POSSIBLE),
        ("window-clamped", "sender-buffer"),
        shape="restart",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        restarts=len(small),
        first_frame=first.frame,
        paused_s=first.paused_ns / 1e9,
        small_bytes=first.first_bytes,
        flight_bytes=first.before_bytes,
        limited_s=waited_ns / 1e9,
        rate_bytes=_rate(connection, gaps, side),
    )


def _at_one_rate(connection: ConnectionFacts, side: int, gaps: SendGaps, arrived: ArrivalRate, spent: int) -> Finding:
    """`path-limited` away from the sender, by the one rate at which its segments came."""
    shown = _ends(gaps, arrived.pairs[:4])
    return connection.finding(
        FindingId.PATH_LIMITED,
        shown,
        Severity.NOTE,
        Confidence.POSSIBLE,
        ("shaper", "window-clamped", "sender-buffer"),
        shape="rate",
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        percent=100 * arrived.lasted_ns // largest(spent, 1),
        limited_s=arrived.lasted_ns / 1e9,
        rate_bytes=arrived.bytes_per_s,
        segments=len(arrived.pairs),
        spacing_s=arrived.spacing_ns / 1e9,
        first_frame=connection.frame[shown[0]],
        next_frame=connection.frame[shown[1]],
    )


def _sign(connection: ConnectionFacts, side: int, losses: list[int], trips: RttVersusFlight) -> str:
    """The sign that the path limits ``side``: ``ecn``, ``loss`` or ``queue``; empty without one."""
    echoes = indexes_of((connection.view.flags & (ECE | SYN)) == ECE)
    if (connection.view.from_server[echoes] != bool(side)).any():
        return "ecn"
    if len(losses) >= LOSSES:
        return "loss"
    return "queue" if _queued(connection, trips) else ""


def _queued(connection: ConnectionFacts, trips: RttVersusFlight) -> bool:
    low, high = trips.spread(connection.budget.delays.rtt_ns)
    return low > 0 and high >= QUEUE_TIMES * low and high - low >= QUEUE_NS and trips.follows_flight()


def _blocked_ns(connection: ConnectionFacts, gaps: SendGaps) -> int | None:
    """Total time in ns that the sender waited for room in its peer's window, without recovery; None if it never did."""
    blocked = gaps.which[gaps.having(SendGapReason.BLOCKED)]
    return connection.budget.waits.own_sum(blocked) if len(blocked) else None


def _misses(connection: ConnectionFacts, side: int, gaps: SendGaps) -> bool:
    """Whether IP numbers show that packets of ``side`` are missing right before any of its new segments."""
    numbers = PacketNumbers(connection.view, side)
    return any(numbers.missing(gaps.afters(part)).any() for part in chunks(len(gaps)))


def _repairs_s(connection: ConnectionFacts, side: int) -> float:
    """Seconds of fast recovery of ``side`` where all of it was repaired: with a queue each takes as long as that is."""
    loss = fast_retransmission(connection)
    if loss is None or loss.facts["sender"] != SIDES[side] or loss.facts["repair"] == "never":
        return 0.0
    recovery_s = loss.facts["recovery_s"]
    return float(recovery_s) if isinstance(recovery_s, (int, float)) else 0.0


def queueing_delay(connection: ConnectionFacts) -> Finding | None:
    """`queueing-delay`: round trips grow with the bytes in flight: there is a queue on the path.

    A receiver that acknowledges only when its program reads looks similar; but there the window is full.
    """
    if connection.budget[Part.NETWORK_LIMITED] < QUEUE_NS:
        return None
    for side in (0, 1):
        gaps = connection.budget.sends[side]
        if gaps is None or not (gaps.marks & int(SendGapReason.CLOCKED)).any():
            continue
        blocked_ns = _blocked_ns(connection, gaps)
        if blocked_ns is not None and blocked_ns >= _clocked_ns(connection, side):
            continue
        trips = round_trips(connection, side)
        if not _queued(connection, trips):
            continue
        low, high = trips.spread(connection.budget.delays.rtt_ns)
        costly = high >= COSTLY_QUEUE_TIMES * low and high - low >= COSTLY_QUEUE_NS
        if not costly and not connection.budget.delays.captured_at(side) and _misses(connection, side, gaps):
            continue  # away from the sender, a segment that was lost and resent looks like one that queued, a little
        losses = _losses(connection, side, high)
        repairs_s = _repairs_s(connection, side) if costly and losses else 0.0
        least, most = int(np.argmin(trips.rtt_ns)), int(np.argmax(trips.rtt_ns))
        measured = (trips.index[least], trips.answer[least], trips.index[most], trips.answer[most])
        return connection.finding(
            FindingId.QUEUEING_DELAY,
            [int(index) for index in measured] + losses[:8],
            Severity.WARNING if costly else Severity.NOTE,
            # Gaps are what such a queue makes: they do not hide it.
            Confidence.LIKELY if costly else _confidence(connection, side, Confidence.LIKELY, Confidence.POSSIBLE),
            ("delayed-acks", "path-changed"),
            shape="losing" if repairs_s else "",
            losses=len(losses),
            recovery_s=repairs_s,
            sender=SIDES[side],
            receiver=SIDES[1 - side],
            low_s=low / 1e9,
            high_s=high / 1e9,
            worst_s=int(trips.rtt_ns[most]) / 1e9,
            queue_s=(high - low) / 1e9,
            flight_bytes=int(trips.flight.max()),
            measurements=len(trips.index),
            low_frame=connection.frame[int(trips.index[least])],
            high_frame=connection.frame[int(trips.index[most])],
            rate_bytes=_rate(connection, gaps, side),
        )
    return None


RULES: Final = (
    (SLOW, sender_application_limited),
    (SLOW, send_buffer_limited),
    (SLOW, path_limited),
    (SLOW, queueing_delay),
)
