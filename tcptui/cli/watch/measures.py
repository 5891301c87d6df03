"""Counts and measures of a source's session besides findings, for ``--metrics`` and the totals.

Each number is read of columns once: rows and connections that were measured are not looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream.table import StreamMark
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.model.packet_store import NO_ROW
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I64

#: Upper bounds of the buckets, in seconds; the last one is without bound.
BOUNDS: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
#: Connections whose time is split at once, so that the event loop goes on; the others are next.
_SPLIT_AT_ONCE: Final = 64
#: Rows that are read at once.
_ROWS: Final = 1 << 18
_BOTH_FINS: Final = int(StreamMark.FIN_A | StreamMark.FIN_B)
_RESETS: Final = int(StreamMark.RST_A | StreamMark.RST_B)


@dataclass(slots=True)
class Histogram:
    """Times by bucket, of which each counts those up to its bound in `BOUNDS` and above the one before."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0
    """Their sum."""

    def add(self, times_ns: I64) -> None:
        """Count ``times_ns``, in nanoseconds."""
        places = np.searchsorted(np.array(BOUNDS), times_ns / NS_PER_S)
        for bucket, count in enumerate(np.bincount(places, minlength=len(self.counts)).tolist()):
            self.counts[bucket] += count
        self.seconds += int(times_ns.sum()) / NS_PER_S


class Measures:
    """The counts of one session; `read` brings them up to date."""

    def __init__(self, session: OpenCapture) -> None:
        self.rtt = Histogram()
        """Time until a segment was acknowledged, at the capture point; an entry for each."""
        self.think = Histogram()
        """Time that a connection's server took to respond, in all; an entry for each connection that has ended."""
        self.unsplit = 0
        """Connections that ended and were evicted before their time was split."""
        self._session = session
        self._next_row = 0
        self._split: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def read(self) -> None:
        """Measure what is new."""
        self._read_rows()
        self._read_ended()

    def _read_rows(self) -> None:
        store = self._session.store
        count = store.count
        while self._next_row < count:
            first = max(self._next_row, store.first)
            rows = slice(first, min(first + _ROWS, count))
            self._next_row = max(rows.stop, first)
            acked = store.acked[rows]
            there = acked >= max(store.first, NO_ROW + 1)
            times = store.time_ns[rows][there] - store.time_ns[acked[there]]
            self.rtt.add(times[times >= 0])

    def _read_ended(self) -> None:
        session, streams = self._session, self._session.streams
        count = streams.count
        if count > len(self._split):
            self._split = np.concatenate([self._split, np.zeros(max(count, 64), np.bool_)])
        places = streams.places(count)
        marks = streams.marks[places]
        numbers = np.arange(count) if isinstance(places, slice) else np.asarray(places)
        ended = ((marks & _BOTH_FINS) == _BOTH_FINS) | ((marks & _RESETS) != 0)
        new = numbers[ended & ~self._split[numbers]]
        whole = streams.evicted[new] == 0
        self.unsplit += int(np.count_nonzero(~whole))
        self._split[new[~whole]] = True
        times = []
        for stream in new[whole][:_SPLIT_AT_ONCE].tolist():
            self._split[stream] = True
            times.append(time_budget(view_of(session, stream)).parts[Part.SERVER_THINK])
        if times:
            self.think.add(np.array(times, np.int64))

    def states(self) -> dict[str, dict[str, int]]:
        """How many connections have each state, by end: ``client`` and ``server``."""
        streams = self._session.streams
        count = streams.count
        places = streams.places(count)
        chosen = np.arange(count) if isinstance(places, slice) else np.asarray(places)
        state_a, state_b = streams.last_states(self._session.store, chosen)
        is_b = streams.client_is_b[chosen] != 0
        ends = {"client": np.where(is_b, state_b, state_a), "server": np.where(is_b, state_a, state_b)}
        found = {}
        for end, states in ends.items():
            counts = np.bincount(states & STATE_MASK, minlength=len(TcpState))
            found[end] = {state.label: int(counts[state]) for state in TcpState if counts[state]}
        return found
