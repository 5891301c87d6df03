"""Documents of BSON (bsonspec.org, 1.1) in other people's bytes, element by element, each with where it stands.

Written here, because the header tree needs the place of each element, and of a message that was cut, or whose document
is of megabytes, the first ones; ``bson`` of pymongo makes dictionaries of whole documents, without places, one of names
that come twice, and it is no small thing to install.  Nothing here recurses, and what is skipped is not read.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Bytes read at once, and of a name.
_AT_ONCE: Final = 4_096
_NAME_MOST: Final = 1_024
#: Bytes of a document without elements, and most of one (16 MiB, and 16 KiB for what a server adds).
EMPTY: Final = 5
DOCUMENT_MOST: Final = (16 << 20) + (16 << 10)

DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, UNDEFINED, OBJECT_ID, BOOLEAN, DATETIME, NULL, REGEX = range(1, 12)
DB_POINTER, CODE, SYMBOL, CODE_WITH_SCOPE, INT32, TIMESTAMP, INT64, DECIMAL = range(12, 20)
MIN_KEY, MAX_KEY = 0xFF, 0x7F
#: Bytes of a value where all have as many, …
_FIXED: Final = {
    DOUBLE: 8, UNDEFINED: 0, OBJECT_ID: 12, BOOLEAN: 1, DATETIME: 8, NULL: 0, INT32: 4, TIMESTAMP: 8, INT64: 8,
    DECIMAL: 16, MIN_KEY: 0, MAX_KEY: 0,
}  # fmt: skip
#: … and of others, behind the length that they begin with: so many more than it says, and the least that it may say.
_SIZED: Final = {
    STRING: (4, 1), DOCUMENT: (0, EMPTY), ARRAY: (0, EMPTY), BINARY: (5, 0), DB_POINTER: (16, 1), CODE: (4, 1),
    SYMBOL: (4, 1), CODE_WITH_SCOPE: (0, 14),
}  # fmt: skip
#: Values that hold others.
NESTED: Final = frozenset({DOCUMENT, ARRAY})
TEXTS: Final = frozenset({STRING, CODE, SYMBOL})


class Source:
    """Bytes from which little is read at a time: those of a direction, or what was compressed."""

    def __init__(self, read: Callable[[int, int], bytes], stop: int) -> None:
        """``read``: as `ByteStream.read`; ``stop``: behind the last byte that there is to read."""
        self._read, self.stop = read, stop
        self._begin, self._block = 0, b""

    @classmethod
    def of(cls, data: bytes) -> Source:
        """That of bytes in memory, from 0 on."""
        return cls(lambda at, size: data[at : at + size], len(data))

    def read(self, at: int, size: int) -> bytes:
        """``size`` bytes from ``at`` on, fewer where there are no more."""
        size = min(size, self.stop - at)
        begin = at - self._begin
        if not begin >= 0 or begin + size > len(self._block):
            self._begin, begin = at, 0
            self._block = self._read(at, min(max(size, _AT_ONCE), self.stop - at)) if size > 0 else b""
        return self._block[begin : begin + max(size, 0)]

    def int32(self, at: int) -> int | None:
        """The number at ``at``, with its sign; None where it is not there."""
        found = self.read(at, 4)
        return int.from_bytes(found, "little", signed=True) if len(found) == 4 else None

    def text_end(self, at: int, stop: int) -> int:
        """Where the zero byte stands behind the text at ``at``; -1: before ``stop`` none does, or it is too far."""
        found = self.read(at, min(_NAME_MOST, stop - at))
        end = found.find(b"\0")
        return at + end if end >= 0 else -1


class Element(NamedTuple):
    """An element of a document: a kind, a name, a value."""

    kind: int
    name: str
    start: int
    """Where its kind stands, and behind it its name, …"""
    at: int
    """… its value …"""
    stop: int
    """… and what follows."""


class Document:
    """A document at ``at`` that ends at ``stop`` at the latest."""

    __slots__ = ("_source", "at", "is_cut", "is_wrong", "size", "stop")

    def __init__(self, source: Source, at: int, stop: int) -> None:
        self._source, self.at = source, at
        size = source.int32(at)
        self.is_cut = size is None
        """Not all that was looked at is there."""
        self.size = 0 if size is None else size
        """As it says itself."""
        self.is_wrong = size is not None and not EMPTY <= size <= min(stop - at, DOCUMENT_MOST)
        self.stop = at + self.size if not (self.is_cut or self.is_wrong) else at

    @property
    def is_sound(self) -> bool:
        """Whether nothing that was looked at contradicts what a document is."""
        return not self.is_wrong

    def elements(self) -> Iterator[Element]:
        """Its elements, without those within them, as far as they can be read."""
        at, end, source = self.at + 4, self.stop - 1, self._source
        while at < end:
            name_end = source.text_end(at + 1, end)
            kind = source.read(at, 1)
            if not kind or name_end < 0:
                self._ended(at + _NAME_MOST if kind else at)
                return
            value = name_end + 1
            size = self._size(kind[0], value, end)
            if size < 0:
                return
            name = source.read(at + 1, name_end - at - 1).decode("utf-8", "replace")
            yield Element(kind[0], name, at, value, value + size)
            at = value + size

    def _ended(self, at: int) -> None:
        """Something is not there that should stand before ``at``: it was not captured, or there is none."""
        if min(at, self.stop) > self._source.stop or not self._source.read(min(at, self.stop) - 1, 1):
            self.is_cut = True
        else:
            self.is_wrong = True

    def _size(self, kind: int, at: int, end: int) -> int:
        """Bytes of the value at ``at``; -1: it does not fit, or was not captured."""
        size = _FIXED.get(kind, -1)
        if kind in _SIZED:
            more, least = _SIZED[kind]
            said = self._source.int32(at) if at + 4 <= end else -1
            if said is None:
                self.is_cut = True
                return -1
            size = said + more if said >= least else -1
        elif kind == REGEX:
            first = self._source.text_end(at, end)
            second = self._source.text_end(first + 1, end) if first >= 0 else -1
            size = second + 1 - at if second >= 0 else -1
            if size < 0:
                self._ended(at + 2 * _NAME_MOST)
                return -1
        if size < 0 or at + size > end:
            self.is_wrong = True
            return -1
        return size


_NUMBERS: Final = {
    DOUBLE: struct.Struct("<d"), INT32: struct.Struct("<i"), INT64: struct.Struct("<q"), BOOLEAN: struct.Struct("<?"),
    DATETIME: struct.Struct("<q"), TIMESTAMP: struct.Struct("<q"),
}  # fmt: skip


def number_of(source: Source, element: Element) -> int | float | None:
    """The number that ``element`` is; None where it is none, or was not captured."""
    form = _NUMBERS.get(element.kind)
    if form is None:
        return None
    found = source.read(element.at, form.size)
    return form.unpack(found)[0] if len(found) == form.size else None


def whole_number_of(source: Source, element: Element) -> int:
    """The same as a whole number; 0 where there is none."""
    found = number_of(source, element)
    return int(found) if found is not None and abs(found) < float(1 << 63) else 0


def text_of(source: Source, element: Element, most: int = _NAME_MOST) -> str | None:
    """The first bytes of the text that ``element`` is, as text; None where it is none."""
    if element.kind not in TEXTS:
        return None
    size = min(element.stop - element.at - 5, most)
    return source.read(element.at + 4, size).decode("utf-8", "replace")


def document_of(source: Source, element: Element) -> Document | None:
    """The document, or array, that ``element`` is; None where it is neither."""
    return Document(source, element.at, element.stop) if element.kind in NESTED else None
