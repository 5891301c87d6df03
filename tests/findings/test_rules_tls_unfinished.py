"""`tls-unfinished`: whose turn it was when a TLS handshake came to a halt, and near-twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, FIN, PSH, RST, Tape
from tls_bytes import (
    CHANGE,
    TLS_1_3_CHOSEN,
    certificate,
    client_hello,
    extension,
    handshake,
    record,
    server_hello,
    server_name,
)
from web_captures import CLIENT, SERVER, found

from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

ID = "tls-unfinished"
HELLO = record(22, client_hello(), 0x0301)
LONG_HELLO = record(22, client_hello(extension(51, bytes(1600))), 0x0301)
CHAIN = certificate(b"220101000000Z", b"330101000000Z", b"a.example")
FLIGHT = record(22, server_hello() + CHAIN + handshake(14, b""))
FLIGHT_13 = record(22, server_hello(TLS_1_3_CHOSEN, 0x1301)) + CHANGE + record(23, bytes(900))
KEY = record(22, handshake(16, bytes(33))) + CHANGE + record(22, bytes(40))
DATA = record(23, bytes(60))
OPENING: list[Turn] = [(0, "C", HELLO)]
SERVED: list[Turn] = [*OPENING, (30, "S", FLIGHT)]
SERVED_13: list[Turn] = [*OPENING, (30, "S", FLIGHT_13)]
GAVE_UP: list[Turn] = [(5_000, "C", "FIN"), (5_040, "S", "FIN")]
STUCK: dict[str, tuple[list[Turn], str, str, Confidence]] = {
    "server": ([*OPENING, *GAVE_UP], "silent", "ClientHello", Confidence.CERTAIN),
    "server-to-the-end": (OPENING, "silent", "ClientHello", Confidence.LIKELY),
    "client": ([*SERVED, *GAVE_UP], "client-silent", "ServerHelloDone", Confidence.CERTAIN),
    "client-13": ([*SERVED_13, *GAVE_UP], "client-silent", "ServerHello", Confidence.CERTAIN),
    "answered-too-late": (
        [*SERVED_13, (5_000, "C", "FIN"), (5_001, "S", record(23, bytes(19))), (5_002, "S", "FIN")], "client-silent",
        "ServerHello", Confidence.CERTAIN,
    ),
    "server-behind-the-key": ([*SERVED, (60, "C", KEY), *GAVE_UP], "silent", "ClientKeyExchange", Confidence.CERTAIN),
    "farewell": (
        [*OPENING, (5_000, "C", record(21, b"\x01\x00")), (5_001, "C", "FIN")], "silent", "ClientHello",
        Confidence.CERTAIN,
    ),
}  # fmt: skip


@pytest.mark.finding("tls-unfinished")
@pytest.mark.parametrize("name", STUCK)
def test_silence_is_told_by_whose_turn_it_was(tmp_path: Path, name: str) -> None:
    turns, shape, message, confidence = STUCK[name]

    finding = found(tmp_path, turns)[ID]

    assert (finding.facts["shape"], finding.facts["message"]) == (shape, message)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, confidence)
    assert 4.8 < float(finding.facts["silent_s"]) < 5.1


@pytest.mark.finding("tls-unfinished")
@pytest.mark.parametrize(("end", "shape"), [("FIN", "closed"), ("RST", "reset")])
def test_server_that_ends_instead_of_answering_is_told(tmp_path: Path, end: str, shape: str) -> None:
    finding = found(tmp_path, [*OPENING, (40, "S", end)])[ID]

    assert (finding.facts["shape"], finding.facts["answer_s"]) == (shape, pytest.approx(0.04))
    assert "tls-hello-split" not in finding.alternatives


@pytest.mark.parametrize("end", ["FIN", "RST"])
def test_hello_of_two_segments_may_be_the_reason(tmp_path: Path, end: str) -> None:
    finding = found(tmp_path, [(0, "C", LONG_HELLO), (40, "S", end)])[ID]

    assert finding.facts["segments"] == 2
    assert "tls-hello-split" in finding.alternatives


@pytest.mark.finding("tls-unfinished")
@pytest.mark.parametrize("more", [[], GAVE_UP], ids=["to-the-end", "gave-up"])
def test_hello_of_which_a_part_came_is_told_by_its_length(tmp_path: Path, more: list[Turn]) -> None:
    finding = found(tmp_path, [(0, "C", LONG_HELLO[:1400]), *more])[ID]

    assert finding.facts["shape"] == "hello-part"
    assert (finding.facts["announced"], finding.facts["arrived"]) == (len(LONG_HELLO) - 5, 1395)
    assert "tls-hello-split" in finding.alternatives


def test_client_that_names_no_host_may_be_unwanted_for_that(tmp_path: Path) -> None:
    named = record(22, client_hello(server_name(b"a.example")), 0x0301)
    told = [found(tmp_path, [(0, "C", hello), (40, "S", "RST")])[ID].alternatives for hello in (HELLO, named)]

    assert ["tls-no-server-name" in one for one in told] == [True, False]


def lost(tmp_path: Path, *, again: bool = True, ttl: int | None = None, closed_ms: int = 0) -> list[Finding]:
    """A hello that nobody acknowledges, to which a RST of another TTL comes, or to which the server closes unaware."""
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    for ms in (100, 400, 1_000, 2_200) if again else (100,):
        tape.tcp(ms, CLIENT, SERVER, PSH | ACK, 1001, 9001, HELLO)
    if ttl is not None:
        tape.tcp(120, SERVER, CLIENT, RST | ACK, 9001, 1001 + len(HELLO))
        ns, packet = tape.records[-1]
        tape.records[-1] = ns, packet[:8] + bytes([ttl]) + packet[9:]
    if closed_ms:
        tape.tcp(closed_ms, SERVER, CLIENT, FIN | ACK, 9001, 1001)
    tape.tcp(9_000, "10.0.0.9:1", "10.0.0.8:2", ACK, 1, 1)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    told = [finding for finding in session.findings(0) if str(finding.id) == ID]
    session.close()
    return told


def test_hello_that_does_not_arrive_is_the_path_s_fault(tmp_path: Path) -> None:
    (finding,) = lost(tmp_path)

    assert finding.facts["shape"] == "lost"


@pytest.mark.parametrize(("ms", "shapes"), [(6_000, ["lost"]), (2_500, [])])
def test_server_that_closes_without_having_got_the_hello_did_not_refuse_it(
    tmp_path: Path, ms: int, shapes: list[str]
) -> None:
    assert [finding.facts["shape"] for finding in lost(tmp_path, closed_ms=ms)] == shapes


@pytest.mark.parametrize(
    ("ttl", "shape"),
    [(64, "reset"), (63, "reset"), (255, "reset"), (127, "reset"), (47, "reset-elsewhere"), (250, "reset-elsewhere")],
)
def test_reset_from_another_distance_is_told_apart(tmp_path: Path, ttl: int, shape: str) -> None:
    (finding,) = lost(tmp_path, again=False, ttl=ttl)

    assert (finding.facts["shape"], finding.facts["ttl"], finding.facts["usual_ttl"]) == (shape, ttl, 64)


@pytest.mark.finding("tls-unfinished", twin=True)
def test_connection_that_the_capture_holds_no_longer_is_silent(tmp_path: Path) -> None:
    assert lost(tmp_path, again=False) == []


QUIET: dict[str, list[Turn]] = {
    "impatient": [*OPENING, (2_000, "C", "FIN"), (2_040, "S", "FIN")],
    "late": [*OPENING, (4_000, "S", FLIGHT), (4_030, "C", KEY), (4_060, "S", CHANGE + DATA), (4_090, "C", "FIN")],
    "left-behind-the-flight": [*SERVED, (60, "C", "FIN"), (90, "S", "FIN")],
    "closed-behind-the-flight": [*SERVED, (60, "S", "FIN"), (90, "C", "FIN")],
    "alert": [*OPENING, (30, "S", record(21, b"\x02\x28")), (31, "S", "FIN")],
    "warned": [*OPENING, (30, "S", record(21, b"\x01\x00")), (31, "S", "FIN")],
    "plain": [*OPENING, (30, "S", b"HTTP/1.1 400 Bad Request\r\n\r\n"), (31, "S", "FIN")],
    "finished": [*SERVED_13, (60, "C", CHANGE + DATA)],
    "done": [*SERVED, (60, "C", KEY), (90, "S", CHANGE + record(22, bytes(40)))],
    "cut-flight": [*OPENING, (30, "S", FLIGHT[:200])],
    "half-a-hello": [(0, "C", LONG_HELLO[:1400]), (2_000, "C", "FIN"), (2_040, "S", "FIN")],
    "hello-in-two-goes": [
        (0, "C", LONG_HELLO[:900]),
        (3_900, "C", LONG_HELLO[900:]),
        (3_930, "S", FLIGHT),
        (3_960, "C", KEY),
        (3_990, "S", CHANGE + DATA),
    ],
    "alert-of-the-client": [*SERVED, (60, "C", record(21, b"\x02\x30")), (61, "C", "RST")],
    "alert-behind-a-wait": [*OPENING, (5_000, "S", record(21, b"\x02\x28")), (5_001, "S", "RST")],
    "reset-behind-the-end": [*SERVED_13, (60, "C", CHANGE + DATA), (70, "C", "RST")],
    "nothing": [(0, "C", "FIN"), (40, "S", "FIN")],
}


@pytest.mark.finding("tls-unfinished", twin=True)
@pytest.mark.parametrize("name", QUIET)
def test_handshake_that_nobody_broke_off_is_silent(tmp_path: Path, name: str) -> None:
    assert ID not in found(tmp_path, QUIET[name])


@pytest.mark.finding("tls-unfinished", twin=True)
@pytest.mark.parametrize("missing", [3, 1])
def test_answer_that_was_not_captured_is_no_silence(tmp_path: Path, missing: int) -> None:
    """Of the flight, or the hello, only the acknowledgment is there."""
    assert ID not in found(tmp_path, [*SERVED, (60, "C", "FIN"), (5_000, "S", "FIN")], missing=[missing])
