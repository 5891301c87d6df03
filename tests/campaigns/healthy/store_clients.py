"""Clients of memcached as they come: text, meta and binary, one by one and at once, idle, ended in every way."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tests.campaigns.healthy.servers import MEMCACHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.campaigns.healthy.clients import Stage

_LIMIT_S: Final = 600
_BINARY_HEAD: Final = 24
#: Binary opcodes: get, set, delete, increment, quit, no-op, version, get with key quietly.
_GET, _SET, _DELETE, _INCREMENT, _QUIT, _NOOP, _VERSION, _GETKQ = 0, 1, 4, 5, 7, 10, 11, 13


class _Talk:
    """A connection to memcached, and its unread bytes."""

    def __init__(self, stage: Stage) -> None:
        self.raw = socket.create_connection((stage.host, stage.chance.choice(MEMCACHED)), _LIMIT_S)
        if stage.chance.random() < 0.8:
            self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def _more(self) -> None:
        piece = self.raw.recv(65_536)
        if not piece:
            raise ConnectionResetError("the server closed")
        self._unread += piece

    def take(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._more()
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def line(self) -> bytes:
        while b"\r\n" not in self._unread:
            self._more()
        return self.take(self._unread.index(b"\r\n") + 2)[:-2]

    def text(self, *commands: bytes, answers: int = -1) -> None:
        """Send ``commands`` at once, and read as many answers."""
        self.raw.sendall(b"".join(commands))
        for _ in range(len(commands) if answers < 0 else answers):
            self._answer()

    def _answer(self) -> None:
        line = self.line()
        if line.startswith(b"VA "):
            self.take(int(line.split()[1]) + 2)
            return
        while line.startswith((b"VALUE ", b"STAT ")):
            if line.startswith(b"VALUE "):
                self.take(int(line.split()[3]) + 2)
            line = self.line()

    def binary(self, commands: Iterable[bytes], answers: int) -> None:
        """Send ``commands`` at once, and read ``answers``."""
        self.raw.sendall(b"".join(commands))
        for _ in range(answers):
            head = self.take(_BINARY_HEAD)
            self.take(int.from_bytes(head[8:12]))


def _end(stage: Stage, talk: _Talk, farewell: bytes) -> None:
    """Ends a connection in one of the ways in which programs do, at once or after a pause."""
    time.sleep(stage.chance.choice((0, 0, 0.3, 1.2)))
    way = stage.chance.choice(("quit", "quit and wait", "close", "shut", "reset"))
    with suppress(OSError):
        if way.startswith("quit"):
            talk.raw.sendall(farewell)
            while way == "quit and wait" and talk.raw.recv(4_096):
                pass
        elif way == "shut":
            talk.raw.shutdown(socket.SHUT_WR)
        elif way == "reset":
            talk.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.raw.close()


def _key(stage: Stage) -> bytes:
    return b"user:%d:%d" % (stage.chance.randint(1, 9_999), stage.chance.randint(1, 9))


def _set(key: bytes, value: bytes, *, quiet: bool = False) -> bytes:
    return b"set %s 0 60 %d%s\r\n%s\r\n" % (key, len(value), b" noreply" * quiet, value)


def memcached_text(stage: Stage) -> None:
    """Commands of text one by one: hits, misses, counters, what is not stored, statistics."""
    talk, key = _Talk(stage), _key(stage)
    for command in stage.chance.sample(
        [
            _set(key, b"v" * stage.chance.randint(0, 900)), b"get %s\r\n" % key, b"gets %s nothing\r\n" % key,
            b"get missing\r\n", b"delete missing\r\n", b"add %s 0 0 1\r\n5\r\n" % key, b"incr missing 3\r\n",
            b"replace missing 0 0 1\r\n7\r\n", b"touch %s 30\r\n" % key, b"version\r\n", b"stats\r\n",
            b"gat 9 %s\r\n" % key,
        ],
        stage.chance.randint(1, 12),
    ):  # fmt: skip
        talk.text(command)
    _end(stage, talk, b"quit\r\n")


def memcached_meta(stage: Stage) -> None:
    """Meta commands, with flags, quietly, with a no-op behind them."""
    talk, key = _Talk(stage), _key(stage)
    value = b"m" * stage.chance.randint(0, 900)
    talk.text(b"ms %s %d T60\r\n%s\r\n" % (key, len(value), value), b"mg %s v t f\r\n" % key, b"mg missing v\r\n")
    talk.text(b"md %s q\r\n" % key, b"ma missing N0 J5 v\r\n", b"mn\r\n", answers=2)
    _end(stage, talk, b"quit\r\n")


def memcached_pipelined(stage: Stage) -> None:
    """Many commands at once, some without an answer."""
    talk = _Talk(stage)
    keys = [b"p%d" % number for number in range(stage.chance.randint(2, 60))]
    talk.text(*(_set(key, b"x" * stage.chance.randint(1, 300), quiet=True) for key in keys), b"mn\r\n", answers=1)
    talk.text(*(b"get %s\r\n" % key for key in keys))
    talk.text(b"get %s\r\n" % b" ".join(keys))
    _end(stage, talk, b"quit\r\n")


def memcached_large(stage: Stage) -> None:
    """Values of hundreds of kilobytes, and one that is too large for the server."""
    talk, key = _Talk(stage), _key(stage)
    talk.text(_set(key, b"l" * stage.chance.randint(100_000, 900_000)))
    talk.text(b"get %s\r\n" % key)
    if stage.chance.random() < 0.3:
        talk.text(_set(key, bytes(1_100_000)))
    _end(stage, talk, b"quit\r\n")


def memcached_idle(stage: Stage) -> None:
    """A connection of a pool: used now and then, or never."""
    talk = _Talk(stage)
    for _ in range(stage.chance.randint(0, 3)):
        talk.text(b"get %s\r\n" % _key(stage))
        time.sleep(stage.chance.choice((0.3, 1.1, 2.3)))
    _end(stage, talk, b"quit\r\n")


def _packet(opcode: int, key: bytes = b"", value: bytes = b"", extras: bytes = b"") -> bytes:
    size = len(extras) + len(key) + len(value)
    head = struct.pack(">BBHBBHIIQ", 0x80, opcode, len(key), len(extras), 0, 0, size, 7, 0)
    return head + extras + key + value


def memcached_binary(stage: Stage) -> None:
    """Commands of the binary protocol, one by one, and quiet ones with a no-op behind them."""
    talk, key = _Talk(stage), _key(stage)
    put = _packet(_SET, key, b"b" * stage.chance.randint(0, 5_000), bytes(8))
    for command in (put, _packet(_GET, key), _packet(_VERSION), _packet(_GET, b"missing"), _packet(_DELETE, key)):
        talk.binary([command], 1)
    talk.binary([_packet(_INCREMENT, b"c%s" % key, extras=bytes(20))], 1)
    keys = [b"absent%d" % number for number in range(stage.chance.randint(1, 30))]
    talk.binary([*(_packet(_GETKQ, one) for one in keys), _packet(_NOOP)], 1)
    _end(stage, talk, _packet(_QUIT))


STORE_SCENES: Final[tuple[Callable[[Stage], None], ...]] = (
    memcached_text, memcached_meta, memcached_pipelined, memcached_large, memcached_idle, memcached_binary,
)  # fmt: skip
