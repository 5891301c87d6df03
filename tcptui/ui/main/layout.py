"""Where each pane goes: a pure function of the screen's size and state, and the Textual layout that uses it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement

from tcptui.ui.main.pane_specs import PANES, SPEC_OF, Pane, Slot
from tcptui.ui.view_options import LayoutChoice

if TYPE_CHECKING:
    from textual.widget import Widget

#: Smallest terminal in which the screens are shown.
MIN_WIDTH: Final = 60
MIN_HEIGHT: Final = 16
#: From this width on several panes are shown at once.
MEDIUM_WIDTH: Final = 100
WIDE_WIDTH: Final = 160
#: Lines of the strip of explanation below the timeline or the headers on narrow terminals, its title included.
STRIP_LINES: Final = 7
#: The timeline's share of a medium screen, in percent: 73 of 120 cells hold the longest verdict and its bytes.
_LADDER_SHARE: Final = 61
#: The share of the list and the timeline in a wide screen, in percent.
_WIDE_SHARE: Final = 60
#: Lines of the connection list while a case is open: a case is about one connection and needs only a few.
_LESSON_LIST: Final = 5
_SHORTEST_LIST: Final = 5


class Shape(Enum):
    """The class of a terminal's size; the value is its CSS class."""

    TOO_SMALL = "-too-small"
    NARROW = "-narrow"
    MEDIUM = "-medium"
    WIDE = "-wide"


def shape_of(width: int, height: int, largest: LayoutChoice | None = None) -> Shape:
    """The shape of a terminal of ``width`` x ``height`` cells, no larger than ``largest``."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return Shape.TOO_SMALL
    if width < MEDIUM_WIDTH or largest is LayoutChoice.NARROW:
        return Shape.NARROW
    return Shape.MEDIUM if width < WIDE_WIDTH or largest is LayoutChoice.MEDIUM else Shape.WIDE


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The state that the layout depends on: the active pane, whether it is zoomed, whether a lesson is shown."""

    active: Pane = Pane.CONNECTIONS
    zoomed: bool = False
    lesson: bool = False
    listed: int | None = None
    """Number of connections in the list; None while it is unknown."""


def plan(size: Size, shape: Shape, chosen: Arrangement) -> dict[Pane, Region]:
    """The region of every visible pane within ``size``."""
    width, height = size
    if chosen.zoomed:
        return {chosen.active: Region(0, 0, width, height)}
    if shape in (Shape.TOO_SMALL, Shape.NARROW):
        return _tabs(width, height, chosen)
    if shape is Shape.MEDIUM:
        return _medium(width, height, chosen)
    return _wide(width, height, chosen)


def _list_lines(most: int, chosen: Arrangement) -> int:
    """Lines of the connection list: at most ``most``, and no more than it fills (title, heading, rows, one spare)."""
    if chosen.lesson:
        return _LESSON_LIST
    return most if chosen.listed is None else max(_SHORTEST_LIST, min(most, chosen.listed + 3))


def _tabs(width: int, height: int, chosen: Arrangement) -> dict[Pane, Region]:
    strip = Pane.LESSON if chosen.lesson else Pane.EXPLAIN
    if chosen.active is strip or (not chosen.lesson and not SPEC_OF[chosen.active].has_strip):
        return {chosen.active: Region(0, 0, width, height)}
    lines = min(STRIP_LINES + 1 if chosen.lesson else STRIP_LINES, height // 2)
    return {
        chosen.active: Region(0, 0, width, height - lines),
        strip: Region(0, height - lines, width, lines),
    }


def _medium(width: int, height: int, chosen: Arrangement) -> dict[Pane, Region]:
    top = _list_lines(max(6, height // 4), chosen)
    left = width * _LADDER_SHARE // 100
    rest = height - top
    regions = {
        _shown(Slot.LIST, chosen): Region(0, 0, width, top),
        _shown(Slot.MAIN, chosen): Region(0, top, left, rest),
    }
    return regions | _stack(Region(left, top, width - left, rest), chosen.lesson)


def _wide(width: int, height: int, chosen: Arrangement) -> dict[Pane, Region]:
    left = width * _WIDE_SHARE // 100
    top = _list_lines(height // 3, chosen)
    regions = {
        _shown(Slot.LIST, chosen): Region(0, 0, left, top),
        _shown(Slot.MAIN, chosen): Region(0, top, left, height - top),
    }
    return regions | _stack(Region(left, 0, width - left, height), chosen.lesson)


def _shown(slot: Slot, chosen: Arrangement) -> Pane:
    """The active pane if it belongs to ``slot``, else the first pane of that slot."""
    panes = [spec.pane for spec in PANES if spec.slot is slot]
    return chosen.active if chosen.active in panes else panes[0]


def _stack(column: Region, lesson: bool) -> dict[Pane, Region]:
    """The regions of the panes in the side column, from top to bottom."""
    x, y, width, height = column
    shares = [(spec.pane, spec.share_in_case if lesson else spec.share) for spec in PANES if spec.slot is Slot.SIDE]
    stacked = [(pane, share.lines(height)) for pane, share in shares if share is not None]
    regions: dict[Pane, Region] = {}
    used = 0
    for place, (pane, lines) in enumerate(stacked, 1):
        if place == len(stacked):
            lines = height - used
        regions[pane] = Region(x, y + used, width, lines)
        used += lines
    return regions


class PaneLayout(Layout):
    """Places the children by `plan`; a child without a region is not shown.

    The id of a pane's widget is the pane's value, that of the title line above it ``title-<value>``.
    On narrow screens, whose tabs have the names, only the strip has a title line.
    """

    name = "panes"

    def __init__(self) -> None:
        self.shape = Shape.TOO_SMALL
        self.chosen = Arrangement()

    def regions(self, size: Size) -> dict[Pane, Region]:
        """The region of every visible pane now."""
        return plan(size, self.shape, self.chosen)

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002 - for those that override it
        """Place each pane and its title."""
        parent.pre_layout(self)
        titled = {child.id for child in children}
        regions: dict[str | None, Region] = {}
        for pane, region in self.regions(size).items():
            title = f"title-{pane.value}"
            tabbed = self.shape is Shape.NARROW and (pane is self.chosen.active)
            if title in titled and not tabbed:
                regions[title] = Region(region.x, region.y, region.width, 1)
                region = Region(region.x, region.y + 1, region.width, region.height - 1)
            regions[pane.value] = region
        return [
            WidgetPlacement(regions[child.id], NULL_OFFSET, Spacing(), child)
            for child in children
            if child.id in regions
        ]
