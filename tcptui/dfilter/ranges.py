"""Ranges in brackets: ``[i:j]`` (start and length), ``[i-j]`` (both ends), ``[i]``, ``[:j]``, ``[i:]``, with commas.

Numbers are C's: decimal, octal with a leading 0, hexadecimal; signed 32 bits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tcptui.dfilter.errors import FilterError, Mistake, Span

_SPACE: Final = " \t\n\v\f\r"
_NUMBER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
#: Digits of a number at most: longer ones fit no offset, and take time to convert.
_MOST_DIGITS: Final = 80
_LARGEST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes, or layers, from ``start``; negative starts count from the end, -1 is the last.

    ``length``: how many, at least 1; None: to the end.  ``last``: instead of it, the last place itself.
    """

    start: int
    length: int | None = 1
    last: int | None = None

    def __str__(self) -> str:
        if self.last is not None:
            return f"{self.start}-{self.last}"
        return f"{self.start}:" if self.length is None else f"{self.start}:{self.length}"


def parse_ranges(text: str, span: Span) -> tuple[Range, ...]:
    """The ranges of ``text``, what stands between brackets.  Raises FilterError."""
    return tuple(_range(part, span) for part in text.split(","))


def _number(text: str, place: int) -> tuple[int, int] | None:
    """A number at ``place`` and where it ends."""
    found = _NUMBER.match(text, place)
    if found is None:
        return None
    digits = found[2]
    if len(digits) > _MOST_DIGITS:
        return None
    value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
    value = -value if found[1] == "-" else value
    return (value, found.end()) if -_LARGEST - 1 <= value <= _LARGEST else None


def _range(text: str, span: Span) -> Range:
    wrong = FilterError(Mistake.RANGE, span, text=text.strip())
    text = text.rstrip(_SPACE)
    start, place = 0, 0
    if not text.startswith(":"):
        found = _number(text, 0)
        if found is None:
            raise wrong
        start, place = found
        while place < len(text) and text[place] in _SPACE:
            place += 1
        if place == len(text):
            return Range(start)
    sign = text[place]
    if sign == ":" and not text[place + 1 :].strip(_SPACE):
        return Range(start, None)
    found = _number(text, place + 1)
    if sign not in ":-" or found is None or found[1] != len(text):
        raise wrong
    number = found[0]
    if sign == ":":
        if number <= 0:
            raise wrong
        return Range(start, number)
    if start >= number and not (start == -1 and number == 0):
        raise wrong
    if (start < 0 < number) or (number < 0 <= start):
        raise wrong
    return Range(start, None, number)
