"""Fields of plain datagrams that are told without a header tree, each by its own way."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.session.datagrams import CONVERSATION_FIELDS, DNS_PAIRED, pair_values
from tcptui.session.filtering.dns_datagrams import DNS_FIELDS, may_say, read_dns
from tcptui.session.filtering.header_places import in_order
from tcptui.session.filtering.occurrences import Occurrences, array_of, merged
from tcptui.session.filtering.plain_datagrams import (
    DATAGRAM_FIELDS,
    STATUS_FIELDS,
    may_hold,
    read_datagram,
    read_status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.session.filtering.plain_datagrams import Datagrams
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.trees import TreeReader


def read_members(trees: TreeReader, datagrams: Datagrams, rows: Rows, names: Sequence[str]) -> tuple[Mask, Occurrences]:
    """A mask of ``rows``: ``datagrams`` that answer for ``names``, the members of a field; and their values.

    The places of the values are those among all ``datagrams``.  Raises Cancelled.
    """
    count, kind = len(datagrams.four), types.type_of(FIELDS[names[0]])
    if all(name in DATAGRAM_FIELDS for name in names):
        each = [read_datagram(datagrams, name) for name in in_order(tuple(names))]
        return np.ones(count, np.bool_), merged(kind, each, count)
    (name, *others) = names
    if others:
        return _silent(datagrams, name, *others)
    if name in STATUS_FIELDS:
        return np.ones(count, np.bool_), read_status(datagrams, name)
    if name in DNS_FIELDS:
        told, found = read_dns(datagrams, name)
        return told | ~datagrams.speaks_dns, found
    numbers = rows.only(datagrams.mask).numbers
    if name in DNS_PAIRED:
        index = trees.datagrams()  # answers come later
        return _known(name, ([pair_values("dns", one) for one in index.pairs_of(row)] for row in numbers.tolist()))
    if name in CONVERSATION_FIELDS:
        index = trees.datagrams(int(numbers[-1]) + 1)
        return _known(name, ([one.values() for one in index.places_of(row)] for row in numbers.tolist()))
    return _silent(datagrams, name)


def _known(name: str, rows: Iterable[Iterable[Iterable[tuple[str, Any]]]]) -> tuple[Mask, Occurrences]:
    """The field ``name``, of each of ``rows`` the values by their names that are known of each of its headers."""
    kind, count = types.type_of(FIELDS[name]), 0
    places: list[int] = []
    values: list[Any] = []
    for headers in rows:
        for one, value in chain.from_iterable(headers):
            if one == name:
                places.append(count)
                values.append(value)
        count += 1
    return np.ones(count, np.bool_), Occurrences(kind, count, array_of(kind, values), np.array(places, np.int64))


def _silent(datagrams: Datagrams, *names: str) -> tuple[Mask, Occurrences]:
    """Told of those that cannot have any of the fields ``names``."""
    could = np.zeros(len(datagrams.four), np.bool_)
    for name in names:
        could |= may_say(datagrams, name) if name.startswith("dns.") else may_hold(datagrams, name)
    kind = types.type_of(FIELDS[names[0]])
    return ~could, Occurrences(kind, len(could), array_of(kind, []), np.zeros(0, np.int64))
