"""The loopback walk recorded afresh: what the case says of it is so on this machine too."""

from __future__ import annotations

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


def record(folder: Path, *options: str) -> Session:
    command = [sys.executable, "-m", "cases.recorder.hello_world", str(folder), *options]
    subprocess.run(command, cwd=CHECKOUT, check=True, timeout=600, capture_output=True)
    return open_file(folder / "hello-world.pcapng")


def test_server_that_closes_at_once_needs_eight_packets(tmp_path: Path) -> None:
    session = record(tmp_path)

    assert session.store.count == 8
    assert [finding.id for finding in session.findings(0)] == [
        FindingId.THREE_WAY_HANDSHAKE,
        FindingId.THREE_PACKET_CLOSE,
    ]
    assert check_truth(read_kernel_log(tmp_path / "kernel.jsonl"), session) == []


def test_server_that_waits_acknowledges_the_fin_alone_after_some_40_ms(tmp_path: Path) -> None:
    session = record(tmp_path, "--hold", "0.2")
    times = session.store.time_ns[: session.store.count]

    assert session.store.count == 9
    assert [finding.id for finding in session.findings(0)] == [
        FindingId.THREE_WAY_HANDSHAKE,
        FindingId.FOUR_PACKET_CLOSE,
    ]
    assert 30_000_000 <= times[6] - times[5] <= 100_000_000
    assert times[7] - times[5] >= 200_000_000
    assert check_truth(read_kernel_log(tmp_path / "kernel.jsonl"), session) == []
