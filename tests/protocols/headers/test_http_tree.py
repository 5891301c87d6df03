"""HTTP as the tree shows it: heads, links, and bodies as far as a segment goes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest
from http_halves import Dialogue, in_pieces

from tcptui.model.packet_view import PacketView
from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.headers.node import Node
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.http.head import MessageHead

RAW_IP = 101
Http = Callable[..., Node]


Shown = Callable[[Dialogue, int], Node]


@pytest.fixture
def shown(view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]) -> Shown:
    """The tree of one packet of a dialogue."""

    def make(dialogue: Dialogue, frame: int) -> Node:
        payload = dialogue.packets[frame - 1][2]
        packet = view(tcp_frame(payload=payload), link_type=RAW_IP)
        return header_tree(replace(packet, row=frame - 1, frame=frame), ApplicationStream(*dialogue.directions()))

    return make


@pytest.fixture
def http(view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]) -> Http:
    """The tree of a segment with that payload, frame 1 of its capture, of which nothing else is known."""

    def make(payload: bytes) -> Node:
        return header_tree(view(tcp_frame(payload=payload), link_type=RAW_IP))

    return make


def texts(tree: Node, title: str) -> list[str]:
    """The lines of the layer of that title."""
    layer = next(layer for layer in tree.children if layer.label.startswith(title))
    return [node.label for node in layer.walk()]


def test_query_parameters_know_their_bytes(http: Http) -> None:
    tree = http(b"GET /p?one=1&two=2 HTTP/1.1\r\n\r\n")

    second = next(node for node in tree.walk() if node.label == "Request URI Query Parameter: two=2")
    assert (second.start, second.length) == (40 + len(b"GET /p?one=1&"), 5)


def test_head_is_looked_through_as_often_for_many_fields_as_for_few(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    values = MessageHead.values

    def counting(head: MessageHead, name: str) -> list[str]:
        counts[-1] += 1
        return values(head, name)

    monkeypatch.setattr(MessageHead, "values", counting)
    for fields in (1, 200):
        counts.append(0)
        lines = texts(http(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * fields + b"Content-Length: 0\r\n\r\n"), "Hypertext")
        assert "[Content length: 0]" in lines

    assert counts[0] == counts[1] > 0


def test_chunked_text_is_joined_and_each_chunk_is_listed(http: Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"

    tree = http(head + b"4\r\none\n\r\n3\r\ntwo\r\n0\r\n\r\n")

    lines = texts(tree, "Hypertext")
    assert "Data chunk (4 octets)" in lines
    assert "End of chunked encoding" in lines
    assert "File Data: 7 bytes" in lines
    assert texts(tree, "Line-based") == ["Line-based text data: text/plain (2 lines)", "one\\n", "two"]


def test_compressed_body_that_cannot_be_undone_is_not_shown_as_text(http: Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"

    tree = http(head + b"\x1f\x8b\x08\x00")

    lines = texts(tree, "Hypertext")
    assert "Content-encoded entity body (gzip): 4 bytes [Error: Decompression failed]" in lines
    assert not any(layer.label.startswith("Line-based") for layer in tree.children)


def test_body_that_goes_on_elsewhere_says_how_much_is_here(http: Http) -> None:
    tree = http(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    assert "[The body is not whole: 3 of 100 bytes here]" in texts(tree, "Hypertext")


def test_head_that_goes_on_elsewhere_says_so(http: Http) -> None:
    lines = texts(http(b"GET / HTTP/1.1\r\nHost: a\r\nX"), "Hypertext")

    assert "[The header has no end: nothing more was captured so far (byte 26 of the message)]" in lines


def test_response_names_its_request_and_the_time_between(shown: Shown) -> None:
    dialogue = Dialogue().client(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").client(b"")
    dialogue.server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    lines = texts(shown(dialogue, 3), "Hypertext")

    assert lines[-4:] == [
        "[Request in frame: 1]",
        "[Time since request: 0.002000000 seconds]",
        "[Request URI: /hello]",
        "[Full request URI: http://a/hello]",
    ]
    assert "Response Phrase: Not Found" in lines


def test_pipelined_messages_are_layers_each_with_its_own_link(shown: Shown) -> None:
    dialogue = Dialogue().client(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
    dialogue.server(b"HTTP/1.1 204 No\r\n\r\n").server(b"HTTP/1.1 204 No\r\n\r\n")

    tree = shown(dialogue, 1)

    lines = [node.label for node in tree.walk()]
    assert lines.count("Hypertext Transfer Protocol") == 2
    assert lines.index("[Response in frame: 2]") < lines.index("GET /2 HTTP/1.1\\r\\n")
    assert "[Response in frame: 3]" in lines
    assert next(node.target for node in tree.walk() if node.label == "[Response in frame: 3]") == 3


def test_message_in_several_segments_stands_in_the_last_and_the_others_lead_there(shown: Shown) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nfirst\nsecond"
    dialogue = Dialogue().client(b"GET / HTTP/1.1\r\n\r\n").server(*in_pieces(answer, 73))

    first, last = shown(dialogue, 2), shown(dialogue, 3)

    assert [node.label for node in first.walk() if "PDU" in node.label or "segment data" in node.label] == [
        "[Reassembled PDU in frame: 3]",
        "TCP segment data (73 bytes)",
    ]
    assert not any(layer.label.startswith("Hypertext") for layer in first.children)
    assert texts(last, "[2 Reassembled TCP Segments (77 bytes): #2(73), #3(4)]")[1:3] == [
        "[Frame: 2, payload: 0-72 (73 bytes)]",
        "[Frame: 3, payload: 73-76 (4 bytes)]",
    ]
    line = next(node for node in last.walk() if node.label == "Content-Type: text/plain\\r\\n")
    assert (line.start, line.target) == (None, 2)
    tail = next(node for node in last.walk() if node.label == "second")
    assert (tail.start, tail.length) == (40, 4)


def test_retransmission_says_so_and_is_not_read_again(shown: Shown) -> None:
    ask = b"GET / HTTP/1.1\r\n\r\n"
    dialogue = Dialogue().client(ask).at(0, 0, ask)

    tree = shown(dialogue, 2)

    assert [layer.label.split(",")[0] for layer in tree.children][-1] == "Transmission Control Protocol"
    assert any(node.label == f"Retransmitted TCP segment data ({len(ask)} bytes)" for node in tree.walk())


def test_compressed_text_is_shown_as_what_it_was(shown: Shown) -> None:
    packed = gzip.compress(b"one\ntwo\n")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: "
    dialogue = Dialogue().client(b"GET / HTTP/1.1\r\n\r\n").server(head + b"%d\r\n\r\n" % len(packed) + packed)

    tree = shown(dialogue, 2)

    assert f"Content-encoded entity body (gzip): {len(packed)} bytes -> 8 bytes" in texts(tree, "Hypertext")
    assert texts(tree, "Line-based") == ["Line-based text data: text/plain (2 lines)", "one\\n", "two\\n"]


def test_what_is_wrong_is_an_expert_note_with_its_byte(http: Http) -> None:
    lines = texts(http(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"), "Hypertext")

    assert "[White space between the field name and the colon (byte 20 of the message)]" in lines


def test_trailers_are_fields_behind_the_chunks(http: Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    lines = texts(http(head + b"3\r\nabc\r\n0\r\nDigest: x\r\n\r\n"), "Hypertext")

    assert lines.index("End of chunked encoding") < lines.index("Digest: x\\r\\n")


def test_message_that_never_became_whole_stands_where_its_head_was(shown: Shown) -> None:
    dialogue = Dialogue().client(b"GET / HTTP/1.1\r\n\r\n")
    dialogue.server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n").server(b"abc").close(1)

    assert "[The body is not whole: 3 of 100 bytes here]" in texts(shown(dialogue, 2), "Hypertext")
    assert any(node.label == "[Reassembled PDU in frame: 2]" for node in shown(dialogue, 3).walk())


def test_cookies_are_left_out_and_escapes_are_harmless_text(http: Http) -> None:
    lines = texts(http(b"GET / HTTP/1.1\r\nCookie: a=1; b=\x1b[2J\r\nX: \x1b[2J\r\n\r\n"), "Hypertext")

    assert "Cookie: [removed]\\r\\n" in lines
    assert lines.count("Cookie pair: [removed]") == 2
    assert "X: ␛[2J\\r\\n" in lines


def test_other_payload_is_shown_as_bytes(http: Http) -> None:
    assert texts(http(b"\x96\x03\x01\x00\x05hello"), "Data") == [
        "Data (10 bytes)",
        "Data: 960301000568656c6c6f",
        "[Length: 10]",
    ]
