"""The question of whether a finding is true of one connection at one end, and its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.recorder.namespaces import End
    from tcptui.model.finding import Fact
    from tests.campaigns.compose.capture_faults import CaptureFault
    from tests.campaigns.compose.packet import Packet
    from tests.campaigns.compose.world import Talk, World


class Answer(Enum):
    """Whether it is so."""

    TRUE = "true"
    FALSE = "false"
    UNDECIDED = "undecided"
    """The logs do not tell: left out of all numbers."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the logs say."""

    answer: Answer
    why: str
    """The events, in words with frames of the whole capture."""
    visible: bool = False
    """True, and this capture shows enough that it should be told."""


def yes(why: str, visible: bool = True) -> Truth:
    """It is so."""
    return Truth(Answer.TRUE, why, visible)


def no(why: str) -> Truth:
    """It is not so."""
    return Truth(Answer.FALSE, why)


def open_(why: str) -> Truth:
    """Nobody knows."""
    return Truth(Answer.UNDECIDED, why)


@dataclass(frozen=True)
class Question:
    """One connection as one capture shows it, and what a finding says of it, if any."""

    world: World
    talk: Talk
    end: End
    visible: frozenset[int]
    """Frames of the whole capture at ``end`` that are in the capture in question."""
    fault: CaptureFault | None = None
    """What its recorder did wrong."""
    told: frozenset[int] = frozenset()
    """Frames (of the whole capture) that the finding names; empty when asked whether it is true at all."""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def sees(self, packet: Packet) -> bool:
        """Whether the capture has it."""
        return any(frame in self.visible for frame in packet.frames_at(self.end))

    def world_packets(self) -> list[Packet]:
        """All packets of the recording."""
        return [packet for talk in self.world.talks for packet in talk.packets]

    def seen(self, packets: list[Packet]) -> list[Packet]:
        """Those that the capture has."""
        return [packet for packet in packets if self.sees(packet)]

    def meant(self, packets: list[Packet]) -> list[Packet]:
        """Of these the ones that the finding names, or that the capture shows where none is asked about."""
        if not self.told:
            return self.seen(packets)
        return [packet for packet in packets if self.told.intersection(packet.frames_at(self.end))]

    def frames(self, packets: list[Packet]) -> str:
        """Their frames here, for people."""
        return " ".join("/".join(map(str, packet.frames_at(self.end))) or f"({packet.sent})" for packet in packets[:6])


Predicate = Callable[[Question], Truth]
