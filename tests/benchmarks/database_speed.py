"""How fast bulk results of databases are read: one answer of many rows, as bytes of the answer a second.

    python tests/benchmarks/database_speed.py [--megabytes 100] [--runs 3] [--rows 20,200] [--no-tshark]

Writes, where they are not there yet, captures of one session each with one question, whose answer is that large, of
rows with so many bytes of values: MySQL (text and binary rows), PostgreSQL (text rows), Redis (a list, RESP2).

For each, by turns and alone: ``tcptui requests FILE --jsonl`` and ``tshark -2 -n -z conv,tcp``.  Seconds of wall and of
processor, medians; the memory is the most of one run of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from make_capture import ACK, PSH, Talk, write_capture
from process_memory import Peak
from timed_runs import timed, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

_SEGMENT: Final = 1_448
_OURS: Final = (sys.executable, "-m", "tcptui", "requests", "{}", "--jsonl")
_TSHARK: Final = ("tshark", "-2", "-n", "-q", "-r", "{}", "-z", "conv,tcp")
#: Protocol 4.1, transactions, authentication of version 4.1, plug-ins; without its last flag a result ends by EOF.
_CAPABILITIES: Final = 0x0008_A201
#: Rows that are made at once; their bytes come again and again.
_TOGETHER: Final = 4_096

#: Who says what, in order.
Said = list[tuple[int, bytes]]


def _mysql_packets(number: int, *payloads: bytes) -> bytes:
    return b"".join(
        len(one).to_bytes(3, "little") + bytes((number + at & 0xFF,)) + one for at, one in enumerate(payloads)
    )


def _mysql(size: int, amount: int, *, binary: bool) -> Said:
    greeting = b"\x0a8.0.36\0" + (7).to_bytes(4, "little") + b"abcdefgh\0" + _CAPABILITIES.to_bytes(4, "little")[:2]
    greeting += b"\x21\x02\0" + _CAPABILITIES.to_bytes(4, "little")[2:] + b"\x15" + bytes(10) + b"ijklmnopqrst\0"
    greeting += b"mysql_native_password\0"
    login = _CAPABILITIES.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23)
    login += b"ada\0" + b"\x14" + bytes(range(20)) + b"mysql_native_password\0"
    done, end = b"\0\0\0\x02\0\0\0", b"\xfe\0\0\x02\0"
    column = b"\x03def\x04shop\x05items\x05items\x04name\x04name\x0c\x21\0\xff\0\0\0\xfd\0\0\0\0\0"
    said = [(1, _mysql_packets(0, greeting)), (0, _mysql_packets(1, login)), (1, _mysql_packets(2, done))]
    if binary:
        prepared = b"\0\x01\0\0\0\x01\0\0\0\0\0\0"
        said.append((0, _mysql_packets(0, b"\x16SELECT name FROM items")))
        said.append((1, _mysql_packets(1, prepared, column, end)))
        said.append((0, _mysql_packets(0, b"\x17\x01\0\0\0\0\x01\0\0\0")))
    else:
        said.append((0, _mysql_packets(0, b"\x03SELECT name FROM items")))
    length = bytes((size - 1,)) if size <= 251 else b"\xfc" + (size - 3).to_bytes(2, "little")
    row = length + b"x" * (size - len(length))
    if binary:
        row = b"\0\0" + row[: 1 if size <= 251 else 3] + row[3:]
        row = b"\0\0" + bytes((len(row) - 3,)) + row[3:]
    count = amount // (size + 4)
    counted = b"".join(_mysql_packets(at, row) for at in range(256))  # numbers come again after 256 rows
    shift = counted[4 * (size + 4) :] + counted[: 4 * (size + 4)]
    rows = (shift * (count // 256 + 1))[: count * (size + 4)]
    said.append((1, _mysql_packets(1, b"\x01", column, end) + rows + _mysql_packets(4 + count & 0xFF, end)))
    return said


def _pg(kind: bytes, body: bytes) -> bytes:
    return kind + (4 + len(body)).to_bytes(4) + body


def _postgresql(size: int, amount: int) -> Said:
    start = (0x0003_0000).to_bytes(4) + b"user\0ada\0database\0shop\0\0"
    ready = _pg(b"Z", b"I")
    columns = (1).to_bytes(2) + b"name\0" + bytes(6) + (25).to_bytes(4) + b"\xff\xff\xff\xff\xff\xff\0\0"
    row = _pg(b"D", (1).to_bytes(2) + size.to_bytes(4) + b"x" * size)
    count = amount // len(row)
    answer = _pg(b"T", columns) + row * count + _pg(b"C", b"SELECT %d\0" % count) + ready
    return [
        (0, (4 + len(start)).to_bytes(4) + start),
        (1, _pg(b"R", bytes(4)) + _pg(b"S", b"server_version\x0015.6\0") + _pg(b"K", bytes(8)) + ready),
        (0, _pg(b"Q", b"SELECT name FROM items\0")),
        (1, answer),
    ]


def _redis(size: int, amount: int) -> Said:
    row = b"$%d\r\n" % size + b"x" * size + b"\r\n"
    count = amount // len(row)
    return [(0, b"*4\r\n$6\r\nLRANGE\r\n$5\r\nitems\r\n$1\r\n0\r\n$2\r\n-1\r\n"), (1, b"*%d\r\n" % count + row * count)]


SHAPES: Final[dict[str, Callable[[int, int], Said]]] = {
    "mysql": lambda size, amount: _mysql(size, amount, binary=False),
    "mysql-binary": lambda size, amount: _mysql(size, amount, binary=True),
    "postgresql": _postgresql,
    "redis": _redis,
}


def write(path: Path, said: Said) -> None:
    """Write a capture of a session in which that is said; the other end acknowledges every second segment."""
    talk = Talk(0, random.Random(7))
    talk.open()
    for side, data in said:
        for number, at in enumerate(range(0, len(data), _SEGMENT)):
            talk.say(side, PSH | ACK, 0.01, body=data[at : at + _SEGMENT])
            if number % 2:
                talk.say(1 - side, ACK, 0.001)
    talk.close()
    write_capture(path, talk.records)


def memory(path: Path) -> int:
    """The most that our program has of memory while it reads ``path``, in bytes."""
    with subprocess.Popen(words_of(_OURS, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        peak = Peak(process.pid)
        process.wait()
    return peak.end()


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", default="20,200")
    parser.add_argument("--only", default=",".join(SHAPES))
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    parser.add_argument("--no-tshark", action="store_true")
    options = parser.parse_args()
    print("| answer | tcptui s (processor) | MB/s | MB/s of a processor | memory | tshark s (processor) |")
    print("|---|---|---|---|---|---|")
    for shape in options.only.split(","):
        for size in map(int, options.rows.split(",")):
            path = options.directory / f"bulk-{shape}-{size}-{options.megabytes}.pcap"
            out = path.with_suffix(".out")
            if not path.exists():
                write(path, SHAPES[shape](size, options.megabytes * 1_000_000))
            timed(_OURS, path, out)  # warms the caches
            ours = [timed(_OURS, path, out) for _ in range(options.runs)]
            told = sum(1 for _ in out.open("rb"))
            out.unlink()
            wall, spent = (statistics.median(column) for column in zip(*ours, strict=True))
            row = f"| {shape}, rows of {size} bytes ({told} requests) | {wall:.2f} ({spent:.2f}) |"
            row += f" {options.megabytes / wall:,.0f} | {options.megabytes / spent:,.0f} |"
            row += f" {memory(path) / 1e6:.0f} MB |"
            if not options.no_tshark:
                tshark = timed(_TSHARK, path, Path(os.devnull))
                row += f" {tshark[0]:.2f} ({tshark[1]:.2f}) |"
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
