"""What judging streams came to, for whoever caches it: one stream's, or that of streams that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.findings.stream_findings import each_deferred

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.stream_findings import MaybeDeferred, SameShapeFindings
    from tcptui.model.packet_store import I64

    #: A stream, its findings, its number of segments, its entry in `_judged_until`, whether its payload was judged.
    Judgement = tuple[int, MaybeDeferred, int, int, bool]


@dataclass(frozen=True, slots=True)
class SameShapeJudged:
    """Streams that were judged together, without their payload."""

    kind: SameShapeFindings
    segments: I64
    """How many segments each has."""
    until: int
    """The entry of each in `FindingsCache._judged_until`."""

    def each(self) -> Iterator[Judgement]:
        """The judgement of each stream."""
        for (stream, member), segments in zip(each_deferred(self.kind), self.segments.tolist(), strict=True):
            yield stream, member, segments, self.until, False
