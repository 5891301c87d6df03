"""A packet of thousands of extension headers and options has a tree of so many lines as a screen can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.protocols.headers.ipv6 import MOST_SHOWN
from tcptui.protocols.headers.tree import TreeOptions, header_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node

RAW_IP = 101
HEADERS = 2_000
UDP = bytes.fromhex("0035 9c40 0008 0000")
#: Destination options: the next header, no further 8 bytes, six of Pad1.
PADDED = "3c 00 000000000000"
#: A routing header of an unknown type, and the fragment header of an atomic fragment.
ROUTED, WHOLE = "2b 00 ff00 00000000", "2c 00 0000 00000001"


def packet(header: str, count: int) -> bytes:
    """IPv6 and UDP, ``count`` times ``header`` between them."""
    one = bytes.fromhex(header)
    payload = one * (count - 1) + b"\x11" + one[1:] + UDP
    return b"\x60\0\0\0" + len(payload).to_bytes(2) + one[:1] + b"\x40" + bytes(32) + payload


def lines(tree: Node) -> list[str]:
    return [node.label for node in tree.walk()]


@pytest.fixture
def many(view: Callable[..., PacketView]) -> PacketView:
    return view(packet(PADDED, HEADERS), link_type=RAW_IP)


@pytest.mark.parametrize("header", [PADDED, ROUTED, WHOLE])
def test_tree_shows_some_of_them_how_many_more_there_are_and_what_stands_behind(
    view: Callable[..., PacketView], header: str
) -> None:
    tree = header_tree(view(packet(header, HEADERS), link_type=RAW_IP))

    assert len(lines(tree)) < 12 * MOST_SHOWN
    more = HEADERS * (7 if header == PADDED else 1) - MOST_SHOWN
    assert f"[Not shown: {more} more extension headers and options]" in lines(tree)
    assert tree.children[-1].field == "udp"


def test_those_of_a_packet_that_is_cut_amid_one_are_counted_too(view: Callable[..., PacketView]) -> None:
    whole = packet(ROUTED, HEADERS)
    tree = header_tree(view(whole[: 40 + 8 * 600 + 1], link_type=RAW_IP, wire_length=len(whole)))

    assert f"[Not shown: {601 - MOST_SHOWN} more extension headers and options]" in lines(tree)


def test_as_many_as_there_is_room_for_are_all_shown(view: Callable[..., PacketView]) -> None:
    tree = header_tree(view(packet(ROUTED, MOST_SHOWN), link_type=RAW_IP))

    assert sum(node.field == "ipv6.routing" for node in tree.walk()) == MOST_SHOWN
    assert not any("Not shown" in line for line in lines(tree))


def test_filter_that_asks_for_options_finds_all_of_them(many: PacketView) -> None:
    tree = header_tree(many, options=TreeOptions(asked=frozenset({"ipv6.opt.type"})))

    assert sum(node.field == "ipv6.opt.type" for node in tree.walk()) == 6 * HEADERS


@pytest.mark.parametrize("name", ["dns", "udp.port", "ipv6.src"])
def test_filter_that_asks_for_something_else_has_no_lines_below_extension_headers(many: PacketView, name: str) -> None:
    tree = header_tree(many, options=TreeOptions(asked=frozenset({name})))

    assert sum(node.field == "ipv6.dstopts" for node in tree.walk()) == HEADERS
    assert len(lines(tree)) < HEADERS + 100
    assert tree.children[-1].field == "udp"
