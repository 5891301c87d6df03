"""The capture child's end of the socket pair."""

from __future__ import annotations

import array  # noqa: F401  socket.recv_fds imports it when called, when it may be too late to read
import contextlib
import socket

from tcptui.capture.child.protocol import LONGEST_MESSAGE, Message, decode, encode
from tcptui.model.child_side import Frames


class Control:
    """The child's end of the socket pair; an app that reads slowly never blocks the capture."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = Frames(LONGEST_MESSAGE)
        self._unsent = b""
        self._descriptors: list[int] = []

    def fileno(self) -> int:
        """The socket's descriptor, for poll(2)."""
        return self._connection.fileno()

    def receive(self) -> tuple[list[Message], bool]:
        """The messages received, and whether the app is still connected; blocks until there is at least a byte."""
        try:
            data, descriptors, _flags, _address = socket.recv_fds(self._connection, 1 << 16, 4)
        except OSError:
            return [], False
        self._descriptors += descriptors
        self._received.add(data)
        return list(map(decode, self._received.all())), bool(data)

    def take_descriptor(self) -> int:
        """The descriptor passed along with a request; raises IndexError when none was."""
        return self._descriptors.pop(0)

    def send_nowait(self, message: Message) -> None:
        """Send a `Level` without blocking; dropped while the app is behind, for the next one supersedes it."""
        with contextlib.suppress(OSError):
            if not self._unsent:
                self._unsent = encode(message)
            sent = self._connection.send(self._unsent, socket.MSG_DONTWAIT)
            self._unsent = self._unsent[sent:]

    def tell(self, *messages: Message) -> None:
        """Send messages that must arrive; blocks for at most a few seconds, and ignores that the app is gone."""
        self._connection.settimeout(5)
        with contextlib.suppress(OSError):
            self._connection.sendall(self._unsent + b"".join(map(encode, messages)))
        self._unsent = b""
        self._connection.settimeout(None)
