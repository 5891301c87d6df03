"""A small server of MongoDB for pymongo: what it was sent and what it said, connection by connection, in order."""

from __future__ import annotations

import socket
import struct
import threading
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import bson
from bson.int64 import Int64
from bson.objectid import ObjectId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_PROCESS: Final = ObjectId()
Document = dict[str, Any]


@dataclass(slots=True)
class Heard:
    """A connection: what both said, 0 the client."""

    said: list[tuple[int, bytes]] = field(default_factory=list)


class MongodbServer:
    """Answers on a port of this machine until it is closed."""

    def __init__(self, answer: Callable[[Document], Document], wait_s: float = 0.05) -> None:
        """``answer``: to commands that are not about the server itself; ``wait_s``: until there is news of it."""
        self._answer, self._wait_s = answer, wait_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.heard: list[Heard] = []
        self._open: list[socket.socket] = []
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> MongodbServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ends.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._ends.is_set():
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(one)
            self.heard.append(Heard())
            thread = threading.Thread(target=self._serve, args=(one, self.heard[-1]), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, one: socket.socket, heard: Heard) -> None:
        with suppress(OSError, struct.error):
            while not self._ends.is_set():
                head = self._take(one, 16)
                size, number, _, opcode = struct.unpack("<iIIi", head)
                body = self._take(one, size - 16)
                heard.said.append((0, head + body))
                for answered in self._answers(number, opcode, body):
                    heard.said.append((1, answered))
                    one.sendall(answered)

    @staticmethod
    def _take(one: socket.socket, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = one.recv(size - len(data))
            if not more:
                raise ConnectionResetError
            data += more
        return data

    def _answers(self, number: int, opcode: int, body: bytes) -> Iterator[bytes]:
        squeeze = opcode == 2012
        if squeeze:
            opcode, _, how = struct.unpack_from("<iiB", body)
            assert how == 2
            body = zlib.decompress(body[9:])
        if opcode == 2004:
            end = body.index(b"\0", 4) + 9
            command = bson.decode(body[end:])
            said = struct.pack("<Iqii", 8, 0, 0, 1) + bson.encode(self._say(command))
            yield _message(1, said, number, number)
            return
        flags, command = _command_of(body)
        if flags & 2:
            return
        last = number
        while not self._ends.is_set():
            if "maxAwaitTimeMS" in command:
                self._ends.wait(self._wait_s)
            goes_on = bool(flags & 1 << 16) and "maxAwaitTimeMS" in command
            said = struct.pack("<IB", 2 if goes_on else 0, 0) + bson.encode(self._say(command))
            yield _message(2013, said, last + 1_000_000, last, squeeze=squeeze)
            last += 1_000_000
            if not goes_on:
                return

    def _say(self, command: Document) -> Document:
        if next(iter(command)).lower() in ("hello", "ismaster"):
            version = {"processId": _PROCESS, "counter": Int64(0)}
            wanted = [one for one in command.get("compression", []) if one == "zlib"]
            return {
                "helloOk": True, "isWritablePrimary": True, "ismaster": True, "topologyVersion": version,
                "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
                "logicalSessionTimeoutMinutes": 30, "connectionId": 1, "minWireVersion": 0, "maxWireVersion": 21,
                "readOnly": False, "ok": 1.0, **({"compression": wanted} if wanted else {}),
            }  # fmt: skip
        return self._answer(command)


def _message(opcode: int, body: bytes, number: int, answers: int, *, squeeze: bool = False) -> bytes:
    if squeeze:
        body, opcode = struct.pack("<iiB", opcode, len(body), 2) + zlib.compress(body), 2012
    return struct.pack("<iIIi", 16 + len(body), number & 0xFFFFFFFF, answers & 0xFFFFFFFF, opcode) + body


def _command_of(body: bytes) -> tuple[int, Document]:
    """Flags, and the command with its sequences as lists."""
    flags, at, command, lists = int.from_bytes(body[:4], "little"), 4, Document(), Document()
    while at < len(body):
        kind, size = body[at], int.from_bytes(body[at + 1 : at + 5], "little")
        if kind == 0:
            command = bson.decode(body[at + 1 : at + 1 + size])
        else:
            end = body.index(b"\0", at + 5)
            lists[body[at + 5 : end].decode()] = bson.decode_all(body[end + 1 : at + 1 + size])
        at += 1 + size
    return flags, {**command, **lists}
