"""Decompresses .gz and .zst in pieces of bounded size; recognised by their first bytes, never by file name.

The bound holds whatever the input claims, so a decompression bomb costs no memory.
"""

from __future__ import annotations

import zlib
from enum import Enum, auto
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Upper bound of a decompressed piece, in bytes.
PIECE_BYTES: Final = 1 << 20
#: How many of the first bytes `packing_of` needs.
MAGIC_BYTES: Final = 4
#: Upper bound of one read of compressed input, in bytes: small, so that a slow sender's packets are shown soon.
_INPUT_BYTES: Final = 1 << 16
#: What tells zlib to expect the header and the check of a gzip member (zlib.h, inflateInit2).
_GZIP_MEMBER: Final = 16 + zlib.MAX_WBITS
#: Damaged input is unpacked again in parts of so many bytes; of each, zlib makes 1,032 times as many at most.
_CRUMB_BYTES: Final = 64
_CUT_SHORT: Final = "Compressed file ended before the end-of-stream marker was reached"
_GZIP_MAGIC: Final = b"\x1f\x8b\x08"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
#: Behind the first byte, 0x50 to 0x5f, of a skippable frame of zstd.
_SKIPPABLE: Final = b"\x2a\x4d\x18"


class Compression(Enum):
    """How a capture is compressed."""

    NONE = auto()
    GZIP = auto()
    ZSTD = auto()


class PackedError(Exception):
    """Compressed data is damaged or truncated; ``str()`` says how, in English."""


class Readable(Protocol):
    """A byte stream."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; empty at the end."""


def packing_of(magic: bytes) -> Compression:
    """The compression that the first `MAGIC_BYTES` bytes indicate (RFC 1952, 2.3.1; RFC 8878, 3.1)."""
    if magic[:3] == _GZIP_MAGIC:
        return Compression.GZIP
    # A .zst may begin with a skippable frame; no capture format begins like that.
    is_skippable = len(magic) == 4 and magic[1:] == _SKIPPABLE and magic[0] & 0xF0 == 0x50
    return Compression.ZSTD if magic == _ZSTD_MAGIC or is_skippable else Compression.NONE


def may_be_packed(head: bytes) -> bool:
    """Whether a compressed stream may begin with ``head``, of which `MAGIC_BYTES` bytes tell."""
    if len(head) >= MAGIC_BYTES:
        return packing_of(head[:MAGIC_BYTES]) is not Compression.NONE
    skippable = head[:1] + _SKIPPABLE if head[:1] and head[0] & 0xF0 == 0x50 else b""
    return any(magic.startswith(head) for magic in (_GZIP_MAGIC, _ZSTD_MAGIC, skippable))


def pieces(stream: Readable, packing: Compression) -> Iterator[bytes]:
    """The decompressed bytes of ``stream``, in pieces of at most `PIECE_BYTES`.

    Several gzip members or zstd frames in a row are one stream.  Raises PackedError for damaged or truncated
    data, after everything before it was yielded.
    """
    match packing:
        case Compression.NONE:
            while piece := stream.read(PIECE_BYTES):
                yield piece
        case Compression.GZIP:
            yield from _gunzip(stream)
        case Compression.ZSTD:
            yield from _unzstd(stream)


def _gunzip(stream: Readable) -> Iterator[bytes]:
    """Members one after the other, zeros between and after them skipped as gzip(1) does.

    By zlib itself, for `gzip.GzipFile` reads 8 KiB at a time, and for each this thread would wait for the interpreter,
    which the analysis seldom gives up.
    """
    data = stream.read(_INPUT_BYTES)
    while data:
        member = zlib.decompressobj(_GZIP_MEMBER)
        while not member.eof:
            before = member.copy()
            try:
                piece = member.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                yield from _salvaged(before, data)
                raise PackedError(str(error)) from error
            if piece:
                yield piece
            data = member.unconsumed_tail
            if not data and len(piece) < PIECE_BYTES and not member.eof:
                data = stream.read(_INPUT_BYTES)
                if not data:
                    raise PackedError(_CUT_SHORT)
        data = member.unused_data.lstrip(b"\0")
        while not data and (more := stream.read(_INPUT_BYTES)):
            data = more.lstrip(b"\0")


def _salvaged(member: zlib._Decompress, data: bytes, step: int = _CRUMB_BYTES) -> Iterator[bytes]:
    """What ``data`` gives before the damage in it: an error takes with it all that the same call had unpacked."""
    for begin in range(0, len(data), step):
        crumb, before = data[begin : begin + step], member.copy()
        try:
            piece = member.decompress(crumb)
        except zlib.error:
            if step > 1:
                yield from _salvaged(before, crumb, 1)
            return
        if piece:
            yield piece


def _unzstd(stream: Readable) -> Iterator[bytes]:
    import zstandard  # imported on first use: most captures are not .zst

    watched = _ZstdFrames(stream)
    with zstandard.ZstdDecompressor().stream_reader(
        cast("IO[bytes]", watched), read_size=_INPUT_BYTES, read_across_frames=True, closefd=False
    ) as unpacked:
        while True:
            try:
                piece = unpacked.read1(PIECE_BYTES)
            except zstandard.ZstdError as error:
                raise PackedError(str(error)) from error
            if not piece:
                break
            yield piece
    if not watched.between_frames:
        raise PackedError("Compressed file ended before the end of its last frame")


class _ZstdFrames:
    """Passes a zstd stream through and tracks whether it is at a boundary between frames (RFC 8878, 3.1).

    Needed because the library does not distinguish a complete input from a truncated one.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._pending = b""
        self._at = 0  # bytes of `_pending` already parsed
        self._skip = 0  # bytes of a block, a checksum or a skippable frame still to come
        self._in_frame = False
        self._has_checksum = False
        self._known = True  # False after bytes that are no zstd structure: the library reports those

    @property
    def between_frames(self) -> bool:
        return not self._known or not (self._in_frame or self._pending or self._skip)

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(_INPUT_BYTES if size < 0 else min(size, _INPUT_BYTES))
        if self._known:
            self._pending += data
            self._at = 0
            while self._advance():
                pass
            self._pending = self._pending[self._at :]
        return data

    def _advance(self) -> bool:
        """Parse one structural element; False when more bytes are needed."""
        if self._skip:
            step = min(self._skip, len(self._pending) - self._at)
            self._skip -= step
            self._at += step
            return step > 0
        return self._block() if self._in_frame else self._frame_header()

    def _frame_header(self) -> bool:
        # A frame header is at least 6 bytes and a block header of 3 follows; a skippable one is 8 bytes.
        header = self._pending[self._at : self._at + 8]
        if len(header) < 8:
            return False
        if packing_of(header[:4]) is not Compression.ZSTD:
            self._known = False
            return False
        if header[:4] != _ZSTD_MAGIC:
            self._skip = int.from_bytes(header[4:8], "little")
            self._at += 8
            return True
        descriptor = header[4]
        single_segment = descriptor >> 5 & 1
        content_size = (single_segment, 2, 4, 8)[descriptor >> 6]
        self._skip = (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size
        self._has_checksum = bool(descriptor & 4)
        self._at += 5
        self._in_frame = True
        return True

    def _block(self) -> bool:
        if len(self._pending) - self._at < 3:
            return False
        header = int.from_bytes(self._pending[self._at : self._at + 3], "little")
        self._at += 3
        is_last, kind, size = header & 1, header >> 1 & 3, header >> 3
        # An RLE block has one byte of content, whatever its size says.
        self._skip = 1 if kind == 1 else size
        if is_last:
            self._in_frame = False
            self._skip += 4 if self._has_checksum else 0
        return True
