"""Findings that ask for another capture, and about which this one decides nothing: they are named, not passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.findings.annotate import needs_attention
from tcptui.findings.elsewhere import is_decided_elsewhere
from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.merge import Hop


def always() -> None:
    """The ``look`` of who always waits for the end."""


class Undecided(NamedTuple):
    """A finding of a connection that both captures have."""

    pair: int
    point: int
    """Whose it is: 0 for A, 1 for B; where both have it, that of A."""
    finding: Finding


class Asked:
    """Remembers, while findings pass through, those that another capture should decide."""

    def __init__(self, hop: Hop, look: Callable[[], None] = always) -> None:
        """``look`` is called for each connection."""
        self._look = look
        self._hop = hop
        self._pairs = [hop.pairs.same_by_stream(point) for point in (0, 1)]
        self._asked: dict[tuple[int, str], Undecided] = {}

    def streams(self, point: int) -> I32:
        """The streams of a capture, ascending, that may have a finding above a note and that both captures have."""
        capture = (self._hop.a, self._hop.b)[point]
        rows = np.array(sorted(self._pairs[point]), np.int32)
        return rows[needs_attention(capture.streams, rows)]

    def passing(
        self, point: int, findings: Iterable[tuple[int, tuple[Finding, ...]]]
    ) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """``findings`` of a capture, by stream, unchanged."""
        pairs = self._pairs[point]
        for stream, mine in findings:
            self._look()
            if stream in pairs:
                for finding in mine:
                    if finding.severity > Severity.NOTE and is_decided_elsewhere(finding):
                        key = pairs[stream], str(finding.id)
                        self._asked.setdefault(key, Undecided(pairs[stream], point, finding))
            yield stream, mine

    def undecided(self, joined: Iterable[JoinedFinding]) -> list[Undecided]:
        """Those that ``joined`` does not have, the worst first; after all findings have passed."""
        known = {(one.pair, str(one.finding.id)) for one in joined}
        rest = [one for key, one in self._asked.items() if key not in known]
        return sorted(rest, key=lambda one: (-one.finding.severity, one.pair))
