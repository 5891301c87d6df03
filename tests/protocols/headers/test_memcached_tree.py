"""memcached as the tree shows it: Wireshark's fields and lines, messages over segments, never a value."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape
from memcached_messages import found, message, reply, store, value
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
_TEXT: Final[Talk] = [
    (0, store("user:1", b"v4lue", flags=7)), (1, b"STORED\r\n"),
    (0, store("user:1", b"v4lue", "add", " noreply")), (0, store("user:1", b"v4lue", "cas", " 12 noreply")),
    (0, store("user:1", b"v4lue", "cas", " 18446744073709551615")), (1, b"EXISTS\r\n"),
    (0, store("user:1", b"v4lue", "replace")), (1, b"NOT_STORED\r\n"), (0, store("user:1", b"v4lue", "append")),
    (1, b"STORED\r\n"), (0, store("user:1", b"v4lue", "prepend")), (1, b"STORED\r\n"),
    (0, b"get user:1\r\n"), (1, found(("user:1", b"v4lue"))), (0, b"get nobody\r\n"), (1, b"END\r\n"),
    (0, b"gets a b cc\r\n"), (1, value("a", b"v4lue", " 17") + b"END\r\n"),
    (0, b"get a b cc\r\n"), (1, found(("a", b"v4lue"), ("b", b"v4lue2"))),
    (0, b"delete user:1\r\n"), (1, b"DELETED\r\n"), (0, b"delete user:1 0\r\n"), (1, b"NOT_FOUND\r\n"),
    (0, b"delete user:1 noreply\r\n"), (0, b"flush_all\r\n"), (1, b"OK\r\n"), (0, b"flush_all 10 noreply\r\n"),
    (0, b"stats\r\n"), (1, b"STAT pid 123\r\nSTAT version 1.6.18\r\nEND\r\n"), (0, b"stats items\r\n"),
    (1, b"STAT items:3:number 12\r\nSTAT items:3:age 1\r\nEND\r\n"), (0, b"stats slabs\r\n"),
    (1, b"STAT 5:chunk_size 240\r\nSTAT active_slabs 1\r\nEND\r\n"), (0, b"version\r\n"),
    (1, b"VERSION 1.6.18\r\n"), (0, b"quit\r\n"),
]  # fmt: skip
_HALF: Final = store("user:2", b"v4lue" * 40)
_CUT: Final[Talk] = [
    (0, _HALF[:3]), (0, _HALF[3:20]), (0, _HALF[20:60]), (0, _HALF[60:]), (1, b"STORED\r\n"),
]  # fmt: skip
_SET: Final = b"\xde\xad\xbe\xef\0\0\x0e\x10"
_COUNT: Final = (3).to_bytes(8) + (10).to_bytes(8) + (60).to_bytes(4)
_BINARY: Final[Talk] = [
    (0, message(1, b"user:1", b"v4lue", extras=_SET, number=5)), (1, reply(1, number=5, cas=9)),
    (0, message(0, b"user:1", number=6)), (1, reply(0, b"v4lue", extras=_SET[:4], number=6, cas=9)),
    (0, message(0x0C, b"user:1")), (1, reply(0x0C, b"v4lue", key=b"user:1", extras=_SET[:4])),
    (0, message(9, b"x", number=1) + message(0x0D, b"y", number=2) + message(0x0A, number=3)),
    (1, reply(0x0D, b"v4lue", key=b"y", extras=_SET[:4], number=2) + reply(0x0A, number=3)),
    (0, message(5, b"n", extras=_COUNT)), (1, reply(5, (13).to_bytes(8), cas=2)),
    (0, message(4, b"gone")), (1, reply(4, b"Not found", status=1)), (0, message(2, b"a", b"v4lue", extras=_SET)),
    (1, reply(2, b"Data exists for key.", status=2)), (0, message(8, extras=_SET[4:])), (1, reply(8)),
    (0, message(0x0B)), (1, reply(0x0B, b"1.6.18")), (0, message(0x10)), (1, reply(0x10, b"12", key=b"pid")),
    (1, reply(0x10)), (0, message(0x0E, b"user:1", b"v4lue")), (1, reply(0x0E)), (0, message(0x2A, b"k")),
    (1, reply(0x2A, b"Unknown command", status=0x81)), (0, message(0x11, b"q", b"v4lue", extras=_SET)),
    # What Wireshark warns of.
    (0, message(0, b"k", extras=b"abcd")), (1, reply(0, b"v4lue")), (0, message(1, b"k")), (1, reply(1, b"v4lue")),
    (0, message(4, b"k", b"v4lue")), (1, reply(4, key=b"k")), (0, message(0)), (1, reply(0, status=1)),
    (0, message(5, b"k", extras=b"abcd" * 5, status=3)), (1, reply(5, (13).to_bytes(8) + b"abcd")),
    (0, message(7)), (1, reply(7)),
]  # fmt: skip
_LONG: Final = message(1, b"user:2", b"v4lue" * 40, extras=_SET)
_PIECES: Final[Talk] = [
    (0, _LONG[:2]), (0, _LONG[2:14]), (0, _LONG[14:50]), (0, _LONG[50:] + message(0, b"k") + _LONG[:20]),
    (0, _LONG[20:] + message(0x0B)), (1, reply(1) + reply(0, status=1, data=b"Not found") + reply(1)[:5]),
    (1, reply(1)[5:] + reply(0x0B, b"1.6")),
]  # fmt: skip
#: What tshark does not read.
_MORE: Final[Talk] = [
    (0, b"get a\r\nget b\r\n" + store("c", b"v4lue") + b"incr n 5\r\n"), (1, b"END\r\n" * 2 + b"STORED\r\n31337\r\n"),
    (0, b"get user:2\r\n"), (1, found(("user:2", b"v4lue" * 40))[:30]), (1, found(("user:2", b"v4lue" * 40))[30:]),
    (0, b"gat 60 user:1 user:2\r\n"), (1, found(("user:1", b"v4lue"))), (0, b"touch user:1 60\r\n"),
    (1, b"TOUCHED\r\n"),
    (0, b"mg user:1 v t Oabc\r\n"), (1, b"VA 5 t60 Oabc\r\nv4lue\r\n"), (0, b"ms user:1 5 T60\r\nv4lue\r\n"),
    (1, b"HD\r\n"), (0, b"get " + b"session:s3ss10nid4711x" + b"\r\n"), (1, b"END\r\n"), (0, b"hello\r\n"),
    (1, b"ERROR\r\n"), (0, b"gets a b cc\r\n"),
    (1, value("a", b"v4lue", " 17") + value("cc", b"", " 18", flags=9) + b"END\r\n"),
    (0, b"set a b c\r\n"), (1, b"CLIENT_ERROR bad command line format\r\n"),
    (0, store("f", b"v4lue", flags=70_000)), (1, b"SERVER_ERR"), (1, b"OR out of memory storing object\r\n"),
]  # fmt: skip


def write(path: Path, *talks: Talk) -> Path:
    """A capture of connections to a server."""
    tape = Tape()
    for number, talk in enumerate(talks):
        ends, sent, ms = (f"{CLIENT}:{40_000 + number}", f"{SERVER}:11211"), [1001, 9001], 1000 * number
        tape.handshake(ms, *ends)
        for at, (side, data) in enumerate(talk):
            tape.tcp(ms + 100 + 10 * at, ends[side], ends[1 - side], PSH | ACK, sent[side], sent[1 - side], data)
            sent[side] += len(data)
    path.write_bytes(tape.pcap())
    return path


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """All conversations that tshark reads."""
    opened = open_file(write(tmp_path / "memcached.pcap", _TEXT, _CUT, _BINARY, _PIECES))
    yield opened
    opened.close()


def tree(session: Session, row: int) -> Node:
    return header_tree(session.reader.packet(row), session.application(int(session.store.stream[row])))


def lines(node: Node, depth: int = 0) -> Iterator[str]:
    yield "    " * depth + node.label
    for child in node.children:
        yield from lines(child, depth + 1)


def ours(session: Session) -> list[list[str]]:
    """The lines of memcached of each packet, without what says that values are not shown, which Wireshark shows."""
    return [
        [
            line.rstrip()
            for layer in tree(session, row).children if layer.field == "memcache" for line in lines(layer)
            if " not shown" not in line
        ]
        for row in range(session.store.count)
    ]  # fmt: skip


def test_layers_are_in_no_packet_twice_and_end_where_the_message_does(session: Session) -> None:
    of_pieces = [
        [layer.label.partition(", ")[2] for layer in tree(session, row).children if layer.field == "memcache"]
        for row in range(session.store.count) if int(session.store.stream[row]) == 3
    ]  # fmt: skip
    assert of_pieces[3:] == [
        [], [], [], ["Set Request", "Get Request"], ["Set Request", "Version Request"],
        ["Set Response", "Get Response"], ["Set Response", "Version Response"],
    ]  # fmt: skip


def test_each_command_in_a_packet_has_a_layer_and_what_tshark_does_not_know_has_lines(tmp_path: Path) -> None:
    session = open_file(write(tmp_path / "memcached.pcap", _MORE))
    shown = ours(session)[3:]
    session.close()

    assert [len([one for one in packet if not one.startswith(" ")]) for packet in shown[:2]] == [4, 4]
    told = [[line.strip() for line in packet[1:]] for packet in shown[2:]]
    assert told == [
        ["Command: get", "Key: user:2"], [], ["Key: user:2", "Flags: 0", "Value length: 200"],
        ["Command: gat", "Expiration: 60", "Key: user:1", "Key: user:2"],
        ["Key: user:1", "Flags: 0", "Value length: 5"],
        ["Command: touch", "Key: user:1", "Expiration: 60"], ["Response: TOUCHED"],
        ["Command: mg", "Key: user:1", "Flag: v", "Flag: t", "Flag: O"], ["Value length: 5", "Flag: t", "Flag: O"],
        ["Command: ms", "Key: user:1", "Value length: 5", "Flag: T"], ["Response: HD"],
        ["Command: get", "Key: session:[removed]"], ["Response: END"], ["Command: hello"], ["Response: ERROR"],
        ["Command: gets", "Key: a", "Key: b", "Key: cc"],
        ["Key: a", "Flags: 0", "Value length: 5", "CAS: 17", "Key: cc", "Flags: 9", "Value length: 0", "CAS: 18"],
        ["Command: set", "[5 more bytes of an unknown command]"], ["Response: CLIENT_ERROR bad command line format"],
        ["Command: set", "Key: f", "Flags: 70000", "Expiration: 0", "Value length: 5"], [],
        ["Response: SERVER_ERROR out of memory storing object"],
    ]  # fmt: skip


def test_no_line_has_a_value_nor_an_id_of_a_session(tmp_path: Path) -> None:
    session = open_file(write(tmp_path / "memcached.pcap", _TEXT, _CUT, _BINARY, _PIECES, _MORE))
    shown = "\n".join(tree_text(tree(session, row)) for row in range(session.store.count))
    session.close()

    for secret in ("v4lue", "s3ss10nid4711x", "31337"):
        assert secret not in shown
        assert secret.encode().hex() not in shown
    assert "Value is not shown: 200 bytes" in shown


@pytest.mark.tshark
def test_values_of_fields_equal_tsharks(session: Session, tmp_path: Path) -> None:
    fields = [row for row in ROWS if row.name.startswith("memcache.")]
    words = [word for field in fields for word in ("-e", field.name)]
    command = ["tshark", "-r", str(tmp_path / "memcached.pcap"), "-n", "-2", "-T", "fields", "-E", "aggregator=\x1f"]
    printed = subprocess.run([*command, *words], capture_output=True, text=True, check=True, timeout=600).stdout
    expected = [line.split("\t") for line in printed.splitlines()]
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    found = [["\x1f".join(column[row]) for column in columns] for row in range(len(expected))]

    assert expected == found
    assert sum(cell != "" for row in expected for cell in row) > 400


@pytest.mark.tshark
def test_lines_equal_tsharks(session: Session, tmp_path: Path) -> None:
    command = ["tshark", "-r", str(tmp_path / "memcached.pcap"), "-n", "-2", "-V", "-O", "memcache"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    frames: list[list[str]] = []
    is_ours = False
    for line in printed.splitlines():
        if line.startswith("Frame "):
            frames.append([])
        if line and not line.startswith(" "):
            is_ours = line.startswith("Memcache Protocol")
        if is_ours and line and not line.lstrip().startswith(("Value: ", "Response: 13")):
            frames[-1].append(line.rstrip())

    assert ours(session) == frames
    assert len(frames) == session.store.count
