"""Groups the trouble of a capture: one group an event, the worst first, each with what only follows from it.

A connection with several troubles is in a group of each, but for what only echoes an event of the whole capture.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tcptui.findings.catalog import named_shape, spec_of
from tcptui.findings.causes import stories
from tcptui.findings.weight import connection_seconds_lost, seconds_lost, seconds_together, story_seconds
from tcptui.model.batched import smallest
from tcptui.model.finding import FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.findings.stream_findings import StreamFindings
    from tcptui.model.finding import AnyId, CaptureFinding, Finding


@dataclass(frozen=True, slots=True)
class Symptom:
    """What only follows from the trouble of a group, in some of its connections."""

    finding: Finding
    """That of the first connection that has it."""
    connections: int
    seconds_lost: float
    """What it cost all of them together; the group's own seconds have it already."""


@dataclass(frozen=True, slots=True)
class TroubleGroup:
    """Connections that share a trouble: those of a capture-wide finding, or those with the same warning or error."""

    finding: Finding
    """The capture-wide finding, or that of the first of the connections."""
    streams: tuple[int, ...]
    """The connections, the worst first."""
    seconds_lost: float
    """What it cost all of them together, its symptoms included, at least."""
    since_ns: int
    """When it was first seen, in nanoseconds since the epoch."""
    is_whole: bool
    """Whether `finding` is about the capture as a whole."""
    symptoms: tuple[Symptom, ...] = ()
    """What cost most first."""

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
    seconds_lost: float = 0.0
    """What warnings and errors cost together, at least; each connection once, whatever groups it is in."""

    @property
    def conflicts(self) -> int:
        """Connections of which two versions of the same bytes were captured."""
        return sum(len(group.streams) for group in self.groups if group.finding.id is FindingId.CONTENT_CONFLICT)

    @property
    def above_note(self) -> tuple[TroubleGroup, ...]:
        """The groups with a warning or an error; the others are worth knowing and no trouble."""
        return tuple(group for group in self.groups if group.severity > Severity.NOTE)


def find_trouble(
    diagnosis: CaptureDiagnosis, above_note: StreamFindings, time_of: Callable[[int], int]
) -> Trouble:  # fmt: skip
    """The groups of a capture.

    ``above_note``: the findings of each stream with a warning or an error; ``time_of``: the time of a frame (ns), 0
    where it is gone.  A connection is in a group of each of its warnings and errors that no other explains
    (`tcptui.findings.causes`), and of its shape where that is a trouble of its own; what only echoes a capture-wide
    finding is told with that alone.
    """
    groups = [_whole(found, above_note) for found in diagnosis.findings]
    loud = [group for group in groups if group.severity > Severity.NOTE]
    lost = sum(group.seconds_lost for group in loud) - _told_twice(loud, above_note)
    by_kind: dict[_Kind, list[_Member]] = {}
    streams = sorted(above_note.keys() - diagnosis.echoes)
    for stream, told in zip(streams, above_note.of_each(_weighed, streams), strict=True):
        echoed = diagnosis.repeated.get(stream, frozenset())
        mine = [_Member(stream, *story) for story in told if story[0][0] not in echoed]
        for member in mine:
            by_kind.setdefault(member.kind, []).append(member)
        lost += seconds_together((member.kind[0], member.seconds_lost) for member in mine)
    groups += [_same_kind_group(kind, members, above_note, time_of) for kind, members in by_kind.items()]
    warned = (found for found in diagnosis.findings if found.finding.severity > Severity.NOTE)
    members = frozenset(above_note) | {stream for found in warned for stream in found.streams}
    return Trouble(tuple(sorted(groups, key=_rank)), members, lost)


def _told_twice(groups: list[TroubleGroup], above_note: StreamFindings) -> float:
    """Seconds that several ``groups`` tell of the same connections: what they cost beyond what these lost.

    Waits that no finding of a connection tells, as in a common stall, are beyond that, too, and count.
    """
    streams = {stream for group in groups for stream in group.streams}
    if sum(len(group.streams) for group in groups) == len(streams):
        return 0.0
    lost = dict(zip(streams, above_note.of_each(connection_seconds_lost, streams), strict=True))
    beyond = (max(group.seconds_lost - sum(lost[stream] for stream in group.streams), 0.0) for group in groups)
    together = sum((group.seconds_lost for group in groups), 0.0)
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
    """The group of ``found``; its symptoms are what connections show of it, where that is more than one kind."""
    lost: dict[int, float] = {}
    shown: list[tuple[int, _Costs]] = []
    only_echoes = frozenset(found.echoes)
    for stream, told in zip(found.streams, above_note.of_each(_weighed, found.streams), strict=True):
        lost[stream] = seconds_together((kind[0], seconds) for kind, _, seconds, _, _ in told)
        echoed = found.repeated.get(stream, frozenset())
        costs = [
            cost
            for (name, _), _, seconds, _, symptoms in told
            if stream in only_echoes or name in echoed
            for cost in ((name, seconds), *symptoms)
        ]
        shown.append((stream, tuple(costs)))
    ordered = tuple(sorted(found.streams, key=lambda stream: (-lost[stream], stream)))
    symptoms = _symptoms(shown, above_note)
    return TroubleGroup(
        found.finding,
        ordered,
        found.seconds_lost,
        found.since_ns,
        is_whole=True,
        symptoms=symptoms if len(symptoms) > 1 else (),
    )


#: The id of a finding, and its shape where that is a trouble of its own.
_Kind = tuple["AnyId", str]
#: Symptoms of a finding: their ids, and what each cost.
_Costs = tuple[tuple["AnyId", float], ...]


class _Member(NamedTuple):
    """A connection of a group."""

    stream: int
    kind: _Kind
    severity: Severity
    seconds_lost: float
    frame: int
    """The first packet of the finding; 0 without one."""
    symptoms: _Costs


def _weighed(findings: tuple[Finding, ...]) -> tuple[tuple[_Kind, Severity, float, int, _Costs], ...]:
    """Of each trouble among ``findings`` of one connection what `_Member` says of it."""
    return tuple([
        (
            (story.cause.id, named_shape(story.cause)),
            story.cause.severity,
            story_seconds(story),
            story.cause.packets[0] if story.cause.packets else 0,
            # No more than the cause: it left out what was idle.
            tuple([(symptom.id, smallest(seconds_lost(symptom), story_seconds(story))) for symptom in story.symptoms]),
        )
        for story in stories(findings)
    ])  # fmt: skip


def _same_kind_group(
    kind: _Kind, members: list[_Member], above_note: StreamFindings, time_of: Callable[[int], int]
) -> TroubleGroup:
    ordered = sorted(members, key=lambda member: (-member.severity, -member.seconds_lost, member.stream))
    times = [time for member in members if member.frame and (time := time_of(member.frame))]
    return TroubleGroup(
        next(one for one in above_note[ordered[0].stream] if (one.id, named_shape(one)) == kind),
        tuple(member.stream for member in ordered),
        sum(member.seconds_lost for member in members),
        min(times, default=0),
        is_whole=False,
        symptoms=_symptoms(((member.stream, member.symptoms) for member in ordered), above_note),
    )


def _symptoms(each: Iterable[tuple[int, _Costs]], above_note: StreamFindings) -> tuple[Symptom, ...]:
    """What the streams of ``each``, the worst first, have of symptoms: those that cost time, or cost none by nature."""
    first: dict[AnyId, int] = {}
    count: Counter[AnyId] = Counter()
    lost: defaultdict[AnyId, float] = defaultdict(float)
    for stream, costs in each:
        for name, seconds in costs:
            first.setdefault(name, stream)
            count[name] += 1
            lost[name] += seconds
    made = [
        Symptom(next(one for one in above_note[first[name]] if one.id == name), count[name], lost[name])
        for name in count
        if lost[name] or not spec_of(name).lost
    ]
    return tuple(sorted(made, key=lambda symptom: (-symptom.seconds_lost, -symptom.connections)))
