"""Joins tests: which of some packets pass.  What a cheaper test has decided, a dearer one is not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tcptui.dfilter.expression import (
    And,
    Comparison,
    Constant,
    Contains,
    Exists,
    FieldValue,
    Interval,
    Matches,
    Membership,
    Nonzero,
    Not,
    Or,
    SliceValue,
    Xor,
)
from tcptui.dfilter.operators import Quantifier, Relation
from tcptui.model.field import AnyOf
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.comparing import as_bytes, pairs, with_constant, with_each_other
from tcptui.session.filtering.operands import Values, bytes_of, evaluated

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from tcptui.dfilter.expression import Test, Value
    from tcptui.session.filtering.occurrences import Cells, Occurrences
    from tcptui.session.filtering.rows import Mask, Rows


#: Tests of no more than this cost are asked about a whole stretch of packets while one in so many is undecided: picking
#: those out costs more.
_SWEPT: Final = 1
_ONE_IN: Final = 5


class Sources(Values, Protocol):
    """Who finds fields in packets, and knows short cuts."""

    def cost(self, test: Test) -> int:
        """How dear the test is, 0 and above: the cheaper ones are asked first."""

    def has(self, value: FieldValue, rows: Rows) -> Mask:
        """Mask of the ``rows`` that have the field."""

    def contains(self, value: FieldValue, wanted: bytes, rows: Rows) -> Mask | None:
        """Mask of the ``rows`` that have ``wanted`` within the field; None: there is no short cut."""

    def cells(self, value: FieldValue, rows: Rows) -> Cells | None:
        """The values where each of ``rows`` has one at most; None: there is no short cut."""

    def either_end(self, value: FieldValue, decide: Callable[[Occurrences], Mask], rows: Rows) -> Mask | None:
        """Mask of the ``rows`` with an IPv4 address of either end that ``decide`` takes; None: no short cut."""

    def buffers(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The bytes or texts that `contains` and `matches` look into."""

    def searched(self, pattern: re.Pattern[bytes], values: list[bytes]) -> Mask:
        """In which of ``values`` the pattern finds something."""

    def remembered(self, test: Test, rows: Rows) -> Mask:
        """`simple` of a test that joins no others, kept for the next who asks."""


def passing(test: Test, rows: Rows, sources: Sources) -> Mask:
    """Mask of the ``rows`` that pass ``test``."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    match test:
        case Not():
            return ~passing(test.of, rows, sources)
        case And() | Or():
            return _joined(test, rows, sources)
        case Xor():
            odd = np.zeros(len(rows), np.bool_)
            for part in test.of:
                odd ^= passing(part, rows, sources)
            return odd
        case _:
            return sources.remembered(test, rows)


def _joined(test: And | Or, rows: Rows, sources: Sources) -> Mask:
    wanted = isinstance(test, And)
    result = np.full(len(rows), wanted)
    for part in sorted(test.of, key=sources.cost):
        open_still = result if wanted else ~result
        if (
            isinstance(rows.index, slice)
            and sources.cost(part) <= _SWEPT
            and _ONE_IN * np.count_nonzero(open_still) > len(rows)
        ):
            found = passing(part, rows, sources)
            result = result & found if wanted else result | found
            continue
        left = rows.only(open_still)
        if not len(left):
            break
        result[open_still] = passing(part, left, sources)
    return result


def simple(test: Test, rows: Rows, sources: Sources) -> Mask:
    """`passing` for a test that joins no others."""
    match test:
        case Exists():
            return sources.has(test.value, rows)
        case Nonzero():
            found = evaluated(test.value, rows, sources)
            # Bytes that are cut out need only be there.
            return found.any(_is_filled(found) if isinstance(test.value, SliceValue) else _nonzero(found))
        case Comparison():
            return _compared(test, rows, sources)
        case Contains():
            return _contains(test, rows, sources)
        case Matches():
            found = _buffers(test.value, rows, sources)
            hits = sources.searched(test.compiled, found.values.tolist())
            if isinstance(test.value, SliceValue):
                # Where nothing was cut out, tshark complains and finds nothing, not even what is empty.
                hits = hits & _is_filled(found)
            return _reduced(test.quantifier, found, hits)
        case Membership():
            return _member(test, rows, sources)
        case _:
            raise AssertionError(test)


def _reduced(quantifier: Quantifier, found: Occurrences, hits: Mask) -> Mask:
    return found.any(hits) if quantifier is Quantifier.ANY else found.all(hits)


def _nonzero(found: Occurrences) -> Mask:
    if found.values.dtype != object:
        mask: Mask = found.values != 0
        return mask
    told = (any(value) if isinstance(value, bytes) else bool(value) for value in found.values.tolist())
    return np.fromiter(told, np.bool_, len(found.values))


def _is_filled(found: Occurrences) -> Mask:
    return np.fromiter(map(bool, found.values.tolist()), np.bool_, len(found.values))


def _compared(test: Comparison, rows: Rows, sources: Sources) -> Mask:
    if isinstance(test.right, Constant):
        return _beside_constant(test.left, test, test.right, rows, sources)
    right = evaluated(test.right, rows, sources)
    if isinstance(test.left, Constant):
        return _against(test.quantifier, _TURNED[test.relation], right, test.left)
    return _paired(test.quantifier, test.relation, evaluated(test.left, rows, sources), right)


def _beside_constant(left: Value, test: Comparison, constant: Constant, rows: Rows, sources: Sources) -> Mask:
    parts: tuple[Value, ...] = (left,)
    if test.quantifier is Quantifier.ANY and isinstance(left, FieldValue):
        parts = _parts(left)
        if constant.type is T.IPV4:
            short = sources.either_end(
                left, lambda found: with_constant(test.relation, found, constant, test.quantifier), rows
            )
            if short is not None:
                return short
    # Whether any value of several fields passes is told without putting the values of a packet together.
    first, *others = (_one_beside_constant(part, test, constant, rows, sources) for part in parts)
    for mask in others:
        first = first | mask
    return first


def _one_beside_constant(part: Value, test: Comparison, constant: Constant, rows: Rows, sources: Sources) -> Mask:
    cells = sources.cells(part, rows) if isinstance(part, FieldValue) else None
    if cells is None:
        return _against(test.quantifier, test.relation, evaluated(part, rows, sources), constant)
    return cells.passing(lambda found: with_constant(test.relation, found, constant, test.quantifier))


def _parts(value: FieldValue) -> tuple[FieldValue, ...]:
    """The fields that a field such as ``tcp.port`` stands for; others stand for themselves."""
    source = value.field.source
    if not isinstance(source, AnyOf) or value.layers is not None or value.is_raw:
        return (value,)
    return tuple(FieldValue(FIELDS[name]) for name in source.names)


_TURNED = {
    Relation.EQUAL: Relation.EQUAL, Relation.NOT_EQUAL: Relation.NOT_EQUAL, Relation.GREATER: Relation.LESS,
    Relation.LESS: Relation.GREATER, Relation.GREATER_EQUAL: Relation.LESS_EQUAL,
    Relation.LESS_EQUAL: Relation.GREATER_EQUAL,
}  # fmt: skip


def _against(quantifier: Quantifier, relation: Relation, found: Occurrences, constant: Constant) -> Mask:
    if found.type is T.IPV4 and constant.type is not T.IPV4:
        found = as_bytes(found)
    return _reduced(quantifier, found, with_constant(relation, found, constant, quantifier))


def _paired(quantifier: Quantifier, relation: Relation, left: Occurrences, right: Occurrences) -> Mask:
    if (left.type is T.IPV4) != (right.type is T.IPV4):
        left, right = as_bytes(left), as_bytes(right)
    ours, theirs = pairs(left, right)
    return _reduced(quantifier, ours, with_each_other(relation, ours, theirs, quantifier))


def _buffers(value: Value, rows: Rows, sources: Sources) -> Occurrences:
    found = sources.buffers(value, rows) if isinstance(value, FieldValue) else evaluated(value, rows, sources)
    return bytes_of(found)


def _contains(test: Contains, rows: Rows, sources: Sources) -> Mask:
    right = test.right
    if isinstance(test.left, FieldValue) and isinstance(right, Constant) and test.quantifier is Quantifier.ANY:
        assert isinstance(right.value, bytes)
        short = sources.contains(test.left, right.value, rows)
        if short is not None:
            return short
    left = _buffers(test.left, rows, sources)
    if isinstance(right, Constant):
        wanted = right.value
        assert isinstance(wanted, bytes)
        if not wanted and left.type is not T.BYTES:
            # An empty string is within bytes, not within text or a protocol.
            return _reduced(test.quantifier, left, np.zeros(len(left.values), np.bool_))
        found = (bool(value) and wanted in value for value in left.values.tolist())
        return _reduced(test.quantifier, left, np.fromiter(found, np.bool_, len(left.values)))
    ours, theirs = pairs(left, _buffers(right, rows, sources))
    both = zip(ours.values.tolist(), theirs.values.tolist(), strict=True)
    found = (bool(value) and one in value for value, one in both)
    return _reduced(test.quantifier, ours, np.fromiter(found, np.bool_, len(ours.values)))


def _member(test: Membership, rows: Rows, sources: Sources) -> Mask:
    # All values are not in a set: no value is.
    quantifier = Quantifier.ANY if test.is_negated else test.quantifier
    mask = _any_address(test, rows, sources) if quantifier is Quantifier.ANY else None
    if mask is None:
        mask = np.zeros(len(rows), np.bool_)
        for part in _parts(test.value) if quantifier is Quantifier.ANY else (test.value,):
            found = sources.read(part, rows)
            for element in test.elements:
                mask |= _is(quantifier, found, element, rows, sources)
    return ~mask if test.is_negated else mask


def _any_address(test: Membership, rows: Rows, sources: Sources) -> Mask | None:
    """Which of ``rows`` have a value in a set of IPv4 addresses; None: there is no short cut."""
    if not all(_is_address(end) for element in test.elements for end in _ends(element)):
        return None

    def decide(found: Occurrences) -> Mask:
        hits = np.zeros(len(found.values), np.bool_)
        for element in test.elements:
            hits |= _within(Quantifier.ANY, found, *_ends(element))
        return hits

    return sources.either_end(test.value, decide, rows)


def _ends(element: Value | Interval) -> tuple[Value, Value]:
    return (element.low, element.high) if isinstance(element, Interval) else (element, element)


def _is_address(value: Value) -> bool:
    return isinstance(value, Constant) and value.type is T.IPV4


def _within(quantifier: Quantifier, found: Occurrences, low: Value, high: Value) -> Mask:
    """Which values are from the constant ``low`` to ``high``; equal to it, where they are the same."""
    assert isinstance(low, Constant)
    assert isinstance(high, Constant)
    if low is high:
        return with_constant(Relation.EQUAL, found, low, quantifier)
    hits = with_constant(Relation.GREATER_EQUAL, found, low, quantifier)
    hits &= with_constant(Relation.LESS_EQUAL, found, high, quantifier)
    return hits


def _is(
    quantifier: Quantifier, found: Occurrences, element: Value | Interval, rows: Rows, sources: Sources
) -> Mask:  # fmt: skip
    if not isinstance(element, Interval):
        return _related(quantifier, Relation.EQUAL, found, element, rows, sources)
    if isinstance(element.low, Constant) and isinstance(element.high, Constant):
        return _reduced(quantifier, found, _within(quantifier, found, element.low, element.high))
    above = _related(quantifier, Relation.GREATER_EQUAL, found, element.low, rows, sources)
    return above & _related(quantifier, Relation.LESS_EQUAL, found, element.high, rows, sources)


def _related(
    quantifier: Quantifier, relation: Relation, found: Occurrences, value: Value, rows: Rows, sources: Sources
) -> Mask:
    if isinstance(value, Constant):
        return _against(quantifier, relation, found, value)
    return _paired(quantifier, relation, found, evaluated(value, rows, sources))
