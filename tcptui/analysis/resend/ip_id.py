"""What a sender's IP packet numbers tell of its packets that never came here (rules/findings.md#ip-packet-numbers).

What an end's IP packet numbers leave out: packets that were sent and never passed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, I64, U16

#: IP numbers are believed after so many steps (findings ask for more, `CALIBRATION`: none rests on these alone),
#: of which so many percent are 1 …
NUMBERED_PACKETS: Final = 4
NUMBERED_PERCENT: Final = 70
#: … and a gap in them up to this size.
MOST_MISSING: Final = 64


class PacketNumbers:
    """The IP numbers of one side's packets."""

    def __init__(self, view: StreamView, side: int) -> None:
        # Sockets that answer without a connection number their packets 0 (rules/findings.md#ip-packet-numbers).
        numbered = view.from_server == bool(side)
        numbered &= view.ip_id != 0
        self._numbers = view.ip_id
        self._own = flatnonzero32(numbered)
        steps = max(len(self._own) - 1, 0)
        ones = 0
        for part in chunks(len(self._own), 1):
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
        for part in chunks(len(after)) if self.told else ():
            asked = after[part].astype(np.int32, copy=False)
            place = np.clip(self._own.searchsorted(asked), 1, len(self._own) - 1)
            step = self._step(place)
            lacking[part] = (self._own[place] == asked) & (step > 1) & (step <= MOST_MISSING)
        return lacking


def numbers_missing(view: StreamView, side: int, after: I32 | I64) -> NDArray[np.bool_]:
    """Where packets of ``side`` right before ``after`` are missing, if its IP numbers otherwise count one by one."""
    return PacketNumbers(view, side).missing(after)


#: rules/findings.md#ip-packet-numbers: packets that must follow one another before a gap means anything …
CALIBRATION: Final = 8
#: … and the share of steps that must be plain.
PLAIN_PERCENT: Final = 80
#: A larger step is another connection's traffic, or a counter that was set anew.
LARGEST_GAP: Final = 64


@dataclass(frozen=True, slots=True)
class Skip:
    """Numbers left out between two packets of one end."""

    before: int
    after: int
    missing: int


def skipped(view: StreamView, side: int) -> list[Skip]:
    """The gaps in the packet numbers of ``side``; empty unless it counts up by one for this connection alone.

    SYN-ACKs and resets without a socket carry number 0 and are left out, as is whatever the
    decoder calls a copy or a late packet: its number is smaller.
    """
    mine = flatnonzero32((view.from_server == bool(side)) & (view.ip_id != 0) & ((view.flags & (SYN | RST)) == 0))
    if len(mine) <= CALIBRATION:
        return []
    numbers = view.ip_id[mine]
    steps = (numbers[1:] - numbers[:-1]).view(np.int16)
    if int(np.count_nonzero(steps == 1)) * 100 < PLAIN_PERCENT * len(steps):
        return []
    found = []
    for place in np.flatnonzero(steps != 1).tolist():
        step = int(steps[place])
        if not 1 < step <= LARGEST_GAP:
            return []  # reordered, or not its own counter after all
        found.append(Skip(int(mine[place]), int(mine[place + 1]), step - 1))
    return found
