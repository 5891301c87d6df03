"""The case of the neighbour that is not there, recorded afresh: what it says is so on this machine too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tcptui.model.finding import FindingId
from tcptui.session.session import open_file

CHECKOUT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not shutil.which("tcpdump") or not shutil.which("nsenter"), reason="needs tcpdump and nsenter"),
]


def test_each_side_of_the_router_shows_its_part(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cases.recorder.neighbour_silent", str(tmp_path)]
    subprocess.run(command, cwd=CHECKOUT, check=True, timeout=600, capture_output=True)

    found = {
        name: [one.finding.id for one in open_file(tmp_path / f"{name}.pcapng").diagnosis.findings]
        for name in ("client", "router")
    }
    assert found == {"client": [FindingId.ICMP_ERROR], "router": [FindingId.NEIGHBOUR_SILENT]}
