"""What the main screen says about its display filter, below the prompt and below the list."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.dfilter.errors import FilterError
from tcptui.dfilter.typed import beginning_fields, is_filter, is_mistaken_field
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import fit, grouped
from tcptui.ui.main import filter_report
from tcptui.ui.main.base_screen import CaptureScreen
from tcptui.ui.main.prompt_line import PromptKind
from tcptui.ui.widgets.filter_line import Pointer, Saying, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.dfilter.errors import Hint
    from tcptui.ui.main.filter_work import FilterWork
    from tcptui.ui.main.matching import Matching

#: Interval (seconds) at which the progress of a filter is shown.
PROGRESS_BEAT: Final = 0.25
#: On a terminal of this height the closed filter has a second line, for its traps.
_TALL: Final = 30
#: Cells of the filter's text that are shown, at least.
_NAMED_LEAST: Final = 8
#: Cells that are left for how many more completions there are.
_MORE_ROOM: Final = 18


class FilterSayingScreen(CaptureScreen):
    """Knows the filter that is on and the one that is wanted, and tells of both."""

    _work: FilterWork | None = None
    """The filter that is wanted, right or wrong."""
    _at_work: FilterWork | None = None
    """The one that a thread works on."""
    _begun_at = 0.0
    """When that began, by `time.monotonic`."""
    _mistake: FilterError | None = None
    """What is wrong with the filter that is wanted."""
    _lifted: FilterWork | None = None
    """The filter that `\\` puts back."""
    _offered = ""
    """The filter that Tab takes instead of what was typed; empty: Tab completes."""
    _choices: Sequence[str] = ()
    """What the text that was completed last, `_choices_of`, may go on with."""
    _choices_of = ""

    @property
    def matching(self) -> Matching | None:
        """The filter that is on and its answer."""
        return self.workspace.connections.index.narrowing.matching

    @property
    def wanted_filter(self) -> str:
        """The filter that is on, or is being worked out to take its place; empty: none."""
        if self._work is not None and self._mistake is None:
            return self._work.text
        return "" if self.matching is None else self.matching.text

    @property
    def is_filter_due(self) -> bool:
        """Whether what is shown is not yet what the filter that is wanted lets through."""
        work, matching = self._work, self.matching
        if work is None or self._mistake is not None:
            return False
        return matching is None or not work.is_of(matching.text)

    @property
    def words_beside(self) -> tuple[str, ...]:
        """Words that the rows of the list must have besides what that filter asks for."""
        if self._work is not None and self._mistake is None:
            return self._work.words
        narrowing = self.workspace.connections.index.narrowing
        return () if narrowing.matching is None else narrowing.words

    @property
    def filter_at_rest(self) -> bool:
        """Whether no answer is being worked out, and the lines about it are up to date."""
        return self._at_work is None

    @property
    def _asks_for_filter(self) -> bool:
        """Whether the prompt is open for a filter."""
        return self.prompt.is_open and self.prompt.kind is PromptKind.NARROW

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say; ``loudly``: Enter was pressed on a mistake."""
        if self._asks_for_filter:
            sayings, pointer = self._sayings_while_typing(loudly=loudly)
            self.filter_line.show(sayings, pointer)
        else:
            self.filter_line.show(self._said(), most=2 if self.app.size.height >= _TALL else 1)

    def _sayings_while_typing(self, *, loudly: bool) -> tuple[list[Saying], Pointer | None]:
        text, work, error = self.prompt.text, self._work, self._mistake
        self._offered = ""
        if self._choices and text == self._choices_of and not loudly:
            return [self._choices_text(self._choices)], None
        if not text.strip():
            return [], None
        if not is_filter(text):
            return self._word_sayings(text)
        if work is None or not work.is_of(text):
            return [], None
        if error is not None:
            return self._mistake_sayings(text, error, loudly=loudly)
        if self._is_awaited(work):
            return [self._progress(work)], None
        return ([], None) if self.matching is None else (filter_report.account(self.matching, self.words), None)

    def _mistake_sayings(self, text: str, error: FilterError, *, loudly: bool) -> tuple[list[Saying], Pointer | None]:
        """What is wrong and where; of what is still being typed, what is missing or what it may become."""
        if loudly or not filter_report.is_unfinished(error, text):
            if self._asks_for_filter and error.suggestion is not None:
                self._offered = error.suggestion.replacement or ""
            return filter_report.mistake(error, self.words), self._pointer(text, error)
        begun = filter_report.begun_fields(error, text)
        return ([self._choices_text(begun)] if begun else filter_report.unfinished(error, text, self.words)), None

    def _pointer(self, text: str, error: FilterError) -> Pointer:
        span = error.span
        before = cell_len(text[: span.offset])
        return Pointer(self.prompt.text_begin + before, cell_len(text[span.offset : span.end]))

    def _word_sayings(self, text: str) -> tuple[list[Saying], Pointer | None]:
        """Words in a row are no filter; a capture filter is offered as one, and a field that there is not is told."""
        hint = self._meant_by_words(text)
        if hint is not None:
            self._offered = hint.replacement or ""
            return filter_report.offer(hint, self.words), None
        if is_mistaken_field(text):
            from tcptui.dfilter.compile import compile_filter

            try:
                compile_filter(text)
            except FilterError as error:
                sayings, pointer = self._mistake_sayings(text, error, loudly=True)
                return [*sayings, Saying(self.words("screen.filter.enter_finds_words"), Voice.QUIET)], pointer
        begun = beginning_fields(text)
        return [self._choices_text(begun)] if begun else [], None

    def _choices_text(self, choices: Sequence[str]) -> Saying:
        """What the text may go on with, as many as have room."""
        room = self.app.size.width - _MORE_ROOM
        shown: list[str] = []
        for choice in choices:
            room -= cell_len(choice) + 2
            if room < 0 and shown:
                break
            shown.append(safe_text(choice))
        left = len(choices) - len(shown)
        more = [self.words("screen.filter.more_fields", n=grouped(left))] if left else []
        return Saying("  ".join([*shown, *more]), Voice.QUIET)

    def _meant_by_words(self, text: str) -> Hint | None:
        from tcptui.dfilter.capture_words import translate
        from tcptui.dfilter.errors import Hint

        words = translate(text)
        return None if words is None else Hint("capture-filter", {}, words)

    def _said(self) -> list[Saying]:
        """What is said while the prompt is closed: which filter is on, or can be put back."""
        words, matching, work = self.words, self.matching, self._at_work
        if work is not None and self._is_awaited(work):
            return [self._progress(work)]
        if matching is not None:
            sayings = self._in_force(matching)
            if self.app.size.height >= _TALL:
                sayings += [Saying(text, Voice.WARN) for text in filter_report.warnings(matching, words)]
            return sayings
        if self._work is not None and self._mistake is not None:
            return filter_report.mistake(self._mistake, words)
        if self._lifted is not None:
            return [Saying(self._of_lifted(self._lifted), Voice.QUIET)]
        return []

    def _of_lifted(self, work: FilterWork) -> str:
        """The filter that can be put back, cut so that its key has room on the same line."""
        shown = filter_report.shown_filter(work.text, work.words)
        room = self.app.size.width - cell_len(self.words("screen.filter.lifted", filter="")) - 2
        named = fit(shown, min(cell_len(shown), max(_NAMED_LEAST, room)), self.glyphs.ellipsis)
        return self.words("screen.filter.lifted", filter=named)

    def _in_force(self, matching: Matching) -> list[Saying]:
        """The filter that is on, what it did, and the key that lifts it, in one line."""
        shown = filter_report.shown_filter(matching.text, self.words_beside)
        key = self.words("screen.filter.lift_key")
        gaps, width = 6, self.app.size.width
        told = filter_report.counts(matching.account, self.words)
        if cell_len(shown) + cell_len(told) + cell_len(key) + gaps > width:
            told = filter_report.connections_count(matching.account, self.words)
        room = width - cell_len(told) - gaps
        if cell_len(shown) + cell_len(key) > room:
            key = "\\"
        named = fit(shown, min(cell_len(shown), max(_NAMED_LEAST, room - cell_len(key))), self.glyphs.ellipsis)
        return [Saying(named, Voice.OFFER), Saying(told), Saying(key, Voice.QUIET)]

    def _is_awaited(self, work: FilterWork) -> bool:
        """Whether ``work`` is at work on the filter that is wanted, and for so long that its progress is shown.

        For a moment the counts of the filter before may stand: they would flicker with every letter that is typed.
        """
        if work is not self._work or work is not self._at_work:
            return False
        if self.matching is None:
            return True
        return not work.is_of(self.matching.text) and time.monotonic() - self._begun_at > PROGRESS_BEAT

    def _progress(self, work: FilterWork) -> Saying:
        facts = {"done": grouped(work.done), "all": grouped(self.session.store.count - self.session.store.first)}
        return Saying(self.words("screen.filter.working", **facts), Voice.QUIET)

    def _show_progress(self) -> None:
        """Show how far a filter is that takes longer than a moment."""
        if self._at_work is not None and time.monotonic() - self._begun_at > PROGRESS_BEAT:
            self.show_filter_line()
