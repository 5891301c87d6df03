"""The link keeps its delays, and the captures have the kernel's times and order."""

from __future__ import annotations

import json
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import pytest

from cases.recorder.pcapng import read_pcapng

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

DELAY_NS = 10_000_000
#: Later than this, a change of state is no packet's if another one has come meanwhile.
SOON_NS = 50_000_000


def test_no_frame_is_early_and_none_later_than_the_link_says(ruled: Path) -> None:
    folder = ruled / "plain"
    late_ns = 1_000 * (json.loads((folder / "recording.json").read_text())["late_us"] + 1)
    times = {end: [r.time_ns for r in read_pcapng(folder / f"{end}.pcapng")] for end in ("client", "server")}
    late = []
    for line in (folder / "link.jsonl").read_text().splitlines():
        entry = json.loads(line)
        travelled = times[entry["to"]][entry["delivered"][0] - 1] - times[entry["from"]][entry["frame"] - 1]
        late.append(travelled - DELAY_NS)

    assert min(late) > 0
    # At worst it was taken that late, and handed over that late.
    assert max(late) <= 2 * late_ns
    assert median(late) < 3_000_000 + late_ns


def test_times_of_a_capture_never_go_back(ruled: Path) -> None:
    for capture in ruled.glob("*/*.pcapng"):
        times = [record.time_ns for record in read_pcapng(capture)]
        assert all(earlier < later for earlier, later in pairwise(times)), capture


def test_state_changes_lie_beside_the_packets_that_caused_them(ruled: Path) -> None:
    folder = ruled / "plain"
    kernel = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    captures = {end: read_pcapng(folder / f"{end}.pcapng") for end in ("client", "server")}
    by_packet = [line for line in kernel if line.get("by") == "packet"]

    assert by_packet
    for line in by_packet:
        frame, *others = (record.time_ns for record in captures[line["end"]][line["frame"] - 1 :])
        assert frame - 2_000 <= line["time_ns"]
        assert not others or line["time_ns"] < max(frame + SOON_NS, others[0])
