"""Divides the connections of one capture into two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.compare.cautions import Caution, Doubt

if TYPE_CHECKING:
    from tcptui.compare.side import Bools, Side


def by_time(whole: Side, at_ns: int) -> tuple[Side, Side]:
    """The connections that began before ``at_ns`` (since the epoch), and those that began then or later."""
    before = whole.began_ns < at_ns
    return whole.of(before), whole.of(~before)


def by_masks(whole: Side, a: Bools, b: Bools) -> tuple[Side, Side, tuple[Caution, ...]]:
    """The connections of ``a`` and of ``b``; what both have is on neither side, and told."""
    both = int(np.count_nonzero(a & b))
    return whole.of(a & ~b), whole.of(b & ~a), (Caution(Doubt.BOTH, both),) if both else ()
