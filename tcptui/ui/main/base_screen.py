"""The widgets of the main screen and their updates from the session; the commands are in `screen`."""

from __future__ import annotations

import threading
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from textual import on
from textual.content import Content
from textual.widgets import Static

from tcptui.model.finding import Severity
from tcptui.model.safe_text import safe_text
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.input_priority import imports_stand_aside, input_priority
from tcptui.session.progress import Phase
from tcptui.ui.capture_notice import notice_text
from tcptui.ui.cell_text import grouped
from tcptui.ui.endpoint_names import EndpointNames, read_hosts, read_services
from tcptui.ui.hint import Hint
from tcptui.ui.keymap import shown_now
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import RATES, Sorting
from tcptui.ui.main.connection_index import ConnectionMatcher, ListFilter
from tcptui.ui.main.connection_sorter import REORDER_SECONDS, ConnectionSorter
from tcptui.ui.main.hints import hints_for
from tcptui.ui.main.layout import MIN_HEIGHT, MIN_WIDTH, Shape, shape_of
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptLine
from tcptui.ui.main.trouble_watch import TroubleWatch
from tcptui.ui.main.verdict_line import VerdictLine
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.preload import preloader
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.view_options import NamesChoice
from tcptui.ui.widgets.one_line import NoticeLine, Status, StatusBar, TabBar
from tcptui.ui.widgets.tour_line import TourLine
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Region
    from textual.timer import Timer
    from textual.widget import Widget

    from tcptui.model.packet_store import I32
    from tcptui.session.progress import Progress
    from tcptui.session.session import Session
    from tcptui.ui.learn.case_panel import CasePanel
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.leaving import Leaving
    from tcptui.ui.main.workspace import Place
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Until the first rows are there, the session is polled at this interval (seconds), at most this many times.
_FIRST_LOOK: Final = 0.01
_FIRST_LOOKS: Final = 200
#: Where the cursors are before the first key.
_AT_START: Final[Place] = (Pane.CONNECTIONS, 0, 0)
#: Delay in seconds after which the library of the header tree (scapy) is imported in the background.
_WARM_UP_AFTER: Final = 2.0
#: Interval (seconds) at which DNS answers are read for their names, and how long that may take: a key may wait for it.
_NAMES_BEAT: Final = 0.25
_NAMES_LOOK: Final = 0.01
#: With more packets than this no names are read: what lists them would take memory that nobody asked it to take.
_NAMES_PACKETS: Final = 1_000_000


def reading(progress: Progress, connections: int, unjudged: int) -> tuple[int | None, tuple[int, int] | None]:
    """How far a file is: the percentage that has been read, or once it is, the connections judged and all of them."""
    total = progress.bytes_total
    if progress.phase is not Phase.LOADING or not total:
        return None, None
    if progress.bytes_read >= total and unjudged:
        return None, (max(0, connections - unjudged), connections)
    return min(99, progress.bytes_read * 100 // total), None


class ToTop(Enum):
    """When the cursor goes to the first connection of a new order."""

    ALWAYS = auto()
    """The user has sorted."""
    IF_UNTOUCHED = auto()
    """The program has sorted: a user who has moved meanwhile stays where he is."""


class CaptureScreen(NoticingScreen[None]):
    """Status, tabs, workspace, prompt and hints; subclasses add the commands."""

    def __init__(
        self, session: Session, words: Words, glyphs: Glyphs, options: ViewOptions, *,
        walk: CaseWalk | None = None,
    ) -> None:  # fmt: skip
        self._focusing = False
        super().__init__(words, glyphs)
        self.session = session
        self.options = options
        self.walk = walk
        self.paused = False
        self.workspace = Workspace(glyphs, words, options)
        self._lesson: CasePanel | None = None
        self._status = StatusBar(glyphs, words)
        self._tabs = TabBar(glyphs, words)
        self.verdict_line = VerdictLine(glyphs, words)
        self.trouble_watch = TroubleWatch(session)
        self._notice = NoticeLine(glyphs, words)
        self.tour_line = TourLine(glyphs, words)
        self._prompt = PromptLine(words)
        hosts, services = ({}, {}) if options.numeric else (read_hosts(), read_services())
        self._names = EndpointNames(session.flows, hosts, services)
        connections = self.workspace.connections
        none, note, warning, error = (words(f"screen.severity.{level}") for level in range(4))
        severities = (none, note, warning, error)
        matcher = ConnectionMatcher(
            session, self._names, severities, connections.trouble, connections.note, connections.state_words
        )
        self._ordering = ConnectionSorter(session, matcher)
        self._ordering_busy = False
        self._ordered_at = 0.0
        self._order_settled = session.live or walk is not None or options.sort is not None
        """Whether it needs no decision any more how the list is sorted at first."""
        self._to_top: ToTop | None = None
        """Whether the cursor goes to the first connection of the order that is being computed."""
        self._goal = -1
        """The connection that the cursor goes to once the order is there that was asked for last; -1: none."""
        self._narrowed = ListFilter()
        """The narrowing of the order that is shown."""
        self._seen_revision = -1
        self._paused_at = 0
        self._has_dpkt = False
        """Whether what reads DNS answers has been imported."""
        self._first_look: Timer

    def compose(self) -> ComposeResult:
        """Status bar, verdict, tabs (on narrow screens), panes, prompt, notice, hints."""
        yield self._status
        yield self.verdict_line
        yield self._tabs
        yield self.workspace
        yield self._prompt
        yield self._notice
        yield self.tour_line
        yield self.hint_line
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Attach the session and start the timers that poll it."""
        self.workspace.attach(self.session, self._names)
        if self.options.sort is not None and self.walk is None:
            self.workspace.connections.index.sorting = Sorting(self.options.sort)
        self.workspace.following = self.session.live and self.workspace.connections.index.sorting.is_natural
        self.take_over()
        self.workspace.connections.focus()
        self.set_interval(1 / self.options.refresh_hz, self._on_timer)
        self._first_look = self.set_interval(_FIRST_LOOK, self._poll_first_rows, repeat=_FIRST_LOOKS)
        self.set_timer(_WARM_UP_AFTER, self._warm_up)
        self.tick()
        self._show_context()

    def take_over(self) -> None:
        """Go on as a screen before did; for subclasses."""

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        width, height = event.size
        shape = shape_of(width, height, self.options.layout)
        for each in Shape:
            self.set_class(each is shape, each.value)
        self._show_too_small()
        self.workspace.arrange_for(shape)

    def _show_too_small(self) -> None:
        width, height = self.size
        facts = {"min_width": MIN_WIDTH, "min_height": MIN_HEIGHT, "width": width, "height": height}
        self.query_one("#too-small", Static).update(Content(self.words("screen.too_small", **facts)))

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Move the focus without a repaint of the whole screen."""
        self._focusing = True
        try:
            super().set_focus(widget, scroll_visible, from_app_focus)
        finally:
            self._focusing = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As in Textual, but do nothing while the focus moves: the panes repaint what that changes."""
        if self._focusing and not layout and not recompose:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    # -- keeping up ------------------------------------------------------------------
    def tick(self) -> None:
        """Update the screen if the session's revision has changed since the last tick."""
        if not link_is_idle(self.app):
            return
        session = self.session
        revision, fell = session.revision, session.rates.look(session.progress)
        if revision == self._seen_revision:
            if fell and not self.paused:
                self._show_rates()
            return
        if not self.paused:
            self._seen_revision = revision
            self._open_at_worst()
            self.reorder()
            self.workspace.grow()
        self._show_status()

    def _show_rates(self) -> None:
        """Show that rates have fallen because no packets came."""
        connections = self.workspace.connections
        if connections.index.sorting.key in RATES:
            self.reorder()
        connections.refresh()
        self._show_status()

    def _open_at_worst(self) -> None:
        """Sort by problems, once: a file in which there are some, as soon as it has been read and judged.

        The order of a live capture and of a case stays that of time, and that of a user who has moved already is his.
        """
        session = self.session
        if self._order_settled or session.progress.phase is not Phase.DONE or not session.looked_through:
            return
        self._order_settled = True
        if self._is_untouched and session.severity.max(initial=0) >= Severity.WARNING:
            self.workspace.connections.index.sorting = Sorting(SortKey.PROBLEMS)
            self._to_top = ToTop.IF_UNTOUCHED

    @property
    def _is_untouched(self) -> bool:
        """Whether the user has neither moved nor sorted, nor narrowed the list, nor gone to another pane."""
        connections = self.workspace.connections
        return self.workspace.place == _AT_START and not connections.touched and not connections.index.narrowing

    def _on_timer(self) -> None:
        """Tick, unless a key is being answered: an update that no key asked for can wait for the next beat."""
        if not input_priority.waiting:
            self.tick()

    def _poll_first_rows(self) -> None:
        """Show the first rows as soon as there are some, then start the background imports."""
        self.tick()
        if self.workspace.connections.row_count:
            self._first_look.stop()
            preloader.announce()
            self.call_after_refresh(preloader.begin)

    def _warm_up(self) -> None:
        """Import the header tree's library in a daemon thread, so that the first tree does not have to wait for it."""
        preloader.begin()
        if self.session.progress.phase is Phase.LOADING:  # loading needs the processor more
            self.set_timer(_WARM_UP_AFTER, self._warm_up)
            return

        def load() -> None:
            with gc_paused_and_frozen(), imports_stand_aside():
                import tcptui.session.dns_names  # noqa: F401 - dpkt, for `_read_names`
                from tcptui.protocols.headers.tree import warm_up

                self._has_dpkt = True
                warm_up()

        threading.Thread(target=load, name="tcptui-warm-up", daemon=True).start()
        if not self.options.numeric:
            self.set_interval(_NAMES_BEAT, self._read_names)

    def _read_names(self) -> None:
        """Read some of the DNS answers of the capture that are new."""
        store = self.session.store
        if self._has_dpkt and link_is_idle(self.app) and store.count - store.first <= _NAMES_PACKETS:
            names = self.session.dns_names
            before = names.count
            names.grow(_NAMES_LOOK)
            if names.count != before:
                self.workspace.show_names(names)
                self.use_names()

    def use_names(self) -> None:
        """Have the list show names or addresses, as chosen, by the DNS answers that have been read."""
        wanted = self.options.names is NamesChoice.DNS
        self._names.dns = self.session.dns_names if wanted and self._has_dpkt else None
        connections = self.workspace.connections
        connections.forget_widths()
        connections.refresh()
        if connections.index.narrowing.words:
            self.reorder()

    @property
    def has_names(self) -> bool:
        """Whether DNS answers of the capture that name an address have been read."""
        return self._has_dpkt and self.session.dns_names.count > 0

    def reorder(self, *, now: bool = False) -> None:
        """Compute the order of the connection list again; that of a long list in a worker thread.

        A long list is ordered at most every `REORDER_SECONDS`, or with ``now`` at once.
        """
        index = self.workspace.connections.index
        narrowing, sorting = index.narrowing, index.sorting
        if now:  # it may be narrowed now, or no longer
            self._show_context()
        if self._ordering.is_quick(narrowing, sorting):
            self._take_order(self._ordering.compute(narrowing, sorting), narrowing)
            return
        if self._ordering_busy or (not now and time.monotonic() - self._ordered_at < REORDER_SECONDS):
            self._seen_revision = -1  # so that the next tick tries again
            return
        self._ordering_busy, self._ordered_at = True, time.monotonic()

        def order() -> None:
            found = self._ordering.compute(narrowing, sorting)
            self.app.call_from_thread(self._take_slow_order, found, narrowing, sorting)

        self.run_worker(order, thread=True, group="order")

    def _take_slow_order(self, order: I32, narrowing: ListFilter, sorting: Sorting) -> None:
        self._ordering_busy = False
        index = self.workspace.connections.index
        if (narrowing, sorting) == (index.narrowing, index.sorting):
            self._take_order(order, narrowing)
        else:
            self.reorder(now=True)

    def _take_order(self, order: I32, narrowing: ListFilter) -> None:
        connections = self.workspace.connections
        index = connections.index
        grew_only = len(order) >= len(index.order) and bool((order[: len(index.order)] == index.order).all())
        if grew_only:
            index.order = order
            connections.set_row_count(len(order))
        else:
            if self._is_untouched and self.options.sort is not None:
                self._to_top = ToTop.IF_UNTOUCHED  # the order of the settings, of a file that is being read
            elif self._to_top is ToTop.IF_UNTOUCHED and not self._is_untouched:
                self._to_top = None
            connections.replace_order(order)
        if self._to_top is not None:
            connections.put_cursor(0)
            self._to_top = None
        if self._goal >= 0:
            connections.put_on_stream(self._goal)
            self._goal = -1
        if narrowing != self._narrowed:
            self._narrowed = narrowing
            self.workspace.fill()
        self.workspace.set_listed(len(order))
        titles = []
        if narrowing:
            facts = {"shown": grouped(len(order)), "all": grouped(self.session.streams.count)}
            words = self.words("screen.list.narrowed", text=" ".join(narrowing.words), **facts)
            if narrowing.chosen is not None:
                words = self.words("screen.list.chosen", label=narrowing.chosen.label, **facts)
                words += f"  /{' '.join(narrowing.words)}" if narrowing.words else ""
            titles.append(words)
        if not index.sorting.is_natural:
            titles.append(self._order_words("screen.list.sorted"))
        title = "  ".join(titles)
        self._tabs.show(self.workspace.active, title)
        if title != self.workspace.list_title:
            self.workspace.list_title = title
            self.workspace.show_titles()
        text = self._empty_text(narrowing)
        if text != connections.empty_text:
            connections.empty_text = text
            if not connections.row_count:
                connections.repaint()
                self.workspace.show_empty()

    def _order_words(self, key: str) -> str:
        """How the list is sorted: the sentence ``key``, or the one for the other direction."""
        sorting = self.workspace.connections.index.sorting
        return self.words(key + "_up" * sorting.is_reversed, key=self.words(f"screen.sort.{sorting.key.value}"))

    def _empty_text(self, narrowing: ListFilter) -> str:
        if narrowing.chosen is not None and not narrowing.words:
            return self.words("screen.list.chosen_gone")
        if narrowing:
            return self.words("screen.list.no_match", text=" ".join(narrowing.words))
        if self.has_no_tcp:
            which = "empty-but" if self.session.progress.growing else "none-but"
            return self.words(f"screen.list.{which}", n=Count(self.session.store.count))
        return self.words("screen.list.empty" if self.session.progress.growing else "screen.list.none")

    def _show_status(self) -> None:
        session, progress = self.session, self.session.progress
        levels = np.bincount(session.severity[session.streams.places()], minlength=4)
        leaving: Leaving | None = getattr(self.app, "leaving", None) if session.live else None
        connections = session.streams.count
        # Asked for too early, it would import the rules on the event loop.
        unjudged = session.unjudged if session.judges_at_once else 0
        percent, judging = reading(progress, connections, unjudged)
        self._status.update(
            Status(
                source=", ".join(part.rpartition("/")[2] for part in session.label.split(", ")),
                live=progress.phase is Phase.LIVE,
                loading_percent=percent,
                judging=judging,
                packets=progress.rows if not self.paused else self._paused_at,
                connections=connections,
                errors=int(levels[Severity.ERROR]),
                warnings=int(levels[Severity.WARNING]),
                kernel_dropped=progress.kernel_dropped,
                behind_bytes=progress.bytes_waiting,
                behind_seconds=progress.seconds_behind if progress.phase is Phase.LIVE else 0,
                spool_bytes=progress.spool_held if session.live else None,
                spool_limit=progress.spool_limit,
                evicted=progress.evicted,
                connections_evicted=progress.streams_evicted,
                following=self.workspace.following,
                paused=self.paused,
                rate=session.rates.total,
                rate_is_current=session.rates.are_current,
                backlog=max(0, progress.rows - self._paused_at) if self.paused else 0,
                failed=progress.phase is Phase.FAILED,
                place=session.place.position,
                cut_frames=session.quality.truncated,
                own=session.own_screen,
                filter_words=safe_text(session.filter_words),
                unsaved=leaving is not None and leaving.has_unsaved,
            )
        )
        self._notice.show(notice_text(progress.notice, self.words))

    @on(Workspace.Changed)
    def _show_context(self) -> None:
        """Update tabs, hints and status for the pane in front."""
        workspace = self.workspace
        growing = self.session.progress.phase is Phase.LIVE
        self._tabs.show(workspace.active, self._tabs.extra)
        self.put_hints([shown_now(hint, self.options.keys) for hint in self.hints_now(growing=growing)])
        self._show_status()

    def hints_now(self, *, growing: bool) -> tuple[Hint, ...]:
        """The hints of the keys for the pane in front."""
        return hints_for(
            self.workspace.active,
            growing=growing,
            lesson=False,
            other=self.has_no_tcp,
            narrowed=self.is_narrowed,
            empty=not self.session.streams.count,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether the list has only some of the connections."""
        return bool(self.workspace.connections.index.narrowing)

    @property
    def has_no_tcp(self) -> bool:
        """Whether there are packets, and none belongs to a connection."""
        return bool(self.session.store.count) and not self.session.streams.count

    def show_hints(self) -> None:
        """Show the hints for the pane in front, and update tabs and status."""
        self._show_too_small()
        self._show_context()

    def show_notice(self, text: str) -> None:
        """Put ``text`` before the hints; on a terminal too small for these, where something can be read."""
        super().show_notice(text)
        if self.has_class(Shape.TOO_SMALL.value):
            self.query_one("#too-small", Static).update(Content(text))
