"""What a screen puts into the command palette; light, for every screen imports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One line of the palette."""

    title: str
    """What it does, in the user's language."""
    about: str
    """Its key, and where it belongs."""
    action: str
