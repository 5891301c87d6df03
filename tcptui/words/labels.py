"""Labels before texts."""

from __future__ import annotations


def gap_after(label: str) -> str:
    """What separates ``label`` from its text: a blank, but nothing after a full-width colon, which has its own room."""
    return " " if label and not label.endswith("：") else ""
