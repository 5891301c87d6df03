"""Which connections are listed and in which order, computed on whole NumPy columns; no widgets.

Narrowing matches words against what a row shows.  Text is not formatted per row: addresses,
ports, states and verdicts have few distinct values, so each value is formatted and matched
once, and the result is applied to all rows that have it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.access.stream_rows import place_of
from tcptui.model.finding import Severity
from tcptui.model.packet_store import I32, U8
from tcptui.model.verdict import leading_verdict
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.state_text import pair_text, state_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.dfilter.readings import Term
    from tcptui.ui.endpoint_names import EndpointNames
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.main.state_text import StateWord
    from tcptui.ui.main.word_readings import WordReadings
    from tcptui.words.catalogue import Words

#: Characters of a text whose words narrow the list.
LONGEST_WORDS: Final = 200
#: Distinct values that are looked up one by one before `_match_distinct` sorts the rest.
_FEW: Final = 24

Mask = NDArray[np.bool_]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChosenStreams:
    """Connections that the list is narrowed to; they stay as they were chosen, however the capture grows."""

    label: Callable[[Words], str]
    """What they have in common, for the list's title."""
    streams: tuple[int, ...]
    """Their numbers, the one to look at first in front."""


@dataclass
class ListFilter:
    """The filter of the list: words in every listed row, connections that alone are listed, packets that match."""

    words: tuple[str, ...] = ()
    """In any column, in any case, or what they mean beside that (`WordReadings`)."""
    chosen: ChosenStreams | None = None
    """None: all connections."""
    matching: Matching | None = None
    """The packets of which every listed connection must have one; None: no display filter is on."""

    @classmethod
    def of(cls, text: str) -> ListFilter:
        """The narrowing by the words of ``text``, as a user typed it; of a longer text by those it begins with.

        Each word is looked for in all rows while keys wait.
        """
        return cls(tuple(dict.fromkeys(text[:LONGEST_WORDS].casefold().split())))

    def __bool__(self) -> bool:
        return bool(self.words) or self.chosen is not None or self.matching is not None


@dataclass
class ConnectionMatcher:
    """Finds the streams whose row contains a text.

    ``verdict_words`` returns the name of the leading verdict of a verdict bit mask, ``note``
    the note of a stream; ``severity_words`` are the names of the severities, ``state_words`` those
    of both ends' states.
    """

    capture: JudgedCapture
    names: EndpointNames
    severity_words: tuple[str, str, str, str]
    verdict_words: Callable[[int], str]
    note: Callable[[int], str]
    state_words: Mapping[StateWord, str]
    readings: WordReadings
    _notes: dict[int, tuple[int, str]] = field(default_factory=dict)

    def matching(self, narrowing: ListFilter, count: int) -> I32:
        """Ascending numbers of those of the first ``count`` streams that ``narrowing`` lists."""
        listed = self.capture.streams.listed(count)
        if narrowing.chosen is not None:
            listed = np.intersect1d(listed, np.array(narrowing.chosen.streams, np.int32), assume_unique=True)
        if narrowing.matching is not None:
            listed = listed[narrowing.matching.of_streams(listed)]
        chosen: Mask = np.ones(len(listed), np.bool_)
        for term in self.readings.terms(narrowing.words):
            chosen &= self._term(term, listed)
        if len(self._notes) > len(listed):  # then some are notes of evicted streams
            self._notes.clear()
        return listed[chosen]

    def ends(self, word: str, listed: I32) -> Mask:
        """Which of ``listed`` have ``word`` (lower case) in the text of an end."""
        streams = self.capture.streams
        return self.names.matching(word, streams.flow[listed], streams.client_is_b[listed])

    def _term(self, term: Term, listed: I32) -> Mask:
        found: Mask = np.ones(len(listed), np.bool_)
        for word in term.words:
            found &= self._word(word, listed, is_number=term.is_number)
        for reading in term.readings:
            found |= self.readings.found(reading, listed)
        return found

    def _word(self, word: str, listed: I32, *, is_number: bool) -> Mask:
        streams = self.capture.streams
        found = self.names.with_number(word, streams.flow[listed]) if is_number else self.ends(word, listed)
        found |= self.names.asked_with(word, listed)
        found |= self._states(word, listed)
        found |= self._severities(word, listed)
        found |= self._verdicts(word, listed)
        return found | self._note_texts(word, listed, found)

    def _states(self, word: str, listed: I32) -> Mask:
        streams = self.capture.streams
        state_a, state_b = streams.last_states(self.capture.store, listed)
        is_b = streams.client_is_b[listed].astype(np.bool_)
        client = np.where(is_b, state_b, state_a).astype(np.int64)
        server = np.where(is_b, state_a, state_b).astype(np.int64)
        packed = (streams.marks[listed].astype(np.int64) << 16) | (client << 8) | server

        def matches(cell: int) -> bool:
            states = (cell >> 8 & 0xFF, cell & 0xFF, cell >> 16)
            return word in pair_text(*states).casefold() or word in self.state_words[state_word(*states)].casefold()

        return _match_distinct(packed, matches)

    def _severities(self, word: str, listed: I32) -> Mask:
        column = self.capture.severity[listed].astype(np.int64)
        return _match_distinct(column, lambda level: word in self.severity_words[level].casefold())

    def _verdicts(self, word: str, listed: I32) -> Mask:
        bits = self.capture.streams.verdicts[listed].astype(np.int64)
        return _match_distinct(bits, lambda value: word in self.verdict_words(value).casefold())

    def _note_texts(self, word: str, listed: I32, found: Mask) -> Mask:
        matched: Mask = np.zeros(len(listed), np.bool_)
        troubled = np.flatnonzero((self.capture.severity[listed] >= Severity.WARNING) & ~found)
        packets = self.capture.streams.packets
        for place, stream in zip(troubled.tolist(), listed[troubled].tolist(), strict=True):
            size = int(packets[stream])
            known = self._notes.get(stream)
            if known is None or known[0] != size:
                known = self._notes[stream] = (size, self.note(stream).casefold())
            matched[place] = word in known[1]
        return matched


def _match_distinct(column: I64, matches: Callable[[int], bool]) -> Mask:
    """Mask of the rows of ``column`` whose value matches; ``matches`` is called about once per distinct value."""
    result: Mask = np.zeros(len(column), np.bool_)
    rest = column
    for _ in range(_FEW):  # mostly there are no more values, and then this takes a tenth of the time of sorting
        if not len(rest):
            return result
        value = int(rest[0])
        if matches(value):
            result |= column == value
        rest = rest[rest != value]
    values, inverse = np.unique(column, return_inverse=True)
    answers = np.fromiter((matches(value) for value in values.tolist()), np.bool_, len(values))
    result[:] = answers[inverse]
    return result


_NOTHING: Final = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class ListedProblem:
    """A connection of the list with an error or a warning."""

    position: int
    severity: Severity
    number: int
    """Its place among those of the list with this severity, from 1."""
    count: int
    """How many of the list have this severity."""


class ConnectionIndex:
    """The listed streams in their order, which grows with the capture."""

    def __init__(self) -> None:
        self.order: I32 = _NOTHING
        self.sorting = Sorting()
        self.narrowing = ListFilter()

    def __len__(self) -> int:
        return len(self.order)

    def position_of(self, stream: int) -> int:
        """Position of ``stream`` in the list, or -1."""
        order = self.order
        if self.sorting.is_natural:
            position = place_of(order, stream)
            return position if position < len(order) and int(order[position]) == stream else -1
        found = np.flatnonzero(order == stream)
        return int(found[0]) if len(found) else -1

    def next_problem(self, severity: U8, position: int, step: int, *, visited: bool = False) -> ListedProblem | None:
        """The problem to visit after (``step`` 1) or before (-1) ``position``: all errors first, then all warnings.

        From a row without a problem, the nearest error in this direction, else the nearest warning.  So from a
        warning, too, when going forward, unless it was ``visited`` in its turn: then its errors have been.  Behind the
        last one comes the first, the worst, and the other way round.  ``severity``: per stream, 0 or a `Severity`.
        """
        order = self.order
        levels = np.zeros(len(order), np.uint8)
        inside = order < len(severity)
        levels[inside] = severity[order[inside]]
        errors, warnings = np.flatnonzero(levels == Severity.ERROR), np.flatnonzero(levels == Severity.WARNING)
        here = int(levels[position]) if 0 <= position < len(levels) else 0
        if here == Severity.ERROR:
            turn = _place(errors, position) + step
        elif here == Severity.WARNING and (visited or step < 0):
            turn = len(errors) + _place(warnings, position) + step
        elif step > 0:
            turn = _place(errors, position + 1)
            if turn == len(errors):
                turn += _place(warnings, position + 1)
        else:
            turn = _place(errors, position) - 1
            if turn < 0 and len(before := warnings[warnings < position]):
                turn = len(errors) + len(before) - 1
        count = len(errors) + len(warnings)
        if not count:
            return None
        turn %= count
        if turn < len(errors):
            return ListedProblem(int(errors[turn]), Severity.ERROR, turn + 1, len(errors))
        turn -= len(errors)
        return ListedProblem(int(warnings[turn]), Severity.WARNING, turn + 1, len(warnings))


def _place(positions: NDArray[np.int64], position: int) -> int:
    """How many of the ascending ``positions`` are before ``position``."""
    return int(np.searchsorted(positions, position))


def problem_name(bits: int, verdict_name: Callable[[str], str]) -> str:
    """The name of the leading verdict of a verdict bit mask; empty for 0."""
    verdict = leading_verdict(bits)
    return "" if verdict is None else verdict_name(verdict.field_name)
