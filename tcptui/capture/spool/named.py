"""The file that a source writes: a temporary spool with a name, so that it survives a crash, or the file of ``-w``.

While in use a temporary spool is locked (flock(2)).  The kernel releases the lock when the last process that has it
open ends, in whatever way; so the lock distinguishes a running capture from an interrupted one, which `recover` finds.
Its name is removed only where that was asked for (`NamedSpool.discard`): after an exception it stays.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tcptui.capture.output import FileId, Output, remove_name
from tcptui.capture.spool.files import save_copy, spool_directory
from tcptui.model.errors import OutputError, TcptuiError
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import reason_of, safe_text

_RANDOM_BYTES: Final = 9


def name_prefix(uid: int) -> str:
    """The prefix of the file names of ``uid``'s spools; random hexadecimal digits and ``.pcap`` follow."""
    return f"tcptui-{uid}-"


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a capture, or of its end, that is in no file."""

    path: Path | None
    """The temporary spool that stays; None: its name had been removed, and it could not be copied, because of…"""
    error: TcptuiError | None = None


class NamedSpool:
    """A new temporary spool, open for reading and writing, mode 0600, locked.

    Raises OutputError where it cannot be created.
    """

    is_saved: Final = False

    def __init__(self) -> None:
        self.path = _new_name()
        self.remains: Remains | None = None
        """What `close` left; None: nothing."""
        try:
            # Follow no link and open no existing file: the directory is shared.
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self.descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            directory = safe_text(str(self.path.parent))
            raise OutputError("spool_failed", directory=directory, reason=reason_of(error)) from error
        try:
            # May block, but not for long: another process's search for interrupted captures holds the lock briefly.
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: recovery could not see that the spool is in use
            remove_name(self.path, self.descriptor)
        self._is_unwanted = False
        self._closed = False

    def discard(self) -> None:
        """Have `close` remove the name: the packets are in a file, or nobody wants them."""
        self._is_unwanted = True

    def close(self) -> None:
        """Close the descriptor; of a spool with packets leave the name, unless `discard` was called.  Idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._is_unwanted or not has_packets(self.descriptor):
                remove_name(self.path, self.descriptor)
            elif FileId.of(os.fstat(self.descriptor)).is_at(self.path):
                self.remains = Remains(self.path)
            else:
                self.remains = _copied(self.descriptor)
        finally:
            os.close(self.descriptor)


class OutputFile:
    """The file of ``-w``, with the interface of `NamedSpool`."""

    def __init__(self, output: Output) -> None:
        """Takes ownership of ``output``."""
        self._output = output
        self.descriptor = output.descriptor
        self.remains: Remains | None = None
        """A copy of a file that was removed while it was written; None: it is where the user wants it."""
        self._is_unwanted = False
        self._closed = False

    @property
    def is_saved(self) -> bool:
        """Whether the file still has a name."""
        return self._closed or os.fstat(self.descriptor).st_nlink > 0

    def discard(self) -> None:
        """Have `close` give up a file that was removed while it was written."""
        self._is_unwanted = True

    def close(self) -> None:
        """Close the descriptor; unless `discard` was called, copy a file that was removed to a temporary spool first.

        Idempotent.
        """
        if self._closed:
            return
        try:
            if not (self._is_unwanted or self.is_saved) and has_packets(self.descriptor):
                self.remains = _copied(self.descriptor)
        finally:
            self._closed = True
            self._output.close()


class UnnamedSpool:
    """A temporary spool of what is in a file anyway, with the interface of `NamedSpool`."""

    is_saved: Final = True
    remains: Final = None

    def __init__(self, descriptor: int) -> None:
        """Takes ownership of ``descriptor``."""
        self.descriptor = descriptor

    def discard(self) -> None:
        """Do nothing: it has no name."""

    def close(self) -> None:
        """Close the descriptor; call it once."""
        os.close(self.descriptor)


def has_packets(descriptor: int) -> bool:
    """Whether there is more in a spool than the header of a pcap file."""
    return os.fstat(descriptor).st_size > FILE_HEADER_BYTES


def _new_name() -> Path:
    return spool_directory() / f"{name_prefix(os.geteuid())}{os.urandom(_RANDOM_BYTES).hex()}.pcap"


def _copied(descriptor: int) -> Remains:
    """Copy a capture whose file has no name any more to where `recover` finds it."""
    path = _new_name()
    try:
        save_copy(descriptor, os.fstat(descriptor).st_size, path)
    except OutputError as error:
        return Remains(None, error)
    return Remains(path)
