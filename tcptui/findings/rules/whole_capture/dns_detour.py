"""`dns-detour`: answers over UDP that did not fit, and what became of asking again over TCP (rules/findings.md)."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.findings.rules.no_answer import SYN_SILENCE_NS
from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, one_of
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.other_protocol import DNS_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64
    from tcptui.protocols.outside.messages import DnsMessage

#: A client that wants the whole answer tries TCP so soon behind the one that was cut.
AGAIN_NS: Final = 1_000_000_000
#: Connections of each client with each server that are read, the first …
READ_MOST: Final = 64
#: … of at most so many packets.
PACKETS_MOST: Final = 20_000
#: A connection that is opened for the question costs a round trip besides that of the question (RFC 9293, 3.5).
_OPENING_TRIPS: Final = 2

_NEVER_OPENED: Final = one_of(
    FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION, FindingId.CONNECTION_REFUSED
)  # fmt: skip


class _Detour(NamedTuple):
    """One question that was asked again over TCP, and answered."""

    place: int
    cut: DnsMessage
    frame: int
    """Where the answer over TCP ended."""
    cost_ns: int
    """From the answer that was cut to the end of the whole one."""
    trips: int


def dns_detour(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """What asking again over TCP cost, a note; an error where TCP was refused or got no answer."""
    places = indexes_of(capture.port == DNS_PORT)
    if not len(places):
        return
    cut: dict[tuple[str, str], list[DnsMessage]] = {}
    for answer in sorted(capture.truncated(), key=lambda one: one.time_ns):
        cut.setdefault((answer.client, answer.server), []).append(answer)
    of_pair: dict[tuple[str, str], list[int]] = {}
    for place in places.tolist() if cut else ():
        pair = capture.host_name(int(capture.client[place])), capture.host_name(int(capture.server[place]))
        if pair in cut:
            of_pair.setdefault(pair, []).append(place)
    for pair, mine in of_pair.items():
        yield from _failed(capture, pair, mine, cut[pair])
        detours = _detours(capture, mine, cut[pair])
        if detours:
            yield _cost(capture, pair, detours)


def _failed(
    capture: CaptureFacts, pair: tuple[str, str], places: list[int], cut: list[DnsMessage]
) -> Iterator[CaptureFinding]:
    """The attempts over TCP that a cut answer led to, where none of these was opened."""
    settled_ns = int(capture.store.latest_ns) - SYN_SILENCE_NS
    tried: list[tuple[DnsMessage, int]] = []
    for place in places:
        began_ns = int(capture.began_ns[place])
        before = bisect_right(cut, began_ns, key=lambda one: one.time_ns) - 1
        if before >= 0 and began_ns - cut[before].time_ns <= AGAIN_NS and capture.attempted[place]:
            tried.append((cut[before], place))
    if not tried or any(capture.opened[place] for _, place in tried):
        return
    silent = capture.unanswered & (capture.began_ns <= settled_ns)
    for shape, mask in (("refused", capture.refused), ("silent", silent)):
        failed = [(one, place) for one, place in tried if mask[place]]
        if not failed:
            continue
        first, at = failed[0]
        which = _places([place for _, place in failed])
        frames = [
            frame for one, place in failed[:EVIDENCE_MOST] for frame in (one.frame, *capture.frames(_places([place])))
        ]
        yield capture.finding(
            FindingId.DNS_DETOUR,
            which,
            Severity.ERROR,
            Confidence.LIKELY,
            _NEVER_OPENED,
            ("dns-tcp-blocked", "dns-tcp-absent"),
            {
                "shape": shape,
                "client": pair[0],
                "server": pair[1],
                "question": first.operation,
                "udp_frame": first.frame,
                "tcp_frame": int(capture.frames(_places([at]))[0]),
            },
            packets=tuple(dict.fromkeys(frames))[:EVIDENCE_MOST],
            since_ns=first.time_ns,
        )


def _detours(capture: CaptureFacts, places: list[int], cut: list[DnsMessage]) -> list[_Detour]:
    """The questions of the connections at ``places`` that a cut answer led to, and that were answered."""
    by_frame = {one.frame: one for one in cut}
    found = []
    first_ns = cut[0].time_ns
    read = [
        place
        for place in places
        if capture.opened[place] and capture.latest_ns[place] >= first_ns and capture.packets[place] <= PACKETS_MOST
    ]
    for place in read[:READ_MOST]:
        for one in capture.requests_of(int(capture.number[place])):
            led = by_frame.pop(one.truncated, None) if one.truncated is not None else None
            if led is None or one.response is None:
                continue
            is_new = int(capture.began_ns[place]) >= led.time_ns
            trips = _OPENING_TRIPS if is_new else 1
            found.append(_Detour(place, led, one.response.last, one.end_ns - led.time_ns, trips))
    return found


def _cost(capture: CaptureFacts, pair: tuple[str, str], detours: list[_Detour]) -> CaptureFinding:
    """The note about ``detours`` of one client with one server."""
    worst = max(detours, key=lambda one: one.cost_ns)
    frames = [frame for one in detours for frame in (one.cut.frame, one.frame)]
    total_s = sum(one.cost_ns for one in detours) / 1e9
    return capture.finding(
        FindingId.DNS_DETOUR,
        _places(sorted({one.place for one in detours})),
        Severity.NOTE,
        Confidence.CERTAIN,
        one_of(),
        ("dns-answers-large", "dns-datagram-small"),
        {
            "shape": "",
            "client": pair[0],
            "server": pair[1],
            "question": worst.cut.operation,
            "udp_frame": worst.cut.frame,
            "tcp_frame": worst.frame,
            "questions": len(detours),
            "trips": sum(one.trips for one in detours),
            "worst_s": worst.cost_ns / 1e9,
            "total_s": total_s,
        },
        packets=tuple(dict.fromkeys(frames))[:EVIDENCE_MOST],
        since_ns=detours[0].cut.time_ns,
        waited_s=total_s,
    )


def _places(places: list[int]) -> I64:
    return np.array(places, np.int64)
