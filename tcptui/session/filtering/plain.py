"""Headers below TCP of plain segments: one IP header, no fragment, nothing odd.  Memory knows them, no byte is read.

Tunnels, fragments, quotes and everything that is not TCP are left to the header tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.field import FieldType as T
from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.session.filtering.occurrences import Occurrences, array_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.filtering.rows import Mask, Rows

    Read = Callable[[OpenCapture, Rows, bool], NDArray[Any]]

#: Bytes of the link header, by LINKTYPE_ value.
LINK_HEADER: Final = {0: 4, 1: 14, 12: 0, 14: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20}
#: An IP header in front of another is at least so long.
_SHORTEST: Final = 20
_IPV6_HEADER: Final = 40
ODD: Final = np.uint16(
    DecodeIssue.FRAGMENT | DecodeIssue.REASSEMBLED | DecodeIssue.MALFORMED | DecodeIssue.BAD_HEADER_LENGTH
    | DecodeIssue.HEADER_CUT | DecodeIssue.LENGTH_FORGOTTEN
)  # fmt: skip
_ETHERNET: Final = 1
_FOUR, _SIX = 4, 6


def plain(session: OpenCapture, rows: Rows) -> Mask:
    """Mask of the ``rows`` that are TCP segments with one IP header, as most are."""
    store = session.store
    links = [LINK_HEADER.get(source.link_type, -1) for source in session.reader.sources]
    mask: Mask = store.kind[rows.index] == RowKind.TCP
    mask &= (store.issues[rows.index] & ODD) == 0
    network = store.network_offset[rows.index]
    if len(links) == 1:
        if links[0] < 0:
            return np.zeros(len(rows), np.bool_)
        mask &= (network - np.uint16(links[0])) < _SHORTEST  # what lies before the link header's end wraps around
        return mask
    link = np.array(links, np.int32)[store.source[rows.index]]
    behind = network.astype(np.int32) - link
    mask &= (link >= 0) & (behind >= 0) & (behind < _SHORTEST)
    return mask


#: Words of a flow's key (`tcptui.model.flow_table`): high half of each address, IP version and ports.
_A_HIGH, _B_HIGH, _REST = 0, 2, 4


def is_four(session: OpenCapture, rows: Rows) -> Mask:
    """Mask of the ``rows``, all `plain`, that have an IPv4 header."""
    four: Mask = (session.flows.word(_REST, session.store.flow[rows.index]) >> np.uint64(32)) == _FOUR
    return four


def _address(*, of_source: bool) -> Read:
    def read(session: OpenCapture, rows: Rows, six: bool) -> NDArray[Any]:
        flows, flow = session.flows, session.store.flow[rows.index]
        of_b = (session.store.from_b[rows.index] != 0) == of_source
        low = flows.low_words(flow, of_b)
        if not six:
            return low.view(np.int64)
        high = np.where(of_b, flows.word(_B_HIGH, flow), flows.word(_A_HIGH, flow))
        pairs = zip(high.tolist(), low.tolist(), strict=True)
        return array_of(T.IPV6, [(one << 64 | other).to_bytes(16) for one, other in pairs])

    return read


def _column(name: str, mask: int = 0xFFFF, shift: int = 0) -> Read:
    def read(session: OpenCapture, rows: Rows, six: bool) -> NDArray[Any]:  # noqa: ARG001  asked like the others
        cells = getattr(session.store, name)[rows.index].astype(np.int64)
        found: NDArray[Any] = (cells & mask) >> shift
        return found

    return read


def _always(value: int) -> Read:
    return lambda _session, rows, _six: np.full(len(rows), value, np.int64)


def _header_length(session: OpenCapture, rows: Rows, six: bool) -> NDArray[Any]:  # noqa: ARG001
    store: PacketStore = session.store
    return store.transport_offset[rows.index].astype(np.int64) - store.network_offset[rows.index]


_SOURCE, _TARGET = _address(of_source=True), _address(of_source=False)
_DSCP, _ECN = _column("tos", 0xFC, 2), _column("tos", 3)
#: `checksum.status` of what is not verified, as nothing is by tshark's default preferences.
_UNVERIFIED: Final = 2
#: The type, whether it is of IPv6 (None: of TCP), and the values of each field.
_FIELDS: Final[dict[str, tuple[T, bool | None, Read]]] = {
    "ip.version": (T.UINT8, False, _always(4)),
    "ip.hdr_len": (T.UINT8, False, _header_length),
    "ip.dsfield": (T.UINT8, False, _column("tos")),
    "ip.dsfield.dscp": (T.UINT8, False, _DSCP),
    "ip.dsfield.ecn": (T.UINT8, False, _ECN),
    "ip.id": (T.UINT16, False, _column("ip_id")),
    "ip.ttl": (T.UINT8, False, _column("ttl")),
    "ip.proto": (T.UINT8, False, _always(6)),
    "ip.checksum.status": (T.UINT8, False, _always(_UNVERIFIED)),
    "ip.src": (T.IPV4, False, _SOURCE),
    "ip.dst": (T.IPV4, False, _TARGET),
    "ipv6.version": (T.UINT8, True, _always(6)),
    "ipv6.tclass": (T.UINT32, True, _column("tos")),
    "ipv6.tclass.dscp": (T.UINT32, True, _DSCP),
    "ipv6.tclass.ecn": (T.UINT32, True, _ECN),
    "ipv6.nxt": (T.UINT8, True, _always(6)),
    "ipv6.hlim": (T.UINT8, True, _column("ttl")),
    "ipv6.src": (T.IPV6, True, _SOURCE),
    "ipv6.dst": (T.IPV6, True, _TARGET),
    "tcp.checksum.status": (T.UINT8, None, _always(_UNVERIFIED)),
}  # fmt: skip
#: Protocols of which memory knows whether a plain segment has them.
_PRESENT: Final = frozenset({"eth", "ip", "ipv6", "tcp"})
#: Protocols that a plain segment never has.
ABSENT: Final = frozenset({"udp", "icmp", "icmpv6", "arp", "igmp", "gre", "sctp"})
#: Families between the link header and the IP header.
TAGS: Final = ("vlan", "mpls", "pppoes", "ppp", "llc")
#: How the names of fields begin that only bytes behind the IP packet have …
TRAILING: Final = ("eth.padding", "eth.trailer", "eth.fcs")
#: … fragments, and broken headers, …
IN_PIECES: Final = ("ip.fragment", "ip.reassembled", "ip.bogus_header_length")
#: … options of IPv4, …
IPV4_OPTIONS: Final = ("ip.opt", "ip.rec_rt")
#: … and extension headers of IPv6.
IPV6_EXTENSIONS: Final = (
    "ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.opt", "ipv6.frag", "ipv6.reassembled",
)  # fmt: skip
READ_PLAINLY: Final = frozenset(_FIELDS)
#: Protocols that `has_protocol` tells of a plain segment.
QUICK_PROTOCOLS: Final = _PRESENT | ABSENT | {"frame"}


@dataclass(frozen=True, slots=True)
class PlainRows:
    """The rows, among some, that `read_plain` answers for."""

    rows: Rows
    """All that were asked about."""
    mask: Mask
    four: Mask
    """For each that ``mask`` names: whether it has an IPv4 header, or one of IPv6."""


def plain_rows(session: OpenCapture, rows: Rows) -> PlainRows:
    """The ``rows`` that `read_plain` answers for."""
    mask = plain(session, rows)
    some = rows.only(mask)
    four = is_four(session, some)
    if not four.all():
        # IPv6 with extension headers: the tree has more to say.
        store = session.store
        header = store.transport_offset[some.index].astype(np.int32) - store.network_offset[some.index]
        answered = four | (header == _IPV6_HEADER)
        mask[mask] = answered
        four = four[answered]
    return PlainRows(rows, mask, four)


def read_plain(session: OpenCapture, name: str, rows: Rows, four: Mask) -> Occurrences:
    """The field ``name`` of `READ_PLAINLY` in ``rows``, which are `PlainRows`; ``four``: those with an IPv4 header."""
    kind, six, read = _FIELDS[name]
    if name == "ip.version":  # tshark has the field in both headers
        return Occurrences(kind, len(rows), np.where(four, 4, 6).astype(np.int64))
    mine = np.ones(len(rows), np.bool_) if six is None else ~four if six else four
    if mine.all():
        return Occurrences(kind, len(rows), read(session, rows, bool(six)))
    if not mine.any():
        return Occurrences(kind, len(rows), array_of(kind, []), np.zeros(0, np.int64))
    found = read(session, rows.only(mine), bool(six))
    return Occurrences(kind, len(rows), found, np.flatnonzero(mine))


def either_address(session: OpenCapture, plainly: PlainRows, decide: Callable[[Occurrences], Mask]) -> Mask | None:
    """Mask of the `PlainRows` rows with an IPv4 address, of either end, that ``decide`` takes.

    Each flow is decided about once: those between the first and the last of the rows, which are few as flows are
    numbered in the order of their first packets.  Where they are not, each row is decided about.  None: no flows.
    """
    flows = session.store.flow[plainly.rows.only(plainly.mask).index]
    if not len(flows):
        return None
    ends = session.flows.all_low_words()
    first, last = int(flows.min()), int(flows.max())
    if last - first < len(flows):
        ends = ends[0][first : last + 1], ends[1][first : last + 1]
        flows = flows - first
    else:
        ends = ends[0].take(flows), ends[1].take(flows)
        flows = np.arange(len(flows), dtype=np.int32)
    taken = [decide(Occurrences(T.IPV4, len(end), end.view(np.int64))) for end in ends]
    found: Mask = (taken[0] | taken[1]).take(flows) & plainly.four
    return found


def on_ethernet(session: OpenCapture, rows: Rows) -> Mask:
    """Mask of the ``rows`` that have an Ethernet header as their link header."""
    links = np.array([source.link_type == _ETHERNET for source in session.reader.sources], np.bool_)
    found: Mask = links[session.store.source[rows.index]]
    return found


def has_protocol(session: OpenCapture, name: str, rows: Rows) -> Mask:
    """Mask of the ``rows``, all `plain`, that have the protocol ``name`` of `QUICK_PROTOCOLS`."""
    if name in ABSENT:
        return np.zeros(len(rows), np.bool_)
    if name in ("frame", "tcp"):
        return np.ones(len(rows), np.bool_)
    if name == "eth":
        return on_ethernet(session, rows)
    four = is_four(session, rows)
    return four if name == "ip" else ~four
