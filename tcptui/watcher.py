"""Waits for findings while a capture grows: tells of them, stops upon them, keeps what is around them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from tcptui.eagerness import Eagerness
from tcptui.errors import OutputError
from tcptui.finding_log import Event, FindingLog, Told
from tcptui.model.packet_store import NO_ROW
from tcptui.session import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.command import Watch
    from tcptui.model.finding import Finding
    from tcptui.session import Session
    from tcptui.surroundings import Surroundings


class Watcher:
    """`tcptui.observing.Observer` of one session, as ``watch`` says.

    ``tell`` is called from the worker for each event; ``surroundings`` is there with ``--keep-around``.
    """

    def __init__(
        self, session: Session, watch: Watch, surroundings: Surroundings | None = None,
        tell: Callable[[Told], None] | None = None,
    ) -> None:  # fmt: skip
        self.stopped_by: Told | None = None
        """What ended the capture; of a file: what would have been the first to."""
        self.error: OutputError | None = None
        """Why packets around findings could not be written; the capture ended with it."""
        self.found = 0
        """Findings told of so far."""
        self.longest_lag = 0
        """The most bytes that were captured and not analysed yet."""
        self._session = session
        self._watch = watch
        self.surroundings = surroundings
        self._tell = tell
        self._log = FindingLog()
        self._eagerness = Eagerness(session.store, session.streams)
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._fresh: dict[int, tuple[Finding, ...]] = {}
        self._stops_at: float | None = None

    # -- the observer -------------------------------------------------------------

    def due(self, count: int) -> NDArray[np.bool_]:
        """See `Observer.due`."""
        return self._eagerness.due(count)

    def needed(self, count: int, *, settle: bool) -> NDArray[np.bool_]:
        """See `Observer.needed`: where notes are wanted every stream, once it has ended or gone quiet."""
        watch = self._watch
        named = watch.stop_on.needs_notes or watch.keep_around.needs_notes
        if not named and not (watch.no_screen and (not watch.only or watch.only.needs_notes)):
            return np.zeros(count, np.bool_)
        if settle:
            return np.ones(count, np.bool_)
        ended = self._eagerness.ended(count)
        return ended | self._eagerness.quiet(count) if named else ended

    def judged(self, stream: int, segments: int, findings: tuple[Finding, ...]) -> None:
        """See `Observer.judged`."""
        self._eagerness.judged(stream, segments)
        with self._lock:
            self._fresh[stream] = findings

    def look(self, *, over: bool) -> None:
        """See `Observer.look`: what is new goes to whom it concerns."""
        with self._looking:
            with self._lock:
                fresh, self._fresh = self._fresh, {}
            for stream in sorted(fresh):
                for told in self._log.update(stream, fresh[stream]):
                    self._hear(told)
            self.longest_lag = max(self.longest_lag, self._session.progress.bytes_waiting)
            self._keep(over=over)
        self._stop()

    def finish(self) -> None:
        """Write what is there of all that was to be kept; while the spool can still be read, once nothing runs."""
        with self._looking:
            self._keep(over=True)

    # -- what comes of it ------------------------------------------------------------

    def _hear(self, told: Told) -> None:
        finding, watch = told.finding, self._watch
        if not watch.only or finding in watch.only or finding in watch.stop_on or finding in watch.keep_around:
            self.found += told.event is Event.FOUND
            if self._tell is not None:
                self._tell(told)
        if told.event is Event.GONE:
            return
        if self.surroundings is not None and finding in watch.keep_around:
            self.surroundings.want(finding)
        if finding in watch.stop_on and self._is_first(told):
            self.stopped_by = told
            row = self._session.store.row_of_frame(finding.packets[-1]) if finding.packets else NO_ROW
            facts = {
                "finding": str(finding.id),
                "stream": finding.stream,
                "frame": finding.packets[-1] if row != NO_ROW else 0,
            }
            self._session.ending = Notice("watch.stopped" if self._session.live else "watch.appears", facts)

    def _is_first(self, told: Told) -> bool:
        """Whether ``told`` is what ends the capture: the first to be known; in a file the first of all."""
        if self.stopped_by is None:
            return True
        return not self._session.live and told.finding.packets[-1:] < self.stopped_by.finding.packets[-1:]

    def _keep(self, *, over: bool) -> None:
        kept = self.surroundings
        if kept is None or self.error is not None or not (over or self._session.live):
            return
        try:
            kept.write(over=over)
        except OutputError as error:
            self.error = error
            kept.close()
            self._session.ending = Notice(error.key, error.facts)
            self._session.stop()

    def _stop(self) -> None:
        """End the capture once it should; what comes behind a finding that is kept is waited for."""
        if self.stopped_by is None or not self._session.live:
            return
        now = time.monotonic()
        if self._stops_at is None:
            waits = self.surroundings is not None and self.error is None and self.surroundings.is_pending
            self._stops_at = now + (self._watch.after if waits else 0.0)
        if now >= self._stops_at:
            self._session.stop()
