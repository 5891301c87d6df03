"""Titles that name a database's statement, with as much of it as a line holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable


def title_within(width: int, title: Callable[[int], str], least: int) -> str:
    """``title`` of a number of characters of the statement, ``least`` or as many more as ``width`` cells hold."""
    shortest = title(least)
    spare = width - cell_len(shortest)
    # A character has two cells at most.
    forms = (title(least + more) for more in (spare, spare // 2) if more > 0)
    return next((form for form in forms if cell_len(form) <= width), shortest)
