"""A search for planted values in a file: no parser, every notation, at every offset."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Four octets drawn at random are in a file of some kilobytes by chance once in a million times.
WINDOW: Final = 4
#: Of letters it takes more: a file says in words that it was redacted.
LETTERS: Final = 8


class Searcher:
    """Searches one file."""

    def __init__(self, file: bytes) -> None:
        self._as_it_is, self._lower = file, file.lower()
        self._beginnings = {one[at : at + WINDOW] for one in (file, self._lower) for at in range(len(file))}

    def found(self, value: bytes) -> Iterator[str]:
        """The notations in which a part of ``value`` is there; of a value too short to tell none."""
        for notation, needle in _notations(value, LETTERS if value.isalpha() else WINDOW):
            if needle[:WINDOW] in self._beginnings and needle in self._as_it_is:
                yield f"{notation} {needle!r}"
            elif needle.isascii() and needle.lower()[:WINDOW] in self._beginnings and needle.lower() in self._lower:
                yield f"{notation}, in another case {needle!r}"


def _notations(value: bytes, size: int) -> Iterator[tuple[str, bytes]]:
    if len(value) < size:
        return
    for start in range(len(value) - size + 1):
        window = value[start : start + size]
        yield "as it is", window
        yield "reversed", window[::-1]
        yield "in words of another order", b"".join(window[at : at + 2][::-1] for at in range(0, size, 2))
        yield "complement", bytes(octet ^ 0xFF for octet in window)
        yield "hexadecimal", window.hex().encode()
        for separator in (":", "-", " "):
            yield "hexadecimal, separated", window.hex(separator).encode()
        yield "in UTF-16", window.decode("latin-1").encode("utf-16-le")
    yield "in decimals", ".".join(map(str, value[:4])).encode()
    yield "in decimals, reversed", ".".join(map(str, value[:4][::-1])).encode()
    yield "nibbles, reversed", ".".join(value.hex()[::-1])[:15].encode()
    if len(value) <= 16:
        yield "as a number", str(int.from_bytes(value)).encode()
    for shift in range(3):
        if len(value) >= 6:
            yield "base 64", base64.b64encode(value[shift : shift + (len(value) - shift) // 3 * 3])
    if len(value) > WINDOW:
        yield "CRC", zlib.crc32(value).to_bytes(4)
        yield "CRC", zlib.crc32(value).to_bytes(4, "little")
