"""A capture file as a source: the file itself is the spool, unless it is compressed."""

from __future__ import annotations

import errno
import os
import stat
import weakref
from typing import TYPE_CHECKING, Final

from tcptui.capture.decompress import MAGIC_BYTES, Compression, packing_of
from tcptui.capture.source import Announce, Source, SourceStatus
from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from pathlib import Path


#: Bytes before the end of a file by which one that was appended to is told from one that was written anew.
_TAIL: Final = 4_096


class FileChangedError(OSError):
    """A file has other bytes than when it was opened, so nothing more is read from it."""

    def __init__(self) -> None:
        super().__init__(errno.ESTALE, os.strerror(errno.ESTALE))


class FileSource:
    """A regular file that is itself the complete spool.  Takes ownership of ``descriptor``."""

    growing: Final = False
    live: Final = False

    def __init__(self, descriptor: int, label: str) -> None:
        self.label = safe_text(label)
        self.descriptor = descriptor
        self._seen = os.fstat(descriptor)
        self._status = SourceStatus(end=self._seen.st_size, complete=True)
        self._tail = self._read_tail()
        self._is_changed = False
        # Closes the file when a source is garbage collected without `close`.
        self._close = weakref.finalize(self, os.close, descriptor)

    def start(self, announce: Announce) -> None:
        """Announce at once: the spool is complete."""
        announce()

    def _read_tail(self) -> bytes:
        return os.pread(self.descriptor, _TAIL, max(self._status.end - _TAIL, 0))

    def is_changed(self) -> bool:
        """Whether the file was shortened or written over since it was opened; what was only appended does not count.

        Once it was, it stays so.  False when it is closed.
        """
        if self._is_changed or not self._close.alive:
            return self._is_changed
        now = os.fstat(self.descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._seen.st_size, self._seen.st_mtime_ns):
            is_longer = now.st_size > self._seen.st_size
            self._seen = now
            self._is_changed = not is_longer or self._read_tail() != self._tail
        return self._is_changed

    def is_still(self, path: Path) -> bool:
        """Whether ``path`` is the file that was opened, with the bytes that it had then."""
        try:
            return not self.is_changed() and os.path.samestat(path.stat(), os.fstat(self.descriptor))
        except OSError:
            return False

    def status(self) -> SourceStatus:
        """Always complete, with the file's size."""
        return self._status

    def stop(self) -> None:
        """Does nothing: there is no thread to stop."""

    @property
    def limit_bytes(self) -> int | None:
        """None: a capture file is never shortened."""
        return None

    def count_from(self, packets: int) -> None:
        """Do nothing: nobody counts packets here."""

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """Do nothing: all of it is there already."""

    def release(self, offset: int) -> bool:
        """Always False: a capture file is never shortened."""
        del offset
        return False

    is_saved: Final = True
    remains: Final = None

    def discard(self) -> None:
        """Do nothing: there is no temporary spool, and the file stays."""

    def close(self) -> None:
        """Close the file."""
        self._close()


def open_file(path: Path, *, limit_bytes: int | None = None) -> Source:
    """The source for ``path``: a plain capture, a compressed one (.gz or .zst, by content), or a FIFO.

    ``limit_bytes`` is the maximum size of a spool that has to be written.  Whether the file is a capture shows
    when it is read.  Raises InputError for what cannot be read at all: missing, forbidden, a directory, empty.
    """
    label = safe_text(str(path))
    try:
        # O_NONBLOCK: opening a FIFO without a writer must not block before the screen starts.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise InputError("file_missing", path=label) from error
    except PermissionError as error:
        raise InputError("file_denied", path=label) from error
    except (OSError, ValueError) as error:
        raise InputError("read_failed", path=label, reason=reason_of(error)) from error
    return open_descriptor(descriptor, label, limit_bytes=limit_bytes)


def open_descriptor(descriptor: int, label: str, *, limit_bytes: int | None = None) -> Source:
    """The source for an open descriptor, which it takes ownership of: a redirected file or a pipe (stdin).

    Raises InputError and closes the descriptor where it cannot be read (`_refusal`).
    """
    label = safe_text(label)
    refusal = _refusal(descriptor, label)
    if refusal is not None:
        os.close(descriptor)
        raise refusal
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if is_file and packing_of(os.pread(descriptor, MAGIC_BYTES, 0)) is Compression.NONE:
        return FileSource(descriptor, label)
    from tcptui.capture.stream_source import StreamSource  # what most captures do without

    if not is_file:
        return StreamSource(descriptor, label, limit_bytes=limit_bytes)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return StreamSource(descriptor, label, live=False, limit_bytes=limit_bytes)


def _refusal(descriptor: int, label: str) -> InputError | None:
    """The error for a descriptor that cannot be read: a directory, a terminal, an empty or unreadable file; or None."""
    kind = os.fstat(descriptor)
    if stat.S_ISDIR(kind.st_mode):
        return InputError("file_directory", path=label)
    if os.isatty(descriptor):
        return InputError("stdin_terminal")
    if not stat.S_ISREG(kind.st_mode):
        return None
    if kind.st_size == 0:
        return InputError("file_empty", path=label)
    try:
        os.pread(descriptor, MAGIC_BYTES, 0)
    except OSError as error:
        return InputError("read_failed", path=label, reason=reason_of(error))
    return None
