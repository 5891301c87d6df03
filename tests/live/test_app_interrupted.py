"""A capture that nobody saved, and an end that nobody wanted: it is found again, whole."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fault_table import line_with, note_fault
from live_link import INTERFACE, PORT, SERVER, Link, run
from tmux_terminal import Terminal, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.e2e]

COLUMNS = 160
#: The program with a mistake in it: in what a key does, or in what reads the packets.
MISTAKEN = """
import sys
from tcptui.cli.main import main
from tcptui.session.catch_up import CatchUp
from tcptui.ui.main.screen import MainScreen

mistaken = []
run = CatchUp.run

def sort(screen):
    mistaken.append(screen)
    if "key" in NAME:
        raise LookupError("nobody thought of this")

def read(rounds):
    if mistaken:
        raise LookupError("nobody thought of this")
    return run(rounds)

MainScreen.action_sort = sort
CatchUp.run = read
sys.exit(main())
"""


def capturing(terminal: Terminal, link: Link) -> None:
    """Capture, unsaved, and wait for a connection."""
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("0 packets")
    link.ask(3)
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.wait("3 connections")
    terminal.wait(handed_over, "all that is asked for")


def handed_over(screen: str) -> bool:
    """Whether three whole connections have come: what is killed leaves only what it was handed over."""
    found = re.search(r"(\d+) packets", screen)
    return found is not None and int(found[1]) >= 24


def packets(path: Path) -> int:
    """How many packets tcpdump reads, without a complaint, from a file."""
    return len(run("tcpdump", "-nr", str(path)).splitlines())


def take_terminal_back(terminal: Terminal) -> None:
    """As a person does after a program was killed: nobody was there to leave its screen."""
    terminal.type("stty sane; printf '\\033[?1049l\\033[?1000l\\033[?1003l\\033[?1006l\\033[?2004l\\033[?25h'\n")
    terminal.wait(lambda _screen: not terminal.alternate, "the shell")


def kill_program(terminal: Terminal) -> None:
    os.kill(terminal.app_pid(), signal.SIGKILL)


def kill_both(terminal: Terminal) -> None:
    for pid in (terminal.app_pid(), terminal.child_pid()):
        os.kill(pid, signal.SIGKILL)


def terminate(terminal: Terminal) -> None:
    os.kill(terminal.app_pid(), signal.SIGTERM)


def hang_up(terminal: Terminal) -> None:
    os.kill(terminal.app_pid(), signal.SIGHUP)


def offered_and_saved(terminal: Terminal, spool: Path, kept: Path) -> str:
    """The line by which the next start offers ``spool``, which is then recovered whole to ``kept``."""
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("0 packets  0 connections")
    terminal.press("q")
    terminal.wait_prompt()
    offered = line_with(terminal.screen(), "tcptui recover has it")
    terminal.start("recover", "-w", str(kept))
    assert terminal.wait_prompt() == 0
    assert packets(kept) >= 24
    assert not spool.exists()
    return offered


@pytest.mark.parametrize(
    ("accident", "name", "code"),
    [
        (kill_program, "SIGKILL of the program", 137),
        (kill_both, "SIGKILL of both processes", 137),
        (terminate, "SIGTERM", 143),
        (hang_up, "SIGHUP", 129),
    ],
)
def test_capture_is_offered_and_saved_after(
    terminal: Terminal,
    link: Link,
    tmp_path: Path,
    spools: Path,
    accident: Callable[[Terminal], None],
    name: str,
    code: int,
) -> None:
    besides = link.processes()
    capturing(terminal, link)
    accident(terminal)
    link.wait_empty(besides)
    if code == 137:
        take_terminal_back(terminal)
    else:
        assert terminal.wait_prompt() == code
        assert "the captured packets are kept; to save them: tcptui recover 1 -w FILE" in terminal.screen()
    (spool,) = spools.glob("*.pcap")
    offered = offered_and_saved(terminal, spool, tmp_path / "kept.pcap")
    note_fault(f"{name}, capture not saved", f"at the next start: {offered}", "nothing", code)


@pytest.mark.parametrize("where", ["what a key does", "what reads the packets"])
def test_crash_of_the_app_keeps_the_capture_for_the_next_start(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path, where: str
) -> None:
    sound, program = terminal.program, tmp_path / "bin" / "tcptui"
    program.parent.mkdir()
    program.write_text(f"NAME = {where!r}\n{MISTAKEN}")
    terminal.program = (sys.executable, str(program))
    before, besides = terminal.modes(), link.processes()
    capturing(terminal, link)
    terminal.press("s")
    if where == "what reads the packets":
        link.ask()
    assert terminal.wait_prompt() == 1
    link.wait_empty(besides)
    assert "LookupError: nobody thought of this" in terminal.screen()
    assert "the captured packets are kept; to save them: tcptui recover 1 -w FILE" in terminal.screen()
    (report,) = (tmp_path / "state").rglob("crash.txt")
    assert "in sort" in report.read_text() or "in read" in report.read_text()
    assert terminal.modes() == before
    (spool,) = spools.glob("*.pcap")
    assert packets(spool) >= 24
    terminal.program = sound
    offered = offered_and_saved(terminal, spool, tmp_path / "kept.pcap")
    note_fault(f"the app crashes in {where}, capture not saved", f"at the next start: {offered}", "nothing", 1)


def test_start_screen_opens_it(terminal: Terminal, link: Link, spools: Path) -> None:
    capturing(terminal, link)
    terminate(terminal)
    terminal.wait_prompt()
    terminal.start()
    screen = terminal.wait(re.compile(rf"capture of {time.strftime('%Y')}"))
    assert "Captures that were interrupted" in screen
    terminal.type("/tcptui-")  # the name of its file, which is nobody else's
    terminal.wait_gone("Cases to learn from")
    terminal.press("Enter")
    terminal.wait("3 connections")
    terminal.press("2", "g")
    terminal.wait("SYN-SENT")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert len(list(spools.glob("*.pcap"))) == 1


def test_window_that_closes_leaves_it_too(terminal: Terminal, link: Link, spools: Path) -> None:
    besides = link.processes()
    capturing(terminal, link)
    terminal.hang_up()
    until(lambda: link.processes() <= besides, "the program to end")
    (spool,) = spools.glob("*.pcap")
    assert packets(spool) >= 24


def test_pipe_is_kept_when_the_program_is_killed(terminal: Terminal, link: Link, tmp_path: Path, spools: Path) -> None:
    terminal.run(f"tcpdump -U -w - -i {INTERFACE} tcp 2>/dev/null | {' '.join(terminal.program)} -n -")
    terminal.wait("0 packets")
    link.ask(3)
    terminal.wait("3 connections")
    terminal.wait(handed_over, "all that is asked for")
    kill_program(terminal)
    link.ask()  # tcpdump learns with its next packet that nobody reads
    take_terminal_back(terminal)
    terminal.start("recover", "-w", str(tmp_path / "kept.pcap"))
    assert terminal.wait_prompt() == 0
    assert packets(tmp_path / "kept.pcap") >= 24
    assert list(spools.glob("*.pcap")) == []


def test_capture_that_was_left_on_purpose_is_gone(terminal: Terminal, link: Link, spools: Path) -> None:
    capturing(terminal, link)
    assert len(list(spools.glob("*.pcap"))) == 1
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert list(spools.iterdir()) == []
