"""The first bytes of many packets, read with few calls, for those who walk their headers a batch at a time."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.wire.header_walk import PADDING, Heads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.access.source_info import SourceInfo
    from tcptui.model.packet_store import I64, PacketStore

#: Bytes read of one packet at most: no chain of headers that is followed is longer.
_HEAD: Final = 4096
#: Two packets are read with one call if so many bytes or fewer lie between the beginnings of both.
_NEAR: Final = 1 << 14
#: Most bytes of one read.
_SPAN: Final = 4 << 20


def packet_heads(store: PacketStore, sources: Sequence[SourceInfo], descriptors: Sequence[int], rows: I64) -> Heads:
    """The first bytes of each of ``rows``.  What cannot be read is zeros."""
    offset = store.offset[rows]
    size = np.minimum(store.captured[rows].astype(np.int64), _HEAD)
    spools = np.array([source.spool for source in sources], np.int64)[store.source[rows]]
    order = np.lexsort((offset, spools))
    place, spool = offset[order], spools[order]
    apart = (np.diff(spool, prepend=spool[:1]) != 0) | (np.diff(place, prepend=place[:1]) > _NEAR)
    cuts = [0, *np.flatnonzero(apart).tolist(), len(order)]
    parts: list[bytes] = []
    start, filled = np.zeros(len(rows), np.int64), 0
    for low, high in pairwise(cuts):
        while low < high:
            begin = int(place[low])
            stop = low + int(np.searchsorted(place[low:high], begin + _SPAN))
            run = order[low:stop]
            span = int((offset[run] + size[run]).max()) - begin
            held = _read(descriptors[int(spool[low])], span, begin)
            parts.append(held.ljust(span, b"\0"))  # a spool that was cut since reads as zeros
            start[run] = filled + offset[run] - begin
            filled += span
            low = stop
    parts.append(bytes(PADDING))
    wire = store.wire_length[rows].astype(np.int64)
    links = np.array([source.link_type for source in sources], np.int64)[store.source[rows]]
    return Heads(np.frombuffer(b"".join(parts), np.uint8), start, size, wire, links)


def _read(descriptor: int, size: int, offset: int) -> bytes:
    try:
        return os.pread(descriptor, size, offset)
    except OSError:  # a disk or a network share that fails: the packets are there all the same
        return b""
