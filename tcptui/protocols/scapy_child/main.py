"""scapy's process: serves one question after the other, until the program is gone.

It has no terminal, no files and no signals of its own: it reads and writes one socket, whose end is its own.
"""

from __future__ import annotations

import gc
import socket
from contextlib import suppress

from tcptui.model.child_side import be_ended_first, framed, read_exactly
from tcptui.protocols.scapy_child import limits
from tcptui.protocols.scapy_child.dissect import answer
from tcptui.protocols.scapy_child.messages import (
    HEAD_SIZE,
    Answer,
    Kind,
    Next,
    Question,
    answer_bytes,
    read_head,
    read_questions,
    vendor_bytes,
)
from tcptui.protocols.scapy_child.scapy_loader import keep_apache_out, scapy_packet
from tcptui.protocols.scapy_child.vendors import vendor_of


def main(descriptor: int, *, as_root: bool) -> None:
    """Serve the socket ``descriptor``.

    ``as_root``: import everything, as long as root can read it, and then give root up, before the first question.
    """
    keep_apache_out()
    be_ended_first()
    with socket.socket(fileno=descriptor) as channel, suppress(EOFError, BrokenPipeError, ConnectionResetError):
        channel.sendall(framed(b""))
        server = Server(channel)
        if as_root:
            from tcptui.capture.privileges import give_up

            vendor_of(bytes(6))
            server.load()
            give_up(None)
        while True:
            server.serve()


class Server:
    """What is served over one socket."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._is_loaded = False

    def load(self) -> None:
        """Import scapy and say so, once; where it cannot be imported each answer names that."""
        if self._is_loaded:
            return
        self._is_loaded = True
        with suppress(ImportError):
            scapy_packet()
        gc.freeze()
        limits.bind()
        self._channel.sendall(framed(b""))

    def serve(self) -> None:
        """Answer the next request; raises EOFError when there is none."""
        kind, count, length = read_head(read_exactly(self._channel.recv, HEAD_SIZE))
        body = read_exactly(self._channel.recv, length)
        match kind:
            case Kind.LOAD:
                self.load()
            case Kind.VENDOR:
                self._channel.sendall(framed(vendor_bytes(vendor_of(body))))
            case Kind.DISSECT:
                self.load()
                for question in read_questions(body, count):
                    self._channel.sendall(framed(_answered(question)))


def _answered(question: Question) -> bytes:
    """The answer, made within the bounds of `limits`."""
    try:
        with limits.bounded_time():
            return answer_bytes(answer(question))
    except (limits.TooLongError, MemoryError) as problem:  # behind the answer's own boundary
        return answer_bytes(Answer((), Next.DATA, 0, type(problem).__name__))
