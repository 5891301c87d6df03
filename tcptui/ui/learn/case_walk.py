"""The state of a walk through a case: the current step and which answers have been shown.  No widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.lessons.case import Case, Step


@dataclass(slots=True)
class CaseWalk:
    """Position 0 is the story, then comes each step; a step may be about another capture than the open one."""

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
        """Index of the capture that the current step is about; at the story, of the open one."""
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
        """Whether the answer of the current step is shown."""
        return self.position in self._revealed

    @property
    def complete(self) -> bool:
        """Whether every answer has been seen."""
        return len(self._revealed) == len(self.steps)

    @property
    def at_end(self) -> bool:
        """Whether the current step is the last one."""
        return self.position == len(self.steps)

    def move(self, steps: int) -> bool:
        """Go ``steps`` steps forward (negative: back), clamped to the walk; returns whether the position changed."""
        target = max(0, min(self.position + steps, len(self.steps)))
        moved = target != self.position
        self.position = target
        return moved

    def reveal(self) -> bool:
        """Show the answer of the current step; returns whether it was not shown before."""
        if self.step is None or self.revealed:
            return False
        self._revealed.add(self.position)
        return True
