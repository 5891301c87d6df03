"""Mutations that keep a connection together: the numbers of its segments go on fitting what is said in them.

Single packets with other payload are soon nothing but gaps and overlaps; what reads applications sees little
of them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.adversary.speech_mutants import garbled, utterance

if TYPE_CHECKING:
    import random

    from tests.adversary.capture_pieces import Pieces, Record

_FIN, _SYN, _RST, _PSH, _ACK, _URG = 1, 2, 4, 8, 16, 32
_SYN_OPTIONS: Final = (
    b"", b"\2\4\5\xb4", b"\2\4\5\xb4\4\2\1\1", b"\2\4\5\xb4\1\3\3\7\4\2\1\1", b"\2\4\0\0\1\3\3\x0f", b"\2\4\xff\xff",
)  # fmt: skip
_SIZES: Final = (1, 5, 60, 536, 1460, 1460, 9000)
#: Segments of a dialogue; more find nothing more.
_SEGMENTS: Final = 40


@dataclass
class Segment:
    """Where the parts of a TCP segment over IPv4 or IPv6 lie in its frame."""

    record: Record
    network: int
    tcp: int
    data: int

    @property
    def ends(self) -> tuple[bytes, bytes]:
        """Address and port of both ends, sender first."""
        frame, size = self.record.frame, 16 if self.record.frame[self.network] >> 4 == 6 else 4
        at = self.network + (8 if size == 16 else 12)
        addresses = bytes(frame[at : at + size]), bytes(frame[at + size : at + 2 * size])
        return addresses[0] + frame[self.tcp : self.tcp + 2], addresses[1] + frame[self.tcp + 2 : self.tcp + 4]

    def add(self, place: int, more: int) -> None:
        """Add to the 32-bit number at ``place`` of the TCP header."""
        at = self.tcp + place
        value = int.from_bytes(self.record.frame[at : at + 4]) + more
        self.record.frame[at : at + 4] = (value & 0xFFFFFFFF).to_bytes(4)


def segment_of(pieces: Pieces, record: Record) -> Segment | None:
    """The parts of ``record``, where it plainly is a TCP segment."""
    frame, at = record.frame, pieces.network(record.frame)
    if at + 20 > len(frame) or frame[at] >> 4 not in (4, 6):
        return None
    six = frame[at] >> 4 == 6
    tcp = at + (40 if six else (frame[at] & 15) * 4)
    if frame[at + (6 if six else 9)] != 6 or tcp + 20 > len(frame):
        return None
    data = tcp + (frame[tcp + 12] >> 4) * 4
    return Segment(record, at, tcp, data) if tcp + 20 <= data <= len(frame) else None


def retold(pieces: Pieces, record: Record, chance: random.Random) -> None:
    """Say something else in one segment; what follows it moves up, in both directions."""
    chosen = segment_of(pieces, record)
    if chosen is None:
        return
    old = bytes(record.frame[chosen.data :])
    from_server = old.startswith(b"HTTP/") or chance.random() < 0.5
    new = (garbled(old, chance) if old and chance.random() < 0.8 else utterance(chance, from_server))[:60_000]
    record.frame[chosen.data :] = new
    six = record.frame[chosen.network] >> 4 == 6
    size = len(record.frame) - chosen.network - (40 if six else 0)
    struct.pack_into("!H", record.frame, chosen.network + (4 if six else 2), size & 0xFFFF)
    pieces.resized(record)
    ends, more = chosen.ends, len(new) - len(old)
    packets = pieces.packets
    for later in packets[packets.index(record) + 1 :] if more else ():
        segment = segment_of(pieces, later)
        if segment is not None and segment.ends == ends:
            segment.add(4, more)
        elif segment is not None and segment.ends == ends[::-1]:
            segment.add(8, more)


def dialogue(pieces: Pieces, chance: random.Random) -> None:
    """A whole connection at the end of the capture, in frames like those that are there."""
    shapes = [record for record in pieces.packets if segment_of(pieces, record) is not None]
    if not shapes:
        return
    shape = chance.choice(shapes)
    prefix = bytes(shape.frame[: pieces.network(shape.frame)])
    if shape.frame[len(prefix)] >> 4 == 6:
        return
    for number, packet in enumerate(_packets(chance)):
        record = shape.copy()
        record.frame = bytearray(prefix + packet)
        pieces.resized(record)
        _at_time(pieces, record, number * chance.choice((1, 1000, 40_000)))
        pieces.records.append(record)


def _at_time(pieces: Pieces, record: Record, micros: int) -> None:
    place = 16 if pieces.is_pcapng else 4
    if len(record.head) >= place + 4:
        value = struct.unpack_from(pieces.order + "I", record.head, place)[0]
        struct.pack_into(pieces.order + "I", record.head, place, value + micros & 0xFFFFFFFF)


def _packets(chance: random.Random) -> list[bytes]:
    """The packets of one connection, most of them in order, IPv4."""
    sent, made = [chance.choice((1000, 0xFFFFFFF0)), chance.choice((9000, 0x7FFFFFFF))], []
    port = chance.choice((80, 8080, 443, 5000))

    def say(side: int, flags: int, data: bytes = b"", options: bytes = b"") -> None:
        made.append(_packet(side, port, flags, sent[side], sent[1 - side], data, options, chance))
        sent[side] += len(data) + (flags & (_SYN | _FIN) != 0)

    if chance.random() < 0.9:
        say(0, _SYN, options=chance.choice(_SYN_OPTIONS))
        say(1, _SYN | _ACK, options=chance.choice(_SYN_OPTIONS))
        say(0, _ACK)
    words = [utterance(chance, False), utterance(chance, True)]
    while any(words) and len(made) < _SEGMENTS:
        side = 0 if words[0] and (not words[1] or chance.random() < 0.6) else 1
        size = chance.choice(_SIZES)
        part, words[side] = words[side][:size], words[side][size:]
        kind = chance.random()
        if kind < 0.04:
            sent[side] += len(part)  # not captured
            continue
        say(side, _PSH | _ACK if kind < 0.97 else _PSH | _ACK | _URG, part)
        if kind < 0.1:
            made.append(made[-1])
        elif kind < 0.14 and len(part) > 2:  # the same bytes again, and others in their place
            made.append(_packet(side, port, _ACK, sent[side] - 2, sent[1 - side], b"??!", b"", chance))
        elif kind < 0.5:
            say(1 - side, _ACK)
    for side in chance.choice(((), (0, 1), (1, 0), (1,))):
        say(side, _FIN | _ACK)
    if chance.random() < 0.2:
        say(chance.randrange(2), _RST | chance.choice((0, _ACK)))
    if chance.random() < 0.2:
        at = chance.randrange(len(made))
        some = made[at : at + 5]
        chance.shuffle(some)
        made[at : at + 5] = some
    return made


def _packet(
    side: int, port: int, flags: int, seq: int, ack: int, data: bytes, options: bytes, chance: random.Random
) -> bytes:
    ends = [(0x0A000001, 40_000 + port), (0xC000020A, port)]
    (source, from_port), (target, to_port) = ends[side], ends[1 - side]
    window = 64240 if chance.random() < 0.95 else chance.choice((0, 1, 65535))
    size = 20 + len(options)
    head = struct.pack(
        "!HHIIHHHH", from_port, to_port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, size // 4 << 12 | flags, window, 0, 0
    )
    total = 20 + size + len(data)
    return struct.pack("!BBHHHBBHII", 0x45, 0, total, 7, 0x4000, 64, 6, 0, source, target) + head + options + data
