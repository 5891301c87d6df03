"""Files and directories that seem to be somebody else's, for tests as whoever."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

#: Neither root nor anybody whom tests run as.
SOMEBODY: Final = 64_321


def give_away(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    """Have ``paths`` seem to be `SOMEBODY`'s; of a link, itself."""
    theirs = {(found.st_dev, found.st_ino) for found in map(os.lstat, paths)}

    def wrapped(function: Any) -> Any:
        def status(*arguments: Any, **options: Any) -> os.stat_result:
            found = function(*arguments, **options)
            if (found.st_dev, found.st_ino) not in theirs:
                return found
            return os.stat_result((*found[:4], SOMEBODY, *found[5:10]))

        return status

    for name in ("stat", "fstat", "lstat"):
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))
