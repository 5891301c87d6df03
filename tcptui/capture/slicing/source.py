"""One capture that packets are taken from."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.slicing.layout import Layout, head_bytes
from tcptui.capture.slicing.little_endian import options_of
from tcptui.model.pcap_format import (
    ENHANCED_HEAD_BYTES,
    ENHANCED_PACKET_BLOCK,
    OBSOLETE_PACKET_BLOCK,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bytes read with a packet beyond its own, for the options that most packets have.
_OPTIONS_READ: Final = 128
_UNKNOWN_DROPS: Final = 0xFFFF
_OPT_DROPS: Final = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One packet; ``interface`` counts the source's own, ``ticks`` those of that interface's clock."""

    interface: int
    ticks: int
    data: bytes
    options: list[tuple[int, bytes]]


class PacketSource:
    """Reads single packets of one capture with what stands beside them."""

    def __init__(self, descriptor: int, layout: Layout, offsets: NDArray[np.int64]) -> None:
        """``offsets``: where the bytes of all of its packets are (ascending)."""
        self.descriptor = descriptor
        self.layout = layout
        self._offsets = offsets
        self._begins = np.array([section.begin for section in layout.sections], np.int64)
        self._listed = np.frombuffer(layout.listed, np.int64) if layout.listed else np.zeros(0, np.int64)

    def number(self, offset: int) -> int:
        """The packet's number in its own file, as Wireshark counts; ``offset``: where its bytes are."""
        return int(self._offsets.searchsorted(offset)) + 1 + int(self._listed.searchsorted(offset))

    def record(self, offset: int, captured: int, time_ns: int) -> Record:
        """The packet whose ``captured`` bytes are at ``offset``.  Raises OSError."""
        if self.layout.is_pcapng:
            return self._pcapng(offset, captured)
        ticks = time_ns if self.layout.nano else time_ns // 1000
        return Record(0, ticks, os.pread(self.descriptor, captured, offset), [])

    def _pcapng(self, offset: int, captured: int) -> Record:
        section = self.layout.sections[int(self._begins.searchsorted(offset)) - 1]
        begin, aligned = offset - ENHANCED_HEAD_BYTES, captured + 3 & ~3
        read = os.pread(self.descriptor, ENHANCED_HEAD_BYTES + aligned + _OPTIONS_READ, begin)
        before, data = read[:ENHANCED_HEAD_BYTES], read[ENHANCED_HEAD_BYTES : ENHANCED_HEAD_BYTES + captured]
        order = section.order
        if head_bytes(before, order, captured) < ENHANCED_HEAD_BYTES:
            return Record(section.first_interface, 0, data, [])
        kind, length, interface, high, low = struct.unpack_from(order + "IIIII", before)
        end = int(length + 3 & ~3) - 4
        if end > len(read):
            read = os.pread(self.descriptor, end, begin)
        options = options_of(read[ENHANCED_HEAD_BYTES + aligned : end], order, ENHANCED_PACKET_BLOCK)
        if kind == OBSOLETE_PACKET_BLOCK:
            interface, drops = struct.unpack_from(order + "HH", before, 8)
            if drops != _UNKNOWN_DROPS:
                options.append((_OPT_DROPS, struct.pack("<Q", drops)))
        return Record(section.first_interface + interface, high << 32 | low, data, options)
