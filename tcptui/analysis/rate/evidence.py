"""Evidence for the limit of a transfer: numbers and places that a sentence about it quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.send_gaps import tells_window

if TYPE_CHECKING:
    from tcptui.analysis.rate.limit import Limit, RateLimits
    from tcptui.analysis.stream.view import StreamView


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence about the waits for one `Limit`."""

    longest_ns: int
    """The longest of them."""
    before_frame: int
    after_frame: int
    """Packets between which that was."""
    flight_bytes: int
    """In flight meanwhile, as a median."""
    window_bytes: int
    """The receiver's window meanwhile, as a median."""
    least_bytes: int
    """The smallest window meanwhile."""
    largest_bytes: int
    """The receiver's largest window in the whole connection."""


def evidence_of(view: StreamView, limits: RateLimits, limit: Limit) -> Evidence:
    """The evidence of ``limit``, of which ``limits`` has at least one wait."""
    which = np.flatnonzero(limits.limit == limit)
    lasted = limits.end_ns[which] - limits.begin_ns[which]
    longest = int(which[int(np.argmax(lasted))])
    before, after = int(limits.before[longest]), int(limits.after[longest])
    told = tells_window(view, 1 - limits.side)
    heard = sequence_space(view).latest[1 - limits.side][limits.after[which] - np.int32(1)]
    windows = view.window[np.maximum(heard, 0)]
    gaps = time_budget(view).sends[limits.side]
    flight = 0
    if gaps is not None:
        pairs = np.minimum(gaps.after.searchsorted(limits.after[which]), len(gaps) - 1)
        flight = int(np.median(gaps.flight[pairs]))
    return Evidence(
        int(lasted.max()), int(view.frame[before]), int(view.frame[after]), flight, int(np.median(windows)),
        int(windows.min()), int(view.window.max(initial=0, where=told)),
    )  # fmt: skip
