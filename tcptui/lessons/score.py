"""The score of a learner: how many questions were answered, and how many of them correctly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Score:
    """Questions answered, and how many of them correctly; a question that was only revealed does not count."""

    asked: int = 0
    right: int = 0

    def count(self, right: bool) -> None:
        """Count one answer."""
        self.asked += 1
        self.right += right
