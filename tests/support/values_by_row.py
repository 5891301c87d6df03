"""The values that a field has in each row, for comparisons of the ways to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.session.filtering.occurrences import Occurrences


def by_row(found: Occurrences) -> list[list[object]]:
    """For each row that was asked about, its values in order."""
    values: list[list[object]] = [[] for _ in range(found.count)]
    for place, value in zip(found.places.tolist(), found.values.tolist(), strict=True):
        values[place].append(value)
    return values
