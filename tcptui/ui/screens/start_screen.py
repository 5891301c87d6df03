"""The screen without a capture: watch an interface, reopen a file, learn from a case."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from tcptui import __version__
from tcptui.capture.interfaces import Interface, Traffic, list_interfaces, traffic
from tcptui.capture.privileges import can_capture, sudo_command
from tcptui.errors import CaptureError
from tcptui.ui.path_completion import PathEntry, candidates, completed, expand
from tcptui.ui.prose import Block, Gap, Paragraph
from tcptui.ui.rate_meter import Rate, RateMeter
from tcptui.ui.start_choice import OpenCase, OpenFile, OpenInterface, StartChoice
from tcptui.ui.start_detail import detail_of
from tcptui.ui.start_rows import (
    CaseRow,
    FileRow,
    HeadingRow,
    InterfaceRow,
    NoteRow,
    PathRow,
    StartRow,
    searched,
)
from tcptui.ui.widgets.document import Document
from tcptui.ui.widgets.one_line import Hint, HintLine
from tcptui.ui.widgets.prompt_line import SafeInput
from tcptui.ui.widgets.start_list import StartList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.app import ComposeResult

    from tcptui.explain.words import Words
    from tcptui.lessons.case import Case
    from tcptui.ui.recent_files import RecentFiles
    from tcptui.ui.theme import Glyphs

#: How often the counters are read; also the unit of the rates.
_MEASURE_S: Final = 1.0
#: Interfaces come and go seldom: they are listed again after this many measurements.
_LIST_EVERY: Final = 5
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """Where the start screen gets what it offers; tests and screenshots bring their own."""

    recent: RecentFiles
    cases: Sequence[Case] = ()
    interfaces: Callable[[], Sequence[Interface]] = list_interfaces
    counters: Callable[[], Mapping[str, Traffic]] = traffic
    clock_ns: Callable[[], int] = time.monotonic_ns
    may_capture: Callable[[], bool] = can_capture
    root_command: Callable[[Sequence[str]], str] = sudo_command


class StartInput(SafeInput):
    """The line where one types; the list above keeps its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.list('move', -1)", show=False, priority=True),
        Binding("down", "screen.list('move', 1)", show=False, priority=True),
        Binding("pageup", "screen.list('page', -1)", show=False),
        Binding("pagedown", "screen.list('page', 1)", show=False),
        Binding("tab", "screen.complete", show=False, priority=True),
        Binding("escape", "screen.leave_line", show=False),
    ]


class StartScreen(Screen[None]):
    """One list of all that can be opened.  Typing narrows it, `o` types a path, Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open_path", "guide.start.key.open"),
        Binding("slash", "narrow", "guide.start.key.narrow"),
        Binding("question_mark,f1", "app.help", "guide.start.key.help"),
        Binding("q", "app.quit", "guide.start.key.quit"),
    ]
    DEFAULT_CSS = """
    StartScreen {
        layout: vertical;
        & > #start-title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
        & > #start-body { height: 1fr; layout: vertical; }
        & StartList { height: 1fr; width: 1fr; padding: 0 1; }
        & #start-detail { height: 7; border-top: solid $panel; }
        & > #start-line { height: 1; display: none; background: $panel; }
        & > #start-line.-open { display: block; }
        & #start-sign { width: auto; padding: 0 1; color: $accent; text-style: bold; }
        & #start-input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
        & #start-input:focus { border: none; }
        & HintLine { height: 1; background: $panel; }
        &.-medium #start-body, &.-wide #start-body { layout: horizontal; }
        &.-medium #start-detail, &.-wide #start-detail {
            height: 1fr; width: 42%; border-top: none; border-left: solid $panel; padding: 0 1;
        }
    }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (160, "-wide")]  # noqa: RUF012 - an instance variable to Textual

    @dataclass
    class Chosen(Message):
        """Something is to be opened."""

        screen: StartScreen
        choice: StartChoice

    def __init__(self, offer: Offer, words: Words, glyphs: Glyphs) -> None:
        super().__init__()
        self.offer = offer
        self.words = words
        self.glyphs = glyphs
        self._meter = RateMeter()
        self._rates: dict[str, Rate] = {}
        self._interfaces: Sequence[Interface] = ()
        self._trouble = ""
        self._files: tuple[FileRow, ...] = ()
        self._measured = 0
        self._typing_path = False
        self._offered: tuple[PathEntry, ...] = ()
        self._asked_for = ""
        self._refused: str | None = None
        """Name of the interface whose sudo command is shown; a second Enter runs it."""

    def compose(self) -> ComposeResult:
        """Title, list with its details, input line, hints."""
        yield Static(self.words("guide.start.title", version=__version__), id="start-title", markup=False)
        with Horizontal(id="start-body"):
            yield StartList(self.glyphs, self.words)
            yield Document(id="start-detail")
        with Horizontal(id="start-line"):
            yield Static("", id="start-sign", markup=False)
            yield StartInput(id="start-input", compact=True, max_length=_LONGEST)
        yield HintLine(self.glyphs, self.words, id="start-hints")

    def on_mount(self) -> None:
        """Show what is there at once, then keep measuring."""
        self._files = tuple(self._recent_rows())
        self._measure()
        self.query_one(StartList).focus()
        self._show_hints()
        self.set_interval(_MEASURE_S, self._measure)

    def on_screen_resume(self) -> None:
        """Back from a capture: there may be a new recent file."""
        self._files = tuple(self._recent_rows())
        self._show()

    # -- what is offered -------------------------------------------------------------
    def _recent_rows(self) -> list[FileRow]:
        rows = []
        for recent in self.offer.recent.load():
            try:
                found = recent.path.stat()
            except OSError:
                continue
            rows.append(FileRow(recent.path, found.st_size, found.st_mtime))
        return rows

    def _measure(self) -> None:
        if not self.is_current:
            return
        if self._measured % _LIST_EVERY == 0:
            try:
                self._interfaces, self._trouble = self.offer.interfaces(), ""
            except CaptureError as error:
                self._interfaces, self._trouble = (), self.words(error.key, **error.facts)
        self._measured += 1
        self._rates = self._meter.measure(self.offer.counters(), self.offer.clock_ns())
        if not self._typing_path:
            self._show()

    @property
    def _typed(self) -> str:
        return self.query_one("#start-input", Input).value

    def _rows(self) -> list[StartRow]:
        if self._typing_path:
            entries: list[StartRow] = [PathRow(entry) for entry in self._offered]
            return entries or [NoteRow(self.words("guide.start.no_path"))]
        interfaces = [InterfaceRow(one, self._rates.get(one.name)) for one in self._interfaces]
        groups: list[tuple[str, Sequence[StartRow], str]] = [
            ("interfaces", interfaces, self._trouble or self.words("guide.start.no_interface")),
            ("files", self._files, self.words("guide.start.no_file")),
            ("cases", [CaseRow(case) for case in self.offer.cases], self.words("guide.start.no_case")),
        ]
        wanted = self._typed.casefold().split() if self.query_one("#start-line").has_class("-open") else []
        rows: list[StartRow] = []
        for name, members, note in groups:
            fits = [row for row in members if all(word in searched(row, self.words) for word in wanted)]
            if fits or not wanted:
                if rows:
                    rows.append(NoteRow(""))
                rows.append(HeadingRow(self.words(f"guide.start.{name}")))
                rows += fits or [NoteRow(note)]
        return rows or [NoteRow(self.words("guide.start.nothing"))]

    def _show(self, *, to_first: bool = False) -> None:
        self.query_one(StartList).show_rows(self._rows(), to_first=to_first)

    # -- details -----------------------------------------------------------------------
    @on(StartList.Highlighted)
    def _highlighted(self, event: StartList.Highlighted) -> None:
        if event.by_user:
            self._refused = None
        self._show_detail()

    def _show_detail(self) -> None:
        row = self.query_one(StartList).current
        detail = self.query_one(Document)
        blocks: list[Block] = []
        if isinstance(row, InterfaceRow) and self._refused == row.interface.name:
            command = self.offer.root_command(["-i", row.interface.name])
            blocks = [
                Paragraph(self.words("guide.start.refused", name=row.interface.label), "warning"),
                Paragraph(command, "strong", indent=2),
                Gap(),
                Paragraph(self.words("guide.start.run_it")),
            ]
        elif row is not None:
            blocks = detail_of(row, self.words, may_capture=self.offer.may_capture())
        if tuple(blocks) != detail.blocks:
            detail.show(blocks)

    # -- choosing ------------------------------------------------------------------------
    @on(StartList.Chosen)
    def _row_chosen(self) -> None:
        row = self.query_one(StartList).current
        match row:
            case InterfaceRow():
                self._choose_interface(row.interface)
            case FileRow():
                self._choose(OpenFile(row.path))
            case CaseRow():
                self._choose(OpenCase(row.case.id))
            case PathRow():
                self._choose_path(row.entry)

    def _choose(self, choice: StartChoice) -> None:
        self._close_line()
        self.post_message(self.Chosen(self, choice))

    def _choose_interface(self, interface: Interface) -> None:
        if self.offer.may_capture():
            self._choose(OpenInterface(interface.name))
        elif self._refused == interface.name:
            self._choose(OpenInterface(interface.name, as_root=True))
        else:
            self._refused = interface.name
            self._show_detail()

    def _choose_path(self, entry: PathEntry) -> None:
        if entry.is_directory:
            self.query_one("#start-input", Input).value = str(entry.path).rstrip("/") + "/"
            self.query_one("#start-input", Input).action_end()
        else:
            self._choose(OpenFile(entry.path))

    # -- typing ----------------------------------------------------------------------------
    def on_key(self, event: events.Key) -> None:
        """A letter that is no command begins to narrow the list."""
        if self.query_one("#start-line").has_class("-open") or not event.is_printable or event.character is None:
            return
        if event.character in "oq?/ ":
            return
        event.stop()
        event.prevent_default()
        self._open_line(path=False, text=event.character)

    def action_narrow(self) -> None:
        """Type a text that rows must contain."""
        self._open_line(path=False, text="")

    def action_open_path(self) -> None:
        """Type the path of a capture."""
        self._open_line(path=True, text="")

    def _open_line(self, *, path: bool, text: str) -> None:
        self._typing_path = path
        sign = self.words("guide.start.path") if path else "/"
        self.query_one("#start-sign", Static).update(sign)
        field = self.query_one("#start-input", Input)
        with field.prevent(Input.Changed):
            field.value = text
        self.query_one("#start-line").add_class("-open")
        field.focus()
        field.cursor_position = len(text)
        self._show_hints()
        self._narrowed()

    def _close_line(self) -> None:
        self.query_one("#start-line").remove_class("-open")
        self._typing_path = False
        self.query_one(StartList).focus()
        self._show_hints()
        self._show()

    @on(Input.Changed, "#start-input")
    def _typed_more(self) -> None:
        if self.query_one("#start-line").has_class("-open"):
            self._refused = None
            self._narrowed()

    def _narrowed(self) -> None:
        if self._typing_path:
            self._asked_for = self._typed
            self.run_worker(self._look_up(self._typed), exclusive=True, group="paths", exit_on_error=False)
        else:
            self._show(to_first=True)

    async def _look_up(self, text: str) -> None:
        """List the directory off the loop: it may be on a slow disk."""
        offered = await asyncio.to_thread(candidates, text)
        if self._typing_path and text == self._asked_for:
            self._offered = offered
            self._show(to_first=True)

    @on(Input.Submitted, "#start-input")
    def _entered(self) -> None:
        if self._typing_path and self._typed and expand(self._typed).is_file():
            self._choose(OpenFile(expand(self._typed)))
        else:
            self.query_one(StartList).action_choose()

    def action_complete(self) -> None:
        """Lengthen the path as far as it is unambiguous."""
        if self._typing_path and self._asked_for == self._typed:
            field = self.query_one("#start-input", Input)
            field.value = completed(field.value, self._offered)
            field.action_end()

    def action_leave_line(self) -> None:
        """Show everything again."""
        self._close_line()

    def action_list(self, what: str, amount: int) -> None:
        """Move in the list while the line has the focus."""
        rows = self.query_one(StartList)
        if what == "page":
            rows.action_page(amount)
        else:
            rows.action_move(amount)

    def _show_hints(self) -> None:
        hints = [Hint("Enter", "guide.start.key.choose", "screen.choose")]
        if not self.query_one("#start-line").has_class("-open"):
            hints += [
                Hint("a-z", "guide.start.key.narrow", "screen.narrow"),
                Hint("o", "guide.start.key.open", "screen.open_path"),
                Hint("?", "guide.start.key.help", "app.help"),
                Hint("q", "guide.start.key.quit", "app.quit"),
            ]
        else:
            if self._typing_path:
                hints.append(Hint("Tab", "guide.start.key.complete", "screen.complete"))
            hints.append(Hint("Esc", "guide.start.key.back", "screen.leave_line"))
        self.query_one(HintLine).show(tuple(hints))

    def action_choose(self) -> None:
        """Open what the cursor is on."""
        self.query_one(StartList).action_choose()
