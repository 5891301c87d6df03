"""The forgeries: by kind, what is put into a connection of several turns, and what must be said and shown of it."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forged import ACK, FIN, PSH, REQUEST, RST, SYN, Sum, Wire, answer

if TYPE_CHECKING:
    from collections.abc import Callable

#: What no connection may be called that goes on as before: told, it is a lie.
LIES: Final = frozenset({
    "rst-abortive-close", "rst-unread-data", "rst-dead-connection", "data-after-close", "half-close", "close-wait-leak",
    "request-unanswered", "zero-window", "connection-refused", "port-reused",
})  # fmt: skip


@dataclass
class Forgery:
    """A capture, and what is true of it."""

    wire: Wire
    said: tuple[bytes, bytes] = (b"", b"")
    """What client and server really sent."""
    told: frozenset[str] = frozenset()
    """One of these ids must be told; empty: nothing of `LIES`, nothing forged."""
    healthy: bool = False
    """A look-alike: nothing above a note may be said."""


@dataclass
class Talk:
    """A connection of turns, into which something is put after some of them."""

    chance: random.Random
    sums: Sum = Sum.GOOD
    wire: Wire = field(init=False)
    at: list[int] = field(default_factory=lambda: [1, 1])
    said: list[bytes] = field(default_factory=lambda: [b"", b""])

    def __post_init__(self) -> None:
        isn = self.chance.randrange(1 << 32), self.chance.randrange(1 << 32)
        self.wire = Wire(isn=isn, step_ms=self.chance.choice([1.0, 12.0, 40.0]), sums=self.sums)
        self.wire.open()

    def send(self, side: int, data: bytes, **words: object) -> None:
        """``side`` sends new bytes."""
        self.wire.send(side, PSH | ACK, self.at[side], self.at[1 - side], data, **words)  # type: ignore[arg-type]
        self.at[side] += len(data)
        self.said[side] += data

    def acknowledge(self, side: int) -> None:
        """``side`` acknowledges all."""
        self.wire.send(side, ACK, self.at[side], self.at[1 - side])

    def turn(self) -> None:
        """A request and its answer."""
        self.send(0, REQUEST)
        self.acknowledge(1)
        self.send(1, self.text())
        self.acknowledge(0)

    def text(self) -> bytes:
        """An answer of some length."""
        return answer(self.chance.randbytes(self.chance.randint(30, 900)).hex().encode())

    def done(self, told: set[str] | None = None, *, turns: int = 2, healthy: bool = False) -> Forgery:
        """Some more turns, and a close."""
        for _ in range(turns):
            self.turn()
        self.wire.close(*self.at)
        return Forgery(self.wire, (self.said[0], self.said[1]), frozenset(told or ()), healthy)

    def forged(self, data: bytes) -> bytes:
        """Other bytes of that length, equal at their ends."""
        cut = self.chance.randint(1, len(data) // 2)
        return data[:cut] + bytes(byte ^ 0x15 for byte in data[cut : cut + 9]) + data[cut + 9 :]


def insertion(talk: Talk) -> Forgery:
    """An answer in the server's name comes first, the server's own has the same numbers."""
    talk.send(0, REQUEST)
    true = talk.text()
    talk.wire.send(1, PSH | ACK, talk.at[1], talk.at[0], talk.forged(true), ttl=talk.chance.choice([0, 200]))
    talk.send(1, true)
    talk.acknowledge(0)
    return talk.done({"content-conflict"})


def overlap(talk: Talk) -> Forgery:
    """A forged segment reaches into what comes next."""
    talk.send(0, REQUEST)
    true = talk.text()
    cut = len(true) // 2
    reach = talk.forged(true[cut - 12 : cut + 20])
    base = talk.at[1]
    talk.send(1, true[:cut])
    talk.wire.send(1, PSH | ACK, base + cut - 12, talk.at[0], reach)
    talk.send(1, true[cut:])
    talk.acknowledge(0)
    return talk.done({"content-conflict"})


def checksum(talk: Talk) -> Forgery:
    """A forged answer with a wrong checksum, which the client drops."""
    talk.turn()
    talk.send(0, REQUEST)
    true = talk.text()
    talk.wire.send(1, PSH | ACK, talk.at[1], talk.at[0], talk.forged(true), sum=Sum.BAD)
    talk.send(1, true)
    talk.acknowledge(0)
    return talk.done({"checksum-error"})


def out_of_window(talk: Talk) -> Forgery:
    """A forged segment far beyond the window, which the client drops."""
    talk.turn()
    talk.wire.send(
        1, PSH | ACK, talk.at[1] + (1 << 28), talk.at[0], b"x" * 40, sum=talk.chance.choice([Sum.BAD, Sum.GOOD])
    )
    return talk.done()


def short_ttl(talk: Talk) -> Forgery:
    """A forged request that expires before the server, then the true one with the same numbers."""
    talk.wire.send(0, PSH | ACK, talk.at[0], talk.at[1], talk.forged(REQUEST), ttl=2)
    return talk.done({"content-conflict"})


def fragments(talk: Talk) -> Forgery:
    """The answer in IP fragments, one of which is forged."""
    talk.send(0, REQUEST)
    true = talk.text()
    whole = talk.wire.segment(1, PSH | ACK, talk.at[1], talk.at[0], true)
    pieces = [(0, True, whole[:48]), (48, False, whole[48:]), (40, False, whole[40:48] + talk.forged(whole[48:]))]
    talk.chance.shuffle(pieces)
    for offset, more, data in pieces:
        talk.wire.ip(1, data, ip_id=77, fragment=(offset, more))
    talk.at[1] += len(true)
    talk.said[1] += true
    talk.acknowledge(0)
    return talk.done({"content-conflict"})


def reset(talk: Talk) -> Forgery:
    """A RST in the name of an end that goes on."""
    talk.turn()
    side, flags = talk.chance.randrange(2), talk.chance.choice([RST, RST | ACK])
    ahead = talk.chance.choice([0, 0, 100])
    ttl = talk.chance.choice([0, 3, 200])
    talk.wire.send(side, flags, talk.at[side] + ahead, talk.at[1 - side], ttl=ttl)
    return talk.done({"rst-injected"})


def damaged_reset(talk: Talk) -> Forgery:
    """A RST with a wrong checksum, which every receiver drops."""
    talk.turn()
    side = talk.chance.randrange(2)
    talk.wire.send(side, RST | ACK, talk.at[side], talk.at[1 - side], sum=Sum.BAD)
    return talk.done()


def fin(talk: Talk) -> Forgery:
    """A FIN in the name of an end that goes on."""
    talk.turn()
    side = talk.chance.randrange(2)
    talk.wire.send(side, FIN | ACK, talk.at[side], talk.at[1 - side], ttl=talk.chance.choice([0, 250]))
    return talk.done({"rst-injected"})


def syn_ack(talk: Talk) -> Forgery:
    """A second SYN-ACK in the server's name, with another number, after the connection is open."""
    talk.turn()
    talk.wire.send(
        1,
        SYN | ACK,
        talk.chance.randrange(1 << 20, 1 << 28),
        talk.at[0],
        ttl=200,
        sum=talk.chance.choice([Sum.BAD, Sum.GOOD]),
    )
    return talk.done()


def zero_window(talk: Talk) -> Forgery:
    """A zero window with a wrong checksum."""
    talk.turn()
    side = talk.chance.randrange(2)
    talk.wire.send(side, ACK, talk.at[side], talk.at[1 - side], window=0, sum=Sum.BAD)
    return talk.done()


def _dns(name: bytes, number: int, *, answers: bool) -> bytes:
    asked = b"".join(bytes((len(part),)) + part for part in name.split(b".")) + b"\0\0\1\0\1"
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes((10, 0, 0, 2)) if answers else b""
    return struct.pack("!6H", number, 0x8180 if answers else 0x0100, 1, int(answers), 0, 0) + asked + record


def dns(talk: Talk) -> Forgery:
    """DNS answers that nobody asked for."""
    wire = Wire()
    resolver, client = ("10.0.0.9", 53), ("10.0.0.1", 40_000)
    wire.udp(client, resolver, _dns(b"true.example", 7, answers=False))
    wire.udp(resolver, client, _dns(b"true.example", 7, answers=True))
    wrong = talk.chance.choice([(resolver, client, 8), (("66.6.6.6", 53), client, 7), (resolver, ("10.0.0.1", 41), 7)])
    wire.udp(wrong[0], wrong[1], _dns(b"forged.example", wrong[2], answers=True))
    talk.wire.records[:0] = wire.records
    return talk.done()


def look_alike(talk: Talk) -> Forgery:
    """What only looks like a forgery: bytes cut otherwise, offload, probes, half a close, copies of large segments."""
    kind = talk.chance.randrange(5)
    if kind == 0:
        talk.send(0, REQUEST)
        true, base = talk.text(), talk.at[1]
        talk.send(1, true)
        for low, high in ((0, len(true) // 3), (len(true) // 3, len(true)), (5, len(true) - 5)):
            talk.wire.send(1, PSH | ACK, base + low, talk.at[0], true[low:high])
        talk.acknowledge(0)
    elif kind == 1:
        talk.turn()
        talk.wire.send(1, ACK, talk.at[1] - 1, talk.at[0], b"\0", wait_ms=30_000)
        talk.acknowledge(0)
    elif kind == 2:
        talk = Talk(talk.chance, talk.chance.choice([Sum.BAD, Sum.OFFLOADED]))
    elif kind == 3:
        talk.send(0, REQUEST)
        true = talk.text()
        talk.send(1, true)
        talk.wire.send(1, PSH | ACK, talk.at[1] - len(true), talk.at[0], true, wait_ms=300)
        talk.acknowledge(0)
    return talk.done(healthy=kind not in (0, 3))


KINDS: Final[dict[str, Callable[[Talk], Forgery]]] = {
    each.__name__: each
    for each in (
        insertion, overlap, checksum, out_of_window, short_ttl, fragments, reset, damaged_reset, fin, syn_ack,
        zero_window, dns, look_alike,
    )
}  # fmt: skip


def drawn(kind: str, seed: int) -> Forgery:
    """The forgery of that kind that the number draws."""
    return KINDS[kind](Talk(random.Random(f"{kind} {seed}")))
