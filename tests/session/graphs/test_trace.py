"""A connection's segments as columns: the same however the capture grew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape
from growth import Growth
from traces import write_trace

from tcptui.model.resend_cause import ResendCause
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.graphs.trace import _COLUMNS, SegmentKind, StreamTrace
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parents[3] / "cases"
ACK, SYN, SYN_ACK = 0x10, 0x02, 0x12
CLIENT, SERVER = "10.0.0.1:40000", "10.0.0.2:80"


def traced(path: Path, lines: Sequence[str]) -> StreamTrace:
    trace = StreamTrace(open_file(write_trace(path, lines)), 0)
    assert trace.grow()
    return trace


def test_each_segment_has_its_kind_and_cause(tmp_path: Path) -> None:
    trace = traced(
        tmp_path / "t.pcap",
        [
            "0 C S 0 0 sackok=1 ts=1,0", "40 S SA 0 1 sackok=1 ts=1,1", "40.1 C A 1 1",
            "41 C A 1 1 1000 id=1", "41.1 C A 1001 1 1000 id=2", "41.2 C A 2001 1 1000 id=3",
            "41.3 C A 3001 1 1000 id=4",
            "81 S A 1 1001", "81.1 S A 1 1001 sack=2001:3001", "81.2 S A 1 1001 sack=2001:4001",
            "81.3 S A 1 1001 sack=2001:4001", "81.4 C A 1001 1 1000 id=5", "121 S A 1 4001", "122 C FA 4001 1",
            "162 S R 1 0",
        ],
    )  # fmt: skip

    kinds = [SegmentKind(kind).name for kind in trace.column("kind")]
    assert kinds[:8] == ["SYN", "SYN", "ACK", "DATA", "DATA", "DATA", "DATA", "ACK"]
    assert kinds[11:] == ["RETRANSMISSION", "ACK", "FIN", "RST"]
    assert trace.column("cause")[11] == ResendCause.FAST_RECOVERY
    assert trace.column("low")[11:12].tolist() == [1001]
    assert trace.column("sack_low")[8:10].tolist() == [2001, 2001]
    assert trace.column("sack_high")[8:10].tolist() == [3001, 4001]


def test_numbers_go_on_beyond_the_wrap(tmp_path: Path) -> None:
    step = 2**31 - 1
    places = [1 + step * part for part in range(5)]
    lines = ["0 C S 0 0", "1 S SA 0 1", "2 C A 1 1"]
    lines += [f"{10 + at} C A {place % 2**32} 1 10" for at, place in enumerate(places)]

    trace = traced(tmp_path / "t.pcap", lines)

    assert trace.column("low")[3:].tolist() == places


def test_a_trace_grown_in_pieces_is_that_of_the_whole() -> None:
    tape = lossy_tape()
    growth = Growth(tape)
    growth.to(3)
    trace = StreamTrace(growth.session, 0)
    for packets in range(4, growth.packets + 1, 3):
        growth.to(packets)
        assert trace.grow()
        assert not trace.grow(), "nothing came"
    growth.end()
    trace.grow()
    whole = StreamTrace(growth.session, 0)
    whole.grow()

    assert trace.made_anew == 1, "only what was new was read"
    assert trace.count == growth.packets
    for name in _COLUMNS:
        assert np.array_equal(trace.column(name), whole.column(name)), name


def lossy_tape() -> Tape:
    """A transfer in which a segment is sent again after duplicate ACKs, and others after a time-out."""
    tape = Tape()
    tape.tcp(0, CLIENT, SERVER, SYN, 1000, 0)
    tape.tcp(40, SERVER, CLIENT, SYN_ACK, 9000, 1001)
    tape.tcp(40.1, CLIENT, SERVER, ACK, 1001, 9001)
    for turn in range(6):
        begin, first = 100 + 400 * turn, 1001 + 4000 * turn
        for part in range(4):
            tape.tcp(begin + part / 10, CLIENT, SERVER, ACK, first + 1000 * part, 9001, payload=b"x" * 1000)
        for part in range(4):
            tape.tcp(begin + 40 + part / 10, SERVER, CLIENT, ACK, 9001, first)
        tape.tcp(begin + (41 if turn % 2 else 300), CLIENT, SERVER, ACK, first, 9001, payload=b"x" * 1000)
        tape.tcp(begin + 350, SERVER, CLIENT, ACK, 9001, first + 4000)
    return tape


@pytest.mark.parametrize("case", ["60-fast-retransmission", "66-network-duplicate", "82-zero-window"])
def test_kinds_follow_the_causes_that_the_screen_tells(case: str) -> None:
    path = min((CASES / case).glob("*.pcapng*"))
    session = open_file(path)
    session.findings(0)
    graphs = StreamGraphs(session, 0)
    graphs.grow()
    rows = graphs.trace.column("row")

    assert np.array_equal(graphs.trace.column("cause"), session.store.cause[rows])
    assert graphs.trace.column("cause").any()


def test_spans_are_of_findings_that_are_not_ordinary_the_worst_first() -> None:
    graphs = StreamGraphs(open_file(CASES / "61-retransmission-timeout" / "client.pcapng.gz"), 0)
    graphs.grow()

    assert [span.finding.id for span in graphs.spans] == ["retransmission-timeout", "lost-retransmission", "tail-loss"]
    assert all(0 < span.begin_ns < span.end_ns for span in graphs.spans)
