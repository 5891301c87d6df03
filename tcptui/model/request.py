"""A request of an application protocol and its answer, as packets and times: what lists, reports and filters share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final, NamedTuple

#: What stands for a name or a value that cannot be known, because the capture began later.
UNKNOWN: Final = "<unknown>"


class RequestPart(IntEnum):
    """Where the time of a request went (rules/findings.md#requests); the order is that of the report."""

    CONNECT = 0
    """The handshake, where this request opened the connection."""
    TLS = 1
    """The TLS handshake, where this request opened the connection and was decrypted."""
    QUEUE = 2
    """The request had arrived, and the answers to those before it were not finished (pipelining)."""
    REQUEST = 3
    """Sending the request, first byte to last."""
    NETWORK = 4
    """The way to the server and back while the answer was waited for."""
    SERVER = 5
    """The server's own time: until the answer began, its pauses within the answer, no room for the request."""
    RESPONSE = 6
    """Sending the answer, first byte to last."""
    CLIENT = 7
    """The client's own time: pauses within the request, no room for the answer."""
    RECOVERY = 8
    """Recovery from loss; it lies over the other parts."""
    IDLE = 9
    """Nobody's: no answer came, nothing tells whose it was, or the client asked to wait until something happens."""

    @property
    def label(self) -> str:
        """The part's key in JSON: ``connect`` …"""
        return self.name.lower()


#: As a plain number: looking up a member of an enum takes longer than what is done with it.
_SERVER: Final = int(RequestPart.SERVER)


class TransactionState(Enum):
    """Whether a transaction is open behind a request, as the server says."""

    IDLE = "idle"
    OPEN = "open"
    FAILED = "failed"
    """It can only be rolled back."""

    @classmethod
    def of(cls, status: bytes) -> TransactionState | None:
        """By PostgreSQL's letter (ReadyForQuery)."""
        return {b"I": cls.IDLE, b"T": cls.OPEN, b"E": cls.FAILED}.get(status)


class MessagePackets(NamedTuple):
    """The packets and bytes of a request or of an answer."""

    first: int
    """The frame that first carried its first byte; 0 unknown."""
    last: int
    """The frame with which all of it had passed; 0 unknown."""
    bytes: int
    """How many bytes it has, head and framing included, as far as they are known to have been sent."""
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class RequestName:
    """What names a request of a capture."""

    stream: int
    id: str | None
    number: int = -1
    """Where it has no id."""
    operation: str = ""
    """As that of the request, where it is known."""


class AnsweredInOneWrite(NamedTuple):
    """Requests of a connection whose answers were written at once, by their numbers."""

    first: int
    stop: int
    """Behind the last one."""
    server_ns: int
    """What the server took for all of them; nothing tells for which."""


class Request(NamedTuple):
    """One operation that a client requested of a server; at least one of its two messages was captured."""

    stream: int
    number: int
    """Its place among the requests of its connection, from 0."""
    protocol: str
    """The name of its kind (`tcptui.protocols.row.RequestKind`)."""
    operation: str
    """What was requested, as safe text without secrets; empty where the request was not captured."""
    status: str
    """The answer's code, or what ended HTTP/2's stream, or, where none came, the connection (the server's ``FIN`` or
    ``RST``), as safe text; empty without any of them."""
    request: MessagePackets | None
    """None: the capture begins after it, or lacks it."""
    response: MessagePackets | None
    """The final answer; None: none was captured."""
    complete: bool
    """Both messages were captured to their last byte."""
    start_ns: int
    """When its first byte passed, or the first SYN where it opened the connection; since the epoch."""
    duration_ns: int
    time: tuple[int | None, ...]
    """Nanoseconds by `RequestPart`; None: the part does not apply.  The others add up to `duration_ns`."""
    id: str | None = None
    """What tells requests apart that share a connection in their protocol; None where their order does."""
    rows: int | None = None
    """How many rows or elements the answer has, or how many were affected; None where that is no question."""
    statement: str = ""
    """The statement of a database as it was sent, as safe text without secrets; empty where there is none."""
    transaction: TransactionState | None = None
    """Whether a transaction is open behind it; None where nothing says."""
    cancels: int | None = None
    """The connection whose request it asks to be cancelled, where that was captured."""

    truncated: int | None = None
    """The frame of the answer over UDP that did not fit, so that the client asks here; None where none was seen."""
    unsure_ns: int = 0
    """What of `RequestPart.IDLE` may have been the server's, for this request or for one that was answered with it."""
    together: AnsweredInOneWrite | None = None
    """Those that it was answered with, itself among them; None where it was answered alone."""
    one_reading: bool = False
    """By another reading of a request before it, it is part of that one's body (`http-two-readings`)."""

    @property
    def name(self) -> RequestName:
        """What names it."""
        return RequestName(self.stream, self.id, self.number, self.operation)

    @property
    def end_ns(self) -> int:
        """When it was over."""
        return self.start_ns + self.duration_ns

    @property
    def bytes(self) -> int:
        """Bytes of both messages."""
        return sum(message.bytes for message in (self.request, self.response) if message is not None)

    @property
    def own_ns(self) -> int:
        """How long it took from its first byte on, waits of all kinds included: the time that every list tells."""
        return max(self.end_ns - self.begun_ns, 0)

    @property
    def opening_ns(self) -> int:
        """What of `duration_ns` passed before its first byte: opening the connection, and the client's pause then."""
        return max(self.begun_ns - self.start_ns, 0)

    @property
    def waited_ns(self) -> int:
        """What of `own_ns` it spent in a queue, or because the client asked to wait until something happens."""
        asked_to_wait = self.spent_ns(RequestPart.IDLE) - self.unsure_ns if self.response is not None else 0
        return min(asked_to_wait + self.spent_ns(RequestPart.QUEUE), self.own_ns)

    @property
    def taken_ns(self) -> int:
        """How long it took from its first byte on, without its time in a queue and without a wait that it asked for."""
        return self.own_ns - self.waited_ns

    @property
    def server_most_ns(self) -> int:
        """The most that the server can have taken for it: its own time, and what may have been that."""
        unsure_ns = self.unsure_ns if self.together is None else max(self.unsure_ns, self.together.server_ns)
        return (self.time[_SERVER] or 0) + unsure_ns

    @property
    def begun_ns(self) -> int:
        """When its first byte passed, whatever opened the connection."""
        return self.start_ns if self.request is None else max(self.request.first_ns, self.start_ns)

    @property
    def first_frame(self) -> int:
        """The frame that shows where it begins; 0 unknown."""
        messages = (self.request, self.response)
        return next((message.first for message in messages if message is not None and message.first), 0)

    def spent_ns(self, part: RequestPart) -> int:
        """Nanoseconds of ``part``; 0 where it does not apply."""
        return self.time[part] or 0
