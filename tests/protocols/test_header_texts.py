"""Texts of header blocks decoded together by machine code: each as HPACK's library reads it, and none is needed."""

from __future__ import annotations

import random
from typing import Any

import hpack
import numpy as np
import pytest
from hpack.huffman_table import decode_huffman
from http_halves import Dialogue, in_pieces

from tcptui.protocols.http2 import huffman
from tcptui.protocols.http2.direction import Direction
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.streams import Streams
from tcptui.wire.header_texts import LONG, HeaderTexts, decode_texts
from tcptui.wire.numba_compile import compile_kernel, compiler_available

_NAMES = ("x-request-id", "traceparent", "etag", "cookie", "x-" + 150 * "long")
_LETTERS = "0123456789abcdef", "etaoin srdlu", "".join(map(chr, range(256)))


def block(chance: random.Random, encoder: hpack.Encoder) -> bytes:
    fields: list[Any] = [(":method", "GET"), (":path", f"/{chance.getrandbits(40):x}")]
    for name in chance.sample(_NAMES, chance.randrange(len(_NAMES))):
        size = chance.choice((0, 1, 20, 130, chance.randrange(400)))
        value = "".join(chance.choices(chance.choice(_LETTERS), k=size))
        make = chance.choice((hpack.HeaderTuple, hpack.NeverIndexedHeaderTuple))
        fields.append(make(name.encode(), value.encode("latin-1")))
    if chance.random() < 0.1:
        encoder.header_table_size = chance.choice((0, 200, 4_096))
    return encoder.encode(fields, huffman=chance.random() < 0.8)


def frame(kind: int, flags: int, payload: bytes, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def frames(chance: random.Random) -> bytes:
    """Header blocks with others between them, some of them changed."""
    encoder, said = hpack.Encoder(), b""
    for number in range(60):
        coded = block(chance, encoder)
        if chance.random() < 0.05:
            changed = bytearray(coded)
            changed[chance.randrange(len(coded))] = chance.randrange(256)
            coded = bytes(changed[: chance.randrange(1, 2 * len(coded))])
        cut = chance.randrange(len(coded)) if chance.random() < 0.1 else len(coded)
        said += frame(1, 0x05 if cut == len(coded) else 0x01, coded[:cut], 2 * number + 1)
        if cut < len(coded):
            said += frame(9, 0x04, coded[cut:], 2 * number + 1)
        said += frame(0, 0, chance.randbytes(chance.randrange(50)), 2 * number + 1)
    return said


@pytest.fixture(scope="module")
def kernel() -> Any:
    if not compiler_available():
        pytest.skip("needs numba, the extra [fast]")
    return compile_kernel(decode_texts)


@pytest.fixture
def texts(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> HeaderTexts:
    """That of HPACK's reader, with the kernel loaded."""
    monkeypatch.setattr(huffman._prefetched._passer, "_left", 0)
    monkeypatch.setattr(huffman._prefetched._passer, "_compiled", kernel)
    return huffman._prefetched


def test_texts_are_those_that_the_library_reads(texts: HeaderTexts) -> None:
    chance, found = random.Random(1), 0
    for _ in range(40):
        data = frames(chance)
        for coded, text in texts.found_in(data[: chance.randrange(len(data) // 2, len(data))]).items():
            assert decode_huffman(coded) == text
            found += 1
    assert found > 3_000


def test_machine_code_does_what_its_source_does(kernel: Any) -> None:
    chance, cells = random.Random(2), huffman._cells()
    for _ in range(6):
        data = frames(chance)
        text, places = np.zeros(2 * len(data) + 2, np.uint8), np.zeros(3 * (len(data) // LONG + 1), np.int64)
        compiled = kernel(np.frombuffer(data, np.uint8), cells, text, places)
        plain_text, plain_places = bytearray(len(text)), [0] * len(places)
        count, used = plain = decode_texts(data, cells.tolist(), plain_text, plain_places)

        assert compiled == plain
        assert count > 20
        assert text[:used].tobytes() == plain_text[:used]
        assert places.tolist() == plain_places


def test_all_texts_of_whole_blocks_are_found(texts: HeaderTexts) -> None:
    encoder = hpack.Encoder()
    written = [f"value-{number:x}".encode() * (number % 50 + 1) for number in range(300)]
    data = b"".join(frame(1, 0x04, encoder.encode([(b"name-%d" % len(one), one)])) for one in written)

    coder = hpack.Encoder().huffman_coder
    assert {one for one in written if len(coder.encode(one)) >= LONG} <= set(texts.found_in(data).values())


@pytest.mark.parametrize(
    "code", [b"\xff" * 9, b"\x1c" * 7 + b"\xff\xff", bytes(8)], ids=["EOS", "long padding", "no end"]
)
def test_invalid_code_is_passed_over_and_the_next_text_found(texts: HeaderTexts, code: bytes) -> None:
    good = hpack.Encoder().huffman_coder.encode(b"www.example.com")
    bad, valid = (b"\x00\x01a" + bytes((0x80 | len(one),)) + one for one in (code, good))

    assert texts.found_in(frame(1, 0x04, bad + valid)) == {good: b"www.example.com"}


def test_blocks_without_coded_texts_have_none(texts: HeaderTexts) -> None:
    assert texts.found_in(frame(1, 0x04, b"\x82\x84\x00\x01a\x011") + frame(0, 1, b"text")) == {}


def test_without_machine_code_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huffman._prefetched._passer, "_left", 1 << 60)
    assert huffman._prefetched.found_in(frames(random.Random(1))) == {}


def said_on(data: bytes) -> list[Any]:
    """What the streams of a client's frames say."""
    direction = Dialogue().client(*in_pieces(PREFACE + data, 1_448)).direction(0)
    streams = Streams((direction, direction))
    direction = Direction(direction, 0, streams, from_start=True)
    while not direction.is_over:
        direction.advance()
    direction.finish()
    streams.finish()
    blocks = [block for talk in streams.over for block in talk.client.blocks]
    return [(block.stream, block.headers.entries, block.is_whole) for block in blocks]


def test_streams_say_the_same_with_machine_code(texts: HeaderTexts, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(10):
        data = b"".join(frames(random.Random(f"{seed} {part}")) for part in range(12))
        with monkeypatch.context() as patch:
            patch.setattr(texts._passer, "_compiled", None)
            huffman._texts.clear()
            plain = said_on(data)
        huffman._texts.clear()
        assert plain
        assert said_on(data) == plain
