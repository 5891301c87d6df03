"""What the link does to chosen frames: a small language for scenarios.

A `Match` says which frames, by sender and TCP header; a rule says what happens to them:

    drop(CLIENT.data.new.nth(3))              the third data segment, when first sent
    drop(SERVER.ack_only.between(0.2, 0.4))   pure ACKs within these seconds of the scenario
    delay(CLIENT.fin, 0.3)                    that much later than the link's own delay
    reorder(SERVER.data.new.nth(2), behind=2) overtaken by the next two frames
    miss(CLIENT.data.new.nth(2), at=End.CLIENT)    passes, but that end's capture does not have it

``nth`` and ``first`` count the frames that fit everything said before them.  Every rule's match
sees every frame, whatever other rules do to it, so the counts of rules do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from cases.recorder.namespaces import FIRST_SERVER, End
from cases.recorder.segment import Flag, Segment, too_big, with_flipped_payload, with_smaller_mss, without_option

NANOSECONDS: Final = 10**9


@dataclass(slots=True)
class Passage:
    """One TCP frame on its way through the link; rules change what will become of it."""

    sender: End
    frame: bytes
    segment: Segment
    time: float
    """Seconds since the scenario began."""
    connection: int
    """0 for the first connection of the recording, 1 for the next …"""
    offset: int
    """Sequence number relative to the sender's SYN."""
    new: bool
    """Carries sequence space that its sender had not sent before (or is a bare ACK)."""
    dropped: str | None = None
    """By which rule."""
    extra_delay_ns: int = 0
    behind: int = 0
    """Held until so many later frames of its sender have been sent on."""
    copies: list[int] = field(default_factory=list)
    """Delays (ns) after the original at which further copies follow."""
    missed_by: set[End] = field(default_factory=set)
    injected: list[tuple[End, bytes, int]] = field(default_factory=list)
    """Frames to hand to an end that nobody sent, with their delay (ns)."""
    notes: list[str] = field(default_factory=list)
    """Names of the rules that touched it."""

    @property
    def server_host(self) -> int:
        """Which host of the server's end sent it, or shall get it (`cases.recorder.namespaces.Address.at`)."""
        layout = self.segment.layout
        # The addresses end where the IP header does; each ends with the number of its host.
        end = layout.tcp if self.sender is End.CLIENT else layout.tcp - (16 if layout.ipv6 else 4)
        return self.frame[end - 1] - FIRST_SERVER


Test = Callable[[Passage], bool]


@dataclass(frozen=True, slots=True)
class Match:
    """Which frames; build one from `CLIENT`, `SERVER` or `ANY` with the properties and methods below."""

    tests: tuple[Test, ...] = ()
    words: str = "any"

    def where(self, test: Test, words: str) -> Match:
        """Only frames for which ``test`` holds; ``words`` says so in the link's log."""
        return replace(self, tests=(*self.tests, test), words=f"{self.words} {words}")

    def _flags(self, mask: Flag, value: Flag, words: str) -> Match:
        return self.where(lambda passage: passage.segment.flags & mask == value, words)

    @property
    def syn(self) -> Match:
        """SYN without ACK."""
        return self._flags(Flag.SYN | Flag.ACK, Flag.SYN, "SYN")

    @property
    def syn_ack(self) -> Match:
        """SYN with ACK."""
        return self._flags(Flag.SYN | Flag.ACK, Flag.SYN | Flag.ACK, "SYN-ACK")

    @property
    def fin(self) -> Match:
        """Carries FIN."""
        return self._flags(Flag.FIN, Flag.FIN, "FIN")

    @property
    def rst(self) -> Match:
        """Carries RST."""
        return self._flags(Flag.RST, Flag.RST, "RST")

    @property
    def data(self) -> Match:
        """Carries payload."""
        return self.where(lambda passage: passage.segment.length > 0, "data")

    @property
    def ack_only(self) -> Match:
        """ACK and nothing else: no payload, SYN, FIN or RST."""
        mask = Flag.SYN | Flag.FIN | Flag.RST | Flag.ACK
        return self._flags(mask, Flag.ACK, "ACK").where(lambda passage: passage.segment.length == 0, "only")

    @property
    def new(self) -> Match:
        """Carries something its sender had not sent before."""
        return self.where(lambda passage: passage.new, "new")

    @property
    def again(self) -> Match:
        """Carries only what its sender had sent before."""
        return self.where(lambda passage: not passage.new, "again")

    def nth(self, *numbers: int) -> Match:
        """The 1st, 2nd … of the frames that fit so far."""
        return self.where(_Counter(frozenset(numbers)), f"no. {', '.join(map(str, numbers))}")

    def first(self, count: int) -> Match:
        """The first ``count`` of the frames that fit so far."""
        return self.nth(*range(1, count + 1))

    def beyond(self, number: int) -> Match:
        """All frames that fit so far but the first ``number``."""
        return self.where(_Counter(frozenset(range(1, number + 1)), inverted=True), f"after no. {number}")

    def between(self, start: float, stop: float) -> Match:
        """Sent within these seconds of the scenario."""
        return self.where(lambda passage: start <= passage.time < stop, f"{start}–{stop} s")

    def after(self, start: float) -> Match:
        """Sent from this second of the scenario on."""
        return self.where(lambda passage: passage.time >= start, f"from {start} s")

    def at_offset(self, offset: int) -> Match:
        """Begins at this sequence number relative to the sender's SYN (1 is the first byte)."""
        return self.where(lambda passage: passage.offset == offset, f"at {offset}")

    def longer_than(self, size: int) -> Match:
        """The IP datagram is larger than ``size`` bytes."""
        return self.where(
            lambda passage: passage.segment.frame_length - passage.segment.layout.ip > size, f"> {size} bytes"
        )

    def of_connection(self, number: int) -> Match:
        """Belongs to the recording's first (0), second (1) … connection."""
        return self.where(lambda passage: passage.connection == number, f"connection {number}")

    def of_server(self, *hosts: int) -> Match:
        """From or to the first (0), second (1) … host of the server's end."""
        return self.where(lambda passage: passage.server_host in hosts, f"server {', '.join(map(str, hosts))}")

    def at_port(self, port: int) -> Match:
        """From or to this port."""
        return self.where(
            lambda passage: port in (passage.segment.source_port, passage.segment.destination_port), f"port {port}"
        )

    def fits(self, passage: Passage) -> bool:
        """Whether ``passage`` is meant; counts it if so far it is."""
        return all(test(passage) for test in self.tests)


class _Counter:
    """True for the chosen ones among the frames it is asked about."""

    def __init__(self, numbers: frozenset[int], inverted: bool = False) -> None:
        self._numbers = numbers
        self._inverted = inverted
        self._seen = 0

    def __call__(self, _: Passage) -> bool:
        self._seen += 1
        return (self._seen in self._numbers) is not self._inverted


ANY: Final = Match()
CLIENT: Final = Match((lambda passage: passage.sender is End.CLIENT,), "client")
SERVER: Final = Match((lambda passage: passage.sender is End.SERVER,), "server")


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to the frames that fit."""

    match: Match
    act: Callable[[Passage], None]
    words: str

    def __str__(self) -> str:
        return f"{self.words}: {self.match.words}"


@dataclass(frozen=True, slots=True)
class Rate:
    """A bottleneck for what ``sender`` sends: a line speed and a queue in front of it."""

    sender: End
    bits_per_second: float
    queue_bytes: int


def apply(rules: Iterable[Rule], passage: Passage) -> None:
    """Lets every rule see the frame, then those that fit act on it, in order."""
    for rule in [rule for rule in rules if rule.match.fits(passage)]:
        passage.notes.append(str(rule))
        rule.act(passage)


def drop(match: Match) -> Rule:
    """The frame is lost between the ends."""

    def act(passage: Passage) -> None:
        passage.dropped = passage.dropped or f"drop: {match.words}"

    return Rule(match, act, "drop")


def partition(start: float, stop: float = float("inf"), sender: End | None = None) -> Rule:
    """Nothing passes in this time, in one direction or in both."""
    match = {None: ANY, End.CLIENT: CLIENT, End.SERVER: SERVER}[sender]
    return drop(match.between(start, stop))


def delay(match: Match, seconds: float) -> Rule:
    """The frame needs that much longer than the link's own delay; later frames may overtake it."""

    def act(passage: Passage) -> None:
        passage.extra_delay_ns += round(seconds * NANOSECONDS)

    return Rule(match, act, f"delay by {seconds} s")


def hold(match: Match, until: float) -> Rule:
    """The frame waits on the way until this second of the scenario: a radio that stands still, a queue."""

    def act(passage: Passage) -> None:
        passage.extra_delay_ns += max(0, round((until - passage.time) * NANOSECONDS))

    return Rule(match, act, f"hold until {until} s")


def reorder(match: Match, behind: int = 1) -> Rule:
    """The frame is overtaken by the next ``behind`` frames of its sender."""

    def act(passage: Passage) -> None:
        passage.behind = behind

    return Rule(match, act, f"reorder behind {behind}")


def duplicate(match: Match, after: float = 0.0) -> Rule:
    """The network delivers the frame twice, the copy ``after`` seconds later."""

    def act(passage: Passage) -> None:
        passage.copies.append(round(after * NANOSECONDS))

    return Rule(match, act, "duplicate")


def rewrite(match: Match, change: Callable[[bytes], bytes], words: str = "rewrite") -> Rule:
    """A middlebox changes the frame."""

    def act(passage: Passage) -> None:
        passage.frame = change(passage.frame)

    return Rule(match, act, words)


def corrupt(match: Match, offset: int = 0) -> Rule:
    """One payload byte is inverted on the way; the checksum is not."""
    return rewrite(match, lambda frame: with_flipped_payload(frame, offset), "corrupt")


def clamp_mss(mss: int, match: Match = ANY) -> Rule:
    """A router lowers the MSS that SYNs announce."""
    return rewrite(match.where(lambda p: bool(p.segment.flags & Flag.SYN), "SYN"), lambda f: with_smaller_mss(f, mss))


def strip_option(kind: int, match: Match = ANY) -> Rule:
    """A firewall blanks this TCP option in SYNs (2 MSS, 3 window scale, 4 SACK permitted, 8 timestamps)."""
    return rewrite(match.where(lambda p: bool(p.segment.flags & Flag.SYN), "SYN"), lambda f: without_option(f, kind))


def miss(match: Match, at: End | None = None) -> Rule:
    """The frame passes, but the capture at that end (default: both) does not have it."""

    def act(passage: Passage) -> None:
        passage.missed_by |= set(End) if at is None else {at}

    return Rule(match, act, "missed by the capture")


def inject(match: Match, toward: End, make: Callable[[Passage], bytes], after: float = 0.0) -> Rule:
    """When a frame fits, an end gets a frame that nobody sent, ``after`` seconds later.

    ``make`` is usually `cases.recorder.segment.crafted` with the numbers of the frame that fits.
    """

    def act(passage: Passage) -> None:
        passage.injected.append((toward, make(passage), round(after * NANOSECONDS)))

    return Rule(match, act, f"inject toward {toward.value}")


def black_hole(sender: End, mtu: int, router: str | None = None) -> Rule:
    """Datagrams above ``mtu`` vanish; with ``router`` (an address) its ICMP message says so (IPv4)."""
    match = (CLIENT if sender is End.CLIENT else SERVER).longer_than(mtu)

    def act(passage: Passage) -> None:
        passage.dropped = f"larger than {mtu} bytes"
        if router is not None:
            passage.injected.append((sender, too_big(passage.frame, mtu, router), 0))

    return Rule(match, act, f"black hole above {mtu}")
