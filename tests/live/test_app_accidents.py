"""What happens to a live capture: the card goes, the capture process is killed, the program is told to end."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from live_link import INTERFACE, PORT, SERVER, Link, run
from tmux_terminal import Terminal, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.live, pytest.mark.e2e]


@pytest.fixture
def link() -> Iterator[Link]:
    with Link() as joined:
        joined.serve()
        yield joined


@pytest.fixture
def spools(tmp_path: Path) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "spools"
    folder.mkdir()
    return folder


@pytest.fixture
def terminal(link: Link, tmp_path: Path, spools: Path) -> Iterator[Terminal]:
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": str(spools)}
    opened = Terminal(160, 40, environ, prefix=link.inside)
    yield opened
    opened.close()


def capturing(terminal: Terminal, link: Link, *words: str) -> None:
    """Start a capture and wait for its first connection."""
    terminal.start("-i", INTERFACE, "-n", *words, "tcp")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")


def whole(path: Path) -> int:
    """How many packets tcpdump reads, without a complaint, from a file."""
    return len(run("tcpdump", "-nr", str(path)).splitlines())


def test_interface_that_goes_is_said_and_what_was_captured_stays(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path
) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    link.remove_interface()
    terminal.wait(f"{INTERFACE} disappeared")
    terminal.press("2", "g")
    terminal.wait("SYN-SENT")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert whole(path) >= 8
    assert list(spools.iterdir()) == []


def test_capture_process_that_is_killed_is_said_and_the_screen_lives(
    terminal: Terminal, link: Link, tmp_path: Path
) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    os.kill(terminal.child_pid(), signal.SIGKILL)
    terminal.wait("the capture process ended unexpectedly")
    terminal.press("2", "g")
    terminal.wait("SYN-SENT")
    terminal.press("q")
    terminal.wait_prompt()
    assert whole(path) >= 8


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_ends_program_and_capture_and_leaves_a_whole_file(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path, number: signal.Signals
) -> None:
    before, besides = terminal.modes(), link.processes()
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    os.kill(terminal.app_pid(), number)
    assert terminal.wait_prompt() == 128 + number
    assert terminal.modes() == before
    link.wait_empty(besides)
    assert whole(path) >= 8
    assert list(spools.iterdir()) == []


def test_program_that_is_killed_takes_its_capture_along(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    besides = link.processes()
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    os.kill(terminal.app_pid(), signal.SIGKILL)
    link.wait_empty(besides)
    assert whole(path) >= 8


def test_window_that_closes_ends_program_and_capture(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    pids = {terminal.app_pid(), terminal.child_pid()}
    terminal.hang_up()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "program and capture to end")
    assert whole(path) >= 8


def test_what_cannot_be_captured_is_refused_in_one_line(terminal: Terminal, link: Link) -> None:
    run("ip", "-n", link.server, "link", "set", INTERFACE, "down")
    for words, code, line in (
        (["-i", "nosuch0"], 1, "there is no interface nosuch0; there are: "),
        (["-i", INTERFACE], 1, f"{INTERFACE} is down, so nothing can be captured; bring it up with: ip link set "),
        (["-i", "any", "tcp", "port", "port"], 2, "is not one libpcap understands"),
        (["-i", "any", "-w", "/nowhere/x.pcap"], 1, "there is no directory /nowhere"),
    ):
        terminal.start(*words)
        assert terminal.wait_prompt() == code
        screen = terminal.screen()
        assert line in screen.replace("\n", "")
        assert sum(text.startswith("tcptui: ") for text in screen.splitlines()) == 1


def test_existing_file_is_asked_about(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    path.write_bytes(b"something dear")
    terminal.start("-i", INTERFACE, "-w", str(path))
    terminal.wait(re.compile(r"Replace it\? \[y/N\]"))
    terminal.press("Enter")
    assert terminal.wait_prompt() == 1
    assert path.read_bytes() == b"something dear"
    terminal.start("-i", INTERFACE, "-w", str(path))
    terminal.wait(re.compile(r"Replace it\? \[y/N\]"))
    terminal.press("y", "Enter")
    terminal.wait("0 packets  0 connections")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert whole(path) == 0
