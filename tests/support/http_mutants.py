"""Broken HTTP: seeded mutations of sound dialogues, cut into packets, with packets lost or cut short.

Run as a program it tries as many as it is told and says how long the slowest took:
``python tests/support/http_mutants.py 20000``
"""

from __future__ import annotations

import gzip
import random
import resource
import sys
import time
import zlib
from typing import TYPE_CHECKING, Final

import brotli
import zstandard
from http_halves import Dialogue

from tcptui.protocols.export.collect import FileCollector
from tcptui.protocols.export.reading import FileReader, MessageFinder
from tcptui.protocols.http.body import body_of
from tcptui.protocols.http.conversation import conversation

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Decoded bytes wanted of one body.
LIMIT: Final = 1 << 20
_TEXT: Final = b"The quick brown fox jumps over the lazy dog. " * 40
_ZEROS: Final = bytes(8 << 20)


def _chunked(body: bytes, size: int) -> bytes:
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _answer(extra: bytes, body: bytes, *, chunk: int = 0) -> bytes:
    framing = b"Transfer-Encoding: chunked" if chunk else b"Content-Length: %d" % len(body)
    return b"HTTP/1.1 200 OK\r\n" + extra + framing + b"\r\n\r\n" + (_chunked(body, chunk) if chunk else body)


_GET: Final = b"GET /a?b=c HTTP/1.1\r\nHost: h.example\r\nCookie: x=1; y=2\r\n\r\n"
_POST: Final = b"POST /up HTTP/1.1\r\nHost: h.example\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunked(_TEXT, 300)
_ASKED: Final = (
    _GET * 4,
    _POST + _GET + b"HEAD /x HTTP/1.1\r\n\r\n",
    b"CONNECT h:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x05hello",
    b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x85\0\0\0\0hello",
)
_ANSWERED: Final = (
    _answer(b"Content-Encoding: gzip\r\n", gzip.compress(_TEXT)) + _answer(b"", _TEXT, chunk=77) * 2,
    _answer(b"Content-Encoding: deflate\r\n", zlib.compress(_TEXT), chunk=50) + _answer(b"", b"") * 3,
    _answer(b"Content-Encoding: br\r\n", brotli.compress(_TEXT)) + b"HTTP/1.1 304 Not Modified\r\n\r\n",
    _answer(b"Content-Encoding: zstd\r\n", zstandard.ZstdCompressor().compress(_TEXT), chunk=9),
    _answer(b"Content-Encoding: gzip\r\n", gzip.compress(_ZEROS)),
    _answer(b"Content-Encoding: br\r\n", brotli.compress(_ZEROS, quality=4)),
    _answer(b"Content-Encoding: zstd\r\n", zstandard.ZstdCompressor().compress(_ZEROS)),
    _answer(b"Content-Encoding: gzip, gzip\r\n", gzip.compress(gzip.compress(_ZEROS))),
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/20\r\nContent-Length: 10\r\n\r\n0123456789" * 3,
)
_TOKENS: Final = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\r\n\r\n", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"GET / HTTP/1.1\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Content-Encoding: br, gzip, zstd\r\n",
    b"ffffffffffffff\r\n", b"0\r\n", b"7;a=b\r\n", b"Content-Range: bytes 5-1/9\r\n", b"\xff" * 9, b"x" * 3000,
    b"Upgrade: h2c\r\n", b" folded\r\n", b"Content-Disposition: attachment; filename=\"../../x\"\r\n",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """``data`` with a few things changed."""
    raw = bytearray(data)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(raw) + 1)
        kind = chance.randrange(5)
        if kind == 0 and raw:
            raw[at % len(raw)] = chance.randrange(256)
        elif kind == 1:
            raw[at:at] = chance.choice(_TOKENS)
        elif kind == 2:
            del raw[at : at + chance.randrange(40)]
        elif kind == 3:
            raw[at:at] = raw[max(0, at - chance.randrange(200)) : at]
        else:
            token = chance.choice(_TOKENS)
            raw[at : at + len(token)] = token
    return bytes(raw)


def mutant(seed: int) -> Dialogue:
    """One dialogue, always the same for a seed."""
    chance = random.Random(seed)
    dialogue = Dialogue(cut=chance.choice((None, None, None, None, 60, 7)))
    sides = [mutated(chance.choice(_ASKED), chance), mutated(chance.choice(_ANSWERED), chance)]
    while any(sides):
        side = chance.randrange(2)
        size = chance.choice((1, 10, 100, 1460, 1460, 65_000))
        part, sides[side] = sides[side][:size], sides[side][size:]
        if not part:
            continue
        if chance.random() < 0.03:
            dialogue.lost(side, len(part))
        elif chance.random() < 0.03 and len(part) > 1:
            begin = dialogue.sent[side]
            half = len(part) // 2
            dialogue.at(side, begin + half, part[half:]).at(side, begin, part[:half])
        else:
            dialogue._say(side, (part,))
    if chance.random() < 0.6:
        dialogue.close(*chance.choice(((0,), (1,), (0, 1))))
    return dialogue


def try_out(seed: int) -> int:
    """Read one mutant in every way and check what must always hold; how many messages it had."""
    halves = mutant(seed).directions()
    found = conversation(*halves)
    ends = [0, 0]
    for message in sorted(found.messages, key=lambda one: one.number):
        side = int(message.from_server)
        assert ends[side] <= message.start < halves[side].length
        assert message.start <= message.head.end <= message.body_start <= message.body_end
        ends[side] = min(message.body_end, halves[side].length)
        assert all(0 <= fault.offset <= halves[side].length for fault in message.faults)
        assert message.complete or message.faults
        decoded = body_of(message, limit=LIMIT)
        assert sum(map(len, decoded)) <= max(LIMIT, halves[side].length)
        assert sum(map(len, body_of(message, decoded=False))) <= halves[side].length
    _export(halves)
    return len(found.messages)


def _export(halves: tuple[ByteStream, ByteStream]) -> None:
    collector = FileCollector(lambda _stream: halves)
    collector.add_stream(0)
    finder = MessageFinder(lambda _stream: halves)
    for file in collector.result():
        assert sum(map(len, FileReader(file, finder, LIMIT))) == file.size


def _main(count: int) -> None:
    slowest = (0.0, 0)
    messages = 0
    began = time.perf_counter()
    for seed in range(count):
        start = time.perf_counter()
        messages += try_out(seed)
        slowest = max(slowest, (time.perf_counter() - start, seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{count} mutants, {messages} messages, {time.perf_counter() - began:.0f} s; slowest {slowest[0] * 1000:.0f} ms"
    )
    print(f"(seed {slowest[1]}); peak memory {peak} MiB")


if __name__ == "__main__":
    _main(int(sys.argv[1]))
