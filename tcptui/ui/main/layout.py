"""Where each pane goes: a table of layouts by the screen's size, a pure function of it, and the Textual layout."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement

from tcptui.ui.main.pane_specs import PANES, SPEC_OF, Pane, Share, Slot
from tcptui.ui.view_options import LayoutChoice
from tcptui.ui.widgets.virtual_list import HEADING

if TYPE_CHECKING:
    from textual.widget import Widget

#: The id of the widget that stands in the place of the panes while there is no connection.
WITHOUT_TCP: Final = "without-tcp"
#: Smallest terminal in which the screens are shown.
MIN_WIDTH: Final = 60
MIN_HEIGHT: Final = 16


class Shape(Enum):
    """The class of a terminal's size; the value is its CSS class."""

    TOO_SMALL = "-too-small"
    NARROW = "-narrow"
    MEDIUM = "-medium"
    WIDE = "-wide"

    @property
    def has_tabs(self) -> bool:
        """Whether one pane at a time is shown, so that its name stands in a tab and not in a title of its own."""
        return self in (Shape.TOO_SMALL, Shape.NARROW)


class Axis(Enum):
    """How the parts of a `Split` follow each other."""

    DOWN = auto()
    ACROSS = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a split; the last one gets what the others leave."""

    what: Slot | Split
    percent: int
    """Its share of the lines or columns, among the parts that are shown."""
    percent_in_case: int | None = None
    """The same while a case is open; None: no other."""
    most_in_case: int | None = None
    """Most lines while a case is open, which is about one connection or a few."""
    most: int | None = None
    """Most columns of the last part of a row: it is read as prose, and what is beside it has more to say."""
    leaves: int | None = None
    """Lines that it leaves to what is below, at most half of the column; None: as its share says."""

    def share(self, *, lesson: bool) -> int:
        """Its share now."""
        return self.percent_in_case if lesson and self.percent_in_case is not None else self.percent


@dataclass(frozen=True, slots=True)
class Split:
    """A rectangle that is divided among parts."""

    axis: Axis
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SizeClass:
    """One row of `LAYOUTS`: from which width on it holds, and which pane is where."""

    shape: Shape
    width: int
    rooms: Split


def _below_the_list(rest: Split) -> Split:
    """The strip and the list above, over the whole width."""
    return Split(Axis.DOWN, (Part(Slot.TOP, 0), Part(Slot.LIST, 33, most_in_case=5), Part(rest, 67)))


_NARROW: Final = Split(Axis.DOWN, (Part(Slot.FRONT, 63, 58), Part(Slot.STRIP, 37, 42)))
#: Lines of the headers, their title included, below a long timeline of a medium screen.  Fewer show little more than
#: the names of the layers.
_FEW_FIELDS: Final = 8
#: The timeline on the left, with the headers below it: beside it they would change sides with the number of packets,
#: or leave its column blank below a short one.  63 % of 100 columns hold the longest verdict beside times and packet
#: numbers.
_MEDIUM: Final = Split(
    Axis.ACROSS,
    (
        Part(Split(Axis.DOWN, (Part(Slot.MAIN, 67, leaves=_FEW_FIELDS), Part(Slot.FIELDS, 33))), 63),
        Part(Slot.SIDE, 37),
    ),
)
#: Most lines between one of the `few_heights` and the next.
_HIGHEST_STEP: Final = 8
#: Most columns of the explanation on a wide screen.  What it leaves of 250 holds the longest usual line of the headers
#: (the options of a SYN) beside the bytes.
_PROSE: Final = 68
#: The same, where there is room for fields and bytes side by side.
_WIDE: Final = Split(
    Axis.ACROSS,
    (
        Part(Split(Axis.DOWN, (Part(Slot.MAIN, 62), Part(Slot.FIELDS, 38))), 60),
        Part(Slot.SIDE, 40, most=_PROSE),
    ),
)
#: The layouts, the narrowest first.  Of 40 lines the list's share is a title, a heading and ten rows.
LAYOUTS: Final = (
    SizeClass(Shape.NARROW, MIN_WIDTH, _NARROW),
    SizeClass(Shape.MEDIUM, 100, _below_the_list(_MEDIUM)),
    SizeClass(Shape.WIDE, 160, _below_the_list(_WIDE)),
)
#: Lines of the strip at the top, its title included, by the lines of the room from which on it has so many.
_STRIPS: Final = ((56, 7), (34, 4))
#: And of one that is in front where there is room for none.
_STRIP_IN_FRONT: Final = 5
#: The panes over the whole width, at the top: what is below them shows one connection or packet.
_ABOVE: Final = tuple(spec.pane for spec in PANES if spec.slot in (Slot.TOP, Slot.LIST))
_ROOMS: Final = {row.shape: row.rooms for row in LAYOUTS}
_LARGEST: Final = {LayoutChoice.NARROW: Shape.NARROW, LayoutChoice.MEDIUM: Shape.MEDIUM}


def shape_of(width: int, height: int, largest: LayoutChoice | None = None) -> Shape:
    """The shape of a terminal of ``width`` x ``height`` cells, no larger than ``largest``."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return Shape.TOO_SMALL
    fitting = [row.shape for row in LAYOUTS if width >= row.width]
    limit = None if largest is None else _LARGEST.get(largest)
    return limit if limit in fitting else fitting[-1]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The state that the layout depends on: the active pane, whether it is zoomed, whether a lesson is shown."""

    active: Pane = Pane.CONNECTIONS
    zoomed: bool = False
    lesson: bool = False
    listed: int | None = None
    """Number of connections in the list; None while it is unknown."""
    nothing_matches: bool = False
    """Whether there are connections, and the list is narrowed to none of them."""
    packets: int | None = None
    """Number of packets in the timeline; None while there are none."""
    without_tcp: bool = False
    """Whether there are packets, and none belongs to a connection."""
    lesson_lines: int | None = None
    """Lines that all of the lesson fills, its border included; None while it is unknown."""


def plan(size: Size, shape: Shape, chosen: Arrangement) -> dict[Pane, Region]:
    """The region of every visible pane within ``size``."""
    whole = Region(0, 0, *size)
    if chosen.zoomed:
        return {chosen.active: whole}
    planned = _divided(_ROOMS.get(shape, _ROOMS[Shape.NARROW]), whole, shape, chosen)
    if chosen.nothing_matches and not chosen.lesson and chosen.active in _ABOVE:
        return _with_one_pane_below(planned)
    return planned


def _with_one_pane_below(planned: dict[Pane, Region]) -> dict[Pane, Region]:
    """``planned`` for a list that nothing matches: what to do has the room of the panes that would be empty."""
    empty = [planned.pop(pane) for pane in (Pane.TIMELINE, Pane.HEADERS, Pane.EXPLAIN) if pane in planned]
    return planned | ({Pane.EXPLAIN: Region.from_union(empty)} if empty else {})


def is_right_hand(pane: Pane, size: Size, shape: Shape, chosen: Arrangement) -> bool:
    """Whether ``pane`` has another on its left, from which a line sets it apart; not while it is not shown."""
    region = plan(size, shape, chosen).get(pane)
    return region is not None and region.x > 0


def _divided(split: Split, room: Region, shape: Shape, chosen: Arrangement) -> dict[Pane, Region]:
    total = room.height if split.axis is Axis.DOWN else room.width
    strip = _strip_lines(total, chosen)
    parts = [part for part in split.parts if isinstance(part.what, Split) or _panes_of(part.what, chosen)]
    parts = [part for part in parts if part.what is not Slot.TOP or strip]
    shares = sum(part.share(lesson=chosen.lesson) for part in parts)
    regions: dict[Pane, Region] = {}
    used = 0
    for part in parts:
        size = total * part.share(lesson=chosen.lesson) // shares
        if split.axis is Axis.ACROSS and parts[-1].most is not None:
            size = max(size, total - parts[-1].most)
        if part.leaves is not None:
            size = total - min(part.leaves, total // 2)
        if part is parts[-1]:
            size = total - used
        elif part.what is Slot.TOP:
            size = strip
        elif split.axis is Axis.DOWN:
            size = _lines(part, size, shape, chosen)
        if split.axis is Axis.DOWN:
            region = Region(room.x, room.y + used, room.width, size)
        else:
            region = Region(room.x + used, room.y, size, room.height)
        used += size
        if isinstance(part.what, Split):
            regions |= _divided(part.what, region, shape, chosen)
        elif part.what is Slot.SIDE:
            regions |= _stacked(region, chosen)
        else:
            regions[_panes_of(part.what, chosen)[0]] = region
    return regions


def _strip_lines(total: int, chosen: Arrangement) -> int:
    """Lines of the strip at the top of a room of ``total``; a case leaves it out: it is about few connections."""
    lines = 0 if chosen.lesson else next((lines for least, lines in _STRIPS if total >= least), 0)
    return lines or _STRIP_IN_FRONT * (SPEC_OF[chosen.active].slot is Slot.TOP)


def _lines(part: Part, share: int, shape: Shape, chosen: Arrangement) -> int:
    """Lines of ``part``: its ``share``, and where it is a list no more than its rows fill.

    Of several connections, each with its own number of packets, the timeline has one of a `few_heights`: else nothing
    below it would keep its place.
    """
    pane = None if isinstance(part.what, Split) else _panes_of(part.what, chosen)[0]
    if pane is Pane.CONNECTIONS:
        rows = chosen.listed
        if part.most_in_case is not None and chosen.lesson:
            share = part.most_in_case
    elif pane is Pane.TIMELINE:
        rows = chosen.packets
    else:
        return share
    if rows is None:
        return share
    needed = _filled(rows, shape)
    is_one_of_several = pane is Pane.TIMELINE and chosen.listed != 1 and not shape.has_tabs
    return few_heights(needed, share) if is_one_of_several else min(share, needed)


def _filled(rows: int, shape: Shape) -> int:
    """Lines of a list of ``rows``, its title and heading included."""
    title = 0 if shape.has_tabs else 1
    return title + HEADING + rows


def few_heights(needed: int, most: int) -> int:
    """The fewest quarters of ``most`` lines that hold what is ``needed``; ``most`` where less does not.

    For what is below a list whose rows differ in length: it moves seldom, and little stays blank.  Of many lines the
    steps are smaller than a quarter.
    """
    steps = max(4, -(-most // _HIGHEST_STEP))
    return next((lines for step in range(1, steps) if (lines := most * step // steps) >= needed), most)


def _panes_of(slot: Slot, chosen: Arrangement) -> list[Pane]:
    """The panes that are shown in ``slot``: of the side column all, of others the active one, else the first."""
    strip = Pane.LESSON if chosen.lesson else Pane.EXPLAIN
    if slot is Slot.FRONT:
        return [chosen.active]
    if slot is Slot.STRIP:
        return [] if chosen.active is strip else [strip]
    if slot is Slot.SIDE:
        return [pane for pane, _ in _shares(chosen)]
    panes = [spec.pane for spec in PANES if spec.slot is slot]
    return [chosen.active] if chosen.active in panes else panes[:1]


def _shares(chosen: Arrangement) -> list[tuple[Pane, Share]]:
    """The panes of the side column from the top, with their shares."""
    side = [spec for spec in PANES if spec.slot is Slot.SIDE]
    shares = [(spec.pane, spec.share_in_case if chosen.lesson else spec.share) for spec in side]
    shown = [(pane, share) for pane, share in shares if share is not None]
    return sorted(shown, key=lambda each: each[1].place)


def _stacked(column: Region, chosen: Arrangement) -> dict[Pane, Region]:
    """The regions of the panes in the side column; the lowest also gets the remainder, and what a lesson leaves."""
    shares = _shares(chosen)
    whole = sum(share.percent for _, share in shares)
    regions: dict[Pane, Region] = {}
    used = 0
    for pane, share in shares:
        lines = column.height - used if pane is shares[-1][0] else column.height * share.percent // whole
        if pane is Pane.LESSON and chosen.lesson_lines is not None:
            lines = min(lines, chosen.lesson_lines)
        regions[pane] = Region(column.x, column.y + used, column.width, lines)
        used += lines
    return regions


def _without_tcp(
    planned: dict[Pane, Region], shape: Shape, chosen: Arrangement
) -> tuple[dict[Pane, Region], Region] | None:
    """The strip and the empty list of ``planned`` alone, and all below them for what there is instead of connections.

    None while a pane is in front that shows something of its own, or there are connections.
    """
    if not chosen.without_tcp or chosen.active not in _ABOVE:
        return None
    kept: dict[Pane, Region] = {}
    for pane in _ABOVE:
        if pane in planned:
            kept[pane] = planned[pane]
    top = kept.get(Pane.CONNECTIONS)
    if top is None:  # the strip is in front of the list, or has the whole screen
        return None
    kept[Pane.CONNECTIONS] = Region(top.x, top.y, top.width, HEADING + (not shape.has_tabs))
    whole = Region.from_union(list(planned.values()))
    begin = kept[Pane.CONNECTIONS].bottom
    return kept, Region(whole.x, begin, whole.width, max(0, whole.bottom - begin))


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
        planned = self.regions(size)
        if WITHOUT_TCP in titled and (instead := _without_tcp(planned, self.shape, self.chosen)) is not None:
            planned, regions[WITHOUT_TCP] = instead
        for pane, region in planned.items():
            title = f"title-{pane.value}"
            tabbed = self.shape.has_tabs and pane is self.chosen.active
            if title in titled and not tabbed:
                regions[title] = Region(region.x, region.y, region.width, 1)
                region = Region(region.x, region.y + 1, region.width, region.height - 1)
            regions[pane.value] = region
        return [
            WidgetPlacement(regions[child.id], NULL_OFFSET, Spacing(), child)
            for child in children
            if child.id in regions
        ]
