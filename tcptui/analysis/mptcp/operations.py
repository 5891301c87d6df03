"""Which repeated acknowledgments tshark 4.0.17 does not count as duplicates because of MPTCP (RFC 8684, 3.3.5).

tshark records what a connection has been used for: which subtypes of options, of those up to MP_FASTCLOSE, it has seen
in any of its subflows (`Connection.uses`), from frames that it did not stop dissecting within their options.  It does
so after it has analysed the frame's sequence numbers.  With each segment whose numbers it analyses, it stores these
uses for that direction of that stream (none before the stream has a connection).  Where they differ from those stored
with the direction's previous segment, a repeated acknowledgment is not counted as a duplicate; nothing else changes.
The kernel is told so by a row flag.  `connections` decides which subflows are one connection.

Few rows can change anything: those with an option that the connection has not had, each direction's first
segment after that, and a SYN, which may begin another stream.  Only these *moments* are visited, one by one.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.kernel.columns import MPTCP_USE_CHANGED
from tcptui.analysis.mptcp.batch import MptcpBatch
from tcptui.analysis.mptcp.connections import Connection, GivenUpError, Subflow, Tokens
from tcptui.model.arrays import sorted_unique
from tcptui.model.packet_store import OptionBit, PacketStore
from tcptui.wire.mptcp_options import Subtype, mptcp_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable

# Bits of what is known of a flow.
#: A stream of the flow was a subflow.
_SUBFLOW: Final = 1
#: The connection has had a DSS option already, so that another one is no new use.
_NUMBERED: Final = 2
#: The next segment of an endpoint must be visited.
_DUE: Final = 4
#: Endpoint *a* (or, shifted by one, *b*) has used data sequence numbers of 8 bytes.
_LONG: Final = 8
_DATA_SEQUENCE: Final = 1 << Subtype.DATA_SEQUENCE
_MULTIPATH, _LONG_MAPPING, _UNREADABLE = (
    int(bit) for bit in (OptionBit.MPTCP, OptionBit.LONG_MAPPING, OptionBit.UNREADABLE)
)


class _Single(NamedTuple):
    """Columns of the batch as memoryviews, because single numbers are slow to read from arrays."""

    flow: memoryview
    from_b: memoryview
    openings: memoryview
    analysed: memoryview
    quirks: memoryview
    options: memoryview


class MptcpOperations:
    """State of the MPTCP connections seen so far; for one thread at a time.

    The cost is negligible where there is no MPTCP.
    """

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        self._store = store
        self._streams = streams
        self._known = np.zeros(0, np.uint8)
        """By flow: bits of what is known of it."""
        self._marks = self._known.data
        """`_known` as a memoryview, because single numbers are slow to read from arrays."""
        self._subflows: dict[int, Subflow] = {}
        """By flow: its newest stream."""
        self._held: dict[int, set[Connection]] = {}
        """By flow: connections of all its streams."""
        self._due: dict[int, set[int]] = {}
        """By flow: endpoints whose next segment must be visited."""
        self._tokens = Tokens()

    def __len__(self) -> int:
        """Number of known subflows."""
        return len(self._subflows)

    def mark(self, rows: slice, quirks: NDArray[np.int64], options: NDArray[np.int64]) -> None:
        """Add the effects of MPTCP to the kernel's inputs for ``rows``, the newest batch.

        These are `MPTCP_USE_CHANGED` in ``quirks``, and `OptionBit.UNREADABLE` in ``options`` where an assertion of
        tshark fails.
        """
        with_options = np.flatnonzero(options & _MULTIPATH)
        notes = self._store.multipath.between(rows.start, rows.stop)
        if not (len(with_options) or notes or self._subflows):
            return
        batch = MptcpBatch(self._store, self._streams, rows, quirks, notes, with_options)
        if len(self._known) < batch.flow_limit:
            missing = batch.flow_limit - len(self._known)
            self._known = np.concatenate((self._known, np.zeros(missing + missing // 2, np.uint8)))
            self._marks = self._known.data
        moments = self._moments(batch)
        heapq.heapify(moments)
        single = _Single(*(column.data for column in (
            batch.flow, batch.from_b, batch.openings, batch.analysed, quirks, options
        )))  # fmt: skip
        last = -1
        while moments:
            at = heapq.heappop(moments)
            if at != last:
                last = at
                for later in self._look(batch, single, at):
                    heapq.heappush(moments, later)

    def evict(self, flows: NDArray[np.int64]) -> None:
        """Evict the streams of ``flows`` that are evicted from the stream table."""
        mine = flows[flows < len(self._known)]
        mine = sorted_unique(mine[(self._known[mine] & _SUBFLOW) != 0])
        if not len(mine):
            return
        streams = self._streams
        stays = np.isin(mine, streams.flow[streams.places()])
        for flow in mine[stays].tolist():
            # Only streams before the newest one were evicted: release the connections that they were subflows of.
            current = self._subflows[flow].connection
            self._release(flow, [held for held in self._held.get(flow, ()) if held is not current])
        for flow in mine[~stays].tolist():
            self._renew(flow)
            del self._subflows[flow]
            self._release(flow, list(self._held.get(flow, ())))
        self._known[mine[~stays]] = 0

    def _release(self, flow: int, connections: list[Connection]) -> None:
        held = self._held.get(flow, set())
        for connection in connections:
            held.remove(connection)
            connection.holders -= 1
            if not connection.holders:
                self._tokens.evict(connection)
        if not held:
            self._held.pop(flow, None)

    def _moments(self, batch: MptcpBatch) -> list[int]:
        """Places in the batch that must be visited in any case."""
        flow, known = batch.flow, self._known
        moments = set(batch.noted)
        self._known[flow[batch.with_options]] |= _SUBFLOW
        self._known[flow[batch.noted]] |= _SUBFLOW
        state = known[flow]
        state[~batch.concerned] = 0
        fresh = batch.with_options[(state[batch.with_options] & _NUMBERED) == 0]
        moments.update(fresh[np.unique(flow[fresh], return_index=True)[1]].tolist())
        long = batch.long_mappings
        long = long[(state[long] & (_LONG << batch.from_b[long])) == 0]
        moments.update(long[np.unique(batch.side[long], return_index=True)[1]].tolist())
        moments.update(np.flatnonzero(batch.openings & ((state & _SUBFLOW) != 0)).tolist())
        due = (state & _DUE) != 0
        if due.any():
            for number in sorted_unique(flow[due]).tolist():
                found = (batch.next_segment(number, side, -1) for side in self._due[number])
                moments.update(at for at in found if at is not None)
        return list(moments)

    def _look(self, batch: MptcpBatch, single: _Single, at: int) -> list[int]:
        """Process the row at ``at`` as tshark does; returns further places that must be visited."""
        flow, side, options = single.flow[at], single.from_b[at], single.options[at]
        more: list[int] = []
        subflow = self._subflows.get(flow)
        if subflow is not None and single.openings[at] and batch.begins_anew(flow, at):
            self._renew(flow)
            more += self._next_numbering(batch, flow, at)
            subflow = self._subflows[flow] = Subflow()
        if subflow is not None and subflow.connection is not None and single.analysed[at]:
            uses = subflow.connection.uses
            if subflow.known_uses[side] != uses:
                subflow.known_uses[side] = uses
                single.quirks[at] |= MPTCP_USE_CHANGED
            self._settle(flow, side)
        note = batch.notes.get(batch.first + at)
        if note is None and not options & _MULTIPATH:
            return more
        if subflow is None:
            subflow = self._subflows[flow] = Subflow()
        before, ends = subflow.connection, subflow.first
        uses = _DATA_SEQUENCE
        given_up = False
        if note is not None:
            given_up = batch.is_given_up(flow, at, options)
            try:
                uses = subflow.read(mptcp_options(note), side, self._tokens)
            except GivenUpError:
                single.options[at] = options | _UNREADABLE
                given_up = True
            # One segment may pass through several connections.
            for named in self._tokens.newly:
                self._hold(flow, named)
            self._tokens.newly.clear()
        elif before is None:
            subflow.begin(side)
        if note is None and options & _LONG_MAPPING:
            subflow.number(side)
            self._marks[flow] |= _LONG << side
        connection = subflow.connection
        if connection is None:
            return more
        if connection is not before or subflow.first != ends:
            more += self._next_numbering(batch, flow, at)
        if connection is not before:
            self._attach(flow, connection, before)
            more += self._next_segments(batch, flow, at)
        if not given_up and uses & ~connection.uses:
            connection.uses |= uses
            for each in connection.flows:
                more += self._next_segments(batch, each, at)
                if uses & _DATA_SEQUENCE:
                    self._marks[each] |= _NUMBERED
        if connection.uses & _DATA_SEQUENCE:
            self._marks[flow] |= _NUMBERED
        return more

    def _attach(self, flow: int, connection: Connection, before: Connection | None) -> None:
        if before is not None:
            before.flows.discard(flow)
        connection.flows.add(flow)
        self._hold(flow, connection)

    def _hold(self, flow: int, connection: Connection) -> None:
        held = self._held.setdefault(flow, set())
        if connection not in held:
            held.add(connection)
            connection.holders += 1

    def _renew(self, flow: int) -> None:
        """Detach the newest stream of ``flow`` from its connection: it has ended; the next one is no subflow yet."""
        connection = self._subflows[flow].connection
        if connection is not None:
            connection.flows.discard(flow)
        self._due.pop(flow, None)
        self._marks[flow] = _SUBFLOW

    def _next_numbering(self, batch: MptcpBatch, flow: int, at: int) -> list[int]:
        """The next segments of ``flow`` after ``at`` whose ordinary DSS options may be a new use."""
        self._marks[flow] &= _SUBFLOW | _DUE
        found = [batch.next_long_mapping(flow, side, at) for side in (0, 1)]
        found.append(batch.next_ordinary(flow, at))
        return [place for place in found if place is not None]

    def _next_segments(self, batch: MptcpBatch, flow: int, at: int) -> list[int]:
        """The next segments of both endpoints of ``flow`` after ``at``; must be visited, also in a later batch."""
        found = [batch.next_segment(flow, side, at) for side in (0, 1)]
        self._due[flow] = {0, 1}
        self._marks[flow] |= _DUE
        return [place for place in found if place is not None]

    def _settle(self, flow: int, side: int) -> None:
        due = self._due.get(flow)
        if due is not None:
            due.discard(side)
            if not due:
                del self._due[flow]
                self._marks[flow] &= ~_DUE
