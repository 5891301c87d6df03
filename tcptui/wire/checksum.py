"""The Internet checksum (RFC 1071) of IPv4 and TCP, and what offloading leaves of it.

A sender whose network card fills in TCP checksums hands the kernel's packet tap only the
*pseudo-header's* sum.  A capture made on that sender shows it, and no packet was damaged.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64

_TCP: Final = 6
#: Where the checksum stands in a TCP header.
_FIELD: Final = slice(16, 18)


def ones_complement_sum(data: bytes) -> int:
    """The 16-bit one's complement sum of ``data``, an odd last byte filled up with zero."""
    # 2**16 is 1 modulo 0xFFFF, so the sum of the words is the number itself, modulo 0xFFFF.
    number = int.from_bytes(data + b"\x00" * (len(data) % 2), "big")
    return number % 0xFFFF or (0xFFFF if number else 0)


def internet_checksum(data: bytes) -> int:
    """The checksum to be sent with ``data``, whose own checksum field is zero (RFC 1071, 1)."""
    return ~ones_complement_sum(data) & 0xFFFF


def pseudo_header(source: bytes, destination: bytes, length: int, protocol: int = _TCP) -> bytes:
    """What a transport checksum covers besides the segment itself.

    ``source`` and ``destination`` are addresses of 4 (RFC 9293, 3.1) or of 16 bytes
    (RFC 8200, 8.1); ``length`` is that of the segment, header included.
    """
    if len(source) == 4:
        return source + destination + bytes((0, protocol)) + length.to_bytes(2, "big")
    return source + destination + length.to_bytes(4, "big") + bytes((0, 0, 0, protocol))


def tcp_checksum(source: bytes, destination: bytes, segment: bytes) -> int:
    """The checksum that ``segment`` (TCP header and payload, at least 18 bytes) should carry."""
    blank = segment[: _FIELD.start] + b"\x00\x00" + segment[_FIELD.stop :]
    return internet_checksum(pseudo_header(source, destination, len(segment)) + blank)


class ChecksumState(StrEnum):
    """What is to be said of a segment's checksum."""

    GOOD = "good"
    BAD = "bad"
    OFFLOADED = "offloaded"
    """Left for the network card to fill in: 0, or only the pseudo-header's sum."""
    UNKNOWN = "unknown"
    """Not all of the segment was captured."""


def checksum_states(
    segments: list[bytes], sources: list[bytes], destinations: list[bytes]
) -> NDArray[np.object_]:  # fmt: skip
    """The `ChecksumState` of each segment (TCP header and payload, or empty); 0xFFFF and 0x0000 count as the same sum.

    The frame of one that is offloaded was captured on the host that sent it, and its checksum says nothing about
    damage (RFC 1624, 3).
    """
    lengths = np.fromiter(map(len, segments), np.int64, len(segments))
    last = np.cumsum(lengths)
    first, block = last - lengths, b"".join(segments)
    whole = np.flatnonzero(lengths >= _FIELD.stop)
    data, at = np.frombuffer(block, np.uint8), first[whole] + _FIELD.start
    fields = data[at].astype(np.int64) << 8 | data[at + 1]
    # What `pseudo_header` has besides the addresses; of a length of 32 bits, too, for 2**16 is 1 modulo 0xFFFF.
    pseudo = (lengths + _TCP + _address_sums(sources) + _address_sums(destinations))[whole]
    # There is a 6, the protocol, so that no sum is 0.
    folded = (pseudo - 1) % 0xFFFF + 1
    found = np.full(len(whole), ChecksumState.BAD, object)
    found[(fields == 0) | (fields == folded)] = ChecksumState.OFFLOADED
    found[(word_sums(block, first[whole], last[whole]) + pseudo) % 0xFFFF == 0] = ChecksumState.GOOD
    states = np.full(len(segments), ChecksumState.UNKNOWN, object)
    states[whole] = found
    return states


def word_sums(block: bytes, first: I64, last: I64) -> I64:
    """The sum of the 16-bit words of each of ``block[first:last]``, an odd last byte filled up with zero.

    Modulo 0xFFFF it is that sum; it is 0 only where all of them are zero.
    """
    # 2**16 is 1 modulo 0xFFFF, so words of 32 bits sum up to the same; so do those of the other byte order, but for a
    # factor of 256, and words that begin a byte earlier have the bytes of that other order.
    words = np.frombuffer(block + bytes(8 - len(block) % 4), "<u4")
    low = np.minimum(first + 3 & ~3, last)
    high = np.maximum(last & ~3, low)
    sums = np.zeros(len(first), np.int64)
    middle = np.flatnonzero(high > low)
    if len(middle):
        borders = np.stack((low[middle] >> 2, high[middle] >> 2), axis=1).ravel()
        sums[middle] = np.add.reduceat(words, borders, dtype=np.int64)[::2]
    data = words.view(np.uint8)
    for begin, end in ((first, low), (high, last)):
        for at in range(3):
            place = begin + at
            sums += np.where(place < end, data[place].astype(np.int64) << (place & 1) * 8, 0)
    return np.where(first & 1, sums, sums % 0xFFFF * 256 + (sums > 0) * 0xFFFF)


def _address_sums(parts: list[bytes]) -> I64:
    """The sum of the 16-bit words of each of ``parts``, addresses of 4 or of 16 bytes."""
    sums = np.zeros(len(parts), np.int64)
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    for length in sorted_unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        covered = b"".join([parts[at] for at in places.tolist()])
        sums[places] = np.frombuffer(covered, ">u2").reshape(len(places), -1).sum(axis=1, dtype=np.int64)
    return sums
