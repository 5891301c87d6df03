"""JSON with exact times: nanoseconds are written as seconds, digit for digit, never through a float."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Final

from tcptui.model.safe_text import safe_text
from tcptui.model.units import NS_PER_S

#: So many texts are remembered before new ones take their place.
REMEMBERED: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time or duration, written in seconds."""

    ns: int

    def __str__(self) -> str:
        return seconds(self.ns)


def seconds(ns: int) -> str:
    """``ns`` nanoseconds in seconds: ``0.000048``, ``2.0``."""
    if not ns:
        return "0.0"
    whole, rest = divmod(abs(ns), NS_PER_S)
    sign = "-" if ns < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0") if rest else f"{sign}{whole}.0"


class CachedTexts(dict[int, str]):
    """Numbers as text, each worked out once: in a capture the same times come again and again.

    Emptied when full rather than an LRU: a look-up costs what one in a plain dict does, for millions of numbers.
    """

    def __init__(self, write: Callable[[int], str]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, number: int) -> str:
        text = self[number] = self._write(number)
        return text

    def texts(self, numbers: Iterable[int]) -> list[str]:
        """``numbers`` as text."""
        if len(self) > REMEMBERED:
            self.clear()
        return list(map(self.__getitem__, numbers))


def to_json(value: object) -> str:
    """``value`` on one line; strings pass `safe_text`, so that it may be shown on a terminal.

    Raises ValueError for a float that JSON has no number for.
    """
    # By exact type first: a report has a hundred values for each of a hundred thousand connections.
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


def _quoted(text: str) -> str:
    return encode_basestring(safe_text(text))


@lru_cache(maxsize=1024)
def _name(text: str) -> str:
    """A key, which comes again for every connection, with its colon."""
    return _quoted(text) + ": "


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not JSON compliant")
    return float.__repr__(value)


_BY_TYPE: Final[dict[type, Callable[[Any], str]]] = {
    str: _quoted,
    int: str,
    Seconds: lambda value: seconds(value.ns),
    bool: lambda value: "true" if value else "false",
    float: _float,
    type(None): lambda _value: "null",
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
}
