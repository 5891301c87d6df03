"""A simulated pair of ends: what an analyser would remember of them, roughly.

The model only has to know where the boundaries of the rules lie; it need not be exact, for the
answer comes from tshark.  Names follow rules/tcp-analysis.md.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tests.adversary import options
from tests.adversary.packets import ACK, FIN, SYN, Ends, M, Segment

HALF_SPACE = 1 << 31
#: Segments remembered per direction, to repeat and to acknowledge them.
REMEMBERED = 24


def after(x: int, y: int) -> bool:
    """Whether sequence number ``x`` comes after ``y``."""
    return ((y - x) & M) >= HALF_SPACE


@dataclass(slots=True)
class Way:
    """One direction."""

    isn: int = -1
    """Where relative numbers count from; -1 before the first packet."""
    next: int = 0
    next_time: int = 0
    max_to_ack: int = 0
    last_ack: int = 0
    last_time: int = 0
    window: int = 0xFFFF
    scale: int = 0
    only_syns: bool = False
    duplicates: int = 0
    probed: bool = False
    """Its last packet was a zero-window probe."""
    kept_alive: bool = False
    """Its last packet was a keep-alive."""
    sent: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """(seq, end, time) of segments with data, SYN or FIN."""


@dataclass(slots=True)
class Talk:
    """Both directions of a pair, and how its packets are wrapped."""

    ends: Ends
    ways: tuple[Way, Way]
    vlans: tuple[int, ...] = ()
    lower: int = 0
    syn_time: int = 0
    irtt: int = 0
    busy: int = 0
    """Packets sent."""

    def note(self, s: Segment) -> None:
        """Remember what ``s`` changes."""
        self.busy += 1
        opens = s.flags & (SYN | ACK) == SYN
        if opens and self.ways[s.side].isn not in (-1, s.seq):
            self.ways, self.syn_time, self.irtt = (Way(), Way()), 0, 0
        fwd, rev = self.ways[s.side], self.ways[1 - s.side]
        if fwd.isn < 0:
            fwd.isn = s.seq if s.flags & SYN else (s.seq - 1) & M
        if rev.isn < 0 and s.flags & ACK:
            rev.isn = (s.ack - 1) & M
        if opens and fwd.isn == s.seq and fwd.sent:
            fwd.next = fwd.max_to_ack
        phantom = s.flags & (SYN | FIN) != 0
        end = (s.seq + s.length + phantom) & M
        fwd.probed = s.length == 1 and s.seq == fwd.next and rev.window == 0
        fwd.kept_alive = not phantom and s.length <= 1 and s.seq == (fwd.next - 1) & M
        same = s.length == 0 and not phantom and s.seq == fwd.next and s.ack == fwd.last_ack
        if s.ack != fwd.last_ack:
            fwd.duplicates = 0
        elif same and s.window == fwd.window:
            fwd.duplicates += 1
        if s.length or phantom:
            fwd.sent.append((s.seq, end, s.time))
        if not fwd.probed:
            if fwd.next == 0 or after(end, fwd.next):
                fwd.next, fwd.next_time = end, s.time
            if fwd.max_to_ack == 0 or s.seq == fwd.max_to_ack:
                fwd.max_to_ack = fwd.next
        fwd.window, fwd.last_ack, fwd.last_time = s.window, s.ack, s.time
        shift = options.shift_of(s.options)
        if shift is not None:
            fwd.scale = min(shift, 14)
        if s.flags & SYN:
            fwd.isn = s.seq
            fwd.only_syns = True
            if not s.flags & ACK:
                self.syn_time = s.time
        elif s.flags & ACK:
            fwd.only_syns = False
            if self.syn_time and not self.irtt:
                self.irtt = s.time - self.syn_time
