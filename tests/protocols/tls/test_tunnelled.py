"""TLS behind a CONNECT: what a proxy of HTTP carries is read as on a connection of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sealed_records import SECRETS, log_text, sealed_turns
from web_captures import record

from tcptui.access.requests import requests_of
from tcptui.capture.file_source import open_file
from tcptui.model.finding import FindingId
from tcptui.protocols.application import requests_of as exchanges_of
from tcptui.protocols.export.collect import FileCollector
from tcptui.protocols.export.reading import FileReader, MessageFinder
from tcptui.protocols.http.http_stream import HttpStream
from tcptui.protocols.http.tunnel_stream import TunnelStream
from tcptui.protocols.tls.tls_stream import TlsStream
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web_captures import Turn

CONNECT = b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
INSIDE: list[Turn] = [
    (160, "C", b"GET /page.html HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    (190, "S", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<p>Odd.</p>\n"),
]
ASKED: list[list[Turn]] = [
    [(0, "C", CONNECT), (50, "S", GRANTED)],
    [(0, "C", CONNECT), (20, "S", REFUSED), (30, "C", CONNECT), (50, "S", GRANTED)],
]


def opened(tmp_path: Path, turns: list[Turn], *, keys: bool = True) -> Session:
    log = tmp_path / "keys.log"
    log.write_text(log_text(SECRETS))
    session = Session([open_file(record(tmp_path, turns))], keylog=str(log) if keys else None)
    session.run_here()
    return session


@pytest.fixture(params=ASKED, ids=["granted", "granted the second time"])
def tunnel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    session = opened(tmp_path, [*request.param, *sealed_turns(INSIDE)])
    yield session
    session.close()


def test_requests_inside_come_behind_the_connect_and_begin_with_their_own_bytes(tunnel: Session) -> None:
    *before, inside = requests_of(tunnel, 0)

    assert {one.operation for one in before} == {"CONNECT a.example:443"}
    assert (inside.operation, inside.status, inside.duration_ns // 1_000_000) == ("GET /page.html", "200", 30)
    told = [one.operation for one in tunnel.application(0).requests()]
    assert [one.operation for one in exchanges_of(*tunnel.directions(0)) or ()] == told == [
        *(one.operation for one in before), inside.operation,
    ]  # fmt: skip


def test_parts_are_the_connect_the_handshake_and_what_is_inside(tunnel: Session) -> None:
    names = [part.label.name for part in tunnel.application(0).parts()]

    first, *_ = (at for at, name in enumerate(names) if name.startswith("tls"))
    assert names[0] == "request"
    assert "request" in names[first:]
    assert names[-2:] == ["response", "body"]


def test_files_inside_are_found_and_read_again(tunnel: Session) -> None:
    collector = FileCollector(tunnel.directions)
    collector.add_stream(0)
    (file,) = collector.result()

    assert (file.name, file.host) == ("page.html", "a.example")
    assert b"".join(FileReader(file, MessageFinder(tunnel.directions))) == b"<p>Odd.</p>\n"


def test_handshake_in_a_tunnel_is_read_without_keys(tmp_path: Path) -> None:
    session = opened(tmp_path, [*ASKED[0], *sealed_turns(INSIDE)], keys=False)
    parsed = session.application(0).parsed

    assert isinstance(parsed, TlsStream)
    assert isinstance(parsed.before, HttpStream)
    assert parsed.conversation.client_hello is not None
    assert parsed.conversation.server_hello is not None
    assert [one.operation for one in requests_of(session, 0)] == ["CONNECT a.example:443"]
    session.close()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", HttpStream), (GRANTED, TunnelStream)],
)
def test_connection_without_a_tunnel_or_without_tls_in_it_is_no_tls(tmp_path: Path, answer: bytes, kind: type) -> None:
    session = opened(
        tmp_path, [(0, "C", CONNECT), (50, "S", answer), (60, "C", b"SSH-2.0-x\r\n"), (70, "S", b"SSH-2.0-y\r\n")]
    )

    assert isinstance(session.application(0).parsed, kind)
    assert session.application(0).encrypted is None
    assert [one.operation for one in requests_of(session, 0)] == ["CONNECT a.example:443"]
    session.close()


@pytest.mark.parametrize("keys", [False, True])
def test_what_the_proxy_refused_first_is_told(tmp_path: Path, keys: bool) -> None:
    refused = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    turns: list[Turn] = [(0, "C", CONNECT), (20, "S", refused), (30, "C", CONNECT), (50, "S", GRANTED)]
    session = opened(tmp_path, [*turns, *sealed_turns(INSIDE)], keys=keys)

    (told,) = (finding for finding in session.findings(0) if finding.id is FindingId.HTTP_ERROR_RESPONSE)
    assert told.facts["status"] == "503 Service Unavailable"
    session.close()
