"""The messages of one direction, over any segment border; bodies are skipped, not read.

Where bytes are missing in a message's header, or the capture began later, the next message begins at a segment from
which sound messages follow each other up to a segment's end, or at a row whose columns, and those of the rows behind
it, fill their lengths to the byte.  Where both ends are known to speak in turns, it begins with the next turn.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.http.fault import Cut
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.postgresql.message import (
    HEADER,
    KINDS,
    LENGTH,
    MANY,
    REQUESTS,
    VERSION_3,
    Kind,
    Message,
)
from tcptui.protocols.stream.unread import Unread
from tcptui.wire.message_runs import LONG, TYPED

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a body that are kept.
MAX_STORED_BODY: Final = 4_096
_FIRST_BLOCK: Final = 4_096
_BLOCK: Final = 1 << 18
#: Bytes behind a block that are rather read than jumped over.
_NEAR: Final = 8_192
_HEAD: Final = struct.Struct(">BI")
_UNTYPED: Final = struct.Struct(">II")
#: Messages that prove a border, segments at which one is tried, and bytes in which a row is looked for.
_CHAIN: Final = 8
_PLACES_TRIED: Final = 4_096
_SCANNED: Final = 1 << 20
#: Most messages that are looked at for that in one direction.
_LOOKED_MOST: Final = 400_000
_A_ROW: Final = re.compile(rb"(?=D\x00[\x00-\x0f]..[\x00-\x06].(?:\x00\x00|\xff\xff\xff\xff))", re.DOTALL)
_ROWS_PROVE: Final = 3

#: Bytes of a body that are looked at.
_LOOKED_AT: Final = 2_048
_SHORT: Final = struct.Struct(">H")
_LENGTH: Final = struct.Struct(">i")
_COLUMNS_MOST: Final = 1_664
#: What authentication requests say (55.7): OK, and the kinds up to SASLFinal.
_AUTHENTICATIONS: Final = frozenset(range(13))


class Reader:
    """Reads one direction from its first captured byte on."""

    def __init__(
        self,
        direction: ByteStream,
        side: int,
        *,
        first: int = 0,
        begin: int | None = None,
        stop: int | None = None,
        borders: tuple[I64, I64] | None = None,
    ) -> None:
        """``side``: 0 reads a client's messages, 1 a server's.  ``begin``: where one begins, to be read from there.

        ``first``: so many answers of one byte come before the server's messages; ``stop``: what follows is no
        message, for it is encrypted.  ``borders``: where turns begin, by side (`turn_borders`).
        """
        self.direction = direction
        self._kinds = KINDS[side]
        self._side, self._singles = side, first
        self._end = direction.length if stop is None else stop
        self._window = Window(direction)
        self._base, self._data, self._is_short = 0, b"", False
        self._at, self._ended, self._after_unread = 0, False, False
        self._looked = 0
        self._tried = 0, 0
        """No segment that begins at the first offset or behind, and before the second, is a border."""
        self._borders = None if borders is None else borders[side]
        self._pending: Unread | None = None
        runs = direction.captured
        self.from_start = direction.has_first_byte
        """Its first byte was captured."""
        self._is_untyped = side == 0 and self.from_start and begin is None
        if begin is not None:
            self._at = begin
        elif not self.from_start and len(runs):
            self._at = int(runs.start[0])
            self._lost(self._at, self._at - 1)

    def next(self) -> Message | Unread | None:
        """The next message, or bytes that are not read; None at the end."""
        if self._pending is not None:
            unread, self._pending = self._pending, None
            return unread
        if self._ended or self._at >= self._end:
            return None
        start = self._at
        found = self._untyped(start) if self._is_untyped or self._singles else self._typed(start)
        if found is not None:
            self._at, self._after_unread = found.stop, False
            return found
        if self._window.cut_at(start + len(self._bytes(start, HEADER))) is not Cut.GAP and self._is_cut(start):
            self._ended = True
            return Unread(self.direction, start, self._end)
        self._lost(start, start)
        return self.next()

    # -- one message -------------------------------------------------------------------------
    def _typed(self, start: int) -> Message | None:
        head = self._bytes(start, HEADER)
        if len(head) < HEADER:
            return None
        letter, length = _HEAD.unpack(head)
        kind = self._kinds.get(letter)
        if kind is None or not kind.takes(length):
            return None
        if kind in MANY:
            stop, count = self._run(start, letter)
            if count:
                return self._made(kind, start, stop, b"", count)
        size = min(length - LENGTH, MAX_STORED_BODY)
        return self._made(kind, start, start + 1 + length, b"" if kind in MANY else self._bytes(start + HEADER, size))

    def _untyped(self, start: int) -> Message | None:
        """A message without type: the server's answers to requests for encryption, and what a client begins with."""
        if self._singles:
            self._singles -= 1
            byte = self._bytes(start, 1)
            return self._made(Kind.ENCRYPTION, start, start + 1, byte) if byte else None
        head = self._bytes(start, _UNTYPED.size)
        if len(head) < _UNTYPED.size:
            return None
        length, code = _UNTYPED.unpack(head)
        kind = untyped_kind(length, code)
        if kind is None:
            return None
        self._is_untyped = kind is not Kind.STARTUP
        return self._made(
            kind, start, start + length, self._bytes(start + LENGTH, min(length - LENGTH, MAX_STORED_BODY))
        )

    def _run(self, start: int, letter: int) -> tuple[int, int]:
        """Where messages of that type that follow each other in the block end, and how many they are."""
        data, size, unpack = self._data, min(len(self._data), self._end - self._base), _HEAD.unpack_from
        at, count = start - self._base, 0
        long = at + LONG
        while at + HEADER <= size:
            if at >= long:
                compiled = TYPED.machine_code(size - at)
                if compiled is not None:
                    at, more = compiled(np.frombuffer(data, np.uint8), at, size, letter)
                    return self._base + at, count + more
                long = size
            found, length = unpack(data, at)
            behind = at + 1 + length
            if found != letter or behind > size or length < LENGTH:
                break
            at = behind
            count += 1
        return self._base + at, count

    def _made(self, kind: Kind, start: int, stop: int, body: bytes, count: int = 1) -> Message:
        known = min(stop, self.direction.length)
        complete = stop == known and not self._is_missing(start, stop)
        return Message(self.direction, start, known, kind, body, complete, count, self._after_unread)

    def _is_missing(self, start: int, stop: int) -> bool:
        gaps = self.direction.gaps
        if not len(gaps):
            return False
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return at < len(gaps) and int(gaps.start[at]) < stop

    def _is_cut(self, start: int) -> bool:
        """Whether what begins at ``start`` is the beginning of a header, as far as it was captured."""
        head = self._bytes(start, HEADER)
        return len(head) < HEADER and (not head or self._is_untyped or head[0] in self._kinds)

    # -- bytes -------------------------------------------------------------------------------
    def _bytes(self, start: int, size: int) -> bytes:
        """The captured bytes from ``start`` on, at most ``size``; stops at a gap."""
        place = start - self._base
        if not 0 <= place <= len(self._data) or (place + size > len(self._data) and not self._is_short):
            self._load(start, size)
            place = 0
        return self._data[place : place + size]

    def _load(self, at: int, size: int) -> None:
        near = self._base <= at <= self._base + len(self._data) + _NEAR
        wanted = max(min(max(2 * len(self._data), _FIRST_BLOCK), _BLOCK) if near else _FIRST_BLOCK, size)
        self._base, self._data = at, self.direction.read(at, wanted)
        self._is_short = len(self._data) < wanted

    # -- where borders are not known ---------------------------------------------------------
    def _lost(self, begin: int, beyond: int) -> None:
        """Moves to the first border at ``begin`` or behind, but behind ``beyond``, and keeps what is not read."""
        self._after_unread = True
        self._is_untyped, self._singles = False, 0
        found = self._border(begin, beyond)
        if found > begin:
            self._pending = Unread(self.direction, begin, found)
        self._at = found

    def _border(self, begin: int, beyond: int) -> int:
        if self._borders is not None:
            at = int(np.searchsorted(self._borders, max(begin, beyond + 1)))
            return min(int(self._borders[at]), self._end) if at < len(self._borders) else self._end
        border = self._proved_border(max(begin, beyond + 1))
        return border if self._side == 0 else self._row_before(border, begin, beyond)

    def _proved_border(self, begin: int) -> int:
        """The first segment at ``begin`` or behind at which a message is proved to begin."""
        tried_from, tried_to = self._tried
        if not tried_from <= begin <= tried_to:
            tried_from = tried_to = begin
        starts = self.direction.captured.start
        first = int(np.searchsorted(starts, tried_to))
        border = self._end
        for at in starts[first : first + _PLACES_TRIED].tolist():
            if self._looked > _LOOKED_MOST or at >= self._end:
                break
            tried_to = at
            if self.is_proved(at):
                border = at
                break
        # Rows before it may be read, and end in what is none: then the same segments would be tried again.
        self._tried = tried_from, tried_to
        return border

    def _row_before(self, border: int, begin: int, beyond: int) -> int:
        """The first row from ``begin`` on and before ``border`` that others prove; ``border`` without one."""
        at, stop = begin, min(border, begin + _SCANNED)
        while at < stop and self._looked <= _LOOKED_MOST:
            data = self.direction.read(at, min(stop - at, _BLOCK))
            if not data:
                gaps = self.direction.gaps
                place = int(np.searchsorted(gaps.stop, at, side="right"))
                if place >= len(gaps):
                    break
                at = int(gaps.stop[place])
                continue
            for found in _A_ROW.finditer(data):
                if at + found.start() > beyond and self._are_rows(data, found.start()):
                    return at + found.start()
                if self._looked > _LOOKED_MOST:
                    break
            at += len(data)
        return border

    def _are_rows(self, data: bytes, at: int) -> bool:
        for _ in range(_ROWS_PROVE):
            self._looked += 1
            if at + HEADER > len(data):
                return False
            letter, length = _HEAD.unpack_from(data, at)
            stop = at + 1 + length
            if letter != _ROW_LETTER or stop > len(data) or not _is_row(data[at + HEADER : stop], length - LENGTH):
                return False
            at = stop
        return True

    def is_proved(self, start: int) -> bool:
        """Whether a message begins at ``start``: sound ones follow each other up to a segment's end, or are many."""
        ends, at = self.direction.captured.stop, start
        for _ in range(_CHAIN):
            self._looked += 1
            head = self._bytes(at, HEADER)
            if len(head) < HEADER:
                return False
            letter, length = _HEAD.unpack(head)
            kind = self._kinds.get(letter)
            if kind is None or not kind.takes(length):
                return False
            size = length - LENGTH
            if not _is_sound(kind, self._bytes(at + HEADER, min(size, _LOOKED_AT)), size):
                return False
            at += 1 + length
            place = int(np.searchsorted(ends, at))
            if place < len(ends) and int(ends[place]) == at:
                return True
        return True


_ROW_LETTER: Final = ord(Kind.ROW.letter)


def untyped_kind(length: int, code: int) -> Kind | None:
    """The kind of a message without type that says that length and, behind it, ``code``; None: no message."""
    kind = REQUESTS.get(code, Kind.STARTUP if code >> 16 == VERSION_3 else None)
    return kind if kind is not None and kind.takes(length) else None


def _is_sound(kind: Kind, body: bytes, size: int) -> bool:
    """Whether ``body``, the beginning of ``size`` bytes, can be that of a message of ``kind``."""
    whole = len(body) == size
    if kind is Kind.ROW:
        return _is_row(body, size)
    if kind is Kind.READY:
        return body in (b"I", b"T", b"E")
    if kind in (Kind.COMPLETE, Kind.QUERY, Kind.SENT_FAIL):
        return body.find(b"\0") == (size - 1 if whole else -1)
    if kind in (Kind.ERROR, Kind.NOTICE):
        return body[:1].isalpha() and (not whole or body[-2:] == b"\0\0")
    if kind in (Kind.DESCRIBE, Kind.CLOSE):
        return body[:1] in (b"S", b"P") and body.count(b"\0") == 1 and body[-1:] == b"\0"
    if kind is Kind.EXECUTE:
        return body.find(b"\0") == size - 5
    if kind is Kind.PARAMETER:
        return whole and body.count(b"\0") == 2 and body[-1:] == b"\0"
    if kind is Kind.AUTHENTICATION:
        return int.from_bytes(body[:4], "big") in _AUTHENTICATIONS
    if kind in (Kind.PARSE, Kind.BIND):
        return body.count(b"\0") >= 2 or not whole
    if kind in (Kind.COPY_IN, Kind.COPY_OUT, Kind.COPY_BOTH):
        return body[:1] in (b"\0", b"\1") and size == 3 + 2 * int.from_bytes(body[1:3], "big")
    if kind is Kind.PARAMETERS:
        return size == 2 + 4 * int.from_bytes(body[:2], "big")
    return True


def _is_row(body: bytes, size: int) -> bool:
    """Whether the columns of a row fill its body to the byte."""
    if len(body) < 2:
        return False
    (count,) = _SHORT.unpack_from(body)
    at = 2
    for _ in range(min(count, _COLUMNS_MOST)):
        if at + 4 > len(body):
            return at + 4 <= size and len(body) < size
        (length,) = _LENGTH.unpack_from(body, at)
        at += 4 + max(length, 0)
        if length < -1 or at > size:
            return False
    return at == size and count <= _COLUMNS_MOST
