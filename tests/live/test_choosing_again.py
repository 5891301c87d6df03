"""From a live capture back to the choice, on with another filter, cleared, saved: without leaving the program."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from live_link import INTERFACE, PORT, SERVER, Link
from tmux_terminal import Terminal

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.e2e]

COLUMNS = 110


def test_another_filter_is_checked_as_it_is_typed_and_used_without_leaving(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.press("i")
    terminal.wait("is not saved")
    terminal.press("i")
    terminal.wait("Watch an interface")
    terminal.wait(INTERFACE)
    terminal.press("f")
    terminal.type("tcp port")
    terminal.wait("libpcap says:")
    terminal.press("Enter")  # refused, so the line stays
    terminal.type(" 9")
    terminal.wait("libpcap understands it")
    terminal.press("Enter")
    terminal.wait("Watch an interface: tcp port 9")
    terminal.type(f"/{INTERFACE}")
    terminal.press("Enter")
    terminal.wait("0 packets  0 connections")
    link.ask()
    link.knock()
    screen = terminal.wait("refused")
    assert "2 packets  1 connection" in screen
    assert f":{PORT}" not in screen
    terminal.press("q", "q")
    assert terminal.wait_prompt() == 0


def test_capture_cleared_begins_at_the_first_packet_again(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("0 packets")
    link.ask(2)
    terminal.wait("2 connections")
    terminal.press("C")
    terminal.wait("Press again")
    terminal.press("C")
    terminal.wait("0 packets")
    link.knock()
    terminal.wait("2 packets  1 connection")
    terminal.press("q", "q")
    assert terminal.wait_prompt() == 0


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
    terminal.wait("exists; choose another name")
    assert path.read_bytes() == before
