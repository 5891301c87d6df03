"""The axes of the capture at a glance: round times below the bars, round rates beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.charts.ticks import round_times, ticks, time_labels
from tcptui.ui.cell_text import amount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.session.traffic_histogram import Columns

#: Cells from one tick of the times to the next, at least: a label, and a gap.
_APART: Final = 10


def time_ticks(columns: Columns, mark: str, is_free: Sequence[bool]) -> dict[int, str]:
    """Where ``mark`` and the time behind it are written: the first column of each text.

    A text stands only where all its columns are free, and a mark alone where its own is.
    """
    begin, end = int(columns.begins_ns[0]), int(columns.begins_ns[-1])
    places = round_times(begin, end - 1, len(is_free) // _APART)
    found: dict[int, str] = {}
    used = 0
    for place, label in zip(places, time_labels(places, ascii_only=mark.isascii()), strict=True):
        column = columns.column_of(place)
        if column < used or not is_free[column]:
            continue
        text = mark + label
        stop = column + cell_len(text)
        if stop > len(is_free) or not all(is_free[column:stop]):
            text, stop = mark, column + 1
        found[column] = text
        used = stop + 1
    return found


def rate_ticks(highest: int, lines: int, line_of: Callable[[int], int]) -> dict[int, str]:
    """What stands beside the lines of bars below the first one, which has the highest rate: round rates."""
    found: dict[int, str] = {}
    for rate in ticks(1, highest, lines // 2):
        line = line_of(rate)
        if line > 0:
            found[line] = amount(rate)
    return found
