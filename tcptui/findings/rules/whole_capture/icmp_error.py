"""`icmp-error`: errors of ICMP about packets that are in no connection of the capture (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, one_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.other_protocol import DNS, TCP, protocol_name
from tcptui.protocols.outside.messages import IcmpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding

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
#: So many packets that one router threw away at the end of their time are no search for the way …
EXPIRED: Final = 4


def icmp_error(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Errors by who sent them, the reason, and what could not be reached; DNS has a finding of its own."""
    by_kind: dict[tuple[str, str, str, str, int, int], list[IcmpError]] = {}
    targets: dict[str, set[str]] = {}
    routers: dict[str, set[str]] = {}
    for error in capture.outside:
        if not isinstance(error, IcmpError) or not _is_news(capture, error):
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
        yield _finding(capture, errors)


def _is_news(capture: CaptureFacts, error: IcmpError) -> bool:
    """Whether nothing else tells of ``error``: no connection of the capture, no look-up; and it is no late answer's."""
    if error.protocol == TCP:
        return not capture.packets[capture.by_ends.of_error(error)].any()
    return error.protocol != DNS and error.reason != "port"


def _finding(capture: CaptureFacts, errors: list[IcmpError]) -> CaptureFinding:
    first = errors[0]
    places = [capture.by_ends.of_error(error) for error in errors if error.protocol == TCP]
    is_tcp = first.protocol == TCP
    return capture.finding(
        FindingId.ICMP_ERROR,
        sorted_unique(np.concatenate(places)) if places else np.zeros(0, np.int64),
        Severity.ERROR if is_tcp else Severity.WARNING,
        Confidence.CERTAIN,
        one_of(),
        _ALTERNATIVES[first.reason],
        {
            "shape": "tcp" if is_tcp else "",
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
