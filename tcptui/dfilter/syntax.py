"""What the grammar makes of a filter: its shape, with places, before names and types are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.dfilter.errors import Span
    from tcptui.dfilter.operators import Arithmetic, Quantifier, Relation
    from tcptui.dfilter.ranges import Range


@dataclass(frozen=True, slots=True)
class Word:
    """A field or a value, whichever its place and the registry say; ``must_be_field``: written ``.name``."""

    text: str
    span: Span
    must_be_field: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """An address or bytes, without quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class String:
    """A quoted string; ``value``: its bytes."""

    text: str
    value: bytes
    span: Span


@dataclass(frozen=True, slots=True)
class Character:
    """A character constant."""

    text: str
    code: int
    span: Span


@dataclass(frozen=True, slots=True)
class Layer:
    """A field of some layers (``ip.src#2``) or raw (``@ip.src``)."""

    word: Word | Literal
    ranges: tuple[Range, ...] | None
    is_raw: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes of a value; ``depth``: how many slices it is inside each other."""

    of: Value
    ranges: tuple[Range, ...]
    depth: int
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    name_span: Span
    arguments: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negative:
    """A value with a minus before it."""

    of: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Computed:
    """Two values and what is computed of them; ``depth`` bounds how deep such trees grow."""

    operator: Arithmetic
    left: Value
    right: Value
    depth: int
    span: Span


Value = Word | Literal | String | Character | Layer | Slice | Call | Negative | Computed


@dataclass(frozen=True, slots=True)
class Interval:
    """Two ends, both included."""

    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Compare:
    """``a < b <= c``: values, and the relation and its implied quantifier between each two."""

    values: tuple[Value, ...]
    relations: tuple[tuple[Relation, Quantifier], ...]
    quantifier: Quantifier | None
    span: Span


@dataclass(frozen=True, slots=True)
class Search:
    """``contains``, or ``matches`` if ``is_pattern``."""

    value: Value
    what: Value
    is_pattern: bool
    quantifier: Quantifier | None
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """``in`` or ``not in`` a set."""

    value: Value
    elements: tuple[Value | Interval, ...]
    is_negated: bool
    quantifier: Quantifier | None
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """A value that stands alone: a field that exists, a number that is not 0."""

    value: Value


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

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


Test = Compare | Search | Member | Truth | Not | And | Or | Xor
