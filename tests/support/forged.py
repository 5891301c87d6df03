"""Conversations with right checksums, into which packets of others are put: forged, damaged, rewritten."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import Enum, auto
from ipaddress import ip_address

from tcptui.wire.checksum import internet_checksum, ones_complement_sum, pseudo_header, tcp_checksum

CLIENT, SERVER = ("10.0.0.1", 40001), ("10.0.0.2", 80)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS = 1_700_000_000_000_000_000


class Sum(Enum):
    """What stands in a segment's checksum field."""

    GOOD = auto()
    BAD = auto()
    OFFLOADED = auto()
    """The pseudo-header's sum, as a sender leaves it to its network card."""


@dataclass
class Wire:
    """Packets of one connection in capture order; numbers are relative, 1 is each side's first byte."""

    isn: tuple[int, int] = (5_000, 90_000)
    ttl: tuple[int, int] = (64, 57)
    step_ms: float = 1.0
    records: list[tuple[int, bytes]] = field(default_factory=list)
    ms: float = 0.0
    sums: Sum = Sum.GOOD
    """Of the segments that ask for none."""
    _ids: list[int] = field(default_factory=lambda: [100, 7_000])

    def send(
        self, side: int, flags: int, seq: int, ack: int = 0, data: bytes = b"", *, sum: Sum | None = None,  # noqa: A002
        ttl: int = 0, window: int = 64_240, wait_ms: float = -1, options: bytes = b"", ip_id: int = -1,
    ) -> int:  # fmt: skip
        """One segment of ``side`` (0 client, 1 server); returns its frame number."""
        return self.ip(side, self.segment(side, flags, seq, ack, data, sum, window, options), ttl, wait_ms, ip_id)

    def segment(
        self, side: int, flags: int, seq: int, ack: int, data: bytes, sum: Sum | None = None,  # noqa: A002
        window: int = 64_240, options: bytes = b"",
    ) -> bytes:  # fmt: skip
        """TCP header and payload."""
        sum = sum or self.sums  # noqa: A001
        (source, port), (target, other) = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
        number = (self.isn[side] + seq) % 2**32
        acked = (self.isn[1 - side] + ack) % 2**32 if flags & ACK else 0
        size = 20 + len(options)
        head = struct.pack("!HHIIHHHH", port, other, number, acked, size // 4 << 12 | flags, window, 0, 0)
        whole = head + options + data
        ends = ip_address(source).packed, ip_address(target).packed
        right = tcp_checksum(*ends, whole)
        if sum is Sum.OFFLOADED:
            right = ones_complement_sum(pseudo_header(*ends, len(whole)))
        elif sum is Sum.BAD:
            right ^= 0x1234
        return whole[:16] + right.to_bytes(2, "big") + whole[18:]

    def ip(
        self, side: int, body: bytes, ttl: int = 0, wait_ms: float = -1, ip_id: int = -1,
        fragment: tuple[int, bool] | None = None, ends: tuple[str, str] | None = None, protocol: int = 6,
    ) -> int:  # fmt: skip
        """One IPv4 packet of ``side``; ``fragment``: its offset and whether more follow; returns its frame number."""
        if ip_id < 0:
            self._ids[side] += 1
            ip_id = self._ids[side]
        source, target = ends or ((CLIENT[0], SERVER[0]) if side == 0 else (SERVER[0], CLIENT[0]))
        offset, more = fragment or (0, False)
        bits = (0x2000 if more else 0) | offset // 8 if fragment else 0x4000
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), ip_id, bits, ttl or self.ttl[side], protocol, 0)
        head += ip_address(source).packed + ip_address(target).packed
        head = head[:10] + internet_checksum(head).to_bytes(2, "big") + head[12:]
        self.ms += self.step_ms if wait_ms < 0 else wait_ms
        self.records.append((START_NS + round(self.ms * 1_000_000), head + body))
        return len(self.records)

    def udp(self, source: tuple[str, int], target: tuple[str, int], data: bytes) -> int:
        """One datagram, whose checksum is left out."""
        body = struct.pack("!HHHH", source[1], target[1], 8 + len(data), 0) + data
        return self.ip(0, body, ends=(source[0], target[0]), protocol=17)

    def open(self, options: bytes = b"\x02\x04\x05\xb4") -> None:
        """The three-way handshake."""
        self.send(0, SYN, 0, options=options)
        self.send(1, SYN | ACK, 0, 1, options=options)
        self.send(0, ACK, 1, 1)

    def close(self, client: int, server: int) -> None:
        """The client closes at number ``client``, the server at ``server``."""
        self.send(0, FIN | ACK, client, server)
        self.send(1, FIN | ACK, server, client + 1)
        self.send(0, ACK, client + 1, server + 1)

    def pcap(self, cut: int | None = None) -> bytes:
        """The packets as a capture of bare IP packets; ``cut``: its snaplen."""
        parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65_535, 101)]
        for time_ns, packet in self.records:
            kept = packet[:cut]
            parts.append(struct.pack("<IIII", *divmod(time_ns, 10**9), len(kept), len(packet)) + kept)
        return b"".join(parts)


def answer(body: bytes, *more: bytes) -> bytes:
    """An HTTP response."""
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *more, b"", body))


REQUEST = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


def conversation(sums: Sum = Sum.GOOD) -> tuple[Wire, int]:
    """A connection up to its acknowledged request, and the client's next number; the server's is 1."""
    wire = Wire(sums=sums)
    wire.open()
    wire.send(0, PSH | ACK, 1, 1, REQUEST)
    wire.send(1, ACK, 1, 1 + len(REQUEST))
    return wire, 1 + len(REQUEST)
