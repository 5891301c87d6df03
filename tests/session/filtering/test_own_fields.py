"""Fields that only tcptui has: of requests in the packets that carry them, of marks and notes, of round trips."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, PSH, Tape, mixed
from growth import Growth
from traces import write_trace
from transfers import Transfer
from web_captures import CLIENT, GET, SERVER, Turn, record, response

from tcptui.access.notes.format import NotesError
from tcptui.access.notes.notebook import notes_path
from tcptui.access.requests import requests_of
from tcptui.dfilter.compile import compile_filter
from tcptui.model.community_id import community_id
from tcptui.model.fields import FIELDS
from tcptui.model.notes import Note
from tcptui.protocols.interface import UNIT_LIMIT
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file
from tests.support.outside_tcp import asked, session_of, told

if TYPE_CHECKING:
    from pathlib import Path

POST = b"POST /slow HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2000\r\n\r\n" + bytes(2000)


def frames(session: Session, text: str) -> list[int]:
    mask = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
    return [int(session.store.frame[row]) for row in np.flatnonzero(mask)]


def texts(session: Session, name: str) -> dict[int, list[str]]:
    """The values of a field by frame, of packets that have it."""
    rows = np.arange(session.store.count, dtype=np.int32)
    found = FieldReader(session).texts(FIELDS[name], rows)
    return {int(session.store.frame[row]): said for row, said in zip(rows.tolist(), found, strict=True) if said}


# -- requests -----------------------------------------------------------------------------


def test_field_of_a_request_is_in_the_packets_of_the_request_and_of_its_answer(tmp_path: Path) -> None:
    turns = [
        (0, "C", GET), (20, "S", response(b"ok")),
        (100, "C", POST), (1900, "S", response(bytes(3000), status="503 Busy")),
    ]  # fmt: skip
    session = open_file(record(tmp_path, turns))

    # After the handshake each packet with bytes is followed by its ACK.
    assert texts(session, "tcptui.request.operation") == {
        4: ["GET /a"], 6: ["GET /a"],
        8: ["POST /slow"], 10: ["POST /slow"], 12: ["POST /slow"], 14: ["POST /slow"], 16: ["POST /slow"],
    }  # fmt: skip
    assert frames(session, "tcptui.request.status == 503") == [8, 10, 12, 14, 16]
    assert frames(session, "tcptui.request.status >= 500 and tcptui.request.duration > 1") == [8, 10, 12, 14, 16]
    assert frames(session, "tcptui.request.duration > 2") == []
    first = requests_of(session, 0)[0]  # the connection was opened for it, and the list counts that
    assert texts(session, "tcptui.request.duration")[4] == [f"{first.duration_ns / 1e9:.9f}"]
    assert frames(session, "tcptui.request.duration <= 0.15") == [4, 6]
    assert frames(session, 'tcptui.request.operation matches "^post"') == [8, 10, 12, 14, 16]


def test_packet_of_two_requests_has_both_and_one_sent_again_has_them_again() -> None:
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    asked = GET + GET.replace(b"/a", b"/b")
    tape.tcp(10, CLIENT, SERVER, PSH | ACK, 1001, 9001, asked)
    tape.tcp(400, CLIENT, SERVER, PSH | ACK, 1001, 9001, asked)
    tape.tcp(410, SERVER, CLIENT, PSH | ACK, 9001, 1001 + len(asked), response(b"one"))
    growth = Growth(tape)
    growth.end()
    session = growth.session

    assert texts(session, "tcptui.request.operation") == {
        4: ["GET /a", "GET /b"],
        5: ["GET /a", "GET /b"],
        6: ["GET /a"],
    }
    assert texts(session, "tcptui.request.status") == {4: ["200"], 5: ["200"], 6: ["200"]}
    assert set(texts(session, "tcptui.request.duration")) == {4, 5, 6}


def test_continue_belongs_to_its_request_and_what_is_no_message_to_none(tmp_path: Path) -> None:
    head, body = POST[:-2000], POST[-2000:]
    turns = [
        (0, "C", head), (10, "S", b"HTTP/1.1 100 Continue\r\n\r\n"), (20, "C", body), (30, "S", response(b"ok")),
        (40, "S", b"\x00\x01\x02 no message at all"),
    ]  # fmt: skip
    session = open_file(record(tmp_path, turns))

    assert texts(session, "tcptui.request.status") == {frame: ["200"] for frame in (4, 6, 8, 10, 12)}


def test_each_of_any_number_of_requests_is_found_with_the_time_that_the_list_of_requests_says(tmp_path: Path) -> None:
    count = UNIT_LIMIT // 2 + 100  # of messages the header tree reads `UNIT_LIMIT`
    turns: list[Turn] = []
    for number in range(count):
        turns += [(3 * number, "C", GET), (3 * number + 1 + (number == count - 1), "S", response(b"ok"))]
    session = open_file(record(tmp_path, turns))

    asked = frames(session, "tcptui.request.operation and tcp.dstport == 80")
    assert len(asked) == count
    last, times = asked[-1], texts(session, "tcptui.request.duration")
    listed = requests_of(session, 0)
    assert [float(times[frame][0]) for frame in asked] == [one.duration_ns / 1e9 for one in listed]
    assert frames(session, "tcptui.request.duration > 0.0015 and tcp.dstport == 80") == [asked[0], last]


def test_query_of_dns_over_tcp_is_a_request(tmp_path: Path) -> None:
    question = b"\x07example\x03org\x00\x00\x01\x00\x01"
    asked = struct.pack("!7H", 12 + len(question), 7, 0x100, 1, 0, 0, 0) + question
    answer = struct.pack("!7H", 12 + len(question), 7, 0x8183, 1, 0, 0, 0) + question
    tape = Tape()
    name_server = "192.0.2.53:53"
    tape.handshake(0, CLIENT, name_server)
    tape.tcp(10, CLIENT, name_server, PSH | ACK, 1001, 9001, asked)
    tape.tcp(30, name_server, CLIENT, PSH | ACK, 9001, 1001 + len(asked), answer)
    growth = Growth(tape)
    growth.end()

    assert frames(growth.session, 'tcptui.request.operation contains "example.org"') == [4, 5]
    assert frames(growth.session, 'tcptui.request.status == "NXDOMAIN"') == [4, 5]


def test_smtp_request_is_told_without_its_secret(tmp_path: Path) -> None:
    turns = [
        (0, "S", b"220 mail.example ESMTP\r\n"), (10, "C", b"EHLO a.example\r\n"), (20, "S", b"250 AUTH PLAIN\r\n"),
        (30, "C", b"AUTH PLAIN AGEAc2VjcmV0\r\n"), (40, "S", b"535 no\r\n"),
        (50, "C", b"MAIL FROM:<a@a.example>\r\n"), (60, "S", b"250 ok\r\n"), (70, "C", b"DATA\r\n"),
        (80, "S", b"354 go\r\n"), (90, "C", b"Subject: x\r\n\r\nhello\r\n.\r\n"), (100, "S", b"250 queued\r\n"),
    ]  # fmt: skip
    session = open_file(record(tmp_path, turns))

    said = texts(session, "tcptui.request.operation")
    assert said[10] == ["AUTH PLAIN"]
    assert frames(session, "tcptui.request.status == 535") == [10, 12]
    assert [frame for frame, one in said.items() if one == ["DATA"]] == [18, 20, 22, 24]
    assert not any("c2VjcmV0" in text for one in said.values() for text in one)


def test_request_that_waits_for_its_answer_has_neither_status_nor_duration(tmp_path: Path) -> None:
    session = open_file(record(tmp_path, [(0, "C", GET)]))

    assert texts(session, "tcptui.request.operation") == {4: ["GET /a"]}
    assert texts(session, "tcptui.request.status") == texts(session, "tcptui.request.duration") == {}


def test_answer_that_comes_later_makes_the_request_match() -> None:
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    tape.tcp(10, CLIENT, SERVER, PSH | ACK, 1001, 9001, GET)
    tape.tcp(2000, SERVER, CLIENT, PSH | ACK, 9001, 1001 + len(GET), response(b"no", status="500 Oh"))
    growth = Growth(tape)
    live = LiveFilter(growth.session, compile_filter("tcptui.request.status == 500"))
    growth.to(4)
    live.update()
    assert live.mask.tolist() == [False] * 4
    growth.to(5)
    live.update()

    assert live.mask.tolist() == [False] * 3 + [True] * 2


def test_reading_requests_is_cancelled(tmp_path: Path) -> None:
    session = open_file(record(tmp_path, [(0, "C", GET), (20, "S", response(b"ok"))]))
    answers = iter([False, True])

    with pytest.raises(Cancelled):
        FilterRun(session, compile_filter("tcptui.request.operation")).matching(
            0, session.store.count, cancelled=lambda: next(answers)
        )


# -- marks and notes ----------------------------------------------------------------------


@pytest.fixture
def noted(tmp_path: Path) -> Session:
    path = tmp_path / "a.pcap"
    path.write_bytes(mixed().pcap())
    return open_file(path)


def test_marks_and_notes_of_packets_and_connections(noted: Session) -> None:
    book = noted.notebook
    assert book is not None
    first = int(noted.store.frame[noted.streams.first_row[1]])
    whole = frames(noted, "tcp.stream == 1")
    book.set_packet(2, Note(marked=True, text="slow <here>"))
    book.set_packet(whole[-1], Note(text="the last"))
    book.set_connection(first, Note(marked=True, text="this one"))

    assert frames(noted, "tcptui.marked") == frames(noted, "tcptui.marked == 1") == [2, *whole]
    assert texts(noted, "tcptui.note")[whole[-1]] == ["the last", "this one"]
    assert frames(noted, 'tcptui.note contains "<here>"') == [2]
    assert frames(noted, 'tcptui.note == "this one"') == whole
    everything = [int(frame) for frame in noted.store.frame[: noted.store.count]]
    assert frames(noted, "not tcptui.marked") == [frame for frame in everything if frame != 2 and frame not in whole]


def test_without_notes_nothing_has_them_and_no_file_is_made(noted: Session) -> None:
    assert frames(noted, "tcptui.marked or tcptui.note") == []
    assert noted.capture_file is not None
    assert not notes_path(noted.capture_file).exists()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": "tcptui-notes", "schema": 9}'])
def test_notes_that_cannot_be_used_are_told_and_left(noted: Session, content: bytes) -> None:
    assert noted.capture_file is not None
    path = notes_path(noted.capture_file)
    path.write_bytes(content)

    with pytest.raises(NotesError):
        frames(noted, "tcptui.note")
    assert path.read_bytes() == content


def test_existence_of_a_mark_is_no_trap() -> None:
    assert compile_filter("tcptui.marked").remarks == ()
    assert compile_filter("tcptui.client.state_known").remarks != ()


# -- round trips --------------------------------------------------------------------------


def test_round_trip_is_that_of_the_connection(noted: Session) -> None:
    streams = noted.streams
    for stream in range(streams.count):
        known = int(streams.irtt_ns[stream]) or int(streams.min_rtt_ns_a[stream]) + int(streams.min_rtt_ns_b[stream])
        said = {text for frame in frames(noted, f"tcp.stream == {stream}")
                for text in texts(noted, "tcptui.rtt").get(frame, [])}  # fmt: skip
        assert said == ({f"{known // 10**9}.{known % 10**9:09d}"} if known else set())
    assert frames(noted, "tcptui.rtt > 0")


def test_community_id_is_one_for_all_packets_of_a_connection_and_of_nothing_else(noted: Session) -> None:
    named = texts(noted, "tcptui.community_id")
    by_stream: dict[int, set[tuple[str, ...]]] = {}
    for frame, names in named.items():
        row = noted.store.row_of_frame(frame)
        by_stream.setdefault(int(noted.store.stream[row]), set()).add(tuple(names))

    assert sorted(by_stream) == list(range(noted.streams.count))
    for stream, names in by_stream.items():
        assert names == {(community_id(*noted.streams.ends(stream)),)}
        (name,) = next(iter(names))
        assert frames(noted, f'tcptui.community_id == "{name}"') == frames(noted, f"tcp.stream == {stream}")


def test_who_closed_and_after_how_long(tmp_path: Path) -> None:
    talk = ["0 C S 0 0", "1 S SA 0 1", "2 C A 1 1", "3 C PA 1 1 10", "4 S PA 1 11 10", "5 C A 11 11"]
    closed = [*talk, "5004 S FA 11 11", "5005 C FA 11 12"]
    still_open = [line + " port=40001" for line in talk]
    lines = sorted([*closed, *still_open], key=lambda line: float(line.split()[0]))
    session = open_file(write_trace(tmp_path / "trace.pcap", lines))

    assert set(map(tuple, texts(session, "tcptui.closed_by").values())) == {("server",)}
    assert len(texts(session, "tcptui.closed_by")) == 8
    assert set(map(tuple, texts(session, "tcptui.idle_before_close").values())) == {("5.000000000",)}
    assert len(frames(session, 'tcptui.closed_by == "server" and tcptui.idle_before_close > 4.9')) == 8
    assert not frames(session, 'tcptui.closed_by == "client"')


def test_what_limited_a_transfer_is_in_all_packets_of_its_connection(tmp_path: Path) -> None:
    limited = Transfer(window=lambda _now: 10_240).lines()
    short = [f"{line} port=40001" for line in Transfer(segments=12).lines()]
    lines = sorted([*limited, *short], key=lambda line: float(line.split()[0]))
    session = open_file(write_trace(tmp_path / "trace.pcap", lines))

    assert set(map(tuple, texts(session, "tcptui.limit").values())) == {("window",)}
    assert len(frames(session, 'tcptui.limited_by == "receiver"')) == len(limited)
    assert frames(session, "tcptui.limit") == frames(session, "tcp.stream == 0")
    assert not frames(session, 'tcptui.limit == "window-unread"')


def test_packets_outside_tcp_have_the_findings_that_name_them(tmp_path: Path) -> None:
    session = session_of(tmp_path, [asked(0), asked(4_900, 8, "other.example"), asked(5_000), told(5_001)])

    assert frames(session, 'tcptui.finding == "dns-lookup"') == [1, 3, 4]
    assert frames(session, 'tcptui.severity == "warning"') == [1, 3, 4]
    assert frames(session, 'tcptui.confidence == "likely"') == []
