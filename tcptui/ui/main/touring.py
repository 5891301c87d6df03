"""The tour on the main screen: one hint at a time, in a line of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.access.progress import Phase
from tcptui.ui.hint import Hint
from tcptui.ui.keymap import COMMANDS, shown_now
from tcptui.ui.main.controller import Controller
from tcptui.ui.widgets.tour_line import TourLine

if TYPE_CHECKING:
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.lessons import Lessons
    from tcptui.ui.main.verdicts import Verdicts
    from tcptui.ui.tour.progress import Tour
    from tcptui.ui.tour.table import Situation, TourHint

_SHOWN: Final = {command.name: command.shown for command in COMMANDS}


class Touring(Controller):
    """Shows the hints of the app's tour; in a case none, for its steps say what to do."""

    _tour_hint: TourHint | None = None
    """The hint that is shown."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons, verdicts: Verdicts) -> None:
        super().__init__(screen)
        self._lessons, self._verdicts = lessons, verdicts
        self.line = TourLine(screen.glyphs, screen.words)

    @property
    def _tour(self) -> Tour | None:
        tour: Tour | None = getattr(self.app, "tour", None)
        return tour

    def show(self) -> None:
        """Show the hint that fits now, if any."""
        tour = self._tour
        now = None if tour is None or tour.is_over else self._situation()
        hint = None if tour is None or now is None else tour.hint(now)
        if hint is self._tour_hint:
            return
        self._tour_hint = hint
        if hint is None:
            self.line.show("")
            return
        key = shown_now(Hint(_SHOWN[hint.command], hint.word), self.screen.options.keys).key
        self.line.show(self.words(hint.word, key=key), key)

    def _situation(self) -> Situation | None:
        """What is shown now; None where a hint would be in the way: in a case, a question, or before all is judged.

        A file is judged when the overview has opened by itself, or will not: a hint before that would be seen for a
        moment, and a key pressed at its word would go to the overview.
        """
        session, workspace = self.session, self.workspace
        is_read = session.progress.phase is not Phase.LOADING and (session.live or self._verdicts.is_judged)
        if self.screen.walk is not None or self._lessons.prediction is not None or not is_read:
            return None
        from tcptui.ui.tour.table import Situation

        streams, stream = session.streams, workspace.ladder.stream
        return Situation(
            pane=workspace.active,
            listed=len(workspace.connections.index),
            has_trouble=session.has_trouble,
            has_payload=stream >= 0 and bool(streams.payload_a[stream] or streams.payload_b[stream]),
        )

    def dismiss(self) -> None:
        """Put the hint away for good, and show the next one."""
        if self._tour is not None and self._tour_hint is not None:
            self._tour.dismiss(self._tour_hint)
            self.show()

    def switch(self) -> None:
        """End the tour, or begin it again when it is over."""
        tour = self._tour
        if tour is None:
            return
        if tour.is_over:
            tour.begin_again()
        else:
            tour.end()
        self.screen.say(self.words("tour.notice.off" if tour.is_over else "tour.notice.on"))
        self.show()

    @property
    def progress(self) -> str:
        """How far the tour is, for the palette."""
        from tcptui.ui.tour.table import HINTS

        tour = self._tour
        if tour is None or tour.is_over:
            return self.words("tour.now.off")
        done = sum(hint.id in tour.done for hint in HINTS)
        return self.words("tour.now.on", done=done, all=len(HINTS))
