"""IP and UDP headers of segments in tunnels, and behind link headers of any length: all of them, without a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.header_places import PLACES, in_order, values_at
from tcptui.session.filtering.occurrences import Occurrences, merged
from tcptui.session.filtering.plain import ODD, plain
from tcptui.wire.decode import find_headers
from tcptui.wire.header_walk import PADDING, Heads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.rows import Mask, Rows

#: Lengths that stand for others where they are 0: the tree computes them.  UDP-Lite has other fields behind the ports.
_LEFT_OUT: Final = frozenset({"ip.len", "ipv6.plen", "udp.length", "udp.checksum"})
#: Fields that `Tunnelled.read` reads.
TUNNELLED_FIELDS: Final = (
    frozenset(name for name, place in PLACES.items() if place.header in ("ip", "ipv6", "network", "udp")) - _LEFT_OUT
)
#: Protocols that `Tunnelled.has` tells of.
TUNNELLED_PROTOCOLS: Final = frozenset({"ip", "ipv6", "udp", "tcp"})


#: Rows whose packets are read at once, and bytes of each header that are kept of them.
_ROWS: Final = 4096
_HEADER_BYTES: Final = 40


class Headers(NamedTuple):
    """Headers of some rows, those of a row together, the outermost first."""

    owner: NDArray[np.int64]
    """Which of the rows each is of, ascending."""
    data: NDArray[np.uint8]
    """The first `_HEADER_BYTES` bytes of each, one behind the other."""


class Tunnelled(NamedTuple):
    """The whole segments among some rows that are not `plain`, and their headers below TCP."""

    mask: Mask
    """Of all rows that were asked about."""
    ip: Headers
    four: Mask
    """Which of them are IPv4; else IPv6."""
    udp: Headers

    @property
    def size(self) -> int:
        """How many rows they are."""
        return int(np.count_nonzero(self.mask))

    def has(self, name: str) -> Mask:
        """Mask of the segments that have the protocol ``name`` of `TUNNELLED_PROTOCOLS`."""
        having = np.full(self.size, name == "tcp", np.bool_)
        if name == "udp":
            having[self.udp.owner] = True
        elif name != "tcp":
            having[self.ip.owner[self.four == (name == "ip")]] = True
        return having

    def read(self, name: str, members: tuple[str, ...]) -> Occurrences:
        """The field ``name``, which is its ``members`` of `TUNNELLED_FIELDS`, header by header."""
        kind = types.type_of(FIELDS[name])
        headers = self.udp if PLACES[members[0]].header == "udp" else self.ip
        of_each = [self._member(member, headers) for member in in_order(members)]
        # A header has all of the members, or none: they follow each other.
        found = merged(kind, of_each, len(headers.owner))
        return Occurrences(kind, self.size, found.values, headers.owner[found.places])

    def _member(self, name: str, headers: Headers) -> Occurrences:
        place, kind, count = PLACES[name], types.type_of(FIELDS[name]), len(headers.owner)
        is_any = place.header in ("network", "udp")
        index = np.arange(count) if is_any else np.flatnonzero(self.four == (place.header == "ip"))
        return Occurrences(kind, count, values_at(headers.data, index * _HEADER_BYTES, place, kind), index)


def tunnelled(session: OpenCapture, rows: Rows) -> Tunnelled:
    """The segments among ``rows`` that are not `plain`.  Raises OSError when the spool cannot be read."""
    store = session.store
    mask: Mask = (store.kind[rows.index] == RowKind.TCP) & ((store.issues[rows.index] & ODD) == 0)
    mask &= ~plain(session, rows)
    numbers = rows.only(mask).numbers if mask.any() else np.zeros(0, np.int32)
    found = [_headers(session, numbers[at : at + _ROWS], at) for at in range(0, len(numbers), _ROWS)]
    ip, udp = (_joined([part[place] for part in found]) for place in (0, 1))
    return Tunnelled(mask, ip, ip.data[::_HEADER_BYTES] >> 4 == 4, udp)


def _headers(session: OpenCapture, numbers: I32, first: int) -> tuple[Headers, Headers]:
    """The IP and the UDP headers of the rows ``numbers``, the first of which is number ``first`` of all."""
    store = session.store
    block, starts = session.reader.stretch(numbers)
    data = np.frombuffer(block + bytes(PADDING + _HEADER_BYTES), np.uint8)
    links = np.array([source.link_type for source in session.reader.sources], np.int64)[store.source[numbers]]
    captured = np.minimum(store.captured[numbers].astype(np.int64), len(block) - starts)
    below = find_headers(Heads(data, starts, captured, store.wire_length[numbers].astype(np.int64), links))
    ip, udp = (
        Headers(owner + first, data[(starts[owner] + offsets)[:, None] + np.arange(_HEADER_BYTES)].ravel())
        for owner, offsets in below
    )
    return ip, udp


def _joined(parts: list[Headers]) -> Headers:
    if not parts:
        return Headers(np.zeros(0, np.int64), np.zeros(0, np.uint8))
    return Headers(*(np.concatenate([part[place] for part in parts]) for place in (0, 1)))
