"""Options by row: in whatever order they come, and until their rows leave."""

from __future__ import annotations

import numpy as np

from tcptui.model.mptcp_options import MptcpOptionStore


def _add(notes: MptcpOptionStore, *rows: int) -> None:
    """Each row's options are its number, as often as that, of one byte more."""
    area = np.array([[row] * 40 for row in rows], np.uint8)
    numbers = np.array(rows)
    notes.add(numbers, area, numbers, numbers + 1, numbers - 1)


def test_rows_out_of_order_are_found_in_order() -> None:
    notes = MptcpOptionStore()
    _add(notes, 1, 3)
    _add(notes, 7, 5)
    _add(notes, 4)

    found = notes.between(3, 7)

    assert list(found) == [3, 4, 5]
    assert found[4].area == bytes((4,) * 4)
    assert (found[4].written, found[4].last) == (5, 3)


def test_discarded_row_is_gone_and_others_stay() -> None:
    notes = MptcpOptionStore()
    _add(notes, 1, 2, 3)

    notes.discard(2)
    notes.discard(9)

    assert list(notes.between(0, 10)) == [1, 3]


def test_rows_that_left_are_gone() -> None:
    notes = MptcpOptionStore()
    _add(notes, 1, 2, 3)

    notes.evict(3)

    assert len(notes) == 1
    assert list(notes.between(0, 10)) == [3]
