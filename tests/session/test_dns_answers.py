"""What DNS answered: which frames are read, once each, and what is left when they are evicted."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import numpy as np

from tcptui.protocols.dns.answer_rows import DnsRows
from tcptui.protocols.payload_places import Payloads
from tcptui.session.dns_answers import DnsAnswers
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.packet_view import PacketView


def answer(name: bytes, address: IPv4Address | IPv6Address) -> bytes:
    """A DNS message that gives one address."""
    kind = 1 if address.version == 4 else 28
    asked = bytes((len(name),)) + name + b"\0" + struct.pack(">HH", kind, 1)
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(address.packed)) + address.packed
    return struct.pack(">6H", 7, 0x8180, 1, 1, 0, 0) + asked + record


def datagram(payload: bytes, *, version: int = 4, port: int = 53, protocol: int = 17) -> bytes:
    """A raw IP packet from a UDP port."""
    udp = struct.pack(">HHHH", port, 5353, 8 + len(payload), 0) + payload
    if version == 6:
        ends = IPv6Address("fd00::8").packed + IPv6Address("fd00::1").packed
        return struct.pack(">IHBB", 6 << 28, len(udp), protocol, 64) + ends + udp
    ends = IPv4Address("10.0.0.8").packed + IPv4Address("10.0.0.1").packed
    options = b"\x01\x01\x01\x00"  # an IP header of 24 bytes
    return struct.pack(">BBHHHBBH", 0x46, 0, 24 + len(udp), 0, 0, 64, protocol, 0) + ends + options + udp


def opened(folder: Path, *packets: bytes) -> Session:
    """A session over ``packets``, a second apart."""
    capture = folder / "dns.pcap"
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
        for second, packet in enumerate(packets):
            out.write(struct.pack("<IIII", 1_000 + second, 0, len(packet), len(packet)) + packet)
    return open_file(capture)


def noted(session: Session) -> DnsRows:
    rows = DnsRows()
    packets = [session.reader.packet(row).data for row in range(session.store.count)]
    starts = [sum(map(len, packets[:number])) for number in range(len(packets))]
    rows.add(Payloads.of(np.frombuffer(b"".join(packets), np.uint8), np.array(starts, np.int64), session.store, 0))
    return rows


SHOP, OTHER = IPv4Address("192.0.2.7"), IPv6Address("2001:db8::7")


def test_answers_over_both_versions_of_ip_are_read(tmp_path: Path) -> None:
    session = opened(tmp_path, datagram(answer(b"shop", SHOP)), datagram(answer(b"shop", OTHER), version=6))
    found = DnsAnswers(noted(session), session.reader.packet).newest()

    assert [(one.client, one.name, one.addresses) for one in found] == [
        ("10.0.0.1", "shop", {"192.0.2.7"}),
        ("fd00::1", "shop", {"2001:db8::7"}),
    ]
    assert found[1].time_ns - found[0].time_ns == 1_000_000_000


def test_frames_from_elsewhere_and_stumps_are_not_noted(tmp_path: Path) -> None:
    whole = answer(b"shop", SHOP)
    others = (datagram(whole, port=5300), datagram(whole, protocol=132), datagram(whole)[:22], datagram(whole)[:10])

    assert noted(opened(tmp_path, *others)).rows.tolist() == []


def test_each_frame_is_read_once_and_its_answer_outlives_it(tmp_path: Path) -> None:
    session = opened(tmp_path, *(datagram(answer(b"shop%d" % number, SHOP)) for number in range(3)))
    rows, asked = noted(session), []

    def read(row: int) -> PacketView:
        asked.append(row)
        return session.reader.packet(row)

    answers = DnsAnswers(rows, read)
    answers.newest()
    rows.evict(2)

    assert [one.name for one in answers.newest()] == ["shop0", "shop1", "shop2"]
    assert asked == [0, 1, 2]
    assert rows.rows.tolist() == [2]


def test_frame_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    session = opened(tmp_path, *(datagram(answer(b"shop%d" % number, SHOP)) for number in range(2)))

    def read(row: int) -> PacketView:
        if row == 0:
            raise OSError("gone")
        return session.reader.packet(row)

    assert [one.name for one in DnsAnswers(noted(session), read).newest()] == ["shop1"]
