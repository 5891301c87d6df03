"""What was changed on the way between two points, by the packets that both saw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import SYN
from tcptui.points.keys import commonest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.connections import Pairs
    from tcptui.points.packets import Links, Side
    from tcptui.points.segments import Mask, Segments

#: Payloads whose first bytes are compared, of all connections together.
_COMPARED: Final = 1 << 15
_ECN_BITS: Final = 3


class Change(Enum):
    """A property of packets that can be changed in transit; the values are contracts."""

    TTL = "ttl"
    ADDRESSES = "addresses"
    PORTS = "ports"
    ISN = "isn"
    MSS = "mss"
    WINDOW_SCALE = "window-scale"
    SACK = "sack"
    TIMESTAMPS = "timestamps"
    DSCP = "dscp"
    ECN = "ecn"
    PAYLOAD = "payload"


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of one connection."""

    change: Change
    before: int | None = None
    """Of a TTL, an MSS, a scale or a DSCP what it most often was at the point passed first; None: it is no number."""
    after: int | None = None
    """What it then was at the other point."""


def find_changes(
    a: Segments, b: Segments, pairs: Pairs, sides: tuple[Side, Side], links: Links, goes_ab: Mask
) -> list[list[Changed]]:
    """The changes of each pair, in the order of `Change`; ``goes_ab`` as in `merge.Hop`."""
    found: list[list[Changed]] = [[] for _ in range(len(pairs))]
    whole = np.flatnonzero(links.is_whole)
    in_a, in_b = links.a[whole], links.b[whole]
    pair = sides[0].pair[in_a]
    travels = goes_ab[pair] ^ sides[0].by_b[in_a]

    def note(
        change: Change, chosen: Mask, values: tuple[NDArray[np.generic], NDArray[np.generic]] | None = None
    ) -> None:
        """Note ``change`` of the pairs that have a link among ``chosen``."""
        of = pair[chosen]
        if values is None:
            for number in np.unique(of).tolist():
                found[number].append(Changed(change))
            return
        first, second = (cells[chosen].astype(np.int64) for cells in values)
        both = np.where(travels[chosen], first << 16 | second, second << 16 | first)
        common, share = commonest(of, both, len(pairs))
        for number in np.flatnonzero(share).tolist():
            found[number].append(Changed(change, int(common[number] >> 16), int(common[number] & 0xFFFF)))

    ttl = sides[0].column("ttl")[in_a], sides[1].column("ttl")[in_b]
    note(Change.TTL, ttl[0] != ttl[1], ttl)
    _note_names(a, b, pairs, found)
    moved = (pairs.shift != 0).any(axis=1) & pairs.is_same
    for number in np.flatnonzero(moved).tolist():
        found[number].append(Changed(Change.ISN))
    opens = (sides[0].flags[in_a] & np.uint16(SYN)) != 0
    mss = sides[0].column("mss")[in_a], sides[1].column("mss")[in_b]
    note(Change.MSS, opens & (mss[0] != mss[1]), mss)
    options = sides[0].column("options")[in_a].astype(np.int64), sides[1].column("options")[in_b].astype(np.int64)
    differ = options[0] ^ options[1]
    scale = sides[0].column("window_scale")[in_a], sides[1].column("window_scale")[in_b]
    note(Change.WINDOW_SCALE, opens & (((differ & int(OptionBit.WINDOW_SCALE)) != 0) | (scale[0] != scale[1])), scale)
    blocks = np.zeros(len(whole), np.bool_)
    for name in ("sack_left", "sack_right"):
        blocks |= sides[0].column(name)[in_a] != sides[1].column(name)[in_b]
    blocks &= ~moved[pair]  # other numbers have other blocks
    note(Change.SACK, blocks | ((differ & int(OptionBit.SACK_PERMITTED | OptionBit.SACK)) != 0))
    stamps = [
        side.column(name)[places]
        for name in ("ts_value", "ts_echo")
        for side, places in zip(sides, (in_a, in_b), strict=True)
    ]
    note(
        Change.TIMESTAMPS,
        ((differ & int(OptionBit.TIMESTAMPS)) != 0) | (stamps[0] != stamps[1]) | (stamps[2] != stamps[3]),
    )
    tos = sides[0].column("tos")[in_a], sides[1].column("tos")[in_b]
    dscp = tos[0] >> 2, tos[1] >> 2
    note(Change.DSCP, dscp[0] != dscp[1], dscp)
    note(Change.ECN, (tos[0] & _ECN_BITS) != (tos[1] & _ECN_BITS))
    carrying = np.flatnonzero(sides[0].length[in_a] > 0)
    carrying = carrying[:: max(1, len(carrying) // _COMPARED)]
    for number in np.unique(pair[carrying][_differ(a, b, sides, in_a[carrying], in_b[carrying])]).tolist():
        found[number].append(Changed(Change.PAYLOAD))
    return found


def _note_names(a: Segments, b: Segments, pairs: Pairs, found: list[list[Changed]]) -> None:
    """Note whose addresses and ports were translated."""
    same = np.flatnonzero(pairs.is_same)
    keys = [
        one.capture.flows.keys(one.capture.streams.flow[streams[same]].astype(np.int64))
        for one, streams in ((a, pairs.a), (b, pairs.b))
    ]
    ends = [
        (key[:, 0:2], key[:, 2:4], key[:, 4] >> np.uint64(16) & np.uint64(0xFFFF), key[:, 4] & np.uint64(0xFFFF))
        for key in keys
    ]
    flipped = pairs.flipped[same]
    first, second, first_port, second_port = ends[1]
    swapped = np.where(flipped[:, None], second, first), np.where(flipped[:, None], first, second)
    ports = np.where(flipped, second_port, first_port), np.where(flipped, first_port, second_port)
    moved = (ends[0][0] != swapped[0]).any(axis=1) | (ends[0][1] != swapped[1]).any(axis=1)
    for number in same[moved].tolist():
        found[number].append(Changed(Change.ADDRESSES))
    for number in same[(ends[0][2] != ports[0]) | (ends[0][3] != ports[1])].tolist():
        found[number].append(Changed(Change.PORTS))


def _differ(a: Segments, b: Segments, sides: tuple[Side, Side], in_a: I64, in_b: I64) -> Mask:
    """The links whose first bytes differ, among those of which both captures have these bytes."""
    places = [side.places[index] for side, index in zip(sides, (in_a, in_b), strict=True)]
    keys = []
    for one, mine in zip((a, b), places, strict=True):
        distinct, which = np.unique(mine, return_inverse=True)
        read, found = one.heads(distinct)
        at = np.searchsorted(read, distinct)
        there = np.zeros(len(distinct), np.bool_)
        inside = at < len(read)
        there[inside] = read[at[inside]] == distinct[inside]
        key = np.zeros(len(distinct), np.uint64)
        key[there] = found[at[there]]
        keys.append((key[which], there[which]))
    differ: Mask = keys[0][1] & keys[1][1] & (keys[0][0] != keys[1][0])
    return differ
