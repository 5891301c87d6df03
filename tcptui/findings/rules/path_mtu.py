"""`path-mtu-blackhole`: a path that delivers no large packets (rules/findings.md#path-mtu-blackhole)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.resend import Resend
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import SUSPECT
from tcptui.findings.icmp_quote import first_quote
from tcptui.findings.life_signs import heard_after, silent_but_syn_ack
from tcptui.model.arrays import chunks, indexes_of
from tcptui.model.batched import integer, largest, places_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_HALF
from tcptui.model.tcp_flags import SYN

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64

#: Payload of the 576-byte datagram that every IPv4 host accepts (RFC 791): only larger segments are suspected.
SMALL_BYTES: Final = 536
#: Fewest retransmissions by timer of one large segment that may be a black hole without a smaller one that passed.
UNHEALED: Final = 3
#: A peer that is heard this soon after a try has probably received it (or within two round trips, if longer).
AT_ONCE_NS: Final = 100_000_000

#: Causes of retransmissions by timer.
BY_TIMER: Final = frozenset({ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN})


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


def last_tries(connection: ConnectionFacts, resends: list[Resend]) -> list[int]:
    """Indexes of those of ``resends`` that are copies of the segment that the last of them is a copy of."""
    return [r.index for r in resends if connection.seq[r.index] == connection.seq[resends[-1].index]]


def _unhealed_tries(connection: ConnectionFacts, side: int, timed: list[Resend]) -> list[int]:
    """The last tries of ``side``, `UNHEALED` at least, of a segment that was never acknowledged; else none.

    None at the receiver, either, which these tries did reach.
    """
    tries = [] if connection.at_receiver(side) else last_tries(connection, timed)
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
        and r.cause in BY_TIMER
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


RULES: Final = ((SUSPECT, path_mtu_blackhole),)
