"""A TCP client that sends what it is told to, right or wrong, from an address that no kernel has."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass, field

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
_ETHERTYPE = 0x0800
#: Only a failing test waits so long, in seconds.
_DEADLINE_S = 60


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2 + len(data) % 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@dataclass
class RawClient:
    """One connection; ``link`` is an AF_PACKET socket at the client's interface.  Numbers are relative to SYNs."""

    link: socket.socket
    macs: tuple[bytes, bytes]
    """Ours, and the peer's."""
    ends: tuple[str, int, str, int]
    stamp: int = 1000
    """Of the timestamp option; 0: none."""
    first: int = 70_000
    peer_first: int = 0
    sent: list[bytes] = field(default_factory=list)
    """All frames, in order."""

    def send(
        self, flags: int, seq: int = 1, ack: int = 1, payload: bytes = b"", *, stamp: int | None = None,
        sum_is_wrong: bool = False,
    ) -> None:  # fmt: skip
        """Send one segment."""
        source, port, target, peer_port = self.ends
        addresses = socket.inet_aton(source) + socket.inet_aton(target)
        options = b""
        if self.stamp:
            value = self.stamp if stamp is None else stamp
            options = b"\x01\x01\x08\x0a" + struct.pack(">II", value, self.peer_stamp if not flags & SYN else 0)
        length = 20 + len(options)
        numbers = struct.pack(">II", (self.first + seq) % 2**32, (self.peer_first + ack) % 2**32 if flags & ACK else 0)
        begin = struct.pack(">HH", port, peer_port) + numbers + struct.pack(">BBH", length // 4 << 4, flags, 60_000)
        pseudo = addresses + struct.pack(">BBH", 0, 6, length + len(payload))
        right = _checksum(pseudo + begin + bytes(4) + options + payload)
        segment = begin + struct.pack(">HH", right ^ (0x5555 if sum_is_wrong else 0), 0) + options + payload
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), len(self.sent) + 1, 0x4000, 64, 6, 0) + addresses
        head = head[:10] + struct.pack(">H", _checksum(head)) + head[12:]
        frame = self.macs[1] + self.macs[0] + struct.pack(">H", _ETHERTYPE) + head + segment
        self.sent.append(frame)
        self.link.send(frame)

    peer_stamp: int = 0

    def connect(self) -> None:
        """Open the connection: SYN, and the ACK of the SYN-ACK."""
        self.send(SYN, seq=0)
        give_up = time.monotonic() + _DEADLINE_S
        while time.monotonic() < give_up:
            frame = self.link.recv(2000)
            ip = frame[14:]
            tcp = ip[(ip[0] & 15) * 4 :]
            if frame[12:14] != b"\x08\x00" or ip[9] != 6 or struct.unpack_from(">H", tcp, 2)[0] != self.ends[1]:
                continue
            if tcp[13] & (SYN | ACK) == SYN | ACK:
                self.peer_first = struct.unpack_from(">I", tcp, 4)[0]
                at = tcp.find(b"\x08\x0a", 20)
                self.peer_stamp = struct.unpack_from(">I", tcp, at + 2)[0] if at > 0 else 0
                self.send(ACK)
                return
        raise AssertionError("no SYN-ACK came")
