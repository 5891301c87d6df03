"""A rule about a time in which nothing arrived from anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.capture_point import capture_place
from tcptui.findings.rules.whole_capture.capture_facts import CHUNK, EVIDENCE_MOST, GROUP_LEAST
from tcptui.model.arrays import indexes_of, sorted_unique
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import TcpFlag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding, Finding
    from tcptui.model.packet_store import I64

#: A shorter silence of all is no event: a radio link or a queue holds packets that long every day (ns).
STALL_NS: Final = 300_000_000
#: What was sent in the silence must have been due an answer: this many round trips, and `DUE_NS`, before its end.
DUE_TRIPS: Final = 3
DUE_NS: Final = 50_000_000
#: A stream's round trip where none was measured (ns).
UNKNOWN_TRIP_NS: Final = 100_000_000
#: After the silence the answers come together: within this share of it, in percent, and at least `BURST_NS`.
BURST_PERCENT: Final = 10
BURST_NS: Final = 50_000_000
#: So many percent of those that waited are answered then.
BURST_SHARE: Final = 60
#: So many hosts must be silent and speak together: one alone is its own trouble, …
HOSTS_LEAST: Final = 2
#: … unless all connections of the capture lead to it: then so many of them must wait, and more speak together again.
WAITING_LEAST: Final = 2
#: Names of the near host, which may have several addresses, that are told.
_NAMED: Final = 3
#: The near host must have sent something this far into the silence or later, in percent: resends come there.
SENT_PERCENT: Final = 20
#: With more packets a second that are not TCP, traffic goes on: a silence of TCP alone is not this.
OTHERS_PER_SECOND: Final = 10
#: An answer later than this share of a round trip after the last packet of its connection, in percent, had been held.
DELAYED_PERCENT: Final = 150
#: Steps in which the end of the burst is looked for, in rows.
BURST_ROWS: Final = 1_024
#: Findings whose packets lie in the silence, or up to this many times its length around it, are its echo.
AROUND: Final = 1.0

_WANTS_ANSWER: Final = int(TcpFlag.SYN | TcpFlag.FIN)
_ECHO: Final = frozenset(
    {
        FindingId.SYN_RETRANSMISSION,
        FindingId.SYN_ACK_RETRANSMISSION,
        FindingId.THIRD_ACK_LOST,
        FindingId.ACCEPT_QUEUE_FULL,
        FindingId.RETRANSMISSION_TIMEOUT,
        FindingId.TAIL_LOSS,
        FindingId.LOST_RETRANSMISSION,
        FindingId.SPURIOUS_RETRANSMISSION,
        FindingId.RETRANSMISSION_UNEXPLAINED,
        FindingId.FAST_RETRANSMISSION,
        FindingId.SERVER_THINK_TIME,
        FindingId.HTTP2_SLOW_STREAM,
        FindingId.SLOW_QUERY,
        FindingId.LOCK_WAIT,
    }
)


@dataclass(frozen=True)
class _Stall:
    """One silence of all."""

    begin_ns: int
    end_ns: int
    waiting: I64
    """The streams that were due an answer, as indexes into the columns."""
    asked_row: int
    """The first of their segments that was due one: when it was sent, the silence was one."""
    after_row: int
    waited_ns: int
    """What all of them waited beyond a round trip, together."""
    others: int
    """Packets in it that are not TCP; which of them arrived is not known."""
    arrived: int
    """Packets that came in the burst after it."""
    burst_ns: int

    @property
    def lasted_ns(self) -> int:
        return self.end_ns - self.begin_ns


def common_stall(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`common-stall`: nothing arrived from any host while several were due an answer; then all answers came at once."""
    near = _near_side(capture)
    if near is None:
        return
    stalls = list(_stalls(capture, near))
    if not stalls:
        return
    worst = max(stalls, key=lambda stall: stall.lasted_ns)
    places = sorted_unique(np.concatenate([stall.waiting for stall in stalls]))
    frame = capture.store.frame
    time_of = capture.store.time_ns

    def echo(finding: Finding) -> bool:
        at = [int(time_of[row]) for row in map(capture.store.row_of_frame, finding.packets) if row >= 0]
        return finding.id in _ECHO and any(
            all(
                stall.begin_ns - AROUND * stall.lasted_ns <= time <= stall.end_ns + AROUND * stall.lasted_ns
                for time in at
            )
            for stall in stalls
        )

    evidence = [row for stall in stalls for row in (stall.asked_row, stall.after_row)]
    yield capture.finding(
        FindingId.COMMON_STALL,
        places,
        Severity.WARNING,
        Confidence.LIKELY if any(stall.others for stall in stalls) else Confidence.CERTAIN,
        echo,
        ("radio-stall", "link-outage", "host-stalled"),
        {
            "shape": "one-host" if near.only_far >= 0 else "",
            "host": near.name,
            "far": capture.host_name(near.only_far) if near.only_far >= 0 else "",
            "hosts": len(near.far_hosts(worst.waiting)),
            "waiting": len(worst.waiting),
            "stalls": len(stalls),
            "stalled_s": worst.lasted_ns / 1e9,
            "total_s": sum(stall.lasted_ns for stall in stalls) / 1e9,
            "first_frame": int(frame[worst.asked_row]),
            "last_frame": int(frame[worst.after_row]),
            "arrived": worst.arrived,
            "burst_s": worst.burst_ns / 1e9,
        },
        packets=tuple(sorted(frame[evidence].tolist()))[:EVIDENCE_MOST],
        since_ns=worst.begin_ns,
        waited_s=sum(stall.waited_ns for stall in stalls) / 1e9,
    )


@dataclass(frozen=True)
class _Near:
    """The near end of the connections: one host, or the servers or clients that the capture was made at."""

    at_client: NDArray[np.bool_]
    """Of each stream whether its client is the near end."""
    has_near: NDArray[np.bool_]
    """Whether exactly one end of it is."""
    far: I64
    """The host at the other end of each."""
    only_far: int
    """The host that all of them lead to; -1: there are several."""
    name: str

    def far_hosts(self, places: I64) -> I64:
        """The hosts at the other end of the streams at ``places``; distinct."""
        return sorted_unique(self.far[places])


def _near_side(capture: CaptureFacts) -> _Near | None:
    """The near end by the handshakes, else the host that takes part in nearly all packets; None: neither tells."""
    position = capture_place(capture.streams).position
    if position in (CapturePoint.CLIENT, CapturePoint.SERVER):
        at_client = np.full(len(capture.number), position is CapturePoint.CLIENT)
        has_near = capture.client != capture.server
    elif (host := capture.near_host) >= 0:
        at_client = capture.client == host
        has_near = at_client != (capture.server == host)
    else:
        return None
    near, far = (np.where(at_client == is_near, capture.client, capture.server) for is_near in (True, False))
    names = [capture.host_name(host) for host in sorted_unique(near[has_near])[:_NAMED].tolist()]
    others = sorted_unique(far[has_near])
    return _Near(at_client, has_near, far, int(others[0]) if len(others) == 1 else -1, ", ".join(names))


class _Directions:
    """Tells for ranges of rows what the near host sent and what came to it."""

    def __init__(self, capture: CaptureFacts, near: _Near) -> None:
        self._capture, self._store = capture, capture.store
        #: Of each stream whether the near host is endpoint *b*; streams of which it is neither or both are left out.
        self._near_is_b = (capture.streams.client_is_b[capture.number] != 0) == near.at_client
        self._has_near = near.has_near

    def __call__(self, begin: int, end: int) -> tuple[I64, NDArray[np.bool_], NDArray[np.bool_]]:
        """Of the rows from ``begin`` to ``end``: the stream as an index into the columns (0 without one), which of them
        came to the near host, and which were sent by it and want an answer.  Other segments that it sent are neither.
        """
        rows, store = slice(begin, end), self._store
        known, place = self._capture.places_of_rows(rows)
        known &= self._has_near[place]
        is_out = (store.from_b[rows] != 0) == self._near_is_b[place]
        wants = known & is_out & ((store.length[rows] > 0) | ((store.flags[rows] & _WANTS_ANSWER) != 0))
        return place, known & ~is_out, wants


def _stalls(capture: CaptureFacts, near: _Near) -> Iterator[_Stall]:
    directions = _Directions(capture, near)
    for before, after in _silences(capture, directions):
        stall = _stall_between(capture, near, directions, before, after)
        if stall is not None:
            yield stall


def _silences(capture: CaptureFacts, directions: _Directions) -> Iterator[tuple[int, int]]:
    """Rows of two arrivals in turn that are `STALL_NS` apart, while `GROUP_LEAST` segments wanted an answer."""
    time, last_row, wanted = capture.store.time_ns, -1, 0
    for begin in range(capture.rows.start, capture.rows.stop, CHUNK):
        end = min(begin + CHUNK, capture.rows.stop)
        _place, is_in, wants = directions(begin, end)
        asked = np.cumsum(wants)
        arrived = indexes_of(is_in)
        if len(arrived):
            rows = np.concatenate(([last_row if last_row >= 0 else begin + arrived[0]], begin + arrived))
            before = np.concatenate(([-wanted], asked[arrived]))
            long = np.diff(time[rows]) >= STALL_NS
            for place in indexes_of(long & (np.diff(before) >= GROUP_LEAST)).tolist():
                yield int(rows[place]), int(rows[place + 1])
            last_row, wanted = int(rows[-1]), int(asked[-1] - asked[arrived[-1]])
        else:
            wanted += int(asked[-1])


def _stall_between(
    capture: CaptureFacts, near: _Near, directions: _Directions, before: int, after: int
) -> _Stall | None:
    """The silence between the arrivals at the rows ``before`` and ``after``; None when it is nobody's in particular."""
    time = capture.store.time_ns
    end_ns = int(time[after])
    place, _is_in, wants = directions(before + 1, after)
    sent_ns, sent = time[before + 1 : after][wants], place[wants]
    places, first = np.unique(sent, return_index=True)
    last_ns = sent_ns[len(sent) - 1 - np.unique(sent[::-1], return_index=True)[1]]
    numbers = capture.number[places]
    trip = capture.streams.irtt_ns[numbers]
    halves = capture.streams.min_rtt_ns_a[numbers] + capture.streams.min_rtt_ns_b[numbers]
    trip = np.where(trip > 0, trip, np.where(halves > 0, halves, UNKNOWN_TRIP_NS))
    is_due = sent_ns[first] + np.maximum(DUE_TRIPS * trip, DUE_NS) <= end_ns
    # What was sent last is not what was just answered: else each answer may only be that to another, later attempt.
    was_held = last_ns + DELAYED_PERCENT * trip // 100 < end_ns
    waiting = places[is_due]
    if not len(waiting):
        return None
    # Before the first of them asked nobody was due anything: a time in which nobody speaks is idle.
    asked_row = before + 1 + int(indexes_of(wants)[first[is_due].min()])
    begin_ns = int(time[asked_row])
    if end_ns - begin_ns < STALL_NS:
        return None
    if int(sent_ns.max()) < begin_ns + (end_ns - begin_ns) * SENT_PERCENT // 100:
        return None  # it sent nothing either: the recorder, its clock or the host stood still
    others = int(np.count_nonzero(capture.store.kind[asked_row:after] != RowKind.TCP))
    if others * 1_000_000_000 > OTHERS_PER_SECOND * (end_ns - begin_ns):
        return None  # more than the requests of a host that gets no answers: some of these arrived
    waited_ns = int((end_ns - sent_ns[first][is_due] - trip[is_due]).sum())
    burst_ns = max((end_ns - begin_ns) * BURST_PERCENT // 100, BURST_NS)
    upto = after
    while upto < capture.rows.stop and time[upto] <= end_ns + burst_ns:
        upto += BURST_ROWS
    upto = min(upto, capture.rows.stop)
    place, is_in, _wants = directions(after, upto)
    is_in &= time[after:upto] <= end_ns + burst_ns
    answered = np.intersect1d(places[is_due & was_held], place[is_in])
    is_one = near.only_far >= 0
    if len(answered) < (WAITING_LEAST if is_one else GROUP_LEAST):
        return None
    if len(answered) * 100 < len(waiting) * BURST_SHARE or len(sorted_unique(place[is_in])) < GROUP_LEAST:
        return None
    if not is_one and len(near.far_hosts(answered)) < HOSTS_LEAST:
        return None
    lasted_ns = int(time[after:upto][is_in].max()) - end_ns
    arrived = int(np.count_nonzero(is_in))
    return _Stall(begin_ns, end_ns, waiting, asked_row, after, waited_ns, others, arrived, lasted_ns)
