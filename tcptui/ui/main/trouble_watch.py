"""What is known of a capture as a whole while it grows, for the verdict line and the overview."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.open_capture import is_looked_through
from tcptui.model.finding import Severity
from tcptui.session.rates import average, rates_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.analysis.capture_trust import CaptureTrust
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.findings.trouble import Trouble
    from tcptui.session.rates import Rate
    from tcptui.session.traffic import Traffic

#: Interval (seconds) at which the trouble of a growing capture is looked for again, at least.
LOOK_SECONDS: Final = 1.0
#: The interval is at least so many times what the last look took, which for 100,000 connections is a second.
REST_FACTOR: Final = 10
#: More connections have no room on any screen.
LARGEST: Final = 100


@dataclass(frozen=True, slots=True)
class CaptureSeen:
    """A capture as a whole, at one revision of the session."""

    revision: int
    trouble: Trouble
    levels: tuple[int, int]
    """How many connections had an error of their own then, and how many a warning as the worst."""
    connections: int
    packets: int
    began_ns: int
    """Time of the first packet, in nanoseconds since the epoch; 0 without packets."""
    latest_ns: int
    """Time of the newest packet."""
    is_final: bool
    """Whether no more packets can come and all connections were looked at."""
    is_judged: bool
    """Whether all connections were looked at, with every packet so far; more may come."""
    trust: CaptureTrust | None
    """None where nobody asked for it."""
    traffic: Traffic | None
    """None where nobody asked for it, or the capture is too short for a rate."""
    average: Rate | None
    """Of the whole capture, as in the first line; None where it is too short for one."""
    now: Rate | None
    """Of the last seconds, as in the first line; None where no packets come."""
    largest: tuple[int, ...] = ()
    """Where there is no trouble and trust is wanted: the connections of the most bytes, `LARGEST` of them at most."""


class TroubleWatch:
    """Looks for a session's trouble now and then; `compute` is for worker threads, `seen` may be read from any."""

    def __init__(self, session: JudgedCapture, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self.seen: CaptureSeen | None = None
        """The result of the newest look; None before the first."""
        self.wants_trust = False
        """Whether `CaptureSeen.trust` and `traffic` are wanted: they take a pass over all packets."""
        self._busy = False
        self._next_at = 0.0

    @property
    def is_settled(self) -> bool:
        """Whether `seen` is up to date and no look is under way."""
        seen = self.seen
        return seen is not None and seen.revision == self._session.revision and not self._busy

    def is_due(self) -> bool:
        """Whether it is time for another look: something is new, and the last look is long enough ago."""
        # The rules are imported by the session's worker: before that, nothing has been found.
        if self._busy or not self._session.judges_at_once:
            return False
        seen = self.seen
        if seen is not None and seen.trust is None and self.wants_trust:
            return True
        if seen is not None and seen.revision == self._session.revision:
            return False
        return self._clock() >= self._next_at or not self._session.progress.growing

    def begin(self) -> None:
        """Note that a look has begun; on the event loop, before `compute`."""
        self._busy = True

    def compute(self) -> None:
        """Look for the trouble and keep it in `seen`."""
        session, began = self._session, self._clock()
        # Read first what may only be too old, never too new: then a later look follows.
        revision, growing, is_judged = session.revision, session.progress.growing, is_looked_through(session)
        store, streams = session.store, session.streams
        trust, traffic = None, None
        largest: tuple[int, ...] = ()
        trouble = session.trouble
        levels = levels_of(session)
        if self.wants_trust:
            from tcptui.analysis.capture_trust import capture_trust
            from tcptui.session.traffic import traffic_of

            traffic = traffic_of(store)
            trust = replace(capture_trust(store, streams, session.quality, session.place), conflicts=trouble.conflicts)
            if not trouble.groups:
                largest = largest_connections(streams)
        self.seen = CaptureSeen(
            revision=revision,
            trouble=trouble,
            levels=levels,
            connections=streams.count,
            packets=session.progress.rows,
            began_ns=store.began_ns,
            latest_ns=store.latest_ns,
            is_final=is_judged and not growing,
            is_judged=is_judged,
            trust=trust,
            traffic=traffic,
            average=average(session.progress, store.latest_ns),
            now=rates_of(session).now,
            largest=largest,
        )
        now = self._clock()
        self._next_at = now + max(LOOK_SECONDS, REST_FACTOR * (now - began))
        self._busy = False


def levels_of(session: JudgedCapture) -> tuple[int, int]:
    """How many of the kept connections have an error, and how many a warning as the worst, as far as judged."""
    levels = np.bincount(session.severity[session.streams.places()], minlength=Severity.ERROR + 1)
    return int(levels[Severity.ERROR]), int(levels[Severity.WARNING])


def largest_connections(streams: StreamTable) -> tuple[int, ...]:
    """The numbers of the connections of the most bytes, the largest first, of equal ones the earlier."""
    listed = streams.listed()
    sizes = streams.wire_bytes[listed]
    if len(listed) > LARGEST:
        some = np.argpartition(-sizes, LARGEST)[:LARGEST]
        listed, sizes = listed[some], sizes[some]
    largest: list[int] = listed[np.lexsort((listed, -sizes))].tolist()
    return tuple(largest)
