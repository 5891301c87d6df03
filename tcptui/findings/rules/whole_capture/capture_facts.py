"""`CaptureFacts`: all connections of a capture as columns, and the findings of those in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from tcptui.analysis.stream.table import Completeness, StreamMark
from tcptui.findings.causes import stories
from tcptui.findings.rules.whole_capture.by_ends import ByEnds
from tcptui.findings.weight import seconds_together, story_seconds
from tcptui.model.arrays import distinct, indexes_of, sorted_unique
from tcptui.model.finding import AnyId, CaptureFinding, Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import NO_STREAM, RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.protocols.dns.questions import answers_to_questions
from tcptui.protocols.outside.messages import DnsMessage, OutsideMessage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.findings.stream_findings import StreamFindings
    from tcptui.model.flow_table import U64
    from tcptui.model.packet_store import I32, I64, PacketStore
    from tcptui.model.request import Request

    Mask = NDArray[np.bool_]

_T = TypeVar("_T")

#: So many connections alike are a group: two may be chance, and are read as quickly one by one.
GROUP_LEAST: Final = 3
#: The marks of an endpoint that has sent something.
_SENT: Final = (
    (StreamMark.SYN_A, StreamMark.SYN_B), (StreamMark.RST_A, StreamMark.RST_B),
    (StreamMark.DATA_A, StreamMark.DATA_B), (StreamMark.FIN_A, StreamMark.FIN_B),
)  # fmt: skip
_ENDS: Final = int(TcpFlag.FIN | TcpFlag.RST)
#: Streams whose addresses are looked at together.
_HOSTS_AT_ONCE: Final = 1 << 14
#: Rows looked at together: all of them at once would take as much memory as the packets.
CHUNK: Final = 1 << 18
#: When a host was heard is kept to this time (ns).
TICK_NS: Final = 100_000_000
_TICKS: Final = 1 << 37
"""More ticks than any clock shows: hosts and ticks in one key."""
#: A client that falls back to the other address family does so within this time (ns).
FALLBACK_NS: Final = 3_000_000_000
_IPV6: Final = 6
#: Ports of one host: hosts and ports in one key.
_PORTS: Final = 1 << 16
#: The host that sends or receives at least this share of all packets, in percent, is the near one.
NEAR_PERCENT: Final = 90
#: Frames that a finding names as evidence, the first of its connections.
EVIDENCE_MOST: Final = 12
_NO_STREAMS: Final = np.zeros(0, np.int64)


class CaptureFacts:
    """Columns over the kept streams, and their warnings and errors.

    All columns are parallel to `number`, the stream numbers, ascending.  Hosts are small integers; `host_name` gives
    their addresses.  ``findings``: of every stream with a warning or an error, all of its findings.  ``requests_of``
    reads the requests of a stream; it gives none where packets cannot be read.  ``truncated`` reads the answers of DNS
    that did not fit into a datagram, ``outside`` what was said outside TCP that connections wait for, both in capture
    order.  ``read_segments`` reads TCP header and payload of each of several rows, empty where not all of it was
    captured.
    """

    def __init__(
        self,
        store: PacketStore,
        streams: StreamTable,
        findings: StreamFindings,
        requests_of: Callable[[int], Sequence[Request]] = lambda _stream: (),
        truncated: Callable[[], Sequence[DnsMessage]] = tuple,
        read_segments: Callable[[I64], list[bytes]] = lambda rows: [b""] * len(rows),
        outside: Callable[[], Sequence[OutsideMessage]] = tuple,
    ) -> None:
        self.store, self.streams = store, streams
        self.requests_of = requests_of
        self.truncated = truncated
        self.read_segments = read_segments
        self._outside = outside
        self.rows = slice(store.first, store.count)
        """The rows that all rules look at; taken before the streams, which may be ahead of them."""
        self.number: I32 = streams.listed()
        rows = self.number
        self.findings = findings
        if streams.evicted_streams:  # some since ``findings`` were gathered, maybe: screens ask from another thread
            self.findings = findings.some(
                np.intersect1d(rows, np.fromiter(findings, np.int64), assume_unique=True).tolist()
            )
        is_b = streams.client_is_b[rows] != 0
        self._place_of_host, coded, self.is_ipv6 = _hosts(streams, rows, is_b)
        self.client: I64 = coded[0]
        self.server: I64 = coded[1]
        ports_a, ports_b = streams.flows.ports(streams.flow[rows])
        self.port: I64 = np.where(is_b, ports_a, ports_b)
        self.began_ns = streams.began_ns[rows]
        self.latest_ns = streams.latest_ns[rows]
        self.packets = streams.packets[rows]
        sent_a, sent_b = streams.payload_a[rows], streams.payload_b[rows]
        self.asked: I64 = np.where(is_b, sent_b, sent_a)
        """Payload bytes of the clients."""
        self.answered: I64 = np.where(is_b, sent_a, sent_b)
        """Payload bytes of the servers."""
        self.client_rest_ns: I64 = streams.longest_waits_ns(rows)[0]
        """The longest time after which a client sent data on a connection."""
        trip_a, trip_b = streams.min_rtt_ns_a[rows], streams.min_rtt_ns_b[rows]
        self.client_away_ns: I64 = np.where(is_b, trip_a, trip_b)
        """The way from here to the client and back; 0 where no segment shows it."""
        self.completeness = streams.completeness[rows]
        self._marks, self._is_b = streams.marks[rows], is_b

    @cached_property
    def client_port(self) -> I64:
        """The client's port of each stream."""
        ports_a, ports_b = self.streams.flows.ports(self.streams.flow[self.number])
        ports: I64 = np.where(self._is_b, ports_b, ports_a).astype(np.int64)
        return ports

    def sent_by_server(self, rows: I64, places: I64) -> Mask:
        """Whether each of ``rows``, segments of the streams at ``places``, was sent by the server."""
        mask: Mask = (self.store.from_b[rows] != 0) != self._is_b[places]
        return mask

    # -- masks over streams ------------------------------------------------------------
    def by_client(self, of_a: StreamMark, of_b: StreamMark) -> Mask:
        """Where the client has the mark ``of_a``, or ``of_b`` if it is endpoint *b*."""
        mask: Mask = np.where(self._is_b, self._marks & np.uint32(of_b), self._marks & np.uint32(of_a)) != 0
        return mask

    def by_server(self, of_a: StreamMark, of_b: StreamMark) -> Mask:
        """As `by_client`, of the server."""
        return self.by_client(of_b, of_a)

    @cached_property
    def attempted(self) -> Mask:
        """The client's SYN was captured."""
        return self.by_client(StreamMark.SYN_A, StreamMark.SYN_B)

    @cached_property
    def opened(self) -> Mask:
        """SYN, SYN-ACK and an ACK were captured."""
        whole = int(Completeness.SYN | Completeness.SYN_ACK | Completeness.ACK)
        mask: Mask = (self.completeness & whole) == whole
        return mask

    @cached_property
    def alive(self) -> Mask:
        """The server sent something: its SYN-ACK, a RST, data or a FIN."""
        mask: Mask = (self._marks & int(StreamMark.SYN_CHALLENGED)) != 0
        for of_a, of_b in _SENT:
            mask |= self.by_server(of_a, of_b)
        return mask

    @cached_property
    def quoted(self) -> Mask:
        """An ICMP error quotes the stream."""
        mask: Mask = (self._marks & int(StreamMark.ICMP_QUOTED)) != 0
        return mask

    @cached_property
    def unanswered(self) -> Mask:
        """Nothing but the client's SYNs was captured, and no ICMP error about them; the client may have sent a RST."""
        only = (self.completeness | int(Completeness.RST)) == int(Completeness.SYN | Completeness.RST)
        mask: Mask = self.attempted & only & ~self.alive & ~self.quoted
        return mask

    @cached_property
    def refused(self) -> Mask:
        """The server answered the SYN with a RST and nothing else."""
        # The RST acknowledges the SYN (RFC 9293, 3.5.2).
        only = (self.completeness | int(Completeness.ACK)) == int(
            Completeness.SYN | Completeness.ACK | Completeness.RST
        )
        by_server = self.by_server(StreamMark.RST_A, StreamMark.RST_B)
        mask: Mask = self.attempted & only & by_server & ~self.by_server(StreamMark.SYN_A, StreamMark.SYN_B)
        return mask

    @cached_property
    def _heard(self) -> tuple[I64, I64]:
        """(client, tick) and (server, tick) in which a packet of the server was captured: keys, ascending."""
        store = self.store
        found: tuple[list[I64], list[I64]] = [], []
        for first in range(self.rows.start, self.rows.stop, CHUNK):
            rows = slice(first, min(first + CHUNK, self.rows.stop))
            known, place = self.places_of_rows(rows)
            place = place[known]
            by_server = (store.from_b[rows][known] != 0) != self._is_b[place]
            tick = store.time_ns[rows][known][by_server] // TICK_NS
            for keys, host in zip(found, (self.client, self.server), strict=True):
                keys.append(sorted_unique(host[place[by_server]] * _TICKS + tick))
        client, server = (sorted_unique(np.concatenate(keys)) if keys else np.zeros(0, np.int64) for keys in found)
        return client, server

    def client_heard_anybody(self, client: int, begin_ns: int, end_ns: int) -> bool:
        """Whether any server's packet to ``client`` was captured between these times."""
        return _any_between(self._heard[0], client, begin_ns, end_ns)

    def server_heard(self, server: int, begin_ns: int, end_ns: int) -> bool:
        """Whether a packet of ``server`` was captured between these times."""
        return _any_between(self._heard[1], server, begin_ns, end_ns)

    def fell_back(self, places: I64) -> bool:
        """Whether each attempt at ``places`` was soon followed by a connection of the other address family.

        A client with both families tries one, and where that fails or is slow the other (RFC 8305): then the server
        was reached all the same.  Same port, opened, begun within `FALLBACK_NS`.
        """
        return len(self.fallbacks(places)) == len(places)

    def fallbacks(self, places: I64) -> I64:
        """The connections that `fell_back` is about, one for each attempt; none where not every attempt has one."""
        if not self._has_both_families:
            return _NO_STREAMS
        others = self.opened & (self.port == self.port[places[0]]) & (self.is_ipv6 != self.is_ipv6[places[0]])
        found = indexes_of(others)
        if not len(found):
            return _NO_STREAMS
        found = found[np.argsort(self.began_ns[found], kind="stable")]
        begun, began = self.began_ns[found], self.began_ns[places]
        at = np.minimum(np.searchsorted(begun, began), len(begun) - 1)
        soon = (begun[at] >= began) & (begun[at] <= began + FALLBACK_NS)
        return found[at] if soon.all() else _NO_STREAMS

    @cached_property
    def by_ends(self) -> ByEnds:
        """The connections by their ends, for whoever looks some up for each of many messages."""
        return ByEnds(self)

    @cached_property
    def dns_answers(self) -> list[DnsMessage]:
        """What DNS answered to questions that were seen: other answers are believed by nobody."""
        return answers_to_questions(one for one in self.outside if isinstance(one, DnsMessage))

    @cached_property
    def outside(self) -> tuple[OutsideMessage, ...]:
        """What was said outside TCP: look-ups of names and neighbours, ICMP errors; packets are read for it."""
        return tuple(self._outside())

    def first_ends(self, places: I64) -> tuple[I64, Mask]:
        """When the first FIN or RST of the streams at ``places`` (ascending) was captured, and whether of the server.

        Where none is kept: the end of time, and False.
        """
        ended_ns = np.full(len(places), np.iinfo(np.int64).max)
        by_server = np.zeros(len(places), np.bool_)
        if not len(places):
            return ended_ns, by_server
        numbers, store = self.number[places], self.store
        begin = max(int(self.streams.first_row[numbers].min()), self.rows.start)
        end = min(int(self.streams.last_row[numbers].max()) + 1, self.rows.stop)
        for first in range(begin, end, CHUNK):
            rows = slice(first, min(first + CHUNK, end))
            ends = (store.kind[rows] == RowKind.TCP) & ((store.flags[rows] & _ENDS) != 0)
            found = indexes_of(ends) + first
            at = np.searchsorted(numbers, store.stream[found])
            ours = numbers[np.minimum(at, len(numbers) - 1)] == store.stream[found]
            at, found = at[ours], found[ours]
            nth, _ = distinct(at)
            streams = at[nth]
            new = ended_ns[streams] == np.iinfo(np.int64).max
            streams, found = streams[new], found[nth[new]]
            ended_ns[streams] = store.time_ns[found]
            by_server[streams] = (store.from_b[found] != 0) != self._is_b[places[streams]]
        return ended_ns, by_server

    def segments_of(self, places: I64) -> Iterator[tuple[I64, I64]]:
        """The rows of all segments of the streams at ``places`` (ascending), and the place of each, some at a time."""
        if not len(places):
            return
        numbers, store = self.number[places], self.store
        begin = max(int(self.streams.first_row[numbers].min()), self.rows.start)
        end = min(int(self.streams.last_row[numbers].max()) + 1, self.rows.stop)
        for first in range(begin, end, CHUNK):
            rows = slice(first, min(first + CHUNK, end))
            at = np.minimum(np.searchsorted(numbers, store.stream[rows]), len(numbers) - 1)
            ours = indexes_of((numbers[at] == store.stream[rows]) & (store.kind[rows] == RowKind.TCP))
            yield ours + first, places[at[ours]]

    # -- findings ------------------------------------------------------------------------
    @cached_property
    def severity(self) -> NDArray[np.uint8]:
        """The worst severity of each stream; 0 where `findings` has nothing of it."""
        worst = np.zeros(len(self.number), np.uint8)
        for severity, streams in self.findings.groups(_worst):
            worst[np.searchsorted(self.number, streams)] = severity
        return worst

    @cached_property
    def streams_with(self) -> Mapping[AnyId, I64]:
        """By id of a warning or an error: the streams that have it, ascending."""
        found: dict[AnyId, list[I64]] = {}
        for names, streams in self.findings.groups(_names_above_note):
            for name in names:
                found.setdefault(name, []).append(streams)
        return {name: np.sort(np.concatenate(some)) for name, some in found.items()}

    def having(self, *names: AnyId) -> Mask:
        """Which streams have a warning or an error of one of these ids."""
        mask = np.zeros(len(self.number), np.bool_)
        for name in names:
            if name in self.streams_with:
                mask[np.searchsorted(self.number, self.streams_with[name])] = True
        return mask

    def places_with(self, name: AnyId) -> I64:
        """The places of the streams that have a warning or an error ``name``."""
        return np.searchsorted(self.number, self.streams_with.get(name, _NO_STREAMS))

    def above_note(self, name: AnyId, place: int) -> Finding:
        """The warning or error ``name`` of the stream at ``place``, which has one."""
        return _above_note(name, self.findings[int(self.number[place])])

    def above_note_of_each(self, name: AnyId, places: I64, make: Callable[[Finding], _T]) -> Iterator[_T]:
        """``make(finding)`` of `above_note` at each of ``places``: a number, a text, an enumeration, or several."""
        return self.findings.of_each(lambda findings: make(_above_note(name, findings)), self.number[places].tolist())

    def place_of(self, stream: int) -> int:
        """The index of ``stream`` in the columns."""
        return int(np.searchsorted(self.number, stream))

    def places_of(self, streams: Iterable[int]) -> I64:
        """The indexes of ``streams``, ascending."""
        return np.searchsorted(self.number, sorted(streams))

    def places_of_rows(self, rows: slice) -> tuple[Mask, I64]:
        """Whether each of ``rows`` is a TCP segment of one of these streams, and the stream's index; else 0.

        Meanwhile the worker may evict rows, and with them streams.
        """
        stream = self.store.stream[rows]
        place = np.minimum(np.searchsorted(self.number, stream), max(len(self.number) - 1, 0))
        known = (self.store.kind[rows] == RowKind.TCP) & (stream >= 0)
        known &= self.number[place] == stream if len(self.number) else False
        return known, np.where(known, place, 0)

    @cached_property
    def target(self) -> I64:
        """The server's host and port of each stream in one key."""
        key: I64 = self.server * _PORTS + self.port
        return key

    def far_hosts(self, near: int, places: I64) -> I64:
        """The hosts at the other end of the streams at ``places``, all of them connections of ``near``; distinct."""
        return sorted_unique(np.where(self.client[places] == near, self.server[places], self.client[places]))

    def took_s(self, places: I64) -> float:
        """The seconds from the beginning of the first of the streams at ``places`` to that of the last."""
        return float(self.began_ns[places].max() - self.began_ns[places].min()) / 1e9

    def host_name(self, host: int) -> str:
        """The address of ``host`` as text."""
        place, is_server = divmod(int(self._place_of_host[host]), 2)
        end = self.streams.server if is_server else self.streams.client
        return end(int(self.number[place])).host

    @cached_property
    def host_numbers(self) -> Mapping[str, int]:
        """The host of each address."""
        return {self.host_name(host): host for host in range(len(self._place_of_host))}

    def ever_sent(self, host: int) -> bool:
        """Whether a TCP packet of ``host`` is in the capture, as a client or as a server."""
        return bool(self._senders[host])

    @cached_property
    def _senders(self) -> Mask:
        """By host: whether it sent anything."""
        mask = np.zeros(len(self._place_of_host), np.bool_)
        mask[self.client] = True
        mask[self.server[self.alive]] = True
        return mask

    @cached_property
    def served(self) -> Mask:
        """By host: whether it opened a connection as a client."""
        mask = np.zeros(len(self._place_of_host), np.bool_)
        mask[self.client[self.opened]] = True
        return mask

    @cached_property
    def _has_both_families(self) -> bool:
        opened = self.is_ipv6[self.opened]
        return bool(self.is_ipv6.any() and not self.is_ipv6.all() and len(opened))

    @cached_property
    def near_host(self) -> int:
        """The host at which the capture was made, or at least the one that all traffic passes; -1: there is none."""
        total = int(self.packets.sum())
        if not total:
            return -1
        count = int(max(self.client.max(), self.server.max())) + 1
        by_host = np.bincount(self.client, self.packets, count) + np.bincount(self.server, self.packets, count)
        both = self.client == self.server
        by_host -= np.bincount(self.client[both], self.packets[both], count)
        host = int(by_host.argmax())
        return host if by_host[host] * 100 >= total * NEAR_PERCENT else -1

    # -- making findings --------------------------------------------------------------------
    def frames(self, places: I64) -> tuple[int, ...]:
        """The first frames of the streams at ``places``, as far as they are kept."""
        rows = np.sort(self.streams.first_row[self.number[places[:EVIDENCE_MOST]]])
        return tuple(self.store.frame[rows[(rows >= self.rows.start) & (rows < self.rows.stop)]].tolist())

    def finding(
        self,
        name: FindingId,
        places: I64,
        severity: Severity,
        confidence: Confidence,
        echo: Callable[[Finding], bool],
        alternatives: tuple[str, ...],
        facts: Mapping[str, Fact],
        *,
        packets: tuple[int, ...] = (),
        since_ns: int | None = None,
        waited_s: float = 0.0,
    ) -> CaptureFinding:
        """A finding about the streams at ``places`` (ascending).

        ``echo``: whether a finding of one of them only repeats this one, and need not be told again.  ``packets``: the
        evidence, else the first frame of each.  ``since_ns``: when it began, else when the first of them began.
        ``waited_s``: what they waited, where their own findings do not tell.  Without any stream all three are needed.
        """
        streams = tuple(self.number[places].tolist())

        def lost_by(findings: tuple[Finding, ...]) -> float:
            echoes = [story for story in stories(findings) if echo(story.cause)]
            return seconds_together((story.cause.id, story_seconds(story)) for story in echoes)

        def echoed(findings: tuple[Finding, ...]) -> tuple[bool, tuple[AnyId, ...]]:
            loud = [(one.id, echo(one)) for one in findings if one.severity > Severity.NOTE]
            return all(is_echo for _, is_echo in loud), tuple([name for name, is_echo in loud if is_echo])

        lost = max(float(sum(self.findings.of_each(lost_by, streams))), waited_s)
        of_each = list(self.findings.of_each(echoed, streams))
        quiet = tuple(compress(streams, (only_echoes for only_echoes, _ in of_each)))
        repeated = {
            stream: frozenset(names)
            for stream, (only_echoes, names) in zip(streams, of_each, strict=True)
            if names and not only_echoes
        }
        told = {"count": len(streams), "lost_s": round(lost, 9), **facts}
        evidence = packets or self.frames(places)
        finding = Finding(name, NO_STREAM, evidence, severity, confidence, told, alternatives)
        begun = int(self.began_ns[places].min()) if since_ns is None else since_ns
        return CaptureFinding(finding, streams, quiet, begun, lost, repeated)


def _hosts(streams: StreamTable, rows: I32, is_b: Mask) -> tuple[I64, I64, Mask]:
    """The hosts of the streams ``rows``, numbered in the order of their addresses; ``is_b``: whose client is *b*.

    Where each host is found: twice the place of one of its streams, and one more if it is the server there; the hosts
    of clients and of servers; and which streams are IPv6.
    """
    # Some at a time: as columns the addresses of all streams take more memory than what was found of them.
    found, of_part, coded = [], [np.zeros((0, 3), np.uint64)], np.zeros((len(rows), 2), np.int64)
    is_ipv6, known = np.zeros(len(rows), np.bool_), 0
    for begin in range(0, len(rows), _HOSTS_AT_ONCE):
        part = slice(begin, begin + _HOSTS_AT_ONCE)
        words = streams.flows.addresses_of(streams.flow[rows[part]])
        is_ipv6[part] = words[:, 0, 2] == _IPV6
        words = np.where(is_b[part, None, None], words[:, ::-1], words)
        first, which = distinct(_keys(words.reshape(-1, 3)))
        coded[part] = which.reshape(-1, 2) + known
        found.append(first + 2 * begin)
        of_part.append(words.reshape(-1, 3)[first])
        known += len(first)
    first, which = distinct(_keys(np.concatenate(of_part)))
    places = np.concatenate(found)[first] if found else _NO_STREAMS
    return places, np.ascontiguousarray(which[coded].T), is_ipv6


def _keys(words: U64) -> NDArray[Any]:
    """Each row of ``words`` as one value that can be compared, in the order of the rows' bytes."""
    rows = np.ascontiguousarray(words)
    differing = indexes_of((rows != rows[:1]).any(axis=0))
    if len(differing) <= 1:  # as of IPv4: numbers are sorted many times as fast as bytes
        return rows[:, differing[0] if len(differing) else 0].byteswap()
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def _worst(findings: tuple[Finding, ...]) -> Severity:
    return max(finding.severity for finding in findings)


def _above_note(name: AnyId, findings: tuple[Finding, ...]) -> Finding:
    """The last warning or error ``name`` among ``findings``."""
    return next(finding for finding in reversed(findings) if finding.id == name and finding.severity > Severity.NOTE)


def _names_above_note(findings: tuple[Finding, ...]) -> tuple[AnyId, ...]:
    """The ids of the warnings and errors among ``findings``."""
    return tuple(dict.fromkeys(finding.id for finding in findings if finding.severity > Severity.NOTE))


def one_of(*names: AnyId) -> Callable[[Finding], bool]:
    """Whether a finding is one of ``names``, for the parameter ``echo`` of `CaptureFacts.finding`."""
    chosen = frozenset(names)
    return lambda finding: finding.id in chosen


def _any_between(heard: I64, host: int, begin_ns: int, end_ns: int) -> bool:
    # From the first whole tick on: what was heard in the tick of the beginning may have come before it.
    first, last = host * _TICKS + begin_ns // TICK_NS + 1, host * _TICKS + end_ns // TICK_NS
    return bool(np.searchsorted(heard, last, "right") > np.searchsorted(heard, first))


def groups(keys: I64, places: I64, least: int = GROUP_LEAST) -> list[tuple[int, I64]]:
    """``places`` split by their value in ``keys`` (parallel, not negative); only groups of at least ``least``."""
    if not len(keys):
        return []
    order = np.argsort(keys, kind="stable")
    ordered, placed = keys[order], places[order]
    begins = indexes_of(np.diff(ordered, prepend=-1))
    ends = np.append(begins[1:], len(order))
    large = ends - begins >= least
    spans = zip(begins[large].tolist(), ends[large].tolist(), strict=True)
    return [(int(ordered[begin]), np.sort(placed[begin:end])) for begin, end in spans]
