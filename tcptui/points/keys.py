"""Keys of 64 bits for many values at once, and what has the same key on both sides.

Keys are mixed with a secret of this process, so that nobody who writes packets can make two of them alike.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64

U64 = NDArray[np.uint64]

_SECRET: Final = np.frombuffer(os.urandom(16), np.uint64) | np.uint64(1)
#: A key that so many pairs of sides have in common tells nobody apart.
MOST_SHARED: Final = 16


def mixed(*columns: NDArray[Any]) -> U64:
    """One key for each place of ``columns`` (integers or booleans of one length)."""
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        key ^= key >> np.uint64(29)
        key += column.astype(np.uint64, copy=False)
        key += _SECRET[1]
        key *= _SECRET[0]
    key ^= key >> np.uint64(32)
    key *= _SECRET[0]
    key ^= key >> np.uint64(29)
    return key


def joined(left: U64, right: U64, most: int = MOST_SHARED) -> tuple[I64, I64]:
    """Places of ``left`` and of ``right`` with the same key, every combination.

    Keys with more than ``most`` combinations are left out.
    """
    by_left, by_right = np.argsort(left, kind="stable"), np.argsort(right, kind="stable")
    keys, there = left[by_left], right[by_right]
    begins = np.searchsorted(there, keys, "left")
    counts = np.searchsorted(there, keys, "right") - begins
    alike = np.searchsorted(keys, keys, "right") - np.searchsorted(keys, keys, "left")
    counts[counts * alike > most] = 0
    of_left = np.repeat(by_left, counts)
    within = np.arange(len(of_left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return of_left, by_right[np.repeat(begins, counts) + within]


def ranks(keys: U64) -> I64:
    """The number of places before each one that have its key."""
    order, firsts, counts = runs(keys)
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order)) - np.repeat(firsts, counts)
    return found


def copies(keys: U64) -> I64:
    """The number of places that have the key of each one."""
    order, _, counts = runs(keys)
    found = np.empty(len(order), np.int64)
    found[order] = np.repeat(counts, counts)
    return found


def runs(keys: U64) -> tuple[I64, I64, I64]:
    """The stable order of ``keys``; in it, where each key begins, and how many places have it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    firsts = np.flatnonzero(begins)
    return order, firsts, np.diff(firsts, append=len(order))


def commonest(groups: I64, values: I64, count: int) -> tuple[I64, NDArray[np.float64]]:
    """The commonest value of each of ``count`` groups, and the share that have it; 0 and 0 of an empty group."""
    found, share = np.zeros(count, np.int64), np.zeros(count)
    if not len(groups):
        return found, share
    order = np.lexsort((values, groups))
    group, value = groups[order], values[order]
    begins = np.flatnonzero(np.append(True, (group[1:] != group[:-1]) | (value[1:] != value[:-1])))
    counts = np.diff(begins, append=len(order))
    group, value = group[begins], value[begins]
    order = np.lexsort((counts, group))
    best = order[np.append(group[order][1:] != group[order][:-1], True)]
    found[group[best]] = value[best]
    share[group[best]] = counts[best] / np.bincount(groups, minlength=count)[group[best]]
    return found, share
