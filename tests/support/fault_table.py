"""What tests saw, for people to read: a table of faults, and what a process was refused.

Where TCPTUI_FAULT_TABLE and TCPTUI_PRIVILEGE_PROOF name files, tests add to them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def note_fault(fault: str, seen: str, lost: str, code: int | str) -> None:
    """Add one row; ``seen`` is a line from the screen."""
    path = os.environ.get("TCPTUI_FAULT_TABLE")
    if path:
        with Path(path).open("a", encoding="utf-8") as table:
            table.write("\t".join((fault, " ".join(seen.split()), lost, str(code))) + "\n")


def note_proof(who: str, status: object, gained: Mapping[str, bool]) -> None:
    """Add what ``who`` tried, and with which of it it ``gained`` anything; ``status`` is the kernel's word on it."""
    path = os.environ.get("TCPTUI_PRIVILEGE_PROOF")
    if path:
        with Path(path).open("a", encoding="utf-8") as proof:
            proof.write(f"{who}\n    {status}\n")
            for name, succeeded in gained.items():
                proof.write(f"    {name:32} {'ALLOWED' if succeeded else 'refused'}\n")


def line_with(screen: str, text: str) -> str:
    """The line of ``screen`` that holds ``text``."""
    return next(line for line in screen.splitlines() if text in line)
