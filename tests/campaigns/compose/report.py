"""The numbers of a scoring: what was told, owed and missed, counted and put into words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.campaigns.compose.truth import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

ENOUGH: Final = 200
"""Fewer findings than this are too few for a share."""
CERTAINTY: Final = 1.96
"""Standard deviations of the 95 % interval."""
WEIGHT: Final = {"error": 3, "warning": 2, "note": 1}
SURENESS: Final = {"certain": 3, "likely": 2, "possible": 1}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and whether it is true."""

    seed: int
    end: str
    capture: str
    """``whole``, or the recorder's fault."""
    connection: int
    stream: int
    id: str
    severity: str
    confidence: str
    frames: tuple[int, ...]
    """Of the capture in question."""
    answer: str
    truth: str
    faults: str
    facts: dict[str, Any]

    @property
    def weight(self) -> tuple[int, int]:
        """The worst mistake has the largest."""
        return WEIGHT[self.severity], SURENESS[self.confidence]


@dataclass(frozen=True, slots=True)
class Owed:
    """A truth that a capture shows, and whether it was told."""

    seed: int
    end: str
    capture: str
    connection: int
    id: str
    told: bool
    """By this id, or by one that says the same (`tests.campaigns.compose.score.TOLD_AS`)."""
    truth: str


@dataclass(frozen=True, slots=True)
class Waited:
    """A kernel that waited long for its timer, and whether any warning was given."""

    seed: int
    end: str
    connection: int
    at_sender: bool
    waited_ns: int
    length_ns: int
    warned: bool
    truth: str


@dataclass(slots=True)
class Scored:
    """One recording's part of the numbers."""

    told: list[Told]
    owed: list[Owed]
    waited: list[Waited]
    problems: list[str]


def wilson_lower(right: int, total: int) -> float:
    """Lower bound of the 95 % interval of a share (Wilson 1927)."""
    if not total:
        return 0.0
    share, z2 = right / total, CERTAINTY**2
    spread = CERTAINTY * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return (share + z2 / (2 * total) - spread) / (1 + z2 / total)


def share(right: int, total: int) -> str:
    """In percent, with its lower bound and how many there were."""
    if not total:
        return "-"
    few = "  too few" if total < ENOUGH else ""
    return f"{right / total:7.2%} (at least {wilson_lower(right, total):.2%}, n {total}){few}"


def pooled(told: Sequence[Told]) -> list[str]:
    """Over all ids: likely and certain, loud and all."""
    lines = []
    for confidence in ("certain", "likely", "possible"):
        for above_note in (True, False):
            chosen = [
                each
                for each in told
                if each.confidence == confidence
                and each.answer != Answer.UNDECIDED.value
                and (each.severity != "note" or not above_note)
            ]
            right = sum(each.answer == Answer.TRUE.value for each in chosen)
            lines.append(f"{confidence:<9} {'loud' if above_note else 'all':<5} {share(right, len(chosen))}")
    return lines


def by_id(told: Sequence[Told], owed: Sequence[Owed]) -> list[str]:
    """Precision by id, end, confidence and severity; recall by id and end."""
    rows: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for each in told:
        rows[each.id, each.end, each.confidence, each.severity][each.answer] += 1
    lines = [f"{'finding':<30}{'end':<8}{'confidence':<11}{'severity':<9}{'true':>6}{'false':>6}{'open':>6}  precision"]
    for key, counts in sorted(rows.items()):
        right, wrong, undecided = (counts[answer.value] for answer in Answer)
        cells = f"{key[0]:<30}{key[1]:<8}{key[2]:<11}{key[3]:<9}{right:>6}{wrong:>6}{undecided:>6}"
        lines.append(f"{cells}  {share(right, right + wrong)}")
    lines.append("")
    lines.append(f"{'finding':<30}{'end':<8}  recall")
    recalled: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for one in owed:
        recalled[one.id, one.end].append(one.told)
    lines += [f"{k[0]:<30}{k[1]:<8}  {share(sum(v), len(v))}" for k, v in sorted(recalled.items())]
    return lines


def rule_book(told: Sequence[Told], owed: Sequence[Owed]) -> list[str]:
    """The table of the rule book in Markdown: what each id was worth, by confidence, and its recall."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in told:
        counts[each.id, each.confidence][each.answer] += 1
    recalled: dict[str, list[bool]] = defaultdict(list)
    for one in owed:
        recalled[one.id].append(one.told)
    lines = ["| id | certain | likely | possible | recall |", "|---|---|---|---|---|"]
    for name in sorted({each.id for each in told} | set(recalled)):
        cells = [_right_of(counts[name, confidence]) for confidence in SURENESS]
        cells.append(_of(sum(recalled[name]), len(recalled[name])))
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return lines


def _right_of(counts: Counter[str]) -> str:
    right = counts[Answer.TRUE.value]
    return _of(right, right + counts[Answer.FALSE.value])


def _of(right: int, total: int) -> str:
    """The share in percent where there are `ENOUGH`, and of how many."""
    if not total:
        return "–"
    return f"{right / total:.1%} of {total:,}" if total >= ENOUGH else f"{right} of {total}, too few"


def wrong_ones(told: Sequence[Told]) -> list[Told]:
    """What is not true, the worst first."""
    wrong = [each for each in told if each.answer == Answer.FALSE.value]
    return sorted(wrong, key=lambda each: (-each.weight[0], -each.weight[1], each.id, each.seed))


def classes(wrong: Sequence[Told]) -> list[str]:
    """Wrong findings by what they say and how: the classes of mistakes, the commonest first."""
    groups: dict[tuple[str, ...], list[Told]] = defaultdict(list)
    for each in wrong:
        shape = str(each.facts.get("shape", "")) or "-"
        groups[each.capture, each.severity, each.confidence, each.id, shape].append(each)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return [f"{len(each):>5}  {' '.join(key)}  seeds {_some_seeds(each)}" for key, each in ordered]


def _some_seeds(told: Sequence[Told]) -> str:
    seeds = sorted({each.seed for each in told})
    return " ".join(map(str, seeds[:6])) + (" …" if len(seeds) > 6 else "")


def line_of(told: Told) -> str:
    """A wrong finding in one line."""
    frames = " ".join(map(str, told.frames[:8]))
    facts = ", ".join(f"{name} {value}" for name, value in list(told.facts.items())[:8])
    return (
        f"seed {told.seed} {told.end} {told.capture} connection {told.connection} (stream {told.stream}): "
        f"{told.severity} {told.confidence} {told.id} [{frames}] ({facts}) — true: {told.truth}"
        f" — faults: {told.faults or 'none'}"
    )
