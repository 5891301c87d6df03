"""Draws transfers from a seed: what each end does, what the way does, and which congestion control sends."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import End
from cases.recorder.rules import Match, Rate, Rule, drop
from cases.recorder.scenario import Scenario
from cases.recorder.tcp_info import tcp_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cases.recorder.program import Connection, Program
    from cases.recorder.rules import Passage

#: Between two looks at ``TCP_INFO``.
SAMPLE_S: Final = 0.01
#: A line that limits nobody here, and keeps a round from taking the machine.
OPEN_LINE: Final = 40e6
#: No transfer goes on for longer.
LONGEST_S: Final = 8.0
ALGORITHMS: Final = ("cubic", "reno", "bbr")
#: Linux: SO_MAX_PACING_RATE, which Python's socket module does not name.
SO_MAX_PACING_RATE: Final = 47
_REQUEST: Final = 100


@dataclass(frozen=True)
class Transfer:
    """What is played."""

    kind: str
    seed: int
    sender: End
    algorithm: str
    delay_ms: float
    """One way."""
    line: float
    """Bits per second of the bottleneck."""
    queue_bytes: int
    total: int
    """Bytes, at most: it ends after `LONGEST_S`."""
    piece: int = 0
    """Bytes that the sending program hands over at a time; 0: all at once."""
    pause_s: float = 0.0
    """Between pieces."""
    send_buffer: int = 0
    receive_buffer: int = 0
    read_piece: int = 0
    """Bytes that the receiving program reads at a time; 0: whatever is there."""
    read_pause_s: float = 0.0
    pacing: int = 0
    """Bytes per second."""
    loss: float = 0.0
    """Share of the sender's data segments that is lost on the way."""
    policer: float = 0.0
    """Bits per second."""
    policer_burst: int = 0
    scaling: bool = True
    receive_most: int = 0
    """The largest receive buffer that autotuning may take."""

    def scenario(self) -> Scenario:
        """This transfer as the bench plays it."""
        receiver = self.sender.other
        sysctls = {
            end: {
                "net.ipv4.tcp_wmem": "4096 262144 8388608",
                "net.ipv4.tcp_rmem": "4096 131072 8388608",
            }
            for end in End
        }
        if self.receive_most:
            sysctls[receiver]["net.ipv4.tcp_rmem"] = f"4096 {min(131072, self.receive_most)} {self.receive_most}"
        if not self.scaling:
            sysctls[receiver]["net.ipv4.tcp_window_scaling"] = "0"
        scripts = {self.sender: self._send, receiver: self._receive}
        return Scenario(
            id="transfer",
            shows=f"A transfer, {self.kind}.",
            client=scripts[End.CLIENT],
            server=scripts[End.SERVER],
            draw=lambda _: {"delay_ms": self.delay_ms, **self.told()},
            rules=lambda _: list(self._rules()),
            rates=lambda _: [Rate(self.sender, self.line, self.queue_bytes)],
            client_sysctls=sysctls[End.CLIENT],
            server_sysctls=sysctls[End.SERVER],
            may_fail=frozenset(("ECONNRESET", "EPIPE")),
            quiet=0.3,
            limit=LONGEST_S + 12,
            congestion=self.algorithm,
        )

    def told(self) -> dict[str, Any]:
        """Everything drawn."""
        return {**self.__dict__, "sender": self.sender.value}

    def _rules(self) -> Iterator[Rule]:
        data = Match((lambda passage: passage.sender is self.sender and passage.segment.length > 0,), "data")
        chance = random.Random(self.seed)
        if self.loss:
            yield drop(data.where(lambda _: chance.random() < self.loss, "by chance"))
        if self.policer:
            yield drop(data.where(_Bucket(self.policer, self.policer_burst), "above the rate"))

    # -- the ends ------------------------------------------------------------------------

    def _open(self, me: Program) -> Connection:
        options: dict[tuple[int, int], int | bytes] = {}
        if me.end is self.sender and self.send_buffer:
            options[socket.SOL_SOCKET, socket.SO_SNDBUF] = self.send_buffer
        if me.end is not self.sender and self.receive_buffer:
            options[socket.SOL_SOCKET, socket.SO_RCVBUF] = self.receive_buffer
        if me.end is self.sender and self.pacing:
            options[socket.SOL_SOCKET, SO_MAX_PACING_RATE] = struct.pack("Q", self.pacing)
        if me.end is End.CLIENT:
            connection = me.connect(options=options)  # type: ignore[arg-type]
            connection.send(_REQUEST)
            return connection
        connection = me.listen(options=options).accept()  # type: ignore[arg-type]
        connection.read(_REQUEST)
        return connection

    def _send(self, me: Program) -> None:
        connection = self._open(me)
        sampler = _Sampler(me, connection)
        sampler.start()
        until, left = me.now_s + LONGEST_S, self.total
        piece = self.piece or 65_536
        while left and me.now_s < until:
            sampler.in_send = True
            connection.raw.sendall(bytes(min(piece, left)))
            sampler.in_send = False
            left -= min(piece, left)
            if self.pause_s:
                me.sleep(self.pause_s)
        connection.shutdown()
        with contextlib.suppress(OSError):
            connection.raw.settimeout(4)
            connection.raw.recv(1)
        sampler.stop()
        connection.close()

    def _receive(self, me: Program) -> None:
        connection = self._open(me)
        while connection.raw.recv(self.read_piece or 1 << 20):
            if self.read_pause_s:
                me.sleep(self.read_pause_s)
        connection.close()


class _Bucket:
    """A token bucket without a queue: what does not fit is dropped."""

    def __init__(self, bits_per_second: float, burst: int) -> None:
        self._rate, self._burst, self._tokens, self._at = bits_per_second / 8, burst, float(burst), 0.0

    def __call__(self, passage: Passage) -> bool:
        """Whether ``passage`` is dropped."""
        self._tokens = min(float(self._burst), self._tokens + (passage.time - self._at) * self._rate)
        self._at = passage.time
        if self._tokens < len(passage.frame):
            return True
        self._tokens -= len(passage.frame)
        return False


_KEPT: Final = (
    "state", "ca_state", "flags", "unacked", "sacked", "lost", "retrans", "rtt", "snd_ssthresh", "snd_cwnd", "snd_mss",
    "notsent_bytes", "min_rtt", "pacing_rate", "busy_time", "rwnd_limited", "sndbuf_limited", "bytes_acked", "snd_wnd",
)  # fmt: skip


class _Sampler(threading.Thread):
    """Notes what the kernel says of a connection every `SAMPLE_S`."""

    def __init__(self, me: Program, connection: Connection) -> None:
        super().__init__()
        self._me, self._connection, self._ended = me, connection, threading.Event()
        self.in_send = False
        """Whether the program is handing over data: with an empty queue it then waits for its buffer."""

    def run(self) -> None:
        """Note until `stop`."""
        while not self._ended.wait(SAMPLE_S):
            info = tcp_info(self._connection.raw)
            self._me.note("sample", **{name: info[name] for name in _KEPT}, in_send=self.in_send)

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self.join()


# -- drawing -----------------------------------------------------------------------------


def _of_line(line: float, delay_ms: float) -> int:
    """Bytes that a line holds in a round trip."""
    return round(line / 8 * delay_ms * 2 / 1000)


def _base(chance: random.Random, **facts: Any) -> dict[str, Any]:
    delay_ms = chance.choice((5, 10, 15, 20, 30, 40, 60))
    return {"delay_ms": delay_ms, "line": OPEN_LINE, "queue_bytes": 4_000_000, "total": 2_500_000, **facts}


def _pieces(chance: random.Random) -> dict[str, Any]:
    """A program that makes its data as it goes: small pieces often, or large ones seldom."""
    pause_s = chance.choice((0.01, 0.03, 0.08, 0.2, 0.5))
    return _base(chance, piece=round(chance.uniform(2_000, 40_000)), pause_s=pause_s, total=1_000_000)


def _bulks(chance: random.Random) -> dict[str, Any]:
    """Large pieces, with long pauses: after each the congestion window begins small."""
    return _base(chance, piece=chance.randint(150_000, 500_000), pause_s=chance.uniform(0.5, 1.2), total=2_000_000)


def _small_window(chance: random.Random) -> dict[str, Any]:
    return _base(
        chance, receive_buffer=chance.randint(6_000, 40_000), total=900_000, delay_ms=chance.choice((15, 30, 50))
    )


def _unscaled(chance: random.Random) -> dict[str, Any]:
    return _base(chance, scaling=False, delay_ms=chance.choice((40, 60, 90)), total=2_000_000)


def _autotuned(chance: random.Random) -> dict[str, Any]:
    """A window that grows, from a small beginning."""
    return _base(chance, receive_most=chance.choice((1_000_000, 2_000_000)), delay_ms=chance.choice((40, 60, 90)))


def _slow_reader(chance: random.Random) -> dict[str, Any]:
    read, pause_s, buffer = chance.randint(4_000, 60_000), chance.uniform(0.02, 0.15), chance.choice((0, 65_536))
    return _base(chance, read_piece=read, read_pause_s=pause_s, receive_buffer=buffer, total=read * 60)


def _line(chance: random.Random, queues: tuple[float, float]) -> dict[str, Any]:
    line, delay_ms = chance.choice((2e6, 4e6, 8e6)), chance.choice((10, 20, 30, 50))
    queue = max(round(_of_line(line, delay_ms) * chance.uniform(*queues)), 8 * 1514)
    return _base(chance, line=line, delay_ms=delay_ms, queue_bytes=queue, total=round(line / 8 * 7))


def _long_queue(chance: random.Random) -> dict[str, Any]:
    return _line(chance, (3, 8))


def _short_queue(chance: random.Random) -> dict[str, Any]:
    return _line(chance, (0.4, 1.2))


def _random_loss(chance: random.Random) -> dict[str, Any]:
    return _base(chance, loss=chance.choice((0.003, 0.01, 0.02)), total=1_800_000)


def _policed(chance: random.Random) -> dict[str, Any]:
    rate = chance.choice((2e6, 4e6, 6e6))
    burst, delay_ms = chance.randint(15_000, 60_000), chance.choice((10, 20, 40))
    return _base(chance, policer=rate, policer_burst=burst, delay_ms=delay_ms, total=round(rate / 8 * 6))


def _send_buffer(chance: random.Random) -> dict[str, Any]:
    return _base(
        chance, send_buffer=chance.randint(8_000, 40_000), delay_ms=chance.choice((20, 40, 60)), total=1_200_000
    )


def _paced(chance: random.Random) -> dict[str, Any]:
    rate = chance.randint(150_000, 600_000)
    return _base(chance, pacing=rate, total=rate * 5)


def _slow_start(chance: random.Random) -> dict[str, Any]:
    return _base(chance, delay_ms=chance.choice((60, 90, 120)), total=chance.randint(300_000, 900_000))


def _mixed(chance: random.Random) -> dict[str, Any]:
    """A program that pauses, before a small window."""
    piece, pause_s, buffer = chance.randint(60_000, 150_000), chance.uniform(0.1, 0.4), chance.randint(12_000, 40_000)
    delay_ms = chance.choice((20, 30))
    return _base(chance, piece=piece, pause_s=pause_s, receive_buffer=buffer, total=1_200_000, delay_ms=delay_ms)


KINDS: Final[dict[str, Callable[[random.Random], dict[str, Any]]]] = {
    "pieces": _pieces, "bulks": _bulks, "small-window": _small_window, "unscaled": _unscaled, "autotuned": _autotuned,
    "slow-reader": _slow_reader, "long-queue": _long_queue, "short-queue": _short_queue, "random-loss": _random_loss,
    "policed": _policed, "send-buffer": _send_buffer, "paced": _paced, "slow-start": _slow_start, "mixed": _mixed,
}  # fmt: skip


def transfer(seed: int) -> Transfer:
    """The transfer of ``seed``; successive seeds are of successive kinds, and of each algorithm in turn."""
    chance = random.Random(f"transfer {seed}")
    kinds = list(KINDS)
    kind = kinds[seed % len(kinds)]
    algorithm = ALGORITHMS[seed // len(kinds) % len(ALGORITHMS)]
    return Transfer(kind=kind, seed=seed, sender=chance.choice(list(End)), algorithm=algorithm, **KINDS[kind](chance))
