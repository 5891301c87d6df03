"""The packets of one pair of connections at both points, by time: the rows of a ladder with a lane for each point."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.points.changes import Changed, find_changes
from tcptui.points.order import overtaken
from tcptui.points.packets import Links

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.lines import F64
    from tcptui.points.merge import Hop
    from tcptui.points.packets import Side
    from tcptui.points.segments import Mask

#: In the place of an index: that point does not have the packet.
ABSENT: Final = -1


@dataclass(frozen=True, slots=True)
class Ladder:
    """Columns of equal length, a row for each packet; one that was cut or joined on the way has one for each piece."""

    in_a: I64
    """Index into A's side; `ABSENT`: A does not have it."""
    in_b: I64
    fate: NDArray[np.int8]
    """`Fate`: *seen* where both have it."""
    is_outside: Mask
    """Whether the other capture cannot have it: it began later, or had ended."""
    is_whole: Mask
    """Whether the row is a whole packet, not a piece of one."""
    is_late: Mask
    """Whether one that was sent later overtook it."""
    travels_ab: Mask
    """Whether it travels from A to B, …"""
    is_placed: bool
    """… if that is known."""
    time_ns: I64
    """When it passed the first point that has it, by A's clock as well as it is known."""
    delay_ns: F64
    """How long it took at least (`Hop.least_delays`); NaN: not known."""

    def __len__(self) -> int:
        return len(self.in_a)

    def by_packet(self) -> Ladder:
        """One row for each packet of A, whatever was cut or joined on the way, and for each that B alone has."""
        _packets, first = np.unique(self.in_a, return_index=True)
        rows = np.union1d(first, np.flatnonzero(self.in_a == ABSENT))
        return self if len(rows) == len(self) else self.only(rows)

    def only(self, rows: I64) -> Ladder:
        """These ``rows``, in their order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def row_of(self, point: int, index: int) -> int:
        """The first row of a packet of a side; -1: it has none."""
        found = np.flatnonzero((self.in_b if point else self.in_a) == index)
        return int(found[0]) if len(found) else -1


_COLUMNS: Final = tuple(each.name for each in fields(Ladder) if each.name != "is_placed")


class Ladders:
    """The ladder of any pair of a hop; what all have in common is worked out once."""

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        count = len(hop.pairs)
        self._links = _Groups(hop.sides[0].pair[hop.links.a], count)
        self._fates = hop.fates(0), hop.fates(1)
        self._late, self._outside = [], []
        self._alone: list[_Groups] = []
        late = overtaken(hop)[::-1]
        linked_to = hop.links.a, hop.links.b
        for side, linked, missing, overtook in zip(hop.sides, linked_to, hop.missing, late, strict=True):
            size = len(side)
            self._late.append(_mask(size, overtook))
            self._outside.append(_mask(size, missing.outside))
            alone = np.flatnonzero(~_mask(size, linked))
            self._alone.append(_Groups(side.pair[alone], count, alone))

    def of(self, pair: int) -> Ladder:
        """The ladder of ``pair``; of two legs, whose packets are not paired, it is empty."""
        hop = self._hop
        links = self._links.of(pair)
        only_a, only_b = self._alone[0].of(pair), self._alone[1].of(pair)
        none_a, none_b = np.full(len(only_a), ABSENT), np.full(len(only_b), ABSENT)
        in_a = np.concatenate((hop.links.a[links], only_a, none_b))
        in_b = np.concatenate((hop.links.b[links], none_a, only_b))
        both, of_a = np.zeros(len(links), np.bool_), self._outside[0][only_a]
        whole = np.ones(len(only_a) + len(only_b), np.bool_)
        travels = np.concatenate((
            hop.travels_ab(0, hop.links.a[links]), hop.travels_ab(0, only_a), hop.travels_ab(1, only_b),
        ))  # fmt: skip
        late = np.zeros(len(in_a), np.bool_)
        late[: len(links)] = np.where(
            travels[: len(links)], self._late[1][hop.links.b[links]], self._late[0][hop.links.a[links]]
        )
        delay = np.full(len(in_a), np.nan)
        delay[: len(links)] = hop.least_delays(hop.links.a[links], hop.links.b[links])
        ladder = Ladder(
            in_a, in_b,
            np.concatenate((np.full(len(links), -1, np.int8), self._fates[0][only_a], self._fates[1][only_b])),
            np.concatenate((both, of_a, self._outside[1][only_b])),
            np.concatenate((hop.links.is_whole[links], whole)),
            late, travels, bool(hop.is_placed[pair]), self._times(in_a, in_b, travels), delay,
        )  # fmt: skip
        return ladder.only(np.lexsort((in_b, in_a, ladder.time_ns)))

    def _times(self, in_a: I64, in_b: I64, travels_ab: Mask) -> I64:
        hop = self._hop
        has_a, has_b = in_a != ABSENT, in_b != ABSENT
        times = np.zeros(len(in_a), np.int64)
        times[has_a] = hop.sides[0].time_ns[in_a[has_a]]
        by_b = has_b & ~(has_a & travels_ab)
        own = hop.sides[1].time_ns[in_b[has_b]]
        if hop.clocks is not None:
            on_a = hop.clocks.on_a(own)
        else:
            # For the order alone: as the packets that both have lie to each other.
            both = has_a[has_b] & has_b[has_b]
            apart = times[has_a & has_b] - own[both]
            on_a = own + (int(np.median(apart)) if len(apart) else 0)
        moved = np.zeros(len(in_a), np.int64)
        moved[has_b] = on_a
        return np.where(by_b, moved, times)

    def changes_of(self, in_a: int, in_b: int) -> list[Changed]:
        """What was changed on the way of one packet that both points have."""
        hop = self._hop
        pair = int(hop.sides[0].pair[in_a])
        sides = _one(hop.sides[0], in_a), _one(hop.sides[1], in_b)
        here = np.zeros(1, np.int64)
        sure = np.ones(1, np.bool_)
        found = find_changes(
            hop.sides[0].segments, hop.sides[1].segments, hop.pairs.of(np.array([pair])), sides,
            Links(here, here, sure, sure), hop.goes_ab[pair : pair + 1],
        )  # fmt: skip
        return found[0]


class _Groups:
    """Which of some indexes belong to each group."""

    def __init__(self, group: I64, count: int, index: I64 | None = None) -> None:
        """``index``: what the groups are of, by default the places in ``group``."""
        order = np.argsort(group, kind="stable")
        self._begins = np.searchsorted(group[order], np.arange(count + 1))
        self._index = order if index is None else index[order]

    def of(self, number: int) -> I64:
        return self._index[self._begins[number] : self._begins[number + 1]]


def _mask(size: int, index: I64) -> Mask:
    found = np.zeros(size, np.bool_)
    found[index] = True
    return found


def _one(side: Side, index: int) -> Side:
    """``side`` with one packet, of the only pair."""
    only = slice(index, index + 1)
    return replace(
        side, places=side.places[only], pair=np.zeros(1, np.int64), by_b=side.by_b[only], seq=side.seq[only],
        ack=side.ack[only], length=side.length[only], flags=side.flags[only], time_ns=side.time_ns[only],
    )  # fmt: skip
