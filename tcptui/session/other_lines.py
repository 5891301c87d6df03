"""The lines of packets that are no TCP segments: made for the rows on screen, and kept for those looked at last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.lru import LruCache
from tcptui.protocols.other.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.other.line import Line
    from tcptui.session.other_packets import OtherPackets

#: Lines that are kept: some screens full.
_KEPT: Final = 4096
#: How many earlier packets of the conversation are asked whether they are the query of an answer.
_ASKED: Final = 16


@dataclass(frozen=True, slots=True)
class OtherLine:
    """One packet's line, its protocol, and how long after its query an answer came."""

    line: Line
    protocol: int
    after_ns: int | None


class OtherLines:
    """Reads each packet once as long as it is looked at; ``read`` gives the bytes of a row.

    Raises OSError when the spool cannot be read.
    """

    def __init__(self, store: PacketStore, other: OtherPackets, read: Callable[[int], bytes]) -> None:
        self._store = store
        self._other = other
        self._read = read
        self._lines: LruCache[int, OtherLine] = LruCache(_KEPT)

    def of(self, row: int) -> OtherLine:
        """The line of ``row``, which the index must have."""
        known = self._lines.get(row)
        if known is None:
            line, protocol = self._plain(row)
            known = OtherLine(line, protocol, self._after(row, line) if line.answers >= 0 else None)
            self._lines.put(row, known)
        return known

    def plain(self, row: int) -> OtherLine:
        """The line of ``row`` without the time since its query; not kept: for a search through all of them."""
        known = self._lines.get(row)
        return known if known is not None else OtherLine(*self._plain(row), None)

    def _plain(self, row: int) -> tuple[Line, int]:
        protocol, at = self._other.header_of(row)
        return summarize(protocol, self._read(row), at), protocol

    def _after(self, row: int, answer: Line) -> int | None:
        """Nanoseconds since the query that ``answer`` answers; None where it is not found."""
        sender = self._other.ends_of(row)[0]
        if not sender.host:  # listed by protocol only: the query may be anybody's
            return None
        for earlier in self._other.earlier_in_conversation(row, _ASKED):
            line = self._plain(earlier)[0]
            same = line.asks == answer.answers and line.facts["name"] == answer.facts["name"]
            if same and self._other.ends_of(earlier)[1] == sender:
                return int(self._store.time_ns[row]) - int(self._store.time_ns[earlier])
        return None
