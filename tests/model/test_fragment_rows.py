"""Rows of fragments by the row that completes their datagram."""

from __future__ import annotations

from random import Random

import pytest

from tcptui.model import fragment_rows
from tcptui.model.fragment_rows import FragmentRows


def filled() -> FragmentRows:
    rows = FragmentRows()
    for completing, carriers in ((3, [0, 3]), (5, [1, 2, 5]), (5, [2, 4, 5]), (900, range(10, 901))):
        rows.add(completing, carriers)
    return rows


def test_rows_are_found_by_the_one_that_completes() -> None:
    rows = filled()

    assert rows.of(3) == [0, 3]
    assert rows.of(900) == list(range(10, 901))
    assert [rows.of(row) for row in (0, 2, 4, 899, 901)] == [[]] * 5


def test_datagrams_within_one_another_are_named_together() -> None:
    assert filled().of(5) == [1, 2, 4, 5]


def test_evicted_rows_complete_nothing() -> None:
    rows = filled()
    rows.evict(5)
    rows.add(901, [899, 901])

    assert (rows.of(3), rows.of(5), rows.of(901)) == ([], [1, 2, 4, 5], [899, 901])
    completing, carriers = rows.pairs()
    assert len(completing) == len(carriers) == 6 + 891 + 2


@pytest.mark.parametrize("seed", range(6))
def test_who_completes_what_a_row_carries_is_found_as_by_looking_through_all(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fragment_rows, "_FEW", seed)
    chance, rows, row = Random(seed), FragmentRows(), 0
    for _ in range(120):
        row += chance.randrange(1, 4)
        rows.add(row, [*sorted(chance.sample(range(max(row - 9, 0), row), min(row, 3))), row])
        if chance.random() < 0.1:
            rows.evict(row - chance.randrange(20))
        completing, carriers = (each.tolist() for each in rows.pairs())
        for carrier in range(max(row - 30, 0), row + 2):
            by_all = [one for one, other in zip(completing, carriers, strict=True) if other == carrier != one]
            assert rows.completed_by(carrier) == (by_all or [-1])[0]
    rows.evict(row + 1)
    assert rows.completed_by(row) == -1
