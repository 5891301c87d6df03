"""Two captures of the same traffic, merged: one hop between two capture points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.points.changes import Changed, find_changes
from tcptui.points.clock import Clocks, compare_clocks
from tcptui.points.connections import Pairs, pair_connections
from tcptui.points.delays import Spreads, spreads_by
from tcptui.points.fates import Fate, Missing, find_missing
from tcptui.points.keys import by_group
from tcptui.points.packets import Links, PacketPairing, Side, sides_of
from tcptui.points.segments import segments_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I64
    from tcptui.points.lines import F64
    from tcptui.points.segments import Mask, Segments

#: Times of a file whose clock counts microseconds are multiples of this.
_MICROSECOND_NS: Final = 1_000
#: By so much, besides, a packet may seem to arrive before it left.
_SLACK_NS: Final = 1_000
#: So many times are looked at to know that.
_SAMPLED: Final = 1_000
#: A proxy passes on what it gets within this; connections further apart carried the same bytes by themselves.
_LEGS_NS: Final = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Hop:
    """Two neighbouring capture points, paired."""

    a: OpenCapture
    b: OpenCapture
    pairs: Pairs
    sides: tuple[Side, Side]
    links: Links
    goes_ab: Mask
    """By pair: whether the packets of endpoint *a* of A's flow travel from A to B."""
    is_placed: Mask
    """By pair: whether that is known."""
    clocks: Clocks | None
    """None: no packet tells, or packets contradict each other."""
    missing: tuple[Missing, Missing]
    changes: list[list[Changed]]
    """By pair."""
    contradicting: int
    """How many pairs of connections were given up, for their packets contradict the clocks that all others agree on.

    Legs that were at other times are none of these: two transfers of the same bytes contradict nothing.
    """
    is_symmetric: bool
    """Whether somebody said that both ways take equally long."""

    def travels_ab(self, side: int, index: I64) -> Mask:
        """Whether packets of a side travel from A to B."""
        packets = self.sides[side]
        travels: Mask = self.goes_ab[packets.pair[index]] ^ packets.by_b[index]
        return travels

    def on_a(self, time_ns: I64) -> F64:
        """Times of B's clock by A's, as well as that is known; unchanged where it is not."""
        return _on_a(self.clocks, time_ns)

    def fates(self, side: int) -> NDArray[np.int8]:
        """`Fate` of each packet of a side; of what the other capture cannot have, *unknown*."""
        found = np.full(len(self.sides[side]), Fate.UNKNOWN, np.int8)
        found[self.links.b if side else self.links.a] = Fate.SEEN
        found[self.missing[side].index] = self.missing[side].fate
        return found

    @property
    def paired(self) -> tuple[I64, I64]:
        """By pair: how many packets of A, and of B, the other point saw, too."""
        counts = []
        for side, index in zip(self.sides, (self.links.a, self.links.b), strict=True):
            linked = np.zeros(len(side), np.bool_)
            linked[index] = True
            counts.append(np.bincount(side.pair[linked], minlength=len(self.pairs)))
        return counts[0], counts[1]

    @property
    def packets(self) -> tuple[I64, I64]:
        """By pair: how many packets A has, and B."""
        return self._count(0), self._count(1)

    def _count(self, side: int) -> I64:
        return np.bincount(self.sides[side].pair, minlength=len(self.pairs))

    def intervals(self) -> tuple[F64, F64]:
        """By pair: the least and the greatest offset, as its own packets bound it, in nanoseconds.

        At the time for which that of the clocks holds.  Infinite where nothing bounds it; NaN where its packets
        contradict the clocks, so that they are paired wrongly, or the clocks step.
        """
        count = len(self.pairs)
        low, high = np.full(count, -np.inf), np.full(count, np.inf)
        clocks = self.clocks
        if clocks is None or clocks.steps:
            return np.full(count, np.nan), np.full(count, np.nan)
        only = np.flatnonzero(self.links.is_only)
        in_a, in_b = self.links.a[only], self.links.b[only]
        pair = self.sides[0].pair[in_a]
        keep = self.is_placed[pair]
        in_a, in_b, pair = in_a[keep], in_b[keep], pair[keep]
        since = (self.sides[0].time_ns[in_a] - clocks.at_ns) / 1e9
        value = (self.sides[0].time_ns[in_a] - self.sides[1].time_ns[in_b]).astype(np.float64)
        # With whatever drift there may be.
        slopes = [drift * 1e9 for drift in clocks.drift_range]
        moved = np.stack([value - slope * since for slope in slopes])
        travels = self.travels_ab(0, in_a)
        np.maximum.at(low, pair[travels], moved.min(axis=0)[travels] - clocks.slack_ns)
        np.minimum.at(high, pair[~travels], moved.max(axis=0)[~travels] + clocks.slack_ns)
        wrong = low > high
        low[wrong], high[wrong] = np.nan, np.nan
        return low, high

    def delays(self) -> tuple[Spreads, Spreads]:
        """By pair: how long packets took from A to B, and from B to A.

        At least so long, for the shortest way there is may be longer than nothing; with `is_symmetric` half of the
        shortest way there and back is added to each.
        """
        count = len(self.pairs)
        in_a, in_b = self.links.a, self.links.b
        delay, pair = self.least_delays(in_a, in_b), self.sides[0].pair[in_a]
        known, travels = np.isfinite(delay), self.travels_ab(0, in_a)
        there, back = known & travels, known & ~travels
        return spreads_by(pair[there], delay[there], count), spreads_by(pair[back], delay[back], count)

    def least_delays(self, in_a: I64, in_b: I64) -> F64:
        """How long packets, as indexes into both sides, took at least, in nanoseconds; NaN: not known.

        `delays` says what that counts from.
        """
        delay = np.full(len(in_a), np.nan)
        placed = np.flatnonzero(self.is_placed[self.sides[0].pair[in_a]])
        if self.clocks is None or not len(placed):
            return delay
        in_a, in_b = in_a[placed], in_b[placed]
        time_a, time_b = self.sides[0].time_ns[in_a], self.sides[1].time_ns[in_b]
        low, high = self.clocks.bounds(time_a)
        if self.is_symmetric:
            low = high = (low + high) / 2
        difference = (time_b - time_a).astype(np.float64)
        found = np.where(self.travels_ab(0, in_a), difference + low, -difference - high)
        delay[placed] = np.where(np.isfinite(found), np.maximum(found, 0), np.nan)
        return delay


def merge_captures(first: OpenCapture, second: OpenCapture, *, is_symmetric: bool = False) -> Hop:
    """Pair the connections and packets of two captures that have been read to their ends, and compare their clocks."""
    a, b = segments_of(first), segments_of(second)
    pairs = pair_connections(a, b)
    resolution = max(map(_resolution, (first, second)))
    matched = _match(a, b, pairs, resolution)
    wrong = matched.contradicting()
    kept = ~(wrong | matched.legs_apart(first, second))
    if not kept.all():
        matched = _match(a, b, pairs.of(kept), resolution)
    pairs, sides, links, clocks = matched.pairs, matched.sides, matched.links, matched.clocks
    missing = _missing(matched, (first, second))
    changes = find_changes(a, b, pairs, sides, links, matched.goes_ab)
    return Hop(
        first, second, pairs, sides, links, matched.goes_ab, matched.is_placed, clocks, missing, changes,
        int(np.count_nonzero(wrong)), is_symmetric and clocks is not None,
    )  # fmt: skip


def with_passed(hop: Hop, passed: tuple[Mask, Mask]) -> Hop:
    """``hop`` with packets that are known to have passed the other point, though its capture has them not.

    ``passed``: of all packets of A, and of B; those that the other point saw do not matter.
    """
    index = [missing.index for missing in hop.missing]
    if not any(mask[mine].any() for mask, mine in zip(passed, index, strict=True)):
        return hop
    matched = _Matched(hop.pairs, hop.sides, hop.links, hop.goes_ab, hop.is_placed, hop.clocks)
    return replace(hop, missing=_missing(matched, (hop.a, hop.b), passed))


@dataclass(frozen=True, slots=True)
class _Matched:
    """Connections with their packets paired, and the clocks by these; fields as in `Hop`."""

    pairs: Pairs
    sides: tuple[Side, Side]
    links: Links
    goes_ab: Mask
    is_placed: Mask
    clocks: Clocks | None

    def contradicting(self) -> Mask:
        """By pair: whether most of its packets arrived before they left, by the clocks that all others agree on."""
        count = len(self.pairs)
        chosen = np.flatnonzero(self.links.is_only & self.is_placed[self.sides[0].pair[self.links.a]])
        in_a, in_b = self.links.a[chosen], self.links.b[chosen]
        time_ns, pair = self.sides[0].time_ns[in_a], self.sides[0].pair[in_a]
        offset = time_ns - self.sides[1].time_ns[in_b]
        travels = self.goes_ab[pair] ^ self.sides[0].by_b[in_a]
        if self.clocks is None:
            return _outvoted(pair, offset.astype(np.float64), travels, count)
        low, high = self.clocks.bounds(time_ns)
        slack = 2 * self.clocks.slack_ns + _SLACK_NS
        early = np.where(travels, offset > high + slack, offset < low - slack)
        return np.bincount(pair[early], minlength=count) > np.bincount(pair, minlength=count) / 2

    def legs_apart(self, first: OpenCapture, second: OpenCapture) -> Mask:
        """By pair: whether it is two legs, and the one had ended before the other began, by clocks that are known."""
        apart = ~self.pairs.is_same
        if self.clocks is None or not apart.any():
            return np.zeros(len(apart), np.bool_)
        begins, ends = [], []
        for point, (capture, streams) in enumerate(((first, self.pairs.a), (second, self.pairs.b))):
            store, rows = capture.store, (capture.streams.first_row[streams], capture.streams.last_row[streams])
            apart &= rows[0] >= store.first  # of what has left the memory no time is known
            times = [store.time_ns[np.maximum(each, store.first)] for each in rows]
            begin, end = (each if point == 0 else _on_a(self.clocks, each) for each in times)
            begins.append(begin)
            ends.append(end)
        apart &= np.maximum(*begins) - np.minimum(*ends) > _LEGS_NS
        return apart


def _missing(
    matched: _Matched, captures: tuple[OpenCapture, OpenCapture], passed: tuple[Mask, Mask] | None = None
) -> tuple[Missing, Missing]:
    """What each capture lacks of the other; ``passed`` as in `with_passed`."""
    clocks = matched.clocks
    spans = [_span(capture) for capture in captures]
    if clocks is None:
        spans = [(-np.inf, np.inf)] * 2
    else:
        begin, end = _on_a(clocks, np.array(spans[1], np.int64)).tolist()
        spans[1] = begin, end
    known = matched.is_placed & (clocks is not None)
    return find_missing(
        matched.sides, matched.links, matched.goes_ab, known, _times(matched.sides, clocks), spans,
        len(matched.pairs), passed,
    )  # fmt: skip


def _outvoted(pair: I64, offset: NDArray[np.float64], travels: Mask, count: int) -> Mask:
    """By pair: whether its own interval has not the offset that most have (Marzullo 1984); nobody where few agree."""
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(low, pair[travels], offset[travels])
    np.minimum.at(high, pair[~travels], offset[~travels])
    edges = np.concatenate((low, high + _SLACK_NS))
    opens = np.arange(2 * count) < count
    order = np.lexsort((~opens, edges))
    votes = np.cumsum(np.where(opens[order], 1, -1))
    if not count or int(votes.max()) <= count / 2:
        return np.zeros(count, np.bool_)
    best = edges[order][int(np.argmax(votes))]
    outvoted: Mask = (low > best) | (high + _SLACK_NS < best)
    return outvoted


def _match(a: Segments, b: Segments, pairs: Pairs, resolution_ns: int) -> _Matched:
    """Pair the packets of ``pairs``: what needs no clock, by these the clocks, then the rest."""
    sides = sides_of(a, b, pairs)
    pairing = PacketPairing(*sides, len(pairs))
    links = pairing.links
    goes_ab, is_placed = _placed(sides, links, len(pairs))
    clocks = _clocks(sides, links, goes_ab, is_placed, resolution_ns)
    times = _times(sides, clocks)
    if clocks is not None:
        pairing.pair_by_time(times, goes_ab)
    pairing.pair_ranges(times, goes_ab)
    links = pairing.links
    if not is_placed.all():
        # Where everything was cut, only ranges tell.
        more, found = _placed(sides, links, len(pairs))
        goes_ab, is_placed = np.where(is_placed, goes_ab, more), is_placed | found
    return _Matched(pairs, sides, links, goes_ab, is_placed, clocks)


def _placed(sides: tuple[Side, Side], links: Links, count: int) -> tuple[Mask, Mask]:
    """By pair: whether endpoint *a* is on A's side of the way, and whether anything tells.

    Hops do: a packet has more of its TTL at the first point.  Else times do, without knowing the clocks: from the
    point that is nearer to a sender, its answers are farther away.
    """
    pair, by_b = sides[0].pair[links.a], sides[0].by_b[links.a]
    hops = sides[0].column("ttl")[links.a].astype(np.int64) - sides[1].column("ttl")[links.b]
    leaning = np.bincount(pair, np.sign(np.where(by_b, -hops, hops)), minlength=count)
    used = np.bincount(pair, hops != 0, minlength=count)
    total = np.bincount(pair, minlength=count)
    by_ttl = (used >= total / 2) & (np.abs(leaning) >= used / 2) & (used > 0)
    moved = (sides[1].time_ns[links.b] - sides[0].time_ns[links.a]).astype(np.float64)
    away, back = (_median_by(pair[chosen], moved[chosen], count) for chosen in (~by_b, by_b))
    around = away - back
    by_time = np.isfinite(around) & (around != 0)
    goes_ab: Mask = np.where(by_ttl, leaning > 0, around > 0)
    return goes_ab, by_ttl | by_time


def _median_by(groups: I64, values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The median (the lower one of two) of each of ``count`` groups; NaN of an empty one."""
    found = np.full(count, np.nan)
    by_value = np.argsort(values)  # which of equal ones comes first is all one
    order = by_value[by_group(groups[by_value])]
    begins = np.searchsorted(groups[order], np.arange(count + 1))
    some = np.flatnonzero(np.diff(begins))
    found[some] = values[order][(begins[some] + begins[some + 1] - 1) // 2]
    return found


def _clocks(
    sides: tuple[Side, Side], links: Links, goes_ab: Mask, is_placed: Mask, resolution_ns: int
) -> Clocks | None:
    """The clocks by all packets of which each point saw one copy."""
    chosen = np.flatnonzero(links.is_only & is_placed[sides[0].pair[links.a]])
    in_a, in_b = links.a[chosen], links.b[chosen]
    time_ns = sides[0].time_ns[in_a]
    is_low = goes_ab[sides[0].pair[in_a]] ^ sides[0].by_b[in_a]
    return compare_clocks(time_ns, time_ns - sides[1].time_ns[in_b], is_low, resolution_ns)


def _times(sides: tuple[Side, Side], clocks: Clocks | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of each side's segments by A's clock, as well as it is known; unchanged without ``clocks``."""
    return (
        sides[0].time_ns.astype(np.float64),
        _on_a(clocks, sides[1].time_ns),
    )


def _on_a(clocks: Clocks | None, time_ns: I64) -> F64:
    """Times of B's clock by A's, as well as that is known; unchanged where it is not."""
    return (time_ns if clocks is None else clocks.on_a(time_ns)).astype(np.float64)


def _span(capture: OpenCapture) -> tuple[float, float]:
    store = capture.store
    times = store.time_ns[store.first : store.count]
    return (float(times.min()), float(times.max())) if len(times) else (0.0, 0.0)


def _resolution(capture: OpenCapture) -> int:
    """Resolution of the capture's clock, in nanoseconds."""
    store = capture.store
    times = store.time_ns[store.first : store.count][:_SAMPLED]
    return 1 if (times % _MICROSECOND_NS).any() else _MICROSECOND_NS
