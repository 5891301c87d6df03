"""What the tree shows of single packets, whole, cut and broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

import pytest
from tree_text import tree_text

from tcptui.model.datagram import Datagram, Piece
from tcptui.model.packet_store import RowKind
from tcptui.model.packet_view import Analysis, PacketView
from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.node import ExpertLevel, Node, node_at, path_at
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.scapy_child.client import scapy_child

RAW_IP = 101
View = Callable[..., PacketView]
TcpFrame = Callable[..., bytes]


def lines(packet: PacketView, *, names: bool = False) -> list[str]:
    return tree_text(header_tree(packet, None, TreeOptions(zone=UTC, vendor_names=names))).splitlines()


def find(root: Node, field: str) -> Node:
    return next(node for node in root.walk() if node.field == field)


def test_ethernet_syn_has_wiresharks_layers(view: View, syn_frame: bytes) -> None:
    shown = lines(view(syn_frame), names=True)

    assert [line for line in shown if not line.startswith(" ")] == [
        "Frame 1: 74 bytes on wire (592 bits), 74 bytes captured (592 bits)",
        "Ethernet II, Src: VMware_c2:89:0b (00:0c:29:c2:89:0b), Dst: AyecomTechno_3c:4d:5e (00:1a:2b:3c:4d:5e)",
        "Internet Protocol Version 4, Src: 192.168.0.50, Dst: 192.168.0.52",
        "Transmission Control Protocol, Src Port: 58626, Dst Port: 8080, Seq: 2169630313, Len: 0",
    ]


def test_vlan_tags_are_layers_of_their_own(view: View, syn_frame: bytes) -> None:
    tagged = syn_frame[:12] + bytes.fromhex("88a8 6064 8100 000a") + syn_frame[12:]

    shown = lines(view(tagged))

    assert "802.1Q Virtual LAN, PRI: 3, DEI: 0, ID: 100" in shown
    assert "802.1Q Virtual LAN, PRI: 0, DEI: 0, ID: 10" in shown
    assert "    [Protocols in frame: eth:ethertype:vlan:ethertype:vlan:ethertype:ip:tcp]" in shown


@pytest.mark.parametrize(
    ("link_type", "header", "layer"),
    [
        (113, "0000 0304 0006 000000000000 0000 0800", "Linux cooked capture v1"),
        (276, "0800 0000 00000001 0304 00 06 0000000000000000", "Linux cooked capture v2"),
        (0, "02000000", "Null/Loopback"),
        (0, "00000002", "Null/Loopback"),
        (108, "00000002", "Null/Loopback"),
        (101, "", "Raw packet data"),
    ],
)
def test_each_link_type_leads_to_the_ip_header(
    view: View, tcp_frame: TcpFrame, link_type: int, header: str, layer: str
) -> None:
    shown = lines(view(bytes.fromhex(header) + tcp_frame(), link_type=link_type))

    assert layer in shown
    assert "Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2" in shown


def test_cut_packet_is_shown_as_far_as_it_goes(view: View, syn_frame: bytes) -> None:
    shown = lines(view(syn_frame[:48], wire_length=74))

    assert "    Acknowledgment number (raw): 0" in shown
    assert shown[-1] == "[Packet size limited during capture: TCP truncated]"


def test_ip_header_that_ends_too_early_is_called_malformed(view: View) -> None:
    shown = lines(view(bytes.fromhex("4500 0014 0000"), link_type=RAW_IP))

    assert "[Malformed Packet: IPv4]" in shown


def test_impossible_tcp_header_length_ends_the_layer(view: View, tcp_frame: TcpFrame) -> None:
    packet = bytearray(tcp_frame())
    packet[32] = 0x20

    shown = lines(view(bytes(packet), link_type=RAW_IP))

    assert "    0010 .... = Header Length: 8 bytes (bogus, must be at least 20)" in shown


def test_conclusions_are_shown_though_the_options_are_cut(
    view: View, tcp_frame: TcpFrame, analysis: Callable[..., Analysis]
) -> None:
    packet = tcp_frame(options=bytes.fromhex("0101080a0000000100000002"))
    shown = lines(view(packet[:46], link_type=RAW_IP, wire_length=len(packet), analysis=analysis()))

    assert "    [Timestamps]" in shown
    assert shown[-1] == "[Packet size limited during capture: TCP truncated]"


@pytest.mark.parametrize(
    ("verdict", "sentence", "level"),
    [
        (Verdict.RETRANSMISSION, "This frame is a (suspected) retransmission", ExpertLevel.NOTE),
        (Verdict.OUT_OF_ORDER, "This frame is a (suspected) out-of-order segment", ExpertLevel.WARNING),
        (Verdict.LOST_SEGMENT, "Previous segment(s) not captured (common at capture start)", ExpertLevel.WARNING),
        (Verdict.ACK_LOST_SEGMENT, "ACKed segment that wasn't captured (common at capture start)", ExpertLevel.WARNING),
        (Verdict.WINDOW_FULL, "TCP window specified by the receiver is now completely full", ExpertLevel.WARNING),
        (Verdict.ZERO_WINDOW, "TCP Zero Window segment", ExpertLevel.WARNING),
        (Verdict.WINDOW_UPDATE, "TCP window update", ExpertLevel.CHAT),
        (Verdict.KEEP_ALIVE, "TCP keep-alive segment", ExpertLevel.NOTE),
        (Verdict.TFO_IGNORED, "TCP SYN-ACK ignoring TFO data", ExpertLevel.NOTE),
    ],
)
def test_verdict_becomes_wiresharks_expert_note(
    view: View,
    tcp_frame: TcpFrame,
    analysis: Callable[..., Analysis],
    verdict: Verdict,
    sentence: str,
    level: ExpertLevel,
) -> None:
    tree = header_tree(view(tcp_frame(), link_type=RAW_IP, analysis=analysis(verdict=int(verdict))))

    headline = f"[Expert Info ({level.title}/Sequence): {sentence}]"
    note = next(node for node in tree.walk() if node.label == headline)
    assert note.severity is level
    assert max(node.severity for node in tree.walk() if node.severity is not None) is level


def test_duplicate_ack_names_its_number_and_the_first_ack(
    view: View, tcp_frame: TcpFrame, analysis: Callable[..., Analysis]
) -> None:
    facts = analysis(verdict=int(Verdict.DUPLICATE_ACK), dup_ack_number=2, dup_ack_frame=7)

    shown = lines(view(tcp_frame(), link_type=RAW_IP, analysis=facts))

    at = shown.index("    [SEQ/ACK analysis]")
    assert shown[at + 1 : at + 6] == [
        "        [TCP Analysis Flags]",
        "            [This is a TCP duplicate ack]",
        "        [Duplicate ACK #: 2]",
        "        [Duplicate to the ACK in frame: 7]",
        "            [Expert Info (Note/Sequence): Duplicate ACK (#2)]",
    ]


def test_retransmission_says_after_which_time_and_frame(
    view: View, tcp_frame: TcpFrame, analysis: Callable[..., Analysis]
) -> None:
    facts = analysis(verdict=int(Verdict.RETRANSMISSION), rto_ns=206_000_000, rto_frame=1)

    shown = lines(view(tcp_frame(payload=b"x"), link_type=RAW_IP, analysis=facts))

    assert "            [The RTO for this segment was: 0.206000000 seconds]" in shown
    assert "            [RTO based on delta from frame: 1]" in shown
    assert "    [Coloring Rule Name: Bad TCP]" in shown


def test_ipv6_extension_headers_stand_before_tcp(view: View, tcp_frame: TcpFrame) -> None:
    segment = tcp_frame()[20:]
    extensions = bytes.fromhex("3c 00 0502 0000 01002c 00 0104 0000000006 00 0000 12345678")
    header = bytes.fromhex("60000000") + (len(extensions) + len(segment)).to_bytes(2, "big") + b"\x00\x40"
    addresses = bytes(15) + b"\x01" + bytes(15) + b"\x02"

    shown = lines(view(header + addresses + extensions + segment, link_type=RAW_IP))

    assert "    IPv6 Hop-by-Hop Option" in shown
    assert "            Router Alert: MLD (0)" in shown
    assert "    Fragment Header for IPv6" in shown
    assert any(line.startswith("Transmission Control Protocol, Src Port: 58626") for line in shown)


def test_ipv4_options_are_named(view: View, tcp_frame: TcpFrame) -> None:
    plain = tcp_frame()
    total = (len(plain) + 4).to_bytes(2, "big")
    packet = b"\x46\x00" + total + plain[4:20] + bytes.fromhex("94040000") + plain[20:]

    shown = lines(view(packet, link_type=RAW_IP))

    assert "    Options: (4 bytes), Router Alert" in shown
    assert "        IP Option - Router Alert (4 bytes): Router shall examine packet (0)" in shown


def test_icmp_error_shows_the_quoted_segment_as_its_own_lines(view: View, tcp_frame: TcpFrame) -> None:
    quote = tcp_frame()[:28]
    message = bytes.fromhex("0304 0000 0000 05dc") + quote
    packet = bytes.fromhex("4500") + (20 + len(message)).to_bytes(2, "big")
    packet += bytes.fromhex("00010000 4001 0000 0a000009 0a000001") + message

    tree = header_tree(view(packet, link_type=RAW_IP, kind=RowKind.ICMP_QUOTE))

    icmp = find(tree, "icmp")
    assert "MTU of next hop: 1500" in [node.label for node in icmp.children]
    quoted = [node.label for node in icmp.children if node.children]
    assert quoted == [
        "Checksum: 0x0000 incorrect, should be 0x" + find(tree, "icmp.checksum").label[-4:],
        "Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2",
        "Transmission Control Protocol, Src Port: 58626, Dst Port: 8080, Seq: 1",
    ]


def test_offloaded_packet_without_a_length_is_as_long_as_its_frame(view: View, tcp_frame: TcpFrame) -> None:
    packet = bytearray(tcp_frame(payload=b"x" * 100))
    packet[2:4] = b"\x00\x00"

    shown = lines(view(bytes(packet), link_type=RAW_IP))

    why = 'reported as 0, presumed to be because of "TCP segmentation offload" (TSO)'
    assert f"    [Total Length: 140 bytes ({why})]" in shown
    assert "    TCP payload (100 bytes)" in shown


def test_reassembled_segment_shows_conclusions_without_a_header(
    view: View, tcp_frame: TcpFrame, analysis: Callable[..., Analysis]
) -> None:
    packet = bytearray(tcp_frame(payload=b"x" * 8))
    packet[6:8] = b"\x00\x02"

    shown = lines(view(bytes(packet), link_type=RAW_IP, kind=RowKind.TCP, analysis=analysis()))

    assert "    [The header is in an earlier fragment of the same datagram]" in shown
    assert "Data (28 bytes)" in shown


@pytest.fixture
def completing(view: View, tcp_frame: TcpFrame, analysis: Callable[..., Analysis]) -> PacketView:
    """The last fragment of a segment of 60 bytes: 36 of these, behind the 24 that an earlier frame has."""
    segment = tcp_frame(payload=bytes(range(40)))[20:]
    packet = bytearray(tcp_frame(payload=bytes(16)))
    packet[6:8] = b"\x00\x03"
    packet[20:] = segment[24:]
    whole = Datagram(segment, (Piece(7, 0, 24), Piece(8, 24, 36)))
    return view(bytes(packet), link_type=RAW_IP, kind=RowKind.TCP, analysis=analysis(), datagrams=(whole,))


def test_packet_that_completes_a_datagram_shows_all_of_it(completing: PacketView) -> None:
    shown = lines(completing)

    at = shown.index("    [2 IPv4 Fragments (60 bytes): #7(24), #8(36)]")
    assert shown[at + 1 : at + 5] == [
        "        [Frame: 7, payload: 0-23 (24 bytes)]",
        "        [Frame: 8, payload: 24-59 (36 bytes)]",
        "        [Fragment count: 2]",
        "        [Reassembled IPv4 length: 60]",
    ]
    assert shown[at + 5].startswith("        [Reassembled IPv4 data: e5021f9000000001")
    assert "    Source Port: 58626" in shown
    assert "    TCP payload (40 bytes)" in shown
    assert "Data (40 bytes)" in shown
    assert "    [Protocols in frame: raw:ip:tcp:data]" in shown
    assert not any("earlier fragment" in line for line in shown)


def test_bytes_of_a_datagram_are_marked_where_the_frame_has_them(completing: PacketView) -> None:
    tree = header_tree(completing)
    port, payload = find(tree, "tcp.srcport"), find(tree, "tcp.payload")

    assert (port.start, port.is_read, payload.start, payload.length) == (None, True, 20, 36)
    assert port.part is not None
    assert payload.part is not None
    assert (port.part.start, port.part.length) == (0, 2)
    assert (payload.part.start, payload.part.length) == (20, 40)
    assert node_at(tree, path_at(tree, 30)).field in ("tcp.payload", "data", "data.data")
    assert not find(tree, "tcp.stream").is_read
    assert find(tree, "ip.fragment").target == 7


def test_bytes_that_another_fragment_overlaid_are_not_marked(completing: PacketView) -> None:
    """A twin: what was joined has other bytes in the place of this frame's."""
    joined = completing.datagrams[0]
    overlaid = replace(completing, datagrams=(replace(joined, payload=joined.payload[:-1] + b"?"),))

    payload = find(header_tree(overlaid), "tcp.payload")

    assert (payload.start, payload.length) == (None, 0)
    assert payload.part is not None
    assert payload.part.datagram[payload.part.start :] == bytes(range(39)) + b"?"


def test_fragment_that_completes_nothing_shows_its_own_bytes(completing: PacketView) -> None:
    """A twin: the same frame, whose datagram lacks another fragment."""
    alone = replace(completing, datagrams=(), kind=RowKind.OTHER, analysis=None)

    shown = lines(alone)

    assert "Data (36 bytes)" in shown
    assert not any("Transmission" in line for line in shown)


def test_short_frame_ends_in_padding(view: View, syn_frame: bytes, tcp_frame: TcpFrame) -> None:
    shown = lines(view(syn_frame[:14] + tcp_frame() + bytes(6)))

    assert "    Padding: 000000000000" in shown


ARP = "0001 0800 06 04 {} 001b21c2890b {} {} {}"
MINE, OTHERS, NOBODY = "c0a80001", "c0a80002", "00000000"
UNKNOWN, ALL = "00" * 6, "ff" * 6


def test_arp_has_wiresharks_lines_and_names(view: View, syn_frame: bytes) -> None:
    body = bytes.fromhex(ARP.format("0001", MINE, UNKNOWN, OTHERS))
    tree = header_tree(view(syn_frame[:12] + b"\x08\x06" + body + bytes(18)), None, TreeOptions(vendor_names=False))
    layer = next(node for node in tree.walk() if node.field == "arp")

    assert layer.label == "Address Resolution Protocol (request)"
    assert [(node.label, node.field, node.start, node.length) for node in layer.children] == [
        ("Hardware type: Ethernet (1)", "arp.hw.type", 14, 2),
        ("Protocol type: IPv4 (0x0800)", "arp.proto.type", 16, 2),
        ("Hardware size: 6", "arp.hw.size", 18, 1),
        ("Protocol size: 4", "arp.proto.size", 19, 1),
        ("Opcode: request (1)", "arp.opcode", 20, 2),
        ("Sender MAC address: 00:1b:21:c2:89:0b", "arp.src.hw_mac", 22, 6),
        ("Sender IP address: 192.168.0.1", "arp.src.proto_ipv4", 28, 4),
        ("Target MAC address: 00:00:00:00:00:00", "arp.dst.hw_mac", 32, 6),
        ("Target IP address: 192.168.0.2", "arp.dst.proto_ipv4", 38, 4),
    ]
    assert "[Coloring Rule Name: ARP]" in [node.label for node in tree.walk()]
    assert f"Padding: {bytes(18).hex()}" in [node.label for node in tree.walk()]


@pytest.mark.parametrize(
    ("operation", "sender", "looked_for", "target", "title", "concluded"),
    [  # as tshark 4.0.17 calls them
        (2, MINE, UNKNOWN, OTHERS, "reply", []),
        (1, MINE, UNKNOWN, MINE, "ARP Announcement", ["arp.isgratuitous", "arp.isannouncement"]),
        (1, MINE, ALL, MINE, "request/gratuitous ARP", ["arp.isgratuitous"]),
        (2, MINE, UNKNOWN, MINE, "reply/gratuitous ARP", ["arp.isgratuitous"]),
        (1, NOBODY, UNKNOWN, OTHERS, "ARP Probe", ["arp.isprobe"]),
        (1, NOBODY, ALL, OTHERS, "request", []),
        (8, MINE, UNKNOWN, MINE, "inverse request", []),
        (99, MINE, UNKNOWN, OTHERS, "opcode 0x0063", []),
    ],
)
def test_arp_about_oneself_is_called_so(
    view: View, syn_frame: bytes, operation: int, sender: str, looked_for: str, target: str, title: str,
    concluded: list[str],
) -> None:  # fmt: skip
    body = bytes.fromhex(ARP.format(f"{operation:04x}", sender, looked_for, target))
    tree = header_tree(view(syn_frame[:12] + b"\x08\x06" + body))
    layer = next(node for node in tree.walk() if node.field == "arp")

    assert layer.label == f"Address Resolution Protocol ({title})"
    assert [node.field for node in layer.children if node.field.startswith("arp.is")] == concluded


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            "0007 0800 03 04 0001 010203 c0a80001 000000 c0a80002",
            ["src.hw", "src.proto_ipv4", "dst.hw", "dst.proto_ipv4"],
        ),
        (
            "0001 1234 06 02 0001 001b21c2890b 0102 000000000000 0304",
            ["src.hw_mac", "src.proto", "dst.hw_mac", "dst.proto"],
        ),
        ("0001 0800 00 00 0001", []),
        ("0001 0800 06 04 0001 001b21c2", []),
    ],
)
def test_arp_of_other_addresses_and_none_is_read_by_its_sizes(
    view: View, syn_frame: bytes, body: str, fields: list[str]
) -> None:
    tree = header_tree(view(syn_frame[:12] + b"\x08\x06" + bytes.fromhex(body)))
    shown = [node.field.removeprefix("arp.") for node in tree.walk()]

    assert [name for name in shown if name.startswith(("src.", "dst."))] == fields
    assert ("_ws.malformed" in shown) == body.endswith("001b21c2")


def test_unknown_link_type_is_shown_as_bytes(view: View) -> None:
    shown = lines(view(b"\x01\x02\x03", link_type=9999))

    assert shown[1] == "    Encapsulation type: LINKTYPE 9999"
    assert "Data (3 bytes)" in shown


def test_comment_with_escapes_is_harmless_text_above_the_frame(view: View, syn_frame: bytes) -> None:
    shown = lines(view(syn_frame, comment="look \x1b[31mhere\u202e"))

    assert shown[0] == "Packet comments"
    assert shown[1] == "    look ␛[31mhere\ufffd"


def test_interface_name_is_shown_when_known(view: View, syn_frame: bytes) -> None:
    shown = lines(view(syn_frame, interface="eth0"))

    assert shown[0].endswith("captured (592 bits) on interface eth0")
    assert shown[1] == "    Interface name: eth0"


def test_byte_offset_leads_to_the_innermost_line_and_back(view: View, syn_frame: bytes) -> None:
    tree = header_tree(view(syn_frame))

    for offset, label in (
        (0, "Destination:"),
        (47, "Flags:"),
        (23, "Protocol: TCP (6)"),
        (56, "MSS Value: 1460"),
        (13, "Type: IPv4"),
    ):
        node = node_at(tree, path_at(tree, offset))
        assert node.label.startswith(label)
        assert node.covers(offset)


def test_byte_behind_the_frame_has_no_line(view: View, syn_frame: bytes) -> None:
    tree = header_tree(view(syn_frame))

    assert path_at(tree, len(syn_frame)) == ()


def test_no_process_is_started_for_what_this_program_reads_itself(view: View, syn_frame: bytes) -> None:
    asked = scapy_child.pid
    header_tree(view(syn_frame), None, TreeOptions(vendor_names=False))

    assert scapy_child.pid == asked


@pytest.mark.parametrize(
    ("asked", "has_flags"),
    [
        (None, True), ({"tcp.seq"}, False), ({"tcp.flags.fin"}, True), ({"tcp.connection.fin"}, True),
        ({"_ws.expert"}, True),
    ],
)  # fmt: skip
def test_lines_of_flags_are_made_where_one_is_asked_for(
    view: View, tcp_frame: TcpFrame, asked: set[str] | None, has_flags: bool
) -> None:
    options = TreeOptions(asked=None if asked is None else frozenset(asked))
    tree = header_tree(view(tcp_frame(flags=0x11), link_type=RAW_IP), None, options)
    fields = {node.field for node in tree.walk()}

    assert ("tcp.flags" in fields) is has_flags
    assert ("tcp.connection.fin" in fields) is has_flags
    assert "tcp.seq" in fields
