"""The start screen, shown when no capture is open: watch an interface, reopen a file, learn from a case."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tcptui import __version__
from tcptui.model.errors import UsageError
from tcptui.ui.guarded_screen import GuardedScreen
from tcptui.ui.keymap import PANE_KEYS
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.layout import MIN_HEIGHT, MIN_WIDTH, Shape, shape_of
from tcptui.ui.main.prompt_line import PathEntry, candidates, completed, expand, names_file
from tcptui.ui.palette_entry import PaletteEntry
from tcptui.ui.start.choice import OpenCase, OpenFile, OpenInterface, OpenLeftover, StartChoice
from tcptui.ui.start.detail import detail_of, filter_detail, refused_detail
from tcptui.ui.start.input_line import StartLine, Typing, start_hints
from tcptui.ui.start.list import StartList
from tcptui.ui.start.menu import Offer, StartMenu
from tcptui.ui.start.rows import (
    CaseRow,
    FileRow,
    InterfaceRow,
    LeftoverRow,
    LeftoversRow,
    NoteRow,
    PathRow,
    StartRow,
    Welcome,
    WelcomeRow,
)
from tcptui.ui.start.teaching import StartDetail
from tcptui.ui.terminal.frame_pacing import LowLatencyScreen, link_is_idle
from tcptui.ui.theme import ASCII
from tcptui.ui.widgets.one_line import HintLine, NoticeLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from tcptui.capture.interfaces import Interface
    from tcptui.ui.prose import Block
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Name, key and action of the commands, of which palette and help tell.
_COMMANDS: Final = (
    ("choose", "Enter", "choose"), ("open", "o", "open_path"), ("narrow", "/", "narrow"), ("filter", "f", "filter"),
    ("cases", "c", "cases"), ("help", "?", "help"), ("quit", "q", "app.quit"),
)  # fmt: skip
#: Interval at which the counters are read, in seconds.
_MEASURE_S: Final = 1.0

__all__ = ["Offer", "StartScreen"]


class StartScreen(GuardedScreen[None], LowLatencyScreen[None]):
    """One list of all that can be opened.  Letters are commands: `/` narrows it, `o` asks for a path; Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open_path", "guide.start.key.open"),
        Binding("slash", "narrow", "guide.start.key.narrow"),
        Binding("f", "filter", "guide.start.key.filter"),
        Binding("c", "cases", "guide.start.key.cases"),
        *(Binding(str(way.value), f"begin('{way.name}')", f"{way.word}.does") for way in Welcome),
        Binding("question_mark,f1", "help", "guide.start.key.help"),
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
        & > NoticeLine { height: auto; width: 1fr; background: $background; display: none; }
        & HintLine { height: 1; background: $panel; }
        & > #start-small { display: none; width: 1fr; height: 1fr; content-align: center middle; color: $warning; }
        &.-too-small > * { display: none; }
        &.-too-small > #start-small { display: block; }
        &.-medium #start-body, &.-wide #start-body { layout: horizontal; }
        &.-medium #start-detail, &.-wide #start-detail {
            height: 1fr; width: 42%; border-top: none; border-left: solid $panel; padding: 0 1;
        }
        &.-ascii.-narrow #start-detail { border-top: ascii $panel; }
        &.-ascii.-medium #start-detail, &.-ascii.-wide #start-detail { border-left: ascii $panel; }
    }
    """

    @dataclass
    class Chosen(Message):
        """The user chose something to open."""

        screen: StartScreen
        choice: StartChoice

    def __init__(self, offer: Offer, words: Words, glyphs: Glyphs) -> None:
        super().__init__()
        self.offer = offer
        self.words = words
        self.glyphs = glyphs
        self._menu = StartMenu(offer, words)
        self._complaint = NoticeLine(glyphs, words)
        self.set_class(glyphs is ASCII, "-ascii")
        self._filter = offer.filter_words
        self._offered: tuple[PathEntry, ...] = ()
        self._offered_for: str | None = None
        """The path that the offered ones go on with; None before any are known."""
        self._asked_for = ""
        self._waiting: tuple[str, Callable[[], None]] | None = None
        """What Enter or Tab does as soon as it is known what is offered for the path, which is the first."""
        self._refused: str | None = None
        """Name of the interface whose sudo command is shown; a second Enter runs it."""

    def in_language(self, words: Words) -> StartScreen:
        """The start screen with ``words``, and the filter that has been chosen."""
        return StartScreen(replace(self.offer, filter_words=self._filter), words, self.glyphs)

    def compose(self) -> ComposeResult:
        """Title, list and details, input line, hints, and the text that replaces them when the screen is too small."""
        yield Static(id="start-title", markup=False)
        with Horizontal(id="start-body"):
            yield StartList(self.glyphs, self.words)
            yield StartDetail(id="start-detail")
        yield StartLine(self.words)
        yield self._complaint
        yield HintLine(self.glyphs, self.words, id="start-hints")
        yield Static("", id="start-small", markup=False)

    def on_mount(self) -> None:
        """Show the recent files at once; interfaces are listed, and then measured, after the first paint."""
        self._menu.read_recent()
        self._show()
        self._complaint.show(getattr(self.app, "complaint", ""))
        self.set_focus(self.query_one(StartList))
        self._show_hints()
        self.call_after_refresh(self._measure)
        self.call_after_refresh(self._teach)
        self.set_interval(_MEASURE_S, self._measure)

    def on_resize(self, event: events.Resize) -> None:
        """Put the details beside or below the list; where neither fits, show only the size that is needed."""
        width, height = event.size
        shape = shape_of(width, height)
        titles = [self.words(f"guide.start.{name}", version=__version__) for name in ("title", "title_short")]
        title = titles[0] if cell_len(titles[0]) <= width - 2 else titles[1]
        self.query_one("#start-title", Static).update(title)
        self.update_classes({other.value: other is shape for other in Shape})
        if shape is Shape.TOO_SMALL:
            needed = {"min_width": MIN_WIDTH, "min_height": MIN_HEIGHT, "width": width, "height": height}
            self.query_one("#start-small", Static).update(self.words("screen.too_small", **needed))

    def on_screen_resume(self) -> None:
        """Read the recent files again: this screen has become the current one again."""
        self._menu.read_recent()
        self._show()

    # -- what is offered -------------------------------------------------------------
    def _measure(self) -> None:
        if not self.is_current:
            return
        self._menu.measure()
        if self._menu.measured > 1 and not link_is_idle(self.app):
            return
        typing = self._line.typing
        if typing is not Typing.PATH:
            self._show(to_first=self._menu.measured == 1)
        if isinstance(self.query_one(StartList).current, InterfaceRow) and typing is not Typing.FILTER:
            self._show_detail()  # its rate has changed

    @property
    def _line(self) -> StartLine:
        return self.query_one(StartLine)

    def _show(self, *, to_first: bool = False) -> None:
        line = self._line
        if line.typing is Typing.PATH:
            entries: list[StartRow] = [PathRow(entry) for entry in self._offered]
            rows = entries or [NoteRow(self.words("guide.start.no_path"))]
        else:
            rows = self._menu.rows(line.text if line.typing is Typing.TEXT else "", self._filter)
        self.query_one(StartList).show_rows(rows, to_first=to_first)
        if line.typing in (Typing.TEXT, Typing.PATH):
            self._show_hints()

    def _teach(self) -> None:
        """Read the help, in a worker thread, and show parts of it below the details."""

        detail = self.query_one(StartDetail)  # now: a thread may find it gone

        def read() -> None:
            from tcptui.ui.help_pages import lessons  # it imports numpy: not before the first paint

            call_on_loop(self, detail.teach, lessons(self.words, self.glyphs))

        self.run_worker(read, thread=True, group="teaching")

    # -- details -----------------------------------------------------------------------
    @on(StartList.Highlighted)
    def _highlighted(self, event: StartList.Highlighted) -> None:
        if event.by_user:
            self._refused = None
        if self._line.typing is not Typing.FILTER:
            self._show_detail()

    def _show_detail(self) -> None:
        row = self.query_one(StartList).current
        blocks: list[Block] = []
        if isinstance(row, InterfaceRow) and self._refused == row.interface.name:
            command = self.offer.root_command(["-i", row.interface.name, *self._filter.split()])
            blocks = refused_detail(row.interface.label, command, self.words, may_run=self.offer.may_become_root)
        elif row is not None:
            blocks = detail_of(row, self.words, may_capture=self.offer.may_capture(), ascii_only=self.glyphs is ASCII)
        self.query_one(StartDetail).tell(blocks)

    # -- choosing ------------------------------------------------------------------------
    @on(StartList.Chosen)
    def _row_chosen(self) -> None:
        row = self.query_one(StartList).current
        match row:
            case InterfaceRow():
                self._choose_interface(row.interface)
            case LeftoverRow():
                self._choose(OpenLeftover(row.leftover.path))
            case LeftoversRow():
                self._menu.unfolded = True
                self._show()
                self.query_one(StartList).put_on_leftover()
            case FileRow():
                self._choose(OpenFile(row.path))
            case CaseRow():
                self._choose(OpenCase(row.case.id))
            case PathRow():
                self._choose_path(row.entry)
            case WelcomeRow():
                self._begin(row.way)

    def _choose(self, choice: StartChoice) -> None:
        self._close_line()
        self.post_message(self.Chosen(self, choice))

    def _choose_interface(self, interface: Interface) -> None:
        if self.offer.may_capture():
            self._choose(OpenInterface(interface.name, filter_words=self._filter))
        elif self._refused == interface.name and self.offer.may_become_root:
            self._choose(OpenInterface(interface.name, as_root=True, filter_words=self._filter))
        else:
            self._refused = interface.name
            self._show_detail()

    def action_begin(self, way: str) -> None:
        """Begin the next lesson, a live capture on the busiest interface, or with a file: ``way``, of `Welcome`."""
        self._begin(Welcome[way])

    def _begin(self, way: Welcome) -> None:
        if not self._menu.measured:
            self._measure()  # the cases and interfaces are known only now
        lesson, interface = self._menu.lesson, self._menu.interface
        if way is Welcome.FILE:
            self.action_open_path()
        elif way is Welcome.LESSON and lesson is not None:
            self._choose(OpenCase(lesson.case.id))
        elif way is Welcome.LIVE and interface is not None:
            self.query_one(StartList).put_on(interface)  # the details say how it can be captured, where it may not be
            self._choose_interface(interface.interface)

    def _choose_path(self, entry: PathEntry) -> None:
        if entry.is_directory:
            self._line.text = str(entry.path).rstrip("/") + "/"
        else:
            self._choose(OpenFile(entry.path))

    # -- typing ----------------------------------------------------------------------------
    def on_key(self, event: events.Key) -> None:
        """Open the input line at once for the keys that do so.

        Their bindings would run only after the next letter, if that was typed fast, and it would not be in the line.
        """
        opening = {"/": self.action_narrow, "f": self.action_filter, "o": self.action_open_path}
        if self._line.typing is None and event.character in opening:
            event.stop()
            event.prevent_default()
            opening[event.character]()

    def action_narrow(self) -> None:
        """Ask for a text that rows must contain."""
        self._open_line(Typing.TEXT)

    def action_open_path(self) -> None:
        """Ask for the path of a capture."""
        self._open_line(Typing.PATH)

    def action_filter(self) -> None:
        """Ask for a filter for the next capture; libpcap compiles it at every key and its verdict is shown."""
        self._open_line(Typing.FILTER, self._filter)

    def _open_line(self, typing: Typing, text: str = "") -> None:
        self._line.open(typing, text)
        self._offered_for = self._waiting = None
        self._show_hints()
        self._narrowed()

    def _close_line(self) -> None:
        self._line.close()
        self.set_focus(self.query_one(StartList))
        self._show_hints()
        self._show()

    @on(Input.Changed, "#start-input")
    def _typed_more(self) -> None:
        if self._line.typing is not None:
            self._refused = None
            self._narrowed()

    def _narrowed(self) -> None:
        line = self._line
        if line.typing is Typing.FILTER:
            self._judge_filter(line.text)
        elif line.typing is Typing.PATH:
            self._asked_for = line.text
            self._look_up(line.text)
        else:
            self._show(to_first=True)

    def _judge_filter(self, text: str) -> str | None:
        """Compile the filter ``text`` and show the result; libpcap's error message, or None."""
        words, problem = text.strip(), None
        from tcptui.capture.bpf.packet_filter import PacketFilter  # it imports numpy: not before the first paint

        try:
            PacketFilter(words)
        except UsageError as error:
            problem = str(error.facts["reason"])
        self.query_one(StartDetail).tell(filter_detail(words, problem, self.words))
        return problem

    @work(exclusive=True, group="paths", exit_on_error=False)  # makes no coroutine that could be left unawaited
    async def _look_up(self, text: str) -> None:
        """List the directory of ``text`` in a thread, not on the event loop: it may be on a slow disk."""
        offered = await asyncio.to_thread(candidates, text)
        if self._line.typing is Typing.PATH and text == self._asked_for:
            self._offered, self._offered_for = offered, text
            self._show(to_first=True)
            if self._waiting is not None and self._waiting[0] == text == self._line.text:
                self._once_offered(self._waiting[1])

    def _once_offered(self, act: Callable[[], None]) -> None:
        """Do ``act``, which is about the paths that the one in the line goes on with, as soon as these are known."""
        text = self._line.text
        self._waiting = None if text == self._offered_for else (text, act)
        if self._waiting is None:
            act()

    @on(Input.Submitted, "#start-input")
    def _entered(self, event: Input.Submitted) -> None:
        line = self._line
        if line.typing is Typing.FILTER:
            self._take_filter(event.value)  # letters that follow at once may stand in the line already
        elif line.typing is Typing.PATH and names_file(line.text):
            self._choose(OpenFile(expand(line.text)))
        elif line.typing is Typing.PATH:
            self._once_offered(self.query_one(StartList).action_choose)
        else:
            self.query_one(StartList).action_choose()

    def action_take_filter(self) -> None:
        """Use the filter from now on, if libpcap compiles it."""
        self._take_filter(self._line.text)

    def _take_filter(self, text: str) -> None:
        if self._judge_filter(text) is None:
            self._filter = text.strip()
            self._close_line()
            self._show_detail()

    def action_complete(self) -> None:
        """Complete the path as far as it is unambiguous."""
        if self._line.typing is Typing.PATH:
            self._once_offered(self._complete)

    def _complete(self) -> None:
        self._line.text = completed(self._line.text, self._offered)

    def action_leave_line(self) -> None:
        """Close the input line and show the whole list again."""
        self._close_line()
        self._show_detail()

    def action_list(self, what: str, amount: int) -> None:
        """Move the cursor of the list while the input line has the focus."""
        rows = self.query_one(StartList)
        if what == "page":
            rows.action_page(amount)
        else:
            rows.action_move(amount)

    def _show_hints(self) -> None:
        self.query_one(HintLine).show(
            start_hints(self._line.typing, has_choice=self.query_one(StartList).current is not None)
        )

    def palette_entries(self) -> Sequence[PaletteEntry]:
        """The palette entries of this screen."""
        words = self.words
        begin = [PaletteEntry(words(f"{way.word}.does"), "", f"begin('{way.name}')", str(way.value)) for way in Welcome]
        return begin + [
            PaletteEntry(words(f"guide.start.does.{name}"), "", action, shown) for name, shown, action in _COMMANDS
        ]

    async def palette_places(self, query: str) -> Sequence[PaletteEntry]:
        """The cases called as ``query``, to open."""
        from tcptui.ui.main.places import case_places

        cases = [row.case for row in self._menu.rows() if isinstance(row, CaseRow)]
        return case_places(query, cases, self.words, lambda case: self._choose(OpenCase(case.id)))

    def action_help(self) -> None:
        """Open the help, with the keys of this screen."""
        from tcptui.ui.help_pages import HelpKey, KeyGroup
        from tcptui.ui.screens.help import HelpScreen

        words = self.words
        moves = [HelpKey(key.shown, words(key.word)) for key in PANE_KEYS]
        moves.append(HelpKey("Tab", words("guide.start.does.group")))
        does = [HelpKey(entry.key, entry.title) for entry in self.palette_entries()]
        groups = [KeyGroup(words("screen.keys.move"), tuple(moves)), KeyGroup(words("guide.start.keys"), tuple(does))]
        self.app.push_screen(HelpScreen(words, self.glyphs, groups))

    def action_cases(self) -> None:
        """Go to the cases."""
        self.query_one(StartList).go_to_cases()

    def action_group(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) group of rows."""
        self.query_one(StartList).action_group(step)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        self.query_one(StartList).action_choose()
