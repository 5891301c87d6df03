"""TCP options: each kind's lines, and what impossible ones get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.protocols.headers.tree import header_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import Analysis, PacketView
    from tcptui.protocols.headers.node import Node

RAW_IP = 101


@pytest.fixture
def group(
    view: Callable[..., PacketView], tcp_frame: Callable[..., bytes], analysis: Callable[..., Analysis]
) -> Callable[[str], Node]:
    """The options branch of a segment with the options given in hexadecimal."""

    def make(options: str) -> Node:
        packet = view(tcp_frame(options=bytes.fromhex(options)), link_type=RAW_IP, analysis=analysis())
        return next(node for node in header_tree(packet).walk() if node.field == "tcp.options")

    return make


@pytest.mark.parametrize(
    ("options", "first"),
    [
        ("02040218", "TCP Option - Maximum segment size: 536 bytes"),
        ("03030701", "TCP Option - Window scale: 7 (multiply by 128)"),
        ("03031401", "TCP Option - Window scale: 14 (multiply by 16384)"),
        ("04020101", "TCP Option - SACK permitted"),
        ("080a00000001000000020101", "TCP Option - Timestamps: TSval 1, TSecr 2"),
        ("22020101", "TCP Option - TCP Fast Open"),
        ("2206aabbccdd0101", "TCP Option - TCP Fast Open"),
        ("1312" + "ab" * 16 + "0101", "TCP Option - TCP MD5 signature"),
        ("1d10010200112233445566778899aabb", "TCP Option - TCP AO"),
        ("1c048005", "TCP Option - User Timeout: 5 minutes"),
        ("fe06f989aabb0101", "TCP Option - Experimental: Fast Open"),
        ("fd04454e", "TCP Option - Experimental: Encryption Negotiation"),
        ("1e080021abcdef01", "Multipath Transmission Control Protocol: Multipath Capable"),
        ("1e0810020a0b0c0d", "Multipath Transmission Control Protocol: Join Connection"),
        ("c8040102", "TCP Option - Unknown"),
    ],
)
def test_option_has_its_headline(group: Callable[[str], Node], options: str, first: str) -> None:
    assert group(options).children[0].label == first


def test_each_option_of_mptcp_is_a_protocol_of_the_frame(
    view: Callable[..., PacketView], tcp_frame: Callable[..., bytes], analysis: Callable[..., Analysis]
) -> None:
    options = bytes.fromhex("1e080021abcdef01 1e0810020a0b0c0d")
    packet = view(tcp_frame(options=options), link_type=RAW_IP, analysis=analysis())
    label = next(node.label for node in header_tree(packet).walk() if node.field == "frame.protocols")

    assert label.endswith(":tcp:mptcp:mptcp]")


def test_sack_blocks_count_from_the_peers_first_number(group: Callable[[str], Node]) -> None:
    option = group("010105120000000a000000140000001e00000028").children[2]

    assert option.label == "TCP Option - SACK 10-20 30-40"
    assert [line.label for line in option.children[2:]] == [
        "left edge = 10 (relative)",
        "right edge = 20 (relative)",
        "left edge = 30 (relative)",
        "right edge = 40 (relative)",
        "[TCP SACK Count: 2]",
    ]


def test_block_below_the_ack_is_a_duplicate_sack(group: Callable[[str], Node]) -> None:
    option = group("0101050a0000000000000001").children[2]

    assert "D-SACK Sequence" in [line.label for line in option.children]


def test_every_option_knows_its_own_bytes(group: Callable[[str], Node]) -> None:
    branch = group("020405b40402080a000000010000000201030307")

    places = [((node.start or 0) - (branch.start or 0), node.length) for node in branch.children]
    assert places == [(0, 4), (4, 2), (6, 10), (16, 1), (17, 3)]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("0800ffff", "Timestamps (with too-short option length = 0 bytes)"),
        ("010101080a000000", "Timestamps (option length = 10 bytes says option goes past end of options)"),
        ("01010108", "Timestamps (length byte past end of options)"),
    ],
)
def test_impossible_length_ends_the_list(group: Callable[[str], Node], options: str, complaint: str) -> None:
    assert group(options).children[-1].label == complaint


def test_wrong_length_of_one_option_leaves_the_next_readable(group: Callable[[str], Node]) -> None:
    names = [node.label for node in group("0306070707070402").children]

    assert names == ["TCP Option - Window scale", "TCP Option - SACK permitted"]


@pytest.mark.parametrize(
    ("options", "experts"),
    [
        ("01010101", 1),
        ("0101010101010101", 1),  # the fifth begins a word, and the count anew from zero
        ("0402" + 10 * "01", 0),
        ("0101" + "020405b4" + "0101", 1),
        ("0101" + "080a0000000100000002" + "01010000", 0),
        ("010101" + "080a0000000100000002" + "010000", 1),
        ("0101" + "080a0000000100000002" + "050a0000200000002100" + "0101", 1),
        ("01" + "0402" + "01010100", 0),
        ("0101" + "030307" + "0101" + "00", 1),
    ],
)
def test_four_nops_are_counted_as_tshark_counts_them(group: Callable[[str], Node], options: str, experts: int) -> None:
    """Held against tshark 4.0.17 with 1,500 random lists, too."""
    assert len([node for node in group(options).walk() if node.field == "tcp.nop"]) == experts


def test_a_timestamp_cut_behind_its_first_value_has_that_value(
    view: Callable[..., PacketView], tcp_frame: Callable[..., bytes], analysis: Callable[..., Analysis]
) -> None:
    frame = tcp_frame(options=bytes.fromhex("0101080a0000000700000009"))
    packet = view(frame[:-4], wire_length=len(frame), link_type=RAW_IP, analysis=analysis())
    fields = {node.field for node in header_tree(packet).walk()}
    assert "tcp.options.timestamp.tsval" in fields
    assert "tcp.options.timestamp.tsecr" not in fields
