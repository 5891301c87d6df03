"""Round-trip times and the bytes then in flight: what tells a queue from a window (rules/findings.md#queueing-delay).

At the sender a round trip is measured from a segment to its acknowledgment.  At the receiver it is the
time from an acknowledgment to the segment that echoes its timestamp (RFC 7323, 4.3): the path to the
sender and back, including any queue on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tcptui.findings.facts import ConnectionFacts
from tcptui.model.arrays import chunks, flatnonzero32, indexes_of
from tcptui.model.batched import in_each, integer, put, smallest
from tcptui.model.packet_store import I32, I64, OptionBit

#: Fewest measurements that can show a trend.
FEWEST: Final = 20
#: Least correlation (Pearson's r) at which round trips are taken to grow with the bytes in flight.
CORRELATION: Final = 0.6


@dataclass(frozen=True)
class RttVersusFlight:
    """One entry per measurement, in order of time."""

    index: I32
    """Index of the data segment."""
    answer: I32
    """Index of the ACK that ended the measurement (at the receiver: of the ACK that began it)."""
    rtt_ns: I64
    flight: I64
    """Bytes in flight right after the segment was sent."""

    def spread(self, empty_ns: int) -> tuple[int, int]:
        """The lowest round trip and the median with large flights, in ns; both 0 with too few measurements.

        A flight is large from two thirds of the largest on.  ``empty_ns``: the round trip of an
        empty path, 0 where that is not known.
        """
        if len(self.rtt_ns) < FEWEST:
            return 0, 0
        low = in_each(_lowest, self.rtt_ns)
        return smallest(low, empty_ns or low), in_each(_of_large_flights, self.rtt_ns, self.flight)

    def follows_flight(self) -> bool:
        """Whether round-trip time and bytes in flight are correlated."""
        return len(self.rtt_ns) >= FEWEST and in_each(_are_correlated, self.flight, self.rtt_ns)


def _lowest(rtt_ns: I64) -> int:
    return int(np.quantile(rtt_ns, 0.05))


def _of_large_flights(rtt_ns: I64, flight: I64) -> int:
    flights = np.asarray(flight)
    return int(np.median(np.asarray(rtt_ns)[flights * 3 >= int(flights.max()) * 2]))


def _are_correlated(flight: I64, rtt_ns: I64) -> bool:
    return bool(np.ptp(flight) and np.ptp(rtt_ns) and np.corrcoef(flight, rtt_ns)[0, 1] >= CORRELATION)


def round_trips(connection: ConnectionFacts, side: int) -> RttVersusFlight:
    """The measurements of data that ``side`` sent: by ACKs or, when captured at the receiver, by echoed timestamps."""
    view = connection.view
    mine = view.from_server == bool(side)
    if connection.budget.delays.captured_at(1 - side) and not connection.budget.delays.captured_at(side):
        return _by_echo(connection, side)
    # Across a resend it is unknown which copy an ACK answers (Karn; RFC 6298, 3), and what it waited for meanwhile.
    resent = np.array(
        [resend.index for resend in connection.resends if connection.side[resend.index] == side], np.int64
    )
    usable = ~mine
    usable &= view.acked >= 0
    for part in chunks(len(view)):
        answers = indexes_of(usable[part]) + part.start
        sources = view.rows.searchsorted(view.acked[answers])
        known = np.minimum(sources, len(view) - 1)
        good = (sources < len(view)) & mine[known] & (view.length[known] > 0)
        good &= resent.searchsorted(sources) == resent.searchsorted(answers)
        usable[answers] = good
    measured = flatnonzero32(usable)
    del mine, usable
    source = np.empty(len(measured), np.int32)
    for part in chunks(len(measured)):
        source[part] = view.rows.searchsorted(view.acked[measured[part]])
    return _trips(connection, source, measured, source, measured)


def _trips(connection: ConnectionFacts, index: I32, answer: I32, begin: I32, end: I32) -> RttVersusFlight:
    """The measurements of segments ``index`` with ACKs ``answer``.

    Each lasts from segment ``begin``, at which the flight is taken, to segment ``end``.
    """
    times = connection.view.time_ns
    rtt, flight = np.empty(len(index), np.int64), np.empty(len(index), np.int64)
    lowest = min((integer(connection.space.seq[index[part]].min()) for part in chunks(len(index))), default=0)
    for part in chunks(len(index)):
        rtt = put(rtt, part, times[end[part]] - times[begin[part]])
        flight = put(flight, part, _flight(connection, index[part], begin[part], lowest))
    return RttVersusFlight(index, answer, rtt, flight)


def _by_echo(connection: ConnectionFacts, side: int) -> RttVersusFlight:
    """The measurements at the receiver: from its ACK to the first segment that echoes the ACK's timestamp."""
    view = connection.view
    mine = view.from_server == bool(side)
    data, peers = flatnonzero32(mine & (view.length > 0)), flatnonzero32(~mine)
    del mine
    nothing = np.zeros(0, np.int32)
    if not len(data) or not len(peers) or ((view.options & OptionBit.TIMESTAMPS) == 0).any():
        return _trips(connection, nothing, nothing, nothing, nothing)
    base = np.uint32(view.ts_value[peers[0]])
    values = view.ts_value[peers] - base
    np.maximum.accumulate(values, out=values)
    sent, known, before = [nothing], [nothing], -1
    for part in chunks(len(data)):
        place = values.searchsorted(view.ts_echo[data[part]] - base, side="right") - 1
        # Only the first segment that echoes an acknowledgment was sent at once upon it.
        first = np.concatenate(([before], place[:-1])) != place
        first &= place >= 0
        before = int(place[-1])
        index, answer = data[part][first], peers[place[first]]
        earlier = answer < index
        sent.append(index[earlier])
        known.append(answer[earlier])
    index, answer = np.concatenate(sent), np.concatenate(known)
    return _trips(connection, index, answer, answer, index)


def _flight(connection: ConnectionFacts, sent: I32, known: I32, lowest: int) -> I64:
    """Bytes in flight right after each segment of ``sent``, by the acknowledgments up to segment ``known``.

    Bytes below the sequence number ``lowest`` do not count.
    """
    space = connection.space
    acknowledged = space.acknowledged[connection.side[int(sent[0])]][known]
    flight: I64 = np.maximum(space.end[sent] - np.maximum(acknowledged, lowest), 0)
    return flight
