"""Folders in the kernel's file systems (control groups, trace instances), made and removed by one run of this program.

Whoever uses one holds a lock (flock(2)) on it, so one without was left by a killed run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

#: Between two tries to remove a folder, in seconds.
_PAUSE: Final = 0.01


def lock_folder(folder: Path) -> int | None:
    """A descriptor that holds the lock on ``folder``; None where another process has it, or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), folder.stat()):
            return descriptor
    except OSError:
        pass  # held, or removed meanwhile
    os.close(descriptor)
    return None


def clear_leftovers(folders: Iterable[Path], remove: Callable[[Path], None]) -> None:
    """Have ``remove`` take away those of ``folders`` that nobody uses."""
    for folder in sorted(folders):
        lock = lock_folder(folder)
        if lock is not None:
            with contextlib.suppress(OSError):
                remove(folder)
            os.close(lock)


def remove_folder(folder: Path, seconds: float, vacate: Callable[[], None] = lambda: None) -> None:
    """Remove ``folder``, for ``seconds`` at most where it is in use; ``vacate`` is called before each further try."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            vacate()
            time.sleep(_PAUSE)
        else:
            return
