"""The traffic of connections over their lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.session.filtering.cancelling import Cancelled, never
from tcptui.session.session import Session, open_file
from tcptui.session.stream_traffic import traffic_of_streams

if TYPE_CHECKING:
    from pathlib import Path


async def opened(tmp_path: Path) -> Session:
    tape, path = Tape(), tmp_path / "some.pcap"
    for number in range(6):
        tape.clean(1000 * number, f"10.0.0.{number + 1}:40001", "192.0.2.10:80", bytes(100 * number), bytes(9))
    tape.refused(9000, "10.0.0.9:40001", "192.0.2.10:81")
    path.write_bytes(tape.pcap())
    session = open_file(path)
    await session.run()
    return session


@pytest.mark.parametrize("slices", [1, 5, 12])
async def test_all_bytes_of_each_connection_are_in_their_part_of_its_life(tmp_path: Path, slices: int) -> None:
    session = await opened(tmp_path)
    store, chosen = session.store, [5, 0, 6]
    found = traffic_of_streams(store, session.streams, chosen, slices, never)

    for stream, octets in zip(chosen, found.tolist(), strict=True):
        rows = session.rows_of(stream)
        times = store.time_ns[rows].astype(float)
        lasted = times.max() - times.min()
        expected = [0] * slices
        for time_ns, length in zip(times, store.wire_length[rows].tolist(), strict=True):
            expected[min(int((time_ns - times.min()) / lasted * slices), slices - 1)] += length
        assert octets == expected
    assert not len(traffic_of_streams(store, session.streams, [], slices, never))


async def test_counting_stops_when_it_is_told_to(tmp_path: Path) -> None:
    session = await opened(tmp_path)

    with pytest.raises(Cancelled):
        traffic_of_streams(session.store, session.streams, [0], 12, lambda: True)
