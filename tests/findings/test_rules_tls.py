"""`tls-alert`: refused handshakes of real programs told by their reason, near-twins, and silence where none was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from tls_bytes import (
    CHANGE,
    certificate,
    client_hello,
    extension,
    handshake,
    numbers,
    record,
    server_hello,
    server_name,
    sized,
)
from web_captures import closed
from web_captures import record as capture

from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.certificate import names_host
from tcptui.protocols.tls.parse import parse_tls
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_title
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from web_captures import Turn

    from tcptui.protocols.stream.reassembly import ByteStream

CAPTURES = Path(__file__).parents[1] / "protocols" / "tls" / "captures"
HELLO = record(22, client_hello(server_name(b"a.example"), (0xC02F, 0x00FF)), 0x0301)
#: Recording, connection, shape, and what its facts say of it.
TOLD = (
    ("version-too-new", 0, "version", {"offered": "TLS 1.3", "sender": "server", "code": 70}),
    ("version-too-old", 0, "version", {"offered": "TLS 1.2", "hello_frame": 4, "alert_frame": 6}),
    ("no-shared-cipher", 0, "cipher", {"suites": 1, "code": 40}),
    ("no-shared-group", 0, "cipher", {"suites": 3, "offered": "TLS 1.3"}),
    ("client-cert-12", 1, "client-certificate", {"code": 40, "sender": "server"}),
    ("expired-12", 0, "expired", {"until": "2025-01-01 00:00 UTC", "sender": "client"}),
    ("expired-12", 1, "expired", {"certificate_frame": 17}),
    ("unknown-ca-12", 0, "unknown-ca", {"issuer": "Example Intermediate"}),
    ("unknown-ca-13", 0, "other", {"alert": "Unknown CA"}),
    ("wrong-name-12", 0, "host", {"asked": "shop.example.test"}),
    ("unrecognized-name", 0, "name", {"asked": "www.example.test"}),
    ("no-alpn", 0, "protocol", {"offered": "http/1.1"}),
)  # fmt: skip
REFUSED = {(name, stream) for name, stream, *_ in TOLD}


def alerts(path: Path, stream: int = 0) -> list[Finding]:
    session = open_file(path)
    found = [finding for finding in session.findings(stream) if finding.id == FindingId.TLS_ALERT]
    # It is known before anybody opens the stream.
    assert all(finding.severity <= int(session.severity[stream]) for finding in found)
    session.close()
    return found


def alerts_of(tmp_path: Path, turns: Sequence[Turn]) -> list[Finding]:
    return alerts(capture(tmp_path, closed(list(turns))))


@pytest.mark.finding("tls-alert")
@pytest.mark.parametrize(("name", "stream", "shape", "facts"), TOLD)
def test_refused_handshake_is_told_by_its_reason(name: str, stream: int, shape: str, facts: dict[str, object]) -> None:
    (finding,) = alerts(CAPTURES / f"{name}.pcap.gz", stream)

    assert finding.severity is Severity.WARNING
    assert finding.facts["shape"] == shape
    assert {key: finding.facts[key] for key in facts} == facts
    vague = finding.facts["code"] in (40, 42, 46) and shape != "other"
    assert finding.confidence is (Confidence.LIKELY if vague else Confidence.CERTAIN)
    for language in Language:
        words = Words(language)
        assert "{" not in finding_title(finding, words)


def groups(*numbers_: int) -> bytes:
    return extension(10, sized(numbers(*numbers_), 2))


def signatures(*numbers_: int) -> bytes:
    return extension(13, sized(numbers(*numbers_), 2))


@pytest.mark.finding("tls-alert")
@pytest.mark.parametrize(
    ("lists", "shape", "facts"),
    [
        (groups(0x1E) + signatures(0x0403, 0x0804), "group", {"entries": 1, "named": "x448"}),
        (groups(0x0A0A, 0x18, 0x19) + signatures(0x0403, 0x0804), "group", {"entries": 2}),
        (groups(0x1D, 0x17) + signatures(0x0403), "signature", {"entries": 1, "lacks": "RSA"}),
        (groups(0x1D) + signatures(0x0804, 0x0401), "signature", {"lacks": "ECDSA"}),
        (groups(0x1D) + signatures(0x0807), "signature", {"lacks": "RSA/ECDSA"}),
        (groups(0x1E) + signatures(0x0403), "cipher", {}),
        (groups(0x1D, 0x17) + signatures(0x0403, 0x0804), "cipher", {"suites": 1}),
        (b"", "cipher", {}),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_alert_40_names_the_list_that_is_short(
    tmp_path: Path, lists: bytes, shape: str, facts: dict[str, object], named: bool
) -> None:
    name = server_name(b"a.example") if named else b""
    hello = record(22, client_hello(name + lists, (0xC02F, 0x00FF)), 0x0301)
    (finding,) = alerts_of(tmp_path, [(0, "C", hello), (40, "S", record(21, bytes((2, 40))))])

    assert finding.facts["shape"] == (shape if named or shape != "cipher" else "cipher-no-name")
    assert {key: finding.facts[key] for key in facts} == facts
    assert finding.alternatives == (() if named or shape == "cipher" else ("tls-needs-name",))
    assert finding.confidence is Confidence.LIKELY


@pytest.mark.finding("tls-alert", twin=True)
@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.gz")), ids=lambda path: path.name.partition(".")[0])
def test_handshake_that_nobody_refused_is_silent(path: Path) -> None:
    name = path.name.removesuffix(".pcap.gz")
    session = open_file(path)
    told = {
        (name, stream)
        for stream in range(session.streams.count)
        if any(finding.id == FindingId.TLS_ALERT for finding in session.findings(stream))
    }
    session.close()

    assert told == {one for one in REFUSED if one[0] == name}


@pytest.mark.finding("tls-alert", twin=True)
@pytest.mark.parametrize(
    "answer",
    [
        record(21, b"\x01\x70"),  # a warning: the handshake may go on
        record(21, b"\x02\x00"),  # close_notify
        record(21, b"\x02\x5a"),  # the user gave up
        record(22, server_hello()) + CHANGE + record(21, bytes(26)),  # encrypted: nobody knows
        b"\x15\x03\x03\x00\x02\x02",  # cut off before it says why
    ],
    ids=["warning", "close-notify", "canceled", "encrypted", "cut"],
)
def test_alert_that_refuses_nothing_is_silent(tmp_path: Path, answer: bytes) -> None:
    assert alerts_of(tmp_path, [(0, "C", HELLO), (30, "S", answer)]) == []


@pytest.mark.finding("tls-alert", twin=True)
def test_bytes_of_an_alert_without_tls_around_them_are_silent(tmp_path: Path) -> None:
    assert alerts_of(tmp_path, [(0, "C", b"hello\r\n"), (30, "S", record(21, b"\x02\x28"))]) == []


@pytest.mark.finding("tls-alert", twin=True)
def test_alert_that_answers_a_close_is_silent(tmp_path: Path) -> None:
    """OpenSSL tells a client that left amid the handshake of a decode error."""
    left = [
        (0, "C", HELLO),
        (30, "S", record(22, server_hello())),
        (60, "C", "FIN"),
        (61, "S", record(21, b"\x02\x32")),
    ]

    assert alerts(capture(tmp_path, left)) == []


def test_alert_that_crosses_a_close_is_told(tmp_path: Path) -> None:
    assert len(alerts(capture(tmp_path, [(0, "C", HELLO), (30, "S", record(21, b"\x02\x28")), (31, "C", "FIN")]))) == 1


@pytest.mark.parametrize(
    ("attribute", "called"), [(b"\x03", "Issuer"), (b"\x0b", "Issuer"), (b"\x0a", "Issuer"), (b"\x06", "?")]
)  # fmt: skip
def test_unknown_issuer_is_called_by_its_organization_where_it_has_no_common_name(
    tmp_path: Path, attribute: bytes, called: str
) -> None:
    shown = certificate(b"200101000000Z", b"490101000000Z", b"a.example").replace(
        b"\x55\x04\x03", b"\x55\x04" + attribute
    )
    answer = record(22, server_hello() + shown)

    (finding,) = alerts_of(tmp_path, [(0, "C", HELLO), (30, "S", answer), (60, "C", record(21, b"\x02\x30"))])

    assert (finding.facts["shape"], finding.facts["issuer"]) == ("unknown-ca", called)


#: The suite encrypts nothing, so alerts behind ChangeCipherSpec can be read; each record ends with a MAC.
BARE, MAC = 0x003B, bytes(32)
IN_USE: list[Turn] = [
    (0, "C", record(22, client_hello(suites=(BARE,)), 0x0301)),
    (10, "S", record(22, server_hello(suite=BARE)) + CHANGE),
    (20, "C", CHANGE),
    (30, "C", record(23, b"hello" + MAC)),
]


@pytest.mark.finding("tls-alert")
@pytest.mark.parametrize(
    ("turns", "shape"),
    [
        ([*IN_USE, (60, "S", record(21, b"\x02\x50" + MAC))], "later"),
        (
            [*IN_USE, (60, "S", record(21, b"\x01\x64" + MAC)), (70, "C", record(21, b"\x02\x28" + MAC))],
            "renegotiation",
        ),
        ([*IN_USE, (60, "S", record(21, b"\x01\x5a" + MAC)), (70, "C", record(21, b"\x02\x28" + MAC))], "later"),
        ([*IN_USE[:-1], (60, "S", record(21, b"\x02\x50" + MAC))], "other"),
    ],
    ids=["later", "second handshake refused", "another warning", "before any data"],
)
def test_alert_amid_a_connection_in_use_refuses_no_first_handshake(
    tmp_path: Path, turns: list[Turn], shape: str
) -> None:
    (finding,) = alerts_of(tmp_path, turns)

    assert (finding.facts["shape"], finding.confidence) == (shape, Confidence.CERTAIN)
    for language in Language:
        assert "{" not in finding_title(finding, Words(language))


def test_failure_behind_the_server_hello_is_not_told_as_a_cipher_that_is_missing(tmp_path: Path) -> None:
    answer = [(30, "S", record(22, server_hello())), (40, "S", record(21, b"\x02\x28"))]

    (finding,) = alerts_of(tmp_path, [(0, "C", HELLO), *answer])

    assert finding.facts["shape"] == "other"


def test_alert_about_a_certificate_that_was_valid_is_told_without_its_date(tmp_path: Path) -> None:
    stream = parse_tls(*_talk("client-cert-12"), 100)
    assert stream is not None
    chain = next(one.data for one in stream.conversation.messages[1].each if one.kind == 11)
    turns: list[Turn] = [
        (0, "C", HELLO),
        (30, "S", record(22, server_hello() + chain)),
        (60, "C", record(21, b"\x02\x2d")),
    ]

    (finding,) = alerts_of(tmp_path, turns)

    assert finding.facts["shape"] == "other"
    assert finding.facts["alert"] == "Certificate Expired"


def _talk(name: str) -> tuple[ByteStream, ByteStream]:
    session = open_file(CAPTURES / f"{name}.pcap.gz")
    client, server = (direction.read(0, 1 << 20) for direction in session.application(0).directions)
    session.close()
    return Dialogue().client(client).server(server).directions()


def test_broken_certificate_does_not_hide_the_alert(tmp_path: Path) -> None:
    chain = handshake(11, sized(sized(b"\x30\x05no", 3), 3))
    turns: list[Turn] = [
        (0, "C", HELLO), (30, "S", record(22, server_hello() + chain)), (60, "C", record(21, b"\x02\x2a")),
    ]  # fmt: skip

    (finding,) = alerts_of(tmp_path, turns)

    assert finding.facts["shape"] == "other"


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("a.example", "A.example.", True),
        ("*.a.example", "b.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "c.b.a.example", False),
        ("*.a.example", ".a.example", False),
        ("a.example", "b.example", False),
    ],
)
def test_star_stands_for_one_label(pattern: str, host: str, fits: bool) -> None:
    assert names_host(pattern, host) is fits
