"""Looks for what the words that narrow the list mean beside its rows, and says how they were understood."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tcptui.access.notes.format import NotesError
from tcptui.dfilter.errors import FilterError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.ui.cell_text import grouped
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.word_readings import ReadingWork
from tcptui.words.errors import error_line

if TYPE_CHECKING:
    from tcptui.dfilter.readings import Reading, Term
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.listing import Listing
    from tcptui.ui.main.word_readings import Found

#: A capture that grows is asked again after at least this many times the time that the last answers took.
_REST: Final = 5.0


class Understanding(Controller):
    """Has a thread answer the readings of the words that are on, one after the other."""

    def __init__(self, screen: ControlledScreen, listing: Listing) -> None:
        super().__init__(screen)
        self._listing = listing
        self._readings = listing.readings
        self._asked: tuple[str, ...] = ()
        """The words whose readings are looked for."""
        self._works: dict[Reading, ReadingWork] = {}
        self._is_busy = False
        self._begun_at = self._next_at = 0.0
        """When the thread began, and when it may begin again, by `time.monotonic`."""

    @property
    def is_at_rest(self) -> bool:
        """Whether all that the words on the list mean has been looked for."""
        return not self._is_busy and self._asked == self._wanted

    @property
    def _wanted(self) -> tuple[str, ...]:
        return self.workspace.connections.index.narrowing.words

    def unmounted(self) -> None:
        """Have the thread stop at its next look."""
        self._stop()

    def ticked(self, _is_idle: bool, /) -> None:
        """Look for other words, or for the same among what is new."""
        if self._asked != self._wanted:
            self._begin_anew()
        elif self._is_due and any(work.is_old for work in self._works.values()):
            self._begin()

    @property
    def _is_due(self) -> bool:
        return not self._is_busy and not self.screen.paused and time.monotonic() >= self._next_at

    def _stop(self) -> None:
        for work in self._works.values():
            work.cancel()

    def _begin_anew(self) -> None:
        self._stop()
        self._asked = self._wanted
        self._readings.forget()
        readings = dict.fromkeys(each for term in self._terms for each in term.readings)
        self._works = {each: ReadingWork(self.session, each) for each in readings}
        self._begin()
        self.screen.show_filter_line()

    @property
    def _terms(self) -> tuple[Term, ...]:
        return self._readings.terms(self._asked)

    def _begin(self) -> None:
        if not self._works or self._is_busy:
            return
        self._is_busy, self._begun_at = True, time.monotonic()
        works = self._works

        def answer() -> None:
            reason: OSError | NotesError | FilterError | None = None
            try:
                for reading, work in works.items():
                    work.show = lambda found, each=reading: self.screen.hand_over(self._take, works, each, found)
                    self.screen.hand_over(self._take, works, reading, work.answer())
            except Cancelled:
                pass
            except (OSError, NotesError, FilterError) as error:
                reason = error
            self.screen.hand_over(self._ended, works, reason)

        self.screen.run_worker(answer, thread=True, group="understanding")

    def _take(self, works: dict[Reading, ReadingWork], reading: Reading, found: Found) -> None:
        """List what was found, where it is still wanted."""
        if works is not self._works or self._asked != self._wanted:
            return
        self._readings.take(reading, found)
        self._listing.reorder(now=True)
        self.screen.show_filter_line()

    def _ended(self, works: dict[Reading, ReadingWork], reason: OSError | NotesError | FilterError | None) -> None:
        self._is_busy = False
        now = time.monotonic()
        self._next_at = now + _REST * (now - self._begun_at)
        if works is not self._works:
            self._begin()
        elif reason is not None:
            self._works = {}
            self._readings.give_up()
            self._listing.reorder(now=True)
            if isinstance(reason, OSError):
                self.screen.say(self.words("screen.filter.unreadable", reason=reason_of(reason)))
            else:
                self.screen.say(error_line(reason, self.words))

    def sayings(self, *, all_of_them: bool) -> list[str]:
        """How each term was understood, a sentence each; else only those that found something beside the rows."""
        terms = self._readings.terms(self._wanted)
        return [self._sentence(term) for term in terms if term.readings and (all_of_them or self._found_more(term))]

    def _found_more(self, term: Term) -> bool:
        return any(self._readings.count(reading) for reading in term.readings)

    def _sentence(self, term: Term) -> str:
        parts = [self.words("screen.understood.row")]
        for reading in term.readings:
            count = self._readings.count(reading)
            shown = self.glyphs.ellipsis if count is None else grouped(count)
            parts.append(self.words(f"screen.understood.{reading.meaning.value}", n=shown))
        joined = self.words("requests.list.comma").join(parts)
        return self.words("screen.understood", text=safe_text(term.text), parts=joined)
