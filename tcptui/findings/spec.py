"""What is known of a kind of finding beside its rule and its words: the columns of `tcptui.findings.catalog`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.finding import FindingId
    from tcptui.model.resend_cause import ResendCause


class Family(StrEnum):
    """What a finding is about; a name that ``--stop-on``, ``--keep-around`` and ``--only`` take."""

    OPENING = "opening"
    CLOSING = "closing"
    LIVENESS = "liveness"
    LOSS = "loss"
    SPEED = "speed"
    TRUST = "trust"
    """What the capture itself can and cannot show."""
    APPLICATION = "application"


class Need(Flag):
    """What a conclusion needs of the capture; a capture that lacks it weakens or forbids the finding."""

    NOTHING = 0
    ABSENCE = auto()
    """That a packet which is not there was not sent: only possible where the capture missed packets."""
    BOTH_SIDES = auto()
    """Packets of both ends: not said at all of a one-sided capture."""
    CLOCK = auto()
    """Times: only possible where the capture's clock went back."""
    SINGLE_COPIES = auto()
    """Each packet captured once: copies look like resends, so it is a possible note where the capture has them."""


class WhenEvicted(Flag):
    """What holds of a finding when packets of its stream are evicted from a bounded capture."""

    STAYS = 0
    """Said while all packets were there it stays true; what is left of the stream cannot prove it."""
    UNSETTLED = auto()
    """Silence, or what is seen beside the stream, may yet turn it into something else."""
    MAY_CHANGE = auto()
    """Later packets of the stream may yet take it back."""
    LOCAL = auto()
    """A few segments prove it wherever one begins to look, so the packets that are left can."""


@dataclass(frozen=True, slots=True)
class FindingSpec:
    """One row of the catalog."""

    id: FindingId
    family: Family
    topic: str
    """Module of `tcptui.findings.rules` that makes it."""
    term: str = ""
    """Its term in the glossary; empty: the one of its own name."""
    case: str = ""
    """Id of the case that teaches it; empty: the one of its own name."""
    needs: Need = Need.NOTHING
    explained_by: tuple[FindingId, ...] = ()
    """Causes: where one of them is found with at least as much severity, this is a symptom, told as a note."""
    covered_by: tuple[FindingId, ...] = ()
    """Findings that say this and more: where one of them is found, this is not told at all."""
    when_evicted: WhenEvicted = WhenEvicted.STAYS
    marked: bool = False
    """Rests on trouble that the stream table counts (resends, resets, ICMP errors, zero windows): a stream that has it
    is always looked at."""
    ordinary: bool = False
    """Belongs to every healthy connection: told after anything else of the same severity."""
    vouches_for: ResendCause | None = None
    """Where this is certain, so is that cause of the resends among its evidence."""

    @property
    def glossary_term(self) -> str:
        """Key of its term in the glossary, without the prefix."""
        return self.term or self.id.value

    @property
    def case_id(self) -> str:
        """Id of the case that teaches it."""
        return self.case or self.id.value
