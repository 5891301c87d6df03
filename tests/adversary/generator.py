"""Seeded captures of hostile TCP traffic, one shape of trouble each.

The same seed and shape give the same bytes on every machine.  Packets are planned against a model
of the pair (`talk`, `plans`), so that the boundaries of the rules are met and not only passed by.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from tests.adversary import multipath, options, plans, scenes
from tests.adversary.packets import ACK, KEPT_PAYLOAD, SYN, Capture, Ends, M, Segment
from tests.adversary.plans import Plan, Sides
from tests.adversary.talk import HALF_SPACE, Talk, Way

FIRST_TIME: Final = 1_700_000_000_000_000_000
#: Initial numbers that bring sequence numbers to 0, to 2^31 and to the wrap.
ISNS: Final = (M, M - 1, 0, 1, HALF_SPACE, HALF_SPACE - 1, HALF_SPACE + 1, M - 1460, M - 3000)
#: Times between packets in ns, and how often.
_GAPS: Final = ((0, 1, 1_000, 50_000, 900_000, 25_000_000, 3_000_000_000), (4, 4, 20, 40, 10, 2, 0.3))
#: Initial round-trip times in ns: both thresholds, one beside them, none, and backwards.
_ROUND_TRIPS: Final = (
    0, 1, 2, 1_000, 200_000,
    2_999_999, 3_000_000, 3_000_001, 19_999_999, 20_000_000, 20_000_001, 90_000_000, -1, -5_000,
)  # fmt: skip

BALANCED: Final[dict[Plan, int]] = {
    plans.data_in_order: 14, plans.acknowledge: 10, plans.zero_window_probe: 1, plans.zero_window: 2,
    plans.lost_segment: 3, plans.keep_alive: 4, plans.window_update: 3, plans.window_full: 4, plans.repeat_ack: 10,
    plans.ack_lost_segment: 4, plans.spurious: 4, plans.fast: 4, plans.out_of_order: 8, plans.repeat_last: 3,
    plans.reach_zero: 1, plans.fin: 1, plans.rst: 1, plans.syn: 1, plans.syn_ack: 1, plans.sack: 3, plans.soup: 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What is wrong in a capture, as likelihoods from 0 to 1."""

    name: str
    weights: dict[Plan, int] = field(default_factory=lambda: BALANCED)
    life: int = 80
    """Packets of a talk, about."""
    together: int = 3
    """Talks at a time."""
    disturbed: float = 0.35
    handshake: float = 0.7
    reused: float = 0.15
    wrap: float = 0.3
    odd_options: float = 0.04
    backwards: float = 0.02
    one_sided: float = 0.08
    v6: float = 0.2
    vlan: float = 0.05
    lower: float = 0.05
    padded: float = 0.1
    cut: float = 0.0
    bad_lengths: float = 0.0
    short: float = 0.0
    """Datagrams that end within their TCP segment, by their own length."""
    quotes: float = 0.0
    itself: float = 0.0
    multipath: float = 0.0
    """Packets with MPTCP options."""
    scenes: float = 0.02
    long: bool = False


def _only(*chosen: Plan, weight: int = 8) -> dict[Plan, int]:
    return BALANCED | {plan: weight * BALANCED[plan] for plan in chosen}


SHAPES: Final[dict[str, Shape]] = {
    shape.name: shape
    for shape in (
        Shape("balanced"),
        Shape("exact", disturbed=0.05, odd_options=0.01, backwards=0.0),
        Shape("loss", _only(plans.lost_segment, plans.fast, plans.out_of_order, weight=4), life=200),
        Shape("windows", _only(plans.zero_window, plans.zero_window_probe, plans.window_full, plans.keep_alive)),
        Shape("wrap", _only(plans.reach_zero, plans.out_of_order, weight=3), wrap=1.0, life=40),
        Shape("reuse", _only(plans.syn, plans.syn_ack, plans.rst, plans.fin), reused=0.6, life=30, wrap=0.5),
        Shape("middle", scenes=0.2, handshake=0.0, one_sided=0.3, life=25),
        Shape("clock", _only(plans.fast, plans.out_of_order, weight=6), backwards=0.7),
        Shape("options", _only(plans.sack, plans.data_in_order, plans.syn, weight=4), odd_options=0.5),
        Shape("soup", {plans.soup: 1}, disturbed=0.1, life=60, odd_options=0.1),
        Shape("garbage", _only(plans.soup, weight=20), life=15, wrap=0.8, reused=0.4, bad_lengths=0.05),
        Shape("cut", cut=0.15, v6=0.4, vlan=0.2, lower=0.2),
        Shape("lengths", bad_lengths=0.15, padded=0.4, lower=0.2),
        Shape("short", _only(plans.sack, plans.data_in_order), short=0.25, padded=0.6, v6=0.4),
        Shape("quotes", _only(plans.syn, weight=3), quotes=0.15, scenes=0.2, life=20, itself=0.1, reused=0.4),
        Shape("itself", itself=0.8, life=30),
        Shape("long", long=True, life=200),
        Shape(
            "multipath", _only(plans.repeat_ack, weight=6), multipath=0.12, together=6, reused=0.4, life=40,
            odd_options=0.0, quotes=0.01, cut=0.02, bad_lengths=0.02, short=0.01,
        ),
    )
}  # fmt: skip


def generate(seed: int, shape_name: str, packets: int) -> Capture:
    """A capture of about ``packets`` frames (a shape may need some more to come to its point)."""
    return _Run(random.Random(f"{seed}:{shape_name}"), SHAPES[shape_name]).run(packets)


class _Run:
    """The making of one capture."""

    def __init__(self, r: random.Random, shape: Shape) -> None:
        self.r = r
        self.shape = shape
        self.capture = Capture()
        self.clock = FIRST_TIME
        self.used: list[Ends] = []
        self.talks: list[Talk] = []

    def run(self, packets: int) -> Capture:
        if self.shape.long:
            for segment in scenes.beyond_memory(self.r):
                self.put(self.talk_for(scenes.LONG_ENDS), segment)
        else:
            self.scene()  # first, because the analyser's memory begins with it
        while len(self.capture.frames) < packets:
            while len(self.talks) < self.shape.together:
                self.open()
            if self.chance(self.shape.scenes / 10):
                self.scene()
            talk = self.r.choice(self.talks)
            self.step(talk)
            if talk.busy > self.shape.life * self.r.uniform(0.3, 2.0):
                self.talks.remove(talk)
        return self.capture

    def chance(self, likelihood: float) -> bool:
        return self.r.random() < likelihood

    def ends(self) -> Ends:
        """New ends, at times ones that were used before, or one end that talks to itself."""
        if self.used and self.chance(self.shape.reused):
            return self.r.choice(self.used[-6:])
        size = 16 if self.chance(self.shape.v6) else 4
        prefix = b"\x0a" if size == 4 else b"\xfd" + bytes(12)
        addresses = [prefix + self.r.randbytes(3), prefix + self.r.randbytes(3)]
        ports = [self.r.randrange(50_000, 56_000), self.r.randrange(50_000, 56_000)]
        if self.chance(self.shape.itself):
            addresses[1] = addresses[0]
            if self.chance(0.7):
                ports[1] = ports[0]
        made = Ends((addresses[0], addresses[1]), (ports[0], ports[1]))
        self.used.append(made)
        return made

    def talk_for(self, ends: Ends) -> Talk:
        for talk in self.talks:
            if talk.ends == ends:
                return talk
        talk = Talk(ends, (Way(), Way()))
        self.talks.append(talk)
        return talk

    def open(self) -> None:
        """Begin a talk: with a handshake in one of its forms, or in the middle."""
        ends = self.ends()
        if any(talk.ends == ends for talk in self.talks):
            return
        talk = Talk(ends, (Way(), Way()))
        if self.chance(self.shape.vlan):
            talk.vlans = tuple(self.r.randrange(1, 4000) for _ in range(self.r.randint(1, 2)))
        if self.chance(self.shape.lower):
            talk.lower = 8 * self.r.randint(1, 4)
        self.talks.append(talk)
        numbers = [self.r.choice(ISNS) if self.chance(self.shape.wrap) else self.r.randrange(1 << 32) for _ in range(2)]
        if self.chance(self.shape.handshake):
            for segment in scenes.handshake(self.r, *numbers):
                asked = segment.time == scenes.TRIP and talk.syn_time > 0
                segment.time = talk.syn_time + self.r.choice(_ROUND_TRIPS) if asked else self.later()
                self.send(talk, segment)
        else:
            for way, number in zip(talk.ways, numbers, strict=True):
                way.next = number  # only to plan by: the analyser has seen nothing yet
            first = Sides(self.r, talk, 0, *talk.ways)
            flags = self.r.choice((ACK, ACK, ACK, 0, self.r.randrange(4096)))
            length = self.r.choice((0, 0, 1, 100))
            self.send(talk, first.segment(ack=numbers[1], window=1000, length=length, flags=flags))

    def step(self, talk: Talk) -> None:
        """One packet of a talk."""
        r, shape = self.r, self.shape
        one_sided = talk.ends.ports[0] % 100 < 100 * shape.one_sided
        side = 0 if one_sided else r.randrange(2)
        sides = Sides(r, talk, side, talk.ways[side], talk.ways[1 - side])
        segment = plans.choose(sides, shape.weights)
        if self.chance(shape.disturbed):
            plans.disturb(r, segment)
        if self.chance(shape.odd_options):
            segment.options = options.some(r, sides.acknowledgeable())
        if segment.time < FIRST_TIME or (segment.time < self.clock and not self.chance(shape.backwards)):
            segment.time = self.later()
        self.send(talk, segment)

    def later(self) -> int:
        """A time after the newest packet's; at times before it."""
        gap = self.r.choices(*_GAPS)[0]
        return self.clock + (-gap if self.chance(self.shape.backwards / 10) else gap)

    def scene(self) -> None:
        """A whole short story that steps of chance would hardly tell."""
        talk = Talk(self.ends(), (Way(), Way()))
        if talk.ends in self.used:
            self.used.remove(talk.ends)  # what comes after the story must not change it in hindsight
        for segment in self.r.choice(scenes.SCENES)(self.r):
            if not segment.time:
                segment.time = self.later()
            else:
                segment.time += self.clock  # given as a distance
            self.put(talk, segment)

    def send(self, talk: Talk, segment: Segment) -> None:
        """Wrap, perhaps spoil, and put a segment."""
        r, shape = self.r, self.shape
        if shape.multipath and self.chance(shape.multipath):
            self.use_paths(segment)
        if segment.quote is not None:
            pass
        elif self.chance(shape.quotes):
            segment.quote = r.choice((8, 12, 15, 16, 19, 20))
            segment.options = b""
            if self.chance(0.3):
                segment.seq = (segment.seq + 1) & M
                segment.flags ^= r.choice((0, SYN, ACK))
        elif self.chance(shape.cut):
            whole = 20 + len(segment.options) + segment.length
            segment.captured = r.choice(
                (4, 13, 14, 15, 16, 17, 18, 19, 20, 21, 24, 29, whole - 1, whole - 2, whole - 3)
            )
        elif self.chance(shape.bad_lengths):
            self.spoil(talk, segment)
        elif shape.short and self.chance(shape.short):
            self.shorten(talk, segment)
        if segment.length == 0 and self.chance(shape.padded):
            segment.padding = r.choice((1, 4, 6, 18))
        self.put(talk, segment)

    def use_paths(self, segment: Segment) -> None:
        """Add an MPTCP option; at times only so much of it is captured, or all of the header is quoted by an error."""
        quoted = self.chance(0.03) and not segment.flags & SYN
        text = multipath.option(self.r, whole=quoted)
        if self.chance(0.9) and len(segment.options) + len(text) <= options.ROOM:
            text = segment.options + text
        segment.options = text
        if quoted:
            segment.quote = 20 + len(text) + -len(text) % 4
        elif self.chance(0.05):
            segment.captured = 20 + self.r.randrange(len(text) + 1)

    def spoil(self, talk: Talk, segment: Segment) -> None:
        """Make a length wrong.

        A plain SYN keeps its own: whether tshark shows the initial RTT and a reused port on a SYN whose header is
        longer than its frame follows no rule that we found.
        """
        if segment.flags & (SYN | ACK) == SYN:
            return
        r = self.r
        whole = 20 + len(segment.options) + segment.length
        which = r.randrange(5)
        if which == 0:
            segment.data_offset = r.choice((0, 1, 4, 5, 6, 10, 15))
            segment.length = min(segment.length, KEPT_PAYLOAD)  # all of what tshark takes for options is in the file
        elif which == 1:
            segment.missing = r.choice((1, 4, 20))
            segment.length = min(segment.length, KEPT_PAYLOAD)
        elif which == 2 and not talk.ends.is_v6:
            segment.declared = 0
            segment.length = r.choice((segment.length, 66_000, 100_000))
        elif which == 3:
            fixed = 0 if talk.ends.is_v6 else 20
            segment.declared = min(fixed + talk.lower + whole + r.choice((1, 100, 3000)), 65_535)
        else:
            segment.options = options.some(r, [segment.ack])
            segment.data_offset = r.randrange(5, 16)
            segment.length = min(segment.length, KEPT_PAYLOAD)

    def shorten(self, talk: Talk, segment: Segment) -> None:
        """Write an IP length that leaves less than the segment; a plain SYN keeps its own, as in `spoil`."""
        if segment.flags & (SYN | ACK) == SYN:
            return
        segment.length = min(segment.length, KEPT_PAYLOAD)
        whole = 20 + len(segment.options) + segment.length
        segment.declared = (0 if talk.ends.is_v6 else 20) + talk.lower
        # What ends between the window and the header's end is its own case.
        segment.declared += self.r.choice((self.r.randrange(1, whole + 1), self.r.randrange(16, 20)))

    def put(self, talk: Talk, segment: Segment) -> None:
        """Into the capture, and into the model unless the analyser will not count it."""
        segment.seq &= M
        segment.ack &= M
        segment.time = segment.time or self.later()
        self.capture.add(talk.ends, segment)
        self.clock = max(self.clock, segment.time)
        if segment.quote is None:
            talk.note(segment)
