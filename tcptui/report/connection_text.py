"""One connection of the JSON report.

A report may have a hundred thousand of them, each of a hundred values: they are written straight into the text, and
nothing is built that would have to be taken apart again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.analysis.time_budget_parts import Part
from tcptui.model.tcp_state import state_of
from tcptui.report.json_text import seconds, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.finding import Finding, FindingId
    from tcptui.report.measured import Measures

    Tell = Callable[[Finding], str]

_PART_KEYS: Final = tuple(f"{to_json(part.label)}: " for part in Part)


def connection_text(
    measures: Measures, states: tuple[int, int], parts: tuple[int, ...], findings: tuple[Finding, ...], tell: Tell
) -> str:
    """The object of one connection (schema 1); ``parts``: `TimeBudget.parts`; ``tell`` puts a finding into words."""
    m = measures
    client, client_known = _state(states[0])
    server, server_known = _state(states[1])
    told = ", ".join([_finding(finding, tell(finding)) for finding in findings])
    return (
        f'{{"stream": {m.stream}, '
        f'"client": {{"address": "{m.client_host}", "port": {m.client_port}}}, '
        f'"server": {{"address": "{m.server_host}", "port": {m.server_port}}}, '
        f'"packets": {m.packets}, "bytes": {m.wire_bytes}, '
        f'"start": {seconds(m.start_ns)}, "duration": {seconds(m.duration_ns)}, '
        f'"client_state": {client}, "server_state": {server}, '
        f'"measures": {{"irtt": {seconds(m.irtt_ns) if m.irtt_ns else "null"}, "ack_rtt": {_spread(m)}, '
        f'"client": {{"packets": {m.client_packets}, "payload_bytes": {m.client_payload}, '
        f'"state_known": {client_known}}}, '
        f'"server": {{"packets": {m.server_packets}, "payload_bytes": {m.server_payload}, '
        f'"state_known": {server_known}}}, '
        f'"retransmissions": {m.resent}, "out_of_order": {m.out_of_order}, "duplicate_acks": {m.duplicate_acks}, '
        f'"zero_windows": {m.zero_windows}, "not_captured": {m.missed}}}, '
        f'"time_budget": {_time_budget(parts, m.duration_ns)}, "findings": [{told}]}}'
    )


@lru_cache(maxsize=256)
def _state(cell: int) -> tuple[str, str]:
    """A state's name, and whether it is known, as JSON."""
    state, known = state_of(cell)
    return to_json(state.label), to_json(known)


def _spread(measures: Measures) -> str:
    if not measures.round_trips:
        return "null"
    least, middle, most = measures.rtt_minimum_ns, measures.rtt_median_ns, measures.rtt_maximum_ns
    return f'{{"min": {seconds(least)}, "median": {seconds(middle)}, "max": {seconds(most)}}}'


def _time_budget(parts: tuple[int, ...], duration_ns: int) -> str:
    """Every part of `Part`; together they are ``duration_ns``."""
    spent = list(parts)
    # An ICMP error may have begun the stream before its first segment.
    spent[Part.UNATTRIBUTED] += duration_ns - sum(parts)
    return "{" + ", ".join([key + seconds(ns) for key, ns in zip(_PART_KEYS, spent, strict=True)]) + "}"


def _finding(finding: Finding, text: str) -> str:
    packets = ", ".join(map(str, finding.packets))
    return (
        f'{{"id": {_id(finding.id)}, "packets": [{packets}], "severity": "{finding.severity.name.lower()}", '
        f'"confidence": "{finding.confidence.value}", "facts": {to_json(finding.facts)}, '
        f'"alternatives": {to_json(finding.alternatives)}, "text": {to_json(text)}}}'
    )


@lru_cache(maxsize=256)
def _id(finding: FindingId) -> str:
    return to_json(str(finding))
