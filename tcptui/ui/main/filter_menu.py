"""The small menu that filters by what is under the cursor: only these, not these, and, or."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, ScreenResultType

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import fit
from tcptui.ui.hint import Hint
from tcptui.ui.main.filter_way import Way
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Lines of the menu that hold conditions, at most.
_MOST: Final = 12


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """What was chosen."""

    way: Way
    condition: str


_HINTS: Final = (
    Hint("Enter", "screen.filter.menu.only", "screen.take('ONLY')"),
    Hint("n", "screen.filter.menu.not", "screen.take('NOT')"),
    Hint("a", "screen.filter.menu.and", "screen.take('AND')"),
    Hint("o", "screen.filter.menu.or", "screen.take('OR')"),
    Hint("Esc", "screen.hint.back", "screen.dismiss"),
)


class MenuList(VirtualList):
    """The lines of a small menu: conditions, or columns."""

    def __init__(self, conditions: Sequence[str], title: str, glyphs: Glyphs) -> None:
        super().__init__(glyphs, id="filter-conditions")
        self.conditions = conditions
        self._title = title

    def on_mount(self) -> None:
        """List them."""
        self.set_row_count(len(self.conditions))

    def heading(self, width: int) -> list[Segment]:
        """What the menu is for."""
        return [Segment(fit(f" {self._title}", width, self.glyphs.ellipsis), self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One condition."""
        mark = self.glyphs.cursor if position == self.cursor else " "
        text = f" {mark} {safe_text(self.conditions[position])}"
        return [Segment(fit(text, width, self.glyphs.ellipsis), self.palette.plain)]


class SmallMenu(NoticingScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """A list of a few lines at the bottom of the screen; subclasses say what a choice means."""

    DEFAULT_CSS = """
    SmallMenu {
        align: left bottom;
        background: transparent;
        & > Vertical { height: auto; width: 1fr; background: $background; border-top: solid $edge; }
        & MenuList { background: $background; scrollbar-size-vertical: 1; overflow-x: hidden; }
        & HintLine { height: 1; width: 1fr; background: $bar; }
    }
    """

    def __init__(
        self, lines: Sequence[str], title: str, hints: Sequence[Hint], words: Words, glyphs: Glyphs
    ) -> None:  # fmt: skip
        super().__init__(words, glyphs)
        self.lines = MenuList(lines, title, glyphs)
        self._hints = hints

    @property
    def chosen(self) -> str:
        """The line under the cursor."""
        return self.lines.conditions[self.lines.cursor]

    def compose(self) -> ComposeResult:
        """Lines and hints, at the bottom of the screen."""
        with Vertical():
            yield self.lines
            yield self.hint_line

    def on_mount(self) -> None:
        """As many lines as there are."""
        self.lines.styles.height = HEADING + min(_MOST, len(self.lines.conditions))
        self.set_focus(self.lines)
        self.show_hints()

    def show_hints(self) -> None:
        """The keys of the menu."""
        self.put_hints(self._hints)


class FilterMenu(SmallMenu[FilterChoice | None]):
    """Offers the conditions; Enter takes one alone, other keys with the filter that is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left,h,equals_sign", "dismiss", show=False),
        Binding("n,exclamation_mark", "take('NOT')", show=False),
        Binding("a,ampersand", "take('AND')", show=False),
        Binding("o,vertical_line", "take('OR')", show=False),
    ]

    def __init__(self, conditions: Sequence[str], words: Words, glyphs: Glyphs) -> None:
        super().__init__(conditions, words("screen.filter.menu.title"), _HINTS, words, glyphs)

    @on(VirtualList.Chosen)
    def _take_only(self) -> None:
        self.action_take(Way.ONLY.name)

    def action_take(self, way: str) -> None:
        """Close the menu with the condition under the cursor; ``way``: the name of a `Way`."""
        self.dismiss(FilterChoice(Way[way], self.chosen))
