"""One head: each line at its byte, read as far as it goes, whatever breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.protocols.http.fault import FaultKind
from tcptui.protocols.http.head import HEAD_LIMIT, parse_head, parse_trailers

GET = b"GET /a?x=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n"


def test_request_line_and_fields_are_read_with_their_places() -> None:
    head = parse_head(b"xx" + GET, 2, 1000)

    assert head is not None
    assert (head.method, head.uri, head.version, head.status) == ("GET", "/a?x=1", "HTTP/1.1", 0)
    host = head.headers[0]
    assert (host.name, host.value) == ("Host", "shop.example")
    assert GET[host.start - 1002 : host.start - 1002 + host.length] == b"Host: shop.example\r\n"
    assert (head.start, head.end, head.complete, head.faults) == (1002, 1002 + len(GET), True, ())


@pytest.mark.parametrize(
    ("line", "status", "phrase", "broken"),
    [
        (b"HTTP/1.1 204 ", 204, "", False),
        (b"HTTP/1.1 204", 204, "", False),
        (b"HTTP/1.0 404 Not Found", 404, "Not Found", False),
        (b"HTTP/1.1  200 OK", 200, "OK", True),
        (b"HTTP/1.1 200OK", 200, "OK", True),
    ],
)
def test_status_line_is_read_however_it_is_spaced(line: bytes, status: int, phrase: str, broken: bool) -> None:
    head = parse_head(line + b"\r\n\r\n")

    assert head is not None
    assert (head.is_response, head.status, head.phrase) == (True, status, phrase)
    assert any(fault.kind is FaultKind.START_LINE for fault in head.faults) == broken


@pytest.mark.parametrize(
    "data",
    [b"", b"GET", b"GET / HTTP/2\r\n", b"HTTP/1.1 OK\r\n", b"SSH-2.0-x\r\n", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\n",
     b"we GET / what HTTP/1.1 says\r\n", b" HTTP/1.1\r\n", b"GET HTTP/1.1\r\n"],
)  # fmt: skip
def test_other_bytes_begin_no_message(data: bytes) -> None:
    assert parse_head(data) is None


@pytest.mark.parametrize("data", [b"GET /long/targ", b"POST http://h/", b"CONNECT a.b:44", b"HTTP/1.1 20", b"HTTP/1.1"])
def test_beginning_of_a_start_line_is_recognised(data: bytes) -> None:
    head = parse_head(data)

    assert head is not None
    assert not head.complete
    assert head.end == len(data)


def test_head_that_continues_elsewhere_is_read_as_far_as_it_goes() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: half of")

    assert head is not None
    assert [line.name for line in head.headers] == ["Host"]
    assert not head.complete


def test_head_is_read_up_to_the_limit() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000)

    assert head is not None
    assert not head.complete
    assert head.end <= HEAD_LIMIT


def test_folded_value_is_joined_and_its_line_covers_both() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nA: one\r\n  two\r\n\r\n")

    assert head is not None
    assert head.headers[0].value == "one two"
    assert head.headers[0].length == len(b"A: one\r\n  two\r\n")


def test_head_of_continuations_stays_small() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nA: b\r\n" + b" ccccccc\r\n" * 6_000)

    assert head is not None
    assert len(head.headers[0].value) < 9_000


@pytest.mark.parametrize(
    ("fields", "length", "chunked", "codings"),
    [
        (b"Content-Length: 5\r\n", 5, False, ()),
        (b"content-length: 5, 5\r\n", 5, False, ()),
        (b"Content-Length: \xc2\xb2\r\n", None, False, ()),
        (b"Content-Length: -1\r\n", None, False, ()),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked\r\n", None, True, ()),
        (b"Transfer-Encoding: chunked, gzip\r\n", None, False, ()),
        (b"Content-Encoding: GZIP, identity\r\nContent-Encoding: br\r\n", None, False, ("gzip", "br")),
    ],
)
def test_fields_about_the_body_are_understood(
    fields: bytes, length: int | None, chunked: bool, codings: tuple[str, ...]
) -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n")

    assert head is not None
    assert (head.content_length, head.is_chunked, head.content_codings) == (length, chunked, codings)


def test_trailers_are_fields() -> None:
    lines, end, ended, faults = parse_trailers(b"Digest: x\r\n\r\nrest", 100)

    assert [(line.name, line.start) for line in lines] == [("Digest", 100)]
    assert (end, ended, faults) == (113, True, ())


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_start_line_are_read_in_order(data: bytes) -> None:
    head = parse_head(b"GET / HTTP/1.1\r\n" + data)

    assert head is not None
    starts = [line.start for line in head.headers]
    assert starts == sorted(starts)
    assert all(line.start + line.length <= head.end for line in head.headers)
    assert head.end <= 16 + len(data)
