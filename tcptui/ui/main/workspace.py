"""The panes together: each shows what is selected in the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on
from textual.message import Message

from tcptui.model.packet_store import NO_ROW, NO_STREAM
from tcptui.model.safe_text import safe_text
from tcptui.session.input_priority import input_priority
from tcptui.ui.background import Background
from tcptui.ui.main.explain_pane import Passage, Tone
from tcptui.ui.main.fetch import StreamFetch
from tcptui.ui.main.packet_severity import harmless_resets, packet_severity, raised_rows
from tcptui.ui.main.pane_specs import SPEC_OF, Pane
from tcptui.ui.main.panes import Panes
from tcptui.ui.one_shot import call_after
from tcptui.ui.preload import preloader
from tcptui.ui.search.highlights import Highlights
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from textual.timer import Timer
    from textual.widgets import Tree

    from tcptui.access.notes.notebook import Notebook
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.finding import Finding, Severity
    from tcptui.model.notes import Note
    from tcptui.protocols.headers.node import Node
    from tcptui.session.dns_names import DnsNames
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.session.searching.hit import Hit
    from tcptui.ui.endpoint_names import EndpointNames
    from tcptui.ui.main.connection_index import ListedProblem
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.main.without_tcp import WithoutTcp
    from tcptui.ui.search.results import SearchResults
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

#: Debounce in seconds: headers and explanation follow the cursor once it has rested for this long.  Longer than the
#: interval of a held key (some 30 repeats a second), so that nothing is built for rows that the cursor only passes.
DEBOUNCE: Final = 0.08
#: Pause in seconds between the updates of two panes, in which a waiting key is handled first.
_PANE_UPDATE_GAP: Final = 0.004
#: Jumps to evidence that Esc can undo.
_JUMPS: Final = 50
#: The pane in front, and the cursors of the connection list and the timeline.
Place = tuple[Pane, int, int]


class Workspace(Panes):
    """Propagates the selection: from the connection to its packets, from the packet to its fields and explanation."""

    @dataclass
    class ProblemReached(Message):
        """`next_problem` has gone to another connection."""

        problem: ListedProblem

    @dataclass
    class PacketHidden(Message):
        """`go_to_row` was asked for a packet that the display filter hides, and went to another one."""

        frame: int
        nearest: int
        """The packet that it went to; 0: there is none to go to."""

    def __init__(self, glyphs: Glyphs, words: Words, options: ViewOptions, *, id: str = "workspace") -> None:  # noqa: A002 - Textual's name
        super().__init__(glyphs, words, options, id=id)
        self.session: FilteredCapture | None = None
        self.following = False
        """Whether the cursor stays on the newest connection or packet."""
        self._names: EndpointNames | None = None
        self._jumps: list[tuple[int, int]] = []
        self._pending: Timer | None = None
        self._due: list[Callable[[], None]] = []
        """Updates that still have to follow the cursor, as a stack: the last one is done first."""
        self._stream_due = False
        self._fetch = StreamFetch(self, self, words, glyphs)
        self._explanation: Background[Document] = Background(self)
        self._explained = (True, -1)
        """What was to be explained last: whether that is a connection, and which; or which packet."""
        self._explains_connection = True
        self._dns: DnsNames | None = None
        """Names of addresses by the DNS answers of the capture, as far as they have been read."""
        self._groups: tuple[TroubleGroup, ...] = ()
        """The trouble of the whole capture, as far as it is known and may be told."""
        self.matching: Matching | None = None
        """The display filter that is on, and its answer."""
        self._empty_for = ""
        """What the list said when there was no connection to show last."""
        self.highlights = Highlights()
        """What was searched for last, and stays marked."""
        self.ladder.highlights = self.highlights
        for rows in (self.connections, self.ladder):
            rows.left_end = self._follow_no_more
        self.hit: Hit | None = None
        """The hit that was gone to last."""
        self._without_tcp: WithoutTcp | None = None
        """What is shown while there are packets and no connection."""
        self._visited = -1
        """The connection that `next_problem` went to last."""

    def on_mount(self) -> None:
        """Show the titles and a placeholder for the explanation."""
        self._show_faint(self.words("screen.explain.nothing"))
        self.show_titles()

    def attach(self, session: FilteredCapture, names: EndpointNames) -> None:
        """Show ``session``."""
        self.session = session
        self._names = names
        self._fetch.attach(session)
        self.connections.attach(session, names)

    @property
    def found(self) -> SearchResults | None:
        """The search whose hits are followed."""
        return self.highlights.following

    def show_highlights(self) -> None:
        """Mark what the searches have found that are kept now."""
        self.ladder.refresh()
        self.show_headers()
        self.post_message(self.Changed(self))

    # -- selection ---------------------------------------------------------------------
    def pane_changed(self) -> None:
        """Update what depends on the pane in front.

        The explanation is about the connection after the connection list was in front, else about the packet.
        """
        if self.active not in (Pane.EXPLAIN, Pane.LESSON):
            self._explains_connection = self.active is Pane.CONNECTIONS
        self._schedule()
        if self.active in (Pane.HEADERS, Pane.EXPLAIN):
            self.settle_now()

    @property
    def place(self) -> Place:
        """The pane in front and the cursors, to tell whether the user has moved."""
        return self.active, self.connections.cursor, self.ladder.cursor

    @property
    def explains_connection(self) -> bool:
        """Whether the explanation is about the connection, not about a packet."""
        return self._explains_connection

    @property
    def row(self) -> int:
        """The selected packet's row in the store, or -1."""
        return self.ladder.packet_row

    def _follow_no_more(self) -> None:
        """Leave the cursor where the user puts it.  A message would come too late: rows come in between."""
        self.following = False

    @on(VirtualList.Highlighted, "#connections")
    def _connection_highlighted(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        if self.connections.stream == self.ladder.stream and self._pending is None:
            return  # what followed the capture is shown already
        self._stream_due = True
        self._schedule()

    @on(VirtualList.Highlighted, "#timeline")
    def _packet_highlighted(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        self._schedule()

    @on(VirtualList.Chosen)
    def _row_chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.drill()

    def drill(self) -> None:
        """Go from the connection to its packets, from the packet to its fields, or to the selected link's packet.

        Nothing here is left to a message: the next key must find the focus already moved.
        """
        enter = SPEC_OF[self.active].enter
        if enter is not None:
            enter(self)

    def open_packets(self) -> None:
        """Go to the packets of the connection under the list's cursor, if there is one."""
        if self.connections.row_count:
            self.show_selected_stream()
            self.activate(Pane.TIMELINE)

    def open_fields(self) -> None:
        """Go to the fields of the packet under the timeline's cursor, if there is one."""
        if self.ladder.row_count:
            self.activate(Pane.HEADERS)

    @property
    def settled(self) -> bool:
        """Whether timeline, headers and explanation show what the cursors are on: no update is pending."""
        read = (self.connections.cells, self.connections.traffic, self.ladder.cells)
        own = all(cells.is_settled for cells in read)
        return own and self._pending is None and not self._due and not self._stream_due and not self.computes

    @property
    def computes(self) -> bool:
        """Whether something that the panes show is being computed and takes long."""
        return not self.headers.is_settled or self._explanation.is_busy or self._fetch.is_busy

    def _schedule(self) -> None:
        """Update what depends on the selection once the cursor rests, one pane at a time."""
        if self._pending is not None:
            self._pending.stop()
        self._due = [self.show_headers, self.show_explanation, self.show_selected_stream]
        if not self._stream_due:
            self._due.pop()
        self._pending = call_after(self, DEBOUNCE, self._settle)

    def settle_now(self) -> None:
        """Do all pending updates at once: the next key is meant for what they show."""
        if self._pending is not None:
            self._pending.stop()
            self._pending = None
        while self._due:
            self._show_next()

    def _show_next(self) -> None:
        try:
            self._due.pop()()
        except IndexError:
            if self.row >= 0 or not len(self.ladder.rows):
                raise
            # The packet was evicted meanwhile; the cursor will soon be on another one.

    def _settle(self) -> None:
        self._pending = None
        imports = preloader.under_way
        if imports or input_priority.waiting:  # a key that came meanwhile is handled first
            self._pending = call_after(self, DEBOUNCE if imports else _PANE_UPDATE_GAP, self._settle)
            return
        if self._due:
            self._show_next()
        if self._due and self._pending is None:
            self._pending = call_after(self, _PANE_UPDATE_GAP, self._settle)

    def show_selected_stream(self) -> None:
        """Show the connection under the list's cursor in the timeline, if it is not shown already."""
        self._stream_due = False
        stream = self.connections.stream
        if stream != self.ladder.stream:
            self.show_stream(stream)

    def show_stream(self, stream: int) -> None:
        """Show ``stream`` in the timeline, whether it is listed or not; -1 shows none."""
        session = self.session
        if session is None or self._names is None:
            return
        if stream < 0:
            self.ladder.clear()
            self._fetch.select(-1)
        else:
            self.ladder.show(session, stream, self._ends_of(session, self._names, stream))
            self._fetch.select(stream)
        self.fit_timeline()
        self.show_titles()
        self.post_message(self.Changed(self))

    @staticmethod
    def _ends_of(session: FilteredCapture, names: EndpointNames, stream: int) -> tuple[str, str]:
        """Client and server as the timeline has them."""
        flow, is_b = int(session.streams.flow[stream]), int(session.streams.client_is_b[stream])
        return names.text(flow, is_b, False), names.text(flow, 1 - is_b, True)

    def rename_ends(self) -> None:
        """Show both ends of the timeline as they are called now."""
        if self.session is None or self._names is None or self.ladder.stream < 0:
            return
        ends = self._ends_of(self.session, self._names, self.ladder.stream)
        if ends != self.ladder.ends:
            self.ladder.ends = ends
            self.fit_timeline()
            self.ladder.repaint()

    def take_findings(self, *, show: bool) -> None:
        """Use the findings of the selected connection; ``show``: the panes are filled already and need an update."""
        if self.session is None:
            return
        store, findings = self.session.store, self.findings
        self.ladder.raise_rows(harmless_resets(store, findings, self.ladder.all_rows) | raised_rows(store, findings))
        if show:
            self._schedule()

    def take_requests(self) -> None:
        """Tell the requests of the selected connection, as far as they have been read."""
        self.ladder.tell_requests(self._fetch.requests)

    def take_messages(self) -> None:
        """Use the application messages of the selected connection, which have been parsed."""
        self.show_headers()

    def show_headers(self) -> None:
        """Show the header tree and the bytes of the selected packet."""
        session, row = self.session, self.row
        if session is None:
            return
        if row < 0:
            self.headers.show(None, b"")
            return
        packet = session.reader.packet(row)
        if self.ladder.conceals:
            packet = packet.keeping_back()
        from tcptui.protocols.headers.tree import header_tree  # see `tcptui.ui.preload`

        messages = self._fetch.messages() if packet.analysis is not None else None
        self.take_requests()
        found = self.highlights.spans_in(row)
        hit = self.hit if self.found is not None else None
        look_at = next((start for at, start, _ in hit.parts if at == row), -1) if hit is not None else -1
        wanted = row, id(messages), self.ladder.conceals
        compute = partial(header_tree, packet, messages)
        self.headers.work_out(wanted, compute, self.words, packet.data, found, look_at)

    def show_explanation(self) -> None:
        """Show the explanation of the selected packet or connection."""
        session, row = self.session, self.row
        if session is None:
            return
        if row < 0 or self.ladder.conceals:
            self._explanation.drop()
        if row < 0:
            if self.arrangement.nothing_matches:
                from tcptui.ui.main.nothing_listed import what_to_do

                self.explain.show(what_to_do(self.connections.index.narrowing, self.words))
            else:
                self._show_faint(self.connections.empty_text or self.words("screen.explain.nothing"))
            return
        if self.ladder.conceals:
            self._show_faint(self.words("learning.waiting"))  # an explanation would give the answer away
            return
        from tcptui.ui.explain_document import packet_document, stream_document  # see `tcptui.ui.preload`

        if self._explains_connection:
            stream, known, groups = self.ladder.stream, self._fetch.known, self._groups
            note = self.connections.note_of(stream)
            named = None if self._names is None else self._names.of_server(stream)
            compute = partial(stream_document, session, stream, known, self.words, self._dns, groups, named)
            wanted: Hashable = (stream, id(known), id(groups), named)
        else:
            note = self.ladder.note_of(row)
            compute = partial(packet_document, session, row, self.severity_of(row), self.words)
            wanted = row

        def take(document: Document) -> None:
            ends = self._filter_passages() if self._explains_connection else ()
            self.explain.show((*self._with_note(document, note), *ends))
            self.post_message(self.Changed(self))

        about = self.explains_connection, self.ladder.stream if self.explains_connection else row
        if not self._explanation.want((wanted, note), compute, take) and about != self._explained:
            self._show_faint(self.words("screen.explain.computing"))
        self._explained = about

    def _filter_passages(self) -> Sequence[Passage]:
        """What the display filter did, for the end of the connection's explanation."""
        matching, matched = self.matching, self.ladder.matched
        if matching is None or matched is None:
            return ()
        from tcptui.ui.main.filter_report import passages_here

        return passages_here(matching, matched, len(self.ladder.all_rows), self.words)

    def take_matching(self, matching: Matching | None, *, context: bool) -> None:
        """Show what the display filter lets pass; None: no filter is on."""
        self.matching = matching
        self.ladder.filter_by(matching, context=context)
        if self.following and self.active is not Pane.CONNECTIONS:
            self.ladder.put_cursor(self.ladder.row_count - 1)
        self.show_titles()
        self._schedule()

    def take_notes(self, notebook: Notebook | None) -> None:
        """Show the marks and notes in ``notebook``."""
        self.connections.notebook = self.ladder.notebook = notebook
        self.connections.refresh()
        self.ladder.refresh()
        if self.session is not None and self.row >= 0 and not self.ladder.conceals:
            self.show_explanation()

    def _with_note(self, document: Document, note: Note) -> Document:
        """``document`` with what was noted, behind its title."""
        if not note.text:
            return document
        return (*document[:1], Passage(safe_text(note.text), self.words("notes.heading")), *document[1:])

    def show_names(self, names: DnsNames) -> None:
        """Show the names of the selected connection's ends: ``names``, or what clients asked for, has new ones."""
        self._dns = names
        if self._explains_connection and self.settled and self.ladder.stream >= 0 and not self.ladder.conceals:
            self.show_explanation()

    def take_groups(self, groups: tuple[TroubleGroup, ...]) -> None:
        """Have explanations of connections say in which of ``groups`` they have a part."""
        is_other = groups != self._groups
        self._groups = groups
        if is_other and self._explains_connection and self.settled and self.ladder.stream >= 0:
            self.show_explanation()

    def _show_faint(self, text: str) -> None:
        """Show a faint sentence in the place of an explanation."""
        self.explain.show((Passage(text, tone=Tone.FAINT),))

    def show_empty(self) -> None:
        """Have timeline and explanation say why there is no connection; of a list that nothing matches, what to do."""
        if self._empty_for == self.connections.empty_text:
            return
        self._empty_for = self.connections.empty_text
        self.ladder.empty_text = "" if self.arrangement.nothing_matches else self._empty_for
        if self.row < 0:
            self.ladder.repaint()
            self.show_explanation()

    def show_without_tcp(self, without: bool) -> None:
        """Show what there is in the place of connections while ``without``."""
        shown = self._without_tcp
        if without and shown is None and self.session is not None:
            from tcptui.ui.main.without_tcp import WithoutTcp  # most captures have TCP

            self._without_tcp = WithoutTcp(self.session, self.glyphs, self.words)
            self.mount(self._without_tcp)
        elif without and shown is not None:
            shown.look()
        elif shown is not None:
            shown.remove()
            self._without_tcp = None
        self.set_without_tcp(without)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the selected connection."""
        return self._fetch.known.findings

    @property
    def can_undo(self) -> bool:
        """Whether there is a zoom or a jump for `back` to undo, before it leaves a pane."""
        return self.arrangement.zoomed or bool(self._jumps)

    def severity_of(self, row: int) -> Severity | int:
        """The severity with which ``row`` is drawn; 0 for an ordinary packet."""
        if self.session is None:
            return 0
        return packet_severity(self.session.store, row, self.ladder.raised) or 0

    def fill(self) -> None:
        """Show the connection under the list's cursor if none is shown: the list was empty before."""
        if self.ladder.stream < 0 and self.connections.stream >= 0:
            self._show_with_list()

    def _show_with_list(self) -> None:
        """Show the connection under the list's cursor in the frame in which it is selected there: no key moved it.

        Else the panes would tell of the one before for a moment, each time that another one comes.
        """
        self._stream_due = True
        self._schedule()
        if not preloader.is_ready:  # nothing can be explained yet
            self.show_selected_stream()
            self._show_faint(self.words("screen.explain.computing"))
        elif not input_priority.waiting:
            self.settle_now()

    # -- growth ------------------------------------------------------------------------
    def grow(self) -> None:
        """Update from the session; the cursor stays on its packet unless it follows the newest one."""
        session = self.session
        if session is None:
            return
        self.connections.refresh()
        if self.following and self.active is Pane.CONNECTIONS:
            self.connections.put_cursor(self.connections.row_count - 1)
            if self.connections.stream not in (-1, self.ladder.stream):
                self._show_with_list()
                self._fetch.follow_growth()
                return
        if self.ladder.stream < 0:
            self.fill()
            return
        grown = self.ladder.grow()
        self._fetch.follow_growth()
        self.ladder.refresh()
        if grown:
            self.fit_timeline()
            self.show_titles()
            if self.following and self.active is not Pane.CONNECTIONS:
                self.ladder.put_cursor(self.ladder.row_count - 1)
            elif self.active is Pane.CONNECTIONS:
                self._schedule()

    # -- going places --------------------------------------------------------------------
    def go_to_row(self, row: int, *, remember: bool = False) -> bool:
        """Select the packet at ``row``; False when it belongs to no connection, or is no longer in memory.

        With ``remember``, `back` returns to the packet selected before, and the newest packet is followed no more.
        """
        session = self.session
        if session is None or row < max(0, session.store.first):
            return False
        stream = int(session.store.stream[row])
        if stream == NO_STREAM:
            return False
        if self.matching is not None and self.ladder.is_hidden(row):
            wanted = int(session.store.frame[row])
            row = self.matching.nearest(session.store, row, session.rows_of(stream))
            self.post_message(self.PacketHidden(wanted, 0 if row == NO_ROW else int(session.store.frame[row])))
            if row == NO_ROW:
                return True
            stream = int(session.store.stream[row])
        if remember:
            self.following = False
        if remember and self.row >= 0 and self.row != row:
            self._jumps.append((self.ladder.stream, self.row))
            del self._jumps[:-_JUMPS]
        if stream != self.ladder.stream:
            self.connections.put_on_stream(stream)
            self.show_stream(stream)
            self._stream_due = False
        self.ladder.put_on_row(row)
        self._schedule()
        return True

    def next_problem(self, step: int) -> bool:
        """Go to the next (``step`` 1) or previous (-1) problem; False when there is none.

        In the connection list that is a connection; in other panes a packet, if need be of another connection.  Behind
        the last connection comes the first.
        `ProblemReached` tells of a connection, in the order of `ConnectionIndex.next_problem`.
        """
        session = self.session
        if session is None:
            return False
        connections, ladder = self.connections, self.ladder
        if self.active is not Pane.CONNECTIONS:
            position = ladder.next_problem(step)
            if position >= 0:
                ladder.put_cursor(position)
                return True
        here = connections.cursor
        if self.active is not Pane.CONNECTIONS and (listed := connections.index.position_of(ladder.stream)) >= 0:
            here = listed
        visited = here < len(connections.index) and int(connections.index.order[here]) == self._visited
        problem = connections.index.next_problem(session.severity, here, step, visited=visited)
        if problem is None:
            return False
        self.following = False
        connections.put_cursor(problem.position)
        self._visited = connections.stream
        self.post_message(self.ProblemReached(problem))
        if self.active is not Pane.CONNECTIONS:
            self.show_selected_stream()
            first = ladder.next_problem(step, -1 if step > 0 else ladder.row_count)
            ladder.put_cursor(max(0, first))
            self._schedule()
        return True

    def first_marked_packet(self, step: int) -> bool:
        """Go to the first (``step`` 1) or last (-1) marked packet of the connection that is shown; False without one.

        For lists of which no connection has a problem of its own.
        """
        if self.active is Pane.CONNECTIONS:
            self.show_selected_stream()
        ladder = self.ladder
        position = ladder.next_problem(step, -1 if step > 0 else ladder.row_count)
        if position < 0:
            return False
        self.following = False
        if self.active is Pane.CONNECTIONS:
            self.activate(Pane.TIMELINE)
        ladder.put_cursor(position)
        self._schedule()
        return True

    def next_connection(self, step: int) -> bool:
        """Select the next (``step`` 1) or previous (-1) connection of the list; False at its end."""
        connections = self.connections
        listed = connections.index.position_of(self.ladder.stream) if self.active is not Pane.CONNECTIONS else -1
        wanted = (connections.cursor if listed < 0 else listed) + step
        if not 0 <= wanted < connections.row_count:
            return False
        self.following = False
        connections.put_cursor(wanted, by_user=True)
        self.show_selected_stream()
        self._schedule()
        return True

    def back(self) -> bool:
        """Undo one step: the zoom, a jump to evidence, or drilling in; False when there is nothing to undo."""
        if self.arrangement.zoomed:
            self.set_zoomed(False)
            return True
        if self._jumps and self.active is not Pane.CONNECTIONS:
            _, row = self._jumps.pop()
            return self.go_to_row(row)
        target = SPEC_OF[self.active].back
        if target is None:
            return False
        self.activate(target)
        return True

    def field_under_cursor(self) -> Node | None:
        """The node under the cursor of the header tree."""
        node = self.headers.tree_view.cursor_node
        return None if node is None else node.data

    def on_tree_node_selected(self, event: Tree.NodeSelected[Node]) -> None:
        """Stop the message: no screen needs it."""
        event.stop()
