"""Text to a compiled filter: the one door of this package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.check import Checker
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.expression import CallValue, Contains, FieldValue, Matches, SliceValue
from tcptui.dfilter.grammar import parse
from tcptui.dfilter.hints import for_unexpected, for_unquoted
from tcptui.dfilter.traps import fields_of, simple_tests, traps, values_of
from tcptui.model.field import AnyOf, Column, FieldType, Reader
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from tcptui.dfilter.expression import Test
    from tcptui.dfilter.remarks import Remark
    from tcptui.model.field import Field


#: Remarks about one filter at most: nobody reads more, and each may cost a parse.
MAXIMUM_REMARKS: Final = 20


class Cost(Enum):
    """What answering takes, the cheapest first; the value is the word of ``check --json``."""

    COLUMNS = "columns"
    """Columns in memory."""
    TABLES = "tables"
    """Tables of flows, connections and findings, by packet."""
    PACKETS = "packets"
    """The packets' bytes, read again and dissected."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A filter that is right.

    ``test``: None for the empty filter, which every packet passes.  ``remarks``: the first, in the order of the text.
    """

    text: str
    test: Test | None
    fields: tuple[Field, ...]
    cost: Cost
    remarks: tuple[Remark, ...]


def compile_filter(text: str) -> Compiled:
    """The filter ``text``.  Raises FilterError, and nothing else, whatever the text."""
    try:
        tree = parse(text)
    except FilterError as error:
        if error.suggestion is None or error.mistake is Mistake.LAYER:
            error.suggestion = for_unexpected(error, text) or error.suggestion
        raise
    if tree is None:
        return Compiled(text, None, (), Cost.COLUMNS, ())
    checker = Checker(text)
    try:
        test = checker.test(tree)
    except FilterError as error:
        if error.mistake is Mistake.TYPE_HAS_NO and error.facts.get("type") == FieldType.STRING.value:
            error.suggestion = for_unquoted(text, error.span.offset)
        raise
    remarks = sorted((*checker.remarks, *traps(test, text)), key=lambda remark: remark.span.offset)
    unique = list({(remark.key, remark.span): remark for remark in remarks}.values())[:MAXIMUM_REMARKS]
    return Compiled(text, test, fields_of(test), _cost(test), tuple(map(_offering_what_parses, unique)))


def _offering_what_parses(remark: Remark) -> Remark:
    """``remark`` without its replacement where that would stand amid something: ``all a != b``, ``a == b != c``."""
    if remark.replacement is None:
        return remark
    try:
        parse(remark.replacement)
    except FilterError:
        return replace(remark, replacement=None)
    return remark


def _cost(test: Test) -> Cost:
    order = list(Cost)
    costs = [_field_cost(value.field) for value in values_of(test) if isinstance(value, FieldValue)]
    # Length and count of a column, too, are asked of the packet: columns do not hold how often a field stands there.
    asks_bytes = any(isinstance(value, SliceValue | CallValue) for value in values_of(test))
    asks_bytes |= any(isinstance(simple, Contains | Matches) for simple in simple_tests(test))
    costs += [Cost.PACKETS] if asks_bytes else []
    layered = any(isinstance(v, FieldValue) and (v.layers is not None or v.is_raw) for v in values_of(test))
    costs += [Cost.PACKETS] if layered else []
    return max(costs, key=order.index, default=Cost.COLUMNS)


def _field_cost(field: Field) -> Cost:
    source = field.source
    if isinstance(source, Column):
        return Cost.COLUMNS
    if isinstance(source, AnyOf):
        return max((_field_cost(FIELDS[name]) for name in source.names), key=list(Cost).index)
    return Cost.PACKETS if source is Reader.TREE else Cost.TABLES
