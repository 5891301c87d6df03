"""What may be concluded about one stream: every rule, capture trust first.

`annotate` is pure: the same view and context give the same findings.  It runs on every
stream of a capture, so a stream without verdicts, resets or repeats takes a short path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.table import StreamMark, StreamTable, blocks
from tcptui.analysis.stream.view import StreamView
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.findings.gates import DATALESS
from tcptui.findings.rules import accept_queue as unaccepted
from tcptui.findings.rules import ack_loss, application, reset
from tcptui.findings.rules import capture_faults as recorder
from tcptui.findings.rules import capture_gaps as trust
from tcptui.findings.rules import challenge_ack as challenge
from tcptui.findings.rules import checksum as damage
from tcptui.findings.rules import close as closing
from tcptui.findings.rules import ecn as congestion
from tcptui.findings.rules import half_close as half_closed
from tcptui.findings.rules import handshake as opening
from tcptui.findings.rules import keep_alive as liveness
from tcptui.findings.rules import lost_retransmission as lost_again
from tcptui.findings.rules import no_answer as unopened
from tcptui.findings.rules import options_absent as negotiation
from tcptui.findings.rules import path_lost as outage
from tcptui.findings.rules import reset_unread_data as unread
from tcptui.findings.rules import retransmission as loss
from tcptui.findings.rules import zero_window as speed
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32
from tcptui.model.verdict import Verdict

__all__ = ["RuleContext", "annotate", "annotated", "by_weight", "needs_attention", "with_what_is_said"]

#: Every rule about the connection itself, with the signs of which it needs at least one (`tcptui.findings.gates`).
_RULES: Final = (
    *opening.RULES,
    *unopened.RULES,
    *unaccepted.RULES,
    *challenge.RULES,
    *negotiation.RULES,
    *closing.RULES,
    *half_closed.RULES,
    *reset.RULES,
    *unread.RULES,
    *loss.RULES,
    *lost_again.RULES,
    *ack_loss.RULES,
    *damage.RULES,
    *congestion.RULES,
    *liveness.RULES,
    *outage.RULES,
    *speed.RULES,
)
#: Rules about the capture: what they find lowers what the others may say.
_DOUBTS: Final = (*trust.RULES, *recorder.RULES, *ack_loss.DOUBTS)
#: Verdicts that can lead to more than a note.
_TROUBLE: Final = SUSPICIOUS | int(Verdict.ZERO_WINDOW)
_TROUBLE_MARKS: Final = int(
    StreamMark.RST_A | StreamMark.RST_B | StreamMark.SYN_REPEATED | StreamMark.ICMP_QUOTED | StreamMark.SYN_CHALLENGED
)

#: An ICMP error about a lone SYN is looked for unless there are so many: then somebody scans.
LONE_SYNS: Final = 2_000
_BOTH_SYNS: Final = int(StreamMark.SYN_A | StreamMark.SYN_B)
_FIN_MARKS: Final = int(StreamMark.FIN_A | StreamMark.FIN_B)

#: What a packet's *absence* proves nothing about when the capture missed packets or one direction.
_NEEDS_ABSENCE: Final = frozenset(
    {
        FindingId.FAST_RETRANSMISSION,
        FindingId.RETRANSMISSION_TIMEOUT,
        FindingId.TAIL_LOSS,
        FindingId.KEEP_ALIVE_TIMEOUT,
        FindingId.RST_ABORTIVE_CLOSE,
        FindingId.DATA_AFTER_CLOSE,
        FindingId.RST_UNREAD_DATA,
        FindingId.CLOSE_WAIT_LEAK,
        FindingId.PATH_LOST,
        FindingId.LOST_RETRANSMISSION,
        FindingId.ACCEPT_QUEUE_FULL,
        FindingId.THIRD_ACK_LOST,
        FindingId.ACK_LOSS_HARMLESS,
    }
)
#: What cannot be said at all when one direction is absent (findings.md, section 3).
_NEEDS_BOTH_SIDES: Final = frozenset(
    {
        FindingId.SYN_TIMEOUT,
        FindingId.SYN_RETRANSMISSION,
        FindingId.SYN_ACK_RETRANSMISSION,
        FindingId.RETRANSMISSION_TIMEOUT,
        FindingId.TAIL_LOSS,
        FindingId.KEEP_ALIVE_TIMEOUT,
        FindingId.RST_ABORTIVE_CLOSE,
        FindingId.RST_DEAD_CONNECTION,
        FindingId.RST_UNREAD_DATA,
        FindingId.CLOSE_WAIT_LEAK,
        FindingId.PATH_LOST,
        FindingId.IDLE_CONNECTION_DROPPED,
        FindingId.ACCEPT_QUEUE_FULL,
        FindingId.THIRD_ACK_LOST,
        FindingId.LOST_RETRANSMISSION,
        FindingId.PATH_MTU_BLACKHOLE,
    }
)
#: What rests on times: nothing of it is more than possible where the capture's clock went back.
_NEEDS_CLOCK: Final = frozenset(
    {
        FindingId.RETRANSMISSION_TIMEOUT,
        FindingId.TAIL_LOSS,
        FindingId.KEEP_ALIVE_TIMEOUT,
        FindingId.PATH_LOST,
        FindingId.IDLE_CONNECTION_DROPPED,
        FindingId.CLOSE_WAIT_LEAK,
        FindingId.FIN_WAIT_2_TIMEOUT,
        FindingId.OUT_OF_ORDER,
        FindingId.FAST_RETRANSMISSION,
    }
)
#: Symptoms, and what explains them: where the cause is told with at least as much weight, the symptom is a note.
_EXPLAINED_BY: Final[dict[FindingId, frozenset[FindingId]]] = {
    FindingId.SYN_RETRANSMISSION: frozenset({FindingId.ACCEPT_QUEUE_FULL, FindingId.CHALLENGE_ACK}),
    FindingId.SYN_ACK_RETRANSMISSION: frozenset({FindingId.THIRD_ACK_LOST, FindingId.ACCEPT_QUEUE_FULL}),
    FindingId.PORT_REUSED: frozenset({FindingId.CHALLENGE_ACK}),
    FindingId.RST_DEAD_CONNECTION: frozenset({FindingId.ACCEPT_QUEUE_FULL, FindingId.IDLE_CONNECTION_DROPPED}),
    FindingId.RST_ABORTIVE_CLOSE: frozenset(
        {FindingId.RST_UNREAD_DATA, FindingId.KEEP_ALIVE_TIMEOUT, FindingId.PATH_LOST}
    ),
    FindingId.RETRANSMISSION_TIMEOUT: frozenset(
        {
            FindingId.PATH_LOST,
            FindingId.IDLE_CONNECTION_DROPPED,
            FindingId.ACCEPT_QUEUE_FULL,
            FindingId.PATH_MTU_BLACKHOLE,
        }
    ),
    FindingId.SPURIOUS_RETRANSMISSION: frozenset({FindingId.PATH_LOST}),
    FindingId.TAIL_LOSS: frozenset({FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED}),
    FindingId.ZERO_WINDOW: frozenset({FindingId.SLOW_RECEIVER, FindingId.WINDOW_SHRUNK}),
    FindingId.SERVER_THINK_TIME: frozenset({FindingId.EVENT_STREAM_BUFFERED, FindingId.EVENT_STREAM_COMPRESSED}),
    FindingId.RECEIVE_WINDOW_LIMITED: frozenset({FindingId.SLOW_RECEIVER}),
}


#: What copies made by the capture imitate.
_NEEDS_SINGLE_SIGHT: Final = frozenset(
    {
        FindingId.FAST_RETRANSMISSION,
        FindingId.SPURIOUS_RETRANSMISSION,
        FindingId.RETRANSMISSION_UNEXPLAINED,
        FindingId.OUT_OF_ORDER,
    }
)


def annotate(view: StreamView, context: RuleContext) -> tuple[Finding, ...]:
    """The findings of one stream, worst first, then in the order in which they began."""
    return annotated(ConnectionFacts(view, context)) if len(view) else ()


def annotated(reading: ConnectionFacts) -> tuple[Finding, ...]:
    """The same, of a stream that was taken apart already."""
    signs = reading.signs
    found = [finding for needs, rule in _RULES if signs & needs and (finding := rule(reading)) is not None]
    found += [] if signs & DATALESS else application.findings(reading)
    doubts = [finding for needs, rule in _DOUBTS if signs & needs and (finding := rule(reading)) is not None]
    if doubts:
        found = _trusted(found, {finding.id for finding in doubts}) + doubts
    if len(found) > 1:
        found = _causes_first(found)
    return tuple(sorted(found, key=_rank))


def with_what_is_said(view: StreamView, context: RuleContext, known: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """``known`` findings of a stream, made without a look at its bytes, and what those say."""
    if not len(view):
        return known
    found = [*known, *application.findings(ConnectionFacts(view, context))]
    return tuple(sorted(_causes_first(found), key=_rank))


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, then in the order in which they began."""
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, tuple[int, ...]]:
    return -finding.severity, finding.packets[:1]


def _trusted(found: list[Finding], doubts: set[FindingId]) -> list[Finding]:
    """Drop or weaken what this capture cannot bear (findings.md, section 3)."""
    if FindingId.ONE_SIDED_CAPTURE in doubts:
        found = [finding for finding in found if finding.id not in _NEEDS_BOTH_SIDES]
    if FindingId.CAPTURE_MISSED_PACKETS in doubts:
        found = [
            replace(finding, confidence=Confidence.POSSIBLE) if finding.id in _NEEDS_ABSENCE else finding
            for finding in found
        ]
    if FindingId.CAPTURE_CLOCK_STEP in doubts:
        found = [
            replace(finding, confidence=Confidence.POSSIBLE) if finding.id in _NEEDS_CLOCK else finding
            for finding in found
        ]
    if FindingId.CAPTURE_DUPLICATES in doubts:
        # Copies of one packet look like resends, and their ACKs like duplicates of one another.
        found = [
            replace(finding, severity=Severity.NOTE, confidence=Confidence.POSSIBLE)
            if finding.id in _NEEDS_SINGLE_SIGHT
            else finding
            for finding in found
        ]
    return found


def _causes_first(found: list[Finding]) -> list[Finding]:
    """One trouble, one warning: symptoms that a louder or equally loud finding explains become notes."""
    loud = {finding.id: finding.severity for finding in found if finding.severity > Severity.NOTE}
    if len(loud) < 2:
        return found
    return [
        replace(finding, severity=Severity.NOTE)
        if any(loud.get(cause, 0) >= finding.severity for cause in _EXPLAINED_BY.get(finding.id, ()))
        else finding
        for finding in found
    ]


def needs_attention(streams: StreamTable, rows: slice | I32 | None = None) -> NDArray[np.bool_]:
    """For the streams ``rows``, or all: False only where `annotate` can yield nothing above a note.

    What the bytes say is not asked here (see `tcptui.protocols.prefilter`).  Looks at the stream
    table's columns alone, so healthy streams need never be read until somebody opens them.
    """
    parts = [_needing(streams, part) for part in blocks(slice(streams.count) if rows is None else rows)]
    if not parts:
        return np.zeros(0, np.bool_)
    needed, lone = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if int(np.count_nonzero(lone)) <= LONE_SYNS:
        needed |= lone
    return needed


def _needing(streams: StreamTable, rows: slice | I32) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of ``rows`` may hold more than a note, and which are a lone SYN."""
    marks = streams.marks[rows]
    # One direction may be missing where an end sent no payload and no SYN.
    syns = marks & _BOTH_SYNS
    quiet_end = (streams.payload_a[rows] == 0) | (streams.payload_b[rows] == 0)
    one_sided = quiet_end & (syns != _BOTH_SYNS) & (streams.packets[rows] >= trust.ONE_SIDED_PACKETS)
    lone: NDArray[np.bool_] = (streams.packets[rows] == 1) & (syns != 0)
    lone &= syns != _BOTH_SYNS
    closed_by = marks & _FIN_MARKS
    half_closed = (closed_by != 0) & (closed_by != _FIN_MARKS)
    needed: NDArray[np.bool_] = (
        one_sided | half_closed | ((streams.verdicts[rows] & _TROUBLE) != 0) | ((marks & _TROUBLE_MARKS) != 0)
    )
    needed |= speed.may_warn(streams, rows)
    return needed, lone
