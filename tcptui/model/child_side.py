"""The other side of `child_process`: frames, which both sides read and write, and how a process ends with its parent.

Imports little: the capture child imports this while it holds every right of root, scapy's process before it reads
hostile bytes, and either starts faster for it.
"""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: OOM_SCORE_ADJ_MAX of Linux (proc_pid_oom_score_adj(5)): short of memory, the kernel ends this process first.
_KILL_FIRST: Final = "1000"
#: How often a process looks whether its parent is there, in seconds.
_LOOK: Final = 0.05
#: In front of a frame: its length in bytes.
_LENGTH: Final = struct.Struct("<I")
#: The longest that has a length.
LONGEST: Final = (1 << 32) - 1


class FrameError(ValueError):
    """What came is no frame: its length is beyond what the other side may send."""


def framed(data: bytes) -> bytes:
    """``data`` as a frame: with its length in front."""
    return _LENGTH.pack(len(data)) + data


class Frames:
    """Cuts bytes into frames, however they come."""

    def __init__(self, most: int = LONGEST) -> None:
        """``most``: bytes of the longest frame; one that is said to be longer is not waited for."""
        self._most = most
        self._received = bytearray()

    def add(self, data: bytes) -> None:
        """Take what has come."""
        self._received += data

    def next(self) -> bytes | None:
        """The next frame that has come whole; None: there is none.  Raises FrameError."""
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        if length > self._most:
            raise FrameError
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        frame = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        return frame

    def all(self) -> Iterator[bytes]:
        """The frames that have come whole.  Raises FrameError."""
        while (frame := self.next()) is not None:
            yield frame


def read_exactly(read: Callable[[int], bytes], length: int) -> bytes:
    """``length`` bytes by calls of ``read`` (at most so many bytes, none at the end).  Raises EOFError."""
    parts = []
    while length:
        part = read(length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def end_with_parent(parent: int) -> None:
    """Have this process end when ``parent``, which started it, has ended, killed or amid the wait of a thread.

    A thread looks, because the kernel's signal (PR_SET_PDEATHSIG) comes when the *thread* ends that started this.
    """
    import threading  # scapy's process, and the capture child, do without

    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)  # nobody needs what is made here


def be_ended_first() -> None:
    """Where memory is short, have the kernel end this process rather than the screen's, which can do without it."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILL_FIRST, "ascii")
