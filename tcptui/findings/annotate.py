"""Runs all rules on one stream; then capture quality drops or weakens findings, and causes turn symptoms into notes.

`annotate` is pure: the same view and context give the same findings.  It runs on every
stream of a capture, so gates keep rules from running on streams where they cannot find anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.same_shape import SameShapeView
from tcptui.analysis.stream.table import ENDED_BY_A, ENDED_BY_B, PEER_SPOKE_LAST, StreamMark, StreamTable, blocks
from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.catalog import FAMILIES, SPECS, needing, spec_of
from tcptui.findings.causes import causes_first
from tcptui.findings.facts import OF_ANY_HEADER, ConnectionFacts, RuleContext
from tcptui.findings.gates import DATALESS, FILTERED, SUSPECT
from tcptui.findings.rules import application, capture_gaps, late_answer, zero_window
from tcptui.findings.rules.checksum import are_dropped
from tcptui.findings.rules.most_of_the_time import most_of_the_time, unless_reported
from tcptui.findings.rules.refuted_end import end_refuted, refuted
from tcptui.findings.rules.registry import CAPTURE_RULES, RULES
from tcptui.findings.spec import Family, Need
from tcptui.model.batched import NotBatchableError
from tcptui.model.finding import AnyId, Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32
from tcptui.model.verdict import Verdict

__all__ = ["RuleContext", "annotate", "annotated", "by_weight", "needs_attention", "with_payload_findings"]

#: Verdicts that can lead to more than a note.
_TROUBLE: Final = SUSPICIOUS | int(Verdict.ZERO_WINDOW)
_TROUBLE_MARKS: Final = int(
    StreamMark.RST_A
    | StreamMark.RST_B
    | StreamMark.SYN_REPEATED
    | StreamMark.ICMP_QUOTED
    | StreamMark.SYN_CHALLENGED
    | StreamMark.DATA_HEADER_CUT
    | StreamMark.FRAGMENTS_DIFFER
)

#: Up to this many streams of a single SYN are annotated, in case an ICMP error answers them; more are a port scan.
LONE_SYNS: Final = 2_000
_BOTH_SYNS: Final = int(StreamMark.SYN_A | StreamMark.SYN_B)
_FIN_MARKS: Final = int(StreamMark.FIN_A | StreamMark.FIN_B)

#: Recovery from loss is costly when it took more than this …
COSTLY_NS: Final = 200_000_000
#: … and more than this share (percent) of the connection's time.
COSTLY_PERCENT: Final = 20
#: Losses of data whose recovery the time budget counts, those that say most of the cause first.
_LOSSES: Final = (
    FindingId.RETRANSMISSION_TIMEOUT,
    FindingId.TAIL_LOSS,
    FindingId.FAST_RETRANSMISSION,
    FindingId.RETRANSMISSION_UNEXPLAINED,
)

#: Findings to drop or weaken, by what the capture lacks (`Need`).
_NEEDS_BOTH_SIDES: Final = needing(Need.BOTH_SIDES)
_NEEDS_ABSENCE: Final = needing(Need.ABSENCE)
_NEEDS_CLOCK: Final = needing(Need.CLOCK)
_NEEDS_SINGLE_COPIES: Final = needing(Need.SINGLE_COPIES)
_NEEDS_BARE_ACKS: Final = needing(Need.BARE_ACKS)
_SYNS_AGAIN: Final = frozenset({FindingId.SYN_RETRANSMISSION, FindingId.SYN_TIMEOUT})
#: What cannot be told where two sequence spaces lie in one stream.
_OF_ONE_NUMBERING: Final = _NEEDS_BARE_ACKS | _NEEDS_ABSENCE | _NEEDS_SINGLE_COPIES
#: What the order of packets at one place shows of the capture itself.
_OF_ONE_PLACE: Final = frozenset({FindingId.CAPTURE_MISSED_PACKETS, FindingId.CAPTURE_CLOCK_STEP})
#: Families that cannot be told where two places lie in one stream: their times, or what was sent again, are of no end.
_PLACE_FAMILIES: Final = frozenset({Family.LIVENESS, Family.LOSS, Family.SPEED})
_ABOUT_LOSS: Final = frozenset(FAMILIES[Family.LOSS])
#: What acknowledgments that a filter left out may have refuted.
_ACKED_UNSEEN: Final = _ABOUT_LOSS & _NEEDS_BARE_ACKS
#: How often a stream is judged again without segments that its ends dropped or never sent.
JUDGED_AGAIN: Final = 4
_GAPS: Final = ("capture-gaps",)
_OF_DAMAGE: Final = frozenset({FindingId.CHECKSUM_ERROR, FindingId.CONTENT_CONFLICT})
#: What a capture of SYNs alone, or of one direction, says by silence: the answer was perhaps left out.
_WITHOUT_ANSWER: Final = frozenset(FAMILIES[Family.OPENING]) & (_NEEDS_BOTH_SIDES | _NEEDS_ABSENCE)


def annotate(view: StreamView, context: RuleContext) -> tuple[Finding, ...]:
    """The findings of one stream, worst first, then in the order in which they began."""
    return annotated(ConnectionFacts(view, context)) if len(view) else ()


def annotated(connection: ConnectionFacts, again: int = JUDGED_AGAIN) -> tuple[Finding, ...]:
    """`annotate` of a stream whose `ConnectionFacts` exist already.

    What rests on a segment that its receiver drops, for a wrong checksum, or on a RST or FIN that the connection went
    on behind, is judged ``again`` without that segment; that it was damaged or forged is told nevertheless.  What still
    rests on one after so many times is not told.
    """
    found = _annotated(connection)
    dropped = are_dropped(connection, sorted(connection.evidence))
    ended = refuted(connection)
    if not dropped and not ended:
        return found
    if isinstance(connection.view, SameShapeView):
        raise NotBatchableError
    dropped = sorted({*dropped, *(each.at for each in ended)})
    untrue = {connection.frame[i] for i in dropped}
    kept = [f for f in found if untrue.isdisjoint(f.packets) or (not ended and OF_ANY_HEADER.get(f.id, False))]
    told = {finding.id for finding in kept}
    if ended and (forged := end_refuted(connection)) is not None:
        kept = [forged, *(f for f in kept if f.id is not FindingId.RST_INJECTED)]
        told.add(forged.id)
    if not again:
        return by_weight(kept)
    others = annotated(ConnectionFacts(connection.view.without(dropped), connection.context), again - 1)
    return by_weight([*kept, *(finding for finding in others if finding.id not in told)])


def _annotated(connection: ConnectionFacts) -> tuple[Finding, ...]:
    signs = connection.signs
    found = [finding for needs, rule in RULES if signs & needs and (finding := rule(connection)) is not None]
    if len(found) > 1:
        found = _uncovered(found)
    found = _of_equal_bytes(_costly_recovery(connection, found)) if signs & SUSPECT else found
    if (mostly := most_of_the_time(connection)) is not None:
        found = [*found, mostly]
    found = found if signs & DATALESS else _with_payload(connection, found)
    doubts = [finding for needs, rule in CAPTURE_RULES if signs & needs and (finding := rule(connection)) is not None]
    kinds = connection.context.quality.kinds
    if kinds.has_only_syns or kinds.one_direction:
        found = [_perhaps_answered(finding) if finding.id in _WITHOUT_ANSWER else finding for finding in found]
    if kinds.may_lack_bare_acks:
        found = [_perhaps_answered(finding) if finding.id in _ACKED_UNSEEN else finding for finding in found]
    if doubts and signs & FILTERED:
        found = _costly_recovery(connection, _without_bare_acks(found))
    if capture_gaps.twins(connection) is not None:
        found = [finding for finding in found if not _hangs_on_place(finding.id)]
        doubts = [finding for finding in doubts if finding.id not in _OF_ONE_PLACE]
    if capture_gaps.several_numberings(connection):
        found = [finding for finding in found if finding.id not in _OF_ONE_NUMBERING]
    if doubts:
        found = _limited_by_capture_quality(found, {finding.id for finding in doubts}) + doubts
    found = unless_reported(causes_first(found))
    return tuple(sorted(found, key=_rank))


def with_payload_findings(view: StreamView, context: RuleContext, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """``findings`` of a stream, which were made without reading its payload, and those from its payload."""
    if not len(view):
        return findings
    found = _with_payload(ConnectionFacts(view, context), findings)
    return tuple(sorted(unless_reported(causes_first(found)), key=_rank))


def _with_payload(connection: ConnectionFacts, found: Iterable[Finding]) -> list[Finding]:
    """``found`` and what the payload says, which takes the place of what TCP alone makes of the same."""
    if application.judges_waits(connection):
        found = [finding for finding in found if finding.id is not FindingId.SERVER_THINK_TIME]
    return _uncovered([*found, *application.findings(connection)])


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """``findings`` sorted worst first, then in the order in which they began."""
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, tuple[int, ...]]:
    return -finding.severity, finding.packets[:1]


def _limited_by_capture_quality(found: list[Finding], doubts: set[AnyId]) -> list[Finding]:
    """``found`` without the findings that this capture cannot support, and others weakened.

    See rules/findings.md#capture-quality; ``doubts`` are the findings about the capture itself.
    """
    if FindingId.ONE_SIDED_CAPTURE in doubts:
        found = [finding for finding in found if finding.id not in _NEEDS_BOTH_SIDES]
    if doubts & {FindingId.CAPTURE_MISSED_PACKETS, FindingId.CAPTURE_DROPPED}:
        found = [_perhaps_refuted(finding) if finding.id in _NEEDS_ABSENCE else finding for finding in found]
    if FindingId.CAPTURE_MISSED_PACKETS in doubts:
        found = [_perhaps_closed_before(finding) if "rst_frame" in finding.facts else finding for finding in found]
    if FindingId.CAPTURE_CLOCK_STEP in doubts:
        found = [
            replace(finding, confidence=Confidence.POSSIBLE) if finding.id in _NEEDS_CLOCK else finding
            for finding in found
        ]
    if FindingId.CAPTURE_DUPLICATES in doubts:
        # Copies of one packet look like resends, and their ACKs like duplicates of one another.
        found = [
            replace(finding, severity=Severity.NOTE, confidence=Confidence.POSSIBLE)
            if finding.id in _NEEDS_SINGLE_COPIES
            else finding
            for finding in found
        ]
    return found


def _of_equal_bytes(found: list[Finding]) -> list[Finding]:
    """``found`` without resends of other bytes than the first copy had: nobody knows whose those are."""
    differing = {
        packet
        for finding in found
        if finding.id is FindingId.CONTENT_CONFLICT or "injected-data" in finding.alternatives
        for packet in finding.packets
    }
    if not differing:
        return found
    return [
        finding
        for finding in found
        if finding.id not in _ABOUT_LOSS or finding.id in _OF_DAMAGE or differing.isdisjoint(finding.packets)
    ]


def _hangs_on_place(name: AnyId) -> bool:
    """Whether ``name`` rests on times, on the order of packets, or on their having been sent once."""
    spec = spec_of(name)
    rests = Need.ABSENCE | Need.BARE_ACKS | Need.SINGLE_COPIES | Need.CLOCK
    is_timed = bool(spec.lost) or name is FindingId.THREE_WAY_HANDSHAKE
    return is_timed or bool(spec.needs & rests) or spec.family in _PLACE_FAMILIES


def _costly_recovery(connection: ConnectionFacts, found: list[Finding]) -> list[Finding]:
    """``found``, of which the weightiest loss of data is a warning where recovery was costly and nothing else is one.

    See rules/findings.md#costly-recovery.  A loss that its own rule calls possible (the other direction is not here)
    stays a note.
    """
    if any(finding.severity > Severity.NOTE for finding in found):
        return found
    lost = [
        finding
        for finding in found
        if finding.id in _LOSSES
        and finding.facts["bytes"]
        # A segment whose first copy nobody saw may have been missed by the capture; what ACKs asked for was lost.
        and (finding.facts["original_frame"] or finding.id is not FindingId.RETRANSMISSION_UNEXPLAINED)
        and all(connection.packets_by_side)
    ]
    if not lost:
        return found
    lasted_ns, recovery_ns = connection.budget.elapsed_ns, connection.budget[Part.RECOVERY]
    if recovery_ns <= COSTLY_NS or recovery_ns * 100 <= COSTLY_PERCENT * lasted_ns:
        return found
    worst = min(lost, key=lambda finding: _LOSSES.index(finding.id))
    return [replace(finding, severity=Severity.WARNING) if finding is worst else finding for finding in found]


def _without_bare_acks(found: list[Finding]) -> list[Finding]:
    """``found`` without what bare acknowledgments would prove; of segments sent again, only that they were is left.

    SYNs that were sent again keep their weight: a SYN-ACK is none of what was left out, though a challenge ACK is.
    """
    return [
        _perhaps_answered(finding)
        if finding.id in _SYNS_AGAIN
        else replace(finding, severity=Severity.NOTE, confidence=Confidence.POSSIBLE)
        if finding.id in _NEEDS_BARE_ACKS
        else finding
        for finding in found
        if finding.id not in _NEEDS_BARE_ACKS or finding.id in _ABOUT_LOSS | _SYNS_AGAIN
    ]


def _perhaps_answered(finding: Finding) -> Finding:
    """``finding``, which says that an answer did not come, in a capture that has no such answers at all."""
    return replace(finding, confidence=Confidence.POSSIBLE, alternatives=("kind-filter", *finding.alternatives))


def _perhaps_refuted(finding: Finding) -> Finding:
    """``finding``, which rests on a packet's absence, in a connection of which the capture missed something.

    It says so where it would otherwise be surer, and is no mere note.
    """
    if finding.confidence is Confidence.POSSIBLE or finding.severity is Severity.NOTE:
        return replace(finding, confidence=Confidence.POSSIBLE)
    alternatives = (*_GAPS, *finding.alternatives)
    return replace(finding, confidence=Confidence.POSSIBLE, alternatives=alternatives)


def _perhaps_closed_before(finding: Finding) -> Finding:
    """``finding``, which is about a RST and only possible, in a connection of which the capture missed something."""
    if finding.confidence is not Confidence.POSSIBLE or "missed-packets" in finding.alternatives:
        return finding
    return replace(finding, alternatives=("missed-packets", *finding.alternatives))


def _uncovered(found: list[Finding]) -> list[Finding]:
    """``found`` without those that another finding covers (`FindingSpec.covered_by`)."""
    told = {finding.id for finding in found}
    return [finding for finding in found if told.isdisjoint(SPECS[finding.id].covered_by)]


def needs_attention(streams: StreamTable, rows: slice | I32 | None = None) -> NDArray[np.bool_]:
    """A mask over the streams ``rows`` (default: all): False only where `annotate` can yield nothing above a note.

    Findings from payload are not considered (see `tcptui.protocols.prefilter`).  Reads the stream table's
    columns alone, so a healthy stream is not annotated until somebody opens it.
    """
    parts = [_needing(streams, part) for part in blocks(slice(streams.count) if rows is None else rows)]
    if not parts:
        return np.zeros(0, np.bool_)
    needed, lone = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if int(np.count_nonzero(lone)) <= LONE_SYNS:
        needed |= lone
    return needed


def _needing(streams: StreamTable, rows: slice | I32) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two masks: which of ``rows`` may yield more than a note, and which are a lone SYN."""
    marks = streams.marks[rows]
    # A direction can be missing from the capture only if that end sent no payload, and not both ends sent a SYN.
    syns = marks & _BOTH_SYNS
    quiet_end = (streams.payload_a[rows] == 0) | (streams.payload_b[rows] == 0)
    one_sided = quiet_end & (syns != _BOTH_SYNS) & (streams.packets[rows] >= capture_gaps.ONE_SIDED_PACKETS)
    lone: NDArray[np.bool_] = (streams.packets[rows] == 1) & (syns != 0)
    lone &= syns != _BOTH_SYNS
    closed_by = marks & _FIN_MARKS
    half_closed = (closed_by != 0) & (closed_by != _FIN_MARKS)
    needed: NDArray[np.bool_] = (
        one_sided | half_closed | ((streams.verdicts[rows] & _TROUBLE) != 0) | ((marks & _TROUBLE_MARKS) != 0)
    )
    # SYN-ACKs of several initial numbers: the verdict is in the stream although it did not begin on reused ports.
    needed |= ((streams.verdicts[rows] & Verdict.REUSED_PORTS) != 0) & ((marks & StreamMark.PORT_REUSED) == 0)
    needed |= zero_window.may_warn(streams, rows)
    needed |= late_answer.may_warn(streams, rows)
    # A hole that its receiver reports, though nothing was captured twice.
    needed |= (streams.verdicts[rows] & Verdict.DUPLICATE_ACK) != 0
    # The server ended it, and the client had spoken last or spoke afterwards: perhaps a request without an answer.
    by_server = np.where(streams.client_is_b[rows] != 0, ENDED_BY_A, ENDED_BY_B)
    ending = streams.ending[rows]
    needed |= ((ending & by_server) != 0) & ((ending & PEER_SPOKE_LAST) != 0)
    return needed, lone
