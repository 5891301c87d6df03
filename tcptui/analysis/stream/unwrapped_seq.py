"""Unwrapped sequence numbers of one stream, and how far each end had got with sending and acknowledging.

A stream may carry more than 2**32 bytes; here every number goes on counting.  For short streams
these are plain arrays, made for all streams of a block at once; long ones are processed chunk by chunk, and what
is kept of them takes far less memory (`tcptui.analysis.stream.compact_columns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream.columns import SegmentBlock
from tcptui.analysis.stream.compact_columns import (
    NOTHING,
    Acks,
    Counted,
    Latest,
    Rounds,
    RunningValue,
    SegmentEnds,
    Steps,
)
from tcptui.analysis.stream.view import StreamView
from tcptui.model.arrays import chunks
from tcptui.model.packet_store import I32, I64, U32, OptionBit
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, TcpFlag

__all__ = [
    "NOTHING",
    "MonotonicNumbers",
    "Numbers",
    "SequenceSpace",
    "cells",
    "continued",
    "sent_before",
    "sequence_space",
]

#: Segments from which on a stream is kept in compact columns: memory then matters more than time.
_LONG: Final = 65_536
#: Larger than any segment's index.
NO_SEGMENT: Final = 2**31 - 1
_ACKING: Final = int(TcpFlag.ACK | TcpFlag.RST)
_SACK: Final = int(OptionBit.SACK)
_SACKS: Final = int(OptionBit.SACK | OptionBit.DSACK)
#: Up to this length a list is cheaper to build than a memoryview is to index.
_SHORT: Final = 512


def cells(column: NDArray[Any]) -> Sequence[int]:
    """``column`` as a sequence of Python integers, without copying long ones."""
    if len(column) <= _SHORT:
        return cast("list[int]", column.tolist())
    return cast("Sequence[int]", memoryview(cast("Any", np.ascontiguousarray(column))))


class Numbers(Protocol):
    """A number per segment of a stream: an array, or something that takes less memory."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any:
        """For one segment an integer; for a slice or an array of indexes an array."""


class MonotonicNumbers(Numbers, Protocol):
    """Numbers that never decrease."""

    def searchsorted(self, number: Any, /, side: Literal["left", "right"] = "left") -> Any:
        """As `numpy.ndarray.searchsorted`: the first segment at which ``number`` was reached (``right``: passed)."""


@dataclass(frozen=True)
class SequenceSpace:
    """Numbers per segment; the pairs are indexed by the *data sender's* side, 0 client, 1 server."""

    seq: Numbers
    end: Numbers
    """seq + payload + SYN + FIN."""
    ack: Numbers
    """`NOTHING` where the segment acknowledges nothing (no ACK flag, or RST)."""
    sent: tuple[MonotonicNumbers, MonotonicNumbers]
    """Highest number sent by that side up to and including each segment (SND.NXT)."""
    acknowledged: tuple[MonotonicNumbers, MonotonicNumbers]
    """Highest number of that side which its peer has acknowledged up to and including each segment (SND.UNA)."""
    sacked: tuple[MonotonicNumbers, MonotonicNumbers]
    """Highest right edge of that side's data which its peer has reported by SACK above the cumulative ACK."""
    latest: tuple[Numbers, Numbers]
    """Index of that side's newest segment up to and including each segment; -1 before the first."""


def sequence_space(view: StreamView) -> SequenceSpace:
    """Unwrap ``view``'s numbers and accumulate what each side had sent and seen acknowledged; once a view."""
    if sequence_space not in view.kept:
        view.kept[sequence_space] = _of_block(view) if len(view) < _LONG else _ChunkedUnwrapper(view).space()
    space: SequenceSpace = view.kept[sequence_space]
    return space


def sent_before(from_server: NDArray[np.bool_], space: SequenceSpace, part: slice) -> I64:
    """The highest number that each segment's sender had sent before it; ``part`` must not begin at segment 0."""
    before = slice(part.start - 1, part.stop - 1)
    sent: I64 = np.where(from_server[part], space.sent[1][before], space.sent[0][before])
    return sent


def _of_block(view: StreamView) -> SequenceSpace:
    seq, end, ack, *pairs = view.columns_of(_unwrap)
    sent, acknowledged, sacked, latest = zip(pairs[::2], pairs[1::2], strict=True)
    return SequenceSpace(seq, end, ack, sent, acknowledged, sacked, latest)


def _unwrap(block: SegmentBlock) -> tuple[NDArray[Any], ...]:
    """The columns of `SequenceSpace` of all streams in ``block``, whose rows lie stream by stream, in its order."""
    from_server, flags = block.column("from_server"), block.column("flags")
    groups = _Groups(block.column("stream"), from_server)
    reset = (flags & RST) != 0
    acks = (flags & _ACKING) == ACK
    seq = np.empty(len(flags), np.int64)
    ack = np.full(len(flags), NOTHING, np.int64)
    order = groups.order
    seq[order] = groups.unwrapped(block.column("seq"), order)
    acking = order[acks[order]]
    ack[acking] = groups.unwrapped(block.column("ack"), acking)
    end = seq + (block.column("end") - block.column("seq"))
    sent = np.where(reset, NOTHING, end)
    sacked = _sack_edges(block, ack)
    reached, to_server, to_client = groups.running_maximum, ~from_server, from_server
    return (
        seq, end, ack,
        reached(sent, to_server), reached(sent, to_client),
        reached(ack, to_client), reached(ack, to_server),
        reached(sacked, to_client), reached(sacked, to_server),
        groups.latest(to_server), groups.latest(to_client),
    )  # fmt: skip


class _Groups:
    """The rows of several streams, one stream after the other, and within each those of either end."""

    def __init__(self, stream: I32, from_server: NDArray[np.bool_]) -> None:
        count = len(stream)
        changes = np.ones(count, np.bool_)
        changes[1:] = stream[1:] != stream[:-1]
        self._owner = np.cumsum(changes) - 1
        self._begin = changes.nonzero()[0]
        """Per stream: its first row."""
        self._group = 2 * self._owner + from_server
        self.order = np.argsort(self._group, kind="stable")
        """All rows, those of one end of one stream together."""

    def unwrapped(self, numbers: U32, rows: I64) -> I64:
        """The ``numbers`` of ``rows``, chosen in `order`, made continuous: each within 2**31 of its sender's last."""
        if not len(rows):
            return np.zeros(0, np.int64)
        group, chosen = self._group[rows], numbers[rows]
        heads = np.concatenate(([0], (group[1:] != group[:-1]).nonzero()[0] + 1))
        steps = chosen.copy()
        steps[1:] -= chosen[:-1]
        steps[heads] = chosen[heads]
        # Read as signed 32-bit numbers, the differences are steps of at most 2**31, ahead or back.
        signed = steps.view(np.int32)
        sums = np.cumsum(signed, dtype=np.int64)
        return sums - np.repeat(sums[heads] - signed[heads], np.diff(heads, append=len(rows)))

    def running_maximum(self, numbers: I64, mine: NDArray[np.bool_]) -> I64:
        """The highest of the ``numbers`` that are ``mine`` up to each row of its stream; `NOTHING` before the first."""
        some = mine & (numbers != NOTHING)
        known = numbers[some]
        if not len(known):
            return np.full(len(numbers), NOTHING, np.int64)
        # Lifted so far that no stream's numbers reach those of the next: one maximum then runs over all of them.
        least = int(known.min()) - 1
        lift = self._owner * (int(known.max()) - least + 1)
        raised = lift.copy()
        raised[some] += known - least
        np.maximum.accumulate(raised, out=raised)
        raised -= lift
        return np.where(raised > 0, raised + least, NOTHING)

    def latest(self, mine: NDArray[np.bool_]) -> I32:
        """Index within its stream of the newest row that is ``mine`` up to each row; -1 before the first."""
        index = np.arange(len(mine))
        index[~mine] = -1
        np.maximum.accumulate(index, out=index)
        begin = self._begin[self._owner]
        return np.where(index >= begin, index - begin, -1).astype(np.int32)


def _sack_edges(block: SegmentBlock, ack: I64) -> I64:
    """Right edge of each segment's first SACK block when it lies above the cumulative ACK, else `NOTHING`."""
    plain = ((block.column("options") & _SACKS) == _SACK) & (ack != NOTHING)
    edges = np.full(len(ack), NOTHING, np.int64)
    if plain.any():
        above = (block.column("sack_right") - block.column("ack")).view(np.int32)
        plain &= above > 0
        edges[plain] = ack[plain] + above[plain]
    return edges


class _Side:
    """Running values of one side while a long stream is processed."""

    def __init__(self) -> None:
        self.latest = -1
        self.seq = 0
        self.ack = 0
        self.sent = NOTHING
        self.acknowledged = NOTHING
        self.sacked = NOTHING
        self.first_sent = self.first_acknowledged = NO_SEGMENT
        """Its first segments that set `sent` and `acknowledged`."""
        self.reports: list[tuple[I32, I64]] = []
        """Segments whose SACK reports a higher right edge than those before, and that edge."""


class _ChunkedUnwrapper:
    """Builds the `SequenceSpace` of a long stream, chunk by chunk."""

    def __init__(self, view: StreamView) -> None:
        count = len(view)
        self._view = view
        self._other = np.empty(count, np.int32)
        self._seq, self._ack = Rounds(count), Rounds(count)
        self._sent, self._sent_rounds = np.empty(count, np.uint32), Rounds(count)
        self._acknowledged, self._acknowledged_rounds = np.empty(count, np.uint32), Rounds(count)
        self._sides = _Side(), _Side()
        self._sacks = bool((view.options & OptionBit.SACK).any())
        for part in chunks(count):
            self._follow(part)
            for value, side in enumerate(self._sides):
                mine = np.flatnonzero(view.from_server[part] == bool(value))
                if len(mine):
                    self._work(side, (mine + part.start).astype(np.int32))

    def _follow(self, part: slice) -> None:
        """Set, for each segment of ``part``, the newest segment of the other side."""
        from_server = self._view.from_server[part]
        own = np.arange(part.start, part.stop, dtype=np.int32)
        for value, side in enumerate(self._sides):
            theirs = from_server != bool(value)
            latest = np.where(theirs, np.int32(-1), own)
            latest[0] = max(int(latest[0]), side.latest)
            np.maximum.accumulate(latest, out=latest)
            side.latest = int(latest[-1])
            self._other[part][theirs] = latest[theirs]

    def _work(self, side: _Side, rows: I32) -> None:
        """Process the next segments (``rows``) of one side."""
        view = self._view
        flags = view.flags[rows]
        seq = continued(view.seq[rows], side.seq)
        side.seq = int(seq[-1])
        self._seq.write(rows, seq)
        end = seq + (view.end[rows] - view.seq[rows])
        end[(flags & TcpFlag.RST) != 0] = NOTHING
        first, side.sent = _rising(end, side.sent)
        side.first_sent = min(side.first_sent, int(rows[first]) if first < len(rows) else NO_SEGMENT)
        self._sent[rows] = end & SEQ_MASK
        self._sent_rounds.write(rows[first:], end[first:])
        acking = np.flatnonzero((flags & _ACKING) == TcpFlag.ACK)
        ack = np.full(len(rows), NOTHING, np.int64)
        if len(acking):
            ack[acking] = continued(view.ack[rows[acking]], side.ack)
            side.ack = int(ack[acking[-1]])
            self._ack.write(rows[acking], ack[acking])
        if self._sacks:
            self._report(side, rows, ack)
        first, side.acknowledged = _rising(ack, side.acknowledged)
        side.first_acknowledged = min(side.first_acknowledged, int(rows[first]) if first < len(rows) else NO_SEGMENT)
        self._acknowledged[rows] = ack & SEQ_MASK
        self._acknowledged_rounds.write(rows[first:], ack[first:])

    def _report(self, side: _Side, rows: I32, ack: I64) -> None:
        """Record what these segments report by SACK."""
        view = self._view
        saying = np.flatnonzero(((view.options[rows] & _SACKS) == OptionBit.SACK) & (ack != NOTHING))
        above = (view.sack_right[rows[saying]] - view.ack[rows[saying]]).view(np.int32)
        saying = saying[above > 0]
        if not len(saying):
            return
        edges = ack[saying] + above[above > 0]
        highest = np.maximum.accumulate(np.concatenate(([side.sacked], edges)))
        side.sacked = int(highest[-1])
        new = highest[1:] > highest[:-1]
        side.reports.append((rows[saying[new]], highest[1:][new]))

    def space(self) -> SequenceSpace:
        """The finished `SequenceSpace`."""
        view, (client, server) = self._view, self._sides
        latest = (Latest(view.from_server, False, self._other), Latest(view.from_server, True, self._other))
        seq = Counted(view.seq, self._seq)
        sent = Counted(self._sent, self._sent_rounds)
        acknowledged = Counted(self._acknowledged, self._acknowledged_rounds)
        return SequenceSpace(
            seq,
            SegmentEnds(seq, view.seq, view.end),
            Acks(Counted(view.ack, self._ack), view.flags, _ACKING, int(TcpFlag.ACK)),
            (RunningValue(sent, latest[0], client.first_sent), RunningValue(sent, latest[1], server.first_sent)),
            (
                RunningValue(acknowledged, latest[1], server.first_acknowledged),
                RunningValue(acknowledged, latest[0], client.first_acknowledged),
            ),
            (_steps(len(view), server), _steps(len(view), client)),
            latest,
        )


def continued(numbers: U32, known: int) -> I64:
    """``numbers`` made continuous, each within 2**31 of the one before, the first one of ``known``."""
    steps = numbers.copy()
    steps[1:] -= numbers[:-1]
    steps[:1] -= np.uint32(known & SEQ_MASK)
    unwrapped = np.cumsum(steps.view(np.int32), dtype=np.int64)
    unwrapped += known
    return unwrapped


def _rising(numbers: I64, known: int) -> tuple[int, int]:
    """Replace ``numbers`` by their running maximum, which begins at ``known``.

    Returns the place of the first one that is not `NOTHING`, and the last maximum.  Numbers before that place become 0.
    """
    numbers[0] = max(int(numbers[0]), known)
    np.maximum.accumulate(numbers, out=numbers)
    first = int(numbers.searchsorted(NOTHING, side="right"))
    highest = int(numbers[-1])
    numbers[:first] = 0
    return first, highest


def _steps(count: int, side: _Side) -> Steps:
    if not side.reports:
        return Steps(count, np.zeros(0, np.int32), np.zeros(0, np.int64))
    at, numbers = (np.concatenate(column) for column in zip(*side.reports, strict=True))
    return Steps(count, at, numbers)
