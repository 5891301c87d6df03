"""Faults of the capture: drops, truncation, clock steps, offloaded segments (rules/findings.md#the-capture-itself)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CLOCK, CUT, DROPPED, HOLES, OVERSIZED, PADDED, SUSPECT
from tcptui.model.arrays import chunks, first_after, flatnonzero32, indexes_of, sorted_unique
from tcptui.model.batched import by_member, integer, largest
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import DecodeIssue
from tcptui.model.tcp_flags import SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64

#: Merging the queues of one network card reorders packets by up to this; setting a clock makes larger steps.
MERGED_NS: Final = 1_000_000
#: rules/findings.md#capture-clock-step: ACKs captured before more than this share (percent) of the data segments …
EARLY_PERCENT: Final = 10
#: … and before at least this many are no accident.
EARLY_ACKS: Final = 3
#: Without an MSS option, larger payloads are offloaded segments (Ethernet's MTU less headers).
ORDINARY_PAYLOAD: Final = 1_460


def capture_dropped(connection: ConnectionFacts) -> Finding | None:
    """`capture-dropped`: the capture program reports dropped packets; of which streams is unknown.

    Only for streams in which something is missing or was sent again, where it matters;
    `capture_missed_packets` is what the packets themselves show.
    """
    if not connection.signs & (HOLES | SUSPECT):
        return None
    quality = connection.context.quality
    return connection.finding(
        FindingId.CAPTURE_DROPPED,
        (0, connection.count - 1),
        Severity.NOTE,
        Confidence.CERTAIN,
        ("other-connections",),
        dropped=quality.kernel_dropped,
        packets=quality.packets,
        percent=round(100 * quality.kernel_dropped / max(1, quality.packets + quality.kernel_dropped), 1),
        first_frame=connection.frame[0],
        last_frame=connection.frame[connection.count - 1],
        mine=connection.count,
    )


def capture_truncated(connection: ConnectionFacts) -> Finding | None:
    """`capture-truncated`: fewer bytes captured than were on the wire (snaplen); worse where the TCP header is cut.

    Payload lengths come from the headers, so only what reads the payload suffers.  A fault of the capture,
    the same in all its connections: a note here, and a warning for the capture as a whole.  Shape ``forgotten``:
    the file says that the frames were no longer (`tcptui.analysis.stream.columns`).
    """
    view = connection.view
    cut = (view.issues & DecodeIssue.TRUNCATED) != 0
    count = int(np.count_nonzero(cut))
    if not count:
        return _forgotten(connection)
    headers = flatnonzero32((view.issues & DecodeIssue.HEADER_CUT) != 0)
    first, last = int(headers[0]) if len(headers) else int(cut.argmax()), len(cut) - 1 - int(cut[::-1].argmax())
    whole, kept = (column.sum(dtype=np.int64, where=cut) for column in (view.wire_length, view.captured))
    return connection.finding(
        FindingId.CAPTURE_TRUNCATED,
        (first, last),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape="headers" if len(headers) else "",
        count=len(headers) or count,
        packets=connection.count,
        first_frame=connection.frame[first],
        kept_bytes=integer(view.captured[first]),
        whole_bytes=integer(view.wire_length[first]),
        missing_bytes=integer(whole) - integer(kept),
    )


def _forgotten(connection: ConnectionFacts) -> Finding | None:
    view = connection.view
    longer = flatnonzero32(view.forgotten > 0)
    if not len(longer):
        return None
    first, last = int(longer[0]), int(longer[-1])
    recorded = integer(view.wire_length[first])
    return connection.finding(
        FindingId.CAPTURE_TRUNCATED,
        (first, last),
        Severity.NOTE,
        Confidence.CERTAIN,
        shape="forgotten",
        count=len(longer),
        packets=connection.count,
        first_frame=connection.frame[first],
        kept_bytes=recorded,
        whole_bytes=recorded + integer(view.forgotten[first]),
        missing_bytes=integer(view.forgotten.sum(dtype=np.int64)),
    )


def capture_padding(connection: ConnectionFacts) -> Finding | None:
    """`capture-padding`: zero bytes that fill a frame to Ethernet's minimum, which the IP length counts as payload.

    Nobody counts them: the sender goes on at the number before them.  They are left out of everything that is said
    of the connection (`tcptui.analysis.stream.padding`); a fault on the way to the capture, so a note.
    """
    padding = connection.view.padding
    filled = flatnonzero32(padding > 0)
    if not len(filled):
        return None
    # One after which its sender goes on where the zero bytes begin.
    after = ((i, first_after(connection.segments(connection.side[i]), i)) for i in filled.tolist())
    shown, on = next((i, on) for i, on in after if on >= 0 and connection.seq[on] == connection.end[i])
    side = connection.side[shown]
    return connection.finding(
        FindingId.CAPTURE_PADDING,
        (int(filled[0]), shown, on, int(filled[-1])),
        Severity.NOTE,
        Confidence.CERTAIN,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(filled),
        packets=connection.count,
        bytes=int(padding[shown]),
        total_bytes=int(padding.sum()),
        first_frame=connection.frame[shown],
        next_frame=connection.frame[on],
    )


def capture_clock_step(connection: ConnectionFacts) -> Finding | None:
    """`capture-clock-step`: a packet older than the one captured before it, or ACKs that precede their data.

    The clock was set, or two captures with different clocks were merged.  Differences of less
    than a millisecond come from a network card's queues and are no finding.
    """
    back = _steps_back(connection)
    if back:
        worst = max(back, key=lambda i: connection.time[i - 1] - connection.time[i])
        return connection.finding(
            FindingId.CAPTURE_CLOCK_STEP,
            (worst - 1, worst),
            Severity.NOTE,
            Confidence.CERTAIN,
            ("merged-captures", "clock-set"),
            shape="back",
            count=len(back),
            before_frame=connection.frame[worst - 1],
            after_frame=connection.frame[worst],
            step_s=(connection.time[worst - 1] - connection.time[worst]) / 1e9,
        )
    early = _acks_first(connection)
    data = connection.data_segments
    if len(early) < EARLY_ACKS or len(early) * 100 <= EARLY_PERCENT * data:
        return None
    ack, late = early[0]
    return connection.finding(
        FindingId.CAPTURE_CLOCK_STEP,
        [i for pair in early for i in pair],
        Severity.NOTE,
        Confidence.LIKELY,
        ("merged-captures",),
        shape="acks-first",
        count=len(early),
        segments=data,
        before_frame=connection.frame[ack],
        after_frame=connection.frame[late],
        step_s=connection.seconds(ack, late),
    )


def _steps_back(connection: ConnectionFacts) -> list[int]:
    """Indexes of the segments that are older than the one before by more than `MERGED_NS`."""
    times = connection.view.time_ns
    back: list[int] = []
    for part in chunks(len(times), 1):
        earlier = times[part.start - 1 : part.stop - 1]
        back += (indexes_of(times[part] < earlier - MERGED_NS) + part.start).tolist()
    return back


def _acks_first(connection: ConnectionFacts) -> list[tuple[int, int]]:
    """Pairs (ACK, segment) of indexes in which the ACK that covers the segment was captured before it.

    Only segments captured soon after their ACK, within a round trip.
    """
    if not connection.signs & HOLES:
        return []
    space, found = connection.space, []
    for i in _covered_before(connection):
        column = space.acknowledged[connection.side[i]]
        ack = int(column.searchsorted(integer(space.end[i]), side="left"))
        if connection.time[i] - connection.time[ack] < largest(connection.rtt_ns, MERGED_NS):
            found.append((ack, i))
    return found


def _covered_before(connection: ConnectionFacts) -> list[int]:
    """Indexes of data segments whose sequence number had been acknowledged before it was first captured."""
    view, space = connection.view, connection.space
    covered = [np.zeros(0, np.int64)]
    for part in chunks(len(view), 1):
        carrying = indexes_of(view.length[part]) + part.start
        before = np.where(
            view.from_server[carrying], space.acknowledged[1][carrying - 1], space.acknowledged[0][carrying - 1]
        )
        covered.append(carrying[before >= space.end[carrying]])
    chosen = np.concatenate(covered)
    if not len(chosen):
        return []
    early: list[int] = chosen[by_member(partial(_are_first, chosen, view.length != 0), space.seq)].tolist()
    return early


def _are_first(chosen: I64, carrying: NDArray[np.bool_], seq: I64) -> NDArray[np.bool_]:
    """Which of the segments ``chosen`` are the first of those ``carrying`` data with that sequence number."""
    numbers = sorted_unique(seq[chosen])
    first = np.full(len(numbers), len(seq), np.int64)
    for part in chunks(len(seq)):
        here = indexes_of(carrying[part]) + part.start
        here = here[np.isin(seq[here], numbers)]
        met, at = np.unique(seq[here], return_index=True)
        place = numbers.searchsorted(met)
        first[place] = np.minimum(first[place], here[at])
    are_first: NDArray[np.bool_] = first[numbers.searchsorted(seq[chosen])] == chosen
    return are_first


def offloaded_segments(connection: ConnectionFacts) -> Finding | None:
    """`offloaded-segments`: more payload than the MSS: merged, or not yet cut, by the capturing host.

    TSO or GSO for outgoing, GRO or LRO for incoming segments.  How many segments there were, and their
    exact times, are not visible (rules/findings.md#offloaded-segments).
    """
    view = connection.view
    limits = [0, 0]
    for i in connection.syns:
        limits[1 - connection.side[i]] = integer(view.mss[i])
    sides = []
    for side in (0, 1):
        large = (view.flags & SYN) == 0
        large &= view.from_server == bool(side)
        large &= view.length > (limits[side] or ORDINARY_PAYLOAD)
        if large.any():
            sides.append((side, large, integer(view.length.max(initial=0, where=large))))
    if not sides:
        return None
    side, large, largest = max(sides, key=lambda one: one[2])
    first, biggest = int(large.argmax()), int((large & (view.length == largest)).argmax())
    limit = limits[side] or ORDINARY_PAYLOAD
    shape = (
        "both"
        if len(sides) > 1
        else "out"
        if connection.at_sender(side)
        else "in"
        if connection.at_receiver(side)
        else ""
    )
    return connection.finding(
        FindingId.OFFLOADED_SEGMENTS,
        (first, biggest),
        Severity.NOTE,
        Confidence.CERTAIN,
        () if shape else ("jumbo-frames",),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=sum(int(np.count_nonzero(found)) for _side, found, _largest in sides),
        segments=connection.data_segments,
        first_frame=connection.frame[first],
        biggest_frame=connection.frame[biggest],
        largest_bytes=largest,
        limit_bytes=limit,
        pieces=-(-largest // limit),
    )


RULES: Final = (
    (DROPPED, capture_dropped),
    (CUT, capture_truncated),
    (PADDED, capture_padding),
    (CLOCK | HOLES, capture_clock_step),
    (OVERSIZED, offloaded_segments),
)
