"""SMTP as the tree shows it: Wireshark's fields, segments of longer messages, never a secret."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from tree_text import tree_text

from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.headers.node import Node
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.packet_view import PacketView

RAW_IP = 101
Shown = Callable[[Dialogue, int], Node]
#: Ours and tshark's; what tshark takes for a command here is a password.
FIELDS = ("smtp.req.command", "smtp.req.parameter", "smtp.response.code", "smtp.rsp.parameter")
SECRET_FRAMES = {"PcapPlusPlus-Smtp.pcap": {5}, "zeek-smtp.pcap": set()}


@pytest.fixture
def shown(view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]) -> Shown:
    """The tree of one packet of a dialogue."""

    def make(dialogue: Dialogue, frame: int) -> Node:
        packet = view(tcp_frame(payload=dialogue.packets[frame - 1][2]), link_type=RAW_IP)
        return header_tree(replace(packet, row=frame - 1, frame=frame), ApplicationStream(*dialogue.directions()))

    return make


def fields(tree: Node, name: str) -> list[tuple[str, int | None, int]]:
    return [(node.label, node.start, node.length) for node in tree.walk() if node.field == name]


def test_command_and_parameter_know_their_bytes(shown: Shown) -> None:
    tree = shown(Dialogue().server(b"220 a ESMTP\r\n").client(b"MAIL FROM:<a@b>\r\nRSET\r\n"), 2)

    assert fields(tree, "smtp.req.command") == [("Command: MAIL", 40, 4), ("Command: RSET", 57, 4)]
    assert fields(tree, "smtp.req.parameter") == [("Request parameter: FROM:<a@b>", 45, 10)]
    assert fields(tree, "smtp.command_line")[0][0] == "Command Line: MAIL FROM:<a@b>\\r\\n"


def test_message_over_segments_is_shown_with_the_last(shown: Shown) -> None:
    dialogue = (
        Dialogue().server(b"220 a ESMTP\r\n").client(b"DATA\r\n").server(b"354 go\r\n").client(b"one\r\n", b".\r\n")
    )

    middle, last = shown(dialogue, 4), shown(dialogue, 5)

    assert [node.target for node in middle.walk() if node.field == "tcp.reassembled_in"] == [5]
    assert not fields(middle, "smtp")
    assert [label for label, *_ in fields(last, "smtp.message")] == ["Message: 5 bytes"]
    assert fields(last, "smtp.eom") == [("EOM: .\\r\\n", 40, 3)]
    assert any(node.label.startswith("[2 Reassembled TCP Segments (8 bytes)") for node in last.children)


def test_credentials_over_segments_are_in_no_line(shown: Shown) -> None:
    dialogue = Dialogue().server(b"220 a ESMTP\r\n").client(b"AUTH LOGIN\r\n").server(b"334 x\r\n")
    dialogue.client(b"c2Vj", b"cmV0\r\n")

    for frame in (4, 5):
        text = tree_text(shown(dialogue, frame))
        assert not any(secret in text for secret in ("c2Vj", "cmV0", b"c2Vj".hex(), b"cmV0".hex()))
    assert "Credentials are not shown: 8 bytes" in tree_text(shown(dialogue, 5))


def test_segment_alone_is_told_by_what_only_smtp_says(
    view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]
) -> None:
    trees = [
        header_tree(view(tcp_frame(payload=payload), link_type=RAW_IP))
        for payload in (b"220 a ESMTP\r\n", b"EHLO a\r\n", b"220 a\r\n", b"text\r\nEHLO a\r\n")
    ]

    assert [tree.children[-1].field for tree in trees] == ["smtp", "smtp", "data", "data"]


@pytest.mark.tshark
@pytest.mark.parametrize("name", SECRET_FRAMES)
def test_fields_equal_tsharks(corpus: Path, name: str) -> None:
    path = corpus / "dev" / name
    command = ["tshark", "-r", str(path), "-n", "-2", "-Y", "smtp && tcp", "-T", "fields", "-E", "aggregator=\x1f"]
    command += [word for field in ("frame.number", *FIELDS) for word in ("-e", field)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    expected = {
        int(row[0]): [cell.split("\x1f") if cell else [] for cell in row[1:]]
        for row in (line.split("\t") for line in printed.splitlines())
    }
    session = open_file(path)
    found = {}
    for frame in expected:
        row = session.store.row_of_frame(frame)
        tree = header_tree(session.reader.packet(row), session.application(int(session.store.stream[row])))
        found[frame] = [[_value(label, field) for label, *_ in fields(tree, field)] for field in FIELDS]
    session.close()

    different = {frame for frame in expected if found[frame] != expected[frame]}
    assert different == SECRET_FRAMES[name]
    assert all(found[frame] == [[], [], [], []] for frame in different)
    assert len(expected) > 5


def _value(label: str, field: str) -> str:
    value = label.partition(": ")[2]
    return value.rpartition("(")[2].rstrip(")") if field == "smtp.response.code" else value
