"""`x`: the files that were transferred over HTTP, with a preview; one or all can be written to a folder."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.containers import Container, Vertical
from textual.widgets import Input

from tcptui.model.errors import OutputError
from tcptui.model.packet_store import NO_ROW
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.ui.cell_text import amount, grouped
from tcptui.ui.export.bar import ExportBar, ExportStatus
from tcptui.ui.export.file_list import FileList
from tcptui.ui.export.keys import EXPORT_KEYS, hints
from tcptui.ui.export.preview import FilePreview
from tcptui.ui.export.reader import Cancel, Found, look_for_files, read_beginning, write_files
from tcptui.ui.filler.room import FillerRoom
from tcptui.ui.filler.table import Part
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.prompt_line import PromptKind, PromptLine, expand
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.errors import safe_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.request import RequestName
    from tcptui.protocols.export.files import CarriedFile
    from tcptui.ui.export.preview import Beginning
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: From this width (cells) on the preview is beside the list.
_BESIDE: Final = 110
#: From this width on the preview has room for sixteen bytes, and for a SHA-256, in a line.
_WIDE: Final = 160
#: A list of at most this percentage of the lines is short.
_FEW: Final = 40
#: What stands below a preview that leaves lines.
_BELOW: Final = (Part.PACKETS, Part.TRAFFIC)
#: Characters of a request's id in the title.
_ID: Final = 20
#: Default name of the folder to write to.
_FOLDER: Final = "exported"


class _Scope(Enum):
    """What the files are of; the values are the keys of the title."""

    REQUEST = "request"
    STREAM = "stream"
    ALL = "all"


class ExportScreen(KeyedScreen[int]):
    """Files of a request, of its stream, or of the whole capture; the result is the row to select, or `NO_ROW`."""

    DEFAULT_CSS = """
    ExportScreen {
        layout: vertical;
        background: $background;
        & > ExportBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > Container { height: 1fr; layout: vertical; }
        & FileList, & FilePreview {
            height: 1fr; width: 1fr; background: $background;
            overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        }
        & FilePreview { padding: 0 1; }
        & > Container > Vertical { height: 1fr; width: 1fr; border-top: solid $edge; }
        &.-beside > Container { layout: horizontal; }
        &.-beside > Container > FileList { width: 3fr; }
        &.-beside > Container > Vertical { width: 2fr; border-top: none; border-left: solid $edge; }
        &.-wide > Container > Vertical { min-width: 78; }
        &.-ascii > Container > Vertical { border-top: ascii $edge; }
        &.-few > Container { layout: vertical; }
        &.-few > Container > FileList { width: 1fr; }
        &.-few > Container > Vertical { width: 1fr; border-left: none; border-top: solid $edge; }
        &.-ascii.-beside > Container > Vertical { border-top: none; border-left: ascii $edge; }
        &.-ascii.-few > Container > Vertical { border-left: none; border-top: ascii $edge; }
    }
    """
    KEYS = EXPORT_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EXPORT_KEYS)]

    def __init__(
        self, session: JudgedCapture, stream: int, words: Words, glyphs: Glyphs, options: ViewOptions,
        request: RequestName | None = None,
    ) -> None:  # fmt: skip
        """``stream``: the selected one, -1 for none; ``request``: the one of it to begin with, if any."""
        super().__init__(words, glyphs)
        self.session = session
        self._stream = stream
        self._request = request
        self._scopes = [
            *([] if request is None else [_Scope.REQUEST]), *([] if stream < 0 else [_Scope.STREAM]), _Scope.ALL,
        ]  # fmt: skip
        """What `s` goes through."""
        self._scope = _Scope.ALL if request is None else _Scope.REQUEST
        self._bar = ExportBar(glyphs, words)
        self.files = FileList(glyphs, words)
        self.preview = FilePreview(glyphs, words)
        self.below = FillerRoom(session, glyphs, words, options, self._fill_below)
        self._prompt = PromptLine(words)
        self._looking = Cancel()
        self._reading = Cancel()
        self._writing = Cancel()
        self._found: Found | None = None
        """The result of the last search; None while one runs."""
        self._wanted: Sequence[CarriedFile] = ()
        """The files to write to the folder that is asked for, or that are being written."""
        self.busy = False
        """Whether files are being searched for or written."""

    def compose(self) -> ComposeResult:
        """Title line, list and preview, prompt, hints."""
        yield self._bar
        with Container():
            yield self.files
            with Vertical():
                yield self.preview
                yield self.below
        yield self._prompt
        yield self.hint_line

    def on_mount(self) -> None:
        """Start the search for files."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.set_focus(self.files)
        self.show_hints()
        self._look()

    def on_unmount(self) -> None:
        """Cancel the worker threads; each stops at its next step."""
        for cancel in (self._looking, self._reading, self._writing):
            cancel.set()

    def on_resize(self, event: events.Resize) -> None:
        """Put the preview beside the list where there is room, else below it."""
        self.update_classes({"-beside": event.size.width >= _BESIDE, "-wide": event.size.width >= _WIDE})
        self._place()

    def _place(self) -> None:
        """Give a short list the whole width and no blank line, with the preview below it, which gets the rest."""
        needed, height = HEADING + max(1, self.files.row_count), self.size.height
        few = needed <= height * _FEW // 100
        self.set_class(few, "-few")
        self.files.styles.height = needed if few and self.files.row_count else "1fr"
        self.call_after_refresh(self._fill_below)

    def _fill_below(self) -> None:
        """Below a preview that leaves lines, show the packets of the file's connection."""
        file, lines, room = self.files.chosen, self.preview.needed, self.query_one(Vertical).scrollable_content_region
        row = NO_ROW if file is None else self.session.store.row_of_frame(file.frame)
        stream = -1 if row == NO_ROW else int(self.session.store.stream[row])
        left = 0 if file is None or lines is None else room.height - lines - 1
        frame = 0 if file is None else file.frame
        self.below.fill(left, stream, self.session.revision, width=room.width, frame=frame, parts=_BELOW)

    # -- finding -----------------------------------------------------------------------------
    def _in_thread(self, group: str, cancel: Cancel, job: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                job()
            except OSError as error:  # the packets' bytes are gone: the spool was removed or closed
                self._tell(cancel, self._cannot_read, reason_of(error))

        self.run_worker(guarded, thread=True, group=group)

    def _cannot_read(self, reason: str) -> None:
        self.busy = False
        self._wanted = ()
        self.files.empty_text = self.words("export.unreadable", reason=reason)
        self.say(self.files.empty_text)

    @property
    def settled(self) -> bool:
        """Whether what is shown is up to date."""
        return not self.busy

    @property
    def _is_writing(self) -> bool:
        return self.busy and bool(self._wanted)

    def _tell(self, cancel: Cancel, function: Callable[..., None], *facts: object) -> None:
        """From a worker thread: call ``function`` on the event loop, unless ``cancel`` is set."""
        if not cancel.is_set():
            call_on_loop(self, function, *facts)

    def _look(self) -> None:
        self._looking.set()
        cancel = self._looking = Cancel()
        stream = None if self._scope is _Scope.ALL else self._stream
        request = self._request if self._scope is _Scope.REQUEST else None
        self.busy = True
        self.files.empty_text = self.words("export.unread")
        self.files.show([])
        self.query_one(Vertical).display = False
        self._show_state(None)

        def look() -> None:
            look_for_files(self.session, stream, request, cancel, lambda found: self._tell(cancel, self._take, found))

        self._in_thread("files", cancel, look)

    def _take(self, found: Found) -> None:
        if not found.over:
            facts = {"done": grouped(found.done), "all": grouped(found.all)}
            self.files.empty_text = self.words("export.looking", **facts)
            return
        self.busy = False
        self.files.show(found.files)
        self._show_state(found)
        self._read()

    def _show_state(self, found: Found | None) -> None:
        self._found = found
        wanted = self.files.wanted
        title = self._title
        counts = ""
        if found is not None:
            size = amount(sum(file.size if file.size is not None else file.sent for file in found.files))
            shown = safe_text(wanted)
            self.files.empty_text = self.words("export.no-match", text=shown) if wanted else self.words("export.none")
            number = "one" if len(found.files) == 1 else "many"
            counts = self.words(f"export.counts.{number}", n=grouped(len(found.files)), size=f"{size}B")
            if found.left_out:
                counts += "  " + self.words("export.left-out", n=grouped(found.left_out))
            if found.uncaptured:
                counts += "  " + self.words("export.uncaptured", n=grouped(found.uncaptured))
            if wanted:
                facts = {"shown": grouped(len(self.files.files)), "all": grouped(len(found.files))}
                counts = self.words("export.narrowed", text=shown, **facts)
        self._bar.show(ExportStatus(title, counts))

    @property
    def _title(self) -> str:
        name, words = self._request, self.words
        if self._scope is not _Scope.REQUEST or name is None:
            return words(f"export.title.{self._scope.value}", stream=self._stream)
        stream = "" if name.id is None else words("export.http2-stream", id=safe_text(name.id, _ID))
        facts = {"operation": name.operation, "of_stream": stream, "stream": self._stream}
        return words("export.title.operation" if name.operation else "export.title.request", **facts)

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._read()

    def _read(self) -> None:
        """Show the file under the cursor; its contents are read in a worker thread."""
        self._reading.set()
        cancel = self._reading = Cancel()
        file = self.files.chosen
        self._place()
        self.query_one(Vertical).display = file is not None
        self.preview.show(file, None)
        self.show_hints()
        if file is None:
            return

        def read() -> None:
            read_beginning(self.session, file, cancel, lambda *told: self._tell(cancel, self._take_beginning, *told))

        self._in_thread("preview", cancel, read)

    def _take_beginning(self, file: CarriedFile, beginning: Beginning) -> None:
        if file is self.files.chosen:
            self.preview.show(file, beginning)
            self._fill_below()
            self.files.refresh_row(self.files.cursor)

    # -- commands ----------------------------------------------------------------------------
    def action_packet(self) -> None:
        """Close the screen and select the packet with which the file was complete."""
        file = self.files.chosen
        row = NO_ROW if file is None else self.session.store.row_of_frame(file.frame)
        if row != NO_ROW:
            self.dismiss(row)

    @on(VirtualList.Chosen)
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_packet()

    def action_back(self) -> None:
        """Cancel the writing, end the narrowing, or close the screen."""
        if self._is_writing:
            self._writing.set()
        elif self.files.wanted:
            self._narrow("")
        else:
            self.dismiss(NO_ROW)

    def action_narrow(self) -> None:
        """Ask for a text that every listed file must contain."""
        self._prompt.open(PromptKind.FILES, self.files.wanted)
        self.set_focus(self._prompt.query_one(Input))

    def _narrow(self, text: str) -> None:
        self.files.narrow(text)
        self._show_state(self._found)
        self._read()

    def action_scope(self) -> None:
        """Switch between the whole capture, the request that was chosen, and the selected connection alone."""
        if len(self._scopes) > 1 and not self._is_writing:
            self._scope = self._scopes[(self._scopes.index(self._scope) + 1) % len(self._scopes)]
            self._look()

    def action_again(self) -> None:
        """Search again: a live capture may have more files by now."""
        if not self.busy:
            self._look()

    def action_scroll_preview(self, pages: int) -> None:
        """Scroll the preview by ``pages``."""
        self.preview.scroll_relative(y=pages * max(1, self.preview.size.height - 2), animate=False)

    def action_copy(self) -> None:
        """Copy the hash and the name of the file under the cursor."""
        file = self.files.chosen
        if file is not None:
            self.copy(" ".join(part for part in (file.sha256, file.name) if part))

    def action_write(self) -> None:
        """Ask for the folder to write the file under the cursor to."""
        file = self.files.chosen
        if file is not None:
            self._ask([file], self.words("export.ask.one", name=file.name))

    def action_write_all(self) -> None:
        """Ask for the folder to write all files to."""
        if len(self.files.files) == 1:
            self.action_write()
        elif self.files.files:
            self._ask(self.files.files, self.words("export.ask.all", n=grouped(len(self.files.files))))

    def _ask(self, files: Sequence[CarriedFile], question: str) -> None:
        if self.busy:
            return
        self._wanted = files
        self._prompt.open(PromptKind.FOLDER, _FOLDER)
        self._prompt.note(question)
        self.set_focus(self._prompt.query_one(Input))

    @on(PromptLine.Cancelled)
    def _prompt_cancelled(self, event: PromptLine.Cancelled) -> None:
        event.stop()
        self._wanted = ()
        self.set_focus(self.files)
        if event.kind is PromptKind.FILES:
            self._narrow(event.text)

    @on(PromptLine.Changed)
    def _prompt_changed(self, event: PromptLine.Changed) -> None:
        event.stop()
        if event.kind is PromptKind.FILES:
            self._narrow(event.text)

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        event.stop()
        self.set_focus(self.files)
        if event.kind is PromptKind.FILES:
            self._narrow(event.text)
        elif event.text:
            self._write(event.text)
        else:
            self._wanted = ()

    def _write(self, folder: str) -> None:
        files, path = self._wanted, expand(folder)
        self._reading.set()  # two readers of one file would both write its size and hash
        self._writing.set()
        cancel = self._writing = Cancel()
        self.busy = True

        def write() -> None:
            names: list[str] = []
            failure: OutputError | None = None
            try:
                names = write_files(
                    self.session, files, path, cancel, lambda done: self._tell(cancel, self._wrote_some, done)
                )
            except OutputError as error:
                failure = error
            except OSError as error:  # as in `_in_thread`
                call_on_loop(self, self._cannot_read, reason_of(error))
                return
            call_on_loop(self, self._wrote, names, folder, failure)  # also where it was cancelled: it is over then

        self.run_worker(write, thread=True, group="write")

    def _wrote_some(self, done: int) -> None:
        self.say(self.words("export.writing", n=grouped(done), all=grouped(len(self._wanted))))

    def _wrote(self, names: list[str], folder: str, error: OutputError | None) -> None:
        self.busy = False
        self._wanted = ()
        shown = safe_text(folder)
        if error is not None:
            self.say(self.words(error.key, **safe_facts(error.facts)))
        elif len(names) == 1:
            self.say(self.words("export.done.one", name=names[0], folder=shown))
        else:
            self.say(self.words("export.done.many", n=grouped(len(names)), folder=shown))
        self.files.refresh()
        self._read()

    # -- words -------------------------------------------------------------------------------
    def show_hints(self) -> None:
        """Show the hints of this screen's main keys."""
        any_files = self._found is not None and bool(self._found.files)
        self.put_hints(hints(has_file=self.files.chosen is not None, has_any=any_files, has_stream=self._stream >= 0))
