"""The display filter on the main screen: `/` asks for one, a key lifts it and puts it back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual import on
from textual.widgets import Input

from tcptui.dfilter.errors import FilterError
from tcptui.dfilter.typed import is_beginning, is_filter, plain_words
from tcptui.model.safe_text import reason_of
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.notes.format import NotesError
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main import filter_report
from tcptui.ui.main.connection_index import ListFilter
from tcptui.ui.main.filter_saying import PROGRESS_BEAT, FilterSayingScreen
from tcptui.ui.main.filter_work import FilterWork
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.main.stretch import parted
from tcptui.ui.main.workspace import Workspace
from tcptui.words.errors import error_line

if TYPE_CHECKING:
    from textual import events

    from tcptui.dfilter.compile import Compiled
    from tcptui.session.session import Session
    from tcptui.ui.main.completing import Completed
    from tcptui.ui.main.filter_menu import FilterChoice
    from tcptui.ui.main.filter_work import Evaluation
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.main.stretch import Stretch
    from tcptui.ui.settings.named_filters import NamedFilters

#: A capture that grows is filtered again after at least this many times the time that the last answer took.
_REST: Final = 5.0


def evaluation(session: Session, compiled: Compiled) -> Evaluation:
    """What answers filters; imported where one is used.  Raises FilterError for a field that nothing reads."""
    from tcptui.session.filtering.live import LiveFilter

    return LiveFilter(session, compiled)


@dataclass(frozen=True, slots=True)
class CarriedFilter:
    """The filter of one screen that the next one has, too."""

    text: str = ""
    """The one that is on, or is being worked out; empty: none."""
    lifted: str = ""
    has_context: bool = False
    words: tuple[str, ...] = ()
    """Words beside the one that is on, or else beside the lifted one."""


class FilteringScreen(FilterSayingScreen):
    """Adds display filters to a screen that shows a session."""

    _next_at = 0.0
    """When the filter may be asked again about a capture that has grown, by `time.monotonic`."""
    _kept: Matching | None = None
    """The answer of the filter that was lifted."""
    _has_context = False
    """Whether the timeline shows the packets, too, that do not match."""
    _completing = 0
    """Counts the completions: the newest counts."""
    _before_prompt = -1
    """The connection under the cursor when the prompt was opened."""
    _beside: Stretch | None = None
    """The stretch beside the words that the prompt was opened with."""

    def on_mount(self) -> None:
        """Have wrong filters keep the prompt open; Textual also calls the base class's handler."""
        self.prompt.may_submit = self._may_submit
        self.set_interval(PROGRESS_BEAT, self._show_progress)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out the line anew; Textual also calls the base class's handler."""
        self.filter_line.rearrange(*event.size)
        if not self._asks_for_filter:
            self.show_filter_line()  # the filter is cut to the width

    def on_unmount(self) -> None:
        """Have the threads stop at their next look; Textual also calls the base class's handler."""
        self._forget_work()
        self._completing += 1

    def ask(self, kind: PromptKind, text: str = "") -> None:
        """Open the prompt, which has the focus then."""
        self.prompt.open(kind, text)
        self.set_focus(self.prompt.query_one(Input))  # at once, so that the next key already goes to the field

    # -- asking ----------------------------------------------------------------------------
    def action_narrow(self) -> None:
        """Ask for a display filter, or for words that every listed connection must contain."""
        self._warm_filters()
        self.workspace.activate(Pane.CONNECTIONS)
        connections = self.workspace.connections
        connections.touched = True
        self._before_prompt = connections.stream
        self._beside = parted(self.wanted_filter)[1] if self.words_beside else None
        self.ask(PromptKind.NARROW, self._typed())
        self.show_filter_line()

    def _typed(self) -> str:
        """What one would type for what is shown now; a stretch beside words is not typed."""
        if self.wanted_filter and not self.words_beside:
            return self.wanted_filter
        text = " ".join(self.workspace.connections.index.narrowing.words)
        return f"'{text}" if is_filter(text) else text

    def _warm_filters(self) -> None:
        """Import what compiles filters while the first letters are typed."""

        def load() -> None:
            from tcptui.dfilter.compile import compile_filter

            compile_filter("tcp")

        self.run_worker(load, thread=True, group="warm-filters")

    def _may_submit(self, kind: PromptKind, text: str) -> bool:
        """Whether Enter closes the prompt: not with a filter that is wrong."""
        if kind is not PromptKind.NARROW or not is_filter(text):
            return True
        from tcptui.dfilter.compile import compile_filter

        if self._work is None or not self._work.is_of(text):  # Enter came sooner than what was typed was told
            self.filter_by(self.prompt.text)
        if self._mistake is None:
            try:
                compile_filter(self.prompt.text)
            except FilterError as error:
                self._mistake = error
        if self._mistake is not None:
            self.show_filter_line(loudly=True)
        return self._mistake is None

    @on(PromptLine.Changed)
    def _filter_typed(self, event: PromptLine.Changed) -> None:
        if event.kind is PromptKind.NARROW and type(event) is PromptLine.Changed:  # the others are no edits
            self._apply(event.text)

    @on(PromptLine.Submitted)
    def _filter_submitted(self, event: PromptLine.Submitted) -> None:
        if event.kind is PromptKind.NARROW:
            self._apply(event.text, is_whole=True)

    @on(PromptLine.Cancelled)
    def _filter_cancelled(self, event: PromptLine.Cancelled) -> None:
        if event.kind is PromptKind.NARROW:
            self._apply(event.text, is_whole=True)
            self.workspace.connections.put_on_stream(self._before_prompt)
            self._goal = self._before_prompt if self._at_work is not None else self._goal

    def _apply(self, text: str, *, is_whole: bool = False) -> None:
        """Show what ``text`` asks for: a filter, or words; nothing for a field's beginning unless it ``is_whole``.

        The stretch beside the words that the prompt was opened with stays beside what takes their place.
        """
        beside = self._beside
        if is_filter(text):
            self.filter_by(text if beside is None or not is_whole else beside.applied(text))
        elif is_whole or not is_beginning(text):
            if beside is None:
                self.drop_filter()
            self.narrow(plain_words(text), is_beside=beside is not None)
            if beside is not None:
                self.filter_by(beside.condition, self.workspace.connections.index.narrowing.words)
        self.show_filter_line()

    def narrow(self, text: str, *, is_beside: bool = False) -> None:
        """List only the connections whose row contains every word of ``text``, alone or beside the filter.

        For subclasses.
        """
        raise NotImplementedError

    @property
    def named_filters(self) -> NamedFilters:
        """The filters that the user has given names."""
        named: NamedFilters = self.app.named_filters  # type: ignore[attr-defined]  # every app of ours has them
        return named

    @on(PromptLine.CompletionWanted)
    def _completion_wanted(self, event: PromptLine.CompletionWanted) -> None:
        """Take what is offered, or complete the word at the cursor."""
        if event.kind is not PromptKind.NARROW:
            return
        if self._offered:
            self.prompt.replace_text(self._offered)
            return
        self.complete_prompt(event.text)

    def complete_prompt(self, text: str) -> None:
        """Complete the field, operator or value at the cursor of the prompt, whose text is ``text``."""
        cursor = self.prompt.cursor
        self._completing += 1
        number, named = self._completing, dict(self.named_filters.all)

        def complete() -> None:
            from tcptui.ui.main.completing import completed

            try:
                found = completed(self.session, text[:cursor], lambda: number != self._completing, named, text[cursor:])
            except (Cancelled, NotesError, OSError):  # packets that cannot be read have no values to offer
                return
            call_on_loop(self, self._complete, text, cursor, found)

        self.run_worker(complete, thread=True, group="complete")

    def _complete(self, text: str, cursor: int, found: Completed) -> None:
        """Put what was found into the prompt, unless something else has been typed meanwhile."""
        prompt = self.prompt
        if not prompt.is_open or (prompt.text, prompt.cursor) != (text, cursor):
            return
        rest = text[cursor:]
        if found.text.endswith(" ") and rest.startswith(" "):
            rest = rest[1:]
        self._choices = found.offered
        self._choices_of = found.text + rest
        prompt.replace_text(self._choices_of, len(found.text))
        self.show_filter_line()

    # -- the answer --------------------------------------------------------------------------
    def filter_by(self, text: str, words: tuple[str, ...] = ()) -> None:
        """Show only packets that pass the filter ``text``, once they are known; until then what is shown stays.

        The rows of the list must have the ``words`` besides; words alone, as the filter's first letters, go at once.
        """
        work = self._work
        if work is not None and work.is_of(text) and work.words == words:
            return
        self._forget_work()
        narrowing = self.workspace.connections.index.narrowing
        if narrowing.words and narrowing.matching is None and not words:
            self.narrow("")
        self._lifted = self._kept = None
        self._work = FilterWork(self.session, text, evaluation, words)
        self._begin()

    def drop_filter(self) -> None:
        """Show all packets again, and forget the filter."""
        self._forget_work()
        if self.matching is not None:
            self._show_matching(None)

    def notes_changed(self) -> None:
        """Have a filter over marks and notes asked anew, also one that is lifted."""
        if self._lifted is not None and self._lifted.asks_notes:
            self._lifted, self._kept = self._afresh(self._lifted), None
        work = self._work
        if work is not None and work.asks_notes:
            work.is_cancelled = True
            self._work = self._afresh(work)
            self._begin()

    def _afresh(self, work: FilterWork) -> FilterWork:
        """Work like ``work`` without its answers, to be run again."""
        return FilterWork(self.session, work.text, evaluation, work.words)

    def _forget_work(self) -> None:
        if self._work is not None:
            self._work.is_cancelled = True
        self._work = self._mistake = None

    def _begin(self) -> None:
        """Have a thread work out the answer; while another is at work, its end begins this one."""
        work = self._work
        if work is None or self._at_work is not None:
            return
        self._at_work, self._begun_at = work, time.monotonic()

        def answer() -> None:
            found: Matching | FilterError | NotesError | OSError | None
            try:
                found = work.answer()
            except (FilterError, NotesError, OSError) as error:
                found = error
            except Cancelled:
                found = None
            call_on_loop(self, self._answered, work, found)

        self.run_worker(answer, thread=True, group="filter")

    def _answered(self, work: FilterWork, found: Matching | FilterError | NotesError | OSError | None) -> None:
        self._at_work = None
        now = time.monotonic()
        self._next_at = now + _REST * (now - self._begun_at)
        if work is not self._work:
            self._begin()
            return
        if isinstance(found, OSError | NotesError):
            self._forget_work()
            if isinstance(found, OSError):
                self._say_unreadable(found)
            else:
                self.say(error_line(found, self.words))
            self._failed(work)
        elif isinstance(found, FilterError):
            self._mistake = found
            self._failed(work)
        elif found is not None:
            self._mistake = None
            self._show_matching(found)
        self.show_filter_line()

    def _failed(self, work: FilterWork) -> None:
        """Go on with what was shown before ``work``, which has no answer."""
        if self.matching is None or work.is_of(self.matching.text) or self._asks_for_filter:
            return
        if self._mistake is not None:  # its own line would hide which filter is on
            self.say(filter_report.mistake(self._mistake, self.words)[0].text)
        self._forget_work()
        self._work = FilterWork(self.session, self.matching.text, evaluation, self.words_beside)
        self._begin()

    def _say_unreadable(self, error: OSError) -> None:
        self.say(self.words("screen.filter.unreadable", reason=reason_of(error)))

    def tick(self) -> None:
        """Update the screen, and have the filter look at what is new, or was left for later."""
        super().tick()
        work = self._work
        is_on = work is not None and self.matching is not None and self._mistake is None
        is_due = not self.paused and time.monotonic() >= self._next_at
        if is_on and is_due and work is not None and work.is_old:
            self._begin()

    def _show_matching(self, matching: Matching | None) -> None:
        """List and show what matches, or everything."""
        index = self.workspace.connections.index
        words = () if self._work is None else self.words_beside
        if (matching is None) != (index.narrowing.matching is None):
            self.workspace.connections.forget_widths()  # how many match takes room
        index.narrowing = ListFilter(words, index.narrowing.chosen, matching)
        self.workspace.take_matching(matching, context=self._has_context)
        self.reorder(now=True)
        self.workspace.connections.refresh()

    # -- lifting -----------------------------------------------------------------------------
    def action_lift(self) -> None:
        """Lift the filter, or put it back."""
        if self.wanted_filter:
            self.lift()
        elif self._lifted is not None:
            work, kept = self._lifted, self._kept
            self._lifted = self._kept = None
            work.is_cancelled = False
            self._work, self._mistake = work, None
            self._show_matching(kept)
            self._begin()
            self.show_filter_line()
        else:
            self.say(self.words("screen.filter.none"))

    # -- in words ----------------------------------------------------------------------------
    def action_filter_form(self) -> None:
        """Open the form that makes a filter out of words."""
        from tcptui.ui.main.filter_form import FilterForm

        self.app.push_screen(FilterForm(self.session, self.words, self.glyphs, evaluation), self._form_closed)

    def _form_closed(self, text: str | None) -> None:
        """Filter by what the form made; a prompt that it was opened from has done its work."""
        if text is None:
            return
        if self._asks_for_filter:
            self.prompt.close()
        self.prompt.remember(text)
        self.workspace.connections.touched = True
        self.filter_by(text)
        self.show_filter_line()

    @on(PromptLine.FormWanted)
    def _form_wanted(self, event: PromptLine.FormWanted) -> None:
        if event.kind is PromptKind.NARROW:
            self.action_filter_form()

    # -- by what is under the cursor -------------------------------------------------------
    def action_filter_by(self) -> None:
        """Open the menu that filters by what is under the cursor."""
        from tcptui.ui.main.filter_menu import FilterMenu

        try:
            conditions = self._conditions()
        except OSError as error:
            self._say_unreadable(error)
            return
        if conditions:
            self.app.push_screen(FilterMenu(conditions, self.words, self.glyphs), self._condition_chosen)
        else:
            self.say(self.words("screen.filter.menu.nothing"))

    def _conditions(self) -> list[str]:
        """Filters by the cell, field or finding under the cursor of the pane in front."""
        from tcptui.ui.main.under_cursor import connection_conditions, field_conditions, packet_conditions

        workspace, session = self.workspace, self.session
        workspace.show_selected_stream()
        node, row, stream = workspace.field_under_cursor(), workspace.row, workspace.ladder.stream
        if workspace.ladder.conceals:
            return []
        if workspace.active is Pane.HEADERS and node is not None and row >= 0:
            return field_conditions(session, row, node.field, node.label)
        if workspace.active is Pane.TIMELINE and row >= 0:
            return packet_conditions(session, row)
        return [] if stream < 0 else connection_conditions(session, stream, workspace.findings)

    def _condition_chosen(self, choice: FilterChoice | None) -> None:
        """Change the filter as was chosen in the menu, which has closed."""
        if choice is None:
            return
        text = choice.way.applied(self.wanted_filter, choice.condition)
        self.prompt.remember(text)
        self.workspace.connections.touched = True
        self.filter_by(text)
        self.show_filter_line()

    @property
    def carried_filter(self) -> CarriedFilter:
        """What a screen that takes the place of this one goes on with."""
        lifted = "" if self._lifted is None else self._lifted.text
        words = () if self._lifted is None else self._lifted.words
        return CarriedFilter(self.wanted_filter, lifted, self._has_context, self.words_beside or words)

    def carry_on(self, carried: CarriedFilter) -> None:
        """Go on as ``carried`` says."""
        self._has_context = carried.has_context
        for text in (carried.lifted, carried.text):
            if text:
                self.prompt.remember(text)
        if carried.text:
            self.filter_by(carried.text, carried.words)
        elif carried.lifted:
            self._lifted = FilterWork(self.session, carried.lifted, evaluation, carried.words)
            self.show_filter_line()

    def lift(self) -> None:
        """Show all packets, and stop working out a filter; it can be put back."""
        text, kept, work = self.wanted_filter, self.matching, self._work
        if not text:
            return
        is_answered = kept is not None and kept.text.strip() == text.strip()
        if work is None or self._mistake is not None or not is_answered:
            work = FilterWork(self.session, text, evaluation, self.words_beside)
        self.drop_filter()
        if work.words and self.workspace.connections.index.narrowing.words:
            self.narrow("")
        self._lifted, self._kept = work, kept if is_answered else None
        self.show_filter_line()

    def action_context(self) -> None:
        """Show the packets between those that match, too, or only those that match."""
        self._has_context = not self._has_context
        self.workspace.take_matching(self.matching, context=self._has_context)
        self.say(self.words("screen.filter.context" if self._has_context else "screen.filter.alone"))

    @on(Workspace.PacketHidden)
    def _packet_hidden(self, event: Workspace.PacketHidden) -> None:
        frame, nearest = event.frame, event.nearest
        if nearest:
            self.say(self.words("screen.filter.nearest", frame=frame, nearest=nearest))
        else:
            self.say(self.words("screen.filter.all_hidden", frame=frame))
