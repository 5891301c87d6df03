"""`tls-handshake`: recordings of real handshakes with their round trips; silence where one was not captured whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tls_bytes import CHANGE, TLS_1_3_CHOSEN, client_hello, record, server_hello, server_name
from web_captures import closed, found

from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from web_captures import Turn

CAPTURES = Path(__file__).parents[1] / "protocols" / "tls" / "captures"
HELLO = record(22, client_hello(server_name(b"a.example"), session=b"same"), 0x0301)
FINISHED, DATA = record(22, bytes(40)), record(23, bytes(60))
ID = "tls-handshake"
#: Recording, connection, shape, version, round trips, evidence.
TOLD = (
    ("nginx-curl", 0, "full-12", "TLS 1.2", 2, (4, 6, 9)),
    ("tls10", 0, "full-12", "TLS 1.0", 2, (4, 6, 9)),
    ("resume-12-id", 0, "full-12", "TLS 1.2", 2, (4, 6, 9)),
    ("resume-12-id", 1, "resumed-12", "TLS 1.2", 1, (21, 23, 25)),
    ("resume-12-ticket", 1, "resumed-12", "TLS 1.2", 1, (21, 23, 25)),
    ("resume-13", 0, "full-13", "TLS 1.3", 1, (4, 6, 8)),
    ("resume-13", 1, "resumed-13", "TLS 1.3", 1, (23, 25, 27)),
    ("early-data", 1, "resumed-13", "TLS 1.3", 1, (20, 22, 24)),
    ("early-data-refused", 1, "full-13", "TLS 1.3", 1, (21, 23, 25)),
    ("hello-retry", 0, "retry", "TLS 1.3", 2, (4, 6, 9, 11)),
    ("small-records", 0, "full-12", "TLS 1.2", 2, (4, 6, 9)),
)


def handshakes(name: str, stream: int) -> list[Finding]:
    session = open_file(CAPTURES / f"{name}.pcap.gz")
    told = [finding for finding in session.findings(stream) if finding.id == FindingId.TLS_HANDSHAKE]
    session.close()
    return told


@pytest.mark.finding("tls-handshake")
@pytest.mark.parametrize(("name", "stream", "shape", "version", "round_trips", "packets"), TOLD)
def test_handshake_is_told_with_its_round_trips(
    name: str, stream: int, shape: str, version: str, round_trips: int, packets: tuple[int, ...]
) -> None:
    (finding,) = handshakes(name, stream)

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)
    assert (finding.facts["shape"], finding.facts["version"]) == (shape, version)
    assert (finding.facts["round_trips"], finding.packets) == (round_trips, packets)
    assert float(finding.facts["took_s"]) > 0


def test_retry_names_the_group_that_was_asked_for() -> None:
    (finding,) = handshakes("hello-retry", 0)

    assert (finding.facts["group"], finding.facts["retry_frame"]) == ("secp384r1", 6)


@pytest.mark.finding("tls-handshake", twin=True)
@pytest.mark.parametrize(
    "name", ["version-too-old", "expired-12", "silent-server", "reset-on-hello", "tls-to-plain", "plain-to-tls"]
)
def test_handshake_that_did_not_end_well_is_none(name: str) -> None:
    assert handshakes(name, 0) == []


ANSWER_12 = [(30, "S", record(22, server_hello())), (31, "S", CHANGE + FINISHED)]
ANSWER_13 = [(30, "S", record(22, server_hello(TLS_1_3_CHOSEN, 0x1301)) + DATA)]
WHOLE: dict[str, list[Turn]] = {
    "full-12": [(0, "C", HELLO), *ANSWER_12, (60, "C", DATA)],
    "full-13": [(0, "C", HELLO), *ANSWER_13, (60, "C", DATA)],
    "resumed-12": [
        (0, "C", HELLO), (30, "S", record(22, server_hello(session=b"same"))), (31, "S", CHANGE + FINISHED),
        (60, "C", CHANGE + FINISHED),
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", WHOLE)
def test_handshake_written_by_hand_has_its_shape(tmp_path: Path, shape: str) -> None:
    finding = found(tmp_path, closed(WHOLE[shape]))[ID]

    assert finding.facts["shape"] == shape
    assert finding.facts["took_s"] == pytest.approx(0.031 if shape == "full-12" else 0.06)


@pytest.mark.finding("tls-handshake", twin=True)
@pytest.mark.parametrize("shape", WHOLE)
@pytest.mark.parametrize("turn", [0, 1])
def test_handshake_without_one_of_its_packets_is_none(tmp_path: Path, shape: str, turn: int) -> None:
    """Of each turn only the segment is left out, not its acknowledgment."""
    assert ID not in found(tmp_path, closed(WHOLE[shape]), missing=[2 * turn + 1])


@pytest.mark.finding("tls-handshake", twin=True)
def test_early_data_is_no_end_of_the_handshake(tmp_path: Path) -> None:
    turns: list[Turn] = [(0, "C", HELLO), (1, "C", DATA), *ANSWER_13]

    assert ID not in found(tmp_path, closed(turns))
