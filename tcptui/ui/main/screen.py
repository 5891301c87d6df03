"""The main screen: the commands of `keymap`, on a session that is growing or complete."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message

from tcptui.model.packet_store import NO_ROW, NO_STREAM
from tcptui.model.safe_text import safe_text
from tcptui.session.progress import Phase
from tcptui.ui.keymap import bindings
from tcptui.ui.learn.case_panel import CasePanel
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.base_screen import ToTop
from tcptui.ui.main.column_choosing import ColumnChoosingScreen
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.connection_index import ChosenStreams, ListFilter
from tcptui.ui.main.connection_list import ConnectionList
from tcptui.ui.main.controllers import Controllers
from tcptui.ui.main.copied import as_markdown, as_text, copied_document
from tcptui.ui.main.explain_pane import ExplainPane
from tcptui.ui.main.filtering import CarriedFilter
from tcptui.ui.main.glance import GlancePane
from tcptui.ui.main.header_pane import HeaderPane
from tcptui.ui.main.lessons import all_cases
from tcptui.ui.main.pane_specs import NUMBERED, Pane
from tcptui.ui.main.prompt_line import PromptKind, PromptLine
from tcptui.ui.main.verdicts import Verdicts
from tcptui.ui.main.workspace import Workspace
from tcptui.ui.one_shot import call_after
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.textual_private import is_being_removed
from tcptui.ui.view_options import FirstPage, NamesChoice, TimeBase
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType
    from textual.timer import Timer

    from tcptui.dfilter.errors import FilterError
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.groups import GroupBy, GroupSort
    from tcptui.session.notes.format import NotesError
    from tcptui.session.session import Session
    from tcptui.ui.hint import Hint
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.main.filter_work import FilterWork
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.other.screen import OtherResult
    from tcptui.ui.overview.screen import Onward, OverviewResult
    from tcptui.ui.palette_entry import PaletteEntry
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class Carried:
    """What a screen takes over from the one that it replaces."""

    sorting: Sorting
    narrowing: ListFilter
    is_zoomed: bool = False
    """Whether the list has the whole screen."""
    place: tuple[int, Pane, int] | None = None
    """Connection, pane and packet to go to, where the capture is the same."""
    display_filter: CarriedFilter = field(default_factory=CarriedFilter)


class MainScreen(ColumnChoosingScreen):
    """Shows a session; ``walk`` adds the lesson of a case."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    @dataclass
    class ViewChosen(Message):
        """The user chose another zero point of times, or names or addresses."""

        screen: MainScreen
        choice: TimeBase | NamesChoice

    _group: TroubleGroup | None = None
    """The group that the overview was closed on."""
    _grouped: tuple[GroupBy, GroupSort] | None = None
    """How connections were grouped last."""
    nested = False
    """Whether this screen shows a case that was opened above another capture, to which Esc goes back."""
    _carried: Carried | None = None
    """What the screen before showed that goes on."""
    _before_narrowing = -1
    """The same, when the list was narrowed."""

    def __init__(
        self, session: Session, words: Words, glyphs: Glyphs, options: ViewOptions, *,
        walk: CaseWalk | None = None,
    ) -> None:  # fmt: skip
        super().__init__(session, words, glyphs, options, walk=walk)
        self.controllers = Controllers(self)

    def on_mount(self) -> None:
        """Begin; Textual also calls the base classes' handlers."""
        for each in self.controllers:
            each.mounted()

    def tick(self) -> None:
        """Update the screen."""
        is_idle = link_is_idle(self.app)
        super().tick()
        for each in self.controllers:
            each.ticked(is_idle=is_idle)

    def hints_now(self, *, growing: bool, lesson: bool = False) -> tuple[Hint, ...]:
        """The hints of the keys for the pane in front."""
        hints = super().hints_now(growing=growing, lesson=lesson or self.walk is not None)
        for each in self.controllers:
            hints = each.hints(hints)
        return hints

    # -- what controllers use --------------------------------------------------------------
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

    def choose_view(self, choice: TimeBase | NamesChoice) -> None:
        """Show times or names by ``choice``, and have it remembered."""
        chosen = {"time_base": choice} if isinstance(choice, TimeBase) else {"names": choice}
        self.options = replace(self.options, **chosen)
        self.post_message(self.ViewChosen(self, choice))

    def show_status(self) -> None:
        """Update the status bar, and the hint of the tour."""
        super().show_status()
        self.show_tour()

    def show_tour(self) -> None:
        """Show the hint of the tour that fits now, if any."""
        self.controllers.touring.show()

    def _answered(self, work: FilterWork, found: Matching | FilterError | NotesError | OSError | None) -> None:
        super()._answered(work, found)
        self.controllers.saving.filter_answered()

    def _on_timer(self) -> None:
        super()._on_timer()
        self.controllers.verdicts.look()

    def on_unmount(self) -> None:
        """Be left; Textual also calls the base classes' handlers."""
        for each in self.controllers:
            each.unmounted()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - as in Textual
        """Allow what there is to do in a case only while one is open, and the overview only while none is."""
        return self.controllers.lessons.allows(action)

    def show_verdict(self) -> None:
        """Show what may be told of the capture now."""
        self.controllers.verdicts.show()

    def show_filter_line(self, *, loudly: bool = False) -> None:
        """Say below the prompt what there is to say, and mark the stretch that the filter has."""
        super().show_filter_line(loudly=loudly)
        if not self._asks_for_column:
            self.controllers.traffic.mark()

    def sibling(self, session: Session, walk: CaseWalk, *, nested: bool | None = None) -> MainScreen:
        """A screen that shows ``walk``, as this one does; ``nested`` or like this one."""
        screen = MainScreen(session, self.words, self.glyphs, self.options, walk=walk)
        screen.nested = self.nested if nested is None else nested
        return screen

    @on(Workspace.Changed)
    def _selection_changed(self) -> None:
        for each in self.controllers:
            each.selection_changed()

    # -- commands --------------------------------------------------------------------------
    def action_save(self) -> None:
        """Ask for the file to save the capture so far to; of what is in a file already, the packets that match."""
        self.controllers.saving.ask()

    def action_save_matching(self) -> None:
        """Ask for the file to save the packets to that match the filter, also of a capture that goes on."""
        self.controllers.saving.ask_for_matching()

    def action_mark(self) -> None:
        """Mark the connection or packet under the cursor, or take its mark away."""
        self.controllers.noting.mark()

    def action_note(self) -> None:
        """Ask for a note about the connection or packet under the cursor."""
        self.controllers.noting.ask()

    def action_search(self) -> None:
        """Look for a text in the whole capture."""
        self.controllers.searching.open()

    def action_drop_highlights(self) -> None:
        """Have nothing marked any more that was searched for."""
        self.controllers.searching.drop_highlights()

    def action_problem(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) problem; after a search, to its next or previous hit."""
        if not self.controllers.searching.next_hit(step):
            self.controllers.seeking.next_problem(step)

    def action_connection(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) connection of the list; the pane in front stays there."""
        self.controllers.seeking.next_connection(step)

    def action_longest_gap(self) -> None:
        """Go to the packet behind the longest pause of the connection; from there, behind the next longest."""
        self.controllers.seeking.longest_gap()

    @on(Workspace.ProblemReached)
    def _problem_reached(self, event: Workspace.ProblemReached) -> None:
        self.controllers.seeking.say_reached(event.problem)

    def action_names(self) -> None:
        """Switch between names and addresses in the list of connections."""
        self.controllers.naming.switch()

    def action_tour_dismiss(self) -> None:
        """Put the hint away for good, and show the next one."""
        self.controllers.touring.dismiss()

    def action_tour(self) -> None:
        """End the tour, or begin it again when it is over."""
        self.controllers.touring.switch()

    def action_stretch(self) -> None:
        """Begin a stretch in the pane, or take it; for the mouse."""
        self.workspace.glance.action_take()

    @on(GlancePane.Chosen)
    def _stretch_chosen(self, event: GlancePane.Chosen) -> None:
        self.controllers.traffic.choose(event.stretch)

    def action_pane(self, number: int) -> None:
        """Answer the open question with choice ``number``, or go to the pane of that number."""
        if not self.controllers.lessons.answer(number - 1):
            self.workspace.activate(NUMBERED[number - 1])

    def action_step(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) step of the case."""
        self.controllers.lessons.step(step)

    def action_reveal(self) -> None:
        """Show the answer to the prediction, or to the current step's question."""
        self.controllers.lessons.reveal()

    def action_other_case(self, step: int) -> None:
        """Open the next (``step`` 1) or previous (-1) case in the place of this one."""
        self.controllers.lessons.other_case(step)

    def action_twin(self) -> None:
        """Open the case with the same picture and another cause in the place of this one."""
        self.controllers.lessons.twin()

    def action_predict(self) -> None:
        """Ask a question about the packets after the cursor; while one is open, ask the next one."""
        self.controllers.lessons.predict()

    def action_teach(self) -> None:
        """Open the case that teaches what is under the cursor; when that is the open case, its twin."""
        self.controllers.lessons.teach()

    @on(CasePanel.Measured)
    def _lesson_measured(self, event: CasePanel.Measured) -> None:
        self.workspace.set_lesson_lines(event.lines)

    @on(CasePanel.StepShown)
    def _step_shown(self, event: CasePanel.StepShown) -> None:
        self.controllers.lessons.step_shown(event.packets)

    # -- going places ------------------------------------------------------------------
    def action_explain(self) -> None:
        """Go to the explanation pane."""
        self.workspace.activate(Pane.EXPLAIN)

    def action_next_pane(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) pane."""
        self.workspace.activate_next(step)

    def action_drill(self) -> None:
        """Go from the pane in front to the next deeper one, from a case to the next packet of its step."""
        if self.workspace.active is not Pane.LESSON:
            self.workspace.drill()
        elif (frame := self.controllers.lessons.next_of_step()) is not None:
            self.show_frame(frame)
            self.workspace.activate(Pane.TIMELINE)

    def action_back(self) -> None:
        """Undo one step: end a prediction or a case, following hits, the zoom, a jump, drilling in, narrowing."""
        if self.controllers.lessons.back() or self.controllers.searching.leave_hits() or self.workspace.back():
            return
        narrowing = self.workspace.connections.index.narrowing
        if self.wanted_filter:
            self.lift()
        elif narrowing.words:
            self.narrow("")
        elif narrowing:
            self.narrow_to(None)

    @on(ExplainPane.PacketWanted)
    def _evidence_wanted(self, event: ExplainPane.PacketWanted) -> None:
        self.show_frame(event.frame)

    @on(HeaderPane.PacketWanted)
    def _linked_packet_wanted(self, event: HeaderPane.PacketWanted) -> None:
        self.show_frame(event.frame)

    @on(CasePanel.PacketChosen)
    def _lesson_packet_wanted(self, event: CasePanel.PacketChosen) -> None:
        self.show_frame(event.frame)

    def show_frame(self, frame: int) -> None:
        """Select the packet with number ``frame``; Esc goes back."""
        self.controllers.lessons.end_prediction()
        row = self.session.store.row_of_frame(frame)
        if row == NO_ROW:
            self.say(self.words(f"screen.notice.{_why_absent(self.session.store, frame)}", frame=frame))
        elif not self.workspace.go_to_row(row, remember=True):
            self.show_other(row)
        elif self.workspace.active is Pane.CONNECTIONS:
            self.workspace.activate(Pane.TIMELINE)

    def action_go_to(self) -> None:
        """Ask for a packet's number or a time."""
        self.ask(PromptKind.GO_TO)

    def go_to(self, text: str) -> None:
        """Go to the packet or time that ``text`` names."""
        from tcptui.ui.main.go_to import FrameTarget, parse_target, row_of_target

        self.controllers.lessons.end_prediction()
        target = parse_target(text)
        workspace = self.workspace
        if target is None:
            self.say(self.words("screen.notice.no_time", text=text))
        elif isinstance(target, FrameTarget):
            self.show_frame(target.frame)
        else:
            row = row_of_target(self.session.store, target, workspace.ladder.all_rows, self.options.time_base)
            if row != NO_ROW and workspace.go_to_row(row, remember=True):
                workspace.activate(Pane.TIMELINE)
            else:
                self.say(self.words("screen.notice.nothing_later"))

    def action_other(self) -> None:
        """Open the list of the packets that are not TCP."""
        self.controllers.lessons.end_prediction()
        self.show_other(NO_ROW)

    def on_without_tcp_opened(self) -> None:
        """What stands in the place of connections was clicked."""
        self.action_other()

    def show_other(self, row: int) -> None:
        """Open the list of the packets that are not TCP, at ``row`` if it is one."""
        from tcptui.ui.other.screen import OtherScreen

        self.app.push_screen(OtherScreen(self.session, self.words, self.glyphs, row), self._other_left)

    def _other_left(self, result: OtherResult | None) -> None:
        """Go to the packet of a connection that was chosen on that screen."""
        if result is not None:
            self.show_frame(result.frame)

    def action_overview(self) -> None:
        """Open the overview: the trouble of the whole capture."""
        from tcptui.ui.overview.screen import OverviewScreen

        self.controllers.lessons.end_prediction()
        self.controllers.verdicts.watch.wants_trust = True
        screen = OverviewScreen(
            self.session, self.controllers.verdicts.watch, self.words, self.glyphs, self.options, self._group
        )
        self.app.push_screen(screen, self._overviewed)

    @on(Verdicts.FileJudged)
    def _file_judged(self) -> None:
        """Open the first page, unless the user has begun to look around: the overview; without TCP, what there is."""
        is_at_rest = self.app.screen is self and self.focused is self.workspace.connections and self._is_untouched
        if self.options.first_page is FirstPage.OVERVIEW and is_at_rest and not self.has_notice:
            seen = self.controllers.verdicts.watch.seen
            if seen is not None and not seen.connections and not seen.trouble.groups:
                self.action_other()
            else:
                self.action_overview()

    def _overviewed(self, result: OverviewResult | None) -> None:
        """Do what was chosen on the overview, which has closed."""
        self.controllers.verdicts.watch.wants_trust = False
        if result is None:
            return
        self._group = result.group
        if result.onward is not None:
            self._go_on(result.onward)
        elif result.chosen is not None:
            self.list_chosen(result.chosen)
        elif result.frame:
            self.workspace.show_selected_stream()
            self.show_frame(result.frame)
            self.workspace.activate(Pane.TIMELINE)

    def _go_on(self, onward: Onward) -> None:
        """Open what the overview led on to."""
        from tcptui.ui.overview.screen import Onward

        match onward:
            case Onward.OTHER:
                self.action_other()
            case Onward.REQUESTS:
                self._open_requests(NO_STREAM)
            case Onward.GROUPS:
                self.action_groups()
            case Onward.FILTER:
                self.action_narrow()
            case Onward.SEARCH:
                self.controllers.searching.open()

    def action_groups(self) -> None:
        """Open the connections in groups, of the kind and in the order that they were seen last."""
        from tcptui.session.groups import GroupBy, GroupSort
        from tcptui.ui.groups.screen import GroupsScreen

        first = GroupSort.LOST if self.session.has_trouble else GroupSort.BYTES  # else nothing was lost anywhere
        by, sort = self._grouped or (GroupBy.SERVER, first)
        screen = GroupsScreen(self.session, self.words, self.glyphs, self.options, by, sort, lambda: self.matching)

        def left(chosen: ChosenStreams | None) -> None:
            if self._grouped or (screen.by, screen.sort) != (by, sort):
                self._grouped = screen.by, screen.sort
            if chosen is not None:
                self.list_chosen(chosen)

        self.controllers.lessons.end_prediction()
        self.app.push_screen(screen, left)

    # -- the list ------------------------------------------------------------------------
    def narrow(self, text: str, *, is_beside: bool = False) -> None:
        """List only the connections whose row contains every word of ``text``; of those of a group, where one is.

        A filter is lifted, unless the words are to be beside it.
        Where nothing was listed, the cursor goes back to the connection that it was on before.
        """
        if not is_beside:
            self.lift()
        connections = self.workspace.connections
        index = connections.index
        if connections.stream >= 0 and not index.narrowing.words:
            self._before_narrowing = connections.stream
        elif connections.stream < 0:
            self._goal = self._before_narrowing
        index.narrowing = replace(index.narrowing, words=ListFilter.of(text).words)
        self.reorder(now=True)

    def narrow_to(self, chosen: ChosenStreams | None) -> None:
        """List only ``chosen``, with the cursor on the first of them, or all connections again."""
        workspace = self.workspace
        if chosen is not None:
            workspace.following = False
            self._goal = chosen.streams[0]
        index = workspace.connections.index
        index.narrowing = ListFilter(self.words_beside, chosen, index.narrowing.matching)
        self.reorder(now=True)

    @on(PromptLine.Submitted)
    def _prompt_submitted(self, event: PromptLine.Submitted) -> None:
        self.workspace.activate(self.workspace.active)
        asker = self.controllers.that_asks(event.kind)
        if asker is not None:
            asker.submitted(event.kind, event.text)
        if event.kind is PromptKind.GO_TO and event.text:
            self.go_to(event.text)

    @on(PromptLine.Cancelled)
    def _prompt_cancelled(self) -> None:
        self.workspace.activate(self.workspace.active)

    def action_sort(self) -> None:
        """Sort by the next sort key."""
        connections = self.workspace.connections
        own = [column.text for column in connections.cells.columns]
        self.sort(connections.index.sorting.following(own))

    def action_sort_menu(self) -> None:
        """Offer all orders of the list."""
        from tcptui.ui.main.sort_menu import SortMenu

        connections = self.workspace.connections
        orders = Sorting.offered([column.text for column in connections.cells.columns])

        def chosen(sorting: Sorting | None) -> None:
            if sorting is not None:
                self.sort(sorting)

        self.app.push_screen(SortMenu(orders, connections.index.sorting, self.words, self.glyphs), chosen)

    def action_reverse(self) -> None:
        """Turn the order of the list round."""
        sorting = self.workspace.connections.index.sorting
        self.sort(sorting.chosen(sorting.key, sorting.expression))

    @on(ConnectionList.SortWanted)
    def _heading_clicked(self, event: ConnectionList.SortWanted) -> None:
        if event.expression:
            self.sort(event.list.index.sorting.chosen(SortKey.START, event.expression))
        elif event.key is None:
            self.say(self.words("screen.notice.no_sort"))
        else:
            self.sort(event.list.index.sorting.chosen(event.key))

    def sort(self, sorting: Sorting) -> None:
        """Sort the list, with the cursor on the first connection of the new order."""
        workspace = self.workspace
        workspace.following = False
        workspace.connections.touched = True
        workspace.connections.index.sorting = sorting
        self._to_top = ToTop.ALWAYS
        self.reorder(now=True)
        workspace.connections.refresh()
        self.show_status()
        self.say(self._order_words("screen.notice.sorted"))

    # -- how it is shown -----------------------------------------------------------------
    def action_zoom(self) -> None:
        """Zoom the pane in front to the whole screen, or end the zoom."""
        self.workspace.set_zoomed(not self.workspace.arrangement.zoomed)

    @on(VirtualList.EndWanted)
    def _end_wanted(self) -> None:
        if self.session.live and self.session.progress.phase is Phase.LIVE:
            self.workspace.following = True
            self.show_status()

    def action_follow(self) -> None:
        """Switch on or off that the cursor stays on the newest row."""
        workspace = self.workspace
        workspace.following = not workspace.following
        if workspace.following:
            rows = workspace.connections if workspace.active is Pane.CONNECTIONS else workspace.ladder
            rows.put_cursor(rows.row_count - 1)
        self.show_status()

    def action_follow_stream(self) -> None:
        """Open *follow stream* for the selected connection, at the selected packet."""
        workspace = self.workspace
        workspace.show_selected_stream()
        if workspace.ladder.stream >= 0:
            row = workspace.row if workspace.active is not Pane.CONNECTIONS else -1
            self._follow(workspace.ladder.stream, row, None, self._followed)

    def _follow(self, stream: int, row: int, only: str | None, left: Callable[[int | None], None]) -> None:
        """Open *follow stream* at ``row``, of one request where its id is given; ``left`` takes the chosen row."""
        from tcptui.ui.follow.screen import FollowScreen

        flow, is_b = int(self.session.streams.flow[stream]), int(self.session.streams.client_is_b[stream])
        ends = (self.names.text(flow, is_b, False), self.names.text(flow, 1 - is_b, True))
        screen = FollowScreen(
            self.session, stream, row, self.words, self.glyphs, self.options, ends, self.workspace.highlights, only
        )
        self.app.push_screen(screen, left)

    def _followed(self, row: int | None) -> None:
        """Select the packet that was chosen on the screen that has closed."""
        if row is not None and row != NO_ROW and self.workspace.go_to_row(row, remember=True):
            self.workspace.activate(Pane.TIMELINE)

    def action_graph(self) -> None:
        """Open the graphs of the selected connection, at the selected packet."""
        from tcptui.ui.graph.screen import GraphScreen

        workspace = self.workspace
        workspace.show_selected_stream()
        stream = workspace.ladder.stream
        if stream >= 0:
            self.controllers.lessons.end_prediction()
            screen = GraphScreen(self.session, stream, workspace.row, self.words, self.glyphs, self.options)
            self.app.push_screen(screen, self._followed)

    def action_requests(self) -> None:
        """Open the requests of the selected connection, or of all, as a waterfall."""
        self.workspace.show_selected_stream()
        self._open_requests(self.workspace.ladder.stream)

    def _open_requests(self, stream: int) -> None:
        """Open the requests of ``stream``; -1: of all connections, those with the words by which nothing is listed."""
        from tcptui.ui.requests.screen import RequestsScreen

        self.controllers.lessons.end_prediction()
        words = () if stream >= 0 else self.workspace.connections.index.narrowing.words
        screen = RequestsScreen(self.session, stream, self.words, self.glyphs, self.options, words, self._follow)
        self.app.push_screen(screen, self._requests_left)

    def _requests_left(self, frame: int | None) -> None:
        """Go to the request's first packet."""
        if frame:
            self.show_frame(frame)

    def action_export(self) -> None:
        """Open the list of files that were transferred over HTTP."""
        from tcptui.ui.export.screen import ExportScreen

        self.workspace.show_selected_stream()
        screen = ExportScreen(self.session, self.workspace.ladder.stream, self.words, self.glyphs, self.options)
        self.app.push_screen(screen, self._followed)

    def action_pause(self) -> None:
        """Freeze the display, while reading goes on, or resume it."""
        if self.paused:
            self.resume()
        else:
            self.pause()
        self.show_context()

    def action_raw_numbers(self) -> None:
        """Switch between relative and raw sequence numbers."""
        ladder = self.workspace.ladder
        ladder.toggle_raw()
        self.say(self.words("screen.notice.raw_on" if ladder.raw_numbers else "screen.notice.raw_off"))

    def action_time_base(self, name: str) -> None:
        """Count times from the zero point ``name``, a value of `TimeBase`."""
        base = TimeBase(name)
        self.choose_view(base)
        self.workspace.ladder.set_options(self.options)
        self.say(self.words(f"screen.notice.times.{base.value}"))

    def action_copy(self) -> None:
        """Put what is under the cursor on the clipboard."""
        self.copy(as_text(copied_document(self.workspace, self.words), self.words))

    def action_copy_markdown(self) -> None:
        """Put what is under the cursor on the clipboard as Markdown."""
        document = copied_document(self.workspace, self.words)
        if document:
            self.copy(as_markdown(document, self.words))

    def action_kernel(self) -> None:
        """Open the kernel's view of the selected connection, in a local capture and where the kernel can be queried."""
        from tcptui.capture.socket_diag import available

        stream = self.workspace.ladder.stream
        if not self.session.local or not available():
            self.say(self.words("kernel.not_here"))
        elif stream < 0:
            self.say(self.words("kernel.select"))
        else:
            from tcptui.ui.screens.socket import SocketScreen

            self.app.push_screen(SocketScreen(self.session, stream, self.words, self.glyphs))

    def palette_entries(self) -> list[PaletteEntry]:
        """The palette entries of this screen."""
        from tcptui.ui.palette import main_entries

        words, sorting = self.words, self.workspace.connections.index.sorting
        by = safe_text(sorting.expression) or words(f"screen.sort.{sorting.key.value}")
        now = {
            "follow": self._on_off(self.workspace.following),
            "pause": self._on_off(self.paused),
            "zoom": self._on_off(self.workspace.arrangement.zoomed),
            "narrow": self._typed(),
            "lift": self._on_off(self.matching is not None),
            "context": self._on_off(self._has_context),
            "sort": by,
            "sort_menu": by,
            "reverse": by,
            f"time_base('{self.options.time_base.value}')": words("guide.palette.now"),
            "tour": self.controllers.touring.progress,
            "names": words(f"screen.names.{self.options.names.value}"),
            "raw_numbers": words("screen.raw.on" if self.workspace.ladder.raw_numbers else "screen.raw.off"),
        }
        entries = [replace(entry, now=now.get(entry.action, "")) for entry in main_entries(words, self.options.keys)]
        return [*entries, *self.named_filter_entries()]

    def _on_off(self, value: bool) -> str:
        return self.words("guide.palette.on" if value else "guide.palette.off")

    async def palette_places(self, query: str) -> Sequence[PaletteEntry]:
        """Findings, connections and cases called as ``query``, to go to; no findings in a case: they answer it."""
        from tcptui.ui.main.places import LEAST_LETTERS, case_places, connection_places, finding_places

        seen = self.controllers.verdicts.watch.seen if self.walk is None else None
        groups = () if seen is None else seen.trouble.groups
        places = finding_places(query, groups, self.words, self.list_chosen)
        if len(query.strip()) >= LEAST_LETTERS:
            found = await asyncio.to_thread(self._ordering.with_end, query)
            connections = self.workspace.connections
            places += connection_places(query, found, self.words, connections.ends, self.go_to_stream, self.list_with)
            cases = await asyncio.to_thread(all_cases)
            places += case_places(query, cases, self.words, self.controllers.lessons.go_to)
        return places

    def list_chosen(self, chosen: ChosenStreams) -> None:
        """List only ``chosen``, in front."""
        self.workspace.activate(Pane.CONNECTIONS)
        self.narrow_to(chosen)

    def list_with(self, text: str) -> None:
        """List only the connections with ``text``, in front."""
        self.workspace.activate(Pane.CONNECTIONS)
        self.narrow_to(None)
        self.narrow(text)

    def go_to_stream(self, stream: int) -> None:
        """Go to a connection; the list is no longer narrowed where that left it out."""
        connections = self.workspace.connections
        self.workspace.following = False
        self.workspace.activate(Pane.CONNECTIONS)
        if not connections.put_on_stream(stream, by_user=True):
            self._goal = stream
            self.lift()
            connections.index.narrowing = ListFilter()
            self.reorder(now=True)

    # -- the program -------------------------------------------------------------------------
    def action_help(self) -> None:
        """Open the help, with the term under the cursor first."""
        from tcptui.ui.help_term import term_under_cursor
        from tcptui.ui.main.state_moves import transitions_of
        from tcptui.ui.palette import main_keys
        from tcptui.ui.screens.help import HelpScreen

        term = term_under_cursor(self.workspace)
        moves = transitions_of(self.session, self.workspace.row)
        self.app.push_screen(
            HelpScreen(self.words, self.glyphs, main_keys(self.words, self.options.keys), term, moves=moves)
        )

    async def action_leave(self) -> None:
        """Go back to the capture from a case that was opened above it; else quit, which may ask once more."""
        if self.nested:
            self.app.pop_screen()
        else:
            await self.app.action_quit()

    def follow_on(self, before: MainScreen) -> None:
        """Show this session as ``before`` showed the one before it.

        Order and narrowing of the list, times and names are the same, and so is the zoom of the list.  Connections that
        were chosen, and a packet that another pane was zoomed for, are gone.
        """
        workspace = before.workspace
        index = workspace.connections.index
        self.options = before.options
        self._carried = Carried(
            index.sorting, ListFilter(index.narrowing.words),
            is_zoomed=workspace.arrangement.zoomed and workspace.active is Pane.CONNECTIONS,
            display_filter=before.carried_filter,
        )  # fmt: skip

    def in_language(self, words: Words) -> MainScreen:
        """A screen with ``words`` that shows the same: connection, packet, pane, order, narrowing, step."""
        self.controllers.lessons.end_prediction()
        options = replace(self.options, language=words.language)
        screen = MainScreen(self.session, words, self.glyphs, options, walk=self.walk)
        workspace, index = self.workspace, self.workspace.connections.index
        place = workspace.connections.stream, workspace.active, workspace.row
        narrowing = replace(index.narrowing, matching=None)
        screen._carried = Carried(index.sorting, narrowing, place=place, display_filter=self.carried_filter)
        return screen

    def take_over(self) -> None:
        """Go on as the screen before did, if there was one."""
        carried = self._carried
        if carried is None:
            if self.walk is None:
                self.carry_on(CarriedFilter(self.options.display_filter))
            return
        self.carry_on(carried.display_filter)
        index = self.workspace.connections.index
        index.sorting, index.narrowing = carried.sorting, carried.narrowing
        self._order_settled = True
        self.workspace.following &= carried.sorting.is_natural
        if carried.is_zoomed:
            self.call_after_refresh(self.workspace.set_zoomed, True)  # the first layout, before that, ends a zoom
        if carried.place is not None:
            self._goal, pane, row = carried.place
            # The list gets the focus, which it asks for when it is mounted, through the app: this is done after that.
            self.call_later(self.app.call_later, self._go_back_there, pane, row)

    def _go_back_there(self, pane: Pane, row: int) -> None:
        if row >= 0:
            self.workspace.go_to_row(row)
        self.workspace.activate(pane)


def _why_absent(store: PacketStore, frame: int) -> str:
    """Why there is no row for ``frame``, as the end of a catalogue key: evicted, filtered out, or no such packet."""
    first, count = store.first, store.count
    if not count or not 0 < frame < int(store.frame[count - 1]):
        return "no_frame"
    return "frame_left" if first and frame < int(store.frame[first]) else "frame_filtered"
