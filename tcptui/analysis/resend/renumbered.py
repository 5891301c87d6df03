"""Recognises one packet recorded twice with different sequence numbers: before and behind a device that rewrites them.

Firewalls and balancers that choose initial numbers of their own shift all numbers of a direction by one constant, and
leave payload and IP packet number alone.  A capture with both sides then shows two sequence spaces in one stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.seq import SEQ_MASK

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32

#: Fewest pairs of data segments with the same IP packet number and length, and numbers apart by the same constant, …
PAIRS: Final = 4
#: … and their least share (percent) of the pairs with the same packet number and length, …
MATCHING_PERCENT: Final = 80
#: … and of all data segments of that end (two in each pair).
SHARE_PERCENT: Final = 50
#: Longest time from one side of the device to the other.
ACROSS_NS: Final = 100_000_000
#: Without packet numbers (IPv6, or always 0): the second copy is among so many next segments of that end, …
NEXT: Final = 8
#: … and its number farther away than any window lets neighbours be, so that no two segments of one numbering are.
FAR_BYTES: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Renumbered:
    """Proof that one end's packets were recorded on both sides of a device that rewrites their numbers."""

    side: int
    first: int
    """Index of the earliest segment that came again, …"""
    again: int
    """… and of its other copy."""
    pairs: int
    shift: int
    """The second's sequence number less the first's, modulo 2**32."""


def renumbered(view: StreamView) -> Renumbered | None:
    """The end with most such pairs; None where the stream has one sequence space."""
    if len(view) < 2 * PAIRS:
        return None
    found = [each for side in (0, 1) if (each := _of_side(view, side)) is not None]
    return max(found, key=lambda each: each.pairs, default=None)


def _of_side(view: StreamView, side: int) -> Renumbered | None:
    own = flatnonzero32((view.from_server == bool(side)) & (view.length > 0))
    if len(own) < 2 * PAIRS:
        return None
    if not view.ip_id[own].any():
        return _among_neighbours(view, side, own)
    numbered = own[view.ip_id[own] != 0]
    if len(numbered) < 2 * PAIRS:
        return None
    ordered = np.sort(view.ip_id[numbered])
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    # A number that many packets carry counts nothing.
    _numbers, place, often = np.unique(view.ip_id[numbered], return_inverse=True, return_counts=True)
    numbered = numbered[often[place] == 2]
    numbered = numbered[np.argsort(view.ip_id[numbered], kind="stable")]
    one, two = numbered[:-1], numbered[1:]
    same = (view.ip_id[one] == view.ip_id[two]) & (view.length[one] == view.length[two])
    same &= np.abs(view.time_ns[two] - view.time_ns[one]) <= ACROSS_NS
    one, two = one[same], two[same]
    if not len(one):
        return None
    shifts, counts = np.unique(view.raw_seq[two] - view.raw_seq[one], return_counts=True)
    pairs, shift = int(counts.max()), int(shifts[counts.argmax()])
    usual = pairs >= PAIRS and 100 * pairs >= MATCHING_PERCENT * len(one) and 200 * pairs >= SHARE_PERCENT * len(own)
    if not shift or not usual:
        return None
    chosen = indexes_of(view.raw_seq[two] - view.raw_seq[one] == np.uint32(shift))
    earliest = int(chosen[one[chosen].argmin()])
    return Renumbered(side, int(one[earliest]), int(two[earliest]), pairs, shift)


def _among_neighbours(view: StreamView, side: int, own: I32) -> Renumbered | None:
    """As with packet numbers, by length and timestamps of segments that follow one another closely."""
    for lag in range(1, min(NEXT, len(own) - 1) + 1):
        one, two = own[:-lag], own[lag:]
        same = (view.length[one] == view.length[two]) & (view.ts_value[one] == view.ts_value[two])
        same &= np.abs(view.time_ns[two] - view.time_ns[one]) <= ACROSS_NS
        far = view.raw_seq[two] - view.raw_seq[one]
        same &= (far > FAR_BYTES) & (far < np.uint32(SEQ_MASK - FAR_BYTES))
        if not same.any():
            continue
        shifts, which, counts = np.unique(far[same], return_inverse=True, return_counts=True)
        if int(counts.max()) < PAIRS or 200 * int(counts.max()) < SHARE_PERCENT * len(own):
            continue
        # A copy and the segment behind its original are as far apart, less one segment: copies come sooner.
        usual = indexes_of(100 * counts >= MATCHING_PERCENT * counts.max())
        waits = (view.time_ns[two] - view.time_ns[one])[same]
        chosen = min(usual.tolist(), key=lambda place: int(np.median(waits[which == place])))
        first = int(indexes_of(same)[int((which == chosen).argmax())])
        return Renumbered(side, int(one[first]), int(two[first]), int(counts[chosen]), int(shifts[chosen]))
    return None
