"""Rules about how many requests are under way at a time: `http2-streams-limit` and `http2-reset-flood`."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http2_facts import operation_of, packets, prompt_ns, way_back_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.http2.frames import ErrorCode, FrameType, error_name

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.http2_facts import Facts
    from tcptui.protocols.http2.history import Call, Event, Http2History

#: SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113, 6.5.2).
_MOST_STREAMS: Final = 3
#: Requests that took a place as soon as one was free: fewer may be chance.
QUEUED_LEAST: Final = 4
#: … and this part of all that were asked since the limit was first reached.
QUEUED_SHARE: Final = 0.7
#: Less time at the limit is not worth a word, …
FULL_NS: Final = 200_000_000
#: … this is a warning.
LONG_NS: Final = 1_000_000_000
#: RST_STREAM frames of one side that are a flood, …
FLOOD_LEAST: Final = 50
#: … with this part of the requests, …
FLOOD_SHARE: Final = 0.5
#: … and so many within a second.
FLOOD_RATE: Final = 50
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Change:
    """A place was taken or given back, as the client saw it."""

    ns: int
    call: Call
    opens: bool


def http2_streams_limit(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """The client kept as many streams open as the server allows, and opened the next as soon as one was over."""
    limit, announced = _announced(history)
    if limit <= 0 or announced is None or not all(history.opening.from_start):
        return None
    refused = [call for call in history.calls if call.answering.reset == ErrorCode.REFUSED_STREAM]
    if len(refused) >= QUEUED_LEAST:
        return _refused(connection, history, limit, announced, refused)
    fill = _fill(connection, history, limit)
    if fill is None or len(fill.queued) < max(QUEUED_LEAST, QUEUED_SHARE * fill.asked) or fill.ns < FULL_NS:
        return None
    lasted = [one.over_ns - one.asked_ns for one in history.calls if one.over_ns]
    facts: Facts = {
        "limit": limit,
        "settings_frame": history.packet(announced),
        "full_frame": fill.first.asked_frame,
        "first_frame": fill.queued[0].asked_frame,
        "last_frame": fill.queued[-1].asked_frame,
        "queued": len(fill.queued),
        "requests": len(history.calls),
        "full_s": fill.ns / 1e9,
        "median_s": median(lasted) / 1e9 if lasted else 0.0,
        "target": operation_of(fill.queued[0]),
    }
    return connection.finding(
        FindingId.HTTP2_STREAMS_LIMIT,
        packets(connection, [int(facts[f"{name}_frame"]) for name in ("settings", "full", "first", "last")]),
        Severity.WARNING if fill.ns >= LONG_NS else Severity.NOTE,
        Confidence.LIKELY,
        ("http2-own-limit", "http2-server-slow"),
        shape="",
        **facts,
    )


@dataclass(slots=True)
class _Fill:
    """The time in which all places were taken."""

    first: Call
    """The request that took the last place for the first time."""
    asked: int = 0
    """Requests since then …"""
    queued: list[Call] = field(default_factory=list)
    """… and those of them that took a place as soon as it was free."""
    ns: int = 0


def _fill(connection: ConnectionFacts, history: Http2History, limit: int) -> _Fill | None:
    """When as many streams were open as the limit allows; None where that was never so, or there were many more."""
    fill: _Fill | None = None
    count, freed_ns, full_ns = 0, 0, 0
    # Far from the client it is known only nearly when it knew that a place was free.
    most = limit if connection.at_sender(0) else 2 * limit
    for change in _changes(connection, history):
        if not change.opens:
            if fill is not None and count == limit:
                fill.ns += change.ns - full_ns
            count, freed_ns = count - 1, change.ns
            continue
        count += 1
        if count > most:
            return None
        if fill is not None:
            fill.asked += 1
            if change.ns - freed_ns <= prompt_ns(connection):
                fill.queued.append(change.call)
        if count == limit:
            full_ns, fill = change.ns, fill or _Fill(change.call)
    return fill


def _refused(
    connection: ConnectionFacts, history: Http2History, limit: int, announced: Event, refused: list[Call]
) -> Finding:
    """The client asked for more than it may, and the server refused those."""
    facts: Facts = {
        "limit": limit,
        "settings_frame": history.packet(announced),
        "asked_frame": refused[0].asked_frame,
        "reset_frame": refused[0].over_frame,
        "refused": len(refused),
        "requests": len(history.calls),
        "target": operation_of(refused[0]),
        "full_s": 0.0,
    }
    return connection.finding(
        FindingId.HTTP2_STREAMS_LIMIT,
        packets(connection, [int(facts[f"{name}_frame"]) for name in ("settings", "asked", "reset")]),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("http2-settings-late", "http2-ignores-limit"),
        shape="refused",
        **facts,
    )


def _announced(history: Http2History) -> tuple[int, Event | None]:
    """The server's only limit of concurrent streams, and the frame that says so; 0 without one, or with several."""
    found = [
        (value, event)
        for event in history.of_kind(FrameType.SETTINGS, 1)
        if (value := history.settings(event).get(_MOST_STREAMS)) is not None
    ]
    return found[0] if len({value for value, _ in found}) == 1 else (0, None)


def _changes(connection: ConnectionFacts, history: Http2History) -> list[_Change]:
    """Places taken and given back, in the order in which the client knew of them."""
    lag_ns = way_back_ns(connection, 0)
    found = []
    for call in history.calls:
        found.append(_Change(call.asked_ns, call, opens=True))
        if call.over_ns:
            by_client = call.asking.reset is not None and call.asking.direction.side == 0
            found.append(_Change(call.over_ns + (0 if by_client else lag_ns), call, opens=False))
    return sorted(found, key=lambda one: (one.ns, one.opens, one.call.id))


def http2_reset_flood(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """One side ended most requests by RST_STREAM, many of them within a second."""
    return next((one for side in (0, 1) if (one := _flood(connection, history, side))), None)


def _flood(connection: ConnectionFacts, history: Http2History, side: int) -> Finding | None:
    resets = history.of_kind(FrameType.RST_STREAM, side)
    if len(resets) < FLOOD_LEAST:
        return None
    by_id = {call.id: call for call in history.calls}
    met = [(event, by_id[event.frame.stream]) for event in resets if event.frame.stream in by_id]
    rate = _most_within(resets, _SECOND_NS)
    if len(met) < max(FLOOD_LEAST, FLOOD_SHARE * len(by_id)) or rate < FLOOD_RATE:
        return None
    code, of_code = Counter(history.reset_code(event) for event, _ in met).most_common(1)[0]
    ages = [event.ns - call.asked_ns for event, call in met]
    refused = side == 1 and code == ErrorCode.REFUSED_STREAM
    if refused and _announced(history)[0]:
        return None  # `http2-streams-limit` tells of these
    facts: Facts = {
        "sender": SIDES[side],
        "other": SIDES[1 - side],
        "count": len(met),
        "requests": len(by_id),
        "rate": rate,
        "code": error_name(code),
        "of_code": of_code,
        "age_s": max(median(ages), 0) / 1e9,
        "answered": sum(bool(call.answering.blocks) for _, call in met),
        "first_frame": history.packet(met[0][0]),
        "last_frame": history.packet(met[-1][0]),
    }
    return connection.finding(
        FindingId.HTTP2_RESET_FLOOD,
        packets(connection, [met[0][1].asked_frame, int(facts["first_frame"]), int(facts["last_frame"])]),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("http2-refused-full", "http2-refused-closing")
        if refused
        else ("http2-attack", "http2-impatient")
        if not side
        else (),
        shape="refused" if refused else "server" if side else "",
        **facts,
    )


def _most_within(events: list[Event], span_ns: int) -> int:
    """The most events that lie within this time."""
    window: deque[int] = deque()
    most = 0
    for event in events:
        window.append(event.ns)
        while event.ns - window[0] > span_ns:
            window.popleft()
        most = max(most, len(window))
    return most
