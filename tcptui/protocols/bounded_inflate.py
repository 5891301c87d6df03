"""The beginning of what zlib or zstd compressed: never more than is asked for, whatever the bytes claim to hold."""

from __future__ import annotations

import zlib


def beginning_of(data: bytes, length: int, *, is_zstd: bool, window: int) -> bytes:
    """The first ``length`` bytes of what ``data`` was compressed from; fewer, or none, where it is damaged.

    ``window``: the largest one of zstd that is accepted, in bytes.
    """
    try:
        if not is_zstd:
            return zlib.decompressobj().decompress(data, length)
    except zlib.error:
        return b""
    import zstandard  # few connections compress with it

    try:
        return zstandard.ZstdDecompressor(max_window_size=window).stream_reader(data).read(length)
    except zstandard.ZstdError:
        return b""
