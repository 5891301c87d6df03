"""Which segment carried each byte first: the interval arithmetic against a byte-by-byte one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model import arrays as pieces
from tcptui.protocols.stream.byte_ranges import first_copies, holes_of

SEGMENTS = st.lists(st.tuples(st.integers(-3, 40), st.integers(0, 9)), max_size=24)


@pytest.mark.parametrize("piece", [3, 1 << 16])
@given(segments=SEGMENTS)
def test_every_byte_is_the_first_segments_that_covers_it(piece: int, segments: list[tuple[int, int]]) -> None:
    known = pieces.PIECE
    pieces.PIECE = piece
    try:
        start = np.array([begin for begin, _size in segments], np.int64)
        runs = first_copies(start, start + np.array([size for _begin, size in segments], np.int64))
    finally:
        pieces.PIECE = known
    owners: dict[int, int] = {}
    for index, (begin, size) in enumerate(segments):
        for byte in range(max(begin, 0), begin + size):
            owners.setdefault(byte, index)

    carried = {
        byte: int(segment)
        for low, high, segment in zip(runs.start, runs.stop, runs.segment, strict=True)
        for byte in range(int(low), int(high))
    }
    assert carried == owners
    assert (runs.start[1:] >= runs.stop[:-1]).all()
    low, high = holes_of(runs, 50)
    missing = {byte for one, two in zip(low, high, strict=True) for byte in range(int(one), int(two))}
    assert missing == set(range(50)) - set(owners)
