"""Compares a stream's findings with those reported before, and makes events: found, changed, gone.

A stream is judged repeatedly while it grows, each time from the beginning.  Two findings are the same if they have
the same id and the same first packet, or if they are the only unmatched ones of their id before and after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.model.lru import LruCache

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.model.finding import CaptureFinding, Finding

#: LRU size: streams whose reported findings are remembered.
STREAMS_CACHED: Final = 20_000


class FindingChange(Enum):
    """A change of a finding."""

    FOUND = "found"
    CHANGED = "changed"
    """Its evidence, severity, confidence or facts have changed."""
    GONE = "gone"
    """The stream's findings no longer include it: later packets have another explanation."""


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """One event; `number` identifies the finding in all its events."""

    event: FindingChange
    number: int
    finding: Finding
    whole: CaptureFinding | None = None
    """With what it says of the capture as a whole; None: it is about one stream."""


class FindingLog:
    """Remembers the reported findings of the `STREAMS_CACHED` streams judged last."""

    def __init__(self, streams_cached: int = STREAMS_CACHED) -> None:
        self._known: LruCache[int, list[tuple[int, Finding]]] = LruCache(streams_cached)
        self._of_capture: list[tuple[int, Finding]] = []
        self._whole: dict[int, CaptureFinding] = {}
        self._numbers = 0

    def update(self, stream: int, findings: tuple[Finding, ...]) -> list[FindingEvent]:
        """The events that lead from the findings reported before to ``findings``, all that ``stream`` has now."""
        told, now = self._compare(self._known.pop(stream) or [], findings)
        if now:
            self._known.put(stream, now)
        return told

    def forget(self, streams: Iterable[int]) -> None:
        """Drop what was reported of ``streams``, of which nothing more will be: they are evicted."""
        for stream in streams:
            self._known.pop(stream)

    def update_capture(self, findings: tuple[CaptureFinding, ...]) -> list[FindingEvent]:
        """Log ``findings``, all that is said of the capture as a whole now; these are never forgotten."""
        told, self._of_capture = self._compare(self._of_capture, tuple(whole.finding for whole in findings))
        before = self._whole
        self._whole = {number: whole for (number, _finding), whole in zip(self._of_capture, findings, strict=True)}
        known = before | self._whole
        # The same words about other connections are news, too.
        changed = {number for number, whole in self._whole.items() if number in before and whole != before[number]}
        told += [
            FindingEvent(FindingChange.CHANGED, number, self._whole[number].finding)
            for number in sorted(changed - {event.number for event in told})
        ]
        return [replace(event, whole=known[event.number]) for event in told]

    def _compare(
        self, before: list[tuple[int, Finding]], findings: tuple[Finding, ...]
    ) -> tuple[list[FindingEvent], list[tuple[int, Finding]]]:
        """The events from ``before`` to ``findings``, and ``findings`` with their numbers."""
        told: list[FindingEvent] = []
        now: list[tuple[int, Finding]] = []
        matches = _matches([finding for _number, finding in before], findings)
        for finding in findings:
            place = next(matches)
            if place is None:
                self._numbers += 1
                now.append((self._numbers, finding))
                told.append(FindingEvent(FindingChange.FOUND, self._numbers, finding))
                continue
            number, old = before[place]
            now.append((number, finding))
            if finding != old:
                told.append(FindingEvent(FindingChange.CHANGED, number, finding))
        still = {number for number, _finding in now}
        gone = [FindingEvent(FindingChange.GONE, number, finding) for number, finding in before if number not in still]
        return gone + told, now


def _matches(before: list[Finding], now: tuple[Finding, ...]) -> Iterator[int | None]:
    """For each of ``now`` the index of the same finding in ``before``; None for a new one."""
    free = set(range(len(before)))
    exact: list[int | None] = []
    for finding in now:
        same = next((n for n in sorted(free) if _key(before[n]) == _key(finding)), None)
        free.discard(-1 if same is None else same)
        exact.append(same)
    for finding, same in zip(now, exact, strict=True):
        place = same
        if place is None:
            others = [n for n in free if before[n].id == finding.id]
            new = [n for n, other in zip(exact, now, strict=True) if n is None and other.id == finding.id]
            place = others[0] if len(others) == len(new) == 1 else None
            free.discard(-1 if place is None else place)
        yield place


def _key(finding: Finding) -> tuple[str, tuple[int, ...]]:
    return finding.id, finding.packets[:1]
