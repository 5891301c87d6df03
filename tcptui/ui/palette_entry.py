"""One entry of the command palette.  Imports nothing else, because every screen imports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One line of the palette."""

    title: str
    """What it does, in the user's language."""
    about: str
    """Its group."""
    action: str
    key: str = ""
    """Its key, the first of several; empty without one."""
    now: str = ""
    """The value that it would change, or that it is the current one; empty for most."""
    also: str = ""
    """Other words that it is found by."""
    go: Callable[[], object] | None = None
    """What it does where that is no action: it goes to what was typed."""
