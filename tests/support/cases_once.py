"""Each bundled case is read once a process: a score of test files list them all, and reading is most of that."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tcptui.lessons import loader

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.lessons.case import Case

_BUNDLED = loader.cases_folder()
_read = loader.read_case
_read_once = cache(_read)


def _read_case(folder: Path) -> Case:
    """As `loader.read_case`."""
    return (_read_once if folder.parent == _BUNDLED else _read)(folder)


loader.read_case = _read_case
