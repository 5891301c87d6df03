"""Sequence numbers of one stream that never wrap, and how far each end had got.

A stream may carry more than 2**32 bytes; here every number is an int64 that goes on
counting.  All of it is vectorised: the cost is a few dozen array operations whatever
the stream's length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream_view import StreamView
from tcptui.model.packet_store import I64, U32, OptionBit
from tcptui.model.tcp_flags import TcpFlag

#: Below every real number: nothing sent, nothing acknowledged so far.
NOTHING: Final = -(1 << 62)

#: Up to this length a list is cheaper to build than a memoryview is to index.
_SHORT: Final = 512


def cells(column: NDArray[Any]) -> Sequence[int]:
    """``column`` as a sequence of Python integers, without copying long ones."""
    if len(column) <= _SHORT:
        return cast("list[int]", column.tolist())
    return cast("Sequence[int]", memoryview(cast("Any", np.ascontiguousarray(column))))


@dataclass(frozen=True)
class SequenceSpace:
    """Numbers per segment; the pairs are indexed by the *data sender's* side, 0 client, 1 server."""

    seq: I64
    end: I64
    """seq + payload + SYN + FIN."""
    ack: I64
    """`NOTHING` where the segment acknowledges nothing (no ACK flag, or RST)."""
    sent: tuple[I64, I64]
    """Highest number sent by that side up to and including each segment (SND.NXT)."""
    acknowledged: tuple[I64, I64]
    """Highest number of that side which its peer has acknowledged up to and including each segment (SND.UNA)."""
    sacked: tuple[I64, I64]
    """Highest right edge of that side's data which its peer has reported by SACK above the cumulative ACK."""
    latest: tuple[I64, I64]
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
    flags = view.flags
    reset = (flags & TcpFlag.RST) != 0
    acks = ((flags & TcpFlag.ACK) != 0) & ~reset
    seq = np.empty(count, np.int64)
    ack = np.full(count, NOTHING, np.int64)
    for mine in (~from_server, from_server):
        seq[mine] = _unwrapped(view.seq[mine])
        chosen = mine & acks
        ack[chosen] = _unwrapped(view.ack[chosen])
    end = seq + (view.end - view.seq)
    sack_right = _sack_edges(view, ack)
    index = np.arange(count, dtype=np.int64)
    sides = (~from_server, from_server)
    return SequenceSpace(
        seq=seq,
        end=end,
        ack=ack,
        sent=_highest(sides, np.where(reset, NOTHING, end), NOTHING),
        acknowledged=_highest(sides[::-1], ack, NOTHING),
        sacked=_highest(sides[::-1], sack_right, NOTHING),
        latest=_highest(sides, index, -1),
    )


def _highest(sides: tuple[NDArray[np.bool_], ...], numbers: I64, nothing: int) -> tuple[I64, I64]:
    """Running maximum of ``numbers`` over the segments of each of the two ``sides``."""
    first, second = (np.maximum.accumulate(np.where(side, numbers, nothing)) for side in sides)
    return first, second


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
    return np.where(plain & (above > 0), ack + above, NOTHING)
