"""memcached and clients in a network namespace of their own, recorded.

    unshare --net python tests/support/memcached_session.py FOLDER

Writes into FOLDER ``memcached.pcap``, all of it.  Takes about three seconds.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from memcached_messages import message, store
from recorded_traffic import recorded

from cases.recorder.commands import listens

HOST: Final = "127.0.0.1"
PORT: Final = 11211
VALUE: Final = b"s3cret-of-ada"
_START_S: Final = 600
#: Commands in text, each with what its answer ends with; one that is empty has none.
TEXT: Final = (
    (store("user:1", VALUE), b"\r\n"), (store("user:1", VALUE, "add"), b"\r\n"), (b"get user:1 user:2\r\n", b"END\r\n"),
    (b"get user:2\r\n", b"END\r\n"), (b"gets user:1\r\n", b"END\r\n"), (store("user:3", VALUE * 9_000), b"\r\n"),
    (b"get user:3\r\n", b"END\r\n"), (store("n", b"5"), b"\r\n"), (b"incr n 2\r\n", b"\r\n"),
    (b"decr no 2\r\n", b"\r\n"), (b"incr user:1 2\r\n", b"\r\n"), (b"touch user:1 60\r\n", b"\r\n"),
    (b"gat 60 user:1\r\n", b"END\r\n"),
    (store("user:1", b"", "cas", " 999999"), b"\r\n"), (b"delete user:1 noreply\r\n", b""),
    (b"delete user:1\r\n", b"\r\n"),
    (b"mg n v t\r\n", b"\r\n"), (b"ms m 2 T60\r\nhi\r\n", b"\r\n"), (b"mg nobody v\r\n", b"\r\n"), (b"mn\r\n", b"\r\n"),
    (b"stats\r\n", b"END\r\n"), (b"stats items\r\n", b"END\r\n"), (b"stats slabs\r\n", b"END\r\n"),
    (b"verbosity 1\r\n", b"\r\n"), (b"version\r\n", b"\r\n"), (b"hello\r\n", b"\r\n"), (b"set a b c\r\n", b"\r\n"),
    (b"flush_all\r\n", b"\r\n"), (b"quit\r\n", b""),
)  # fmt: skip
_EXTRAS: Final = bytes(8)
_COUNT: Final = (3).to_bytes(8) + (10).to_bytes(8) + bytes(4)
#: Commands in binary, each with how many answers there are.
BINARY: Final = (
    (message(1, b"user:1", VALUE, extras=_EXTRAS, number=1), 1), (message(0, b"user:1", number=2), 1),
    (message(0, b"user:2", number=3), 1), (message(0x0C, b"user:1"), 1), (message(5, b"n", extras=_COUNT), 1),
    (message(5, b"n", extras=_COUNT), 1), (message(2, b"user:1", VALUE, extras=_EXTRAS), 1),
    (b"".join(message(0x0D, key, number=at) for at, key in enumerate((b"user:1", b"no", b"n"))) + message(0x0A), 3),
    (message(0x0E, b"user:1", VALUE), 1), (message(0x1C, b"user:1", extras=bytes(4)), 1), (message(4, b"user:1"), 1),
    (message(4, b"user:1"), 1), (message(0x0B), 1), (message(8), 1), (message(7), 1),
)  # fmt: skip


def serve() -> subprocess.Popen[bytes]:
    """The server."""
    command = ["memcached", "-l", HOST, "-p", str(PORT), "-U", "0", "-u", "root"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + _START_S
    while not listens(PORT):
        assert server.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    return server


def _until(talk: socket.socket, *, end: bytes = b"", count: int = 0) -> None:
    """Receives what ends with ``end``, or ``count`` messages of the binary protocol."""
    had = b""
    while True:
        if end and had.endswith(b"\r\n") and end in had:
            return
        rest, left = had, count
        while left and len(rest) >= 24 and len(rest) >= 24 + int.from_bytes(rest[8:12]):
            rest, left = rest[24 + int.from_bytes(rest[8:12]) :], left - 1
        if count and not left:
            return
        got = talk.recv(1 << 16)
        if not got:
            return
        had += got


def main(folder: Path) -> None:
    """A session in text, one in binary, and one with many commands at once."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = serve()
    try:
        with recorded(folder / "memcached.pcap"):
            for way in ("text", "binary", "together"):
                with socket.create_connection((HOST, PORT), timeout=600) as talk:
                    if way == "text":
                        for said, end in TEXT:
                            talk.sendall(said)
                            if end:
                                _until(talk, end=end)
                    elif way == "binary":
                        for said, count in BINARY:
                            talk.sendall(said)
                            _until(talk, count=count)
                    else:
                        talk.sendall(b"".join(b"get key:%d\r\n" % number for number in range(20)) + b"version\r\n")
                        _until(talk, end=b"VERSION")
    finally:
        server.terminate()
        server.wait(timeout=600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
