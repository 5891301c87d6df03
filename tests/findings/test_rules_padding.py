"""Ethernet padding that a wrong IP length counts as payload: ignored, and told; zero bytes that are data are not."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, Protocol

import pytest
from traces import write_line

from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: A client that asks three times; its bare ACKs are those that a wrong length lengthens.
TALK = [
    "0 C S 0 0 zeros=2",
    "40 S SA 0 1",
    "40.1 C A 1 1 zeros=6",
    "50 C PA 1 1 100",
    "95 S PA 1 101 200",
    "95.1 C A 101 201 zeros=6",
    "300 C PA 101 201 100",
    "345 S PA 201 201 200",
    "345.1 C A 201 401 zeros=6",
    "700 C FA 201 401 zeros=6",
    "740 S FA 401 202",
    "740.1 C A 202 402 zeros=6",
]
#: What data would say that is sent again.
OF_DATA = {
    "retransmission-timeout", "spurious-retransmission", "retransmission-unexplained", "tail-loss", "path-lost",
    "out-of-order", "capture-missed-packets", "data-after-close",
}  # fmt: skip


def at_server(lines: Sequence[str]) -> list[str]:
    """The same seen at the server: its answers leave at once, the client's packets come 40 ms later."""
    shifted = ((float(line.split(" ", 1)[0]), line.split(" ", 1)[1]) for line in lines)
    return [f"{ms + (19.9 if rest[0] == 'C' else -19.9):.1f} {rest}" for ms, rest in shifted]


def plain(lines: Sequence[str]) -> list[str]:
    """``lines`` as they are without padding."""
    return [line.partition(" zeros=")[0] for line in lines]


@pytest.mark.finding("capture-padding")
@pytest.mark.finding(
    "retransmission-timeout", "spurious-retransmission", "retransmission-unexplained", "out-of-order", twin=True
)
@pytest.mark.parametrize("seen", [list, at_server])
def test_zero_bytes_that_fill_a_frame_and_take_no_numbers_are_padding(
    told: Tell, seen: Callable[[Sequence[str]], list[str]]
) -> None:
    found = told(seen(TALK)).findings
    finding = found["capture-padding"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)
    assert (finding.facts["count"], finding.facts["sender"]) == (6, "client")
    assert not OF_DATA & set(found)


@pytest.mark.finding("capture-padding")
def test_nothing_else_is_said_than_without_padding(told: Tell) -> None:
    padded, whole = told(TALK).findings, told(plain(TALK)).findings

    assert {name: finding.facts for name, finding in padded.items() if name != "capture-padding"} == {
        name: finding.facts for name, finding in whole.items()
    }


@pytest.mark.finding("capture-padding", twin=True)
def test_zero_bytes_that_are_acknowledged_are_data(told: Tell) -> None:
    lines = [*TALK[:2], "40.1 C A 1 1", "50 C PA 1 1 zeros=6", "90 S A 1 7", "100 C PA 7 1 zeros=6", "140 S A 1 13"]

    assert "capture-padding" not in told(lines).findings


@pytest.mark.finding("capture-padding", twin=True)
def test_zero_bytes_that_are_lost_and_sent_again_with_more_are_data(told: Tell) -> None:
    lines = [*plain(TALK[:3]), "50 C PA 1 1 zeros=6", "300 C PA 1 1 100", "340 S A 1 101"]
    found = told(lines).findings

    assert "capture-padding" not in found
    assert OF_DATA & set(found)


@pytest.mark.finding("capture-padding", twin=True)
def test_other_bytes_of_that_number_are_data(told: Tell) -> None:
    lines = [line.replace("zeros=6", "6").replace("zeros=2", "") for line in TALK]

    assert "capture-padding" not in told(lines).findings


@pytest.mark.finding("capture-padding", twin=True)
def test_keep_alive_of_zero_bytes_is_none(told: Tell) -> None:
    lines = [*plain(TALK[:6]), "60000 C A 100 201 zeros=1", "60040 S A 201 101"]

    assert "capture-padding" not in told(lines).findings


_MACS: Final = bytes.fromhex("020000000001020000000002")
#: Link type, and what stands before the IP header: the tag's type and number, or a cooked header.
LINKS: Final = {
    "Ethernet": (1, _MACS + b"\x08\x00"),
    "802.1Q": (1, _MACS + bytes.fromhex("8100 0064 0800")),
    "QinQ": (1, _MACS + bytes.fromhex("88a8 0007 8100 0064 0800")),
    "cooked": (113, bytes.fromhex("0000 0001 0006 020000000001 0000 0800")),
    "cooked v2": (276, bytes.fromhex("0800 0000 00000002 0001 00 06 020000000001 0000")),
}


@pytest.mark.finding("capture-padding")
@pytest.mark.finding("retransmission-timeout", "out-of-order", "capture-missed-packets", twin=True)
@pytest.mark.parametrize("zeros", [2, 6])
@pytest.mark.parametrize("link", LINKS)
def test_padding_is_padding_behind_every_link_header(tmp_path: Path, link: str, zeros: int) -> None:
    """Behind a tag 42 bytes are enough, so that a bare ACK is filled with two zero bytes."""
    number, header = LINKS[link]
    capture = tmp_path / "trace.pcap"
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, number))
        for line in TALK:
            time_ns, packet = write_line(line.replace("zeros=6", f"zeros={zeros}"))
            seconds, rest = divmod(time_ns, 1_000_000_000)
            size = len(header) + len(packet)
            out.write(struct.pack("<IIII", 1_000 + seconds, rest, size, size) + header + packet)
    session = open_file(capture)
    found = {finding.id.value: finding for finding in session.findings(0)}

    assert found["capture-padding"].facts["count"] == 6
    assert not OF_DATA & set(found)
