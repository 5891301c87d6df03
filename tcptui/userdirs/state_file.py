"""One small JSON file in the user's state directory, which several windows of the program change at once.

A change is made under a lock to what is in the file now, and the file is replaced as a whole: what another window has
written since this one started stays.  What cannot be read is not empty: nothing is written over it.  What is damaged is
set aside under another name, and a new file begins.  Both are reported once (`new_troubles`).

Not SQLite: its WAL is no use on a network file system, where many home directories are; it opens files by name, not in
a directory that was checked, puts two more beside each, and is missing from some builds of Python.  The files are a few
kilobytes that a person may want to read, and a lock and a rename are all that they need.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from tcptui.userdirs.directory import open_directory
from tcptui.userdirs.locking import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.userdirs.directory import Directory

_Value = TypeVar("_Value")

#: Damaged files that are kept beside each other; with so many the file counts as one that cannot be read.
_QUARANTINED_MOST: Final = 9


@dataclass(frozen=True, slots=True)
class Trouble:
    """A state file that could not be used."""

    path: Path
    reason: OSError | None = None
    """Why it cannot be read; None: it was damaged."""
    aside: Path | None = None
    """Where what was damaged is now."""


#: What was found in this process, by path and whether the file is damaged.
_found: Final[set[tuple[Path, bool]]] = set()
_new: Final[list[Trouble]] = []


def new_troubles() -> list[Trouble]:
    """The troubles of this process that this function has not returned before; of a file each kind once."""
    found = _new.copy()
    _new.clear()
    return found


def _report(trouble: Trouble) -> None:
    kind = trouble.path, trouble.reason is None
    if kind not in _found:
        _found.add(kind)
        _new.append(trouble)


class StateFile(Generic[_Value]):
    """The file ``name`` in ``directory`` (`places.state_directory`); without a directory its value is in memory only.

    ``decode`` makes the value of what JSON has in it, and raises ValueError where that makes no sense; ``encode`` does
    the opposite; ``empty`` is the value without a file.  A longer file than ``most`` bytes was not written by us.
    """

    def __init__(
        self, directory: Path | None, name: str, most: int, *,
        empty: _Value, decode: Callable[[object], _Value], encode: Callable[[_Value], object],
    ) -> None:  # fmt: skip
        self.path = None if directory is None else directory / name
        self._most = most
        self._empty, self._decode, self._encode = empty, decode, encode
        self._seen = empty
        """What was last in the file, so far as it could be read."""
        self._unsaved: list[Callable[[_Value], _Value]] = []
        """Changes that could not be written; they are made again with the next one."""

    def read(self) -> _Value:
        """What is in the file now, with the changes of this process that could not be written."""
        if self.path is not None:
            with self._reporting(self.path), open_directory(self.path.parent) as folder:
                self._seen = self._stored(folder, self.path)
        return self._with_unsaved()

    def change(self, change: Callable[[_Value], _Value]) -> _Value:
        """Make ``change`` to what is in the file now; returns the new value, whether it could be written or not.

        ``change`` may be called several times, on other values.
        """
        if self.path is None:
            self._seen = change(self._seen)
            return self._seen
        self._unsaved.append(change)
        with (
            self._reporting(self.path),
            open_directory(self.path.parent) as folder,
            locked(folder.descriptor),
        ):
            self._seen = self._stored(folder, self.path, is_locked=True)
            changed = self._with_unsaved()
            with suppress(OSError):  # a full disk, say: the change counts in this run
                folder.write(self.path.name, json.dumps(self._encode(changed)).encode("ascii"))
                self._seen = changed
                self._unsaved.clear()
        return self._with_unsaved()

    def _with_unsaved(self) -> _Value:
        value = self._seen
        for change in self._unsaved:
            value = change(value)
        return value

    @contextmanager
    def _reporting(self, path: Path) -> Iterator[None]:
        """Report that the file cannot be read, unless there is none."""
        try:
            yield
        except FileNotFoundError:
            return
        except OSError as error:
            _report(Trouble(path, error))

    def _stored(self, folder: Directory, path: Path, *, is_locked: bool = False) -> _Value:
        """What is in the file; what makes no sense is set aside.  Raises OSError where it cannot be read."""
        try:
            return self._decode(json.loads(folder.read(path.name, self._most)))
        except FileNotFoundError:
            return self._empty
        except (ValueError, RecursionError):
            pass
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            # a link, which is nothing of ours, nor is what it leads to
        if not is_locked:
            with locked(folder.descriptor):  # another window may have set it aside meanwhile
                return self._stored(folder, path, is_locked=True)
        _report(Trouble(path, aside=_quarantine(folder, path)))
        return self._empty


def _quarantine(folder: Directory, path: Path) -> Path:
    """Rename the damaged file; returns its new path.  Raises OSError where it cannot be, or there are many already."""
    for number in range(1, _QUARANTINED_MOST + 1):
        name = f"{path.name}.damaged" + (f"-{number}" if number > 1 else "")
        try:
            os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(path.name, name, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)
            return path.with_name(name)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
