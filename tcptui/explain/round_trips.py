"""Round trips against how much was under way: what tells a queue from a window (findings.md, section 8).

At the sender a round trip is measured from a segment to its acknowledgment.  At the receiver it is the
time from an acknowledgment to the segment that echoes its timestamp (RFC 7323, 4.3): the way to the
sender and back, with whatever queue stands on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tcptui.explain.reading import Reading
from tcptui.model.packet_store import I64, OptionBit
from tcptui.model.seq import SEQ_MASK

#: Fewer measurements show no trend.
FEWEST: Final = 20


@dataclass(frozen=True)
class RoundTrips:
    """One entry per measurement, in order of time."""

    index: I64
    """The segment measured."""
    answer: I64
    """Where the measurement ended (at the receiver: where it began)."""
    rtt_ns: I64
    flight: I64
    """Bytes under way when the segment had left."""

    def spread(self, empty_ns: int) -> tuple[int, int]:
        """The round trip with little under way, and with much; both 0 with too few measurements.

        ``empty_ns``: the round trip of an empty path, 0 where that is not known.
        """
        if len(self.rtt_ns) < FEWEST:
            return 0, 0
        full = self.flight * 3 >= int(self.flight.max()) * 2
        low = int(np.quantile(self.rtt_ns, 0.05))
        return min(low, empty_ns or low), int(np.median(self.rtt_ns[full]))

    def follows_flight(self) -> bool:
        """Whether round trips grow with what is under way."""
        if len(self.rtt_ns) < FEWEST or not np.ptp(self.flight) or not np.ptp(self.rtt_ns):
            return False
        return float(np.corrcoef(self.flight, self.rtt_ns)[0, 1]) >= CORRELATION


#: Round trips and bytes under way go together from here on (Pearson's r).
CORRELATION: Final = 0.6


def round_trips(reading: Reading, side: int) -> RoundTrips:
    """The measurements of data that ``side`` sent, by its acknowledgments or, at the receiver, by timestamps."""
    view = reading.view
    mine = view.from_server == bool(side)
    if reading.budget.delays.captured_at(1 - side) and not reading.budget.delays.captured_at(side):
        return _by_echo(reading, side)
    answers = np.flatnonzero((view.acked >= 0) & ~mine)
    sources = np.searchsorted(view.rows, view.acked[answers])
    usable = (sources < len(view)) & mine[np.minimum(sources, len(view) - 1)]
    usable &= view.length[np.minimum(sources, len(view) - 1)] > 0
    # Nobody knows which copy an acknowledgment answers (Karn; RFC 6298, 3), nor what it waited for meanwhile.
    resent = np.array([resend.index for resend in reading.resends if reading.side[resend.index] == side], np.int64)
    usable &= np.searchsorted(resent, sources) == np.searchsorted(resent, answers)
    answers, sources = answers[usable], sources[usable]
    return RoundTrips(
        sources, answers, view.time_ns[answers] - view.time_ns[sources], _flight(reading, sources, sources)
    )


def _by_echo(reading: Reading, side: int) -> RoundTrips:
    view = reading.view
    mine = view.from_server == bool(side)
    data = np.flatnonzero(mine & (view.length > 0))
    peers = np.flatnonzero(~mine)
    nothing = np.zeros(0, np.int64)
    if not len(data) or not len(peers) or not ((view.options & OptionBit.TIMESTAMPS) != 0).all():
        return RoundTrips(nothing, nothing, nothing, nothing)
    base = int(view.ts_value[peers[0]])
    values = np.maximum.accumulate((view.ts_value[peers].astype(np.int64) - base) & SEQ_MASK)
    echoes = (view.ts_echo[data].astype(np.int64) - base) & SEQ_MASK
    place = np.searchsorted(values, echoes, side="right") - 1
    # Only the first segment upon an acknowledgment was sent at once.
    first = np.concatenate(([True], place[1:] != place[:-1])) & (place >= 0)
    data, known = data[first], peers[place[first]]
    earlier = known < data
    data, known = data[earlier], known[earlier]
    return RoundTrips(data, known, view.time_ns[data] - view.time_ns[known], _flight(reading, data, known))


def _flight(reading: Reading, sent: I64, known: I64) -> I64:
    """Bytes under way once each of ``sent`` had left, as far as its sender knew by segment ``known``."""
    if not len(sent):
        return sent
    space = reading.space
    acknowledged = space.acknowledged[reading.side[int(sent[0])]][known]
    flight: I64 = np.maximum(space.end[sent] - np.maximum(acknowledged, int(space.seq[sent].min())), 0)
    return flight
