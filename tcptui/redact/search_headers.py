"""Headers as the search finds them: by parsers of its own, which share nothing with what rewrote the packets.

An IPv4 header is found wherever its checksum holds, in whatever tunnel or quotation; an IPv6 header where version and
length fit.  What a header says in numbers is marked, so that it is neither searched nor taken for content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

#: Bytes of the link header, by link type, and where link addresses stand in it, one behind the other.
ETHERNET: Final = 1
LINK_HEADERS: Final = {1: (14, (0, 6)), 113: (16, (6,)), 276: (20, (12,)), 0: (4, ()), 108: (4, ())}
#: A header that may begin at a byte, by its version and the protocols that are found in tunnels and quotations.
_MAY_BEGIN_4: Final = re.compile(rb"(?=[\x45-\x4f].{8}[\x01\x02\x04\x06\x11\x29\x2f\x32\x33\x3a\x84])", re.DOTALL)
_MAY_BEGIN_6: Final = re.compile(rb"(?=[\x60-\x6f].{5}[\x00\x04\x06\x11\x29\x2b\x2c\x2f\x3a\x3c])", re.DOTALL)
#: Bodies of TCP options that are numbers: largest segment, scale, SACK blocks, timestamps, data sequence numbers.
_NUMBERS: Final = frozenset({2, 3, 4, 5, 8, 28})
_TCP: Final = 6
#: Hardware and protocol of ARP, with the sizes of their addresses where these are usual.
_ARP: Final = b"\x00\x01\x08\x00\x06\x04"
_ARP_TYPE: Final = b"\x08\x06"
_ARP_HEAD: Final = 8
#: Kinds of ICMPv6 that quote a packet; that discover neighbours, with where their options begin.
_QUOTING_6: Final = frozenset({1, 2, 3, 4})
_OPTIONS_6: Final = {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}
_QUOTES_MOST: Final = 8
#: Bits of a router's prefix that are some site's, and not a range that stays.
_LONG_PREFIX: Final = 48
#: Ethertypes of PPPoE: discovery, session.  Of its header and of PPP's, so many bytes.
_PPPOE: Final = frozenset({0x8863, 0x8864})
_PPPOE_HEAD: Final = 8
#: Bytes of tags and shims between a link header and IP.
_BETWEEN_MOST: Final = 16
#: Where the first IP header stands behind usual links.
_STARTS: Final = (0, 4, 14, 16, 18, 20)
_NUMBER_SUBTYPES: Final = frozenset({2, 4, 5, 6, 8})


@dataclass(slots=True)
class Found:
    """Addresses and numbers in one packet's headers."""

    marked: bytearray
    """1 for each byte of a header that is a number or an address."""
    searched: bytearray
    """1 for each byte that is no number of a header: there an address may be hidden."""
    addresses: set[bytes] = field(default_factory=set)
    """Addresses of 4 or 16 bytes."""
    macs: set[bytes] = field(default_factory=set)
    ports: set[int] = field(default_factory=set)
    direction: bytes = b""
    """Addresses and ports of the innermost TCP segment, from the sender's on; empty without one."""
    quotes: int = 0
    """Packets of IPv6 found so far that others quote: hostile ones quote themselves without end."""
    is_segment: bool = False
    """The outermost IP header carries TCP."""

    @property
    def every(self) -> set[bytes]:
        """All addresses, of links, too."""
        return self.addresses | self.macs


def headers_of(data: bytes, link: int) -> Found:
    """The headers of a packet."""
    found = Found(bytearray(len(data)), bytearray(b"\1" * len(data)))
    size, places = LINK_HEADERS.get(link, (0, ()))
    if len(data) >= size and size:
        found.marked[:size] = b"\1" * size
        found.macs = {data[at : at + 6] for at in places}
    if link == ETHERNET:
        _between(data, found)
    done = _outermost(data, size, found)
    if found.is_segment:  # what TCP carries is content, whatever it looks like
        _mark_between(found, size)
        return found
    for one in _MAY_BEGIN_4.finditer(data, done):
        at = one.start()
        if at >= done and len(data) >= at + 20 and _is_header_4(data, at):
            done = _header_4(data, at, found)
    for one in _MAY_BEGIN_6.finditer(data):
        if not found.marked[one.start()] and _is_header_6(data, one.start(), size):
            _header_6(data, one.start(), found)
    _arp(data, found)
    _mark_between(found, size)
    return found


def _outermost(data: bytes, size: int, found: Found) -> int:
    """Mark the first header behind a link header of ``size`` bytes, tags included; returns where it ends, or 0."""
    for at in _STARTS:
        if at < size or len(data) < at + 20:
            continue
        if data[at] >> 4 == 4 and _is_header_4(data, at):
            found.is_segment = data[at + 9] == _TCP and not int.from_bytes(data[at + 6 : at + 8]) & 0x1FFF
            return _header_4(data, at, found)
        if data[at] >> 4 == 6 and _is_header_6(data, at, size):
            found.is_segment = data[at + 6] == _TCP
            return _header_6(data, at, found)
    return 0


def _between(data: bytes, found: Found) -> None:
    """Mark what stands behind Ethernet's header by its type, or by its length, and is no IP."""
    kind = int.from_bytes(data[12:14])
    if kind in _PPPOE:
        _mark(found, 14, _PPPOE_HEAD)
    elif data[12:14] == _ARP_TYPE:
        _mark(found, 14, _ARP_HEAD)
    elif kind < 0x0600:
        _mark(found, 14, 8 if data[14:17] == b"\xaa\xaa\x03" else 3)


def _mark_between(found: Found, size: int) -> None:
    """Mark tags and shims between the link header and the first other one."""
    first = found.marked.find(b"\1", size)
    if size and 0 < first - size <= _BETWEEN_MOST:
        _mark(found, size, first - size)


def _arp(data: bytes, found: Found) -> None:
    at = data.find(_ARP)
    while at >= 0:
        if len(data) >= at + 28:
            found.macs |= {data[at + 8 : at + 14], data[at + 18 : at + 24]}
            found.addresses |= {data[at + 14 : at + 18], data[at + 24 : at + 28]}
            _mark(found, at, 28)
            _link_before(data, at, found)
        at = data.find(_ARP, at + 1)


def _link_before(data: bytes, at: int, found: Found) -> None:
    """Mark the Ethernet header before an inner header, if there is one."""
    if (
        at >= 14
        and data[at - 2 : at] in (b"\x08\x00", b"\x86\xdd", b"\x08\x06")
        and not any(found.marked[at - 14 : at])
    ):
        _mark(found, at - 14, 14)
        found.macs |= {data[at - 14 : at - 8], data[at - 8 : at - 2]}


def _mark(found: Found, at: int, size: int) -> None:
    end = min(at + size, len(found.marked))
    found.marked[at:end] = b"\1" * max(end - at, 0)


def _number(found: Found, at: int, size: int) -> None:
    _mark(found, at, size)
    end = min(at + size, len(found.searched))
    found.searched[at:end] = bytes(max(end - at, 0))


def _is_header_4(data: bytes, at: int) -> bool:
    size = (data[at] & 15) * 4
    header = data[at : at + size]
    if size < 20 or len(header) < size or (int.from_bytes(header[2:4]) < size and header[2:4] != b"\0\0"):
        return False
    if at in _STARTS and header[10:12] == b"\0\0":
        return True  # the network card was to fill it in
    return int.from_bytes(header) % 0xFFFF == 0


def _header_4(data: bytes, at: int, found: Found) -> int:
    """Mark a header, and that of the transport behind it; returns where that ends."""
    size = (data[at] & 15) * 4
    _link_before(data, at, found)
    _mark(found, at, size)
    _number(found, at, 12)
    found.addresses |= {data[at + 12 : at + 16], data[at + 16 : at + 20]}
    found.direction = data[at + 12 : at + 20]
    if int.from_bytes(data[at + 6 : at + 8]) & 0x1FFF:
        return at + size
    return _transport(data, at + size, data[at + 9], found)


def _is_header_6(data: bytes, at: int, link: int) -> bool:
    if len(data) < at + 40 or int.from_bytes(data[at + 4 : at + 6]) > 0x8000:
        return False
    length = int.from_bytes(data[at + 4 : at + 6])
    return (at == link and link in (0, 4)) or data[at - 2 : at] == b"\x86\xdd" or length == len(data) - at - 40


def _header_6(data: bytes, at: int, found: Found) -> int:
    _link_before(data, at, found)
    _number(found, at, 8)
    _mark(found, at, 40)
    found.addresses |= {data[at + 8 : at + 24], data[at + 24 : at + 40]}
    found.direction = data[at + 8 : at + 40]
    following, here = data[at + 6], at + 40
    for _ in range(8):
        if following not in (0, 43, 44, 60) or len(data) < here + 8:
            break
        size = 8 if following == 44 else (data[here + 1] + 1) * 8
        _mark(found, here, min(size, 8))
        following, here = data[here], here + size
    if following == 58 and len(data) >= here + 8:
        _icmp6(data, here, found)
    return _transport(data, here, following, found)


def _icmp6(data: bytes, at: int, found: Found) -> None:
    kind = data[at]
    if kind in _QUOTING_6:
        _mark(found, at, 8)
        _quoted_6(data, at + 8, found)
    if kind not in _OPTIONS_6:
        return
    here = at + _OPTIONS_6[kind]
    _mark(found, at, here - at)
    if kind >= 135:
        found.addresses |= {data[one : one + 16] for one in range(at + 8, here, 16) if len(data) >= one + 16}
    while here + 8 <= len(data) and data[here + 1]:
        size = data[here + 1] * 8
        if data[here] == 3 and size == 32 and len(data) >= here + 32:
            _mark(found, here, 32)
            if data[here + 2] >= _LONG_PREFIX:
                found.addresses.add(data[here + 16 : here + 32])
        elif data[here] in (1, 2) and size == 8:
            _mark(found, here, 8)
            found.macs.add(data[here + 2 : here + 8])
        elif data[here] == 4:
            _mark(found, here, 8)
            _quoted_6(data, here + 8, found)
        else:
            _mark(found, here, 2)
        here += size


def _quoted_6(data: bytes, at: int, found: Found) -> None:
    if len(data) >= at + 40 and data[at] >> 4 == 6 and found.quotes < _QUOTES_MOST:
        found.quotes += 1
        _header_6(data, at, found)


def _transport(data: bytes, at: int, protocol: int, found: Found) -> int:
    if protocol in (6, 17) and len(data) >= at + 4:
        found.ports |= {int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])}
    found.direction = found.direction + data[at : at + 4] if protocol == _TCP else b""
    if protocol == _TCP:
        size = max((data[at + 12] >> 4) * 4, 20) if len(data) > at + 12 else 20
        _number(found, at, 20)
        _options(data, at + 20, min(at + size, len(data)), found)
        return at + size
    if protocol == 17:
        _number(found, at, 8)
        ports = {int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])}
        if ports & {4789, 8472}:
            _number(found, at + 8, 8)
        elif 6081 in ports and len(data) > at + 8:
            _number(found, at + 8, 8)
            here, end = at + 16, at + 16 + (data[at + 8] & 0x3F) * 4
            while here + 4 <= min(end, len(data)):
                _number(found, here, 4)
                here += 4 + (data[here + 3] & 0x1F) * 4
        return at + 8
    if protocol in (1, 58):
        _number(found, at, 8)
        return at + 8
    if protocol == 47:
        _number(found, at, 16)
        return at + 4
    return at


def _options(data: bytes, at: int, end: int, found: Found) -> None:
    _mark(found, at, end - at)
    while at + 1 < end:
        kind = data[at]
        if kind < 2:
            at += 1
            continue
        size = max(data[at + 1], 2)
        is_number = kind in _NUMBERS or (kind == 30 and at + 2 < end and data[at + 2] >> 4 in _NUMBER_SUBTYPES)
        if is_number:
            _number(found, at, min(size, end - at))
        at += size
