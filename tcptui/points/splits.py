"""Where the wait for an answer passed: on the way there, beyond the far point, on the way back.

The near point is the one that a client's packets pass first.  It sees a request leave and the answer come back; the far
one sees the request arrive and the answer leave.  Each is a difference of times of one clock, so what lies between both
points is exact: the near one's time less the far one's.  How much of that is the way there is known only as closely as
the offset of the clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.tcp_flags import ACK, SYN
from tcptui.points.fates import Fate
from tcptui.points.keys import by_group, found_among
from tcptui.points.numbers import NEVER, first_seen, way_of

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.points.lines import F64
    from tcptui.points.merge import Hop
    from tcptui.points.numbers import Way
    from tcptui.points.packets import Side
    from tcptui.points.segments import Mask

#: By so much an answer may seem to be faster between the points than light, where clocks count microseconds.
_SLACK_NS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Splits:
    """Waits for answers, a row each; by pair, then time."""

    pair: I64
    is_opening: Mask
    """Whether it is the SYN that was answered; else the last data that a client sent before the server's first."""
    near: I64
    """0: the client is on A's side, 1: on B's."""
    asked_a: I64
    """Index into A's side of the packet with which all of the request had passed there, …"""
    asked_b: I64
    """… and into B's; …"""
    answered_a: I64
    """… of the packet with the first byte of the answer at A, …"""
    answered_b: I64
    """… and at B."""
    total_ns: I64
    """The wait at the near point."""
    beyond_ns: F64
    """How long it was at the far point."""
    there_low_ns: F64
    """The least and …"""
    there_high_ns: F64
    """… the most that the request took from the near point to the far one, …"""
    back_low_ns: F64
    """… and the answer back.  Least and most are equal with `Hop.is_symmetric`."""
    back_high_ns: F64
    is_resent: Mask
    """Whether a copy of either was lost between the points."""

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def ways_ns(self) -> F64:
        """There and back together, exactly."""
        return self.total_ns - self.beyond_ns

    def of(self, chosen: Mask | I64) -> Splits:
        """The ``chosen`` ones, in that order."""
        return Splits(*(getattr(self, column.name)[chosen] for column in fields(self)))


def split_waits(hop: Hop) -> Splits:
    """The waits that both points saw begin and end; none without clocks."""
    way = way_of(hop.sides, len(hop.pairs))
    # Most hops have all clients on one side.
    points = [near for near in (0, 1) if _has_client(hop, near).any()] or [0]
    parts = [_split(hop, way, near, _asked(hop, way, near)) for near in points]
    whole = Splits(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Splits)))
    return whole.of(np.lexsort((whole.asked_a, whole.pair)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Requests by the numbers of their bytes, as `Way.numbers` has them."""

    pair: I64
    is_opening: Mask
    begin: I64
    end: I64
    answer: I64
    """Number of the answer's first byte."""


def _client_by_b(hop: Hop) -> Mask:
    """By pair: whether endpoint *b* of A's flow is the client."""
    is_client: Mask = hop.a.streams.client_is_b[hop.pairs.a] != 0
    return is_client


def _has_client(hop: Hop, near: int) -> Mask:
    """By pair: whether its client is beside the point ``near``, as far as that is known."""
    has: Mask = hop.is_placed & ((hop.goes_ab ^ _client_by_b(hop)) == (near == 0)) & (hop.clocks is not None)
    return has


def _asked(hop: Hop, way: Way, near: int) -> _Asked:
    """What clients beside the point ``near`` asked and were answered there."""
    side = hop.sides[near]
    client_by_b, is_near = _client_by_b(hop), _has_client(hop, near)
    of_way, begin, end = way.numbers(side)
    by_client = side.by_b == client_by_b[side.pair]
    # Openings.
    opens = is_near[side.pair] & ((side.flags & np.uint16(SYN)) != 0)
    answers = (side.column("flags") & np.uint16(ACK)) != 0
    syns, syn_acks = np.flatnonzero(opens & by_client & ~answers), np.flatnonzero(opens & ~by_client & answers)
    pairs, first = np.unique(side.pair[syns], return_index=True)
    answered, first_answer = np.unique(side.pair[syn_acks], return_index=True)
    both, of_syn, of_answer = np.intersect1d(pairs, answered, assume_unique=True, return_indices=True)
    opening, opened = begin[syns[first[of_syn]]], begin[syn_acks[first_answer[of_answer]]]
    # Turns: data that is new, in the order in which it passed.
    data = np.flatnonzero(is_near[side.pair] & (side.length > 0))
    data = data[by_group(of_way[data])]
    highest = np.maximum.accumulate(end[data])  # directions ascend, so none reaches into the next one
    before = np.append(np.int64(-1), highest[:-1])[: len(data)]
    is_new = end[data] > before
    new, from_byte = data[is_new], np.maximum(begin[data], before)[is_new]
    order = np.argsort(side.pair[new] << 32 | new)
    new, from_byte = new[order], from_byte[order]
    pair, asks = side.pair[new], by_client[new]
    stays = np.append(False, (pair[1:] == pair[:-1]) & (asks[1:] == asks[:-1]))[: len(new)]
    starts = np.maximum.accumulate(np.where(stays, 0, np.arange(len(new))))
    turns = np.flatnonzero(asks[:-1] & ~asks[1:] & (pair[1:] == pair[:-1]))
    return _Asked(
        np.concatenate((both, pair[turns])), np.arange(len(both) + len(turns)) < len(both),
        np.concatenate((opening, begin[new[starts[turns]]])), np.concatenate((opening + 1, end[new[turns]])),
        np.concatenate((opened, from_byte[turns + 1])),
    )  # fmt: skip


def _seen_far(way: Way, near: Side, far: Side, asked: _Asked) -> tuple[I64, I64]:
    """Index into ``far`` of the segment with which all of each request was there, and of its answer's first byte.

    `NEVER` where that was not seen.
    """
    _, begin, end = way.numbers(near)
    borders = sorted_unique(end[end > begin])
    places = first_seen(way, far, np.concatenate((borders, asked.end, asked.answer + 1)))
    seen, left = np.append(places[: len(places) - len(asked.answer)], 0), places[len(places) - len(asked.answer) :]
    low = np.searchsorted(borders, asked.begin, "right")
    high = np.searchsorted(borders, asked.end, "right")
    found = seen[len(borders) : -1].copy()
    some = np.flatnonzero(high > low)
    if len(some):
        spans = np.stack((low[some], high[some]), axis=1).ravel()
        found[some] = np.maximum(found[some], np.maximum.reduceat(seen, spans)[::2])
    return found, left


def _split(hop: Hop, way: Way, here: int, asked: _Asked) -> Splits:
    near, far = hop.sides[here], hop.sides[1 - here]
    out, back = np.split(first_seen(way, near, np.append(asked.end, asked.answer + 1)), 2)
    arrived, left = _seen_far(way, near, far, asked)
    places = [out, arrived, left, back]
    kept = np.flatnonzero(np.all([place != NEVER for place in places], axis=0))
    out, arrived, left, back = (place[kept] for place in places)
    fates = hop.fates(here), hop.fates(1 - here)
    # Both points saw what came, and of what went only copies that were lost afterwards are not at the other one.
    fits = (fates[1][arrived] == Fate.SEEN) & (fates[0][back] == Fate.SEEN)
    fits &= np.isin(fates[0][out], (Fate.SEEN, Fate.LOST_BETWEEN))
    fits &= np.isin(fates[1][left], (Fate.SEEN, Fate.LOST_BETWEEN))
    total = near.time_ns[back] - near.time_ns[out]
    fits &= (total >= 0) & (far.time_ns[left] >= far.time_ns[arrived])
    kept, out, arrived, left, back, total = (each[fits] for each in (kept, out, arrived, left, back, total))
    there, returned, ways = _ways(hop, here, (out, arrived), (left, back))
    at_a = (out, back) if here == 0 else (arrived, left)
    fits = (ways >= -_SLACK_NS) & (ways <= total + _SLACK_NS)
    if hop.clocks is not None:
        fits &= hop.clocks.surely_step_free(*(hop.sides[0].time_ns[index] for index in at_a))
    ways = np.clip(ways, 0, total)
    halves = [(np.clip(low, 0, ways), np.clip(high, 0, ways)) for low, high in (there, returned)]
    linked = hop.links.a << 32 | hop.links.b
    is_resent = np.zeros(len(out), np.bool_)
    for pair in ((out, arrived), (back, left)):
        in_a, in_b = pair if here == 0 else pair[::-1]
        is_resent |= ~found_among(in_a << 32 | in_b, linked)
    asked_a, asked_b = (out, arrived) if here == 0 else (arrived, out)
    answered_a, answered_b = (back, left) if here == 0 else (left, back)
    found = Splits(
        asked.pair[kept], asked.is_opening[kept], np.full(len(kept), here), asked_a, asked_b, answered_a, answered_b,
        total, total - ways, *halves[0], *halves[1], is_resent,
    )  # fmt: skip
    return found.of(fits)


def _ways(
    hop: Hop, here: int, out: tuple[I64, I64], back: tuple[I64, I64]
) -> tuple[tuple[F64, F64], tuple[F64, F64], F64]:  # fmt: skip
    """The least and the most of the way there, and of the way back, as far as the clocks tell; and both together.

    ``out``, ``back``: each request and its answer as indexes, that of the point passed first before the other's.
    """
    ways = []
    both = np.zeros(len(out[0]))
    for first, (earlier, later) in ((here, out), (1 - here, back)):
        times = hop.sides[first].time_ns[earlier], hop.sides[1 - first].time_ns[later]
        low, high = _offsets(hop, times[first])
        known = np.where(np.isfinite(low), low, high)
        took = (times[1] - times[0]).astype(np.float64)
        # Added to B's clock the offset gives A's: what comes from A took longer by it, what comes from B shorter.
        ways.append((took + low, took + high) if first == 0 else (took - high, took - low))
        both += took + (known if first == 0 else -known)
    return ways[0], ways[1], both


def _offsets(hop: Hop, time_ns: I64) -> tuple[F64, F64]:
    """The least and the greatest offset at times of A."""
    if hop.clocks is None:
        return np.zeros(len(time_ns)), np.zeros(len(time_ns))
    low, high = hop.clocks.bounds(time_ns)
    if hop.is_symmetric:
        low = high = np.where(np.isfinite(low + high), (low + high) / 2, np.where(np.isfinite(low), low, high))
    return low, high
