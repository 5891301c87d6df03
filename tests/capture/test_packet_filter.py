"""Filters on files choose what libpcap itself would choose."""

from __future__ import annotations

import random
import struct

import cypcap
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.capture.bpf.packet_filter import PacketFilter
from tcptui.model.errors import UsageError

ETHERNET, RAW, COOKED, COOKED_2 = 1, 101, 113, 276
EXPRESSIONS = (
    "tcp",
    "tcp port 80",
    "ip and tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
    "ip6 and tcp and port 443",
    "src net 10.1.0.0/16 and not dst port 22",
    "greater 100",
    "less 64 or len == 1400",
    "vlan 5 and host 10.1.2.3",
    "ip[8] / 3 * 7 % 5 == 1 or ip[9] ^ 0x11 == 0",
    "ip proto 6 and ip[6:2] & 0x1fff == 0",
    "ip[ip[9]] > 4 and (ip[4:4] << 3) >> 2 != 1",
)


def random_packets(link_type: int, count: int, seed: int) -> list[bytes]:
    """Packets that filters partly like: plausible headers with random fields, sometimes cut short."""
    chance = random.Random(seed)
    packets = []
    for _ in range(count):
        tcp = struct.pack(">HHIIBBHHH", chance.choice([80, 443, 22, 9]), chance.choice([80, 22, 5000]), 1, 2,
                          chance.choice([0x50, 0x80]), chance.randrange(64), 500, 0, 0)  # fmt: skip
        body = tcp + chance.randbytes(chance.randrange(60))
        if chance.random() < 0.7:
            words = chance.choice([5, 5, 6])
            address = bytes([10, chance.choice([1, 2]), 2, 3])
            kind, network = 0x0800, struct.pack(
                ">BBHHHBBH4s4s", 0x40 | words, 0, words * 4 + len(body), 7, chance.choice([0, 0x2000, 3]), 64,
                chance.choice([6, 6, 17]), 0, address, bytes([10, 1, 2, 3])) + bytes(4 * (words - 5))  # fmt: skip
        else:
            kind, network = 0x86DD, struct.pack(">IHBB16s16s", 6 << 28, len(body), 6, 64, bytes(16), bytes(16))
        tag = struct.pack(">HH", 0x8100, 5) if chance.random() < 0.2 else b""
        ethertype = struct.pack(">H", kind)
        link = {
            ETHERNET: bytes(12) + tag + ethertype,
            RAW: b"",
            COOKED: bytes(14) + ethertype,
            COOKED_2: ethertype + bytes(18),
        }[link_type]
        packet = link + network + body
        packets.append(packet[: chance.randrange(len(packet) + 1)] if chance.random() < 0.3 else packet)
    return packets


def kept(expression: str, packets: list[bytes], wire: list[int], link_type: int) -> list[bool]:
    captured = np.array([len(packet) for packet in packets], np.int64)
    starts = np.cumsum(captured) - captured + 3
    data = b"xxx" + b"".join(packets)
    mask = PacketFilter(expression).keep(memoryview(data), starts, captured, np.array(wire, np.int64), link_type)
    return [bool(value) for value in mask]


def kept_by_libpcap(expression: str, packets: list[bytes], wire: list[int], link_type: int) -> list[bool]:
    compiled = cypcap.compile(12 if link_type == RAW else link_type, 262_144, expression, True, 0xFFFF_FFFF)
    return [
        bool(compiled.offline_filter(cypcap.Pkthdr(0.0, len(packet), length), packet))
        for packet, length in zip(packets, wire, strict=True)
    ]


@pytest.mark.parametrize(
    ("expression", "link_type"),
    [
        (expression, link_type)
        for expression in EXPRESSIONS
        for link_type in (ETHERNET, RAW, COOKED, COOKED_2)
        if link_type == ETHERNET or "vlan" not in expression
    ],
)
def test_filter_keeps_what_libpcap_keeps(expression: str, link_type: int) -> None:
    packets = random_packets(link_type, 400, seed=link_type)
    wire = [len(packet) + 40 * (index % 2) for index, packet in enumerate(packets)]
    expected = kept_by_libpcap(expression, packets, wire, link_type)

    assert kept(expression, packets, wire, link_type) == expected
    # "%" and "/" chains may choose nothing of one link type, but every expression chooses something of Ethernet.
    assert link_type != ETHERNET or 0 < sum(expected) < len(packets)


@settings(max_examples=60)
@given(packets=st.lists(st.binary(max_size=90), min_size=1, max_size=30), expression=st.sampled_from(EXPRESSIONS))
def test_random_bytes_are_judged_as_by_libpcap(packets: list[bytes], expression: str) -> None:
    wire = [len(packet) for packet in packets]

    assert kept(expression, packets, wire, ETHERNET) == kept_by_libpcap(expression, packets, wire, ETHERNET)


def test_empty_filter_keeps_everything() -> None:
    assert kept(" ", [b"", b"x"], [0, 1], ETHERNET) == [True, True]


def test_bad_filter_is_refused_with_libpcaps_own_words() -> None:
    with pytest.raises(UsageError) as caught:
        PacketFilter("tcp port port")

    assert caught.value.key == "messages.bad_filter"
    assert "syntax error" in str(caught.value.facts["reason"])


def test_host_name_is_not_looked_up_over_the_network() -> None:
    assert PacketFilter("host localhost").refused == {}
    with pytest.raises(UsageError) as caught:
        PacketFilter("host host-that-only-dns-could-know.example")
    assert "unknown host" in str(caught.value.facts["reason"])


def test_filter_that_does_not_fit_a_link_type_keeps_none_of_it_and_says_why() -> None:
    chosen = PacketFilter("ether host 00:00:00:00:00:01")
    one = np.array([0], np.int64)

    assert not chosen.keep(bytes(40), one, one + 40, one + 40, RAW).any()
    assert "ethernet addresses" in chosen.refused[RAW]
    assert not chosen.keep(bytes(40), one, one + 40, one + 40, ETHERNET).any()
    assert list(chosen.refused) == [RAW]
