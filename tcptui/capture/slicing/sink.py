"""A file that is written in large pieces, and is there as a whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from tcptui.capture.spool.files import open_output, open_successor, output_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_PIECE: Final = 1 << 20


class Sink:
    """A context that writes ``path``, by the rules of `open_output`; left by an exception, no file is left behind.

    ``overwrite``: a file that is there stays until the new one is whole, and then is replaced at once.
    ``descriptor``: write to it instead, and keep it open; ``path`` is its name in messages.  ``check(path)`` is called
    again and again, and raises an error to end it.
    """

    def __init__(
        self, path: Path, *, overwrite: bool = False, descriptor: int | None = None,
        check: Callable[[Path], None] | None = None,
    ) -> None:  # fmt: skip
        self._path = path
        self._check = check
        self._is_file = descriptor is None
        self._written = path
        """Where the bytes go until all have been written."""
        if descriptor is not None:
            self._descriptor = descriptor
        elif overwrite:
            self._descriptor, self._written = open_successor(path)
        else:
            self._descriptor = open_output(path)
        self._pieces: list[bytes] = []
        self._waiting = 0
        self.size = 0
        """Bytes taken so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_whole = False
        try:
            if kind is None:
                self._flush()
                if self._is_file:
                    self._publish()
                is_whole = True
        finally:  # of an interrupt amid the last bytes, too
            if self._is_file:
                os.close(self._descriptor)
                if not is_whole:
                    self._written.unlink(missing_ok=True)

    def _publish(self) -> None:
        """Give the file, all of which is on the disk, its name."""
        try:
            os.fsync(self._descriptor)
            if self._written != self._path:
                self._written.replace(self._path)
        except OSError as error:
            raise output_error(error, self._path) from error

    def write(self, data: bytes) -> None:
        """Append ``data``.  Raises OutputError, and BrokenPipeError where a reader has gone."""
        self._pieces.append(data)
        self._waiting += len(data)
        self.size += len(data)
        if self._waiting >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        if self._check is not None:
            self._check(self._path)
        rest = memoryview(b"".join(self._pieces))
        self._pieces, self._waiting = [], 0
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise output_error(error, self._path) from error
