"""Marks and notes on packets and connections, kept beside the file: `m` marks, `M` asks for a note."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcptui.model.errors import TcptuiError
from tcptui.model.notes import Note
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.prompt_line import PromptKind

if TYPE_CHECKING:
    from tcptui.access.notes.notebook import Notebook
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.leaving import Leaving
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.filtering import Filtering
    from tcptui.ui.main.lessons import Lessons


class Noting(Controller):
    """The notebook of the file that is shown, if it can be used."""

    PROMPTS = frozenset({PromptKind.NOTE})
    _noted: tuple[int, int] = (-1, -1)
    """Connection and packet that the open prompt is about, as `_subject` gives them."""

    def __init__(self, screen: ControlledScreen, lessons: Lessons, filtering: Filtering) -> None:
        super().__init__(screen)
        self._lessons, self._filtering = lessons, filtering

    def mounted(self) -> None:
        """Show the marks and notes that there are."""
        if self.screen.walk is not None:
            self._place_notes(self.screen.walk)
        self.open_notebook()

    def _place_notes(self, walk: CaseWalk) -> None:
        """Have marks and notes kept among the user's own files: those of a case belong to the program."""
        capture = walk.case.captures[walk.capture]
        self.session.notes_file = self._lessons.record.notes_file(walk.case.id, capture)
        self.session.capture_file = capture if self.session.notes_file is not None else None

    def open_notebook(self) -> Notebook | None:
        """The notebook; None where there is none to be had, which is then said."""
        try:
            notebook = self.session.notebook
        except TcptuiError as error:
            self.screen.say(self.words(error.key, **error.facts))
            return None
        self.workspace.take_notes(notebook)
        return notebook

    def _subject(self) -> tuple[int, int]:
        """What a mark is put on: the connection under the cursor (and -1), else the packet (behind -1)."""
        workspace = self.workspace
        if workspace.active is Pane.CONNECTIONS:
            return workspace.connections.stream, -1
        return (-1, workspace.row) if not workspace.explains_connection else (workspace.ladder.stream, -1)

    def _note_of(self, subject: tuple[int, int]) -> Note:
        stream, row = subject
        return self.workspace.connections.note_of(stream) if stream >= 0 else self.workspace.ladder.note_of(row)

    def _keep(self, notebook: Notebook, subject: tuple[int, int], note: Note) -> None:
        """Have ``note`` be that of ``subject``, in the file too, and say so."""
        stream, row = subject
        store, streams = self.session.store, self.session.streams
        about = "connection" if stream >= 0 else "packet"
        frame = int(store.frame[streams.first_row[stream] if stream >= 0 else row])
        (notebook.set_connection if stream >= 0 else notebook.set_packet)(frame, note)
        try:
            notebook.save()
        except TcptuiError as error:
            self.screen.say(self.words(error.key, **error.facts))
            leaving: Leaving | None = getattr(self.app, "leaving", None)
            if leaving is not None:
                leaving.unwritten(notebook)
        else:
            kept = "text" if note.text else "mark" if note.marked else "none"
            facts = {"connection": stream, "packet": frame, "file": notebook.path.name}
            self.screen.say(self.words(f"notes.{kept}.{about}", **facts))
        self._filtering.notes_changed()
        self.workspace.take_notes(notebook)

    def _notable(self) -> tuple[Notebook | None, tuple[int, int]]:
        """The notebook and what is under the cursor; None where nothing can be noted, which is then said."""
        self._lessons.end_prediction()
        self.workspace.show_selected_stream()
        subject = self._subject()
        if max(subject) < 0:
            self.screen.say(self.words("notes.nothing"))
            return None, subject
        if self.session.capture_file is None:
            self.screen.say(self.words("notes.no_file" if self.screen.walk is None else "notes.no_place"))
            return None, subject
        return self.open_notebook(), subject

    def mark(self) -> None:
        """Mark the connection or packet under the cursor, or take its mark away."""
        notebook, subject = self._notable()
        if notebook is not None:
            note = self._note_of(subject)
            self._keep(notebook, subject, replace(note, marked=not note.marked))

    def ask(self) -> None:
        """Ask for a note about the connection or packet under the cursor."""
        notebook, subject = self._notable()
        if notebook is not None:
            self._noted = subject
            self.screen.ask(PromptKind.NOTE, self._note_of(subject).text)

    def submitted(self, _kind: PromptKind, text: str, /) -> None:
        """Keep the note that was written."""
        notebook = self.workspace.connections.notebook
        if notebook is not None:
            note = self._note_of(self._noted)
            self._keep(notebook, self._noted, replace(note, text=text.strip()))
