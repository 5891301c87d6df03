"""`CaptureFacts`: all connections of a capture as columns, and the findings of those in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import Completeness, StreamMark
from tcptui.findings.weight import connection_seconds_lost
from tcptui.model.finding import CaptureFinding, Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import NO_STREAM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64, PacketStore

    Mask = NDArray[np.bool_]

#: So many connections alike are a group: two may be chance, and are read as quickly one by one.
GROUP_LEAST: Final = 3
#: The marks of an endpoint that has sent something.
_SENT: Final = (
    (StreamMark.SYN_A, StreamMark.SYN_B), (StreamMark.RST_A, StreamMark.RST_B),
    (StreamMark.DATA_A, StreamMark.DATA_B), (StreamMark.FIN_A, StreamMark.FIN_B),
)  # fmt: skip
#: Frames that a finding names as evidence, the first of its connections.
EVIDENCE_MOST: Final = 12


class CaptureFacts:
    """Columns over the kept streams, and their loud findings.

    All columns are parallel to `number`, the stream numbers, ascending.  Hosts are small integers; `host_name` gives
    their addresses.  ``findings``: of every stream with a warning or an error, all of its findings.
    """

    def __init__(
        self,
        store: PacketStore,
        streams: StreamTable,
        findings: Mapping[int, tuple[Finding, ...]],
    ) -> None:
        self.store, self.streams = store, streams
        self.rows = slice(store.first, store.count)
        """The rows that all rules look at; taken before the streams, which may be ahead of them."""
        self.number: I32 = streams.listed()
        rows = self.number
        self.findings = findings
        if streams.evicted_streams:  # some since ``findings`` were gathered, maybe: screens ask from another thread
            kept = set(np.intersect1d(rows, np.fromiter(findings, np.int64, len(findings))).tolist())
            self.findings = {stream: told for stream, told in findings.items() if stream in kept}
        is_b = streams.client_is_b[rows] != 0
        words = streams.flows.addresses_of(streams.flow[rows])
        each = np.arange(len(rows))
        both = np.concatenate((words[each, is_b.astype(np.int64)], words[each, (~is_b).astype(np.int64)]))
        keys = np.ascontiguousarray(both).view(np.dtype((np.void, both.dtype.itemsize * both.shape[1]))).ravel()
        self._first_of_host, coded = np.unique(keys, return_index=True, return_inverse=True)[1:]
        self.client: I64 = coded[: len(rows)]
        self.server: I64 = coded[len(rows) :]
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
        self.completeness = streams.completeness[rows]
        self._marks, self._is_b = streams.marks[rows], is_b

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
    def unanswered(self) -> Mask:
        """Nothing but the client's SYNs was captured, and no ICMP error about them; the client may have sent a RST."""
        only = (self.completeness | int(Completeness.RST)) == int(Completeness.SYN | Completeness.RST)
        quoted = (self._marks & int(StreamMark.ICMP_QUOTED)) != 0
        mask: Mask = self.attempted & only & ~self.alive & ~quoted
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

    # -- findings ------------------------------------------------------------------------
    @cached_property
    def severity(self) -> NDArray[np.uint8]:
        """The worst severity of each stream; 0 where `findings` has nothing of it."""
        worst = np.zeros(len(self.number), np.uint8)
        for stream, findings in self.findings.items():
            worst[self.place_of(stream)] = max(finding.severity for finding in findings)
        return worst

    @cached_property
    def loud(self) -> Mapping[FindingId, tuple[Finding, ...]]:
        """All warnings and errors by id, in the order of their streams."""
        found: dict[FindingId, list[Finding]] = {}
        for stream in sorted(self.findings):
            for finding in self.findings[stream]:
                if finding.severity > Severity.NOTE:
                    found.setdefault(finding.id, []).append(finding)
        return {name: tuple(some) for name, some in found.items()}

    def place_of(self, stream: int) -> int:
        """The index of ``stream`` in the columns."""
        return int(np.searchsorted(self.number, stream))

    def places_of(self, streams: Iterable[int]) -> I64:
        """The indexes of ``streams``, ascending."""
        return np.searchsorted(self.number, sorted(streams))

    def host_name(self, host: int) -> str:
        """The address of ``host`` as text."""
        count = len(self.number)
        at = int(self._first_of_host[host])
        place, is_client = (at, True) if at < count else (at - count, False)
        end = self.streams.client if is_client else self.streams.server
        return end(int(self.number[place])).host

    def ever_sent(self, host: int) -> bool:
        """Whether a TCP packet of ``host`` is in the capture, as a client or as a server."""
        return bool((self.client == host).any() or (self.alive & (self.server == host)).any())

    @cached_property
    def both_ways(self) -> bool:
        """Whether some connection was captured in both directions, so that the silence of others is their own."""
        return bool(self.alive.any())

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
    ) -> CaptureFinding:
        """A finding about the streams at ``places`` (ascending).

        ``echo``: whether a finding of one of them only repeats this one, and need not be told again.  ``packets``: the
        evidence, else the first frame of each.  ``since_ns``: when it began, else when the first of them began.
        """
        streams = tuple(self.number[places].tolist())
        lost = sum(
            connection_seconds_lost(finding for finding in self.findings.get(stream, ()) if echo(finding))
            for stream in streams
        )
        quiet = tuple(
            stream
            for stream in streams
            if all(finding.severity <= Severity.NOTE or echo(finding) for finding in self.findings.get(stream, ()))
        )
        told = {"count": len(streams), "lost_s": round(lost, 9), **facts}
        evidence = packets or self.frames(places)
        finding = Finding(name, NO_STREAM, evidence, severity, confidence, told, alternatives)
        begun = int(self.began_ns[places].min()) if since_ns is None else since_ns
        return CaptureFinding(finding, streams, quiet, begun, lost)


def one_of(*names: FindingId) -> Callable[[Finding], bool]:
    """Whether a finding is one of ``names``, for the parameter ``echo`` of `CaptureFacts.finding`."""
    chosen = frozenset(names)
    return lambda finding: finding.id in chosen


def groups(keys: I64, places: I64, least: int = GROUP_LEAST) -> list[tuple[int, I64]]:
    """``places`` split by their value in ``keys`` (parallel, not negative); only groups of at least ``least``."""
    if not len(keys):
        return []
    order = np.argsort(keys, kind="stable")
    begins = np.flatnonzero(np.diff(keys[order], prepend=-1))
    parts = zip(keys[order][begins].tolist(), np.split(places[order], begins[1:]), strict=True)
    return [(key, np.sort(part)) for key, part in parts if len(part) >= least]
