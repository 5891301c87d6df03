"""Missing ranges that no line could have carried: numbers jumped (rules/findings.md#capture-duplicates)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.batched import integer, places_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.findings.facts import ConnectionFacts

#: No line carries a connection faster than this, in bits a second.
FASTEST_LINE: Final = 100_000_000_000
#: Packets are stamped by up to this much too early or too late (interrupts held back, queues merged).
STAMPED_NS: Final = 1_000_000
#: Nor was so many times as much recorded of that end in its busiest millisecond.
BUSIEST_TIMES: Final = 100
_BITS: Final = 8
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class NumberJump:
    """Where the numbers of one end jumped."""

    side: int
    before: int
    """Index of the segment with which the lower numbers end."""
    at: int
    """Index of the segment that first shows the higher ones."""
    bytes: int
    took_ns: int


def jump_in(connection: ConnectionFacts, ranges: Iterable[tuple[int, int, int, int]]) -> NumberJump | None:
    """The first of the missing ``ranges`` that is too long for its time; None: a capture may have missed all of them.

    Each is side, begin and end as unwrapped sequence numbers, and the index of the segment that first showed it.
    """
    for side, start, end, seen_at in ranges:
        sent = connection.space.sent[side]
        before = int(places_of(sent, integer(sent[seen_at - 1]), side="left")) if seen_at else 0
        took = max(0, connection.time[seen_at] - connection.time[before])
        most = FASTEST_LINE // _SECOND_NS * (took + STAMPED_NS) // _BITS
        if end - start > most and end - start > _recorded(connection, side, took):
            return NumberJump(side, before, seen_at, end - start, took)
    return None


def _recorded(connection: ConnectionFacts, side: int, took_ns: int) -> int:
    """`BUSIEST_TIMES` what was recorded of ``side`` in its busiest milliseconds, for as long as ``took_ns``."""
    view = connection.view
    own = view.from_server == bool(side)
    _milliseconds, which = np.unique(view.time_ns[own] // STAMPED_NS, return_inverse=True)
    busiest = int(np.bincount(which, weights=view.length[own]).max(initial=0))
    return BUSIEST_TIMES * busiest * (took_ns // STAMPED_NS + 1)
