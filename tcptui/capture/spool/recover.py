"""Finds, opens, saves and deletes *leftovers*: temporary spools of captures that a crash interrupted.

A leftover is recognised by its name, owner and mode, and by the absence of a lock (`named`).  Nothing else is
touched: not another user's file, not a symbolic link, not a file with a second hard link.

The capture may have released the spool's oldest records.  The file header then holds the offset of the first
kept record (`punch`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.file_source import FileSource
from tcptui.capture.output import FileId, Replaceable, beside, output_error, remove_name, whole_output
from tcptui.capture.spool.files import fallback_directory, open_spool, spool_directory
from tcptui.capture.spool.named import name_prefix
from tcptui.capture.spool.punch import RELEASED, released_until
from tcptui.model.errors import InputError, OutputError
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.userdirs.places import temporary_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: A leftover without packets is removed once it has not been modified for this long, in seconds.
_EMPTY_SECONDS: Final = 60.0
_COPY_BYTES: Final = 4 << 20
_NANO: Final = 1_000_000_000
#: From this size in bytes on, loading the compiler and scanning takes less time than scanning in plain Python.
_WORTH_COMPILING: Final = 32 << 20
#: Errors of link(2) after which the capture is copied instead.
_NO_LINKS: Final = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class Leftover:
    """The spool of an interrupted capture."""

    path: Path
    size: int
    """In bytes, without released records."""
    modified: float
    """When the last packet was written, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a leftover has become that was saved."""

    packets: int
    """Those that can be read: where it is damaged, those before that."""
    size: int
    """Of the file, in bytes."""
    damaged_at: int | None
    """The offset in the file behind which nothing can be read; all of it was saved.  None: it is not damaged."""


def find_leftovers(folders: Sequence[Path] = ()) -> tuple[Leftover, ...]:
    """Interrupted captures of this user, oldest first: one more does not change the numbers of those before.

    They are looked for where `spool_directory` may create them now, and in ``folders``.

    Call it after root was given up: it searches the effective user's files.  Leftovers without packets are removed
    on the way (`_EMPTY_SECONDS`).
    """
    found = []
    seen = set()
    for path in _candidates(folders):
        with contextlib.suppress(InputError), _claimed(path) as descriptor:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) in seen:
                continue  # the same directory by two names
            seen.add((status.st_dev, status.st_ino))
            size = FILE_HEADER_BYTES + status.st_size - first_record_offset(descriptor)
            if size > FILE_HEADER_BYTES:
                found.append(Leftover(path, size, status.st_mtime))
            elif time.time() - status.st_mtime > _EMPTY_SECONDS:
                remove_name(path, descriptor)
    return tuple(sorted(found, key=lambda leftover: (leftover.modified, leftover.path)))


def open_leftover(path: Path) -> FileSource:
    """A source of the packets of the leftover at ``path``, which stays where it is.

    Raises InputError where it is no leftover (any more).  A leftover with released records is copied to a new spool;
    raises OutputError where that cannot be written.
    """
    with _claimed(path) as descriptor:
        first = first_record_offset(descriptor)
        if first == FILE_HEADER_BYTES:
            return FileSource(os.dup(descriptor), str(path))
        copy = open_spool()
        try:
            _copy(descriptor, first, copy)
        except OSError as error:
            os.close(copy)
            directory = safe_text(str(spool_directory()))
            raise OutputError("spool_disk_full", directory=directory) from error
        return FileSource(copy, str(path))


def save_leftover(path: Path, target: Path, *, overwrite: bool = False) -> Saved:
    """Move the leftover at ``path`` to the file ``target``, which must not exist unless ``overwrite``.

    A last record that was only begun is cut off; behind any other damage everything is kept.  Copies nothing if both
    are on the same file system and no records were released.  Raises InputError where it is no leftover (any more),
    OutputError where ``target`` cannot be written; the leftover is then still there.
    """
    with _claimed(path) as descriptor:
        first = first_record_offset(descriptor)
        inputs = frozenset({FileId.of(os.fstat(descriptor))})
        replaceable = Replaceable.for_overwrite(overwrite, inputs)
        if first == FILE_HEADER_BYTES and _link(path, target, replaceable):
            saved = _completed(descriptor)
        else:
            with whole_output(target, replaceable) as written:
                _copy(descriptor, first, written)
                saved = _completed(written)
        remove_name(path, descriptor)
        return saved


def delete_leftover(path: Path) -> None:
    """Remove the leftover at ``path``.  Raises InputError where that is none (any more) or cannot be removed."""
    with _claimed(path) as descriptor:
        if not remove_name(path, descriptor):
            raise InputError("leftover_stays", path=safe_text(str(path)))


def first_record_offset(descriptor: int) -> int:
    """The offset of the first kept record of a spool: `FILE_HEADER_BYTES` where nothing was released."""
    offset = released_until(descriptor)
    return offset if FILE_HEADER_BYTES < offset <= os.fstat(descriptor).st_size else FILE_HEADER_BYTES


def _candidates(folders: Sequence[Path]) -> Iterator[Path]:
    """Files with the name of a spool, in all directories where one may have been created."""
    wanted = re.compile(re.escape(name_prefix(os.geteuid())) + r"[0-9a-f]{18}\.pcap")
    for directory in dict.fromkeys((*_directories(), *folders)):
        try:
            names = [entry.name for entry in os.scandir(directory) if wanted.fullmatch(entry.name)]
        except OSError:
            continue
        yield from (directory / name for name in names)


def _directories() -> Sequence[Path]:
    """All directories that `spool_directory` may have chosen: sudo may or may not have passed TMPDIR on."""
    return list(dict.fromkeys((spool_directory(), fallback_directory(), temporary_directory())))


@contextlib.contextmanager
def _claimed(path: Path) -> Iterator[int]:
    """The descriptor of the leftover at ``path``, locked; raises InputError for anything else."""
    name = safe_text(str(path))
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError("read_failed", path=name, reason=reason_of(error)) from error
    try:
        status = os.fstat(descriptor)
        is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if not is_ours or status.st_nlink != 1 or status.st_mode & 0o077:
            raise InputError("leftover_foreign", path=name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("leftover_in_use", path=name) from error
        except OSError:  # a file system without locks: what is in use has no name there (`NamedSpool`)
            pass
        yield descriptor
    finally:
        os.close(descriptor)


def _copy(source: int, first: int, target: int) -> None:
    """Write an ordinary pcap file: the header without the released offset, then the records from ``first`` on."""
    header = bytearray(os.pread(source, FILE_HEADER_BYTES, 0))
    if first != FILE_HEADER_BYTES:
        header[RELEASED] = bytes(8)
    _write(target, header, 0)
    position, end = first, FILE_HEADER_BYTES
    while block := os.pread(source, _COPY_BYTES, position):
        _write(target, block, end)
        position += len(block)
        end += len(block)


def _write(descriptor: int, data: bytes | bytearray, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        offset += written
        rest = rest[written:]


def _completed(descriptor: int) -> Saved:
    """Cut off a last record that was only begun, in a capture file of any format; returns what the file has then."""
    from tcptui.capture.spool.last_record import is_begun_record
    from tcptui.capture.spool.reader import SpoolReader
    from tcptui.wire.numba_compile import compiler_available
    from tcptui.wire.record_scanner import Scanner

    size, scanner = os.fstat(descriptor).st_size, Scanner()
    if size >= _WORTH_COMPILING and compiler_available():
        scanner.compile()
    reader, packets, second = SpoolReader(descriptor, scanner), 0, None
    while (batch := reader.next_batch(size)) is not None:
        packets += len(batch.records.start)
        second = int(batch.records.time_ns[-1]) // _NANO
    position = reader.position
    if position == size:
        return Saved(packets, size, None)
    if reader.stopped or not is_begun_record(descriptor, position, size, second):
        return Saved(packets, size, position)
    os.ftruncate(descriptor, position)
    return Saved(packets, position, None)


def _link(path: Path, target: Path, replaceable: Replaceable) -> bool:
    """Hard-link ``target`` to ``path``; False where links are not possible, but a copy may be."""
    try:
        if os.path.lexists(target):
            replaceable.check(target)
            aside = beside(target)
            os.link(path, aside, follow_symlinks=False)
            aside.replace(target)
        else:
            os.link(path, target, follow_symlinks=False)
    except FileExistsError as error:
        raise OutputError("output_exists", path=safe_text(str(target))) from error
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise output_error(error, target) from error
    return True
