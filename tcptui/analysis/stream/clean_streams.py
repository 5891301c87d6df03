"""Recognises ordinary short connections, many at a time, and computes where their time went.

Most connections of a large capture are alike: opened, a few messages of one segment each or none, closed by both ends,
nothing lost.  A few dozen array operations recognise thousands of them and compute their time budgets, by the rules of
`tcptui.analysis.timing.budget` and with its thresholds; everything else is left to the rules that look at one stream.
Tests compare the two: tests/analysis/test_clean_streams.py for what is found, tests/analysis/test_time_budget.py for
the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.ip_id import HINT
from tcptui.analysis.stream.table import StreamMark
from tcptui.analysis.timing.budget_parts import Part
from tcptui.analysis.timing.path_delay import are_here, ways_ns
from tcptui.analysis.timing.send_gaps import pause_ns
from tcptui.analysis.timing.stretches import OVERLAPS, SHORT, SHORT_LEAST_NS
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import SEQ_HALF
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN, TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.columns import RowBlock
    from tcptui.model.packet_store import I64

    Bools = NDArray[np.bool_]

#: Most segments of an ordinary short connection: rules about IP packet numbers and options apply to longer ones.
LONGEST: Final = SHORT
#: The fewest segments of an opening and a close.
SHORTEST: Final = 5
#: rules/findings.md#probe-connection: a check opens and closes at once; longer is a connection nobody used.
PROBE_NS: Final = 5_000_000_000
#: Duration of a connection from which on rules about speed may apply to it.
SLOW_NS: Final = SHORT_LEAST_NS
#: Such a connection is not ordinary with a gap this long before data.  It is shorter than `SLOW_NS`, because an
#: acknowledgment in between may split a wait.
PAUSE_NS: Final = 100_000_000
#: Nor is it with this many segments with data, which may have waited often.
TRANSFER: Final = 4
#: Longest time from the first FIN's acknowledgment to the second FIN; whoever closes later may have forgotten to.
PROMPT_CLOSE_NS: Final = 1_000_000_000
#: Bytes of the largest Ethernet frame; larger ones are made by offload.
LARGEST_FRAME: Final = 1_518

_KIND: Final = SYN | FIN | RST | ACK
_CONGESTED: Final = int(TcpFlag.ECE | TcpFlag.CWR)
_HARMLESS: Final = int(Verdict.WINDOW_UPDATE | Verdict.DUPLICATE_ACK | Verdict.REUSED_PORTS)
_ORDINARY_MARKS: Final = int(
    StreamMark.SYN_A | StreamMark.SYN_B | StreamMark.FIN_A | StreamMark.FIN_B | StreamMark.DATA_A | StreamMark.DATA_B
    | StreamMark.PORT_REUSED
)  # fmt: skip
#: Options that count only when both ends send them.
_NEGOTIATED: Final = int(OptionBit.WINDOW_SCALE | OptionBit.SACK_PERMITTED | OptionBit.TIMESTAMPS)
_DSACK: Final = int(OptionBit.DSACK)


class CleanStreams:
    """The ordinary streams among ``streams[asked]``; the rows of each lie in ``block`` from ``begins`` to ``ends``.

    Arrays have one entry per ordinary stream; positions are places in ``block``.
    """

    def __init__(
        self, block: RowBlock, streams: I64, begins: I64, ends: I64, asked: I64, *, lacks_bare_acks: bool
    ) -> None:
        """``lacks_bare_acks``: a filter left the bare acknowledgments out (`KindsCaptured.lacks_bare_acks`)."""
        self._block = block
        alike = asked[_alike(block, streams[asked], begins[asked], ends[asked], lacks_bare_acks=lacks_bare_acks)]
        self._take(streams, begins, ends, alike)
        closed, places = self._close()
        self._take(streams, begins, ends, alike[closed])
        self.fin, self.acknowledged, self.second, self.last = (place[closed] for place in places)
        """The first FIN, the other end's acknowledgment of it, the other FIN, the acknowledgment of that or -1."""

    def _take(self, streams: I64, begins: I64, ends: I64, chosen: I64) -> None:
        self.chosen = chosen
        """Places of the ordinary streams among those given."""
        self.stream = streams[chosen]
        self.begin = begins[chosen]
        """The SYN; SYN-ACK and the third packet follow it."""
        self.count = ends[chosen] - self.begin
        """Segments."""
        self.places, self.owner = _spread(self.begin, self.count)
        self.used = _any(self.owner, self._block.column("length")[self.places] > 0, len(chosen))
        """Whether each stream carried payload."""

    def __len__(self) -> int:
        return len(self.chosen)

    # -- how they closed --------------------------------------------------------------

    def _close(self) -> tuple[Bools, tuple[I64, I64, I64, I64]]:
        """Which streams closed in order, and promptly; and the places of the FINs and of their acknowledgments."""
        block, places, owner, number = self._block, self.places, self.owner, len(self)
        flags, server = block.column("flags")[places], block.column("from_server")[places]
        time, length = block.column("time_ns"), block.column("length")[places]
        ack, end = block.column("ack"), block.column("end")
        fins = np.flatnonzero((flags & FIN) != 0)
        of_fin = owner[fins]
        fine: Bools = np.bincount(of_fin, minlength=number) == 2
        first, second = np.zeros(number, np.int64), np.zeros(number, np.int64)
        # Of several assignments to one stream NumPy keeps the last.
        second[of_fin], first[of_fin[::-1]] = places[fins], places[fins[::-1]]
        closer = block.column("from_server")[first]
        fine &= closer != block.column("from_server")[second]
        # The second FIN acknowledges the first: neither crossed the other.
        fine &= ack[second] >= end[first]
        fine &= ~_any(owner, (places > first[owner]) & (length > 0), number)
        others = (server != closer[owner]) & (places > first[owner]) & (ack[places] >= end[first[owner]])
        acknowledged = _first_place(owner, places, others, number)
        own = (server == closer[owner]) & (places > second[owner]) & (ack[places] >= end[second[owner]])
        last = _first_place(owner, places, own, number)
        fine &= acknowledged >= 0
        fine &= time[second] - time[np.maximum(acknowledged, 0)] < PROMPT_CLOSE_NS
        fine &= self.used | (time[first] - time[self.begin] <= PROBE_NS)
        return fine, (first, acknowledged, second, last)

    # -- where the time went ----------------------------------------------------------------

    def parts(self) -> tuple[I64, Bools]:
        """`TimeBudget.parts`, one row per stream, and which rows are valid: the others need `time_budget`."""
        spent = np.zeros((len(self), len(Part)), np.int64)
        right = np.ones(len(self), np.bool_)
        if not len(self):
            return spent, right
        block, places, owner = self._block, self.places, self.owner
        server = block.column("from_server")[places]
        end = block.column("end")[places].astype(np.int64)
        flags, time = block.column("flags")[places], block.column("time_ns")[places]
        ack = block.column("ack")[places].astype(np.int64)
        sent = [_so_far(owner, end, server == side) for side in (False, True)]
        acks = (flags & ACK) != 0
        acknowledged = [_so_far(owner, ack, acks & (server == (not side))) for side in (False, True)]
        outstanding = (sent[0] > acknowledged[0]) | (sent[1] > acknowledged[1])
        before = np.where(server, np.append(-1, sent[1][:-1]), np.append(-1, sent[0][:-1]))
        opens = places - self.begin[owner]
        before[opens == 0] = -1
        fresh = np.flatnonzero((block.column("length")[places] > 0) & (end > before))
        to_client, to_server = self._delays()
        spender = _Spender(spent, to_client + to_server)

        start = np.concatenate(([0], np.cumsum(self.count)[:-1]))
        every = np.arange(len(self))
        spender.spend(every, Part.NETWORK, time[start + 2] - time[start])
        follows = np.zeros(len(fresh), np.bool_)
        follows[1:] = owner[fresh][1:] == owner[fresh][:-1]
        at = fresh[~follows]
        mine, by_server = owner[at], server[at]
        passed = time[at] - time[start[mine] + 2]
        part = np.where(by_server, Part.SERVER_THINK, Part.CLIENT_THINK)
        spender.spend(mine, part, passed, np.where(by_server, to_server[mine], 0))

        later, earlier = fresh[follows], fresh[np.flatnonzero(follows) - 1]
        mine, by_server = owner[later], server[later]
        right[mine[by_server == server[earlier]]] = False  # several segments in a row: a transfer
        overlapping = ack[later] < np.where(by_server, sent[0][later], sent[1][later])
        right[np.bincount(mine[overlapping], minlength=len(self)) >= OVERLAPS] = False
        own = np.where(by_server, to_server[mine], to_client[mine])
        trip = to_client[mine] + to_server[mine]
        there = are_here(own, trip)
        packets = np.bincount(owner, weights=server, minlength=len(self)).astype(np.int64)[mine]
        packets = np.where(by_server, packets, self.count[mine] - packets)
        # The answer may have been sent before, and lost: IP packet numbers would tell (`ip_id.numbers_missing`).
        paused = time[later] - time[later - 1] > pause_ns(trip)
        right[mine[~there & paused & (packets > HINT.steps)]] = False
        part = np.where(by_server, Part.SERVER_THINK, Part.CLIENT_THINK)
        part[overlapping] = Part.UNATTRIBUTED
        spender.spend(mine, part, time[later] - time[earlier], np.where(overlapping, trip, own))
        last = np.where(self.used, -1, start + 2)
        last[owner[fresh]] = fresh
        right[last < 0] = False
        self._rest(spender, last, outstanding)
        return spent, right

    def _rest(self, spender: _Spender, last: I64, outstanding: Bools) -> None:
        """Attribute the time from the last payload, or without any from the third packet, to the end."""
        owner, places, index = self.owner, self.places, np.arange(len(self.owner))
        flags, time = self._block.column("flags")[places], self._block.column("time_ns")[places]
        after = index >= last[owner]
        rest = np.flatnonzero(after & (index + 1 < np.cumsum(self.count)[owner]))
        mine = owner[rest]
        closing = _first_place(owner, index, after & ((flags & FIN) != 0), len(self))
        # A request without an answer, until somebody closes.
        asked = self.used & ~self._block.column("from_server")[places[last]]
        waiting = asked[mine] & ((rest < closing[mine]) | (closing[mine] < 0))
        part = np.where(waiting, Part.UNATTRIBUTED, Part.IDLE)
        spender.spend(mine, part, time[rest + 1] - time[rest], np.where(outstanding[rest], spender.trip[mine], 0))

    def _delays(self) -> tuple[I64, I64]:
        """`path_delays` of each: to the client and back, to the server and back."""
        streams, time = self._block.streams, self._block.column("time_ns")
        client_is_b = streams.client_is_b[self.stream] != 0
        from_a, from_b = streams.min_rtt_ns_a[self.stream], streams.min_rtt_ns_b[self.stream]
        opened, answered, asked = time[self.begin + 2], time[self.begin + 1], time[self.begin]
        by_server = np.where(client_is_b, from_a, from_b)
        by_client = np.where(client_is_b, from_b, from_a)
        return ways_ns(by_server, opened - answered), ways_ns(by_client, answered - asked)


class _Spender:
    """Adds times to the parts of streams."""

    def __init__(self, spent: I64, trip: I64) -> None:
        self._spent = spent
        self.trip = trip
        """The whole round trip of each stream."""

    def spend(self, streams: I64, part: I64 | Part, time_ns: I64, way_ns: I64 | int = 0) -> None:
        """``time_ns`` went to ``part``, but for ``way_ns`` of it, which went to the network."""
        way = np.minimum(way_ns, time_ns)
        cells = self._spent.reshape(-1)
        np.add.at(cells, streams * len(Part) + Part.NETWORK, way)
        np.add.at(cells, streams * len(Part) + part, time_ns - way)


def _alike(block: RowBlock, streams: I64, begins: I64, ends: I64, *, lacks_bare_acks: bool) -> I64:
    """Places of the streams that look ordinary, their close apart."""
    table, counts = block.streams, ends - begins
    fine = (counts >= SHORTEST) & (counts <= LONGEST) & ((table.marks[streams] & ~np.uint32(_ORDINARY_MARKS)) == 0)
    fine &= ((table.verdicts[streams] & ~np.uint32(_HARMLESS)) == 0) & (table.evicted[streams] == 0)
    chosen = np.flatnonzero(fine)
    if not len(chosen):
        return chosen
    begin = begins[chosen]
    places, owner = _spread(begin, counts[chosen])
    flags, kind = block.column("flags"), block.column("flags") & _KIND
    server, time = block.column("from_server"), block.column("time_ns")
    seq, ack, length = block.column("seq"), block.column("ack"), block.column("length")
    # The third packet may bring the request, or close at once.
    good = (kind[begin] == SYN) & (kind[begin + 1] == SYN | ACK) & ((kind[begin + 2] | FIN) == FIN | ACK)
    good &= ~server[begin] & server[begin + 1] & ~server[begin + 2]
    good &= (seq[begin] == 0) & (seq[begin + 1] == 0) & (ack[begin + 1] == 1)
    good &= (seq[begin + 2] == 1) & (ack[begin + 2] == 1) & (length[begin] == 0) & (length[begin + 1] == 0)
    if lacks_bare_acks:
        # Of each of its streams something is said, but of those that have one.
        good &= (length[begin + 2] == 0) & (kind[begin + 2] == ACK)
    options = block.column("options")
    good &= (options[begin] & ~options[begin + 1] & _NEGOTIATED) == 0
    # Every segment is one of an open connection …
    later = places - begin[owner]
    odd = (later > 1) & ((flags[places] & (SYN | RST | ACK)) != ACK)
    odd |= ((flags[places] & _CONGESTED) != 0) | (block.column("window")[places] == 0)
    odd |= (block.column("issues")[places] != 0) | ((options[places] & _DSACK) != 0)
    odd |= block.column("wire_length")[places] > LARGEST_FRAME
    odd |= (block.column("end")[places] >= SEQ_HALF) | ((later > 0) & (ack[places] >= SEQ_HALF))
    odd |= (block.column("verdict")[places] & ~np.uint32(_HARMLESS)) != 0
    gap = time[places] - time[np.maximum(places - 1, 0)]
    odd |= (later > 0) & (gap < 0)
    # … and no rule about speed applies.
    number, carries = len(chosen), length[places] > 0
    long = time[begin + counts[chosen] - 1] - time[begin] >= SLOW_NS
    odd |= carries & (later > 0) & (gap >= PAUSE_NS) & long[owner]
    carried = np.bincount(owner[carries], minlength=number)
    good &= ~_any(owner, odd, number) & ~(long & (carried >= TRANSFER))
    # Where one end sends no data, looking back may find that it had not taken that of the other
    # (`tcptui.analysis.correction.opening.silent_server`); one segment and an answer to it show nothing of that kind.
    one_way = (table.payload_a[streams[chosen]] == 0) | (table.payload_b[streams[chosen]] == 0)
    good &= ~one_way | (carried <= 1)
    found: I64 = chosen[good]
    return found


def _spread(begin: I64, count: I64) -> tuple[I64, I64]:
    """The places of all segments, stream by stream, and for each the index of its stream."""
    owner = np.repeat(np.arange(len(begin)), count)
    starts = np.cumsum(count) - count
    places = np.arange(len(owner)) - starts[owner] + begin[owner]
    return places, owner


def _any(owner: I64, which: Bools, number: int) -> Bools:
    """For each stream, whether any of its segments is one of ``which``."""
    found = np.zeros(number, np.bool_)
    found[owner[which]] = True
    return found


def _first_place(owner: I64, places: I64, which: Bools, number: int) -> I64:
    """The first place of each stream among ``which``; -1 without one."""
    found = np.full(number, -1, np.int64)
    chosen = np.flatnonzero(which)[::-1]
    found[owner[chosen]] = places[chosen]
    return found


def _so_far(owner: I64, numbers: I64, which: Bools) -> I64:
    """The highest of ``numbers`` among ``which``, in each stream up to and including each segment; -1 before."""
    base = owner << 33
    highest = np.maximum.accumulate(base + np.where(which, numbers + 1, 0))
    so_far: I64 = highest - base - 1
    return so_far
