"""The display filter that is on: what works it out, and the key that lifts it and puts it back."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tcptui.access.notes.format import NotesError
from tcptui.dfilter.errors import FilterError
from tcptui.model.safe_text import reason_of
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.ui.main import filter_report
from tcptui.ui.main.connection_index import ListFilter
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.filter_work import FilterWork
from tcptui.ui.main.matching import Matching
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptKind
from tcptui.words.errors import error_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.ui.main.connection_index import ChosenStreams
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_work import Evaluation
    from tcptui.ui.main.listing import Listing

#: A capture that grows is filtered again after at least this many times the time that the last answer took.
_REST: Final = 5.0


def evaluation(session: FilteredCapture, compiled: Compiled) -> Evaluation:
    """What answers filters; imported where one is used.  Raises FilterError for a field that nothing reads."""
    from tcptui.session.filtering.live import LiveFilter

    return LiveFilter(session, compiled)


@dataclass(frozen=True, slots=True)
class CarriedFilter:
    """The filter of one screen that the next one has, too."""

    text: str = ""
    """The one that is on, or is being worked out; empty: none."""
    lifted: str = ""
    has_context: bool = False
    words: tuple[str, ...] = ()
    """Words beside the one that is on, or else beside the lifted one."""


class Filtering(Controller):
    """The filter that is on, the one that is wanted, and words that the rows of the list must have."""

    work: FilterWork | None = None
    """The filter that is wanted, right or wrong."""
    at_work: FilterWork | None = None
    """The one that a thread works on."""
    begun_at = 0.0
    """When that began, by `time.monotonic`."""
    mistake: FilterError | None = None
    """What is wrong with the filter that is wanted."""
    lifted: FilterWork | None = None
    """The filter that `\\` puts back."""
    _kept: Matching | None = None
    """The answer of the filter that was lifted."""
    _next_at = 0.0
    """When the filter may be asked again about a capture that has grown, by `time.monotonic`."""
    has_context = False
    """Whether the timeline shows the packets, too, that do not match."""
    _before_narrowing = -1
    """The connection under the cursor when the list was narrowed."""

    def __init__(self, screen: ControlledScreen, listing: Listing) -> None:
        super().__init__(screen)
        self._listing = listing
        self.when_answered: list[Callable[[], None]] = []
        """Called whenever there is an answer, or none can be had."""

    def unmounted(self) -> None:
        """Have the thread stop at its next look."""
        self._forget_work()

    @property
    def matching(self) -> Matching | None:
        """The filter that is on and its answer."""
        return self.workspace.connections.index.narrowing.matching

    @property
    def wanted(self) -> str:
        """The filter that is on, or is being worked out to take its place; empty: none."""
        if self.work is not None and self.mistake is None:
            return self.work.text
        return "" if self.matching is None else self.matching.text

    @property
    def is_due(self) -> bool:
        """Whether what is shown is not yet what the filter that is wanted lets through."""
        work, matching = self.work, self.matching
        if work is None or self.mistake is not None:
            return False
        return matching is None or matching.is_partial or not work.is_of(matching.text)

    @property
    def words_beside(self) -> tuple[str, ...]:
        """Words that the rows of the list must have besides what that filter asks for."""
        if self.work is not None and self.mistake is None:
            return self.work.words
        narrowing = self.workspace.connections.index.narrowing
        return () if narrowing.matching is None else narrowing.words

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter, words or a choice leave something out."""
        narrowing = self.workspace.connections.index.narrowing
        return bool(self.wanted or narrowing.words or narrowing.chosen is not None)

    @property
    def streams_left(self) -> I32 | None:
        """The connections that words or a choice leave; None: there are neither."""
        index = self.workspace.connections.index
        narrowing = index.narrowing
        return index.order.copy() if narrowing.words or narrowing.chosen is not None else None

    @property
    def is_at_rest(self) -> bool:
        """Whether no answer is being worked out, and the lines about it are up to date."""
        return self.at_work is None

    @property
    def is_asked(self) -> bool:
        """Whether the prompt is open for a filter."""
        return self.screen.prompt.is_open and self.screen.prompt.kind is PromptKind.NARROW

    # -- words in rows, and chosen connections -------------------------------------------
    def narrow(self, text: str, *, is_beside: bool = False) -> None:
        """List only the connections whose row contains every word of ``text``; of those of a group, where one is.

        A filter is lifted, unless the words are to be beside it.
        Where nothing was listed, the cursor goes back to the connection that it was on before.
        """
        if not is_beside:
            self.lift()
        connections = self.workspace.connections
        index = connections.index
        if connections.stream >= 0 and not index.narrowing.words:
            self._before_narrowing = connections.stream
        elif connections.stream < 0:
            self._listing.goal = self._before_narrowing
        index.narrowing = replace(index.narrowing, words=ListFilter.of(text).words)
        self._listing.reorder(now=True)

    def narrow_to(self, chosen: ChosenStreams | None) -> None:
        """List only ``chosen``, with the cursor on the first of them, or all connections again."""
        workspace = self.workspace
        if chosen is not None:
            workspace.following = False
            self._listing.goal = chosen.streams[0]
        index = workspace.connections.index
        index.narrowing = ListFilter(self.words_beside, chosen, index.narrowing.matching)
        self._listing.reorder(now=True)

    def list_chosen(self, chosen: ChosenStreams) -> None:
        """List only ``chosen``, in front."""
        self.workspace.activate(Pane.CONNECTIONS)
        self.narrow_to(chosen)

    def list_with(self, text: str) -> None:
        """List only the connections with ``text``, in front."""
        self.workspace.activate(Pane.CONNECTIONS)
        self.narrow_to(None)
        self.narrow(text)

    def go_to_stream(self, stream: int) -> None:
        """Go to a connection; the list is no longer narrowed where that left it out."""
        connections = self.workspace.connections
        self.workspace.following = False
        self.workspace.activate(Pane.CONNECTIONS)
        if not connections.put_on_stream(stream, by_user=True):
            self._listing.goal = stream
            self.lift()
            connections.index.narrowing = ListFilter()
            self._listing.reorder(now=True)

    def back(self) -> bool:
        """Lift the filter, or list more connections again; False where all are listed."""
        narrowing = self.workspace.connections.index.narrowing
        if self.wanted:
            self.lift()
        elif narrowing.words:
            self.narrow("")
        elif narrowing:
            self.narrow_to(None)
        else:
            return False
        return True

    # -- the answer ----------------------------------------------------------------------
    def filter_by(self, text: str, words: tuple[str, ...] = ()) -> None:
        """Show only packets that pass the filter ``text``, once they are known; until then what is shown stays.

        The rows of the list must have the ``words`` besides; words alone, as the filter's first letters, go at once.
        """
        work = self.work
        if work is not None and work.is_of(text) and work.words == words:
            return
        self._forget_work()
        narrowing = self.workspace.connections.index.narrowing
        if narrowing.words and narrowing.matching is None and not words:
            self.narrow("")
        self.lifted = self._kept = None
        self.work = FilterWork(self.session, text, evaluation, words)
        self._begin()

    def drop(self) -> None:
        """Show all packets again, and forget the filter."""
        self._forget_work()
        if self.matching is not None:
            self._show_matching(None)

    def notes_changed(self) -> None:
        """Have a filter over marks and notes asked anew, also one that is lifted."""
        if self.lifted is not None and self.lifted.asks_notes:
            self.lifted, self._kept = self._afresh(self.lifted), None
        work = self.work
        if work is not None and work.asks_notes:
            work.is_cancelled = True
            self.work = self._afresh(work)
            self._begin()

    def _afresh(self, work: FilterWork) -> FilterWork:
        """Work like ``work`` without its answers, to be run again."""
        return FilterWork(self.session, work.text, evaluation, work.words)

    def _forget_work(self) -> None:
        if self.work is not None:
            self.work.is_cancelled = True
        self.work = self.mistake = None

    def _begin(self) -> None:
        """Have a thread work out the answer; while another is at work, its end begins this one."""
        work = self.work
        if work is None or self.at_work is not None:
            return
        self.at_work, self.begun_at = work, time.monotonic()
        work.show = lambda found: self.screen.hand_over(self._take_part, work, found)

        def answer() -> None:
            found: Matching | FilterError | NotesError | OSError | None
            try:
                found = work.answer()
            except (FilterError, NotesError, OSError) as error:
                found = error
            except Cancelled:
                found = None
            self.screen.hand_over(self._answered, work, found)

        self.screen.run_worker(answer, thread=True, group="filter")

    def _take_part(self, work: FilterWork, found: Matching) -> None:
        """Show what has been found so far, where it is still wanted."""
        if work is self.work is self.at_work and self.mistake is None:
            self._show_matching(found)
            self.screen.show_filter_line()

    def _answered(self, work: FilterWork, found: Matching | FilterError | NotesError | OSError | None) -> None:
        self._take(work, found)
        for follow in self.when_answered:
            follow()

    def _take(self, work: FilterWork, found: Matching | FilterError | NotesError | OSError | None) -> None:
        self.at_work = None
        now = time.monotonic()
        self._next_at = now + _REST * (now - self.begun_at)
        if work is not self.work:
            self._begin()
            return
        if not isinstance(found, Matching) and self.matching is not None and self.matching.is_partial:
            self._show_matching(None)  # the rest of it will not come
        if isinstance(found, OSError | NotesError):
            self._forget_work()
            if isinstance(found, OSError):
                self.say_unreadable(found)
            else:
                self.screen.say(error_line(found, self.words))
            self._failed(work)
        elif isinstance(found, FilterError):
            self.mistake = found
            self._failed(work)
        elif found is not None:
            self.mistake = None
            self._show_matching(found)
        elif not work.is_cancelled:  # it was lifted, and put back before it had ended
            self._begin()
        self.screen.show_filter_line()

    def _failed(self, work: FilterWork) -> None:
        """Go on with what was shown before ``work``, which has no answer."""
        if self.matching is None or work.is_of(self.matching.text) or self.is_asked:
            return
        if self.mistake is not None:  # its own line would hide which filter is on
            self.screen.say(filter_report.mistake(self.mistake, self.words)[0].text)
        self._forget_work()
        self.work = FilterWork(self.session, self.matching.text, evaluation, self.words_beside)
        self._begin()

    def say_unreadable(self, error: OSError) -> None:
        """Say that the filter could not read the packets."""
        self.screen.say(self.words("screen.filter.unreadable", reason=reason_of(error)))

    def ticked(self, _is_idle: bool, /) -> None:
        """Have the filter look at what is new, or was left for later."""
        work = self.work
        is_on = work is not None and self.matching is not None and self.mistake is None
        is_due = not self.screen.paused and time.monotonic() >= self._next_at
        if is_on and is_due and work is not None and work.is_old:
            self._begin()

    def _show_matching(self, matching: Matching | None) -> None:
        """List and show what matches, or everything."""
        index = self.workspace.connections.index
        words = () if self.work is None else self.words_beside
        if (matching is None) != (index.narrowing.matching is None):
            self.workspace.connections.forget_widths()  # how many match takes room
        index.narrowing = ListFilter(words, index.narrowing.chosen, matching)
        self.workspace.take_matching(matching, context=self.has_context)
        self._listing.reorder(now=True)
        self.workspace.connections.refresh()

    # -- lifting -------------------------------------------------------------------------
    def lift(self) -> None:
        """Show all packets, and stop working out a filter; it can be put back."""
        text, kept, work = self.wanted, self.matching, self.work
        if not text:
            return
        is_answered = kept is not None and not kept.is_partial and kept.text.strip() == text.strip()
        if work is None or self.mistake is not None or not is_answered:
            work = FilterWork(self.session, text, evaluation, self.words_beside)
        self.drop()
        if work.words and self.workspace.connections.index.narrowing.words:
            self.narrow("")
        self.lifted, self._kept = work, kept if is_answered else None
        self.screen.show_filter_line()

    def switch(self) -> None:
        """Lift the filter, or put it back."""
        if self.wanted:
            self.lift()
        elif self.lifted is not None:
            work, kept = self.lifted, self._kept
            self.lifted = self._kept = None
            work.is_cancelled = False
            self.work, self.mistake = work, None
            self._show_matching(kept)
            self._begin()
            self.screen.show_filter_line()
        else:
            self.screen.say(self.words("screen.filter.none"))

    def switch_context(self) -> None:
        """Show the packets between those that match, too, or only those that match."""
        self.has_context = not self.has_context
        self.workspace.take_matching(self.matching, context=self.has_context)
        self.screen.say(self.words("screen.filter.context" if self.has_context else "screen.filter.alone"))

    def say_hidden(self, frame: int, nearest: int) -> None:
        """Say that the filter hides packet ``frame``, and where the cursor went; ``nearest`` 0: nowhere."""
        if nearest:
            self.screen.say(self.words("screen.filter.nearest", frame=frame, nearest=nearest))
        else:
            self.screen.say(self.words("screen.filter.all_hidden", frame=frame))

    # -- from one screen to the next -----------------------------------------------------
    @property
    def carried(self) -> CarriedFilter:
        """What a screen that takes the place of this one goes on with."""
        lifted = "" if self.lifted is None else self.lifted.text
        words = () if self.lifted is None else self.lifted.words
        return CarriedFilter(self.wanted, lifted, self.has_context, self.words_beside or words)

    def carry_on(self, carried: CarriedFilter) -> None:
        """Go on as ``carried`` says."""
        self.has_context = carried.has_context
        for text in (carried.lifted, carried.text):
            if text:
                self.screen.prompt.remember(text)
        if carried.text:
            self.filter_by(carried.text, carried.words)
        elif carried.lifted:
            self.lifted = FilterWork(self.session, carried.lifted, evaluation, carried.words)
            self.screen.show_filter_line()
