"""Keys of 64 bits for many values at once, and what has the same key on both sides.

Keys are mixed with a secret of this process, so that nobody who writes packets can make two of them alike.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcptui.model.arrays import sorted_unique

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64

U64 = NDArray[np.uint64]

_SECRET: Final = np.frombuffer(os.urandom(16), np.uint64) | np.uint64(1)
#: A key that so many pairs of sides have in common tells nobody apart.
MOST_SHARED: Final = 16
#: Keys that are mixed at once.
_BLOCK: Final = 1 << 14
#: Two numbers in one of 64 bits are sorted ten times as fast as by `np.lexsort`.
_HALF: Final = 32
_LOW: Final = (1 << 32) - 1


class Runs(NamedTuple):
    """Places by their keys."""

    order: I64
    """All places: by key, and those of one key ascending."""
    firsts: I64
    """Where each key begins in `order`, …"""
    counts: I64
    """… and how many places have it."""
    keys: U64
    """Each key once, ascending."""

    def copies(self) -> I64:
        """The number of places that have the key of each one."""
        found = np.empty(len(self.order), np.int64)
        found[self.order] = np.repeat(self.counts, self.counts)
        return found

    def once(self) -> Runs:
        """The keys that one place has."""
        alone = np.flatnonzero(self.counts == 1)
        return Runs(self.order[self.firsts[alone]], np.arange(len(alone)), self.counts[alone], self.keys[alone])


def mixed(*columns: NDArray[Any]) -> U64:
    """One key for each place of ``columns`` (integers or booleans of one length)."""
    keys = np.zeros(len(columns[0]), np.uint64)
    for begin in range(0, len(keys), _BLOCK):  # what stays in the processor's cache is mixed in a third of the time
        key = keys[begin : begin + _BLOCK]
        for column in columns:
            key ^= key >> np.uint64(29)
            key += column[begin : begin + _BLOCK].astype(np.uint64, copy=False)
            key += _SECRET[1]
            key *= _SECRET[0]
        key ^= key >> np.uint64(32)
        key *= _SECRET[0]
        key ^= key >> np.uint64(29)
    return keys


def joined(left: U64, right: U64, most: int = MOST_SHARED) -> tuple[I64, I64]:
    """Places of ``left`` and of ``right`` with the same key, every combination, by place of ``left``.

    Keys with more than ``most`` combinations are left out.
    """
    first, second = runs(left), runs(right)
    of_left, of_right = _shared(first, second)
    few = first.counts[of_left] * second.counts[of_right] <= most
    of_left, of_right = of_left[few], of_right[few]
    others = second.counts[of_right]
    run, within = _expanded(first.counts[of_left] * others)
    return _by_left(
        first.order[first.firsts[of_left][run] + within // others[run]],
        second.order[second.firsts[of_right][run] + within % others[run]],
    )


def matched(left: Runs, right: Runs) -> tuple[I64, I64]:
    """The k-th place of each key in both, of keys that both have as often; by place of ``left``."""
    of_left, of_right = _shared(left, right)
    alike = left.counts[of_left] == right.counts[of_right]
    of_left, of_right = of_left[alike], of_right[alike]
    run, within = _expanded(left.counts[of_left])
    return _by_left(
        left.order[left.firsts[of_left][run] + within], right.order[right.firsts[of_right][run] + within]
    )  # fmt: skip


def _shared(left: Runs, right: Runs) -> tuple[I64, I64]:
    """The keys that both have, as indexes into the runs of each."""
    if not len(right.keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(right.keys, left.keys), len(right.keys) - 1)
    of_left = np.flatnonzero(right.keys[place] == left.keys)
    return of_left, place[of_left]


def _expanded(sizes: I64) -> tuple[I64, I64]:
    """Each index of ``sizes`` so many times, and the how-manieth time it is, from 0 on."""
    index = np.repeat(np.arange(len(sizes)), sizes)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _by_left(of_left: I64, of_right: I64) -> tuple[I64, I64]:
    """Both, ordered by the first: what is read in the order of memory is read fast."""
    packed = np.sort(of_left << _HALF | of_right)
    return packed >> _HALF, packed & _LOW


def copies(keys: U64) -> I64:
    """The number of places that have the key of each one."""
    return runs(keys).copies()


def runs(keys: U64) -> Runs:
    """``keys`` by place."""
    order = stable_order(keys)
    ordered = keys[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    firsts = np.flatnonzero(begins)
    return Runs(order, firsts, np.diff(firsts, append=len(order)), ordered[firsts])


def stable_order(values: NDArray[Any]) -> I64:
    """What `np.argsort` finds with ``kind="stable"``, in half the time or less where few values are equal."""
    order: I64 = np.argsort(values)
    ordered = values[order]
    tied = ordered[1:] == ordered[:-1]
    if tied.any():
        inside = np.zeros(len(order), np.bool_)
        inside[1:] = tied
        inside[:-1] |= tied
        places = np.flatnonzero(inside)
        run = np.cumsum(np.append(False, ~tied))[places]
        order[places] = np.sort(run << _HALF | order[places]) & _LOW
    return order


def by_group(groups: I64) -> I64:
    """The stable order of ``groups``, numbers from 0 on and below 2**31."""
    found: I64 = np.sort(groups.astype(np.int64) << _HALF | np.arange(len(groups))) & _LOW
    return found


def found_among(some: NDArray[Any], all_of: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of ``some`` is among ``all_of``, which are many more."""
    wanted = sorted_unique(some)
    found = np.zeros(len(wanted), np.bool_)
    if len(wanted):
        place = np.minimum(np.searchsorted(wanted, all_of), len(wanted) - 1)
        found[place[wanted[place] == all_of]] = True
    is_found: NDArray[np.bool_] = found[np.searchsorted(wanted, some)]
    return is_found


def has_any(all_of: NDArray[Any], some: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of ``all_of`` is among ``some``, which are fewer."""
    wanted = sorted_unique(some)
    if not len(wanted):
        return np.zeros(len(all_of), np.bool_)
    has: NDArray[np.bool_] = wanted[np.minimum(np.searchsorted(wanted, all_of), len(wanted) - 1)] == all_of
    return has


def commonest(groups: I64, values: I64, count: int) -> tuple[I64, NDArray[np.float64]]:
    """The commonest value of each of ``count`` groups, and the share that have it; 0 and 0 of an empty group.

    ``values`` are from 0 on and below 2**32, ``groups`` below 2**31.
    """
    found, share = np.zeros(count, np.int64), np.zeros(count)
    if not len(groups):
        return found, share
    packed = np.sort(groups.astype(np.int64) << _HALF | values)
    begins = np.flatnonzero(np.append(True, packed[1:] != packed[:-1]))
    counts = np.diff(begins, append=len(packed))
    group, value = packed[begins] >> _HALF, packed[begins] & _LOW
    order = np.lexsort((counts, group))
    best = order[np.append(group[order][1:] != group[order][:-1], True)]
    found[group[best]] = value[best]
    share[group[best]] = counts[best] / np.bincount(groups, minlength=count)[group[best]]
    return found, share
