"""Draws pairs of captures with a difference of known size, or none, and judges what `compare` says of them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from tcptui.capture.file_source import open_file
from tcptui.compare.clusters import clusters_of
from tcptui.compare.compare import candidates_of, compare
from tcptui.compare.gather import gather
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tests.campaigns.compare.captures import World, write_capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tcptui.compare.compare import Comparison
    from tcptui.compare.side import Side

#: What is compared with what: 1,000 connections of 120 clients, unless said.
PLAIN: Final = World(connections=1_000, clients=120)


W = TypeVar("W")


@dataclass(frozen=True)
class Scenario(Generic[W]):
    """Two worlds, and what is true of them."""

    a: W
    b: W
    found: frozenset[str] = frozenset()
    """Measures of which one at least must be told."""
    true: Mapping[str, float] = field(default_factory=dict)
    """True effects by measure, in the unit of JSON; of others nothing is claimed."""
    follows: frozenset[str] = frozenset()
    """Beginnings of names of measures that differ, too, for they follow from it."""


_SAME: Final = {"rtt": 1.0, "handshake": 1.0, "think": 0.0, "loss": 0.0}
_LOSS: Final = frozenset({"loss", "finding:tail-loss", "finding:retransmission-timeout"})
#: Of so few clients nothing is told, and their intervals are about these days alone.
_NO_TRUTH: Final[Mapping[str, float]] = {}


def _equal(world: World, true: Mapping[str, float] = _SAME) -> Scenario[World]:
    return Scenario(world, world, true=true)


def _fault(b: World, found: str, follows: frozenset[str], **true: float) -> Scenario[World]:
    return Scenario(PLAIN, b, frozenset({found}), {**_SAME, **true}, follows)


SCENARIOS: Final = {
    "equal": _equal(PLAIN),
    "equal, heavy tails": _equal(replace(PLAIN, tail=2.2)),
    "equal, clients differ from day to day": _equal(replace(PLAIN, today=0.5)),
    "equal, 25 clients": _equal(replace(PLAIN, clients=25)),
    "equal, 3 clients": _equal(replace(PLAIN, clients=3), _NO_TRUTH),
    "equal, one client": _equal(replace(PLAIN, clients=1), _NO_TRUTH),
    "rtt +20 %": _fault(
        replace(PLAIN, rtt_s=PLAIN.rtt_s * 1.2), "rtt", frozenset({"rtt", "handshake"}), rtt=1.2, handshake=1.2
    ),
    "loss +1 %": _fault(replace(PLAIN, loss=PLAIN.loss + 0.01), "loss", _LOSS, loss=math.nan),
    "think +50 ms": _fault(replace(PLAIN, extra_think_s=0.05), "think", frozenset({"think", "finding:"}), think=0.05),
    "SACK stripped": _fault(replace(PLAIN, sack=False), "option:sack", frozenset({"option:sack", *_LOSS})),
    "3 % refused, only in B": _fault(
        replace(PLAIN, refused=0.03), "finding:connection-refused", frozenset({"finding:connection-refused"})
    ),
}


@dataclass
class Score:
    """What became of the pairs of one scenario."""

    pairs: int = 0
    found: int = 0
    """Pairs in which what was changed is told."""
    false: int = 0
    """Pairs in which something is told that was not changed."""
    wrong: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    """Intervals of 95 % that have the truth, by measure, …"""
    measured: Counter[str] = field(default_factory=Counter)
    """… of so many."""


def side_of(path: Path) -> Side:
    """The connections of a capture, without their requests, which take longest to read."""
    session = Session([open_file(path)], compile_when=Compile.FIRST)
    session.steering.judges = False
    session.run_here(alone=True)
    try:
        return gather(session, (), [path.name])
    finally:
        session.close()


def judge(name: str, seeds: Iterable[int], folder: Path) -> Score:
    """Judge pairs of the scenario ``name``, one for each of ``seeds``."""
    scenario, score = SCENARIOS[name], Score()
    for seed in seeds:
        files = [folder / f"{letter}.pcap" for letter in "ab"]
        sides = [
            side_of(write_capture(file, world, seed, side))
            for side, (file, world) in enumerate(zip(files, (scenario.a, scenario.b), strict=True))
        ]
        count(scenario, compare(sides[0], sides[1]), score)
    return score


def count(scenario: Scenario[W], found: Comparison, score: Score) -> None:
    """Enter into ``score`` what was ``found`` of a pair of ``scenario``."""
    told = {one.measure.name for one in found.differences}
    wrong = {name for name in told if not name.startswith(tuple(scenario.follows))} if scenario.follows else told
    score.pairs += 1
    score.found += bool(scenario.found & told)
    score.false += bool(wrong)
    score.wrong.update(wrong)
    for one in candidates_of(None, found.a, found.b, clusters_of(found.a, found.b)):
        truth = scenario.true.get(one.measure.name, math.nan)
        if math.isnan(truth):
            continue
        score.measured[one.measure.name] += 1
        effect = one.found.effect()
        score.covered[one.measure.name] += effect.low <= truth <= effect.high
