"""Numbers that are compared with what is none: a truth value, or a protocol, where a field below it was meant.

Wireshark takes both: of a truth value every number but 0 is 1 (``http.response >= 500`` passes every response), and
beside a protocol a number is its first bytes (``http >= 500``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import types
from tcptui.dfilter.expression import Comparison, Constant, FieldValue, Interval, Membership
from tcptui.dfilter.remarks import Remark, RemarkKey
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.dfilter.expression import Test, Value

#: A number as it is written; one that begins with 0 is octal.
_NUMBER: Final = re.compile("0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")
#: Characters of a filter at most that is written down again with a change.
_LONGEST_OFFERED: Final = 1_000
#: Ends of fields that hold the number which one speaks of, the likeliest first.
_CODES: Final = ("code", "response.code", "headers.status")
_OTHERS: Final = ("port", "type", "msgtype")
#: Codes of answers, of HTTP, SMTP and their like.
_LEAST_CODE: Final = 100
_LARGEST_CODE: Final = 599


def numbers(test: Test, text: str) -> Iterator[Remark]:
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
