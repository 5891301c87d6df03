"""JSON with exact times: nanoseconds are written as seconds, digit for digit, never through a float."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tcptui.model.safe_text import safe_text

#: One encoder for all: making one costs more than most values do.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time or duration, written in seconds."""

    ns: int

    def __str__(self) -> str:
        whole, rest = divmod(abs(self.ns), 1_000_000_000)
        text = f"{'-' if self.ns < 0 else ''}{whole}.{rest:09d}".rstrip("0")
        return text + "0" if text.endswith(".") else text


def to_json(value: object) -> str:
    """``value`` on one line; strings pass `safe_text`, so that it may be shown on a terminal.

    Raises ValueError for a float that JSON has no number for.
    """
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Seconds):
        return str(value)
    if isinstance(value, (int, float, type(None))):
        return _ENCODER.encode(value) if type(value) is not int else str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join([f"{_quoted(str(key))}: {to_json(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join([to_json(item) for item in value]) + "]"
    raise TypeError(f"{type(value).__name__} has no JSON")


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return _ENCODER.encode(safe_text(text))
