"""The SSH connection that shows the screen, found in a /proc made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcptui.capture.own_ssh import OwnConnection, OwnTraffic, find_own_traffic, from_ssh_connection

REMEMBERED = OwnConnection("198.51.100.7", 50123, "192.0.2.1", 22)
ELSEWHERE = OwnConnection("2001:db8::7", 50999, "2001:db8::1", 2222)
#: 198.51.100.7:50123 seen from 192.0.2.1:22, and a listener, as a little-endian machine writes them.
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 700 1 0
   1: 010200C0:0016 076433C6:C3CB 01 00000000:00000000 02:000A7214 00000000     0        0 701 2 0
   2: 010200C0:0016 096433C6:C3CC 01 00000000:00000000 02:000A7214 00000000     0        0 999 2 0
"""


class Processes:
    """A made-up /proc."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, pid: int, name: str, parent: int, ssh: str | None = None) -> Path:
        """One process; ``ssh`` is its SSH_CONNECTION."""
        place = self.root / str(pid)
        (place / "fd").mkdir(parents=True)
        (place / "net").mkdir()
        (place / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0 -1 4194560 0 0\n")
        variable = b"" if ssh is None else f"SSH_CONNECTION={ssh}".encode()
        (place / "environ").write_bytes(b"PATH=/bin\0" + variable + b"\0TERM=xterm\0")
        (place / "net" / "tcp").write_text(TABLE)
        (place / "net" / "tcp6").write_text(TABLE.splitlines()[0] + "\n")
        return place

    def find(self, pid: int, **environment: str) -> OwnTraffic:
        """What is found for ``pid``."""
        return find_own_traffic(environment, pid, self.root)


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    made = Processes(tmp_path)
    made.add(1, "systemd", 0)
    return made


def as_text(connection: OwnConnection) -> str:
    return f"{connection.peer} {connection.peer_port} {connection.local} {connection.local_port}"


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("198.51.100.7 50123 192.0.2.1 22", "198.51.100.7"),
        ("::ffff:198.51.100.7 50123 ::ffff:192.0.2.1 22", "198.51.100.7"),
        ("fe80::1%eth0 50123 fe80::2%eth0 22", "fe80::1"),
    ],
)
def test_addresses_are_written_as_a_filter_takes_them(text: str, peer: str) -> None:
    connection = from_ssh_connection(text)

    assert connection is not None
    assert connection.peer == peer


@pytest.mark.parametrize(
    "text",
    ["", "UNKNOWN 65535 UNKNOWN 65535", "1.2.3.4 5 6.7.8.9", "1.2.3.4 0 6.7.8.9 22", "1.2.3.4 5 6.7.8.9 22 or 1"],
)
def test_what_is_no_connection_is_none(text: str) -> None:
    assert from_ssh_connection(text) is None


def test_own_environment_is_enough(processes: Processes) -> None:
    processes.add(10, "tcptui", 1)

    found = processes.find(10, SSH_CONNECTION=as_text(REMEMBERED))

    assert found == OwnTraffic((REMEMBERED,), is_remote=True)
    assert found.filter_words == ("not ((tcp and host 198.51.100.7 and host 192.0.2.1 and port 50123 and port 22))")


def test_sudo_that_cleared_the_environment_is_looked_behind(processes: Processes) -> None:
    processes.add(7, "bash", 1, as_text(REMEMBERED))
    processes.add(8, "sudo", 7)
    processes.add(9, "tcptui", 8)

    assert processes.find(9).connections == (REMEMBERED,)


def test_inside_tmux_the_clients_count_and_not_the_day_it_was_started(processes: Processes) -> None:
    processes.add(20, "tmux: server", 1, as_text(REMEMBERED))
    processes.add(21, "bash", 20, as_text(REMEMBERED))
    processes.add(22, "tcptui", 21)
    processes.add(30, "bash", 1, as_text(ELSEWHERE))
    processes.add(31, "tmux: client", 30)

    assert processes.find(22, SSH_CONNECTION=as_text(REMEMBERED)).connections == (ELSEWHERE,)


def test_inside_tmux_that_is_watched_from_the_console_nothing_is_left_out(processes: Processes) -> None:
    processes.add(20, "tmux: server", 1, as_text(REMEMBERED))
    processes.add(22, "tcptui", 20)
    processes.add(30, "agetty", 1)
    processes.add(31, "tmux: client", 30)

    assert processes.find(22) == OwnTraffic((), is_remote=False)


def test_another_screen_server_is_no_client(processes: Processes) -> None:
    processes.add(20, "screen", 1)
    processes.add(22, "tcptui", 20)
    processes.add(25, "screen", 1, as_text(REMEMBERED))
    processes.add(30, "bash", 1, as_text(ELSEWHERE))
    processes.add(31, "screen", 30)

    assert processes.find(22).connections == (ELSEWHERE,)


def test_where_nobody_remembers_the_socket_of_sshd_tells(processes: Processes) -> None:
    sshd = processes.add(40, "sshd", 1)
    (sshd / "fd" / "3").symlink_to("socket:[700]")
    (sshd / "fd" / "4").symlink_to("socket:[701]")
    (sshd / "fd" / "5").symlink_to("/dev/null")
    processes.add(41, "bash", 40)
    processes.add(42, "tcptui", 41)

    assert processes.find(42) == OwnTraffic((REMEMBERED,), is_remote=True)


def test_sshd_that_may_not_be_asked_is_said_to_be_not_found(processes: Processes) -> None:
    processes.add(40, "sshd-session", 1)
    processes.add(42, "tcptui", 40)

    assert processes.find(42) == OwnTraffic((), is_remote=True)


def test_console_is_not_remote(processes: Processes) -> None:
    processes.add(5, "login", 1)
    processes.add(6, "tcptui", 5)

    assert processes.find(6) == OwnTraffic()
    assert processes.find(6).filter_words == ""


def test_machine_without_proc_has_only_the_environment(tmp_path: Path) -> None:
    missing = tmp_path / "none"

    assert find_own_traffic({"SSH_CONNECTION": as_text(ELSEWHERE)}, 1, missing).connections == (ELSEWHERE,)
    assert find_own_traffic({"SSH_TTY": "/dev/pts/1"}, 1, missing) == OwnTraffic((), is_remote=True)
