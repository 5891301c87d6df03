"""Layout of this kernel's trace events, each from its ``format`` file in tracefs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_FIELD: Final = re.compile(
    r"field:(?P<declared>[^;]{1,200});\s*offset:(?P<offset>\d{1,5});\s*size:(?P<size>\d{1,5});(?:\s*signed:(?P<signed>[01]);)?"
)
_NUMBER: Final = re.compile(r"^ID:\s*(\d{1,6})\s*$", re.MULTILINE)
_NAME: Final = re.compile(r"^name:\s*([A-Za-z0-9_]{1,64})\s*$", re.MULTILINE)
_SYMBOL: Final = re.compile(r"\{\s*(-?\d{1,10}|0x[0-9a-fA-F]{1,8}),\s*\"([A-Za-z0-9_]{1,64})\"\s*\}")


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """The place of a field in an event, in bytes."""

    offset: int
    size: int
    signed: bool


@dataclass(frozen=True, slots=True)
class EventFormat:
    """The layout of one event."""

    name: str
    number: int
    """Its id, which is the first field of every event."""
    size: int
    """Bytes up to the end of its last field."""
    fields: dict[str, FieldPlace]
    reasons: dict[int, str]
    """Names of the values of ``reason``; empty where the event has none."""


def parse_format(text: str) -> EventFormat:
    """The layout that a ``format`` file describes; raises ValueError for what is none."""
    number, name = _NUMBER.search(text), _NAME.search(text)
    if number is None or name is None:
        raise ValueError("not the format of a trace event")
    fields: dict[str, FieldPlace] = {}
    for found in _FIELD.finditer(text):
        # "__u8 saddr[4]", "const void * skaddr", "enum sk_rst_reason reason"
        field = found["declared"].split("[", 1)[0].split()[-1].lstrip("*")
        fields[field] = FieldPlace(int(found["offset"]), int(found["size"]), found["signed"] == "1")
    if "common_type" not in fields:
        raise ValueError("the format of a trace event has no common_type")
    size = max(place.offset + place.size for place in fields.values())
    return EventFormat(name[1], int(number[1]), size, fields, _reasons(text))


def _reasons(text: str) -> dict[int, str]:
    _before, found, listed = text.partition("__print_symbolic(REC->reason,")
    if not found:
        return {}
    return {int(value, 0): name for value, name in _SYMBOL.findall(listed)}
