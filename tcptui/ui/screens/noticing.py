"""Base class of the screens with a bottom line: short notices before its hints, and copying with a notice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Generic

from textual.screen import ScreenResultType

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import grouped
from tcptui.ui.clipboard import MOST, Copied, Way, clipboard_route, give_to_tmux, keep, sequence
from tcptui.ui.guarded_screen import GuardedScreen
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.one_shot import call_after
from tcptui.ui.terminal.frame_pacing import LowLatencyScreen, link_is_idle
from tcptui.ui.widgets.one_line import HintLine
from tcptui.userdirs.places import with_tilde

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.timer import Timer

    from tcptui.ui.hint import Hint
    from tcptui.ui.leaving import Leaving
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: How long a notice is shown, in seconds.
NOTICE_SECONDS: Final = 3.0
#: A notice with something to write down is shown longer.
_LONG_NOTICE_SECONDS: Final = 6.0
#: A question waits for who looks elsewhere first; any key takes it away sooner.
QUESTION_SECONDS: Final = 30.0
#: One that stands until somebody is there to read it.
_UNTIL_A_KEY: Final = 24 * 3600.0


class NoticingScreen(GuardedScreen[ScreenResultType], LowLatencyScreen[ScreenResultType], Generic[ScreenResultType]):
    """Has a `HintLine` on which `say` puts a notice for a while; the next key takes it away."""

    def __init__(self, words: Words, glyphs: Glyphs) -> None:
        super().__init__()
        self.words = words
        self.glyphs = glyphs
        self.hint_line = HintLine(glyphs, words)
        self._notice_timer: Timer | None = None

    def on_screen_resume(self) -> None:
        """Show what the program has complained of since it started, until somebody has had time to read it."""
        complaint = getattr(self.app, "complaint", "")
        if complaint:
            self.say(complaint, _UNTIL_A_KEY)

    def show_hints(self) -> None:
        """Put the hints back; for subclasses."""

    def put_hints(self, hints: Sequence[Hint]) -> None:
        """Show ``hints``, behind the notice where there is one."""
        self.hint_line.show(hints, self.hint_line.notice if self.has_notice else "")

    def show_tour(self) -> None:
        """Show the hint of the tour that fits now, if any; for subclasses."""

    def show_status(self) -> None:
        """Show how the capture is now; for subclasses."""

    def show_notice(self, text: str) -> None:
        """Put ``text`` before the hints."""
        self.hint_line.show(self.hint_line.hints, text)

    def notice_over(self) -> None:
        """A notice has ended, or makes room for another: a question that it asked is no longer on the screen."""
        leaving: Leaving | None = getattr(self.app, "leaving", None)
        if leaving is not None:
            leaving.forget()

    def say(self, text: str, seconds: float = NOTICE_SECONDS) -> None:
        """Show ``text`` for ``seconds``, or until the next key, before the hints."""
        if self._notice_timer is not None:
            self._notice_timer.stop()
            self.notice_over()
        self.show_notice(text)
        self._notice_timer = call_after(self, seconds, self._end_notice)

    def end_notice(self) -> None:
        """Take the notice away, if there is one, and put the hints back."""
        if self._notice_timer is not None:
            self._notice_timer.stop()
            self._drop_notice()

    @property
    def has_notice(self) -> bool:
        """Whether a notice is shown."""
        return self._notice_timer is not None

    def _end_notice(self) -> None:
        if not link_is_idle(self.app):  # over a slow link it may only just have been drawn, or not yet
            self._notice_timer = call_after(self, NOTICE_SECONDS, self._drop_notice)
            return
        self._drop_notice()

    def _drop_notice(self) -> None:
        self._notice_timer = None
        self.notice_over()
        self.show_hints()

    # -- going places ------------------------------------------------------------------
    def action_overview(self) -> None:
        """Close this screen, and open the overview of the capture that it was opened above."""
        if getattr(self.app, "session", None) is None:
            return  # the help above the start screen
        below = self.app.screen_stack[-2]
        if below.check_action("overview", ()):
            self.dismiss(None)
            self.app.call_later(below.run_action, "overview")
        else:
            self.say(self.words("screen.notice.no_overview"))

    # -- copying -----------------------------------------------------------------------
    def copy(self, text: str) -> None:
        """Put ``text`` on the clipboard and into a private file, and show a notice about it."""
        if not text:
            return
        path = keep(text, os.environ)
        if clipboard_route(os.environ) is not Way.TMUX:
            self._send(text, path)
            return

        def ask_tmux() -> None:
            if give_to_tmux(text):
                size = len(text.encode("utf-8", "replace"))
                call_on_loop(self, self._tell_copied, Copied(True, size, path, by_tmux=True))
            else:
                call_on_loop(self, self._send, text, path)

        self.run_worker(ask_tmux, thread=True, exclusive=True, group="copy")

    def _send(self, text: str, path: Path | None) -> None:
        self.app.copy_to_clipboard(text)
        sent = bool(sequence(text, clipboard_route(os.environ)))
        self._tell_copied(Copied(sent, len(text.encode("utf-8", "replace")), path))

    def _tell_copied(self, copied: Copied) -> None:
        shape = "tmux" if copied.by_tmux else "sent" if copied.sent else "long" if copied.size > MOST else "none"
        place = "file" if copied.path is not None else "nowhere"
        path = "" if copied.path is None else safe_text(with_tilde(copied.path, os.environ))
        facts = {"size": grouped(copied.size), "most": grouped(MOST), "path": path}
        self.say(self.words(f"copy.{shape}.{place}", **facts), _LONG_NOTICE_SECONDS)
