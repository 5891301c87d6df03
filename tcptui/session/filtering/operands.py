"""Computes the values of an expression: slices, functions, arithmetic, over what a reader finds in packets."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.expression import (
    CallValue,
    ComputedValue,
    Constant,
    FieldValue,
    NegativeValue,
    SliceValue,
)
from tcptui.dfilter.operators import Arithmetic, Function
from tcptui.model.field import FieldType as T
from tcptui.session.filtering.comparing import number_of, pairs
from tcptui.session.filtering.occurrences import OBJECTS, Occurrences, array_of, merged
from tcptui.session.filtering.texts import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.expression import Value
    from tcptui.dfilter.ranges import Range
    from tcptui.session.filtering.rows import Rows

#: Bytes of a value of each type that has one size.
SIZES: Final = {
    T.UINT8: 1, T.UINT16: 2, T.UINT24: 3, T.UINT32: 4, T.UINT64: 8, T.INT8: 1, T.INT16: 2, T.INT32: 4, T.FRAMENUM: 4,
    T.IPV4: 4, T.IPV6: 16, T.ETHER: 6,
}  # fmt: skip
#: tshark computes with unsigned numbers of 32 bits.
_BITS: Final = 32
_SIGNS: Final[dict[Arithmetic, Callable[[Any, Any], Any]]] = {
    Arithmetic.ADD: operator.add, Arithmetic.SUBTRACT: operator.sub, Arithmetic.MULTIPLY: operator.mul,
}  # fmt: skip


class Values(Protocol):
    """Who finds fields in packets."""

    def read(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The values of ``value`` in ``rows``."""

    def counted(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The same, with every repetition of the field."""


def evaluated(value: Value, rows: Rows, values: Values) -> Occurrences:
    """The values of ``value`` in ``rows``, in the same order."""
    match value:
        case FieldValue():
            return values.read(value, rows)
        case Constant():
            number = number_of(value)
            made = array_of(value.type, [number])
            return Occurrences(value.type, len(rows), np.repeat(made, len(rows)))
        case SliceValue():
            return _sliced(evaluated(value.of, rows, values), value.ranges)
        case NegativeValue():
            found = evaluated(value.of, rows, values)
            return found.with_values(-found.values)
        case ComputedValue():
            left, right = evaluated(value.left, rows, values), evaluated(value.right, rows, values)
            return _computed(value.operator, left, right)
        case CallValue():
            return _called(value, rows, values)


def bytes_of(found: Occurrences) -> Occurrences:
    """``found`` as bytes in network order."""
    if found.type is T.IPV4:
        return found.mapped(T.BYTES, lambda number: number.to_bytes(4))
    return found if found.type in OBJECTS else found.mapped(T.BYTES, lambda number: int(number).to_bytes(8))


def _sliced(found: Occurrences, ranges: tuple[Range, ...]) -> Occurrences:
    return bytes_of(found).mapped(T.BYTES, lambda value: _cut(value, ranges))


def _cut(value: bytes, ranges: tuple[Range, ...]) -> bytes | None:
    """The bytes of all ``ranges``; None where the value is too short for one."""
    made = bytearray()
    for one in ranges:
        place = span_of(one, len(value))
        if place is None:
            return None
        made += value[place[0] : place[1]]
    return bytes(made)


def span_of(one: Range, size: int) -> tuple[int, int] | None:
    """Where in ``size`` bytes the range begins and ends; None where it does not fit."""
    start = one.start + size if one.start < 0 else one.start
    if one.last is not None:
        end = (one.last + size if one.last < 0 else one.last) + 1
    else:
        end = size if one.length is None else start + one.length
    return (start, end) if 0 <= start <= end <= size and start < size else None


def _computed(sign: Arithmetic, left: Occurrences, right: Occurrences) -> Occurrences:
    ours, theirs, places = pairs(left, right)
    made = Occurrences(left.type, left.count, ours, places)
    if sign is Arithmetic.AND and left.type in OBJECTS:
        both = [_and(one, other) for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)]
        return made.with_values(array_of(left.type, both))
    if sign is Arithmetic.AND:
        return made.with_values(ours & theirs)
    if sign in _SIGNS:
        return _within_bits(made.with_values(_SIGNS[sign](ours, theirs)))
    # Division by 0 has no value.
    keep = np.asarray(theirs != 0, np.bool_)
    ours, theirs = ours[keep], theirs[keep]
    return made.kept(keep, _quotient(ours, theirs) if sign is Arithmetic.DIVIDE else _rest(ours, theirs))


def _within_bits(found: Occurrences) -> Occurrences:
    """``found`` without numbers that need more than 32 bits: for tshark they have no value."""
    if types.UNSIGNED.get(found.type, 64) > _BITS:
        return found
    keep = np.asarray(found.values < 1 << _BITS, np.bool_)
    return found.kept(keep, found.values[keep])


def _and(one: bytes, other: bytes) -> bytes:
    return bytes(a & b for a, b in zip(one, other, strict=False))


def _quotient(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """As in C: towards 0."""
    whole = abs(left) // abs(right)
    return np.where((left < 0) == (right < 0), whole, -whole)


def _rest(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """As in C: with the sign of the left side."""
    rest = abs(left) % abs(right)
    return np.where(left < 0, -rest, rest)


def _called(call: CallValue, rows: Rows, values: Values) -> Occurrences:
    function, first = call.function, call.arguments[0]
    if function in (Function.MAX, Function.MIN):
        parts = [evaluated(argument, rows, values) for argument in call.arguments]
        return _extreme(function, parts, len(rows))
    if function is Function.COUNT:
        assert isinstance(first, FieldValue)
        places = values.counted(first, rows).places
        present, times = np.unique(places, return_counts=True)
        return Occurrences(T.UINT32, len(rows), times, present)
    found = evaluated(first, rows, values)
    match function:
        case Function.ABS:
            return found.with_values(abs(found.values))
        case Function.LOWER:
            return found.mapped(T.STRING, bytes.lower)
        case Function.UPPER:
            return found.mapped(T.STRING, bytes.upper)
        case Function.LEN:
            return _length(first, values.counted(first, rows) if isinstance(first, FieldValue) else found)
        case _:
            return found.mapped(T.STRING, lambda value: value_text(found.type, value, None).encode())


def _length(of: Value, found: Occurrences) -> Occurrences:
    kind = types.type_of(of.field) if isinstance(of, FieldValue) else found.type
    if kind in SIZES:
        return found.with_values(np.full(len(found.values), SIZES[kind], np.int64), T.UINT32)
    if found.type in OBJECTS:
        return found.with_values(np.fromiter(map(len, found.values), np.int64, len(found.values)), T.UINT32)
    return found.with_values(np.zeros(len(found.values), np.int64), T.UINT32)


def _extreme(function: Function, parts: list[Occurrences], count: int) -> Occurrences:
    """The greatest or least of all values of all arguments; each must have one."""
    everywhere = np.ones(count, np.bool_)
    for part in parts:
        everywhere &= part.present()
    found = merged(parts[0].type, parts, count)
    places = found.places
    order = np.array(sorted(range(len(places)), key=lambda at: (places[at], found.values[at])), np.int64)
    if not len(order):
        return found
    placed = places[order]
    border = placed[1:] != placed[:-1]
    chosen = np.append(border, True) if function is Function.MAX else np.insert(border, 0, True)
    last = order[chosen]
    keep = everywhere[places[last]]
    return Occurrences(found.type, count, found.values[last[keep]], places[last[keep]])
