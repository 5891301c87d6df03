"""What each graph is made of: on small traces by hand, on all bundled captures as properties."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import write_trace

from tcptui.model.packet_store import OptionBit
from tcptui.session.graphs.congestion import WhyUnknown
from tcptui.session.graphs.flight import Scoreboard
from tcptui.session.graphs.rtt import ALPHA, smooth
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.graphs.throughput import LEAST_INTERVAL_NS, MOST_INTERVALS, interval_for
from tcptui.session.graphs.trace import CLIENT, NO_VALUE, SERVER, SegmentKind
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parents[3] / "cases"
CAPTURES = sorted(path for path in CASES.glob("*/*.pcap*") if path.name.endswith((".gz", ".pcapng", ".pcap")))
OPENING = ("0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1")


def graphs_of(path: Path, stream: int = 0) -> StreamGraphs:
    graphs = StreamGraphs(open_file(path), stream)
    graphs.grow()
    return graphs


def drawn(tmp_path: Path, lines: Sequence[str]) -> StreamGraphs:
    return graphs_of(write_trace(tmp_path / "t.pcap", [*OPENING, *lines]))


@cache
def all_graphs() -> tuple[StreamGraphs, ...]:
    """Every connection of up to three of every bundled capture."""
    found = []
    for path in CAPTURES:
        session = open_file(path)
        for stream in range(min(3, session.streams.count)):
            found.append(StreamGraphs(session, stream))
            found[-1].grow()
    return tuple(found)


def test_gap_is_what_was_acknowledged_and_never_captured(tmp_path: Path) -> None:
    graph = drawn(
        tmp_path, ["50 C A 1 1 100", "51 C A 201 1 100", "52 C A 401 1 100", "90 S A 1 301", "91 S A 1 301"]
    ).sequence(CLIENT)

    assert (graph.gaps.low.tolist(), graph.gaps.high.tolist()) == ([101], [201]), "301 to 401 is not acknowledged"
    assert graph.gaps.frame.tolist() == [5]


def test_hole_that_a_retransmission_fills_is_no_gap(tmp_path: Path) -> None:
    graph = drawn(tmp_path, ["50 C A 1 1 100", "51 C A 201 1 100", "300 C A 101 1 100", "340 S A 1 301"]).sequence(0)

    assert not len(graph.gaps.low)


def test_edge_is_not_claimed_where_the_handshake_is_missing(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "t.pcap", ["0 C A 1 1 100", "40 S A 1 101 win=500"])
    scaled = write_trace(tmp_path / "s.pcap", [*OPENING, "50 C A 1 1 100", "90 S A 1 101 win=500"])

    assert not graphs_of(path).sequence(CLIENT).edge_known
    assert graphs_of(scaled).sequence(CLIENT).edge_known
    assert graphs_of(scaled).sequence(CLIENT).acks.edge[-1] == 601


def test_zero_window_is_marked_and_that_of_a_reset_is_not(tmp_path: Path) -> None:
    graph = drawn(tmp_path, ["50 C A 1 1 100", "90 S A 1 101 win=0", "91 S RA 1 101 win=0"]).sequence(CLIENT)

    assert graph.acks.zero.tolist() == [False, True]


def test_ambiguous_round_trips_are_not_smoothed(tmp_path: Path) -> None:
    graph = drawn(
        tmp_path, ["50 C A 1 1 100", "80 S A 1 101", "100 C A 101 1 100", "400 C A 101 1 100", "440 S A 1 201"]
    ).rtt(CLIENT)

    assert graph.clear.tolist() == [True, True, False]
    assert graph.rtt_ns[:2].tolist() == [40_000_000, 30_000_000]
    assert graph.smoothed_ns.tolist() == [40_000_000, 38_750_000, 38_750_000]
    assert graph.handshake_ns == 40_100_000


@given(st.lists(st.integers(0, 10**11), max_size=700))
def test_smoothing_by_blocks_is_rfc_6298_step_by_step(samples: list[int]) -> None:
    expected, known = [], None
    for sample in samples:
        known = float(sample) if known is None else (1 - ALPHA) * known + ALPHA * sample
        expected.append(known)

    assert np.allclose(smooth(np.array(samples, np.int64)), expected, rtol=1e-9, atol=1)


def test_goodput_has_neither_repeats_nor_syn_and_fin(tmp_path: Path) -> None:
    graph = drawn(
        tmp_path,
        ["50 C A 1 1 100", "350 C A 1 1 100", "390 S A 1 101", "391 S A 1 101", "400 C FA 101 1", "440 S A 1 102"],
    ).throughput(CLIENT)

    assert (graph.sent.sum(), graph.acked.sum()) == (200, 100)
    assert graph.frame[graph.time_ns.searchsorted(390_000_000, "right") - 1] == 6
    assert graph.per_second(graph.sent).max() == 100 * 10**9 // graph.interval_ns


@given(st.integers(0, 10**18))
def test_intervals_are_round_and_few(span_ns: int) -> None:
    interval = interval_for(span_ns)

    assert span_ns // interval + 1 <= MOST_INTERVALS
    assert interval >= LEAST_INTERVAL_NS
    assert str(interval).rstrip("0") in {"1", "2", "5"}
    assert interval == LEAST_INTERVAL_NS or span_ns // (interval // 2) + 1 > MOST_INTERVALS * 4 // 5


def test_sacked_bytes_are_not_in_flight_though_wireshark_has_forgotten_them(tmp_path: Path) -> None:
    graph = drawn(
        tmp_path,
        [
            *(f"{50 + part} C A {1 + 100 * part} 1 100" for part in range(6)),
            "90 S A 1 1 sack=101:201", "91 S A 1 1 sack=301:401", "92 C A 601 1 100", "93 S A 1 201 sack=301:401",
        ],
    ).flight(CLIENT)  # fmt: skip
    after = dict(zip(graph.frame.tolist(), graph.without_sacked.tolist(), strict=True))

    assert after[9] == 600
    assert after[10] == 500
    assert after[11] == 400
    assert after[12] == 500
    assert after[13] == 700 - 200 - 100
    assert graph.in_flight[graph.frame == 12].tolist() == [600], "the block of frame 10 is not counted any more"


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12), st.integers(0, 60)), max_size=30))
def test_scoreboard_counts_each_byte_once(steps: list[tuple[int, int, int]]) -> None:
    board, bytes_of, acknowledged = Scoreboard(), set(), 0
    for low, length, ack in steps:
        board.add(low, low + length)
        bytes_of |= set(range(low, low + length))
        acknowledged = max(acknowledged, ack)
        bytes_of -= set(range(acknowledged))

        assert board.above(acknowledged) == len(bytes_of)


def paused(room: int) -> list[str]:
    """A sender at the capture sends ten segments a round trip, each time as soon as an ACK comes."""
    lines = []
    for turn in range(3):
        begin, first = 41 + 40 * turn, 1 + 14_600 * turn
        lines += [f"{begin + part / 100:.2f} C A {first + 1460 * part} 1 1460" for part in range(10)]
        lines.append(f"{begin + 39.9:.2f} S A 1 {first + 14_600} win={room}")
    return lines


def test_congestion_window_is_what_was_sent_before_an_ack_let_go_more(tmp_path: Path) -> None:
    lines = ["0 C S 0 0 win=60000", "40 S SA 0 1 win=60000", "40.1 C A 1 1", *paused(60_000)]
    graph = graphs_of(write_trace(tmp_path / "t.pcap", lines)).congestion(CLIENT)

    assert graph.why_unknown is None
    assert graph.window.tolist() == [14_600, 14_600]


def test_congestion_window_is_not_known_where_the_receivers_window_was_full(tmp_path: Path) -> None:
    lines = ["0 C S 0 0 win=14600", "40 S SA 0 1 win=14600", "40.1 C A 1 1", *paused(14_600)]
    graph = graphs_of(write_trace(tmp_path / "t.pcap", lines)).congestion(CLIENT)

    assert graph.why_unknown is WhyUnknown.NEVER_SHOWN


def test_congestion_window_is_not_known_at_the_receiver(tmp_path: Path) -> None:
    lines = ["0 C S 0 0", "0.01 S SA 0 1", "40 C A 1 1", "41 C A 1 1 1460", "41.1 S A 1 1461"]
    graph = graphs_of(write_trace(tmp_path / "t.pcap", lines)).congestion(CLIENT)

    assert graph.why_unknown is WhyUnknown.NOT_AT_SENDER


def test_congestion_window_goes_by_the_newest_edge_of_a_window_that_shrank(tmp_path: Path) -> None:
    lines = ["0 C S 0 0 win=60000", "40 S SA 0 1 win=60000", "40.1 C A 1 1", *paused(16_000)]
    graph = graphs_of(write_trace(tmp_path / "t.pcap", lines)).congestion(CLIENT)

    assert graph.window.tolist() == [14_600], "only before the first ACK there was room for more"


def test_a_level_that_stays_is_no_congestion_window(tmp_path: Path) -> None:
    grows = ["0 C S 0 0 win=60000", "40 S SA 0 1 win=60000", "40.1 C A 1 1"]
    stays, first = list(grows), 1
    for turn in range(9):
        begin = 41 + 40 * turn
        stays += [f"{begin + part / 100:.2f} C A {first + 1460 * part} 1 1460" for part in range(10)]
        first += 14_600
        stays.append(f"{begin + 39.9:.2f} S A 1 {first} win=60000")
    graph = graphs_of(write_trace(tmp_path / "t.pcap", stays)).congestion(CLIENT)

    assert graph.why_unknown is WhyUnknown.NEVER_SHOWN


def test_duplicate_acks_without_sack_do_not_show_the_congestion_window(tmp_path: Path) -> None:
    """RFC 5681, 3.2: each of them lets a segment go, and what is in flight is not known meanwhile."""
    flight = [f"{41 + part / 100:.2f} C A {1 + 1460 * part} 1 1460" for part in range(10)]
    again = [
        line
        for part in range(4)
        for line in (f"{81 + part * 5} S A 1 1461 win=60000", f"{81.01 + part * 5} C A {14_601 + 1460 * part} 1 1460")
    ]
    lines = ["0 C S 0 0 win=60000{0}", "40 S SA 0 1 win=60000{0}", "40.1 C A 1 1", *flight, *again]
    without = [line.format("") for line in lines]
    known = [line.format(" sackok=1") for line in lines]

    assert graphs_of(write_trace(tmp_path / "n.pcap", without)).congestion(CLIENT).window.tolist() == [14_600, 14_600]
    assert len(graphs_of(write_trace(tmp_path / "s.pcap", known)).congestion(CLIENT).window) == 4


@pytest.mark.uncounted
def test_every_segment_is_in_exactly_one_graph_and_bytes_add_up() -> None:
    looked = 0
    for graphs in all_graphs():
        trace = graphs.trace
        carrying = int((trace.column("kind") != SegmentKind.ACK).sum())
        assert carrying == sum(len(graphs.sequence(side).segments.frame) for side in (CLIENT, SERVER))
        for side in (CLIENT, SERVER):
            sequence, throughput = graphs.sequence(side), graphs.throughput(side)
            own = trace.column("from_server") == bool(side)
            assert throughput.sent.sum() == trace.column("length")[own].sum()
            assert (sequence.segments.high >= sequence.segments.low).all()
            covered = len(set().union(*(range(low, high) for low, high in numbers(graphs, side))))
            missing = int((sequence.gaps.high - sequence.gaps.low).sum())
            assert throughput.acked.sum() <= covered + missing
            assert (sequence.gaps.high > sequence.gaps.low).all()
            looked += 1
    assert looked > 150


def numbers(graphs: StreamGraphs, side: int) -> list[tuple[int, int]]:
    """What the segments of ``side`` take, where it is few enough to be counted one by one."""
    segments = graphs.sequence(side).segments
    pairs = list(zip(segments.low.tolist(), segments.high.tolist(), strict=True))
    assert sum(high - low for low, high in pairs) < 50_000_000
    return pairs


@pytest.mark.uncounted
def test_both_counts_of_bytes_in_flight_agree_where_nothing_is_lost_or_sacked() -> None:
    compared = 0
    for graphs in all_graphs():
        trace = graphs.trace
        if (trace.column("verdict") != 0).any() or (trace.column("options") & OptionBit.SACK).any():
            continue
        for side in (CLIENT, SERVER):
            graph = graphs.flight(side)
            both = (graph.in_flight != NO_VALUE) & (graph.without_sacked != NO_VALUE)
            # A SYN or FIN takes a number that Wireshark does not count.
            assert (np.abs(graph.in_flight[both] - graph.without_sacked[both]) <= 1).all()
            compared += int(both.sum())
    assert compared > 100
