"""The temporary spool of a live capture: a file with a name, so that it survives a crash.

While in use it is locked (flock(2)).  The kernel releases the lock when the last process that has it open ends, in
whatever way; so the lock distinguishes a running capture from an interrupted one, which `recover` finds.  When the
user quits on purpose, the name is removed.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final

from tcptui.capture.spool.files import spool_directory
from tcptui.model.errors import OutputError
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from pathlib import Path

_RANDOM_BYTES: Final = 9


def name_prefix(uid: int) -> str:
    """The prefix of the file names of ``uid``'s spools; random hexadecimal digits and ``.pcap`` follow."""
    return f"tcptui-{uid}-"


class NamedSpool:
    """A new temporary spool, open for reading and writing, mode 0600, locked.

    Raises OutputError where it cannot be created.
    """

    def __init__(self) -> None:
        directory = spool_directory()
        self.path: Path = directory / f"{name_prefix(os.geteuid())}{os.urandom(_RANDOM_BYTES).hex()}.pcap"
        try:
            # Follow no link and open no existing file: the directory is shared.
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self.descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            reason = reason_of(error)
            raise OutputError("spool_failed", directory=safe_text(str(directory)), reason=reason) from error
        try:
            # May block, but not for long: another process's search for interrupted captures holds the lock briefly.
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: recovery could not see that the spool is in use
            remove_name(self.path, self.descriptor)
        self._keep = False
        self._closed = False

    def keep_name(self) -> bool:
        """Have `close` keep the name for recovery at the next start, if there are packets; returns whether it will.

        Call it when the program ends without the user's decision.
        """
        self._keep = not self._closed and os.fstat(self.descriptor).st_size > FILE_HEADER_BYTES
        return self._keep

    def close(self) -> None:
        """Close the descriptor and, unless `keep_name` returned True, remove the name.  Idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._keep:
                remove_name(self.path, self.descriptor)
        finally:
            os.close(self.descriptor)


class OtherFile:
    """A file with the interface of `NamedSpool` but no name to manage: the file of ``-w``, or an unnamed spool."""

    def __init__(self, descriptor: int) -> None:
        """Takes ownership of ``descriptor``."""
        self.descriptor = descriptor

    def keep_name(self) -> bool:
        """Always False: the next start would not find it."""
        return False

    def close(self) -> None:
        """Close the descriptor; call it once."""
        os.close(self.descriptor)


def remove_name(path: Path, descriptor: int) -> bool:
    """Unlink ``path`` if it still is the file at ``descriptor``; returns whether the name is gone now."""
    try:
        found, ours = path.lstat(), os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != (ours.st_dev, ours.st_ino):
            return False  # another file of that name: leave it alone
        path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
