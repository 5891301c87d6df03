"""SACK blocks that a device on the way shifts or blanks; and what only looks so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.model.finding import Confidence, Severity
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from traced import Told

    Tell = Callable[[Sequence[str]], Told]
    Options = Callable[[int, int], str]

OPEN = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1"]
BLANK = "01" * 12


def lossy(options: Options, rounds: int = 3, opening: Sequence[str] = OPEN) -> list[str]:
    """Flights of six segments, the first of each is lost and sent again by the timer; seen at the client.

    ``options``: what a duplicate ACK carries, by the first and last byte of what has arrived beyond the gap.
    """
    lines, sent, now = [*opening], 1, 50.0
    for _ in range(rounds):
        lines += [f"{now + part / 100} C A {sent + 1000 * part} 1 1000" for part in range(6)]
        for part in range(1, 6):
            arrived = options(sent + 1000, sent + 1000 * (part + 1))
            lines.append(f"{now + 40 + part / 100} S A 1 {sent} {arrived}")
        lines.append(f"{now + 300} C A {sent} 1 1000")
        sent += 6000
        lines.append(f"{now + 340} S A 1 {sent}")
        now += 360
    return lines


def shifted(by: int) -> Options:
    return lambda left, right: f"sack={left + by}:{right + by}"


@pytest.mark.finding("sack-mangled")
@pytest.mark.finding("spurious-retransmission", twin=True)
@pytest.mark.parametrize("by", [1_234_567_890, 40_000_000, -1_500_000_000, -50_000_000])
def test_blocks_of_bytes_that_nobody_sent_are_mangled(told: Tell, by: int) -> None:
    found = told(lossy(shifted(by))).findings

    finding = found["sack-mangled"]
    assert (finding.facts["shape"], finding.facts["count"], finding.facts["sender"]) == ("astray", 15, "client")
    assert finding.facts["distance_bytes"] == abs(by)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert finding.facts["lost_s"] == found["retransmission-timeout"].facts["total_s"]
    assert found["retransmission-timeout"].severity is Severity.NOTE
    assert "spurious-retransmission" not in found


@pytest.mark.finding("sack-mangled")
@pytest.mark.parametrize(("by", "mangled"), [(1_234_567_890, True), (40_000_000, False)])
def test_without_a_known_scale_a_block_may_be_a_gigabyte_ahead(told: Tell, by: int, mangled: bool) -> None:
    found = told(lossy(shifted(by), opening=["0 C A 1 1 10", "0.1 S A 1 11"])).findings

    assert ("sack-mangled" in found) is mangled


@pytest.mark.finding("sack-mangled")
def test_blocks_that_are_blanked_are_mangled(told: Tell) -> None:
    found = told(lossy(lambda _left, _right: f"opt={BLANK}")).findings

    assert (found["sack-mangled"].facts["shape"], found["sack-mangled"].facts["count"]) == ("blanked", 15)
    assert found["retransmission-timeout"].severity is Severity.NOTE


@pytest.mark.finding("sack-mangled", twin=True)
@pytest.mark.parametrize(
    ("options", "opening"),
    [
        (shifted(0), OPEN),
        (shifted(500_000), OPEN),  # within what a large window may have shrunk by
        (lambda _left, _right: "", OPEN),  # a receiver that sends none
        (lambda _left, _right: "opt=0101080a0000000100000001", OPEN),  # time stamps
        (lambda _left, _right: "opt=ac0b0000000000000000001f", OPEN),  # AccECN's counters
        (lambda _left, _right: f"opt={BLANK}", [line.removesuffix(" sackok=1") for line in OPEN]),  # never agreed on
        (lambda left, _right: f"sack={left - 1000}:{left - 500}", OPEN),  # a D-SACK
    ],
)
def test_what_a_receiver_may_say_is_not_mangled(told: Tell, options: Options, opening: list[str]) -> None:
    assert "sack-mangled" not in told(lossy(options, opening=opening)).findings


@pytest.mark.finding("sack-mangled", twin=True)
def test_one_damaged_packet_is_no_device(told: Tell) -> None:
    lines = lossy(shifted(0), rounds=2)
    at = next(index for index, line in enumerate(lines) if "sack=" in line)
    lines[at] = lines[at].partition("sack=")[0] + "sack=900000000:900001000"

    assert "sack-mangled" not in told(lines).findings


@pytest.mark.parametrize(("by", "blocks"), [(1_234_567_890, 0), (0, 15)])
def test_graph_is_not_scaled_to_blocks_of_bytes_that_nobody_sent(tmp_path: Path, by: int, blocks: int) -> None:
    graphs = StreamGraphs(open_file(write_trace(tmp_path / "mangled.pcap", lossy(shifted(by)))), 0)
    graphs.grow()

    sack = graphs.sequence(0).sack
    assert len(sack.high) == blocks
    assert (sack.high < 100_000).all()
