"""The list of the start screen: groups of rows, with a cursor that stops only on rows that can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType

from tcptui.ui.start.rows import CaseRow, LeftoverRow, StartRow, cells_of, counts_have_unit, is_choice, key_of
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


class StartList(VirtualList, inherit_bindings=False):
    """Shows `StartRow`s."""

    DEFAULT_CSS = """
    StartList { scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING_KEYS,
        Binding("enter,right,l", "choose", show=False),
        Binding("tab", "group(1)", show=False),
        Binding("shift+tab", "group(-1)", show=False),
    ]

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "start-list") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, id=id)
        self.words = words
        self.rows: tuple[StartRow, ...] = ()
        self.title = ""
        self._unit_for = -1
        """The width that `_unit` is for; -1: it is to be found out."""
        self._unit = True
        """Whether counts of packets have room for their unit in each row."""

    @property
    def current(self) -> StartRow | None:
        """The row under the cursor, if it can be chosen."""
        row = self.rows[self.cursor] if self.cursor < len(self.rows) else None
        return row if row is not None and is_choice(row) else None

    def show_rows(self, rows: Sequence[StartRow], *, to_first: bool = False) -> None:
        """Replace the rows; the cursor stays on its row unless ``to_first``, else goes to the first choice."""
        wanted = key_of(self.current) if self.current is not None and not to_first else None
        before, self.rows = self.rows, tuple(rows)
        self._unit_for = -1
        if len(before) == len(self.rows):
            for position, (old, new) in enumerate(zip(before, self.rows, strict=True)):
                if old != new:
                    self.refresh_row(position)
        else:
            self.set_row_count(len(self.rows))
            self.refresh()
        keys = [key_of(row) if is_choice(row) else None for row in self.rows]
        position = keys.index(wanted) if wanted is not None and wanted in keys else self._choice_from(0, 1)
        if position != self.cursor:
            super().put_cursor(position)
        if to_first:
            self.scroll_to(y=0, animate=False, immediate=True)
        self.post_message(self.Highlighted(self, self.cursor, False))

    def _choice_from(self, position: int, step: int) -> int:
        """The choice at ``position`` or the next one in direction ``step``; else the last one that way.

        Returns ``position`` when there are no choices.
        """
        choices = [number for number, row in enumerate(self.rows) if is_choice(row)]
        if not choices:
            return position
        if step > 0:
            return next((number for number in choices if number >= position), choices[-1])
        return next((number for number in reversed(choices) if number <= position), choices[0])

    def put_cursor(self, position: int, *, by_user: bool = False, show: bool = True) -> None:
        """Move the cursor to the choice at ``position``, or the next one in that direction."""
        target = max(0, min(position, len(self.rows) - 1))
        super().put_cursor(self._choice_from(target, 1 if position >= self.cursor else -1), by_user=by_user, show=show)
        if self.cursor == self._choice_from(0, 1):
            self.scroll_to(y=0, animate=False, immediate=True)  # so that the title of the first group is shown again

    def action_group(self, step: int) -> None:
        """Go to the first choice of the next (``step`` 1) or previous (-1) group, cyclically."""
        firsts = [
            number
            for number, row in enumerate(self.rows)
            if is_choice(row) and (not number or not is_choice(self.rows[number - 1]))
        ]
        here = [first for first in firsts if first <= self.cursor]
        if firsts:
            self.show_group(firsts[(len(here) - 1 + step) % len(firsts)])

    def put_on(self, wanted: StartRow) -> None:
        """Go to ``wanted``, if it is listed."""
        position = next((at for at, row in enumerate(self.rows) if key_of(row) == key_of(wanted)), None)
        if position is not None:
            self.put_cursor(position)

    def put_on_leftover(self) -> None:
        """Go to the first interrupted capture."""
        first = next((number for number, row in enumerate(self.rows) if isinstance(row, LeftoverRow)), None)
        if first is not None:
            self.put_cursor(first, by_user=True)

    def go_to_cases(self) -> None:
        """Go to the first case, if there is one."""
        first = next((number for number, row in enumerate(self.rows) if isinstance(row, CaseRow)), None)
        if first is not None:
            self.show_group(first)

    def show_group(self, first: int) -> None:
        """Move the cursor to the row ``first``, with the title above it in the first line of the list."""
        self.put_cursor(first, by_user=True)
        top = min(first - 1, self.row_count + HEADING - self.scrollable_content_region.height)
        self.scroll_to(y=max(0, top), animate=False, immediate=True)

    def action_choose(self) -> None:
        """Choose the row under the cursor, if it is a choice."""
        if self.current is not None:
            super().action_choose()

    def heading(self, width: int) -> list[Segment]:  # noqa: ARG002 - the title is as long as it is
        """The title of the list."""
        return [Segment(self.title, self.palette.faint)]

    def row(self, position: int, width: int) -> list[Segment]:
        """The cells of one row."""
        spans = cells_of(self.rows[position], width, self.words, self.glyphs, has_unit=self._has_unit(width))
        cells = [Segment(span.text, self._style(span.style)) for span in spans]
        if position == self.cursor and is_choice(self.rows[position]) and cells:
            first = cells[0].text
            cells[0] = Segment(self.glyphs.cursor + first[1:], self.palette.key)
        return cells

    def _has_unit(self, width: int) -> bool:
        if self._unit_for != width:
            self._unit_for, self._unit = width, counts_have_unit(self.rows, width, self.words)
        return self._unit

    def _style(self, name: str) -> Style:
        style: Style = getattr(self.palette, name)
        return style
