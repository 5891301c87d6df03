"""Clients: what may be taken for independent, and how much each counts (compare.md#how-it-is-computed).

Connections of one client resemble each other, above all on one day.  So it is clients that are counted, and one with
many connections counts little more than one with ten: beyond that more of them say nothing new, and would make one
client's day the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.compare.mixture import common_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.compare.side import Side
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]

#: A client never counts as more than so many connections.
MOST_OF_A_CLIENT: Final = 10.0
#: With fewer degrees of freedom nothing is decided.
FEWEST_FREEDOM: Final = 5.0
#: Into so many pieces of a time the connections of a side are cut where its clients are too few.
PIECES: Final = 16
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Clusters:
    """A unit of sampling: a client, or where these are too few the connections of a piece of a side's time."""

    of_a: I64
    """The cluster of each connection of A, …"""
    of_b: I64
    """… and of B."""
    count: int
    are_pieces: bool
    """True if clients are too few to decide anything."""


def clusters_of(a: Side, b: Side) -> Clusters:
    """The clusters of both sides."""
    names, which = np.unique(np.concatenate((a.client, b.client)).astype(str), return_inverse=True)
    of_a, of_b = which[: len(a)], which[len(a) :]
    sizes = [np.bincount(of, minlength=len(names)).astype(np.float64) for of in (of_a, of_b)]
    if freedom_of([each / each.sum() for each in damped(sizes)]) >= FEWEST_FREEDOM:
        return Clusters(of_a, of_b, len(names), are_pieces=False)
    return Clusters(_pieces(a.began_ns), PIECES + _pieces(b.began_ns), 2 * PIECES, are_pieces=True)


def _pieces(began_ns: I64) -> I64:
    order = np.argsort(np.argsort(began_ns, kind="stable"), kind="stable")
    piece: I64 = order * PIECES // max(len(order), 1)
    return piece


def damped(sizes: list[F64]) -> list[F64]:
    """How much each cluster counts on A and on B, by its connections: ``sizes``, which may be fractions.

    One that both sides have counts the same on both: harmonic means, for the few of one side limit what can be told.
    """
    common = common_shares(*sizes)
    told = (np.where(common > 0, common, side) for side in sizes)
    return [each / (1 + each / MOST_OF_A_CLIENT) for each in told]


def freedom_of(shares: list[F64]) -> float:
    """Degrees of freedom of a difference of two means of clusters that count ``shares`` on A and on B.

    Satterthwaite's, where clusters vary alike: so many of one size would tell as much of their spread, less one.
    """
    variance = sum(np.square(each / np.maximum(1 - each, _TINY)) for each in shares)
    whole = float(np.sum(variance))
    return whole * whole / float(np.square(variance).sum()) - 1 if whole > 0 else 0.0
