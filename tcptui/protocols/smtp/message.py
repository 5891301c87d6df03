"""What client and server of SMTP say; offsets count from the first byte of their direction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream


class Kind(Enum):
    """What bytes of the client, or the rest of either side, are."""

    COMMAND = auto()
    CREDENTIALS = auto()
    """A line of an AUTH exchange (RFC 4954, 4)."""
    UNKNOWN = auto()
    """No command: the rest of a line whose beginning was not captured, or anything else.  May be a secret."""
    MESSAGE = auto()
    """The mail behind DATA, with the line that ends it, or behind BDAT."""
    ENCRYPTED = auto()
    """TLS, behind STARTTLS."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the server, of one line or several (RFC 5321, 4.2)."""

    half: ByteStream
    start: int
    stop: int
    code: int
    lines: tuple[str, ...]
    """The text of each line, without the code."""
    starts: tuple[int, ...]
    """Where each line begins."""
    complete: bool
    """Its last line was captured to the end."""
    after_gap: bool


@dataclass(eq=False, slots=True)
class ClientUnit:
    """Something that the client says, or TLS of either side."""

    half: ByteStream
    kind: Kind
    start: int
    stop: int
    complete: bool
    """It was captured to its end."""
    verb: str = ""
    """Of a command: in capitals; empty for the others."""
    parameter: str = ""
    """Of a command: what may be shown of it, which excludes secrets."""
    hidden: int = 0
    """Bytes that are not shown: all of credentials and of unknown lines, of AUTH what follows the mechanism."""
    body_stop: int = 0
    """Of a message: where its text ends, before the line that ends it."""
    stuffed: bool = False
    """Of a message: a dot was put before lines that begin with one (RFC 5321, 4.5.2)."""
    reply: Reply | None = None
    """The answer, as far as it is known."""


#: Either side's share of a conversation.
SmtpUnit = Reply | ClientUnit
