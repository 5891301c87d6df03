"""Display filters by name: a key keeps the one that is on, the palette lists them."""

from __future__ import annotations

from textual import on

from tcptui.dfilter.typed import is_filter
from tcptui.model.errors import TcptuiError
from tcptui.ui.main import filter_report
from tcptui.ui.main.filtering import FilteringScreen
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.palette_entry import PaletteEntry
from tcptui.ui.settings.named_filters import is_name
from tcptui.words.errors import error_line
from tcptui.words.filter_text import mistake_of


class NamedFilterScreen(FilteringScreen):
    """Adds names of display filters to a screen that has these."""

    _to_keep = ""
    """The filter that a name is asked for."""

    def action_keep_filter(self) -> None:
        """Ask what the filter that is on is to be called."""
        if not self.wanted_filter:
            self.say(self.words("screen.filter.none"))
            return
        self._to_keep = self.wanted_filter
        known = next((name for name, text in self.named_filters.all.items() if text == self._to_keep), "")
        self.ask(PromptKind.NAME, known)

    def action_use_filter(self, name: str) -> None:
        """Filter by the filter that is called ``name``; of a wrong one, say in the prompt what is wrong."""
        text = self.named_filters.all.get(name, "")
        if not text:
            return
        self.workspace.connections.touched = True
        if mistake_of(text, self.words):
            self.action_narrow()
            self.prompt.replace_text(text)
            return
        self.prompt.remember(text)
        self.filter_by(text)
        self.show_filter_line()

    def named_filter_entries(self) -> list[PaletteEntry]:
        """One entry of the palette for each named filter; a wrong one says so."""
        group = self.words("guide.palette.filters")
        entries = []
        for name, text in self.named_filters.all.items():
            wrong = bool(mistake_of(text, self.words))
            now = self.words("guide.palette.wrong_filter") if wrong else filter_report.shown_filter(text)
            title = self.words("guide.palette.filter", name=name)
            entries.append(PaletteEntry(title, group, f"use_filter({name!r})", now=now))
        return entries

    @on(PromptLine.KeepWanted)
    def _keep_wanted(self, event: PromptLine.KeepWanted) -> None:
        """Take what is typed as the filter, and ask for its name."""
        if event.kind is not PromptKind.NARROW or not is_filter(event.text):
            return
        if self._may_submit(event.kind, event.text):
            self._to_keep = event.text.strip()
            self.prompt.remember(self._to_keep)
            self.ask(PromptKind.NAME)  # the line stays open: where the focus came from stays known
            self._apply(self._to_keep, is_whole=True)

    @on(PromptLine.Submitted)
    def _name_given(self, event: PromptLine.Submitted) -> None:
        if event.kind is not PromptKind.NAME or not event.text:
            return
        try:
            self.named_filters.keep(event.text, self._to_keep)
        except TcptuiError as error:
            self.say(error_line(error, self.words))
        else:
            self.say(self.words("screen.filter.kept", name=event.text))

    def _may_submit(self, kind: PromptKind, text: str) -> bool:
        """Whether Enter closes the prompt: not with what is no name for a filter, either."""
        if kind is PromptKind.NAME and text and not is_name(text):
            self.prompt.note(self.words("screen.filter.no_name"), wrong=True)
            return False
        return super()._may_submit(kind, text)
