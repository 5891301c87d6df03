"""The connections of a capture in groups: by server, port, host, pair of hosts or finding, with totals.

Computed on whole columns of the stream table; a capture of a million connections takes about a second, so callers with
a user before them compute in a worker thread.  Each group is one display filter (`Group.filter`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.owners import owners_of
from tcptui.dfilter.completion import quoted
from tcptui.model.arrays import distinct_rows
from tcptui.model.finding import Severity
from tcptui.model.packet_store import RowKind
from tcptui.model.units import NS_PER_US

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.finding import AnyId
    from tcptui.model.packet_store import I32, I64

    U64 = NDArray[np.uint64]

#: Rows of the store that are counted at once.
_BLOCK: Final = 1 << 20
#: Bits of the seconds lost (in microseconds: 12 days) in what the worst connection of a group is found by.
_LOST_BITS: Final = 40


class GroupBy(Enum):
    """A property by which connections are grouped; the value is the end of catalogue keys."""

    SERVER = "server"
    """Address and port of the server."""
    PORT = "port"
    """The server's port."""
    HOST = "host"
    """One host, as client or as server: a connection is in the groups of both."""
    PAIR = "pair"
    """Two hosts, whichever of them is the client."""
    FINDING = "finding"
    """A warning or an error: a connection is in the group of each that it has."""
    PROCESS = "process"
    """The name of a process that owns an end of it: a connection of two is in the groups of both."""


def kinds_of(session: JudgedCapture, now: GroupBy = GroupBy.SERVER) -> list[GroupBy]:
    """The properties by which its connections can be grouped: by processes where some are known, and ``now``."""
    return [by for by in GroupBy if by is not GroupBy.PROCESS or by is now or owners_of(session)]


class GroupSort(Enum):
    """A count that groups are sorted by, the most first; the value is the end of catalogue keys."""

    LOST = "lost"
    """Time lost, then errors, then warnings, then connections."""
    CONNECTIONS = "connections"
    BYTES = "bytes"
    BYTES_FORTH = "bytes_forth"
    BYTES_BACK = "bytes_back"
    PACKETS = "packets"

    def following(self) -> GroupSort:
        """The next, after the last the first."""
        order = list(GroupSort)
        return order[(order.index(self) + 1) % len(order)]


@dataclass(frozen=True, slots=True)
class GroupKey:
    """The key of a group, which its connections have in common; the parts that `GroupBy` names are given."""

    hosts: tuple[str, ...] = ()
    """Addresses as text; of a pair the lower one first."""
    port: int = -1
    finding: AnyId | None = None
    process: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One group: how much there is of it, and what is the matter with it."""

    key: GroupKey
    filter: str
    """A display filter that lists the same connections."""
    connections: int
    packets: int
    wire_bytes: int
    """Original lengths of the frames."""
    packets_forth: int
    """Those that the host sent, or the first host of a pair, or the clients of any other group; kept ones only."""
    packets_back: int
    """Those that it received."""
    bytes_forth: int
    """The same of `wire_bytes`."""
    bytes_back: int
    lost_ns: int
    """Time that warnings and errors cost, at least."""
    errors: int
    """Connections with an error."""
    warnings: int
    """Connections with a warning and no error."""
    worst: int
    """Number of the connection in the worst trouble; of those without trouble the one with the most packets."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """All groups of one kind, as of one moment."""

    by: GroupBy
    sort: GroupSort
    groups: tuple[Group, ...]
    _streams: I32
    """Connections of all groups, those of one group together, in the order of `groups`."""
    _begins: I64
    """Where in `_streams` each group begins, and where the last ends."""

    def streams(self, place: int) -> tuple[int, ...]:
        """Numbers of the connections of the group ``place``: the worst, then the others, ascending."""
        mine, worst = self.members(place), self.groups[place].worst
        return (worst, *mine[mine != worst].tolist())

    def members(self, place: int) -> I32:
        """Numbers of the connections of the group ``place``, ascending; read-only."""
        return self._streams[self._begins[place] : self._begins[place + 1]]


def group_connections(
    session: JudgedCapture, by: GroupBy, sort: GroupSort, passing: Callable[[I32], NDArray[np.bool_]] | None = None
) -> Grouping:
    """The groups of the connections that ``session`` keeps, sorted by ``sort``; equal ones by what they are called.

    ``passing``: of only those of which it says so.
    """
    streams = session.streams
    kept = streams.listed()
    listed = (kept if passing is None else kept[passing(kept)]).astype(np.int64)
    keys, members, which, by_client = _FINDERS[by](session, listed)
    severity, lost_ns = (_reaching(column, streams.count) for column in (session.severity, session.lost_ns))
    rank = _rank(severity[members], lost_ns[members])
    order = np.lexsort((members, -streams.packets[members].astype(np.int64), -rank, which))
    begins = np.searchsorted(which[order], np.arange(len(keys) + 1))
    worst = members[order[begins[:-1]]]

    def total(values: I64) -> list[int]:
        sums = np.concatenate(([0], np.cumsum(values[order], dtype=np.int64)))
        by_group: list[int] = np.diff(sums[begins]).tolist()
        return by_group

    packets, wire_bytes = total(streams.packets[members].astype(np.int64)), total(streams.wire_bytes[members])
    errors, warnings = (
        total((severity[members] == each).astype(np.int64)) for each in (Severity.ERROR, Severity.WARNING)
    )
    sent = _sent(session)  # by client and by server: packets, bytes
    forth, back = (np.where(by_client == of_client, sent[0][:, members], sent[1][:, members]) for of_client in (1, 0))
    directions = [total(numbers) for pair in zip(forth, back, strict=True) for numbers in pair]
    made = [
        Group(key, filter_of(by, key), *numbers)
        for key, *numbers in zip(
            keys, np.diff(begins).tolist(), packets, wire_bytes, *directions, total(lost_ns[members]), errors, warnings,
            worst.tolist(), strict=True,
        )
    ]  # fmt: skip
    places = sorted(range(len(made)), key=lambda place: _sorting(made[place], sort))
    by_group = [np.sort(members[order[begins[place] : begins[place + 1]]]) for place in places]
    ends = np.cumsum([0, *map(len, by_group)], dtype=np.int64)
    together = np.concatenate(by_group or [np.zeros(0, np.int64)]).astype(np.int32)
    return Grouping(by, sort, tuple(made[place] for place in places), together, ends)


@dataclass(frozen=True, slots=True)
class Talker:
    """A host, with the totals of the connections that it has a part in."""

    host: str
    connections: int
    packets: int
    wire_bytes: int
    """Original lengths of the frames."""


def busiest_hosts(session: JudgedCapture, most: int) -> tuple[Talker, ...]:
    """The hosts of the most bytes, at most so many, the busiest first; in numbers as `GroupBy.HOST` has them."""
    streams = session.streams
    listed = streams.listed().astype(np.int64)
    client, server = map(_without_port, _ends(session, listed))
    is_other = (client != server).any(axis=1)  # a host that talks to itself is counted once
    hosts, which = distinct_rows(np.concatenate((client, server[is_other])))
    members = np.concatenate((listed, listed[is_other]))
    totals = [
        np.bincount(which, values, len(hosts)).astype(np.int64)
        for values in (np.ones(len(members)), streams.packets[members], streams.wire_bytes[members])
    ]
    busiest = np.lexsort((*hosts.T[[1, 0, 2]], -totals[2]))[:most].tolist()
    return tuple(Talker(_host(*hosts[at].tolist()), *(int(total[at]) for total in totals)) for at in busiest)


def worst_of(session: JudgedCapture, members: I32, most: int) -> list[int]:
    """At most so many of the connections ``members``: the most severe first, of equal ones what cost the most time."""
    rank = _rank(session.severity[members].astype(np.int64), session.lost_ns[members])
    if len(members) > most:
        some = np.argpartition(-rank, most)[:most]
        members, rank = members[some], rank[some]
    worst: list[int] = members[np.lexsort((members, -rank))].tolist()
    return worst


def _rank(severity: I64, lost_ns: I64) -> I64:
    """A number for each of the connections that these are of, the higher the worse.

    A note makes none worse: those of the payload are found only for who opens a connection.
    """
    rank: I64 = np.where(severity > Severity.NOTE, severity, 0) << _LOST_BITS | np.minimum(
        lost_ns // NS_PER_US, 2**_LOST_BITS - 1
    )
    return rank


def filter_of(by: GroupBy, key: GroupKey) -> str:
    """The display filter of the group ``key``."""
    match by:
        case GroupBy.SERVER:
            return f"tcptui.server == {key.hosts[0]} && tcptui.server.port == {key.port}"
        case GroupBy.PORT:
            return f"tcptui.server.port == {key.port}"
        case GroupBy.HOST:
            return f"tcptui.client == {key.hosts[0]} || tcptui.server == {key.hosts[0]}"
        case GroupBy.PAIR:
            one, other = key.hosts
            return " || ".join(
                f"(tcptui.client == {client} && tcptui.server == {server})"
                for client, server in dict.fromkeys(((one, other), (other, one)))
            )
        case GroupBy.FINDING:
            return f'tcptui.finding == "{key.finding}"'
        case GroupBy.PROCESS:
            return f"tcptui.process == {quoted(key.process)}"


def _sorting(group: Group, sort: GroupSort) -> tuple[object, ...]:
    key = group.key
    name = (
        tuple((ip_address(host).version, ip_address(host).packed) for host in key.hosts),
        key.port,
        str(key.finding),
        key.process,
    )
    match sort:
        case GroupSort.LOST:
            return (-group.lost_ns, -group.errors, -group.warnings, -group.connections, name)
        case GroupSort.CONNECTIONS:
            return (-group.connections, name)
        case GroupSort.BYTES:
            return (-group.wire_bytes, name)
        case GroupSort.BYTES_FORTH:
            return (-group.bytes_forth, name)
        case GroupSort.BYTES_BACK:
            return (-group.bytes_back, name)
        case GroupSort.PACKETS:
            return (-group.packets, name)


def _reaching(column: NDArray[np.generic], count: int) -> I64:
    """``column`` as 64-bit integers, with 0 for streams that are younger than it."""
    whole = np.zeros(count, np.int64)
    known = min(count, len(column))
    whole[:known] = column[:known]
    return whole


# -- what they have in common --------------------------------------------------------------
#: Keys, streams (one of several groups stands there several times), the group of each, and whether what its client sent
#: counts as sent (`Group.packets_forth`).
_Found = tuple["Sequence[GroupKey]", "I64", "I64", "NDArray[np.bool_]"]


def _sent(session: JudgedCapture) -> tuple[I64, I64]:
    """What client and server of each stream sent, of packets that are kept: packets and bytes, int64[2, streams]."""
    store, streams = session.store, session.streams
    stop, count = store.count, streams.count
    sent = np.zeros((2, 2, count), np.int64)
    client_is_b = streams.client_is_b[:count] != 0
    for begin in range(store.first, stop, _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, stop))
        stream = store.stream[rows]
        ours = np.flatnonzero((stream >= 0) & (stream < count) & (store.kind[rows] == RowKind.TCP))
        stream, from_b = stream[ours], store.from_b[rows][ours] != 0
        by_server = from_b != client_is_b[stream]
        lengths = store.wire_length[rows][ours]
        for side in (0, 1):
            mine = by_server == side
            sent[side, 0] += np.bincount(stream[mine], minlength=count)
            sent[side, 1] += np.bincount(stream[mine], lengths[mine], count).astype(np.int64)
    return sent[0], sent[1]


def _all(listed: I64) -> NDArray[np.bool_]:
    return np.ones(len(listed), np.bool_)


def _ends(session: JudgedCapture, listed: I64) -> tuple[U64, U64]:
    """Client and server of each stream, as (address high, address low, IP version << 16 | port)."""
    streams = session.streams
    flows = streams.flow[listed]
    addresses = streams.flows.addresses_of(flows)
    for end, ports in enumerate(streams.flows.ports(flows)):
        addresses[:, end, 2] = addresses[:, end, 2] << np.uint64(16) | ports.astype(np.uint64)
    is_b = streams.client_is_b[listed] != 0
    client = np.where(is_b[:, None], addresses[:, 1], addresses[:, 0])
    return client, np.where(is_b[:, None], addresses[:, 0], addresses[:, 1])


def _without_port(ends: U64) -> U64:
    hosts = ends.copy()
    hosts[:, 2] >>= np.uint64(16)
    return hosts


def _host(high: int, low: int, version: int) -> str:
    return str(ip_address((high << 64 | low).to_bytes(16, "big")[0 if version == 6 else 12 :]))


def _by_server(session: JudgedCapture, listed: I64) -> _Found:
    distinct, which = distinct_rows(_ends(session, listed)[1])
    keys = [GroupKey((_host(high, low, rest >> 16),), rest & 0xFFFF) for high, low, rest in distinct.tolist()]
    return keys, listed, which, _all(listed)


def _by_port(session: JudgedCapture, listed: I64) -> _Found:
    ports = _ends(session, listed)[1][:, 2] & np.uint64(0xFFFF)
    distinct, which = np.unique(ports, return_inverse=True)
    return [GroupKey(port=port) for port in distinct.tolist()], listed, which, _all(listed)


def _by_host(session: JudgedCapture, listed: I64) -> _Found:
    client, server = map(_without_port, _ends(session, listed))
    is_other = (client != server).any(axis=1)  # a host that talks to itself is in one group once
    distinct, which = distinct_rows(np.concatenate((client, server[is_other])))
    return (
        [GroupKey((_host(*words),)) for words in distinct.tolist()],
        np.concatenate((listed, listed[is_other])),
        which,
        np.concatenate((_all(listed), ~_all(listed[is_other]))),
    )


def _by_pair(session: JudgedCapture, listed: I64) -> _Found:
    client, server = map(_without_port, _ends(session, listed))
    hosts, numbers = distinct_rows(np.concatenate((client, server)))
    order = np.lexsort(hosts.T[[1, 0, 2]])  # by IP version, then address
    texts = [_host(*words) for words in hosts[order].tolist()]
    places = np.argsort(order)[numbers].reshape(2, -1)
    low, high = np.sort(places, axis=0)
    distinct, which = np.unique(low * len(texts) + high, return_inverse=True)
    return (
        [GroupKey((texts[pair // len(texts)], texts[pair % len(texts)])) for pair in distinct.tolist()],
        listed,
        which,
        places[0] <= places[1],
    )


def _by_finding(session: JudgedCapture, listed: I64) -> _Found:
    kept = set(listed.tolist())
    having: dict[AnyId, list[int]] = {}
    for stream, findings in session.above_note().items():
        if stream in kept:
            for name in dict.fromkeys(found.id for found in findings if found.severity > Severity.NOTE):
                having.setdefault(name, []).append(stream)
    sizes = [len(members) for members in having.values()]
    members = np.array([stream for each in having.values() for stream in each], np.int64)
    return [GroupKey(finding=name) for name in having], members, np.repeat(np.arange(len(sizes)), sizes), _all(members)


def _by_process(session: JudgedCapture, listed: I64) -> _Found:
    owners = owners_of(session)
    having: dict[str, list[int]] = {}
    for stream in listed[owners.owned(listed)].tolist():
        names = [owner.program for owner in owners.of(stream) if owner is not None and owner.program]
        for name in dict.fromkeys(names):
            having.setdefault(name, []).append(stream)
    members = np.array([stream for each in having.values() for stream in each], np.int64)
    which = np.repeat(np.arange(len(having)), [len(each) for each in having.values()])
    return [GroupKey(process=name) for name in having], members, which, _all(members)


_FINDERS: Final = {
    GroupBy.SERVER: _by_server,
    GroupBy.PORT: _by_port,
    GroupBy.HOST: _by_host,
    GroupBy.PAIR: _by_pair,
    GroupBy.FINDING: _by_finding,
    GroupBy.PROCESS: _by_process,
}
