"""Fields of plain datagrams that are told without a header tree, each by its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.datagram_pairs import DNS_PAIRED
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
from tcptui.session.filtering.udp_conversations import CONVERSATION_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.filtering.datagram_pairs import DatagramPairs
    from tcptui.session.filtering.plain_datagrams import Datagrams
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.trees import TreeReader
    from tcptui.session.filtering.udp_conversations import UdpConversations


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
        return _known(trees.look_at_pairs(), DNS_PAIRED, name, numbers.tolist())
    if name in CONVERSATION_FIELDS:
        return _known(trees.look_at_conversations(int(numbers[-1]) + 1), CONVERSATION_FIELDS, name, numbers.tolist())
    return _silent(datagrams, name)


def _known(
    packets: DatagramPairs | UdpConversations, names: tuple[str, ...], name: str, numbers: list[int]
) -> tuple[Mask, Occurrences]:
    """The field ``name`` of ``names``, which ``packets`` knows of each of the rows ``numbers`` in that order."""
    which, kind = names.index(name), types.type_of(FIELDS[name])
    places: list[int] = []
    values: list[int] = []
    with packets.lock:
        for place, number in enumerate(numbers):
            for header in packets.of(number):
                if (value := header[which]) is not None:
                    places.append(place)
                    values.append(value)
    found = Occurrences(kind, len(numbers), array_of(kind, values), np.array(places, np.int64))
    return np.ones(len(numbers), np.bool_), found


def _silent(datagrams: Datagrams, *names: str) -> tuple[Mask, Occurrences]:
    """Told of those that cannot have any of the fields ``names``."""
    could = np.zeros(len(datagrams.four), np.bool_)
    for name in names:
        could |= may_say(datagrams, name) if name.startswith("dns.") else may_hold(datagrams, name)
    kind = types.type_of(FIELDS[names[0]])
    return ~could, Occurrences(kind, len(could), array_of(kind, []), np.zeros(0, np.int64))
