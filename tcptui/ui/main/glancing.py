"""The capture at a glance on the main screen: kept up with the capture, and a filter over time from what is chosen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
from textual import on

from tcptui.session.input_priority import input_priority
from tcptui.session.traffic_histogram import TrafficHistogram
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.glance import GlancePane
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.stretch import parted
from tcptui.ui.main.watching import WatchingScreen
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.terminal.frame_pacing import link_is_idle

if TYPE_CHECKING:
    from tcptui.session.traffic_histogram import Histogram

#: So many packets are counted on the event loop, more in a worker thread.
QUICK_PACKETS: Final = 1 << 15
#: Pause in seconds before the next counting, and at least so many times as long as the last one took.
_REST: Final = 0.5
_REST_FACTOR: Final = 10


class GlancingScreen(WatchingScreen):
    """Adds the pane's numbers and its stretch."""

    _histogram: TrafficHistogram | None = None
    _glanced: object = None
    """The session's revision when packets were counted last."""
    _glancing = False
    _glance_at = 0.0
    """When they may be counted again, by `time.monotonic`."""

    def tick(self) -> None:
        """Update the screen, and count what is new.

        Neither while the link is busy: a pane that drew then would keep it busy, and nothing else would be drawn.
        """
        is_idle = link_is_idle(self.app)
        super().tick()
        if is_idle:
            self.look_at_traffic()

    @on(Workspace.Changed)
    def _pane_came_to_front(self) -> None:
        """Fill the pane as soon as it is there."""
        self.look_at_traffic()

    def look_at_traffic(self) -> None:
        """Count the new packets while the pane is in sight, if it is time to."""
        session = self.session
        is_held = self.paused and self.workspace.glance.is_counted
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
            self._count_traffic(self._histogram, in_thread=False)
        else:
            self.run_worker(lambda: self._count_traffic(self._histogram, in_thread=True), thread=True, group="glance")

    def _count_traffic(self, histogram: TrafficHistogram | None, *, in_thread: bool) -> None:
        assert histogram is not None
        began = time.monotonic()
        if in_thread:
            input_priority.step_aside()
        # A case would give its answers away.
        severity = self.session.severity if self.may_tell else np.zeros(0, np.uint8)
        seen = histogram.grow(severity)
        self._glance_at = time.monotonic() + max(_REST, _REST_FACTOR * (time.monotonic() - began))
        if in_thread:
            call_on_loop(self, self._take_traffic, seen)
        else:
            self._take_traffic(seen)

    def _take_traffic(self, seen: Histogram | None) -> None:
        self._glancing = False
        if self.is_running:
            self.workspace.glance.show(seen, may_grow=self.session.progress.growing)

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say, and mark the stretch that the filter has."""
        super().show_filter_line(loudly=loudly)
        self.workspace.glance.mark(parted(self.wanted_filter)[1])

    def action_stretch(self) -> None:
        """Begin a stretch in the pane, or take it; for the mouse."""
        self.workspace.glance.action_take()

    @on(GlancePane.Chosen)
    def _stretch_chosen(self, event: GlancePane.Chosen) -> None:
        event.stop()
        text, connections = self.wanted_filter, self.workspace.connections
        words = self.words_beside if text else connections.index.narrowing.words
        wanted = parted(text)[0] if event.stretch is None else event.stretch.applied(text)
        connections.touched = True
        if wanted:
            self.prompt.remember(wanted)
            self.filter_by(wanted, words)
        else:
            self.lift()
            if words:
                self.narrow(" ".join(words))
        self.show_filter_line()
