"""`http2-slow-stream`: one request of many that was answered late, or all of them (rules/findings.md)."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from tcptui.findings.http2_facts import operation_of, packets, round_trip_ns
from tcptui.findings.rules.think_time import LONG_POLL_NS, LONG_POLLS
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.http2_facts import Facts
    from tcptui.findings.shared_waits import SharedWait
    from tcptui.protocols.http2.history import Http2History

#: Fewer requests on a connection do not tell one from all.
CALLS_LEAST: Final = 5
#: A request waits long from this time on, without the path …
WAIT_NS: Final = 1_000_000_000
#: … and it is one among others if it waits so many times longer than they do.
TIMES: Final = 8
#: All are slow where this part of them waits long.
ALL_SHARE: Final = 0.8
#: At most this part of the requests are *one slow stream*.
FEW_SHARE: Final = 0.25


def http2_slow_stream(
    connection: ConnectionFacts, history: Http2History, waited: Sequence[SharedWait]
) -> Finding | None:
    """Requests that waited long for their answer, told by what the others did meanwhile.  ``waited``: all of them."""
    by_id = {str(one.id): one for one in history.calls if one.answered_ns}
    waits = [(each.ns, one) for each in waited if (one := by_id.get(each.request.id or "")) is not None]
    if len(waits) < CALLS_LEAST:
        return None
    slow = [(ns, one) for ns, one in waits if ns >= WAIT_NS]
    if not slow:
        return None
    worst_ns, worst = max(slow, key=lambda wait: wait[0])
    rest = [ns for ns, one in waits if all(one is not other for _, other in slow)]
    usual_ns = int(median(rest)) if rest else int(median([ns for ns, _ in slow]))
    meanwhile = sum(worst.asked_ns < one.over_ns < worst.answered_ns for _, one in waits if one is not worst)
    if len(slow) >= ALL_SHARE * len(waits):
        shape = "all"
    elif len(slow) <= FEW_SHARE * len(waits) and worst_ns >= TIMES * max(usual_ns, 1_000_000) and meanwhile:
        shape = ""
    else:
        return None
    facts: Facts = {
        "target": operation_of(worst),
        "http2_stream": worst.id,
        "wait_s": worst_ns / 1e9,
        "usual_s": usual_ns / 1e9,
        "asked_frame": worst.asked_frame,
        "answer_frame": worst.answered_frame,
        "count": len(slow),
        "requests": len(waits),
        "meanwhile": meanwhile,
        "rtt_s": round_trip_ns(connection) / 1e9,
    }
    polls = len(slow) >= LONG_POLLS and min(ns for ns, _ in slow) >= LONG_POLL_NS
    return connection.finding(
        FindingId.HTTP2_SLOW_STREAM,
        packets(connection, [each for _, one in slow for each in (one.asked_frame, one.answered_frame)]),
        Severity.NOTE if polls else Severity.WARNING,
        Confidence.CERTAIN if connection.at_sender(1) else Confidence.LIKELY,
        ("http2-server-busy", "server-waits-itself") if shape else ("server-waits-itself", "long-poll"),
        shape=shape,
        **facts,
    )
