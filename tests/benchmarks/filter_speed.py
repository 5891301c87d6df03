"""What display filters take: each kind of test over so many packets, five joined, and how soon a cancel is heard.

    python tests/benchmarks/filter_speed.py [CAPTURE …] [--packets N,N,…] [--runs 7] [--only WORD] [--directory DIR]

Without a capture those of ``make_capture``, short connections of ten packets, are made in ``--directory`` where they
are not there yet, one for each of ``--packets`` (1,000,000 and 10,000,000 unless said otherwise).  A capture is opened
as one session, and each filter asked about its first ``--packets`` rows, ``--runs`` times, each time by a reader that
remembers nothing: fastest and median, in ms.  Filters that read bytes or build header trees are asked less often, and
trees about ``--tree-rows`` rows alone; the table says about how many.

Then, for filters of each cost, a timer cancels at ``--cancels`` moments spread over the work: how long after that the
filter has ended.  ``--only`` picks the filters that hold a word.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import make_capture

from tcptui.dfilter.compile import compile_filter
from tcptui.session.catch_up import Compile
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file

#: Packets of a connection of the shape "short", a little less than the fewest on average.
_A_CONNECTION: Final = 9.95
#: Rows of which header trees are built.
_TREE_ROWS: Final = 20_000


@dataclass(frozen=True)
class Group:
    """Filters that are answered the same way."""

    title: str
    filters: tuple[str, ...]
    seldom: bool = False
    """Asked twice only."""
    trees: bool = False


GROUPS: Final = (
    Group("columns", (
        "tcp", "tcp.stream == 77", "tcp.len > 1000", "tcp.flags.syn == 1", "tcp.flags == 0x018", "tcp.flags & 5",
        "tcp.window_size_value < 1000", "tcp.seq_raw == 1", "tcp.hdr_len > 20", "frame.len > 1000",
        "frame.number == 500000", 'frame.time > "2024-01-01 00:00:00"',
    )),
    Group("IP", (
        "ip.src == 10.0.0.5", "ip.addr == 10.0.0.5", "ip.addr == 10.0.0.0/16", "ip.dst in {10.0.0.5, 10.1.0.0/16}",
        "ip.ttl < 10", "ip.id == 7", "ip.proto == 6", "ipv6", "udp",
    )),
    Group("ports", (
        "tcp.port == 443", "tcp.srcport == 443", "tcp.dstport > 1024", "tcp.port in {80, 443, 8000..8080}",
    )),
    Group("analysis", (
        "tcp.analysis.retransmission", "tcp.analysis.duplicate_ack", "tcp.analysis.flags", "tcp.analysis",
        "tcp.analysis.ack_rtt > 0.01", "tcp.analysis.initial_rtt > 0.01", "tcp.analysis.acks_frame == 5",
        "tcp.analysis.bytes_in_flight > 1000", "tcp.analysis.rto > 0.2", "tcp.analysis.reused_ports",
    )),
    Group("stream table", (
        "tcp.seq == 1", "tcp.ack == 1", "tcp.nxtseq > 1000", "tcp.completeness == 31", "tcp.completeness.fin == 1",
        "tcp.window_size < 1000", "tcp.window_size_scalefactor == 128", "tcp.stream.pnum == 3",
    )),
    Group("times", (
        "tcp.time_delta > 0.2", "tcp.time_relative > 1", "frame.time_delta > 0.01", "frame.time_relative > 5",
    )),
    Group("tcptui", (
        "tcptui.packets > 10", "tcptui.bytes > 10000", "tcptui.duration > 1", "tcptui.rtt > 0.05",
        "tcptui.client.port > 1024", "tcptui.server.port == 443", 'tcptui.client.state == "ESTABLISHED"',
        "tcptui.client.state_known == 0",
    )),
    Group("computed", (
        "tcp.srcport == tcp.dstport", "tcp.len + tcp.hdr_len > 1000", "tcp.seq + tcp.len == tcp.nxtseq",
        "len(tcp.payload) > 100",
    )),
    Group("five joined", (
        "ip.addr == 10.0.0.0/8 and tcp.port == 443 and tcp.flags.ack == 1 and tcp.len > 0 and frame.len > 100",
        "ip.src == 10.0.0.0/8 or tcp.port == 443 or tcp.flags.syn == 1 or tcp.len > 1000 or frame.len > 2000",
        "tcp.seq > 1 and tcp.ack > 1 and tcp.completeness == 31 and tcp.window_size > 100 and tcp.time_delta < 0.2",
        "tcp.seq == 9 or tcp.ack == 9 or tcp.completeness == 1 or tcp.analysis.ack_rtt > 9 or tcp.time_delta > 9",
        "tcp.analysis.flags or tcp.analysis.ack_rtt > 1 or tcptui.rtt > 1 or ip.ttl < 5 or tcp.flags.reset == 1",
    )),
    Group("absent", (
        "vlan.id == 5", "eth.trailer", "ip.opt.type", "mpls", "ip.fragment", "tcp.connection.rst",
        "tcp.checksum.status",
    )),
    Group("bytes", (
        'tcp.payload contains "nowhere at all"', "frame contains 01:02:03:04:05", 'tcp.payload matches "no+where"',
        "ip.checksum == 7", "eth.src == 02:00:00:00:00:01", "tcp.options.mss_val == 1460",
        "tcp.options.timestamp.tsval < 1000",
    ), seldom=True),
    Group("header trees", (
        "tcp.options.sack_le > 1", "http.request", "_ws.malformed", "_ws.expert", 'frame.protocols contains "vlan"',
    ), seldom=True, trees=True),
)  # fmt: skip

#: One filter of each cost, of which nothing is found.
CANCELLED: Final = (
    "tcp.len > 70000", "tcp.seq == 9 or tcp.ack == 9 or tcp.completeness == 1",
    'tcp.payload contains "nowhere at all"', 'tcp.payload matches "(a+)+b"', "frame.encap_type == 99",
)  # fmt: skip


def took(session: Session, text: str, rows: int) -> tuple[float, int]:
    """Seconds for one filter over the first ``rows`` rows, and how many pass."""
    run = FilterRun(session, compile_filter(text))
    began = time.perf_counter()
    found = run.matching(0, rows)
    return time.perf_counter() - began, int(found.sum())


def table(session: Session, rows: int, options: argparse.Namespace) -> None:
    """Print a line for each filter."""
    print(f"| over {rows:,} packets | rows | min ms | median ms | pass |\n|---|---:|---:|---:|---:|")
    for group in GROUPS:
        chosen = [text for text in group.filters if options.only in text]
        if chosen:
            print(f"| **{group.title}** | | | | |")
        asked = min(options.tree_rows, rows) if group.trees else rows
        for text in chosen:
            times, passing = [], 0
            for _ in range(2 if group.seldom else options.runs):
                seconds, passing = took(session, text, asked)
                times.append(1000 * seconds)
            shown = text.replace("|", "\\|")
            print(
                f"| `{shown}` | {asked:,} | {min(times):.1f} | {statistics.median(times):.1f} | {passing:,} |",
                flush=True,
            )


def cancel(session: Session, text: str, rows: int, after_s: float) -> float | None:
    """Seconds from a cancel ``after_s`` seconds into the work to its end; None: it was done before."""
    run, wanted = FilterRun(session, compile_filter(text)), threading.Event()
    cancelled_at = 0.0

    def give_up() -> None:
        nonlocal cancelled_at
        cancelled_at = time.perf_counter()
        wanted.set()

    timer = threading.Timer(after_s, give_up)
    timer.start()
    try:
        run.matching(0, rows, cancelled=wanted.is_set)
    except Cancelled:
        return time.perf_counter() - cancelled_at
    finally:
        timer.cancel()
        timer.join()
    return None


def cancels(session: Session, rows: int, options: argparse.Namespace) -> None:
    """Print how long filters of each cost go on after a cancel."""
    print("\n| cancelled | times | median ms | max ms |\n|---|---:|---:|---:|")
    for text in (text for text in CANCELLED if options.only in text):
        # What takes long is cancelled within its first second.
        slow = text == CANCELLED[-1]
        whole = 1.0 if slow else min(1.0, *(took(session, text, rows)[0] for _ in range(3)))
        found = [
            cancel(session, text, rows, whole * (number + 0.5) / options.cancels) for number in range(options.cancels)
        ]
        heard = [1000 * seconds for seconds in found if seconds is not None]
        if heard:
            print(f"| `{text}` | {len(heard)} | {statistics.median(heard):.1f} | {max(heard):.1f} |", flush=True)


def measure(path: Path, rows: int | None, options: argparse.Namespace) -> None:
    """All of one capture."""
    began = time.perf_counter()
    session = open_file(path, Compile.FIRST)
    try:
        rows = min(rows or session.store.count, session.store.count)
        print(
            f"\n{path.name}: {session.store.count:,} packets, {session.streams.count:,} connections, opened in "
            f"{time.perf_counter() - began:.1f} s; load average {os.getloadavg()[0]:.2f}\n"
        )
        table(session, rows, options)
        if options.cancels:
            cancels(session, rows, options)
    finally:
        session.close()


def main() -> int:
    """Make captures where none is given, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path)
    parser.add_argument("--packets", default="1000000,10000000")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="", help="filters that hold this (default: all)")
    parser.add_argument("--tree-rows", type=int, default=_TREE_ROWS)
    parser.add_argument("--cancels", type=int, default=20, help="for each filter; 0: none")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the captures are, or go")
    options = parser.parse_args()
    if options.captures:
        for path in options.captures:
            measure(path, None, options)
        return 0
    for packets in map(int, options.packets.split(",")):
        count = int(packets / _A_CONNECTION)
        path = options.directory / f"tcptui-short-{count}-262144.pcap"
        if not path.exists():
            make_capture.write(path, "short", count, 1)
        measure(path, packets, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
