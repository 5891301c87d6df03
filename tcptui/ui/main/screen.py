"""The main screen: its widgets, its keys, and when it looks at the session; what they do is in `controllers`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tcptui.session.input_priority import input_priority
from tcptui.session.other_tables import other_packets
from tcptui.session.rates import rates_of
from tcptui.ui.endpoint_names import EndpointNames, read_hosts, read_services
from tcptui.ui.keymap import bindings
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.connection_list import ConnectionList
from tcptui.ui.main.controllers import Controllers
from tcptui.ui.main.explain_pane import ExplainPane
from tcptui.ui.main.header_pane import HeaderPane
from tcptui.ui.main.layout import MIN_HEIGHT, MIN_WIDTH, Shape, shape_of
from tcptui.ui.main.pane_specs import NUMBERED, Pane
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.main.verdicts import Verdicts
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.one_shot import call_after
from tcptui.ui.preload import preloader
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.textual_private import is_being_removed
from tcptui.ui.view_options import NamesChoice, TimeBase
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Region
    from textual.timer import Timer
    from textual.widget import Widget

    from tcptui.session.session import Session
    from tcptui.ui.hint import Hint
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.palette_entry import PaletteEntry
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Until the first rows are there, the session is polled at this interval (seconds), at most this many times.
_FIRST_LOOK: Final = 0.01
_FIRST_LOOKS: Final = 200


class MainScreen(NoticingScreen[None]):
    """Shows a session; ``walk`` adds the lesson of a case."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    @dataclass
    class ViewChosen(Message):
        """The user chose another zero point of times, or names or addresses."""

        screen: MainScreen
        choice: TimeBase | NamesChoice

    nested = False
    """Whether this screen shows a case that was opened above another capture, to which Esc goes back."""

    def __init__(
        self, session: Session, words: Words, glyphs: Glyphs, options: ViewOptions, *,
        walk: CaseWalk | None = None,
    ) -> None:  # fmt: skip
        self._focusing = False
        super().__init__(words, glyphs)
        self.session = session
        self.options = options
        self.walk = walk
        self.workspace = Workspace(glyphs, words, options)
        self.prompt = PromptLine(words)
        hosts, services = ({}, {}) if options.numeric else (read_hosts(), read_services())
        self.names = EndpointNames(session.flows, hosts, services)
        self.controllers = Controllers(self)
        self._seen_revision = -1
        self._first_look: Timer

    def compose(self) -> ComposeResult:
        """Status bar, verdict, tabs (on narrow screens), panes, prompt, notice, hints."""
        lines = self.controllers.lines
        yield lines.status
        yield self.controllers.verdicts.line
        yield lines.tabs
        yield self.workspace
        yield self.prompt
        yield self.controllers.filter_saying.line
        yield lines.legend
        yield lines.notice
        yield self.controllers.touring.line
        yield self.hint_line
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Attach the session and start the timers that poll it."""
        self.prompt.may_submit = self.controllers.may_submit
        for each in self.controllers:
            each.mounted()
        self.workspace.attach(self.session, self.names)
        index = self.workspace.connections.index
        if self.options.sort is not None and self.walk is None:
            index.sorting = Sorting(self.options.sort)
        self.workspace.following = self.session.live and index.sorting.is_natural
        self.controllers.carrying.take_over()
        self.set_focus(self.workspace.connections)
        self.set_interval(1 / self.options.refresh_hz, self._on_timer)
        self._first_look = self.set_interval(_FIRST_LOOK, self._poll_first_rows, repeat=_FIRST_LOOKS)
        self.tick()
        self.show_context()

    def on_unmount(self) -> None:
        """Be left."""
        for each in self.controllers:
            each.unmounted()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        width, height = event.size
        for each in self.controllers:
            each.resized(width, height)
        shape = shape_of(width, height, self.options.layout)
        self.update_classes({each.value: each is shape for each in Shape})  # together: each change styles all anew
        self._show_too_small()
        self.workspace.arrange_for(shape)

    def _show_too_small(self) -> None:
        width, height = self.size
        facts = {"min_width": MIN_WIDTH, "min_height": MIN_HEIGHT, "width": width, "height": height}
        self.query_one("#too-small", Static).update(Content(self.words("screen.too_small", **facts)))

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Move the focus without a repaint of the whole screen."""
        self._focusing = True
        try:
            super().set_focus(widget, scroll_visible, from_app_focus)
        finally:
            self._focusing = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As in Textual, but do nothing while the focus moves: the panes repaint what that changes."""
        if self._focusing and not layout and not recompose:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - as in Textual
        """Allow what there is to do in a case only while one is open, and the overview only while none is."""
        return self.controllers.lessons.allows(action)

    # -- keeping up ------------------------------------------------------------------------
    def tick(self) -> None:
        """Update the screen if the session's revision has changed since the last tick."""
        is_idle = link_is_idle(self.app)
        if is_idle:
            self._look()
        for each in self.controllers:
            each.ticked(is_idle)

    def _look(self) -> None:
        session, listing = self.session, self.controllers.listing
        revision, fell = session.revision, rates_of(session).look(session.progress)
        if revision == self._seen_revision:
            if fell and not self.paused:
                listing.show_rates()
            return
        if not self.paused:
            self._seen_revision = revision
            listing.open_at_worst()
            listing.reorder()
            self.workspace.grow()
            self.workspace.show_without_tcp(self.has_no_tcp)
            if self.has_no_tcp and not other_packets(session).is_current:
                self.look_again()  # it reads on
        self.show_context()

    def look_again(self) -> None:
        """Have the next tick look at the session, whether it has changed or not."""
        self._seen_revision = -1

    def _on_timer(self) -> None:
        """Tick, unless a key is being answered: an update that no key asked for can wait for the next beat."""
        if not input_priority.waiting:
            self.tick()
        self.controllers.verdicts.look()

    def _poll_first_rows(self) -> None:
        """Show the first rows as soon as there are some, then start the background imports."""
        self.tick()
        if self.workspace.connections.row_count or (self.has_no_tcp and not self.session.progress.growing):
            self._first_look.stop()
            preloader.announce()
            self.call_after_refresh(preloader.begin)

    @property
    def paused(self) -> bool:
        """Whether the display stands still while reading goes on."""
        return self.controllers.live.paused

    @property
    def has_no_tcp(self) -> bool:
        """Whether there are packets, and none belongs to a connection."""
        return bool(self.session.store.count) and not self.session.streams.count

    @on(Workspace.Changed)
    def _selection_changed(self) -> None:
        for each in self.controllers:
            each.selection_changed()
        self.show_context()

    # -- what it shows around the panes ----------------------------------------------------
    def show_status(self) -> None:
        """Update the status bar, and the hint of the tour."""
        self.controllers.lines.show_status()
        self.show_tour()

    def show_context(self) -> None:
        """Update tabs, hints and status for the pane in front."""
        self.controllers.lines.show()
        self.show_status()

    def show_hints(self) -> None:
        """Show the hints for the pane in front, and update tabs and status."""
        self._show_too_small()
        self.show_context()

    def with_own_hints(self, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
        """The ``hints`` for the pane in front as each concern has them now."""
        for each in self.controllers:
            hints = each.hints(hints)
        return hints

    def show_tour(self) -> None:
        """Show the hint of the tour that fits now, if any."""
        self.controllers.touring.show()

    def show_verdict(self) -> None:
        """Show what may be told of the capture now."""
        self.controllers.verdicts.show()

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say; ``loudly``: Enter was pressed on a mistake."""
        if not self.controllers.own_columns.show_line():
            self.controllers.filter_saying.show(loudly=loudly)
            for each in self.controllers:
                each.filter_shown()

    def show_notice(self, text: str) -> None:
        """Put ``text`` before the hints; on a terminal too small for these, where something can be read."""
        super().show_notice(text)
        if self.has_class(Shape.TOO_SMALL.value):
            self.query_one("#too-small", Static).update(Content(text))

    def ask(self, kind: PromptKind, text: str = "") -> None:
        """Open the prompt, which has the focus then."""
        self.prompt.open(kind, text)
        self.set_focus(self.prompt.query_one(Input))  # at once, so that the next key already goes to the field

    def choose_view(self, choice: TimeBase | NamesChoice) -> None:
        """Show times or names by ``choice``, and have it remembered."""
        if isinstance(choice, TimeBase):
            self.options = replace(self.options, time_base=choice)
        else:
            self.options = replace(self.options, names=choice)
        self.post_message(self.ViewChosen(self, choice))

    # -- what goes on meanwhile ------------------------------------------------------------
    @property
    def is_leaving(self) -> bool:
        """Whether the screen is gone, or being taken apart."""
        return is_being_removed(self)

    def hand_over(self, function: Callable[..., object], *facts: object) -> None:
        """From a worker thread: call ``function(*facts)`` on the event loop, unless the screen is being left."""
        call_on_loop(self, function, *facts)

    def call_after(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call ``callback`` once, after so many ``seconds``."""
        return call_after(self, seconds, callback)

    # -- other screens in its place --------------------------------------------------------
    def sibling(self, session: Session, walk: CaseWalk, *, nested: bool | None = None) -> MainScreen:
        """A screen that shows ``walk``, as this one does; ``nested`` or like this one."""
        screen = MainScreen(session, self.words, self.glyphs, self.options, walk=walk)
        screen.nested = self.nested if nested is None else nested
        return screen

    def follow_on(self, before: MainScreen) -> None:
        """Show this session as ``before`` showed the one before it.

        Order and narrowing of the list, times and names are the same, and so is the zoom of the list.  Connections that
        were chosen, and a packet that another pane was zoomed for, are gone.
        """
        self.options = before.options
        self.controllers.carrying.carried = before.controllers.carrying.to_next_capture()

    def in_language(self, words: Words) -> MainScreen:
        """A screen with ``words`` that shows the same: connection, packet, pane, order, narrowing, step."""
        self.controllers.lessons.end_prediction()
        options = replace(self.options, language=words.language)
        screen = MainScreen(self.session, words, self.glyphs, options, walk=self.walk)
        screen.controllers.carrying.carried = self.controllers.carrying.to_same_capture()
        return screen

    def palette_entries(self) -> list[PaletteEntry]:
        """The palette entries of this screen."""
        return self.controllers.guiding.entries()

    async def palette_places(self, query: str) -> Sequence[PaletteEntry]:
        """Findings, connections and cases called as ``query``, to go to."""
        return await self.controllers.guiding.places(query)

    # -- events of its widgets -------------------------------------------------------------
    @on(PromptLine.Changed)
    def _prompt_used(self, event: PromptLine.Changed) -> None:
        if isinstance(event, PromptLine.Submitted | PromptLine.Cancelled):
            self.workspace.activate(self.workspace.active)
        self.controllers.prompt_used(event)

    @on(ExplainPane.PacketWanted)
    @on(HeaderPane.PacketWanted)
    @on(CasePanel.PacketChosen)
    def _packet_wanted(
        self, event: ExplainPane.PacketWanted | HeaderPane.PacketWanted | CasePanel.PacketChosen
    ) -> None:  # fmt: skip
        self.controllers.going.show_frame(event.frame)

    @on(Workspace.PacketHidden)
    def _packet_hidden(self, event: Workspace.PacketHidden) -> None:
        self.controllers.filtering.say_hidden(event.frame, event.nearest)

    @on(Workspace.ProblemReached)
    def _problem_reached(self, event: Workspace.ProblemReached) -> None:
        self.controllers.seeking.say_reached(event.problem)

    @on(ConnectionList.SortWanted)
    def _heading_clicked(self, event: ConnectionList.SortWanted) -> None:
        self.controllers.listing.sort_by(event.key, event.expression)

    @on(VirtualList.EndWanted)
    def _end_wanted(self) -> None:
        self.controllers.live.end_wanted()

    @on(CasePanel.Measured)
    def _lesson_measured(self, event: CasePanel.Measured) -> None:
        self.workspace.set_lesson_lines(event.lines)

    @on(CasePanel.StepShown)
    def _step_shown(self, event: CasePanel.StepShown) -> None:
        self.controllers.lessons.step_shown(event.packets)

    @on(Verdicts.FileJudged)
    def _file_judged(self) -> None:
        self.controllers.capture_pages.file_judged()

    def on_without_tcp_opened(self) -> None:
        """What stands in the place of connections was clicked."""
        self.controllers.going.open_other()

    # -- commands, in the order of `keymap.COMMANDS` ---------------------------------------
    def action_drill(self) -> None:
        """Go from the pane in front to the next deeper one, from a case to the next packet of its step."""
        self.controllers.going.drill()

    def action_back(self) -> None:
        """Undo one step: end a prediction or a case, following hits, the zoom, a jump, drilling in, narrowing."""
        concerns = self.controllers
        _ = concerns.lessons.back() or concerns.searching.back() or self.workspace.back() or concerns.filtering.back()

    def action_pane(self, number: int) -> None:
        """Answer the open question with choice ``number``, or go to the pane of that number."""
        if not self.controllers.lessons.answer(number - 1):
            self.workspace.activate(NUMBERED[number - 1])

    def action_next_pane(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) pane."""
        self.workspace.activate_next(step)

    def action_connection(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) connection of the list; the pane in front stays there."""
        self.controllers.seeking.next_connection(step)

    def action_overview(self) -> None:
        """Open the overview: the trouble of the whole capture."""
        self.controllers.capture_pages.overview()

    def action_groups(self) -> None:
        """Open the connections in groups, of the kind and in the order that they were seen last."""
        self.controllers.capture_pages.groups()

    def action_other(self) -> None:
        """Open the list of the packets that are not TCP."""
        self.controllers.going.open_other()

    def action_problem(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) problem; after a search, to its next or previous hit."""
        if not self.controllers.searching.next_hit(step):
            self.controllers.seeking.next_problem(step)

    def action_longest_gap(self) -> None:
        """Go to the packet behind the longest pause of the connection; from there, behind the next longest."""
        self.controllers.seeking.longest_gap()

    def action_narrow(self) -> None:
        """Ask for a display filter, or for words that every listed connection must contain."""
        self.controllers.filter_prompt.ask()

    def action_filter_by(self) -> None:
        """Open the menu that filters by what is under the cursor."""
        self.controllers.filter_prompt.open_menu()

    def action_lift(self) -> None:
        """Lift the filter, or put it back."""
        self.controllers.filtering.switch()

    def action_filter_form(self) -> None:
        """Open the form that makes a filter out of words."""
        self.controllers.filter_prompt.open_form()

    def action_keep_filter(self) -> None:
        """Ask what the filter that is on is to be called."""
        self.controllers.filter_names.ask()

    def action_use_filter(self, name: str) -> None:
        """Filter by the filter that is called ``name``; of a wrong one, say in the prompt what is wrong."""
        self.controllers.filter_names.use(name)

    def action_context(self) -> None:
        """Show the packets between those that match, too, or only those that match."""
        self.controllers.filtering.switch_context()

    def action_search(self) -> None:
        """Look for a text in the whole capture."""
        self.controllers.searching.open()

    def action_drop_highlights(self) -> None:
        """Have nothing marked any more that was searched for."""
        self.controllers.searching.drop_highlights()

    def action_go_to(self) -> None:
        """Ask for a packet's number or a time."""
        self.controllers.going.ask()

    def action_sort(self) -> None:
        """Sort by the next sort key."""
        self.controllers.listing.sort_next()

    def action_sort_menu(self) -> None:
        """Offer all orders of the list."""
        self.controllers.listing.open_menu()

    def action_reverse(self) -> None:
        """Turn the order of the list round."""
        self.controllers.listing.reverse()

    def action_explain(self) -> None:
        """Go to the explanation pane."""
        self.workspace.activate(Pane.EXPLAIN)

    def action_zoom(self) -> None:
        """Zoom the pane in front to the whole screen, or end the zoom."""
        self.controllers.viewing.zoom()

    def action_add_column(self) -> None:
        """Add the field under the cursor of the header tree to the timeline; elsewhere ask for a column."""
        self.controllers.own_columns.add()

    def action_remove_column(self) -> None:
        """Remove the column of the list in front, or ask which one."""
        self.controllers.own_columns.remove()

    def action_follow(self) -> None:
        """Switch on or off that the cursor stays on the newest row."""
        self.controllers.live.switch_following()

    def action_follow_stream(self) -> None:
        """Open *follow stream* for the selected connection, at the selected packet."""
        self.controllers.stream_pages.follow()

    def action_graph(self) -> None:
        """Open the graphs of the selected connection, at the selected packet."""
        self.controllers.stream_pages.graph()

    def action_requests(self) -> None:
        """Open the requests of the selected connection, or of all, as a waterfall."""
        self.controllers.stream_pages.requests()

    def action_export(self) -> None:
        """Open the list of files that were transferred over HTTP."""
        self.controllers.stream_pages.export()

    def action_pause(self) -> None:
        """Freeze the display, while reading goes on, or resume it."""
        self.controllers.live.switch_pause()

    def action_raw_numbers(self) -> None:
        """Switch between relative and raw sequence numbers."""
        self.controllers.viewing.raw_numbers()

    def action_time_base(self, name: str) -> None:
        """Count times from the zero point ``name``, a value of `TimeBase`."""
        self.controllers.viewing.time_base(name)

    def action_names(self) -> None:
        """Switch between names and addresses in the list of connections."""
        self.controllers.naming.switch()

    def action_kernel(self) -> None:
        """Open the kernel's view of the selected connection."""
        self.controllers.stream_pages.kernel()

    def action_mark(self) -> None:
        """Mark the connection or packet under the cursor, or take its mark away."""
        self.controllers.noting.mark()

    def action_note(self) -> None:
        """Ask for a note about the connection or packet under the cursor."""
        self.controllers.noting.ask()

    def action_copy(self) -> None:
        """Put what is under the cursor on the clipboard."""
        self.controllers.copying.copy()

    def action_copy_capture(self) -> None:
        """Put the command on the clipboard that makes the capture at another place which findings ask for."""
        self.controllers.copying.copy_capture()

    def action_copy_markdown(self) -> None:
        """Put what is under the cursor on the clipboard as Markdown."""
        self.controllers.copying.copy_markdown()

    def action_step(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) step of the case."""
        self.controllers.lessons.step(step)

    def action_other_case(self, step: int) -> None:
        """Open the next (``step`` 1) or previous (-1) case in the place of this one."""
        self.controllers.lessons.other_case(step)

    def action_twin(self) -> None:
        """Open the case with the same picture and another cause in the place of this one."""
        self.controllers.lessons.twin()

    def action_reveal(self) -> None:
        """Show the answer to the prediction, or to the current step's question."""
        self.controllers.lessons.reveal()

    def action_predict(self) -> None:
        """Ask a question about the packets after the cursor; while one is open, ask the next one."""
        self.controllers.lessons.predict()

    def action_teach(self) -> None:
        """Open the case that teaches what is under the cursor; when that is the open case, its twin."""
        self.controllers.lessons.teach()

    def action_save(self) -> None:
        """Ask for the file to save the capture so far to; of what is in a file already, the packets that match."""
        self.controllers.saving.ask()

    def action_save_matching(self) -> None:
        """Ask for the file to save the packets to that match the filter, also of a capture that goes on."""
        self.controllers.saving.ask_for_matching()

    def action_help(self) -> None:
        """Open the help, with the term under the cursor first."""
        self.controllers.guiding.help()

    def action_tour_dismiss(self) -> None:
        """Put the hint away for good, and show the next one."""
        self.controllers.touring.dismiss()

    def action_tour(self) -> None:
        """End the tour, or begin it again when it is over."""
        self.controllers.touring.switch()

    async def action_leave(self) -> None:
        """Go back to the capture from a case that was opened above it; else quit, which may ask once more."""
        if self.nested:
            self.app.pop_screen()
        else:
            await self.app.action_quit()
