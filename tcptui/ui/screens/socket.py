"""`o`: the process that owns a connection on this machine, and the kernel's view of it beside that of the packets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import get_current_worker

from tcptui.access.open_capture import rows_seen
from tcptui.analysis.stream.table import NO_BASE
from tcptui.capture.socket_diag import look_up
from tcptui.model.packet_store import RowKind
from tcptui.model.safe_text import reason_of
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.ui.cell_text import grouped
from tcptui.ui.explain_document import stream_document
from tcptui.ui.hint import Hint
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main.explain_pane import lay_out
from tcptui.ui.prose import BlankLine, Entry, Heading, Paragraph, Span, column_for
from tcptui.ui.prose_columns import Beside
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.document import Document
from tcptui.words.quantities import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.worker import Worker

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.capture.socket_diag import KernelSocket
    from tcptui.model.endpoint import Endpoint
    from tcptui.ui.main.explain_pane import Passage
    from tcptui.ui.prose import Block, Line
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Interval of the queries in seconds: for each one the kernel walks through its connections.
LOOK_SECONDS: Final = 1.0
#: Of a connection of at most this many packets, what they say is told, too: that looks at all of them.
_EXPLAINED_PACKETS: Final = 20_000
_HINTS: Final = (
    Hint("Esc", "screen.hint.back", "screen.dismiss"),
    Hint("↑ ↓", "kernel.hint.scroll"),
    Hint("0", "screen.hint.overview", "screen.overview"),
)


@dataclass(frozen=True, slots=True)
class _Explained:
    """An explanation laid out as its pane does, but for the packets: no key leads to them from here."""

    document: tuple[Passage, ...]
    words: Words
    glyphs: Glyphs

    def lines(self, width: int) -> Iterable[Line]:
        """Its lines."""
        unlinked = tuple(replace(passage, packets=()) for passage in self.document)
        for line in lay_out(unlinked, width, self.glyphs, self.words, dense=False):
            yield tuple(Span(text, style.rstrip("!")) for text, style, _packet in line)


class SocketScreen(NoticingScreen[None], ModalScreen[None]):
    """The kernel's view of one connection, updated while it is open; Esc, `q` or `o` closes it."""

    DEFAULT_CSS = """
    SocketScreen {
        background: $background;
        layout: vertical;
        & > Static {
            height: 1; width: 1fr; background: $panel; color: $foreground; padding: 0 1;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & > Document { height: 1fr; background: $background; }
        & > HintLine { height: 1; width: 1fr; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "dismiss", show=False),
        Binding("0", "overview", show=False),
    ]

    def __init__(self, session: JudgedCapture, stream: int, words: Words, glyphs: Glyphs) -> None:
        super().__init__(words, glyphs)
        self._session = session
        self._stream = stream
        self._before: tuple[Look, ...] = ()
        self._asking: Worker[None] | None = None
        """The last query; one that takes long is waited for."""

    def compose(self) -> ComposeResult:
        """Title, page, hints."""
        yield Static(Content(self.words("kernel.title", stream=self._stream)), markup=False)
        yield Document([Paragraph(self.words("kernel.asking"), "faint")], id="socket-page")
        yield self.hint_line

    def on_mount(self) -> None:
        """Query the kernel now and then once per `LOOK_SECONDS`."""
        self.set_focus(self.query_one(Document))
        self.show_hints()
        self.look()
        self.set_interval(LOOK_SECONDS, self.look)

    def show_hints(self) -> None:
        """Show the keys."""
        self.put_hints(_HINTS)

    def look(self) -> None:
        """Query the kernel again in a worker thread, unless it is being asked, or the link to the terminal is busy."""
        is_asking = self._asking is not None and not self._asking.is_finished
        if not is_asking and link_is_idle(self.app):
            self._asking = self.run_worker(self._ask, thread=True, group="kernel")

    def _ask(self) -> None:
        looks = []
        try:
            for seen in ends_seen(self._session, self._stream):
                ends = (seen.endpoint.host, seen.endpoint.port, seen.peer.host, seen.peer.port)
                looks.append(Look(seen, look_up(*ends)))
        except OSError as error:
            self._tell(error)
            return
        packets_say = self._packets_say()
        if not get_current_worker().is_cancelled:
            call_on_loop(self, self._show, tuple(looks), packets_say)

    def _packets_say(self) -> list[Block]:
        """The explanation of the connection by its packets, for below what the kernel says; of a long one nothing."""
        session, stream, words = self._session, self._stream, self.words
        if rows_seen(session, stream) > _EXPLAINED_PACKETS or not session.judges_at_once:
            return []
        told = stream_document(session, stream, session.current_findings(stream), words)
        return [Heading(words("kernel.packets"), rule=self.glyphs.rule), _Explained(told, words, self.glyphs)]

    def _tell(self, error: OSError) -> None:
        text = self.words("kernel.failed", reason=reason_of(error))
        if not get_current_worker().is_cancelled:
            call_on_loop(self, self._page, [Paragraph(text, "warning")])

    def _show(self, looks: tuple[Look, ...], packets_say: Sequence[Block]) -> None:
        page = socket_page(looks, self._before, self.words, self.glyphs)
        self._page([*page, BlankLine(), *packets_say] if packets_say else page)
        self._before = looks

    def _page(self, blocks: Sequence[Block]) -> None:
        page = self.query_one(Document)
        if tuple(blocks) != page.blocks:
            page.show(blocks, keep_place=True)


#: What is told of an end, by its catalogue keys.
_NAMES: Final = ("state", "owner", "group", "round_trip", "window", "sent_again", "queues", "busy")
_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class EndSeen:
    """What the packets so far say about one end."""

    endpoint: Endpoint
    peer: Endpoint
    is_client: bool
    state: TcpState
    known: bool
    """Whether packets prove the state; else it is assumed."""
    least_rtt_ns: int
    """Smallest round trip of a segment of this end to its ACK, in ns; 0 without one."""
    packets: int
    """Segments of the whole connection."""
    acknowledged: int = 0
    """Bytes of this end that the peer has acknowledged, of which packets show it."""
    received: int = 0
    """Bytes of the peer that this end has acknowledged, the same."""
    later: int | None = None
    """The number of a later connection of the capture with the same addresses and ports; None: there is none."""


def ends_seen(session: JudgedCapture, stream: int) -> tuple[EndSeen, EndSeen]:
    """Client and server of ``stream``, as the packets so far show them."""
    streams = session.streams
    is_b = int(streams.client_is_b[stream])
    cells = tuple(int(column[0]) for column in streams.last_states(session.store, np.array([stream])))
    rtts = (int(streams.min_rtt_ns_a[stream]), int(streams.min_rtt_ns_b[stream]))
    ends = session.flows.endpoints(int(streams.flow[stream]))
    packets = int(streams.packets[stream])
    later = np.flatnonzero(streams.flow[stream + 1 : streams.count] == streams.flow[stream])
    newest = stream + 1 + int(later[-1]) if len(later) else None
    passed = _acknowledged(session, stream, 0), _acknowledged(session, stream, 1)

    def end(which: int, *, is_client: bool) -> EndSeen:
        state, known = state_of(cells[which])
        return EndSeen(
            ends[which], ends[1 - which], is_client, state, known, rtts[which], packets, passed[which],
            passed[1 - which], newest,
        )  # fmt: skip

    return end(is_b, is_client=True), end(1 - is_b, is_client=False)


def _acknowledged(session: JudgedCapture, stream: int, sender: int) -> int:
    """How many bytes of the end ``sender`` (0: *a*, 1: *b*) the other one has acknowledged, by its newest ACK."""
    store, streams = session.store, session.streams
    base = int((streams.base_b if sender else streams.base_a)[stream])
    rows = session.rows_of(stream)
    is_ack = (store.from_b[rows] == 1 - sender) & (store.flags[rows] & (TcpFlag.ACK | TcpFlag.RST) == TcpFlag.ACK)
    acks = rows[is_ack & (store.kind[rows] == RowKind.TCP)]
    if base == NO_BASE or not len(acks):
        return 0
    passed = int(store.ack[acks[-1]]) - base & 0xFFFF_FFFF
    return passed if passed < 1 << 31 else 0  # behind the base: not of this connection's numbers


@dataclass(frozen=True, slots=True)
class Look:
    """One result of a query: an end, and the socket that this machine has for it, or None."""

    seen: EndSeen
    socket: KernelSocket | None


#: SYN and FIN take a number each, and are counted by one side or the other.
_MARGIN: Final = 2
#: States in which no more data is exchanged, and those of a socket that can still exchange some.
_OVER: Final = frozenset({TcpState.CLOSED, TcpState.TIME_WAIT})
_BEGUN: Final = frozenset({TcpState.SYN_SENT, TcpState.SYN_RECEIVED, TcpState.ESTABLISHED})


def is_of_another(look: Look) -> bool:
    """Whether the socket is that of a later connection, which has the same addresses and ports by now.

    The kernel's counters only grow: they are never behind what packets show, and those of a connection that is over
    grow no more.
    """
    seen, socket = look.seen, look.socket
    if socket is None:
        return False
    counts = [
        (kernel, ours)
        for kernel, ours in ((socket.acknowledged, seen.acknowledged), (socket.received, seen.received))
        if kernel is not None
    ]
    if seen.later is not None or any(kernel + _MARGIN < ours for kernel, ours in counts):
        return True
    if seen.state not in _OVER or socket.state not in _BEGUN:
        return False
    return not counts or any(kernel > ours + _MARGIN for kernel, ours in counts)


def disagree(before: Sequence[Look], now: Look) -> bool:
    """Whether the kernel's state differs from ours for another reason than that a packet is still to be analysed.

    A query may come between a packet and its analysis, so a difference counts only when the query before (in
    ``before``) gave the same result and no packet came between the two.
    """
    earlier = next((look for look in before if look.seen.is_client == now.seen.is_client), None)
    if earlier is None or earlier != now or now.socket is None or now.seen.state is TcpState.UNSEEN:
        return False
    return now.socket.state is not now.seen.state


def socket_page(looks: Sequence[Look], before: Sequence[Look], words: Words, glyphs: Glyphs) -> list[Block]:
    """The page for both ends; ``before`` is the result of the query before this one."""
    local = [look for look in looks if look.socket is not None and not is_of_another(look)]
    if not local and any(look.socket is not None for look in looks):
        later = next((look.seen.later for look in looks if look.seen.later is not None), None)
        why = words("kernel.another") if later is None else words("kernel.another_known", stream=later)
        return [Paragraph(words("kernel.none")), BlankLine(), Paragraph(why, "warning")]
    if not local:
        return [Paragraph(words("kernel.none")), BlankLine(), Paragraph(words("kernel.none_why"), "faint")]
    ends: list[tuple[Block, ...]] = []
    for look in local:
        side = words("kernel.client" if look.seen.is_client else "kernel.server")
        heading = Heading(words("kernel.heading", side=side, endpoint=str(look.seen.endpoint)), rule=glyphs.rule)
        ends.append((heading, *_end(look, words, glyphs, wrong=disagree(before, look))))
    both = [Beside(*ends)] if len(ends) == 2 else ends[0]
    return [*both, BlankLine(), Paragraph(words("kernel.note"), "faint")]


def _end(look: Look, words: Words, glyphs: Glyphs, *, wrong: bool) -> list[Block]:
    seen, socket = look.seen, look.socket
    if socket is None:
        return []
    ours = seen.state.label + ("" if seen.known else "?") if seen.state is not TcpState.UNSEEN else "?"
    blocks: list[Block] = []
    column = column_for(words(f"kernel.name.{name}") for name in _NAMES)

    def entry(name: str, text: str, style: str = "plain") -> None:
        blocks.append(Entry(words(f"kernel.name.{name}"), text, column, text_style=style))

    facts = {"ours": ours, "kernel": socket.state.label}
    if wrong:
        entry("state", f"{glyphs.warning} " + words("kernel.state.differs", **facts), "warning")
    else:
        entry("state", words("kernel.state.same" if socket.state is seen.state else "kernel.state.both", **facts))
    entry("owner", _owner(socket, words))
    if socket.owner.control_group not in ("", "/"):
        entry("group", socket.owner.control_group)
    entry("round_trip", _round_trip(look, words))
    if socket.congestion_window is not None:
        key = "kernel.window" if socket.threshold is None else "kernel.window_threshold"
        entry("window", words(key, window=socket.congestion_window, threshold=socket.threshold))
    if socket.sent_again is not None:
        entry("sent_again", words("kernel.sent_again", count=grouped(socket.sent_again), lost=socket.lost or 0))
    facts = {"unacknowledged": grouped(socket.send_queue), "unread": grouped(socket.receive_queue)}
    entry("queues", words("kernel.queues", **facts))
    if socket.busy_ns:
        entry("busy", _busy(socket, words))
    return blocks


def _owner(socket: KernelSocket, words: Words) -> str:
    owner = socket.owner
    text = words("kernel.user", user=owner.user)
    if owner.pid is not None:
        text = words("kernel.program", program=owner.program, pid=owner.pid, user=owner.user)
    return words("kernel.placed", owner=text, place=owner.place) if owner.place else text


def _round_trip(look: Look, words: Words) -> str:
    socket = look.socket
    ours = duration(look.seen.least_rtt_ns / _NS, words) if look.seen.least_rtt_ns else words("kernel.unknown")
    if socket is None or socket.round_trip_ns is None:
        return words("kernel.round_trip_ours", ours=ours)
    facts = {
        "smoothed": duration(socket.round_trip_ns / _NS, words),
        "least": duration((socket.minimum_ns or 0) / _NS, words),
        "timeout": duration((socket.timeout_ns or 0) / _NS, words),
        "ours": ours,
    }
    return words("kernel.round_trip", **facts)


def _busy(socket: KernelSocket, words: Words) -> str:
    busy = socket.busy_ns or 1
    return words(
        "kernel.busy",
        busy=duration(busy / _NS, words),
        window=round(100 * (socket.window_limited_ns or 0) / busy),
        buffer=round(100 * (socket.buffer_limited_ns or 0) / busy),
    )
