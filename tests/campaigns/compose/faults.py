"""What can befall frames between two hosts, as values that make the link's rules.

``sender`` None means both directions, ``ports`` the client's ports that it concerns (empty: all).
Everything random within a fault comes from its own ``salt``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from cases.recorder.namespaces import End
from cases.recorder.rules import (
    ANY,
    CLIENT,
    NANOSECONDS,
    SERVER,
    Match,
    Passage,
    Rate,
    Rule,
    corrupt,
    drop,
    duplicate,
    reorder,
)
from cases.recorder.segment import too_big

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUTER: Final = "10.9.200.1"


class Fault(Protocol):
    """Something on the way."""

    name: ClassVar[str]

    def rules(self) -> Sequence[Rule]:
        """Fresh rules, for rules count."""
        ...


@dataclass(frozen=True, slots=True)
class Concerned:
    """Which frames a fault is about."""

    sender: str = ""
    """``client``, ``server`` or empty for both."""
    ports: tuple[int, ...] = ()

    def match(self) -> Match:
        """The frames of these senders and connections."""
        base = {"": ANY, "client": CLIENT, "server": SERVER}[self.sender]
        if not self.ports:
            return base
        return base.where(lambda passage: client_port(passage) in self.ports, f"of {self.ports}")


def client_port(passage: Passage) -> int:
    """The client's port of the connection."""
    segment = passage.segment
    return segment.source_port if passage.sender is End.CLIENT else segment.destination_port


@dataclass(frozen=True, slots=True)
class RandomLoss:
    """Each frame is lost with the same probability."""

    name: ClassVar[str] = "random-loss"
    about: Concerned
    percent: float
    salt: int

    def rules(self) -> Sequence[Rule]:
        """One that drops by chance."""
        chance = random.Random(self.salt)
        return [drop(self.about.match().where(lambda _: chance.random() * 100 < self.percent, f"{self.percent} %"))]


@dataclass(frozen=True, slots=True)
class ChosenLoss:
    """Certain frames are lost: the nth of a kind, or a run of them."""

    name: ClassVar[str] = "chosen-loss"
    about: Concerned
    which: str
    """``syn``, ``syn_ack``, ``third``, ``data``, ``again``, ``ack_only``, ``fin``."""
    first: int
    count: int = 1

    def rules(self) -> Sequence[Rule]:
        """One that drops them."""
        numbers = range(self.first, self.first + self.count)
        match = self.about.match()
        if self.which == "third":
            return [drop(CLIENT.ack_only.where(lambda p: p.offset == 1, "third").first(self.count))]
        if self.which == "data":
            return [drop(match.data.new.nth(*numbers))]
        if self.which == "again":
            # First copy and so many repeats of it: a lost retransmission.
            return [drop(match.data.where(_SameBytes(self.first), "same bytes").first(self.count + 1))]
        return [drop(getattr(match, self.which).nth(*numbers))]


class _SameBytes:
    """True for the nth new data segment and everything that begins where it did."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._place: tuple[End, int, int] | None = None

    def __call__(self, passage: Passage) -> bool:
        place = (passage.sender, client_port(passage), passage.offset)
        if self._place is None and passage.new:
            self._left -= 1
            if not self._left:
                self._place = place
        return place == self._place


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing passes from ``start_s`` on for ``length_s`` (0: ever after)."""

    name: ClassVar[str] = "outage"
    about: Concerned
    start_s: float
    length_s: float

    def rules(self) -> Sequence[Rule]:
        """One that drops everything."""
        stop = self.start_s + self.length_s if self.length_s else float("inf")
        return [drop(self.about.match().between(self.start_s, stop))]


@dataclass(frozen=True, slots=True)
class Stall:
    """What is sent within this time is held and let go at its end, in order: a radio's pause."""

    name: ClassVar[str] = "stall"
    about: Concerned
    start_s: float
    length_s: float

    def rules(self) -> Sequence[Rule]:
        """One that holds."""
        stop = self.start_s + self.length_s

        def act(passage: Passage) -> None:
            passage.extra_delay_ns += round((stop - passage.time) * NANOSECONDS)

        return [Rule(self.about.match().between(self.start_s, stop), act, "stall")]


@dataclass(frozen=True, slots=True)
class Jitter:
    """Each frame takes up to ``spread_ms`` longer; ``keeps_order``: none overtakes another."""

    name: ClassVar[str] = "jitter"
    about: Concerned
    spread_ms: float
    keeps_order: bool
    salt: int

    def rules(self) -> Sequence[Rule]:
        """One that delays."""
        chance = random.Random(self.salt)
        latest = dict.fromkeys(End, 0.0)

        def act(passage: Passage) -> None:
            due = passage.time + chance.random() * self.spread_ms / 1000
            if self.keeps_order:
                due = latest[passage.sender] = max(due, latest[passage.sender])
            passage.extra_delay_ns += round((due - passage.time) * NANOSECONDS)

        return [Rule(self.about.match(), act, "jitter")]


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A slow line with a queue."""

    name: ClassVar[str] = "bottleneck"
    sender: str
    kilobits_per_second: int
    queue_bytes: int

    def rules(self) -> Sequence[Rule]:
        """None: it is the link's rate."""
        return []

    def rate(self) -> Rate:
        """For the link."""
        return Rate(End(self.sender), self.kilobits_per_second * 1000, self.queue_bytes)


@dataclass(frozen=True, slots=True)
class Reordering:
    """A frame in so many is overtaken by the next ``behind`` ones."""

    name: ClassVar[str] = "reordering"
    about: Concerned
    percent: float
    behind: int
    salt: int

    def rules(self) -> Sequence[Rule]:
        """One that holds frames back."""
        chance = random.Random(self.salt)
        return [
            reorder(
                self.about.match().data.where(lambda _: chance.random() * 100 < self.percent, "by chance"), self.behind
            )
        ]


@dataclass(frozen=True, slots=True)
class Duplication:
    """A frame in so many arrives twice."""

    name: ClassVar[str] = "duplication"
    about: Concerned
    percent: float
    after_ms: float
    salt: int

    def rules(self) -> Sequence[Rule]:
        """One that copies."""
        chance = random.Random(self.salt)
        match = self.about.match().where(lambda _: chance.random() * 100 < self.percent, "by chance")
        return [duplicate(match, self.after_ms / 1000)]


@dataclass(frozen=True, slots=True)
class Corruption:
    """The nth data segments arrive with a flipped byte."""

    name: ClassVar[str] = "corruption"
    about: Concerned
    first: int
    count: int

    def rules(self) -> Sequence[Rule]:
        """One that flips."""
        return [corrupt(self.about.match().data.new.nth(*range(self.first, self.first + self.count)))]


@dataclass(frozen=True, slots=True)
class SmallMtu:
    """Large datagrams do not pass; ``tells``: a router says so by ICMP; ``until_s`` 0: ever."""

    name: ClassVar[str] = "small-mtu"
    about: Concerned
    mtu: int
    tells: bool
    until_s: float = 0.0

    def rules(self) -> Sequence[Rule]:
        """A black hole, or a router."""
        match = self.about.match().longer_than(self.mtu)
        if self.until_s:
            match = match.between(0, self.until_s)

        def act(passage: Passage) -> None:
            passage.dropped = passage.dropped or f"larger than {self.mtu} bytes"
            if self.tells:
                passage.injected.append((passage.sender, too_big(passage.frame, self.mtu, ROUTER), 0))

        return [Rule(match, act, f"{'router' if self.tells else 'black hole'} above {self.mtu}")]
