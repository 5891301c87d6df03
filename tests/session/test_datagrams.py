"""Datagrams behind tags, in tunnels and pieces, quoted by errors: numbered and paired as any others."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from other_frames import dns_answer, dns_query, ethernet, icmp, ip, over_ethernet, pcap, udp

from tcptui.model.datagram_pair import Pair, Role
from tcptui.session.datagrams import DatagramIndex, datagram_index
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLIENT, SERVER, ROUTER = "10.0.0.1", "10.0.0.53", "10.0.0.9"
ETHERNET_HEADER = 14


def asked(number: int) -> bytes:
    return udp(f"{CLIENT}:40000", f"{SERVER}:53", dns_query(number, "a.example"))


def answered(number: int) -> bytes:
    return udp(f"{SERVER}:53", f"{CLIENT}:40000", dns_answer(number, "a.example", ["192.0.2.1"]))


def tagged(frame: bytes) -> bytes:
    return ethernet(0x8100, struct.pack("!HH", 7, 0x0800) + frame[ETHERNET_HEADER:])


def in_gre(frame: bytes) -> bytes:
    return over_ethernet(ip(ROUTER, SERVER, 47, struct.pack("!HH", 0, 0x0800) + frame[ETHERNET_HEADER:]))


def in_vxlan(frame: bytes) -> bytes:
    return udp(f"{ROUTER}:50000", f"{SERVER}:4789", struct.pack("!II", 1 << 27, 5 << 8) + frame)


def in_pieces(frame: bytes) -> tuple[bytes, bytes]:
    body = frame[ETHERNET_HEADER + 20 :]
    first, last = ip(CLIENT, SERVER, 17, body[:24], fragment=0x2000), ip(CLIENT, SERVER, 17, body[24:], fragment=3)
    return over_ethernet(first), over_ethernet(last)


def index_of(path: Path, frames: Sequence[bytes]) -> DatagramIndex:
    path.write_bytes(pcap(frames))
    session = open_file(path)
    index = datagram_index(session)
    index.grow(session.store.count)
    return index


def test_datagrams_are_found_behind_tags_in_tunnels_and_in_pieces(tmp_path: Path) -> None:
    frames = [tagged(asked(1)), in_gre(answered(1)), in_vxlan(asked(2)), answered(2), *in_pieces(asked(3)), answered(3)]
    index = index_of(tmp_path / "x.pcap", frames)

    streams = [[place.stream for place in index.places_of(row)] for row in range(len(frames))]
    assert streams == [[0], [0], [1, 0], [0], [], [0], [0]]
    assert [[pair.other for pair in index.pairs_of(row)] for row in range(len(frames))] == [
        [2], [1], [4], [3], [], [7], [6],
    ]  # fmt: skip


def test_what_an_error_quotes_has_a_number_and_no_time_and_asks_nothing(tmp_path: Path) -> None:
    quote = icmp(ROUTER, CLIENT, 3, 1, bytes(4) + asked(1)[ETHERNET_HEADER:])
    index = index_of(tmp_path / "x.pcap", [asked(1), quote, answered(1)])

    assert index.places_of(1) == [(0, None, None)]
    assert [pair.role for pair in index.pairs_of(1)] == [Role.NONE, Role.NONE]
    assert index.pairs_of(2) == [Pair(Role.ANSWER, 1, 2_000_000)]


@pytest.mark.parametrize(("kept", "expected"), [(3, []), (4, [None]), (7, [None]), (8, [0])])
def test_a_header_that_is_cut_has_no_number(kept: int, expected: list[int | None], tmp_path: Path) -> None:
    frame = asked(1)[: ETHERNET_HEADER + 20 + kept]
    index = index_of(tmp_path / "x.pcap", [frame])

    assert [place.stream for place in index.places_of(0)] == expected
    assert index.pairs_of(0) == []
