"""The main screen: the workspace between a status bar and a line of hints, kept up to date."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np
from textual import on
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tcptui.model.finding import Severity
from tcptui.model.packet_store import NO_ROW
from tcptui.session import Phase
from tcptui.ui.cell_text import grouped
from tcptui.ui.connection_index import ConnectionMatcher, Narrowing, SortKey
from tcptui.ui.connection_ordering import REORDER_SECONDS, ConnectionOrdering
from tcptui.ui.copying import copied_text
from tcptui.ui.endpoint_names import EndpointNames, read_hosts, read_services
from tcptui.ui.go_to import row_of_target
from tcptui.ui.jump_target import FrameTarget, parse_target
from tcptui.ui.keymap import bindings
from tcptui.ui.pane_layout import MIN_HEIGHT, MIN_WIDTH, NUMBERED, Pane, Shape, shape_of
from tcptui.ui.screens.main_hints import hints_for
from tcptui.ui.view_options import TimeBase, ViewOptions
from tcptui.ui.widgets.case_panel import CasePanel
from tcptui.ui.widgets.explain_pane import ExplainPane
from tcptui.ui.widgets.one_line import HintLine, Status, StatusBar, TabBar
from tcptui.ui.widgets.prompt_line import PromptKind, PromptLine
from tcptui.ui.widgets.virtual_list import VirtualList
from tcptui.ui.widgets.workspace import Workspace

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Region
    from textual.timer import Timer
    from textual.widget import Widget

    from tcptui.explain.words import Words
    from tcptui.model.packet_store import I32
    from tcptui.session import Session
    from tcptui.ui.case_walk import CaseWalk
    from tcptui.ui.theme import Glyphs

#: How long a notice stands in the place of the hints, in seconds.
_NOTICE_SECONDS: Final = 3.0


class MainScreen(Screen[None]):
    """Shows a session; ``walk`` adds the lesson of a case."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self, session: Session, words: Words, glyphs: Glyphs, options: ViewOptions, *,
        walk: CaseWalk | None = None, unsaved: bool = False,
    ) -> None:  # fmt: skip
        self._focusing = False
        super().__init__()
        self.session = session
        self.words = words
        self.glyphs = glyphs
        self.options = options
        self.walk = walk
        self.unsaved = unsaved
        """The packets are in no file that outlives the program."""
        self.paused = False
        self.workspace = Workspace(glyphs, words, options)
        self._lesson: CasePanel | None = None
        self._status = StatusBar(glyphs, words)
        self._tabs = TabBar(glyphs, words)
        self._hints = HintLine(glyphs, words)
        self._prompt = PromptLine(words)
        hosts, services = ({}, {}) if options.numeric else (read_hosts(), read_services())
        self._names = EndpointNames(session.flows, hosts, services)
        connections = self.workspace.connections
        severities = tuple(words(f"screen.severity.{level}") for level in range(4))
        matcher = ConnectionMatcher(session, self._names, severities, connections.trouble, connections.note)
        self._ordering = ConnectionOrdering(session, matcher)
        self._ordering_busy = False
        self._ordered_at = 0.0
        self._seen_revision = -1
        self._paused_at = 0
        self._leaving = False
        self._notice_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """One line, on narrow screens tabs, the panes, the prompt, one line."""
        yield self._status
        yield self._tabs
        yield self.workspace
        yield self._prompt
        yield self._hints
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Begin to watch the session."""
        self.workspace.attach(self.session, self._names)
        self.workspace.following = self.session.live
        self.workspace.connections.focus()
        self.set_interval(1 / self.options.refresh_hz, self.tick)
        if self.walk is not None:
            self._begin_lesson(self.walk)
        self.tick()
        self._show_context()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        width, height = event.size
        shape = shape_of(width, height)
        for each in Shape:
            self.set_class(each is shape, each.value)
        facts = {"min_width": MIN_WIDTH, "min_height": MIN_HEIGHT, "width": width, "height": height}
        self.query_one("#too-small", Static).update(Content(self.words("screen.too_small", **facts)))
        self.workspace.arrange_for(shape)

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Move the focus; only what looks different is drawn, not the whole screen."""
        self._focusing = True
        try:
            super().set_focus(widget, scroll_visible, from_app_focus)
        finally:
            self._focusing = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As ever, but not because the focus moved: the panes see to that themselves."""
        if self._focusing and not layout and not recompose:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    # -- keeping up ------------------------------------------------------------------
    def tick(self) -> None:
        """Show what the session learned since the last tick; nothing new, nothing drawn."""
        revision = self.session.revision
        if revision == self._seen_revision:
            return
        if not self.paused:
            self._seen_revision = revision
            self.reorder()
            self.workspace.grow()
        self._show_status()

    def reorder(self, *, now: bool = False) -> None:
        """Bring the connection list's order up to date; a long one in a thread, and not too often."""
        index = self.workspace.connections.index
        narrowing, key = index.narrowing, index.key
        if self._ordering.is_quick(narrowing, key):
            self._take_order(self._ordering.compute(narrowing, key), narrowing)
            return
        if self._ordering_busy or (not now and time.monotonic() - self._ordered_at < REORDER_SECONDS):
            self._seen_revision = -1  # come back to it at the next tick
            return
        self._ordering_busy, self._ordered_at = True, time.monotonic()

        def order() -> None:
            found = self._ordering.compute(narrowing, key)
            self.app.call_from_thread(self._take_slow_order, found, narrowing)

        self.run_worker(order, thread=True, group="order")

    def _take_slow_order(self, order: I32, narrowing: Narrowing) -> None:
        self._ordering_busy = False
        index = self.workspace.connections.index
        if narrowing == index.narrowing:
            self._take_order(order, narrowing)
        else:
            self.reorder(now=True)

    def _take_order(self, order: I32, narrowing: Narrowing) -> None:
        connections = self.workspace.connections
        index = connections.index
        grew_only = len(order) >= len(index.order) and bool((order[: len(index.order)] == index.order).all())
        if grew_only:
            index.order = order
            connections.set_row_count(len(order))
        else:
            connections.replace_order(order)
        titles = []
        if narrowing:
            facts = {"shown": grouped(len(order)), "all": grouped(self.session.streams.count)}
            titles.append(self.words("screen.list.narrowed", text=" ".join(narrowing.words), **facts))
        if index.key is not SortKey.START:
            titles.append(self.words("screen.list.sorted", key=self.words(f"screen.sort.{index.key.value}")))
        title = "  ".join(titles)
        self._tabs.show(self.workspace.active, title)
        if title != self.workspace.list_title:
            self.workspace.list_title = title
            self.workspace.show_titles()
        connections.empty_text = self._empty_text(narrowing)

    def _empty_text(self, narrowing: Narrowing) -> str:
        if narrowing:
            return self.words("screen.list.no_match", text=" ".join(narrowing.words))
        over = self.session.progress.phase in (Phase.DONE, Phase.FAILED)
        return self.words("screen.list.none" if over else "screen.list.empty")

    def _show_status(self) -> None:
        session, progress = self.session, self.session.progress
        levels = np.bincount(session.severity[: session.streams.count], minlength=4)
        loading = progress.phase is Phase.LOADING and progress.bytes_total
        self._status.update(
            Status(
                source=", ".join(part.rpartition("/")[2] for part in session.label.split(", ")),
                live=progress.phase is Phase.LIVE,
                loading_percent=min(99, progress.bytes_read * 100 // progress.bytes_total) if loading else None,
                packets=progress.rows if not self.paused else self._paused_at,
                connections=session.streams.count,
                errors=int(levels[Severity.ERROR]),
                warnings=int(levels[Severity.WARNING]),
                kernel_dropped=progress.kernel_dropped,
                behind_bytes=progress.bytes_waiting if progress.phase is Phase.LIVE else 0,
                spool_bytes=progress.bytes_read if session.live else None,
                following=self.workspace.following,
                paused=self.paused,
                backlog=max(0, progress.rows - self._paused_at) if self.paused else 0,
                failed=progress.phase is Phase.FAILED,
                notice="" if progress.notice is None else self.words(progress.notice.key, **progress.notice.facts),
            )
        )

    @on(Workspace.Changed)
    def _show_context(self) -> None:
        """Tabs and hints for what is in front."""
        workspace = self.workspace
        growing = self.session.progress.phase is Phase.LIVE
        self._tabs.show(workspace.active, self._tabs.extra)
        if self._notice_timer is None:
            self._hints.show(hints_for(workspace.active, growing=growing, lesson=self._lesson is not None))
        self._show_status()

    def say(self, text: str) -> None:
        """A short notice in the place of the hints."""
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._hints.show(self._hints.hints, text)
        self._notice_timer = self.set_timer(_NOTICE_SECONDS, self._end_notice)

    def _end_notice(self) -> None:
        self._notice_timer = None
        self._leaving = False
        self._show_context()

    # -- going places ------------------------------------------------------------------
    def action_pane(self, number: int) -> None:
        """Go to a pane by its number."""
        self.workspace.activate(NUMBERED[number - 1])

    def action_explain(self) -> None:
        """Go to the explanation."""
        self.workspace.activate(Pane.EXPLAIN)

    async def action_drill(self) -> None:
        """Go in: what Enter does in the pane in front."""
        name = {Pane.HEADERS: "select_cursor", Pane.EXPLAIN: "follow_link"}.get(self.workspace.active, "choose")
        widget = self.workspace.widget_of(self.workspace.active)
        await self.app.run_action(name, widget)

    def action_back(self) -> None:
        """Undo one step: zoom, a jump, drilling in, narrowing."""
        if self.workspace.back():
            return
        if self.workspace.connections.index.narrowing:
            self.narrow("")

    def action_problem(self, step: int) -> None:
        """The next or previous problem."""
        if not self.workspace.next_problem(step):
            self.say(self.words("screen.notice.no_problem_after"))

    @on(ExplainPane.PacketWanted)
    def _evidence_wanted(self, event: ExplainPane.PacketWanted) -> None:
        self.show_frame(event.frame)

    @on(CasePanel.PacketChosen)
    def _lesson_packet_wanted(self, event: CasePanel.PacketChosen) -> None:
        self.show_frame(event.frame)

    def show_frame(self, frame: int) -> None:
        """Select the packet numbered ``frame``; Esc comes back."""
        row = self.session.store.row_of_frame(frame)
        if row == NO_ROW:
            self.say(self.words("screen.notice.no_frame", frame=frame))
        elif not self.workspace.go_to_row(row, remember=True):
            self.say(self.words("screen.notice.not_tcp", frame=frame))
        elif self.workspace.active is Pane.CONNECTIONS:
            self.workspace.activate(Pane.TIMELINE)

    def action_go_to(self) -> None:
        """Ask for a packet or a time."""
        self._prompt.open(PromptKind.GO_TO)

    def go_to(self, text: str) -> None:
        """Go to the packet or time that ``text`` names."""
        target = parse_target(text)
        workspace = self.workspace
        if target is None:
            self.say(self.words("screen.notice.no_time", text=text))
        elif isinstance(target, FrameTarget):
            self.show_frame(target.frame)
        else:
            row = row_of_target(self.session.store, target, workspace.ladder.rows, self.options.time_base)
            if row != NO_ROW and workspace.go_to_row(row, remember=True):
                workspace.activate(Pane.TIMELINE)
            else:
                self.say(self.words("screen.notice.nothing_later"))

    # -- the list ------------------------------------------------------------------------
    def action_narrow(self) -> None:
        """Ask for a text that every listed connection must contain."""
        self.workspace.activate(Pane.CONNECTIONS)
        self._prompt.open(PromptKind.NARROW, " ".join(self.workspace.connections.index.narrowing.words))

    def narrow(self, text: str) -> None:
        """List only connections whose row contains every word of ``text``; none when empty."""
        self.workspace.connections.index.narrowing = Narrowing.of(text)
        self.reorder(now=True)

    @on(PromptLine.Changed)
    def _prompt_changed(self, event: PromptLine.Changed) -> None:
        if event.kind is PromptKind.NARROW:
            self.narrow(event.text)

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        self.workspace.activate(self.workspace.active)
        if event.kind is PromptKind.GO_TO and event.text:
            self.go_to(event.text)

    @on(PromptLine.Cancelled)
    def _prompt_cancelled(self, event: PromptLine.Cancelled) -> None:
        self.workspace.activate(self.workspace.active)
        if event.kind is PromptKind.NARROW:
            self.narrow(event.text)

    def action_sort(self) -> None:
        """Sort by the next key."""
        index = self.workspace.connections.index
        index.key = index.key.following()
        self.reorder(now=True)
        self.workspace.connections.refresh()
        self.say(self.words("screen.notice.sorted", key=self.words(f"screen.sort.{index.key.value}")))

    # -- how it is shown -----------------------------------------------------------------
    def action_zoom(self) -> None:
        """Give the pane the whole room, or share it again."""
        self.workspace.set_zoomed(not self.workspace.arrangement.zoomed)

    @on(VirtualList.EndWanted)
    def _end_wanted(self) -> None:
        if self.session.live and self.session.progress.phase is Phase.LIVE:
            self.workspace.following = True
            self._show_status()

    def action_follow(self) -> None:
        """Keep the cursor on the newest row, or stop."""
        workspace = self.workspace
        workspace.following = not workspace.following
        if workspace.following:
            rows = workspace.connections if workspace.active is Pane.CONNECTIONS else workspace.ladder
            rows.put_cursor(rows.row_count - 1)
        self._show_status()

    def action_pause(self) -> None:
        """Freeze the display; reading goes on."""
        self.paused = not self.paused
        self._paused_at = self.session.progress.rows
        if not self.paused:
            self._seen_revision = -1
            self.tick()
        self._show_status()

    def action_raw_numbers(self) -> None:
        """Between relative and raw sequence numbers."""
        ladder = self.workspace.ladder
        ladder.toggle_raw()
        self.say(self.words("screen.notice.raw_on" if ladder.raw_numbers else "screen.notice.raw_off"))

    def action_time_base(self) -> None:
        """Count times from the next beginning."""
        bases = list(TimeBase)
        base = bases[(bases.index(self.options.time_base) + 1) % len(bases)]
        self.options = replace(self.options, time_base=base)
        self.workspace.ladder.set_options(self.options)
        self.say(self.words(f"screen.notice.times.{base.value}"))

    def action_copy(self) -> None:
        """Put what is under the cursor on the clipboard."""
        text = copied_text(self.workspace)
        if text:
            self.app.copy_to_clipboard(text)
            self.say(self.words("screen.notice.copied"))

    # -- the lesson ------------------------------------------------------------------------
    def _begin_lesson(self, walk: CaseWalk) -> None:
        self._lesson = CasePanel(self.glyphs, self.words)
        self.workspace.mount(self._lesson)
        self.workspace.set_lesson(True)
        self.call_after_refresh(self._lesson.show_walk, walk)

    def action_step(self, step: int) -> None:
        """The next or previous step of the case."""
        if self._lesson is not None:
            self._lesson.step(step)

    def action_reveal(self) -> None:
        """Show the answer."""
        if self._lesson is not None:
            self._lesson.reveal()

    @on(CasePanel.StepShown)
    def _step_shown(self, event: CasePanel.StepShown) -> None:
        self.highlight_frames(event.packets)

    def highlight_frames(self, frames: tuple[int, ...]) -> None:
        """Mark packets in the timeline and go to the first of them."""
        store = self.session.store
        rows = [row for frame in frames if (row := store.row_of_frame(frame)) != NO_ROW]
        self.workspace.ladder.highlight(frozenset(rows))
        if rows:
            self.workspace.go_to_row(rows[0])
            if self.workspace.active is Pane.CONNECTIONS:
                self.workspace.activate(Pane.TIMELINE)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Steps exist only in a case."""
        return self._lesson is not None if action in ("step", "reveal") else True

    # -- the program -------------------------------------------------------------------------
    def action_help(self) -> None:
        """Help, the term under the cursor first."""
        from tcptui.ui.commands import main_keys  # noqa: PLC0415 - most sessions never ask
        from tcptui.ui.help_term import term_under_cursor  # noqa: PLC0415
        from tcptui.ui.screens.help_screen import HelpScreen  # noqa: PLC0415

        term = term_under_cursor(self.workspace)
        self.app.push_screen(HelpScreen(self.words, self.glyphs, main_keys(self.words), term))

    def action_leave(self) -> None:
        """Quit; a capture that would be lost asks once more."""
        if self.unsaved and self.session.store.count and not self._leaving:
            self.say(self.words("screen.notice.quit_again"))
            self._leaving = True
            return
        self.app.exit()
