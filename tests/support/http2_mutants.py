"""Broken HTTP/2: seeded mutations of the frames of sound connections, and bombs of a few frames.

Run as a program it tries as many as it is told and says how long the slowest took, and what memory was needed:
``python tests/support/http2_mutants.py 20000``
"""

from __future__ import annotations

import gzip
import random
import resource
import sys
import time
from functools import cache
from typing import TYPE_CHECKING, Final

from http2_ends import ANSWER, CALL, OK, PREFACE, Ends, frame, get, message
from http_halves import Dialogue

from tcptui.protocols.application import requests_of
from tcptui.protocols.http.body import body_of
from tcptui.protocols.http2.history import Http2History
from tcptui.protocols.http2.http2_stream import Http2Stream
from tcptui.protocols.http2.summary import http2_summary
from tcptui.protocols.http2.windows import ClosedWindows
from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Messages that a screen would read.
LIMIT: Final = 50
#: Most text of all parts together.
TEXT_MOST: Final = 1 << 24
_HEADER: Final = 9
#: Bytes of header blocks that stand for more than they are: indexes, sizes of tables, numbers without end, long texts.
_BLOCKS: Final = (
    b"\x82\x84\x86", b"\xbe" * 300, b"\xbf\xc0\xc1" * 60, b"\x20", b"\x3f\xe1\x1f", b"\x3f\xff\xff\xff\x7f",
    b"\xff" * 40, b"\x7f" * 9, b"\x80", b"\x40\x01a\x7f\x81\x0e" + b"v" * 1_920, b"\x40\x81\xff\x81\xff",
    b"\x00\x85\xff\xff\xff\xff\xff\x00", b"\x44\x7f\x81\x0e/" + b"p" * 1_919, b"\x88\x5f\x10application/grpc",
    b"\x48\x03abc", b"\x40\x0bgrpc-status\x7f\x81\x0e" + b"9" * 1_920,
)  # fmt: skip
_LENGTHS: Final = (0, 1, 4, 5, 6, 8, 9, 255, 16_384, 16_385, 0xFF_FFFF)
_STREAMS: Final = (0, 1, 2, 3, 5, 7, 0x7FFF_FFFF, 0x8000_0001, 0xFFFF_FFFF)


@cache
def sound() -> tuple[tuple[int, tuple[bytes, ...]], ...]:
    """Who sent which frames, turn by turn: requests, bodies, gRPC, a promise, resets, windows, a good-bye."""
    ends = Ends()
    ends.ask(1, get("/one", ("cookie", "a=b")), b"first" * 900)
    ends.ask(3, get("/two?token=abc"))
    ends.server.send_headers(3, OK)
    ends.server.push_stream(3, 2, get("/pushed"))
    ends.server.send_headers(2, OK, end_stream=True)
    ends.answer(1, [*OK, ("content-encoding", "gzip")], gzip.compress(b"answer " * 500, mtime=0))
    ends.server.send_data(3, b"second", end_stream=True)
    ends.carry()
    ends.ask(5, CALL, message(gzip.compress(b"abc", mtime=0), compressed=True))
    ends.answer(5, ANSWER, message(b"\x08\x01\x12\x02hi"), [("grpc-status", "0")])
    ends.ask(7, get("/slow"))
    ends.client.increment_flow_control_window(70_000)
    ends.client.reset_stream(7, 8)
    ends.client.ping(b"12345678")
    ends.carry()
    ends.server.close_connection(11, b"enough")
    ends.carry()
    return tuple((side, tuple(_frames(data))) for side, data in ends.turns)


def _frames(data: bytes) -> list[bytes]:
    found = []
    if data.startswith(PREFACE):
        found, data = [PREFACE], data[len(PREFACE) :]
    while data:
        size = _HEADER + int.from_bytes(data[:3])
        found.append(data[:size])
        data = data[size:]
    return found


def _mutated(one: bytes, chance: random.Random) -> bytes:
    """``one`` frame, or several in its place, with one thing changed."""
    payload, kind, flags, stream = one[_HEADER:], one[3], one[4], int.from_bytes(one[5:9])
    match chance.randrange(12):
        case 0:
            return chance.choice(_LENGTHS).to_bytes(3) + one[3:]
        case 1:
            return frame(chance.randrange(20), flags, stream, payload)
        case 2:
            return frame(kind, chance.randrange(256), stream, payload)
        case 3:
            return one[:5] + chance.choice(_STREAMS).to_bytes(4) + payload
        case 4:
            return one * chance.choice((2, 3, 40))
        case 5:
            return b""
        case 6:
            block = chance.choice(_BLOCKS) * chance.randint(1, 9)
            return frame(1, chance.choice((4, 5, 0, 0x0C, 0x2C)), stream or 1, block)
        case 7:
            more = frame(9, chance.choice((0, 4)), stream or 1, chance.choice(_BLOCKS))
            return frame(1, 0, stream or 1, payload) + more
        case 8:
            return one + frame(4, chance.choice((0, 1)), 0, chance.randbytes(chance.choice((0, 5, 6, 60))))
        case 9:
            return frame(kind, flags | 8, stream, chance.randbytes(1) + payload)
        case 10:
            return one + frame(8, 0, stream, chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff")))
        case _:
            raw = bytearray(one)
            raw[chance.randrange(len(raw))] = chance.randrange(256)
            return bytes(raw[: len(raw) if chance.random() < 0.8 else chance.randrange(len(raw) + 1)])


def mutant(seed: int) -> Dialogue:
    """One connection, always the same for a seed."""
    chance = random.Random(seed)
    talk = Dialogue(from_start=chance.random() < 0.8, cut=chance.choice((None, None, None, None, 200, 30)))
    turns = list(sound())
    if chance.random() < 0.2:
        at = chance.randrange(1, len(turns))
        turns[at:] = chance.sample(turns[at:], len(turns) - at)
    for side, frames in turns:
        data = b"".join(_mutated(one, chance) if chance.random() < 0.15 else one for one in frames)
        while data:
            size = chance.choice((1, 9, 100, 1_460, 1_460, 16_000))
            part, data = data[:size], data[size:]
            talk = talk.lost(side, len(part)) if chance.random() < 0.02 else talk._say(side, (part,))
    return talk


def try_out(seed: int) -> int:
    """Read one mutant in every way; how many requests it had."""
    directions = mutant(seed).directions()
    found = 0
    for exchange in requests_of(*directions) or ():
        found += 1
        for one in exchange.messages:
            if one is not None:
                for _ in body_of(one):
                    pass
        exchange.held_back(1, 0)
    for parse in [parse for row in PROTOCOLS if row.name == "http2" for parse in row.parsers]:
        parsed = parse(*directions, LIMIT)
        if isinstance(parsed, Http2Stream):
            _read_stream(parsed, directions)
    for direction in directions:
        for row in direction.segments.rows.tolist():
            assert isinstance(http2_summary(direction._read_payload(row)), str)
    return found


def _read_stream(parsed: Http2Stream, directions: tuple[ByteStream, ByteStream]) -> None:
    assert sum(len(data) for part in parsed.parts() for _, data in part.blocks()) < TEXT_MOST
    for index in parsed.indexes:
        for block in index.blocks.values():
            assert len(block.headers.fields) == len(block.headers.entries)
    said = Http2History(directions, parsed.opening)
    for event in said.events:
        for asked in (said.settings, said.goaway, said.reset_code, said.credit):
            asked(event)
    for call in said.calls:
        assert min(call.asked_ns, call.whole_ns, call.answered_ns, call.over_ns) >= 0
    for side in (0, 1):
        ClosedWindows(directions, parsed.opening).any_held_back(side, 0)


def main() -> None:
    """Try as many as asked for."""
    slowest, requests = (0.0, 0), 0
    for seed in range(int(sys.argv[1])):
        began = time.process_time()
        requests += try_out(seed)
        slowest = max(slowest, (time.process_time() - began, seed))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{sys.argv[1]} mutants, {requests} requests; slowest {slowest[0]:.2f} s (#{slowest[1]}); {most} MiB at most")


if __name__ == "__main__":
    main()
