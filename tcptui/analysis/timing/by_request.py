"""Waits of a connection that many requests share, as those requests tell (rules/findings.md#where-the-time-went)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.budget_parts import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.timing.budget_parts import ProtocolWait, Waits
    from tcptui.model.packet_store import I64

#: What TCP makes of a wait there, which requests may tell otherwise.
BY_REQUEST: Final = (Part.SERVER_THINK, Part.CLIENT_THINK, Part.SENDER, Part.IDLE)
#: Of an answer that pauses, what TCP tells of the server's end is told already.
_OF_SERVER: Final = (Part.SERVER_THINK, Part.SENDER)


def by_request(waits: Waits, which: I64, told: Sequence[ProtocolWait]) -> None:
    """Give each of the stretches ``which`` the part that most of it is by ``told``; where none is, it keeps its own.

    ``told``: in order, and not overlapping.  What of a wait for the server is not told as that is the way.
    """
    if not len(which):
        return
    begun, ended = waits.clock[waits.begin[which]], waits.clock[waits.end[which]]
    for part in dict.fromkeys(one.part for one in told):
        spans = np.array([(one.begin_ns, one.end_ns) for one in told if one.part is part], np.int64)
        overlap = _overlap(spans, begun, ended)
        mostly = 2 * overlap > ended - begun
        if part is Part.SENDER:
            mostly &= ~np.isin(waits.part[which], _OF_SERVER)
        if part is Part.SERVER_THINK:
            waits.network_ns[which[mostly]] = (ended - begun - overlap)[mostly]
        waits.part[which[mostly]] = part
        if part is Part.CLIENT_THINK:  # what ends otherwise than with its next request is no processing
            waits.part[which[mostly & ~np.isin(ended, spans[:, 1])]] = Part.IDLE


def _overlap(spans: I64, begun: I64, ended: I64) -> I64:
    """How much of each of the times from ``begun`` to ``ended`` lies in ``spans``, rows of begin and end, in order."""
    starts, stops = spans[:, 0], np.minimum(spans[:, 1], ended.max())
    before = np.append(0, np.cumsum(np.maximum(stops - starts, 0)))

    def until(at: I64) -> I64:
        place = starts.searchsorted(at)
        inside: I64 = before[place] - np.where(place > 0, np.maximum(stops[np.maximum(place - 1, 0)] - at, 0), 0)
        return inside

    overlap: I64 = until(ended) - until(begun)
    return overlap
