"""Segments rewritten by the column: each as it is rewritten by itself, counts and all."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from plain_packets import packet
from redacted import KEY, rewriter
from seeds import seed
from stretches_of import stretch_of

from tcptui.redact.mapping import Mapping
from tcptui.redact.segment_rewriter import SegmentRewriter

PACKETS = 3_000


@dataclass
class Given:
    """What takes the place of some payloads."""

    by_row: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    def given(self, rows: np.ndarray) -> np.ndarray:
        return np.isin(rows, list(self.by_row))

    def of(self, row: int) -> tuple[int, bytes] | None:
        return self.by_row.get(row)


@pytest.mark.parametrize("between", [b"", b"0123456789abcdef"])
def test_segments_are_rewritten_as_one_by_one(between: bytes) -> None:
    drawn = seed(10)
    draw = random.Random(drawn)
    packets, links, wires = zip(*(packet(draw) for _ in range(PACKETS)), strict=True)
    new = [(draw.choice((20, 34, 36, 40, 54)), draw.randbytes(draw.choice((1, 8, 18, 22)))) for _ in range(PACKETS)]
    given = Given({row: new[row] for row in range(0, PACKETS, 5)})
    size = sum(map(len, packets)) + 3 * PACKETS
    out = np.full(size, ord("x"), np.uint8)
    places = np.cumsum([len(one) + 3 for one in packets]) - [len(one) + 3 for one in packets]
    replaced: Counter[str] = Counter()
    columns = SegmentRewriter(Mapping(KEY), replaced)

    done = columns.rewrite(stretch_of(packets, links, between), np.array(wires), given, out, places)

    single = rewriter()
    for row in np.flatnonzero(done).tolist():
        expected = single.rewrite(packets[row], links[row], wires[row], given.of(row))
        written = out[places[row] : places[row] + len(expected)].tobytes()
        assert written == expected, (drawn, row, links[row], packets[row].hex())
    assert +replaced == single.replaced, drawn
    assert PACKETS // 6 < done.sum() < PACKETS, drawn
    untouched = np.ones(size, np.bool_)
    for row in np.flatnonzero(done).tolist():
        untouched[places[row] : places[row] + len(packets[row])] = False
    assert (out[untouched] == ord("x")).all(), drawn
