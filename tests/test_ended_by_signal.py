from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from captures import Tape
from tmux_terminal import ROOT, until

from tcptui.ended_by_signal import heeded, signals_unwind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS: Final = 30.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_unwinds_once_and_does_afterwards_what_it_did_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with signals_unwind():
        with pytest.raises(SystemExit) as ended:
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) is before


def test_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_unwind():
            assert not heeded(signal.SIGHUP)
            assert heeded(signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`watching("nohup")`: the program, started through it, without a screen on a pipe that brought a connection."""
    spools = tmp_path / "spools"
    spools.mkdir()
    started: list[subprocess.Popen[bytes]] = []

    def start(*prefix: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tcptui", "--no-screen", "-r", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TMPDIR": str(spools)},
        )  # fmt: skip
        started.append(process)
        write(process, tape().pcap(of=slice(0, 8)))
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def tape() -> Tape:
    tape = Tape()
    tape.clean(0, "10.0.0.1:4000", "192.0.2.10:80", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")
    tape.refused(60_000, "10.0.0.1:4001", "192.0.2.10:80")
    return tape


def write(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()


def begun(process: subprocess.Popen[bytes]) -> None:
    assert process.stderr is not None
    while b"capturing on" not in (line := process.stderr.readline()):
        assert line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_capture_ends_whole_from_the_moment_it_says_that_it_began(
    watching: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, number: signal.Signals
) -> None:
    process = watching()
    begun(process)
    process.send_signal(number)
    _out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert b" packets, " in err
    assert list((tmp_path / "spools").iterdir()) == []


def test_no_file_stays_of_a_capture_that_is_ended_before_it_began(
    watching: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = watching()
    until(lambda: any((tmp_path / "spools").iterdir()), "a spool")
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert process.returncode in (0, 128 + signal.SIGTERM)
    assert list((tmp_path / "spools").iterdir()) == []


def test_capture_outlives_its_terminal_under_nohup(watching: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = watching("nohup")
    begun(process)
    process.send_signal(signal.SIGHUP)
    header, rest = 24, tape().pcap(of=slice(8, None))
    out, err = process.communicate(rest[header:], timeout=SECONDS)
    assert process.returncode == 0
    assert b"10 packets" in err
    assert b"connection-refused" in out
