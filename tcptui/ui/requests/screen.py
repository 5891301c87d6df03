"""`R`: the requests of a connection, or of the whole capture, as a waterfall; Enter goes to the packets of one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.widgets import Input

from tcptui.access.open_capture import rows_seen
from tcptui.access.requests import REQUESTS_MOST, cached_closed, cached_requests, with_payload
from tcptui.model.errors import OutputError
from tcptui.model.packet_store import NO_ROW
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.session.input_priority import input_priority
from tcptui.session.result_files import has_results
from tcptui.session.statements import key_of
from tcptui.ui.filler.room import FillerRoom
from tcptui.ui.filler.table import ALL_PARTS, OF_CONNECTION, Part
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.prompt_line import PromptKind, PromptLine, expand
from tcptui.ui.requests.detail import plain_text
from tcptui.ui.requests.detail_pane import RequestDetail
from tcptui.ui.requests.keys import REQUESTS_KEYS, hints
from tcptui.ui.requests.packets import RequestPackets
from tcptui.ui.requests.request_list import RequestList
from tcptui.ui.requests.requests_bar import RequestsBar
from tcptui.ui.requests.statement_list import StatementList, statement_text
from tcptui.ui.requests.table import RequestSort, RequestTable
from tcptui.ui.requests.writing import write_chosen, written_text
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.errors import safe_facts
from tcptui.words.protocol_list import any_protocol
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Set

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.request import Request
    from tcptui.session.statements import StatementKey
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words

    Follow = Callable[[int, int, str | None, Callable[[int | None], None]], None]
    """Opens *follow stream* of a connection at a row, of one request where its id is given; gives the chosen row."""

#: Interval (seconds) at which the screen looks whether there is something new, …
_BEAT: Final = 0.1
#: … and at which what has been read so far is shown, at least; a long list is shown more seldom.
_SHOWN_EVERY: Final = 0.3
_SHOWN_SHARE: Final = 10
#: After a reading that took so long, the next one waits this many times as long, and at least so many seconds.
_REST: Final = 5
_REST_LEAST: Final = 0.5
#: Requests that are listed at most.
MOST: Final = REQUESTS_MOST
#: Lines of the words about a request: this share of the screen, between these bounds, …
_DETAIL_SHARE: Final = 4
_DETAIL_LEAST, _DETAIL_MOST = 4, 9
#: … and so many below a list that leaves them; if so many more are left, its packets have them.
_DETAIL_ROOMY: Final = 12
_PACKETS_LEAST: Final = 5
#: Of so many lines or more for packets a third, and so many at least, are enough: below stands the capture over time.
_SHARED_FROM: Final = 21
_SHARE: Final = 3
_ENOUGH: Final = 13
_BELOW: Final = (Part.TRAFFIC,)
#: Default name of the folder that rows are written to.
_FOLDER: Final = "rows"
#: Title and hints; the rule above words and packets; the blank line below words that stand instead of requests.
_LINES: Final = 2
_RULE: Final = 1
_APART: Final = 1


class RequestsScreen(KeyedScreen["int | None"]):
    """Reads in a worker thread, again as the capture grows; closes with the frame to go to."""

    DEFAULT_CSS = """
    RequestsScreen {
        layout: vertical;
        background: $background;
        & > RequestsBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > RequestList, & > StatementList {
            background: $background; width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
            scrollbar-size-vertical: 1;
        }
        & > RequestDetail {
            width: 1fr; overflow: hidden hidden; border-top: solid $edge; background: $background;
        }
        & > #request-packets {
            display: none; width: 1fr; height: 1fr; border-top: solid $edge; background: $background;
            overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        }
        &.-roomy > #request-packets { display: block; }
        & > StatementList, &.-grouped > RequestList { display: none; }
        &.-grouped > StatementList { display: block; }
        &.-ascii > RequestDetail, &.-ascii > #request-packets { border-top: ascii $edge; }
    }
    """
    KEYS = REQUESTS_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REQUESTS_KEYS)]

    def __init__(
        self, session: JudgedCapture, stream: int, words: Words, glyphs: Glyphs, options: ViewOptions,
        narrowed: Sequence[str], follow: Follow,
    ) -> None:  # fmt: skip
        """``stream``: the connection to begin with; -1: the whole capture.  ``narrowed``: words to begin with."""
        super().__init__(words, glyphs)
        self.session = session
        self._follow = follow
        self._options = options
        self._stream = stream
        self.is_whole = stream < 0
        """Whether the whole capture is listed."""
        self._bar = RequestsBar(glyphs, words)
        self.requests = RequestList(glyphs, words)
        self._narrowed_first = self.requests.narrowed = tuple(word.lower() for word in narrowed)
        self.statements = StatementList(glyphs, words)
        self.is_grouped = False
        """Whether statements are listed instead."""
        self._told: tuple[object, int] = None, 0
        """What was listed at which size, and the most lines that words about a request needed then."""
        self._detail = RequestDetail(session, glyphs, words)
        self._packets = RequestPackets(session, glyphs, words, options)
        self.below = FillerRoom(session, glyphs, words, options, self._arrange)
        self._prompt = PromptLine(words)
        self._read_for: object = None
        """What was read last: which connections, and how far the capture had come."""
        self._is_reading = False
        self._share = -1
        """Percent of the connections that have been read; -1: all."""
        self._is_full = False
        self._unopened = 0
        """Connections with TLS that nothing opened."""
        self._failure = ""
        self._rests_until = 0.0
        self._cancel = threading.Event()
        self._wanted: Sequence[Request] = ()
        """The requests whose rows go to the folder that is asked for, or are being written."""
        self.is_writing = False
        self._writing = threading.Event()

    def compose(self) -> ComposeResult:
        """Title, requests or statements, the selected one in words and packets, prompt, hints."""
        yield self._bar
        yield self.requests
        yield self.statements
        yield self._detail
        yield self._packets
        yield self.below
        yield self._prompt
        yield self.hint_line

    def on_mount(self) -> None:
        """Read, and look now and then for more."""
        self.set_class(self.glyphs.line == "-", "-ascii")
        self.set_focus(self.requests)
        self.show_hints()
        self.look()
        self._show()
        self.set_interval(_BEAT, self.look)

    def on_unmount(self) -> None:
        """Cancel reading and writing; the reading's thread stops at the next connection."""
        self._cancel.set()
        self._writing.set()

    def on_resize(self) -> None:
        """Fit the words about the request, and its packets."""
        self._arrange()

    def _arrange(self) -> None:
        """Give what a short list leaves to the words about the request, then to its packets."""
        listed = HEADING + max(self._list.row_count, 1)
        room = self.size.height - _LINES - listed - _RULE
        words = min(max(self.size.height // _DETAIL_SHARE, _DETAIL_LEAST), _DETAIL_MOST)
        words = max(min(room, _DETAIL_ROOMY), words)
        request = self._request
        # As many lines as were needed so far: what is above or below does not move with each request.
        state = self.is_whole, self.is_grouped, self.size
        told = self._told[1] if self._told[0] == state else 0
        few = words if request is None else min(max(told, self._detail.needed(words)), words)
        is_roomy = request is not None and room - few - _RULE >= _PACKETS_LEAST
        self.set_class(is_roomy, "-roomy")
        self._detail.display = request is not None
        self._list.styles.height = listed if is_roomy else "1fr"
        if is_roomy:
            words = few
        elif request is not None:
            # A long list keeps half of the lines: its other rows can be scrolled to, the end of the words cannot.
            most = self.size.height // 2 - _LINES
            needed = self._detail.needed(most + 1)
            words = max(words, told, needed if needed <= most else 0)
        if request is not None and not self._is_reading:  # what is listed then may be far fewer, and others
            self._told = state, words
        self._detail.styles.height = words + _RULE
        if is_roomy and request is not None:
            self._packets.tell(request, self.requests.table.around(request, self.size.height))
            left = room - words
            over = left - max(left // _SHARE, _ENOUGH) if left >= _SHARED_FROM else 0
            self.below.fill(over, -1, self.session.revision, width=self.size.width, parts=_BELOW)
        else:
            self._packets.tell(None)
            self._fill_empty(is_empty=request is None and not self._is_reading)

    def _fill_empty(self, *, is_empty: bool) -> None:
        """Below the words that say why nothing is listed, show the connection's packets and the capture."""
        self.below.display = False
        if is_empty:
            said = HEADING + len(self._list.lines_instead(self._list.empty_text)) + _APART
            stream, parts = (-1, ALL_PARTS) if self.is_whole else (self._stream, OF_CONNECTION)
            room = self.size.height - _LINES - said
            self.below.fill(room, stream, self.session.revision, width=self.size.width, parts=parts)

    def show_hints(self) -> None:
        """Show the hints, behind a notice where there is one."""
        request = self._request
        has_request, has_rows = request is not None, request is not None and has_results(request)
        of_one = self._stream >= 0
        self.put_hints(hints(has_request=has_request, of_one=of_one, grouped=self.is_grouped, has_rows=has_rows))

    @property
    def _list(self) -> RequestList | StatementList:
        return self.statements if self.is_grouped else self.requests

    @property
    def _request(self) -> Request | None:
        """The request that is told of: under the cursor, or the slowest of the statement there; None without any."""
        if not self.is_grouped:
            return self.requests.request
        group = self.statements.group
        return None if group is None else group.slowest

    # -- reading -------------------------------------------------------------------------
    @property
    def _newest(self) -> tuple[tuple[bool, bool], int]:
        seen = self.session.revision if self.is_whole else rows_seen(self.session, self._stream)
        return (self.is_whole, self.is_grouped), seen

    @property
    def settled(self) -> bool:
        """Whether what is shown is up to date."""
        return not self._is_reading and self._read_for == self._newest and not self.below.is_busy

    def look(self) -> None:
        """Read again where there is something new, or the other scope was chosen."""
        wanted, before = self._newest, self._read_for
        if self._is_reading or wanted == before:
            return
        is_more = isinstance(before, tuple) and before[0] == wanted[0]
        if is_more and (time.monotonic() < self._rests_until or not link_is_idle(self.app)):
            return
        self._read_for, self._is_reading, self._failure = wanted, True, ""
        self._share = -1 if is_more else 0
        self._cancel = cancel = threading.Event()
        whole, stream = self.is_whole, self._stream

        def read() -> None:
            began = time.monotonic()
            failure = ""
            try:
                streams = with_payload(self.session).tolist() if whole else [stream]
                found = self._read(streams, cancel, is_more)
                closed = self._closed_of(streams, cancel)
            except OSError as error:  # the packets' bytes are gone: the spool was removed or closed
                failure, found, closed = reason_of(error), [], 0
            self._rests_until = time.monotonic() + max(_REST_LEAST, _REST * (time.monotonic() - began))
            if not cancel.is_set():
                call_on_loop(self, self._end, cancel, self._table(found), failure, len(found) >= MOST, closed)

        self.run_worker(read, thread=True, group="requests")

    def _read(self, streams: Sequence[int], cancel: threading.Event, is_more: bool) -> list[Request]:
        """In the thread: the requests of ``streams``; what has been read so far is shown now and then."""
        found: list[Request] = []
        shown = time.monotonic()
        wait = _SHOWN_EVERY
        for number, stream in enumerate(streams):
            if cancel.is_set() or len(found) >= MOST:
                break
            input_priority.step_aside()
            found += cached_requests(self.session, stream)
            if not is_more and time.monotonic() - shown >= wait:
                began = time.monotonic()
                table = self._table(found[:])
                call_on_loop(self, self._take, cancel, table, 100 * number // len(streams))
                shown = time.monotonic()
                wait = max(_SHOWN_EVERY, _SHOWN_SHARE * (shown - began))
        return found[:MOST]

    def _closed_of(self, streams: Sequence[int], cancel: threading.Event) -> int:
        """In the thread: how many of ``streams``, which have been read, nothing opened."""
        return sum(not cancel.is_set() and cached_closed(self.session, stream) is not None for stream in streams)

    def _table(self, found: list[Request]) -> RequestTable:
        table = RequestTable(found, self._server_of, self.requests.words)
        table.prepare(statements=self.is_grouped or self.requests.only is not None)
        return table

    def _server_of(self, stream: int) -> str:
        return str(self.session.streams.server(stream))

    def _take(self, cancel: threading.Event, table: RequestTable, share: int) -> None:
        if not cancel.is_set():
            self._share = share
            self._put(table)
            self._show()

    def _end(
        self, cancel: threading.Event, table: RequestTable, failure: str, is_full: bool, closed: int
    ) -> None:  # fmt: skip
        if cancel.is_set():  # meanwhile: others are being read
            return
        self._is_reading, self._share, self._is_full, self._failure = False, -1, is_full, failure
        self._unopened = closed
        self._put(table)
        self._show()
        self.look()

    def _put(self, table: RequestTable) -> None:
        store = self.session.store
        if not self.requests.began_ns and store.count > store.first:
            self.requests.began_ns = int(store.time_ns[store.first])
        self.requests.show(table)
        if self.is_grouped:
            self.statements.show(table.statements)

    # -- showing -------------------------------------------------------------------------
    def _show(self) -> None:
        words, listed = self.words, self._list
        key = "all" if self.is_whole else "one"
        order = words(f"requests.sorted.{listed.sort.value}")
        if listed.turned:
            order = words("requests.sorted.turned", order=order)
        shown, known = Count(len(self.requests.order)), Count(len(self.requests.table))
        if self._share >= 0:
            count = words("requests.reading", n=known, percent=self._share)
        elif self._is_full:
            count = words("requests.full", n=known)
        elif self.is_grouped:
            count = words("requests.count-statements", n=Count(self.statements.row_count), all=known)
        elif listed.narrowed or self.requests.only is not None:
            count = words("requests.count-of", n=shown, all=known)
        else:
            count = words("requests.count", n=known)
        narrowed = safe_text(" ".join(listed.narrowed))
        only = None if self.is_grouped else self.requests.only
        rest = [*([f"/{narrowed}"] if narrowed else []), *([only[1]] if only is not None else [])]
        closed = [words("requests.closed.bar", n=Count(self._unopened))] if self._unopened else []
        forms = [count, order, *rest, *closed], [count, *rest, *closed], [count, *rest]
        self._bar.show(words(f"requests.title.{key}", stream=self._stream), *map("  ".join, forms))
        narrowed_to = "narrowed" if self.is_whole else "narrowed-one"
        empty = "reading" if self._is_reading else narrowed_to if listed.narrowed and known else key
        if self._failure:
            listed.empty_text = words("requests.empty.failed", reason=self._failure)
        else:
            prefixes = ("requests.protocol",) if self.is_whole else ()
            listed.empty_text = words(f"requests.empty.{empty}", protocols=any_protocol(words, *prefixes))
        listed.refresh()
        self._show_detail()

    def _show_detail(self) -> None:
        self._detail.show(self._request)
        self._arrange()
        self.show_hints()

    @on(VirtualList.Highlighted)
    def _moved(self, event: VirtualList.Highlighted) -> None:
        event.stop()
        if event.control is self._list:
            self._show_detail()

    @on(VirtualList.Chosen)
    def _double_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.action_open()

    # -- keys ----------------------------------------------------------------------------
    def action_open(self) -> None:
        """Close, and go to the first packet of the request under the cursor; or list the requests of the statement."""
        if self.is_grouped:
            self._open_statement()
            return
        request = self.requests.request
        if request is not None and request.first_frame:
            self.dismiss(request.first_frame)

    def action_follow(self) -> None:
        """Follow the request under the cursor: alone where it has an id, else from its first packet on."""
        request = self._request
        if request is not None:
            row = self.session.store.row_of_frame(request.first_frame) if request.first_frame else NO_ROW
            only = request.id if REQUEST_KINDS[request.protocol].has_ids else None
            self._follow(request.stream, row, only, self._left_at)

    def action_files(self) -> None:
        """Open the list of what the request under the cursor carried."""
        from tcptui.ui.export.screen import ExportScreen

        request = self._request
        if request is None:
            return
        kind = REQUEST_KINDS[request.protocol]
        if not kind.has_files:
            self.say(self.words("requests.no-files", protocol=kind.title))
            return
        screen = ExportScreen(self.session, request.stream, self.words, self.glyphs, self._options, request.name)
        self.app.push_screen(screen, self._left_at)

    def _left_at(self, row: int | None) -> None:
        """Close, too, where a packet was chosen on the screen that has closed."""
        if row is not None and row != NO_ROW:
            self.dismiss(int(self.session.store.frame[row]))

    def action_scope(self) -> None:
        """Switch between the connection and the whole capture."""
        if self._stream >= 0:
            self.is_whole = not self.is_whole
            self._cancel.set()
            self._is_reading, self._read_for = False, None
            self._put(RequestTable((), self._server_of, self.requests.words))
            self.look()
            self._show()

    def action_group(self) -> None:
        """List the statements, or the requests of all of them."""
        self._list_statements(grouped=not self.is_grouped)

    def _open_statement(self) -> None:
        """List the requests of the statement under the cursor, the longest first."""
        group = self.statements.group
        if group is not None:
            self.requests.sort, self.requests.turned = RequestSort.DURATION, False
            self._list_statements(grouped=False, only=group.key)

    def _list_statements(self, *, grouped: bool, only: StatementKey | None = None) -> None:
        self.is_grouped, self.requests.only = grouped, only
        self.set_class(grouped, "-grouped")
        self.set_focus(self._list)
        if not grouped:
            self.requests.put_in_order(self._under_cursor if only is None else None)
        self._cancel.set()
        self._is_reading = False
        self.look()
        self._show()

    def action_sort(self) -> None:
        """Sort by the next sort key, with the cursor on the first line."""
        if self.is_grouped:
            self.statements.sort_by(self.statements.sort.following())
        else:
            self.requests.sort, self.requests.turned = self.requests.sort.following(), False
            self.requests.put_in_order(None)
        self._show()

    def action_reverse(self) -> None:
        """Turn the order round."""
        if self.is_grouped:
            self.statements.turn()
        else:
            self.requests.turned = not self.requests.turned
            self.requests.put_in_order(None)
        self._show()

    def action_axis(self) -> None:
        """Draw bars on one axis, or each from its own beginning."""
        self.requests.shared_axis = not self.requests.is_shared
        self.requests.put_in_order(self._under_cursor)
        self._show()

    @property
    def _under_cursor(self) -> tuple[int, int] | None:
        request = self.requests.request
        return None if request is None else (request.stream, request.number)

    def action_back(self) -> None:
        """End the narrowing, list the statements again, or close the screen, what was done last first."""
        if self._list.narrowed and self._list.narrowed != self._narrowed_first:
            self._narrow("")
        elif not self.is_grouped and self.requests.only is not None:
            self._list_statements(grouped=True)
        else:
            self.action_close()

    def action_narrow(self) -> None:
        """Ask for words that every listed request must have."""
        self._prompt.open(PromptKind.REQUESTS, " ".join(self._list.narrowed))
        self.set_focus(self._prompt.query_one(Input))

    def _narrow(self, text: str) -> None:
        said = tuple(text.lower().split())
        if self.is_grouped:
            self.statements.narrow(said)
        else:
            self.requests.narrowed = said
            self.requests.put_in_order(self._under_cursor)
        self._show()

    @on(PromptLine.Changed)
    @on(PromptLine.Submitted)
    @on(PromptLine.Cancelled)
    def _prompt_changed(self, event: PromptLine.Changed | PromptLine.Submitted | PromptLine.Cancelled) -> None:
        event.stop()
        if not self._prompt.is_open:
            self.set_focus(self._list)
        if event.kind is PromptKind.REQUESTS:
            self._narrow(event.text)
        elif isinstance(event, PromptLine.Submitted) and event.text:
            self._write(event.text)

    def action_write(self) -> None:
        """Ask for the folder to write the rows of the request under the cursor to, or of those of the statement."""
        request, group = self.requests.request, self.statements.group
        if self.is_grouped:
            self._ask_folder([] if group is None else self._of_statements({group.key}))
        else:
            self._ask_folder([] if request is None else [request])

    def action_write_all(self) -> None:
        """Ask for the folder to write the rows of all that are listed to."""
        if self.is_grouped:
            self._ask_folder(self._of_statements(self.statements.keys))
        else:
            self._ask_folder([self.requests.table.requests[one] for one in self.requests.order.tolist()])

    def _of_statements(self, keys: Set[StatementKey]) -> list[Request]:
        return [one for one in self.requests.table.requests if key_of(one) in keys]

    def _ask_folder(self, wanted: Sequence[Request]) -> None:
        if not wanted or self.is_writing:
            return
        self._wanted = wanted
        self._prompt.open(PromptKind.FOLDER, _FOLDER)
        self._prompt.note(self.words("requests.write.ask", n=Count(len(wanted))))
        self.set_focus(self._prompt.query_one(Input))

    def _write(self, folder: str) -> None:
        """Write in a thread, and say how it ended."""
        wanted, path, shown = self._wanted, expand(folder), safe_text(folder)
        self._writing = cancel = threading.Event()
        self.is_writing = True

        def tell(done: int) -> None:
            if not cancel.is_set():
                said = self.words("requests.write.writing", done=Count(done), all=Count(len(wanted)))
                call_on_loop(self, self.say, said)

        def write() -> None:
            try:
                said = written_text(write_chosen(self.session, wanted, path, cancel, tell), shown, self.words)
            except OutputError as error:
                said = self.words(error.key, **safe_facts(error.facts))
            except OSError as error:  # as in `look`
                said = self.words("requests.empty.failed", reason=reason_of(error))
            call_on_loop(self, self._wrote, said)

        self.run_worker(write, thread=True, group="write")

    def _wrote(self, text: str) -> None:
        self.is_writing = False
        self.say(text)

    def action_copy(self) -> None:
        """Copy the request under the cursor in words, or the statement."""
        request, group = self._request, self.statements.group
        if self.is_grouped:
            self.copy("" if group is None else statement_text(group, self.words))
        else:
            self.copy("" if request is None else plain_text(request, self.session, self.words))
