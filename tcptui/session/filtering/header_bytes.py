"""Fields at fixed places in the headers of plain segments, read for thousands of packets at once.

What memory does not know of a header, a block of the spool does: no tree is built for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.plain import is_four

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.occurrences import Index
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.session import Session

_ETHERNET: Final = 1
#: Behind two VLAN tags an IP header begins here; further in, there may be a second Ethernet header.
_TWO_TAGS: Final = 14 + 8
_TYPE_PLACE: Final = 12
_IPV6_HEADER: Final = 40


class _Place(NamedTuple):
    """Where a field is: in which header, how far in, how many bytes, which bits of them (0: all)."""

    header: str
    offset: int
    size: int
    mask: int = 0


_PLACES: Final = {
    "eth.dst": _Place("eth", 0, 6),
    "eth.src": _Place("eth", 6, 6),
    "eth.dst.oui": _Place("eth", 0, 3),
    "eth.src.oui": _Place("eth", 6, 3),
    "eth.dst.lg": _Place("eth", 0, 1, 0x02),
    "eth.src.lg": _Place("eth", 6, 1, 0x02),
    "eth.dst.ig": _Place("eth", 0, 1, 0x01),
    "eth.src.ig": _Place("eth", 6, 1, 0x01),
    "eth.type": _Place("eth", _TYPE_PLACE, 2),
    "ip.len": _Place("ip", 2, 2),
    "ip.flags": _Place("ip", 6, 1, 0xE0),
    "ip.flags.rb": _Place("ip", 6, 1, 0x80),
    "ip.flags.df": _Place("ip", 6, 1, 0x40),
    "ip.flags.mf": _Place("ip", 6, 1, 0x20),
    "ip.frag_offset": _Place("ip", 6, 2, 0x1FFF),
    "ip.checksum": _Place("ip", 10, 2),
    "ipv6.flow": _Place("ipv6", 1, 3, 0xFFFFF),
    "ipv6.plen": _Place("ipv6", 4, 2),
    "tcp.checksum": _Place("tcp", 16, 2),
    "tcp.urgent_pointer": _Place("tcp", 18, 2),
}  # fmt: skip
PLACED: Final = frozenset(_PLACES)


def in_order(names: tuple[str, ...]) -> list[str]:
    """``names`` in the order of their places, which is that of their values in the packet."""
    return sorted(names, key=lambda name: _PLACES[name].offset)


def placed(session: Session, names: tuple[str, ...], rows: Rows) -> Mask:
    """In which of ``rows``, all `plain`, the fields ``names`` of `PLACED` are at their places."""
    store, at = session.store, rows.index
    mask: Mask = np.ones(len(rows), np.bool_)
    if any(_PLACES[name].header == "eth" for name in names):
        links = np.array([source.link_type == _ETHERNET for source in session.sources], np.bool_)
        mask = links[store.source[at]] & (store.network_offset[at] <= _TWO_TAGS)
    if any(_PLACES[name].header == "ipv6" for name in names):
        # Extension headers change nothing here, but the tree stays the one that knows them.
        header = store.transport_offset[at].astype(np.int32) - store.network_offset[at]
        mask &= is_four(session, rows) | (header == _IPV6_HEADER)
    if "ip.len" in names:  # 0 stands for what the hardware cut up later: the tree computes it
        mask[mask] = _nonzero_length(session, rows.only(mask))
    return mask


def _nonzero_length(session: Session, rows: Rows) -> Mask:
    found = read_placed(session, "ip.len", rows)
    mask = np.ones(len(rows), np.bool_)
    mask[found.places[found.values == 0]] = False
    return mask


def read_placed(session: Session, name: str, rows: Rows) -> Occurrences:
    """The field ``name`` of `PLACED` in ``rows``, all of which are `placed`."""
    place, kind = _PLACES[name], types.type_of(FIELDS[name])
    index = np.arange(len(rows))
    if place.header in ("ip", "ipv6"):
        index = np.flatnonzero(is_four(session, rows) == (place.header == "ip"))
    if not len(index):
        return Occurrences(kind, len(rows), array_of(kind, []), index)
    numbers = rows.numbers[index]
    block, starts = session.stretch(numbers)
    at: Index = starts + _begin(session, place.header, numbers) + place.offset
    data = np.frombuffer(block, np.uint8)
    kept = at + place.size <= len(data)  # the spool may have been cut since
    index, at = index[kept], at[kept]
    where = None if len(index) == len(rows) else index
    cells = data[at[:, None] + np.arange(place.size)]
    if kind is T.ETHER:
        raw = cells.tobytes()
        parts = [raw[begin : begin + place.size] for begin in range(0, len(raw), place.size)]
        return Occurrences(kind, len(rows), array_of(kind, parts), where)
    found = np.zeros(len(index), np.int64)
    for column in range(place.size):
        found = found << 8 | cells[:, column]
    if place.mask:
        found = (found & place.mask) >> ((place.mask & -place.mask).bit_length() - 1)
    return Occurrences(kind, len(rows), found, where)


def _begin(session: Session, header: str, numbers: I32) -> Index:
    """Where in each packet the header begins."""
    store = session.store
    if header == "eth":
        return np.zeros(len(numbers), np.int64)
    column = store.transport_offset if header == "tcp" else store.network_offset
    return column[numbers].astype(np.int64)
