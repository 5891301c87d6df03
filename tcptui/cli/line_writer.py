"""Writes lines to a reader that may be slow, in a thread of its own, with a bounded queue."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, Final, Protocol

from tcptui.model.errors import StandardOutputError

#: Back-pressure: `LineWriter.write` blocks while this many bytes are queued, so memory is bounded and no line is lost.
MOST_WAITING: Final = 16 << 20
#: Lines are joined to chunks of up to this many bytes per write(2); a longer line is a chunk of its own.
_PIECE: Final = 1 << 16


class Target(Protocol):
    """What lines are written to: standard output, or a socket."""

    def write(self, data: Any, /) -> int:
        """Write some of ``data``; returns how many bytes.  Raises BrokenPipeError, StandardOutputError."""


class FileLineWriter:
    """As `LineWriter`, but in the thread that writes, which waits for the reader: for input that can wait, too."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._waiting = bytearray()

    def write(self, line: str) -> None:
        """Write ``line``, or keep it until there are more.  Raises as `LineWriter.write` does."""
        self._waiting += line.encode("utf-8", "replace") + b"\n"
        if len(self._waiting) >= _PIECE:
            self.finish()

    def finish(self, until: float | None = None) -> int:
        """Write what was kept, however long that takes; returns 0: no line is left."""
        del until
        piece = memoryview(bytes(self._waiting))
        self._waiting.clear()
        while piece:
            piece = piece[self._target.write(piece) :]
        return 0

    def give_up(self) -> None:
        """Do nothing."""


class LineWriter:
    """Writes lines to ``target`` as UTF-8, each as soon as possible; thread-safe."""

    def __init__(self, target: Target, most_waiting: int = MOST_WAITING) -> None:
        self._target = target
        self._most = most_waiting
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._unwritten = 0
        """Lines that are not completely written."""
        self._error: BrokenPipeError | StandardOutputError | None = None
        self._given_up = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="tcptui-lines", daemon=True).start()

    def write(self, line: str) -> None:
        """Queue ``line``, without its line end.

        Blocks while too much is queued, but not after `give_up`.  Raises BrokenPipeError when the reader has closed
        the pipe, StandardOutputError when a write failed otherwise.
        """
        data = line.encode("utf-8", "replace") + b"\n"
        with self._changed:
            while self._size >= self._most and self._error is None and not self._given_up:
                self._changed.wait()
            self._complain()
            self._waiting.append(data)
            self._size += len(data)
            self._unwritten += 1
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many lines are not completely written."""
        return self._unwritten

    def finish(self, until: float | None = None) -> int:
        """Wait until everything is written, at most until ``until`` (`time.monotonic`); returns how many lines are not.

        Raises as `write` does.
        """
        with self._changed:
            while self._unwritten and self._error is None:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    self.give_up()
                    break
                self._changed.wait(left)
            self._complain()
            return self._unwritten

    def give_up(self) -> None:
        """Have `write` never block again, though the reader is slow."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    def _complain(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                lines = [self._waiting.popleft()]
                size = len(lines[0])
                while self._waiting and size + len(self._waiting[0]) <= _PIECE:
                    lines.append(self._waiting.popleft())
                    size += len(lines[-1])
            piece = memoryview(b"".join(lines))
            try:
                while piece:
                    piece = piece[self._target.write(piece) :]
            except (BrokenPipeError, StandardOutputError) as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._unwritten -= len(lines)
                self._size -= size
                self._changed.notify_all()
