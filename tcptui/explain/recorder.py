"""Rules about what the recording did: dropped, cut, ordered by a clock that went back, merged (findings.md, 9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.explain.reading import SIDES, Reading
from tcptui.explain.signs import CLOCK, CUT, DROPPED, HOLES, OVERSIZED, SUSPECT, SYN
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import DecodeIssue

#: Queues of one network card are merged with errors of this size; a clock that is set makes larger steps.
MERGED_NS: Final = 1_000_000
#: Findings.md, section 3: more acknowledgments than this share (percent) before their data are no accident.
EARLY_PERCENT: Final = 10
EARLY_ACKS: Final = 3
#: Segments that no handshake explains are merged ones when they exceed this (Ethernet's MTU less headers).
ORDINARY_PAYLOAD: Final = 1_460


def capture_dropped(reading: Reading) -> Finding | None:
    """`capture-dropped`: the recorder reports packets that it lost; whose they were, nobody knows.

    Told only of streams in which something is missing or came again, where it matters;
    `capture_missed_packets` is what the packets themselves show.
    """
    if not reading.signs & (HOLES | SUSPECT):
        return None
    trust = reading.context.trust
    return reading.finding(
        FindingId.CAPTURE_DROPPED,
        (0, reading.count - 1),
        Severity.NOTE,
        Confidence.CERTAIN,
        ("other-connections",),
        dropped=trust.kernel_dropped,
        packets=trust.packets,
        percent=round(100 * trust.kernel_dropped / max(1, trust.packets + trust.kernel_dropped), 1),
        first_frame=reading.frame[0],
        last_frame=reading.frame[reading.count - 1],
        mine=reading.count,
    )


def capture_truncated(reading: Reading) -> Finding | None:
    """`capture-truncated`: fewer bytes kept than were on the wire (snaplen); worse where TCP's own header is cut.

    Payload that was cut is counted by the headers all the same, so only what reads the payload suffers.
    A fault of the recording, alike in all its connections: a note here, and a warning of the capture as a whole.
    """
    view = reading.view
    cut = np.flatnonzero((view.issues & DecodeIssue.TRUNCATED) != 0)
    if not len(cut):
        return None
    headers = np.flatnonzero((view.issues & DecodeIssue.HEADER_CUT) != 0)
    first = int(headers[0]) if len(headers) else int(cut[0])
    missing = view.wire_length[cut].astype(np.int64) - view.captured[cut]
    return reading.finding(
        FindingId.CAPTURE_TRUNCATED,
        (first, int(cut[-1])),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape="headers" if len(headers) else "",
        count=len(headers) or len(cut),
        packets=reading.count,
        first_frame=reading.frame[first],
        kept_bytes=int(view.captured[first]),
        whole_bytes=int(view.wire_length[first]),
        missing_bytes=int(missing.sum()),
    )


def capture_clock_step(reading: Reading) -> Finding | None:
    """`capture-clock-step`: a packet older than the one recorded before it, or ACKs that precede their data.

    A clock that was set, or two recordings merged with clocks that differ.  Differences of less
    than a millisecond are those of a network card's queues, and no finding.
    """
    back = _steps_back(reading)
    if back:
        worst = max(back, key=lambda i: reading.time[i - 1] - reading.time[i])
        return reading.finding(
            FindingId.CAPTURE_CLOCK_STEP,
            (worst - 1, worst),
            Severity.NOTE,
            Confidence.CERTAIN,
            ("merged-captures", "clock-set"),
            shape="back",
            count=len(back),
            before_frame=reading.frame[worst - 1],
            after_frame=reading.frame[worst],
            step_s=(reading.time[worst - 1] - reading.time[worst]) / 1e9,
        )
    early = _acks_first(reading)
    data = reading.data_segments
    if len(early) < EARLY_ACKS or len(early) * 100 <= EARLY_PERCENT * data:
        return None
    ack, late = early[0]
    return reading.finding(
        FindingId.CAPTURE_CLOCK_STEP,
        [i for pair in early for i in pair],
        Severity.NOTE,
        Confidence.LIKELY,
        ("merged-captures",),
        shape="acks-first",
        count=len(early),
        segments=data,
        before_frame=reading.frame[ack],
        after_frame=reading.frame[late],
        step_s=reading.seconds(ack, late),
    )


def _steps_back(reading: Reading) -> list[int]:
    """Segments older than the one before by more than a merge of queues explains."""
    times = reading.view.time_ns
    return (np.flatnonzero(times[1:] < times[:-1] - MERGED_NS) + 1).tolist()


def _acks_first(reading: Reading) -> list[tuple[int, int]]:
    """Segments that pass for the first time after the ACK that covers them; the ACK comes first in each pair."""
    if not reading.signs & HOLES:
        return []
    space, found = reading.space, []
    carrying = np.flatnonzero(reading.view.length)
    _, first = np.unique(space.seq[carrying], return_index=True)
    candidates = np.sort(carrying[first])
    candidates = candidates[candidates > 0]
    before = np.where(
        reading.view.from_server[candidates],
        space.acknowledged[1][candidates - 1],
        space.acknowledged[0][candidates - 1],
    )
    for i in candidates[before >= space.end[candidates]].tolist():
        column = space.acknowledged[reading.side[i]]
        ack = int(column.searchsorted(int(space.end[i]), side="left"))
        if reading.time[i] - reading.time[ack] < max(reading.rtt_ns, MERGED_NS):
            found.append((ack, i))
    return found


def offloaded_segments(reading: Reading) -> Finding | None:
    """`offloaded-segments`: more payload than the handshake allows: put together, or not yet cut, by the host.

    TSO or GSO on the way out, GRO or LRO on the way in: the capture was made on a host that does
    it.  How many segments there were, and micro-timing, are not visible (findings.md, 9).
    """
    view = reading.view
    limits = [0, 0]
    for i in reading.syns:
        limits[1 - reading.side[i]] = int(view.mss[i])
    payload = np.where((view.flags & SYN) == 0, view.length, 0)
    sides = []
    for side in (0, 1):
        mine = np.where(view.from_server == bool(side), payload, 0)
        large = np.flatnonzero(mine > (limits[side] or ORDINARY_PAYLOAD))
        if len(large):
            sides.append((side, large, int(mine.max())))
    if not sides:
        return None
    side, large, largest = max(sides, key=lambda one: one[2])
    biggest = int(large[int(np.argmax(view.length[large]))])
    limit = limits[side] or ORDINARY_PAYLOAD
    shape = (
        "both" if len(sides) > 1 else "out" if reading.at_sender(side) else "in" if reading.at_receiver(side) else ""
    )
    return reading.finding(
        FindingId.OFFLOADED_SEGMENTS,
        (int(large[0]), biggest),
        Severity.NOTE,
        Confidence.CERTAIN,
        () if shape else ("jumbo-frames",),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=sum(len(found) for _side, found, _largest in sides),
        segments=reading.data_segments,
        first_frame=reading.frame[int(large[0])],
        biggest_frame=reading.frame[biggest],
        largest_bytes=largest,
        limit_bytes=limit,
        pieces=-(-largest // limit),
    )


RULES: Final = (
    (DROPPED, capture_dropped),
    (CUT, capture_truncated),
    (CLOCK | HOLES, capture_clock_step),
    (OVERSIZED, offloaded_segments),
)
