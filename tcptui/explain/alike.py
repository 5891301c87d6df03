"""Findings of many streams that differ in numbers and names only, kept as columns.

A capture may have a hundred thousand healthy connections, of each of which the same two or three things are said:
what says them one by one makes `Finding` objects of them, what writes them in bulk needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from tcptui.model.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tcptui.model.finding import Confidence, Fact, FindingId
    from tcptui.model.packet_store import I64

    #: A fact, or what it is in each finding.
    Differing = Fact | I64 | list[str]


@dataclass(frozen=True, slots=True)
class Alike:
    """Notes of one kind, one for each of some streams."""

    id: FindingId
    confidence: Confidence
    owner: I64
    """Whom each is said of: places among the streams at hand, ascending."""
    facts: Mapping[str, Differing]
    """Those that differ as arrays (nanoseconds where the name ends in ``_s``, else whole numbers) or lists of names."""
    evidence: tuple[str, ...]
    """Facts that are the frame numbers of the evidence."""
    alternatives: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def differing(self) -> dict[str, I64 | list[str]]:
        """The facts that are not the same in all."""
        return {name: value for name, value in self.facts.items() if isinstance(value, (np.ndarray, list))}

    def pattern(self, facts: Mapping[str, Fact]) -> Finding:
        """A finding of this kind, of no stream and without evidence, whose differing facts are ``facts``."""
        known = {name: facts.get(name, value) for name, value in self.facts.items()}
        return Finding(self.id, -1, (), Severity.NOTE, self.confidence, known, self.alternatives)  # type: ignore[arg-type]

    def each(self, streams: Iterable[int]) -> Iterator[Finding]:
        """The findings one by one; ``streams``: the number of each owner."""
        columns: list[Iterable[Any]] = [_cells(name, value) for name, value in self.facts.items()]
        names = tuple(self.facts)
        evidence = [names.index(name) for name in self.evidence]
        for stream, cells in zip(streams, zip(*columns, strict=False), strict=True):
            packets = tuple(cells[place] for place in evidence)
            facts = dict(zip(names, cells, strict=True))
            yield Finding(self.id, stream, packets, Severity.NOTE, self.confidence, facts, self.alternatives)


@dataclass(frozen=True, slots=True)
class ToldTogether:
    """Some streams, ascending, and what is said of them."""

    streams: I64
    parts: I64
    """Where the time of each went: `TimeBudget.parts`, one row a stream."""
    plain: I64
    """Places of the ordinary ones among ``streams``; `Alike.owner` counts these."""
    alike: list[Alike]
    """What is said of those, in the order in which each stream's findings are told."""
    others: dict[int, tuple[Finding, ...]]
    """The findings of each other one, by its place."""


def _cells(name: str, value: Fact | I64 | list[str]) -> Iterable[Any]:
    """The values of one fact, one a finding."""
    if isinstance(value, np.ndarray):
        return seconds_of(value).tolist() if name.endswith("_s") else value.tolist()
    return value if isinstance(value, list) else repeat(value)


def seconds_of(time_ns: I64) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Nanoseconds as facts have them: the same floats as Python's division gives."""
    return time_ns / 1e9
