"""The widget that fills lines left over, by the table of its parts; what it counts, it counts in a worker thread."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.containers import Horizontal, Vertical

from tcptui.access.open_capture import rows_seen
from tcptui.session.groups import busiest_hosts
from tcptui.session.traffic_histogram import TrafficHistogram
from tcptui.ui.filler.packets import FillerPackets
from tcptui.ui.filler.table import ROOM_LEAST, SPEC_OF, Part, lines_of
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.explain_pane import ExplainPane, Passage
from tcptui.ui.main.glance import GlancePane
from tcptui.ui.main.trouble_watch import largest_connections
from tcptui.ui.one_shot import call_after
from tcptui.ui.overview.document import largest_document
from tcptui.ui.widgets.virtual_list import HEADING
from tcptui.words.quantities import Count, byte_size

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable

    from textual.app import ComposeResult

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.session.groups import Talker
    from tcptui.session.traffic_histogram import Histogram
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Hosts and connections that are listed at most.
_TALKERS: Final = 12
#: In a capture of more connections nobody waits for its talkers: the page of groups has them.
_CONNECTIONS_MOST: Final = 200_000
#: After a count that took so long, the next one waits this many times as long, and at least so many seconds.
_REST: Final = 10
_REST_LEAST: Final = 0.2
_RULE: Final = 1
#: From this width on the largest connections are beside the hosts.
_BESIDE: Final = 150


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted of the capture at one moment."""

    histogram: Histogram | None = None
    talkers: tuple[Talker, ...] = ()
    largest: tuple[int, ...] = ()


class FillerRoom(Vertical):
    """Shown while `fill` is given lines enough; never takes the focus."""

    DEFAULT_CSS = """
    FillerRoom {
        display: none; height: 0; width: 1fr; background: $background;
        & > * { width: 1fr; background: $background; border-top: solid $edge; border-title-color: $faint; }
        & > Horizontal > ExplainPane { width: 1fr; height: 1fr; overflow: hidden hidden; background: $background; }
        & > Horizontal > #below-largest { border-left: solid $edge; }
    }
    .-ascii > FillerRoom > * { border-top: ascii $edge; }
    .-ascii > FillerRoom > Horizontal > #below-largest { border-left: ascii $edge; }
    """

    def __init__(
        self, session: JudgedCapture, glyphs: Glyphs, words: Words, options: ViewOptions, counted: Callable[[], None]
    ) -> None:
        """``counted`` is called when there is more to show."""
        super().__init__(id="below")
        self.session = session
        self.glyphs = glyphs
        self.words = words
        self._has_counted = counted
        self.packets = FillerPackets(session, glyphs, words, options, id="below-packets")
        self._hosts = ExplainPane(glyphs, words, id="below-hosts")
        self._largest = ExplainPane(glyphs, words, id="below-largest")
        self.traffic = GlancePane(glyphs, words)
        self._talkers = Horizontal(self._hosts, self._largest, id="below-talkers")
        self._widgets = {Part.PACKETS: self.packets, Part.TALKERS: self._talkers, Part.TRAFFIC: self.traffic}
        for pane in (self._hosts, self._largest, self.traffic):
            pane.can_focus = False
        self.traffic.disabled = True  # no stretch is chosen here
        self._counted = _Counted()
        self._counted_for: Hashable = None
        self._histogram: TrafficHistogram | None = None
        self._rests_until = 0.0
        self.is_busy = False
        """Whether the capture is being counted, or will be."""

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield from self._widgets.values()

    def fill(
        self, lines: int, stream: int, when: Hashable, *, width: int, parts: Collection[Part], frame: int = 0
    ) -> None:
        """Fill at most ``lines`` lines of ``width`` cells with some of ``parts``.

        The packets are those of ``stream`` (-1: none), begun at ``frame``.  ``when`` differs where there may be more to
        count.
        """
        shown = lines_of(lines, {part: wanted for part, wanted in self._wanted(stream, width).items() if part in parts})
        self.display = bool(shown)
        self.styles.height = sum(shown.values())
        for part, widget in self._widgets.items():
            widget.display = part in shown
            widget.styles.height = shown.get(part, 0)
        if Part.PACKETS in shown:
            self.packets.tell(stream, frame)
        if Part.TALKERS in shown:
            self._largest.display = width >= _BESIDE
            self._hosts.show(self._hosts_document())
            self._largest.show(largest_document(self.session, self._kept, self.words, self.glyphs))
        if Part.TRAFFIC in shown:
            self.traffic.border_title = f" {self.words('below.traffic')} "
        if lines >= ROOM_LEAST:
            self._count(when)

    def _wanted(self, stream: int, width: int) -> dict[Part, int]:
        counted = self._counted
        rows = self.session.rows_of(stream) if stream >= 0 and rows_seen(self.session, stream) else ()
        listed = max(len(counted.talkers), len(self._kept) if width >= _BESIDE else 0)
        return {
            Part.PACKETS: _RULE + HEADING + len(rows) if len(rows) else 0,
            Part.TALKERS: _RULE + HEADING + listed if listed else 0,
            Part.TRAFFIC: SPEC_OF[Part.TRAFFIC].least if counted.histogram is not None else 0,
        }

    @property
    def _kept(self) -> list[int]:
        return [stream for stream in self._counted.largest if rows_seen(self.session, stream)]

    def _hosts_document(self) -> Document:
        talkers = self._counted.talkers
        passages = [Passage("", self.words("below.talkers"))]
        widest = max((cell_len(talker.host) for talker in talkers), default=0)
        sizes = [byte_size(talker.wire_bytes) for talker in talkers]
        size_width = max(map(len, sizes), default=0)
        for talker, size in zip(talkers, sizes, strict=True):
            facts = {"packets": Count(talker.packets), "connections": Count(talker.connections)}
            told = self.words("below.talkers.one", size=size.rjust(size_width), **facts)
            passages.append(Passage(f"{talker.host.ljust(widest)}  {told}", hanging=2))
        return tuple(passages)

    # -- counting ------------------------------------------------------------------------
    def _count(self, when: Hashable) -> None:
        """Count the capture in a worker thread, if there is something new, once the last count is long enough ago."""
        if self.is_busy or when == self._counted_for:
            return
        self.is_busy = True
        rest = self._rests_until - time.monotonic()
        if rest > 0:
            call_after(self, rest, self._end_rest)
            return
        self._counted_for = when
        session = self.session
        if self._histogram is None:
            self._histogram = TrafficHistogram(session.store, session.streams)
        histogram = self._histogram

        def count() -> None:
            began = time.monotonic()
            talkers: tuple[Talker, ...] = ()
            largest: tuple[int, ...] = ()
            if 0 < session.streams.count <= _CONNECTIONS_MOST:
                talkers = busiest_hosts(session, _TALKERS)
                largest = largest_connections(session.streams)[:_TALKERS]
            counted = _Counted(histogram.grow(session.severity), talkers, largest)
            took = time.monotonic() - began
            self._rests_until = time.monotonic() + max(_REST_LEAST, _REST * took)
            call_on_loop(self, self._take, counted)

        self.run_worker(count, thread=True, group="below")

    def _end_rest(self) -> None:
        """Have the screen fill the room anew: with what is new then."""
        self.is_busy = False
        self._has_counted()

    def _take(self, counted: _Counted) -> None:
        self.is_busy = False
        self._counted = counted
        self.traffic.show(counted.histogram, may_grow=self.session.progress.growing)
        self._has_counted()
