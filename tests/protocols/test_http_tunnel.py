"""What is said in plain bytes behind a CONNECT is read as on a connection of its own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from http2_ends import Timed, get
from sealed_records import SECRETS, log_text, sealed_turns
from web_captures import GET, record

from tcptui.access.requests import requests_of
from tcptui.capture.file_source import open_file
from tcptui.model.finding import FindingId
from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.tls.tls_stream import TlsStream
from tcptui.protocols.websocket.conversation import accept_for
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from web_captures import Turn

PROXY = "192.0.2.10:3128"
CONNECT = b"CONNECT a.example:8081 HTTP/1.1\r\nHost: a.example:8081\r\n\r\n"
REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n\r\nsorry"
FAILED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry"
GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
GONE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
ASKED: list[Turn] = [(0, "C", CONNECT), (50, "S", GRANTED)]
TWO: list[Turn] = [(160, "C", GET), (190, "S", OK), (260, "C", GET.replace(b"/a", b"/b")), (300, "S", GONE)]

Opened = Callable[..., Session] if TYPE_CHECKING else object


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Opened:
    def make(turns: Sequence[Turn], missing: Sequence[int] = (), *, keys: bool = False) -> Session:
        log = tmp_path / "keys.log"
        log.write_text(log_text(SECRETS))
        path = record(tmp_path, turns, missing, server=PROXY)
        session = Session([open_file(path)], keylog=str(log) if keys else None)
        session.run_here()
        request.addfinalizer(session.close)
        return session

    return make


def said(session: Session) -> list[tuple[str, str, str]]:
    """Requests as lists have them, which are those of the parsed connection, too."""
    listed = [(one.protocol, one.operation, one.status) for one in requests_of(session, 0)]
    parsed = [(one.protocol, one.operation, one.status) for one in session.application(0).requests()]
    assert listed == parsed
    return listed


GRANT = ("http", "CONNECT a.example:8081", "200")
GOT = [("http", "GET /a", "200"), ("http", "GET /b", "503")]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (ASKED, [GRANT]),
        ([(0, "C", CONNECT), (20, "S", REFUSED), (30, "C", CONNECT), (50, "S", GRANTED)], [(*GRANT[:2], "407"), GRANT]),
        ([(0, "C", CONNECT), (20, "S", FAILED), (30, "C", CONNECT), (50, "S", GRANTED)], [(*GRANT[:2], "502"), GRANT]),
    ],
    ids=["granted", "after 407", "after 502"],
)
def test_requests_inside_come_behind_the_connect(
    opened: Opened, before: list[Turn], told: list[tuple[str, str, str]]
) -> None:
    session = opened([*before, *TWO])

    assert said(session) == [*told, *GOT]
    last = list(requests_of(session, 0))[-2]
    assert (last.duration_ns // 1_000_000, last.request is not None and last.request.bytes) == (30, len(GET))


def test_request_that_is_sent_with_the_connect_has_its_answer(opened: Opened) -> None:
    session = opened([(0, "C", CONNECT + GET), (50, "S", GRANTED), (190, "S", OK), *TWO[2:]])

    assert said(session) == [GRANT, *GOT]


def test_answer_that_is_sent_with_the_grant_belongs_to_what_was_asked(opened: Opened) -> None:
    session = opened([(0, "C", CONNECT + GET), (50, "S", GRANTED + OK), *TWO[2:]])

    assert said(session) == [GRANT, *GOT]


def test_connect_that_was_not_captured_is_known_by_what_granted_it(opened: Opened) -> None:
    session = opened([*ASKED, *TWO], missing=[1])

    # Something may have been asked together with it, and the first answer be to that.
    told = [(one.protocol, one.operation, one.status) for one in requests_of(session, 0)]
    assert told == [("http", "", "200"), ("http", "GET /a", ""), GOT[1]]


def test_without_the_grant_no_answer_inside_is_the_connects_or_anothers(opened: Opened) -> None:
    session = opened([*ASKED, *TWO, (400, "C", GET), (440, "S", OK)], missing=[3])

    assert [one.status for one in requests_of(session, 0) if one.request is not None] == [""]


def test_other_response_without_its_request_is_no_tunnel(opened: Opened) -> None:
    session = opened([(0, "C", GET), (50, "S", b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")], missing=[1])

    assert said(session) == [("http", "", "200")]


def test_refused_connect_stays_alone(opened: Opened) -> None:
    session = opened([(0, "C", CONNECT), (20, "S", FAILED)])

    assert said(session) == [(*GRANT[:2], "502")]


def test_http2_with_prior_knowledge(opened: Opened) -> None:
    ends = Timed()
    ends.at(160).ask(1, get("/x"))
    ends.at(190).answer(1, [(":status", "200")], b"ok")
    session = opened([*ASKED, *((max(ms, 100), who, what) for ms, who, what in ends.said)])

    assert said(session) == [GRANT, ("http2", "GET /x", "200")]


def test_websocket(opened: Opened) -> None:
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    ask = b"GET /live HTTP/1.1\r\nHost: a\r\n" + upgrade + f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
    answer = b"HTTP/1.1 101 Switching\r\n" + upgrade + f"Sec-WebSocket-Accept: {accept_for(key)}\r\n\r\n".encode()
    session = opened([*ASKED, (160, "C", ask), (190, "S", answer), (200, "S", b"\x81\x02hi")])

    assert said(session) == [GRANT, ("websocket", "GET /live", "101")]
    assert [part.label.name for part in session.application(0).parts()][-1].startswith("websocket")


def test_another_protocol_of_the_registry(opened: Opened) -> None:
    session = opened([*ASKED, (160, "C", b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), (170, "S", b"$1\r\nx\r\n")])

    assert said(session) == [GRANT, ("redis", "GET a", "OK")]


def test_tls_whose_hello_is_sent_with_the_connect_is_opened(opened: Opened) -> None:
    (_, _, hello), *turns = sealed_turns(TWO)
    session = opened([(0, "C", CONNECT + bytes(hello)), (50, "S", GRANTED), *turns], keys=True)  # type: ignore[arg-type]

    assert said(session) == [GRANT, *GOT]
    assert isinstance(session.application(0).encrypted, TlsStream)


def test_error_inside_is_told_and_named(opened: Opened) -> None:
    session = opened([*ASKED, *TWO])

    (told,) = (one for one in session.findings(0) if one.id is FindingId.HTTP_ERROR_RESPONSE)
    assert (told.facts["status"], told.facts["target"]) == ("503 Service Unavailable", "GET /b")


def test_what_is_followed_has_the_places_of_the_connection(opened: Opened) -> None:
    session = opened([*ASKED, *TWO])

    parts = [part for part in session.application(0).parts() if part.side == 0]
    assert [(part.start, part.stop) for part in parts] == [
        (0, len(CONNECT)), (len(CONNECT), len(CONNECT + GET)), (len(CONNECT + GET), len(CONNECT + GET) + len(GET)),
    ]  # fmt: skip
    assert b"".join(data for _, data in parts[1].blocks()) == GET


TREES: dict[str, list[Turn]] = {
    "http": [*ASKED, (160, "C", GET), (190, "S", b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + bytes(4000))],
    "redis": [
        (0, "C", CONNECT.replace(b"8081", b"6379")),
        ASKED[1],
        (160, "C", b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
        (170, "S", b"$1\r\nx\r\n"),
    ],
    "unknown": [*ASKED, (60, "C", b"hello, who is there?\r\n"), (70, "S", b"it is me, and no other\r\n")],
    "refused": [(0, "C", CONNECT), (20, "S", REFUSED), (30, "C", CONNECT), (50, "S", FAILED)],
}


def layers(session: Session) -> dict[int, tuple[list[str], list[str]]]:
    """Of each packet with layers above TCP their names, and whom the tunnel leads to."""
    found = {}
    for row in range(session.store.count):
        packet = session.reader.packet(row)
        tree = header_tree(packet, session.application(int(session.store.stream[row])), TreeOptions())
        above = [node.field for node in tree.children if node.field not in ("frame", "raw", "ip", "tcp")]
        asked = [node.label for node in tree.walk() if node.field.startswith("http.proxy_connect")]
        if above:
            found[packet.frame] = above, [label.strip("[]").partition(": ")[2] for label in asked]
    return found


def test_message_of_several_packets_is_shown_where_it_ends(opened: Opened) -> None:
    tunnel = ["a.example", "8081"]

    shown = list(layers(opened(TREES["http"])).values())
    assert shown[:3] == [(["http"], []), (["http"], []), (["http", "http"], tunnel)]
    assert shown[3:] == [(["http"], tunnel), (["http"], tunnel), (["http", "tcp.segments", "http", "data"], tunnel)]


@pytest.mark.tshark
@pytest.mark.parametrize("name", ["redis", "unknown", "refused"])
def test_layers_are_tsharks(opened: Opened, tmp_path: Path, name: str) -> None:
    """Of HTTP in a tunnel tshark 4.0 has no more than its bytes."""
    session = opened(TREES[name])
    fields = ("frame.number", "frame.protocols", "http.proxy_connect_host", "http.proxy_connect_port")
    command = ["tshark", "-2", "-n", "-r", str(tmp_path / "capture.pcap"), "-Y", "tcp.len > 0", "-T", "fields"]
    lines = subprocess.run(
        [*command, *(word for field in fields for word in ("-e", field))], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    theirs = {
        int(number): (stack.split(":")[3:], [one for one in asked if one])
        for number, stack, *asked in (line.split("\t") for line in lines)
    }
    assert layers(session) == theirs
