"""Groups the trouble of a capture: one group an event, the worst first, and each connection in one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tcptui.findings.catalog import named_shape
from tcptui.findings.weight import connection_seconds_lost, rank_of
from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.findings.stream_findings import StreamFindings
    from tcptui.model.finding import AnyId, CaptureFinding, Finding


@dataclass(frozen=True, slots=True)
class TroubleGroup:
    """Connections that share a trouble: those of a capture-wide finding, or those with the same worst finding."""

    finding: Finding
    """The capture-wide finding, or the worst of the connections' findings."""
    streams: tuple[int, ...]
    """The connections, the worst first."""
    seconds_lost: float
    """What it cost all of them together, at least."""
    since_ns: int
    """When it was first seen, in nanoseconds since the epoch."""
    is_whole: bool
    """Whether `finding` is about the capture as a whole."""

    @property
    def severity(self) -> Severity:
        """The severity of `finding`."""
        return self.finding.severity


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong in a capture."""

    groups: tuple[TroubleGroup, ...] = ()
    """Errors first, then what cost most seconds, then what concerns most connections."""
    streams: frozenset[int] = frozenset()
    """All connections with a warning or an error, their own or the capture's."""
    twice_s: float = 0.0
    """Seconds that several groups with a warning or an error tell of the same connections."""

    @property
    def seconds_lost(self) -> float:
        """What all groups with a warning or an error cost together, at least; no second counts twice."""
        return sum((group.seconds_lost for group in self.above_note), 0.0) - self.twice_s

    @property
    def above_note(self) -> tuple[TroubleGroup, ...]:
        """The groups with a warning or an error; the others are worth knowing and no trouble."""
        return tuple(group for group in self.groups if group.severity > Severity.NOTE)


def find_trouble(
    diagnosis: CaptureDiagnosis, above_note: StreamFindings, time_of: Callable[[int], int]
) -> Trouble:  # fmt: skip
    """The groups of a capture.

    ``above_note``: the findings of each stream with a warning or an error; ``time_of``: the time of a frame (ns), 0
    where it is gone.  A connection whose trouble only echoes a capture-wide finding is in that group alone.  Any other
    is in the group of its worst finding, and of its shape where that is a trouble of its own: the most severe, then the
    one that cost most.
    """
    groups = [_whole(found, above_note) for found in diagnosis.findings]
    by_worst: dict[tuple[AnyId, str], list[_Member]] = {}
    streams = sorted(above_note.keys() - diagnosis.echoes)
    for stream, (kind, severity, lost, frame) in zip(streams, above_note.of_each(_weighed, streams), strict=True):
        by_worst.setdefault(kind, []).append(_Member(stream, severity, lost, frame))
    groups += [_same_shape_group(members, above_note, time_of) for members in by_worst.values()]
    warned = (found for found in diagnosis.findings if found.finding.severity > Severity.NOTE)
    members = frozenset(above_note) | {stream for found in warned for stream in found.streams}
    return Trouble(tuple(sorted(groups, key=_rank)), members, _told_twice(groups, above_note))


def _told_twice(groups: list[TroubleGroup], above_note: StreamFindings) -> float:
    """`Trouble.twice_s` of ``groups``: what they cost together beyond what their connections lost.

    Waits that no finding of a connection tells, as in a common stall, are beyond that, too, and count.
    """
    warned = [group for group in groups if group.severity > Severity.NOTE]
    streams = {stream for group in warned for stream in group.streams}
    if sum(len(group.streams) for group in warned) == len(streams):
        return 0.0
    lost = dict(zip(streams, above_note.of_each(connection_seconds_lost, streams), strict=True))
    beyond = (max(group.seconds_lost - sum(lost[stream] for stream in group.streams), 0.0) for group in warned)
    together = sum((group.seconds_lost for group in warned), 0.0)
    return max(together - sum(beyond) - sum(lost.values()), 0.0)


def trouble_of(
    shown: frozenset[int], diagnosis: CaptureDiagnosis, above_note: StreamFindings, time_of: Callable[[int], int]
) -> Trouble:
    """`find_trouble` with the connections ``shown`` only: what concerns none of them is left out."""
    mine = above_note.some(stream for stream in above_note if stream in shown)
    findings = tuple(_part(found, shown, mine) for found in diagnosis.findings if shown.intersection(found.streams))
    return find_trouble(replace(diagnosis, findings=findings), mine, time_of)


def _part(found: CaptureFinding, shown: frozenset[int], above_note: StreamFindings) -> CaptureFinding:
    streams = tuple(stream for stream in found.streams if stream in shown)
    lost = sum(above_note.of_each(connection_seconds_lost, streams))
    return replace(found, streams=streams, seconds_lost=min(lost, found.seconds_lost))


def _rank(group: TroubleGroup) -> tuple[int, float, int, int]:
    return -group.severity, -group.seconds_lost, -len(group.streams), group.since_ns


def _whole(found: CaptureFinding, above_note: StreamFindings) -> TroubleGroup:
    lost = dict(zip(found.streams, above_note.of_each(connection_seconds_lost, found.streams), strict=True))
    ordered = tuple(sorted(found.streams, key=lambda stream: (-lost[stream], stream)))
    return TroubleGroup(found.finding, ordered, found.seconds_lost, found.since_ns, is_whole=True)


class _Member(NamedTuple):
    """A connection of a group."""

    stream: int
    severity: Severity
    seconds_lost: float
    frame: int
    """The first packet of the worst finding; 0 without one."""


def _weighed(findings: tuple[Finding, ...]) -> tuple[tuple[AnyId, str], Severity, float, int]:
    """The kind of the worst of ``findings`` of one connection, and what `_Member` says of it."""
    worst = max(findings, key=rank_of)
    return (
        (worst.id, named_shape(worst)),
        worst.severity,
        connection_seconds_lost(findings),
        worst.packets[0] if worst.packets else 0,
    )


def _same_shape_group(
    members: list[_Member], above_note: StreamFindings, time_of: Callable[[int], int]
) -> TroubleGroup:
    ordered = sorted(members, key=lambda member: (-member.severity, -member.seconds_lost, member.stream))
    times = [time for member in members if member.frame and (time := time_of(member.frame))]
    return TroubleGroup(
        max(above_note[ordered[0].stream], key=rank_of),
        tuple(member.stream for member in ordered),
        sum(member.seconds_lost for member in members),
        min(times, default=0),
        is_whole=False,
    )
