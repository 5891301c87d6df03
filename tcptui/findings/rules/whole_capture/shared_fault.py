"""Rules that find one fault behind the findings of several connections: a queue, a server, a path, a NAT."""

from __future__ import annotations

from functools import reduce
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.same_server import Siblings
from tcptui.findings.catalog import FAMILIES
from tcptui.findings.rules.accept_queue import SOON_NS, WAITING_PACKETS
from tcptui.findings.rules.whole_capture.capture_facts import GROUP_LEAST, groups, one_of
from tcptui.findings.spec import Family
from tcptui.model.arrays import indexes_of, merged, sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: A finding that is strong by itself is a group from two connections on.
STRONG_LEAST: Final = 2
#: `listener-overflow`: connections in the queue that are looked for, the newest; a longer backlog is seldom full.
WAITING_MOST: Final = 128
#: Connections with fewer packets are too short to show whether their path loses any.
TELLING_PACKETS: Final = 10
#: A host is lossy when at least this share of its telling connections is in trouble, in percent …
LOSSY_PERCENT: Final = 60
#: … while of those of other hosts at most this share is.
CLEAN_PERCENT: Final = 20
#: A server is slow when at least this share of its connections met it, in percent.
SLOW_PERCENT: Final = 10
#: Hosts at the other end of lossy connections that it takes to blame the near end.
FAR_HOSTS_LEAST: Final = 3
#: A host that takes part in at least this share of the connections is the near one: all paths begin there.
NEAR_PERCENT: Final = 80
#: Attempts on the same port that failed this long before or after the queue was seen full belong to it (ns).
AROUND_NS: Final = 5_000_000_000

_SLOW: Final = (FindingId.SERVER_THINK_TIME, FindingId.HTTP2_SLOW_STREAM, FindingId.SLOW_QUERY)
_AT_SYN: Final = (FindingId.SYN_RETRANSMISSION, FindingId.SYN_ACK_RETRANSMISSION, FindingId.SYN_TIMEOUT)
_OVERFLOW: Final = one_of(
    FindingId.ACCEPT_QUEUE_FULL, FindingId.SYN_RETRANSMISSION, FindingId.SYN_ACK_RETRANSMISSION,
    FindingId.SYN_TIMEOUT, FindingId.THIRD_ACK_LOST, FindingId.RETRANSMISSION_TIMEOUT, FindingId.TAIL_LOSS,
    FindingId.RST_DEAD_CONNECTION, FindingId.CONNECTION_REFUSED,
)  # fmt: skip
_LOSSES: Final = (
    *(
        name
        for name in FAMILIES[Family.LOSS]
        if name
        not in (
            FindingId.CHECKSUM_ERROR, FindingId.PATH_MTU_BLACKHOLE, FindingId.OUT_OF_ORDER,
            FindingId.DUPLICATED_BY_NETWORK,
        )
    ),
    FindingId.SYN_RETRANSMISSION, FindingId.SYN_ACK_RETRANSMISSION, FindingId.THIRD_ACK_LOST,
)  # fmt: skip
_LOSS: Final = one_of(*_LOSSES)
_NO_LOSS: Final = (
    FindingId.PATH_LOST, FindingId.IDLE_CONNECTION_DROPPED, FindingId.KEEP_ALIVE_TIMEOUT,
    FindingId.PATH_MTU_BLACKHOLE, FindingId.ACCEPT_QUEUE_FULL,
)  # fmt: skip
_IDLE: Final = one_of(
    FindingId.IDLE_CONNECTION_DROPPED, FindingId.RETRANSMISSION_TIMEOUT, FindingId.TAIL_LOSS, FindingId.PATH_LOST,
    FindingId.RST_DEAD_CONNECTION,
)  # fmt: skip
_MTU: Final = one_of(
    FindingId.PATH_MTU_BLACKHOLE,
    FindingId.RETRANSMISSION_TIMEOUT,
    FindingId.LOST_RETRANSMISSION,
    FindingId.TAIL_LOSS,
    FindingId.PATH_LOST,
)


def _worst(capture: CaptureFacts, name: FindingId, places: I64) -> Severity:
    """The severity of the worst of the warnings and errors ``name`` at ``places``."""
    return max(capture.above_note_of_each(name, places, lambda finding: finding.severity))


def _weakest(capture: CaptureFacts, places: I64, *names: FindingId) -> Confidence:
    """The confidence of the least sure of the warnings and errors ``names`` at ``places``."""
    order = (Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CERTAIN)
    of_each = (
        capture.above_note_of_each(
            name, np.intersect1d(places, capture.places_with(name), assume_unique=True), lambda one: one.confidence
        )
        for name in names
    )
    return min(chain.from_iterable(of_each), key=order.index)


def _least(capture: CaptureFacts, name: FindingId, places: I64, fact: str) -> float:
    """The smallest of the facts ``fact`` of the warnings and errors ``name`` at ``places``."""
    values = capture.above_note_of_each(name, places, lambda finding: finding.facts[fact])
    return min(float(value) for value in values if isinstance(value, (int, float)))


def listener_overflow(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`listener-overflow`: the accept queue of one port was full for several connections."""
    full_queue = FindingId.ACCEPT_QUEUE_FULL
    places = capture.places_with(full_queue)
    at_syn = capture.having(*_AT_SYN)
    for target, full in groups(capture.target[places], places, STRONG_LEAST):
        begin, end = int(capture.began_ns[full].min()) - AROUND_NS, int(capture.latest_ns[full].max()) + AROUND_NS
        beside = indexes_of((capture.target == target) & (capture.began_ns >= begin) & (capture.began_ns <= end))
        hit = merged(full, beside[at_syn[beside]])
        waiting = _waiting_then(capture, int(target), hit, full)
        all_hit = merged(hit, waiting)
        yield capture.finding(
            FindingId.LISTENER_OVERFLOW,
            all_hit,
            _worst(capture, full_queue, full),
            _weakest(capture, full, full_queue),
            _OVERFLOW,
            ("input-filter",),
            {
                "server": capture.host_name(int(capture.server[full[0]])),
                "port": int(capture.port[full[0]]),
                "full": len(full),
                "shape": "waiting" if len(waiting) else "",
                "waiting": len(waiting),
                "clients": len(sorted_unique(capture.client[all_hit])),
                "took_s": capture.took_s(all_hit),
            },
        )


def _waiting_then(capture: CaptureFacts, target: int, hit: I64, full: I64) -> I64:
    """The connections to ``target`` that were open when it first let one of ``full`` wait, and had no byte from it.

    Not those of ``hit``, nor of clients that had asked for nothing until the end.
    """
    moment_ns = int(capture.began_ns[full].min())
    may = (capture.target == target) & capture.opened & (capture.began_ns < moment_ns) & (capture.asked > 0)
    may &= (capture.latest_ns > moment_ns) & (capture.packets <= WAITING_PACKETS)
    places = np.setdiff1d(indexes_of(may), hit, assume_unique=True)[-WAITING_MOST:]
    numbers = capture.number[places]
    whole, _server_ns, used_ns = Siblings(capture.store, capture.streams).first_words_each(numbers)
    # A program that keeps up would have served these.
    waits: I64 = places[whole & (used_ns > np.maximum(capture.began_ns[places] + SOON_NS, moment_ns))]
    return waits


def slow_server(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`slow-server`: one server let clients wait in several connections, while others answered in time."""
    met = {name: capture.places_with(name) for name in _SLOW}
    places = reduce(merged, met.values())
    answered = capture.opened & (capture.asked > 0) & (capture.answered > 0)
    for server, slow in groups(capture.server[places], places):
        others = indexes_of(answered & (capture.server != server))
        if (
            len(others) < GROUP_LEAST
            or len(np.intersect1d(others, places, assume_unique=True)) * 100 > len(others) * CLEAN_PERCENT
        ):
            continue
        of_server = answered & (capture.server == server)
        if len(slow) * 100 < int(np.count_nonzero(of_server)) * SLOW_PERCENT:
            continue  # single requests are slow, not the server
        others = np.setdiff1d(others, places, assume_unique=True)
        first = next(name for name, those in met.items() if slow[0] in those)
        yield capture.finding(
            FindingId.SLOW_SERVER,
            slow,
            Severity.WARNING,
            _weakest(capture, slow, *_SLOW),
            one_of(*_SLOW),
            capture.above_note(first, int(slow[0])).alternatives,
            {
                "server": capture.host_name(server),
                "port": int(capture.port[slow[0]]),
                "of": max(int(np.count_nonzero(of_server)), len(slow)),
                "others": len(others),
                "servers": len(sorted_unique(capture.server[others])),
            },
        )


def lossy_host(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`lossy-host`: most connections with one host lose packets, those with others do not.

    Shape ``near``: those of the near host do, whoever is at the other end (`_lossy_link`).
    """
    telling = indexes_of(capture.packets >= TELLING_PACKETS)
    if not len(telling):
        return
    in_trouble = capture.having(*(name for name in _LOSSES if name is not FindingId.SPURIOUS_RETRANSMISSION))
    # Nothing of it got through any more, or nothing large, or it was ignored: not a path that loses some.
    in_trouble &= ~capture.having(*_NO_LOSS)
    yield from _lossy_link(capture, telling, in_trouble)
    all_hit = int(np.count_nonzero(in_trouble[telling]))
    told: list[I64] = []
    ends, of_ends = np.concatenate((capture.client[telling], capture.server[telling])), np.tile(telling, 2)
    many = np.bincount(ends, in_trouble[of_ends])[ends] >= GROUP_LEAST  # of few hosts
    for host, both in groups(ends[many], of_ends[many]):
        part = sorted_unique(both)
        if len(part) * 100 >= len(telling) * NEAR_PERCENT:
            continue
        hit = part[in_trouble[part]]
        others, others_hit = len(telling) - len(part), all_hit - len(hit)
        if len(hit) < GROUP_LEAST or len(hit) * 100 < len(part) * LOSSY_PERCENT or others < GROUP_LEAST:
            continue
        if others_hit * 100 > others * CLEAN_PERCENT:
            continue
        if any(np.array_equal(hit, other) for other in told):
            continue  # both ends of the same connections
        told.append(hit)
        yield capture.finding(
            FindingId.LOSSY_HOST,
            hit,
            Severity.WARNING,
            Confidence.LIKELY,
            _LOSS,
            ("host-overloaded", "path-congested"),
            {
                "host": capture.host_name(host),
                "of": len(part),
                "others": others,
                "others_hit": others_hit,
            },
        )


def _lossy_link(capture: CaptureFacts, telling: I64, in_trouble: NDArray[np.bool_]) -> Iterator[CaptureFinding]:
    """`lossy-host`, shape ``near``: most connections of the near host lose packets, with `FAR_HOSTS_LEAST` hosts."""
    near = capture.near_host
    of_client = capture.client[telling] == near
    mine = telling[of_client != (capture.server[telling] == near)]
    hit = mine[in_trouble[mine]]
    far = capture.far_hosts(near, hit)
    if near < 0 or len(far) < FAR_HOSTS_LEAST or len(hit) * 100 < len(mine) * LOSSY_PERCENT:
        return
    yield capture.finding(
        FindingId.LOSSY_HOST,
        hit,
        Severity.WARNING,
        Confidence.LIKELY,
        _LOSS,
        ("host-overloaded", "path-congested"),
        {"shape": "near", "host": capture.host_name(near), "of": len(mine), "hosts": len(far)},
    )


def idle_flows_dropped(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`idle-flows-dropped`: several connections of one client died while they were idle."""
    was_dropped = FindingId.IDLE_CONNECTION_DROPPED
    places = capture.places_with(was_dropped)
    shapes = capture.above_note_of_each(was_dropped, places, lambda finding: finding.facts.get("shape"))
    places = places[np.array([shape == "mute" for shape in shapes], np.bool_)]
    for client, dropped in groups(capture.client[places], places, STRONG_LEAST):
        idle_s = _least(capture, was_dropped, dropped, "idle_s")
        if _survived(capture, dropped, idle_s):
            continue
        yield capture.finding(
            FindingId.IDLE_FLOWS_DROPPED,
            dropped,
            Severity.ERROR,
            _weakest(capture, dropped, was_dropped),
            _IDLE,
            ("device-restarted", "server-forgot"),
            {
                "host": capture.host_name(client),
                "servers": len(sorted_unique(capture.server[dropped])),
                "idle_s": idle_s,
            },
        )


def _survived(capture: CaptureFacts, dropped: I64, idle_s: float) -> bool:
    """Whether another connection between the same hosts was idle for longer and well afterwards.

    One idle time-out on the way would have ended it, too.
    """
    same = (capture.client == capture.client[dropped[0]]) & np.isin(capture.server, capture.server[dropped])
    rested = indexes_of(same & (capture.client_rest_ns > idle_s * 1e9) & (capture.severity <= Severity.NOTE))
    return bool(len(np.setdiff1d(rested, dropped)))


def path_mtu_shared(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`path-mtu-shared`: in several connections of one host large packets vanish and smaller ones pass."""
    blackhole = FindingId.PATH_MTU_BLACKHOLE
    places = capture.places_with(blackhole)
    of_clients, of_servers = (groups(end[places], places, STRONG_LEAST) for end in (capture.client, capture.server))
    # The end that more of them share: the path of all begins or ends there.
    by_client = sum(len(hit) for _host, hit in of_clients) >= sum(len(hit) for _host, hit in of_servers)
    for host, hit in of_clients if by_client else of_servers:
        yield capture.finding(
            FindingId.PATH_MTU_SHARED,
            hit,
            _worst(capture, blackhole, hit),
            _weakest(capture, hit, blackhole),
            _MTU,
            ("loss-by-chance",),
            {"host": capture.host_name(host), "large_bytes": int(_least(capture, blackhole, hit, "large_bytes"))},
        )
