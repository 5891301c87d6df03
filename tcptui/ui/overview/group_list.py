"""The list of the groups of trouble, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment

from tcptui.ui.overview.columns import GroupCells
from tcptui.ui.overview.same_group import same_group
from tcptui.ui.widgets.virtual_list import MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from textual.binding import BindingType

    from tcptui.findings.trouble import TroubleGroup
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


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
