"""All graphs of one connection: one object for screens, reports and scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.limits import rate_limits
from tcptui.findings.catalog import ORDINARY
from tcptui.model.finding import Severity
from tcptui.model.packet_store import NO_ROW
from tcptui.session.graphs.congestion import CongestionGraph, congestion_graph
from tcptui.session.graphs.flight import FlightGraph, flight_graph
from tcptui.session.graphs.rtt import RttGraph, rtt_graph
from tcptui.session.graphs.sequence import SequenceGraph, sequence_graph
from tcptui.session.graphs.throughput import ThroughputGraph, throughput_graph
from tcptui.session.graphs.trace import StreamTrace

if TYPE_CHECKING:
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.analysis.rate.limit import Stretch
    from tcptui.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Span:
    """When a finding happened: from the first to the last of the packets that it is told by."""

    finding: Finding
    begin_ns: int
    """Since the connection's first packet, as all times of graphs."""
    end_ns: int


class StreamGraphs:
    """The graphs of ``stream``, as of the last `grow`; each is made when it is asked for.

    One thread at a time may use it.
    """

    def __init__(self, session: JudgedCapture, stream: int) -> None:
        self.session = session
        self.stream = stream
        self.trace = StreamTrace(session, stream)
        self._made: dict[object, object] = {}
        self._spans: tuple[Span, ...] = ()

    def grow(self) -> bool:
        """Read the packets that are new; returns whether anything changed."""
        changed = self.trace.grow()
        spans = self._find_spans()
        changed = changed or spans != self._spans
        self._spans = spans
        if changed:
            self._made.clear()
        return changed

    @property
    def busier_side(self) -> int:
        """The side that sent more payload; of two that sent as much, the client's."""
        length, from_server = self.trace.column("length"), self.trace.column("from_server")
        return int(int(length[from_server].sum()) > int(length[~from_server].sum()))

    @property
    def spans(self) -> tuple[Span, ...]:
        """The findings of the connection but those of every ordinary one, the worst first, then by time."""
        return self._spans

    def _find_spans(self) -> tuple[Span, ...]:
        store, began = self.session.store, int(self.session.streams.began_ns[self.stream])
        found = []
        for finding in self.session.findings(self.stream):
            if finding.id in ORDINARY and finding.severity <= Severity.NOTE:
                continue
            rows = [row for frame in finding.packets if (row := store.row_of_frame(frame)) != NO_ROW]
            times = [int(store.time_ns[row]) - began for row in rows]
            if times:
                found.append(Span(finding, min(times), max(times)))
        return tuple(sorted(found, key=lambda span: (-span.finding.severity, span.begin_ns, span.end_ns)))

    def sequence(self, side: int) -> SequenceGraph:
        """The time-sequence graph of what ``side`` sent."""
        key = sequence_graph, side
        if key not in self._made:
            self._made[key] = sequence_graph(self.trace, side)
        graph = self._made[key]
        assert isinstance(graph, SequenceGraph)
        return graph

    def throughput(self, side: int, interval_ns: int = 0) -> ThroughputGraph:
        """Bytes sent and acknowledged by interval (`throughput.interval_for` the connection where it is 0)."""
        key = throughput_graph, side, interval_ns
        if key not in self._made:
            self._made[key] = throughput_graph(self.trace, side, interval_ns)
        graph = self._made[key]
        assert isinstance(graph, ThroughputGraph)
        return graph

    def rtt(self, side: int) -> RttGraph:
        """Round-trip times of what ``side`` sent."""
        key = rtt_graph, side
        if key not in self._made:
            self._made[key] = rtt_graph(self.trace, side)
        graph = self._made[key]
        assert isinstance(graph, RttGraph)
        return graph

    def flight(self, side: int) -> FlightGraph:
        """Bytes in flight of ``side`` and the window of the other side."""
        key = flight_graph, side
        if key not in self._made:
            self._made[key] = flight_graph(self.trace, side)
        graph = self._made[key]
        assert isinstance(graph, FlightGraph)
        return graph

    def congestion(self, side: int) -> CongestionGraph:
        """The congestion window of ``side`` where packets show it."""
        key = congestion_graph, side
        if key not in self._made:
            flight = self.flight(side)
            self._made[key] = congestion_graph(self.trace, flight, at_sender=self._is_at(side))
        graph = self._made[key]
        assert isinstance(graph, CongestionGraph)
        return graph

    def limits(self, side: int) -> tuple[Stretch, ...]:
        """The limits of the data of ``side``, stretch by stretch; none where nothing can be told."""
        key = rate_limits, side
        if key not in self._made:
            view = view_of(self.session, self.stream)
            found = rate_limits(view)[side] if len(view) else None
            self._made[key] = () if found is None else self._since_began(found.stretches())
        stretches = self._made[key]
        assert isinstance(stretches, tuple)
        return stretches

    def _since_began(self, stretches: list[Stretch]) -> tuple[Stretch, ...]:
        began = int(self.session.streams.began_ns[self.stream])
        return tuple(one._replace(begin_ns=one.begin_ns - began, end_ns=one.end_ns - began) for one in stretches)

    def _is_at(self, side: int) -> bool:
        from tcptui.findings.facts import ConnectionFacts, RuleContext  # the rules' modules: no start waits for them

        view = view_of(self.session, self.stream)
        return bool(len(view)) and ConnectionFacts(view, RuleContext(place=self.session.place)).at_sender(side)
