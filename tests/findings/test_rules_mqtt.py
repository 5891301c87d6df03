"""`mqtt-session-ended`: refused, ended with a reason, silent for too long; and what looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mqtt_packets import (
    ACCEPTED,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    connect,
    login,
    packet,
    properties,
    puback,
    publish,
    text,
)
from web_captures import found

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

ENDED = "mqtt-session-ended"


def opened(keep_alive: int = 4, answer: bytes = ACCEPTED, version: int = 4) -> list[Turn]:
    """A session with a message."""
    asked = connect(version=version, keep_alive=keep_alive)
    said = properties() if version == 5 else b""
    return [(0, "C", asked), (10, "S", answer), (20, "C", publish("a", number=1, said=said)), (30, "S", puback(1))]


def ends(ms: float, first: str = "S") -> list[Turn]:
    return [(ms, first, "FIN"), (ms + 50, "C" if first == "S" else "S", "FIN")]


@pytest.mark.finding("mqtt-session-ended")
@pytest.mark.parametrize(
    ("version", "answer", "status"),
    [
        (4, b"\x20\2\0\5", "5 Not authorized"), (3, b"\x20\2\0\3", "3 Server unavailable"),
        (5, packet(0x20, b"\0\x86", properties(b"\x1f" + text("no"))), "134 Bad User Name or Password"),
    ],
)  # fmt: skip
def test_refused_login_is_told_with_its_code(tmp_path: Path, version: int, answer: bytes, status: str) -> None:
    asked = login("u", "p") if version != 5 else connect(version=5, flags=0xC2, more=text("u") + text("p"))
    finding = found(tmp_path, [(0, "C", asked), (10, "S", answer), *ends(20)])[ENDED]

    assert (finding.facts["shape"], finding.facts["status"]) == ("refused", status)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)


@pytest.mark.finding("mqtt-session-ended")
@pytest.mark.parametrize(
    ("code", "status", "severity"),
    [
        (0x8E, "142 Session taken over", Severity.WARNING), (0x8D, "141 Keep Alive timeout", Severity.WARNING),
        (0x95, "149 Packet too large", Severity.WARNING), (0x8B, "139 Server shutting down", Severity.NOTE),
    ],
)  # fmt: skip
def test_reason_of_a_broker_that_ends_the_session(tmp_path: Path, code: int, status: str, severity: Severity) -> None:
    answer = packet(0x20, b"\0\0", properties())
    said = [*opened(answer=answer, version=5), (500, "S", packet(0xE0, bytes((code,)))), *ends(501)]
    finding = found(tmp_path, said)[ENDED]

    assert (finding.facts["shape"], finding.facts["status"], finding.severity) == ("", status, severity)


@pytest.mark.finding("mqtt-session-ended")
def test_reason_behind_hundreds_of_packets_is_told(tmp_path: Path) -> None:
    answer = packet(0x20, b"\0\0", properties())
    news: list[Turn] = [(100 + n, "S", publish("b", b"x", said=properties()) * 40) for n in range(20)]
    turns = [*opened(answer=answer, version=5), *news, (500.0, "S", packet(0xE0, b"\x8e")), *ends(501)]

    assert found(tmp_path, turns)[ENDED].facts["status"] == "142 Session taken over"


@pytest.mark.finding("mqtt-session-ended", twin=True)
def test_farewell_behind_hundreds_of_packets_is_heard(tmp_path: Path) -> None:
    sent: list[Turn] = [(100 + n, "C", publish("b", b"x") * 40) for n in range(20)]
    assert ENDED not in found(tmp_path, [*opened(), *sent, (200, "C", DISCONNECT), *ends(7_000)])


@pytest.mark.finding("mqtt-session-ended")
@pytest.mark.parametrize("ms", [6_100, 9_000, 14_000])
def test_client_that_was_silent_for_longer_than_it_promised(tmp_path: Path, ms: float) -> None:
    news = (3_000, "S", publish("b", b"x"))
    finding = found(tmp_path, [*opened(), news, *ends(ms)])[ENDED]

    assert (finding.facts["shape"], finding.facts["keep_alive_s"]) == ("keep-alive", 4)
    assert finding.facts["silent_s"] == pytest.approx((ms - 20) / 1_000, abs=0.1)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)


@pytest.mark.finding("mqtt-session-ended")
def test_keep_alive_of_the_server_counts(tmp_path: Path) -> None:
    answer = packet(0x20, b"\0\0", properties(b"\x13\0\4"))
    assert found(tmp_path, [*opened(600, answer, 5), *ends(7_000)])[ENDED].facts["keep_alive_s"] == 4


@pytest.mark.finding("mqtt-session-ended", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        [*opened(), *ends(4_000)],
        [*opened(), *ends(40_000)],
        [*opened(0), *ends(7_000)],
        [*opened(), *ends(7_000, "C")],
        [*opened(), (3_000, "C", PINGREQ), (3_010, "S", PINGRESP), *ends(7_000)],
        [*opened(), (100, "C", DISCONNECT), *ends(7_000)],
        [*opened(), (100, "C", DISCONNECT), *ends(101)],
        [*opened()[:2], *ends(100)],
    ],
    ids=["early", "late", "no keep-alive", "the client", "pings", "farewell", "goodbye", "at once"],
)
def test_other_ends_are_not_told(tmp_path: Path, turns: list[Turn]) -> None:
    assert ENDED not in found(tmp_path, turns)


@pytest.mark.finding("mqtt-session-ended", twin=True)
def test_silence_in_which_bytes_are_missing_is_not_told(tmp_path: Path) -> None:
    turns: list[Turn] = [*opened(), (3_000, "C", PINGREQ), (3_010, "S", PINGRESP), *ends(7_000)]
    assert ENDED not in found(tmp_path, turns, (4,))


@pytest.mark.finding("mqtt-session-ended", twin=True)
def test_farewell_without_an_error_is_not_told(tmp_path: Path) -> None:
    answer = packet(0x20, b"\0\0", properties())
    assert ENDED not in found(tmp_path, [*opened(0, answer, 5), (500, "S", packet(0xE0, b"\0")), *ends(501)])
