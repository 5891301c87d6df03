"""The record scanners: find the packets of a capture by following its chain of record lengths.

They are kernels (see `numba_compile`): plain integers over arrays, one source for numba and
Python.  Each record writes six integers to the flat ``out``: start, captured, wire, time high,
time low (pcap: seconds, fraction), interface (for pcapng with the number of `LISTED`
blocks so far in the upper 32 bits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.pcap_format import (
    ENHANCED_PACKET_BLOCK,
    INTERFACE_BLOCK,
    MAX_PACKET,
    OBSOLETE_PACKET_BLOCK,
    SECRETS_BLOCK,
    SECTION_BLOCK,
    SIMPLE_PACKET_BLOCK,
    STATISTICS_BLOCK,
)
from tcptui.wire.numba_compile import Kernel, compile_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCAN_SHORT: Final = 0
"""More bytes are needed."""
SCAN_FULL: Final = 1
"""``out`` is full."""
SCAN_BLOCK: Final = 2
"""At the returned position is a pcapng block that the caller must read, or that is incomplete or impossible."""
SCAN_TOO_LARGE: Final = 3
SCAN_BAD: Final = 4
SCAN_NO_INTERFACE: Final = 5

#: Types of blocks that Wireshark lists among the packets: custom blocks, journal entries, system events.
LISTED: Final = (0xBAD, 0x40000BAD, 9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222)
#: Bytes; an interface statistics block of no more than this has none of the counters that are read.
_PLAIN_STATISTICS: Final = 24
#: Bytes of a decryption secrets block that has none.
_EMPTY_SECRETS: Final = 20
#: Bytes of the shortest record: the header of one without any data in pcap, or a simple packet block.
_LEAST_RECORD: Final = 16
#: The type of secrets that are a key log of TLS.
TLS_KEY_LOG: Final = 0x544C534B


def scan_pcap(buf: Any, pos: int, valid: int, big: bool, extra: int, swapped: int, out: Any) -> tuple[int, int, int]:
    """Records of a pcap file in ``buf[pos:valid]``: (count, next position, status)."""
    header = 16 + extra
    limit = len(out) // 6
    n = 0
    s0, s1, s2, s3 = (24, 16, 8, 0) if big else (0, 8, 16, 24)
    while n < limit:
        if pos + header > valid:
            return n, pos, SCAN_SHORT
        sec = buf[pos] << s0 | buf[pos + 1] << s1 | buf[pos + 2] << s2 | buf[pos + 3] << s3
        frac = buf[pos + 4] << s0 | buf[pos + 5] << s1 | buf[pos + 6] << s2 | buf[pos + 7] << s3
        cap = buf[pos + 8] << s0 | buf[pos + 9] << s1 | buf[pos + 10] << s2 | buf[pos + 11] << s3
        wire = buf[pos + 12] << s0 | buf[pos + 13] << s1 | buf[pos + 14] << s2 | buf[pos + 15] << s3
        if swapped == 1 or (swapped == 2 and cap > wire):
            cap, wire = wire, cap
        if cap > MAX_PACKET:
            return n, pos, SCAN_TOO_LARGE
        if pos + header + cap > valid:
            return n, pos, SCAN_SHORT
        o = 6 * n
        out[o] = pos + header
        out[o + 1] = cap
        out[o + 2] = wire
        out[o + 3] = sec
        out[o + 4] = frac
        out[o + 5] = 0
        n += 1
        pos += header + cap
    return n, pos, SCAN_FULL


def scan_pcapng(
    buf: Any, pos: int, valid: int, big: bool, interfaces: int, snaplen: int, limit: int, out: Any
) -> tuple[int, int, int, int]:
    """At most ``limit`` packet blocks of a pcapng section in ``buf[pos:valid]``.

    Returns the count, the next position, the status, and how many of the blocks passed are `LISTED`.
    """
    n = 0
    listed = 0
    s0, s1, s2, s3 = (24, 16, 8, 0) if big else (0, 8, 16, 24)
    while n < limit:
        if pos + 12 > valid:
            return n, pos, SCAN_SHORT, listed
        kind = buf[pos] << s0 | buf[pos + 1] << s1 | buf[pos + 2] << s2 | buf[pos + 3] << s3
        total = buf[pos + 4] << s0 | buf[pos + 5] << s1 | buf[pos + 6] << s2 | buf[pos + 7] << s3
        if kind != ENHANCED_PACKET_BLOCK and kind != SIMPLE_PACKET_BLOCK and kind != OBSOLETE_PACKET_BLOCK:
            passed = total + 3 & ~3
            secrets = buf[pos + 8] << s0 | buf[pos + 9] << s1 | buf[pos + 10] << s2 | buf[pos + 11] << s3
            is_read = (
                kind in (SECTION_BLOCK, INTERFACE_BLOCK)
                or (kind == STATISTICS_BLOCK and passed > _PLAIN_STATISTICS)
                or (kind == SECRETS_BLOCK and passed > _EMPTY_SECRETS and secrets == TLS_KEY_LOG)
            )
            if is_read or total < 12 or pos + passed > valid:
                return n, pos, SCAN_BLOCK, listed
            # Skipped within this loop, because a file may consist of such blocks alone.
            pos += passed
            if kind in LISTED:
                listed += 1
            continue
        if total < 16:
            return n, pos, SCAN_BAD, listed
        total = total + 3 & ~3  # some writers do not count the padding; Wireshark reads such blocks, too
        if total > MAX_PACKET + 65_536:
            return n, pos, SCAN_TOO_LARGE, listed
        if pos + total > valid:
            return n, pos, SCAN_SHORT, listed
        p = pos + total - 4
        # The total length is repeated at the block's end.
        again = buf[p] << s0 | buf[p + 1] << s1 | buf[p + 2] << s2 | buf[p + 3] << s3
        if again + 3 & ~3 != total:
            return n, pos, SCAN_BAD, listed
        if kind == SIMPLE_PACKET_BLOCK:
            wire = buf[pos + 8] << s0 | buf[pos + 9] << s1 | buf[pos + 10] << s2 | buf[pos + 11] << s3
            cap = min(wire, total - 16)
            if snaplen > 0:
                cap = min(cap, snaplen)
            head, index, high, low = 12, 0, 0, 0
        else:
            if total < 32:
                return n, pos, SCAN_BAD, listed
            p = pos + 8
            if kind == ENHANCED_PACKET_BLOCK:
                index = buf[p] << s0 | buf[p + 1] << s1 | buf[p + 2] << s2 | buf[p + 3] << s3
            elif big:
                index = buf[p] << 8 | buf[p + 1]
            else:
                index = buf[p] | buf[p + 1] << 8
            high = buf[p + 4] << s0 | buf[p + 5] << s1 | buf[p + 6] << s2 | buf[p + 7] << s3
            low = buf[p + 8] << s0 | buf[p + 9] << s1 | buf[p + 10] << s2 | buf[p + 11] << s3
            cap = buf[p + 12] << s0 | buf[p + 13] << s1 | buf[p + 14] << s2 | buf[p + 15] << s3
            wire = buf[p + 16] << s0 | buf[p + 17] << s1 | buf[p + 18] << s2 | buf[p + 19] << s3
            head = 28
        if cap > MAX_PACKET:
            return n, pos, SCAN_TOO_LARGE, listed
        if head + cap + 4 > total:
            return n, pos, SCAN_BAD, listed
        if index >= interfaces:
            return n, pos, SCAN_NO_INTERFACE, listed
        o = 6 * n
        out[o] = pos + head
        out[o + 1] = cap
        out[o + 2] = wire
        out[o + 3] = high
        out[o + 4] = low
        out[o + 5] = index
        out[o + 5] += listed << 32
        n += 1
        pos += total
    return n, pos, SCAN_FULL, listed


def scan_snoop(buf: Any, pos: int, valid: int, out: Any) -> tuple[int, int, int]:
    """Records of a snoop file (RFC 1761) in ``buf[pos:valid]``: (count, next position, status)."""
    limit = len(out) // 6
    n = 0
    while n < limit:
        if pos + 24 > valid:
            return n, pos, SCAN_SHORT
        wire = buf[pos] << 24 | buf[pos + 1] << 16 | buf[pos + 2] << 8 | buf[pos + 3]
        cap = buf[pos + 4] << 24 | buf[pos + 5] << 16 | buf[pos + 6] << 8 | buf[pos + 7]
        total = buf[pos + 8] << 24 | buf[pos + 9] << 16 | buf[pos + 10] << 8 | buf[pos + 11]
        if cap > MAX_PACKET or total > MAX_PACKET + 65_536:
            return n, pos, SCAN_TOO_LARGE
        if total < 24 + cap:
            return n, pos, SCAN_BAD
        if pos + total > valid:
            return n, pos, SCAN_SHORT
        o = 6 * n
        out[o] = pos + 24
        out[o + 1] = cap
        out[o + 2] = wire
        out[o + 3] = buf[pos + 16] << 24 | buf[pos + 17] << 16 | buf[pos + 18] << 8 | buf[pos + 19]
        out[o + 4] = buf[pos + 20] << 24 | buf[pos + 21] << 16 | buf[pos + 22] << 8 | buf[pos + 23]
        out[o + 5] = 0
        n += 1
        pos += total
    return n, pos, SCAN_FULL


class Scanner:
    """The scanners, compiled or plain, behind NumPy arrays."""

    def __init__(self) -> None:
        self._compiled = False
        self._pcap: Kernel = scan_pcap
        self._pcapng: Kernel = scan_pcapng
        self._out: Any = []
        """The scanners' output, from which `_rows` copies.  Reused, as each block that must be read ends a scan."""

    def compile(self) -> None:
        """Switch to machine code (takes a moment; see `numba_compile.compile_kernel`)."""
        buffer, out = np.zeros(64, np.uint8), np.zeros(6, np.int64)
        pcap, pcapng = compile_kernel(scan_pcap), compile_kernel(scan_pcapng)
        pcap(buffer, 0, 0, False, 0, 0, out)
        pcapng(buffer, 0, 0, False, 0, 0, 1, out)
        self._pcap, self._pcapng, self._compiled = pcap, pcapng, True

    def pcap(
        self, buffer: NDArray[np.uint8], position: int, valid: int, big: bool, extra: int, swapped: int, limit: int
    ) -> tuple[NDArray[np.int64], int, int]:
        """Up to ``limit`` records as rows (n x 6), the next position, the status."""
        limit = _possible(limit, valid - position)
        source, out = self._buffers(buffer, limit)
        out = out if len(out) == 6 * limit else out[: 6 * limit]
        count, position, status = self._pcap(source, position, valid, big, extra, swapped, out)
        return _rows(out, count), position, status

    def pcapng(
        self, buffer: NDArray[np.uint8], position: int, valid: int, big: bool, interfaces: int, snaplen: int, limit: int
    ) -> tuple[NDArray[np.int64], int, int, int]:
        """Up to ``limit`` packet blocks as rows (n x 6), the next position, the status, listed blocks passed."""
        limit = _possible(limit, valid - position)
        source, out = self._buffers(buffer, limit)
        count, position, status, listed = self._pcapng(source, position, valid, big, interfaces, snaplen, limit, out)
        return _rows(out, count), position, status, listed

    def snoop(
        self, buffer: NDArray[np.uint8], position: int, valid: int, limit: int
    ) -> tuple[NDArray[np.int64], int, int]:
        """Up to ``limit`` records as rows (n x 6), the next position, the status; never compiled, being rare."""
        out = [0] * (6 * _possible(limit, valid - position))
        count, position, status = scan_snoop(buffer.data, position, valid, out)
        return _rows(out, count), position, status

    def _buffers(self, buffer: NDArray[np.uint8], limit: int) -> tuple[Any, Any]:
        if len(self._out) < 6 * limit or self._compiled != isinstance(self._out, np.ndarray):
            self._out = np.empty(6 * limit, np.int64) if self._compiled else [0] * (6 * limit)
        return buffer if self._compiled else buffer.data, self._out


def _possible(limit: int, size: int) -> int:
    """``limit``, or one more than the records that ``size`` bytes can hold: few bytes take no memory for many."""
    return min(limit, max(size, 0) // _LEAST_RECORD + 1)


def _rows(out: Any, count: int) -> NDArray[np.int64]:
    return np.array(out[: 6 * count], np.int64).reshape(count, 6)
