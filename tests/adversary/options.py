"""TCP options of the adversary's packets: right ones, odd ones and broken ones."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

from tests.adversary.packets import M

#: What fits behind the fixed header.
ROOM = 40


def window_scale(shift: int, size: int = 3) -> bytes:
    """The window scale option; ``size`` as written and as long."""
    return bytes((3, size)) + bytes((shift,) * max(size - 2, 0))


def sack(blocks: Sequence[tuple[int, int]]) -> bytes:
    """SACK blocks as (left, right)."""
    return bytes((5, 2 + 8 * len(blocks))) + b"".join(struct.pack(">II", a & M, b & M) for a, b in blocks)


def handshake(r: random.Random) -> bytes:
    """What a SYN or SYN-ACK usually carries, some of it missing."""
    parts = []
    if r.random() < 0.8:
        parts.append(struct.pack(">BBH", 2, 4, r.choice((536, 1460, 9000))))
    if r.random() < 0.7:
        parts.append(window_scale(r.choice((0, 0, 1, 2, 7, 13, 14, 15, 255))))
    if r.random() < 0.5:
        parts.append(b"\x04\x02")
    return b"".join(parts)


def fast_open(r: random.Random) -> bytes:
    """Fast Open, as RFC 7413 has it and as the experiment had it, at times with another magic number."""
    cookie = bytes(r.choice((0, 4, 8)))
    if r.random() < 0.5:
        return bytes((34, 2 + len(cookie))) + cookie
    return struct.pack(">BBH", 254, 4 + len(cookie), r.choice((0xF989, 0xF989, 0xF98A))) + cookie


def odd(r: random.Random, near: Sequence[int]) -> bytes:
    """One option, whole or broken; ``near`` are numbers worth acknowledging selectively."""
    kind = r.randrange(11)
    if kind <= 3:
        blocks = []
        for _ in range(r.randint(1, 4)):
            left = r.choice(near)
            blocks.append((left, left + r.choice((0, 1, 2, 100, 1000, 1 << 31, -1))))
        return sack(blocks)
    if kind == 4:
        return window_scale(r.choice((0, 1, 3, 7, 14, 15, 200)))
    if kind == 5:
        return window_scale(r.choice((0, 7)), r.choice((2, 4)))
    if kind == 6:
        size = r.choice((11, 13, 14, 17, 21, 28))  # no whole number of blocks
        return (
            bytes((5, size))
            + b"".join(struct.pack(">I", (r.choice(near) + r.randrange(3)) & M) for _ in range(7))[: size - 2]
        )
    if kind == 7:
        return bytes((8, 10)) + r.randbytes(8)
    if kind == 8:
        return bytes((r.choice((2, 4, 19, 28, 77, 253)), r.choice((0, 1, 2, 4, 5, 39))))
    if kind == 9:
        return b"\x00" + window_scale(9)
    return fast_open(r)


def some(r: random.Random, near: Sequence[int]) -> bytes:
    """One to three options with padding between them, cut to what fits."""
    if r.random() < 0.05:
        return giving_up(r)
    text = b"".join(b"\x01" * r.randrange(3) + odd(r, near) for _ in range(r.randint(1, 3)))
    return text[:ROOM]


def giving_up(r: random.Random) -> bytes:
    """An option too short for its kind, after which tshark says nothing of the frame.

    It stands last and no SACK stands before it: by accident of the numbers tshark reads on behind some.
    """
    before = r.choice((b"", window_scale(3), b"\x01\x01", fast_open(r)))
    kind, size = r.choice(((30, 2), (30, 3), (21, 6)))
    return before + bytes((kind, size)) + bytes(size - 2)


def shift_of(text: bytes) -> int | None:
    """The shift of the last whole window scale option; None without one."""
    found, at = None, 0
    while at < len(text) and text[at] != 0:
        size = 1 if text[at] == 1 else text[at + 1] if at + 1 < len(text) else 0
        if size < 1 or (size < 2 and text[at] != 1) or at + size > len(text):
            break
        if text[at] == 3 and size == 3:
            found = text[at + 2]
        at += size
    return found
