"""The arrow of one packet between two lanes: how far it goes, and what stands at its end.

No meaning is told by colours: a lost packet's arrow ends between the lanes, the half of the one whose capture missed it
is dotted, and a question mark stands where nobody knows.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.points.fates import Fate
from tcptui.points.ladder import ABSENT
from tcptui.ui.main.arrow_text import arrow

if TYPE_CHECKING:
    from tcptui.points.ladder import Ladder
    from tcptui.ui.theme import Glyphs

#: How far a lost packet gets, and how long the way of a copy is that was made between, in percent of the lane.
_PARTLY: Final = 62
#: Cells of an arrow beside its text: blanks, its head, and of its shaft what shows that it is one.
_AROUND: Final = 6
#: A copy begins with this, and where nobody knows whether it arrived, the other stands.
_COPY: Final = "+"
_UNKNOWN: Final = "?"
Parts = tuple[str, str, str]


class Way(Enum):
    """How an arrow is drawn."""

    WHOLE = auto()
    DIES = auto()
    """It ends between the lanes."""
    MISSED = auto()
    """It arrives; the half of the lane that lacks it is dotted."""
    BEGINS = auto()
    """It begins between the lanes."""
    OPEN = auto()
    """Nobody knows what became of it on the side that lacks it."""
    OUTSIDE = auto()
    """The side that lacks it was not captured then."""


_WAYS: Final = {
    Fate.SEEN: Way.WHOLE, Fate.LOST_BETWEEN: Way.DIES, Fate.NOT_CAPTURED: Way.MISSED, Fate.DUPLICATED: Way.BEGINS,
    Fate.UNKNOWN: Way.OPEN,
}  # fmt: skip


def way_of(ladder: Ladder, row: int) -> Way:
    """How the arrow of ``row`` is drawn."""
    if ladder.is_outside[row]:
        return Way.OUTSIDE
    return _WAYS[Fate(int(ladder.fate[row]))]


def lacking_side(ladder: Ladder, row: int) -> int:
    """The point that does not have the packet, 0 or 1; -1: both have it."""
    return 1 if ladder.in_b[row] == ABSENT else 0 if ladder.in_a[row] == ABSENT else -1


def room_for(way: Way, width: int) -> int:
    """Cells of the text on an arrow in a lane of ``width`` cells."""
    return max(0, (width * _PARTLY // 100 if way in (Way.DIES, Way.BEGINS) else width) - _AROUND)


def drawn(
    text: str, width: int, way: Way, *, to_right: bool, lacking: int, glyphs: Glyphs, has_heads: bool = True
) -> Parts:
    """The ``width`` cells between the lanes as (before, text, after).

    ``lacking`` as of `lacking_side`.  The text has at most `room_for` cells.  Without ``has_heads`` nobody knows in
    which direction it went.
    """
    if way in (Way.DIES, Way.BEGINS):
        return _partly(text, width, way, to_right=to_right, glyphs=glyphs)
    line, dots = glyphs.line, glyphs.line_warning
    heads = (glyphs.to_left, glyphs.to_right) if has_heads else (line, line)
    before, label, after = arrow(text, width, to_right, line, heads)
    # The label is in the middle: what is before it is the half of A, what is after it that of B.
    if way is Way.MISSED and lacking == 0:
        before = before.replace(line, dots)
    elif way is Way.MISSED:
        after = after.replace(line, dots)
    elif way is Way.OPEN and lacking == 0:
        before = _UNKNOWN + before[1:]
    elif way is Way.OPEN:
        after = after[:-1] + _UNKNOWN
    elif way is Way.OUTSIDE and lacking == 0:
        before = " " * cell_len(before)
    elif way is Way.OUTSIDE:
        after = " " * cell_len(after)
    return before, label, after


def _partly(text: str, width: int, way: Way, *, to_right: bool, glyphs: Glyphs) -> Parts:
    length = max(width * _PARTLY // 100, 4)
    rest = " " * (width - length)
    if way is Way.DIES:
        before, label, after = arrow(text, length, to_right, glyphs.line, (glyphs.error, glyphs.error))
        return (before, label, after + rest) if to_right else (rest + before, label, after)
    before, label, after = arrow(text, length, to_right, glyphs.line, (glyphs.to_left, glyphs.to_right))
    if to_right:
        return rest + _COPY + before[1:], label, after
    return before, label, after[:-1] + _COPY + rest
