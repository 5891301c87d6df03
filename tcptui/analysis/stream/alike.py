"""Streams whose packets are alike: one view of all of them, to be judged in lockstep (`tcptui.model.lanes`).

Streams are alike where flags, directions, relative numbers, lengths, windows, options and verdicts of all segments are
the same.  Times, frame numbers, packet numbers and time stamps differ: those columns are lanes.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream.view import CUT_COLUMNS, StreamView
from tcptui.model.arrays import indexes_of
from tcptui.model.lanes import Lanes, NotInLockstepError, in_each, lanes_of, of_each, one_column
from tcptui.model.packet_store import I32, I64, U8
from tcptui.model.tcp_flags import ACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream.columns import RowBlock
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered

#: Columns that rules compare with one another: only streams that have the same ones are judged together.
_COMPARED: Final = (
    "flags", "from_server", "seq", "ack", "length", "window", "options", "verdict", "issues", "ttl", "tos",
    "mss", "captured", "wire_length", "sack_left", "sack_right", "reset_bytes", "padding", "forgotten",
)  # fmt: skip
#: The same of the stream table.
_OF_STREAM: Final = ("marks", "completeness", "payload_a", "payload_b", "scale_a", "scale_b", "client_is_b", "verdicts")
#: IP version, as `tcptui.model.flow_table.FlowTable.addresses_of` has it.
IPV6: Final = 6
#: Columns that are the same in all lanes, `end` because it follows from others; without the flag ACK, `ack` is not.
_SAME: Final = (frozenset(_COMPARED) | {"end"}) - {"ack"}
_NO_ROWS: Final = np.zeros(0, np.int32)
#: Segments of the longest stream that is compared with others: long ones are never alike.
LONGEST: Final = 256
#: Fewest streams that are worth a run of their own.
FEWEST: Final = 4
#: Most of them, so that columns stay in the processor's cache.
MOST: Final = 4_096
#: An odd multiplier: 2**64 divided by the golden ratio, as a signed number.
_ODD: Final = np.int64(0x9E37_79B9_7F4A_7C15 - (1 << 64))
#: How often what was mixed of a segment is mixed with itself.
_ROUNDS: Final = 2


def alike(gathered: Gathered, places: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Sets of `FEWEST` or more of ``places`` (in ``gathered.streams``) whose streams are alike; no stream is in two."""
    counts = gathered.ends[places] - gathered.begins[places]
    compared = (counts > 0) & (counts <= LONGEST)
    places, counts = places[compared], counts[compared]
    if len(places) < FEWEST:
        return
    segments = _Segments(gathered, places, counts)
    hashes = segments.hashes()
    order = np.argsort(hashes, kind="stable")
    sets = np.split(order, indexes_of(np.diff(hashes[order])) + 1)
    first = np.empty(len(places), np.int64)
    first[order] = np.repeat([same[0] for same in sets], list(map(len, sets)))
    # Other streams may have the same hash, by chance or on purpose.
    is_alike = segments.are_as_in(first)
    for same in sets:
        chosen = places[same[is_alike[same]]]
        for begin in range(0, len(chosen) - FEWEST + 1, MOST):
            yield chosen[begin : begin + MOST]


class _Segments:
    """What is compared of the streams at ``places`` (in ``gathered.streams``), of ``counts`` segments each."""

    def __init__(self, gathered: Gathered, places: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
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
        # Without the flag an acknowledgment number means nothing.
        acks = (block.column("flags")[rows] & ACK) != 0
        columns = [block.column(name)[rows] for name in _COMPARED if name != "ack"]
        columns.append(np.where(acks, block.column("ack")[rows], 0))
        # What is 0 in all of them tells none from another.
        self._columns = [column for column in columns if column.any()]
        self._of_stream = [getattr(block.streams, name)[streams] for name in _OF_STREAM]

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
        """Which of the streams are like that of them which is named in ``others``, a parallel array."""
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
    """The clients, or the servers, of all lanes; as `tcptui.model.endpoint.Endpoint`."""

    def __init__(
        self, table: StreamTable, numbers: I64, hosts: NDArray[np.object_], ports: I64, *, server: bool
    ) -> None:
        self._table, self._numbers, self._server = table, numbers, server
        self.host: Any = lanes_of(hosts)
        self.port: Any = lanes_of(ports)

    def __str__(self) -> str:
        raise NotInLockstepError

    @cached_property
    def address(self) -> Any:
        """As `tcptui.model.endpoint.Endpoint.address`."""
        table, numbers = self._table, self._numbers
        is_b = (table.client_is_b[numbers] != 0) != self._server
        words = table.flows.addresses_of(table.flow[numbers])[np.arange(len(numbers)), is_b.astype(np.int64)]
        whole, begins = words[:, :2].astype(">u8").tobytes(), np.where(words[:, 2] == IPV6, 0, 12).tolist()
        addresses = np.empty(len(numbers), object)
        addresses[:] = [whole[16 * lane + begin : 16 * lane + 16] for lane, begin in enumerate(begins)]
        return lanes_of(addresses)


class AlikeView(StreamView):
    """Streams that are `alike`, as the view of one stream; columns in which they differ are `Lanes`."""

    def __init__(self, gathered: Gathered, places: NDArray[np.int64]) -> None:
        """``places``: in ``gathered.streams``; streams without quotes, of which nothing is evicted."""
        block, begin, end = gathered.block, int(gathered.begins[places[0]]), int(gathered.ends[places[0]])
        self.numbers = gathered.streams[places]
        """The stream of each lane."""
        super().__init__(block, int(self.numbers[0]), begin, end, _NO_ROWS)
        self.places = places
        """Where it is among those of ``gathered``."""
        self._gathered = gathered
        self._at: I64 = gathered.begins[places] + np.arange(end - begin)[:, None]
        """Places of the segments in the block, by lane."""
        self._one = block.of_one(begin, end, int(self.numbers[0]))
        """The rows of one lane: what is computed from columns that are the same in all is computed from these."""
        table = block.streams
        self.stream = lanes_of(self.numbers)
        is_b = table.client_is_b[self.numbers] != 0
        from_a, from_b = table.min_rtt_ns_a[self.numbers], table.min_rtt_ns_b[self.numbers]
        self.irtt_ns = lanes_of(table.irtt_ns[self.numbers])
        self.min_rtt_from_client_ns = lanes_of(np.where(is_b, from_b, from_a))
        self.min_rtt_from_server_ns = lanes_of(np.where(is_b, from_a, from_b))

    @property
    def capture_end_ns(self) -> int:
        """As `StreamView.capture_end_ns`."""
        self._asked_of_end[0] = True
        newest = self.newest_ns
        last: Any = self.time_ns.max()
        until: int = in_each(self._block.watched_until, last.tolist())
        return min(newest, until)

    def _ends(self) -> tuple[Any, Any]:
        if AlikeView._ends not in self.kept:
            table, numbers = self._block.streams, self.numbers
            client, server = table.clients_and_servers(numbers)
            ends = _End(table, numbers, *client, server=False), _End(table, numbers, *server, server=True)
            self.kept[AlikeView._ends] = ends
        found: tuple[Any, Any] = self.kept[AlikeView._ends]
        return found

    @property
    def role_source(self) -> Any:
        """As `StreamView.role_source`."""
        return of_each(list(map(self._block.streams.role_source, self.numbers.tolist())))

    def some(self, chosen: NDArray[np.bool_]) -> AlikeView:
        """The view of the lanes ``chosen``, which has what this one has read of the packets."""
        some, lanes = AlikeView(self._gathered, self.places[chosen]), indexes_of(chosen)
        some._one = self._one
        for name in self.__dict__.keys() & CUT_COLUMNS:
            column = self.__dict__[name]
            some.__dict__[name] = one_column(column.each.take(lanes, 1)) if isinstance(column, Lanes) else column
        return some

    def columns_of(self, make: Callable[[RowBlock], tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
        """As `StreamView.columns_of`, where ``make`` reads what is compared alone: of all lanes it is that of one."""
        return list(self._one.made(make))

    @property
    def streams(self) -> list[int]:
        """The numbers of the streams, lane by lane."""
        found: list[int] = self.numbers.tolist()
        return found

    @property
    def rows_by_stream(self) -> I32:
        """As `StreamView.rows_by_stream`."""
        found: I32 = self._block.rows[self._at.T]
        return found

    def write_states(self, of_client: U8, of_server: U8) -> None:
        """As `StreamView.write_states`."""
        for name, states in (("state_client", of_client), ("state_server", of_server)):
            self._block.column(name)[self._at] = states.T
            self.__dict__.pop(name, None)

    def cut(self, name: str) -> Any:
        """As `StreamView.cut`."""
        if name in _SAME:
            return super().cut(name)
        return one_column(self._block.column(name).take(self._at))
