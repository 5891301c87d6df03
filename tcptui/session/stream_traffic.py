"""The traffic of a few connections over their lives: one pass over the packets for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import chunks
from tcptui.session.filtering.cancelling import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I64, PacketStore

_NOT_CHOSEN = -1


def traffic_of_streams(
    store: PacketStore, table: StreamTable, streams: Sequence[int], slices: int, cancelled: Callable[[], bool]
) -> I64:
    """Bytes on the wire of each of ``streams`` in ``slices`` equal parts of its life, first packet to last.

    Raises `Cancelled`.
    """
    chosen = np.array(streams, np.int32)
    octets = np.zeros(len(chosen) * slices, np.int64)
    if not len(chosen):
        return octets.reshape(0, slices)
    count = store.count
    began = table.began_ns[chosen].astype(np.float64)
    lasted = np.maximum(table.latest_ns[chosen].astype(np.float64) - began, 1.0)
    slots = np.full(max(table.count, int(chosen.max()) + 1), _NOT_CHOSEN, np.int32)
    slots[chosen] = np.arange(len(chosen), dtype=np.int32)
    for part in chunks(count, max(store.first, int(table.first_row[chosen].min()))):
        if cancelled():
            raise Cancelled
        owners = store.stream[part]
        rows = np.flatnonzero((owners >= 0) & (owners < len(slots)))
        slot = slots[owners[rows]]
        mine = slot != _NOT_CHOSEN
        slot, rows = slot[mine], rows[mine] + part.start
        passed = (store.time_ns[rows] - began[slot]) / lasted[slot]
        place = np.clip((passed * slices).astype(np.int64), 0, slices - 1)
        octets += np.bincount(slot * slices + place, store.wire_length[rows], len(octets)).astype(np.int64)
    return octets.reshape(-1, slices)
