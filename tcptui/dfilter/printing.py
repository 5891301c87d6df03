"""Writes a checked filter as text that means the same: compiled again it is the same expression."""

from __future__ import annotations

import socket
from typing import Final

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
    Test,
    Value,
    Xor,
)
from tcptui.dfilter.operators import RELATIONS, Quantifier
from tcptui.model.field import FieldType as T

_SECOND: Final = 1_000_000_000
#: The sign of each relation under a quantifier.
_SIGNS: Final = {meant: sign for sign, meant in reversed(RELATIONS.items()) if not sign.isidentifier() and sign != "~="}


def written(test: Test | None) -> str:
    """``test`` as a filter; the empty filter for None."""
    if test is None:
        return ""
    match test:
        case And():
            return " and ".join(_inside(part) for part in test.of)
        case Or():
            return " or ".join(_inside(part) for part in test.of)
        case Xor():
            return " xor ".join(_inside(part) for part in test.of)
        case Not():
            return f"not {_inside(test.of)}"
        case _:
            return _simple(test)


def _inside(test: Test) -> str:
    text = written(test)
    return f"({text})" if isinstance(test, And | Or | Xor) else text


def _simple(test: Exists | Nonzero | Comparison | Contains | Matches | Membership) -> str:
    match test:
        case Exists():
            return value_text(test.value)
        case Nonzero():
            return value_text(test.value)
        case Comparison():
            return _comparison(test)
        case Contains():
            all_ = "all " if test.quantifier is Quantifier.ALL else ""
            return f"{all_}{value_text(test.left)} contains {value_text(test.right)}"
        case Matches():
            all_ = "all " if test.quantifier is Quantifier.ALL else ""
            return f"{all_}{value_text(test.value)} matches {_quoted(test.pattern)}"
        case Membership():
            all_ = "all " if test.quantifier is Quantifier.ALL else ""
            members = ", ".join(
                f"{value_text(one.low)} .. {value_text(one.high)}" if isinstance(one, Interval) else value_text(one)
                for one in test.elements
            )
            return f"{all_}{value_text(test.value)} {'not ' if test.is_negated else ''}in {{{members}}}"


def _comparison(test: Comparison) -> str:
    left, right = value_text(test.left), value_text(test.right)
    sign = _SIGNS.get((test.relation, test.quantifier))
    if sign is not None:
        return f"{left} {sign} {right}"
    return f"{test.quantifier.value} {left} {test.relation.value} {right}"


def value_text(value: Value) -> str:
    """One value."""
    match value:
        case FieldValue():
            layers = "" if value.layers is None else f"#[{','.join(map(str, value.layers))}]"
            return f"{'@' if value.is_raw else ''}{value.field.name}{layers}"
        case Constant():
            return _constant(value)
        case SliceValue():
            return f"{value_text(value.of)}[{','.join(map(str, value.ranges))}]"
        case CallValue():
            return f"{value.function.value}({', '.join(map(_argument, value.arguments))})"
        case NegativeValue():
            return f"-{value_text(value.of)}"
        case ComputedValue():
            return f"{_operand(value.left)} {value.operator.value} {_operand(value.right)}"


def _argument(value: Value) -> str:
    """An argument of a function, where text is written without quotes."""
    return value.text if isinstance(value, Constant) and value.type is T.STRING else value_text(value)


def _operand(value: Value) -> str:
    return f"{{{value_text(value)}}}" if isinstance(value, ComputedValue) else value_text(value)


def _constant(constant: Constant) -> str:
    value = constant.value
    if isinstance(value, bytes):
        return _bytes(constant, value)
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    if constant.type is T.BOOLEAN:
        return "True" if value else "False"
    if constant.type is T.ABSOLUTE_TIME:
        return _moment(value)
    if constant.type is T.RELATIVE_TIME:
        whole, part = divmod(abs(value), _SECOND)
        return f"{'-' if value < 0 else ''}{whole}.{part:09d}"
    return str(value)


def _moment(value: int) -> str:
    whole, part = divmod(value, _SECOND)
    days, seconds = divmod(whole, 86_400)
    year, month, day = _civil(days)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f'"{year:04}-{month:02}-{day:02}T{clock}.{part:09d}Z"'


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970; `datetime` knows no year 0, which strptime reads."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def _bytes(constant: Constant, value: bytes) -> str:
    prefix = "" if constant.prefix is None else f"/{constant.prefix}"
    match constant.type:
        case T.IPV4:
            return socket.inet_ntop(socket.AF_INET, value) + prefix
        case T.IPV6:
            return socket.inet_ntop(socket.AF_INET6, value) + prefix
        case T.ETHER | T.BYTES | T.PROTOCOL if value and not _is_quoted(constant):
            return ("" if len(value) > 1 else ":") + value.hex(":")
        case _:
            return _quoted(value)


def _is_quoted(constant: Constant) -> bool:
    """Whether it was written as a string: some fields take other words than strings (`types.quoted_type`)."""
    return constant.text.startswith(('"', 'r"', 'R"'))


def _quoted(value: bytes) -> str:
    plain = "".join(chr(code) if 32 <= code < 127 and code not in (34, 92) else f"\\x{code:02x}" for code in value)
    return f'"{plain}"'
