"""Waits for the server where many requests share a connection: finding, time budget and requests say the same."""

from __future__ import annotations

import struct
from contextlib import closing
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, PSH, Tape
from http2_ends import ANSWER, CALL, OK, Timed, get, message
from sealed_records import SECRETS, sealed_turns
from web_captures import record

from tcptui.access.open_capture import view_of
from tcptui.access.requests import requests_of
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.capture.file_source import open_file
from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.model.request import RequestPart
from tcptui.protocols.http2.prefilter import STREAMS_READ
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from web_captures import Turn

    from tcptui.model.request import Request

THINK: Final = "server-think-time"
#: The round trip of these captures, which are made at the client.
RTT_MS: Final = 40
EVENTS: Final = [(":status", "200"), ("content-type", "text/event-stream")]
DONE: Final = [("grpc-status", "0")]
ONE: Final = message(b"one")


class Told:
    """What is said of the one connection that ``turns`` make, in the open or, with its keys, inside TLS."""

    def __init__(
        self, tmp_path: Path, turns: list[Turn], *, inside: bool = False, missing: tuple[int, ...] = ()
    ) -> None:
        keys = tmp_path / "keys.log"
        keys.write_text("".join(f"{label} {bytes(32).hex()} {secret.hex()}\n" for label, secret in SECRETS.items()))
        path = record(tmp_path, sealed_turns(turns) if inside else turns, missing)
        self._read(Session([open_file(path)], keylog=str(keys) if inside else None), foreseen=True)

    @classmethod
    def of(cls, session: Session, *, foreseen: bool) -> Told:
        """What is said of the one connection of ``session``."""
        told = cls.__new__(cls)
        told._read(session, foreseen=foreseen)
        return told

    def _read(self, session: Session, *, foreseen: bool) -> None:
        with closing(session):
            session.run_here()
            known = max(int(session.severity[0]), Severity.NOTE)
            found: dict[str, Finding] = {str(one.id): one for one in session.findings(0)}
            budget = time_budget(view_of(session, 0))
            requests = requests_of(session, 0)
        # What is more than a note is known before anybody opens the stream.
        assert not foreseen or all(one.severity <= known for one in found.values())
        self.found = found
        self.budget = {part: budget[part] / 1e6 for part in Part}
        self.requests: dict[str, Request] = {one.operation: one for one in requests}

    @property
    def warned(self) -> set[str]:
        """The findings above a note."""
        return {known for known, one in self.found.items() if one.severity > Severity.NOTE}

    def ms(self, operation: str, part: RequestPart) -> float:
        return self.requests[operation].spent_ns(part) / 1e6


def alone(wait_ms: float) -> list[Turn]:
    ends = Timed()
    ends.at(10).ask(1, get("/report"))
    ends.at(10 + wait_ms).answer(1, OK, b"report")
    return ends.said


def called(wait_ms: float) -> list[Turn]:
    ends = Timed()
    ends.at(10).ask(1, CALL, ONE)
    ends.at(10 + wait_ms).answer(1, ANSWER, ONE, DONE)
    return ends.said


def behind_another(wait_ms: float) -> list[Turn]:
    ends = Timed()
    ends.at(10).ask(1, get("/index"))
    ends.at(50).answer(1, OK, b"index")
    ends.at(60).ask(3, get("/report"))
    ends.at(60 + wait_ms).answer(3, OK, b"report")
    return ends.said


def among_others(wait_ms: float) -> list[Turn]:
    """While one request waits, others are asked and answered."""
    ends = Timed()
    ends.at(10).ask(1, get("/report"))
    for number in range(3):
        ends.at(100 + 300 * number).ask(3 + 2 * number, get(f"/{number}"))
        ends.at(141 + 300 * number).answer(3 + 2 * number, OK, b"page")
    ends.at(10 + wait_ms).answer(1, OK, b"report")
    return ends.said


def beside_settings(wait_ms: float) -> list[Turn]:
    """The server acknowledges and pings first, as servers do: its answer comes behind its own packet."""
    ends = Timed()
    ends.at(10).ask(1, get("/report"))
    ends.at(51).server.ping(b"12345678")
    ends.carry()
    ends.at(10 + wait_ms).answer(1, OK, b"report")
    return ends.said


SLOW: Final = [alone, behind_another, among_others, beside_settings]


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize("inside", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("talk", SLOW)
def test_slow_request_is_told_by_name_and_all_views_agree(
    tmp_path: Path, talk: Callable[[float], list[Turn]], inside: bool
) -> None:
    told = Told(tmp_path, talk(1_300), inside=inside)
    finding = told.found[THINK]

    assert told.warned == {THINK}
    assert (finding.facts["request"], finding.facts["shape"]) == ("GET /report", "http")
    assert finding.confidence is Confidence.LIKELY
    wait_ms = float(finding.facts["wait_s"]) * 1e3
    assert 1_300 - RTT_MS - 1 < wait_ms <= 1_300
    assert told.ms("GET /report", RequestPart.SERVER) == pytest.approx(wait_ms, abs=1)
    assert told.budget[Part.SERVER_THINK] > 0.9 * wait_ms
    assert told.budget[Part.SENDER] < 60


@pytest.mark.finding("server-think-time")
def test_slow_call_of_grpc_is_told_by_its_method(tmp_path: Path) -> None:
    told = Told(tmp_path, called(1_300))

    assert told.warned == {THINK}
    assert told.found[THINK].facts["request"] == "/shop.Cart/Add"


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize("talk", [*SLOW, called])
def test_request_that_is_answered_soon_is_no_trouble(tmp_path: Path, talk: Callable[[float], list[Turn]]) -> None:
    told = Told(tmp_path, talk(900))

    assert not told.warned
    assert told.found[THINK].severity is Severity.NOTE


def events(first_ms: float) -> list[Turn]:
    ends = Timed()
    ends.at(10).ask(1, get("/events"))
    ends.at(10 + first_ms).server.send_headers(1, EVENTS)
    ends.carry()
    for number in range(4):
        ends.at(2_500 + 2_000 * number).server.send_data(1, b"data: x\n\n")
        ends.carry()
    return ends.said


def streamed(first_ms: float, *, over: bool) -> list[Turn]:
    """A call that is answered by one message after the other, the first with the head."""
    ends = Timed()
    ends.at(10).ask(1, CALL, ONE)
    ends.at(10 + first_ms).server.send_headers(1, ANSWER)
    for number in range(4):
        ends.at(10 + first_ms + 2_000 * number).server.send_data(1, ONE)
        ends.carry()
    if over:
        ends.at(10 + first_ms + 8_000).server.send_headers(1, DONE, end_stream=True)
        ends.carry()
    return ends.said


def quiet_stream() -> list[Turn]:
    """A call that any number of messages may answer, and none did."""
    ends = Timed()
    ends.at(10).ask(1, CALL, ONE)
    ends.at(30_010).answer(1, [*ANSWER, *DONE])
    return ends.said


def both_ways() -> list[Turn]:
    ends = Timed()
    ends.at(10).client.send_headers(1, CALL)
    ends.client.send_data(1, ONE)
    ends.carry()
    ends.at(60).server.send_headers(1, ANSWER)
    ends.server.send_data(1, ONE)
    ends.carry()
    for number in range(3):
        ends.at(1_500 + 3_000 * number).client.send_data(1, ONE)
        ends.carry()
        ends.at(3_000 + 3_000 * number).server.send_data(1, ONE)
        ends.carry()
    return ends.said


def tunnelled() -> list[Turn]:
    ends = Timed()
    ends.at(10).client.send_headers(1, [(":method", "CONNECT"), (":authority", "far.example:443")])
    ends.carry()
    ends.at(60).server.send_headers(1, [(":status", "200")])
    ends.carry()
    for number in range(3):
        ends.at(1_500 + 3_000 * number).client.send_data(1, b"ask")
        ends.carry()
        ends.at(3_000 + 3_000 * number).server.send_data(1, b"news")
        ends.carry()
    return ends.said


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        events(50), events(2_000), streamed(50, over=True), streamed(1_500, over=True), streamed(1_500, over=False),
        quiet_stream(), both_ways(), tunnelled(),
    ],
    ids=["events", "late-events", "stream", "late-stream", "open-stream", "no-news", "both-ways", "tunnel"],
)  # fmt: skip
def test_what_waits_for_events_is_no_slow_server(tmp_path: Path, turns: list[Turn]) -> None:
    told = Told(tmp_path, turns)
    (request,) = told.requests.values()

    assert THINK not in told.found
    assert not told.warned
    assert request.spent_ns(RequestPart.SERVER) < 60e6
    assert request.spent_ns(RequestPart.IDLE) > 1e9
    assert told.budget[Part.SERVER_THINK] + told.budget[Part.SENDER] < 100
    assert told.budget[Part.ASKED_TO_WAIT] > 1_000


@pytest.mark.finding("server-think-time")
def test_slow_request_beside_a_stream_of_events_is_told(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).ask(1, get("/events"))
    ends.at(60).server.send_headers(1, EVENTS)
    ends.carry()
    ends.at(500).ask(3, get("/report"))
    for number in range(4):
        ends.at(900 + 250 * number).server.send_data(1, b"data: x\n\n")
        ends.carry()
    ends.at(1_800).answer(3, OK, b"report")
    told = Told(tmp_path, ends.said)

    assert told.found[THINK].facts["request"] == "GET /report"
    assert told.ms("GET /events", RequestPart.SERVER) < 10
    assert told.budget[Part.SERVER_THINK] > 1_200


def test_long_polls_are_a_note(tmp_path: Path) -> None:
    ends, ms = Timed(), 10.0
    for number in range(4):
        ends.at(ms).ask(2 * number + 1, get("/poll"))
        ends.at(ms + 6_000).answer(2 * number + 1, OK, b"news")
        ms += 6_050
    told = Told(tmp_path, ends.said)

    assert told.found[THINK].severity is Severity.NOTE
    assert not told.warned


@pytest.mark.finding("server-think-time", twin=True)
def test_answer_that_waited_for_its_window_is_the_clients(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).begin(1)
    ends.at(20).ask(3, get("/report"))
    ends.at(30).send(1, 65_535)
    ends.at(1_530).take(1, 65_535)
    ends.at(1_531 + RTT_MS).send(1, 34_465, end=True)
    ends.at(1_540 + RTT_MS).answer(3, OK, b"late")
    told = Told(tmp_path, ends.said)

    assert THINK not in told.found
    assert told.ms("GET /report", RequestPart.SERVER) < 100
    assert told.ms("GET /report", RequestPart.CLIENT) > 1_400
    assert told.budget[Part.FLOW_CONTROL] > 1_400
    assert told.budget[Part.SERVER_THINK] < 100


def test_client_that_pauses_between_requests_or_pings_is_no_slow_server(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).ask(1, get("/a"))
    ends.at(50).answer(1, OK, b"a")
    ends.at(2_000).client.ping(b"12345678")
    ends.carry()
    ends.at(5_000).ask(3, get("/b"))
    ends.at(5_040).answer(3, OK, b"b")
    told = Told(tmp_path, ends.said)

    assert THINK not in told.found
    assert told.budget[Part.CLIENT_THINK] == pytest.approx(3_020, abs=100)
    assert told.budget[Part.IDLE] == pytest.approx(1_950, abs=100)
    assert told.budget[Part.SENDER] < 11, "from the preface to the first request"


def test_call_that_nobody_answers_is_nobodys_though_the_client_pings(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).ask(1, CALL, ONE)
    for number in range(3):
        ends.at(2_000 + 2_000 * number).client.ping(b"12345678")
        ends.carry()
    told = Told(tmp_path, ends.said)

    assert told.budget[Part.CLIENT_THINK] < 100
    assert told.budget[Part.UNATTRIBUTED] > 5_500


@pytest.mark.finding("server-think-time", twin=True)
def test_wait_beside_missing_bytes_is_nobodys(tmp_path: Path) -> None:
    turns = among_others(1_300)
    told = Told(tmp_path, turns, missing=(2 * len(turns) - 7,))

    assert not told.warned


def test_waits_of_several_requests_at_a_time_count_once(tmp_path: Path) -> None:
    ends = Timed()
    for number in range(3):
        ends.at(10 + number).ask(2 * number + 1, get(f"/{number}"))
    for number in range(3):
        ends.at(2_010 + number).answer(2 * number + 1, OK, b"x")
    finding = Told(tmp_path, ends.said).found[THINK]

    assert finding.facts["count"] == 3
    assert float(finding.facts["total_s"]) < 2.1


def of_many(tmp_path: Path, kinds: list[tuple[str, float]]) -> Session:
    """A connection of one request each, to these servers, answered after so long."""
    tape = Tape()
    for number, (server, wait_ms) in enumerate(kinds):
        client, seq, at = f"10.0.0.{1 + number % 3}:{20_000 + number}", {"C": 1_001, "S": 9_001}, 20.0 * number
        tape.handshake(at, client, server)
        for ms, who, what in alone(wait_ms):
            one, two, other = (client, server, "S") if who == "C" else (server, client, "C")
            assert isinstance(what, bytes)
            tape.tcp(at + 100 + ms, one, two, PSH | ACK, seq[who], seq[other], what)
            seq[who] += len(what)
            tape.tcp(at + 100.05 + ms, two, one, ACK, seq[other], seq[who])
    tape.records.sort(key=itemgetter(0))
    path = tmp_path / "many.pcap"
    path.write_bytes(tape.pcap())
    session = Session([open_file(path)])
    session.run_here()
    return session


@pytest.mark.finding("slow-server")
def test_server_of_http2_that_is_slow_for_many_is_told_once(tmp_path: Path) -> None:
    slow, prompt = [("192.0.2.10:80", 1_300.0)] * 4, [("192.0.2.20:80", 60.0), ("192.0.2.21:80", 60.0)] * 3
    with closing(of_many(tmp_path, [*slow, *prompt])) as session:
        (told,) = session.diagnosis.findings

    assert (told.finding.id, told.finding.facts["server"]) == ("slow-server", "192.0.2.10")
    assert told.streams == (0, 1, 2, 3)


def test_slow_requests_behind_the_first_connections_are_known_before_they_are_opened(tmp_path: Path) -> None:
    count = STREAMS_READ + 20
    waits_ms = [60.0] * STREAMS_READ + [1_300.0] * 20
    with closing(of_many(tmp_path, [("192.0.2.10:80", wait_ms) for wait_ms in waits_ms])) as session:
        severity = session.severity[:count].tolist()

    assert [at for at, worst in enumerate(severity) if worst > Severity.NOTE] == list(range(STREAMS_READ, count))


def question(number: int, name: str, *, answers: bool = False) -> bytes:
    """A question over TCP for the address of ``name``.example, or an empty answer to it."""
    head = struct.pack("!6H", number, 0x8180 if answers else 0x0100, 1, 0, 0, 0)
    message = head + bytes((len(name),)) + name.encode() + b"\x07example\0\0\1\0\1"
    return len(message).to_bytes(2) + message


def asked_dns(tmp_path: Path, turns: list[Turn], port: int = 53) -> Told:
    path = record(tmp_path, turns, server=f"192.0.2.10:{port}")
    return Told.of(Session([open_file(path)]), foreseen=port == 53)


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize("port", [53, 5_300])
def test_slow_question_of_dns_is_told_by_its_name(tmp_path: Path, port: int) -> None:
    told = asked_dns(tmp_path, [
        (10, "C", question(1, "slow")), (20, "C", question(2, "quick")), (61, "S", question(2, "quick", answers=True)),
        (1_310, "S", question(1, "slow", answers=True)),
    ], port)  # fmt: skip
    finding = told.found[THINK]

    assert told.warned == {THINK}
    assert (finding.facts["shape"], finding.facts["request"]) == ("dns", "QUERY A slow.example")
    assert told.ms("QUERY A slow.example", RequestPart.SERVER) == pytest.approx(1_260, abs=5)


@pytest.mark.finding("server-think-time", twin=True)
def test_question_of_dns_that_is_answered_soon_is_no_trouble(tmp_path: Path) -> None:
    told = asked_dns(tmp_path, [
        (10, "C", question(1, "a")), (900, "S", question(1, "a", answers=True)), (5_000, "C", question(2, "b")),
        (5_040, "S", question(2, "b", answers=True)),
    ])  # fmt: skip

    assert not told.warned


@pytest.mark.parametrize("opens", [True, False], ids=["behind a window", "of its own accord"])
def test_answer_behind_a_window_that_nobody_knows_is_nobodys(tmp_path: Path, opens: bool) -> None:
    """The capture began later: what was left of the windows is not in it."""
    ends = Timed()
    ends.at(1).ask(1, get("/first"))
    ends.at(45).answer(1, OK, b"x")
    ends.at(60).ask(3, get("/report"))
    if opens:
        ends.at(1_570).take(0, 20_000)
    ends.at(1_620).answer(3, OK, b"late")
    path = record(tmp_path, ends.said)
    data, at = path.read_bytes(), 24
    for _ in range(8):  # the handshake, and what follows at once
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
    path.write_bytes(data[:24] + data[at:])
    with closing(Session([open_file(path)])) as session:
        session.run_here()
        report = next(one for one in requests_of(session, 0) if one.operation == "GET /report")

    assert (report.spent_ns(RequestPart.SERVER) > 1e9) is not opens
    assert (report.unsure_ns > 1e9) is opens
