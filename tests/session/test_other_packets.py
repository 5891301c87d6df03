"""Packets that are no TCP segments: which protocol, which conversation, also while a capture grows and evicts."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest
from captures import START_NS, mixed
from growing_source import GrowingSource
from hypothesis import given, settings
from hypothesis import strategies as st
from other_frames import arp, dns_answer, dns_query, ethernet, icmp, ip, over_ethernet, pcap, udp

from tcptui.capture.file_source import open_file as open_source
from tcptui.model.other_protocol import protocol_name
from tcptui.session.other_packets import OtherPackets, Party
from tcptui.session.other_tables import other_packets, other_pairs
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, RESOLVER, SERVER = "10.0.0.1", "10.0.0.53", "192.0.2.10"
ASKED = udp(f"{CLIENT}:40000", f"{RESOLVER}:53", dns_query(1, "a.example"))
ANSWERED = udp(f"{RESOLVER}:53", f"{CLIENT}:40000", dns_answer(1, "a.example", [SERVER]))


def opened(path: Path, data: bytes) -> Session:
    path.write_bytes(data)
    session = open_file(path)
    other_packets(session).grow()
    return session


def counts(session: Session) -> dict[str, int]:
    return {protocol_name(each.protocol): each.packets for each in other_packets(session).protocols()}


def only(session: Session) -> tuple[str, tuple[str, str]]:
    """Protocol and ends of the only conversation."""
    (protocol,) = other_packets(session).protocols()
    (number,) = other_packets(session).conversations(protocol.protocol).tolist()
    talk = other_packets(session).conversation(number)
    return protocol_name(protocol.protocol), (str(talk.ends[0]), str(talk.ends[1]))


@pytest.mark.parametrize(
    ("frame", "protocol", "ends"),
    [
        (ASKED, "DNS", (f"{CLIENT}:40000", f"{RESOLVER}:53")),
        (udp("[fe80::1]:5353".replace("[", "").replace("]", ""), "ff02::fb:5353"), "MDNS",
         ("[fe80::1]:5353", "[ff02::fb]:5353")),
        (udp("10.0.0.1:50000", "10.0.0.2:9999"), "UDP 9999", ("10.0.0.1:50000", "10.0.0.2:9999")),
        (udp("10.0.0.1:50000", "10.0.0.2:50001"), "UDP", ("10.0.0.1:50000", "10.0.0.2:50001")),
        (udp("10.0.0.1:50000", "10.0.0.2:9999", b"\xc3\0\0\0\1" + bytes(20)), "QUIC",
         ("10.0.0.1:50000", "10.0.0.2:9999")),
        (udp("10.0.0.1:50000", "10.0.0.2:443", b"\x40" + bytes(20)), "QUIC", ("10.0.0.1:50000", "10.0.0.2:443")),
        (udp("10.0.0.1:50000", "10.0.0.2:443", b"\x01" + bytes(20)), "UDP", ("10.0.0.1:50000", "10.0.0.2:443")),
        (udp("10.0.0.1:50000", "10.0.0.2:50001", bytes.fromhex("000100002112a442") + bytes(12)), "STUN",
         ("10.0.0.1:50000", "10.0.0.2:50001")),
        (arp(1, CLIENT, "10.0.0.2"), "ARP", (CLIENT, "10.0.0.2")),
        (icmp(CLIENT, SERVER, 8, 0, struct.pack("!HH", 77, 1)), "ICMP", (f"{CLIENT}:77", f"{SERVER}:77")),
        (icmp("fe80::1", "fe80::2", 135, 0, bytes(20)), "ICMPv6", ("fe80::1", "fe80::2")),
        (over_ethernet(ip(CLIENT, SERVER, 132, struct.pack("!HH", 1, 2) + bytes(8))), "SCTP",
         (f"{CLIENT}:1", f"{SERVER}:2")),
        (over_ethernet(ip(CLIENT, SERVER, 50, bytes(12))), "ESP", (CLIENT, SERVER)),
        (over_ethernet(ip(CLIENT, SERVER, 200, bytes(12))), "IP 200", (CLIENT, SERVER)),
        (over_ethernet(ip(CLIENT, SERVER, 6, b"\0\1\0\2")), "TCP (cut)", (f"{CLIENT}:1", f"{SERVER}:2")),
        (over_ethernet(ip(CLIENT, SERVER, 17, bytes(16), fragment=0x2000)), "IP fragment", (CLIENT, SERVER)),
        (ethernet(0x88CC, bytes(20)), "LLDP", ("02:00:00:00:00:01", "02:00:00:00:00:02")),
        (ethernet(0x1234, bytes(20)), "0x1234", ("02:00:00:00:00:01", "02:00:00:00:00:02")),
        (ethernet(38, b"\x42\x42\x03" + bytes(35)), "STP", ("02:00:00:00:00:01", "02:00:00:00:00:02")),
        (ethernet(30, bytes.fromhex("aaaa0300000c2000") + bytes(22)), "CDP",
         ("02:00:00:00:00:01", "02:00:00:00:00:02")),
        (ethernet(0x8100, b"\0\5" + ASKED[12:]), "DNS", (f"{CLIENT}:40000", f"{RESOLVER}:53")),
        (over_ethernet(ip("10.9.0.1", "10.9.0.2", 47, b"\0\0\x08\0" + ASKED[14:])), "DNS",
         (f"{CLIENT}:40000", f"{RESOLVER}:53")),
        (udp("10.9.0.1:40000", "10.9.0.2:4789", b"\x08" + bytes(7) + arp(1, CLIENT, "10.0.0.2")), "ARP",
         (CLIENT, "10.0.0.2")),
        (bytes(9), "Ethernet", ("", "")),
    ],
)  # fmt: skip
def test_a_packet_is_listed_by_protocol_and_ends(
    frame: bytes, protocol: str, ends: tuple[str, str], tmp_path: Path
) -> None:
    assert only(opened(tmp_path / "one.pcap", pcap([frame]))) == (protocol, ends)


def test_both_directions_are_one_conversation_that_its_first_sender_opens(tmp_path: Path) -> None:
    session = opened(tmp_path / "dns.pcap", pcap([ASKED, ANSWERED, ASKED]))
    (protocol,) = other_packets(session).protocols()
    talk = other_packets(session).conversation(int(other_packets(session).conversations(protocol.protocol)[0]))

    assert (talk.packets, talk.wire_bytes) == (3, 2 * len(ASKED) + len(ANSWERED))
    assert [str(end) for end in talk.ends] == [f"{CLIENT}:40000", f"{RESOLVER}:53"]
    assert (talk.first_row, talk.last_row) == (0, 2)
    assert [str(end) for end in other_packets(session).ends_of(1)] == [f"{RESOLVER}:53", f"{CLIENT}:40000"]


def test_an_icmp_error_belongs_to_the_conversation_that_it_quotes(tmp_path: Path) -> None:
    error = icmp(RESOLVER, CLIENT, 3, 3, bytes(4) + ASKED[14:])
    session = opened(tmp_path / "refused.pcap", pcap([ASKED, error]))
    asked = other_packets(session).conversation_of(0)

    assert counts(session) == {"DNS": 1, "ICMP": 1}
    assert other_packets(session).quoted_conversation(1) == asked
    assert other_packets(session).rows_of_conversation(asked).tolist() == [0, 1]
    assert [str(end) for end in other_packets(session).ends_of(1)] == [RESOLVER, CLIENT]
    ends = other_packets(session).quoted_ends(1)
    assert ends is not None
    assert {str(end) for end in ends} == {f"{CLIENT}:40000", f"{RESOLVER}:53"}


def test_what_an_error_quotes_counts_as_no_packet_of_that_protocol(tmp_path: Path) -> None:
    session = opened(tmp_path / "alone.pcap", pcap([icmp(RESOLVER, CLIENT, 3, 3, bytes(4) + ASKED[14:])]))

    assert counts(session) == {"ICMP": 1}
    assert other_packets(session).quoted_conversation(0) == -1


def test_tcp_is_passed_by(tmp_path: Path) -> None:
    assert counts(opened(tmp_path / "tcp.pcap", mixed().pcap())) == {}


def test_numbers_are_those_of_the_rows_among_tcp(tmp_path: Path) -> None:
    tape = mixed()
    tape.records[5:5] = [(START_NS + 45_000_000, ASKED[14:])]
    session = opened(tmp_path / "among.pcap", tape.pcap())
    (protocol,) = other_packets(session).protocols()

    assert other_packets(session).rows_of_protocol(protocol.protocol).tolist() == [5]
    assert other_packets(session).conversation_of(5) >= 0
    assert other_packets(session).conversation_of(4) == -1


def test_files_of_different_link_types_are_read_each_in_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "a.pcap", tmp_path / "b.pcap"
    first.write_bytes(pcap([ASKED] * 3, every_ms=2))
    second.write_bytes(pcap([ANSWERED[14:]] * 3, link_type=101, every_ms=2))
    session = Session([open_source(path) for path in (first, second)])
    asyncio.run(session.run())
    other_packets(session).grow()

    assert only(session) == ("DNS", (f"{CLIENT}:40000", f"{RESOLVER}:53"))
    assert other_packets(session).packets == 6


def test_a_capture_that_grows_is_listed_as_it_grows() -> None:
    data = pcap([ASKED, ANSWERED] * 50)
    seen: list[int] = []
    sessions: list[Session] = []

    def look(_end: int) -> None:
        if sessions:
            (session,) = sessions
            other_packets(session).grow()
            assert other_packets(session).packets == session.store.count
            seen.append(other_packets(session).packets)

    sessions.append(Session([GrowingSource(data, range(200, len(data), 777), seen=look)]))
    asyncio.run(sessions[0].run())
    other_packets(sessions[0]).grow()

    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert counts(sessions[0]) == {"DNS": 100}


def test_evicted_packets_are_counted_no_more(tmp_path: Path) -> None:
    frames = [arp(1, CLIENT, "10.0.0.2")] * 10 + [ASKED] * 5
    session = opened(tmp_path / "evicted.pcap", pcap(frames))
    before = other_packets(session).revision
    session.store.evict(12)
    other_packets(session).grow()

    assert counts(session) == {"DNS": 3}
    assert other_packets(session).revision > before
    (protocol,) = other_packets(session).protocols()
    talk = other_packets(session).conversation(int(other_packets(session).conversations(protocol.protocol)[0]))
    assert (talk.packets, talk.wire_bytes, talk.first_row, talk.last_row) == (3, 3 * len(ASKED), 12, 14)


def test_conversations_that_are_evicted_give_their_memory_back(tmp_path: Path) -> None:
    frames = [udp(f"10.1.{n >> 8}.{n & 255}:40000", "10.0.0.2:9999") for n in range(6000)]
    error = icmp("10.0.0.2", "10.1.23.111", 3, 3, bytes(4) + frames[-1][14:])
    session = opened(tmp_path / "many.pcap", pcap([*frames, error]))
    session.store.evict(5990)
    other_packets(session).grow()

    assert other_packets(session).renewals == 1
    assert counts(session) == {"UDP 9999": 10, "ICMP": 1}
    assert [str(end) for end in other_packets(session).ends_of(5999)] == ["10.1.23.111:40000", "10.0.0.2:9999"]
    assert other_packets(session).quoted_conversation(6000) == other_packets(session).conversation_of(5999)


def test_a_flood_of_conversations_is_listed_by_protocol_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.session.other_packets.MOST_CONVERSATIONS", 1000)
    frames = [udp(f"10.1.{n >> 8}.{n & 255}:40000", "10.0.0.2:9999") for n in range(12_000)]
    error = icmp("10.0.0.2", "10.1.46.223", 3, 3, bytes(4) + frames[-1][14:])
    session = opened(tmp_path / "flood.pcap", pcap([*frames, ASKED, ANSWERED, error]))
    flood = other_packets(session).protocols()[0]

    assert counts(session) == {"UDP 9999": 12_000, "DNS": 2, "ICMP": 1}
    assert other_pairs(session).grow()
    assert other_pairs(session).of(12_001) is None
    assert other_packets(session).quoted_conversation(12_002) == -1
    assert flood.conversations < 6000
    rest = other_packets(session).conversation(int(other_packets(session).conversations(flood.protocol)[0]))
    assert rest.packets > 6000
    assert rest.ends == (Party("", 0), Party("", 0))


def test_little_by_little_is_the_same_as_at_once(tmp_path: Path) -> None:
    frames = [udp(f"10.1.0.{n % 250}:40000", f"10.0.0.2:{5000 + n % 7}") for n in range(20_000)]
    session = opened(tmp_path / "steps.pcap", pcap(frames))
    slow = OtherPackets(session.store, session.reader.sources, [source.descriptor for source in session._sources])
    steps = 1
    while not slow.grow(1e-9):
        steps += 1

    assert steps > 3
    assert slow.protocols() == other_packets(session).protocols()


@settings(max_examples=60)
@given(data=st.data())
def test_no_bytes_stop_it(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    frames = []
    for frame in (ASKED, ANSWERED, arp(1, CLIENT, "10.0.0.2"), icmp(RESOLVER, CLIENT, 3, 3, bytes(4) + ASKED[14:])):
        mutated = bytearray(frame)
        for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(frame) - 1), st.integers(0, 255)))):
            mutated[place] = value
        frames.append(bytes(mutated[: data.draw(st.integers(0, len(frame)))]))
    link_type = data.draw(st.sampled_from((0, 1, 9, 101, 105, 113, 127, 228, 276, 189)))
    session = opened(tmp_path_factory.mktemp("bytes") / "x.pcap", pcap(frames, link_type))

    listed = other_packets(session).packets
    assert listed == sum(int(kind) != 1 for kind in session.store.kind[: session.store.count])
    assert sum(counts(session).values()) == listed
