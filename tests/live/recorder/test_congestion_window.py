"""Estimates of the congestion window beside the kernel's own, which its tracepoint tells at every segment received."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

#: Slow start, losses with and without SACK, a queue, marks, an outage; and senders that something else holds back.
GROWS = (
    "fast-retransmission", "fast-retransmission-without-sack", "periodic-loss", "queueing-delay", "congestion-marked",
    "window-lost",
)  # fmt: skip
HELD_BACK = ("small-send-buffer", "steady-pieces", "window-shrunk", "slow-receiver")
MSS = 1448


def differences(folder: Path) -> Iterator[float]:
    """By how many segments each estimate of a recording differs from the kernel's window, that of the next ACK."""
    lines = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    for side, end in enumerate(("client", "server")):
        session = open_file(folder / f"{end}.pcapng")
        graphs = StreamGraphs(session, 0)
        graphs.grow()
        graph, port = graphs.congestion(side), session.streams.ends(0)[side].port
        told = [
            (line["time_ns"], line["snd_cwnd"])
            for line in lines
            if line.get("kind") == "sender" and line["end"] == end and line["local"].endswith(f":{port}")
        ]
        times, windows = np.array(told, np.int64).reshape(-1, 2).T
        after = times.searchsorted(graph.time_ns + int(session.streams.began_ns[0]), "right")
        yield from (graph.window / MSS - windows[np.minimum(after, len(windows) - 1)]).tolist()
        session.close()


def test_estimates_are_the_kernels_window_to_within_a_segment(record_all: Callable[..., Path]) -> None:
    recorded = record_all([*GROWS, *HELD_BACK], "--probe")
    found = {name: list(differences(recorded / name)) for name in (*GROWS, *HELD_BACK)}
    everything = [difference for each in found.values() for difference in each]

    assert all(found[name] for name in GROWS)
    assert len(everything) > 300
    wrong = {name: [each for each in some if abs(each) > 1] for name, some in found.items()}
    assert sum(map(len, wrong.values())) <= len(everything) / 500, wrong
