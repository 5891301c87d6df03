"""Bytes that reached their receiver and that it did not keep itself: the path lost none of those.

There are two signs.  The receiver's window ended before the bytes (it had taken back room, or closed it at once), so
that it dropped them; or it had reported them by SACK, and acknowledged later no further than into them: a receiver
that is short of memory may discard what it has reported (RFC 2018, 8).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.analysis.timing.send_gaps import NO_LIMIT_NS, window_edges
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import integer, places_of
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts


class Refusal(NamedTuple):
    """Why a receiver did not keep a segment that may have arrived."""

    shape: str
    """``no-room`` or ``discarded``."""
    witness: int
    """Index of its segment whose window ends before the bytes, or that reports them by SACK."""
    proof: int
    """Index of its segment that acknowledges no further than into what it had reported; -1 of ``no-room``."""


class Refusals:
    """Data of ``side`` that its receiver itself did not keep; what that withdrew is looked for once."""

    def __init__(self, connection: ConnectionFacts, side: int) -> None:
        self._connection = connection
        self._withdrawn = _withdrawn_reports(connection, side)

    @property
    def has_discards(self) -> bool:
        """True if the receiver discarded any data that it had reported: it is short of memory."""
        return bool(self._withdrawn)

    def of(self, copy: int, later: int) -> Refusal | None:
        """The sign that the receiver did not keep segment ``copy``, before its bytes came again in ``later``."""
        return self._discarded(copy, later) or _without_room(self._connection, copy, later)

    def _discarded(self, copy: int, later: int) -> Refusal | None:
        """SACK reported the bytes after ``copy``, and the cumulative ACK stopped before the end of that report."""
        space = self._connection.space
        seq, end = integer(space.seq[copy]), integer(space.end[copy])
        for report, reached, left, right in self._withdrawn[bisect_right(self._withdrawn, copy, key=itemgetter(0)) :]:
            if report >= later:
                break
            if reached < later and left <= seq and end <= right:
                return Refusal("discarded", report, reached)
        return None


def _without_room(connection: ConnectionFacts, copy: int, later: int) -> Refusal | None:
    """The window in force when ``copy`` was sent, or one offered before ``later``, ends before the bytes.

    An ACK that says less than one before it was overtaken, and its window is an old one.
    """
    view, space, side = connection.view, connection.space, connection.side[copy]
    begin = max(int(space.latest[1 - side][copy]), 0)
    mine = (view.from_server[begin:later] != bool(side)) & ((view.flags[begin:later] & (SYN | RST)) == 0)
    offers = begin + indexes_of(mine)
    edges, given = window_edges(view, space, offers), space.ack[offers]
    scale = view.scale_client if side else view.scale_server
    short = (edges < NO_LIMIT_NS) & (given == space.acknowledged[side][offers])
    # Scaled windows are rounded (RFC 7323, 2.3), as in `window_shrunk`.
    short &= edges + (2 << max(scale, 0)) < integer(space.end[copy])
    found = indexes_of(short)
    return Refusal("no-room", int(offers[found[0]]), -1) if len(found) else None


def _withdrawn_reports(connection: ConnectionFacts, side: int) -> list[tuple[int, int, int, int]]:
    """SACKs of data of ``side`` that the cumulative ACK later ended within: who keeps the block acknowledges all of it.

    Index of the SACK and of that ACK, left and right edge of the (first) block, in the numbers of `SequenceSpace`.
    """
    view, space = connection.view, connection.space
    plain = (view.options & (OptionBit.SACK | OptionBit.DSACK)) == OptionBit.SACK
    reports = indexes_of(plain & (view.from_server != bool(side)))
    left, right = (
        space.ack[reports] + (column[reports] - view.ack[reports]).view(np.int32)
        for column in (view.sack_left, view.sack_right)
    )
    reached = np.asarray(places_of(space.acknowledged[side], left, side="left"))
    inside = (left > space.ack[reports]) & (reached > reports) & (reached < connection.count)
    inside[inside] = space.acknowledged[side][reached[inside]] < right[inside]
    found = zip(*(column[inside].tolist() for column in (reports, reached, left, right)), strict=True)
    return [one for one in found if _came_again(connection, side, one[1], one[3])]


def _came_again(connection: ConnectionFacts, side: int, reached: int, right: int) -> bool:
    """True if ``side`` sent again what ACK ``reached`` left open below ``right`` before an ACK covered that.

    Some stacks acknowledge up to a block first, and the block with the next ACK: those kept it.
    """
    space = connection.space
    stop = int(places_of(space.acknowledged[side], right, side="left"))
    again = connection.data_by_side[side]
    open_at = integer(space.ack[reached])
    between = again[bisect_right(again, reached) : bisect_left(again, stop)]
    return any(integer(space.seq[i]) < right and integer(space.end[i]) > open_at for i in between)
