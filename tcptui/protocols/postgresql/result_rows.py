"""The values of result sets (PostgreSQL documentation, 55.7: RowDescription, DataRow, Bind)."""

from __future__ import annotations

import struct
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Final

from tcptui.protocols.postgresql.fields import rows_of
from tcptui.protocols.postgresql.message import HEADER, LENGTH, Kind, Message
from tcptui.protocols.postgresql.reader import Reader
from tcptui.protocols.result_set import ROW_MOST, CopiedData, ResultSet, text_or_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.protocols.interface import Carried
    from tcptui.protocols.result_set import Cell, Result, Row

_HEAD: Final = struct.Struct(">BI")
_COUNT: Final = struct.Struct(">H")
_SIZE: Final = struct.Struct(">i")
#: Bytes behind the name of a column: table, number, type, size, modifier, format.
_AFTER_NAME: Final = 18
#: Bytes of a message that are read for its columns, or for the formats of its results.
_READ_MOST: Final = 4 << 20
_ENDS: Final = frozenset({Kind.COMPLETE, Kind.SUSPENDED})
_TEXT: Final = (0,)
#: Stands for the formats of rows whose Bind was not read: as for binary values, their bytes are all that is known.
_UNKNOWN: Final = (1,)


def result_sets(requests: Sequence[Carried], answer: Carried) -> Iterator[Result]:
    """The result sets in ``answer`` that have rows, in order; ``requests``: what it answers.  Raises OSError.

    What COPY sends is as it is: only its statement tells what stands between rows and values.
    """
    formats = deque(_formats(requests))
    chosen = formats.popleft() if formats else _UNKNOWN
    names: tuple[str, ...] = ()
    rows: list[Message] = []
    done: Message | None = None
    for message in _messages(answer, 1):
        if message.kind is Kind.COLUMNS:
            names = _names(message)
        elif message.kind in (Kind.ROW, Kind.DATA):
            if rows and rows[0].kind is not message.kind:  # a base backup goes on with rows
                yield _result(names, chosen, rows, done)
                rows = []
            rows.append(message)
        elif message.kind is Kind.DONE:
            done = message
        elif message.kind in _ENDS:
            if rows:
                yield _result(names, chosen, rows, message)
            names, rows = (), []
            chosen = formats.popleft() if formats else chosen
    if rows:
        yield _result(names, chosen, rows, None)


def _messages(carried: Carried, side: int) -> Iterator[Message]:
    reader = Reader(carried.direction, side, begin=carried.start, stop=carried.stop)
    while (found := reader.next()) is not None:
        if isinstance(found, Message):
            yield found


def _formats(requests: Sequence[Carried]) -> Iterator[tuple[int, ...]]:
    """The formats of the results of each Bind; text of a simple query."""
    for carried in requests:
        for message in _messages(carried, 0):
            if message.kind is Kind.QUERY:
                yield _TEXT
            elif message.kind is Kind.BIND:
                yield _formats_of(_body(message))


def _formats_of(body: bytes) -> tuple[int, ...]:
    """The result formats that the body of a Bind ends with: none means text, one is that of all columns."""
    at = body.find(b"\0", body.find(b"\0") + 1) + 1
    try:
        at += _COUNT.size * (1 + _number(body, at))
        parameters, at = _number(body, at), at + _COUNT.size
        for _ in range(parameters):
            at += _SIZE.size + max(_SIZE.unpack_from(body, at)[0], 0)
        count, at = _number(body, at), at + _COUNT.size
        return struct.unpack_from(f">{count}H", body, at) or _TEXT
    except struct.error:
        return _UNKNOWN


def _number(body: bytes, at: int) -> int:
    found: int = _COUNT.unpack_from(body, at)[0]
    return found


def _body(message: Message) -> bytes:
    size = message.stop - message.start - HEADER
    return (
        message.body
        if size <= len(message.body)
        else message.direction.read(message.start + HEADER, min(size, _READ_MOST))
    )


def _names(message: Message) -> tuple[str, ...]:
    """The names of the columns, as far as they are told."""
    body, names = _body(message), list[str]()
    if len(body) < _COUNT.size:
        return ()
    at = _COUNT.size
    for _ in range(_number(body, 0)):
        end = body.find(b"\0", at)
        if end < 0:
            break
        names.append(body[at:end].decode("utf-8", "replace"))
        at = end + 1 + _AFTER_NAME
    return tuple(names)


def _result(names: tuple[str, ...], formats: tuple[int, ...], rows: Sequence[Message], end: Message | None) -> Result:
    """``end``: what ends it; None where that was not captured."""
    found = list(rows)
    complete = end is not None and all(run.complete for run in found)
    if found[0].kind is Kind.DATA:
        told = None if end is None else rows_of(end)
        count = sum(run.count for run in found) if told is None else told
        return CopiedData(lambda: chain.from_iterable(map(_bodies, found)), count, complete)

    def read() -> Iterator[Row]:
        for run in found:
            yield from _rows(run, formats)

    return ResultSet(names, read, complete)


def _rows(run: Message, formats: tuple[int, ...]) -> Iterator[Row]:
    return (None if body is None else _cells(body, formats) for body in _bodies(run))


def _bodies(run: Message) -> Iterator[bytes | None]:
    """What each message of a run has behind its header; None where bytes are missing, or it is too long."""
    at, direction = run.start, run.direction
    for _ in range(run.count):
        head = direction.read(at, HEADER)
        if len(head) < HEADER:
            yield None
            return
        size = _HEAD.unpack(head)[1] - LENGTH
        body = direction.read(at + HEADER, size) if size <= ROW_MOST else b""
        yield body if len(body) == size else None
        at += HEADER + size


def _cells(body: bytes, formats: tuple[int, ...]) -> Row:
    cells: list[Cell] = []
    at = _COUNT.size
    try:
        count = _number(body, 0)
        for place in range(count):
            (size,) = _SIZE.unpack_from(body, at)
            at += _SIZE.size
            value = body[at : at + max(size, 0)]
            if len(value) < size:
                return None
            at += len(value)
            is_text = not formats[place if len(formats) > 1 else 0]
            cells.append(None if size < 0 else text_or_bytes(value) if is_text else value)
    except (struct.error, IndexError):
        return None
    return tuple(cells) if at == len(body) else None
