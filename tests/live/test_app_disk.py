"""The disk of the temporary spool fills up, by others or by us: the capture ends or turns over, and says so."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from fault_table import line_with, note_fault
from live_link import INTERFACE, Link, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = [pytest.mark.live, pytest.mark.e2e]

COLUMNS = 160


@pytest.fixture
def spools(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=100m,mode=1777", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=600)


def test_disk_that_others_fill_ends_the_capture_and_keeps_what_fits(
    terminal: Terminal, link: Link, spools: Path, tmp_path: Path
) -> None:
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait("1 connection")
    with (spools / "others").open("wb") as others:
        free = spools_free(spools) - (1 << 20)
        others.write(bytes(free))
    link.flood("data", 20_000)  # 3 MB
    seen = line_with(terminal.wait("is full; everything up to here is kept"), "is full")
    terminal.press("w")
    terminal.type(str(tmp_path / "saved.pcap"))
    terminal.press("Enter")
    terminal.wait("Saved ")
    terminal.leave_unsaved()
    code = terminal.wait_prompt()
    packets = len(run("tcpdump", "-nr", str(tmp_path / "saved.pcap")).splitlines())
    assert 1000 < packets < 20_000
    assert [path.name for path in spools.iterdir()] == ["others"]
    counted = re.search(r"(\d+) packets captured", terminal.screen())
    assert counted is not None
    assert int(counted[1]) == packets
    note_fault("disk full while spooling", seen, f"nothing of the {packets} packets captured", code)


def spools_free(folder: Path) -> int:
    """Free bytes of the disk of ``folder``."""
    line = run("df", "--output=avail", "-B1", str(folder)).splitlines()[1]
    return int(line)
