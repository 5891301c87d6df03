"""Captures with something wrong in them: bits, fields, lengths, layers, records, whole files.

Every mutation is a function of a `random.Random` alone, so a seed names a file.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tests.adversary.capture_pieces import Pieces, Record, take_apart

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

#: Of a large seed so many packets are taken: size finds nothing here, number of tries does.
PACKETS: Final = 60
_EDGES: Final = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 64, 127, 128, 255, 256, 1460, 0x7FFF, 0x8000, 0xFFFF)
_EDGES_32: Final = (*_EDGES, 0x10000, 262_144, 262_145, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_IP_BYTES: Final = (0, 0, 1, 8, 9, 9)
_IP_WORDS: Final = (2, 4, 6, 6)
_TCP_WORDS: Final = (0, 2, 14, 16, 18)
_TCP_LONGS: Final = (4, 8)
_OPTION_KINDS: Final = (0, 1, 2, 3, 4, 5, 8, 14, 19, 28, 29, 30, 34, 69, 253, 255)
_OPTION_LENGTHS: Final = (0, 1, 2, 3, 4, 6, 10, 18, 26, 34, 40, 255)
_LINKS: Final = (0, 1, 6, 9, 12, 50, 101, 104, 105, 107, 108, 113, 119, 127, 147, 195, 228, 229, 239, 276, 0xFFFF)
#: Depths of one tunnel in another.
_DEPTHS: Final = (1, 1, 2, 3, 8, 20, 60, 200)
_BLOCK_KINDS: Final = (0, 1, 2, 3, 4, 5, 6, 10, 0x0A0D0D0A, 0xBAD, 0x40000BAD, 0xFFFFFFFF)
#: What an application says to be misunderstood, and what a terminal must not be told.
TEXTS: Final = (
    b"GET /\x1b]52;c;aGk=\x07 HTTP/1.1\r\nHost: [red]x[/]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: \xe2\x80\xae\xc2\x9b31m\n\nid: \x00\n\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\nffffffff\r\n\x1f\x8b\x08\0",
    b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 18446744073709551615-1/0\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /u HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"HTTP/1.0 200\r\nContent-Disposition: attachment; filename*=utf-8''%00%1b%2e%2e%2f\r\n\r\n\x1b[2J",
    b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", b"\xc1\x7e\x00\x05\xff\xff\xff\xff\xff\x88\x01\x03",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"A" * 9000, b"\0" * 1500, b": " * 700, b"\r\n" * 700,
    b"0\r\n\r\n", b"e\xcc\x81" * 300, b"\xff\xfe\xf8\x80" * 40, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)  # fmt: skip


def _put(data: bytearray, at: int, size: int, value: int, order: str = ">") -> None:
    if at >= 0 and at + size <= len(data):
        data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "big" if order == ">" else "little")


def _some_packet(pieces: Pieces, chance: random.Random) -> Record | None:
    packets = pieces.packets
    return chance.choice(packets) if packets else None


# -- the file as bytes ---------------------------------------------------------------------------------------
def bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def numbers(data: bytearray, chance: random.Random) -> None:
    size = chance.choice((1, 2, 4, 8))
    if len(data) > size:
        _put(data, chance.randrange(len(data) - size), size, chance.choice(_EDGES_32), chance.choice("<>"))


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def hole(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    del data[at : at + chance.choice((1, 2, 4, 16, 100, 5000))]


def doubled(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = data[max(0, at - chance.choice((1, 4, 32, 400))) : at]


# -- one frame -----------------------------------------------------------------------------------------------
def ip_field(pieces: Pieces, record: Record, chance: random.Random) -> None:
    at = pieces.network(record.frame)
    if chance.random() < 0.4:
        value = chance.choice((0x40, 0x41, 0x44, 0x45, 0x46, 0x4F, 0x50, 0x60, 0x6F, 4, 6, 41, 47, 50, 51, 44, 0, 60))
        _put(record.frame, at + chance.choice(_IP_BYTES), 1, value)
    else:
        value = chance.choice((*_EDGES, len(record.frame) - at, 0x2000, 0x3FFF, 0x1FFF, 0x2001, 0x4000, 0xFFFF))
        _put(record.frame, at + chance.choice(_IP_WORDS), 2, value)


def _tcp(pieces: Pieces, frame: bytearray) -> int:
    at = pieces.network(frame)
    if at < len(frame) and frame[at] >> 4 == 6:
        return at + 40
    return at + (frame[at] & 15) * 4 if at < len(frame) else at


def tcp_field(pieces: Pieces, record: Record, chance: random.Random) -> None:
    at = _tcp(pieces, record.frame)
    kind = chance.randrange(4)
    if kind == 0:
        _put(record.frame, at + 12, 1, chance.choice((0, 0x10, 0x40, 0x50, 0x60, 0x80, 0xF0)))
    elif kind == 1:
        _put(record.frame, at + 13, 1, chance.randrange(256))
    elif kind == 2:
        _put(record.frame, at + chance.choice(_TCP_WORDS), 2, chance.choice(_EDGES))
    else:
        old = int.from_bytes(record.frame[at + 4 : at + 8]) if chance.random() < 0.5 else 0
        _put(record.frame, at + chance.choice(_TCP_LONGS), 4, old + chance.choice((-1, 1, 1460, *_EDGES_32)))


def tcp_options(pieces: Pieces, record: Record, chance: random.Random) -> None:
    at = _tcp(pieces, record.frame)
    if at + 20 > len(record.frame):
        return
    made = bytearray()
    while len(made) < 40:
        made += bytes((chance.choice(_OPTION_KINDS), chance.choice(_OPTION_LENGTHS)))
        made += chance.randbytes(chance.choice((0, 0, 1, 2, 8)))
    size = chance.choice((4, 8, 12, 20, 32, 40))
    _put(record.frame, at + 12, 1, (20 + size) // 4 << 4)
    record.frame[at + 20 : at + 20 + chance.choice((0, size))] = made[:size]
    pieces.resized(record)


def layers(pieces: Pieces, record: Record, chance: random.Random) -> None:
    """Put the packet into a tunnel, into the tunnel again, and so on."""
    at, depth = pieces.network(record.frame), chance.choice(_DEPTHS)
    inner = bytes(record.frame[at:])
    version = 0x0800 if inner[:1] >= b"\x40" and inner[:1] < b"\x50" else 0x86DD
    kind = chance.randrange(7)
    if kind == 0 and at >= 14:
        tags = b"".join(struct.pack("!HH", chance.choice((0x8100, 0x88A8, 0x9100)), n & 0xFFF) for n in range(depth))
        record.frame[at - 2 : at - 2] = tags
    elif kind == 1 and at >= 14:
        record.frame[at - 2 :] = b"\x88\x47" + bytes(4) * depth + b"\0\0\1\x40" + inner
    elif kind == 2:
        record.frame[at:] = _ipv4(4, inner, depth)
    elif kind == 3:
        for _ in range(depth):
            inner = _ipv4(47, struct.pack("!HH", 0, version) + inner)
            version = 0x0800
        record.frame[at:] = inner
    elif kind == 4:
        udp = chance.choice((4789, 6081, 2152, 4754, 3544))
        for _ in range(min(depth, 20)):
            body = b"\x08\0\0\0\0\0\1\0" + bytes(12) + struct.pack("!H", version) + inner
            inner = _ipv4(17, struct.pack("!HHHH", udp, udp, 8 + len(body) & 0xFFFF, 0) + body)
            version = 0x0800
        record.frame[at:] = inner
    elif kind == 5:
        chain = b"".join(bytes((chance.choice((0, 43, 60, 44, 51)), 0)) + bytes(6) for _ in range(depth))
        chain += bytes((6, 0)) + bytes(6)
        head = struct.pack("!IHBB", 0x60000000, len(chain) + len(inner) & 0xFFFF, 0, 9) + bytes(15) + b"\1" + bytes(16)
        record.frame[at:] = head + chain + inner[20:]
    elif at >= 14:
        record.frame[at - 2 :] = b"\x88\x64\x11\0\0\1" + struct.pack("!H", len(inner) + 2 & 0xFFFF) + b"\0\x21" + inner
    pieces.resized(record)


def _ipv4(protocol: int, body: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        size = 20 + len(body) & 0xFFFF
        body = struct.pack("!BBHHHBBHII", 0x45, 0, size, 7, 0, 9, protocol, 0, 0x0A000001, 0x0A000002) + body
    return body


def fragments(pieces: Pieces, record: Record, chance: random.Random) -> None:
    """Several fragments in place of one packet: in any order, over one another, beyond 64 KiB."""
    at = pieces.network(record.frame)
    whole = record.frame[at + 20 :]
    if len(whole) < 8 or record.frame[at] >> 4 != 4:
        return
    place, made, offset = pieces.records.index(record), [], 0
    size = chance.choice((8, 16, 24, 64, 512))
    while offset < len(whole) and len(made) < 40:
        one = record.copy()
        one.frame[at + 20 :] = whole[offset : offset + size]
        shift = chance.choice((0, 0, 0, 0, -8, 8, 65_000))
        more = offset + size < len(whole)
        _put(one.frame, at + 2, 2, 20 + len(one.frame[at + 20 :]))
        _put(one.frame, at + 6, 2, (max(offset + shift, 0) // 8 & 0x1FFF) | (0x2000 if more else 0))
        pieces.resized(one)
        made.append(one)
        offset += size
    if chance.random() < 0.4:
        chance.shuffle(made)
    pieces.records[place : place + 1] = made


def payload(pieces: Pieces, record: Record, chance: random.Random) -> None:
    """Other words in the packet's mouth; the lengths tell the truth, or not."""
    at = pieces.network(record.frame)
    tcp = _tcp(pieces, record.frame)
    if tcp + 13 > len(record.frame):
        return
    data = tcp + (record.frame[tcp + 12] >> 4) * 4
    text = b"".join(chance.choice(TEXTS) for _ in range(chance.choice((1, 1, 2, 4))))
    if chance.random() < 0.7:
        record.frame[data:] = text
    else:
        record.frame[data:data] = text
    if chance.random() < 0.9:
        six = record.frame[at] >> 4 == 6
        _put(record.frame, at + (4 if six else 2), 2, len(record.frame) - at - (40 if six else 0))
    pieces.resized(record)


def shortened(pieces: Pieces, record: Record, chance: random.Random) -> None:
    size = len(record.frame)
    del record.frame[chance.randrange(size + 1) :]
    if not pieces.is_pcapng:
        struct.pack_into(pieces.order + "I", record.head, 8, len(record.frame))
    else:
        pieces.resized(record)


# -- records -------------------------------------------------------------------------------------------------
def record_field(pieces: Pieces, chance: random.Random) -> None:
    """A length, a time, an interface, a kind of a record."""
    if not pieces.records:
        return
    record = chance.choice(pieces.records)
    place = 4 * chance.randrange(max(len(record.head) // 4, 1))
    value = chance.choice((*_EDGES_32, *_BLOCK_KINDS, len(record.frame), len(record.head) + len(record.frame) + 4))
    _put(record.head, place, 4, value, pieces.order)
    if len(record.tail) >= 4 and chance.random() < 0.4:
        _put(record.tail, len(record.tail) - 4, 4, value, pieces.order)


def file_head(pieces: Pieces, chance: random.Random) -> None:
    """Magic, version, link type; of pcapng a block that is no packet's."""
    if not pieces.is_pcapng:
        if chance.random() < 0.6:
            _put(pieces.start, 20, 4, chance.choice(_LINKS), pieces.order)
        else:
            numbers(pieces.start, chance)
        return
    others = [record for record in pieces.records if not record.carries]
    if others:
        chosen = chance.choice(others)
        if chance.random() < 0.5:
            _put(chosen.head, 8, 2, chance.choice(_LINKS), pieces.order)
        else:
            numbers(chosen.head, chance)


def pcapng_block(pieces: Pieces, chance: random.Random) -> None:
    """A block made of options with any code and length: interface, section, statistics, names, comments."""
    options = b""
    for _ in range(chance.randrange(6)):
        value = chance.choice((b"", b"\x00", b"\x89", b"\xff", bytes(8), b"\xff" * 8, *TEXTS))[
            : chance.choice((1, 8, 90))
        ]
        code = chance.choice((0, 1, 2, 3, 9, 9, 14, 14, 4, 5, 7, 2988, 0xFFFF))
        size = chance.choice((len(value), len(value), len(value), 0xFFFF, 0))
        options += struct.pack(pieces.order + "HH", code, size) + value + bytes(-len(value) % 4)
    kind = chance.choice(_BLOCK_KINDS)
    first = {
        1: struct.pack(pieces.order + "HHI", chance.choice(_LINKS), 0, chance.choice((0, 68, 65535, 0xFFFFFFFF))),
        0x0A0D0D0A: struct.pack(chance.choice("<>") + "IHHq", 0x1A2B3C4D, 1, 0, -1),
    }.get(kind, bytes(chance.choice((0, 4, 12, 20))))
    total = 12 + len(first) + len(options)
    body = struct.pack(pieces.order + "II", kind, total) + first + options + struct.pack(pieces.order + "I", total)
    pieces.records.insert(chance.randrange(len(pieces.records) + 1), Record(bytearray(body)))


def repeated(pieces: Pieces, chance: random.Random) -> None:
    if not pieces.records:
        return
    at = chance.randrange(len(pieces.records))
    some = pieces.records[at : at + chance.choice((1, 1, 3, 10))]
    to = chance.randrange(len(pieces.records) + 1)
    pieces.records[to:to] = [record.copy() for record in some * chance.choice((1, 1, 2, 5))]


def reordered(pieces: Pieces, chance: random.Random) -> None:
    if not pieces.records:
        return
    at = chance.randrange(len(pieces.records))
    some = pieces.records[at : at + chance.choice((2, 5, 20))]
    chance.shuffle(some)
    pieces.records[at : at + len(some)] = some


def lost(pieces: Pieces, chance: random.Random) -> None:
    at = chance.randrange(len(pieces.records) + 1)
    del pieces.records[at : at + chance.choice((1, 1, 2, 8))]


def clock(pieces: Pieces, chance: random.Random) -> None:
    """Times that jump, go back, stand still or lie at an end of what can be written."""
    step, base = chance.choice((-1, 0, 1, 10**6, 2**31 - 1)), chance.choice(_EDGES_32)
    packets = pieces.packets
    first = chance.randrange(len(packets) + 1)
    for number, record in enumerate(packets[first:]):
        place = 12 if pieces.is_pcapng else 0
        if len(record.head) >= place + 8:
            _put(record.head, place, 4, base + step * number, pieces.order)
            if chance.random() < 0.3:
                _put(record.head, place + 4, 4, chance.choice(_EDGES_32), pieces.order)


def spliced(pieces: Pieces, other: Pieces, chance: random.Random) -> None:
    """Frames of another capture among these."""
    own = pieces.packets
    if not own:
        return
    shape = chance.choice(own)
    for donor in other.packets[: chance.choice((1, 3, 10, 40))]:
        record = shape.copy()
        record.frame = bytearray(donor.frame)
        pieces.resized(record)
        pieces.records.insert(chance.randrange(len(pieces.records) + 1), record)


_ON_FRAME: Final[tuple[Callable[[Pieces, Record, random.Random], None], ...]] = (
    ip_field, ip_field, tcp_field, tcp_field, tcp_options, layers, fragments, payload, payload, shortened,
)  # fmt: skip
_ON_RECORDS: Final[tuple[Callable[[Pieces, random.Random], None], ...]] = (
    record_field, file_head, pcapng_block, repeated, reordered, lost, clock,
)  # fmt: skip
_ON_BYTES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (bits, numbers, cut, hole, doubled)


def mutated(seed: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """``seed`` with one to eight things wrong with it; ``others`` are captures it may be spliced with."""
    pieces = take_apart(seed, PACKETS)
    as_bytes = 0
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        kind = chance.random()
        if kind < 0.55:
            record = _some_packet(pieces, chance)
            if record is not None:
                chance.choice(_ON_FRAME)(pieces, record, chance)
        elif kind < 0.8:
            _on_records(pieces, chance)
        elif kind < 0.87:
            spliced(pieces, take_apart(chance.choice(others), PACKETS), chance)
        else:
            as_bytes += 1
    data = bytearray(pieces.joined())
    for _ in range(as_bytes):
        chance.choice(_ON_BYTES)(data, chance)
    return bytes(data)


def _on_records(pieces: Pieces, chance: random.Random) -> None:
    chosen = chance.choice(_ON_RECORDS)
    if chosen is not pcapng_block or pieces.is_pcapng:
        chosen(pieces, chance)
