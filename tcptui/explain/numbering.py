"""What an end's IP packet numbers leave out (findings.md, section 1): packets that were sent and never passed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.pieces import positions
from tcptui.explain.signs import RST, SYN

if TYPE_CHECKING:
    from tcptui.explain.reading import Reading

#: Findings.md: packets that must follow one another before a gap in their numbers means anything …
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


def skipped(reading: Reading, side: int) -> list[Skip]:
    """The gaps in the packet numbers of ``side``; empty unless it counts up by one for this connection alone.

    SYN-ACKs and resets without a socket carry number 0 and are left out, as is whatever the
    decoder calls a copy or a late packet: its number is smaller.
    """
    view = reading.view
    mine = positions((view.from_server == bool(side)) & (view.ip_id != 0) & ((view.flags & (SYN | RST)) == 0))
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
