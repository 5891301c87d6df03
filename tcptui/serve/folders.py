"""The folders that were named at start: nothing else is read, and nothing else written to."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.safe_text import safe_text
from tcptui.serve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Names of captures that are listed; others can be opened, too.
_SUFFIXES: Final = (".pcap", ".pcapng", ".cap", ".snoop", ".pcap.gz", ".pcapng.gz", ".pcap.zst", ".pcapng.zst")
_LISTED_MOST: Final = 2_000
_VISITED_MOST: Final = 20_000
_DEEPEST: Final = 8
_NAME_MOST: Final = 1_024
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: O_NONBLOCK: a FIFO without a writer must not stop the server.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Place(NamedTuple):
    """A name below one of the folders."""

    folder: int
    """The descriptor of the directory that holds it; the caller closes it."""
    last: str


class Folders:
    """The folders, held open: whatever is renamed or linked later, only what is below them is reached.

    No link is followed below a folder.
    """

    def __init__(self, paths: Sequence[Path], stack: ExitStack) -> None:
        """Open ``paths``, which ``stack`` closes.  Raises OSError."""
        self._roots: list[tuple[Path, int]] = []
        for path in paths:
            real = path.resolve(strict=True)
            descriptor = os.open(real, _FOLDER)
            stack.callback(os.close, descriptor)
            self._roots.append((real, descriptor))

    def open(self, name: str) -> int:
        """The descriptor of the ordinary file ``name``, relative to a folder, or absolute in one.  Raises Refusal."""
        for place in self._places(name):
            try:
                descriptor = os.open(place.last, _FILE, dir_fd=place.folder)
            except OSError:
                continue
            finally:
                os.close(place.folder)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return descriptor
            os.close(descriptor)
        raise _not_here(name)

    def place(self, name: str) -> Place:
        """Where a new file ``name`` belongs, if its directory is there.  Raises Refusal."""
        for place in self._places(name):
            return place
        raise Refusal(
            "no-such-folder", f"{safe_text(name, 120)} would not be in a folder below those that the user named"
        )

    def captures(self) -> Iterator[str]:
        """Names of captures below the folders, in order, so many at most."""
        found: list[str] = []
        visited = 0
        for _, root in self._roots:
            for at, folders, files, here in os.fwalk(".", dir_fd=root, follow_symlinks=False):
                visited += 1
                within = PurePosixPath(at)
                if visited > _VISITED_MOST or len(within.parts) >= _DEEPEST:
                    folders.clear()
                folders[:] = sorted(one for one in folders if not one.startswith("."))
                named = [one for one in files if one.lower().endswith(_SUFFIXES)]
                found += [str(within / one) for one in named if _is_file(one, here)]
                if len(found) >= _LISTED_MOST:
                    break
        yield from sorted(found)[:_LISTED_MOST]

    def _places(self, name: str) -> Iterator[Place]:
        """The directories that ``name`` may stand in, one after the other; each is the caller's to close."""
        path = PurePosixPath(name)
        if not name or len(name) > _NAME_MOST or "\0" in name or ".." in path.parts:
            return
        for root, descriptor in self._roots:
            if path.is_absolute():
                if not path.is_relative_to(root):
                    continue
                parts = path.relative_to(root).parts
            else:
                parts = path.parts
            if not parts:
                continue
            folder = _descended(descriptor, parts[:-1])
            if folder is not None:
                yield Place(folder, parts[-1])


def _is_file(name: str, folder: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _descended(root: int, parts: Sequence[str]) -> int | None:
    """The descriptor of the directory ``parts`` below ``root``; None where there is none without a link."""
    folder = os.dup(root)
    for part in parts:
        try:
            inner = os.open(part, _FOLDER, dir_fd=folder)
        except OSError:
            return None
        finally:
            os.close(folder)
        folder = inner
    return folder


def _not_here(name: str) -> Refusal:
    shown = safe_text(name, 120)
    return Refusal(
        "no-such-file",
        f"{shown} is no ordinary file below the folders that the user named; open without file lists them",
    )
