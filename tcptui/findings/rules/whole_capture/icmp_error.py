"""`icmp-error`: ICMP errors that no connection of the capture tells of, and those amid one (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.facts import SIDES
from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, one_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.other_protocol import DNS, TCP, protocol_name
from tcptui.protocols.outside.messages import IcmpError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

    Mask = NDArray[np.bool_]

#: What else it could be, by reason.
_ALTERNATIVES: Final = {
    "prohibited": ("reject-rule",),
    "port": ("not-listening", "reject-rule"),
    "host": ("host-gone", "reject-rule"),
    "network": ("no-route", "reject-rule"),
    "expired": ("routing-loop",),
}
#: Who is told of so many targets looks for any: a scan, or its echo.
SCANNED: Final = 8
#: Errors so close to each other are about one series of tries, ns.
TRIED_NS: Final = 1_000_000_000
#: What a connection has whose packets a router throws away.
_WAITED: Final = (FindingId.RETRANSMISSION_TIMEOUT, FindingId.PATH_LOST)
_ECHOES: Final = one_of(*_WAITED, FindingId.TAIL_LOSS, FindingId.LOST_RETRANSMISSION)
#: So many packets that one router threw away at the end of their time are no search for the way …
EXPIRED: Final = 4


def icmp_error(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Errors by who sent them, the reason, and what could not be reached; DNS has a finding of its own."""
    by_kind: dict[tuple[str, str, str, str, int, int], list[IcmpError]] = {}
    by_flow: dict[tuple[str, str, str, str, int, int], list[IcmpError]] = {}
    targets: dict[str, set[str]] = {}
    routers: dict[str, set[str]] = {}
    for error in capture.outside:
        if not isinstance(error, IcmpError):
            continue
        if not _is_news(capture, error):
            if error.protocol == TCP:
                flow = error.sender, error.reason, error.source, error.target, error.source_port, error.target_port
                by_flow.setdefault(flow, []).append(error)
            continue
        port = error.target_port if error.protocol == TCP else 0
        key = error.sender, error.reason, error.source, error.target, error.protocol, port
        by_kind.setdefault(key, []).append(error)
        targets.setdefault(error.source, set()).add(error.target)
        if error.reason == "expired":
            routers.setdefault(error.target, set()).add(error.sender)
    for errors in by_kind.values():
        first = errors[0]
        if len(targets[first.source]) >= SCANNED:
            continue
        if first.reason == "expired" and (len(errors) < EXPIRED or len(routers[first.target]) > 1):
            continue  # somebody looks for the way (traceroute)
        yield _finding(capture, errors, "tcp" if first.protocol == TCP else "")
    for errors in _during_connections(capture, by_flow.values()):
        yield _finding(capture, errors, "open")


def _during_connections(capture: CaptureFacts, flows: Iterable[list[IcmpError]]) -> Iterator[list[IcmpError]]:
    """Of the errors about each of ``flows`` those meanwhile its sender waited; by who sent them, reason and target.

    An error during a connection is soft (RFC 1122, 4.2.3.9): where what it quotes was not waited for, it meant nothing.
    """
    found: dict[tuple[str, str, str, str, int], list[IcmpError]] = {}
    waiting = {name: capture.having(name) & capture.alive for name in _WAITED}
    for errors in flows:
        waits = [_is_waited_for(capture, error, waiting) for error in errors]
        if not any(waits):
            continue
        begin = waits.index(True)
        while begin and errors[begin].time_ns - errors[begin - 1].time_ns < TRIED_NS:
            begin -= 1
        first = errors[0]
        key = first.sender, first.reason, first.source, first.target, first.target_port
        found.setdefault(key, []).extend(errors[begin:])
    yield from found.values()


def _is_news(capture: CaptureFacts, error: IcmpError) -> bool:
    """Whether nothing else tells of ``error``: no connection of the capture, no look-up; and it is no late answer's."""
    if error.protocol == TCP:
        return not capture.packets[capture.by_ends.of_error(error)].any()
    return error.protocol != DNS and error.reason != "port"


def _is_waited_for(capture: CaptureFacts, error: IcmpError, waiting: dict[FindingId, Mask]) -> bool:
    """Whether ``error`` is about an open connection that waits meanwhile for what its sender repeats in vain.

    ``waiting``: the connections with each finding that says so.
    """
    places = capture.by_ends.of_error(error)
    return any(
        _waits(capture, error, name, place)
        for name, those in waiting.items()
        for place in places[those[places]].tolist()
    )


def _waits(capture: CaptureFacts, error: IcmpError, name: FindingId, place: int) -> bool:
    """Whether the finding ``name`` of the stream at ``place`` is of what ``error`` quotes, by its sender and time."""
    told = capture.above_note(name, place)
    is_server = capture.host_numbers.get(error.source, -1) != int(capture.client[place])
    healed = told.facts.get("healed_frame", 0)
    return (
        told.facts["sender"] == SIDES[is_server]
        and told.packets[0] < error.frame
        and (not isinstance(healed, int) or not healed or error.frame < healed)
    )


def _finding(capture: CaptureFacts, errors: list[IcmpError], shape: str) -> CaptureFinding:
    first = errors[0]
    is_tcp, is_open = first.protocol == TCP, shape == "open"
    found = [capture.by_ends.of_error(error) for error in errors if is_tcp]
    places = sorted_unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return capture.finding(
        FindingId.ICMP_ERROR,
        places,
        Severity.ERROR if is_tcp and not (is_open and _has_healed(capture, places)) else Severity.WARNING,
        Confidence.CERTAIN,
        _ECHOES if is_open else one_of(),
        _ALTERNATIVES[first.reason],
        {
            "shape": shape,
            "sender_address": first.sender,
            "reason": first.reason,
            "client": first.source,
            "server": first.target,
            "protocol": "TCP" if is_tcp else protocol_name(first.protocol),
            "port": first.target_port,
            "errors": len(errors),
            "first_frame": first.frame,
        },
        packets=tuple(one.frame for one in errors[:EVIDENCE_MOST]),
        since_ns=first.time_ns,
    )


def _has_healed(capture: CaptureFacts, places: I64) -> bool:
    """Whether every connection at ``places`` got its ACK in the end."""
    return all(
        bool(capture.above_note(name, place).facts.get("healed_frame", 0))
        for name in _WAITED
        for place in places[capture.having(name)[places]].tolist()
    )
