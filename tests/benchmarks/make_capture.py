"""Write captures of many connections, of which a share is in trouble: shapes that hurt a report.

    python tests/benchmarks/make_capture.py OUT.pcap SHAPE [--connections N] [--snaplen N] [--seed N]

``short``: ten packets each (opened, a request, an answer, closed), three in a hundred of them in trouble: refused,
unanswered, reset, sent again, late, out of memory (zero window).  ``trouble``: five packets each, and every one has
something wrong with it.  ``transfers``: some 130 packets each, most of them full, with the same share in trouble as
``short``.  ``varied-`` before the name: every length is its own, and of transfers every number of segments, as in real
captures.  ``mixed``: all of these at random, some of them in tunnels, in VLANs or in IP fragments, and UDP between
them: to compare outputs.  ``--snaplen`` keeps that many bytes of each packet.  Deterministic: the same words write the
same bytes.
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
_START_NS: Final = 1_700_000_000_000_000_000
#: Time from the start of one connection to that of the next: several are open at any time.
_EVERY_NS: Final = 2_000_000
_FILE_HEAD: Final = struct.Struct("<IHHiIII")
_ETHERNET: Final = bytes(12) + b"\x08\x00"
_MS: Final = 1_000_000

#: Nanoseconds after the connection's start, and the frame.
Record = tuple[int, bytes]


class Talk:
    """The packets of one connection, one after the other."""

    def __init__(self, number: int, rng: random.Random, *, varied: bool = False) -> None:
        """``varied``: how many bytes it carries is its own, and of several requests how many."""
        self.rng = rng
        self.varied = varied
        self.asks, self.answers = (rng.randrange(40, 1_400), rng.randrange(40, 1_400)) if varied else (120, 400)
        """Bytes of a request and of a short answer."""
        self.records: list[Record] = []
        self._now = 0
        client = struct.pack(">I", 0x0A000000 | number >> 6 & 0xFFFF)
        server = struct.pack(">I", 0xC0000200 | number & 7)
        ports = 1024 + number % 60_000, (80, 443, 5432, 6379)[number & 3]
        self._ends = (client, server), (server, client)
        self._ports = ports, ports[::-1]
        self._base = [rng.getrandbits(32), rng.getrandbits(32)]
        self._ids = [rng.getrandbits(16), rng.getrandbits(16)]
        self.sent = [0, 0]
        """Next relative number of client and server."""
        self.way = rng.choice((1, 5, 20)) * _MS

    def say(self, side: int, flags: int, wait_ms: float = 0.1, length: int = 0, body: bytes = b"", **odd: int) -> None:
        """One segment of ``side``: ``body``, or ``length`` bytes; ``odd``: its own ``seq``, ``ack`` or ``window``."""
        body = body or b"x" * length
        length = len(body)
        self._now += round(wait_ms * _MS) + self.rng.randrange(20_000)
        seq, ack = odd.get("seq", self.sent[side]), odd.get("ack", self.sent[1 - side]) if flags & ACK else 0
        raw_ack = (self._base[1 - side] + ack) & 0xFFFFFFFF if flags & ACK else 0
        stamps = b"\x01\x01\x08\x0a" + struct.pack(">II", self._now // _MS + 1, self._now // _MS)
        options = b"\x02\x04\x05\xb4\x04\x02" + stamps[2:] + b"\x01\x03\x03\x07" if flags & SYN else stamps
        options = b"" if flags & RST else options
        ports, (source, target) = self._ports[side], self._ends[side]
        tcp = struct.pack(
            ">HHIIHHHH", *ports, (self._base[side] + seq) & 0xFFFFFFFF, raw_ack,
            (20 + len(options)) // 4 << 12 | flags, odd.get("window", 502 if not flags & SYN else 64_240), 0, 0,
        )  # fmt: skip
        size = 20 + len(tcp) + len(options) + length
        self._ids[side] = (self._ids[side] + 1) & 0xFFFF
        head = struct.pack(">BBHHHBBH", 0x45, 0, size, self._ids[side], 0x4000, 64, 6, 0) + source + target
        self.records.append((self._now, _ETHERNET + head + tcp + options + body))
        self.sent[side] = max(self.sent[side], seq + length + bool(flags & SYN) + bool(flags & FIN))

    def send_udp(self, side: int, body: bytes) -> None:
        """One datagram of ``side``."""
        self._now += self.way + self.rng.randrange(20_000)
        udp = struct.pack(">HHHH", *self._ports[side], 8 + len(body), 0) + body
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0) + b"".join(self._ends[side])
        self.records.append((self._now, _ETHERNET + head + udp))

    @property
    def trip_ms(self) -> float:
        """The round trip between both ends."""
        return self.way / _MS

    def open(self) -> None:
        """Three packets."""
        self.say(0, SYN)
        self.say(1, SYN | ACK, self.trip_ms)
        self.say(0, ACK)

    def close(self, side: int = 0) -> None:
        """Three packets."""
        self.say(side, FIN | ACK, 1)
        self.say(1 - side, FIN | ACK, self.trip_ms)
        self.say(side, ACK)


def healthy(talk: Talk) -> None:
    """Ten packets in which nothing goes wrong."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(1, ACK, talk.trip_ms)
    talk.say(1, PSH | ACK, talk.rng.choice((1, 10, 60)), talk.answers)
    talk.say(0, ACK)
    talk.close()


def transfer(talk: Talk) -> None:
    """Ten requests, each answered with eight full segments: 136 packets; varied: up to 19 requests, and 15 segments."""
    talk.open()
    for _ in range(talk.rng.randrange(1, 20) if talk.varied else 10):
        asks, segments, last = talk.asks, 8, 1448
        if talk.varied:
            asks, segments, last = (talk.rng.randrange(1, most) for most in (1_400, 16, 1_449))
        talk.say(0, PSH | ACK, 5, asks)
        for place in range(segments):
            ends = place == segments - 1
            flags, wait_ms = PSH | ACK if ends else ACK, 0.05 if place else talk.trip_ms
            talk.say(1, flags, wait_ms, last if ends else 1448)
            if place % 2 or ends:
                talk.say(0, ACK)
    talk.close()


def refused(talk: Talk) -> None:
    """A SYN that is answered by RST, four times over."""
    for _ in range(5):
        talk.say(0, SYN, 500, seq=0)
        talk.say(1, RST | ACK, talk.trip_ms, seq=0, ack=1, window=0)


def unanswered(talk: Talk) -> None:
    """SYNs that nobody answers."""
    for wait in (0.1, 1_000, 2_000, 4_000, 8_000):
        talk.say(0, SYN, wait, seq=0)


def reset(talk: Talk) -> None:
    """The server resets instead of answering."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(1, RST, talk.trip_ms, window=0)


def reset_later(talk: Talk) -> None:
    """A whole exchange, then the client resets."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(1, ACK, talk.trip_ms)
    talk.say(1, PSH | ACK, 5, talk.answers)
    talk.say(0, ACK)
    talk.say(0, PSH | ACK, 5, talk.asks)
    talk.say(1, ACK, talk.trip_ms)
    talk.say(0, RST | ACK, 5, window=0)


def lost_request(talk: Talk) -> None:
    """The request is sent again after the timer expired."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(0, PSH | ACK, 220, talk.asks, seq=1)
    talk.say(1, PSH | ACK, talk.trip_ms, talk.answers)
    talk.say(0, ACK)
    talk.close()


def lost_answer(talk: Talk) -> None:
    """One segment of the answer is lost before this capture point, and sent again."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(1, ACK, talk.trip_ms, 1448)
    talk.say(1, PSH | ACK, 0.1, 1448, seq=talk.sent[1] + 1448)
    talk.say(0, ACK, 0.1, ack=1449)
    talk.say(1, ACK, 210, 1448, seq=1449)
    talk.say(0, ACK)
    talk.say(1, RST, 1)


def slow_answer(talk: Talk) -> None:
    """The server thinks for seconds."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(1, ACK, talk.trip_ms)
    talk.say(1, PSH | ACK, 2_500, talk.answers)
    talk.say(0, ACK)
    talk.close()


def full(talk: Talk) -> None:
    """The client's window closes, and opens half a second later."""
    talk.open()
    talk.say(1, PSH | ACK, talk.trip_ms, 1448)
    talk.say(0, ACK, 0.1, window=0)
    talk.say(0, ACK, 500)
    talk.say(1, PSH | ACK, talk.trip_ms, 1448)
    talk.close(1)


def syn_again(talk: Talk) -> None:
    """The first SYN is lost; the connection is reset in the end."""
    talk.say(0, SYN, seq=0)
    talk.say(0, SYN, 1_000, seq=0)
    talk.say(1, SYN | ACK, talk.trip_ms)
    talk.say(0, ACK)
    talk.say(0, RST | ACK, 10, window=0)


def asked_twice(talk: Talk) -> None:
    """A request without an answer, sent again."""
    talk.open()
    talk.say(0, PSH | ACK, 0.2, talk.asks)
    talk.say(0, PSH | ACK, 220, talk.asks, seq=1)


def half_refused(talk: Talk) -> None:
    """A SYN-ACK that comes three times, because the third packet never arrives, and a RST."""
    talk.say(0, SYN)
    talk.say(1, SYN | ACK, talk.trip_ms)
    talk.say(1, SYN | ACK, 1_000, seq=0)
    talk.say(1, SYN | ACK, 2_000, seq=0)
    talk.say(0, RST, 1, seq=1)


def hole(talk: Talk) -> None:
    """A capture that missed the request."""
    talk.open()
    talk.say(1, PSH | ACK, talk.trip_ms, talk.answers, ack=1 + talk.asks)
    talk.say(0, FIN | ACK, 1, seq=1 + talk.asks)


def datagrams(talk: Talk) -> None:
    """No TCP: queries over UDP, half of them unanswered."""
    for number in range(4):
        for side in (0, 1)[: 1 + talk.rng.randrange(2)]:
            body = struct.pack(">HHHHHH", number, 0x8000 * side | 0x100, 0, 0, 0, 0) + bytes(talk.rng.randrange(64))
            talk.send_udp(side, body)


def _vlan(frame: bytes) -> list[bytes]:
    return [frame[:12] + b"\x81\x00\x00\x07" + frame[12:]]


def _outer(protocol: int, body: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0)
    return _ETHERNET + head + b"\xc0\x00\x02\x09\xc0\x00\x02\x0a" + body


def _in_ip(frame: bytes) -> list[bytes]:
    return [_outer(4, frame[14:])]


def _in_gre(frame: bytes) -> list[bytes]:
    return [_outer(47, b"\x00\x00\x08\x00" + frame[14:])]


def _in_vxlan(frame: bytes) -> list[bytes]:
    vxlan = b"\x08\x00\x00\x00\x00\x00\x2a\x00" + frame
    return [_outer(17, struct.pack(">HHHH", 50_000, 4_789, 8 + len(vxlan), 0) + vxlan)]


def _in_pieces(frame: bytes) -> list[bytes]:
    """Fragments of at most 512 bytes of IP payload each."""
    head, body = frame[:34], frame[34:]
    pieces = []
    for begin in range(0, len(body), 512):
        piece = body[begin : begin + 512]
        place = begin // 8 | (0x2000 if begin + 512 < len(body) else 0)
        size = struct.pack(">H", 20 + len(piece))
        pieces.append(head[:16] + size + head[18:20] + struct.pack(">H", place) + head[22:] + piece)
    return pieces


#: How the frames of a connection in a mixed capture travel, and how often of a hundred times; else as they are.
_DRESSES: Final = ((_vlan, 6), (_in_ip, 6), (_in_gre, 6), (_in_vxlan, 6), (_in_pieces, 8))


def dressed(records: list[Record], rng: random.Random) -> list[Record]:
    """``records`` of one connection in one of `_DRESSES`, or as they are."""
    drawn = rng.randrange(100)
    for dress, share in _DRESSES:
        if drawn < share:
            return [(time_ns + at, piece) for time_ns, frame in records for at, piece in enumerate(dress(frame))]
        drawn -= share
    return records


Story = Callable[[Talk], None]
#: What goes wrong in three of a hundred connections, and in all of them.
TROUBLES: Final[tuple[Story, ...]] = (
    refused, unanswered, reset, reset_later, lost_request, lost_answer, slow_answer, full,
)  # fmt: skip
SHORT_TROUBLES: Final[tuple[Story, ...]] = (unanswered, reset, syn_again, asked_twice, half_refused, hole)


@dataclass(frozen=True)
class Shape:
    """What happens in the connections of a capture."""

    ordinary: Story
    percent: int
    """Of a hundred connections those in trouble."""
    troubles: tuple[Story, ...]
    """What happens to these."""
    connections: int
    """How many there are unless somebody says otherwise."""
    at_once: int
    """Connections whose packets are sorted by time together."""
    dressed: bool = False
    """Whether some are in tunnels, in VLANs or in fragments."""
    varied: bool = False
    """Whether no two carry the same bytes, as in real captures."""


SHAPES: Final = {
    "short": Shape(healthy, 3, TROUBLES, 100_000, 20_000),
    "trouble": Shape(healthy, 100, SHORT_TROUBLES, 200_000, 20_000),
    "transfers": Shape(transfer, 3, TROUBLES, 10_000, 1_000),
    "varied-short": Shape(healthy, 3, TROUBLES, 100_000, 20_000, varied=True),
    "varied-trouble": Shape(healthy, 100, SHORT_TROUBLES, 200_000, 20_000, varied=True),
    "varied-transfers": Shape(transfer, 3, TROUBLES, 10_000, 1_000, varied=True),
    "mixed": Shape(healthy, 70, (*TROUBLES, *SHORT_TROUBLES, transfer, datagrams), 20_000, 2_000, dressed=True),
}


def connections(shape: str, count: int, seed: int) -> Iterator[list[Record]]:
    """The packets of each connection, with times since the epoch."""
    chosen = SHAPES[shape]
    for number in range(count):
        rng = random.Random(seed << 32 | number)
        talk = Talk(number, rng, varied=chosen.varied)
        (rng.choice(chosen.troubles) if rng.randrange(100) < chosen.percent else chosen.ordinary)(talk)
        begin = _START_NS + number * _EVERY_NS
        records = dressed(talk.records, rng) if chosen.dressed else talk.records
        yield [(begin + time_ns, frame) for time_ns, frame in records]


def write(out: Path, shape: str, count: int, seed: int, snaplen: int = 262_144) -> int:
    """Write the capture, in order of time; returns its number of packets."""
    packets, each, at_once = 0, connections(shape, count, seed), SHAPES[shape].at_once
    waiting: list[Record] = []
    with out.open("wb") as file:
        file.write(_FILE_HEAD.pack(0xA1B2C3D4, 2, 4, 0, 0, snaplen, 1))
        for turn in range(1, count // at_once + 2):
            waiting += [record for records in islice(each, at_once) for record in records]
            waiting.sort(key=lambda record: record[0])
            # No later connection begins before this time.
            until = _START_NS + turn * at_once * _EVERY_NS if turn * at_once < count else sys.maxsize
            ready = [record for record in waiting if record[0] < until]
            waiting = waiting[len(ready) :]
            write_records(file, ready, snaplen)
            packets += len(ready)
    return packets


def write_records(file: BinaryIO, records: Iterable[Record], snaplen: int = 262_144) -> None:
    """Write ``records`` behind the others of a capture."""
    for time_ns, frame in records:
        seconds, rest = divmod(time_ns // 1_000, 1_000_000)
        kept = frame[:snaplen]
        file.write(struct.pack("<IIII", seconds, rest, len(kept), len(frame)) + kept)


def write_capture(out: Path, records: Iterable[Record]) -> None:
    """Write a capture of ``records``, whose times are those since a connection's start."""
    with out.open("wb") as file:
        file.write(_FILE_HEAD.pack(0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        write_records(file, ((_START_NS + time_ns, frame) for time_ns, frame in records))


def main() -> int:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("shape", choices=sorted(SHAPES))
    parser.add_argument("--connections", type=int)
    parser.add_argument("--snaplen", type=int, default=262_144)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = options.connections or SHAPES[options.shape].connections
    packets = write(options.out, options.shape, count, options.seed, options.snaplen)
    print(f"{options.out}: {packets:,} packets, {count:,} connections")
    return 0


if __name__ == "__main__":
    sys.exit(main())
