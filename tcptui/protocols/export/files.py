"""A file that a capture carried: where its bytes are, what its message says of it, and why it is not whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.messages import FramedBody


class Shortfall(Enum):
    """Why a file is incomplete."""

    CLOSED = "closed"
    """The connection ended before the body did."""
    CAPTURE_END = "capture-end"
    """The capture ended before the body did, or is still running."""
    GAP = "gap"
    """Bytes were not captured."""
    BROKEN = "broken"
    """The message contradicts itself."""
    CODING = "coding"
    """Its content coding cannot be decoded."""
    LIMIT = "limit"
    """Decoded, it is longer than the limit."""
    PART = "part"
    """One range of a resource whose other ranges were not captured."""


@dataclass(frozen=True, slots=True)
class Part:
    """A message's body, or a range of it: ``length`` bytes from ``skip`` on, as sent; None: to its end."""

    stream: int
    from_server: bool
    start: int
    """Offset of the message in its direction."""
    skip: int = 0
    length: int | None = None
    framed: FramedBody | None = None
    """Where the body is, if it is in frames of HTTP/2: those before it need not be read again to find it."""
    call: GrpcMessage | None = None
    """The message of that body that is meant, in place of all of it."""


@dataclass(slots=True)
class CarriedFile:
    """One file.  Texts are as received but for secrets, and not safe to print; ``name`` is safe, unique in a list."""

    stream: int
    frame: int
    """The frame whose header tree shows the message; of joined ranges, the last one."""
    host: str
    uri: str
    name: str
    media_type: str
    codings: tuple[str, ...]
    sent: int
    """Bytes of the body as it was sent and captured, without chunk sizes."""
    upload: bool
    """It was sent from client to server."""
    method: str
    """Of the request that it answers or is part of; empty where that was not captured."""
    status: int
    """Of the response that it is part of; 0 for an upload."""
    parts: tuple[Part, ...]
    shortfall: Shortfall | None
    id: str | None = None
    """The stream of HTTP/2 that carried it; None in HTTP/1."""
    size: int | None = None
    """Bytes of the file; of a coded one None until it was read."""
    sha256: str = ""
    """Empty until it was read."""

    @property
    def complete(self) -> bool:
        """Whether all of the file was captured."""
        return self.shortfall is None
