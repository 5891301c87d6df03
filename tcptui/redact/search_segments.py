"""TCP segments in plain sight as the search finds them, a stretch of packets at once.

Of these, which most packets are, `search_headers.headers_of` would say that all up to the payload is a header, and the
rest content.  Where anything is unusual (tags, tunnels, options of IP, a header that was cut) a packet is none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.redact.search_headers import ETHERNET, LINK_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.redact.stretches import Stretch

    U8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_TCP = 6
_HEAD_4, _HEAD_6, _HEAD_TCP = 20, 40, 20
_LONGEST_6 = 0x8000


class PlainSegments(NamedTuple):
    """The plain segments of a stretch; places are those in its data."""

    is_plain: Mask
    """Of each packet of the stretch."""
    rows: I64
    """Which packets these are, ascending; the columns below are of these."""
    addresses: I64
    """Where the sender's address is, the other one and the ports behind it."""
    size: I64
    """Bytes of an address."""
    payload: I64
    links: tuple[tuple[I64, int], ...]
    """Places of link addresses, and how many of these stand there one behind the other."""

    def each(self, data: bytes) -> Iterator[tuple[int, frozenset[int], bytes]]:
        """Of each where its payload begins, its ports, and addresses and ports from the sender's on."""
        ends = self.addresses + 2 * self.size + 4
        ports = self.ports(np.frombuffer(data, np.uint8))
        columns = (self.payload, *ports, self.addresses, ends)
        for payload, port, other, first, last in zip(*(column.tolist() for column in columns), strict=True):
            yield payload, frozenset((port, other)), data[first:last]

    def ports(self, octets: U8) -> tuple[I64, I64]:
        """The ports of each."""
        at = self.addresses + 2 * self.size
        return _word(octets, at), _word(octets, at + 2)

    def hosts(self, octets: U8) -> set[bytes]:
        """All addresses and link addresses."""
        return self.network_addresses(octets) | self.link_addresses(octets)

    def network_addresses(self, octets: U8) -> set[bytes]:
        """All addresses of 4 and 16 bytes."""
        found: set[bytes] = set()
        for size in (4, 16):
            at = self.addresses[self.size == size]
            found |= _distinct(octets, (at, at + size), size)
        return found

    def link_addresses(self, octets: U8) -> set[bytes]:
        """All link addresses."""
        found: set[bytes] = set()
        for at, count in self.links:
            found |= _distinct(octets, (at + 6 * number for number in range(count)), 6)
        return found


def plain_segments(one: Stretch) -> PlainSegments:
    """The plain segments of a stretch."""
    octets = np.frombuffer(one.data, np.uint8)
    network = np.zeros(len(one.begin), np.int64)
    is_4, is_6 = np.zeros((2, len(one.begin)), np.bool_)
    for link in np.unique(one.links).tolist():
        of_link = np.flatnonzero(one.links == link)
        size = LINK_HEADERS.get(link, (0, ()))[0]
        network[of_link] = one.begin[of_link] + size
        of_link = of_link[one.end[of_link] - network[of_link] >= _HEAD_4 + _HEAD_TCP]
        at = network[of_link]
        kind = _word(octets, at - 2) if link == ETHERNET else None
        is_4[of_link] = (kind is None or kind == 0x0800) & _is_ipv4_tcp(octets, at)
        if kind is not None or size in (0, 4):
            fits = one.end[of_link] - at >= _HEAD_6 + _HEAD_TCP
            of_link, at = of_link[fits], at[fits]
            is_6[of_link] = (kind is None or kind[fits] == 0x86DD) & _is_ipv6_tcp(octets, at)
    rows = np.flatnonzero(is_4 | is_6)
    four = is_4[rows]
    tcp = network[rows] + np.where(four, _HEAD_4, _HEAD_6)
    payload = tcp + np.maximum((octets[tcp + 12] >> 4).astype(np.int64) * 4, _HEAD_TCP)
    whole = payload <= one.end[rows]
    rows, four, payload = rows[whole], four[whole], payload[whole]
    is_plain = np.zeros(len(one.begin), np.bool_)
    is_plain[rows] = True
    return PlainSegments(
        is_plain, rows, network[rows] + np.where(four, 12, 8), np.where(four, 4, 16), payload,
        tuple(_link_addresses(one, rows)),
    )  # fmt: skip


def _link_addresses(one: Stretch, rows: I64) -> Iterable[tuple[I64, int]]:
    links = one.links[rows]
    for link in np.unique(links).tolist():
        places = LINK_HEADERS.get(link, (0, ()))[1]
        if places:
            yield one.begin[rows[links == link]] + places[0], len(places)


def _is_ipv4_tcp(octets: U8, at: I64) -> Mask:
    """Whether there is a header without options, whose checksum holds or is left out, of a segment's beginning."""
    words = [_word(octets, at + place) for place in range(0, _HEAD_4, 2)]
    holds = (sum(words) % 0xFFFF == 0) | (words[5] == 0)
    is_first = (words[3] & 0x1FFF) == 0
    fits = (words[1] >= _HEAD_4) | (words[1] == 0)
    found: Mask = (octets[at] == 0x45) & (octets[at + 9] == _TCP) & holds & is_first & fits
    return found


def _is_ipv6_tcp(octets: U8, at: I64) -> Mask:
    found: Mask = (octets[at] >> 4 == 6) & (octets[at + 6] == _TCP) & (_word(octets, at + 4) <= _LONGEST_6)
    return found


def _word(octets: U8, at: I64) -> I64:
    return octets[at].astype(np.int64) << 8 | octets[at + 1]


def _distinct(octets: U8, places: Iterable[I64], size: int) -> set[bytes]:
    """The values of ``size`` bytes that stand at ``places``."""
    width = -(-size // 8) * 8
    found: set[bytes] = set()
    for at in places:
        wide = np.zeros((len(at), width), np.uint8)
        wide[:, :size] = octets[at[:, None] + np.arange(size)]
        numbers = wide.view(np.uint64)
        every = np.unique(numbers) if width == 8 else np.unique(numbers, axis=0)
        found |= {value[:size] for value in map(bytes, every.reshape(-1, width // 8).view(np.uint8))}
    return found
