"""The temporary spool of a live capture: a file with a name, so that an accident does not take it along.

While it is used it is locked (flock(2)): the lock goes with the last process that has it open, however
that ended, and so tells a capture that runs from one that was interrupted.  `spool_recovery`
finds the latter.  A spool that its user left on purpose has no name any more.
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
    """How the names of ``uid``'s spools begin; then comes what nobody can guess, and ``.pcap``."""
    return f"tcptui-{uid}-"


class NamedSpool:
    """A new temporary spool, open for reading and writing, mode 0600, ours alone.

    Raises OutputError where no directory takes one.
    """

    def __init__(self) -> None:
        directory = spool_directory()
        self.path: Path = directory / f"{name_prefix(os.geteuid())}{os.urandom(_RANDOM_BYTES).hex()}.pcap"
        try:
            # Not through a link, and not what somebody else put there: the directory is shared.
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self.descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            reason = reason_of(error)
            raise OutputError("spool_failed", directory=safe_text(str(directory)), reason=reason) from error
        try:
            # Whoever looks for leftovers holds the lock for a moment only.
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: nobody could tell whether the spool is in use
            remove_name(self.path, self.descriptor)
        self._keep = False
        self._closed = False

    def keep_name(self) -> bool:
        """Have `close` leave the name for the next start to find, where there is anything in it; whether there is.

        For an end that was not the user's decision.
        """
        self._keep = not self._closed and os.fstat(self.descriptor).st_size > FILE_HEADER_BYTES
        return self._keep

    def close(self) -> None:
        """Give up the descriptor and, unless `keep_name` said otherwise, the name.  Idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._keep:
                remove_name(self.path, self.descriptor)
        finally:
            os.close(self.descriptor)


class OtherFile:
    """What a source writes to where there is no name to keep or to remove: the file of ``-w``, an unnamed spool."""

    def __init__(self, descriptor: int) -> None:
        """Takes ``descriptor`` over."""
        self.descriptor = descriptor

    def keep_name(self) -> bool:
        """Nothing here is found by the next start."""
        return False

    def close(self) -> None:
        """Give up the descriptor; once."""
        os.close(self.descriptor)


def remove_name(path: Path, descriptor: int) -> bool:
    """Unlink ``path`` if it still is the file at ``descriptor``; whether it is gone now."""
    try:
        found, ours = path.lstat(), os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != (ours.st_dev, ours.st_ino):
            return False  # another file in its place is none of our business
        path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
