"""`slice` and `assert` among other programs of a shell: pipes, exit status, and files that are written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from captures import mixed

import tcptui

pytestmark = pytest.mark.e2e

ROOT = Path(tcptui.__file__).parent.parent
SCRIPT = """
set -u
cat in.pcap | $T slice - -Y 'tcp.port == 80' --whole-streams -w - |
  $T assert - 'all tcp.port == 80' 'no tcp.flags.reset == 1'
echo "first ${PIPESTATUS[*]}"
$T slice in.pcap --stream 1 -w one.pcapng 2>said
if ! $T assert one.pcapng 'count tcp.analysis.retransmission < 1%' --junit results.xml --slice broken; then
    for part in broken/*.pcapng; do $T packets "$part" -e frame.number -e tcp.stream; done
fi
$T packets in.pcap | head -n 1
echo "last ${PIPESTATUS[*]}"
"""


def test_rule_that_is_broken_in_a_script(tmp_path: Path) -> None:
    (tmp_path / "in.pcap").write_bytes(mixed().pcap())
    environ = os.environ | {"T": f"{sys.executable} -m tcptui --lang en", "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        ["bash", "-c", SCRIPT], cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=600, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == [
        "ok      all tcp.port == 80",
        "ok      no tcp.flags.reset == 1",
        "first 0 0 0",
        "BROKEN  count tcp.analysis.retransmission < 1%: 1 packet matches, 7.692 % of 13 TCP packets; packets 12",
        "1\t0",
        " 1     0.000000 10.0.0.1 → 192.0.2.10 TCP 44 40001 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460",
        "last 0 0",
    ]
    assert "Traceback" not in done.stderr
    assert (tmp_path / "results.xml").read_text().count("<failure") == 1
