"""Times that several waits cover together."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from tcptui.model.batched import largest

if TYPE_CHECKING:
    from collections.abc import Iterable


def covered_ns(spans: Iterable[tuple[int, int]]) -> int:
    """How many nanoseconds ``spans``, begin and end of each, cover; what several cover counts once.

    Of batched numbers, that of each (`tcptui.model.batched`).
    """
    total = until = 0
    for begin, end in sorted(spans, key=itemgetter(0)):
        total += largest(0, end - largest(until, begin))
        until = largest(until, end)
    return total
