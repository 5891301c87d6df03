"""Connections of nothing but one SYN, of which a scan or a flood makes hundreds of thousands.

What `find.hindsight` would find of each is the same for all: a SYN that nobody answered in time had no effect.  So the
corrected states are computed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.correction.opening import ANSWER_NS
from tcptui.analysis.kernel.columns import NOT_RECEIVED
from tcptui.analysis.stream.table import StreamMark
from tcptui.model.packet_store import DecodeIssue, RowMark
from tcptui.model.tcp_flags import TcpFlag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.correction.apply import Replay
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, PacketStore

_MARKS: Final = int(StreamMark.SYN_A), int(StreamMark.SYN_B)
_CORRECTED: Final = np.uint8(RowMark.CORRECTED)
_CUT: Final = int(DecodeIssue.HEADER_CUT | DecodeIssue.BAD_HEADER_LENGTH)


def are_lone_syns(streams: StreamTable, places: slice | I32 | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mask of the streams at ``places`` that have one segment, a SYN without payload, and no other event."""
    marks = streams.marks[places]
    lone: NDArray[np.bool_] = (streams.packets[places] == 1) & ((marks == _MARKS[0]) | (marks == _MARKS[1]))
    lone &= (streams.payload_a[places] == 0) & (streams.payload_b[places] == 0) & (streams.verdicts[places] == 0)
    return lone


def correct_lone_syns(
    store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64], replay: Replay
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Correct the states of those of ``chosen`` that nobody answered in time.

    Returns two masks over ``chosen``: streams that are settled by that, and streams that may still be answered.  The
    others are no plain SYNs, or are evicted.
    """
    rows = streams.first_row[chosen]
    plain = (rows >= store.first) & (store.flags[rows] == TcpFlag.SYN) & ((store.issues[rows] & _CUT) == 0)
    done = plain & (store.latest_ns - store.time_ns[rows] >= ANSWER_NS)
    for side in (0, 1):
        mine = rows[done & (store.from_b[rows] == side)]
        if not len(mine):
            continue
        plain_states, states = replay(mine[:1], np.zeros(1, np.int64), np.array([NOT_RECEIVED]))
        store.state_a[mine], store.state_b[mine] = states
        if states[1 - side] != plain_states[1 - side]:
            store.marks[mine] |= _CORRECTED
    return done, plain & ~done
