"""Columns of the user's own: `+` adds a field or an expression, `-` removes one; the next capture has them, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.message import Message

from tcptui.dfilter.errors import FilterError
from tcptui.model.safe_text import safe_text
from tcptui.ui.main import filter_report
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptKind

if TYPE_CHECKING:
    from tcptui.session.filtering.column import ColumnExpression
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_prompt import FilterPrompt
    from tcptui.ui.main.filter_saying import FilterSaying
    from tcptui.ui.main.listing import Listing
    from tcptui.ui.main.own_cells import OwnCells

#: Columns of the user's own that a list has, at most: no screen has room for more.
MOST: Final = 8


class OwnColumns(Controller):
    """Adds columns to the list of connections where that is in front, else to the timeline, and removes them."""

    PROMPTS = frozenset({PromptKind.COLUMN})

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

    def __init__(
        self, screen: ControlledScreen, listing: Listing, prompt: FilterPrompt, saying: FilterSaying
    ) -> None:  # fmt: skip
        super().__init__(screen)
        self._listing, self._filter_prompt, self._saying = listing, prompt, saying

    def mounted(self) -> None:
        """Show the columns that were chosen before."""
        wrong = []
        options = self.screen.options
        for of_connections, texts in ((False, options.packet_columns), (True, options.connection_columns)):
            columns: list[ColumnExpression] = []
            for text in texts[:MOST]:
                try:
                    columns.append(_column(text))
                except FilterError:
                    wrong.append(text)
            if columns:
                self._cells(of_connections=of_connections).choose(self.session, columns)
        if wrong:
            self.screen.say(self.words("screen.notice.column.wrong", text=safe_text(wrong[0])))

    def unmounted(self) -> None:
        """Stop reading cells."""
        self.workspace.ladder.cells.close()
        self.workspace.connections.cells.close()
        self.workspace.connections.traffic.close()

    def _cells(self, *, of_connections: bool) -> OwnCells:
        return self.workspace.connections.cells if of_connections else self.workspace.ladder.cells

    # -- adding ------------------------------------------------------------------------------
    def add(self) -> None:
        """Add the field under the cursor of the header tree to the timeline; elsewhere ask for a column."""
        workspace = self.workspace
        node = workspace.field_under_cursor() if workspace.active is Pane.HEADERS else None
        if node is not None and node.field:
            try:
                self.add_column(node.field, of_connections=False)
            except FilterError as error:
                self.screen.say(filter_report.mistake(error, self.words)[0].text)
            return
        self._of_connections = workspace.active is Pane.CONNECTIONS
        self._filter_prompt.warm()
        self.screen.ask(PromptKind.COLUMN)
        self._check_column("")

    def add_column(self, text: str, *, of_connections: bool) -> None:
        """Add the column ``text`` to the list of connections or to the timeline.  Raises FilterError."""
        cells = self._cells(of_connections=of_connections)
        column = _column(text)
        where = "connections" if of_connections else "packets"
        if column.text in [each.text for each in cells.columns]:
            self.screen.say(self.words("screen.notice.column.there", text=safe_text(column.text)))
        elif len(cells.columns) >= MOST:
            self.screen.say(self.words("screen.notice.column.full", most=MOST))
        else:
            self._choose(cells, (*cells.columns, column))
            pane = self.workspace.connections if of_connections else self.workspace.ladder
            # A list that is not on the screen has no width; it will have that of all panes.
            has_room = pane.shows_newest_column(self.workspace.size.width)
            told = f"added.{where}" if has_room else "no_room"
            self.screen.say(self.words(f"screen.notice.column.{told}", text=safe_text(column.text)))

    def _choose(self, cells: OwnCells, columns: tuple[ColumnExpression, ...]) -> None:
        cells.choose(self.session, columns)
        packets = tuple(column.text for column in self.workspace.ladder.cells.columns)
        connections = tuple(column.text for column in self.workspace.connections.cells.columns)
        self.screen.options = replace(self.screen.options, packet_columns=packets, connection_columns=connections)
        self.screen.post_message(self.ColumnsChosen(packets, connections))

    # -- removing ----------------------------------------------------------------------------
    def remove(self) -> None:
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
            self.screen.say(self.words(f"screen.notice.column.none.{where}"))

    def remove_column(self, text: str, *, of_connections: bool) -> None:
        """Remove the column ``text``; a list that was sorted by it is sorted by start."""
        cells = self._cells(of_connections=of_connections)
        self._choose(cells, tuple(column for column in cells.columns if column.text != text))
        index = self.workspace.connections.index
        if of_connections and index.sorting.expression == text:
            index.sorting = Sorting()
            self._listing.reorder(now=True)
        self.screen.say(self.words("screen.notice.column.removed", text=safe_text(text)))

    # -- the prompt --------------------------------------------------------------------------
    @property
    def _asks_for_column(self) -> bool:
        return self.screen.prompt.is_open and self.screen.prompt.kind is PromptKind.COLUMN

    def _check_column(self, text: str) -> None:
        self._column_mistake, self._column_loudly = None, False
        if text.strip():
            try:
                _column(text)
            except FilterError as error:
                self._column_mistake = error
        self.screen.show_filter_line()

    def may_submit(self, _kind: PromptKind, text: str, /) -> bool:
        """Whether Enter closes the prompt: not with a column that is wrong."""
        self._check_column(text)
        self._column_loudly = True
        self.screen.show_filter_line()
        return self._column_mistake is None

    def show_line(self) -> bool:
        """Say below the prompt what is wrong with a column, where it asks for one; False where it does not."""
        if not self._asks_for_column:
            return False
        saying, text, error = self._saying, self.screen.prompt.text, self._column_mistake
        if saying.choices and text == saying.choices_of and not self._column_loudly:
            saying.line.show([saying.choices_text(saying.choices)])
        elif error is None:
            saying.line.show([])
        else:
            saying.line.show(*saying.mistake_sayings(text, error, loudly=self._column_loudly))
        return True

    def typed(self, text: str, /) -> None:
        """Look whether what has been typed so far is a column."""
        self._check_column(text)

    def completion_wanted(self, text: str, /) -> None:
        """Complete the word at the cursor."""
        self._filter_prompt.complete(text)

    def submitted(self, _kind: PromptKind, text: str, /) -> None:
        """Add the column that was typed."""
        if text:
            self.add_column(text, of_connections=self._of_connections)
        self.screen.show_filter_line()

    def cancelled(self, _text: str, /) -> None:
        """Say again what there is to say about the filter."""
        self.screen.show_filter_line()


def _column(text: str) -> ColumnExpression:
    from tcptui.session.filtering.column import ColumnExpression  # lark: imported where a column is used

    return ColumnExpression.of(text)
