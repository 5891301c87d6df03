"""Room for the kernel's state: grown where it is needed, at once where an input's end is known."""

from __future__ import annotations

import pytest

from tcptui.analysis.kernel.tables import AWAKE_TO_END, KernelTables


@pytest.mark.parametrize("compiled", [False, True])
def test_every_slot_is_free_once_however_room_was_made(compiled: bool) -> None:
    tables = KernelTables()
    if compiled:
        tables.compile()
    for streams in (3, 10, 11, 200):
        tables.make_room(0, streams, 1)
        free = list(map(int, tables._free_slots.data[: tables._slots_left]))

        assert len(free) >= streams
        assert sorted(free) == list(range(len(tables.streams.data)))
        assert len(tables.directions.data) == 2 * len(tables.streams.data)
        assert free[-1] == 0  # taken next: what was in use before is used again


def test_streams_that_are_foreseen_have_room_at_once() -> None:
    tables = KernelTables()
    tables.make_room(0, 10, 10)
    tables.foresee_end(5_000)
    tables.make_room(0, 10, 10)
    assert len(tables.streams.data) < 5_000  # lists would take memory for each of them

    tables.compile()
    tables.make_room(0, 10, 10)
    room = tables.streams.data
    tables.make_room(0, 9_000, 10)

    assert tables.streams.data is room
    assert sorted(tables._free_slots.data[: tables._slots_left]) == list(range(len(room)))


def test_room_for_foreseen_streams_is_bounded() -> None:
    tables = KernelTables()
    tables.compile()
    tables.foresee_end(1 << 40)
    tables.make_room(0, 1, 1)

    assert len(tables.streams.data) == 4 * AWAKE_TO_END
