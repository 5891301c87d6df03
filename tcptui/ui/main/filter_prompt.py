"""Asking for a display filter on the main screen: `/` opens the prompt, `=` the menu of what is under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.access.notes.format import NotesError
from tcptui.dfilter.errors import FilterError
from tcptui.dfilter.typed import is_beginning, is_filter, meant_filter, plain_words
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.filter_report import shown_filter
from tcptui.ui.main.filtering import evaluation
from tcptui.ui.main.pane_specs import SPEC_OF, Pane
from tcptui.ui.main.prompt_line import PromptKind
from tcptui.ui.main.stretch import parted

if TYPE_CHECKING:
    from tcptui.ui.main.completing import Completed
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_menu import FilterChoice
    from tcptui.ui.main.filter_saying import FilterSaying
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.listing import Listing
    from tcptui.ui.main.stretch import Stretch
    from tcptui.ui.settings.named_filters import NamedFilters


class FilterPrompt(Controller):
    """Asks for a filter or for words: in the prompt, in a form, or in a menu of what is under the cursor."""

    PROMPTS = frozenset({PromptKind.NARROW})

    _completing = 0
    """Counts the completions: the newest counts."""
    _before_prompt = -1
    """The connection under the cursor when the prompt was opened."""
    _beside: Stretch | None = None
    """The stretch beside the words that the prompt was opened with."""

    def __init__(
        self, screen: ControlledScreen, listing: Listing, filtering: Filtering, saying: FilterSaying
    ) -> None:  # fmt: skip
        super().__init__(screen)
        self._listing, self._filtering, self._saying = listing, filtering, saying

    def unmounted(self) -> None:
        """Have threads that look for completions stop at their next look."""
        self._completing += 1

    def ask(self) -> None:
        """Ask for a display filter, or for words that every listed connection must contain."""
        self.warm()
        self.workspace.activate(Pane.CONNECTIONS)
        connections = self.workspace.connections
        connections.touched = True
        self._before_prompt = connections.stream
        self._beside = parted(self._filtering.wanted)[1] if self._filtering.words_beside else None
        self.screen.ask(PromptKind.NARROW, self.typed_text())
        self.screen.show_filter_line()

    def typed_text(self) -> str:
        """What one would type for what is shown now; a stretch beside words is not typed."""
        if self._filtering.wanted and not self._filtering.words_beside:
            return self._filtering.wanted
        text = " ".join(self.workspace.connections.index.narrowing.words)
        return f"'{text}" if is_filter(text) else text

    def warm(self) -> None:
        """Import what compiles filters while the first letters are typed."""

        def load() -> None:
            from tcptui.dfilter.compile import compile_filter

            compile_filter("tcp")

        self.screen.run_worker(load, thread=True, group="warm-filters")

    def may_submit(self, _kind: PromptKind, text: str, /) -> bool:
        """Whether Enter closes the prompt: not with a filter that is wrong, unless it is known what is meant."""
        if not is_filter(text) or meant_filter(text):
            return True
        from tcptui.dfilter.compile import compile_filter

        filtering, prompt = self._filtering, self.screen.prompt
        if filtering.work is None or not filtering.work.is_of(text):  # Enter came sooner than what was typed was told
            filtering.filter_by(prompt.text)
        if filtering.mistake is None:
            try:
                compile_filter(prompt.text)
            except FilterError as error:
                filtering.mistake = error
        if filtering.mistake is not None:
            self.screen.show_filter_line(loudly=True)
        return filtering.mistake is None

    def typed(self, text: str, /) -> None:
        """Filter by what has been typed so far."""
        self.apply(text)

    def submitted(self, _kind: PromptKind, text: str, /) -> None:
        """Filter by what was typed; by what it means, which is told, where that is words of a capture filter."""
        meant = meant_filter(text)
        if meant:
            self.screen.prompt.remember(meant)
            self.screen.say(self.words("screen.filter.meant", words=shown_filter(text), filter=shown_filter(meant)))
        self.apply(meant or text, is_whole=True)

    def cancelled(self, text: str, /) -> None:
        """Filter by what was filtered by before, with the cursor where it was."""
        self.apply(text, is_whole=True)
        self.workspace.connections.put_on_stream(self._before_prompt)
        if self._filtering.at_work is not None:
            self._listing.goal = self._before_prompt

    def apply(self, text: str, *, is_whole: bool = False) -> None:
        """Show what ``text`` asks for: a filter, or words; nothing for a field's beginning unless it ``is_whole``.

        The stretch beside the words that the prompt was opened with stays beside what takes their place.
        """
        beside = self._beside
        if is_filter(text):
            self._filtering.filter_by(text if beside is None or not is_whole else beside.applied(text))
        elif is_whole or not is_beginning(text):
            if beside is None:
                self._filtering.drop()
            self._filtering.narrow(plain_words(text), is_beside=beside is not None)
            if beside is not None:
                self._filtering.filter_by(beside.condition, self.workspace.connections.index.narrowing.words)
        self.screen.show_filter_line()

    @property
    def named_filters(self) -> NamedFilters:
        """The filters that the user has given names."""
        named: NamedFilters = self.app.named_filters  # type: ignore[attr-defined]  # every app of ours has them
        return named

    def completion_wanted(self, text: str, /) -> None:
        """Take what is offered, or complete the word at the cursor."""
        if self._saying.offered:
            self.screen.prompt.replace_text(self._saying.offered)
            return
        self.complete(text)

    def complete(self, text: str) -> None:
        """Complete the field, operator or value at the cursor of the prompt, whose text is ``text``."""
        cursor = self.screen.prompt.cursor
        self._completing += 1
        number, named = self._completing, dict(self.named_filters.all)

        def complete() -> None:
            from tcptui.ui.main.completing import completed

            try:
                found = completed(self.session, text[:cursor], lambda: number != self._completing, named, text[cursor:])
            except (Cancelled, NotesError, OSError):  # packets that cannot be read have no values to offer
                return
            self.screen.hand_over(self._complete, text, cursor, found)

        self.screen.run_worker(complete, thread=True, group="complete")

    def _complete(self, text: str, cursor: int, found: Completed) -> None:
        """Put what was found into the prompt, unless something else has been typed meanwhile."""
        prompt = self.screen.prompt
        if not prompt.is_open or (prompt.text, prompt.cursor) != (text, cursor):
            return
        rest = text[cursor:]
        if found.text.endswith(" ") and rest.startswith(" "):
            rest = rest[1:]
        self._saying.choices = found.offered
        self._saying.choices_of = found.text + rest
        prompt.replace_text(self._saying.choices_of, len(found.text))
        self.screen.show_filter_line()

    # -- in words ------------------------------------------------------------------------
    def open_form(self) -> None:
        """Open the form that makes a filter out of words."""
        from tcptui.ui.main.filter_form import FilterForm

        self.app.push_screen(FilterForm(self.session, self.words, self.glyphs, evaluation), self._form_closed)

    def _form_closed(self, text: str | None) -> None:
        """Filter by what the form made; a prompt that it was opened from has done its work."""
        if text is None:
            return
        if self._filtering.is_asked:
            self.screen.prompt.close()
        self.screen.prompt.remember(text)
        self.workspace.connections.touched = True
        self._filtering.filter_by(text)
        self.screen.show_filter_line()

    def form_wanted(self, kind: PromptKind) -> None:
        """Open the form, which was wanted in a prompt of this ``kind``."""
        if kind in self.PROMPTS:
            self.open_form()

    # -- by what is under the cursor -----------------------------------------------------
    def open_menu(self) -> None:
        """Open the menu that filters by what is under the cursor."""
        from tcptui.ui.main.filter_menu import FilterMenu

        try:
            conditions = self._conditions()
        except OSError as error:
            self._filtering.say_unreadable(error)
            return
        if conditions:
            self.app.push_screen(FilterMenu(conditions, self.words, self.glyphs), self._condition_chosen)
        else:
            self.screen.say(self.words("screen.filter.menu.nothing"))

    def _conditions(self) -> list[str]:
        """Filters by the cell, field or finding under the cursor of the pane in front."""
        self.workspace.show_selected_stream()
        return [] if self.workspace.ladder.conceals else SPEC_OF[self.workspace.active].filters(self.workspace)

    def _condition_chosen(self, choice: FilterChoice | None) -> None:
        """Change the filter as was chosen in the menu, which has closed."""
        if choice is None:
            return
        text = choice.way.applied(self._filtering.wanted, choice.condition)
        self.screen.prompt.remember(text)
        self.workspace.connections.touched = True
        self._filtering.filter_by(text)
        self.screen.show_filter_line()
