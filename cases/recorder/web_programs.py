"""A web server and WebSocket ends for scripts: real protocol libraries (h11, wsproto) on the bench's sockets.

What a server says of itself is logged: ``event`` for each event that its application has made, ``message`` for
each WebSocket message, so that a test can compare what the packets tell with what happened.
"""

from __future__ import annotations

import http
import struct
import zlib
from typing import TYPE_CHECKING, Final

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from cases.recorder.program import Connection, Program

CHUNK: Final = 65_536
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
GZIP: Final = 31
"""zlib's window bits for a gzip wrapper."""

Headers = list[tuple[str, str]]


def receive(connection: Connection) -> bytes:
    """Whatever has come, at least a byte; empty at the end of the stream."""
    return connection.raw.recv(CHUNK)


class WebServer:
    """One connection of an HTTP/1.1 server on h11, as small as ASGI servers are underneath."""

    def __init__(self, me: Program, connection: Connection) -> None:
        self._me = me
        self._connection = connection
        self._protocol = h11.Connection(h11.SERVER)
        self.body = b""
        """Of the request that was read last."""

    def request(self) -> h11.Request | None:
        """The next request with its body; None at the end of the connection.  A broken one is answered with 400."""
        asked: h11.Request | None = None
        self.body = b""
        if self._protocol.our_state is h11.DONE:
            if self._protocol.their_state is not h11.DONE:
                return None
            self._protocol.start_next_cycle()
        try:
            while True:
                event = self._protocol.next_event()
                if event is h11.NEED_DATA:
                    self._protocol.receive_data(receive(self._connection))
                elif isinstance(event, h11.Request):
                    asked = event
                elif isinstance(event, h11.Data):
                    self.body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return asked
                else:
                    return None
        except h11.RemoteProtocolError as problem:
            self._me.note("refused", why=str(problem))
            self._refuse(problem.error_status_hint)
            return None

    def _refuse(self, status: int) -> None:
        # A body may still be under way: what the protocol forbids now is to answer as if all were well.
        if self._protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.answer(status, f"cannot read this request: {status}\n".encode(), [("Connection", "close")])

    def answer(self, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        """A whole response with its length."""
        length = [("Content-Length", str(len(body)))]
        self.begin(status, [*headers, *length])
        self.piece(body)
        self.end()

    def begin(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Status line and header; without a length the body goes in chunks."""
        reason = http.HTTPStatus(status).phrase
        self._send(h11.Response(status_code=status, reason=reason, headers=[("Server", "h11"), *headers]))

    def piece(self, data: bytes) -> None:
        """A part of the body, in one write."""
        if data:
            self._send(h11.Data(data=data))

    def end(self) -> None:
        """The end of the body."""
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        data = self._protocol.send(event)
        if data:
            self._connection.send(data)


class EventSource:
    """Events as a server's application makes them, and the compressor that may stand behind it."""

    def __init__(self, me: Program, server: WebServer, coding: str = "", flush: bool = True) -> None:
        self._me = me
        self._server = server
        self._flush = flush
        self._compressor = zlib.compressobj(6, zlib.DEFLATED, GZIP) if coding == "gzip" else None
        headers = [("Content-Type", EVENT_STREAM), ("Cache-Control", "no-cache")]
        server.begin(200, [*headers, *([("Content-Encoding", coding)] if coding else [])])

    def send(self, number: int, data: str) -> None:
        """One event; whether it leaves at once is the compressor's business."""
        text = f"id: {number}\nevent: token\ndata: {data}\n\n".encode()
        self._me.note("event", id=number, bytes=len(text))
        if self._compressor is not None:
            packed = self._compressor.compress(text)
            text = packed + (self._compressor.flush(zlib.Z_SYNC_FLUSH) if self._flush else b"")
        self._server.piece(text)

    def end(self) -> None:
        """No more events."""
        if self._compressor is not None:
            self._server.piece(self._compressor.flush())
        self._server.end()


class WebSocketEnd:
    """One end of a WebSocket connection on wsproto."""

    def __init__(self, me: Program, connection: Connection, deflate: PerMessageDeflate | None = None) -> None:
        self._me = me
        self._connection = connection
        self._deflate = deflate
        is_client = me.end.value == "client"
        self._protocol = WSConnection(ConnectionType.CLIENT if is_client else ConnectionType.SERVER)

    def upgrade(self, host: str) -> None:
        """The client's half of the opening handshake; returns once the server has agreed."""
        extensions = [self._deflate] if self._deflate else []
        self._send(Request(host=host, target="/chat", extensions=extensions))
        self._await((AcceptConnection,))

    def accept(self) -> None:
        """The server's half."""
        self._await((Request,))
        self._send(AcceptConnection(extensions=[self._deflate] if self._deflate else []))

    def say(self, data: str | bytes, fragments: int = 1) -> None:
        """One message, in so many frames."""
        kind = TextMessage if isinstance(data, str) else BytesMessage
        size = max(1, -(-len(data) // fragments))
        parts = [data[at : at + size] for at in range(0, len(data), size)] or [data]
        self._me.note("message", sent=len(data), text=isinstance(data, str), frames=len(parts))
        for place, part in enumerate(parts):
            self._send(kind(data=part, message_finished=place == len(parts) - 1))  # type: ignore[arg-type]

    def packed(self, data: bytes) -> bytes:
        """The frame of a binary message, not sent."""
        return self._protocol.send(BytesMessage(data=data))

    def ping(self, payload: bytes) -> None:
        """A Ping."""
        self._send(Ping(payload=payload))

    def close(self, code: int, reason: str = "") -> None:
        """A Close frame; an answer is not waited for."""
        self._me.note("message", close=code)
        self._send(CloseConnection(code=code, reason=reason))

    def hear(self) -> str | bytes | None:
        """The next whole message; None once the other end has closed.  Ping and Close are answered."""
        parts: list[str | bytes] = []
        while True:
            event = self._await((Message, CloseConnection))
            if not isinstance(event, Message):
                return None
            parts.append(event.data if isinstance(event.data, str) else bytes(event.data))
            if event.message_finished:
                return "".join(map(str, parts)) if isinstance(parts[0], str) else b"".join(map(_bytes, parts))

    def _await(self, wanted: tuple[type[Event], ...]) -> Event | None:
        """The next event of these kinds; None at the end of the stream."""
        while True:
            for event in self._events():
                if isinstance(event, Ping):
                    self._send(event.response())
                if isinstance(event, CloseConnection) and self._protocol.state.name == "REMOTE_CLOSING":
                    self._send(event.response())
                if isinstance(event, wanted):
                    return event
            data = receive(self._connection)
            if not data:
                return None
            self._protocol.receive_data(data)

    def _events(self) -> Iterable[Event]:
        return self._protocol.events()

    def _send(self, event: Event) -> None:
        self._connection.send(self._protocol.send(event))


def _bytes(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode()


def png(chance: random.Random, width: int, height: int) -> bytes:
    """A real image: bands of colour with noise that does not compress away."""
    rows = bytearray()
    for _ in range(height):
        rows.append(0)
        rows += chance.randbytes(3 * width)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
