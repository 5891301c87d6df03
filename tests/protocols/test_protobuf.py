"""Protocol Buffers without a schema: fields, guesses, and bounds."""

from __future__ import annotations

import random
import struct
import time

import pytest

from tcptui.protocols.http2.protobuf import (
    BYTES_MOST,
    DEPTH_MOST,
    FIELDS_MOST,
    ProtobufField,
    protobuf_fields,
    protobuf_text,
)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, wire: int, value: bytes) -> bytes:
    return varint(number << 3 | wire) + (varint(len(value)) if wire == 2 else b"") + value


def told(fields: tuple[ProtobufField, ...]) -> list[object]:
    return [(one.number, told(one.within) if one.within else one.text) for one in fields]


def test_fields_are_told_by_number_and_wire_type() -> None:
    inner = field(1, 0, varint(7)) + field(2, 2, b"x")
    data = field(1, 0, varint(150)) + field(2, 2, "größe".encode()) + field(3, 2, inner) + field(4, 2, b"\xff\xfe")
    data += field(5, 1, struct.pack("<d", 2.5)) + field(6, 5, struct.pack("<f", 1.5)) + field(7, 0, varint(2**64 - 3))

    assert told(protobuf_fields(data)) == [
        (1, "150 (uint64)"), (2, '"größe" (string)'), (3, [(1, "7 (uint64)"), (2, '"x" (string)')]),
        (4, "2 bytes (bytes)"), (5, "4612811918334230528 (fixed64), 2.5 (double)"),
        (6, "1069547520 (fixed32), 1.5 (float)"), (7, "-3 (int64)"),
    ]  # fmt: skip


def test_places_are_those_of_the_bytes() -> None:
    data = field(1, 0, varint(300)) + field(1000, 2, b"name")
    first, second = protobuf_fields(data)

    assert (first.start, first.value_start, first.stop) == (0, 1, 3)
    assert (second.start, data[second.value_start : second.stop], second.stop) == (3, b"name", len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00", b"\x08", b"\x08\x80", b"\x0b\x0c", b"\x07\x01", b"\x0a\x05ab",
        b"\x09" + bytes(7), b"\x0d" + bytes(3),
        b"\x80" * 20, b"\x08" + b"\xff" * 11, bytes(BYTES_MOST + 1), field(1, 0, b"\1") * (FIELDS_MOST + 1),
    ],
)  # fmt: skip
def test_what_is_no_message_or_too_much_is_left_alone(data: bytes) -> None:
    assert protobuf_fields(data) == ()


@pytest.mark.parametrize("size", [60_000, 70_000, 3_000_000])
def test_long_messages_are_read_as_short_ones(size: int) -> None:
    first, second = protobuf_fields(field(1, 2, b"q" * size) + field(2, 0, varint(3)))

    assert (first.stop - first.value_start, second.number, second.value) == (size, 2, 3)


def test_depth_is_bounded() -> None:
    data = field(1, 0, b"\1")
    for _ in range(3 * DEPTH_MOST):
        data = field(1, 2, data)
    depth, fields = 0, protobuf_fields(data)
    while fields:
        depth, fields = depth + 1, fields[0].within

    assert depth == DEPTH_MOST + 1


def test_random_and_hostile_bytes_take_little_time() -> None:
    chance = random.Random(17)
    began = time.process_time()
    for _ in range(300):
        data = bytes(chance.choice((8, 10, 18, 2, chance.randrange(256))) for _ in range(chance.randrange(2_000)))
        for one in protobuf_fields(data):
            assert one.text
            assert 0 <= one.start < one.value_start <= one.stop <= len(data)
    protobuf_fields(b"\x0a\x80\x80\x04" * 16_000)

    assert time.process_time() - began < 5


def test_text_is_as_protoc_decodes_it_raw() -> None:
    inner = field(1, 0, varint(7)) + field(2, 2, b'a\n"b"')
    data = field(1, 0, varint(150)) + field(3, 2, inner) + field(4, 2, b"\xff\xfe")
    data += field(5, 1, struct.pack("<d", 2.5)) + field(6, 5, struct.pack("<f", 1.5))

    assert protobuf_text(protobuf_fields(data)) == (
        '1: 150\n3 {\n  1: 7\n  2: "a\\n\\"b\\""\n}\n4: <ff fe>\n5: 0x4004000000000000\n6: 0x3fc00000\n'
    )
