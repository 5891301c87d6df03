"""Options shorter than what they promise, against the real tshark: which of them make it give a frame up."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest
from encapsulations import MAC, ipv4, write_capture
from seeds import SEED_VARIABLE, seed
from tshark_oracle import differences

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark

#: Kinds whose body says how long they ought to be, SNACK, SACK, and one of no meaning.
KINDS = (30, 30, 76, 76, 78, 21, 5, 200)
FRAMES = 3_000


def _segment(number: int, options: bytes) -> bytes:
    """Ten bytes of data of a connection of its own."""
    words = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", 50_000, 9_999, 1_000, 5, words << 4, 0x10, 1_000, 0, 0)
    source = bytes((10, number >> 16, number >> 8 & 255, number & 255))
    return MAC + b"\x08\0" + ipv4(6, head + options + bytes(10), source, b"\x0b\1\1\1")


def test_options_shorter_than_they_promise_are_given_up_as_by_tshark(corpus: Path, tmp_path: Path) -> None:
    begin = seed(1)
    numbers = random.Random(begin)
    frames = []
    for number in range(FRAMES):
        size = numbers.randrange(2, 33)
        option = bytes((numbers.choice(KINDS), size)) + numbers.randbytes(size - 2)
        frame = _segment(number, option + b"\x01" * (-size % 4))
        frames.append((0, frame, len(frame)))
    write_capture(tmp_path / "options.pcapng", [1], frames)

    assert differences(corpus, tmp_path / "options.pcapng") == [], f"{SEED_VARIABLE}={begin}"
