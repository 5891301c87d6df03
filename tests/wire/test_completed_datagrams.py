from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from captures import ACK, CLIENT, PSH, SERVER, SYN, Tape

from tcptui.model.datagram import Piece
from tcptui.session.session import open_file
from tcptui.wire.completed_datagrams import completed_by_last

if TYPE_CHECKING:
    from pathlib import Path

_RAW_IP = 101


def _split(packet: bytes, at: int, label: int = 5) -> list[bytes]:
    """An IPv4 packet as two fragments, cut after ``at`` bytes of its payload."""
    parts = []
    for begin, end in ((0, at), (at, len(packet) - 20)):
        body = packet[20 + begin : 20 + end]
        field = struct.pack(">HHH", 20 + len(body), label, (begin == 0) << 13 | begin // 8)
        parts.append(packet[:2] + field + packet[8:20] + body)
    return parts


def _packet(payload: bytes) -> bytes:
    tape = Tape()
    tape.tcp(0, f"{CLIENT}:1", f"{SERVER}:2", PSH | ACK, 101, 501, payload)
    return tape.records[0][1]


def test_segment_is_put_together_from_the_frames_of_its_fragments() -> None:
    payload = bytes(range(200))
    first, second = _split(_packet(payload), 64)
    other = _split(_packet(b"x" * 80), 64, label=9)[0]

    datagrams, segment = completed_by_last([first, other, second], [_RAW_IP] * 3)

    assert segment[20:] == payload
    assert [(found.payload, found.pieces) for found in datagrams] == [(segment, (Piece(0, 0, 64), Piece(2, 64, 156)))]
    assert completed_by_last([other, second], [_RAW_IP] * 2) == ((), b"")


def test_bytes_of_a_fragmented_segment_are_followed(tmp_path: Path) -> None:
    one, two = f"{CLIENT}:40001", f"{SERVER}:80"
    tape = Tape()
    tape.tcp(0, one, two, SYN, 1000)
    tape.tcp(1, two, one, SYN | ACK, 9000, 1001)
    tape.tcp(2, one, two, ACK, 1001, 9001, b"before ")
    tape.tcp(3, one, two, ACK, 1008, 9001, b"in pieces " * 20)
    time_ns, whole = tape.records.pop()
    tape.records += [(time_ns, part) for part in _split(whole, 48)]
    tape.tcp(4, one, two, ACK, 1208, 9001, b"behind")
    path = tmp_path / "fragments.pcap"
    path.write_bytes(tape.pcap())

    session = open_file(path)
    direction = session.directions(0)[0]

    assert direction.read(0, 999) == b"before " + b"in pieces " * 20 + b"behind"
    assert (direction.row_at(7), direction.row_at(206)) == (4, 4)
    session.close()
