"""``tcptui report FILE --json``: one object, schema 1 (design contract, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.time_budget import time_budget
from tcptui.analysis.time_budget_parts import Part
from tcptui.report.json_text import Seconds, to_json
from tcptui.report.link_names import link_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.analysis.stream_view import StreamView
    from tcptui.analysis.time_budget_parts import TimeBudget
    from tcptui.model.finding import Finding
    from tcptui.report.summary import Capture, Connection, Side, Spread, Summary

    Tell = Callable[[Finding], str]

#: Raised when a key changes its meaning or goes; new keys do not raise it.
SCHEMA: Final = 1
#: More turns of one connection are not listed.
MOST_TURNS: Final = 1_000
_PART_NAMES: Final = tuple(part.label for part in Part)


def json_report(summary: Summary, stream: int | None, tell: Tell) -> Iterator[str]:
    """The object in pieces, a connection at a time, so that memory does not grow with it.

    ``stream``: this connection only.  ``tell`` puts a finding into words.
    """
    yield f'{{"schema": {SCHEMA}, "capture": {to_json(_capture(summary.capture))}, "streams": ['
    if stream is None:
        for place, (connection, parts) in enumerate(summary.connections()):
            yield (",\n" if place else "\n") + to_json(_connection(connection, parts, tell))
    else:
        view = summary.view(stream)
        budget = time_budget(view)
        connection = summary.connection(stream)
        yield "\n" + to_json(_connection(connection, budget.parts, tell) | {"turns": _turns(budget, view)})
    yield "\n]}\n"


def _time(time_ns: int | None) -> Seconds | None:
    return None if time_ns is None else Seconds(time_ns)


def _capture(capture: Capture) -> dict[str, object]:
    trust = capture.trust
    return {
        "file": capture.label,
        "packets": capture.packets,
        "tcp_packets": capture.tcp_packets,
        "start": _time(capture.start_ns),
        "end": _time(capture.end_ns),
        "link_types": [link_name(link) for link in capture.link_types],
        "trust": {
            "kernel_dropped": trust.kernel_dropped,
            "truncated": trust.truncated,
            "one_sided": capture.one_sided,
            "mid_stream": capture.mid_stream,
            "offloaded": trust.offloaded,
            "gaps": capture.gaps,
            "position": capture.position.value,
            "headers_cut": trust.headers_cut,
            "time_went_back": trust.time_went_back,
        },
    }


def _time_budget(parts: tuple[int, ...], duration_ns: int) -> dict[str, Seconds]:
    """Every part of `Part`; together they are ``duration_ns``."""
    spent = dict(zip(_PART_NAMES, parts, strict=True))
    # An ICMP error may have begun the stream before its first segment.
    spent[Part.UNATTRIBUTED.label] += duration_ns - sum(parts)
    return {name: Seconds(time_ns) for name, time_ns in spent.items()}


def _turns(budget: TimeBudget, view: StreamView) -> list[dict[str, object]]:
    """The first `MOST_TURNS` requests with their answers: packets, and where each one's time went."""
    turns = budget.turns
    return [
        {
            "request": int(view.frame[turns.request[i]]),
            "response": int(view.frame[turns.response[i]]) if turns.response[i] >= 0 else None,
            "start": Seconds(int(view.time_ns[turns.request[i]])),
            "duration": Seconds(int(turns.elapsed_ns[i])),
            "time_budget": {part.label: Seconds(int(turns.parts[i, part])) for part in Part},
        }
        for i in range(min(len(turns), MOST_TURNS))
    ]


def _connection(connection: Connection, parts: tuple[int, ...], tell: Tell) -> dict[str, object]:
    client, server, findings = connection.client, connection.server, connection.findings
    return {
        "stream": connection.stream,
        "client": {"address": client.endpoint.host, "port": client.endpoint.port},
        "server": {"address": server.endpoint.host, "port": server.endpoint.port},
        "packets": connection.packets,
        "bytes": connection.wire_bytes,
        "start": Seconds(connection.start_ns),
        "duration": Seconds(connection.duration_ns),
        "client_state": client.state.label,
        "server_state": server.state.label,
        "measures": {
            "irtt": _time(connection.irtt_ns),
            "ack_rtt": _spread(connection.ack_rtt),
            "client": _side(client),
            "server": _side(server),
            "retransmissions": connection.resent,
            "out_of_order": connection.out_of_order,
            "duplicate_acks": connection.duplicate_acks,
            "zero_windows": connection.zero_windows,
            "not_captured": connection.missed,
        },
        "time_budget": _time_budget(parts, connection.duration_ns),
        "findings": [_finding(finding, tell(finding)) for finding in findings],
    }


def _side(side: Side) -> dict[str, object]:
    return {"packets": side.packets, "payload_bytes": side.payload_bytes, "state_known": side.state_known}


def _spread(spread: Spread | None) -> dict[str, Seconds] | None:
    if spread is None:
        return None
    times = {"min": spread.minimum_ns, "median": spread.median_ns, "max": spread.maximum_ns}
    return {name: Seconds(time_ns) for name, time_ns in times.items()}


def _finding(finding: Finding, text: str) -> dict[str, object]:
    return {
        "id": str(finding.id),
        "packets": finding.packets,
        "severity": finding.severity.name.lower(),
        "confidence": finding.confidence.value,
        "facts": finding.facts,
        "alternatives": finding.alternatives,
        "text": text,
    }
