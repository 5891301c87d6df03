"""The contents of the start screen: interfaces with their rates, recent files, cases.  No widgets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from tcptui.capture.interfaces import ANY, Interface, Traffic, list_interfaces, traffic
from tcptui.capture.privileges import can_capture, sudo_command
from tcptui.model.errors import CaptureError
from tcptui.model.safe_text import safe_text
from tcptui.ui.start.rates import Rate, RateMeter
from tcptui.ui.start.rows import (
    CaseRow,
    FileRow,
    HeadingRow,
    InterfaceRow,
    LeftoverRow,
    LeftoversRow,
    NoteRow,
    StartRow,
    Welcome,
    WelcomeRow,
    searched,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tcptui.capture.spool.recover import Leftover
    from tcptui.lessons.case import Case
    from tcptui.ui.user_files import RecentFiles
    from tcptui.words.catalogue import Words

#: The interfaces are listed again after this many measurements: they seldom change.
_LIST_EVERY: Final = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """The data sources of the start screen; tests and screenshots pass their own."""

    recent: RecentFiles
    cases: Sequence[Case] = ()
    find_cases: Callable[[], Sequence[Case]] | None = None
    """Returns further cases; called once, after the first paint, because loading them takes longer than that."""
    done: frozenset[str] = frozenset()
    """Ids of the cases whose answers have all been seen."""
    leftovers: Sequence[Leftover] = ()
    """Captures that were interrupted, newest first."""
    interfaces: Callable[[], Sequence[Interface]] = list_interfaces
    counters: Callable[[], Mapping[str, Traffic]] = traffic
    clock_ns: Callable[[], int] = time.monotonic_ns
    may_capture: Callable[[], bool] = can_capture
    root_command: Callable[[Sequence[str]], str] = sudo_command
    may_become_root: bool = True
    """Whether sudo can still be run from here; not after packets have been parsed."""
    filter_words: str = ""
    """The initial filter."""
    is_newcomer: bool = False
    """Whether to begin with what can be done: this user has opened and learned nothing yet."""


class StartMenu:
    """The groups of the start screen as rows."""

    def __init__(self, offer: Offer, words: Words) -> None:
        self._offer = offer
        self._words = words
        self._meter = RateMeter()
        self._rates: Mapping[str, Rate] = {}
        self._interfaces: Sequence[Interface] = ()
        self._trouble = ""
        """Why the interfaces could not be listed; empty otherwise."""
        self._files: tuple[FileRow, ...] = ()
        self._cases: tuple[CaseRow, ...] = tuple(CaseRow(case, case.id in offer.done) for case in offer.cases)
        self.unfolded = False
        """Whether each interrupted capture has a row of its own, though there are several."""
        self.measured = 0
        """How often `measure` was called."""

    def measure(self) -> None:
        """Read the counters; every `_LIST_EVERY` calls also list the interfaces, at the first one load the cases."""
        if not self.measured and self._offer.find_cases is not None:
            self._cases += tuple(CaseRow(case, case.id in self._offer.done) for case in self._offer.find_cases())
        if self.measured % _LIST_EVERY == 0:
            try:
                self._interfaces, self._trouble = self._offer.interfaces(), ""
            except CaptureError as error:
                self._interfaces, self._trouble = (), self._words(error.key, **error.facts)
        self.measured += 1
        self._rates = self._meter.measure(self._offer.counters(), self._offer.clock_ns())

    def read_recent(self) -> None:
        """Read the list of recent files, with size and time of those that still exist."""
        rows = []
        for recent in self._offer.recent.load():
            try:
                found = recent.path.stat()
            except OSError:
                continue
            rows.append(FileRow(recent.path, found.st_size, found.st_mtime))
        self._files = tuple(rows)

    def _leftovers(self, every: bool) -> list[StartRow]:
        """The interrupted captures: several in one row, until it is opened or ``every`` one is searched."""
        found = tuple(self._offer.leftovers)
        if len(found) > 1 and not (every or self.unfolded):
            return [LeftoversRow(found)]
        return [LeftoverRow(*one) for one in zip(found, count(1))]

    @property
    def lesson(self) -> CaseRow | None:
        """The case to learn from next."""
        return first_lesson(self._cases)

    @property
    def interface(self) -> InterfaceRow | None:
        """The interface with most to see."""
        return busiest_interface(self._interface_rows())

    def _interface_rows(self) -> list[InterfaceRow]:
        return [InterfaceRow(one, self._rates.get(one.name)) for one in self._interfaces]

    def _welcome(self) -> list[StartRow]:
        """What a newcomer can begin with."""
        lesson, interface = self.lesson, self.interface
        targets = {
            Welcome.LESSON: "" if lesson is None else lesson.case.title[self._words.language],
            Welcome.LIVE: "" if interface is None else interface.interface.label,
        }
        return [WelcomeRow(way, targets.get(way, "")) for way in Welcome]

    def rows(self, narrowed: str = "", filter_words: str = "") -> list[StartRow]:
        """The rows of all groups under their headings; only those that contain every word of ``narrowed``."""
        words = self._words
        known = self.measured or self._offer.find_cases is None
        groups: list[tuple[str, Sequence[StartRow], str]] = [
            ("welcome", self._welcome() if self._offer.is_newcomer and not narrowed else (), ""),
            (
                "interfaces",
                self._interface_rows(),
                self._trouble or words(f"guide.start.{'no_interface' if self.measured else 'looking'}"),
            ),
            ("leftovers", self._leftovers(bool(narrowed)), ""),
            ("files", self._files, words("guide.start.no_file")),
            ("cases", self._cases, words(f"guide.start.{'no_case' if known else 'reading'}")),
        ]
        wanted = narrowed.casefold().split()
        rows: list[StartRow] = []
        for name, members, note in groups:
            fits = [row for row in members if all(word in searched(row) for word in wanted)]
            if not fits and (wanted or not note):
                continue
            if rows:
                rows.append(NoteRow(""))
            title = words(f"guide.start.{name}")
            if filter_words and name == "interfaces":
                title = words("guide.start.filtered", title=title, filter=safe_text(filter_words))
            if name == "cases" and self._cases:
                done = sum(row.done for row in self._cases)
                title = words("guide.start.cases_done", title=title, done=done, all=len(self._cases))
            rows.append(HeadingRow(title, counts_packets=name == "cases"))
            rows += fits or [NoteRow(note)]
        return rows or [NoteRow(words("guide.start.nothing"))]


def first_lesson(cases: Iterable[CaseRow]) -> CaseRow | None:
    """The first case of which not every answer has been seen; of a learner who has seen all, the first."""
    found = list(cases)
    return next((row for row in found if not row.done), found[0] if found else None)


def busiest_interface(interfaces: Iterable[InterfaceRow]) -> InterfaceRow | None:
    """The interface in use with the most packets now; one that leads nowhere else only where there is no other."""
    return max(interfaces, key=_promise, default=None)


def _promise(row: InterfaceRow) -> tuple[bool, bool, bool, int]:
    one = row.interface
    is_linked = one.is_up and one.is_connected is not False
    return one.name != ANY, is_linked, not one.is_loopback, 0 if row.rate is None else row.rate.packets
