"""Times at which a receiving program left its buffer more than half full, as the windows of its own end tell.

A receiver that reads at once offers the same window with every acknowledgment.  It may hold back news of room only
while that is less than half of its buffer and less than a segment (RFC 1122, 4.2.3.3; Linux announces as soon as the
window has doubled).  So a window that stays at half or less of what was offered before, and then opens, is a buffer
that was not read meanwhile, whatever rhythm the acknowledgments have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.view import StreamView
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.packet_store import I32, I64
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A window of at most this percentage of the largest one before it says that bytes wait to be read …
UNREAD_PERCENT: Final = 50
#: … when it lasts this long: a program that waits for data is scheduled sooner, even on a busy host.
UNREAD_NS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Backlogs:
    """The spells in which one receiver's buffer was more than half full; one entry each."""

    began: I32
    """Index of the receiver's first segment with the small window."""
    opened: I32
    """Index of its first one afterwards with a larger window."""
    lasted_ns: I64

    def __len__(self) -> int:
        return len(self.began)


def backlogs(view: StreamView, receiver: int, least_ns: int = UNREAD_NS) -> Backlogs:
    """The spells of ``receiver`` (0: client) that lasted at least ``least_ns``.

    A window that never opens again is none: the buffer may have been made smaller.
    """
    spoken: NDArray[np.bool_] = view.from_server == bool(receiver)
    spoken &= (view.flags & (SYN | RST)) == 0
    own = flatnonzero32(spoken)
    window = view.window[own].astype(np.int64)
    low = window * 100 <= np.maximum.accumulate(window) * UNREAD_PERCENT
    changes = indexes_of(np.diff(low.astype(np.int8), prepend=0))
    changes = changes[: len(changes) // 2 * 2]
    began, opened = own[changes[::2]], own[changes[1::2]]
    lasted = view.time_ns[opened] - view.time_ns[began]
    long = lasted >= least_ns
    return Backlogs(began[long], opened[long], lasted[long])
