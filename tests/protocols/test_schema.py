"""Schemas of Protocol Buffers: what grpcio said on a recording, by the file that protoc wrote; and hostile files.

``grpc_shop``: two .proto files, what ``protoc --include_imports --descriptor_set_out=shop.pb`` made of them, and 24
calls of grpcio with random messages (every type, packed and not, maps, a group, a recursive message, gzip).
"""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tcptui.capture.file_source import open_file
from tcptui.model.errors import InputError
from tcptui.protocols import message_schema
from tcptui.protocols.http2.protobuf import protobuf_fields, protobuf_text
from tcptui.protocols.http2.wire_fields import WireError, wire_fields
from tcptui.protocols.message_schema import BYTES_MOST, MessageType, Schema, read_schema
from tcptui.session.session import Session

SHOP: Final = Path(__file__).parent / "grpc_shop"
COMPILED: Final = SHOP / "shop.pb"
_NAMES: Final = (
    "message.name", "field.name", "field.type", "field.number", "field.wiretype", "field.value.length", "field.value",
    *(f"field.value.{kind}" for kind in (
        "double", "float", "int64", "uint64", "int32", "uint32", "bool", "string", "repeated",
    )),
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> Schema:
    return read_schema(COMPILED)


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.pcap"
    path.write_bytes(gzip.decompress((SHOP / "talk.pcap.gz").read_bytes()))
    return path


def order(schema: Schema) -> MessageType:
    found = schema.message_of("/shop.v1.Orders/Place", is_response=False)
    assert found is not None
    return found


def text(data: bytes, known: MessageType) -> str:
    return protobuf_text(protobuf_fields(data, known))


def test_a_method_has_its_messages(schema: Schema) -> None:
    answer = schema.message_of("/shop.v1.Orders/Watch", is_response=True)

    assert (order(schema).name, answer is not None and answer.name) == ("shop.v1.OrderRequest", "shop.v1.OrderReply")
    assert schema.message_of("/shop.v1.Orders/Cancel", is_response=False) is None
    assert order(schema).fields[25].message is not None  # google.protobuf.Timestamp: imports are in the file


def test_fields_are_named_and_numbers_mean_what_they_were_declared_as(schema: Schema) -> None:
    data = (
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + b"\x50\x09" + b"\x20\x02" + b"\x38\x01" + b"\x1a\x02\x03\x04"
    )

    assert text(data, order(schema)) == "id: -1\ndelta: -5\nkind: FILM\nurgent: true\nitems: 3\nitems: 4\n"


def test_what_does_not_fit_its_declaration_is_told_without_it(schema: Schema) -> None:
    unknown = b"\xf8\x07\x05"  # field 127
    other_wire = b"\x0d\x01\x00\x00\x00"  # id as four bytes
    not_packed = b"\x1a\x01\x80"  # a varint that does not end

    assert text(unknown + other_wire, order(schema)) == "127: 5\n1: 0x00000001\n"
    assert text(not_packed, order(schema)) == "3: <80>\n"


def test_a_message_that_is_empty_is_one(schema: Schema) -> None:
    assert text(b"\xd2\x01\x00", order(schema)) == "nested {\n}\n"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "proto_wrong"), (b'syntax = "proto3";\nmessage A {}\n', "proto_wrong"),
        (b"\x0a\x02\x0a\x05", "proto_wrong"), (b"\x00" * 99, "proto_wrong"),
        (b"\x0a\x05\x22\x03\x0a\x01[", "proto_wrong"), (b"\x0a" * (BYTES_MOST + 1), "proto_too_large"),
    ],
    ids=["empty", "source", "cut", "zeros", "name", "large"],
)  # fmt: skip
def test_a_file_that_is_none_is_one_line(tmp_path: Path, content: bytes, key: str) -> None:
    path = tmp_path / "schema"
    path.write_bytes(content)

    with pytest.raises(InputError) as problem:
        read_schema(path)

    assert problem.value.key == f"messages.{key}"


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_and_no_file_at_all_are_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as problem:
        read_schema(tmp_path / name)

    assert problem.value.key == "messages.proto_unreadable"


def test_a_damaged_schema_is_refused_or_read_and_no_message_upsets_it() -> None:
    chance, whole = random.Random(60317), COMPILED.read_bytes()
    read = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            schema = Schema(bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])]))
        except WireError:
            continue
        known = schema.message_of("/shop.v1.Orders/Place", is_response=False)
        for _ in range(3):
            protobuf_text(protobuf_fields(chance.randbytes(40), known))
        read += 1

    assert read > 50


def test_random_bytes_are_read_by_a_schema_without_an_exception(schema: Schema) -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        fields = protobuf_fields(chance.randbytes(chance.randint(1, 60)), order(schema))
        assert all(0 <= one.start <= one.value_start <= one.stop for one in fields)


def test_one_file_that_declares_too_much_is_left_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.protocols.message_schema.DECLARED_MOST", 2)
    messages = [b"\x22\x03\x0a\x01" + name for name in (b"A", b"B", b"[")]
    just, many = tmp_path / "just.pb", tmp_path / "many.pb"
    just.write_bytes(_file(b"".join(messages[:2])))
    # They are counted before one is looked into: the name that is none is not reached.
    many.write_bytes(_file(b"".join(reversed(messages))))

    assert read_schema(just)
    with pytest.raises(InputError) as refused:
        read_schema(many)
    assert refused.value.key == "messages.proto_too_many"


def test_each_declaration_is_walked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[int] = []
    monkeypatch.setattr(message_schema, "wire_fields", lambda data: walks.append(len(data)) or wire_fields(data))

    Schema(_file(b"\x22\x03\x0a\x01A" * 100))

    assert len(walks) == 102  # with the set and its file


@pytest.mark.parametrize(("levels", "key"), [(64, None), (65, "messages.proto_too_deep")])
def test_messages_declared_ever_deeper_are_refused_for_that(levels: int, key: str | None, tmp_path: Path) -> None:
    body = b"\x0a\x01A"
    for _ in range(levels - 1):
        body = b"\x0a\x01A\x1a" + _length(body) + body
    path = tmp_path / "deep.pb"
    path.write_bytes(_file(b"\x22" + _length(body) + body))

    if key is None:
        assert read_schema(path)
        return
    with pytest.raises(InputError) as refused:
        read_schema(path)
    assert refused.value.key == key


def _file(data: bytes) -> bytes:
    """A set of one file that declares ``data``."""
    return b"\x0a" + _length(data) + data


def _length(data: bytes) -> bytes:
    size, out = len(data), bytearray()
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*out, size])


def test_a_session_shows_fields_by_name_in_follow_and_tree(talk: Path) -> None:
    session = Session([open_file(talk)], schema=str(COMPILED))
    session.run_here()
    parts = list(session.application(0).parts())
    known = [part for part in parts if part.label.name == "grpc-known"]

    assert {part.label.facts["kind"] for part in known} == {"shop.v1.OrderRequest", "shop.v1.OrderReply"}
    assert b'currency: "EUR"' in b"".join(data for part in known for _, data in part.blocks())
    session.close()


@pytest.mark.tshark
def test_every_value_is_tsharks(talk: Path) -> None:
    names = [word for name in _NAMES for word in ("-e", f"protobuf.{name}")]
    search = ("-o", f'uat:protobuf_search_paths:"{SHOP}","TRUE"', "-d", "tcp.port==50051,http2")
    words = ("tshark", "-2", "-n", *search, "-r", str(talk), "-T", "fields", *names)
    theirs = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    ours = subprocess.run(
        (sys.executable, "-m", "tcptui", "packets", str(talk), "--proto", str(COMPILED), *names),
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    equal = 0
    for number, (their, our) in enumerate(zip(theirs, ours, strict=True), 1):
        for name, one, other in zip(_NAMES, their.split("\t"), our.split("\t"), strict=True):
            # tshark writes control characters as they are, and another name for a map's entry.
            one = one.replace("countsMapEntry", "CountsEntry").replace("\x1b", "␛")
            if number == _WITH_GROUP and name != "field.value.double":
                continue  # tshark stops at a group, which this reads
            assert one == other, (number, name)
            equal += one.count(",") + 1 if one else 0

    assert equal > 4_000


#: The frame whose message has a group.
_WITH_GROUP: Final = 9
