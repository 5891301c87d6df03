"""Slices that are too short, what cannot be computed, numbers that do not fit: as tshark, where there is no tshark."""

from __future__ import annotations

import pytest
from filter_edges import PASSING, edges

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.operators import Arithmetic
from tcptui.model.field import FieldType as T
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.operands import absolute, computed, turned
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("edges") / "edges.pcap"
    path.write_bytes(edges().pcap())
    return open_file(path)


@pytest.mark.parametrize(("text", "frames"), PASSING.items())
def test_frames_that_pass(session: Session, text: str, frames: tuple[int, ...]) -> None:
    found = FilterRun(session, compile_filter(text)).matching(0, session.store.count)

    assert tuple(session.store.frame[: session.store.count][found].tolist()) == frames


def test_long_numbers_have_64_bits() -> None:
    """No field of a small capture is so long; the rules are those of 32 bits."""
    half = 1 << 63
    left = Occurrences(T.UINT64, 3, array_of(T.UINT64, [5, half, (1 << 64) - 1]))
    right = Occurrences(T.UINT64, 3, array_of(T.UINT64, [7, 2, 1]))
    values = {sign: computed(sign, left, right).values.tolist() for sign in Arithmetic}

    assert values == {
        Arithmetic.AND: [5, 0, 1], Arithmetic.ADD: [12, half + 2], Arithmetic.SUBTRACT: [-2, half - 2, (1 << 64) - 2],
        Arithmetic.MULTIPLY: [35, (1 << 64) - 1], Arithmetic.DIVIDE: [0, 1 << 62, (1 << 64) - 1],
        Arithmetic.MODULO: [5, 0, 0],
    }  # fmt: skip
    assert turned(left).values.tolist() == [-5]
    assert absolute(turned(left)).values.tolist() == [5]
