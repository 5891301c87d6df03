"""Rules about many sessions of one client with one database: opened for little, or refused."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.stream.table import StreamMark
from tcptui.findings.rules.whole_capture.capture_facts import groups, one_of
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.protocols.registry import DATABASE_NAMES, REQUEST_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding, Fact, Finding
    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request

#: At least so many sessions of a client with a server …
SESSIONS_LEAST: Final = 10
#: … of at most so many packets each, …
PACKETS_MOST: Final = 120
#: … that begin so soon after one another, by the median; seldom ones are health checks, …
APART_NS: Final = 1_000_000_000
#: … of which, by the median, at most this share is open at once, in percent, …
OPEN_PERCENT: Final = 25
#: … and are used for at most so many requests, by the median, …
REQUESTS_MOST: Final = 5
#: … take this share of their time to begin, in percent, …
SHARE_PERCENT: Final = 40
#: … and so long in all.
COST_NS: Final = 200_000_000
#: Sessions that are read of each group, …
READ_EACH: Final = 16
#: … of which so many were admitted and asked something, in percent: the others are counted as if they were like them, …
LIKE_PERCENT: Final = 75
#: … and groups that are looked at, the largest.
GROUPS_READ: Final = 20
#: From so many refused logins of one client on they are told once.
REFUSED_LEAST: Final = 3
_LOGIN_SHAPES: Final = frozenset({"login", "without-login"})


class _Cost(NamedTuple):
    """What one session cost."""

    protocol: str
    begin_ns: int
    """From the SYN until it could be used, as its client knows it."""
    use_ns: int
    requests: int


def connection_churn(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`connection-churn`: a client opens a session for every few requests, and beginning takes much of the time."""
    ended = capture.by_client(StreamMark.FIN_A, StreamMark.FIN_B) | capture.by_client(
        StreamMark.RST_A, StreamMark.RST_B
    )
    short = capture.opened & (capture.asked > 0) & (capture.answered > 0) & ended & (capture.packets <= PACKETS_MOST)
    places = indexes_of(short)
    if len(places) < SESSIONS_LEAST:
        return
    found = sorted(groups(_pairs(capture, places), places, SESSIONS_LEAST), key=lambda group: -len(group[1]))
    for _pair, sessions in found[:GROUPS_READ]:
        if not _follow(capture, sessions):
            continue
        costs = _costs(capture, sessions)
        if not costs:
            continue
        from statistics import median  # imports fractions and decimals

        begin_ns = sum(one.begin_ns for one in costs)
        total_ns = begin_ns * len(sessions) // len(costs)
        requests = median(one.requests for one in costs)
        share = round(median(100 * one.begin_ns / max(one.begin_ns + one.use_ns, 1) for one in costs))
        if requests > REQUESTS_MOST or share < SHARE_PERCENT or total_ns < COST_NS:
            continue
        yield capture.finding(
            FindingId.CONNECTION_CHURN,
            sessions,
            Severity.WARNING,
            Confidence.CERTAIN,
            one_of(),
            ("pool-too-small", "script-each-time"),
            {
                **_between(capture, int(sessions[0])),
                "protocol": DATABASE_NAMES[costs[0].protocol],
                "read": len(costs),
                "requests": round(requests),
                "begin_s": begin_ns / len(costs) / 1e9,
                "share": share,
                "total_s": total_ns / 1e9,
                "took_s": capture.took_s(sessions),
            },
            waited_s=total_ns / 1e9,
        )


def _pairs(capture: CaptureFacts, places: I64) -> I64:
    """A number for each pair of a client and a server's port."""
    pairs: I64 = capture.client[places] * (int(capture.target.max()) + 1) + capture.target[places]
    return pairs


def _between(capture: CaptureFacts, place: int) -> dict[str, Fact]:
    """Between whom the connection in ``place`` was."""
    return {
        "client": capture.host_name(int(capture.client[place])),
        "server": capture.host_name(int(capture.server[place])),
        "port": int(capture.port[place]),
    }


def _follow(capture: CaptureFacts, sessions: I64) -> bool:
    """Whether ``sessions`` come soon after one another, and go: a pool that fills opens as many, and keeps them."""
    order = np.argsort(capture.began_ns[sessions], kind="stable")
    began_ns, ended_ns = capture.began_ns[sessions][order], np.sort(capture.latest_ns[sessions])
    # When each begins: how many began before, and of these how many have ended.
    still_open = np.arange(len(sessions)) - np.searchsorted(ended_ns, began_ns)
    open_least = len(sessions) * OPEN_PERCENT // 100
    return float(np.median(np.diff(began_ns))) <= APART_NS and float(np.median(still_open)) <= open_least


def _costs(capture: CaptureFacts, sessions: I64) -> list[_Cost]:
    """What some of ``sessions`` cost; none where they are of no database, or many are unlike the others."""
    some = sessions[np.linspace(0, len(sessions) - 1, min(len(sessions), READ_EACH)).astype(np.int64)]
    costs = []
    for at, place in enumerate(some.tolist()):
        requests = capture.requests_of(int(capture.number[place]))
        cost = _cost(requests, int(capture.began_ns[place]), int(capture.client_away_ns[place]))
        if cost is not None:
            costs.append(cost)
        elif at >= REFUSED_LEAST and not costs:
            return []
    return costs if len(costs) * 100 >= LIKE_PERCENT * len(some) else []


def _cost(requests: Sequence[Request], began_ns: int, away_ns: int) -> _Cost | None:
    """What a session cost its client, whose SYN left earlier, and to whom answers come later, than they pass here."""
    if not requests or requests[0].protocol not in DATABASE_NAMES:
        return None
    begins = REQUEST_KINDS[requests[0].protocol].begins_session
    opening = list(takewhile(lambda one: one.operation.startswith(begins), requests))
    asked = requests[len(opening) :]
    if not asked or any(one.response is None for one in opening):
        return None  # refused, or not to be read on
    ready_ns = max((one.end_ns + away_ns for one in opening), default=asked[0].begun_ns)
    used_ns = max(max(one.end_ns for one in asked) + away_ns - ready_ns, 0)
    return _Cost(requests[0].protocol, ready_ns - began_ns, used_ns, len(asked))


def logins_refused(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`logins-refused`: a server refuses one login of a client after the other."""
    refusal = FindingId.DATABASE_ERRORS
    places = capture.places_with(refusal)
    is_login = capture.above_note_of_each(refusal, places, _is_refusal)
    places = places[np.array(list(is_login), np.bool_)]
    if not len(places):
        return
    for _pair, refused in groups(_pairs(capture, places), places, REFUSED_LEAST):
        first = int(refused[0])
        told = capture.above_note(refusal, first)
        yield capture.finding(
            FindingId.LOGINS_REFUSED,
            refused,
            Severity.WARNING,
            Confidence.CERTAIN,
            _is_refusal,
            ("password-changed", "password-guessed"),
            {
                **_between(capture, first),
                "protocol": told.facts["protocol"],
                "status": told.facts["status"],
                "statement": told.facts["statement"],
                "took_s": capture.took_s(refused),
            },
        )


def _is_refusal(finding: Finding) -> bool:
    return finding.id is FindingId.DATABASE_ERRORS and finding.facts.get("shape") in _LOGIN_SHAPES
