"""The packets of a merged pair of captures, as those who ask about a finding's evidence look at them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.tcp_flags import ACK, RST, SYN
from tcptui.points.fates import Fate
from tcptui.points.keys import by_group, mixed
from tcptui.points.numbers import first_acknowledged, way_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.merge import Hop
    from tcptui.points.segments import Mask


class PointEvidence:
    """The packets of one side of a hop, with what the other point says of each; indexes are into the side."""

    def __init__(self, hop: Hop, here: int) -> None:
        self.hop, self.here = hop, here
        self.side, self.other = hop.sides[here], hop.sides[1 - here]
        self.fate = hop.fates(here)
        """`Fate` of each."""
        self._way = way_of(hop.sides, len(hop.pairs))
        self.has_missed = bool((hop.missing[1 - here].fate == Fate.NOT_CAPTURED).any())
        """Whether the capture of this point is shown to lack packets that passed it."""

    @cached_property
    def flags(self) -> NDArray[np.uint16]:
        """All flags of each."""
        found: NDArray[np.uint16] = self.side.column("flags")
        return found

    @cached_property
    def leaves(self) -> Mask:
        """Whether each passed this point first."""
        found: Mask = self.hop.travels_ab(self.here, np.arange(len(self.side))) == (self.here == 0)
        return found

    @cached_property
    def linked(self) -> I64:
        """The first packet of the other side that each is, or is a part of; -1 without one."""
        mine, others = self._sorted_links
        found = np.full(len(self.side), -1, np.int64)
        found[mine[::-1]] = others[::-1]  # the first one is written last
        return found

    @property
    def numbers(self) -> tuple[I64, I64]:
        """The first number of each, and the one behind its last, beside its direction (`Way.numbers`)."""
        return self._numbers_here[1:]

    @property
    def way(self) -> I64:
        """The direction of each: pair x 2 + endpoint."""
        return self._numbers_here[0]

    @cached_property
    def _numbers_here(self) -> tuple[I64, I64, I64]:
        return self._way.numbers(self.side)

    @cached_property
    def acknowledged_there(self) -> I64:
        """The first packet of the other side that acknowledges all of each; `NEVER` without one."""
        return first_acknowledged(self._way, self.other, self.numbers[1])

    def earlier_copies(self, index: int) -> I64:
        """The packets before it that carry its last byte, ascending."""
        begin, end = self.numbers
        mine = self.of_pair(int(self.side.pair[index]))
        mine = mine[: int(np.searchsorted(mine, index))]
        found: I64 = mine[(begin[mine] < end[index]) & (end[index] <= end[mine])]
        return found

    @cached_property
    def _numbers_there(self) -> tuple[I64, I64, I64]:
        return self._way.numbers(self.other)

    def carrier_there(self, index: int, last_byte_of: int) -> int:
        """The packet of the other side that a packet is, or is cut into, and that has that byte; -1 without one."""
        end = self.numbers[1][last_byte_of]
        _, begins, ends = self._numbers_there
        others = self._links_of(index)
        others = others[(begins[others] < end) & (end <= ends[others])]
        return int(others[0]) if len(others) else -1

    @cached_property
    def takes(self) -> Mask:
        """Whether each takes sequence numbers."""
        begin, end = self.numbers
        found: Mask = end > begin
        return found

    @cached_property
    def _sorted_links(self) -> tuple[I64, I64]:
        mine, others = self.hop.links.a, self.hop.links.b
        if self.here:
            mine, others = others, mine
        packed = np.sort(mine << 32 | others)
        return packed >> 32, packed & 0xFFFF_FFFF

    def _links_of(self, index: int) -> I64:
        mine, others = self._sorted_links
        begin, end = np.searchsorted(mine, (index, index + 1))
        found: I64 = others[begin:end]
        return found

    @cached_property
    def _by_pair(self) -> tuple[I64, I64]:
        order = by_group(self.side.pair)
        return order, np.searchsorted(self.side.pair[order], np.arange(len(self.hop.pairs) + 1))

    def of_pair(self, pair: int) -> I64:
        """All of one connection, ascending."""
        order, begins = self._by_pair
        return order[begins[pair] : begins[pair + 1]]

    @cached_property
    def _frames(self) -> NDArray[np.int64]:
        return self.side.column("frame").astype(np.int64)

    def find(self, pair: int, frames: Iterable[int]) -> I64:
        """The packets with ``frames``, as far as they belong to the connection, ascending."""
        mine = self.of_pair(pair)
        return mine[np.isin(self._frames[mine], np.fromiter(frames, np.int64))]

    def frames(self, index: Iterable[int] | I64) -> tuple[int, ...]:
        """The frames of packets, ascending."""
        return tuple(sorted(self._frames[np.fromiter(index, np.int64)].tolist()))

    @cached_property
    def _hosts(self) -> NDArray[np.uint64]:
        """By pair a key of both addresses, whichever ports."""
        capture = self.side.segments.capture
        streams = self.hop.pairs.b if self.here else self.hop.pairs.a
        return mixed(*capture.flows.keys(capture.streams.flow[streams].astype(np.int64)).T[:4])

    @cached_property
    def _hosts_from_beyond(self) -> frozenset[int]:
        """`_hosts` of connections of which the other capture has data or ACKs that came through it to this point."""
        came = (self.fate == Fate.SEEN) & ~self.leaves & self.acknowledges(np.arange(len(self.side)))
        return frozenset(self._hosts[self.side.pair[came]].tolist())

    def has_from_beyond(self, pair: int) -> bool:
        """Whether the other capture has what comes through it to this point between the same hosts."""
        return int(self._hosts[pair]) in self._hosts_from_beyond

    def _way_keys(self, streams: I64, from_b: Mask) -> NDArray[np.uint64]:
        """Keys of both addresses, the direction and the port it goes to."""
        capture = self.side.segments.capture
        flows = capture.streams.flow[streams].astype(np.int64)
        of_a, of_b = capture.flows.ports(flows.astype(np.int32))
        return mixed(*capture.flows.keys(flows).T[:4], from_b, np.where(from_b, of_a, of_b))

    @cached_property
    def _ways_there(self) -> frozenset[int]:
        """`_way_keys` of the packets that leave this point and were seen at the other."""
        left = np.flatnonzero((self.fate == Fate.SEEN) & self.leaves)
        places = self.side.places[left]
        segments = self.side.segments
        keys = self._way_keys(segments.stream[places].astype(np.int64), segments.from_b(places))
        return frozenset(keys.tolist())

    def had_to_pass(self, stream: int, frames: Iterable[int]) -> tuple[int, ...]:
        """Those of ``frames`` of a connection of this capture alone that the other one had to have.

        It has others from and to the same hosts and port, from before and from after them.
        """
        segments = self.side.segments
        places = np.flatnonzero(segments.stream == stream)
        places = places[np.isin(segments.column("frame", places), np.fromiter(frames, np.int64))]
        seen = self.side.time_ns[(self.fate == Fate.SEEN) & self.leaves]
        if not len(places) or not len(seen):
            return ()
        # Behind a translator it may be there under other names, and where numbers are rewritten nothing names it.
        others = self.other.segments
        numbers = others.column("seq")[(others.column("flags") & np.uint16(SYN)) != 0]
        if self.hop.pairs.shift.any() or np.isin(segments.column("seq", places), numbers).any():
            return ()
        keys = self._way_keys(np.full(len(places), stream), segments.from_b(places))
        times = segments.column("time_ns", places)
        inside = (times > seen.min()) & (times < seen.max())
        if not self._ways_there.issuperset(keys.tolist()):
            return ()
        return tuple(segments.column("frame", places[inside]).tolist())

    def is_syn(self, index: I64) -> Mask:
        """Whether each is a SYN without an ACK."""
        found: Mask = (self.flags[index] & np.uint16(SYN | ACK)) == SYN
        return found

    def is_syn_ack(self, index: I64) -> Mask:
        """Whether each is a SYN-ACK."""
        found: Mask = (self.flags[index] & np.uint16(SYN | ACK)) == (SYN | ACK)
        return found

    def is_reset(self, index: I64) -> Mask:
        """Whether each is a RST."""
        found: Mask = (self.flags[index] & np.uint16(RST)) != 0
        return found

    def acknowledges(self, index: I64) -> Mask:
        """Whether each has an ACK number and is no SYN."""
        found: Mask = (self.flags[index] & np.uint16(ACK | SYN | RST)) == ACK
        return found
