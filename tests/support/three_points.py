"""A `two_points.World` with a third capture amid the path, and on which hop every packet was lost."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from two_points import BEGAN_NS, World

if TYPE_CHECKING:
    from pathlib import Path

_CLIENT: Final = bytes((10, 0, 0, 1))
_OUTSIDE: Final = bytes((198, 51, 100, 7))
#: TTL less the one at the sender, of the client's packets and of the server's.
_HOPS: Final = {True: 1, False: 2}


@dataclass
class Triple:
    """Three captures: client, middle, server."""

    world: World
    seed: int = 1
    translated_first: bool = True
    """Whether a translator of the world is before the middle, as seen from the client."""
    share: float = 0.4
    """Of the way that lies before the middle."""
    lost_first: float = 0.5
    """Of lost packets those that were lost before they reached the middle, whichever way they travelled."""
    missed: float = 0.0
    """Share of packets that the capture in the middle misses."""
    offset_ns: int = 0
    """What must be added to the middle's clock to get the client's."""
    without: frozenset[int] = frozenset()
    """Client ports of connections that the middle does not see."""
    records: list[tuple[int, bytes, int]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    """Numbers of packets that passed the middle, …"""
    unseen: set[int] = field(default_factory=set)
    """… and of those its capture missed."""

    def __post_init__(self) -> None:
        draw = random.Random(self.seed)
        at_ends: list[dict[int, tuple[int, bytes]]] = [
            {number: (at, data) for at, data, number in records} for records in self.world.records
        ]
        ports = {self._outside(port): port for port in range(40_000, 40_000 + self.world.connections)}
        path = self.world.path
        for number in sorted(at_ends[0].keys() | at_ends[1].keys()):
            point, (at, data) = next((end, each[number]) for end, each in enumerate(at_ends) if number in each)
            source = data[12:16] in {_CLIENT, _OUTSIDE}
            port = struct.unpack(">H", data[20:22] if source else data[22:24])[0]
            inside = ports.get(port, port) if path.translated and point else port
            if inside in self.without or (number in self.world.lost and draw.random() < self.lost_first):
                continue
            both = [each[number][0] for each in at_ends if number in each]
            least = path.there_ns if source else path.back_ns
            begins = point == (0 if source else 1)
            before = self.share if source else 1 - self.share
            if len(both) == 2:
                start, took = (both[0], both[1] - both[0]) if source else (both[1], both[0] - both[1])
                when = start + round(took * before)
            else:
                when = at + round(least * before) if begins else at - round(least * (1 - before))
            self.seen.add(number)
            if draw.random() < self.missed:
                self.unseen.add(number)
                continue
            self.records.append((when, self._moved(data, inside, source=source), number))
        self.records.sort()

    @staticmethod
    def _outside(port: int) -> int:
        return 20_000 + (port * 7) % 40_000

    def _moved(self, data: bytes, inside: int, *, source: bool) -> bytes:
        """The packet as the middle sees it."""
        changed = bytearray(data)
        changed[8] = 64 - _HOPS[source]
        if self.world.path.translated:
            outside = self.translated_first
            address, port = (_OUTSIDE, self._outside(inside)) if outside else (_CLIENT, inside)
            places = (12, 20) if source else (16, 22)
            changed[places[0] : places[0] + 4] = address
            changed[places[1] : places[1] + 2] = struct.pack(">H", port)
        return bytes(changed)

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """The captures of client, middle and server."""
        client, server = self.world.write(folder)
        middle = folder / f"m{self.seed}.pcap"
        with middle.open("wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
            for at, data, _ in self.records:
                seconds, rest = divmod(BEGAN_NS + at - self.offset_ns, 1_000_000_000)
                out.write(struct.pack("<IIII", seconds, rest, len(data), len(data)) + data)
        return client, middle, server

    def frames(self) -> dict[int, int]:
        """The number of each packet by its frame in the middle."""
        return {frame: number for frame, (_, _, number) in enumerate(self.records, 1)}
