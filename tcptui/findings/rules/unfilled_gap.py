"""Bytes that were missing, by the word of their receiver: never filled, or filled by what was not captured.

rules/findings.md#lost-retransmission, shape ``gap``, and #retransmission-unexplained, shape ``unseen``.
"""

from __future__ import annotations

from typing import Final

from tcptui.analysis.resend.classify import DUPLICATE_ACKS
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.analysis.timing.uncaptured import healed_holes
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import HOLE_REPORTED, HOLES
from tcptui.findings.rules.lost_retransmission import lost_retransmission
from tcptui.findings.rules.retransmission import retransmission_unexplained
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import integer, largest, places_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import SEQ_MASK
from tcptui.model.verdict import Verdict

#: By then a sender has sent again what a third duplicate ACK asks for: its first time-out is at most this (RFC 6298).
REPORTED_GAP_NS: Final = 1_000_000_000
#: The same in round trips: the report travels, the resend travels, and a late ACK may hold up either.
REPORTED_GAP_RTTS: Final = 3
#: Holes whose repair was not captured are a warning from so much time on, all together.
UNSEEN_NS: Final = 1_000_000_000


def gap_never_filled(connection: ConnectionFacts) -> Finding | None:
    """`lost-retransmission` (shape ``gap``): bytes that never passed here, reported missing until the end.

    Their receiver asked three times or more (RFC 5681, RFC 2018), and the connection went on for `REPORTED_GAP_NS`.
    Likely where the sender was heard that long after being asked, else possible: it may be gone.  Not for a capture
    at the sender, which would have shown the bytes leave.
    """
    if not all(connection.packets_by_side) or connection.context.live:
        return None
    for side in (0, 1):
        found = None if connection.at_sender(side) else _gap_of(connection, side)
        if found is not None:
            return found if lost_retransmission(connection) is None else None
    return None


def _gap_of(connection: ConnectionFacts, side: int) -> Finding | None:
    view, space = connection.view, connection.space
    missing = integer(space.acknowledged[side][-1])
    reached = int(places_of(space.sent[side], missing, side="right"))
    if missing == NOTHING or reached >= connection.count:
        return None
    end = integer(space.seq[reached])
    if end <= missing or not int(view.verdict[reached]) & Verdict.LOST_SEGMENT:
        return None  # the bytes passed here, or the segment that carries them began before
    mine = view.from_server == bool(side)
    asking = ~mine & ((view.verdict & Verdict.DUPLICATE_ACK) != 0)
    asking &= view.ack == (missing & SEQ_MASK)
    reports = indexes_of(asking)
    reports = reports[reports > reached]
    if len(reports) < DUPLICATE_ACKS:
        return None
    again = reached + 1 + indexes_of(mine[reached + 1 :])
    if ((space.seq[again] <= missing) & (space.end[again] > missing)).any():
        return None  # they passed here later: the rules about resends judge that
    asked = int(reports[DUPLICATE_ACKS - 1])
    told_ns = largest(REPORTED_GAP_NS, REPORTED_GAP_RTTS * connection.rtt_ns)
    closing = next((i for i in connection.rsts if i > asked), -1)
    until_ns = connection.time[closing] if closing >= 0 else view.capture_end_ns
    if until_ns - connection.time[asked] < told_ns:
        return None
    heard = int(space.latest[side][-1])
    alive = heard > asked and connection.time[heard] - connection.time[asked] >= told_ns
    last = int(reports[-1])
    return connection.finding(
        FindingId.LOST_RETRANSMISSION,
        [reached, *reports[:DUPLICATE_ACKS].tolist(), last, heard],
        Severity.WARNING,
        Confidence.LIKELY if alive else Confidence.POSSIBLE,
        ("sender-gone", "recorder-overload") if not alive else ("recorder-overload",),
        shape="gap",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=1,
        reports=len(reports),
        seen_frame=connection.frame[reached],
        first_frame=connection.frame[int(reports[0])],
        last_frame=connection.frame[last],
        first_seq=missing & SEQ_MASK,
        last_seq=(end - 1) & SEQ_MASK,
        bytes=end - missing,
        waited_s=(until_ns - connection.time[int(reports[0])]) / 1e9,
        position=connection.position.value,
    )


def repaired_unseen(connection: ConnectionFacts) -> Finding | None:
    """`retransmission-unexplained` (shape ``unseen``): reported missing, then acknowledged, and no repair captured.

    That the receiver lacked the bytes so long is its own word.  Not above a note below `UNSEEN_NS` in all.
    """
    view, space = connection.view, connection.space
    if not all(connection.packets_by_side):
        return None
    budget = connection.budget
    clock = budget.waits.clock
    unseen = [
        (clock.item(healed) - clock.item(reported), holes.side, first, reported, healed)
        for holes in healed_holes(view, space, clock, budget.delays.rtt_ns)
        for first, reported, healed in zip(
            *(column[~holes.filled_here].tolist() for column in (holes.first, holes.reported, holes.healed)),
            strict=True,
        )
    ]
    if not unseen or retransmission_unexplained(connection) is not None:
        return None
    lasted_ns, side, first, reported, healed = max(unseen)
    total_ns, until = 0, -1
    for _, _, _, begin, end in sorted(unseen, key=lambda hole: hole[3:]):
        total_ns += max(0, clock.item(end) - clock.item(max(begin, until))) if end > until else 0
        until = max(until, end)
    left = view.sack_left.item(reported)
    return connection.finding(
        FindingId.RETRANSMISSION_UNEXPLAINED,
        [index for hole in unseen for index in hole[3:]],
        Severity.WARNING if total_ns >= UNSEEN_NS else Severity.NOTE,
        Confidence.CERTAIN,
        ("recorder-overload", "other-path"),
        shape="unseen",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(unseen),
        original_frame=0,
        first_frame=connection.frame[reported],
        healed_frame=connection.frame[healed],
        first_seq=first & SEQ_MASK,
        last_seq=(left - 1) & SEQ_MASK,
        bytes=(left - first) & SEQ_MASK,
        waited_s=lasted_ns / 1e9,
        total_s=total_ns / 1e9,
        position=connection.position.value,
    )


RULES: Final = ((HOLES, gap_never_filled), (HOLE_REPORTED, repaired_unseen))
