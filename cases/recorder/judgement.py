"""What the judge found, as values and as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cases.recorder.tshark_labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cases.recorder.namespaces import End


@dataclass(slots=True)
class Tally:
    """Right, unknown and wrong causes."""

    right: int = 0
    unknown: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        """All that were judged."""
        return self.right + self.unknown + self.wrong

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.unknown + other.unknown, self.wrong + other.wrong)

    def __str__(self) -> str:
        return f"{self.right}/{self.unknown}/{self.wrong}"


@dataclass(slots=True)
class Judgement:
    """One capture against the kernels."""

    scenario: str
    seed: int
    end: End
    packets: int = 0
    transitions: int = 0
    """State changes of both ends, as far as frames of this capture show them."""
    wrong: int = 0
    """States that were wrong and not marked assumed, per frame and end."""
    near_assumed: int = 0
    """Wrong states of the near end, marked assumed."""
    unsaid: int = 0
    """No state named."""
    assumed: int = 0
    """States of the far end marked assumed."""
    assumed_otherwise: int = 0
    """... that were not so."""
    sender: Tally = field(default_factory=Tally)
    receiver: Tally = field(default_factory=Tally)
    false_causes: int = 0
    place: Tally = field(default_factory=Tally)
    """Where the engine says that the capture was made: right, unknown or wrong."""
    tshark: Counter[Label] = field(default_factory=Counter)
    """What tshark says of the frames that this end sent again."""
    tshark_false: int = 0
    """Frames that tshark calls sent again though nobody did."""
    remarks: list[str] = field(default_factory=list)
    """Everything that was not right, in words."""

    @property
    def faultless(self) -> bool:
        """No wrong state of the near end, no unmarked one of the far end, no wrong or false cause, no wrong place."""
        causes = self.sender.wrong or self.receiver.wrong or self.false_causes
        return not (self.wrong or self.near_assumed or causes or self.place.wrong)


def table(judgements: Iterable[Judgement], by_seed: bool = True) -> str:
    """One line per scenario and, unless ``by_seed`` is off, per seed; and the sums."""
    groups: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        seed = str(judgement.seed) if by_seed else ""
        groups.setdefault((judgement.scenario, seed), []).append(judgement)
    if not by_seed:
        seeds = {name: len({judgement.seed for judgement in group}) for (name, _), group in groups.items()}
        groups = {(name, f"{seeds[name]} seeds"): group for (name, _), group in groups.items()}
    rows = [_HEADINGS]
    rows += [_row(name, seed, group) for (name, seed), group in sorted(groups.items())]
    rows.append(_row("all", "", [judgement for group in groups.values() for judgement in group]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = []
    for row in rows:
        first = f"{row[0]:<{widths[0]}}"
        rest = (f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join([first, *rest]).rstrip())
    return "\n".join(lines)


_HEADINGS: Final[tuple[str, ...]] = (
    "scenario", "seed", "packets", "transitions", "wrong", "assumed", "not so", "at sender", "at receiver", "false",
    "place", "tshark", "out of order", "none", "false",
)  # fmt: skip


def _row(name: str, seed: str, group: Sequence[Judgement]) -> tuple[str, ...]:
    tshark = sum((judgement.tshark for judgement in group), Counter[Label]())
    sender = sum((judgement.sender for judgement in group), Tally())
    receiver = sum((judgement.receiver for judgement in group), Tally())
    numbers = (
        sum(judgement.packets for judgement in group),
        sum(judgement.transitions for judgement in group),
        sum(judgement.wrong + judgement.near_assumed for judgement in group),
        sum(judgement.assumed for judgement in group),
        sum(judgement.assumed_otherwise for judgement in group),
        sender,
        receiver,
        sum(judgement.false_causes for judgement in group),
        sum((judgement.place for judgement in group), Tally()),
        tshark[Label.SENT_AGAIN] + tshark[Label.PROBE],
        tshark[Label.OUT_OF_ORDER],
        tshark[Label.NOTHING],
        sum(judgement.tshark_false for judgement in group),
    )
    return (name, seed, *map(str, numbers))
