"""Nagle's algorithm waits for a delayed ACK: together they cause a pause (rules/findings.md#nagle-delayed-ack).

RFC 9293, 3.7.4: a small segment waits while another small one is not acknowledged.  RFC 1122,
4.2.3.2: a receiver may delay an ACK, to send it along with an answer.  Both affect a program that
writes its message in two pieces and whose peer answers only the whole message.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.timing.budget_parts import Part
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import largest_segment
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import HOLES, SLOW
from tcptui.model.arrays import chunks, indexes_of
from tcptui.model.batched import integer, largest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I64

#: A delayed ACK comes at least this much later than the round trip to its sender …
DELAYED_NS: Final = 30_000_000
#: … and at most this much (RFC 1122, 4.2.3.2).
LONGEST_DELAY_NS: Final = 500_000_000
#: A held segment leaves at most this long after the ACK that released it …
ACK_CLOCKED_NS: Final = 1_000_000
#: … plus this for the jitter of the path, where the capture was not made at the sender.
JITTER_NS: Final = 1_000_000
#: Least share (percent) of the small segments after a delayed ACK that must have left at once.
FREED_PERCENT: Final = 70
#: rules/findings.md#nagle-delayed-ack: at least this often …
NAGLE_TIMES: Final = 2
#: … or in at least this share (percent) of the turns.
NAGLE_PERCENT: Final = 30
#: Least time lost in all for a warning.
COSTLY_NS: Final = 200_000_000
#: The MSS without an MSS option (RFC 9293, 3.7.1).
LEAST_SEGMENT: Final = 536
#: Bytes of each segment that the timestamps option takes.
TIMESTAMPS_ROOM: Final = 12
#: Larger payloads are super-segments of offload, which hide single segments (rules/findings.md#offloaded-segments).
LARGEST_REAL: Final = 1_500


def delayed_segments(connection: ConnectionFacts, side: int) -> I64:
    """Indexes into ``TimeBudget.sends[side]``: pairs whose later segment waited for a delayed ACK; once a view."""
    kept = connection.view.kept
    if (delayed_segments, side) not in kept:
        kept[delayed_segments, side] = _find_delayed(connection, side)
    found: I64 = kept[delayed_segments, side]
    return found


def _find_delayed(connection: ConnectionFacts, side: int) -> I64:
    gaps = connection.budget.sends[side]
    view = connection.view
    if gaps is None or integer(view.length.max()) > LARGEST_REAL:
        return np.zeros(0, np.int64)
    # A full segment: the peer's MSS less the timestamps option; without a SYN, the least that a host must accept.
    offered = integer(view.mss.max(initial=0, where=view.from_server != bool(side)))
    whole = largest(largest_segment(view, side) if offered else 0, offered - TIMESTAMPS_ROOM, LEAST_SEGMENT)
    waited, held = 0, [np.zeros(0, np.int64)]
    for part in chunks(len(gaps)):
        found, freed = _waited(connection, side, gaps, part, whole)
        waited += len(found)
        held.append(found[freed] + part.start)
    pairs = np.concatenate(held)
    # A pause of the program itself may end right after a delayed ACK, but not again and again.
    if not len(pairs) or len(pairs) * 100 < FREED_PERCENT * waited or _never_waits(connection, gaps, whole):
        return pairs[:0]
    return pairs


def _waited(
    connection: ConnectionFacts, side: int, gaps: SendGaps, part: slice, whole: int
) -> tuple[I64, NDArray[np.bool_]]:
    """The pairs among ``part`` of small segments parted by a delayed ACK, and a mask: the later one left at once.

    The positions count from the start of ``part``; ``whole``: payload bytes of a full segment.
    """
    view, space, delays = connection.view, connection.space, connection.budget.delays
    before, after, release = gaps.befores(part), gaps.afters(part), gaps.release[part]
    ack = np.maximum(release, 0)
    delayed = view.time_ns[ack] - view.time_ns[before] - delays.to_end_ns(1 - side)
    found = indexes_of(
        (release >= 0)
        & ((gaps.marks[part] & int(SendGapReason.DRAINED)) != 0)
        & (view.length[before] < whole)
        & (view.length[after] < whole)
        & (view.length[ack] == 0)
        & (space.ack[ack] >= space.sent[side][before])
        & (delayed >= DELAYED_NS)
        & (delayed <= LONGEST_DELAY_NS)
    )
    at_hand = delays.may_be_at(side)
    lag = 0 if at_hand else delays.to_end_ns(side)
    set_free = view.time_ns[after[found]] - view.time_ns[ack[found]] - lag
    return found, set_free <= (ACK_CLOCKED_NS if at_hand else ACK_CLOCKED_NS + JITTER_NS)


def _never_waits(connection: ConnectionFacts, gaps: SendGaps, whole: int) -> bool:
    """Whether two small segments were ever in flight at once: then Nagle's algorithm is off (TCP_NODELAY)."""
    length = connection.view.length
    for part in chunks(len(gaps)):
        small = (length[gaps.befores(part)] < whole) & (length[gaps.afters(part)] < whole)
        if (small & ((gaps.marks[part] & int(SendGapReason.DRAINED)) == 0) & (gaps.release[part] < 0)).any():
            return True
    return False


def nagle_delayed_ack(connection: ConnectionFacts) -> Finding | None:
    """`nagle-delayed-ack`: a small segment was held until the receiver's delayed ACK of the one before."""
    budget = connection.budget
    if budget[Part.SENDER] + budget[Part.UNATTRIBUTED] < DELAYED_NS:
        return None
    for side in (0, 1):
        held = delayed_segments(connection, side)
        turns = len(connection.budget.turns)
        if not len(held) or (len(held) < NAGLE_TIMES and len(held) * 100 < NAGLE_PERCENT * turns):
            continue
        return _finding(connection, side, held)
    return None


def _finding(connection: ConnectionFacts, side: int, held: I64) -> Finding | None:
    gaps = connection.budget.sends[side]
    if gaps is None:
        return None
    befores, afters, acks = gaps.befores(held), gaps.afters(held), gaps.release[held]
    times = connection.view.time_ns[afters] - connection.view.time_ns[befores]
    total_ns, worst_ns = integer(times.sum()), integer(times.max())
    worst = int(np.argmax(times))
    before, ack, after = int(befores[worst]), int(acks[worst]), int(afters[worst])
    at_hand = connection.budget.delays.captured_at(side)
    sure = connection.at_sender(side) and not connection.signs & HOLES
    shown = np.stack((befores[:6], acks[:6], afters[:6]), 1).reshape(-1).tolist()
    return connection.finding(
        FindingId.NAGLE_DELAYED_ACK,
        [before, ack, after, *shown],
        Severity.WARNING if total_ns >= COSTLY_NS and at_hand and len(held) >= NAGLE_TIMES else Severity.NOTE,
        Confidence.LIKELY if sure else Confidence.POSSIBLE,
        ("two-steps", "slow-reader"),
        sender=SIDES[side],
        receiver=SIDES[1 - side],
        count=len(held),
        turns=len(connection.budget.turns),
        first_frame=connection.frame[before],
        ack_frame=connection.frame[ack],
        held_frame=connection.frame[after],
        piece_bytes=connection.length[before],
        held_bytes=connection.length[after],
        worst_s=worst_ns / 1e9,
        delay_s=largest(0, connection.time[ack] - connection.time[before]) / 1e9,
        total_s=total_ns / 1e9,
        elapsed_s=connection.budget.elapsed_ns / 1e9,
    )


RULES: Final = ((SLOW, nagle_delayed_ack),)
