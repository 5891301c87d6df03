"""How the timeline divides its width among its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tcptui.ui.main.state_text import LONG_WIDTH, SHORT_WIDTH

#: Cells of the cursor's and the severity's glyph and a blank.
MARKS: Final = 3
_DELTA: Final = 8
#: The delta and note columns are shown only while the lane (the column of the arrows) keeps this width.
_LANE_COMFORT: Final = 38
#: Times are left out before the lane has less than this width, then frame numbers.
_LANE_LEAST: Final = 20
_LANE_ROOMY: Final = 44
_NOTE_LEAST: Final = 32
_NOTE_MOST: Final = 60
#: Longer arrows say no more; both ends with IPv6 addresses stand above lane and states.  What is left is the note's.
_LANE_MOST: Final = 64
#: Columns of the user's own leave at least so many cells: frame numbers, states and a lane in which arrows can be read.
LEAST_BESIDE: Final = 58


@dataclass(frozen=True, slots=True)
class TimelineColumns:
    """Widths in cells, blanks included; 0 for a column that is left out."""

    frame: int
    time: int
    delta: int
    state: int
    """Width of each of the two state columns."""
    lane: int
    note: int

    @property
    def long_states(self) -> bool:
        """Whether states are written in full."""
        return self.state > LONG_WIDTH


def timeline_columns(width: int, frame_digits: int, time_width: int) -> TimelineColumns:
    """Divide ``width`` cells; ``time_width`` is 0 when times are hidden."""
    state = SHORT_WIDTH + 1
    lane = width - MARKS - time_width - 2 * state
    frame = frame_digits + 1
    lane -= frame
    delta = note = 0
    # Frame numbers are the last to go: explanations refer to packets by them.
    if lane < _LANE_LEAST:
        time_width, lane = 0, lane + time_width
    if lane < _LANE_LEAST:
        frame, lane = 0, lane + frame
    if time_width and lane - _DELTA >= _LANE_COMFORT:
        delta, lane = _DELTA, lane - _DELTA
    if lane - _NOTE_LEAST >= _LANE_COMFORT:
        note, lane = _NOTE_LEAST, lane - _NOTE_LEAST
    longer = 2 * (LONG_WIDTH - SHORT_WIDTH)
    if lane - longer >= _LANE_ROOMY:
        state, lane = LONG_WIDTH + 1, lane - longer
    if note and lane > _LANE_ROOMY:
        more = min((lane - _LANE_ROOMY) * 2 // 3, _NOTE_MOST - note)
        more = max(more, lane - _LANE_MOST)
        note, lane = note + more, lane - more
    return TimelineColumns(frame, time_width, delta, state, lane, note)
