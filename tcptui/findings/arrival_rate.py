"""The one rate at which a transfer arrived, away from its sender (rules/findings.md#path-limited).

Where a line, a shaper or a policer limits a transfer, whole segments come one behind the other, each as late as that
rate makes it.  What the sender waited for does not show there; that it had more to send does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.timing.pushes import ends_data, pushes_each
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import largest_segment
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import Batched
from tcptui.model.packet_store import I64

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

#: Fewest segments that show a rate …
FEWEST: Final = 20
#: … which differs from the middle one by at most this (percent) …
ALIKE_PERCENT: Final = 25
#: … for at least this share (percent) of the transfer's time.
STEADY_PERCENT: Final = 60

_FLOWING: Final = int(SendGapReason.CLOCKED | SendGapReason.SPREAD | SendGapReason.BURST)


class ArrivalRate(NamedTuple):
    """Segments that came one behind the other at one rate."""

    pairs: I64
    """Which of the pairs of the `SendGaps` came at it."""
    bytes_per_s: int
    spacing_ns: int
    """From one segment to the next, in the middle."""
    lasted_ns: int


def arrival_rate(connection: ConnectionFacts, side: int, gaps: SendGaps, transfer_ns: int) -> ArrivalRate | None:
    """The rate at which most of the transfer of ``side`` arrived; None without one, and at the sender."""
    view = connection.view
    if connection.at_sender(side) or len(gaps) < FEWEST or isinstance(view.time_ns, Batched):
        return None
    before, after = gaps.befores(slice(None)), gaps.afters(slice(None))
    length = view.length[after].astype(np.int64)
    apart = connection.budget.waits.own(gaps.which)
    size = largest_segment(view, side)
    ended = ends_data(view.flags[before], view.length[before], size, pushes_each(view, side, size))
    more = (view.length[before] >= size) & ~ended & ((gaps.marks & _FLOWING) != 0) & (apart > 0)
    pairs = indexes_of(more)
    if len(pairs) < FEWEST:
        return None
    rates = length[pairs] * 1_000_000_000 // apart[pairs]
    # Of the time, not of the segments: what came in one burst weighs nothing.
    order = np.argsort(rates)
    middle = int(rates[order[np.searchsorted(np.cumsum(apart[pairs][order]), int(apart[pairs].sum()) // 2)]])
    alike = np.abs(rates - middle) * 100 <= ALIKE_PERCENT * middle
    pairs = pairs[alike]
    lasted = int(apart[pairs].sum())
    if len(pairs) < FEWEST or lasted * 100 < STEADY_PERCENT * transfer_ns:
        return None
    return ArrivalRate(pairs, int(length[pairs].sum()) * 1_000_000_000 // lasted, int(np.median(apart[pairs])), lasted)
