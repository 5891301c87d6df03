"""The programs at both ends: ordinary sockets, driven by a scenario's script.

A script is a function that gets a `Program` and does what its end does, in order:

    def client(me: Program) -> None:
        connection = me.connect()
        connection.send(1000)
        connection.read(100)
        connection.close()

It runs in a process of its own inside the end's namespace.  Every call is logged with its time and
its outcome; an OSError that the script does not catch ends the program, as it would any other.
"""

from __future__ import annotations

import contextlib
import errno
import json
import mmap
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from cases.recorder.namespaces import Address, End
from cases.recorder.tcp_info import tcp_info

SocketOptions = dict[tuple[int, int], int | bytes]
"""(level, name) → value, as setsockopt() takes it."""
CHUNK: Final = 65_536
POLL_SECONDS: Final = 0.001
MARKS: Final = 64
_LINE: Final = "{:>7} from the {}: the quick brown fox jumps over the lazy dog\n"


class Board:
    """A page of memory that the bench and both programs share: the clock, the marks, the process ids."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, 4096)

    @property
    def start_ns(self) -> int:
        """Monotonic time of the scenario's second 0; 0 until it has begun."""
        return int(struct.unpack_from("=q", self._page, 0)[0])

    def begin(self) -> None:
        """The scenario's clock starts now, unless it runs already."""
        if not self.start_ns:
            struct.pack_into("=q", self._page, 0, time.monotonic_ns())

    def process(self, end: End) -> int:
        """Process id of that end's program."""
        return int(struct.unpack_from("=i", self._page, 8 + 4 * list(End).index(end))[0])

    def enrol(self, end: End, process: int) -> None:
        """Notes the process id of that end's program."""
        struct.pack_into("=i", self._page, 8 + 4 * list(End).index(end), process)

    def mark(self, number: int) -> None:
        """Sets a mark (0 … 63)."""
        self._page[64 + number] = 1

    def marked(self, number: int) -> bool:
        """Whether a mark is set."""
        return self._page[64 + number] == 1


class Connection:
    """A connected socket whose calls are logged."""

    def __init__(self, program: Program, raw: socket.socket, remote: tuple[Any, ...]) -> None:
        self._program = program
        self.raw = raw
        self._names = {"local": named(raw.getsockname()), "remote": named(remote)}

    def send(self, what: int | bytes) -> None:
        """Sends so many bytes of readable text, or these bytes; returns when the kernel has taken all."""
        data = what if isinstance(what, bytes) else self._program.text(what)
        with self._call("send", bytes=len(data)):
            self.raw.sendall(data)

    def read(self, count: int) -> bytes:
        """Reads ``count`` bytes, or up to the end of the stream."""
        parts, left = [], count
        with self._call("read", bytes=count) as outcome:
            outcome["got"] = 0
            while left and (part := self.raw.recv(min(left, CHUNK))):
                parts.append(part)
                left -= len(part)
                outcome["got"] = count - left
        return b"".join(parts)

    def read_all(self) -> int:
        """Reads to the end of the stream; returns the number of bytes."""
        total = 0
        with self._call("read to the end") as outcome:
            outcome["got"] = 0
            while part := self.raw.recv(CHUNK):
                total += len(part)
                outcome["got"] = total
        return total

    def shutdown(self) -> None:
        """Sends no more, still reads: shutdown(SHUT_WR)."""
        with self._call("shutdown"):
            self.raw.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """close(); what the kernel knew of the connection is logged just before."""
        facts: dict[str, Any] = {**self._names, **tcp_info(self.raw)}
        self._program.note("tcp-info", **facts)
        with self._call("close"):
            self.raw.close()

    def abort(self) -> None:
        """close() with SO_LINGER 0: the connection is reset."""
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def option(self, name: int, value: int, level: int = socket.IPPROTO_TCP) -> None:
        """setsockopt()."""
        self.raw.setsockopt(level, name, value)

    def keep_alive(self, idle: int, interval: int, count: int) -> None:
        """Probes a silent peer: first after ``idle`` seconds, then every ``interval``, giving up after ``count``."""
        self.option(socket.SO_KEEPALIVE, 1, socket.SOL_SOCKET)
        self.option(socket.TCP_KEEPIDLE, idle)
        self.option(socket.TCP_KEEPINTVL, interval)
        self.option(socket.TCP_KEEPCNT, count)

    @contextmanager
    def _call(self, name: str, **facts: object) -> Iterator[dict[str, object]]:
        with self._program.call(name, **self._names, **facts) as outcome:
            yield outcome


class Listener:
    """A listening socket."""

    def __init__(self, program: Program, raw: socket.socket) -> None:
        self._program = program
        self.raw = raw

    def accept(self) -> Connection:
        """Waits for a connection and takes it."""
        with self._program.call("accept"):
            raw, remote = self.raw.accept()
        return self._program.adopt(raw, remote)

    def close(self) -> None:
        """Listens no more."""
        self.raw.close()


class Program:
    """What a script can do."""

    def __init__(
        self, own: Address, peer: Address, port: int, congestion: str, parameters: Any, board: Board, log: int
    ) -> None:
        self.end = own.end
        self.p = parameters
        self._own = own
        self._peer = peer
        self._port = port
        self._congestion = congestion.encode()
        self._source_ports = iter(parameters.source_ports)
        self._board = board
        self._log = log
        self._open: list[Connection] = []
        self._listeners: list[Listener] = []
        self._written = 0

    # -- sockets --------------------------------------------------------------------

    @property
    def host(self) -> str:
        """This end's address."""
        return self._own.host

    @property
    def peer_host(self) -> str:
        """The other end's address."""
        return self._peer.host

    def own_address(self, host: int) -> str:
        """The address of one of this end's hosts."""
        return self._own.at(host)

    def peer_address(self, host: int) -> str:
        """The address of one of the other end's hosts."""
        return self._peer.at(host)

    @property
    def port(self) -> int:
        """Where the scenario's server listens."""
        return self._port

    def source_port(self) -> int:
        """The next of the client's drawn ports, for a program that makes its own socket."""
        return int(next(self._source_ports))

    def listen_behind(self, port: int) -> Listener:
        """Listens on this host's loopback, where only programs of the same host come; starts no clock."""
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.bind(("127.0.0.1", port))
        raw.listen()
        self._listeners.append(Listener(self, raw))
        return self._listeners[-1]

    def listen(
        self,
        backlog: int = 16,
        options: SocketOptions | None = None,
        *,
        host: int = 0,
        port: int | None = None,
    ) -> Listener:
        """Listens at the scenario's port; the scenario's clock starts now.

        ``options``: (level, name) → value, set before listen(); ``host``: which of this end's hosts.
        """
        raw = self._socket(options)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        raw.bind((self._own.at(host), port or self._port))
        raw.listen(backlog)
        self._listeners.append(Listener(self, raw))
        self.ready()
        return self._listeners[-1]

    def connect(
        self,
        source_port: int | None = None,
        port: int | None = None,
        options: SocketOptions | None = None,
        fast_data: bytes | None = None,
        *,
        host: int = 0,
        own_host: int = 0,
    ) -> Connection:
        """Connects to the other end; ``fast_data`` goes with the SYN (TCP Fast Open).

        ``host``, ``own_host``: which of the hosts of the other end and of this one.
        """
        raw = self._socket(options)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        raw.bind((self._own.at(own_host), source_port if source_port is not None else next(self._source_ports)))
        peer = (self._peer.at(host), port or self._port)
        with self.call("connect", local=named(raw.getsockname()), remote=named(peer)):
            if fast_data is None:
                raw.connect(peer)
            else:
                raw.sendto(fast_data, socket.MSG_FASTOPEN, peer)
        return self.adopt(raw, peer)

    def begin_connect(self, *, host: int = 0, port: int | None = None, own_host: int = 0) -> Connection:
        """Starts to connect and returns at once, so that several attempts can be under way."""
        raw = self._socket(None)
        raw.bind((self._own.at(own_host), next(self._source_ports)))
        peer = (self._peer.at(host), port or self._port)
        self.note("program", call="connect", local=named(raw.getsockname()), remote=named(peer))
        raw.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raw.connect(peer)
        raw.setblocking(True)
        return self.adopt(raw, peer)

    def _socket(self, options: SocketOptions | None) -> socket.socket:
        raw = socket.socket(socket.AF_INET6 if self._own.ipv6 else socket.AF_INET, socket.SOCK_STREAM)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, self._congestion)
        for (level, name), value in (options or {}).items():
            raw.setsockopt(level, name, value)
        return raw

    def adopt(self, raw: socket.socket, remote: tuple[Any, ...]) -> Connection:
        """A `Connection` that is closed at the end of the program if the script does not."""
        connection = Connection(self, raw, remote)
        self._open.append(connection)
        return connection

    def text(self, count: int) -> bytes:
        """So many bytes of numbered lines: a reader of the capture sees where in the stream he is."""
        lines = []
        size = 0
        while size < count:
            lines.append(_LINE.format(self._written + size, self.end.value).encode())
            size += len(lines[-1])
        self._written += count
        return b"".join(lines)[:count]

    # -- time and the other end -------------------------------------------------------

    def ready(self) -> None:
        """Starts the scenario's clock and the other program; `listen` does it too."""
        self._board.begin()

    def sleep(self, seconds: float) -> None:
        """Does nothing for so long."""
        time.sleep(seconds)

    def at(self, seconds: float) -> None:
        """Waits for this second of the scenario."""
        self.ready()
        left = self._board.start_ns / 1e9 + seconds - time.monotonic()
        if left > 0:
            time.sleep(left)

    @property
    def now_s(self) -> float:
        """The second of the scenario that it is now."""
        return time.monotonic() - self._board.start_ns / 1e9

    def tell(self, number: int) -> None:
        """Sets a mark (0 … 63) that the other program can wait for."""
        self._board.mark(number)

    def hear(self, number: int) -> None:
        """Waits for the other program's mark."""
        while not self.heard(number):
            time.sleep(POLL_SECONDS)

    def heard(self, number: int) -> bool:
        """Whether the other program has set this mark."""
        return self._board.marked(number)

    def signal_other(self, number: signal.Signals) -> None:
        """Sends a signal to the other program: SIGSTOP, SIGCONT, SIGKILL."""
        self.note("program", call=f"signal {number.name}", to=self.end.other.value)
        os.kill(self._board.process(self.end.other), number)

    # -- log --------------------------------------------------------------------------

    @contextmanager
    def call(self, name: str, **facts: object) -> Iterator[dict[str, object]]:
        """Logs one call with its begin, its end and its error."""
        began = time.monotonic_ns()
        outcome: dict[str, object] = {}
        try:
            yield outcome
        except OSError as problem:
            outcome["error"] = errno.errorcode.get(problem.errno or 0, str(problem))
            raise
        finally:
            self.note("program", began, call=name, **facts, **outcome, until=time.monotonic_ns())

    def note(self, kind: str, at_ns: int | None = None, **facts: object) -> None:
        """Adds a line to the log; times are monotonic here."""
        entry = {"time_ns": at_ns or time.monotonic_ns(), "end": self.end.value, "kind": kind, **facts}
        os.write(self._log, json.dumps(entry).encode() + b"\n")

    def run(self, script: Callable[[Program], None]) -> None:
        """Runs the script; whatever it left open is closed in order."""
        try:
            script(self)
        except OSError as problem:
            self.note("program", call="ended by", error=errno.errorcode.get(problem.errno or 0, str(problem)))
        for connection in self._open:
            if connection.raw.fileno() >= 0:
                connection.close()
        for listener in self._listeners:
            listener.close()


def named(address: tuple[Any, ...]) -> str:
    """``10.9.0.1:40000`` or ``[fd00:9::1]:40000``."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
