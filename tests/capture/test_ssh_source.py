"""Where `ssh://` points, and what is run there; the connection itself is tested in tests/live."""

from __future__ import annotations

import os
import shlex
import signal
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tcptui.capture import ssh_source
from tcptui.capture.bpf.packet_filter import require_whole
from tcptui.capture.ssh_source import RemoteOptions, RemoteSource, RemoteTarget, parse_target, ssh_command
from tcptui.model.errors import CaptureError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

TARGET = RemoteTarget("web1", "eth0")
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ssh://web1/eth0", TARGET),
        ("ssh://root@web1/any", RemoteTarget("web1", "any", "root")),
        ("ssh://root@[2001:db8::1]:2222/wg0", RemoteTarget("2001:db8::1", "wg0", "root", 2222)),
        ("ssh://[fe80::1%eth0]/wg0", RemoteTarget("fe80::1%eth0", "wg0")),
        ("ssh://[fe80::1%25br-lan.7]/wg0", RemoteTarget("fe80::1%br-lan.7", "wg0")),
        ("ssh://[::ffff:192.0.2.1]/eth0.100", RemoteTarget("::ffff:192.0.2.1", "eth0.100")),
        ("ssh://deploy_2@jump-host_1.example.org./any", RemoteTarget("jump-host_1.example.org.", "any", "deploy_2")),
        ("ssh://a.b@corp.example@web+1/eth0", RemoteTarget("web+1", "eth0", "a.b@corp.example")),
        ("ssh://a.b%40corp.example@web1/eth0", RemoteTarget("web1", "eth0", "a.b@corp.example")),
        ("ssh://bücher.example/eth0", RemoteTarget("bücher.example", "eth0")),
    ],
)
def test_target_is_taken_apart(text: str, target: RemoteTarget) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "ssh://web1", "ssh://web1/", "ssh:///eth0", "ssh://web1/eth0/x", "ssh://-oProxyCommand=reboot/eth0",
        "ssh://web1/-w", "ssh://-x@web1/eth0", "ssh://a:secret@web1/eth0", "ssh://web1:99999/eth0",
        "ssh://web1/eth0?x", "ssh://web1/e%20th", "ssh://web1/e%0ath", "ssh://web1/%2dw", "ssh://web1/%ff",
        "ssh://$(reboot)/eth0", "ssh://`reboot`/eth0", "ssh://%h/eth0", "ssh://a%hb/eth0", "ssh://web%25h/eth0",
        "ssh://web1;reboot/eth0", "ssh://'web1'/eth0", 'ssh://"web1"/eth0', "ssh://web1|x/eth0", "ssh://${HOME}/eth0",
        "ssh://web%0a1/eth0", "ssh://web\n1/eth0", "ssh://we\tb1/eth0", "ssh://web1\\x/eth0", "ssh://%2doProxy/eth0",
        "ssh://$(id)@web1/eth0", "ssh://`id`@web1/eth0", "ssh://%h@web1/eth0", "ssh://%r@web1/eth0", "ssh://'a'@web1/eth0",
        "ssh://a%60id%60@web1/eth0", "ssh://%2dx@web1/eth0", "ssh://a;b@web1/eth0", "ssh://a%0ab@web1/eth0",
        "ssh://@web1/eth0", "ssh://[fe80::1%$(id)]/eth0", "ssh://[fe80::1%`id`]/eth0", "ssh://[fe80::1%-x]/eth0",
        "ssh://[fe80::1%]/eth0", "ssh://[fe80::xyz]/eth0",
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


@pytest.mark.parametrize(
    "words",
    [
        "", "  ", "tcp port 80", "(tcp or (udp)) and not port 22", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "! port 22", "host only-known-there", "port its-own-service", "ifname en7", "on em0", "type mgt",
        "vpi 3 and tcp", "inbound", "ether host of-ethers-there", "vlan 7 and (ip or ip6)", "ifindex 3",
    ],
)  # fmt: skip
def test_filter_that_the_other_host_may_understand_is_for_it_to_judge(words: str) -> None:
    require_whole(words)


@pytest.mark.parametrize(
    "words",
    [
        "tcp) or (tcp", "(tcp", "tcp)", "host only-known-there) or (tcp", "type mgt) or (tcp", ") or (",
        "tcp and", "-zid", "port port", "tcp'", "\\",
    ],
)  # fmt: skip
def test_filter_that_is_none_when_it_stands_alone_is_refused_before_ssh_starts(words: str, tmp_path: Path) -> None:
    made = tmp_path / "made"

    with pytest.raises(UsageError):
        RemoteSource(TARGET, RemoteOptions(words), ["touch", str(made)])

    assert not made.exists()


@pytest.mark.parametrize("connection", ["", "198.51.100.7 50123 192.0.2.1 22"])
@pytest.mark.parametrize("words", ["port 80", "-zid", ""])
def test_lines_at_the_other_end_pass_the_filter_on_and_end_with_standard_input(
    connection: str, words: str, tmp_path: Path
) -> None:
    """The shell lines themselves, with a tcpdump and a sudo made for the test."""
    (tmp_path / "sudo").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "tcpdump").write_text(
        "#!/bin/sh\ntrap 'echo \"7 packets dropped by kernel\" >&2; exit 0' TERM\n"
        'for word do before=$last; last=$word; done; echo "$before $last"; while :; do sleep 0.05; done\n'
    )
    for name in ("sudo", "tcpdump"):
        (tmp_path / name).chmod(0o755)
    script = shlex.split(ssh_command(TARGET, RemoteOptions(words))[-1])[1:]
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SSH_CONNECTION": connection}
    with subprocess.Popen(
        script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        line = process.stdout.readline().strip()
        process.stdin.close()
        code = process.wait(600)
        assert process.stderr is not None
        said = process.stderr.read()

    own = "not (tcp and host 198.51.100.7 and host 192.0.2.1 and port 50123 and port 22)" if connection else ""
    assert line == f"-- {' and '.join(filter(None, (own, words and f'({words})')))}".strip()
    assert (code, said.strip()) == (0, "7 packets dropped by kernel")


def _finished(source: RemoteSource) -> None:
    done = threading.Event()
    source.start(lambda: done.set() if source.status().complete else None)
    assert done.wait(600)


def test_drops_told_at_the_end_are_in_the_status() -> None:
    code = (
        f"import sys; sys.stdout.buffer.write({HEADER!r} + bytes(5000 - 24)); sys.stdout.flush();"
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


#: What ssh says where another host has the address; 14 lines.
KEY_CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG.
Please contact your system administrator.
Add correct host key in /root/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /root/.ssh/known_hosts:3
  remove with:
  ssh-keygen -f "/root/.ssh/known_hosts" -R "web1"
Host key verification failed.
"""


def test_all_that_ssh_says_is_shown_and_the_last_line_is_the_reason() -> None:
    shown: list[str] = []
    code = f"import sys; sys.stderr.write({KEY_CHANGED!r}); sys.exit(255)"
    source = RemoteSource(TARGET, RemoteOptions(), [sys.executable, "-c", code], show_line=shown.append)
    try:
        _finished(source)
        error = source.status().error
    finally:
        source.close()

    assert shown == [line.strip() for line in KEY_CHANGED.splitlines()]
    assert isinstance(error, CaptureError)
    assert error.key == "messages.remote_failed"
    assert error.facts["reason"] == "Host key verification failed."


def test_what_is_shown_has_no_terminal_sequences_no_chatter_of_tcpdump_and_an_end() -> None:
    shown: list[str] = []
    code = (
        "import sys; print('tcpdump: listening on eth0', file=sys.stderr);"
        "[print(f'\\x1b]0;x\\x07line {n}', file=sys.stderr) for n in range(1000)]; sys.exit(1)"
    )
    source = RemoteSource(TARGET, RemoteOptions(), [sys.executable, "-c", code], show_line=shown.append)
    try:
        _finished(source)
    finally:
        source.close()

    assert 100 < len(shown) < 300
    assert all(line.isprintable() and "listening" not in line for line in shown)


@pytest.mark.parametrize("noise", ["Welcome to web1!\n", "a", "<html>"])
def test_what_a_login_shell_says_before_the_capture_is_recognised_and_nothing_more_is_read(noise: str) -> None:
    code = (
        f"import sys, time; sys.stdout.write({noise!r}); sys.stdout.flush(); sys.stdin.read();"  # until we close it
        f"sys.stdout.buffer.write({HEADER!r})"
    )
    source = RemoteSource(TARGET, RemoteOptions(), [sys.executable, "-c", code])
    try:
        _finished(source)
        status = source.status()
    finally:
        source.close()

    assert status.end <= 24
    assert isinstance(status.error, CaptureError)
    assert status.error.key == "messages.remote_noise"
    assert status.error.facts["text"] == noise.strip()


@pytest.mark.parametrize(
    "code",
    [
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1e6)",
        "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(1e6)",
        "other = subprocess.Popen(['sleep', '1000'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL);"
        "os.write(2, str(other.pid).encode() + b'\\n')",
    ],
    ids=["deaf", "stopped", "leaves-its-standard-error-to-another"],
)
def test_ssh_that_does_not_end_is_ended_and_what_came_is_kept(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_source, "_LOOK_SECONDS", 0.05)
    code = (
        f"import os, signal, subprocess, sys, time; sys.stdout.buffer.write({HEADER!r}); sys.stdout.flush();"
        f"os.write(2, str(os.getpid()).encode() + b'\\n'); {code}"
    )
    shown: list[str] = []
    source = RemoteSource(TARGET, RemoteOptions(), [sys.executable, "-c", code], show_line=shown.append)
    begun = threading.Event()
    source.start(lambda: begun.set() if source.status().end else None)
    assert begun.wait(600)

    source.close()

    assert source.status().complete
    assert (source.status().end, source.status().error) == (24, None)
    ssh, *others = map(int, shown)
    with pytest.raises(ProcessLookupError):
        os.kill(ssh, 0)
    for other in others:
        os.kill(other, signal.SIGKILL)


def test_machine_without_ssh_is_told_what_to_install() -> None:
    with pytest.raises(CaptureError) as caught:
        RemoteSource(TARGET, RemoteOptions(), ["/nowhere/ssh"])

    assert caught.value.key == "messages.remote_no_ssh"
