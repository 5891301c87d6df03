"""Connections written as two captures, one near each end of a path, and what truly became of every packet.

The client is beside A, the server beside B, whose clock is wrong by what a `Path` says.  Time is counted, nothing is
measured: the same seed gives the same bytes.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path as FilePath

SYN, ACK, FIN, RST, PSH = 2, 16, 1, 4, 8
BEGAN_NS: Final = 1_700_000_000_000_000_000
_MS: Final = 1_000_000
_SIZE: Final = 1_000


@dataclass(frozen=True)
class Path:
    """What lies between A and B, and how each captures."""

    there_ns: int = 10 * _MS
    """Least time from A to B, …"""
    back_ns: int = 15 * _MS
    jitter_ns: int = 3 * _MS
    loss: float = 0.0
    """Share of packets that are lost between."""
    copied: float = 0.0
    """Share of packets that arrive twice, …"""
    copied_by_a: float = 0.0
    """… and that A's capture has twice."""
    missed_by_a: float = 0.0
    """Share of packets that A's capture misses."""
    missed_by_b: float = 0.0
    offset_ns: int = 0
    """What must be added to B's clock to get A's, …"""
    drift: float = 0.0
    """… how it grows with A's time, …"""
    step_ns: int = 0
    """… and what is added from `step_at_ns` on."""
    step_at_ns: int = 0
    hops: int = 3
    translated: bool = False
    """Whether B sees another address and port of the client."""
    renumbered: bool = False
    """Whether B sees other sequence numbers of both ends."""
    cookies: bool = False
    """Whether B sees other sequence numbers of the server, whose first one a device between made up."""
    mss: int = 1_460
    """That B sees of the client's SYN."""
    dscp: int = 0
    """That B sees of what A sent with 46."""
    stamps: bool = True
    """TCP timestamps."""
    numbered: bool = True
    """Whether IP packet numbers count, …"""
    number: int = 0
    """… and which one all packets have where they do not."""
    joins: int = 1
    """How many segments A has in one packet, before segmentation offload cuts it."""
    snaplen: int = 65_535

    def offset_at(self, time_ns: int) -> int:
        """The offset at a time of A, since `BEGAN_NS`."""
        stepped = self.step_ns if self.step_ns and time_ns >= self.step_at_ns else 0
        return self.offset_ns + round(self.drift * time_ns) + stepped


@dataclass
class World:
    """Both captures, and the truth."""

    path: Path
    seed: int
    connections: int = 3
    rounds: int = 6
    reuse_ports: bool = False
    """Whether all connections have one client port."""
    records: tuple[list[tuple[int, bytes, int]], list[tuple[int, bytes, int]]] = field(default_factory=lambda: ([], []))
    """Of A and of B, in the order of capture: true time, bytes, number of the packet (of its first piece)."""
    lost: set[int] = field(default_factory=set)
    """Numbers of packets that were lost between."""
    copies: set[tuple[int, int]] = field(default_factory=set)
    """Second copies that the path made: the point that has them, and their true time."""
    names: tuple[list[tuple[int, int]], list[tuple[int, int]]] = field(default_factory=lambda: ([], []))

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._number = 0
        self._ids = {"C": self._random.randrange(1, 60_000), "S": self._random.randrange(1, 60_000)}
        for number in range(self.connections):
            self._connection(number, number * 40 * _MS if not self.reuse_ports else number * 4_000 * _MS)
        for records in self.records:
            records.sort()

    # -- one packet -------------------------------------------------------------------------------
    def _send(
        self, at: int, sender: str, port: int, seq: int, ack: int, flags: int, payload: bytes = b"", *, pieces: int = 1,
        moved: tuple[int, int] = (0, 0), isn: tuple[int, int] = (0, 0),
    ) -> int | None:  # fmt: skip
        """When it arrives; None: it does not.  ``at``: when it is sent, since `BEGAN_NS`."""
        path, draw = self.path, self._random
        least = path.there_ns if sender == "C" else path.back_ns
        stamp = isn[sender == "S"] % 100_000 + at // _MS
        size = max(1, -(-len(payload) // pieces))
        whole = [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]
        arrives: int | None = at
        first = self._number
        delay = least + round(draw.expovariate(1) * path.jitter_ns * draw.random())
        for place, piece in enumerate(whole):
            number, self._number = self._number, self._number + 1
            packet_id = self._ids[sender] if path.numbered else path.number
            self._ids[sender] = self._ids[sender] % 65_000 + 1
            at_b = at + delay + place * 1_000 if sender == "C" else at
            at_a = at if sender == "C" else at + delay + place * 1_000
            arguments = sender, port, (seq + place * size) % 2**32, ack, flags, piece, stamp, packet_id
            if sender == "C":
                if place == 0:
                    self._record(
                        0, at_a, self._bytes("A", sender, port, seq, ack, flags, payload, stamp, packet_id), first
                    )
                if draw.random() < path.loss:
                    self.lost.add(number)
                    arrives = None
                    continue
                self._record(1, at_b, self._bytes("B", *arguments, moved=moved), number)
                self._copy(1, at_b, self._bytes("B", *arguments, moved=moved), number)
            else:
                self._record(1, at_b, self._bytes("B", *arguments, moved=moved), number)
                if draw.random() < path.loss:
                    self.lost.add(number)
                    arrives = None
                    continue
                self._record(0, at_a, self._bytes("A", *arguments), number)
                self._copy(0, at_a, self._bytes("A", *arguments), number)
            if arrives is not None:
                arrives = max(at_a, at_b)
        return arrives

    def _record(self, point: int, at: int, data: bytes, number: int) -> None:
        if self._random.random() < (self.path.missed_by_a, self.path.missed_by_b)[point]:
            return
        self.records[point].append((at, data, number))
        if point == 0 and self.path.copied_by_a and self._random.random() < self.path.copied_by_a:
            self.records[point].append((at + 300, data, number))

    def _copy(self, point: int, at: int, data: bytes, number: int) -> None:
        """Have the packet arrive a second time, perhaps."""
        if self.path.copied and self._random.random() < self.path.copied:
            again = at + self._random.randrange(20_000, 900_000)
            self.copies.add((point, again))
            self.records[point].append((again, data, number))

    def _bytes(
        self, point: str, sender: str, port: int, seq: int, ack: int, flags: int, payload: bytes, stamp: int,
        packet_id: int, *, moved: tuple[int, int] = (0, 0), echo: int = 7,
    ) -> bytes:  # fmt: skip
        path, beside = self.path, (point == "A") == (sender == "C")
        if point == "B":
            seq = (seq + moved[sender == "S"]) % 2**32
            ack = (ack + moved[sender == "C"]) % 2**32 if flags & ACK else 0
        translated = path.translated and point == "B"
        client = (
            (bytes((198, 51, 100, 7)), 20_000 + (port * 7) % 40_000) if translated else (bytes((10, 0, 0, 1)), port)
        )
        source, target = (client, (bytes((192, 0, 2, 9)), 443))[:: 1 if sender == "C" else -1]
        options = b""
        if flags & SYN:
            options += struct.pack(">BBH", 2, 4, path.mss if point == "B" and sender == "C" else 1_460)
        if path.stamps:
            options += struct.pack(">BBBBII", 1, 1, 8, 10, stamp, echo)
        tos = path.dscp << 2 if point == "B" and sender == "C" else 46 << 2
        head = (20 + len(options)) // 4 << 12 | flags
        tcp = struct.pack(">HHIIHHHH", source[1], target[1], seq, ack, head, 500, 0, 0) + options + payload
        ttl = 64 if beside else 64 - path.hops
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, tos, 20 + len(tcp), packet_id, 0, ttl, 6, 0, source[0], target[0])
        return ip + tcp

    # -- one connection ---------------------------------------------------------------------------
    def _connection(self, number: int, at: int) -> None:
        draw, port = self._random, 40_000 if self.reuse_ports else 40_000 + number
        isn = draw.randrange(2**32), draw.randrange(2**32)
        moved = (draw.randrange(1, 2**32), draw.randrange(1, 2**32)) if self.path.renumbered else (0, 0)
        moved = (0, draw.randrange(1, 2**32)) if self.path.cookies else moved
        nxt = {"C": isn[0], "S": isn[1]}

        def deliver(at: int, sender: str, flags: int, payload: bytes = b"", pieces: int = 1) -> int:
            """Send it until it has arrived."""
            other = "S" if sender == "C" else "C"
            ack = nxt[other] if flags & ACK else 0
            for attempt in range(12):
                arrived = self._send(
                    at, sender, port, nxt[sender], ack, flags, payload, pieces=pieces, moved=moved, isn=isn
                )
                if arrived is not None:
                    break
                at += 250 * _MS << min(attempt, 3)
            else:
                raise AssertionError
            nxt[sender] = (nxt[sender] + len(payload) + bool(flags & (SYN | FIN))) % 2**32
            return arrived

        def acknowledge(at: int, sender: str) -> None:
            other = "S" if sender == "C" else "C"
            self._send(at, sender, port, nxt[sender], nxt[other], ACK, moved=moved, isn=isn)

        at = deliver(at, "C", SYN)
        at = deliver(at + 20_000, "S", SYN | ACK)
        acknowledge(at + 10_000, "C")
        for _ in range(self.rounds):
            asked = draw.randbytes(draw.randrange(40, 400))
            at = deliver(at + draw.randrange(5, 300) * _MS, "C", ACK | PSH, asked)
            acknowledge(at + 10_000, "S")
            at = deliver(at + draw.randrange(1, 60) * _MS, "S", ACK | PSH, draw.randbytes(_SIZE))
            acknowledge(at + 10_000, "C")
            if self.path.joins > 1:
                sent = draw.randbytes(_SIZE * self.path.joins)
                at = deliver(at + 5 * _MS, "C", ACK | PSH, sent, self.path.joins)
                acknowledge(at + 10_000, "S")
        at = deliver(at + _MS, "C", ACK | FIN)
        at = deliver(at + _MS, "S", ACK | FIN)
        acknowledge(at + 10_000, "C")

    # -- files and truth --------------------------------------------------------------------------
    def write(self, folder: FilePath) -> tuple[FilePath, FilePath]:
        """Both captures, as raw IP with nanoseconds."""
        paths = folder / f"a{self.seed}.pcap", folder / f"b{self.seed}.pcap"
        for point, (path, records) in enumerate(zip(paths, self.records, strict=True)):
            with path.open("wb") as out:
                out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
                for at, data, _ in records:
                    when = at - self.path.offset_at(at) if point else at
                    seconds, rest = divmod(BEGAN_NS + when, 1_000_000_000)
                    kept = data[: self.path.snaplen]
                    out.write(struct.pack("<IIII", seconds, rest, len(kept), len(data)) + kept)
        return paths

    def frames(self, point: int) -> dict[int, int]:
        """The number of each packet by its frame at ``point``."""
        return {frame: number for frame, (_, _, number) in enumerate(self.records[point], 1)}

    def only(self, point: int) -> dict[int, bool]:
        """The frames that only ``point`` has, each with whether it was lost between the points."""
        seen = {number for _, _, number in self.records[1 - point]}
        return {frame: number in self.lost for frame, number in self.frames(point).items() if number not in seen}
