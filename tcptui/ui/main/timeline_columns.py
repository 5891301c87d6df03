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
#: The frame column is shown only while the lane keeps this width: room for a problem's name and its bytes.
_LANE_LEAST: Final = 30
_LANE_ROOMY: Final = 44
_NOTE_LEAST: Final = 24
_NOTE_MOST: Final = 60


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
    delta = frame = note = 0
    if lane - frame_digits - 1 >= _LANE_LEAST:  # before the others: explanations refer to packets by number
        frame, lane = frame_digits + 1, lane - frame_digits - 1
    if time_width and lane - _DELTA >= _LANE_COMFORT:
        delta, lane = _DELTA, lane - _DELTA
    if lane - _NOTE_LEAST >= _LANE_COMFORT:
        note, lane = _NOTE_LEAST, lane - _NOTE_LEAST
    longer = 2 * (LONG_WIDTH - SHORT_WIDTH)
    if lane - longer >= _LANE_ROOMY:
        state, lane = LONG_WIDTH + 1, lane - longer
    if note and lane > _LANE_ROOMY:
        more = min((lane - _LANE_ROOMY) * 2 // 3, _NOTE_MOST - note)
        note, lane = note + more, lane - more
    return TimelineColumns(frame, time_width, delta, state, lane, note)
