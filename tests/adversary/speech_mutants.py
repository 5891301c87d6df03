"""What applications say, said wrongly: HTTP, event streams, WebSocket and packed bodies.

`utterance` makes up one side of a dialogue, `garbled` changes words of what was said.  Both know the words
that the program looks for: they are read from its source.
"""

from __future__ import annotations

import ast
import gzip
import re
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import brotli
import zstandard

if TYPE_CHECKING:
    import random

_SOURCE: Final = Path(__file__).resolve().parents[2] / "tcptui" / "protocols"
_LONGEST_WORD: Final = 60
_TOKEN: Final = re.compile(rb"[A-Za-z0-9_-]+|\r\n|[^A-Za-z0-9_-]")
_NUMBERS: Final = (
    b"0", b"1", b"-1", b"+5", b"00", b"7", b"10", b"65535", b"65536", b"4294967295", b"4294967296", b"ffffffff",
    b"7fffffffffffffff", b"9223372036854775807", b"18446744073709551616", b"9" * 400, b"0x10", b"1e9", b"5, 5", b"5, 6",
    b"\xd9\xa3",
)  # fmt: skip
#: Header lines that change how the rest is read.
_LINES: Final = (
    b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 6", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: zstd", b"Content-Encoding: deflate",
    b"Content-Encoding: gzip, br, zstd, deflate, gzip", b"Content-Type: text/event-stream",
    b"Content-Type: multipart/byteranges; boundary=x", b"Content-Type: text/html; charset=\x1b[2J",
    b"Content-Type: multipart/form-data; boundary=\"a\"", b"Content-Range: bytes 0-4/10", b"Content-Range: bytes */0",
    b"Content-Disposition: attachment; filename*=utf-8'en'%e2%80%ae%00..%2fx", b"Connection: close",
    b"Content-Disposition: attachment; filename=\"\\\"../../\\\\x\x1b[31m\"", b"Connection: Upgrade",
    b"Upgrade: websocket", b"Upgrade: h2c", b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8",
    b"Sec-WebSocket-Accept: x", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Expect: 100-continue", b" folded",
    b"Trailer: X", b"Accept-Ranges: bytes", b"Last-Event-ID: 7", b": none", b"nothing", b"Cache-Control: no-cache",
)  # fmt: skip
_METHODS: Final = (b"GET", b"GET", b"POST", b"PUT", b"HEAD", b"CONNECT", b"OPTIONS", b"PRI", b"get", b"M-SEARCH")
_STATUSES: Final = (100, 101, 101, 103, 200, 200, 200, 204, 206, 206, 301, 304, 404, 416, 500, 503, 999, 0)
_OPCODES: Final = (0, 1, 1, 2, 8, 9, 10, 3, 11)
_TEXT: Final = b"The quick brown fox jumps over the lazy dog. " * 20


@cache
def source_words() -> tuple[bytes, ...]:
    """Every byte string and word that the readers of applications have in their source."""
    found = set()
    for path in sorted(_SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, bytes) and 1 < len(value) <= _LONGEST_WORD:
                found.add(value)
            elif isinstance(value, str) and 1 < len(value) <= _LONGEST_WORD and value.isascii() and " " not in value:
                found.add(value.encode())
    return tuple(sorted(found))


def packed(body: bytes, chance: random.Random) -> bytes:
    """``body`` compressed in some way; sometimes several times over, of several parts, damaged or endless."""
    kind = chance.randrange(8)
    if kind == 0:
        return gzip.compress(body, mtime=0)
    if kind == 1:
        return gzip.compress(body[:9], mtime=0) + gzip.compress(body[9:], mtime=0) + chance.choice((b"", b"\0\0", b"x"))
    if kind == 2:
        return chance.choice((zlib.compress(body), zlib.compress(body)[2:-4]))
    if kind == 3:
        return brotli.compress(body, quality=1)
    if kind == 4:
        return zstandard.compress(body) + chance.choice((b"", b"\x50\x2a\x4d\x18\2\0\0\0ab", zstandard.compress(body)))
    if kind == 5:  # a great deal of nothing
        zeros = bytes(chance.choice((1 << 12, 1 << 18, 1 << 22)))
        pack = chance.choice((zstandard.compress, zlib.compress, lambda data: gzip.compress(data, 1, mtime=0)))
        return pack(zeros)
    if kind == 6:
        return packed(packed(body, chance), chance) if chance.random() < 0.7 else body
    data = bytearray(packed(body, chance))
    for _ in range(chance.choice((1, 2, 8))):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.4 else data)


def chunked(body: bytes, chance: random.Random) -> bytes:
    """``body`` in chunks, most of which tell the truth (RFC 9112, 7.1)."""
    size, made = chance.choice((1, 7, 100, 4000)), []
    for at in range(0, min(len(body), size * 40), size):
        part = body[at : at + size]
        told = b"%x" % len(part) if chance.random() < 0.97 else chance.choice(_NUMBERS)
        made.append(told + chance.choice((b"", b"", b"", b";a=b", b" ")) + b"\r\n" + part + b"\r\n")
    end = (b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"", b"0\r\nX", b"0\n\n")
    return b"".join(made) + chance.choice(end)


def frames(chance: random.Random, masked: bool) -> bytes:
    """WebSocket frames, some of which are against the rules (RFC 6455, 5.2)."""
    made = bytearray()
    deflate = zlib.compressobj(wbits=-15)
    for _ in range(chance.choice((1, 2, 5, 20))):
        opcode = chance.choice(_OPCODES)
        body = chance.choice((b"", b"\xff", b"\x03\xe8bye", b"\x1b[2J\xe2\x80\xae", _TEXT[:130], _TEXT * 80))
        first = opcode | chance.choice((0x80, 0x80, 0x80, 0))
        if chance.random() < 0.3:
            body = deflate.compress(body) + deflate.flush(zlib.Z_SYNC_FLUSH)
            body, first = body[: -4 if chance.random() < 0.8 else None], first | 0x40
        if chance.random() < 0.05:
            first |= chance.choice((0x10, 0x20, 0x70))
        told = len(body) if chance.random() < 0.95 else chance.choice((0, 1, 200, 1 << 20, (1 << 64) - 1))
        with_mask = masked if chance.random() < 0.95 else not masked
        made += bytes((first,)) + _frame_length(told, 0x80 if with_mask else 0, chance)
        made += (chance.randbytes(4) if with_mask else b"") + body
    return bytes(made)


def _frame_length(told: int, mask: int, chance: random.Random) -> bytes:
    if told < 126 and chance.random() < 0.95:
        return bytes((told | mask,))
    if told < 1 << 16:
        return struct.pack("!BH", 126 | mask, told)
    return struct.pack("!BQ", 127 | mask, told)


def events(chance: random.Random) -> bytes:
    """An event stream (WHATWG HTML, 9.2)."""
    fields = (b"data: a", b"data", b"data:\xff\xfe", b"id: 7", b"id: \0", b"event: \x1b[31m", b"retry: 9", b"retry: x")
    fields += (b": comment", b"", b"", b"", b"\xef\xbb\xbfdata: x", b"data: [DONE]", b'data: {"a": 1}', _TEXT)
    end = chance.choice((b"\n", b"\r\n", b"\r", b"\n\r"))
    return b"".join(chance.choice(fields) + end for _ in range(chance.choice((2, 10, 60))))


def _body(chance: random.Random, from_server: bool) -> bytes:
    kind = chance.randrange(7)
    if kind == 0:
        return events(chance)
    if kind == 1:
        return frames(chance, not from_server)
    if kind == 2:
        part = b"--x\r\nContent-Type: a/b\r\nContent-Range: bytes 0-4/10\r\n\r\nhello\r\n"
        return part * chance.choice((1, 2, 3)) + chance.choice((b"--x--\r\n", b"--x", b""))
    if kind == 3:
        return b""
    return packed(_TEXT[: chance.choice((1, 5, 90, 900))], chance) if kind < 6 else _TEXT


def utterance(chance: random.Random, from_server: bool) -> bytes:
    """Some requests, or answers, of one side."""
    made = []
    for _ in range(chance.choice((1, 1, 2, 5))):
        body, fields = _body(chance, from_server), list(chance.choices(_LINES, k=chance.choice((0, 1, 2, 4))))
        framing = chance.randrange(4)
        if framing == 0:
            fields.append(b"Transfer-Encoding: chunked")
            body = chunked(body, chance)
        elif framing < 3:
            fields.append(b"Content-Length: %d" % (len(body) + chance.choice((0, 0, 0, 0, 1, -1, 1000))))
        chance.shuffle(fields)
        if from_server:
            first = b"HTTP/1.%d %d %s" % (chance.choice((1, 1, 1, 0, 2)), chance.choice(_STATUSES), b"OK")
        else:
            first = chance.choice(_METHODS) + b" /a?b=%1b HTTP/1.1\r\nHost: a"
        made.append(b"\r\n".join([first, *fields, b"", b""]) + body)
    text = b"".join(made)
    return garbled(text, chance) if chance.random() < 0.5 else text


def garbled(data: bytes, chance: random.Random) -> bytes:
    """``data`` with some of its words changed, moved, doubled or left out."""
    head = _TOKEN.findall(data[:4000])
    for _ in range(chance.choice((1, 1, 2, 4))):
        if not head:
            break
        at, kind = chance.randrange(len(head)), chance.randrange(8)
        if kind == 0:
            head[at] = chance.choice(source_words())
        elif kind == 1:
            head[at:at] = [chance.choice((*source_words(), *_LINES, b"\r\n\r\n", b"\n", b"\0"))]
        elif kind == 2:
            del head[at : at + chance.choice((1, 1, 3, 12))]
        elif kind == 3:
            head[at:at] = head[max(0, at - chance.choice((1, 3, 12))) : at]
        elif kind == 4:
            numbers = [place for place, token in enumerate(head) if token.isdigit()]
            head[chance.choice(numbers or [at])] = chance.choice(_NUMBERS)
        elif kind == 5:
            other = chance.randrange(len(head))
            head[at], head[other] = head[other], head[at]
        elif kind == 6:
            head[at] = chance.choice((head[at].swapcase(), head[at] * 300, b" " + head[at], b"\r\n"))
        else:
            ends = [place for place, token in enumerate(head) if token == b"\r\n"]
            head[chance.choice(ends or [at])] = b"\r\n" + chance.choice(_LINES) + b"\r\n"
    return b"".join(head) + data[4000:]
