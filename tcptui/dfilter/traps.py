"""What a filter does that its author may not expect, found in the checked expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import types
from tcptui.dfilter.expression import (
    And,
    CallValue,
    Comparison,
    ComputedValue,
    Constant,
    Contains,
    Exists,
    FieldValue,
    Interval,
    Matches,
    Membership,
    NegativeValue,
    Nonzero,
    Not,
    Or,
    SliceValue,
    Xor,
)
from tcptui.dfilter.operators import Function, Quantifier, Relation
from tcptui.dfilter.remarks import Remark, RemarkKey
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.dfilter.expression import Test, Value
    from tcptui.model.field import Field

#: Characters of a filter at most that is written down again with a change.
_LONGEST_OFFERED: Final = 1_000
#: Truth values that only packets have of which they are true.
_TRUE_WHERE_PRESENT: Final = frozenset({"http.request", "tcptui.marked"})
#: What changes while a connection lives.
_STATES: Final = frozenset({"tcptui.client.state", "tcptui.server.state"})
_ZONE: Final = re.compile(r"(?:Z|UTC|:[0-9.,]+[+-][0-9:]+)\"?$")

#: A number as it is written; one that begins with 0 is octal.
_NUMBER: Final = re.compile("0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")
#: Ends of fields that hold the number which one speaks of, the likeliest first.
_CODES: Final = ("code", "response.code", "headers.status")
_OTHERS: Final = ("port", "type", "msgtype")
#: Codes of answers, of HTTP, SMTP and their like.
_LEAST_CODE: Final = 100
_LARGEST_CODE: Final = 599


def values_of(test: Test) -> Iterator[Value]:
    """Every value of ``test``, those inside others behind them."""
    for simple in simple_tests(test):
        match simple:
            case Exists() | Nonzero():
                yield from _inner(simple.value)
            case Comparison() | Contains():
                yield from _inner(simple.left)
                yield from _inner(simple.right)
            case Matches():
                yield from _inner(simple.value)
            case Membership():
                yield simple.value
                for element in simple.elements:
                    parts = (element.low, element.high) if isinstance(element, Interval) else (element,)
                    for part in parts:
                        yield from _inner(part)
            case _:
                raise AssertionError(simple)


def _inner(value: Value) -> Iterator[Value]:
    yield value
    match value:
        case SliceValue() | NegativeValue():
            yield from _inner(value.of)
        case CallValue():
            for argument in value.arguments:
                yield from _inner(argument)
        case ComputedValue():
            yield from _inner(value.left)
            yield from _inner(value.right)
        case _:
            return


def simple_tests(test: Test) -> Iterator[Test]:
    """The tests of ``test`` that are joined by and, or, xor and not."""
    match test:
        case And() | Or() | Xor():
            for part in test.of:
                yield from simple_tests(part)
        case Not():
            yield from simple_tests(test.of)
        case _:
            yield test


def fields_of(test: Test) -> tuple[Field, ...]:
    """The fields that ``test`` asks for, each once, in the order of its text."""
    named = {value.field.name: value.field for value in values_of(test) if isinstance(value, FieldValue)}
    return tuple(named.values())


def traps(test: Test, text: str) -> Iterator[Remark]:
    """The remarks about ``test``, in the order of the text."""
    for simple in simple_tests(test):
        yield from _number_traps(simple, text)
        match simple:
            case Exists():
                yield from _existence(simple, text)
            case Comparison():
                yield from _comparison(simple, text)
            case Contains() | Matches():
                yield from _search(simple)
            case Membership() if simple.is_negated:
                yield Remark(RemarkKey.NOT_IN, simple.span, {"name": simple.value.field.name})
            case _:
                pass
    yield from _several(test)
    for value in values_of(test):
        if isinstance(value, Constant) and value.type is T.ABSOLUTE_TIME and not _ZONE.search(value.text):
            yield Remark(RemarkKey.LOCAL_TIME, value.span, {"text": value.text})


def _spliced(text: str, start: int, end: int, new: str) -> str | None:
    """``text`` with ``new`` from ``start`` to ``end``; None for a text that nobody would read again."""
    return text[:start] + new + text[end:] if len(text) <= _LONGEST_OFFERED else None


def _existence(test: Exists, text: str) -> Iterator[Remark]:
    field, span = test.value.field, test.value.span
    if field.type is T.BOOLEAN and field.name not in _TRUE_WHERE_PRESENT:
        is_flag = field.name.startswith("tcp.flags.")
        key = RemarkKey.EXISTS_TCP if is_flag else RemarkKey.EXISTS
        fixed = _spliced(text, span.end, span.end, " == 1")
        meant = f"{field.name} == 1"
        yield Remark(key, span, {"name": field.name, "meant": meant}, fixed)
    elif field.name in ("frame", "frame.number", "frame.len", "frame.time"):
        yield Remark(RemarkKey.EVERY_FRAME, span, {"name": field.name})


def _comparison(test: Comparison, text: str) -> Iterator[Remark]:
    left = test.left
    if isinstance(left, FieldValue) and left.field.name in _STATES:
        yield Remark(RemarkKey.STATE_THEN, left.span, {"name": left.field.name})
    if test.relation is Relation.NOT_EQUAL and test.quantifier is Quantifier.ALL and isinstance(left, FieldValue):
        behind = text[test.right.span.offset : test.right.span.end]
        meant = f"not {left.field.name} == {behind}"
        fixed = _spliced(text, test.span.offset, test.span.end, meant)
        key = RemarkKey.NOT_EQUAL_PAIR if left.field.repeats else RemarkKey.NOT_EQUAL
        yield Remark(key, test.span, {"name": left.field.name, "meant": meant}, fixed)
    if isinstance(left, FieldValue) and isinstance(test.right, Constant):
        number = test.right.value
        if left.field.type in types.UNSIGNED and not isinstance(number, bytes) and number < 0:
            yield Remark(RemarkKey.NEVER, test.span, {"name": left.field.name, "value": test.right.text})
    if isinstance(left, CallValue) and left.function is Function.COUNT and isinstance(test.right, Constant):
        is_zero = test.relation is Relation.EQUAL and test.right.value == 0
        argument = left.arguments[0]
        if is_zero and isinstance(argument, FieldValue):
            meant = f"not {argument.field.name}"
            yield Remark(RemarkKey.COUNT_ZERO, test.span, {"name": argument.field.name, "meant": meant},
                         _spliced(text, test.span.offset, test.span.end, meant))  # fmt: skip


def _search(test: Contains | Matches) -> Iterator[Remark]:
    value = test.left if isinstance(test, Contains) else test.value
    if isinstance(value, FieldValue) and types.type_of(value.field) is T.PROTOCOL and value.field.name != "frame":
        yield Remark(RemarkKey.PROTOCOL_BYTES, value.span, {"name": value.field.name})


def _several(test: Test) -> Iterator[Remark]:
    """Two limits for a field that may have several values in one packet."""
    match test:
        case And():
            limits: dict[str, set[bool]] = {}
            for part in test.of:
                if isinstance(part, Comparison) and part.relation.orders and isinstance(part.left, FieldValue):
                    is_upper = part.relation in (Relation.LESS, Relation.LESS_EQUAL)
                    seen = limits.setdefault(part.left.field.name, set())
                    if seen == {not is_upper} and part.left.field.repeats and part.quantifier is Quantifier.ANY:
                        yield Remark(RemarkKey.SEVERAL, part.span, {"name": part.left.field.name})
                    seen.add(is_upper)
            for part in test.of:
                yield from _several(part)
        case Or() | Xor():
            for part in test.of:
                yield from _several(part)
        case Not():
            yield from _several(test.of)
        case _:
            return


# Numbers that are compared with what is none: a truth value, or a protocol, where a field below it was meant.
#
# Wireshark takes both: of a truth value every number but 0 is 1 (``http.response >= 500`` passes every response), and
# beside a protocol a number is its first bytes (``http >= 500``).


def _number_traps(test: Test, text: str) -> Iterator[Remark]:
    """The remark about a simple ``test`` of the filter ``text`` that compares with a number what is none."""
    match test:
        case Comparison():
            value, compared = test.left, [test.right]
        case Membership():
            value = test.value
            pairs = ((each.low, each.high) if isinstance(each, Interval) else (each,) for each in test.elements)
            compared = [each for pair in pairs for each in pair]
        case _:
            return
    if not isinstance(value, FieldValue) or value.is_raw:
        return
    kind = types.type_of(value.field)
    key = {T.BOOLEAN: RemarkKey.TRUTH_NUMBER, T.PROTOCOL: RemarkKey.PROTOCOL_NUMBER}.get(kind)
    if key is None:
        return
    for constant in compared:
        number = _number(constant)
        if number is None or (kind is T.BOOLEAN and number <= 1):
            continue
        meant = _meant(value.field.name, number) if len(text) <= _LONGEST_OFFERED else ""
        begin, end = value.span.offset, value.span.offset + len(value.field.name)
        fixed = text[:begin] + meant + text[end:] if meant and text[begin:end] == value.field.name else None
        yield Remark(key, value.span, {"name": value.field.name, "value": _text(constant)}, fixed)
        return


def _text(constant: Value) -> str:
    return constant.text if isinstance(constant, Constant) else ""


def _number(value: Value) -> int | None:
    """The number as which ``value`` is written; None: it is no number."""
    text = _text(value)
    if not _NUMBER.fullmatch(text):
        return None
    return int(text, 16) if text[:2] in ("0x", "0X") else int(text)


def _meant(name: str, number: int) -> str:
    """The field below ``name`` that may hold ``number``; empty where none is known."""
    is_code = _LEAST_CODE <= number <= _LARGEST_CODE
    for end in (*_CODES, *_OTHERS):
        field = FIELDS.get(f"{name}.{end}")
        bits = 0 if field is None else types.UNSIGNED.get(field.type, 0)
        if field is not None and number < 1 << bits and (is_code or end not in _CODES):
            return field.name
    return ""
