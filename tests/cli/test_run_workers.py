"""``--workers`` of commands as processes: they end whole, or with one line, and leave no worker behind."""

from __future__ import annotations

import gzip
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
from captures import SERVER, Tape, many
from process_end import wait_until_gone

import tcptui
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

ROOT = Path(tcptui.__file__).parent.parent
#: Enough that forking is worth it, and that their report does not fit into the pipes.
CONNECTIONS = 4_000


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workers") / "many.pcap"
    path.write_bytes(many(CONNECTIONS).pcap())
    return path


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files over HTTP, packed and in ranges too, and trouble between them."""
    tape = Tape()
    for number in range(150):
        client = f"10.0.{number >> 7}.{number & 127}:{40000 + number}"
        asked = b"GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n" % (number // 2)
        body, more = b"%05d " % number * 50, b""
        if number % 3 == 0:
            body, more = gzip.compress(body, mtime=0), b"Content-Encoding: gzip\r\n"
        status = b"200 OK"
        if 100 < number < 110:
            at, asked = (number - 101) % 2 * 3, b"GET /part HTTP/1.1\r\nHost: a.example\r\n\r\n"
            more = b"Content-Range: bytes %d-%d/6\r\n" % (at, at + 2)
            status, body = b"206 Partial Content", b"abcdef"[at : at + 3]
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), more)
        tape.clean(200 * number, client, f"{SERVER}:80", asked, head + body)
        if number % 5 == 0:
            tape.lossy(200 * number, client.replace(":4", ":5"), f"{SERVER}:80")
            tape.refused(200 * number, client.replace(":4", ":6"), f"{SERVER}:443")
    path = tmp_path_factory.mktemp("web") / "web.pcap"
    path.write_bytes(tape.pcap())
    return path


def run(*words: str, program: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        # The programs import NumPy before root is given up, which no other thread must outlive.
        env={**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "TERM": "dumb", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False,
    )  # fmt: skip


#: Forks for this capture, too, and says so on standard error.
COUNTING = """
import os, sys
from dataclasses import replace
from tcptui.cli.main import main
from tcptui.session import worker_processes
from tcptui.session.sharing import Sharing
among, fork = Sharing.among, worker_processes._fork
Sharing.among = classmethod(lambda _cls, asked: replace(among(asked), worth=1, share=300))
def counted():
    process = fork()
    if process:
        print("forked", file=sys.stderr)
    return process
worker_processes._fork = counted
"""
MAIN = "sys.exit(main(sys.argv[1:]))"
COMMANDS = {
    "export": ["export"],
    "export-json": ["export", "--json"],
    "no-screen": ["--no-screen"],
    "no-screen-problems": ["--no-screen", "--only", "any-problem"],
}


@pytest.mark.some(3)
@pytest.mark.parametrize("command", COMMANDS)
def test_outputs_are_the_same_however_many_workers(web: Path, command: str) -> None:
    outputs, forked = [], []
    for workers in ("1", "2", "3", "7"):
        done = run(*COMMANDS[command], str(web), "--workers", workers, program=COUNTING + MAIN)
        said = done.stderr.decode().splitlines()
        outputs.append((done.returncode, done.stdout, [line for line in said if line != "forked"]))
        forked.append(said.count("forked"))

    assert outputs[0][0] == 0, outputs[0]
    assert outputs[0][1].count(b"\n") > 30
    assert all(output == outputs[0] for output in outputs)
    assert (forked[0], min(forked[1:]) > 1) == (0, True), forked


#: A worker dies as soon as it looks at a connection.
DYING = """
import signal
from tcptui.session import shared_judging
from tcptui.session.judging import Judging
from tcptui.session.session import Session
first = os.getpid()
def dying(real):
    def called(*arguments, **named):
        if os.getpid() != first:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return called
Session.directions = dying(Session.directions)
Judging.judged = dying(Judging.judged)
shared_judging.judged_block = dying(shared_judging.judged_block)
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_worker_that_dies_is_one_line_and_status_1(web: Path, command: str) -> None:
    done = run(*COMMANDS[command], str(web), "--workers", "2", program=COUNTING + DYING + MAIN)

    message = Words(Language.EN)("messages.worker_killed", signal="SIGKILL")
    said = [line for line in done.stderr.decode().splitlines() if "as root" not in line and line != "forked"]
    assert (done.returncode, said) == (1, [f"tcptui: {message}"])


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
        output, errors = started(str(capture), "--json", "--workers", workers).communicate(timeout=600)
        assert not errors
        written[workers] = hashlib.sha256(output).hexdigest()
        assert len(json.loads(output)["streams"]) == CONNECTIONS

    assert written["1"] == written["3"]


def test_killed_workers_are_one_line_and_status_1(blocked: tuple[subprocess.Popen[bytes], list[int]]) -> None:
    process, workers = blocked
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)

    _output, errors = process.communicate(timeout=600)

    message = Words(Language.EN)("messages.worker_killed", signal="SIGKILL")
    assert (process.returncode, errors.decode()) == (1, f"tcptui: {message}\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_all_of_them(
    number: signal.Signals, code: int, blocked: tuple[subprocess.Popen[bytes], list[int]]
) -> None:
    process, workers = blocked
    assert len(workers) == 2

    process.send_signal(number)
    _output, errors = process.communicate(timeout=600)  # to the ends of both: no process has them any more

    assert (process.returncode, errors) == (code, b"")
    wait_until_gone(*workers)
