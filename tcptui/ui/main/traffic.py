"""The capture at a glance on the main screen: kept up with the capture, and a filter over time from what is chosen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.session.input_priority import input_priority
from tcptui.session.traffic_histogram import TrafficHistogram
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.glance import GlancePane
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.stretch import parted

if TYPE_CHECKING:
    from tcptui.session.traffic_histogram import Histogram
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.main.stretch import Stretch

#: So many packets are counted on the event loop, more in a worker thread.
QUICK_PACKETS: Final = 1 << 15
#: Pause in seconds before the next counting, and at least so many times as long as the last one took.
_REST: Final = 0.5
_REST_FACTOR: Final = 10


class Traffic(Controller):
    """The pane's numbers and its stretch."""

    _histogram: TrafficHistogram | None = None
    _glanced: object = None
    """The session's revision when packets were counted last."""
    _glancing = False
    _glance_at = 0.0
    """When they may be counted again, by `time.monotonic`."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons, filtering: Filtering) -> None:
        super().__init__(screen)
        self._lessons, self._filtering = lessons, filtering
        self.pane = screen.workspace.pane(Pane.GLANCE, GlancePane)
        self.pane.chosen = self._choose

    def ticked(self, is_idle: bool, /) -> None:
        """Count what is new.

        Not while the link is busy: a pane that drew then would keep it busy, and nothing else would be drawn.
        """
        if is_idle:
            self.look()

    def selection_changed(self) -> None:
        """Fill the pane as soon as it is there."""
        self.look()

    def look(self) -> None:
        """Count the new packets while the pane is in sight, if it is time to."""
        session = self.session
        is_held = self.screen.paused and self.pane.is_counted
        if is_held or self._glancing or self._glanced == session.revision:
            return
        if not self.workspace.shows(Pane.GLANCE):
            return
        if self._histogram is None:
            self._histogram = TrafficHistogram(session.store, session.streams)
        is_quick = self._histogram.waiting <= QUICK_PACKETS
        if time.monotonic() < self._glance_at and not (is_quick and not session.progress.growing):
            return
        self._glanced, self._glancing = session.revision, True
        if is_quick:
            self._count(self._histogram, in_thread=False)
        else:
            self.screen.run_worker(lambda: self._count(self._histogram, in_thread=True), thread=True, group="glance")

    def _count(self, histogram: TrafficHistogram | None, *, in_thread: bool) -> None:
        assert histogram is not None
        began = time.monotonic()
        if in_thread:
            input_priority.step_aside()
        # A case would give its answers away.
        severity = self.session.severity if self._lessons.may_tell else np.zeros(0, np.uint8)
        seen = histogram.grow(severity)
        self._glance_at = time.monotonic() + max(_REST, _REST_FACTOR * (time.monotonic() - began))
        if in_thread:
            self.screen.hand_over(self._take, seen)
        else:
            self._take(seen)

    def _take(self, seen: Histogram | None) -> None:
        self._glancing = False
        if self.screen.is_running:
            self.pane.show(seen, may_grow=self.session.progress.growing)

    def filter_shown(self) -> None:
        """Mark the stretch that the filter has."""
        self.pane.mark(parted(self._filtering.wanted)[1])

    def _choose(self, stretch: Stretch | None) -> None:
        """Filter by ``stretch`` besides what is filtered by; None: by no stretch any more."""
        text, connections = self._filtering.wanted, self.workspace.connections
        words = self._filtering.words_beside if text else connections.index.narrowing.words
        wanted = parted(text)[0] if stretch is None else stretch.applied(text)
        connections.touched = True
        if wanted:
            self.screen.prompt.remember(wanted)
            self._filtering.filter_by(wanted, words)
        else:
            self._filtering.lift()
            if words:
                self._filtering.narrow(" ".join(words))
        self.screen.show_filter_line()
