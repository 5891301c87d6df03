"""The rows of one capture that has been read to its end: what reports say of it, as columns of the tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from tcptui.access.measures import Tally, last_states, measured, tcp_packets
from tcptui.access.requests import requests_of, with_payload
from tcptui.analysis.capture_point import capture_place
from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.in_trouble import in_trouble
from tcptui.findings.stream_findings import StreamFindings
from tcptui.findings.weight import cause_confidence, connection_seconds_lost, seconds_lost
from tcptui.model.community_id import community_id
from tcptui.model.packet_store import NO_ROW, RowKind
from tcptui.model.request import RequestPart
from tcptui.model.safe_text import safe_text
from tcptui.model.tcp_state import state_of
from tcptui.model.units import NS_PER_S
from tcptui.model.verdict import Verdict
from tcptui.protocols.stream.reassembly import GapReason
from tcptui.scan.hosts import SUMS, HostMinutes
from tcptui.scan.schema import Table
from tcptui.scan.zeek import zeek_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tcptui.findings.stream_findings import BatchFindings
    from tcptui.model.endpoint import Endpoint
    from tcptui.model.finding import Finding
    from tcptui.model.request import MessagePackets, Request
    from tcptui.session.session import Session

    #: The cells of a column.
    Cells = Sequence[Any] | NDArray[Any]

#: Connections, requests and packets whose rows are made at a time.
CONNECTIONS_AT_ONCE: Final = 8_192
REQUESTS_AT_ONCE: Final = 4_096
PACKETS_AT_ONCE: Final = 1 << 17
_CLOSERS: Final = (None, "client", "server")
#: Only a connection with one of these can lack payload.
_INCOMPLETE: Final = int(Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT)
_MAPPED: Final = bytes(10) + b"\xff\xff"
_ENDS: Final = tuple(f"{side}_{what}" for side in ("client", "server") for what in ("address", "ip", "port"))


class Sink(Protocol):
    """Takes rows."""

    def add(self, table: Table, columns: Mapping[str, Cells]) -> None:
        """Take rows of ``table``: its columns by name, all equally long.  Raises OSError where they find no room."""


@dataclass(slots=True)
class Totals:
    """Counts of a capture."""

    packets: int = 0
    connections: int = 0
    findings: int = 0
    requests: int = 0


def mapped(address: bytes) -> bytes:
    """``address`` in 16 bytes, IPv4 as ``::ffff:a.b.c.d`` (RFC 4291, 2.5.5.2)."""
    return address if len(address) == len(_MAPPED) + 4 else _MAPPED + address


class JudgedRows:
    """Gives the rows of ``session``, read to its end and not judged yet, to ``sink``."""

    def __init__(self, session: Session, capture_id: str, sink: Sink) -> None:
        self._session, self._id, self._sink = session, capture_id, sink
        self.totals = Totals(packets=session.store.count, connections=session.streams.count)

    def write(self, *, packets: bool) -> dict[str, Any]:
        """All rows but that of the capture, whose values are returned.  ``packets``: those of packets, too.

        Raises OSError where packets cannot be read again.
        """
        session = self._session
        tally, above_note = Tally(session.store, session.streams.count), StreamFindings()
        for block in session.all_findings.judged():
            above_note.join(in_trouble(block))
            for told in block.parts_of(CONNECTIONS_AT_ONCE):
                self._add_connections(told, tally)
        diagnosis, _ = session.conclude(above_note)
        found = [(one.finding, one.streams, one.since_ns) for one in diagnosis.findings]
        self._add_findings(found, [None] * len(found))
        self._add_requests()
        self._add_hosts()
        if packets:
            self._add_packets()
        return self._capture()

    def _capture(self) -> dict[str, Any]:
        store, streams = self._session.store, self._session.streams
        times, totals = store.time_ns[: store.count], self.totals
        return {
            "start": int(times.min()) if store.count else None,
            "end": int(times.max()) if store.count else None,
            "packets": totals.packets,
            "tcp_packets": tcp_packets(store),
            "bytes": int(store.wire_length[: store.count].sum(dtype=np.int64)),
            "connections": totals.connections,
            "findings": totals.findings,
            "requests": totals.requests,
            "position": capture_place(streams).position.value,
            "kernel_dropped": self._session.quality.kernel_dropped,
            "truncated": self._session.quality.truncated,
        }

    # -- connections --------------------------------------------------------------------

    def _add_connections(self, told: BatchFindings, tally: Tally) -> None:
        store, streams, chosen = self._session.store, self._session.streams, told.streams
        if not len(chosen):
            return
        findings = [found for _, found in told.each()]
        m = measured(store, streams, tally, chosen)
        ends = [streams.ends(stream) for stream in chosen.tolist()]
        columns: dict[str, Any] = {
            "capture_id": [self._id] * len(chosen),
            "stream": m["stream"],
            "community_id": [community_id(*both) for both in ends],
            **_ends(ends),
            "start": m["start_ns"], "duration_ns": m["duration_ns"], "packets": m["packets"], "bytes": m["wire_bytes"],
            "client_packets": m["client_packets"], "client_bytes": m["client_payload"],
            "server_packets": m["server_packets"], "server_bytes": m["server_payload"],
            "closed_by": [_CLOSERS[closer] for closer in m["closed_by"]],
            "idle_before_close_ns": _where(m["quiet_ns"], m["closed_by"]),
            "handshake_ns": _where(m["irtt_ns"], m["irtt_ns"]),
            "rtt_min_ns": _where(m["rtt_minimum_ns"], m["round_trips"]),
            "rtt_median_ns": _where(m["rtt_median_ns"], m["round_trips"]),
            "rtt_max_ns": _where(m["rtt_maximum_ns"], m["round_trips"]),
            "retransmissions": m["resent"], "out_of_order": m["out_of_order"], "duplicate_acks": m["duplicate_acks"],
            "zero_windows": m["zero_windows"], "not_captured": m["missed"],
            "missed_bytes": [self._missed_bytes(stream) for stream in chosen.tolist()],
            "severity": [max((one.severity for one in found), default=None) for found in findings],
            "lost_ns": [round(connection_seconds_lost(found) * NS_PER_S) for found in findings],
        }  # fmt: skip
        columns["severity"] = [worst and worst.name.lower() for worst in columns["severity"]]
        for side, cells in zip(("client", "server"), last_states(store, streams, tally, chosen), strict=True):
            states = [state_of(cell) for cell in cells.tolist()]
            columns[f"{side}_state"] = [state.label for state, _ in states]
            columns[f"{side}_state_known"] = [known for _, known in states]
        views = list(zeek_views(store, streams, chosen))
        columns["conn_state"], columns["history"] = [one.conn_state for one in views], [one.history for one in views]
        parts = told.parts.copy()
        # The parts add up to the duration; an ICMP error may have begun the stream before its first segment.
        parts[:, Part.UNATTRIBUTED] += np.array(m["duration_ns"], np.int64) - parts.sum(1)
        columns |= {f"time_{part.label}_ns": parts[:, part].tolist() for part in Part}
        self._sink.add(Table.CONNECTIONS, columns)
        each = [
            (one, (stream,), start)
            for stream, start, found in zip(m["stream"], m["start_ns"], findings, strict=True)
            for one in found
        ]
        where = [both for both, found in zip(ends, findings, strict=True) for _ in found]
        self._add_findings(each, where)

    def _missed_bytes(self, stream: int) -> int:
        if not self._session.streams.verdicts[stream] & _INCOMPLETE:
            return 0
        gaps = [side.gaps for side in self._session.directions(stream)]
        return sum(int((one.stop - one.start)[one.reason == GapReason.NOT_CAPTURED.value].sum()) for one in gaps)

    # -- findings -----------------------------------------------------------------------

    def _add_findings(
        self,
        found: Sequence[tuple[Finding, tuple[int, ...], int]],
        ends: Sequence[tuple[Endpoint, Endpoint] | None],
    ) -> None:
        """``found``: each with the connections that show it and when these began; ``ends``: client and server."""
        if not found:
            return
        first = self.totals.findings
        self.totals.findings += len(found)
        self._sink.add(Table.FINDINGS, {
            "capture_id": [self._id] * len(found),
            "stream": [None if both is None else one.stream for (one, _, _), both in zip(found, ends, strict=True)],
            "number": list(range(first, first + len(found))),
            "id": [str(one.id) for one, _, _ in found],
            "severity": [one.severity.name.lower() for one, _, _ in found],
            "confidence": [one.confidence.value for one, _, _ in found],
            "cause_confidence": [cause_confidence(one).value for one, _, _ in found],
            "time": [self._time_of(one, began) for one, _, began in found],
            "frames": [one.packets for one, _, _ in found],
            "streams": [streams for _, streams, _ in found],
            "lost_ns": [round(seconds_lost(one) * NS_PER_S) for one, _, _ in found],
            "facts": [json.dumps(_safe(one.facts), ensure_ascii=False) for one, _, _ in found],
            "alternatives": [one.alternatives for one, _, _ in found],
            **_ends(ends),
        })  # fmt: skip

    def _time_of(self, finding: Finding, began_ns: int) -> int:
        row = self._session.store.row_of_frame(finding.packets[0]) if finding.packets else NO_ROW
        return began_ns if row == NO_ROW else int(self._session.store.time_ns[row])

    # -- requests -----------------------------------------------------------------------

    def _add_requests(self) -> None:
        session = self._session
        for stream in with_payload(session).tolist():
            found = iter(requests_of(session, stream))
            while some := list(islice(found, REQUESTS_AT_ONCE)):
                self._add_some_requests(some, session.streams.ends(stream))

    def _add_some_requests(self, some: Sequence[Request], ends: tuple[Endpoint, Endpoint]) -> None:
        self.totals.requests += len(some)
        self._sink.add(Table.REQUESTS, {
            "capture_id": [self._id] * len(some),
            "stream": [one.stream for one in some],
            "number": [one.number for one in some],
            "protocol": [one.protocol for one in some],
            "operation": [one.operation for one in some],
            "statement": [one.statement or None for one in some],
            "status": [one.status or None for one in some],
            "id": [None if one.id is None else safe_text(one.id) for one in some],
            "start": [one.start_ns for one in some],
            "duration_ns": [one.duration_ns for one in some],
            **{f"time_{part.label}_ns": [one.time[part] for one in some] for part in RequestPart},
            "complete": [one.complete for one in some],
            "rows": [one.rows for one in some],
            "request_frame": [_first(one.request) for one in some],
            "request_bytes": [one.request and one.request.bytes for one in some],
            "response_frame": [_first(one.response) for one in some],
            "response_bytes": [one.response and one.response.bytes for one in some],
            **_ends([ends] * len(some)),
        })  # fmt: skip

    # -- hosts and packets --------------------------------------------------------------

    def _add_hosts(self) -> None:
        from ipaddress import ip_address

        minutes = HostMinutes(self._session.store, self._session.streams)
        addresses = [mapped(ip_address(host).packed) for host in minutes.hosts]
        for first in range(0, len(minutes.host), PACKETS_AT_ONCE):
            part = slice(first, first + PACKETS_AT_ONCE)
            hosts = minutes.host[part].tolist()
            self._sink.add(Table.HOSTS_MINUTES, {
                "capture_id": [self._id] * len(hosts),
                "minute": minutes.minute_ns[part].tolist(),
                "address": [minutes.hosts[host] for host in hosts],
                "ip": [addresses[host] for host in hosts],
                **{name: minutes.sums[part, at].tolist() for at, name in enumerate(SUMS)},
            })  # fmt: skip

    def _add_packets(self) -> None:
        store, streams = self._session.store, self._session.streams
        names: dict[int, list[str]] = {}
        for first in range(0, store.count, PACKETS_AT_ONCE):
            part = slice(first, min(first + PACKETS_AT_ONCE, store.count))
            stream = store.stream[part]
            ours = (store.kind[part] == RowKind.TCP) & (stream >= 0)
            by_client = (store.from_b[part] != 0) == (streams.client_is_b[np.maximum(stream, 0)] != 0)
            verdicts = store.verdict[part].tolist()
            for bits in set(verdicts) - names.keys():
                names[bits] = [verdict.field_name for verdict in Verdict if bits & verdict]
            self._sink.add(Table.PACKETS, {
                "capture_id": [self._id] * len(verdicts),
                "frame": store.frame[part],
                "time": store.time_ns[part],
                "stream": np.ma.masked_array(stream, ~ours),
                "from_client": np.ma.masked_array(by_client, ~ours),
                "bytes": store.wire_length[part],
                "payload": np.where(ours, np.maximum(store.length[part], 0), 0),
                "flags": store.flags[part], "seq": store.seq[part], "ack": store.ack[part],
                "window": store.window[part],
                "verdicts": [names[bits] for bits in verdicts],
            })  # fmt: skip


def _where(values: Sequence[int], known: Sequence[int]) -> list[int | None]:
    """``values``, None where ``known`` is 0."""
    return [value if some else None for value, some in zip(values, known, strict=True)]


def _first(message: MessagePackets | None) -> int | None:
    return None if message is None else message.first or None


def _ends(ends: Sequence[tuple[Endpoint, Endpoint] | None]) -> dict[str, list[Any]]:
    """The columns of clients and servers."""
    rows = [
        (None,) * len(_ENDS) if both is None else tuple(
            cell for one in both for cell in (one.host, mapped(one.address), one.port))
        for both in ends
    ]  # fmt: skip
    return {name: [row[at] for row in rows] for at, name in enumerate(_ENDS)}


def _safe(value: Any) -> Any:
    """``value`` of a fact for JSON: texts as one line that a terminal can only print."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, (tuple, list)):
        return [_safe(one) for one in value]
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(name): _safe(one) for name, one in value.items()}
    return value.item() if isinstance(value, np.generic) else value
