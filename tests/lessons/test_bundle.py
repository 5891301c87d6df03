"""Packing a recording as a case: the packets stay what they were, and only what a case needs is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cases.recorder.bundle import BundleError, Wanted, kernel_lines, main, pack, wanted_by
from cases.recorder.case_table import table_lines
from cases.recorder.namespaces import End
from cases.recorder.pcapng import Record, read_pcapng, write_pcapng
from tcptui.lessons.loader import load_cases

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [Record(1_700_000_000_000_000_001, 60, bytes(60)), Record(1_700_000_000_000_000_002, 1500, bytes(96))]
STATE = {"time_ns": 5, "end": "client", "from": "CLOSED", "to": "SYN-SENT", "local": "10.0.0.1:9", "by": "program"}
RESENT = {"time_ns": 6, "end": "client", "kind": "retransmit", "why": "rto", "frame": 3, "path": ["a", "b"]}
CALLED = {"time_ns": 7, "end": "client", "kind": "program", "call": "connect"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    folder = tmp_path / "recording"
    folder.mkdir()
    about = {
        "scenario": "three-way-handshake",
        "seed": 4,
        "shows": "An ordinary connection.",
        "parameters": {"delay_ms": 30.0},
        "system": "Linux 6.18.5-x",
    }
    (folder / "recording.json").write_text(json.dumps(about))
    (folder / "kernel.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (STATE, RESENT, CALLED)))
    for end in End:
        write_pcapng(
            folder / f"{end.value}.pcapng",
            RECORDS,
            link_type=1,
            snapshot=96,
            interface=end.value,
            comment="old",
            system="Linux",
        )
    return folder


def test_packed_capture_has_the_same_packets_and_says_how_it_was_made(recording: Path, tmp_path: Path) -> None:
    folder = tmp_path / "12-a-case"

    paths = pack(recording, folder, "a-case", Wanted("three-way-handshake", 4, (End.SERVER,)))

    assert [path.name for path in paths] == ["server.pcapng", "kernel.jsonl"]
    assert read_pcapng(paths[0]) == RECORDS
    content = paths[0].read_bytes()
    for words in (b"python -m cases.recorder.bundle a-case", b"three-way-handshake, seed 4", b"delay_ms 30.0"):
        assert words in content
    assert b"the server's interface" in content


def test_of_the_kernels_log_states_and_resends_stay(recording: Path) -> None:
    lines = kernel_lines(recording / "kernel.jsonl")

    assert lines[0] == STATE
    assert lines[1] == {key: value for key, value in RESENT.items() if key != "path"}
    assert len(lines) == 2


def test_recording_of_another_seed_is_refused(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="three-way-handshake 4, not three-way-handshake 5"):
        pack(recording, tmp_path / "x", "x", Wanted("three-way-handshake", 5, (End.CLIENT,)))


def test_case_names_the_recording_it_is_made_of() -> None:
    folder, wanted = wanted_by("third-ack-lost")

    assert folder.name.endswith("-third-ack-lost")
    assert wanted == Wanted("third-ack-lost", 1, (End.CLIENT, End.SERVER))


def test_case_that_no_bench_recorded_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hello-service"]) == 1
    assert "build.py" in capsys.readouterr().err


def test_table_has_a_line_for_each_case_and_the_sums() -> None:
    cases = load_cases()

    lines = table_lines(cases)

    assert len(lines) == len(cases) + 2
    assert [line.split()[0] for line in lines[1:-1]] == [case.folder.name for case in cases]
    assert lines[-1].startswith(f"{len(cases)} cases, {sum(case.packets for case in cases)} packets")
