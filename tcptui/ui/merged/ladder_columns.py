"""How a ladder divides its width among its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Cells of the cursor's and the severity's glyph and a blank.
MARKS: Final = 3
_DELAY: Final = 9
#: What gives way before the lane has less than this: B's time, A's, the delay, at last the numbers.
_LANE_LEAST: Final = 26
_LANE_COMFORT: Final = 44
#: Longer arrows say no more.
_LANE_MOST: Final = 72
_NOTE_LEAST: Final = 30
_NOTE_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class LadderColumns:
    """Widths in cells, blanks included; 0 for a column that is left out."""

    frame_a: int
    time_a: int
    lane: int
    """Both lanes and what is between them."""
    time_b: int
    frame_b: int
    delay: int
    note: int


def ladder_columns(width: int, digits: tuple[int, int], time_width: int) -> LadderColumns:
    """Divide ``width`` cells; ``digits``: of the longest packet numbers; ``time_width`` is 0 when times are hidden."""
    frame_a, frame_b = (each + 1 for each in digits)
    time_a = time_b = time_width
    delay, note = _DELAY, 0
    lane = width - MARKS - frame_a - frame_b - time_a - time_b - delay
    if lane < _LANE_LEAST:
        lane, time_b = lane + time_b, 0
    if lane < _LANE_LEAST:
        lane, time_a = lane + time_a, 0
    if lane < _LANE_LEAST:
        lane, delay = lane + delay, 0
    if lane - _NOTE_LEAST >= _LANE_COMFORT:
        note = max(_NOTE_LEAST, min(_NOTE_MOST, (lane - _LANE_COMFORT) * 2 // 3), lane - _LANE_MOST)
        lane -= note
    return LadderColumns(frame_a, time_a, lane, time_b, frame_b, delay, note)
