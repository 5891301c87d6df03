"""MongoDB: which message answers which, errors, shapes of what is asked, waits; what is lost, and what is none."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from http_halves import MS, Dialogue, in_pieces
from mongodb_messages import (
    Raw,
    answer,
    ask,
    batch,
    compressed,
    cstring,
    document,
    greeted,
    hello,
    long,
    message,
    msg,
    query,
    refused,
    reply,
)
from mongodb_server import MongodbServer

from tcptui.model.request import UNKNOWN
from tcptui.protocols.application import ApplicationStream, asked_to_wait, requests_of
from tcptui.protocols.last_words import Asks, asks
from tcptui.protocols.mongodb.codes import COMPRESSORS, ERRORS, error_text
from tcptui.protocols.mongodb.detection import begins_mongodb, mongodb_sides
from tcptui.protocols.mongodb.mongodb_stream import MongodbStream
from tcptui.protocols.statements.statement import without_varying
from tcptui.protocols.summaries import summary_of


def requests(said: Dialogue) -> list[tuple[str, str, int | None]]:
    """Operation, status and frame of the answer of each request."""
    return [
        (one.operation, one.status, one.response.last_frame if one.response else None)
        for one in requests_of(*said.directions()) or ()
    ]


def opened() -> Dialogue:
    """A connection whose client has introduced itself."""
    return Dialogue().client(hello(1)).server(greeted(2, 1))


def asked(said: Dialogue) -> list[tuple[str, str, int | None]]:
    """The requests behind the opening, whose packets are numbered from 1."""
    return [(one, status, frame and frame - 2) for one, status, frame in requests(said)[1:]]


def statements(*asks: bytes) -> list[str]:
    said = opened().client(*asks)
    return [one.statement or one.operation for one in list(requests_of(*said.directions()) or ())[1:]]


def test_answers_belong_to_requests_by_their_number() -> None:
    said = opened().client(ask(3, "find", "orders"), ask(5, "count", "orders"), ask(7, "ping", 1))
    said.server(batch(4, 3)).server(answer(6, 5, n=3), answer(8, 7))

    assert requests(said)[0] == ("ismaster admin", "OK", 2)
    assert asked(said) == [("find shop.orders", "OK", 4), ("count shop.orders", "OK", 5), ("ping shop", "OK", 6)]


@pytest.mark.parametrize(
    ("answered", "status"),
    [
        (refused(4, 3, 50, "MaxTimeMSExpired"), "50 MaxTimeMSExpired"),
        (refused(4, 3, 4_321, "Quota Exceeded\x1b"), "4321 error"),
        (answer(4, 3, ok=0, code=18), "18 AuthenticationFailed"),
        (answer(4, 3, ok=0), "0 error"),
        (answer(4, 3, ok=True), "OK"), (answer(4, 3, ok=1), "OK"),
        (answer(4, 3, n=0, writeErrors=[{"index": 0, "code": 11_000, "errmsg": "E11000"}]), "11000 DuplicateKey"),
        (answer(4, 3, n=1, writeConcernError={"code": 64, "codeName": "WriteConcernFailed"}), "64 WriteConcernFailed"),
        (answer(4, 3, ok=0.0, code=112, codeName="WriteConflict", writeErrors=[]), "112 WriteConflict"),
        (answer(4, 3, err="E11000 duplicate", code=11_000), "11000 DuplicateKey"),
        (msg(4, {"n": 1}, answers=3), UNKNOWN),
        (message(2013, bytes(4) + b"\7", 4, 3), UNKNOWN),
    ],
)  # fmt: skip
def test_error_of_an_answer_is_the_status(answered: bytes, status: str) -> None:
    assert asked(opened().client(ask(3, "insert", "orders")).server(answered)) == [("insert shop.orders", status, 2)]


def test_what_nobody_answers_is_no_request() -> None:
    old = message(2002, bytes(4) + cstring("shop.a") + document({"a": 1}), 5)
    said = opened().client(msg(3, {"insert": "a", "$db": "shop"}, flags=2), old, ask(7, "ping", 1)).server(answer(8, 7))
    assert asked(said) == [("ping shop", "OK", 4)]


def test_old_messages_are_read() -> None:
    more = message(2005, bytes(4) + cstring("shop.orders") + struct.pack("<iq", 10, 77), 7)
    said = (
        opened()
        .client(query(3, "shop.orders", {"$query": {"a": 5}, "$orderby": {"b": 1}}))
        .server(reply(4, 3, {"a": 5}))
    )
    said.client(query(5, "shop.$cmd", {"count": "orders", "query": {"a": 1}})).server(
        reply(6, 5, {"ok": 0.0, "code": 13})
    )
    said.client(more).server(reply(8, 7, flags=1)).client(query(9, "shop.orders", {})).server(
        reply(10, 9, {"$err": "no", "code": 11_600}, flags=2)
    )
    said.client(message(2010, cstring("shop") + cstring("find") + document({"find": "a"}) + document({}), 11))
    said.server(message(2011, document({"ok": 1.0}) + document({}), 12, 11))

    assert asked(said) == [
        ("query shop.orders", "OK", 2), ("count shop.orders", "13 Unauthorized", 4),
        ("getMore shop.orders", "43 CursorNotFound", 6), ("query shop.orders", "11600 InterruptedAtShutdown", 8),
        ("find shop.a", "OK", 10),
    ]  # fmt: skip


@pytest.mark.parametrize("how", [0, 2, 3])
def test_what_is_compressed_is_opened(how: int) -> None:
    said = opened().client(compressed(ask(3, "find", "orders", filter={"a": 1}), how))
    said.server(compressed(refused(4, 3, 50, "MaxTimeMSExpired"), how))
    assert asked(said) == [("find shop.orders", "50 MaxTimeMSExpired", 2)]


def test_what_cannot_be_opened_is_said() -> None:
    broken = compressed(ask(5, "find", "orders"), 2)[:-9] + bytes(9)
    said = opened().client(compressed(ask(3, "find", "orders"), 1)).server(compressed(answer(4, 3), 1))
    said.client(broken[:25] + b"\xff" * (len(broken) - 25)).server(answer(6, 5))
    assert asked(said) == [("compressed (Snappy)", UNKNOWN, 2), ("compressed (Zlib)", "OK", 4)]
    assert 3 not in COMPRESSORS  # tshark 4.0 knows no zstd


def test_of_a_bomb_a_beginning_is_opened() -> None:
    import zlib

    head = msg(3, {"find": "orders", "$db": "shop"})[16:]
    bomb = message(2012, struct.pack("<iiB", 2013, 1 << 30, 2) + zlib.compress(head + bytes(1 << 25)), 3)
    assert asked(opened().client(bomb).server(answer(4, 3))) == [("find shop.orders", "OK", 2)]


def test_shape_has_names_and_operators_and_no_values() -> None:
    assert statements(
        ask(3, "find", "o", filter={"state": "open", "$or": [{"a": 1}, {"a": 2}, {"b": None}], "t": {"$in": [1, 2]}}),
        ask(5, "find", "o", filter={}, sort={"a": 1, "b": -1, "c": {"$meta": "textScore"}}),
        ask(7, "aggregate", "o", pipeline=[{"$match": {"a": 5}}, {"$group": {"_id": "$b", "n": {"$sum": 1}}}]),
        ask(9, "update", "o", ("updates", [{"q": {"_id": 5}, "u": {"$set": {"x": 1}}}, {"q": {"z": 1}}])),
        ask(11, "delete", "o", deletes=[{"q": {"_id": 5}, "limit": 1}]),
        ask(13, "findAndModify", "o", query={"a": 1}, update={"$inc": {"n": 1}}),
        ask(15, "insert", "o", ("documents", [{"a": 1}])),
        ask(17, "distinct", "o", key="state", query={"a": 1}),
        ask(19, "renameCollection", "shop.a", to="shop.b"),
        ask(21, "aggregate", 1, pipeline=[{"$changeStream": {}}]),
    ) == [
        "find shop.o {state: ?, $or: [{a: ?}, {b: ?}], t: {$in: [?]}}",
        "find shop.o {} sort {a: 1, b: -1, c: {$meta: ?}}",
        "aggregate shop.o [{$match: {a: ?}}, {$group: {_id: ?, n: {$sum: ?}}}]",
        "update shop.o {_id: ?} update {$set: {x: ?}}",
        "delete shop.o {_id: ?}",
        "findAndModify shop.o {a: ?} update {$inc: {n: ?}}",
        "insert shop.o",
        "distinct shop.o {a: ?}",
        "renameCollection shop",
        "aggregate shop [{$changeStream: {}}]",
    ]  # fmt: skip


def test_shape_of_anything_is_short_and_has_no_secrets() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = {"a": deep}
    wide = {f"n{at}": at for at in range(500)}
    shapes = statements(
        ask(3, "find", "o", filter=deep), ask(5, "find", "o", filter=wide),
        ask(7, "find", "o", filter={"tokens": {"Zq20001xK9wPvR3": 1}}),
        ask(9, "saslStart", 1, payload=b"x", filter={"a": 1}),
    )  # fmt: skip
    assert all(len(one) < 600 for one in shapes)
    assert shapes[0].endswith("{a: {a: {a: {a: {a: {a: {a: {a: {a: …}}}}}}}}}")
    assert shapes[1].endswith(", n59: ?, …}")
    assert shapes[2:] == ["find shop.o {tokens: {[removed]: ?}}", "saslStart shop"]
    assert without_varying("mongodb", shapes[2]) == shapes[2]


def topology(number: int, wait: int = 10_000, flags: int = 0, **more: Any) -> bytes:
    version = {"topologyVersion": {"processId": Raw((7, bytes(12))), "counter": long(0)}} if wait else {}
    return msg(
        number,
        {"hello": 1, **version, **({"maxAwaitTimeMS": wait} if wait else {}), **more, "$db": "admin"},
        flags=flags,
    )


def waiting(said: Dialogue) -> list[bool]:
    return [one.waits for one in list(requests_of(*said.directions()) or ())[1:]]


def test_question_for_news_of_the_server_was_asked_to_wait() -> None:
    said = (
        opened()
        .client(topology(3))
        .server(answer(4, 3))
        .client(topology(5, 0))
        .server(answer(6, 5))
        .client(topology(7))
    )
    assert waiting(said) == [True, False, True]
    assert asked_to_wait(*said.directions()) == [(3 * MS, 4 * MS)]


def test_wait_that_lasts_longer_than_was_asked_for_is_none() -> None:
    said = opened().client(topology(3)).server(answer(4, 3))
    late = said.packets.pop()
    said.packets.append((*late[:3], late[3] + 12_000 * MS))
    assert waiting(said) == [False]
    assert asked_to_wait(*said.directions()) == []


def test_server_that_goes_on_by_itself_answers_one_request() -> None:
    said = (
        opened().client(topology(3, flags=1 << 16)).server(answer(4, 3, 2)).server(answer(5, 4, 2)).server(answer(6, 5))
    )
    said.server(answer(7, 6)).client(ask(9, "ping", 1)).server(answer(10, 9))
    labels = [part.label.facts["said"] for part in ApplicationStream(*said.directions()).parts()][3:7]

    assert asked(said) == [("hello admin", "OK", 2), ("ping shop", "OK", 7)]
    assert waiting(said) == [True, False]
    assert asked_to_wait(*said.directions()) == [(3 * MS, 4 * MS), (4 * MS, 5 * MS), (5 * MS, 6 * MS)]
    assert labels[1] == "hello, response 4, 38 bytes, without being asked again: OK"
    assert labels[3] == "response 6, 38 bytes"  # nobody asked for one more


def more(number: int, cursor: int = 9, **about: Any) -> bytes:
    return msg(number, {"getMore": long(cursor), "collection": "orders", **about, "$db": "shop"})


@pytest.mark.parametrize(
    ("opening", "asks", "answered", "waits"),
    [
        (ask(3, "find", "orders", tailable=True, awaitData=True), more(5), batch(6, 5, 9, "nextBatch", {"a": 1}), True),
        (
            ask(3, "find", "orders", tailable=True, awaitData=False),
            more(5),
            batch(6, 5, 9, "nextBatch", {"a": 1}),
            False,
        ),
        (ask(3, "aggregate", "orders", pipeline=[{"$changeStream": {}}]), more(5), batch(6, 5, 9, "nextBatch"), True),
        (ask(3, "find", "orders"), more(5), batch(6, 5, 9, "nextBatch", {"a": 1}), False),
        (ask(3, "find", "orders"), more(5), batch(6, 5, 0, "nextBatch"), False),
        (ask(3, "ping", 1), more(5), batch(6, 5, 9, "nextBatch"), True),  # opened by another connection
        (
            ask(3, "ping", 1),
            more(5),
            answer(6, 5, cursor={"nextBatch": [{}], "postBatchResumeToken": {}, "id": long(9)}),
            True,
        ),
        (ask(3, "ping", 1), more(5, maxTimeMS=500), batch(6, 5, 9, "nextBatch", {"a": 1}), True),
        (ask(3, "ping", 1), more(5), refused(6, 5, 43, "CursorNotFound"), False),
        (
            query(3, "shop.orders", {}, flags=0x22),
            message(2005, bytes(4) + cstring("shop.orders") + struct.pack("<iq", 0, 9), 5),
            reply(6, 5, {"a": 1}, cursor=9),
            True,
        ),
    ],
)
def test_who_asks_for_more_of_a_cursor_that_waits_waits(
    opening: bytes, asks: bytes, answered: bytes, waits: bool
) -> None:
    first = reply(4, 3, {"a": 1}, cursor=9) if opening[12:16] == struct.pack("<i", 2004) else batch(4, 3, 9)
    said = opened().client(opening).server(first).client(asks).server(answered)
    assert waiting(said) == [False, waits]


def test_lost_answer_leaves_its_request_without_one_and_takes_none_of_another() -> None:
    said = opened().client(ask(3, "ping", 1), ask(5, "ping", 1), ask(7, "ping", 1)).lost(1, len(answer(4, 3)))
    said.server(answer(6, 5), answer(8, 7))
    exchanges = list(requests_of(*said.directions()) or ())[1:]

    assert [one.status for one in exchanges] == ["", "OK", "OK"]
    assert [one.is_reset for one in exchanges] == [True, False, False]


def test_lost_request_leaves_its_answer_to_nobody() -> None:
    said = opened().lost(0, len(ask(3, "ping", 1))).client(ask(5, "count", "a")).server(answer(4, 3), answer(6, 5))
    assert asked(said) == [("count shop.a", "OK", 3)]


def test_numbers_that_come_again_pair_by_their_place_alone() -> None:
    said = (
        opened()
        .client(ask(0, "ping", 1), ask(0, "count", "a"))
        .server(answer(4, 0), refused(5, 0, 50, "MaxTimeMSExpired"))
    )
    exchanges = list(requests_of(*said.directions()) or ())[1:]

    assert [(one.status, one.is_counted) for one in exchanges] == [("OK", True), ("50 MaxTimeMSExpired", True)]


@pytest.mark.parametrize("swapped", [False, True])
def test_connection_that_began_before_is_read_on_any_port(swapped: bool) -> None:
    said, (ours, theirs) = Dialogue(from_start=False), ("server", "client") if swapped else ("client", "server")
    for number in (3, 5):
        getattr(said, ours)(ask(number, "ping", 1))
        getattr(said, theirs)(answer(number + 1, number))
    assert requests(said) == [("ping shop", "OK", 2), ("ping shop", "OK", 4)]


@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_alone_is_read(side: int) -> None:
    said = Dialogue(from_start=not side)
    if side:
        said.server(answer(4, 3), batch(6, 5))
        parts = ApplicationStream(*said.directions()).parts()
        assert [part.label.facts["said"] for part in parts] == ["response 3, 38 bytes", "response 5, 100 bytes"]
    else:
        said.client(hello(1), ask(3, "ping", 1))
        assert [one[1] for one in requests(said)] == [""] * 2


def whole_talk() -> tuple[list[bytes], list[bytes]]:
    """What both sides of a conversation say."""
    client = [
        hello(1), ask(3, "find", "o", filter={"a": 1}), compressed(ask(5, "count", "o")), topology(7, flags=1 << 16),
        ask(9, "insert", "o", ("documents", [{"a": "b" * 200}])), query(11, "shop.o", {"a": 1}),
        msg(13, {"ping": 1, "$db": "a"}, flags=1),
    ]  # fmt: skip
    server = [
        greeted(2, 1),
        batch(4, 3, 9, "firstBatch", {"a": 1}, {"a": 2}),
        compressed(refused(6, 5, 50, "MaxTimeMSExpired"), 3),
        answer(8, 7, 2),
        answer(9, 8),
        answer(10, 9),
        reply(12, 11, {"a": 1}),
        answer(14, 13, 1),
    ]
    return client, server


def labels(stream: ApplicationStream) -> list[str]:
    return sorted(f"{part.label.name} {part.label.facts}" for part in stream.parts())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_cuts_anywhere_give_the_same_messages(size: int) -> None:
    client, server = map(b"".join, whole_talk())
    whole = ApplicationStream(*Dialogue().client(client).server(server).directions())
    cut = ApplicationStream(*Dialogue().client(*in_pieces(client, size)).server(*in_pieces(server, size)).directions())

    assert len(labels(whole)) == 15
    assert labels(cut) == labels(whole)
    assert isinstance(cut.parsed, MongodbStream)


@pytest.mark.parametrize("snaplen", [1, 4, 15, 17, 21, 26, 40, 60])
def test_short_captures_show_what_there_is(snaplen: int) -> None:
    client, server = whole_talk()
    said = Dialogue(cut=snaplen).client(*client).server(*server)
    for one in ApplicationStream(*said.directions()).parts():
        list(one.blocks())
    found = list(requests_of(*said.directions()) or ())
    assert all(one.operation or one.response for one in found)
    assert all(one.status in ("", "OK", UNKNOWN) for one in found)


def test_hostile_bytes_never_raise() -> None:
    chance = random.Random(7)
    client, server = map(b"".join, whole_talk())
    for _ in range(300):
        halves = []
        for half in (client, server):
            mutant = bytearray(half)
            for _ in range(chance.randrange(1, 6)):
                mutant[chance.randrange(40, len(mutant))] = chance.choice((0, 255, chance.randrange(256)))
            halves.append(bytes(mutant[: chance.randrange(41, len(mutant))]))
        said = Dialogue().client(*in_pieces(halves[0], 60)).server(*in_pieces(halves[1], 60))
        stream = ApplicationStream(*said.directions())
        for part in stream.parts():
            list(part.blocks())
        list(stream.requests())
        asked_to_wait(*said.directions())


def test_bytes_that_are_no_message_are_passed_over_and_said() -> None:
    said = opened().client(b"\xff" * 20).client(ask(3, "ping", 1)).server(answer(4, 3))
    parts = [part.label.name for part in ApplicationStream(*said.directions()).parts()]
    assert parts.count("mongodb-unread") == 1
    assert asked(said) == [("ping shop", "OK", 3)]


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (hello(1), True),
        (ask(3, "ping", 1), True),
        (compressed(ask(3, "ping", 1)), True),
        (answer(4, 3), True),
        (greeted(2, 1), True),
        (msg(3, {"a": 1}, flags=4), False),
        (ask(3, "ping", 1)[:20], True),
        (message(2013, bytes(4) + b"\2" + document({}), 3), False),
        (message(2013, bytes(4) + b"\0\xff\xff\0\0", 3), False),
        (message(2014, bytes(30), 3), False),
        (message(2004, bytes(4) + b"\1\2\0" + bytes(8) + document({}), 3), False),
        (message(2012, struct.pack("<iiB", 2013, 5, 9) + bytes(5), 3), False),
        (bytes(40), False),
        (b"GET / HTTP/1.1", False),
        (struct.pack("<iiii", 1 << 30, 1, 0, 2013) + bytes(20), False),
        (struct.pack("<iiii", 16, 1, 0, 2013), False),
    ],
)
def test_beginning_is_told_by_what_it_says(payload: bytes, begins: bool) -> None:
    assert begins_mongodb(payload) is begins


@pytest.mark.parametrize("answered", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\3\1\0\2\2\x46" + bytes(20), hello(2)])
def test_server_of_another_protocol_is_none_of_it(answered: bytes) -> None:
    assert mongodb_sides(*Dialogue().client(hello(1)).server(answered).directions()) is None


@pytest.mark.parametrize("said", [b"0123456789" * 9, bytes(90), ask(3, "ping", 1)])
def test_other_bytes_are_not_taken_for_it(said: bytes) -> None:
    talk = Dialogue(from_start=False).client(said).server(said[::-1])
    assert mongodb_sides(*talk.directions()) is None


def test_farewell_and_request_are_told_by_their_bytes() -> None:
    assert asks(hello(1)) is asks(ask(3, "find", "a")) is Asks.ANSWER
    assert asks(msg(3, {"insert": "a", "$db": "b"}, flags=2)) is Asks.NOTHING
    assert asks(message(2006, bytes(4) + cstring("a.b") + bytes(4) + document({}), 3)) is Asks.NOTHING
    assert asks(compressed(ask(3, "find", "a"))) is Asks.UNKNOWN


def test_packet_list_names_messages_without_secrets() -> None:
    both = ask(3, "saslStart", 1, payload=b"n,,n=ada") + ask(5, "find", "a", filter={"password": "pa55word"})
    assert summary_of(both) == "saslStart shop, find shop.a"
    assert summary_of(answer(4, 3) + reply(5, 4)) == "response, Extensible Message Format, response, Reply"
    assert summary_of(ask(3, "find", "a", filter={"a": "b" * 3_000})[:1_400]) == "find a"
    assert summary_of(bytes(12) + struct.pack("<i", 2013) + bytes(20)) == ""


def test_errors_have_the_names_that_are_published() -> None:
    assert [error_text(one) for one in (13, 112, 11_000, 3)] == [
        "13 Unauthorized", "112 WriteConflict", "11000 DuplicateKey", "3 error",
    ]  # fmt: skip
    assert len(ERRORS) > 40


def answered(command: dict[str, Any]) -> dict[str, Any]:
    """What a server answers to a usual client."""
    from bson.int64 import Int64

    name = next(iter(command))
    if name == "find":
        cursor = Int64(77 if "batchSize" in command else 0)
        return {"cursor": {"firstBatch": [{"a": 1}], "id": cursor, "ns": "shop.orders"}, "ok": 1.0}
    if name == "getMore":
        return {"cursor": {"nextBatch": [{"a": 2}], "id": Int64(0), "ns": "shop.orders"}, "ok": 1.0}
    if name == "count":
        return {"ok": 0.0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"}
    if name == "insert" and command["documents"][0].get("again"):
        return {"n": 0, "writeErrors": [{"index": 0, "code": 11_000, "errmsg": "E11000"}], "ok": 1.0}
    return {"n": 1, "ok": 1.0}


@pytest.mark.parametrize("compressors", [[], ["zlib"]])
def test_usual_client_is_read(compressors: list[str]) -> None:
    import pymongo
    from pymongo.errors import DuplicateKeyError, ExecutionTimeout

    with MongodbServer(answered) as server:
        with pymongo.MongoClient("127.0.0.1", server.port, compressors=compressors) as client:
            orders = client.shop.orders
            assert list(orders.find({"state": "open"}, sort=[("n", -1)])) == [{"a": 1}]
            assert list(orders.find({}, batch_size=1)) == [{"a": 1}, {"a": 2}]
            orders.insert_one({"a": 1})
            orders.with_options(write_concern=pymongo.WriteConcern(w=0)).insert_one({"a": 2})
            orders.update_many({"a": 1}, {"$set": {"b": 2}})
            with pytest.raises(DuplicateKeyError):
                orders.insert_one({"again": 1})
            with pytest.raises(ExecutionTimeout):
                client.shop.command("count", "orders")
        said = [Dialogue() for _ in server.heard]
        for dialogue, heard in zip(said, server.heard, strict=True):
            for side, data in list(heard.said):
                dialogue._say(side, (data,))
    found = [[(one[0], one[1]) for one in requests(one)] for one in said]
    worked = next(one for one in found if len(one) > 4)
    watched = [one for one in found if one is not worked]

    assert worked == [
        ("ismaster admin", "OK"), ("find shop.orders", "OK"), ("find shop.orders", "OK"), ("getMore shop.orders", "OK"),
        ("insert shop.orders", "OK"), ("update shop.orders", "OK"), ("insert shop.orders", "11000 DuplicateKey"),
        ("count shop.orders", "50 MaxTimeMSExpired"), ("endSessions admin", "OK"),
    ]  # fmt: skip
    assert watched
    assert all(
        one.waits for each in said for one in requests_of(*each.directions()) or () if one.operation == "hello admin"
    )
