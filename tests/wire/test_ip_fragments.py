"""Datagrams from their pieces: any order, overlaps, gaps, floods."""

from __future__ import annotations

import heapq
import itertools
import struct

import pytest
from decoding import decode
from encapsulations import MAC, connection, ipv4

from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.wire import ip_fragments as fragments
from tcptui.wire.ip_fragments import Defragmenter, Fragment


def piece(offset: int, data: bytes, more: bool = True, key: bytes = b"k", row: int = 0) -> Fragment:
    return Fragment(key, offset, more, data, 6, (row,))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_pieces_in_any_order_complete_with_the_last(order: tuple[int, ...]) -> None:
    pieces = [piece(0, b"a" * 8), piece(8, b"b" * 8), piece(16, b"c" * 3, more=False)]
    whole = Defragmenter()

    results = [whole.add(pieces[place]) for place in order]

    assert results == [None, None, b"a" * 8 + b"b" * 8 + b"c" * 3]


def test_gap_leaves_the_datagram_unfinished() -> None:
    whole = Defragmenter()

    assert whole.add(piece(0, b"a" * 8)) is None
    assert whole.add(piece(16, b"c", more=False)) is None


def test_overlap_keeps_the_piece_that_begins_earlier() -> None:
    whole = Defragmenter()
    whole.add(piece(8, b"b" * 8, more=False))

    assert whole.add(piece(0, b"a" * 12)) == b"a" * 12 + b"b" * 4


def test_of_two_pieces_with_one_offset_the_earlier_stands_and_the_longer_extends_it() -> None:
    whole = Defragmenter()
    whole.add(piece(0, b"a" * 8))
    whole.add(piece(0, b"x" * 12))

    assert whole.add(piece(12, b"c", more=False)) == b"a" * 8 + b"x" * 4 + b"c"


def test_first_tail_says_how_long_the_datagram_is() -> None:
    whole = Defragmenter()
    whole.add(piece(8, b"b" * 4, more=False))
    whole.add(piece(8, b"b" * 8, more=False))

    assert whole.add(piece(0, b"a" * 8)) == b"a" * 8 + b"b" * 4


def test_finished_datagram_is_forgotten_so_its_key_can_come_again() -> None:
    whole = Defragmenter()
    for _ in range(2):
        whole.add(piece(0, b"a" * 8))
        assert whole.add(piece(8, b"b", more=False)) == b"a" * 8 + b"b"


def test_frames_of_the_datagram_are_known_until_its_key_comes_again() -> None:
    whole = Defragmenter()
    whole.add(piece(8, b"b", more=False, row=3))
    whole.add(piece(8, b"b", more=False, row=5))
    whole.add(piece(0, b"a" * 8, key=b"other", row=6))
    assert whole.add(piece(0, b"a" * 8, row=9)) is not None
    assert whole.carriers == (3, 5, 9)
    whole.add(piece(0, b"a" * 8, row=11))
    assert whole.add(piece(8, b"b", more=False, row=12)) is not None

    assert whole.carriers == (11, 12)


def test_flood_of_repeated_pieces_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "_MOST_CARRIERS", 3)
    whole = Defragmenter()
    for row in range(10):
        whole.add(piece(0, b"a" * 8, row=row))
    whole.add(piece(16, b"c", more=False, row=10))

    assert whole.add(piece(8, b"b" * 8, row=11)) is not None
    assert whole.carriers == (0, 1, 2, 10, 11)


def test_piece_beyond_the_largest_datagram_is_ignored() -> None:
    assert Defragmenter().add(piece(65_528, b"a" * 8, more=False)) is None


def test_flood_of_unfinished_datagrams_gives_up_the_oldest() -> None:
    whole = Defragmenter()
    for number in range(fragments.MAX_DATAGRAMS + 1):
        whole.add(piece(0, b"a" * 8, key=number.to_bytes(4)))

    assert whole.evicted == 1
    assert whole.add(piece(8, b"b", more=False, key=(0).to_bytes(4))) is None
    assert whole.add(piece(8, b"b", more=False, key=(2).to_bytes(4))) is not None


def test_unfinished_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_BYTES", 100)
    whole = Defragmenter()
    for number in range(20):
        whole.add(piece(0, b"a" * 8, key=number.to_bytes(4)))

    assert whole.evicted == 8


def _split(packet: bytes, at: int, label: int = 5) -> list[bytes]:
    """An IPv4 ``packet`` as two frames, cut after ``at`` bytes of its payload."""
    frames = []
    for begin, end in ((0, at), (at, len(packet))):
        part = ipv4(packet[9], packet[20:][begin:end], packet[12:16], packet[16:20])
        field = struct.pack(">HH", label, (begin == 0) << 13 | begin // 8)
        frames.append(MAC + b"\x08\0" + part[:4] + field + part[8:])
    return frames


def test_segment_stands_on_the_frame_that_completes_it() -> None:
    frames = _split(connection(1, six=False)[2], 24)

    for batch in (1, 10):
        store = decode(frames, batch=batch).store
        assert store.kind[:2].tolist() == [RowKind.OTHER, RowKind.TCP]
        assert store.issues[:2].tolist() == [DecodeIssue.FRAGMENT, DecodeIssue.REASSEMBLED]
        assert (store.length[1], store.seq[1], store.ttl[1]) == (60, 1001, 64)


def test_fragmented_tunnel_is_opened_once_it_is_whole() -> None:
    tunnel = ipv4(4, connection(1, six=False)[2], b"\1\1\1\1", b"\2\2\2\2")

    store = decode(_split(tunnel, 48)).store

    assert (store.kind[1], store.length[1]) == (RowKind.TCP, 60)


@pytest.mark.parametrize(
    ("label", "protocol", "tag"),
    [(5, 6, 9), (5 ^ 9, 6, 9), (5, 17, 0), (5 ^ 6 ^ 17, 17, 0)],
    ids=["another VLAN", "another VLAN and number", "another protocol", "another protocol and number"],
)
def test_fragments_of_another_vlan_or_protocol_are_of_another_datagram(label: int, protocol: int, tag: int) -> None:
    """Also where the number XOR these is the same, by which tshark takes two datagrams for one."""
    packet = connection(1, six=False)[2]
    first, other = _split(packet, 32)[0], _split(packet, 32, label)[1]
    other = other[:23] + bytes((protocol,)) + other[24:]
    if tag:
        other = other[:12] + b"\x81\0" + bytes((0, tag)) + other[12:]

    assert RowKind.TCP in decode([_split(packet, 32)[1], first]).store.kind
    assert RowKind.TCP not in decode([other, first]).store.kind


def test_first_fragment_cut_by_the_capture_shows_its_header_but_no_length() -> None:
    first = _split(connection(1, six=False)[2], 32)[0]

    store = decode([first[:54]], wire=[len(first)]).store

    assert (store.kind[0], store.seq[0]) == (RowKind.TCP, 1001)
    assert store.length[0] < 0
    assert store.issues[0] & DecodeIssue.FRAGMENT


def test_segment_in_a_tunnel_whose_first_fragment_was_cut_has_the_length_of_its_own_header() -> None:
    tunnel = ipv4(4, connection(1, six=False)[2], b"\1\1\1\1", b"\2\2\2\2")
    first = _split(tunnel, 104)[0]

    store = decode([first[:-10]], wire=[len(first)]).store

    assert (store.kind[0], store.seq[0], store.length[0]) == (RowKind.TCP, 1001, 60)
    assert not store.issues[0] & DecodeIssue.FRAGMENT


def test_piece_is_not_looked_at_again_for_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A datagram of 8,191 pieces whose second is missing, each of which might complete it."""
    looked: list[int] = []
    monkeypatch.setattr(fragments, "heappop", lambda heap: looked.append(1) or heapq.heappop(heap))
    whole = Defragmenter()
    pieces = [piece(8 * place, b"d" * 8) for place in range(8_190)] + [piece(8 * 8_190, b"e" * 8, more=False)]

    results = {whole.add(each) for each in [*pieces[2:], pieces[0]]}
    assert results == {None}
    assert len(looked) <= 1
    assert whole.add(pieces[1]) == b"d" * 8 * 8_190 + b"e" * 8
    assert len(looked) == len(pieces)
