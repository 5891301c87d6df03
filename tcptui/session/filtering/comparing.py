"""Compares values: with a constant, in pairs, as bytes."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.dfilter.expression import Constant
from tcptui.dfilter.operators import Quantifier, Relation
from tcptui.dfilter.types import SIGNED, UNSIGNED
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


def with_constant(relation: Relation, values: Occurrences, constant: Constant, quantifier: Quantifier) -> Mask:
    """Mask of the values that pass a test of ``quantifier`` beside ``constant``; of an address, only its prefix."""
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
    hits = each(relation, values.values, number, values.type)
    if values.type in UNSIGNED and isinstance(number, int) and number < 0:
        return _undecided(hits, values, np.ones(len(hits), np.bool_), quantifier)
    return hits


def with_each_other(relation: Relation, left: Occurrences, right: Occurrences, quantifier: Quantifier) -> Mask:
    """Mask of the pairs of `pairs` that pass a test of ``quantifier``."""
    hits = each(relation, left.values, right.values, left.type)
    if left.type in UNSIGNED and (right.signed is not None or right.type in SIGNED):
        return _undecided(hits, left, np.asarray(right.values < 0, np.bool_), quantifier)
    return hits


def _undecided(hits: Mask, left: Occurrences, below: Mask, quantifier: Quantifier) -> Mask:
    """``hits``, where the right side is not ``below`` 0 or the left side is signed.

    To tshark an unsigned number is neither equal to one below 0 nor anything else: no test of any value passes by it,
    and no test of all fails by it.
    """
    unsure = below if left.signed is None else below & ~left.signed
    return np.where(unsure, quantifier is Quantifier.ALL, hits)


def order_of(kind: T, value: Any) -> Any:
    """By what a value of ``kind`` is the greater or the less."""
    return (len(value), value) if kind in _BY_LENGTH else value


def pairs(left: Occurrences, right: Occurrences) -> tuple[Occurrences, Occurrences]:
    """All pairs of values of the same packet: the two sides, with the values of a pair at the same place."""
    if left.index is None and right.index is None:
        return left, right
    ours, theirs = left.places, right.places
    begin, end = np.searchsorted(theirs, ours, "left"), np.searchsorted(theirs, ours, "right")
    times = end - begin
    which = np.repeat(np.arange(len(ours)), times)
    # Behind each value of the left side come the places of its packet's values on the right.
    ahead = np.cumsum(times) - times
    other = np.arange(len(which)) - np.repeat(ahead, times) + np.repeat(begin, times)
    is_computed = left.loaded is not None or right.loaded is not None
    loaded = left.computable() & right.computable() if is_computed else None
    index = ours[which]
    return left.picked(which, index, loaded), right.picked(other, index, loaded)
