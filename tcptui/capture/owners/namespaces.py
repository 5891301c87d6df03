"""TCP sockets of the other network namespaces that processes are in, from /proc/PID/net.

Nothing of a namespace is held open: a socket of ours there would keep it alive, with its interfaces and addresses,
after its last process.  These tables have neither cookies nor control groups; a socket's inode is its number instead.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from typing import TYPE_CHECKING, Final

from tcptui.capture.owners.dump import Part, message_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Namespaces that are looked into beside our own, at most, and how often new ones are looked for, in seconds.
_MOST: Final = 256
_EVERY: Final = 1.0
#: Bytes of a table that are read: some 100,000 sockets.
_MOST_BYTES: Final = 1 << 24


class OtherNamespaces:
    """Their sockets, each time anew."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._home = self._namespace("self")
        self._pids: dict[int, int] = {}
        """A process of each, by the namespace's inode."""
        self._next_look = 0.0

    def parts(self) -> Iterator[Part]:
        """A part for each table that may be read."""
        if time.monotonic() >= self._next_look:
            self._pids = self._found()
            self._next_look = time.monotonic() + _EVERY
        for pid in self._pids.values():
            for name in ("tcp", "tcp6"):
                asked_ns = time.time_ns()
                lines = self._lines(pid, name)
                yield Part(asked_ns, time.time_ns(), tuple(filter(None, map(_message, lines))))

    def _found(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for name in os.listdir(self._proc):  # noqa: PTH208 - as text, and faster
            if name.isdigit() and len(found) < _MOST:
                inode = self._namespace(name)
                if inode and inode != self._home:
                    found.setdefault(inode, int(name))
        return found

    def _namespace(self, process: str) -> int:
        """The inode of the network namespace of ``process``; 0: it has ended, or may not be looked at."""
        try:
            return os.stat(f"{self._proc}/{process}/ns/net").st_ino  # noqa: PTH116 - the same
        except OSError:
            return 0

    def _lines(self, pid: int, name: str) -> list[bytes]:
        """The whole lines of a table, without its head; none of a process that has ended."""
        try:
            descriptor = os.open(f"{self._proc}/{pid}/net/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return []
        data = bytearray()
        try:
            while len(data) < _MOST_BYTES and (piece := os.read(descriptor, 1 << 16)):
                data += piece
        except OSError:
            return []
        finally:
            os.close(descriptor)
        return bytes(data).split(b"\n")[1:-1]


def _message(line: bytes) -> bytes | None:
    """A socket that somebody has open, as inet_diag would have it; None of others, and of one that cannot be read."""
    try:
        _number, local, peer, state, _queues, _timer, _resent, uid, _probes, inode, *_rest = line.split()
        ends = _address(local), _address(peer)
        return message_of(*ends, int(state, 16), int(uid), int(inode)) if int(inode) else None
    except (ValueError, struct.error):
        return None


def _address(text: bytes) -> tuple[bytes, int]:
    """``0100007F:0050``: words of the address in this machine's order, and the port."""
    words, _, port = text.partition(b":")
    parts = [int(words[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(words), 8)]
    return b"".join(parts), int(port, 16)
