"""HTTP/2: streams as requests with their answers, whatever lies between their frames, and from wherever."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from har_reader import read_har
from hpack.hpack import encode_integer
from http2_ends import ANSWER, CALL, OK, PREFACE, Ends, frame, get, message, told, with_push
from http2_mutants import try_out
from http_halves import Dialogue, in_pieces
from web_captures import record

from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.http.body import body_of
from tcptui.protocols.http2 import streams
from tcptui.protocols.http2.direction import Block
from tcptui.protocols.http2.grpc import grpc_messages, read_message
from tcptui.protocols.http2.hpack import HeaderList
from tcptui.protocols.http2.parse import http2_requests, http2_requests_without_start, parse_http2
from tcptui.protocols.http2.streams import OPEN_MOST
from tcptui.protocols.interface import UNIT_LIMIT
from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.protocols.interface import Exchange

SETTINGS = frame(4, 0, 0)
#: ``:method GET``, ``:path /``, ``:scheme http``; ``:status 200``.
ASK, REPLY = b"\x82\x84\x86", b"\x88"


def read(talk: Dialogue) -> list[Exchange]:
    found = http2_requests(*talk.directions())
    assert found is not None
    return list(found)


def bodies(exchange: Exchange) -> list[bytes]:
    return [b"".join(body_of(one)) if one is not None else b"" for one in exchange.messages]


def two_streams() -> Ends:
    ends = Ends()
    ends.ask(1, get("/one"), b"first" * 900)
    ends.ask(3, get("/two?token=abc"))
    ends.server.send_headers(3, OK)
    ends.server.send_headers(1, [*OK, ("content-encoding", "gzip")])
    coded = gzip.compress(b"answer " * 500, mtime=0)
    ends.server.send_data(1, coded[:20])
    ends.server.send_data(3, b"second", end_stream=True)
    ends.server.send_data(1, coded[20:], end_stream=True)
    ends.carry()
    ends.talk.close()
    return ends


def test_interleaved_streams_are_requests_of_their_own() -> None:
    found = read(two_streams().talk)

    assert told(found) == [
        ("1", "http2", "GET /one", "200"),
        ("3", "http2", "GET /two?token=[removed]", "200"),
    ]
    by_id = {one.id: one for one in found}
    assert bodies(by_id["1"]) == [b"first" * 900, b"answer " * 500]
    assert bodies(by_id["3"]) == [b"", b"second"]
    assert all(one.complete for one in found)
    # The other stream's frames lie between those of the first, and are not counted.
    answer = by_id["1"].response
    assert answer is not None
    assert len(answer.stretches) == 2
    assert answer.bytes < answer.stop - answer.start


@pytest.mark.parametrize("size", [1, 2, 7, 9, 10, 23, 25, 1_000])
def test_segment_borders_change_nothing(size: int) -> None:
    ends = two_streams()
    again = Dialogue()
    for side, data in ends.turns:
        (again.server if side else again.client)(*in_pieces(data, size))

    assert [told([one]) + bodies(one) for one in read(again.close())] == [
        told([one]) + bodies(one) for one in read(ends.talk)
    ]


def test_trailers_belong_to_the_message() -> None:
    ends = Ends()
    ends.ask(1, get("/a"))
    ends.answer(1, OK, b"text", [("x-sum", "7")])
    (exchange,) = read(ends.talk)
    answer = exchange.messages[1]

    assert answer is not None
    assert [(line.name, line.value) for line in answer.trailers] == [("x-sum", "7")]
    assert (answer.head.value("content-type"), answer.body_length, answer.complete) == ("text/plain", 4, True)


def test_pushed_stream_is_an_answer_to_what_was_promised() -> None:
    assert told(read(with_push().talk)) == [("1", "http2", "GET /page", "200"), ("2", "http2", "GET /style.css", "200")]


@pytest.mark.parametrize("code", [0, 1])
def test_reset_of_a_server_that_spoke_first_is_its_streams(code: int) -> None:
    """Its frames are read first, all that come at once: there was no stream yet, and the request was never over."""
    talk = Dialogue().server(frame(4, 0, 0)).client(PREFACE + frame(4, 0, 0), frame(1, 5, 1, b"\x82\x84\x86"))
    talk.server(frame(4, 1, 0) + frame(3, 0, 1, code.to_bytes(4)))
    (found,) = requests_of(*talk.directions()) or ()

    assert found.is_reset
    assert found.status == f"RST_STREAM {'PROTOCOL_ERROR' if code else 'NO_ERROR'}"
    assert found.response is not None


def test_reset_stream_says_why_and_is_waited_for_no_more() -> None:
    ends = Ends()
    ends.ask(1, get("/slow"))
    ends.client.reset_stream(1, error_code=8)
    ends.carry()
    ends.ask(3, get("/next"))
    ends.server.reset_stream(3, error_code=7)
    ends.carry()
    found = read(ends.talk)

    assert [one[3] for one in told(found)] == ["RST_STREAM CANCEL", "RST_STREAM REFUSED_STREAM"]
    assert all(one.is_reset for one in found)


def test_answer_that_came_before_the_reset_stands() -> None:
    talk = Dialogue().client(PREFACE + SETTINGS + frame(1, 4, 1, ASK) + frame(0, 0, 1, bytes(100)))
    talk.server(SETTINGS + frame(1, 5, 1, REPLY) + frame(3, 0, 1, bytes(4)))

    assert told(read(talk))[0][3] == "200"


def test_frames_behind_the_end_of_a_stream_are_no_request() -> None:
    """A proxy ends a call with trailers and once more with an empty DATA frame, which crosses the client's reset."""
    ends = Ends()
    ends.ask(1, CALL, message(b"abc"))
    ends.answer(1, ANSWER, message(b"ok"), [("grpc-status", "4")])
    talk = ends.talk.server(frame(0, 1, 1)).client(frame(3, 0, 1, (8).to_bytes(4)))

    assert told(read(talk)) == [("1", "grpc", "/shop.Cart/Add", "DEADLINE_EXCEEDED")]


def test_continuation_padding_and_priority_are_read() -> None:
    padded = b"\x03" + b"\x80\x00\x00\x05\x0f" + ASK[:1] + bytes(3)
    talk = Dialogue().client(PREFACE + SETTINGS + frame(1, 0x29, 1, padded) + frame(9, 0, 1, ASK[1:2]))
    talk.client(frame(9, 4, 1, ASK[2:])).server(SETTINGS + frame(1, 4, 1, REPLY))
    talk.server(frame(0, 9, 1, b"\x04body" + bytes(4)))
    (exchange,) = read(talk)

    assert told([exchange]) == [("1", "http2", "GET /", "200")]
    assert bodies(exchange) == [b"", b"body"]
    assert exchange.complete


def test_upgraded_request_is_answered_on_the_first_stream() -> None:
    asked = b"GET /old HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    asked += b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    talk = Dialogue().client(asked)
    talk.server(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + SETTINGS)
    talk.client(PREFACE + SETTINGS).server(frame(1, 4, 1, REPLY) + frame(0, 1, 1, b"new"))
    talk.client(frame(1, 5, 3, ASK)).server(frame(1, 5, 3, REPLY))
    found = read(talk)

    assert told(found) == [("1", "http2", "GET /old", "200"), ("3", "http2", "GET /", "200")]
    assert bodies(min(found, key=lambda one: one.id or ""))[1] == b"new"


def test_frames_behind_an_upgrade_are_not_called_bytes_that_are_no_http_message() -> None:
    asked = b"GET /old HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    talk = Dialogue().client(asked + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
    talk.server(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + SETTINGS)
    talk.client(PREFACE + SETTINGS)
    tried = [parse(*talk.directions(), 50) for row in PROTOCOLS if row.name == "http2" for parse in row.parsers]
    (parsed,) = [one for one in tried if one is not None]

    assert [part.label.name for part in parsed.parts()] == ["request", "response"]


def test_upgraded_request_without_a_frame_of_its_answer_is_a_request_still() -> None:
    asked = b"GET /old HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    talk = Dialogue().client(asked, PREFACE + SETTINGS)
    talk.server(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + SETTINGS)

    assert told(read(talk)) == [(None, "http", "GET /old", "101")]


# -- gRPC ----------------------------------------------------------------------------------


def test_grpc_call_has_its_status_from_the_trailers() -> None:
    ends = Ends()
    ends.ask(1, CALL, message(b"abc"))
    ends.answer(1, ANSWER, message(b"de") + message(b""), [("grpc-status", "5"), ("grpc-message", "none")])
    ends.ask(3, CALL, message(b"x"))
    ends.answer(3, [*ANSWER, ("grpc-status", "12")])
    found = read(ends.talk)

    assert told(found) == [
        ("1", "grpc", "/shop.Cart/Add", "NOT_FOUND"),
        ("3", "grpc", "/shop.Cart/Add", "UNIMPLEMENTED"),
    ]
    answer = next(one.messages[1] for one in found if one.id == "1")
    assert answer is not None
    assert [read_message(answer, one) for one in grpc_messages(answer)] == [(b"de", ""), (b"", "")]


def test_call_of_grpc_is_known_by_its_trailers_where_its_type_is_not() -> None:
    ends = Ends()
    for stream in (1, 3, 5):
        ends.ask(stream, CALL, message(b"abc"))
        ends.answer(stream, ANSWER, message(b"de"), [("grpc-status", "5")] if stream == 5 else [("x-end", "1")])
    exchanges = http2_requests_without_start(*late(ends, len(ends.turns) - 4).directions())

    assert exchanges is not None
    assert told(list(exchanges)) == [
        ("3", "http2", "POST <unknown>", "200"), ("5", "grpc", "<unknown>", "NOT_FOUND"),
    ]  # fmt: skip


def test_grpc_messages_cross_frames_and_are_decompressed() -> None:
    ends = Ends()
    text = b"long text " * 400
    whole = message(gzip.compress(text, mtime=0), compressed=True) + message(b"plain") + message(b"cut")[:-1]
    ends.client.send_headers(1, [*CALL, ("grpc-encoding", "gzip")])
    for at in range(0, len(whole), 11):
        ends.client.send_data(1, whole[at : at + 11])
    ends.carry()
    (exchange,) = read(ends.talk)
    asked = exchange.messages[0]

    assert asked is not None
    assert [read_message(asked, one) for one in grpc_messages(asked)] == [(text, ""), (b"plain", ""), (b"cu", "cut")]


# -- what was not captured -----------------------------------------------------------------


def late(ends: Ends, first: int) -> Dialogue:
    """The turns from number ``first`` on, of a connection that began before."""
    talk = Dialogue(from_start=False)
    for side, data in ends.turns[first:]:
        (talk.server if side else talk.client)(data)
    return talk


def test_capture_that_begins_later_names_what_it_cannot_know() -> None:
    ends = Ends()
    for stream in (1, 3, 5, 7, 9):
        ends.ask(stream, get("/same", ("x-who", "me")), b"body")
        ends.answer(stream, [*OK, ("server", "s")], b"text")
    begun = len(ends.turns) - 8
    assert http2_requests(*late(ends, begun).directions()) is None
    exchanges = http2_requests_without_start(*late(ends, begun).directions())

    assert exchanges is not None
    found = told(list(exchanges))
    assert found
    assert {one[2] for one in found} <= {"GET <unknown>", ""}
    assert {one[3] for one in found} <= {"200", ""}


def test_bytes_that_are_lost_are_not_guessed() -> None:
    ends = Ends()
    for stream in (1, 3, 5, 7):
        ends.ask(stream, get(f"/{stream}", ("x-who", "me")), b"body")
        ends.answer(stream, OK, b"text")
    for gone in range(1, len(ends.turns)):
        talk = Dialogue()
        for number, (side, data) in enumerate(ends.turns):
            if number == gone:
                talk.lost(side, len(data))
            else:
                (talk.server if side else talk.client)(data)
        for one in http2_requests(*talk.directions()) or ():
            assert one.operation in ("", f"GET /{one.id}", "GET <unknown>", "<unknown> <unknown>")
            assert one.status in ("", "200", "<unknown>")


def test_bytes_behind_a_gap_that_name_a_stream_far_beyond_are_no_frames() -> None:
    """They begin amid a body, which may look like anything."""
    body = frame(0, 0, 150_994_948, b"abc") + frame(1, 4, 150_994_948, ASK) + frame(0, 0, 150_994_948, b"def")
    talk = Dialogue().client(PREFACE + SETTINGS + frame(1, 4, 1, ASK)).lost(0, 9)
    talk.client(body + frame(0, 1, 1, b"end") + frame(1, 5, 3, ASK)).server(SETTINGS + frame(1, 5, 1, REPLY))

    assert {one.id for one in read(talk)} == {"1", "3"}


@pytest.mark.parametrize("side", [0, 1])
def test_bytes_behind_a_gap_that_name_a_stream_of_the_server_make_no_request(side: int) -> None:
    body = frame(0, 0, 256, b"abc") + frame(0, 0, 256, b"def") + frame(0, 1, 1, b"end")
    talk = Dialogue().client(PREFACE + SETTINGS + frame(1, 4, 1, ASK))
    if not side:
        talk.lost(0, 2_000).client(body).server(SETTINGS + frame(1, 5, 1, REPLY))
    else:
        talk.server(SETTINGS + frame(1, 4, 1, REPLY)).lost(1, 2_000).server(body)

    assert {one.id for one in read(talk)} == {"1"}


def test_body_with_a_hole_is_not_whole() -> None:
    talk = Dialogue().client(PREFACE + SETTINGS + frame(1, 5, 1, ASK))
    talk.server(SETTINGS + frame(1, 4, 1, REPLY) + frame(0, 1, 1, bytes(3000))[:1000]).lost(1, 500)
    talk.server(frame(0, 1, 1, bytes(3000))[1500:] + frame(1, 5, 3, REPLY))
    found = {one.id: one for one in read(talk)}

    assert (found["1"].status, found["1"].complete) == ("200", False)
    assert found["3"].status == "200"


def test_other_bytes_are_not_taken_for_frames() -> None:
    random_ = random.Random(7)
    for fill in (bytes(9_000), random_.randbytes(9_000), b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" * 900):
        assert http2_requests_without_start(*Dialogue(from_start=False).client(fill).server(fill).directions()) is None


# -- hostile bytes -------------------------------------------------------------------------


def seconds(talk: Dialogue) -> float:
    began = time.process_time()
    found = http2_requests(*talk.directions())
    count = sum(1 for _ in found or ())
    assert count <= 1_000_000
    return time.process_time() - began


def test_continuation_flood_ends() -> None:
    flood = frame(1, 1, 1, b"") + frame(9, 0, 1, b"\x00\x01a\x01b" * 3) * 100_000
    assert seconds(Dialogue().client(*in_pieces(PREFACE + flood, 60_000))) < 20


def test_streams_that_are_only_opened_are_bounded() -> None:
    opened = b"".join(frame(1, 5, stream, ASK) for stream in range(1, 60_001, 2))
    talk = Dialogue().client(*in_pieces(PREFACE + SETTINGS + opened, 60_000))
    assert len(told(read(talk))) == 30_000 > OPEN_MOST


def test_screen_reads_so_many_and_says_so() -> None:
    opened = b"".join(frame(1, 5, stream, ASK) for stream in range(1, 3 * UNIT_LIMIT, 2))
    talk = Dialogue().client(*in_pieces(PREFACE + SETTINGS + opened, 1_000))
    stream = ApplicationStream(*talk.directions())
    place = stream.place(len(talk.packets) - 1, len(talk.packets))

    assert place is not None
    assert stream.was_left_out(place)
    assert sum(1 for _ in stream.requests()) <= UNIT_LIMIT


@pytest.mark.parametrize("first", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_mutants_raise_nothing(first: int) -> None:
    ends = two_streams()
    ends.ask(5, CALL, message(gzip.compress(b"abc"), compressed=True))
    ends.answer(5, ANSWER, message(b"de"), [("grpc-status", "0")])
    random_ = random.Random(first)
    for _ in range(150):
        talk = Dialogue(from_start=random_.random() < 0.8)
        for side, data in ends.turns:
            changed = bytearray(data)
            for _ in range(random_.choice((0, 1, 1, 3))):
                changed[random_.randrange(len(changed))] = random_.randrange(256)
            if random_.random() < 0.05:
                talk.lost(side, random_.randrange(1, 40))
            (talk.server if side else talk.client)(bytes(changed))
        directions = talk.directions()
        for parse in [parse for row in PROTOCOLS if row.name == "http2" for parse in row.parsers]:
            parsed = parse(*directions, 50)
            if parsed is None:
                continue
            for part in parsed.parts():
                assert sum(len(data) for _, data in part.blocks()) < 1 << 24
        for exchange in requests_of(*directions) or ():
            bodies(exchange)


@pytest.mark.parametrize(
    "first", [pytest.param(first, marks=[pytest.mark.slow] if first else []) for first in range(0, 900, 150)]
)
def test_frames_that_break_the_rules_raise_nothing_and_stay_within_bounds(first: int) -> None:
    assert sum(try_out(seed) for seed in range(first, first + 150)) > 150


def literal(name: bytes, value: bytes) -> bytes:
    """A field that enters the table."""
    return b"\x40" + encode_integer(len(name), 7) + name + encode_integer(len(value), 7) + value


def test_one_byte_that_stands_for_a_long_text_is_kept_once_for_all_requests() -> None:
    long, many = b"/" + b"p" * 3_900, range(3, 4_003, 2)
    asked = frame(1, 5, 1, b"\x82\x86" + literal(b":path", long))
    asked += b"".join(frame(1, 5, stream, b"\x82\x86\xbe") for stream in many)
    told_by = frame(1, 5, 1, literal(b":status", b"9" * 3_900))
    told_by += b"".join(frame(1, 5, stream, b"\xbe") for stream in many)
    found = read(Dialogue().client(*in_pieces(PREFACE + SETTINGS + asked, 1_400)).server(SETTINGS + told_by))

    assert len(found) == len(many) + 1
    assert {one.operation for one in found} == {f"GET {long.decode()}"}
    assert {len(one.status) for one in found} == {3_900}
    assert len({id(one.operation) for one in found}) == len({id(one.status) for one in found}) == 1


@pytest.mark.parametrize("kind", ["blocks", "data"])
def test_what_is_kept_of_open_streams_is_bounded_together(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 1 << 16
    monkeypatch.setattr(streams, "BUFFERED_MOST", most)
    collected = streams.Streams(Dialogue().client(bytes(1 << 16)).directions())
    given = 0
    for stream in range(1, 2_001, 2):
        for number in range(10):
            at = 20 * number
            if kind == "blocks":
                entries = HeaderList(b"", [(b"a", b"b")] * 10)
                collected.block(0, Block(stream, at, at + 20, entries, end_stream=False))
            else:
                collected.data(0, stream, 0, (at, at + 20), (at + 9, at + 20))
            kept = sum(talk.held for talk in collected._open.values())
            assert kept == collected._held <= most
        while collected.over:
            given += 1
            assert collected.over.popleft().client
    collected.finish()

    assert given > 500
    assert given + len(collected.over) == 1_000


def test_units_are_the_frames() -> None:
    ends = two_streams()
    stream = parse_http2(*ends.talk.directions(), 100)
    application = ApplicationStream(*ends.talk.directions())
    assert stream is not None
    covered = [0, 0]
    for row in range(len(ends.talk.packets)):
        place = application.place(row, row + 1)
        if place is not None:
            for unit in stream.units(place):
                assert unit.start < place.stop
                assert unit.stop > place.start
                covered[place.direction.side] = max(covered[place.direction.side], unit.stop)
    assert covered == [direction.length for direction in ends.talk.directions()]


def test_archive_has_the_streams_as_entries(tmp_path: Path) -> None:
    ends = two_streams()
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    out = tmp_path / "a.har"
    command = [sys.executable, "-m", "tcptui", "requests", str(path), "--har", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    entries = read_har(out.read_text())

    assert [(one["request"]["url"], one["request"]["httpVersion"], one["response"]["status"]) for one in entries] == [
        ("http://h.example/one", "HTTP/2", 200), ("http://h.example/two?token=[removed]", "HTTP/2", 200),
    ]  # fmt: skip
    assert [one["response"]["content"]["text"][:9] for one in entries] == ["answer an", "second"]
