"""Codings undone step by step: the same bytes, however they were cut, and never much at a time."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from tcptui.protocols.http.content_coding import BLOCK, CodingError, Decoders, UnsupportedCodingError

PLAIN = b"".join(b"line %d of many\n" % number for number in range(20_000))
BOMB_BYTES = 64 << 20


def _raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


CODED = {
    "gzip": ("gzip", gzip.compress(PLAIN)),
    "two members": ("gzip", gzip.compress(PLAIN[:999]) + gzip.compress(PLAIN[999:])),
    "padded": ("gzip", gzip.compress(PLAIN) + bytes(9)),
    "deflate": ("deflate", zlib.compress(PLAIN)),
    "deflate without its wrapper": ("deflate", _raw_deflate(PLAIN)),
    "br": ("br", brotli.compress(PLAIN)),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress(PLAIN)),
    "two frames": (
        "zstd",
        zstandard.ZstdCompressor().compress(PLAIN[:999]) + zstandard.ZstdCompressor().compress(PLAIN[999:]),
    ),
}


def _decode(codings: list[str], data: bytes, step: int) -> tuple[bytes, bool]:
    decoders = Decoders(codings)
    out = b"".join(block for at in range(0, len(data), step) for block in decoders.feed(data[at : at + step]))
    return out, decoders.ended


@pytest.mark.parametrize("step", [1, 1460, 1 << 30])
@pytest.mark.parametrize("name", CODED)
def test_coded_bytes_become_what_they_were(name: str, step: int) -> None:
    coding, data = CODED[name]

    assert _decode([coding], data, step) == (PLAIN, True)


def test_codings_are_undone_last_first() -> None:
    assert _decode(["gzip", "br"], brotli.compress(gzip.compress(PLAIN)), 100) == (PLAIN, True)


def test_flushed_bytes_are_there_at_once() -> None:
    gzipped, brotlied, zstded = (
        zlib.compressobj(wbits=31),
        brotli.Compressor(),
        zstandard.ZstdCompressor().compressobj(),
    )
    parts = {
        "gzip": gzipped.compress(b"event") + gzipped.flush(zlib.Z_SYNC_FLUSH),
        "br": brotlied.process(b"event") + brotlied.flush(),
        "zstd": zstded.compress(b"event") + zstded.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK),
    }

    assert {coding: b"".join(Decoders([coding]).feed(data)) for coding, data in parts.items()} == dict.fromkeys(
        parts, b"event"
    )


def test_unflushed_bytes_give_nothing_yet() -> None:
    machine = zlib.compressobj(wbits=31)

    assert b"".join(Decoders(["gzip"]).feed(machine.compress(b"event"))) == b""


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_bomb_is_given_in_small_blocks(coding: str) -> None:
    zeros = bytes(BOMB_BYTES)
    data = {
        "gzip": lambda: gzip.compress(zeros),
        "br": lambda: brotli.compress(zeros, quality=5),
        "zstd": lambda: zstandard.ZstdCompressor().compress(zeros),
    }[coding]()
    sizes = [len(block) for block in Decoders([coding]).feed(data)]

    assert sum(sizes) == BOMB_BYTES
    assert max(sizes) <= 2 * BLOCK


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_other_bytes_are_refused_by_name(coding: str) -> None:
    with pytest.raises(CodingError) as caught:
        list(Decoders([coding]).feed(b"\xff\x00certainly not compressed" * 20))

    assert caught.value.coding == coding


def test_unknown_coding_is_named_before_any_byte() -> None:
    with pytest.raises(UnsupportedCodingError) as caught:
        Decoders(["gzip", "sdch"])

    assert caught.value.coding == "sdch"


def test_endless_chain_of_codings_is_refused() -> None:
    with pytest.raises(UnsupportedCodingError):
        Decoders(["gzip"] * 5)
