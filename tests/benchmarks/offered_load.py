"""A sender of many TCP connections' packets at a steady rate; used by capture_rate.py inside a namespace.

    python tests/benchmarks/offered_load.py INTERFACE RATE SECONDS FRAME_BYTES

Each system call gives the kernel one large segment of one connection, which it cuts into packets before they reach
the interface (packet(7): PACKET_VNET_HDR; the interface must not take large ones itself: ``ethtool -K … tso off tx
off``).  That costs 0.7 us of processor time for each small packet and 1.1 us for each full one, eight times less than
`sendmmsg`: on two cores, with ten other processes running, 300,000 small packets a second, and one core could do
1.3 million.  They go to a hardware address nobody has: no stack answers, a promiscuous capture sees
them.  Prints one JSON object: packets offered and seconds taken.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from typing import Final

CONNECTIONS: Final = 256
#: Packets a system call; also the longest burst.
BATCH: Final = 64
ETHERNET: Final = b"\x02\x00\x00\x00\x00\x99\x02\x00\x00\x00\x00\x01\x08\x00"
HEADERS: Final = len(ETHERNET) + 20 + 20
SERVER: Final = bytes([10, 78, 0, 2])
SYN, ACK, PUSH = 0x02, 0x10, 0x08
_SOL_PACKET, _PACKET_VNET_HDR = 263, 15
#: struct virtio_net_hdr: flags, kind of segments, bytes of headers, bytes of a segment, where the checksum is.
_LARGE: Final = struct.Struct("=BBHHHH")
_NEEDS_CHECKSUM, _TCP_OVER_IPV4 = 1, 1
_LONGEST: Final = 65_000


def checksum(data: bytes) -> int:
    """RFC 1071, not inverted."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def headers(connection: int, flags: int, length: int, *, from_client: bool, sequence: int, ack: int) -> bytes:
    """IP and TCP before ``length`` bytes; the TCP checksum is that of the pseudo-header, for the kernel to go on."""
    client = bytes([10, 78, 1, connection & 0xFF])
    ports = (20_000 + connection, 80)
    addresses, port_pair = (client + SERVER, ports) if from_client else (SERVER + client, ports[::-1])
    pseudo = checksum(addresses + struct.pack(">HH", 6, 20 + length))
    ip = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 40 + length, 0, 0x4000, 64, 6, 0) + addresses)
    struct.pack_into(">H", ip, 10, ~checksum(bytes(ip)) & 0xFFFF)
    return bytes(ip) + struct.pack(">HHIIBBHHH", *port_pair, sequence, ack, 5 << 4, flags, 65_000, pseudo, 0)


class Large:
    """The next large segment of each connection."""

    def __init__(self, frame_bytes: int) -> None:
        size = max(frame_bytes - HEADERS, 1)
        self.packets = max(1, min(BATCH, _LONGEST // size))
        self._data = (bytes(97 + index % 26 for index in range(size))) * self.packets
        where = len(ETHERNET) + 20
        self._before = _LARGE.pack(_NEEDS_CHECKSUM, _TCP_OVER_IPV4, HEADERS, size, where, 16) + ETHERNET
        self._headers = [
            headers(number, PUSH | ACK, len(self._data), from_client=False, sequence=0, ack=1)
            for number in range(CONNECTIONS)
        ]
        self._sequence = [1] * CONNECTIONS

    def next(self, number: int) -> bytes:
        """What follows on the last one of connection ``number``."""
        sequence, known = self._sequence[number], self._headers[number]
        self._sequence[number] = (sequence + len(self._data)) & 0xFFFF_FFFF
        return self._before + known[:24] + sequence.to_bytes(4, "big") + known[28:] + self._data


def open_connections(sender: socket.socket) -> int:
    """A handshake for each connection; how many packets that was."""
    alone = _LARGE.pack(_NEEDS_CHECKSUM, 0, 0, 0, len(ETHERNET) + 20, 16) + ETHERNET
    for number in range(CONNECTIONS):
        sender.send(alone + headers(number, SYN, 0, from_client=True, sequence=0, ack=0))
        sender.send(alone + headers(number, SYN | ACK, 0, from_client=False, sequence=0, ack=1))
        sender.send(alone + headers(number, ACK, 0, from_client=True, sequence=1, ack=1))
    return 3 * CONNECTIONS


def send(interface: str, rate: int, seconds: float, frame_bytes: int) -> tuple[int, float]:
    """Offer ``rate`` packets a second; packets and seconds that it came to."""
    large = Large(frame_bytes)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        sender.bind((interface, 0))
        offered = open_connections(sender)
        sent, wanted, number = 0, int(rate * seconds), 0
        started = time.perf_counter()
        while sent < wanted:
            ahead = started + sent / rate - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            sender.send(large.next(number))
            sent, number = sent + large.packets, (number + 1) % CONNECTIONS
            if time.perf_counter() - started > 1.5 * seconds:
                break  # the rate is beyond this machine: what was offered is said
        took = time.perf_counter() - started
    return offered + sent, took


def main() -> int:
    """Send as the command line says."""
    interface, rate, seconds, frame_bytes = sys.argv[1:]
    offered, took = send(interface, int(rate), float(seconds), int(frame_bytes))
    print(json.dumps({"offered": offered, "seconds": took}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
