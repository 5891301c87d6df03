"""Records and handshake messages over segment borders, gaps, late starts; what the hellos agreed upon."""

from __future__ import annotations

import pytest
from http_halves import Dialogue
from hypothesis import given
from hypothesis import strategies as st
from tls_bytes import (
    CHANGE,
    TLS_1_3_CHOSEN,
    client_hello,
    extension,
    handshake,
    numbers,
    record,
    server_hello,
    server_name,
)  # fmt: skip

from tcptui.protocols.tls.codes import HELLO_RETRY
from tcptui.protocols.tls.handshake import MESSAGES_MOST
from tcptui.protocols.tls.parse import parse_starttls, parse_tls
from tcptui.protocols.tls.tls_stream import TlsStream

HELLO = record(22, client_hello(server_name(b"a.example")), 0x0301)
ANSWER = record(22, server_hello())
DATA = record(23, bytes(40))


def parsed(dialogue: Dialogue, limit: int = 100) -> TlsStream:
    stream = parse_tls(*dialogue.directions(), limit)
    assert stream is not None
    return stream


def kinds(stream: TlsStream, side: int) -> list[int]:
    return [record.content_type for record in stream.conversation.records[side].each]


def said(stream: TlsStream, side: int) -> list[int]:
    return [message.kind for message in stream.conversation.messages[side].each]


@given(st.lists(st.integers(1, 400), max_size=12))
def test_hello_is_the_same_however_it_is_cut_into_segments(cuts: list[int]) -> None:
    data, pieces = HELLO + CHANGE + DATA, []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    stream = parse_tls(*Dialogue().client(*filter(None, [*pieces, data])).server(ANSWER).directions(), 100)

    assert stream is not None
    assert kinds(stream, 0) == [22, 20, 23]
    hello = stream.conversation.client_hello
    assert hello is not None
    assert hello.texts("handshake.extensions_server_name") == ["a.example"]


@given(st.lists(st.integers(1, 60), max_size=12))
def test_message_over_records_knows_where_its_bytes_are(sizes: list[int]) -> None:
    message, records = client_hello(server_name(b"a.example")), b""
    left = message
    for size in sizes:
        if left:
            records += record(22, left[:size])
            left = left[size:]
    records += record(22, left) if left else b""
    first = next(iter(sizes), 99)
    stream = parse_tls(*Dialogue().client(records).server(ANSWER).directions(), 100)

    assert stream is not None
    (found,) = stream.conversation.messages[0].each
    assert found.data == message
    assert bytes(records[found.place(at)] for at in range(len(message))) == message
    assert len(found.pieces) >= 1 + (first < len(message))


def test_gap_within_a_record_costs_that_record_only() -> None:
    dialogue = Dialogue().client(HELLO).server(ANSWER, DATA[:20]).lost(1, len(DATA) - 20).server(DATA, DATA)

    stream = parsed(dialogue)

    assert [record.complete for record in stream.conversation.records[1].each] == [True, False, True, True]


def test_lost_header_is_passed_over_to_the_next_segment_that_begins_with_records() -> None:
    dialogue = Dialogue().client(HELLO).server(ANSWER).lost(1, 700).server(b"tail of a record", DATA, DATA)

    records = parsed(dialogue).conversation.records[1].each

    assert [record.content_type for record in records] == [22, 23, 23]
    assert [record.resumed for record in records] == [False, True, False]


def test_connection_that_began_before_the_capture_is_read_from_its_first_record() -> None:
    dialogue = Dialogue(from_start=False).client(b"rest of a record", DATA).server(DATA)

    stream = parsed(dialogue)

    assert (kinds(stream, 0), kinds(stream, 1)) == ([23], [23])
    assert stream.conversation.version is None


@pytest.mark.parametrize(
    "turns",
    [
        Dialogue().client(b"GET / HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 200 OK\r\n\r\n"),
        Dialogue().client(DATA).server(DATA),  # no handshake, though the capture has the beginning
        Dialogue(from_start=False).client(b"\x17\x03\x03\x00\x50short"),
        Dialogue().client(b"\x16\x03\x01\x02\x00\x05\x00\x01\xfc\x03\x03"),
        Dialogue(),
    ],
    ids=["http", "no-hello", "length-beyond", "no-known-message", "nothing"],
)
def test_what_is_no_tls_is_left_to_others(turns: Dialogue) -> None:
    assert parse_tls(*turns.directions(), 100) is None


def test_tls_after_plain_commands_begins_with_the_hellos() -> None:
    dialogue = Dialogue().server(b"* OK\r\n").client(b"1 STARTTLS\r\n").server(b"1 OK\r\n").client(HELLO).server(ANSWER)

    assert parse_tls(*dialogue.directions(), 100) is None
    stream = parse_starttls(*dialogue.directions(), 100)

    assert stream is not None
    assert [side.each[0].start for side in stream.conversation.records] == [12, 12]


def test_alert_beside_a_hello_is_a_record_of_the_server() -> None:
    stream = parsed(Dialogue().client(HELLO).server(record(21, b"\x02\x46")))

    assert stream.conversation.alert(1, 0) == (2, 70)


def test_until_tls_1_2_all_is_encrypted_behind_change_cipher_spec() -> None:
    finished = record(22, bytes.fromhex("14000000aabbccdd"))
    stream = parsed(Dialogue().client(HELLO).server(ANSWER, CHANGE, finished).client(CHANGE, finished))

    assert stream.conversation.messages[0].encrypted == {2}
    assert (said(stream, 0), said(stream, 1)) == ([1], [2])


def test_hello_behind_change_cipher_spec_is_plain_after_hello_retry_request() -> None:
    retry = record(22, server_hello(TLS_1_3_CHOSEN, 0x1301, random=HELLO_RETRY))
    chosen = record(22, server_hello(TLS_1_3_CHOSEN, 0x1301))
    stream = parsed(Dialogue().client(HELLO).server(retry, CHANGE).client(CHANGE + HELLO).server(chosen, DATA))

    assert said(stream, 0) == [1, 1]
    assert stream.conversation.version == 0x0304
    assert not stream.conversation.messages[0].encrypted


def test_encrypted_alert_has_no_level() -> None:
    stream = parsed(Dialogue().client(HELLO).server(ANSWER, CHANGE, record(21, bytes(26))))

    assert stream.conversation.alert(1, 2) is None


@pytest.mark.parametrize(
    ("extensions", "session", "resumed"),
    [
        (b"", b"", False),
        (b"", b"same", True),
        (TLS_1_3_CHOSEN, b"same", False),
        (TLS_1_3_CHOSEN + extension(41, b"\0\0"), b"", True),
    ],
)
def test_resumption_is_told_by_what_each_version_says(extensions: bytes, session: bytes, resumed: bool) -> None:
    answer = record(22, server_hello(extensions, session=session))
    stream = parsed(Dialogue().client(record(22, client_hello(session=session))).server(answer))

    assert stream.conversation.is_resumed is resumed


def test_authorities_of_tls_1_3_are_read_as_those_of_a_certificate_request() -> None:
    name = bytes.fromhex("300f310d300b0603550403") + b"\x0c\x04Root"
    listed = extension(47, (len(name) + 2).to_bytes(2) + len(name).to_bytes(2) + name)
    hello = parsed(Dialogue().client(record(22, client_hello(listed)))).conversation.client_hello

    assert hello is not None
    assert hello.numbers("handshake.dname_len") == [len(name)]
    assert hello.bytes_of("handshake.dname") == [name]
    assert "Distinguished Name: (id-at-commonName=Root)" in [line.label for line in hello.walk()]


def test_session_id_that_a_certificate_follows_is_a_new_session() -> None:
    answer = record(22, server_hello(session=b"same") + handshake(11, bytes(3)))
    stream = parsed(Dialogue().client(record(22, client_hello(session=b"same"))).server(answer))

    assert not stream.conversation.is_resumed


def test_reading_stops_at_its_limit_and_says_so() -> None:
    dialogue = Dialogue().client(HELLO).server(ANSWER, *(DATA for _ in range(9)))
    client, server = dialogue.directions()
    stream = parse_tls(client, server, 5)

    assert stream is not None
    assert len(stream.conversation.records[1].each) == 5
    assert stream.conversation.records[1].limited


def test_follow_tells_messages_and_joins_encrypted_records() -> None:
    dialogue = Dialogue().client(HELLO).server(ANSWER, CHANGE, DATA, DATA).client(record(21, b"\x01\x00"))

    told = [(part.side, part.label.name, part.label.facts) for part in parsed(dialogue).parts()]

    assert told == [
        (0, "tls-handshake", {"what": "Client Hello"}),
        (1, "tls-handshake", {"what": "Server Hello"}),
        (1, "tls-change-cipher-spec", {}),
        (1, "tls-data", {"count": "2", "bytes": "80"}),
        (0, "tls-alert", {"what": "Close Notify"}),
    ]


def test_draft_of_tls_1_3_is_tls_1_3() -> None:
    answer = record(22, server_hello(extension(43, numbers(0x7F1C)), 0x1301))

    assert parsed(Dialogue().client(HELLO).server(answer)).conversation.version == 0x0304


def test_number_of_messages_is_bounded() -> None:
    requests = record(22, handshake(0, b"") * 4_000)
    stream = parsed(Dialogue().client(HELLO).server(ANSWER, *(requests for _ in range(9))), 5_000)

    assert len(stream.conversation.messages[1].each) == MESSAGES_MOST
    assert stream.conversation.messages[1].encrypted  # what is not read is not shown as if it were
