"""How a condition changes the display filter that is on."""

from __future__ import annotations

from enum import Enum


class Way(Enum):
    """How a condition changes the filter; the value is the form, with the filter so far as ``{now}``."""

    ONLY = "{new}"
    NOT = "not ({new})"
    AND = "({now}) and ({new})"
    OR = "({now}) or ({new})"

    def applied(self, now: str, new: str) -> str:
        """The filter made of ``now``, which may be empty, and the condition ``new``."""
        if not now.strip() and self in (Way.AND, Way.OR):
            return new
        return self.value.format(now=now.strip(), new=new)
