"""From a live capture back to the choice, on with another filter, cleared, saved: without leaving the program."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final

import pytest
from live_link import INTERFACE, PORT, SERVER, Link, run
from tmux_terminal import Terminal, until

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.e2e]

COLUMNS = 110
#: So many packets come between two keys: until as many have come again, slowly, the count is seen to be smaller.
MANY: Final = 4000


def counted(screen: str) -> int:
    """How many packets the status line says there are; -1: none is said."""
    found = re.search(r"([\d,]+) packets", screen)
    return -1 if found is None else int(found[1].replace(",", ""))


def segments(link: Link) -> int:
    """How many TCP segments the server's kernel has received and sent, once no connection is open any more."""
    until(lambda: run("ss", "-Htan", "-N", link.server, "state", "connected", "exclude", "time-wait") == "", "the ends")
    names, numbers = [
        line.split()[1:] for line in run(*link.inside, "cat", "/proc/net/snmp").splitlines() if line.startswith("Tcp: ")
    ]
    told = dict(zip(names, map(int, numbers), strict=True))
    return told["InSegs"] + told["OutSegs"] + told["RetransSegs"]


def saved(terminal: Terminal, folder: Path, last: int) -> Path:
    """A file that was saved once the last packet, with the number ``last``, had been handed over to the program."""
    made: list[Path] = []

    def has_last() -> bool:
        made.append(folder / f"saved-{len(made)}.pcap")
        terminal.press("w")
        terminal.type(str(made[-1]))
        terminal.press("Enter")
        until(lambda: made[-1].exists() and "Saved " in terminal.screen(), "the file")
        return made[-1].read_bytes().endswith(last.to_bytes(20, "big"))

    until(has_last, "the last packet")
    return made[-1]


def test_another_filter_is_checked_as_it_is_typed_and_used_without_leaving(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.insist("i", lambda: "Watch an interface" in terminal.screen())
    terminal.wait(INTERFACE)
    terminal.press("f")
    terminal.type("tcp port")
    terminal.wait("libpcap reports:")
    terminal.press("Enter")  # refused, so the line stays
    terminal.type(" 9")
    terminal.wait("The filter is valid")
    terminal.press("Enter")
    terminal.wait("Watch an interface: tcp port 9")
    terminal.type(f"/{INTERFACE}")
    terminal.press("Enter")
    terminal.wait("0 packets  0 connections")
    link.ask()
    link.knock()
    screen = terminal.wait(
        lambda screen: "refused" in screen and "2 packets  1 connection" in screen, "what is refused"
    )
    assert f":{PORT}" not in screen
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


def test_capture_cleared_begins_at_the_first_packet_again(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("0 packets")
    link.ask(2)
    terminal.wait("2 connections")
    # What came before must have been handed over, or it counts as what comes afterwards.
    terminal.wait(lambda screen: counted(screen) == segments(link), "the last packets")
    terminal.insist("C", lambda: counted(terminal.screen()) == 0)
    link.knock()
    terminal.wait("2 packets  1 connection")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


@pytest.mark.parametrize("way", ["saved with w", "-w"])
def test_no_packet_is_missed_while_a_capture_is_cleared(
    terminal: Terminal, link: Link, tmp_path: Path, way: str
) -> None:
    path = tmp_path / "numbered.pcap"
    terminal.start("-i", INTERFACE, "-n", "udp", *(("-w", str(path)) if way == "-w" else ()))
    terminal.wait("0 packets")
    numbers_sent = link.number()
    terminal.wait(lambda screen: counted(screen) > MANY, "numbered packets")
    for _ in range(3):
        numbers_sent.pace("slow")
        before = counted(terminal.screen())
        if way == "-w":
            terminal.press("C")  # nothing would be lost: it asks nothing
        else:
            terminal.insist("C", lambda before=before: 0 < counted(terminal.screen()) < before)
        shown = terminal.wait(lambda screen, before=before: 0 < counted(screen) < before, "the packets since then")
        assert "dropped 0" in shown
        numbers_sent.pace("fast")
        terminal.wait(lambda screen: counted(screen) > MANY, "more of them")
    last = numbers_sent.stop()
    if way != "-w":
        path = saved(terminal, tmp_path, last)
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    session = open_file(path)
    numbers = [int.from_bytes(session.reader.packet(row).data[-4:], "big") for row in range(session.store.count)]
    assert numbers == list(range(0 if way == "-w" else numbers[0], last + 1))
    assert len(numbers) > MANY


def test_capture_is_saved_as_a_file_of_the_user_and_never_over_one(
    terminal: Terminal, link: Link, tmp_path: Path
) -> None:
    path = tmp_path / "saved.pcap"
    terminal.start("-i", INTERFACE, "-n", "tcp", "port", "9")
    terminal.wait("0 packets")
    link.knock()
    terminal.wait("2 packets  1 connection")
    terminal.press("w")
    terminal.type(str(path))
    terminal.press("Enter")
    terminal.wait("Saved ")
    session = open_file(path)
    assert (session.store.count, session.streams.count) == (2, 1)
    assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (os.geteuid(), 0o600)
    before = path.read_bytes()
    terminal.press("w")
    terminal.type(str(path))
    terminal.press("Enter")
    terminal.wait("exists: choose another name")
    assert path.read_bytes() == before
