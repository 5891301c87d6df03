"""What a connection consists of: packets of one kind that follow each other in one direction."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql.packets import Packet, Packets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream


class Role(Enum):
    """What a packet is, which only those before it tell."""

    GREETING = auto()
    TLS_REQUEST = auto()
    LOGIN = auto()
    AUTH_SWITCH = auto()
    AUTH_MORE = auto()
    """What the server adds to the authentication."""
    AUTH = auto()
    """What the client adds; it may be a password."""
    COMMAND = auto()
    OK = auto()
    ERR = auto()
    EOF = auto()
    COLUMN_COUNT = auto()
    COLUMN = auto()
    FIELD = auto()
    """A column with its default, as COM_FIELD_LIST asks for."""
    PARAMETER = auto()
    ROW = auto()
    BINARY_ROW = auto()
    PREPARED = auto()
    FILE_WANTED = auto()
    """LOCAL INFILE: the server asks for a file of the client's."""
    FILE = auto()
    TEXT = auto()
    EVENT = auto()
    """Of replication."""
    PROGRESS = auto()
    UNASKED = auto()
    """What the server sends though no command waits for an answer."""
    UNREAD = auto()
    """No packets: bytes among which nothing shows where one begins, or whose meaning is not known."""


#: What carries the values of a result set.
ROWS: Final = frozenset({Role.ROW, Role.BINARY_ROW})


@dataclass(slots=True)
class Run:
    """Packets of one kind that follow each other."""

    direction: ByteStream = field(repr=False)
    role: Role
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    count: int = 1
    complete: bool = True
    """All of it was captured."""
    marks: list[int] = field(default_factory=list, repr=False)
    """Some of the places where its packets begin."""
    binary: bool = False
    command: int = -1
    """The command that it is, or answers."""
    columns: Run | None = field(default=None, repr=False)
    """Of rows: what describes their columns; None where that was not captured."""
    is_secret: bool = False
    """Of rows: their values may be secrets, as the statement names one."""

    def packets(self, reader: Packets, begin: int, stop: int) -> Iterator[Packet]:
        """The packets of the run that have a byte between ``begin`` and ``stop``, in order."""
        if self.role is Role.UNREAD:
            return
        mark = bisect_right(self.marks, begin) - 1
        at = self.marks[mark] if mark >= 0 else self.start
        while at < min(stop, self.stop):
            packet = reader.packet(at)
            if not isinstance(packet, Packet):
                return
            if packet.stop > begin:
                yield packet
            at = packet.stop
