"""One capture that packets are taken from."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tcptui.capture.slicing.layout import Layout, head_bytes
from tcptui.capture.slicing.little_endian import options_of
from tcptui.model.pcap_format import (
    ENHANCED_HEAD_BYTES,
    ENHANCED_PACKET_BLOCK,
    OBSOLETE_PACKET_BLOCK,
    SIMPLE_PACKET_BLOCK,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bytes read with a packet beyond its own, for the options that most packets have.
_OPTIONS_READ: Final = 128
#: Bytes of a packet's block beside its data, without options.
_PLAIN_BLOCK: Final = ENHANCED_HEAD_BYTES + 4
#: Bytes that are read at once for the heads of packets that lie near each other.
_HEADS_MOST: Final = 1 << 24
_UNKNOWN_DROPS: Final = 0xFFFF
_OPT_DROPS: Final = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One packet; ``interface`` counts the source's own, ``ticks`` those of that interface's clock."""

    interface: int
    ticks: int
    data: bytes
    options: list[tuple[int, bytes]]


class Heads(NamedTuple):
    """Interface and clock of several packets as their blocks have them; arrays of one value a packet."""

    interface: NDArray[np.int64]
    ticks: NDArray[np.uint64]
    is_all: NDArray[np.bool_]
    """There is nothing more; else `PacketSource.record` says what there is, and the other columns nothing."""


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

    def heads(self, offset: NDArray[np.int64], captured: NDArray[np.int64], time_ns: NDArray[np.int64]) -> Heads:
        """Interface and time of the packets whose ``captured`` bytes are at ``offset`` (ascending).  Raises OSError."""
        if not self.layout.is_pcapng:
            ticks = time_ns if self.layout.nano else time_ns // 1000
            return Heads(np.zeros(len(offset), np.int64), ticks.astype(np.uint64), np.ones(len(offset), np.bool_))
        section = self._begins.searchsorted(offset) - 1
        first = np.array([one.first_interface for one in self.layout.sections], np.int64)[section]
        is_big = np.array([one.order == ">" for one in self.layout.sections])[section]
        begin = offset - ENHANCED_HEAD_BYTES
        block = os.pread(self.descriptor, min(int(offset[-1] - begin[0]), _HEADS_MOST), int(begin[0]))
        there = begin - begin[0] + ENHANCED_HEAD_BYTES <= len(block)
        words = np.zeros((len(offset), ENHANCED_HEAD_BYTES // 4), np.uint32)
        octets = np.frombuffer(block.ljust(ENHANCED_HEAD_BYTES, b"\0"), np.uint8)
        found = sliding_window_view(octets, ENHANCED_HEAD_BYTES)[(begin - begin[0])[there]]
        words[there] = found.view("<u4")
        words[is_big] = words[is_big].byteswap()
        kind, length, interface, high, low, size = words[:, :6].T.astype(np.uint64)
        may_be_simple = (low == SIMPLE_PACKET_BLOCK) & (size != captured.astype(np.uint64))
        is_all = (
            ~may_be_simple
            & (kind == ENHANCED_PACKET_BLOCK)
            & (length == _PLAIN_BLOCK + (captured + 3 & ~3).astype(np.uint64))
        )
        return Heads(first + interface.astype(np.int64), high << np.uint64(32) | low, is_all)

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
