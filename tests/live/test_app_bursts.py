"""More than anybody asked for: a burst, and a flood of SYNs from addresses that do not exist."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fault_table import line_with, note_fault
from live_link import INTERFACE, Link, run
from tmux_terminal import until

if TYPE_CHECKING:
    from tmux_terminal import Terminal

pytestmark = [pytest.mark.live, pytest.mark.e2e]

COLUMNS = 160
#: By hand: 1,000,000 and 200,000.
BURST = int(os.environ.get("TCPTUI_BURST", "100000"))
SYNS = int(os.environ.get("TCPTUI_SYNS", "50000"))
#: Memory: of the compiler and the screen, of so many packets' columns, of so many streams of one packet.
ROOM_MB = 250
MB_PER_100K_PACKETS = 40
MB_PER_100K_STREAMS = 150


def resident_mb(pid: int) -> int:
    """Memory of a process in MB."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) // 1000


def settled(terminal: Terminal) -> str:
    """The screen once everything captured is analysed."""
    terminal.wait_gone("behind")
    shown = ""

    def is_calm() -> bool:
        nonlocal shown
        before, shown = shown, terminal.screen().splitlines()[0]
        return before == shown

    until(is_calm, "the counts to stand still")
    return terminal.screen()


def summary(terminal: Terminal) -> tuple[int, int]:
    """Packets captured and dropped, as the last line says."""
    found = re.search(r"(\d+) packets captured, (\d+) dropped by the kernel", terminal.screen())
    assert found is not None
    return int(found[1]), int(found[2])


def test_burst_is_counted_to_the_last_packet(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "burst.pcap"
    terminal.start("-i", INTERFACE, "-n", "-w", str(path), "tcp dst port 80")
    terminal.wait("0 packets")
    before = resident_mb(terminal.app_pid())
    sent = link.flood("data", BURST)
    terminal.wait(re.compile(r"[1-9][\d,]* packets"))
    until(lambda: counted(terminal) >= sent, f"{sent} packets captured or dropped")
    screen = settled(terminal)
    after = resident_mb(terminal.app_pid())
    terminal.press("q")
    code = terminal.wait_prompt()
    captured, dropped = summary(terminal)
    assert code == 0
    assert captured + dropped == sent
    assert len(run("tcpdump", "-nr", str(path)).splitlines()) == captured
    assert after - before < ROOM_MB + MB_PER_100K_PACKETS * sent // 100_000
    note_fault(
        f"burst of {sent} packets",
        line_with(screen, " packets "),
        f"{dropped} that the kernel dropped and counted; memory {before} to {after} MB",
        code,
    )


def counted(terminal: Terminal) -> int:
    """Packets shown and packets dropped."""
    line = terminal.screen().splitlines()[0]
    shown, dropped = re.search(r"([\d,]+) packets", line), re.search(r"dropped ([\d,]+)", line)
    return sum(int(found[1].replace(",", "")) for found in (shown, dropped) if found is not None)


def test_real_connections_are_explained_amid_a_flood_of_syns(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("0 packets")
    before = resident_mb(terminal.app_pid())
    link.ask()
    sent = link.flood("syn", SYNS)
    link.knock()
    link.ask()
    until(lambda: counted(terminal) >= sent + 20, f"{sent} packets captured or dropped")
    settled(terminal)
    after = resident_mb(terminal.app_pid())
    terminal.press("/")
    terminal.type("10.79.0.2:9")
    terminal.press("Enter")
    screen = terminal.wait("refused")
    terminal.leave_unsaved()
    code = terminal.wait_prompt()
    captured, dropped = summary(terminal)
    assert captured + dropped >= sent + 20
    assert after - before < ROOM_MB + MB_PER_100K_STREAMS * sent // 100_000
    note_fault(
        f"{sent} SYNs from made-up addresses",
        line_with(screen, "refused"),
        f"{dropped} that the kernel dropped and counted; memory {before} to {after} MB",
        code,
    )
