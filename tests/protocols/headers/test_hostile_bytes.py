"""No bytes make the tree raise, lie about ranges or print a control character."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_parameters import Share, shares

from tcptui.model.datagram import Datagram, Piece
from tcptui.model.errors import TcptuiError
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.model.packet_view import Analysis, PacketView
from tcptui.protocols.headers.node import node_at, path_at
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.uncounted

#: Frames taken of each capture of the corpus: enough to meet every protocol in it.
FRAMES = 40
#: Captures whose frames are mutated: among them tunnels, all link types, options and fragments.
MUTATED = (
    "suricata-verify-tfo.pcap", "ptcpdump-mptcp.pcap", "packetlife-backup-BGP_MD5.pcap", "zeek-pppoe-over-qinq.pcap",
    "suricata-verify-vxlan.pcap", "zeek-gtp6_gtp_0x32.pcap", "nDPI-dns_fragmented.pcap", "gopacket-test_loopback.pcap",
    "PcapPlusPlus-IcmpPackets.pcapng", "filesamples-simple_http_sll2.pcap", "nDPI-gnutella.pcap", "zeek-erspan.pcap",
    "packets-tcp_dupack.pcapng", "suricata-verify-http-range-multiflows.pcap",
)  # fmt: skip
LINK_TYPES = (0, 1, 9, 12, 101, 104, 105, 108, 113, 127, 228, 229, 276, 9999)


def check(packet: PacketView) -> None:
    """What holds for every tree."""
    tree = header_tree(packet)
    for node in tree.walk():
        assert len(node.label) <= 241
        assert node is tree or not node.field or node.field in FIELDS, node
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in node.label), node.label
        if node.start is not None:
            assert 0 <= node.start <= node.end <= len(packet.data), node
    for offset in (0, len(packet.data) // 2, len(packet.data) - 1):
        path = path_at(tree, offset)
        assert not path or node_at(tree, path).covers(offset)


def _packets(path: Path) -> Iterator[PacketView]:
    try:
        session = open_file(path)
    except TcptuiError:
        return
    for row in range(min(session.store.count, FRAMES)):
        yield session.reader.packet(row)
    session.close()


@pytest.fixture(scope="module")
def real_packets(corpus: Path) -> list[PacketView]:
    return [packet for name in MUTATED for packet in _packets(corpus / "dev" / name)]


@pytest.mark.each_value
@shares(2)
@pytest.mark.parametrize("folder", ["dev", "malformed"])
def test_every_corpus_packet_has_a_sound_tree(corpus: Path, folder: str, share: Share) -> None:
    checked = 0
    for path in share.of(sorted((corpus / folder).glob("*.pcap*"))):
        for packet in _packets(path):
            check(packet)
            checked += 1
    assert checked > 500


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_and_truncated_packets_have_a_sound_tree(real_packets: list[PacketView], data: st.DataObject) -> None:
    packet = data.draw(st.sampled_from(real_packets), label="packet")
    mutated = bytearray(packet.data)
    places = st.integers(0, max(len(mutated) - 1, 0))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8), label="bytes"):
        if mutated:
            mutated[place] = value
    kept = data.draw(st.integers(0, len(mutated)), label="kept") if data.draw(st.booleans()) else len(mutated)

    check(_replaced(packet, bytes(mutated[:kept]), packet.link_type))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=120), link_type=st.sampled_from(LINK_TYPES), offset=st.integers(0, 60))
def test_random_bytes_have_a_sound_tree(
    view: Callable[..., PacketView],
    analysis: Callable[..., Analysis],
    raw: bytes,
    link_type: int,
    offset: int,
) -> None:
    packet = view(raw, link_type=link_type, network_offset=offset, kind=RowKind.TCP, analysis=analysis())

    check(packet)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    datagrams=st.lists(st.binary(max_size=90), min_size=1, max_size=3),
    protocol=st.sampled_from([1, 4, 6, 17, 41, 44, 47, 51, 60]),
    own=st.binary(max_size=40),
    offset=st.integers(0, 20),
    six=st.booleans(),
)
def test_any_datagram_in_fragments_has_a_sound_tree(
    view: Callable[..., PacketView], datagrams: list[bytes], protocol: int, own: bytes, offset: int, six: bool
) -> None:
    if six:
        header = bytes.fromhex("60000000") + (8 + len(own)).to_bytes(2) + b"\x2c\x40" + bytes(32)
        header += bytes((protocol, 0)) + (offset * 8).to_bytes(2) + bytes(4)
    else:
        header = b"\x45\0" + (20 + len(own)).to_bytes(2) + b"\0\1" + offset.to_bytes(2)
        header += bytes((64, protocol)) + bytes(10)

    whole = tuple(Datagram(payload, (Piece(7, 0, 8), Piece(1, 8 * offset, len(own)))) for payload in datagrams)

    check(view(header + own, link_type=101, datagrams=whole))


def _replaced(packet: PacketView, raw: bytes, link_type: int) -> PacketView:
    return PacketView(
        row=packet.row,
        frame=packet.frame,
        time_ns=packet.time_ns,
        previous_ns=packet.previous_ns,
        first_ns=packet.first_ns,
        wire_length=packet.wire_length,
        data=raw,
        link_type=link_type,
        interface=packet.interface,
        comments=packet.comments,
        kind=packet.kind,
        network_offset=packet.network_offset,
        transport_offset=packet.transport_offset,
        payload_length=packet.payload_length,
        ip_stream=packet.ip_stream,
        analysis=packet.analysis,
        datagrams=packet.datagrams,
    )
