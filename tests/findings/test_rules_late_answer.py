"""Late answers in protocols that are not read: what tells a slow server from one that speaks of its own accord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.findings.annotate import needs_attention
from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


HELLO = b"\x16\x03\x01\x00\x28\x01" + b"h" * 39
SERVER_HELLO = b"\x16\x03\x03\x00\x40" + b"s" * 64
SECRET = b"\x17\x03\x03\x00\x40" + b"e" * 64
FINISHED = b"\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x35" + b"f" * 53


class Talk:
    """A connection at the client, 40 ms from its server, written turn by turn."""

    def __init__(self) -> None:
        self.lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
        self.now, self.sent = 41.0, {"C": 1, "S": 1}

    def _say(self, who: str, what: bytes) -> None:
        other = self.sent["S" if who == "C" else "C"]
        self.lines.append(f"{self.now:.1f} {who} PA {self.sent[who]} {other} hex={what.hex()}")
        self.sent[who] += len(what)

    def _acknowledge(self, who: str) -> None:
        other = "S" if who == "C" else "C"
        self.lines.append(f"{self.now:.1f} {who} A {self.sent[who]} {self.sent[other]}")

    def asks(self, what: bytes = b"q" * 80, *, acknowledged: bool = True) -> Talk:
        """The client sends, and the server's stack acknowledges it a round trip later."""
        self._say("C", what)
        self.now += 40
        if acknowledged:
            self._acknowledge("S")
        return self

    def answers(self, after_ms: float = 1.0, what: bytes = b"a" * 200) -> Talk:
        """The server sends so long after whatever came before; the client acknowledges at once."""
        self.now += after_ms
        self._say("S", what)
        self.now += 0.1
        self._acknowledge("C")
        self.now += 5
        return self

    def rests(self, ms: float) -> Talk:
        self.now += ms
        return self

    def acknowledges(self, who: str = "C") -> Talk:
        self._acknowledge(who)
        return self

    def turns(self, count: int, after_ms: float = 1.0) -> Talk:
        """So many prompt questions and answers."""
        for _ in range(count):
            self.asks().answers(after_ms)
        return self

    def closes(self) -> Talk:
        self.lines.append(f"{self.now:.1f} C FA {self.sent['C']} {self.sent['S']}")
        return self


def hello() -> Talk:
    """A TLS 1.2 handshake, without the payload of a request."""
    return Talk().asks(HELLO).answers(what=SERVER_HELLO).asks(FINISHED).answers(what=SERVER_HELLO)


def of(told: Told) -> Finding | None:
    """The finding, if it is there; a warning must be foreseen from the stream table."""
    finding = told.findings.get("server-think-time")
    if finding is not None and finding.severity is Severity.WARNING:
        assert needs_attention(told.session.streams).tolist() == [True]
    return finding


def is_loud(told: Told) -> bool:
    finding = of(told)
    return finding is not None and finding.severity is Severity.WARNING


@pytest.mark.finding("server-think-time")
def test_one_late_answer_among_prompt_ones_is_a_warning_in_any_protocol(told: Tell) -> None:
    finding = of(told(Talk().turns(3).asks().answers(10_000).closes().lines))

    assert finding is not None
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert finding.facts["shape"] == "turns"
    assert finding.facts["wait_s"] == pytest.approx(10.0, abs=0.01)
    assert finding.packets == (16, 17, 18)


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize("prompt", [0, 3])
def test_first_request_after_a_tls_handshake_that_is_answered_late_is_a_warning(told: Tell, prompt: int) -> None:
    talk = hello().turns(prompt)

    assert is_loud(told(talk.asks(SECRET).answers(10_000, SECRET).closes().lines))


@pytest.mark.finding("server-think-time")
def test_late_answer_to_a_client_hello_is_the_servers(told: Tell) -> None:
    assert is_loud(told(Talk().asks(HELLO).answers(5_000, SERVER_HELLO).asks(FINISHED).closes().lines))


@pytest.mark.finding("server-think-time")
def test_session_tickets_are_no_answer_to_the_request_behind_finished(told: Tell) -> None:
    talk = Talk().asks(HELLO).answers(what=SERVER_HELLO).asks(FINISHED + SECRET, acknowledged=False)
    finding = of(told(talk.answers(what=SECRET + SECRET).answers(10_000, SECRET).closes().lines))

    assert finding is not None
    assert (finding.severity, finding.facts["shape"]) == (Severity.WARNING, "tickets")
    assert finding.facts["wait_s"] == pytest.approx(10.0, abs=0.01)
    assert finding.packets == (8, 9, 11)


@pytest.mark.finding("server-think-time")
def test_ticket_that_crosses_the_request_is_no_answer_either(told: Tell) -> None:
    talk = Talk().asks(HELLO).answers(what=SERVER_HELLO).asks(FINISHED, acknowledged=False).answers(what=SECRET)
    finding = of(told(talk.asks(SECRET + SECRET).answers(what=SECRET).answers(4_000, SECRET).closes().lines))

    assert finding is not None
    assert (finding.severity, finding.facts["shape"]) == (Severity.WARNING, "tickets")


@pytest.mark.finding("server-think-time", twin=True)
def test_headers_that_come_at_once_and_events_later_are_no_tickets(told: Tell) -> None:
    talk = Talk().asks(HELLO).answers(what=SERVER_HELLO).asks(FINISHED + SECRET, acknowledged=False)

    assert of(told(talk.answers(what=SECRET).answers(10_000, SECRET).closes().lines)) is None


@pytest.mark.finding("server-think-time", twin=True)
def test_tickets_before_a_stream_of_events_are_followed_by_no_answer(told: Tell) -> None:
    talk = Talk().asks(HELLO).answers(what=SERVER_HELLO).asks(FINISHED + SECRET, acknowledged=False)
    talk.answers(what=SECRET + SECRET).answers(10_000, SECRET).answers(4_000, SECRET)

    assert of(told(talk.closes().lines)) is None


@pytest.mark.finding("server-think-time", twin=True)
def test_server_that_also_sends_unasked_pushes(told: Tell) -> None:
    for talk in (
        Talk().turns(3).asks().answers(10_000).answers(4_000),
        Talk().turns(1).answers(700).turns(3).asks().answers(10_000),
    ):
        assert not is_loud(told(talk.closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
def test_client_that_goes_on_without_an_answer_expected_none(told: Tell) -> None:
    talk = Talk().turns(3).asks().rests(900).asks().answers(1).asks().answers(10_000)

    assert not is_loud(told(talk.closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
def test_chat_whose_answers_are_mostly_late_is_a_chat(told: Tell) -> None:
    talk = Talk()
    for wait_ms in (4_000, 6_000, 10, 13_000, 20, 3_500):
        talk.asks().answers(wait_ms)

    assert not is_loud(told(talk.closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
def test_single_request_shows_no_alternation(told: Tell) -> None:
    assert not is_loud(told(Talk().asks().answers(10_000).closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize(("wait_ms", "tls"), [(30_000, False), (60_100, False), (24_300, True)])
def test_wait_of_a_long_poll_is_nobodys_slowness(told: Tell, wait_ms: float, tls: bool) -> None:
    talk = hello().turns(3) if tls else Talk().turns(4)

    assert not is_loud(told(talk.asks(SECRET if tls else b"q" * 80).answers(wait_ms).closes().lines))


@pytest.mark.finding("server-think-time")
def test_query_of_minutes_is_slow_where_the_bytes_are_plain(told: Tell) -> None:
    assert is_loud(told(Talk().turns(4).asks().answers(137_000).closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
def test_client_that_asks_again_and_waits_again_is_polling(told: Tell) -> None:
    talk = Talk().turns(3).asks().answers(10_000).asks().rests(9_000)
    other = "port=50000"

    assert not is_loud(told([*talk.lines, f"{talk.now} C S 0 0 {other}"]))


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize(
    "asked",
    [
        b"*3\r\n$5\r\nBLPOP\r\n$4\r\njobs\r\n$1\r\n0\r\n",
        b"*2\r\n$4\r\nwait\r\n$1\r\n1\r\n",
        b"\0\0\0\x40\xfeSMB\x40\0\0\0\0\0\0\0\x0f\0" + bytes(50),
    ],
)
def test_request_that_asks_the_server_to_wait_is_answered_as_asked(told: Tell, asked: bytes) -> None:
    assert not is_loud(told(Talk().turns(3).asks(asked).answers(10_000).closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize(
    "first",
    [
        b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"\x10\x1a\0\x04MQTT\x04\x02\0\x3c\0\x0eclient-1234567",
        b"AMQP\0\0\x09\x01",
        b"<?xml version='1.0'?><stream:stream to='a'>",
        b"NICK alice\r\n",
    ],
)
def test_late_word_in_a_protocol_that_sends_news_may_be_news(told: Tell, first: bytes) -> None:
    assert not is_loud(told(Talk().asks(first).answers().turns(3).asks().answers(10_000).closes().lines))


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize(
    "asked",
    [
        b"*3\r\n$5\r\nHGETA\r\n$4\r\njobs\r\n$1\r\n0\r\n",
        b"\0\0\0\x40\xfeSMB\x40\0\0\0\0\0\0\0\x05\0" + bytes(50),
    ],
)
def test_other_requests_of_the_same_protocols_are_not(told: Tell, asked: bytes) -> None:
    assert is_loud(told(Talk().turns(3).asks(asked).answers(10_000).closes().lines))


@pytest.mark.finding("server-think-time", twin=True)
@pytest.mark.parametrize("acknowledged_ms", [0, 4_000])
def test_request_that_was_not_acknowledged_at_once_may_have_been_held_on_the_way(
    told: Tell, acknowledged_ms: float
) -> None:
    talk = Talk().turns(3).asks(acknowledged=False)
    if acknowledged_ms:
        talk.rests(acknowledged_ms).acknowledges("S")

    assert not is_loud(told(talk.answers(10_000 - acknowledged_ms).closes().lines))
