"""Learning on the main screen: the steps of a case, predictions on any stream, and the case about a finding."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Final

from textual import on, work

from tcptui.analysis.stream.view import view_stream
from tcptui.model.finding import Finding
from tcptui.model.packet_store import NO_ROW
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.session.session import open_file
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.learn.case_walk import CaseWalk
from tcptui.ui.main.glancing import GlancingScreen
from tcptui.ui.main.hints import REVEALED, asking
from tcptui.ui.main.pane_specs import NUMBERED, Pane
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.user_files import LearningRecord

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.lessons.case import Case
    from tcptui.lessons.quiz import Prediction
    from tcptui.session.session import Session
    from tcptui.ui.hint import Hint
    from tcptui.ui.learn.subject import Subject

#: Actions that exist only while a case is open.
_CASE_ACTIONS: Final = ("step", "other_case")


class LearningScreen(GlancingScreen):
    """Adds lessons to a screen that shows a session; `walk` is the walk through the open case, if there is one."""

    nested = False
    """Whether this screen shows a case that was opened above another capture, to which Esc goes back."""

    prediction: Prediction | None = None

    def on_mount(self) -> None:
        """Open the lesson, if there is a case; Textual also calls the base class's handler."""
        if self.walk is not None:
            self._open_panel()
            # The list requests the focus when it is mounted and gets it through the app: the walk begins after that.
            self.call_later(self.app.call_later, self._begin_walk)

    def _begin_walk(self) -> None:
        if self.walk is not None:
            self._panel.show_walk(self.walk)

    def on_unmount(self) -> None:
        """Stop the session that was opened for this screen alone."""
        if self.nested:
            self.session.stop()

    @property
    def may_tell(self) -> bool:
        """Whether the trouble of the capture may be told now: not while a question is open."""
        return super().may_tell and self.prediction is None

    @property
    def _record(self) -> LearningRecord:
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

    def hints_now(self, *, growing: bool, lesson: bool = False) -> tuple[Hint, ...]:
        """The hints of the keys for the open question, else for the pane in front."""
        if self.prediction is not None:
            question = self.prediction.question
            return REVEALED if self.prediction.revealed or question is None else asking(len(question.choices))
        hints = super().hints_now(growing=growing, lesson=lesson or self.walk is not None)
        idle = set()
        if self.walk is None or self.walk.step is None or self.walk.revealed:
            idle.add("screen.reveal")
        if self.workspace.active is Pane.LESSON and self.next_of_step() is None:
            idle.add("screen.drill")
        return tuple(hint for hint in hints if hint.action not in idle)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - for those that override it
        """Allow steps only while a case is open, the overview only while none is, `r` while there is an answer."""
        if action in _CASE_ACTIONS:
            return self.walk is not None
        if action == "twin":
            return self.walk is not None and self.walk.case.twin is not None
        if action == "overview":  # it would give the answers of a case away
            return self.walk is None
        if action == "reveal":
            return self.walk is not None or self.prediction is not None
        return True

    # -- the steps of a case -------------------------------------------------------------
    def action_step(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) step of the case."""
        if self.walk is not None:
            self.end_prediction()
            self._panel.step(step)

    def action_reveal(self) -> None:
        """Show the answer to the prediction, or to the current step's question."""
        if self.prediction is not None:
            if self.prediction.reveal():
                self._show_prediction()
        elif self.walk is not None:
            self._panel.reveal()
            self.show_context()
            if self.walk.complete:
                self._record.finished(self.walk.case.id)

    @on(CasePanel.Measured)
    def _lesson_measured(self, event: CasePanel.Measured) -> None:
        event.stop()
        self.workspace.set_lesson_lines(event.lines)

    @on(CasePanel.StepShown)
    def _step_shown(self, event: CasePanel.StepShown) -> None:
        walk = self.walk
        if walk is not None and walk.wanted_capture != walk.capture:
            walk.capture = walk.wanted_capture
            self._switch_capture(walk)
        else:
            self.highlight_frames(event.packets)
            self.show_context()

    def highlight_frames(self, frames: tuple[int, ...]) -> None:
        """Highlight packets in the timeline and go to the first of them that a connection has."""
        store = self.session.store
        rows = [row for frame in frames if (row := store.row_of_frame(frame)) != NO_ROW]
        self.workspace.ladder.highlight(frozenset(rows))
        if any(self.workspace.go_to_row(row) for row in rows) and self.workspace.active is Pane.CONNECTIONS:
            self.workspace.activate(Pane.TIMELINE)

    def next_of_step(self) -> int | None:
        """The packet of the step that comes after the selected one, after the last one the first; None without any."""
        if self.walk is None or self.prediction is not None or not self.walk.packets:
            return None
        store, row = self.session.store, self.workspace.row
        return next((frame for frame in self.walk.packets if store.row_of_frame(frame) > row), self.walk.packets[0])

    @work(group="case", exclusive=True)
    async def _switch_capture(self, walk: CaseWalk) -> None:
        """Open the capture that the current step is about; the walk stays at this step."""
        session = await asyncio.to_thread(open_file, walk.case.captures[walk.capture])
        self.app.switch_screen(self._sibling(session, walk))

    def _sibling(self, session: Session, walk: CaseWalk) -> LearningScreen:
        screen = type(self)(session, self.words, self.glyphs, self.options, walk=walk)
        screen.nested = self.nested
        return screen

    # -- from a case to another ----------------------------------------------------------
    def action_other_case(self, step: int) -> None:
        """Open the next (``step`` 1) or previous (-1) case in the place of this one."""
        self._go_to_case(step)

    def action_twin(self) -> None:
        """Open the case with the same picture and another cause in the place of this one."""
        self._go_to_case(0)

    @work(group="case", exclusive=True)
    async def _go_to_case(self, step: int) -> None:
        """Open the case that is ``step`` places further in the list; 0: the twin."""
        walk = self.walk
        if walk is None:
            return
        cases = await asyncio.to_thread(all_cases)
        ids = [case.id for case in cases]
        wanted = ids.index(walk.case.id) + step if step else ids.index(walk.case.twin or "")
        if not 0 <= wanted < len(cases):
            self.say(self.words("learning.notice.last_case" if step > 0 else "learning.notice.first_case"))
            return
        case = cases[wanted]
        session = await asyncio.to_thread(open_file, case.captures[0])
        self.end_prediction()
        self.app.switch_screen(
            self._sibling(session, CaseWalk(case))
        )  # not awaited: it ends this worker, whose screen it removes

    # -- predicting ----------------------------------------------------------------------
    def action_predict(self) -> None:
        """Ask a question about the packets after the cursor; while one is open, ask the next one."""
        from tcptui.lessons.quiz import Prediction  # see `tcptui.ui.preload`

        workspace = self.workspace
        workspace.show_selected_stream()
        stream = workspace.ladder.stream
        if stream < 0:
            self.say(self.words("learning.notice.no_stream"))
            return
        view = view_stream(self.session.store, self.session.streams, stream, workspace.ladder.all_rows)
        prediction = self.prediction
        if prediction is None or prediction.stream != stream:
            place = int((view.rows <= workspace.row).sum()) - 1
            prediction = self.prediction = Prediction(stream, max(0, place))
        if prediction.ask(view, self.session.findings(stream)) is None:
            self.end_prediction()
            self.say(self.words("learning.notice.none"))
            return
        self._open_panel()
        self._show_verdict()  # at once: it may be the answer
        if workspace.active in (Pane.CONNECTIONS, Pane.EXPLAIN, Pane.HEADERS):
            workspace.activate(Pane.TIMELINE)
        self._show_prediction(view)
        self.show_context()

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

        page = prediction_page(prediction, prediction.question, view, self.session, self._record, self.words)
        self._panel.show_page(page)
        self.show_context()

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
            self._record.answered(right)
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
        if self.walk is None:
            self.workspace.set_lesson(False)
        self._show_verdict()
        self.workspace.pane_changed()
        self.show_context()
        return True

    @on(Workspace.Changed)
    def _selection_changed(self) -> None:
        """End the prediction when another connection was selected."""
        if self.prediction is not None and self.prediction.stream != self.workspace.ladder.stream:
            self.end_prediction()

    def action_pane(self, number: int) -> None:
        """Answer the open question with choice ``number``, or go to the pane of that number."""
        if not self.answer(number - 1):
            self.workspace.activate(NUMBERED[number - 1])

    # -- from a capture to a case and back -------------------------------------------------
    def action_teach(self) -> None:
        """Open the case that teaches what is under the cursor; when that is the open case, its twin."""
        from tcptui.ui.learn.subject import subjects_under_cursor

        self._teach(subjects_under_cursor(self.workspace))

    @work(group="case", exclusive=True)
    async def _teach(self, subjects: list[Subject]) -> None:
        cases = await asyncio.to_thread(all_cases)
        taught = [(case, each) for each in subjects if (case := _case_for(each, cases))]
        own = None if self.walk is None else self.walk.case
        if own is not None and (not taught or taught[0][0].id == own.id):
            twins = [case for case in cases if case.id == own.twin]
            if twins:
                await self._open_case(CaseWalk(twins[0]))
                return
            taught = []
        if not taught:
            self.say(self.words("learning.notice.no_case"))
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
        screen = self._sibling(session, walk)
        screen.nested = True
        await self.app.push_screen(screen)
        screen.say(self.words("learning.notice.case", title=case.title[self.words.language]))

    @work(group="case", exclusive=True)
    async def go_to_case(self, case: Case) -> None:
        """Open ``case``: above a capture, in the place of another case."""
        walk = CaseWalk(case)
        if self.walk is None:
            await self._open_case(walk)
            return
        session = await asyncio.to_thread(open_file, case.captures[0])
        self.end_prediction()
        self.app.switch_screen(self._sibling(session, walk))  # not awaited: see `_go_to_case`

    def go_back(self) -> bool:
        """End the prediction, or close a case that was opened above a capture; returns whether there was either."""
        if self.end_prediction():
            return True
        if self.nested and self.workspace.active in (Pane.CONNECTIONS, Pane.TIMELINE) and not self.workspace.can_undo:
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
