"""A stretch of time as a part of a display filter: made, put in the place of another one, read again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tcptui.model.units import NS_PER_S
from tcptui.ui.main.filter_way import Way

_SECONDS: Final = r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?"
_CONDITION: Final = rf"frame\.time_relative >= {_SECONDS} and frame\.time_relative < {_SECONDS}"
_ALONE: Final = re.compile(_CONDITION)
_NARROWED: Final = re.compile(rf"\((.*)\) and \({_CONDITION}\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``begin_ns`` to before ``end_ns``, both since the capture's first packet."""

    begin_ns: int
    end_ns: int

    @property
    def condition(self) -> str:
        """The filter that only packets of that time pass."""
        begin, end = _seconds(self.begin_ns), _seconds(self.end_ns)
        return f"frame.time_relative >= {begin} and frame.time_relative < {end}"

    def applied(self, text: str) -> str:
        """The filter ``text`` with this stretch instead of the one that it may have."""
        return Way.AND.applied(parted(text)[0], self.condition)


def parted(text: str) -> tuple[str, Stretch | None]:
    """The filter ``text`` without its stretch, and that; a stretch written in another way stays a part of it."""
    found = _ALONE.fullmatch(text.strip())
    if found is not None:
        return "", _stretch(found.groups())
    found = _NARROWED.fullmatch(text.strip())
    if found is None or not _is_balanced(found[1]):
        return text, None
    return found[1], _stretch(found.groups()[1:])


def _stretch(groups: tuple[str | None, ...]) -> Stretch:
    return Stretch(_nanoseconds(groups[:3]), _nanoseconds(groups[3:]))


def _nanoseconds(groups: tuple[str | None, ...]) -> int:
    sign, whole, part = groups
    amount = int(whole or 0) * NS_PER_S + int((part or "").ljust(9, "0"))
    return -amount if sign else amount


def _seconds(time_ns: int) -> str:
    sign, amount = "-" if time_ns < 0 else "", abs(time_ns)
    part = f"{amount % NS_PER_S:09d}".rstrip("0")
    return f"{sign}{amount // NS_PER_S}{'.' if part else ''}{part}"


def _is_balanced(text: str) -> bool:
    """Whether no bracket of ``text`` is closed that it did not open; those in strings count, too."""
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return not depth
