"""verdicts, report, cases and -D as processes, on captures written byte by byte."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from forked_commands import read_at_start, run_program

import tcptui
from tcptui.cli.inputs import Input
from tcptui.cli.main import main

ROOT = Path(tcptui.__file__).parent.parent
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
HOSTILE = "\x1b]0;owned\x07\u202e[bold]*x*\n.pcap"


def run(*words: str, stdin: bytes | None = None, **changes: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    environ = {**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "TERM": "dumb", **changes}
    if not read_at_start(environ):
        return run_program(words, environ, stdin=stdin or b"")
    command = [sys.executable, "-m", "tcptui", *words]
    return subprocess.run(command, env=environ, input=stdin or b"", capture_output=True, timeout=600, check=False)


def segment(from_client: bool, flags: int, seq: int, ack: int, payload: bytes = b"") -> bytes:
    """One Ethernet frame of 10.0.0.1:40000 → 10.0.0.2:80, checksums left out."""
    ports, hosts = (40000, 80), (bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
    if not from_client:
        ports, hosts = ports[::-1], hosts[::-1]
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 5 << 4, flags, 1000, 0, 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + hosts[0] + hosts[1]
    return bytes(12) + b"\x08\x00" + ip + tcp


def record(number: int, frame: bytes) -> bytes:
    return struct.pack("<IIII", 1_700_000_000, number * 10_000, len(frame), len(frame)) + frame


WALK = (
    segment(True, SYN, 100, 0),
    segment(False, SYN | ACK, 500, 101),
    segment(True, ACK, 101, 501),
    segment(True, PSH | ACK, 101, 501, b"hello"),
    segment(False, ACK, 501, 106),
    segment(True, FIN | ACK, 106, 501),
    segment(False, FIN | ACK, 501, 107),
    segment(True, ACK, 107, 502),
)
REFUSED = (segment(True, SYN, 100, 0), segment(False, RST | ACK, 0, 101))


def capture(*frames: bytes) -> bytes:
    return HEADER + b"".join(record(number, frame) for number, frame in enumerate(frames))


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "walk.pcap"
    path.write_bytes(capture(*WALK))
    return path


def lines_of(output: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_verdicts_are_a_header_and_a_line_per_tcp_frame(walk: Path) -> None:
    done = run("verdicts", str(walk), "--jsonl")
    header, *frames = lines_of(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert header == {
        "type": "file", "file": "walk.pcap", "sha256": hashlib.sha256(walk.read_bytes()).hexdigest(),
        "bytes": walk.stat().st_size, "source": f"tcptui {tcptui.__version__}", "frames": 8, "tcp_frames": 8,
    }  # fmt: skip
    assert [(line["frame"], line["seq"], line["ack"]) for line in frames[:4]] == [
        (1, 0, 0),
        (2, 0, 1),
        (3, 1, 1),
        (4, 1, 1),
    ]
    assert (frames[-1]["client_state"], frames[-1]["server_state"]) == ("TIME-WAIT", "CLOSED")
    assert "three-way-handshake" in frames[0]["findings"]  # type: ignore[operator]


def test_verdicts_of_several_files_follow_each_other(walk: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(capture(*REFUSED)))
    done = run("verdicts", str(walk), str(packed), "--jsonl")
    headers = [line for line in lines_of(done.stdout) if line["type"] == "file"]
    assert [(header["file"], header["tcp_frames"]) for header in headers] == [("walk.pcap", 8), ("packed.pcap.gz", 2)]
    assert headers[1]["sha256"] == hashlib.sha256(packed.read_bytes()).hexdigest()


def test_verdicts_of_standard_input_need_no_file(walk: Path) -> None:
    done = run("verdicts", "-", "--jsonl", stdin=walk.read_bytes())
    header, *frames = lines_of(done.stdout)
    assert (done.returncode, header["file"], "sha256" in header, len(frames)) == (0, "-", False, 8)


def test_one_bad_file_does_not_silence_the_others(walk: Path, tmp_path: Path) -> None:
    done = run("verdicts", str(tmp_path / "missing"), str(walk), "--jsonl")
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr.count(b"\n")) == (1, 9, 1)


def test_one_file_that_cannot_be_read_on_does_not_silence_those_behind_it(
    walk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.pcap"
    other.write_bytes(walk.read_bytes())
    whole = Input.sha256

    def failing(opened: Input) -> str | None:
        if opened.source.label == str(walk):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return whole(opened)

    monkeypatch.setattr(Input, "sha256", failing)
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)
    assert main(["verdicts", str(walk), str(other), "--jsonl"]) == 1
    said = capsys.readouterr()
    assert (len(said.out.splitlines()), len(said.err.splitlines())) == (9, 1)


BAD_INPUTS = {
    "missing": None,
    "empty": b"",
    "text": b"this is not a capture at all, only words",
    "cut-header": HEADER[:10],
    "cut-first-record": capture(WALK[0])[:-5],
    "gzip-cut": gzip.compress(capture(*WALK))[:30],
    "absurd-length": HEADER + struct.pack("<IIII", 0, 0, 0x7FFF_FFFF, 0x7FFF_FFFF) + b"x" * 40,
    "pcapng-orphan": struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    + struct.pack("<IIIIIII", 6, 36, 0, 0, 0, 4, 4) + b"abcd" + struct.pack("<I", 36),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", [["report"], ["verdicts", "--jsonl"]])
@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_nothing_readable_is_one_line_and_exit_1(tmp_path: Path, kind: str, command: list[str], language: str) -> None:
    path, content = tmp_path / f"{kind}.pcap", BAD_INPUTS[kind]
    if content is not None:
        path.write_bytes(content)
    done = run(*command, str(path), "--lang", language)
    said = done.stderr.decode()
    assert (done.returncode, said.count("\n")) == (1, 1), said
    assert said.startswith("tcptui: " if language == "en" else "tcptui：")
    assert path.name in said


@pytest.mark.parametrize("command", [["report", "--json"], ["verdicts", "--jsonl"]])
def test_capture_cut_in_a_record_gives_what_came_before_and_says_so(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture(*WALK)[:-5])
    done = run(*command, str(path))
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"7" in done.stderr
    packets = (
        lines_of(done.stdout)[0]["frames"] if "verdicts" in command else json.loads(done.stdout)["capture"]["packets"]
    )
    assert packets == 7


DAMAGED = {
    "gz-cut": gzip.compress(capture(*WALK))[:-30],
    "gz-check-wrong": gzip.compress(capture(*WALK))[:-8] + bytes(8),
    "gz-and-rest": gzip.compress(capture(*WALK)) + b"rest",
    "zst-cut": zstandard.compress(capture(*WALK) + bytes(1 << 18))[:-3],
    "zst-and-rest": zstandard.compress(capture(*WALK)) + b"rest",
    "record-damaged": capture(*WALK) + struct.pack("<IIII", 0, 0, 0x7FFF_FFFF, 0x7FFF_FFFF),
}
#: What looks like those, and is whole.
WHOLE = {
    "gz": gzip.compress(capture(*WALK)),
    "gz-members": b"".join(gzip.compress(capture(*WALK)[at : at + 100]) for at in range(0, len(capture(*WALK)), 100)),
    "gz-and-zeros": gzip.compress(capture(*WALK)) + bytes(512),
    "zst": zstandard.compress(capture(*WALK)),
    "zst-frames": zstandard.compress(capture(*WALK)[:100]) + zstandard.compress(capture(*WALK)[100:]),
}


@pytest.mark.parametrize("kind", DAMAGED)
@pytest.mark.parametrize("command", [["report"], ["report", "--json"], ["verdicts", "--jsonl"], ["--no-screen"]])
def test_damaged_input_gives_what_could_be_read_in_one_line_and_exit_1(
    tmp_path: Path, kind: str, command: list[str]
) -> None:
    path = tmp_path / f"{kind}.pcap"
    path.write_bytes(DAMAGED[kind])
    done = run(*command, str(path))

    said = [line for line in done.stderr.decode().splitlines() if path.name in line]
    assert (done.returncode, len(said)) == (1, 1), done.stderr
    assert b"three-way-handshake" in done.stdout or b"of them TCP" in done.stdout


@pytest.mark.parametrize("kind", WHOLE)
def test_input_that_is_whole_is_no_damage(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.pcap"
    path.write_bytes(WHOLE[kind])
    done = run("report", "--json", str(path))

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["capture"]["packets"] == len(WALK)


@pytest.mark.parametrize("command", [["export"], ["follow", "--stream", "0"]])
def test_other_commands_exit_1_after_damage_too(tmp_path: Path, walk: Path, command: list[str]) -> None:
    path = tmp_path / "cut.pcap.gz"
    path.write_bytes(DAMAGED["gz-cut"])
    codes = [run(command[0], str(name), *command[1:]).returncode for name in (path, walk)]

    assert codes == [1, 0]


def test_directory_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run("report", str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)


@pytest.mark.parametrize(
    "command", [["report"], ["report", "--markdown"], ["report", "--json"], ["verdicts", "--jsonl"]]
)
def test_hostile_file_name_reaches_no_terminal(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / HOSTILE
    path.write_bytes(capture(*WALK)[:-5])
    done = run(*command, str(path))
    shown = (done.stdout + done.stderr).decode()
    assert done.returncode == 1  # it ends amid a record
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert done.stderr.count(b"\n") == 1
    if command == ["report", "--markdown"]:
        assert "*x*" not in done.stdout.decode().replace("\\*", "")


def test_file_name_that_is_no_text_is_no_traceback(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.pcap"
    Path(os.fsdecode(path)).write_bytes(capture(*WALK))
    for command in (["report"], ["report", "--json"], ["verdicts", "--jsonl"]):
        done = run(*command, os.fsdecode(path))
        assert (done.returncode, done.stderr) == (0, b"")
        done.stdout.decode("utf-8")


@pytest.mark.parametrize("command", [["report"], ["report", "--json"], ["follow"], ["export"]])
def test_stream_of_a_capture_without_tcp_is_refused_in_the_same_words(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(HEADER)
    done = run(*command, str(path), "--stream", "0")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"tcptui: {path} has no TCP connection\n"


@pytest.mark.parametrize("command", [["report"], ["follow"], ["export"]])
def test_stream_that_is_not_there_is_told_with_how_many_are(walk: Path, command: list[str]) -> None:
    done = run(*command, str(walk), "--stream", "1")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"tcptui: {walk} has no connection 1; it has 1, counted from 0\n"


def test_report_as_json_is_the_contracts_object(walk: Path) -> None:
    done = run("report", str(walk), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert report.keys() == {"schema", "capture", "streams"}
    assert report["schema"] == 1
    capture_keys = {"file", "packets", "tcp_packets", "start", "end", "link_types", "trust", "findings"}
    capture_keys |= {"other_protocols", "seconds_lost", "trouble"}
    assert report["capture"].keys() == capture_keys
    assert report["capture"]["link_types"] == ["ETHERNET"]
    assert {
        "kernel_dropped", "truncated", "one_sided", "mid_stream", "offloaded", "gaps", "position",
    } <= report["capture"]["trust"].keys()  # fmt: skip
    (stream,) = report["streams"]
    assert stream.keys() == {
        "stream", "client", "server", "packets", "bytes", "start", "duration", "client_state", "server_state",
        "closed_by", "idle_before_close", "measures", "time_budget", "seconds_lost", "findings",
    }  # fmt: skip
    assert sum(stream["time_budget"].values()) == pytest.approx(stream["duration"], abs=1e-9)
    assert (stream["client"], stream["server"]) == (
        {"address": "10.0.0.1", "port": 40000}, {"address": "10.0.0.2", "port": 80},
    )  # fmt: skip
    assert (stream["start"], stream["duration"], stream["measures"]["irtt"]) == (1_700_000_000.0, 0.07, 0.02)
    assert stream["measures"]["ack_rtt"] == {"min": 0.01, "median": 0.01, "max": 0.01}
    for finding in stream["findings"]:
        assert finding.keys() == {
            "id", "packets", "severity", "confidence", "facts", "alternatives", "text", "cause_confidence",
            "seconds_lost",
        }  # fmt: skip
        assert finding["text"]


def test_report_times_keep_their_last_digit(walk: Path) -> None:
    assert b'"start": 1700000000.0, "end": 1700000000.07' in run("report", str(walk), "--json").stdout


def test_report_text_puts_trouble_first_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "refused.pcap"
    path.write_bytes(capture(*REFUSED))
    english, chinese = (
        run("report", str(path)).stdout.decode(),
        run("report", str(path), "--lang", "zh").stdout.decode(),
    )
    assert "10.0.0.1:40000" in english
    assert "10.0.0.2:80" in english
    assert "\x1b" not in english
    assert "refused" in english
    assert "拒绝" in chinese
    assert "report." not in english + chinese


def test_report_as_markdown_begins_with_a_heading(walk: Path) -> None:
    text = run("report", str(walk), "--markdown", "--explain").stdout.decode()
    assert text.startswith("# ")
    assert "## " in text


def test_report_on_one_stream_and_on_none_of_that_number(walk: Path) -> None:
    assert [s["stream"] for s in json.loads(run("report", str(walk), "--json", "--stream", "0").stdout)["streams"]] == [
        0
    ]
    assert "10.0.0.2:80" in run("report", str(walk), "--stream", "0").stdout.decode()
    done = run("report", str(walk), "--stream", "1")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)


def test_report_on_a_capture_without_packets_is_done(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(HEADER)
    for words in (["report"], ["report", "--json"], ["report", "--markdown"], ["verdicts", "--jsonl"]):
        done = run(*words, str(path))
        assert (done.returncode, done.stderr) == (0, b""), words


def test_reports_reader_that_goes_away_is_no_traceback(walk: Path) -> None:
    command = f'"{sys.executable}" -m tcptui verdicts {walk} --jsonl | true'
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert done.stderr == b""


def test_cases_lists_ids_that_case_takes() -> None:
    from tcptui.lessons.loader import load_cases

    done = run("cases", "--json")
    listed = json.loads(done.stdout)
    assert done.returncode == 0
    assert [case["id"] for case in listed] == [case.id for case in load_cases()]
    for case in listed:
        assert case.keys() == {"id", "title", "captures", "packets", "findings"}
        assert case["title"].keys() == {"en", "zh"}
    text = run("cases", "--lang", "zh").stdout.decode()
    assert all(case["id"] in text and case["title"]["zh"] in text for case in listed)


def test_interfaces_are_listed_as_tcpdump_numbers_them() -> None:
    done = run("-D")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert [line.split(".")[0] for line in lines] == [str(number) for number in range(1, len(lines) + 1)]
    assert any("loopback" in line and "127.0.0.1" in line for line in lines)


def test_report_on_several_files_is_that_on_all_their_packets_in_order_of_time(tmp_path: Path) -> None:
    early, late, whole = (tmp_path / name for name in ("z-early.pcap", "a-late.pcap", "whole.pcap"))
    records = [record(number, frame) for number, frame in enumerate(WALK)]
    early.write_bytes(HEADER + b"".join(records[:4]))
    late.write_bytes(HEADER + b"".join(records[4:]))
    whole.write_bytes(HEADER + b"".join(records))

    both, one = (run("report", *map(str, names), "--json") for names in ([late, early], [whole]))

    assert (both.returncode, both.stderr) == (0, b"")
    told, expected = json.loads(both.stdout), json.loads(one.stdout)
    assert told["streams"] == expected["streams"]
    assert told["capture"]["file"] == f"{late}, {early}"


@pytest.mark.parametrize("content", [None, b"", b"no capture at all, but long enough to be one"])
def test_report_on_several_files_is_refused_where_one_of_them_cannot_be_read(
    tmp_path: Path, content: bytes | None
) -> None:
    good, bad = tmp_path / "good.pcap", tmp_path / "bad.pcap"
    good.write_bytes(HEADER + b"".join(record(number, frame) for number, frame in enumerate(WALK)))
    if content is not None:
        bad.write_bytes(content)

    done = run("report", str(good), str(bad))

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"bad.pcap" in done.stderr
