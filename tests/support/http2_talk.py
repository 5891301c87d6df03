"""Conversations of HTTP/2 composed at random, always the same for a seed: every type of frame, in any order it may."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from typing import TYPE_CHECKING, Final

import brotli
from hpack import Encoder, NeverIndexedHeaderTuple
from http2_ends import ANSWER, CALL, PREFACE, Fields, frame, get, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from web_captures import Turn

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x01, 0x01, 0x04, 0x08, 0x20
#: Segments in which one side speaks at a time: Wireshark's list of them is shown in part.
_TALLEST: Final = 40
_WORDS: Final = (
    "a",
    "text",
    "x=1; y=2",
    "%41%20b",
    "gzip, deflate",
    "v" * 130,
    'W/"0815"',
    "Mon, 01 Jan 2024 00:00:00 GMT",
)
_NAMES: Final = (
    "x-a",
    "x-long-name-of-a-field",
    "cookie",
    "accept",
    "user-agent",
    "etag",
    "date",
    "age",
    "vary",
    "via",
)
#: Frames of extensions: ALTSVC, BLOCKED, ORIGIN, PRIORITY_UPDATE and types that are nobody's.
_EXTENSIONS: Final = (
    (10, b'\0\x05a.exah2=":8000"; ma=60'),
    (10, b"\0\0"),
    (11, b""),
    (12, b"\0\x05a.exa\0\x07b.examp"),
    (12, b""),
    (16, b"\0\0\0\x03u=5, i"),
    (16, b"\x80\0\0\x03"),
    (13, b"what"),
    (200, bytes(range(60))),
)
_KINDS: Final = (
    "text/plain", "text/html; charset=utf-8", "application/json", "application/octet-stream", "image/png",
    "application/xml",
)  # fmt: skip
_CODINGS: Final = {
    "gzip": lambda data: gzip.compress(data, mtime=0), "deflate": zlib.compress, "br": brotli.compress,
}  # fmt: skip
#: A step of a stream: bytes of one side, made when it is their turn, for HPACK is spoken in order.
_Step = tuple[int, "Callable[[], bytes]"]


class Talk:
    """Two ends that say what chance wants."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self._encoders = (Encoder(), Encoder())
        self._pushed = 2
        self.lists: tuple[list[Fields], list[Fields]] = ([], [])
        """The header lists that each side sent, in order."""

    # -- frames ------------------------------------------------------------------------

    def data(self, stream: int, payload: bytes, *, ends: bool, whole: bool = False) -> bytes:
        """A DATA frame, not padded where it has the ``whole`` body: tshark takes the padding for a part of that."""
        flags = END_STREAM * ends
        if not whole:
            flags, payload = self._padded(flags, payload)
        return frame(DATA, flags, self._reserved(stream), payload)

    def headers(self, side: int, stream: int, fields: Fields, *, ends: bool) -> bytes:
        """HEADERS, and perhaps CONTINUATION."""
        draw, flags, before = self.draw, END_STREAM * ends, b""
        if draw.random() < 0.3:
            flags |= WITH_PRIORITY
            before = self._priority()
        return self._block(HEADERS, flags, stream, before, *self._encoded(side, fields))

    def promise(self, stream: int, promised: int, fields: Fields) -> bytes:
        """PUSH_PROMISE, and perhaps CONTINUATION."""
        return self._block(PUSH_PROMISE, 0, stream, promised.to_bytes(4), *self._encoded(1, fields))

    def of_connection(self, side: int) -> bytes:
        """A frame that belongs to no request."""
        draw = self.draw
        number = draw.choice((0, 1, 3, 77))
        code = draw.choice((0, 1, 2, 8, 11, 13, 14, 0xFFFF_FFFF)).to_bytes(4)
        match draw.randrange(9):
            case 0 | 1:
                return frame(PING, draw.choice((0, ACK)), 0, draw.randbytes(8))
            case 2:
                return frame(SETTINGS, ACK, 0)
            case 3:
                return self.settings(side)
            case 4 | 5:
                return frame(
                    WINDOW_UPDATE, 0, self._reserved(number), draw.choice((1, 65_535, 1 << 31 | 5)).to_bytes(4)
                )
            case 6:
                return frame(PRIORITY, 0, number or 5, self._priority())
            case 7:
                kind, payload = draw.choice(_EXTENSIONS)
                return frame(kind, draw.choice((0, 0xFF)), number, payload)
            case _:
                debug = draw.choice((b"", b"enough", draw.randbytes(60)))
                return frame(GOAWAY, 0, 0, draw.choice((0, 5, 1 << 31 | 7)).to_bytes(4) + code + debug)

    def settings(self, side: int) -> bytes:
        """SETTINGS; the encoder of ``side`` may then change the size of its table."""
        draw = self.draw
        pairs = [
            # A table that is smaller than the other's is one that says so at once (RFC 7541, 4.2).
            (number, draw.choice((0, 1, 100, 4_096, 65_535, 1 << 24)[3 * (number == 1) :]))
            for number in draw.sample((1, 2, 3, 4, 5, 6, 8, 9, 0x10, 0xFFFF), draw.randint(0, 5))
        ]
        if draw.random() < 0.5:
            self._encoders[side].header_table_size = draw.choice((0, 60, 200, 1_000, 4_096))
        return frame(SETTINGS, 0, 0, b"".join(one.to_bytes(2) + value.to_bytes(4) for one, value in pairs))

    def reset(self, stream: int) -> bytes:
        """RST_STREAM."""
        return frame(RST_STREAM, 0, stream, self.draw.choice((0, 5, 7, 8, 14)).to_bytes(4))

    def _block(self, kind: int, flags: int, stream: int, before: bytes, block: bytes, pseudo: range) -> bytes:
        """``pseudo``: where it is not cut."""
        draw = self.draw
        parts = [block]
        if draw.random() < 0.35:
            drawn = [draw.randint(0, len(block)) for _ in range(draw.randint(1, 3))]
            cuts = sorted(cut for cut in drawn if cut not in pseudo)
            parts = [block[one:other] for one, other in zip([0, *cuts], [*cuts, len(block)], strict=True)]
        if any(b"\0" in part.rstrip(b"\0") for part in parts[1:]) or 0x20 <= block[0] < 0x40:
            parts = [block]  # tshark notes the first, and has an assertion that may fail at the second
        flags, payload = self._padded(flags | END_HEADERS * (len(parts) == 1), before + parts[0])
        made = frame(kind, flags, self._reserved(stream), payload)
        for at, part in enumerate(parts[1:], 2):
            made += frame(CONTINUATION, END_HEADERS * (at == len(parts)), stream, part)
        return made

    def _padded(self, flags: int, payload: bytes) -> tuple[int, bytes]:
        if self.draw.random() < 0.7:
            return flags, payload
        length = self.draw.choice((0, 1, 7, 60, 255))
        return flags | PADDED, bytes((length,)) + payload + bytes(length)

    def _priority(self) -> bytes:
        draw = self.draw
        return (draw.choice((0, 1, 3)) | draw.choice((0, 1 << 31))).to_bytes(4) + draw.randbytes(1)

    def _reserved(self, stream: int) -> int:
        return stream | (1 << 31) * (self.draw.random() < 0.05)

    def _encoded(self, side: int, fields: Fields) -> tuple[bytes, range]:
        """The block, and where between a path and its authority it is: where they are apart, tshark writes "(null)"."""
        draw, block, ends = self.draw, b"", []
        self.lists[side].append(fields)
        for one in fields:
            field = NeverIndexedHeaderTuple(*one) if draw.random() < 0.1 else one
            block += self._encoders[side].encode([field], huffman=draw.random() < 0.7)
            ends.append(len(block))
        return block, range(ends[1], ends[3]) if fields[0][0] == ":method" else range(0)

    # -- streams -----------------------------------------------------------------------

    def exchange(self, stream: int) -> list[_Step]:
        """A request and its answer."""
        draw = self.draw
        if draw.random() < 0.2:
            return self._call(stream)
        path = draw.choice(("/", "/a%20b?c=%e4%bd%a0", "/long" * 60, f"/{stream}"))
        asked = get(path, *self._more())
        if draw.random() < 0.3:
            asked[0] = (":method", "POST")
        size = draw.choice((0, 0, 0, 5, 3_000))
        if size:  # without a type of its own, tshark takes that of the answer for it when it reads a second time
            asked.append(("content-type", draw.choice(_KINDS)))
        steps = self._said(0, stream, asked, size)
        answer = [one for one in self._answer() if not size or one[0] != "content-encoding"]  # … and the coding
        if not size and draw.random() < 0.3:
            answer = [answer[0], ("content-type", "image/png")]  # behind an interim answer, tshark knows no type
            steps.append((1, lambda: self.headers(1, stream, [(":status", draw.choice(("100", "103")))], ends=False)))
        if draw.random() < 0.2:
            promised, self._pushed = self._pushed, self._pushed + 2
            steps.append((1, lambda: self.promise(stream, promised, get("/pushed", *self._more()))))
            steps += self._said(1, promised, self._answer(), draw.choice((0, 40)))
        steps += self._said(1, stream, answer, draw.choice((0, 1, 200, 900, 4_000)))
        if draw.random() < 0.15:
            steps[draw.randint(1, len(steps) - 1) :] = [(draw.choice((0, 1)), lambda: self.reset(stream))]
        return steps

    def _answer(self) -> Fields:
        draw = self.draw
        kind = draw.choice(
            (
                "text/plain",
                "text/html; charset=utf-8",
                "application/json",
                "application/octet-stream",
                "image/png",
                "application/xml",
            )
        )
        status = draw.choice(("200", "200", "204", "302", "404", "500", "599"))
        coded = [("content-encoding", draw.choice(list(_CODINGS)))] if draw.random() < 0.3 else []
        return [(":status", status), ("content-type", kind), *coded, *self._more()]

    def _more(self) -> Fields:
        draw = self.draw
        return [(draw.choice(_NAMES), draw.choice(_WORDS)) for _ in range(draw.choice((0, 1, 2, 6, 20)))]

    def _said(self, side: int, stream: int, fields: Fields, size: int) -> list[_Step]:
        """A header list, a body of about ``size`` bytes, and perhaps trailers."""
        draw = self.draw
        kind = dict(fields).get("content-type", "")
        body = bytes(draw.choices(b"abc xyz{}:,\n", k=size))
        if "xml" in kind and size:
            body = b"<a b='c'>" + bytes(draw.choices(b"abc xyz\n", k=size)) + b"</a>"
        elif "json" in kind and draw.random() < 0.5:
            body = json.dumps({"a": ["x" * size, 1.5, None, {}]}).encode()
        elif size and draw.random() < 0.3:
            body = draw.randbytes(size)
        coding = dict(fields).get("content-encoding")
        if coding is not None and size:
            body = _CODINGS[coding](body)
        elif coding is not None:  # nothing cannot be decoded, says tshark
            fields = [one for one in fields if one[0] != "content-encoding"]
        trailers = [("x-check", "done")] if draw.random() < 0.2 else None
        parts = self._parts(body, kind)
        steps: list[_Step] = [(side, lambda: self.headers(side, stream, fields, ends=not parts and trailers is None))]
        for at, part in enumerate(parts, 1):
            ends = at == len(parts) and trailers is None
            whole = ends and at == 1
            steps.append(
                (side, lambda part=part, ends=ends, whole=whole: self.data(stream, part, ends=ends, whole=whole))
            )
        if trailers is not None:
            steps.append((side, lambda: self.headers(side, stream, trailers, ends=True)))
        return steps

    def _parts(self, body: bytes, kind: str = "") -> list[bytes]:
        draw = self.draw
        if not body:  # XML without a byte is malformed to tshark, and no type may be the answer's
            return [b""] if kind and "xml" not in kind and draw.random() < 0.3 else []
        cuts = sorted(draw.randint(0, len(body)) for _ in range(draw.choice((0, 0, 1, 3))))
        return [body[one:other] for one, other in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    def _call(self, stream: int) -> list[_Step]:
        """A call of gRPC."""
        draw = self.draw

        def body() -> bytes:
            return b"".join(
                message(b"\x0a" + bytes((size,)) + b"v" * size)
                for size in draw.choices((0, 5, 100), k=draw.randint(1, 3))
            )

        steps: list[_Step] = [(0, lambda: self.headers(0, stream, CALL, ends=False))]
        for side in (0, 1):
            if side:
                steps.append((1, lambda: self.headers(1, stream, ANSWER, ends=False)))
            parts = self._parts(body())
            for at, part in enumerate(parts, 1):
                ends = at == len(parts) and not side
                steps.append((side, lambda part=part, ends=ends: self.data(stream, part, ends=ends)))
        steps.append((1, lambda: self.headers(1, stream, [("grpc-status", "0")], ends=True)))
        return steps

    # -- all of it ---------------------------------------------------------------------

    def turns(self) -> list[Turn]:
        """The segments of the connection."""
        draw = self.draw
        said: list[tuple[int, bytes]] = [(0, PREFACE + self.settings(0)), (1, self.settings(1))]
        waiting = [self.exchange(stream) for stream in range(1, 2 * draw.randint(1, 6), 2)]
        running: list[list[_Step]] = []
        while waiting or running:
            if waiting and (not running or draw.random() < 0.3):
                running.append(waiting.pop(0))
            if draw.random() < 0.25:
                side = draw.choice((0, 1))
                said.append((side, self.of_connection(side)))
            steps = draw.choice(running)
            side, make = steps.pop(0)
            said.append((side, make()))
            if not steps:
                running.remove(steps)
        return self._cut(said)

    def _cut(self, said: list[tuple[int, bytes]]) -> list[Turn]:
        """Segments of ``said``: what one side says next to each other is cut anywhere, or not at all."""
        draw, turns, ms = self.draw, [], 0
        at = 0
        while at < len(said):
            side, data = said[at]
            at += 1
            while at < len(said) and said[at][0] == side and draw.random() < 0.6:
                data += said[at][1]
                at += 1
            longest = max(draw.choice((9, 60, 400, 1_400, 1_400)), len(data) // _TALLEST)
            if not turns:
                longest = 1_400  # by the port, and not by the preface's beginning, it would be HTTP/1
            while data:
                size = draw.randint(1, longest) if longest < 1_400 else 1_400
                turns.append((ms, "CS"[side], data[:size]))
                data = data[size:]
                ms += 10
        return turns
