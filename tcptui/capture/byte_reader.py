"""Reads a descriptor that may block, until another thread interrupts it.

Waits with poll(2), because select(2) takes no descriptor above 1023.
"""

from __future__ import annotations

import os
import select
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Upper bound of one read, in bytes.
READ_BYTES: Final = 1 << 18


class ByteReader:
    """A raw byte stream over ``descriptor``; after `interrupt`, called from any thread, it reads as ended.

    ``before_waiting`` is called each time a read is about to block.  The descriptor's flags are not
    changed (no O_NONBLOCK): a pipe shares them with the program at its other end.
    """

    def __init__(self, descriptor: int, before_waiting: Callable[[], None] = lambda: None) -> None:
        self._descriptor = descriptor
        self._before_waiting = before_waiting
        self._pushed_back = b""
        self._lock = threading.Lock()
        self._closed = False
        self._interrupted, self._interruptor = os.pipe()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._poll.register(self._interrupted, select.POLLIN)

    def read(self, size: int = -1, /, *, seconds: float | None = None) -> bytes:
        """At most ``size`` bytes, as soon as there are any; empty at the end, after `interrupt`, or ``seconds``."""
        size = READ_BYTES if size < 0 else min(size, READ_BYTES)
        if self._pushed_back:
            taken, self._pushed_back = self._pushed_back[:size], self._pushed_back[size:]
            return taken
        while True:
            ready = self._poll.poll(0)
            if not ready:
                self._before_waiting()
                ready = self._poll.poll(None if seconds is None else seconds * 1000)
            if not ready or any(descriptor == self._interrupted for descriptor, _events in ready):
                return b""
            try:
                return os.read(self._descriptor, size)
            except BlockingIOError:
                continue  # a FIFO opened with O_NONBLOCK, and another reader was faster

    def peek(self, size: int, *, seconds: float | None = None) -> bytes:
        """The next ``size`` bytes, without consuming them; fewer only at the end, or if none come for ``seconds``."""
        collected = b""
        while len(collected) < size and (more := self.read(size - len(collected), seconds=seconds)):
            collected += more
        self._pushed_back = collected + self._pushed_back
        return collected

    def interrupt(self) -> None:
        """Make current and later reads return the end of the stream; may be called from any thread."""
        with self._lock:
            if not self._closed:
                os.write(self._interruptor, b"x")

    def close(self) -> None:
        """Close the internal wake-up pipe; ``descriptor`` itself belongs to the caller."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._interrupted)
                os.close(self._interruptor)


def wait_readable(descriptor: int, seconds: float | None = None) -> bool:
    """Whether ``descriptor`` can be read, or has ended, within ``seconds`` (None: no timeout).

    Raises ValueError for a descriptor that is closed.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))


def has_no_reader(descriptor: int) -> bool:
    """Whether ``descriptor`` is a pipe or a socket whose other end is closed."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _descriptor, events in poll.poll(0))
