"""Rules about event streams: when each event could first be read at the capture point, and what delayed it.

A compressor that is flushed after each event leaves an empty stored block behind it (00 00 FF FF, RFC 1951,
3.2.4; zlib's Z_SYNC_FLUSH).  These flush marks tell a compressor that buffers its output from something behind it
that collects the flushed output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import HttpFacts, index_of, quoted, target_of
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import AnyId, Confidence, Finding, FindingId, Severity
from tcptui.protocols.event_stream.parser import BURST_NS, MEDIA_TYPE, Burst, EventReader, EventStream
from tcptui.protocols.http.body import BodyProblem, body_of
from tcptui.protocols.stream.reassembly import Ending

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http.message import HttpMessage

#: Most event streams judged of one connection; there is hardly ever a second one.
STREAMS_JUDGED: Final = 4
#: Most decoded bytes read of one event stream.
BODY_JUDGED: Final = 2 << 20
#: Shortest wait before the first event that a reader notices.
BUFFERED_NS: Final = 1_000_000_000
#: Fewest events that count as held back and sent at once.
BUFFERED_EVENTS: Final = 3
#: A large body that was held back takes up to this many round trips to transfer.
PASSING_ROUND_TRIPS: Final = 4
#: Body bytes this long before the first event show that the compressor had received data.
EARLY_NS: Final = 100_000_000
_FLUSH_MARK: Final = b"\x00\x00\xff\xff"
_DEFLATING: Final = frozenset({"gzip", "x-gzip", "deflate"})


@dataclass(slots=True)
class _Heard:
    """One event stream, with times as its bytes passed the capture point."""

    message: HttpMessage
    stream: EventStream
    bursts: list[Burst]
    asked_ns: int
    """When the request was complete; without a request, `head_ns`."""
    head_ns: int
    """When the response's header was complete."""
    early_bytes: int
    """Body bytes that passed at least `EARLY_NS` before the first event could be read."""
    encoded: int
    """Bytes of the body as sent."""
    decoded: int
    """Bytes of the body without its content coding."""
    flushes: int
    """Flush marks in the body as sent."""
    ended: bool
    """The stream was read to its end, which was captured."""
    packets: int
    """Number of packets that brought bytes of the body."""
    event_packets: int
    """Number of packets that completed events."""
    rtt_ns: int

    @property
    def coding(self) -> str:
        """The content coding; empty when there is none."""
        return ", ".join(self.message.codings)

    @property
    def is_deflated(self) -> bool:
        """Whether the body has no coding but DEFLATE, in which flushes leave marks (also true without a coding)."""
        return set(self.message.codings) <= _DEFLATING

    @property
    def at_once(self) -> bool:
        """Whether all events came in one burst at the stream's end, several a packet, after a long wait.

        Events that a fast server writes one by one may come as close together, but each has its own packet.
        """
        events = self.stream.events
        if not self.ended or self.stream.dispatched < BUFFERED_EVENTS or 2 * self.event_packets > len(events):
            return False
        spread = events[-1].time_ns - events[0].time_ns
        waited = events[0].time_ns - self.asked_ns
        return spread <= BURST_NS + PASSING_ROUND_TRIPS * self.rtt_ns and waited >= max(BUFFERED_NS, 10 * spread)

    @property
    def is_flushed(self) -> bool:
        """Whether the compressor was flushed about as often as events were written (at least for half of them)."""
        return self.flushes >= max(2, self.stream.dispatched // 2)

    @property
    def is_let_go(self) -> bool:
        """Whether events could be read one by one: by flush marks or, where the coding has none, by their packets."""
        return self.is_flushed if self.is_deflated else 2 * self.event_packets > len(self.stream.events)


def event_streams(connection: ConnectionFacts, app: HttpFacts) -> list[Finding]:
    """`event-stream-compressed`, `-buffered` and `-incremental`; each at most once per connection."""
    found: dict[AnyId, Finding] = {}
    streams = [message for message in app.responses if message.head.media_type == MEDIA_TYPE]
    for message in streams[:STREAMS_JUDGED]:
        heard = _hear(connection, app, message)
        if heard is None:
            continue
        for finding in (_compressed(connection, heard), _buffered(connection, heard), _incremental(connection, heard)):
            if finding is not None:
                found.setdefault(finding.id, finding)
    return list(found.values())


def _hear(connection: ConnectionFacts, app: HttpFacts, message: HttpMessage) -> _Heard | None:
    """Read the event stream in ``message`` packet by packet; None where bytes are missing or no event can be read."""
    direction = app.direction_of(message)
    if not message.head.complete or not app.is_whole(direction, message.start, min(message.body_end, direction.length)):
        return None
    reader = EventReader()
    body = body_of(message, limit=BODY_JUDGED)
    arrivals = set()
    for piece in body.pieces():
        arrivals.add(piece.frame)
        reader.feed(piece)
        if body.decoded >= BODY_JUDGED:
            break
    stream = reader.stream
    if body.problem in (BodyProblem.GAP, BodyProblem.CODING_BROKEN, BodyProblem.CODING_UNKNOWN):
        return None
    if not stream.events:
        return None
    early, flushes = _raw(message, stream.events[0].time_ns - EARLY_NS)
    head_ns = direction.delivered_ns(message.head.end - 1)
    return _Heard(
        message=message,
        stream=stream,
        bursts=stream.bursts,
        asked_ns=message.request.last_ns if message.request is not None else head_ns,
        head_ns=head_ns,
        early_bytes=early,
        encoded=body.encoded,
        decoded=body.decoded,
        flushes=flushes,
        ended=body.decoded < BODY_JUDGED and (message.complete or direction.ending is not Ending.OPEN),
        packets=len(arrivals),
        event_packets=len({event.frame for event in stream.events}),
        rtt_ns=connection.rtt_ns,
    )


def _raw(message: HttpMessage, early_until_ns: int) -> tuple[int, int]:
    """The body as sent: its bytes that passed before ``early_until_ns``, and the number of flush marks."""
    early = flushes = 0
    carry = b""
    raw = body_of(message, decoded=False)
    for piece in raw.pieces():
        if raw.decoded >= BODY_JUDGED:
            break
        if piece.time_ns < early_until_ns:
            early += len(piece.data)
        joined = carry + piece.data
        flushes += joined.count(_FLUSH_MARK)
        carry = joined[-3:]
    return early, flushes


def _facts(heard: _Heard) -> dict[str, int | float | str]:
    events, message = heard.stream.events, heard.message
    request = message.request
    spread = events[-1].time_ns - events[0].time_ns
    return {
        "events": heard.stream.dispatched,
        "bursts": len(heard.bursts),
        "coding": quoted(heard.coding, 20),
        "packets": heard.packets,
        "bytes": heard.encoded,
        "plain_bytes": heard.decoded,
        "flushes": heard.flushes,
        "early_bytes": heard.early_bytes,
        "request_frame": request.first_frame if request is not None else message.first_frame,
        "head_frame": message.first_frame,
        "first_frame": events[0].frame,
        "last_frame": events[-1].frame,
        "waited_s": max(events[0].time_ns - heard.asked_ns, 0) / 1e9,
        "every_s": max(spread, 0) / 1e9 / max(len(events) - 1, 1),
        "target": target_of(message) or "?",
        "software": quoted(message.head.value("Server"), 30) or "?",
    }


def _make(
    connection: ConnectionFacts, heard: _Heard, finding: FindingId, severity: Severity, confidence: Confidence,
    alternatives: tuple[str, ...], shape: str,
) -> Finding:  # fmt: skip
    request = heard.message.request
    frames = [heard.message.first_frame, *(event.frame for event in heard.stream.events)]
    if request is not None:
        frames.append(request.first_frame)
    evidence = [index_of(connection, frame) for frame in frames]
    return connection.finding(finding, evidence, severity, confidence, alternatives, shape=shape, **_facts(heard))


def _compressed(connection: ConnectionFacts, heard: _Heard) -> Finding | None:
    """`event-stream-compressed`: the shape says whether the compressor was flushed after each event."""
    if not heard.message.codings:
        return None
    severity, confidence = Severity.NOTE, Confidence.CERTAIN
    others: tuple[str, ...] = ()
    if len(heard.bursts) > 1 and not heard.at_once:
        if heard.is_let_go:
            others = ("client-collects-body", "intermediary-collects-body")
            return _make(connection, heard, FindingId.EVENT_STREAM_COMPRESSED, severity, confidence, others, "flushed")
        others = ("proxy-compresses", "proxy-buffers")
        return _make(connection, heard, FindingId.EVENT_STREAM_COMPRESSED, severity, Confidence.LIKELY, others, "lumps")
    if not heard.at_once:
        shape = "once"
    elif heard.is_deflated and heard.is_flushed:
        shape = "collected"
    else:
        # Body bytes long before the first event: the compressor had begun to write, and buffered the rest.
        sure = heard.is_deflated and heard.early_bytes > 0
        confidence = Confidence.CERTAIN if sure else Confidence.LIKELY
        return _make(
            connection, heard, FindingId.EVENT_STREAM_COMPRESSED, Severity.WARNING, confidence,
            ("events-made-at-end", "proxy-compresses"), "unflushed",
        )  # fmt: skip
    return _make(connection, heard, FindingId.EVENT_STREAM_COMPRESSED, severity, confidence, others, shape)


def _buffered(connection: ConnectionFacts, heard: _Heard) -> Finding | None:
    """`event-stream-buffered`: no events for a while, then all at once, though no compressor held them back."""
    if not heard.at_once or (heard.message.codings and not (heard.is_deflated and heard.is_flushed)):
        return None
    here = connection.position
    near = here in (CapturePoint.CLIENT, CapturePoint.MIDDLE)
    return _make(
        connection, heard, FindingId.EVENT_STREAM_BUFFERED, Severity.WARNING,
        Confidence.LIKELY if near else Confidence.POSSIBLE,
        ("proxy-buffers", "events-made-at-end", "server-framework-buffers"),
        "compressed" if heard.message.codings else "plain",
    )  # fmt: skip


def _incremental(connection: ConnectionFacts, heard: _Heard) -> Finding | None:
    """`event-stream-incremental`: uncompressed events arrive in several bursts, as they should."""
    if heard.message.codings or len(heard.bursts) < 2 or heard.at_once:
        return None
    return _make(connection, heard, FindingId.EVENT_STREAM_INCREMENTAL, Severity.NOTE, Confidence.CERTAIN, (), "")
