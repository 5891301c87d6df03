"""`--no-screen` on captures that are files or come through a pipe: lines, files, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from captures import Tape

import tcptui

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(tcptui.__file__).parent.parent
CLIENT, SERVER = "10.0.0.1:4000", "192.0.2.10:80"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A healthy connection, a refused one a minute later, one with a loss a minute after that: 8 + 2 + 13 packets."""
    tape = Tape()
    tape.clean(0, CLIENT, SERVER, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")
    tape.refused(60_000, "10.0.0.1:4001", SERVER)
    tape.lossy(120_000, "10.0.0.1:4002", SERVER)
    path = tmp_path / "all.pcap"
    path.write_bytes(tape.pcap())
    return path


def watch(*words: str | Path, piped: bytes | None = None) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, events, and what was said on standard error without the remark on root."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", "--no-screen", *map(str, words)],
        env={**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8"},
        input=piped or b"", capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.decode().splitlines() if "as root" not in line]
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], "\n".join(said)


def seen(events: Sequence[dict[str, Any]]) -> set[tuple[str, int, str]]:
    return {(event["event"], event["stream"], event["id"]) for event in events}


def test_every_finding_is_a_line(capture: Path) -> None:
    code, events, said = watch("-r", capture)
    assert (code, said) == (0, f"tcptui: 23 packets, findings: {len(events)}")
    assert seen(events) >= {
        ("found", 0, "three-way-handshake"), ("found", 1, "connection-refused"), ("found", 2, "fast-retransmission"),
    }  # fmt: skip
    refused = next(event for event in events if event["id"] == "connection-refused")
    assert refused["client"] == {"address": "10.0.0.1", "port": 4001}
    assert refused["time"] == 1_700_000_060.0
    assert (refused["packets"], refused["severity"], refused["confidence"]) == ([9, 10], "error", "certain")
    assert refused["text"].startswith("Port 80 refused the connection")
    assert len({event["finding"] for event in events}) == len(events)


def test_only_chooses_lines_and_the_language_is_theirs(capture: Path) -> None:
    code, events, _said = watch(capture, "--only", "error", "--lang", "zh")
    assert (code, seen(events)) == (0, {("found", 1, "connection-refused")})
    assert "拒绝" in events[0]["text"]


def test_stop_on_names_the_first_in_a_file(capture: Path) -> None:
    code, events, said = watch("-r", capture, "--stop-on", "loss,connection-refused", "--only", "error")
    assert code == 0
    assert [(event["event"], event["id"]) for event in events][-1] == ("appears", "connection-refused")
    assert "connection-refused (--stop-on) appears first in connection 1, packet 10" in said


def test_stop_on_that_never_appears_says_nothing_of_it(capture: Path) -> None:
    code, events, said = watch("-r", capture, "--stop-on", "zero-window", "--only", "error")
    assert (code, {event["event"] for event in events}) == (0, {"found"})
    assert "--stop-on" not in said


def test_filter_chooses_packets_and_frames_keep_their_numbers(capture: Path) -> None:
    _code, events, _said = watch("-r", capture, "port", "4001")
    assert seen(events) == {("found", 0, "connection-refused")}
    assert events[0]["packets"] == [9, 10]


def test_display_filter_chooses_connections_of_which_a_packet_matches(capture: Path) -> None:
    _code, events, _said = watch("-r", capture, "-Y", "tcp.flags.reset == 1 or http.response.code >= 500")
    assert seen(events) == {("found", 1, "connection-refused")}


@pytest.mark.tshark
def test_keep_around_a_loss_is_a_capture_with_the_retransmission(capture: Path, tmp_path: Path) -> None:
    code, _events, said = watch(
        "-r", capture, "--keep-around", "fast-retransmission", "-w", tmp_path / "loss.pcap", "--keep-seconds", "5,2"
    )
    kept = tmp_path / "loss-1-fast-retransmission.pcap"
    assert (code, said.splitlines()[-1]) == (0, f"tcptui: saved 13 packets around findings to {kept}")
    command = ["tshark", "-r", str(kept), "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.analysis.retransmission"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout.splitlines()
    assert len(lines) == 13
    assert sum(line.endswith("\t1") for line in lines) == 1
    assert list(tmp_path.glob("loss-*")) == [kept]


def test_nothing_to_keep_is_said(capture: Path, tmp_path: Path) -> None:
    code, _events, said = watch("-r", capture, "--keep-around", "zero-window", "-w", tmp_path / "k")
    assert (code, said.splitlines()[-1].split(":")[1]) == (0, " nothing to save")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.pcap"]


def test_pipe_is_watched_and_kept(capture: Path, tmp_path: Path) -> None:
    code, events, said = watch("-", "-w", tmp_path / "kept", piped=capture.read_bytes())
    assert code == 0
    assert ("found", 1, "connection-refused") in seen(events)
    assert said.splitlines()[-1] == f"tcptui: all of them are in {tmp_path / 'kept'}"
    assert (tmp_path / "kept").read_bytes() == capture.read_bytes()


def test_pipe_goes_to_files_in_turn(capture: Path, tmp_path: Path) -> None:
    code, _events, said = watch("-", "-w", tmp_path / "f", "-C", "1k", "-W", "2", piped=capture.read_bytes())
    assert code == 0
    assert "files written, the last is" in said
    assert {path.name for path in tmp_path.glob("f*")} == {"f0", "f1"}


def test_file_that_is_there_is_not_replaced(capture: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"mine")
    code, events, said = watch("-", "-w", tmp_path / "kept", piped=capture.read_bytes())
    assert (code, events, said.count("\n")) == (1, [], 0)
    assert "--overwrite" in said
    assert (tmp_path / "kept").read_bytes() == b"mine"


def test_reader_that_goes_away_ends_it_quietly(capture: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", "--no-screen", str(capture)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=writing, stderr=subprocess.PIPE, timeout=600, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 141
    assert b"Traceback" not in done.stderr


def test_what_is_no_capture_fails(tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(b"just some words, longer than a header")
    code, events, said = watch(tmp_path / "words")
    assert (code, events) == (1, [])
    assert "words" in said
    assert watch(tmp_path / "missing")[0] == 1
