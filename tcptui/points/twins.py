"""Packets that one point saw twice: one transmission, which the network or the capture has doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.resend.copies import COPY_LATEST_NS, RECORDED_TWICE_NS, UNMARKED_NS
from tcptui.points.keys import mixed

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.points.keys import U64
    from tcptui.points.packets import Side
    from tcptui.points.segments import Mask

#: Many copies: what the capture records twice, it records twice everywhere.
_MIRRORED: Final = 0.3
#: A counter of 65,536 numbers gives one again after that many packets; one drawn at random, sooner.
_COUNTED: Final = 8_192


class Twins(NamedTuple):
    """What tells of some packets of a side whether each is another one again."""

    is_copy: Mask
    """Another packet with the same content, header, timestamps and IP packet number passed both points."""
    is_network: Mask
    """… so far from it that no recorder wrote one packet twice."""


def twins_of(side: Side, index: I64, linked: Mask) -> Twins:
    """Of the packets ``index`` of a side.  ``linked``: of all of its packets, whether the other point saw each.

    A sender that sends again counts its IP packet number on, or its timestamp; copies that the network makes keep both.
    A number that many packets of the direction have proves nothing (RFC 6864, 4.1): some stacks give all the same.
    """
    count = len(side)
    nothing = np.zeros(len(index), np.bool_)
    if not len(index):
        return Twins(nothing, nothing)
    way = side.pair * 2 + side.by_b
    number = side.column("ip_id").astype(np.int64)
    keys = mixed(
        way, side.seq, side.ack, side.length, side.column("flags"), side.column("window"), side.column("ts_value"),
        side.column("ts_echo"), number,
    )  # fmt: skip
    order = np.argsort(keys, kind="stable")
    begins = np.append(True, keys[order][1:] != keys[order][:-1])
    group = np.empty(count, np.int64)
    group[order] = np.cumsum(begins) - 1
    size = np.bincount(group)
    # How long after, or before, the nearest one of its group: within it the order is that of capture.
    time_ns = side.time_ns[order]
    steps = np.where(begins[1:], np.iinfo(np.int64).max, np.abs(np.diff(time_ns)))
    apart = np.full(count, np.iinfo(np.int64).max)
    apart[order[1:]] = steps
    apart[order[:-1]] = np.minimum(apart[order[:-1]], steps)
    soon = apart[index] <= np.where(number[index] == 0, UNMARKED_NS - 1, COPY_LATEST_NS)
    passed = np.zeros(len(size), np.bool_)
    passed[group[linked]] = True
    is_copy = passed[group[index]] & soon
    mirrored = np.count_nonzero(is_copy) > max(_MIRRORED * np.count_nonzero(linked), 1)
    others = _same_number(mixed(way, number), index) - size[group[index]]
    counts = (number[index] != 0) & (others <= np.bincount(way)[way[index]] // _COUNTED)
    is_network = is_copy & counts & (apart[index] >= RECORDED_TWICE_NS)
    return Twins(is_copy, nothing if mirrored else is_network)


def _same_number(numbers: U64, index: I64) -> I64:
    """How many packets of the side have the number of each of ``index``, these included."""
    wanted, back = np.unique(numbers[index], return_inverse=True)
    place = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
    found: I64 = np.bincount(place[wanted[place] == numbers], minlength=len(wanted))[back]
    return found
