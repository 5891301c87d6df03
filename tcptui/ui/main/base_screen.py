"""The widgets of the main screen and their updates from the session; the commands are in `screen`."""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Self

from textual import on
from textual.content import Content
from textual.widgets import Static

from tcptui.model.errors import TcptuiError
from tcptui.model.safe_text import safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.session.progress import Phase
from tcptui.ui.capture_notice import notice_text
from tcptui.ui.cell_text import grouped
from tcptui.ui.endpoint_names import EndpointNames, read_hosts, read_services
from tcptui.ui.hint import Hint
from tcptui.ui.keymap import shown_now
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import RATES, Sorting
from tcptui.ui.main.connection_index import ConnectionMatcher, ListFilter
from tcptui.ui.main.connection_sorter import REORDER_SECONDS, ConnectionSorter
from tcptui.ui.main.hints import HITS, HITS_REPLACE, hints_for
from tcptui.ui.main.layout import MIN_HEIGHT, MIN_WIDTH, Shape, shape_of
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptLine
from tcptui.ui.main.status_of import status_of
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.preload import preloader
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.search.legend import Legend
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.filter_line import FilterLine
from tcptui.ui.widgets.one_line import NoticeLine, Status, StatusBar, TabBar
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Region
    from textual.timer import Timer
    from textual.widget import Widget

    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.leaving import Leaving
    from tcptui.ui.main.controllers import Controllers
    from tcptui.ui.main.workspace import Place
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Until the first rows are there, the session is polled at this interval (seconds), at most this many times.
_FIRST_LOOK: Final = 0.01
_FIRST_LOOKS: Final = 200
#: Where the cursors are before the first key.
_AT_START: Final[Place] = (Pane.CONNECTIONS, 0, 0)


class ToTop(Enum):
    """When the cursor goes to the first connection of a new order."""

    ALWAYS = auto()
    """The user has sorted."""
    IF_UNTOUCHED = auto()
    """The program has sorted: a user who has moved meanwhile stays where he is."""


class CaptureScreen(NoticingScreen[None]):
    """Status, tabs, workspace, prompt and hints; subclasses add the commands."""

    controllers: Controllers

    def __init__(
        self, session: Session, words: Words, glyphs: Glyphs, options: ViewOptions, *,
        walk: CaseWalk | None = None,
    ) -> None:  # fmt: skip
        self._focusing = False
        super().__init__(words, glyphs)
        self.session = session
        self.options = options
        self.walk = walk
        self.workspace = Workspace(glyphs, words, options)
        self._status = StatusBar(glyphs, words)
        self._tabs = TabBar(glyphs, words)
        self._notice = NoticeLine(glyphs, words)
        self.prompt = PromptLine(words)
        self.filter_line = FilterLine(glyphs)
        self.legend = Legend(glyphs, words("search.legend.keys"))
        hosts, services = ({}, {}) if options.numeric else (read_hosts(), read_services())
        self.names = EndpointNames(session.flows, hosts, services)
        connections = self.workspace.connections
        none, note, warning, error = (words(f"screen.severity.{level}") for level in range(4))
        severities = (none, note, warning, error)
        matcher = ConnectionMatcher(
            session, self.names, severities, connections.trouble, connections.note, connections.state_words
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
        self._held: Status | None = None
        """What was counted when the display was paused; None while it is not."""
        self._hints_unsaved = False
        """Whether the hints are those of packets that would be lost."""
        self._first_look: Timer

    def compose(self) -> ComposeResult:
        """Status bar, verdict, tabs (on narrow screens), panes, prompt, notice, hints."""
        yield self._status
        yield self.controllers.verdicts.line
        yield self._tabs
        yield self.workspace
        yield self.prompt
        yield self.filter_line
        yield self.legend
        yield self._notice
        yield self.controllers.touring.line
        yield self.hint_line
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Attach the session and start the timers that poll it."""
        self.workspace.attach(self.session, self.names)
        if self.options.sort is not None and self.walk is None:
            self.workspace.connections.index.sorting = Sorting(self.options.sort)
        self.workspace.following = self.session.live and self.workspace.connections.index.sorting.is_natural
        self.take_over()
        self.set_focus(self.workspace.connections)
        self.set_interval(1 / self.options.refresh_hz, self._on_timer)
        self._first_look = self.set_interval(_FIRST_LOOK, self._poll_first_rows, repeat=_FIRST_LOOKS)
        self.tick()
        self.show_context()

    def take_over(self) -> None:
        """Go on as a screen before did; for subclasses."""

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        width, height = event.size
        shape = shape_of(width, height, self.options.layout)
        self.update_classes({each.value: each is shape for each in Shape})  # together: each change styles all anew
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
            self.workspace.show_without_tcp(self.has_no_tcp)
            if self.has_no_tcp and not self.session.other.is_current:
                self._seen_revision = -1  # so that the next tick reads on
        self.show_context()

    def _show_rates(self) -> None:
        """Show that rates have fallen because no packets came."""
        connections = self.workspace.connections
        if connections.index.sorting.key in RATES:
            self.reorder()
        connections.refresh()
        self.show_status()

    def _open_at_worst(self) -> None:
        """Sort by problems, once: a file in which there are some, as soon as it has been read and judged.

        The order of a live capture and of a case stays that of time, and that of a user who has moved already is his.
        """
        session = self.session
        if self._order_settled or session.progress.phase is not Phase.DONE or not session.looked_through:
            return
        self._order_settled = True
        if self._is_untouched and session.has_trouble:
            self.workspace.connections.index.sorting = Sorting(SortKey.PROBLEMS)
            self._to_top = ToTop.IF_UNTOUCHED

    @property
    def _is_untouched(self) -> bool:
        """Whether the user has neither moved nor sorted, nor narrowed the list, nor gone to another pane."""
        connections = self.workspace.connections
        narrowing = connections.index.narrowing
        is_narrowed = narrowing.words or narrowing.chosen is not None
        return self.workspace.place == _AT_START and not connections.touched and not is_narrowed

    def _on_timer(self) -> None:
        """Tick, unless a key is being answered: an update that no key asked for can wait for the next beat."""
        if not input_priority.waiting:
            self.tick()

    def _poll_first_rows(self) -> None:
        """Show the first rows as soon as there are some, then start the background imports."""
        self.tick()
        if self.workspace.connections.row_count or (self.has_no_tcp and not self.session.progress.growing):
            self._first_look.stop()
            preloader.announce()
            self.call_after_refresh(preloader.begin)

    def reorder(self, *, now: bool = False) -> None:
        """Compute the order of the connection list again; that of a long list in a worker thread.

        A long list is ordered at most every `REORDER_SECONDS`, or with ``now`` at once.
        """
        index = self.workspace.connections.index
        narrowing, sorting = index.narrowing, index.sorting
        if now:  # it may be narrowed now, or no longer
            self.show_context()
        if self._ordering.is_quick(narrowing, sorting):
            self._take_order(self._ordering.compute(narrowing, sorting), narrowing)
            return
        if self._ordering_busy and now:
            self._ordering.cancel()
        if self._ordering_busy or (not now and time.monotonic() - self._ordered_at < REORDER_SECONDS):
            self._seen_revision = -1  # so that the next tick tries again
            return
        self._ordering_busy, self._ordered_at = True, time.monotonic()

        def order() -> None:
            found: I32 | None = None
            try:
                found = self._ordering.compute(narrowing, sorting)
            except Cancelled:
                pass
            except (OSError, TcptuiError):  # what it is sorted by cannot be read
                call_on_loop(self, self._order_failed)
            call_on_loop(self, self._take_slow_order, found, narrowing, sorting)

        self.run_worker(order, thread=True, group="order")

    def _order_failed(self) -> None:
        """Say that the list cannot be sorted so, and list connections by their start."""
        self.workspace.connections.index.sorting = Sorting()
        self.say(self.words("screen.notice.no_order"))

    def _take_slow_order(self, order: I32 | None, narrowing: ListFilter, sorting: Sorting) -> None:
        self._ordering_busy = False
        index = self.workspace.connections.index
        if order is not None and (narrowing, sorting) == (index.narrowing, index.sorting):
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
        self.workspace.set_listed(len(order), is_narrowed=bool(narrowing) and self.session.streams.count > 0)
        titles, shorter = [], [""]  # the heading has a sign of the order, too
        if narrowing:
            facts = {"shown": grouped(len(order)), "all": grouped(self.session.streams.count)}
            words = self.words("screen.list.narrowed", text=" ".join(narrowing.words), **facts)
            if narrowing.chosen is not None:
                words = self.words("screen.list.chosen", label=narrowing.chosen.label(self.words), **facts)
                words += f"  /{' '.join(narrowing.words)}" if narrowing.words else ""
            elif not narrowing.words:
                words = self.words("screen.list.filtered", **facts)
            titles.append(words)
            shorter = [words, self.words("screen.list.count", **facts)]
        if not index.sorting.is_natural:
            titles.append(self._order_words("screen.list.sorted"))
        title = "  ".join(titles)
        self._tabs.show(self.workspace.active, title, *shorter)
        if title != self.workspace.list_title:
            self.workspace.list_title = title
            self.workspace.show_titles()
        text = self._empty_text(narrowing)
        if text != connections.empty_text:
            connections.empty_text = text
            if not connections.row_count:
                connections.repaint()
        if not connections.row_count:
            self.workspace.show_empty()

    def _order_words(self, key: str) -> str:
        """How the list is sorted: the sentence ``key``, or the one for the other direction."""
        sorting = self.workspace.connections.index.sorting
        by = safe_text(sorting.expression) or self.words(f"screen.sort.{sorting.key.value}")
        return self.words(key + "_up" * sorting.is_reversed, key=by)

    def _empty_text(self, narrowing: ListFilter) -> str:
        if narrowing.chosen is not None and not narrowing.words and narrowing.matching is None:
            return self.words("screen.list.chosen_gone")
        if narrowing.matching is not None:
            return self.words("screen.filter.no_connection")
        if narrowing:
            return self.words("screen.list.no_match", text=" ".join(narrowing.words))
        if self.has_no_tcp:
            which = "empty-but" if self.session.progress.growing else "none-but"
            return self.words(f"screen.list.{which}", n=Count(self.session.store.count))
        return self.words("screen.list.empty" if self.session.progress.growing else "screen.list.none")

    @property
    def paused(self) -> bool:
        """Whether the display stands still while reading goes on."""
        return self._held is not None

    def pause(self) -> None:
        """Stop the display at what has been read so far: list, timeline and counts are those of one moment."""
        self.tick()
        self.workspace.settle_now()
        self._held = self._status_now(None)

    def resume(self) -> None:
        """Show what came meanwhile, and go on."""
        self._held = None
        self._seen_revision = -1
        self.tick()

    def _status_now(self, previous: Status | None) -> Status:
        following, has_unsaved = self.workspace.following, self.has_unsaved
        return status_of(self.session, previous, is_following=following, has_unsaved=has_unsaved)

    def show_status(self) -> None:
        """Update the status bar, and the line with what the capture complains of."""
        if self.has_unsaved != self._hints_unsaved:
            self._put_hints()
        self._status.update(self._status_now(self._held))
        self._notice.show(notice_text(self.session.progress.notice, self.words))

    @on(Workspace.Changed)
    def show_context(self) -> None:
        """Update tabs, hints and status for the pane in front."""
        workspace = self.workspace
        self._tabs.show(workspace.active, *self._tabs.extras)
        self.legend.show(workspace.highlights, workspace.highlights.followed)
        self._put_hints()
        self.show_status()

    def _put_hints(self) -> None:
        self._hints_unsaved = self.has_unsaved
        hints = self.hints_now(growing=self.session.progress.phase is Phase.LIVE)
        if self.workspace.found is not None:
            hints = (*HITS, *(hint for hint in hints if hint.word not in HITS_REPLACE))
        self.put_hints([shown_now(hint, self.options.keys) for hint in hints])

    def hints_now(self, *, growing: bool, lesson: bool = False) -> tuple[Hint, ...]:
        """The hints of the keys for the pane in front; ``lesson``: beside a case."""
        return hints_for(
            self.workspace.active,
            growing=growing,
            lesson=lesson,
            other=self.has_no_tcp,
            narrowed=self.is_narrowed,
            listed=self.workspace.connections.row_count > 0,
            empty=not self.session.streams.count,
            zoomed=self.workspace.arrangement.zoomed,
            paused=self.paused,
            unsaved=self.has_unsaved,
            filtered=self.workspace.matching is not None and self.workspace.matching.account.matched > 0,
        )

    @property
    def has_unsaved(self) -> bool:
        """Whether packets of a capture that runs, or ran, would be lost."""
        leaving: Leaving | None = getattr(self.app, "leaving", None)
        return self.session.live and leaving is not None and leaving.has_unsaved

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
        self.show_context()

    def show_notice(self, text: str) -> None:
        """Put ``text`` before the hints; on a terminal too small for these, where something can be read."""
        super().show_notice(text)
        if self.has_class(Shape.TOO_SMALL.value):
            self.query_one("#too-small", Static).update(Content(text))
