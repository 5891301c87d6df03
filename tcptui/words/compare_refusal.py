"""Why there is nothing to compare, as an error with its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.words.errors import CommandFailedError
from tcptui.words.quantities import clock_time

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.compare.side import Side


def require_connections(capture: OpenCapture) -> None:
    """Raise CommandFailedError where ``capture`` has no TCP connection."""
    if not capture.streams.count:
        raise CommandFailedError("error.compare-no-tcp", file=capture.label)


def require_both(a: Side, b: Side) -> None:
    """Raise CommandFailedError where a side has no connection."""
    if not len(a) or not len(b):
        raise CommandFailedError("error.compare-empty")


def require_no_copy(a: Side, b: Side) -> None:
    """Raise CommandFailedError where both sides are the same connections at the same times."""
    if len(a) == len(b) and a.about.packets == b.about.packets and np.array_equal(a.began_ns, b.began_ns):
        files = (safe_text(", ".join(side.about.files)) for side in (a, b))
        raise CommandFailedError("error.compare-copy", **dict(zip("ab", files, strict=True)))


def require_split(capture: OpenCapture, whole: Side, at_ns: int) -> None:
    """Raise CommandFailedError where all connections began before ``at_ns``, or none did."""
    if not len(whole) or not whole.began_ns.min() < at_ns <= whole.began_ns.max():
        first, last = (clock_time(int(time)) for time in (whole.began_ns.min(), whole.began_ns.max()))
        raise CommandFailedError(
            "error.compare-split", file=capture.label, time=clock_time(at_ns), first=first, last=last
        )
