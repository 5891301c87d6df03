"""Connections whose ends are not what they seem: a socket with itself, and two machines with one address."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

import pytest
from traces import write_line

from tcptui.analysis.capture_point import CapturePlace
from tcptui.analysis.capture_quality import CaptureQuality
from tcptui.analysis.capture_trust import capture_trust
from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections, finding_title, what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


def spoken(finding: Finding) -> None:
    """All words of ``finding`` are there in both languages."""
    for words in map(Words, Language):
        assert finding_title(finding, words)
        assert what_happened(finding, words)
        assert all(line for part in finding_sections(finding, words) for line in part.lines)


# -- a socket with itself ----------------------------------------------------------------


def itself(steps: Sequence[str], server: int = 1, port: int = 8080) -> list[str]:
    """``steps`` of host 1, port 8080, to itself; numbers count from the client's."""
    return [f"{step} server={server} port=8080 sport={port}" for step in steps]


#: All are the client's: a socket has one sequence space, whichever end it is.  -8000 of the server's is its first.
ALONE = ["0 C S 0 0", "0.01 C SA 0 -7999", "0.02 C A 1 -7999", "1 C PA 1 -7999 10", "1.1 C A 11 -7989"]


@pytest.mark.finding("simultaneous-open")
@pytest.mark.finding("one-sided-capture", twin=True)
def test_socket_that_is_connected_to_itself_is_named_and_nothing_else_is_said(told: Tell) -> None:
    result = told(itself(ALONE))
    finding = result.findings["simultaneous-open"]
    spoken(finding)

    assert (finding.facts["shape"], finding.facts["port"]) == ("self", 8080)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    assert set(result.findings) == {"simultaneous-open", "still-open"}
    session = result.session
    assert capture_trust(session.store, session.streams, CaptureQuality(), CapturePlace()).one_sided == 0


@pytest.mark.finding("one-sided-capture")
@pytest.mark.finding("simultaneous-open", twin=True)
@pytest.mark.parametrize("lines", [itself(ALONE, server=2), itself(ALONE, port=8081)])
def test_one_direction_between_two_sockets_is_one_sided_as_ever(told: Tell, lines: list[str]) -> None:
    found = told(lines).findings

    assert "one-sided-capture" in found
    assert "simultaneous-open" not in found


@pytest.mark.finding("simultaneous-open", twin=True)
@pytest.mark.parametrize("steps", [["0 C S 0 0"], ["0 C S 0 0", "1000 C S 0 0"], ["0 C S 0 0", "0.1 C SA 500 -7999"]])
def test_syn_with_its_target_as_source_that_nobody_took_opened_nothing(told: Tell, steps: list[str]) -> None:
    assert "simultaneous-open" not in told(itself(steps)).findings


# -- two machines with one address ---------------------------------------------------------

OWN, OTHER, CLIENT = b"\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x77", b"\x02\0\0\0\0\x01"
RESET = [
    "0 C S 0 0", "0.3 S SA 0 1", "0.4 C A 1 1", "1 C PA 1 1 61", "1.3 S A 1 62",
    "1.4 S R 1 0", "15 S PA 1 62 66", "15.1 C R 62 0",
]  # fmt: skip
FORGED = 5


def on_ethernet(tmp_path: Path, lines: Sequence[str], senders: dict[int, bytes]) -> Finding | None:
    """The finding about the RST of ``lines``, whose server has the hardware address `OWN` but for ``senders``."""
    path = tmp_path / "ethernet.pcap"
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
        for i, line in enumerate(lines):
            ns, data = write_line(line)
            sender = senders.get(i, OWN)
            frame = (sender + CLIENT if " C " in line else CLIENT + sender) + b"\x08\0" + data
            out.write(struct.pack("<IIII", 1000 + ns // 10**9, ns % 10**9, len(frame), len(frame)) + frame)
    session = open_file(path)
    found = [one for one in session.findings(0) if one.id.value == "rst-injected"]
    session.close()
    return found[0] if found else None


def with_ttl(ttl: int, at: int = FORGED) -> list[str]:
    return [f"{line} ttl={ttl}" if i == at else line for i, line in enumerate(RESET)]


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize("ttl", [64, 128, 255])
def test_reset_of_another_hardware_address_on_this_link_is_that_of_a_second_machine(tmp_path: Path, ttl: int) -> None:
    finding = on_ethernet(tmp_path, with_ttl(ttl), {FORGED: OTHER})

    assert finding is not None
    spoken(finding)
    assert (finding.facts["shape"], finding.facts["address"]) == ("duplicate", "10.0.0.2")
    assert (finding.facts["hardware"], finding.facts["usual_hardware"]) == (OTHER.hex(":"), OWN.hex(":"))
    assert (finding.confidence, finding.packets) == (Confidence.LIKELY, (5, 6, 7))


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize(
    ("ttl", "senders", "shape"),
    [
        (64, {}, ""),  # one hardware address: somebody wrote it
        (128, {}, "other-start"),
        (57, {FORGED: OTHER}, "other-distance"),  # it passed routers, whose hardware addresses these are
        (63, {FORGED: OTHER}, ""),
        (64, {FORGED: OTHER, 6: b"\x02\0\0\0\0\x78"}, ""),  # hardware addresses change anyway
    ],
)
def test_reset_that_may_have_come_through_a_router_tells_of_no_second_machine(
    tmp_path: Path, ttl: int, senders: dict[int, bytes], shape: str
) -> None:
    finding = on_ethernet(tmp_path, with_ttl(ttl), senders)

    assert finding is not None
    spoken(finding)
    assert finding.facts["shape"] == shape


# -- SYN-ACKs of several numbers ------------------------------------------------------------


@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_numbers_that_the_handshake_before_the_capture_settled_are_not_compared(told: Tell) -> None:
    lines = [
        "0 S SA 0 1", "0.1 C A 1 1", "1000 S SA 500 1", "1000.1 C A 1 1", "1001 C PA 1 1 100", "1020 S PA 1 101 300",
        "1020.1 C A 101 301",
    ]  # fmt: skip

    assert set(told(lines).findings) == {"still-open", "most-of-the-time"}


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize(("senders", "shape"), [({3: OTHER, 6: OTHER}, "duplicate"), ({}, "went-on")])
def test_second_machine_is_told_of_where_its_reset_came_before_the_request(
    tmp_path: Path, senders: dict[int, bytes], shape: str
) -> None:
    """The other machine answers the third packet, whose number it does not know; the right one takes the request."""
    early = [*RESET[:3], "0.5 S RA 5000 1 ttl=128", "1 C PA 1 1 61", "1.3 S A 1 62", "1.4 S R 1 0 ttl=128",
             "5 S PA 1 62 66", "5.1 C R 62 0"]  # fmt: skip
    finding = on_ethernet(tmp_path, early, senders)

    assert finding is not None
    spoken(finding)
    assert finding.facts["shape"] == shape
