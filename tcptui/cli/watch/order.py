"""Orders to a source's process, and the messages between it and the process that supervises it.

The order comes first, with the descriptor of standard input where that is the source.  From then on both sides write
JSON objects, one a line.  The process tells events of findings, as `--no-screen` writes them, and objects with one of
the keys of `Message`.
"""

from __future__ import annotations

import json
import pickle
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.child_side import framed, read_exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.cli.run.no_screen import SourceCommand

_LENGTH: Final = struct.Struct("<I")
#: The longest line: an event of the whole capture names every connection that it is about.
LONGEST_LINE: Final = 64 << 20


class Message(StrEnum):
    """The key of a message that is no finding."""

    BEGIN = "begin"
    """Packets may come from now on; ``clock``: how the source's clock stands to this host's."""
    STATUS = "status"
    """Counts and measures (`measures.Measures`)."""
    END = "end"
    """The last message: ``code`` as of a command, ``error`` the line about it or null, and the final counts."""
    KEEP = "keep"
    """To the process: write the packets of the last ``seconds`` to ``path``.  From it: that this is done."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order to a source's process."""

    command: SourceCommand
    program: tuple[str, ...]
    """The command line that was given, for a line that says with which one it would have worked."""


def send_order(to: socket.socket, order: Order, descriptors: Sequence[int] = ()) -> None:
    """Send the first message; raises OSError where nobody takes it."""
    data = framed(pickle.dumps(order))
    sent = socket.send_fds(to, [data], list(descriptors)) if descriptors else 0
    to.sendall(data[sent:])


def receive_order(link: socket.socket) -> tuple[Order, list[int]]:
    """The first message, and the descriptors that came with it.  Raises EOFError."""
    head, descriptors, _flags, _address = socket.recv_fds(link, _LENGTH.size, 1)
    head += read_exactly(link.recv, _LENGTH.size - len(head)) if len(head) < _LENGTH.size else b""
    (length,) = _LENGTH.unpack(head)
    order = pickle.loads(read_exactly(link.recv, length))
    return order, list(descriptors)


class Channel:
    """The socket as something that lines are written to (`LineWriter`)."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def write(self, data: Any, /) -> int:
        """Write some of ``data``; returns how many bytes.  Raises BrokenPipeError."""
        try:
            return self._link.send(data)
        except OSError as error:
            raise BrokenPipeError from error


class LineReader:
    """Cuts what comes over a socket into lines."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def take(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes, without their ends.  Raises ValueError for one that is too long."""
        self._rest += data
        lines: list[bytes] = []
        if b"\n" in data:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
        if len(self._rest) > LONGEST_LINE:
            raise ValueError("line too long")
        return lines


def message(kind: Message, **facts: object) -> str:
    """A message as a line, without its end."""
    return json.dumps({kind.value: facts})
