"""The result of judging streams, for whoever caches it: one stream's, or that of streams of the same shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.findings.stream_findings import each_deferred

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.findings.stream_findings import MaybeDeferred, SameShapeFindings
    from tcptui.model.packet_store import I64

    #: A stream, its findings, its number of segments, its entry in `FindingsCache.judged_until`, and whether its
    #: payload was judged.
    Judgement = tuple[int, MaybeDeferred, int, int, bool]


@dataclass(frozen=True, slots=True)
class SameShapeJudged:
    """Streams that were judged together, without their payload."""

    kind: SameShapeFindings
    segments: I64
    """How many segments each has."""
    until: int
    """The entry of each in `FindingsCache.judged_until`."""

    def each(self) -> Iterator[Judgement]:
        """The judgement of each stream."""
        for (stream, member), segments in zip(each_deferred(self.kind), self.segments.tolist(), strict=True):
            yield stream, member, segments, self.until, False


def places_without(places: NDArray[np.int64], kinds: Sequence[SameShapeFindings]) -> NDArray[np.int64]:
    """``places`` but those of ``kinds``, in one pass: there may be thousands of kinds."""
    judged = [kind.places for kind in kinds]
    return np.setdiff1d(places, np.concatenate(judged), assume_unique=True) if judged else places
