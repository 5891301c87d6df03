"""How many questions were answered, and how many of them rightly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Score:
    """Questions answered, and how many of them rightly; a question that was only revealed counts for nothing."""

    asked: int = 0
    right: int = 0

    def count(self, right: bool) -> None:
        """One more answer."""
        self.asked += 1
        self.right += right
