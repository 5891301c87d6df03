"""The program behind a real SSH connection, and a capture on another host through one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from live_link import INTERFACE, PORT, SERVER, Link, run
from ssh_server import SSH_PORT, SshServer, machine_has_sshd
from tmux_terminal import PROGRAM, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.e2e,
    pytest.mark.skipif(not machine_has_sshd(), reason="needs openssh-server and openssh-client installed"),
]


@pytest.fixture
def server(link: Link, tmp_path: Path) -> Iterator[SshServer]:
    with SshServer(link, tmp_path) as running:
        yield running


@pytest.fixture
def terminal(link: Link, server: SshServer, tmp_path: Path) -> Iterator[Terminal]:
    path = f"{server.wrapper()}:/usr/sbin:/usr/bin:/sbin:/bin"
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": path}
    opened = Terminal(120, 40, environ, prefix=("ip", "netns", "exec", link.client))
    yield opened
    opened.close()


def test_connection_that_shows_the_screen_is_left_out_and_said_to_be(
    terminal: Terminal, server: SshServer, link: Link
) -> None:
    terminal.run(server.login(*PROGRAM, "-i", INTERFACE, "-n"))
    terminal.wait("own SSH left out")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.wait("1 connection ")
    terminal.press("j", "k", "j", "k")  # what is drawn for them goes through the connection
    link.knock()
    terminal.wait("refused")
    screen = terminal.wait("2 connections")
    assert f":{SSH_PORT}" not in screen


def test_include_own_captures_it_too(terminal: Terminal, server: SshServer) -> None:
    terminal.run(server.login(*PROGRAM, "-i", INTERFACE, "-n", "--include-own"))
    terminal.wait("own SSH included")
    terminal.wait(f":{SSH_PORT}")


def test_inside_tmux_and_without_an_environment_it_is_found_all_the_same(
    terminal: Terminal, server: SshServer, link: Link, tmp_path: Path
) -> None:
    socket = tmp_path / "inner"
    inner = f"tmux -S {socket} -f /dev/null new-session"
    command = " ".join([*PROGRAM, "-i", INTERFACE, "-n"])
    try:
        terminal.run(server.login("env", "-u", "SSH_CONNECTION", *inner.split(), command))
        terminal.wait("own SSH left out")
        link.knock()
        screen = terminal.wait("refused")
    finally:
        run("tmux", "-S", str(socket), "kill-server")
    assert f":{SSH_PORT}" not in screen


def test_capture_on_another_host_shows_its_packets_and_not_its_own(terminal: Terminal, link: Link) -> None:
    terminal.start(f"ssh://wired/{INTERFACE}", "tcp", "-n")
    terminal.wait("own SSH left out")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    link.knock()
    screen = terminal.wait("refused")
    assert f":{SSH_PORT}" not in screen
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert re.search(r"\d+ packets captured, 0 dropped by the kernel", terminal.screen())


def test_count_ends_a_remote_capture_with_its_numbers(terminal: Terminal, link: Link) -> None:
    terminal.start(f"ssh://root@wired/{INTERFACE}", "-c", "2", "port", "9", "-n")
    terminal.wait("own SSH left out")
    link.knock()
    terminal.wait("refused")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert "2 packets captured, 0 dropped by the kernel" in terminal.screen()


@pytest.mark.parametrize(
    ("target", "words", "said"),
    [
        ("ssh://wired/nosuch0", (), "No such device"),
        (f"ssh://wired/{INTERFACE}", ("host", "no-such-host"), "unknown host"),
        ("ssh://localhost:1/lo", (), "refused"),
    ],
)
def test_what_fails_there_is_said_in_one_line(
    terminal: Terminal, target: str, words: tuple[str, ...], said: str
) -> None:
    terminal.start(target, *words)
    assert terminal.wait_prompt() == 1
    assert said in terminal.screen()
    assert "Traceback" not in terminal.screen()


def test_filter_that_is_none_is_refused_before_anything_is_started_there(terminal: Terminal) -> None:
    terminal.start(f"ssh://wired/{INTERFACE}", "'tcp) or (tcp'")
    assert terminal.wait_prompt() == 2
    assert "bracket" in terminal.screen()


def test_broken_connection_keeps_what_came(terminal: Terminal, link: Link, server: SshServer) -> None:
    terminal.start(f"ssh://wired/{INTERFACE}", "-n")
    terminal.wait("own SSH left out")
    link.knock()
    terminal.wait("refused")
    server.drop_connections()
    screen = terminal.wait("what came before is kept")
    assert "refused" in screen
