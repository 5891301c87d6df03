"""`slowloris`: many connections to one port whose request heads never end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.findings.facts import DATA_OFFSET, TCP_HEADER
from tcptui.findings.rules.whole_capture.capture_facts import groups, one_of
from tcptui.model.arrays import indexes_of, sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: So many unfinished heads at once on one port: single clients type by hand, or lose a segment.
HEADS_LEAST: Final = 10
#: A head is sent at once, in less than this time on any line (ns).
UNFINISHED_NS: Final = 5_000_000_000
#: Servers take heads up to 8 or 16 KiB: who sent more, sent something else.
HEAD_BYTES: Final = 16_384
#: Connections of one port that are read; what is beyond them is not counted.
READ_MOST: Final = 1_000

_BEGINS: Final = re.compile(rb"[A-Z]{3,10} [^\r\n]{0,8000}(\r?\n|$)")
_ENDS: Final = re.compile(rb"\r?\n\r?\n")
_ECHOES: Final = one_of(FindingId.SERVER_THINK_TIME, FindingId.REQUEST_UNANSWERED)


class _Head(NamedTuple):
    """An unfinished head."""

    place: int
    begin_ns: int
    end_ns: int
    """When it ended unfinished: by the server's first byte, by FIN or RST, or with the capture."""
    size: int
    pieces: int


def slowloris(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Connections that are kept open by heads of HTTP requests that come in pieces, or not at all, and never end.

    All their bytes arrived, for the server acknowledged them: none is missing on the way.
    """
    old = capture.began_ns <= int(capture.store.latest_ns) - UNFINISHED_NS
    some = capture.opened & capture.attempted & old & (capture.asked > 0) & (capture.asked <= HEAD_BYTES)
    places = indexes_of(some)
    of_ports = [of_port for _target, of_port in groups(capture.target[places], places, HEADS_LEAST)]
    if not of_ports:
        return
    until_ns = _until(capture, np.sort(np.concatenate(of_ports)))
    for of_port in of_ports:
        late = of_port[until_ns[of_port] - capture.began_ns[of_port] >= UNFINISHED_NS]
        if len(late) < HEADS_LEAST:
            continue
        heads = list(_heads(capture, late[:READ_MOST], until_ns))
        most, since_ns = _at_once(heads)
        if most < HEADS_LEAST:
            continue
        held = np.array([head.place for head in heads], np.int64)
        beside = (capture.target == capture.target[held[0]]) & capture.attempted
        beside &= (capture.began_ns >= since_ns) & (capture.began_ns <= max(head.end_ns for head in heads))
        beside[held] = False
        yield capture.finding(
            FindingId.SLOWLORIS,
            held,
            Severity.WARNING,
            Confidence.LIKELY,
            _ECHOES,
            ("slow-clients", "head-forgotten"),
            {
                "shape": "" if beside.any() else "alone",
                "server": capture.host_name(int(capture.server[held[0]])),
                "client": capture.host_name(int(capture.client[held[0]])),
                "port": int(capture.port[held[0]]),
                "clients": len(sorted_unique(capture.client[held])),
                "most": most,
                "pieces": max(head.pieces for head in heads),
                "bytes": max(head.size for head in heads),
                "longest_s": max(head.end_ns - head.begin_ns for head in heads) / 1e9,
                "answered": int(np.count_nonzero(beside & (capture.answered > 0))),
                "silent": int(np.count_nonzero(beside & (capture.answered == 0))),
            },
            since_ns=since_ns,
        )


def _at_once(heads: list[_Head]) -> tuple[int, int]:
    """How many of ``heads`` were unfinished at the same time, and when the first of all began."""
    if not heads:
        return 0, 0
    moments = sorted([(head.begin_ns, 1) for head in heads] + [(head.end_ns, -1) for head in heads])
    return int(np.cumsum([step for _ns, step in moments]).max()), moments[0][0]


def _until(capture: CaptureFacts, places: I64) -> I64:
    """By place in the columns, of the connections at ``places``: when the server's first byte, a FIN or a RST came.

    The end of the capture where none did.
    """
    until_ns = np.full(len(capture.number), int(capture.store.latest_ns))
    for row, place in capture.segments_of(places):
        said = capture.sent_by_server(row, place) & (capture.store.length[row] > 0)
        ended = said | (capture.store.flags[row] & (FIN | RST) != 0)
        np.minimum.at(until_ns, place[ended], capture.store.time_ns[row[ended]])
    return until_ns


def _heads(capture: CaptureFacts, places: I64, until_ns: I64) -> Iterator[_Head]:
    """The unfinished heads among the connections at ``places`` (ascending), of which `_until` is ``until_ns``."""
    store = capture.store
    parts = [(rows, of_row) for rows, of_row in capture.segments_of(places)]
    if not parts:
        return
    rows, of_row = (np.concatenate(column) for column in zip(*parts, strict=True))
    early = store.time_ns[rows] < until_ns[of_row]
    rows, of_row = rows[early], of_row[early]
    order = np.argsort(of_row, kind="stable")
    rows, of_row = rows[order], of_row[order]
    for place in places.tolist():
        mine = rows[slice(*np.searchsorted(of_row, (place, place + 1)).tolist())]
        by_server = capture.sent_by_server(mine, np.full(len(mine), place))
        data = mine[~by_server & (store.length[mine] > 0)]
        if not len(data) or int(until_ns[place]) - int(store.time_ns[data[0]]) < UNFINISHED_NS:
            continue
        head = _joined(capture, data)
        if head is None or not _BEGINS.match(head) or _ENDS.search(head):
            continue
        acks = mine[by_server & (store.flags[mine] & (SYN | ACK) == ACK)]
        if not len(acks) or int(store.ack[acks[-1]]) != (int(store.seq[data[0]]) + len(head)) & SEQ_MASK:
            continue  # bytes that the server has not got
        yield _Head(place, int(store.time_ns[data[0]]), int(until_ns[place]), len(head), len(data))


def _joined(capture: CaptureFacts, data: I64) -> bytes | None:
    """The bytes of the segments ``data`` of one client, one or more; None where some are missing or were cut."""
    first, joined = int(capture.store.seq[data[0]]), b""
    for row, segment in zip(data.tolist(), capture.read_segments(data), strict=True):
        if len(segment) < TCP_HEADER:
            return None
        payload = segment[4 * (segment[DATA_OFFSET] >> 4) :]
        at = (int(capture.store.seq[row]) - first) & SEQ_MASK
        if at > len(joined):
            return None
        joined += payload[len(joined) - at :]
    return joined
