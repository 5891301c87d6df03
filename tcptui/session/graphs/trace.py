"""All segments of one connection as columns, with numbers that never wrap: what every graph of it is made from.

A trace grows with its connection: only packets that are new are read.  Why a segment was sent again is judged with all
packets of the connection, so those judgements are made anew whenever a segment came that looks sent again, or that may
tell more about the last one that did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.access.stream_rows import place_of
from tcptui.analysis.resend.classify import resends
from tcptui.analysis.resend.copies import REPORT_REACH
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.unwrapped_seq import NOTHING, continued
from tcptui.analysis.stream.view import view_stream
from tcptui.model.packet_store import DecodeIssue, OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, I64

#: Sides of a connection, as in ``view.from_server``.
CLIENT: Final = 0
SERVER: Final = 1
SIDES: Final = ("client", "server")


class GrowingColumns:
    """Named arrays of ``count`` rows; slices handed out stay valid, and unchanged but for what is written to them."""

    def __init__(self, dtypes: Mapping[str, type[np.generic]]) -> None:
        self.count = 0
        self._room: dict[str, NDArray[Any]] = {name: np.zeros(0, dtype) for name, dtype in dtypes.items()}

    def append(self, more: Mapping[str, NDArray[Any]]) -> None:
        """Append one array a column, all of the same length."""
        length = len(next(iter(more.values())))
        count = self.count + length
        for name, room in self._room.items():
            known = room
            if count > len(room):
                known = self._room[name] = np.zeros(count + count // 2, room.dtype)
                known[: self.count] = room[: self.count]
            known[self.count : count] = more[name]
        self.count = count

    def column(self, name: str) -> NDArray[Any]:
        """The rows of the column ``name`` so far."""
        return self._room[name][: self.count]


class SegmentKind(IntEnum):
    """The kind of a segment in a time-sequence graph of its sender."""

    ACK = 0
    """Takes no sequence numbers: it only acknowledges."""
    DATA = 1
    RETRANSMISSION = 2
    """Sent again; its cause says why."""
    DUPLICATE = 3
    """The same transmission seen twice: a copy of the network, or of the recorder."""
    OUT_OF_ORDER = 4
    """Late, but not sent again."""
    KEEP_ALIVE = 5
    ZERO_WINDOW_PROBE = 6
    SYN = 7
    FIN = 8
    RST = 9


#: The causes that make a retransmission, and the kinds of those that are something else.
RESENT: Final = frozenset(
    (
        ResendCause.UNKNOWN,
        ResendCause.FAST_RECOVERY,
        ResendCause.RTO,
        ResendCause.TAIL_LOSS_PROBE,
        ResendCause.SYN_RETRY,
    )
)
_KIND_OF: Final = {
    **dict.fromkeys(RESENT, SegmentKind.RETRANSMISSION),
    ResendCause.ZERO_WINDOW_PROBE: SegmentKind.ZERO_WINDOW_PROBE,
    ResendCause.KEEP_ALIVE: SegmentKind.KEEP_ALIVE,
    ResendCause.NETWORK_DUPLICATE: SegmentKind.DUPLICATE,
}
#: Nothing was measured, or nothing is known.
NO_VALUE: Final = -1

_COLUMNS: Final[dict[str, type[np.generic]]] = {
    "row": np.int32, "frame": np.uint32, "time_ns": np.int64, "from_server": np.bool_, "low": np.int64,
    "high": np.int64, "ack": np.int64, "window": np.int64, "length": np.int32, "flags": np.uint16,
    "verdict": np.uint32, "options": np.uint16, "sack_low": np.int64, "sack_high": np.int64, "in_flight": np.int64,
    "rtt_ns": np.int64, "source": np.int32, "kind": np.uint8, "cause": np.uint8,
}  # fmt: skip
#: Segments whose length is judged with all packets of the connection: where there are any, no part is read alone.
_BY_WHOLE: Final = int(DecodeIssue.ZERO_FILLED | DecodeIssue.LENGTH_FORGOTTEN)
_CUT: Final = int(DecodeIssue.HEADER_CUT)
_ACKING: Final = ACK | RST
_SACKS: Final = int(OptionBit.SACK | OptionBit.DSACK)


@dataclass(slots=True)
class _Numbers:
    """How far the numbers of one side have been unwrapped."""

    seq: int = 0
    ack: int = 0


@dataclass(slots=True)
class _CacheKey:
    """What a trace was made from; another value means that it is made anew."""

    first: int
    """The connection's first packet that is not evicted."""
    client_is_b: int
    scales: tuple[int, int]


@dataclass(slots=True)
class _State:
    """Where the columns end."""

    columns: GrowingColumns = field(default_factory=lambda: GrowingColumns(_COLUMNS))
    numbers: tuple[_Numbers, _Numbers] = field(default_factory=lambda: (_Numbers(), _Numbers()))
    known: _CacheKey | None = None
    clock: int = -(1 << 62)
    """The latest time so far."""
    suspicious: int = -1
    """Index of the last segment that looked sent again; -1: none did."""
    judged: int = 0
    """How many segments there were when resends were last judged."""


class StreamTrace:
    """The segments of ``stream``; one thread at a time may `grow` it.

    Columns have one entry a segment, in the order of capture; ``from_server`` says who sent it.  Times are nanoseconds
    since the connection's first packet.  ``low`` to ``high`` are the numbers that the segment takes, relative to the
    first SYN and continued beyond 2**32.  ``ack`` and the first SACK block's ``sack_low`` and ``sack_high`` are numbers
    of the other side (`NOTHING` without).  ``window`` is in bytes.  ``in_flight`` is Wireshark's bytes in flight,
    ``rtt_ns`` the time since the segment that this one acknowledges, which has the index ``source``; `NO_VALUE`
    without.  ``kind`` is a `SegmentKind`, ``cause`` a `ResendCause`.
    """

    def __init__(self, session: OpenCapture, stream: int) -> None:
        self._session = session
        self.stream = stream
        self._state = _State()
        self.made_anew = 0
        """How often it had to be read from its first packet: once, and after evictions."""

    @property
    def count(self) -> int:
        """Number of segments."""
        return self._state.columns.count

    def column(self, name: str) -> NDArray[Any]:
        """The column ``name``; treat it as read-only."""
        return self._state.columns.column(name)

    @property
    def scales(self) -> tuple[int, int]:
        """The window scales of client and server in force (`StreamView.scale_client`)."""
        return (0, 0) if self._state.known is None else self._state.known.scales

    @property
    def irtt_ns(self) -> int:
        """The handshake's round-trip time; 0 when it is not known."""
        return max(0, int(self._session.streams.irtt_ns[self.stream]))

    def grow(self) -> bool:
        """Read what is new; returns whether there was anything, or something known has changed."""
        rows, state = self._session.rows_of(self.stream), self._state
        streams = self._session.streams
        whole = self._view(rows[:0])
        known = _CacheKey(
            int(rows[0]) if len(rows) else -1,
            int(streams.client_is_b[self.stream]),
            (whole.scale_client, whole.scale_server),
        )
        begin = 0
        if known == state.known and state.columns.count:
            begin = place_of(rows, int(state.columns.column("row")[-1]), after=True)
            if begin == len(rows):
                return False
        view = self._view(rows[begin:])
        if begin and (view.issues & _BY_WHOLE).any():
            begin, view = 0, self._view(rows)
        if begin == 0:
            state = _State(known=known)
            self.made_anew += 1
        if not len(view):
            self._state = state
            return False
        self._append(state, view)
        self._judge(state, rows)
        if (view.issues & _BY_WHOLE).any():
            state.known = None
        self._state = state
        return True

    def _view(self, rows: I32) -> StreamView:
        return view_stream(self._session.store, self._session.streams, self.stream, rows)

    def _append(self, state: _State, view: StreamView) -> None:
        store, began = self._session.store, int(self._session.streams.began_ns[self.stream])
        before = state.columns.count
        rows = view.rows
        low, ack = np.zeros(len(view), np.int64), np.full(len(view), NOTHING, np.int64)
        for side, numbers in enumerate(state.numbers):
            mine = np.flatnonzero(view.from_server == bool(side))
            if len(mine):
                low[mine] = continued(view.seq[mine], numbers.seq)
                numbers.seq = int(low[mine[-1]])
            acking = mine[(view.flags[mine] & _ACKING) == ACK]
            if len(acking):
                ack[acking] = continued(view.ack[acking], numbers.ack)
                numbers.ack = int(ack[acking[-1]])
        known_rows = np.concatenate((state.columns.column("row"), rows))
        rtt_ns, source = np.full(len(view), NO_VALUE, np.int64), np.full(len(view), NO_VALUE, np.int32)
        measured = np.flatnonzero(view.acked >= 0)
        places = known_rows.searchsorted(view.acked[measured])
        found = places < len(known_rows)
        found[found] = known_rows[places[found]] == view.acked[measured][found]
        measured, places = measured[found], places[found]
        source[measured] = places
        rtt_ns[measured] = view.time_ns[measured] - store.time_ns[known_rows[places]]
        flight = store.bytes_in_flight[rows].astype(np.int64)
        sack_low, sack_high = _sack(view, ack)
        state.columns.append(
            {
                "row": rows, "frame": view.frame, "time_ns": view.time_ns - began, "from_server": view.from_server,
                "low": low, "high": low + (view.end - view.seq), "ack": ack, "window": view.window,
                "length": view.length, "flags": view.flags, "verdict": view.verdict, "options": view.options,
                "sack_low": sack_low, "sack_high": sack_high,
                "in_flight": np.where(flight > 0, flight, NO_VALUE), "rtt_ns": rtt_ns, "source": source,
                "kind": _plain_kinds(view), "cause": np.zeros(len(view), np.uint8),
            }
        )  # fmt: skip
        looks_resent = ((view.verdict & SUSPICIOUS) != 0) | ((view.issues & _CUT) != 0)
        if looks_resent.any():
            state.suspicious = before + int(np.flatnonzero(looks_resent)[-1])

    def _judge(self, state: _State, rows: I32) -> None:
        """Say of the segments that look sent again what they are, if anything new can be said."""
        if state.suspicious < 0 or state.judged > state.suspicious + REPORT_REACH:
            return
        kind, cause = state.columns.column("kind"), state.columns.column("cause")
        for resend in resends(self._view(rows)):
            if resend.index >= len(kind):
                break
            cause[resend.index] = resend.cause
            late = SegmentKind.DUPLICATE if resend.copy else SegmentKind.OUT_OF_ORDER
            kind[resend.index] = _KIND_OF.get(resend.cause, late)
        state.judged = state.columns.count


def _plain_kinds(view: StreamView) -> NDArray[np.uint8]:
    """The kinds of segments as if none was sent again."""
    kinds = np.where(view.end != view.seq, np.uint8(SegmentKind.DATA), np.uint8(SegmentKind.ACK))
    for flag, kind in ((FIN, SegmentKind.FIN), (SYN, SegmentKind.SYN), (RST, SegmentKind.RST)):
        kinds[(view.flags & flag) != 0] = kind
    return kinds


def _sack(view: StreamView, ack: I64) -> tuple[I64, I64]:
    """The first SACK block of each segment; `NOTHING` twice without one."""
    low, high = np.full(len(view), NOTHING, np.int64), np.full(len(view), NOTHING, np.int64)
    some = np.flatnonzero(((view.options & _SACKS) != 0) & (ack != NOTHING) & (view.sack_left != view.sack_right))
    if len(some):
        base = view.ack[some]
        low[some] = ack[some] + (view.sack_left[some] - base).view(np.int32)
        high[some] = ack[some] + (view.sack_right[some] - base).view(np.int32)
    return low, high
