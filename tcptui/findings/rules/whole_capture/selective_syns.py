"""`selective-syns`: SYNs to one port of which those of a kind get no answer, while the others do at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.findings.rules.no_answer import SYN_SILENCE_NS
from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, groups, one_of
from tcptui.model.arrays import distinct, indexes_of, sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, CWR, ECE, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

    Mask = NDArray[np.bool_]

#: In so many connections SYNs of a kind are lost, and so many others pass: less is chance.  A kernel that repeats a SYN
#: without what it offered makes of every first SYN that is lost one of a kind; but then others of the kind pass.
LOST_LEAST: Final = 3
#: An older stamp is a toss of a coin where each connection begins its clock anywhere: so many together are no chance.
TOSSES_LEAST: Final = 9
#: SYNs of one connection that get lost while others pass: those of one flow.
FLOW_LEAST: Final = 3
#: Other connections of the same client that open meanwhile.
OPENED_LEAST: Final = 2
#: They are begun by this long after the last SYN that got lost.
BESIDE_NS: Final = 1_000_000_000
#: Places of hosts and ports in one key; hosts are fewer than connections.
_HOSTS: Final = 1 << 31

#: Options with which SYNs are signed.
_SIGNED: Final = int(OptionBit.MD5 | OptionBit.AO)

_ECHOES: Final = one_of(FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION, FindingId.SYN_ACK_RETRANSMISSION)


class _Syns(NamedTuple):
    """SYNs of clients, in capture order; parallel."""

    row: I64
    place: I64
    lost: Mask
    """Repeated, or long unanswered."""
    passed: Mask
    """Answered by a SYN-ACK."""

    def only(self, chosen: I64) -> _Syns:
        """Those at ``chosen``."""
        return _Syns(self.row[chosen], self.place[chosen], self.lost[chosen], self.passed[chosen])


def selective_syns(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Compares what died with what passed, of one client at one port: ECN, Fast Open, time stamps, else the flow."""
    troubled = capture.having(FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION)
    if not troubled.any():
        return
    yield from _signed_by_one(capture, indexes_of(capture.attempted & troubled))
    pair = capture.client * _HOSTS + distinct(capture.target)[1]
    chosen = indexes_of(capture.attempted & ~capture.refused & np.isin(pair, sorted_unique(pair[troubled])))
    syns = _syns(capture, chosen)
    _first, which = distinct(pair[syns.place])
    enough = (np.bincount(which, syns.lost) >= LOST_LEAST) & (np.bincount(which, syns.passed) >= OPENED_LEAST)
    syns = syns.only(indexes_of(enough[which]))
    for _pair, some in groups(pair[syns.place], np.arange(len(syns.row)), LOST_LEAST + 1):
        found = _of_a_kind(capture, syns.only(some))
        if found is not None:
            yield found


def _syns(capture: CaptureFacts, places: I64) -> _Syns:
    """The SYNs of the connections at ``places`` of which it is known what became of them."""
    store, settled_ns = capture.store, int(capture.store.latest_ns) - SYN_SILENCE_NS
    asked: list[tuple[I64, I64]] = []
    answered: list[tuple[I64, I64]] = []
    for row, place in capture.segments_of(places):
        flags, by_server = store.flags[row], capture.sent_by_server(row, place)
        for found, mask in (
            (asked, ~by_server & (flags & (SYN | ACK) == SYN)),
            (answered, by_server & (flags & (SYN | ACK) == SYN | ACK)),
        ):
            found.append((row[mask], place[mask]))
    none = [np.zeros(0, np.int64)]
    row = np.concatenate([rows for rows, _ in asked] or none)
    place = np.concatenate([of for _, of in asked] or none)
    order = np.lexsort((row, place))
    row, place = row[order], place[order]
    first_answer = np.full(len(capture.number), np.iinfo(np.int64).max)
    for rows, of in answered:
        np.minimum.at(first_answer, of, rows)
    before = row < first_answer[place]
    row, place = row[before], place[before]
    is_last = np.append(place[1:] != place[:-1], np.ones(min(len(place), 1), np.bool_))
    has_answer = first_answer[place] < np.iinfo(np.int64).max
    # The echoed stamp of the SYN-ACK is that of the SYN that it answers, which need not be the last.
    passed = is_last & has_answer
    answer = np.where(has_answer, first_answer[place], 0)
    stamped = has_answer & ((store.options[row] & store.options[answer] & OptionBit.TIMESTAMPS) != 0)
    of_other = stamped & passed & (store.ts_echo[answer] != store.ts_value[row])
    passed &= ~of_other
    lost = np.where(is_last, ~has_answer & (store.time_ns[row] <= settled_ns), True)
    lost &= ~np.isin(place, place[of_other])
    return _Syns(row, place, lost, passed)


def _of_a_kind(capture: CaptureFacts, syns: _Syns) -> CaptureFinding | None:
    """The finding about ``syns`` of one client to one port."""
    store = capture.store
    row, place, lost, passed = syns = syns.only(np.argsort(syns.row))
    options, flags = store.options[row], store.flags[row]
    kinds = {
        "ecn": flags & (ECE | CWR) == ECE | CWR,
        "fast-open": (options & OptionBit.FAST_OPEN) != 0,
        "older-stamp": _is_older(store.ts_value[row].astype(np.int64), (options & OptionBit.TIMESTAMPS) != 0, passed),
    }
    some, others = len(sorted_unique(place[lost])), int(passed.sum())
    if min(some, others) >= LOST_LEAST:
        for shape, has in kinds.items():
            tossed = shape == "older-stamp" and some + others < TOSSES_LEAST
            if has[lost].all() and not has[passed].any() and not tossed:
                return _finding(capture, syns, shape)
    return _of_one_flow(capture, syns)


def _is_older(stamp: I64, stamped: Mask, passed: Mask) -> Mask:
    """Which SYNs have an older time stamp than the newest of those that passed before them."""
    older = np.zeros(len(stamp), np.bool_)
    newest = -1
    for i in indexes_of(stamped).tolist():
        older[i] = newest >= 0 and ahead(int(stamp[i]), newest) < 0
        if passed[i] and not older[i]:
            newest = int(stamp[i])
    return older


def _of_one_flow(capture: CaptureFacts, syns: _Syns) -> CaptureFinding | None:
    """Shape ``flow``: all SYNs of one connection died, while every other one opened at its first."""
    never = sorted_unique(syns.place[syns.lost])
    if len(never) != 1 or syns.passed[syns.place == never[0]].any():
        return None
    own = syns.row[syns.lost]
    times = capture.store.time_ns
    beside = syns.passed & (times[syns.row] >= times[own[0]]) & (times[syns.row] <= times[own[-1]] + BESIDE_NS)
    if len(own) < FLOW_LEAST or int(beside.sum()) < OPENED_LEAST:
        return None
    return _finding(capture, _Syns(syns.row, syns.place, syns.lost, beside), "flow")


_ALTERNATIVES: Final = {
    "ecn": ("ecn-dropped", "accept-queue-full"),
    "fast-open": ("fast-open-dropped", "accept-queue-full"),
    "older-stamp": ("stamps-by-host", "loss-by-chance"),
    "flow": ("one-way-of-several", "stale-session", "stamps-by-host"),
    "signed": ("md5-one-side",),
    "keys": ("md5-keys-differ", "firewall-drop"),
}


def _finding(capture: CaptureFacts, syns: _Syns, shape: str) -> CaptureFinding:
    store = capture.store
    lost, passed = syns.row[syns.lost], syns.row[syns.passed]
    one = int(syns.place[syns.lost][0])
    places = sorted_unique(syns.place if shape in {"signed", "keys"} else syns.place[syns.lost])
    shown = np.sort(np.concatenate((lost[: EVIDENCE_MOST // 2], passed[: EVIDENCE_MOST // 2])))
    return capture.finding(
        FindingId.SELECTIVE_SYNS,
        places,
        Severity.ERROR if capture.unanswered[places].any() else Severity.WARNING,
        Confidence.POSSIBLE if shape == "keys" else Confidence.LIKELY,
        _ECHOES,
        _ALTERNATIVES[shape],
        {
            "shape": shape,
            **({"signature": _signature(int(store.options[lost[0]]))} if shape in {"signed", "keys"} else {}),
            "lost": len(lost),
            "passed": len(passed),
            "client": capture.host_name(int(capture.client[one])),
            "client_port": int(capture.client_port[one]),
            "server": capture.host_name(int(capture.server[one])),
            "port": int(capture.port[one]),
            "lost_frame": int(store.frame[lost[0]]),
            "passed_frame": int(store.frame[passed[0]]),
        },
        packets=tuple(store.frame[shown].tolist()),
    )


def _signature(options: int) -> str:
    """What the option is called with which a segment is signed."""
    return "TCP-AO" if options & OptionBit.AO else "TCP MD5"


def _signed_by_one(capture: CaptureFacts, places: I64) -> Iterator[CaptureFinding]:
    """Two hosts try each other in vain: ``signed``, one of them signs (RFC 2385, RFC 5925); ``keys``, both."""
    first = capture.streams.first_row[capture.number[places]].astype(np.int64)
    kept = first >= capture.rows.start
    places, first = places[kept], first[kept]
    signed = (capture.store.options[first] & _SIGNED) != 0
    if not signed.any():
        return
    client, server = capture.client[places], capture.server[places]
    pair = np.minimum(client, server) * _HOSTS + np.maximum(client, server)
    key = distinct(pair)[1] * (1 << 16) + capture.port[places]
    for _pair, some in groups(key, np.arange(len(places)), 2):
        with_it, without = sorted_unique(client[some[signed[some]]]), sorted_unique(client[some[~signed[some]]])
        if capture.alive[places[some]].any():
            continue
        if len(with_it) == len(without) == 1 and with_it[0] != without[0]:
            yield _finding(capture, _Syns(first[some], places[some], signed[some], ~signed[some]), "signed")
        elif len(with_it) == 2 and not len(without):
            of_one = client[some] == with_it[0]
            yield _finding(capture, _Syns(first[some], places[some], of_one, ~of_one), "keys")
