"""Jumps to the next problem, which may have to wait until one is found."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import is_looked_through
from tcptui.model.finding import Severity
from tcptui.ui.cell_text import grouped, span
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import PROBLEM, Pane

if TYPE_CHECKING:
    from tcptui.ui.hint import Hint
    from tcptui.ui.main.connection_index import ListedProblem
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.main.workspace import Place

#: How long (seconds) a jump to the next problem waits for connections that have not been judged yet.
_SEEK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Seek:
    """A jump to the next problem that waits until one is found."""

    step: int
    place: Place
    """Pane and cursors when the key was pressed."""
    until: float
    """Deadline, by `time.monotonic`."""


class Seeking(Controller):
    """Goes from problem to problem."""

    _seek: Seek | None = None
    _hinted: bool | None = None
    """Whether there was a problem to go to when the hints were shown last."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons) -> None:
        super().__init__(screen)
        self._lessons = lessons

    def next_problem(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) problem."""
        self._lessons.end_prediction()
        self.workspace.connections.touched = True
        self._seek = Seek(step, self.workspace.place, time.monotonic() + _SEEK_SECONDS)
        self._go_on_seeking()
        if self._seek is not None:
            self.screen.say(self.words("screen.notice.no_problem_yet"))

    def next_connection(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) connection of the list; the pane in front stays there."""
        self._lessons.end_prediction()
        if not self.workspace.next_connection(step):
            self.screen.say(self.words("screen.notice.no_connection_after"))

    def longest_gap(self) -> None:
        """Go to the packet behind the longest pause of the connection; from there, behind the next longest."""
        self._lessons.end_prediction()
        workspace = self.workspace
        workspace.show_selected_stream()
        gap = workspace.ladder.next_gap()
        if gap is None:
            self.screen.say(self.words("screen.notice.no_gap"))
            return
        workspace.following = False
        workspace.activate(Pane.TIMELINE)
        workspace.ladder.put_cursor(gap.position, by_user=True)
        facts = {"number": grouped(gap.number), "count": grouped(gap.count)}
        self.screen.say(self.words("screen.notice.gap", span=span(gap.ns, self.glyphs.micro), **facts))

    def ticked(self, _is_idle: bool, /) -> None:
        """Finish a jump to a problem that has been found meanwhile."""
        self._go_on_seeking()
        if self.has_problem is not self._hinted:
            self._hinted = self.has_problem  # here, because while a question is open other hints stand there
            self.screen.show_context()

    @property
    def has_problem(self) -> bool:
        """Whether there is a problem to go to from the pane in front."""
        session, workspace = self.session, self.workspace
        own = workspace.own_trouble
        if own is not None:
            return own
        stream = workspace.ladder.stream
        if stream >= 0 and int(session.streams.troubled[stream]):
            return True
        levels, listed = session.severity, workspace.connections.index.order
        if len(listed) < len(levels):
            levels = levels[listed[listed < len(levels)]]
        return bool((levels >= Severity.WARNING).any())

    def hints(self, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
        """The ``hints``; the one that goes to a problem only where there is one."""
        self._hinted = self.has_problem
        return hints if self._hinted else tuple(hint for hint in hints if hint is not PROBLEM)

    def _go_on_seeking(self) -> None:
        """Go to the problem that was asked for, if one has been found and the cursor has not moved meanwhile."""
        seek = self._seek
        if seek is None:
            return
        looked_through = is_looked_through(self.session)  # read first: a problem found after that counts as found
        if self.workspace.place != seek.place or self.workspace.next_problem(seek.step):
            self._seek = None
        elif looked_through:
            self._seek = None
            if not self.workspace.first_marked_packet(seek.step):
                self.screen.say(self.words("screen.notice.no_problem_after"))
        elif time.monotonic() > seek.until:
            self._seek = None

    def say_reached(self, problem: ListedProblem) -> None:
        """Say which of the problems the cursor is on now."""
        facts = {"number": grouped(problem.number), "count": grouped(problem.count)}
        self.screen.say(self.words(f"screen.notice.problem.{problem.severity.name.lower()}", **facts))
