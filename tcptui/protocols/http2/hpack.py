"""HPACK (RFC 7541) for a reader that may have missed the beginning: what it cannot know stays unknown.

hpack decodes integers and Huffman codes and has the static table.  The dynamic table is our own, because hpack's
decoder is an endpoint's: the first index that it does not know ends it.  Dynamic indices count from the newest entry,
so entries that were inserted since reading began are found exactly, whatever was inserted before; an index beyond
them is unknown, not an error, until enough was inserted or the table was emptied.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final, NamedTuple

from hpack.exceptions import HPACKDecodingError
from hpack.hpack import decode_integer
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

#: Bytes of a dynamic table, by HPACK's count, until the encoder says otherwise (RFC 9113, 6.5.2) …
FIRST_SIZE: Final = 4_096
#: … and most that are kept, whatever it says.
TABLE_MOST: Final = 1 << 20
#: Bytes of one decoded list, by HPACK's count, of which fields are kept; the table is kept right beyond it.
LIST_MOST: Final = 1 << 18
#: Bytes that the lists of one direction may have beyond those that were sent: each of a few bytes may stand for a long
#: entry of the table.  Behind them …
LISTS_MOST: Final = 1 << 25
#: … so many bytes of a list are kept; what is usual takes less.
LIST_MOST_LATER: Final = 1 << 14
#: What an entry takes beside its name and value (RFC 7541, 4.1).
_OVERHEAD: Final = 32
#: Longest integer that is decoded: more bytes than any length or index needs.
_INTEGER: Final = 6
_STATIC: Final = HeaderTable.STATIC_TABLE
_STATIC_COUNT: Final = len(_STATIC)


class Representation(Enum):
    """How a field was written (RFC 7541, 6), in Wireshark's words."""

    INDEXED = "Indexed Header Field"
    LITERAL = "Literal Header Field with Incremental Indexing"
    NOT_INDEXED = "Literal Header Field without Indexing"
    NEVER_INDEXED = "Literal Header Field never Indexed"
    SIZE = "Dynamic Table Size Update"


class HeaderField(NamedTuple):
    """One field; None stands for a name or a value that is in a part of the table that was not captured."""

    name: bytes | None
    value: bytes | None
    representation: Representation
    place: int
    """Where the name, or the whole field, stood in the table; 0: nowhere.  Of a size update, the size."""
    at: int
    """Offset in the header block …"""
    size: int
    """… and its bytes there."""


class Decoded(NamedTuple):
    """What a header block says."""

    fields: list[HeaderField]
    is_valid: bool
    """All of it could be decoded."""
    is_cut: bool
    """Fields beyond `LIST_MOST`, or `LIST_MOST_LATER`, were left out."""


_Entry = tuple[bytes | None, bytes | None]


class HpackReader:
    """Decodes the header blocks of one direction, in the order in which they were sent."""

    def __init__(self, *, from_start: bool) -> None:
        """``from_start``: nothing of this direction came before."""
        self._entries: deque[_Entry] = deque()
        """The newest first."""
        self.kept_bytes = 0
        """What the known entries take, by HPACK's count."""
        self._limit: int | None = FIRST_SIZE if from_start else None
        """Bytes that the table may have; None unknown."""
        self.is_whole = from_start
        """Every entry of the table is known."""
        self._grown = 0
        """How much longer the lists so far are than their blocks, in bytes."""

    def lose(self) -> None:
        """Bytes of this direction are missing: entries may have been inserted that are not known."""
        self._entries.clear()
        self.kept_bytes = 0
        self._limit = None
        self.is_whole = False

    def decode(self, data: bytes) -> Decoded:
        """The fields of a header block; after one that is invalid, or not whole, the table is not known any more."""
        fields: list[HeaderField] = []
        at, total, stop = 0, 0, len(data)
        most = LIST_MOST if self._grown < LISTS_MOST else LIST_MOST_LATER
        try:
            while at < stop:
                first = data[at]
                if 0x80 < first < 0xFF:  # an index of one byte: most fields are
                    name, value = self._entry(first & 0x7F)
                    field = HeaderField(name, value, Representation.INDEXED, first & 0x7F, at, 1)
                else:
                    field = self._field(data, at)
                total += _OVERHEAD + len(field.name or b"") + len(field.value or b"")
                if total <= most:
                    fields.append(field)
                at += field.size
        except (HPACKDecodingError, IndexError):
            self.lose()
            return Decoded(fields, is_valid=False, is_cut=total > most)
        finally:
            self._grown += max(min(total, most) - stop, 0)
        return Decoded(fields, is_valid=True, is_cut=total > most)

    def _field(self, data: bytes, at: int) -> HeaderField:
        first = data[at]
        if first & 0x80:
            index, used = _integer(data, at, 0x7F, 7)
            return HeaderField(*self._entry(index), Representation.INDEXED, index, at, used)
        if first & 0x40:
            return self._literal(data, at, 6, Representation.LITERAL)
        if first & 0x20:
            size, used = _integer(data, at, 0x1F, 5)
            self._resize(size)
            return HeaderField(b"", b"", Representation.SIZE, size, at, used)
        return self._literal(data, at, 4, Representation.NEVER_INDEXED if first & 0x10 else Representation.NOT_INDEXED)

    def _literal(self, data: bytes, start: int, prefix: int, representation: Representation) -> HeaderField:
        index, used = _integer(data, start, (1 << prefix) - 1, prefix)
        at = start + used
        name: bytes | None
        if index:
            name = self._entry(index)[0]
        else:
            name, at = _string(data, at)
        value, at = _string(data, at)
        if representation is Representation.LITERAL:
            self._insert(name, value)
        return HeaderField(name, value, representation, index, start, at - start)

    def _entry(self, index: int) -> _Entry:
        if index <= _STATIC_COUNT:
            if not index:
                raise HPACKDecodingError("index 0")
            return _STATIC[index - 1]
        place = index - _STATIC_COUNT - 1
        if place < len(self._entries):
            return self._entries[place]
        if self.is_whole or place * _OVERHEAD >= TABLE_MOST:
            raise HPACKDecodingError("index beyond the table")
        return None, None

    def _insert(self, name: bytes | None, value: bytes) -> None:
        self._entries.appendleft((name, value))
        self.kept_bytes += _size_of(name, value)
        self._shrink()

    def _resize(self, size: int) -> None:
        self._limit = size if size <= TABLE_MOST else None
        if self._limit is None:
            self.is_whole = False
        elif not size:
            self.is_whole = True
        self._shrink()

    def _shrink(self) -> None:
        most = TABLE_MOST if self._limit is None else self._limit
        while self.kept_bytes > most:
            self.kept_bytes -= _size_of(*self._entries.pop())
            # What is older has left the table, too; a name that is not known may have been longer.
            self.is_whole = self.is_whole or self._limit is not None


def _size_of(name: bytes | None, value: bytes | None) -> int:
    return _OVERHEAD + len(name or b"") + len(value or b"")


def _integer(data: bytes, at: int, mask: int, prefix: int) -> tuple[int, int]:
    """An integer (RFC 7541, 5.1) of ``prefix`` bits and more, and how many bytes it takes."""
    number = data[at] & mask
    return (number, 1) if number != mask else decode_integer(data[at : at + _INTEGER], prefix)


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A string (RFC 7541, 5.2) and the offset behind it."""
    length, used = _integer(data, at, 0x7F, 7)
    begin = at + used
    text = data[begin : begin + length]
    if len(text) < length:
        raise HPACKDecodingError("the block ends within a string")
    return (decode_huffman(text) if data[at] & 0x80 else text), begin + length
