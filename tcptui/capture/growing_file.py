"""A capture file that somebody else still writes, as a byte stream that ends when the file is replaced or shortened."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tcptui.capture.file_source import open_file
from tcptui.capture.stream_source import StreamSource
from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.capture.source import Announce, Source

#: How often is looked for more bytes, in seconds.
_LOOK_SECONDS: Final = 0.2
#: Bytes that are copied at once.
_PIECE: Final = 1 << 16


def open_growing(path: Path, *, limit_bytes: int | None = None) -> Source:
    """The source for ``path``, read on as it grows; a FIFO is read to the end of its writer.

    The stream ends when another file has the name, or this one has become shorter: what is written then is another
    capture, and begins with its own header.  ``limit_bytes``: as of `StreamSource`.  Raises InputError.
    """
    label = safe_text(str(path))
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError as error:
        raise InputError("file_missing", path=label) from error
    except (OSError, ValueError) as error:
        raise InputError("read_failed", path=label, reason=reason_of(error)) from error
    if not is_file:
        return open_file(path, limit_bytes=limit_bytes)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError as error:
        raise InputError("file_denied", path=label) from error
    except OSError as error:
        raise InputError("read_failed", path=label, reason=reason_of(error)) from error
    return GrowingFile(path, file, label, limit_bytes)


class GrowingFile(StreamSource):
    """A regular file that grows.  Takes ownership of the descriptor ``file``."""

    def __init__(self, path: Path, file: int, label: str, limit_bytes: int | None) -> None:
        read, self._write = os.pipe()
        self._path, self._file = path, file
        super().__init__(read, label, limit_bytes=limit_bytes)
        self._has_begun = False

    def start(self, announce: Announce) -> None:
        """Start reading; no thread runs before that."""
        if not self._has_begun:
            self._has_begun = True
            copying = (self._path, self._file, self._write)
            threading.Thread(target=_copy, args=copying, name=f"follow {self.label}", daemon=True).start()
        super().start(announce)

    def close(self) -> None:
        """See `StreamSource.close`."""
        super().close()
        if not self._has_begun:
            self._has_begun = True
            os.close(self._file)
            os.close(self._write)


def _copy(path: Path, file: int, write: int) -> None:
    """Write the bytes of ``file`` to ``write`` until `_is_over`, or until nobody reads them; closes both."""
    ready, pause = 0, threading.Event()
    try:
        while True:
            piece = memoryview(os.pread(file, _PIECE, ready))
            if not piece:
                if _is_over(path, file, ready):
                    return
                pause.wait(_LOOK_SECONDS)
            ready += len(piece)
            while piece:
                piece = piece[os.write(write, piece) :]
    except OSError:  # the reader has closed the pipe, or the file cannot be read any more
        return
    finally:
        with suppress(OSError):
            os.close(write)
        os.close(file)


def _is_over(path: Path, file: int, read: int) -> bool:
    """Whether no more bytes will come behind the ``read`` ones of ``file``, which was opened at ``path``."""
    now = os.fstat(file)
    if now.st_size != read:
        return now.st_size < read
    try:
        return not os.path.samestat(path.stat(), now)
    except FileNotFoundError:
        return True
