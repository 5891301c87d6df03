"""One rule as text, and what it asks.

    no FILTER                       no packet matches
    all FILTER                      every packet that the filter can judge matches (`dfilter.judged`)
    count FILTER < NUMBER[%]        so many packets match; % is of TCP packets
    pNN FIELD < NUMBER              a percentile of the field's values

The relation is one of ``<``, ``<=``, ``>``, ``>=``, ``==``, ``!=``; of several in a text the last is the rule's own.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.judged import breaking
from tcptui.dfilter.names import nearest
from tcptui.dfilter.types import type_of
from tcptui.model.errors import UsageError
from tcptui.model.field import FieldType, Reader
from tcptui.model.fields import FIELDS
from tcptui.session.assertions.words import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field

RELATIONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
#: Characters of a rule that may be its relation and limit.
_LIMIT_LENGTH: Final = 40
_LIMIT: Final = re.compile(r"(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*(%?)$")
_NUMBERS: Final = frozenset({
    FieldType.DOUBLE, FieldType.FRAMENUM, FieldType.INT8, FieldType.INT16, FieldType.INT32, FieldType.INT64,
    FieldType.UINT8, FieldType.UINT16, FieldType.UINT24, FieldType.UINT32, FieldType.UINT64, FieldType.RELATIVE_TIME,
})  # fmt: skip


class RuleError(UsageError):
    """A rule is no rule; a mistake in its filter is a `dfilter.errors.FilterError` instead."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = f"assertion.error.{key}"


@dataclass(frozen=True, slots=True)
class Rule:
    """An assertion about a capture: what must hold.

    ``filter``: of `Kind.NO` and `Kind.COUNT` the packets meant, of `Kind.ALL` those that break it, of a percentile
    None.  ``limit``: a number of packets, percents with ``is_share``, or a value of ``field`` (times in seconds).
    """

    text: str
    kind: Kind
    filter: Compiled | None = None
    field: Field | None = None
    percent: Fraction = Fraction()
    relation: str = ""
    limit: float = 0.0
    is_share: bool = False
    name: str = ""
    """As the author called it; empty: not at all."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that it asks of packets."""
        if self.field is not None:
            return (self.field,)
        return () if self.filter is None else self.filter.fields

    @property
    def of_connections(self) -> bool:
        """Whether the percentile is over connections: the field has one value for each, in every packet."""
        field = self.field
        if field is None:
            return False
        is_own = field.name.startswith("tcptui.")
        return field.source is Reader.BUDGET or (is_own and field.source is Reader.STREAM)


def parse_rule(text: str, name: str = "") -> Rule:
    """The rule ``text``.  Raises RuleError or FilterError."""
    stripped = text.strip()
    found = kind_of(stripped)
    if found is None:
        raise RuleError("word", rule=stripped)
    kind, percent, rest = found
    if kind is Kind.PERCENTILE:
        return replace(_percentile(stripped, rest, percent), name=name)
    if kind is Kind.COUNT:
        return replace(_count(stripped, rest), name=name)
    compiled = compile_filter(rest)
    if kind is Kind.ALL and compiled.test is not None:
        compiled = replace(compiled, test=breaking(compiled.test))
    return Rule(stripped, kind, compiled, name=name)


def _limit(text: str, rest: str) -> tuple[str, str, float, bool]:
    """What stands before the last relation of ``rest``, the relation, the limit, whether it is percents."""
    begin = max(0, len(rest) - _LIMIT_LENGTH)
    found = _LIMIT.search(rest[begin:])
    if found is None:
        raise RuleError("limit", rule=text)
    before = rest[: begin + found.start()].strip()
    if not before:
        raise RuleError("limit", rule=text)
    return before, found[1], float(found[2]), bool(found[3])


def _count(text: str, rest: str) -> Rule:
    before, relation, limit, is_share = _limit(text, rest)
    return Rule(text, Kind.COUNT, compile_filter(before), relation=relation, limit=limit, is_share=is_share)


def _percentile(text: str, rest: str, percent: str) -> Rule:
    name, relation, limit, is_share = _limit(text, rest)
    if is_share:
        raise RuleError("no-share", rule=text)
    field = FIELDS.get(name)
    if field is None:
        near = nearest(name)
        raise RuleError("field-near" if near else "field", name=name, near=", ".join(near))
    if type_of(field) not in _NUMBERS:
        raise RuleError("no-number", name=name)
    return Rule(text, Kind.PERCENTILE, field=field, percent=Fraction(percent), relation=relation, limit=limit)
