"""The data segments of one direction, at offsets that never wrap."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.packet_store import I32, I64, U32
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView

#: The largest possible window (RFC 7323, 2.3): a number farther away than this does not belong to the stream.
REACH: Final = 1 << 30
_UNKNOWN: Final = -1
#: Data so many of their longest segments from the last ones go on with these.
_NEIGHBOURS: Final = 64


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments with payload, in capture order; offsets count from the direction's first byte."""

    rows: I32
    frame: U32
    time_ns: I64
    start: I64
    """Offset of each segment's first byte; may be below 0 (a byte in front of the first)."""
    stop: I64
    held: I64
    """Offset at which the captured part of each ends: `stop`, or less with a short snaplen."""
    fin: int
    """Offset of the FIN, which is the length of this direction; -1 when none was captured."""
    acknowledged: int
    """How many bytes the peer has acknowledged, a FIN not counted; -1 unknown."""
    reset: bool
    """A RST of either side was captured."""
    from_start: bool
    """The SYN of this direction was captured: offset 0 is the first byte it sent."""
    first_seq: int
    """Relative sequence number (as shown in the TCP header) of offset 0."""
    damaged: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """Indexes of segments whose checksum is wrong, ascending: their receiver dropped them."""
    acks: U32 | None = None
    """Relative acknowledgment number of each segment; None: not known."""

    def without_sums(self, wrong: I64) -> Segments:
        """These segments, of which those at ``wrong`` have a wrong checksum.

        Of them nothing counts beyond the end that the FIN tells, and the peer's acknowledgments do not contradict.
        """
        stop, held = self.stop.copy(), self.held.copy()
        if self.fin >= 0:
            most = np.maximum(self.start[wrong], max(self.fin, self.acknowledged))
            stop[wrong] = np.minimum(stop[wrong], most)
            held[wrong] = np.minimum(held[wrong], most)
        return replace(self, stop=stop, held=stop if np.array_equal(stop, held) else held, damaged=wrong)


def direction_segments(view: StreamView, side: int, held: I32 | I64) -> Segments:
    """The segments of ``view`` that ``side`` sent; ``held``: captured payload bytes of each segment of the view."""
    flags = view.flags
    plain = view.from_server == bool(side)
    plain &= (flags & TcpFlag.RST) == 0
    from_start = bool((plain & ((flags & TcpFlag.SYN) != 0)).any())
    # The byte of a keep-alive is no part of the stream, and must not extend it.
    carries = plain & (view.length > 0)
    carries &= (view.verdict & Verdict.KEEP_ALIVE) == 0
    plain &= carries | ((flags & (TcpFlag.SYN | TcpFlag.FIN)) != 0)
    late, numbers = _late_syns(view, plain, carries)
    plain[late] = False
    placed = flatnonzero32(plain)
    del plain
    start, near = unwrapped(numbers[placed])
    if not near.all():
        placed, start = placed[near], start[near]
    del near
    bearing = carries[placed]
    del carries
    special = flatnonzero32((flags[placed] & (TcpFlag.SYN | TcpFlag.FIN)) != 0)
    start -= 1
    start[special] += (flags[placed[special]] & TcpFlag.SYN) != 0
    if not from_start and len(placed) > 1:
        # One byte in front of the first captured one: a keep-alive that could not get that verdict mid-stream.
        odd = bearing & (view.length[placed] == 1) & (start == start[0] - 1)
        if odd.any():
            placed, start, bearing = placed[~odd], start[~odd], bearing[~odd]
            special = flatnonzero32((flags[placed] & (TcpFlag.SYN | TcpFlag.FIN)) != 0)
    first = 0 if from_start else _first(start, view, side)
    start -= first
    fins = special[(flags[placed[special]] & TcpFlag.FIN) != 0]
    fin = _fin(start, placed, fins, bearing, view)
    top = max(fin, 0)
    for part in chunks(len(placed)):
        top = max(top, int((start[part] + view.length[placed[part]]).max()))
    if not bearing.all():
        placed = placed[bearing]
        start = start[bearing]
    length = view.length[placed]
    kept = np.minimum(held[placed], length)
    stop = start + length
    return Segments(
        rows=view.rows[placed],
        frame=view.frame[placed],
        time_ns=view.time_ns[placed],
        start=start,
        stop=stop,
        held=stop if np.array_equal(kept, length) else start + kept,
        fin=fin,
        acknowledged=_acknowledged(view, side, first, top, fin),
        reset=bool((flags & TcpFlag.RST).any()),
        from_start=from_start,
        first_seq=first + 1,
        acks=view.ack[placed],
    )


def _late_syns(view: StreamView, plain: NDArray[np.bool_], carries: NDArray[np.bool_]) -> tuple[I32, U32]:
    """SYNs of another number amid the data of their end, which nobody takes (RFC 5961, 4.2), and the numbers to go by.

    The relative numbers count from such a SYN on; those of an end that goes on as before count from its first one.
    """
    syns = flatnonzero32(plain & ((view.flags & TcpFlag.SYN) != 0))
    if len(syns) < 2:
        return syns[:0], view.seq
    raw = view.raw_seq
    data = flatnonzero32(carries)
    late = syns[(raw[syns] != raw[syns[0]]) & (syns > (data[0] if len(data) else len(view)))]
    after = data[data > late[0]] if len(late) else data[:0]
    before = data[data < late[0]] if len(late) else data[:0]
    if not len(after) or not len(before):
        return syns[:0], view.seq
    # Signed, as a step: bytes that go on where the last ones ended are near.
    step = (raw[after[:1]] - raw[before[-1:]]).view(np.int32)
    if abs(int(step[0])) > view.length[before].max() * _NEIGHBOURS:
        return syns[:0], view.seq
    return late, raw - raw[syns[0]]


def _fin(start: I64, placed: I32, fins: I32, bearing: NDArray[np.bool_], view: StreamView) -> int:
    """Where the direction ends, by the first FIN behind which nothing was sent; -1 without any.

    An end that has sent a FIN sends no more bytes (RFC 9293, 3.10.4): one amid them was somebody else's.
    """
    if not len(fins):
        return _UNKNOWN
    ends = start[fins] + view.length[placed[fins]]
    carrying = placed[bearing]
    top = int((start[bearing] + view.length[carrying]).max()) if len(carrying) else 0
    fitting = ends[ends >= top]
    return int(fitting[0]) if len(fitting) else int(ends[0])


def _first(starts: I64, view: StreamView, side: int) -> int:
    """The first offset of a direction without a captured SYN: its first byte, else the peer's first ACK number."""
    if len(starts):
        return int(starts.min())
    acks = _acks(view, side)
    return int(acks[0]) - 1 if len(acks) else 0


def _acks(view: StreamView, side: int) -> I64:
    """The acknowledgment numbers of the peer of ``side``, unwrapped, in capture order."""
    says = view.from_server != bool(side)
    says &= (view.flags & (TcpFlag.ACK | TcpFlag.RST)) == TcpFlag.ACK
    numbers, near = unwrapped(view.ack[says])
    return numbers if near.all() else numbers[near]


def _acknowledged(view: StreamView, side: int, first: int, top: int, fin: int) -> int:
    """How many bytes the peer has acknowledged; numbers beyond what a window could hold are ignored."""
    acks = _acks(view, side)
    acks -= 1 + first
    if top and len(acks) and int(acks.max()) > top + REACH:
        acks = acks[acks <= top + REACH]
    if not len(acks):
        return _UNKNOWN
    most = int(acks.max())
    if fin >= 0:
        return min(most, fin)
    # One more than was ever sent acknowledges a FIN that was not captured.
    return top if most == top + 1 else most


def unwrapped(numbers: U32) -> tuple[I64, NDArray[np.bool_]]:
    """Numbers modulo 2**32 as offsets that never wrap, and a mask of those that fit the others.

    A number fits when it is within `REACH` of the one before it, or the next number is within
    `REACH` of it; an outlier that stands alone does not fit.
    """
    placed, last = np.empty(len(numbers), np.int64), 0
    for part in chunks(len(numbers)):
        steps = numbers[part].copy()
        steps[1:] -= numbers[part][:-1]
        steps[:1] -= np.uint32(last & SEQ_MASK)
        # Read as signed 32-bit integers, the differences are steps forward or back of less than 2**31.
        signed = steps.view(np.int32)
        if int(signed.max()) > REACH or int(signed.min()) < -REACH:
            return _unwrapped_one_by_one(numbers)
        np.cumsum(signed, dtype=np.int64, out=placed[part])
        placed[part] += last
        last = int(placed[part.stop - 1])
    return placed, np.ones(len(numbers), np.bool_)


def _unwrapped_one_by_one(numbers: U32) -> tuple[I64, NDArray[np.bool_]]:
    raw = numbers.tolist()
    placed = [0] * len(raw)
    fits = np.ones(len(raw), np.bool_)
    reference = 0
    for index, number in enumerate(raw):
        step = ahead(number, reference)
        if abs(step) > REACH:
            following = raw[index + 1] if index + 1 < len(raw) else reference
            if abs(ahead(following, number)) > REACH or index + 1 == len(raw):
                fits[index] = False
                continue
        reference += step
        placed[index] = reference
    return np.array(placed, np.int64), fits
