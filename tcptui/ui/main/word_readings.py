"""What the words that narrow the list of connections mean, and the connections found by that; no widgets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.finding import FindingId
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.ui.main.filter_work import FilterWork
from tcptui.ui.main.filtering import evaluation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.readings import Reading, Term
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.ui.main.matching import Matching
    from tcptui.words.catalogue import Words

    Mask = NDArray[np.bool_]

#: What was found so far is shown so often, in seconds.
_SHOWN_EVERY: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The connections that a reading means."""

    mask: Mask
    """By stream; newer ones than it holds have not been looked at."""
    count: int
    """How many of those that are kept."""
    is_partial: bool = False
    """Whether connections are still being looked at."""

    def of(self, streams: I32) -> Mask:
        """Which of ``streams`` are meant."""
        found: Mask = np.zeros(len(streams), np.bool_)
        known = streams < len(self.mask)
        found[known] = self.mask[streams[known]]
        return found


class ReadingWork:
    """Looks for the connections that one reading means, in the thread of whoever asks for the `answer`."""

    def __init__(self, session: FilteredCapture, reading: Reading) -> None:
        self._session, self._reading = session, reading
        self._filter = None if reading.is_of_requests else FilterWork(session, reading.filter, evaluation)
        self._revision = -1
        self._is_cancelled = False
        self.show: Callable[[Found], None] | None = None
        """Takes what has been found so far, again and again, in that thread."""

    def cancel(self) -> None:
        """Have `answer` raise `Cancelled` soon: something else is wanted."""
        self._is_cancelled = True
        if self._filter is not None:
            self._filter.is_cancelled = True

    @property
    def is_old(self) -> bool:
        """Whether `answer` may say something else than the last time."""
        return self._revision != self._session.revision if self._filter is None else self._filter.is_old

    def answer(self) -> Found:
        """Which connections are meant now.  Raises `Cancelled`, OSError, FilterError and NotesError."""
        if self._filter is not None:
            self._filter.show = None if self.show is None else lambda found: self._show(_passing(found))
            return _passing(self._filter.answer())
        from tcptui.access.requests import with_payload  # no start waits for it

        self._revision = self._session.revision
        mask: Mask = np.zeros(self._session.streams.count, np.bool_)
        show_at = time.monotonic() + _SHOWN_EVERY
        for stream in with_payload(self._session).tolist():
            input_priority.step_aside()
            if self._is_cancelled:
                raise Cancelled
            if stream >= len(mask):
                break
            mask[stream] = self._is_meant(stream)
            if time.monotonic() > show_at:
                self._show(self._found(mask.copy(), is_partial=True))
                show_at = time.monotonic() + _SHOWN_EVERY
        return self._found(mask, is_partial=False)

    def _is_meant(self, stream: int) -> bool:
        from tcptui.access.requests import cached_requests

        means = self._reading.means
        return any(means(request.status, request.operation) for request in cached_requests(self._session, stream))

    def _found(self, mask: Mask, *, is_partial: bool) -> Found:
        listed = self._session.streams.listed(len(mask))
        return Found(mask, int(mask[listed].sum()), is_partial)

    def _show(self, found: Found) -> None:
        if self.show is not None:
            self.show(found)


def _passing(matching: Matching) -> Found:
    return Found(matching.counts > 0, matching.account.connections_matched, matching.is_partial)


class WordReadings:
    """The terms of the words asked for last, and the answers to their readings; any thread may ask."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._known: tuple[tuple[str, ...], tuple[Term, ...]] = ((), ())
        self._answers: dict[Reading, Found] = {}
        self._is_given_up = False

    def terms(self, words: tuple[str, ...]) -> tuple[Term, ...]:
        """What ``words`` (lower case) may mean."""
        known = self._known
        if known[0] != words:
            from tcptui.dfilter.readings import terms  # no start waits for it

            names = {found.value: self._words(f"findings.{found.value}.name") for found in FindingId}
            known = self._known = words, terms(words, names)
        return known[1]

    def forget(self) -> None:
        """Drop all answers: other words are asked for."""
        self._answers, self._is_given_up = {}, False

    def give_up(self) -> None:
        """What has no answer so far will have none: packets cannot be read."""
        self._is_given_up = True

    def is_owing(self, words: tuple[str, ...]) -> bool:
        """Whether a reading of ``words`` has not been looked for to the end."""
        readings = (reading for term in self.terms(words) for reading in term.readings)
        return not self._is_given_up and any(self.count(reading) is None for reading in readings)

    def take(self, reading: Reading, answer: Found) -> None:
        """Have the newest ``answer`` to ``reading``."""
        self._answers = {**self._answers, reading: answer}

    def found(self, reading: Reading, streams: I32) -> Mask:
        """Which of ``streams`` are known to be meant by ``reading``."""
        answer = self._answers.get(reading)
        return np.zeros(len(streams), np.bool_) if answer is None else answer.of(streams)

    def count(self, reading: Reading) -> int | None:
        """How many connections are known to be meant by ``reading``; None: it has not been looked for to the end."""
        answer = self._answers.get(reading)
        return None if answer is None or answer.is_partial else answer.count
