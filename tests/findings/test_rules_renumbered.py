"""One file with both sides of a device that rewrites sequence numbers: two numberings, and no loss between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: What the numbers of the other side seem to say.
OF_LOSS = {
    "retransmission-timeout", "spurious-retransmission", "retransmission-unexplained", "fast-retransmission",
    "tail-loss", "lost-retransmission", "out-of-order", "capture-missed-packets",
}  # fmt: skip
FIRST_MS = 100


def transfer(shift: int) -> list[str]:
    """Ten segments of the server, each acknowledged; the client's side of a firewall."""
    lines = ["0 C S 0 0 id=1", "40 S SA 0 1 id=900", "40.1 C A 1 1 id=2", "50 C PA 1 1 100 id=3"]
    for i in range(10):
        ms = FIRST_MS + 50 * i
        lines += [f"{ms} S PA {1 + 1000 * i} 101 1000 id={901 + i}", f"{ms + 10} C A 101 {1001 + 1000 * i} id={4 + i}"]
    return [_moved(line, 0.2, shift) for line in lines]


def _moved(line: str, after_ms: float, shift: int) -> str:
    ms, sender, flags, seq, ack, *rest = line.split()
    own, other = (int(seq) + shift, int(ack)) if sender == "S" else (int(seq), int(ack) + shift)
    return " ".join([str(float(ms) + (after_ms if shift else 0)), sender, flags, str(own), str(other), *rest])


def in_time(*sides: list[str]) -> list[str]:
    return sorted((line for side in sides for line in side), key=lambda line: float(line.split()[0]))


@pytest.mark.finding("capture-duplicates")
@pytest.mark.finding("spurious-retransmission", "retransmission-unexplained", "capture-missed-packets", twin=True)
@pytest.mark.parametrize("shift", [464_000_000, 5_000, -70_000_000])
def test_both_sides_of_a_rewriting_firewall_are_no_loss(told: Tell, shift: int) -> None:
    found = told(in_time(transfer(0), transfer(shift))).findings
    finding = found["capture-duplicates"]

    assert (finding.facts["shape"], finding.severity) == ("renumbered", Severity.NOTE)
    assert finding.facts["shift"] == shift % 2**32
    assert not OF_LOSS & set(found)


@pytest.mark.finding("capture-duplicates")
def test_both_sides_of_a_router_have_one_numbering(told: Tell) -> None:
    behind = [_moved(line, 0.2, 0) + " ttl=63" for line in transfer(0)]
    later = [f"{float(line.split(' ', 1)[0]) + 0.2} {line.split(' ', 1)[1]}" for line in behind]

    assert told(in_time(transfer(0), later)).findings["capture-duplicates"].facts["shape"] != "renumbered"


@pytest.mark.finding("capture-duplicates", twin=True)
@pytest.mark.finding("capture-missed-packets")
def test_packet_numbers_that_never_change_show_no_second_numbering(told: Tell) -> None:
    lines = [line.rpartition(" id=")[0] + " id=77" for line in transfer(0)]
    found = told([line for line in lines if " 5001 101 1000" not in line]).findings

    assert "capture-duplicates" not in found
    assert "capture-missed-packets" in found


@pytest.mark.finding("capture-duplicates")
@pytest.mark.finding("spurious-retransmission", "retransmission-unexplained", "capture-missed-packets", twin=True)
@pytest.mark.parametrize("fields", [" v=6", "", " v=6 ts=7,7"])
@pytest.mark.parametrize("shift", [464_000_000, 3_000_000_000, -70_000_000])
def test_without_packet_numbers_lengths_and_a_constant_show_both_sides(told: Tell, shift: int, fields: str) -> None:
    lines = [line.rpartition(" id=")[0] + fields for line in in_time(transfer(0), transfer(shift))]
    found = told(lines).findings

    assert found["capture-duplicates"].facts["shape"] == "renumbered"
    assert found["capture-duplicates"].facts["shift"] == shift % 2**32
    assert not OF_LOSS & set(found)


@pytest.mark.finding("capture-duplicates", twin=True)
def test_segments_of_one_size_are_not_one_another(told: Tell) -> None:
    lines = [line.rpartition(" id=")[0] + " v=6" for line in transfer(0)]

    assert "capture-duplicates" not in told(lines).findings


def joined(shift: int, apart_ms: float) -> list[str]:
    """The first half of the transfer from one side of the firewall, the second from the other, that much later."""
    one, two = transfer(0)[:14], transfer(shift)[14:]
    later = apart_ms - float(two[0].split()[0]) + float(one[-1].split()[0])
    two = [f"{float(line.split()[0]) + later} {line.split(' ', 1)[1]}" for line in two]
    return [line.rpartition(" id=")[0] for line in [*one, *two]]


@pytest.mark.finding("capture-duplicates")
@pytest.mark.finding("capture-missed-packets", twin=True)
@pytest.mark.parametrize(("shift", "apart_ms"), [(464_000_000, 0.2), (2_000_000_000, 60), (464_000_000, 0)])
def test_more_than_a_line_carries_was_never_sent(told: Tell, shift: int, apart_ms: float) -> None:
    found = told(joined(shift, apart_ms)).findings
    finding = found["capture-duplicates"]

    assert (finding.facts["shape"], finding.severity) == ("jump", Severity.NOTE)
    assert finding.facts["bytes"] >= shift
    assert not OF_LOSS & set(found)


@pytest.mark.finding("capture-duplicates", twin=True)
@pytest.mark.finding("capture-missed-packets")
@pytest.mark.parametrize(("shift", "apart_ms"), [(464_000_000, 580), (2_000_000_000, 10_000), (50_000, 0)])
def test_what_a_line_carries_was_missed(told: Tell, shift: int, apart_ms: float) -> None:
    found = told(joined(shift, apart_ms)).findings

    assert "capture-duplicates" not in found
    assert found["capture-missed-packets"].facts["total_bytes"] >= shift
