"""The data that reports are made of: the capture, its quality, and its connections, as values.

Computed from columns, so that a capture of a hundred thousand connections costs a few array
operations; only connections that are shown singly are judged one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.access.measures import Measures, Spread, Tally, last_states, measured, tcp_packets
from tcptui.access.open_capture import JudgedCapture, view_of
from tcptui.analysis.capture_point import capture_place
from tcptui.analysis.capture_trust import CaptureTrust, capture_trust
from tcptui.findings.elsewhere import CaptureThere, capture_there
from tcptui.model.arrays import sorted_unique
from tcptui.model.finding import AnyId, Finding, Severity
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.session.other_tables import other_packets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.access.kernel_events.companion import Unusable
    from tcptui.access.kernel_events.tied_events import KernelSummary
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.findings.stream_findings import BatchFindings, StreamFindings
    from tcptui.findings.trouble import Trouble
    from tcptui.model.endpoint import Endpoint
    from tcptui.model.packet_store import I64, U8, PacketStore
    from tcptui.session.all_findings import AllFindings
    from tcptui.session.other_packets import ProtocolCount
    from tcptui.session.selection import Selection
    from tcptui.session.sharing import Sharing

#: In a capture of more connections, findings are counted only of those with problems.
COUNTED_CONNECTIONS: Final = 2_000


#: Stands for the worst severity of connections that are not shown.
_HIDDEN: Final = 255


class ReportedCapture(JudgedCapture, Protocol):
    """A judged capture, read to its end, of which a report tells all."""

    @property
    def all_findings(self) -> AllFindings:
        """The findings of very many connections at once."""
        ...

    def trouble_of(self, streams: Iterable[int]) -> Trouble:
        """The trouble in groups, of ``streams`` only."""
        ...

    def conclude(
        self, above_note: StreamFindings, shown: Iterable[int] | None = None
    ) -> tuple[CaptureDiagnosis, Trouble]:
        """What can be said of the capture as a whole, and its trouble in groups, of the streams ``shown`` only.

        From ``above_note``: the findings of each stream in trouble.
        """
        ...


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a connection, with its state at the end of the capture."""

    endpoint: Endpoint
    state: TcpState
    state_known: bool
    packets: int
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class Connection:
    """The numbers and findings of one stream; counts are of segments, times in nanoseconds."""

    stream: int
    client: Side
    server: Side
    packets: int
    wire_bytes: int
    start_ns: int
    duration_ns: int
    irtt_ns: int | None
    ack_rtt: Spread | None
    """The spread of the ACK round trips of both ends; None without any."""
    resent: int
    out_of_order: int
    duplicate_acks: int
    zero_windows: int
    missed: int
    """Segments after a gap, and ACKs of data that was not captured."""
    closed_by: int
    """As `Measures.closed_by`."""
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity | None:
        """The worst finding's severity; None without findings."""
        return max((finding.severity for finding in self.findings), default=None)


@dataclass(frozen=True, slots=True)
class Capture:
    """The capture as a whole."""

    label: str
    packets: int
    tcp_packets: int
    start_ns: int | None
    """The earliest packet's time; None: no packet."""
    end_ns: int | None
    link_types: tuple[int, ...]
    """LINKTYPE_ values, in the order of the sources that use them."""
    trust: CaptureTrust
    """What casts doubt on it."""
    other_protocols: tuple[ProtocolCount, ...]
    """What is not TCP, the protocol with most packets first."""
    kernel: KernelSummary | None = None
    """What this host's kernel said while it was captured; None: nothing was recorded."""
    kernel_unusable: Unusable | None = None
    """Why a file of what it said is not used; None: it is, or there is none."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The findings of all connections together."""

    trouble_first: list[int]
    """All streams that are shown, the worst finding first, then by number."""
    worst: NDArray[np.uint8]
    """The worst severity in each stream; 0: no finding, or notes only; above all severities: not shown."""
    counts: dict[AnyId, int]
    """The number of connections with each finding, the most frequent first."""
    counts_all: bool
    """Whether `counts` covers all connections, or only those with problems."""

    def with_severity(self, severity: Severity) -> int:
        """How many connections have this as their worst finding."""
        return int(np.count_nonzero(self.worst == severity))


class Summary:
    """Computes what reports need from a session that has been read to its end."""

    def __init__(self, session: ReportedCapture, shown: I64 | None = None) -> None:
        """``shown``: the only connections to tell of, ascending; None: all."""
        self._session = session
        self.total = session.streams.count
        """How many connections there are."""
        self.shown = shown
        self.count = self.total if shown is None else len(shown)
        """How many are shown."""

    @property
    def hides_some(self) -> bool:
        """True if the capture has connections that are not shown."""
        return self.count < self.total

    @cached_property
    def _tally(self) -> Tally:
        """The tally of all connections: for callers that look at them one by one."""
        return Tally(self._session.store, self.total)

    @property
    def store(self) -> PacketStore:
        """The packets."""
        return self._session.store

    @property
    def streams(self) -> StreamTable:
        """The connections."""
        return self._session.streams

    @property
    def trouble(self) -> Trouble:
        """The trouble in groups, the worst first."""
        return self._session.trouble if self.shown is None else self._session.trouble_of(self.shown.tolist())

    @cached_property
    def trust(self) -> CaptureTrust:
        """What casts doubt on the capture, with what the findings of its connections say of that."""
        return replace(self.capture.trust, conflicts=self.trouble.conflicts)

    def conclude(self, above_note: StreamFindings) -> tuple[CaptureDiagnosis, Trouble]:
        """What can be said of the capture as a whole, and the trouble of what is shown, in groups.

        From ``above_note``: the findings of each stream in trouble.
        """
        return self._session.conclude(above_note, None if self.shown is None else self.shown.tolist())

    @cached_property
    def capture(self) -> Capture:
        """The capture as a whole."""
        store, streams = self._session.store, self._session.streams
        times = store.time_ns[: store.count]
        used = dict.fromkeys(sorted_unique(store.source[: store.count]).tolist())
        links = dict.fromkeys(self._session.reader.sources[source].link_type for source in used)
        return Capture(
            label=self._session.label,
            packets=store.count,
            tcp_packets=tcp_packets(store),
            start_ns=int(times.min()) if store.count else None,
            end_ns=int(times.max()) if store.count else None,
            link_types=tuple(links),
            trust=capture_trust(store, streams, self._session.quality, capture_place(streams)),
            other_protocols=self._other_protocols(),
            kernel=KernelEvents.of(self._session).summary(self._session),
            kernel_unusable=KernelEvents.of(self._session).unusable,
        )

    def _other_protocols(self) -> tuple[ProtocolCount, ...]:
        other = other_packets(self._session)
        other.grow()
        return tuple(other.not_tcp())

    def capture_there(self, stream: int, findings: Iterable[Finding]) -> CaptureThere | None:
        """The capture at another place that would decide about ``findings`` of ``stream``; None where none would."""
        streams = self._session.streams
        return capture_there(findings, *streams.ends(stream), int(streams.duration_ns[stream]))

    def connection(self, stream: int) -> Connection:
        """The numbers and findings of ``stream`` (0-based, below `count`)."""
        findings = self._session.findings(stream)
        chosen = np.array([stream])
        measures = Measures(**{name: column[0] for name, column in self.measured(chosen).items()})
        client, server = self._session.streams.client(stream), self._session.streams.server(stream)
        of_client, of_server = (state_of(int(cells[0])) for cells in self.states(chosen))
        return Connection(
            stream=stream,
            client=Side(client, *of_client, measures.client_packets, measures.client_payload),
            server=Side(server, *of_server, measures.server_packets, measures.server_payload),
            packets=measures.packets,
            wire_bytes=measures.wire_bytes,
            start_ns=measures.start_ns,
            duration_ns=measures.duration_ns,
            irtt_ns=measures.irtt_ns or None,
            ack_rtt=measures.ack_rtt,
            resent=measures.resent,
            out_of_order=measures.out_of_order,
            duplicate_acks=measures.duplicate_acks,
            zero_windows=measures.zero_windows,
            missed=measures.missed,
            closed_by=measures.closed_by,
            findings=findings,
        )

    def tally(self, chosen: I64, share: Selection) -> Tally:
        """The counts of the streams ``chosen`` (ascending, of ``share``), for `measured` and `states`."""
        if share.order is None:
            return self._tally
        first, last = int(chosen[0]), int(chosen[-1])
        return Tally(self._session.store, last - first + 1, share.order.of_each(chosen), first)

    def measured(self, chosen: I64, tally: Tally | None = None) -> dict[str, list[Any]]:
        """The numbers of the streams ``chosen``, as columns with the names of `Measures`; ``tally``: their counts."""
        return measured(self._session.store, self._session.streams, tally or self._tally, chosen)

    def shares(self, sharing: Sharing, first: int) -> list[Selection]:
        """All connections, cut into shares for `judged`; ``first`` as of `Sharing.cut`."""
        return self._session.all_findings.shares(sharing, first=first)

    def judged(self, share: Selection) -> Iterator[BatchFindings]:
        """The findings and time budgets of the connections of ``share``, in chunks."""
        return self._session.all_findings.judged(share)

    def states(self, chosen: I64, tally: Tally | None = None) -> tuple[U8, U8]:
        """Values of the state columns of clients and servers after the last segment.

        Call it after the streams were judged, because that may correct their states.
        """
        return last_states(self._session.store, self._session.streams, tally or self._tally, chosen)

    def findings(self, stream: int) -> tuple[Finding, ...]:
        """The findings of ``stream``."""
        return self._session.findings(stream)

    def view(self, stream: int) -> StreamView:
        """The segments of ``stream``."""
        return view_of(self._session, stream)

    @cached_property
    def survey(self) -> Survey:
        """The findings of all connections, counted."""
        worst = self._session.severity[: self.total].copy()
        shown = np.arange(self.total) if self.shown is None else self.shown
        hidden = np.ones(self.total, np.bool_)
        hidden[shown] = False
        worst[hidden] = _HIDDEN
        counts_all = self.count <= COUNTED_CONNECTIONS
        counted = shown.tolist() if counts_all else shown[worst[shown] > Severity.NOTE].tolist()
        counts: Counter[AnyId] = Counter()
        for _stream, findings in self._session.each_findings(counted):
            counts.update({finding.id for finding in findings})
        ranked = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        order = np.argsort(-worst[shown].astype(np.int64), kind="stable")
        return Survey(shown[order].tolist(), worst, ranked, counts_all)

    def largest_healthy(self, most: int) -> tuple[list[int], int]:
        """Up to ``most`` connections without problems, the largest by bytes; and how many there are in all."""
        healthy = np.flatnonzero(self.survey.worst < Severity.WARNING)
        order = np.argsort(-self._session.streams.wire_bytes[healthy], kind="stable")
        return healthy[order[:most]].tolist(), len(healthy)
