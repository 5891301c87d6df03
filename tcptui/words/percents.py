"""Shares of a whole as whole percents that add up: each rounded for itself, three parts of a third make 99 or 101."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE: Final = 100


def whole_percents(parts: Sequence[int], whole: int) -> list[int]:
    """The share that each of ``parts`` has of ``whole``, in percent; together what all of them have, rounded.

    Rounded down at first; what is missing then goes to those that lost most.  A part of less than half a percent
    stays 0, so less may be missing than such parts have together.
    """
    if whole <= 0:
        return [0] * len(parts)
    percents = [_WHOLE * part // whole for part in parts]
    lost = [_WHOLE * part % whole for part in parts]
    missing = round(_WHOLE * sum(parts) / whole) - sum(percents)
    able = [place for place, percent in enumerate(percents) if percent or 2 * lost[place] >= whole]
    for place in sorted(able, key=lambda place: -lost[place])[:missing]:
        percents[place] += 1
    return percents
