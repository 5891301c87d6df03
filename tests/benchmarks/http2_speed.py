"""How fast HTTP/2 is read: the requests of one connection, or of several, by tcptui and by tshark, as frames a second.

    python tests/benchmarks/http2_speed.py [--calls 100000] [--connections 1] [--runs 3] [--directory DIR] [--no-tshark]

Writes, where they are not there yet, captures of ``--calls`` requests each, in one connection: all on one processor.
Several connections, one after the other, are read by all of them.

- ``same``: HEADERS, answered by HEADERS and a short DATA frame; one of twenty paths;
- ``get``: the same, every path its own, and every answer its own length;
- ``new``: the same with a request number, a trace and a signature in every request and answer: the worst for HPACK;
- ``grpc``: HEADERS and DATA, answered by HEADERS, DATA and trailers;
- ``data``: a tenth of the calls, each answered with 32 DATA frames of 4 KiB.

For each, by turns and alone: ``tcptui requests FILE --jsonl`` and ``tshark -2 -n -Y http2`` with the number of each
stream and its path.  Seconds of wall and of processor, medians; frames are HTTP/2's.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hpack import Encoder
from make_capture import ACK, PSH, Record, Talk, write_capture
from timed_runs import timed

if TYPE_CHECKING:
    from collections.abc import Callable

_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SEGMENT: Final = 1_448
_TSHARK: Final = (
    "tshark", "-2", "-n", "-r", "{}", "-d", "tcp.port==1024,http2", "-Y", "http2", "-T", "fields",
    "-e", "http2.streamid", "-e", "http2.headers.path",
)  # fmt: skip
_OURS: Final = (sys.executable, "-m", "tcptui", "requests", "{}", "--jsonl")

Fields = list[tuple[str, str]]


class Ends:
    """A client and a server that speak HTTP/2 in one connection; counts their frames."""

    def __init__(self, rng: random.Random, connection: int) -> None:
        self.talk = Talk(4 * connection, rng)
        self.rng = rng
        self.frames = 0
        self._encoders = (Encoder(), Encoder())
        self._said = b""
        self.talk.open()
        for side in (0, 1):
            self._said = b"" if side else _PREFACE
            self.frame(_SETTINGS, 0, 0, b"")
            self.send(side)

    def frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        """Another frame to be sent."""
        self._said += len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload
        self.frames += 1

    def headers(self, side: int, stream: int, fields: Fields, *, ends: bool = False) -> None:
        """A HEADERS frame."""
        block = self._encoders[side].encode(fields)
        self.frame(_HEADERS, _END_HEADERS | (_END_STREAM if ends else 0), stream, block)

    def data(self, stream: int, size: int, *, ends: bool = True) -> None:
        """A DATA frame of ``size`` bytes."""
        self.frame(_DATA, _END_STREAM if ends else 0, stream, bytes(size))

    def send(self, side: int) -> None:
        """What was to be sent, in segments of full size."""
        for at in range(0, len(self._said), _SEGMENT):
            self.talk.say(side, PSH | ACK, 0.05, body=self._said[at : at + _SEGMENT])
        self._said = b""


_REQUEST: Final = [
    (":method", "GET"), (":scheme", "https"), (":authority", "shop.example.com"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("accept", "application/json"), ("accept-encoding", "gzip, deflate, br"), ("cookie", "session=0123456789abcdef"),
]  # fmt: skip
_ANSWER: Final = [
    (":status", "200"), ("server", "nginx"), ("content-type", "application/json"),
    ("date", "Tue, 14 Nov 2023 22:13:20 GMT"), ("cache-control", "no-cache"),
]  # fmt: skip
_CALL: Final = [
    (":method", "POST"), (":scheme", "http"), (":path", "/shop.Cart/Add"), (":authority", "shop.example.com"),
    ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "grpc-python/1.70 grpc-c/45"),
]  # fmt: skip


def _same(ends: Ends, number: int) -> None:
    stream = 2 * number + 1
    ends.headers(0, stream, [*_REQUEST, (":path", f"/api/items/{number % 20}")], ends=True)
    ends.send(0)
    ends.headers(1, stream, [*_ANSWER, ("content-length", "120")])
    ends.data(stream, 120)
    ends.send(1)


def _get(ends: Ends, number: int) -> None:
    stream, size = 2 * number + 1, ends.rng.randrange(20, 1_000)
    ends.headers(0, stream, [*_REQUEST, (":path", f"/api/items/{number}?page={number % 7}")], ends=True)
    ends.send(0)
    ends.headers(1, stream, [*_ANSWER, ("content-length", str(size))])
    ends.data(stream, size)
    ends.send(1)


def _new(ends: Ends, number: int) -> None:
    stream, rng = 2 * number + 1, ends.rng
    own = [("x-request-id", f"{rng.getrandbits(128):032x}"), ("traceparent", f"00-{rng.getrandbits(128):032x}-01")]
    signature = ("authorization", f"Signature {rng.getrandbits(512):0128x}")
    ends.headers(0, stream, [*_REQUEST, (":path", f"/api/items/{number}"), *own, signature], ends=True)
    ends.send(0)
    size = rng.randrange(20, 1_000)
    ends.headers(1, stream, [*_ANSWER, ("content-length", str(size)), ("etag", f'"{rng.getrandbits(64):x}"'), *own])
    ends.data(stream, size)
    ends.send(1)


def _grpc(ends: Ends, number: int) -> None:
    stream = 2 * number + 1
    ends.headers(0, stream, [*_CALL, ("grpc-timeout", f"{900_000 + number % 1_000}u")])
    ends.data(stream, 40)
    ends.send(0)
    ends.headers(1, stream, [(":status", "200"), ("content-type", "application/grpc")])
    ends.data(stream, 60, ends=False)
    ends.headers(1, stream, [("grpc-status", "0")], ends=True)
    ends.send(1)


def _data(ends: Ends, number: int) -> None:
    if number % 10:
        return
    stream = 2 * number + 1
    ends.headers(0, stream, [*_REQUEST, (":path", f"/files/{number}")], ends=True)
    ends.send(0)
    ends.headers(1, stream, [*_ANSWER, ("content-length", "131072")])
    for place in range(32):
        ends.data(stream, 4_096, ends=place == 31)
    ends.send(1)


SHAPES: Final[dict[str, Callable[[Ends, int], None]]] = {
    "same": _same, "get": _get, "new": _new, "grpc": _grpc, "data": _data,
}  # fmt: skip


def write(path: Path, shape: str, calls: int, connections: int) -> int:
    """Write the capture unless it is there; its number of HTTP/2 frames."""
    counted = path.with_suffix(".frames")
    if counted.exists():
        return int(counted.read_text())
    frames, records, rng = 0, list[Record](), random.Random(calls)
    for connection in range(connections):
        ends = Ends(rng, connection)
        for number in range(calls // connections):
            SHAPES[shape](ends, number)
        ends.talk.close()
        begin_ns = records[-1][0] if records else 0
        records += [(begin_ns + time_ns, frame) for time_ns, frame in ends.talk.records]
        frames += ends.frames
    write_capture(path, records)
    counted.write_text(str(frames))
    return frames


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default=",".join(SHAPES))
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    parser.add_argument("--no-tshark", action="store_true")
    options = parser.parse_args()
    print("| capture | frames | tcptui s (processor) | frames/s of a processor | frames/s | tshark s (processor) |")
    print("|---|---|---|---|---|---|")
    several = f"-{options.connections}" if options.connections > 1 else ""
    for shape in options.only.split(","):
        path = options.directory / f"http2-{shape}-{options.calls}{several}.pcap"
        frames, out = write(path, shape, options.calls, options.connections), path.with_suffix(".out")
        timed(_OURS, path, out)  # warms the caches
        ours = [timed(_OURS, path, out) for _ in range(options.runs)]
        told = sum(1 for _ in out.open("rb"))
        out.unlink()
        wall, spent = (statistics.median(column) for column in zip(*ours, strict=True))
        rates = f"{frames / spent:,.0f} | {frames / wall:,.0f}"
        row = f"| {shape}, {told:,} requests | {frames:,} | {wall:.2f} ({spent:.2f}) | {rates} |"
        if not options.no_tshark:
            tshark = timed(_TSHARK, path, Path(os.devnull))
            row += f" {tshark[0]:.2f} ({tshark[1]:.2f}) |"
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
