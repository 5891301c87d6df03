"""A key named in the bottom line of a screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A key, the catalogue key of what it does, and the action a click performs."""

    key: str
    word: str
    action: str
