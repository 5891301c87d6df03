"""HPACK (RFC 7541) for a reader that may have missed the beginning: what it cannot know stays unknown.

hpack has the static table and that of Huffman's code.  The dynamic table is our own, because
hpack's decoder is an endpoint's: the first index that it does not know ends it.  Dynamic indices count from the newest
entry, so entries that were inserted since reading began are found exactly, whatever was inserted before; an index
beyond them is unknown, not an error, until enough was inserted or the table was emptied.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from enum import Enum
from itertools import accumulate
from typing import Final, NamedTuple

from hpack.exceptions import HPACKDecodingError
from hpack.table import HeaderTable

from tcptui.protocols.http2.huffman import plain_text

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
#: What the bytes of an integer behind its first one stand for, as shifts: no length or index needs more of them.
_SHIFTS: Final = range(0, 35, 7)
#: Up to so many bytes a list is neither counted nor cut.
LIST_USUAL: Final = 1 << 13
#: Blocks that are remembered until the table changes.
_SAME_MOST: Final = 256
_STATIC: Final = HeaderTable.STATIC_TABLE
_STATIC_COUNT: Final = len(_STATIC)
_STATIC_LARGEST: Final = _OVERHEAD + max(len(name) + len(value) for name, value in _STATIC)
#: The byte that stands for the newest entry of the dynamic table.
_DYNAMIC: Final = 0x80 + _STATIC_COUNT + 1


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


_Entry = tuple[bytes | None, bytes | None]
#: A part of the table that was not captured, and what a size update says instead of a field.
_UNKNOWN: Final[_Entry] = (None, None)
_NOTHING: Final[_Entry] = (b"", b"")
#: The least first byte of each representation, and the bits of its number, the greatest byte first.
_WRITTEN: Final = (
    (0x80, (Representation.INDEXED, 7)), (0x40, (Representation.LITERAL, 6)), (0x20, (Representation.SIZE, 5)),
    (0x10, (Representation.NEVER_INDEXED, 4)), (0x00, (Representation.NOT_INDEXED, 4)),
)  # fmt: skip
_LITERALS: Final = frozenset({Representation.LITERAL, Representation.NOT_INDEXED, Representation.NEVER_INDEXED})


class HeaderList:
    """The fields of a header block; where they stood in it is found once somebody asks: who lists requests does not."""

    __slots__ = ("_data", "entries", "is_cut", "is_valid", "values")

    def __init__(self, data: bytes, entries: list[_Entry], is_valid: bool = True, is_cut: bool = False) -> None:
        """``data``: the block, which begins with the fields that are ``entries``."""
        self._data = data
        self.is_valid = is_valid
        """All of it could be decoded."""
        self.is_cut = is_cut
        """Fields beyond `LIST_MOST`, or `LIST_MOST_LATER`, were left out."""
        self.entries = entries
        """Name and value of each field, as in `HeaderField`; of a size update both are empty."""
        self.values = dict(reversed(entries))
        """The value of the first field of each name."""

    @property
    def fields(self) -> list[HeaderField]:
        """The fields, made at each access."""
        found, at = [], 0
        for name, value in self.entries:
            representation, place, behind = _walked(self._data, at)
            found.append(HeaderField(name, value, representation, place, at, behind - at))
            at = behind
        return found


class HpackReader:
    """Decodes the header blocks of one direction, in the order in which they were sent."""

    def __init__(self, *, from_start: bool) -> None:
        """``from_start``: nothing of this direction came before."""
        self._entries: deque[_Entry] = deque()
        """The newest first."""
        self._sizes: deque[int] = deque()
        """What each of them takes, by HPACK's count."""
        self.kept_bytes = 0
        """What the known entries take, by HPACK's count."""
        self._limit: int | None = FIRST_SIZE if from_start else None
        """Bytes that the table may have; None unknown."""
        self.is_whole = from_start
        """Every entry of the table is known."""
        self._grown = 0
        """How much longer the lists so far are than their blocks, those of usual length apart, in bytes."""
        self._largest = _STATIC_LARGEST
        """At least what the largest entry of the table takes, by HPACK's count."""
        self._same: dict[bytes, HeaderList] = {}
        """What blocks said since the table changed last: where one comes again, it says the same."""
        self._changes = 0
        """How often the table changed."""

    def lose(self) -> None:
        """Bytes of this direction are missing: entries may have been inserted that are not known."""
        self._entries.clear()
        self._sizes.clear()
        self.kept_bytes = 0
        self._limit = None
        self.is_whole = False
        self._changed()

    def decode(self, data: bytes) -> HeaderList:
        """The fields of a header block; after one that is invalid, or not whole, the table is not known any more."""
        if self._same and (same := self._same.get(data)) is not None:
            return same
        entries: list[_Entry] = []
        dynamic, known, changes, at, stop = self._entries, len(self._entries), self._changes, 0, len(data)
        is_valid = True
        try:
            while at < stop:
                first = data[at]
                if first >= 0x80:
                    if 0x80 < first < _DYNAMIC:  # an index of one byte: most fields are
                        entries.append(_STATIC[first - 0x81])
                        at += 1
                    elif first - _DYNAMIC < known and 0x80 < first < 0xFF:
                        entries.append(dynamic[first - _DYNAMIC])
                        at += 1
                    else:
                        index, at = _integer(data, at, 0x7F)
                        entries.append(self._entry(index))
                elif 0x20 <= first < 0x40:
                    size, at = _integer(data, at, 0x1F)
                    self._resize(size)
                    known = len(dynamic)
                    entries.append(_NOTHING)
                else:
                    mask = 0x3F if first >= 0x40 else 0x0F
                    index = first & mask
                    if index == mask:
                        index, at = _integer(data, at, mask)
                    else:
                        at += 1
                    name: bytes | None
                    if not index:
                        name, at = _string(data, at)
                    elif index <= _STATIC_COUNT:
                        name = _STATIC[index - 1][0]
                    else:
                        name = self._entry(index)[0]
                    value, at = _string(data, at)
                    entry = name, value
                    entries.append(entry)
                    if first >= 0x40:
                        self._insert(entry)
                        known = len(dynamic)
        except (HPACKDecodingError, IndexError):
            self.lose()
            is_valid = False
        is_usual = 2 * stop + len(entries) * self._largest <= LIST_USUAL
        is_cut = not is_usual and self._cut(entries, stop)
        if is_cut:
            data = data[: _offset_after(data, len(entries))]
        decoded = HeaderList(data, entries, is_valid, is_cut)
        if is_usual and changes == self._changes:
            if len(self._same) >= _SAME_MOST:
                self._same.clear()
            self._same[data] = decoded
        return decoded

    def _cut(self, entries: list[_Entry], size: int) -> bool:
        """Leave out those of ``entries``, of a block of ``size`` bytes, that are beyond the bounds; whether any was."""
        most = LIST_MOST if self._grown < LISTS_MOST else LIST_MOST_LATER
        totals = list(accumulate(map(_size_of, entries)))
        fitting = bisect_right(totals, most)
        self._grown += max(min(totals[-1] if totals else 0, most) - size, 0)
        del entries[fitting:]
        return fitting < len(totals)

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
        return _UNKNOWN

    def _insert(self, entry: _Entry) -> None:
        self._changes += 1
        if self._same:
            self._same.clear()
        size = _size_of(entry)
        self._entries.appendleft(entry)
        self._sizes.appendleft(size)
        self.kept_bytes += size
        if size > self._largest:
            self._largest = size
        if self._limit is None or self.kept_bytes > self._limit:
            self._shrink()

    def _changed(self) -> None:
        self._changes += 1
        if self._same:
            self._same.clear()

    def _resize(self, size: int) -> None:
        self._changed()
        self._limit = size if size <= TABLE_MOST else None
        if self._limit is None:
            self.is_whole = False
        elif not size:
            self.is_whole = True
        self._shrink()

    def _shrink(self) -> None:
        most = TABLE_MOST if self._limit is None else self._limit
        kept, entries = self.kept_bytes, self._entries
        if kept > most:
            while kept > most:
                kept -= self._sizes.pop()
                entries.pop()
            self.kept_bytes = kept
            # What is older has left the table, too; a name that is not known may have been longer.
            self.is_whole = self.is_whole or self._limit is not None


def _size_of(entry: _Entry) -> int:
    name, value = entry
    return _OVERHEAD + len(name or b"") + len(value or b"")


def _walked(data: bytes, at: int) -> tuple[Representation, int, int]:
    """How the valid field at ``data[at]`` was written, its `HeaderField.place`, and the offset behind it."""
    first = data[at]
    if 0x80 < first < 0xFF:  # most are
        return Representation.INDEXED, first & 0x7F, at + 1
    representation, prefix = next(kind for least, kind in _WRITTEN if first >= least)
    place, at = _integer(data, at, (1 << prefix) - 1)
    if representation in _LITERALS:
        for _ in range(1 if place else 2):
            length, at = _integer(data, at, 0x7F)
            at += length
    return representation, place, at


def _offset_after(data: bytes, count: int) -> int:
    """The offset behind the first ``count`` fields of ``data``, which are valid."""
    at = 0
    for _ in range(count):
        at = _walked(data, at)[2]
    return at


def _integer(data: bytes, at: int, mask: int) -> tuple[int, int]:
    """An integer (RFC 7541, 5.1) that begins in the bits of ``mask``, and the offset behind it."""
    number = data[at] & mask
    at += 1
    if number == mask:
        for shift in _SHIFTS:
            byte = data[at]
            at += 1
            number += (byte & 0x7F) << shift
            if byte < 0x80:
                break
        else:
            raise HPACKDecodingError("an integer of too many bytes")
    return number, at


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A string (RFC 7541, 5.2) and the offset behind it."""
    first = data[at]
    length = first & 0x7F
    if length == 0x7F:
        length, begin = _integer(data, at, 0x7F)
    else:
        begin = at + 1
    stop = begin + length
    if stop > len(data):
        raise HPACKDecodingError("the block ends within a string")
    text = data[begin:stop]
    return (plain_text(text) if first >= 0x80 else text), stop
