"""Headers of packets that are no TCP segments: which protocol, between whom; for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.other_protocol import (
    ARP,
    DTLS,
    FIRST_EPHEMERAL,
    FRAGMENT,
    ICMP,
    ICMPV6,
    QUIC,
    STUN,
    UDP_SERVICES,
    Space,
)
from tcptui.wire.ip import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP
from tcptui.wire.noted_headers import walk_noting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.wire.header_walk import I64, Bool, Frames, Heads
    from tcptui.wire.noted_headers import NotingFrames

#: IP protocols whose header begins with two ports.
_WITH_PORTS: Final = np.array((PROTOCOL_TCP, PROTOCOL_UDP, 33, 132, 136))
#: ICMP and ICMPv6 messages with an identifier in their fifth and sixth byte: echo, timestamp.
_IDENTIFIED: Final = {PROTOCOL_ICMP: (0, 8, 13, 14), PROTOCOL_ICMPV6: (128, 129)}
_ETHERNET: Final = 1
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_LARGEST_LENGTH: Final = 1500
_SNAP: Final = 0xAA
_CISCO_ORGANISATION: Final = 0x00000C
_STUN_COOKIE: Final = 0x2112A442
#: Versions of QUIC whose long headers are known by content: 1, 2 (RFC 9369), and drafts of version 1.
_QUIC_VERSIONS: Final = (0x00000001, 0x6B3343CF)
_QUIC_DRAFTS: Final = 0xFF000000
_UDP_HEADER: Final = 8
#: Kinds of addresses: `Endpoints.version`.
NO_ADDRESS: Final = 2
MAC_ADDRESS: Final = 1


@dataclass(frozen=True, slots=True)
class _Last:
    """The last headers that the walk noted, one entry per packet."""

    space: I64
    """`Space` of `number`: ETHERTYPE or IP; 0 where neither was reached."""
    number: I64
    """Ethertype or IP protocol that was reached last."""
    at_header: I64
    """Offset of the header that `number` names."""
    icmp: I64
    """Offset of the innermost ICMP header that is not quoted; -1 without one."""
    icmp_number: I64
    icmp_address: NDArray[np.uint64]
    icmp_version: I64
    icmp_end: I64

    @classmethod
    def of(cls, batch: NotingFrames) -> _Last:
        zero = np.zeros(len(batch.every), np.int64)
        last = cls(zero, zero.copy(), zero - 1, zero - 1, zero.copy(), np.zeros((4, len(zero)), np.uint64),
                   zero.copy(), zero.copy())  # fmt: skip
        for note in batch.notes:
            last.space[note.frame], last.number[note.frame] = note.space, note.number
            last.at_header[note.frame] = note.offset
            if note.space is Space.IP:
                says = ((note.number == PROTOCOL_ICMP) | (note.number == PROTOCOL_ICMPV6)) & ~note.quoted
                some = note.frame[says]
                last.icmp[some], last.icmp_number[some] = note.offset[says], note.number[says]
                last.icmp_address[:, some], last.icmp_version[some] = note.address[:, says], note.version[says]
                last.icmp_end[some] = note.end[says]
        return last


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Who talks to whom, one column per packet; nothing known: `NO_ADDRESS`."""

    address: NDArray[np.uint64]
    """4 x n: source high, low, destination high, low."""
    version: I64
    """4, 6, `MAC_ADDRESS` or `NO_ADDRESS`."""
    source_port: I64
    """A port or an identifier, 0 without one."""
    target_port: I64


@dataclass(frozen=True, slots=True)
class OtherHeaders:
    """What the headers of packets say, one entry per packet."""

    protocol: I64
    """Codes (`model.other_protocol`)."""
    at_header: I64
    """Offset of the header of that protocol, for UDP's protocols of UDP's header; -1 where it is not known."""
    ends: Endpoints
    quoting: I64
    """Of packets that quote another one the code of its protocol, else -1."""
    quoted: Endpoints
    """Who talked to whom in the packet that is quoted."""


def read_other_headers(heads: Heads) -> OtherHeaders:
    """Read the packets that begin with ``heads``."""
    batch = walk_noting(heads)
    last, n = _Last.of(batch), len(heads.start)
    pieces = np.zeros(n, np.bool_)
    pieces[[frame for frame, _offset in batch.fragments]] = True
    pieces |= batch.partial
    # A later fragment that could not be kept goes no further than the header that was sound.
    pieces |= (last.space == Space.ETHERTYPE) & (last.number == _IPV4) & (batch.network == last.at_header)
    inner = _ends(batch, last, pieces)
    own = _protocols(batch, heads.links, pieces, last)
    is_icmp = last.icmp >= 0
    quoting: I64 = np.where(batch.quoted & is_icmp, own, -1)
    protocol = np.where(is_icmp, np.where(last.icmp_number == PROTOCOL_ICMP, ICMP, ICMPV6), own)
    at_header: I64 = np.where(is_icmp, last.icmp, last.at_header)
    identifier = _identifiers(batch, last)
    ends = Endpoints(
        np.where(is_icmp, last.icmp_address, inner.address),
        np.where(is_icmp, last.icmp_version, inner.version),
        np.where(is_icmp, identifier, inner.source_port),
        np.where(is_icmp, identifier, inner.target_port),
    )
    _link_addresses(batch, heads.links, ends)
    return OtherHeaders(protocol, at_header, ends, quoting, inner)


@lru_cache(maxsize=4096)
def address_text(high: int, low: int, version: int) -> str:
    """An address of `Endpoints`, whose two words and version these are, as text; empty for `NO_ADDRESS`."""
    if version == NO_ADDRESS:
        return ""
    if version == MAC_ADDRESS:
        return low.to_bytes(6, "big").hex(":")
    return str(ip_address((high << 64 | low).to_bytes(16, "big") if version == 6 else low.to_bytes(4, "big")))


def udp_payload(datagram: bytes) -> bytes:
    """The payload of a UDP datagram, by its length field where that can be."""
    said = int.from_bytes(datagram[4:6], "big")
    return datagram[_UDP_HEADER : said if said >= _UDP_HEADER else len(datagram)]


def _protocols(batch: Frames, link_types: I64, pieces: Bool, last: _Last) -> I64:
    space, number, at = last.space, last.number, last.at_header
    found = np.where(space == 0, Space.LINK << 16 | link_types, space << 16 | number)
    lengths = (space == Space.ETHERTYPE) & (number <= _LARGEST_LENGTH)
    if lengths.any():
        frames = np.flatnonzero(lengths)
        found[frames] = _llc(batch, frames, at[frames])
    datagrams = np.flatnonzero((space == Space.IP) & (number == PROTOCOL_UDP) & ~pieces)
    if len(datagrams):
        found[datagrams] = Space.UDP << 16 | _services(batch, datagrams, at[datagrams])
    found[pieces] = FRAGMENT
    return found


def _llc(batch: Frames, frames: I64, offsets: I64) -> I64:
    head = batch.read(frames, offsets, 8).astype(np.int64)
    sap = np.where(batch.held(frames, offsets, 1), head[:, 0], 0)
    owner = head[:, 3] << 16 | head[:, 4] << 8 | head[:, 5]
    cisco = (sap == _SNAP) & (owner == _CISCO_ORGANISATION) & batch.held(frames, offsets, 8)
    return np.where(cisco, Space.CISCO << 16 | head[:, 6] << 8 | head[:, 7], Space.LLC << 16 | sap)


def _services(batch: Frames, frames: I64, offsets: I64) -> I64:
    """The numbers in `Space.UDP` of the datagrams at ``offsets``: by the lower port that is known, else by content."""
    head = batch.read(frames, offsets, 16)
    words = head.view(">u2").astype(np.int64)
    with_ports = batch.held(frames, offsets, 4)
    low, high = np.minimum(words[:, 0], words[:, 1]), np.maximum(words[:, 0], words[:, 1])
    first, second = UDP_SERVICES[low].astype(np.int64), UDP_SERVICES[high].astype(np.int64)
    named = np.where(first > 0, first, second)
    service = np.where(named > 0, named, np.where(low < FIRST_EPHEMERAL, low, 0))
    with_bytes = batch.held(frames, offsets, 16) & ~batch.quoted[frames]
    numbers = head.view(">u4").astype(np.int64)
    flags = head[:, 8].astype(np.int64)
    version = numbers[:, 2] & 0xFFFFFF, head[:, 12].astype(np.int64)
    long_version = version[0] << 8 | version[1]
    known = np.isin(long_version, _QUIC_VERSIONS) | (long_version & 0xFFFFFF00 == _QUIC_DRAFTS)
    quic = with_bytes & (flags & 0xC0 == 0xC0) & known
    stun = with_bytes & (flags < 4) & (numbers[:, 3] == _STUN_COOKIE)
    dtls = with_bytes & (flags >= 20) & (flags <= 25) & np.isin(numbers[:, 2] >> 8 & 0xFFFF, (0xFEFD, 0xFEFF))
    by_content = (named == 0) | (named == QUIC & 0xFFFF)
    # The first bit after the form is fixed (RFC 9000, 17): what lacks it on QUIC's port is something else.
    unlike = (named == QUIC & 0xFFFF) & with_bytes & (flags & 0x40 == 0) & ~quic
    service = np.where(unlike & (named == QUIC & 0xFFFF), 0, service)
    for mine, code in ((stun, STUN), (dtls, DTLS), (quic, QUIC)):
        service = np.where(by_content & mine, code & 0xFFFF, service)
    return np.where(with_ports, service, 0)


def _ends(batch: Frames, last: _Last, pieces: Bool) -> Endpoints:
    """Addresses and ports by the innermost headers, quoted ones included."""
    n = len(batch.every)
    address, version = batch.address, np.where(batch.network >= 0, batch.version, NO_ADDRESS)
    source_port, target_port = np.zeros(n, np.int64), np.zeros(n, np.int64)
    with_ports = (last.space == Space.IP) & np.isin(last.number, _WITH_PORTS) & ~pieces
    frames = np.flatnonzero(with_ports)
    if len(frames):
        at = last.at_header[frames]
        held = batch.held(frames, at, 4)
        words = batch.read(frames, at, 4).view(">u2").astype(np.int64)
        source_port[frames], target_port[frames] = np.where(held[:, None], words, 0).T
    ethertypes = last.space == Space.ETHERTYPE
    link_only = ethertypes & (batch.network != last.at_header)
    version = np.where(link_only, NO_ADDRESS, version)
    asking = np.flatnonzero(link_only & (last.number == ARP & 0xFFFF))
    if len(asking):
        _arp_addresses(batch, asking, last.at_header[asking], address, version)
    return Endpoints(address, version, source_port, target_port)


def _arp_addresses(batch: Frames, frames: I64, at: I64, address: NDArray[np.uint64], version: I64) -> None:
    """Fill in the protocol addresses of sender and target (RFC 826) where they are IPv4."""
    head = batch.read(frames, at, 8).astype(np.int64)
    hardware = head[:, 4]
    sound = (head[:, 2] << 8 | head[:, 3] == _IPV4) & (head[:, 5] == 4)
    sound &= batch.held(frames, at, 8) & batch.held(frames, at + 8, 0)
    sound &= at + 16 + 2 * hardware <= np.minimum(batch.captured[frames], batch.end[frames])
    frames, at, hardware = frames[sound], at[sound], hardware[sound]
    for place, offsets in ((1, at + 8 + hardware), (3, at + 12 + 2 * hardware)):
        address[place - 1, frames] = 0
        address[place, frames] = batch.read(frames, offsets, 4).view(">u4")[:, 0]
    version[frames] = 4


def _identifiers(batch: Frames, last: _Last) -> I64:
    """Identifiers of ICMP echo and timestamp messages; 0 elsewhere."""
    found = np.zeros(len(batch.every), np.int64)
    frames = np.flatnonzero(last.icmp >= 0)
    if not len(frames):
        return found
    at = last.icmp[frames]
    head = batch.read(frames, at, 8)
    kind, number = head[:, 0], last.icmp_number[frames]
    mine = np.zeros(len(frames), np.bool_)
    for protocol, kinds in _IDENTIFIED.items():
        mine |= (number == protocol) & np.isin(kind, kinds)
    mine &= at + 8 <= np.minimum(batch.captured[frames], last.icmp_end[frames])
    found[frames[mine]] = head.view(">u2")[mine, 2]
    return found


def _link_addresses(batch: Frames, link_types: I64, ends: Endpoints) -> None:
    """Fill in Ethernet's addresses where nothing above has any."""
    frames = np.flatnonzero((ends.version == NO_ADDRESS) & (link_types == _ETHERNET) & (batch.captured >= 12))
    if not len(frames):
        return
    head = batch.read(frames, np.zeros(len(frames), np.int64), 12).astype(np.uint64)
    for place, first in ((1, 6), (3, 0)):
        value = np.zeros(len(frames), np.uint64)
        for byte in range(first, first + 6):
            value = value << np.uint64(8) | head[:, byte]
        ends.address[place - 1, frames] = 0
        ends.address[place, frames] = value
    ends.version[frames] = MAC_ADDRESS
