"""A file that is written in large pieces, and is there as a whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from tcptui.capture.output import NOTHING, Output, Replaceable, output_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_PIECE: Final = 1 << 20


class Sink:
    """A context that writes ``path`` (`Output`); left by an exception, no file is left behind.

    ``replaceable``: what may be replaced, which stays until the new file is whole.
    ``descriptor``: write to it instead, and keep it open; ``path`` is its name in messages.  ``check(path)`` is called
    again and again, and raises an error to end it.
    """

    def __init__(
        self,
        path: Path,
        replaceable: Replaceable = NOTHING,
        *,
        descriptor: int | None = None,
        check: Callable[[Path], None] | None = None,
    ) -> None:
        self._path = path
        self._check = check
        self._output: Output | None = None
        """The file; None: ``descriptor``."""
        if descriptor is None:
            self._output = Output(path, replaceable)
            descriptor = self._output.descriptor
        self._descriptor = descriptor
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
                if self._output is not None:
                    self._publish(self._output)
        finally:  # of an interrupt amid the last bytes, too
            if self._output is not None:
                self._output.close()

    def _publish(self, output: Output) -> None:
        """Give the file its name, once all of it is on the disk."""
        try:
            os.fsync(output.descriptor)
        except OSError as error:
            raise output_error(error, self._path) from error
        output.publish()

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
