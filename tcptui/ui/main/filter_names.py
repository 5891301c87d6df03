"""Display filters by name: a key keeps the one that is on, the palette lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.dfilter.typed import is_filter
from tcptui.model.errors import TcptuiError
from tcptui.ui.main import filter_report
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.prompt_line import PromptKind
from tcptui.ui.palette_entry import PaletteEntry
from tcptui.ui.settings.named_filters import is_name
from tcptui.words.errors import error_line
from tcptui.words.filter_text import mistake_of

if TYPE_CHECKING:
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_prompt import FilterPrompt
    from tcptui.ui.main.filtering import Filtering


class FilterNames(Controller):
    """Keeps display filters under names, and takes them back."""

    PROMPTS = frozenset({PromptKind.NAME})

    _to_keep = ""
    """The filter that a name is asked for."""

    def __init__(self, screen: ControlledScreen, filtering: Filtering, prompt: FilterPrompt) -> None:
        super().__init__(screen)
        self._filtering, self._prompt = filtering, prompt

    def ask(self) -> None:
        """Ask what the filter that is on is to be called."""
        if not self._filtering.wanted:
            self.screen.say(self.words("screen.filter.none"))
            return
        self._to_keep = self._filtering.wanted
        known = next((name for name, text in self._prompt.named_filters.all.items() if text == self._to_keep), "")
        self.screen.ask(PromptKind.NAME, known)

    def use(self, name: str) -> None:
        """Filter by the filter that is called ``name``; of a wrong one, say in the prompt what is wrong."""
        text = self._prompt.named_filters.all.get(name, "")
        if not text:
            return
        self.workspace.connections.touched = True
        if mistake_of(text, self.words):
            self._prompt.ask()
            self.screen.prompt.replace_text(text)
            return
        self.screen.prompt.remember(text)
        self._filtering.filter_by(text)
        self.screen.show_filter_line()

    def entries(self) -> list[PaletteEntry]:
        """One entry of the palette for each named filter; a wrong one says so."""
        group = self.words("guide.palette.filters")
        entries = []
        for name, text in self._prompt.named_filters.all.items():
            wrong = bool(mistake_of(text, self.words))
            now = self.words("guide.palette.wrong_filter") if wrong else filter_report.shown_filter(text)
            title = self.words("guide.palette.filter", name=name)
            entries.append(PaletteEntry(title, group, f"use_filter({name!r})", now=now))
        return entries

    def keep_wanted(self, kind: PromptKind, text: str) -> None:
        """Take what is typed as the filter, and ask for its name."""
        if kind is not PromptKind.NARROW or not is_filter(text):
            return
        if self._prompt.may_submit(kind, text):
            self._to_keep = text.strip()
            self.screen.prompt.remember(self._to_keep)
            self.screen.ask(PromptKind.NAME)  # the line stays open: where the focus came from stays known
            self._prompt.apply(self._to_keep, is_whole=True)

    def submitted(self, _kind: PromptKind, text: str, /) -> None:
        """Keep the filter under the name that was given."""
        if not text:
            return
        try:
            self._prompt.named_filters.keep(text, self._to_keep)
        except TcptuiError as error:
            self.screen.say(error_line(error, self.words))
        else:
            self.screen.say(self.words("screen.filter.kept", name=text))

    def may_submit(self, _kind: PromptKind, text: str, /) -> bool:
        """Whether Enter closes the prompt: not with what is no name for a filter."""
        if text and not is_name(text):
            self.screen.prompt.note(self.words("screen.filter.no_name"), wrong=True)
            return False
        return True
