"""Streaming decoders of content codings: gzip, deflate, br, zstd (RFC 9110, 8.4.1; RFC 8878).

Output comes in blocks of bounded size whatever the input, and each call gives all output that the
input so far makes possible: what a receiver could have shown after that packet.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

#: Output is made in blocks of at most about this many bytes.
BLOCK: Final = 65_536
#: Most codings of one body that are decoded; nobody sends more.
CODINGS_LIMIT: Final = 4
#: Input bytes per step: zstd cannot limit its output, and at worst 4 bytes make 128 KiB (RFC 8878, 3.1.1.2).
_ZSTD_STEP: Final = 256
#: Larger windows are refused, as RFC 9659 asks of receivers.
_ZSTD_WINDOW: Final = 8 << 20
_GZIP: Final = 16 + zlib.MAX_WBITS


class CodingError(Exception):
    """The bytes are invalid for ``coding``; ``reason`` is the decoder's message."""

    def __init__(self, coding: str, reason: str) -> None:
        super().__init__(coding, reason)
        self.coding = coding
        self.reason = reason


class UnsupportedCodingError(CodingError):
    """A coding that cannot be decoded here, or too many codings."""


class Decoder(Protocol):
    """Decodes one coding."""

    @property
    def ended(self) -> bool:
        """Whether the coded data is complete by its own end mark."""
        ...

    def feed(self, data: bytes) -> Iterator[bytes]:
        """All output that ``data`` makes possible, in blocks.  Raises CodingError."""
        ...


class _Zlib:
    """gzip, of any number of members, or deflate with or without its zlib wrapper."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._head = b""
        self._machine = zlib.decompressobj(_GZIP) if coding == "gzip" else None
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See `Decoder`."""
        if self._machine is None:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, b""
            self._machine = zlib.decompressobj(zlib.MAX_WBITS if _has_zlib_header(data) else -zlib.MAX_WBITS)
        while data:
            if self._machine.eof:
                if self._coding != "gzip" or not data.lstrip(b"\0"):
                    return  # padding behind gzip, or anything behind a deflate stream: ignored
                self._machine = zlib.decompressobj(_GZIP)
                self.ended = False
            try:
                block = self._machine.decompress(data, BLOCK)
            except zlib.error as error:
                raise CodingError(self._coding, str(error)) from error
            if block:
                yield block
            self.ended = self._machine.eof
            data = self._machine.unused_data if self._machine.eof else self._machine.unconsumed_tail
        # Output may still be buffered inside although all input was consumed.
        while self._machine is not None and not self._machine.eof:
            try:
                block = self._machine.decompress(b"", BLOCK)
            except zlib.error as error:
                raise CodingError(self._coding, str(error)) from error
            if not block:
                return
            yield block


def _has_zlib_header(data: bytes) -> bool:
    """Whether ``data`` begins with a zlib header (RFC 1950, 2.2); many servers send ``deflate`` without it."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        import brotli  # few captures have such bodies

        self._machine = brotli.Decompressor()
        self._error = brotli.error
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See `Decoder`."""
        while not self.ended:
            try:
                block = self._machine.process(data, output_buffer_limit=BLOCK)
            except self._error as error:
                raise CodingError("br", str(error)) from error
            self.ended = self._machine.is_finished()
            if block:
                yield block
            elif self._machine.can_accept_more_data():
                return
            data = b""


class _Zstd:
    """zstd, of any number of frames."""

    def __init__(self) -> None:
        import zstandard  # few captures have such bodies

        self._error = zstandard.ZstdError
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._machine = self._context.decompressobj()
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See `Decoder`."""
        at = 0
        while at < len(data):
            if self._machine.eof:
                self._machine = self._context.decompressobj()
            step = data[at : at + _ZSTD_STEP]
            at += len(step)
            try:
                block = self._machine.decompress(step)
            except self._error as error:
                raise CodingError("zstd", str(error)) from error
            self.ended = self._machine.eof
            if self.ended:
                at -= len(self._machine.unused_data)
            for begin in range(0, len(block), BLOCK):
                yield block[begin : begin + BLOCK]


_MAKERS: Final[dict[str, Callable[[], Decoder]]] = {
    "gzip": lambda: _Zlib("gzip"),
    "x-gzip": lambda: _Zlib("gzip"),
    "deflate": lambda: _Zlib("deflate"),
    "br": _Brotli,
    "zstd": _Zstd,
}


class Decoders:
    """Decodes all codings of one body, the last applied first."""

    def __init__(self, codings: Iterable[str]) -> None:
        """``codings`` in the order they were applied; raises UnsupportedCodingError."""
        applied = list(codings)
        unknown = next((coding for coding in applied if coding not in _MAKERS), None)
        if unknown is not None or len(applied) > CODINGS_LIMIT:
            raise UnsupportedCodingError(unknown or ", ".join(applied), "unknown coding")
        self._chain: list[Decoder] = [_MAKERS[coding]() for coding in reversed(applied)]

    @property
    def ended(self) -> bool:
        """Whether the data of every coding is complete."""
        return all(decoder.ended for decoder in self._chain)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """All output that ``data`` makes possible, in blocks.  Raises CodingError."""
        blocks: Iterator[bytes] = iter((data,) if data else ())
        for decoder in self._chain:
            blocks = _through(decoder, blocks)
        return blocks


def _through(decoder: Decoder, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield from decoder.feed(block)
