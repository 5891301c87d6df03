"""Headers of packets that are no TCP segments: which protocol, between whom; for a whole batch at once.

The decoder keeps columns for TCP only.  This walks the same headers with the same steps (`decode.walk`) and notes
what the decoder passes by: where the last header begins, and the error that quotes a datagram.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
from tcptui.wire.decode import walk
from tcptui.wire.header_walk import I64, U8, Bool, Dispatch, Frames
from tcptui.wire.ip import IP_PROTOCOLS, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP
from tcptui.wire.link.types import ETHERTYPES, LINKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
#: Kinds of addresses: `Endpoints.version`.
NO_ADDRESS: Final = 2
MAC_ADDRESS: Final = 1


@dataclass
class _Noting(Frames):
    """A batch whose walk notes where headers begin that the decoder has no column for."""

    space: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """`Space` of `number`: ETHERTYPE or IP; 0 where neither was reached."""
    number: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """Ethertype or IP protocol that was reached last."""
    at_header: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """Offset of the header that `number` names."""
    icmp: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    """Offset of the innermost ICMP header that is not quoted; -1 without one."""
    icmp_number: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    icmp_address: NDArray[np.uint64] = field(default_factory=lambda: np.zeros((4, 0), np.uint64))
    icmp_version: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    icmp_end: I64 = field(default_factory=lambda: np.zeros(0, np.int64))

    def prepare(self) -> None:
        """Size the arrays for this batch."""
        n = len(self.every)
        self.space, self.number, self.icmp_number, self.icmp_version, self.icmp_end = (
            np.zeros(n, np.int64) for _ in range(5)
        )
        self.at_header, self.icmp = (np.full(n, -1, np.int64) for _ in range(2))
        self.icmp_address = np.zeros((4, n), np.uint64)

    def send_by(self, table: Dispatch, numbers: I64, frames: I64, offsets: I64) -> None:
        """Note where a header with an ethertype or an IP protocol begins, then send the frames on."""
        if len(frames) and (table is ETHERTYPES or table is IP_PROTOCOLS):
            self.space[frames] = Space.ETHERTYPE if table is ETHERTYPES else Space.IP
            self.number[frames], self.at_header[frames] = numbers, offsets
            if table is IP_PROTOCOLS:
                says = ((numbers == PROTOCOL_ICMP) | (numbers == PROTOCOL_ICMPV6)) & ~self.quoted[frames]
                some = frames[says]
                self.icmp[some], self.icmp_number[some] = offsets[says], numbers[says]
                self.icmp_address[:, some], self.icmp_version[some] = self.address[:, some], self.version[some]
                self.icmp_end[some] = self.end[some]
        super().send_by(table, numbers, frames, offsets)


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


def read_other_headers(buffer: U8, start: I64, captured: I64, wire: I64, link_types: I64) -> OtherHeaders:
    """Read packets at ``start`` in ``buffer``, which ends with `PADDING` bytes that belong to none."""
    batch = _Noting.of(buffer, start, captured, wire)
    batch.prepare()
    n = len(start)
    batch.send_by(LINKS, link_types, batch.every, np.zeros(n, np.int64))
    walk(batch)
    pieces = np.zeros(n, np.bool_)
    pieces[[frame for frame, _offset in batch.fragments]] = True
    pieces |= batch.partial
    # A later fragment that could not be kept goes no further than the header that was sound.
    pieces |= (batch.space == Space.ETHERTYPE) & (batch.number == _IPV4) & (batch.network == batch.at_header)
    inner = _ends(batch, pieces)
    own = _protocols(batch, link_types, pieces, batch.at_header, batch.space, batch.number)
    quoting: I64 = np.where(batch.quoted & (batch.icmp >= 0), own, -1)
    is_icmp = batch.icmp >= 0
    protocol = np.where(is_icmp, np.where(batch.icmp_number == PROTOCOL_ICMP, ICMP, ICMPV6), own)
    at_header: I64 = np.where(is_icmp, batch.icmp, batch.at_header)
    identifier = _identifiers(batch)
    ends = Endpoints(
        np.where(is_icmp, batch.icmp_address, inner.address),
        np.where(is_icmp, batch.icmp_version, inner.version),
        np.where(is_icmp, identifier, inner.source_port),
        np.where(is_icmp, identifier, inner.target_port),
    )
    _link_addresses(batch, link_types, ends)
    return OtherHeaders(protocol, at_header, ends, quoting, inner)


def _protocols(batch: _Noting, link_types: I64, pieces: Bool, at: I64, space: I64, number: I64) -> I64:
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


def _ends(batch: _Noting, pieces: Bool) -> Endpoints:
    """Addresses and ports by the innermost headers, quoted ones included."""
    n = len(batch.every)
    address, version = batch.address, np.where(batch.network >= 0, batch.version, NO_ADDRESS)
    source_port, target_port = np.zeros(n, np.int64), np.zeros(n, np.int64)
    with_ports = (batch.space == Space.IP) & np.isin(batch.number, _WITH_PORTS) & ~pieces
    frames = np.flatnonzero(with_ports)
    if len(frames):
        at = batch.at_header[frames]
        held = batch.held(frames, at, 4)
        words = batch.read(frames, at, 4).view(">u2").astype(np.int64)
        source_port[frames], target_port[frames] = np.where(held[:, None], words, 0).T
    ethertypes = batch.space == Space.ETHERTYPE
    link_only = ethertypes & (batch.network != batch.at_header)
    version = np.where(link_only, NO_ADDRESS, version)
    asking = np.flatnonzero(link_only & (batch.number == ARP & 0xFFFF))
    if len(asking):
        _arp_addresses(batch, asking, address, version)
    return Endpoints(address, version, source_port, target_port)


def _arp_addresses(batch: _Noting, frames: I64, address: NDArray[np.uint64], version: I64) -> None:
    """Fill in the protocol addresses of sender and target (RFC 826) where they are IPv4."""
    at = batch.at_header[frames]
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


def _identifiers(batch: _Noting) -> I64:
    """Identifiers of ICMP echo and timestamp messages; 0 elsewhere."""
    found = np.zeros(len(batch.every), np.int64)
    frames = np.flatnonzero(batch.icmp >= 0)
    if not len(frames):
        return found
    at = batch.icmp[frames]
    head = batch.read(frames, at, 8)
    kind, number = head[:, 0], batch.icmp_number[frames]
    mine = np.zeros(len(frames), np.bool_)
    for protocol, kinds in _IDENTIFIED.items():
        mine |= (number == protocol) & np.isin(kind, kinds)
    mine &= at + 8 <= np.minimum(batch.captured[frames], batch.icmp_end[frames])
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
