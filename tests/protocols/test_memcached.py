"""memcached: which answer is whose, in text and binary, whatever is lost or cut; what is not taken for it."""

from __future__ import annotations

import random

import pytest
from http_halves import Dialogue, in_pieces
from memcached_messages import found, message, reply, store, value

from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.last_words import Asks, asks
from tcptui.protocols.memcached.detection import begins_memcached, memcached_sides
from tcptui.protocols.memcached.memcached_stream import MemcachedStream
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.summaries import summary_of

PORT = 11211
FLAGS = bytes(4)
NOT_FOUND = b"Not found"


def requests(said: Dialogue, port: int = PORT) -> list[tuple[str, str, int | None]]:
    """Operation, status and frame of the answer of each request."""
    return [
        (one.operation, one.status, one.response.last_frame if one.response else None)
        for one in requests_of(*at_port(said, port)) or ()
    ]


def at_port(said: Dialogue, port: int) -> tuple[ByteStream, ByteStream]:
    client, server = said.directions()
    client.server_port = server.server_port = port
    return client, server


def test_each_command_has_its_own_answer_in_order() -> None:
    said = Dialogue().client(store("a:1", b"hello"), b"get a:1 a:2 a:3\r\nget b\r\n", b"incr n 2\r\n")
    said.server(b"STORED\r\n" + found(("a:1", b"hello"), ("a:3", b"END\r\n")), b"END\r\n", b"7\r\n")

    assert requests(said, 0) == [
        ("set a:1", "OK", 4), ("get a:1 +2", "OK", 4), ("get b", "miss", 5), ("incr n", "OK", 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "answer", "status"),
    [
        (b"delete a\r\n", b"NOT_FOUND\r\n", "NOT_FOUND"), (b"delete a\r\n", b"DELETED\r\n", "OK"),
        (store("a", b"b", "add"), b"NOT_STORED\r\n", "NOT_STORED"),
        (store("a", b"b", "cas", " 5"), b"EXISTS\r\n", "EXISTS"), (b"decr a 1\r\n", b"12  \r\n", "OK"),
        (b"touch a 5\r\n", b"TOUCHED\r\n", "OK"), (b"gat 5 a\r\n", b"END\r\n", "miss"),
        (b"flush_all\r\n", b"OK\r\n", "OK"), (b"verbosity 1\r\n", b"OK\r\n", "OK"),
        (b"version\r\n", b"VERSION 1.6.18\r\n", "OK"), (b"stats\r\n", b"STAT pid 1\r\nSTAT x y\r\nEND\r\n", "OK"),
        (b"stats reset\r\n", b"RESET\r\n", "OK"), (b"mg a v\r\n", b"VA 2\r\nhi\r\n", "OK"),
        (b"mg a v\r\n", b"EN\r\n", "miss"), (b"ms a 2\r\nhi\r\n", b"NS\r\n", "NS"), (b"md a\r\n", b"NF\r\n", "NF"),
        (b"ma a\r\n", b"HD\r\n", "OK"), (b"mn\r\n", b"MN\r\n", "OK"), (b"me a\r\n", b"ME a exp=-1\r\n", "OK"),
        (b"hello\r\n", b"ERROR\r\n", "ERROR"),
        (b"set a b c\r\n", b"CLIENT_ERROR bad command line format\r\n", "CLIENT_ERROR bad command line format"),
        (store("a", b"b"), b"SERVER_ERROR out of memory\r\n", "SERVER_ERROR out of memory"),
        (b"get a b\r\n", value("a", b"x") + b"SERVER_ERROR out of memory\r\n", "OK"),
        (b"config get cluster\r\n", b"CONFIG cluster 0 4\r\n1\na\n\r\nEND\r\n", "OK"),
        (b"lru_crawler metadump all\r\n", b"key=a exp=-1 la=1 cas=2 fetch=no cls=1 size=63\r\nEND\r\n", "OK"),
    ],
)  # fmt: skip
def test_status_is_what_the_server_says(command: bytes, answer: bytes, status: str) -> None:
    said = Dialogue().client(b"get first\r\n").server(b"END\r\n").client(command).server(answer)
    assert requests(said)[1][1:] == (status, 4)


@pytest.mark.parametrize(
    ("code", "status"),
    [(0, "OK"), (1, "1 Key not found"), (0x20, "32 Authentication error"), (0x82, "130 Out of memory"), (0x99, "153")],
)
def test_status_of_the_binary_protocol_is_its_code_with_the_name(code: int, status: str) -> None:
    said = Dialogue().client(message(0, b"k")).server(reply(0, b"why", status=code))
    assert requests(said, 0) == [("get k", status, 2)]


def test_many_keys_are_asked_for_in_a_line_of_several_segments() -> None:
    said = Dialogue().client(*in_pieces(b"get" + b" key" * 3_000 + b"\r\n", 1_400)).server(found(("key", b"x")))
    assert requests(said, 0) == [("get key +2999", "OK", 10)]


def test_what_nobody_answers_is_no_request() -> None:
    said = Dialogue().client(store("a", b"b", more=" noreply"), b"delete a noreply\r\n", b"get a\r\n", b"quit\r\n")
    assert requests(said.server(b"END\r\n"), 0) == [("get a", "miss", 5)]


def test_quiet_commands_of_the_binary_protocol_are_requests_where_they_are_answered() -> None:
    said = Dialogue().client(
        message(0x0D, b"a", number=1) + message(0x0D, b"b", number=2) + message(0x11, b"c", b"v", extras=bytes(8)),
        message(0x0A, number=9),
    )
    said.server(
        reply(0x0D, b"v", key=b"b", extras=FLAGS, number=2), reply(0x11, b"no", status=0x82), reply(10, number=9)
    )

    assert requests(said, 0) == [("get b", "OK", 3), ("set c", "130 Out of memory", 4), ("noop", "OK", 5)]


def test_statistics_of_the_binary_protocol_are_one_request_of_several_answers() -> None:
    said = (
        Dialogue().client(message(0x10)).server(reply(0x10, b"1", key=b"pid"), reply(0x10, b"2", key=b"x"), reply(0x10))
    )
    exchange = next(iter(requests_of(*said.directions()) or ()))

    assert (exchange.operation, exchange.status) == ("stats", "OK")
    assert [one.last_frame for one in exchange.carried] == [1, 2, 3, 4]


def test_numbers_that_are_all_the_same_pair_by_order() -> None:
    said = Dialogue().client(message(0, b"a"), message(0, b"b"))
    said.server(reply(0, NOT_FOUND, status=1), reply(0, b"v", extras=FLAGS))

    assert requests(said) == [("get a", "1 Key not found", 3), ("get b", "OK", 4)]


def test_quiet_meta_commands_leave_their_answers_to_nobody_and_the_next_command_its_own() -> None:
    said = Dialogue().client(b"mg a v q\r\nmg b v q\r\nmn\r\nget c\r\n").server(b"VA 1\r\nx\r\nMN\r\n", b"END\r\n")
    assert requests(said) == [("mn", "OK", 2), ("get c", "miss", 3)]


@pytest.mark.parametrize(
    ("quiet", "asked", "answer", "status"),
    [
        (b"md a q", b"ma b N0 J5 v", b"VA 1\r\n5\r\n", "OK"), (b"md a q", b"ma b", b"HD\r\n", "OK"),
        (b"md a q", b"mg b v", b"EN\r\n", "miss"), (b"mg a v q", b"mg b v", b"EN\r\n", "miss"),
        (b"ma a q", b"mg b v", b"EN\r\n", "miss"), (b"ms a 1 q\r\nx", b"mg b v", b"VA 1\r\n5\r\n", "OK"),
    ],
)  # fmt: skip
def test_answer_that_a_quiet_command_never_has_is_the_next_ones(
    quiet: bytes, asked: bytes, answer: bytes, status: str
) -> None:
    said = Dialogue().client(quiet + b"\r\n" + asked + b"\r\nmn\r\n").server(answer + b"MN\r\n")
    operation = " ".join(asked.decode().split()[:2])
    assert requests(said) == [(operation, status, 2), ("mn", "OK", 2)]


@pytest.mark.parametrize(
    ("quiet", "answer"),
    [(b"md a q", b"NF"), (b"ma a q", b"HD"), (b"mg a v q", b"VA 1\r\nx"), (b"ms a 1 q\r\nx", b"NS")],
)
def test_answer_that_the_quiet_one_may_have_is_nobodys(quiet: bytes, answer: bytes) -> None:
    said = Dialogue().client(quiet + b"\r\nma b v\r\nget c\r\n").server(answer + b"\r\nNF\r\n", b"END\r\n")
    assert ("ma b", "OK", 2) not in requests(said)


def test_answer_of_another_kind_is_nobodys() -> None:
    said = Dialogue().client(b"get z\r\n").server(b"END\r\n")
    said.client(b"get a\r\n", b"get b\r\n").server(b"STORED\r\n", b"END\r\n").client(b"get c\r\n").server(b"END\r\n")

    assert requests(said)[1:] == [("get a", "", None), ("get b", "", None), ("get c", "miss", 8)]


def test_lost_bytes_pair_nothing_that_may_be_anothers() -> None:
    said = Dialogue().client(b"get a\r\n").server(b"END\r\n").client(b"get b\r\n").lost(1, 5)
    said.client(b"get c\r\n").lost(0, 9).server(b"END\r\n").client(b"get d\r\n").server(b"END\r\n")

    assert requests(said) == [("get a", "miss", 2), ("get b", "", None), ("get c", "", None), ("get d", "miss", 7)]


def test_end_of_values_that_were_lost_is_no_miss() -> None:
    whole = found(("a", bytes(3_000)))
    said = Dialogue(from_start=False).client(b"get a\r\n").lost(1, len(whole) - 5).server(b"END\r\n")
    said.client(b"get b\r\n").server(b"END\r\n")

    assert requests(said) == [("get a", "", None), ("get b", "miss", 4)]


def test_missing_bytes_within_a_value_hide_nothing() -> None:
    whole = found(("a", bytes(3_000)))
    said = Dialogue().client(b"get a\r\n").server(whole[:1_000]).lost(1, 1_000).server(whole[2_000:])
    said.client(b"get b\r\n").server(b"END\r\n")

    assert requests(said) == [("get a", "OK", 3), ("get b", "miss", 5)]


@pytest.mark.parametrize("binary", [False, True])
def test_connection_that_began_before_is_read_at_the_port(binary: bool) -> None:
    said = Dialogue(from_start=False).client(b"x" * 30)
    for key in "ab":
        ask = message(0, key.encode()) if binary else f"get {key}\r\n".encode()
        said.client(ask).server(reply(0, NOT_FOUND, status=1) if binary else b"END\r\n")

    status = "1 Key not found" if binary else "miss"
    assert requests(said, 0) == []
    assert requests(said) == [("get a", "", None), ("get b", status, 5)]  # who asked before waits, perhaps


def test_sides_are_found_where_they_are_swapped() -> None:
    said = Dialogue(from_start=False).client(b"VALUE a 0 1\r\nx\r\nEND\r\n").server(b"get b\r\n").client(b"END\r\n")
    assert ("get b", "miss", 3) in requests(said)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_alone_is_read(side: int, binary: bool) -> None:
    said = Dialogue(from_start=not side)
    if side:
        said.server(*(2 * [reply(0, status=1)] if binary else [b"END\r\n", found(("a", b"b"))]))
        stream = ApplicationStream(*at_port(said, PORT))
        assert [part.label.name[:17] for part in stream.parts()] == ["memcached-message"] * 2
    else:
        said.client(*([message(0, b"a"), message(0, b"b")] if binary else [store("a", b"1"), b"get b\r\n"]))
        assert [one[1:] for one in requests(said)] == [("", None)] * 2


def whole_talk() -> tuple[list[bytes], list[bytes]]:
    """What both sides of a conversation say."""
    client = [
        store("a", b"v" * 400), b"get a b\r\n", store("c", b"", "add"), b"incr n 1\r\n", b"mg a v\r\n", b"stats\r\n",
        b"delete a\r\n", b"version\r\n",
    ]  # fmt: skip
    server = [
        b"STORED\r\n", found(("a", b"v" * 400)), b"NOT_STORED\r\n", b"8\r\n", b"VA 3\r\nabc\r\n",
        b"STAT a b\r\nSTAT c d\r\nEND\r\n", b"DELETED\r\n", b"VERSION 1.6\r\n",
    ]  # fmt: skip
    return client, server


def binary_talk() -> tuple[list[bytes], list[bytes]]:
    """The same in binary."""
    client = [
        message(1, b"a", b"v" * 400, extras=bytes(8), number=1), message(0, b"a", number=2), message(0x0D, b"b"),
        message(0x0A), message(0x10), message(7),
    ]  # fmt: skip
    server = [
        reply(1, number=1), reply(0, b"v" * 400, extras=FLAGS, number=2), reply(0x0A), reply(0x10, b"1", key=b"a"),
        reply(0x10), reply(7),
    ]  # fmt: skip
    return client, server


def labels(stream: ApplicationStream) -> list[str]:
    return sorted(str(part.label.facts.get("said", part.label.name)) for part in stream.parts())


@pytest.mark.parametrize("talk", [whole_talk, binary_talk])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_cuts_anywhere_give_the_same_messages(size: int, talk: type) -> None:
    client, server = map(b"".join, talk())
    whole = ApplicationStream(*at_port(Dialogue().client(client).server(server), PORT))
    said = Dialogue().client(*in_pieces(client, size)).server(*in_pieces(server, size))
    cut = ApplicationStream(*at_port(said, PORT))

    assert len(labels(whole)) == sum(map(len, talk()))
    assert labels(cut) == labels(whole)
    assert isinstance(cut.parsed, MemcachedStream)


@pytest.mark.parametrize("talk", [whole_talk, binary_talk])
@pytest.mark.parametrize("snaplen", [1, 2, 5, 12, 26])
def test_short_captures_show_what_there_is(snaplen: int, talk: type) -> None:
    client, server = talk()
    said = Dialogue(cut=snaplen).client(*client).server(*server)
    for one in ApplicationStream(*at_port(said, PORT)).parts():
        list(one.blocks())
    for exchange in requests_of(*at_port(said, PORT)) or ():
        assert exchange.operation or exchange.response


@pytest.mark.parametrize("talk", [whole_talk, binary_talk])
def test_hostile_bytes_never_raise(talk: type) -> None:
    chance = random.Random(7)
    client, server = map(b"".join, talk())
    for _ in range(200):
        halves = []
        for half in (client, server):
            mutant = bytearray(half)
            for _ in range(chance.randrange(1, 6)):
                mutant[chance.randrange(len(mutant))] = chance.randrange(256)
            halves.append(bytes(mutant[: chance.randrange(20, len(mutant))]))
        said = Dialogue().client(*in_pieces(halves[0], 60)).server(*in_pieces(halves[1], 60))
        stream = ApplicationStream(*at_port(said, PORT))
        for part in stream.parts():
            list(part.blocks())
        list(stream.requests())


def test_length_of_a_value_may_be_a_lie() -> None:
    said = Dialogue().client(b"set a 0 0 4294967295\r\nabc").client(message(0, b"k"))
    assert [one[0] for one in requests(said)] == ["set a"]
    assert list(ApplicationStream(*at_port(said, PORT)).parts())[-1].trouble() == "cut"


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (store("a", b"b"), True), (b"get a\r\n", True), (b"get a b c\r\n", True), (b"mg a v k\r\n", True),
        (message(0, b"k"), True), (message(1, b"k", b"v", extras=bytes(8)), True), (b"GET / HTTP/1.1\r\n", False),
        (b"set a b\r\n", False), (b"get \x01\r\n", False), (b"hello\r\n", False), (b"", False), (b"\x80", False),
        (message(0x77, b"k"), False), (reply(0), False), (b"\x80\x2e\x01\x03\1" + bytes(40), False),
        (b"get a" + bytes(40), False), (b"get" + b" key" * 700, True), (b"get" + b" key" * 40, False),
    ],
)  # fmt: skip
def test_beginning_is_told_by_what_it_says(payload: bytes, begins: bool) -> None:
    assert begins_memcached(payload) is begins


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (b"get a\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"), (b"get a\r\n", b"ERROR\r\n"), (b"get a\r\n", b"+OK\r\n"),
        (b"version\r\n", b"220 mail ESMTP\r\n"), (b"quit\r\n", b"221 bye\r\n"), (b"stats\r\n", b"200 ok\r\n"),
        (message(0, b"k"), b"HTTP/1.1 400 Bad\r\n"), (b"get file.txt\r\n", b"hello\r\n"),
    ],
)  # fmt: skip
def test_server_of_another_protocol_is_none_of_it(asked: bytes, answer: bytes) -> None:
    assert memcached_sides(*at_port(Dialogue().client(asked).server(answer), 0)) is None


@pytest.mark.parametrize("said", [b"0123456789" * 9, b"=" * 70, bytes(90), b"\x80\x81" * 30, b"12\r\n13\r\n"])
def test_other_bytes_at_the_port_are_not_taken_for_it(said: bytes) -> None:
    talk = Dialogue(from_start=False).client(said).server(said[::-1])
    assert memcached_sides(*at_port(talk, PORT)) is None


def test_farewell_and_request_are_told_by_their_bytes() -> None:
    assert asks(b"get a\r\n") is asks(message(0, b"a")) is Asks.ANSWER
    assert asks(store("a", b"b", more=" noreply")) is asks(message(0x11, b"a")) is Asks.NOTHING
    assert asks(message(7)) is asks(b"quit\r\n") is Asks.LEAVE


def test_packet_list_names_commands_and_answers_that_have_values() -> None:
    payloads = [
        store("a", b"v4lue"), b"get session:s3ss10nid4711x b\r\n", found(("a", b"v4lue")), message(1, b"a", b"v4lue"),
        reply(0, NOT_FOUND, status=1), b"VA 5\r\nv4lue\r\n", b"get a warm welcome", b"\x80 smile" + bytes(30),
    ]  # fmt: skip
    assert list(map(summary_of, payloads)) == [
        "set a", "get session:[removed] +1", "VALUE a", "Set Request a", "Get Response: 1 Key not found", "VA", "", "",
    ]  # fmt: skip


def test_no_part_has_a_value() -> None:
    said = Dialogue().client(store("a", b"v4lue"), b"incr n 4711\r\n", b"get session:s3ss10nid4711x\r\n")
    said.server(b"STORED\r\n", b"47110815\r\n", found(("session:s3ss10nid4711x", b"v4lue")))
    parts = list(ApplicationStream(*at_port(said, PORT)).parts())
    shown = "".join(f"{part.label.facts}{list(part.blocks())}" for part in parts)

    assert not [one for one in ("v4lue", "s3ss10nid4711x", "4711") if one in shown]
    assert "set a" in shown
