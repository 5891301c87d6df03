"""WebSocket frames and server-sent events in the header tree: Wireshark's lines, byte ranges, links, hostile bytes."""

from __future__ import annotations

import random
import re
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest
from web_captures import ASKED, GET, Turn, agreed, chunk, closed, from_client, from_server, record

from tcptui.model.packet_store import RowKind
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.websocket.frames import unmask
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.protocols.headers.node import Node

#: The corpus captures that speak WebSocket.
CAPTURES = ("lab-wsapp.pcap", "zeek-oversized-close-frame.pcapng")
KEY = b"\x11\x22\x33\x44"


def opened(*turns: Turn) -> list[Turn]:
    return [(0, "C", ASKED), (20, "S", agreed()), *turns]


def masked(first: int, payload: bytes) -> bytes:
    size = bytes((len(payload) | 0x80,)) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes((first,)) + size + KEY + unmask(payload, KEY)


def tree(session: Session, row: int) -> Node:
    return header_tree(session.reader.packet(row), session.application(int(session.store.stream[row])))


def below(node: Node, depth: int = 0) -> Iterator[str]:
    yield "    " * depth + node.label
    for child in node.children:
        yield from below(child, depth + 1)


def layers(session: Session, row: int, title: str) -> list[Node]:
    return [node for node in tree(session, row).children if title in node.label]


def rows_with(session: Session, title: str) -> list[int]:
    rows = np_rows(session)
    return [row for row in rows if layers(session, row, title)]


def np_rows(session: Session) -> list[int]:
    return [row for row in range(session.store.count) if session.store.kind[row] == RowKind.TCP]


def test_masked_text_frame_has_wiresharks_lines_and_its_bytes(tmp_path: Path) -> None:
    session = open_file(record(tmp_path, opened((50, "C", masked(0x81, b"hello")))))
    row = rows_with(session, "WebSocket")[0]
    layer = layers(session, row, "WebSocket")[0]
    data = session.reader.packet(row).data

    assert list(below(layer)) == [
        "WebSocket",
        "    1... .... = Fin: True",
        "    .000 .... = Reserved: 0x0",
        "    .... 0001 = Opcode: Text (1)",
        "    1... .... = Mask: True",
        "    .000 0101 = Payload length: 5",
        "    Masking-Key: 11223344",
        "    Masked payload",
        "    Payload",
        "        Text: hello",
    ]
    key = next(node for node in layer.children if node.label.startswith("Masking-Key"))
    payload = next(node for node in layer.children if node.label == "Masked payload")
    assert key.start is not None
    assert payload.start is not None
    assert data[key.start : key.start + key.length] == KEY
    assert unmask(data[payload.start : payload.start + payload.length], KEY) == b"hello"
    assert [list(below(node)) for node in layers(session, row, "Line-based")] == [
        ["Line-based text data (1 lines)", "    hello"]
    ]


def test_several_frames_in_one_segment_are_all_shown_there(tmp_path: Path) -> None:
    session = open_file(record(tmp_path, opened((50, "S", b"".join(from_server(0x81, b"%d" % n) for n in range(5))))))
    rows = rows_with(session, "WebSocket")

    assert len(rows) == 1
    assert [node.children[-1].children[0].label for node in layers(session, rows[0], "WebSocket")] == [
        f"Text: {n}" for n in range(5)
    ]


def test_frame_over_several_segments_is_shown_at_the_last_one_and_the_others_lead_there(tmp_path: Path) -> None:
    session = open_file(record(tmp_path, opened((50, "C", masked(0x82, b"x" * 4_000)))))
    rows = rows_with(session, "WebSocket")
    parts = [row for row in np_rows(session) if any("Reassembled PDU" in line for line in below(tree(session, row)))]
    frame = int(session.store.frame[rows[0]])

    assert len(rows) == 1
    assert len(parts) == 2
    assert max(parts) < rows[0]
    link = next(
        node for layer in tree(session, parts[0]).children for node in layer.children if "Reassembled PDU" in node.label
    )
    assert link.target == frame
    assert layers(session, rows[0], "3 Reassembled TCP Segments")


def test_fragments_are_joined_at_the_last_one(tmp_path: Path) -> None:
    turns = opened((50, "C", masked(0x01, b"hel")), (60, "C", masked(0x89, b"p")), (70, "C", masked(0x80, b"lo")))
    session = open_file(record(tmp_path, turns))
    last = rows_with(session, "WebSocket")[-1]

    assert next(node.label for node in layers(session, last, "websocket Fragments")).startswith(
        "[2 Reassembled websocket Fragments (5 bytes)"
    )
    assert list(below(layers(session, last, "Line-based")[0]))[1] == "    hello"


def test_broken_rules_are_expert_notes_with_their_byte(tmp_path: Path) -> None:
    turns = opened((50, "C", from_client(0x81, b"x")), (60, "C", b"\xb1\x01x"))
    session = open_file(record(tmp_path, turns))
    text = "\n".join(below(tree(session, rows_with(session, "WebSocket")[-1])))

    assert "A reserved bit is set that no extension uses (byte 0 of the frame)" in text
    assert "A client's frame must be masked (byte 1 of the frame)" in text


def test_event_can_be_read_with_the_packet_that_completes_it(tmp_path: Path) -> None:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts = [
        packer.compress(b"id: %d\ndata: event %d\n\n" % (n, n)) + packer.flush(zlib.Z_SYNC_FLUSH) for n in range(3)
    ]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
    turns: list[Turn] = [(0, "C", GET), (20, "S", head + b"Transfer-Encoding: chunked\r\n\r\n")]
    turns += [(100 * n + 100, "S", chunk(part)) for n, part in enumerate(parts)]
    session = open_file(record(tmp_path, closed(turns)))
    rows = rows_with(session, "Server-sent events")

    assert [list(below(layers(session, row, "Server-sent")[0])) for row in rows] == [
        [
            "[Server-sent events: 1 can be unpacked with this packet]",
            f"    [Event {n + 1} (message): event {n}]",
            f"        [Id: {n}]",
            f"        [Data: event {n}]",
        ]
        for n in range(3)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_mutated_frames_give_a_tree_whose_ranges_lie_in_the_packet(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    said = bytearray(b"".join(masked(0x81, chance.randbytes(chance.randint(0, 300))) for _ in range(4)))
    for _ in range(chance.randint(1, 8)):
        said[chance.randrange(len(said))] = chance.randrange(256)
    session = open_file(record(tmp_path, closed(opened((50, "C", bytes(said)), (60, "S", bytes(said))))))
    for row in np_rows(session):
        size = len(session.reader.packet(row).data)
        todo = [tree(session, row)]
        while todo:
            node = todo.pop()
            todo += node.children
            assert node.start is None or node.start + node.length <= size


def _theirs(capture: Path) -> dict[int, list[str]]:
    """tshark's WebSocket lines, by frame; texts that it cuts are left out."""
    words = ["tshark", "-n", "-r", str(capture), "-V"]
    text = subprocess.run(words, capture_output=True, text=True, check=True, timeout=600).stdout
    found: dict[int, list[str]] = {}
    for block in re.split(r"(?m)^(?=Frame \d+: )", text)[1:]:
        kept, inside = [], False
        for line in block.splitlines():
            if line and not line.startswith(" "):
                inside = line.startswith(("WebSocket", "Line-based text data ("))
            if inside and line.strip() and "[truncated]" not in line:
                kept.append(line)
        if kept:
            found[int(block.split()[1].rstrip(":"))] = kept
    return found


@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_tshark_prints_the_same_lines(corpus: Path, name: str) -> None:
    session = open_file(corpus / "dev" / name)
    theirs = _theirs(corpus / "dev" / name)
    ours = {}
    for row in np_rows(session):
        lines = [
            line
            for layer in tree(session, row).children
            if layer.label == "WebSocket" or layer.label.startswith("Line-based text data (")
            for line in below(layer)
            if not re.search(r"Expert Info|\(byte \d+ of the frame\)|Severity level|Group: |Reason: C{50}", line)
        ]
        if lines:
            ours[int(session.store.frame[row])] = lines

    assert ours == theirs
