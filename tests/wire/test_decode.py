"""Frames to columns: every wrapping, every cut, any bytes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from decoding import Decoded, decode
from encapsulations import MAC, all_cases, connection, ipv4, ipv6
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.model.packet_store import COLUMNS, DecodeIssue, RowKind
from tcptui.wire.header_walk import Layer
from tcptui.wire.link.types import LINK_LAYERS

CASES = all_cases()
#: What tshark leaves closed, and we with it.
CLOSED = {
    "not-9200", "llc-novell", "length-1501", "ipv4-as-ipv6", "pppoe-lcp", "pppoe-framed", "pppoe-discovery",
    "mpls-alert", "loop-little", "cisco-vlan", "fddi-management", "802.11-protected", "802.11-null", "802.11-beacon",
    "802.11-more-fragments", "nflog-bridge", "cooked-netlink", "cooked-2-netlink", "esp", "ipcomp", "6mobility",
    "6no-next", "gre-vlan", "erspan-3-ip", "vxlan-other-port", "gtp-prime", "l2tp-3", "teredo-ipv4", "esp-in-udp",
    "isl-token-ring", "fabric-path-two-tags", "batman-14-fragment", "batman-13-unicast", "lwapp-control",
    "ax25-supervisory", "ax25-no-ip", "kiss-command", "symantec-both", "juniper-other-family", "juniper-without-magic",
    "juniper-services", "pim-1", "6redirect-short", "redirect-ipv4", "tzsp-keep-alive",
}  # fmt: skip
#: Connections that somebody else's message quotes.
QUOTED = {"6redirect", "6advertisement-quoting"}
SOURCE, TARGET = b"\x0a\0\0\1", b"\x0a\0\0\2"


def tcp(payload: bytes = b"", options: bytes = b"", flags: int = 0x10, offset: int | None = None) -> bytes:
    words = 5 + len(options) // 4 if offset is None else offset
    return struct.pack(">HHIIBBHHH", 40000, 80, 7, 9, words << 4, flags, 512, 0, 0) + options + payload


def ethernet(datagram: bytes) -> bytes:
    return MAC + (b"\x86\xdd" if datagram[0] >> 4 == 6 else b"\x08\0") + datagram


def segment(**parts: bytes) -> bytes:
    return ethernet(ipv4(6, tcp(**parts), SOURCE, TARGET))  # type: ignore[arg-type]


def columns(decoded: Decoded) -> dict[str, list[int]]:
    """All wire columns, flows named by their ends."""
    store = decoded.store
    found = {name: getattr(store, name)[: store.count].tolist() for name in DECODED if name != "flow"}
    flows = store.flow[: store.count].tolist()
    return found | {"flow": [str(decoded.flows.endpoints(flow)) if flow >= 0 else "" for flow in flows]}


#: The decoder's columns stand before the analyzer's; time, place and lengths are the caller's.
WIRE_COLUMNS = tuple(COLUMNS)[: tuple(COLUMNS).index("stream")]
DECODED = [
    name for name in WIRE_COLUMNS if name not in ("frame", "time_ns", "offset", "captured", "wire_length", "source")
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wrapped_connection_is_found_unless_it_is_meant_to_stay_closed(case: object) -> None:
    name, link, frames = case.name, case.link_type, case.frames  # type: ignore[attr-defined]

    store = decode(frames, link).store

    if name in CLOSED:
        assert (store.kind[:4] == RowKind.OTHER).all()
    else:
        assert store.kind[:4].tolist() == [RowKind.ICMP_QUOTE if name in QUOTED else RowKind.TCP] * 4
        assert store.seq[:4].tolist() == [1000, 5000, 1001, 5001]
        assert store.length[:4].tolist() == [0, 0, 60, 7]
        assert len(set(store.flow[:4].tolist())) == 1
        assert store.from_b[0] == store.from_b[2] != store.from_b[1] == store.from_b[3]


def test_all_wrappings_in_one_batch_give_what_each_gives_alone() -> None:
    frames = [frame for case in CASES for frame in case.frames]
    links = [case.link_type for case in CASES for _ in case.frames]

    together, one_by_one = decode(frames, links), decode(frames, links, batch=1)

    assert columns(together) == columns(one_by_one)


def test_ethernet_segment_fills_every_column() -> None:
    decoded = decode([segment(payload=b"hello", options=b"\x02\x04\x05\xb4")])

    store = decoded.store
    assert decoded.ends(0) == ("10.0.0.1:40000", "10.0.0.2:80")
    assert (store.network_offset[0], store.transport_offset[0]) == (14, 34)
    assert (store.ttl[0], store.tos[0], store.ip_id[0], store.protocol[0]) == (64, 0, 1, 6)
    assert (store.seq[0], store.ack[0], store.flags[0], store.window[0]) == (7, 9, 0x10, 512)
    assert (store.header_length[0], store.length[0], store.mss[0]) == (24, 5, 1460)
    assert store.issues[0] == 0


def test_both_directions_share_a_flow_and_differ_in_from_b() -> None:
    there, back = connection(3, six=True)[:2]

    store = decode([ethernet(there), ethernet(back)]).store

    assert store.flow[0] == store.flow[1]
    assert store.from_b[0] != store.from_b[1]


def test_ports_decide_the_ends_when_addresses_are_equal() -> None:
    mine = ipv4(6, struct.pack(">HHIIBBHHH", 5, 9, 0, 0, 0x50, 2, 0, 0, 0), SOURCE, SOURCE)
    other = ipv4(6, struct.pack(">HHIIBBHHH", 9, 5, 0, 0, 0x50, 2, 0, 0, 0), SOURCE, SOURCE)

    store = decode([ethernet(mine), ethernet(other)]).store

    assert store.flow[0] == store.flow[1]
    assert store.from_b[:2].tolist() == [0, 1]


@pytest.mark.parametrize(("held", "kind", "issue"), [
    (3, RowKind.OTHER, 0), (4, RowKind.TCP_CUT, DecodeIssue.HEADER_CUT), (15, RowKind.TCP_CUT, DecodeIssue.HEADER_CUT),
    (16, RowKind.TCP, DecodeIssue.HEADER_CUT), (19, RowKind.TCP, DecodeIssue.HEADER_CUT),
    (27, RowKind.TCP, DecodeIssue.HEADER_CUT), (32, RowKind.TCP, 0), (40, RowKind.TCP, 0),
])  # fmt: skip
def test_cut_tcp_header_is_what_its_bytes_allow(held: int, kind: RowKind, issue: int) -> None:
    whole = segment(payload=b"12345678", options=b"\1\1\x08\x0a" + bytes(8))

    store = decode([whole[: 34 + held]], wire=[len(whole)]).store

    assert store.kind[0] == kind
    assert store.issues[0] & (DecodeIssue.HEADER_CUT | DecodeIssue.BAD_HEADER_LENGTH) == issue
    assert bool(store.issues[0] & DecodeIssue.TRUNCATED) == (held < 40)
    if kind is RowKind.TCP:
        assert store.length[0] == 8


def test_header_longer_than_its_datagram_is_marked_and_has_no_length() -> None:
    store = decode([ethernet(ipv4(6, tcp(offset=15), SOURCE, TARGET))]).store

    assert store.length[0] < 0
    assert store.issues[0] & DecodeIssue.BAD_HEADER_LENGTH


def test_data_offset_below_five_is_marked() -> None:
    store = decode([ethernet(ipv4(6, tcp(b"x" * 10, offset=4), SOURCE, TARGET))]).store

    assert store.length[0] == 14
    assert store.issues[0] & DecodeIssue.BAD_HEADER_LENGTH


def test_offloaded_and_padded_and_overlong_datagrams_have_the_wires_length() -> None:
    whole = ipv4(6, tcp(b"x" * 10), SOURCE, TARGET)
    offloaded, overlong = (ethernet(whole[:2] + total + whole[4:]) for total in (b"\0\0", b"\x03\x84"))

    store = decode([offloaded, overlong, ethernet(whole) + bytes(30)]).store

    assert store.length[:3].tolist() == [10, 10, 10]


def test_ipv4_options_are_skipped() -> None:
    plain = ipv4(6, tcp(b"abc"), SOURCE, TARGET)
    optional = (
        b"\x47" + plain[1:2] + struct.pack(">H", len(plain) + 8) + plain[4:20] + b"\x94\4\0\0\1\1\1\0" + plain[20:]
    )

    store = decode([ethernet(optional)]).store

    assert (store.transport_offset[0], store.length[0]) == (42, 3)


@pytest.mark.parametrize("first", [b"\x55", b"\x44"])
def test_impossible_ipv4_header_is_other_and_malformed(first: bytes) -> None:
    datagram = ipv4(6, tcp(), SOURCE, TARGET)

    store = decode([MAC + b"\x08\0" + first + datagram[1:]]).store

    assert store.kind[0] == RowKind.OTHER
    assert store.issues[0] & DecodeIssue.MALFORMED


def test_ipv6_extension_headers_are_passed_in_any_order() -> None:
    wide = bytes(15) + b"\1"
    chain = b"\x3c\0" + bytes(6) + b"\x2b\0" + bytes(6) + b"\x33\1" + bytes(14) + b"\6\1" + bytes(10) + tcp(b"z")

    store = decode([ethernet(ipv6(0, chain, wide, wide))]).store

    assert (store.kind[0], store.length[0], store.protocol[0]) == (RowKind.TCP, 1, 6)


def test_jumbo_payload_counts_only_above_sixteen_bits() -> None:
    wide = bytes(15) + b"\1"
    size = 70_000
    honest = ipv6(0, b"\6\0\xc2\4" + struct.pack(">I", size + 28) + tcp(), wide, wide)
    frame = ethernet(honest[:4] + b"\0\0" + honest[6:])

    store = decode([frame, frame[:58] + b"\0\0\0\x1c" + frame[62:]], wire=[14 + 40 + 28 + size] * 2).store

    assert store.length[0] == size
    assert store.kind[:2].tolist() == [RowKind.TCP, RowKind.OTHER]


def icmp_error(inner: bytes, six: bool = False) -> bytes:
    if six:
        return ethernet(ipv6(58, b"\1\4" + bytes(6) + inner, bytes(16), bytes(16)))
    return ethernet(ipv4(1, b"\3\4" + bytes(6) + inner, TARGET, SOURCE))


@pytest.mark.parametrize(("held", "kind"), [(8, RowKind.OTHER), (15, RowKind.OTHER), (16, RowKind.ICMP_QUOTE)])
def test_icmp_quotation_needs_sixteen_bytes_of_tcp(held: int, kind: RowKind) -> None:
    quoted = ipv4(6, tcp(), SOURCE, TARGET)[: 20 + held]

    store = decode([icmp_error(quoted)]).store

    assert store.kind[0] == kind


def test_icmpv6_quotation_and_a_quotation_in_a_quotation() -> None:
    inner = connection(0, six=True)[0]
    nested = icmp_error(ipv4(1, b"\3\4" + bytes(6) + ipv4(6, tcp(), SOURCE, TARGET), TARGET, SOURCE))

    store = decode([icmp_error(inner, six=True), nested]).store

    assert store.kind[:2].tolist() == [RowKind.ICMP_QUOTE, RowKind.OTHER]


def test_unknown_link_type_is_other_and_keeps_nothing() -> None:
    store = decode([segment()], 147).store

    assert (store.kind[0], store.flow[0], store.protocol[0], store.issues[0]) == (RowKind.OTHER, -1, 0, 0)


def test_every_layer_that_can_be_reached_has_its_step() -> None:
    from tcptui.wire.decode import STEPS

    assert set(Layer) - set(STEPS) == {Layer.TCP}


def valid(decoded: Decoded, frames: list[bytes]) -> None:
    store, count = decoded.store, decoded.store.count
    assert count == len(frames)
    sizes = np.array([len(frame) for frame in frames])
    with_ports = np.isin(store.kind[:count], (RowKind.TCP, RowKind.TCP_CUT, RowKind.ICMP_QUOTE))
    assert ((store.flow[:count] >= 0) >= with_ports).all()
    assert (store.flow[:count] < len(decoded.flows)).all()
    whole = with_ports & (store.issues[:count] & DecodeIssue.REASSEMBLED == 0)
    assert (store.transport_offset[:count][whole] + 4 <= sizes[whole]).all()


@given(frames=st.lists(st.binary(max_size=120), min_size=1, max_size=8), link=st.sampled_from(sorted(LINK_LAYERS)))
def test_random_bytes_give_columns_and_nothing_else(frames: list[bytes], link: int) -> None:
    valid(decode(frames, link), frames)


@settings(max_examples=300)
@given(data=st.data())
def test_mutated_headers_give_columns_and_nothing_else(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    frames = []
    for frame in case.frames:
        changed = bytearray(frame[: data.draw(st.integers(0, len(frame)))])
        for place in data.draw(st.lists(st.integers(0, max(len(changed) - 1, 0)), max_size=4 if changed else 0)):
            changed[place] = data.draw(st.integers(0, 255))
        frames.append(bytes(changed))

    valid(decode(frames, case.link_type), frames)


def _fragments(packet: bytes, cut: int, label: int) -> list[bytes]:
    """The IPv4 datagram ``packet`` in two pieces."""
    pieces = []
    for begin, end in ((20, 20 + cut), (20 + cut, len(packet))):
        control = (end < len(packet)) << 13 | (begin - 20) // 8
        head = packet[:2] + struct.pack(">HHH", 20 + end - begin, label, control) + packet[8:20]
        pieces.append(head + packet[begin:end])
    return pieces


def test_fragments_on_two_vlans_stay_two_datagrams() -> None:
    pieces = _fragments(ipv4(6, tcp(bytes(40)), SOURCE, TARGET), 32, label=7)
    tags = (b"", b"\x81\0\0\x05", b"\x81\0\0\x06\x81\0\0\x05", b"\x88\xa8\0\x07\x81\0\0\x05")
    frames = [MAC + tag + b"\x08\0" + piece for piece in pieces for tag in tags]

    kinds = decode(frames).store.kind[: len(frames)].tolist()

    # The last two are of one VLAN (a service tag counts for nothing), so the first of them completes its datagram.
    assert kinds == [RowKind.OTHER] * 4 + [RowKind.TCP] * 3 + [RowKind.OTHER]


def test_fragment_within_fragments_is_put_together_too() -> None:
    inner = _fragments(ipv4(6, tcp(bytes(40)), SOURCE, TARGET), 32, label=7)
    outer = [_fragments(ipv4(4, piece, TARGET, SOURCE), 24, label) for label, piece in enumerate(inner, 1)]
    store = decode([ethernet(piece) for pieces in outer for piece in pieces]).store

    assert store.kind[:4].tolist() == [RowKind.OTHER] * 3 + [RowKind.TCP]
    assert store.length[3] == 40
    assert store.issues[3] & DecodeIssue.REASSEMBLED
