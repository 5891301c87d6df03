"""Transfers that begin small again after each pause (RFC 5681, 4.1; rules/findings.md#path-limited)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import largest_segment
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import Batched

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

#: A sender that was silent for longer than its time-out may begin again at its initial window (RFC 5681, 4.1).
SILENT_NS: Final = 1_000_000_000
#: Segments of an initial window (RFC 6928), and one more.
INITIAL_SEGMENTS: Final = 11
#: Before the pause at least so many times as much was in flight.
GREW_TIMES: Final = 2
#: So often it is a habit.
RESTARTS: Final = 2


class Restart(NamedTuple):
    """A transfer that began small again."""

    frame: int
    """Its first segment."""
    first_bytes: int
    """Its first flight …"""
    before_bytes: int
    """… and the largest one before the pause."""
    paused_ns: int


def restarts(connection: ConnectionFacts, side: int, gaps: SendGaps) -> list[Restart]:
    """The transfers of ``side``, captured there, that began at an initial window behind a pause and a larger flight."""
    view = connection.view
    if not connection.at_sender(side) or len(gaps) < 2 or isinstance(view.time_ns, Batched):
        return []
    before, after = gaps.befores(slice(None)), gaps.afters(slice(None))
    times, clocked = view.time_ns, (gaps.marks & int(SendGapReason.CLOCKED)) != 0
    silent = np.append(False, times[before[1:]] - times[after[:-1]] >= SILENT_NS)
    begins = np.append(0, indexes_of(silent))
    small = INITIAL_SEGMENTS * largest_segment(view, side)
    found, peak = [], 0
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(gaps)], strict=True):
        held = begin + indexes_of(clocked[begin:end])
        if not len(held):
            continue
        first = int(gaps.flight[held[0]])
        if begin and first <= small and peak >= GREW_TIMES * first:
            paused = int(times[before[begin]] - times[after[begin - 1]])
            found.append(Restart(connection.frame[int(before[begin])], first, peak, paused))
        peak = int(gaps.flight[begin:end].max())
    return found
