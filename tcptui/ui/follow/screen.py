"""`F`: follow stream: what both ends of a connection sent, updated while it grows; Enter goes to the packet."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from textual import on
from textual.widgets import Input

from tcptui.model.packet_store import NO_ROW
from tcptui.model.request import RequestName
from tcptui.ui.follow.bars import BOTH
from tcptui.ui.follow.base_screen import FollowBase
from tcptui.ui.follow.decoded import DecodedSource
from tcptui.ui.follow.keys import FOLLOW_KEYS
from tcptui.ui.follow.lines import Form
from tcptui.ui.follow.marks import NO_MARKS, marks_in_text, marks_of
from tcptui.ui.follow.source import Pattern, wrapped_find
from tcptui.ui.follow.view import FollowView
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.go_to import FrameTarget, parse_target
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.search.legend import Legend

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.ui.follow.source import FollowSource, Found
    from tcptui.ui.search.highlights import Highlights
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: The most that `action_copy_turn` copies, in characters.
COPY_LIMIT: Final = 1 << 16
_SIDES: Final[tuple[tuple[int, ...], ...]] = (BOTH, (0,), (1,))


class FollowScreen(FollowBase):
    """Shows stream ``stream``, with the cursor at packet ``row``; the result is the row to select, or `NO_ROW`."""

    KEYS = FOLLOW_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FOLLOW_KEYS)]

    def __init__(
        self, session: JudgedCapture, stream: int, row: int, words: Words, glyphs: Glyphs, options: ViewOptions,
        ends: tuple[str, str], highlights: Highlights, only: str | None = None,
    ) -> None:  # fmt: skip
        """``highlights``: what was searched for in the whole capture, and is marked here, too."""
        super().__init__(session, stream, row, words, glyphs, options, ends, only)
        self.search = _Search(self, self.take_match)
        self._highlights = highlights
        self.legend = Legend(glyphs)
        self._before_find: tuple[int, int] = (0, 0)
        self._sought = ""
        """The text typed last, for which a search was started."""

    def source_changed(self) -> None:
        """Search the new source; a search that was waiting for the first one begins."""
        source, store = self.view.source, self.session.store
        if self._directions is None:
            self.view.marks = (NO_MARKS, NO_MARKS)
        elif isinstance(source, DecodedSource):
            self.view.marks = marks_in_text(self._highlights, self.stream, source, self._directions, store)
        else:
            self.view.marks = marks_of(self._highlights, self.stream, self._directions, store)
        self.legend.show(self._highlights, self._highlights.followed)
        self.search.set_source(self.view.source)

    def compose(self) -> ComposeResult:
        """The lines of the base class, and below the status line that of the searches whose hits are marked."""
        bar, *others = super().compose()
        yield bar
        yield self.legend
        yield from others

    # -- leaving ---------------------------------------------------------------------------
    @on(FollowView.Chosen)
    def _chosen(self, event: FollowView.Chosen) -> None:
        event.stop()
        self.action_choose()

    def action_choose(self) -> None:
        """Close the screen and select the packet that carried the byte under the cursor."""
        origin = self.byte_under_cursor()
        row = NO_ROW if origin is None or self._directions is None else self._directions[origin[0]].row_at(origin[1])
        if row == NO_ROW:
            self.say(self.words("follow.unseen"))
        else:
            self.dismiss(row)

    def action_back(self) -> None:
        """Cancel the search; else clear the match; else close the screen."""
        if self.search.running:
            self.search.cancel()
            self.say(self.words("follow.search.cancelled"))
        elif self.view.match is not None:
            self.view.match = None
            self.view.refresh()
            self.show_hints()
        else:
            self.dismiss(NO_ROW)

    def action_turn(self, step: int) -> None:
        """Go to the start of the next (``step`` 1) or previous (-1) turn."""
        self.view.action_turn(step)

    def action_go_to(self) -> None:
        """Ask for a packet's number."""
        self._ask(PromptKind.PACKET)

    def _ask(self, kind: PromptKind, text: str = "") -> None:
        self._prompt.open(kind, text)
        self.set_focus(self._prompt.query_one(Input))  # at once, so that the next key already goes to the field

    # -- finding ---------------------------------------------------------------------------
    def action_find(self) -> None:
        """Ask for a text to search for."""
        self._before_find = (self.view.cursor.block, self.view.byte)
        self._sought = ""
        self._ask(PromptKind.FIND)

    def action_find_again(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) match."""
        typed = self._prompt.text.strip() if self._prompt.kind is PromptKind.FIND else ""
        if typed and typed != self._sought:
            self._submit(typed)  # the message of its Enter has not been handled yet
            return
        self._before_find = (self.view.cursor.block, self.view.byte)
        if self.search.text:
            match, view = self.view.match, self.view
            start = view.byte + 1 if step > 0 else view.byte
            if match is not None and step > 0:
                start = max(start, match.start + 1)
            self.search.start(self.search.text, view.cursor.block, start, step)
        else:
            self.action_find()

    def take_match(self, found: Found | None, *, wrapped: bool, step: int) -> None:
        """Show the result of a search."""
        if found is None:
            self.view.match = None
            self.view.go_to(*self._before_find)  # a match of a shorter text may have moved the cursor
            self.say(self.words("follow.search.nothing", text=self.search.text))
            return
        self.view.show_match(found)
        self.show_hints()
        if wrapped:
            self.say(self.words("follow.search.from-start" if step > 0 else "follow.search.from-end"))

    @on(PromptLine.Changed)
    def _prompt_changed(self, event: PromptLine.Changed) -> None:
        event.stop()
        # Outdated when the text was edited again or submitted since.
        current = self._prompt.is_open and self._prompt.text == event.text
        if event.kind is PromptKind.FIND and type(event) is PromptLine.Changed and current:
            self._submit(event.text.strip())

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        event.stop()
        self.set_focus(self.view)
        if event.kind is PromptKind.FIND:
            self._submit(event.text)
        elif event.text:
            self._go_to(event.text)

    def _submit(self, text: str) -> None:
        """Search for ``text`` from where the prompt was opened, unless that search was already started."""
        if text and text != self._sought:
            self._sought = text
            self.search.start(text, *self._before_find, 1)

    @on(PromptLine.Cancelled)
    def _prompt_cancelled(self, event: PromptLine.Cancelled) -> None:
        event.stop()
        self.set_focus(self.view)
        if event.kind is PromptKind.FIND:
            self._sought = self._prompt.text.strip()
            self.search.cancel()
            self.view.match = None
            self.view.go_to(*self._before_find)

    def _go_to(self, text: str) -> None:
        target = parse_target(text)
        if not isinstance(target, FrameTarget):
            self.say(self.words("follow.no-packet", text=text))
            return
        row = self.session.store.row_of_frame(target.frame) if 0 < target.frame < 2**32 else NO_ROW
        if row == NO_ROW or int(self.session.store.stream[row]) != self.stream:
            self.say(self.words("follow.not-here", frame=target.frame))
        else:
            self.show_row(row)

    # -- how it is shown -------------------------------------------------------------------
    def action_form(self, name: str) -> None:
        """Show the bytes in the form ``name``: text, hex or decoded."""
        self._form = Form(name)
        if self._form is not Form.DECODED:
            self._only = None  # bytes as they were sent are those of all requests
        self.search.cancel()
        self.tick()

    def action_side(self) -> None:
        """Switch between both sides, the client alone and the server alone."""
        self._sides = _SIDES[(_SIDES.index(self._sides) + 1) % len(_SIDES)]
        self.search.cancel()
        self.tick()

    def action_only(self) -> None:
        """Show the request under the cursor alone, or all again."""
        wanted = self.request_under_cursor if self._only is None else None
        if wanted is None and self._only is None:
            self.say(self.words("follow.no-request"))
            return
        origin = self.byte_under_cursor()
        if origin is not None and self._directions is not None:
            self._start_row = self._directions[origin[0]].row_at(origin[1])
        self._only, self._directions = wanted, None  # the cursor stays with its packet
        self.search.cancel()
        self.tick()

    def action_files(self) -> None:
        """Open the list of what the request under the cursor carried."""
        wanted = self._only or self.request_under_cursor
        if wanted is None:
            self.say(self.words("follow.no-request"))
            return
        from tcptui.ui.export.screen import ExportScreen

        name = RequestName(self.stream, wanted)
        screen = ExportScreen(self.session, self.stream, self.words, self.glyphs, self.options, name)
        self.app.push_screen(screen, self._left_files)

    def _left_files(self, row: int | None) -> None:
        """Close, too, where a packet was chosen."""
        if row is not None and row != NO_ROW:
            self.dismiss(row)

    def action_newest(self) -> None:
        """Switch on or off that the cursor stays at the end while the stream grows."""
        self._newest = not self._newest
        if self._newest:
            self.view.action_last()
        self._show_state()

    def action_copy(self) -> None:
        """Copy the line under the cursor."""
        self.copy(self.view.line_text())

    def action_copy_turn(self) -> None:
        """Copy the turn under the cursor, up to `COPY_LIMIT`."""
        self.copy(self.view.turn_text(COPY_LIMIT))


class _MatchTaker(Protocol):
    """A function that is called on the event loop with the result of a search."""

    def __call__(self, found: Found | None, *, wrapped: bool, step: int) -> None:
        """``found`` is None when nothing matches; ``wrapped``: the search went on from the other end."""


class _Search:
    """The search of one screen: ``owner`` runs its worker threads, ``take_match`` is called with the result."""

    def __init__(self, owner: Widget, take_match: _MatchTaker) -> None:
        self._owner = owner
        self._take_match = take_match
        self._source: FollowSource | None = None
        self.text = ""
        """The text of the last search."""
        self._cancel = threading.Event()
        self._waiting: tuple[int, int, int] | None = None
        """Block, offset and step of a search that begins once there is a source; None for none."""
        self.running = False

    def cancel(self) -> None:
        """Cancel the search, if one is running; ``take_match`` is not called."""
        self._cancel.set()
        self._waiting = None
        self.running = False

    def start(self, text: str, block: int, offset: int, step: int) -> None:
        """Search for ``text`` from ``offset`` of ``block`` on, forward (``step`` 1) or backward (-1)."""
        self.cancel()
        self.text = text
        source = self._source
        pattern = Pattern.of(text)
        if not pattern.data:
            return
        if source is None:
            self._waiting = (block, offset, step)
            return
        cancelled = self._cancel = threading.Event()
        self.running = True

        def look() -> None:
            found, wrapped = wrapped_find(source, pattern, block, offset, step, cancelled.is_set)
            if not cancelled.is_set():
                call_on_loop(self._owner, self._told, cancelled, found, wrapped, step)

        self._owner.run_worker(look, thread=True, group="search")

    def set_source(self, source: FollowSource | None) -> None:
        """Search ``source`` from now on; a search that waits for a source begins."""
        self._source = source
        if self._waiting is not None:
            self.start(self.text, *self._waiting)

    def _told(self, search: threading.Event, found: Found | None, wrapped: bool, step: int) -> None:
        if search is self._cancel and not search.is_set():
            self.running = False
            self._take_match(found, wrapped=wrapped, step=step)
