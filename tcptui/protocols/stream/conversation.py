"""Both directions of a connection interleaved, in the order in which their bytes became readable for the receiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import flatnonzero32
from tcptui.model.packet_store import I32, I64, U8
from tcptui.protocols.stream.reassembly import ByteStream, Gap, GapReason, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Value of `Conversation.gap` for captured bytes.
NO_GAP: Final = 0
#: Row number for bytes of a direction of which nothing was captured: behind all others.
_NEVER: Final = np.int32(2**31 - 1)
#: Bytes per chunk when a long range is read.
READ_SIZE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of bytes, or of missing bytes, of one side that the other side does not interrupt."""

    side: int
    start: int
    stop: int
    gap: GapReason | None
    opens: bool
    """It is the first of all, or the stretch before it is of the other side."""


class Conversation:
    """The stretches of both ``directions`` (or only of ``sides``) in display order, as arrays.

    The sort key of a byte is the packet with which it became deliverable: the one that filled the last
    hole in front of it.  So bytes that arrived out of order are shown where the receiver's application
    could first have read them, and packets captured later only append, unless they fill a gap.
    """

    def __init__(self, directions: Sequence[ByteStream], sides: Sequence[int] = (0, 1)) -> None:
        self.directions = directions
        said = [_DirectionRuns.of(directions[side]) for side in sides]
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
        """How many of the first stretches later packets cannot change: those before the first gap.

        Truncated bytes are no such gap: they never come.
        """
        holes = np.flatnonzero((self.gap != NO_GAP) & (self.gap != GapReason.TRUNCATED.value))
        return int(holes[0]) if len(holes) else len(self)


@dataclass(frozen=True, slots=True)
class _DirectionRuns:
    """The runs of bytes and gaps of one direction, in order."""

    start: I64
    stop: I64
    gap: U8
    key: I32
    """The store row of the packet with which each became deliverable."""

    @classmethod
    def of(cls, direction: ByteStream) -> _DirectionRuns:
        """All runs and gaps of ``direction``."""
        runs, gaps = direction.captured, direction.gaps
        key = direction.segments.rows[runs.segment]
        np.maximum.accumulate(key, out=key)
        if not len(gaps):
            return cls(runs.start, runs.stop, np.zeros(len(runs), np.uint8), key)
        # A gap has the key of the run behind it; at the end, that of this side's last run.
        behind = np.searchsorted(runs.start, gaps.stop)
        gap_key = np.append(key, key[-1] if len(key) else _NEVER)[behind]
        return cls(
            np.insert(runs.start, behind, gaps.start),
            np.insert(runs.stop, behind, gaps.stop),
            np.insert(np.zeros(len(runs), np.uint8), behind, gaps.reason),
            np.insert(key, behind, gap_key),
        )

    def shortened(self, others: Sequence[I32]) -> _DirectionRuns:
        """The runs with adjacent ones joined where no run of another side (keys ``others``) comes between them."""
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
        return _DirectionRuns(
            self.start[first], self.stop[last] if len(first) else self.stop, self.gap[first], self.key[first]
        )


def chunks(direction: ByteStream, start: int, stop: int, size: int = READ_SIZE) -> Iterator[tuple[int, bytes]]:
    """The captured bytes from ``start`` to ``stop`` in chunks of about ``size``, each with its offset.

    A chunk ends early at a gap, also one that shows only when the spool is read.
    """
    held: list[bytes] = []
    begin, length = start, 0
    for piece in direction.pieces(start, stop):
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
