"""Going through a stream packet by packet, asked before each telling one, and what is hidden meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.lessons.question import Choice, Question, Topic, questions_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.finding import Finding

#: Packets looked at for the next question; in a long transfer without any, the user is told instead of kept waiting.
_LOOK_AHEAD: Final = 20_000
_REPEATS: Final = 2


@dataclass(frozen=True, slots=True)
class Concealment:
    """Which packets of the stream are not shown, and of which one only what was captured is."""

    hidden_from: int | None
    """Place of the first packet that is not shown; None: all are."""
    masked: int | None
    """Place of the packet whose states and verdict are not shown."""


NOTHING_HIDDEN: Final = Concealment(None, None)


@dataclass(slots=True)
class Prediction:
    """One stream being predicted from ``place`` on (a position in its view)."""

    stream: int
    place: int
    question: Question | None = None
    chosen: int | None = None
    """The choice that was taken; None while there is none."""
    revealed: bool = False
    _left: list[Question] = field(default_factory=list)
    _asked: dict[tuple[Topic, Choice], int] = field(default_factory=dict)
    """How often a subject came up: the same question with the same answer teaches nothing more."""

    def ask(self, view: StreamView, findings: Sequence[Finding]) -> Question | None:
        """The next question; None when the rest of the stream gives none.

        Moves on to the next packet when all questions about this one have been asked.
        """
        self.chosen, self.revealed = None, False
        last = min(len(view), self.place + _LOOK_AHEAD)
        while not self._left and self.place + 1 < last:
            self.place += 1
            self._left = [each for each in questions_at(view, self.place, findings) if self._is_fresh(each)]
        self.question = self._left.pop(0) if self._left else None
        return self.question

    def _is_fresh(self, question: Question) -> bool:
        """Not the tenth duplicate ACK in a row."""
        subject = (question.topic, question.answer)
        self._asked[subject] = self._asked.get(subject, 0) + 1
        return self._asked[subject] <= _REPEATS

    def choose(self, choice: int) -> bool | None:
        """Take a choice and reveal; whether it was right, or None where nothing is to be chosen."""
        if self.question is None or self.revealed or not 0 <= choice < len(self.question.choices):
            return None
        self.chosen, self.revealed = choice, True
        return choice == self.question.right

    def reveal(self) -> bool:
        """Show the answer without having chosen; whether that changed anything."""
        if self.question is None or self.revealed:
            return False
        self.revealed = True
        return True

    @property
    def concealment(self) -> Concealment:
        """What the timeline may not show now."""
        asked = self.question
        if asked is None:
            return NOTHING_HIDDEN
        if asked.topic is Topic.NEXT and not self.revealed:
            return Concealment(self.place, None)
        return Concealment(self.place + 1, self.place if self._left or not self.revealed else None)
