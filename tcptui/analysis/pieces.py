"""Long columns worked on a piece after the other: what is needed on the way takes room for one piece only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32

#: Entries of a piece: enough to amortise NumPy, little enough for the processor's cache.
PIECE: Final = 1 << 16


def pieces(count: int, begin: int = 0) -> Iterator[slice]:
    """Slices that cover ``begin`` up to ``count``, one after the other."""
    for start in range(begin, count, PIECE):
        yield slice(start, min(start + PIECE, count))


def positions(mask: NDArray[np.bool_]) -> I32:
    """Where ``mask`` is true, ascending: `numpy.flatnonzero` in half its room."""
    if len(mask) <= PIECE:
        return np.flatnonzero(mask).astype(np.int32)
    found = np.empty(int(np.count_nonzero(mask)), np.int32)
    done = 0
    for part in pieces(len(mask)):
        here = np.flatnonzero(mask[part])
        found[done : done + len(here)] = here + part.start
        done += len(here)
    return found


def largest(numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Where the ``most`` largest of ``numbers`` are, the largest first."""
    if len(numbers) <= PIECE:
        return np.argsort(-numbers)[:most]
    least = np.partition(numbers, -most)[-most]
    chosen = np.flatnonzero(numbers >= least)
    return chosen[np.argsort(-numbers[chosen], kind="stable")[:most]]
