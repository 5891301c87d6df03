"""``report --workers`` as a process: it ends whole, or with one line, and leaves no worker behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import many
from process_end import wait_until_gone

import tcptui
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

ROOT = Path(tcptui.__file__).parent.parent
#: Enough that forking is worth it, and that their report does not fit into the pipes.
CONNECTIONS = 1_400


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workers") / "many.pcap"
    path.write_bytes(many(CONNECTIONS).pcap())
    return path


def started(*words: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "tcptui", "report", *words],
        env={**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell in the background, as that of a test run may be, has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture
def blocked(capture: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A report that has begun and that nobody reads on, and its workers."""
    process = started(str(capture), "--json", "--workers", "2")
    assert process.stdout is not None
    assert process.stdout.read(1)
    try:
        yield process, workers_of(process.pid)
    finally:
        process.kill()
        process.communicate()


def workers_of(parent: int) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(process.name))
    return found


def test_reports_are_the_same_however_many_workers(capture: Path) -> None:
    written = {}
    for workers in ("1", "3"):
        output, errors = started(str(capture), "--json", "--workers", workers).communicate(timeout=120)
        assert not errors
        written[workers] = hashlib.sha256(output).hexdigest()
        assert len(json.loads(output)["streams"]) == CONNECTIONS

    assert written["1"] == written["3"]


def test_killed_workers_are_one_line_and_status_1(blocked: tuple[subprocess.Popen[bytes], list[int]]) -> None:
    process, workers = blocked
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)

    _output, errors = process.communicate(timeout=120)

    message = Words(Language.EN)("messages.worker_killed", signal="SIGKILL")
    assert (process.returncode, errors.decode()) == (1, f"tcptui: {message}\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_all_of_them(
    number: signal.Signals, code: int, blocked: tuple[subprocess.Popen[bytes], list[int]]
) -> None:
    process, workers = blocked
    assert len(workers) == 2

    process.send_signal(number)
    _output, errors = process.communicate(timeout=120)  # to the ends of both: no process has them any more

    assert (process.returncode, errors) == (code, b"")
    wait_until_gone(*workers)
