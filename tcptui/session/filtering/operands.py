"""Computes the values of an expression: slices, functions, arithmetic, over what a reader finds in packets."""

from __future__ import annotations

import operator
from dataclasses import replace
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
from tcptui.session.filtering.comparing import number_of, order_of, pairs
from tcptui.session.filtering.occurrences import OBJECTS, Occurrences, array_of
from tcptui.session.filtering.texts import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.expression import Value
    from tcptui.dfilter.ranges import Range
    from tcptui.session.filtering.occurrences import Mask
    from tcptui.session.filtering.rows import Rows

    _Signed = tuple[Any, bool]

#: Bytes of a value of each type that has one size.
SIZES: Final = {
    T.UINT8: 1, T.UINT16: 2, T.UINT24: 3, T.UINT32: 4, T.UINT64: 8, T.INT8: 1, T.INT16: 2, T.INT32: 4, T.INT64: 8,
    T.FRAMENUM: 4, T.IPV4: 4, T.IPV6: 16, T.ETHER: 6,
}  # fmt: skip

_OPERATORS: Final[dict[Arithmetic, Callable[[Any, Any], Any]]] = {
    Arithmetic.AND: operator.and_, Arithmetic.ADD: operator.add, Arithmetic.SUBTRACT: operator.sub,
    Arithmetic.MULTIPLY: operator.mul,
}  # fmt: skip
_WORD: Final = 32
_LONG_WORD: Final = 64
_SECOND: Final = 1_000_000_000


class Values(Protocol):
    """Who finds fields in packets."""

    def read(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The values of ``value`` in ``rows``."""

    def counted(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The values of ``value`` with every repetition of the field."""


def evaluated(value: Value, rows: Rows, values: Values) -> Occurrences:
    """The values of ``value`` in ``rows``, in the same order."""
    match value:
        case FieldValue():
            return values.read(value, rows)
        case Constant():
            number = number_of(value)
            made = array_of(value.type, [number])
            # A constant below 0 is signed.
            signs = np.ones(len(rows), np.bool_) if isinstance(number, int) and number < 0 else None
            return Occurrences(value.type, len(rows), np.repeat(made, len(rows)), signed=signs)
        case SliceValue():
            return _sliced(evaluated(value.of, rows, values), value.ranges)
        case NegativeValue():
            return turned(evaluated(value.of, rows, values))
        case ComputedValue():
            left, right = evaluated(value.left, rows, values), evaluated(value.right, rows, values)
            return computed(value.operator, *pairs(left, right))
        case CallValue():
            return _called(value, rows, values)


def bytes_of(found: Occurrences) -> Occurrences:
    """``found`` as bytes in network order."""
    if found.type is T.IPV4:
        return found.mapped(T.BYTES, lambda number: number.to_bytes(4))
    return found if found.type in OBJECTS else found.mapped(T.BYTES, lambda number: int(number).to_bytes(8))


def _sliced(found: Occurrences, ranges: tuple[Range, ...]) -> Occurrences:
    return bytes_of(found).mapped(T.BYTES, lambda value: _cut(value, ranges))


def _cut(value: bytes, ranges: tuple[Range, ...]) -> bytes:
    """The bytes of all ``ranges``, up to the first for which the value is too short."""
    made = bytearray()
    for one in ranges:
        place = span_of(one, len(value))
        if place is None:
            break
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
            return _demanded(absolute(found))
        case Function.LOWER:
            return found.mapped(T.STRING, bytes.lower)
        case Function.UPPER:
            return found.mapped(T.STRING, bytes.upper)
        case Function.LEN:
            return _length(first, values.counted(first, rows) if isinstance(first, FieldValue) else found)
        case _:
            return found.mapped(T.STRING, lambda value: value_text(found.type, value, None).encode())


def _demanded(found: Occurrences) -> Occurrences:
    """``found``, of a function that fails where it is given nothing."""
    return replace(found, loaded=None)


def _length(of: Value, found: Occurrences) -> Occurrences:
    kind = types.type_of(of.field) if isinstance(of, FieldValue) else found.type
    if kind in SIZES:
        return found.with_values(np.full(len(found.values), SIZES[kind], np.int64), T.UINT32)
    if found.type in OBJECTS:
        return found.with_values(np.fromiter(map(len, found.values), np.int64, len(found.values)), T.UINT32)
    return found.with_values(np.zeros(len(found.values), np.int64), T.UINT32)


def _extreme(function: Function, parts: list[Occurrences], count: int) -> Occurrences:
    """The greatest or least of all values that the arguments have, be it one argument alone."""
    kind = parts[0].type
    chosen: dict[int, _Signed] = {}
    # tshark begins with the last argument; where a value cannot be compared with the one so far, it takes its place.
    for part in reversed(parts):
        signs = part.signed if part.signed is not None else np.zeros(len(part.values), np.bool_)
        for place, value, is_signed in zip(part.places.tolist(), part.values.tolist(), signs.tolist(), strict=True):
            if place not in chosen or _replaces(function, kind, (value, is_signed), chosen[place]):
                chosen[place] = value, is_signed
    places = sorted(chosen)
    values = array_of(kind, [chosen[place][0] for place in places])
    signed = np.array([chosen[place][1] for place in places], np.bool_)
    return Occurrences(kind, count, values, np.array(places, np.int64), signed=signed)


def _replaces(function: Function, kind: T, value: _Signed, held: _Signed) -> bool:
    (new, is_signed), (old, _) = value, held
    if kind in types.UNSIGNED and old < 0 and not is_signed:
        return True
    ours, theirs = order_of(kind, new), order_of(kind, old)
    return bool(ours > theirs if function is Function.MAX else ours < theirs)


# Computes with values as tshark 4.0.17 does: what cannot be computed, or does not fit, has no value.
#
# Whole numbers have 32 or 64 bits.  They are unsigned until one is below 0; from there on they are signed.


def computed(sign: Arithmetic, left: Occurrences, right: Occurrences) -> Occurrences:
    """The results of ``sign`` for the pairs of `comparing.pairs`."""
    ours, theirs = left.values, right.values
    if left.type in types.INTEGERS:
        return _whole(sign, left, right)
    if sign is Arithmetic.AND and left.type in OBJECTS:
        both = [_and(one, other) for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)]
        return left.with_values(array_of(left.type, both))
    if sign in _OPERATORS:
        return left.with_values(_OPERATORS[sign](ours, theirs))
    keep = np.asarray(theirs != 0, np.bool_)
    return left.kept(keep, ours / np.where(keep, theirs, 1))


def turned(found: Occurrences) -> Occurrences:
    """Each value with its sign turned."""
    if found.type not in types.INTEGERS:
        return found.with_values(-found.values)
    values, half = _numbers(found), 1 << (_bits(found.type) - 1)
    # The least of all numbers has no opposite, and stays.
    opposite = np.where(values == -half, values, -values)
    return found.kept(_true(values < half), _as_stored(found.type, opposite), signed=np.ones(len(values), np.bool_))


def absolute(found: Occurrences) -> Occurrences:
    """Each value without its sign."""
    values = found.values
    if found.type is T.RELATIVE_TIME:
        # tshark looks for a sign at whole seconds alone.
        return found.with_values(np.where(values <= -_SECOND, -values, values))
    if found.type not in types.INTEGERS:
        return found.with_values(abs(values))
    least = -1 << (_bits(found.type) - 1)
    return found.with_values(np.where(values == least, values, abs(values)), signed=found.signed)


def _whole(sign: Arithmetic, left: Occurrences, right: Occurrences) -> Occurrences:
    bits = _bits(left.type)
    most, half = (1 << bits) - 1, 1 << (bits - 1)
    signed = np.ones(len(left.values), np.bool_) if left.type in types.SIGNED else left.signed
    # The left side's type says how the bits of the right side are read: beside an unsigned number -5 is 4294967291.
    ours, theirs = _numbers(left), _numbers(right) & min(most, (1 << _bits(right.type)) - 1)
    kind = np.int64 if bits <= _WORD else object
    theirs = theirs.astype(kind, copy=False)
    lowest: Any = 0
    highest: Any = most
    if signed is not None:
        theirs = np.where(signed, (theirs ^ half) - half, theirs)
        lowest = np.where(signed, np.array(-half, kind), np.array(0, kind))
        highest = np.where(signed, np.array(half - 1, kind), np.array(most, kind))
    if sign in (Arithmetic.DIVIDE, Arithmetic.MODULO):
        keep = _true(theirs != 0)
        divisor = np.where(keep, theirs, 1)
        made = _quotient(ours, divisor)
        keep &= _true(made <= highest)
        made = made if sign is Arithmetic.DIVIDE else ours - made * divisor
    else:
        # A product beyond 63 bits wraps: an unsigned one below 0, where it is not kept.  Signed ones have 62 at most.
        made = _OPERATORS[sign](ours, theirs)
        keep = _true(made >= lowest) & _true(made <= highest)
    if sign is Arithmetic.SUBTRACT and not keep.all():
        # Two unsigned numbers that signed ones can hold may have a difference below 0.
        below = ~keep & _true(made < 0) & _true(ours < half) & _true(theirs < half)
        if signed is not None:
            below &= ~signed
        keep |= below
        signed = below if signed is None else signed | below
    return left.kept(keep, _as_stored(left.type, made), signed=signed)


def _bits(kind: T) -> int:
    return _WORD if types.UNSIGNED.get(kind, types.SIGNED.get(kind, _LONG_WORD)) <= _WORD else _LONG_WORD


def _numbers(found: Occurrences) -> NDArray[Any]:
    """The values, where they may need more than 63 bits as Python's own numbers."""
    return found.values if _bits(found.type) <= _WORD else found.values.astype(object)


def _as_stored(kind: T, values: NDArray[Any]) -> NDArray[Any]:
    return values if _bits(kind) <= _WORD else array_of(kind, values.tolist())


def _true(told: Any) -> Mask:
    return np.asarray(told, np.bool_)


def _and(one: bytes, other: bytes) -> bytes:
    return bytes(a & b for a, b in zip(one, other, strict=False))


def _quotient(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """As in C: towards 0."""
    whole = abs(left) // abs(right)
    return np.where(_true(left < 0) == _true(right < 0), whole, -whole)
