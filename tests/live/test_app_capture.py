"""`tcptui -i` on a real interface, in a terminal: packets appear, the display obeys, the file is what was shown."""

from __future__ import annotations

import os
import re
import signal
import stat
from typing import TYPE_CHECKING

import pytest
from live_link import CLIENT, INTERFACE, PORT, SERVER, Link, run
from tmux_terminal import Terminal, until

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.e2e]

#: Packets of one connection with two requests: handshake 3, data 4, close 3 or 4, and an ACK or two that Linux delays.
COUNTED = re.compile(r"([\d,]+) packets  ([\d,]+) connections?")


def counted(screen: str) -> tuple[int, int]:
    """Packets and connections of the status line."""
    found = COUNTED.search(screen)
    return (0, 0) if found is None else (int(found[1].replace(",", "")), int(found[2].replace(",", "")))


def started(terminal: Terminal, *words: str) -> None:
    """Start a capture and wait until it runs."""
    terminal.start(*words)
    terminal.wait("0 packets")


def test_connections_appear_while_they_happen_and_q_ends_it_all(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    before = terminal.modes()
    besides = link.processes()
    started(terminal, "-i", INTERFACE, "-n", "-w", str(tmp_path / "kept.pcap"))
    link.ask()
    screen = terminal.wait(f"{SERVER}:{PORT}")
    assert CLIENT in screen
    terminal.wait("following")
    link.knock()
    terminal.wait("refused")
    terminal.press("g", "n")
    terminal.wait("refused the connection")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert re.search(r"\d+ packets captured, 0 dropped by the kernel", terminal.screen())
    assert terminal.modes() == before
    link.wait_empty(besides)


def test_unsaved_capture_is_left_on_the_second_q(terminal: Terminal, link: Link) -> None:
    started(terminal, "-i", INTERFACE, "-n")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.press("q")
    terminal.wait("Press again to quit")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


def test_filter_words_choose_what_is_captured(terminal: Terminal, link: Link) -> None:
    started(terminal, "tcp", "-i", INTERFACE, "and", "port", "9", "-n")
    link.ask()
    link.knock()
    terminal.wait("2 packets  1 connection")
    assert f":{PORT}" not in terminal.screen()


def test_count_ends_the_capture_and_the_screen_stays(terminal: Terminal, link: Link) -> None:
    started(terminal, "-i", INTERFACE, "-n", "-c", "5", "tcp")
    link.ask(3)
    terminal.wait("5 packets  1 connection")
    terminal.press("Down", "2")
    terminal.wait("SYN-SENT")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert "5 packets captured" in terminal.screen()


def test_kept_file_is_what_was_shown(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    path = tmp_path / "kept.pcap"
    started(terminal, "-i", INTERFACE, "-n", "-w", str(path), "tcp")
    link.ask(5, 3)
    terminal.wait(lambda screen: counted(screen)[1] == 5, "five connections")
    # The last connection's close may still be on its way.
    until(lambda: run("ss", "-Htn", "-N", link.server, "state", "established") == "", "the connections to end")
    until(lambda: path.stat().st_size == settled_size(path), "the file to be complete")
    shown = terminal.wait(lambda screen: counted(screen)[0] == packets_in(path), "the file's packets")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    session = open_file(path)
    assert (session.store.count, session.streams.count) == counted(shown)
    status = path.stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (os.geteuid(), 0o600)
    lines = run("tcpdump", "-nr", str(path)).splitlines()
    assert len(lines) == session.store.count


def packets_in(path: Path) -> int:
    return len(run("tcpdump", "-nr", str(path)).splitlines())


def settled_size(path: Path) -> int:
    """The size once all records are whole."""
    return 24 + sum(16 + length for length in lengths(path.read_bytes()))


def lengths(data: bytes) -> Iterator[int]:
    at = 24
    while at + 16 <= len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        if at + 16 + length > len(data):
            return
        yield length
        at += 16 + length


def test_pause_stops_the_display_and_not_the_capture(terminal: Terminal, link: Link) -> None:
    started(terminal, "-i", INTERFACE, "-n", "tcp")
    link.ask()
    terminal.wait("1 connection")
    terminal.press("Space")
    terminal.wait("display paused")
    link.ask(3)
    terminal.wait(re.compile(r"display paused, [1-9]\d* new"))
    assert terminal.screen().count(f" {CLIENT}:") == 2  # in the list, and above the timeline
    terminal.press("Space")
    terminal.wait(lambda screen: screen.count(f" {CLIENT}:") == 5, "all four connections")


def test_following_ends_when_one_looks_back_and_f_resumes_it(terminal: Terminal, link: Link) -> None:
    started(terminal, "-i", INTERFACE, "-n", "tcp")
    link.ask(2)
    terminal.wait("stream 1, ")
    terminal.press("Up")
    terminal.wait("stream 0, ")
    link.ask(1)
    screen = terminal.wait("3 connections")
    assert "stream 0, " in screen
    assert "following" not in screen
    terminal.press("f")
    terminal.wait("stream 2, ")
    link.ask(1)
    terminal.wait("stream 3, ")


def test_packets_that_the_kernel_dropped_are_counted(terminal: Terminal, link: Link) -> None:
    started(terminal, "-i", INTERFACE, "-n", "-B", "64", "tcp")
    # Before the first packet: 64 kilobytes are so little that even one connection may be too much on a busy machine.
    terminal.wait("dropped 0")
    link.ask()
    terminal.wait("1 connection")
    child = terminal.child_pid()
    os.kill(child, signal.SIGSTOP)
    link.ask(20, 20)  # half a megabyte, and nobody takes it out of the kernel's 64 kilobytes
    os.kill(child, signal.SIGCONT)
    terminal.wait(re.compile(r"dropped [1-9]"))
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert re.search(r"packets captured, [1-9]\d* dropped by the kernel", terminal.screen())


@pytest.mark.parametrize("interface", ["lo", "any"])
def test_loopback_and_any_are_captured(terminal: Terminal, link: Link, interface: str) -> None:
    link.serve("127.0.0.1")
    started(terminal, "-i", interface, "-n", "tcp")
    link.ask_locally()
    terminal.wait("127.0.0.1")
    terminal.wait("1 connection")
    if interface == "any":
        link.ask()
        terminal.wait(CLIENT)
        terminal.wait("2 connections")


def test_seeds_line_works_with_program_and_interface_replaced(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    terminal.run(f"cd {tmp_path}")
    terminal.wait_prompt()
    terminal.run(
        f"{' '.join(terminal.program)} tcp -i {INTERFACE} -t -s 0 -c 100 and dst port ! 22 and src net 10.79.0.0/24 "
        "-w ./target.cap"
    )
    terminal.wait("0 packets")
    link.ask(15)
    terminal.wait("100 packets")
    assert "0.0000" not in terminal.screen()
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert "100 packets captured, 0 dropped" in terminal.screen()
    assert packets_in(tmp_path / "target.cap") == 100


def test_capture_of_tcpdump_through_a_pipe(terminal: Terminal, link: Link) -> None:
    terminal.run(f"tcpdump -U -w - -i {INTERFACE} tcp 2>/dev/null | {' '.join(terminal.program)} -n -")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait("1 connection")
    terminal.press("2", "g", "j")
    terminal.wait("SYN-SENT")
    link.ask(2)
    terminal.wait("3 connections")
    terminal.leave_unsaved()
    terminal.wait(lambda _screen: not terminal.alternate, "the shell")
    link.ask()  # tcpdump learns with its next packet that nobody reads
    terminal.wait(re.compile(r"<\d+>\s*$"))


def test_stream_to_standard_output_has_no_screen(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    terminal.run(f"{' '.join(terminal.program)} -i {INTERFACE} -c 4 -w - tcp > {tmp_path}/out.pcap")
    until(lambda: (tmp_path / "out.pcap").exists() and terminal.app_pid() > 0, "the program")
    until(lambda: "capture.child" in " ".join(terminal.processes().values()), "its child")
    until(lambda: bool(link.ask()) or (tmp_path / "out.pcap").stat().st_size > 24, "packets")
    assert terminal.wait_prompt() == 0
    assert packets_in(tmp_path / "out.pcap") == 4
    assert re.search(r"\b4 packets captured, 0 dropped by the kernel", terminal.screen().replace("\n", " "))
