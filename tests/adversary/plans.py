"""What to send next: a packet that meets one rule of rules/tcp-analysis.md, then often is put beside it by one.

Every plan aims at one rule's conditions; `disturb` moves one coordinate by the least step, so
both sides of every comparison are met.  Numbers are those of the steps in rules/tcp-analysis.md#5-order-of-the-checks.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.adversary import options
from tests.adversary.packets import ACK, FIN, PSH, RST, SYN, M, Segment
from tests.adversary.talk import HALF_SPACE, Talk, Way

FAST_NS = 20_000_000
REORDER_NS = 3_000_000
#: Lengths at and beside the ones that rules name, and ordinary ones.
LENGTHS = (0, 1, 2, 3, 10, 100, 536, 1460, 1461)
#: The most payload a planned segment has: with headers it fits an IPv4 datagram.
MOST = 65_000
_STEPS = (1, 1, 2, 100, 1460, HALF_SPACE - 1, HALF_SPACE, HALF_SPACE + 1)
_WINDOWS = (0, 0, 1, 2, 500, 501, 1000, 2920, 65_535)


@dataclass(slots=True)
class Sides:
    """The acting side's view of a talk."""

    r: random.Random
    talk: Talk
    side: int
    fwd: Way
    rev: Way

    def segment(self, **given: int) -> Segment:
        """A pure ACK in order, changed by ``given``."""
        values = {"seq": self.fwd.next, "ack": self.fwd.last_ack, "window": self.fwd.window} | given
        return Segment(self.side, vlans=self.talk.vlans, lower=self.talk.lower, **values)

    def numbers(self) -> list[int]:
        """Sequence numbers of this direction that some rule looks at."""
        f, r = self.fwd, self.rev
        known = [f.next, f.max_to_ack, r.last_ack, f.isn, f.isn + 1, (r.last_ack + (r.window << r.scale)) & M]
        return known + [edge for seq, end, _ in list(f.sent)[-4:] for edge in (seq, end)]

    def acknowledgeable(self) -> list[int]:
        """Acknowledgment numbers that some rule looks at."""
        r = self.rev
        inside = [(seq + 1) & M for seq, _, _ in list(r.sent)[-3:]]
        return [self.fwd.last_ack, r.next, r.max_to_ack, r.isn + 1, *inside, *(end for _, end, _ in r.sent)]


Plan = Callable[[Sides], Segment]


def data_in_order(s: Sides) -> Segment:
    """New data, acknowledging all or what was acknowledged before."""
    ack = s.r.choice((s.fwd.last_ack, s.rev.next))
    flags = ACK | (PSH if s.r.random() < 0.4 else 0)
    return s.segment(length=s.r.choice(LENGTHS[1:]), ack=ack, flags=flags)


def acknowledge(s: Sides) -> Segment:
    """A pure ACK of something sent (13)."""
    return s.segment(ack=s.r.choice(s.acknowledgeable()), window=s.r.choice((s.fwd.window, s.r.choice(_WINDOWS))))


def zero_window_probe(s: Sides) -> Segment:
    """1; when the peer's window is open, close it first."""
    return s.segment(length=1, flags=ACK | s.r.choice((0, 0, 0, PSH, FIN, RST)))


def zero_window(s: Sides) -> Segment:
    """2; and its probe ACK (7) when the peer has probed."""
    return s.segment(window=0, ack=s.r.choice((s.fwd.last_ack, s.rev.next)))


def lost_segment(s: Sides) -> Segment:
    """3."""
    return s.segment(
        seq=s.fwd.next + s.r.choice(_STEPS), length=s.r.choice(LENGTHS), flags=ACK | s.r.choice((0, 0, RST, FIN))
    )


def keep_alive(s: Sides) -> Segment:
    """4."""
    return s.segment(seq=s.fwd.next - 1, length=s.r.choice((0, 1, 1, 2)))


def window_update(s: Sides) -> Segment:
    """5."""
    return s.segment(window=s.fwd.window + s.r.choice((1, -1, 100)))


def window_full(s: Sides) -> Segment:
    """6: data that ends where the peer's window ends, with and without its scale."""
    edge = s.rev.last_ack + (s.rev.window << s.r.choice((0, s.rev.scale)))
    seq = s.fwd.next
    room = (edge - seq) & M
    if not 0 < room <= MOST:
        seq = edge - s.r.choice(LENGTHS[1:])
        room = (edge - seq) & M
    return s.segment(seq=seq, length=room)


def repeat_ack(s: Sides) -> Segment:
    """7 after a keep-alive, else 8."""
    return s.segment()


def ack_lost_segment(s: Sides) -> Segment:
    """10: beyond all that was seen, or beyond a hole."""
    beyond = s.r.choice((s.rev.max_to_ack, s.rev.next)) + s.r.choice(_STEPS)
    return s.segment(ack=beyond, length=s.r.choice((0, 0, 0, 10)))


def spurious(s: Sides) -> Segment:
    """11a: data that the peer has acknowledged."""
    length = s.r.choice(LENGTHS[1:])
    return s.segment(seq=s.rev.last_ack - length - s.r.choice((0, 0, 0, 1, HALF_SPACE - 1)), length=length)


def fast(s: Sides) -> Segment:
    """11b: what the duplicate ACKs ask for, at the edge of 20 ms."""
    segment = s.segment(seq=s.rev.last_ack, length=s.r.choice(LENGTHS[1:]))
    if s.r.random() < 0.6:
        segment.time = s.rev.last_time + FAST_NS + s.r.choice((-1, -1, 0, 0, 1))
    elif s.r.random() < 0.3:
        segment.time = s.rev.last_time + s.r.choice((-1, 0))
    return segment


def out_of_order(s: Sides) -> Segment:
    """11c: behind the newest data, at the edge of the initial RTT or of 3 ms."""
    seq, end, _ = s.r.choice(s.fwd.sent) if s.fwd.sent else (s.fwd.next - 10, s.fwd.next, 0)
    length = (end - seq) & M
    if not 0 < length <= MOST or s.r.random() < 0.3:
        length = s.r.choice(LENGTHS[1:])
        seq = s.fwd.next - s.r.choice((length, length + 1, length + 2, length - 1, 100 + length))
    segment = s.segment(seq=seq, length=length, ack=s.r.choice((s.fwd.last_ack, s.rev.next)))
    if s.r.random() < 0.6:
        limit = s.talk.irtt if s.talk.irtt and s.r.random() < 0.8 else REORDER_NS
        segment.time = s.fwd.next_time + limit + s.r.choice((-1, -1, 0, 0, 1))
    elif s.r.random() < 0.2:
        segment.time = s.fwd.next_time + s.r.choice((-1, 0))
    return segment


def repeat_last(s: Sides) -> Segment:
    """11d: the very last segment once more."""
    length = s.r.choice((1, 2, 10, 100))
    return s.segment(seq=s.fwd.next - length, length=length, flags=ACK | s.r.choice((0, 0, 0, FIN)))


def reach_zero(s: Sides) -> Segment:
    """4: numbers that come to be 0, which stands for "unknown"."""
    room = -s.fwd.next & M
    if 0 < room <= MOST:
        return s.segment(length=room, ack=s.r.choice((0, s.fwd.last_ack)))
    return s.segment(ack=0, seq=s.r.choice((0, M, s.fwd.next)), length=s.r.choice((0, 1, 2)))


def fin(s: Sides) -> Segment:
    """FIN, first or again."""
    return s.segment(flags=ACK | FIN, seq=s.r.choice((s.fwd.next, s.fwd.next - 1)), length=s.r.choice((0, 0, 1, 10)))


def rst(s: Sides) -> Segment:
    """RST with the numbers that stacks use."""
    flags = s.r.choice((RST, RST | ACK))
    return s.segment(
        seq=s.r.choice((s.fwd.next, s.fwd.last_ack, s.rev.last_ack, 0)), flags=flags, window=s.r.choice((0, 1))
    )


def syn(s: Sides) -> Segment:
    """SYN again: the same number, or the port used anew."""
    seq = s.fwd.isn + s.r.choice((0, 0, 0, 0, 0, 0, 0, 1, -1, HALF_SPACE))
    segment = s.segment(seq=seq, ack=s.r.choice((0, 0, 5)), flags=SYN, length=s.r.choice((0, 0, 0, 0, 5)))
    segment.options = options.handshake(s.r) + (options.fast_open(s.r) if s.r.random() < 0.3 else b"")
    return segment


def syn_ack(s: Sides) -> Segment:
    """SYN-ACK: again, or with another number."""
    seq = s.fwd.isn + s.r.choice((0, 0, 0, 0, 1, HALF_SPACE))
    segment = s.segment(seq=seq, ack=s.rev.isn + s.r.choice((1, 1, 1, 0, 2, 6)), flags=SYN | ACK)
    segment.options = options.handshake(s.r)
    return segment


def sack(s: Sides) -> Segment:
    """A repeated or new ACK with SACK blocks (9, 14)."""
    segment = s.segment(ack=s.r.choice((s.fwd.last_ack, s.rev.max_to_ack)))
    blocks = []
    for _ in range(s.r.randint(1, 4)):
        left = s.r.choice(s.acknowledgeable())
        blocks.append((left, left + s.r.choice((0, 1, 10, 1460))))
    segment.options = options.sack(blocks)
    return segment


def soup(s: Sides) -> Segment:
    """Anything near anything."""
    r = s.r
    return s.segment(
        seq=r.choice(s.numbers()) + r.choice((0, 0, -1, 1, HALF_SPACE)),
        ack=r.choice((*s.acknowledgeable(), 0)) + r.choice((0, 0, -1, 1, HALF_SPACE)),
        flags=r.choice((ACK, ACK, ACK, 0, r.randrange(4096))),
        window=r.choice(_WINDOWS),
        length=r.choice((*LENGTHS, r.randrange(3000))),
    )


def disturb(r: random.Random, segment: Segment) -> None:
    """Move one coordinate by the least step, or to an end of its range."""
    which = r.randrange(12)
    if which <= 1:
        segment.seq += r.choice((-1, 1))
    elif which == 2:
        segment.seq += HALF_SPACE + r.choice((-1, 0, 1))
    elif which <= 4:
        segment.length = max(segment.length + r.choice((-1, 1)), 0)
    elif which == 5:
        segment.ack += r.choice((-1, 1))
    elif which == 6:
        segment.ack += HALF_SPACE + r.choice((-1, 0, 1))
    elif which <= 8:
        segment.window = r.choice((segment.window - 1, segment.window + 1, 0))
    elif which == 9:
        segment.flags ^= r.choice((SYN, FIN, RST, PSH, ACK, 1 << r.randrange(5, 12)))
    elif which == 10:
        segment.flags &= ~ACK
    else:
        segment.time += r.choice((-1, 1)) if segment.time else 0


def choose(s: Sides, weights: dict[Plan, int]) -> Segment:
    """A segment by a plan of ``weights``, or the answer that the peer's last packet calls for."""
    r = s.r
    if s.rev.kept_alive and r.random() < 0.5:
        plan: Plan = repeat_ack
    elif s.rev.probed and r.random() < 0.6:
        plan = zero_window
    elif s.rev.window == 0 and r.random() < 0.15:
        plan = zero_window_probe
    elif s.rev.duplicates >= 1 and r.random() < 0.25:
        plan = fast
    else:
        plan = r.choices(list(weights), list(weights.values()))[0]
    segment = plan(s)
    segment.seq &= M
    segment.ack &= M
    return segment
