"""Compares values: with a constant, in pairs, as bytes."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.dfilter.expression import Constant
from tcptui.dfilter.operators import Relation
from tcptui.dfilter.types import UNSIGNED
from tcptui.model.field import FieldType as T
from tcptui.session.filtering.occurrences import OBJECTS, Occurrences

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.session.filtering.occurrences import Mask

_OPERATORS: Final[dict[Relation, Callable[[Any, Any], Any]]] = {
    Relation.EQUAL: operator.eq, Relation.NOT_EQUAL: operator.ne, Relation.GREATER: operator.gt,
    Relation.GREATER_EQUAL: operator.ge, Relation.LESS: operator.lt, Relation.LESS_EQUAL: operator.le,
}  # fmt: skip
_BY_LENGTH: Final = frozenset({T.BYTES, T.ETHER, T.PROTOCOL})
_IPV4_BITS: Final = 32
#: tshark computes with unsigned numbers of 32 bits.
_BITS: Final = 32
_SIGN_BIT: Final = 1 << 31


def number_of(constant: Constant) -> int | float | bytes:
    """The constant as it stands in `Occurrences.values`."""
    value = constant.value
    return int.from_bytes(value) if constant.type is T.IPV4 and isinstance(value, bytes) else value


def as_bytes(values: Occurrences) -> Occurrences:
    """``values`` with IPv4 addresses written as four bytes."""
    if values.type is not T.IPV4:
        return values
    return values.mapped(T.BYTES, lambda value: value.to_bytes(4))


def each(relation: Relation, left: NDArray[Any], right: NDArray[Any] | float | bytes, kind: T) -> Mask:
    """The relation between values of ``kind`` and values at the same places, or one value."""
    compare = _OPERATORS[relation]
    if kind in _BY_LENGTH and relation.orders:
        # Of byte strings the shorter is the less.
        others = [right] * len(left) if isinstance(right, bytes) else np.asarray(right).tolist()
        hits = (
            compare((len(one), one), (len(other), other)) for one, other in zip(left.tolist(), others, strict=True)
        )  # fmt: skip
        return np.fromiter(hits, np.bool_, len(left))
    if isinstance(right, bytes):
        hits = (compare(value, right) for value in left.tolist())
        return np.fromiter(hits, np.bool_, len(left))
    if left.dtype == object or (isinstance(right, np.ndarray) and right.dtype == object):
        others = right.tolist() if isinstance(right, np.ndarray) else [right] * len(left)
        return np.fromiter(map(compare, left.tolist(), others), np.bool_, len(left))
    found: Mask = compare(left, right)
    return found


def with_constant(relation: Relation, values: Occurrences, constant: Constant) -> Mask:
    """The relation between each value and ``constant``, of whose address only the prefix counts."""
    prefix = constant.prefix
    if values.type in OBJECTS and isinstance(constant.value, bytes):
        if prefix is None:
            return each(relation, values.values, constant.value, values.type)
        keep, size = len(constant.value) * 8 - prefix, len(constant.value)
        shortened = [
            int.from_bytes(value) >> keep if len(value) == size else -1 for value in values.values.tolist()
        ]  # fmt: skip
        wanted = int.from_bytes(constant.value) >> keep
        compare = _OPERATORS[relation]
        return np.fromiter((compare(value, wanted) for value in shortened), np.bool_, len(shortened))
    number = number_of(constant)
    if values.type is T.IPV4 and prefix is not None and isinstance(number, int):
        keep = _IPV4_BITS - prefix
        return each(relation, values.values >> keep, number >> keep, T.IPV4)
    if isinstance(number, int) and number >= _SIGN_BIT and UNSIGNED.get(values.type, 64) <= _BITS:
        # A computed value below 0 is compared as signed, and so are the constant's bits: -80 is 4294967216.
        below = each(relation, values.values, number - (1 << _BITS), values.type)
        return np.where(values.values < 0, below, each(relation, values.values, number, values.type))
    return each(relation, values.values, number, values.type)


def pairs(left: Occurrences, right: Occurrences) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64] | None]:
    """All pairs of values of the same packet: the left ones, the right ones, and their packets (None: one a packet)."""
    if left.index is None and right.index is None:
        return left.values, right.values, None
    ours, theirs = left.places, right.places
    begin, end = np.searchsorted(theirs, ours, "left"), np.searchsorted(theirs, ours, "right")
    times = end - begin
    which = np.repeat(np.arange(len(ours)), times)
    # Behind each value of the left side come the places of its packet's values on the right.
    ahead = np.cumsum(times) - times
    other = np.arange(len(which)) - np.repeat(ahead, times) + np.repeat(begin, times)
    return left.values[which], right.values[other], ours[which]
