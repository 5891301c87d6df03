"""Values of RESP as bytes of one direction; offsets count from the first byte of the direction."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream


class Kind(IntEnum):
    """The type of a value by its first byte, and what is no value of RESP."""

    STRING = ord("+")
    ERROR = ord("-")
    INTEGER = ord(":")
    BULK = ord("$")
    ARRAY = ord("*")
    NULL = ord("_")
    BOOLEAN = ord("#")
    DOUBLE = ord(",")
    BIG_NUMBER = ord("(")
    BULK_ERROR = ord("!")
    VERBATIM = ord("=")
    MAP = ord("%")
    ATTRIBUTE = ord("|")
    SET = ord("~")
    PUSH = ord(">")
    INLINE = 256
    """A command as a line of words."""
    SNAPSHOT = 257
    """The data set that a primary sends to a replica (RDB): it has a length, and no line end behind it."""


#: Kinds that a length and so many bytes follow …
BULKS: Final = frozenset({Kind.BULK, Kind.BULK_ERROR, Kind.VERBATIM})
#: … and those that so many values follow, or pairs of them.
AGGREGATES: Final = {Kind.ARRAY: 1, Kind.SET: 1, Kind.PUSH: 1, Kind.MAP: 2, Kind.ATTRIBUTE: 2}
NOTHING: Final = -1
"""The length of a null of RESP2: ``$-1``, ``*-1``."""


class Token(NamedTuple):
    """One value without those in it: a line, and a body of bytes where it has one."""

    start: int
    stop: int
    kind: Kind
    line: bytes
    """Its first line, without type and line end."""
    number: int = 0
    """A bulk string's length, or how many values follow an aggregate; `NOTHING` of a null."""
    body: int = 0
    """Where the bytes of a bulk string begin."""


class Item(NamedTuple):
    """A simple element of an array."""

    start: int
    stop: int
    data: bytes
    """Its bytes, as far as they are kept and were captured."""


# As `tcptui.protocols.interface.Carried`, not frozen: there are as many as messages in a capture.
@dataclass(slots=True, eq=False)
class Value:
    """A whole value, as one side sent it: a command or a reply."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    kind: Kind
    line: bytes
    """As `Token.line`, at most `MAX_STORED_LINE` bytes."""
    rows: int | None
    """How many elements it has: of a map, pairs; None where it is no aggregate, or null."""
    items: tuple[Item, ...]
    """Its first elements, up to one that is no simple value."""
    complete: bool
    """All of it was captured."""
    after_unread: bool = False
    """What came right before it is not known: bytes are missing, or could not be read."""
    inner: bytes = b""
    """The first error among its elements, without its type: at most `MAX_STORED_LINE` bytes."""

    @property
    def is_null(self) -> bool:
        """Whether it is the null of RESP2 or RESP3."""
        return self.kind is Kind.NULL or (self.kind in (Kind.BULK, Kind.ARRAY) and self.line == b"-1")

    @property
    def is_error(self) -> bool:
        """Whether it is an error."""
        return self.kind in (Kind.ERROR, Kind.BULK_ERROR)

    @property
    def error(self) -> str:
        """The first word of an error: ``ERR``, ``WRONGTYPE``, ``MOVED``; empty of other values."""
        if not self.is_error:
            return ""
        return _word_of(self.line if self.kind is Kind.ERROR else b"".join(item.data for item in self.items[:1]))

    @property
    def inner_error(self) -> str:
        """The first word of the first error among its elements; empty where there is none."""
        return _word_of(self.inner) if self.inner else ""


def _word_of(said: bytes) -> str:
    word = said.split(b" ", 1)[0]
    return word.decode("ascii", "replace") if word.isupper() else "ERR"
