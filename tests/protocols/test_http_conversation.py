"""Messages of both halves: where they begin and end, what answers what, what broke and where."""

from __future__ import annotations

import pytest
from http_halves import MS, Dialogue, in_pieces

from tcptui.protocols.http.conversation import Cut, FaultKind, Framing, HttpMessage, SkipReason, conversation, messages

GET = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def said(dialogue: Dialogue) -> list[HttpMessage]:
    return conversation(*dialogue.directions()).messages


def faults(message: HttpMessage) -> list[tuple[FaultKind, int]]:
    return [(fault.kind, fault.offset) for fault in message.faults]


def test_exchange_is_linked_and_timed() -> None:
    request, response = said(Dialogue().client(GET).server(*in_pieces(OK, 20)))

    assert request.response is response
    assert response.request is request
    assert (request.first_frame, request.last_frame, response.first_frame, response.last_frame) == (1, 1, 2, 3)
    assert response.wait_ns == MS
    assert response.last_ns == 3 * MS
    assert response.complete
    assert (response.body_start, response.body_end, response.body_length) == (len(OK) - 2, len(OK), 2)
    assert request.faults == response.faults == ()


@pytest.mark.parametrize("size", [1, 7, 64])
def test_head_and_body_across_segments_are_one_message(size: int) -> None:
    whole = Dialogue().client(GET + GET).server(OK + OK)
    split = Dialogue().client(*in_pieces(GET + GET, size)).server(*in_pieces(OK + OK, size))

    assert [(m.start, m.body_end, m.head.start_line) for m in said(split) if m.from_server] == [
        (m.start, m.body_end, m.head.start_line) for m in said(whole) if m.from_server
    ]


def test_pipelined_requests_are_answered_in_order() -> None:
    dialogue = Dialogue().client(GET + b"HEAD /b HTTP/1.1\r\n\r\n" + GET)
    dialogue.server(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + OK)

    found = said(dialogue)

    asked = [m.request for m in found if m.from_server]
    assert [request.head.method for request in asked if request] == ["GET", "HEAD", "GET"]
    assert [m.framing for m in found if m.from_server] == [Framing.LENGTH, Framing.NONE, Framing.LENGTH]


def test_answer_whose_request_was_not_captured_does_not_answer_the_next_one() -> None:
    """The clocks of two interfaces may differ by the millisecond between them, but a request is missing before."""
    broken = b"GET /broken HTTP/1.1\r\nHost: h.example\r\n\r\n"
    moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"
    failed = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
    dialogue = Dialogue().client(GET).server(OK).lost(0, 50).server(moved).client(broken).server(failed)

    asked = [m.request and m.request.head.start_line for m in said(dialogue) if m.from_server]

    assert asked == [b"GET /a HTTP/1.1", None, b"GET /broken HTTP/1.1"]


def test_interim_responses_belong_to_the_request_that_still_waits() -> None:
    post = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    dialogue = Dialogue().client(post).server(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"abc").server(OK)

    request, interim, final = said(dialogue)

    assert request.interim == [interim]
    assert request.response is final
    assert final.request is interim.request is request
    assert request.last_frame == 3


def test_chunks_with_extensions_and_trailers_are_counted() -> None:
    body = b'4;name="x"\r\nWiki\r\n6\r\npedia \r\n0\r\nDigest: abc\r\n\r\n'
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    dialogue = Dialogue().client(GET, GET).server(*in_pieces(head + body + OK, 11))

    found = [m for m in said(dialogue) if m.from_server]

    assert (found[0].framing, found[0].body_length, found[0].complete) == (Framing.CHUNKED, 10, True)
    assert [(line.name, line.value) for line in found[0].trailers] == [("Digest", "abc")]
    assert found[0].body_end == len(head + body) == found[1].start


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified", b"101 Switching Protocols"])
def test_status_without_a_body_ignores_a_length(status: bytes) -> None:
    dialogue = Dialogue().client(GET).server(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n")

    assert said(dialogue)[1].body_end == dialogue.sent[1]


def test_head_response_is_known_by_what_follows_when_its_request_is_not() -> None:
    dialogue = Dialogue().server(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + OK)

    assert [m.framing for m in said(dialogue)] == [Framing.NONE, Framing.LENGTH]


def test_upgrade_hands_both_halves_over() -> None:
    upgrade = b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    dialogue = Dialogue().client(upgrade).server(switch + b"\x81\x02hi").client(b"\x88\x80\0\0\0\0")

    found = conversation(*dialogue.directions())

    assert found.switched_to == "websocket"
    assert (found.client_offset, found.server_offset) == (len(upgrade), len(switch))
    assert found.switch is found.messages[1]
    assert {one.reason for one in found.skipped} == {SkipReason.OTHER_PROTOCOL}


def test_upgrade_that_was_not_heeded_changes_nothing() -> None:
    upgrade = b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"
    dialogue = Dialogue().client(upgrade).server(OK).client(GET).server(OK)

    found = conversation(*dialogue.directions())

    assert [m.head.method for m in found.requests()] == ["GET", "GET"]
    assert all(m.response is not None for m in found.requests())
    assert found.switched_to == ""


def test_connect_hands_over_only_when_it_worked() -> None:
    connect = b"CONNECT x:443 HTTP/1.1\r\n\r\n"
    worked = Dialogue().client(connect).server(b"HTTP/1.1 200 Connected\r\n\r\n").client(b"\x16\x03\x01")
    refused = Dialogue().client(connect).server(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n").client(GET)

    assert conversation(*worked.directions()).switched_to == "connect"
    assert conversation(*worked.directions()).client_offset == len(connect)
    assert [m.head.method for m in conversation(*refused.directions()).requests()] == ["CONNECT", "GET"]


def test_body_until_close_is_complete_only_with_the_close() -> None:
    dialogue = Dialogue().client(GET).server(b"HTTP/1.0 200 OK\r\n\r\nall of it")

    still_open, closed = said(dialogue)[1], said(dialogue.close(1))[1]

    assert (still_open.complete, closed.complete) == (False, True)
    assert still_open.faults[0].cut is Cut.CAPTURE_END
    assert closed.framing is Framing.UNTIL_CLOSE
    assert closed.body_length == 9


@pytest.mark.parametrize(("closed", "cut"), [(True, Cut.CLOSED), (False, Cut.CAPTURE_END)])
def test_body_shorter_than_announced_says_how_much_is_missing(closed: bool, cut: Cut) -> None:
    dialogue = Dialogue().client(GET).server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd")
    if closed:
        dialogue.close(1)

    response = said(dialogue)[1]

    fault = response.fault(FaultKind.BODY_CUT)
    assert fault is not None
    assert (fault.offset, fault.length, fault.cut) == (dialogue.sent[1], 6, cut)
    assert not response.complete


def test_body_longer_than_announced_leaves_extra_bytes() -> None:
    dialogue = Dialogue().client(GET).server(OK + b"more").client(GET).server(OK).close()

    first, second = [m for m in said(dialogue) if m.from_server]

    fault = first.fault(FaultKind.EXTRA_BYTES)
    assert fault is not None
    assert (fault.offset, fault.length) == (len(OK), 4)
    assert second.start == len(OK) + 4
    assert second.request is not None


def test_gap_in_a_body_of_known_length_does_not_lose_the_next_message() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    dialogue = Dialogue().client(GET, GET).server(head + b"x" * 20).lost(1, 50).server(b"y" * 30 + OK)

    first, second = [m for m in said(dialogue) if m.from_server]

    fault = first.fault(FaultKind.BODY_GAP)
    assert fault is not None
    assert (fault.offset, fault.length) == (len(head) + 20, 50)
    assert (first.complete, second.complete) == (False, True)


def test_after_a_gap_in_a_head_the_next_start_line_is_found() -> None:
    dialogue = Dialogue().client(GET, GET).server(b"HTTP/1.1 200 OK\r\nContent-Le").lost(1, 40).server(OK)

    first, second = [m for m in said(dialogue) if m.from_server]

    assert faults(first) == [(FaultKind.HEAD_CUT, 27)]
    assert first.faults[0].cut is Cut.GAP
    assert second.complete
    assert second.start == 27 + 40


def test_responses_lost_in_a_gap_do_not_shift_the_pairing() -> None:
    dialogue = Dialogue().client(GET).server(OK).client(GET.replace(b"/a", b"/lost"))
    dialogue.lost(1, len(OK)).client(GET.replace(b"/a", b"/last")).server(OK)

    last = said(dialogue)[-1]

    assert last.request is not None
    assert last.request.head.uri == "/last"


def test_first_response_of_a_capture_that_began_late_answers_nothing_seen() -> None:
    dialogue = Dialogue(from_start=False).server(OK).client(GET).server(OK)
    dialogue.packets[1] = (*dialogue.packets[1][:3], dialogue.packets[0][3] + MS // 2)

    first, request, second = said(dialogue)

    assert first.request is None
    assert second.request is request


def test_request_recorded_just_behind_its_response_is_answered_all_the_same() -> None:
    dialogue = Dialogue().server(OK).client(GET).client(GET).server(OK)
    dialogue.packets[1] = (*dialogue.packets[1][:3], dialogue.packets[0][3] + MS // 2)

    assert [m.response is not None for m in said(dialogue) if not m.from_server] == [True, True]


def test_capture_that_begins_mid_message_finds_the_next_one() -> None:
    dialogue = Dialogue().server(b"tail of an earlier body").client(GET).server(OK)

    found = conversation(*dialogue.directions())

    assert [m.head.start_line for m in found.messages] == [b"GET /a HTTP/1.1", b"HTTP/1.1 200 OK"]
    assert found.skipped[0].reason is SkipReason.BEGINNING


def test_halves_taken_for_each_other_are_told_apart_by_content() -> None:
    found = conversation(*Dialogue().server(GET).client(OK).directions())

    assert [m.from_server for m in found.requests()] == [True]
    assert next(found.requests()).response is found.messages[1]


@pytest.mark.parametrize(
    ("head", "kind", "offset"),
    [
        (b"GET  / HTTP/1.1\r\n\r\n", FaultKind.START_LINE, 0),
        (b"GET /a b HTTP/1.1\r\n\r\n", FaultKind.START_LINE, 0),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", FaultKind.HEADER_LINE, 16),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", FaultKind.SPACE_BEFORE_COLON, 20),
        (b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", FaultKind.CONTROL_CHARACTER, 20),
        (b"GET / HTTP/1.1\nA: b\r\n\r\n", FaultKind.BARE_LF, 14),
        (b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", FaultKind.BARE_CR, 20),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", FaultKind.FOLDED_LINE, 22),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", FaultKind.LENGTH_INVALID, 16),
        (b"GET / HTTP/1.1\r\nContent-Length: 0, 0\r\n\r\n", FaultKind.LENGTH_REPEATED, 16),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", FaultKind.LENGTH_CONFLICT, 35),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            FaultKind.LENGTH_AND_CHUNKED,
            17,
        ),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: magic\r\n\r\n", FaultKind.CODING_UNKNOWN, 17),
    ],
)
def test_broken_head_stays_visible_and_says_where(head: bytes, kind: FaultKind, offset: int) -> None:
    found = said(Dialogue().client(head))

    assert len(found) == 1
    assert (kind, offset) in faults(found[0])


@pytest.mark.parametrize(
    ("body", "kind", "at"),
    [
        (b"4\r\nWiki\r\nnot hex\r\n", FaultKind.CHUNK_SIZE, 9),
        (b"4\r\nWikipedia\r\n", FaultKind.CHUNK_END, 7),
        (b"4\r\nWi", FaultKind.BODY_CUT, 5),
        (b"4\r\nWiki\r\n", FaultKind.BODY_CUT, 9),
        (b"4\r\nWiki\r\n0\r\nTrail", FaultKind.BODY_CUT, 17),
        (b"4\nWiki\n0\n\n", FaultKind.BARE_LF, 1),
    ],
)
def test_broken_chunks_say_where(body: bytes, kind: FaultKind, at: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    response = said(Dialogue().client(GET).server(head + body).close(1))[1]

    assert (kind, len(head) + at) in faults(response)


def test_message_behind_a_broken_chunk_is_found_again() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    dialogue = Dialogue().client(GET, GET).server(head + b"zz\r\nrubbish" + OK)

    first, second = [m for m in said(dialogue) if m.from_server]

    assert first.body_end == second.start
    assert second.complete


def test_head_without_an_end_is_given_up_at_the_limit() -> None:
    endless = b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000
    dialogue = Dialogue().client(*in_pieces(endless, 1460), GET)

    first, second = said(dialogue)

    assert faults(first) == [(FaultKind.HEAD_TOO_LONG, 0)]
    assert second.start == len(endless)


def test_truncated_packets_show_what_was_kept() -> None:
    dialogue = Dialogue(cut=30).client(GET).server(OK)

    request, response = said(dialogue)

    assert request.head.uri == "/a"
    assert response.request is request
    assert response.faults[-1].cut is Cut.GAP


@pytest.mark.parametrize(
    "first", [b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12), b"\x05\x01"]
)
def test_something_else_may_come_first(first: bytes) -> None:
    dialogue = Dialogue().client(first)
    dialogue.client(GET).server(OK)

    assert [m.head.status for m in said(dialogue)] == [0, 200]


@pytest.mark.parametrize(
    "payload", [b"\x16\x03\x01\x02", b"SSH-2.0-x\r\n", b"EHLO a\r\n", b"PRI * HTTP/2.0\r\n\r\n", b""]
)
def test_other_protocols_are_no_http(payload: bytes) -> None:
    found = conversation(*Dialogue().client(payload).server(payload).directions())

    assert not found
    assert found.skipped == []


def test_http_inside_another_protocol_is_not_taken_for_a_message() -> None:
    mail = b"Subject: look\r\n\r\n" + GET
    assert not conversation(*Dialogue().client(mail).directions())


def test_live_half_is_only_not_there_yet() -> None:
    dialogue = Dialogue().client(GET).server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd")

    response = conversation(*dialogue.directions(live=True)).messages[1]

    assert response.faults[0].cut is Cut.CAPTURE_END


def test_bytes_filled_in_later_count_from_the_packet_that_filled_the_hole() -> None:
    dialogue = Dialogue().client(GET).at(1, 20, OK[20:]).at(1, 0, OK[:20])

    response = said(dialogue)[1]

    assert (response.first_frame, response.last_frame) == (3, 3)


def test_more_messages_than_wanted_are_noted_as_not_read() -> None:
    dialogue = Dialogue()
    for _ in range(10):
        dialogue.client(GET).server(OK)

    found = conversation(*dialogue.directions(), limit=6)

    assert len(found.messages) == 6
    assert {one.reason for one in found.skipped} == {SkipReason.LIMIT}
    assert len(list(messages(*dialogue.directions()))) == 20
