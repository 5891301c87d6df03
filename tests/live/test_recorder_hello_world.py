"""The loopback walk recorded afresh: what the case says of it is so on this machine too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_truth import check_truth, read_kernel_log

from tcptui.model.finding import FindingId
from tcptui.session.session import Session, open_file

CHECKOUT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not shutil.which("tcpdump") or not shutil.which("unshare"), reason="needs tcpdump and unshare"),
]


#: A server that takes longer than this from the client's FIN to its close has its kernel acknowledge that alone; longer
#: than its own pause by this, it or the machine stood still.
PROMPT_NS = 30_000_000
TRIES = 20


def record(folder: Path, hold_ns: int = 0) -> Session:
    """A recording in which the server closed when it was to; another one is taken again, and said."""
    options = ["--hold", str(hold_ns / 1e9)] if hold_ns else []
    command = [sys.executable, "-m", "cases.recorder.hello_world", str(folder), *options]
    for _ in range(TRIES):
        subprocess.run(command, cwd=CHECKOUT, check=True, timeout=600, capture_output=True)
        if (late_ns := server_waited_ns(folder / "kernel.jsonl") - hold_ns) < PROMPT_NS:
            return open_file(folder / "hello-world.pcapng")
        print(f"taken again: the server stood still for {late_ns // 1_000_000} ms")
    raise AssertionError("the machine stood still in each recording")


def server_waited_ns(log: Path) -> int:
    """How long the server was in CLOSE-WAIT."""
    changes = [json.loads(line) for line in log.read_text().splitlines()]
    times = {change["to"]: change["time_ns"] for change in changes if change["end"] == "server"}
    return int(times["LAST-ACK"] - times["CLOSE-WAIT"])


def test_server_that_closes_at_once_needs_eight_packets(tmp_path: Path) -> None:
    session = record(tmp_path)

    assert session.store.count == 8
    assert [finding.id for finding in session.findings(0)] == [
        FindingId.THREE_WAY_HANDSHAKE,
        FindingId.THREE_PACKET_CLOSE,
    ]
    assert check_truth(read_kernel_log(tmp_path / "kernel.jsonl"), session) == []


def test_server_that_waits_acknowledges_the_fin_alone_after_some_40_ms(tmp_path: Path) -> None:
    session = record(tmp_path, 200_000_000)
    times = session.store.time_ns[: session.store.count]

    assert session.store.count == 9
    assert [finding.id for finding in session.findings(0)] == [
        FindingId.THREE_WAY_HANDSHAKE,
        FindingId.FOUR_PACKET_CLOSE,
    ]
    assert times[6] - times[5] >= 30_000_000
    assert times[7] - times[5] >= 200_000_000
    assert check_truth(read_kernel_log(tmp_path / "kernel.jsonl"), session) == []
