"""The list of the groups of trouble, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment

from tcptui.model.finding import Severity
from tcptui.model.units import NS_PER_S
from tcptui.ui.cell_text import fit, grouped, span
from tcptui.ui.overview.same_group import same_group
from tcptui.ui.statement_title import title_within
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList
from tcptui.words.finding_text import STATEMENT_TITLED
from tcptui.words.quantities import time_of_day
from tcptui.words.trouble_text import headline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from tcptui.findings.trouble import TroubleGroup
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


#: Cells of the sign in front.
_SIGN: Final = 3
#: Names of the first column: of trouble, of notes alone.
_TROUBLE: Final = "overview.column.headline"
_NOTES: Final = "overview.column.notes"
#: A column is shown only while the headlines keep the cells that they need, of these at least, at most.
_HEADLINE_LEAST: Final = 40
_HEADLINE_MOST: Final = 60
#: Numbers stand this far behind the longest headline at most: further off no eye keeps the line.
_APART: Final = 4


class GroupList(VirtualList, inherit_bindings=False):
    """Draws `groups`; the screen handles Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "groups") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.groups: tuple[TroubleGroup, ...] = ()
        self._cells: tuple[int, GroupCells] | None = None
        """The layout, and the width that it is for."""

    @property
    def group(self) -> TroubleGroup | None:
        """The group under the cursor; None without groups."""
        return self.groups[self.cursor] if self.cursor < len(self.groups) else None

    def show(self, groups: tuple[TroubleGroup, ...], group: TroubleGroup | None) -> None:
        """Show ``groups`` with the cursor on the one that ``group`` has become, else near where it was."""
        self.groups = groups
        self._cells = None
        place = None if group is None else same_group(group, groups)
        if place is not None:
            self.cursor = place
        self.set_row_count(len(groups))
        self.show_row(self.cursor)
        self.refresh()

    def _layout_for(self, width: int) -> GroupCells:
        if self._cells is None or self._cells[0] != width:
            self._cells = width, GroupCells.of(width, self.groups, self.words, self.glyphs)
        return self._cells[1]

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns; nothing without groups."""
        text = self._layout_for(width).heading(self.words, self.glyphs.ellipsis) if self.groups else ""
        return [Segment(text, self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One group: sign, headline, numbers."""
        group = self.groups[position]
        headline, numbers = self._layout_for(width).row(group, self.words, self.glyphs)
        style = self.palette.severity(group.severity)
        sign = f" {self.glyphs.severity(group.severity)} "
        return [Segment(sign, style), Segment(headline, style), Segment(numbers, self.palette.plain)]


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """One column right of the headline: numbers, never cut; they give way to the headline, later ones first."""

    heading: str
    """Catalogue key of its heading."""
    cell: Callable[[TroubleGroup, Glyphs], str]

    def width(self, groups: Sequence[TroubleGroup], words: Words, glyphs: Glyphs) -> int:
        """Cells of its heading and widest number, with two blanks before."""
        texts = [words(self.heading), *(self.cell(group, glyphs) for group in groups)]
        return max(map(cell_len, texts)) + 2


def _lost(group: TroubleGroup, glyphs: Glyphs) -> str:
    lost_ns = round(group.seconds_lost * NS_PER_S)
    return span(lost_ns, glyphs.micro) if lost_ns else ""


def _since(group: TroubleGroup, _glyphs: Glyphs) -> str:
    return time_of_day(group.since_ns).partition(".")[0] if group.since_ns else ""


#: From left to right, right of the headline.
_GROUP_COLUMNS: Final = (
    GroupColumn("overview.column.connections", lambda group, _glyphs: grouped(len(group.streams))),
    GroupColumn("overview.column.lost", _lost),
    GroupColumn("overview.column.since", _since),
)


def _heading_of(groups: Sequence[TroubleGroup]) -> str:
    """Names the headlines of ``groups``; those of notes alone are no trouble."""
    return _TROUBLE if not groups or any(group.severity > Severity.NOTE for group in groups) else _NOTES


def _headline(group: TroubleGroup, width: int, words: Words) -> str:
    return title_within(width, partial(headline, group, words), STATEMENT_TITLED)


@dataclass(frozen=True, slots=True)
class GroupCells:
    """How the list is laid out in a given width."""

    headline: int
    """Cells of the headline."""
    columns: tuple[tuple[GroupColumn, int], ...]
    """The columns that are shown, with their widths."""
    heading_key: str = _TROUBLE
    """Names the headlines."""

    @classmethod
    def of(cls, width: int, groups: Sequence[TroubleGroup], words: Words, glyphs: Glyphs) -> GroupCells:
        """The layout for ``groups`` in ``width`` cells."""
        room, shown = width - _SIGN - 1, []
        texts = [words(_heading_of(groups)), *(_headline(group, width, words) for group in groups)]
        longest = max(map(cell_len, texts))
        for column in _GROUP_COLUMNS:
            size = column.width(groups, words, glyphs)
            if room - size < max(_HEADLINE_LEAST, min(longest, _HEADLINE_MOST)):
                break
            room -= size
            shown.append((column, size))
        return cls(max(0, min(room, longest + _APART)), tuple(shown), _heading_of(groups))

    def heading(self, words: Words, ellipsis: str) -> str:
        """The line of headings."""
        cells = " " * _SIGN + fit(words(self.heading_key), self.headline, ellipsis)
        return cells + "".join(fit(words(column.heading), size, "", right=True) for column, size in self.columns)

    def row(self, group: TroubleGroup, words: Words, glyphs: Glyphs) -> tuple[str, str]:
        """The headline of ``group``, and its numbers."""
        numbers = "".join(fit(column.cell(group, glyphs), size, "", right=True) for column, size in self.columns)
        return fit(_headline(group, self.headline - 1, words), self.headline, glyphs.ellipsis), numbers
