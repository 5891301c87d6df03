"""Marks of the time-sequence graph beside what the kernels said when they sent a segment again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tcptui.charts.chart import make_chart
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import CAUSE_MARKS, KIND_MARKS, Mark
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.session import open_file

CASES = Path(__file__).parents[3] / "cases"
#: Frames whose cause the packets do not show, by the case that teaches this.
NOT_SHOWN = {("71-retransmission-unexplained", "client", 39)}
#: A cause that ICMP tells, and no packet of TCP.
BY_ICMP = "path-mtu"


def marks_of(capture: Path) -> dict[int, set[str]]:
    """The marks of each packet that was sent again or is a probe."""
    found: dict[int, set[str]] = {}
    session = open_file(capture)
    wanted = {*CAUSE_MARKS.values(), *KIND_MARKS.values()} - {Mark.SYN, Mark.FIN, Mark.RST}
    for stream in range(session.streams.count):
        graphs = StreamGraphs(session, stream)
        graphs.grow()
        for side in (0, 1):
            for layer in make_chart(graphs, ChartKind.SEQUENCE, side).layers:
                if layer.mark in wanted:
                    for frame in np.unique(layer.frame).tolist():
                        found.setdefault(frame, set()).add(layer.mark.value)
    session.close()
    return found


def test_each_resend_of_the_bundled_cases_has_the_mark_of_the_kernels_cause() -> None:
    compared = 0
    for account in sorted(CASES.glob("*/kernel.jsonl")):
        lines = [json.loads(line) for line in account.read_text().splitlines()]
        for end in ("client", "server"):
            resent = {
                line["frame"]: line["why"]
                for line in lines
                if line["end"] == end and line.get("kind") in ("retransmit", "probe") and "frame" in line
            }
            captures = list(account.parent.glob(f"{end}.pcapng*"))
            if not resent or not captures:
                continue
            marks = marks_of(captures[0])
            for frame, why in resent.items():
                is_hidden = why == BY_ICMP or (account.parent.name, end, frame) in NOT_SHOWN
                told = {"unknown"} if is_hidden else {why}
                assert marks.get(frame) == told, (account.parent.name, end, frame)
            compared += len(resent)
    assert compared > 150
