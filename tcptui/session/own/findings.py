"""Looks for the findings that a user has defined, in a session: all at once, or a little at a time while it grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.notes.format import NotesError
from tcptui.access.progress import Notice
from tcptui.dfilter.errors import FilterError
from tcptui.findings.catalog import OWN_ALTERNATIVES
from tcptui.model.arrays import sorted_unique
from tcptui.model.errors import TcptuiError
from tcptui.model.finding import Confidence, Finding
from tcptui.model.sparse_array import grown
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.input_priority import input_priority
from tcptui.session.own.rule import OwnRule, Per

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import U8
    from tcptui.session.session import Session

    Mask = NDArray[np.bool_]

#: Findings of one packet each that a connection has at most; the last one names all packets that are left.
MOST_OF_PACKETS: Final = 100
#: Frames of evicted packets that are remembered of a connection at most.
_MOST_EVICTED: Final = 1_000


class _Matches:
    """The packets that match one rule."""

    def __init__(self, session: Session, rule: OwnRule) -> None:
        self.rule = rule
        self._session = session
        # What is said of findings in a rule is about those of the rules of this program, never about one's own.
        self._reader = FieldReader(session, own=False, deep=True)
        self.live = LiveFilter(session, rule.filter, self._reader)
        self.first = session.store.first
        """The row that `mask` begins with."""
        self.mask: Mask = np.zeros(0, np.bool_)
        self.evicted: dict[int, list[int]] = {}
        """By connection: frames that matched and are gone, ascending."""
        self._final: list[Mask] | None = None
        """What has been asked about after the capture's end; None: nothing yet."""
        self._final_first = 0

    def grow(self, is_late: Callable[[], bool]) -> bool:
        """Ask about what is new until it ``is_late``; returns whether something is left."""
        store, live = self._session.store, self.live
        while True:
            input_priority.step_aside()
            live.update(most=live.block)
            if live.stop >= store.count or is_late():
                return live.stop < store.count

    def finish(self, is_late: Callable[[], bool]) -> bool:
        """Ask about all anew, now that the capture has ended, until it ``is_late``; whether something is left."""
        store, run = self._session.store, FilterRun(self._session, self.rule.filter, self._reader)
        if self._final is None:
            run.forget()
            self._final = []
            self._final_first = store.first
        done = self._final_first + sum(map(len, self._final))
        while done < store.count:
            input_priority.step_aside()
            stop = min(done + run.block, store.count)
            self._final.append(run.matching(done, stop))
            done = stop
            if is_late():
                break
        return done < store.count

    def changed(self) -> NDArray[np.int64]:
        """Connections (ascending) of which other packets match than when this was last asked."""
        store = self._session.store
        if self._final is not None:
            first, mask = self._final_first, np.concatenate([np.zeros(0, np.bool_), *self._final])
        else:
            first, mask = self.live.first, self.live.mask.copy()
        # Rows that have been evicted since are no news: what was said of them stays.
        both = max(min(len(self.mask) - (first - self.first), len(mask)), 0)
        differs = mask.copy()
        if both:
            differs[:both] ^= self.mask[first - self.first :][:both]
        self.first, self.mask = first, mask
        streams = store.stream[first : first + len(mask)][differs]
        return sorted_unique(streams[streams >= 0]).astype(np.int64)

    def before_eviction(self, first: int) -> None:
        """Keep the frames of packets before row ``first`` that matched: they are about to be evicted."""
        store, kept = self._session.store, max(self._session.store.first, self.first)
        gone = self.mask[kept - self.first : max(first - self.first, 0)]
        for row in (np.flatnonzero(gone) + kept).tolist():
            stream = int(store.stream[row])
            if stream >= 0:
                frames = self.evicted.setdefault(stream, [])
                frames.append(int(store.frame[row]))
                del frames[:-_MOST_EVICTED]

    def frames(self, stream: int) -> list[int]:
        """The frames of ``stream`` that match, ascending."""
        rows = self._session.rows_of(stream)
        at = rows - self.first
        inside = (at >= 0) & (at < len(self.mask))
        matching = rows[inside][self.mask[at[inside]]]
        return [*self.evicted.get(stream, ()), *self._session.store.frame[matching].tolist()]

    def findings(self, stream: int) -> list[Finding]:
        """The findings of the rule for ``stream``."""
        rule, frames = self.rule, self.frames(stream)
        if len(frames) < rule.at_least:
            return []
        if rule.per is Per.CONNECTION:
            parts = [tuple(frames)]
        else:
            last = MOST_OF_PACKETS - 1
            parts = [(frame,) for frame in frames[:last]] + [tuple(frames[last:])] * (len(frames) > last)
        facts = {"own_filter": rule.filter.text.strip()}
        return [
            Finding(rule.id, stream, part, rule.severity, Confidence.CERTAIN, facts, OWN_ALTERNATIVES) for part in parts
        ]


class OwnFailedError(TcptuiError):
    """A finding that the user has defined cannot be looked for."""

    def __init__(self, failure: Notice) -> None:
        super().__init__("own_failed", **failure.facts)
        self.key = failure.key


class OwnFindings:
    """The findings of ``rules`` in a session; one thread at a time looks for them, any may read them."""

    def __init__(self, session: Session, rules: Sequence[OwnRule]) -> None:
        self._session = session
        self.rules = tuple(rules)
        self._matches = [_Matches(session, rule) for rule in rules]
        self._findings: dict[int, tuple[Finding, ...]] = {}
        self.severity: U8 = np.zeros(256, np.uint8)
        """Worst severity per stream; may be shorter than there are streams."""
        self._failed: tuple[OwnRule, FilterError | NotesError] | None = None
        """The first rule that could not be asked any more, and why."""
        self.revision = 0
        """Changes whenever a finding does."""
        self.is_final = False
        """Whether all packets were asked about after the end."""

    @property
    def failure(self) -> Notice | None:
        """See `LooksForOwn.failure`."""
        if self._failed is None:
            return None
        rule, error = self._failed
        kind = "notes" if isinstance(error, NotesError) else "filter"
        return Notice(f"own.failed.{kind}", {"id": str(rule.id)})

    def of(self, stream: int) -> tuple[Finding, ...]:
        """The findings of ``stream``, in the order of the rules."""
        return self._findings.get(stream, ())

    def streams(self) -> list[int]:
        """Connections with such findings, ascending."""
        return sorted(self._findings)

    def has(self, streams: NDArray[np.int64]) -> Mask:
        """Mask of the ``streams`` that have such findings."""
        return np.isin(streams, np.array(self.streams(), np.int64))

    def finish(self) -> None:
        """Look for all, in a session that has been read to its end.  Raises OwnFailedError."""
        self.look(settled=True)
        failure = self.failure
        if failure is not None:
            raise OwnFailedError(failure)

    def look(self, *, settled: bool, seconds: float | None = None) -> bool:
        """Look for about ``seconds`` (None: until nothing is left); returns whether something is left.

        ``settled``: the capture has ended, and all has been judged that is going to be.
        """
        if self.is_final:
            return False
        deadline = None if seconds is None else time.monotonic() + seconds

        def is_late() -> bool:
            return deadline is not None and time.monotonic() > deadline

        left = False
        changed: set[int] = set()
        for matches in list(self._matches):
            try:
                more = matches.finish(is_late) if settled else matches.grow(is_late)
                if not (more and settled):
                    changed.update(matches.changed().tolist())
                left |= more
            except (FilterError, NotesError) as error:
                # What was found so far stays; nobody waits for the rest.
                self._matches.remove(matches)
                self._failed = self._failed or (matches.rule, error)
        self._tell(sorted(changed))
        self.is_final = settled and not left
        return left

    def before_eviction(self, first: int) -> None:
        """Before rows up to ``first`` (exclusive) are evicted: what was said of them stays."""
        for matches in self._matches:
            matches.before_eviction(first)

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop everything about ``streams``, which were evicted."""
        for stream in streams.tolist():
            self._findings.pop(stream, None)
            for matches in self._matches:
                matches.evicted.pop(stream, None)
        inside = streams[streams < len(self.severity)]
        self.severity[inside] = 0

    def _tell(self, streams: list[int]) -> None:
        if not streams:
            return
        if streams[-1] >= len(self.severity):
            self.severity = grown(self.severity, max(streams[-1] + 1, 2 * len(self.severity)), slice(None))
        for stream in streams:
            found = tuple(one for matches in self._matches for one in matches.findings(stream))
            if found:
                self._findings[stream] = found
            else:
                self._findings.pop(stream, None)
            self.severity[stream] = max((one.severity for one in found), default=0)
        self.revision += 1
        self._session.own_changed(streams)
