"""Findings about HTTP/2 and gRPC: talks of the h2 library, written turn by turn, and near-twins of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, PSH, Tape
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from http2_ends import ANSWER, CALL, OK, PREFACE, Timed, frame, get
from sealed_records import SECRETS, sealed_turns
from web_captures import CLIENT, SERVER, found, record

from tcptui.capture.file_source import open_file as open_file_source
from tcptui.findings.rules.grpc_deadline import timeout_of
from tcptui.lessons.loader import load_case
from tcptui.model.finding import Confidence, Severity
from tcptui.protocols.http2.history import FRAMES_MOST
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from web_captures import Turn

    from tcptui.model.finding import Finding

ALL: Final = frozenset({
    "http2-flow-control", "http2-head-of-line", "http2-goaway", "http2-reset-flood", "http2-slow-stream",
    "http2-streams-limit", "grpc-deadline", "http-error-response",
})  # fmt: skip
FULL: Final = 65_535
#: The round trip of these captures, which are made at the client.
RTT_MS: Final = 40


def judged(tmp_path: Path, turns: list[Turn], *, last: str = "") -> dict[str, Finding]:
    """What is said of HTTP/2, in the open; and the same is said of it inside TLS with its keys."""
    turns = [*turns, (turns[-1][0] + 1, last, "FIN")] if last else turns
    plain, inside = (
        {known: finding for known, finding in told.items() if known in ALL}
        for told in (found(tmp_path, turns), found_inside(tmp_path, turns))
    )
    assert {known: one.facts["shape"] for known, one in inside.items()} == {
        known: one.facts["shape"] for known, one in plain.items()
    }
    return plain


def found_inside(tmp_path: Path, turns: list[Turn]) -> dict[str, Finding]:
    """What is said of ``turns`` where each is sealed in records of TLS 1.3, behind a handshake."""
    keys = tmp_path / "keys.log"
    keys.write_text("".join(f"{label} {bytes(32).hex()} {secret.hex()}\n" for label, secret in SECRETS.items()))
    session = Session([open_file_source(record(tmp_path, sealed_turns(turns)))], keylog=str(keys))
    session.run_here()
    known = max(int(session.severity[0]), Severity.NOTE)
    told = {str(finding.id): finding for finding in session.findings(0)}
    # What is more than a note is known before anybody opens the stream, as in the open.
    assert all(finding.severity <= known for finding in told.values())
    session.close()
    return told


# -- windows ---------------------------------------------------------------------------------


def held_for(ms: float) -> Timed:
    ends = Timed()
    ends.at(10).begin(1)
    ends.at(20).ask(3, get("/3"))
    ends.at(30).send(1, FULL)
    ends.at(30 + ms).take(1, FULL)
    ends.at(31 + ms + RTT_MS).send(1, 100_000 - FULL, end=True)
    ends.at(40 + ms + RTT_MS).answer(3, OK, b"late")
    return ends


@pytest.mark.finding("http2-flow-control")
def test_window_that_is_opened_late_is_told_with_its_numbers(tmp_path: Path) -> None:
    finding = judged(tmp_path, held_for(1_500).said)["http2-flow-control"]

    facts = finding.facts
    assert (facts["shape"], facts["receiver"], facts["http2_stream"], facts["target"]) == (
        "held-connection", "client", 1, "GET /1",
    )  # fmt: skip
    assert (facts["window_bytes"], facts["requests"], facts["count"]) == (FULL, 2, 1)
    assert 1.5 < float(facts["stall_s"]) < 1.55
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)
    assert len(finding.packets) == 3


@pytest.mark.finding("http2-flow-control")
def test_the_next_data_is_the_packet_with_which_the_wait_is_over() -> None:
    session = open_file(load_case("http2-flow-control").captures[0])
    facts = next(each for each in session.findings(0) if each.id == "http2-flow-control").facts
    store = session.store
    full, going = (store.row_of_frame(int(facts[fact])) for fact in ("full_frame", "next_frame"))

    assert (facts["full_frame"], facts["next_frame"]) == (73, 79)  # its DATA frame ends with packet 101
    assert int(store.time_ns[going] - store.time_ns[full]) / 1e9 == pytest.approx(float(facts["stall_s"]))


@pytest.mark.finding("http2-flow-control")
def test_window_of_one_stream_holds_up_that_stream(tmp_path: Path) -> None:
    ends = Timed()
    ends.client.increment_flow_control_window(1 << 20)
    ends.carry()
    ends.at(10).begin(1)
    ends.at(60).send(1, FULL)
    ends.at(100).ask(3, get("/3"))
    ends.at(150).answer(3, OK, b"at once")
    ends.at(900).take(1, FULL)
    ends.at(901 + RTT_MS).send(1, 100_000 - FULL, end=True)

    finding = judged(tmp_path, ends.said)["http2-flow-control"]

    assert (finding.facts["shape"], finding.severity) == ("held", Severity.NOTE)


@pytest.mark.finding("http2-flow-control")
def test_window_that_stays_closed_is_told_where_more_was_announced(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).begin(1)
    ends.at(30).send(1, FULL)

    finding = judged(tmp_path, ends.said)["http2-flow-control"]

    assert (finding.facts["shape"], finding.confidence) == ("stuck-connection", Confidence.LIKELY)
    assert float(finding.facts["stall_s"]) > 4


@pytest.mark.finding("http2-flow-control")
@pytest.mark.parametrize("size", [FULL, 30_000], ids=["breaks off", "has room"])
def test_message_of_no_announced_length_waits_where_it_breaks_off_with_the_window(tmp_path: Path, size: int) -> None:
    ends = Timed()
    ends.at(10).ask(1, get("/1"))
    ends.server.send_headers(1, OK)
    ends.carry()
    ends.at(30).send(1, size)

    assert ("http2-flow-control" in judged(tmp_path, ends.said)) == (size == FULL)


@pytest.mark.finding("http2-flow-control", twin=True)
def test_request_that_was_answered_before_its_end_waits_for_nothing(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).client.send_headers(1, CALL)
    for size in (16_384, 16_384, 16_384, 16_383):
        ends.client.send_data(1, bytes(size))
    ends.carry()
    assert "http2-flow-control" in judged(tmp_path, ends.said)

    ends.at(90).answer(1, [(":status", "413")])

    assert "http2-flow-control" not in judged(tmp_path, ends.said)


def test_packet_amid_the_frame_that_ends_a_wait_hides_nothing(tmp_path: Path) -> None:
    """As in the case of that finding without its packet 93."""
    said = held_for(1_500).said
    whole, going = [
        sum(2 * -(-len(what) // 1_400) for _, _, what in said[:upto] if isinstance(what, bytes))
        for upto in (len(said), max(at for at, turn in enumerate(said) if len(turn[2]) > 16_000))
    ]
    assert going + 10 < whole

    told = [found(tmp_path, said, (going + 1 + more,), foreseen=False) for more in (0, 8)]

    assert ["http2-flow-control" in each for each in told] == [False, True]


@pytest.mark.finding("http2-flow-control")
@pytest.mark.parametrize(("part", "told"), [(0.98, True), (0.3, False)], ids=["behind it", "before it"])
def test_packet_that_the_capture_lacks_hides_only_what_comes_behind(tmp_path: Path, part: float, told: bool) -> None:
    said = held_for(1_500).said
    frames = sum(2 * -(-len(what) // 1_400) for _, _, what in said if isinstance(what, bytes))

    missing = int(frames * part) // 2 * 2 + 1  # each segment is followed by its acknowledgment

    assert ("http2-flow-control" in found(tmp_path, said, (missing,), foreseen=False)) == told


@pytest.mark.finding("http2-flow-control", twin=True)
@pytest.mark.parametrize("kind", ["short", "ended", "server", "late-sender", "no-more", "elsewhere"])
def test_window_that_nobody_waited_for_is_silent(tmp_path: Path, kind: str) -> None:
    ends = held_for(80 if kind == "short" else 1_500)
    if kind != "short":
        ends = Timed()
        ends.at(10).begin(
            1, {"server": FULL + 20_000, "late-sender": FULL + 20_000, "elsewhere": 60_000}.get(kind, FULL)
        )
    if kind == "ended":
        ends.at(30).send(1, FULL, end=True)
    elif kind == "no-more":
        ends.at(30).send(1, FULL)
    elif kind == "server":
        ends.at(30).send(1, FULL - 1)
        ends.at(1_500).take(1, FULL)
        ends.at(1_501 + RTT_MS).send(1, 20_001, end=True)
    elif kind == "late-sender":
        ends.at(30).send(1, FULL)
        ends.at(50).take(1, FULL)
        ends.at(1_500).send(1, 20_000, end=True)
    elif kind == "elsewhere":
        ends.at(30).send(1, 40_000)
        ends.at(1_500).send(1, 20_000, end=True)

    assert "http2-flow-control" not in judged(tmp_path, ends.said)


def taken_back() -> Timed:
    """From 30 ms on the window of the connection is used up, by a request that was then taken back."""
    ends = Timed()
    ends.at(10).begin(1)
    ends.at(30).send(1, FULL)
    ends.at(60).client.reset_stream(1, ErrorCodes.CANCEL)
    ends.carry()
    return ends


@pytest.mark.finding("http2-flow-control")
@pytest.mark.parametrize("asked_ms", [100, 700, 1_100])
def test_wait_begins_when_what_waits_is_asked_for(tmp_path: Path, asked_ms: float) -> None:
    """The window is closed from 30 ms to 1.5 s, but behind a request that was taken back nobody wants any of it."""
    ends = taken_back()
    ends.at(asked_ms).ask(3, get("/3"))
    ends.at(1_500).take(0, FULL)
    ends.at(1_501 + RTT_MS).answer(3, OK, b"here")

    finding = judged(tmp_path, ends.said)["http2-flow-control"]

    waited = (1_501 + RTT_MS - asked_ms) / 1e3
    assert (finding.facts["shape"], finding.facts["requests"]) == ("held-connection", 1)
    assert float(finding.facts["stall_s"]) == pytest.approx(waited, abs=0.01)
    assert float(finding.facts["total_s"]) == pytest.approx(waited, abs=0.01)


@pytest.mark.finding("http2-flow-control", twin=True)
@pytest.mark.parametrize("window", [0, 1], ids=["connection", "stream"])
def test_window_of_the_client_that_no_upload_needs_is_silent(tmp_path: Path, window: int) -> None:
    """Uploads used it up to the byte and were over; what was under way until it was opened only waited for answers."""
    ends = Timed()
    if window:
        ends.server.increment_flow_control_window(1 << 20)
        ends.carry()
    ends.at(10).client.send_headers(1, get("/up"))
    for at in range(0, FULL, 16_384):
        part = min(16_384, FULL - at)
        ends.client.send_data(1, bytes(part), end_stream=at + part == FULL)
    ends.carry()
    ends.at(40).ask(3, get("/slow"))
    ends.at(1_500).server.increment_flow_control_window(FULL)
    ends.carry()
    ends.at(1_505).ask(5, get("/more"), b"uploaded")
    for stream in (3, 1, 5):
        ends.at(1_600).answer(stream, OK, b"at last")

    assert "http2-flow-control" not in judged(tmp_path, ends.said)


@pytest.mark.finding("http2-flow-control", twin=True)
@pytest.mark.parametrize("again_ms", [1_450, 1_520], ids=["asked-just-before", "asked-afterwards"])
def test_window_that_is_closed_while_nothing_is_wanted_is_silent(tmp_path: Path, again_ms: float) -> None:
    """The only request was taken back at once, and the next one came shortly before, or behind, the credit."""
    ends = taken_back()
    for ms in sorted((1_500, again_ms)):
        if ms == again_ms:
            ends.at(ms).ask(3, get("/3"))
        else:
            ends.at(ms).take(0, FULL)
    ends.at(1_500 + 1.5 * RTT_MS).answer(3, OK, b"here")

    assert judged(tmp_path, ends.said) == {}


@pytest.mark.finding("http2-flow-control", twin=True)
@pytest.mark.parametrize("kind", ["opened-in-time", "empty-end", "trailers"])
def test_pause_behind_a_window_that_held_nothing_back_is_silent(tmp_path: Path, kind: str) -> None:
    ends = Timed()
    ends.at(10).begin(1, FULL + 20_000 if kind == "opened-in-time" else FULL)
    ends.at(30).send(1, FULL - 1_000 if kind == "opened-in-time" else FULL)
    if kind == "opened-in-time":
        ends.at(60).take(1, FULL)
        ends.at(1_500).send(1, 21_000, end=True)
    elif kind == "empty-end":
        ends.at(1_500).server.end_stream(1)
        ends.carry()
    else:
        ends.at(1_500).server.send_headers(1, [("x-check", "done")], end_stream=True)
        ends.carry()

    assert judged(tmp_path, ends.said) == {}


def test_frames_beyond_the_window_refute_it(tmp_path: Path) -> None:
    data = frame(0, 0, 1, bytes(16_384)) * 3 + frame(0, 0, 1, bytes(16_383))
    head = [(0.0, "C", PREFACE + frame(4, 0, 0) + frame(1, 5, 1, b"\x82\x84\x86")), (1.0, "S", frame(4, 0, 0))]
    turns: list[Turn] = [
        *head, (10.0, "S", frame(1, 4, 1, b"\x88") + data), (20.0, "S", frame(0, 0, 1, b"too much")),
        (1_500.0, "C", frame(8, 0, 0, b"\0\1\0\0") + frame(8, 0, 1, b"\0\1\0\0")),
        (1_501.0, "S", frame(0, 1, 1, b"rest")),
    ]  # fmt: skip

    assert judged(tmp_path, turns) == {}


# -- good-byes -------------------------------------------------------------------------------


def goaway(code: ErrorCodes, last: int, debug: bytes = b"") -> bytes:
    return frame(7, 0, 0, last.to_bytes(4) + int(code).to_bytes(4) + debug)


def asked(count: int, answered: int) -> Timed:
    ends = Timed()
    for number in range(count):
        ends.at(10 + number).ask(2 * number + 1, get(f"/{number}"))
    for number in range(answered):
        ends.at(100 + number).answer(2 * number + 1, OK, b"here")
    return ends


@pytest.mark.finding("http2-goaway")
@pytest.mark.parametrize(
    ("code", "last", "debug", "shape", "severity"),
    [
        (ErrorCodes.PROTOCOL_ERROR, 7, b"", "error", Severity.WARNING),
        (ErrorCodes.INTERNAL_ERROR, 7, b"bad", "error-debug", Severity.WARNING),
        (ErrorCodes.ENHANCE_YOUR_CALM, 7, b"too_many_pings", "calm-debug", Severity.WARNING),
        (ErrorCodes.NO_ERROR, 3, b"", "refused", Severity.NOTE),
        (ErrorCodes.NO_ERROR, 7, b"", "cut", Severity.WARNING),
    ],
)
def test_goaway_is_told_with_what_it_cost(
    tmp_path: Path, code: ErrorCodes, last: int, debug: bytes, shape: str, severity: Severity
) -> None:
    turns: list[Turn] = [*asked(4, 2).said, (200.0, "S", goaway(code, last, debug))]

    finding = judged(tmp_path, turns, last="S")["http2-goaway"]

    facts = finding.facts
    assert (facts["shape"], facts["sender"], facts["code"]) == (shape, "server", code.name)
    assert (facts["requests"], facts["answered"]) == (4, 2)
    assert (facts["beyond"], facts["cut"]) == ((2, 0) if last == 3 else (0, 2))
    assert (finding.severity, finding.confidence) == (severity, Confidence.CERTAIN)


def test_debug_text_is_made_safe(tmp_path: Path) -> None:
    turns: list[Turn] = [*asked(1, 1).said, (200.0, "S", goaway(ErrorCodes.PROTOCOL_ERROR, 1, b"\x1b[2J" + b"x" * 99))]

    told = str(judged(tmp_path, turns)["http2-goaway"].facts["debug"])

    assert "\x1b" not in told
    assert len(told) <= 40


@pytest.mark.finding("http2-goaway", twin=True)
@pytest.mark.parametrize("who", ["C", "S"])
def test_good_bye_behind_all_answers_is_silent(tmp_path: Path, who: str) -> None:
    turns: list[Turn] = [*asked(4, 4).said, (200.0, who, goaway(ErrorCodes.NO_ERROR, 7 if who == "S" else 0))]

    assert judged(tmp_path, turns, last=who) == {}


@pytest.mark.finding("http2-goaway", twin=True)
def test_client_that_leaves_wants_nothing_more(tmp_path: Path) -> None:
    assert judged(tmp_path, [*asked(4, 2).said, (200.0, "C", goaway(ErrorCodes.NO_ERROR, 0))], last="C") == {}


@pytest.mark.finding("http2-goaway", twin=True)
@pytest.mark.parametrize("kind", ["announced-twice", "answered-afterwards", "taken-back"])
def test_good_bye_that_costs_no_request_is_silent(tmp_path: Path, kind: str) -> None:
    if kind == "taken-back":
        ends = asked(3, 2)
        ends.at(180).client.reset_stream(5, ErrorCodes.CANCEL)
        ends.carry()
        turns: list[Turn] = [*ends.said, (220.0, "S", goaway(ErrorCodes.NO_ERROR, 5))]
    elif kind == "announced-twice":
        turns = [
            *asked(4, 4).said,
            (200.0, "S", goaway(ErrorCodes.NO_ERROR, (1 << 31) - 1)), (260.0, "S", goaway(ErrorCodes.NO_ERROR, 7)),
        ]  # fmt: skip
    else:
        said = asked(4, 4).said
        behind = next(at for at, turn in enumerate(said) if turn[0] >= 102)
        turns = [*said[:behind], (101.5, "S", goaway(ErrorCodes.NO_ERROR, 7)), *said[behind:]]

    assert judged(tmp_path, turns, last="S") == {}


# -- resets ----------------------------------------------------------------------------------


def resets(count: int, apart_ms: float, code: ErrorCodes, side: int = 0, others: int = 0) -> list[Turn]:
    ends = Timed()
    for number in range(others):
        ends.at(10 + number).ask(2 * number + 1, get("/fine"))
        ends.answer(2 * number + 1, OK, b"fine")
    for number in range(others, others + count):
        ends.at(300 + number * apart_ms).ask(2 * number + 1, get(f"/{number}"))
        (ends.server if side else ends.client).reset_stream(2 * number + 1, code)
        ends.carry()
    return ends.said


@pytest.mark.finding("http2-reset-flood")
@pytest.mark.parametrize(
    ("side", "code", "shape"),
    [(0, ErrorCodes.CANCEL, ""), (1, ErrorCodes.INTERNAL_ERROR, "server"), (1, ErrorCodes.REFUSED_STREAM, "refused")],
)
def test_flood_of_resets_is_counted(tmp_path: Path, side: int, code: ErrorCodes, shape: str) -> None:
    turns = resets(80, 5, code, side)
    if code is ErrorCodes.REFUSED_STREAM:  # a server that announces no limit
        turns[0] = (0.0, "C", turns[0][2])
        turns = [turns[0], (0.0, "S", frame(4, 0, 0) + frame(4, 1, 0)), *turns[2:]]

    finding = judged(tmp_path, turns)["http2-reset-flood"]

    facts = finding.facts
    assert (facts["shape"], facts["count"], facts["requests"]) == (shape, 80, 80)
    assert (facts["rate"], facts["code"], facts["of_code"]) == (80, code.name, 80)
    assert finding.severity is Severity.WARNING


@pytest.mark.finding("http2-reset-flood", twin=True)
@pytest.mark.parametrize(
    "turns",
    [resets(40, 5, ErrorCodes.CANCEL), resets(80, 40, ErrorCodes.CANCEL), resets(60, 5, ErrorCodes.CANCEL, 0, 70)],
    ids=["few", "slow", "among-others"],
)
def test_requests_that_are_taken_back_now_and_then_are_silent(tmp_path: Path, turns: list[Turn]) -> None:
    assert judged(tmp_path, turns) == {}


# -- how many at a time ----------------------------------------------------------------------


def in_turns(count: int, at_a_time: int, limit: int, ms: float = 60, pause: float = 1) -> list[Turn]:
    """Requests that take each place as soon as it is free; every answer takes ``ms``."""
    ends = Timed()
    ends.server.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: limit})
    ends.carry()
    # The first SETTINGS of the library have a limit of their own.
    first = next(at for at, turn in enumerate(ends.said) if turn[1] == "S")
    ends.said[first:] = [(0.0, "S", frame(4, 0, 0, b"\0\3" + limit.to_bytes(4)))]
    for number in range(count):
        stream, before = 2 * number + 1, 2 * (number - at_a_time) + 1
        if before > 0:
            ends.at(100 + (number // at_a_time) * ms).answer(before, OK, b"page")
            ends.at(ends.ms + pause)
        else:
            ends.at(100)
        ends.ask(stream, get(f"/{number}"))
    return ends.said


@pytest.mark.finding("http2-streams-limit")
@pytest.mark.parametrize("pause", [1, 0.07], ids=["slowly", "sooner than in the handshake"])
def test_limit_that_is_always_reached_is_told(tmp_path: Path, pause: float) -> None:
    finding = judged(tmp_path, in_turns(40, 4, 4, pause=pause))["http2-streams-limit"]

    facts = finding.facts
    assert (facts["shape"], facts["limit"], facts["queued"], facts["requests"]) == ("", 4, 36, 40)
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.LIKELY)
    assert 0.4 < float(facts["full_s"]) < 0.6


@pytest.mark.finding("http2-streams-limit", twin=True)
@pytest.mark.parametrize(
    "turns",
    [in_turns(40, 3, 4), in_turns(40, 4, 100), in_turns(40, 4, 4, ms=200, pause=150), in_turns(7, 4, 4)],
    ids=["never-reached", "own-limit", "not-at-once", "few"],
)
def test_client_that_does_not_wait_for_a_place_is_silent(tmp_path: Path, turns: list[Turn]) -> None:
    assert "http2-streams-limit" not in judged(tmp_path, turns)


@pytest.mark.finding("http2-streams-limit")
def test_requests_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    turns = resets(30, 1, ErrorCodes.REFUSED_STREAM, 1)

    finding = judged(tmp_path, turns)["http2-streams-limit"]

    assert (finding.facts["shape"], finding.facts["refused"], finding.facts["limit"]) == ("refused", 30, 100)


# -- slow answers ----------------------------------------------------------------------------


def answered_after(*waits_ms: float) -> list[Turn]:
    ends = Timed()
    events: list[tuple[float, int, int]] = []
    for number, wait in enumerate(waits_ms):
        events += [(10.0 + 20 * number, number, 0), (10.0 + 20 * number + wait, number, 1)]
    for ms, number, answers in sorted(events):
        if answers:
            ends.at(ms).answer(2 * number + 1, OK, b"report")
        else:
            ends.at(ms).ask(2 * number + 1, get(f"/{number}"))
    return ends.said


@pytest.mark.finding("http2-slow-stream")
def test_one_slow_request_is_told_from_all(tmp_path: Path) -> None:
    one = judged(tmp_path, answered_after(30, 30, 2_000, 30, 30, 30))["http2-slow-stream"]
    every = judged(tmp_path, answered_after(2_000, 1_500, 2_500, 1_200, 1_900, 30))["http2-slow-stream"]

    assert (one.facts["shape"], one.facts["target"], one.facts["meanwhile"]) == ("", "GET /2", 4)
    assert 1.9 < float(one.facts["wait_s"]) < 2.01
    assert (every.facts["shape"], every.facts["count"], every.facts["requests"]) == ("all", 5, 6)


def test_requests_that_wait_for_news_are_no_warning(tmp_path: Path) -> None:
    finding = judged(tmp_path, answered_after(*[6_000] * 3, *[30] * 12))["http2-slow-stream"]

    assert (finding.facts["count"], finding.severity) == (3, Severity.NOTE)


@pytest.mark.finding("http2-slow-stream", twin=True)
@pytest.mark.parametrize(
    "waits",
    [(30, 30, 900, 30, 30), (2_000, 30, 30), (2_000, 2_000, 2_000, 30, 30, 30), (300, 300, 1_100, 300, 300)],
    ids=["short", "few-requests", "half", "all-alike"],
)
def test_waits_that_tell_nothing_are_silent(tmp_path: Path, waits: tuple[float, ...]) -> None:
    assert judged(tmp_path, answered_after(*waits)) == {}


# -- gRPC ------------------------------------------------------------------------------------


def called(timeout: str, *, end: str, ms: float, other: bool = True) -> list[Turn]:
    ends = Timed()
    more = [("grpc-timeout", timeout)] if timeout else []
    ends.at(10).ask(1, [*CALL, *more], b"\0\0\0\0\0")
    if other:
        ends.at(60).ask(3, CALL, b"\0\0\0\0\0")
        ends.at(80).answer(3, ANSWER, b"\0\0\0\0\0", [("grpc-status", "0")])
    ends.at(10 + ms)
    if end == "status":
        ends.answer(1, ANSWER, trailers=[("grpc-status", "4")])
    elif end == "ok":
        ends.answer(1, ANSWER, b"\0\0\0\0\0", [("grpc-status", "0")])
    else:
        ends.client.reset_stream(1, ErrorCodes.CANCEL)
        ends.carry()
    return ends.said


@pytest.mark.finding("grpc-deadline")
@pytest.mark.parametrize(
    ("timeout", "end", "ms", "other", "shape", "confidence"),
    [
        ("500m", "reset", 502, True, "alone", Confidence.LIKELY),
        ("500m", "reset", 502, False, "", Confidence.LIKELY),
        ("500m", "status", 503, True, "told-alone", Confidence.CERTAIN),
        ("500m", "status", 503, False, "told", Confidence.CERTAIN),
        ("5S", "status", 300, True, "told-only", Confidence.CERTAIN),
        ("", "status", 300, True, "told-only", Confidence.CERTAIN),
    ],
)
def test_call_whose_time_ran_out_is_told(
    tmp_path: Path, timeout: str, end: str, ms: float, other: bool, shape: str, confidence: Confidence
) -> None:
    finding = judged(tmp_path, called(timeout, end=end, ms=ms, other=other))["grpc-deadline"]

    facts = finding.facts
    assert (facts["shape"], facts["target"], facts["count"]) == (shape, "/shop.Cart/Add", 1)
    assert float(facts["timeout_s"]) == timeout_of(timeout) / 1e9
    assert abs(float(facts["waited_s"]) * 1000 - ms) < 2
    assert (finding.severity, finding.confidence) == (Severity.WARNING, confidence)


@pytest.mark.finding("grpc-deadline", twin=True)
@pytest.mark.parametrize(
    ("timeout", "end", "ms"),
    [
        ("2S", "reset", 500),
        ("", "reset", 500),
        ("500m", "ok", 480),
        ("junk", "reset", 500),
        ("500m", "reset", 420),
        ("500m", "reset", 1_900),
        ("500m", "ok", 520),
    ],
)
def test_call_that_ended_otherwise_is_silent(tmp_path: Path, timeout: str, end: str, ms: float) -> None:
    assert judged(tmp_path, called(timeout, end=end, ms=ms)) == {}


@pytest.mark.parametrize(
    ("text", "ns"),
    [("1H", 3_600 * 10**9), ("2M", 120 * 10**9), ("3S", 3 * 10**9), ("4m", 4 * 10**6), ("5u", 5_000), ("6n", 6),
     ("", 0), ("123456789S", 0), ("1s", 0), ("-1S", 0), ("\u0661S", 0)],
)  # fmt: skip
def test_timeouts_are_read_as_grpc_writes_them(text: str, ns: int) -> None:
    assert timeout_of(text) == ns


# -- loss ------------------------------------------------------------------------------------


def lossy(tmp_path: Path, streams: int, lost: int = 3, ms: float = 300) -> Path:
    """Answers that take turns, of which one segment is missing for so long; the client acknowledges what it has."""
    ends = Timed()
    for number in range(streams):
        ends.ask(2 * number + 1, get(f"/{number}"))
        ends.server.send_headers(2 * number + 1, OK)
    for turn in range(3):
        for number in range(streams):
            ends.server.send_data(2 * number + 1, bytes(1_300), end_stream=turn == 2)
    ends.carry()
    asked = b"".join(data for side, data in ends.turns if not side)
    answered = b"".join(data for side, data in ends.turns if side)
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    tape.tcp(110, CLIENT, SERVER, PSH | ACK, 1001, 9001, asked)
    own, parts = 1001 + len(asked), range(0, len(answered), 1_400)
    for place, at in enumerate(parts):
        if place != lost:
            tape.tcp(150 + place, SERVER, CLIENT, PSH | ACK, 9001 + at, own, answered[at : at + 1_400])
            tape.tcp(150.1 + place, CLIENT, SERVER, ACK, own, 9001 + (at + 1_400 if place < lost else lost * 1_400))
    if lost < len(parts):
        at = lost * 1_400
        tape.tcp(150 + ms, SERVER, CLIENT, PSH | ACK, 9001 + at, own, answered[at : at + 1_400])
        tape.tcp(150.1 + ms, CLIENT, SERVER, ACK, own, 9001 + len(answered))
    path = tmp_path / "lossy.pcap"
    path.write_bytes(tape.pcap())
    return path


def of_capture(path: Path) -> dict[str, Finding]:
    session = open_file(path)
    findings = {str(finding.id): finding for finding in session.findings(0) if finding.id in ALL}
    session.close()
    return findings


@pytest.mark.finding("http2-head-of-line")
def test_streams_behind_a_lost_segment_are_told_with_their_wait(tmp_path: Path) -> None:
    finding = of_capture(lossy(tmp_path, 4))["http2-head-of-line"]

    facts = finding.facts
    assert (facts["shape"], facts["sender"], facts["receiver"], facts["waiting"]) == ("", "server", "client", 2)
    assert facts["lost_stream"] != facts["waiting_stream"]
    assert 0.28 < float(facts["waited_s"]) < 0.3
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)
    assert of_capture(lossy(tmp_path, 4, ms=1_200))["http2-head-of-line"].severity is Severity.WARNING


@pytest.mark.finding("http2-head-of-line", twin=True)
@pytest.mark.parametrize(
    ("streams", "lost", "ms"),
    [(1, 1, 300), (4, 3, 60), (4, 99, 0), (2, 5, 400), (4, 11, 400)],
    ids=["alone", "short", "none", "last-of-two", "last-of-four"],
)
def test_loss_for_which_nobody_else_waits_is_silent(tmp_path: Path, streams: int, lost: int, ms: float) -> None:
    assert of_capture(lossy(tmp_path, streams, lost, ms)) == {}


def test_more_frames_than_are_read_make_no_finding_about_what_is_missing(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).begin(1)
    turns: list[Turn] = [*ends.said, (20.0, "S", frame(6, 0, 0, bytes(8)) * (FRAMES_MOST + 10))]
    turns += [(30.0, "S", b"".join(frame(0, 0, 1, bytes(16_384)) for _ in range(3)))]

    assert judged(tmp_path, turns) == {}


# -- an abort behind it ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["answered", "asked", "half", "reset"])
@pytest.mark.parametrize("inside", [False, True])
def test_abort_behind_a_ping_leaves_nobody_unanswered_where_all_was_answered(
    tmp_path: Path, kind: str, inside: bool
) -> None:
    """What a client says last is seldom a request: it acknowledges, opens windows, asks whether the server is alive."""
    ends = Timed()
    ends.at(10).ask(1, CALL, b"question")
    if kind != "asked":
        ends.at(20).server.send_headers(1, ANSWER)
        ends.server.send_data(1, b"answer")
        ends.carry()
    if kind == "answered":
        ends.server.send_headers(1, [("grpc-status", "0")], end_stream=True)
    elif kind == "reset":
        ends.client.reset_stream(1, ErrorCodes.CANCEL)
    ends.carry()
    ends.at(30).client.ping(b"12345678")
    ends.server.clear_outbound_data_buffer()
    ends.carry()
    turns: list[Turn] = [*ends.said[:-1], (500.0, "S", "RST")]

    told = found_inside(tmp_path, turns) if inside else every(tmp_path, turns)
    shape = told["rst-abortive-close"].facts["shape"]

    assert shape == ("all-acknowledged" if kind in ("answered", "reset") else "unanswered")


def every(tmp_path: Path, turns: list[Turn]) -> dict[str, Finding]:
    session = open_file(record(tmp_path, turns))
    told = {str(finding.id): finding for finding in session.findings(0)}
    session.close()
    return told


# -- statuses --------------------------------------------------------------------------------


@pytest.mark.finding("http-error-response")
def test_error_statuses_are_told_as_in_http_1_the_gravest_first(tmp_path: Path) -> None:
    ends = Timed()
    ends.at(10).ask(1, get("/page"))
    ends.at(50).answer(1, OK, b"page")
    ends.at(60).ask(3, get("/none"))
    ends.at(100).answer(3, [(":status", "404")])
    ends.at(110).ask(5, get("/broken?token=hidden"))
    ends.at(190).answer(5, [(":status", "503"), ("server", "proxy/1")], b"gone")
    finding = judged(tmp_path, ends.said)["http-error-response"]
    facts = finding.facts

    assert (finding.severity, finding.confidence, facts["shape"]) == (Severity.WARNING, Confidence.CERTAIN, "server")
    assert (facts["status"], facts["statuses"]) == ("503 Service Unavailable", "404 ×1, 503 ×1")
    assert (facts["count"], facts["responses"], facts["software"]) == (2, 3, "proxy/1")
    assert "hidden" not in str(facts["target"])
    assert facts["wait_s"] == pytest.approx(0.08, abs=0.002)
    assert {facts["request_frame"], facts["first_frame"]} <= set(finding.packets)


@pytest.mark.parametrize(("status", "told"), [("200", None), ("304", None), ("401", Severity.NOTE), ("<x>", None)])
def test_statuses_that_are_no_errors_are_not_told(tmp_path: Path, status: str, told: Severity | None) -> None:
    ends = Timed()
    ends.at(10).ask(1, get("/page"))
    ends.at(50).answer(1, [(":status", status)])
    finding = judged(tmp_path, ends.said).get("http-error-response")

    assert (None if finding is None else finding.severity) == told


def test_all_connections_with_a_status_of_500_are_in_trouble() -> None:
    """The same four pages over HTTP/1 and HTTP/2, inside TLS with its keys."""
    session = open_file(Path(__file__).parents[1] / "protocols/tls/captures_keys/web.pcapng.gz")
    told = {
        stream: finding.facts["statuses"]
        for stream in range(session.streams.count)
        for finding in session.findings(stream)
        if str(finding.id) == "http-error-response"
    }
    assert told == {**dict.fromkeys(range(4), "404 ×1, 500 ×1"), 4: "405 ×1"}
    assert [int(session.severity[stream]) for stream in range(5)] == [Severity.WARNING] * 4 + [Severity.NOTE]
