"""Data that a program hands over piece by piece, as trace lines (`traces`) of a capture anywhere on the way.

The client sends, by Linux' rules in short: what it is handed is cut into whole segments and a rest, the last byte of
each piece has PSH unless more of its data waits behind it, and Nagle's algorithm is off.  Nothing is lost.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MSS = 1_448
SCALE = 7


@dataclass
class Written:
    """What is handed over when, and how it is sent; run it once with `lines`."""

    pieces: Sequence[tuple[float, int]]
    """When (ms) how many bytes are handed over, in order of time."""
    corked: bool = False
    """No piece ends with PSH, but the last one; only whole segments leave before it."""
    rtt_ms: float = 40.0
    place: float = 0.0
    """Where the capture is made: 0 at the sender, 1 at the receiver."""
    stamps: bool = True
    opened: bool = True
    """Whether the capture has the handshake."""
    first: float = 10.0
    """Congestion window at first, in segments; it grows by one with each that is acknowledged …"""
    most: float = 1e9
    """… up to so many."""
    window: int = 4_000_000
    """Bytes that the receiver offers."""
    service_ms: float = 0.0
    """How long the line takes for a whole segment, behind a capture at the sender and before one elsewhere."""
    every: int = 2
    """The receiver acknowledges each so-many-th segment …"""
    delayed_ms: float = 40.0
    """… and others so much later."""
    pace_ms: float = 0.0
    """Least distance of whole segments."""

    def lines(self) -> list[str]:
        """The trace."""
        self._out: list[tuple[float, int, str]] = []
        self._number = 0
        self.held_ms = dict.fromkeys(("program", "cwnd", "window", "pace"), 0.0)
        """For how long (ms) of the time between segments the sender waited for what."""
        if self.opened:
            self._emit(0, "C", "S", 0, 0, 0, f"scale={SCALE} sackok=1")
            self._emit(self.rtt_ms / 2, "S", "SA", 0, 1, 0, f"scale={SCALE} sackok=1")
            self._emit(self.rtt_ms + 0.05, "C", "A", 1, 1, 0)
        self._run(self.rtt_ms + 1)
        return [line for _, _, line in sorted(self._out)]

    def _stamp(self, now: float, sender: str) -> int:
        return int(now) + (5_000 if sender == "C" else 90_000)

    def _emit(self, now: float, sender: str, flags: str, seq: int, ack: int, length: int, more: str = "") -> None:
        """A segment that leaves its sender's end at ``now``."""
        way = self.rtt_ms / 2
        passed = now + way * (self.place if sender == "C" else 1 - self.place)
        echo = "" if not self.stamps else f" ts={self._stamp(now, sender)},{self._echoed[sender]}"
        if "S" in flags:
            self._echoed["S"] = self._stamp(0, "C")
        self._note(passed, f"{sender} {flags} {seq} {ack}{f' {length}' if length else ''}{echo} {more}")

    def _note(self, at: float, rest: str) -> None:
        self._number += 1
        win = f" win={min(self.window >> (0 if 'scale=' in rest else SCALE), 65_535)}"
        self._out.append((at, self._number, f"{at:.4f} {rest}{win}"))

    def __post_init__(self) -> None:
        self._echoed = {"C": 0, "S": 0}

    def _run(self, begin: float) -> None:
        events: list[tuple[float, int, str, tuple[float, ...]]] = []
        order = 0

        def later(at: float, kind: str, *facts: float) -> None:
            nonlocal order
            order += 1
            heapq.heappush(events, (at, order, kind, facts))

        for at, size in self.pieces:
            later(begin + at, "write", size)
        way = self.rtt_ms / 2
        ends: list[int] = []
        written = sent = una = 0
        cwnd, paced, free, armed = self.first, 0.0, 0.0, -1.0
        sizes: list[tuple[int, int]] = []  # end and length of each segment under way
        received, unacked = 0, 0
        since: dict[str, float] = {}
        total = sum(size for _, size in self.pieces)
        while events:
            now, _, kind, facts = heapq.heappop(events)
            if kind == "write":
                written += int(facts[0])
                ends.append(written)
            elif kind == "arrive":
                end, stamp = int(facts[0]), int(facts[1])
                received, unacked = end, unacked + 1
                if unacked == 1:
                    self._echoed["S"] = stamp
                if unacked >= self.every:
                    later(now, "acknowledge")
                elif armed < 0:
                    armed = now
                    later(now + self.delayed_ms, "timer", now)
                continue
            elif kind in ("acknowledge", "timer"):
                if not unacked or (kind == "timer" and armed != facts[0]):
                    continue
                unacked, armed, now = 0, -1.0, now + 0.02
                self._emit(now, "S", "A", 1, 1 + received, 0)
                later(now + way, "ack", received, self._stamp(now, "S"))
                continue
            elif kind == "ack":
                una, self._echoed["C"] = int(facts[0]), int(facts[1])
                cwnd = min(cwnd + sum(end <= una for end, _ in sizes), self.most)
                sizes = [one for one in sizes if one[0] > una]
            # Send what may be sent.
            while True:
                waiting = written - sent
                size = min(MSS, waiting)
                if not size or (self.corked and size < MSS and written < total):
                    reason = "program"
                elif len(sizes) >= int(cwnd):
                    reason = "cwnd"
                elif sent + size - una > self.window:
                    reason = "window"
                elif now < paced:
                    reason = "pace"
                    later(paced, "again")
                else:
                    sent += size
                    last = sent in ends and (not self.corked or sent == total) and (size < MSS or sent == written)
                    for name, at in since.items():
                        self.held_ms[name] += now - at
                    since = {}
                    leaves = now + 0.01 * len(sizes) / 100
                    at_line = max(leaves, free)
                    free = at_line + self.service_ms * size / MSS
                    # The line is behind a capture at the sender, and before one elsewhere.
                    self._pass(leaves, free - leaves if self.place else 0, sent - size, size, last=last)
                    later(free + way, "arrive", sent, self._stamp(leaves, "C"))
                    sizes.append((sent, size))
                    paced = now + self.pace_ms * size / MSS
                    continue
                if sent < total:
                    for name, at in since.items():
                        self.held_ms[name] += now - at
                    since = {reason: now}
                break

    def _pass(self, left: float, behind: float, seq: int, size: int, *, last: bool) -> None:
        at = left + behind + self.rtt_ms / 2 * self.place
        echo = "" if not self.stamps else f" ts={self._stamp(left, 'C')},{self._echoed['C']}"
        self._note(at, f"C {'PA' if last else 'A'} {1 + seq} 1 {size}{echo} ")
