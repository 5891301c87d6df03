"""Where captured bytes wait on disk: an unnamed temporary file, or the file of ``-w``."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from tcptui.capture.spool.punch import RELEASED, released_until
from tcptui.model.errors import OutputError
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import reason_of, safe_text

#: The share of the free disk that a temporary spool may fill; the rest stays for the host.
SHARE_OF_FREE_DISK: Final = 0.5
#: Left free in any case, so that a nearly full disk is not made full.
RESERVE_BYTES: Final = 64 << 20
#: Names another folder than /var/tmp; the tests set it, so that they find no leftovers of this machine.
FALLBACK_VARIABLE: Final = "TCPTUI_SPOOL_FALLBACK"
_COPY_BYTES: Final = 4 << 20


def fallback_directory() -> Path:
    """Where temporary spools go without $TMPDIR: $TCPTUI_SPOOL_FALLBACK, else /var/tmp."""
    return Path(os.environ.get(FALLBACK_VARIABLE) or "/var/tmp")


def spool_directory() -> Path:
    """Where temporary spools go: $TMPDIR, else `fallback_directory`, else what Python uses.

    Not $XDG_RUNTIME_DIR and not /tmp first: both are often memory, and a spool is for what
    memory should not hold.
    """
    chosen = os.environ.get("TMPDIR")
    for directory in (Path(chosen) if chosen else None, fallback_directory()):
        if directory is not None and directory.is_dir() and os.access(directory, os.W_OK | os.X_OK):
            return directory
    return Path(tempfile.gettempdir())


def open_spool() -> int:
    """A new temporary spool: read and write, mode 0600, without a name, so nothing is left behind.

    Raises OutputError where no directory takes one.
    """
    directory = spool_directory()
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            return os.dup(file.fileno())
    except OSError as error:
        raise OutputError("spool_failed", directory=safe_text(str(directory)), reason=reason_of(error)) from error


def spool_limit(descriptor: int) -> int:
    """How many bytes a temporary spool at ``descriptor`` may hold: half of what its disk has free."""
    disk = os.fstatvfs(descriptor)
    free = disk.f_bavail * disk.f_frsize
    return max(0, min(int(free * SHARE_OF_FREE_DISK), free - RESERVE_BYTES))


def open_output(path: Path, *, overwrite: bool = False) -> int:
    """The file of ``-w``, new and empty: read and write, mode 0600, owned by whoever runs this.

    An existing file is touched only with ``overwrite``, a symbolic link never: in a shared
    directory it may lead anywhere.  Raises OutputError, one line with what to do.
    """
    name = safe_text(str(path))
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_EXCL, 0o600)
    except FileExistsError as error:
        if not overwrite:
            raise OutputError("output_exists", path=name) from error
    except OSError as error:
        raise output_error(error, path) from error
    try:
        # Without O_NONBLOCK a FIFO in this place would stop us until somebody reads it.
        descriptor = os.open(path, (flags | os.O_NONBLOCK) & ~os.O_CREAT)
    except OSError as error:
        raise output_error(error, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OutputError("output_not_regular", path=name)
    try:
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
    except OSError as error:
        os.close(descriptor)
        raise output_error(error, path) from error
    return descriptor


def save_copy(spool: int, end: int, path: Path) -> int:
    """Copy what ``spool`` still has of its first ``end`` bytes to a new file at ``path``; returns that file's size.

    Nothing may be released of it meanwhile.  Raises OutputError; what was begun is then gone again.
    """
    descriptor = open_output(path)
    try:
        size, done = 0, released_until(spool)
        if done:
            header = bytearray(os.pread(spool, FILE_HEADER_BYTES, 0))
            header[RELEASED] = bytes(8)
            size = os.write(descriptor, header)
        while done < end:
            block = os.pread(spool, min(_COPY_BYTES, end - done), done)
            if not block:
                break  # cut by somebody else; the session says so itself
            written = os.write(descriptor, block)
            done += written
            size += written
        os.fsync(descriptor)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise output_error(error, path) from error
    finally:
        os.close(descriptor)
    return size


def output_error(error: OSError, path: Path) -> OutputError:
    """What to tell the user about ``error`` in writing ``path``."""
    name = safe_text(str(path))
    if error.errno == errno.ELOOP:
        return OutputError("output_symlink", path=name)
    if isinstance(error, FileNotFoundError):
        return OutputError("output_no_directory", path=name, directory=safe_text(str(path.parent)))
    return OutputError("output_failed", path=name, reason=reason_of(error))
