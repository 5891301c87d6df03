"""HTTP/2 as the tree shows it: Wireshark's fields, their values those of tshark, what is unknown named so."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from http2_ends import ANSWER, CALL, OK, PREFACE, Ends, frame, get, message
from http_halves import Dialogue
from tree_text import tree_text
from web_captures import record

from tcptui.model.field_rows.http2 import HTTP2_FIELDS
from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.headers.node import Node
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.secret_names import LEFT_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.packet_view import PacketView

RAW_IP = 101
Shown = Callable[[Dialogue, int], Node]
#: Fields in which tshark and tcptui differ, by capture, each with the frame and the reason.
DIFFERENT = {
    # tshark leaves a body alone whose deflate stream was flushed and has no end.
    "suricata-verify-http2-deflate-case.pcap": {(21, "http2.data.data")},
    "suricata-verify-http2_userinfo_in_authority_1.pcap": set(),
}  # fmt: skip


@pytest.fixture
def shown(view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]) -> Shown:
    """The tree of one packet of a dialogue."""

    def make(dialogue: Dialogue, number: int) -> Node:
        packet = view(tcp_frame(payload=dialogue.packets[number - 1][2]), link_type=RAW_IP)
        return header_tree(replace(packet, row=number - 1, frame=number), ApplicationStream(*dialogue.directions()))

    return make


def fields(tree: Node, name: str) -> list[str]:
    return [node.label for node in tree.walk() if node.field == name]


def test_frames_are_shown_where_they_became_whole(shown: Shown) -> None:
    ask = frame(1, 5, 1, b"\x82\x84\x86")
    talk = Dialogue().client(PREFACE, ask[:5], ask[5:] + frame(6, 0, 0, b"12345678"))

    assert fields(shown(talk, 1), "http2.stream") == ["Stream: Magic"]
    assert fields(shown(talk, 2), "http2.stream") == []
    last = shown(talk, 3)
    assert fields(last, "http2.stream") == [
        "Stream: HEADERS, Stream ID: 1, Length 3, GET /",
        "Stream: PING, Stream ID: 0, Length 8",
    ]
    assert fields(last, "http2.headers.method") == [":method: GET"]


def test_unknown_names_and_values_are_called_unknown(shown: Shown) -> None:
    ends = Ends()
    for stream in (1, 3, 5, 7):
        ends.ask(stream, get("/same", ("x-who", "me")), b"body")
        ends.answer(stream, OK, b"text")
    talk = Dialogue(from_start=False)
    for side, data in ends.turns[-6:]:
        (talk.server if side else talk.client)(data)
    tree = shown(talk, 1)
    text = tree_text(tree)
    values = [node.whole() for node in tree.walk() if node.field == "http2.header.value" and node.whole is not None]

    assert "Header: <unknown>: <unknown>" in text
    assert "x-who" not in text
    # In filters and columns, too: the byte of the index was taken for a value.
    assert values == [value.removeprefix("Value: ").encode() for value in fields(tree, "http2.header.value")]


def test_payload_that_ends_early_is_malformed(shown: Shown) -> None:
    talk = Dialogue().client(PREFACE + frame(4, 0, 0, b"12345") + frame(8, 0, 0, b"1") + frame(250, 0, 1, b"xy"))
    tree = shown(talk, 1)
    text = tree_text(tree)

    assert fields(tree, "_ws.malformed") == ["[Malformed Packet: HTTP2]"] * 2
    assert text.count("The frame ends before what its type has in it") == 2
    assert "Type: Unknown (250)" in text
    assert "Unknown: 7879" in text


def test_values_of_frames_that_break_the_rules_are_shown(shown: Shown) -> None:
    broken = (
        frame(3, 0, 0, b"\0\0\0\x08"), frame(4, 1, 0, b"\0\x02\0\0\0\x01"), frame(6, 0, 0, b"12345678more"),
        frame(7, 0, 3, b"\0\0\0\x05\0\0\0\x0bcalm"),
    )  # fmt: skip
    tree = shown(Dialogue().client(PREFACE + b"".join(broken)), 1)

    assert fields(tree, "http2.rst_stream.error") == ["Error: CANCEL (8)"]
    assert fields(tree, "http2.settings.enable_push") == ["Enable PUSH: 1"]
    assert fields(tree, "http2.ping") == [f"Ping: {b'12345678'.hex()}"]
    assert fields(tree, "http2.goaway.error") == ["Error: ENHANCE_YOUR_CALM (11)"]
    assert fields(tree, "http2.goaway.addata") == [f"Additional Debug Data: {b'calm'.hex()}"]
    assert tree_text(tree).count("(Error/Malformed)") == 4


def test_padding_that_is_longer_than_its_frame_is_malformed(shown: Shown) -> None:
    talk = Dialogue().client(PREFACE + frame(1, 4, 1, b"\x82\x84\x86"), frame(0, 8, 1, b"\x04abc"))
    ask = shown(talk, 2)

    assert fields(ask, "_ws.malformed") == ["[Malformed Packet: HTTP2]"]
    assert fields(ask, "http2.padding") == ["Pad Length: 0x04"]
    assert fields(ask, "http2.data.data") == []


def test_padding_behind_an_empty_part_of_a_header_list_keeps_the_table(shown: Shown) -> None:
    """It was taken for an error, and with it all that later lists have from the table."""
    padded = frame(1, 0x08, 1, b"\x02\0\0") + frame(9, 0x04, 1, b"\x82\x84\x86\x40\x01a\x01b")
    tree = shown(Dialogue().client(PREFACE + padded, frame(1, 0x05, 3, b"\x82\x84\x86\xbe")), 2)

    assert fields(tree, "http2.header.name")[-1] == "Name: a"
    assert "Malformed" not in tree_text(tree)


def test_fields_of_a_header_list_are_in_the_frame_that_ends_them(shown: Shown) -> None:
    parts = frame(1, 0x00, 1, b"\x82\x84\x86\x40\x01"), frame(9, 0x00, 1, b"a\x01"), frame(9, 0x04, 1, b"b\x88")
    talk = Dialogue().client(PREFACE, *parts)
    names = [fields(shown(talk, number), "http2.header.name") for number in (2, 3, 4)]

    assert names == [["Name: :method", "Name: :path", "Name: :scheme"], [], ["Name: a", "Name: :status"]]


def test_reserved_bit_of_a_window_update_says_nothing(shown: Shown) -> None:
    talk = Dialogue().client(PREFACE + frame(8, 0, 0, b"\x80\0\0\x05"), frame(8, 0, 0, b"\x80\0\0\0"))
    some, none = (shown(talk, number) for number in (1, 2))
    increment = "http2.window_update.window_size_increment"

    assert fields(some, increment)[0].endswith("Window Size Increment: 5")
    assert "Malformed" not in tree_text(some)
    assert fields(none, increment)[0].endswith("Window Size Increment: 0")
    assert "Malformed" in tree_text(none)


def test_frames_of_extensions_say_what_is_in_them(shown: Shown) -> None:
    said = (
        frame(10, 0, 0, b"\0\x05a.exah2=\":8000\""), frame(12, 0, 0, b"\0\x05a.exa\0\x07b.examp"),
        frame(16, 0, 0, b"\0\0\0\x03u=5"),
    )  # fmt: skip
    tree = shown(Dialogue().client(PREFACE + b"".join(said)), 1)

    assert fields(tree, "http2.altsvc.origin") == ["Origin: a.exa"]
    assert fields(tree, "http2.altsvc.field_value") == ['Field/Value: h2=":8000"']
    assert fields(tree, "http2.origin.origin") == ["Origin: a.exa", "Origin: b.examp"]
    assert fields(tree, "http2.priority_update_stream_id") == ["Priority Update Stream ID: 3"]
    assert fields(tree, "http2.priority_update_field_value") == ["Priority Update Field Value: u=5"]


@pytest.mark.parametrize("kind", [10, 12, 16])
def test_extensions_that_are_longer_than_their_frame_have_a_note(shown: Shown, kind: int) -> None:
    assert "Malformed" in tree_text(shown(Dialogue().client(PREFACE + frame(kind, 0, 0, b"\0\x09a")), 1))


def test_grpc_message_is_a_layer_of_the_frame_that_ends_it(shown: Shown) -> None:
    ends = Ends()
    ends.ask(1, CALL, message(b"abc"))
    ends.answer(1, ANSWER, message(b"defg"), [("grpc-status", "0")])
    frames = len(ends.talk.packets)

    assert fields(shown(ends.talk, frames - 1), "grpc") == ["GRPC Message: /shop.Cart/Add, Request"]
    assert fields(shown(ends.talk, frames), "grpc.message_length") == ["Message Length: 4"]


def test_fields_of_protocol_buffers_are_shown_without_their_schema(shown: Shown) -> None:
    ends = Ends()
    ends.ask(1, CALL, message(b"\x08\x96\x01\x12\x09\x08\x07\x12\x05red\x1b["))
    ends.answer(1, ANSWER, message(b"\x08"), [("grpc-status", "0")])
    frames = len(ends.talk.packets)
    tree = shown(ends.talk, frames - 1)
    labels = [node.label for node in tree.walk()]

    assert "Protocol Buffers: /shop.Cart/Add,request" in labels
    assert "Field(1): 150 (uint64), wire type varint" in labels
    assert "Field(2): 9 bytes (message), wire type length-delimited" in labels
    assert "Field(2): 5 bytes (bytes), wire type length-delimited" in labels
    assert not any("\x1b" in label for label in labels)
    assert not any(node.label.startswith("Protocol Buffers") for node in shown(ends.talk, frames).walk())


def _calls_in_several_frames() -> Ends:
    """Messages of gRPC that begin, end and go on in the middle of DATA frames, in several packets and in one."""

    def said(count: int) -> bytes:
        return message(bytes((10, count)) + b"v" * count)

    ends = Ends()
    ends.client.send_headers(1, CALL)
    body = said(98) + said(58) + said(1) + said(48)
    for begin, end in ((0, 50), (50, 120), (120, 200), (200, len(body))):
        ends.client.send_data(1, body[begin:end], end_stream=end == len(body))
        ends.carry()
    ends.answer(1, ANSWER, said(1), [("grpc-status", "0")])
    ends.client.send_headers(3, CALL)
    ends.client.send_data(3, said(38)[:20])
    ends.client.send_data(3, said(38)[20:] + said(7) + message(b"") + said(28)[:7])
    ends.client.send_data(3, said(28)[7:], pad_length=4, end_stream=True)
    ends.carry()
    ends.server.send_headers(3, ANSWER)
    ends.server.send_data(3, said(13)[:12])
    ends.server.send_data(3, said(13)[12:])
    ends.server.send_headers(3, [("grpc-status", "0")], end_stream=True)
    ends.carry()
    return ends


def test_data_frames_of_a_grpc_message_are_its_fragments(shown: Shown) -> None:
    ends = _calls_in_several_frames()
    asked = [at for at, (side, _, data, _) in enumerate(ends.talk.packets, 1) if side == 0 and b"vvv" in data]
    begins, turns = (shown(ends.talk, at) for at in asked[:2])

    assert fields(begins, "http2.body.reassembled.in") == [f"[Reassembled body in frame: {asked[1]}]"]
    assert fields(begins, "http2.body.fragments") == []
    assert fields(turns, "http2.body.reassembled.in") == [f"[Reassembled body in frame: {at}]" for at in asked[1:3]]
    assert fields(turns, "http2.body.fragments") == ["[2 Body fragments (105 bytes)]"]
    assert fields(turns, "http2.body.fragment") == [
        f"[Frame: {asked[0]}, payload: 0-49 (50 bytes)]", f"[Frame: {asked[1]}, payload: 50-104 (55 bytes)]",
    ]  # fmt: skip


@pytest.mark.tshark
def test_fragments_of_grpc_messages_equal_tsharks(tmp_path: Path) -> None:
    ends = _calls_in_several_frames()
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    equal, different = compared(path)

    assert different == set()
    assert equal > 300


def compared(path: Path) -> tuple[int, set[tuple[int, str]]]:
    """How many values are equal to tshark's, and frame and field of those that are not."""
    # Of a protocol tshark writes the title, here it is the name.
    names = [field.name for field in HTTP2_FIELDS if field.name not in ("grpc", "protobuf")]
    chosen = [word for name in names for word in ("-e", name)]
    tshark = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields", *chosen]
    ours = [sys.executable, "-m", "tcptui", "packets", str(path), *chosen]
    expected, found = (
        [
            line.split("\t")
            for line in subprocess.run(one, capture_output=True, text=True, check=True).stdout.splitlines()
        ]
        for one in (tshark, ours)
    )
    assert len(expected) == len(found)
    equal, different = 0, set()
    for number, (wanted, got) in enumerate(zip(expected, found, strict=True), 1):
        for name, one, other in zip(names, wanted, got, strict=True):
            if LEFT_OUT in other:  # tshark prints secrets
                continue
            if one != other:
                different.add((number, name))
            elif one:
                equal += one.count(",") + 1
    return equal, different


@pytest.mark.tshark
@pytest.mark.parametrize("name", DIFFERENT)
def test_fields_of_captures_equal_tsharks(corpus: Path, name: str) -> None:
    equal, different = compared(corpus / "dev" / name)

    assert different == DIFFERENT[name]
    assert equal > 150


@pytest.mark.tshark
def test_fields_of_what_h2_says_equal_tsharks(tmp_path: Path) -> None:
    ends = Ends()
    ends.ask(1, get("/a%20b?c=%e4%bd%a0" + "&d=1" * 200, ("cookie", "x=1"), ("x-long", "%41b" * 900)), b"first" * 900)
    ends.server.push_stream(1, 2, get("/style.css"))
    ends.answer(2, OK, b"css")
    ends.server.send_headers(1, OK)
    ends.server.send_data(1, b"second", pad_length=9)
    ends.carry()
    ends.server.send_data(1, b"third", end_stream=True)
    ends.client.ping(b"12345678")
    ends.carry()
    ends.client.prioritize(3, weight=20, depends_on=1, exclusive=True)
    ends.ask(3, get("/b"))
    ends.client.reset_stream(3, error_code=8)
    ends.client.increment_flow_control_window(5_000)
    ends.carry()
    ends.server.close_connection(2, b"why", 3)
    ends.carry()
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    equal, different = compared(path)

    assert different == set()
    assert equal > 400


@pytest.mark.tshark
def test_frames_that_end_messages_without_a_byte_equal_tsharks(tmp_path: Path) -> None:
    """Empty DATA frames: a body of nothing, one whose bytes came before, and behind the messages of gRPC."""
    ends = Ends()
    said = ((1, get("/nothing"), b""), (3, get("/before"), b"bytes"), (5, CALL, message(b"\x08\x01")))
    for stream, head, body in said:
        for end, list_ in ((ends.client, head), (ends.server, ANSWER if head is CALL else OK)):
            end.send_headers(stream, list_)
            if body:
                end.send_data(stream, body)
                ends.carry()
            end.send_data(stream, b"", end_stream=True)
            ends.carry()
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    equal, different = compared(path)

    assert different == set()
    assert equal > 250


@pytest.mark.tshark
def test_frames_without_a_byte_amid_messages_equal_tsharks(tmp_path: Path) -> None:
    """Empty DATA frames that end nothing: in front of a body, amid it, padded, in front of trailers, and of gRPC."""
    ends = Ends()
    for stream, head, body in ((1, get("/amid"), b"bytes"), (3, CALL, message(b"\x08\x01"))):
        for end, list_ in ((ends.client, head), (ends.server, ANSWER if head is CALL else OK)):
            end.send_headers(stream, list_)
            for part in (b"", body, b"", body):
                end.send_data(stream, part, pad_length=None if part else 3 if stream == 1 else None)
                ends.carry()
            end.send_data(stream, b"")
            end.send_headers(stream, [("x-check", "done")], end_stream=True)
            ends.carry()
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    equal, different = compared(path)

    assert different == set()
    assert equal > 250


@pytest.mark.tshark
def test_bodies_that_end_with_trailers_equal_tsharks(tmp_path: Path) -> None:
    """In one DATA frame or in several, in one packet or in several, compressed; and the end as an empty DATA frame."""
    ends, packed = Ends(), gzip.compress(b"packed " * 400)
    done = [("x-check", "done")]
    ends.client.send_headers(1, get("/one"))
    ends.client.send_data(1, b"request " * 30)
    ends.client.send_headers(1, done, end_stream=True)
    ends.carry()
    ends.answer(1, OK, b"answer " * 40, done)
    for stream, head in ((3, OK), (5, [*OK, ("content-encoding", "gzip")])):
        ends.ask(stream, get("/several"))
        ends.server.send_headers(stream, head)
        for at in range(0, len(packed), 20):
            ends.server.send_data(stream, packed[at : at + 20])
            if at == 20:
                ends.carry()
        ends.server.send_headers(stream, done, end_stream=True)
        ends.carry()
    ends.ask(7, get("/empty"))
    ends.server.send_headers(7, OK)
    ends.server.send_data(7, b"all of it")
    ends.carry()
    ends.server.send_data(7, b"", end_stream=True)
    ends.carry()
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    equal, different = compared(path)

    assert different == set()
    assert equal > 400


@pytest.mark.tshark
def test_fields_of_protocol_buffers_equal_tsharks(tmp_path: Path) -> None:
    """Every wire type, numbers of every size, messages compressed and in several frames."""
    ends, chance = Ends(), random.Random(5)
    for stream in range(1, 41, 2):
        ends.ask(stream, CALL, message(random_message(chance)))
        ends.answer(stream, ANSWER, message(random_message(chance)) * 2, [("grpc-status", "0")])
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])
    equal, different = compared(path)

    assert different == set()
    assert equal > 2_000


def random_message(chance: random.Random) -> bytes:
    """Up to eight fields; none is empty, for which tshark writes <MISSING>."""
    made = b""
    for _ in range(chance.randint(1, 8)):
        number, wire = chance.choice((1, 2, 15, 16, 2_047, 2_048, 1 << 28)), chance.choice((0, 1, 2, 5))
        value = {0: varint(chance.choice((0, 1, 127, 128, 2**31, 2**32 - 1, 2**32, 2**64 - 1))), 1: chance.randbytes(8),
                 2: b"", 5: chance.randbytes(4)}[wire]  # fmt: skip
        if wire == 2:
            text = chance.choice((b"text", chance.randbytes(20), b"\x08\x01", "größe".encode()))
            value = varint(len(text)) + text
        made += varint(number << 3 | wire) + value
    return made


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
