"""What merging two captures costs, against the report of one of them, as a table.

    python tests/benchmarks/merge_speed.py [--only N,N,…] [--runs 3] [--scale 1.0] [--directory DIR]

The first capture of each pair is made by `make_capture` and lies in ``--directory`` afterwards.  The second is what
another point would have seen of it: the TTL is lower, the clock is an hour off, and requests arrive three milliseconds
later, while answers were there two milliseconds earlier.  Of a thousand packets two are lost between the points, and
what carries data is sent again.

By turns ``tcptui report`` of each and ``tcptui merge`` of both run, with and without ``--json``.  Printed are medians
of processor time (of the program and of its children), wall time, the peak of the memory of the program (PSS, in a run
of its own), and how often the processor time of the two reports, on average, goes into that of the merge: in each turn
for itself, the median.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import make_capture
import numpy as np
from report_speed import measure
from timed_runs import timed

_MS: Final = 1_000_000
_HOUR_NS: Final = 3_600_000 * _MS
_THERE_NS: Final = 3 * _MS
_BACK_NS: Final = 2 * _MS
_HOPS: Final = 4
_LOST: Final = 0.002
_TIMEOUT_NS: Final = 220 * _MS
_FILE_HEAD: Final = 24
_RECORD_HEAD: Final = 16
#: Bytes into a record: IP packet number, TTL, source address, source and target port.
_NUMBER, _TTL, _SOURCE, _PORTS = 16 + 14 + 4, 16 + 14 + 8, 16 + 14 + 12, 16 + 14 + 20
#: Bytes of a packet without data.
_BARE: Final = 14 + 20 + 20 + 12
#: Client ports that connections have by turns where they are used again.
_PORTS_IN_USE: Final = 500


@dataclass(frozen=True)
class Pair:
    """One pair of captures to be made."""

    name: str
    shape: str
    connections: int
    reused: bool = False
    """Whether all connections come from one host, which uses its ports again."""


PAIRS = (
    Pair("transfers, 20,000 packets", "transfers", 150),
    Pair("transfers, 200,000 packets", "transfers", 1_500),
    Pair("transfers, 1 million packets", "transfers", 7_600),
    Pair("10,000 small connections, ports used again", "varied-short", 10_000, reused=True),
    Pair("10,000 small connections, all in trouble", "varied-trouble", 10_000),
)
_PROGRAM = (sys.executable, "-m", "tcptui")


def _starts(data: np.ndarray) -> np.ndarray:
    """Where each record of a capture begins."""
    found, at, view = [], _FILE_HEAD, data.data
    while at < len(data):
        found.append(at)
        at += _RECORD_HEAD + int.from_bytes(view[at + 8 : at + 12], "little")
    return np.array(found)


def _reuse_ports(data: np.ndarray, starts: np.ndarray, by_client: np.ndarray) -> None:
    """Give all connections one client, with few ports."""
    for mine, source, port in ((by_client, _SOURCE, _PORTS), (~by_client, _SOURCE + 4, _PORTS + 2)):
        at = starts[mine]
        for place, octet in enumerate((10, 0, 0, 1)):
            data[at + source + place] = octet
        number = data[at + port].astype(np.int64) << 8 | data[at + port + 1]
        number = 1024 + (number - 1024) % _PORTS_IN_USE
        data[at + port], data[at + port + 1] = number >> 8, number & 255


def _again(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The records ``chosen``, each as if it was sent again: with another IP packet number."""
    again = [data[begin:end].copy() for begin, end in zip(starts[chosen], ends[chosen], strict=True)]
    for record in again:
        record[_NUMBER] ^= 0x80
    return np.concatenate(again) if again else np.zeros(0, np.uint8)


def write(pair: Pair, first: Path, second: Path, connections: int) -> None:
    """Write both captures."""
    make_capture.write(first, pair.shape, connections, 1, 128)
    data = np.fromfile(first, np.uint8)
    starts = _starts(data)
    chance = np.random.default_rng(1)
    lost = chance.random(len(starts)) < _LOST
    # What carries data is sent again.
    size = data[starts + 12].astype(np.int64) | data[starts + 13].astype(np.int64) << 8
    repeated = np.flatnonzero(lost & (size > _BARE))
    copies = _again(data, starts, np.append(starts[1:], len(data)), repeated)
    words = data[starts[:, None] + np.arange(8)].copy().view("<u4").astype(np.int64)
    time_ns = words[:, 0] * 10**9 + words[:, 1] * 1_000
    time_ns = np.concatenate((time_ns, time_ns[repeated] + _TIMEOUT_NS))
    lost = np.concatenate((lost, np.zeros(len(repeated), np.bool_)))
    data = np.concatenate((data, copies))
    starts = _starts(data)
    # Servers have the addresses 192.0.2.0 to 192.0.2.7.
    by_client = data[starts + _SOURCE] == 10
    if pair.reused:
        _reuse_ports(data, starts, by_client)
    _write(first, data, starts, time_ns, lost & ~by_client)
    time_ns += np.where(by_client, _THERE_NS, -_BACK_NS) - _HOUR_NS
    time_ns += chance.integers(0, _MS // 20, len(starts)) * np.where(by_client, 1, -1)
    data[starts + _TTL] -= np.where(by_client, _HOPS, 256 - _HOPS).astype(np.uint8)
    _write(second, data, starts, time_ns, lost & by_client)


def _write(path: Path, data: np.ndarray, starts: np.ndarray, time_ns: np.ndarray, gone: np.ndarray) -> None:
    """Write the records of ``data`` that are not ``gone``, in the order of their times."""
    ends = np.append(starts[1:], len(data))
    stamps = np.stack((time_ns // 10**9, time_ns // 1_000 % 10**6), axis=1).astype("<u4")
    data[starts[:, None] + np.arange(8)] = stamps.view(np.uint8).reshape(-1, 8)
    order = np.argsort(time_ns, kind="stable")
    order = order[~gone[order]]
    with path.open("wb") as out:
        out.write(data[:_FILE_HEAD].tobytes())
        for begin, end in zip(starts[order].tolist(), ends[order].tolist(), strict=True):
            out.write(data[begin:end].data)


def row(pair: Pair, first: Path, second: Path, runs: int) -> str:
    """The rows of the table of one pair."""
    merging = (*_PROGRAM, "merge", str(first), str(second))
    programs = {
        "report A": (*_PROGRAM, "report", str(first)), "report B": (*_PROGRAM, "report", str(second)),
        "merge": merging, "merge --json": (*merging, "--json"),
    }  # fmt: skip
    out = first.with_suffix(".out")
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for turn in range(runs + 1):
        for name, command in programs.items():
            took = timed(command, first, out)
            if turn:  # the first one warms the caches
                times[name].append(took)
    out.unlink()
    reports = [(a[1] + b[1]) / 2 for a, b in zip(times["report A"], times["report B"], strict=True)]
    lines = []
    for name, command in programs.items():
        peak = measure(command, first, watched=True).peak_mb
        wall, spent = (statistics.median(each) for each in zip(*times[name], strict=True))
        ratio = statistics.median(mine[1] / report for mine, report in zip(times[name], reports, strict=True))
        title = "" if lines else pair.name
        lines.append(f"| {title} | `{name}` | {spent:.2f} s | {wall:.2f} s | {peak:,.0f} MB | {ratio:.2f} |")
    return "\n".join(lines)


def main() -> int:
    """Make the pairs, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="numbers of pairs, from 1; all unless said otherwise")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the connections")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the captures are, or go")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    wanted = [int(number) for number in options.only.split(",") if number] or range(1, len(PAIRS) + 1)
    print(f"{len(os.sched_getaffinity(0))} processors, load average {os.getloadavg()[0]:.2f}\n")
    print("| pair | | processor | wall | peak memory | reports |\n|---|---|---:|---:|---:|---:|")
    for number in wanted:
        pair = PAIRS[number - 1]
        count = max(int(pair.connections * options.scale), 1)
        paths = [options.directory / f"tcptui-merge-{number}-{count}-{point}.pcap" for point in "ab"]
        if not all(path.exists() for path in paths):
            write(pair, *paths, count)
        print(row(pair, *paths, options.runs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
