"""MQTT: which packet answers which, whatever is lost or cut; versions; what other protocols are not taken for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue, in_pieces
from mqtt_packets import (
    ACCEPTED,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    acknowledgment,
    connect,
    login,
    packet,
    properties,
    puback,
    publish,
    subscribe,
    text,
)

from tcptui.protocols.application import ApplicationStream, asked_to_wait, requests_of
from tcptui.protocols.last_words import Asks, asks
from tcptui.protocols.mqtt.beginning import begins_mqtt
from tcptui.protocols.mqtt.detection import mqtt_sides
from tcptui.protocols.mqtt.mqtt_stream import MqttStream
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterable

BROKER = 1883


def requests(said: Dialogue, port: int = 0) -> list[tuple[str, str, int | None]]:
    """Operation, status and frame of the answer of each request."""
    client, server = at_port(said, port)
    return [
        (one.operation, one.status, one.response.last_frame if one.response else None)
        for one in requests_of(client, server) or ()
    ]


def at_port(said: Dialogue, port: int) -> tuple[ByteStream, ByteStream]:
    client, server = said.directions()
    client.server_port = server.server_port = port
    return client, server


def opened(version: int = 4) -> Dialogue:
    answer = ACCEPTED if version < 5 else packet(0x20, b"\0\0", properties())
    return Dialogue().client(connect(version=version)).server(answer)


def test_each_request_has_its_own_answer_whatever_the_order() -> None:
    said = opened().client(publish("a/1", number=7), publish("a/2", number=8), PINGREQ)
    said.server(puback(8), PINGRESP, puback(7))

    assert requests(said) == [
        ("CONNECT ada", "OK", 2), ("PUBLISH a/2", "OK", 6), ("PINGREQ", "OK", 7), ("PUBLISH a/1", "OK", 8),
    ]  # fmt: skip


def test_message_that_is_delivered_exactly_once_is_one_request_of_two_steps() -> None:
    said = opened().client(publish("a", number=3, qos=2)).server(acknowledgment(0x50, 3))
    said.client(PINGREQ, acknowledgment(0x62, 3)).server(PINGRESP, acknowledgment(0x70, 3))
    client, server = said.directions()
    exchange = next(one for one in requests_of(client, server) or () if one.operation == "PUBLISH a")

    assert exchange.status == "OK"
    assert [one.last_frame for one in exchange.interim] == [4]
    assert exchange.response is not None
    assert exchange.request is not None
    assert exchange.response.last_frame == 8
    assert [exchange.request.direction.frames_of(*one) for one in exchange.request.stretches] == [(3,), (6,)]


@pytest.mark.parametrize(
    ("version", "asked", "answer", "status"),
    [
        (4, connect(), b"\x20\2\0\5", "5 Not authorized"),
        (4, connect(), b"\x20\2\0\4", "4 Bad user name or password"),
        (5, connect(version=5), packet(0x20, b"\0\x87", properties()), "135 Not authorized"),
        (5, connect(version=5), packet(0x20, b"\0\x9f", properties(b"\x1f" + text("slow"))),
         "159 Connection rate exceeded"),
        (5, publish("a", number=1, said=properties()), puback(1, b"\x10"), "16 No matching subscribers"),
        (5, publish("a", number=1, said=properties()), puback(1, b"\x97", properties()), "151 Quota exceeded"),
        (5, publish("a", number=1, qos=2, said=properties()), acknowledgment(0x50, 1, b"\x87"), "135 Not authorized"),
        (4, subscribe(2, "a", "b"), acknowledgment(0x90, 2, b"\1\x80"), "128 Failure"),
        (5, subscribe(2, "a", said=properties()), acknowledgment(0x90, 2, properties(), b"\x9e"),
         "158 Shared Subscription not supported"),
        (5, packet(0xA2, b"\0\5", properties(), text("a")), acknowledgment(0xB0, 5, properties(), b"\x11"),
         "17 No subscription existed"),
        (5, packet(0xA2, b"\0\5", properties(), text("a")), acknowledgment(0xB0, 5), "OK"),
    ],
)  # fmt: skip
def test_status_is_the_code_with_its_name(version: int, asked: bytes, answer: bytes, status: str) -> None:
    said = Dialogue() if asked[0] == 0x10 else opened(version)
    assert requests(said.client(asked).server(answer))[-1][1] == status


def test_what_nobody_answers_is_no_request() -> None:
    said = opened().client(subscribe(1, "a/#")).server(acknowledgment(0x90, 1, b"\1"))
    said.client(publish("b", b"x")).server(publish("a/1", number=1)).client(puback(1), DISCONNECT)

    assert [operation for operation, *_ in requests(said)] == ["CONNECT ada", "SUBSCRIBE a/#"]


def test_alias_stands_for_its_topic() -> None:
    named = publish("long/topic", number=1, said=properties(b"\x23\0\4"))
    short = publish("", number=2, said=properties(b"\x23\0\4"))
    said = opened(5).client(named, short).server(puback(1), puback(2))

    assert [one[0] for one in requests(said)[1:]] == ["PUBLISH long/topic"] * 2


def test_authentication_goes_on_between_connect_and_its_answer() -> None:
    more = packet(0xF0, b"\x18", properties(b"\x15" + text("SCRAM")))
    said = Dialogue().client(connect(version=5)).server(more).client(more).server(packet(0x20, b"\0\0", properties()))
    said.client(packet(0xF0, b"\x19")).server(packet(0xF0))

    assert [one[:2] for one in requests(said)] == [("CONNECT ada", "OK"), ("AUTH", "OK")]


def test_identifier_that_is_used_again_begins_another_request() -> None:
    said = opened().client(publish("a", number=1), publish("b", number=1)).server(puback(1))
    assert requests(said)[1:] == [("PUBLISH a", "", None), ("PUBLISH b", "OK", 5)]


def test_message_that_is_sent_again_is_the_same_request() -> None:
    said = opened().client(publish("a", number=1), publish("a", number=1, again=1)).server(puback(1))
    assert requests(said)[1:] == [("PUBLISH a", "OK", 5)]


def test_lost_bytes_of_both_sides_pair_nothing_that_may_be_anothers() -> None:
    said = opened().client(publish("a", number=1)).lost(1, 4).lost(0, len(publish("b", number=1)))
    said.client(PINGREQ).server(puback(1), PINGRESP).client(PINGREQ).server(PINGRESP)

    assert requests(said) == [
        ("CONNECT ada", "OK", 2), ("PINGREQ", "", None), ("PUBLISH a", "", None), ("", "OK", 5), ("", "OK", 6),
        ("PINGREQ", "OK", 8),
    ]  # fmt: skip


@pytest.mark.parametrize("version", [4, 5])
def test_connection_that_began_before_is_read_at_the_port_of_a_broker(version: int) -> None:
    said = Dialogue(from_start=False)
    said.client(publish("plant/1", b"22", number=9, said=properties() if version == 5 else b""))
    said.server(puback(9)).client(subscribe(10, "x", said=properties() if version == 5 else b""))
    said.server(acknowledgment(0x90, 10, properties() if version == 5 else b"", b"\x80"))

    assert requests(said) == []
    sides = mqtt_sides(*at_port(said, BROKER))
    assert sides is not None
    assert (sides.version, sides.is_told) == (version, False)
    refused = "128 Failure" if version == 4 else "128 Unspecified error"
    assert requests(said, BROKER) == [("PUBLISH plant/1", "OK", 2), ("SUBSCRIBE x", refused, 4)]


def test_sides_are_found_where_they_are_swapped() -> None:
    said = Dialogue(from_start=False).client(PINGRESP, puback(1)).server(publish("a", number=1), PINGREQ)
    assert {one[0] for one in requests(said, BROKER)} >= {"PUBLISH a", "PINGREQ"}


@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_alone_is_read(side: int) -> None:
    said = Dialogue()
    if side:
        said.server(ACCEPTED, puback(1), PINGRESP)
        assert [one[:2] for one in requests(said, BROKER)] == [("", "OK")] * 3
    else:
        said.client(connect(), publish("a", number=1), PINGREQ)
        assert {one[:2] for one in requests(said)} == {("CONNECT ada", ""), ("PUBLISH a", ""), ("PINGREQ", "")}


def test_reading_goes_on_behind_a_hole_where_a_segment_begins_a_packet() -> None:
    said = opened().client(publish("a", bytes(300), number=1)).lost(0, 50)
    said.client(b"middle of something", publish("b", number=2)).server(puback(2))
    client, server = said.directions()
    stream = ApplicationStream(client, server)

    assert ("PUBLISH b", "OK", 6) in requests(said)
    assert "mqtt-unread" in [part.label.name for part in stream.parts()]


def whole_talk() -> tuple[list[bytes], list[bytes]]:
    """What both sides of a conversation say."""
    client = [
        connect(version=5, flags=0xCE, more=properties() + text("w/t") + text("bye") + text("u") + text("p")),
        subscribe(1, "a/#", "b", said=properties(b"\x0b\x80\x01")),
        publish("a/1", bytes(300), number=2, said=properties()),
        publish("c", b"x", number=3, qos=2, said=properties(b"\x26" + text("k") + text("v"))), acknowledgment(0x62, 3),
        PINGREQ, packet(0xE0, b"\0"),
    ]  # fmt: skip
    server = [
        packet(0x20, b"\0\0", properties(b"\x13\0\x0a")), acknowledgment(0x90, 1, properties(), b"\1\2"), puback(2),
        acknowledgment(0x50, 3), acknowledgment(0x70, 3), publish("a/9", b"news", said=properties()), PINGRESP,
    ]  # fmt: skip
    return client, server


def labels(stream: ApplicationStream) -> list[str]:
    return sorted(str(part.label.facts.get("said", "")) for part in stream.parts() if part.label.name == "mqtt-packet")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_cuts_anywhere_give_the_same_packets(size: int) -> None:
    client, server = map(b"".join, whole_talk())
    whole = ApplicationStream(*Dialogue().client(client).server(server).directions())
    cut = ApplicationStream(*Dialogue().client(*in_pieces(client, size)).server(*in_pieces(server, size)).directions())

    assert len(labels(whole)) == 14
    assert labels(cut) == labels(whole)
    assert isinstance(cut.parsed, MqttStream)


@pytest.mark.parametrize("snaplen", [1, 2, 5, 12, 20])
def test_short_captures_show_what_there_is(snaplen: int) -> None:
    client, server = whole_talk()
    said = Dialogue(cut=snaplen).client(*client).server(*server)
    for one in ApplicationStream(*said.directions()).parts():
        list(one.blocks())
    for one in requests_of(*said.directions()) or ():
        assert one.operation or one.response


def test_hostile_bytes_never_raise() -> None:
    chance = random.Random(7)
    client, server = map(b"".join, whole_talk())
    for _ in range(300):
        halves = []
        for half in (client, server):
            mutant = bytearray(half)
            for _ in range(chance.randrange(1, 6)):
                mutant[chance.randrange(14, len(mutant))] = chance.randrange(256)
            halves.append(bytes(mutant[: chance.randrange(20, len(mutant))]))
        said = Dialogue().client(*in_pieces(halves[0], 60)).server(*in_pieces(halves[1], 60))
        stream = ApplicationStream(*said.directions())
        for part in stream.parts():
            list(part.blocks())
        list(stream.requests())
        asked_to_wait(*said.directions())


def test_length_of_a_packet_may_be_a_lie() -> None:
    said = opened().client(b"\x30\xff\xff\xff\x7f\0\1a")
    client, server = said.directions()

    assert [one[0] for one in requests(said)] == ["CONNECT ada"]
    assert list(ApplicationStream(client, server).parts())[-1].trouble() == "cut"


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (connect(), True), (connect(version=3), True), (connect(version=5), True), (connect(version=0x84), True),
        (connect(version=6), False), (b"\x10\x0c\0\4HTTP\4\2\0\0\0\0", False), (b"\x10", False),
        (b"\x10\x80\x80\x80\x80", False), (publish("a"), False), (b"", False), (b"\x16\3\1\0\x05MQTT", False),
    ],
)  # fmt: skip
def test_beginning_is_told_by_what_it_says(payload: bytes, begins: bool) -> None:
    assert begins_mqtt(payload) is begins


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\3\1\0\2\2\x46", b"220 mail ESMTP\r\n"])
def test_server_of_another_protocol_is_none_of_mqtt(answer: bytes) -> None:
    assert mqtt_sides(*Dialogue().client(connect()).server(answer).directions()) is None


@pytest.mark.parametrize("said", [b"0123456789" * 9, b"=" * 70, b"PUT x\r\n", bytes(90), b"@\2ab" * 3 + b"?"])
def test_other_bytes_at_the_port_are_not_taken_for_it(said: bytes) -> None:
    talk = Dialogue(from_start=False).client(said).server(said[::-1])
    assert mqtt_sides(*at_port(talk, BROKER)) is None


def test_farewell_and_request_are_told_by_their_bytes() -> None:
    assert asks(connect()) is Asks.ANSWER
    assert asks(DISCONNECT) is asks(packet(0xE0, b"\x04")) is Asks.LEAVE


def said_of(payloads: Iterable[bytes]) -> str:
    return "|".join(map(summary_of, payloads))


def test_packet_list_names_packets_that_may_hold_secrets() -> None:
    proof = packet(0xF0, b"\x18", properties(b"\x16" + text("pr00f")))
    accepted = packet(0x20, b"\0\0", properties(b"\x16" + text("pr00f")))

    assert said_of([login("bob", "s3cret"), proof, accepted]) == "CONNECT ada|AUTH|CONNACK"
    assert said_of([b"\xf0\x9f\x98\x80 smile", b"\x20\x03\x01abc", b"\x10\0\0\0"]) == "||"


def test_who_has_subscribed_waits_for_news() -> None:
    said = opened().client(subscribe(1, "a")).server(acknowledgment(0x90, 1, b"\0"), publish("a"), publish("a"))
    assert asked_to_wait(*said.directions()) == [(4_000_000, 5_000_000), (5_000_000, 6_000_000)]


def test_who_only_publishes_does_not_wait() -> None:
    said = opened().client(publish("a", number=1)).server(puback(1)).client(publish("a", number=2)).server(puback(2))
    assert asked_to_wait(*said.directions()) == []


def test_no_part_has_a_secret() -> None:
    user = b"\x26" + text("authorization") + text("Bearer tok3n")
    said = Dialogue().client(
        connect(version=5, flags=0xC2, said=properties(b"\x16" + text("pr00f"), user), more=text("bob") + text("pa55")),
        publish("a", b'{"password": "inn3r", "t": 1}', said=properties()),
    )
    said.server(packet(0x20, b"\0\0", properties(b"\x16" + text("pr00f"))))
    shown = "".join(
        f"{part.label.facts}{data!r}"
        for part in ApplicationStream(*said.directions()).parts() for _, data in part.blocks()
    )  # fmt: skip

    assert not [one for one in ("pr00f", "tok3n", "pa55", "inn3r") if one in shown]
    assert all(one in shown for one in ("bob", "4 bytes, not shown", '"t": 1'))
