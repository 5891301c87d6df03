"""Frames, packets and files, byte by byte: so that every field of a header can be wrong, odd or a carrier."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIENT: Final = ip_address("45.33.32.156").packed
SERVER: Final = ip_address("151.101.1.67").packed
CLIENT6: Final = ip_address("2600:3c01::f03c:91ff:fe18:bb2f").packed
SERVER6: Final = ip_address("2a04:4e42::67").packed
MACS: Final = bytes.fromhex("00163e112233") + bytes.fromhex("00163e445566")
NANOSECOND: Final = 0xA1B23C4D
ETHERNET: Final = 1
TCP: Final = 6
UDP: Final = 17
START: Final = 1_700_000_000


def total(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value ^ 0xFFFF


def ethernet(body: bytes, kind: int = 0x0800, macs: bytes = MACS, tail: bytes = b"") -> bytes:
    """One frame; ``macs`` are target and source."""
    return macs + kind.to_bytes(2) + body + tail


def ip4(
    protocol: int,
    body: bytes,
    *,
    source: bytes = CLIENT,
    target: bytes = SERVER,
    options: bytes = b"",
    ident: int = 7,
    flags: int = 0x4000,
    length: int | None = None,
    ttl: int = 64,
) -> bytes:
    """A datagram with a right header checksum; ``flags`` with the offset in units of eight bytes."""
    options += bytes(-len(options) % 4)
    size = 20 + len(options)
    whole = size + len(body) if length is None else length
    head = (
        struct.pack("!BBHHHBBH", 0x40 | size // 4, 0, whole, ident, flags, ttl, protocol, 0) + source + target + options
    )
    return head[:10] + total(head).to_bytes(2) + head[12:] + body


def ip6(protocol: int, body: bytes, *, source: bytes = CLIENT6, target: bytes = SERVER6, label: int = 0) -> bytes:
    """A packet without extension headers of its own."""
    return struct.pack("!IHBB", 0x60000000 | label, len(body), protocol, 64) + source + target + body


def pseudo(source: bytes, target: bytes, protocol: int, body: bytes) -> bytes:
    """What the checksums of TCP, UDP and ICMPv6 are over."""
    if len(source) == 4:
        return source + target + struct.pack("!HH", protocol, len(body)) + body
    return source + target + struct.pack("!II", len(body), protocol) + body


def summed(body: bytes, at: int, source: bytes, target: bytes, protocol: int) -> bytes:
    """``body`` with its checksum at ``at``."""
    body = body[:at] + bytes(2) + body[at + 2 :]
    return body[:at] + total(pseudo(source, target, protocol, body)).to_bytes(2) + body[at + 2 :]


def tcp(
    payload: bytes = b"",
    *,
    seq: int = 1001,
    ack: int = 5001,
    flags: int = 0x18,
    options: bytes = b"",
    ports: tuple[int, int] = (40001, 80),
    source: bytes = CLIENT,
    target: bytes = SERVER,
    urgent: int = 0,
    reserved: int = 0,
    window: int = 502,
) -> bytes:
    """A segment with a right checksum."""
    options += bytes(-len(options) % 4)
    head = struct.pack(
        "!HHIIHHHH", *ports, seq, ack, (20 + len(options)) // 4 << 12 | reserved << 9 | flags, window, 0, urgent
    )
    return summed(head + options + payload, 16, source, target, TCP)


def udp(
    payload: bytes, ports: tuple[int, int] = (40001, 9999), *, source: bytes = CLIENT, target: bytes = SERVER
) -> bytes:
    """A datagram with a right checksum."""
    return summed(struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload, 6, source, target, UDP)


def tcp4(payload: bytes = b"", **fields: object) -> bytes:
    """A frame with a segment from client to server."""
    return ethernet(ip4(TCP, tcp(payload, **fields)))  # type: ignore[arg-type]  # as `tcp` takes them


def udp4(payload: bytes, ports: tuple[int, int] = (40001, 9999)) -> bytes:
    """A frame with a datagram from client to server."""
    return ethernet(ip4(UDP, udp(payload, ports)))


def back(
    payload: bytes = b"", *, seq: int = 5001, ack: int = 1001, flags: int = 0x18, options: bytes = b"", port: int = 80
) -> bytes:
    """A frame with a segment from server to client."""
    segment = tcp(
        payload, seq=seq, ack=ack, flags=flags, options=options, ports=(port, 40001), source=SERVER, target=CLIENT
    )
    return ethernet(ip4(TCP, segment, source=SERVER, target=CLIENT))


def opened(port: int = 80, options: bytes = b"", answered: bytes = b"") -> list[bytes]:
    """The three packets that begin a connection."""
    offer = b"\x02\x04\x05\xb4"
    return [
        tcp4(seq=1000, ack=0, flags=0x02, options=offer + options, ports=(40001, port)),
        back(seq=5000, ack=1001, flags=0x12, options=offer + answered, port=port),
        tcp4(seq=1001, ack=5001, flags=0x10, ports=(40001, port)),
    ]


def talk(asked: bytes, answered: bytes = b"", port: int = 80, size: int = 1400) -> list[bytes]:
    """A connection that says these, in segments of ``size``."""
    frames = opened(port)
    for at in range(0, len(asked), size):
        frames.append(tcp4(asked[at : at + size], seq=1001 + at, ack=5001, ports=(40001, port)))
    for at in range(0, len(answered), size):
        frames.append(back(answered[at : at + size], seq=5001 + at, ack=1001 + len(asked), port=port))
    frames.append(tcp4(seq=1001 + len(asked), ack=5001 + len(answered), flags=0x11, ports=(40001, port)))
    frames.append(back(seq=5001 + len(answered), ack=1002 + len(asked), flags=0x11, port=port))
    return frames


def pcap(frames: Iterable[bytes], link: int = ETHERNET, cut: int = 262144, longer: int = 0) -> bytes:
    """A file with nanoseconds; packets are cut at ``cut``, and say they were ``longer`` than they are."""
    out = struct.pack("<IHHiIII", NANOSECOND, 2, 4, 0, 0, cut, link)
    for number, frame in enumerate(frames):
        kept = frame[:cut]
        out += struct.pack("<IIII", START, number * 1_000_000, len(kept), len(frame) + longer) + kept
    return out


def block(kind: int, body: bytes) -> bytes:
    """A block of a pcapng."""
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def option(code: int, value: bytes) -> bytes:
    """An option of a block."""
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(options: bytes = b"") -> bytes:
    """The block that begins a pcapng."""
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def interface(options: bytes = b"", link: int = ETHERNET) -> bytes:
    """The description of an interface."""
    return block(1, struct.pack("<HHI", link, 0, 262144) + options)


def enhanced(frame: bytes, number: int, options: bytes = b"", padding: bytes = b"") -> bytes:
    """A packet with its time, in microseconds."""
    moment = START * 1_000_000 + number * 1000
    pad = (padding + bytes(3))[: -len(frame) % 4]
    head = struct.pack("<IIIII", 0, moment >> 32, moment & 0xFFFFFFFF, len(frame), len(frame))
    return block(6, head + frame + pad + options)


def pcapng(
    frames: Iterable[bytes], *, head: bytes = b"", device: bytes = b"", each: bytes = b"", tail: bytes = b""
) -> bytes:
    """A file: options of the section, of the interface, of each packet, and blocks after them."""
    packets = b"".join(enhanced(frame, number, each) for number, frame in enumerate(frames))
    return section(head) + interface(device) + packets + tail
