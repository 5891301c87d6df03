"""`tls-resumption-refused`: sessions that were offered in vain, recorded and made; near-twins that offer none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tls_bytes import (
    CHANGE,
    TLS_1_3_CHOSEN,
    certificate,
    client_hello,
    extension,
    handshake,
    numbers,
    record,
    server_hello,
    sized,
)
from web_captures import found

from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from web_captures import Turn

ID = "tls-resumption-refused"
CAPTURES = Path(__file__).parent.parent / "protocols" / "tls" / "captures"
CHAIN = certificate(b"220101000000Z", b"330101000000Z", b"a.example")
KEY = record(22, handshake(16, bytes(33))) + CHANGE + record(22, bytes(40))
OFFERS_13 = extension(43, sized(numbers(0x0304), 1))
TICKET_12 = extension(35, bytes(192))


def shared_key(age: int) -> bytes:
    identity = sized(bytes(100), 2) + age.to_bytes(4, "big")
    return extension(41, sized(identity, 2) + sized(sized(bytes(32), 1), 2))


def in_12(extensions: bytes, session: bytes = b"", flight: bytes = CHAIN, answer: bytes = b"") -> list[Turn]:
    hello = record(22, client_hello(extensions, session=session), 0x0301)
    served = record(22, server_hello(session=answer) + flight + handshake(14, b""))
    return [(0, "C", hello), (30, "S", served), (60, "C", KEY)]


def in_13(extensions: bytes, chosen: bytes = b"") -> list[Turn]:
    hello = record(22, client_hello(OFFERS_13 + extensions, session=bytes(32)), 0x0301)
    served = record(22, server_hello(TLS_1_3_CHOSEN + chosen, 0x1301, session=bytes(32))) + record(23, bytes(900))
    return [(0, "C", hello), (30, "S", served), (60, "C", CHANGE + record(23, bytes(60)))]


REFUSED: dict[str, list[Turn]] = {
    "ticket-12": in_12(TICKET_12, bytes(32)),
    "id-12": in_12(extension(35, b""), bytes(32), answer=b"\1" * 32),
    "ticket-13": in_13(shared_key(7)),
    "early-13": in_13(extension(42, b"") + shared_key(7)),
}


@pytest.mark.finding("tls-resumption-refused")
@pytest.mark.parametrize("shape", REFUSED)
def test_session_that_is_not_taken_is_told(tmp_path: Path, shape: str) -> None:
    finding = found(tmp_path, REFUSED[shape], foreseen=False)[ID]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (shape, Severity.NOTE, Confidence.CERTAIN)


QUIET: dict[str, list[Turn]] = {
    "first-connection": in_12(extension(35, b"")),
    "resumed": in_12(TICKET_12, bytes(32), flight=b"", answer=bytes(32)),
    "shared-key-only": in_12(TICKET_12, bytes(32), flight=b""),
    "chosen-13": in_13(shared_key(7), extension(41, numbers(0))),
    "no-ticket-13": in_13(b""),
    "agreed-elsewhere-13": in_13(shared_key(0)),
    "chosen-second-13": in_13(shared_key(7), extension(41, numbers(1))),
    "new-ticket-12": in_12(extension(35, b""), answer=b"\1" * 32),
    "retry-that-takes-it-13": [
        (0, "C", record(22, client_hello(OFFERS_13, session=bytes(32)), 0x0301)),
        *in_13(shared_key(7), extension(41, numbers(0)))[1:],
    ],
    "random-id-to-an-older-server": in_12(OFFERS_13, bytes(32)),
}


@pytest.mark.finding("tls-resumption-refused", twin=True)
@pytest.mark.parametrize("name", QUIET)
def test_handshake_without_a_session_that_could_be_refused_is_silent(tmp_path: Path, name: str) -> None:
    assert ID not in found(tmp_path, QUIET[name], foreseen=False)


@pytest.mark.parametrize(
    ("name", "refused"),
    [("early-data-refused", {1}), ("early-data", set()), ("resume-13", set()), ("resume-12-ticket", set()),
     ("resume-12-id", set()), ("hello-retry-resume", set())],
)  # fmt: skip
def test_recordings_are_told_as_they_happened(name: str, refused: set[int]) -> None:
    session = open_file(CAPTURES / f"{name}.pcap.gz")
    told = {stream for stream in range(session.streams.count)
            if any(str(one.id) == ID for one in session.findings(stream))}  # fmt: skip
    session.close()

    assert told == refused
