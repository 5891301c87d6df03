"""The values of one direction token by token, over any segment border; a body is skipped, not read."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.http.fault import Cut
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.redis.value import AGGREGATES, BULKS, NOTHING, Item, Kind, Token
from tcptui.wire.message_runs import BULK_STRINGS, LONG

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of the first read behind a jump, and of the largest.
_FIRST_BLOCK: Final = 4_096
_BLOCK: Final = 1 << 18
#: Bytes behind a block that are rather read than jumped over.
_NEAR: Final = 8_192
#: Longest line: Redis refuses a longer inline command than 64 KiB; what MONITOR shows of a command is one line.
LONGEST_LINE: Final = 1 << 20
#: Longest bulk string and largest count: Redis has 2**29 and 2**31 - 1, and the former can be configured.
_LONGEST_BODY: Final = 1 << 40
_MOST_ELEMENTS: Final = (1 << 31) - 1
_END: Final = b"\r\n"
_HEAD_MOST: Final = 24
_KINDS: Final = {kind.value: kind for kind in Kind if kind.value < Kind.INLINE.value}
#: What a line may say, by kind; the others hold any text.
_LINES: Final = {
    Kind.INTEGER: re.compile(rb"[+-]?\d{1,20}"),
    Kind.NULL: re.compile(rb""),
    Kind.BOOLEAN: re.compile(rb"[tf]"),
    Kind.DOUBLE: re.compile(rb"[+-]?(?:\d[\d.]{0,400}(?:e[+-]?\d{1,4})?|inf|nan)", re.IGNORECASE),
    Kind.BIG_NUMBER: re.compile(rb"[+-]?\d+"),
}


#: Most elements of a command that is read at once, and what it looks like: each with its length before it.
_SHORT_MOST: Final = 4
_SHORT_BULK: Final = rb"\$(\d{1,3})\r\n([^\r]{0,256}+)\r\n"
_SHORT_COMMAND: Final = re.compile(
    rb"\*([1-%d])\r\n" % _SHORT_MOST + _SHORT_BULK + b"".join([b"(?:" + _SHORT_BULK + b")?"] * (_SHORT_MOST - 1))
)


class Fault(Enum):
    """Why there is no token."""

    END = auto()
    """The direction ends before it does, as far as captured."""
    GAP = auto()
    """Bytes are missing in its first line, or before."""
    MALFORMED = auto()
    """The bytes are no value."""


class Tokens:
    """Reads tokens of one direction at given offsets; forward reading is fast."""

    def __init__(self, direction: ByteStream) -> None:
        self.direction = direction
        self._window = Window(direction)
        self._base = 0
        self._data = b""
        self._is_short = False
        """The block ends at a gap, or at the end of what was captured."""

    def fault_at(self, offset: int) -> Fault:
        """Why nothing can be read at ``offset``."""
        return Fault.GAP if self._window.cut_at(offset) is Cut.GAP else Fault.END

    def byte(self, at: int) -> int:
        """The byte at ``at``; -1 without one."""
        if not self._base <= at < self._base + len(self._data):
            self._load(at)
        return self._data[at - self._base] if self._data else -1

    def line(self, at: int, end: bytes = _END) -> bytes | Fault:
        """The line at ``at``, without ``end``."""
        found = self._data.find(end, at - self._base) if at >= self._base else -1
        while found < 0:
            if self._base == at and self._is_short:
                return self.fault_at(at + len(self._data))
            if self._base == at and len(self._data) >= LONGEST_LINE:
                return Fault.MALFORMED
            self._load(at)
            found = self._data.find(end)
        return self._data[at - self._base : found]

    def token(self, at: int) -> Token | Fault:
        """The token at ``at``; its body may be missing."""
        place = at - self._base
        first = self._data[place] if 0 <= place < len(self._data) else self.byte(at)
        kind = _KINDS.get(first)
        if kind is None:
            return Fault.MALFORMED if first >= 0 else self.fault_at(at)
        data, place = self._data, at - self._base
        end = data.find(_END, place)
        if end >= 0:
            text = data[place + 1 : end]
        else:
            line = self.line(at)
            if isinstance(line, Fault):
                return line
            text = line[1:]
        stop = at + 1 + len(text) + len(_END)
        if kind in BULKS or kind in AGGREGATES:
            number = _count(text)
            if number is None or number > (_LONGEST_BODY if kind in BULKS else _MOST_ELEMENTS):
                return Fault.MALFORMED
            if kind in AGGREGATES or number == NOTHING:
                return Token(at, stop, kind, text, number)
            behind = stop + number + len(_END)
            place = behind - self._base
            if place <= len(self._data):
                if self._data[place - len(_END) : place] != _END:
                    return Fault.MALFORMED
            elif self._ends_wrong(behind):
                return Fault.MALFORMED
            return Token(at, behind, kind, text, number, stop)
        allowed = _LINES.get(kind)
        if (allowed is not None and not allowed.fullmatch(text)) or b"\n" in text or b"\r" in text:
            return Fault.MALFORMED
        return Token(at, stop, kind, text)

    def short_command(self, at: int) -> tuple[int, list[Item]] | None:
        """Where the array at ``at`` ends, and its elements, where all of it are a few short bulk strings of one line.

        None for any other, and where it does not lie in the block: nearly all commands are such, and are read at once.
        """
        base = self._base
        found = _SHORT_COMMAND.match(self._data, at - base) if at >= base else None
        if found is None:
            return None
        said = found.groups()
        count = int(said[0])
        if said.count(None) != 2 * (_SHORT_MOST - count):
            return None
        items = []
        for place in range(2, 2 * count + 1, 2):
            data = said[place]
            if int(said[place - 1]) != len(data):
                return None
            begin, stop = found.span(place + 1)
            items.append(Item(base + begin, base + stop, data))
        return base + found.end(), items

    def pass_bulks(self, at: int, most: int, items: list[Item] | None = None, kept: int = 0) -> tuple[int, int]:
        """Passes over at most ``most`` bulk strings from ``at`` on that lie in the block; where it stopped, how many.

        They are appended to ``items``, with ``kept`` of their bytes.
        """
        data, base = self._data, self._base
        place, size, left = at - base, len(data), most
        is_text = 0 <= place < size and data[place] == _BULK and data[place + 1 : place + 2] != b"-"
        if is_text and items is None and left >= _MANY:  # neither NULL nor another kind, which would end a run at once
            place, passed = self._pass_run(place, left)
            left -= passed
        while left and 0 <= place < size and data[place] == _BULK:
            end = data.find(_END, place, place + _HEAD_MOST)
            digits = data[place + 1 : end]
            if end < 0 or not digits.isdigit():
                break
            behind = end + 4 + int(digits)
            if behind > size or data[behind - 2 : behind] != _END:
                break
            if items is not None:
                body = end + 2
                items.append(Item(base + body, base + behind - 2, data[body : min(body + kept, behind - 2)]))
            place = behind
            left -= 1
        return base + place, most - left

    def _pass_run(self, place: int, most: int) -> tuple[int, int]:
        """Passes over bulk strings from ``place`` of the block on, many at a time; where it stopped, how many.

        What is looked at is at most a few times what is passed over: the next element may be of another kind, and
        then this is called for each.
        """
        data, long = self._data, place + LONG
        left, octets, passed = most, _FIRST_RUN, 1
        while passed and left >= _MANY:
            compiled = BULK_STRINGS.machine_code(len(data) - place) if place >= long else None
            if compiled is not None:
                place, passed = compiled(np.frombuffer(data, np.uint8), place, left)
                return place, most - left + passed
            place, passed = _pass_many(data[place : place + octets], place, left)
            left -= passed
            octets = min(2 * octets, _LONGEST_RUN)
        return place, most - left

    def read(self, start: int, size: int) -> bytes:
        """The captured bytes from ``start`` on, at most ``size``; stops at a gap."""
        place = start - self._base
        if place >= 0 and place + size <= len(self._data):
            return self._data[place : place + size]
        return self.direction.read(start, size)

    def _ends_wrong(self, stop: int) -> bool:
        """Whether other bytes than a line end, all captured, lie before ``stop``."""
        begin = stop - len(_END)
        if stop > self.direction.length:
            return False
        if not self._base <= begin <= self._base + len(self._data) - len(_END):
            self._load(begin)  # with what follows
        end = self._data[begin - self._base : stop - self._base]
        return len(end) == len(_END) and end != _END

    def _load(self, at: int) -> None:
        near = self._base <= at <= self._base + len(self._data) + _NEAR
        size = min(max(2 * len(self._data), _FIRST_BLOCK), _BLOCK) if near else _FIRST_BLOCK
        if at == self._base and self._data:  # its line is longer than the block
            size = min(8 * len(self._data), LONGEST_LINE)
        self._base, self._data = at, self.direction.read(at, size)
        self._is_short = len(self._data) < size


def _pass_many(data: bytes, place: int, most: int) -> tuple[int, int]:
    """Passes over the bulk strings that ``data``, from ``place`` on, begins with: where it stopped, how many.

    Each is a line and a line of that length.  Whole runs at once: a list of millions of short elements takes a third of
    the time.
    """
    lines = data.split(_END, 2 * most)
    whole = (len(lines) - 1) // 2
    heads, sizes = lines[0 : 2 * whole : 2], list(map(len, lines[1 : 2 * whole : 2]))
    wanted = list(map(_HEADS.get, sizes))
    if wanted != heads:
        whole = next(at for at, pair in enumerate(zip(wanted, heads, strict=True)) if pair[0] != pair[1])
    return place + sum(map(len, heads[:whole])) + sum(sizes[:whole]) + 2 * len(_END) * whole, whole


_BULK: Final = Kind.BULK.value
#: Bulk strings that are rather passed over as a run, the bytes of one that are looked at first (one element at least)
#: and at most, and first lines by the length of the body.
_MANY: Final = 64
_FIRST_RUN: Final = 1 << 9
_LONGEST_RUN: Final = 1 << 15
_HEADS: Final = {size: b"$%d" % size for size in range(500)}


def _count(text: bytes) -> int | None:
    if text.isdigit() and len(text) < _HEAD_MOST:
        return int(text)
    return NOTHING if text == b"-1" else None
