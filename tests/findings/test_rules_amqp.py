"""`amqp-closed`: a channel, a connection, a login refused, silence behind heartbeats; and what looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import web_captures
from amqp_frames import (
    CHANNEL,
    CHANNEL_OK,
    CONFIRM,
    CONFIRM_OK,
    HEARTBEAT,
    OPEN,
    OPEN_OK,
    PROTOCOL,
    START,
    TUNE,
    ack,
    close,
    content,
    declare,
    login,
    method,
    publish,
    short,
    table,
)
from captures import ACK, PSH, Tape
from web_captures import found

from tcptui.findings.rules import amqp
from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

CLOSED = "amqp-closed"
BROKER = "192.0.2.10:5672"
CLOSE_OK = method(0, (10, 51))
CHANNEL_CLOSE_OK = method(1, (20, 41))
QOS = method(1, (60, 10), bytes(4) + b"\0\5\0")
QOS_OK = method(1, (60, 11))
CONSUME_OK = method(1, (60, 21), short("c"))


@pytest.fixture(autouse=True)
def _port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_captures, "SERVER", BROKER)


def tune_ok(heartbeat: int) -> bytes:
    return method(0, (10, 31), b"\7\xff\0\2\0\0" + heartbeat.to_bytes(2))


def opened(heartbeat: int = 0) -> list[Turn]:
    return [
        (0, "C", PROTOCOL), (10, "S", START), (20, "C", login()), (30, "S", TUNE),
        (40, "C", tune_ok(heartbeat) + OPEN), (50, "S", OPEN_OK), (60, "C", CHANNEL), (70, "S", CHANNEL_OK),
    ]  # fmt: skip


def ends(ms: float, first: str = "S", how: str = "FIN") -> list[Turn]:
    other: list[Turn] = [] if how == "RST" else [(ms + 50, "C" if first == "S" else "S", "FIN")]
    return [(ms, first, how), *other]


def consume(bits: int = 0, tag: str = "c") -> bytes:
    return method(1, (60, 20), b"\0\0", short("q"), short(tag), bytes((bits,)), table())


def deliver(tag: int, consumer: str = "c") -> bytes:
    return method(1, (60, 60), short(consumer), tag.to_bytes(8), b"\0", short(""), short("q")) + content(1, b"x")


def consumed(bits: int = 0, tag: str = "c") -> list[Turn]:
    """A consumer with four deliveries, of which it acknowledges two."""
    news = b"".join(map(deliver, range(1, 5)))
    return [
        *opened(), (80, "C", QOS), (90, "S", QOS_OK), (100, "C", consume(bits, tag)), (110, "S", CONSUME_OK + news),
        (200, "C", ack(1, 2, multiple=True)),
    ]  # fmt: skip


def said(finding: object) -> str:
    return what_happened(finding, Words(Language.EN))  # type: ignore[arg-type]


@pytest.mark.finding("amqp-closed")
@pytest.mark.parametrize(
    ("code", "words", "asked", "ids"),
    [
        (404, "NOT_FOUND - no exchange 'x' in vhost '/'", publish(1, "x", "k"), (60, 40)),
        (406, "PRECONDITION_FAILED - unknown delivery tag 9", ack(1, 9), (60, 80)),
        (405, "RESOURCE_LOCKED - cannot obtain exclusive access", declare(1, "q"), (50, 10)),
        (403, "ACCESS_REFUSED - access to queue 'q' refused", declare(1, "q", 2), (50, 10)),
    ],
)
def test_channel_that_the_broker_closes(
    tmp_path: Path, code: int, words: str, asked: bytes, ids: tuple[int, int]
) -> None:
    turns: list[Turn] = [
        *opened(),
        (100, "C", asked),
        (110, "S", close(1, code, words, ids)),
        (120, "C", CHANNEL_CLOSE_OK),
    ]
    finding = found(tmp_path, [*turns, (500, "C", close(0, 200, "bye")), (510, "S", CLOSE_OK), *ends(520, "C")])[CLOSED]

    assert (finding.facts["shape"], finding.facts["channel"]) == ("channel", 1)
    assert finding.facts["status"] == f"{code} {words.split(' - ')[0]}"
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    assert words in said(finding)
    assert str(finding.facts["method"]) in said(finding)
    assert finding.facts["asked_frame"] in finding.packets
    assert finding.facts["answer_frame"] in finding.packets


@pytest.mark.finding("amqp-closed")
@pytest.mark.parametrize(
    ("code", "words", "severity"),
    [
        (501, "FRAME_ERROR - type 1", Severity.WARNING), (504, "CHANNEL_ERROR", Severity.WARNING),
        (541, "INTERNAL_ERROR", Severity.WARNING), (320, "CONNECTION_FORCED - shutdown", Severity.NOTE),
    ],
)  # fmt: skip
def test_connection_that_the_broker_closes(tmp_path: Path, code: int, words: str, severity: Severity) -> None:
    turns: list[Turn] = [*opened(), (500, "S", close(0, code, words)), (510, "C", CLOSE_OK), *ends(520)]
    finding = found(tmp_path, turns)[CLOSED]

    assert (finding.facts["shape"], finding.severity) == ("", severity)
    assert "names the method" not in said(finding)


@pytest.mark.finding("amqp-closed")
def test_messages_without_a_confirm_make_a_planned_close_a_warning(tmp_path: Path) -> None:
    sent = publish(1, "", "q") * 3
    turns: list[Turn] = [*opened(), (80, "C", CONFIRM), (90, "S", CONFIRM_OK), (100, "C", sent), (110, "S", ack(1, 1))]
    finding = found(tmp_path, [*turns, (200, "S", close(0, 320, "CONNECTION_FORCED")), *ends(220)])[CLOSED]

    assert (finding.severity, finding.facts["unconfirmed"]) == (Severity.WARNING, 2)


@pytest.mark.finding("amqp-closed")
@pytest.mark.parametrize(("bits", "tag", "unacked"), [(0, "c", 2), (0, "", 2), (2, "c", 0), (2, "", 0)])
def test_deliveries_that_nobody_acknowledged_are_counted(tmp_path: Path, bits: int, tag: str, unacked: int) -> None:
    words = "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out"
    finding = found(tmp_path, [*consumed(bits, tag), (900, "S", close(1, 406, words)), (910, "C", CHANNEL_CLOSE_OK)])[
        CLOSED
    ]

    assert finding.facts["unacked"] == unacked
    assert ("not acknowledged by then: 2" in said(finding)) == bool(unacked)


@pytest.mark.finding("amqp-closed")
def test_counts_are_left_out_where_bytes_are_missing(tmp_path: Path) -> None:
    turns = [*consumed(), (900.0, "S", close(1, 406, "PRECONDITION_FAILED"))]
    frame = 2 * len(consumed()) - 1  # the client's acknowledgment
    assert "unacked" not in found(tmp_path, turns, (frame,))[CLOSED].facts


@pytest.mark.finding("amqp-closed")
@pytest.mark.parametrize(
    ("turns", "status"),
    [
        (opened()[:3], "403 ACCESS_REFUSED"),
        (opened()[:5], "530 NOT_ALLOWED"),
    ],
)
def test_refused_client(tmp_path: Path, turns: list[Turn], status: str) -> None:
    code, words = status.split()
    ids = (10, 40) if len(turns) > 3 else (0, 0)
    finding = found(tmp_path, [*turns, (100, "S", close(0, int(code), f"{words} - no", ids)), *ends(200)])[CLOSED]

    assert (finding.facts["shape"], finding.facts["status"]) == ("refused", status)


@pytest.mark.finding("amqp-closed")
@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_login_behind_which_the_broker_says_nothing(tmp_path: Path, how: str) -> None:
    finding = found(tmp_path, [*opened()[:3], *ends(3_000, "S", how)])[CLOSED]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "login",
        Severity.WARNING,
        Confidence.LIKELY,
    )


@pytest.mark.finding("amqp-closed")
@pytest.mark.parametrize(("ms", "how"), [(4_100, "FIN"), (6_100, "RST"), (6_900, "FIN")])
def test_client_that_was_silent_for_two_heartbeats(tmp_path: Path, ms: float, how: str) -> None:
    beat = (1_500.0, "S", HEARTBEAT)
    finding = found(tmp_path, [*opened(2), beat, *ends(ms, "S", how)])[CLOSED]

    assert (finding.facts["shape"], finding.facts["heartbeat_s"]) == ("heartbeat", 2)
    assert finding.facts["silent_s"] == pytest.approx((ms - 60) / 1_000, abs=0.1)


@pytest.mark.finding("amqp-closed")
def test_close_on_a_connection_that_began_before_the_capture(tmp_path: Path) -> None:
    tape = Tape()
    client, sent, said_bytes = "10.0.0.1:40000", 1, 1
    for ms, who, what in [
        (0, "C", publish(1, "x", "k")), (5, "S", HEARTBEAT), (9, "C", HEARTBEAT),
        (20, "S", close(1, 404, "NOT_FOUND - no exchange 'x'", (60, 40))), (25, "C", CHANNEL_CLOSE_OK),
    ]:  # fmt: skip
        ours = who == "C"
        ends_ = (client, BROKER) if ours else (BROKER, client)
        tape.tcp(ms, *ends_, PSH | ACK, sent if ours else said_bytes, said_bytes if ours else sent, what)
        sent, said_bytes = sent + len(what) * ours, said_bytes + len(what) * (not ours)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)

    assert session.severity[0] >= Severity.WARNING  # known before anybody opens the stream
    finding = next(one for one in session.findings(0) if one.id == CLOSED)
    assert (finding.facts["status"], finding.facts["method"]) == ("404 NOT_FOUND", "basic.publish")
    assert "unacked" not in finding.facts


@pytest.mark.finding("amqp-closed")
def test_text_of_the_broker_is_escaped_and_has_no_secrets(tmp_path: Path) -> None:
    words = "NOT_ALLOWED - amqp://ada:s3cret@host/x \x1b[31m"
    sentence = said(found(tmp_path, [*opened(), (500, "S", close(0, 530, words)), *ends(520)])[CLOSED])

    assert "s3cret" not in sentence
    assert "\x1b" not in sentence


@pytest.mark.finding("amqp-closed")
def test_asking_whether_a_queue_is_there_is_a_note(tmp_path: Path) -> None:
    turns: list[Turn] = [*opened(), (100, "C", declare(1, "q", 1)), (110, "S", close(1, 404, "NOT_FOUND", (50, 10)))]
    assert found(tmp_path, [*turns, (120, "C", CHANNEL_CLOSE_OK)])[CLOSED].severity is Severity.NOTE


@pytest.mark.finding("amqp-closed", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        [*opened(2), (500.0, "C", close(0, 200, "bye")), (510.0, "S", CLOSE_OK), *ends(520, "C")],
        [*opened(2), (500.0, "C", close(0, 200, "bye")), (510.0, "S", CLOSE_OK), *ends(4_700, "S", "RST")],
        [*opened(), (500.0, "C", close(1, 200, "")), (510.0, "S", CHANNEL_CLOSE_OK), *ends(520, "C")],
        [*opened(), (500.0, "S", close(0, 200, "Goodbye")), (510.0, "C", CLOSE_OK), *ends(520)],
        [*opened(2), (1_900.0, "C", HEARTBEAT), (3_800.0, "C", HEARTBEAT), *ends(5_000)],
        [*opened(2), *ends(3_000)],
        [*opened(2), *ends(40_000)],
        [*opened(0), *ends(60_000)],
        [*opened(2), *ends(4_500, "C")],
        [*opened()[:3], *ends(100, "C")],
        [*consumed(), (30_000.0, "S", deliver(5)), (30_100.0, "C", ack(1, 5))],
    ],
    ids=[
        "goodbye", "goodbye, reset later", "channel", "broker says 200", "beats", "early", "late", "no heartbeat",
        "the client", "client gives up", "long idle consumer",
    ],
)  # fmt: skip
def test_healthy_ends_are_not_told(tmp_path: Path, turns: list[Turn]) -> None:
    assert CLOSED not in found(tmp_path, turns)


@pytest.mark.finding("amqp-closed", twin=True)
def test_silence_in_which_bytes_are_missing_is_not_told(tmp_path: Path) -> None:
    beats: list[Turn] = [(1_900, "C", HEARTBEAT), (2_000, "S", HEARTBEAT)]
    assert CLOSED not in found(tmp_path, [*opened(2), *beats, *ends(4_500)], (2 * len(opened()) + 1,))


@pytest.mark.finding("amqp-closed")
def test_close_behind_thousands_of_frames_is_told(tmp_path: Path) -> None:
    beats: list[Turn] = [(100 + n, "S", HEARTBEAT * 40) for n in range(30)]
    turns = [*opened(), *beats, (500.0, "S", close(0, 541, "INTERNAL_ERROR")), *ends(520)]
    assert found(tmp_path, turns)[CLOSED].facts["status"] == "541 INTERNAL_ERROR"


@pytest.mark.finding("amqp-closed", twin=True)
def test_connection_without_a_close_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A glance at the bytes is all that a busy connection costs."""
    read: list[object] = []
    monkeypatch.setattr(amqp, "how_it_ended", read.append)
    news: list[Turn] = [(300 + n, "S", deliver(5) * 20) for n in range(20)]

    assert CLOSED not in found(tmp_path, [*consumed(), *news])
    assert read == []
