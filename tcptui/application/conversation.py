"""Both halves of a connection as one text: who said what, in the order in which it could be heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.application.reassembly import Gap, GapReason, Half, Piece
from tcptui.model.packet_store import I64, U8

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: `Stretches.gap` where there are bytes.
NO_GAP: Final = 0
#: The row of what nobody captured at all.
_NEVER: Final = 1 << 62
#: Bytes read at a time where much is read.
READ_SIZE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes, or missing bytes, of one side without interruption by the other."""

    side: int
    start: int
    stop: int
    gap: GapReason | None
    opens: bool
    """The other side, or nobody, spoke before."""


class Conversation:
    """The stretches of ``halves`` (``sides``: of these alone) in display order, as arrays.

    A byte stands where it became deliverable: behind everything that its receiver could have had
    before the packet that made the last hole in front of it disappear.  So what arrived out of order
    stands where the receiver's application could first have read it, and what is captured later only
    ever appends, as long as no gap is closed by it.
    """

    def __init__(self, halves: Sequence[Half], sides: Sequence[int] = (0, 1)) -> None:
        self.halves = halves
        parts = [_items(halves[side]) for side in sides]
        side = np.concatenate([np.full(len(part[0]), of, np.uint8) for of, part in zip(sides, parts, strict=True)])
        start, stop, gap, key = (np.concatenate([part[column] for part in parts]) for column in range(4))
        order = np.lexsort((start, key))
        side, start, stop, gap = side[order], start[order], stop[order], gap[order]
        breaks = np.ones(len(side), np.bool_)
        if len(side):
            same = (side[1:] == side[:-1]) & (start[1:] == stop[:-1]) & (gap[1:] == gap[:-1])
            breaks[1:] = ~same
        first = np.flatnonzero(breaks)
        last = np.append(first[1:], len(side)) - 1
        self.side: U8 = side[first]
        self.start: I64 = start[first]
        self.stop: I64 = stop[last] if len(first) else stop
        self.gap: U8 = gap[first]
        self.opens = np.ones(len(first), np.bool_)
        if len(first):
            self.opens[1:] = self.side[1:] != self.side[:-1]

    def __len__(self) -> int:
        return len(self.side)

    def __getitem__(self, index: int) -> Stretch:
        gap = int(self.gap[index])
        return Stretch(
            int(self.side[index]),
            int(self.start[index]),
            int(self.stop[index]),
            GapReason(gap) if gap else None,
            bool(self.opens[index]),
        )

    def __iter__(self) -> Iterator[Stretch]:
        return (self[index] for index in range(len(self)))

    def settled(self) -> int:
        """How many stretches, from the beginning, later packets will not change: those before the first hole."""
        holes = np.flatnonzero((self.gap != NO_GAP) & (self.gap != GapReason.TRUNCATED.value))
        return int(holes[0]) if len(holes) else len(self)


def _items(half: Half) -> tuple[I64, I64, U8, I64]:
    """Start, stop, gap and the row with which it became deliverable, of everything in one half."""
    runs, gaps = half.captured, half.gaps
    rows = half.segments.rows[runs.segment].astype(np.int64)
    key = np.maximum.accumulate(rows) if len(rows) else rows
    start = np.concatenate((runs.start, gaps.start))
    # A gap stands in front of what comes behind it; at the end, behind everything that this side said.
    behind = np.searchsorted(runs.start, gaps.stop)
    after_all = key[-1] if len(key) else _NEVER
    gap_key = np.append(key, after_all)[behind]
    gap = np.concatenate((np.zeros(len(runs), np.uint8), gaps.reason))
    return start, np.concatenate((runs.stop, gaps.stop)), gap, np.concatenate((key, gap_key))


def chunks(half: Half, start: int, stop: int, size: int = READ_SIZE) -> Iterator[tuple[int, bytes]]:
    """The bytes of a stretch in order, joined to about ``size`` at a time, each with its offset.

    A chunk ends early where bytes turn out to be gone from the spool.
    """
    held: list[bytes] = []
    begin, length = start, 0
    for piece in half.pieces(start, stop):
        if isinstance(piece, Piece):
            if not held:
                begin = piece.start
            held.append(piece.data)
            length += len(piece.data)
        if held and (length >= size or isinstance(piece, Gap)):
            yield begin, b"".join(held)
            held, length = [], 0
    if held:
        yield begin, b"".join(held)
