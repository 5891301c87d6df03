"""Headers of plain UDP datagrams, read from their bytes for thousands of packets at once: no tree is built.

Plain is a datagram right behind the link header and one IP header without options or extension headers, in one piece,
whose lengths agree, and on no port of a tunnel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.protocols.headers.udp import DNS_HEADER, DNS_PORTS
from tcptui.session.filtering.header_places import PLACES, numbers_at, values_at
from tcptui.session.filtering.occurrences import Occurrences
from tcptui.session.filtering.plain import (
    IN_PIECES,
    IPV4_OPTIONS,
    IPV6_EXTENSIONS,
    LINK_HEADER,
    TAGS,
    TRAILING,
    on_ethernet,
)
from tcptui.session.filtering.rows import Rows
from tcptui.wire.tunnels import is_tunnel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.filtering.rows import Mask

    Bytes = NDArray[np.uint8]
    I64 = NDArray[np.int64]

_UDP: Final = 17
#: Lengths of the headers (RFC 791, RFC 8200, RFC 768), and version and length of an IPv4 header without options.
_FOUR_HEADER, _SIX_HEADER, _UDP_HEADER = 20, 40, 8
_FOUR_PLAIN: Final = 0x45
#: In bytes 6 and 7 of an IPv4 header: more fragments, and the offset.
_FRAGMENT: Final = 0x3FFF


#: Fields that `read_datagram` reads.
DATAGRAM_FIELDS: Final = frozenset(name for name, place in PLACES.items() if place.header != "tcp")
#: Families of fields that a plain datagram has none of.
_FOREIGN: Final = frozenset({"tcp", "icmp", "icmpv6", "arp", "igmp", "gre", "sctp", "vlan"})
#: Further ones: what would be between its headers, or needs a connection.
_NOT_BETWEEN: Final = frozenset({*TAGS, "stp", "chdlc", "ah", "esp", "vxlan", "geneve", "mptcp", "protobuf"})
#: How the names of fields begin that only options, further headers and fragments have.
_UNUSUAL: Final = ("eth.len", *IN_PIECES, *IPV4_OPTIONS, *IPV6_EXTENSIONS)
#: Protocols that `has_header` tells of a plain datagram.
HEADERS: Final = _FOREIGN | {"frame", "eth", "ip", "ipv6", "udp"}


#: Fields that `read_status` reads.
STATUS_FIELDS: Final = frozenset({"ip.checksum.status", "udp.checksum.status"})
#: What they say: nothing is verified by tshark's default preferences; a sum of 0 is none, and not allowed over IPv6.
_UNVERIFIED, _NOT_PRESENT, _ILLEGAL = 2, 3, 4


class Datagrams(NamedTuple):
    """The plain datagrams among some rows, and their headers."""

    mask: Mask
    """Of all rows that were asked about."""
    data: Bytes
    """Bytes that hold these datagrams; what follows has an entry for each of them."""
    frame: I64
    """Where in ``data`` its frame begins."""
    network: I64
    """Where its IP header begins."""
    four: Mask
    """Whether that is IPv4; else IPv6."""
    is_ethernet: Mask
    speaks_dns: Mask
    """Whether its payload is read as DNS: one of its ports is one of `DNS_PORTS`, and a DNS header was captured."""
    payload: I64
    """Where its payload begins."""
    end: I64
    """Where what was captured of its payload ends."""
    source: I64
    """The port that it was sent from."""
    target: I64
    """The port that it was sent to."""
    is_trailed: Mask
    """Whether bytes are behind its IP packet."""


def datagrams_of(session: OpenCapture, rows: Rows) -> Datagrams:
    """The plain datagrams among ``rows``.  Raises OSError when the spool cannot be read."""
    store = session.store
    links = np.array([LINK_HEADER.get(source.link_type, -1) for source in session.reader.sources], np.int64)
    mask: Mask = (store.kind[rows.index] == RowKind.OTHER) & (store.protocol[rows.index] == _UDP)
    source = store.source[rows.index]
    mask &= (links[source] >= 0) & (store.network_offset[rows.index] == links[source])
    if not mask.any():
        none = np.zeros(0, np.int64)
        return Datagrams(mask, np.zeros(0, np.uint8), none, none, *(np.zeros(0, np.bool_),) * 3, *(none,) * 4, mask[:0])
    numbers = rows.only(mask).numbers
    link = links[store.source[numbers]]
    captured, wire = store.captured[numbers].astype(np.int64) - link, store.wire_length[numbers].astype(np.int64) - link
    block, starts = session.reader.stretch(numbers)
    data = np.frombuffer(block, np.uint8)
    at = starts + link
    captured = np.minimum(captured, len(data) - at)  # the spool may have been cut since
    plain = captured >= _FOUR_HEADER + _UDP_HEADER
    four = _read(data, at, 0, 1, plain) == _FOUR_PLAIN
    six = ~four & (_read(data, at, 0, 1, plain) >> 4 == 6) & (captured >= _SIX_HEADER + _UDP_HEADER)
    header = np.where(four, _FOUR_HEADER, _SIX_HEADER)
    total = np.where(four, _read(data, at, 2, 2, plain), _read(data, at, 4, 2, six) + _SIX_HEADER)
    plain &= (four & (_read(data, at, 6, 2, plain) & _FRAGMENT == 0) & (_read(data, at, 9, 1, plain) == _UDP)) | (
        six & (_read(data, at, 6, 1, six) == _UDP)
    )
    length = _read(data, at + header, 4, 2, plain)
    plain &= (length >= _UDP_HEADER) & (length == total - header) & (total <= wire)
    ports = [_read(data, at + header, offset, 2, plain) for offset in (0, 2)]
    plain &= ~(is_tunnel(ports[0]) | is_tunnel(ports[1]))
    mask[mask] = plain
    dns: Mask = np.isin(ports[0], list(DNS_PORTS)) | np.isin(ports[1], list(DNS_PORTS))
    shown = np.minimum(length, captured - header)
    dns &= shown >= _UDP_HEADER + DNS_HEADER
    begin = at + header
    return Datagrams(
        mask, data, starts[plain], at[plain], four[plain], on_ethernet(session, Rows.of(numbers[plain])), dns[plain],
        begin[plain] + _UDP_HEADER, (begin + shown)[plain], ports[0][plain], ports[1][plain],
        (captured > total)[plain],
    )  # fmt: skip


def _read(data: Bytes, at: I64, offset: int, size: int, where: Mask) -> I64:
    """The numbers of ``size`` bytes at ``at`` + ``offset``; 0 but ``where`` there are any."""
    found = np.zeros(len(at), np.int64)
    found[where] = numbers_at(data, at[where] + offset, size)
    return found


def read_status(datagrams: Datagrams, name: str) -> Occurrences:
    """The field ``name`` of `STATUS_FIELDS` in the plain ``datagrams``."""
    four, kind = datagrams.four, types.type_of(FIELDS[name])
    if name == "ip.checksum.status":
        index = np.flatnonzero(four)
        return Occurrences(kind, len(four), np.full(len(index), _UNVERIFIED, np.int64), index)
    checksum = numbers_at(datagrams.data, datagrams.payload - 2, 2)
    status = np.where(checksum != 0, _UNVERIFIED, np.where(four, _NOT_PRESENT, _ILLEGAL)).astype(np.int64)
    return Occurrences(kind, len(four), status)


def has_header(datagrams: Datagrams, name: str) -> Mask:
    """Mask of the plain ``datagrams`` that have the protocol ``name`` of `HEADERS`."""
    if name == "eth":
        return datagrams.is_ethernet
    if name in ("ip", "ipv6"):
        return datagrams.four if name == "ip" else ~datagrams.four
    return np.full(len(datagrams.four), name in ("frame", "udp"), np.bool_)


def may_hold(datagrams: Datagrams, name: str) -> Mask:
    """Mask of the plain ``datagrams`` that may have the field ``name``, which is none of `DATAGRAM_FIELDS`."""
    family = name.partition(".")[0]
    if family in ("dns", "mdns", "llmnr"):
        return datagrams.speaks_dns
    if family == "data":
        return ~datagrams.speaks_dns
    if name.startswith(TRAILING):
        return datagrams.is_trailed
    could = family not in _FOREIGN and family not in _NOT_BETWEEN and not name.startswith(_UNUSUAL)
    return np.full(len(datagrams.four), could, np.bool_)


def read_datagram(datagrams: Datagrams, name: str) -> Occurrences:
    """The field ``name`` of `DATAGRAM_FIELDS` in the plain ``datagrams``."""
    place, kind = PLACES[name], types.type_of(FIELDS[name])
    four, begin = datagrams.four, datagrams.network
    having = np.ones(len(four), np.bool_)
    if place.header == "eth":
        having, begin = datagrams.is_ethernet, datagrams.frame
    elif place.header == "udp":
        begin = begin + np.where(four, _FOUR_HEADER, _SIX_HEADER)
    elif place.header != "network":
        having = four == (place.header == "ip")
    index = np.flatnonzero(having)
    return Occurrences(kind, len(four), values_at(datagrams.data, begin[index], place, kind), index)
