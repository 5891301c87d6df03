"""Machine code that was cached is used only for what it was compiled from; old folders go, others stay."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from process_end import wait_until_gone

import tcptui
from tcptui.analysis import compile_ahead
from tcptui.analysis.compile_ahead import compile_in_background
from tcptui.analysis.kernel import segment, states
from tcptui.wire.kernel_cache import (
    UNUSED_DAYS,
    cache_folder,
    compiling_alone,
    is_noted,
    kernel_key,
    note_compiled,
)
from tcptui.wire.numba_compile import compiler_available

DAY = 86_400.0
#: A client's SYN, its data, and the same data again.
ANALYSE = """\
import sys
import numpy as np
from tcptui.analysis.analyzer import compiled_kernel, Analyzer
from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import PacketStore
from captures import Tape
from tcptui.session.pipeline import Pipeline
import os
tape = Tape()
tape.lossy(100, "10.0.0.1:40000", "10.0.0.2:80")
read, write = os.pipe()
descriptor = os.memfd_create("capture")
data = tape.pcap()
os.write(descriptor, data)
pipeline = Pipeline([(descriptor, "capture")])
if sys.argv[1] == "compiled":
    pipeline.analyzer.compile(compiled_kernel())
while pipeline.advance([len(data)], [True]):
    pass
print(pipeline.store.verdict[: pipeline.store.count].tolist())
"""


def _with_global(function: FunctionType, **values: object) -> FunctionType:
    """``function`` as it would be with other values of some globals."""
    return FunctionType(function.__code__, function.__globals__ | values)


@pytest.mark.parametrize("name", ["RETRANSMISSION", "SYN", "TCP", "IRTT", "NEXT_SEQ", "FAST_DUPLICATES", "SEQ_HALF"])
def test_key_knows_every_constant_of_the_verdicts(name: str) -> None:
    moved = _with_global(segment.analyse, **{name: segment.analyse.__globals__[name] + 1})

    assert kernel_key(moved) != kernel_key(segment.analyse)


@pytest.mark.parametrize("name", ["TIME_WAIT", "EVENT_GOT_FIN", "STATE_PROVED", "GOT_FIN", "MARK_CHALLENGED"])
def test_key_knows_every_constant_of_the_states_that_the_verdicts_call(name: str) -> None:
    follow = _with_global(states.follow_states, **{name: states.follow_states.__globals__[name] + 1})

    assert kernel_key(_with_global(segment.analyse, follow_states=follow)) != kernel_key(segment.analyse)


def test_key_knows_the_compiler_and_nothing_that_changes_from_run_to_run() -> None:
    script = "from tcptui.analysis.kernel.segment import analyse; from tcptui.wire.kernel_cache import kernel_key; "
    elsewhere = subprocess.run(
        [sys.executable, "-c", script + "print(kernel_key(analyse, '1.0'))"],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "7"},
    )  # fmt: skip

    assert elsewhere.stdout.strip() == kernel_key(segment.analyse, "1.0")
    assert kernel_key(segment.analyse, "1.1") != kernel_key(segment.analyse, "1.0")


def test_global_that_cannot_be_named_is_refused() -> None:
    with pytest.raises(TypeError, match="TCP, a object"):
        kernel_key(_with_global(segment.analyse, TCP=object()))


def test_folders_unused_for_long_go_and_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    root = tmp_path / "tcptui"
    for name, days in {"old": UNUSED_DAYS + 1, "old-but-running": UNUSED_DAYS + 1, "new": UNUSED_DAYS - 1}.items():
        (root / name / "inner").mkdir(parents=True)
        os.utime(root / name, (0, time.time() - days * DAY))
    (tmp_path / "another program's").mkdir()
    os.utime(tmp_path / "another program's", (0, 0))
    running = os.open(root / "old-but-running", os.O_RDONLY)
    fcntl.flock(running, fcntl.LOCK_SH)

    mine = cache_folder(segment.analyse, "test", str(tmp_path))
    os.close(running)

    assert mine is not None
    assert {each.name for each in root.iterdir()} == {"old-but-running", "new", mine.path.name}
    assert (tmp_path / "another program's").is_dir()


def test_cache_that_others_can_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "cache" / "tcptui" / "numba").mkdir(parents=True)
    (tmp_path / "cache" / "tcptui" / "numba").chmod(0o777)
    theirs = tmp_path / f"tcptui-{os.getuid()}"

    folder = cache_folder(segment.analyse, str(tmp_path))

    assert folder is not None
    assert folder.path == theirs / "numba" / kernel_key(segment.analyse, str(tmp_path))

    theirs.chmod(0o777)
    assert cache_folder(segment.analyse, str(tmp_path)) is None
    assert not is_noted(segment.analyse, str(tmp_path))


def test_kernels_folder_that_others_can_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache_folder(segment.analyse, "1.0") is not None
    note_compiled(segment.analyse, "1.0")
    (tmp_path / "tcptui" / kernel_key(segment.analyse, "1.0")).chmod(0o777)

    assert cache_folder(segment.analyse, "1.0") is None
    assert not is_noted(segment.analyse, "1.0")


@pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")
def test_moved_bit_of_an_enum_moves_in_cached_machine_code_too(tmp_path: Path) -> None:
    package = Path(tcptui.__file__).parent
    copy = tmp_path / "tcptui"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "analyse.py"
    script.write_text(ANALYSE)
    verdicts = copy / "model" / "verdict.py"
    environment = os.environ | {
        "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[1] / 'support'}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NUMBA_OPT": "0",  # compiles in half the time
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def analysed(how: str) -> str:
        command = [sys.executable, str(script), how]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    before = analysed("plain")
    assert analysed("compiled") == before
    source = verdicts.read_text()
    moved = source.replace("RETRANSMISSION = 1 << 0", "RETRANSMISSION = 1 << 20", 1)
    assert moved != source
    verdicts.write_text(moved)

    after = analysed("plain")

    assert after != before
    assert analysed("compiled") == after


def test_note_says_that_code_only_has_to_be_loaded_and_is_of_that_kernel_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache_folder(segment.analyse, "1.0") is not None
    assert not is_noted(segment.analyse, "1.0")
    note_compiled(segment.analyse, "1.0")
    assert is_noted(segment.analyse, "1.0")
    assert not is_noted(segment.analyse, "1.1")
    assert not is_noted(_with_global(segment.analyse, SYN=3), "1.0")


def test_kernel_without_a_folder_is_noted_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    note_compiled(segment.analyse, "1.0")
    assert not is_noted(segment.analyse, "1.0")


def test_one_program_compiles_and_the_others_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    started: list[str] = []
    monkeypatch.setattr(compile_ahead, "start_interpreter", started.append)
    cached = threading.Event()
    asked: list[bool] = []

    def is_cached() -> bool:
        asked.append(cached.is_set())
        return cached.is_set()

    monkeypatch.setattr(compile_ahead, "kernel_is_cached", is_cached)
    stop, never = threading.Event(), threading.Event()
    with compiling_alone(never) as is_our_turn:
        assert is_our_turn
        waiting = [threading.Thread(target=compile_in_background, args=(event,)) for event in (stop, never)]
        for thread in waiting:
            thread.start()
        stop.set()
        waiting[0].join()
        assert not asked
        cached.set()
    waiting[1].join()
    assert asked == [True]
    assert not started


@pytest.mark.skipif(not compiler_available(), reason="without the compiler")
def test_compiling_aside_ends_when_it_is_told_to_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def note(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", note)
    stop = threading.Event()
    stop.set()
    compile_in_background(stop)
    assert [process.returncode for process in started] == [-signal.SIGKILL]


@pytest.mark.skipif(not compiler_available(), reason="without the compiler")
def test_compiling_aside_ends_with_a_program_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import subprocess, threading, tcptui.analysis.compile_ahead as ahead\n"
        "start = subprocess.Popen\n"
        "def note(*arguments, **options):\n"
        "    process = start(*arguments, **options)\n"
        "    print(process.pid, flush=True)\n"
        "    return process\n"
        "subprocess.Popen = note\n"
        "ahead.compile_in_background(threading.Event())\n"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    )
    assert program.stdout is not None
    compiling = int(program.stdout.readline())
    program.kill()
    program.communicate()

    wait_until_gone(compiling)
    assert not any(tmp_path.rglob("*.o"))
