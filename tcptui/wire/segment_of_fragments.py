"""One TCP segment read again from the frames that carried its IP fragments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import DecodeIssue, PacketStore
from tcptui.wire.decode import BatchDecoder
from tcptui.wire.header_walk import PADDING

if TYPE_CHECKING:
    from collections.abc import Sequence


def segment_of_fragments(frames: Sequence[bytes], link_types: Sequence[int]) -> bytes:
    """TCP header and payload of the datagram that the last of ``frames`` completes; empty when it completes none.

    ``frames`` are in capture order; whatever they carry besides its fragments is ignored.
    """
    captured = np.array([len(frame) for frame in frames], np.int64)
    start = np.cumsum(captured) - captured
    buffer = np.frombuffer(b"".join(frames) + bytes(PADDING), np.uint8)
    store = PacketStore()
    store.reserve(len(frames))
    decoder = BatchDecoder(store, FlowTable())
    decoder.decode(buffer, start, captured, captured, np.array(link_types, np.int64), 0)
    return decoder.reassembled if store.issues[len(frames) - 1] & DecodeIssue.REASSEMBLED else b""
