"""Fields that a packet cannot have, by what columns say of it: no header tree is built to find that out.

Most of what a tree can show is in few packets: a VLAN tag, IP options, padding.  Of a plain segment (`plain`) columns
tell where its headers begin and end, and so that there is nothing between or behind them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import DecodeIssue, OptionBit
from tcptui.model.tcp_flags import TcpFlag
from tcptui.session.filtering.header_bytes import nonzero
from tcptui.session.filtering.plain import (
    ABSENT,
    IN_PIECES,
    IPV4_OPTIONS,
    IPV6_EXTENSIONS,
    LINK_HEADER,
    TAGS,
    TRAILING,
    is_four,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.filtering.rows import Mask, Rows

    #: Which of some rows, all `plain`, may have the fields of a rule.
    Rule = Callable[[OpenCapture, Rows], Mask]

_IPV4_HEADER, _IPV6_HEADER = 20, 40
_FIXED_OPTIONS: Final = np.uint16(
    OptionBit.MSS | OptionBit.WINDOW_SCALE | OptionBit.SACK_PERMITTED | OptionBit.SACK | OptionBit.DSACK
    | OptionBit.TIMESTAMPS
)  # fmt: skip
_BAD_OPTIONS: Final = np.uint16(DecodeIssue.BAD_OPTIONS)


def may_have(session: OpenCapture, name: str, rows: Rows) -> Mask | None:
    """Mask of the ``rows`` that may have the field ``name``; None: nothing rules any of them out."""
    if name.startswith(_IN_BLOCKS):
        return _from_pcapng(session, rows)
    if (links := _LINKS.get(name.partition(".")[0])) is not None:
        return _on(session, rows, links)
    rule = _rule(name)
    if rule is None:
        return None
    ordinary = plain(session, rows)
    could = ~ordinary
    could[ordinary] = rule(session, rows.only(ordinary))
    return could


@lru_cache(maxsize=4096)
def _rule(name: str) -> Rule | None:
    """The rule of the field ``name``; None: there is none."""
    for prefix, rule in _PREFIXES.items():
        if name.startswith(prefix):
            return rule
    return _FAMILIES.get(name.partition(".")[0])


def _from_pcapng(session: OpenCapture, rows: Rows) -> Mask:
    """What only blocks of pcapng files have: comments, and what an interface knew of a packet."""
    those = np.array([session.reader.is_pcapng(number) for number in range(len(session.reader.sources))], np.bool_)
    found: Mask = those[session.store.source[rows.index]]
    return found


def _never(_session: OpenCapture, rows: Rows) -> Mask:
    return np.zeros(len(rows), np.bool_)


def _tagged(session: OpenCapture, rows: Rows) -> Mask:
    """Something is between the link header and the IP header."""
    links = np.array([LINK_HEADER.get(source.link_type, -1) for source in session.reader.sources], np.int32)
    found: Mask = session.store.network_offset[rows.index] != links[session.store.source[rows.index]]
    return found


def _on(session: OpenCapture, rows: Rows, link_types: frozenset[int]) -> Mask:
    """Frames of these link types."""
    those = np.array([source.link_type in link_types for source in session.reader.sources], np.bool_)
    found: Mask = those[session.store.source[rows.index]]
    return found


def _network_header(session: OpenCapture, rows: Rows) -> tuple[Mask, Mask]:
    """Whether the IP header is one of IPv4, and whether something is between its least bytes and TCP."""
    store, four = session.store, is_four(session, rows)
    length = store.transport_offset[rows.index].astype(np.int32) - store.network_offset[rows.index]
    return four, length != np.where(four, _IPV4_HEADER, _IPV6_HEADER)


def _ipv4(session: OpenCapture, rows: Rows) -> Mask:
    return is_four(session, rows)


def _ipv6(session: OpenCapture, rows: Rows) -> Mask:
    return ~is_four(session, rows)


def _ipv4_options(session: OpenCapture, rows: Rows) -> Mask:
    four, longer = _network_header(session, rows)
    return four & longer


def _ipv6_extensions(session: OpenCapture, rows: Rows) -> Mask:
    four, longer = _network_header(session, rows)
    return ~four & longer


def _after_ip(session: OpenCapture, rows: Rows) -> Mask:
    """Options or further headers are between IP and TCP."""
    return _network_header(session, rows)[1]


def _trailing(session: OpenCapture, rows: Rows) -> Mask:
    """Bytes are behind the IP packet."""
    store, at = session.store, rows.index
    end = store.transport_offset[at].astype(np.int64) + store.header_length[at] + np.maximum(store.length[at], 0)
    found: Mask = store.captured[at] > end
    return found


def _flagged(flags: TcpFlag) -> Rule:
    """One of ``flags`` is set."""

    def rule(session: OpenCapture, rows: Rows) -> Mask:
        found: Mask = (session.store.flags[rows.index] & np.uint16(flags)) != 0
        return found

    return rule


def _acknowledges_without_flag(session: OpenCapture, rows: Rows) -> Mask:
    store = session.store
    found: Mask = ((store.flags[rows.index] & np.uint16(TcpFlag.ACK)) == 0) & (store.ack[rows.index] != 0)
    return found


def _points_without_flag(session: OpenCapture, rows: Rows) -> Mask:
    return nonzero(session, "tcp.urgent_pointer", rows)


def _breakable(session: OpenCapture, rows: Rows) -> Mask:
    """There is payload, or a TCP option that has more to it than a fixed length."""
    store, at = session.store, rows.index
    found: Mask = (store.length[at] > 0) | ((store.options[at] & ~_FIXED_OPTIONS) != 0)
    found |= (store.issues[at] & _BAD_OPTIONS) != 0
    return found


def _cut(session: OpenCapture, rows: Rows) -> Mask:
    """Not all of the frame was captured."""
    found: Mask = session.store.captured[rows.index] < session.store.wire_length[rows.index]
    return found


_IN_BLOCKS: Final = ("frame.comment", "pkt_comment", "frame.packet_flags")
#: Families that only frames of some link types (LINKTYPE_ values) have.
_LINKS: Final = {
    "null": frozenset({0, 108}), "raw": frozenset({12, 14, 101, 228, 229}), "sll": frozenset({113, 276}),
}  # fmt: skip
#: Rules by how a field's name begins; the first that fits.
_PREFIXES: Final[dict[str, Rule]] = {
    "eth.len": _tagged,
    **dict.fromkeys(TRAILING, _trailing),
    **dict.fromkeys(IN_PIECES, _never),
    **dict.fromkeys(IPV4_OPTIONS, _ipv4_options),
    **dict.fromkeys(IPV6_EXTENSIONS, _ipv6_extensions),
    "tcp.ack.nonzero": _acknowledges_without_flag,
    "tcp.bogus_header_length": _never,
    "tcp.short_segment": _never,
    "tcp.urgent_pointer.non_zero": _points_without_flag,
    "tcp.connection.fin_": _flagged(TcpFlag.FIN),
    "_ws.short": _cut,
    "_ws.malformed": _breakable,
}
#: Rules by a field's family.
_FAMILIES: Final[dict[str, Rule]] = {
    **dict.fromkeys(ABSENT, _never),
    **dict.fromkeys(TAGS, _tagged),
    **dict.fromkeys(("stp", "chdlc", "dhcp", "vxlan", "geneve", "mdns", "llmnr", "ntp", "snmp"), _never),
    "ip": _ipv4,
    "ipv6": _ipv6,
    "ah": _after_ip,
    "esp": _after_ip,
}
