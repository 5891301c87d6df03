"""The path between the two hosts: a loop that carries Ethernet frames under scripted rules.

One process holds both TAP descriptors.  It notes what each end sent and was given, in order; the
kernel's trace supplies the times (`cases.recorder.captures`), because a capture must show when a
frame passed the interface, not when this loop got round to it.
"""

from __future__ import annotations

import contextlib
import gc
import heapq
import os
import select
import time
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import End, Host
from cases.recorder.rules import NANOSECONDS, Passage, Rate, Rule, apply
from cases.recorder.segment import Flag, Segment, aged, belongs_in_capture, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SEQ_MASK: Final = 0xFFFF_FFFF
FRAME_LIMIT: Final = 200_000
"""A scenario that needs more frames than this has run away."""
LARGEST_FRAME: Final = 65_536
REAL_TIME_PRIORITY: Final = 10


class Origin(Enum):
    """Why an end was given a frame."""

    SENT = "sent"
    COPY = "copy"
    INJECTED = "injected"


@dataclass(slots=True)
class SentFrame:
    """A frame as the link took it from an end."""

    sender: End
    frame: bytes
    captured: bool
    """False when the capture at the sender is to miss it, or it is not TCP."""
    passage: Passage | None
    """None for what is not TCP; of that only ICMP messages and DNS are carried on."""
    taken_ns: int = 0
    """Monotonic time when the link had it; 0 when it was not carried on any more."""


@dataclass(slots=True)
class Delivery:
    """A frame on its way to an end."""

    receiver: End
    frame: bytes
    origin: Origin
    sent: int
    """Index into what the other end sent; -1 for an injected frame."""
    captured: bool


@dataclass(slots=True)
class _Flow:
    """One connection, as far as rules need to know it."""

    number: int
    first_seq: dict[End, int] = field(default_factory=dict)
    highest: dict[End, int] = field(default_factory=dict)
    """Relative number after the last byte sent."""


class RunawayError(RuntimeError):
    """The scenario sent far more frames than any lesson needs."""


class Link:
    """Forwards frames between two hosts until told to stop."""

    def __init__(
        self,
        hosts: Mapping[End, Host],
        rules: Sequence[Rule],
        delays: Mapping[End, float],
        rates: Sequence[Rate] = (),
        hops: int = 0,
    ) -> None:
        """``delays``: seconds that a frame of each sender travels; ``hops``: routers on the way."""
        self._taps = {end: host.tap for end, host in hosts.items()}
        self._rules = rules
        self._delay_ns = {end: round(seconds * NANOSECONDS) for end, seconds in delays.items()}
        self._rates = {rate.sender: rate for rate in rates}
        self._line_free_ns = dict.fromkeys(End, 0)
        self._hops = hops
        self._flows: dict[tuple[int, int], _Flow] = {}
        self._due: list[tuple[int, int, Delivery]] = []
        self._order = 0
        self._held: dict[End, list[tuple[int, list[Delivery]]]] = defaultdict(list)
        self.start_ns = 0
        """Monotonic time of the scenario's second 0."""
        self.sent: dict[End, list[SentFrame]] = {end: [] for end in End}
        self.delivered: dict[End, list[Delivery]] = {end: [] for end in End}
        self.late_ns = 0
        """How much too late, at worst, a frame was handed over and taken by the kernel, or this loop came round."""

    def run(self, finished: Callable[[int], bool], wake: Sequence[int] = ()) -> None:
        """Carries frames until ``finished(now)``; it is asked after every event and every 20 ms.

        ``wake`` are descriptors whose readiness is an event too (the programs' ends).
        """
        with contextlib.suppress(PermissionError):
            # A frame must not wait for other programs of this machine; whoever this process starts is not privileged.
            os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(REAL_TIME_PRIORITY))
        gc.disable()
        try:
            self._loop(finished, list(self._taps.values()), list(wake))
        finally:
            gc.enable()
            with contextlib.suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    def _loop(self, finished: Callable[[int], bool], taps: list[int], wake: list[int]) -> None:
        while True:
            now = time.monotonic_ns()
            if finished(now):
                return
            next_ns = min(self._due[0][0] if self._due else now + 20_000_000, now + 20_000_000)
            ready, _, _ = select.select(taps + wake, (), (), max(next_ns - now, 0) / NANOSECONDS)
            if self.start_ns:  # a machine that stood still did so for the hosts' timers, too
                self.late_ns = max(self.late_ns, time.monotonic_ns() - max(next_ns, now))
            wake = [descriptor for descriptor in wake if descriptor not in ready]
            for end in End:
                if self._taps[end] in ready:
                    self._take_all(end)
            self._hand_over()

    def drain(self) -> None:
        """Takes what still waits in the devices, so that the account is complete; carries nothing on."""
        for end in End:
            self._take_all(end, forward=False)

    # -- from an end --------------------------------------------------------------

    def _take_all(self, end: End, forward: bool = True) -> None:
        while True:
            try:
                frame = os.read(self._taps[end], LARGEST_FRAME)
            except BlockingIOError:
                return
            if len(self.sent[end]) >= FRAME_LIMIT:
                raise RunawayError(f"{end.value} sent {FRAME_LIMIT} frames")
            self._take(end, frame, time.monotonic_ns(), forward)

    def _take(self, end: End, frame: bytes, now: int, forward: bool) -> None:
        segment = parse(frame)
        if segment is None or not forward:
            taken_ns = now if forward else 0
            self.sent[end].append(SentFrame(end, frame, forward and belongs_in_capture(frame), None, taken_ns))
            if forward and belongs_in_capture(frame):
                self._send_unruled(end, frame, now)
            return
        passage = self._passage(end, frame, segment, now)
        apply(self._rules, passage)
        index = len(self.sent[end])
        self.sent[end].append(SentFrame(end, frame, end not in passage.missed_by, passage, now))
        for toward, made, after_ns in passage.injected:
            self._schedule(now + after_ns, Delivery(toward, made, Origin.INJECTED, -1, toward not in passage.missed_by))
        if passage.dropped is None:
            self._send_on(passage, index, now)

    def _passage(self, end: End, frame: bytes, segment: Segment, now: int) -> Passage:
        ports = (segment.source_port, segment.destination_port)
        key = ports if end is End.CLIENT else ports[::-1]
        opens = bool(segment.flags & Flag.SYN) and not segment.flags & Flag.ACK
        flow = self._flows.get(key)
        if flow is None or (opens and end in flow.first_seq and flow.first_seq[end] != segment.seq):
            flow = self._flows[key] = _Flow(0 if flow is None and not self._flows else self._connections())
        first = flow.first_seq.setdefault(end, segment.seq)
        offset = (segment.seq - first) & SEQ_MASK
        upto = offset + segment.space
        new = segment.space == 0 or upto > flow.highest.get(end, 0)
        flow.highest[end] = max(upto, flow.highest.get(end, 0))
        return Passage(end, frame, segment, (now - self.start_ns) / NANOSECONDS, flow.number, offset, new)

    def _connections(self) -> int:
        return max(flow.number for flow in self._flows.values()) + 1

    def _send_on(self, passage: Passage, index: int, now: int) -> None:
        end = passage.sender
        due = now
        rate = self._rates.get(end)
        if rate is not None:
            begin = max(now, self._line_free_ns[end])
            waiting_bytes = (begin - now) * rate.bits_per_second / 8 / NANOSECONDS
            if waiting_bytes + len(passage.frame) > rate.queue_bytes:
                passage.dropped = "queue full"
                return
            self._line_free_ns[end] = begin + round(len(passage.frame) * 8 * NANOSECONDS / rate.bits_per_second)
            due = self._line_free_ns[end]
        due += self._delay_ns[end] + passage.extra_delay_ns
        frame = aged(passage.frame, self._hops) if self._hops else passage.frame
        receiver = end.other
        captured = receiver not in passage.missed_by
        deliveries = [Delivery(receiver, frame, Origin.SENT, index, captured)]
        copies = [Delivery(receiver, frame, Origin.COPY, index, captured) for _ in passage.copies]
        if passage.behind:
            self._held[end].append((passage.behind, deliveries + copies))
            return
        self._schedule(due, deliveries[0])
        for after_ns, copy in zip(passage.copies, copies, strict=True):
            self._schedule(due + after_ns, copy)
        self._release_held(end, due)

    def _send_unruled(self, end: End, frame: bytes, now: int) -> None:
        """Carries a host's ICMP message, or DNS over UDP; rules are about TCP and do not see it."""
        older = aged(frame, self._hops) if self._hops else frame
        index = len(self.sent[end]) - 1
        self._schedule(now + self._delay_ns[end], Delivery(end.other, older, Origin.SENT, index, captured=True))

    def _release_held(self, end: End, due: int) -> None:
        waiting = []
        for behind, deliveries in self._held[end]:
            if behind > 1:
                waiting.append((behind - 1, deliveries))
                continue
            for delivery in deliveries:
                self._schedule(due, delivery)
        self._held[end] = waiting

    # -- to an end ----------------------------------------------------------------

    def _schedule(self, due: int, delivery: Delivery) -> None:
        self._order += 1
        heapq.heappush(self._due, (due, self._order, delivery))

    def _hand_over(self) -> None:
        """Gives both ends what is due; what they send meanwhile is taken in between."""
        while self._due and self._due[0][0] <= time.monotonic_ns():
            due, _, delivery = heapq.heappop(self._due)
            os.write(self._taps[delivery.receiver], delivery.frame)
            self.late_ns = max(self.late_ns, time.monotonic_ns() - due)
            self.delivered[delivery.receiver].append(delivery)
            self._take_all(delivery.receiver)

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._due
