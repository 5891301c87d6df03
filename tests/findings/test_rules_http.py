"""Rules of the application family: each with its near-twin, random amounts, and silence where bytes are missing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest
from web_captures import (
    GET,
    Turn,
    chunk,
    closed,
    found,
    record,
    response,
)

from tcptui.findings import facts
from tcptui.findings.rules import http as application
from tcptui.model.finding import Confidence, Severity
from tcptui.protocols.http import prefilter as screening
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_short, what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEEDS: Final = (1, 2, 3)


# -- a newline in a header value ------------------------------------------------------------


def broken_post(value: str, after: Sequence[str], body: str) -> bytes:
    lines = ["POST /order HTTP/1.1", "Host: a.example", f"Authorization: Bearer {value}", *after]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode()


REFUSED: Final = response(b"no\n", "Server: demo", status="400 Bad Request")


@pytest.mark.finding("http-header-injected-newline")
@pytest.mark.finding("http-error-response", twin=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_newline_that_ends_a_header_is_named_with_its_byte(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    value = "x" * chance.randint(5, 90)
    after = ["X-Tenant: blue", "Content-Type: application/json", "Accept: */*"][: chance.randint(1, 3)]
    asked = broken_post(value + "\n", after, "{" + "y" * chance.randint(1, 300) + "}")
    turns = [(0, "C", asked), (30, "S", response(b"ok\n")), (31, "S", REFUSED)]
    findings = found(tmp_path, closed(turns))
    newline = findings.pop("http-header-injected-newline")

    assert findings == {}  # the 400 and the length are told with it
    assert (newline.severity, newline.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert newline.facts["line_seq"] == asked.index(b"\n\r\n")
    assert newline.facts["swallowed"] == len(after) + 1
    assert newline.facts["field"] == "Authorization"
    assert newline.packets[0] == newline.facts["first_frame"] == 4


@pytest.mark.finding("http-error-response")
@pytest.mark.finding("http-header-injected-newline", twin=True)
def test_newline_in_the_middle_of_a_value_is_another_story(tmp_path: Path) -> None:
    asked = broken_post("abc\ndef", ["Accept: */*"], "{}")
    findings = found(tmp_path, closed([(0, "C", asked), (30, "S", REFUSED)]))

    assert set(findings) == {"http-error-response"}
    error = findings["http-error-response"]
    assert (error.facts["shape"], error.facts["line"], error.severity) == ("broken", "def", Severity.NOTE)
    assert error.facts["line_seq"] == asked.index(b"def")
    assert found(tmp_path, closed([(0, "C", asked), (30, "S", response(b"ok\n"))])) == {}


@pytest.mark.finding("http-header-injected-newline")
def test_newline_is_named_where_interim_responses_come_before_the_400(tmp_path: Path) -> None:
    asked = broken_post("abc\n", ["Accept: */*"], "{}")
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    turns = [(0, "C", asked), (30, "S", response(b"ok\n")), (31, "S", early), (32, "S", REFUSED)]
    findings = found(tmp_path, closed(turns))

    assert set(findings) == {"http-header-injected-newline"}
    assert findings["http-header-injected-newline"].facts.get("shape") != "unanswered"


@pytest.mark.finding("http-header-injected-newline")
def test_newline_without_an_answer_of_400_is_told_by_the_bytes_left_over(tmp_path: Path) -> None:
    asked = broken_post("abc\n", ["Accept: */*"], "{}")
    turns = [(0, "C", asked), (30, "S", response(b"ok\n"))]
    newline = found(tmp_path, turns, foreseen=False)["http-header-injected-newline"]

    assert newline.facts["shape"] == "unanswered"


def test_body_that_looks_like_a_header_is_no_injected_newline(tmp_path: Path) -> None:
    mail = b"Content-Type: text/plain\r\nX-Mailer: test\r\n\r\nhello"
    asked = b"POST /mail HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(mail) + mail

    assert found(tmp_path, closed([(0, "C", asked), (30, "S", response(b"ok\n"))])) == {}


@pytest.mark.finding("http-header-injected-newline")
@pytest.mark.finding("http-header-injected-newline", twin=True)
def test_newline_is_not_claimed_where_bytes_are_missing(tmp_path: Path) -> None:
    asked = broken_post("abc\n", [f"X-Long: {'z' * 3_000}"], "{}")
    turns = [(0, "C", asked), (30, "S", response(b"ok\n")), (31, "S", REFUSED)]

    assert "http-header-injected-newline" in found(tmp_path, closed(turns))
    assert "http-header-injected-newline" not in found(tmp_path, closed(turns), missing=[3])


# -- lengths --------------------------------------------------------------------------------


@pytest.mark.finding("http-length-mismatch")
@pytest.mark.parametrize("seed", SEEDS)
def test_body_shorter_than_announced_is_measured(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    body, off = b"b" * chance.randint(100, 9_000), chance.randint(1, 5_000)
    turns = closed([(0, "C", GET), (30, "S", response(body, length=len(body) + off))])
    mismatch = found(tmp_path, turns)["http-length-mismatch"]

    assert (mismatch.facts["announced"], mismatch.facts["delivered"], mismatch.facts["off"]) == (
        len(body) + off, len(body), off,
    )  # fmt: skip
    assert (mismatch.severity, mismatch.confidence) == (Severity.WARNING, Confidence.CERTAIN)


@pytest.mark.finding("http-length-mismatch")
@pytest.mark.parametrize("seed", SEEDS)
def test_body_longer_than_announced_is_measured(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    body = b"b" * chance.randint(200, 9_000)
    off = chance.randint(1, 150)
    turns = closed([(0, "C", GET), (30, "S", response(body, length=len(body) - off))])
    mismatch = found(tmp_path, turns)["http-length-mismatch"]

    assert (mismatch.facts["shape"], mismatch.facts["announced"], mismatch.facts["off"]) == (
        "long", len(body) - off, off,
    )  # fmt: skip


@pytest.mark.finding("http-length-mismatch")
def test_chunks_without_the_last_one_are_a_mismatch_and_with_it_are_not(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    torn = closed([(0, "C", GET), (30, "S", head + chunk(b"hello") + chunk(b"there"))])
    whole = closed([(0, "C", GET), (30, "S", head + chunk(b"hello") + b"0\r\n\r\n")])

    assert found(tmp_path, torn)["http-length-mismatch"].facts["shape"] == "chunks"
    assert found(tmp_path, whole) == {}


@pytest.mark.finding("http-length-mismatch", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        closed([(0, "C", GET), (30, "S", response(b"b" * 3_000))]),
        closed([(0, "C", GET), (30, "S", b"HTTP/1.1 200 OK\r\n\r\n" + b"b" * 3_000)]),
        closed([(0, "C", GET.replace(b"GET", b"HEAD")), (30, "S", response(b"", length=500))]),
        closed([(0, "C", GET), (30, "S", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n")]),
        closed([(0, "C", GET), (30, "S", b"HTTP/1.1 204 No Content\r\n\r\n")]),
        closed([(0, "C", GET), (30, "S", response(b"one")), (60, "C", GET), (90, "S", response(b"two"))]),
        closed([(0, "C", GET), (30, "S", response(b"b" * 3_000, length=9_000))], first="C"),  # the client gave up
        [(0, "C", GET), (30, "S", response(b"b" * 3_000, length=9_000)), (40, "C", "RST")],
        [(0, "C", GET), (30, "S", response(b"b" * 3_000, length=9_000))],  # and may go on
    ],
    ids=["right", "until close", "HEAD", "304", "204", "two", "client gave up", "client reset", "still open"],
)
def test_right_lengths_and_bodies_nobody_wanted_are_silent(tmp_path: Path, turns: list[Turn]) -> None:
    assert "http-length-mismatch" not in found(tmp_path, turns)


@pytest.mark.finding("http-length-mismatch", twin=True)
def test_length_is_not_judged_where_bytes_are_missing(tmp_path: Path) -> None:
    turns = closed([(0, "C", GET), (30, "S", response(b"b" * 5_000, length=9_000))])

    assert "http-length-mismatch" not in found(tmp_path, turns, missing=[5])


PUT = b"PUT /up HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9000\r\n"
ASKING = PUT + b"Expect: 100-continue\r\n\r\n"


@pytest.mark.finding("http-length-mismatch", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        [(0, "C", ASKING), (30, "S", response(b"no", status="413 Too Large"))],
        [(0, "C", ASKING), (30, "S", response(b"no", status="302 Found"))],
        [(0, "C", PUT + b"\r\n" + b"b" * 500), (30, "S", response(b"no", status="403 Forbidden"))],
    ],
    ids=["asked", "asked and sent elsewhere", "amid the body"],
)
def test_body_that_the_server_refused_is_not_missed(tmp_path: Path, turns: list[Turn]) -> None:
    assert "http-length-mismatch" not in found(tmp_path, closed(turns, first="C"))


@pytest.mark.finding("http-length-mismatch")
@pytest.mark.parametrize(
    "turns",
    [
        [(0, "C", PUT + b"\r\n" + b"b" * 500)],
        [(0, "C", PUT + b"\r\n" + b"b" * 500), (30, "S", response(b"ok"))],
        [(0, "C", ASKING), (30, "S", b"HTTP/1.1 100 Continue\r\n\r\n"), (60, "C", b"b" * 500)],
    ],
    ids=["not answered", "answered as if whole", "told to continue"],
)
def test_body_of_a_request_that_nobody_refused_is_missed(tmp_path: Path, turns: list[Turn]) -> None:
    mismatch = found(tmp_path, closed(turns, first="C"), foreseen=False)["http-length-mismatch"]

    assert (mismatch.facts["sender"], mismatch.facts["off"]) == ("client", 8_500)


# -- errors and files -----------------------------------------------------------------------


@pytest.mark.finding("http-error-response")
@pytest.mark.parametrize(
    ("status", "severity"),
    [("500 Oops", Severity.WARNING), ("503 Busy", Severity.WARNING), ("404 Not Found", Severity.NOTE),
     ("401 Unauthorized", Severity.NOTE)],
)  # fmt: skip
def test_error_response_is_worth_what_its_status_says(tmp_path: Path, status: str, severity: Severity) -> None:
    findings = found(tmp_path, closed([(0, "C", GET), (30, "S", response(b"x", status=status))]))

    assert {key: one.severity for key, one in findings.items()} == {"http-error-response": severity}
    assert findings["http-error-response"].facts["status"] == status


@pytest.mark.finding("http-error-response", twin=True)
@pytest.mark.parametrize("status", ["200 OK", "301 Moved", "302 Found", "304 Not Modified"])
def test_other_statuses_are_silent(tmp_path: Path, status: str) -> None:
    answer = b"HTTP/1.1 " + status.encode() + b"\r\nContent-Length: 0\r\n\r\n"

    assert found(tmp_path, closed([(0, "C", GET), (30, "S", answer)])) == {}


@pytest.mark.finding("http-error-response")
def test_errors_late_in_a_long_conversation_are_known_before_it_is_opened(tmp_path: Path) -> None:
    turns: list[Turn] = []
    for number in range(60):
        turns += [(20 * number, "C", GET), (20 * number + 10, "S", response(b"x", status="200 OK"))]
    turns[-1] = (turns[-1][0], "S", response(b"x", status="502 Bad Gateway"))
    error = found(tmp_path, closed(turns))["http-error-response"]

    assert (error.facts["count"], error.facts["responses"]) == (1, 60)


@pytest.mark.finding("file-download")
@pytest.mark.finding("file-download", twin=True)
def test_file_is_one_when_whole_and_asked_for(tmp_path: Path) -> None:
    picture = response(b"p" * 5_000, "Content-Type: image/png")
    findings = found(tmp_path, closed([(0, "C", GET.replace(b"/a", b"/x/photo.png?y=1")), (30, "S", picture)]))

    assert findings["file-download"].facts["file"] == "photo.png"
    assert findings["file-download"].facts["bytes"] == 5_000
    torn = response(b"p" * 5_000, "Content-Type: image/png", length=6_000)
    assert "file-download" not in found(tmp_path, closed([(0, "C", GET), (30, "S", torn)]))
    assert found(tmp_path, closed([(0, "C", GET.replace(b"GET", b"POST")), (30, "S", picture)])) == {}
    assert "file-download" not in found(tmp_path, closed([(0, "C", GET), (30, "S", picture)]), missing=[5])


@pytest.mark.finding("file-download")
def test_range_of_a_file_is_told_as_a_part(tmp_path: Path) -> None:
    part = response(b"p" * 100, "Content-Type: image/png", "Content-Range: bytes 200-299/900", status="206 Partial")
    facts = found(tmp_path, closed([(0, "C", GET), (30, "S", part)]))["file-download"].facts

    assert (facts["shape"], facts["from_byte"], facts["to_byte"], facts["of_bytes"]) == ("part", 200, 299, 900)


# -- what is no HTTP ------------------------------------------------------------------------


@pytest.mark.finding("http-length-mismatch", "http-error-response", "file-download", twin=True)
def test_other_protocols_have_no_findings_of_this_family(tmp_path: Path) -> None:
    chance = random.Random(4)
    turns: list[Turn] = [(at, "CS"[at % 2], chance.randbytes(500)) for at in range(6)]

    assert found(tmp_path, closed(turns)) == {}


@pytest.mark.finding("file-download")
def test_stream_judged_without_its_bytes_is_read_when_somebody_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "SHORT_READ", 0)
    turns = closed([(0, "C", GET), (30, "S", response(b"p" * 500, "Content-Type: image/png"))])
    session = open_file(record(tmp_path, turns))
    (_, glance), *_ = session.each_findings([0])
    opened = session.findings(0)

    assert "file-download" not in {finding.id for finding in glance}
    assert {finding.id for finding in opened} == {finding.id for finding in glance} | {"file-download"}
    assert session.findings(0) is opened


@pytest.mark.finding("http-error-response")
def test_error_behind_the_messages_that_are_read_is_told_by_its_status_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "MESSAGES_JUDGED", 10)
    monkeypatch.setattr(facts, "MESSAGES_JUDGED", 10)
    turns: list[Turn] = []
    for number in range(20):
        status = {12: "502 Bad Gateway", 15: "404 Not Found", 18: "502 Bad Gateway"}.get(number, "200 OK")
        turns += [(20 * number, "C", GET), (20 * number + 10, "S", response(b"x", status=status))]
    error = found(tmp_path, closed(turns))["http-error-response"]

    assert (error.facts["shape"], error.severity) == ("late-server", Severity.WARNING)
    assert error.facts["statuses"] == "404 ×1, 502 ×2"
    assert len(error.packets) == 3


def test_longest_usual_phrase_of_a_status_is_whole_in_a_list(tmp_path: Path) -> None:
    answer = response(b"", status="503 Service Temporarily Unavailable")
    finding = found(tmp_path, closed([(0, "C", GET), (30, "S", answer)]))["http-error-response"]

    assert finding_short(finding, Words(Language.EN)) == "HTTP 503 Service Temporarily Unavailable"


# -- two readings of where a message ends -----------------------------------------------------

ADMIN: Final = b"GET /admin?token=s3cr3tvalue HTTP/1.1\r\nHost: a\r\n\r\n"


def smuggling(length: int, coding: bytes = b"Transfer-Encoding: chunked", body: bytes = b"0\r\n\r\n" + ADMIN) -> bytes:
    head = b"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n" % length
    return head + coding + b"\r\n\r\n" + body


@pytest.mark.finding("http-two-readings")
@pytest.mark.parametrize("coding", [b"Transfer-Encoding: chunked", b"Transfer-Encoding : chunked"])
@pytest.mark.parametrize("length", [6, 5 + len(ADMIN)])
def test_both_readings_of_a_request_are_told(tmp_path: Path, coding: bytes, length: int) -> None:
    turns = [(0, "C", smuggling(length, coding)), (30, "S", response(b"1")), (31, "S", response(b"2"))]
    told = found(tmp_path, closed(turns))["http-two-readings"]

    assert (told.severity, told.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert (told.facts["line_one"], told.facts["line_other"]) == (coding.decode(), f"Content-Length: {length}")
    assert (told.facts["reading_one_bytes"], told.facts["reading_other_bytes"]) == (5, length)
    assert str(told.facts["reading_one_next"]).startswith("GET /admin")
    assert "s3cr3t" not in str(told.facts)
    assert told.facts["first_frame"] in told.packets
    english, chinese = (what_happened(told, Words(language)) for language in (Language.EN, Language.ZH))
    assert "GET /admin" in english
    assert "GET /admin" in chinese


@pytest.mark.finding("http-two-readings")
def test_readings_of_which_none_begins_a_message_are_possible(tmp_path: Path) -> None:
    turns = [(0, "C", smuggling(9, body=b"5\r\nabcde\r\n0\r\n\r\n")), (30, "S", response(b"1"))]

    assert found(tmp_path, closed(turns))["http-two-readings"].confidence is Confidence.POSSIBLE


@pytest.mark.finding("http-two-readings")
def test_request_that_the_server_refused_is_a_note(tmp_path: Path) -> None:
    turns = [(0, "C", smuggling(6)), (30, "S", response(b"no\n", status="400 Bad Request"))]

    assert found(tmp_path, closed(turns))["http-two-readings"].severity is Severity.NOTE


@pytest.mark.finding("http-two-readings")
def test_answer_of_two_readings_is_told(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
    told = found(tmp_path, closed([(0, "C", GET), (30, "S", answer)]), foreseen=False)["http-two-readings"]

    assert (told.facts["sender"], told.confidence) == ("server", Confidence.POSSIBLE)


@pytest.mark.finding("http-two-readings", twin=True)
@pytest.mark.parametrize(
    "asked",
    [
        smuggling(5),  # both end at the same byte
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + ADMIN,
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nabcde" + ADMIN,
        b"POST / HTTP/1.1\r\nHost: a\r\nX-Old: a\r\n b\r\nContent-Length: 5\r\n\r\nabcde" + ADMIN,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nabcde\r\n0\r\n\r\n" + ADMIN,
        b'GET /find HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{"a":1}' + ADMIN,
    ],
)
def test_request_with_one_reading_has_none_told(tmp_path: Path, asked: bytes) -> None:
    turns = [(0, "C", asked), (30, "S", response(b"1")), (31, "S", response(b"2"))]

    assert "http-two-readings" not in found(tmp_path, closed(turns))


@pytest.mark.finding("http-two-readings", twin=True)
def test_readings_are_not_told_where_bytes_before_the_end_are_missing(tmp_path: Path) -> None:
    body = b"5dc\r\n" + b"x" * 1_500 + b"\r\n0\r\n\r\n" + ADMIN
    turns = closed([(0, "C", smuggling(1_600, body=body)), (30, "S", response(b"1"))])

    assert "http-two-readings" in found(tmp_path, turns)
    assert "http-two-readings" not in found(tmp_path, turns, missing=[3], foreseen=False)


@pytest.mark.finding("http-two-readings")
def test_request_of_two_readings_is_foreseen_behind_many_plain_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "SHORT_READ", 0)
    turns = [(0, "C", smuggling(6)), (30, "S", response(b"1")), (31, "S", response(b"2"))]

    assert "http-two-readings" in found(tmp_path, closed(turns))  # `found` asserts that it was known
