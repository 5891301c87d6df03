"""Which pair of addresses a frame belongs to, counted by first appearance."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import SYN, Tape
from ip_pieces import datagram, pieces, segment, whole, write_raw

from tcptui.access import packet_reader as packet_access
from tcptui.model.datagram import Datagram, Piece
from tcptui.session.session import Session, open_file
from tcptui.wire.completed_datagrams import Completed, completed_by_last

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = [0, 1, 0, 2, 1, 1, 3, 0, 2, 3]
#: Client and server of each pair.
ENDS = [("10.0.0.1", "192.0.2.1"), ("10.0.0.2", "192.0.2.1"), ("10.0.0.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    tape = Tape()
    for place, pair in enumerate(PAIRS):
        client, server = ENDS[pair][:: -1 if place % 2 else 1]  # either direction
        tape.tcp(place, f"{client}:{place + 1}", f"{server}:80", SYN, 1000, payload=bytes(place))
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.mark.parametrize("at_once", [1, 3, 256])
@pytest.mark.parametrize("sparse", [0, 4])
def test_address_pairs_are_counted_by_first_appearance(
    session: Session, monkeypatch: pytest.MonkeyPatch, at_once: int, sparse: int
) -> None:
    """However many frames are read at once, and also where they are read one by one."""
    monkeypatch.setattr(packet_access, "_IP_STREAM_READ", at_once)
    monkeypatch.setattr(packet_access, "_SPARSE", sparse)
    assert session.reader.packet(len(PAIRS) - 1).ip_stream == PAIRS[-1]
    assert [session.reader.packet(row).ip_stream for row in range(len(PAIRS))] == PAIRS


def test_frame_cut_amid_its_addresses_belongs_to_no_pair(session: Session) -> None:
    session.store.captured[4] = 19
    session.store.network_offset[5] = 60
    expected = [pair if row not in (4, 5) else -1 for row, pair in enumerate(PAIRS)]
    assert [session.reader.packet(row).ip_stream for row in range(len(PAIRS))] == expected


def test_packets_far_behind_belong_to_no_pair(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_access, "_IP_STREAM_ROWS", 3)
    assert [session.reader.packet(row).ip_stream for row in range(5)] == [0, 1, 0, -1, -1]


def test_rows_evicted_while_they_are_read_have_no_payload(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([3, 4, 5], np.int32)
    reader = session.reader
    assert [len(payload) for payload in reader.payloads(rows)] == [3, 4, 5]
    read = os.pread

    def evicted_meanwhile(descriptor: int, length: int, offset: int) -> bytes:
        session.store.evict(5)
        return bytes(len(read(descriptor, length, offset)))

    monkeypatch.setattr(os, "pread", evicted_meanwhile)
    assert [len(payload) for payload in reader.payloads(rows)] == [0, 0, 5]


@pytest.mark.parametrize("gap", [0, 8192])
@pytest.mark.parametrize("at_once", [50, 1 << 20])
def test_segments_in_any_order_are_those_read_one_by_one(
    session: Session, monkeypatch: pytest.MonkeyPatch, gap: int, at_once: int
) -> None:
    """However many are read at once; without those that were not captured whole, or are evicted meanwhile."""
    monkeypatch.setattr(packet_access, "_GAP", gap)
    monkeypatch.setattr(packet_access, "_READ_AT_ONCE", at_once)
    session.store.captured[5] -= 1
    rows = np.array([7, 3, 3, 9, 5, 0], np.int64)
    alone = [session.reader.packet(row).from_transport for row in rows.tolist()]
    alone[4] = b""
    assert session.reader.segments(rows) == alone
    assert session.reader.segments(rows[:0]) == []
    read = os.pread

    def evicted_meanwhile(descriptor: int, length: int, offset: int) -> bytes:
        session.store.evict(4)
        return read(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", evicted_meanwhile)
    assert session.reader.segments(rows) == [alone[0], b"", b"", alone[3], b"", b""]


def test_segment_in_fragments_is_with_the_frame_that_completes_it(tmp_path: Path) -> None:
    body = segment(41000, 1001, b"a" * 60)
    packets = [*pieces(body, 7), *pieces(datagram(b"b" * 60), 8, protocol=17), whole(body)]
    session = open_file(write_raw(tmp_path / "a.pcapng", packets))
    views = [session.reader.packet(row) for row in range(5)]

    assert [view.segment for view in views] == [b"", body, b"", b"", b""]
    two = Datagram(body, (Piece(1, 0, 24), Piece(2, 24, 56)))
    four = Datagram(datagram(b"b" * 60), (Piece(3, 0, 24), Piece(4, 24, 44)))
    assert [view.datagrams for view in views] == [(), (two,), (), (four,), ()]
    assert views[1].from_transport == views[4].from_transport == body
    session.close()


def test_datagram_in_fragments_is_put_together_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be in 8,000 of them, and every key asks for the packet under the cursor."""
    reassemble: list[int] = []

    def counted(frames: list[bytes], links: list[int]) -> Completed:
        reassemble.append(len(frames))
        return completed_by_last(frames, links)

    monkeypatch.setattr(packet_access, "completed_by_last", counted)
    body = segment(41000, 1001, b"a" * 60)
    session = open_file(write_raw(tmp_path / "a.pcapng", pieces(body, 7)))
    views = [session.reader.packet(1) for _ in range(3)]

    assert reassemble == [2]
    assert [view.segment for view in views] == [body] * 3
    session.close()


def test_datagram_whose_first_fragment_was_evicted_is_not_put_together(tmp_path: Path) -> None:
    body = segment(41000, 1001, b"a" * 60)
    session = open_file(write_raw(tmp_path / "a.pcapng", pieces(body, 7)))
    assert session.reader.packet(1).segment == body
    session.store.evict(1)

    assert session.reader.packet(1).datagrams == ()
    assert session.reader.packet(1).segment == b""
    session.close()
