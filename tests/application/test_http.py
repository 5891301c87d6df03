"""HTTP heads, chunks and the pairing of requests with responses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.application.http_segment import (
    MESSAGES_IN_SEGMENT,
    HttpLink,
    PayloadSegment,
    heads_in,
    link_messages,
    message_end,
    parse_head,
    read_chunks,
)

GET = b"GET /a?x=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def segments(*parts: tuple[int, bool, bytes]) -> list[PayloadSegment]:
    """Frame, from the server, payload; one millisecond apart."""
    return [PayloadSegment(frame, frame * 1_000_000, server, payload) for frame, server, payload in parts]


def test_request_line_and_fields_are_read_with_their_places() -> None:
    head = parse_head(GET)

    assert head is not None
    assert (head.method, head.uri, head.version, head.status) == ("GET", "/a?x=1", "HTTP/1.1", 0)
    host = head.headers[0]
    assert (host.name, host.value) == ("Host", "shop.example")
    assert GET[host.start : host.start + host.length] == b"Host: shop.example\r\n"
    assert head.complete
    assert head.end == len(GET)


def test_status_line_without_a_phrase_is_a_response() -> None:
    head = parse_head(b"HTTP/1.1 204 \r\n\r\n")

    assert head is not None
    assert (head.status, head.phrase) == (204, "")


@pytest.mark.parametrize(
    "payload",
    [b"", b"GET", b"GET / HTTP/2\r\n", b"HTTP/1.1 OK\r\n", b"SSH-2.0-x\r\n", b"\x16\x03\x01", b"GET  / HTTP/1.1\r\n"],
)
def test_other_bytes_begin_no_message(payload: bytes) -> None:
    assert parse_head(payload) is None


def test_head_that_continues_elsewhere_is_read_as_far_as_it_goes() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: half of")

    assert head is not None
    assert [line.name for line in head.headers] == ["Host"]
    assert not head.complete
    assert message_end(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: half of", head) is None


def test_chunked_body_ends_with_its_last_chunk() -> None:
    payload = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nrest"
    head = parse_head(payload)

    assert head is not None
    chunks, finished = read_chunks(payload, head.end)
    assert [chunk.size for chunk in chunks] == [5, 0]
    assert finished
    assert message_end(payload, head) == len(payload) - len(b"rest")


def test_absurd_chunk_size_ends_the_reading() -> None:
    assert read_chunks(b"FFFFFFFFFFFFFFFF\r\nx", 0) == ((), False)


def test_pipelined_requests_in_one_segment_are_all_found() -> None:
    assert [head.uri for head in heads_in(GET + GET.replace(b"/a", b"/b"))] == ["/a?x=1", "/b?x=1"]


def test_more_messages_than_the_bound_are_not_read() -> None:
    assert len(heads_in(GET * (MESSAGES_IN_SEGMENT + 5))) == MESSAGES_IN_SEGMENT


def test_request_and_response_point_at_each_other() -> None:
    links = link_messages(segments((4, False, GET), (6, True, OK)))

    uri, full = "/a?x=1", "http://shop.example/a?x=1"
    assert links == {
        4: (HttpLink(4, 6, None, uri, full),),
        6: (HttpLink(4, 6, 2_000_000, uri, full),),
    }


def test_keep_alive_pairs_follow_one_another() -> None:
    links = link_messages(segments((1, False, GET), (2, True, OK), (3, False, GET), (4, True, OK)))

    assert links[3][0].response_frame == 4
    assert links[4][0].request_frame == 3


def test_pipelined_responses_are_paired_in_order() -> None:
    links = link_messages(segments((1, False, GET + GET), (2, True, OK), (3, True, OK)))

    assert [link.response_frame for link in links[1]] == [2, 3]


def test_interim_response_does_not_use_up_the_request() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"

    links = link_messages(segments((1, False, GET), (2, True, interim), (3, True, OK)))

    assert links[2][0].request_frame == 1
    assert links[1][0].response_frame == 3


def test_nothing_is_read_after_switching_protocols() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

    links = link_messages(segments((1, False, GET), (2, True, switch), (3, False, GET)))

    assert set(links) == {1, 2}


def test_response_without_a_request_has_no_partner() -> None:
    links = link_messages(segments((1, True, OK)))

    assert links[1] == (HttpLink(None, 1, None, "", ""),)


def test_body_segments_between_head_and_answer_do_not_disturb() -> None:
    post = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc"

    links = link_messages(segments((1, False, post), (2, False, b"def"), (3, True, OK)))

    assert links[1][0].response_frame == 3
    assert 2 not in links


@given(st.binary(max_size=200), st.sampled_from([b"", GET, OK, b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"]))
def test_any_bytes_are_survived(noise: bytes, before: bytes) -> None:
    for head in heads_in(before + noise):
        assert 0 <= head.start < head.end <= len(before + noise)
