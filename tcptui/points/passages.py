"""The packets of one pair of connections as both points saw them: where each passed, when, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.points.fates import Fate

if TYPE_CHECKING:
    from tcptui.points.merge import Hop


class Passage(NamedTuple):
    """One packet between the points."""

    time_ns: float
    """When it passed the first point that saw it, by A's clock."""
    from_a: bool
    """Whether it travels from A to B."""
    frames: tuple[int, int]
    """Its numbers in the files of A and of B; 0 where that point has not got it."""
    fate: Fate
    """*Seen* for a packet of both points."""
    flags: int
    length: int


def passages_of(hop: Hop, pair: int) -> list[Passage]:
    """The packets of ``pair`` by time; empty where nothing shows which point is nearer to which end.

    What was cut or joined between stands once for each packet of A.
    """
    if not hop.is_placed[pair] or not hop.pairs.is_same[pair]:
        return []
    found: list[Passage] = []
    index = [np.flatnonzero(side.pair == pair) for side in hop.sides]
    links = hop.links
    mine = np.flatnonzero(np.isin(links.a, index[0]))
    twin = dict(zip(links.a[mine].tolist(), links.b[mine].tolist(), strict=True))
    linked_b = set(links.b[mine].tolist())
    frames = [side.column("frame") for side in hop.sides]
    times = [hop.sides[0].time_ns.astype(np.float64), hop.on_a(hop.sides[1].time_ns)]
    for point, side in enumerate(hop.sides):
        travels, fates = hop.travels_ab(point, index[point]), hop.fates(point)
        flags = side.column("flags")
        for place, from_a in zip(index[point].tolist(), travels.tolist(), strict=True):
            other = twin.get(place, -1) if point == 0 else -1
            if point == 1 and place in linked_b:
                continue  # told as a packet of A
            time = times[point][place]
            if other >= 0 and not from_a:
                time = times[1][other]
            here, there = int(frames[point][place]), int(frames[1][other]) if other >= 0 else 0
            found.append(Passage(
                float(time), bool(from_a), (here, there) if point == 0 else (0, here), Fate(int(fates[place])),
                int(flags[place]), int(side.length[place]),
            ))  # fmt: skip
    return sorted(found, key=lambda one: one.time_ns)
