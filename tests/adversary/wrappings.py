"""Stacks of link headers, tags and tunnels around the adversary's packets, and their outer fragments.

By `struct` alone, as `packets`.  A packet may be kept shorter than it was (``size`` says how long): all lengths
written are those of the whole.
"""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.adversary.packets import Capture

_MACS: Final = bytes.fromhex("020000000102020000000002")
_SNAP: Final = bytes.fromhex("aaaa03000000")
_DOT11: Final = bytes.fromhex("08010000 020000000001 020000000002 020000000003 0000".replace(" ", ""))
#: What is larger is not put into tunnels: their lengths have sixteen bits.
_LARGEST_INSIDE: Final = 60_000
#: A port that no dissector of tshark claims.
_OWN_PORT: Final = 61_007
#: VLAN identifiers are below this, a power of two: they count in the low bits of tshark's key alone.
_VLANS: Final = 16
_ETHERTYPES: Final = {"ip4": 0x0800, "ip6": 0x86DD, "eth": 0x6558}


@dataclass(frozen=True, slots=True)
class Packet:
    """Bytes kept, the size of the whole, and what begins it: ``ip4``, ``ip6``, ``eth`` or ``done`` (a link's)."""

    kind: str
    data: bytes
    size: int

    def behind(self, kind: str, header: bytes, trailer: int = 0) -> Packet:
        """This packet behind ``header``; a ``trailer`` is there only where all before it was kept."""
        end = bytes(trailer) if len(self.data) == self.size else b""
        return Packet(kind, header + self.data + end, len(header) + self.size + trailer)


Layer = Callable[[random.Random, Packet], Packet]


def _ip4(r: random.Random, p: Packet, protocol: int) -> Packet:
    options = b"\x01" * r.choice((0, 0, 0, 4, 40))
    total = 20 + len(options) + p.size
    if total > 65_535:
        total = 0
    head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, total, r.randrange(1 << 16), 0, 64, protocol, 0)
    return p.behind("ip4", head + bytes((10, 99, 0, 1, 10, 99, 0, 2)) + options)


def _ip6(r: random.Random, p: Packet, following: int) -> Packet:
    extra = b""
    for kind in r.sample((0, 60, 43), r.choice((0, 0, 0, 1, 2))):
        # Padding, or a source route that has been walked to its end.
        extra = bytes((following, 0)) + (bytes(6) if kind == 43 else b"\x01\x04\0\0\0\0") + extra
        following = kind
    address = bytes.fromhex("20010db8") + bytes(11)
    head = struct.pack(">IHBB", 6 << 28, p.size + len(extra), following, 64)
    return p.behind("ip6", head + address + b"\x01" + address + b"\x02" + extra)


def _carried(r: random.Random, p: Packet, protocol: int) -> Packet:
    """``p`` as the payload of an IP datagram of either version."""
    return _ip4(r, p, protocol) if p.size > _LARGEST_INSIDE or r.random() < 0.7 else _ip6(r, p, protocol)


def _udp(r: random.Random, p: Packet, port: int) -> Packet:
    ports = [_OWN_PORT, port]
    r.shuffle(ports)
    head = struct.pack(">4H", *ports, 8 + p.size, 0)
    return _carried(r, p.behind("udp", head), 17)


def _ethernet(r: random.Random, p: Packet) -> Packet:
    """A MAC header, perhaps with tags, or 802.3 with LLC and SNAP; short frames are padded."""
    kind = _ETHERTYPES[p.kind]
    which = r.randrange(8)
    if which == 0 and p.size < 1_400 and p.kind != "eth":
        p = p.behind("eth", _MACS + struct.pack(">H", 8 + p.size) + _SNAP + struct.pack(">H", kind))
    elif which == 1:
        tags = b"".join(struct.pack(">HH", r.choice((0x8100, 0x88A8)), r.randrange(1, _VLANS)) for _ in range(2))
        p = p.behind("eth", _MACS + tags + struct.pack(">H", kind))
    elif which == 2 and p.kind != "eth":
        labels = b"".join(struct.pack(">I", r.randrange(16, 1 << 20) << 12 | 64) for _ in range(r.randrange(3)))
        p = p.behind("eth", _MACS + b"\x88\x47" + labels + struct.pack(">I", r.randrange(16, 1 << 20) << 12 | 0x140))
    elif which == 3 and p.size < 65_000 and p.kind != "eth":
        protocol = b"\0\x21" if p.kind == "ip4" else b"\0\x57"
        p = p.behind("eth", _MACS + struct.pack(">HBBHH", 0x8864, 0x11, 0, 7, 2 + p.size) + protocol)
    else:
        p = p.behind("eth", _MACS + struct.pack(">H", kind))
    return p.behind("eth", b"", trailer=max(0, 60 - p.size) if r.random() < 0.5 else 0)


def _gre(r: random.Random, p: Packet) -> Packet:
    flags = r.choice((0, 0x8000, 0x2000, 0x1000, 0xB000))
    optional = b"".join(bytes(4) for bit in (0x8000, 0x2000, 0x1000) if flags & bit)
    return _carried(r, p.behind("gre", struct.pack(">HH", flags, _ETHERTYPES[p.kind]) + optional), 47)


def _erspan(r: random.Random, p: Packet) -> Packet:
    if p.kind != "eth":
        p = _ethernet(r, p)
    if r.random() < 0.5:
        head = bytes.fromhex("100088be 00000001 10010001 00000000".replace(" ", ""))
    else:
        head = bytes.fromhex("100022eb 00000001 20010001 00000000 00000000".replace(" ", ""))
    return _carried(r, p.behind("gre", head), 47)


def _vxlan(r: random.Random, p: Packet) -> Packet:
    p = p if p.kind == "eth" else _ethernet(r, p)
    return _udp(r, p.behind("vxlan", bytes.fromhex("0800000000000100")), 4789)


def _geneve(r: random.Random, p: Packet) -> Packet:
    words = r.choice((0, 0, 2))
    options = bytes.fromhex("0102800101020304") if words else b""
    return _udp(r, p.behind("geneve", struct.pack(">BBHI", words, 0, _ETHERTYPES[p.kind], 256) + options), 6081)


def _gtp(r: random.Random, p: Packet) -> Packet:
    if p.kind == "eth":
        return p
    optional = r.choice((b"", b"\0\1\0\0"))
    head = struct.pack(">BBHI", 0x32 if optional else 0x30, 255, p.size + len(optional), 1)
    return _udp(r, p.behind("gtp", head + optional), 2152)


def _in_ip(r: random.Random, p: Packet) -> Packet:
    """IP in IP, or Ethernet in IP, directly or behind an authentication header."""
    protocol = {"ip4": 4, "ip6": 41, "eth": 143}[p.kind]
    if r.random() < 0.3:
        p = p.behind("ah", bytes((protocol, 4, 0, 0)) + bytes(20))
        protocol = 51
    return _carried(r, p, protocol)


def _l2tp(r: random.Random, p: Packet) -> Packet:
    if p.kind == "eth":
        return p
    protocol = b"\0\x21" if p.kind == "ip4" else b"\0\x57"
    return _udp(r, p.behind("l2tp", bytes.fromhex("000200010001ff03") + protocol), 1701)


TUNNELS: Final[tuple[Layer, ...]] = (_gre, _gre, _erspan, _vxlan, _vxlan, _geneve, _gtp, _in_ip, _in_ip, _l2tp)


def _cooked(r: random.Random, p: Packet) -> Packet:
    return p.behind("done", bytes.fromhex("0000000100060200000000010000") + struct.pack(">H", _ETHERTYPES[p.kind]))


def _cooked_2(r: random.Random, p: Packet) -> Packet:
    head = struct.pack(">HHIHBB", _ETHERTYPES[p.kind], 0, 1, 1, 0, 6) + bytes(8)
    return p.behind("done", head)


def _only_ip(header: Callable[[str], bytes]) -> Layer:
    def layer(r: random.Random, p: Packet) -> Packet:
        if p.kind == "eth":
            p = _in_ip(r, p)
        return p.behind("done", header(p.kind))

    return layer


def _wlan(r: random.Random, p: Packet) -> Packet:
    if p.kind == "eth":
        p = _in_ip(r, p)
    return p.behind("done", _DOT11 + _SNAP + struct.pack(">H", _ETHERTYPES[p.kind]))


def _radiotap(r: random.Random, p: Packet) -> Packet:
    return _wlan(r, p).behind("done", bytes.fromhex("0000080000000000"))


#: LINKTYPE_ values and what makes a frame of theirs.  Not Frame Relay's: after the first UDP datagram tshark takes all
#: that goes through one circuit for one conversation (tests/corpus/REMAINING.md).
LINKS: Final[dict[int, Layer]] = {
    1: lambda r, p: p if p.kind == "eth" else _ethernet(r, p),
    113: _cooked,
    276: _cooked_2,
    101: _only_ip(lambda _kind: b""),
    0: _only_ip(lambda kind: b"\x02\0\0\0" if kind == "ip4" else b"\x1e\0\0\0"),
    108: _only_ip(lambda kind: b"\0\0\0\x02" if kind == "ip4" else b"\0\0\0\x18"),
    9: _only_ip(lambda kind: b"\xff\x03\0\x21" if kind == "ip4" else b"\0\x57"),
    104: _only_ip(lambda kind: b"\x0f\0\x08\0" if kind == "ip4" else b"\x0f\0\x86\xdd"),
    105: _wlan,
    127: _radiotap,
}


def _pieces(r: random.Random, p: Packet, label: int) -> Iterator[Packet]:
    """The datagram ``p``, identified by ``label``, in fragments: doubled, overlapping, missing, in any order."""
    six = p.kind == "ip6"
    fixed = 40 if six else (p.data[0] & 15) * 4
    head, body = p.data[:fixed], p.data[fixed:]
    cuts = sorted({0, len(body), *(8 * r.randrange(len(body) // 8 + 1) for _ in range(r.choice((0, 1, 2, 5))))})
    parts = list(itertools.pairwise(cuts))
    trouble = r.randrange(10)
    if trouble == 0:
        parts.append(r.choice(parts))
    elif trouble == 1:
        parts.remove(r.choice(parts))
    elif trouble == 2:
        begin = 8 * r.randrange(len(body) // 8 + 1)
        parts.append((begin, min(len(body), begin + 8 * r.randrange(1, 5))))
    if r.random() < 0.3:
        r.shuffle(parts)
    for begin, end in parts:
        more = end < len(body)
        if six:
            part = struct.pack(">BBHI", head[6], 0, begin | more, label) + body[begin:end]
            data = head[:4] + struct.pack(">HB", len(part), 44) + head[7:] + part
        else:
            data = struct.pack(">BBHHH", head[0], 0, fixed + end - begin, label, more << 13 | begin // 8) + head[8:]
            data += body[begin:end]
        yield Packet(p.kind, data, len(data))


class Wrapper:
    """Puts frames of the adversary, as it writes them for Ethernet, into stacks of headers of one link type."""

    def __init__(self, r: random.Random, link: int, fragmented: float = 0.1, cut: float = 0.0) -> None:
        self._r, self._link = r, link
        self._fragmented, self._cut = fragmented, cut
        self._keys: set[int] = set()

    def wrap(self, capture: Capture) -> Capture:
        """Every frame of ``capture`` in a stack of its own."""
        done = Capture(link=self._link)
        for time, data, size in capture.frames:
            done.frames += [(time, *frame) for frame in self._frames(data, size)]
        return done

    def _frames(self, data: bytes, size: int) -> Iterator[tuple[bytes, int]]:
        r = self._r
        packet = Packet({b"\x08\0": "ip4", b"\x86\xdd": "ip6"}.get(data[12:14], "eth"), data[14:], size - 14)
        if packet.kind == "eth":
            packet = Packet("eth", data, size)
        for _ in range(r.choice((0, 1, 1, 2, 3))):
            if packet.size < _LARGEST_INSIDE:
                packet = r.choice(TUNNELS)(r, packet)
        packets: list[Packet] = [packet]
        # Only a datagram that was kept whole, without what may stand behind it.
        whole = packet.kind != "eth" and len(packet.data) == packet.size < 60_000
        if whole and r.random() < self._fragmented and _fills(packet):
            packets = list(_pieces(r, packet, self._label(packet)))
        for piece in packets:
            framed = LINKS[self._link](r, piece)
            kept = len(framed.data)
            if r.random() < self._cut:
                kept = r.randrange(min(16, kept), kept + 1)
            yield framed.data[:kept], framed.size

    def _label(self, packet: Packet) -> int:
        """An identification number for ``packet`` in fragments that tshark, too, takes for another than all before.

        Its table of fragments has the number XOR the protocol XOR the VLAN identifier as its key (``packet-ip.c``), so
        that fragments of two protocols or VLANs between the same addresses are put together; for RFC 791 (section 3.2)
        these are two datagrams.  Each fragment may have another VLAN.
        """
        protocol = packet.data[9] if packet.kind == "ip4" else 0
        while ((label := self._r.randrange(1, 1 << 16)) ^ protocol) // _VLANS in self._keys:
            pass
        self._keys.add((label ^ protocol) // _VLANS)
        return label


def _fills(p: Packet) -> bool:
    """Whether the datagram's own length is that of the packet, and it is not in pieces yet."""
    if p.kind == "ip6":
        return p.size == 40 + struct.unpack_from(">H", p.data, 4)[0] and p.data[6] != 44
    return p.size == struct.unpack_from(">H", p.data, 2)[0] and p.data[0] & 15 >= 5
