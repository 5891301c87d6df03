"""Real interpreters, with programs of a few lines: what every process of ours relies on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest
from process_end import wait_until_gone

from tcptui.model.child_process import Child, start_interpreter
from tcptui.model.child_side import FrameError

ROOT: Final = Path(__file__).resolve().parents[2]
#: Seconds in which a process ends that is to end; a slow machine is given all of them.
PATIENCE: Final = 60.0
#: Says that it runs, and stays.
STAYS: Final = "import os, signal, time; os.write(int(sys.argv[2]), b'.')\nwhile True: time.sleep(60)"
#: … whatever it is told by SIGTERM.
DEAF: Final = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + STAYS


def begun(program: str) -> Child:
    child = Child(program)
    assert child.socket.recv(1) == b"."
    return child


def test_child_has_its_arguments_our_path_and_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, "/of/our/own"])
    child = Child(
        "import os; import tcptui\n"
        "said = [sys.path[-1], sys.argv[3], sys.argv[4], os.getsid(0) == os.getpid()]\n"
        "os.write(int(sys.argv[2]), json.dumps(said).encode())",
        "word",
    )

    assert child.socket.recv(1 << 16) == f'["/of/our/own", "{os.getpid()}", "word", true]'.encode()
    assert child.wait(PATIENCE) == 0
    assert not child.is_running()
    child.end(PATIENCE)


def test_child_is_ended_once_and_its_socket_is_closed() -> None:
    child = begun(STAYS)

    assert child.is_running()
    assert child.end(PATIENCE) == -signal.SIGKILL
    assert child.end(PATIENCE) == -signal.SIGKILL
    assert child.socket.fileno() == -1


def test_child_that_was_stopped_is_woken_and_ends_by_the_first_signal_that_ends_it() -> None:
    child = begun(STAYS)
    os.kill(child.pid, signal.SIGSTOP)

    assert child.end(0.5, (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL)) == -signal.SIGTERM


def test_child_that_ignores_a_signal_gets_the_next_one() -> None:
    assert begun(DEAF).end(0.5, (signal.SIGTERM, signal.SIGKILL)) == -signal.SIGKILL


def test_thread_that_waits_for_a_child_waits_no_longer_once_it_is_ended() -> None:
    child, ended = begun(STAYS), list[type[Exception]]()

    def wait() -> None:
        try:
            child.receive(None)
        except EOFError as error:
            ended.append(type(error))

    waiting = threading.Thread(target=wait)
    waiting.start()

    child.end(PATIENCE)
    waiting.join(PATIENCE)
    assert ended == [EOFError]


def test_frames_of_a_child_are_taken_as_they_come() -> None:
    child = Child(
        "import os, time; from tcptui.model.child_side import framed\n"
        "to = int(sys.argv[2]); whole = framed(b'one') + framed(b'') + framed(b'three')\n"
        "os.write(to, whole[:-2]); os.read(to, 1); os.write(to, whole[-2:])"
    )
    frames: list[bytes] = []
    while len(frames) < 2:
        assert child.receive(PATIENCE)
        frames += child.frames()

    assert (frames, child.frame()) == ([b"one", b""], None)
    assert not child.receive(0), "nothing has come"
    child.socket.send(b".")
    assert child.receive(PATIENCE)
    assert child.frame() == b"three"
    with pytest.raises(EOFError):
        child.receive(None)
    child.end(PATIENCE)
    with pytest.raises(EOFError):
        child.receive(None)


def test_frame_beyond_what_a_child_may_send_is_not_waited_for() -> None:
    child = Child("import os; os.write(int(sys.argv[2]), b'\\x05\\0\\0\\0')", most=4)

    assert child.receive(PATIENCE)
    with pytest.raises(FrameError):
        child.frame()
    child.end(PATIENCE)


def test_stopped_child_does_not_outlive_a_process_that_ends_without_ending_it() -> None:
    """As an app does that does not leave in time: a busy machine, a terminal that takes nothing."""
    ends_with_socket = "import os; os.write(int(sys.argv[2]), b'.'); os.read(int(sys.argv[2]), 1)"
    program = (
        "import os, signal\n"
        "from tcptui.model.child_process import Child\n"
        "from tcptui.ui.terminal.run import ExitWatchdog\n"
        f"child = Child({ends_with_socket!r})\n"
        "child.socket.recv(1)\n"
        "os.kill(child.pid, signal.SIGSTOP)\n"
        "os.waitpid(child.pid, os.WUNTRACED)\n"
        "print(child.pid, flush=True)\n"
        "ExitWatchdog().leave(3)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True, check=False)

    assert ended.returncode == 3, ended.stderr
    wait_until_gone(int(ended.stdout))


def test_child_that_cannot_be_started_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise PermissionError

    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208
    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(PermissionError):
        Child(STAYS)
    assert not before or len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_child_inherits_nothing_but_its_socket() -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    process = start_interpreter(f"import os\ntry: os.fstat({writing})\nexcept OSError: sys.exit(7)")

    assert process.wait(PATIENCE) == 7
    os.close(reading)
    os.close(writing)


def test_child_that_watches_its_parent_ends_with_it() -> None:
    program = (
        "import os, signal\n"
        "from tcptui.model.child_process import Child\n"
        "child = Child('from tcptui.model.child_side import end_with_parent; end_with_parent(int(sys.argv[3]));'\n"
        "              'import os, time; os.write(int(sys.argv[2]), b\".\"); time.sleep(3600)')\n"
        "child.socket.recv(1)\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
        timeout=600,
    )  # fmt: skip

    wait_until_gone(int(done.stdout))
