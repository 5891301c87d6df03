"""The list of connections on the main screen: its order, worked out again while packets come, and how it is sorted."""

from __future__ import annotations

import threading
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.model.errors import TcptuiError
from tcptui.model.safe_text import safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.ui.cell_text import grouped
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import RATES, Sorting, sort_order
from tcptui.ui.main.connection_index import ConnectionMatcher, ListFilter
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.word_readings import WordReadings
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.column import ColumnReader
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.workspace import Place
    from tcptui.ui.widgets.one_line import TabBar

#: Where the cursors are before the first key.
_AT_START: Final[Place] = (Pane.CONNECTIONS, 0, 0)

#: Up to this many streams the order is computed on the event loop: about 5 ms.
INLINE_STREAMS: Final = 20_000
#: Interval (seconds) at which a longer list that is sorted or narrowed is ordered again while it grows.
REORDER_SECONDS: Final = 1.0


class _ToTop(Enum):
    """When the cursor goes to the first connection of a new order."""

    ALWAYS = auto()
    """The user has sorted."""
    IF_UNTOUCHED = auto()
    """The program has sorted: a user who has moved meanwhile stays where he is."""


class Listing(Controller):
    """Orders the connections as they are narrowed and sorted, a long list in a worker thread."""

    goal = -1
    """The connection that the cursor goes to once the order is there that was asked for last; -1: none."""
    _is_busy = False
    _ordered_at = 0.0
    _to_top: _ToTop | None = None
    """Whether the cursor goes to the first connection of the order that is being computed."""

    def __init__(self, screen: ControlledScreen, tabs: TabBar) -> None:
        super().__init__(screen)
        self._tabs = tabs
        words, options = screen.words, screen.options
        connections = self.workspace.connections
        none, note, warning, error = (words(f"screen.severity.{level}") for level in range(4))
        severities = (none, note, warning, error)
        self.readings = WordReadings(words)
        """What the words that narrow the list may mean, and the connections found by that."""
        matcher = ConnectionMatcher(
            self.session, screen.names, severities, connections.trouble, connections.note, connections.state_words,
            self.readings,
        )  # fmt: skip
        self._sorter = ConnectionSorter(self.session, matcher)
        self.is_settled = self.session.live or screen.walk is not None or options.sort is not None
        """Whether it needs no decision any more how the list is sorted at first."""
        self._narrowed = ListFilter()
        """The narrowing of the order that is shown."""

    def unmounted(self) -> None:
        """Have the thread that orders stop at its next look."""
        self._sorter.cancel()

    def with_end(self, query: str) -> I32:
        """The connections that have an end called as ``query``; for a worker thread, too."""
        return self._sorter.with_end(query)

    def show_rates(self) -> None:
        """Show that rates have fallen because no packets came."""
        connections = self.workspace.connections
        if connections.index.sorting.key in RATES:
            self.reorder()
        connections.refresh()
        self.screen.show_status()

    def open_at_worst(self) -> None:
        """Sort by problems, once: a file in which there are some, as soon as it has been read and judged.

        The order of a live capture and of a case stays that of time, and that of a user who has moved already is his.
        """
        session = self.session
        if self.is_settled or session.progress.phase is not Phase.DONE or not is_looked_through(session):
            return
        self.is_settled = True
        if self.is_untouched and session.has_trouble:
            self.workspace.connections.index.sorting = Sorting(SortKey.PROBLEMS)
            self._to_top = _ToTop.IF_UNTOUCHED

    @property
    def is_untouched(self) -> bool:
        """Whether the user has neither moved nor sorted, nor narrowed the list, nor gone to another pane."""
        connections = self.workspace.connections
        narrowing = connections.index.narrowing
        is_narrowed = narrowing.words or narrowing.chosen is not None
        return self.workspace.place == _AT_START and not connections.touched and not is_narrowed

    def reorder(self, *, now: bool = False) -> None:
        """Compute the order of the connection list again; that of a long list in a worker thread.

        A long list is ordered at most every `REORDER_SECONDS`, or with ``now`` at once.
        """
        index = self.workspace.connections.index
        narrowing, sorting = index.narrowing, index.sorting
        if now:  # it may be narrowed now, or no longer
            self.screen.show_context()
        if self._sorter.is_quick(narrowing, sorting):
            self._take_order(self._sorter.compute(narrowing, sorting), narrowing)
            return
        if self._is_busy and now:
            self._sorter.cancel()
        if self._is_busy or (not now and time.monotonic() - self._ordered_at < REORDER_SECONDS):
            self.screen.look_again()
            return
        self._is_busy, self._ordered_at = True, time.monotonic()
        self._sorter.allow()

        def order() -> None:
            found: I32 | None = None
            try:
                found = self._sorter.compute(narrowing, sorting)
            except Cancelled:
                pass
            except (OSError, TcptuiError):  # what it is sorted by cannot be read
                self.screen.hand_over(self._order_failed)
            self.screen.hand_over(self._take_slow_order, found, narrowing, sorting)

        self.screen.run_worker(order, thread=True, group="order")

    def _order_failed(self) -> None:
        """Say that the list cannot be sorted so, and list connections by their start."""
        self.workspace.connections.index.sorting = Sorting()
        self.screen.say(self.words("screen.notice.no_order"))

    def _take_slow_order(self, order: I32 | None, narrowing: ListFilter, sorting: Sorting) -> None:
        self._is_busy = False
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
            if self.is_untouched and self.screen.options.sort is not None:
                self._to_top = _ToTop.IF_UNTOUCHED  # the order of the settings, of a file that is being read
            elif self._to_top is _ToTop.IF_UNTOUCHED and not self.is_untouched:
                self._to_top = None
            connections.replace_order(order)
        if self._to_top is not None:
            connections.put_cursor(0)
            self._to_top = None
        if self.goal >= 0:
            connections.put_on_stream(self.goal)
            self.goal = -1
        if narrowing != self._narrowed:
            self._narrowed = narrowing
            self.workspace.fill()
        self.workspace.set_listed(len(order), is_narrowed=bool(narrowing) and self.session.streams.count > 0)
        self._show_titles(narrowing, len(order))

    def _show_titles(self, narrowing: ListFilter, shown: int) -> None:
        """Say above the list how it is narrowed and sorted, and in its place why it is empty."""
        connections = self.workspace.connections
        titles, shorter = [], [""]  # the heading has a sign of the order, too
        if narrowing:
            facts = {"shown": grouped(shown), "all": grouped(self.session.streams.count)}
            words = self.words("screen.list.narrowed", text=" ".join(narrowing.words), **facts)
            if narrowing.chosen is not None:
                words = self.words("screen.list.chosen", label=narrowing.chosen.label(self.words), **facts)
                words += f"  /{' '.join(narrowing.words)}" if narrowing.words else ""
            elif not narrowing.words:
                words = self.words("screen.list.filtered", **facts)
            titles.append(words)
            shorter = [words, self.words("screen.list.count", **facts)]
        if not connections.index.sorting.is_natural:
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

    def _empty_text(self, narrowing: ListFilter) -> str:
        if narrowing.chosen is not None and not narrowing.words and narrowing.matching is None:
            return self.words("screen.list.chosen_gone")
        if narrowing.matching is not None:
            return self.words("screen.filter.no_connection")
        if self.readings.is_owing(narrowing.words):
            return self.words("screen.list.looking", text=" ".join(narrowing.words))
        if narrowing:
            return self.words("screen.list.no_match", text=" ".join(narrowing.words))
        if self.screen.has_no_tcp:
            which = "empty-but" if self.session.progress.growing else "none-but"
            return self.words(f"screen.list.{which}", n=Count(self.session.store.count))
        return self.words("screen.list.empty" if self.session.progress.growing else "screen.list.none")

    # -- sorting -------------------------------------------------------------------------
    def sort_next(self) -> None:
        """Sort by the next sort key."""
        connections = self.workspace.connections
        own = [column.text for column in connections.cells.columns]
        self.sort(connections.index.sorting.following(own))

    def open_menu(self) -> None:
        """Offer all orders of the list."""
        from tcptui.ui.main.sort_menu import SortMenu

        connections = self.workspace.connections
        orders = Sorting.offered([column.text for column in connections.cells.columns])

        def chosen(sorting: Sorting | None) -> None:
            if sorting is not None:
                self.sort(sorting)

        self.app.push_screen(SortMenu(orders, connections.index.sorting, self.words, self.glyphs), chosen)

    def reverse(self) -> None:
        """Turn the order of the list round."""
        sorting = self.workspace.connections.index.sorting
        self.sort(sorting.chosen(sorting.key, sorting.expression))

    def sort_by(self, key: SortKey | None, expression: str) -> None:
        """Sort by the column whose heading was clicked, or turn its order round; ``key`` None: it has none."""
        sorting = self.workspace.connections.index.sorting
        if expression:
            self.sort(sorting.chosen(SortKey.START, expression))
        elif key is None:
            self.screen.say(self.words("screen.notice.no_sort"))
        else:
            self.sort(sorting.chosen(key))

    def sort(self, sorting: Sorting) -> None:
        """Sort the list, with the cursor on the first connection of the new order."""
        workspace = self.workspace
        workspace.following = False
        workspace.connections.touched = True
        workspace.connections.index.sorting = sorting
        self._to_top = _ToTop.ALWAYS
        self.reorder(now=True)
        workspace.connections.refresh()
        self.screen.show_status()
        self.screen.say(self._order_words("screen.notice.sorted"))

    def _order_words(self, key: str) -> str:
        """How the list is sorted: the sentence ``key``, or the one for the other direction."""
        is_reversed = self.workspace.connections.index.sorting.is_reversed
        return self.words(key + "_up" * is_reversed, key=self.sorted_by)

    @property
    def sorted_by(self) -> str:
        """What the list is sorted by, in words."""
        sorting = self.workspace.connections.index.sorting
        return safe_text(sorting.expression) or self.words(f"screen.sort.{sorting.key.value}")


class ConnectionSorter:
    """Computes orders of one session's streams; may be called from several threads, a lock makes them take turns."""

    def __init__(self, session: FilteredCapture, matcher: ConnectionMatcher) -> None:
        self._session = session
        self._matcher = matcher
        self._lock = threading.Lock()
        self._own: dict[str, ColumnReader] = {}
        """Of each of the user's columns that the list was sorted by, what has been read of it."""
        self._cancelled = False

    def is_natural(self, narrowing: ListFilter, sorting: Sorting) -> bool:
        """Whether the order is that of all streams by their start, which needs no sorting and only grows."""
        return not narrowing and sorting.is_natural

    def is_quick(self, narrowing: ListFilter, sorting: Sorting) -> bool:
        """Whether `compute` may run on the event loop."""
        streams = self._session.streams
        if sorting.expression:
            return False
        kept = streams.count - streams.evicted_streams
        return self.is_natural(narrowing, sorting) or kept <= INLINE_STREAMS

    def with_end(self, text: str) -> I32:
        """Numbers of the streams of which an end contains every word of ``text``, ascending."""
        with self._lock:
            listed = self._session.streams.listed()
            for word in text.casefold().split():
                listed = listed[self._matcher.ends(word, listed)]
            return listed

    def compute(self, narrowing: ListFilter, sorting: Sorting) -> I32:
        """Numbers of the streams that match ``narrowing``, in the order of ``sorting``.

        By one of the user's columns it raises Cancelled, OSError, and FilterError as `ColumnReader`.
        """
        count = self._session.streams.count
        if self.is_natural(narrowing, sorting):
            return self._session.streams.listed(count)
        with self._lock:
            streams = self._session.streams
            chosen = self._matcher.matching(narrowing, count) if narrowing else streams.listed(count)
            if sorting.expression:
                return self._own_order(chosen, sorting)
            return sort_order(self._session, chosen, sorting)

    def allow(self) -> None:
        """Have the next `compute` go on to its end, unless `cancel` is called: before it begins counts, too."""
        self._cancelled = False

    def cancel(self) -> None:
        """Stop reading what the list was to be sorted by: another order is wanted."""
        self._cancelled = True

    def _own_order(self, chosen: I32, sorting: Sorting) -> I32:
        from tcptui.session.filtering.column import ColumnExpression, ColumnReader  # lark: imported where it is used

        reader = self._own.get(sorting.expression)
        if reader is None:
            column = ColumnExpression.of(sorting.expression)
            reader = self._own[sorting.expression] = ColumnReader(self._session, column)
        return reader.order(chosen, self._asked, is_reversed=sorting.is_reversed)

    def _asked(self) -> bool:
        input_priority.step_aside()
        return self._cancelled
