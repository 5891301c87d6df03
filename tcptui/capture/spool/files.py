"""Temporary spools without a name: where they are, how large they may become, and copies of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.output import whole_output
from tcptui.capture.spool.punch import RELEASED, released_until
from tcptui.model.errors import OutputError
from tcptui.model.pcap_format import FILE_HEADER_BYTES, ORDINARY_MAGICS
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.userdirs.places import temporary_directory

if TYPE_CHECKING:
    from collections.abc import Callable

#: The share of the free disk space that a temporary spool may fill; the rest stays for the host.
SHARE_OF_FREE_DISK: Final = 0.5
#: Disk space left free, so that a nearly full disk is not filled up.
RESERVE_BYTES: Final = 64 << 20
#: What a spool may take of a disk that is too small for that.
SMALL_BYTES: Final = 4 << 20
#: With less room, nothing can be captured: a few of the longest packets (`MAX_PACKET`) would fill it.
LEAST_BYTES: Final = 1 << 20
#: Environment variable that replaces /var/tmp; tests set it, so that they do not find this machine's own spools.
FALLBACK_VARIABLE: Final = "TCPTUI_SPOOL_FALLBACK"
_COPY_BYTES: Final = 4 << 20


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

    Half of the free space of its disk, but at least `RESERVE_BYTES` stay free; on a disk where that leaves less than
    `SMALL_BYTES`, half of the free space up to these.  Raises OutputError where that is less than `LEAST_BYTES`.
    """
    disk = os.fstatvfs(descriptor)
    free = disk.f_bavail * disk.f_frsize
    half = int(free * SHARE_OF_FREE_DISK)
    limit = max(min(half, free - RESERVE_BYTES), min(half, SMALL_BYTES))
    if limit < LEAST_BYTES:
        raise OutputError("spool_no_room", directory=safe_text(str(spool_directory())), kilobytes=max(free, 0) >> 10)
    return limit


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
