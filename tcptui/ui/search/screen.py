"""Ctrl+F: looks for a text, bytes or a regular expression in the whole capture.

Enter goes to the packet of a hit, `n` and `N` to the other hits.  The last searches stay marked, each in its colour,
until one is removed here.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual import on

from tcptui.dfilter.errors import FilterError
from tcptui.dfilter.regex import PatternError, Refusal
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.searching.hit import SearchIn
from tcptui.session.searching.pattern import EXPRESSION, SearchPattern
from tcptui.session.searching.search import Search
from tcptui.ui.cell_text import grouped
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.header_pane import HeaderPane
from tcptui.ui.main.layout import few_heights
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.one_shot import call_after
from tcptui.ui.preload import preloader
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.search.hit_list import HitList
from tcptui.ui.search.keys import SEARCH_KEYS, hints
from tcptui.ui.search.legend import Legend
from tcptui.ui.search.results import MOST, SearchResults
from tcptui.ui.widgets.choice_bar import Choice, ChoiceBar
from tcptui.ui.widgets.filter_line import FilterLine, Pointer, Saying, Voice
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.errors import safe_facts
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.session.searching.hit import Hit
    from tcptui.ui.search.highlights import Highlights
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Hits are shown, and progress told, this often (seconds).
_SHOWN_EVERY: Final = 0.1
#: Lines of the screen besides list and packet, and how many the packet needs at least.
_LINES: Final = 5
_PACKET_LEAST: Final = 14
#: How long (seconds) the cursor rests before the packet is read.
_CURSOR_REST: Final = 0.02
#: Hits that are copied at most.
_COPIED: Final = 1_000


class SearchScreen(KeyedScreen["Hit | None"]):
    """Searches in a worker thread; closes with the hit to go to.  `results` stays as it is then."""

    DEFAULT_CSS = """
    SearchScreen {
        layout: vertical;
        background: $background;
        & > ChoiceBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > FilterLine { height: 1; width: 1fr; background: $background; display: none; }
        & > FilterLine.-shown { display: block; }
        & > HitList {
            background: $background; width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
            scrollbar-size-vertical: 1;
        }
        & > HeaderPane { display: none; border-top: solid $edge; }
        &.-roomy > HeaderPane { display: block; }
        &.-ascii > HeaderPane { border-top: ascii $edge; }
    }
    """
    KEYS = SEARCH_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SEARCH_KEYS)]

    def __init__(
        self, session: JudgedCapture, words: Words, glyphs: Glyphs, highlights: Highlights, number: int, row: int
    ) -> None:  # fmt: skip
        """``number``: that of the search to show first, if it is kept; ``row``: the packet to begin near."""
        super().__init__(words, glyphs)
        self.session = session
        self.highlights = highlights
        self.number = number if number in highlights.kept else next(reversed(highlights.kept), 0)
        """The number of the search that is shown; 0: there is none."""
        self._row = row
        self._where = SearchIn.STREAMS if self.results is None else self.results.where
        self._bar = ChoiceBar(glyphs, words, "screen.place", id="search-bar")
        self.hits = HitList(session, glyphs, words)
        self.headers = HeaderPane(glyphs)
        """The packet of the hit under the cursor, below a list that leaves lines."""
        self._reading: Timer | None = None
        """Until that packet is read."""
        self.prompt = PromptLine(words)
        self.legend = Legend(glyphs)
        self._mistake_line = FilterLine(glyphs)
        self._search: Search | None = None
        """The search that runs."""
        self._cancel = threading.Event()
        self._failure = ""

    def compose(self) -> ComposeResult:
        """What is searched for and how far, hits, prompt, hints."""
        yield self.legend
        yield self._bar
        yield self.hits
        yield self.headers
        yield self.prompt
        yield self._mistake_line
        yield self.hint_line

    def on_mount(self) -> None:
        """Show the last search, or ask for a text."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.prompt.may_submit = self._may_submit
        self.headers.tree_view.can_focus = False
        self.set_focus(self.hits)
        self.show_hints()
        if self.results is None:
            self.action_edit()
        else:
            self._show_results(self.results)
        self._show()

    @property
    def results(self) -> SearchResults | None:
        """The search that is shown."""
        return self.highlights.kept.get(self.number)

    def _show_results(self, results: SearchResults) -> None:
        """Show what was found near the packet; look again where there may be more by now."""
        self._where = results.where
        near = results.next_from((self._row, -1), 1)
        self.hits.show(results, None if near is None else results.hits[near])
        may_be_more = not results.is_complete or results.packets < self.session.store.count
        if may_be_more and not results.is_full:
            self._begin(results.text)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out the line of a mistake anew, and what is below the list."""
        self._mistake_line.rearrange(*event.size)
        self._place_packet()

    def on_unmount(self) -> None:
        """Cancel the search; its thread stops at its next step."""
        self._cancel.set()

    def show_hints(self) -> None:
        """Show the hints, behind a notice where there is one."""
        self.put_hints(hints(self.highlights.kept, has_hit=self.hits.hit is not None))

    @property
    def settled(self) -> bool:
        """Whether no search is under way, and the packet of the hit under the cursor is shown."""
        return self._search is None and self._reading is None and self.headers.is_settled

    # -- searching -----------------------------------------------------------------------
    def _begin(self, text: str) -> None:
        """Look for ``text``, which is no wrong expression, from the beginning; the search before is cancelled.

        It takes the place of the search for the same text, else of the one that is shown if that has found nothing.
        """
        self._cancel.set()
        cancel = self._cancel = threading.Event()
        before, results = self.results, SearchResults(text, self._where, self.session.store.count)
        vain = self.number if before is not None and not before.hits else 0
        number = self.highlights.number_of(text) or vain
        if vain not in (0, number):
            self.highlights.remove(vain)
        self.number = self.highlights.keep(results, number)
        search = self._search = Search(self.session, SearchPattern.of(text), self._where, self.words)
        self._failure = ""
        self.hits.show(results, None)
        self._show()

        def look() -> None:
            failure, is_complete = "", False
            try:
                is_complete = self._look(search, results, cancel)
            except Cancelled:
                return
            except OSError as error:  # the packets' bytes are gone: the spool was removed or closed
                failure = self.words("search.failure.unreadable", reason=reason_of(error))
            except FilterError as error:  # the expression: too slow, or its process was ended
                failure = self.words(f"search.failure.{error.mistake.value}", **safe_facts(error.facts))
            call_on_loop(self, self._end, search, failure, is_complete)

        self.run_worker(look, thread=True, group="search")

    def _look(self, search: Search, results: SearchResults, cancel: threading.Event) -> bool:
        """In the thread: hand over hits now and then, and progress where there are none; whether there are no more."""
        found: list[Hit] = []
        handed_over = time.monotonic()

        def goes_on() -> None:
            nonlocal found, handed_over
            if time.monotonic() - handed_over > _SHOWN_EVERY:
                call_on_loop(self, self._take, search, found)
                found, handed_over = [], time.monotonic()

        def is_over() -> bool:
            goes_on()
            return cancel.is_set()

        is_complete = True
        for hit in search.hits(is_over):
            found.append(hit)
            goes_on()
            if results.is_full or len(found) >= MOST:
                is_complete = False
                break
        call_on_loop(self, self._take, search, found)
        return is_complete

    def _take(self, search: Search, found: list[Hit]) -> None:
        if search is self._search and self.results is not None:
            before = self.hits.hit if self.hits.cursor else None
            self.results.add(found)
            self.hits.show(self.results, before)
            self._show()

    def _end(self, search: Search, failure: str, is_complete: bool) -> None:
        if search is self._search and self.results is not None:
            self._search, self._failure, self.results.is_complete = None, failure, is_complete
            self._show()

    def _show(self) -> None:
        words, results = self.words, self.results
        place = words(f"search.in.{self._where.value}")
        found = ""
        if results is None or results.where is not self._where:
            self.hits.empty_text = words("search.empty.none", place=place)
        else:
            facts = {"text": safe_text(results.text), "place": place, "n": Count(len(results.hits))}
            key = "full" if results.is_full else "found"
            search = self._search
            if search is not None:
                key = "running"
                facts |= {"done": grouped(search.done), "all": grouped(search.all)}
            elif self._failure:
                key, facts["failure"] = "failed", self._failure
            found = words(f"search.bar.{key}", **facts)
            self.hits.empty_text = words(
                "search.empty.running" if search is not None else "search.empty.nothing", **facts
            )
        places = list(SearchIn)
        labels = tuple(words(f"search.place.{each.value}") for each in places)
        self._bar.show(Choice(words("search.title"), labels, places.index(self._where), (found,)))
        self.legend.show(self.highlights, self.number)
        self.hits.refresh()
        self.show_hints()
        self._place_packet()

    # -- the packet ----------------------------------------------------------------------
    def _place_packet(self) -> None:
        """Show the packet of the hit under the cursor below a list that leaves lines for it."""
        needed = HEADING + self.hits.row_count
        room = self.size.height - _LINES
        is_roomy = self.hits.hit is not None and room - needed >= _PACKET_LEAST
        self.set_class(is_roomy, "-roomy")
        self.hits.styles.height = few_heights(needed, room - _PACKET_LEAST) if is_roomy else "1fr"
        if self._reading is not None:
            self._reading.stop()
        self._reading = call_after(self, _CURSOR_REST, self._show_packet) if is_roomy else None

    def _show_packet(self) -> None:
        """Show that packet, with what was found in it marked."""
        self._reading = None
        if preloader.under_way:
            self._reading = call_after(self, _CURSOR_REST, self._show_packet)
            return
        hit = self.hits.hit
        if hit is None or hit.row < self.session.store.first:
            self.headers.show(None, b"")
            return
        from tcptui.protocols.headers.tree import header_tree  # see `tcptui.ui.preload`

        try:
            packet = self.session.reader.packet(hit.row)
        except OSError as error:
            self.say(reason_of(error))
            return
        found = [(hit.start, hit.length, self.number)] if hit.start >= 0 else []
        self.headers.work_out(hit, partial(header_tree, packet), self.words, packet.data, found, hit.start)

    # -- keys --------------------------------------------------------------------------
    def action_edit(self) -> None:
        """Ask for the text to look for."""
        self.prompt.open(PromptKind.SEARCH, "" if self.results is None else self.results.text)

    def _may_submit(self, _kind: PromptKind, text: str) -> bool:
        """Whether ``text`` can be looked for; the line below says what is wrong with an expression, and where."""
        return self._say_mistake(text, loudly=True)

    def _say_mistake(self, text: str, *, loudly: bool = False) -> bool:
        """Say what is wrong with the expression ``text``, ``loudly`` also while it lacks its end; True: nothing is."""
        try:
            SearchPattern.of(text)
        except PatternError as error:
            key = "pattern" if error.refusal is Refusal.INVALID else "pattern-unsupported"
            told = self.words(f"filter.error.{key}", text=safe_text(error.text))
            begun = text.encode("utf-8", "surrogateescape")[: len(EXPRESSION) + error.place]
            place = self.prompt.text_begin + cell_len(begun.decode("utf-8", "ignore"))
            if loudly or not error.is_unfinished:
                self._mistake_line.show([Saying(told, Voice.WRONG)], Pointer(place, 1))
            else:
                self._mistake_line.show([Saying(told, Voice.QUIET)])
            return False
        self._mistake_line.show([])
        return True

    @on(PromptLine.Changed)
    def _prompt_changed(self, event: PromptLine.Changed) -> None:
        if type(event) is PromptLine.Changed and self.prompt.is_open and event.text == self.prompt.text:
            self._say_mistake(event.text)

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        self.set_focus(self.hits)
        if event.text:
            self._begin(event.text)

    @on(PromptLine.Cancelled)
    def _prompt_cancelled(self) -> None:
        self._mistake_line.show([])
        self.set_focus(self.hits)
        if self.results is None:
            self.dismiss(None)
        else:
            self._where = self.results.where
            self._show()

    @on(PromptLine.CompletionWanted)
    def _place_wanted(self) -> None:
        self._turn(1)
        self._show()

    def _turn(self, step: int) -> None:
        """Have the next search look in another place."""
        places = list(SearchIn)
        self._where = places[(places.index(self._where) + step) % len(places)]

    def action_place(self, step: int) -> None:
        """Look for the same in the next place, or in the one before."""
        self._turn(step)
        if self.results is not None and not self.prompt.is_open:
            self._begin(self.results.text)
        self._show()

    def action_front(self, number: int) -> None:
        """Show the search with that number."""
        if number != self.number and number in self.highlights.kept:
            self._leave_search()
            self.number = number
            self._show_results(self.highlights.kept[number])
            self._show()

    def action_remove(self) -> None:
        """Remove the search that is shown, so that nothing of it is marked; the next one is shown."""
        if not self.number:
            return
        self._leave_search()
        self.highlights.remove(self.number)
        self.number = next(iter(self.highlights.kept), 0)
        if self.results is None:
            self.hits.show(None, None)
        else:
            self._show_results(self.results)
        self._show()

    def _leave_search(self) -> None:
        """Cancel the search that runs: another one is to be shown."""
        self._cancel.set()
        self._search, self._failure = None, ""

    def action_open(self) -> None:
        """Close, and go to the packet of the hit under the cursor."""
        if self.hits.hit is not None:
            self.dismiss(self.hits.hit)

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._place_packet()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_open()

    def action_copy(self) -> None:
        """Copy the hits, one line each."""
        hits = [] if self.results is None else self.results.hits[:_COPIED]
        self.copy("\n".join(map(self.hits.line, hits)))
