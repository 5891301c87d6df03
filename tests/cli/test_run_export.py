"""``tcptui export``: what it lists, what it writes, what it says."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape
from forked_commands import run_program
from http2_ends import ANSWER, CALL, OK, Ends, get, message
from sealed_records import SECRETS, log_text, sealed_turns
from web_captures import Turn, record

ROOT = Path(__file__).resolve().parents[2]

PAGE = b"<html>" + b"x" * 500 + b"</html>"


def export(*words: str) -> subprocess.CompletedProcess[bytes]:
    """A process of its own: the command gives up root for good."""
    return run_program(["export", *words, "--lang", "en"], {**os.environ, "PYTHONPATH": str(ROOT)})


def _exchange(
    tape: Tape, ms: float, port: int, uri: str, body: bytes, extra: str = "", length: int | None = None
) -> None:
    ask = f"GET {uri} HTTP/1.1\r\nHost: h.example\r\n\r\n".encode()
    size = len(body) if length is None else length
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {size}\r\n{extra}\r\n".encode() + body
    one, two = f"{CLIENT}:{port}", f"{SERVER}:80"
    tape.handshake(ms, one, two)
    tape.tcp(ms + 41, one, two, PSH | ACK, 1001, 9001, ask)
    tape.tcp(ms + 81, two, one, PSH | ACK, 9001, 1001 + len(ask), answer)


@pytest.fixture
def capture(tmp_path: Path) -> str:
    tape = Tape()
    _exchange(tape, 0, 40001, "/../../page.html", PAGE)
    _exchange(tape, 200, 40002, "/page.html", gzip.compress(PAGE), "Content-Encoding: gzip\r\n")
    _exchange(tape, 400, 40003, "/half\x1b[2J.html", PAGE, length=9_999)
    path = tmp_path / "files.pcap"
    path.write_bytes(tape.pcap())
    return str(path)


def test_files_are_written_under_safe_names(capture: str, tmp_path: Path) -> None:
    out = tmp_path / "out"

    done = export(capture, "--out", str(out))

    assert done.returncode == 0
    assert sorted(path.name for path in out.iterdir()) == ["half_[2J.html.partial", "page-2.html", "page.html"]
    assert (out / "page.html").read_bytes() == (out / "page-2.html").read_bytes() == PAGE
    assert done.stdout.count(b"\n") == 3
    assert b"\x1b" not in done.stdout
    assert b"incomplete: the capture ends before it" in done.stdout
    assert done.stderr.endswith(b": 3\n")


def test_second_export_replaces_nothing(capture: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        assert export(capture, "--out", str(out), "--stream", "0").returncode == 0

    assert sorted(path.name for path in out.iterdir()) == ["page-2.html", "page.html"]


#: Runs the program; SIGTERM comes amid the first file.
_SIGNALLED = """
import os, signal, sys
from tcptui.cli.main import main
from tcptui.protocols.export.writer import ExportFolder
write = ExportFolder.write
def signalled(folder, name, blocks, **options):
    def cut():
        yield b"part of a file"
        os.kill(os.getpid(), signal.SIGTERM)
        yield from blocks
    return write(folder, name, cut(), **options)
ExportFolder.write = signalled
sys.exit(main(sys.argv[1:]))
"""


def test_sigterm_leaves_no_part_of_a_file(capture: str, tmp_path: Path) -> None:
    out = tmp_path / "out"

    done = subprocess.run(
        [sys.executable, "-c", _SIGNALLED, "export", capture, "--out", str(out)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=600, check=False,
    )  # fmt: skip

    assert done.returncode == 128 + signal.SIGTERM
    assert list(out.iterdir()) == []


def test_list_as_json_has_sizes_and_hashes_and_writes_nothing(capture: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    listed = json.loads(export(capture, "--json").stdout)

    assert [(file["packet"], file["size"], file["complete"]) for file in listed] == [
        (5, len(PAGE), True),
        (10, len(PAGE), True),
        (15, len(PAGE), False),
    ]
    assert listed[0]["sha256"] == listed[1]["sha256"]
    assert listed[1]["sent"] < len(PAGE)
    assert listed[2]["reason"] == "capture-end"
    assert sorted(tmp_path.iterdir()) == before


def test_capture_without_files_says_so(tmp_path: Path) -> None:
    tape = Tape()
    tape.clean(0, f"{CLIENT}:40001", f"{SERVER}:25", b"EHLO x\r\n")
    path = tmp_path / "mail.pcap"
    path.write_bytes(tape.pcap())

    done = export(str(path), "--json")

    assert done.returncode == 0
    assert json.loads(done.stdout) == []
    assert b"no file" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--stream", "9"], b"9"), (["--out", "/dev/null"], b"/dev/null")], ids=["stream", "folder"]
)
def test_what_cannot_be_is_one_line(capture: str, arguments: list[str], said: bytes) -> None:
    done = export(capture, *arguments)

    assert done.returncode == 1
    assert done.stdout == b""
    assert [line for line in done.stderr.splitlines() if said in line]
    assert b"Traceback" not in done.stderr


@pytest.fixture(params=["plain", "sealed"])
def streams(tmp_path: Path, request: pytest.FixtureRequest) -> list[str]:
    """Two requests of HTTP/2 that carry something both ways, and a call of gRPC; plain, or inside TLS with its keys."""
    ends = Ends()
    ends.ask(1, get("/a/../page.html"), b"asked")
    ends.ask(3, get("/page.html"))
    ends.ask(5, CALL, message(b"call"))
    ends.answer(5, ANSWER, message(b"one") + message(b"two"), [("grpc-status", "0")])
    ends.answer(3, OK, b"to three")
    ends.answer(1, OK, b"to one")
    turns: list[Turn] = [(100 + 20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)]
    keys = tmp_path / "keys.log"
    keys.write_text(log_text(SECRETS))
    sealed = request.param == "sealed"
    path = record(tmp_path, sealed_turns(turns) if sealed else turns)
    return [str(path), "--stream", "0", *(["--keylog", str(keys)] if sealed else [])]


def test_what_one_stream_of_http2_carried(streams: list[str], tmp_path: Path) -> None:
    listed = json.loads(export(*streams, "--json").stdout)
    chosen = json.loads(export(*streams, "--id", "1", "--json").stdout)
    called = json.loads(export(*streams, "--id", "5", "--json").stdout)
    out = tmp_path / "out"
    for _ in range(2):
        assert export(*streams, "--id", "1", "--out", str(out)).returncode == 0

    assert [(one["id"], one["direction"]) for one in listed] == [("1", "upload"), ("3", "download"), ("1", "download")]
    assert [(one["name"], one["sha256"]) for one in chosen] == [
        (name, hashlib.sha256(body).hexdigest()) for name, body in (("page.html", b"asked"), ("page-2.html", b"to one"))
    ]
    assert [(one["name"], one["content_type"], one["sha256"]) for one in called] == [
        (name, "application/grpc", hashlib.sha256(body).hexdigest())
        for name, body in (("Add-request.pb", b"call"), ("Add-response.pb", b"one"), ("Add-response-2.pb", b"two"))
    ]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        "page.html": b"asked", "page-2.html": b"to one", "page-3.html": b"asked", "page-2-2.html": b"to one",
    }  # fmt: skip


def test_request_that_there_is_not(streams: list[str]) -> None:
    none = export(*streams, "--id", "7\x1b")
    nowhere = export(streams[0], "--id", "1")

    assert (none.returncode, nowhere.returncode) == (1, 2)
    assert b"connection 0 has no request 7" in none.stderr
    assert b"\x1b" not in none.stderr
    assert b"--stream" in nowhere.stderr


def test_files_beyond_the_limit_are_not_written_and_it_is_said(capture: str, tmp_path: Path) -> None:
    out = tmp_path / "out"

    done = export(capture, "--out", str(out), "--out-limit", "1k")

    assert done.returncode == 1
    assert b"--out-limit" in done.stderr
    written = list(out.iterdir())
    assert [path.read_bytes() for path in written] == [PAGE]


def test_list_of_files_up_to_the_limit_is_whole_json(capture: str, tmp_path: Path) -> None:
    done = export(capture, "--out", str(tmp_path / "out"), "--out-limit", "1k", "--json")

    assert [one["name"] for one in json.loads(done.stdout)] == ["page.html"]
