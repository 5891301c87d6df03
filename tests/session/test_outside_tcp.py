"""What is read of packets outside TCP: by any link and version of IP, of damaged ones nothing, each packet once."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tcptui.access.outside_tcp import OutsideTcp
from tcptui.protocols.outside.messages import DnsMessage, IcmpError, NeighbourMessage
from tcptui.session.session import open_file
from tests.support.other_frames import ethernet, icmp, ip, over_ethernet, pcap
from tests.support.outside_tcp import CLIENT, RESOLVER, SERVER, asked, question, reply, tcp, told

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.protocols.outside.messages import OutsideMessage

HEADER = struct.pack("!HHI", 40_001, 53, 0)
QUOTE = icmp(RESOLVER, CLIENT, 3, 3, bytes(4) + ip(CLIENT, RESOLVER, 17, HEADER))


def read(folder: Path, *frames: bytes, link: int = 1) -> tuple[OutsideMessage, ...]:
    path = folder / "outside.pcap"
    path.write_bytes(pcap(frames, link))
    session = open_file(path)
    return OutsideTcp(session, session.noted.outside).newest()


def test_each_kind_of_message_is_read(tmp_path: Path) -> None:
    query, answer, arp, is_at, error = read(
        tmp_path, asked(0)[1], tcp(0, "0 C S 0 0")[1], told(0)[1], question(0)[1], reply(0)[1], QUOTE
    )

    assert isinstance(query, DnsMessage)
    assert (query.frame, query.client, query.server, query.is_response, query.kind) == (1, CLIENT, RESOLVER, False, 1)
    assert isinstance(answer, DnsMessage)
    assert (answer.frame, answer.client, answer.is_response, answer.addresses) == (3, CLIENT, True, {SERVER})
    assert isinstance(arp, NeighbourMessage)
    assert (arp.asker, arp.target, arp.is_response) == (CLIENT, SERVER, False)
    assert isinstance(is_at, NeighbourMessage)
    assert (is_at.asker, is_at.target, is_at.is_response) == (CLIENT, SERVER, True)
    assert isinstance(error, IcmpError)
    assert (error.sender, error.receiver, error.reason, error.target, error.target_port) == (
        RESOLVER, CLIENT, "port", RESOLVER, 53,
    )  # fmt: skip


def test_messages_below_a_vlan_tag_and_without_a_link_are_read(tmp_path: Path) -> None:
    tagged = [ethernet(0x8100, struct.pack("!HH", 7, int.from_bytes(one[12:14])) + one[14:])
              for one in (asked(0)[1], question(0)[1], QUOTE)]  # fmt: skip

    assert [type(one) for one in read(tmp_path, *tagged)] == [DnsMessage, NeighbourMessage, IcmpError]
    assert [type(one) for one in read(tmp_path, asked(0)[1][14:], QUOTE[14:], link=101)] == [DnsMessage, IcmpError]


def test_messages_over_ipv6_are_read(tmp_path: Path) -> None:
    payload = asked(0)[1][14 + 28 :]
    datagram = ip("fd00::1", "fd00::53", 17, struct.pack("!HHHH", 40_001, 53, 8 + len(payload), 0) + payload)
    quote = icmp("fd00::53", "fd00::1", 1, 4, bytes(4) + datagram)
    query, error = read(tmp_path, over_ethernet(datagram), quote)

    assert isinstance(query, DnsMessage)
    assert (query.client, query.name) == ("fd00::1", "shop.example")
    assert isinstance(error, IcmpError)
    assert (error.reason, error.source, error.source_port) == ("port", "fd00::1", 40_001)


@pytest.mark.parametrize("frame", [asked(0)[1], told(0)[1], question(0)[1], QUOTE])
def test_stumps_are_passed_over(tmp_path: Path, frame: bytes) -> None:
    whole = read(tmp_path, frame)
    for size in range(len(frame)):
        found = read(tmp_path, frame[:size])
        assert len(found) <= len(whole)
        assert all(type(one) is type(whole[0]) for one in found)


def test_what_only_looks_like_it_is_passed_over(tmp_path: Path) -> None:
    echo = icmp(CLIENT, SERVER, 8, 0, struct.pack("!HH", 1, 1) + bytes(28))
    other = over_ethernet(ip(CLIENT, RESOLVER, 17, struct.pack("!HHHH", 40_001, 123, 8, 0)))

    assert read(tmp_path, echo, other, tcp(0, "0 C S 0 0")[1]) == ()


def test_what_was_evicted_is_forgotten_and_nothing_is_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "outside.pcap"
    path.write_bytes(pcap([asked(0, number)[1] for number in range(5)]))
    session = open_file(path)
    outside = OutsideTcp(session, session.noted.outside)

    first = outside.newest()
    assert outside.newest()[0] is first[0]
    session.store.evict(3)
    session.noted.evict(3)
    assert [one.frame for one in outside.newest()] == [4, 5]
