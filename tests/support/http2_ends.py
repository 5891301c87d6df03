"""Two ends that speak HTTP/2, played by the h2 library, and frames written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from http_halves import Dialogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from web_captures import Turn

    from tcptui.protocols.interface import Exchange

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
Fields = list[tuple[str, str]]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame, whatever it says."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def get(path: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """The header list of a request."""
    return [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "h.example"), *more]


OK: Final = [(":status", "200"), ("content-type", "text/plain")]
CALL: Final = [
    (":method", "POST"), (":path", "/shop.Cart/Add"), (":scheme", "http"), (":authority", "h.example"),
    ("content-type", "application/grpc"), ("te", "trailers"),
]  # fmt: skip
ANSWER: Final = [(":status", "200"), ("content-type", "application/grpc")]


def message(data: bytes, *, compressed: bool = False) -> bytes:
    """A gRPC message."""
    return bytes((compressed,)) + len(data).to_bytes(4) + data


class Ends:
    """A client and a server; what they say is written into a `Dialogue` in the order in which they say it."""

    def __init__(self) -> None:
        self.client = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.talk = Dialogue()
        self.turns: list[tuple[int, bytes]] = []
        self.client.initiate_connection()
        self.server.initiate_connection()
        self.carry()
        self.carry()

    def carry(self) -> None:
        """Bring what both have to say to the other."""
        for side, (one, other) in enumerate(((self.client, self.server), (self.server, self.client))):
            data = one.data_to_send()
            if data:
                (self.talk.server if side else self.talk.client)(data)
                self.turns.append((side, data))
                other.receive_data(data)

    def ask(self, stream: int, fields: Fields, body: bytes = b"") -> None:
        self.client.send_headers(stream, fields, end_stream=not body)
        if body:
            self.client.send_data(stream, body, end_stream=True)
        self.carry()

    def answer(self, stream: int, fields: Fields, body: bytes = b"", trailers: Fields | None = None) -> None:
        self.server.send_headers(stream, fields, end_stream=not body and trailers is None)
        if body:
            self.server.send_data(stream, body, end_stream=trailers is None)
        if trailers is not None:
            self.server.send_headers(stream, trailers, end_stream=True)
        self.carry()


class Timed(Ends):
    """`Ends` whose turns have times: what is said is said at ``ms``."""

    ms = 0.0

    def __init__(self) -> None:
        self.said: list[Turn] = []
        super().__init__()

    def carry(self) -> None:
        before = len(self.turns)
        super().carry()
        self.said += [(self.ms, "CS"[side], data) for side, data in self.turns[before:]]

    def at(self, ms: float) -> Timed:
        self.ms = ms
        return self

    def send(self, stream: int, size: int, *, end: bool = False) -> None:
        """The server sends so many bytes, in frames as large as they may be."""
        for at in range(0, size, 16_384):
            part = min(16_384, size - at)
            self.server.send_data(stream, bytes(part), end_stream=end and at + part == size)
        self.carry()

    def take(self, stream: int, size: int) -> None:
        """The client opens both windows again."""
        self.client.increment_flow_control_window(size)
        if stream:
            self.client.increment_flow_control_window(size, stream)
        self.carry()

    def begin(self, stream: int, length: int = 100_000) -> None:
        self.ask(stream, get(f"/{stream}"))
        self.server.send_headers(stream, [*OK, ("content-length", str(length))])
        self.carry()


def told(exchanges: Sequence[Exchange]) -> list[tuple[str | None, str, str, str]]:
    """Id, protocol, operation and status, by id."""
    found = [(one.id, one.protocol, one.operation, one.status) for one in exchanges]
    return sorted(found, key=lambda one: int(one[0] or 0))


def with_push() -> Ends:
    """``GET /page``, with whose answer the server pushes ``/style.css``."""
    ends = Ends()
    ends.ask(1, get("/page"))
    ends.server.push_stream(1, 2, get("/style.css"))
    ends.answer(2, OK, b"css")
    ends.answer(1, OK, b"page")
    return ends
