"""AMQP as the tree shows it: Wireshark's fields and lines, frames over segments and several in one, never a secret."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np
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
    TUNE,
    TUNE_OK,
    ack,
    close,
    content,
    declare,
    declared,
    entry,
    login,
    long,
    method,
    publish,
    short,
    table,
)
from captures import ACK, CLIENT, PSH, SERVER, Tape
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
_TABLE: Final = table(
    entry("product", b"S" + long("RabbitMQ")), entry("can", b"F" + table(entry("x", b"t\1"), entry("y", b"t\0"))),
    entry("n", b"I\0\0\0\5"), entry("minus", b"I\xff\xff\xff\xff"), entry("all", b"A" + long(b"I\0\0\0\1" + b"t\1")),
    entry("l", b"l" + bytes(8)), entry("nothing", b"V"), entry("at", b"T" + (1_700_000_000).to_bytes(8)),
    entry("s", b"s\0\5"), entry("d", b"d" + bytes(8)), entry("b", b"b\1"), entry("bytes", b"x" + long(b"ab")),
)  # fmt: skip
_TAG: Final = bytes(7) + b"\2"
_QUEUE: Final = b"\0\0" + short("q")
_TALK: Final[Talk] = [
    (0, PROTOCOL), (1, method(0, (10, 10), b"\0\x09", _TABLE, long("PLAIN AMQPLAIN"), long("en_US"))), (0, login()),
    (1, method(0, (10, 20), long("chal"))), (0, method(0, (10, 21), long("s3cret"))), (1, TUNE), (0, TUNE_OK + OPEN),
    (1, OPEN_OK), (0, CHANNEL), (1, CHANNEL_OK),
    (0, method(1, (40, 10), b"\0\0", short("ex"), short("topic"), b"\2", table())), (1, method(1, (40, 11))),
    (0, declare(1, "q", 0x12)), (1, declared(1, "q")),
    (0, method(1, (50, 20), _QUEUE, short("ex"), short("a.#"), b"\0", table(entry("x-max", b"I\0\0\0\5")))),
    (1, method(1, (50, 21))), (0, CONFIRM), (1, CONFIRM_OK), (0, method(1, (60, 10), bytes(4), b"\0\x0a\1")),
    (1, method(1, (60, 11))), (0, method(1, (60, 20), _QUEUE, short("me"), b"\2", table())),
    (1, method(1, (60, 21), short("me"))),
    (0, method(1, (60, 40), b"\0\0", short("ex"), short("a.b"), b"\1") + content(
        1, b"hello", 0xFFFC, short("a/b"), short("utf8"), table(entry("h", b"S" + long("v"))), b"\2\1", short("c1"),
        short("rt"), short("60000"), short("m1"), (1_700_000_000).to_bytes(8), short("ty"), short("ada"), short("app"),
        short("cl"),
    )),
    (1, ack(1, 1)), (1, method(1, (60, 60), short("me"), _TAG, b"\1", short("ex"), short("a")) + content(1, b"hello")),
    (0, ack(1, 2, multiple=True)), (0, method(1, (60, 70), _QUEUE, b"\1")), (1, method(1, (60, 72), short(""))),
    (0, method(1, (60, 70), _QUEUE, b"\0")),
    (1, method(1, (60, 71), _TAG, b"\1", short("ex"), short("a"), bytes(4)) + content(1, b"")),
    (0, method(1, (60, 120), _TAG, b"\2")), (0, method(1, (60, 90), _TAG, b"\1")),
    (1, method(1, (60, 50), (312).to_bytes(2), short("NO_ROUTE"), short("ex"), short("z")) + content(1, b"x")),
    (0, method(1, (60, 110), b"\1")), (1, method(1, (60, 111))), (0, method(1, (60, 30), short("me"), b"\0")),
    (1, method(1, (60, 31), short("me"))), (0, method(1, (50, 30), _QUEUE, b"\0")), (1, method(1, (50, 31), bytes(4))),
    (0, method(1, (50, 50), _QUEUE, short("ex"), short("a"), table())), (1, method(1, (50, 51))),
    (0, method(1, (50, 40), _QUEUE, b"\3")), (1, method(1, (50, 41), bytes(4))),
    (0, method(1, (40, 30), b"\0\0", short("e2"), short("ex"), short("k"), b"\0", table())), (1, method(1, (40, 31))),
    (0, method(1, (40, 40), b"\0\0", short("e2"), short("ex"), short("k"), b"\0", table())),
    (0, method(1, (40, 20), b"\0\0", short("ex"), b"\1")), (1, method(1, (40, 21))), (0, method(2, (20, 10), b"\0")),
    (1, method(2, (20, 11), bytes(4))), (0, method(2, (90, 10))), (1, method(2, (90, 11))), (0, method(2, (90, 20))),
    (1, method(2, (90, 21))), (0, method(2, (90, 30))), (1, method(2, (90, 31))), (1, HEARTBEAT), (0, HEARTBEAT),
    (0, method(1, (20, 20), b"\1")), (1, method(1, (20, 21), b"\1")), (1, method(0, (10, 60), short("low on memory"))),
    (1, method(0, (10, 61))), (1, close(2, 404, "NOT_FOUND - no queue", (50, 10))), (0, method(2, (20, 41))),
    (1, close(0, 320, "CONNECTION_FORCED - bye")), (0, method(0, (10, 51))),
]  # fmt: skip
_LONG: Final = publish(1, "ex", "k", b"\0\xff" * 30, most=40)
_CUT: Final[Talk] = [
    (0, PROTOCOL), (0, _LONG[:1]), (0, _LONG[1:6]), (0, _LONG[6:20]), (0, _LONG[20:80]), (0, _LONG[80:] + _LONG[:9]),
    (0, _LONG[9:] + HEARTBEAT), (1, declared(1, "q") + declared(1, "r")[:5]), (1, declared(1, "r")[5:]),
]  # fmt: skip


def write(path: Path, *talks: Talk) -> Path:
    """A capture of connections to a broker."""
    tape = Tape()
    for number, talk in enumerate(talks):
        ends, sent, ms = (f"{CLIENT}:{40_000 + number}", f"{SERVER}:5672"), [1001, 9001], 2000 * number
        tape.handshake(ms, *ends)
        for at, (side, data) in enumerate(talk):
            tape.tcp(ms + 100 + 10 * at, ends[side], ends[1 - side], PSH | ACK, sent[side], sent[1 - side], data)
            sent[side] += len(data)
    path.write_bytes(tape.pcap())
    return path


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """All of these conversations."""
    opened = open_file(write(tmp_path / "amqp.pcap", _TALK, _CUT))
    yield opened
    opened.close()


def tree(session: Session, row: int) -> Node:
    return header_tree(session.reader.packet(row), session.application(int(session.store.stream[row])))


def lines(node: Node, depth: int = 0) -> Iterator[str]:
    yield "    " * depth + node.label
    for child in node.children:
        yield from lines(child, depth + 1)


def test_no_line_has_a_password_nor_what_authenticates(tmp_path: Path) -> None:
    first, secret = login("pa55word"), table(entry("x-token", b"S" + long("tok3n-0f-ada")))
    hidden = method(0, (10, 70), long("n3wsecret"), short("why"))
    session = open_file(
        write(tmp_path / "amqp.pcap", [(0, PROTOCOL), (0, first[:40]), (0, first[40:]), (0, hidden),
                                       (0, method(1, (50, 10), _QUEUE, b"\0", secret))])
    )  # fmt: skip
    shown = "\n".join(tree_text(tree(session, row)) for row in range(session.store.count))
    session.close()

    secrets = ("pa55word", "tok3n-0f-ada", "n3wsecret")
    assert not [one for one in secrets if one in shown or one.encode().hex() in shown]
    assert all(
        one in shown for one in ("Mechanism: PLAIN", "[Response is not shown: 13 bytes]", "[It is Update-Secret]")
    )


@pytest.mark.tshark
def test_values_of_fields_equal_tsharks(session: Session, tmp_path: Path) -> None:
    fields = [row for row in ROWS if row.name.startswith("amqp.")]
    words = [word for field in fields for word in ("-e", field.name)]
    command = ["tshark", "-r", str(tmp_path / "amqp.pcap"), "-n", "-2", "-T", "fields", "-E", "aggregator=\x1f"]
    printed = subprocess.run([*command, *words], capture_output=True, text=True, check=True, timeout=600).stdout
    expected = [line.split("\t") for line in printed.splitlines()]
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    found = [["\x1f".join(column[row]) for column in columns] for row in range(len(expected))]

    # Of reserved bytes that are none tshark says that they are missing.
    assert [[cell.replace("<MISSING>", "") for cell in row] for row in expected] == found
    assert sum(cell != "" for row in expected for cell in row) > 600


@pytest.mark.tshark
def test_lines_equal_tsharks(session: Session, tmp_path: Path) -> None:
    command = ["tshark", "-r", str(tmp_path / "amqp.pcap"), "-n", "-2", "-V", "-O", "amqp"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    frames: list[list[str]] = []
    is_ours = False
    for line in printed.splitlines():
        if line.startswith("Frame "):
            frames.append([])
        if line and not line.startswith(" "):
            is_ours = line.startswith("Advanced Message")
        if is_ours and line and not line.startswith(("        Response: ", "        Challenge: ")):
            frames[-1].append(line.rstrip())
    ours = [
        [
            line.rstrip().replace("    Source: ", "    Destination: ")  # Wireshark has that title for both
            for layer in tree(session, row).children if layer.field == "amqp" for line in lines(layer)
            if " is not shown" not in line
        ]
        for row in range(session.store.count)
    ]  # fmt: skip

    assert ours == frames
    assert len(frames) == session.store.count
