"""Computes with values as tshark 4.0.17 does: what cannot be computed, or does not fit, has no value.

Whole numbers have 32 or 64 bits.  They are unsigned until one is below 0; from there on they are signed.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.operators import Arithmetic
from tcptui.model.field import FieldType as T
from tcptui.session.filtering.occurrences import OBJECTS, array_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.session.filtering.occurrences import Mask, Occurrences

_OPERATORS: Final[dict[Arithmetic, Callable[[Any, Any], Any]]] = {
    Arithmetic.AND: operator.and_, Arithmetic.ADD: operator.add, Arithmetic.SUBTRACT: operator.sub,
    Arithmetic.MULTIPLY: operator.mul,
}  # fmt: skip
_WORD: Final = 32
_LONG_WORD: Final = 64
_SECOND: Final = 1_000_000_000


def computed(sign: Arithmetic, left: Occurrences, right: Occurrences) -> Occurrences:
    """What ``sign`` makes of the pairs of `comparing.pairs`."""
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
