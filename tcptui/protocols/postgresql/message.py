"""Messages of PostgreSQL as bytes of one direction; offsets count from the first byte of the direction."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a message before its body: type and length; a message without type has the length alone.
HEADER: Final = 5
#: The length counts itself.
LENGTH: Final = 4
#: Longest message: the server takes and makes none over 1 GiB, 10,000 bytes before it knows who asks.
LONGEST: Final = (1 << 30) + LENGTH
#: What the letter in "Ready for query" means (Wireshark's words).
STATUS_NAMES: Final = {b"I": "Idle", b"T": "In a transaction", b"E": "In a failed transaction"}
_SMALL: Final = 1 << 16
_STARTUP_MOST: Final = 10_000


class Kind(Enum):
    """What a message is: who sends it (0 client, 1 server), its first byte, Wireshark's name, shortest and longest."""

    STARTUP = 0, "", "Startup message", 8, _STARTUP_MOST
    CANCEL = 0, "", "Cancel request", 12, 268
    SSL_REQUEST = 0, "", "SSL request", 8, 8
    GSS_REQUEST = 0, "", "GSS encrypt request", 8, 8
    CREDENTIALS = 0, "p", "Authentication message", 4, _SMALL
    QUERY = 0, "Q", "Simple query", 5, LONGEST
    PARSE = 0, "P", "Parse", 8, LONGEST
    BIND = 0, "B", "Bind", 12, LONGEST
    EXECUTE = 0, "E", "Execute", 9, _SMALL
    DESCRIBE = 0, "D", "Describe", 6, _SMALL
    CLOSE = 0, "C", "Close", 6, _SMALL
    FLUSH = 0, "H", "Flush", 4, 4
    SYNC = 0, "S", "Sync", 4, 4
    CALL = 0, "F", "Function call", 12, LONGEST
    SENT_DATA = 0, "d", "Copy data", 4, LONGEST
    SENT_DONE = 0, "c", "Copy completion", 4, 4
    SENT_FAIL = 0, "f", "Copy failure", 5, _SMALL
    TERMINATE = 0, "X", "Termination", 4, 4

    ENCRYPTION = 1, "", "SSL response", 1, 1
    AUTHENTICATION = 1, "R", "Authentication request", 8, _SMALL
    KEY_DATA = 1, "K", "Backend key data", 12, 268
    PARAMETER = 1, "S", "Parameter status", 6, _SMALL
    PARSED = 1, "1", "Parse completion", 4, 4
    BOUND = 1, "2", "Bind completion", 4, 4
    CLOSED = 1, "3", "Close completion", 4, 4
    COMPLETE = 1, "C", "Command completion", 5, _SMALL
    PARAMETERS = 1, "t", "Parameter description", 6, 1 << 19
    COLUMNS = 1, "T", "Row description", 6, 1 << 22
    ROW = 1, "D", "Data row", 6, LONGEST
    EMPTY = 1, "I", "Empty query", 4, 4
    NO_DATA = 1, "n", "No data", 4, 4
    ERROR = 1, "E", "Error", 5, 1 << 24
    NOTICE = 1, "N", "Notice", 5, 1 << 24
    SUSPENDED = 1, "s", "Portal suspended", 4, 4
    READY = 1, "Z", "Ready for query", 5, 5
    NOTIFICATION = 1, "A", "Notification", 10, _SMALL
    RESULT = 1, "V", "Function call response", 8, LONGEST
    COPY_IN = 1, "G", "CopyIn response", 7, _SMALL
    COPY_OUT = 1, "H", "CopyOut response", 7, _SMALL
    COPY_BOTH = 1, "W", "CopyBoth response", 7, _SMALL
    DATA = 1, "d", "Copy data", 4, LONGEST
    DONE = 1, "c", "Copy completion", 4, 4
    VERSION = 1, "v", "Negotiate protocol version", 12, _SMALL

    #: Each is one object: the enum's own hash, that of its name, takes a tenth of the time of all messages.
    __hash__ = object.__hash__

    def __init__(self, side: int, letter: str, title: str, shortest: int, longest: int) -> None:
        self.side = side
        self.letter = letter
        self.title = title
        self.shortest = shortest
        """Its least length, as it says it: without the type."""
        self.longest = longest

    def takes(self, length: int) -> bool:
        """Whether a message of this kind may say that length."""
        return self.shortest <= length <= self.longest


#: By side: kind by first byte.
KINDS: Final = tuple({ord(kind.letter): kind for kind in Kind if kind.letter and kind.side == side} for side in (0, 1))
#: Kinds of which thousands follow each other; they are read in runs.
MANY: Final = frozenset({Kind.ROW, Kind.DATA, Kind.SENT_DATA})
#: What a message without type says behind its length: the protocol's version 3, or a request (55.7).
VERSION_3: Final = 3
REQUESTS: Final = {80_877_102: Kind.CANCEL, 80_877_103: Kind.SSL_REQUEST, 80_877_104: Kind.GSS_REQUEST}


# As `tcptui.protocols.interface.Carried`, not frozen: there are as many as messages in a capture.
@dataclass(slots=True, eq=False)
class Message:
    """One message, or a run of messages of the same kind, as one side sent it."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    kind: Kind
    body: bytes
    """What follows its length, as far as it is kept and was captured; empty of a run."""
    complete: bool
    """All of it was captured."""
    count: int = 1
    """How many messages a run has."""
    after_unread: bool = False
    """What came right before it is not known: bytes are missing, or could not be read."""

    @property
    def frame(self) -> int:
        """The frame that completed it."""
        return self.direction.delivered_frame(self.stop - 1)

    def texts(self, most: int, at: int = 0) -> list[str]:
        """At most ``most`` zero-terminated texts from ``at`` on in its body; the last one may be cut."""
        return [one.decode("utf-8", "replace") for one in self.body[at:].split(b"\0", most)[:most]]
