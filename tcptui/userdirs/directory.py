"""Opens a directory that nobody but this user and root can change, and the files in it by its descriptor.

A path is walked from ``/`` down, one component at a time, each opened in the one before it without following a link,
and checked once it is open (`trust.check`).  So nothing can be exchanged between check and use: what was checked is
what is read.  A link is followed where it is root's or this user's, and what it leads to is walked from ``/`` in the
same way: dotfiles are often kept elsewhere, a home directory may be a link, and nobody else can have made or moved it.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Self

from tcptui.userdirs.replacing import replacing
from tcptui.userdirs.trust import ForeignError, check, check_owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

#: A directory on the way need not be readable, as /home with mode 0711 is not.
_STEP: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Without O_NONBLOCK, opening a FIFO could block.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PRIVATE: Final = 0o700
#: Errors of open(2) for a link that is not followed, of one system or another.
_MAY_BE_LINK: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
#: As many links as Linux follows in one path (path_resolution(7)).
_MOST_LINKS: Final = 40


class Directory:
    """An open directory that only this user and root can change; a context manager, which closes it."""

    def __init__(self, descriptor: int, path: Path, *, strict: bool) -> None:
        """Takes over ``descriptor``, of a directory that was checked; ``path`` is for messages."""
        self.descriptor = descriptor
        self.path = path
        self._strict = strict

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the descriptor; call it once."""
        os.close(self.descriptor)

    def inner(self, name: str, *, make: bool = False) -> Directory:
        """The directory ``name`` in this one, which this user owns; with ``make`` it is made if missing.

        Raises OSError, as ForeignError where it is root's.
        """
        descriptor = _open_step(self.descriptor, name, _DIRECTORY, make=make)
        return _own(descriptor, self.path / name, strict=self._strict)

    def open(self, name: str) -> int:
        """The descriptor of the ordinary file ``name``, to read, if only this user and root can change it.

        Raises OSError; ELOOP for a link, EINVAL for what is no file.
        """
        descriptor = os.open(name, _FILE, dir_fd=self.descriptor)
        try:
            _require_file(check(descriptor, str(self.path / name), strict=self._strict).st_mode)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def read(self, name: str, most: int) -> bytes:
        """The content of the file ``name``.  Raises OSError, as `open`; EFBIG for more than ``most`` bytes."""
        with os.fdopen(self.open(name), "rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return content

    def has(self, name: str) -> bool:
        """Whether `open` would succeed."""
        try:
            os.close(self.open(name))
        except OSError:
            return False
        return True

    def replacing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A new file in the place of ``name``, as `replacing.replacing`.  Raises OSError."""
        return replacing(Path(name), dir_fd=self.descriptor)

    def write(self, name: str, content: bytes) -> None:
        """Put ``content`` in the place of the file ``name`` at once, with mode 0600.  Raises OSError."""
        with self.replacing(name) as file:
            file.write(content)

    def remove(self, name: str) -> None:
        """Remove the file ``name``.  Raises OSError."""
        os.unlink(name, dir_fd=self.descriptor)

    def touch(self, name: str) -> None:
        """Make the empty file ``name`` if there is none.  Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        os.close(os.open(name, flags, 0o600, dir_fd=self.descriptor))

    def directories(self) -> Iterator[tuple[str, os.stat_result]]:
        """Name and status of each directory in this one; those that vanish meanwhile are left out.  Raises OSError."""
        for name in os.listdir(self.descriptor):  # noqa: PTH208  pathlib knows no descriptors
            with suppress(FileNotFoundError):
                found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    yield name, found

    def remove_tree(self, name: str) -> None:
        """Remove the directory ``name`` with all that is in it, as far as that is possible; no link is followed."""
        import shutil  # seldom needed: every start would wait for the archives that it knows to pack

        shutil.rmtree(name, ignore_errors=True, dir_fd=self.descriptor)


def open_directory(path: Path, *names: str, make: bool = False, strict: bool = False) -> Directory:
    """The directory ``path``, or that of ``names``, one in the other, below it; with ``make`` made where missing.

    This user owns it and those of ``names``, none of which may be a link.  ``strict``: not even this user's private
    group may write anything on the way (`trust.check`).  Raises OSError: ForeignError and ChangeableError where others
    could change something.
    """
    descriptor, at = _Walk(make=make, strict=strict).to(path)
    if not names:
        return _own(_readable(descriptor), at, strict=strict)
    found = Directory(descriptor, at, strict=strict)
    for name in names:
        with found:
            inner = found.inner(name, make=make)
        found = inner
    return found


def is_foreign(path: Path) -> bool:
    """Whether ``path`` leads to or through a directory, or a link, that is neither this user's nor root's."""
    try:
        descriptor, _ = _Walk(make=False, strict=False).to(path)
    except ForeignError:
        return True
    except OSError:
        return False
    os.close(descriptor)
    return False


def open_output_folder(path: Path) -> int:
    """The descriptor of the directory ``path``, to be written to; made, with mode 0700, where only it is missing.

    Anybody may own it, and directories on the way: somebody has named it.  But a link is followed only where it is
    root's or this user's, wherever in the path it is: another user's would choose the place instead.  Raises OSError,
    as ForeignError, whose ``filename`` is the link, for another user's.
    """
    descriptor, _ = _Walk(make=True, strict=False, is_output=True).to(path)
    return _readable(descriptor)


def open_folder_of(path: Path, *, make: bool = False) -> tuple[Directory, str]:
    """The directory of the file that ``path`` leads to, and that file's name in it; there need not be one yet.

    Links are followed, the last one too.  ``make`` and what is raised as for `open_directory`; root may own it.
    """
    walk = _Walk(make=make, strict=False)
    descriptor, at = walk.to(path, is_file=True)
    return Directory(_readable(descriptor), at, strict=False), walk.name


def read_file(path: Path, most: int) -> bytes:
    """The content of the file that ``path`` leads to.  Raises OSError, as `open_folder_of` and `Directory.read`."""
    folder, name = open_folder_of(path)
    with folder:
        return folder.read(name, most)


def _require_file(mode: int) -> None:
    """Raise OSError unless ``mode`` is that of an ordinary file."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def _readable(step: int) -> int:
    """A descriptor to read the directory that ``step``, which is closed, may only be walked through."""
    try:
        return os.open(".", _DIRECTORY, dir_fd=step)
    finally:
        os.close(step)


def _open_step(parent: int, name: str, flags: int, *, make: bool) -> int:
    """The descriptor of the directory ``name`` in an open one, made if missing and wanted.  Raises OSError."""
    try:
        return os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, _PRIVATE, dir_fd=parent)
    return os.open(name, flags, dir_fd=parent)


def _own(descriptor: int, path: Path, *, strict: bool) -> Directory:
    """The open directory, if this user owns it.  Raises OSError."""
    try:
        found = check(descriptor, str(path), strict=strict)
        if found.st_uid != os.geteuid():
            raise ForeignError(errno.EPERM, os.strerror(errno.EPERM), str(path))
    except OSError:
        os.close(descriptor)
        raise
    return Directory(descriptor, path, strict=strict)


def _read_link(parent: int, name: str) -> tuple[os.stat_result, str] | None:
    """Status and target of the link ``name`` in an open directory; None where it is no link.  Raises OSError.

    It is held open meanwhile, so both are of one link whoever exchanges it.  Where the system cannot do that, nobody
    else can do so only where the directory was checked.
    """
    try:
        if not hasattr(os, "O_PATH"):
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            return (status, os.readlink(name, dir_fd=parent)) if stat.S_ISLNK(status.st_mode) else None
        link = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(link)
        return (status, os.readlink("", dir_fd=link)) if stat.S_ISLNK(status.st_mode) else None
    finally:
        os.close(link)


class _Walk:
    """One walk along a path."""

    def __init__(self, *, make: bool, strict: bool, is_output: bool = False) -> None:
        """``is_output``: only links are checked, only the last directory is made, and the path may be relative."""
        self._make, self._strict, self._is_output = make, strict, is_output
        self._links = 0
        self.name = ""
        """The last component of the path to a file, behind all links."""

    def to(self, path: Path, *, is_file: bool = False) -> tuple[int, Path]:
        """The descriptor of the directory that ``path`` leads to (of a file: its folder), and its path without links.

        Raises OSError, too where ``path`` is relative.
        """
        if not path.is_absolute() and not self._is_output:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        at = Path(path.anchor)
        left = list(reversed(path.parts[1:] if path.is_absolute() else path.parts))
        descriptor = os.open(at, _STEP)
        try:
            self._check(descriptor, at)
            while left:
                name = left.pop()
                is_last = is_file and not left
                child = self._link(descriptor, name, at) if is_last else self._step(descriptor, name, at, last=not left)
                if child is None:
                    self.name = name
                    break
                if isinstance(child, PurePosixPath):
                    left.extend(reversed(child.parts[1:] if child.is_absolute() else child.parts))
                    if not child.is_absolute():
                        continue
                    child, at = os.open("/", _STEP), Path("/")
                else:
                    at = at.parent if name == ".." else at / name
                os.close(descriptor)
                descriptor = child
                self._check(descriptor, at)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor, at

    def _check(self, descriptor: int, at: Path) -> None:
        if not self._is_output:
            check(descriptor, str(at), strict=self._strict, on_the_way=True)

    def _step(self, descriptor: int, name: str, at: Path, *, last: bool) -> int | PurePosixPath:
        """The directory ``name`` in an open one, or where it leads to if it is a link.  Raises OSError."""
        try:
            return _open_step(descriptor, name, _STEP, make=self._make and (last or not self._is_output))
        except OSError as error:
            target = self._link(descriptor, name, at) if error.errno in _MAY_BE_LINK else None
            if target is None:
                raise
            return target

    def _link(self, descriptor: int, name: str, at: Path) -> PurePosixPath | None:
        """Where the link ``name`` in an open directory leads to; None where it is no link.  Raises OSError."""
        found = _read_link(descriptor, name)
        if found is None:
            return None
        status, target = found
        check_owner(status, str(at / name))
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(at / name))
        return PurePosixPath(target)
