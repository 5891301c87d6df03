"""Framing in the new content, as the search sees it: words and lengths that say nothing of who speaks.

Parsers of its own: a byte that these do not know for framing is content, and must not be found in the old capture.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.redact.filler import FILLER, OTHER_FILLER
from tcptui.redact.vocabulary import (
    CHARSETS,
    CODINGS,
    EVENT_FIELDS,
    FIELDS,
    LABELS,
    MEDIA,
    METHODS,
    PHRASES,
    TLS_PROTOCOLS,
    TOKENS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES: Final = (
    CHARSETS, CODINGS, EVENT_FIELDS, FIELDS, LABELS, MEDIA, METHODS, PHRASES, TLS_PROTOCOLS, TOKENS,
)  # fmt: skip
_WORDS: Final = sorted(
    {word.lower() for table in _TABLES for word in table if len(word) > 1}, key=lambda word: (-len(word), word)
)
#: Words and values in lower case: of many alternatives, those that begin otherwise are passed over only if case counts.
_WORD: Final = re.compile(rb"(?<![0-9a-z])(?:" + b"|".join(map(re.escape, _WORDS)) + rb")(?![0-9a-z])")
_TEXT: Final = re.compile(
    rb"http/1\.[0-9](?: {0,4}[0-9]{3})?"
    rb"|(?:content-length|content-range|range|keep-alive|retry-after|sec-websocket-version|accept-encoding)"
    rb":[ a-z=/*0-9,;.+\-]{1,64}"
    rb"|(?:(?<=\n)|\A)[0-9a-f]{1,16} {0,16}(?=\r|\Z)|https?://|filename=|charset=|[\r\n:;, /\t]{1,8}"
)
_RECORD: Final = re.compile(rb"[\x14-\x18]\x03[\x00-\x04][\x00-\x48].", re.DOTALL)
_MESSAGE: Final = re.compile(rb"[\x00-\x02\x04\x08\x0b-\x10\x14\x16]\x00..", re.DOTALL)
#: Bytes of filler that are looked at on either side of what is none: a value of framing may be so long.
_AROUND: Final = 80
_RUN: Final = re.compile(b"|".join(b"%s{%d,}" % (octet, 2 * _AROUND) for octet in (FILLER, OTHER_FILLER)))
_NAME_RECORDS: Final = frozenset({2, 5, 12, 39})


#: Bytes of a record that is carried over to the next segment: the longest that there is.
_MOST_CARRIED: Final = (1 << 14) + 2048
_DIRECTIONS: Final = 1 << 14


class SegmentFraming:
    """Framing of segments in the order of a capture: a hello of TLS may go on in the next one of its direction."""

    def __init__(self) -> None:
        self._open: dict[bytes, bytes] = {}

    @property
    def has_open(self) -> bool:
        """Whether a record may go on."""
        return bool(self._open)

    def is_open(self, direction: bytes) -> bool:
        """Whether a record may go on in the next segment of ``direction``."""
        return direction in self._open

    def of(self, data: bytes, *, ports: frozenset[int], direction: bytes) -> bytearray:
        """`framing_of` the payload ``data``; ``direction``: whose it is, empty where that is no segment."""
        before = self._open.pop(direction, b"") if direction and data else b""
        marks = framing_of(before + data, ports=ports)[len(before) :]
        if direction and data:
            left = _unfinished(before + data)
            if left and len(left) <= _MOST_CARRIED and len(self._open) < _DIRECTIONS:
                self._open[direction] = left
        return marks


def _unfinished(data: bytes) -> bytes:
    """The record of a handshake that ``data`` ends in, from its beginning on; empty without one."""
    first = _RECORD.search(data)
    at = len(data) if first is None else first.start()
    while at + 5 <= len(data) and _RECORD.match(data, at):
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5])
        if end > len(data):
            return data[at:] if data[at] == 22 else b""
        at = end
    return b""


def framing_of(data: bytes, *, ports: frozenset[int]) -> bytearray:
    """1 for each byte of the payload ``data`` that is framing; ``ports``: those of its packet."""
    marks = bytearray(len(data))
    if ports & {53, 5353, 5355}:
        for begin in (0, 2):
            _dns(data, begin, marks)
    lower = data.lower()
    for begin, end in _beside_filler(data):
        for pattern in (_WORD, _TEXT):
            for one in pattern.finditer(lower, begin, end):
                _mark(marks, one.start(), one.end())
    for one in _RECORD.finditer(data):
        _mark(marks, one.start(), one.end())
        if data[one.start()] == 22:
            _messages(data, one.end(), one.end() + int.from_bytes(one.group()[3:]), marks)
        elif data[one.start()] in (20, 21):
            _mark(marks, one.end(), min(one.end() + 2, len(data)))
    return marks


def _beside_filler(data: bytes) -> Iterator[tuple[int, int]]:
    """The parts of ``data`` in which words may stand, with some filler around: there are none amid filler."""
    begin = 0
    for run in _RUN.finditer(data):
        yield begin, run.start() + _AROUND
        begin = run.end() - _AROUND
    yield begin, len(data)


def _mark(marks: bytearray, begin: int, end: int) -> None:
    end = min(end, len(marks))
    if begin < end:
        marks[begin:end] = b"\1" * (end - begin)


def _messages(data: bytes, at: int, end: int, marks: bytearray) -> None:
    while at + 4 <= min(end, len(data)) and _MESSAGE.match(data, at):
        size = int.from_bytes(data[at + 1 : at + 4])
        _mark(marks, at, at + 4)
        if data[at] in (1, 2):
            _hello(data, at + 4, at + 4 + size, marks, is_client=data[at] == 1)
        elif data[at] == 11:
            _certificates(data, at + 4, at + 4 + size, marks)
        elif data[at] == 4:
            _mark(marks, at + 4, at + 10)
        at += 4 + size


def _certificates(data: bytes, at: int, end: int, marks: bytearray) -> None:
    _mark(marks, at, at + 3)
    at += 3
    while at + 3 <= min(end, len(data)):
        _mark(marks, at, at + 3)
        at += 3 + int.from_bytes(data[at : at + 3])


def _hello(data: bytes, at: int, end: int, marks: bytearray, *, is_client: bool) -> None:
    end = min(end, len(data))
    _mark(marks, at, at + 2)
    if data[at + 2 : at + 6] == b"\xcf\x21\xad\x74":  # a HelloRetryRequest, by a number that RFC 8446 gives
        _mark(marks, at + 2, at + 34)
    at += 34
    if at >= end:
        return
    _mark(marks, at, at + 1)
    at += 1 + data[at]
    size = 2 + int.from_bytes(data[at : at + 2]) if is_client else 2
    _mark(marks, at, at + size)
    at += size
    if at >= end:
        return
    size = 1 + data[at] if is_client else 1
    _mark(marks, at, at + size + 2)
    at += size + 2
    while at + 4 <= end:
        kind, size = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        known = {0: 5, 16: 3, 35: 0, 41: 4, 43: size, 51: 6 if is_client else 4}.get(kind, 0)
        _mark(marks, at, at + 4 + min(known, size))
        if kind == 51 and is_client:
            here = at + 6
            while here + 4 <= min(at + 4 + size, end):
                _mark(marks, here, here + 4)
                here += 4 + int.from_bytes(data[here + 2 : here + 4])
        elif kind == 16:
            here = at + 6
            while here < min(at + 4 + size, end):
                length = data[here]
                _mark(marks, here, here + 1 + (length if data[here + 1 : here + 1 + length] in TLS_PROTOCOLS else 0))
                here += 1 + length
        elif kind == 41 and is_client:
            _pre_shared(data, at + 4, min(at + 4 + size, end), marks)
        at += 4 + size


def _pre_shared(data: bytes, at: int, end: int, marks: bytearray) -> None:
    stop = min(at + 2 + int.from_bytes(data[at : at + 2]), end)
    _mark(marks, at, at + 2)
    at += 2
    while at + 2 <= stop:
        size = int.from_bytes(data[at : at + 2])
        _mark(marks, at, at + 2)
        _mark(marks, at + 2 + size, at + 6 + size)
        at += 6 + size
    _mark(marks, at, at + 2)
    at += 2
    while at < end:
        _mark(marks, at, at + 1)
        at += 1 + data[at]


def _dns(data: bytes, begin: int, marks: bytearray) -> None:
    """A message that begins at ``begin``; all that is no name and no data of a record is framing."""
    if len(data) < begin + 12:
        return
    places = [(0, begin + 12)]
    _message(data, begin, places)
    for first, last in places:
        _mark(marks, first, last)


def _message(data: bytes, begin: int, places: list[tuple[int, int]]) -> None:
    counts = [int.from_bytes(data[at : at + 2]) for at in range(begin + 4, begin + 12, 2)]
    at = begin + 12
    for section, count in enumerate(counts):
        for _ in range(min(count, 512)):
            at = _behind_name(data, at, places)
            if at < 0:
                return
            if section == 0:
                places.append((at, at + 4))
                at += 4
                continue
            kind, size = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 8 : at + 10])
            places.append((at, at + 10))
            at += 10
            if at + size > len(data):
                return
            _record(data, kind, at, at + size, places)
            at += size


def _record(data: bytes, kind: int, at: int, end: int, places: list[tuple[int, int]]) -> None:
    if kind in _NAME_RECORDS:
        _behind_name(data, at, places)
    elif kind in (15, 33):
        places.append((at, at + (2 if kind == 15 else 6)))
        _behind_name(data, at + (2 if kind == 15 else 6), places)
    elif kind == 6:
        second = _behind_name(data, at, places)
        if second >= 0:
            _behind_name(data, second, places)
        places.append((end - 20, end))
    elif kind == 16:
        while at < end:
            places.append((at, at + 1))
            at += 1 + data[at]
    elif kind == 41:
        while at + 4 <= end:
            places.append((at, at + 4))
            at += 4 + int.from_bytes(data[at + 2 : at + 4])


def _behind_name(data: bytes, at: int, places: list[tuple[int, int]]) -> int:
    """Where a name ends; -1: nowhere.  The lengths of its labels are framing, and the labels that name no host."""
    for _ in range(128):
        if at >= len(data):
            return -1
        size = data[at]
        if size >= 0xC0:
            places.append((at, at + 2))
            return at + 2
        places.append((at, at + 1 + (size if data[at + 1 : at + 1 + size] in LABELS else 0)))
        if not size:
            return at + 1
        at += 1 + size
    return -1
