"""How a command ends whose reader, terminal or disk does not play along."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import Tape
from tmux_terminal import ROOT, until

from tcptui.cli.signals import AGAIN_S, SAME_SECONDS, heeded, signals_stop, signals_unwind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS: Final = 600.0
#: The program, also where the tests themselves run under nohup.
HEEDS_ALL: Final = """
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a script starts with ``&``
from tcptui.cli.main import main
sys.exit(main())
"""
#: The program, interrupted when it imports a module for the first time.
INTERRUPTED_AMID_IMPORTS: Final = """
import os, signal, sys
signal.signal(signal.SIGINT, {handler})
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from tcptui.__main__ import program
program()
"""
#: Bytes before the first record of a capture.
HEADER: Final = 24


@pytest.fixture
def heeded_signals() -> Iterator[None]:
    """No signal is ignored, even where the tests themselves run under nohup."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_unwinds_once_and_does_afterwards_what_it_did_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    meanwhile = None

    def works() -> None:
        nonlocal meanwhile
        with signals_unwind():
            try:
                os.kill(os.getpid(), number)
            finally:
                meanwhile = signal.getsignal(number)

    with pytest.raises(SystemExit) as ended:
        works()
    assert ended.value.code == 128 + number
    assert meanwhile is signal.SIG_DFL
    assert signal.getsignal(number) is before


class Asked(type):
    """Classes whose program is sent a signal when they are first asked for an attribute that they do not have."""

    number: signal.Signals | None = None

    def __getattr__(cls, name: str) -> object:
        number, Asked.number = Asked.number, None
        if number is not None:
            os.kill(os.getpid(), number)
        raise AttributeError(name)


@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("goes_on", [True, False])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_exception_that_numpy_drops_is_raised_again(
    number: signal.Signals, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Asked, "number", number)
    done: list[str] = []

    def works() -> None:
        is_asked, end = Asked("IsAsked", (), {})(), time.monotonic() + 600
        with signals_unwind():
            try:
                _ = np.arange(3) == is_asked  # it looks for ``__array_ufunc__``
                done.append("went on")
                while goes_on and time.monotonic() < end:
                    time.sleep(0.01)
            finally:
                if goes_on:
                    time.sleep(5 * AGAIN_S)  # what takes long on the way out is not interrupted
                done.append("cleaned up")

    sigint, sigalrm = signal.signal(signal.SIGINT, signal.default_int_handler), signal.getsignal(signal.SIGALRM)
    try:
        with pytest.raises(KeyboardInterrupt if number is signal.SIGINT else SystemExit) as ended:
            works()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, sigint)
    assert done == ["went on", "cleaned up"]
    assert ended.value.args == (() if number is signal.SIGINT else (128 + number,))
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is sigalrm


@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_stops_one_at_once_is_the_same_and_a_later_one_leaves(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[int] = []
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    before = signal.getsignal(number)
    with signals_stop(lambda: stops.append(1)):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGTERM)  # timeout(1) signals its child and its group
        assert stops == [1]
        clock[0] += SAME_SECONDS
        with pytest.raises(SystemExit) as left:
            os.kill(os.getpid(), number)
    assert (stops, left.value.code) == ([1], 128 + number)
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


def environment(folder: Path) -> dict[str, str]:
    """That of a program whose spools and remembered folders are those of one test."""
    spools = folder / "spools"
    spools.mkdir()
    own = {"TMPDIR": str(spools), "XDG_STATE_HOME": str(folder / "state")}
    return {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **own}


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`watching("nohup")`: the program, started through it, without a screen on a pipe that brought a connection."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*prefix: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tcptui", "--no-screen", "-r", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(tmp_path),
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


def waiting(pipe: int) -> int:
    """Bytes in ``pipe`` that nobody has read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("has_read", [False, True])
def test_capture_ends_whole_from_the_moment_it_says_that_it_began(
    watching: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, number: signal.Signals, has_read: bool
) -> None:
    process = watching()
    begun(process)
    spools = tmp_path / "spools"
    of_eight = tape().pcap(of=slice(0, 8))
    if has_read:
        until(lambda: any(path.stat().st_size == len(of_eight) for path in spools.iterdir()), "the spool")
    process.send_signal(number)
    process.wait(SECONDS)  # with its input open, or that might end first
    _out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    told = re.search(rb"(\d+) packets, ", err)
    assert told is not None
    packets = int(told[1])
    assert packets == 8 or not has_read
    # Nobody decided that what a pipe brought once is given up; of a pipe that was not read yet, nothing is here.
    left = [path.read_bytes() for path in spools.iterdir()]
    assert left == ([tape().pcap(of=slice(0, packets))] if packets else [])
    assert (b"tcptui recover 1 -w FILE" in err) == (packets > 0)


def test_capture_that_ends_by_itself_leaves_nothing(
    watching: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = watching()
    _out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert b"recover" not in err
    assert list((tmp_path / "spools").iterdir()) == []


@pytest.mark.parametrize("words", [["report", "-"], ["packets", "-"], ["follow", "-", "--stream", "0"]])
def test_command_that_reads_a_pipe_to_its_end_leaves_nothing(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", *words], input=tape().pcap(), capture_output=True, timeout=SECONDS,
        env=environment(tmp_path), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"recover" not in done.stderr
    assert list((tmp_path / "spools").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_command_that_is_interrupted_tells_what_it_leaves_of_a_pipe(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HEEDS_ALL, "report", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )  # fmt: skip
    spools = tmp_path / "spools"
    write(process, tape().pcap(of=slice(0, 8)))
    until(lambda: any(path.stat().st_size > HEADER for path in spools.iterdir()), "packets in the spool")
    process.send_signal(number)
    _out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == (130 if number is signal.SIGINT else 128 + number)
    assert b"tcptui recover 1 -w FILE" in err
    (left,) = spools.iterdir()
    assert left.read_bytes() == tape().pcap(of=slice(0, 8))


def test_interrupt_before_anything_is_done_ends_the_program_without_a_word(tmp_path: Path) -> None:
    interrupted = INTERRUPTED_AMID_IMPORTS.format(handler="signal.default_int_handler", module="tcptui.cli.parse")
    done = subprocess.run(
        [sys.executable, "-c", interrupted, "cases"],
        capture_output=True, timeout=SECONDS, env=environment(tmp_path), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_capture_in_the_background_of_a_script_is_ended_by_sigint(
    watching: Callable[..., subprocess.Popen[bytes]],
) -> None:
    process = watching("sh", "-c", 'trap "" INT; exec "$@"', "sh")
    begun(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_capture_in_the_background_of_a_script_is_ended_by_sigint_before_it_says_that_it_began(tmp_path: Path) -> None:
    interrupted = INTERRUPTED_AMID_IMPORTS.format(handler="signal.SIG_IGN", module="tcptui.session.session")
    process = subprocess.Popen(
        [sys.executable, "-c", interrupted, "--no-screen", "-r", "-"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path),
    )  # fmt: skip
    assert process.wait(SECONDS) == 130  # with its input open, or that might end first
    _out, err = process.communicate()
    assert b"capturing on" not in err


def test_capture_outlives_its_terminal_under_nohup(watching: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = watching("nohup")
    begun(process)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(tape().pcap(of=slice(8, None))[HEADER:], timeout=SECONDS)
    assert process.returncode == 0
    assert b"10 packets" in err
    assert b"connection-refused" in out


def test_reader_that_does_not_read_holds_up_neither_the_analysis_nor_the_end(
    watching: Callable[..., subprocess.Popen[bytes]],
) -> None:
    process = watching()
    begun(process)
    many = Tape()
    for number in range(300):
        many.refused(1000 + number, f"10.0.0.1:{5000 + number}", "192.0.2.10:80")
    write(process, many.pcap()[HEADER:])
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    # Of 64 KiB; a line that does not fit into the rest of a page begins another one, so some of each stays empty.
    until(lambda: waiting(pipe) > 50_000, "a full pipe")
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 1
    assert process.stderr is not None
    said = process.stderr.read().decode()
    assert "608 packets" in said
    assert int(re.search(r"lines dropped because .*: (\d+)", said)[1]) > 50


@pytest.mark.parametrize("words", [["--no-screen", "-r", "-"], ["report", "-"], ["--help"], ["cases"]])
def test_full_disk_behind_standard_output_is_said_in_one_line(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "tcptui", *words], input=tape().pcap(), stdout=full, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, timeout=SECONDS, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    besides = ("as root", "capturing", "tcptui recover")
    lines = done.stderr.decode().splitlines()
    (line,) = [line for line in lines if not any(word in line for word in besides)]
    assert line == "tcptui: the result cannot be written: No space left on device; make room, or send it elsewhere"


def test_closed_standard_output_takes_no_file_s_place(tmp_path: Path) -> None:
    (tmp_path / "all.pcap").write_bytes(tape().pcap())
    line = f"{sys.executable} -m tcptui report all.pcap >&-"
    done = subprocess.run(
        ["sh", "-c", line], stderr=subprocess.PIPE, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, (tmp_path / "all.pcap").read_bytes()) == (0, tape().pcap())
