"""The rule about zero windows, and a screening for all rules about speed (rules/findings.md#speed)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream.table import SCALE_OFF, StreamTable
from tcptui.analysis.timing.send_gaps import largest_segment, window_edge
from tcptui.findings.covered import covered_ns
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import WINDOW_CLOSED
from tcptui.findings.rules import receive_window, think_time
from tcptui.findings.stream_columns import Pair
from tcptui.model.arrays import first_after, indexes_of, last_before
from tcptui.model.batched import integer, largest, smallest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import I32
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import RST
from tcptui.model.verdict import Verdict

#: rules/findings.md#zero-window: a closed window is worth a warning from this time …
CLOSED_NS: Final = 200_000_000
#: … or from one RTT, if that is at least this: long enough for a user to notice (not on a LAN or loopback).
CLOSED_RTT_FLOOR_NS: Final = 20_000_000
#: Data that comes this soon (plus a round trip) after the window opened had been waiting for it.
WAITING_NS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Closed:
    """One period in which the receive window of ``side`` was zero."""

    side: int
    shut: int
    """Index of the first segment with the zero window."""
    opened: int
    """Index of the segment that opened it; -1 when none was captured."""
    begins_ns: int
    """Time of the first segment."""
    ends_ns: int
    """Time of that which opened it, else of the RST that ended the wait, else of the stream's last."""

    @property
    def lasted_ns(self) -> int:
        """How long it was; 0 where the clock went back."""
        return largest(0, self.ends_ns - self.begins_ns)


def _episodes(connection: ConnectionFacts) -> list[Closed]:
    """The periods from a zero window to the first packet of the same end that opens it."""
    view = connection.view
    found: list[Closed] = []
    open_until = [-1, -1]
    last_ns = connection.time[connection.count - 1]
    for index in indexes_of(view.verdict & Verdict.ZERO_WINDOW).tolist():
        side = connection.side[index]
        if index <= open_until[side]:
            continue
        opened = -1
        for i in range(index + 1, connection.count):
            if connection.side[i] == side and (integer(view.window[i]) or connection.flags[i] & RST):
                opened = i if integer(view.window[i]) and not connection.flags[i] & RST else -1
                open_until[side] = i
                break
        else:
            open_until[side] = connection.count
        ended = opened if opened >= 0 else first_after(connection.rsts, index)
        ends_ns = connection.time[ended] if ended >= 0 else last_ns
        found.append(Closed(side, index, opened, connection.time[index], ends_ns))
    return found


class _Waited(Enum):
    """Whether the other end had more to send while a window was shut."""

    YES = "yes"
    NO = "no"
    UNSEEN = "unseen"
    """The packets do not tell."""


def _was_waited_for(connection: ConnectionFacts, closed: Closed, probes: Pair) -> _Waited:
    """Whether the other end had more to send: it probed, or sent at once when the window opened.

    What it sends then may also be the answer to a request that came with the opening, unless it had filled the window.
    """
    end = closed.opened if closed.opened >= 0 else connection.count
    if last_before(probes[1 - closed.side], end) > closed.shut:
        return _Waited.YES
    if closed.opened < 0:
        return _Waited.UNSEEN
    limit = connection.time[closed.opened] + WAITING_NS + connection.rtt_ns
    asking, answering = connection.data_by_side[closed.side], connection.data_by_side[1 - closed.side]
    sent = first_after(answering, closed.opened)
    if sent >= 0 and connection.time[sent] <= limit:
        asked = last_before(asking, sent) >= closed.shut
        return _Waited.YES if not asked or _was_full(connection, closed) else _Waited.UNSEEN
    if closed.opened + 1 == connection.count or connection.latest_ns[closed.opened + 1] <= limit:
        return _Waited.UNSEEN  # the stream ends too early to tell
    return _Waited.NO if connection.rtt_ns else _Waited.UNSEEN


def _was_full(connection: ConnectionFacts, closed: Closed) -> bool:
    """Whether the other end had filled the window before it shut: less than a segment of room was left."""
    side = 1 - closed.side
    before = int(connection.space.latest[closed.side][closed.shut - 1]) if closed.shut else -1
    if before < 0:
        return False
    room = window_edge(connection.view, connection.space, before) - integer(connection.space.sent[side][closed.shut])
    return room < largest_segment(connection.view, side)


def _probes(connection: ConnectionFacts) -> list[int]:
    return [resend.index for resend in connection.resends if resend.cause is ResendCause.ZERO_WINDOW_PROBE]


def _judged(connection: ConnectionFacts, probes: list[int]) -> list[tuple[Closed, _Waited]]:
    """The periods with a window of 0, each with whether the other end had more to send."""
    if not connection.verdicts & Verdict.ZERO_WINDOW:
        return []
    by_side = connection.by_sender(probes)
    return [(one, _was_waited_for(connection, one, by_side)) for one in _episodes(connection)]


def waited_windows(connection: ConnectionFacts) -> list[Closed]:
    """The periods with a window of 0 in which the other end had more to send."""
    return [one for one, how in _judged(connection, _probes(connection)) if how is _Waited.YES]


def zero_window(connection: ConnectionFacts) -> Finding | None:
    """`zero-window`: an end advertised a window of 0; a warning when the other end had to wait for long."""
    probes = _probes(connection)
    judged = _judged(connection, probes)
    if not judged:
        return None
    waited = [pair for pair in judged if pair[1] is _Waited.YES]
    limit = CLOSED_NS if connection.rtt_ns < CLOSED_RTT_FLOOR_NS else smallest(CLOSED_NS, connection.rtt_ns)
    worst, how = max(waited or judged, key=lambda pair: pair[0].lasted_ns)
    costly = bool(waited) and worst.lasted_ns >= limit
    closed = [episode for episode, _ in judged]
    inside = [i for i in probes if i > worst.shut and (worst.opened < 0 or i < worst.opened)]
    evidence = [index for episode in closed for index in (episode.shut, episode.opened)]
    return connection.finding(
        FindingId.ZERO_WINDOW,
        [*evidence, *probes],
        Severity.WARNING if costly else Severity.NOTE,
        Confidence.CERTAIN,
        ("slow-reader", "small-buffer", "stopped-program") if costly else (),
        shape=_shape(worst, how, costly=costly),
        receiver=SIDES[worst.side],
        sender=SIDES[1 - worst.side],
        count=len(closed),
        probes=len(inside),
        probe_frames=tuple(connection.frame[i] for i in inside[:6]),
        first_frame=connection.frame[worst.shut],
        open_frame=connection.frame[worst.opened] if worst.opened >= 0 else 0,
        open_bytes=integer(connection.view.window[worst.opened]) if worst.opened >= 0 else 0,
        closed_s=worst.lasted_ns / 1e9,
        total_s=_shut_ns(closed) / 1e9,
        lost_s=_shut_ns([episode for episode, _ in waited]) / 1e9,
    )


def _shut_ns(closed: list[Closed]) -> int:
    """How long the window of either end was shut, in nanoseconds; where both were, it counts once."""
    return covered_ns((each.begins_ns, each.ends_ns) for each in closed)


def _shape(worst: Closed, waited: _Waited, *, costly: bool) -> str:
    if worst.opened < 0:
        return "still-closed"
    return "costly" if costly else {_Waited.YES: "short", _Waited.NO: "", _Waited.UNSEEN: "unseen"}[waited]


def may_warn(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    """A mask over the streams ``rows``: where a rule about speed may yield more than a note, by the stream table alone.

    Zero windows need no test here: they are verdicts, which `tcptui.findings.annotate.needs_attention` tests.
    """
    by_server = streams.longest_waits_ns(rows)[1]
    payload_a, payload_b = streams.payload_a[rows], streams.payload_b[rows]
    late = (by_server >= think_time.LATE_NS) & (payload_a > 0) & (payload_b > 0)
    large = np.maximum(payload_a, payload_b) >= receive_window.LARGE_BYTES
    far = streams.irtt_ns[rows] >= receive_window.FAR_NS
    long = large & far & (streams.duration_ns[rows] >= receive_window.COSTLY_NS)
    # Windows that are read without their scale, which was removed on the way, need no large transfer.
    unscaled = (streams.scale_a[rows] == SCALE_OFF) & (
        np.maximum(payload_a, payload_b) >= receive_window.UNSCALED_BYTES
    )
    long |= unscaled & (streams.duration_ns[rows] >= receive_window.COSTLY_NS)
    waiting: NDArray[np.bool_] = late | long | (streams.delayed_segments[rows] > 0)
    return waiting


RULES: Final = ((WINDOW_CLOSED, zero_window),)
