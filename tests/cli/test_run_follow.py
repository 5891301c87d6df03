"""follow as a process: what both ends said, on standard output."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, HOSTILE, SERVER, Tape, hostile, mixed
from forked_commands import read_at_start, run_program
from http2_ends import OK, Ends, get
from web_captures import GET, record

import tcptui

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"


def run(*words: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    environ = environment(**changes)
    if not read_at_start(environ):
        return run_program(["follow", *words], environ)
    return subprocess.run(
        command(*words), env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False
    )


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tcptui", "follow", *words]


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    folder = os.path.dirname(os.path.dirname(tcptui.__file__))  # noqa: PTH120
    return {**kept, "PYTHONPATH": folder, "LANG": "en_US.UTF-8", **changes}


def talk() -> Tape:
    """A question, an answer in two segments that arrive in the wrong order, another question."""
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    tape.tcp(41, ONE, TWO, ACK, 1001, 9001, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    tape.tcp(82, TWO, ONE, ACK, 9007, 1028, b" world\r\n")
    tape.tcp(83, TWO, ONE, ACK, 9001, 1028, b"hello,")
    tape.tcp(84, ONE, TWO, ACK, 1028, 9015, b"\tbye")
    return tape


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "talk.pcap"
    path.write_bytes(talk().pcap())
    return str(path)


def test_both_sides_are_told_apart_by_signs_and_indentation(file: str) -> None:
    result = run(file, "--stream", "0")

    assert result.returncode == 0
    assert result.stderr == b""
    assert result.stdout.decode() == (
        "── ▶ client 10.0.0.1:40001  #4  0.041000 s ──\n"
        "▶ GET / HTTP/1.1\n"
        "▶ Host: a\n"
        "▶ \n"
        "── ◀ server 192.0.2.10:80  #6  0.083000 s ──\n"
        "    ◀ hello, world\n"
        "── ▶ client 10.0.0.1:40001  #7  0.084000 s ──\n"
        "▶         bye\n"
    )


def test_signs_are_ascii_and_words_chinese_when_asked_for(file: str) -> None:
    result = run(file, "--stream", "0", "--ascii", "--lang", "zh")

    assert "-- < 服务端 192.0.2.10:80  #6  0.083000 秒 --\n    < hello, world\n" in result.stdout.decode()


def test_one_side_is_its_lines_without_marks(file: str) -> None:
    assert run(file, "--stream", "0", "--side", "server").stdout == b"hello, world\n"


def test_hex_shows_offsets_digits_and_characters(file: str) -> None:
    result = run(file, "--stream", "0", "--hex", "--side", "client")

    assert result.stdout.decode().splitlines() == [
        "00000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..",
        "00000010  48 6f 73 74 3a 20 61 0d 0a 0d 0a 09 62 79 65     Host: a.....bye",
    ]


def test_raw_writes_the_bytes_themselves(file: str) -> None:
    assert run(file, "--stream", "0", "--raw", "--side", "server").stdout == b"hello, world\r\n"


def test_one_stream_of_http2_is_what_belongs_to_it(tmp_path: Path) -> None:
    ends = Ends()
    ends.ask(1, get("/one"), b"first")
    ends.ask(3, get("/two"), b"second")
    ends.answer(3, OK, b"to two", [("x-end", "3")])
    ends.answer(1, OK, b"to one")
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    text = run(str(path), "--stream", "0", "--id", "3", "--side", "server").stdout.decode()

    assert [word for word in ("/two", "to two", "x-end: 3", "to one", "first", "GOAWAY") if word in text] == [
        "to two", "x-end: 3",
    ]  # fmt: skip
    assert "second" in run(str(path), "--stream", "0", "--id", "3").stdout.decode()


def test_gap_is_written_where_bytes_are_missing(tmp_path: Path) -> None:
    tape = talk()
    tape.tcp(90, TWO, ONE, ACK, 9015 + 1460, 1032, b"late")
    path = tmp_path / "gap.pcap"
    path.write_bytes(tape.pcap())

    text = run(str(path), "--stream", "0").stdout.decode()
    raw = run(str(path), "--stream", "0", "--raw", "--side", "server")

    assert text.endswith("    ◀ [1,460 bytes not captured here]\n    ◀ late\n")
    assert raw.stdout == b"hello, world\r\nlate"
    assert raw.stderr == b"tcptui: 1,460 bytes in 1 places are missing from the capture and were left out\n"


def test_nothing_in_a_packet_reaches_the_terminal_raw(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(hostile().pcap())

    for more in ([], ["--hex"], ["--side", "client"], ["--decoded"]):
        text = run(str(path), "--stream", "0", *more).stdout.decode("utf-8")
        assert all(char == "\n" or char.isprintable() for char in text)
        assert "\u202e" not in text
    assert HOSTILE[:4] in run(str(path), "--stream", "0", "--raw", "--side", "client").stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--stream", "4"], 1, "has no connection 4; it has 4, counted from 0"),
        ([], 2, "which connection? follow needs --stream"),
        (["--stream", "0", "--side", "left"], 2, "--side left is not known"),
        (["--stream", "0", "--raw"], 2, "--raw writes the bytes of one side"),
        (["--stream", "0", "--raw", "--hex"], 2, "exclude each other"),
        (["--stream", "x"], 2, "--stream"),
        (["again.pcap", "--stream", "0"], 2, "again.pcap"),
        (["--stream", "0", "--id", "5", "--hex"], 2, "exclude each other"),
        (["--stream", "0", "--id", "5\x1b"], 1, "connection 0 has no request 5"),
        (["--stream", "0", "-c", "1"], 2, "-c does not go with follow"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, words: list[str], code: int, message: str) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())

    result = run(str(path), *words)

    assert (result.returncode, result.stdout) == (code, b"")
    assert message in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1


def test_capture_without_tcp_has_nothing_to_follow(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(Tape().pcap())

    result = run(str(path), "--stream", "0")

    assert result.returncode == 1
    assert result.stderr.decode() == f"tcptui: {path} has no TCP connection\n"


def test_raw_bytes_are_not_written_to_a_terminal(file: str) -> None:
    leader, terminal = pty.openpty()
    result = subprocess.run(
        command(file, "--stream", "0", "--raw", "--side", "client"), env=environment(), stdout=terminal,
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=600, check=False,
    )  # fmt: skip
    os.close(terminal)
    os.close(leader)

    assert result.returncode == 2
    assert b"which could control a terminal" in result.stderr


def test_reader_that_goes_away_ends_it_without_a_word(tmp_path: Path) -> None:
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    for index in range(400):
        tape.tcp(50 + index, TWO, ONE, ACK, 9001 + 1000 * index, 1001, b"x" * 999 + b"\n")
    path = tmp_path / "long.pcap"
    path.write_bytes(tape.pcap())

    process = subprocess.Popen(
        command(str(path), "--stream", "0"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(600) == 128 + signal.SIGPIPE


def test_capture_that_is_still_being_written_is_followed_from_standard_input() -> None:
    whole = talk().pcap()
    process = subprocess.Popen(
        command("-", "--stream", "0", "--side", "client"), env=environment(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(whole[:-60])
        process.stdin.flush()
        first = [process.stdout.readline() for _ in range(3)]  # before the capture is over
        process.stdin.write(whole[-60:])
        process.stdin.close()
        rest = process.stdout.read()

    assert first == [b"GET / HTTP/1.1\n", b"Host: a\n", b"\n"]
    assert rest.decode() == "        bye\n"
    assert process.wait(600) == 0


def test_body_that_unpacks_to_very_much_is_cut_and_that_is_said(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(b"a" * (1 << 20)) for _ in range(300)) + packer.flush()
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n"
    said = f"{head}Content-Length: {len(packed)}\r\n\r\n".encode() + packed
    path = record(tmp_path, [(0, "C", GET), *((20, "S", said[at : at + 9_000]) for at in range(0, len(said), 9_000))])

    result = run(str(path), "--stream", "0", "--decoded")

    assert result.stderr == (
        b"tcptui: 1 part is cut at 2 KiB: a few captured bytes would expand to more than 260 MiB\n"
    )
    assert 260 << 20 < len(result.stdout) < 270 << 20
