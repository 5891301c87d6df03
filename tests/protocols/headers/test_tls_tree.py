"""TLS as the tree shows it: lines that know their bytes, messages over records and segments, one-line summaries."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from tls_bytes import CHANGE, client_hello, handshake, record, server_hello, server_name, sized

from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.tls.summary import tls_summary
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node

RAW_IP = 101
HEADERS = 40
HELLO = record(22, client_hello(server_name(b"a.example")), 0x0301)
ANSWER = record(22, server_hello())
DATA = record(23, bytes(40))
CAPTURES = Path(__file__).parents[1] / "tls" / "captures"
Shown = Callable[[Dialogue, int], "Node"]


@pytest.fixture
def shown(view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]) -> Shown:
    """The tree of one packet of a dialogue."""

    def make(dialogue: Dialogue, frame: int) -> Node:
        packet = view(tcp_frame(payload=dialogue.packets[frame - 1][2]), link_type=RAW_IP)
        return header_tree(replace(packet, row=frame - 1, frame=frame), ApplicationStream(*dialogue.directions()))

    return make


def fields(tree: Node, name: str) -> list[tuple[str, int | None, int]]:
    return [(node.label, node.start, node.length) for node in tree.walk() if node.field == name]


def test_server_name_knows_its_bytes(shown: Shown) -> None:
    tree = shown(Dialogue().client(HELLO).server(ANSWER), 1)

    (name,) = fields(tree, "tls.handshake.extensions_server_name")
    assert name == ("Server Name: a.example", HEADERS + HELLO.index(b"a.example"), 9)
    assert fields(tree, "tls.record")[0][0] == "TLSv1.2 Record Layer: Handshake Protocol: Client Hello"


def test_record_over_segments_is_shown_with_the_last(shown: Shown) -> None:
    dialogue = Dialogue().client(HELLO[:20], HELLO[20:]).server(ANSWER)

    first, last = shown(dialogue, 1), shown(dialogue, 2)

    assert [node.target for node in first.walk() if node.field == "tcp.reassembled_in"] == [2]
    assert not fields(first, "tls.record")
    assert len(fields(last, "tls.record")) == 1


def test_record_that_a_late_segment_completes_is_shown_there(shown: Shown) -> None:
    half = len(HELLO) // 2
    dialogue = Dialogue().at(0, half, HELLO[half:] + DATA).at(0, 0, HELLO[:half]).server(ANSWER)

    tree = shown(dialogue, 2)

    assert [label for label, *_ in fields(tree, "tls.record.content_type")] == [
        "Content Type: Handshake (22)",
        "Content Type: Application Data (23)",
    ]


def test_message_over_records_is_shown_in_the_last_of_them(shown: Shown) -> None:
    message = client_hello(server_name(b"a.example"))
    dialogue = Dialogue().client(record(22, message[:30]), record(22, message[30:])).server(ANSWER)

    first, last = shown(dialogue, 1), shown(dialogue, 2)

    assert [node.target for node in first.walk() if node.field == "tls.handshake.reassembled_in"] == [2]
    assert not fields(first, "tls.handshake.type")
    assert fields(last, "tls.handshake.fragment.count") == [("[Handshake Fragment count: 2]", None, 0)]
    assert [label for label, *_ in fields(last, "tls.handshake.extensions_server_name")] == ["Server Name: a.example"]


def test_record_that_was_not_captured_whole_says_so(shown: Shown) -> None:
    tree = shown(Dialogue().client(HELLO).server(ANSWER, DATA[:20]), 3)

    assert [child.label for node in tree.walk() if node.field == "tls.record" for child in node.children][-1] == (
        "[The record was not captured whole]"
    )


def test_length_beyond_the_end_is_said_and_what_was_read_stays(shown: Shown) -> None:
    broken = handshake(1, client_hello()[4:38] + b"\xff")
    tree = shown(Dialogue().client(record(22, broken)).server(ANSWER), 1)

    assert fields(tree, "tls.handshake.session_id_length")[0][0] == "Session ID Length: 255"
    assert any("goes beyond its end" in node.label for node in tree.walk())


def test_certificate_is_told_by_its_subject_validity_key_and_names() -> None:
    session = open_file(CAPTURES / "client-cert-12.pcap.gz")
    tree = header_tree(session.reader.packet(session.store.row_of_frame(6)), session.application(0))
    session.close()

    labels = [node.label for node in tree.walk()]
    first = next(at for at, label in enumerate(labels) if label.startswith("Certificate: "))
    own = labels[first : first + 9]
    assert "id-at-commonName=good.example.test,id-at-organizationName=Example GmbH,id-at-countryName=DE" in own[0]
    assert [one.partition(":")[0] for one in own[1:]] == [
        "serialNumber", "issuer", "notBefore", "notAfter", "subject", "subjectPublicKeyInfo", "dNSName", "dNSName",
    ]  # fmt: skip
    assert own[6] == "subjectPublicKeyInfo: RSA 2048"
    assert own[7:] == ["dNSName: www.example.test", "dNSName: *.cdn.example.test"]
    assert labels[first + 9] == "iPAddress: 127.0.0.1"


def test_broken_certificate_is_shown_as_bytes(shown: Shown) -> None:
    chain = sized(sized(b"\x30\x82\xff\xff no certificate", 3), 3)
    tree = shown(Dialogue().client(HELLO).server(record(22, server_hello() + handshake(11, chain))), 2)

    assert any(label == "Malformed: no certificate as RFC 5280 has it" for label in (n.label for n in tree.walk()))


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        (HELLO, "TLS: Client Hello (SNI=a.example)"),
        (HELLO[:60], "TLS: Client Hello"),
        (ANSWER + record(22, handshake(14, b"")), "TLS: Server Hello, Server Hello Done"),
        (CHANGE + record(22, bytes(40)), "TLS: Change Cipher Spec, Encrypted Handshake Message"),
        (CHANGE + HELLO, "TLS: Change Cipher Spec, Client Hello (SNI=a.example)"),
        (record(21, b"\x02\x28"), "TLS: Alert (Level: Fatal, Description: Handshake Failure)"),
        (record(21, bytes(26)), "TLS: Encrypted Alert"),
        (DATA + DATA[:11], "TLS: Application Data, Application Data"),
        (b"GET / HTTP/1.1\r\n\r\n", ""),
        (b"\x17\x03\x03\x00\x50no record to its end", ""),
        (b"", ""),
    ],
)
def test_summary_of_one_payload(payload: bytes, line: str) -> None:
    assert tls_summary(payload) == line


def test_recordings_are_small() -> None:
    assert sum(len(gzip.decompress(path.read_bytes())) for path in CAPTURES.iterdir()) < 400_000
