"""Packets and capture files in few lines: what the modules of shapes build from."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
CLIENT: Final = b"\x0a\x00\x00\x01"
SERVER: Final = b"\x0a\x00\x00\x02"
#: Initial sequence numbers.
CLIENT_ISN: Final = 1_000
SERVER_ISN: Final = 9_000
#: Link types of libpcap.
ETHERNET: Final = 1
RAW: Final = 101
_MASK: Final = 0xFFFF_FFFF
_RECORD: Final = 16
_MILLISECOND_NS: Final = 1_000_000


def ip(data: bytes, protocol: int = 6, *, source: bytes = CLIENT, target: bytes = SERVER, **more: int) -> bytes:
    """IPv4; ``more``: number, ttl, tos, and fragment (flags and offset)."""
    number, ttl, tos, fragment = (more.get(name, 0) for name in ("number", "ttl", "tos", "fragment"))
    length = 20 + len(data)
    return struct.pack(
        ">BBHHHBBH4s4s", 0x45, tos, length & 0xFFFF, number & 0xFFFF, fragment, ttl or 64, protocol, 0, source, target
    ) + data  # fmt: skip


def ipv6(data: bytes, following: int = 6) -> bytes:
    """IPv6 between two hosts."""
    ends = (b"\xfd" + bytes(14) + end[-1:] for end in (CLIENT, SERVER))
    return struct.pack(">IHBB16s16s", 6 << 28, len(data) & 0xFFFF, following, 64, *ends) + data


def udp(sport: int, dport: int, data: bytes) -> bytes:
    """A datagram without a checksum."""
    return struct.pack(">HHHH", sport & 0xFFFF, dport & 0xFFFF, 8 + len(data), 0) + data


def ethernet(data: bytes, ethertype: int = 0x0800) -> bytes:
    """An Ethernet frame."""
    return b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01" + struct.pack(">H", ethertype) + data


@dataclass(frozen=True)
class Pair:
    """Two ends of TCP connections, and the segments that each sends, by relative numbers."""

    port: int = 40_000
    sport: int = 80
    client: bytes = CLIENT
    server: bytes = SERVER
    base: int = 0
    """What is added to both initial sequence numbers."""

    def c(self, flags: int, seq: int, ack: int, data: bytes = b"", **more: int | bytes) -> bytes:
        """A segment of the client; ``more``: window, options, and what `ip` takes."""
        isns = CLIENT_ISN, SERVER_ISN
        return self._segment((self.client, self.server), (self.port, self.sport), isns, flags, seq, ack, data, **more)

    def s(self, flags: int, seq: int, ack: int, data: bytes = b"", **more: int | bytes) -> bytes:
        """A segment of the server."""
        isns = SERVER_ISN, CLIENT_ISN
        return self._segment((self.server, self.client), (self.sport, self.port), isns, flags, seq, ack, data, **more)

    def _segment(
        self,
        hosts: tuple[bytes, bytes],
        ports: tuple[int, int],
        isns: tuple[int, int],
        flags: int,
        seq: int,
        ack: int,
        data: bytes,
        *,
        window: int = 8_192,
        options: bytes = b"",
        **more: int,
    ) -> bytes:
        options += b"\x01" * (-len(options) % 4)
        head = struct.pack(
            ">HHIIBBHHH",
            *(port & 0xFFFF for port in ports),
            (seq + isns[0] + self.base) & _MASK,
            (ack + isns[1] + self.base) & _MASK if flags & ACK else 0,
            (20 + len(options)) // 4 << 4,
            flags,
            window,
            0,
            0,
        )
        return ip(head + options + data, source=hosts[0], target=hosts[1], **more)

    def opened(self, options: bytes = b"\x02\x04\x05\xb4\x04\x02") -> list[bytes]:
        """The handshake; the next numbers are 1."""
        return [
            self.c(SYN, 0, 0, options=options),
            self.s(SYN | ACK, 0, 1, options=options),
            self.c(ACK, 1, 1),
        ]


def stamps(value: int, echo: int) -> bytes:
    """The option of time stamps (RFC 7323)."""
    return struct.pack(">BBBBII", 1, 1, 8, 10, value & _MASK, echo & _MASK)


def sacks(isn: int, *blocks: tuple[int, int]) -> bytes:
    """The option SACK (RFC 2018) about the numbers that begin at ``isn``."""
    body = b"".join(struct.pack(">II", (left + isn) & _MASK, (right + isn) & _MASK) for left, right in blocks)
    return struct.pack(">BBBB", 1, 1, 5, 2 + len(body)) + body


def pcap(octets: int, frames: Iterable[bytes], *, link: int = RAW, every_ns: int = _MILLISECOND_NS) -> bytes:
    """A nanosecond pcap of as many of the ``frames`` as fit into ``octets``; the first ten always do."""
    return timed_pcap(octets, ((number * every_ns, frame) for number, frame in enumerate(frames)), link=link)


def timed_pcap(octets: int, frames: Iterable[tuple[int, bytes]], *, link: int = RAW) -> bytes:
    """`pcap` of frames that have their times in nanoseconds."""
    written = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, link)]
    size = 24
    for time_ns, frame in frames:
        if size > octets and len(written) > 10:
            break
        seconds, rest = divmod(time_ns, 1_000_000_000)
        written.append(struct.pack("<IIII", (1_000_000_000 + seconds) & _MASK, rest, len(frame), len(frame)) + frame)
        size += _RECORD + len(frame)
    return b"".join(written)


@dataclass
class Blocks:
    """A pcapng of one section that grows up to a size."""

    octets: int
    written: list[bytes] = field(default_factory=list)
    size: int = 0

    def __post_init__(self) -> None:
        self.block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))

    @property
    def has_room(self) -> bool:
        """Whether the file is still smaller than it shall be."""
        return self.size < self.octets

    def block(self, kind: int, body: bytes) -> None:
        """Any block; ``body`` is padded."""
        body += bytes(-len(body) % 4)
        whole = struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))
        self.written.append(whole)
        self.size += len(whole)

    def interface(self, link: int = RAW, options: bytes = b"") -> None:
        """An Interface Description Block."""
        self.block(1, struct.pack("<HHI", link, 0, 0) + options)

    def packet(self, frame: bytes, options: bytes = b"", interface: int = 0) -> None:
        """An Enhanced Packet Block; packets are a millisecond apart."""
        ticks = 1_000_000_000_000_000 + 1_000 * len(self.written)
        head = struct.pack("<IIIII", interface, ticks >> 32, ticks & _MASK, len(frame), len(frame))
        self.block(6, head + frame + bytes(-len(frame) % 4) + options)

    def file(self) -> bytes:
        """The whole file."""
        return b"".join(self.written)


def option(code: int, value: bytes) -> bytes:
    """An option of a pcapng block."""
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)
