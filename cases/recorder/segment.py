"""What the link sees of a frame: the TCP header, and how to change it or make one.

Only what the bench's own hosts send: Ethernet II, IPv4 or IPv6 without extension headers, TCP.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ETHERNET: Final = 14
IPV4: Final = 0x0800
IPV6: Final = 0x86DD
PROTOCOL_TCP: Final = 6
PROTOCOL_ICMP: Final = 1
PROTOCOL_ICMP6: Final = 58
PROTOCOL_UDP: Final = 17
DNS_PORT: Final = 53
OPTION_END: Final = 0
OPTION_PAD: Final = 1
OPTION_MSS: Final = 2
OPTION_SACK: Final = 5


class Flag(IntFlag):
    """TCP control bits (RFC 9293, 3.1)."""

    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the headers of a TCP frame begin."""

    ip: int
    tcp: int
    payload: int
    end: int
    ipv6: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """The TCP header of one frame, with numbers as on the wire."""

    layout: Layout
    source_port: int
    destination_port: int
    seq: int
    ack: int
    flags: Flag
    window: int
    length: int
    """Payload bytes."""
    frame_length: int

    @property
    def space(self) -> int:
        """Sequence numbers it uses: payload, SYN and FIN."""
        return self.length + bool(self.flags & Flag.SYN) + bool(self.flags & Flag.FIN)


def layout_of(frame: bytes) -> Layout | None:
    """Where a TCP frame's headers begin; None for anything else."""
    if len(frame) < ETHERNET + 40:
        return None
    kind = int.from_bytes(frame[12:14])
    if kind == IPV4 and frame[ETHERNET + 9] == PROTOCOL_TCP:
        tcp = ETHERNET + (frame[ETHERNET] & 15) * 4
        end = ETHERNET + int.from_bytes(frame[ETHERNET + 2 : ETHERNET + 4])
    elif kind == IPV6 and frame[ETHERNET + 6] == PROTOCOL_TCP:
        tcp = ETHERNET + 40
        end = tcp + int.from_bytes(frame[ETHERNET + 4 : ETHERNET + 6])
    else:
        return None
    return Layout(ETHERNET, tcp, tcp + (frame[tcp + 12] >> 4) * 4, end, kind == IPV6)


def parse(frame: bytes) -> Segment | None:
    """The TCP header in ``frame``, or None when it carries none."""
    layout = layout_of(frame)
    if layout is None:
        return None
    source, destination, seq, ack, _, flags, window = struct.unpack_from("!HHIIBBH", frame, layout.tcp)
    return Segment(
        layout, source, destination, seq, ack, Flag(flags & 31), window, layout.end - layout.payload, len(frame)
    )


def belongs_in_capture(frame: bytes) -> bool:
    """TCP, the ICMP errors about it, and DNS over UDP; not what the hosts chatter about their link."""
    if parse(frame) is not None or _is_dns(frame):
        return True
    kind = int.from_bytes(frame[12:14])
    if kind == IPV4:
        return frame[ETHERNET + 9] == PROTOCOL_ICMP
    return kind == IPV6 and frame[ETHERNET + 6] == PROTOCOL_ICMP6 and frame[ETHERNET + 40] < 128


def _is_dns(frame: bytes) -> bool:
    """Whether it is a UDP datagram over IPv4 from or to the port of DNS."""
    if int.from_bytes(frame[12:14]) != IPV4 or frame[ETHERNET + 9] != PROTOCOL_UDP:
        return False
    begin = ETHERNET + (frame[ETHERNET] & 15) * 4
    return DNS_PORT in struct.unpack_from("!HH", frame, begin)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def repaired(frame: bytes) -> bytes:
    """``frame`` with its lengths and checksums made right again."""
    layout = layout_of(frame)
    if layout is None:
        return frame
    fixed = bytearray(frame)
    _repair_ip(fixed, layout)
    header = _pseudo_header(fixed, layout, PROTOCOL_TCP)
    fixed[layout.tcp + 16 : layout.tcp + 18] = b"\0\0"
    fixed[layout.tcp + 16 : layout.tcp + 18] = checksum(header + bytes(fixed[layout.tcp :])).to_bytes(2)
    return bytes(fixed)


def _repair_ip(frame: bytearray, layout: Layout) -> None:
    ip = layout.ip
    if layout.ipv6:
        frame[ip + 4 : ip + 6] = (len(frame) - layout.tcp).to_bytes(2)
        return
    frame[ip + 2 : ip + 4] = (len(frame) - ip).to_bytes(2)
    frame[ip + 10 : ip + 12] = b"\0\0"
    frame[ip + 10 : ip + 12] = checksum(bytes(frame[ip : layout.tcp])).to_bytes(2)


def _pseudo_header(frame: bytes | bytearray, layout: Layout, protocol: int) -> bytes:
    length = len(frame) - layout.tcp
    if layout.ipv6:
        return bytes(frame[layout.ip + 8 : layout.ip + 40]) + struct.pack("!II", length, protocol)
    return bytes(frame[layout.ip + 12 : layout.ip + 20]) + struct.pack("!HH", protocol, length)


def aged(frame: bytes, hops: int) -> bytes:
    """``frame`` as it looks after so many routers: a smaller TTL."""
    kind = int.from_bytes(frame[12:14])
    old = bytearray(frame)
    if kind == IPV6:
        old[ETHERNET + 7] -= hops
    elif kind == IPV4:
        old[ETHERNET + 8] -= hops
        header = ETHERNET + (old[ETHERNET] & 15) * 4
        old[ETHERNET + 10 : ETHERNET + 12] = b"\0\0"
        old[ETHERNET + 10 : ETHERNET + 12] = checksum(bytes(old[ETHERNET:header])).to_bytes(2)
    return bytes(old)


# -- changes that middleboxes make -----------------------------------------------------


def _options(frame: bytes, layout: Layout) -> list[tuple[int, int, int]]:
    """The options as (kind, begin, end), offsets into the frame."""
    found = []
    at = layout.tcp + 20
    while at < layout.payload and frame[at] != OPTION_END:
        size = 1 if frame[at] == OPTION_PAD else max(frame[at + 1], 2)
        found.append((frame[at], at, at + size))
        at += size
    return found


def _with_options(frame: bytes, kind: int, change: Callable[[bytes], bytes]) -> bytes:
    """``frame`` with each option of this kind as ``change`` makes it of the old one, of the same size."""
    layout = layout_of(frame)
    if layout is None:
        return frame
    changed = bytearray(frame)
    for found, begin, end in _options(frame, layout):
        if found == kind:
            changed[begin:end] = change(frame[begin:end])
    return repaired(bytes(changed))


def without_option(frame: bytes, kind: int) -> bytes:
    """``frame`` with every option of this kind turned into padding, as a firewall that strips options does."""
    return _with_options(frame, kind, lambda option: bytes([OPTION_PAD]) * len(option))


def with_smaller_mss(frame: bytes, mss: int) -> bytes:
    """``frame`` with its MSS option lowered to ``mss``, as a router in front of a tunnel does."""
    return _with_options(
        frame, OPTION_MSS, lambda option: option[:2] + min(int.from_bytes(option[2:4]), mss).to_bytes(2) + option[4:]
    )


def with_shifted_sack(frame: bytes, by: int) -> bytes:
    """``frame`` with the edges of its SACK blocks moved ``by``, as a firewall leaves them that renumbers all else."""

    def shifted(option: bytes) -> bytes:
        edges = (int.from_bytes(option[at : at + 4]) + by for at in range(2, len(option), 4))
        return option[:2] + b"".join((edge & 0xFFFF_FFFF).to_bytes(4) for edge in edges)

    return _with_options(frame, OPTION_SACK, shifted)


def with_flipped_payload(frame: bytes, offset: int = 0) -> bytes:
    """``frame`` with one payload byte inverted and the checksum left as it was."""
    layout = layout_of(frame)
    if layout is None or layout.payload + offset >= layout.end:
        return frame
    changed = bytearray(frame)
    changed[layout.payload + offset] ^= 0xFF
    return bytes(changed)


# -- frames that nobody sent -----------------------------------------------------------


def crafted(
    like: bytes,
    *,
    flags: Flag,
    seq: int,
    ack: int = 0,
    window: int = 0,
    payload: bytes = b"",
    ttl: int = 64,
    reverse: bool = False,
) -> bytes:
    """A segment without options between the ends of ``like``; ``reverse`` sends it the other way.

    Raises ValueError when ``like`` is not a TCP frame.
    """
    layout = layout_of(like)
    if layout is None:
        raise ValueError("not a TCP frame")
    frame = bytearray(like[: layout.tcp]) + struct.pack(
        "!HHIIBBHHH", *struct.unpack_from("!HH", like, layout.tcp), seq, ack, 5 << 4, int(flags), window, 0, 0
    )
    frame += payload
    if layout.ipv6:
        frame[layout.ip + 7] = ttl
    else:
        frame[layout.ip + 4 : layout.ip + 6] = b"\0\0"
        frame[layout.ip + 8] = ttl
    return repaired(_turned_round(bytes(frame), layout) if reverse else bytes(frame))


def _turned_round(frame: bytes, layout: Layout) -> bytes:
    """``frame`` with source and destination swapped in every header."""
    turned = bytearray(frame)
    turned[0:6], turned[6:12] = frame[6:12], frame[0:6]
    begin, size = (layout.ip + 8, 16) if layout.ipv6 else (layout.ip + 12, 4)
    turned[begin : begin + size] = frame[begin + size : begin + 2 * size]
    turned[begin + size : begin + 2 * size] = frame[begin : begin + size]
    turned[layout.tcp : layout.tcp + 2] = frame[layout.tcp + 2 : layout.tcp + 4]
    turned[layout.tcp + 2 : layout.tcp + 4] = frame[layout.tcp : layout.tcp + 2]
    return bytes(turned)


def too_big(frame: bytes, mtu: int, router: str) -> bytes:
    """The router's ICMP answer to an IPv4 frame that is too big for the next hop (RFC 1191, 4).

    Raises ValueError for IPv6.
    """
    layout = layout_of(frame)
    if layout is None or layout.ipv6:
        raise ValueError("only for TCP over IPv4")
    quote = frame[layout.ip : layout.tcp + 8]
    message = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + quote
    message = message[:2] + checksum(message).to_bytes(2) + message[4:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0x4000, 64, PROTOCOL_ICMP, 0)
    header += socket.inet_aton(router) + frame[layout.ip + 12 : layout.ip + 16]
    header = header[:10] + checksum(header).to_bytes(2) + header[12:]
    return frame[6:12] + frame[0:6] + frame[12:14] + header + message
