"""Rows of fragments by the row that completes their datagram."""

from __future__ import annotations

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
