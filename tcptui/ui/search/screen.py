"""Ctrl+F: looks for a text or bytes in the whole capture; Enter goes to the packet, `n` and `N` to the other hits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.content import Content
from textual.widgets import Static

from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.searching.hit import SearchIn
from tcptui.session.searching.pattern import SearchPattern
from tcptui.session.searching.search import Search
from tcptui.ui.cell_text import grouped
from tcptui.ui.key_help import help_keys, palette_entries
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.search.hit_list import HitList
from tcptui.ui.search.keys import HINTS, SEARCH_KEYS
from tcptui.ui.search.results import MOST, SearchResults
from tcptui.ui.widgets.virtual_list import VirtualList
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tcptui.session.searching.hit import Hit
    from tcptui.session.session import Session
    from tcptui.ui.palette_entry import PaletteEntry
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Hits are shown, and progress told, this often (seconds).
_SHOWN_EVERY: Final = 0.1
#: Hits that are copied at most.
_COPIED: Final = 1_000


class SearchScreen(NoticingScreen["Hit | None"]):
    """Searches in a worker thread; closes with the hit to go to.  `results` stays as it is then."""

    DEFAULT_CSS = """
    SearchScreen {
        layout: vertical;
        background: $background;
        & > #search-bar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > #search-bar { padding: 0 1; }
        & > HitList {
            background: $background; width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
            scrollbar-size-vertical: 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SEARCH_KEYS)]

    def __init__(
        self, session: Session, words: Words, glyphs: Glyphs, results: SearchResults | None, row: int
    ) -> None:  # fmt: skip
        """``results``: those of the last search; ``row``: the packet that the cursor begins near."""
        super().__init__(words, glyphs)
        self.session = session
        self.results = results
        self._row = row
        self._where = SearchIn.STREAMS if results is None else results.where
        self._bar = Static("", id="search-bar", markup=False)
        self.hits = HitList(session, glyphs, words)
        self.prompt = PromptLine(words)
        self._search: Search | None = None
        """The search that runs."""
        self._cancel = threading.Event()
        self._failure = ""

    def compose(self) -> ComposeResult:
        """What is searched for and how far, hits, prompt, hints."""
        yield self._bar
        yield self.hits
        yield self.prompt
        yield self.hint_line

    def on_mount(self) -> None:
        """Show the last search, or ask for a text."""
        self.set_focus(self.hits)
        self.show_hints()
        if self.results is None:
            self.action_edit()
        else:
            near = self.results.next_from((self._row, -1), 1)
            self.hits.show(self.results, None if near is None else self.results.hits[near])
            may_be_more = not self.results.is_complete or self.results.packets < self.session.store.count
            if may_be_more and not self.results.is_full:
                self._begin(self.results.text)
        self._show()

    def on_unmount(self) -> None:
        """Cancel the search; its thread stops at its next step."""
        self._cancel.set()

    def show_hints(self) -> None:
        """Show the hints, behind a notice where there is one."""
        self.put_hints(HINTS)

    @property
    def settled(self) -> bool:
        """Whether no search is under way."""
        return self._search is None

    # -- searching -----------------------------------------------------------------------
    def _begin(self, text: str) -> None:
        """Look for ``text`` from the beginning; the search before is cancelled."""
        self._cancel.set()
        cancel = self._cancel = threading.Event()
        results = self.results = SearchResults(text, self._where, self.session.store.count)
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
                failure = reason_of(error)
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
        if results is None:
            self._bar.update(Content(words("search.bar.none", place=place)))
            self.hits.empty_text = words("search.empty.none")
        else:
            facts = {"text": safe_text(results.text), "place": place, "n": Count(len(results.hits))}
            key = "full" if results.is_full else "found"
            search = self._search
            if search is not None:
                key = "running"
                facts |= {"done": grouped(search.done), "all": grouped(search.all)}
            elif self._failure:
                key, facts["reason"] = "failed", self._failure
            self._bar.update(Content(words(f"search.bar.{key}", **facts)))
            self.hits.empty_text = words(
                "search.empty.running" if search is not None else "search.empty.nothing", **facts
            )
        self.hits.refresh()

    # -- keys --------------------------------------------------------------------------
    def action_edit(self) -> None:
        """Ask for the text to look for."""
        self.prompt.open(PromptKind.FIND, "" if self.results is None else self.results.text)

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        self.set_focus(self.hits)
        if event.text:
            self._begin(event.text)

    @on(PromptLine.Cancelled)
    def _prompt_cancelled(self) -> None:
        self.set_focus(self.hits)
        if self.results is None:
            self.dismiss(None)

    def action_place(self, step: int) -> None:
        """Look for the same in the next place, or in the one before."""
        places = list(SearchIn)
        self._where = places[(places.index(self._where) + step) % len(places)]
        if self.results is not None:
            self._begin(self.results.text)
        self._show()

    def action_open(self) -> None:
        """Close, and go to the packet of the hit under the cursor."""
        if self.hits.hit is not None:
            self.dismiss(self.hits.hit)

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_open()

    @on(VirtualList.EndWanted)
    def _end_wanted(self, event: VirtualList.EndWanted) -> None:
        event.stop()

    def action_copy(self) -> None:
        """Copy the hits, one line each."""
        hits = [] if self.results is None else self.results.hits[:_COPIED]
        self.copy("\n".join(map(self.hits.line, hits)))

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    def action_help(self) -> None:
        """Open the help, with the keys of this screen."""
        from tcptui.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.words, self.glyphs, help_keys(self.words, SEARCH_KEYS)))

    def palette_entries(self) -> Sequence[PaletteEntry]:
        """The commands of this screen for the palette."""
        return palette_entries(self.words, SEARCH_KEYS)
