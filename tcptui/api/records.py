"""What a capture has, as records: connections, findings, requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tcptui.findings.weight import cause_confidence, seconds_lost
from tcptui.model.request import RequestPart
from tcptui.words.finding_text import title_and_happened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.model import endpoint
    from tcptui.model import finding as told
    from tcptui.model import request as timed
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port."""

    address: str
    port: int

    @classmethod
    def of(cls, end: endpoint.Endpoint) -> Self:
        """From the program's own."""
        return cls(end.host, end.port)

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement, about one connection or about the capture as a whole; ``str`` is what it says."""

    id: str
    """As ``tcptui help findings`` lists it."""
    streams: tuple[int, ...]
    """The connections that show it."""
    severity: str
    """``note``, ``warning`` or ``error``."""
    confidence: str
    """``certain``, ``likely`` or ``possible``: whether it happened."""
    cause_confidence: str
    """The same of what caused it."""
    packets: tuple[int, ...]
    """Its evidence."""
    facts: Mapping[str, object] = field(hash=False)
    """Numbers and names of its sentences; keys that end in ``_s`` are seconds, in ``bytes`` bytes."""
    alternatives: tuple[str, ...]
    """What else it could be."""
    seconds_lost: float
    title: str
    what_happened: str

    @classmethod
    def of(cls, found: told.Finding, streams: tuple[int, ...], words: Words) -> Self:
        """From the program's own."""
        title, happened = title_and_happened(found, words)
        return cls(
            str(found.id), streams, found.severity.name.lower(), found.confidence.value,
            cause_confidence(found).value, found.packets, found.facts, found.alternatives, seconds_lost(found),
            title, happened,
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.severity} {self.id}: {self.title}. {self.what_happened}".rstrip()

    def __repr__(self) -> str:
        return f"<{self} connections {_few(self.streams)}, packets {_few(self.packets)}>"


def _few(numbers: tuple[int, ...], most: int = 8) -> str:
    named = ", ".join(map(str, numbers[:most])) or "none"
    return f"{named} and {len(numbers) - most} more" if len(numbers) > most else named


@dataclass(frozen=True, slots=True)
class Connection:
    """One TCP connection: numbers, and where its time went."""

    stream: int
    """As in Wireshark, from 0."""
    community_id: str
    """Its name in Zeek, Suricata and others (Community ID, version 1)."""
    client: Endpoint
    server: Endpoint
    packets: int
    bytes: int
    """On the wire, link headers included."""
    client_bytes: int
    """Payload that the client sent, retransmissions included."""
    server_bytes: int
    start_ns: int
    duration_ns: int
    client_state: str
    """At the end of the capture: ``ESTABLISHED`` …"""
    server_state: str
    handshake_ns: int | None
    """Initial RTT; None where the handshake was not captured."""
    rtt_ns: int | None
    """Median of the ACK round trips of both ends; None without any."""
    retransmissions: int
    out_of_order: int
    duplicate_acks: int
    zero_windows: int
    missed: int
    """Segments after a gap, and ACKs of data that was not captured."""
    closed_by: str | None
    """``client`` or ``server``; None: nobody did."""
    time_budget: Mapping[str, int] = field(hash=False)
    """Nanoseconds by part (``network``, ``server_think`` …); they add up to `duration_ns`."""


@dataclass(frozen=True, slots=True)
class Message:
    """The packets and bytes of a request or of its response."""

    first: int
    """0: unknown."""
    last: int
    bytes: int
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Request:
    """One operation that a client requested of a server."""

    stream: int
    protocol: str
    operation: str
    """What was requested, without secrets; empty where it was not captured."""
    status: str
    """The response's code, or how the connection ended where none came; empty: neither."""
    request: Message | None
    response: Message | None
    start_ns: int
    duration_ns: int
    time: Mapping[str, int] = field(hash=False)
    """Nanoseconds by part that applies (``connect``, ``network``, ``server`` …); they add up to `duration_ns`."""
    id: str | None
    statement: str
    """Of a database, without secrets; empty: none."""
    rows: int | None

    @classmethod
    def of(cls, one: timed.Request) -> Self:
        """From the program's own."""
        spent = {part.label: ns for part in RequestPart if (ns := one.time[part]) is not None}
        return cls(
            one.stream, one.protocol, one.operation, one.status, _message(one.request), _message(one.response),
            one.start_ns, one.duration_ns, spent, one.id, one.statement, one.rows,
        )  # fmt: skip


def _message(packets: timed.MessagePackets | None) -> Message | None:
    return None if packets is None else Message(*packets)
