"""One HTTP/1.x message of a half: where it stands, how its end is known, what broke, what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.http.fault import Fault, FaultKind
    from tcptui.protocols.http.head import HeaderLine, MessageHead
    from tcptui.protocols.stream.reassembly import ByteStream


class Framing(Enum):
    """How the end of the body is known (RFC 9112, 6.3)."""

    NONE = "none"
    """There is no body."""
    LENGTH = "length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until-close"
    SWITCHED = "switched"
    """The connection speaks something else behind this head (101, CONNECT)."""
    UNKNOWN = "unknown"
    """The head contradicts itself or was cut: the body ends where the next message begins."""


@dataclass(eq=False, slots=True)
class HttpMessage:
    """A request or a response; offsets count from the first byte of its half."""

    half: ByteStream = field(repr=False)
    from_server: bool
    number: int
    """Which message of its half, from 0."""
    head: MessageHead
    framing: Framing
    body_start: int
    body_end: int
    """Behind the last byte that belongs to the body, chunk sizes and trailers included.

    Of a body that is cut: where the bytes end, or where it should have ended when that is known.
    """
    body_length: int
    """Bytes of the body without chunk sizes, as far as they are announced or were seen."""
    complete: bool
    """Head and body are there to the last byte."""
    faults: tuple[Fault, ...]
    trailers: tuple[HeaderLine, ...] = ()
    first_frame: int = 0
    """The frame that brought the first byte; 0 when unknown."""
    first_ns: int = 0
    last_frame: int = 0
    """The frame with which the whole message had arrived: where Wireshark dissects it."""
    last_ns: int = 0
    request: HttpMessage | None = field(default=None, repr=False)
    """Of a response: what it answers, None when that was not captured."""
    response: HttpMessage | None = field(default=None, repr=False)
    """Of a request: its final response."""
    interim: list[HttpMessage] = field(default_factory=list, repr=False)
    """Of a request: the 1xx responses before the final one."""

    @property
    def start(self) -> int:
        """Where the start line begins."""
        return self.head.start

    @property
    def codings(self) -> tuple[str, ...]:
        """Content codings in the order they were applied."""
        return self.head.content_codings

    @property
    def has_body(self) -> bool:
        """Whether any byte of a body is there or announced."""
        return self.framing not in (Framing.NONE, Framing.SWITCHED) and self.body_end > self.body_start

    @property
    def shown_frame(self) -> int:
        """The frame whose header tree shows the message.

        Wireshark dissects a message at its last segment.  One that never became whole it does not
        show at all; here it stands where its head had arrived.
        """
        if self.complete:
            return self.last_frame
        return self.half.delivered_frame(max(self.head.end - 1, self.start))

    @property
    def shown_ns(self) -> int:
        """The time of `shown_frame`."""
        if self.complete:
            return self.last_ns
        return self.half.delivered_ns(max(self.head.end - 1, self.start))

    def fault(self, kind: FaultKind) -> Fault | None:
        """The fault of that kind, if there is one."""
        return next((fault for fault in self.faults if fault.kind is kind), None)

    @property
    def wait_ns(self) -> int | None:
        """Of a response: from the request's last byte to this message's first; None without a request."""
        return None if self.request is None else self.first_ns - self.request.last_ns


class SkipReason(Enum):
    """Why bytes of a half belong to no message."""

    BEGINNING = "beginning"
    """The capture began in the middle of a message, or something else came first."""
    GAP = "gap"
    """Bytes are missing, and until the next start line nothing can be told apart."""
    GARBAGE = "garbage"
    """Whole bytes that begin no message."""
    OTHER_PROTOCOL = "other-protocol"
    """The connection was switched to something else (101, CONNECT)."""
    LIMIT = "limit"
    """Not read: too many messages, or too long without one."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Bytes ``start`` to ``stop`` of one half that are no message."""

    from_server: bool
    start: int
    stop: int
    reason: SkipReason


@dataclass(eq=False, slots=True)
class HttpConversation:
    """All messages of both halves."""

    messages: list[HttpMessage] = field(default_factory=list)
    """In the order in which they had arrived."""
    skipped: list[Skipped] = field(default_factory=list)
    switched_to: str = ""
    """What the connection speaks after 101 or CONNECT: the Upgrade field in lower case, or ``connect``."""
    switch: HttpMessage | None = None
    """The response that switched."""
    client_offset: int | None = None
    """Where the client's bytes of the other protocol begin."""
    server_offset: int | None = None

    def __bool__(self) -> bool:
        """Whether this is HTTP at all."""
        return bool(self.messages)

    def requests(self) -> Iterator[HttpMessage]:
        """The requests in order."""
        return (message for message in self.messages if not message.head.is_response)

    def responses(self) -> Iterator[HttpMessage]:
        """The responses in order."""
        return (message for message in self.messages if message.head.is_response)
