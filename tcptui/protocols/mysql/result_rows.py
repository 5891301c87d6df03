"""The values of result sets: text rows, and binary rows by the types of their columns (protocol::ResultsetRow)."""

from __future__ import annotations

import struct
from itertools import repeat
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql.fields import NULL, Fields, ShortError
from tcptui.protocols.mysql.packets import FULL, HEADER, Packet, Packets
from tcptui.protocols.mysql.runs import ROWS, Role, Run
from tcptui.protocols.result_set import ROW_MOST, ResultSet, text_or_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.mysql.answers import Answer
    from tcptui.protocols.result_set import Cell, Row

#: Bytes of a column's definition that are read: names are of 64 characters at most.
_COLUMN_READ: Final = 4_096
#: What stands behind the names of a column, from its end: type, flags, decimals, two bytes of filling.
_TYPE, _FLAGS = -6, slice(-5, -3)
_UNSIGNED: Final = 0x20
#: Types by their numbers (enum_field_types): whole numbers with their sizes, …
_WHOLE: Final = {1: 1, 2: 2, 3: 4, 8: 8, 9: 4}
_YEAR: Final = 13
_FLOAT, _DOUBLE = 4, 5
_NOTHING: Final = 6
#: … and dates and times.
_DATE: Final = frozenset({10, 14})
_DATETIME: Final = frozenset({7, 12})
_TIME: Final = 11
_OTHERS: Final = _DATE | _DATETIME | {_YEAR, _FLOAT, _DOUBLE, _NOTHING, _TIME}
#: Bits of the NULL bitmap of a row before that of its first column.
_BITS_BEFORE: Final = 2
_ENDS: Final = frozenset({Role.OK, Role.EOF})
#: Names before that of a column: of the catalogue, the schema, the table, the same as stored.
_NAME: Final = 4


class UnknownValueError(Exception):
    """A value is none that its type has."""


def result_sets(answer: Answer) -> Iterator[ResultSet]:
    """The result sets of ``answer`` that have rows, in order.  Raises OSError."""
    begins = [at for at, run in enumerate(answer.runs) if run.role is Role.COLUMN_COUNT]
    first = begins[0] if begins else len(answer.runs)
    for begin, stop in zip([0, *begins], [first, *begins[1:], len(answer.runs)], strict=False):
        runs = answer.runs[begin:stop]
        place = next((at for at, run in enumerate(runs) if run.role in ROWS), None)
        if place is not None:
            columns = definitions(runs[place].columns)
            behind = runs[place + 1 : place + 2]
            complete = runs[place].complete and bool(behind) and behind[0].role in _ENDS
            yield ResultSet(tuple(map(column_name, columns)), _reader(runs[place], columns), complete)


def definitions(run: Run | None) -> list[bytes]:
    """The definition of each column that ``run`` describes; empty where not all of it is there."""
    if run is None:
        return []
    found = [(packet.body(_COLUMN_READ), packet.length) for packet in _each(run)]
    return [body if len(body) == length else b"" for body, length in found]


def column_name(definition: bytes) -> str:
    """The name of a column, text out of the packets."""
    fields = Fields(definition)
    try:
        return [fields.text() for _ in range(_NAME + 1)][_NAME].decode("utf-8", "replace")
    except ShortError:
        return ""


def _reader(run: Run, columns: Sequence[bytes]) -> Callable[[], Iterator[Row]]:
    if run.role is Role.ROW:
        return lambda: (_row(packet, _texts) for packet in _each(run))
    kinds = kinds_of(columns)
    if not kinds:
        return lambda: repeat(None, run.count)
    return lambda: (_row(packet, lambda body: _values(body, kinds)) for packet in _each(run))


def kinds_of(columns: Sequence[bytes]) -> list[tuple[int, int]]:
    """Type and flags of each of the columns that are so defined; empty where any is not known."""
    kinds = [(column[_TYPE], int.from_bytes(column[_FLAGS], "little")) for column in columns if len(column) > -_TYPE]
    return kinds if len(kinds) == len(columns) else []


def binary_rows(run: Run) -> Iterator[tuple[int, Row]]:
    """The values of each of the binary rows, with where it begins; None without a row's, or its columns'.

    Raises OSError.
    """
    kinds = kinds_of(definitions(run.columns))
    for packet in _each(run):
        yield packet.start, _row(packet, lambda body: _values(body, kinds)) if kinds else None


def _each(run: Run) -> Iterator[Packet]:
    return run.packets(Packets(run.direction), run.start, run.stop)


def _row(packet: Packet, read: Callable[[bytes], tuple[Cell, ...]]) -> Row:
    """The values of a row; None where not all of it was captured, or it is too long."""
    if packet.length > ROW_MOST:
        return None
    try:
        return read(_body(packet))
    except (ShortError, UnknownValueError):
        return None


def _body(packet: Packet) -> bytes:
    """The payload without the headers of its parts.  Raises ShortError where bytes are missing."""
    parts, at, left = [], packet.start + HEADER, packet.length
    for _ in range(packet.parts):
        size = min(left, FULL)
        parts.append(packet.direction.read(at, size))
        at, left = at + size + HEADER, left - size
    body = b"".join(parts)
    if len(body) < packet.length:
        raise ShortError
    return body


def _texts(body: bytes) -> tuple[Cell, ...]:
    fields = Fields(body)
    cells: list[Cell] = []
    while fields.left:
        if body[fields.at] == NULL:
            fields.take(1)
            cells.append(None)
        else:
            cells.append(text_or_bytes(fields.text()))
    return tuple(cells)


def _values(body: bytes, kinds: Sequence[tuple[int, int]]) -> tuple[Cell, ...]:
    """The values of a binary row, whose columns are of ``kinds`` (type and flags)."""
    fields = Fields(body, 1)
    nulls = take_nulls(fields, len(kinds))
    cells = [None if nulls >> at & 1 else binary_value(fields, *kind) for at, kind in enumerate(kinds)]
    if fields.left:
        raise UnknownValueError
    return tuple(cells)


def take_nulls(fields: Fields, columns: int) -> int:
    """The bits of the columns that are NULL, the first one lowest.  Raises ShortError."""
    return int.from_bytes(fields.take((columns + _BITS_BEFORE + 7) // 8), "little") >> _BITS_BEFORE


def is_text(kind: int) -> bool:
    """Whether a value of that type is a length-encoded string."""
    return kind not in _WHOLE and kind not in _OTHERS


def binary_value(fields: Fields, kind: int, flags: int) -> Cell:
    """A value, as the server writes it in text rows.  Raises ShortError and UnknownValueError."""
    if kind in _WHOLE:
        data = fields.take(_WHOLE[kind])
        return str(int.from_bytes(data, "little", signed=not flags & _UNSIGNED))
    if kind == _YEAR:
        return f"{fields.number(2):04d}"
    if kind == _FLOAT:
        (number,) = struct.unpack("<f", fields.take(4))
        return _shortest(_single(number))
    if kind == _DOUBLE:
        (number,) = struct.unpack("<d", fields.take(8))
        return _shortest(repr(number))
    if kind in _DATE or kind in _DATETIME:
        return _moment(fields.take(fields.number(1)), with_time=kind in _DATETIME)
    if kind == _TIME:
        return _duration(fields.take(fields.number(1)))
    return None if kind == _NOTHING else text_or_bytes(fields.text())


def _shortest(text: str) -> str:
    """A number as the server writes it: ``1e300``, not ``1e+300`` or ``1.0``."""
    digits, sign, exponent = text.partition("e")
    return digits.removesuffix(".0") + (sign and f"e{int(exponent)}")


def _single(number: float) -> str:
    """The fewest digits that are this number in single precision."""
    for digits in range(6, 10):
        text = f"{number:.{digits}g}"
        if struct.pack("<f", float(text)) == struct.pack("<f", number):
            return text
    return repr(number)


def _moment(data: bytes, *, with_time: bool) -> str:
    """A date, with its time where the column has one; what is zero at the end was not sent."""
    if len(data) not in (0, 4, 7, 11):
        raise UnknownValueError
    padded = data.ljust(11, b"\0")
    year, month, day, hour, minute, second, micro = struct.unpack("<HBBBBBI", padded)
    date = f"{year:04d}-{month:02d}-{day:02d}"
    if not with_time:
        return date
    return f"{date} {hour:02d}:{minute:02d}:{second:02d}" + (f".{micro:06d}" if micro else "")


def _duration(data: bytes) -> str:
    """A time, which may be negative or longer than a day."""
    if len(data) not in (0, 8, 12):
        raise UnknownValueError
    negative, days, hour, minute, second, micro = struct.unpack("<BIBBBI", data.ljust(12, b"\0"))
    shown = f"{days * 24 + hour:02d}:{minute:02d}:{second:02d}" + (f".{micro:06d}" if micro else "")
    return "-" + shown if negative else shown
