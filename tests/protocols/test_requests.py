"""The requests of a connection: which there are, by which packets, and where the time of each went."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from http2_ends import OK as OK2
from http2_ends import Ends, get
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sealed_records import SECRETS, sealed_turns
from traces import write_trace
from web_captures import ASKED, GET, agreed, chunk, from_client, record, response

from tcptui.access.requests import exchanges_with_times, requests_of, with_payload
from tcptui.capture.file_source import open_file as open_source
from tcptui.model.request import Request, RequestPart
from tcptui.protocols.secret_bodies import body_without_secrets
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.secrets_out import header_without_secrets, uri_without_secrets
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from web_captures import Turn

OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
ASK = "GET_/a_HTTP/1.1~Host:_h~~"
ASK_BYTES = len("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
OK = "HTTP/1.1_200_OK~Content-Length:_2~~ok"
OK_BYTES = len("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def of(path: Path) -> list[Request]:
    """The requests of all connections of a capture."""
    session = open_file(path)
    try:
        return [request for stream in with_payload(session).tolist() for request in requests_of(session, stream)]
    finally:
        session.close()


def traced(tmp_path: Path, lines: Sequence[str]) -> list[Request]:
    return of(write_trace(tmp_path / "trace.pcap", lines))


def turned(tmp_path: Path, turns: Sequence[Turn], missing: Sequence[int] = ()) -> list[Request]:
    return of(record(tmp_path, turns, missing, after=0))


def spent(request: Request) -> dict[str, float]:
    """Milliseconds of the parts that apply."""
    return {part.label: round(request.time[part] / 1e6, 1) for part in RequestPart if request.time[part] is not None}


def test_first_request_begins_with_the_handshake_that_was_made_for_it(tmp_path: Path) -> None:
    lines = [*OPEN, f"45.1 C PA 1 1 text={ASK}", f"85 S A 1 {1 + ASK_BYTES}"]
    lines += [f"285.1 S PA 1 {1 + ASK_BYTES} text={OK}", f"285.2 C A {1 + ASK_BYTES} {1 + OK_BYTES}"]
    (request,) = traced(tmp_path, lines)

    assert (request.protocol, request.operation, request.status) == ("http", "GET /a", "200")
    assert request.request is not None
    assert request.response is not None
    assert (request.request.first, request.request.last, request.request.bytes) == (4, 4, ASK_BYTES)
    assert (request.response.first, request.response.last, request.response.bytes) == (6, 6, OK_BYTES)
    assert spent(request) == {
        "connect": 40.1, "client": 5.0, "request": 0.0, "network": 39.9, "server": 200.1, "response": 0.0,
    }  # fmt: skip
    assert request.duration_ns == 285_100_000
    assert request.complete


def test_connection_that_was_kept_in_store_is_nobodys_wait(tmp_path: Path) -> None:
    lines = [*OPEN, f"545.1 C PA 1 1 text={ASK}", f"585.1 S PA 1 {1 + ASK_BYTES} text={OK}"]
    (request,) = traced(tmp_path, lines)

    assert request.time[RequestPart.CONNECT] is None
    assert request.duration_ns == 40_000_000


def test_later_request_has_no_part_in_the_handshake(tmp_path: Path) -> None:
    lines = [*OPEN, f"41 C PA 1 1 text={ASK}", f"81 S PA 1 {1 + ASK_BYTES} text={OK}"]
    lines += [f"2081 C PA {1 + ASK_BYTES} {1 + OK_BYTES} text={ASK}"]
    lines += [f"2221 S PA {1 + OK_BYTES} {1 + 2 * ASK_BYTES} text={OK}"]
    first, second = traced(tmp_path, lines)

    assert first.time[RequestPart.CONNECT] is not None
    assert spent(second) == {"request": 0.0, "network": 40.0, "server": 100.0, "response": 0.0}
    assert (first.number, second.number) == (0, 1)


def test_resent_syn_is_recovery_and_not_the_way(tmp_path: Path) -> None:
    lines = ["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "1040 S SA 0 1", "1040.1 C A 1 1"]
    lines += [f"1041 C PA 1 1 text={ASK}", f"1081 S PA 1 {1 + ASK_BYTES} text={OK}"]
    (request,) = traced(tmp_path, lines)

    assert spent(request)["recovery"] == 1000.0
    assert spent(request)["connect"] == 40.1


def test_request_that_was_lost_and_sent_again_waits_for_recovery(tmp_path: Path) -> None:
    lines = [*OPEN, f"41 C PA 1 1 id=1 text={ASK}", f"341 C PA 1 1 id=2 text={ASK}"]
    lines += [f"381 S A 1 {1 + ASK_BYTES}", f"391 S PA 1 {1 + ASK_BYTES} text={OK}"]
    (request,) = traced(tmp_path, lines)

    assert spent(request)["recovery"] == 340.0
    assert spent(request)["server"] <= 10.0
    assert sum(time or 0 for time in request.time) == request.duration_ns == 391_000_000


def test_segment_lost_within_an_answer_is_recovery(tmp_path: Path) -> None:
    head = "HTTP/1.1_200_OK~Content-Length:_2000~~"
    size = len("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
    at = 1 + size
    lines = [*OPEN, f"41 C PA 1 1 text={ASK}", f"81 S PA 1 {1 + ASK_BYTES} text={head}"]
    lines += [f"81.2 S A {at + 1000} {1 + ASK_BYTES} 1000", f"81.3 C A {1 + ASK_BYTES} {at}"]
    lines += [f"381 S A {at} {1 + ASK_BYTES} 1000", f"381.1 C A {1 + ASK_BYTES} {at + 2000}"]
    (request,) = traced(tmp_path, lines)

    assert request.complete
    assert request.response is not None
    assert request.response.last == 8
    assert spent(request)["recovery"] == pytest.approx(300, abs=1)
    assert spent(request)["response"] <= 1.0


def test_pipelined_request_queues_behind_the_answer_before_it(tmp_path: Path) -> None:
    slow, quick = response(b"a" * 10), response(b"b")
    turns: list[Turn] = [(0, "C", GET + GET.replace(b"/a", b"/b")), (300, "S", slow), (310, "S", quick)]
    first, second = turned(tmp_path, turns)

    assert (first.operation, second.operation) == ("GET /a", "GET /b")
    assert spent(first)["server"] == pytest.approx(300, abs=60)
    assert spent(second)["queue"] == pytest.approx(300, abs=1)
    assert spent(second)["server"] == pytest.approx(10, abs=0.2)
    assert first.time[RequestPart.QUEUE] is None


def test_turns_without_pipelining_queue_nowhere(tmp_path: Path) -> None:
    turns: list[Turn] = [(0, "C", GET), (300, "S", response(b"a")), (310, "C", GET), (400, "S", response(b"b"))]
    assert [request.time[RequestPart.QUEUE] for request in turned(tmp_path, turns)] == [None, None]


def test_interim_answer_is_a_part_of_the_sending(tmp_path: Path) -> None:
    post = b"POST /up HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    turns: list[Turn] = [
        (0, "C", post), (200, "S", b"HTTP/1.1 100 Continue\r\n\r\n"), (250, "C", b"body"), (350, "S", response(b"k")),
    ]  # fmt: skip
    (request,) = turned(tmp_path, turns)

    assert request.status == "200"
    assert request.request is not None
    assert request.request.bytes == len(post) + 4
    assert (request.request.last, request.response and request.response.first) == (8, 10)
    assert spent(request)["server"] + spent(request)["network"] == pytest.approx(300, abs=1)
    # The handshake to the first byte, and the wait between the interim answer and the body.
    assert spent(request)["client"] >= 48
    assert request.duration_ns == pytest.approx(450_000_000, rel=0.01)


@pytest.mark.parametrize(
    ("asked", "answered", "status"),
    [
        (b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "200"),
        (GET, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", "304"),
    ],
)
def test_answer_without_a_body_ends_with_its_head(tmp_path: Path, asked: bytes, answered: bytes, status: str) -> None:
    turns: list[Turn] = [(0, "C", asked), (50, "S", answered), (100, "C", GET), (150, "S", response(b"x"))]
    first, second = turned(tmp_path, turns)

    assert (first.status, second.status) == (status, "200")
    assert first.complete
    assert first.response is not None
    assert first.response.bytes == len(answered)


def test_servers_pauses_within_a_chunked_answer_are_its_own(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    turns: list[Turn] = [
        (0, "C", GET), (50, "S", head + chunk(b"one")), (1050, "S", chunk(b"two")), (1060, "S", chunk(b"")),
    ]  # fmt: skip
    (request,) = turned(tmp_path, turns)

    assert request.complete
    assert spent(request)["server"] == pytest.approx(1050, abs=60)
    assert request.response is not None
    assert request.response.bytes == len(head + chunk(b"one") + chunk(b"two")) + 5


@pytest.mark.parametrize(("end", "complete"), [([(120, "S", "FIN")], True), ([], False)])
def test_answer_until_close_is_whole_only_with_its_close(
    tmp_path: Path, end: list[Turn], complete: bool
) -> None:  # fmt: skip
    turns: list[Turn] = [(0, "C", GET), (50, "S", b"HTTP/1.0 200 OK\r\n\r\nabc"), (100, "S", b"def"), *end]
    (request,) = turned(tmp_path, turns)

    assert request.complete is complete
    assert request.response is not None
    assert request.response.bytes == len(b"HTTP/1.0 200 OK\r\n\r\nabcdef")


def test_answer_that_the_capture_cuts_says_so(tmp_path: Path) -> None:
    (request,) = turned(tmp_path, [(0, "C", GET), (50, "S", response(b"abc", length=1000))])

    assert (request.status, request.complete) == ("200", False)
    assert request.response is not None
    assert request.response.bytes < 100


def test_request_without_an_answer_lasts_until_the_close(tmp_path: Path) -> None:
    lines = [*OPEN, f"41 C PA 1 1 text={ASK}", f"81 S A 1 {1 + ASK_BYTES}", f"5041 C FA {1 + ASK_BYTES} 1"]
    lines += [f"5081 S FA 1 {2 + ASK_BYTES}", f"6081 C A {2 + ASK_BYTES} 2"]
    (request,) = traced(tmp_path, lines)

    assert (request.status, request.response, request.complete) == ("", None, False)
    # The server's FIN continues what had been heard of it: until then it had sent nothing.
    assert spent(request) == {"connect": 40.1, "client": 0.9, "request": 0.0, "network": 40.0, "server": 4960.0}


def test_wait_for_an_answer_that_never_came_is_nobodys_where_nothing_tells_that_it_was_not_sent(tmp_path: Path) -> None:
    asked = [*OPEN, f"41 C PA 1 1 text={ASK}"]
    heard = [*asked, f"81 S A 1 {1 + ASK_BYTES}"]
    lost = [*heard, f"5041 C FA {1 + ASK_BYTES} 1", f"5081 S FA 200 {2 + ASK_BYTES}"]
    for lines in ([*asked, f"5041 C RA {1 + ASK_BYTES} 1"], [*heard, f"5041 C RA {1 + ASK_BYTES} 1"], lost):
        (request,) = traced(tmp_path, lines)
        assert request.spent_ns(RequestPart.SERVER) == 0
        assert request.spent_ns(RequestPart.IDLE) + request.spent_ns(RequestPart.NETWORK) == 5_000_000_000


@pytest.mark.parametrize(("opening", "server_ms"), [([0, 0.4, 0.41], 0), ([0, 0.01, 0.41], 5000)])
def test_at_the_server_alone_it_is_known_what_that_sent_and_be_it_near(
    tmp_path: Path, opening: list[float], server_ms: int
) -> None:
    """The first is a capture at the client: an answer may have been lost on its way there."""
    syn, syn_ack, third = opening
    lines = [f"{syn} C S 0 0", f"{syn_ack} S SA 0 1", f"{third} C A 1 1", f"1 C PA 1 1 text={ASK}"]
    (request,) = traced(tmp_path, [*lines, f"1.01 S A 1 {1 + ASK_BYTES}", f"5001 C RA {1 + ASK_BYTES} 1"])

    assert request.spent_ns(RequestPart.SERVER) == pytest.approx(server_ms * 1_000_000, abs=1_000_000)


def test_request_whose_answer_was_not_captured_ends_where_a_later_one_is_answered(tmp_path: Path) -> None:
    turns: list[Turn] = [(0, "C", GET), (50, "S", response(b"abc")), (5000, "C", GET), (5100, "S", response(b"x"))]
    requests = turned(tmp_path, turns, missing=(3, 4))

    assert [request.status for request in requests] == ["", "200"]
    assert spent(requests[0]).get("idle", 0) == 0
    assert requests[0].duration_ns < 200_000_000


def test_answer_whose_request_was_not_captured_is_an_answer_alone(tmp_path: Path) -> None:
    path = record(
        tmp_path, [(0, "C", GET), (50, "S", response(b"abc" * 1000)), (100, "C", GET), (150, "S", response(b""))]
    )
    whole = path.read_bytes()
    session = open_file(path)
    begin = int(session.store.offset[5]) - 16
    session.close()
    path.write_bytes(whole[:24] + whole[begin:])
    alone, second = of(path)

    assert (alone.operation, alone.request, alone.status) == ("", None, "200")
    assert alone.time[RequestPart.SERVER] is None
    assert alone.time[RequestPart.RESPONSE] == alone.duration_ns
    assert second.operation == "GET /a"


def test_clock_that_goes_back_measures_nothing(tmp_path: Path) -> None:
    lines = [*OPEN, f"100 C PA 1 1 text={ASK}", f"500 S PA 1 {1 + ASK_BYTES} text={OK}"]
    lines += [f"300 C A {1 + ASK_BYTES} {1 + OK_BYTES}"]
    (request,) = traced(tmp_path, lines)

    assert request.duration_ns == 500_000_000
    assert request.time[RequestPart.IDLE] == request.duration_ns
    assert request.spent_ns(RequestPart.SERVER) == 0


def test_upgrade_is_a_request_of_websocket_and_ends_with_its_101(tmp_path: Path) -> None:
    turns: list[Turn] = [(0, "C", ASKED), (50, "S", agreed()), (100, "C", from_client(0x81, b"hi"))]
    (request,) = turned(tmp_path, turns)

    assert (request.protocol, request.status) == ("websocket", "101")
    assert request.response is not None
    assert request.response.bytes == len(agreed())


def test_mail_is_one_request_with_its_text_and_the_reply_to_it(tmp_path: Path) -> None:
    turns: list[Turn] = [
        (0, "S", b"220 mx ESMTP\r\n"), (50, "C", b"EHLO a\r\n"), (100, "S", b"250 mx\r\n"),
        (150, "C", b"AUTH PLAIN AGEAc2VjcmV0\r\n"), (200, "S", b"235 ok\r\n"),
        (250, "C", b"MAIL FROM:<a@b>\r\n"), (300, "S", b"250 ok\r\n"), (350, "C", b"RCPT TO:<c@d>\r\n"),
        (400, "S", b"250 ok\r\n"), (450, "C", b"DATA\r\n"), (500, "S", b"354 go\r\n"),
        (550, "C", b"Subject: x\r\n\r\ny\r\n.\r\n"), (900, "S", b"250 queued\r\n"), (950, "C", b"QUIT\r\n"),
        (999, "S", b"221 bye\r\n"),
    ]  # fmt: skip
    found = turned(tmp_path, turns)

    assert [(one.operation, one.status) for one in found] == [
        ("EHLO a", "250"), ("AUTH PLAIN", "235"), ("MAIL FROM:<a@b>", "250"), ("RCPT TO:<c@d>", "250"),
        ("DATA", "250"), ("QUIT", "221"),
    ]  # fmt: skip
    data = found[4]
    assert data.request is not None
    assert data.request.bytes == len(b"DATA\r\nSubject: x\r\n\r\ny\r\n.\r\n")
    assert spent(data)["server"] == pytest.approx(320, abs=1)  # 400, less two round trips of 40
    assert found[0].time[RequestPart.CONNECT] is None  # the server's greeting came first


def dns(number: int, name: str, *, answer: bool = False, code: int = 0) -> bytes:
    asked = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    message = struct.pack("!6H", number, (0x8000 if answer else 0) | code, 1, 0, 0, 0) + asked
    return struct.pack("!H", len(message)) + message


def test_dns_queries_are_paired_by_number_in_any_order(tmp_path: Path) -> None:
    one, two = dns(7, "one.example"), dns(8, "two.example")
    late, early = dns(7, "one.example", answer=True), dns(8, "two.example", answer=True, code=3)
    lines = [f"{line} sport=53" for line in OPEN]
    lines += [f"41 C PA 1 1 hex={(one + two).hex()} sport=53"]
    lines += [f"91 S PA 1 {1 + len(one + two)} hex={early.hex()} sport=53"]
    lines += [f"291 S PA {1 + len(early)} {1 + len(one + two)} hex={late.hex()} sport=53"]
    found = traced(tmp_path, lines)

    assert [(each.protocol, each.operation, each.status, each.id) for each in found] == [
        ("dns", "QUERY A one.example", "NOERROR", "7"), ("dns", "QUERY A two.example", "NXDOMAIN", "8"),
    ]  # fmt: skip
    assert spent(found[0])["server"] == pytest.approx(210, abs=1)
    assert found[0].time[RequestPart.QUEUE] is None


def test_other_protocols_have_no_requests(tmp_path: Path) -> None:
    assert traced(tmp_path, [*OPEN, "41 C PA 1 1 500", "81 S PA 1 501 500"]) == []


def test_secrets_of_a_target_are_left_out_and_the_rest_stays(tmp_path: Path) -> None:
    asked = b"GET /a?user=bob&access_token=s3cr3t&page=2 HTTP/1.1\r\nHost: h\r\n\r\n"
    (request,) = turned(tmp_path, [(0, "C", asked), (50, "S", response(b""))])

    assert request.operation == f"GET /a?user=bob&access_token={LEFT_OUT}&page=2"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("/x?apiKey=abc", f"/x?apiKey={LEFT_OUT}"),
        ("/x?api%5Fkey=abc;q=1", f"/x?api%5Fkey={LEFT_OUT};q=1"),
        ("http://bob:pw@h/x", f"http://{LEFT_OUT}@h/x"),
        ("/x?X-Amz-Signature=abc&X-Amz-Date=1", f"/x?X-Amz-Signature={LEFT_OUT}&X-Amz-Date=1"),
        ("/cb#id_token=abc", f"/cb#id_token={LEFT_OUT}"),
        ("/monkeys?keyboard=qwerty&compass=n&page=2", "/monkeys?keyboard=qwerty&compass=n&page=2"),
        ("/a@b?x=1", "/a@b?x=1"),
    ],
)
def test_parameters_are_secret_by_their_names(uri: str, shown: str) -> None:
    assert uri_without_secrets(uri) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abcdefghij", LEFT_OUT),
        ("Set-Cookie", "a=b; Path=/", LEFT_OUT),
        ("X-Api-Key", "abc", LEFT_OUT),
        ("X-CSRF-Token", "abc", LEFT_OUT),
        ("Referer", "http://h/?token=x&a=1", f"http://h/?token={LEFT_OUT}&a=1"),
        ("X-Forwarded-Header", "Basic dXNlcjpwYXNz", f"Basic {LEFT_OUT}"),
        ("Content-Type", "text/html", "text/html"),
        ("Host", "secret.example", "secret.example"),
    ],
)
def test_header_fields_are_secret_by_their_names(name: str, value: str, shown: str) -> None:
    assert header_without_secrets(name, value) == shown


@pytest.mark.parametrize(
    ("body", "kept", "gone"),
    [
        ("user=bob&password=hunter2&x=1", "user=bob", "hunter2"),
        ('{"user": "bob", "accessToken": "a\\"b", "n": 1}', '"user": "bob"', 'a\\"b'),
        ('{"password": "unfinished', '"password"', "unfinished"),
        ("<user>bob</user><Password>hunter2</Password>", "<user>bob</user>", "hunter2"),
        ("see http://bob:hunter2@h/ please", "please", "hunter2"),
    ],
)
def test_bodies_lose_what_is_named_a_secret(body: str, kept: str, gone: str) -> None:
    shown = body_without_secrets(body)
    assert kept in shown
    assert gone not in shown


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pauses=st.lists(st.sampled_from([0, 1, 45, 210, 700]), min_size=8, max_size=8),
    missing=st.sets(st.integers(1, 24), max_size=6),
    order=st.integers(0, 2),
)
def test_parts_add_up_whatever_is_missing(
    tmp_path: Path, pauses: list[int], missing: set[int], order: int
) -> None:  # fmt: skip
    post = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000
    says: list[tuple[str, bytes]] = [
        ("C", GET), ("S", response(b"y" * 3000)), ("C", post), ("S", response(b"")),
        ("C", GET + GET), ("S", response(b"1")), ("S", response(b"2")), ("C", GET),
    ]  # fmt: skip
    says = [says, says[::-1], says[4:] + says[:4]][order]
    turns: list[Turn] = []
    at = 0.0
    for pause, (who, what) in zip(pauses, says, strict=True):
        at += pause
        turns.append((at, who, what))
    for request in turned(tmp_path, turns, sorted(missing)):
        assert all(time is None or time >= 0 for time in request.time)
        assert sum(time or 0 for time in request.time) == request.duration_ns


def test_time_until_a_client_takes_its_request_back_is_not_the_clients(tmp_path: Path) -> None:
    ends = Ends()
    ends.ask(1, get("/never"))
    ends.client.reset_stream(1, 8)
    ends.carry()
    ends.ask(3, get("/begun"))
    ends.server.send_headers(3, OK2)
    ends.server.send_data(3, b"part")
    ends.carry()
    ends.client.reset_stream(3, 8)
    ends.carry()
    times = [0, 1, 2, 10, 3_010, 4_000, 5_000, 9_000]
    assert len(ends.turns) == len(times)
    turns = [(times[at], "CS"[side], data) for at, (side, data) in enumerate(ends.turns)]
    never, begun = turned(tmp_path, turns)

    assert never.status == begun.status == "RST_STREAM CANCEL"
    assert spent(never)["idle"] == 3_000.0
    assert never.request is not None
    assert never.request.first == never.request.last
    assert begun.duration_ns == 5_000_000_000
    assert spent(begun)["idle"] == 4_000.0
    assert spent(begun)["server"] == pytest.approx(960, abs=10)
    assert not spent(begun).get("client")


def test_streams_of_http2_have_times_of_their_own(tmp_path: Path) -> None:
    ends = Ends()
    ends.ask(1, get("/slow"))
    ends.ask(3, get("/quick"))
    ends.answer(3, OK2, b"now")
    ends.answer(1, OK2, b"at last")
    times = [0, 1, 2, 10, 11, 51, 411]
    assert len(ends.turns) == len(times)
    turns = [(times[at], "CS"[side], data) for at, (side, data) in enumerate(ends.turns)]
    slow, quick = turned(tmp_path, turns)

    assert [(one.protocol, one.operation, one.status, one.id) for one in (slow, quick)] == [
        ("http2", "GET /slow", "200", "1"), ("http2", "GET /quick", "200", "3"),
    ]  # fmt: skip
    assert quick.duration_ns == pytest.approx(40_000_000, abs=10_000)
    assert slow.time[RequestPart.CONNECT] is not None
    assert slow.duration_ns > 400_000_000
    for one in (slow, quick):
        assert one.time[RequestPart.QUEUE] is None
        assert sum(spent_ns or 0 for spent_ns in one.time) == one.duration_ns


def test_requests_that_were_handed_out_are_kept_by_nobody(tmp_path: Path) -> None:
    count, ends = 4_096, Ends()
    for stream in range(1, 2 * count, 2):
        ends.ask(stream, get(f"/{stream}"))
        ends.answer(stream, OK2)
    sent = [b"".join(data for one, data in ends.turns if one == side) for side in (0, 1)]
    session = open_file(record(tmp_path, [(0, "C", sent[0]), (50, "S", sent[1])], after=0))
    tracemalloc.start()
    held = [tracemalloc.get_traced_memory()[0] for _ in exchanges_with_times(session, 0)]
    tracemalloc.stop()
    session.close()

    assert len(held) == count
    assert held[0] - held[-1] > 500 * (count - 2_000), "by the last, what was known of the first ones is forgotten"


def unsealed(tmp_path: Path, turns: list[Turn]) -> list[Request]:
    """The requests of ``turns`` inside TLS whose keys are known."""
    keys = tmp_path / "keys.log"
    keys.write_text("".join(f"{label} {bytes(32).hex()} {secret.hex()}\n" for label, secret in SECRETS.items()))
    session = Session([open_source(record(tmp_path, sealed_turns(turns), after=0))], keylog=str(keys))
    session.run_here()
    try:
        return list(requests_of(session, 0))
    finally:
        session.close()


def windowed(ms: float, *, opened: bool) -> list[Turn]:
    """An answer that stops after 65,535 bytes for so long: by its window, or by itself, where that was ``opened``."""
    ends = Ends()
    ends.ask(1, get("/large"))
    turns: list[Turn] = []

    def take(at: float) -> None:
        turns.extend((at, "CS"[side], data) for side, data in ends.turns[len(turns) :])

    take(0)
    if opened:
        ends.client.increment_flow_control_window(1 << 20)
        ends.client.increment_flow_control_window(1 << 20, 1)
        ends.carry()
        take(5)
    ends.server.send_headers(1, OK2)
    for _ in range(3):
        ends.server.send_data(1, bytes(16_384))
    ends.server.send_data(1, bytes(16_383))
    ends.carry()
    take(30)
    if not opened:
        ends.client.increment_flow_control_window(1 << 20)
        ends.client.increment_flow_control_window(1 << 20, 1)
        ends.carry()
        take(30 + ms)
    for _ in range(2):
        ends.server.send_data(1, bytes(16_384))
    ends.server.end_stream(1)
    ends.carry()
    take(71 + ms)  # a round trip later
    return turns


@pytest.mark.parametrize("inside", [False, True], ids=["plain", "tls"])
def test_an_answer_that_waits_for_a_window_of_http2_waits_for_the_client(tmp_path: Path, *, inside: bool) -> None:
    read = unsealed if inside else turned
    held, not_held = (read(tmp_path, windowed(1_500, opened=opened))[0].time for opened in (False, True))

    assert held[RequestPart.CLIENT] == pytest.approx(1_541_000_000, rel=0.05)
    assert (held[RequestPart.SERVER] or 0) < 70_000_000
    assert (not_held[RequestPart.CLIENT] or 0) < 70_000_000
    assert not_held[RequestPart.SERVER] == pytest.approx(1_541_000_000, rel=0.05)
