"""What a chart shows.  Imports no NumPy: the command line names these values, and no start should wait for it."""

from __future__ import annotations

from enum import Enum


class ChartKind(Enum):
    """What a chart shows; the values are those of ``--kind``."""

    SEQUENCE = "sequence"
    THROUGHPUT = "throughput"
    RTT = "rtt"
    WINDOW = "window"
    FLIGHT = "flight"
