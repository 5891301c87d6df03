"""A chart: the layers of one kind of graph of one side, ready to be drawn at any size."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np

from tcptui.charts.kind import ChartKind
from tcptui.charts.marks import CAUSE_MARKS, KIND_MARKS, ORDER, SPEC_OF, Mark, Shape
from tcptui.session.graphs.trace import NO_VALUE, SegmentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.rate.limit import Limit, Stretch
    from tcptui.model.packet_store import I64, U32
    from tcptui.session.graphs.congestion import WhyUnknown
    from tcptui.session.graphs.stream_graphs import Span, StreamGraphs

#: The window's edge is in the picture where it is at most so many times as high as what was sent.
_ROOM_FOR_EDGE: Final = 2
#: Room above the greatest value, as a part of the height.
_HEADROOM: Final = 20


class Unit(Enum):
    """What the vertical axis counts."""

    NUMBER = "number"
    BYTES = "bytes"
    RATE = "rate"
    TIME = "time"


UNIT_OF: Final = {
    ChartKind.SEQUENCE: Unit.NUMBER,
    ChartKind.THROUGHPUT: Unit.RATE,
    ChartKind.RTT: Unit.TIME,
    ChartKind.WINDOW: Unit.BYTES,
    ChartKind.FLIGHT: Unit.BYTES,
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What is drawn with one mark; times never go back.  Arrays are of one length."""

    mark: Mark
    time_ns: I64
    low: I64
    high: I64
    """Equal to ``low`` where there is one value."""
    frame: U32
    """The packets that tell it; 0: none in particular."""
    joints: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """Of bars: where one does not begin at the end of the one before."""

    def between(self, begin_ns: int, end_ns: int) -> slice:
        """The entries from ``begin_ns`` to ``end_ns``, both included."""
        low, high = np.int64(begin_ns), np.int64(end_ns)
        return slice(int(self.time_ns.searchsorted(low)), int(self.time_ns.searchsorted(high, "right")))


@dataclass(frozen=True, slots=True)
class Chart:
    """One graph of the data of ``side``."""

    kind: ChartKind
    side: int
    layers: tuple[Layer, ...]
    """In the order of `MARKS`."""
    spans: tuple[Span, ...]
    begin_ns: int
    end_ns: int
    """From the first to the last packet of the connection; at least a nanosecond apart."""
    interval_ns: int = 0
    """Of throughput: how long the intervals are."""
    edge_unknown: bool = False
    """Windows may have to be scaled, so no edge is drawn (or, of windows, they are shown as in the header)."""
    why_no_congestion: WhyUnknown | None = None
    """Why a chart of bytes in flight has no congestion window; None: it has, or is of another kind."""
    limits: tuple[Stretch, ...] = ()
    """What limited the data, stretch by stretch; none where nothing can be told."""

    def limit_at(self, time_ns: int) -> Limit | None:
        """What limited the data at a time; None where nothing did, or nothing can be told."""
        place = bisect_right(self.limits, time_ns, key=lambda stretch: stretch.begin_ns) - 1
        stretch = self.limits[place] if place >= 0 else None
        return stretch.limit if stretch is not None and time_ns <= stretch.end_ns else None

    @property
    def unit(self) -> Unit:
        """What the vertical axis counts."""
        return UNIT_OF[self.kind]

    def layer(self, mark: Mark) -> Layer | None:
        """The layer of ``mark``; None without one."""
        return next((layer for layer in self.layers if layer.mark is mark), None)

    def counts(self, begin_ns: int, end_ns: int) -> dict[Mark, int]:
        """How many entries of each mark there are in a stretch of time, in the order of `MARKS`."""
        parts = ((layer.mark, layer.between(begin_ns, end_ns)) for layer in self.layers)
        return {mark: part.stop - part.start for mark, part in parts}

    def value_range(self, begin_ns: int, end_ns: int) -> tuple[int, int]:
        """The least and the greatest value that a picture of that stretch of time shows; they differ."""
        least, most = [], []
        edge = 0
        # Of bytes sent twice a sample may be too long by a time-out: it stands at the upper border then.
        is_measured = any(layer.mark in (Mark.RTT, Mark.OTHER_RTT, Mark.HANDSHAKE) for layer in self.layers)
        for layer in self.layers:
            if is_measured and layer.mark is Mark.DOUBTFUL_RTT:
                continue
            part = layer.between(begin_ns, end_ns)
            if SPEC_OF[layer.mark].shape is Shape.STEPS:  # the value before goes on into the picture
                part = slice(max(part.start - 1, 0), part.stop)
            if part.start == part.stop:
                continue
            top = int(layer.high[part].max())
            if layer.mark is Mark.EDGE:
                edge = top
                continue
            least.append(int(layer.low[part].min()))
            most.append(top)
        low, high = min(least, default=0), max(most, default=1)
        if self.kind is not ChartKind.SEQUENCE:
            low = min(low, 0)
        elif high < edge <= low + (high - low) * _ROOM_FOR_EDGE:
            high = edge
        return low, max(high + (high - low) // _HEADROOM, low + 1)

    def least_positive(self, begin_ns: int, end_ns: int) -> int:
        """The least value above 0 in that stretch of time; 0 without any."""
        parts = (layer.low[layer.between(begin_ns, end_ns)] for layer in self.layers)
        return min((int(part[part > 0].min()) for part in parts if (part > 0).any()), default=0)

    def spread(self, begin_ns: int, end_ns: int) -> int:
        """How many times the least value above 0 the greatest is, at least 1; numbers of bytes have no such ratio."""
        least = 0 if self.unit is Unit.NUMBER else self.least_positive(begin_ns, end_ns)
        return max(self.value_range(begin_ns, end_ns)[1] // least, 1) if least else 1

    def hides(self, mark: Mark, view_low: int, view_high: int, begin_ns: int, end_ns: int) -> bool:
        """Whether some of ``mark`` is above a picture of those values and times."""
        layer = self.layer(mark)
        if layer is None:
            return False
        values = layer.low[layer.between(begin_ns, end_ns)]
        return bool(len(values)) and int(values.max()) > view_high + (view_high - view_low) // _HEADROOM


class _Facts(TypedDict, total=False):
    """Fields of a `Chart` that only some kinds have."""

    interval_ns: int
    edge_unknown: bool
    why_no_congestion: WhyUnknown | None


_Drawn = tuple[list[Layer], _Facts]


def make_chart(graphs: StreamGraphs, kind: ChartKind, side: int, interval_ns: int = 0) -> Chart:
    """The chart of ``kind`` of the data of ``side``; ``interval_ns`` is for throughput, 0: as long as fits."""
    layers, facts = _MAKE[kind](graphs, side, interval_ns)
    time_ns = graphs.trace.column("time_ns")
    begin, end = (int(time_ns.min()), int(time_ns.max())) if len(time_ns) else (0, 1)
    ordered = sorted((layer for layer in layers if len(layer.time_ns)), key=lambda layer: ORDER[layer.mark])
    limits = graphs.limits(side)
    return Chart(kind, side, tuple(ordered), graphs.spans, begin, max(end, begin + 1), limits=limits, **facts)


def _layer(mark: Mark, time_ns: I64, low: I64, high: I64, frame: U32) -> Layer:
    """A layer of entries in the order of capture, in which times may go back."""
    if len(time_ns) and (time_ns[1:] < time_ns[:-1]).any():
        order = np.argsort(time_ns, kind="stable")
        time_ns, low, high, frame = time_ns[order], low[order], high[order], frame[order]
    joints = np.flatnonzero(low[1:] != high[:-1]) + 1 if SPEC_OF[mark].shape is Shape.BARS else np.zeros(0, np.int64)
    return Layer(mark, time_ns, low, high, frame, joints)


def _values(mark: Mark, time_ns: I64, value: I64, frame: U32, chosen: NDArray[np.bool_] | None = None) -> Layer:
    """A layer of single values; only the ``chosen`` ones."""
    if chosen is not None:
        time_ns, value, frame = time_ns[chosen], value[chosen], frame[chosen]
    return _layer(mark, time_ns, value, value, frame)


def _sequence(graphs: StreamGraphs, side: int, _interval: int) -> _Drawn:
    graph = graphs.sequence(side)
    segments, acks = graph.segments, graph.acks

    def of(mark: Mark, chosen: NDArray[np.bool_]) -> Layer:
        return _layer(
            mark, segments.time_ns[chosen], segments.low[chosen], segments.high[chosen], segments.frame[chosen]
        )

    layers = [of(Mark.DATA, segments.high > segments.low)]
    layers += [of(mark, chosen) for mark, chosen in _lettered(segments.kind, segments.cause)]
    layers += [
        _values(Mark.ACK_LINE, acks.time_ns, acks.ack, acks.frame),
        _values(Mark.ZERO_WINDOW, acks.time_ns, acks.ack, acks.frame, acks.zero),
        _values(Mark.DUPLICATE_ACK, acks.time_ns, acks.ack, acks.frame, acks.duplicate),
    ]
    if graph.edge_known:
        layers.append(_values(Mark.EDGE, acks.time_ns, acks.edge, acks.frame))
    for mark, blocks in ((Mark.SACK, graph.sack), (Mark.DSACK, graph.dsack), (Mark.GAP, graph.gaps)):
        layers.append(_layer(mark, blocks.time_ns, blocks.low, blocks.high, blocks.frame))
    return layers, {"edge_unknown": not graph.edge_known}


def _lettered(kind: NDArray[np.uint8], cause: NDArray[np.uint8]) -> Iterator[tuple[Mark, NDArray[np.bool_]]]:
    """Which segments have which letter."""
    for each, mark in KIND_MARKS.items():
        yield mark, kind == each
    for why, mark in CAUSE_MARKS.items():
        yield mark, (kind == SegmentKind.RETRANSMISSION) & (cause == why)


def _throughput(graphs: StreamGraphs, side: int, interval: int) -> _Drawn:
    graph = graphs.throughput(side, interval)
    layers = [
        _values(mark, graph.time_ns, graph.per_second(amounts), graph.frame)
        for mark, amounts in ((Mark.SENT, graph.sent), (Mark.ACKED, graph.acked))
    ]
    return layers, {"interval_ns": graph.interval_ns}


def _rtt(graphs: StreamGraphs, side: int, _interval: int) -> _Drawn:
    graph, other = graphs.rtt(side), graphs.rtt(1 - side)
    layers = [
        _values(Mark.OTHER_RTT, other.time_ns, other.rtt_ns, other.frame, other.clear),
        _values(Mark.RTT, graph.time_ns, graph.rtt_ns, graph.frame, graph.clear),
        _values(Mark.DOUBTFUL_RTT, graph.time_ns, graph.rtt_ns, graph.frame, ~graph.clear),
        _values(Mark.SMOOTHED, graph.time_ns, graph.smoothed_ns, graph.frame, graph.smoothed_ns != NO_VALUE),
    ]
    if graph.handshake_ns:
        one = np.zeros(1, np.int64)
        layers.append(_values(Mark.HANDSHAKE, one, one + graph.handshake_ns, np.zeros(1, np.uint32)))
    return layers, {}


def _window(graphs: StreamGraphs, side: int, _interval: int) -> _Drawn:
    graph = graphs.flight(side)
    acks = graphs.sequence(side).acks
    nothing = np.zeros(int(acks.zero.sum()), np.int64)
    layers = [
        _values(Mark.WINDOW, graph.time_ns, graph.window, graph.frame, graph.window != NO_VALUE),
        _values(Mark.IN_FLIGHT, graph.time_ns, graph.in_flight, graph.frame, graph.in_flight != NO_VALUE),
        _values(Mark.WITHOUT_SACKED, graph.time_ns, graph.without_sacked, graph.frame, graph.without_sacked >= 0),
        _values(Mark.ZERO_WINDOW, acks.time_ns[acks.zero], nothing, acks.frame[acks.zero]),
    ]
    return layers, {"edge_unknown": not graph.window_known}


def _flight(graphs: StreamGraphs, side: int, _interval: int) -> _Drawn:
    graph, congestion = graphs.flight(side), graphs.congestion(side)
    layers = [
        _values(Mark.IN_FLIGHT, graph.time_ns, graph.in_flight, graph.frame, graph.in_flight != NO_VALUE),
        _values(Mark.WITHOUT_SACKED, graph.time_ns, graph.without_sacked, graph.frame, graph.without_sacked >= 0),
        _values(Mark.CONGESTION, congestion.time_ns, congestion.window, congestion.frame),
    ]
    return layers, {"why_no_congestion": congestion.why_unknown}


_MAKE: Final[dict[ChartKind, Callable[[StreamGraphs, int, int], _Drawn]]] = {
    ChartKind.SEQUENCE: _sequence,
    ChartKind.THROUGHPUT: _throughput,
    ChartKind.RTT: _rtt,
    ChartKind.WINDOW: _window,
    ChartKind.FLIGHT: _flight,
}
