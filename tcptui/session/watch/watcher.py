"""The observer behind ``--no-screen``, ``--stop-on`` and ``--keep-around``: reports, stops, saves packets."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from tcptui.access.progress import Notice
from tcptui.model.errors import OutputError
from tcptui.model.packet_store import NO_ROW
from tcptui.session.watch.finding_log import FindingChange, FindingEvent, FindingLog
from tcptui.session.watch.schedule import WatchSchedule

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session
    from tcptui.session.watch.options import Watch
    from tcptui.session.watch.packet_saver import PacketSaver

#: Streams without problems are judged at this interval, and for at most this long, in seconds …
_LOOK_EVERY: Final = 0.5
_SLICE: Final = 0.25
#: … or only for `_SHORT_SLICE`, while packets have been waiting for `_BACKLOG_S` seconds: these come first.
_BACKLOG_S: Final = 1.0
_SHORT_SLICE: Final = 0.05
#: What is said of the capture as a whole is looked at again after this time, in seconds, …
_DIAGNOSE_EVERY: Final = 1.0
#: … and so many times as long as it took, so that it needs a twentieth of a processor at most.
_DIAGNOSE_REST: Final = 19
#: Chunk size of streams judged in bulk, unless several processes share them.
_MOST_AT_ONCE: Final = 2_000


class Watcher:
    """The `tcptui.session.observer.Observer` of one session, with the options ``watch``.

    ``tell`` is called from the worker thread for each event; ``surroundings`` is set with ``--keep-around``.
    """

    def __init__(
        self, session: Session, watch: Watch, surroundings: PacketSaver | None = None,
        tell: Callable[[FindingEvent], None] | None = None,
    ) -> None:  # fmt: skip
        self.stopped_by: FindingEvent | None = None
        """The event of ``--stop-on`` that ended the capture; in a file, the first one that would have."""
        self.error: OutputError | None = None
        """The error of writing packets around findings, which ended the capture; None: none."""
        self.found = 0
        """Findings reported so far."""
        self.longest_lag = 0.0
        """The longest time that captured packets waited to be analysed, in seconds."""
        self.unseen = 0
        """Streams that had not been judged when they were evicted, or when time ran out at the end."""
        self._session = session
        self._watch = watch
        self.surroundings = surroundings
        self._tell = tell
        self._log = FindingLog()
        self._schedule = WatchSchedule(session.store, session.streams)
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._fresh: dict[int, tuple[Finding, ...]] = {}
        self._left: list[NDArray[np.int64]] = []
        """Streams evicted since the last round, of which findings may still be in `_fresh`."""
        self._stops_at: float | None = None
        self._next_look = 0.0
        self._next_diagnosis = 0.0
        self._over = False

    @property
    def is_cause(self) -> bool:
        """Whether a finding of ``--stop-on`` ends the capture: only a live one, and only while it runs."""
        return self._session.live and not self._over

    # -- the observer -------------------------------------------------------------

    def due(self, places: slice | I32) -> NDArray[np.bool_]:
        """See `Observer.due`."""
        return self._schedule.due(places)

    def judged(self, stream: int, segments: int, findings: tuple[Finding, ...]) -> None:
        """See `Observer.judged`."""
        self._schedule.judged(stream, segments)
        with self._lock:
            self._fresh[stream] = findings

    def leaving(self, streams: NDArray[np.int64]) -> None:
        """See `Observer.leaving`."""
        if self._wants_notes:
            self.unseen += self._schedule.never_judged(streams)
        with self._lock:
            self._left.append(streams)

    def look(self, *, over: bool) -> None:
        """See `Observer.look`: process the findings made since the last round."""
        with self._looking:
            if over and self.stopped_by is None:
                self._over = True
            with self._lock:
                fresh, self._fresh = self._fresh, {}
                left, self._left = self._left, []
            for stream in sorted(fresh):
                self._update(stream, fresh[stream])
            for streams in left:
                self._log.forget(streams.tolist())
            self._look_at_healthy(over=over)
            self._look_at_whole(over=over)
            self.longest_lag = max(self.longest_lag, self._session.progress.seconds_behind)
            self._keep(over=over)
        self._stop()

    def finish(self) -> None:
        """Write the rest of all stretches; call it when the session has ended, but before its spool is closed."""
        with self._looking:
            self._keep(over=True)

    @property
    def _wants_named_notes(self) -> bool:
        return self._watch.stop_on.needs_notes or self._watch.keep_around.needs_notes

    @property
    def _wants_notes(self) -> bool:
        """Whether streams without problems must be judged, too."""
        watch = self._watch
        return self._wants_named_notes or (watch.no_screen and (not watch.only or watch.only.needs_notes))

    def _look_at_healthy(self, *, over: bool) -> None:
        """If notes are wanted: judge streams without problems in bulk, once they have ended.

        They are judged in ascending order of their numbers; at the end, those that time does not allow are counted.
        """
        session, now = self._session, time.monotonic()
        if not self._wants_notes:
            self.unseen = session.unlooked if over else 0
            return
        if not over and (now < self._next_look or session.steering.sharing is not None):
            return
        most = len(session.streams.packets) if session.steering.sharing is not None else _MOST_AT_ONCE

        seconds = _SLICE if session.progress.seconds_behind < _BACKLOG_S else _SHORT_SLICE

        def late() -> bool:
            until = session.steering.ends_by if over else now + seconds
            return until is not None and time.monotonic() >= until

        named = self._wants_named_notes
        chosen = self._schedule.finished(session.streams.count, even_open=named, over=over)
        while len(chosen) and not late():
            part = chosen[:most]
            for stream, findings in session.each_findings(part):
                self._update(stream, findings)
                if late():
                    part = part[part <= stream]
                    break
            self._schedule.passed(part)  # including streams without findings
            chosen = chosen[len(part) :]
        if over:
            self.unseen += len(chosen)
        self._next_look = now + _LOOK_EVERY

    def _look_at_whole(self, *, over: bool) -> None:
        """Look at what is said of the capture as a whole; in a file once, at its end."""
        now = time.monotonic()
        if not over and (not self._session.live or now < self._next_diagnosis):
            return
        for told in self._log.update_capture(self._session.diagnosis.findings):
            self._on_event(told)
        done = time.monotonic()
        self._next_diagnosis = done + max(_DIAGNOSE_EVERY, _DIAGNOSE_REST * (done - now))

    def _update(self, stream: int, findings: tuple[Finding, ...]) -> None:
        for told in self._log.update(stream, findings):
            self._on_event(told)

    # -- acting on events ------------------------------------------------------------

    def _on_event(self, event: FindingEvent) -> None:
        finding, watch = event.finding, self._watch
        if not watch.only or finding in watch.only or finding in watch.stop_on or finding in watch.keep_around:
            self.found += event.event is FindingChange.FOUND
            if self._tell is not None:
                self._tell(event)
        if event.event is FindingChange.GONE:
            return
        if self.surroundings is not None and finding in watch.keep_around:
            self.surroundings.want(finding)
        if finding in watch.stop_on and self._is_first(event):
            self.stopped_by = event
            row = self._session.store.row_of_frame(finding.packets[-1]) if finding.packets else NO_ROW
            facts = {
                "finding": str(finding.id),
                "stream": finding.stream,
                "frame": finding.packets[-1] if row != NO_ROW else 0,
            }
            key = "watch.stopped" if self.is_cause else "watch.appears"
            self._session.steering.ending = Notice(key if event.whole is None else f"{key}.capture", facts)

    def _is_first(self, event: FindingEvent) -> bool:
        """Whether ``event`` ends the capture: the first one reported; in a file, that with the earliest last packet."""
        if self.stopped_by is None:
            return True
        return not self._session.live and event.finding.packets[-1:] < self.stopped_by.finding.packets[-1:]

    def _keep(self, *, over: bool) -> None:
        kept = self.surroundings
        if kept is None or self.error is not None or not (over or self._session.live):
            return
        try:
            kept.write(over=over)
        except OutputError as error:
            self.error = error
            kept.close()
            self._session.steering.ending = Notice(error.key, error.facts)
            self._session.stop()

    def _stop(self) -> None:
        """Stop the capture after a finding of ``--stop-on``, once the seconds after it have passed if it is kept."""
        if self.stopped_by is None or not self._session.live:
            return
        now = time.monotonic()
        if self._stops_at is None:
            waits = self.surroundings is not None and self.error is None and self.surroundings.is_pending
            self._stops_at = now + (self._watch.after if waits else 0.0)
        if now >= self._stops_at:
            self._session.stop()
