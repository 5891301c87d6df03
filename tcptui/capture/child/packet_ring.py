"""Copies packets from the kernel's ring to the file in whole blocks, with a single Python step per packet.

libpcap opens the socket, sets up filter and ring (TPACKET_V3) and reads the counters.  Its own loop calls back once
per packet, which loses packets at hundreds of megabytes a second of full-sized packets.  Here the same ring is
mapped a second time and libpcap's loop is not used.  The kernel's packet header (struct tpacket3_hdr) contains the
four numbers of a pcap record header side by side, so headers and data are written from the ring in place, with
`pwritev`.  What libpcap does to a packet is done here too: VLAN tags that the kernel stripped are put back, the
loopback interface's outgoing copies are left out, and packets of the interface ``any`` get a Linux cooked v2 header.

Usable for Ethernet and Linux cooked v2, with nanosecond timestamps and filters that the kernel runs, which is nearly
always the case; `PacketRing.of` returns None for the rest.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import threading
import time
from array import array
from typing import TYPE_CHECKING, Any, Final

import cypcap
import numpy as np

from tcptui.capture.child.ring_geometry import has_kernel_filter, ring_geometry
from tcptui.model.pcap_format import RECORD_HEADER_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.capture.child.ring_geometry import RingGeometry

#: Link types (pcap-linktype(7)): Ethernet, Linux cooked v2.
_ETHERNET, _COOKED = 1, 276
#: Byte offsets in struct tpacket_block_desc (linux/if_packet.h): status, packet count, offset of the first packet.
_STATUS, _COUNT, _FIRST = 8, 12, 16
#: Block status: owned by user space, owned by the kernel.
_OURS, _KERNELS = 1, 0
#: Offsets in struct tpacket3_hdr, first in 32-bit words, then in 16-bit words (data offset, VLAN TPID); last, byte
#: offsets from its start into the sockaddr_ll that follows it.
_SECONDS, _NANOSECONDS, _CAPTURED, _LENGTH, _FLAGS, _TAG = 1, 2, 3, 4, 5, 8
_DATA, _TAG_PROTOCOL = 12, 18
_PROTOCOL, _INTERFACE, _HARDWARE, _DIRECTION = 50, 52, 56, 58
#: PACKET_OUTGOING.
_OUTGOING: Final = 4
#: TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID.
_TAG_VALID, _TAG_PROTOCOL_VALID = 1 << 4, 1 << 6
_TAG_PROTOCOL_DEFAULT: Final = 0x8100
_TAG_BYTES: Final = 4
_COOKED_BYTES: Final = 20
#: Both MAC addresses: the bytes of a frame before its VLAN tag.
_ADDRESS_BYTES: Final = 12
#: Upper bound of iovec entries per `pwritev` call, IOV_MAX (POSIX allows less, Linux has always had 1024).
_PIECES: Final = 1024
#: A round takes at most one part in `_ROUND_SHARE` of the ring, and at most `_ROUND_BLOCKS` blocks: the rest of the
#: ring receives packets meanwhile, and between rounds a stop request is noticed.
_ROUND_SHARE: Final = 8
_ROUND_BLOCKS: Final = 32
#: After a round that found at most one part in `_CALM_SHARE` of a ring of at least `_ROOMY_BLOCKS` blocks, wait for
#: `_PAUSE` seconds: the cost of a round is then shared by several blocks, and at 1 GB/s a pause adds only 10 MB.
_CALM_SHARE: Final = 16
_ROOMY_BLOCKS: Final = 64
_PAUSE: Final = 0.01
#: The kernel hands over packets received before the filter was installed within this many seconds; they are in the
#: ring until this process, which may have been kept from its work, takes them.
_FILTER_SECONDS: Final = 1.0
_NS: Final = 1_000_000_000


class PacketRing:
    """The kernel ring of one active libpcap handle, mapped into this process a second time."""

    def __init__(self, pcap: Any, geometry: RingGeometry, filtered_from: int) -> None:
        """Map the ring; ``filtered_from`` as in `of`.  Raises OSError when the kernel does not allow that."""
        self._socket = socket.socket(fileno=os.dup(pcap.get_selectable_fd()))
        self._block_bytes, self._blocks = geometry.block_bytes, geometry.blocks
        try:
            self._map = mmap.mmap(self._socket.fileno(), geometry.block_bytes * geometry.blocks)
        except OSError:
            self._socket.close()
            raise
        self._words = memoryview(self._map).cast("I")
        self._octets = np.frombuffer(self._map, np.uint8)
        self._wide = np.frombuffer(self._map, np.uint32)
        self._short = np.frombuffer(self._map, np.uint16)
        self._address = self._octets.ctypes.data
        self._is_cooked = int(pcap.datalink()) == _COOKED
        self._snaplen = pcap.snapshot()
        self._loopback = interface_index("lo")
        self._block = 0
        self._round_blocks = max(1, min(_ROUND_BLOCKS, geometry.blocks // _ROUND_SHARE))
        self._is_calm = False
        self._fence = threading.Lock()
        #: When the filter came into force (ns since the epoch); older packets are discarded.  0: no check (any more).
        self._filtered_from = filtered_from
        #: Monotonic seconds: when the ring is found empty after this, there is nothing more to check.
        self._filtered_until = time.monotonic() + _FILTER_SECONDS
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.pwritev.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
        self._libc.pwritev.restype = ctypes.c_ssize_t

    @classmethod
    def of(cls, pcap: Any, filtered_from: int) -> PacketRing | None:
        """The ring of ``pcap``, whose own loop must not be used from now on; None where that loop is needed.

        Call it after the filter was installed.  ``filtered_from``: packets before this time (ns since the epoch) did
        not pass the filter; 0: there is none.
        """
        is_known = int(pcap.datalink()) in (_ETHERNET, _COOKED)
        if not is_known or pcap.get_tstamp_precision() != cypcap.TstampPrecision.NANO:
            return None
        if filtered_from and not has_kernel_filter(pcap.get_selectable_fd()):
            return None  # too long or unsupported in the kernel: libpcap runs it in user space
        geometry = ring_geometry(pcap.get_selectable_fd())
        try:
            return cls(pcap, geometry, filtered_from) if geometry is not None else None
        except OSError:
            return None

    def take(self, descriptor: int, offset: int, most: int | None) -> tuple[int, int]:
        """Write one round of the blocks that the kernel has handed over to the file ``descriptor``, at ``offset``.

        Writes at most ``most`` packets.  Returns the packets and bytes that should have been written; the caller
        compares the file's size to learn whether they were.
        """
        if self._is_calm:
            time.sleep(_PAUSE)
        is_filter_old = time.monotonic() > self._filtered_until  # before looking whether anything is left
        is_empty = False
        blocks: list[int] = []
        packets = array("q")
        while len(blocks) < self._round_blocks:
            status = (self._block * self._block_bytes + _STATUS) >> 2
            if not self._words[status] & _OURS:
                is_empty = True
                break
            with self._fence:  # memory barrier: read nothing of the block before its status
                self._walk(self._block * self._block_bytes, packets)
            blocks.append(status)
            self._block = (self._block + 1) % self._blocks
        pieces, octets = self._records(np.frombuffer(packets, np.int64), most)
        if is_filter_old and is_empty:
            self._filtered_from = 0  # else no packet would pass while a clock that was set back is behind
        self._write(descriptor, offset, pieces)
        with self._fence:
            for status in blocks:
                self._words[status] = _KERNELS
        self._is_calm = self._blocks >= _ROOMY_BLOCKS and len(blocks) * _CALM_SHARE <= self._blocks
        return len(pieces) // 2, octets

    def count_left(self, most: int | None) -> int:
        """How many packets, at most ``most``, the kernel has handed over that `take` was not called for any more."""
        packets = array("q")
        for number in range(self._blocks):
            start = (self._block + number) % self._blocks * self._block_bytes
            if not self._words[(start + _STATUS) >> 2] & _OURS:
                break
            with self._fence:
                self._walk(start, packets)
        return len(self._kept(np.frombuffer(packets, np.int64))[:most])

    def _walk(self, start: int, packets: array[int]) -> None:
        """Append the ring offset of each packet of the block at ``start`` to ``packets``."""
        words, at = self._words, start + self._words[(start + _FIRST) >> 2]
        note = packets.append
        for _ in range(words[(start + _COUNT) >> 2]):  # the only Python loop over packets
            note(at)
            at += words[at >> 2]

    @property
    def rounds(self) -> int:
        """How many calls of `take` empty a full ring."""
        return -(-self._blocks // self._round_blocks)

    def failure(self) -> int:
        """The socket's pending errno (SO_ERROR), or 0; reading clears it."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def close(self) -> None:
        """Unmap the ring; call it before libpcap's handle is closed."""
        self._words.release()
        del self._octets, self._wide, self._short
        self._map.close()
        self._socket.close()

    def _records(self, packet: NDArray[np.int64], most: int | None) -> tuple[NDArray[np.uint64], int]:
        """Turn packets into pcap records in place.

        Returns an array of shape (2n, 2), the memory address and size of each record's header and data (struct iovec),
        and the sum of the sizes.
        """
        packet = self._kept(packet)[:most]
        word = packet >> 2
        captured, flags = self._wide[word + _CAPTURED], self._wide[word + _FLAGS]
        data = packet + self._short[(packet >> 1) + _DATA]
        tagged = np.flatnonzero(flags & _TAG_VALID)
        if self._is_cooked:
            data = self._put_cooked_header(data, packet)
            captured += np.uint32(_COOKED_BYTES)
            self._wide[word + _LENGTH] += np.uint32(_COOKED_BYTES)
        elif len(tagged):
            data[tagged] = self._put_tags_back(data[tagged], packet[tagged], flags[tagged])
            captured[tagged] += _TAG_BYTES
            self._wide[word[tagged] + _LENGTH] += np.uint32(_TAG_BYTES)
        captured = np.minimum(captured, self._snaplen)
        self._wide[word + _CAPTURED] = captured
        pieces = np.empty((len(packet), 2, 2), np.uint64)
        # Seconds, nanoseconds, captured length, original length: already a pcap record header.
        pieces[:, 0, 0], pieces[:, 0, 1] = self._address + packet + 4 * _SECONDS, RECORD_HEADER_BYTES
        pieces[:, 1, 0], pieces[:, 1, 1] = self._address + data, captured
        return pieces.reshape(-1, 2), int(captured.sum(dtype=np.int64)) + RECORD_HEADER_BYTES * len(packet)

    def _kept(self, packet: NDArray[np.int64]) -> NDArray[np.int64]:
        """Without what libpcap would not deliver: outgoing copies on loopback, packets from before the filter."""
        outgoing = self._octets[packet + _DIRECTION] == _OUTGOING
        if outgoing.any():
            packet = packet[~(outgoing & (self._wide[(packet + _INTERFACE) >> 2] == self._loopback))]
        if self._filtered_from:
            word = packet >> 2
            times = self._wide[word + _SECONDS].astype(np.int64) * _NS + self._wide[word + _NANOSECONDS]
            packet = packet[times >= self._filtered_from]
        return packet

    def _put_tags_back(
        self, data: NDArray[np.int64], packet: NDArray[np.int64], flags: NDArray[np.uint32]
    ) -> NDArray[np.int64]:
        """Reinsert the VLAN tags (802.1Q) that the kernel keeps in the header; returns the new data offsets."""
        moved = data - _TAG_BYTES
        addresses = np.arange(_ADDRESS_BYTES)
        self._octets[moved[:, None] + addresses] = self._octets[data[:, None] + addresses]
        tag = np.empty((len(data), 2), ">u2")
        known = (flags & _TAG_PROTOCOL_VALID) != 0
        tag[:, 0] = np.where(known, self._short[(packet >> 1) + _TAG_PROTOCOL], _TAG_PROTOCOL_DEFAULT)
        tag[:, 1] = self._wide[(packet >> 2) + _TAG] & 0xFFFF
        self._octets[moved[:, None] + _ADDRESS_BYTES + np.arange(_TAG_BYTES)] = tag.view(np.uint8)
        return moved

    def _put_cooked_header(self, data: NDArray[np.int64], packet: NDArray[np.int64]) -> NDArray[np.int64]:
        """Write a LINKTYPE_LINUX_SLL2 header before the data, from the sockaddr_ll; returns the new data offsets."""
        header = np.zeros((len(packet), _COOKED_BYTES), np.uint8)
        header[:, 0:2] = self._octets[packet[:, None] + _PROTOCOL + np.arange(2)]
        header[:, 4:8] = self._wide[(packet + _INTERFACE) >> 2].astype(">u4")[:, None].view(np.uint8)
        header[:, 8:10] = self._short[(packet + _HARDWARE) >> 1].astype(">u2")[:, None].view(np.uint8)
        header[:, 10:20] = self._octets[packet[:, None] + _DIRECTION + np.arange(10)]
        start = data - _COOKED_BYTES
        self._octets[start[:, None] + np.arange(_COOKED_BYTES)] = header
        return start

    def _write(self, descriptor: int, offset: int, pieces: NDArray[np.uint64]) -> None:
        """Write these memory ranges one after another at ``offset``; stops silently when a write fails."""
        first = 0
        while first < len(pieces):
            chunk = pieces[first : first + _PIECES]
            written = self._libc.pwritev(descriptor, chunk.ctypes.data, len(chunk), offset)
            if written <= 0:
                return
            offset += written
            ends = np.cumsum(chunk[:, 1])
            whole = int(np.searchsorted(ends, written, side="right"))
            first += whole
            if whole < len(chunk):  # a short write within a piece: retry its rest; that write fails if the disk is full
                begun = written - (int(ends[whole - 1]) if whole else 0)
                chunk[whole] += np.array((begun, -begun)).astype(np.uint64)


def interface_index(name: str) -> int:
    """The index of the interface ``name``; 0 when there is none."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0
