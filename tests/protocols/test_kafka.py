"""Kafka: which response answers which, errors, topics, long polls; what is lost; what is not taken for it."""

from __future__ import annotations

import random

import pytest
from http_halves import MS, Dialogue, in_pieces
from kafka_messages import (
    array,
    ask_versions,
    batch,
    beaten,
    compact,
    fetch,
    fetched,
    hands_shaken,
    handshake,
    heartbeat,
    join,
    joined,
    logged_in,
    login,
    many,
    numbers,
    produce,
    produced,
    request,
    response,
    text,
    versions,
)

from tcptui.model.request import UNKNOWN
from tcptui.protocols.application import ApplicationStream, asked_to_wait, requests_of
from tcptui.protocols.kafka.apis import APIS, error_text, name_of
from tcptui.protocols.kafka.detection import begins_kafka, kafka_sides
from tcptui.protocols.kafka.kafka_stream import KafkaStream
from tcptui.protocols.kafka.message import kafka_statement
from tcptui.protocols.last_words import Asks, asks
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.summaries import summary_of

BROKER = 9092


def at_port(said: Dialogue, port: int) -> tuple[ByteStream, ByteStream]:
    client, server = said.directions()
    client.server_port = server.server_port = port
    return client, server


def requests(said: Dialogue, port: int = 0) -> list[tuple[str, str, int | None]]:
    """Operation, status and frame of the answer of each request."""
    return [
        (one.operation, one.status, one.response.last_frame if one.response else None)
        for one in requests_of(*at_port(said, port)) or ()
    ]


def opened() -> Dialogue:
    """A connection whose versions are known."""
    return Dialogue().client(ask_versions(0)).server(versions(0))


def asked(said: Dialogue) -> list[tuple[str, str, int | None]]:
    """The requests behind the opening, whose packets are numbered from 1."""
    return [(one, status, frame and frame - 2) for one, status, frame in requests(said)[1:]]


def test_responses_belong_to_requests_by_their_number_with_several_in_flight() -> None:
    said = opened().client(produce(1, "a", 0), produce(2, "b", 0), heartbeat(3))
    said.server(produced(1, "a", 0)).server(produced(2, "b", 0), beaten(3))

    assert asked(said) == [("Produce a-0", "OK", 4), ("Produce b-0", "OK", 5), ("Heartbeat billing", "OK", 6)]


def test_produce_without_acknowledgment_is_no_request() -> None:
    said = opened().client(produce(1, "a", 0, acks=0), produce(2, "b", 0, acks=1)).server(produced(2, "b", 0))
    assert asked(said) == [("Produce b-0", "OK", 3)]


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ((0, 0), "OK"), ((0, 6), "6 NOT_LEADER_OR_FOLLOWER"), ((3, 6), "3 UNKNOWN_TOPIC_OR_PARTITION"),
        ((-1,), "-1 UNKNOWN_SERVER_ERROR"), ((19, 0), "19 NOT_ENOUGH_REPLICAS"), ((9_999,), "9999"),
    ],
)  # fmt: skip
def test_first_error_of_a_partition_is_the_status(codes: tuple[int, ...], status: str) -> None:
    said = opened().client(produce(1, "a", 0, 1)).server(produced(1, "a", *codes))
    assert asked(said) == [("Produce a-0 +1", status, 2)]


def test_error_of_the_whole_response_is_the_status() -> None:
    said = opened().client(heartbeat(1), join(2), fetch(3, "a", 0))
    said.server(beaten(1, 27), joined(2, 79), fetched(3, "a", code=71))

    assert [one[1] for one in asked(said)] == [
        "27 REBALANCE_IN_PROGRESS", "79 MEMBER_ID_REQUIRED", "71 INVALID_FETCH_SESSION_EPOCH",
    ]  # fmt: skip


def test_operation_names_group_topic_partition_and_how_many_more_there_are() -> None:
    commit = text("billing") + numbers("i", 3) + text("m") + text(None)
    commit += array(text("orders") + array(*(numbers("iqi", at, 5, -1) + text("") for at in (4, 5))))
    topics = many(*(compact(one) + b"\0" for one in ("a", "b", "c"))) + b"\1\0\0\0"
    said = opened().client(
        request(8, 7, 1, commit), request(3, 9, 2, topics, flexible=True), request(3, 8, 3, NO_TOPICS)
    )

    assert [one[0] for one in asked(said)] == ["OffsetCommit billing orders-4 +1", "Metadata a +2", "Metadata"]


NO_TOPICS = numbers("i", -1) + b"\1\0\0"


def test_statement_lacks_what_varies() -> None:
    texts = ("Produce orders-3 +2", "Produce orders", "Fetch my-topic-12", "Heartbeat billing", "Metadata a +2")
    assert list(map(kafka_statement, texts)) == [
        "Produce orders", "Produce orders", "Fetch my-topic", "Heartbeat billing", "Metadata a",
    ]  # fmt: skip


def test_version_that_is_not_known_has_a_header_and_no_more() -> None:
    said = opened().client(request(1, 19, 1, b"\xff" * 40, flexible=True), request(60, 0, 2, b"\0", flexible=True))
    said.server(response(1, b"\xff" * 40), response(2, bytes(60)))

    assert asked(said) == [("Fetch", UNKNOWN, 3), ("DescribeCluster", UNKNOWN, 4)]


def test_first_version_of_a_request_that_brokers_alone_send_has_no_name_of_its_client() -> None:
    for broker in (5, 0x30005):
        said = opened().client(numbers("ihhii", 12, 7, 0, 1, broker), heartbeat(2))
        said.server(response(1, numbers("h", 0) + array()), beaten(2))
        assert asked(said) == [("ControlledShutdown", UNKNOWN, 3), ("Heartbeat billing", "OK", 4)]


def test_response_that_does_not_fit_has_no_status_of_its_own() -> None:
    said = opened().client(heartbeat(1), heartbeat(2)).server(response(1, bytes(5)), response(2, bytes(7)))
    assert [one[1] for one in asked(said)] == [UNKNOWN, UNKNOWN]


def test_older_broker_answers_versions_as_it_can() -> None:
    said = Dialogue().client(ask_versions(0)).server(versions(0, 35)).client(ask_versions(1, 2))
    said.server(response(1, numbers("h", 0) + array(numbers("hhh", 18, 0, 2)) + numbers("i", 0)))

    assert [one[1] for one in requests(said)] == ["35 UNSUPPORTED_VERSION", "OK"]


def test_login_is_two_requests_without_a_password() -> None:
    said = opened().client(handshake(1)).server(hands_shaken(1)).client(login(2, "pa55word")).server(logged_in(2, 58))
    assert asked(said) == [("SaslHandshake PLAIN", "OK", 2), ("SaslAuthenticate", "58 SASL_AUTHENTICATION_FAILED", 4)]


@pytest.mark.parametrize("answer", [bytes(4), numbers("i", 9) + b"v=abcdefg"])
def test_old_login_without_headers_is_no_request_and_hides_its_bytes(answer: bytes) -> None:
    token = b"\0ada\0pa55word"
    said = opened().client(handshake(1, 0)).server(hands_shaken(1)).client(numbers("i", len(token)) + token)
    said.server(answer).client(heartbeat(2)).server(beaten(2))
    shown = "".join(f"{one.label.facts}{list(one.blocks())}" for one in ApplicationStream(*said.directions()).parts())

    assert asked(said) == [("SaslHandshake PLAIN", "OK", 2), ("Heartbeat billing", "OK", 6)]
    assert "pa55word" not in shown
    assert "authentication, 13 bytes" in shown


def test_fetch_that_returns_within_its_wait_was_asked_to_wait() -> None:
    said = opened()
    for number, wait in enumerate((5, 500, 0), 1):
        said.client(fetch(number, "a", 0, wait=wait))
        said.server(fetched(number, "a", 0))
    found = [one.waits for one in list(requests_of(*said.directions()) or ())[1:]]

    assert found == [True, True, False]
    assert asked_to_wait(*said.directions()) == [(3 * MS, 4 * MS), (5 * MS, 6 * MS)]


def test_fetch_that_takes_longer_than_its_wait_was_not() -> None:
    said = opened().client(fetch(1, "a", 0, wait=500)).server(fetched(1, "a", 0))
    late = said.packets.pop()
    said.packets.append((*late[:3], late[3] + 700 * MS))

    assert [one.waits for one in requests_of(*said.directions()) or ()] == [False, False]
    assert asked_to_wait(*said.directions()) == []


def test_newest_versions_say_what_nobody_answers_and_what_waits() -> None:
    topic = bytes(range(16)) + many(numbers("i", 0) + b"\1\0") + b"\0"
    unanswered = request(0, 13, 1, b"\0" + numbers("hi", 0, 30_000) + many(topic) + b"\0", flexible=True)
    poll = numbers("iiib", 5, 1, 1, 0) + numbers("ii", 0, -1) + many() + many() + compact("") + b"\0"
    answer = numbers("ihi", 0, 0, 0) + many() + b"\0"
    said = opened().client(unanswered)
    for number, wait in enumerate((5, 0), 2):
        said.client(request(1, 18, number, numbers("i", wait) + poll[4:], flexible=True))
        said.server(response(number, answer, flexible=True))
    found = list(requests_of(*said.directions()) or ())[1:]

    assert [(one.operation, one.status, one.waits) for one in found] == [("Fetch", "OK", True), ("Fetch", "OK", False)]


def test_poll_for_records_whose_wait_is_not_read_may_wait() -> None:
    said = opened().client(request(1, 19, 1, bytes(9), flexible=True), request(78, 1, 2, bytes(9), flexible=True))
    said.client(request(68, 0, 3, bytes(9), flexible=True)).server(response(1), response(2), response(3))
    assert [one.waits for one in requests_of(*said.directions()) or ()] == [False, True, True, False]


def test_members_of_a_group_wait_for_each_other() -> None:
    said = opened().client(join(1)).server(joined(1)).client(heartbeat(2)).server(beaten(2))
    assert [one.waits for one in requests_of(*said.directions()) or ()] == [False, True, False]


def test_throttled_time_is_told() -> None:
    said = opened().client(produce(1, "a", 0)).server(produced(1, "a", 0, throttled=1_200))
    labels = [part.label.facts["said"] for part in ApplicationStream(*said.directions()).parts()]

    assert labels[2:] == ["Produce a-0 v8, request 1", "Produce v8, response 1: OK, throttled 1,200 ms"]


def test_lost_response_leaves_its_request_without_one_and_takes_none_of_another() -> None:
    said = (
        opened().client(heartbeat(1), heartbeat(2), heartbeat(3)).lost(1, len(beaten(1))).server(beaten(2), beaten(3))
    )
    exchanges = list(requests_of(*said.directions()) or ())[1:]

    assert [one.status for one in exchanges] == ["", "OK", "OK"]
    assert [one.is_reset for one in exchanges] == [True, False, False]


def test_lost_request_leaves_its_response_to_nobody() -> None:
    said = opened().lost(0, len(heartbeat(1))).client(heartbeat(2)).server(beaten(1), beaten(2))
    assert asked(said) == [("Heartbeat billing", "OK", 3)]


def test_numbers_that_come_again_pair_by_their_place_alone() -> None:
    said = opened().client(heartbeat(0), heartbeat(0)).server(beaten(0, 27), beaten(0))
    exchanges = list(requests_of(*said.directions()) or ())[1:]

    assert [one.status for one in exchanges] == ["27 REBALANCE_IN_PROGRESS", "OK"]
    assert all(one.is_counted for one in exchanges)


def test_first_response_to_a_client_that_does_not_count_may_be_that_to_a_lost_request() -> None:
    said = Dialogue().client(ask_versions(0)).lost(0, 9).client(heartbeat(0)).server(versions(0))
    assert [one.is_counted for one in requests_of(*said.directions()) or ()] == [True, True]


def test_connection_that_began_before_is_read_at_the_port_of_a_broker() -> None:
    said = Dialogue(from_start=False).client(heartbeat(7)).server(beaten(7)).client(produce(8, "a", 0))
    said.server(produced(8, "a", 0))

    assert requests(said) == []
    assert requests(said, BROKER) == [("Heartbeat billing", "OK", 2), ("Produce a-0", "OK", 4)]


def test_sides_are_found_where_they_are_swapped() -> None:
    said = Dialogue(from_start=False).client(beaten(7)).server(heartbeat(8)).client(beaten(8)).server(heartbeat(9))
    assert requests(said, BROKER)[0] == ("Heartbeat billing", "OK", 3)


@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_alone_is_read(side: int) -> None:
    said = Dialogue(from_start=not side)
    if side:
        said.server(beaten(1), produced(2, "a", 0))
        parts = ApplicationStream(*at_port(said, BROKER)).parts()
        assert [part.label.facts["said"] for part in parts] == ["response 1, 10 bytes", "response 2, 55 bytes"]
    else:
        said.client(ask_versions(0), heartbeat(1))
        assert [one[1] for one in requests(said)] == [""] * 2


def whole_talk() -> tuple[list[bytes], list[bytes]]:
    """What both sides of a conversation say."""
    client = [
        ask_versions(0), handshake(1), login(2), produce(3, "a", 0, 1), fetch(4, "a", 0), join(5), heartbeat(6),
        produce(7, "b", 3, acks=0), heartbeat(8),
    ]  # fmt: skip
    server = [
        versions(0), hands_shaken(1), logged_in(2), produced(3, "a", 0, 6), fetched(4, "a", 0, records=batch()),
        joined(5), beaten(6), beaten(8),
    ]  # fmt: skip
    return client, server


def labels(stream: ApplicationStream) -> list[str]:
    return sorted(f"{part.label.name} {part.label.facts}" for part in stream.parts())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_cuts_anywhere_give_the_same_messages(size: int) -> None:
    client, server = map(b"".join, whole_talk())
    whole = ApplicationStream(*Dialogue().client(client).server(server).directions())
    cut = ApplicationStream(*Dialogue().client(*in_pieces(client, size)).server(*in_pieces(server, size)).directions())

    assert len(labels(whole)) == 17
    assert labels(cut) == labels(whole)
    assert isinstance(cut.parsed, KafkaStream)


@pytest.mark.parametrize("snaplen", [1, 4, 8, 13, 20, 40])
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


def test_counts_and_lengths_may_be_lies() -> None:
    body = text(None) + numbers("hi", -1, 1) + numbers("i", 0x7FFFFFFF)
    said = (
        opened().client(request(0, 8, 1, body), heartbeat(2)).server(response(1, numbers("i", 0x7FFFFFFF)), beaten(2))
    )
    assert asked(said) == [("Produce", UNKNOWN, 3), ("Heartbeat billing", "OK", 4)]


def test_bytes_that_are_no_request_are_passed_over_and_said() -> None:
    said = opened().client(b"\xff" * 20).client(heartbeat(1)).server(beaten(1))
    parts = [part.label.name for part in ApplicationStream(*said.directions()).parts()]
    assert parts.count("kafka-unread") == 1
    assert asked(said) == [("Heartbeat billing", "OK", 3)]


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (ask_versions(0), True), (heartbeat(3), True), (request(3, 0, 1, array(), client=None), False),
        (request(3, 0, 1, array(), client=""), False), (request(200, 0, 1), False), (request(3, 99, 1), False),
        (request(3, 1, 1, client="a\x01b"), False), (b"\0\0\0\x08\x04\xd2\x16\x2f", False), (beaten(1), False),
        (b"\0\0\0\x54\0\3\0\0user\0postgres\0database\0postgres\0\0", False),
        (numbers("iiqiq", 44, 0, 0, 30_000, 0) + numbers("i", 16) + bytes(17), False),  # ZooKeeper
    ],
)  # fmt: skip
def test_beginning_is_told_by_what_it_says(payload: bytes, begins: bool) -> None:
    assert begins_kafka(payload) is begins


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\3\1\0\2\2\x46", beaten(77)])
def test_server_of_another_protocol_is_none_of_it(answer: bytes) -> None:
    assert kafka_sides(*Dialogue().client(ask_versions(0)).server(answer).directions()) is None


@pytest.mark.parametrize("said", [b"0123456789" * 9, bytes(90), b"\0\0\0\4abcd" * 12, b"\0\0\0\x0a" + bytes(10)])
def test_other_bytes_at_the_port_are_not_taken_for_it(said: bytes) -> None:
    talk = Dialogue(from_start=False).client(said).server(said[::-1])
    assert kafka_sides(*at_port(talk, BROKER)) is None


def test_client_without_a_name_and_without_a_response_is_told_at_the_port_of_a_broker() -> None:
    body = numbers("i", -1) + array(text("orders") + array(numbers("iqi", 0, -1, 1)))
    said = Dialogue().client(request(2, 0, 0, body, client=""))

    assert requests(said) == []
    assert requests(said, BROKER) == [("ListOffsets orders-0", "", None)]
    assert requests(Dialogue().client(request(2, 0, 0, body[1:], client="")), BROKER) == []


def test_request_whose_body_does_not_fit_begins_nothing() -> None:
    said = Dialogue().client(request(12, 3, 0, bytes(9))).server(beaten(0))
    assert kafka_sides(*said.directions()) is None


def test_farewell_and_request_are_told_by_their_bytes() -> None:
    assert asks(ask_versions(0)) is asks(heartbeat(1)) is Asks.ANSWER
    assert asks(produce(1, "a", 0)) is Asks.UNKNOWN


def test_packet_list_names_requests_that_have_secrets() -> None:
    token = b"\0ada\0pa55word"
    said = [login(1), numbers("i", len(token)) + token, heartbeat(1), bytes(20)]
    assert list(map(summary_of, said)) == ["SaslAuthenticate", "authentication, 13 bytes", "", ""]


def test_tables_have_the_numbers_that_are_published() -> None:
    assert [name_of(one) for one in (0, 18, 36, 47, 60, 74, 75, 88, 99)] == [
        "Produce", "ApiVersions", "SaslAuthenticate", "OffsetDelete", "DescribeCluster", "ListConfigResources",
        "DescribeTopicPartitions", "StreamsGroupHeartbeat", "API 99",
    ]  # fmt: skip
    assert [error_text(one) for one in (0, 25, 58, 74, 89, 100, 113, 120, 133, 134)] == [
        "OK", "25 UNKNOWN_MEMBER_ID", "58 SASL_AUTHENTICATION_FAILED", "74 FENCED_LEADER_EPOCH",
        "89 THROTTLING_QUOTA_EXCEEDED", "100 UNKNOWN_TOPIC_ID", "113 STALE_MEMBER_EPOCH",
        "120 TRANSACTION_ABORTABLE", "133 SHARE_SESSION_LIMIT_REACHED", "134",
    ]  # fmt: skip
    assert APIS[1].flexible == 12
