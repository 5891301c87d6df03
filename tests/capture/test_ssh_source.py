"""Where `ssh://` points, and what is run there; the connection itself is tested in tests/live."""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.ssh_source import RemoteOptions, RemoteSource, RemoteTarget, parse_target, ssh_command
from tcptui.model.errors import CaptureError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

TARGET = RemoteTarget("web1", "eth0")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ssh://web1/eth0", TARGET),
        ("ssh://root@web1/any", RemoteTarget("web1", "any", "root")),
        ("ssh://root@[2001:db8::1]:2222/wg0", RemoteTarget("2001:db8::1", "wg0", "root", 2222)),
    ],
)
def test_target_is_taken_apart(text: str, target: RemoteTarget) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "ssh://web1", "ssh://web1/", "ssh:///eth0", "ssh://web1/eth0/x", "ssh://-oProxyCommand=reboot/eth0",
        "ssh://web1/-w", "ssh://-x@web1/eth0", "ssh://a:secret@web1/eth0", "ssh://web1:99999/eth0",
        "ssh://web1/eth0?x", "ssh://web1/e%20th", "ssh://web1/e%0ath",
    ],
)  # fmt: skip
def test_what_is_no_target_or_would_be_an_option_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_target(text)


def test_nothing_that_the_user_wrote_reaches_the_other_shell_unquoted() -> None:
    words = "tcp; rm -rf ~ $(reboot) `x` 'y\""
    command = ssh_command(RemoteTarget("web1", "eth 0;x"), RemoteOptions(words))

    ours = shlex.split(command[-1])

    assert command[:-1] == ["ssh", "-T", "--", "web1"]
    assert ours[:3] == ["exec", "sh", "-c"]
    assert ours[5] == words
    assert ours[6:8] == ["-i", "eth 0;x"]


@pytest.mark.parametrize("connection", ["", "198.51.100.7 50123 192.0.2.1 22"])
def test_lines_at_the_other_end_pass_the_filter_on_and_end_with_standard_input(connection: str, tmp_path: Path) -> None:
    """The shell lines themselves, with a tcpdump and a sudo made for the test."""
    (tmp_path / "sudo").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "tcpdump").write_text(
        "#!/bin/sh\ntrap 'echo \"7 packets dropped by kernel\" >&2; exit 0' TERM\n"
        'for word do last=$word; done; echo "$last"; while :; do sleep 0.05; done\n'
    )
    for name in ("sudo", "tcpdump"):
        (tmp_path / name).chmod(0o755)
    script = shlex.split(ssh_command(TARGET, RemoteOptions("port 80"))[-1])[1:]
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SSH_CONNECTION": connection}
    with subprocess.Popen(
        script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        line = process.stdout.readline().strip()
        process.stdin.close()
        code = process.wait(60)
        assert process.stderr is not None
        said = process.stderr.read()

    own = "not (tcp and host 198.51.100.7 and host 192.0.2.1 and port 50123 and port 22) and (port 80)"
    assert line == (own if connection else "port 80")
    assert (code, said.strip()) == (0, "7 packets dropped by kernel")


def _finished(source: RemoteSource) -> None:
    done = threading.Event()
    source.start(lambda: done.set() if source.status().complete else None)
    assert done.wait(60)


def test_drops_told_at_the_end_are_in_the_status() -> None:
    code = (
        "import sys; sys.stdout.write('x' * 5000); sys.stdout.flush();"
        "print('12 packets captured\\n15 packets received by filter\\n3 packets dropped by kernel', file=sys.stderr)"
    )
    source = RemoteSource(TARGET, RemoteOptions(), [sys.executable, "-c", code])
    try:
        _finished(source)
        status = source.status()
    finally:
        source.close()

    assert (status.end, status.received, status.kernel_dropped, status.error) == (5000, 15, 3, None)


def test_end_that_nobody_asked_for_says_why_and_keeps_the_bytes() -> None:
    code = "import sys; print('tcpdump: \\x1b[31mno such device', file=sys.stderr); print('abc', end=''); sys.exit(1)"
    source = RemoteSource(TARGET, RemoteOptions(), [sys.executable, "-c", code])
    try:
        _finished(source)
        status = source.status()
    finally:
        source.close()

    assert status.end == 3
    assert isinstance(status.error, CaptureError)
    assert "no such device" in str(status.error.facts["reason"])
    assert "\x1b" not in str(status.error.facts["reason"])


def test_machine_without_ssh_is_told_what_to_install() -> None:
    with pytest.raises(CaptureError) as caught:
        RemoteSource(TARGET, RemoteOptions(), ["/nowhere/ssh"])

    assert caught.value.key == "messages.remote_no_ssh"
