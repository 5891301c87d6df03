"""Fields at fixed places in headers, and how their values are taken from the bytes of thousands of packets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.model.field import FieldType as T
from tcptui.session.filtering.occurrences import array_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Place(NamedTuple):
    """Where a field is: in which header, how far in, how many bytes, which bits of them (0: all), in units of what."""

    header: str
    """``network``: IPv4 or IPv6."""
    offset: int
    size: int
    mask: int = 0
    unit: int = 1


PLACES: Final = {
    "eth.dst": Place("eth", 0, 6),
    "eth.src": Place("eth", 6, 6),
    "eth.dst.oui": Place("eth", 0, 3),
    "eth.src.oui": Place("eth", 6, 3),
    "eth.dst.lg": Place("eth", 0, 1, 0x02),
    "eth.src.lg": Place("eth", 6, 1, 0x02),
    "eth.dst.ig": Place("eth", 0, 1, 0x01),
    "eth.src.ig": Place("eth", 6, 1, 0x01),
    "eth.type": Place("eth", 12, 2),
    "ip.version": Place("network", 0, 1, 0xF0),
    "ip.hdr_len": Place("ip", 0, 1, 0x0F, 4),
    "ip.dsfield": Place("ip", 1, 1),
    "ip.dsfield.dscp": Place("ip", 1, 1, 0xFC),
    "ip.dsfield.ecn": Place("ip", 1, 1, 0x03),
    "ip.len": Place("ip", 2, 2),
    "ip.id": Place("ip", 4, 2),
    "ip.flags": Place("ip", 6, 1, 0xE0),
    "ip.flags.rb": Place("ip", 6, 1, 0x80),
    "ip.flags.df": Place("ip", 6, 1, 0x40),
    "ip.flags.mf": Place("ip", 6, 1, 0x20),
    "ip.frag_offset": Place("ip", 6, 2, 0x1FFF),
    "ip.ttl": Place("ip", 8, 1),
    "ip.proto": Place("ip", 9, 1),
    "ip.checksum": Place("ip", 10, 2),
    "ip.src": Place("ip", 12, 4),
    "ip.dst": Place("ip", 16, 4),
    "ipv6.version": Place("ipv6", 0, 1, 0xF0),
    "ipv6.tclass": Place("ipv6", 0, 2, 0x0FF0),
    "ipv6.tclass.dscp": Place("ipv6", 0, 2, 0x0FC0),
    "ipv6.tclass.ecn": Place("ipv6", 0, 2, 0x0030),
    "ipv6.flow": Place("ipv6", 1, 3, 0xFFFFF),
    "ipv6.plen": Place("ipv6", 4, 2),
    "ipv6.nxt": Place("ipv6", 6, 1),
    "ipv6.hlim": Place("ipv6", 7, 1),
    "ipv6.src": Place("ipv6", 8, 16),
    "ipv6.dst": Place("ipv6", 24, 16),
    "tcp.checksum": Place("tcp", 16, 2),
    "tcp.urgent_pointer": Place("tcp", 18, 2),
    "udp.srcport": Place("udp", 0, 2),
    "udp.dstport": Place("udp", 2, 2),
    "udp.length": Place("udp", 4, 2),
    "udp.checksum": Place("udp", 6, 2),
}


def in_order(names: tuple[str, ...]) -> list[str]:
    """``names`` in the order of their places, which is that of their values in the packet."""
    return sorted(names, key=lambda name: PLACES[name].offset)


def numbers_at(data: NDArray[np.uint8], at: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The numbers of ``size`` bytes, at most 8, in network order."""
    cells = data[at[:, None] + np.arange(size)]
    found = np.zeros(len(at), np.int64)
    for column in range(size):
        found = found << 8 | cells[:, column]
    return found


def values_at(data: NDArray[np.uint8], begin: NDArray[np.int64], place: Place, kind: T) -> NDArray[Any]:
    """The values of a field, of type ``kind``, in headers that begin at ``begin``."""
    at = begin + place.offset
    if kind in (T.ETHER, T.IPV6):
        raw = data[at[:, None] + np.arange(place.size)].tobytes()
        return array_of(kind, [raw[start : start + place.size] for start in range(0, len(raw), place.size)])
    found = numbers_at(data, at, place.size)
    if place.mask:
        found = (found & place.mask) >> ((place.mask & -place.mask).bit_length() - 1)
    return found * place.unit
