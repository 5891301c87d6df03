"""Transfers between a simple sender and a simple receiver, as trace lines (`traces`) of a capture at the sender.

Every segment is acknowledged at once.  The way has one line with a queue; losses are repaired by fast retransmission,
as by NewReno with SACK (RFC 6675 in short).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = 1_000
FIRST_MS = 100.0
"""When the first data is sent."""


@dataclass
class Transfer:
    """What is sent how; run it once with `lines`."""

    segments: int = 400
    rtt_ms: float = 40.0
    window: Callable[[float], int] = lambda _now: 1_000_000
    """Bytes that the receiver offers at a time (ms)."""
    scale: int | None = 8
    """Window scale of both ends; None: the server has none."""
    first: float = 10.0
    """Congestion window at first, in segments."""
    threshold: float = 1e9
    """Slow start ends at so many."""
    most: float = 1e9
    """Flights of more segments than this are not sent: a send buffer."""
    service_ms: float = 0.0
    """How long the line takes for a segment."""
    queue: int = 1_000_000
    """Segments that wait before it; more are dropped."""
    drops: Callable[[int, float], bool] = lambda _number, _now: False
    """Whether the first copy of a segment is lost, by its number and the time (ms)."""
    available: Callable[[float], int] = lambda _now: 1_000_000
    """How many segments the program has handed over by a time (ms)."""
    wakes_ms: tuple[float, ...] = ()
    """When it hands over more."""
    pace_ms: float = 0.0
    """Least distance of segments."""

    _events: list[tuple[float, int, str, int]] = field(default_factory=list)
    _free_ms: float = 0.0

    def lines(self) -> list[str]:
        """The trace, handshake included."""
        options = "" if self.scale is None else f"scale={self.scale}"
        rtt = self.rtt_ms
        begin = ["0 C S 0 0 scale=8 sackok=1", f"{rtt} S SA 0 1 {options} sackok=1", f"{rtt + 0.05} C A 1 1"]
        return [*begin, *(line for _, line in sorted(self._run(), key=lambda each: each[0]))]

    def _offered(self, now: float) -> int:
        return min(self.window(now) >> (self.scale or 0), 65_535)

    def _run(self) -> Iterator[tuple[float, str]]:
        heap, order = self._events, 0
        cwnd, threshold, una, following, repeats, recover, paced = self.first, self.threshold, 0, 0, 0, -1, 0.0
        received: set[int] = set()
        edge = self._offered(0) << (self.scale or 0)
        for wake in (FIRST_MS, *self.wakes_ms):
            order += 1
            heapq.heappush(heap, (wake, order, "wake", 0))
        delivered = 0
        while heap:
            now, _, kind, number = heapq.heappop(heap)
            send: list[int] = []
            if kind == "arrive":
                received.add(number)
                while delivered in received:
                    delivered += 1
                order += 1
                heapq.heappush(heap, (now + self.rtt_ms, order, "ack", delivered))
                continue
            if kind == "ack":
                beyond = [one for one in received if one > number]
                sack = (
                    f" sack={1 + min(beyond) * SIZE}:{1 + (min(beyond) + 1) * SIZE}" if beyond and number <= una else ""
                )
                yield now, f"{now:.4f} S A 1 {1 + number * SIZE} win={self._offered(now)}{sack}"
                edge = max(edge, number * SIZE + (self._offered(now) << (self.scale or 0)))
                if number > una:
                    una, repeats = number, 0
                    if una <= recover:
                        send.append(una)
                    else:
                        recover = -1
                        cwnd += 1 if cwnd < threshold else 1 / cwnd
                elif following > una:
                    repeats += 1
                    if repeats == 3 and recover < 0:
                        recover, cwnd = following - 1, max(cwnd / 2, 2)
                        threshold = cwnd
                        send.append(una)
            for again in send:
                yield now + 0.01, f"{now + 0.01:.4f} C A {1 + again * SIZE} 1 {SIZE}"
                order += 1
                self._pass_on(now, order, again)
            flight = following - una - (len([one for one in received if one > una]) if recover >= 0 else 0)
            while (
                following < min(self.segments, self.available(now))
                and flight < min(cwnd, self.most)
                and (following + 1) * SIZE <= edge
            ):
                at = max(now + 0.02, paced)
                if at > now + 0.02:
                    order += 1
                    heapq.heappush(heap, (at, order, "wake", 0))
                    break
                last = following + 1 == min(self.segments, self.available(now))
                yield at, f"{at + flight / 1e3:.4f} C {'PA' if last else 'A'} {1 + following * SIZE} 1 {SIZE}"
                paced = at + self.pace_ms
                order += 1
                if not self.drops(following, at):
                    self._pass_on(at, order, following)
                following, flight = following + 1, flight + 1

    def _pass_on(self, now: float, order: int, number: int) -> None:
        begin = max(now, self._free_ms)
        if self.service_ms and (begin - now) / self.service_ms > self.queue:
            return
        self._free_ms = begin + self.service_ms
        heapq.heappush(self._events, (self._free_ms, order, "arrive", number))


class Bucket:
    """Drops what is above a rate: a token bucket without a queue."""

    def __init__(self, per_ms: float, burst: int) -> None:
        """Segments a millisecond, and at once."""
        self._rate, self._burst, self._tokens, self._at = per_ms, burst, float(burst), 0.0

    def __call__(self, _number: int, now: float) -> bool:
        """Whether the segment is dropped."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return True
        self._tokens -= 1
        return False
