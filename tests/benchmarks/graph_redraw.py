"""How long a graph takes to be drawn, in processor time: of a connection of so many segments, as on the screen.

    python tests/benchmarks/graph_redraw.py [SEGMENTS …]

Time-sequence graphs of a transfer in order with losses, of one in which every segment is out of place, and round-trip
times; each whole, a third of it and a hundredth, at 80×24 and 200×50.  The least of seven times is printed.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from tcptui.charts.cells import draw, full_view
from tcptui.charts.chart import Chart, Layer
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import ORDER, SPEC_OF, Mark, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.packet_store import I64

SIZE = 1448
PLOTS = ((76, 17), (194, 40))


def layer(mark: Mark, time_ns: I64, low: I64, high: I64) -> Layer:
    """A layer as `tcptui.charts.chart` makes it."""
    frame = np.arange(1, len(time_ns) + 1, dtype=np.uint32)
    is_bars = SPEC_OF[mark].shape is Shape.BARS
    joints = np.flatnonzero(low[1:] != high[:-1]) + 1 if is_bars else np.zeros(0, np.int64)
    return Layer(mark, time_ns, low, high, frame, joints)


def sequence(count: int, *, out_of_place: bool) -> Chart:
    """A transfer of ``count`` segments: ACKs for every second one, one in a hundred lost, SACK for one in fifty."""
    chance = np.random.default_rng(1)
    time_ns = np.cumsum(chance.integers(1_000, 20_000, count))
    low = np.arange(count) * SIZE
    if out_of_place:
        low = low + chance.integers(-20, 20, count) * SIZE
    told, ack = time_ns[::2], np.maximum.accumulate(low[::2])
    lost, sacked = (
        np.sort(chance.choice(most, most // part, replace=False)) for most, part in ((count, 100), (len(ack), 50))
    )
    layers = [
        layer(Mark.DATA, time_ns, low, low + SIZE),
        layer(Mark.ACK_LINE, told, ack, ack),
        layer(Mark.EDGE, told, *(2 * [ack + chance.integers(60_000, 200_000, len(ack))])),
        layer(Mark.FAST_RECOVERY, time_ns[lost], low[lost], low[lost] + SIZE),
        layer(Mark.SACK, told[sacked], ack[sacked] + SIZE, ack[sacked] + 10 * SIZE),
        layer(Mark.DUPLICATE_ACK, told[sacked], ack[sacked], ack[sacked]),
    ]
    ordered = tuple(sorted(layers, key=lambda each: ORDER[each.mark]))
    return Chart(ChartKind.SEQUENCE, 0, ordered, (), int(time_ns[0]), int(time_ns[-1]))


def round_trips(count: int) -> Chart:
    """``count`` samples."""
    chance = np.random.default_rng(2)
    time_ns = np.cumsum(chance.integers(1_000, 20_000, count))
    rtt = np.abs(chance.normal(50e6, 5e6, count)).astype(np.int64)
    layers = layer(Mark.RTT, time_ns, rtt, rtt), layer(Mark.SMOOTHED, time_ns, rtt, rtt)
    return Chart(ChartKind.RTT, 0, layers, (), int(time_ns[0]), int(time_ns[-1]))


def measured(chart: Chart, width: int, height: int, part: int) -> float:
    """Milliseconds of processor time for one redraw of a part of ``chart``."""
    middle, half = (chart.begin_ns + chart.end_ns) // 2, (chart.end_ns - chart.begin_ns) // 2 // part
    taken = []
    for _ in range(7):
        began = time.process_time()
        draw(chart, full_view(chart, middle - half, middle + half), width, height)
        taken.append(time.process_time() - began)
    return min(taken) * 1e3


def main(words: Sequence[str]) -> None:
    """Print a table for each number of segments."""
    for count in map(int, words or ("1000000", "5000000")):
        charts = {
            "in order, with losses": sequence(count, out_of_place=False),
            "each out of place": sequence(count, out_of_place=True),
            "round-trip times": round_trips(count),
        }
        for name, chart in charts.items():
            for width, height in PLOTS:
                taken = ", ".join(f"1/{part}: {measured(chart, width, height, part):.1f} ms" for part in (1, 3, 100))
                print(f"{count:,} {name}, {width}×{height}: {taken}")


if __name__ == "__main__":
    main(sys.argv[1:])
