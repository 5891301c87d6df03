"""A new file that is written in large pieces, and removed when it cannot be finished."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from tcptui.capture.spool.files import open_output, output_error
from tcptui.model.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PIECE: Final = 1 << 20


class Sink:
    """A context that writes ``path``, by the rules of `open_output`; left by an exception, no file is left behind.

    ``descriptor``: write to it instead, and keep it open; ``path`` is its name in messages.
    """

    def __init__(self, path: Path, *, overwrite: bool = False, descriptor: int | None = None) -> None:
        self._path = path
        self._is_file = descriptor is None
        self._descriptor = open_output(path, overwrite=overwrite) if descriptor is None else descriptor
        self._pieces: list[bytes] = []
        self._waiting = 0
        self.size = 0
        """Bytes taken so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        except OutputError:
            kind = OutputError
            raise
        finally:
            if self._is_file:
                os.close(self._descriptor)
                if kind is not None:
                    self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Append ``data``.  Raises OutputError, and BrokenPipeError where a reader has gone."""
        self._pieces.append(data)
        self._waiting += len(data)
        self.size += len(data)
        if self._waiting >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        rest = memoryview(b"".join(self._pieces))
        self._pieces, self._waiting = [], 0
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise output_error(error, self._path) from error
