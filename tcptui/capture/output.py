"""A file that is written for the user, which destroys nothing before its successor exists.

Where nothing has its name, it is made under that name.  Where a file has it that may be replaced (`Replaceable`), the
new one is made beside that, visibly (``capture.pcap.new-1a2b3c4d``), and takes its place when it is *published*: a
capture with its first packet, a result once it is whole.  Until then the old file keeps its bytes, mode and owner.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from tcptui.model.errors import OutputError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXISTING: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = _EXISTING | os.O_CREAT | os.O_EXCL
_MODE: Final = 0o600
#: Characters of a file's name in the name of the one beside it: at most 240 of the 255 bytes that file systems allow.
_IN_NAME: Final = 60


class FileId(NamedTuple):
    """What tells a file from every other, whatever its names."""

    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """The file of ``status``."""
        return cls(status.st_dev, status.st_ino)

    def is_at(self, path: Path) -> bool:
        """Whether ``path`` is this file, and no link to it; False where nothing is."""
        try:
            return self == FileId.of(path.lstat())
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Replaceable:
    """Which of the files that are there an output may replace; never one that the same command reads."""

    paths: frozenset[Path] | None = frozenset()
    """None: all."""
    inputs: frozenset[FileId] = frozenset()

    @classmethod
    def for_overwrite(cls, overwrite: bool, inputs: frozenset[FileId]) -> Self:
        """All files, with ``overwrite`` (``--overwrite``), else none."""
        return cls(None if overwrite else frozenset(), inputs)

    def allows(self, path: Path) -> bool:
        """Whether what is at ``path`` may be replaced, unless it is an input."""
        return self.paths is None or path in self.paths

    def check(self, path: Path) -> None:
        """Raise OutputError where ``path`` cannot be written for what is there, of which nothing is changed."""
        if not os.path.lexists(path):
            return
        with contextlib.suppress(OSError):
            if FileId.of(path.stat()) in self.inputs:
                raise OutputError("output_is_input", path=safe_text(str(path)))
        if not self.allows(path):
            raise OutputError("output_exists", path=safe_text(str(path)))
        _status_of_old(path)


#: No existing file may be replaced.
NOTHING: Final = Replaceable()


class Output:
    """A new file for ``path``, open for reading and writing: mode 0600, owned by the current user.

    Raises OutputError, whose message says what to do.  A symbolic link is never followed: in a shared directory it may
    lead anywhere.
    """

    def __init__(self, path: Path, replaceable: Replaceable = NOTHING, *, apart: bool = False) -> None:
        """``apart``: it is made beside ``path`` in any case, and has no name of its own before it is published."""
        self.path = path
        self.is_published = False
        self._written = path
        """Where the bytes are until it is published."""
        self._old: FileId | None = None
        self._is_stranded = False
        """Publishing it failed: the file beside stays."""
        if apart and not os.path.lexists(path):
            self._written = beside(path)
            try:
                self.descriptor = os.open(self._written, _NEW, _MODE)
            except OSError as error:
                raise output_error(error, path) from error
            return
        try:
            self.descriptor = os.open(path, _NEW, _MODE)
        except FileExistsError:
            replaceable.check(path)
            self._old = FileId.of(_status_of_old(path))
            self._written = beside(path)
            try:
                self.descriptor = os.open(self._written, _NEW, _MODE)
            except OSError as error:
                raise _not_beside(path, error) from error
        except OSError as error:
            raise output_error(error, path) from error

    @property
    def written(self) -> Path:
        """Where the bytes are until it is published."""
        return self._written

    @property
    def replaces(self) -> bool:
        """Whether it takes the place of a file that was there."""
        return self._old is not None

    def publish(self) -> None:
        """Give the file its name for good; idempotent.

        Raises OutputError where the old file cannot be replaced, or another one has come into its place; the new one
        then stays where it was written, which the message names.
        """
        if self.is_published:
            return
        if self._old is not None:
            try:
                with contextlib.suppress(FileNotFoundError):
                    if FileId.of(self.path.lstat()) != self._old:
                        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
                self._written.replace(self.path)
            except OSError as error:
                self._is_stranded = True
                raise OutputError(
                    "output_not_replaced",
                    path=safe_text(str(self.path)),
                    reason=reason_of(error),
                    written=safe_text(str(self._written)),
                ) from error
        elif self._written != self.path:
            self._name()
        self.is_published = True

    def _name(self) -> None:
        """Give the file that was made apart its name, which nothing has; what came to have it meanwhile stays."""
        try:
            os.link(self._written, self.path, follow_symlinks=False)
            self._written.unlink()
        except FileExistsError:
            raise OutputError("output_exists", path=safe_text(str(self.path))) from None
        except OSError as error:
            if os.path.lexists(self.path):
                raise output_error(error, self.path) from error
            try:  # a file system without links
                self._written.rename(self.path)
            except OSError as again:
                raise output_error(again, self.path) from again

    def is_in_place(self) -> bool:
        """Whether the file still has its name; call it once it is published, and before it is closed."""
        return FileId.of(os.fstat(self.descriptor)).is_at(self.path)

    def close(self) -> None:
        """Close the descriptor; what was not published is removed, and an old file is as it was.  Idempotent."""
        if self.descriptor < 0:
            return
        try:
            if not (self.is_published or self._is_stranded):
                remove_name(self._written, self.descriptor)
        finally:
            os.close(self.descriptor)
            self.descriptor = -1


@contextmanager
def whole_output(path: Path, replaceable: Replaceable = NOTHING) -> Iterator[int]:
    """The descriptor of a new file; left by an exception or an interrupt, no part of it is left behind.

    Raises OutputError, for every OSError in the block, too.
    """
    output = Output(path, replaceable)
    try:
        yield output.descriptor
        os.fsync(output.descriptor)
        output.publish()
    except OSError as error:
        raise output_error(error, path) from error
    finally:
        output.close()


def open_again(path: Path, written: FileId) -> int:
    """The descriptor of the file ``written``, empty again, while it is still at ``path``.  Raises OutputError."""
    descriptor = _open_existing(path)
    if FileId.of(os.fstat(descriptor)) != written:
        os.close(descriptor)
        raise OutputError("output_exists", path=safe_text(str(path)))
    try:
        os.ftruncate(descriptor, 0)
    except OSError as error:
        os.close(descriptor)
        raise output_error(error, path) from error
    return descriptor


def beside(path: Path) -> Path:
    """A name for the successor of ``path``: in the same folder, and to be seen there."""
    return path.with_name(f"{path.name[:_IN_NAME]}.new-{os.urandom(4).hex()}")


def output_error(error: OSError, path: Path) -> OutputError:
    """The OutputError to show for ``error`` in writing ``path``."""
    name = safe_text(str(path))
    if error.errno == errno.ELOOP:
        return OutputError("output_symlink", path=name)
    if isinstance(error, FileNotFoundError):
        return OutputError("output_no_directory", path=name, directory=safe_text(str(path.parent)))
    return OutputError("output_failed", path=name, reason=reason_of(error))


def remove_name(path: Path, descriptor: int) -> bool:
    """Unlink ``path`` if it still is the file at ``descriptor``; returns whether the name is gone now."""
    try:
        if FileId.of(path.lstat()) != FileId.of(os.fstat(descriptor)):
            return False  # another file of that name: leave it alone
        path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _status_of_old(path: Path) -> os.stat_result:
    """The status of the ordinary file at ``path``, which this user may replace.  Raises OutputError."""
    descriptor = _open_existing(path)
    status = os.fstat(descriptor)
    os.close(descriptor)
    folder = path.parent.stat()
    if folder.st_mode & stat.S_ISVTX and os.geteuid() not in (status.st_uid, folder.st_uid):
        raise _not_beside(path, PermissionError(errno.EPERM, os.strerror(errno.EPERM)))
    return status


def _open_existing(path: Path) -> int:
    """The descriptor of an ordinary file, read and write, as it is.  Raises OutputError."""
    try:
        # Without O_NONBLOCK, opening a FIFO of this name could block.
        descriptor = os.open(path, _EXISTING | os.O_NONBLOCK)
    except OSError as error:
        raise output_error(error, path) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OutputError("output_not_regular", path=safe_text(str(path)))


def _not_beside(path: Path, error: OSError) -> OutputError:
    return OutputError("output_not_beside", path=safe_text(str(path)), reason=reason_of(error))
