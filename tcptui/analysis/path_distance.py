"""How far from the capture a packet was sent, by its TTL or hop limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.batched import taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ttl = NDArray[np.uint8] | np.uint8

#: Routers passed that differ by at least this show another place on the path.
OTHER_DISTANCE: Final = 2
#: What hosts set in packets that they send; one stack may use two of them, such as 255 for its RSTs.
_INITIAL_TTL: Final = (64, 128, 255)
#: TTL → routers that the packet has passed, if it started with the nearest initial TTL.
_HOPS: Final = np.array([min(top - ttl for top in _INITIAL_TTL if top >= ttl) for ttl in range(256)])
#: TTL → the nearest initial TTL that it can have been counted down from.
_FIRST: Final = np.array([min(top for top in _INITIAL_TTL if top >= ttl) for ttl in range(256)])


def set_otherwise(ttl: Ttl, usual: Ttl) -> NDArray[np.bool_]:
    """Whether the nearest initial values of ``ttl`` and ``usual`` differ: two systems, or one with several."""
    differ: NDArray[np.bool_] = taken(_FIRST, ttl) != taken(_FIRST, usual)
    return differ


def is_of_this_link(ttl: Ttl) -> NDArray[np.bool_]:
    """Whether ``ttl`` is an initial value: its sender is on the link of the capture, with no router between."""
    near: NDArray[np.bool_] = taken(_HOPS, ttl) == 0
    return near


def from_other_distance(ttl: Ttl, usual: Ttl) -> NDArray[np.bool_]:
    """Whether a packet with ``ttl`` was sent elsewhere than one with ``usual``, by their initial values' distance."""
    apart: NDArray[np.bool_] = np.abs(taken(_HOPS, ttl) - taken(_HOPS, usual)) >= OTHER_DISTANCE
    return apart
