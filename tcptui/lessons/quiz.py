"""A quiz on one stream: goes from packet to packet, asks questions, and says what must be hidden meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.lessons.question import Choice, Question, Topic, questions_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.finding import Finding

#: Packets searched for the next question; in a long transfer without one, the user is told so instead of waiting.
_SEARCHED_MOST: Final = 20_000
#: How often a question on the same topic with the same answer is asked per stream.
_REPEATS: Final = 2


@dataclass(frozen=True, slots=True)
class Concealment:
    """What the timeline must not show: packets that come later, and states and verdict of one packet."""

    hidden_from: int | None
    """Index in the view of the first packet that is hidden; None: all are shown."""
    masked: int | None
    """Index in the view of the packet whose states and verdict are hidden; None: of none."""


NOTHING_HIDDEN: Final = Concealment(None, None)


@dataclass(slots=True)
class Prediction:
    """The quiz on one stream; ``place`` is the index in its view of the packet that is asked about."""

    stream: int
    place: int
    question: Question | None = None
    chosen: int | None = None
    """Index of the choice that was taken; None for none."""
    revealed: bool = False
    _left: list[Question] = field(default_factory=list)
    _asked: dict[tuple[Topic, Choice], int] = field(default_factory=dict)
    """How often each topic came up with each answer: asking the same again would teach nothing more."""

    def ask(self, view: StreamView, findings: Sequence[Finding]) -> Question | None:
        """The next question; None when there is none within `_SEARCHED_MOST` packets.

        Goes on to the next packet when all questions about this one have been asked.
        """
        self.chosen, self.revealed = None, False
        last = min(len(view), self.place + _SEARCHED_MOST)
        while not self._left and self.place + 1 < last:
            self.place += 1
            self._left = [each for each in questions_at(view, self.place, findings) if self._is_fresh(each)]
        self.question = self._left.pop(0) if self._left else None
        return self.question

    def _is_fresh(self, question: Question) -> bool:
        """Count this question; returns whether it has come up at most `_REPEATS` times."""
        subject = (question.topic, question.answer)
        self._asked[subject] = self._asked.get(subject, 0) + 1
        return self._asked[subject] <= _REPEATS

    def choose(self, choice: int) -> bool | None:
        """Take a choice and reveal the answer; returns whether it was right, None when no question is open."""
        if self.question is None or self.revealed or not 0 <= choice < len(self.question.choices):
            return None
        self.chosen, self.revealed = choice, True
        return choice == self.question.right

    def reveal(self) -> bool:
        """Reveal the answer without a choice; returns whether a question was open."""
        if self.question is None or self.revealed:
            return False
        self.revealed = True
        return True

    @property
    def concealment(self) -> Concealment:
        """What the timeline must not show now."""
        asked = self.question
        if asked is None:
            return NOTHING_HIDDEN
        if asked.topic is Topic.NEXT and not self.revealed:
            return Concealment(self.place, None)
        return Concealment(self.place + 1, self.place if self._left or not self.revealed else None)
