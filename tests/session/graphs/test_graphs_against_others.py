"""The numbers of graphs beside those of tshark, of sharkd's I/O graph and of tcptrace."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sharkd import Sharkd

from tcptui.model.seq import SEQ_MASK
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.graphs.trace import NO_VALUE, SegmentKind
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = [
    pytest.mark.tshark,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark"),
]

CASES = Path(__file__).parents[3] / "cases"
#: Losses of every kind, windows, gaps, a handshake that is not there.
COMPARED = (
    "60-fast-retransmission", "61-retransmission-timeout", "62-tail-loss", "63-lost-retransmission",
    "64-spurious-retransmission", "65-out-of-order", "66-network-duplicate", "69-path-mtu-blackhole",
    "82-zero-window", "83-window-shrunk", "84-slow-receiver", "85-receive-window-limited", "90-queueing-delay",
    "95-capture-missed-packets", "97-capture-started-mid-stream", "50-keep-alive-every-15-s", "32-simultaneous-close",
)  # fmt: skip
CAPTURES = [path for case in COMPARED for path in sorted((CASES / case).glob("*.pcapng*"))]
#: Bytes before the payload in these captures: Ethernet, IPv4, TCP with timestamps.
HEADERS = 14 + 20 + 32
FIELDS = (
    "frame.number", "tcp.srcport", "tcp.len", "tcp.window_size", "tcp.analysis.bytes_in_flight",
    "tcp.analysis.ack_rtt", "frame.time_relative", "tcp.flags.reset",
)  # fmt: skip


def graphs_of(session: Session) -> StreamGraphs:
    graphs = StreamGraphs(session, 0)
    graphs.grow()
    return graphs


def tshark_rows(path: Path) -> dict[int, dict[str, str]]:
    """The fields of each packet of the first connection."""
    chosen = [word for field in FIELDS for word in ("-e", field)]
    command = ["tshark", "-2", "-n", "-r", str(path), "-Y", "tcp.stream == 0 && !icmp", "-T", "fields", *chosen]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (dict(zip(FIELDS, line.split("\t"), strict=True)) for line in text.splitlines())
    return {int(row["frame.number"]): row for row in rows}


@pytest.mark.some(8)
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_fields_are_tsharks(path: Path) -> None:
    graphs, rows = graphs_of(open_file(path)), tshark_rows(path)
    trace = graphs.trace
    ours = {"rtt": {}, "window": {}, "flight": {}}
    for side in (0, 1):
        rtt, flight = graphs.rtt(side), graphs.flight(side)
        ours["rtt"] |= dict(zip(rtt.frame.tolist(), rtt.rtt_ns.tolist(), strict=True))
        for name, column in (("window", flight.window), ("flight", flight.in_flight)):
            told = column != NO_VALUE
            ours[name] |= dict(zip(flight.frame[told].tolist(), column[told].tolist(), strict=True))

    assert trace.column("frame").tolist() == sorted(rows)
    assert dict(zip(trace.column("frame").tolist(), trace.column("length").tolist(), strict=True)) == {
        frame: 0 if row["tcp.flags.reset"] == "1" else int(row["tcp.len"]) for frame, row in rows.items()
    }
    for name, field, unit in (("window", "window_size", 1), ("flight", "analysis.bytes_in_flight", 1)):
        theirs = {
            frame: int(row[f"tcp.{field}"]) * unit
            for frame, row in rows.items()
            if row[f"tcp.{field}"] and not (name == "window" and row["tcp.flags.reset"] == "1")
        }
        assert ours[name] == theirs, name
    theirs = {frame: float(row["tcp.analysis.ack_rtt"]) for frame, row in rows.items() if row["tcp.analysis.ack_rtt"]}
    assert {frame: value / 1e9 for frame, value in ours["rtt"].items()} == pytest.approx(theirs, abs=1e-9)


@pytest.mark.skipif(shutil.which("sharkd") is None, reason="needs sharkd")
@pytest.mark.parametrize("case", ["60-fast-retransmission", "84-slow-receiver", "85-receive-window-limited"])
def test_intervals_are_those_of_sharkds_iograph(case: str) -> None:
    path = min((CASES / case).glob("client.pcapng*"))
    session = open_file(path)
    graphs = graphs_of(session)
    ports = [session.streams.ends(0)[side].port for side in (0, 1)]
    with Sharkd() as sharkd:
        sharkd.load(path)
        for side in (0, 1):
            graph = graphs.throughput(side, 10_000_000)
            chosen = f"tcp.stream == 0 && tcp.srcport == {ports[side]} && tcp.len > 0"
            asked = {"graph0": "bytes", "filter0": chosen, "graph1": "packets", "filter1": chosen}
            answer = sharkd.ask("iograph", interval=10, **asked)
            frame_bytes, packets = (intervals(each["items"], len(graph.sent)) for each in answer["result"]["iograph"])

            assert (frame_bytes - HEADERS * packets).tolist() == graph.sent.tolist()
            assert graph.sent.any()


def intervals(items: list[float | str], count: int) -> NDArray[np.float64]:
    """What sharkd has of each interval: a number is of the next one, a text says in hexadecimal which one that is."""
    found, place = np.zeros(count), 0
    for item in items:
        if isinstance(item, str):
            place = int(item, 16)
        else:
            found[place] = item
            place += 1
    return found


#: Colours of segments, then of ACKs, windows and SACK blocks.
COLOURS = ("white", "red", "orange", "blue", "pink", "magenta", "green", "yellow", "purple")


def lines_of(xpl: Path) -> dict[str, set[tuple[str, int, int]]]:
    """The vertical lines of a plot of tcptrace by colour: time, lower and upper number."""
    found: dict[str, set[tuple[str, int, int]]] = {}
    colour = ""
    for line in xpl.read_text(encoding="latin-1").splitlines():
        words = line.split()
        if line in COLOURS:
            colour = words[0]
        elif words and words[0] == "line" and words[1] == words[3]:
            low, high = sorted((int(words[2]), int(words[4])))
            found.setdefault(colour, set()).add((words[1], low, high))
    return found


@pytest.mark.some(8)
@pytest.mark.skipif(shutil.which("tcptrace") is None, reason="needs tcptrace")
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_geometry_is_tcptraces(path: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.pcap"
    read = ["tshark", "-r", str(path), "-Y", "tcp.stream == 0 && !icmp", "-F", "pcap", "-w", str(plain)]
    subprocess.run(read, check=True, capture_output=True)
    subprocess.run(["tcptrace", "-n", "-S", plain.name], cwd=tmp_path, check=True, capture_output=True)
    session = open_file(path)
    graphs = graphs_of(session)
    trace = graphs.trace
    compared = 0
    first_sender = int(trace.column("from_server")[0])  # tcptrace's a
    for side in (0, 1):
        name = "a2b" if side == first_sender else "b2a"
        own = trace.column("from_server") == bool(side)
        if not own.any():
            continue
        first = int(np.flatnonzero(own)[0])
        base = int(session.store.seq[trace.column("row")[first]]) - int(trace.column("low")[first])
        began = int(session.streams.began_ns[0])

        def at(time_ns: int, low: int, high: int, base: int = base, began: int = began) -> tuple[str, int, int]:
            seconds, rest = divmod((time_ns + began) // 1000, 10**6)
            return f"{seconds}.{rest:06d}", (low + base) & SEQ_MASK, (high + base) & SEQ_MASK

        graph = graphs.sequence(side)
        theirs = lines_of(tmp_path / f"{name}_tsg.xpl")
        segments = graph.segments
        takes = (segments.high > segments.low) & (segments.kind != SegmentKind.RST)
        ours = set(map(at, *(column[takes].tolist() for column in (segments.time_ns, segments.low, segments.high))))
        drawn = set().union(*(theirs.get(colour, set()) for colour in COLOURS[:6]))

        assert {line for line in drawn if line[1] != line[2]} >= ours
        sacks = set(map(at, graph.sack.time_ns.tolist(), graph.sack.low.tolist(), graph.sack.high.tolist()))
        assert sacks <= theirs.get("purple", set())
        rises = {time for time, low, high in theirs.get("green", set()) if high > low}
        risen = np.flatnonzero(np.diff(np.maximum.accumulate(graph.acks.ack), prepend=graph.acks.ack[:1]) > 0)
        assert {at(time, 0, 0)[0] for time in graph.acks.time_ns[risen].tolist()} <= rises
        compared += len(ours) + len(sacks) + len(risen)
    assert compared > 4
