"""A file that takes another one's place as a whole: it is written aside, under a hidden name, then renamed."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def open_temporary(path: Path, *, dir_fd: int | None = None) -> tuple[int, Path]:
    """The descriptor, read and write, and the path of a new file beside ``path``: mode 0600.  Raises OSError.

    ``dir_fd``: the directory in which relative paths begin.
    """
    aside = path.with_name(f".tcptui-{os.urandom(8).hex()}")
    return os.open(aside, _FLAGS, 0o600, dir_fd=dir_fd), aside


@contextmanager
def replacing(path: Path, *, dir_fd: int | None = None) -> Iterator[BinaryIO]:
    """A new file of mode 0600, in the place of ``path`` once the block has ended; a link there is not followed.

    ``dir_fd`` as in `open_temporary`.  Left by an exception or an interrupt, no part of it is left behind.  Raises
    OSError.
    """
    descriptor, aside = open_temporary(path, dir_fd=dir_fd)
    is_whole = False
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        os.replace(aside, path, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        is_whole = True
    finally:
        if not is_whole:
            with suppress(FileNotFoundError):
                os.unlink(aside, dir_fd=dir_fd)
