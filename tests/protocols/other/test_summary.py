"""One line about a packet that is no TCP segment, and that no bytes break it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from captures import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st
from other_frames import arp, dns_answer, dns_query, icmp, ip, over_ethernet, pcap, udp

from tcptui.model import other_protocol as protocols
from tcptui.model.safe_text import safe_text
from tcptui.protocols.other.summary import summarize
from tcptui.session.other_tables import other_lines, other_packets, other_pairs
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.other_text import counts_text, line_text, pair_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1", "10.0.0.53"
ASKED = udp(f"{CLIENT}:40000", f"{SERVER}:53", dns_query(7, "a.example"))
EN, ZH = Words(Language.EN), Words(Language.ZH)


def lines(path: Path, frames: Sequence[bytes], words: Words = EN) -> list[str]:
    path.write_bytes(pcap(frames, every_ms=5))
    session = open_file(path)
    other_packets(session).grow()
    other_pairs(session).grow()
    found = [(row, other_lines(session).of(row)) for row in range(session.store.count)]
    return [
        line_text(each.line, each.protocol, words) + pair_text(other_pairs(session).of(row), words)
        for row, each in found
    ]


def dhcp(kind: int, *, yours: bytes = bytes(4), options: bytes = b"") -> bytes:
    head = (
        struct.pack("!BBBBIHH", 1, 1, 6, 0, 5, 0, 0) + bytes(4) + yours + bytes(8) + b"\2\0\0\0\0\1" + bytes(10 + 192)
    )
    return head + b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + options + b"\xff"


LINES = [
    (ASKED, "DNS query A a.example, no reply seen"),
    (udp(f"{SERVER}:53", f"{CLIENT}:1", dns_answer(7, "a.example", [])), "DNS reply A a.example: no such record"),
    (udp(f"{SERVER}:53", f"{CLIENT}:1", dns_answer(7, "a.example", [], code=3)), "DNS reply A a.example: NXDOMAIN"),
    (udp(f"{SERVER}:53", f"{CLIENT}:1", dns_answer(7, "a.example", ["2001:db8::1"])),
     "DNS reply AAAA a.example → 2001:db8::1"),
    (udp(f"{SERVER}:53", f"{CLIENT}:1", dns_answer(7, "a.example", [f"192.0.2.{n}" for n in range(9)])),
     "DNS reply A a.example → 192.0.2.0, 192.0.2.1, 192.0.2.2 …"),
    (udp(f"{CLIENT}:5353", "224.0.0.251:5353", dns_query(0, "_ipp._tcp.local", 12)), "MDNS query PTR _ipp._tcp.local"),
    (udp(f"{CLIENT}:1", f"{SERVER}:53", b"\0\1"), "DNS, 2 bytes that cannot be read as DNS"),
    (udp(f"{CLIENT}:1", f"{SERVER}:53"), "DNS, 0 bytes"),
    (arp(1, CLIENT, "10.0.0.2"), "ARP who has 10.0.0.2? Tell 10.0.0.1"),
    (arp(2, CLIENT, "10.0.0.2"), "ARP 10.0.0.1 is at 02:00:00:00:00:01"),
    (arp(1, CLIENT, CLIENT), "ARP announcement: 10.0.0.1 is at 02:00:00:00:00:01"),
    (icmp(SERVER, CLIENT, 3, 3, bytes(4) + ASKED[14:]),
     "ICMP port unreachable for UDP 10.0.0.1:40000 → 10.0.0.53:53"),
    (icmp(SERVER, CLIENT, 3, 4, b"\0\0\x05\x78" + ip(CLIENT, SERVER, 6, struct.pack("!HHI", 1, 2, 3))),
     "ICMP packet too big, next MTU 1400 for TCP 10.0.0.1:1 → 10.0.0.53:2"),
    (icmp(SERVER, CLIENT, 11, 0, bytes(4)), "ICMP time to live exceeded"),
    (icmp(CLIENT, SERVER, 8, 0, struct.pack("!HH", 9, 3)), "ICMP echo request, sequence 3, no reply seen"),
    (icmp("fe80::1", "ff02::1", 135, 0, bytes(4) + bytes(15) + b"\1"), "ICMPv6 neighbor solicitation: who has ::1?"),
    (icmp("fe80::1", "fe80::2", 2, 0, struct.pack("!I", 1280) + ip("fe80::2", "fe80::9", 17, struct.pack("!HH", 5, 6))),
     "ICMPv6 packet too big, next MTU 1280 for UDP [fe80::2]:5 → [fe80::9]:6"),
    (icmp(CLIENT, SERVER, 40, 2, bytes(4)), "ICMP type 40, code 2"),
    (udp("0.0.0.0:68", "255.255.255.255:67", dhcp(1)), "DHCP Discover from 02:00:00:00:00:01"),
    (udp(f"{SERVER}:67", f"{CLIENT}:68", dhcp(5, yours=b"\n\0\0\7")), "DHCP ACK 10.0.0.7 for 02:00:00:00:00:01"),
    (udp(f"{CLIENT}:1", f"{SERVER}:123", b"\x23" + bytes(47)), "NTP client, version 4"),
    (udp(f"{SERVER}:123", f"{CLIENT}:1", b"\x24\x02" + bytes(46)), "NTP server, version 4, stratum 2"),
    (over_ethernet(ip(CLIENT, "224.0.0.22", 2, b"\x16\0\0\0\xe0\0\0\5")), "IGMP report: listens to 224.0.0.5"),
    (udp(f"{CLIENT}:1", f"{SERVER}:69", b"\0\1boot.img\0octet\0"), "TFTP read boot.img"),
    (udp(f"{CLIENT}:1", f"{SERVER}:443", b"\xc3\0\0\0\1" + bytes(20)), "QUIC Initial, SNI not read"),
    (udp(f"{CLIENT}:1", f"{SERVER}:443", b"\xd3\x6b\x33\x43\xcf" + bytes(20)), "QUIC Initial, SNI not read"),
    (udp(f"{CLIENT}:1", f"{SERVER}:443", b"\x43" + bytes(20)), "QUIC protected packet"),
    (udp(f"{CLIENT}:9", f"{SERVER}:3478", bytes.fromhex("000100002112a442") + bytes(12)), "STUN Binding request"),
    (udp(f"{CLIENT}:9", f"{SERVER}:3478", bytes.fromhex("0101000401020304") + bytes(16)), "STUN Binding success"),
    # Another program on the port, as in a capture of Teams: tshark calls it UDP.
    (udp(f"{CLIENT}:9", f"{SERVER}:3478", bytes.fromhex("065dfeb7aa365935") + bytes(29)), "STUN, 37 bytes"),
    (udp(f"{CLIENT}:9", f"{SERVER}:3478", bytes.fromhex("0101000901020304") + bytes(16)), "STUN, 24 bytes"),
    (udp(f"{CLIENT}:9", "239.255.255.250:1900", b"M-SEARCH * HTTP/1.1\r\nHOST: x\r\n"), "SSDP M-SEARCH * HTTP/1.1"),
    (udp(f"{CLIENT}:9", f"{SERVER}:514", b"<13>su: failed"), "Syslog <13>su: failed"),
    (udp(f"{CLIENT}:40000", f"{SERVER}:9999", bytes(1200)), "UDP 9999, 1,200 bytes"),
    (over_ethernet(ip(CLIENT, SERVER, 17, bytes(16), fragment=0x2000)), "Fragment of an IP datagram"),
    (over_ethernet(ip(CLIENT, SERVER, 6, bytes(8))), "TCP, header cut by the capture"),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "expected"), LINES, ids=[text for _, text in LINES])
def test_a_packet_is_one_line(frame: bytes, expected: str, tmp_path: Path) -> None:
    assert lines(tmp_path / "one.pcap", [frame]) == [expected]


def test_a_query_and_its_answer_say_which_packet_the_other_is_and_how_long_it_took(tmp_path: Path) -> None:
    answer = udp(f"{SERVER}:53", f"{CLIENT}:40000", dns_answer(7, "a.example", ["192.0.2.1"]))
    other = udp(f"{SERVER}:53", f"{CLIENT}:40000", dns_answer(8, "a.example", ["192.0.2.1"]))

    assert lines(tmp_path / "x.pcap", [ASKED, ASKED, answer, other]) == [
        "DNS query A a.example, reply #3 after 10 ms",
        "DNS query A a.example, asked again",
        "DNS reply A a.example → 192.0.2.1, to #1 after 10 ms",
        "DNS reply A a.example → 192.0.2.1",
    ]
    assert lines(tmp_path / "x.pcap", [ASKED, answer], ZH) == [
        "DNS 查询 A a.example，由 #2 响应，用时 5 毫秒",
        "DNS 响应 A a.example → 192.0.2.1，响应 #1，用时 5 毫秒",
    ]


def test_texts_of_packets_are_safe(tmp_path: Path) -> None:
    label = HOSTILE[:60]
    name = bytes([len(label)]) + label + b"\0"
    question = struct.pack("!HHHHHH", 1, 0x0100, 1, 0, 0, 0) + name + b"\0\1\0\1"
    frames = [
        udp(f"{CLIENT}:1", f"{SERVER}:53", question),
        udp(f"{CLIENT}:1", f"{SERVER}:514", HOSTILE),
        udp(f"{CLIENT}:1", f"{SERVER}:69", b"\0\1" + HOSTILE + b"\0octet\0"),
    ]
    for text in lines(tmp_path / "hostile.pcap", frames):
        assert text == safe_text(text)


def test_a_name_that_points_at_itself_ends(tmp_path: Path) -> None:
    looping = struct.pack("!HHHHHH", 1, 0x8180, 65535, 65535, 65535, 65535) + b"\xc0\x0c\0\1\0\1"

    assert lines(tmp_path / "loop.pcap", [udp(f"{SERVER}:53", f"{CLIENT}:1", looping)]) == [
        f"DNS, {len(looping)} bytes that cannot be read as DNS"
    ]


def test_counts_name_the_protocols_and_those_within_udp(tmp_path: Path) -> None:
    path = tmp_path / "counts.pcap"
    plain = udp(f"{CLIENT}:50000", f"{SERVER}:50001")
    path.write_bytes(pcap([ASKED] * 3 + [plain] * 2 + [arp(1, CLIENT, SERVER)] * 2))
    session = open_file(path)
    other_packets(session).grow()

    assert counts_text(other_packets(session).protocols(), EN) == "UDP 5 (DNS 3, …), ARP 2"
    assert counts_text(other_packets(session).protocols(), ZH) == "UDP 5（DNS 3……）、ARP 2"


CODES = st.sampled_from([
    protocols.ARP, protocols.ICMP, protocols.ICMPV6, protocols.IGMP, protocols.DNS, protocols.MDNS, protocols.DHCP,
    protocols.NTP, protocols.TFTP, protocols.STUN, protocols.QUIC, protocols.SSDP, protocols.UDP, protocols.FRAGMENT,
])  # fmt: skip


@settings(max_examples=400)
@given(CODES, st.binary(max_size=300), st.integers(-1, 310))
def test_no_bytes_make_it_raise(protocol: int, frame: bytes, at_header: int) -> None:
    line = summarize(protocol, frame, at_header)

    for words in (EN, ZH):
        assert line_text(line, protocol, words)


@settings(max_examples=300)
@given(st.sampled_from([frame for frame, _ in LINES]), st.data())
def test_nor_do_messages_with_some_bytes_changed(frame: bytes, data: st.DataObject) -> None:
    changed = bytearray(frame)
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(14, len(frame) - 1), st.integers(0, 255)), max_size=6)
    ):
        changed[place] = value
    protocol = data.draw(CODES)
    text = line_text(summarize(protocol, bytes(changed), data.draw(st.sampled_from((14, 34, 54)))), protocol, EN)

    assert text == safe_text(text)
