"""Whole files made anew: packets written as pcapng in several sections, and captures packed.

`sections` writes what a careful reader must read, oddities and all; `packed_file` what unpackers meet.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

import zstandard

from tests.support.pcapng_blocks import block, enhanced, interface, obsolete, section, simple

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_SKIPPABLE: Final = b"\x5a\x2a\x4d\x18"
#: Ticks a second, as if_tsresol says them: 10**-n, or 2**-n with the upper bit.
RESOLUTIONS: Final = (None, None, 0, 3, 6, 9, 12, 18, 19, 20, 63, 127, 0x80, 0x8A, 0x94, 0x9E, 0xBE, 0xBF, 0xC0, 0xFF)
OFFSETS: Final = (None, None, None, 0, 1, -1, 10**9, -(10**9), 2**31, 2**62, -(2**63), 2**63 - 1)


def sections(frames: Sequence[bytes], link: int, chance: random.Random) -> bytes:
    """``frames`` as pcapng: sections of either byte order, interfaces with any clock, all kinds of blocks."""
    made, left = [], list(frames)
    for _ in range(chance.choice((1, 2, 3, 5))):
        order = chance.choice("<>")
        made.append(section(order))
        count = chance.choice((1, 1, 2, 3, 40, 1100))
        clocks = [(chance.choice(RESOLUTIONS), chance.choice(OFFSETS)) for _ in range(min(count, 3))]
        made += [
            interface(order, link, chance.choice((0, 0, 68, 65535)), *clocks[number % len(clocks)])
            for number in range(count)
        ]
        for frame in left[: chance.choice((1, 5, 20, 60))]:
            left = left[1:]
            made.append(_some_block(order, chance.randrange(count), frame[:60_000], chance))
            if chance.random() < 0.1:
                made.append(_between(order, chance))
    return b"".join(made)


def _some_block(order: str, index: int, frame: bytes, chance: random.Random) -> bytes:
    ticks = chance.choice((0, 1, 1_700_000_000_000_000, 2**63, 2**64 - 1, chance.randrange(1 << 52)))
    kind = chance.random()
    if kind < 0.8:
        return enhanced(order, index, ticks, frame)
    return simple(order, frame) if kind < 0.9 else obsolete(order, index, ticks, frame)


def _between(order: str, chance: random.Random) -> bytes:
    """A block that holds no packet."""
    kind = chance.choice((4, 5, 9, 10, 0xBAD, 0x40000BAD, 0x80000001, 0))
    return block(order, kind, chance.randbytes(chance.choice((0, 4, 8, 12, 40, 3000))))


def packed_file(data: bytes, chance: random.Random) -> bytes:
    """``data`` as .gz or .zst of one or many members or frames; perhaps damaged, cut off, or with more behind it."""
    size = chance.choice((len(data) + 1, 1000, max(len(data) // 3, 1)))
    parts = [data[at : at + size] for at in range(0, len(data), size)][:200]
    if chance.random() < 0.5:
        made = bytearray(b"".join(gzip.compress(part, 1, mtime=0) for part in parts))
        made += chance.choice((b"", b"", bytes(512), b"\x1f\x8b", b"rest", gzip.compress(bytes(1 << 18))))
    else:
        frame = zstandard.ZstdCompressor(level=1, write_checksum=chance.random() < 0.5)
        between = chance.choice((b"", b"", _SKIPPABLE + b"\3\0\0\0abc", _SKIPPABLE + b"\xff\xff\xff\xff"))
        made = bytearray(between + b"".join(frame.compress(part) + between for part in parts))
    if chance.random() < 0.3:
        for _ in range(chance.choice((1, 3, 20))):
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    if chance.random() < 0.2:
        del made[chance.randrange(len(made)) :]
    return bytes(made)
