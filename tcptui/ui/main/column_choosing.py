"""Columns of the user's own: `+` adds a field or an expression, `-` removes one; the next capture has them, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual import on
from textual.message import Message

from tcptui.dfilter.errors import FilterError
from tcptui.model.safe_text import safe_text
from tcptui.ui.main import filter_report
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.filter_names import NamedFilterScreen
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptKind, PromptLine

if TYPE_CHECKING:
    from tcptui.session.filtering.column import ColumnExpression
    from tcptui.ui.main.own_cells import OwnCells

#: Columns of the user's own that a list has, at most: no screen has room for more.
MOST: Final = 8


class ColumnChoosingScreen(NamedFilterScreen):
    """Adds columns to the list of connections where that is in front, else to the timeline, and removes them."""

    @dataclass
    class ColumnsChosen(Message):
        """A column was added or removed."""

        packets: tuple[str, ...]
        connections: tuple[str, ...]

    _column_mistake: FilterError | None = None
    """What is wrong with the column in the prompt."""
    _column_loudly = False
    """Whether Enter was pressed on it."""
    _of_connections = False
    """Which columns the open prompt is for."""

    def on_mount(self) -> None:
        """Show the columns that were chosen before; Textual also calls the base class's handler."""
        wrong = []
        for of_connections, texts in ((False, self.options.packet_columns), (True, self.options.connection_columns)):
            columns: list[ColumnExpression] = []
            for text in texts[:MOST]:
                try:
                    columns.append(_column(text))
                except FilterError:
                    wrong.append(text)
            if columns:
                self._cells(of_connections=of_connections).choose(self.session, columns)
        if wrong:
            self.say(self.words("screen.notice.column.wrong", text=safe_text(wrong[0])))

    def on_unmount(self) -> None:
        """Stop reading cells and orders; Textual also calls the base class's handler."""
        self.workspace.ladder.cells.close()
        self.workspace.connections.cells.close()
        self.workspace.connections.traffic.close()
        self._ordering.cancel()

    def _cells(self, *, of_connections: bool) -> OwnCells:
        return self.workspace.connections.cells if of_connections else self.workspace.ladder.cells

    # -- adding ------------------------------------------------------------------------------
    def action_add_column(self) -> None:
        """Add the field under the cursor of the header tree to the timeline; elsewhere ask for a column."""
        workspace = self.workspace
        node = workspace.field_under_cursor() if workspace.active is Pane.HEADERS else None
        if node is not None and node.field:
            try:
                self.add_column(node.field, of_connections=False)
            except FilterError as error:
                self.say(filter_report.mistake(error, self.words)[0].text)
            return
        self._of_connections = workspace.active is Pane.CONNECTIONS
        self._warm_filters()
        self.ask(PromptKind.COLUMN)
        self._check_column("")

    def add_column(self, text: str, *, of_connections: bool) -> None:
        """Add the column ``text`` to the list of connections or to the timeline.  Raises FilterError."""
        cells = self._cells(of_connections=of_connections)
        column = _column(text)
        where = "connections" if of_connections else "packets"
        if column.text in [each.text for each in cells.columns]:
            self.say(self.words("screen.notice.column.there", text=safe_text(column.text)))
        elif len(cells.columns) >= MOST:
            self.say(self.words("screen.notice.column.full", most=MOST))
        else:
            self._choose(cells, (*cells.columns, column))
            pane = self.workspace.connections if of_connections else self.workspace.ladder
            # A list that is not on the screen has no width; it will have that of all panes.
            has_room = pane.shows_newest_column(self.workspace.size.width)
            told = f"added.{where}" if has_room else "no_room"
            self.say(self.words(f"screen.notice.column.{told}", text=safe_text(column.text)))

    def _choose(self, cells: OwnCells, columns: tuple[ColumnExpression, ...]) -> None:
        cells.choose(self.session, columns)
        packets = tuple(column.text for column in self.workspace.ladder.cells.columns)
        connections = tuple(column.text for column in self.workspace.connections.cells.columns)
        self.options = replace(self.options, packet_columns=packets, connection_columns=connections)
        self.post_message(self.ColumnsChosen(packets, connections))

    # -- removing ----------------------------------------------------------------------------
    def action_remove_column(self) -> None:
        """Remove the column of the list in front, or ask which one."""
        of_connections = self.workspace.active is Pane.CONNECTIONS
        columns = [column.text for column in self._cells(of_connections=of_connections).columns]
        if len(columns) > 1:
            from tcptui.ui.main.column_menu import ColumnMenu

            def chosen(text: str | None) -> None:
                if text is not None:
                    self.remove_column(text, of_connections=of_connections)

            self.app.push_screen(ColumnMenu(columns, self.words, self.glyphs), chosen)
        elif columns:
            self.remove_column(columns[0], of_connections=of_connections)
        else:
            where = "connections" if of_connections else "packets"
            self.say(self.words(f"screen.notice.column.none.{where}"))

    def remove_column(self, text: str, *, of_connections: bool) -> None:
        """Remove the column ``text``; a list that was sorted by it is sorted by start."""
        cells = self._cells(of_connections=of_connections)
        self._choose(cells, tuple(column for column in cells.columns if column.text != text))
        index = self.workspace.connections.index
        if of_connections and index.sorting.expression == text:
            index.sorting = Sorting()
            self.reorder(now=True)
        self.say(self.words("screen.notice.column.removed", text=safe_text(text)))

    # -- the prompt --------------------------------------------------------------------------
    @property
    def _asks_for_column(self) -> bool:
        return self.prompt.is_open and self.prompt.kind is PromptKind.COLUMN

    def _check_column(self, text: str) -> None:
        self._column_mistake, self._column_loudly = None, False
        if text.strip():
            try:
                _column(text)
            except FilterError as error:
                self._column_mistake = error
        self.show_filter_line()

    def _may_submit(self, kind: PromptKind, text: str) -> bool:
        """Whether Enter closes the prompt: not with a column that is wrong."""
        if kind is not PromptKind.COLUMN:
            return super()._may_submit(kind, text)
        self._check_column(text)
        self._column_loudly = True
        self.show_filter_line()
        return self._column_mistake is None

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what is wrong with a column, where it asks for one; else as in the base class."""
        if not self._asks_for_column:
            super().show_filter_line(loudly=loudly)
            return
        text, error = self.prompt.text, self._column_mistake
        if self._choices and text == self._choices_of and not self._column_loudly:
            self.filter_line.show([self._choices_text(self._choices)])
        elif error is None:
            self.filter_line.show([])
        else:
            self.filter_line.show(*self._mistake_sayings(text, error, loudly=self._column_loudly))

    @on(PromptLine.Changed)
    def _column_typed(self, event: PromptLine.Changed) -> None:
        if event.kind is PromptKind.COLUMN and type(event) is PromptLine.Changed:
            self._check_column(event.text)

    @on(PromptLine.CompletionWanted)
    def _column_completion_wanted(self, event: PromptLine.CompletionWanted) -> None:
        if event.kind is PromptKind.COLUMN:
            self.complete_prompt(event.text)

    @on(PromptLine.Submitted)
    def _column_submitted(self, event: PromptLine.Submitted) -> None:
        if event.kind is PromptKind.COLUMN:
            if event.text:
                self.add_column(event.text, of_connections=self._of_connections)
            self.show_filter_line()

    @on(PromptLine.Cancelled)
    def _column_cancelled(self, event: PromptLine.Cancelled) -> None:
        if event.kind is PromptKind.COLUMN:
            self.show_filter_line()


def _column(text: str) -> ColumnExpression:
    from tcptui.session.filtering.column import ColumnExpression  # lark: imported where a column is used

    return ColumnExpression.of(text)
