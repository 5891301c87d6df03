"""Creates the files that captured bytes are written to: unnamed temporary spools, and files of ``-w``."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.spool.punch import RELEASED, released_until
from tcptui.model.errors import OutputError
from tcptui.model.pcap_format import FILE_HEADER_BYTES, ORDINARY_MAGICS
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.userdirs.places import temporary_directory
from tcptui.userdirs.replacing import open_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The share of the free disk space that a temporary spool may fill; the rest stays for the host.
SHARE_OF_FREE_DISK: Final = 0.5
#: Disk space left free in any case, so that a nearly full disk is not filled up.
RESERVE_BYTES: Final = 64 << 20
#: Environment variable that replaces /var/tmp; tests set it, so that they do not find this machine's own spools.
FALLBACK_VARIABLE: Final = "TCPTUI_SPOOL_FALLBACK"
_COPY_BYTES: Final = 4 << 20
_FLAGS: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


def fallback_directory() -> Path:
    """The directory of temporary spools without $TMPDIR: $TCPTUI_SPOOL_FALLBACK, else /var/tmp."""
    return Path(os.environ.get(FALLBACK_VARIABLE) or "/var/tmp")


def spool_directory() -> Path:
    """The directory of temporary spools: $TMPDIR, else `fallback_directory`, else Python's choice.

    Not $XDG_RUNTIME_DIR, and /tmp only as a last resort: both are often in memory (tmpfs), which a spool must not
    fill.
    """
    chosen = os.environ.get("TMPDIR")
    for directory in (Path(chosen) if chosen else None, fallback_directory()):
        if directory is not None and _takes_files(directory):
            return directory
    return temporary_directory()


def _takes_files(directory: Path) -> bool:
    """Whether this user can make files in ``directory``, which may lie in a closed one."""
    try:
        return directory.is_dir() and os.access(directory, os.W_OK | os.X_OK)
    except OSError:
        return False


def open_spool() -> int:
    """The descriptor of a new temporary spool: read and write, mode 0600, without a name, so nothing is left behind.

    Raises OutputError where it cannot be created.
    """
    import tempfile  # hashes and random numbers come with it, which a file that is its own spool does without

    directory = spool_directory()
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            return os.dup(file.fileno())
    except OSError as error:
        raise OutputError("spool_failed", directory=safe_text(str(directory)), reason=reason_of(error)) from error


def spool_limit(descriptor: int) -> int:
    """Maximum size in bytes of a temporary spool at ``descriptor``.

    Half of the free space of its disk, but at least `RESERVE_BYTES` stay free.
    """
    disk = os.fstatvfs(descriptor)
    free = disk.f_bavail * disk.f_frsize
    return max(0, min(int(free * SHARE_OF_FREE_DISK), free - RESERVE_BYTES))


def open_output(path: Path, *, overwrite: bool = False) -> int:
    """The descriptor of an empty file for ``-w``: read and write, mode 0600, owned by the current user if new.

    An existing file is replaced only with ``overwrite``, a symbolic link is never followed: in a shared
    directory it may lead anywhere.  Raises OutputError, whose message says what to do.
    """
    try:
        return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        if not overwrite:
            raise OutputError("output_exists", path=safe_text(str(path))) from error
    except OSError as error:
        raise output_error(error, path) from error
    descriptor = _open_existing(path)
    try:
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
    except OSError as error:
        os.close(descriptor)
        raise output_error(error, path) from error
    return descriptor


@contextmanager
def whole_output(path: Path) -> Iterator[int]:
    """The descriptor of a new file; left by an exception or an interrupt, no part of it is left behind.

    Raises OutputError, for every OSError in the block, too.
    """
    descriptor, is_whole = open_output(path), False
    try:
        yield descriptor
        os.fsync(descriptor)
        is_whole = True
    except OSError as error:
        raise output_error(error, path) from error
    finally:
        os.close(descriptor)
        if not is_whole:
            path.unlink(missing_ok=True)


@contextmanager
def succeeding_output(path: Path) -> Iterator[int]:
    """As `whole_output`, but the new file takes the place of one that exists, once it is whole."""
    descriptor, aside = open_successor(path)
    is_whole = False
    try:
        yield descriptor
        os.fsync(descriptor)
        aside.replace(path)
        is_whole = True
    except OSError as error:
        raise output_error(error, path) from error
    finally:
        os.close(descriptor)
        if not is_whole:
            aside.unlink(missing_ok=True)


def open_successor(path: Path) -> tuple[int, Path]:
    """The descriptor and the path of a new file beside ``path``, which it may replace once it is whole: mode 0600.

    Raises OutputError for what `open_output` would not replace either: a symbolic link, a FIFO, a file that the
    user may not write.
    """
    if os.path.lexists(path):
        os.close(_open_existing(path))
    try:
        return open_aside(path)
    except OSError as error:
        raise output_error(error, path) from error


def _open_existing(path: Path) -> int:
    """The descriptor of an ordinary file, read and write, as it is.  Raises OutputError."""
    try:
        # Without O_NONBLOCK, opening a FIFO of this name could block.
        descriptor = os.open(path, _FLAGS | os.O_NONBLOCK)
    except OSError as error:
        raise output_error(error, path) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OutputError("output_not_regular", path=safe_text(str(path)))


def is_one_capture(spool: int | None) -> bool:
    """Whether ``spool`` is a classic pcap file, any part of whose records is a capture behind the same header."""
    return spool is not None and os.pread(spool, 4, 0) in ORDINARY_MAGICS


def save_copy(
    spool: int, end: int, path: Path, begin: int = 0, check: Callable[[Path], None] = lambda _path: None
) -> int:  # fmt: skip
    """Copy what is kept of the first ``end`` bytes of ``spool`` to a new file at ``path``; returns that file's size.

    ``begin``: the offset of the first record that is copied (`is_one_capture`); 0: the first one that is kept.
    ``check(path)`` is called before each block, and raises an error to end it.  Raises OutputError, after removing the
    incomplete copy; also if bytes of the spool were released meanwhile.
    """
    with whole_output(path) as descriptor:
        size, done = 0, max(released_until(spool), begin)
        first = done
        if done:
            header = bytearray(os.pread(spool, FILE_HEADER_BYTES, 0))
            header[RELEASED] = bytes(8)
            size = os.write(descriptor, header)
        while done < end:
            check(path)
            block = os.pread(spool, min(_COPY_BYTES, end - done), done)
            if not block:
                break  # truncated by somebody else; the session reports that
            written = os.write(descriptor, block)
            done += written
            size += written
        if released_until(spool) > max(first, FILE_HEADER_BYTES):
            raise OutputError("save_released", path=safe_text(str(path)))
    return size


def output_error(error: OSError, path: Path) -> OutputError:
    """The OutputError to show for ``error`` in writing ``path``."""
    name = safe_text(str(path))
    if error.errno == errno.ELOOP:
        return OutputError("output_symlink", path=name)
    if isinstance(error, FileNotFoundError):
        return OutputError("output_no_directory", path=name, directory=safe_text(str(path.parent)))
    return OutputError("output_failed", path=name, reason=reason_of(error))
