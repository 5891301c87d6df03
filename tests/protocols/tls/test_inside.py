"""What real programs say inside TLS: against their plain connections behind nginx, against tshark, and as findings."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from sealed_records import log_of

from tcptui.protocols.application import requests_of
from tcptui.protocols.keylog import Secret
from tcptui.protocols.smtp.smtp_stream import SmtpStream
from tcptui.protocols.stream.reassembly import Piece
from tcptui.protocols.tls.codes import Handshake
from tcptui.protocols.tls.plans import Obstacle
from tcptui.protocols.tls.tls_stream import TlsStream
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.session import Session

CAPTURES = Path(__file__).with_name("captures_inside")
#: By the port at which nginx takes TLS off: the ports of the backends.
CHAT, EVENTS, CALLS = 8001, 8002, 8003


@pytest.fixture
def inside() -> Iterator[Session]:
    session = open_file(CAPTURES / "inside.pcapng.gz")
    yield session
    session.close()


def streams_at(session: Session, port: int) -> list[int]:
    return [number for number in range(session.streams.count) if session.streams.server(number).port == port]


def plain_of(session: Session, stream: int) -> tuple[ByteStream, ByteStream]:
    parsed = session.application(stream).parsed
    assert isinstance(parsed, TlsStream)
    assert parsed.plain is not None
    return parsed.plain


def behind_head(direction: ByteStream) -> bytes:
    return direction.read(0, 1 << 20).partition(b"\r\n\r\n")[2]


def labels(session: Session, stream: int, *families: str) -> list[str]:
    return [part.label.name for part in session.application(stream).parts() if part.label.name.startswith(families)]


def test_websocket_inside_is_the_backend_s(inside: Session) -> None:
    secured, (backend,) = streams_at(inside, 443)[0], streams_at(inside, CHAT)

    for direction, witness in zip(plain_of(inside, secured), inside.directions(backend), strict=True):
        assert behind_head(direction) == behind_head(witness) != b""
    told = labels(inside, secured, "websocket")
    assert told == labels(inside, backend, "websocket") == ["websocket-text"] * 6 + ["websocket-close"] * 2
    assert "websocket-upgrade" in [str(one.id) for one in inside.findings(secured)]


def test_events_inside_are_the_backend_s_at_its_times(inside: Session) -> None:
    secured, (backend,) = streams_at(inside, 443)[1], streams_at(inside, EVENTS)
    times = [
        [part.time_ns for part in inside.application(stream).parts() if part.label.name == "event-id"]
        for stream in (secured, backend)
    ]

    assert [len(one) for one in times] == [6, 6]
    assert all(0 <= here - there < 100_000_000 for here, there in zip(*times, strict=True))
    assert "event-stream-incremental" in [str(one.id) for one in inside.findings(secured)]


def test_calls_inside_have_the_statuses_of_the_backend(inside: Session) -> None:
    (secured,) = streams_at(inside, 8443)
    told = [(one.operation, one.status) for one in inside.application(secured).requests()]
    behind = [
        (one.operation, one.status)
        for stream in streams_at(inside, CALLS)
        for one in inside.application(stream).requests()
    ]

    assert told == behind == [("/inside.Echo/Say", status) for status in ("OK", "INVALID_ARGUMENT", "OK")]


@pytest.mark.parametrize("name", ["mail", "bare_mail"])
def test_mail_behind_starttls_is_read_with_its_keys_or_where_none_are_needed(name: str) -> None:
    """One of TLS 1.2, one of TLS 1.3; two suites that encrypt nothing, without keys."""
    session = open_file(CAPTURES / f"{name}.pcapng.gz")
    for stream in (0, 1):
        application = session.application(stream)
        assert isinstance(application.parsed, TlsStream)
        assert isinstance(application.parsed.before, SmtpStream)
        told = [f"{one.operation} {one.status}" for one in application.requests()]
        assert [f"{one.operation} {one.status}" for one in requests_of(*session.directions(stream)) or ()] == told
        names = [part.label.name for part in application.parts()]
        (letter,) = (part for part in application.parts() if part.label.name == "smtp-message")

        assert told == [
            "ehlo client.example 250", "STARTTLS 220", "ehlo client.example 250",
            "mail FROM:<a@inside.example> 250", "rcpt TO:<b@inside.example> 250", "data 250", "QUIT 221",
        ]  # fmt: skip
        assert "smtp-encrypted" not in names
        assert b"Read this." in b"".join(data for _, data in letter.blocks())
    session.close()


def test_what_only_keys_show_of_a_handshake_of_tls_1_3_is_judged() -> None:
    session = open_file(CAPTURES / "refused.pcapng.gz")
    told = [
        {str(one.id): one.facts.get("shape") for one in session.findings(stream) if str(one.id) != "tls-handshake"}
        for stream in range(session.streams.count)
    ]
    session.close()

    assert told[0]["tls-alert"] == "unknown-ca"
    assert told[1]["tls-alert"] == "client-certificate"
    assert told[2]["tls-client-certificate"] == "none"
    assert told[3]["tls-certificate"] == "host"


def test_what_follows_renegotiations_is_read_with_their_keys() -> None:
    session = open_file(CAPTURES / "again.pcapng.gz")
    for stream in (0, 1):
        parsed = session.application(stream).parsed
        assert isinstance(parsed, TlsStream)
        assert parsed.decryption is not None
        assert [direction.read(0, 100) for direction in plain_of(session, stream)] == [b"one\ntwo\nthree\n", b""]
        assert parsed.decryption.obstacles == (None, None)
        kinds = [one.kind for one in parsed.conversation.messages[0].each]
        assert [kinds.count(kind) for kind in (Handshake.CLIENT_HELLO, Handshake.FINISHED)] == [3, 3]
    session.close()


def packets_of(session: Session, stream: int) -> list[tuple[int, bytes]]:
    """Side and payload of each packet of ``stream``, in their order."""
    pieces = [
        (piece.frame, side, piece.data)
        for side, direction in enumerate(session.directions(stream))
        for piece in direction.pieces()
        if isinstance(piece, Piece)
    ]
    return [(side, data) for _, side, data in sorted(pieces)]


def opened(said: list[tuple[int, bytes]], log: KeyLog, before: tuple[ByteStream, ByteStream] | None) -> TlsStream:
    dialogue = Dialogue()
    for side, data in said:
        (dialogue.server if side else dialogue.client)(data)
    one, two = dialogue.directions(live=True)
    one.keys = two.keys = log
    for direction, old in zip((one, two), before or (), strict=False):
        direction.go_on(old)
    return TlsStream((one, two), (0, 0), 1_000)


def test_renegotiations_are_followed_while_a_connection_grows() -> None:
    """Packet by packet; and without the keys of the second one what is behind it stays shut."""
    session = open_file(CAPTURES / "again.pcapng.gz")
    said, log = packets_of(session, 0), session.directions(0)[0].keys
    assert log is not None
    before = None
    for count in range(3, len(said) + 1):
        grown, fresh = opened(said[:count], log, before), opened(said[:count], log, None)
        assert grown.decryption is not None
        assert fresh.decryption is not None
        assert grown.decryption.obstacles == fresh.decryption.obstacles
        for ours, theirs in zip(grown.decryption.sides, fresh.decryption.sides, strict=True):
            assert (ours.start, ours.length, ours.messages) == (theirs.start, theirs.length, theirs.messages)
        before = grown.directions
    hello = fresh.conversation.client_hello
    assert hello is not None
    (first,) = hello.bytes_of("handshake.random")
    alone = log_of({"CLIENT_RANDOM": log.of(first)[Secret.MASTER]}, first)
    shut = opened(said, alone, None)
    session.close()

    assert shut.decryption is not None
    assert shut.decryption.obstacles == (Obstacle.RENEGOTIATED,) * 2
    assert shut.plain is not None
    assert shut.plain[0].read(0, 4) == b"one\n"


@pytest.mark.tshark
@pytest.mark.parametrize("name", ["inside", "refused", "mail", "again"])
def test_plain_bytes_are_those_of_tshark(name: str, tmp_path: Path) -> None:
    unpacked = tmp_path / f"{name}.pcapng"
    unpacked.write_bytes(gzip.decompress((CAPTURES / f"{name}.pcapng.gz").read_bytes()))
    session = open_file(unpacked)
    compared = 0
    for stream in range(session.streams.count):
        secured = session.application(stream).parsed
        if not isinstance(secured, TlsStream) or secured.plain is None:
            continue
        command = ("tshark", "-r", str(unpacked), "-q", "-z", f"follow,tls,raw,{stream}")
        printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        theirs = [b"", b""]
        for line in printed.splitlines():
            if line.strip() and not set(line.strip()) - set("0123456789abcdef"):
                theirs[line.startswith("\t")] += bytes.fromhex(line.strip())
        assert sorted(direction.read(0, 1 << 20) for direction in secured.plain) == sorted(theirs), stream
        compared += 1
    session.close()

    assert compared >= 2
