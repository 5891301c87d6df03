"""The numbers of a graph as lines of comma-separated values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tcptui.charts.kind import ChartKind
from tcptui.model.resend_cause import ResendCause
from tcptui.session.graphs.trace import NO_VALUE, SIDES, SegmentKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.session.graphs.stream_graphs import StreamGraphs

    Row = tuple[int, int, str, str]

#: The columns behind ``time,side,frame``.
COLUMNS: Final = {
    ChartKind.SEQUENCE: ("kind", "low", "high", "cause"),
    ChartKind.THROUGHPUT: ("bytes_per_s", "acked_per_s"),
    ChartKind.RTT: ("rtt", "smoothed"),
    ChartKind.WINDOW: ("window", "in_flight"),
    ChartKind.FLIGHT: ("in_flight", "in_flight_sack", "cwnd"),
}
_KIND_NAMES: Final = {kind: kind.name.lower().replace("_", "-") for kind in SegmentKind}
_CAUSES: Final = {int(cause): "" if cause is ResendCause.NOT_RESENT else cause.label for cause in ResendCause}
#: Rows that are joined to one piece of text.
_PIECE: Final = 4096


def graph_csv(graphs: StreamGraphs, kind: ChartKind, sides: Sequence[int]) -> Iterator[str]:
    """The lines, in order of time, in pieces."""
    yield ",".join(("time", "side", "frame", *COLUMNS[kind])) + "\n"
    rows = [row for side in sides for row in _ROWS[kind](graphs, side)]
    rows.sort(key=lambda row: row[:2])
    for begin in range(0, len(rows), _PIECE):
        yield "".join(
            f"{seconds(time_ns)},{name},{frame or ''},{rest}\n"
            for time_ns, frame, name, rest in rows[begin : begin + _PIECE]
        )


def seconds(time_ns: int) -> str:
    """Nanoseconds as seconds with all their digits."""
    sign = "-" if time_ns < 0 else ""
    return f"{sign}{abs(time_ns) // 10**9}.{abs(time_ns) % 10**9:09d}"


def _sequence(graphs: StreamGraphs, side: int) -> Iterator[Row]:
    graph, name = graphs.sequence(side), SIDES[side]
    segments, acks = graph.segments, graph.acks
    columns = (segments.time_ns, segments.frame, segments.low, segments.high, segments.kind, segments.cause)
    for time_ns, frame, low, high, kind, cause in _cells(columns):
        yield time_ns, frame, name, f"{_KIND_NAMES[SegmentKind(kind)]},{low},{high},{_CAUSES[cause]}"
    for time_ns, frame, ack, edge in _cells((acks.time_ns, acks.frame, acks.ack, acks.edge)):
        yield time_ns, frame, name, f"ack,{ack},{ack},"
        if graph.edge_known:
            yield time_ns, frame, name, f"window,{ack},{edge},"
    for what, blocks in (("sack", graph.sack), ("dsack", graph.dsack), ("gap", graph.gaps)):
        for time_ns, frame, low, high in _cells((blocks.time_ns, blocks.frame, blocks.low, blocks.high)):
            yield time_ns, frame, name, f"{what},{low},{high},"


def _throughput(graphs: StreamGraphs, side: int) -> Iterator[Row]:
    graph = graphs.throughput(side)
    columns = (graph.time_ns, graph.frame, graph.per_second(graph.sent), graph.per_second(graph.acked))
    for time_ns, frame, sent, acked in _cells(columns):
        yield time_ns, frame, SIDES[side], f"{sent},{acked}"


def _rtt(graphs: StreamGraphs, side: int) -> Iterator[Row]:
    graph = graphs.rtt(side)
    for time_ns, frame, rtt, smoothed in _cells((graph.time_ns, graph.frame, graph.rtt_ns, graph.smoothed_ns)):
        known = seconds(smoothed) if smoothed != NO_VALUE else ""
        yield time_ns, frame, SIDES[side], f"{seconds(rtt)},{known}"


def _window(graphs: StreamGraphs, side: int) -> Iterator[Row]:
    graph = graphs.flight(side)
    for time_ns, frame, *values in _cells((graph.time_ns, graph.frame, graph.window, graph.in_flight)):
        if any(value != NO_VALUE for value in values):
            yield time_ns, frame, SIDES[side], ",".join(map(_formatted, values))


def _flight(graphs: StreamGraphs, side: int) -> Iterator[Row]:
    graph, congestion = graphs.flight(side), graphs.congestion(side)
    shown = dict(zip(congestion.frame.tolist(), congestion.window.tolist(), strict=True))
    for time_ns, frame, *values in _cells((graph.time_ns, graph.frame, graph.in_flight, graph.without_sacked)):
        if any(value != NO_VALUE for value in values):
            yield time_ns, frame, SIDES[side], ",".join(map(_formatted, (*values, shown.get(frame, NO_VALUE))))


def _formatted(value: int) -> str:
    return "" if value == NO_VALUE else str(value)


def _cells(columns: Iterable[NDArray[Any]]) -> Iterator[list[int]]:
    """Rows of ``columns`` of one length as Python's integers."""
    return map(list, zip(*(column.tolist() for column in columns), strict=True))


_ROWS: Final = {
    ChartKind.SEQUENCE: _sequence,
    ChartKind.THROUGHPUT: _throughput,
    ChartKind.RTT: _rtt,
    ChartKind.WINDOW: _window,
    ChartKind.FLIGHT: _flight,
}
