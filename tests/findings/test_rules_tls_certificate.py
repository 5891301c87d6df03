"""`tls-certificate`: certificates out of date or for another host that no alert refuses, and near-twins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import ACK, FIN, PSH, RST, Tape
from tls_bytes import CHANGE, TLS_1_3_CHOSEN, certificate, client_hello, handshake, record, server_hello, server_name
from web_captures import CLIENT, SERVER, found

from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from web_captures import Turn

CAPTURES = Path(__file__).parents[1] / "protocols" / "tls" / "captures"
ID = "tls-certificate"
#: The captures are of 14 November 2023.
PAST, BEFORE, AFTER, FUTURE = b"220101000000Z", b"231114000000Z", b"231115120000Z", b"330101000000Z"
DONE = handshake(14, b"")
KEY, FINISHED, DATA = record(22, handshake(16, bytes(33))), record(22, bytes(40)), record(23, bytes(60))
HOST = b"a.example"


def turns(
    since: bytes = PAST, until: bytes = FUTURE, hosts: tuple[bytes, ...] = (HOST,), asked: bytes = HOST, *more: Turn
) -> list[Turn]:
    hello = record(22, client_hello(server_name(asked) if asked else b""), 0x0301)
    return [
        (0, "C", hello),
        (30, "S", record(22, server_hello() + certificate(since, until, *hosts) + DONE)),
        (60, "C", KEY + CHANGE + FINISHED),
        (90, "S", CHANGE + FINISHED),
        *(more or ((120, "C", DATA), (150, "S", DATA), (180, "S", "FIN"), (190, "C", "FIN"))),
    ]


FAULTS: dict[str, list[Turn]] = {
    "expired": turns(PAST, BEFORE),
    "not-yet": turns(AFTER, FUTURE),
    "host": turns(hosts=(b"b.example", b"*.a.example")),
}
LEFT: tuple[tuple[Turn, ...], ...] = (
    ((120, "C", "FIN"), (150, "S", "FIN")),
    ((120, "C", "RST"),),
    ((120, "C", record(21, bytes(26))), (121, "S", "FIN"), (122, "C", "FIN")),
)


@pytest.mark.finding("tls-certificate")
@pytest.mark.parametrize("shape", FAULTS)
def test_certificate_that_nobody_refused_is_a_note(tmp_path: Path, shape: str) -> None:
    finding = found(tmp_path, FAULTS[shape])[ID]

    assert (finding.facts["shape"], finding.facts["certificate_frame"], finding.packets) == (shape, 6, (6,))
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)


@pytest.mark.finding("tls-certificate")
@pytest.mark.parametrize("more", LEFT, ids=["fin", "rst", "alert"])
def test_client_that_leaves_behind_the_handshake_perhaps_disliked_it(tmp_path: Path, more: tuple[Turn, ...]) -> None:
    finding = found(tmp_path, turns(PAST, BEFORE, (HOST,), HOST, *more))[ID]

    assert (finding.facts["shape"], finding.facts["end_frame"]) == ("expired-left", 12)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert finding.alternatives == ("tls-monitor",)


def test_client_that_leaves_before_its_key_likely_disliked_it(tmp_path: Path) -> None:
    cut: list[Turn] = [*turns(PAST, BEFORE)[:2], (60, "C", "FIN"), (90, "S", "FIN")]

    finding = found(tmp_path, cut)[ID]

    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)


@pytest.mark.finding("tls-certificate", twin=True)
@pytest.mark.parametrize("acked", [False, True])
@pytest.mark.parametrize("flags", [FIN | ACK, RST | ACK, RST])
def test_client_that_had_not_got_the_certificate_did_not_leave_because_of_it(
    tmp_path: Path, flags: int, acked: bool
) -> None:
    """Seen at the server: the client's end crosses the certificate."""
    hello, shown = turns(PAST, BEFORE)[0][2], turns(PAST, BEFORE)[1][2]
    assert isinstance(hello, bytes)
    assert isinstance(shown, bytes)
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    asked, answered = 1001 + len(hello), 9001 + len(shown)
    tape.tcp(100, CLIENT, SERVER, PSH | ACK, 1001, 9001, hello)
    tape.tcp(100.1, SERVER, CLIENT, PSH | ACK, 9001, asked, shown)
    if acked:
        tape.tcp(120, CLIENT, SERVER, ACK, asked, answered)
    tape.tcp(121, CLIENT, SERVER, flags, asked, (answered if acked else 9001) if flags & ACK else 0)
    path = tmp_path / "crossed.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    certificate = [one for one in session.findings(0) if one.id.value == ID]
    session.close()

    assert [one.facts["shape"] for one in certificate] == ["expired-left" if acked else "expired"]


@pytest.mark.parametrize(
    ("count", "severity", "confidence"),
    [(2, Severity.WARNING, Confidence.LIKELY), (4, Severity.NOTE, Confidence.POSSIBLE)],
)
def test_client_that_asked_for_no_host_and_leaves_perhaps_wanted_another(
    tmp_path: Path, count: int, severity: Severity, confidence: Confidence
) -> None:
    cut: list[Turn] = [*turns(asked=b"")[:count], (120, "C", "FIN"), (150, "S", "FIN")]

    finding = found(tmp_path, cut)[ID]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == ("no-name-left", severity, confidence)


@pytest.mark.finding("tls-certificate", twin=True)
@pytest.mark.parametrize("host", [b"192.0.2.10"])
def test_client_that_asked_for_no_host_and_got_the_address_has_what_it_wants(tmp_path: Path, host: bytes) -> None:
    cut: list[Turn] = [*turns(hosts=(host,), asked=b"")[:2], (120, "C", "FIN"), (150, "S", "FIN")]

    assert ID not in found(tmp_path, cut)


def test_host_of_a_recorded_handshake_is_told() -> None:
    session = open_file(CAPTURES / "wrong-name-12.pcap.gz")
    (finding,) = (one for one in session.findings(1) if str(one.id) == ID)
    session.close()

    assert (finding.facts["shape"], finding.facts["asked"]) == ("host-left", "shop.example.test")


@pytest.mark.finding("tls-certificate", twin=True)
@pytest.mark.parametrize(
    "talk",
    [
        turns(),
        turns(hosts=(b"*.example",)),
        turns(hosts=(b"b.example",), asked=b""),
        turns(hosts=(b"b.example",), asked=b"192.0.2.10"),
        turns(hosts=(b"*." + b"long-name." * 5 + b"example",), asked=b"x." + b"long-name." * 5 + b"example"),
        turns(since=b"250101000000Z"),
        [*turns()[:1], (30, "S", record(22, server_hello(TLS_1_3_CHOSEN, 0x1301)) + DATA), (60, "C", DATA)],
    ],
    ids=["valid", "star", "nothing-asked", "address-asked", "long", "clock-of-the-capture", "encrypted"],
)
def test_certificate_without_a_fault_is_silent(tmp_path: Path, talk: list[Turn]) -> None:
    assert ID not in found(tmp_path, talk)


@pytest.mark.finding("tls-certificate", twin=True)
def test_certificate_that_an_alert_refuses_is_left_to_the_alert(tmp_path: Path) -> None:
    refused: list[Turn] = [*turns(PAST, BEFORE)[:2], (60, "C", record(21, b"\x02\x2d")), (61, "C", "FIN")]

    findings = found(tmp_path, refused)

    assert ID not in findings
    assert findings["tls-alert"].facts["shape"] == "expired"


@pytest.mark.parametrize(
    ("code", "since", "until", "asked", "shape"),
    [
        (42, PAST, BEFORE, HOST, "expired"),
        (46, AFTER, FUTURE, HOST, "not-yet"),
        (45, AFTER, FUTURE, HOST, "not-yet"),
        (42, PAST, FUTURE, b"", "no-name-given"),
        (46, PAST, FUTURE, b"x." + b"long-name." * 5 + b"example", "other"),
    ],
)
def test_alert_is_told_by_what_is_wrong_with_the_certificate(
    tmp_path: Path, code: int, since: bytes, until: bytes, asked: bytes, shape: str
) -> None:
    talk = turns(since, until, (HOST, b"*." + b"long-name." * 5 + b"example"), asked)[:2]

    finding = found(tmp_path, [*talk, (60, "C", record(21, bytes([2, code]))), (61, "C", "FIN")])["tls-alert"]

    assert finding.facts["shape"] == shape


@pytest.mark.parametrize(("code", "shape"), [(112, "no-name"), (40, "cipher-no-name"), (80, "other")])
def test_refusal_of_a_client_that_names_no_host_says_so(tmp_path: Path, code: int, shape: str) -> None:
    hello = record(22, client_hello(), 0x0301)

    finding = found(tmp_path, [(0, "C", hello), (30, "S", record(21, bytes([2, code]))), (40, "S", "FIN")])["tls-alert"]

    assert finding.facts["shape"] == shape
