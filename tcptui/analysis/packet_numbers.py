"""What a sender's IP packet numbers tell of its packets that never came here (findings.md, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.pieces import pieces, positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream_view import StreamView
    from tcptui.model.packet_store import I32, I64, U16

#: IP numbers are believed after so many steps (findings.md, section 1, asks for more: no finding rests on these alone),
#: of which so many percent are 1 …
NUMBERED_PACKETS: Final = 4
NUMBERED_PERCENT: Final = 70
#: … and a gap in them up to this size.
MOST_MISSING: Final = 64


class PacketNumbers:
    """The IP numbers of one side's packets."""

    def __init__(self, view: StreamView, side: int) -> None:
        # Sockets that answer without a connection number their packets 0 (findings.md, section 1).
        numbered = view.from_server == bool(side)
        numbered &= view.ip_id != 0
        self._numbers = view.ip_id
        self._own = positions(numbered)
        steps = max(len(self._own) - 1, 0)
        ones = 0
        for part in pieces(len(self._own), 1):
            ones += int(np.count_nonzero(self._step(np.arange(part.start, part.stop)) == 1))
        #: They count one by one, mostly.
        self.told = steps >= NUMBERED_PACKETS and ones * 100 >= NUMBERED_PERCENT * steps

    def _step(self, place: I64) -> U16:
        """From the number of the packet before to that at each ``place`` of the side's own."""
        step: U16 = self._numbers[self._own[place]] - self._numbers[self._own[place - 1]]
        return step

    def missing(self, after: I32 | I64) -> NDArray[np.bool_]:
        """Where packets right before the segments ``after`` are missing, if the numbers otherwise count one by one."""
        lacking = np.zeros(len(after), np.bool_)
        for part in pieces(len(after)) if self.told else ():
            asked = after[part].astype(np.int32, copy=False)
            place = np.clip(self._own.searchsorted(asked), 1, len(self._own) - 1)
            step = self._step(place)
            lacking[part] = (self._own[place] == asked) & (step > 1) & (step <= MOST_MISSING)
        return lacking


def numbers_missing(view: StreamView, side: int, after: I32 | I64) -> NDArray[np.bool_]:
    """Where packets of ``side`` right before ``after`` are missing, if its IP numbers otherwise count one by one."""
    return PacketNumbers(view, side).missing(after)
