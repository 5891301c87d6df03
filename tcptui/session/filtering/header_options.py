"""Options of TCP in plain segments, found for thousands of packets at once.

Where they are those that everyone sends, each once and well formed, no tree is built: neither for their values nor to
see that an option is not there.  Of all others the tree tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.header_places import numbers_at
from tcptui.session.filtering.occurrences import Occurrences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.filtering.occurrences import Index
    from tcptui.session.filtering.rows import Mask, Rows

_HEADER: Final = 20
_EOL, _NOP, _MSS, _SCALE, _SACK_PERMITTED, _SACK, _TIMESTAMP = 0, 1, 2, 3, 4, 5, 8
#: Kinds (RFC 9293, 7323, 2018) and their length; the others, a wrong length or a second one are for the tree.
_LENGTHS: Final = {_MSS: 4, _SCALE: 3, _SACK_PERMITTED: 2, _TIMESTAMP: 10}
_SACK_LENGTHS: Final = (10, 18, 26, 34)
#: The largest shift that a receiver uses (RFC 7323, section 2.3); larger ones have a line of their own in the tree.
_MOST_SHIFT: Final = 14


class _Value(NamedTuple):
    """Where a field is: in which kind of option, how far in, how many bytes."""

    kind: int
    offset: int
    size: int


_VALUES: Final = {
    "tcp.options.mss_val": _Value(_MSS, 2, 2),
    "tcp.options.wscale.shift": _Value(_SCALE, 2, 1),
    "tcp.options.timestamp.tsval": _Value(_TIMESTAMP, 2, 4),
    "tcp.options.timestamp.tsecr": _Value(_TIMESTAMP, 6, 4),
}
#: Fields that are read without a tree.
OPTION_VALUES: Final = frozenset(_VALUES)
#: The kind that every field below a name is of.
_KINDS: Final = {
    "tcp.options.nop": _NOP, "tcp.options.mss_val": _MSS, "tcp.options.wscale": _SCALE,
    "tcp.options.sack_perm": _SACK_PERMITTED, "tcp.options.sack": _SACK, "tcp.options.sack_le": _SACK,
    "tcp.options.sack_re": _SACK, "tcp.options.timestamp": _TIMESTAMP,
}  # fmt: skip
#: Names of options that are none of the kinds above.
_OTHERS: Final = (
    "tcp.options.ao", "tcp.options.cc", "tcp.options.cc_value", "tcp.options.ccecho", "tcp.options.ccnew",
    "tcp.options.echo", "tcp.options.echo_value", "tcp.options.echoreply", "tcp.options.experimental",
    "tcp.options.md5", "tcp.options.mptcp", "tcp.options.rvbd", "tcp.options.scps", "tcp.options.tfo",
    "tcp.options.unknown", "tcp.options.user_to", "tcp.options.user_to_granularity", "tcp.options.user_to_val",
)  # fmt: skip


class OptionsOf(NamedTuple):
    """The options of some rows."""

    regular: Mask
    """Of which rows this tells all; nothing is known of the others."""
    places: dict[int, Index]
    """By kind, where in ``data`` each row's option begins; -1: it has none."""
    data: NDArray[np.uint8]
    """Bytes that hold the rows."""

    def of_regular(self) -> OptionsOf:
        """The options of the regular rows alone."""
        places = {kind: place[self.regular] for kind, place in self.places.items()}
        return OptionsOf(self.regular[self.regular], places, self.data)


def _covers(prefix: str, name: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _kind_of(name: str) -> int | None:
    """The kind of option that ``name`` is of; -1: of none that is read here; None: it may be without an option."""
    if name == "tcp.options.mss":  # notes that it is there, or is not, are named like parts of it
        return _MSS
    for prefix, kind in _KINDS.items():
        if _covers(prefix, name):
            return kind
    return -1 if any(_covers(prefix, name) for prefix in _OTHERS) else None


#: Every field of the list that only a certain option has.
_KIND_OF: Final = {name: kind for name in FIELDS if (kind := _kind_of(name)) is not None}
OPTION_FIELDS: Final = frozenset(_KIND_OF)


def options_of(session: OpenCapture, rows: Rows) -> OptionsOf:
    """The options of ``rows``, all `plain`: each option's place, row by row at the same time."""
    store, numbers, count = session.store, rows.numbers, len(rows)
    places = {kind: np.full(count, -1, np.int64) for kind in (*_LENGTHS, _SACK, _NOP)}
    block, starts = session.reader.stretch(numbers)
    data = np.frombuffer(block, np.uint8)
    header = store.header_length[numbers].astype(np.int64)
    begin = starts + store.transport_offset[numbers].astype(np.int64)
    regular: Mask = (header >= _HEADER) & (begin + header <= len(data))
    left = np.flatnonzero(regular & (header > _HEADER))
    at = np.full(len(left), _HEADER, np.int64)
    while len(left):
        kinds = data[begin[left] + at].astype(np.int64)
        room = header[left] - at
        sizes = np.where(kinds == _NOP, 1, data[np.minimum(begin[left] + at + 1, len(data) - 1)].astype(np.int64))
        good = (kinds == _EOL) | (kinds == _NOP)
        for kind, length in _LENGTHS.items():
            good |= (kinds == kind) & (sizes == length) & (places[kind][left] < 0)
        good |= (kinds == _SACK) & np.isin(sizes, _SACK_LENGTHS) & (places[_SACK][left] < 0)
        good &= (kinds == _EOL) | (sizes <= room)
        regular[left[~good]] = False
        for kind, place in places.items():
            of_kind = good & (kinds == kind)
            place[left[of_kind]] = (begin[left] + at)[of_kind]
        on = good & (kinds != _EOL) & (sizes < room)
        left, at = left[on], (at + sizes)[on]
    return OptionsOf(regular, places, data)


def may_have_option(options: OptionsOf, name: str) -> Mask:
    """Mask of the rows that may have the field ``name`` of `OPTION_FIELDS`."""
    kind = _KIND_OF[name]
    has: Mask = ~options.regular
    return has | (options.places[kind] >= 0) if kind >= 0 else has


def read_option(name: str, options: OptionsOf) -> Occurrences:
    """The field ``name`` of `OPTION_VALUES` in rows that are all regular."""
    value, of = _VALUES[name], types.type_of(FIELDS[name])
    place = options.places[value.kind]
    index = np.flatnonzero(place >= 0)
    found = numbers_at(options.data, place[index] + value.offset, value.size)
    return Occurrences(of, len(place), found, index)
