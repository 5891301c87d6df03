"""Findings set things off on a real interface: lines while it happens, files in turn, the end at the right moment."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

import pytest
from live_link import CLIENT, INTERFACE, Link, run
from ssh_server import SshServer, machine_has_sshd
from tmux_terminal import ROOT, Terminal, until

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.live

SECONDS: Final = 600.0
#: Where nobody listens (`Link.knock`).
REFUSED_PORT: Final = 9
#: Bytes of a pcap file without packets.
FILE_HEADER: Final = 24


class Watch:
    """The program without a screen, where the server is."""

    def __init__(self, link: Link, words: Sequence[str], **environ: str) -> None:
        command = [*link.inside, sys.executable, "-m", "tcptui", "--no-screen", *words]
        if words[0].startswith("ssh:"):
            command[: len(link.inside)] = ["ip", "netns", "exec", link.client]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environ},
        )  # fmt: skip
        self.said = ""
        while "capturing on" not in self.said:
            line = self._stream(self.process.stderr).readline()
            assert line, self.said
            self.said += line

    @staticmethod
    def _stream(stream: IO[str] | None) -> IO[str]:
        assert stream is not None
        return stream

    def event(self) -> dict[str, Any]:
        """The next line."""
        with self._patience():
            line = self._stream(self.process.stdout).readline()
        assert line, f"no event came; said: {self.said}"
        event: dict[str, Any] = json.loads(line)
        return event

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Ends the program, and so what waits for its words, after `SECONDS`."""
        end = threading.Timer(SECONDS, self.process.kill)
        end.start()
        yield
        end.cancel()

    def events(self, wanted: str) -> dict[str, Any]:
        """The next line about finding ``wanted``."""
        while (event := self.event())["id"] != wanted:
            pass
        return event

    def end(self, number: signal.Signals | None = None) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, the lines not read yet, and all that was said."""
        if number is not None:
            self.process.send_signal(number)
        with self._patience():  # not `communicate`, which passes over what was read ahead of `event`
            out, err = self._stream(self.process.stdout).read(), self._stream(self.process.stderr).read()
            self.process.wait()
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], self.said + err


@pytest.fixture
def started(link: Link, spools: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watch]]:
    """What a test started; nothing of it is left behind."""
    monkeypatch.setenv("TMPDIR", str(spools))
    monkeypatch.setenv("XDG_STATE_HOME", str(spools.parent / "state"))  # of no other test, where recover looks, too
    watches: list[Watch] = []
    yield watches
    for watch in watches:
        watch.process.kill()
        watch.process.communicate()
    assert list(spools.iterdir()) == []


def start(started: list[Watch], link: Link, *words: str, **environ: str) -> Watch:
    source = () if words and words[0].startswith("ssh:") else ("-i", INTERFACE)
    started.append(Watch(link, [*source, *words], **environ))
    return started[-1]


def packets_in(paths: Sequence[Path]) -> int:
    return sum(len(run("tcpdump", "-nr", str(path)).splitlines()) for path in paths)


def recovered(spools: Path, said: str) -> int:
    """How many packets `tcptui recover`, as ``said`` tells, brings back; nothing is left then."""
    assert "tcptui recover 1 -w FILE" in said
    kept = spools.parent / "kept.pcap"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(spools)}
    command = [sys.executable, "-m", "tcptui", "recover", "1", "-w", str(kept)]
    subprocess.run(command, env=environ, check=True, capture_output=True, timeout=SECONDS)
    assert list(spools.iterdir()) == []
    return packets_in([kept])


def told_packets(said: str) -> int:
    found = re.search(r"(\d+) packets, ", said)
    assert found is not None, said
    return int(found[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_findings_come_while_the_capture_runs_and_a_signal_ends_it_whole(
    started: list[Watch], link: Link, spools: Path, number: signal.Signals
) -> None:
    watch = start(started, link)
    link.knock()
    event = watch.events("connection-refused")
    assert (event["event"], event["severity"], event["client"]["address"]) == ("found", "error", CLIENT)
    link.ask()
    closed = watch.events("three-way-handshake")  # told once the connection has ended
    assert closed["stream"] == 1
    code, _events, said = watch.end(number)
    assert code == 0
    assert "packets, 0 dropped by the kernel, findings: " in said
    assert recovered(spools, said) == told_packets(said)


def test_stop_on_ends_the_capture(started: list[Watch], link: Link) -> None:
    watch = start(started, link, "--stop-on", "connection-refused", "--only", "error")
    link.ask()
    link.knock()
    code, events, said = watch.end()
    assert code == 0
    assert [(event["event"], event["id"]) for event in events] == [
        ("found", "connection-refused"), ("stopped", "connection-refused"),
    ]  # fmt: skip
    assert "stopped by connection-refused (--stop-on): connection 1" in said


def test_reader_that_goes_away_ends_it(started: list[Watch], link: Link) -> None:
    watch = start(started, link)
    assert watch.process.stdout is not None
    watch.process.stdout.close()
    assert watch.process.wait(SECONDS) == 141


def test_all_packets_are_in_the_files_in_turn(started: list[Watch], link: Link, tmp_path: Path) -> None:
    watch = start(started, link, "-w", str(tmp_path / "f"), "-C", "10k", "tcp")
    link.ask(20)
    for _ in range(20):
        watch.events("three-way-handshake")  # what is captured but not analysed when the signal comes is not counted
    code, _events, said = watch.end(signal.SIGTERM)
    files = sorted(tmp_path.glob("f*"), key=lambda path: int(path.name[1:] or 0))
    assert code == 0
    assert len(files) >= 4
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert f"{packets_in(files)} packets, 0 dropped" in said
    # Full means larger than 10 KiB, by less than one packet.
    assert all(10240 < path.stat().st_size < 10240 + 1600 for path in files[:-1])


def test_ring_keeps_the_newest(started: list[Watch], link: Link, tmp_path: Path) -> None:
    watch = start(started, link, "-w", str(tmp_path / "f"), "-C", "10k", "-W", "3", "tcp")
    link.ask(30)
    until(lambda: run("ss", "-Htn", "-N", link.server, "state", "established") == "", "the connections to end")
    link.knock()
    code, _events, _said = watch.end(signal.SIGTERM)
    assert code == 0
    files = {path.name: open_file(path) for path in tmp_path.glob("f*")}
    assert set(files) == {"f0", "f1", "f2"}
    # The last connection is in the file with the last packets, which nobody wrote before the others.
    in_turn = sorted(files, key=lambda name: int(files[name].store.time_ns[files[name].store.count - 1]))
    newest = files[in_turn[-1]]
    assert REFUSED_PORT in {end.port for end in newest.streams.ends(newest.streams.count - 1)}
    written = [(tmp_path / name).stat().st_mtime_ns for name in in_turn]
    assert written == sorted(written)


def test_stretches_of_time_end_the_capture_after_so_many_files(
    started: list[Watch], link: Link, tmp_path: Path
) -> None:
    watch = start(started, link, "-w", str(tmp_path / "t-%s"), "-G", "1", "-W", "2", "tcp")
    until(lambda: bool(link.ask()) or watch.process.poll() is not None, "two files of a second")
    code, _events, said = watch.end()
    assert code == 0
    assert "all 2 files of -W are full" in said
    assert len(list(tmp_path.glob("t-*"))) == 2
    assert packets_in(list(tmp_path.glob("t-*"))) > 0


def test_what_is_around_a_finding_is_kept_and_then_it_stops(started: list[Watch], link: Link, tmp_path: Path) -> None:
    words = ["--keep-around", "any-problem", "--stop-on", "any-problem", "--keep-seconds", "60,1"]
    watch = start(started, link, *words, "-w", str(tmp_path / "k.pcap"), "tcp")
    link.ask()
    link.knock()
    code, _events, said = watch.end()
    assert code == 0
    (path,) = tmp_path.glob("k*")
    assert path.name == "k-1-connection-refused.pcap"
    kept = open_file(path)
    assert kept.streams.count == 2
    assert {str(found.id) for found in kept.findings(1)} == {"connection-refused"}
    assert "packets around findings" in said


def test_full_disk_ends_it_with_what_was_written_and_keeps_the_rest(
    started: list[Watch], link: Link, spools: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk))
    try:
        watch = start(started, link, "-w", str(disk / "f"), "-C", "16k", "tcp")
        link.ask(60, 2)
        code, _events, said = watch.end()
        assert code == 1
        assert "the disk is full" in said
        assert packets_in(sorted(disk.iterdir())) > 20
        assert recovered(spools, said) == told_packets(said)
    finally:
        run("umount", str(disk))


def test_capture_child_that_dies_loses_nothing_that_was_captured(
    started: list[Watch], link: Link, tmp_path: Path
) -> None:
    watch = start(started, link, "-w", str(tmp_path / "f"), "-C", "5k", "tcp")
    link.knock()
    watch.events("connection-refused")
    (child,) = run("pgrep", "-P", str(watch.process.pid), "-f", "capture.child").split()  # one may compile, too
    os.kill(int(child), signal.SIGKILL)
    code, _events, said = watch.end()
    assert code == 1
    assert packets_in(sorted(tmp_path.glob("f*"))) == 2
    assert "2 packets, 0 dropped" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_capture_child_that_was_stopped_does_not_hold_up_the_end(
    started: list[Watch], link: Link, tmp_path: Path, number: signal.Signals
) -> None:
    watch = start(started, link, "-w", str(tmp_path / "f"), "tcp")
    link.knock()
    watch.events("connection-refused")
    (child,) = run("pgrep", "-P", str(watch.process.pid), "-f", "capture.child").split()
    os.kill(int(child), signal.SIGSTOP)
    link.knock()

    code, _events, said = watch.end(number)

    assert code == 0
    assert packets_in([tmp_path / "f"]) == 4
    assert "tcptui: " in said


def test_capture_child_that_dies_leaves_what_is_in_no_file(started: list[Watch], link: Link, spools: Path) -> None:
    watch = start(started, link, "tcp")
    link.knock()
    watch.events("connection-refused")
    (child,) = run("pgrep", "-P", str(watch.process.pid), "-f", "capture.child").split()
    os.kill(int(child), signal.SIGKILL)
    code, _events, said = watch.end()
    assert code == 1
    assert recovered(spools, said) == told_packets(said) == 2


def test_count_ends_it(started: list[Watch], link: Link) -> None:
    watch = start(started, link, "-c", "5", "tcp")
    link.ask()
    code, _events, said = watch.end()
    assert code == 0
    assert "tcptui: 5 packets" in said


@pytest.mark.skipif(not machine_has_sshd(), reason="needs openssh-server and openssh-client installed")
def test_remote_capture_goes_to_files_and_ctrl_c_ends_it_there(
    started: list[Watch], link: Link, tmp_path: Path
) -> None:
    with SshServer(link, tmp_path) as server:
        path = f"{server.wrapper()}:{os.environ['PATH']}"
        words = [f"ssh://wired/{INTERFACE}", "-w", str(tmp_path / "f"), "-C", "5k"]
        watch = start(started, link, *words, "tcp", PATH=path)
        until(lambda: bool(link.knock()) or (tmp_path / "f").stat().st_size > FILE_HEADER, "packets")
        link.knock()  # of the first one to be captured, only the answer may be
        watch.events("connection-refused")
        link.ask(10)
        until(lambda: len(list(tmp_path.glob("f*"))) > 2, "several files")
        code, _events, said = watch.end(signal.SIGINT)
        assert code == 0
        assert "dropped by the kernel" in said


@pytest.mark.e2e
def test_stop_on_leaves_the_screen_and_says_why(terminal: Terminal, link: Link) -> None:
    terminal.start("-i", INTERFACE, "-n", "--stop-on", "connection-refused", "tcp")
    terminal.wait("0 packets")
    link.ask()
    link.knock()
    terminal.wait("stopped by connection-refused")
    link.ask()
    screen = terminal.wait("2 connections")
    assert "3 connections" not in screen
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


@pytest.mark.e2e
def test_files_in_turn_beside_a_screen(terminal: Terminal, link: Link, tmp_path: Path) -> None:
    terminal.start("-i", INTERFACE, "-n", "-w", str(tmp_path / "f"), "-C", "10k", "tcp")
    terminal.wait("0 packets")
    link.ask(20)
    terminal.wait("20 connections")
    until(lambda: run("ss", "-Htn", "-N", link.server, "state", "established") == "", "the connections to end")
    # What the files have is what was shown, once the last packets are in both.
    terminal.wait(lambda screen: f" {packets_in(list(tmp_path.glob('f*')))} packets " in screen, "the files' packets")
    terminal.press("q")  # it is kept: nobody is asked again
    assert terminal.wait_prompt() == 0
    assert f"{packets_in(list(tmp_path.glob('f*')))} packets captured" in terminal.screen()
    assert len(list(tmp_path.glob("f*"))) >= 4


def test_kernel_events_are_kept_with_the_capture(started: list[Watch], link: Link, tmp_path: Path) -> None:
    target = tmp_path / "a.pcap"
    watch = start(started, link, "--kernel", "-w", str(target))
    link.knock()
    watch.events("connection-refused")
    code, _events, said = watch.end(signal.SIGINT)

    assert code == 0, said
    assert "the kernel: " in said
    assert "resets sent: NO_SOCKET" in said
    assert str(target) + ".kernel" in said
    words = [sys.executable, "-m", "tcptui", "packets", str(target), "-Y", 'tcptui.kernel.reason == "NO_SOCKET"']
    shown = subprocess.run(
        [*words, "-e", "tcp.flags.reset"], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=True, timeout=SECONDS,
    )  # fmt: skip
    assert shown.stdout.split() == ["0", "1"], "the SYN that was thrown away, and the reset"


def test_kernel_events_replace_no_file_unasked(link: Link, tmp_path: Path) -> None:
    kept = tmp_path / "a.pcap.kernel"
    kept.write_text("mine")
    command = [*link.inside, sys.executable, "-m", "tcptui", "--no-screen", "-i", INTERFACE, "--kernel"]
    done = subprocess.run(
        [*command, "-w", str(tmp_path / "a.pcap")], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, check=False, timeout=SECONDS,
    )  # fmt: skip

    assert done.returncode == 1
    assert "a.pcap.kernel" in done.stderr.splitlines()[-1]
    assert kept.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".numba"] == [kept.name]
