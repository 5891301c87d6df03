"""The lines of packets that are no TCP segments: made for the rows on screen, and kept for those looked at last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.lru import LruCache
from tcptui.protocols.other.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.other.line import Line
    from tcptui.session.other_packets import OtherPackets

#: Lines that are kept: some screens full.
_CACHE_SIZE: Final = 4096


class OtherLine(NamedTuple):
    """One packet's line, and its protocol."""

    line: Line
    protocol: int


class OtherLines:
    """Reads each packet once as long as it is looked at; ``read`` gives the bytes of a row.

    Raises OSError when the spool cannot be read.
    """

    def __init__(self, other: OtherPackets, read: Callable[[int], bytes]) -> None:
        self._other = other
        self._read = read
        self._lines: LruCache[int, OtherLine] = LruCache(_CACHE_SIZE)

    def of(self, row: int) -> OtherLine:
        """The line of ``row``, which the index must have."""
        known = self._lines.get(row)
        if known is None:
            known = self._made(row)
            self._lines.put(row, known)
        return known

    def plain(self, row: int) -> OtherLine:
        """The line of ``row``, not cached: for a search through all of them."""
        known = self._lines.get(row)
        return self._made(row) if known is None else known

    def _made(self, row: int) -> OtherLine:
        protocol, at = self._other.header_of(row)
        return OtherLine(summarize(protocol, self._read(row), at), protocol)
