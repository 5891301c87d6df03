"""`tls-flight-waited`: the server's first flight did not fit into its initial window (rules/findings.md).

A sender may send about ten segments before the first acknowledgment (RFC 6928, 2).  A chain of certificates that is
longer waits for one, and so the handshake takes a round trip more.  The first acknowledgment opens the window (RFC
5681, 3.1): a server that goes on later than it came waited for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.tls_facts import first_message, server_flight
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import seq_after
from tcptui.model.tcp_flags import ACK
from tcptui.protocols.tls.codes import Handshake

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.tls_facts import Flight
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.conversation import TlsConversation

#: Round trips shorter than this cannot be told from processing.
_RTT_LEAST_NS: Final = 4_000_000
#: A wait for an acknowledgment takes about a round trip: at least this share of one, …
_WAIT_LEAST_PERCENT: Final = 60
#: … and at most this many, and the time for which an acknowledgment may be held back (RFC 1122, 4.2.3.2).
_WAIT_MOST_TRIPS: Final = 2
_DELAYED_NS: Final = 50_000_000
#: How much later than the acknowledgment can be answered the server goes on: a share of a round trip, or processing.
_LATE_PERCENT: Final = 25
_LATE_LEAST_NS: Final = 10_000_000
#: Fewer segments in front of the wait are no window that was filled: initial windows were 2 to 4 before RFC 6928.
_SEGMENTS_LEAST: Final = 2
_SEGMENTS_TODAY: Final = 10
#: What a client that says no more can take at first: behind that its window may be full.
_WINDOW_UNSCALED: Final = 65_535


@dataclass(frozen=True, slots=True)
class _Wait:
    """A pause in the flight."""

    before: int
    """Offset at which the flight stopped."""
    after: int
    """Index, among the direction's segments, of the one that ended the pause."""
    ns: int


def tls_flight_waited(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """The server stopped in the middle of a record of its first flight for about a round trip, and then went on."""
    flight, rtt_ns = server_flight(conversation), connection.rtt_ns
    if flight is None or rtt_ns < _RTT_LEAST_NS:
        return None
    direction = conversation.directions[conversation.server_side]
    segments = direction.segments
    if len(direction.gaps) and direction.gaps[0].start < flight.stop:
        return None
    own = np.flatnonzero((segments.stop > flight.start) & (segments.start < flight.stop))
    starts, stops, times = segments.start[own], segments.stop[own], segments.time_ns[own]
    if len(own) <= _SEGMENTS_LEAST or (starts[1:] < stops[:-1]).any() or (np.diff(times) < 0).any():
        return None  # sent again, or in another order
    waits = [_Wait(int(stops[i]), int(own[i + 1]), int(times[i + 1] - times[i])) for i in range(len(own) - 1)]
    waits = [one for one in waits if one.ns * 100 >= rtt_ns * _WAIT_LEAST_PERCENT]
    full = int(connection.view.mss.max(initial=0, where=~connection.view.from_server)) or 0
    if not waits or not _fills_window(conversation, flight, direction, waits[0], full):
        return None
    if any(one.ns > _WAIT_MOST_TRIPS * rtt_ns + _DELAYED_NS for one in waits):
        return None
    goes = [int(connection.view.frame.searchsorted(segments.frame[at])) for at in own.tolist()]
    if not all(_was_released(connection, goes[: int(np.searchsorted(stops, one.before)) + 2], rtt_ns) for one in waits):
        return None
    certificate = first_message(conversation, conversation.server_side, Handshake.CERTIFICATE)
    before = int(own[np.searchsorted(stops, waits[0].before)])
    places = [int(own[0]), before, waits[0].after, int(own[-1])]
    frames = [int(segments.frame[at]) for at in places]
    indexes = [int(np.searchsorted(connection.view.frame, frame)) for frame in dict.fromkeys(frames)]
    return connection.finding(
        FindingId.TLS_FLIGHT_WAITED, indexes, Severity.NOTE, Confidence.LIKELY, ("tls-sender-paced", "tls-ack-lost"),
        shape="flight" if certificate is None else "certificate",
        certificate_bytes=0 if certificate is None else certificate.size,
        flight_bytes=flight.stop - flight.start, first_bytes=waits[0].before - flight.start, trips=len(waits),
        waited_s=sum(one.ns for one in waits) / 1e9, rtt_s=rtt_ns / 1e9, before_frame=frames[1], after_frame=frames[2],
        last_frame=frames[3],
    )  # fmt: skip


def _was_released(connection: ConnectionFacts, goes: list[int], rtt_ns: int) -> bool:
    """Whether the last of the segments ``goes`` came as soon as an acknowledgment of those before can have released it.

    From an acknowledgment here to what it releases here it takes the way to the server and back.
    """
    before, after = connection.time[goes[-2]], connection.time[goes[-1]]
    way_ns = connection.view.min_rtt_from_client_ns or rtt_ns
    most_ns = max(rtt_ns * _LATE_PERCENT // 100, _LATE_LEAST_NS)
    acked = connection.seq[goes[0]]
    for i in range(goes[0] + 1, goes[-1]):
        if connection.side[i] or not connection.flags[i] & ACK or not seq_after(connection.ack[i], acked):
            continue
        acked = connection.ack[i]
        if connection.time[i] + way_ns >= before:  # what came sooner had released some of those before
            return bool(abs(after - connection.time[i] - way_ns) <= most_ns)
    return False


def _fills_window(conversation: TlsConversation, flight: Flight, direction: ByteStream, wait: _Wait, full: int) -> bool:
    """Whether the flight stopped where a window of its sender may end, and nowhere else: full segments, mid-record.

    A short last segment means that its program had no more.  Less than a segment behind the pause may be what TCP
    holds back until it can fill one (RFC 896), unless an initial window of today was full.
    """
    inside = any(one.start < wait.before < one.stop for one in conversation.records[conversation.server_side].each)
    segments = direction.segments
    last = int(np.flatnonzero(segments.stop == wait.before)[0])
    size = int(segments.stop[last] - segments.start[last])
    largest = int((segments.stop - segments.start)[: last + 1].max())
    if full and largest < full:  # options take their place in each segment (RFC 6691)
        full = largest
    sent = wait.before - flight.start
    return (
        inside
        and full > 0
        and size % full == 0
        and sent >= _SEGMENTS_LEAST * full
        and (sent >= _SEGMENTS_TODAY * full or flight.stop - wait.before >= full)
        and wait.before + full <= _WINDOW_UNSCALED
    )
