"""Whether what is left at the end of a capture is its last record, begun and not finished, or damage.

Only a record that was being written when the program was killed may be cut off; behind a damaged length there may be
any number of whole packets.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.pcap_format import (
    ENHANCED_PACKET_BLOCK,
    FILE_HEADER_BYTES,
    INTERFACE_BLOCK,
    MAX_PACKET,
    OBSOLETE_PACKET_BLOCK,
    ORDINARY_MAGICS,
    PCAP_MAGICS,
    RECORD_HEADER_BYTES,
    SECRETS_BLOCK,
    SECTION_BLOCK,
    SIMPLE_PACKET_BLOCK,
    STATISTICS_BLOCK,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: More than any record takes that a source of ours writes.
_LONGEST: Final = 2 * MAX_PACKET
#: Times of neighbouring records differ by less, in seconds.
_NEAR: Final = 7 * 86_400
#: Blocks of pcapng: simple and enhanced packets, and those that stand between them.
_BLOCKS: Final = (
    INTERFACE_BLOCK, OBSOLETE_PACKET_BLOCK, SIMPLE_PACKET_BLOCK, STATISTICS_BLOCK, ENHANCED_PACKET_BLOCK, SECRETS_BLOCK,
    SECTION_BLOCK,
)  # fmt: skip
_BLOCK_BYTES: Final = 12


def is_begun_record(descriptor: int, position: int, size: int, second: int | None) -> bool:
    """Whether the bytes from ``position`` to ``size``, which are no whole record, are the first part of one.

    False where whole records follow among them, or where they are too many.  ``second``: the time of the record before,
    since the epoch; None: there is none.
    """
    left = size - position
    if left > _LONGEST:
        return False
    data = os.pread(descriptor, left, position)
    header = os.pread(descriptor, FILE_HEADER_BYTES, 0)
    if header[:4] in ORDINARY_MAGICS:
        order = ">" if PCAP_MAGICS[header[:4]].big else "<"
        return not any(_is_chain(data, at, order) for at in _record_places(data, order, second))
    return not any(_is_block(data, order) for order in "<>")


def _words(data: bytes, order: str) -> NDArray[np.uint32]:
    """The 32-bit word that begins at each byte."""
    count = max(len(data) - 3, 0)
    return np.ndarray((count,), np.dtype(f"{order}u4"), data, 0, (1,))


def _record_places(data: bytes, order: str, second: int | None) -> Iterator[int]:
    """Where behind the first byte a record's header may be: lengths and times are as those of its neighbours."""
    words = _words(data, order).astype(np.int64)
    count = len(data) - RECORD_HEADER_BYTES + 1
    if count < 2:
        return
    seconds, captured, wire = words[:count], words[8 : 8 + count], words[12 : 12 + count]
    likely = (captured > 0) & (captured <= np.minimum(wire, MAX_PACKET))
    likely &= np.abs(seconds - (seconds[0] if second is None else second)) < _NEAR
    likely[0] = False
    yield from np.flatnonzero(likely).tolist()


def _is_chain(data: bytes, at: int, order: str) -> bool:
    """Whether records follow one another from ``at`` to the end, one of them whole at least; the last may be begun."""
    lengths, whole = struct.Struct(f"{order}8xII"), 0
    while at + RECORD_HEADER_BYTES <= len(data):
        captured, wire = lengths.unpack_from(data, at)
        if not 0 < captured <= min(wire, MAX_PACKET):
            return False
        at += RECORD_HEADER_BYTES + captured
        whole += at <= len(data)
    return whole > 0


def _is_block(data: bytes, order: str) -> bool:
    """Whether a whole block of pcapng is behind the first byte: its length stands at both of its ends."""
    words = _words(data, order).astype(np.int64)
    if len(words) <= _BLOCK_BYTES:
        return False
    kinds, lengths = words[1:-4], words[5:]
    places = np.flatnonzero(np.isin(kinds, _BLOCKS) & (lengths >= _BLOCK_BYTES) & (lengths % 4 == 0)) + 1
    ends = places + lengths[places - 1] - 4
    fits = ends < len(words)
    return bool((words[ends[fits]] == lengths[places[fits] - 1]).any())
