"""Packets that one point saw twice: one transmission, which the network or the capture has doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.resend.classify import MIRROR_SHARE
from tcptui.analysis.resend.copies import COPY_LATEST_NS, RECORDED_TWICE_NS, UNMARKED_NS
from tcptui.points.keys import copies, has_any, mixed, runs

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.points.packets import Side
    from tcptui.points.segments import Mask

#: A counter of 65,536 numbers gives one again after that many packets; one drawn at random, sooner.
_COUNTED: Final = 8_192


class Twins(NamedTuple):
    """Masks of the copies among some packets of a side."""

    is_copy: Mask
    """Another packet with the same content, header, timestamps and IP packet number passed both points."""
    is_network: Mask
    """… and the network made the copy, not the recorder."""


def twins_of(side: Side, index: I64, linked: Mask) -> Twins:
    """Find the copies among the packets ``index`` of a side.

    ``linked``: of all packets of the side, whether the other point saw each.

    A sender that sends again counts its IP packet number on, or its timestamp; copies that the network makes keep both.
    A number that many packets of the direction have proves nothing (RFC 6864, 4.1): some stacks give all the same.
    """
    if not len(index):
        none = np.zeros(0, np.bool_)
        return Twins(none, none)
    way = side.pair * 2 + side.by_b
    number = side.column("ip_id").astype(np.int64)
    # What has other numbers than all of ``index`` is a copy of none of them.
    place = mixed(way, side.seq)
    alike = np.flatnonzero(has_any(place, place[index]))
    order, firsts, counts, _ = runs(mixed(
        way[alike], side.seq[alike], side.ack[alike], side.length[alike],
        *(side.column(name)[alike] for name in ("flags", "window", "ts_value", "ts_echo")), number[alike],
    ))  # fmt: skip
    group = np.empty(len(alike), np.int64)
    group[order] = np.repeat(np.arange(len(firsts)), counts)
    # How far the nearest one of its group is; within a group the order is that of capture.
    far = np.iinfo(np.int64).max
    steps = np.append(np.abs(np.diff(side.time_ns[alike][order])), far)
    steps[firsts - 1] = far  # between two groups; before the first one and behind the last one
    apart = np.empty(len(alike), np.int64)
    apart[order] = np.minimum(steps, np.roll(steps, 1))
    passed = np.zeros(len(firsts), np.bool_)
    passed[group[linked[alike]]] = True
    mine = np.searchsorted(alike, index)
    soon = apart[mine] <= np.where(number[index] == 0, UNMARKED_NS - 1, COPY_LATEST_NS)
    is_copy = passed[group[mine]] & soon
    found = int(np.count_nonzero(is_copy))
    if not 0 < found <= max(MIRROR_SHARE * np.count_nonzero(linked), 1):  # none, or a mirrored capture has all twice
        return Twins(is_copy, np.zeros(len(index), np.bool_))
    others = copies(mixed(way, number))[index] - counts[group[mine]]
    tells = (number[index] != 0) & (others <= np.bincount(way)[way[index]] // _COUNTED)
    return Twins(is_copy, is_copy & tells & (apart[mine] >= RECORDED_TWICE_NS))
