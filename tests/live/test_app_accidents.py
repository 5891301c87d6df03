"""What happens to a live capture: the card goes, the capture process is killed, the program is told to end."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from fault_table import line_with, note_fault
from live_link import INTERFACE, PORT, SERVER, Link, run
from tmux_terminal import Terminal, until

pytestmark = [pytest.mark.live, pytest.mark.e2e]

COLUMNS = 160


def capturing(terminal: Terminal, link: Link, *words: str) -> None:
    """Start a capture and wait for its first connection, to its end."""
    terminal.start("-i", INTERFACE, "-n", *words, "tcp")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.wait("TIME-W")  # all of it is there


def whole(path: Path) -> int:
    """How many packets tcpdump reads, without a complaint, from a file."""
    return len(run("tcpdump", "-nr", str(path)).splitlines())


def left_with(terminal: Terminal, path: Path, connections: int) -> int:
    """Leave; the file keeps at least so many connections whole.  The exit status, for the table of faults."""
    terminal.press("q")
    code = terminal.wait_prompt()
    assert code == 0
    assert whole(path) >= 8 * connections
    return code


def saved_and_left(terminal: Terminal, path: Path) -> int:
    """Save what there is as ``path``, and leave; the exit status."""
    terminal.press("w")
    terminal.type(str(path))
    terminal.press("Enter")
    terminal.wait("Saved ")
    terminal.leave_unsaved()
    return terminal.wait_prompt()


def test_interface_that_goes_and_comes_back_is_captured_on(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path
) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    link.remove_interface()
    away = line_with(terminal.wait(f"{INTERFACE} disappeared at"), "disappeared")
    link.join()
    back = line_with(terminal.wait(f"{INTERFACE} was away from"), "was away")
    link.ask()
    terminal.wait("2 connections")
    terminal.press("2", "g")
    terminal.wait("SYN-SENT")
    code = left_with(terminal, path, 2)
    assert list(spools.iterdir()) == []
    note_fault("interface removed", away, "nothing", code)
    note_fault("… and back", back, "nothing that passed an interface", code)


def test_interface_that_stays_away_leaves_what_came_before(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    link.remove_client()
    seen = line_with(terminal.wait(f"{INTERFACE} disappeared at"), "disappeared")
    code = left_with(terminal, path, 1)
    note_fault("the other end's namespace deleted", seen, "nothing", code)


def test_link_that_goes_down_is_said_until_it_is_up(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    link.set_interface("down")
    seen = line_with(terminal.wait(f"{INTERFACE} is down"), "is down")
    link.set_interface("up")
    terminal.wait_gone("is down")
    link.ask()
    terminal.wait("2 connections")
    code = left_with(terminal, path, 2)
    note_fault("link down and up", seen, "nothing", code)


def test_name_of_the_namespace_that_goes_changes_nothing(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    run("ip", "netns", "attach", f"{link.server}-again", str(terminal.app_pid()))
    try:
        run("ip", "netns", "del", link.server)
        link.ask()
        screen = terminal.wait("2 connections")
    finally:
        run("ip", "netns", "attach", link.server, str(terminal.app_pid()))
        run("ip", "netns", "del", f"{link.server}-again")
    code = left_with(terminal, path, 2)
    note_fault("our own namespace's name deleted", line_with(screen, "2 connections"), "nothing", code)


def test_capture_process_that_is_killed_is_said_and_its_packets_can_still_be_saved(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path
) -> None:
    path = tmp_path / "saved.pcap"
    capturing(terminal, link)
    os.kill(terminal.child_pid(), signal.SIGKILL)
    seen = line_with(terminal.wait("the capture process ended unexpectedly"), "ended unexpectedly")
    terminal.press("2", "g")
    terminal.wait("SYN-SENT")
    code = saved_and_left(terminal, path)
    assert whole(path) >= 8
    assert list(spools.iterdir()) == []
    note_fault("capture child killed", seen, "nothing", code)


def test_stopped_program_misses_nothing(terminal: Terminal, link: Link) -> None:
    capturing(terminal, link)
    os.kill(terminal.app_pid(), signal.SIGSTOP)
    terminal.wait("Stopped")
    link.ask(20)
    # In a line of its own: of a program that is stopped amid a frame, the shell reads the terminal's answer as typed.
    terminal.type("\nfg\n")
    screen = terminal.wait("21 connections")
    terminal.leave_unsaved()
    code = terminal.wait_prompt()
    assert code == 0
    assert ", 0 dropped by the kernel" in terminal.screen()
    note_fault("SIGSTOP, then SIGCONT", line_with(screen, "21 connections"), "nothing", code)


def test_spool_that_is_deleted_is_captured_into_and_saved_all_the_same(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path
) -> None:
    path = tmp_path / "saved.pcap"
    capturing(terminal, link)
    (spool,) = spools.glob("*.pcap")
    spool.unlink()
    link.ask()
    screen = terminal.wait("2 connections")
    code = saved_and_left(terminal, path)
    assert code == 0
    assert whole(path) >= 16
    note_fault("spool deleted under us", line_with(screen, "2 connections"), "nothing", code)


@pytest.mark.parametrize("goes_on", [False, True])
def test_spool_that_is_cut_ends_the_capture_and_the_screen_lives(
    terminal: Terminal, link: Link, spools: Path, goes_on: bool
) -> None:
    capturing(terminal, link)
    (spool,) = spools.glob("*.pcap")
    os.truncate(spool, 24)
    if goes_on:
        link.ask()
    seen = line_with(terminal.wait("was cut short by another program"), "was cut short")
    terminal.press("g", "2", "j")
    terminal.wait("SYN-RECEIVED")
    terminal.leave_unsaved()
    code = terminal.wait_prompt()
    assert list(spools.iterdir()) == []
    note_fault(
        "spool truncated under us", seen, "the bytes that were cut off; what is known of the packets stays", code
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_ends_program_and_capture_and_leaves_a_whole_file(
    terminal: Terminal, link: Link, tmp_path: Path, spools: Path, number: signal.Signals
) -> None:
    before, besides = terminal.modes(), link.processes()
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    os.kill(terminal.app_pid(), number)
    code = terminal.wait_prompt()
    assert code == 128 + number
    assert terminal.modes() == before
    link.wait_empty(besides)
    assert whole(path) >= 8
    assert list(spools.iterdir()) == []
    note_fault(
        f"{number.name} with -w", "the shell, its terminal as before", "nothing, the file is whole", 128 + number
    )


def test_program_that_is_killed_takes_its_capture_along(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    besides = link.processes()
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    os.kill(terminal.app_pid(), signal.SIGKILL)
    link.wait_empty(besides)
    assert whole(path) >= 8
    note_fault("SIGKILL with -w", "the shell; the capture process ends too", "nothing, the file is whole", 137)


def test_window_that_closes_ends_program_and_capture(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    capturing(terminal, link, "-w", str(path))
    pids = {terminal.app_pid(), terminal.child_pid()}
    terminal.hang_up()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "program and capture to end")
    assert whole(path) >= 8
    note_fault("window or SSH connection closes, with -w", "-", "nothing, the file is whole", 129)


def test_what_cannot_be_captured_is_refused_in_one_line(terminal: Terminal, link: Link) -> None:
    run("ip", "-n", link.server, "link", "set", INTERFACE, "down")
    for words, code, line in (
        (["-i", "nosuch0"], 1, "there is no interface nosuch0; there are: "),
        (["-i", INTERFACE], 1, f"{INTERFACE} is down, so nothing can be captured; bring it up with: ip link set "),
        (["-i", "any", "tcp", "port", "port"], 2, "libpcap does not understand the filter"),
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
