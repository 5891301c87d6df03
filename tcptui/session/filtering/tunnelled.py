"""IP headers of segments in tunnels, and behind link headers of any length: all of them, read without a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.header_places import PLACES, in_order, values_at
from tcptui.session.filtering.occurrences import Occurrences, array_of, merged
from tcptui.session.filtering.plain import ODD, plain
from tcptui.wire.decode import ip_headers
from tcptui.wire.header_walk import PADDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.session import Session

#: Lengths that stand for others where they are 0: the tree computes them.
_LENGTHS: Final = frozenset({"ip.len", "ipv6.plen"})
#: Fields that `Tunnelled.read` reads.
TUNNELLED_FIELDS: Final = (
    frozenset(name for name, place in PLACES.items() if place.header in ("ip", "ipv6", "network")) - _LENGTHS
)
#: Protocols that `Tunnelled.has` tells of.
TUNNELLED_PROTOCOLS: Final = frozenset({"ip", "ipv6", "tcp"})


class Tunnelled(NamedTuple):
    """Which of some rows are whole segments that are not `plain`, and their IP headers, those of a row together."""

    mask: Mask
    """Of all rows that were asked about."""
    data: NDArray[np.uint8]
    """Bytes that hold these rows."""
    owner: NDArray[np.int64]
    """Which of them each IP header is of, ascending."""
    begin: NDArray[np.int64]
    """Where in ``data`` it begins."""
    four: Mask
    """Whether it is IPv4; else IPv6."""

    @property
    def size(self) -> int:
        """How many rows they are."""
        return int(np.count_nonzero(self.mask))

    def has(self, name: str) -> Mask:
        """Which of them have the protocol ``name`` of `TUNNELLED_PROTOCOLS`."""
        having = np.full(self.size, name == "tcp", np.bool_)
        if name != "tcp":
            having[self.owner[self.four == (name == "ip")]] = True
        return having

    def read(self, name: str, members: tuple[str, ...]) -> Occurrences:
        """The field ``name``, which is its ``members`` of `TUNNELLED_FIELDS`, header by header."""
        kind = types.type_of(FIELDS[name])
        of_each = [self._member(member) for member in in_order(members)]
        # A header has all of the members, or none: they follow each other.
        found = merged(kind, of_each, len(self.owner))
        return Occurrences(kind, self.size, found.values, self.owner[found.places])

    def _member(self, name: str) -> Occurrences:
        place, kind = PLACES[name], types.type_of(FIELDS[name])
        having = np.ones(len(self.four), np.bool_) if place.header == "network" else self.four == (place.header == "ip")
        index = np.flatnonzero(having)
        if not len(index):
            return Occurrences(kind, len(self.four), array_of(kind, []), index)
        return Occurrences(kind, len(self.four), values_at(self.data, self.begin[index], place, kind), index)


def tunnelled(session: Session, rows: Rows) -> Tunnelled:
    """The segments among ``rows`` that are not `plain`.  Raises OSError when the spool cannot be read."""
    store = session.store
    mask: Mask = (store.kind[rows.index] == RowKind.TCP) & ((store.issues[rows.index] & ODD) == 0)
    mask &= ~plain(session, rows)
    none = np.zeros(0, np.int64)
    if not mask.any():
        return Tunnelled(mask, np.zeros(0, np.uint8), none, none, np.zeros(0, np.bool_))
    numbers = rows.only(mask).numbers
    block, starts = session.stretch(numbers)
    data = np.frombuffer(block + bytes(PADDING), np.uint8)
    links = np.array([source.link_type for source in session.sources], np.int64)[store.source[numbers]]
    captured = np.minimum(store.captured[numbers].astype(np.int64), len(block) - starts)
    owner, offsets = ip_headers(data, starts, captured, store.wire_length[numbers].astype(np.int64), links)
    begin = starts[owner] + offsets
    return Tunnelled(mask, data, owner, begin, data[begin] >> 4 == 4)
