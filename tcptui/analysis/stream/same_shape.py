"""Streams whose packets are alike: one view of all of them, to be judged as one batch (`tcptui.model.batched`).

Streams have the same *shape* where flags, directions, options and verdicts of all segments are the same, and the same
segments carry data.  They are *equal* where relative numbers, lengths and windows are the same, too.  What differs,
always times, frame numbers, packet numbers and time stamps, is `Batched`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream.view import CUT_COLUMNS, StreamView
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import Batched, NotBatchableError, member_values, one_column
from tcptui.model.packet_store import I32, I64, U8
from tcptui.model.tcp_flags import ACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream.columns import SegmentBlock
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered

#: Columns in which streams that are judged together are the same, …
_SHAPE: Final = (
    "flags", "from_server", "options", "verdict", "issues", "reset_bytes", "padding", "forgotten",
)  # fmt: skip
#: … and those in which streams of one shape may differ.
_NUMBERS: Final = (
    "seq", "length", "window", "ttl", "tos", "mss", "captured", "wire_length", "sack_left", "sack_right",
)  # fmt: skip
#: The same of the stream table.
_SHAPE_OF_STREAM: Final = ("marks", "completeness", "scale_a", "scale_b", "client_is_b", "verdicts")
_NUMBERS_OF_STREAM: Final = ("payload_a", "payload_b")
#: IP version, as `tcptui.model.flow_table.FlowTable.addresses_of` has it.
IPV6: Final = 6
#: Columns that are the same in all members: of streams of one shape, …
_SAME_SHAPE: Final = frozenset(_SHAPE)
#: … and of equal ones; `end` because it follows from others.  Without the flag ACK, `ack` is not.
_SAME: Final = _SAME_SHAPE | {*_NUMBERS, "end"}
_NO_ROWS: Final = np.zeros(0, np.int32)
#: Segments of the longest stream that is compared with others: long ones are never alike.
LONGEST: Final = 256
#: Fewest streams that are worth a run of their own.
FEWEST: Final = 4
#: Fewest equal streams that are worth one which streams of the same shape have no part in: that is a quicker one.
FEWEST_EQUAL: Final = 64
#: Most of them, so that columns stay in the processor's cache.
MOST: Final = 4_096
#: An odd multiplier: 2**64 divided by the golden ratio, as a signed number.
_ODD: Final = np.int64(0x9E37_79B9_7F4A_7C15 - (1 << 64))
#: How often what was mixed of a segment is mixed with itself.
_ROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class SameShape:
    """Streams that can be judged together."""

    places: I64
    """In `Gathered.streams`, ascending."""
    equal: bool
    """They have the same numbers, lengths and windows; else only their shape is the same."""


def same_shapes(gathered: Gathered, places: NDArray[np.int64]) -> Iterator[SameShape]:
    """Sets of `FEWEST` or more of ``places`` (in ``gathered.streams``) whose streams are alike; no stream is in two."""
    counts = gathered.ends[places] - gathered.begins[places]
    left = places[(counts > 0) & (counts <= LONGEST)]
    for equal, fewest in ((True, FEWEST_EQUAL), (False, FEWEST)):
        if len(left) < FEWEST:
            return
        told = [same for same in _sets(gathered, left, equal=equal) if len(same) >= fewest]
        for same in told:
            for begin in range(0, len(same) - FEWEST + 1, MOST):
                yield SameShape(same[begin : begin + MOST], equal)
        left = np.setdiff1d(left, np.concatenate((*told, left[:0])), assume_unique=True)


def _sets(gathered: Gathered, places: I64, *, equal: bool) -> list[I64]:
    """The streams at ``places``, which are short, in sets that are ``equal``, or of one shape."""
    segments = _Segments(gathered, places, gathered.ends[places] - gathered.begins[places], equal=equal)
    hashes = segments.hashes()
    order = np.argsort(hashes, kind="stable")
    sets = np.split(order, indexes_of(np.diff(hashes[order])) + 1)
    first = np.empty(len(places), np.int64)
    first[order] = np.repeat([same[0] for same in sets], list(map(len, sets)))
    # Other streams may have the same hash, by chance or on purpose.
    is_alike = segments.are_as_in(first)
    return [places[same[is_alike[same]]] for same in sets]


class _Segments:
    """What is compared of the streams at ``places`` (in ``gathered.streams``), of ``counts`` segments each."""

    def __init__(
        self, gathered: Gathered, places: NDArray[np.int64], counts: NDArray[np.int64], *, equal: bool
    ) -> None:  # fmt: skip
        """``equal``: numbers, lengths and windows are compared, too."""
        block, streams = gathered.block, gathered.streams[places]
        self._counts = counts
        self._begins = np.cumsum(counts) - counts
        """Where the segments of each stream begin in the columns."""
        total = int(counts.sum())
        self._nth = np.arange(total) - np.repeat(self._begins, counts)
        """Which segment of its stream each is."""
        first, stop = int(gathered.begins[places[0]]), int(gathered.ends[places[-1]])
        rows: Any = slice(first, stop)
        if stop - first > total:
            rows = np.repeat(gathered.begins[places], counts) + self._nth
        columns = [block.column(name)[rows] for name in (*_SHAPE, *(_NUMBERS if equal else ()))]
        if equal:
            # Without the flag an acknowledgment number means nothing.
            acks = (block.column("flags")[rows] & ACK) != 0
            columns.append(np.where(acks, block.column("ack")[rows], 0))
        else:
            columns += [block.column("length")[rows] > 0, block.column("window")[rows] > 0]
        # What is 0 in all of them tells none from another.
        self._columns = [column for column in columns if column.any()]
        names = (*_SHAPE_OF_STREAM, *(_NUMBERS_OF_STREAM if equal else ()))
        self._of_stream = [getattr(block.streams, name)[streams] for name in names]

    def hashes(self) -> NDArray[np.int64]:
        """A number for each stream, the same for streams that are alike and nearly always another one for others."""
        mixed = self._nth.copy()
        for column in self._columns:
            mixed *= _ODD
            mixed ^= column
        # Else what one segment has more would make up for what another has less.
        for _ in range(_ROUNDS):
            mixed ^= mixed >> 29
            mixed *= _ODD
        found: NDArray[np.int64] = np.add.reduceat(mixed, self._begins)
        for numbers in (*self._of_stream, self._counts):
            found *= _ODD
            found ^= numbers.astype(np.int64)
            found ^= found >> 29
        return found

    def are_as_in(self, others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mask of the streams that have the same shape as their counterpart in ``others``, a parallel array."""
        same: NDArray[np.bool_] = self._counts == self._counts[others]
        for numbers in self._of_stream:
            same &= numbers == numbers[others]
        at = np.where(np.repeat(same, self._counts), np.repeat(self._begins[others], self._counts) + self._nth, 0)
        alike_here = np.ones(len(at), np.bool_)
        for column in self._columns:
            alike_here &= column == column[at]
        found: NDArray[np.bool_] = same & np.logical_and.reduceat(alike_here, self._begins)
        return found


class _End:
    """The clients, or the servers, of all members; as `tcptui.model.endpoint.Endpoint`."""

    def __init__(
        self, table: StreamTable, numbers: I64, hosts: NDArray[np.object_], ports: I64, *, server: bool
    ) -> None:
        self._table, self._numbers, self._server = table, numbers, server
        self.host: Any = member_values(hosts)
        self.port: Any = member_values(ports)

    def __str__(self) -> str:
        raise NotBatchableError

    @cached_property
    def address(self) -> Any:
        """As `tcptui.model.endpoint.Endpoint.address`."""
        table, numbers = self._table, self._numbers
        is_b = (table.client_is_b[numbers] != 0) != self._server
        words = table.flows.addresses_of(table.flow[numbers])[np.arange(len(numbers)), is_b.astype(np.int64)]
        whole, begins = words[:, :2].astype(">u8").tobytes(), np.where(words[:, 2] == IPV6, 0, 12).tolist()
        addresses = np.empty(len(numbers), object)
        addresses[:] = [whole[16 * member + begin : 16 * member + 16] for member, begin in enumerate(begins)]
        return member_values(addresses)


class SameShapeView(StreamView):
    """Streams that are `alike`, as the view of one stream; columns in which they differ are `Batched`."""

    def __init__(self, gathered: Gathered, same: SameShape) -> None:
        """``same``: streams without quotes, of which nothing is evicted."""
        places = same.places
        block, begin, end = gathered.block, int(gathered.begins[places[0]]), int(gathered.ends[places[0]])
        self.numbers = gathered.streams[places]
        """The stream of each member."""
        super().__init__(block, int(self.numbers[0]), begin, end, _NO_ROWS)
        self.places = places
        """Where it is among those of ``gathered``."""
        self._gathered, self._equal = gathered, same.equal
        self._made: dict[Any, list[NDArray[Any]]] = {}
        """What `columns_of` made of streams that are not equal: segments by members."""
        self._at: I64 = gathered.begins[places] + np.arange(end - begin)[:, None]
        """Places of the segments in the block, by member."""
        self._one = block.of_one(begin, end, int(self.numbers[0]))
        """The rows of one member: of equal streams what is computed from columns is computed from these."""
        table = block.streams
        self.stream = member_values(self.numbers)
        is_b = table.client_is_b[self.numbers] != 0
        from_a, from_b = table.min_rtt_ns_a[self.numbers], table.min_rtt_ns_b[self.numbers]
        self.irtt_ns = member_values(table.irtt_ns[self.numbers])
        self.min_rtt_from_client_ns = member_values(np.where(is_b, from_b, from_a))
        self.min_rtt_from_server_ns = member_values(np.where(is_b, from_a, from_b))

    def _ends(self) -> tuple[Any, Any]:
        if SameShapeView._ends not in self.kept:
            table, numbers = self._block.streams, self.numbers
            client, server = table.clients_and_servers(numbers)
            ends = _End(table, numbers, *client, server=False), _End(table, numbers, *server, server=True)
            self.kept[SameShapeView._ends] = ends
        found: tuple[Any, Any] = self.kept[SameShapeView._ends]
        return found

    def some(self, chosen: NDArray[np.bool_]) -> SameShapeView:
        """The view of the members ``chosen``, which has what this one has read of the packets."""
        some, members = SameShapeView(self._gathered, SameShape(self.places[chosen], self._equal)), indexes_of(chosen)
        some._one = self._one
        some._made = {make: [column.take(members, 1) for column in made] for make, made in self._made.items()}
        for name in self.__dict__.keys() & CUT_COLUMNS:
            column = self.__dict__[name]
            some.__dict__[name] = one_column(column.each.take(members, 1)) if isinstance(column, Batched) else column
        return some

    def columns_of(self, make: Callable[[SegmentBlock], tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
        """As `StreamView.columns_of`, where ``make`` reads compared columns alone: of equal members that of one."""
        if self._equal:
            return list(self._one.made(make))
        if make not in self._made:
            members = self._at.shape[::-1]
            own = self._block.of_some(self._at.T.ravel())
            self._made[make] = [column.reshape(members).T for column in own.made(make)]
        return [one_column(column) for column in self._made[make]]

    def each(self) -> Iterator[StreamView]:
        """The view of each member's stream alone."""
        return map(self._gathered.view, self.places.tolist())

    @property
    def streams(self) -> list[int]:
        """The numbers of the streams, member by member."""
        found: list[int] = self.numbers.tolist()
        return found

    @property
    def rows_by_stream(self) -> I32:
        """As `StreamView.rows_by_stream`."""
        found: I32 = self._block.rows[self._at.T]
        return found

    def set_segment_states(self, of_client: U8, of_server: U8) -> None:
        """As `StreamView.set_segment_states`."""
        for name, states in (("state_client", of_client), ("state_server", of_server)):
            self._block.column(name)[self._at] = states.T
            self.__dict__.pop(name, None)

    def cut(self, name: str) -> Any:
        """As `StreamView.cut`."""
        if name in (_SAME if self._equal else _SAME_SHAPE):
            return super().cut(name)
        return one_column(self._block.column(name).take(self._at))
