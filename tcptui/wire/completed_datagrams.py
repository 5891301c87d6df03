"""A datagram read again from the frames that carried its IP fragments, and the TCP segment in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import DecodeIssue, PacketStore
from tcptui.wire.decode import BatchDecoder
from tcptui.wire.header_walk import PADDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.datagram import Datagram


class Completed(NamedTuple):
    """What a frame completes."""

    datagrams: tuple[Datagram, ...] = ()
    """Outermost first: several where the fragment of one is in pieces itself.  Pieces name places in `frames`."""
    segment: bytes = b""
    """TCP header and payload of the innermost; empty when that is something else."""


def completed_by_last(frames: Sequence[bytes], link_types: Sequence[int]) -> Completed:
    """What the last of ``frames`` completes; nothing where it does not.

    ``frames`` are in capture order; whatever they carry besides its fragments is ignored.
    """
    captured = np.array([len(frame) for frame in frames], np.int64)
    start = np.cumsum(captured) - captured
    buffer = np.frombuffer(b"".join(frames) + bytes(PADDING), np.uint8)
    store = PacketStore()
    store.reserve(len(frames))
    decoder = BatchDecoder(store, FlowTable())
    decoder.decode(buffer, start, captured, captured, np.array(link_types, np.int64), 0)
    if not store.fragments.of(len(frames) - 1):
        return Completed()
    is_segment = store.issues[len(frames) - 1] & DecodeIssue.REASSEMBLED
    return Completed(tuple(decoder.datagrams), decoder.reassembled if is_segment else b"")
