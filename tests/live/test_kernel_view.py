"""`o` on a live capture: the kernel of the machine on which the program runs is asked about the connection."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from live_link import INTERFACE, PORT, SERVER, Link
from tmux_terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.e2e]

#: Connects, asks once, and stays until its standard input ends.
_STAY = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 600) as peer:
    peer.sendall(b"GET / HTTP/1.1\\r\\nHost: wire.example\\r\\n\\r\\n")
    peer.recv(2000)
    sys.stdin.read()
"""


@pytest.fixture
def terminal(link: Link, tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(100, 30, {"XDG_STATE_HOME": str(tmp_path / "state")}, prefix=link.inside)
    yield opened
    opened.close()


def test_open_connection_shows_owner_and_state_of_its_kernel_and_follows_them(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n")
    terminal.wait("0 packets")
    words = ["ip", "netns", "exec", link.client, sys.executable, "-c", _STAY, SERVER, str(PORT)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as client:
        terminal.wait(f"{SERVER}:{PORT}")
        terminal.press("o")
        terminal.wait("ESTABLISHED, as the packets show")
        terminal.wait("user root")
        terminal.wait("congestion window")
        assert client.stdin is not None
        client.stdin.close()
        client.wait(600)
    terminal.wait("This machine has no socket for this connection")
    terminal.press("Escape")
    terminal.wait("following")


#: As `_STAY`, from a fixed port, which it closes by a reset, so that it is free at once.
_FROM_PORT = """
import socket, struct, sys
for number in range(2):
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.bind(("", 40123))
        peer.connect((sys.argv[1], int(sys.argv[2])))
        peer.sendall(b"GET / HTTP/1.1\\r\\nHost: wire.example\\r\\n\\r\\n")
        peer.recv(2000)
        sys.stdin.readline()
"""


def test_socket_of_a_later_connection_with_the_same_ports_is_not_shown_as_the_finished_ones(
    terminal: Terminal, link: Link
) -> None:
    terminal.start("-i", INTERFACE, "-n")
    terminal.wait("0 packets")
    words = ["ip", "netns", "exec", link.client, sys.executable, "-c", _FROM_PORT, SERVER, str(PORT)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        terminal.wait(f"{SERVER}:{PORT}")
        terminal.press("o")
        terminal.wait("ESTABLISHED, as the packets show")
        client.stdin.write("\n")
        client.stdin.flush()
        terminal.wait("Another connection has these addresses and ports now")
        client.stdin.write("\n")
        client.stdin.flush()
        client.wait(600)


def test_file_has_no_kernel_to_ask(terminal: Terminal) -> None:
    terminal.start("case", "hello-service")
    terminal.wait("hello-service")
    terminal.press("o")
    terminal.wait("o needs a live capture of this machine")
