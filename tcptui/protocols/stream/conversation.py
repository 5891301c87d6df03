"""Both halves of a connection as one text: who said what, in the order in which it could be heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import flatnonzero32
from tcptui.model.packet_store import I32, I64, U8
from tcptui.protocols.stream.reassembly import ByteStream, Gap, GapReason, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: `Stretches.gap` where there are bytes.
NO_GAP: Final = 0
#: The row of what nobody captured at all.
_NEVER: Final = np.int32(2**31 - 1)
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

    def __init__(self, halves: Sequence[ByteStream], sides: Sequence[int] = (0, 1)) -> None:
        self.halves = halves
        said = [_Said.of(halves[side]) for side in sides]
        parts = [one.shortened([other.key for other in said if other is not one]) for one in said]
        del said
        side = np.concatenate([np.full(len(part.key), of, np.uint8) for of, part in zip(sides, parts, strict=True)])
        start, stop = np.concatenate([part.start for part in parts]), np.concatenate([part.stop for part in parts])
        gap, key = np.concatenate([part.gap for part in parts]), np.concatenate([part.key for part in parts])
        alone = any(len(part.key) == len(side) for part in parts)
        del parts
        if not alone:
            order = np.lexsort((start, key))
            side, start, stop, gap = side[order], start[order], stop[order], gap[order]
            del order
        del key
        breaks = np.ones(len(side), np.bool_)
        if len(side):
            same = (side[1:] == side[:-1]) & (start[1:] == stop[:-1]) & (gap[1:] == gap[:-1])
            breaks[1:] = ~same
        first = flatnonzero32(breaks)
        last = np.append(first[1:], np.int32(len(side))) - 1
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


@dataclass(frozen=True, slots=True)
class _Said:
    """What one half holds, bytes and gaps, in order."""

    start: I64
    stop: I64
    gap: U8
    key: I32
    """The row with which each became deliverable."""

    @classmethod
    def of(cls, half: ByteStream) -> _Said:
        """All that is known of ``half``."""
        runs, gaps = half.captured, half.gaps
        key = half.segments.rows[runs.segment]
        np.maximum.accumulate(key, out=key)
        if not len(gaps):
            return cls(runs.start, runs.stop, np.zeros(len(runs), np.uint8), key)
        # A gap stands in front of what comes behind it; at the end, behind everything that this side said.
        behind = np.searchsorted(runs.start, gaps.stop)
        gap_key = np.append(key, key[-1] if len(key) else _NEVER)[behind]
        return cls(
            np.insert(runs.start, behind, gaps.start),
            np.insert(runs.stop, behind, gaps.stop),
            np.insert(np.zeros(len(runs), np.uint8), behind, gaps.reason),
            np.insert(key, behind, gap_key),
        )

    def shortened(self, others: Sequence[I32]) -> _Said:
        """What follows without interruption, by one of the ``others`` either, taken together."""
        breaks = self.key == _NEVER
        if len(breaks):
            breaks[0] = True
            breaks[1:] |= self.start[1:] != self.stop[:-1]
            breaks[1:] |= self.gap[1:] != self.gap[:-1]
        for key in others:
            at = np.searchsorted(self.key, key)
            breaks[at[at < len(breaks)]] = True
        first = flatnonzero32(breaks)
        last = np.append(first[1:], np.int32(len(breaks))) - 1
        return _Said(self.start[first], self.stop[last] if len(first) else self.stop, self.gap[first], self.key[first])


def chunks(half: ByteStream, start: int, stop: int, size: int = READ_SIZE) -> Iterator[tuple[int, bytes]]:
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
