"""Finds the packet that `:` names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.packet_store import NO_ROW, NO_STREAM
from tcptui.ui.cell_text import NS_PER_S
from tcptui.ui.jump_target import ElapsedTarget, FrameTarget, JumpTarget
from tcptui.ui.view_options import TimeBase

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, PacketStore


def row_of_target(store: PacketStore, target: JumpTarget, rows: I32, base: TimeBase) -> int:
    """The store's row that ``target`` names, or `NO_ROW`.

    Elapsed times count as the time column does: from the first of ``rows`` (the open
    connection) or from the capture's first packet.  Times find the first TCP packet at
    or after them.
    """
    if isinstance(target, FrameTarget):
        return store.row_of_frame(target.frame) if 0 < target.frame < 2**32 else NO_ROW
    count = store.count
    if not count:
        return NO_ROW
    in_connection = base is TimeBase.CONNECTION and len(rows) > 0
    if isinstance(target, ElapsedTarget):
        wanted = (int(store.time_ns[rows[0]]) if in_connection else store.began_ns) + target.ns
    else:
        first = store.began_ns
        moment = datetime.fromtimestamp(first // NS_PER_S, UTC).astimezone()
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        wanted = int(midnight.timestamp()) * NS_PER_S + target.ns
        if wanted + NS_PER_S < first:
            wanted = int((midnight + timedelta(days=1)).timestamp()) * NS_PER_S + target.ns
    if in_connection and isinstance(target, ElapsedTarget):
        found = np.flatnonzero(store.time_ns[rows] >= wanted)
        return int(rows[found[0]]) if len(found) else NO_ROW
    kept = slice(store.first, count)
    found = np.flatnonzero((store.time_ns[kept] >= wanted) & (store.stream[kept] != NO_STREAM))
    return kept.start + int(found[0]) if len(found) else NO_ROW
