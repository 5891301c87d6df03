"""One key hint of the bottom line of a screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A key, the catalogue key of its description, and the action that a click performs; none for several keys."""

    key: str
    word: str
    action: str = ""
