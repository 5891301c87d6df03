"""The Internet checksum (RFC 1071) of IPv4 and TCP, and what offloading leaves of it.

A sender whose network card fills in TCP checksums hands the kernel's packet tap only the
*pseudo-header's* sum.  A capture made on that sender shows it, and no packet was damaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def tcp_checksums_ok(sources: list[bytes], destinations: list[bytes], segments: list[bytes]) -> NDArray[np.bool_]:
    """Whether each of ``segments`` is there and adds up; 0xFFFF and 0x0000 count as the same (RFC 1624, 3).

    Each is a whole segment, or empty.  Faster the more of them have the same length.
    """
    lengths = np.fromiter(map(len, segments), np.int64, len(segments))
    # What `pseudo_header` has besides the addresses; of a length of 32 bits, too, for 2**16 is 1 modulo 0xFFFF.
    sums = lengths + _TCP
    for parts in (sources, destinations, segments):
        sums += _sums(parts)
    # There is a 6, the protocol, so that no sum is 0.
    found: NDArray[np.bool_] = (lengths > 0) & (sums % 0xFFFF == 0)
    return found


def _sums(parts: list[bytes]) -> NDArray[np.int64]:
    """The sum of the 16-bit words of each of ``parts``, an odd last byte filled up with zero."""
    sums = np.zeros(len(parts), np.int64)
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    for length in sorted_unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        filled = b"\x00" * (length % 2)
        covered = filled.join([parts[at] for at in places.tolist()]) + filled
        sums[places] = np.frombuffer(covered, ">u2").reshape(len(places), -1).sum(axis=1, dtype=np.int64)
    return sums


def is_pseudo_header_sum(source: bytes, destination: bytes, length: int, checksum: int) -> bool:
    """Whether ``checksum`` is only the pseudo-header's sum: left for the network card to finish.

    ``length`` is that of the segment, header included.  Then the frame was captured on
    the host that sent it, and its checksum says nothing about damage.
    """
    return checksum == ones_complement_sum(pseudo_header(source, destination, length))
