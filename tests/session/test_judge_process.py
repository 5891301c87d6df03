"""The process that judges what the screen shows: the same findings, and what happens when it dies."""

from __future__ import annotations

import asyncio
import gzip
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from captures import SERVER, Tape, many
from process_end import is_gone, wait_until_gone

import tcptui
from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_file
from tcptui.model import shared_memory, stall
from tcptui.model.packet_store import CORRECTED_COLUMNS
from tcptui.session import catch_up, judge_process
from tcptui.session.gc_control import give_back
from tcptui.session.judge_process import BackgroundJudge
from tcptui.session.judging import Judging
from tcptui.session.session import Session
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.finding import Finding

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shares memory on Linux only")

ROOT = Path(tcptui.__file__).parent.parent


def troubled(connections: int) -> Tape:
    """Resends, refusals and requests that got an error, so many of each."""
    tape = Tape()
    for number in range(connections):
        ms, host = 1000 * number, f"10.0.{number >> 7}.{number & 127}"
        tape.lossy(ms, f"{host}:40001", f"{SERVER}:80")
        tape.refused(ms + 300, f"{host}:40002", f"{SERVER}:8443")
        answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        tape.clean(ms + 500, f"{host}:40003", f"{SERVER}:8080", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer)
        tape.handshake(ms + 700, f"{host}:40004", f"{SERVER}:22")
    return tape


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process judges captures of this size, and the worker thread nothing before their end."""
    monkeypatch.setattr(judge_process, "FORESEEN_ROWS", 1)
    monkeypatch.setattr(judge_process, "WORTH_JUDGING", 1)
    monkeypatch.setattr(shared_memory, "WORTH_SHARING", 1)
    monkeypatch.setattr(catch_up, "ANNOTATE_SLICE", 0)
    yield
    give_back()  # each session has a descriptor for each of a hundred arrays


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "troubled.pcap"
    path.write_bytes(troubled(60).pcap())
    return path


def read(path: Path, *, aside: bool) -> Session:
    session = Session([open_file(path)], judges_aside=aside)
    asyncio.run(session.run())
    return session


def known(session: Session) -> list[object]:
    """All that judging leaves behind."""
    judging, count = session._judging.annotations, session.streams.count
    cache = judging.cache
    assert judging.waiting == judging.unlooked == 0
    columns = [getattr(session.store, name)[: session.store.count].tobytes() for name in CORRECTED_COLUMNS]
    cached = sorted((stream, repr(findings), stream in cache._whole) for stream, findings in cache._findings.items())
    numbers = [column[:count].tolist() for column in (cache.judged, cache.judged_until, cache.severity, cache.lost_ns)]
    return [cached, numbers, columns, repr(session.diagnosis), repr(session.trouble)]


class Kept:
    """How many judgements came from the other process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        whole = BackgroundJudge._take

        def counted(aside: BackgroundJudge, judging: Judging, seconds: float) -> bool:
            before = aside._done
            more = whole(aside, judging, seconds)
            self.count += aside._done - before
            return more

        monkeypatch.setattr(BackgroundJudge, "_take", counted)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_another_process_finds_the_same_to_the_last_byte(
    packed: bool, capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if packed:
        capture.write_bytes(gzip.compress(capture.read_bytes(), 1))
    kept = Kept(monkeypatch)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert kept.count > 100
    assert known(aside) == known(alone)
    assert aside.findings(0) == alone.findings(0)
    assert (aside.progress.notice, aside.progress.phase) == (None, Phase.DONE)
    alone.close()
    aside.close()


class Concluded:
    """The streams that this process judged since `clear`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.streams: list[int] = []
        whole = Judging._conclude

        def noted(judging: Judging, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
            self.streams.append(view.stream)
            return whole(judging, view, read=read)

        monkeypatch.setattr(Judging, "_conclude", noted)


def test_what_was_judged_while_the_file_was_read_is_judged_again_by_the_other_process_alone(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = read(capture, aside=False)
    hand_over, here = BackgroundJudge._hand_over, Concluded(monkeypatch)
    shown: list[tuple[int, int]] = []

    def after_some(aside: BackgroundJudge, judging: Judging) -> bool:
        context = judging.context
        judging.context = replace(context, live=True)  # as while the file is being read
        judging.refresh(60, settle=False)
        judging.context = replace(context, live=False)
        assert judging.cache._whole
        here.streams.clear()
        handed = hand_over(aside, judging)
        shown.append((judging.waiting, judging.unlooked))
        return handed

    monkeypatch.setattr(BackgroundJudge, "_hand_over", after_some)
    aside = read(capture, aside=True)

    assert shown[0][0] > 50, "the screen says how many are being judged before the first judgement comes"
    assert shown[0][1] == 0, "all their packets have been looked at"
    assert here.streams == []
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_what_somebody_opened_meanwhile_stays(capture: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over, here = BackgroundJudge._hand_over, Concluded(monkeypatch)
    opened: list[int] = []

    def then_opened(aside: BackgroundJudge, judging: Judging) -> bool:
        handed = hand_over(aside, judging)
        due, read = judging.due_at_end()
        opened.append(int(due[~read[due]][-1]))  # whose payload nobody reads but for who opens it
        judging.current_findings(opened[0])
        return handed

    monkeypatch.setattr(BackgroundJudge, "_hand_over", then_opened)
    aside = read(capture, aside=True)

    assert here.streams == opened
    assert opened[0] in aside._judging.annotations.cache._whole
    aside.close()


def test_it_ends_with_the_judging(capture: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    begin = BackgroundJudge._start

    def noted(aside: BackgroundJudge) -> None:
        begin(aside)
        assert aside._process is not None
        started.append(aside._process.pid)

    monkeypatch.setattr(BackgroundJudge, "_start", noted)
    session = read(capture, aside=True)

    assert len(started) == 1
    assert is_gone(started[0])
    session.close()


def program(first: str) -> str:
    """What the process runs, behind the statement ``first``."""
    begin, call = judge_process._PROGRAM.rstrip().rsplit("\n", 1)
    return f"{begin}\nimport os, signal\nfrom tcptui.session import judge_process\n{first}\n{call}\n"


def wait_for_a_piece(aside: BackgroundJudge) -> None:
    """Wait until the process has sent something: it has its task."""
    assert aside._process is not None
    poll = select.poll()
    poll.register(aside._process.socket, select.POLLIN)
    assert poll.poll(60_000)


KILLED: Final = program("judge_process._judgements = lambda *_: os.kill(os.getpid(), signal.SIGKILL)")
STOPPED: Final = program("judge_process._judgements = lambda *_: os.kill(os.getpid(), signal.SIGSTOP)")
STUCK: Final = program("judge_process._judgements = lambda *_: signal.pause()")
SENDS_NONSENSE: Final = program("judge_process.pickle.dumps = lambda *_: b'nonsense'")


def test_when_it_is_killed_a_notice_says_so_and_the_worker_judges_on(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_process, "_PROGRAM", KILLED)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert aside.progress.notice is not None
    assert (aside.progress.notice.key, aside.progress.notice.facts) == ("session.judge-died", {"how": "SIGKILL"})
    assert aside.progress.phase is Phase.DONE
    assert "SIGKILL" in Words(Language.EN)("session.judge-died", how="SIGKILL")
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_when_it_is_killed_before_it_has_its_task_that_is_said_too(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_process, "_PROGRAM", program("os.kill(os.getpid(), signal.SIGSEGV)"))
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert aside.progress.notice is not None
    assert (aside.progress.notice.key, aside.progress.notice.facts) == ("session.judge-died", {"how": "SIGSEGV"})
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


@pytest.mark.parametrize(("failure", "how"), [
    (OSError(105, "No buffer space available"), "No buffer space available"), (MemoryError(), "MemoryError"),
    (pickle.UnpicklingError("pickle data was truncated"), "UnpicklingError"),
])  # fmt: skip
def test_when_the_channel_fails_while_it_lives_it_is_ended_and_the_worker_judges_on(
    failure: Exception, how: str, capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[int] = []

    def failing(aside: BackgroundJudge, _judging: Judging, _seconds: float) -> bool:
        assert aside._process is not None
        processes.append(aside._process.pid)
        wait_for_a_piece(aside)
        aside._took_task = True
        raise failure

    monkeypatch.setattr(judge_process, "_PROGRAM", STUCK)
    monkeypatch.setattr(judge_process, "_DYING", 0.01)
    alone = read(capture, aside=False)
    monkeypatch.setattr(BackgroundJudge, "_take", failing)
    aside = read(capture, aside=True)

    assert is_gone(processes[0])
    assert aside.progress.notice is not None
    assert aside.progress.notice.facts == {"how": how}
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_when_it_was_stopped_it_is_ended_and_the_worker_judges_on(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(judge_process, "_DYING", 0.01)
    monkeypatch.setattr(judge_process, "_PROGRAM", STOPPED)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert aside.progress.phase is Phase.DONE
    assert aside.progress.notice is not None
    assert aside.progress.notice.key == "session.judge-died"
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_session_can_be_closed_while_the_worker_waits_for_the_end_of_it(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    closers: list[threading.Thread] = []

    def failing(aside: BackgroundJudge, _judging: Judging, _seconds: float) -> bool:
        wait_for_a_piece(aside)
        aside._took_task = True
        closers.append(threading.Thread(target=aside.close))
        raise OSError(105, "No buffer space available")

    def waited(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout == judge_process._DYING:  # the worker, which another thread closes now
            closers[0].start()
        return wait(process, timeout)

    wait = subprocess.Popen.wait
    monkeypatch.setattr(judge_process, "_PROGRAM", STUCK)
    monkeypatch.setattr(judge_process, "_DYING", 600)
    monkeypatch.setattr(BackgroundJudge, "_take", failing)
    monkeypatch.setattr(subprocess.Popen, "wait", waited)
    aside = read(capture, aside=True)
    closers[0].join()

    assert aside.progress.notice is None
    aside.close()


def test_piece_that_cannot_be_read_is_no_end_of_the_session(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_process, "_PROGRAM", SENDS_NONSENSE)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert aside.progress.notice is not None
    assert aside.progress.notice.key == "session.judge-died"
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_task_whose_descriptors_did_not_come_is_not_read_on() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(judge_process._TASK.pack(4, 2, 1))
        ours.sendall(b"\0task")
        ours.shutdown(socket.SHUT_WR)

        with pytest.raises(EOFError):
            judge_process._task_from(theirs)
        assert theirs.recv(8) == b"task"


def test_nor_is_one_of_whose_descriptors_some_were_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    receive = socket.recv_fds

    def one_short(channel: socket.socket, size: int, most: int) -> tuple[bytes, list[int], int, object]:
        told = receive(channel, size, most - 2)
        for descriptor in told[1]:
            os.close(descriptor)
        return told

    monkeypatch.setattr(judge_process, "_DESCRIPTORS", 3)
    monkeypatch.setattr(socket, "recv_fds", one_short)
    with ours, theirs:
        ours.sendall(judge_process._TASK.pack(4, 4, 2))
        socket.send_fds(ours, [b"\0"], [0, 1, 2])
        socket.send_fds(ours, [b"\0"], [0, 1, 2])
        ours.sendall(b"task")
        ours.shutdown(socket.SHUT_WR)

        with pytest.raises(EOFError):
            judge_process._task_from(theirs)
        assert theirs.recv(1) == b"\0", "the second message is left"


def test_the_kernel_short_of_memory_ends_it_and_not_the_screen(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = BackgroundJudge._take
    scores: set[str] = set()

    def noted(aside: BackgroundJudge, judging: Judging, seconds: float) -> bool:
        assert aside._process is not None
        wait_for_a_piece(aside)
        scores.add(Path(f"/proc/{aside._process.pid}/oom_score_adj").read_text())
        return take(aside, judging, seconds)

    monkeypatch.setattr(BackgroundJudge, "_take", noted)
    aside = read(capture, aside=True)

    assert scores == {"1000\n"}
    assert Path("/proc/self/oom_score_adj").read_text() not in scores
    aside.close()


def test_when_it_cannot_import_anything_the_worker_judges(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_process, "_PROGRAM", "raise SystemExit(1)")
    kept = Kept(monkeypatch)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert kept.count == 0
    assert aside.progress.notice is None, "that would be said of every large file"
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


@pytest.mark.parametrize("foreseen", [True, False])
def test_where_no_process_can_be_started_the_worker_judges(
    foreseen: bool, capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(judge_process, "FORESEEN_ROWS", 1 if foreseen else 10**6)
    monkeypatch.setattr(subprocess, "Popen", refused)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert aside.progress.notice is None
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_where_no_memory_can_be_shared_no_process_is_started(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_name: str) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "memfd_create", refused)
    monkeypatch.setattr(BackgroundJudge, "_start", never)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert known(aside) == known(alone)
    alone.close()
    aside.close()


@pytest.mark.parametrize("strict", [False, True])
def test_nothing_is_shared_where_memory_is_accounted_strictly(
    strict: bool, capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.session.session.accounts_strictly", lambda: strict)
    kept = Kept(monkeypatch)
    alone, aside = read(capture, aside=False), read(capture, aside=True)

    assert shared_memory.is_shared(aside.store.cause) is not strict
    assert (kept.count == 0) is strict
    assert known(aside) == known(alone)
    alone.close()
    aside.close()


def test_closing_the_session_meanwhile_ends_it_without_a_notice(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, processes = BackgroundJudge._take, []

    def closed_first(aside: BackgroundJudge, judging: Judging, seconds: float) -> bool:
        assert aside._process is not None
        processes.append(aside._process.pid)
        aside.close()
        return take(aside, judging, seconds)

    monkeypatch.setattr(BackgroundJudge, "_take", closed_first)
    session = read(capture, aside=True)

    assert session.progress.notice is None
    assert is_gone(processes[0])
    session.close()


def never(_aside: BackgroundJudge) -> None:
    raise AssertionError("a process was started")


def test_a_short_file_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "few.pcap"
    path.write_bytes(many(50).pcap())
    monkeypatch.setattr(BackgroundJudge, "_start", never)
    session = read(path, aside=True)

    assert is_looked_through(session)
    session.close()


def test_a_file_with_little_to_judge_is_judged_here(
    capture: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_process, "FORESEEN_ROWS", 10**6)
    monkeypatch.setattr(judge_process, "WORTH_JUDGING", 10**6)
    monkeypatch.setattr(BackgroundJudge, "_start", never)
    session, alone = read(capture, aside=True), read(capture, aside=False)

    assert known(session) == known(alone)
    session.close()
    alone.close()


def test_it_ends_with_a_program_that_was_killed() -> None:
    program = (
        "import os, signal, sys\n"
        "from tcptui.session.judge_process import BackgroundJudge\n"
        "from tcptui.session.pipeline import Pipeline\n"
        "from tcptui.protocols.keylog import KeyLog\n"
        "aside = BackgroundJudge(Pipeline([]), [], KeyLog())\n"
        "aside._start()\n"
        "print(aside._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
        timeout=600,
    )  # fmt: skip

    wait_until_gone(int(done.stdout))
    assert done.returncode == -signal.SIGKILL
