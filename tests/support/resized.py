"""Captures of connections that differ from given ones in numbers alone: the same packets with fewer bytes in them."""

from __future__ import annotations

import gzip
import io
import random
import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import dpkt
from dpkt.tcp import TCP, TH_FIN, TH_RST, TH_SYN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    #: Time in seconds, and the frame.
    Frame = tuple[float, bytes]

_HALF: Final = 1 << 31
_MASK: Final = (1 << 32) - 1
_SACK: Final = 5
#: Pieces of so many bytes, between numbers that are named, are not made shorter.
_KEPT: Final = 8
#: How many times as long a copy lasts, and how unequal its gaps become.
_SLOWER: Final = 0.6, 1.6
_UNEVEN: Final = 0.8, 1.25
#: Seconds: a longer gap is a clock that was set, and stays as it is.
_DAY: Final = 86_400


@dataclass
class _Direction:
    """The numbers of one end that packets name."""

    base: int
    named: set[int] = field(default_factory=set)

    def name(self, number: int) -> None:
        self.named.add(self.relative(number))

    def relative(self, number: int) -> int:
        distance = (number - self.base) & _MASK
        return distance - (1 << 32) if distance >= _HALF else distance

    def shortened(self, by: int) -> dict[int, int]:
        """Each number that is named, and what it becomes where each piece between two of them lacks ``by`` bytes."""
        ordered = sorted(self.named)
        found = {ordered[0]: ordered[0]}
        for before, after in pairwise(ordered):
            length = after - before
            found[after] = found[before] + (length - by if length > _KEPT + by else length)
        return found


def tcp_frames(path: Path) -> list[Frame]:
    """The frames with whole TCP segments in Ethernet and IPv4."""
    found = []
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        reader = dpkt.pcap.UniversalReader(file)
        if reader.datalink() != dpkt.pcap.DLT_EN10MB:
            return []
        for time, frame in reader:
            segment = _segment(frame)
            if segment is not None and len(bytes(segment[1])) == segment[0].len - 4 * segment[0].hl:
                found.append((float(time), bytes(frame)))
    return found


def _segment(frame: bytes) -> tuple[dpkt.ip.IP, TCP] | None:
    try:
        packet = dpkt.ethernet.Ethernet(frame).data
    except dpkt.UnpackError:
        return None
    if not isinstance(packet, dpkt.ip.IP) or not isinstance(packet.data, TCP) or packet.mf or packet.offset:
        return None
    return packet, packet.data


def resized(frames: Iterable[Frame], by: int) -> list[Frame]:
    """``frames`` between other hosts, later and slower, with other windows and hops, and ``by`` bytes fewer.

    No two gaps between packets are prolonged alike: what is a pause in one may be none in another.
    """
    given = [(time, frame, *segment) for time, frame in frames if (segment := _segment(frame)) is not None]
    ends: dict[tuple[bytes, int, bytes, int], _Direction] = {}
    for _, _, packet, tcp in given:
        own, other = _ends(packet, tcp)
        mine = ends.setdefault(own, _Direction(tcp.seq))
        mine.name(tcp.seq)
        mine.name(tcp.seq + len(tcp.data))
        mine.name(tcp.seq + len(tcp.data) + _counted(tcp))
        if tcp.ack or tcp.flags & dpkt.tcp.TH_ACK:
            theirs = ends.setdefault(other, _Direction(tcp.ack))
            for number in (tcp.ack, *_edges(tcp)):
                theirs.name(number)
    maps = {key: (direction, direction.shortened(by)) for key, direction in ends.items()}

    def moved(key: tuple[bytes, int, bytes, int], number: int) -> int:
        direction, found = maps[key]
        return (direction.base + found[direction.relative(number)]) & _MASK

    made = []
    chance = random.Random(by)
    slower = chance.uniform(*_SLOWER) if by else 1.0
    now = before = given[0][0] + by * 0.37 if given else 0.0
    for time, frame, packet, tcp in given:
        gap = time + by * 0.37 - before
        now += gap * slower * chance.uniform(*_UNEVEN) if by and abs(gap) < _DAY else gap
        before = time + by * 0.37
        own, other = _ends(packet, tcp)
        start, end = moved(own, tcp.seq), moved(own, tcp.seq + len(tcp.data))
        if tcp.ack or tcp.flags & dpkt.tcp.TH_ACK:
            tcp.opts = _options(tcp, [moved(other, edge) for edge in _edges(tcp)])
            tcp.ack = moved(other, tcp.ack)
        tcp.seq, tcp.data = start, tcp.data[: (end - start) & _MASK]
        tcp.win = max(tcp.win - by, 1) if tcp.win else 0
        packet.src, packet.dst = (host[:3] + bytes(((host[3] + 8 * by) & 255,)) for host in (packet.src, packet.dst))
        packet.ttl = max(packet.ttl - by % 3, 1)
        packet.len = 4 * packet.hl + len(bytes(tcp))
        packet.sum = tcp.sum = 0
        made.append((now, frame[:14] + bytes(packet)))
    return made


def _ends(packet: dpkt.ip.IP, tcp: TCP) -> tuple[tuple[bytes, int, bytes, int], tuple[bytes, int, bytes, int]]:
    own = packet.src, tcp.sport, packet.dst, tcp.dport
    return own, (packet.dst, tcp.dport, packet.src, tcp.sport)


def _counted(tcp: TCP) -> int:
    return sum(bool(tcp.flags & flag) for flag in (TH_SYN, TH_FIN)) if not tcp.flags & TH_RST else 0


def _edges(tcp: TCP) -> list[int]:
    """The edges of SACK blocks."""
    return [
        edge
        for kind, data in _parsed(tcp)
        if kind == _SACK
        for edge in struct.unpack(f">{len(data) // 4}I", data[: len(data) // 4 * 4])
    ]


def _options(tcp: TCP, edges: list[int]) -> bytes:
    """The options with other ``edges``."""
    if not edges:
        return bytes(tcp.opts)
    place = tcp.opts.index(bytes((_SACK, 2 + 4 * len(edges)))) + 2
    return bytes(tcp.opts[:place]) + struct.pack(f">{len(edges)}I", *edges) + bytes(tcp.opts[place + 4 * len(edges) :])


def _parsed(tcp: TCP) -> list[tuple[int, bytes]]:
    try:
        return list(dpkt.tcp.parse_opts(tcp.opts)) if tcp.opts else []
    except dpkt.UnpackError:
        return []


def pcap_of(frames: Iterable[Frame]) -> bytes:
    """A capture of ``frames``, in order of time."""
    file = io.BytesIO()
    writer = dpkt.pcap.Writer(file, nano=True)
    for time, frame in sorted(frames, key=lambda one: one[0]):
        writer.writepkt(frame, time)
    return file.getvalue()
