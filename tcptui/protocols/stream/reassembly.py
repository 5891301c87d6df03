"""The bytes of one direction of a connection, in order, each with the packet that carried it.

A `ByteStream` holds an index over its segments, never the bytes themselves: those are read from the spool
on demand.  Building the index takes a few NumPy passes and about 60 bytes a segment, whatever the stream's
length; offsets do not wrap at 4 GiB.

Which bytes belong to the stream:

* Of several copies of a byte, the first one captured whose checksum is not wrong.  A receiver's stack keeps the
  copy that arrived first (RFC 9293, 3.10.7.4), which is the same one unless it was lost or refused behind the
  capture point; where copies differ, `ByteStream.overlaps` says so.  Bytes that came with a wrong checksum alone
  (`tcptui.protocols.stream.wrong_sums`) belong to it where no FIN comes before them; `ByteStream.damaged` has them.
* Not the byte of a keep-alive (RFC 9293, 3.8.4: an acknowledged one, often made up), nor the data
  of a RST (RFC 1122, 4.2.2.12: a diagnosis).  Data in a SYN belongs to it (RFC 7413).
* Not a segment farther away from its neighbours than a window can reach (RFC 7323, 2.3: 2**30).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, Final, overload

import numpy as np

from tcptui.analysis.stream.view import NEVER_NS
from tcptui.model.arrays import RunningMaximum, indexes_of
from tcptui.model.packet_store import I32, I64, NO_ROW, U8
from tcptui.protocols.decode_as import read_as
from tcptui.protocols.stream.byte_ranges import Runs, first_copies, holes_of, outside
from tcptui.protocols.stream.segments import Segments, direction_segments, unwrapped
from tcptui.protocols.stream.wrong_sums import wrong_sums

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.protocols.decode_as import Decoding
    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.stream.wrong_sums import ReadSegments

#: Store row → captured payload bytes of that segment; may be shorter than the segment (snaplen).
ReadPayload = Callable[[int], bytes]

#: Store rows → the payloads of all of them, read in one batch, as neighbours in the spool.
ReadPayloads = Callable[[I32], Sequence[bytes]]

#: Segments in the first batch that is read: few, as many callers want only the first piece.
_FIRST_READ: Final = 4
#: Most segments in a later batch: each is twice as large as the one before.
BATCH_SEGMENTS_MOST: Final = 256
#: Bytes at the beginning of what was captured that are kept: a dozen readers ask for some of them.
_FRONT: Final = 4_096
#: Bytes that are read, and kept, where somebody reads a few after a few: the fields of a head, the items of a list.
_NEAR: Final = 16_384
#: Packets that are read with one behind which bytes are missing.
_PREFETCHED_PACKETS: Final = 32
#: Most resent segments whose bytes are compared, to bound the cost of hostile repetition …
COMPARED_SEGMENTS: Final = 4_096
#: … and most bytes of them.
COMPARED_BYTES: Final = 16 << 20
#: Most bytes of the other version that are kept to be shown.
OVERLAP_SHOWN: Final = 4_096


class GapReason(Enum):
    """Why bytes of the stream are missing."""

    NOT_CAPTURED = auto()
    """No captured segment carried them."""
    TRUNCATED = auto()
    """A segment carried them, but the capture kept only its beginning (snaplen)."""
    PENDING = auto()
    """Live capture: the peer has not acknowledged them, so they may still come."""
    SEALED = auto()
    """They were encrypted, and could not be decrypted, though others of the direction could."""


class Ending(Enum):
    """Whether and how this direction ended, as far as captured."""

    OPEN = auto()
    FIN = auto()
    RESET = auto()
    """A RST of either end was seen, and no FIN of this one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes as one segment carried them; ``start`` counts from the direction's first payload byte."""

    start: int
    data: bytes
    frame: int
    row: int
    time_ns: int

    @property
    def stop(self) -> int:
        """Offset behind the last byte."""
        return self.start + len(self.data)


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of the stream that are missing."""

    start: int
    length: int
    reason: GapReason

    @property
    def stop(self) -> int:
        """Offset behind the last missing byte."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Overlap:
    """A range in which two copies of the same bytes differ, from the first to the last such byte."""

    start: int
    length: int
    first_frame: int
    """The packet whose bytes count."""
    again_frame: int
    damaged: bool = False
    """Whether the checksum of the other copy is wrong: its receiver dropped it."""
    other: bytes = b""
    """What the other copy has there, at most `OVERLAP_SHOWN` bytes."""
    differing: int = 0
    """How many of its bytes differ."""


class Gaps(Sequence[Gap]):
    """All gaps of a direction, in order; held as arrays, because there may be one per segment."""

    __slots__ = ("reason", "start", "stop")

    def __init__(self, start: I64, stop: I64, reason: U8) -> None:
        self.start = start
        self.stop = stop
        self.reason = reason

    def __len__(self) -> int:
        return len(self.start)

    @overload
    def __getitem__(self, index: int) -> Gap: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Gap]: ...
    def __getitem__(self, index: int | slice) -> Gap | Sequence[Gap]:
        if isinstance(index, slice):
            return Gaps(self.start[index], self.stop[index], self.reason[index])
        start = int(self.start[index])
        return Gap(start, int(self.stop[index]) - start, GapReason(int(self.reason[index])))

    @property
    def bytes(self) -> int:
        """Total number of missing bytes."""
        return int((self.stop - self.start).sum())


class ByteStream:
    """The bytes of one direction of a stream.  Offsets count from its first payload byte (ISN + 1 is offset 0).

    Without a SYN of this direction in the capture they count from the first byte captured.
    Immutable.  Reading needs the session's spool to be open, and raises OSError otherwise.
    """

    is_decrypted = False
    """Whether these bytes came encrypted."""

    def __init__(
        self, side: int, segments: Segments, read_payload: ReadPayload, *, live: bool = False,
        read_payloads: ReadPayloads | None = None, server_port: int = 0, keys: KeyLog | None = None, read_as: str = "",
    ) -> None:  # fmt: skip
        self.side = side
        """0 client, 1 server."""
        self.server_port = server_port
        """The server's port, as a hint at the protocol; 0 unknown."""
        self.read_as = read_as
        """The protocol that the user says is spoken (`tcptui.protocols.decode_as`), by its row; empty: any."""
        self.keys = keys
        """The session's secrets of TLS connections, of which this may be one; None: there can be none."""
        self.live = live
        """Whether more bytes may come."""
        self.kept: dict[type, object] = {}
        """What readers of these bytes keep for the next one, by its type; `go_on` hands it to a direction that has
        grown."""
        self.segments = segments
        self._read_payload = read_payload
        self._read_payloads = read_payloads or (lambda rows: [read_payload(row) for row in rows.tolist()])
        self._ahead: tuple[int, Sequence[bytes]] = (0, ())
        """The number of a captured range, and the payloads from there on that were read for the next who asks."""
        self._near: tuple[int, bytes] = (0, b"")
        """An offset, and the bytes from there on that were read for the next who asks."""
        self._last_start = -1
        """Where the last read from packets began."""
        self._carried = _preferred(segments, segments.stop)
        cut = segments.held is not segments.stop and not np.array_equal(segments.held, segments.stop)
        self._data = _preferred(segments, segments.held) if cut else self._carried
        top = int(self._carried.stop[-1]) if len(self._carried) else 0
        self.length = max(top, segments.fin, segments.acknowledged, 0)
        """Number of bytes known to exist: captured, acknowledged by the peer, or before a FIN."""
        self.gaps = self._find_gaps(live)
        """The missing bytes, in order."""
        self.ending = Ending.OPEN
        if segments.fin >= 0:
            self.ending = Ending.FIN
        elif segments.reset:
            self.ending = Ending.RESET
        holes, _ = holes_of(self._carried, self.length)
        self.finished = self.ending is not Ending.OPEN and not len(holes)
        """A FIN or RST was captured, and no segment before it is missing."""

    def _find_gaps(self, live: bool) -> Gaps:
        start, stop = holes_of(self._carried, self.length)
        pending = live & (stop > self.segments.acknowledged)
        reason = np.where(pending, GapReason.PENDING.value, GapReason.NOT_CAPTURED.value).astype(np.uint8)
        if self._data is not self._carried:
            cut_start, cut_stop = outside(self._carried, self._data)
            place = np.searchsorted(cut_start, start)
            reason = np.insert(np.full(len(cut_start), GapReason.TRUNCATED.value, np.uint8), place, reason)
            start, stop = np.insert(cut_start, place, start), np.insert(cut_stop, place, stop)
        return Gaps(start, stop, reason)

    @cached_property
    def is_whole(self) -> bool:
        """Whether no byte is missing."""
        return not len(self.gaps)

    @property
    def captured(self) -> Runs:
        """The ranges of captured bytes, in order, as arrays: cheaper than `pieces` where many are needed."""
        return self._data

    def go_on(self, before: ByteStream) -> None:
        """This is the same direction as ``before``, read later: what was kept of it is still of use."""
        self.kept = before.kept

    # -- bytes ---------------------------------------------------------------------------
    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[Piece | Gap]:
        """The bytes from ``start`` to ``stop`` (default: the end) as pieces and gaps, in order; read lazily."""
        stop = self.length if stop is None else min(stop, self.length)
        position = max(start, 0)
        data, gaps = self._data, self.gaps
        at = data.at(position)
        gap_at = int(np.searchsorted(gaps.stop, position, side="right"))
        after = int(np.searchsorted(data.start, stop, side="left"))
        ahead: Iterator[bytes] = iter(())
        size = _FIRST_READ
        while position < stop:
            if at < len(data) and int(data.start[at]) <= position:
                upto = min(int(data.stop[at]), stop)
                payload = next(ahead, None)
                if payload is None:
                    coming = data.segment[at : min(at + size, after)]
                    ahead = iter(self._read_payloads(self.segments.rows[coming]))
                    size = min(2 * size, BATCH_SEGMENTS_MOST)
                    payload = next(ahead)
                yield from self._pieces_of(int(data.segment[at]), payload, position, upto)
                at += 1
            else:
                gap = gaps[gap_at]
                upto = min(gap.stop, stop)
                yield Gap(position, upto - position, gap.reason)
                gap_at += 1
            position = upto

    def _pieces_of(self, segment: int, payload: bytes, start: int, stop: int) -> Iterator[Piece | Gap]:
        segments = self.segments
        origin = int(segments.start[segment])
        data = payload[start - origin : stop - origin]
        if data:
            row, time_ns = int(segments.rows[segment]), int(segments.time_ns[segment])
            yield Piece(start, data, int(segments.frame[segment]), row, time_ns)
        if len(data) < stop - start:
            # The spool file was truncated after it was decoded.
            yield Gap(start + len(data), stop - start - len(data), GapReason.TRUNCATED)

    def read(self, start: int, size: int) -> bytes:
        """The captured bytes from ``start`` on, at most ``size``; stops at a gap and at the end."""
        at = start - self._front_start
        if 0 <= at < _FRONT:
            front = self._front
            # Where there are fewer, what is behind them was not captured.
            if at + size <= len(front) or at < len(front) < _FRONT:
                return front[at : at + size]
        begin, near = self._near
        if begin <= start and start + size <= begin + len(near):
            return near[start - begin : start - begin + size]
        before, self._last_start = self._last_start, start
        if size > _FRONT or not 0 <= before <= start < before + _FRONT or self._is_missing(start):
            return self._read(start, size)
        near = self._read(start, _NEAR)
        self._near = start, near
        return near[:size]

    def _is_missing(self, offset: int) -> bool:
        """Whether the byte at ``offset`` was not captured."""
        at = self._data.at(offset)
        return at == len(self._data) or int(self._data.start[at]) > offset

    @cached_property
    def _front_start(self) -> int:
        """Where the first captured byte is; -1: nothing was captured."""
        return int(self._data.start[0]) if len(self._data) else -1

    @cached_property
    def _front(self) -> bytes:
        """The first bytes, up to a gap: every protocol looks at them to see whether it is its own."""
        return self._read(self._front_start, _FRONT)

    def _read(self, start: int, size: int) -> bytes:
        data, segments = self._data, self.segments
        position, stop = max(start, 0), min(start + size, self.length)
        low, high = data.at(position), int(np.searchsorted(data.start, stop, side="left"))
        parts: list[bytes] = []
        for first in range(low, high, BATCH_SEGMENTS_MOST):
            some = slice(first, min(first + BATCH_SEGMENTS_MOST, high))
            holes = np.flatnonzero(data.start[some][1:] > data.stop[some][:-1])
            if len(holes):  # as where each packet was cut: what is behind is not wanted
                some = slice(first, first + int(holes[0]) + 1)
            carriers = data.segment[some]
            is_cut = len(holes) and some.stop - some.start == 1
            payloads = self._with_next(some.start) if is_cut else self._read_payloads(segments.rows[carriers])
            places = (column.tolist() for column in (data.start[some], data.stop[some], segments.start[carriers]))
            for payload, begin, end, origin in zip(payloads, *places, strict=True):
                upto = min(end, stop)
                part = payload[position - origin : upto - origin] if begin <= position else b""
                parts.append(part)
                if len(part) < upto - position:
                    return b"".join(parts)
                position = upto
            if len(holes):
                break
        return b"".join(parts)

    def _with_next(self, one: int) -> Sequence[bytes]:
        """The payload that carries the captured range ``one``, behind which bytes are missing.

        Those of the next ranges are read, too, and kept: where each packet was cut, who looks for something asks for
        one after the other.
        """
        begin, kept = self._ahead
        if not begin <= one < begin + len(kept):
            begin, kept = (
                one,
                self._read_payloads(self.segments.rows[self._data.segment[one : one + _PREFETCHED_PACKETS]]),
            )
            self._ahead = begin, kept
        return kept[one - begin : one - begin + 1]

    # -- packets -------------------------------------------------------------------------
    @property
    def has_first_byte(self) -> bool:
        """Whether the first byte that was ever sent was captured."""
        return self.segments.from_start and bool(len(self.captured)) and int(self.captured.start[0]) == 0

    def beginning(self, most: int) -> bytes:
        """The first captured bytes, at most ``most``."""
        return self.read(int(self.captured.start[0]), most) if len(self.captured) else b""

    def heard(self, peer: ByteStream) -> I64 | None:
        """How many bytes of ``peer``'s direction each of `segments` acknowledges; None: that is not known."""
        if self.segments.acks is None:
            return None
        numbers, near = unwrapped(self.segments.acks)
        heard = numbers - peer.segments.first_seq
        heard[~near] = 0
        return peer.places_of(heard)

    def places_of(self, received: I64) -> I64:
        """Offsets here of what the peer had received when it had so many bytes of the packets' own."""
        return received

    def carrier(self, offset: int) -> int:
        """Index of the segment that first carried the byte at ``offset``, or the next that was; -1 without any."""
        at = self._carried.at(max(offset, 0))
        return int(self._carried.segment[at]) if at < len(self._carried) else -1

    def frames_of(self, start: int, stop: int) -> tuple[int, ...]:
        """Frame numbers of the packets that first carried bytes ``start … stop``, in stream order."""
        low, high = self._carried.at(max(start, 0)), int(np.searchsorted(self._carried.start, stop, side="left"))
        return tuple(dict.fromkeys(self.segments.frame[self._carried.segment[low:high]].tolist()))

    def row_at(self, offset: int) -> int:
        """The store row of the segment that first carried this byte, captured or truncated; `NO_ROW` when none did."""
        at = self._carried.at(offset)
        if at == len(self._carried) or int(self._carried.start[at]) > offset:
            return NO_ROW
        return int(self.segments.rows[self._carried.segment[at]])

    def first_ns(self, offset: int) -> int:
        """When the byte at ``offset`` first passed, in ns since the epoch; without it, as `delivered_ns`."""
        at = self._carried.at(offset)
        if at == len(self._carried) or int(self._carried.start[at]) > offset:
            return self.delivered_ns(offset)
        return int(self.segments.time_ns[self._carried.segment[at]])

    def delivered_ns(self, offset: int) -> int:
        """When every byte up to and including ``offset`` had passed the capture point, in ns since the epoch.

        The receiver's application cannot have read the byte earlier.  Bytes that were never captured are
        ignored; 0 when nothing was captured up to there.
        """
        at = int(np.searchsorted(self._carried.start, offset, side="right"))
        return self._complete_ns.at(at - 1) if at else 0

    def delivered_frame(self, offset: int) -> int:
        """The frame number with which every byte up to and including ``offset`` had passed; 0 as for `delivered_ns`."""
        at = int(np.searchsorted(self._carried.start, offset, side="right"))
        return self._complete_frame.at(at - 1) if at else 0

    def delivered_with(self, offset: int) -> int:
        """The first byte that no receiver could read before the byte at ``offset``."""
        return offset

    def firsts(self, offsets: I64) -> tuple[I64, I64]:
        """For each of ``offsets`` the frame that first carried the byte there, 0 unknown, and its `first_ns`."""
        carried, segments = self._carried, self.segments
        if not len(carried):
            return np.zeros(len(offsets), np.int64), self.deliveries(offsets)[1]
        at = np.minimum(np.searchsorted(carried.stop, offsets, side="right"), len(carried) - 1)
        by = carried.segment[at]
        frames, times = segments.frame[by].astype(np.int64), segments.time_ns[by].astype(np.int64)
        lacks = indexes_of((carried.start[at] > offsets) | (carried.stop[at] <= offsets))
        if len(lacks):
            frames[lacks], times[lacks] = 0, self.deliveries(offsets[lacks])[1]
        return frames, times

    def deliveries(self, offsets: I64) -> tuple[I64, I64]:
        """`delivered_frame` and `delivered_ns` of each of ``offsets``."""
        at = np.searchsorted(self._carried.start, offsets, side="right") - 1
        known = indexes_of(at >= 0)
        frames, times = np.zeros(len(offsets), np.int64), np.zeros(len(offsets), np.int64)
        frames[known], times[known] = self._complete_frame.of(at[known]), self._complete_ns.of(at[known])
        return frames, times

    def earliest_after(self) -> Callable[[int], int]:
        """Makes what tells when any byte from an offset on first passed, at the earliest; `NEVER_NS` without any."""
        carried = self._carried
        times = np.minimum.accumulate(self.segments.time_ns[carried.segment][::-1])[::-1]

        def earliest_ns(offset: int) -> int:
            at = carried.at(offset)
            return int(times[at]) if at < len(times) else NEVER_NS

        return earliest_ns

    @cached_property
    def _complete_frame(self) -> RunningMaximum:
        return RunningMaximum(self.segments.frame, self._carried.segment)

    @cached_property
    def _complete_ns(self) -> RunningMaximum:
        return RunningMaximum(self.segments.time_ns, self._carried.segment)

    @property
    def carriers(self) -> I32:
        """Rows of all segments that carried bytes, also as retransmissions, ascending; see `range_of_row`."""
        segments = self.segments
        return segments.rows[segments.stop > np.maximum(segments.start, 0)]

    def range_of_row(self, row: int) -> tuple[int, int] | None:
        """The bytes that the segment in ``row`` carried, also as a retransmission; None when it carried none."""
        segments = self.segments
        at = int(np.searchsorted(segments.rows, np.int32(row)))
        if at == len(segments.rows) or int(segments.rows[at]) != row:
            return None
        start, stop = max(int(segments.start[at]), 0), int(segments.stop[at])
        return (start, stop) if start < stop else None

    @property
    def secured(self) -> tuple[int, int] | None:
        """Begin and end of the TLS handshake before, in ns since the epoch; None: these are no decrypted bytes."""
        return None

    # -- copies --------------------------------------------------------------------------
    @cached_property
    def resent(self) -> int:
        """Number of captured bytes that an earlier segment had carried."""
        return int(self._again.sum())

    @cached_property
    def _again(self) -> I64:
        """Per segment, how many of its captured bytes an earlier one had carried."""
        data, segments = self._data, self.segments
        first = np.bincount(data.segment, weights=data.stop - data.start, minlength=len(segments.rows))
        held = np.maximum(segments.held - np.maximum(segments.start, 0), 0)
        return held - first.astype(np.int64)

    @cached_property
    def damaged(self) -> tuple[tuple[int, int, int], ...]:
        """Begin and end of bytes of which every copy has a wrong checksum, and the packet that carried them."""
        if not len(self.segments.damaged):
            return ()
        data = self._data
        at = indexes_of(np.isin(data.segment, self.segments.damaged))
        frames = self.segments.frame[data.segment[at]]
        return tuple(zip(data.start[at].tolist(), data.stop[at].tolist(), frames.tolist(), strict=True))

    @cached_property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Where copies of the same bytes differ.  Computed on first use, from at most `COMPARED_BYTES`.

        Segments of a single byte are left out: it may be that of a probe, which is anything (RFC 9293, 3.8.4).
        """
        found: list[Overlap] = []
        budget = COMPARED_BYTES
        for segment in np.flatnonzero(self._again)[:COMPARED_SEGMENTS].tolist():
            start = max(int(self.segments.start[segment]), 0)
            stop = int(self.segments.held[segment])
            if stop - start < 2:
                continue
            budget -= stop - start
            if budget < 0:
                break
            found.extend(self._compare(segment, start, stop))
        return tuple(found)

    def reaching_back(self, start: int, stop: int) -> dict[int, bool]:
        """Packets of bytes ``start … stop`` whose segments begin within what others had carried, as after a resend cut
        otherwise; with each, whether it has other bytes there."""
        data = self._data
        low, high = data.at(max(start, 0)), int(np.searchsorted(data.start, stop, side="left"))
        owners = data.segment[low:high]
        begins = np.maximum(self.segments.start[owners], 0)
        frames = dict.fromkeys(self.segments.frame[owners[begins < data.start[low:high]]].tolist(), False)
        if frames:
            frames |= {each.again_frame: True for each in self.overlaps if each.again_frame in frames}
        return frames

    def _compare(self, segment: int, start: int, stop: int) -> Iterator[Overlap]:
        row, origin = int(self.segments.rows[segment]), int(self.segments.start[segment])
        frame, damaged = int(self.segments.frame[segment]), segment in self.segments.damaged
        mine = self._read_payload(row)
        for piece in self.pieces(start, stop):
            if isinstance(piece, Gap) or piece.row == row:
                continue
            other = mine[piece.start - origin : piece.stop - origin]
            if other == piece.data[: len(other)]:
                continue
            size = min(len(other), len(piece.data))
            differ = indexes_of(
                np.frombuffer(other, np.uint8, size) != np.frombuffer(piece.data, np.uint8, size)
            )  # fmt: skip
            low, high = int(differ[0]), int(differ[-1]) + 1
            shown = other[low : min(high, low + OVERLAP_SHOWN)]
            yield Overlap(piece.start + low, high - low, piece.frame, frame, damaged, shown, len(differ))


def _preferred(segments: Segments, stop: I64) -> Runs:
    """For each byte the first of ``segments``, which end at ``stop``, that has it; one with a wrong sum comes last."""
    if not len(segments.damaged):
        return first_copies(segments.start, stop)
    last = np.zeros(len(stop), np.bool_)
    last[segments.damaged] = True
    order = np.argsort(last, kind="stable").astype(np.int32)
    runs = first_copies(segments.start[order], stop[order])
    return Runs(runs.start, runs.stop, order[runs.segment])


def reassemble(
    view: StreamView, side: int, read_payload: ReadPayload, live: bool = False, held: I32 | I64 | None = None,
    read_payloads: ReadPayloads | None = None, keys: KeyLog | None = None, read_segments: ReadSegments | None = None,
    decoding: Decoding | None = None,
) -> ByteStream:  # fmt: skip
    """The bytes of ``view`` that ``side`` (0 client, 1 server) sent.

    ``held``: how many payload bytes of each segment of the view were captured.  Without it they are estimated
    from the frames' lengths, which gives too few where a truncated frame had padding or a trailer behind its IP
    packet.  ``live``: more bytes may come.  ``read_payloads`` reads many at once where that is cheaper.
    ``keys``: see `ByteStream.keys`.  ``read_segments`` reads segments for their checksums, where that matters;
    without it they are not looked at.  ``decoding``: what is read on which port, whatever it begins like.
    """
    if held is None:
        lost = np.maximum(view.wire_length.astype(np.int64) - view.captured, 0)
        held = np.maximum(view.length - lost, 0)
    segments = direction_segments(view, side, held)
    if read_segments is not None and len(wrong := wrong_sums(view, side, segments, read_segments)):
        segments = segments.without_sums(wrong)
    wanted = read_as((view.server.port, view.client.port), decoding or {})
    name, port = wanted or ("", 0)
    return ByteStream(
        side, segments, read_payload, live=live, read_payloads=read_payloads, server_port=port or view.server.port,
        keys=keys, read_as=name,
    )  # fmt: skip


__all__ = [
    "ByteStream",
    "Ending",
    "Gap",
    "GapReason",
    "Gaps",
    "Overlap",
    "Piece",
    "ReadPayload",
    "reassemble",
]  # fmt: skip
