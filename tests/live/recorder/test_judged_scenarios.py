"""Scenarios recorded afresh: the captures parse, the kernels' account fits the packets, the engine is not wrong."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cases.recorder.judge import judge
from cases.recorder.judgement import table
from cases.recorder.namespaces import End
from cases.recorder.pcapng import read_pcapng
from cases.recorder.segment import Flag, parse
from cases.recorder.tshark_labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cases.recorder.judgement import Judgement

pytestmark = [
    pytest.mark.live,
    pytest.mark.tshark,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

NAMES = [
    "three-way-handshake", "four-packet-close", "third-ack-lost", "accept-queue-full", "simultaneous-open",
    "simultaneous-close", "half-close", "fast-retransmission", "tail-loss-probe", "retransmission-timeout",
    "fast-retransmission-ipv6",
]  # fmt: skip


@pytest.fixture
def recorded(record_all: Callable[..., Path]) -> Path:
    return record_all(NAMES)


@cache
def judged_once(folder: Path) -> dict[str, list[Judgement]]:
    return {name: judge(folder / name) for name in NAMES}


@pytest.fixture
def judged(recorded: Path) -> dict[str, list[Judgement]]:
    return judged_once(recorded)


def kernel(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    return [line for line in lines if line.get("kind") == kind]


@pytest.mark.parametrize("name", NAMES)
def test_tshark_reads_both_captures_without_complaint(recorded: Path, name: str) -> None:
    for end in End:
        capture = recorded / name / f"{end.value}.pcapng"
        words = ["tshark", "-n", "-r", str(capture), "-o", "tcp.check_checksum:TRUE", "-Y", "_ws.malformed"]
        words[-1] += " || tcp.checksum.status == 0"
        done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=True)
        assert done.stdout == ""


@pytest.mark.parametrize("name", NAMES)
def test_what_a_kernel_sent_again_had_been_sent_before(recorded: Path, name: str) -> None:
    captures = {end.value: read_pcapng(recorded / name / f"{end.value}.pcapng") for end in End}
    for line in kernel(recorded / name, "retransmit"):
        segments = [parse(record.data) for record in captures[line["end"]]]
        again = segments[line["frame"] - 1]
        assert again is not None
        before = [
            segment
            for segment in segments[: line["frame"] - 1]
            if segment is not None and segment.source_port == again.source_port and segment.seq == again.seq
        ]
        assert before, line


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("three-way-handshake", set()),
        ("third-ack-lost", {"syn-retry"}),
        ("accept-queue-full", {"syn-retry"}),
        ("simultaneous-open", set()),
        ("fast-retransmission", {"fast-recovery"}),
        ("fast-retransmission-ipv6", {"fast-recovery"}),
        ("tail-loss-probe", {"tail-loss-probe", "fast-recovery"}),
        ("retransmission-timeout", {"tail-loss-probe", "rto"}),
    ],
)
def test_kernel_sent_again_for_the_reason_the_scenario_is_about(recorded: Path, name: str, reasons: set[str]) -> None:
    found = {line["why"] for line in kernel(recorded / name, "retransmit")}

    assert found <= reasons
    assert bool(found) is bool(reasons)


def test_simultaneous_open_crosses_two_syns(recorded: Path) -> None:
    for end in End:
        segments = [
            parse(record.data) for record in read_pcapng(recorded / "simultaneous-open" / f"{end.value}.pcapng")
        ]
        opening = [segment.flags & (Flag.SYN | Flag.ACK) for segment in segments[:4] if segment is not None]
        assert opening == [Flag.SYN, Flag.SYN, Flag.SYN | Flag.ACK, Flag.SYN | Flag.ACK]


@pytest.mark.parametrize("name", NAMES)
def test_engine_names_no_wrong_state_without_marking_it_assumed(judged: dict[str, list[Judgement]], name: str) -> None:
    for judgement in judged[name]:
        assert judgement.wrong == 0, judgement.remarks
        assert judgement.transitions > 0


@pytest.mark.parametrize("name", NAMES)
def test_engine_claims_no_cause_that_is_not_so(judged: dict[str, list[Judgement]], name: str) -> None:
    for judgement in judged[name]:
        assert (judgement.sender.wrong, judgement.receiver.wrong, judgement.false_causes) == (0, 0, 0), (
            judgement.remarks
        )


def test_table_has_a_line_for_each_scenario_and_the_sums(judged: dict[str, list[Judgement]]) -> None:
    lines = table(judgement for group in judged.values() for judgement in group).splitlines()
    opening = judged["simultaneous-open"]

    assert [line.split()[0] for line in lines[1:-1]] == sorted(NAMES)
    assert sum(judgement.tshark_false for judgement in opening) == 4
    assert all(Label.SENT_AGAIN not in judgement.tshark for judgement in opening)
