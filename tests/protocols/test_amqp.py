"""AMQP 0-9-1: which method answers which, confirms, closes with a reason; what is lost; what is not taken for it."""

from __future__ import annotations

import random

import pytest
from amqp_frames import (
    CHANNEL,
    CHANNEL_OK,
    CONFIRM,
    CONFIRM_OK,
    HEARTBEAT,
    OPEN,
    OPEN_OK,
    PROTOCOL,
    START,
    TUNE,
    TUNE_OK,
    ack,
    close,
    content,
    declare,
    declared,
    login,
    method,
    publish,
    short,
)
from http_halves import Dialogue, in_pieces

from tcptui.protocols.amqp.amqp_stream import AmqpStream
from tcptui.protocols.amqp.detection import amqp_sides, begins_amqp
from tcptui.protocols.application import ApplicationStream, asked_to_wait, requests_of
from tcptui.protocols.last_words import Asks, asks
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.summaries import summary_of

BROKER = 5672
#: Requests of `opened`.
_BEFORE = 3
NACK = method(1, (60, 120), bytes(7) + b"\1\0")
GET = method(1, (60, 70), b"\0\0", short("q"), b"\0")
EMPTY = method(1, (60, 72), b"\0")


def requests(said: Dialogue, port: int = 0) -> list[tuple[str, str, int | None]]:
    """Operation, status and frame of the answer of each request."""
    return [
        (one.operation, one.status, one.response.last_frame if one.response else None)
        for one in requests_of(*at_port(said, port)) or ()
    ]


def at_port(said: Dialogue, port: int) -> tuple[ByteStream, ByteStream]:
    client, server = said.directions()
    client.server_port = server.server_port = port
    return client, server


def opened() -> Dialogue:
    """A connection with a channel."""
    said = Dialogue().client(PROTOCOL).server(START).client(login()).server(TUNE).client(TUNE_OK + OPEN)
    return said.server(OPEN_OK).client(CHANNEL).server(CHANNEL_OK)


def asked(said: Dialogue) -> list[tuple[str, str, int | None]]:
    """The requests behind the opening, whose packets are numbered from 1."""
    return [(one, status, frame and frame - 8) for one, status, frame in requests(said)[_BEFORE:]]


def test_opening_is_a_login_the_virtual_host_and_a_channel() -> None:
    assert requests(opened()) == [
        ("connection.start-ok PLAIN", "OK", 4), ("connection.open /", "OK", 6), ("channel.open", "OK", 8),
    ]  # fmt: skip


def test_methods_are_answered_on_their_channel() -> None:
    other = method(2, (20, 10), b"\0"), method(2, (20, 11), bytes(4))
    said = opened().client(declare(1, "a"), other[0], declare(1, "b")).server(other[1], declared(1, "a"))
    said.server(declared(1, "b"))

    assert asked(said) == [("channel.open", "OK", 4), ("queue.declare a", "OK", 5), ("queue.declare b", "OK", 6)]


def test_messages_are_requests_where_they_are_confirmed() -> None:
    said = opened().client(publish(1, "ex", "none"), CONFIRM).server(CONFIRM_OK)
    said.client(publish(1, "ex", "a", bytes(300), most=100), publish(1, "ex", "b"), publish(1, "ex", "c"))
    said.server(ack(1, 2), ack(1, 1)).server(method(1, (60, 120), bytes(7) + b"\3", b"\0"))

    assert asked(said) == [
        ("confirm.select", "OK", 3), ("basic.publish ex b", "OK", 7), ("basic.publish ex a", "OK", 8),
        ("basic.publish ex c", "nack", 9),
    ]  # fmt: skip


@pytest.mark.parametrize("tag", [0, 2])
def test_one_confirm_is_for_all_messages_up_to_it(tag: int) -> None:
    said = opened().client(CONFIRM).server(CONFIRM_OK).client(publish(1, "", "a"), publish(1, "", "b"))
    said.server(ack(1, tag, multiple=True))

    assert [one[1:] for one in asked(said)[1:]] == [("OK", 5)] * 2


def test_message_is_a_request_to_its_last_byte() -> None:
    said = opened().client(CONFIRM).server(CONFIRM_OK).client(*in_pieces(publish(1, "", "a", bytes(500), most=90), 200))
    exchange = list(requests_of(*said.server(ack(1, 1)).directions()) or ())[-1]

    assert exchange.request is not None
    assert exchange.request.stop - exchange.request.start == len(publish(1, "", "a", bytes(500), most=90))


def test_what_nobody_answers_is_no_request() -> None:
    said = opened().client(publish(1, "", "a"), HEARTBEAT, declare(1, "q", 0x10), GET).server(EMPTY, HEARTBEAT)
    assert asked(said) == [("basic.get q", "empty", 5)]


def test_broker_that_closes_the_channel_answers_the_method_it_names() -> None:
    said = opened().client(declare(1, "q"), declare(1, "r"), GET).server(declared(1, "q"))
    said.server(close(1, 404, "NOT_FOUND - no queue 'q' in vhost '/'", (60, 70)))

    assert asked(said) == [
        ("queue.declare q", "OK", 4), ("queue.declare r", "", None), ("basic.get q", "404 NOT_FOUND", 5),
    ]  # fmt: skip


def test_refused_login_has_the_brokers_reason() -> None:
    said = Dialogue().client(PROTOCOL).server(START).client(login())
    said.server(close(0, 403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN"))

    assert requests(said) == [("connection.start-ok PLAIN", "403 ACCESS_REFUSED", 4)]


def test_broker_that_closes_the_connection_answers_no_request_that_it_does_not_name() -> None:
    said = opened().client(declare(1, "q")).server(close(0, 320, "CONNECTION_FORCED - bye"))
    assert asked(said) == [("queue.declare q", "", None)]


def test_client_that_closes_is_answered() -> None:
    said = opened().client(close(1, 200, "Goodbye")).server(method(1, (20, 41)))
    said.client(close(0, 200, "Goodbye")).server(method(0, (10, 51)))

    assert asked(said) == [("channel.close", "OK", 2), ("connection.close", "OK", 4)]


def test_lost_bytes_of_the_client_leave_no_message_that_is_counted() -> None:
    said = opened().client(CONFIRM).server(CONFIRM_OK).client(publish(1, "", "a")).lost(0, 3 * len(publish(1, "", "b")))
    said.client(publish(1, "", "c")).server(ack(1, 2), ack(1, 1))

    assert [one[:2] for one in asked(said)[1:]] == [("basic.publish a", "")]


def test_lost_bytes_of_the_broker_hide_confirms_and_give_none_to_another() -> None:
    said = opened().client(CONFIRM).server(CONFIRM_OK).client(publish(1, "", "a"), declare(1, "q"))
    said.lost(1, len(ack(1, 1)) + len(declared(1, "q"))).client(publish(1, "", "b"), declare(1, "r"))
    said.server(ack(1, 2), declared(1, "r"))

    found = {one[0]: one[1] for one in asked(said)[1:]}
    assert found["basic.publish b"] == "OK"
    assert found["basic.publish a"] == found["queue.declare q"] == ""


def test_connection_that_began_before_is_read_at_the_port_of_a_broker() -> None:
    said = Dialogue(from_start=False).client(declare(1, "p")).server(declared(1, "p"))
    said.client(publish(1, "ex", "a"), declare(1, "q")).server(declared(1, "q"))

    assert requests(said) == []
    assert requests(said, BROKER) == [("queue.declare p", "", None), ("queue.declare q", "OK", 5)]


def test_sides_are_found_where_they_are_swapped() -> None:
    said = Dialogue(from_start=False).client(declared(1, "p")).server(declare(1, "q")).client(declared(1, "q"))
    assert ("queue.declare q", "OK", 3) in requests(said, BROKER)


@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_alone_is_read(side: int) -> None:
    said = Dialogue(from_start=not side)
    if side:
        said.server(declared(1, "q"), HEARTBEAT)
        parts = ApplicationStream(*at_port(said, BROKER)).parts()
        assert [part.label.name for part in parts] == ["amqp-frame"] * 2
    else:
        said.client(PROTOCOL, login(), declare(1, "q"))
        assert [one[1] for one in requests(said)] == [""] * 2


def whole_talk() -> tuple[list[bytes], list[bytes]]:
    """What both sides of a conversation say."""
    client = [
        PROTOCOL, login(), TUNE_OK, OPEN, CHANNEL, CONFIRM, publish(1, "ex", "a", bytes(300), most=100), HEARTBEAT,
        declare(1, "q"), close(0, 200, "bye"),
    ]  # fmt: skip
    deliver = method(1, (60, 60), short("me"), bytes(7) + b"\1\0", short(""), short("q")) + content(1, b"hello")
    server = [
        START, TUNE, OPEN_OK, CHANNEL_OK, CONFIRM_OK, ack(1, 1), HEARTBEAT, declared(1, "q"), deliver,
        method(0, (10, 51)),
    ]  # fmt: skip
    return client, server


def labels(stream: ApplicationStream) -> list[str]:
    return sorted(f"{part.label.name} {part.label.facts}" for part in stream.parts())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_cuts_anywhere_give_the_same_frames(size: int) -> None:
    client, server = map(b"".join, whole_talk())
    whole = ApplicationStream(*Dialogue().client(client).server(server).directions())
    cut = ApplicationStream(*Dialogue().client(*in_pieces(client, size)).server(*in_pieces(server, size)).directions())

    assert len(labels(whole)) == 26
    assert labels(cut) == labels(whole)
    assert isinstance(cut.parsed, AmqpStream)


@pytest.mark.parametrize("snaplen", [1, 2, 5, 12, 20])
def test_short_captures_show_what_there_is(snaplen: int) -> None:
    client, server = whole_talk()
    said = Dialogue(cut=snaplen).client(*client).server(*server)
    for one in ApplicationStream(*said.directions()).parts():
        list(one.blocks())
    for exchange in requests_of(*said.directions()) or ():
        assert exchange.operation or exchange.response


def test_hostile_bytes_never_raise() -> None:
    chance = random.Random(7)
    client, server = map(b"".join, whole_talk())
    for _ in range(200):
        halves = []
        for half in (client, server):
            mutant = bytearray(half)
            for _ in range(chance.randrange(1, 6)):
                mutant[chance.randrange(8, len(mutant))] = chance.randrange(256)
            halves.append(bytes(mutant[: chance.randrange(20, len(mutant))]))
        said = Dialogue().client(*in_pieces(halves[0], 60)).server(*in_pieces(halves[1], 60))
        stream = ApplicationStream(*said.directions())
        for part in stream.parts():
            list(part.blocks())
        list(stream.requests())
        asked_to_wait(*said.directions())


def test_length_of_a_frame_may_be_a_lie() -> None:
    said = opened().client(b"\3\0\1\xff\xff\xff\xffabc")
    assert len(requests(said)) == _BEFORE
    assert list(ApplicationStream(*said.directions()).parts())[-1].trouble() == "cut"


@pytest.mark.parametrize(
    ("payload", "begins"),
    [(PROTOCOL, True), (b"AMQP\0\1\0\0", False), (b"AMQP\1\1\0\x0a", False), (b"AMQP", False), (login(), False)],
)
def test_beginning_is_told_by_what_it_says(payload: bytes, begins: bool) -> None:
    assert begins_amqp(payload) is begins


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\3\1\0\2\2\x46"])
def test_server_of_another_protocol_is_none_of_it(answer: bytes) -> None:
    assert amqp_sides(*Dialogue().client(PROTOCOL).server(answer).directions()) is None


@pytest.mark.parametrize("said", [b"0123456789" * 9, bytes(90), b"\1\0\1" * 30, b"\x08\0\0\0\0\0\1\xce"])
def test_other_bytes_at_the_port_are_not_taken_for_it(said: bytes) -> None:
    talk = Dialogue(from_start=False).client(said).server(said[::-1])
    assert amqp_sides(*at_port(talk, BROKER)) is None


def test_farewell_and_request_are_told_by_their_bytes() -> None:
    assert asks(PROTOCOL) is asks(declare(1, "q")) is Asks.ANSWER
    assert asks(method(0, (10, 51))) is Asks.LEAVE


def test_packet_list_names_methods_that_have_secrets() -> None:
    secrets = [login(), method(0, (10, 21), b"\0\0\0\1x"), declare(1, "q"), b"\1\0\0 smile and more"]
    assert list(map(summary_of, secrets)) == ["connection.start-ok", "connection.secure-ok", "", ""]


def test_who_consumes_waits_for_messages() -> None:
    consume = method(1, (60, 20), b"\0\0", short("q"), short("me"), b"\0", bytes(4))
    deliver = method(1, (60, 60), short("me"), bytes(7) + b"\1\0", short(""), short("q"))
    said = opened().client(consume).server(method(1, (60, 21), short("me")), deliver, deliver)

    assert asked_to_wait(*said.directions()) == [(10_000_000, 11_000_000), (11_000_000, 12_000_000)]
    assert asked_to_wait(*opened().directions()) == []


def test_no_part_has_a_password() -> None:
    said = opened().client(method(0, (10, 70), b"\0\0\0\x09n3wsecret", short("why")))
    parts = list(ApplicationStream(*said.directions()).parts())
    shown = "".join(f"{part.label.facts}{list(part.blocks())}" for part in parts)

    assert "s3cret" not in shown
    assert "n3wsecret" not in shown
    assert "PLAIN" in shown
