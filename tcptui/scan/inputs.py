"""Which files a scan reads: folders, patterns and files, and which of them are one capture that was written as a ring.

A ring is what a recorder writes file after file (``tcpdump -C``, ``-G``, ``-W``, ``dumpcap -b``).  By their names files
of a folder are candidates; whether one follows the other is told by their packets (`tcptui.scan.judge`).
"""

from __future__ import annotations

import glob
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.capture.decompress import MAGIC_BYTES, Compression, PackedError, packing_of, pieces
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.wire.records import may_begin_capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A ring is cut where it has so many files or bytes: its packets are in memory together.
RING_FILES_MOST: Final = 256
RING_BYTES_MOST: Final = 4 << 30
_PACKED: Final = r"(?P<packed>\.gz|\.zst)?"
#: Names of rings: all but the number or the time is the same.  dumpcap's, …
_NUMBER_AND_TIME: Final = re.compile(rf"(?P<stem>.+)_\d{{5,}}_\d{{14}}(?P<end>\.\w+)?{_PACKED}")
#: … tcpdump's -C and -W, which put a number behind the name, …
_NUMBER_BEHIND: Final = re.compile(rf"(?P<stem>.+\.(?:pcap|pcapng|cap|dmp))(?P<number>\d*)(?P<end>){_PACKED}")
#: … and -G, whose user chooses where the time stands and how it is written: twelve digits or more, perhaps apart.
_TIME: Final = re.compile(
    r"(?>(?P<stem>.*?)(?P<time>(?:19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}[-_.T]?\d{2}[-_.:]?\d{2}(?:[-_.:]?\d{2})?))"
    rf"(?P<end>.*?){_PACKED}"
)


class Task(NamedTuple):
    """Files that are judged together: one, or those that may be a ring."""

    files: tuple[str, ...]
    """Absolute paths."""
    size: int
    """Their bytes."""


@dataclass
class Found:
    """The captures that were found, and those left out."""

    tasks: list[Task] = field(default_factory=list)
    passed_over: int = 0
    """Files in folders that are no captures."""
    unreadable: list[str] = field(default_factory=list)
    """Folders that could not be read, and what was named and is not there."""

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(task.size for task in self.tasks)

    @property
    def files(self) -> int:
        """How many files."""
        return sum(len(task.files) for task in self.tasks)


def find(paths: Iterable[str], output: str) -> Found:
    """The captures at ``paths``: files, folders with all below them, and patterns that no shell has expanded.

    The folder ``output`` is not looked into.  Links are followed, each folder once.
    """
    found, seen, named = Found(), set[str](), list[str]()
    folder = Path(output)
    entered = {_identity(folder.stat())} if folder.is_dir() else set()
    for path in paths:
        matching = [path] if os.path.lexists(path) else list(_matching(path))
        named += matching
        if not matching:
            found.unreadable.append(path)
    _add(found, [one for one in named if not Path(one).is_dir()], seen, sniff=False)
    for one in named:
        if Path(one).is_dir():
            for files in _walk(one, entered, found):
                _add(found, files, seen, sniff=True)
    return found


def _matching(pattern: str) -> Iterator[str]:
    if glob.has_magic(pattern):
        yield from glob.iglob(pattern, recursive=True, include_hidden=True)  # noqa: PTH207  # Path has no absolute ones


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _walk(folder: str, entered: set[tuple[int, int]], found: Found) -> Iterator[list[str]]:
    """The files of ``folder`` and of each folder below it, sorted."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            identity = _identity(Path(here).stat())
            if identity in entered:
                continue
            entered.add(identity)
            with os.scandir(here) as entries:
                listed = sorted((entry.name, _is_folder(entry)) for entry in entries)
        except OSError:
            found.unreadable.append(here)
            continue
        waiting += [_below(here, name) for name, is_folder in reversed(listed) if is_folder]
        yield [_below(here, name) for name, is_folder in listed if not is_folder]


def _below(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _add(found: Found, files: Iterable[str], seen: set[str], *, sniff: bool) -> None:
    """Add those of ``files``, of one folder, that are captures; with ``sniff`` others are passed over."""
    groups: dict[object, list[str]] = {}
    sizes: dict[str, int] = {}
    for name in files:
        path = str(Path(name).absolute())
        if path in seen:
            continue
        seen.add(path)
        size = _size(path)
        if sniff and (size is None or not looks_like_capture(path)):
            found.passed_over += 1
            continue
        sizes[path] = size or 0
        groups.setdefault(_ring_of(path) or path, []).append(path)
    for members in groups.values():
        found.tasks += _cut(members, sizes)


def _size(path: str) -> int | None:
    """The bytes of a regular file; None where it is none, or nobody can tell."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _ring_of(path: str) -> tuple[str, ...] | None:
    """The name that all files of a ring have in common, one of which is ``path``."""
    folder, name = os.path.split(path)
    told = _NUMBER_AND_TIME.fullmatch(name) or _NUMBER_BEHIND.fullmatch(name) or _TIME.fullmatch(name)
    if told is None:
        return None
    return folder, told.re.pattern, told["stem"], told["end"] or "", told["packed"] or ""


def _cut(members: list[str], sizes: dict[str, int]) -> Iterator[Task]:
    files: list[str] = []
    size = 0
    for path in members:
        if files and (len(files) >= RING_FILES_MOST or size + sizes[path] > RING_BYTES_MOST):
            yield Task(tuple(files), size)
            files, size = [], 0
        files.append(path)
        size += sizes[path]
    yield Task(tuple(files), size)


def looks_like_capture(path: str) -> bool:
    """True if ``path`` begins as captures do, packed or not; True where it cannot be read: its row tells why."""
    try:
        return may_begin_capture(_head(path, FILE_HEADER_BYTES)) if _size(path) else False
    except OSError:
        return True


def head_of(path: str, most: int) -> bytes:
    """At most so many of the first bytes of a regular file, unpacked; none where they cannot be read."""
    try:
        return _head(path, most)
    except OSError:
        return b""


def _head(path: str, most: int) -> bytes:
    """As `head_of`.  Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        packing = packing_of(os.pread(descriptor, MAGIC_BYTES, 0))
        if packing is Compression.NONE:
            return file.read(most)
        head = b""
        try:
            for piece in pieces(file, packing):
                head += piece
                if len(head) >= most:
                    break
        except PackedError:
            return b""
        return head[:most]
