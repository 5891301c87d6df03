"""Walking through a case: where one is and which answers were asked for.  No screen in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.lessons.case import Case, Step


@dataclass(slots=True)
class CaseWalk:
    """The story first (position 0), then each step; a step may be about another capture than the one that is open."""

    case: Case
    capture: int = 0
    """Index of the capture that is open."""
    position: int = 0
    _revealed: set[int] = field(default_factory=set)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return self.case.steps

    @property
    def wanted_capture(self) -> int:
        """Index of the capture that the current step is about; the story goes with any."""
        return self.capture if self.step is None else self.step.capture

    @property
    def step(self) -> Step | None:
        """The current step; None at the story."""
        return self.steps[self.position - 1] if self.position else None

    @property
    def packets(self) -> tuple[int, ...]:
        """Frame numbers that the current step points at; none at the story."""
        step = self.step
        return step.packets if step is not None else ()

    @property
    def revealed(self) -> bool:
        """Whether the answer of the current step may be shown."""
        return self.position in self._revealed

    @property
    def complete(self) -> bool:
        """Whether every answer has been seen."""
        return len(self._revealed) == len(self.steps)

    @property
    def at_end(self) -> bool:
        """Whether there is no further step."""
        return self.position == len(self.steps)

    def move(self, steps: int) -> bool:
        """Go ``steps`` further (negative: back), as far as there are any; whether that changed anything."""
        target = max(0, min(self.position + steps, len(self.steps)))
        moved = target != self.position
        self.position = target
        return moved

    def reveal(self) -> bool:
        """Show the answer of the current step; whether that changed anything."""
        if self.step is None or self.revealed:
            return False
        self._revealed.add(self.position)
        return True
