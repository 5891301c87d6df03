"""A checked filter: what it asks of a packet, with fields and constants resolved.

Two filters that ask the same in the same shape are equal: places in the text are kept beside and not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as beside
from typing import TYPE_CHECKING

from tcptui.dfilter.errors import Span

if TYPE_CHECKING:
    import re

    from tcptui.dfilter.operators import Arithmetic, Function, Quantifier, Relation
    from tcptui.dfilter.ranges import Range
    from tcptui.model.field import Field, FieldType

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The values of a field, those of ``layers`` only where given; ``is_raw``: the bytes as captured."""

    field: Field
    layers: tuple[Range, ...] | None = None
    is_raw: bool = False
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of ``type``.

    Integers, booleans (0 or 1) and times (nanoseconds) are int, doubles float, everything else bytes: text as UTF-8,
    addresses in network order.  A number of an unsigned type may be below 0.
    ``prefix``: bits of an address that count; None: all.
    """

    type: FieldType
    value: int | float | bytes
    prefix: int | None = None
    text: str = beside(default="", compare=False)
    """As it was typed."""
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SliceValue:
    """Bytes of each value, up to the first of the ranges for which it is too short."""

    of: Value
    ranges: tuple[Range, ...]
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class CallValue:
    """A function's result."""

    function: Function
    arguments: tuple[Value, ...]
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class NegativeValue:
    """Each value with its sign turned."""

    of: Value
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ComputedValue:
    """What ``operator`` makes of each pair of values; a result that does not fit is none."""

    operator: Arithmetic
    left: Value
    right: Value
    span: Span = beside(default=_NOWHERE, compare=False)


Value = FieldValue | Constant | SliceValue | CallValue | NegativeValue | ComputedValue


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``low`` to ``high``, both included."""

    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Exists:
    """The packet has the field."""

    value: FieldValue


@dataclass(frozen=True, slots=True)
class Nonzero:
    """The packet has a value that is not 0."""

    value: Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """Values compared in pairs; false where a field is absent.

    A slice that is empty is a value; where nothing could be computed there is none, and `Quantifier.ALL` holds.
    """

    relation: Relation
    quantifier: Quantifier
    left: Value
    right: Value
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Contains:
    """The bytes of the right side are among those of the left."""

    quantifier: Quantifier
    left: Value
    right: Value
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression finds something in the bytes of the value, upper and lower case alike."""

    quantifier: Quantifier
    value: Value
    pattern: bytes
    compiled: re.Pattern[bytes] = beside(compare=False, repr=False)
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """A value is one of the elements, or lies in one.

    ``is_negated``: no value is, and whatever the quantifier, absent fields included.
    """

    quantifier: Quantifier
    value: FieldValue
    elements: tuple[Value | Interval, ...]
    is_negated: bool = False
    span: Span = beside(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite, absent fields included."""

    of: Test


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    of: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them."""

    of: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Xor:
    """An odd number of them."""

    of: tuple[Test, ...]


Test = Exists | Nonzero | Comparison | Contains | Matches | Membership | Not | And | Or | Xor
