"""Rows for a table of faults: what was done to the program, what it said, what was lost, how it ended.

Where TCPTUI_FAULT_TABLE names a file, tests add what they saw to it.
"""

from __future__ import annotations

import os
from pathlib import Path


def note_fault(fault: str, seen: str, lost: str, code: int | str) -> None:
    """Add one row; ``seen`` is a line from the screen."""
    path = os.environ.get("TCPTUI_FAULT_TABLE")
    if path:
        with Path(path).open("a", encoding="utf-8") as table:
            table.write("\t".join((fault, " ".join(seen.split()), lost, str(code))) + "\n")


def line_with(screen: str, text: str) -> str:
    """The line of ``screen`` that holds ``text``."""
    return next(line for line in screen.splitlines() if text in line)
