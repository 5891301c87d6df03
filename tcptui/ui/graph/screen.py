"""`t`: graphs of a connection; the cursor is a packet of the timeline, and Enter goes to it there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from textual import on

from tcptui.access.open_capture import is_looked_through, rows_seen
from tcptui.charts.cells import cell_grid, full_view
from tcptui.charts.chart import make_chart
from tcptui.charts.figure import notes_of, title_of
from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import SPEC_OF
from tcptui.model.packet_store import NO_ROW
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.graphs.trace import SIDES
from tcptui.session.input_priority import input_priority
from tcptui.ui.graph.keys import GRAPH_KEYS, HINTS, LOG, MOVES, NEWEST
from tcptui.ui.graph.plot import GraphPlot
from tcptui.ui.graph.saying import EXPLAINED_PACKETS, told
from tcptui.ui.keymap import bindings
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.prose import Paragraph, lay_out, text_of
from tcptui.ui.screens.keyed import KeyedScreen
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.widgets.document import Document
from tcptui.ui.widgets.one_line import OneLine
from tcptui.words.quantities import unbroken_duration

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.charts.chart import Chart
    from tcptui.charts.raster import Viewport
    from tcptui.model.packet_store import I32, I64
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.ui.widgets.one_line import Cells
    from tcptui.words.catalogue import Words

#: A connection of at most this many packets is read on the event loop, a longer one in a worker thread; so is any
#: where the rules are yet to be imported.
QUICK_PACKETS: Final = 5_000
#: While a longer one grows, the pause between two readings is this many times as long as the last one took.
_REST: Final = 5
#: The shortest stretch of time that is shown.
_SHORTEST_NS: Final = 10_000
#: Lines for what is said of the packet, by the height of the screen from which on there are so many.
_TEXT_LINES: Final = ((45, 8), (30, 6), (22, 4), (0, 2))
#: From this ratio of the greatest value to the least on, a logarithmic axis is offered.
_FAR_APART: Final = 100
#: A text that is copied is broken at this width.
_COPIED: Final = 10_000


class GraphBar(OneLine):
    """Top line: the kinds of graphs, the present one marked; whose data, and which part of the connection."""

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, words, id="graph-bar")
        self._shown: tuple[ChartKind, int, tuple[str, ...]] = (ChartKind.SEQUENCE, 0, ("",))

    def show(self, kind: ChartKind, side: int, part: tuple[str, ...]) -> None:
        """Mark ``kind``, name ``side``, and say which ``part`` is in the picture: the longest form first."""
        if (kind, side, part) != self._shown:
            self._shown = kind, side, part
            self.refresh()

    def cells(self, width: int) -> Cells:
        """What fits of the kinds, side and part: a short form of the part goes before the other kinds."""
        kind, side, part = self._shown
        palette, words = self.palette, self.words
        marked = palette.strong + Style(reverse=True)
        kinds = [
            (f" {words(f'graph.kind.{each.value}')} ", marked if each is kind else palette.bar) for each in ChartKind
        ]
        present = [cell for cell, each in zip(kinds, ChartKind, strict=True) if each is kind]
        whose = (f" {words(f'graph.of.{SIDES[side]}')} ", palette.side(bool(side)) + Style(bgcolor=palette.bar.bgcolor))
        for shown, text in [(kinds, text) for text in part] + [(present, text) for text in (*part, "")]:
            line = [*shown, whose]
            room = width - sum(cell_len(cell) for cell, _ in line) - cell_len(text) - 1
            if room >= 0:
                break
        return [*line, (" " * max(room, 0) + text + " ", palette.bar)]


class GraphScreen(KeyedScreen[int]):
    """Graphs of ``stream``, the cursor at packet ``row`` at first; the result is the row to select, or `NO_ROW`."""

    DEFAULT_CSS = """
    GraphScreen {
        layout: vertical;
        background: $background;
        & > GraphBar, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > GraphPlot { height: 1fr; width: 1fr; background: $background; overflow: hidden hidden; }
        & > Document { height: 4; width: 1fr; background: $background; scrollbar-size-vertical: 1; }
    }
    """
    KEYS = GRAPH_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GRAPH_KEYS), *MOVES]

    def __init__(
        self, session: JudgedCapture, stream: int, row: int, words: Words, glyphs: Glyphs, options: ViewOptions,
        kind: ChartKind = ChartKind.SEQUENCE,
    ) -> None:  # fmt: skip
        super().__init__(words, glyphs)
        self.session = session
        self.stream = stream
        self.kind = kind
        self.side = -1
        """Whose data; -1: not chosen yet."""
        self.row = row
        """The packet under the cursor; `NO_ROW` before there is one."""
        self.chart: Chart | None = None
        self._options = options
        self._graphs = StreamGraphs(session, stream)
        self._times = np.zeros(0, np.int64)
        self._rows = np.zeros(0, np.int32)
        self._stretch: tuple[int, int] | None = None
        """The times that are shown; None: all."""
        self._newest = False
        self._is_log = False
        """Whether the axis of values is logarithmic where that is of use."""
        self._spread: tuple[Chart, tuple[int, int], bool] | None = None
        """Whether values are far apart, of which chart and stretch."""
        self._made_of: object = None
        """What the chart was made for: packets, whether more may come, findings, kind, side."""
        self._making = False
        self._rest_until = 0.0
        self._bar = GraphBar(glyphs, words)
        self.plot = GraphPlot(glyphs, words)
        self.said = Document(id="graph-said")
        self.said.can_focus = False

    def compose(self) -> ComposeResult:
        """Kinds, picture, what the packet is, hints."""
        yield self._bar
        yield self.plot
        yield self.said
        yield self.hint_line

    def on_mount(self) -> None:
        """Draw, and draw again as packets come."""
        self.said.show([Paragraph(self.words("graph.reading"))])
        self.set_focus(self.plot)
        self.show_hints()
        self.tick()
        self.set_interval(1 / self._options.refresh_hz, self._on_timer)

    def on_resize(self, event: events.Resize) -> None:
        """Give the words below the picture the lines that the height allows."""
        height = next(lines for least, lines in _TEXT_LINES if event.size.height >= least)
        self.said.styles.height = height
        self.call_after_refresh(self._draw)

    @property
    def growing(self) -> bool:
        """Whether more packets may come."""
        return self.session.progress.growing

    def show_hints(self) -> None:
        """Show the hints of the main keys."""
        log = (LOG,) if self.kind is ChartKind.RTT and self._is_far_apart else ()
        newest = (NEWEST,) if self.growing else ()
        self.put_hints((*HINTS[:4], *newest, HINTS[4], *log, *HINTS[5:]))

    # -- keeping up ------------------------------------------------------------------------
    def _on_timer(self) -> None:
        """Tick, unless a key is being answered: what no key asked for can wait for the next beat."""
        if not input_priority.waiting:
            self.tick()

    def tick(self) -> None:
        """Read the packets that are new, and draw again."""
        known = rows_seen(self.session, self.stream), self.growing, is_looked_through(self.session)
        wanted = known, self.kind, self.side
        if wanted == self._made_of or self._making:
            return
        same_chart = isinstance(self._made_of, tuple) and self._made_of[1:] == wanted[1:]
        if same_chart and (time.monotonic() < self._rest_until or not link_is_idle(self.app)):
            return
        self._made_of = wanted
        if known[0] <= QUICK_PACKETS and self.session.judges_at_once:
            self._take(*self._make(self.kind, self.side))
            return
        self._making = True
        kind, side = self.kind, self.side

        def make() -> None:
            began = time.monotonic()
            made = self._make(kind, side)
            self._rest_until = time.monotonic() + _REST * (time.monotonic() - began)
            call_on_loop(self, self._take, *made)

        self.run_worker(make, thread=True, group="graph")

    def _make(self, kind: ChartKind, side: int) -> tuple[Chart, I64, I32]:
        """The chart, and the times and rows of all packets in the order of time.  In a thread for long connections."""
        self._graphs.grow()
        trace = self._graphs.trace
        side = self._graphs.busier_side if side < 0 else side
        times, rows = trace.column("time_ns"), trace.column("row")
        if (times[1:] < times[:-1]).any():
            order = np.argsort(times, kind="stable")
            times, rows = times[order], rows[order]
        return make_chart(self._graphs, kind, side), times, rows

    def _take(self, chart: Chart, times: I64, rows: I32) -> None:
        self._making = False
        if not self.is_running:
            return  # the screen was closed while the thread was working
        self.chart, self._times, self._rows = chart, times, rows
        if self.side < 0:
            self.side = chart.side
            if isinstance(self._made_of, tuple):
                self._made_of = *self._made_of[:-1], self.side  # of the kind that was made: another may be wanted now
        if len(rows):
            self.row = int(rows[-1 if self._newest else self._place()])
        if self._newest and self._stretch is not None:
            length = self._stretch[1] - self._stretch[0]
            self._stretch = chart.end_ns - length, chart.end_ns
        self._draw()
        self.show_hints()

    def _place(self) -> int:
        """Where the packet under the cursor is among those in the order of time; else the last one before it."""
        found = np.flatnonzero(self._rows == self.row)
        if len(found):
            return int(found[0])
        before = np.flatnonzero(self._rows < self.row)
        return int(before[-1]) if self.row != NO_ROW and len(before) else 0

    # -- drawing ---------------------------------------------------------------------------
    def _view(self) -> Viewport | None:
        return (
            None
            if self.chart is None
            else full_view(self.chart, *(self._stretch or (None, None)), is_log=self._is_log and self._is_far_apart)
        )

    @property
    def _is_far_apart(self) -> bool:
        """Whether values in the picture differ so much that an even axis shows only the greatest."""
        chart = self.chart
        if chart is None:
            return False
        known = chart, self._stretch or (chart.begin_ns, chart.end_ns)
        if self._spread is None or self._spread[0] is not chart or self._spread[1] != known[1]:
            self._spread = *known, chart.spread(*known[1]) > _FAR_APART
        return self._spread[2]

    def _draw(self) -> None:
        view, chart = self._view(), self.chart
        if view is None or chart is None:
            return
        place = self._place()
        at = int(self._times[place]) if len(self._times) else None
        self.plot.show(chart, view, at)
        whole = unbroken_duration(chart.end_ns - chart.begin_ns, self.words)
        part: tuple[str, ...] = (self.words("graph.whole", all=whole), whole)
        if self._stretch is not None:
            begin, end = (unbroken_duration(bound, self.words) for bound in (view.begin_ns, view.end_ns))
            part = (self.words("graph.part", begin=begin, end=end, all=whole),)
        self._bar.show(self.kind, max(self.side, 0), part)
        notes = [Paragraph(note, "faint") for note in (notes_of(chart, view, self.words) if chart.layers else ())]
        if at is None:
            self.said.show(notes)
            return
        explained = len(self._rows) <= EXPLAINED_PACKETS
        blocks = told(self.session, chart, self.row, at, self.words, self.glyphs, explained=explained)
        self.said.show([*blocks, *notes])

    # -- the cursor ------------------------------------------------------------------------
    def _go(self, place: int, *, by_user: bool = True) -> None:
        """Put the cursor on a packet, and have it in the picture."""
        if not len(self._rows):
            return
        place = min(max(place, 0), len(self._rows) - 1)
        self.row = int(self._rows[place])
        if by_user:
            self._newest = False
        if self._stretch is not None:
            begin, end = self._stretch
            at = int(self._times[place])
            if not begin <= at <= end:
                self._set_stretch(at - (end - begin) // 2, at + (end - begin) // 2)
        self._draw()

    def action_column(self, step: int) -> None:
        """Go to the packets of the next column to the right (``step`` 1) or to the left (-1)."""
        view = self._view()
        if view is None or not len(self._times):
            return
        grid = cell_grid(view, self.plot.columns, 1)
        place = self._place()
        column = grid.column_of(int(self._times[place]))
        begins = grid.begins()
        if step > 0:
            beyond = int(begins[min(max(column + 1, 0), grid.columns)])
            self._go(max(int(self._times.searchsorted(np.int64(beyond))), place + 1))
        else:
            here = int(begins[min(max(column, 0), grid.columns)])
            self._go(min(int(self._times.searchsorted(np.int64(here))) - 1, place - 1))

    def action_packet(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) packet."""
        self._go(self._place() + step)

    def action_first(self) -> None:
        """Go to the first packet."""
        self._go(0)

    def action_last(self) -> None:
        """Go to the last packet."""
        self._go(len(self._rows) - 1)

    def action_mark(self, step: int) -> None:
        """Go to the next (``step`` 1) or previous (-1) mark of trouble."""
        if self.chart is None or self.row == NO_ROW:
            return
        frames = [layer.frame for layer in self.chart.layers if SPEC_OF[layer.mark].is_problem]
        marked = np.sort(np.concatenate(frames)) if frames else np.zeros(0, np.uint32)
        frame = self.session.store.frame[self.row]
        at = int(marked.searchsorted(frame, "right" if step > 0 else "left"))
        at = at if step > 0 else at - 1
        row = self.session.store.row_of_frame(int(marked[at])) if 0 <= at < len(marked) else NO_ROW
        if row == NO_ROW:
            self.say(self.words("graph.no-more"))
            return
        self.row = row
        self._go(self._place())

    # -- what is shown ---------------------------------------------------------------------
    def action_kind(self, name: str) -> None:
        """Show the graph ``name``, a value of `ChartKind`."""
        self.kind = ChartKind(name)
        self.tick()

    def action_next_kind(self, step: int) -> None:
        """Show the next (``step`` 1) or previous (-1) graph."""
        kinds = list(ChartKind)
        self.action_kind(kinds[(kinds.index(self.kind) + step) % len(kinds)].value)

    def action_side(self) -> None:
        """Show the data of the other side."""
        self.side = 1 - max(self.side, 0)
        self.tick()

    def _set_stretch(self, begin: int, end: int) -> None:
        """Show that stretch of time, moved to where there are packets; all, where it is as long."""
        if self.chart is None:
            return
        first, last = self.chart.begin_ns, self.chart.end_ns
        length = max(end - begin, _SHORTEST_NS)
        if length >= last - first:
            self._stretch = None
            return
        begin = min(max(begin, first), last - length)
        self._stretch = begin, begin + length

    def _zoom(self, step: int, at: int) -> None:
        """Show half as much (``step`` 1) or twice as much, with ``at`` where it is."""
        view = self._view()
        if view is None:
            return
        length = view.end_ns - view.begin_ns
        longer = length // 2 if step > 0 else length * 2
        if step > 0 and longer < _SHORTEST_NS:
            return
        before = (at - view.begin_ns) * longer // max(length, 1)
        self._set_stretch(at - before, at - before + longer)
        self._draw()

    def action_zoom(self, step: int) -> None:
        """Zoom in (``step`` 1) or out (-1) at the cursor."""
        if len(self._times):
            self._zoom(step, int(self._times[self._place()]))

    def action_whole(self) -> None:
        """Show the whole connection."""
        self._stretch = None
        self._draw()

    def action_log(self) -> None:
        """Have the axis of values logarithmic, or even again."""
        if self._is_log or self._is_far_apart:
            self._is_log = not self._is_log
            self._draw()
        else:
            self.say(self.words("graph.no-log"))

    def action_pan(self, step: int) -> None:
        """Move the picture by half its width."""
        if self._stretch is not None:
            self._pan(step * (self._stretch[1] - self._stretch[0]) // 2)

    def _pan(self, by_ns: int) -> None:
        """Move the picture, and the cursor with it where it would be left outside."""
        if self._stretch is None:
            return
        self._set_stretch(self._stretch[0] + by_ns, self._stretch[1] + by_ns)
        begin, end = self._stretch or (0, 0)
        place = self._place()
        at = int(self._times[place])
        if at < begin:
            place = int(self._times.searchsorted(np.int64(begin)))
        elif at > end:
            place = int(self._times.searchsorted(np.int64(end), "right")) - 1
        if begin <= int(self._times[min(max(place, 0), len(self._times) - 1)]) <= end:
            self.row = int(self._rows[place])
        self._newest = False
        self._draw()

    def action_newest(self) -> None:
        """Switch on or off that the cursor stays at the newest packet while the capture runs."""
        self._newest = not self._newest
        if self._newest:
            self._go(len(self._rows) - 1, by_user=False)

    @on(GraphPlot.Pointed)
    def _pointed(self, event: GraphPlot.Pointed) -> None:
        event.stop()
        if not len(self._times):
            return
        at = int(self._times.searchsorted(np.int64(event.time_ns)))
        near = [place for place in (at - 1, at) if 0 <= place < len(self._times)]
        self._go(min(near, key=lambda place: abs(int(self._times[place]) - event.time_ns)))

    @on(GraphPlot.Turned)
    def _turned(self, event: GraphPlot.Turned) -> None:
        event.stop()
        self._zoom(event.step, event.time_ns)

    @on(GraphPlot.Dragged)
    def _dragged(self, event: GraphPlot.Dragged) -> None:
        event.stop()
        self._pan(event.by_ns)

    # -- leaving ---------------------------------------------------------------------------
    def action_choose(self) -> None:
        """Close, and select the packet under the cursor in the timeline."""
        self.dismiss(self.row)

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(NO_ROW)

    def action_copy(self) -> None:
        """Copy what the graph is, and what stands below it."""
        if self.chart is not None:
            lines, _ = lay_out(self.said.blocks, _COPIED)
            self.copy("\n".join([title_of(self.chart, self.words), *text_of(lines)]))
