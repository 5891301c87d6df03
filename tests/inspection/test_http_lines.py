"""HTTP as the tree shows it: heads, links, and bodies as far as a segment goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcptui.application.http_segment import HttpLink
from tcptui.inspection.header_tree import header_tree, warm_up
from tcptui.inspection.node import Node
from tcptui.model.packet_view import PacketView

RAW_IP = 101
Http = Callable[..., Node]


@pytest.fixture
def http(view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]) -> Http:
    """The tree of a segment with that payload, frame 1 of its capture."""

    def make(payload: bytes, *links: HttpLink) -> Node:
        return header_tree(view(tcp_frame(payload=payload), link_type=RAW_IP), {1: links})

    return make


def texts(tree: Node, title: str) -> list[str]:
    """The lines of the layer of that title."""
    layer = next(layer for layer in tree.children if layer.label.startswith(title))
    return [node.label for node in layer.walk()]


def test_query_parameters_know_their_bytes(http: Http) -> None:
    tree = http(b"GET /p?one=1&two=2 HTTP/1.1\r\n\r\n")

    second = next(node for node in tree.walk() if node.label == "Request URI Query Parameter: two=2")
    assert (second.start, second.length) == (40 + len(b"GET /p?one=1&"), 5)


def test_chunked_text_is_joined_and_each_chunk_is_listed(http: Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"

    tree = http(head + b"4\r\none\n\r\n3\r\ntwo\r\n0\r\n\r\n")

    shown = texts(tree, "Hypertext")
    assert "Data chunk (4 octets)" in shown
    assert "End of chunked encoding" in shown
    assert "File Data: 7 bytes" in shown
    assert texts(tree, "Line-based") == ["Line-based text data: text/plain (2 lines)", "one\\n", "two"]


def test_compressed_body_is_not_shown_as_text(http: Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"

    tree = http(head + b"\x1f\x8b\x08\x00")

    assert "Content-encoded entity body (gzip): 4 bytes" in texts(tree, "Hypertext")
    assert not any(layer.label.startswith("Line-based") for layer in tree.children)


def test_body_that_goes_on_elsewhere_says_how_much_is_here(http: Http) -> None:
    tree = http(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    assert "[The body continues in later segments: 3 of 100 bytes here]" in texts(tree, "Hypertext")


def test_head_that_goes_on_elsewhere_says_so(http: Http) -> None:
    assert "[The header continues in a later segment]" in texts(http(b"GET / HTTP/1.1\r\nHost: a\r\nX"), "Hypertext")


def test_response_names_its_request_and_the_time_between(http: Http) -> None:
    link = HttpLink(4, 1, 2_611_000, "/hello", "http://a/hello")

    shown = texts(http(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", link), "Hypertext")

    assert shown[-4:] == [
        "[Request in frame: 4]",
        "[Time since request: 0.002611000 seconds]",
        "[Request URI: /hello]",
        "[Full request URI: http://a/hello]",
    ]
    assert "Response Phrase: Not Found" in shown


def test_pipelined_messages_are_layers_each_with_its_own_link(http: Http) -> None:
    one, two = (HttpLink(1, frame, None, uri, "") for frame, uri in ((5, "/1"), (6, "/2")))

    tree = http(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", one, two)

    shown = [node.label for node in tree.walk()]
    assert shown.count("Hypertext Transfer Protocol") == 2
    assert shown.index("[Response in frame: 5]") < shown.index("GET /2 HTTP/1.1\\r\\n")
    assert "[Response in frame: 6]" in shown


def test_cookies_and_escapes_are_lines_of_harmless_text(http: Http) -> None:
    shown = texts(http(b"GET / HTTP/1.1\r\nCookie: a=1; b=\x1b[2J\r\n\r\n"), "Hypertext")

    assert "Cookie pair: a=1" in shown
    assert "Cookie pair: b=␛[2J" in shown


def test_other_payload_is_shown_as_bytes(http: Http) -> None:
    assert texts(http(b"\x16\x03\x01\x00\x05hello"), "Data") == [
        "Data (10 bytes)",
        "Data: 160301000568656c6c6f",
        "[Length: 10]",
    ]


def test_warming_up_loads_what_the_first_tree_would_wait_for() -> None:
    import sys

    warm_up()

    assert {"scapy.layers.l2", "scapy.libs.manuf"} <= set(sys.modules)
