"""What middleboxes and routers do to connections on purpose, as values that make the link's rules."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from cases.recorder.firewall import ADMINISTRATIVELY_PROHIBITED, HOST_UNREACHABLE, complain
from cases.recorder.namespaces import End
from cases.recorder.rules import ANY, CLIENT, SERVER, Passage, Rule, clamp_mss, drop, inject, rewrite, strip_option
from cases.recorder.segment import Flag, crafted
from tests.campaigns.compose import middlebox
from tests.campaigns.compose.faults import Concerned, client_port

if TYPE_CHECKING:
    from collections.abc import Sequence

FORGETFUL_TTL: Final = 61
"""Of a reset that a middlebox between the hosts sends."""


@dataclass(frozen=True, slots=True)
class SmallMss:
    """A router lowers the MSS that SYNs announce."""

    name: ClassVar[str] = "small-mss"
    mss: int

    def rules(self) -> Sequence[Rule]:
        """One that rewrites SYNs."""
        return [clamp_mss(self.mss)]


@dataclass(frozen=True, slots=True)
class StrippedOption:
    """A firewall blanks an option of SYNs."""

    name: ClassVar[str] = "stripped-option"
    about: Concerned
    option: int

    def rules(self) -> Sequence[Rule]:
        """One that rewrites SYNs."""
        return [strip_option(self.option, self.about.match())]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """A NAT or firewall forgets a connection after ``idle_s`` of silence; from then on it drops or resets."""

    name: ClassVar[str] = "forgetting"
    idle_s: float
    resets: bool

    def rules(self) -> Sequence[Rule]:
        """One with a memory."""
        latest: dict[int, float] = {}
        forgotten: set[int] = set()

        def idle(passage: Passage) -> bool:
            port = client_port(passage)
            if passage.segment.flags & Flag.SYN:
                forgotten.discard(port)
            elif passage.time - latest.get(port, passage.time) > self.idle_s:
                forgotten.add(port)
            latest[port] = passage.time
            return port in forgotten

        def act(passage: Passage) -> None:
            passage.dropped = passage.dropped or "forgotten"
            if self.resets and not passage.segment.flags & Flag.RST:
                frame = crafted(passage.frame, flags=Flag.RST, seq=passage.segment.ack, ttl=FORGETFUL_TTL, reverse=True)
                passage.injected.append((passage.sender, frame, 0))

        return [Rule(ANY.where(idle, "forgotten"), act, "forgetting")]


@dataclass(frozen=True, slots=True)
class InjectedReset:
    """Somebody on the way resets the connection, toward one end or both."""

    name: ClassVar[str] = "injected-reset"
    about: Concerned
    nth: int
    """After the nth data segment of the client."""
    toward: str
    """``client``, ``server`` or ``both``."""
    ttl: int

    def rules(self) -> Sequence[Rule]:
        """One per end that is reset."""

        def reset(toward: End) -> Rule:
            def make(passage: Passage) -> bytes:
                segment = passage.segment
                number = segment.ack if toward is End.CLIENT else segment.seq + segment.length
                return crafted(
                    passage.frame,
                    flags=Flag.RST | Flag.ACK,
                    seq=number & 0xFFFF_FFFF,
                    ack=segment.seq + segment.length & 0xFFFF_FFFF if toward is End.CLIENT else segment.ack,
                    ttl=self.ttl,
                    reverse=toward is End.CLIENT,
                )

            chosen = CLIENT.data.new.where(lambda p: not self.about.ports or client_port(p) in self.about.ports, "its")
            return inject(chosen.nth(self.nth), toward, make, after=0.001)

        ends = list(End) if self.toward == "both" else [End(self.toward)]
        return [reset(end) for end in ends]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Frames to the server vanish; ``tells``: a router says that host or port cannot be reached."""

    name: ClassVar[str] = "unreachable"
    ports: tuple[int, ...]
    tells: bool
    prohibited: bool = False

    def rules(self) -> Sequence[Rule]:
        """A drop, perhaps with a complaint."""
        match = Concerned("client", self.ports).match()
        made = [drop(match)]
        if self.tells:
            code = ADMINISTRATIVELY_PROHIBITED if self.prohibited else HOST_UNREACHABLE
            made.append(complain(Concerned("client", self.ports).match().syn, End.CLIENT, code, 0.001))
        return made


@dataclass(frozen=True, slots=True)
class RewrittenNumbers:
    """A firewall gives the client's bytes other sequence numbers, and translates back."""

    name: ClassVar[str] = "rewritten-numbers"
    offset: int

    def rules(self) -> Sequence[Rule]:
        """One each way."""
        return [
            rewrite(CLIENT, lambda frame: middlebox.renumbered(frame, self.offset), "renumber"),
            rewrite(SERVER, lambda frame: middlebox.acknowledging(frame, -self.offset), "renumber"),
        ]


@dataclass(frozen=True, slots=True)
class CongestionMarks:
    """A router marks a data segment in so many as Congestion Experienced where the hosts agreed on ECN."""

    name: ClassVar[str] = "congestion-marks"
    about: Concerned
    percent: float
    salt: int

    def rules(self) -> Sequence[Rule]:
        """One that marks."""
        chance = random.Random(self.salt)
        match = self.about.match().data.where(lambda p: middlebox.is_ecn_capable(p.frame), "ECT")
        return [
            rewrite(match.where(lambda _: chance.random() * 100 < self.percent, "by chance"), middlebox.marked, "CE")
        ]
