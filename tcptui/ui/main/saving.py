"""Saving packets on the main screen: of a running capture, or of a file those that match."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tcptui.model.errors import TcptuiError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.ui.cell_text import amount
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.prompt_line import PromptKind, expand
from tcptui.ui.screens.noticing import NoticingScreen

if TYPE_CHECKING:
    from textual.app import App

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filtering import Filtering


class Saving(Controller):
    """Asks where to, and copies what has been captured there."""

    PROMPTS = frozenset({PromptKind.SAVE, PromptKind.SLICE})
    _waits_to_save: tuple[str, str] | None = None
    """The file for what matches, and the filter that is still being worked out."""

    def __init__(self, screen: ControlledScreen, filtering: Filtering) -> None:
        super().__init__(screen)
        self._filtering = filtering
        filtering.when_answered.append(self._filter_answered)

    def ask(self) -> None:
        """Ask for the file to save the capture so far to; of what is in a file already, the packets that match."""
        if self.session.spool is not None:
            self.screen.ask(PromptKind.SAVE)
        elif not self._filtering.is_narrowed or self.session.progress.growing:
            self.screen.say(self.words("screen.notice.saved_already"))
        else:
            self.screen.ask(PromptKind.SLICE)

    def ask_for_matching(self) -> None:
        """Ask for the file to save the packets to that filter and words leave, also of a capture that goes on."""
        if not self._filtering.is_narrowed:
            self.screen.say(self.words("screen.notice.nothing_filtered"))
        else:
            self.screen.ask(PromptKind.SLICE)

    def save_matching(self, text: str) -> None:
        """Copy what filter and words leave to the file ``text``, in a worker thread, once it is known what that is."""
        self._waits_to_save = (text, self._filtering.wanted) if self._filtering.is_due else None
        if self._waits_to_save is not None:
            return
        from tcptui.ui.main.save_matching import Left, save_left  # no start waits for it

        if not self._filtering.is_narrowed:
            return
        left, path = Left(self._filtering.matching, self._filtering.streams_left), expand(text)
        app, book = self.app, self.workspace.connections.notebook

        def copy() -> None:
            try:
                count = save_left(self.session, left, path, book, self.words)
            except TcptuiError as error:
                said = self._why_not_saved(error)
            except OSError as error:
                said = self.words("screen.filter.unreadable", reason=reason_of(error))
            else:
                of_all = f"{self.session.store.count:,}"
                said = self.words("slice.written", n=f"{count:,}", all=of_all, file=safe_text(str(path)))
            self._tell_from_thread(app, said)

        app.run_worker(copy, thread=True, group="save")

    def submitted(self, kind: PromptKind, text: str, /) -> None:
        """Save to the file that was typed."""
        if text and kind is PromptKind.SAVE:
            self.save(text)
        elif text:
            self.save_matching(text)

    def _filter_answered(self) -> None:
        """Save what waited for the answer of the filter."""
        if self._waits_to_save is not None:
            text, wanted = self._waits_to_save
            if wanted == self._filtering.wanted:
                self.save_matching(text)
            else:  # it was wrong, or another one is wanted now
                self._waits_to_save = None

    def save(self, text: str) -> None:
        """Copy the capture so far to the file ``text``, in a worker thread."""
        path, app = expand(text), self.app

        def copy() -> None:
            try:
                size = self.session.save(path)
            except TcptuiError as error:
                said = self._why_not_saved(error)
            else:
                said = self.words("screen.notice.saved", file=safe_text(str(path)), size=amount(size))
            self._tell_from_thread(app, said)

        app.run_worker(copy, thread=True, group="save")

    def _tell_from_thread(self, app: App[Any], text: str) -> None:
        """Tell what came of saving, and whether anything is unsaved now, on the screen that is in front by then.

        A copy goes on when its screen is left, as the capture does that is begun anew.
        """

        def tell() -> None:
            screen = self.screen if not self.screen.is_leaving else app.screen
            if screen is self.screen or isinstance(screen, NoticingScreen):
                screen.show_status()
                screen.say(text)

        with suppress(RuntimeError):  # the app has ended
            app.call_from_thread(tell)

    def _why_not_saved(self, error: TcptuiError) -> str:
        is_taken = error.key == "messages.output_exists"  # its advice is for the command line
        return self.words("screen.notice.taken" if is_taken else error.key, **error.facts)
