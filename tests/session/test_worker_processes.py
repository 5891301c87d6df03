"""Work shared out to forked processes: order, failures, and that nothing is left behind."""

from __future__ import annotations

import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tcptui.model import stall
from tcptui.model.errors import WorkerError
from tcptui.session import worker_processes
from tcptui.session.sharing import Sharing
from tcptui.session.worker_processes import in_order, is_alone, serve

_alive = threading.enumerate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


def pieces_of(share: int) -> Iterator[Any]:
    """Texts and another value; the earlier a share, the more of them, so that later ones are done first."""
    for number in range(60 - share):
        yield f"{share}.{number} ".encode() * 400
    yield {share: os.getpid()}


def expected(shares: int) -> list[bytes]:
    return [piece for share in range(shares) for piece in pieces_of(share) if isinstance(piece, bytes)]


def children() -> list[int]:
    """Processes whose parent is this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.append(int(process.name))
    return found


def open_descriptors() -> list[str]:
    return sorted(one.name for one in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_pieces_come_in_the_order_of_their_shares(workers: int) -> None:
    pieces = list(in_order(20, pieces_of, workers))

    assert [piece for piece in pieces if isinstance(piece, bytes)] == expected(20)
    told = [piece for piece in pieces if not isinstance(piece, bytes)]
    assert [next(iter(one)) for one in told] == list(range(20))
    makers = {pid for one in told for pid in one.values()}
    assert (os.getpid() in makers) == (workers == 1)
    assert 1 <= len(makers) <= workers


def test_a_piece_larger_than_a_pipe_arrives_whole() -> None:
    large = [bytes([share]) * 5_000_000 for share in range(3)]

    assert list(in_order(3, lambda share: iter([large[share], b""]), 2)) == [
        large[0], b"", large[1], b"", large[2], b"",
    ]  # fmt: skip


def test_a_worker_far_ahead_waits_instead_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "WAITING_BYTES", 2 << 20)
    sent = mmap.mmap(-1, 1)
    """How many mebibytes of the second share have been made; other processes see it, too."""

    def work(share: int) -> Iterator[bytes]:
        for _ in range(40):
            if share == 1:
                sent[0] += 1
            elif share == 0:
                settled(sent)
            yield bytes([share]) * (1 << 20)

    with closing(in_order(5, work, 2)) as pieces:
        next(pieces)
        made = sent[0]
        rest = list(pieces)

    assert made <= 12, "of 40: what four may be ahead, one in the pipe and one on each side of it"
    assert b"".join(piece[:1] for piece in rest) == b"".join(bytes([share]) * 40 for share in range(5))[1:]


def settled(counter: mmap.mmap) -> None:
    """Wait until ``counter`` stands still for half a second of which this process got its part."""
    known, since = -1, 0
    while since < 50 or not known:
        time.sleep(0.01)
        known, since = counter[0], since + 1 if counter[0] == known else 0


def test_no_shares_make_no_piece_and_no_process() -> None:
    assert list(in_order(0, pieces_of, 7)) == []


def test_a_killed_worker_is_an_error_and_leaves_no_process() -> None:
    before = children()

    def work(share: int) -> Iterator[bytes]:
        yield b"begun"
        if share == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        yield b"done"

    with pytest.raises(WorkerError) as caught:
        list(in_order(12, work, 3))

    assert (caught.value.key, caught.value.facts["signal"]) == ("messages.worker_killed", "SIGKILL")
    assert children() == before


@pytest.mark.parametrize("amid_a_piece", [False, True])
def test_a_stopped_worker_is_an_error_and_no_hang(monkeypatch: pytest.MonkeyPatch, *, amid_a_piece: bool) -> None:
    monkeypatch.setattr(worker_processes, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(stall, "LOOK_SECONDS", 0.01)
    before = children()

    def stops_amid(descriptor: int, buffers: tuple[bytes, bytes]) -> int:
        written = os.write(descriptor, (buffers[0] + buffers[1])[:20])
        os.kill(os.getpid(), signal.SIGSTOP)
        return written

    def work(share: int) -> Iterator[bytes]:
        if share == 5:
            if amid_a_piece:
                monkeypatch.setattr(os, "writev", stops_amid)
            else:
                os.kill(os.getpid(), signal.SIGSTOP)
        yield b"a piece of more than twenty bytes"

    with pytest.raises(WorkerError) as caught:
        list(in_order(12, work, 3))

    assert caught.value.key == "messages.worker_stalled"
    assert children() == before


def test_a_worker_without_memory_is_an_error_of_its_own() -> None:
    def work(share: int) -> Iterator[bytes]:
        if share == 2:
            raise MemoryError
        yield b""

    with pytest.raises(WorkerError) as caught:
        list(in_order(4, work, 2))

    assert caught.value.key == "messages.worker_memory"


def test_an_unexpected_error_reaches_the_hook_in_the_worker(capfd: pytest.CaptureFixture[str]) -> None:
    def work(share: int) -> Iterator[bytes]:
        if share == 2:
            raise LookupError("defect")
        yield b""

    with pytest.raises(WorkerError) as caught:
        list(in_order(4, work, 2))

    assert (caught.value.key, caught.value.facts["status"]) == ("messages.worker_failed", 1)
    assert "LookupError: defect" in capfd.readouterr().err


def test_leaving_early_ends_the_workers_and_closes_their_pipes() -> None:
    before, descriptors = children(), open_descriptors()

    with closing(in_order(50, pieces_of, 3)) as pieces:
        next(pieces)
        assert len(children()) == len(before) + 3

    assert children() == before
    assert open_descriptors() == descriptors


def test_workers_end_at_once_by_a_signal_that_their_parent_handles() -> None:
    """As when Ctrl+C reaches all processes of the terminal: no worker runs its parent's handler."""
    handler = signal.signal(signal.SIGTERM, lambda *_: os.write(2, b"handled"))

    def work(share: int) -> Iterator[bytes]:
        os.kill(os.getpid(), signal.SIGTERM)
        yield b"survived"

    try:
        with pytest.raises(WorkerError) as caught:
            list(in_order(3, work, 2))
    finally:
        signal.signal(signal.SIGTERM, handler)

    assert caught.value.facts["signal"] == "SIGTERM"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_worker_ends_with_its_parent() -> None:
    """The parent is killed while a worker computes for ever."""
    told, tell = os.pipe()
    parent = os.fork()
    if not parent:

        def work(share: int) -> Iterator[bytes]:
            os.write(tell, b"%d\n" % os.getpid())
            signal.pause()
            yield b""

        try:
            os.close(told)
            list(in_order(2, work, 2))
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told) as lines:
        workers = [int(lines.readline()), int(lines.readline())]
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        assert lines.read() == ""  # end of file: no process has the pipe's other end any more
    assert len(set(workers)) == 2


def test_a_thread_that_ends_soon_is_waited_for_and_another_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    others = set(threading.enumerate()) - {threading.current_thread()}
    monkeypatch.setattr(threading, "enumerate", lambda: [thread for thread in _alive() if thread not in others])
    monkeypatch.setattr(threading, "active_count", lambda: len(threading.enumerate()))
    begun, end = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: (begun.set(), end.wait()))
    thread.start()
    begun.wait()

    with monkeypatch.context() as soon:
        soon.setattr(worker_processes, "ENDING_S", 0.01)
        assert not is_alone()
        assert Sharing.among(7).workers == 1
    end.set()
    assert is_alone()
    assert Sharing.among(7).workers == 7


@pytest.mark.parametrize("granted", [0, 1])
def test_where_the_system_refuses_processes_those_there_are_do_the_work(
    granted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork, made = os.fork, []

    def refuse() -> int:
        if len(made) == granted:
            raise BlockingIOError
        made.append(None)
        return fork()

    monkeypatch.setattr(os, "fork", refuse)

    assert [piece for piece in in_order(5, pieces_of, 3) if isinstance(piece, bytes)] == expected(5)


def test_other_systems_do_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "CAN_FORK", False)

    assert {pid for one in in_order(3, pieces_of, 2) if isinstance(one, dict) for pid in one.values()} == {os.getpid()}


def test_serving_takes_shares_until_there_are_no_more() -> None:
    shares, hand_out = os.pipe()
    received, sent = os.pipe()
    os.write(hand_out, b"\x07\0\0\0")
    os.close(hand_out)

    serve(lambda share: iter([b"abc", (share,)]), shares, sent)

    os.close(sent)
    with os.fdopen(received, "rb") as pipe:
        assert pipe.read().count(b"\x07\0\0\0") == 3  # two pieces and the end
    os.close(shares)


def test_workers_that_end_without_their_work_are_an_error_and_no_hang() -> None:
    def work(share: int) -> Iterator[bytes]:
        if share > 1:
            os._exit(0)
        yield b"%d" % share

    with pytest.raises(WorkerError):
        list(in_order(6, work, 2))


def test_workers_that_all_died_before_they_were_handed_a_share_are_an_error() -> None:
    before = set(children())  # that runs the commands of other tests is one of them
    with closing(in_order(30, pieces_of, 3)) as pieces:
        next(pieces)
        workers = set(children()) - before
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        while any(
            (Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0]) != "Z" for worker in workers
        ):
            time.sleep(0.01)
        with pytest.raises(WorkerError):
            list(pieces)
