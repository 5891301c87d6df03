"""What the main screen says about its display filter, below the prompt and below the list."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.dfilter.errors import FilterError
from tcptui.dfilter.typed import beginning_fields, is_filter, is_mistaken_field, meant_filter
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import fit, grouped
from tcptui.ui.main import filter_report
from tcptui.ui.main.controller import Controller
from tcptui.ui.widgets.filter_line import FilterLine, Pointer, Saying, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filter_work import FilterWork
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.main.understanding import Understanding

#: Interval (seconds) at which the progress of a filter is shown.
_PROGRESS_BEAT: Final = 0.25
#: On a terminal of this height the closed filter has a second line, for its traps.
_TALL: Final = 30
#: Cells of the filter's text that are shown, at least.
_NAMED_LEAST: Final = 8
#: Cells that are left for how many more completions there are.
_MORE_ROOM: Final = 18


class FilterSaying(Controller):
    """Says what there is to say about the filter that is on and the one that is wanted, and offers completions."""

    offered = ""
    """The filter that Tab takes instead of what was typed; empty: Tab completes."""
    choices: Sequence[str] = ()
    """What the text that was completed last, `choices_of`, may go on with."""
    choices_of = ""

    def __init__(self, screen: ControlledScreen, filtering: Filtering, understanding: Understanding) -> None:
        super().__init__(screen)
        self._filtering, self._understanding = filtering, understanding
        self.line = FilterLine(screen.glyphs)

    def mounted(self) -> None:
        """Show progress from now on."""
        self.screen.set_interval(_PROGRESS_BEAT, self._show_progress)

    def resized(self, width: int, height: int) -> None:
        """Lay out the line anew."""
        self.line.rearrange(width, height)
        if not self._filtering.is_asked:
            self.screen.show_filter_line()  # the filter is cut to the width

    def show(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say; ``loudly``: Enter was pressed on a mistake."""
        if self._filtering.is_asked:
            sayings, pointer = self._sayings_while_typing(loudly=loudly)
            self.line.show(sayings, pointer)
        else:
            self.line.show(self._said(), most=2 if self.app.size.height >= _TALL else 1)

    def _sayings_while_typing(self, *, loudly: bool) -> tuple[list[Saying], Pointer | None]:
        text, work, error = self.screen.prompt.text, self._filtering.work, self._filtering.mistake
        self.offered = ""
        if self.choices and text == self.choices_of and not loudly:
            return [self.choices_text(self.choices)], None
        if not text.strip():
            return [], None
        meant = self._meant(text)
        if meant:
            return meant, None
        if not is_filter(text):
            return self._word_sayings(text)
        if work is None or not work.is_of(text):
            return [], None
        if error is not None:
            return self.mistake_sayings(text, error, loudly=loudly)
        if self._is_awaited(work):
            return [self._progress(work)], None
        matching = self._filtering.matching
        return ([], None) if matching is None else (filter_report.account(matching, self.words), None)

    def mistake_sayings(self, text: str, error: FilterError, *, loudly: bool) -> tuple[list[Saying], Pointer | None]:
        """What is wrong and where; of what is still being typed, what is missing or what it may become."""
        if loudly or not filter_report.is_unfinished(error, text):
            if self._filtering.is_asked and error.suggestion is not None:
                self.offered = error.suggestion.replacement or ""
            return filter_report.mistake(error, self.words), self._pointer(text, error)
        begun = filter_report.begun_fields(error, text)
        return ([self.choices_text(begun)] if begun else filter_report.unfinished(error, text, self.words)), None

    def _pointer(self, text: str, error: FilterError) -> Pointer:
        span = error.span
        before = cell_len(text[: span.offset])
        return Pointer(self.screen.prompt.text_begin + before, cell_len(text[span.offset : span.end]))

    def _word_sayings(self, text: str) -> tuple[list[Saying], Pointer | None]:
        """Words in a row are no filter; a field that there is not is told."""
        if is_mistaken_field(text):
            from tcptui.dfilter.compile import compile_filter

            try:
                compile_filter(text)
            except FilterError as error:
                sayings, pointer = self.mistake_sayings(text, error, loudly=True)
                return [*sayings, Saying(self.words("screen.filter.enter_finds_words"), Voice.QUIET)], pointer
        begun = beginning_fields(text)
        return [*([self.choices_text(begun)] if begun else []), *self._understood(all_of_them=True)], None

    def _understood(self, *, all_of_them: bool) -> list[Saying]:
        """How the words that narrow the list were understood."""
        return [Saying(text, Voice.QUIET) for text in self._understanding.sayings(all_of_them=all_of_them)]

    def choices_text(self, choices: Sequence[str]) -> Saying:
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

    def _meant(self, text: str) -> list[Saying]:
        """What words of a capture filter mean, which both Enter and Tab take; nothing where they are none."""
        self.offered = meant_filter(text)
        if not self.offered:
            return []
        takes = self.words("screen.filter.enter_takes", filter=filter_report.shown_filter(self.offered))
        return [Saying(self.words("filter.hint.capture-filter"), Voice.TELL), Saying(takes, Voice.OFFER)]

    def _said(self) -> list[Saying]:
        """What is said while the prompt is closed: which filter is on, or can be put back."""
        words, filtering = self.words, self._filtering
        matching, work = filtering.matching, filtering.at_work
        if work is not None and self._is_awaited(work):
            return [self._progress(work)]
        if matching is not None:
            sayings = self._in_force(matching)
            if self.app.size.height >= _TALL:
                sayings += [Saying(text, Voice.WARN) for text in filter_report.warnings(matching, words)]
            return sayings
        if filtering.work is not None and filtering.mistake is not None:
            return filter_report.mistake(filtering.mistake, words)
        lifted = filtering.lifted
        put_back = [] if lifted is None else [Saying(self._of_lifted(lifted), Voice.QUIET)]
        return [*self._understood(all_of_them=False), *put_back]

    def _of_lifted(self, work: FilterWork) -> str:
        """The filter that can be put back, cut so that its key has room on the same line."""
        shown = filter_report.shown_filter(work.text, work.words)
        room = self.app.size.width - cell_len(self.words("screen.filter.lifted", filter="")) - 2
        named = fit(shown, min(cell_len(shown), max(_NAMED_LEAST, room)), self.glyphs.ellipsis)
        return self.words("screen.filter.lifted", filter=named)

    def _in_force(self, matching: Matching) -> list[Saying]:
        """The filter that is on, what it did, and the key that lifts it, in one line."""
        shown = filter_report.shown_filter(matching.text, self._filtering.words_beside)
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
        filtering = self._filtering
        if work is not filtering.work or work is not filtering.at_work:
            return False
        if filtering.matching is None or filtering.matching.is_partial:
            return True
        return not work.is_of(filtering.matching.text) and time.monotonic() - filtering.begun_at > _PROGRESS_BEAT

    def _progress(self, work: FilterWork) -> Saying:
        facts = {"done": grouped(work.done), "all": grouped(self.session.store.count - self.session.store.first)}
        matching = self._filtering.matching
        if matching is not None and matching.is_partial and work.is_of(matching.text):
            matched = grouped(matching.account.matched)
            return Saying(self.words("screen.filter.working_found", matched=matched, **facts), Voice.QUIET)
        return Saying(self.words("screen.filter.working", **facts), Voice.QUIET)

    def _show_progress(self) -> None:
        """Show how far a filter is that takes longer than a moment."""
        filtering = self._filtering
        if filtering.at_work is not None and time.monotonic() - filtering.begun_at > _PROGRESS_BEAT:
            self.screen.show_filter_line()
