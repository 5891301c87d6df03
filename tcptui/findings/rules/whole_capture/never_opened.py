"""Rules about connections that never opened, many alike: a silent host, a silent or refusing port, a search of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.rules.no_answer import SYN_SILENCE_NS
from tcptui.findings.rules.whole_capture.answered_elsewhere import answered_elsewhere
from tcptui.findings.rules.whole_capture.capture_facts import GROUP_LEAST, groups, one_of
from tcptui.findings.rules.whole_capture.ignored_first import ignored_first
from tcptui.findings.rules.whole_capture.syn_flood import syn_flood
from tcptui.model.arrays import indexes_of, sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding, Fact
    from tcptui.model.packet_store import I64

#: So many different servers and ports that one client tried in vain are a search: a program retries one or a few.
TARGETS_LEAST: Final = 15
#: … if they are at least this share of all that it tried, in percent.
TARGETS_PERCENT: Final = 50

#: How soon a client that has both families tries the other, ns: 250 ms (RFC 8305, 5), and what programs set it to.
RACE_LEAST_NS: Final = 90_000_000
RACE_MOST_NS: Final = 600_000_000

_NEVER_OPENED: Final = one_of(
    FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION, FindingId.CONNECTION_REFUSED,
    FindingId.CONNECTION_UNREACHABLE, FindingId.PORT_REUSED,
)  # fmt: skip


def never_opened(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`syn-flood`, `answered-elsewhere`, `many-targets`; of the attempts that are no part of these three more.

    They are `host-silent`, `port-silent` and `port-refused`.
    """
    explained = np.zeros(len(capture.number), np.bool_)
    for rule in (syn_flood, answered_elsewhere, _many_targets):
        for finding, places in rule(capture):
            explained[places] = True
            yield finding
    rest = capture.attempted & ~explained
    yield from _unreachable(capture, rest)
    yield from _silent(capture, rest)
    yield from _refused(capture, rest)


def _long_unanswered(capture: CaptureFacts) -> NDArray[np.bool_]:
    """`CaptureFacts.unanswered`, and the capture went on for `SYN_SILENCE_NS`: attempts just begun are not in vain."""
    mask: NDArray[np.bool_] = capture.unanswered & (capture.began_ns <= int(capture.store.latest_ns) - SYN_SILENCE_NS)
    return mask


def _many_targets(capture: CaptureFacts) -> Iterator[tuple[CaptureFinding, I64]]:
    """`many-targets`: one client tried `TARGETS_LEAST` servers or ports in vain, most of all that it tried."""
    failed = _long_unanswered(capture) | capture.refused
    tried = indexes_of(capture.attempted)
    tried = tried[_are_of_many(capture.client[tried], failed[tried])]
    for client, places in groups(capture.client[tried], tried, TARGETS_LEAST):
        vain = places[failed[places]]
        targets = len(sorted_unique(capture.target[places]))
        reached = places[capture.opened[places]]
        tried_in_vain, answered = (sorted_unique(capture.target[some]) for some in (vain, reached))
        vainly = len(np.setdiff1d(tried_in_vain, answered, assume_unique=True))
        if vainly < TARGETS_LEAST or vainly * 100 < targets * TARGETS_PERCENT:
            continue
        begin, end = int(capture.began_ns[vain].min()), int(capture.began_ns[vain].max()) + SYN_SILENCE_NS
        if not capture.client_heard_anybody(client, begin, end):
            continue  # nobody at all answered then: its own link, not its targets; or a capture of one direction
        hosts, ports = (len(sorted_unique(column[vain])) for column in (capture.server, capture.port))
        yield (
            capture.finding(
                FindingId.MANY_TARGETS,
                vain,
                Severity.WARNING,
                Confidence.CERTAIN,
                _NEVER_OPENED,
                ("scanner", "peer-search", "stale-addresses"),
                {
                    "shape": "ports" if hosts == 1 else "hosts",
                    "client": capture.host_name(client),
                    "server": capture.host_name(int(capture.server[vain[0]])),
                    "targets": targets,
                    "vain": vainly,
                    "hosts": hosts,
                    "ports": ports,
                    "refused": int(np.count_nonzero(capture.refused[vain])),
                    "unanswered": int(np.count_nonzero(capture.unanswered[vain])),
                    "took_s": capture.took_s(vain),
                },
            ),
            vain,
        )


def _are_of_many(clients: I64, failed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which attempts are of ``clients`` of which so many ``failed`` that they may be searches; most are of none."""
    count = np.bincount(clients, failed)
    many: NDArray[np.bool_] = count[clients] >= TARGETS_LEAST
    return many


def _facts(capture: CaptureFacts, places: I64) -> dict[str, int | str | float]:
    """What the finding says of the attempts at ``places``, all of them to one server."""
    return {
        "server": capture.host_name(int(capture.server[places[0]])),
        "port": int(capture.port[places[0]]),
        "ports": len(sorted_unique(capture.port[places])),
        "clients": len(sorted_unique(capture.client[places])),
        "took_s": capture.took_s(places),
    }


def _all_of_host(capture: CaptureFacts, mask: NDArray[np.bool_], rest: NDArray[np.bool_]) -> Iterator[I64]:
    """For each server of whose attempts in ``rest`` all are in ``mask``: their places."""
    tried = indexes_of(rest)
    for _server, places in groups(capture.server[tried], tried):
        if mask[places].all():
            yield places


def _unreachable(capture: CaptureFacts, rest: NDArray[np.bool_]) -> Iterator[CaptureFinding]:
    """`host-silent`, shape ``unreachable``: ICMP errors answered every attempt to a host."""
    quoted = capture.having(FindingId.CONNECTION_UNREACHABLE)
    for places in _all_of_host(capture, quoted, rest):
        first = capture.above_note(FindingId.CONNECTION_UNREACHABLE, int(places[0]))
        yield capture.finding(
            FindingId.HOST_SILENT,
            places,
            Severity.ERROR,
            Confidence.CERTAIN,
            _NEVER_OPENED,
            first.alternatives,
            {
                "shape": "unreachable",
                "sender_address": str(first.facts["sender_address"]),
                "reason": str(first.facts["reason"]),
                **_facts(capture, places),
            },
        )


def _silent(capture: CaptureFacts, rest: NDArray[np.bool_]) -> Iterator[CaptureFinding]:
    """`host-silent` and `port-silent`: nothing ever answered, though others were answered in this capture.

    The capture must have gone on for `SYN_SILENCE_NS` after the first attempt.
    """
    silent = capture.unanswered
    said = np.zeros(len(capture.number), np.bool_)
    for places in _all_of_host(capture, silent, rest):
        if _is_too_young(capture, places) or capture.ever_sent(int(capture.server[places[0]])):
            continue
        begin, end = _while_tried(capture, places)
        clients = sorted_unique(capture.client[places]).tolist()
        other = capture.fallbacks(places)
        if not len(other) and not any(capture.client_heard_anybody(client, begin, end) for client in clients):
            continue  # nobody at all answered these clients then: their own link
        said[places] = True
        yield _host_silent(capture, places, other, _severity(capture, places))
    yield from _raced(capture, rest & silent & ~said)
    tried = indexes_of(rest & ~said)
    for _target_key, places in groups(capture.target[tried], tried):
        if not silent[places].all() or _is_too_young(capture, places):
            continue
        if not capture.server_heard(int(capture.server[places[0]]), *_while_tried(capture, places)):
            continue  # alive before or after, perhaps not then
        given = _given_by_dns(capture, places)
        yield capture.finding(
            FindingId.PORT_SILENT,
            places,
            _severity(capture, places),
            Confidence.CERTAIN,
            _NEVER_OPENED,
            (
                *(("dns-address",) if given else ()),
                "firewall-drop",
                "accept-queue-full",
                *(("scanner",) if _strangers(capture, places) else ()),
            ),
            {
                **_facts(capture, places),
                **given,
            },
        )


def _host_silent(capture: CaptureFacts, places: I64, other: I64, severity: Severity) -> CaptureFinding:
    """The finding about the attempts at ``places``, to one host; ``other``: the connections that took their place."""
    one_port = len(sorted_unique(capture.port[places])) == 1
    given = _given_by_dns(capture, places)
    return capture.finding(
        FindingId.HOST_SILENT,
        places,
        severity,
        Confidence.CERTAIN,
        _NEVER_OPENED,
        (
            *(("dns-address",) if given else ()),
            *(("family-path", "other-family") if len(other) else ()),
            "host-down",
            "firewall-drop",
            *(() if len(other) else ("one-sided",)),
            *(("accept-queue-full",) if one_port else ()),
            *(("scanner",) if _strangers(capture, places) else ()),
        ),
        {
            "shape": "family" if len(other) else "" if one_port else "ports",
            **_facts(capture, places),
            **(_other_family(capture, places, other) if len(other) else {}),
            **given,
        },
    )


def _raced(capture: CaptureFacts, silent: NDArray[np.bool_]) -> Iterator[CaptureFinding]:
    """`host-silent`, shape ``family``, of fewer attempts than `GROUP_LEAST`: each a race with the other family.

    Of a race the other connection begins in `RACE_LEAST_NS` to `RACE_MOST_NS`, and no other at that port about then.  A
    single SYN may have got lost: a note.
    """
    if capture.is_ipv6.all() or not capture.is_ipv6.any():
        return
    tried = indexes_of(silent)
    for _server, places in groups(capture.server[tried], tried, 1):
        settled = bool((capture.began_ns[places] <= int(capture.store.latest_ns) - SYN_SILENCE_NS).all())
        if len(places) >= GROUP_LEAST or not settled or capture.ever_sent(int(capture.server[places[0]])):
            continue
        other = capture.fallbacks(places)
        if len(other) and all(_is_race(capture, *pair) for pair in zip(places.tolist(), other.tolist(), strict=True)):
            repeated = len(places) > 1 or bool((capture.packets[places] > 1).any())
            yield _host_silent(capture, places, other, Severity.WARNING if repeated else Severity.NOTE)


def _is_race(capture: CaptureFacts, place: int, other: int) -> bool:
    began_ns = capture.began_ns
    begun = (capture.port == capture.port[place]) & (np.abs(began_ns - began_ns[place]) <= RACE_MOST_NS)
    begun &= capture.is_ipv6 != capture.is_ipv6[place]
    return RACE_LEAST_NS <= int(began_ns[other] - began_ns[place]) <= RACE_MOST_NS and int(begun.sum()) == 1


def _other_family(capture: CaptureFacts, places: I64, other: I64) -> dict[str, int | str | float]:
    """What is said of the connections ``other``, by which the clients of ``places`` got through all the same."""
    family, other_family = ("IPv4", "IPv6") if capture.is_ipv6[other[0]] else ("IPv6", "IPv4")
    after_ns = capture.began_ns[other] - capture.began_ns[places]
    return {
        "family": family,
        "other_family": other_family,
        "other_host": capture.host_name(int(capture.server[other[0]])),
        "after_s": float(np.sort(after_ns)[len(after_ns) // 2]) / 1e9,
        "first_frame": next(iter(capture.frames(places[:1])), 0),
        "other_frame": next(iter(capture.frames(other[:1])), 0),
    }


def _is_too_young(capture: CaptureFacts, places: I64) -> bool:
    """Whether fewer than `GROUP_LEAST` of the attempts are `SYN_SILENCE_NS` old."""
    return int(capture.store.latest_ns) - int(np.sort(capture.began_ns[places])[GROUP_LEAST - 1]) < SYN_SILENCE_NS


def _while_tried(capture: CaptureFacts, places: I64) -> tuple[int, int]:
    """From the first attempt to the last packet of any."""
    return int(capture.began_ns[places].min()), int(capture.latest_ns[places].max())


def _strangers(capture: CaptureFacts, places: I64) -> bool:
    """Whether these are single packets of `GROUP_LEAST` clients or more, none of which opened anything: a scan's.

    A client that wants a connection repeats its SYN; the RST that refuses it is the second packet.
    """
    clients = sorted_unique(capture.client[places])
    alone = bool((capture.packets[places] <= 1 + capture.refused[places]).all())
    return alone and len(clients) >= GROUP_LEAST and not bool(capture.served[clients].any())


def _severity(capture: CaptureFacts, places: I64) -> Severity:
    """Error, but a warning where the clients got through by the other address family, or where it looks like a scan."""
    silent_scan = not capture.refused[places].any() and _strangers(capture, places)
    return Severity.WARNING if silent_scan or capture.fell_back(places) else Severity.ERROR


def _refused(capture: CaptureFacts, rest: NDArray[np.bool_]) -> Iterator[CaptureFinding]:
    """`port-refused`: every attempt to a port was refused by a RST, `GROUP_LEAST` or more."""
    tried = indexes_of(rest)
    for _target_key, places in groups(capture.target[tried], tried):
        if not capture.refused[places].all():
            continue
        given = _given_by_dns(capture, places)
        yield capture.finding(
            FindingId.PORT_REFUSED,
            places,
            _severity(capture, places),
            Confidence.CERTAIN,
            _NEVER_OPENED,
            (
                *(("dns-address",) if given else ()),
                *(("other-family",) if capture.fell_back(places) else ()),
                "not-listening",
                "firewall-reject",
                "load-balancer",
                *(("scanner",) if _strangers(capture, places) else ()),
            ),
            {
                **_facts(capture, places),
                **ignored_first(capture, places),
                **given,
            },
        )


def _given_by_dns(capture: CaptureFacts, places: I64) -> dict[str, Fact]:
    """Facts ``asked_name`` and ``working_host`` for the attempts at ``places``, all in vain and to one server.

    A DNS answer gave its address to one of the clients before the last attempt; another address of that name and
    family, in any answer, opened a connection with one of these clients on the same port.  Empty where not so.
    """
    server = capture.host_name(int(capture.server[places[0]]))
    clients = sorted_unique(capture.client[places])
    names = {capture.host_name(int(client)) for client in clients}
    latest_ns = int(capture.began_ns[places].max())
    given = {
        answer.name
        for answer in capture.dns_answers
        if server in answer.addresses and answer.client in names and answer.time_ns <= latest_ns
    }
    if not given:
        return {}
    reached = capture.opened & np.isin(capture.client, clients) & np.isin(capture.port, capture.port[places])
    reached &= capture.is_ipv6 == capture.is_ipv6[places[0]]
    working = {capture.host_name(int(host)) for host in sorted_unique(capture.server[reached])}
    for answer in capture.dns_answers:
        others = sorted(working & answer.addresses - {server})
        if answer.name in given and others:
            return {"asked_name": answer.name, "working_host": others[0]}
    return {}
