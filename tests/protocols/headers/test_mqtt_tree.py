"""MQTT as the tree shows it: Wireshark's fields and lines, packets over segments and several in one, never a secret."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape
from mqtt_packets import (
    ACCEPTED,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    acknowledgment,
    connect,
    packet,
    properties,
    puback,
    publish,
    subscribe,
    text,
)
from tree_text import tree_text

from tcptui.model.fields import ROWS
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.protocols.headers.node import Node

Talk = list[tuple[int, bytes]]
_WILL: Final = properties(
    b"\x18\0\0\0\5", b"\1\1", b"\3" + text("text/plain"), b"\2\0\0\0\7", b"\x08" + text("r/t"), b"\x09" + text("c7"),
    b"\x26" + text("k") + text("v"),
)  # fmt: skip
_NEW: Final[Talk] = [
    (0, connect(
        version=5, keep_alive=30, flags=0xEE,
        said=properties(
            b"\x11\0\0\1\x2c", b"\x15" + text("SCRAM"), b"\x17\1", b"\x19\0", b"\x27\0\0\x10\0", b"\x22\0\5"
        ),
        more=_WILL + text("w/t") + text("bye") + text("usr") + text("s3cret"),
    )),
    (1, packet(0xF0, b"\x18", properties(b"\x15" + text("SCRAM")))), (0, packet(0xF0, b"\x18")),
    (1, packet(0x20, b"\1\0", properties(
        b"\x12" + text("assigned"), b"\x13\0\x0a", b"\x24\1", b"\x25\1", b"\x28\1", b"\x29\1", b"\x2a\0",
        b"\x1a" + text("ri"), b"\x1c" + text("other:1883"), b"\x1f" + text("because"),
    ))),
    (0, publish("a/b", b"hello", number=1, qos=2, again=1, said=properties(b"\x23\0\3"))),
    (0, publish("", b"hello", number=2, said=properties(b"\x23\0\3"))),
    (0, publish("", b"hello", number=3, said=properties(b"\x23\0\4"))),
    (0, publish("", b"hello", number=4, said=properties())),
    (1, puback(1, b"\x10", properties(b"\x1f" + text("nobody")))), (1, acknowledgment(0x50, 3, b"\x91")),
    (0, acknowledgment(0x62, 4, b"\x92", properties())), (1, acknowledgment(0x70, 4, b"\x92")),
    (0, packet(0x82, b"\0\5", properties(b"\x0b\x80\1"), text("f/#") + b"\x2d", text("g") + b"\xfe")),
    (1, acknowledgment(0x90, 5, properties(), b"\1\x9e")),
    (0, packet(0xA2, b"\0\6", properties(), text("f"), text("g"))),
    (1, acknowledgment(0xB0, 6, properties(), b"\0\x11")), (0, PINGREQ), (1, PINGRESP), (0, packet(0xF0, b"\x19")),
    (1, packet(0xE0, b"\x8b", properties(b"\x1f" + text("going down"), b"\x1c" + text("b2")))),
]  # fmt: skip
_OLD: Final[Talk] = [
    (0, connect(version=3, flags=0x82, more=text("u"))), (1, ACCEPTED), (0, packet(0x8A, b"\0\1", text("t"), b"\1")),
    (1, acknowledgment(0x90, 1, b"\1")), (0, subscribe(2, "t", options=2)), (1, acknowledgment(0x90, 2, b"\x80")),
    (0, packet(0xAA, b"\0\3", text("t"))), (1, acknowledgment(0xB0, 3)), (0, acknowledgment(0x6A, 7)),
    (1, acknowledgment(0x70, 7)), (0, DISCONNECT),
]  # fmt: skip
_LONG: Final = publish("täst", b"\0\xff" * 20, number=9)
_CUT: Final[Talk] = [
    (0, connect("c")), (1, b"\x20\2\0\5"), (0, _LONG[:1]), (0, _LONG[1:2]), (0, _LONG[2:9]),
    (0, _LONG[9:] + PINGREQ + _LONG[:7]), (0, _LONG[7:] + b"\xc0"), (0, b"\0"), (0, publish("", b"x")),
    (1, puback(9) + PINGRESP + publish("b", b"y")), (1, b"\x20\2\0\7"),
]  # fmt: skip
_BEFORE: Final[Talk] = [
    (0, publish("a", b"x", number=1)), (1, puback(1)), (0, subscribe(2, "q")), (1, acknowledgment(0x90, 2, b"\1")),
    (0, PINGREQ), (1, PINGRESP), (1, ACCEPTED), (0, packet(0xA2, b"\0\3", text("q"))), (1, acknowledgment(0xB0, 3)),
    (1, DISCONNECT),
]  # fmt: skip


def write(path: Path, *talks: Talk, begun: int = -1) -> Path:
    """A capture of connections to a broker; of that numbered ``begun`` the beginning is missing."""
    tape = Tape()
    for number, talk in enumerate(talks):
        ends, sent, ms = (f"{CLIENT}:{40_000 + number}", f"{SERVER}:1883"), [1001, 9001], 1000 * number
        if number != begun:
            tape.handshake(ms, *ends)
        for at, (side, data) in enumerate(talk):
            tape.tcp(ms + 100 + 10 * at, ends[side], ends[1 - side], PSH | ACK, sent[side], sent[1 - side], data)
            sent[side] += len(data)
    path.write_bytes(tape.pcap())
    return path


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """All of these conversations."""
    opened = open_file(write(tmp_path / "mqtt.pcap", _NEW, _OLD, _CUT, _BEFORE, begun=3))
    yield opened
    opened.close()


def tree(session: Session, row: int) -> Node:
    return header_tree(session.reader.packet(row), session.application(int(session.store.stream[row])))


def lines(node: Node, depth: int = 0) -> Iterator[str]:
    yield "    " * depth + node.label
    for child in node.children:
        yield from lines(child, depth + 1)


def test_lines_are_in_no_packet_twice_and_end_where_the_packet_does(session: Session) -> None:
    layers = [
        [layer.label.rpartition(", ")[2] for layer in tree(session, row).children if layer.field == "mqtt"]
        for row in range(session.store.count)
    ]
    of_cut = [found for row, found in enumerate(layers) if int(session.store.stream[row]) == 2]

    assert of_cut[3:] == [
        ["Connect Command"], ["Connect Ack"], [], [], [], ["Publish Message", "Ping Request"], ["Publish Message"],
        ["Ping Request"], ["Publish Message"], ["Publish Ack", "Ping Response", "Publish Message"], ["Connect Ack"],
    ]  # fmt: skip


def test_no_line_has_a_password_nor_what_authenticates(tmp_path: Path) -> None:
    proof = packet(0xF0, b"\x18", properties(b"\x16" + text("pr00f")))
    user = properties(b"\x26" + text("authorization") + text("Bearer tok3n"))
    first = connect(version=5, flags=0xC2, said=user, more=text("bob") + text("pa55word"))
    session = open_file(
        write(tmp_path / "mqtt.pcap", [(0, first[:-3]), (0, first[-3:]), (1, proof[:-2]), (1, proof[-2:])])
    )
    shown = "\n".join(tree_text(tree(session, row)) for row in range(session.store.count))
    session.close()

    secrets = ("pa55word", "tok3n", "pr00f")
    assert not [one for one in secrets if one in shown or one.encode().hex() in shown]
    assert all(one in shown for one in ("User Name: bob", "Password Length: 8", "[Password is not shown]"))


def test_version_that_no_connect_tells_is_said_to_be_unknown(session: Session) -> None:
    before = [row for row in range(session.store.count) if int(session.store.stream[row]) == 3]
    assert all("Unknown version (missing the CONNECT packet?)" in tree_text(tree(session, row)) for row in before)


@pytest.mark.tshark
def test_values_of_fields_equal_tsharks(session: Session, tmp_path: Path) -> None:
    fields = [row for row in ROWS if row.name.startswith("mqtt.")]
    words = [word for field in fields for word in ("-e", field.name)]
    command = ["tshark", "-r", str(tmp_path / "mqtt.pcap"), "-n", "-2", "-T", "fields", "-E", "aggregator=\x1f"]
    printed = subprocess.run([*command, *words], capture_output=True, text=True, check=True, timeout=600).stdout
    expected = [line.split("\t") for line in printed.splitlines()]
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    found = [["\x1f".join(column[row]) for column in columns] for row in range(len(expected))]

    # Of an empty message tshark says that it is missing.
    assert [[cell.replace("<MISSING>", "") for cell in row] for row in expected] == found
    assert sum(cell != "" for row in expected for cell in row) > 400


@pytest.mark.tshark
def test_lines_equal_tsharks(session: Session, tmp_path: Path) -> None:
    command = ["tshark", "-r", str(tmp_path / "mqtt.pcap"), "-n", "-2", "-V", "-O", "mqtt"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    frames: list[list[str]] = []
    is_ours = False
    for line in printed.splitlines():
        if line.startswith("Frame "):
            frames.append([])
        if line and not line.startswith(" "):
            is_ours = line.startswith("MQ Telemetry")
        if is_ours and line:
            frames[-1].append(line.rstrip())
    ours = [
        [line.rstrip() for layer in tree(session, row).children if layer.field == "mqtt" for line in lines(layer)]
        for row in range(session.store.count)
    ]

    hidden = "    [Password is not shown]"
    assert [["    Password: s3cret" if line == hidden else line for line in found] for found in ours] == frames
    assert len(frames) == session.store.count
