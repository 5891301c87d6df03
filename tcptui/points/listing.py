"""All connections of two captures as rows of a list, the worst first: pairs, legs, and those of one side alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from tcptui.points.fates import Fate
from tcptui.points.ladder import ABSENT
from tcptui.points.order import overtaken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.lines import F64
    from tcptui.points.merge import Hop


class Kind(IntEnum):
    """What a row is."""

    SAME = 0
    LEGS = 1
    ONLY_A = 2
    ONLY_B = 3

    @property
    def is_alone(self) -> bool:
        """Whether one capture only has the connection."""
        return self in (Kind.ONLY_A, Kind.ONLY_B)


class _Rank(IntEnum):
    """The worst rows first."""

    LOST = 0
    MISSING = 1
    CLEAN = 2
    LEGS = 3
    ALONE = 4


@dataclass(frozen=True, slots=True)
class Listing:
    """Columns of equal length, a row for each connection; counts are of packets."""

    kind: NDArray[np.int8]
    """`Kind`."""
    pair: I64
    """Of the hop; `ABSENT`: one capture only has the connection."""
    a: I64
    """Stream of A; `ABSENT` without one."""
    b: I64
    packets_a: I64
    packets_b: I64
    lost_ab: I64
    """Lost between the points on the way from A to B."""
    lost_ba: I64
    missed_a: I64
    """Not captured at A."""
    missed_b: I64
    duplicated: I64
    reordered: I64
    unknown: I64
    least_ab_ns: F64
    """The least delay from A to B (`Hop.delays`); NaN: not known."""
    least_ba_ns: F64

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, order: I64) -> Listing:
        """The rows in that ``order``."""
        return Listing(*(getattr(self, field.name)[order] for field in fields(self)))


def list_connections(hop: Hop, joined: Sequence[JoinedFinding] = ()) -> Listing:
    """The connections of ``hop``, the worst first.

    ``joined``: what the pair makes of findings; a connection that never reached the other point is among the worst.
    """
    pairs, count = hop.pairs, len(hop.pairs)
    packets, delays = hop.packets, hop.delays()
    lost, missed, doubled, unknown = [], [], np.zeros(count, np.int64), np.zeros(count, np.int64)
    late = np.zeros(count, np.int64)
    for side, missing, overtook in zip(hop.sides, hop.missing, overtaken(hop)[::-1], strict=True):
        pair, fate = side.pair[missing.index], missing.fate

        def counted(which: Fate, pair: I64 = pair, fate: NDArray[np.int8] = fate) -> I64:
            return np.bincount(pair[fate == which], minlength=count)

        lost.append(counted(Fate.LOST_BETWEEN))
        missed.append(counted(Fate.NOT_CAPTURED))
        doubled += counted(Fate.DUPLICATED)
        unknown += counted(Fate.UNKNOWN)
        late += np.bincount(side.pair[overtook], minlength=count)
    streams = [np.asarray(each, np.int64) for each in (pairs.a, pairs.b)]
    packets_of = [
        np.where(pairs.is_same, mine, capture.streams.packets[index])
        for mine, capture, index in zip(packets, (hop.a, hop.b), streams, strict=True)
    ]
    both = Listing(
        np.where(pairs.is_same, Kind.SAME, Kind.LEGS).astype(np.int8), np.arange(count), streams[0], streams[1],
        packets_of[0], packets_of[1], lost[0], lost[1], missed[1], missed[0], doubled, late, unknown,
        delays[0].least_ns, delays[1].least_ns,
    )  # fmt: skip
    alone = [
        _alone(kind, capture.streams.packets[: capture.streams.count], paired)
        for kind, capture, paired in zip((Kind.ONLY_A, Kind.ONLY_B), (hop.a, hop.b), streams, strict=True)
    ]
    parts = (both, *alone)
    whole = Listing(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Listing)))
    return whole.of(_worst_first(whole, joined))


def _alone(kind: Kind, packets: NDArray[np.integer], paired: I64) -> Listing:
    """The connections of one capture that the other does not have."""
    here = np.ones(len(packets), np.bool_)
    here[paired] = False
    streams = np.flatnonzero(here)
    count = len(streams)
    none, zero, unknown = np.full(count, ABSENT), np.zeros(count, np.int64), np.full(count, np.nan)
    mine = packets[streams].astype(np.int64)
    is_a = kind is Kind.ONLY_A
    return Listing(
        np.full(count, kind, np.int8), none, streams if is_a else none, none if is_a else streams,
        mine if is_a else zero, zero if is_a else mine, zero, zero, zero, zero, zero, zero, zero, unknown, unknown,
    )  # fmt: skip


def _worst_first(listing: Listing, joined: Sequence[JoinedFinding]) -> I64:
    lost = listing.lost_ab + listing.lost_ba
    for finding in joined:
        if finding.pair < 0:
            lost[(listing.b if finding.point else listing.a) == finding.finding.stream] += len(finding.packets[0]) or 1
    other = listing.missed_a + listing.missed_b + listing.duplicated + listing.reordered + listing.unknown
    rank = np.select(
        [lost > 0, listing.kind >= Kind.ONLY_A, listing.kind == Kind.LEGS, other > 0],
        [_Rank.LOST, _Rank.ALONE, _Rank.LEGS, _Rank.MISSING], _Rank.CLEAN,
    )  # fmt: skip
    order: I64 = np.lexsort((np.arange(len(lost)), listing.kind, -other, -lost, rank))
    return order
