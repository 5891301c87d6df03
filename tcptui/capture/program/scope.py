"""A control group (version 2) of a program's own, below the one that this process is in: made, entered, removed."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tcptui.capture.locked_folders import clear_leftovers, lock_folder, remove_folder

#: As a unit's name ends, so that whoever reads the path of a control group takes it for one.
PREFIX: Final = "tcptui-program-"
SUFFIX: Final = ".scope"
_PROCESSES: Final = "cgroup.procs"
#: How long processes that fork meanwhile may keep a group from being removed, in seconds.
_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Scope:
    """A group that is locked; `release` ends it."""

    folder: Path
    lock: int
    """A descriptor of `folder`, which all forks of this process hold, too."""

    @property
    def name(self) -> str:
        """Its name, which no other one has."""
        return self.folder.name

    def open_entrance(self) -> int:
        """A descriptor to which a process writes ``0`` to be in it from then on.  Raises OSError."""
        return os.open(self.folder / _PROCESSES, os.O_WRONLY | os.O_CLOEXEC)

    def processes(self) -> list[int]:
        """Who is in it."""
        return _processes(self.folder)

    def release(self) -> None:
        """Move who is still in it to the group above, and remove it; idempotent."""
        _remove(self.folder)


def make_scope(parent: Path | None = None) -> Scope:
    """A new group below ``parent`` (this process's own).  Raises OSError where there is none, or no right."""
    above = own_group() if parent is None else parent
    clear_leftovers(above.glob(f"{PREFIX}*{SUFFIX}"), _remove)
    folder = above / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
    folder.mkdir(mode=0o755)
    lock = lock_folder(folder)
    if lock is None:  # another run has taken it for a leftover at this very moment
        raise BlockingIOError(f"{folder} is locked")
    return Scope(folder, lock)


def own_group(groups: Path = Path("/proc/self/cgroup"), mounts: Path = Path("/proc/self/mountinfo")) -> Path:
    """The folder of the group of version 2 that this process is in.  Raises OSError where none can be reached."""
    own = next((line[3:] for line in groups.read_text("utf-8").splitlines() if line.startswith("0::")), "")
    for line in mounts.read_text("utf-8").splitlines() if own else ():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if not after.startswith("cgroup2 ") or len(fields) < 5:
            continue
        root, point = fields[3], fields[4]
        inside = "" if root == "/" else root
        if own == inside or own.startswith(f"{inside}/"):
            return Path(point + own.removeprefix(inside))
    raise FileNotFoundError("no control group of version 2")


def _processes(folder: Path) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(line) for line in (folder / _PROCESSES).read_text("ascii").split()]
    return []


def _remove(folder: Path) -> None:
    def vacate() -> None:
        """Move who is in it, or is just ending, to the group above."""
        for pid in _processes(folder):
            with contextlib.suppress(OSError):
                (folder.parent / _PROCESSES).write_text(str(pid), "ascii")

    remove_folder(folder, _PATIENCE, vacate)
