"""Sequence numbers of one stream that never wrap, and how far each end had got.

A stream may carry more than 2**32 bytes; here every number is an int64 that goes on
counting.  All of it is vectorised: the cost is a few dozen array operations whatever
the stream's length.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream_view import StreamView
from tcptui.model.packet_store import I32, I64, U32, OptionBit
from tcptui.model.tcp_flags import TcpFlag

#: Below every real number: nothing sent, nothing acknowledged so far.
NOTHING: Final = -(1 << 62)

#: From so many segments on, room counts for more than time.
_LONG: Final = 65_536
#: Up to this length a list is cheaper to build than a memoryview is to index.
_SHORT: Final = 512


def cells(column: NDArray[Any]) -> Sequence[int]:
    """``column`` as a sequence of Python integers, without copying long ones."""
    if len(column) <= _SHORT:
        return cast("list[int]", column.tolist())
    return cast("Sequence[int]", memoryview(cast("Any", np.ascontiguousarray(column))))


class Course(Protocol):
    """Per segment of a stream a number that never falls; an array, or something that takes less room."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any:
        """At one segment an integer, at several an array."""

    def searchsorted(self, number: Any, /, side: Literal["left", "right"] = "left") -> Any:
        """As of an array: the first segment at which ``number`` was reached (``right``: passed)."""


class _Followed:
    """What only one side's segments change: the numbers of these, and at every segment the latest of them."""

    def __init__(self, numbers: I64, latest: I32) -> None:
        self._numbers = numbers
        self._latest = latest

    def __len__(self) -> int:
        return len(self._latest)

    def __getitem__(self, index: Any, /) -> Any:
        latest = self._latest[index]
        if isinstance(latest, np.ndarray):
            found = self._numbers[latest]
            found[latest < 0] = NOTHING
            return found
        return NOTHING if latest < 0 else self._numbers[latest]

    def searchsorted(self, number: Any, /, side: Literal["left", "right"] = "left") -> Any:
        if isinstance(number, np.ndarray):
            return self[:].searchsorted(number, side=side)
        return bisect_left(self, number) if side == "left" else bisect_right(self, number)


@dataclass(frozen=True)
class SequenceSpace:
    """Numbers per segment; the pairs are indexed by the *data sender's* side, 0 client, 1 server."""

    seq: I64
    end: I64
    """seq + payload + SYN + FIN."""
    ack: I64
    """`NOTHING` where the segment acknowledges nothing (no ACK flag, or RST)."""
    sent: tuple[Course, Course]
    """Highest number sent by that side up to and including each segment (SND.NXT)."""
    acknowledged: tuple[Course, Course]
    """Highest number of that side which its peer has acknowledged up to and including each segment (SND.UNA)."""
    sacked: tuple[Course, Course]
    """Highest right edge of that side's data which its peer has reported by SACK above the cumulative ACK."""
    latest: tuple[I32, I32]
    """Index of that side's newest segment up to and including each segment; -1 before the first."""


def sequence_space(view: StreamView) -> SequenceSpace:
    """Unwrap ``view``'s numbers and accumulate what each side had sent and seen acknowledged; once a view."""
    if sequence_space not in view.kept:
        view.kept[sequence_space] = _unwrap(view)
    space: SequenceSpace = view.kept[sequence_space]
    return space


def _unwrap(view: StreamView) -> SequenceSpace:
    count = len(view)
    from_server = view.from_server
    sides = (~from_server, from_server)
    latest = _latest(sides[0]), _latest(sides[1])
    reset = (view.flags & TcpFlag.RST) != 0
    acks = ((view.flags & TcpFlag.ACK) != 0) & ~reset
    seq = np.empty(count, np.int64)
    ack = np.full(count, NOTHING, np.int64)
    for mine in sides:
        seq[mine] = _unwrapped(view.seq[mine])
        chosen = mine & acks
        ack[chosen] = _unwrapped(view.ack[chosen])
    del acks
    end = seq + (view.end - view.seq)
    sent = _followed(sides, np.where(reset, NOTHING, end) if reset.any() else end, latest)
    acknowledged = _followed(sides, ack, latest)[::-1]
    sacked = _followed(sides, _sack_edges(view, ack), latest)[::-1]
    return SequenceSpace(seq, end, ack, sent, acknowledged, sacked, latest)


def _latest(mine: NDArray[np.bool_]) -> I32:
    index = np.arange(len(mine), dtype=np.int32)
    index[~mine] = -1
    return np.maximum.accumulate(index, out=index)


def _followed(
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]], numbers: I64, latest: tuple[I32, I32]
) -> tuple[Course, Course]:
    """The running maximum of ``numbers`` over the segments of each side, known at every segment."""
    if len(numbers) < _LONG:
        first, second = (np.maximum.accumulate(np.where(side, numbers, NOTHING)) for side in sides)
        return first, second
    highest = np.empty(len(numbers), np.int64)
    for mine in sides:
        highest[mine] = np.maximum.accumulate(numbers[mine])
    return _Followed(highest, latest[0]), _Followed(highest, latest[1])


def _unwrapped(numbers: U32) -> I64:
    """Numbers modulo 2**32 made continuous: each lies within 2**31 of the one before."""
    steps = numbers.copy()
    steps[1:] -= numbers[:-1]
    # As signed numbers of 32 bits they are the steps of less than 2**31, ahead or back.
    return np.cumsum(steps.view(np.int32), dtype=np.int64)


def _sack_edges(view: StreamView, ack: I64) -> I64:
    """Right edge of each segment's first SACK block when it lies above the cumulative ACK, else `NOTHING`."""
    plain = ((view.options & OptionBit.SACK) != 0) & ((view.options & OptionBit.DSACK) == 0) & (ack != NOTHING)
    if not plain.any():
        return np.full(len(view), NOTHING, np.int64)
    above = (view.sack_right - view.ack).view(np.int32)
    plain &= above > 0
    edges = np.full(len(view), NOTHING, np.int64)
    edges[plain] = ack[plain] + above[plain]
    return edges
