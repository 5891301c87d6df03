"""``-w -``: how a capture into a pipe ends by a signal."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from live_link import INTERFACE, Link, run
from tmux_terminal import ROOT, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.live

SECONDS: Final = 600.0
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def stream(link: Link, spools: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A capture that has written its file header."""
    command = [*link.inside, sys.executable, "-m", "tcptui", "-i", INTERFACE, "-w", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TMPDIR": str(spools)},
    ) as process:  # fmt: skip
        killed = threading.Timer(SECONDS, process.kill)
        killed.start()
        assert process.stdout is not None
        assert len(process.stdout.read(24)) == 24
        yield process
        killed.cancel()
        process.kill()


def whole_packets(data: bytes, *, may_be_cut: bool = False) -> int:
    """The number of whole records; the last one may only be cut where it ``may_be_cut``."""
    count = at = 0
    while at + 16 <= len(data):
        (length,) = struct.unpack_from("=I", data, at + 8)
        at += 16 + length
        count += at <= len(data)
    assert at == len(data) or may_be_cut, "a record is cut"
    return count


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    """Exit code, what came on standard output, what was said."""
    assert process.stdout is not None
    assert process.stderr is not None
    out = process.stdout.read()
    while more := process.stdout.read(1 << 20):
        out += more
    said = process.stderr.read().decode()
    return process.wait(), out, said


@contextmanager
def asking(link: Link) -> Iterator[None]:
    """Packets that keep coming."""
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            link.ask(20)

    asker = threading.Thread(target=keep_asking)
    asker.start()
    try:
        yield
    finally:
        over.set()
        asker.join()


def child_of(process: subprocess.Popen[bytes]) -> int:
    (child,) = run("pgrep", "-P", str(process.pid), "-f", "capture.child").split()
    return int(child)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_ends_it_as_tcpdump_with_whole_records_a_summary_and_no_child(
    stream: subprocess.Popen[bytes], link: Link, number: signal.Signals
) -> None:
    child = child_of(stream)
    link.ask(20)

    stream.send_signal(number)
    code, out, said = ended(stream)

    assert code == 0
    assert whole_packets(out) > 100
    assert f"tcptui: {whole_packets(out)} packets captured" in said
    until(lambda: is_gone(child), "the end of the capture process")


def test_record_is_finished_for_a_reader_that_is_slow(stream: subprocess.Popen[bytes], link: Link) -> None:
    link.flood("data", 2_000)  # more than a pipe holds
    stream.send_signal(signal.SIGTERM)

    code, out, said = ended(stream)

    assert code == 0
    assert whole_packets(out) > 400
    assert f"tcptui: {whole_packets(out)} packets captured" in said


@pytest.mark.parametrize("number", SIGNALS)
def test_capture_process_that_was_stopped_does_not_hold_up_the_end(
    stream: subprocess.Popen[bytes], link: Link, number: signal.Signals
) -> None:
    child = child_of(stream)
    os.kill(child, signal.SIGSTOP)
    link.ask(20)

    stream.send_signal(number)
    code, out, _said = ended(stream)

    assert code == 0
    assert whole_packets(out) > 100
    until(lambda: is_gone(child), "the end of the capture process")


@pytest.mark.parametrize("is_killed", [False, True])
def test_no_packet_is_told_that_the_kernel_had_not_handed_over(
    stream: subprocess.Popen[bytes], link: Link, is_killed: bool
) -> None:
    with asking(link):
        if is_killed:
            os.kill(child_of(stream), signal.SIGKILL)
        else:
            stream.send_signal(signal.SIGTERM)
        code, out, said = ended(stream)

    assert code == int(is_killed)
    (told,) = re.findall(r"(\d+) packets captured", said)
    assert int(told) <= whole_packets(out, may_be_cut=is_killed)
    assert is_killed or int(told) == whole_packets(out)


def test_reader_that_closes_the_pipe_is_no_error(stream: subprocess.Popen[bytes], link: Link) -> None:
    assert stream.stdout is not None
    stream.stdout.close()
    until(lambda: bool(link.ask()) or stream.poll() is not None, "the end")

    assert stream.returncode == 0


def test_reader_that_leaves_amid_packets_ends_it(stream: subprocess.Popen[bytes], link: Link) -> None:
    assert stream.stdout is not None
    assert stream.stderr is not None
    link.flood("data", 2_000)  # more than a pipe holds
    assert stream.stdout.read(4_000)
    stream.stdout.close()
    code = stream.wait(SECONDS)

    assert code == 0
    assert "packets captured" in stream.stderr.read().decode()


def test_disk_that_fills_amid_packets_is_an_error_and_what_is_told_is_there(link: Link, tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)], check=True)  # several rounds
    try:
        with (tmp_path / "out.pcap").open("wb") as out, asking(link):
            words = [*link.inside, sys.executable, "-m", "tcptui", "-i", INTERFACE, "-w", "-"]
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True, timeout=SECONDS,
                env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, check=False,
            )  # fmt: skip
        written = (tmp_path / "out.pcap").read_bytes()
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)

    assert done.returncode == 1
    assert "disk is full" in done.stderr
    (told,) = re.findall(r"(\d+) packets captured", done.stderr)
    assert 0 < int(told) <= whole_packets(written[24:], may_be_cut=True)


def test_full_disk_is_an_error(link: Link) -> None:
    with Path("/dev/full").open("wb") as full:
        words = [*link.inside, sys.executable, "-m", "tcptui", "-i", INTERFACE, "-w", "-"]
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert "disk is full" in done.stderr
