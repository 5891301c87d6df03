"""The kernel's events of an open capture's packets, and whether it agrees with why segments were retransmitted."""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.access.kernel_events.companion import Unusable, UnusableError, read_companion
from tcptui.access.kernel_events.log import ConnectionKey, KernelLog, connection_key, reason_text
from tcptui.access.kernel_events.ties import (
    LARGEST_SLACK_NS,
    LOST_WINDOW_NS,
    SENT_WINDOW_NS,
    Untied,
    tie_sent,
    tie_taken,
)
from tcptui.access.open_capture import rows_seen
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.model.kernel_event import KernelCause, KernelEventKind
from tcptui.model.packet_store import RowKind
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import ACK, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.access.open_capture import JudgedCapture, OpenCapture

_MAPPED: Final = bytes(10) + b"\xff\xff"
#: What a screen shows of a growing connection is at most so old, in seconds, and so many times what it costs.
_OLD_SECONDS: Final = 0.25
_SHARE: Final = 20
#: Connections whose ties are kept.
_KEPT: Final = 1024
#: What of our causes is the same as the kernel's.
SAME: Final = {
    KernelCause.RTO: frozenset({ResendCause.RTO, ResendCause.SYN_RETRY}),
    KernelCause.FAST_RECOVERY: frozenset({ResendCause.FAST_RECOVERY}),
    KernelCause.TAIL_LOSS_PROBE: frozenset({ResendCause.TAIL_LOSS_PROBE}),
}
#: Ours that claim nothing.
_UNDECIDED: Final = frozenset({ResendCause.NOT_RESENT, ResendCause.UNKNOWN})
#: Events that are tied, each with whether its packet comes from ``source`` of the record.
_SENT: Final = (KernelEventKind.RETRANSMIT, KernelEventKind.SYN_ACK_RETRANSMIT, KernelEventKind.RESET_SENT)
#: Those that tell why a segment was sent again.
CAUSED: Final = (KernelEventKind.RETRANSMIT, KernelEventKind.SYN_ACK_RETRANSMIT)
_TAKEN: Final = (KernelEventKind.DROP, KernelEventKind.BAD_CHECKSUM)
TIED: Final = (*_SENT, KernelEventKind.RESET_RECEIVED, *_TAKEN)


@dataclass(frozen=True, slots=True)
class TiedEvent:
    """One event about one packet."""

    kind: KernelEventKind
    cause: KernelCause
    """Cause of a RETRANSMIT or SYN_ACK_RETRANSMIT."""
    reason: str
    """The kernel's name, of a reset or a drop; empty: it has none."""


@dataclass(slots=True)
class StreamEvents:
    """The events of one connection, by the row of their packet, and how many are of none."""

    by_row: dict[int, tuple[TiedEvent, ...]] = field(default_factory=dict)
    untied: dict[tuple[KernelEventKind, Untied], int] = field(default_factory=dict)


@dataclass(slots=True)
class Agreement:
    """A comparison of the kernel's causes with ours; `pairs` counts (kernel's, ours)."""

    pairs: dict[tuple[KernelCause, ResendCause], int] = field(default_factory=dict)
    agree: int = 0
    differ: int = 0
    undecided: int = 0
    """One of both does not tell."""

    def add(self, kernel: KernelCause, ours: ResendCause, packets: int = 1) -> None:
        """Count ``packets``."""
        self.pairs[kernel, ours] = self.pairs.get((kernel, ours), 0) + packets
        verdict = agrees(kernel, ours)
        if verdict is None:
            self.undecided += packets
        elif verdict:
            self.agree += packets
        else:
            self.differ += packets


@dataclass(slots=True)
class KernelSummary:
    """The events of a whole capture, counted."""

    tied: int = 0
    agreement: Agreement = field(default_factory=Agreement)
    untied: dict[Untied, int] = field(default_factory=dict)
    reasons: dict[tuple[KernelEventKind, str], int] = field(default_factory=dict)
    """Resets and drops that are tied, by kind and reason."""
    lost: int = 0
    elsewhere: int = 0
    """Packets thrown away whose connection the kernel does not name."""
    began_late: bool = False
    """The capture has packets from before the trace began."""


def agrees(kernel: KernelCause, ours: ResendCause) -> bool | None:
    """True if both say the same of why a segment was sent again; None: one of them does not tell."""
    if kernel is KernelCause.UNKNOWN or ours in _UNDECIDED:
        return None
    return ours in SAME[kernel]


class KernelEvents:
    """The kernel's events of one open capture; one of each capture is in its `Indexes`."""

    def __init__(self) -> None:
        self.log: KernelLog | None = None
        """None: nothing was recorded."""
        self.unusable: Unusable | None = None
        """Why the file of them that is there is not used."""
        self._streams: dict[int, tuple[tuple[int, int], StreamEvents, float]] = {}
        """By stream: of how many rows and records, what was said, and until when a screen need not ask again."""

    @classmethod
    def of(cls, capture: OpenCapture) -> KernelEvents:
        """The events of ``capture``."""
        return capture.indexes.of(KernelEvents, KernelEvents)

    def read_companion(self, capture_file: Path) -> None:
        """Take the events in the file next to ``capture_file``; one that cannot be used is left out: `unusable`."""
        try:
            self.log = read_companion(capture_file)
        except UnusableError as error:
            self.unusable = error.why

    def about(self, capture: OpenCapture, stream: int, *, may_be_old: bool = False) -> StreamEvents:
        """The kernel's events about ``stream``, by row.

        With ``may_be_old`` that of a growing connection is brought up to date in a small part of the time at most.
        """
        log = self.log
        if log is None or stream < 0:
            return StreamEvents()
        log.grow()
        state = rows_seen(capture, stream), len(log)
        kept = self._streams.get(stream)
        began = time.monotonic()
        if kept is not None and (kept[0] == state or (may_be_old and began < kept[2])):
            return kept[1]
        rows = capture.rows_of(stream)
        made = StreamEvents()
        if len(rows) and log.has(key := stream_key(capture, int(rows[0]))):
            made = _tied(capture, rows, log.of(key), log.lost_ns)
        if len(self._streams) >= _KEPT:
            self._streams.clear()
        now = time.monotonic()
        self._streams[stream] = state, made, now + _OLD_SECONDS + _SHARE * (now - began)
        return made

    def about_row(self, capture: OpenCapture, row: int) -> tuple[TiedEvent, ...]:
        """The kernel's events about the packet in ``row``."""
        if self.log is None:
            return ()
        return self.about(capture, int(capture.store.stream[row]), may_be_old=True).by_row.get(row, ())

    def streams_with_events(self, capture: OpenCapture, streams: Iterable[int]) -> list[int]:
        """The ``streams`` that have events."""
        log = self.log
        if log is None:
            return []
        log.grow()
        found = []
        for stream in streams:
            if stream < 0:
                continue
            rows = capture.rows_of(stream)
            if len(rows) and log.has(stream_key(capture, int(rows[0]))):
                found.append(stream)
        return found

    def agreement(self, capture: JudgedCapture, stream: int) -> Agreement:
        """How often the kernel's cause of a retransmission is ours, in ``stream``, which is judged for that."""
        counted = Agreement()
        if not any(one.kind in CAUSED for said in self.about(capture, stream).by_row.values() for one in said):
            return counted
        capture.findings(stream)  # causes are found when a connection is judged
        for row, sayings in self.about(capture, stream).by_row.items():
            for saying in sayings:
                if saying.kind in CAUSED:
                    counted.add(saying.cause, ResendCause(int(capture.store.cause[row])))
        return counted

    def summary(self, capture: JudgedCapture) -> KernelSummary | None:
        """A summary of the events of the whole capture; None: nothing was recorded."""
        log = self.log
        if log is None:
            return None
        made = KernelSummary()
        for stream in self.streams_with_events(capture, range(capture.streams.count)):
            about = self.about(capture, stream)
            for sayings in about.by_row.values():
                made.tied += len(sayings)
                for one in sayings:
                    if one.reason:
                        name = one.kind, one.reason
                        made.reasons[name] = made.reasons.get(name, 0) + 1
            for pair, count in self.agreement(capture, stream).pairs.items():
                made.agreement.add(*pair, count)
            for (_kind, why), count in about.untied.items():
                made.untied[why] = made.untied.get(why, 0) + count
        made.lost, made.elsewhere = log.lost, sum(log.elsewhere.values())
        store = capture.store
        if log.began_ns is not None and store.count > store.first:
            made.began_late = int(store.time_ns[store.first]) < log.began_ns
        return made


def stream_key(capture: OpenCapture, row: int) -> ConnectionKey:
    """The key of the connection of the packet in ``row``."""
    a, b = capture.flows.endpoints(int(capture.store.flow[row]))
    return connection_key(_sixteen(a.address), a.port, _sixteen(b.address), b.port)


def _sixteen(address: bytes) -> bytes:
    return address if len(address) == 16 else _MAPPED + address


def _ties(
    events: NDArray[Any], kind: KernelEventKind, packets: list[int], may: list[bool], lost_ns: list[int]
) -> list[tuple[int, ...] | Untied]:
    """For each of ``events``, all of a ``kind`` and an end, the indexes of its packets."""
    if len({int(one) for one in events["socket"] if one}) > 1:
        return [Untied.TWO_SOCKETS] * len(events)
    stamps = [(int(at), int(slack)) for at, slack in zip(events["time_ns"], events["slack_ns"], strict=True)]
    if kind in _TAKEN:
        soft = events["softirq"].tolist()
        ties = [
            tie_taken(stamp, packets) if in_soft else Untied.LATER for stamp, in_soft in zip(stamps, soft, strict=True)
        ]
    elif kind is KernelEventKind.RESET_RECEIVED:
        taken = [index for index, each in enumerate(may) if each]
        found = [tie_taken(stamp, [packets[index] for index in taken]) for stamp in stamps]
        ties = [each if isinstance(each, Untied) else (taken[each[0]],) for each in found]
    else:
        ties = tie_sent(stamps, packets, may)
    for place, (at, slack) in enumerate(stamps):
        near = bisect_left(lost_ns, at - LOST_WINDOW_NS)
        if near < len(lost_ns) and lost_ns[near] <= at + LOST_WINDOW_NS:
            ties[place] = Untied.LOST
        elif slack > LARGEST_SLACK_NS:
            ties[place] = Untied.CLOCK
    return ties


def _tied(capture: OpenCapture, rows: NDArray[np.int32], events: NDArray[Any], lost_ns: list[int]) -> StreamEvents:
    store = capture.store
    rows = rows[store.kind[rows] == RowKind.TCP]
    if not len(rows):
        return StreamEvents()
    rows = rows[np.argsort(store.time_ns[rows], kind="stable")]
    times = store.time_ns[rows]
    kinds = events["kind"]
    since, until = int(times[0]) - SENT_WINDOW_NS, int(times[-1]) + SENT_WINDOW_NS
    events = events[(events["time_ns"] >= since) & (events["time_ns"] <= until) & np.isin(kinds, TIED)]
    a, _b = capture.flows.endpoints(int(store.flow[rows[0]]))
    from_b = store.from_b[rows] != 0
    flags, verdict = store.flags[rows], store.verdict[rows]
    resent, is_reset = (verdict & SUSPICIOUS) != 0, (flags & RST) != 0
    is_about = {
        KernelEventKind.RETRANSMIT: resent,
        KernelEventKind.SYN_ACK_RETRANSMIT: resent & ((flags & (SYN | ACK)) == (SYN | ACK)),
        KernelEventKind.RESET_SENT: is_reset,
        KernelEventKind.RESET_RECEIVED: is_reset,
        KernelEventKind.DROP: np.ones(len(rows), np.bool_),
        KernelEventKind.BAD_CHECKSUM: np.ones(len(rows), np.bool_),
    }
    said: dict[int, list[TiedEvent]] = {}
    word = StreamEvents()
    for kind in TIED:
        of_kind = events[events["kind"] == kind]
        for sends_b in (False, True):
            # Of a reset that came the record's source is this host's end, too, which did not send it.
            source_is_a = sends_b if kind == KernelEventKind.RESET_RECEIVED else not sends_b
            mine = of_kind[_is_from(of_kind, a.port, _sixteen(a.address)) == source_is_a]
            if not len(mine):
                continue
            sent = np.flatnonzero(from_b == sends_b)
            may = is_about[kind][sent].tolist()
            for event, tie in zip(mine, _ties(mine, kind, times[sent].tolist(), may, lost_ns), strict=True):
                if isinstance(tie, Untied):
                    word.untied[kind, tie] = word.untied.get((kind, tie), 0) + 1
                    continue
                saying = TiedEvent(kind, KernelCause(int(event["cause"])), reason_text(event["reason"]))
                for index in tie:
                    said.setdefault(int(rows[sent[index]]), []).append(saying)
    word.by_row = {row: tuple(found) for row, found in said.items()}
    return word


def _is_from(events: NDArray[Any], port: int, address: bytes) -> NDArray[np.bool_]:
    """True if ``source`` of each event is the end with ``address`` and ``port``."""
    same = np.array([bytes(one) == address for one in events["source"]], np.bool_)
    same &= events["source_port"] == port
    return same
