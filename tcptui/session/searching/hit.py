"""One place where something was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

#: Bytes shown before a match, and from its beginning on.
BEFORE: Final = 24
AFTER: Final = 120
#: Bytes that are no printable ASCII are shown as a dot, as in a hex dump.
_VISIBLE: Final = bytes(byte if 32 <= byte < 127 else 0x2E for byte in range(256))


class SearchIn(Enum):
    """Where a search looks; the value is the end of catalogue keys."""

    STREAMS = "streams"
    """What each end of a connection sent, reassembled: also what is split over segments."""
    PACKETS = "packets"
    """The bytes of each packet as captured, whatever its protocol."""
    HEADERS = "headers"
    """The lines of each packet's header tree."""
    FINDINGS = "findings"
    """What is said of each connection."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One match.  Orders by packet, then by place within it."""

    row: int
    """The store row of the packet in which it begins."""
    stream: int
    """The connection; below 0 for a packet of none."""
    start: int
    """Offset of its first byte in the packet's bytes; -1 where it is no bytes of the packet."""
    length: int
    """How many of its bytes are in that packet."""
    context: str
    """The text around it."""
    low: int
    """Where in `context` it is."""
    high: int
    more: tuple[tuple[int, int, int], ...] = ()
    """Where it goes on in other packets: row, offset of its first byte there, and how many bytes."""
    sent: tuple[int, int, int] | None = None
    """Where it is in what an end sent: 0 for the client or 1, offset of its first byte and behind its last; None: not
    searched for there."""

    @property
    def parts(self) -> tuple[tuple[int, int, int], ...]:
        """Where its bytes are: row, offset in the packet's bytes and length; empty where it is in none."""
        own = ((self.row, self.start, self.length),) if self.start >= 0 else ()
        return (*own, *self.more)

    @property
    def place(self) -> tuple[int, int]:
        """The sort key of a hit."""
        return self.row, self.start


def bytes_around(data: bytes, low: int, high: int) -> tuple[str, int, int]:
    """The excerpt that a `Hit` shows of the match ``data[low:high]``: the text around it, and where it is in that."""
    begin = max(0, low - BEFORE)
    shown = data[begin : max(low + AFTER, min(high, low + 2 * AFTER))].translate(_VISIBLE).decode("ascii")
    return shown, low - begin, min(high - begin, len(shown))


def text_around(text: str, low: int, high: int) -> tuple[str, int, int]:
    """`bytes_around` for a text."""
    begin = max(0, low - BEFORE)
    shown = text[begin : low + AFTER]
    return shown, low - begin, min(high - begin, len(shown))
