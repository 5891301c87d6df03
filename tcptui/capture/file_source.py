"""A capture file as a source: the file itself is the spool, unless it is compressed."""

from __future__ import annotations

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


class FileSource:
    """A regular file that is itself the complete spool.  Takes ownership of ``descriptor``."""

    growing: Final = False
    live: Final = False

    def __init__(self, descriptor: int, label: str) -> None:
        self.label = safe_text(label)
        self.descriptor = descriptor
        self._status = SourceStatus(end=os.fstat(descriptor).st_size, complete=True)
        # Closes the file when a source is garbage collected without `close`.
        self._close = weakref.finalize(self, os.close, descriptor)

    def start(self, announce: Announce) -> None:
        """Announce at once: the spool is complete."""
        announce()

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
