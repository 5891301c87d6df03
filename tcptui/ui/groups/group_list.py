"""The list of groups of connections, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment

from tcptui.model.finding import Severity
from tcptui.ui.cell_text import fit
from tcptui.ui.groups.columns import GAP, NAMED_LEAST, GroupCells, key_text, name_in
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList
from tcptui.words.finding_text import finding_short

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.strip import Strip

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.session.groups import Group, Grouping, GroupKey
    from tcptui.session.host_names import HostName
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


class ConnectionGroups(VirtualList, inherit_bindings=False):
    """Draws a `Grouping`; the screen handles Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, session: JudgedCapture, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, id="connection-groups")
        self.session = session
        self.words = words
        self.grouping: Grouping | None = None
        """None: nothing has been counted yet."""
        self.is_filtered = False
        """Whether only connections that pass the display filter are in groups."""
        self.names: dict[GroupKey, HostName] = {}
        """Names of the servers of groups, of those that have one."""
        self._cells: tuple[int, GroupCells] | None = None
        """The layout, and the width that it is for."""

    @property
    def group(self) -> Group | None:
        """The group under the cursor; None without groups."""
        return None if self.grouping is None or not self.grouping.groups else self.grouping.groups[self.cursor]

    def show(self, grouping: Grouping, names: dict[GroupKey, HostName], *, from_top: bool) -> None:
        """Show ``grouping`` with the ``names`` of its servers, the cursor where it was, or ``from_top``."""
        before = None if self.group is None or from_top else self.group.key
        self.grouping, self.names, self._cells = grouping, names, None
        places = (place for place, group in enumerate(grouping.groups) if group.key == before)
        self.set_row_count(len(grouping.groups))
        last = max(0, len(grouping.groups) - 1)
        self.cursor = 0 if from_top else next(places, min(self.cursor, last))
        self.show_row(self.cursor)
        self.refresh()

    def _layout_for(self, width: int, grouping: Grouping) -> GroupCells:
        if self._cells is None or self._cells[0] != width:
            cells = GroupCells.of(
                width, grouping.by, grouping.sort, grouping.groups, self.words, self.glyphs, self.names
            )
            self._cells = width, cells
        return self._cells[1]

    def heading(self, width: int) -> list[Segment]:
        """Names of the columns; nothing without groups."""
        if self.grouping is None or not self.grouping.groups:
            return []
        text = self._layout_for(width, self.grouping).heading(self.words, self.glyphs)
        return [Segment(text, self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One group: sign, what its connections have in common, numbers, the worst of them."""
        assert self.grouping is not None
        group, palette = self.grouping.groups[position], self.palette
        layout = self._layout_for(width, self.grouping)
        severity = Severity.ERROR if group.errors else Severity.WARNING if group.warnings else Severity.NOTE
        sign = f" {self.glyphs.severity(severity)} " if severity > Severity.NOTE else "   "
        ellipsis, known = self.glyphs.ellipsis, self.names.get(group.key)
        name = name_in(group.key, layout.name, self.words, ellipsis)
        shown = [Segment(sign, palette.severity(severity) if severity > Severity.NOTE else palette.plain)]
        room = layout.name - cell_len(key_text(group.key, self.words)) - 1
        if known is None or room < NAMED_LEAST:
            shown.append(Segment(name, palette.strong))
        else:
            shown.append(Segment(name[:-room], palette.strong))
            shown.append(Segment(fit(known.name, room, ellipsis), palette.plain))
        shown += [
            Segment(layout.numbers(group, self.glyphs), palette.plain),
        ]
        worst = self.session.headline(group.worst) if layout.worst else None
        if worst is not None:
            text = fit(finding_short(worst, self.words), layout.worst, self.glyphs.ellipsis)
            shown.append(Segment(" " * GAP + text, palette.severity(worst.severity)))
        return shown

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without groups, the first ones say why there are none."""
        if y >= HEADING and (self.grouping is None or not self.grouping.groups):
            key = "counting"
            if self.grouping is not None and self.is_filtered:
                key = "empty.filtered"
            elif self.grouping is not None:
                is_quiet = self.session.streams.listed().size > 0
                none = "empty" if self.session.progress.growing else "empty-file"
                key = f"empty.{self.grouping.by.value}" if is_quiet else none
            return self.empty_line(self.words(f"groups.{key}"), y)
        return super().paint_line(y)
