"""`?`: the help screen: the term under the cursor first, then keys, glyphs, verdicts, states and the glossary."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tcptui.ui.help_pages import KeyGroup, Section, for_width, help_page, sections_of
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.widgets.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.geometry import Size

    from tcptui.ui.main.state_moves import PacketMoves
    from tcptui.ui.prose import Block
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words


class SectionTabs(Static):
    """The sections as tabs on one line; the current one is highlighted, a click goes to another."""

    def __init__(self, labels: dict[Section, str]) -> None:
        super().__init__("", markup=False, id="help-tabs")
        self._labels = labels
        self._spots: list[tuple[int, int, Section]] = []
        self._current: Section | None = None

    def mark(self, current: Section) -> None:
        """Highlight ``current`` as the section on screen."""
        if current is self._current:
            return
        self._current = current
        parts: list[Content] = []
        self._spots = []
        x = 0
        for number, (section, label) in enumerate(self._labels.items(), 1):
            text = Content(f" {number} {label} ")
            self._spots.append((x, x + text.cell_length, section))
            x += text.cell_length
            parts.append(text.stylize("bold reverse") if section is current else text)
        self.update(Content("").join(parts), layout=False)

    def section_at(self, x: int) -> Section | None:
        """The section whose label is at column ``x``."""
        return next((section for start, end, section in self._spots if start <= x < end), None)


class HelpDocument(Document):
    """The help page: in two columns where they fit."""

    def __init__(self, page: Sequence[Block]) -> None:
        super().__init__(page, id="help-page")
        self._page = tuple(page)

    def page_for(self, size: Size) -> tuple[Block, ...]:
        """The page for the width of ``size``."""
        return for_width(self._page, size.width)


class HelpScreen(NoticingScreen[None], ModalScreen[None]):
    """The help, above any screen; Esc, `q` or `?` closes it."""

    DEFAULT_CSS = """
    HelpScreen {
        background: $background;
        layout: vertical;
        & > Static { height: 1; width: 1fr; background: $panel; color: $foreground; }
        & > Document { height: 1fr; background: $background; }
        & > #help-hint { color: $faint; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", show=False),
        Binding("0", "overview", show=False),
        Binding("tab,right,l,right_square_bracket", "section(1)", show=False),
        Binding("shift+tab,left,h,left_square_bracket", "section(-1)", show=False),
        *(Binding(str(number), f"open_section({number})", show=False) for number in range(1, len(Section) + 1)),
    ]

    def __init__(
        self,
        words: Words,
        glyphs: Glyphs,
        keys: Sequence[KeyGroup] = (),
        term: str | None = None,
        start: Section | None = None,
        moves: PacketMoves | None = None,
    ) -> None:
        super().__init__(words, glyphs)
        self._page = help_page(words, glyphs, keys, term, moves)
        self._sections = sections_of(self._page)
        self._start = start

    def compose(self) -> ComposeResult:
        """Tabs, page, hint."""
        yield SectionTabs({section: self.words(f"guide.help.tab.{section.value}") for section in self._sections})
        yield HelpDocument(self._page)
        yield Static(Content(self.words("guide.help.hint")), id="help-hint", markup=False)

    def on_mount(self) -> None:
        """Begin with the first section, or the one that was asked for."""
        page = self.query_one(Document)
        self.set_focus(page)
        self.watch(page, "scroll_y", self._mark, init=False)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._start is not None:
            self.query_one(Document).show_anchor(self._start.value)
        self._mark()

    def show_hints(self) -> None:
        """Put the hint back."""
        self.show_notice(self.words("guide.help.hint"))

    def show_notice(self, text: str) -> None:
        """Put ``text`` in the place of the hint."""
        self.query_one("#help-hint", Static).update(Content(text))

    @property
    def current(self) -> Section:
        """The section on screen."""
        anchor = self.query_one(Document).anchor_on_screen()
        return Section(anchor) if anchor else self._sections[0]

    def _mark(self) -> None:
        self.query_one(SectionTabs).mark(self.current)

    def _go(self, section: Section) -> None:
        self.query_one(Document).show_anchor(section.value)
        self.query_one(SectionTabs).mark(section)

    def action_section(self, step: int) -> None:
        """The next or the previous section."""
        index = self._sections.index(self.current) + step
        self._go(self._sections[index % len(self._sections)])

    def action_open_section(self, number: int) -> None:
        """A section by its number on the tabs."""
        if number <= len(self._sections):
            self._go(self._sections[number - 1])

    @on(events.Click, "#help-tabs")
    def _tab_clicked(self, event: events.Click) -> None:
        section = self.query_one(SectionTabs).section_at(event.x)
        if section is not None:
            self._go(section)
