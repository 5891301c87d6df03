"""Keeps the longest waits of each stream up to date, so that rules about speed can skip streams with nothing slow.

They are a few columns of the stream table, made from the gaps between a stream's frames, batch by batch.  Only gaps
that are long enough to matter cost anything, and in a healthy capture these are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore

#: Shorter gaps are ignored; delayed ACKs come later (rules/findings.md#delayed-acknowledgments).
SHORTEST_GAP_NS: Final = 30_000_000
#: Delayed acknowledgments come sooner (RFC 1122, 4.2.3.2: less than 500 ms, plus the round trip).
LONGEST_DELAY_NS: Final = 700_000_000
#: A segment that waited for an acknowledgment follows it within this time.
ACK_CLOCKED_NS: Final = 1_000_000
#: Bytes; from this on a payload is a whole segment, which no sender holds back.
SMALL_BYTES: Final = 1_400


def update_waits(store: PacketStore, table: StreamTable, first: int, count: int, touched: NDArray[np.int64]) -> None:
    """Update ``table`` (duration, longest waits, held segments) with rows ``first`` to ``first + count - 1``."""
    if len(touched):
        elapsed = table.latest_ns[touched] - table.began_ns[touched]
        table.duration_ns[touched] = np.maximum(elapsed, 0)
    rows = slice(first, first + count)
    previous = store.previous[rows]
    gap = store.time_ns[rows] - store.time_ns[np.maximum(previous, 0)]
    late = np.flatnonzero((gap >= SHORTEST_GAP_NS) & (previous >= 0) & (store.kind[rows] == RowKind.TCP))
    late = late[store.length[first + late] > 0]
    for of_b, column in enumerate((table.longest_wait_ns_a, table.longest_wait_ns_b)):
        mine = late[store.from_b[first + late] == of_b]
        np.maximum.at(column, store.stream[first + mine], gap[mine])
    _note_held(store, table, first, gap, previous)


def _note_held(
    store: PacketStore, table: StreamTable, first: int, gap: NDArray[np.int64], previous: NDArray[np.int32]
) -> None:
    """Count small segments that were sent right after a late acknowledgment of the sender's previous small segment."""
    length = store.length[first : first + len(gap)]
    freed = np.flatnonzero((gap <= ACK_CLOCKED_NS) & (previous >= 0) & (length > 0) & (length < SMALL_BYTES))
    if not len(freed):
        return
    ack = previous[freed]
    before = store.previous[ack]
    waited = store.time_ns[ack] - store.time_ns[np.maximum(before, 0)]
    held = (before >= 0) & (waited >= SHORTEST_GAP_NS) & (waited <= LONGEST_DELAY_NS) & (store.length[ack] == 0)
    freed, ack, before = freed[held], ack[held], before[held]
    mine = store.from_b[first + freed]
    small = (store.length[before] > 0) & (store.length[before] < SMALL_BYTES)
    held = small & (store.from_b[ack] != mine) & (store.from_b[before] == mine)
    np.add.at(table.delayed_segments, store.stream[first + freed[held]], 1)
