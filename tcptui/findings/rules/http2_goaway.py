"""`http2-goaway`: a connection that one side ended by GOAWAY, with what that cost (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.facts import SIDES
from tcptui.findings.http2_facts import operation_of, packets
from tcptui.findings.http_facts import quoted
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.http2.frames import ErrorCode, FrameType, error_name

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.http2_facts import Facts
    from tcptui.protocols.http2.history import Call, Event, Http2History


def http2_goaway(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """GOAWAY with an error, or by a server that left requests without an answer."""
    frames = history.of_kind(FrameType.GOAWAY)
    read = [(event, known) for event in frames if (known := history.goaway(event)) is not None]
    if not read:
        return None
    # A server that leaves in good order says so twice (RFC 9113, 6.8): the last one counts.
    errors = [(event, known) for event, known in read if known[0] != ErrorCode.NO_ERROR]
    event, (code, last, debug) = errors[0] if errors else read[-1]
    is_server = event.side == 1
    if not is_server and not errors:
        return None  # a client that leaves wants nothing more
    beyond, cut = _left_over(history.calls, event, last)
    if not errors and not beyond and not cut:
        return None
    shape = "error" if errors else "refused" if beyond and not cut else "cut"
    if code == ErrorCode.ENHANCE_YOUR_CALM:
        shape = "calm"
    lost = [*beyond, *cut]
    facts: Facts = {
        "sender": SIDES[event.side],
        "other": SIDES[1 - event.side],
        "code": error_name(code),
        "last_stream": last,
        "debug": quoted(debug.decode("utf-8", "replace")) if debug else "",
        "goaway_frame": history.packet(event),
        "asked_frame": lost[0].asked_frame if lost else 0,
        "target": operation_of(lost[0]) if lost else "?",
        "beyond": len(beyond),
        "cut": len(cut),
        "requests": len(history.calls),
        "answered": sum(call.answering.ended for call in history.calls),
        "resets": len(history.of_kind(FrameType.RST_STREAM, 1 - event.side)),
        "pings": history.controls[1 - event.side],
        "after_s": max(event.ns - history.events[0].ns, 0) / 1e9,
    }
    return connection.finding(
        FindingId.HTTP2_GOAWAY,
        packets(connection, [int(facts["asked_frame"]), int(facts["goaway_frame"])]),
        Severity.WARNING if errors or cut else Severity.NOTE,
        Confidence.CERTAIN,
        _others(shape),
        shape=f"{shape}-debug" if debug and shape in ("error", "calm") else shape,
        **facts,
    )


def _others(shape: str) -> tuple[str, ...]:
    return {
        "refused": ("http2-restart", "http2-requests-limit"),
        "cut": ("http2-restart", "http2-crash"),
        "calm": ("http2-client-storm", "http2-limit-low"),
    }.get(shape, ("http2-broken-peer", "http2-middlebox"))


def _left_over(calls: list[Call], event: Event, last: int) -> tuple[list[Call], list[Call]]:
    """Requests without a whole answer: those that the server says it never looked at, and the others.

    What the client asked later, or took back, is its own business.
    """
    open_ones = [call for call in calls if not call.answering.ended and call.asking.reset is None]
    if event.side == 0:
        return [], [call for call in open_ones if call.asked_ns <= event.ns]
    return [call for call in open_ones if call.id > last], [call for call in open_ones if call.id <= last]
