"""One HTTP/1.x message: its offsets, how its end is known, its faults, and the message it is paired with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.protocols.http.fault import Fault, FaultKind
    from tcptui.protocols.http.head import HeaderLine, MessageHead
    from tcptui.protocols.http.two_readings import TwoReadings
    from tcptui.protocols.stream.reassembly import ByteStream


class Framing(Enum):
    """How the end of the body is known (RFC 9112, 6.3)."""

    NONE = "none"
    """There is no body."""
    LENGTH = "length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until-close"
    FRAMES = "frames"
    """It is in DATA frames of HTTP/2, which say where it ends."""
    SWITCHED = "switched"
    """The connection speaks another protocol after this head (101, CONNECT)."""
    UNKNOWN = "unknown"
    """The head contradicts itself or is incomplete: the body ends where the next message begins."""


@dataclass(eq=False, slots=True)
class HttpMessage:
    """A request or a response; offsets count from the first byte of its direction."""

    direction: ByteStream = field(repr=False)
    from_server: bool
    number: int
    """Its number among the messages of its direction, from 0."""
    head: MessageHead
    framing: Framing
    body_start: int
    body_end: int
    """Offset behind the last byte of the body, with chunk framing and trailers.

    Of an incomplete body: where the bytes end, or where it should have ended when that is known.
    """
    body_length: int
    """Bytes of the body without chunk framing, as announced, else as far as seen."""
    complete: bool
    """Head and body were captured to the last byte."""
    faults: tuple[Fault, ...]
    trailers: tuple[HeaderLine, ...] = ()
    first_frame: int = 0
    """The frame that brought the first byte; 0 when unknown."""
    first_ns: int = 0
    last_frame: int = 0
    """The frame with which the whole message had arrived: where Wireshark dissects it."""
    last_ns: int = 0
    request: HttpMessage | None = field(default=None, repr=False)
    """The request that a response answers; None when it was not captured, and for requests."""
    response: HttpMessage | None = field(default=None, repr=False)
    """The final response to a request."""
    interim: list[HttpMessage] = field(default_factory=list, repr=False)
    """The 1xx responses to a request before the final one."""
    spans: Sequence[int] = ()
    """Start and stop of the bytes of each DATA frame, one after the other, where they frame the body."""
    readings: TwoReadings | None = field(default=None, repr=False)
    """Two ends that it has by different programs; None where they agree, or where that is not known."""

    @property
    def start(self) -> int:
        """Offset of the start line."""
        return self.head.start

    @property
    def codings(self) -> tuple[str, ...]:
        """Content codings in the order they were applied."""
        return self.head.content_codings

    @property
    def has_body(self) -> bool:
        """Whether there is a body of at least one byte, captured or announced."""
        return self.framing not in (Framing.NONE, Framing.SWITCHED) and self.body_end > self.body_start

    @property
    def shown_frame(self) -> int:
        """The frame whose header tree shows the message.

        Wireshark dissects a message at its last segment, and does not show an incomplete one at
        all; here an incomplete message is shown where its head was complete.
        """
        if self.complete:
            return self.last_frame
        return self.direction.delivered_frame(max(self.head.end - 1, self.start))

    @property
    def shown_ns(self) -> int:
        """The time of `shown_frame`."""
        if self.complete:
            return self.last_ns
        return self.direction.delivered_ns(max(self.head.end - 1, self.start))

    def fault(self, kind: FaultKind) -> Fault | None:
        """The fault of that kind; None without one."""
        return next((fault for fault in self.faults if fault.kind is kind), None)

    @property
    def wait_ns(self) -> int | None:
        """Time in ns from the last byte of the request to the first of this response; None without a request."""
        return None if self.request is None else self.first_ns - self.request.last_ns


class SkipReason(Enum):
    """Why bytes of a direction belong to no message."""

    BEGINNING = "beginning"
    """They come before the first message: the capture began amid one, or another protocol came first."""
    GAP = "gap"
    """Bytes are missing, and those up to the next start line cannot be assigned to a message."""
    GARBAGE = "garbage"
    """Bytes without a gap that begin no message."""
    OTHER_PROTOCOL = "other-protocol"
    """The connection was switched to another protocol (101, CONNECT)."""
    LIMIT = "limit"
    """Not read: too many messages, or too many bytes without one."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Bytes ``start`` to ``stop`` of one direction that belong to no message."""

    from_server: bool
    start: int
    stop: int
    reason: SkipReason


@dataclass(eq=False, slots=True)
class HttpConversation:
    """All messages of both directions."""

    messages: list[HttpMessage] = field(default_factory=list)
    """The messages in the order in which they began to arrive."""
    skipped: list[Skipped] = field(default_factory=list)
    switched_to: str = ""
    """The protocol after 101 or CONNECT: the Upgrade field in lower case, or ``connect``; empty without a switch."""
    switch: HttpMessage | None = None
    """The response that switched the protocol."""
    client_offset: int | None = None
    """Offset at which the client's bytes of the other protocol begin."""
    server_offset: int | None = None

    def __bool__(self) -> bool:
        """Whether the connection has any HTTP message."""
        return bool(self.messages)

    def requests(self) -> Iterator[HttpMessage]:
        """The requests in order."""
        return (message for message in self.messages if not message.head.is_response)

    def responses(self) -> Iterator[HttpMessage]:
        """The responses in order."""
        return (message for message in self.messages if message.head.is_response)
