"""Short stories whose end only comes after a certain beginning: handshakes, far jumps, full memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

from tests.adversary import options
from tests.adversary.packets import ACK, FIN, PSH, SYN, Ends, M, Segment

#: Unacknowledged segments that tshark remembers, and what it takes for a wrapped difference.
MEMORY: Final = 10_000
FAR: Final = 2_000_000_000
LONG_ENDS: Final = Ends((b"\x0a\x01\x02\x03", b"\x0a\x01\x02\x04"), (51_000, 52_000))
#: Stands for "an initial round trip after the SYN".
TRIP: Final = 1


def handshake(r: random.Random, a: int, b: int) -> Iterator[Segment]:
    """Three packets in one of the forms in which they are met; a set time asks for a round trip."""
    form = r.choice(("whole", "whole", "whole", "fast open", "simultaneous", "no syn", "no syn-ack", "late", "data"))
    scaled = r.choice((True, True, False))
    hello = options.handshake(r) if scaled else b"\x02\x04\x05\xb4"
    reply = options.handshake(r) if scaled or r.random() < 0.3 else b""
    size = 0
    if form == "fast open" or (form == "data" and r.random() < 0.5):
        size = r.choice((1, 5, 100))
        hello = b"\x02\x04\x05\xb4" + (options.fast_open(r) if form == "fast open" else b"")
    window = r.choice((0, 1000, 8000, 65_535))
    if form != "no syn":
        yield Segment(0, a, r.choice((0, 0, 7)), SYN, window, size, hello)
    if form == "simultaneous":
        yield Segment(1, b, 0, SYN, window, 0, reply)
        yield Segment(0, a, b + 1, SYN | ACK, window, 0, hello)
        yield Segment(1, b, a + 1, SYN | ACK, window, 0, reply, time=TRIP)
        return
    covered = a + 1 + r.choice((0, size, size))
    if form != "no syn-ack":
        greeting = r.choice((0, 0, 0, 7)) if form == "no syn" else 0
        yield Segment(1, b, covered, SYN | ACK, window, greeting, reply)
    if r.random() < 0.1:
        yield Segment(1, b + r.choice((0, 1)), covered, SYN | ACK, window, 0, reply)
    if form != "late":
        length = r.choice((0, 0, 0, 50))
        yield Segment(0, a + 1 + size, b + 1, ACK, r.choice((0, window, 500)), length, time=TRIP)
    elif r.random() < 0.5:
        yield Segment(0, a, 0, SYN, window, size, hello, time=TRIP)


def far_apart(r: random.Random) -> Iterator[Segment]:
    """Bytes in flight at the most that tshark believes, with and without selective ACKs."""
    a, b = r.randrange(1 << 32), r.randrange(1 << 32)
    yield Segment(0, a, 0, SYN)
    yield Segment(1, b, a + 1, SYN | ACK)
    yield Segment(0, a + 1, b + 1, length=10)
    yield Segment(0, a + 1 + FAR - 20, b + 1, length=5)
    missing = r.choice((0, 0, 1, 2))
    text = options.sack([(a + 5, a + 5 + missing)]) if missing else b""
    yield Segment(1, b + 1, a + 1, options=text)
    last = 15 + missing + r.choice((-1, 0, 1))
    yield Segment(0, a + 1 + FAR - 15, b + 1, length=last, flags=ACK | r.choice((0, PSH, FIN)))
    yield Segment(1, b + 1, a + 1)
    yield Segment(0, a + 1 + FAR - 15 + last, b + 1, length=1)


def trimmed(r: random.Random) -> Iterator[Segment]:
    """ACKs at, inside and between segments of a list with holes and repeats (13)."""
    a, b = r.choice((M - 40, r.randrange(1 << 32))), r.randrange(1 << 32)
    yield Segment(0, a, 0, SYN)
    yield Segment(1, b, a + 1, SYN | ACK)
    cuts = [(1, 10), (11, 10), (5, 10), (11, 10), (31, 10), (1, 30), (21, 10)]
    r.shuffle(cuts)
    for at, size in cuts:
        yield Segment(0, a + at, b + 1, length=size)
        if r.random() < 0.4:
            yield Segment(1, b + 1, a + r.choice((1, 5, 10, 11, 12, 15, 16, 20, 21, 30, 31, 41)))
    for _ in range(4):
        yield Segment(1, b + 1, a + r.choice((5, 11, 12, 15, 21, 30, 31, 40, 41)))
        yield Segment(0, a + 41, b + 1, length=r.choice((1, 2, 10)))


def many_duplicates(r: random.Random) -> Iterator[Segment]:
    """One, two or three duplicate ACKs, then what they ask for, at the edge of 20 ms (11b)."""
    a, b = r.randrange(1 << 32), r.randrange(1 << 32)
    yield Segment(0, a, b, length=100)
    yield Segment(0, a + 100, b, length=100)
    yield Segment(1, b, a + 1)
    yield Segment(0, a + 200, b, length=100)
    for _ in range(r.choice((1, 2, 2, 3))):
        yield Segment(1, b, a + 1, flags=r.choice((ACK, ACK, 0)))
    yield Segment(0, a + 1, b, length=r.choice((99, 199, 299)), time=20_000_000 + r.choice((-1, 0, 1)))


def unseen_acknowledged(r: random.Random) -> Iterator[Segment]:
    """ACKs of what the capture lacks, and the duplicate count that they leave behind (10)."""
    a, b = r.randrange(1 << 32), r.randrange(1 << 32)
    yield Segment(0, a, b, length=100)
    yield Segment(1, b, a + 100)
    for _ in range(r.choice((0, 1))):
        yield Segment(0, a + 100, b)
    yield Segment(1, b, a + 300)
    yield Segment(1, b, a + 300)
    yield Segment(0, a + 100, b + r.choice((0, 1)))
    yield Segment(1, b, a + 400)
    yield Segment(1, b, a + 400, length=10)
    yield Segment(1, b - r.choice((0, 5)), a + 400, length=5)


def empty_sacks(r: random.Random) -> Iterator[Segment]:
    """SACK options without a block: tshark gives the frame up unless its ACK is in the upper half (9)."""
    a, b = r.randrange(1 << 32), r.randrange(1 << 32)
    yield Segment(0, a, 0, SYN, options=options.window_scale(2))
    yield Segment(1, b, a + 1, SYN | ACK, options=options.window_scale(3))
    for _ in range(6):
        size = r.choice((2, 3, 6, 9))
        ack = a + r.choice((0, 1, 2, 100, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, -1, -100))
        text = r.choice((b"", options.window_scale(5))) + bytes((5, size)) + bytes(size - 2)
        yield Segment(1, b + 1, ack, r.choice((ACK, ACK, 0)), r.choice((0, 5)), r.choice((0, 3)), text)
        yield Segment(0, a + 1, b + 1, length=r.choice((0, 10)), window=0)


def lone(r: random.Random) -> Iterator[Segment]:
    """Very short streams, for what only their one packet adds to the completeness (6.1)."""
    a, b = r.randrange(1 << 32), r.randrange(1 << 32)
    if r.random() < 0.4:
        # Data that only a repeated SYN carries.
        yield Segment(0, a, 0, SYN)
        yield Segment(0, a, 0, SYN, length=5)
        return
    flags = r.choice((0, ACK, SYN, SYN | ACK, FIN, FIN | ACK, PSH, r.randrange(4096)))
    yield Segment(0, a, b, flags, length=r.choice((0, 5, 5)))
    if r.random() < 0.5:
        yield Segment(r.randrange(2), b, a, r.choice((0, ACK)))


def quoted_handshake(r: random.Random) -> Iterator[Segment]:
    """Handshakes of which some packets are only seen quoted; then data that just fills the window (6, 9)."""
    a, b, shift = r.randrange(1 << 32), r.randrange(1 << 32), r.choice((2, 3))
    scale = options.window_scale(shift)
    if r.random() < 0.4:
        # A scale that came where none was agreed, then a quoted SYN or SYN-ACK of the same end.
        yield Segment(0, a, 0, SYN, 10, quote=r.choice((None, 20)))
        yield Segment(1, b + 1, a + 1, ACK, 10, options=scale)
        yield Segment(1, b, a + 1, r.choice((SYN, SYN | ACK)), 10, quote=20)
    else:
        yield Segment(0, a, 0, SYN, 10, options=scale)
        yield Segment(1, b, a + 1, SYN | ACK, 10, options=scale)
        if r.random() < 0.7:
            yield Segment(1, b + 1, a + 1, ACK, 10, quote=r.choice((None, 20)))
        if r.random() < 0.5:
            yield Segment(1, b, a + 1, SYN | ACK, 10, quote=20)
    for length in (10, 10 << shift):
        yield Segment(0, a + 1, b + 1, ACK, 10, length)
    yield Segment(1, b + 1, a + 1, ACK, 10)


def moved_base(r: random.Random) -> Iterator[Segment]:
    """A SYN-ACK with another number while segments are in flight, which are measured from the new one (2, 14)."""
    a, b = r.randrange(1 << 32), r.randrange(1 << 32)
    yield Segment(0, a, b, SYN | ACK)
    if r.random() < 0.5:
        yield Segment(0, a + 1, b, length=10)
    yield Segment(0, a + r.choice((5, -5)), b, SYN | ACK)
    yield Segment(0, a + 11, b, length=r.choice((1, 10)))
    yield Segment(1, b, a + r.choice((1, 5, 12)))
    yield Segment(0, a + 21, b, length=3)


SCENES: Final[tuple[Callable[[random.Random], Iterator[Segment]], ...]] = (
    far_apart, trimmed, many_duplicates, unseen_acknowledged, empty_sacks, lone, quoted_handshake, moved_base,
)  # fmt: skip


def beyond_memory(r: random.Random) -> Iterator[Segment]:
    """More unacknowledged segments than tshark remembers; phantom bytes, repeats and ACKs at the limit (12)."""
    a, b = r.choice((M - 5000, r.randrange(1 << 32))), 1000
    yield Segment(0, a, 0, SYN)
    yield Segment(1, b, a + 1, SYN | ACK)
    at, count = a + 1, 1
    while count < MEMORY + 30:
        near = count > MEMORY - 20
        size = r.choice((1, 2, 5))
        if near and r.random() < 0.3:
            yield Segment(0, at - size, b + 1, length=r.choice((size, 1)))
        elif near and r.random() < 0.2:
            yield Segment(1, b + 1, a + 1 + r.choice((0, 1, 2, 5)))
        else:
            fin = near and r.random() < 0.3
            yield Segment(0, at, b + 1, length=size, flags=ACK | (FIN if fin else 0))
            at += size + (1 if fin and r.random() < 0.5 else 0)
        count += 1
    for _ in range(60):
        yield Segment(1, b + 1, a + 1 + r.randrange(at - a))
        yield Segment(0, at, b + 1, length=3, flags=ACK | r.choice((0, FIN)))
        at += 3
