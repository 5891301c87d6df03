"""Lessons on the main screen: the steps of a case, predictions on any stream, and the case about a finding."""

from __future__ import annotations

import asyncio
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from tcptui.analysis.stream.view import view_stream
from tcptui.model.finding import Finding
from tcptui.model.packet_store import NO_ROW
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.session.session import open_file
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.learn.case_walk import CaseWalk
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.hints import REVEALED, asking
from tcptui.ui.main.pane_specs import SPEC_OF, Pane
from tcptui.ui.user_files import LearningRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tcptui.analysis.stream.view import StreamView
    from tcptui.lessons.case import Case
    from tcptui.lessons.quiz import Prediction
    from tcptui.ui.hint import Hint
    from tcptui.ui.learn.subject import Subject

#: Actions that exist only while a case is open.
_CASE_ACTIONS: Final = ("step", "other_case")


class Lessons(Controller):
    """The open case, if there is one, and the open question."""

    prediction: Prediction | None = None
    _lesson: CasePanel | None = None
    """The pane of the case or question, once there was one."""

    def mounted(self) -> None:
        """Open the lesson, if there is a case."""
        if self.screen.walk is not None:
            self._open_panel()
            # The list requests the focus when it is mounted and gets it through the app: the walk begins after that.
            self.screen.call_later(self.app.call_later, self._begin_walk)

    def _begin_walk(self) -> None:
        if self.screen.walk is not None:
            self._panel.show_walk(self.screen.walk)

    def unmounted(self) -> None:
        """Stop the session that was opened for this screen alone."""
        if self.screen.nested:
            self.session.stop()

    @property
    def may_tell(self) -> bool:
        """Whether the trouble of the capture may be told now: not in a case, and not while a question is open."""
        return self.screen.walk is None and self.prediction is None

    @property
    def record(self) -> LearningRecord:
        """The learner's record, which the app keeps."""
        record: LearningRecord = getattr(self.app, "learning", None) or _NOWHERE
        return record

    # -- the panel ---------------------------------------------------------------------
    @property
    def _panel(self) -> CasePanel:
        if self._lesson is None:
            self._lesson = CasePanel(self.glyphs, self.words)
            self.workspace.mount(self._lesson)
        return self._lesson

    def _open_panel(self) -> None:
        _ = self._panel
        self.workspace.set_lesson(True)

    def hints(self, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
        """The hints of the keys for the open question, else ``hints`` without those that do nothing in this step."""
        if self.prediction is not None:
            question = self.prediction.question
            return REVEALED if self.prediction.revealed or question is None else asking(len(question.choices))
        idle = set()
        if self.screen.walk is None or self.screen.walk.step is None or self.screen.walk.revealed:
            idle.add("screen.reveal")
        if self.workspace.active is Pane.LESSON and self.next_of_step() is None:
            idle.add("screen.drill")
        return tuple(hint for hint in hints if hint.action not in idle)

    def allows(self, action: str) -> bool:
        """Allow steps only while a case is open, the overview only while none is, `r` while there is an answer."""
        if action in _CASE_ACTIONS:
            return self.screen.walk is not None
        if action == "twin":
            return self.screen.walk is not None and self.screen.walk.case.twin is not None
        if action == "overview":  # it would give the answers of a case away
            return self.screen.walk is None
        if action == "reveal":
            return self.screen.walk is not None or self.prediction is not None
        return True

    # -- the steps of a case -------------------------------------------------------------
    def step(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) step of the case."""
        if self.screen.walk is not None:
            self.end_prediction()
            self._panel.step(step)

    def reveal(self) -> None:
        """Show the answer to the prediction, or to the current step's question."""
        if self.prediction is not None:
            if self.prediction.reveal():
                self._show_prediction()
        elif self.screen.walk is not None:
            self._panel.reveal()
            self.screen.show_context()
            if self.screen.walk.complete:
                self.record.finished(self.screen.walk.case.id)

    def step_shown(self, packets: tuple[int, ...]) -> None:
        """Show the ``packets`` of the step that the pane shows now, which may be of another capture of the case."""
        walk = self.screen.walk
        if walk is not None and walk.wanted_capture != walk.capture:
            walk.capture = walk.wanted_capture
            self._as_task(self._switch_capture, walk)
        else:
            self.highlight_frames(packets)
            self.screen.show_context()

    def _as_task(self, work: Callable[..., Coroutine[None, None, None]], *facts: object) -> None:
        """Run ``work`` in the place of another one that goes on."""
        self.screen.run_worker(partial(work, *facts), group="case", exclusive=True)

    def highlight_frames(self, frames: tuple[int, ...]) -> None:
        """Highlight packets in the timeline and go to the first of them that a connection has."""
        store = self.session.store
        rows = [row for frame in frames if (row := store.row_of_frame(frame)) != NO_ROW]
        self.workspace.ladder.highlight(frozenset(rows))
        if any(self.workspace.go_to_row(row) for row in rows) and self.workspace.active is Pane.CONNECTIONS:
            self.workspace.activate(Pane.TIMELINE)

    def next_of_step(self) -> int | None:
        """The packet of the step that comes after the selected one, after the last one the first; None without any."""
        if self.screen.walk is None or self.prediction is not None or not self.screen.walk.packets:
            return None
        store, row = self.session.store, self.workspace.row
        return next(
            (frame for frame in self.screen.walk.packets if store.row_of_frame(frame) > row),
            self.screen.walk.packets[0],
        )

    async def _switch_capture(self, walk: CaseWalk) -> None:
        """Open the capture that the current step is about; the walk stays at this step."""
        session = await asyncio.to_thread(open_file, walk.case.captures[walk.capture])
        if await self.screen.comes_to_front():
            self.app.switch_screen(self.screen.sibling(session, walk))

    # -- from a case to another ----------------------------------------------------------
    def other_case(self, step: int) -> None:
        """Open the next (``step`` 1) or previous (-1) case in the place of this one."""
        self._as_task(self._go_to_case, step)

    def twin(self) -> None:
        """Open the case with the same picture and another cause in the place of this one."""
        self._as_task(self._go_to_case, 0)

    async def _go_to_case(self, step: int) -> None:
        """Open the case that is ``step`` places further in the list; 0: the twin."""
        walk = self.screen.walk
        if walk is None:
            return
        cases = await asyncio.to_thread(all_cases)
        ids = [case.id for case in cases]
        wanted = ids.index(walk.case.id) + step if step else ids.index(walk.case.twin or "")
        if not 0 <= wanted < len(cases):
            self.screen.say(self.words("learning.notice.last_case" if step > 0 else "learning.notice.first_case"))
            return
        await self._replace_by(CaseWalk(cases[wanted]))

    async def _replace_by(self, walk: CaseWalk) -> None:
        """Open another case, at its beginning, in the place of this one."""
        session = await asyncio.to_thread(open_file, walk.case.captures[0])
        if await self.screen.comes_to_front():
            self.end_prediction()
            # Not awaited: it ends this worker, whose screen it removes.
            self.app.switch_screen(self.screen.sibling(session, walk))

    # -- predicting ----------------------------------------------------------------------
    def predict(self) -> None:
        """Ask a question about the packets after the cursor; while one is open, ask the next one."""
        from tcptui.lessons.quiz import Prediction  # see `tcptui.ui.preload`

        workspace = self.workspace
        workspace.show_selected_stream()
        stream = workspace.ladder.stream
        if stream < 0:
            self.screen.say(self.words("learning.notice.no_stream"))
            return
        view = view_stream(self.session.store, self.session.streams, stream, workspace.ladder.all_rows)
        prediction = self.prediction
        if prediction is None or prediction.stream != stream:
            place = int((view.rows <= workspace.row).sum()) - 1
            prediction = self.prediction = Prediction(stream, max(0, place))
        if prediction.ask(view, self.session.findings(stream)) is None:
            self.end_prediction()
            self.screen.say(self.words("learning.notice.none"))
            return
        self._open_panel()
        self.screen.show_verdict()  # at once: it may be the answer
        if workspace.active in (Pane.CONNECTIONS, Pane.EXPLAIN, Pane.HEADERS):
            workspace.activate(Pane.TIMELINE)
        self._show_prediction(view)
        self.screen.show_context()

    def _show_prediction(self, view: StreamView | None = None) -> None:
        """Hide what would give the answer away, and show the question, or its answer once revealed."""
        prediction, ladder = self.prediction, self.workspace.ladder
        if prediction is None or prediction.question is None:
            return
        if view is None:
            view = view_stream(self.session.store, self.session.streams, prediction.stream, ladder.all_rows)
        hidden = prediction.concealment
        shown = len(view) if hidden.hidden_from is None else min(hidden.hidden_from, len(view))
        masked = -1 if hidden.masked is None else int(view.rows[hidden.masked])
        ladder.conceal(int(view.rows[shown]) if shown < len(view) else None, masked)
        self._conceal_in_list(prediction.stream)
        self.workspace.fit_timeline()
        self.workspace.go_to_row(int(view.rows[shown - 1]))
        self.workspace.settle_now()  # headers and explanation of before would give the answer away
        from tcptui.ui.learn.prediction_page import prediction_page

        page = prediction_page(prediction, prediction.question, view, self.session, self.record, self.words)
        self._panel.show_page(page)
        self.screen.show_context()

    def _conceal_in_list(self, stream: int) -> None:
        """Have the list and the timeline's title tell nothing about ``stream``; -1: everything about all."""
        self.workspace.connections.concealed = stream
        self.workspace.connections.refresh()
        self.workspace.show_titles()

    def answer(self, choice: int) -> bool:
        """Answer the open question with a choice (from 0); returns whether a question was open."""
        prediction = self.prediction
        if prediction is None or prediction.revealed:
            return False
        right = prediction.choose(choice)
        if right is not None:
            self.record.answered(right)
            self._show_prediction()
        return True

    def end_prediction(self) -> bool:
        """End the prediction and show everything again; returns whether there was one."""
        if self.prediction is None:
            return False
        self.prediction = None
        self.workspace.ladder.conceal(None)
        self._conceal_in_list(-1)
        self.workspace.fit_timeline()
        self._panel.show_page(None)
        if self.screen.walk is None:
            self.workspace.set_lesson(False)
        self.screen.show_verdict()
        self.workspace.pane_changed()
        self.screen.show_context()
        return True

    def selection_changed(self) -> None:
        """End the prediction when another connection was selected."""
        if self.prediction is not None and self.prediction.stream != self.workspace.ladder.stream:
            self.end_prediction()

    # -- from a capture to a case and back -------------------------------------------------
    def teach(self) -> None:
        """Open the case that teaches what is under the cursor; when that is the open case, its twin."""
        self._as_task(self._teach, SPEC_OF[self.workspace.active].subjects(self.workspace))

    async def _teach(self, subjects: list[Subject]) -> None:
        cases = await asyncio.to_thread(all_cases)
        taught = [(case, each) for each in subjects if (case := _case_for(each, cases))]
        own = None if self.screen.walk is None else self.screen.walk.case
        if own is not None and (not taught or taught[0][0].id == own.id):
            twins = [case for case in cases if case.id == own.twin]
            if twins:
                await self._open_case(CaseWalk(twins[0]))
                return
            taught = []
        if not taught:
            self.screen.say(self.words("learning.notice.no_case"))
            return
        case, subject = taught[0]
        walk = CaseWalk(case)
        if isinstance(subject, Finding):
            from tcptui.lessons.case_for import case_step_for

            walk.position = case_step_for(case, subject.id)
            walk.capture = walk.wanted_capture
        await self._open_case(walk)

    async def _open_case(self, walk: CaseWalk) -> None:
        case = walk.case
        self.end_prediction()
        session = await asyncio.to_thread(open_file, case.captures[walk.capture])
        if not await self.screen.comes_to_front():
            return
        screen = self.screen.sibling(session, walk, nested=True)
        await self.app.push_screen(screen)
        screen.say(self.words("learning.notice.case", title=case.title[self.words.language]))

    def go_to(self, case: Case) -> None:
        """Open ``case``: above a capture, in the place of another case."""
        self._as_task(self._go_to, case)

    async def _go_to(self, case: Case) -> None:
        walk = CaseWalk(case)
        if self.screen.walk is None:
            await self._open_case(walk)
        else:
            await self._replace_by(walk)

    def back(self) -> bool:
        """End the prediction, or close a case that was opened above a capture; returns whether there was either."""
        if self.end_prediction():
            return True
        if (
            self.screen.nested
            and self.workspace.active in (Pane.CONNECTIONS, Pane.TIMELINE)
            and not self.workspace.can_undo
        ):
            self.app.pop_screen()
            return True
        return False


def _case_for(subject: Subject, cases: list[Case]) -> Case | None:
    from tcptui.lessons.case_for import teaching_finding, teaching_state, teaching_verdict

    if isinstance(subject, Finding):
        return teaching_finding(cases, subject.id)
    if isinstance(subject, Verdict):
        return teaching_verdict(cases, subject)
    return teaching_state(cases, subject) if isinstance(subject, TcpState) else None


@cache
def all_cases() -> list[Case]:
    """All bundled cases, loaded once: loading takes a moment."""
    from tcptui.lessons.loader import load_cases

    return load_cases()


_NOWHERE: Final = LearningRecord()
