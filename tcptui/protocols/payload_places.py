"""Where the payloads of segments stand in the bytes of a batch: what `row_notes.RowNotes` test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import DecodeIssue, RowKind

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64, PacketStore

_ELSEWHERE: Final = np.uint16(DecodeIssue.REASSEMBLED | DecodeIssue.FRAGMENT | DecodeIssue.BAD_HEADER_LENGTH)


def payload_places(start: I64, store: PacketStore, first: int, least: int) -> tuple[I64, I64]:
    """Of the segments with at least ``least`` bytes of payload captured: which they are, and where these begin.

    ``start``: offsets of the frames that were decoded into rows ``first`` … of ``store``; the first result counts
    from there, the second is offsets as ``start``.  Payload that does not stand in its own frame is left out.
    """
    rows = slice(first, first + len(start))
    begin = store.transport_offset[rows].astype(np.int64) + store.header_length[rows]
    fits = (store.length[rows] >= least) & (begin + least <= store.captured[rows]) & (store.kind[rows] == RowKind.TCP)
    at = np.flatnonzero(fits & ((store.issues[rows] & _ELSEWHERE) == 0))
    return at, start[at] + begin[at]
