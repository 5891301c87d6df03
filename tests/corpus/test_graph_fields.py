"""The numbers of graphs beside tshark's fields and sharkd's I/O graph, in captures that nobody tuned them for."""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sharkd import Sharkd
from some_parameters import Share, shares

from tcptui.model.packet_store import DecodeIssue
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.graphs.trace import NO_VALUE
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tshark,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark"),
]

#: Captures in which tshark counts connections otherwise, or reads no TCP header, and why.
OTHERWISE = {
    "nDPI-vnc.pcapng": "its second pass splits a connection at the greeting of VNC",
    "tcpreplay-test-rewrite_efcs.pcap": "it takes four bytes off each frame as an FCS, and headers do not fit then",
}
FIELDS = (
    "frame.number", "tcp.stream", "tcp.len", "tcp.window_size", "tcp.analysis.bytes_in_flight", "tcp.analysis.ack_rtt",
    "tcp.time_relative", "tcp.time_delta", "tcp.flags.reset", "icmp.type",
)  # fmt: skip
#: Lengths that the IP header tells and tshark clamps to what the frame was said to have.
CLAMPED = int(DecodeIssue.LENGTH_FORGOTTEN | DecodeIssue.ZERO_FILLED)
#: Parts of the captures.
PARTS = 3
MOST_STREAMS = 40
NS = 10**9
INTERVAL_NS = NS // 10
MOST_INTERVALS = 1_000_000

Rows = dict[int, dict[str, str]]


def tshark_rows(path: Path) -> dict[int, Rows]:
    """The fields of each packet by connection."""
    chosen = [word for field in FIELDS for word in ("-e", field)]
    command = ["tshark", "-2", "-n", "-r", str(path), "-Y", "tcp.stream", "-T", "fields", "-E", "occurrence=f", *chosen]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found: dict[int, Rows] = {}
    for line in text.splitlines():
        row = dict(zip(FIELDS, line.split("\t"), strict=True))
        found.setdefault(int(row["tcp.stream"]), {})[int(row["frame.number"])] = row
    return found


def nanoseconds(seconds: str) -> int | None:
    """What tshark prints as seconds, which is exact to the nanosecond; None where it prints nothing."""
    return int(Decimal(seconds) * NS) if seconds else None


def told(graphs: StreamGraphs) -> Iterator[tuple[int, str, int]]:
    """Every number of the graphs that tshark has a field for: frame, field, value."""
    trace, session = graphs.trace, graphs.session
    frames = trace.column("frame").tolist()
    clamped = (session.store.issues[trace.column("row")] & CLAMPED) != 0
    for frame, length, is_clamped in zip(frames, trace.column("length").tolist(), clamped.tolist(), strict=True):
        if not is_clamped:
            yield frame, "tcp.len", length
    time_ns = trace.column("time_ns")
    for name, column in (("tcp.time_relative", time_ns), ("tcp.time_delta", np.diff(time_ns, prepend=time_ns[:1]))):
        yield from ((frame, name, value) for frame, value in zip(frames, column.tolist(), strict=True))
    for side in (0, 1):
        rtt, flight = graphs.rtt(side), graphs.flight(side)
        yield from (
            (frame, "tcp.analysis.ack_rtt", value)
            for frame, value in zip(rtt.frame.tolist(), rtt.rtt_ns.tolist(), strict=True)
        )
        for name, column in (("tcp.window_size", flight.window), ("tcp.analysis.bytes_in_flight", flight.in_flight)):
            for frame, value in zip(flight.frame.tolist(), column.tolist(), strict=True):
                if value != NO_VALUE:
                    yield frame, name, value


def differing(graphs: StreamGraphs, rows: Rows) -> Iterator[tuple[int, str, int | None, int | None]]:
    """What is not as tshark has it, both ways: frame, field, ours, theirs."""
    ours = {(frame, name): value for frame, name, value in told(graphs)}
    before_quote = 0
    for frame, row in rows.items():
        if row["icmp.type"]:  # it quotes a segment, and counts in the times of its connection only with tshark
            before_quote = frame
            continue
        is_reset = row["tcp.flags.reset"] in ("1", "True")
        for name in FIELDS[2:8]:
            if name in ("tcp.time_relative", "tcp.time_delta", "tcp.analysis.ack_rtt"):
                theirs = nanoseconds(row[name])
            else:
                theirs = int(row[name]) if row[name] else None
            if name in ("tcp.len", "tcp.window_size") and is_reset:  # a RST's text is no data, and its window none
                continue
            if name == "tcp.len" and (frame, name) not in ours:
                continue
            if name == "tcp.time_delta" and before_quote:
                before_quote = 0
                continue
            mine = ours.get((frame, name))
            # tshark does not print a round trip of no time at all.
            if mine != theirs and (name, mine, theirs) != ("tcp.analysis.ack_rtt", 0, None):
                yield frame, name, mine, theirs


def sessions(corpus: Path, share: Share) -> Iterator[tuple[Path, Session]]:
    for path in share.of(sorted((corpus / "dev").iterdir())):
        if path.suffix == ".tsv" or path.name in OTHERWISE:
            continue
        session = open_file(path)
        if session.streams.count:
            yield path, session
        session.close()


@pytest.mark.some(1)
@shares(PARTS)
def test_fields_of_every_connection_are_tsharks(corpus: Path, share: Share) -> None:
    compared, wrong = 0, []
    for path, session in sessions(corpus, share):
        rows = tshark_rows(path)
        for stream in range(min(session.streams.count, MOST_STREAMS)):
            graphs = StreamGraphs(session, stream)
            graphs.grow()
            wrong += [(path.name, stream, *each) for each in differing(graphs, rows.get(stream, {}))]
            compared += graphs.trace.count

    assert not wrong, wrong[:20]
    assert compared > 7_000


@pytest.mark.some(1)
@shares(PARTS)
@pytest.mark.skipif(shutil.which("sharkd") is None, reason="needs sharkd")
def test_intervals_of_the_longest_connection_are_sharkds(corpus: Path, share: Share) -> None:
    compared = 0
    with Sharkd() as sharkd:
        for path, session in sessions(corpus, share):
            stream = int(np.argmax(session.streams.packets[: session.streams.count]))
            graphs = StreamGraphs(session, stream)
            graphs.grow()
            trace = graphs.trace
            if (session.store.issues[trace.column("row")] & CLAMPED).any() or (trace.column("time_ns") < 0).any():
                continue
            if int(session.streams.began_ns[stream]) != int(session.store.began_ns):
                continue  # sharkd's intervals begin with the capture
            if int(trace.column("time_ns").max()) > MOST_INTERVALS * INTERVAL_NS:
                continue  # a clock that jumped by years
            sharkd.load(path)
            for side in (0, 1):
                end = session.streams.ends(stream)[side]
                graph = graphs.throughput(side, INTERVAL_NS)
                chosen = f"tcp.len && tcp.stream == {stream} && tcp.srcport == {end.port} && tcp.flags.reset == 0"
                answer = sharkd.ask("iograph", interval=INTERVAL_NS // 10**6, graph0="sum:tcp.len", filter0=chosen)
                theirs = np.zeros(len(graph.sent))
                place = 0
                for item in answer["result"]["iograph"][0].get("items", []):
                    if isinstance(item, str):
                        place = int(item, 16)
                    else:
                        theirs[place] = item
                        place += 1
                assert theirs.tolist() == graph.sent.tolist(), (path.name, stream, side)
                compared += 1
    assert compared > 30
