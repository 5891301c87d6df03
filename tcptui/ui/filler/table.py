"""The table of the parts that fill lines left over, and how many lines each gets: a pure function of the room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Part(Enum):
    """What can be shown; the value is the end of its id and of the catalogue keys of its words."""

    PACKETS = "packets"
    """The timeline of a connection."""
    TALKERS = "talkers"
    """The hosts and the connections of the most bytes."""
    TRAFFIC = "traffic"
    """Packets and bits over time, with the trouble marked."""


@dataclass(frozen=True, slots=True)
class PartSpec:
    """One part; lines include the rule above it."""

    part: Part
    least: int
    """With fewer lines it is left out, unless it needs no more."""
    takes_rest: bool = False
    """Whether it takes the lines that nothing else needs."""


#: From top to bottom; where there is not room for all, the first ones are shown.
PARTS: Final = (PartSpec(Part.PACKETS, 5), PartSpec(Part.TALKERS, 6), PartSpec(Part.TRAFFIC, 8, takes_rest=True))
ALL_PARTS: Final = tuple(Part)
#: What is said of a connection that has nothing else to show.
OF_CONNECTION: Final = (Part.PACKETS, Part.TRAFFIC)
SPEC_OF: Final = {spec.part: spec for spec in PARTS}
#: Fewer lines than this are no part's: they set apart what is above.
ROOM_LEAST: Final = 5


def lines_of(room: int, wanted: Mapping[Part, int]) -> dict[Part, int]:
    """The lines of each part that is shown, from top to bottom; ``wanted``: how many each could use, 0 for none.

    All of ``room`` is used where a part takes the rest; without one the last lines stay blank.
    """
    if room < ROOM_LEAST:
        return {}
    lines: dict[Part, int] = {}
    left = room
    for spec in PARTS:
        least = min(spec.least, wanted.get(spec.part, 0))
        if 0 < least <= left:
            lines[spec.part] = least
            left -= least
    if not lines:  # alone, what takes the rest takes little as well
        lines = {spec.part: room for spec in PARTS if spec.takes_rest and wanted.get(spec.part)}
        left = 0
    for part, given in lines.items():
        more = min(left, wanted[part] - given)
        lines[part] += more
        left -= more
    rest = next((spec.part for spec in PARTS if spec.takes_rest and spec.part in lines), None)
    if rest is not None:
        lines[rest] += left
    return lines
