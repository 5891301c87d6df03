"""JSON with exact times: nanoseconds are written as seconds, digit for digit, never through a float."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tcptui.model.safe_text import safe_text


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time or duration, written in seconds."""

    ns: int

    def __str__(self) -> str:
        whole, rest = divmod(abs(self.ns), 1_000_000_000)
        text = f"{'-' if self.ns < 0 else ''}{whole}.{rest:09d}".rstrip("0")
        return text + "0" if text.endswith(".") else text


def to_json(value: object) -> str:
    """``value`` on one line; strings pass `safe_text`, so that it may be shown on a terminal."""
    if isinstance(value, Seconds):
        return str(value)
    if isinstance(value, str):
        return json.dumps(safe_text(value), ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{to_json(str(key))}: {to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return json.dumps(value, allow_nan=False)
