"""Reassembly of IP datagrams from their fragments (RFC 791, 3.2; RFC 8200, 4.5).

Where fragments contradict one another, the result is tshark's: the first last fragment tells the
datagram's length, and of overlapping bytes those of the fragment with the lower offset stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import chain
from typing import Final

from tcptui.model.datagram import Datagram, Piece
from tcptui.model.packet_store import NO_ROW

#: Most unfinished datagrams kept, and most bytes; the oldest are evicted, so that a flood cannot fill memory.
MAX_DATAGRAMS: Final = 1024
MAX_BYTES: Final = 64 << 20
MAX_DATAGRAM_BYTES: Final = 65_535
#: So many frames of a datagram are remembered, as many as it can have pieces; of more, only those that add bytes.
_MOST_CARRIERS: Final = MAX_DATAGRAM_BYTES // 8 + 1
#: Datagrams that are kept once they were put together, to be compared with fragments that come after that.
_MOST_COMPLETED: Final = 64


@dataclass(slots=True)
class Fragment:
    """One IP fragment, as read from its frame."""

    key: bytes
    """Addresses, identification and, in IPv4, the protocol."""
    offset: int
    more: bool
    data: bytes
    protocol: int
    carriers: tuple[int, ...]
    """Rows of the frames that it came in, ascending: several where it was in pieces itself."""


@dataclass(slots=True)
class _Datagram:
    pieces: dict[int, bytes] = field(default_factory=dict)
    """Data by offset; of two fragments at one offset the earlier one's bytes stand, and a longer one extends them."""
    total: int | None = None
    """Length of the datagram's payload, by the first last fragment; None before that came."""
    size: int = 0
    """Bytes in `pieces`."""
    reach: int = 0
    """How far the pieces reach from the beginning without a gap."""
    beyond: list[int] = field(default_factory=list)
    """Heap of offsets not counted in `reach` yet, so that a piece's cost does not depend on what came before."""
    carriers: list[tuple[int, ...]] = field(default_factory=list)
    """Rows of the frames that each fragment came in, those that only repeat bytes included …"""
    ranges: list[tuple[int, int]] = field(default_factory=list)
    """… and the offset and length of each."""

    completed_before: int = NO_ROW
    """The row that completed another datagram of the same key, which has other bytes where this one has some."""
    differs: bool = False
    """Whether a fragment that began at another's offset had other bytes than that."""

    def contradicts(self, whole: bytes) -> bool:
        """Whether any piece has other bytes than ``whole``, the datagram that was put together (RFC 5722, 3)."""
        return self.differs or any(
            piece[: max(len(whole) - offset, 0)] != whole[offset : offset + len(piece)]
            for offset, piece in self.pieces.items()
        )

    def extend(self, offset: int) -> None:
        """Update `reach` for new data at ``offset``."""
        heappush(self.beyond, offset)
        while self.beyond and self.beyond[0] <= self.reach:
            begin = heappop(self.beyond)
            self.reach = max(self.reach, begin + len(self.pieces[begin]))

    def reassemble(self) -> bytes | None:
        if self.total is None or self.reach < self.total:
            return None
        whole = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(whole):
                break
            whole += self.pieces[offset][len(whole) - offset :]
        return bytes(whole[: self.total])


class Defragmenter:
    """Collects fragments in capture order; bounded in number and in bytes."""

    def __init__(self) -> None:
        self._unfinished: dict[bytes, _Datagram] = {}
        self._bytes = 0
        self.evicted = 0
        """Unfinished datagrams that were evicted to keep within the bounds."""
        self.carriers: tuple[int, ...] = ()
        """Rows of the frames that carried the datagram which was completed last, ascending."""
        self.completed = Datagram(b"", ())
        """That datagram."""
        self.differed = False
        """Whether fragments of it had different bytes at the same place."""
        self.late = NO_ROW
        """The row that completed the datagram of which the last fragment has other bytes, after that was complete."""
        self.cleared = NO_ROW
        """The row for which that is no longer so: the fragments were those of a new datagram, which is whole now."""
        self._whole: dict[bytes, tuple[bytes, int]] = {}
        """The datagrams completed last, and the row that did it."""

    def add(self, fragment: Fragment) -> bytes | None:
        """The whole payload when ``fragment`` completes its datagram, else None."""
        self.late = self.cleared = NO_ROW
        if fragment.offset + len(fragment.data) > MAX_DATAGRAM_BYTES:
            return None
        datagram = self._unfinished.setdefault(fragment.key, _Datagram())
        if not datagram.pieces and fragment.key in self._whole:
            known, completing = self._whole[fragment.key]
            if known[fragment.offset : fragment.offset + len(fragment.data)] != fragment.data:
                self.late = datagram.completed_before = completing
        before = datagram.pieces.get(fragment.offset, b"")
        same = min(len(before), len(fragment.data))
        datagram.differs |= before[:same] != fragment.data[:same]
        datagram.pieces[fragment.offset] = before + fragment.data[len(before) :]
        added = max(len(fragment.data) - len(before), 0)
        datagram.size += added
        datagram.extend(fragment.offset)
        self._bytes += added
        if added or len(datagram.carriers) < _MOST_CARRIERS:
            datagram.carriers.append(fragment.carriers)
            datagram.ranges.append((fragment.offset, len(fragment.data)))
        if not fragment.more and datagram.total is None:
            datagram.total = fragment.offset + len(fragment.data)
        whole = datagram.reassemble()
        if whole is not None:
            self.carriers = tuple(sorted({*chain.from_iterable(datagram.carriers), *fragment.carriers}))
            ends = zip(datagram.carriers, datagram.ranges, strict=True)
            self.cleared = datagram.completed_before
            self._whole.pop(fragment.key, None)
            self._whole[fragment.key] = whole, fragment.carriers[-1]
            if len(self._whole) > _MOST_COMPLETED:
                del self._whole[next(iter(self._whole))]
            self.differed = datagram.contradicts(whole)
            pieces = [Piece(rows[-1], offset, length) for rows, (offset, length) in ends]
            self.completed = Datagram(whole, tuple(sorted(pieces, key=lambda piece: piece.offset)))
            self._forget(fragment.key)
        while len(self._unfinished) > MAX_DATAGRAMS or self._bytes > MAX_BYTES:
            self._forget(next(iter(self._unfinished)))
            self.evicted += 1
        return whole

    def _forget(self, key: bytes) -> None:
        self._bytes -= self._unfinished.pop(key).size
