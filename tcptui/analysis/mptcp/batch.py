"""Lookups in the rows of a batch for `operations`: which segment comes next in a flow, which SYN begins a stream."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.kernel.columns import NO_ROOM
from tcptui.model.packet_store import OptionBit, PacketStore, RowKind
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import ACK, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.mptcp_options import MptcpOptionBytes

_UNREADABLE, _EMPTY_SACK = int(OptionBit.UNREADABLE), int(OptionBit.EMPTY_SACK)
#: Lookup keys are one number: a flow, or one endpoint of it, above this many bits for a place in the batch.
_PLACE_BITS: Final = 30
_PLACE: Final = (1 << _PLACE_BITS) - 1


class MptcpBatch:
    """The decoded rows of a batch; a *place* is a row's number counted from the batch's first row."""

    def __init__(
        self,
        store: PacketStore,
        streams: StreamTable,
        rows: slice,
        quirks: NDArray[np.int64],
        notes: dict[int, MptcpOptionBytes],
        with_options: NDArray[np.int64],
    ) -> None:
        self._store, self._streams, self._rows = store, streams, rows
        self.first = rows.start
        self.quirks = quirks
        """The kernel's row flags."""
        self.notes = notes
        """TCP option bytes of segments that have MPTCP options other than whole DSS ones, by row."""
        self.noted = [row - rows.start for row in notes]
        """Places of the rows in `notes`."""
        self.flow = store.flow[rows].astype(np.int64)
        self.from_b = store.from_b[rows]
        kind, flags = store.kind[rows], store.flags[rows]
        is_segment = kind == RowKind.TCP
        self.concerned = is_segment | (kind == RowKind.ICMP_QUOTE)
        """Rows that belong to a stream."""
        self.analysed = is_segment & ((quirks & NO_ROOM) == 0)
        """Rows whose sequence numbers tshark analyses."""
        self.openings = self.concerned & ((flags & (SYN | ACK)) == SYN)
        """SYNs without ACK."""
        self.with_options = np.setdiff1d(with_options, self.noted, assume_unique=True)
        """Places of segments whose only MPTCP options are whole DSS options."""
        self.long_mappings = self.with_options[(store.options[rows][self.with_options] & OptionBit.LONG_MAPPING) != 0]
        """Those of them with data sequence numbers of 8 bytes."""
        self.side = 2 * self.flow + self.from_b
        """A number for the flow's endpoint that sent the row."""
        self._walks: dict[int, _Walk] = {}

    @property
    def flow_limit(self) -> int:
        """All flow ids are below it."""
        return len(self._streams.flows)

    @cached_property
    def _segments(self) -> memoryview:
        return self._sorted(self.side, np.flatnonzero(self.analysed))

    @cached_property
    def _ordinary(self) -> memoryview:
        return self._sorted(self.flow, self.with_options)

    @cached_property
    def _long(self) -> memoryview:
        return self._sorted(self.side, self.long_mappings)

    @cached_property
    def _all(self) -> memoryview:
        return self._sorted(self.flow, np.flatnonzero(self.concerned))

    @staticmethod
    def _sorted(of: NDArray[np.int64], places: NDArray[np.int64]) -> memoryview:
        """The sorted lookup keys of ``places``; a memoryview, because single numbers are slow to read from arrays."""
        return np.sort(of[places] << _PLACE_BITS | places).data

    def next_segment(self, flow: int, side: int, at: int) -> int | None:
        """The next analysed segment of endpoint ``side`` of ``flow`` after ``at``."""
        return _next_place(self._segments, 2 * flow + side, at)

    def next_ordinary(self, flow: int, at: int) -> int | None:
        """The next segment of ``flow`` after ``at`` in `with_options`."""
        return _next_place(self._ordinary, flow, at)

    def next_long_mapping(self, flow: int, side: int, at: int) -> int | None:
        """The next segment of endpoint ``side`` of ``flow`` after ``at`` in `long_mappings`."""
        return _next_place(self._long, 2 * flow + side, at)

    def begins_anew(self, flow: int, at: int) -> bool:
        """Whether the SYN at ``at`` begins another stream of ``flow`` (rules/tcp-analysis.md#2-streams)."""
        return self._walk(flow, at).fresh

    def is_given_up(self, flow: int, at: int, options: int) -> bool:
        """Whether tshark stops dissecting the frame within its ``options`` (rules/tcp-analysis.md#9-options)."""
        if options & _UNREADABLE:
            return True
        if not options & _EMPTY_SACK:
            return False
        row = self.first + at
        ack = int(self._store.ack[row])
        if self.analysed[at] and self._store.flags[row] & ACK:
            ack = (ack - self._walk(flow, at).bases[1 - int(self.from_b[at])]) & SEQ_MASK
        return ack <= SEQ_HALF

    def _walk(self, flow: int, at: int) -> _Walk:
        """Follow the sequence numbers of ``flow`` up to ``at``, which must not be before that of the last call."""
        walk = self._walks.get(flow)
        if walk is None:
            begin, end = (bisect_left(self._all, number << _PLACE_BITS) for number in (flow, flow + 1))
            walk = self._walks[flow] = _Walk([key & _PLACE for key in self._all[begin:end]], self._bases(flow))
        store, first = self._store, self.first
        while walk.taken < len(walk.places) and walk.places[walk.taken] <= at:
            place = walk.places[walk.taken]
            row = first + place
            numbers = int(store.seq[row]), int(store.ack[row])
            walk.take(int(self.from_b[place]), int(store.flags[row]), *numbers, bool(self.analysed[place]))
        return walk

    def _bases(self, flow: int) -> list[int]:
        stream = int(self._newest[flow])
        if stream < 0:
            return [-1, -1]
        return [int(self._streams.base_a[stream]), int(self._streams.base_b[stream])]

    @cached_property
    def _newest(self) -> NDArray[np.int32]:
        """By flow: its newest stream before this batch, or -1."""
        streams = self._streams
        newest = np.full(self.flow_limit, -1, np.int32)
        kept = streams.listed()
        newest[streams.flow[kept]] = kept
        return newest


class _Walk:
    """Follows what relative numbers of both endpoints of a flow count from, segment by segment, as the kernel does."""

    def __init__(self, places: list[int], bases: list[int]) -> None:
        self.places = places
        self.taken = 0
        self.bases = bases
        self.fresh = False
        """Whether the last one taken began another stream."""

    def take(self, side: int, flags: int, seq: int, ack: int, analysed: bool) -> None:
        bases = self.bases
        self.taken += 1
        self.fresh = flags & (SYN | ACK) == SYN and bases[side] >= 0 and seq != bases[side]
        if self.fresh:
            bases[:] = -1, -1
        if flags & (SYN | ACK) == SYN | ACK and bases[side] >= 0:
            bases[side] = seq
        if analysed:
            if bases[side] < 0:
                bases[side] = seq if flags & SYN else (seq - 1) & SEQ_MASK
            if bases[1 - side] < 0 and flags & ACK:
                bases[1 - side] = (ack - 1) & SEQ_MASK


def _next_place(keys: memoryview, of: int, at: int) -> int | None:
    found = bisect_left(keys, of << _PLACE_BITS | at + 1)
    if found == len(keys) or keys[found] >> _PLACE_BITS != of:
        return None
    return keys[found] & _PLACE
