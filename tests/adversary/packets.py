"""Bytes of the adversary's packets and capture files, by `struct` alone.

Nothing of the program under test is used here, so that a mistake in it cannot hide itself.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

SYN, FIN, RST, PSH, ACK = 0x002, 0x001, 0x004, 0x008, 0x010
M = 0xFFFF_FFFF

_ETHERNET_MACS = bytes.fromhex("020000000001020000000002")
_PCAP_NS = 0xA1B23C4D
_LINK_ETHERNET = 1
#: Payload that no dissector of tshark claims.
_FILL = b"\xaa" * 64
#: Bytes of payload kept in the file: the engine must go by the headers.
KEPT_PAYLOAD = 8
#: No IPv4 total length holds more (frames beyond it need a total length of 0).
LARGEST_DATAGRAM = 65_535


@dataclass(frozen=True, slots=True)
class Ends:
    """Addresses and ports of two ends; side 0 and side 1."""

    addresses: tuple[bytes, bytes]
    """4 or 16 bytes each."""
    ports: tuple[int, int]

    @property
    def is_v6(self) -> bool:
        return len(self.addresses[0]) == 16


@dataclass(slots=True)
class Segment:
    """One TCP segment and how it is wrapped; lengths in bytes, time in ns."""

    side: int
    seq: int = 0
    ack: int = 0
    flags: int = ACK
    window: int = 1000
    length: int = 0
    options: bytes = b""
    time: int = 0
    data_offset: int | None = None
    """Header length in words as written, when it is not the true one."""
    declared: int | None = None
    """IP length as written, when it is not the true one."""
    lower: int = 0
    """Bytes of extra headers between IP and TCP (options or extension headers), a multiple of 8."""
    vlans: tuple[int, ...] = ()
    padding: int = 0
    """Bytes after the IP datagram."""
    missing: int = 0
    """Bytes that the frame's original length lacks at its end."""
    captured: int | None = None
    """Bytes kept from the TCP header on."""
    quote: int | None = None
    """The segment is quoted by an ICMP error, this many bytes of it."""


@dataclass(slots=True)
class Capture:
    """Frames of a capture: time in ns, bytes kept, original length."""

    frames: list[tuple[int, bytes, int]] = field(default_factory=list)
    link: int = _LINK_ETHERNET
    """LINKTYPE_ value."""

    def add(self, ends: Ends, segment: Segment) -> None:
        """Append one frame."""
        data, size = frame(ends, segment)
        self.frames.append((segment.time, data, size))

    def write(self, path: Path, only: list[int] | None = None) -> None:
        """Write a pcap file with nanosecond times; ``only`` picks frames by index."""
        chosen = self.frames if only is None else [self.frames[index] for index in only]
        parts = [struct.pack("<IHHiIII", _PCAP_NS, 2, 4, 0, 0, 262_144, self.link)]
        for time, data, size in chosen:
            parts.append(struct.pack("<IIII", time // 1_000_000_000, time % 1_000_000_000, len(data), size))
            parts.append(data)
        path.write_bytes(b"".join(parts))


def tcp_header(ends: Ends, s: Segment) -> bytes:
    """The TCP header with its options, padded to whole words."""
    options = s.options + bytes(-len(s.options) % 4)
    words = 5 + len(options) // 4 if s.data_offset is None else s.data_offset
    source, target = ends.ports[s.side], ends.ports[1 - s.side]
    head = struct.pack(
        ">HHIIHHHH", source, target, s.seq & M, s.ack & M, (words & 15) << 12 | s.flags & 0xFFF, s.window & 0xFFFF, 0, 0
    )
    return head + options


def frame(ends: Ends, s: Segment) -> tuple[bytes, int]:
    """The bytes kept of the frame that carries ``s``, and its original length."""
    if s.quote is not None:
        return _quoting_frame(ends, s)
    head = tcp_header(ends, s)
    ip = _ip_header(ends, s, 6, len(head) + s.length)
    link = _link(ends.is_v6, s.vlans)
    data = link + ip + head + _FILL[: min(s.length, KEPT_PAYLOAD)]
    size = len(link) + len(ip) + len(head) + s.length
    if s.length <= KEPT_PAYLOAD:
        data += bytes(s.padding)
    size = max(size + s.padding - s.missing, len(link) + len(ip) + 20)
    if s.captured is not None:
        data = data[: len(link) + len(ip) + s.captured]
    return data[:size], size


def _quoting_frame(ends: Ends, s: Segment) -> tuple[bytes, int]:
    """An ICMP "unreachable" from the segment's receiver that quotes its first bytes."""
    head = tcp_header(ends, s)
    inner = _ip_header(ends, s, 6, len(head) + s.length) + head[: s.quote]
    icmp = struct.pack(">BBHI", 1 if ends.is_v6 else 3, 1, 0, 0) + inner
    back = Segment(1 - s.side)
    data = _link(ends.is_v6, ()) + _ip_header(ends, back, 58 if ends.is_v6 else 1, len(icmp)) + icmp
    return data, len(data)


def _link(is_v6: bool, vlans: tuple[int, ...]) -> bytes:
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    return _ETHERNET_MACS + tags + struct.pack(">H", 0x86DD if is_v6 else 0x0800)


def _ip_header(ends: Ends, s: Segment, protocol: int, size: int) -> bytes:
    source, target = ends.addresses[s.side], ends.addresses[1 - s.side]
    if ends.is_v6:
        # One destination-options header, filled by a PadN option.
        extra = b""
        following = protocol
        if s.lower:
            extra = bytes((protocol, s.lower // 8 - 1, 1, s.lower - 4)) + bytes(s.lower - 4)
            following = 60
        written = size + s.lower if s.declared is None else s.declared
        return struct.pack(">IHBB", 6 << 28, written & 0xFFFF, following, 64) + source + target + extra
    written = 20 + s.lower + size if s.declared is None else s.declared
    if written > LARGEST_DATAGRAM:
        written = 0
    head = struct.pack(">BBHHHBBH4s4s", 0x45 + s.lower // 4, 0, written, 0, 0x4000, 64, protocol, 0, source, target)
    return head + b"\x01" * s.lower
