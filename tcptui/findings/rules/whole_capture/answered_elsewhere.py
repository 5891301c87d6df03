"""`answered-elsewhere`: answers that came to the client under another address or port than it asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.stream.table import StreamMark
from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, groups, one_of
from tcptui.model.arrays import distinct, indexes_of, sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: Ports of one host, and acknowledgment numbers of one client's port, in one key.
_PORTS: Final = 1 << 16
_NUMBERS: Final = 1 << 32

_ECHOES: Final = one_of(
    FindingId.SYN_TIMEOUT, FindingId.SYN_RETRANSMISSION, FindingId.PROBE_CONNECTION, FindingId.RST_DEAD_CONNECTION,
)  # fmt: skip


class _Numbers(NamedTuple):
    """Numbers of segments by the place of their connection; parallel, in capture order."""

    place: I64
    key: I64
    """The client's port (as an index) and an acknowledgment number."""
    row: I64


class _Pairs(NamedTuple):
    """Connections that were answered elsewhere, one row each; parallel."""

    asked: I64
    """The place of the connection that the client wanted."""
    stray: I64
    """The place of what answered it."""
    asked_row: I64
    stray_row: I64


def answered_elsewhere(capture: CaptureFacts) -> Iterator[tuple[CaptureFinding, I64]]:
    """`answered-elsewhere`, and the places of the attempts that it is about; none for the shape ``later``.

    A segment that answers acknowledges a number of 32 bits of the client, at the client's own port.  The client
    refused it by a RST or asked again after it: what only looks so from a capture between two addresses of one server
    is accepted by its client.
    """
    strays = indexes_of(_strays(capture))
    if not len(strays):
        return
    for shape, wanted in (("", capture.unanswered), ("later", capture.opened & capture.attempted)):
        pairs = _pairs(capture, strays, indexes_of(wanted), opened=bool(shape))
        if shape and len(pairs.asked):
            pairs = _of_broken(capture, pairs)
        for _target, chosen in groups(capture.target[pairs.asked], np.arange(len(pairs.asked)), 1):
            for _host, some in groups(capture.target[pairs.stray[chosen]], chosen, 1):
                one = _Pairs(*(column[some] for column in pairs))
                yield _finding(capture, one, shape), one.asked if not shape else one.asked[:0]


def _strays(capture: CaptureFacts) -> NDArray[np.bool_]:
    """Connections that begin with an answer: the client's SYN is not there, and the client sent no payload."""
    spoke = capture.by_server(StreamMark.SYN_A, StreamMark.SYN_B)
    refused = capture.by_client(StreamMark.RST_A, StreamMark.RST_B)
    mask: NDArray[np.bool_] = ~capture.attempted & (capture.asked == 0) & (spoke | refused)
    return mask


def _pairs(capture: CaptureFacts, strays: I64, wanted: I64, *, opened: bool) -> _Pairs:
    """What the client asked, at ``wanted``, and who answered it, of ``strays``; those of the client's own choice."""
    ports = capture.client * _PORTS + capture.client_port
    shared = sorted_unique(ports[strays])
    wanted = wanted[np.isin(ports[wanted], shared)]
    if not len(wanted):
        return _Pairs(*(np.zeros(0, np.int64) for _ in range(4)))
    places = np.sort(np.concatenate((strays, wanted)))
    is_stray = np.zeros(len(capture.number), np.bool_)
    is_stray[strays] = True
    answers, requests, refused, last = _numbers(capture, places, np.searchsorted(shared, ports), is_stray, opened)
    nth, _ = distinct(requests.key)
    keys = requests.key[nth]
    at = np.minimum(np.searchsorted(keys, answers.key), max(len(keys) - 1, 0))
    fits = keys[at] == answers.key if len(keys) else np.zeros(len(answers.key), np.bool_)
    found = nth[at[fits]] if len(keys) else at[fits]
    place, row, stray, stray_row = requests.place[found], requests.row[found], answers.place[fits], answers.row[fits]
    # The client did not take it: a RST of its own there, or its SYN again later.
    kept = (row < stray_row) & (refused[stray] > stray_row)
    if not opened:
        kept |= (row < stray_row) & (last[place] > stray_row)
    place, row, stray, stray_row = place[kept], row[kept], stray[kept], stray_row[kept]
    first, _ = distinct(place)
    return _Pairs(place[first], stray[first], row[first], stray_row[first])


def _numbers(
    capture: CaptureFacts, places: I64, port: I64, is_stray: NDArray[np.bool_], opened: bool
) -> tuple[_Numbers, _Numbers, I64, I64]:
    """Of the connections at ``places``: what strays acknowledge; what the asked servers could, or did, acknowledge.

    Then by place: the row of the client's last RST, and that of its last SYN; -1 where there is none.
    """
    store = capture.store
    found: tuple[list[_Numbers], list[_Numbers]] = [], []
    refused, last = np.full(len(capture.number), -1), np.full(len(capture.number), -1)
    for row, place in capture.segments_of(places):
        flags, by_server = store.flags[row], capture.sent_by_server(row, place)
        np.maximum.at(refused, place[~by_server & (flags & RST != 0)], row[~by_server & (flags & RST != 0)])
        np.maximum.at(last, place[~by_server & (flags & SYN != 0)], row[~by_server & (flags & SYN != 0)])
        acked = by_server & (flags & ACK != 0) & (flags & RST == 0)
        ack = store.ack[row].astype(np.int64)
        if opened:
            masks, number = (is_stray[place] & acked & (flags & SYN == 0), ~is_stray[place] & acked), ack
        else:
            syn = ~is_stray[place] & ~by_server & (flags & (SYN | ACK) == SYN)
            number = np.where(syn, (store.seq[row].astype(np.int64) + 1) & SEQ_MASK, ack)
            masks = is_stray[place] & acked & (flags & SYN != 0), syn
        for numbered, mask in zip(found, masks, strict=True):
            numbered.append(_Numbers(place[mask], port[place[mask]] * _NUMBERS + number[mask], row[mask]))
    answers, requests = (_Numbers(*(np.concatenate(one) for one in zip(*some, strict=True))) for some in found)
    return answers, requests, refused, last


def _of_broken(capture: CaptureFacts, pairs: _Pairs) -> _Pairs:
    """Those of ``pairs`` whose asked connection was ended by a RST of its server, behind the answer from elsewhere."""
    ended_ns, by_server = capture.first_ends(pairs.asked)
    broken = by_server & capture.by_server(StreamMark.RST_A, StreamMark.RST_B)[pairs.asked]
    broken &= ended_ns > capture.store.time_ns[pairs.stray_row]
    return _Pairs(*(column[broken] for column in pairs))


def _finding(capture: CaptureFacts, pairs: _Pairs, shape: str) -> CaptureFinding:
    """The finding about ``pairs``, all from one server and port to one other."""
    asked, stray = int(pairs.asked[0]), int(pairs.stray[0])
    frame = capture.store.frame
    rows = np.stack((pairs.asked_row, pairs.stray_row), axis=1).ravel()[:EVIDENCE_MOST]
    return capture.finding(
        FindingId.ANSWERED_ELSEWHERE,
        sorted_unique(np.concatenate((pairs.asked, pairs.stray))),
        Severity.ERROR,
        Confidence.CERTAIN,
        _ECHOES,
        ("nat-not-undone", "direct-return", "several-addresses"),
        {
            "shape": shape,
            "count": len(pairs.asked),
            "clients": len(sorted_unique(capture.client[pairs.asked])),
            "client": capture.host_name(int(capture.client[asked])),
            "server": capture.host_name(int(capture.server[asked])),
            "port": int(capture.port[asked]),
            "other_host": capture.host_name(int(capture.server[stray])),
            "other_port": int(capture.port[stray]),
            "first_frame": int(frame[pairs.asked_row[0]]),
            "answer_frame": int(frame[pairs.stray_row[0]]),
        },
        packets=tuple(sorted(frame[rows].tolist())),
        since_ns=int(capture.store.time_ns[rows[0]]),
    )
