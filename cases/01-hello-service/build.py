"""Rebuilds the capture of a published header listing, byte by byte, and proves that it fits.

The document prints ten frames header by header, as Wireshark does, but the capture itself is not
published.  Every header field and all text of both HTTP messages are in the listing, so the bytes
follow from it.  What proves them right: every printed length, every IP header checksum, and the
TCP checksum of the frames that came in from the network (1, 3, 4, 7, 8, 10).  On the server's own
frames (2, 5, 6, 9) the printed value is the pseudo-header's sum alone: the capture was made on the
server, before its network card had computed the rest.

    python cases/01-hello-service/build.py
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tcptui.wire.checksum import internet_checksum, ones_complement_sum, pseudo_header, tcp_checksum

CAPTURE: Final = Path(__file__).with_name("hello-service.pcapng")
COMMENT: Final = (
    "Rebuilt from a header listing published by its author (Wireshark's text of ten frames), not recorded: "
    "every field is as printed there; lengths, IP header checksums and the TCP checksums of the received "
    "frames were recomputed and agree."
)

#: 2024-09-18 07:01:32 UTC, the second in which all frames fall.
SECOND: Final = 1726642892

CLIENT: Final = bytes((192, 168, 0, 50))
SERVER: Final = bytes((192, 168, 0, 52))
CLIENT_PORT: Final = 58626
SERVER_PORT: Final = 8080
CLIENT_CARD: Final = bytes.fromhex("000c29c2890b")
SERVER_CARD: Final = bytes.fromhex("000c29e479a0")

COOKED_V1: Final = 113
UNICAST_TO_US, SENT_BY_US = 0, 4
ETHERNET_HARDWARE: Final = 1
IPV4: Final = 0x0800
DONT_FRAGMENT: Final = 0x4000
TCP: Final = 6
TIME_TO_LIVE: Final = 64
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
PUSH: Final = PSH | ACK

REQUEST: Final = (
    b"GET /hello?name=world HTTP/1.1\r\nUser-Agent: curl/7.29.0\r\nHost: 192.168.0.52:8080\r\nAccept: */*\r\n\r\n"
)
RESPONSE: Final = (
    b"HTTP/1.1 200 \r\n"
    b"Content-Type: text/plain;charset=UTF-8\r\n"
    b"Content-Length: 12\r\n"
    b"Date: Wed, 18 Sep 2024 07:01:32 GMT\r\n"
    b"\r\n"
    b"hello, world"
)


@dataclass(frozen=True, slots=True)
class Printed:
    """One frame's fields as the listing prints them."""

    time_us: int
    """Since `SECOND`."""
    from_server: bool
    frame_length: int
    ip_id: int
    ip_checksum: int
    seq: int
    ack: int
    flags: int
    window: int
    tcp_checksum: int
    ts_value: int
    ts_echo: int
    payload: bytes = b""


# fmt: off
LISTING: Final = (
    Printed(461594, False, 76, 0x886D, 0x3098, 2169630313, 0, SYN, 29200, 0x79B2, 3433988, 0),
    Printed(461716, True, 76, 0x0000, 0xB905, 828247081, 2169630314, SYN | ACK, 28960, 0x81E5, 3803829, 3433988),
    Printed(462032, False, 68, 0x886E, 0x309F, 2169630314, 828247082, ACK, 229, 0xD121, 3433989, 3803829),
    Printed(462094, False, 165, 0x886F, 0x303D, 2169630314, 828247082, PUSH, 229, 0xD4CD, 3433989, 3803829, REQUEST),
    Printed(462102, True, 68, 0x069F, 0xB26E, 828247082, 2169630411, ACK, 227, 0x81DD, 3803829, 3433989),
    Printed(464705, True, 194, 0x06A0, 0xB1EF, 828247082, 2169630411, PUSH, 227, 0x825B, 3803832, 3433989, RESPONSE),
    Printed(464966, False, 68, 0x8870, 0x309D, 2169630411, 828247208, ACK, 229, 0xD03C, 3433992, 3803832),
    Printed(465122, False, 68, 0x8871, 0x309C, 2169630411, 828247208, FIN | ACK, 229, 0xD03B, 3433992, 3803832),
    Printed(465519, True, 68, 0x06A1, 0xB26C, 828247208, 2169630412, FIN | ACK, 227, 0x81DD, 3803832, 3433992),
    Printed(465734, False, 68, 0x8872, 0x309B, 2169630412, 828247209, ACK, 229, 0xD039, 3433993, 3803832),
)
# fmt: on


def tcp_options(printed: Printed) -> bytes:
    """A SYN offers MSS 1460, SACK, timestamps and a window shift of 7; the rest carry timestamps."""
    times = struct.pack("!BBII", 8, 10, printed.ts_value, printed.ts_echo)
    if printed.flags & SYN:
        return struct.pack("!BBH", 2, 4, 1460) + bytes((4, 2)) + times + bytes((1, 3, 3, 7))
    return bytes((1, 1)) + times


def frame_bytes(printed: Printed) -> bytes:
    """The frame from the cooked header to the last payload byte."""
    source, target = (SERVER, CLIENT) if printed.from_server else (CLIENT, SERVER)
    ports = (SERVER_PORT, CLIENT_PORT) if printed.from_server else (CLIENT_PORT, SERVER_PORT)
    direction = SENT_BY_US if printed.from_server else UNICAST_TO_US
    card = SERVER_CARD if printed.from_server else CLIENT_CARD
    cooked = struct.pack("!HHH6s2sH", direction, ETHERNET_HARDWARE, len(card), card, bytes(2), IPV4)
    options = tcp_options(printed)
    offset = (20 + len(options)) // 4
    numbers = (*ports, printed.seq, printed.ack, offset << 12 | printed.flags, printed.window, printed.tcp_checksum, 0)
    segment = struct.pack("!HHIIHHHH", *numbers) + options + printed.payload
    first = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(segment), printed.ip_id, DONT_FRAGMENT, TIME_TO_LIVE, TCP)
    checksum = internet_checksum(first + bytes(2) + source + target)
    packet = first + struct.pack("!H", checksum) + source + target
    return cooked + packet + segment


def check(number: int, printed: Printed, frame: bytes) -> None:
    """Raises ValueError where the bytes contradict what the listing prints."""
    packet, segment = frame[16:36], frame[36:]
    if len(frame) != printed.frame_length:
        raise ValueError(f"frame {number}: {len(frame)} bytes, printed {printed.frame_length}")
    if ones_complement_sum(packet) != 0xFFFF or int.from_bytes(packet[10:12], "big") != printed.ip_checksum:
        raise ValueError(f"frame {number}: IP header checksum is {packet[10:12].hex()}")
    source, target = packet[12:16], packet[16:20]
    if printed.from_server:
        fits = ones_complement_sum(pseudo_header(source, target, len(segment))) == printed.tcp_checksum
    else:
        fits = tcp_checksum(source, target, segment) == printed.tcp_checksum
    if not fits:
        raise ValueError(f"frame {number}: TCP checksum {printed.tcp_checksum:04x} does not fit")


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def capture_bytes() -> bytes:
    """The whole pcapng file: section (with the comment), interface, ten packets in microseconds."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(1, COMMENT.encode()) + bytes(4)
    blocks = [_block(0x0A0D0D0A, section), _block(1, struct.pack("<HHI", COOKED_V1, 0, 262144))]
    for number, printed in enumerate(LISTING, 1):
        frame = frame_bytes(printed)
        check(number, printed, frame)
        high, low = (moment := SECOND * 10**6 + printed.time_us) >> 32, moment & 0xFFFF_FFFF
        head = struct.pack("<IIIII", 0, high, low, len(frame), len(frame))
        blocks.append(_block(6, head + frame + bytes(-len(frame) % 4)))
    return b"".join(blocks)


if __name__ == "__main__":
    CAPTURE.write_bytes(capture_bytes())
