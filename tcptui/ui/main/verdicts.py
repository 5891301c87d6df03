"""The trouble of the whole capture on the main screen: the verdict line, and the overview behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.message import Message

from tcptui.session.input_priority import input_priority
from tcptui.ui.cell_text import fit
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.status_of import Told
from tcptui.ui.main.trouble_watch import TroubleWatch
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.one_line import OneLine, action_style
from tcptui.words.quantities import NO_BREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.main.live import Live
    from tcptui.ui.main.trouble_watch import CaptureSeen
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words

#: Characters of a statement that is told whole: the line chooses among the forms that fit.
_WHOLE: Final = 10_000


class Verdicts(Controller):
    """Looks for trouble while the capture grows; in a case never, for that would give its answers away."""

    @dataclass
    class FileJudged(Message):
        """A file has been judged to its end, and there is trouble in it, or no TCP."""

    _has_told_end = False
    """Whether that has been told, or cannot come any more."""
    _is_page_due = False
    """Whether it has been told, but nobody has acted on it yet."""
    _verdict_of: CaptureSeen | None = None
    """What the verdict line tells; None while it is hidden."""

    _told_of = 0
    """Of how many connections in all the line tells."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons, live: Live) -> None:
        super().__init__(screen)
        self._lessons, self._live = lessons, live
        self.line = VerdictLine(screen.glyphs, screen.words)
        self.watch = TroubleWatch(screen.session)

    @property
    def is_told(self) -> bool:
        """Whether the verdict line is up to date, or not to be shown."""
        return not self._lessons.may_tell or (self.watch.is_settled and self._verdict_of is self.watch.seen)

    @property
    def is_judged(self) -> bool:
        """Whether the line tells of a file that was judged to its end, and the first page has opened, or will not."""
        return self._verdict_of is not None and self._verdict_of.is_final and not self._is_page_due

    def first_page_done(self) -> None:
        """Note that the first page has opened, or will not."""
        self._is_page_due = False

    def look(self) -> None:
        """Show the newest verdict, and have a worker thread look for trouble again when it is due."""
        self.show()
        held = self.screen.paused or self.screen.walk is not None or input_priority.waiting
        if held or not self.watch.is_due() or not link_is_idle(self.app):
            return
        self.watch.begin()
        self.screen.run_worker(self._find_trouble, thread=True, group="trouble")

    def _find_trouble(self) -> None:
        input_priority.step_aside()
        self.watch.compute()

    def show(self) -> None:
        """Show the newest verdict, as far as it may be told now."""
        seen = self.watch.seen if self._lessons.may_tell else None
        if seen is self._verdict_of:
            if seen is not None and seen.trouble.groups and not self.screen.paused:
                self._tell(seen, self.session.streams.count)
            return
        self._verdict_of = seen
        groups = seen.trouble.groups if seen is not None else ()
        self.workspace.take_groups(groups)
        tells = bool(groups) or (seen is not None and seen.packets > 0 and not seen.connections)
        if seen is not None and seen.is_final and tells and not self._has_told_end:
            self._has_told_end = True
            if not self.session.live:
                self._is_page_due = True
                self.screen.post_message(self.FileJudged())
        self.screen.call_later(self.screen.show_tour)  # behind that message, by which the overview may open
        if seen is None or not groups:
            self._live.told = None
            self.line.show(())
            return
        self._told_of = 0
        self._tell(seen, self.session.streams.count if not self.screen.paused else seen.connections)

    def _tell(self, seen: CaptureSeen, connections: int) -> None:
        """Tell of ``seen``, which has trouble, among all ``connections``, as many as the first line counts."""
        if connections == self._told_of:
            return
        self._told_of, self._live.told = connections, Told(*seen.levels, connections)
        self.screen.show_status()
        from tcptui.words.trouble_text import brief_verdicts, verdict  # with the rules: see `tcptui.ui.preload`

        said = (seen.trouble, connections, self.words)
        whole = verdict(*said, most=_WHOLE)
        self.line.show((whole, verdict(*said), *brief_verdicts(*said)), seen.trouble.groups[0].severity)


class VerdictLine(OneLine):
    """Hidden while there is no trouble, so that it takes no row."""

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "verdict") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, id=id)
        self._forms: Sequence[str] = ()
        self._severity = 0

    @property
    def text(self) -> str:
        """The verdict in its longest form; empty while the line is hidden."""
        return self._forms[0] if self._forms else ""

    def show(self, forms: Sequence[str], severity: int = 0) -> None:
        """Show the first of ``forms`` (the longest first) that fits; without any the line is hidden.

        ``severity``: the worst, a `Severity`, by which it is drawn.
        """
        if (forms, severity) != (self._forms, self._severity):
            self._forms, self._severity = forms, severity
            self.set_class(bool(forms), "-shown")
            self.refresh()

    def cells(self, width: int) -> Cells:
        """The sentence in the longest form that fits, the last one cut if need be, and the key."""
        palette = self.palette
        label = f" {self.words('screen.hint.overview')} "
        sign = f" {self.glyphs.severity(self._severity)} "
        room = width - cell_len(sign) - cell_len(label) - 2
        text = next((form for form in self._forms if cell_len(form) <= room), "")
        text = text or (self._forms[-1] if self._forms else "")
        action = "screen.overview"
        return [
            (sign, palette.severity(self._severity)),
            (fit(text.replace(NO_BREAK, " "), room, self.glyphs.ellipsis), palette.severity(self._severity)),
            (" 0", action_style(palette.key, action)),
            (label, action_style(palette.faint, action)),
        ]
