"""IP datagrams in fragments, and a capture of such frames (raw IP)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from encapsulations import ipv4, ipv6, write_capture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RAW_IP = 101
CLIENT, SERVER = (bytes((10, 0, 0, last)) for last in (1, 2))
_WIDE = bytes.fromhex("20010db8") + bytes(8)


def pieces(
    body: bytes, label: int, *, protocol: int = 6, at: Sequence[int] = (24,), six: bool = False, back: bool = False
) -> list[bytes]:
    """The datagram with ``body`` from the client to the server (``back``: the other way), cut at the offsets ``at``."""
    source, target = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    packets = []
    for begin, end in zip((0, *at), (*at, len(body)), strict=True):
        part, more = body[begin:end], end < len(body)
        if six:
            head = struct.pack(">BBHI", protocol, 0, begin | more, label)
            packets.append(ipv6(44, head + part, _WIDE + source, _WIDE + target))
        else:
            packet = ipv4(protocol, part, source, target)
            packets.append(packet[:4] + struct.pack(">HH", label, more << 13 | begin // 8) + packet[8:])
    return packets


def whole(body: bytes, *, protocol: int = 6, six: bool = False, back: bool = False) -> bytes:
    """The same in one packet."""
    source, target = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    if six:
        return ipv6(protocol, body, _WIDE + source, _WIDE + target)
    return ipv4(protocol, body, source, target)


def segment(port: int, seq: int, data: bytes, *, flags: int = 0x18, back: bool = False) -> bytes:
    """A segment between the client's ``port`` and the server's port 80; it acknowledges the other's SYN."""
    ends, ack = ((80, port), 1001) if back else ((port, 80), 9001)
    return struct.pack(">HHIIHHHH", *ends, seq, ack if flags & 0x10 else 0, 0x5000 | flags, 8192, 0, 0) + data


def datagram(data: bytes) -> bytes:
    """A UDP datagram from port 1 to port 2."""
    return struct.pack(">HHHH", 1, 2, 8 + len(data), 0) + data


def write_raw(path: Path, packets: Sequence[bytes]) -> Path:
    """A capture of ``packets``, one each microsecond."""
    write_capture(path, [RAW_IP], [(0, packet, len(packet)) for packet in packets])
    return path
