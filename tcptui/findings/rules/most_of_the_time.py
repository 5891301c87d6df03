"""Where most of a connection's time went, where no other finding says so (rules/findings.md#most-of-the-time).

More than half of a connection, and more than a second (a time-out, of recovery), is what somebody waited for.  Other
rules ask for more before they name a reason: this one only reads the time budget, so that nothing in it is left without
a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.catalog import FAMILIES
from tcptui.findings.gates import ONE_SIDED
from tcptui.findings.spec import Family
from tcptui.model.batched import in_each, integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from tcptui.analysis.timing.budget import TimeBudget
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import AnyId
    from tcptui.model.packet_store import I64

#: More time than this …
MOSTLY_NS: Final = 1_000_000_000
#: … of recovery, that no time-out of Linux is shorter than, more than this …
RECOVERY_NS: Final = 200_000_000
#: … and more than this share (percent) of the connection's is most of it.
MOSTLY_PERCENT: Final = 50

_FAILED: Final = frozenset((*FAMILIES[Family.OPENING], *FAMILIES[Family.LIVENESS])) - {
    FindingId.THREE_WAY_HANDSHAKE, FindingId.WINDOW_SCALING_ABSENT, FindingId.SACK_ABSENT, FindingId.TIMESTAMPS_ABSENT,
}  # fmt: skip
_SERVER: Final = frozenset({
    FindingId.SERVER_THINK_TIME, FindingId.SLOW_QUERY, FindingId.LOCK_WAIT, FindingId.QUERY_CANCELLED,
    FindingId.ASKED_TO_WAIT, FindingId.HTTP2_SLOW_STREAM, FindingId.GRPC_DEADLINE, FindingId.ACCEPT_QUEUE_FULL,
    FindingId.EVENT_STREAM_BUFFERED, FindingId.EVENT_STREAM_COMPRESSED,
})  # fmt: skip
_WINDOW: Final = frozenset({
    FindingId.RECEIVE_WINDOW_LIMITED, FindingId.SLOW_RECEIVER, FindingId.ZERO_WINDOW, FindingId.RESULT_NOT_READ,
    FindingId.WINDOW_SHRUNK, FindingId.HTTP2_FLOW_CONTROL,
})  # fmt: skip
_PATH: Final = frozenset({FindingId.PATH_LIMITED, FindingId.SEND_BUFFER_LIMITED, FindingId.QUEUEING_DELAY})
#: The parts of which somebody wants to know, and the findings that tell of each.
REPORTED_BY: Final[dict[Part, frozenset[AnyId]]] = {
    Part.SERVER_THINK: _SERVER,
    Part.CLIENT_THINK: frozenset({FindingId.CLIENT_THINK_TIME, FindingId.IDLE_IN_TRANSACTION}),
    Part.RECEIVE_WINDOW: _WINDOW,
    Part.FLOW_CONTROL: _WINDOW,
    Part.NETWORK_LIMITED: _PATH,
    Part.SENDER: _SERVER | {
        FindingId.SENDER_APPLICATION_LIMITED, FindingId.NAGLE_DELAYED_ACK, FindingId.EVENT_STREAM_INCREMENTAL,
        FindingId.FIN_WAIT_2_TIMEOUT, FindingId.HTTP_CONTINUE_AWAITED,
    },
    Part.NETWORK: _PATH | _FAILED | {FindingId.MANY_ROUND_TRIPS},
    Part.RECOVERY: frozenset(FAMILIES[Family.LOSS]) | _FAILED,
    # … and every warning but of loss: what nobody can be blamed for is told where nothing else is.
    Part.UNATTRIBUTED: frozenset({
        FindingId.CAPTURE_MISSED_PACKETS, FindingId.CAPTURE_DROPPED, FindingId.CAPTURE_CLOCK_STEP,
        FindingId.CAPTURE_TRUNCATED,
    }),
}  # fmt: skip
#: The parts by the name that is the finding's shape.
_PARTS: Final = {part.label: part for part in REPORTED_BY}


def most_of_the_time(connection: ConnectionFacts) -> Finding | None:
    """`most-of-the-time`: the part of the time budget with more than half of it; `unless_reported` takes it back."""
    times = connection.view.time_ns
    if connection.signs & ONE_SIDED or times.item(connection.count - 1) - times.item(0) <= RECOVERY_NS:
        return None
    budget = connection.budget
    for part in REPORTED_BY:
        spent_ns = budget[part]
        if (
            spent_ns > (RECOVERY_NS if part is Part.RECOVERY else MOSTLY_NS)
            and spent_ns * 100 > MOSTLY_PERCENT * budget.elapsed_ns
        ):
            return _finding(connection, budget, part, spent_ns)
    return None


def _finding(connection: ConnectionFacts, budget: TimeBudget, part: Part, spent_ns: int) -> Finding:
    waits = budget.waits
    each = _each_ns(budget, part)
    longest = int(np.argmax(each))
    begin, end = int(waits.begin[longest]), int(waits.end[longest])
    return connection.finding(
        FindingId.MOST_OF_THE_TIME,
        [begin, end],
        Severity.NOTE,
        Confidence.LIKELY,
        shape=part.label,
        spent_s=spent_ns / 1e9,
        elapsed_s=budget.elapsed_ns / 1e9,
        percent=in_each(_percent, spent_ns, budget.elapsed_ns),
        longest_s=integer(each.max()) / 1e9,
        first_frame=connection.frame[begin],
        next_frame=connection.frame[end],
    )


def _percent(part_ns: int, whole_ns: int) -> int:
    return 100 * part_ns // whole_ns


def _each_ns(budget: TimeBudget, part: Part) -> I64:
    """How much of each stretch is ``part``, in nanoseconds."""
    waits = budget.waits
    if part is Part.RECOVERY:
        beside: I64 = waits.recovery_ns
    else:
        beside = waits.network_ns if part is Part.NETWORK else waits.recovery_ns * 0
    each: I64 = beside + np.where(waits.part == part, waits.own_ns, 0)
    return each


def unless_reported(found: list[Finding]) -> list[Finding]:
    """``found`` without `most-of-the-time` where another of them tells of that part.

    Nor of the way where no handshake has measured it.
    """
    mostly = next((finding for finding in found if finding.id is FindingId.MOST_OF_THE_TIME), None)
    if mostly is None:
        return found
    ids, part = {finding.id for finding in found}, _PARTS[str(mostly.facts["shape"])]
    unmeasured = part is Part.NETWORK and FindingId.THREE_WAY_HANDSHAKE not in ids
    told = bool(ids & REPORTED_BY[part])
    if part is Part.UNATTRIBUTED:
        told |= any(
            finding.severity >= Severity.WARNING and finding.id not in REPORTED_BY[Part.RECOVERY] for finding in found
        )
    return [finding for finding in found if finding is not mostly] if unmeasured or told else found
