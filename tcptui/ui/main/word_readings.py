"""What the words that narrow the list of connections mean, and the connections found by that; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.finding import FindingId

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.dfilter.readings import Reading, Term
    from tcptui.model.packet_store import I32
    from tcptui.ui.main.matching import Matching
    from tcptui.words.catalogue import Words

    Mask = NDArray[np.bool_]


class WordReadings:
    """The terms of the words asked for last, and the answers to their readings; any thread may ask."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._known: tuple[tuple[str, ...], tuple[Term, ...]] = ((), ())
        self._answers: dict[Reading, Matching] = {}
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

    def take(self, reading: Reading, answer: Matching) -> None:
        """Have the newest ``answer`` to ``reading``."""
        self._answers = {**self._answers, reading: answer}

    def found(self, reading: Reading, streams: I32) -> Mask:
        """Which of ``streams`` are known to be meant by ``reading``."""
        answer = self._answers.get(reading)
        return np.zeros(len(streams), np.bool_) if answer is None else answer.of_streams(streams)

    def count(self, reading: Reading) -> int | None:
        """How many connections are known to be meant by ``reading``; None: it has not been looked for to the end."""
        answer = self._answers.get(reading)
        return None if answer is None or answer.is_partial else answer.account.connections_matched
