"""Fields at fixed places in the headers of plain segments, read for thousands of packets at once.

What memory does not know of a header, a block of the spool does: no tree is built for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.header_places import PLACES, values_at
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.plain import READ_PLAINLY, is_four, on_ethernet

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.occurrences import Index
    from tcptui.session.filtering.rows import Mask, Rows

#: Behind two VLAN tags an IP header begins here; further in, there may be a second Ethernet header.
_TWO_TAGS: Final = 14 + 8
_IPV6_HEADER: Final = 40


#: What memory does not know (`plain.KNOWN`).
PLACED: Final = frozenset(name for name, place in PLACES.items() if place.header != "udp") - READ_PLAINLY


def placed(session: OpenCapture, names: tuple[str, ...], rows: Rows) -> Mask:
    """In which of ``rows``, all `plain`, the fields ``names`` of `PLACED` are at their places."""
    store, at = session.store, rows.index
    mask: Mask = np.ones(len(rows), np.bool_)
    if any(PLACES[name].header == "eth" for name in names):
        mask = on_ethernet(session, rows) & (store.network_offset[at] <= _TWO_TAGS)
    if any(PLACES[name].header == "ipv6" for name in names):
        # Extension headers change nothing here, but the tree stays the one that knows them.
        header = store.transport_offset[at].astype(np.int32) - store.network_offset[at]
        mask &= is_four(session, rows) | (header == _IPV6_HEADER)
    if "ip.len" in names:  # 0 stands for what the hardware cut up later: the tree computes it
        mask[mask] = nonzero(session, "ip.len", rows.only(mask))
    return mask


def nonzero(session: OpenCapture, name: str, rows: Rows) -> Mask:
    """In which of ``rows``, all `placed`, the number ``name`` of `PLACED` is not 0, or is not there."""
    found = read_placed(session, name, rows)
    mask = np.ones(len(rows), np.bool_)
    mask[found.places[found.values == 0]] = False
    return mask


def read_placed(session: OpenCapture, name: str, rows: Rows) -> Occurrences:
    """The field ``name`` of `PLACED` in ``rows``, all of which are `placed`."""
    place, kind = PLACES[name], types.type_of(FIELDS[name])
    index = np.arange(len(rows))
    if place.header in ("ip", "ipv6"):
        index = np.flatnonzero(is_four(session, rows) == (place.header == "ip"))
    if not len(index):
        return Occurrences(kind, len(rows), array_of(kind, []), index)
    numbers = rows.numbers[index]
    block, starts = session.reader.stretch(numbers)
    begin: Index = starts + _begin(session, place.header, numbers)
    data = np.frombuffer(block, np.uint8)
    kept = begin + place.offset + place.size <= len(data)  # the spool may have been cut since
    index, begin = index[kept], begin[kept]
    where = None if len(index) == len(rows) else index
    return Occurrences(kind, len(rows), values_at(data, begin, place, kind), where)


def _begin(session: OpenCapture, header: str, numbers: I32) -> Index:
    """Where in each packet the header begins."""
    store = session.store
    if header == "eth":
        return np.zeros(len(numbers), np.int64)
    column = store.transport_offset if header == "tcp" else store.network_offset
    return column[numbers].astype(np.int64)
