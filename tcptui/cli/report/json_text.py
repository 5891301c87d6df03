"""Writes JSON with exact times: nanoseconds become decimal seconds, never through a float."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Final, TypeVar

from tcptui.model.safe_text import safe_text
from tcptui.model.units import NS_PER_S

_Number = TypeVar("_Number", int, float, int | None)

#: Nanoseconds from which on Python writes them, as a float of seconds, without an exponent …
_EXACT_FROM: Final = 100_000
#: … and up to which they have 15 digits at most: those the shortest text of the float gives back exactly.
_EXACT_UPTO: Final = 10**15
#: Characters of the longest text that is quoted once and cached.
_REPEATED_LENGTH: Final = 40
#: A `CachedTexts` with more entries is emptied at the next call of `texts`.
REMEMBERED: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time or duration in nanoseconds that is written in seconds."""

    ns: int

    def __str__(self) -> str:
        return seconds(self.ns)


@dataclass(frozen=True, slots=True)
class Rendered:
    """JSON that is written as it is: of rows whose keys repeat for hundreds of thousands."""

    text: str


def seconds(ns: int) -> str:
    """``ns`` nanoseconds as decimal seconds: ``0.000048``, ``2.0``."""
    if _EXACT_FROM <= ns < _EXACT_UPTO:
        return float.__repr__(ns / NS_PER_S)
    if not ns:
        return "0.0"
    whole, rest = divmod(abs(ns), NS_PER_S)
    sign = "-" if ns < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0") if rest else f"{sign}{whole}.0"


def utf8(text: str) -> bytes:
    """``text`` in UTF-8, what that cannot hold as ``?``."""
    return text.encode("utf-8", "replace")


class CachedTexts(dict[_Number, bytes]):
    """A cache of numbers as text in UTF-8: in a capture the same times occur again and again.

    Emptied when full, not an LRU, so that a look-up costs no more than in a plain dict, for millions of numbers.
    """

    def __init__(self, write: Callable[[_Number], str]) -> None:
        super().__init__()
        self._write: Callable[[_Number], str] = write

    def __missing__(self, number: _Number) -> bytes:
        text = self[number] = utf8(self._write(number))
        return text

    def texts(self, numbers: Iterable[_Number]) -> list[bytes]:
        """``numbers`` as text."""
        if len(self) > REMEMBERED:
            self.clear()
        return list(map(self.__getitem__, numbers))


def to_json(value: object) -> str:
    """``value`` as JSON on one line; strings pass `safe_text`, so that it may be shown on a terminal.

    Raises ValueError for a float that is not finite, TypeError for a type that JSON does not have.
    """
    # By exact type first, for speed: a report has a hundred values for each of a hundred thousand connections.
    write = _BY_TYPE.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, Sequence):
        return _sequence(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


def _mapping(value: Mapping[object, object]) -> str:
    return (
        "{"
        + ", ".join([_name(str(key)) + _BY_TYPE.get(type(item), to_json)(item) for key, item in value.items()])
        + "}"
    )


def _sequence(value: Sequence[object]) -> str:
    return "[" + ", ".join([_BY_TYPE.get(type(item), to_json)(item) for item in value]) + "]"


def quoted(text: str) -> str:
    """Safe text in quotes."""
    return encode_basestring(text)


def _quoted(text: str) -> str:
    return _quoted_before(text) if len(text) <= _REPEATED_LENGTH else encode_basestring(safe_text(text))


@lru_cache(maxsize=4096)
def _quoted_before(text: str) -> str:
    """Short texts, cached: a fact's value repeats for every connection."""
    return encode_basestring(safe_text(text))


@lru_cache(maxsize=1024)
def _name(text: str) -> str:
    """A key with its colon; cached, because keys repeat for every connection."""
    return _quoted(text) + ": "


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not JSON compliant")
    return float.__repr__(value)


_BY_TYPE: Final[dict[type, Callable[[Any], str]]] = {
    str: _quoted,
    int: str,
    Seconds: lambda value: seconds(value.ns),
    Rendered: lambda value: value.text,
    bool: lambda value: "true" if value else "false",
    float: _float,
    type(None): lambda _value: "null",
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
}
