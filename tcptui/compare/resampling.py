"""The bootstrap: what a number would have been had other clients been captured (compare.md#how-it-is-computed).

What is drawn are clients with all their connections, never packets, nor connections one by one: connections of one
client resemble each other, and a bootstrap that takes them for independent gives intervals that are far too narrow.  A
client that both sides have is drawn for both at once, so what it has in common there does not count as a difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.compare.side import Side
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]
    F32 = NDArray[np.float32]

#: Draws.
REPLICATES: Final = 1_000
#: More clients than this are thrown together at random: independent ones remain so.
MOST_CLUSTERS: Final = 4_096
#: With fewer clients (by `effective_number`), those that have most connections are cut by time, …
FEWEST_CLIENTS: Final = 8
#: … so that no piece has more than this share of a side.
PIECES: Final = 16
#: Values of which a quantile is looked for; more are put together, neighbours with neighbours.
_MOST_BINS: Final = 1_024
#: Every run draws the same.
_SEED: Final = 53


@dataclass(frozen=True)
class Clusters:
    """What is drawn together, and how often each is drawn in each of `REPLICATES`."""

    of_a: I64
    """The cluster of each connection of A, …"""
    of_b: I64
    """… and of B."""
    weights: F32
    """Shape (1 + `REPLICATES`, clusters): the first row is what was captured, each once."""
    are_pieces: bool
    """Whether there are so few clients that their connections were cut by time."""


def clusters_of(a: Side, b: Side) -> Clusters:
    """The clusters of both sides."""
    _clients, which = np.unique(np.concatenate((a.client, b.client)).astype(str), return_inverse=True)
    of_sides = which[: len(a)], which[len(a) :]
    are_few = min(effective_number(np.bincount(of, minlength=1)) for of in of_sides) < FEWEST_CLIENTS
    if are_few:
        pieces = [_cut(of, side.began_ns) for of, side in zip(of_sides, (a, b), strict=True)]
        # A piece of A and one of B are of different times: they are drawn apart.
        named = np.concatenate([
            np.stack((of, np.where(piece < 0, 0, 1 + 2 * piece + number)), axis=1)
            for number, (of, piece) in enumerate(zip(of_sides, pieces, strict=True))
        ])  # fmt: skip
        _, which = np.unique(named, axis=0, return_inverse=True)
        which = which.reshape(-1)
    count = int(which.max(initial=-1)) + 1
    draw = np.random.default_rng(_SEED)
    if count > MOST_CLUSTERS:
        which, count = draw.permutation(count)[which] % MOST_CLUSTERS, MOST_CLUSTERS
    weights = np.ones((1 + REPLICATES, count), np.float32)
    weights[1:] = draw.poisson(1.0, (REPLICATES, count))
    return Clusters(which[: len(a)], which[len(a) :], weights, are_few)


def _cut(clusters: I64, began_ns: I64) -> I64:
    """Which piece of its cluster each connection is in, by time; -1 of those that are not cut."""
    piece = np.full(len(clusters), -1)
    most = max(1, len(clusters) // PIECES)
    sizes = np.bincount(clusters, minlength=1)
    for large in np.flatnonzero(sizes > most).tolist():
        mine = np.flatnonzero(clusters == large)
        mine = mine[np.argsort(began_ns[mine], kind="stable")]
        piece[mine] = np.arange(len(mine)) * -(-len(mine) // most) // len(mine)
    return piece


def effective_number(sizes: NDArray[np.integer] | F64) -> float:
    """How many clusters of one size vary as much as those of these ``sizes`` (Kish): one that has all counts once."""
    squares = float(np.square(sizes.astype(np.float64)).sum())
    return float(sizes.sum()) ** 2 / squares if squares else 0.0


def totals(values: F64, cluster: I64, weights: F32) -> F64:
    """The sum of ``values`` in each replicate, the captured one first."""
    sums: F64 = weights.astype(np.float64) @ np.bincount(cluster, values, weights.shape[1])
    return sums


def quantiles(values: F64, cluster: I64, row_weight: F64, weights: F32, share: float) -> F64:
    """The quantile ``share`` of ``values`` in each replicate, the captured one first; nan where none was drawn.

    ``row_weight``: how much each value counts.  Between two values they are interpolated.
    """
    order = np.argsort(values, kind="stable")
    bins = min(len(values), _MOST_BINS)
    bin_of = np.arange(len(values)) * bins // len(values)
    centres = np.bincount(bin_of, values[order], bins) / np.bincount(bin_of, minlength=bins)
    present, which = np.unique(cluster[order], return_inverse=True)
    table = np.bincount(which * bins + bin_of, row_weight[order], len(present) * bins).reshape(len(present), bins)
    drawn = (weights[:, present] @ table.astype(np.float32)).astype(np.float64)
    upto = np.cumsum(drawn, axis=1)
    whole = upto[:, -1]
    middles = upto - drawn / 2
    target = whole * share
    after = np.minimum((middles < target[:, None]).sum(axis=1), bins - 1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(weights))
    gap = middles[rows, after] - middles[rows, before]
    part = np.where(gap > 0, (target - middles[rows, before]) / np.where(gap > 0, gap, 1), 1.0).clip(0, 1)
    found: F64 = centres[before] + part * (centres[after] - centres[before])
    found[whole <= 0] = np.nan
    return found
