"""`neighbour-silent`: a neighbour's hardware address that is asked for again and again (rules/findings.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, one_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.protocols.outside.messages import DnsMessage, IcmpError, NeighbourMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: So many questions …
ASKED: Final = 3
#: … in so long a time have no answer: who gets one stops asking (RFC 1122, 2.3.2.1: one a second; RFC 4861, 7.2.2).
ASKED_NS: Final = 1_500_000_000
#: A question so soon behind the last belongs to the same look-up, ns.
AGAIN_NS: Final = 5_000_000_000
#: An answer so late is late, ns.
LATE_NS: Final = 900_000_000
#: A connection begun so soon behind the answer waited for it, ns.
FOLLOWS_NS: Final = 1_000_000_000
#: A connection with the neighbour that began so soon before the first question, or behind the last, is about it, ns.
ABOUT_NS: Final = 3_000_000_000
#: Who asks for so many neighbours in vain looks for any: a scan, or a router for addresses that nobody has.
SCANNED: Final = 8

_ECHOES: Final = one_of(FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION, FindingId.CONNECTION_UNREACHABLE)


@dataclass(slots=True)
class _Series:
    """Questions of one host for one neighbour, until it was answered."""

    asked: list[NeighbourMessage]
    answer: NeighbourMessage | None = None

    @property
    def took_ns(self) -> int:
        last = self.asked[-1] if self.answer is None else self.answer
        return last.time_ns - self.asked[0].time_ns


def neighbour_silent(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Neighbours that never answered, and those that did after `LATE_NS` while a connection waited."""
    messages = [one for one in capture.outside if isinstance(one, NeighbourMessage)]
    if not messages:
        return
    series = _series(messages)
    silent = [
        one for one in series if one.answer is None and len(one.asked) >= ASKED and one.took_ns >= ASKED_NS
    ]  # fmt: skip
    targets: dict[str, set[str]] = {}
    for one in silent:
        targets.setdefault(one.asked[0].asker, set()).add(one.asked[0].target)
    seen = _Seen(capture, messages)
    told: dict[tuple[str, str], list[_Series]] = {}
    for one in silent:
        first = one.asked[0]
        if len(targets[first.asker]) < SCANNED and seen.would_be_heard(first.asker) and not _spoke(capture, one):
            told.setdefault((first.asker, first.target), []).append(one)
    for some in told.values():
        yield _silent(capture, some, is_heard=some[0].asked[0].asker in seen.heard)
    for one in series:
        if one.answer is not None and len(one.asked) > 1 and one.took_ns >= LATE_NS:
            places = _waited(capture, one)
            if len(places):
                yield _finding(capture, [one], "late", places, is_heard=True)


def _series(messages: list[NeighbourMessage]) -> list[_Series]:
    """The look-ups among ``messages``, in capture order."""
    found: list[_Series] = []
    pending: dict[tuple[str, str], _Series] = {}
    of_target: dict[str, set[str]] = {}
    for message in messages:
        key = message.asker, message.target
        if not message.is_response:
            one = pending.get(key)
            if one is None or message.time_ns - one.asked[-1].time_ns > AGAIN_NS:
                pending[key] = one = _Series([])
                found.append(one)
                of_target.setdefault(message.target, set()).add(message.asker)
            one.asked.append(message)
            continue
        # One to all is for whoever asks.
        askers = {message.asker} if message.asker else of_target.pop(message.target, set())
        for asker in askers:
            one = pending.pop((asker, message.target), None)
            if one is not None:
                one.answer = message
    return found


class _Seen:
    """Of whom an answer would be in the capture: a switch passes it to the one that asks alone."""

    def __init__(self, capture: CaptureFacts, messages: list[NeighbourMessage]) -> None:
        self._askers = {one.asker for one in messages if not one.is_response}
        near = capture.near_host
        self._near = capture.host_name(near) if near >= 0 else ""
        self._has_tcp = len(capture.number) > 0
        self.heard = {self._near} - {""}
        """The host of the capture, and to whom packets of others than that host were captured, outside TCP or within.

        What that host sends itself shows nothing of what others send to the same address.
        """
        for one in capture.outside:
            if isinstance(one, IcmpError):
                sender, receiver = one.sender, one.receiver
            elif isinstance(one, DnsMessage):
                sender, receiver = (one.server, one.client) if one.is_response else (one.client, one.server)
            elif one.is_response:
                sender, receiver = one.target, one.asker
            else:
                continue
            if sender != self._near:
                self.heard.add(receiver)
        ends = capture.client, capture.server
        for (sender_host, receiver_host), sent in ((ends, capture.attempted), (ends[::-1], capture.alive)):
            hosts = set(sorted_unique(receiver_host[sent & (sender_host != near)]).tolist())
            self.heard |= {asker for asker in self._askers if capture.host_numbers.get(asker, -1) in hosts}

    def would_be_heard(self, asker: str) -> bool:
        """Whether ``asker`` gets packets here, or there is nothing but its questions: then the capture is its own."""
        return asker in self.heard or (not self._has_tcp and self._askers == {asker})


def _spoke(capture: CaptureFacts, one: _Series) -> bool:
    """Whether the neighbour sent anything while it was asked for: then its answers pass elsewhere."""
    ends = capture.by_ends
    target = ends.host(one.asked[0].target)
    begin_ns, end_ns = one.asked[0].time_ns, one.asked[-1].time_ns
    if target < 0:
        return False
    return capture.server_heard(target, begin_ns, end_ns) or len(ends.of_client.lasting(target, end_ns, begin_ns)) > 0


def _about(capture: CaptureFacts, some: list[_Series]) -> I64:
    """The connections to the neighbour that somebody tried to open while it was asked for, and that never opened."""
    ends = capture.by_ends
    target = ends.host(some[0].asked[0].target)
    return sorted_unique(
        np.concatenate([
            ends.failed_at.began_between(target, one.asked[0].time_ns - ABOUT_NS, one.asked[-1].time_ns + ABOUT_NS)
            for one in some
        ])
    )  # fmt: skip


def _waited(capture: CaptureFacts, one: _Series) -> I64:
    """The connections of who asked with the neighbour that began as soon as it had answered."""
    ends, first = capture.by_ends, one.asked[0]
    end_ns = first.time_ns + one.took_ns
    pair = ends.pair(ends.host(first.asker), ends.host(first.target))
    return np.sort(ends.attempted_of_pair.began_between(pair, end_ns, end_ns + FOLLOWS_NS))


def _silent(capture: CaptureFacts, some: list[_Series], *, is_heard: bool) -> CaptureFinding:
    return _finding(capture, some, "", _about(capture, some), is_heard=is_heard)


def _finding(
    capture: CaptureFacts, some: list[_Series], shape: str, places: I64, *, is_heard: bool
) -> CaptureFinding:  # fmt: skip
    asked = [one for each in some for one in each.asked]
    first, answer = asked[0], some[0].answer
    frames = [one.frame for one in asked] if answer is None else [*(one.frame for one in asked), answer.frame]
    took_s = sum(one.took_ns for one in some) / 1e9
    return capture.finding(
        FindingId.NEIGHBOUR_SILENT,
        places,
        Severity.WARNING if shape else Severity.ERROR,
        Confidence.CERTAIN if is_heard else Confidence.LIKELY,
        _ECHOES,
        (
            *(("neighbour-busy", "neighbour-answer-lost") if shape else ("host-down", "neighbour-elsewhere")),
            *(() if shape else ("neighbour-filtered",)),
            *(() if is_heard else ("neighbour-answer-unseen",)),
        ),
        {
            "shape": shape,
            "protocol": "ICMPv6" if first.is_ipv6 else "ARP",
            "asker": first.asker,
            "target": first.target,
            "asked": len(asked),
            "first_frame": first.frame,
            "last_frame": frames[-1],
            "took_s": took_s,
        },
        packets=tuple(frames[:EVIDENCE_MOST]),
        since_ns=first.time_ns,
        waited_s=took_s,
    )
