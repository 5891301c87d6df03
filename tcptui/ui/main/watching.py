"""The trouble of the whole capture on the main screen: the verdict line, and the overview behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message

from tcptui.session.input_priority import input_priority
from tcptui.ui.main.filter_names import NamedFilterScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle

if TYPE_CHECKING:
    from tcptui.ui.main.trouble_watch import CaptureSeen

#: Characters of a statement that is told whole: the line chooses among the forms that fit.
_WHOLE: Final = 10_000


class WatchingScreen(NamedFilterScreen):
    """Looks for trouble while the capture grows; in a case never, for that would give its answers away."""

    @dataclass
    class FileJudged(Message):
        """A file has been judged to its end, and there is trouble in it, or no TCP."""

    _has_told_end = False
    """Whether that has been told, or cannot come any more."""
    _verdict_of: CaptureSeen | None = None
    """What the verdict line tells; None while it is hidden."""

    @property
    def may_tell(self) -> bool:
        """Whether the trouble of the capture may be told now."""
        return self.walk is None

    @property
    def is_told(self) -> bool:
        """Whether the verdict line is up to date, or not to be shown."""
        return not self.may_tell or (self.trouble_watch.is_settled and self._verdict_of is self.trouble_watch.seen)

    @property
    def is_judged(self) -> bool:
        """Whether the verdict line tells of a file that was judged to its end."""
        return self._verdict_of is not None and self._verdict_of.is_final

    def _on_timer(self) -> None:
        super()._on_timer()
        self.look_for_trouble()

    def look_for_trouble(self) -> None:
        """Show the newest verdict, and have a worker thread look for trouble again when it is due."""
        self._show_verdict()
        held = self.paused or self.walk is not None or input_priority.waiting
        if held or not self.trouble_watch.is_due() or not link_is_idle(self.app):
            return
        self.trouble_watch.begin()
        self.run_worker(self._find_trouble, thread=True, group="trouble")

    def _find_trouble(self) -> None:
        input_priority.step_aside()
        self.trouble_watch.compute()

    def _show_verdict(self) -> None:
        seen = self.trouble_watch.seen if self.may_tell else None
        if seen is self._verdict_of:
            return
        self._verdict_of = seen
        groups = seen.trouble.groups if seen is not None else ()
        self.workspace.take_groups(groups)
        tells = bool(groups) or (seen is not None and seen.packets > 0 and not seen.connections)
        if seen is not None and seen.is_final and tells and not self._has_told_end:
            self._has_told_end = True
            if not self.session.live:
                self.post_message(self.FileJudged())
        self.call_later(self.show_tour)  # behind that message, by which the overview may open
        if seen is None or not groups:
            self.verdict_line.show(())
            return
        from tcptui.words.trouble_text import brief_verdicts, verdict  # with the rules: see `tcptui.ui.preload`

        said = (seen.trouble, seen.connections, self.words)
        whole = verdict(*said, most=_WHOLE)
        self.verdict_line.show((whole, verdict(*said), *brief_verdicts(*said)), groups[0].severity)
