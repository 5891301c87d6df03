"""`syn-flood`: many SYNs to one port, behind each of which its sender sent nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.stream.table import Completeness
from tcptui.findings.rules.handshake import ASKED_AGAIN_NS
from tcptui.findings.rules.whole_capture.capture_facts import CHUNK, groups, one_of
from tcptui.model.arrays import indexes_of, sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

    Mask = NDArray[np.bool_]

#: So many half-open attempts on one port …
FLOOD_LEAST: Final = 50
#: … within this time are no background of scanners (ns).
WITHIN_NS: Final = 10_000_000_000
#: … and at least this share of all attempts on the port meanwhile, in percent.
SHARE_PERCENT: Final = 20
#: Its rate is that of the fullest time of this length (ns).
RATE_NS: Final = 1_000_000_000
#: With at most one address to so many attempts, the addresses are few: a sender that hides nothing.
FEW_SOURCES: Final = 10

_ECHOES: Final = one_of(
    FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION, FindingId.SYN_ACK_RETRANSMISSION, FindingId.RST_ABORTIVE_CLOSE,
)  # fmt: skip
_DATA: Final = int(Completeness.DATA | Completeness.FIN)


class _Attempts(NamedTuple):
    """Attempts on one port of which the client's SYN is all that came of it; parallel, by their time."""

    place: I64
    answers: I64
    """SYN-ACKs of each."""


def syn_flood(capture: CaptureFacts) -> Iterator[tuple[CaptureFinding, I64]]:
    """`syn-flood`, and the places of its attempts.

    A client that wants a connection repeats its SYN or confirms the SYN-ACK: a single packet is that of a forged
    address, or of a program that makes packets by hand.  That the clients' next packets could have been seen is shown
    by ordinary segments of other clients, or by the server, which repeats its SYN-ACKs.
    """
    old = capture.began_ns <= int(capture.store.latest_ns) - ASKED_AGAIN_NS
    nothing_said = (capture.completeness & _DATA == 0) & (capture.asked == 0) & (capture.answered == 0)
    places = indexes_of(capture.attempted & nothing_said & old & ~capture.refused & ~capture.quoted)
    for _target, some in groups(capture.target[places], places, FLOOD_LEAST):
        some = _dense(capture, some)
        if len(some) < FLOOD_LEAST:
            continue
        attempts = _asked_once(capture, some)
        attempts = _Attempts(*(column[np.isin(attempts.place, _dense(capture, attempts.place))] for column in attempts))
        if len(attempts.place) < FLOOD_LEAST:
            continue
        found = _finding(capture, attempts)
        if found is not None:
            yield found, np.sort(attempts.place)


def _dense(capture: CaptureFacts, places: I64) -> I64:
    """Those of ``places`` that are in any `WITHIN_NS` with `FLOOD_LEAST` of them, by their time."""
    places = places[np.argsort(capture.began_ns[places], kind="stable")]
    began = capture.began_ns[places]
    last = np.arange(len(began)) + FLOOD_LEAST - 1
    first = indexes_of(last < len(began))
    first = first[began[last[first]] - began[first] <= WITHIN_NS]
    steps = np.zeros(len(began) + 1, np.int64)
    np.add.at(steps, first, 1)
    np.add.at(steps, first + FLOOD_LEAST, -1)
    return places[np.cumsum(steps[:-1]) > 0]


def _asked_once(capture: CaptureFacts, places: I64) -> _Attempts:
    """Those of ``places`` of whose client only one packet was captured, by their time."""
    count = len(capture.number)
    of_client, answers = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for row, place in capture.segments_of(np.sort(places)):
        by_server = capture.sent_by_server(row, place)
        of_client += np.bincount(place[~by_server], minlength=count)
        syn_ack = by_server & (capture.store.flags[row] & (SYN | ACK) == SYN | ACK)
        answers += np.bincount(place[syn_ack], minlength=count)
    kept = places[of_client[places] == 1]
    kept = kept[np.argsort(capture.began_ns[kept], kind="stable")]
    return _Attempts(kept, answers[kept])


def _finding(capture: CaptureFacts, attempts: _Attempts) -> CaptureFinding | None:
    places, answers = attempts
    began = capture.began_ns[places]
    first, server = int(places[0]), int(capture.server[places[0]])
    beside = (capture.target == capture.target[first]) & capture.attempted
    beside &= (capture.began_ns >= began[0]) & (capture.began_ns <= began[-1])
    answered, repeats = int(np.count_nonzero(answers)), int(np.maximum(answers - 1, 0).sum())
    if len(places) * 100 < int(np.count_nonzero(beside)) * SHARE_PERCENT:
        return None
    repeated = int(np.count_nonzero(answers > 1))
    if 2 * repeated < len(places) and not _clients_are_seen(capture, answered=bool(answered), server=server):
        return None
    beside[places] = False
    sources = len(sorted_unique(capture.client[places]))
    hurt = int(np.count_nonzero(beside & capture.unanswered))
    few = sources * FEW_SOURCES <= len(places)
    return capture.finding(
        FindingId.SYN_FLOOD,
        np.sort(places),
        Severity.ERROR if hurt else Severity.WARNING,
        Confidence.LIKELY,
        _ECHOES,
        ("raw-scan", "clients-unseen"),
        {
            "shape": "few" if few else "",
            "server": capture.host_name(server),
            "client": capture.host_name(int(capture.client[first])),
            "port": int(capture.port[first]),
            "sources": sources,
            "rate": int(np.max(np.searchsorted(began, began + RATE_NS) - np.arange(len(began)))),
            "took_s": float(began[-1] - began[0]) / 1e9,
            "answered": answered,
            "answered_percent": round(100 * answered / len(places)),
            "repeats": repeats,
            "opened": int(np.count_nonzero(beside & capture.opened)),
            "hurt": hurt,
        },
    )


def _clients_are_seen(capture: CaptureFacts, *, answered: bool, server: int) -> bool:
    """Whether the capture has what clients send behind their SYN: an ordinary segment of one whose connection opened.

    A filter that lets only SYNs through, or one direction, has none.  Where nothing was ``answered``, the ``server``
    must be heard, too.
    """
    chosen = capture.opened & capture.attempted
    if not answered:
        chosen &= capture.server == server
    for begin in range(capture.rows.start, capture.rows.stop, CHUNK):
        rows = slice(begin, min(begin + CHUNK, capture.rows.stop))
        known, place = capture.places_of_rows(rows)
        ordinary = known & chosen[place] & (capture.store.flags[rows] & (SYN | FIN | RST | ACK) == ACK)
        some = indexes_of(ordinary)
        if (~capture.sent_by_server(some + begin, place[some])).any():
            return True
    return False
