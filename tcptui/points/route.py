"""Three or more captures of the same traffic, merged hop by hop along the path, and what the points show of each other.

Each two points are merged as a pair (`tcptui.points.merge`).  Their order is that in which the packets of clients pass
them, as hops and times of each pair tell.  A packet that two points saw and one between them did not was missed by that
capture, whatever the pair alone would make of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from tcptui.points.merge import Hop, merge_captures, with_passed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I64
    from tcptui.points.segments import Mask


@dataclass(frozen=True, slots=True)
class Stretch:
    """A connection between two points that have it, with none between them that has it, too."""

    near: int
    """Index into `Route.captures` of the point nearer to the first one, …"""
    far: int
    """… and of the other."""
    pair: int
    """Of the hop between them."""


@dataclass(frozen=True, slots=True)
class Route:
    """Capture points along a path."""

    captures: tuple[OpenCapture, ...]
    """In the order of the path."""
    given: tuple[int, ...]
    """The place of each in the order in which they were given."""
    is_told: tuple[bool, ...]
    """Of each point but the first, whether packets tell that it is behind the one before; else they are as given."""
    hops: Mapping[tuple[int, int], Hop]
    """By two indexes into `captures`, the lower one first."""
    chains: tuple[tuple[Stretch, ...], ...]
    """The stretches of each connection that two points have at least; by the first point, then its stream."""

    def streams(self, chain: tuple[Stretch, ...]) -> dict[int, int]:
        """By point the stream of a connection there."""
        found = {}
        for one in chain:
            pairs = self.hops[one.near, one.far].pairs
            found[one.near], found[one.far] = int(pairs.a[one.pair]), int(pairs.b[one.pair])
        return found


def merge_route(captures: Sequence[OpenCapture], *, is_symmetric: bool = False) -> Route:
    """Merge captures that have been read to their ends, in whichever order."""
    hops = {
        (one, other): merge_captures(captures[one], captures[other], is_symmetric=is_symmetric)
        for one, other in combinations(range(len(captures)), 2)
    }
    before = {pair: _first_of(hop) for pair, hop in hops.items()}
    order = _ordered(len(captures), before)
    placed = tuple(captures[given] for given in order)
    along = {
        (near, far): hops[one, other]
        if (one, other) in hops
        else merge_captures(placed[near], placed[far], is_symmetric=is_symmetric)
        for (near, one), (far, other) in combinations(enumerate(order), 2)
    }
    told = tuple(before.get((one, other), -before.get((other, one), 0)) > 0 for one, other in pairwise(order))
    return Route(placed, tuple(order), told, _informed(along, len(placed)), tuple(_chains(along, placed)))


def _first_of(hop: Hop) -> int:
    """1: packets of clients pass the first point first, -1: the second, 0: nobody knows."""
    pairs = np.flatnonzero(hop.pairs.is_same & hop.is_placed)
    client_by_b = hop.a.streams.client_is_b[hop.pairs.a[pairs]] != 0
    first = int(np.count_nonzero(hop.goes_ab[pairs] ^ client_by_b))
    return int(np.sign(2 * first - len(pairs)))


def _ordered(count: int, before: Mapping[tuple[int, int], int]) -> list[int]:
    """Points in the order that ``before`` tells of pairs; as given where it does not, or contradicts itself."""
    left, order = list(range(count)), list[int]()
    while left:
        free = [
            point
            for point in left
            if not any(before.get((point, other), -before.get((other, point), 0)) < 0 for other in left)
        ]
        if not free:
            return list(range(count))
        # Behind the last one stands what is known to come next, so that points that are told stay together.
        last = order[-1] if order else -1
        follows = [point for point in free if before.get((last, point), -before.get((point, last), 0)) > 0]
        chosen = follows[0] if follows else free[0]
        order.append(chosen)
        left.remove(chosen)
    return order


def _informed(hops: Mapping[tuple[int, int], Hop], count: int) -> dict[tuple[int, int], Hop]:
    """``hops`` with what a third point shows: what passed before and behind a point passed it."""
    seen = {}
    for (near, far), hop in hops.items():
        seen[near, far] = _elsewhere(hop, 0)
        seen[far, near] = _elsewhere(hop, 1)
    found = {}
    for (near, far), hop in hops.items():
        passed = []
        for side, (here, there) in zip(hop.sides, ((near, far), (far, near)), strict=True):
            beyond = range(there + 1, count) if there > here else range(there)
            shown = np.zeros(len(side.segments), np.bool_)
            for third in beyond:
                place = seen[here, third]
                at = np.flatnonzero(place >= 0)
                # Of copies the third point may have another one than this pair: then nothing is sure.
                shown[at[seen[third, there][place[at]] < 0]] = True
            passed.append(shown[side.places])
        found[near, far] = with_passed(hop, (passed[0], passed[1]))
    return found


def _elsewhere(hop: Hop, here: int) -> I64:
    """Of each segment of a capture the one that it is in the other capture of ``hop``; -1 without one."""
    mine, others = (hop.links.a, hop.links.b) if here == 0 else (hop.links.b, hop.links.a)
    found = np.full(len(hop.sides[here].segments), -1)
    found[hop.sides[here].places[mine]] = hop.sides[1 - here].places[others]
    return found


def _chains(hops: Mapping[tuple[int, int], Hop], captures: Sequence[OpenCapture]) -> list[tuple[Stretch, ...]]:
    """Each connection along the points that have it: from each to the next one that has it.

    Legs continue a connection only where no point has the connection itself.
    """
    open_ahead = [np.ones(one.streams.count, np.bool_) for one in captures]
    open_behind = [np.ones(one.streams.count, np.bool_) for one in captures]
    following: dict[tuple[int, int], Stretch] = {}
    for legs in (False, True):
        for near, far in sorted(hops, key=lambda one: (one[1] - one[0], one)):
            pairs = hops[near, far].pairs
            chosen: Mask = (pairs.is_same != legs) & open_ahead[near][pairs.a] & open_behind[far][pairs.b]
            open_ahead[near][pairs.a[chosen]] = False
            open_behind[far][pairs.b[chosen]] = False
            for pair in np.flatnonzero(chosen).tolist():
                following[near, int(pairs.a[pair])] = Stretch(near, far, pair)
    chains = []
    for point, capture in enumerate(captures):
        for stream in np.flatnonzero(open_behind[point][: capture.streams.count]).tolist():
            chain, place = [], (point, stream)
            while place in following:
                stretch = following[place]
                chain.append(stretch)
                place = stretch.far, int(hops[stretch.near, stretch.far].pairs.b[stretch.pair])
            if chain:
                chains.append(tuple(chain))
    return chains
