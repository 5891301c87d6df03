"""Groups the trouble of a capture: one group an event, the worst first, and each connection in one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tcptui.findings.weight import connection_seconds_lost, gravity
from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.model.finding import CaptureFinding, Finding


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
    """All connections with a warning or an error, or grouped by a capture-wide finding."""

    @property
    def seconds_lost(self) -> float:
        """What all groups cost together, at least."""
        return sum((group.seconds_lost for group in self.groups), 0.0)


def find_trouble(
    diagnosis: CaptureDiagnosis, loud: Mapping[int, tuple[Finding, ...]], time_of: Callable[[int], int]
) -> Trouble:
    """The groups of a capture.

    ``loud``: the findings of each stream with a warning or an error; ``time_of``: the time of a frame (ns), 0 where it
    is gone.  A connection whose trouble only echoes a capture-wide finding is in that group alone.  Any other is in the
    group of its worst finding: the most severe, then the one that cost most.
    """
    groups = [_whole(found, loud) for found in diagnosis.findings]
    by_worst: dict[str, list[tuple[Finding, float]]] = {}
    for stream in sorted(loud.keys() - diagnosis.echoes):
        worst = max(loud[stream], key=gravity)
        by_worst.setdefault(worst.id, []).append((worst, connection_seconds_lost(loud[stream])))
    groups += [_alike(members, time_of) for members in by_worst.values()]
    members = frozenset(loud) | {stream for found in diagnosis.findings for stream in found.streams}
    return Trouble(tuple(sorted(groups, key=_rank)), members)


def trouble_of(
    shown: frozenset[int], diagnosis: CaptureDiagnosis, loud: Mapping[int, tuple[Finding, ...]],
    time_of: Callable[[int], int],
) -> Trouble:  # fmt: skip
    """`find_trouble` with the connections ``shown`` only: what concerns none of them is left out."""
    mine = {stream: findings for stream, findings in loud.items() if stream in shown}
    findings = tuple(_part(found, shown, mine) for found in diagnosis.findings if shown.intersection(found.streams))
    return find_trouble(replace(diagnosis, findings=findings), mine, time_of)


def _part(found: CaptureFinding, shown: frozenset[int], loud: Mapping[int, tuple[Finding, ...]]) -> CaptureFinding:
    streams = tuple(stream for stream in found.streams if stream in shown)
    lost = sum(connection_seconds_lost(loud.get(stream, ())) for stream in streams)
    return replace(found, streams=streams, seconds_lost=min(lost, found.seconds_lost))


def _rank(group: TroubleGroup) -> tuple[int, float, int, int]:
    return -group.severity, -group.seconds_lost, -len(group.streams), group.since_ns


def _whole(found: CaptureFinding, loud: Mapping[int, tuple[Finding, ...]]) -> TroubleGroup:
    lost = {stream: connection_seconds_lost(loud.get(stream, ())) for stream in found.streams}
    ordered = tuple(sorted(found.streams, key=lambda stream: (-lost[stream], stream)))
    return TroubleGroup(found.finding, ordered, found.seconds_lost, found.since_ns, is_whole=True)


def _alike(members: list[tuple[Finding, float]], time_of: Callable[[int], int]) -> TroubleGroup:
    ordered = sorted(members, key=lambda member: (-member[0].severity, -member[1], member[0].stream))
    times = [time for finding, _lost in members if finding.packets and (time := time_of(finding.packets[0]))]
    return TroubleGroup(
        ordered[0][0],
        tuple(finding.stream for finding, _lost in ordered),
        sum(lost for _finding, lost in members),
        min(times, default=0),
        is_whole=False,
    )
