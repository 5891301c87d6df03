"""A sender of many TCP connections' packets at a steady rate; used by capture_rate.py inside a namespace.

    python tests/benchmarks/offered_load.py INTERFACE RATE SECONDS FRAME_BYTES

Frames are made once in an array; for each pass over it NumPy moves their sequence numbers on and mends the
checksums, and `sendmmsg` gives them to an AF_PACKET socket without a queue in between, a batch a call.  On two
cores of 2.6 GHz that reaches about 800,000 small packets a second, which leaves the tools under test the other core.
They go to a hardware address nobody has: no stack answers, a promiscuous capture sees them.  Prints one
JSON object: packets offered and seconds taken.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import sys
import time
from typing import Any, Final

import numpy as np

CONNECTIONS: Final = 256
#: Frames in the array: each connection's next sixteen packets.
FRAMES: Final = 16 * CONNECTIONS
#: Packets a system call; also the longest burst.
BATCH: Final = 64
ETHERNET: Final = 14
HEADERS: Final = ETHERNET + 20 + 20
SERVER: Final = bytes([10, 78, 0, 2])
SYN, ACK, PUSH = 0x02, 0x10, 0x08
_SOL_PACKET, _PACKET_QDISC_BYPASS = 263, 20


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """``struct mmsghdr`` of 64-bit Linux."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint),
    )


def frame(connection: int, flags: int, *, from_client: bool, sequence: int, ack: int, payload: bytes) -> bytes:
    """An Ethernet frame with good checksums."""
    client = bytes([10, 78, 1, connection & 0xFF])
    ports = (20_000 + connection, 80)
    addresses = (client, SERVER) if from_client else (SERVER, client)
    port_pair = ports if from_client else ports[::-1]
    tcp = bytearray(struct.pack(">HHIIBBHHH", *port_pair, sequence, ack, 5 << 4, flags, 65_000, 0, 0)) + payload
    pseudo = b"".join(addresses) + struct.pack(">HH", 6, len(tcp))
    struct.pack_into(">H", tcp, 16, checksum(pseudo + bytes(tcp)))
    ip = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + b"".join(addresses))
    struct.pack_into(">H", ip, 10, checksum(bytes(ip)))
    return b"\x02\x00\x00\x00\x00\x99\x02\x00\x00\x00\x00\x01\x08\x00" + bytes(ip) + bytes(tcp)


def checksum(data: bytes) -> int:
    """RFC 1071."""
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2")
    total = int(words.sum(dtype=np.uint64))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Frames:
    """All frames side by side, and what `sendmmsg` wants to know of them."""

    def __init__(self, frame_bytes: int) -> None:
        payload = bytes(97 + index % 26 for index in range(max(frame_bytes - HEADERS, 0)))
        self._step = FRAMES // CONNECTIONS * len(payload)
        made = [
            frame(
                number % CONNECTIONS,
                PUSH | ACK,
                from_client=False,
                sequence=1 + number // CONNECTIONS * len(payload),
                ack=1,
                payload=payload,
            )
            for number in range(FRAMES)
        ]
        self.array = np.array([np.frombuffer(each, np.uint8) for each in made])
        tcp = ETHERNET + 20
        self._sequence = self.array[:, tcp + 4 : tcp + 8].view(">u4")[:, 0]
        self._checksum = self.array[:, tcp + 16 : tcp + 18].view(">u2")[:, 0]

    def move_on(self) -> None:
        """Each connection's packets follow on those of the pass before (RFC 1624 for the checksum)."""
        old = self._sequence.astype(np.uint32)
        new = old + np.uint32(self._step)
        total = (~self._checksum.astype(np.uint32) & 0xFFFF) + (~(old >> 16) & 0xFFFF) + (~old & 0xFFFF)
        total += (new >> 16) + (new & 0xFFFF)
        for _ in range(2):
            total = (total & 0xFFFF) + (total >> 16)
        self._checksum[:] = ~total & 0xFFFF
        self._sequence[:] = new

    def messages(self) -> Any:
        """One ``struct mmsghdr`` a frame."""
        base, length = self.array.ctypes.data, self.array.shape[1]
        vectors = (_Vector * FRAMES)(*(_Vector(base + index * length, length) for index in range(FRAMES)))
        first, size = ctypes.addressof(vectors), ctypes.sizeof(_Vector)
        messages = (_Message * FRAMES)(
            *(_Message(None, 0, first + index * size, 1, None, 0, 0, 0) for index in range(FRAMES))
        )
        messages.kept = vectors
        return messages


def open_connections(sender: socket.socket) -> int:
    """A handshake for each connection; how many packets that was."""
    for number in range(CONNECTIONS):
        sender.send(frame(number, SYN, from_client=True, sequence=0, ack=0, payload=b""))
        sender.send(frame(number, SYN | ACK, from_client=False, sequence=0, ack=1, payload=b""))
        sender.send(frame(number, ACK, from_client=True, sequence=1, ack=1, payload=b""))
    return 3 * CONNECTIONS


def send(interface: str, rate: int, seconds: float, frame_bytes: int) -> tuple[int, float]:
    """Offer ``rate`` packets a second; packets and seconds that it came to."""
    libc = ctypes.CDLL(None, use_errno=True)
    frames = Frames(frame_bytes)
    messages = frames.messages()
    message_bytes = ctypes.sizeof(_Message)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        sender.bind((interface, 0))
        offered = open_connections(sender)
        sent, position, wanted = 0, 0, int(rate * seconds)
        started = time.perf_counter()
        while sent < wanted:
            ahead = started + sent / rate - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            size = min(BATCH, FRAMES - position, wanted - sent)
            done = libc.sendmmsg(sender.fileno(), ctypes.byref(messages, position * message_bytes), size, 0)
            if done < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            sent, position = sent + done, position + done
            if position == FRAMES:
                position = 0
                frames.move_on()
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
