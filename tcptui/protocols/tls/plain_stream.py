"""The plain bytes of one direction of a TLS connection: a `ByteStream` that takes the place of the encrypted one.

Every protocol reads it as it reads any other.  A plain byte was carried by the packet that carried the encrypted byte
in its place (for CBC, in its block's place), and the last one of a record by the packet that completed the record; it
is delivered with its record, since no receiver reads a part of one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import I64, U8
from tcptui.protocols.stream.byte_ranges import Runs
from tcptui.protocols.stream.reassembly import ByteStream, Gap, GapReason, Gaps, Overlap, Piece
from tcptui.protocols.tls.records import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.segments import Segments
    from tcptui.protocols.tls.plain_records import PlainRecords

#: Bytes of opened records that are kept of one direction.
_MAX_STORED_BYTES: Final = 1 << 20
#: Most bytes of one record (RFC 8446, 5.1), and of what is read at once: several of them.
_READ: Final = 1 << 17
#: Ranges of captured bytes whose places are looked up at once.
_RUNS: Final = 512


class _Places:
    """Where the plain bytes stand among the encrypted ones."""

    def __init__(self, records: PlainRecords) -> None:
        self.start = np.array(records.start, np.int64)
        self.stop = np.array(records.stop, np.int64)
        self._body = np.array(records.body, np.int64)
        self._length = np.array(records.length, np.int64)
        self.is_gap = np.array(records.number, np.int64) < 0
        self.plain = np.cumsum(self._length) - self._length
        """Offset of the first plain byte of each record, or gap."""
        self.total = int(self._length.sum())

    def plain_of(self, offsets: I64) -> I64:
        """How many plain bytes are before each of these offsets in the encrypted direction."""
        if not len(self.start):
            return np.zeros(len(offsets), np.int64)
        at = np.maximum(np.searchsorted(self.start, offsets, side="right") - 1, 0)
        length = self._length[at]
        inside = np.where(offsets >= self.stop[at], length, np.clip(offsets - self._body[at], 0, length - 1))
        found: I64 = self.plain[at] + inside
        return found

    def gaps(self) -> tuple[I64, I64]:
        """Start and stop of what cannot be read, in plain bytes."""
        start = self.plain[self.is_gap]
        return start, start + self._length[self.is_gap]


class PlainStream(ByteStream):
    """The decrypted bytes of ``sealed``, whose records are ``records``."""

    is_decrypted = True

    def __init__(self, sealed: ByteStream, records: PlainRecords) -> None:
        self._sealed, self._records = sealed, records
        self._places = _Places(records)
        self._starts: list[int] = self._places.plain.tolist()
        self._opened: OrderedDict[int, bytes] = OrderedDict()
        self._kept = 0
        self._block, self._block_start = b"", 0
        """Encrypted bytes that were read last, and where they begin."""
        super().__init__(
            sealed.side, self._segments(sealed.segments), lambda _row: b"", live=sealed.live,
            server_port=sealed.server_port, read_as=sealed.read_as,
        )  # fmt: skip
        gap_start, gap_stop = self._places.gaps()
        self._data = _without(self._carried, gap_start, gap_stop)
        self.gaps = _with_gaps(self.gaps, gap_start, gap_stop)
        self.finished = sealed.finished

    def _segments(self, sealed: Segments) -> Segments:
        ends = np.array([max(sealed.fin, 0), max(sealed.acknowledged, 0)], np.int64)
        start, stop = self._places.plain_of(sealed.start), self._places.plain_of(sealed.held)
        fin, acknowledged = self._places.plain_of(ends).tolist()
        carries = np.flatnonzero(start < stop)
        start, stop = start[carries], stop[carries]
        return replace(
            sealed, rows=sealed.rows[carries], frame=sealed.frame[carries], time_ns=sealed.time_ns[carries],
            start=start, stop=stop, held=stop, fin=fin if sealed.fin >= 0 else -1,
            acknowledged=acknowledged if sealed.acknowledged >= 0 else -1,
            acks=None if sealed.acks is None else sealed.acks[carries],
        )  # fmt: skip

    # -- bytes ---------------------------------------------------------------------------
    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[Piece | Gap]:
        """See `ByteStream`."""
        stop = self.length if stop is None else min(stop, self.length)
        position = max(start, 0)
        block, block_start = b"", position
        for begin, end, frame, row, time_ns in self._carriers(position, stop):
            if begin > position:
                yield from self._gaps_between(position, min(begin, stop))
                position = begin
            upto = min(end, stop)
            if upto > block_start + len(block):
                block, block_start = self._plain(position, min(max(position + _READ, upto), stop)), position
            held = block[position - block_start : upto - block_start]
            if held:
                yield Piece(position, held, frame, row, time_ns)
            if len(held) < upto - position:
                # The spool file was truncated after it was decrypted.
                yield Gap(position + len(held), upto - position - len(held), GapReason.TRUNCATED)
            position = upto
        yield from self._gaps_between(position, stop)

    def _carriers(self, start: int, stop: int) -> Iterator[tuple[int, int, int, int, int]]:
        """The captured ranges between ``start`` and ``stop``: where each begins and ends; its frame, row and time."""
        data, segments = self._data, self.segments
        low, high = data.at(start), int(np.searchsorted(data.start, stop, side="left"))
        for first in range(low, high, _RUNS):
            some = slice(first, min(first + _RUNS, high))
            by = data.segment[some]
            columns = data.start[some], data.stop[some], segments.frame[by], segments.rows[by], segments.time_ns[by]
            yield from zip(*(column.tolist() for column in columns), strict=True)

    def _gaps_between(self, start: int, stop: int) -> Iterator[Gap]:
        at = int(np.searchsorted(self.gaps.stop, start, side="right"))
        while start < stop:
            gap = self.gaps[at]
            upto = min(gap.stop, stop)
            yield Gap(start, upto - start, gap.reason)
            start, at = upto, at + 1

    def read(self, start: int, size: int) -> bytes:
        """See `ByteStream`."""
        return self._plain(max(start, 0), min(start + size, self.length))

    def _plain(self, start: int, stop: int) -> bytes:
        """Plain bytes from ``start`` on up to ``stop``; they end early at a gap."""
        starts, numbers, lengths = self._starts, self._records.number, self._records.length
        first = at = max(bisect_right(starts, start) - 1, 0)
        behind = bisect_left(starts, stop)
        parts = []
        while at < behind and numbers[at] >= 0:
            opened = self._opened.get(at)
            if opened is None:
                opened = self._open(at, behind)
            parts.append(opened)
            if len(opened) < lengths[at]:
                break
            at += 1
        return b"".join(parts)[start - starts[first] : stop - starts[first]] if parts else b""

    def _open(self, at: int, behind: int) -> bytes:
        """The plain bytes of record ``at``, kept for the next time."""
        plain = self._opened[at] = self._unsealed(at, behind)
        self._kept += len(plain)
        while self._kept > _MAX_STORED_BYTES and len(self._opened) > 1:
            self._kept -= len(self._opened.popitem(last=False)[1])
        return plain

    def _unsealed(self, at: int, behind: int) -> bytes:
        """The plain bytes of record ``at``, when those before ``behind`` are likely to be wanted next."""
        records = self._records
        begin, end = records.start[at], records.stop[at]
        protection = records.protections[records.keys[at]]
        chained = min(protection.chained, begin)
        data = self._sealed_bytes(begin - chained, end, records.stop[behind - 1])
        before, header, fragment = data[:chained], data[chained : chained + HEADER], data[chained + HEADER :]
        plain = protection.open(records.number[at], header, fragment, before) or b""
        return plain[: records.length[at]]

    def _sealed_bytes(self, start: int, stop: int, upto: int) -> bytes:
        """The encrypted bytes ``start … stop``, read together with those up to ``upto`` that follow."""
        begin, end = start - self._block_start, stop - self._block_start
        if begin < 0 or end > len(self._block):
            self._block = self._sealed.read(start, max(stop, min(upto, start + _READ)) - start)
            self._block_start, begin, end = start, 0, stop - start
        return self._block[begin:end]

    def places_of(self, received: I64) -> I64:
        """See `ByteStream`."""
        return self._places.plain_of(self._sealed.places_of(received))

    def sealed_offset(self, offset: int) -> int:
        """Where in the encrypted direction the byte is that stands for the plain one at ``offset``."""
        at = bisect_right(self._starts, offset) - 1
        if at < 0:
            return 0
        if self._records.number[at] < 0:
            return self._records.start[at]
        return min(self._records.body[at] + offset - self._starts[at], self._records.stop[at])

    def record_ends(self, start: int, stop: int) -> list[int]:
        """The offsets between ``start`` and ``stop`` at which a record's plain bytes end."""
        return self._starts[bisect_right(self._starts, start) : bisect_left(self._starts, stop)]

    # -- packets -------------------------------------------------------------------------
    def _end_of_record(self, offset: int) -> int:
        """Offset, in the encrypted direction, of the last byte of the record with the plain byte at ``offset``."""
        at = bisect_right(self._starts, min(offset, max(self._places.total - 1, 0))) - 1
        return int(self._places.stop[at]) - 1 if at >= 0 else 0

    def delivered_with(self, offset: int) -> int:
        """See `ByteStream`: the first byte of its record."""
        at = bisect_right(self._starts, offset) - 1
        return self._starts[at] if at >= 0 else offset

    def delivered_ns(self, offset: int) -> int:
        """See `ByteStream`."""
        return self._sealed.delivered_ns(self._end_of_record(offset)) if len(self._starts) else 0

    def delivered_frame(self, offset: int) -> int:
        """See `ByteStream`."""
        return self._sealed.delivered_frame(self._end_of_record(offset)) if len(self._starts) else 0

    def deliveries(self, offsets: I64) -> tuple[I64, I64]:
        """See `ByteStream`."""
        if not len(self._starts):
            return np.zeros(len(offsets), np.int64), np.zeros(len(offsets), np.int64)
        inside = np.minimum(offsets, max(self._places.total - 1, 0))
        at = np.searchsorted(self._places.plain, inside, side="right") - 1
        return self._sealed.deliveries(np.where(at >= 0, self._places.stop[at] - 1, 0))

    @property
    def secured(self) -> tuple[int, int] | None:
        """See `ByteStream`: from the first record of this direction to the last before its first plain byte."""
        if not self._records.first_record < self._sealed.length:
            return None
        begin = self._sealed.first_ns(self._records.first_record)
        first = self._records.start[0] if self._records.start else self._sealed.length
        return begin, self._sealed.delivered_ns(max(first - 1, self._records.first_record))

    def reaching_back(self, start: int, stop: int) -> dict[int, bool]:  # noqa: ARG002 - as `overlaps`
        """None, as of `overlaps`."""
        return {}

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """None: copies that differ are seen in the encrypted bytes, of which one opens."""
        return ()


def _without(runs: Runs, start: I64, stop: I64) -> Runs:
    """``runs`` without the bytes of the disjoint, ascending ranges ``start … stop``."""
    if not len(start) or not len(runs):
        return runs
    edges = np.unique(np.concatenate((runs.start, runs.stop, start, stop)))
    begin, end = edges[:-1], edges[1:]
    at = np.minimum(np.searchsorted(runs.stop, begin, side="right"), max(len(runs) - 1, 0))
    hole = np.minimum(np.searchsorted(stop, begin, side="right"), len(start) - 1)
    held = (runs.start[at] <= begin) & (begin < runs.stop[at]) & ~((start[hole] <= begin) & (begin < stop[hole]))
    return Runs(begin[held], end[held], runs.segment[at[held]])


def _with_gaps(gaps: Gaps, start: I64, stop: I64) -> Gaps:
    """``gaps`` and the ranges ``start … stop``, which were not decrypted, joined where they overlap."""
    if not len(start):
        return gaps
    edges = np.unique(np.concatenate((gaps.start, gaps.stop, start, stop)))
    begin, end = edges[:-1], edges[1:]

    def inside(low: I64, high: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if not len(low):
            return np.zeros(len(begin), np.bool_)
        at = np.minimum(np.searchsorted(high, begin, side="right"), len(low) - 1)
        return (low[at] <= begin) & (begin < high[at])

    sealed = inside(start, stop)
    missing = sealed | inside(gaps.start, gaps.stop)
    known = np.minimum(np.searchsorted(gaps.stop, begin, side="right"), max(len(gaps) - 1, 0))
    reason: U8 = np.full(len(begin), GapReason.SEALED.value, np.uint8)
    if len(gaps):
        reason = np.where(sealed, reason, gaps.reason[known]).astype(np.uint8)
    begin, end, reason = begin[missing], end[missing], reason[missing]
    opens = np.ones(len(begin), np.bool_)
    opens[1:] = (begin[1:] != end[:-1]) | (reason[1:] != reason[:-1])
    first = np.flatnonzero(opens)
    return Gaps(begin[first], end[np.append(first[1:], len(begin)) - 1], reason[first])
