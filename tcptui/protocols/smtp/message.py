"""The commands, replies and messages of an SMTP connection; offsets count from the first byte of their direction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream


class Kind(Enum):
    """What a `ClientUnit` is."""

    COMMAND = auto()
    CREDENTIALS = auto()
    """A line of an AUTH exchange (RFC 4954, 4)."""
    UNKNOWN = auto()
    """A line that is no command: its beginning was not captured, or anything else.  May be a secret."""
    MESSAGE = auto()
    """The mail that follows DATA, with the line that ends it, or that follows BDAT."""
    ENCRYPTED = auto()
    """TLS after STARTTLS, of either side."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the server, of one line or several (RFC 5321, 4.2)."""

    direction: ByteStream
    start: int
    stop: int
    code: int
    lines: tuple[str, ...]
    """The text of each line, without the code; at most `tcptui.protocols.smtp.conversation.MAX_STORED_LINES`."""
    starts: tuple[int, ...]
    """Offset of each line."""
    complete: bool
    """Its last line was captured to the end."""
    after_gap: bool
    """Bytes right before it were not captured."""


@dataclass(eq=False, slots=True)
class ClientUnit:
    """A command, a line or a message of the client; or the encrypted rest of either side."""

    direction: ByteStream
    kind: Kind
    start: int
    stop: int
    complete: bool
    """It was captured to its end."""
    verb: str = ""
    """The command's name in capitals; empty for other kinds."""
    parameter: str = ""
    """The part of a command's parameter that may be shown: without secrets."""
    hidden: int = 0
    """Number of bytes that are not shown: of credentials and unknown lines all, of AUTH those after the mechanism."""
    body_stop: int = 0
    """Offset at which the text of a message ends, before the line that ends it."""
    stuffed: bool = False
    """The message is dot-stuffed: lines that begin with a dot have another one in front (RFC 5321, 4.5.2)."""
    reply: Reply | None = None
    """The server's reply; None when it is not known."""
    name: str = ""
    """The command's name as it was sent."""

    @property
    def text(self) -> str:
        """The command as it was sent, without what is hidden; empty for other kinds."""
        return f"{self.name} {self.parameter}".rstrip()


#: A unit of either side.
SmtpUnit = Reply | ClientUnit
